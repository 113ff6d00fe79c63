"""A tiny run's files for the stage ``gather``, of any methods, cuts, seeds and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.__main__ import call
from compfeat.arrays import write_arrays
from compfeat.experiment.config import Experiment, part_of
from compfeat.experiment.entries import MethodConfig
from compfeat.experiment.files import load_config
from compfeat.io import write_csv, write_json
from compfeat.results.tables.base import TABLES, Inputs, TableSpec
from compfeat.settings.runs import FLOAT, QUANTISED, UNCODED, Run
from compfeat.transport.ledger import write_ledger
from helpers import PROJECT

PUBLISHED = {n: PROJECT / f"data/published/{n}.csv" for n in ("published_points", "published_bytes_per_image")}
SIZES = {"lossless": 800, "qp10": 400, "qp20": 200, "qp30": 100, "qp40": 50}
CODECS = {"a": 1.0, "b": 1.5}
"""Two codecs, and by how much their streams are larger."""
NETWORK = {"channels": 4, "feature_height": 2, "feature_width": 8, "input_height": 16, "input_width": 32}
TASKS = ("segmentation", "disparity", "reconstruction")


@dataclass
class TinyRun:
    """Files and experiment of a run; ``bytes_of`` says by what factor a method's streams differ."""

    folder: Path
    experiment: Experiment
    bytes_of: dict[str, float]
    seeds: tuple[int, ...] = (0,)
    images: int = 3
    inputs: dict[str, dict[str, Path]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return [f"{7 + i:03d}" for i in range(self.images)]

    def write(self) -> None:
        for cut in self.experiment.cuts:
            for name, method in self.experiment.methods.items():
                for seed in self.seeds:
                    self._write_run(Run(cut, name, seed), method)
        self.inputs["published"] = dict(PUBLISHED)
        paths = {
            "arrays": self.folder / "test.npy",
            "index": self.folder / "test.csv",
            "info": self.folder / "test.json",
        }
        records, class_names = self._scenes()
        np.save(paths["arrays"], records)
        write_csv(paths["index"], pd.DataFrame({"image_id": self.ids}))
        write_json(paths["info"], {"class_names": class_names})
        self.inputs["scenes"] = paths

    def path(self, kind: str, name: str, file: str) -> Path:
        return self.inputs.setdefault(kind, {}).setdefault(name, self.folder / kind / name / file)

    def _write_run(self, run: Run, method: MethodConfig) -> None:
        trained = f"{run.cut}/{method.training}/seed{run.seed}"
        write_json(self.path("descriptions", trained, "network.json"), NETWORK)
        write_csv(self.path("epochs", trained, "epochs.csv"), self._epochs())
        if method.sends == "features":
            path = self.path("features", trained, "test.npy")
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, np.random.default_rng(0).random((len(self.ids), 4, 2, 8), dtype=np.float32))
        uncoded = (FLOAT, QUANTISED) if method.sends == "features" else (FLOAT,)
        self._write_codec(run, UNCODED, uncoded, method.sends)
        for codec, qualities in self.experiment.qualities(run.method).items():
            self._write_codec(run, codec, qualities, method.sends)
            ledgers = {q: self._ledger(run, codec, rank, method.sends) for rank, q in enumerate(qualities)}
            write_ledger(self.path("ledgers", f"{run.id}/{codec}", "ledger.csv"), ledgers)

    def _write_codec(self, run: Run, codec: str, qualities: Sequence[str], sends: str) -> None:
        ids = np.array(self.ids)
        scores: dict[str, Any] = {"image_id": ids}
        pictures: dict[str, Any] = {}
        distortions: dict[str, Any] = {"image_id": ids, "variance": np.ones((4, 2, 8))}
        for rank, quality in enumerate(qualities):
            errors = self._errors(run, 0 if codec == UNCODED else rank)
            own = self._scores(errors)
            for task in self.experiment.tasks:
                scores |= {f"{quality}/{task}/{name}": values for name, values in own[task].items()}
            if sends == "image":
                sums = own["reconstruction"]
                scores |= {f"{quality}/decoded_image/sse": sums["sse"] / 100, f"{quality}/decoded_image/n": sums["n"]}
            distortions[f"{quality}/mse"] = errors
            for image, named in self._pictures(run, codec, quality, errors, sends).items():
                pictures |= {f"{quality}/{image}/{name}": picture for name, picture in named.items()}
        write_arrays(self.path("scores", f"{run.id}/{codec}", "scores.npz"), scores)
        write_arrays(self.path("distortions", f"{run.id}/{codec}", "distortions.npz"), distortions)
        write_arrays(self.path("pictures", f"{run.id}/{codec}", "pictures.npz"), pictures)

    def _errors(self, run: Run, rank: int) -> NDArray[np.float64]:
        """Return each image's error at the quality of a rank, from the finest on."""
        return np.full(self.images, 0.05 + 0.1 * rank)

    def _scores(self, errors: NDArray[np.float64]) -> dict[str, dict[str, Any]]:
        right = (1000 * (1 - 0.5 * errors)).round().astype(int)
        sums = {"sse": 10 * errors, "n": np.full(len(errors), 10)}
        return {
            "segmentation": {"confusion": np.array([[[n, 1000 - n], [0, 500]] for n in right])},
            "disparity": sums | {f"{name}_authors": values for name, values in sums.items()},
            "reconstruction": sums,
        }

    def _ledger(self, run: Run, codec: str, rank: int, sends: str) -> pd.DataFrame:
        size = list(SIZES.values())[rank] * CODECS[codec] * self.bytes_of[run.method] * (1 + 0.02 * int(run.seed))
        # Images differ in their side information alone, beyond the first three.
        side = 8 + (np.arange(self.images) > 2) * (np.arange(self.images) % 2)
        columns = {"payload_bytes": round(size), "header_bytes": 9, "side_info_bytes": side}
        return pd.DataFrame({"image_id": self.ids} | columns)

    def _pictures(
        self, run: Run, codec: str, quality: str, errors: NDArray[np.float64], sends: str
    ) -> dict[int, dict[str, Any]]:
        """Return pictures by image and task."""
        return {i: dict.fromkeys(self.experiment.tasks, np.full((2, 2), i, np.uint8)) for i in (0, 2)}

    def _epochs(self) -> pd.DataFrame:
        return pd.DataFrame({"epoch": [1, 2], "total": [3.0, 2.0]})

    def _scenes(self) -> tuple[NDArray[np.void], list[str]]:
        """Return packed scenes, and the names of their classes."""
        return np.zeros(self.images, [("image", "u1", (16, 32, 3)), ("labels", "u1", (16, 32))]), ["road", "sky"]

    def table(self, name: str) -> Path:
        return self.folder / "summarise" / name

    def argv(self, spec: TableSpec) -> list[str]:
        """Return what a rule gives the stage."""
        files = [f"{kind}:{name}={path}" for kind in spec.needs for name, path in self.inputs.get(kind, {}).items()]
        files += [f"table:{name}={self.table(name)}" for name in spec.tables]
        settings = self.experiment.model_dump_json(include=set(spec.uses))
        return ["--settings", settings, "--inputs", *files, "--output", str(self.table(spec.file))]

    def gather(self, *names: str) -> dict[str, Path]:
        """Make tables and those that they are made from (all where none is named); return them by file."""
        order = in_order(names or TABLES.names())
        for spec in order:
            call("gather", self.argv(spec))
        return {spec.file: self.table(spec.file) for spec in order}

    def read(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.table(name), dtype={"image_id": str}, keep_default_na=False, na_values=[""])


