"""How sure the BD-rates are: this run's, those of a recorded run of several seeds, and the authors', with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from compfeat.figures import Tables, figure
from compfeat.figures._style import MARKERS, few_ticks, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

METRICS = {"miou": "mIoU", "psnr_db": "PSNR", "inv_rmse": "1/RMSE"}
COLUMNS = ("cut", "loss", "seed", "ladder", "metric", "bd_rate_percent", "low_percent", "high_percent")
ALL_SEEDS = "all"
"""Stands in a seed's place in rows that are about all seeds together."""
PUBLISHED = "the authors' (PNG + JPEG)"


@dataclass(frozen=True)
class Series:
    """BD-rates that are drawn alike: cut, metric, and the BD-rate with its ends, in percent."""

    label: str
    table: pd.DataFrame
    marker: str
    color: tuple[float, float, float] | str
    hollow: bool = False


@figure(
    "bd_rate_intervals",
    needs=("intervals.csv", "seeds_intervals.csv", "published_intervals.csv", "ladders.csv"),
    category="Rate and accuracy",
    caption=(
        "BD-rates against the baseline with their intervals, by cut and metric; left of 0 bits are saved. Filled marks: this "
        "run, by ladder, over resamples of the val images (of several seeds, of these too). Hollow marks: the same ladders in "
        "a recorded run of several seeds, where there is one. Grey diamonds: the authors' numbers, over resamples of their "
        "images' sizes."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw one panel a cut; metrics as groups of rows, a row a series."""
    ours, recorded = (joined(tables.csv(name, *COLUMNS)) for name in ("intervals.csv", "seeds_intervals.csv"))
    ladders = tables.csv("ladders.csv", "ladder", "codec").groupby("ladder")["codec"].agg(" + ".join).str.upper()
    published = tables.csv("published_intervals.csv", "cut", "metric", "bd_rate_percent", "low_percent", "high_percent")
    series = [s for i, key in enumerate(ladders.index) for s in of_ladder(str(key), ladders[key], i, ours, recorded)]
    series.append(Series(PUBLISHED, published, "D", "0.45"))
    cuts = sorted(ours["cut"].unique()) or sorted(published["cut"].unique())
    metrics = [m for m in METRICS if (ours["metric"] == m).any()] or list(METRICS)
    figure, axes = panels(1, len(cuts), 0.9 + 0.16 * (len(series) + 1) * len(metrics), sharex=True, sharey=True)
    for ax, cut in zip(axes[0], cuts, strict=True):
        draw_panel(ax, [(s, s.table[s.table["cut"] == cut]) for s in series], metrics)
        ax.set_title(f"cut {cut}", loc="left", fontweight="bold")
        ax.set_xlabel("BD-rate (%)")
    handles, labels = axes[0][0].get_legend_handles_labels()
    known = dict(zip(labels, handles, strict=True))
    figure.legend(known.values(), known.keys(), loc="outside upper center", ncols=3)
    return figure


def joined(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a cell: of several seeds the row of all of them."""
    several = table["seed"].astype(str) == ALL_SEEDS
    return table[several] if several.any() else table


def of_ladder(name: str, title: str, number: int, ours: pd.DataFrame, recorded: pd.DataFrame) -> list[Series]:
    """Return the series of the ladder of this number: one a loss of this run, one of the recorded run where it has rows."""
    import seaborn as sns

    # The first two colours are the losses' own in all other figures.
    color = sns.color_palette("colorblind")[(2, 4, 3, 5)[number % 4]]
    losses = sorted(ours["loss"].unique())
    made = []
    for k, loss in enumerate(losses):
        own = ours[(ours["ladder"] == name) & (ours["loss"] == loss)]
        label = f"{title}, {loss}" if len(losses) > 1 else title
        made.append(Series(label, own, MARKERS[(number + 2 * k) % len(MARKERS)], color))
    own = recorded[recorded["ladder"] == name]
    if len(own):
        made.append(Series(f"{title}, several seeds", own, MARKERS[number % len(MARKERS)], color, hollow=True))
    return made


def draw_panel(ax: Axes, series: Sequence[tuple[Series, pd.DataFrame]], metrics: Sequence[str]) -> None:
    """Draw all series of one cut."""
    ax.axvline(0.0, color="0.3", linewidth=0.8)
    height = len(series) + 1
    for m, metric in enumerate(metrics):
        for k, (one, table) in enumerate(series):
            own = table[table["metric"] == metric]
            low, high = ((own["bd_rate_percent"] - own[f"{end}_percent"]).abs() for end in ("low", "high"))
            ax.errorbar(
                own["bd_rate_percent"],
                [m * height + k] * len(own),
                xerr=[low.fillna(0), high.fillna(0)],
                fmt=one.marker,
                color=one.color,
                markerfacecolor="white" if one.hollow else one.color,
                markersize=4,
                linewidth=1.2,
                capsize=2,
                label=one.label,
            )
            if own["bd_rate_percent"].isna().any():
                ax.text(-0.5, m * height + k, "refused", fontsize=6, ha="right", va="center", color=one.color)
    ax.set_yticks([m * height + (len(series) - 1) / 2 for m in range(len(metrics))], [METRICS[m] for m in metrics])
    ax.set_ylim(len(metrics) * height - 1.2, -1)
    ax.grid(False, axis="y")
    few_ticks(ax, "x", 6)
