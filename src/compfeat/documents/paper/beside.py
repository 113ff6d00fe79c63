"""What is published beside what this run gave, and what differs between the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from compfeat.analysis.bd_table import BD_METRICS
from compfeat.analysis.published import AUTHORS_METHOD
from compfeat.documents.paper.words import METRIC_NAMES, count, interval, listed, percent

NOT_TOLD = "not told"
ORIGINAL = {
    "dataset": "Cityscapes",
    "images": "2975 and 500",
    "size": "256 × 512",
    "width": "64",
    "encoder": "ImageNet's weights",
    "training": NOT_TOLD,
    "codecs": "PNG; JPEG at quality 95, 90, 85 and 80",
    "fit": "cubic",
    "side": "not counted",
    "seeds": "one",
}
"""Of the original paper and its release what stands against this run's settings (docs/method.md says where from)."""
REFERENCES = (
    "S. R. Alvar and I. V. Bajić. Multi-task learning with compressible features for collaborative intelligence. ICIP, 2019.",
    "G. Bjøntegaard. Calculation of average PSNR differences between RD-curves. ITU-T VCEG-M33, 2001.",
    "M. Cordts et al. The Cityscapes dataset for semantic urban scene understanding. CVPR, 2016.",
    "B. Efron and R. J. Tibshirani. An introduction to the bootstrap. Chapman and Hall, 1993.",
    "K. He, X. Zhang, S. Ren and J. Sun. Deep residual learning for image recognition. CVPR, 2016.",
    "A. Kendall, Y. Gal and R. Cipolla. Multi-task learning using uncertainty to weigh losses. CVPR, 2018.",
)
"""What the paper leans on."""


def ladder_titles(config: Mapping[str, Any]) -> dict[str, str]:
    """Return how each ladder is called: by its codecs."""
    return {name: " + ".join(codec.upper() for codec in codecs) for name, codecs in config["ladders"].items()}


def match(table: pd.DataFrame, row: Mapping[Any, Any], *keys: str) -> pd.DataFrame:
    """Return the rows of ``table`` that agree with ``row`` in ``keys``."""
    return table[(table[list(keys)] == [row[key] for key in keys]).all(axis=1)]


def cell(table: pd.DataFrame) -> str:
    """Return the BD-rate of a table's last row (of several seeds, that of all) with its interval; a dash without a row."""
    if not len(table):
        return "–"
    row = table.iloc[-1]
    between = interval(row["low_percent"], row["high_percent"])
    return percent(row["bd_rate_percent"]) + (f" ({between})" if between else "")


def beside_rows(
    published: pd.DataFrame, released: pd.DataFrame, intervals: pd.DataFrame, ladders: Mapping[str, str]
) -> list[list[str]]:
    """Return a row for each published BD-rate: cut, metric, the authors', the same by PCHIP, then this run's by ladder.

    Args:
        published: ``published_bd_rate.csv``.
        released: ``published_intervals.csv``.
        intervals: ``intervals.csv``.
        ladders: the ladders' titles by name; each is a column, in this order.
    """
    authors = published[published["method"] == AUTHORS_METHOD].copy()
    authors["rank"] = authors["metric"].map({metric: i for i, metric in enumerate(BD_METRICS)})
    rows = []
    for r in authors.sort_values(["cut", "rank"]).to_dict("records"):
        pchip = match(published[published["method"] == "pchip"], r, "cut", "metric")
        own = match(intervals, r, "cut", "metric")
        cells = [cell(match(released, r, "cut", "metric")), percent(float(pchip["bd_rate_percent"].iloc[0]))]
        cells += [cell(own[own["ladder"] == ladder]) for ladder in ladders]
        rows.append([r["cut"], METRIC_NAMES[r["metric"]], *cells])
    return rows


def difference_rows(config: Mapping[str, Any], n_val: int, epochs: int) -> list[list[str]]:
    """Return what differs: what it is, the original's, this run's."""
    dataset, train = config["dataset"], config["train"]
    n_train = "all" if dataset["images"]["train"] is None else str(dataset["images"]["train"])
    shared = sum(phase["epochs"] for phase in train["warm_start"])
    codecs = [f"{codec.upper()}: {listed(qualities)}" for codec, qualities in config["codecs"].items()]
    ours = {
        "dataset": dataset["name"],
        "images": f"{n_train} and {n_val}",
        "size": "{} × {}".format(*dataset["size"]),
        "width": str(config["model"]["width"]),
        "encoder": "ImageNet's weights" if config["model"]["encoder_weights"] else "random weights",
        "training": f"{shared} epochs shared by the losses, then {epochs}" if shared else f"{epochs} epochs",
        "codecs": "; ".join(codecs),
        "fit": "PCHIP, on efficient points" if config["bd_rate"]["frontier"] else "PCHIP",
        "side": "counted, 8 bytes an image",
        "seeds": f"{count(len(train['seeds']))} ({listed([str(seed) for seed in train['seeds']])})",
    }
    titles = {
        "dataset": "dataset",
        "images": "images, training and measured",
        "size": "image size (px)",
        "width": "network's width",
        "encoder": "encoder starts from",
        "training": "training",
        "codecs": "codecs",
        "fit": "fit of the BD-rate",
        "side": "side information",
        "seeds": "seeds",
    }
    return [[title, ORIGINAL[key], ours[key]] for key, title in titles.items()]
