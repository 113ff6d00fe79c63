"""The grid of experiments: the only place that knows runs, points and the paths of their files.

A run is ``{cut}/{loss}/seed{seed}`` (``c512/baseline/seed0``); a point is a run plus ``{codec}/{quality}``
(``hevc/qp32``, ``jpeg/q90``, ``png/lossless``). Every function that gives a path also accepts wildcard text such as ``{cut}``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from compfeat.errors import ConfigError

UNCODED = "none"
"""Codec name of the two points that need no codec."""
UNCODED_QUALITIES = ("float", "u8")

WARM_START = "warm_start"
"""Stands in the loss's place in the paths of the training that all losses of a cut and seed start from."""
RENDERED = ("streets",)
"""Datasets that are rendered before they are read."""


@dataclass(frozen=True, order=True)
class Run:
    """One trained network: where it is cut, what loss it was trained with, from which seed."""

    cut: str
    loss: str
    seed: int | str

    @property
    def id(self) -> str:
        return f"{self.cut}/{self.loss}/seed{self.seed}"


@dataclass(frozen=True, order=True)
class Point:
    """One operating point: a run's features, sent by one codec at one quality."""

    run: Run
    codec: str
    quality: str

    @property
    def id(self) -> str:
        return f"{self.run.id}/{self.codec}/{self.quality}"


ANY_RUN = Run("{cut}", "{loss}", "{seed}")
ANY_POINT = Point(ANY_RUN, "{codec}", "{quality}")


def runs(config: dict[str, Any]) -> list[Run]:
    """Return the runs that ``config`` asks for, cuts outermost, in the config's order."""
    model, train = config["model"], config["train"]
    return [Run(*key) for key in product(model["cuts"], train["losses"], train["seeds"])]


def coded_points(config: dict[str, Any]) -> list[Point]:
    """Return the points of all runs that have a bitstream."""
    return [Point(run, codec, q) for run in runs(config) for codec, qs in config["codecs"].items() for q in qs]


def uncoded_points(config: dict[str, Any]) -> list[Point]:
    """Return the points of all runs that need no codec: the float features and the quantised ones."""
    return [Point(run, UNCODED, quality) for run in runs(config) for quality in UNCODED_QUALITIES]


def points(config: dict[str, Any]) -> list[Point]:
    """Return all points, uncoded ones first."""
    return uncoded_points(config) + coded_points(config)


@dataclass(frozen=True)
class Layout:
    """Where files lie: in ``output``, the config's output folder, and ``prepared``, its folder of packed data."""

    output: str
    prepared: str

    @classmethod
    def of(cls, config: dict[str, Any]) -> Layout:
        return cls(config["output"], config["dataset"]["prepared"])

    def arrays(self, split: str) -> str:
        """Packed scenes of a split, one record an image (see ``datasets/_packed.py``)."""
        return f"{self.prepared}/{split}.npy"

    def index(self, split: str) -> str:
        """CSV of a split's images in packed order, with the hashes of their source files."""
        return f"{self.prepared}/{split}.csv"

    def info(self, split: str) -> str:
        """JSON with the class names, tasks and size of a split's packed data."""
        return f"{self.prepared}/{split}.json"

    def weights(self, run: Run) -> str:
        return f"{self.output}/train/{run.id}/weights.safetensors"

    def description(self, run: Run) -> str:
        """JSON that describes the network in ``weights``."""
        return f"{self.output}/train/{run.id}/network.json"

    def epochs(self, run: Run) -> str:
        """CSV of every training epoch's loss terms, weights and validation metrics."""
        return f"{self.output}/train/{run.id}/epochs.csv"

    def features(self, run: Run) -> str:
        return f"{self.output}/features/{run.id}/features.npy"

    def stream(self, point: Point) -> str:
        return f"{self.output}/encode/{point.id}/stream.bin"

    def side_info(self, point: Point) -> str:
        return f"{self.output}/encode/{point.id}/side_info.bin"

    def ledger(self, point: Point) -> str:
        return f"{self.output}/encode/{point.id}/ledger.csv"

    def images(self, point: Point) -> str:
        """CSV of every image's errors at this point."""
        return f"{self.output}/evaluate/{point.id}/images.csv"

    def confusion(self, point: Point) -> str:
        """Confusion matrices, one an image."""
        return f"{self.output}/evaluate/{point.id}/confusion.npy"

    def showcase(self, point: Point) -> str:
        """What a few chosen images look like at this point."""
        return f"{self.output}/evaluate/{point.id}/showcase.npz"

    def summary(self, name: str) -> str:
        return f"{self.output}/summarise/{name}"

    def figure(self, name: str, suffix: str) -> str:
        return f"{self.output}/figures/{name}.{suffix}"

    def document(self, name: str) -> str:
        return f"{self.output}/paper/{name}"

    def log(self, stage: str, key: str) -> str:
        return f"{self.output}/logs/{stage}/{key}.log"

    def benchmark(self, stage: str, key: str) -> str:
        return f"{self.output}/benchmarks/{stage}/{key}.tsv"


def parse_point(text: str) -> Point:
    """Return the point whose id is ``text``, e.g. ``c512/baseline/seed0/hevc/qp32``; the inverse of ``Point.id``.

    Raises:
        ConfigError: the text is not a point's id.
    """
    match = re.fullmatch(r"([^/]+)/([^/]+)/seed(\d+)/([^/]+)/([^/]+)", text)
    if match is None:
        raise ConfigError(f"point {text!r} is not an id; expected CUT/LOSS/seedN/CODEC/QUALITY")
    cut, loss, seed, codec, quality = match.groups()
    return Point(Run(cut, loss, int(seed)), codec, quality)


def with_loss(run: Run, loss: str) -> Run:
    """Return the run that differs from ``run`` in the loss alone."""
    return replace(run, loss=loss)
