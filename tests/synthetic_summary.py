"""A summary folder as a finished run would have it, made in a second: for tests of figures and documents, and for looking at them.

``python tests/synthetic_summary.py FOLDER [METHODS]`` writes one. All numbers are made up here; no code of the project makes
them, so that what reads tables is tested apart from what writes them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config
from compfeat.experiment.runs import FLOAT, QUANTISED, UNCODED, Comparison, Point, Run
from compfeat.io import atomic_path, write_csv, write_text
from compfeat.results.resolved import SECTIONS
from compfeat.tasks.base import Metric
from helpers import PROJECT

CLASSES = ("road", "sidewalk", "building", "vegetation", "sky", "car", "person")
SIZE = (64, 128)
PIXELS = SIZE[0] * SIZE[1]
CHANNELS = {"c512": (128, 2, 4), "c256": (64, 4, 8)}
TILES = {"c512": (16, 64), "c256": (32, 64)}
IDS = [f"scene_{i:06d}" for i in range(12)]
BPE = {("png", "lossless"): 6.0, ("jpeg", "q95"): 4.6, ("jpeg", "q90"): 3.6, ("jpeg", "q85"): 3.0, ("jpeg", "q80"): 2.6} | {
    ("hevc", quality): 5.6 * 2 ** (-qp / 8)
    for qp, quality in [(0, "lossless"), *((qp, f"qp{qp}") for qp in (4, 10, 16, 22, 28, 34))]
} | {("prior", f"d{step}"): 5.0 * 2 ** (-step) for step in (0.5, 1.0, 1.5, 2.0)}  # fmt: skip
"""Rate of the first method at each codec and quality, bits an element; the qualities of a codec from fine to coarse."""
LOSSLESS = {("png", "lossless"), ("hevc", "lossless")}
SAVINGS = {
    **{"baseline": 1.0, "compressible": 0.78, "sparse": 0.88, "smooth": 0.93, "low_rank": 0.84},
    **{"pruned": 1.07, "rotated": 0.72, "distilled": 0.9, "remote": 1.25},
}
"""Every method's rate, as a share of the first one's at the same quality; in the order of display."""
LABELS = {"low_rank": "low rank", "remote": "remote inference", "rotated": "rotated channels (KLT)"}
"""Names that are shown, where they differ from the method's own."""
METRICS: dict[str, tuple[Metric, ...]] = {
    "segmentation": (Metric("miou", "mIoU", "", 3),),
    "disparity": (
        Metric("rmse", "RMSE", "px", 2, higher_is_better=False),
        Metric("rmse_authors", "RMSE (authors')", "px", 2, higher_is_better=False, compared=False),
    ),
    "reconstruction": (Metric("psnr_db", "PSNR", "dB", 2, of_image="image_psnr_db"),),
    "normals": (Metric("angle_deg", "angular error", "°", 1, higher_is_better=False),),
}
"""Of every task."""
CROSSOVER_COLUMNS = [
    *("cut", "split", "remote", "seed", "ladder", "remote_ladder", "metric", "remote_metric"),
    *(
        "crossing",
        "crossing_bytes",
        "crossing_value",
        "better_below",
        "better_above",
        "from_bytes",
        "to_bytes",
        "verdict",
    ),
]
SPAN = {
    "miou": (0.2, 0.5),
    "rmse": (1.1, 0.5),
    "rmse_authors": (1.2, 0.6),
    "psnr_db": (12.0, 19.5),
    "angle_deg": (31.0, 12.0),
}
"""Every metric where nothing of the features is left, and on the features as they are."""
FITS = {"cubic": -0.4, "pchip": 0.0, "akima": 0.2}
"""The fits of BD-rates, and how far their results lie apart (%)."""
HEADLINE_FIT = "pchip"
RATES = {"total": 0.0, "payload": -0.5}
ALL_SEEDS = "all"
RUN = ["cut", "method", "seed"]
POINT = [*RUN, "codec", "quality"]
PAIR = ["cut", "method", "against", "seed", "ladder", "against_ladder", "metric"]
PUBLISHED_FITS = {
    "c256": {"miou": (-20.68, -21.06), "psnr_db": (-6.09, -6.50), "inv_rmse": (-5.15, -5.91)},
    "c512": {"miou": (-7.81, -7.88), "psnr_db": (-4.37, -4.45), "inv_rmse": (-2.12, -2.16)},
}
"""The published BD-rates by the authors' cubic fit and by PCHIP, by cut and metric (%)."""
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Variant:
    """What a summary is about.

    Attributes:
        pictures: positions of the images of the showcase.
        flat: whether no rate changes any metric, so that all BD-rates are refused.
        image_senders: methods that send the image: they have no ``rate_bpe``.
        across: comparisons beside those of each method with the first one on every ladder.
    """

    cuts: tuple[str, ...] = ("c512", "c256")
    methods: tuple[str, ...] = ("baseline", "compressible")
    seeds: tuple[int, ...] = (0,)
    tasks: tuple[str, ...] = ("segmentation", "disparity", "reconstruction")
    codecs: tuple[str, ...] = ("png", "jpeg", "hevc")
    ladders: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"published": ("png", "jpeg"), "hevc": ("hevc",), "prior": ("prior",)}
    )
    image_senders: tuple[str, ...] = ("remote",)
    across: tuple[Comparison, ...] = ()
    epochs: int = 8
    pictures: tuple[int, ...] = (3,)
    flat: bool = False

    def own_ladders(self) -> dict[str, tuple[str, ...]]:
        """Return the ladders with at least one of the codecs."""
        own = {name: tuple(c for c in codecs if c in self.codecs) for name, codecs in self.ladders.items()}
        return {name: codecs for name, codecs in own.items() if codecs}

    def runs(self) -> list[Run]:
        return [Run(*key) for key in product(self.cuts, self.methods, self.seeds)]

    def points(self) -> list[Point]:
        """Return the uncoded points and those of all codecs, of every run."""
        coded = [key for key in BPE if key[0] in self.codecs]
        return [
            Point(run, *key)
            for run in self.runs()
            for key in [(UNCODED, FLOAT), *([] if self.sends_image(run.method) else [(UNCODED, QUANTISED)]), *coded]
        ]

    def comparisons(self) -> list[Comparison]:
        """Return each method against the first one on every ladder, then those across ladders."""
        pairs = product(self.methods[1:], self.own_ladders())
        return [Comparison(method, self.methods[0], ladder, ladder) for method, ladder in pairs] + list(self.across)

    def metrics(self) -> list[Metric]:
        """Return the metrics of the tasks."""
        return [metric for task in self.tasks for metric in METRICS[task]]

    def compared(self) -> list[Metric]:
        """Return those of them that BD-rates are about."""
        return [metric for metric in self.metrics() if metric.compared]

    def sends_image(self, method: str) -> bool:
        return method in self.image_senders


