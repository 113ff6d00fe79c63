"""What the paper tells, as text ready to be set: every number of it comes from here, and from the run's tables and config.

Sentences that draw a conclusion are chosen by rule from the numbers, so that another result says something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from compfeat.analysis.bd_table import ANCHOR_LOSS, BD_METRICS
from compfeat.analysis.bootstrap import ALL_SEEDS
from compfeat.analysis.published import AUTHORS_METHOD, FEATURE_ELEMENTS
from compfeat.documents.paper.words import METRIC_NAMES, TASK_NAMES, count, interval, listed, number, percent
from compfeat.features.tile import grid_shape, tiled_shape
from compfeat.grid import UNCODED
from compfeat.models.cuts import CUTS, feature_shape

Facts = dict[str, Any]
SIDE_INFO_BYTES = 8


@dataclass(frozen=True)
class Tables:
    """The summary's tables that the paper reads; ``seeds`` are the recorded intervals of a run of several seeds, or empty."""

    points: pd.DataFrame
    epochs: pd.DataFrame
    headline: pd.DataFrame
    intervals: pd.DataFrame
    floats: pd.DataFrame
    details: pd.DataFrame
    claims: pd.DataFrame
    published: pd.DataFrame
    published_intervals: pd.DataFrame
    published_paired: pd.DataFrame
    seeds: pd.DataFrame


def paper_facts(config: Mapping[str, Any], tables: Tables) -> Facts:
    """Return everything the template reads, nested; all leaves are text, or lists of rows of text."""
    return {
        "data": data_facts(config, tables.points),
        "network": network_facts(config),
        "training": training_facts(config, tables.epochs),
        "coding": coding_facts(config),
        "results": result_facts(tables),
        "published": published_facts(tables),
        "claims": claim_rows(tables.claims),
        "seeds": seed_rows(tables.seeds, tables.intervals),
        "statistics": {
            "resamples": str(config["statistics"]["resamples"]),
            "confidence": f"{100 * config['statistics']['confidence']:g} %",
        },
        "config": config_rows(config),
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
        "ladders": [[ladder, listed(codecs)] for ladder, codecs in sorted(config["ladders"].items())],
        "side_info": str(SIDE_INFO_BYTES),
    }


def result_facts(tables: Tables) -> Facts:
    """Return the headline table with its intervals, what stands beside it, and the sentences about it."""
    headline = tables.headline
    rows, details = [], []
    for r in headline.to_dict("records"):
        cells = _match(tables.intervals, r)
        cell = cells.iloc[-1] if len(cells) else None  # of several seeds the last row is of all
        between = "" if cell is None else interval(cell["low_percent"], cell["high_percent"])
        digits = 2 if r["float_metric"] == "psnr_db" else 4
        floats = [number(r[f"float_{which}"], digits) for which in ("anchor", "test")]
        rows.append(
            [r["cut"], r["ladder"], METRIC_NAMES[r["metric"]], percent(r["bd_rate_percent"]), between or "–", *floats]
        )
    for d in tables.details.to_dict("records"):
        name = METRIC_NAMES[d["metric"]]
        methods = [percent(d[f"{method}_percent"]) for method in ("cubic", "pchip", "akima")]
        rates = [number(d[f"rate_at_1_percent_loss_{side}_bpe"], 2) for side in ("anchor", "test")]
        change = number(d["bd_metric"], 4 if d["metric"] == "miou" else 3, sign="+")
        rest = [percent(d["without_lossless_percent"]), f"{100 * d['overlap']:.0f} %", change, *rates]
        details.append([d["cut"], d["ladder"], name, *methods, *rest])
    refused = headline[headline["bd_rate_percent"].isna()]
    return {
        "rows": rows,
        "details": details,
        "ladders": [ladder_sentence(ladder, headline, tables.intervals) for ladder in sorted(set(headline["ladder"]))],
        "refused": [
            f"{r['cut']}, {r['ladder']}, {METRIC_NAMES[r['metric']]}: {r['verdict']}"
            for r in refused.to_dict("records")
        ],
        "floats": float_rows(tables.floats),
        "equal_quality": equal_quality_sentence(tables.points),
    }


