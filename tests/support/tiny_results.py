"""A tiny run's files for the stage ``gather``, of any methods, cuts, seeds and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

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

PUBLISHED = PROJECT / "data/published"
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
        names = ("published_points", "published_bytes_per_image")
        self.inputs["published"] = {name: PUBLISHED / f"{name}.csv" for name in names}
        self.inputs["scenes"] = self._write_scenes()

    def path(self, kind: str, name: str, file: str) -> Path:
        return self.inputs.setdefault(kind, {}).setdefault(name, self.folder / kind / name / file)

    def _write_run(self, run: Run, method: MethodConfig) -> None:
        trained = f"{run.cut}/{method.training}/seed{run.seed}"
        write_json(self.path("descriptions", trained, "network.json"), NETWORK)
        write_csv(self.path("epochs", trained, "epochs.csv"), pd.DataFrame({"epoch": [1, 2], "total": [3.0, 2.0]}))
        if method.sends == "features":
            path = self.path("features", trained, "test.npy")
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, np.random.default_rng(0).random((self.images, 4, 2, 8), dtype=np.float32))
        uncoded = [FLOAT, QUANTISED] if method.sends == "features" else [FLOAT]
        self._write_codec(run, UNCODED, dict.fromkeys(uncoded, 0.05), method.sends)
        for codec, factor in CODECS.items():
            self._write_codec(run, codec, {q: 0.05 + 0.1 * i for i, q in enumerate(SIZES)}, method.sends)
            ledgers = {}
            for quality in SIZES:
                size = round(SIZES[quality] * factor * self.bytes_of[run.method] * (1 + 0.02 * int(run.seed)))
                # Images differ in their side information alone, beyond the first three.
                side = 8 + (np.arange(self.images) > 2) * (np.arange(self.images) % 2)
                columns = {"payload_bytes": size, "header_bytes": 9, "side_info_bytes": side}
                ledgers[quality] = pd.DataFrame({"image_id": self.ids} | columns)
            write_ledger(self.path("ledgers", f"{run.id}/{codec}", "ledger.csv"), ledgers)

    def _write_codec(self, run: Run, codec: str, errors: dict[str, float], sends: str) -> None:
        scores: dict[str, Any] = {"image_id": np.array(self.ids)}
        pictures: dict[str, Any] = {}
        for quality, error in errors.items():
            right = round(1000 * (1 - 0.5 * error))
            sums = {"sse": np.full(self.images, 10 * error), "n": np.full(self.images, 10)}
            own = {
                "segmentation": {"confusion": np.array([[[right, 1000 - right], [0, 500]]] * self.images)},
                "disparity": sums | {f"{name}_authors": values for name, values in sums.items()},
                "reconstruction": sums,
            }
            if sends == "image":
                scores |= {f"{quality}/decoded_image/sse": sums["sse"] / 100, f"{quality}/decoded_image/n": sums["n"]}
            for task in self.experiment.tasks:
                scores |= {f"{quality}/{task}/{name}": values for name, values in own[task].items()}
                pictures |= {f"{quality}/{i}/{task}": np.full((2, 2), i, np.uint8) for i in (0, 2)}
        write_arrays(self.path("scores", f"{run.id}/{codec}", "scores.npz"), scores)
        distortions: dict[str, Any] = {
            f"{quality}/mse": np.full(self.images, error) for quality, error in errors.items()
        }
        distortions |= {"image_id": scores["image_id"], "variance": np.ones((4, 2, 8))}
        write_arrays(self.path("distortions", f"{run.id}/{codec}", "distortions.npz"), distortions)
        write_arrays(self.path("pictures", f"{run.id}/{codec}", "pictures.npz"), pictures)

    def _write_scenes(self) -> dict[str, Path]:
        paths = {"arrays": self.folder / "val.npy", "index": self.folder / "val.csv", "info": self.folder / "val.json"}
        np.save(paths["arrays"], np.zeros(self.images, [("image", "u1", (16, 32, 3)), ("labels", "u1", (16, 32))]))
        write_csv(paths["index"], pd.DataFrame({"image_id": self.ids}))
        write_json(paths["info"], {"class_names": ["road", "sky"]})
        return paths

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
    names = ("published_points", "published_bytes_per_image")
    paths = {"published": {name: PUBLISHED / f"{name}.csv" for name in names}}
    return Inputs(part_of({"statistics": STATISTICS | statistics}), paths)


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
