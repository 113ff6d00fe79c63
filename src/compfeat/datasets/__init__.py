"""Datasets: how a folder of images and ground truth becomes arrays. One module a dataset.

Depth first: a dataset lists its samples of a split and reads one of them at its source size; resizing and packing is the
same for all and stands in ``_resize.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compfeat.registry import Registry

SPLITS = ("train", "val")
TASKS = ("segmentation", "disparity", "reconstruction")
IGNORE = 255
"""Label of pixels that no task scores."""


@dataclass(frozen=True)
class Sample:
    """The files of one image. ``disparity`` is None where the dataset or the task list has none."""

    image_id: str
    image: Path
    labels: Path
    disparity: Path | None


@dataclass(frozen=True)
class Scene:
    """One image with its ground truth at source size H x W.

    Attributes:
        image: uint8, H x W x 3, RGB.
        labels: uint8, H x W, class index 0..n_classes-1, or IGNORE.
        disparity_px: float32, H x W, in pixels of the source image, 0 where there is no ground truth; or None.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    disparity_px: NDArray[np.float32] | None


class Dataset(ABC):
    """A folder layout and its encodings."""

    class_names: tuple[str, ...]
    tasks: tuple[str, ...]
    """The tasks that the layout has ground truth for."""

    @abstractmethod
    def samples(self, root: Path, split: str, tasks: tuple[str, ...]) -> list[Sample]:
        """List a split's samples, sorted by image id. Raises DataError where a folder or file is missing."""

    @abstractmethod
    def read(self, sample: Sample) -> Scene:
        """Read one sample. Raises DataError for a damaged file, a wrong size, or a value out of range."""


DATASETS: Registry[type[Dataset]] = Registry("compfeat.datasets", "dataset")
