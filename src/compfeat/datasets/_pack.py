"""From a scene at its source size to a packed record."""

from __future__ import annotations

import numpy as np

from compfeat.datasets import Scene
from compfeat.datasets.packed import Packed
from compfeat.datasets.resize import resize_disparity, resize_disparity_authors, resize_image, resize_labels


def pack(scene: Scene, dtype: np.dtype[np.void]) -> Packed:
    """Return a scene as an array of one record of ``dtype``, resized to its height and width."""
    record = np.zeros(1, dtype)
    height, width = dtype["labels"].shape
    size = (int(height), int(width))
    record["image"][0] = resize_image(scene.image, size)
    record["labels"][0] = resize_labels(scene.labels, size)
    if scene.disparity_px is not None and "disparity_px" in (dtype.names or ()):
        record["disparity_px"][0] = resize_disparity(scene.disparity_px, size)
        record["disparity_authors_px"][0] = resize_disparity_authors(scene.disparity_px, size)
    return record
