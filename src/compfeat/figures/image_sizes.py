"""What single images weigh under each loss, and whether the saving is spread over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from compfeat.errors import DataError
from compfeat.figures import Tables, figure
from compfeat.figures._style import ANCHOR_LOSS, LINE_STYLES, Look, few_ticks, looks, loss_legend, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RUN = ["cut", "loss", "seed"]
BYTES = ["payload_bytes", "header_bytes", "side_info_bytes"]
Choice = Mapping[str, str]
"""From a codec to the one of its qualities that is shown."""


@figure(
    "image_sizes",
    needs=("per_image.csv",),
    category="Rate and accuracy",
    caption=(
        "Cumulative distributions over the val images. All panels but the last of a row: size of an image's features, side "
        "information included, by each codec at its finest quality. Last: size of the same image relative to the baseline; "
        "left of 1 the image got smaller (all seeds together). Thin lines are further seeds where there are several."
    ),
)
def draw(tables: Tables) -> Figure:
    """Draw cuts as rows; codecs, then the paired ratio, as columns."""
    coded = tables.csv("per_image.csv", *RUN, "codec", "quality", "image_id", *BYTES).dropna(subset=BYTES)
    if coded.empty:
        raise DataError(
            f"{tables.folder}/per_image.csv: no coded images; add a codec to the config and rerun summarise"
        )
    coded["size_bytes"] = coded[BYTES].sum(axis=1)
    choice, styles = finest(coded), looks(coded["loss"])
    cuts = sorted(coded["cut"].unique())
    figure, axes = panels(len(cuts), len(choice) + 1, 0.6 + 1.6 * len(cuts), sharey=True)
    for row, cut in zip(axes, cuts, strict=True):
        for ax, (codec, quality) in zip(row, choice.items(), strict=False):
            own = coded[(coded["cut"] == cut) & (coded["codec"] == codec) & (coded["quality"] == quality)]
            draw_sizes(ax, own, styles)
            ax.set_title(f"{cut}, {codec.upper()} {quality}")
        draw_ratios(row[-1], coded[coded["cut"] == cut], choice, styles)
        row[-1].set_title(f"{cut}, paired")
        row[0].set_ylabel("share of images")
    for ax in axes[-1][:-1]:
        ax.set_xlabel("bytes per image")
    axes[-1][-1].set_xlabel("size / size of baseline")
    loss_legend(figure, styles, [(f"paired: {c.upper()}", ratio_line(i)) for i, c in enumerate(choice)])
    return figure


def finest(coded: pd.DataFrame) -> dict[str, str]:
    """Return each codec's quality with the largest files, by codec name."""
    means = coded.groupby(["codec", "quality"])["size_bytes"].mean()
    return {str(codec): str(own.droplevel("codec").idxmax()) for codec, own in means.groupby(level="codec", sort=True)}


def draw_sizes(ax: Axes, own: pd.DataFrame, styles: Mapping[str, Look]) -> None:
    """Draw the distribution of sizes at one point of every run."""
    for loss, look in styles.items():
        for seed, sizes in own[own["loss"] == loss].groupby("seed"):
            first = seed == own["seed"].min()
            distribution(ax, sizes["size_bytes"], look, **({} if first else {"linewidth": 0.5, "marker": ""}))
    few_ticks(ax, "x", 3)


def draw_ratios(ax: Axes, own: pd.DataFrame, choice: Choice, styles: Mapping[str, Look]) -> None:
    """Draw the distribution of each image's size relative to the baseline of its seed, of all seeds together, by codec."""
    ax.axvline(1.0, color="0.3", linewidth=0.7)
    for i, (codec, quality) in enumerate(choice.items()):
        at = own[(own["codec"] == codec) & (own["quality"] == quality)]
        wide = at.pivot_table(index=["seed", "image_id"], columns="loss", values="size_bytes")
        for loss in wide.columns.drop(ANCHOR_LOSS, errors="ignore") if ANCHOR_LOSS in wide else ():
            ratios = (wide[loss] / wide[ANCHOR_LOSS]).dropna()
            distribution(ax, ratios, styles[str(loss)], linestyle=ratio_line(i)["linestyle"])
    few_ticks(ax, "x", 3)


def ratio_line(number: int) -> dict[str, Any]:
    """Return the look of the paired ratio of the codec of this number."""
    return {"color": "0.3", "linestyle": LINE_STYLES[(number + 1) % len(LINE_STYLES)]}


def distribution(ax: Axes, values: pd.Series[float], look: Look, **changes: Any) -> None:
    """Draw the cumulative distribution of values, with a mark at the quartiles."""
    ordered = values.sort_values().to_numpy(dtype=float)
    share = [(i + 1) / len(ordered) for i in range(len(ordered))]
    quartiles = sorted({min(len(ordered) - 1, len(ordered) * k // 4) for k in (1, 2, 3)})
    ax.plot(ordered, share, drawstyle="steps-post", markevery=quartiles, **look.line(**changes))
