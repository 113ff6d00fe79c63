"""The names of what an experiment consists of: splits, trained networks, runs, points, comparisons."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from compfeat.errors import ConfigError

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
Sends = Literal["features", "image"]
"""What a method sends."""
UNCODED = "none"
"""Stands in a codec's place for the points that need no codec."""
TRANSFORM = "transform"
"""Stands in a codec's place for what is fitted of a method's transform."""
FLOAT, QUANTISED = "float", "u8"
"""The qualities of the uncoded points: what the encoder computes, and that after the quantiser of tiled frames."""


@dataclass(frozen=True, order=True)
class Trained:
    """One trained network: its cut, training and seed."""

    cut: str
    training: str
    seed: int | str

    @property
    def id(self) -> str:
        return f"{self.cut}/{self.training}/seed{self.seed}"


@dataclass(frozen=True, order=True)
class Run:
    """One method on one cut and seed: what is coded and compared."""

    cut: str
    method: str
    seed: int | str

    @property
    def id(self) -> str:
        return f"{self.cut}/{self.method}/seed{self.seed}"


@dataclass(frozen=True, order=True)
class Point:
    """One operating point: a run, sent by one codec at one quality."""

    run: Run
    codec: str
    quality: str

    @property
    def id(self) -> str:
        return f"{self.run.id}/{self.codec}/{self.quality}"


@dataclass(frozen=True, order=True)
class Comparison:
    """A method on a ladder against another method on a ladder, of the same cut and seed."""

    method: str
    against: str
    ladder: str
    against_ladder: str


def parse_run(text: str) -> Run:
    """Return the run whose id is ``text``, e.g. ``c512/plain/seed0``. Raises ConfigError if it is none."""
    match = re.fullmatch(r"([^/]+)/([^/]+)/seed(\d+)", text)
    if match is None:
        raise ConfigError(f"run {text!r} is not an id; expected CUT/METHOD/seedN")
    return Run(match[1], match[2], int(match[3]))


def parse_point(text: str) -> Point:
    """Return the point whose id is ``text``, e.g. ``c512/plain/seed0/hevc/qp32``. Raises ConfigError if it is none."""
    run, *codec_quality = text.rsplit("/", 2)
    if len(codec_quality) != 2 or run.count("/") != 2:
        raise ConfigError(f"point {text!r} is not an id; expected CUT/METHOD/seedN/CODEC/QUALITY")
    return Point(parse_run(run), *codec_quality)
