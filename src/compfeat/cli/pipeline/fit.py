"""Fit a method's transform, or a codec, to a run's train features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from compfeat.arrays import open_features, write_arrays
from compfeat.codecs.base import CODECS, Coding, TaskErrors
from compfeat.datasets.packed import open_packed
from compfeat.errors import ConfigError, DataError
from compfeat.settings.recipe import PluginConfig
from compfeat.settings.section import Section, options_of
from compfeat.transforms.base import TRANSFORMS, FitSource, model_bytes
from compfeat.transport.source import transform_of, transformed

if TYPE_CHECKING:
    from compfeat.networks.split import SplitNetwork


class FitSettings(Section):
    """What is fitted: the method's transform, or, where a codec is named, the codec."""

    transform: PluginConfig | None = Field(None, description="the method's transform")
    codec: str | None = Field(None, description="a module of compfeat.codecs; null to fit the transform")
    options: dict[str, Any] = Field(default_factory=dict, description="the codec's own options")
    qualities: tuple[str, ...] = Field(
        (), description="the qualities that a codec is coded at that is fitted by coding"
    )
    ffmpeg: str | None = Field(
        None, description="the ffmpeg binary of such a codec; null for the one of imageio-ffmpeg"
    )
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
        transform: the state of the method's transform, to fit a codec after a fitted one.
        state: output: what was fitted, arrays by name.

    Raises:
        ConfigError: an unknown transform, codec or option, or nothing to fit.
        DataError: a file is missing or damaged, or features and scenes are not of the same images.
    """
    train_features, packed = open_features(features), open_packed(scenes)
    if len(train_features) != len(packed):
        raise DataError(
            f"{features}: {len(train_features)} images, but {scenes} has {len(packed)}; rerun the stage features"
        )

    def network() -> SplitNetwork:
        import torch

        from compfeat.networks.files import load_description, load_network
        from compfeat.networks.inference import fix_arithmetic

        fix_arithmetic(settings.threads)
        return load_network(weights, load_description(description), torch.device("cpu"))

    if settings.codec is not None:
        name, codec = settings.codec, CODECS.get(settings.codec)
        options = options_of(codec, settings.options, f"codecs.{name}")
        before = transform_of(settings.transform, transform)

        def task_errors() -> TaskErrors:
            from compfeat.transforms.task_errors import OutputErrors

            return OutputErrors(network(), packed, before)

        with transformed(train_features, before) as coded:
            fitted = codec.fit(coded, options, Coding(settings.qualities, settings.ffmpeg, task_errors))
    elif settings.transform is not None:
        name, entry = settings.transform.name, TRANSFORMS.get(settings.transform.name)
        options = options_of(entry, settings.transform.options, f"transform {name}")
        fitted = entry.fit(FitSource(train_features, packed, network), options)
    else:
        raise ConfigError("--settings: names neither a transform nor a codec; nothing to fit")
    write_arrays(state, fitted)
    print(
        f"fit {name}: {model_bytes(fitted)} bytes of the model, {state.stat().st_size} as a file with {len(fitted)} arrays"
    )
