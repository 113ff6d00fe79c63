"""The paper's result, drawn from the numbers that its authors released."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from compfeat.figures import Tables, figure
from compfeat.figures._curves import bd_text, draw_curves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METHODS = {"authors_cubic": "authors' cubic", "pchip": "PCHIP"}


@figure(
    "published",
    needs=("published_points.csv", "published_bd_rate.csv"),
    category="The authors' numbers",
    caption=(
        "The authors' released operating points: PNG and JPEG qualities 95, 90, 85 and 80 on 500 Cityscapes images, side "
        "information not counted; up is better in every panel. BD-rates against the baseline by the authors' cubic fit and "
        "by PCHIP."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw the released curves with their BD-rates by two methods."""
    points = tables.csv(
        "published_points.csv", "cut", "loss", "codec", "quality", "rate_bpe", "miou", "rmse", "psnr_db"
    )
    bd_rates = tables.csv("published_bd_rate.csv", "cut", "metric", "method", "bd_rate_percent")
    notes: dict[tuple[str, str], list[str]] = {}
    for (cut, metric, method), cell in bd_rates.groupby(["cut", "metric", "method"], sort=True):
        if method in METHODS:
            lines = notes.setdefault((str(cut), str(metric)), [])
            name = "" if lines else "BD-rate "
            lines.append(f"{name}{bd_text(cell['bd_rate_percent'])} ({METHODS[str(method)]})")
    return draw_curves(points.assign(seed=0), pd.DataFrame(columns=points.columns), notes)
