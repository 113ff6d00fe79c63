"""The base class of datasets, and their registry."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from compfeat.datasets.listing import require_text
from compfeat.errors import DataError
from compfeat.registry import Registry

IGNORE = 255
"""Label of pixels that no task scores."""
IMAGE = "image"
"""The field that every scene has: uint8, H x W x 3, RGB."""

Scene = dict[str, NDArray[Any]]
"""One image with its ground truth at source size H x W, by field.

``image``: uint8, H x W x 3, RGB. ``labels``: uint8, H x W, class index or IGNORE. ``disparity_px``: float32, H x W, in pixels of the
source image, 0 without ground truth. A dataset may have more fields, for tasks that read them.
"""


@dataclass(frozen=True)
class Truth:
    """One array of an image's ground truth in its packed form.

    Attributes:
        field: its name in a packed record.
        source: the field of a dataset's scene that it is made from.
        dtype: numpy type of its elements.
        resize: makes it from the scene's field (H x W x ..., at source size) at a size (height, width).
        channels: shape after height and width; empty for a map.
        trained: whether training reads it; others are for scores alone.
    """

    field: str
    source: str
    dtype: str
    resize: Callable[[NDArray[Any], tuple[int, int]], NDArray[Any]]
    channels: tuple[int, ...] = ()
    trained: bool = True


@dataclass(frozen=True)
class Sample:
    """The files of one image by field; ``image`` is always among them."""

    image_id: str
    files: dict[str, Path]


class Dataset(ABC):
    """A folder layout and its encodings. Splits are ``train``, ``val`` and ``test``."""

    class_names: ClassVar[tuple[str, ...]]
    fields: ClassVar[tuple[str, ...]]
    """The fields that its scenes can have."""
    rendered: ClassVar[bool] = False
    """Whether it is rendered before it is read."""

    @abstractmethod
    def samples(self, root: Path, split: str, fields: Sequence[str]) -> list[Sample]:
        """List a split's samples with the files of ``fields``, in a fixed order.

        Raises:
            DataError: a folder or file is missing, or the split is empty.
        """

    @abstractmethod
    def read(self, sample: Sample) -> Scene:
        """Read one sample's fields. Raises DataError for a damaged file, a wrong size, or a value out of range."""


DATASETS: Registry[type[Dataset]] = Registry("compfeat.datasets.plugins", "dataset", Dataset)


def unique(samples: list[Sample]) -> list[Sample]:
    """Return ``samples``. Raises DataError if two have one id, or a name is not UTF-8: tables could not tell, or hold, them."""
    first: dict[str, Sample] = {}
    for sample in samples:
        for path in sample.files.values():
            require_text(path)
        other = first.setdefault(unicodedata.normalize("NFC", sample.image_id), sample)
        if other is not sample:
            raise DataError(
                f"image id {sample.image_id!r} stands for {other.files[IMAGE]} and for {sample.files[IMAGE]}; "
                "expected every file name once; rename one of them"
            )
    return samples
