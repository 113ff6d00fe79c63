"""The summary of a made-up run: real tables, gathered from tiny files, for tests of figures and documents.

``python tests/support/synthetic_summary.py FOLDER [METHODS]`` writes one, to look at.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from compfeat.arrays import write_arrays
from compfeat.experiment.config import Experiment
from compfeat.experiment.entries import MethodConfig
from compfeat.io import write_csv, write_json
from compfeat.settings.runs import FLOAT, QUANTISED, UNCODED, Run
from compfeat.transport.ledger import write_ledger
from tiny_results import CONFIG, NETWORK, STATISTICS, TASKS, TinyRun

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

    def _write_run(self, run: Run, method: MethodConfig) -> None:
        tasks, trained = self.experiment.tasks, f"{run.cut}/{method.training}/seed{run.seed}"
        write_json(self.path("descriptions", trained, "network.json"), NETWORK)
        epochs = pd.DataFrame({"epoch": [1, 2, 3], "strength": [0.0, 0.5, 1.0]})
        for task in tasks:
            epochs = epochs.assign(**{f"loss_{task}": [3.0, 2.0, 1.5], f"log_variance_{task}": [0.0, -0.2, -0.3]})
        values = {f"val_{name}": [0.2, 0.4, 0.5] for name in ("miou", "rmse", "psnr_db", "angle_deg")}
        epochs = epochs.assign(**values, loss_features=[9.0, 8.0, 7.5], log_variance_features=[1.0, 1.1, 1.2])
        write_csv(self.path("epochs", trained, "epochs.csv"), epochs)
        features = self.path("features", trained, "test.npy")
        features.parent.mkdir(parents=True, exist_ok=True)
        np.save(features, np.random.default_rng(0).random((len(IDS), 4, 2, 8), dtype=np.float32))
        self._write_points(run, UNCODED, [FLOAT, QUANTISED] if method.sends == "features" else [FLOAT], method.sends)
        for codec, qualities in self.experiment.qualities(run.method).items():
            self._write_points(run, codec, qualities, method.sends)
            spread, ledgers = np.random.default_rng(1).normal(1, 0.1, len(IDS)), {}
            for rank, quality in enumerate(qualities):
                share = self.bytes_of.get(run.method, 0.9) * (1 + 0.02 * int(run.seed))
                share *= 0.6 if run.cut == "c512" else 1
                size = (900 / 2**rank * share * spread).round().astype(int)
                ledgers[quality] = pd.DataFrame({"image_id": IDS, "payload_bytes": size, "header_bytes": 9})
                ledgers[quality]["side_info_bytes"] = 0 if method.sends == "image" else 8
            write_ledger(self.path("ledgers", f"{run.id}/{codec}", "ledger.csv"), ledgers)

    def _write_points(self, run: Run, codec: str, qualities: Sequence[str], sends: str) -> None:
        scores: dict[str, Any] = {"image_id": np.array(IDS)}
        pictures: dict[str, Any] = {}
        distortions: dict[str, Any] = {"image_id": scores["image_id"], "variance": np.ones((4, 2, 8))}
        for rank, quality in enumerate(qualities):
            error = 0.05 + (0.0 if codec == UNCODED or self.flat else 0.1 * rank)
            each = error * (1.1 if run.cut == "c512" else 1.0) * np.linspace(0.8, 1.2, len(IDS))
            right = (1000 * (1 - 0.5 * each)).round().astype(int)
            confusion = np.array([[[n, 1000 - n, 0], [0, 500, 0], [0, 0, 9]] for n in right])
            sums = {"sse": 10 * each, "n": np.full(len(IDS), 10)}
            own = {"segmentation": {"confusion": confusion}, "reconstruction": sums, "normals": sums}
            own["disparity"] = sums | {f"{name}_authors": values for name, values in sums.items()}
            for task in self.experiment.tasks:
                scores |= {f"{quality}/{task}/{name}": values for name, values in own[task].items()}
            if sends == "image":
                scores |= {f"{quality}/decoded_image/sse": sums["sse"] / 100, f"{quality}/decoded_image/n": sums["n"]}
            distortions[f"{quality}/mse"] = each
            if codec != "png" and not (quality == FLOAT and sends == "features"):
                pictures |= {
                    f"{quality}/{i}/{name}": picture
                    for i in self.experiment.showcase.images
                    for name, picture in outputs(each[i], i, sends, run.method).items()
                    if name in ("sent", *self.experiment.tasks)
                }
        write_arrays(self.path("scores", f"{run.id}/{codec}", "scores.npz"), scores)
        write_arrays(self.path("distortions", f"{run.id}/{codec}", "distortions.npz"), distortions)
        write_arrays(self.path("pictures", f"{run.id}/{codec}", "pictures.npz"), pictures)

    def _write_scenes(self) -> dict[str, Path]:
        paths = {
            "arrays": self.folder / "test.npy",
            "index": self.folder / "test.csv",
            "info": self.folder / "test.json",
        }
        fields = truth()
        kinds = [(name, values.dtype, values.shape) for name, values in fields.items()]
        records = np.zeros(len(IDS), kinds)
        for name, values in fields.items():
            records[name] = values
        records["image"][:, :2, :, 0] = np.arange(len(IDS))[:, None, None]
        np.save(paths["arrays"], records)
        write_csv(paths["index"], pd.DataFrame({"image_id": IDS}))
        write_json(paths["info"], {"class_names": list(CLASSES)})
        return paths


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


if __name__ == "__main__":
    write_summary(Path(sys.argv[1]), synthetic_experiment(METHODS[: int((sys.argv[2:] or ["2"])[0])]))
