"""Curves of rate against each task metric: one row a cut, one column a metric, one line a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.errors import DataError
from compfeat.figures import Tables
from compfeat.figures._metrics import Metric, measured
from compfeat.figures._style import ANCHOR_LOSS, Look, few_ticks, looks, loss_legend, panels, thin_lines, widen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RATE_LABEL = "rate (bits per feature element)"
POINT_COLUMNS = ("cut", "loss", "seed", "codec", "quality", "rate_bpe", "miou", "rmse", "psnr_db")
LOG_FROM = 6.0
"""The rate axis is logarithmic where the highest rate is more than this many times the lowest."""
Notes = Mapping[tuple[str, str], Sequence[str]]
"""Lines written above the panel of a cut and a metric (its name in the tables of BD-rates)."""
FLOAT_LINE: dict[str, Any] = {"linestyle": ":", "linewidth": 0.9}


def draw_curves(points: pd.DataFrame, floats: pd.DataFrame, notes: Notes) -> Figure:
    """Draw the coded ``points`` (POINT_COLUMNS); ``floats`` are the uncoded ones (may be empty), drawn as levels."""
    metrics, cuts = measured(points), sorted(points["cut"].unique())
    if not metrics:
        raise DataError("points.csv: no metric has a value at the points of this ladder; rerun the stage evaluate")
    styles = looks(points["loss"])
    height = 0.55 + 1.75 * len(cuts)
    figure, axes = panels(len(cuts), len(metrics), height, sharex="row")
    for row, cut in zip(axes, cuts, strict=True):
        for ax, metric in zip(row, metrics, strict=True):
            own, levels = (table[table["cut"] == cut] for table in (points, floats))
            draw_panel(ax, own, levels, metric, styles)
            # Above the panel, where no curve can be.
            ax.set_title("\n".join(notes.get((cut, metric.bd_name), [])), loc="right", fontsize=6.5)
        row[0].set_title(f"cut {cut}", loc="left", fontweight="bold")
    for ax in axes[-1]:
        ax.set_xlabel(RATE_LABEL)
    extra = [("float features (not coded)", {"color": "0.3", **FLOAT_LINE})] if len(floats) else []
    loss_legend(figure, styles, extra)
    return figure


def draw_panel(
    ax: Axes, points: pd.DataFrame, floats: pd.DataFrame, metric: Metric, styles: Mapping[str, Look]
) -> None:
    """Draw one metric of one cut: the mean over seeds with marks, and each seed thinly where there are several."""
    for loss, look in styles.items():
        own = points[points["loss"] == loss].assign(shown=metric.factor * points[metric.name])
        thin_lines(ax, own, "rate_bpe", "shown", look)
        mean = own.groupby(["codec", "quality"])[["rate_bpe", "shown"]].mean().sort_values("rate_bpe")
        ax.plot(mean["rate_bpe"], mean["shown"], **look.line())
        level = floats.loc[floats["loss"] == loss, metric.name].mean()
        if pd.notna(level):
            height = metric.factor * float(level)
            ax.axhline(height, color=look.color, zorder=0, **FLOAT_LINE)
            # A hollow mark on the frame tells the levels apart in grey print, too.
            hollow = look.line(markerfacecolor="white", markeredgecolor=look.color, markersize=3, clip_on=False)
            ax.plot([1.0], [height], transform=ax.get_yaxis_transform(), **hollow)
    few_ticks(ax, "y", 5)
    ax.margins(y=0.1)
    widen(ax)
    metric.label_axis(ax)
    rate_axis(ax, points["rate_bpe"])


def rate_axis(ax: Axes, rates: pd.Series[float]) -> None:
    """Scale the rate axis: by octaves where the rates span many, else linear."""
    from matplotlib.ticker import FuncFormatter, LogLocator

    if rates.min() > 0 and rates.max() / rates.min() > LOG_FROM:
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_locator(LogLocator(base=2, numticks=7))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:g}"))
    else:
        few_ticks(ax, "x", 6)


def draw_ladder(tables: Tables, ladder: str) -> Figure:
    """Draw this project's curves on one ladder, with the BD-rates against the baseline (PCHIP)."""
    points = tables.csv("points.csv", *POINT_COLUMNS)
    ladders = tables.csv("ladders.csv", "ladder", "codec")
    codecs = ladders.loc[ladders["ladder"] == ladder, "codec"]
    own = points[points["codec"].isin(codecs)]
    if own.empty:
        found = ", ".join(sorted(ladders["ladder"].unique()))
        raise DataError(
            f"{tables.folder}/ladders.csv: no points on a ladder {ladder!r}, found {found}; "
            "add it to the config's ladders, or take this figure out of its figures"
        )
    floats = points[(points["codec"] == "none") & (points["quality"] == "float")]
    bd_rates = tables.csv("bd_rate.csv", "cut", "loss", "seed", "ladder", "metric", "method", "bd_rate_percent")
    return draw_curves(own, floats, bd_notes(bd_rates[bd_rates["ladder"] == ladder]))


def bd_notes(bd_rates: pd.DataFrame) -> dict[tuple[str, str], list[str]]:
    """Return a line for each cut, metric and loss: the mean accepted BD-rate (range over seeds), or "refused"."""
    notes: dict[tuple[str, str], list[str]] = {}
    own = bd_rates[(bd_rates["method"] == "pchip") & (bd_rates["loss"] != ANCHOR_LOSS)]
    several = len(own["loss"].unique()) > 1
    for (cut, metric, loss), cell in own.groupby(["cut", "metric", "loss"], sort=True):
        text = bd_text(cell["bd_rate_percent"])
        notes.setdefault((str(cut), str(metric)), []).append(f"BD-rate {f'{loss} ' if several else ''}{text}")
    return notes


def bd_text(percents: pd.Series[float]) -> str:
    """Return one BD-rate for print; of several seeds the mean, the range, and how many were accepted."""
    accepted = percents.dropna()
    if accepted.empty:
        return "refused"
    text = f"{percent(accepted.mean())} %"
    if len(percents) > 1:
        text += f" ({len(accepted)} of {len(percents)} seeds)\n{percent(accepted.min())} to {percent(accepted.max())}"
    return text


def percent(value: float) -> str:
    """Return a signed number with one digit and a true minus sign."""
    return f"{value:+.1f}".replace("-", "−")