def with_methods(count: int, **changes: Any) -> Variant:
    """Return a variant with the first ``count`` of the methods (1 to 9; the ninth sends the image)."""
    return Variant(methods=tuple(SAVINGS)[:count], **changes)


RUNS = {
    "default": Variant(pictures=(3, 5)),
    "two_seeds": Variant(seeds=(0, 1), cuts=("c256",)),
    "like_camvid": Variant(cuts=("c256",), tasks=("segmentation", "reconstruction")),
    "refused": Variant(flat=True, cuts=("c512",)),
    "one_method": with_methods(1, cuts=("c256",), codecs=("hevc",), tasks=("segmentation",)),
    "nine_methods": with_methods(9, cuts=("c256",), codecs=("jpeg", "hevc")),
}
"""Runs of many kinds, whose pages are made and looked at."""


def saving(method: str, seed: int | str) -> float:
    """Return a method's factor on the rate."""
    return SAVINGS.get(method, 0.9) * (1 + (0.03 if method != "baseline" else 0.01) * int(seed))


def point_rows(variant: Variant) -> Iterator[dict[str, Any]]:
    """Yield the rows of points.csv: metrics that saturate with the rate."""
    for point in variant.points():
        run, key = point.run, (point.codec, point.quality)
        bpe = BPE.get(key)
        keep = 1.0 if bpe is None or key in LOSSLESS or variant.flat else 1 - np.exp(-1.6 * bpe)
        gain = 0.02 * (list(SAVINGS).index(run.method) % 4 if run.method in SAVINGS else 1) + (
            0.05 if run.cut == "c256" else 0.0
        )
        names = [metric.name for metric in variant.metrics()]
        metrics = {name: SPAN[name][0] + (SPAN[name][1] - SPAN[name][0]) * (keep * (1 - gain)) for name in names}
        image = variant.sends_image(run.method)
        elements = PIXELS / 4 if image else int(np.prod(CHANNELS[run.cut]))
        rate = np.nan if bpe is None else bpe * saving(run.method, run.seed)
        header, side = (np.nan, np.nan) if bpe is None else (77 * len(IDS), 0 if image else 8 * len(IDS))
        total = np.round(rate * elements / 8 * len(IDS))
        size = {
            "total_bytes": total,
            "payload_bytes": total - header - side,
            "header_bytes": header,
            "side_info_bytes": side,
        }
        measured = 8 * total / len(IDS) / elements
        rates = {"rate_bpe": np.nan if image else measured, "rate_bpe_authors": np.nan if image else measured - 0.01}
        rates |= {"rate_bpp": 8 * total / len(IDS) / PIXELS, "bytes_per_image": total / len(IDS)}
        if "psnr_db" in metrics and any(map(variant.sends_image, variant.methods)):
            metrics["image_psnr_db"] = metrics["psnr_db"] + 6 if image else np.nan
        keys = {"dataset": "streets"} | point_keys(point)
        yield keys | {"n_images": len(IDS)} | size | rates | metrics


