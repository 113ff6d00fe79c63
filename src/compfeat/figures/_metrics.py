"""How the task metrics are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Metric:
    """A task metric.

    Attributes:
        name: its column in the tables.
        bd_name: its name in the tables of BD-rates, where higher is always better.
        label: of its axis, with the unit.
        factor: from the tables' unit to the shown one.
        lower_is_better: whether the axis points down, so that up is better in every panel.
    """

    name: str
    bd_name: str
    label: str
    factor: float = 1.0
    lower_is_better: bool = False

    def label_axis(self, ax: Axes) -> None:
        """Write the label on the y axis and turn it where lower is better."""
        ax.set_ylabel(self.label)
        if self.lower_is_better:
            ax.invert_yaxis()


METRICS = (
    Metric("miou", "miou", "mIoU (%)", factor=100.0),
    Metric("rmse", "inv_rmse", "disparity RMSE (px, ↓)", lower_is_better=True),
    Metric("psnr_db", "psnr_db", "PSNR (dB)"),
)


def measured(table: pd.DataFrame, prefix: str = "") -> list[Metric]:
    """Return the metrics that have a value somewhere in the table's column ``{prefix}{name}``."""
    return [m for m in METRICS if f"{prefix}{m.name}" in table and table[f"{prefix}{m.name}"].notna().any()]
