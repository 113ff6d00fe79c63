"""The summary of a made-up run: real tables, gathered from tiny files, for tests of figures and documents."""

from __future__ import annotations

import atexit
import contextlib
import io
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.experiment.config import Experiment
from compfeat.io import write_csv
from compfeat.settings.runs import FLOAT, Run
from tiny_results import CONFIG, STATISTICS, TASKS, TinyRun

CLASSES = ("road", "sky", "car")
SIZE = (32, 64)
IDS = [f"scene_{i:06d}" for i in range(12)]
METHODS = ("baseline", "compressible", "sparse", "smooth", "low_rank", "pruned", "rotated", "distilled", "remote")
LABELS = {"low_rank": "low rank", "remote": "remote inference", "rotated": "rotated channels (KLT)"}
"""Names that are shown, where they differ from the method's own."""
SIZES = {name: 1 - 0.07 * i for i, name in enumerate(METHODS)} | {"remote": 2.5}
"""Every method's bytes, as a share of the first one's at the same quality."""
CODECS = {
    "png": ("lossless",),
    "jpeg": ("q95", "q90", "q85", "q80"),
    "hevc": ("lossless", "qp10", "qp22", "qp34"),
    "laplace": ("d0", "d2", "d4", "d6"),
}
LADDERS = {"published": ("png", "jpeg"), "hevc": ("hevc",), "laplace": ("laplace",)}
Pair = tuple[str, str, str, str]
"""Method, against, ladder, against_ladder."""


def synthetic_experiment(
    methods: Sequence[str] = METHODS[:2],
    cuts: Sequence[str] = ("c512", "c256"),
    seeds: Sequence[int] = (0,),
    tasks: Sequence[str] = TASKS,
    codecs: Sequence[str] = ("png", "jpeg", "hevc"),
    senders: Sequence[str] = ("remote",),
    across: Sequence[Pair] = (),
    labels: Mapping[str, str] | None = None,
    pictures: Sequence[int] = (3,),
) -> Experiment:
    """Return an experiment in which each method is compared with the first one on every ladder, and ``across`` ladders."""
    first = methods[0]
    ladders = {name: [c for c in own if c in codecs] for name, own in LADDERS.items()}
    keys = ("method", "against", "ladder", "against_ladder")
    named = labels or LABELS
    claim = {"text": "about 20 % fewer bits", "method": methods[-1], "against": first, "published": True}
    claim |= {"bd_rate_percent": -15, "float_loss": {"miou": 0.005}, "least_tasks": 2}
    values: dict[str, Any] = {
        "dataset": CONFIG["dataset"] | {"name": "streets"},
        "tasks": tuple(tasks),
        "cuts": {cut: {} for cut in cuts},
        "seeds": tuple(seeds),
        "trainings": {name: CONFIG["trainings"]["baseline"] | {"start": None} for name in methods},
        "methods": {
            name: {"label": named.get(name, ""), "training": first if name in senders else name}
            | {"sends": "image" if name in senders else "features"}
            for name in methods
        },
        "codecs": {name: {"qualities": CODECS[name]} for name in codecs},
        "ladders": {name: {"label": " and ".join(own).upper(), "codecs": own} for name, own in ladders.items() if own},
        "comparisons": [{"method": name, "against": first} for name in methods[1:]]
        + [dict(zip(keys, pair, strict=True)) for pair in across],
        "claims": {"paper": claim} if len(methods) > 1 else None,
        "statistics": STATISTICS | {"resamples": 20},
        "showcase": {"images": tuple(pictures)},
        "records": None,
    }
    return Experiment.of(CONFIG | values)


class SyntheticRun(TinyRun):
    """A run whose images differ in size, scores and pictures; ``flat`` has the same scores at every quality."""

    flat = False

    @property
    def ids(self) -> list[str]:
        return IDS

    def _errors(self, run: Run, rank: int) -> NDArray[np.float64]:
        error = 0.05 + (0.0 if self.flat else 0.1 * rank)
        return error * (1.1 if run.cut == "c512" else 1.0) * np.linspace(0.8, 1.2, len(IDS))

    def _scores(self, errors: NDArray[np.float64]) -> dict[str, dict[str, Any]]:
        scores = super()._scores(errors)
        third = np.pad(scores["segmentation"]["confusion"], ((0, 0), (0, 1), (0, 1)))
        third[:, 2, 2] = 9
        return scores | {"segmentation": {"confusion": third}, "normals": scores["reconstruction"]}

    def _ledger(self, run: Run, codec: str, rank: int, sends: str) -> pd.DataFrame:
        share = self.bytes_of.get(run.method, 0.9) * (1 + 0.02 * int(run.seed))
        share *= 0.6 if run.cut == "c512" else 1
        spread = np.random.default_rng(1).normal(1, 0.1, len(IDS))
        size = (900 / 2**rank * share * spread).round().astype(int)
        columns = {"payload_bytes": size, "header_bytes": 9, "side_info_bytes": 0 if sends == "image" else 8}
        return pd.DataFrame({"image_id": IDS} | columns)

    def _pictures(
        self, run: Run, codec: str, quality: str, errors: NDArray[np.float64], sends: str
    ) -> dict[int, dict[str, Any]]:
        if codec == "png" or (quality == FLOAT and sends == "features"):
            return {}
        found = {i: outputs(errors[i], i, sends, run.method) for i in self.experiment.showcase.images}
        kept = ("sent", *self.experiment.tasks)
        return {i: {name: own[name] for name in kept if name in own} for i, own in found.items()}

    def _epochs(self) -> pd.DataFrame:
        epochs = pd.DataFrame({"epoch": [1, 2, 3], "strength": [0.0, 0.5, 1.0]})
        for task in self.experiment.tasks:
            epochs = epochs.assign(**{f"loss_{task}": [3.0, 2.0, 1.5], f"log_variance_{task}": [0.0, -0.2, -0.3]})
        values = {f"val_{name}": [0.2, 0.4, 0.5] for name in ("miou", "rmse", "psnr_db", "angle_deg")}
        return epochs.assign(**values, loss_features=[9.0, 8.0, 7.5], log_variance_features=[1.0, 1.1, 1.2])

    def _scenes(self) -> tuple[NDArray[np.void], list[str]]:
        fields = truth()
        records = np.zeros(len(IDS), [(name, values.dtype, values.shape) for name, values in fields.items()])
        for name, values in fields.items():
            records[name] = values
        records["image"][:, :2, :, 0] = np.arange(len(IDS))[:, None, None]
        return records, list(CLASSES)