def point_keys(point: Point) -> dict[str, Any]:
    """Return the key columns of a point."""
    run = {"cut": point.run.cut, "method": point.run.method, "seed": point.run.seed}
    return run | {"codec": point.codec, "quality": point.quality}


def per_image(points: pd.DataFrame) -> pd.DataFrame:
    """Return the sizes and scores of all images at all points."""
    spread = np.random.default_rng(1).normal(1.0, 0.12, len(IDS))
    tables: list[pd.DataFrame] = []
    for row in points.to_dict("records"):
        wobble = np.random.default_rng(len(tables)).normal(1.0, 0.03, len(IDS))
        coded = pd.notna(row["total_bytes"])
        payload = np.round((row["bytes_per_image"] - 85) * spread * wobble) if coded else np.full(len(IDS), np.nan)
        header, side = (row[f"{part}_bytes"] / len(IDS) for part in ("header", "side_info"))
        table = pd.DataFrame({name: [row[name]] * len(IDS) for name in POINT}).assign(image_id=IDS)
        table = table.assign(payload_bytes=payload, header_bytes=header, side_info_bytes=side)
        if "psnr_db" in row:
            table = table.assign(sse_reconstruction=10 ** (-row["psnr_db"] / 10) * spread, n_reconstruction=1)
        if "rmse" in row:
            error = row["rmse"] ** 2 * spread
            table = table.assign(sse_disparity=error, n_disparity=1, sse_authors_disparity=error, n_authors_disparity=1)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def epochs(variant: Variant) -> pd.DataFrame:
    """Return training curves, one training a method; methods that send the image use the first one's."""
    rows = []
    trainings = [method for method in variant.methods if not variant.sends_image(method)] or list(variant.methods)
    for cut, training, seed in product(variant.cuts, trainings, variant.seeds):
        first = training == trainings[0]
        for epoch in range(1, variant.epochs + 1):
            row: dict[str, Any] = {"cut": cut, "training": training, "seed": seed, "epoch": epoch}
            fall = np.exp(-epoch / 5) * (1 + 0.05 * seed) + (0.1 if cut == "c512" else 0)
            fall += 0.04 * (1 - saving(training, 0)) * 5
            row["strength"] = 0.0 if first else min(1.0, epoch / 4)
            for k, task in enumerate(variant.tasks):
                row |= {f"loss_{task}": (k + 0.5) * fall, f"log_variance_{task}": -k + fall}
            if not first:
                row |= {"loss_features": 30 * fall + 5, "log_variance_features": 3 + fall}
            for name in (metric.name for metric in variant.metrics()):
                low, high = SPAN[name]
                row[f"val_{name}"] = high + (low - high) * 0.5 * fall
            rows.append(row)
    return pd.DataFrame(rows)


