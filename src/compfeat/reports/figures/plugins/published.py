"""The paper's result, drawn from the numbers that its authors released."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compfeat.reports.figures.base import figure
from compfeat.reports.figures.curves import Note, draw_curves
from compfeat.reports.labels import percent
from compfeat.reports.looks import looks
from compfeat.reports.summary import Tables, measured, metrics

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FITS = {"authors_cubic": "authors' cubic", "pchip": "PCHIP"}


@figure(
    "published",
    needs=("published_points.csv", "published_bd_rate.csv", "experiment.json"),
    category="The authors' numbers",
    caption=(
        "The authors' released operating points: PNG and JPEG qualities 95, 90, 85 and 80 on 500 Cityscapes images, side "
        "information not counted; up is better in every panel. Metrics of tasks that this run does not have are left out. "
        "BD-rates by the authors' cubic fit and by PCHIP."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw the released curves with their BD-rates by two fits."""
    points = tables.csv("published_points.csv", "cut", "method", "codec", "quality", "rate_bpe")
    rates = tables.csv("published_bd_rate.csv", "cut", "metric", "fit", "bd_rate_percent").dropna()
    notes = [
        Note(row["cut"], row["metric"], frozenset(), f"{percent(row['bd_rate_percent'])} ({FITS[row['fit']]})", "0.2")
        for row in rates[rates["fit"].isin(FITS)].to_dict("records")
    ]
    shown = measured(metrics(tables), points)
    return draw_curves(points.assign(seed=0, curve=points["method"]), looks(points["method"]), shown, notes)
