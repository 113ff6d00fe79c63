"""What the paper is given besides a synthetic summary: settings of a config, descriptions of its networks, a fourth task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.frames import FrameCodec
from compfeat.experiment.config import Experiment
from compfeat.experiment.files import load_config
from compfeat.reports.settings import CodecEntry, FigureText, PaperSettings
from compfeat.tasks.base import Metric
from helpers import PROJECT

SHAPES = {"c512": (128, 2, 4, 32), "c256": (64, 4, 8, 16), "s32": (320, 6, 8, 32), "s16": (112, 12, 16, 16)}
"""Channels, height, width and stride of the features at each cut."""


def config_of(overlays: Sequence[str] = ()) -> dict[str, Any]:
    """Return the default configuration with overlays of config/ on it, by name."""
    return load_config([PROJECT / "config" / f"{name}.yaml" for name in ("config", *overlays)])


def settings_of(whole: Experiment, figures: Sequence[FigureText] = ()) -> PaperSettings:
    """Return the paper's settings as the workflow gives them."""
    codecs = {
        name: CodecEntry(
            module=whole.codec_module(name),
            tiles=issubclass(whole.codec_class(name), FrameCodec),
            options=whole.codec_options(name).model_dump(mode="json"),
        )
        for name in whole.codecs
    }
    rendered = whole.dataset.name == "streets"
    return PaperSettings(rendered=rendered, codecs=codecs, figures=tuple(figures), tools={"torch": "2.1"})


def description(experiment: Experiment, cut: str) -> dict[str, Any]:
    """Return a ``network.json``, as a training would have written it."""
    entry = experiment.cuts[cut]
    channels, height, width, stride = SHAPES[cut]
    return {
        "network": entry.name,
        "cut": cut,
        "place": entry.place,
        "width": entry.width,
        "tasks": list(experiment.tasks),
        "channels": channels,
        "feature_height": height,
        "feature_width": width,
        "stride": stride,
        "parameters": 1234567,
    }


def write_descriptions(folder: Path, experiment: Experiment) -> list[Path]:
    """Write a description a cut; return the files."""
    paths = []
    for cut in experiment.cuts:
        paths.append(folder / cut / "network.json")
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        paths[-1].write_text(json.dumps(description(experiment, cut)))
    return paths


class Normals:
    """A fourth task, as a user's module would declare it: three numbers per pixel."""

    name, title, likelihood, decoder_widening = "normals", "Surface normals", "regression", 1
    metrics = (Metric("angle_deg", "angular error", "°", 1, higher_is_better=False),)

    def __init__(self, class_names: Sequence[str]) -> None:
        pass

    def measure(self, scores: Any, weights: Any) -> dict[str, Any]:
        return {"angle_deg": (weights @ scores["sse"]) / (weights @ scores["n"])}

    def truth_picture(self, record: Mapping[str, NDArray[Any]]) -> NDArray[Any] | None:
        return record.get("normals")

    def picture(self, kept: NDArray[Any], reference: NDArray[Any]) -> NDArray[np.uint8]:
        return (kept.astype(np.int16) + 127).clip(0, 255).astype(np.uint8)


@contextmanager
def fourth_task() -> Iterator[None]:
    """Have the task ``normals`` within a with block."""
    from compfeat.tasks.base import TASKS

    TASKS._entries["normals"] = cast(Any, Normals)
    try:
        yield
    finally:
        del TASKS._entries["normals"]
