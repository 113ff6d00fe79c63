"""A summary folder as trained networks would give it, made in a second: for the figures' tests, and for looking at figures.

``python tests/synthetic_summary.py FOLDER`` writes one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from compfeat.analysis.bd_rate import Rules
from compfeat.analysis.bd_table import bd_rate_table
from compfeat.analysis.bootstrap import (
    ALL_SEEDS,
    CELL,
    FLOAT_COLUMNS,
    INTERVAL_COLUMNS,
    POINT,
    POINT_COLUMNS,
    Plan,
)
from compfeat.analysis.claims import (
    RECORDED,
    Cell,
    Limits,
    claims_table,
    published_cells,
    published_intervals,
    published_losses,
    run_cells,
    run_losses,
)
from compfeat.analysis.details import details_table
from compfeat.analysis.feature_statistics import feature_statistics
from compfeat.analysis.headline import headline_table
from compfeat.analysis.published import published_bd_rate, published_images, published_paired, read_published
from compfeat.analysis.showcase import outputs, shown, truth
from compfeat.datasets.packed import record_dtype
from compfeat.features.archive import Arrays, write_arrays
from compfeat.features.store import record_type
from compfeat.grid import Point, Run
from compfeat.io import write_csv
from helpers import PROJECT

CLASSES = ("road", "sidewalk", "building", "vegetation", "sky", "car", "person")
SIZE = (64, 128)
CHANNELS = {"c512": (128, 2, 4), "c256": (64, 4, 8)}
TILES = {"c512": (16, 64), "c256": (32, 64)}
BPE = {("png", "lossless"): 6.0, ("jpeg", "q95"): 4.6, ("jpeg", "q90"): 3.6, ("jpeg", "q85"): 3.0, ("jpeg", "q80"): 2.6} | {
    ("hevc", f"qp{qp}"): 5.6 * 2 ** (-qp / 8) for qp in (4, 10, 16, 22, 28, 34)
} | {("hevc", "lossless"): 5.6}  # fmt: skip
IDS = [f"scene_{i:06d}" for i in range(12)]


@dataclass(frozen=True)
class Variant:
    """What a summary is about."""

    cuts: tuple[str, ...] = ("c512", "c256")
    losses: tuple[str, ...] = ("baseline", "compressible")
    seeds: tuple[int, ...] = (0,)
    tasks: tuple[str, ...] = ("segmentation", "disparity", "reconstruction")
    codecs: tuple[str, ...] = ("png", "jpeg", "hevc")
    epochs: int = 8
    pictures: tuple[int, ...] = (3,)
    """Positions of the images of the showcase."""
    flat: bool = False
    """Whether no rate changes any metric, so that all BD-rates are refused."""

    def points(self) -> list[Point]:
        runs = [Run(cut, loss, seed) for cut in self.cuts for loss in self.losses for seed in self.seeds]
        qualities = [("none", "float"), ("none", "u8"), *(key for key in BPE if key[0] in self.codecs)]
        return [Point(run, *key) for run in runs for key in qualities]


def saving(point: Point) -> float:
    """Return the factor of a loss on the rate."""
    return {"baseline": 1.0, "compressible": 0.78}.get(point.run.loss, 0.9) * (1 + 0.03 * int(point.run.seed))


def point_rows(variant: Variant) -> Iterator[dict[str, Any]]:
    """Yield the rows of points.csv: metrics that saturate with the rate."""
    for point in variant.points():
        bpe = BPE.get((point.codec, point.quality))
        keep = 1.0 if bpe is None or point.quality == "lossless" or variant.flat else 1 - np.exp(-1.6 * bpe)
        top = 0.53 if point.run.cut == "c256" else 0.47
        gain = 0.01 if point.run.loss == "compressible" else 0.0
        metrics = {
            "miou": top * (0.4 + 0.6 * keep) + gain if "segmentation" in variant.tasks else np.nan,
            "rmse": 1.1 - 0.6 * keep if "disparity" in variant.tasks else np.nan,
            "psnr_db": 12.0 + 7.5 * keep if "reconstruction" in variant.tasks else np.nan,
        }
        shape = CHANNELS[point.run.cut]
        rate = np.nan if bpe is None else bpe * saving(point)
        keys = {"dataset": "streets", "cut": point.run.cut, "loss": point.run.loss, "seed": point.run.seed}
        keys |= {"codec": point.codec, "quality": point.quality}
        yield keys | metrics | {"rate_bpe": rate, "bytes_per_image": rate * np.prod(shape) / 8}


def per_image(points: pd.DataFrame) -> pd.DataFrame:
    """Return the sizes of all images at all points."""
    spread = np.random.default_rng(1).normal(1.0, 0.12, len(IDS))
    tables: list[pd.DataFrame] = []
    for row in points.to_dict("records"):
        wobble = np.random.default_rng(len(tables)).normal(1.0, 0.03, len(IDS))
        payload = np.round(row["bytes_per_image"] * spread * wobble)
        table = pd.DataFrame({"image_id": IDS, "payload_bytes": payload, "header_bytes": 77, "side_info_bytes": 8})
        table.loc[table["payload_bytes"].isna(), ["header_bytes", "side_info_bytes"]] = np.nan
        table["sse_reconstruction"] = 10 ** (-row["psnr_db"] / 10) * spread
        table["sse_disparity"] = row["rmse"] ** 2 * spread
        table[["n_reconstruction", "n_disparity"]] = 1
        tables.append(table.assign(**{name: row[name] for name in ("cut", "loss", "seed", "codec", "quality")}))
    return pd.concat(tables, ignore_index=True)


def epochs(variant: Variant) -> pd.DataFrame:
    """Return training curves."""
    rows = []
    for run in sorted({point.run for point in variant.points()}):
        for epoch in range(1, variant.epochs + 1):
            row: dict[str, Any] = {"cut": run.cut, "loss": run.loss, "seed": run.seed, "epoch": epoch}
            fall = np.exp(-epoch / 5) * (1 + 0.05 * int(run.seed)) + (0.1 if run.cut == "c512" else 0)
            fall += 0.04 if run.loss == "baseline" else 0
            for k, task in enumerate(variant.tasks):
                row |= {f"loss_{task}": (k + 0.5) * fall, f"log_variance_{task}": -k + fall}
            row |= {"val_miou": 0.5 - 0.3 * fall, "val_rmse": 0.5 + fall, "val_psnr_db": 20 - 8 * fall}
            if run.loss != "baseline":
                row |= {
                    "loss_features": 30 * fall + 5,
                    "log_variance_features": 3 + fall,
                    "strength": min(1, epoch / 4),
                }
            rows.append(row | {"strength": row.get("strength", 0.0)})
    return pd.DataFrame(rows)


def scene(tasks: tuple[str, ...]) -> Any:
    """Return one packed scene: bands of classes, a gradient and a disparity that grows downwards."""
    record = np.zeros(1, record_dtype(*SIZE, tasks))[0]
    down = np.arange(SIZE[0])[:, None] * np.ones((1, SIZE[1]))
    record["labels"] = (down * len(CLASSES) // SIZE[0]).astype(np.uint8)
    record["labels"][-3:] = 255
    record["image"] = np.stack([down * 3, 120 + down, 255 - down * 3], axis=-1).astype(np.uint8)
    if "disparity" in tasks:
        record["disparity_px"] = np.where(down < 10, 0, down / 4)
    return record


def showcase(variant: Variant) -> Arrays:
    """Return the arrays of showcase.npz, with more noise at lower rates."""
    record, rng = scene(variant.tasks), np.random.default_rng(2)
    arrays: Arrays = {"class_names": np.array(CLASSES)}
    for position in variant.pictures:
        arrays |= truth(position, IDS[position], record)
    for position, point in product(variant.pictures, shown(variant.points())):
        noise = 40 / (1 + 4 * BPE.get((point.codec, point.quality), 8.0)) * rng.standard_normal(SIZE)
        tiles = rng.gamma(0.5, 30, TILES[point.run.cut]).clip(0, 255).astype(np.uint8)
        pictures: Arrays = {f"{position}/tiles": tiles}
        if "segmentation" in variant.tasks:
            pictures[f"{position}/segmentation"] = np.where(noise > 12, 3, record["labels"]).astype(np.uint8)
        if "disparity" in variant.tasks:
            pictures[f"{position}/disparity"] = (record["disparity_px"] + noise / 10).astype(np.float16)
        if "reconstruction" in variant.tasks:
            pictures[f"{position}/reconstruction"] = (record["image"] + noise[..., None]).clip(0, 255).astype(np.uint8)
        arrays |= outputs("synthetic", point, pictures, [position])
    return arrays


def statistics(variant: Variant) -> pd.DataFrame:
    """Return feature_statistics.csv of random sparse features."""
    tables = []
    for run in sorted({point.run for point in variant.points()}):
        rng = np.random.default_rng(10 + int(run.seed))
        records = np.zeros(4, record_type(TILES[run.cut]))
        scale = 30 if run.loss == "baseline" else 18
        records["tiles"] = rng.gamma(0.5, scale, records["tiles"].shape).clip(0, 255)
        records["maximum"] = 3.0
        table = feature_statistics(records, CHANNELS[run.cut][0])
        tables.append(table.assign(cut=run.cut, loss=run.loss, seed=run.seed))
    return pd.concat(tables, ignore_index=True)


def intervals_of(bd_rates: pd.DataFrame, trained: set[str]) -> pd.DataFrame:
    """Return intervals.csv: 3 points either way of each BD-rate by PCHIP."""
    own = bd_rates[(bd_rates["method"] == "pchip") & bd_rates["metric"].isin(trained)]
    if len(own["seed"].unique()) > 1:
        cells = [name for name in CELL if name != "seed"]
        means = own.groupby(cells, as_index=False, sort=False)["bd_rate_percent"].mean().assign(seed=ALL_SEEDS)
        own = pd.concat([own.astype({"seed": str}), means])
    made = own[[*CELL, "bd_rate_percent"]].assign(confidence=0.95, n_resamples=100, n_refused=0)
    made["low_percent"], made["high_percent"] = made["bd_rate_percent"] - 3, made["bd_rate_percent"] + 3
    verdict = np.where(made["bd_rate_percent"].isna(), "refused: no BD-rate (see bd_rate.csv)", "ok")
    return made.assign(verdict=verdict)[[*CELL, *INTERVAL_COLUMNS]]


def float_intervals_of(points: pd.DataFrame) -> pd.DataFrame:
    """Return float_intervals.csv: the measured differences, 0.01 either way."""
    floats = points[(points["codec"] == "none") & (points["quality"] == "float")].set_index(["cut", "loss", "seed"])
    rows = []
    for cut, loss, seed in sorted(floats.index):
        for metric in ("miou", "psnr_db", "rmse"):
            value = float(floats.loc[(cut, loss, seed), metric]) - float(floats.loc[(cut, "baseline", seed), metric])
            if loss != "baseline" and np.isfinite(value):
                rows.append([cut, loss, str(seed), metric, value, value - 0.01, value + 0.01, 0.95, 100])
    return pd.DataFrame(rows, columns=list(FLOAT_COLUMNS))


def point_intervals_of(points: pd.DataFrame) -> pd.DataFrame:
    """Return point_intervals.csv: a tenth of each metric either way."""
    long = points.melt(list(POINT), ["miou", "psnr_db", "rmse"], "metric", "value").dropna(subset="value")
    low, high = 0.9 * long["value"], 1.1 * long["value"]
    return long.assign(low=low, high=high, confidence=0.95, n_resamples=100)[list(POINT_COLUMNS)]


def recorded(cells: list[Cell]) -> list[Cell]:
    """Return cells as a run of several seeds would have recorded them: the first seed's numbers, five times as uncertain."""
    first = [cell for cell in cells if cell.seed == cells[0].seed]
    wider = [replace(c, low=c.value - 5 * (c.value - c.low), high=c.value + 5 * (c.high - c.value)) for c in first]
    return [replace(c, source=RECORDED, seed=ALL_SEEDS) for c in wider]


