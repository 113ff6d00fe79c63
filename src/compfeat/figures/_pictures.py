"""Reading the showcase: which runs and points it has, and what each picture weighs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from compfeat.features.archive import Arrays
from compfeat.figures import Tables
from compfeat.figures._style import ANCHOR_LOSS
from compfeat.grid import UNCODED, Point, parse_point

BYTES = ["payload_bytes", "header_bytes", "side_info_bytes"]
KEYS = ["cut", "loss", "seed", "codec", "quality"]


@dataclass(frozen=True)
class Showcase:
    """One image of the showcase at all its points, and the tables of what images weigh.

    Attributes:
        position: the image's position in the val split.
        image_id: its name in the tables.
        points: the points that have pictures, the baseline's first.
    """

    arrays: Arrays
    position: int
    image_id: str
    points: tuple[Point, ...]
    per_image: pd.DataFrame
    summary: pd.DataFrame

    @classmethod
    def of(cls, tables: Tables) -> Showcase:
        """Read the first image of the showcase (by position), ``points.csv`` and ``per_image.csv``."""
        return cls.every(tables)[0]

    @classmethod
    def every(cls, tables: Tables) -> list[Showcase]:
        """Read all images of the showcase, by position. Raises DataError where a file is missing or damaged."""
        arrays = tables.arrays("showcase.npz")
        per_image = tables.csv("per_image.csv", *KEYS, "image_id", *BYTES)
        summary = tables.csv("points.csv", *KEYS, "rate_bpe", "bytes_per_image")
        showcases = []
        for position in sorted({int(name.partition("/")[0]) for name in arrays if name[0].isdigit()}):
            found = {name.split("/", 1)[1].rpartition("/")[0] for name in arrays if name.startswith(f"{position}/")}
            points = sorted((parse_point(text) for text in found if text), key=lambda p: (p.run.loss != ANCHOR_LOSS, p))
            image_id = str(arrays[f"{position}/image_id"])
            own = per_image[per_image["image_id"].astype(str) == image_id]
            showcases.append(cls(arrays, position, image_id, tuple(points), own, summary))
        return showcases

    def cuts(self) -> list[str]:
        """Return the cuts that have pictures, sorted."""
        return sorted({point.run.cut for point in self.points})

    def losses(self) -> list[str]:
        """Return the losses that have pictures, the baseline first."""
        return list(dict.fromkeys(point.run.loss for point in self.points))

    def truth(self, name: str) -> NDArray[Any] | None:
        """Return ``image``, ``labels`` or ``disparity_px``; None where the dataset has none."""
        return self.arrays.get(f"{self.position}/{name}")

    def output(self, point: Point, name: str) -> NDArray[Any] | None:
        """Return ``tiles`` or a task's output at a point; None where the network has no such task."""
        return self.arrays.get(f"{self.position}/{point.id}/{name}")

    def find(self, cut: str, loss: str, codec: str, quality: str) -> Point | None:
        """Return the point of the first seed that has pictures, or None."""
        wanted = (cut, loss, codec, quality)
        return next((p for p in self.points if (p.run.cut, p.run.loss, p.codec, p.quality) == wanted), None)

    def size_bytes(self, point: Point) -> int | None:
        """Return what the image weighs at a point, side information included; None where it is not coded."""
        row = rows_of(self.per_image, point)[BYTES]
        return None if row.empty or row.isna().to_numpy().any() else int(row.iloc[0].sum())

    def rate_bpe(self, point: Point) -> float | None:
        """Return the image's own bits per feature element at a point."""
        size, row = self.size_bytes(point), rows_of(self.summary, point)
        if size is None or row.empty:
            return None
        return float(row["rate_bpe"].iloc[0] / row["bytes_per_image"].iloc[0]) * size

    def weight(self, point: Point) -> str:
        """Return what to write at a picture: its quality, rate and size."""
        if point.codec == UNCODED:
            return "8-bit, not coded"
        size, rate = self.size_bytes(point), self.rate_bpe(point)
        known = "" if size is None or rate is None else f": {rate:.2f} bpe, {size:,} B"
        return f"{point.codec.upper()} {point.quality}{known}"


def rows_of(table: pd.DataFrame, point: Point) -> pd.DataFrame:
    """Return the rows of one point."""
    run = point.run
    wanted = dict(zip(KEYS, (run.cut, run.loss, run.seed, point.codec, point.quality), strict=True))
    mask = pd.Series(True, index=table.index)
    for name, value in wanted.items():
        mask &= table[name] == value
    return table[mask]
