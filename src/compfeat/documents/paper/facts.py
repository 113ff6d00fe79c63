"""What the paper tells, as text ready to be set: every number of it comes from here, and from the run's tables and config.

Sentences that draw a conclusion are chosen by rule from the numbers, so that another result says something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from compfeat.analysis.bd_table import BD_METRICS
from compfeat.analysis.published import AUTHORS_METHOD, FEATURE_ELEMENTS
from compfeat.documents.paper.beside import (
    REFERENCES,
    beside_rows,
    difference_rows,
    ladder_titles,
)
from compfeat.documents.paper.results import result_facts
from compfeat.documents.paper.seeds import seed_rows, survival_rows
from compfeat.documents.paper.tables import Facts, Tables
from compfeat.documents.paper.words import METRIC_NAMES, TASK_NAMES, count, interval, listed, number, percent
from compfeat.features.tile import grid_shape, tiled_shape
from compfeat.models.cuts import CUTS, DECODER_CHANNELS, feature_shape, scaled

SIDE_INFO_BYTES = 8


def paper_facts(config: Mapping[str, Any], tables: Tables) -> Facts:
    """Return everything the template reads, nested; all leaves are text, or lists of rows of text."""
    ladders = ladder_titles(config)
    n_val, epochs = int(tables.points["n_images"].iloc[0]), int(tables.epochs["epoch"].max())
    return {
        "data": data_facts(config, tables.points),
        "network": network_facts(config),
        "training": training_facts(config, tables.epochs),
        "coding": coding_facts(config),
        "results": result_facts(tables, ladders),
        "published": published_facts(tables),
        "beside": {
            "ladders": list(ladders.values()),
            "rows": beside_rows(tables.published, tables.published_intervals, tables.intervals, ladders),
            "differences": difference_rows(config, n_val, epochs),
        },
        "claims": claim_rows(tables.claims, ladders),
        "seeds": seed_rows(tables.seeds, tables.intervals, ladders),
        "survival": survival_rows(tables.claims, ladders),
        "references": list(REFERENCES),
        "statistics": {
            "resamples": str(config["statistics"]["resamples"]),
            "confidence": f"{100 * config['statistics']['confidence']:g} %",
        },
        "config": paired(config_rows(config)),
    }


def data_facts(config: Mapping[str, Any], points: pd.DataFrame) -> Facts:
    """Return what the networks saw."""
    dataset = config["dataset"]
    height, width = dataset["size"]
    n_train = dataset["images"]["train"]
    return {
        "name": dataset["name"],
        "rendered": dataset["name"] == "streets",
        "size": f"{height} × {width}",
        "n_train": "all" if n_train is None else str(n_train),
        "n_val": str(int(points["n_images"].iloc[0])),
        "tasks": listed([TASK_NAMES[task] for task in config["tasks"]]),
        "n_tasks": count(len(config["tasks"])),
    }


def network_facts(config: Mapping[str, Any]) -> Facts:
    """Return the shapes at each cut, from the config that ran."""
    width, (height_px, width_px) = config["model"]["width"], config["dataset"]["size"]
    cuts = []
    for cut in config["model"]["cuts"]:
        channels, height, columns = feature_shape(cut, width, height_px, width_px)
        tiles, image = grid_shape(channels), tiled_shape(channels, (height, columns))
        cuts.append(
            {
                "cut": cut,
                "layer": f"layer{CUTS[cut].layers}",
                "features": f"{channels} × {height} × {columns}",
                "elements": str(channels * height * columns),
                "tiles": f"{tiles[0]} × {tiles[1]}",
                "image": f"{image[0]} × {image[1]}",
                "grid": [*tiles, height, columns],
                "decoders": [
                    {"task": TASK_NAMES[task], "widths": "–".join(map(str, decoder_widths(cut, task, width)))}
                    for task in config["tasks"]
                ],
            }
        )
    return {
        "width": str(width),
        "input": f"3 × {height_px} × {width_px}",
        "cuts": cuts,
        "tasks": [TASK_NAMES[task] for task in config["tasks"]],
        "bits": str(config["quantiser"]["bits"]),
        "pretrained": bool(config["model"]["encoder_weights"]),
    }


def decoder_widths(cut: str, task: str, width: int) -> list[int]:
    """Return the channels of a decoder's stages."""
    return [scaled(channels, width) for channels in DECODER_CHANNELS[cut, task]]