def _match(intervals: pd.DataFrame, row: Mapping[Any, Any]) -> pd.DataFrame:
    keys = ["cut", "loss", "ladder", "metric"]
    return intervals[(intervals[keys] == [row[key] for key in keys]).all(axis=1)]


def ladder_sentence(ladder: str, headline: pd.DataFrame, intervals: pd.DataFrame) -> str:
    """Return what one ladder says: how many cells are below 0, how many of them surely, and the mean."""
    own = headline[headline["ladder"] == ladder]
    measured = own["bd_rate_percent"].dropna()
    if not len(measured):
        return f"Ladder {ladder}: no BD-rate could be formed."
    below = int((measured < 0).sum())
    last = intervals[intervals["ladder"] == ladder].drop_duplicates(["cut", "loss", "metric"], keep="last")
    sure = int((last["high_percent"] < 0).sum())
    against = int((last["low_percent"] > 0).sum())
    verb = "is" if below == 1 else "are"
    told = (
        f"Ladder {ladder}: {below} of {len(own)} BD-rates {verb} below zero, {sure} of them with their whole interval"
    )
    told += f"; {against} lie wholly above zero" if against else "; none lies wholly above zero"
    return f"{told}. Their mean is {percent(float(measured.mean()))}."


def equal_quality_sentence(points: pd.DataFrame) -> str:
    """Return how the bytes compare at the same codec and quality, whatever became of the tasks."""
    coded = points[points["codec"] != UNCODED]
    keys = ["cut", "seed", "codec", "quality"]
    wide = coded.pivot_table(index=keys, columns="loss", values="rate_bpe")
    if ANCHOR_LOSS not in wide or len(wide.columns) < 2:
        return ""
    changes = wide.drop(columns=ANCHOR_LOSS).div(wide[ANCHOR_LOSS], axis=0).to_numpy(float)
    percents = 100 * (changes[np.isfinite(changes)] - 1)
    fewer = int((percents < 0).sum())
    spread = f"from {percent(float(percents.min()))} to {percent(float(percents.max()))}"
    return (
        f"At the same codec and quality {fewer} of {len(percents)} points take fewer bits than the baseline's, {spread}, "
        f"{percent(float(percents.mean()))} in the mean; what that costs the tasks is what a BD-rate charges for."
    )


def float_rows(floats: pd.DataFrame) -> list[list[str]]:
    """Return rows of cut, metric, difference on float features and its interval."""
    rows = []
    for r in floats.drop_duplicates(["cut", "loss", "metric"], keep="last").to_dict("records"):
        digits = 3 if r["metric"] == "psnr_db" else 4
        cells = [number(r[name], digits, sign="+") for name in ("difference", "low", "high")]
        rows.append([r["cut"], METRIC_NAMES[r["metric"]], cells[0], f"{cells[1]} to {cells[2]}"])
    return rows


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


def claim_rows(claims: pd.DataFrame) -> list[list[str]]:
    """Return the claims table's rows: claim, source, where, value with interval, verdict."""
    rows = []
    for r in claims.to_dict("records"):
        where = ", ".join(str(r[k]) for k in ("cut", "ladder") if str(r[k]) not in ("", "nan"))
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


def seed_rows(seeds: pd.DataFrame, intervals: pd.DataFrame) -> list[list[str]]:
    """Return, of a recorded run of several seeds, cut, ladder, metric, mean, its interval, lowest and highest seed, this run."""
    rows: list[list[str]] = []
    if not len(seeds):
        return rows
    single = seeds[seeds["seed"].astype(str) != ALL_SEEDS]
    for r in seeds[seeds["seed"].astype(str) == ALL_SEEDS].to_dict("records"):
        own = _match(single, r)["bd_rate_percent"]
        here = _match(intervals, r)
        cells = [percent(r["bd_rate_percent"]), interval(r["low_percent"], r["high_percent"]) or "–"]
        cells.append(f"{percent(float(own.min()))} to {percent(float(own.max()))}")
        cells.append(f"{int((own < 0).sum())} of {len(own)}")
        cells.append(percent(float(here["bd_rate_percent"].iloc[-1])) if len(here) else "–")
        rows.append([r["cut"], r["ladder"], METRIC_NAMES[r["metric"]], *cells])
    return rows


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
