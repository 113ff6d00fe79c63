"""Curves of methods, each on a ladder, with the BD-rates of their comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.errors import DataError
from compfeat.reports.figures.curves import Note, draw_curves
from compfeat.reports.figures.style import MOST_LINES, grouped
from compfeat.reports.labels import number, percent
from compfeat.reports.looks import Look
from compfeat.reports.summary import POINT, Tables, cuts, float_points, measured, metrics
from compfeat.settings.runs import Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Side = tuple[str, str]
"""A method and the ladder that it is drawn on."""
NEEDS = ("points.csv", "headline.csv", "experiment.json")
"""Tables that ``draw_sides`` reads."""
PAIR = ["method", "against", "ladder", "against_ladder"]


def sides_of(comparison: Comparison) -> tuple[Side, Side]:
    """Return test and anchor of a comparison."""
    return (comparison.method, comparison.ladder), (comparison.against, comparison.against_ladder)


def draw_sides(
    tables: Tables,
    names: Mapping[Side, str],
    styles: Mapping[Side, Look],
    compared: Sequence[Comparison],
    with_rates: bool = True,
    more: Mapping[str, tuple[pd.DataFrame, Look]] | None = None,
) -> Figure:
    """Draw a curve for each side, and by default the BD-rates of the comparisons above the panels.

    Args:
        tables: those of NEEDS.
        names: what the sides are called, in order; those without points are left out.
        styles: what each is drawn with.
        compared: the comparisons.
        with_rates: whether to write their BD-rates.
        more: the points and looks of further curves, by name.

    Raises:
        DataError: nothing was coded on the ladder of the first side, or no metric has a value.
    """
    ladders = tables.resolved.experiment.ladders
    points = tables.csv("points.csv", *POINT, "rate_bpe", "bytes_per_image")
    curves = {
        side: own
        for side in names
        if len(own := points[(points["method"] == side[0]) & points["codec"].isin(ladders[side[1]].codecs)])
    }
    ladder = next(iter(names))[1]
    if not any(on == ladder for _, on in curves):
        raise DataError(f"{tables.path('points.csv')}: no points on the ladder {ladder!r}; rerun the stage encode")
    drawn = {names[side]: (own, styles[side]) for side, own in curves.items()} | dict(more or {})
    every = pd.concat([own.assign(curve=name) for name, (own, _) in drawn.items()])
    shown = measured(metrics(tables), every)
    if not shown:
        raise DataError(f"{tables.path('points.csv')}: no metric has a value; rerun the stage evaluate")
    floats = float_points(points)
    levels = pd.concat([floats[floats["method"] == method].assign(curve=names[method, on]) for method, on in curves])
    groups = [[names[side] for side in group] for group in groups_of(list(curves), compared, len(cuts(points)))]
    groups[-1] += list(more or {})
    headline = tables.csv("headline.csv", "cut", "metric", "bd_rate_percent", "n_seeds", "n_ok")
    notes = [
        Note(
            str(row["cut"]),
            str(row["metric"]),
            frozenset((names[test], names[anchor])),
            f"{names[test]}{f' vs {names[anchor]}' if several else ''} {bd_text(row, len(groups) > 1)}",
            styles[test].colour,
        )
        for test, anchor, several, row in pairs(headline, compared if with_rates else (), list(curves))
    ]
    return draw_curves(every, {name: look for name, (_, look) in drawn.items()}, shown, notes, levels, groups)


def groups_of(sides: Sequence[Side], compared: Sequence[Comparison], rows: int) -> list[list[Side]]:
    """Return which curves share a row of panels: a method beside those that are compared with it."""
    if len(sides) <= MOST_LINES:
        return [list(sides)]
    tests: dict[Side, list[Side]] = {}
    for c in compared:
        test, anchor = sides_of(c)
        if test in sides and anchor in sides and test not in tests.setdefault(anchor, []):
            tests[anchor].append(test)
    groups = [group for anchor, own in tests.items() for group in grouped([anchor], own, rows * len(tests))]
    alone = [side for side in sides if not any(side in group for group in groups)]
    return groups + (grouped([], alone, rows) if alone else [])


def pairs(
    headline: pd.DataFrame, compared: Sequence[Comparison], sides: Sequence[Side]
) -> Iterator[tuple[Side, Side, bool, Mapping[Any, Any]]]:
    """Yield every comparison's sides, whether there are several anchors, and its rows of ``headline.csv``."""
    several = len({(c.against, c.against_ladder) for c in compared}) > 1
    for c in compared:
        test, anchor = sides_of(c)
        own = headline[(headline[PAIR] == [c.method, c.against, c.ladder, c.against_ladder]).all(axis=1)]
        if test in sides and anchor in sides:
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
