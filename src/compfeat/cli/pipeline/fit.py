"""Fit a method's transform, or a codec, to a run's train features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from compfeat.arrays import write_arrays
from compfeat.cli.arguments import command
from compfeat.codecs import CODECS
from compfeat.datasets.packed import open_packed
from compfeat.errors import ConfigError
from compfeat.experiment.section import Section, options_of
from compfeat.experiment.training import PluginConfig
from compfeat.transforms import TRANSFORMS, FitSource, built
from compfeat.transport.source import open_features, read_state

if TYPE_CHECKING:
    from compfeat.networks.split import SplitNetwork


class FitSettings(Section):
    """What is fitted: the method's transform, or, where a codec is named, the codec."""

    transform: PluginConfig | None = Field(None, description="the method's transform")
    codec: str | None = Field(None, description="a module of compfeat.codecs; null to fit the transform")
    options: dict[str, Any] = Field(default_factory=dict, description="the codec's own options")
    threads: int = Field(1, ge=1, description="CPU threads; part of the result")


def fit(
    *,
    settings: FitSettings,
    features: Path,
    scenes: Path,
    weights: Path,
    description: Path,
    transform: Path | None = None,
    state: Path,
) -> None:
    """Fit a method's transform, or a codec, to a run's train features; val is never read.

    Args:
        settings: what is fitted.
        features: features of the train split (float32, images x channels x rows x columns).
        scenes: packed scenes of the train split.
        weights: the trained network's weights.
        description: what network they are.
        transform: the state of the method's transform, to fit a codec behind a fitted one.
        state: output: what was fitted, arrays by name.

    Raises:
        ConfigError: an unknown transform, codec or option, or nothing to fit.
        DataError: a file is missing or damaged.
    """
    found = open_features(features)

    def network() -> SplitNetwork:
        import torch

        from compfeat.networks.files import load_description, load_network
        from compfeat.networks.inference import fix_arithmetic

        fix_arithmetic(settings.threads)
        return load_network(weights, load_description(description), torch.device("cpu"))

    if settings.codec is not None:
        codec = CODECS.get(settings.codec)
        changed = settings.transform
        if changed is not None:
            forward = built(changed.name, changed.options, read_state(transform) or {}).forward
            found = np.stack([forward(np.array(tensor)) for tensor in found])
        fitted = codec.fit(found, options_of(codec, settings.options, f"codecs.{settings.codec}"))
    elif settings.transform is not None:
        entry = TRANSFORMS.get(settings.transform.name)
        options = options_of(entry, settings.transform.options, f"transform {settings.transform.name}")
        fitted = entry.fit(FitSource(found, open_packed(scenes), network), options)
    else:
        raise ConfigError("--settings: names neither a transform nor a codec; nothing to fit")
    write_arrays(state, fitted)
    size = state.stat().st_size
    print(
        f"fit {settings.codec or (settings.transform and settings.transform.name)}: {len(fitted)} arrays, {size} bytes"
    )


def main(argv: Sequence[str]) -> int | None:
    """Run the stage."""
    return command(fit, argv)
