"""What the paper is given besides a synthetic summary: settings of a config, descriptions of its networks, a fourth task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.base import CODECS
from compfeat.codecs.frames import FrameCodec
from compfeat.experiment.config import Experiment
from compfeat.experiment.entries import CodecConfig
from compfeat.experiment.files import load_config
from compfeat.experiment.section import options_of
from compfeat.reports.paper.settings import CodecEntry, Settings
from compfeat.reports.texts import FigureText
from compfeat.results.resolved import Resolved
from helpers import PROJECT
from synthetic_summary import CHANNELS, Variant, experiment

TOOLS = {"torch": "2.1"}


def config_of(overlays: Sequence[str] = ()) -> dict[str, Any]:
    """Return the default configuration with overlays of config/ on it, by name."""
    return load_config([PROJECT / "config" / f"{name}.yaml" for name in ("config", *overlays)])


def experiment_of(variant: Variant) -> Experiment:
    """Return the configuration whose run made a variant's summary."""
    return Resolved.read(experiment(variant), "").experiment


def settings_of(whole: Experiment, figures: Sequence[FigureText] = ()) -> Settings:
    """Return the paper's settings as the workflow gives them; the codec ``prior``, which is not there, codes no pictures."""
    codecs = {name: codec_entry(name, entry) for name, entry in whole.codecs.items()}
    rendered = whole.dataset.name == "streets"
    return Settings(rendered=rendered, codecs=codecs, figures=tuple(figures), tools=TOOLS)


def codec_entry(name: str, entry: CodecConfig) -> CodecEntry:
    """Return what an entry of the codecs stands for."""
    module = entry.codec or name
    if module == "prior":
        return CodecEntry(module=module, tiles=False, options={})
    codec = CODECS.get(module)
    options = options_of(codec, entry.options, f"codecs.{name}").model_dump(mode="json")
    return CodecEntry(module=module, tiles=issubclass(codec, FrameCodec), options=options)


def description(experiment: Experiment, cut: str) -> dict[str, Any]:
    """Return a ``network.json``, as a training would have written it."""
    entry = experiment.cuts[cut]
    channels, height, width = CHANNELS[cut]
    return {
        "network": entry.name,
        "cut": cut,
        "place": entry.place,
        "width": entry.width,
        "tasks": list(experiment.tasks),
        "channels": channels,
        "feature_height": height,
        "feature_width": width,
        "stride": {"c512": 32, "c256": 16}[cut],
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
    """A fourth task, as a user's module would declare it: three numbers a pixel, and no score of a single image."""

    name, title, likelihood, decoder_widening = "normals", "Surface normals", "regression", 1
    metrics: tuple[Any, ...] = ()

    def __init__(self, class_names: Sequence[str]) -> None:
        pass

    def measure(self, scores: Any, weights: Any) -> dict[str, Any]:
        return {}

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
