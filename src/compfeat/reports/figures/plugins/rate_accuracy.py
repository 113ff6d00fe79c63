"""Rate against task performance on one ladder, with the BD-rates of its comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.errors import DataError
from compfeat.experiment.entries import LadderConfig
from compfeat.experiment.runs import Comparison
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.curves import Curve, draw_curves
from compfeat.reports.figures.style import grouped, percent
from compfeat.reports.looks import looks
from compfeat.reports.summary import (
    POINT,
    Tables,
    comparisons,
    cuts,
    float_points,
    ladders,
    measured,
    methods,
    metrics,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Key = tuple[str, str]
"""A method and the ladder that it is drawn on."""


@figure(
    "rate_accuracy",
    needs=("points.csv", "headline.csv", "experiment.json"),
    category="Rate and accuracy",
    caption=(
        "Task performance against rate on the ladder {ladder}, for each cut and method; up is better in every panel. Lines are "
        "means over seeds, thin lines single seeds, dotted levels what is not coded at all. BD-rate: change of rate at equal "
        "performance against the method that it is compared with (negative is a saving), by the marks of the curves. More than "
        "three methods are shown in several rows, each with the others in grey. Where the image is sent, a line without "
        "marks is the decoded image itself, if the metric judges an image."
    ),
    by_ladder=True,
)
def draw(tables: Tables, ladder: str) -> Figure:
    """Draw the curves of ``ladder``, and of other ladders what its methods are compared with."""
    known = ladders(tables)
    if ladder not in known:
        raise DataError(
            f"{tables.path('experiment.json')}: no ladder {ladder!r}, found {', '.join(known) or 'none'}; "
            "add it to the config's ladders, or take this figure out of its figures"
        )
    points, labels = tables.csv("points.csv", *POINT, "rate_bpe", "bytes_per_image"), methods(tables)
    compared = [c for c in comparisons(tables) if c.ladder == ladder]
    keys = [(method, ladder) for method in labels] + [(c.against, c.against_ladder) for c in compared]
    curves = curves_of(points, list(dict.fromkeys(keys)), labels, known)
    if not any(name == ladder for _, name in curves):
        raise DataError(f"{tables.path('points.csv')}: no points on the ladder {ladder!r}; rerun the stage encode")
    shown = measured(metrics(tables), pd.concat([curve.points for curve in curves.values()]))
    if not shown:
        raise DataError(f"{tables.path('points.csv')}: no metric has a value on {ladder!r}; rerun the stage evaluate")
    groups = groups_of(list(curves), compared, len(cuts(points)))
    headline = tables.csv("headline.csv", "cut", "metric", "bd_rate_percent", "n_seeds", "n_ok")
    return draw_curves(
        [[curves[key] for key in group] for group in groups], shown, notes(headline, groups, compared, curves)
    )


def curves_of(
    points: pd.DataFrame, keys: Sequence[Key], labels: Mapping[str, str], known: Mapping[str, LadderConfig]
) -> dict[Key, Curve]:
    """Return the curve of every method and ladder that has points."""
    styles, floats = looks(labels), float_points(points)
    made: dict[Key, Curve] = {}
    for method, name in keys:
        own = points[(points["method"] == method) & points["codec"].isin(known[name].codecs)]
        if len(own):
            other = name != keys[0][1]
            label = f"{labels[method]} ({known[name].label})" if other else labels[method]
            levels = floats[floats["method"] == method]
            made[method, name] = Curve(
                label, styles[method], own, levels, hollow=other and (method, keys[0][1]) in made
            )
    return made


def groups_of(keys: Sequence[Key], compared: Sequence[Comparison], rows: int) -> list[list[Key]]:
    """Return which curves share a row of panels: a method beside those that are compared with it."""
    if len(keys) <= 3:
        return [list(keys)]
    anchors = list(dict.fromkeys((c.against, c.against_ladder) for c in compared))
    tests = {
        a: [k for c in compared if (c.against, c.against_ladder) == a and (k := (c.method, c.ladder)) in keys]
        for a in anchors
    }
    groups = [g for a in anchors if a in keys for g in grouped([a], list(dict.fromkeys(tests[a])), rows * len(anchors))]
    alone = [key for key in keys if not any(key in group for group in groups)]
    return groups + (grouped([], alone, rows) if alone else [])


def notes(
    headline: pd.DataFrame, groups: Sequence[Sequence[Key]], compared: Sequence[Comparison], curves: Mapping[Key, Curve]
) -> dict[tuple[str, str, int], list[str]]:
    """Return what stands above the panels: the BD-rate of every comparison, with the marks of its curves where there are several.

    A line each; of several groups all in one line, without the range over seeds.
    """
    texts: dict[tuple[str, str, int], list[str]] = {}
    pairs = ["method", "against", "ladder", "against_ladder"]
    anchors = {(c.against, c.against_ladder) for c in compared}
    for g, group in enumerate(groups):
        for c in compared:
            test, anchor = (c.method, c.ladder), (c.against, c.against_ladder)
            if test not in group or anchor not in group:
                continue
            marks = f"{curves[test].glyph} " if len(compared) > 1 else ""
            marks += f"vs {curves[anchor].glyph} " if len(anchors) > 1 else ""
            for row in headline[
                (headline[pairs] == [c.method, c.against, c.ladder, c.against_ladder]).all(axis=1)
            ].to_dict("records"):
                lines = texts.setdefault((str(row["cut"]), str(row["metric"]), g), [])
                lines.append(f"{'' if lines else 'BD-rate '}{marks}{bd_text(row, brief=len(groups) > 1)}")
    if len(groups) == 1:
        return texts
    # A line breaks between comparisons, not inside one.
    return {key: ["   ".join(line.replace(" ", "\u00a0") for line in lines)] for key, lines in texts.items()}


def bd_text(row: Mapping[Any, Any], brief: bool = False) -> str:
    """Return one BD-rate of ``headline.csv`` for print; of several seeds the mean, the range, and how many were accepted where
    not all were."""
    if not row["n_ok"]:
        return "refused"
    text = f"{percent(row['bd_rate_percent'])} %"
    if row["n_seeds"] > 1 and not brief:
        ends = f"{percent(row['bd_rate_min_percent'])} to {percent(row['bd_rate_max_percent'])}"
        some = "" if row["n_ok"] == row["n_seeds"] else f"; {row['n_ok']} of {row['n_seeds']} seeds"
        text += f" ({ends}{some})"
    return text
