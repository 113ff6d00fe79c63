"""Reading the pictures of the summary: which images and points they show, and what each picture weighs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.arrays import Arrays
from compfeat.reports.summary import POINT, Tables, codec_labels, methods, qualities
from compfeat.settings.runs import QUANTISED, UNCODED, Point, parse_point
from compfeat.tasks.base import TASKS, Metric

FILE = "pictures.npz"
SENT = "sent"
"""The picture of what was sent: the tiled features, or the image."""
BYTES = ["payload_bytes", "header_bytes", "side_info_bytes"]
NEEDS = (FILE, "points.csv", "per_image.csv", "experiment.json")
"""Files of the summary that a showcase is read from."""


@dataclass(frozen=True)
class Showcase:
    """One image at all the points that have pictures, and the tables of what images weigh.

    Attributes:
        position: the image's position in the evaluated split.
        image_id: its name in the tables.
        points: those that have pictures; methods in the order of display, qualities from fine to coarse.
        labels: of the methods that have pictures, in the order of display.
        codecs: labels of the codecs, by name.
        lossless: whether each codec and quality is, in the order of display.
        sizes: the image's rows of ``per_image.csv``, by point.
        bits: bits per feature element for each byte of the image, by point; nan if the image is sent.
    """

    arrays: Arrays
    position: int
    image_id: str
    points: tuple[Point, ...]
    labels: dict[str, str]
    codecs: dict[str, str]
    lossless: dict[tuple[str, str], bool]
    sizes: dict[Point, int]
    bits: dict[Point, float]

    @classmethod
    def every(cls, tables: Tables) -> list[Showcase]:
        """Read all images, by position. Raises DataError if a file is missing or damaged."""
        arrays, labels, lossless = tables.arrays(FILE), methods(tables), qualities(tables)
        per_image = tables.csv("per_image.csv", *POINT, "image_id", *BYTES).dropna(subset=BYTES)
        summary = tables.csv("points.csv", *POINT, "rate_bpe", "bytes_per_image").dropna(subset="bytes_per_image")
        bits = {point_of(r): r["rate_bpe"] / r["bytes_per_image"] for r in summary.to_dict("records")}
        methods_in_order, qualities_in_order = list(labels), list(lossless)

        def rank(point: Point) -> tuple[Any, ...]:
            key = (point.codec, point.quality)
            method = methods_in_order.index(point.run.method) if point.run.method in labels else len(labels)
            # What is not coded stands first.
            quality = qualities_in_order.index(key) if key in lossless else -1
            return (point.run.cut, method, quality, point)

        made = []
        for position in sorted({int(name.partition("/")[0]) for name in arrays if name[0].isdigit()}):
            inner = (name.split("/", 1)[1] for name in arrays if name.startswith(f"{position}/"))
            points = sorted({parse_point(name.rpartition("/")[0]) for name in inner if "/" in name}, key=rank)
            image_id = str(arrays[f"{position}/image_id"])
            own = per_image[per_image["image_id"].astype(str) == image_id]
            sizes = {point_of(r): int(sum(r[name] for name in BYTES)) for r in own.to_dict("records")}
            shown = {p.run.method for p in points}
            named = {method: label for method, label in labels.items() if method in shown}
            made.append(
                cls(arrays, position, image_id, tuple(points), named, codec_labels(tables), lossless, sizes, bits)
            )
        return made

    def cuts(self) -> list[str]:
        """Return the cuts that have pictures, sorted."""
        return sorted({point.run.cut for point in self.points})

    def class_names(self) -> list[str]:
        """Return the names of the dataset's classes; none where it has none."""
        return [str(name) for name in self.arrays.get("class_names", ())]

    def fields(self) -> Arrays:
        """Return what is known of the image, by packed field: ``image`` and the tasks' truth."""
        start = f"{self.position}/"
        own = {name.removeprefix(start): array for name, array in self.arrays.items() if name.startswith(start)}
        return {name: array for name, array in own.items() if "/" not in name and name != "image_id"}

    def output(self, point: Point, name: str) -> NDArray[Any] | None:
        """Return SENT or a task's output at a point; None if there is none."""
        return self.arrays.get(f"{self.position}/{point.id}/{name}")

    def of(self, cut: str, method: str) -> list[Point]:
        """Return a method's points that have pictures, the uncoded one first, then by codec from fine to coarse."""
        return [point for point in self.points if (point.run.cut, point.run.method) == (cut, method)]

    def uncoded(self, cut: str, method: str) -> Point | None:
        """Return the point of what is sent before a codec sees it: quantised features, or the image."""
        found = [point for point in self.of(cut, method) if point.codec == UNCODED]
        return max(found, key=lambda point: point.quality == QUANTISED, default=None)

    def coded_losslessly(self, point: Point) -> Point | None:
        """Return the point at which the same run is coded losslessly with the fewest bytes; None if there is none."""
        lossless = [key for key, is_lossless in self.lossless.items() if is_lossless]
        coded = [replace(point, codec=codec, quality=quality) for codec, quality in lossless]
        return min((p for p in coded if p in self.sizes), key=lambda p: self.sizes[p], default=None)

    def coding(self, point: Point) -> str:
        """Return how a point is coded: codec and quality."""
        return "not coded" if point.codec == UNCODED else f"{self.codecs[point.codec]} {point.quality}"

    def weight(self, point: Point) -> str:
        """Return what the image weighs at a point, side information included; empty if it is not coded."""
        if point not in self.sizes:
            return ""
        size, rate = self.sizes[point], self.bits.get(point, float("nan")) * self.sizes[point]
        return f"{size:,} B" if pd.isna(rate) else f"{rate:.2f} bpe, {size:,} B"


