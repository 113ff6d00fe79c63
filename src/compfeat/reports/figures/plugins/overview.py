"""Rate against task performance for what the claims compare with an anchor on the first ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compfeat.experiment.config import Experiment
from compfeat.reports.figures.base import figure
from compfeat.reports.figures.sides import NEEDS, draw_sides, sides_of
from compfeat.reports.labels import side_label
from compfeat.reports.looks import looks
from compfeat.reports.summary import Tables, comparisons, ladder_labels, methods
from compfeat.settings.runs import Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@figure(
    "overview",
    needs=(*NEEDS, "recorded_points.csv"),
    category="Rate and accuracy",
    caption=(
        "Task performance against rate for what the claims compare, by cut; up is better in every panel. Lines are means over seeds, "
        "thin lines single seeds, dotted lines the level without coding. Where the picture is sent, a line without marks is the "
        "decoded picture itself, if the metric judges an image; it is cut off where it leaves the curves' range. "
        "What is called recorded was measured in a recorded run, on networks that were trained the same way."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw a curve for each side of the claimed comparisons; without claims of all comparisons, without these for each method."""
    experiment, labels, ladders = tables.resolved.experiment, methods(tables), ladder_labels(tables)
    first = next(iter(ladders))
    compared = [c for c in comparisons(tables) if c.against_ladder == first]
    compared = [c for c in compared if is_claimed(c, experiment)] or compared
    anchors = [sides_of(c)[1] for c in compared]
    sides = list(dict.fromkeys([*anchors[:1], *(sides_of(c)[0] for c in compared), *anchors]))
    # Methods on the first ladder have the colours of the other figures.
    sides.sort(key=lambda side: side[1] != first)
    names = {side: side_label(*side, labels, ladders) for side in sides or [(method, first) for method in labels]}
    further = tables.csv("recorded_points.csv", "ladder", "method", "codec")
    further = further[~further["codec"].isin(list(experiment.codecs))]
    recorded = {
        f"{side_label(str(method), str(ladder), labels, ladders)} (recorded)": points
        for (method, ladder), points in further.groupby(["method", "ladder"])
    }
    every = looks([*names.values(), *recorded])
    styles = {side: every[name] for side, name in names.items()}
    more = {name: (points, every[name]) for name, points in recorded.items()}
    return draw_sides(tables, names, styles, compared, with_rates=False, more=more)


def is_claimed(c: Comparison, experiment: Experiment) -> bool:
    """Return whether a claim is about a comparison."""
    for claim in (experiment.claims or {}).values():
        equal = c.ladder == c.against_ladder and (claim.ladders is None or c.ladder in claim.ladders)
        on = (c.ladder, c.against_ladder) == (claim.ladder, claim.against_ladder) if claim.ladder else equal
        if on and (claim.method, claim.against) == (c.method, c.against):
            return True
    return False