def bd_rates(variant: Variant) -> pd.DataFrame:
    """Return bd_rate.csv: the savings, a little apart by metric, fit and bytes; all refused where the variant is flat."""
    rows = []
    curve_metrics = [metric.curve_name for metric in variant.compared()]
    for cut, c, seed in product(variant.cuts, variant.comparisons(), variant.seeds):
        for (m, metric), fit, rate in product(enumerate(curve_metrics), FITS, RATES):
            ratio = saving(c.method, seed) / saving(c.against, seed)
            if variant.sends_image(c.method) != variant.sends_image(c.against):
                ratio *= PIXELS / 4 / int(np.prod(CHANNELS[cut]))
            percent = np.nan if variant.flat else 100 * (ratio - 1) + 1.5 * m + FITS[fit] + RATES[rate]
            counts = {
                "overlap": 0.0 if variant.flat else 0.9,
                "monotone": True,
                "n_anchor": 7,
                "n_test": 7,
                "dropped": 0,
            }
            verdict = "refused: the metric ranges share too little" if variant.flat else "ok"
            keys = dict(zip(PAIR, (cut, c.method, c.against, seed, c.ladder, c.against_ladder, metric), strict=True))
            rows.append(keys | {"fit": fit, "rate": rate, "bd_rate_percent": percent} | counts | {"verdict": verdict})
    columns = [
        *PAIR,
        "fit",
        "rate",
        "bd_rate_percent",
        "overlap",
        "monotone",
        "n_anchor",
        "n_test",
        "dropped",
        "verdict",
    ]
    return pd.DataFrame(rows, columns=columns)


def floats_of(points: pd.DataFrame) -> pd.DataFrame:
    """Return the points on float features."""
    return points[(points["codec"] == UNCODED) & (points["quality"] == FLOAT)]


def joined(table: pd.DataFrame, cells: list[str], value: str) -> pd.DataFrame:
    """Return a row a cell of all seeds together, where there are several: the mean of ``value``."""
    if len(set(table["seed"])) < 2:
        return table.assign(seed=table["seed"].astype(str))
    means = table.groupby([name for name in cells if name != "seed"], as_index=False, sort=False)[value].mean()
    both: pd.DataFrame = pd.concat([table.astype({"seed": str}), means.assign(seed=ALL_SEEDS)])
    return both


def intervals_of(rates: pd.DataFrame) -> pd.DataFrame:
    """Return intervals.csv: 3 points either way of each BD-rate by the headline's fit."""
    own = rates[(rates["fit"] == HEADLINE_FIT) & (rates["rate"] == "total")]
    cells = [*PAIR, "fit", "rate"]
    made = joined(own, cells, "bd_rate_percent")[[*cells, "bd_rate_percent"]]
    value = made["bd_rate_percent"]
    made = made.assign(low_percent=value - 3, high_percent=value + 3, confidence=0.95, n_resamples=100, n_refused=0)
    return made.assign(verdict=np.where(value.isna(), "refused: no BD-rate (see bd_rate.csv)", "ok"))