def write_statistics(folder: Path, points: pd.DataFrame, bd_rates: pd.DataFrame, ladders: dict[str, list[str]]) -> None:
    """Write what the stage statistics makes, of intervals that are made up."""
    published, sizes = read_published(PROJECT / "data" / "published")
    metrics = {"miou": "miou", "psnr_db": "psnr_db", "inv_rmse": "rmse"}
    intervals = intervals_of(bd_rates, {name for name, column in metrics.items() if points[column].notna().all()})
    floats, released = float_intervals_of(points), published_intervals(published, sizes, Plan(20, 0.95, 0))
    limits = Limits(-15, {"miou": 0.005, "psnr_db": 0.1, "rmse": 1}, 2)
    own_cells, own_losses = run_cells(intervals), run_losses(floats, points)
    cells = [*published_cells(released), *own_cells, *recorded(own_cells)]
    losses = [*published_losses(published), *own_losses, *recorded(own_losses)]
    tables = {
        "headline": headline_table(bd_rates, points),
        "intervals": intervals,
        "float_intervals": floats,
        "point_intervals": point_intervals_of(points),
        "bd_details": details_table(points, ladders, Rules(frontier=True)),
        "published_intervals": released,
        "claims": claims_table(cells, losses, limits),
        "seeds_intervals": pd.concat([intervals, intervals.assign(seed=ALL_SEEDS)]).drop_duplicates(
            list(CELL), keep="last"
        ),
    }
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table)


def write_summary(folder: Path, variant: Variant) -> Path:
    """Write all files that figures and documents read; return ``folder``."""
    points = pd.DataFrame(list(point_rows(variant))).assign(n_images=len(IDS))
    ladders = {"published": ["png", "jpeg"], "hevc": ["hevc"]}
    published, sizes = read_published(PROJECT / "data" / "published")
    tables = {
        "points": points,
        "per_image": per_image(points),
        "epochs": epochs(variant),
        "bd_rate": bd_rate_table(points, ladders, Rules(frontier=True)),
        "ladders": pd.DataFrame([(n, c) for n in ladders for c in ladders[n]], columns=["ladder", "codec"]),
        "feature_statistics": statistics(variant),
        "published_points": published,
        "published_bd_rate": published_bd_rate(published),
        "published_paired": published_paired(sizes),
        "published_images": published_images(sizes),
    }
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table)
    write_statistics(folder, points, tables["bd_rate"], ladders)
    write_arrays(folder / "showcase.npz", showcase(variant))
    return folder


if __name__ == "__main__":
    write_summary(Path(sys.argv[1]), Variant())
