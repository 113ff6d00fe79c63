"""Rate against task performance on one ladder, with the BD-rates of its comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.errors import DataError
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.curves import Note, draw_curves
from compfeat.reports.figures.style import MOST_LINES, grouped
from compfeat.reports.labels import number, percent
from compfeat.reports.looks import looks
from compfeat.reports.summary import (
    POINT,
    Tables,
    comparisons,
    cuts,
    float_points,
    ladder_labels,
    measured,
    methods,
    metrics,
)
from compfeat.settings.runs import Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Key = tuple[str, str]
"""A method and the ladder that it is drawn on."""
PAIR = ["method", "against", "ladder", "against_ladder"]
OTHER_LADDERS = (("d", (1.0, 1.0)), ("X", (5.0, 1.2, 1.0, 1.2, 1.0, 1.2)), ("h", (2.2, 2.2)))
"""Marks and dashes of curves on other ladders, which have the colours of their methods."""


@figure(
    "rate_accuracy",
    needs=("points.csv", "headline.csv", "experiment.json"),
    category="Rate and accuracy",
    caption=(
        "Task performance against rate with the ladder {ladder}, for each cut and method; up is better in every panel. Lines are "
        "means over seeds, thin lines single seeds, dotted lines the level without coding. BD-rate: change of rate at equal "
        "performance of a method against another one (negative is a saving). More than five curves are shown in several rows, "
        "each with the others in grey. Where the image is sent, a line without marks is the decoded image itself, if the metric "
        "judges an image; it is cut off where it leaves the curves' range."
    ),
    by_ladder=True,
)
def draw(tables: Tables, ladder: str) -> Figure:
    """Draw the curves of ``ladder``, and of other ladders what its methods are compared with."""
    known = tables.resolved.experiment.ladders
    if ladder not in known:
        raise DataError(
            f"{tables.path('experiment.json')}: no ladder {ladder!r}, found {', '.join(known) or 'none'}; "
            "add it to the config's ladders, or take this figure out of its figures"
        )
    points, labels = tables.csv("points.csv", *POINT, "rate_bpe", "bytes_per_image"), methods(tables)
    compared = [c for c in comparisons(tables) if c.ladder == ladder]
    keys = [(method, ladder) for method in labels] + [(c.against, c.against_ladder) for c in compared]
    curves = {
        key: own
        for key in dict.fromkeys(keys)
        if len(own := points[(points["method"] == key[0]) & points["codec"].isin(known[key[1]].codecs)])
    }
    if not any(name == ladder for _, name in curves):
        raise DataError(f"{tables.path('points.csv')}: no points on the ladder {ladder!r}; rerun the stage encode")
    names = {(m, on): labels[m] if on == ladder else f"{labels[m]} ({ladder_labels(tables)[on]})" for m, on in curves}
    every = pd.concat([own.assign(curve=names[key]) for key, own in curves.items()])
    shown = measured(metrics(tables), every)
    if not shown:
        raise DataError(f"{tables.path('points.csv')}: no metric has a value on {ladder!r}; rerun the stage evaluate")
    floats = float_points(points)
    levels = pd.concat([floats[floats["method"] == m].assign(curve=name) for (m, _), name in names.items()])
    styles = {names[key]: look for key, look in zip(curves, styles_of(list(curves), labels, ladder), strict=True)}
    groups = [[names[key] for key in g] for g in groups_of(list(curves), compared, len(cuts(points)))]
    headline = tables.csv("headline.csv", "cut", "metric", "bd_rate_percent", "n_seeds", "n_ok")
    notes = [
        Note(str(row["cut"]), str(row["metric"]), frozenset((test, anchor)), text, styles[test].colour)
        for test, anchor, several, row in pairs(headline, compared, names)
        for text in [f"{test}{f' vs {anchor}' if several else ''} {bd_text(row, brief=len(groups) > 1)}"]
    ]
    return draw_curves(every, styles, shown, notes, levels, groups)


def styles_of(keys: Sequence[Key], labels: Mapping[str, str], ladder: str) -> Iterator[Any]:
    """Yield the look of each curve: its method's; on another ladder with the next of OTHER_LADDERS' marks and dashes."""
    styles, others = looks(labels), cycle(OTHER_LADDERS)
    for method, name in keys:
        if name == ladder:
            yield styles[method]
        else:
            marker, dash = next(others)
            yield replace(styles[method], marker=marker, dash=dash)


def groups_of(keys: Sequence[Key], compared: Sequence[Comparison], rows: int) -> list[list[Key]]:
    """Return which curves share a row of panels: a method beside those that are compared with it."""
    if len(keys) <= MOST_LINES:
        return [list(keys)]
    tests: dict[Key, list[Key]] = {}
    for c in compared:
        test, anchor = (c.method, c.ladder), (c.against, c.against_ladder)
        if test in keys and anchor in keys and test not in tests.setdefault(anchor, []):
            tests[anchor].append(test)
    groups = [group for anchor, own in tests.items() for group in grouped([anchor], own, rows * len(tests))]
    alone = [key for key in keys if not any(key in group for group in groups)]
    return groups + (grouped([], alone, rows) if alone else [])


def pairs(
    headline: pd.DataFrame, compared: Sequence[Comparison], names: Mapping[Key, str]
) -> Iterator[tuple[str, str, bool, Mapping[Any, Any]]]:
    """Yield every comparison's curves, whether there are several anchors, and its rows of ``headline.csv``."""
    several = len({(c.against, c.against_ladder) for c in compared}) > 1
    for c in compared:
        test, anchor = ((names.get(key)) for key in ((c.method, c.ladder), (c.against, c.against_ladder)))
        own = headline[(headline[PAIR] == [c.method, c.against, c.ladder, c.against_ladder]).all(axis=1)]
        if test is not None and anchor is not None:
            yield from ((test, anchor, several, row) for row in own.to_dict("records"))


def bd_text(row: Mapping[Any, Any], brief: bool = False) -> str:
    """Return one BD-rate of ``headline.csv`` for print; of several seeds the mean, the range, and how many were accepted where
    not all were."""
    if not row["n_ok"]:
        return "refused"
    if row["n_seeds"] == 1 or brief:
        return percent(row["bd_rate_percent"])
    ends = " to ".join(number(row[f"bd_rate_{end}_percent"], 1, "+") for end in ("min", "max"))
    some = "" if row["n_ok"] == row["n_seeds"] else f"; {row['n_ok']} of {row['n_seeds']} seeds"
    return f"{percent(row['bd_rate_percent'])} ({ends}{some})"
