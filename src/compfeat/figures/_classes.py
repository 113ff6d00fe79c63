"""Colours of the segmentation classes, by name: those of Cityscapes, also for CamVid's names of the same things."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RGB = tuple[int, int, int]
CITYSCAPES: dict[str, RGB] = {
    "road": (128, 64, 128),
    "sidewalk": (244, 35, 232),
    "building": (70, 70, 70),
    "wall": (102, 102, 156),
    "fence": (190, 153, 153),
    "pole": (153, 153, 153),
    "traffic light": (250, 170, 30),
    "traffic sign": (220, 220, 0),
    "vegetation": (107, 142, 35),
    "terrain": (152, 251, 152),
    "sky": (70, 130, 180),
    "person": (220, 20, 60),
    "rider": (255, 0, 0),
    "car": (0, 0, 142),
    "truck": (0, 0, 70),
    "bus": (0, 60, 100),
    "train": (0, 80, 100),
    "motorcycle": (0, 0, 230),
    "bicycle": (119, 11, 32),
}
SAME = {
    "pavement": "sidewalk",
    "tree": "vegetation",
    "sign": "traffic sign",
    "pedestrian": "person",
    "bicyclist": "rider",
}
IGNORED: RGB = (255, 255, 255)
"""Pixels without a label are white: black would look like a class in print."""


def palette(names: Sequence[str]) -> NDArray[np.uint8]:
    """Return 256 x 3 colours by class index; names that are not known get colours of their own."""
    table = np.full((256, 3), IGNORED, dtype=np.uint8)
    for i, name in enumerate(names):
        table[i] = CITYSCAPES.get(SAME.get(name, name), (37 * i % 200 + 30, 91 * i % 200 + 30, 151 * i % 200 + 30))
    return table