def point_of(row: dict[Any, Any]) -> Point:
    """Return the point that a table's row is about."""
    return parse_point("{}/{}/seed{}/{}/{}".format(*(row[name] for name in POINT)))


@dataclass(frozen=True)
class ShownTask:
    """A task whose outputs a showcase has, by its name; ``metrics`` are those of the task that are compared."""

    name: str
    task: Any
    metrics: tuple[Metric, ...]

    @property
    def unit(self) -> str:
        """The unit of the first metric; that of the values, too, where they are one number per pixel."""
        return self.metrics[0].unit if self.metrics else ""

    def truth(self, showcase: Showcase) -> NDArray[Any] | None:
        """Return an image's ground truth in the form of an output; None if it has none."""
        found: NDArray[Any] | None = self.task.truth_picture(showcase.fields())
        return found

    def reference(self, showcase: Showcase) -> NDArray[Any] | None:
        """Return what fixes the colours of an image's pictures: its truth, else its first output."""
        outputs = (showcase.output(point, self.name) for point in showcase.points)
        truth = self.truth(showcase)
        return truth if truth is not None else next((output for output in outputs if output is not None), None)

    def picture(self, showcase: Showcase, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return an output, or the truth, as a picture (uint8, H x W x 3)."""
        shown: NDArray[np.uint8] = self.task.picture(values, self.reference(showcase))
        return shown

    def scale(self, showcase: Showcase) -> tuple[float, float] | None:
        """Return the ends of the values that the colours stand for; None for classes, vectors and a constant."""
        reference = self.reference(showcase)
        if self.task.likelihood == "classification" or reference is None or reference.ndim != 2:
            return None
        if not np.isfinite(reference.astype(float)).any():
            return None
        low, high = float(np.nanmin(reference)), float(np.nanmax(reference))
        return (low, high) if high > low else None

    def classes(self, showcase: Showcase) -> dict[str, str]:
        """Return the colour (``#rrggbb``) of every class in an image's truth, by name; nothing for a task without classes."""
        names, reference = showcase.class_names(), self.reference(showcase)
        if self.task.likelihood != "classification" or reference is None:
            return {}
        present = [int(i) for i in np.unique(reference) if 0 <= i < len(names)]
        colours = self.picture(showcase, np.array(present, dtype=reference.dtype)[None])[0]
        return {names[i]: "#" + bytes(colour).hex() for i, colour in zip(present, colours, strict=True)}


def shown_tasks(showcase: Showcase, metrics: Mapping[str, Sequence[Metric]]) -> list[ShownTask]:
    """Return the tasks that have outputs, in the order of ``metrics``, which are by task."""
    found = {name.rpartition("/")[2] for name in showcase.arrays if name.count("/") > 1} - {SENT}
    order = [name for name in metrics if name in found]
    classes = showcase.class_names()
    return [
        ShownTask(name, TASKS.get(name)(classes), tuple(metrics.get(name, ())))
        for name in [*order, *sorted(found - set(order))]
    ]