def training_facts(config: Mapping[str, Any], epochs: pd.DataFrame) -> Facts:
    """Return the schedule and the strengths."""
    train = config["train"]
    rows = [
        [stage, str(p["epochs"]), view(p), str(p["batch_size"]), f"{p['learning_rate']:g}"]
        for stage, phases in (("warm start, shared", train["warm_start"]), ("each loss", train["phases"]))
        for p in phases
    ]
    strengths = [
        [loss, cut, f"{value:g}"] for loss, by_cut in sorted(train["strength"].items()) for cut, value in by_cut.items()
    ]
    return {
        "phases": rows,
        "strengths": strengths,
        "losses": listed(train["losses"]),
        "seeds": listed([str(seed) for seed in train["seeds"]]),
        "several_seeds": len(train["seeds"]) > 1,
        "noise": f"{train['noise_steps']:g}",
        "epochs": str(int(epochs["epoch"].max())),
    }


def view(phase: Mapping[str, Any]) -> str:
    """Return what a phase of training sees of an image, in words."""
    width = f"strips {phase['crop_width_px']} px wide" if phase["crop_width_px"] else "whole images"
    return width + (f", {phase['downscale']} times smaller" if phase["downscale"] > 1 else "")


def coding_facts(config: Mapping[str, Any]) -> Facts:
    """Return the codecs with their qualities, and the ladders."""
    return {
        "codecs": [[codec, listed(qualities)] for codec, qualities in sorted(config["codecs"].items())],
        "ladders": listed(list(ladder_titles(config).values())),
        "several": len(config["ladders"]) > 1,
        "side_info": str(SIDE_INFO_BYTES),
    }


def published_facts(tables: Tables) -> Facts:
    """Return the published BD-rates with their intervals, and how the saving is spread over the images."""
    published = tables.published[tables.published["method"] == AUTHORS_METHOD]
    rows = []
    for cut, own in published.groupby("cut", sort=True):
        cells = []
        for metric in BD_METRICS:
            value = float(own.loc[own["metric"] == metric, "bd_rate_percent"].iloc[0])
            at = tables.published_intervals
            at = at[(at["cut"] == cut) & (at["metric"] == metric)]
            low, high = (float(at[f"{end}_percent"].iloc[0]) for end in ("low", "high"))
            cells.append(f"{percent(value)} ({interval(low, high)})")
        rows.append([str(cut), *cells])
    values = published["bd_rate_percent"]
    spread = [
        [
            r["cut"],
            r["codec"],
            r["quality"],
            f"{100 * r['smaller_share']:.0f} %",
            percent(-r["saving_percent"]),
            percent(-r["median_saving_percent"]),
        ]
        for r in tables.published_paired.to_dict("records")
    ]
    return {
        "rows": rows,
        "spread": spread,
        "mean": percent(float(values.mean())),
        "reach": f"{int((values <= -20).sum())} of {len(values)}",
        "n_images": str(int(published["n_images"].iloc[0])),
        "elements": {cut: str(n) for cut, n in FEATURE_ELEMENTS.items()},
    }


def claim_rows(claims: pd.DataFrame, ladders: Mapping[str, str]) -> list[list[str]]:
    """Return the claims table's rows: claim, source, where, value with interval, verdict."""
    rows = []
    for r in claims.to_dict("records"):
        ladder = ladders.get(str(r["ladder"]), str(r["ladder"]))
        where = ", ".join(text for text in (str(r["cut"]), ladder) if text not in ("", "nan"))
        metric = METRIC_NAMES.get(str(r["metric"]), "")
        digits = (
            0
            if r["claim"] == "several_tasks"
            else 1
            if r["unit"] in ("%", "% of RMSE")
            else 4
            if r["unit"] == "mIoU"
            else 2
        )
        value = number(r["value"], digits, sign="" if digits == 0 else "+")
        known = not (pd.isna(r["low"]) or r["low"] == r["high"])
        between = f"{number(r['low'], digits)} to {number(r['high'], digits)}" if known else "–"
        rows.append([str(r["text"]), str(r["source"]), where, metric, value, between, str(r["verdict"])])
    return rows


def paired(rows: list[list[str]]) -> list[list[str]]:
    """Return rows of two side by side: the second half beside the first."""
    half = -(-len(rows) // 2)
    return [row + (rows[half + i] if half + i < len(rows) else [""] * len(row)) for i, row in enumerate(rows[:half])]


def config_rows(config: Mapping[str, Any], above: str = "") -> list[list[str]]:
    """Return every key of the config with its value, nested keys joined by dots, in the config's order."""
    rows: list[list[str]] = []
    for key, value in config.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            rows += config_rows(value, f"{name}.")
        elif isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(v, Mapping) for v in value):
            for i, item in enumerate(value):
                rows += config_rows(item, f"{name}.{i}.")
        else:
            shown = (
                ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
            )
            rows.append([name, "–" if value is None else shown])
    return rows