def in_order(names: Iterable[str]) -> list[TableSpec]:
    """Return tables and those that they are made from, each after what it reads."""
    specs: dict[str, TableSpec] = {}
    pending = list(names)
    while pending:
        spec = TABLES.get(pending.pop())
        specs[spec.file] = spec
        pending += [Path(file).stem for file in spec.tables if file not in specs]
    return [specs[file] for file in TopologicalSorter({f: spec.tables for f, spec in specs.items()}).static_order()]


OLD, NEW, FOLDED, REMOTE = "old", "new", "folded", "remote"
METHODS: dict[str, dict[str, Any]] = {
    OLD: {"label": "Old", "training": "train_old"},
    NEW: {"label": "New", "training": "train_new"},
    FOLDED: {"label": "Folded", "training": "train_old", "transform": "rotation"},
    REMOTE: {"label": "Remote", "training": "train_old", "sends": "image"},
}
BYTES = {OLD: 1.0, NEW: 0.8, FOLDED: 0.5, REMOTE: 2.0}
PAIRS = [(NEW, OLD, "on_a", "on_a"), (NEW, OLD, "on_b", "on_b")]
CONFIG = load_config([PROJECT / "config/config.yaml"])
STATISTICS = {"resamples": 12, "confidence": 0.9, "seed": 0}


def published_inputs(**statistics: Any) -> Inputs:
    """Return what tables of the authors' numbers are made from."""
    return Inputs(part_of({"statistics": STATISTICS | statistics}), {"published": PUBLISHED})


def tiny_experiment(methods: Sequence[str], comparisons: Sequence[tuple[str, ...]], **changes: Any) -> Experiment:
    names = ("method", "against", "ladder", "against_ladder")
    claim = {
        "text": "about 20 % fewer bits",
        "method": NEW,
        "against": OLD,
        "published": True,
        "bd_rate_percent": -15,
        "float_loss": {"miou": 0.005, "rmse": 1},
        "least_tasks": 2,
    }
    values: dict[str, Any] = {
        "dataset": CONFIG["dataset"] | {"name": "scenes"},
        "tasks": TASKS,
        "cuts": {"c512": {}},
        "methods": {name: METHODS[name] for name in methods},
        "codecs": {name: {"codec": "hevc", "qualities": tuple(SIZES)} for name in CODECS},
        "ladders": {f"on_{name}": {"label": name.upper(), "codecs": (name,)} for name in CODECS},
        "comparisons": tuple(dict(zip(names, pair, strict=True)) for pair in comparisons),
        "statistics": STATISTICS,
        "claims": {"paper": claim},
        "showcase": {"images": (0, 2)},
    }
    return Experiment.of(CONFIG | values | changes)
