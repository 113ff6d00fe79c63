"""This project's networks on the paper's ladder: PNG and JPEG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compfeat.figures import Tables, figure
from compfeat.figures._curves import draw_ladder

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@figure(
    "rate_accuracy_published_ladder",
    needs=("points.csv", "bd_rate.csv", "ladders.csv"),
    category="Rate and accuracy",
    caption=(
        "Task performance against rate on the ladder of the paper's codecs (PNG and JPEG), for each cut and loss; up "
        "is better in every panel. Lines are means over seeds, thin lines single seeds, dotted levels the features before "
        "quantisation. BD-rate: change of rate at equal performance against the baseline (PCHIP; negative is a saving)."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw the curves of the ladder ``published``."""
    return draw_ladder(tables, "published")