def float_rows(variant: Variant, points: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield each comparison's difference on float features: method, against, seed, metric, both values and the difference."""
    floats = floats_of(points).set_index(RUN)
    pairs = dict.fromkeys((c.method, c.against) for c in variant.comparisons())
    for cut, (method, against), seed in product(variant.cuts, pairs, variant.seeds):
        for metric in (metric.name for metric in variant.compared()):
            test, anchor = (float(floats.loc[(cut, name, seed), metric]) for name in (method, against))
            keys = {"cut": cut, "method": method, "against": against, "seed": seed, "metric": metric}
            yield keys | {"float_anchor": anchor, "float_test": test, "difference": test - anchor}


def float_intervals_of(floats: pd.DataFrame) -> pd.DataFrame:
    """Return float_intervals.csv: the measured differences, 0.01 either way."""
    keys = ["cut", "method", "against", "seed", "metric"]
    own = floats[[*keys, "difference"]] if len(floats) else pd.DataFrame(columns=[*keys, "difference"])
    made = joined(own, keys, "difference")
    low, high = made["difference"] - 0.01, made["difference"] + 0.01
    return made.assign(low=low, high=high, confidence=0.95, n_resamples=100)


def headline_of(variant: Variant, rates: pd.DataFrame, floats: pd.DataFrame) -> pd.DataFrame:
    """Return headline.csv: the mean over seeds of each BD-rate, and the metric on float features."""
    keys = [name for name in PAIR if name != "seed"]
    columns = ["bd_rate_percent", "bd_rate_min_percent", "bd_rate_max_percent", "n_seeds", "n_ok", "verdict"]
    more = ["float_metric", "float_anchor", "float_test", "float_difference"]
    own = rates[(rates["fit"] == HEADLINE_FIT) & (rates["rate"] == "total")]
    plain = {metric.curve_name: metric.name for metric in variant.metrics()}
    rows = []
    for cell, table in own.groupby(keys, sort=False):
        percents = table["bd_rate_percent"]
        row = dict(zip(keys, cell, strict=True)) | {"n_seeds": len(table), "n_ok": int(percents.notna().sum())}
        row |= {
            f"bd_rate_{name}percent": getattr(percents, how)()
            for name, how in (("", "mean"), ("min_", "min"), ("max_", "max"))
        }
        metric = plain[str(row["metric"])]
        at = floats[(floats[["cut", "method", "against"]] == [row["cut"], row["method"], row["against"]]).all(axis=1)]
        means = at[at["metric"] == metric][["float_anchor", "float_test", "difference"]].mean()
        row |= {"float_metric": metric, "float_anchor": means["float_anchor"], "float_test": means["float_test"]}
        rows.append(row | {"float_difference": means["difference"], "verdict": table["verdict"].iloc[0]})
    return pd.DataFrame(rows, columns=[*keys, *columns, *more])


def details_of(rates: pd.DataFrame) -> pd.DataFrame:
    """Return bd_details.csv: every fit's BD-rate and made-up numbers beside them."""
    own = rates[(rates["rate"] == "total") & (rates["fit"] == HEADLINE_FIT)]
    percent = own["bd_rate_percent"]
    made = own[PAIR].assign(**{f"{fit}_percent": percent + apart for fit, apart in FITS.items()})
    made = made.assign(
        overlap=own["overlap"], monotone=own["monotone"], without_lossless_percent=percent - 1, bd_metric=0.01
    )
    return made.assign(verdict=own["verdict"], verdict_without_lossless=own["verdict"])


def point_intervals_of(points: pd.DataFrame, metrics: list[str]) -> pd.DataFrame:
    """Return point_intervals.csv: a tenth of each number either way."""
    long = points.melt(POINT, ["bytes_per_image", *metrics], "metric", "value").dropna(subset="value")
    low, high = 0.9 * long["value"], 1.1 * long["value"]
    return long.assign(low=low, high=high, confidence=0.95, n_resamples=100)


def claims_of(variant: Variant, intervals: pd.DataFrame, floats: pd.DataFrame) -> pd.DataFrame:
    """Return claims.csv: the published claims, this run's and those of a recorded run, of the second method against the first."""
    keys = ["cut", "method", "against", "seed", "ladder", "against_ladder", "metric"]
    bits, loss = ("fewer_bits", "about 20 % fewer bits"), ("no_loss", "no loss of task performance")
    tasks = ("several_tasks", "for several tasks")
    method, against = (*variant.methods[1:2], variant.methods[0])[0], variant.methods[0]
    rows: list[dict[str, Any]] = []

    def add(
        claim: tuple[str, str], source: str, cell: Mapping[str, Any], value: Any, spread: float, **more: Any
    ) -> None:
        limit = {"fewer_bits": -15.0, "no_loss": 0.1, "several_tasks": 0.0}[claim[0]]
        low, high = value - spread, value + spread
        found = "supported" if high <= limit else "not supported" if low > limit else "undecided"
        row = {
            "group": "paper",
            "claim": claim[0],
            "text": claim[1],
            "source": source,
            **dict.fromkeys(keys, ""),
            **cell,
        }
        rows.append(row | {"value": value, "low": low, "high": high, "verdict": found, "reason": ""} | more)

    rule = "supported where the interval of the BD-rate lies at or below -15 %"
    of_bits = {"statistic": "BD-rate", "unit": "%", "rule": rule}
    published = {"method": "compressible", "against": "baseline", "seed": ""}
    for cut, by_metric in PUBLISHED_FITS.items():
        for metric, (cubic, _) in by_metric.items():
            cell = {"cut": cut, "ladder": "published", "against_ladder": "published", "metric": metric} | published
            add(bits, "published", cell, cubic, 0.5, **of_bits, reason="the interval is of the images' sizes alone")
    own = intervals[(intervals["method"] == method) & (intervals["against"] == against)]
    for source, spread in (("this run", 3), ("recorded seeds", 15)):
        for r in own.to_dict("records"):
            cell = {name: r[name] for name in keys} | ({} if source == "this run" else {"seed": ALL_SEEDS})
            if source == "this run" or r["seed"] in ("0", ALL_SEEDS):
                add(bits, source, cell, r["bd_rate_percent"], spread, **of_bits)
        for r in floats[floats["method"] == method].to_dict("records") if len(floats) else ():
            cell = {name: r[name] for name in keys if "ladder" not in name}
            rule = "supported where the interval of the loss lies at or below 0.1"
            add(loss, source, cell, -r["difference"], 0.01, statistic="loss on float features", unit="", rule=rule)
        for cut, ladder in product(variant.cuts if len(own) else (), variant.own_ladders()):
            cell = {
                "cut": cut,
                "method": method,
                "against": against,
                "seed": "0",
                "ladder": ladder,
                "against_ladder": ladder,
            }
            rule = "supported where at least 2 tasks have an interval of the BD-rate below 0"
            more = {"statistic": "tasks with fewer bits", "unit": "tasks", "rule": rule, "verdict": "supported"}
            add(tasks, source, cell, len(variant.tasks), 0, **more)
    columns = [
        "group",
        "claim",
        "text",
        "source",
        *keys,
        "statistic",
        "value",
        "low",
        "high",
        "unit",
        "rule",
        "verdict",
        "reason",
    ]
    claims = pd.DataFrame(rows, columns=columns).drop_duplicates()
    beyond = claims[claims["source"] != "published"].assign(group="beyond", text="fewer bits by something else")
    return pd.concat([claims, beyond], ignore_index=True) if len(variant.methods) > 2 else claims


def fitted(variant: Variant, points: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of what is fitted, the third method being a transform, and of distances to the bound."""
    transforms = [(cut, method, 0, "turn", 33024) for cut in variant.cuts for method in variant.methods[2:3]]
    states = [(cut, variant.methods[0], 0, "jpeg", 3, 9000, 9500) for cut in variant.cuts if len(variant.methods) > 2]
    coded = points[points["codec"] != "none"].dropna(subset="rate_bpe")[[*POINT, "rate_bpe"]]
    return {
        "transforms": pd.DataFrame(transforms, columns=["cut", "method", "seed", "transform", "model_bytes"]),
        "codec_states": pd.DataFrame(
            states, columns=["cut", "method", "seed", "codec", "arrays", "array_bytes", "file_bytes"]
        ),
        "rate_distortion": coded.assign(
            distortion=0.01, bound_bpe=0.5 * coded["rate_bpe"], distance_bpe=0.5 * coded["rate_bpe"]
        ),
    }


def crossovers_of(variant: Variant) -> pd.DataFrame:
    """Return crossovers.csv: of each comparison of features with an image one crossing, or none where the variant is flat."""
    rows = []
    for cut, c, seed in product(variant.cuts, variant.comparisons(), variant.seeds):
        if variant.sends_image(c.method) == variant.sends_image(c.against):
            continue
        sides = ((c.method, c.ladder), (c.against, c.against_ladder))
        (remote, remote_ladder), (split, ladder) = sorted(sides, key=lambda side: not variant.sends_image(side[0]))
        for m in variant.compared():
            for name in [m.curve_name, *([m.of_image] if m.of_image else [])]:
                crossed = not variant.flat and name == m.curve_name
                where = (1, 1500.0 + seed, 0.2, split, remote) if crossed else (0, np.nan, np.nan, remote, remote)
                key = (cut, split, remote, seed, ladder, remote_ladder, m.curve_name, name)
                rows.append((*key, *where, 300.0, 9000.0, "ok"))
    return pd.DataFrame(rows, columns=CROSSOVER_COLUMNS)


def statistics(variant: Variant) -> pd.DataFrame:
    """Return feature_statistics.csv of made-up sparse features, of the methods that send features."""
    rows: list[tuple[Any, ...]] = []
    for run in variant.runs():
        if variant.sends_image(run.method):
            continue
        scale = saving(run.method, run.seed)
        code = np.arange(256)
        share = np.exp(-code / (30 * scale)) + np.where(code == 0, 5 / scale, 0)
        share /= share.sum()
        frequency = np.arange(0, 7) / 10
        single = {
            "zero_share": share[0],
            "entropy_bits": float(-(share * np.log2(share)).sum()),
            "mean_image_entropy_bits": 4.0 * scale,
            "mean_range": 3.0,
            "channel_gain_db": 4.0 * scale,
            "channel_rank": 20.0 * scale,
        }
        found: list[tuple[str, Any, Any]] = [("code_share", x, y) for x, y in zip(code, share, strict=True)]
        found += [("dct_magnitude_steps", x, 40 * scale * np.exp(-3 * x)) for x in frequency]
        found += [(name, np.nan, value) for name, value in single.items()]
        rows += [(run.cut, run.method, run.seed, *row) for row in found]
    return pd.DataFrame(rows, columns=[*RUN, "statistic", "x", "value"])


def truth(tasks: tuple[str, ...]) -> Arrays:
    """Return the fields of one packed scene: bands of classes, a gradient and a disparity that grows downwards."""
    down = np.arange(SIZE[0])[:, None] * np.ones((1, SIZE[1]))
    fields = {"image": np.stack([down * 3, 120 + down, 255 - down * 3], axis=-1).astype(np.uint8)}
    if "segmentation" in tasks:
        labels = (down * len(CLASSES) // SIZE[0]).astype(np.uint8)
        labels[-3:] = 255
        fields["labels"] = labels
    if "disparity" in tasks:
        fields["disparity_px"] = np.where(down < 10, 0, down / 4).astype(np.float32)
    if "normals" in tasks:
        fields["normals"] = np.stack([down, 64 - down, 0 * down + 90], axis=-1).astype(np.int8)
    return fields


def pictures(variant: Variant) -> Arrays:
    """Return the arrays of pictures.npz, with more noise at lower rates; of the first seed, lossless points left out."""
    fields, rng = truth(variant.tasks), np.random.default_rng(2)
    arrays: Arrays = {"class_names": np.array(CLASSES)}
    for i in variant.pictures:
        arrays |= {f"{i}/{name}": field for name, field in fields.items()} | {f"{i}/image_id": np.array(IDS[i])}
        for point in variant.points():
            key = (point.codec, point.quality)
            image = variant.sends_image(point.run.method)
            if point.run.seed != variant.seeds[0] or key in LOSSLESS or (key == (UNCODED, FLOAT) and not image):
                continue
            noise = 40 / (1 + 4 * BPE.get(key, 8.0)) * rng.standard_normal(SIZE)
            rgb = (fields["image"] + noise[..., None]).clip(0, 255).astype(np.uint8)
            tiles = rng.gamma(0.5, 30 * saving(point.run.method, 0), TILES[point.run.cut]).clip(0, 255).astype(np.uint8)
            shown: Arrays = {"sent": rgb if image else tiles}
            if "segmentation" in variant.tasks:
                shown["segmentation"] = np.where(noise > 12, 3, fields["labels"]).astype(np.uint8)
            if "disparity" in variant.tasks:
                shown["disparity"] = (fields["disparity_px"] + noise / 10).astype(np.float16)
            if "reconstruction" in variant.tasks:
                shown["reconstruction"] = rgb
            if "normals" in variant.tasks:
                shown["normals"] = (fields["normals"] + noise[..., None]).clip(-127, 127).astype(np.int8)
            arrays |= {f"{i}/{point.id}/{name}": array for name, array in shown.items()}
    return arrays


def published() -> dict[str, pd.DataFrame]:
    """Return the tables of the authors' numbers."""
    folder = PROJECT / "data" / "published"
    points, sizes = (pd.read_csv(folder / f"published_{name}.csv") for name in ("points", "bytes_per_image"))
    points, sizes = (table.rename(columns={"loss": "method"}) for table in (points, sizes))
    points["rate_bpe"] = (
        8.0 * points["total_bytes"] / points["n_images"] / points["cut"].map({"c512": 65536, "c256": 131072})
    )
    keys = ["cut", "codec", "quality", "image_index"]
    wide = sizes.pivot_table(index=keys, columns="method", values="bytes", aggfunc="sum")
    wide = wide.rename(columns="{}_bytes".format).rename_axis(columns=None).reset_index()
    wide["ratio"] = wide["compressible_bytes"] / wide["baseline_bytes"]
    paired = []
    for key, own in wide.groupby(keys[:3]):
        saved = 1 - own["ratio"]
        total = 1 - own["compressible_bytes"].sum() / own["baseline_bytes"].sum()
        numbers = (len(own), float((saved > 0).mean()), 100 * total, 100 * float(saved.median()))
        paired.append((*key, *numbers))
    outcome = {
        "overlap": 0.7,
        "monotone": True,
        "n_anchor": 5,
        "n_test": 5,
        "dropped": 0,
        "n_images": 500,
        "verdict": "ok",
    }
    cells = [(cut, metric, *pair) for cut, cell in PUBLISHED_FITS.items() for metric, pair in cell.items()]
    rates = [
        {"cut": cut, "metric": metric, "fit": fit, "bd_rate_percent": value} | outcome
        for cut, metric, cubic, pchip in cells
        for fit, value in (("authors_cubic", cubic), ("pchip", pchip))
    ]
    drawn = {"confidence": 0.95, "n_resamples": 1000, "n_refused": 0, "verdict": "ok"}
    spans = [
        {"cut": cut, "metric": metric, "fit": "authors_cubic", "bd_rate_percent": value}
        | {"low_percent": value - 0.6, "high_percent": value + 0.6}
        | drawn
        for cut, metric, value, _ in cells
    ]
    columns = ["cut", "codec", "quality", "n_images", "smaller_share", "saving_percent", "median_saving_percent"]
    return {
        "published_points": points,
        "published_images": wide,
        "published_paired": pd.DataFrame(paired, columns=columns),
        "published_bd_rate": pd.DataFrame(rates),
        "published_intervals": pd.DataFrame(spans),
    }


def lengths_of(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return training_length.csv: each comparison by the same ladder, 2 points lower after more epochs, 30 behind a transform."""
    own = intervals[intervals["ladder"] == intervals["against_ladder"]]
    keys = [*PAIR, "bd_rate_percent", "low_percent", "high_percent"]
    rows = []
    for epochs, transform in product((4, 12), ("", "turned")):
        shift = -2 * (epochs == 12) - 30 * bool(transform)
        moved = own[keys].assign(**{name: own[name] + shift for name in keys[-3:]})
        rows.append(moved.assign(source="record", transform=transform, epochs=epochs))
    return pd.concat(rows, ignore_index=True)


def experiment(variant: Variant) -> dict[str, Any]:
    """Return experiment.json: the project's configuration but for what the variant is about, and what follows from it."""
    methods = {}
    for name in variant.methods:
        training, sends = (variant.methods[0], "image") if variant.sends_image(name) else (name, "features")
        methods[name] = {"label": LABELS.get(name, ""), "training": training, "transform": None, "sends": sends}
    qualities = [key for key in BPE if key[0] in variant.codecs]
    comparisons = [asdict(comparison) for comparison in variant.comparisons()]
    values = Experiment.of(load_config([PROJECT / "config/config.yaml"])).model_dump(mode="json")
    recipe = values["trainings"]["baseline"]
    values |= {
        "dataset": values["dataset"] | {"name": "streets"},
        "tasks": variant.tasks,
        "cuts": {name: values["cuts"].get(name, values["cuts"]["c512"]) for name in variant.cuts},
        "trainings": {entry["training"]: recipe for entry in methods.values()},
        "methods": methods,
        "seeds": variant.seeds,
        "codecs": {name: {"qualities": [q for codec, q in qualities if codec == name]} for name in variant.codecs},
        "ladders": {
            name: {"label": " and ".join(codec.upper() for codec in codecs), "codecs": codecs}
            for name, codecs in variant.own_ladders().items()
        },
        "comparisons": comparisons,
    }
    resolved = {
        "comparisons": comparisons,
        "qualities": [{"codec": c, "quality": q, "lossless": (c, q) in LOSSLESS} for c, q in qualities],
        "metrics": [
            {"task": task, "curve_name": metric.curve_name, "curve_label": metric.curve_label} | asdict(metric)
            for task in variant.tasks
            for metric in METRICS[task]
        ],
    }
    return {name: values[name] for name in SECTIONS} | {"resolved": resolved}


def write_summary(folder: Path, variant: Variant) -> Path:
    """Write all files that figures and documents read; return ``folder``."""
    points, rates = pd.DataFrame(list(point_rows(variant))), bd_rates(variant)
    intervals, floats = intervals_of(rates), pd.DataFrame(list(float_rows(variant, points)))
    float_intervals = float_intervals_of(floats)
    recorded = pd.concat([intervals, intervals.assign(seed=ALL_SEEDS)]).drop_duplicates(PAIR, keep="last")
    tables = {
        "points": points,
        "per_image": per_image(points),
        "epochs": epochs(variant),
        "bd_rate": rates,
        "headline": headline_of(variant, rates, floats),
        "intervals": intervals,
        "float_intervals": float_intervals,
        "point_intervals": point_intervals_of(points, [metric.name for metric in variant.metrics()]),
        "bd_details": details_of(rates),
        "claims": claims_of(variant, intervals, float_intervals),
        "crossovers": crossovers_of(variant),
        **fitted(variant, points),
        "seeds_intervals": recorded,
        "training_length": lengths_of(intervals),
        "feature_statistics": statistics(variant),
        **published(),
    }
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table)
    write_text(folder / "experiment.json", json.dumps(experiment(variant)))
    with atomic_path(folder / "pictures.npz") as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **dict(sorted(pictures(variant).items())))
    return folder


if __name__ == "__main__":
    write_summary(Path(sys.argv[1]), with_methods(int(sys.argv[2]) if len(sys.argv) > 2 else 2))
