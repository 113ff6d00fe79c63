"""Rate against task performance on one ladder, with the BD-rates of its comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING

from compfeat.errors import DataError
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.sides import NEEDS, Side, draw_sides, sides_of
from compfeat.reports.looks import Look, looks
from compfeat.reports.summary import Tables, comparisons, ladder_labels, methods

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OTHER_LADDERS = (("d", (1.0, 1.0)), ("X", (5.0, 1.2, 1.0, 1.2, 1.0, 1.2)), ("h", (2.2, 2.2)))
"""Marks and dashes of curves on other ladders, which have the colours of their methods."""


@figure(
    "rate_accuracy",
    needs=NEEDS,
    category="Rate and accuracy",
    caption=(
        "Task performance against rate with the ladder {ladder}, for each cut and method; up is better in every panel. Lines are "
        "means over seeds, thin lines single seeds, dotted lines the level without coding. BD-rate: change of rate at equal "
        "performance of a method against another one (negative is a saving). More than five curves are shown in several rows, "
        "each with the others in grey. Where the picture is sent, a line without marks is the decoded picture itself, if the metric "
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
    labels = methods(tables)
    compared = [c for c in comparisons(tables) if c.ladder == ladder]
    sides = dict.fromkeys([*((method, ladder) for method in labels), *(sides_of(c)[1] for c in compared)])
    names = {(m, on): labels[m] if on == ladder else f"{labels[m]} ({ladder_labels(tables)[on]})" for m, on in sides}
    styles = dict(zip(sides, styles_of(list(sides), labels, ladder), strict=True))
    return draw_sides(tables, names, styles, compared)


def styles_of(sides: Sequence[Side], labels: Mapping[str, str], ladder: str) -> Iterator[Look]:
    """Yield the look of each curve: its method's; on another ladder with the next of OTHER_LADDERS' marks and dashes."""
    styles, others = looks(labels), cycle(OTHER_LADDERS)
    for method, name in sides:
        if name == ladder:
            yield styles[method]
        else:
            marker, dash = next(others)
            yield replace(styles[method], marker=marker, dash=dash)