def truth() -> dict[str, Any]:
    """Return the fields of a packed scene: bands of classes, a gradient, and a disparity that grows downwards."""
    down = np.arange(SIZE[0])[:, None] * np.ones((1, SIZE[1]))
    labels = (down * len(CLASSES) // SIZE[0]).astype(np.uint8)
    labels[-3:] = 255
    fields = {"image": np.stack([down * 3, 120 + down, 255 - down * 3], axis=-1).astype(np.uint8), "labels": labels}
    fields["disparity_px"] = np.where(down < 10, 0, down / 4).astype(np.float32)
    return fields | {"normals": np.stack([down, 64 - down, 0 * down + 90], axis=-1).astype(np.int8)}


def outputs(error: float, image: int, sends: str, method: str) -> dict[str, Any]:
    """Return pictures of an image: what is sent, and the tasks' outputs, with more noise where the error is larger."""
    fields, rng = truth(), np.random.default_rng(image)
    noise = 60 * error * rng.standard_normal(SIZE)
    rgb = (fields["image"] + noise[..., None]).clip(0, 255).astype(np.uint8)
    tiles = (rng.gamma(0.5, 30 * SIZES.get(method, 1), (16, 32)) + 99 * error).clip(0, 255).astype(np.uint8)
    return {
        "sent": rgb if sends == "image" else tiles,
        "segmentation": np.where(noise > 12, 2, fields["labels"]).astype(np.uint8),
        "disparity": (fields["disparity_px"] + noise / 10).astype(np.float16),
        "reconstruction": rgb,
        "normals": (fields["normals"] + noise[..., None]).clip(-127, 127).astype(np.int8),
    }


def write_summary(folder: Path, experiment: Experiment | None = None, flat: bool = False) -> Path:
    """Write a run's files into ``folder`` and gather all of its tables; return their folder."""
    run = SyntheticRun(folder, experiment or synthetic_experiment(), SIZES)
    run.seeds, run.flat = tuple(run.experiment.seeds), flat
    run.write()
    with contextlib.redirect_stdout(io.StringIO()):
        run.gather()
    intervals = run.read("intervals.csv").astype({"seed": str})
    several = "all" in set(intervals["seed"])
    write_csv(run.table("seeds_intervals.csv"), intervals if several else intervals.assign(seed="all"))
    together = intervals[intervals["seed"] == "all"] if several else intervals
    lengths = [together.assign(source="record", transform="", epochs=epochs) for epochs in (4, 12)]
    write_csv(run.table("training_length.csv"), pd.concat(lengths))
    return run.table("points.csv").parent


RUNS: dict[str, dict[str, Any]] = {
    "default": {"pictures": (3, 5)},
    "two_seeds": {"seeds": (0, 1), "cuts": ("c256",)},
    "like_camvid": {"cuts": ("c256",), "tasks": ("segmentation", "reconstruction")},
    "refused": {"cuts": ("c512",), "codecs": ("hevc",)},
    "one_method": {"methods": METHODS[:1], "cuts": ("c256",), "codecs": ("hevc",), "tasks": ("segmentation",)},
    "three_methods": {
        **{"methods": METHODS[:3], "cuts": ("c256",), "codecs": ("jpeg", "hevc", "laplace")},
        "across": (("baseline", "baseline", "laplace", "hevc"), ("sparse", "compressible", "published", "hevc")),
    },
    "nine_methods": {"methods": METHODS, "cuts": ("c256",), "codecs": ("jpeg", "hevc")},
    "image": {"methods": ("baseline", "remote"), "cuts": ("c256",), "seeds": (0, 1), "codecs": ("hevc",)},
}
"""Runs of many kinds, whose figures and pages are made and looked at: arguments of ``synthetic_experiment``."""


@cache
def summary_of(name: str) -> Path:
    """Return the tables of one of RUNS, made once for all tests; nobody may change them."""
    folder = Path(tempfile.mkdtemp(prefix=f"compfeat-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return write_summary(folder, synthetic_experiment(**RUNS[name]), flat=name == "refused")
