"""The showcase: a few images, with what was sent and what came out of it at chosen points, in one file of arrays.

Names in the file: ``{i}/image``, ``{i}/labels``, ``{i}/disparity_px`` and ``{i}/image_id`` for image i of the val split, and
``{i}/{point}/{output}`` for each point that is shown; ``class_names`` once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.features.archive import Arrays
from compfeat.grid import UNCODED, Point, Run

MOST_QUALITIES = 6
"""Qualities shown of one codec; of a longer ladder they are taken evenly, with both ends."""
LOSSLESS = "lossless"
TRUTH = ("image", "labels", "disparity_px")
"""Fields of a packed scene that are kept, where it has them."""


def shown(points: Sequence[Point]) -> list[Point]:
    """Return the points that are shown, sorted: of each cut and loss the first seed's quantised and lossy points.

    Lossless points are left out, because their pictures are those of the quantised features (``none/u8``).
    """
    chosen: list[Point] = []
    for run in first_seeds(points):
        own = sorted(point for point in points if point.run == run)
        chosen += [point for point in own if (point.codec, point.quality) == (UNCODED, "u8")]
        for codec in sorted({point.codec for point in own} - {UNCODED}):
            lossy = [point for point in own if point.codec == codec and point.quality != LOSSLESS]
            chosen += evenly(sorted(lossy, key=quality_number), MOST_QUALITIES)
    return sorted(chosen)


def first_seeds(points: Sequence[Point]) -> list[Run]:
    """Return the run of the lowest seed for every cut and loss, sorted."""
    first: dict[tuple[str, str], Run] = {}
    for run in sorted({point.run for point in points}, key=lambda run: (run.cut, run.loss, int(run.seed))):
        first.setdefault((run.cut, run.loss), run)
    return list(first.values())


def quality_number(point: Point) -> tuple[int, str]:
    """Return what orders the qualities of a codec: the first number in the name."""
    digits = re.search(r"\d+", point.quality)
    return (int(digits.group()) if digits else -1, point.quality)


def evenly(items: Sequence[Point], most: int) -> list[Point]:
    """Return at most ``most`` of ``items``, evenly spread, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, most).round().astype(int)]


def truth(position: int, image_id: str, scene: Any) -> Arrays:
    """Return the arrays of what is known of image ``position``: a packed scene's fields and the image's id."""
    kept = {f"{position}/{name}": np.array(scene[name]) for name in TRUTH if name in scene.dtype.names}
    return kept | {f"{position}/image_id": np.array(image_id)}


def outputs(source: str, point: Point, pictures: Mapping[str, NDArray[Any]], positions: Sequence[int]) -> Arrays:
    """Return the arrays of what ``point`` makes of the images at ``positions``.

    Args:
        source: the file that the pictures were read from, for messages.
        point: the point.
        pictures: arrays named ``{i}/{output}``.
        positions: positions in the val split.

    Raises:
        DataError: there is nothing of one of these images.
    """
    kept: Arrays = {}
    for position in positions:
        own = {name: array for name, array in pictures.items() if name.startswith(f"{position}/")}
        if not own:
            held = ", ".join(sorted({name.partition("/")[0] for name in pictures})) or "none"
            raise DataError(f"{source}: holds images {held}; expected image {position}; rerun the stage evaluate")
        kept |= {f"{position}/{point.id}/{name.partition('/')[2]}": array for name, array in own.items()}
    return kept
