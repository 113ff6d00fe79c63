"""What a method sends: the features of a split after the method's transform, or the images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from pydantic import Field

from compfeat.arrays import open_features, read_arrays
from compfeat.codecs.base import CODECS, Codec, Item, State, built
from compfeat.datasets.base import IMAGE
from compfeat.datasets.packed import open_packed
from compfeat.errors import ConfigError, DataError
from compfeat.settings.recipe import PluginConfig
from compfeat.settings.runs import Sends
from compfeat.settings.section import Section, options_of
from compfeat.transforms.base import TRANSFORMS, Transform
from compfeat.transforms.base import built as built_transform


class CodecSettings(Section):
    """The settings of sender and receiver: a method and a codec."""

    codec: str = Field(description="a module of compfeat.codecs")
    options: dict[str, Any] = Field(default_factory=dict, description="the codec's own options")
    qualities: tuple[str, ...] = Field(min_length=1, description="the qualities that are coded")
    sends: Sends = Field("features", description="what is coded")
    transform: PluginConfig | None = Field(None, description="what is done to features before they are coded")
    ffmpeg: str | None = Field(None, description="an ffmpeg binary; null for the one of imageio-ffmpeg")

    def codec_at(self, quality: str, state: Path | None) -> Codec[Any]:
        """Return the codec at a quality, with its fitted state where it has one. Raises ConfigError if that is not given."""
        fitted = read_state(CODECS.get(self.codec), "codec", self.codec, state)
        return built(self.codec, quality, self.options, self.ffmpeg, fitted, self.sends)

    def check_tool(self) -> None:
        """Raise ToolError where the codec's program is missing or cannot do what is needed."""
        codec = CODECS.get(self.codec)
        codec.check_tool(self.ffmpeg, options_of(codec, self.options, f"codecs.{self.codec}"))


def transform_of(config: PluginConfig | None, state: Path | None) -> Transform[Any] | None:
    """Return the transform that ``config`` names with its fitted state; None if there is none.

    Raises:
        ConfigError: the transform or an option is unknown, or its state is not given.
        DataError: the state is missing or damaged.
    """
    if config is None:
        return None
    fitted = read_state(TRANSFORMS.get(config.name), "transform", config.name, state)
    return built_transform(config.name, config.options, fitted or {})


def read_state(
    entry: type[Codec[Any]] | type[Transform[Any]], noun: str, name: str, state: Path | None
) -> State | None:
    """Return the arrays of a fitted state; None if there is no file to read.

    Raises:
        ConfigError: the codec or transform is fitted, and no file is given.
        DataError: the file is missing or damaged.
    """
    if entry.fitted and state is None:
        flag = "--transform" if noun == "transform" else "--state"
        raise ConfigError(
            f"{noun} {name!r} is fitted: its state is not given; give the file that the stage fit wrote as {flag}"
        )
    return None if state is None else read_arrays(state)


@contextmanager
def sent(source: Path, sends: Sends, transform: Transform[Any] | None, ids: Sequence[str]) -> Iterator[NDArray[Any]]:
    """Yield what is sent of every image, N x C x h x w or N x H x W x 3, mapped from a file.

    Args:
        source: a features file, or packed scenes where the image is sent.
        sends: which of the two.
        transform: what is done to features; None for nothing.
        ids: the images that are expected.

    Raises:
        DataError: the file is missing or damaged, or has another number of images.
    """
    untransformed: NDArray[Any] = open_packed(source)[IMAGE] if sends == "image" else open_features(source)
    if len(untransformed) != len(ids):
        raise DataError(
            f"{source}: {len(untransformed)} images, but the index lists {len(ids)}; rerun the stage that made it"
        )
    with transformed(untransformed, transform) as items:
        yield items


@contextmanager
def transformed(features: NDArray[Any], transform: Transform[Any] | None) -> Iterator[NDArray[Any]]:
    """Yield ``features`` (N x C x h x w) after a transform, in a temporary file: those of a split need not fit into memory."""
    if transform is None:
        yield features
        return
    with TemporaryDirectory() as folder:
        shape = (len(features), *transform.coded_shape(features.shape[1:]))
        coded = open_memmap(Path(folder, "coded.npy"), "w+", np.dtype(np.float32), shape)
        for position, tensor in enumerate(features):
            coded[position] = transform.forward(np.array(tensor))
        yield coded


def copies(items: NDArray[Any]) -> Iterator[Item]:
    """Yield each image's item as an array in memory, one at a time."""
    return (np.array(item) for item in items)


def shape_sent(sends: Sends, network: Mapping[str, int], transform: Transform[Any] | None) -> tuple[int, ...]:
    """Return the shape of what is sent of one image, from a network's description."""
    if sends == "image":
        return network["input_height"], network["input_width"], 3
    shape = (network["channels"], network["feature_height"], network["feature_width"])
    return shape if transform is None else transform.coded_shape(shape)
