"""What the explorer's viewer shows of each image: what was sent, what came out of it, and what it weighs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.experiment.runs import UNCODED, Point
from compfeat.reports.explorer.pictures import Album
from compfeat.reports.explorer.tables import rounded
from compfeat.reports.showcase import BYTES, SENT, Showcase, point_of
from compfeat.reports.words import number
from compfeat.tasks.base import Metric

MOST_BYTES = 11_000_000
"""What all pictures may weigh in the page."""
SIZES = ((None, 1), (None, 2), (1, 2), (1, 4), (1, 8))
"""How many images are shown and how many times smaller, tried in this order until they fit. None is all of them."""
Facts = dict[str, Any]
Array = NDArray[Any]
Row = Mapping[Any, Any]
"""A row of ``per_image.csv``."""
Rows = Mapping[tuple[Point, str], Row]


@dataclass(frozen=True)
class Shown:
    """A task of the showcase.

    Attributes:
        name: the task's.
        task: the task itself.
        metrics: those of the task that are compared.
    """

    name: str
    task: Any
    metrics: tuple[Metric, ...]

    def truth(self, showcase: Showcase) -> Array | None:
        """Return an image's ground truth in the form of an output; None where it has none."""
        found: Array | None = self.task.truth_picture(showcase.fields())
        return found

    def reference(self, showcase: Showcase) -> Array | None:
        """Return what fixes the colours of an image's pictures: its truth, else its first output."""
        outputs = (showcase.output(point, self.name) for point in showcase.points)
        truth = self.truth(showcase)
        return truth if truth is not None else next((output for output in outputs if output is not None), None)

    def scores(self, row: Row | None) -> str:
        """Return the metrics of one image as text, by the task's own measure; empty where its scores are not single numbers.

        Args:
            row: the image's row of ``per_image.csv``; its columns ``{score}_{task}`` are the scores.
        """
        end = f"_{self.name}"
        own = {
            key.removesuffix(end): np.array([value])
            for key, value in (row or {}).items()
            if key.endswith(end) and pd.notna(value)
        }
        try:
            values = self.task.measure(own, np.ones((1, 1))) if own else {}
        except KeyError:
            values = {}
        scores = []
        for metric in self.metrics:
            value = float(values[metric.name][0]) if metric.name in values else float("nan")
            if np.isfinite(value):
                scores.append(f"{metric.label} {number(value, metric.digits)} {metric.unit}".rstrip())
        return ", ".join(scores)


def viewer(
    showcases: Sequence[Showcase],
    per_image: pd.DataFrame,
    metrics: Mapping[str, Sequence[Metric]],
    most_bytes: int = MOST_BYTES,
) -> Facts:
    """Return the viewer's data: ``pictures`` (base64), ``tasks``, ``images``, and ``shrunk``, how many times smaller they are.

    Raises:
        DataError: there are no images, or they are too large for one page.
    """
    if not showcases:
        raise DataError("pictures.npz: no images in it; expected one at least; rerun the stages evaluate and gather")
    rows: Rows = {(point_of(r), str(r["image_id"])): r for r in per_image.to_dict("records")}
    tasks = shown_tasks(showcases[0], metrics)
    for count, factor in SIZES:
        album = Album(factor)
        images = [image(showcase, album, tasks, rows) for showcase in showcases[:count]]
        if album.size_bytes <= most_bytes:
            return {
                "tasks": [{"name": shown.name, "title": shown.task.title} for shown in tasks],
                "images": images,
                "left_out": len(showcases) - len(images),
                "shrunk": factor,
                "pictures": album.pictures,
            }
    raise DataError(
        f"pictures.npz: pictures of {album.size_bytes} bytes at an eighth of their size; expected at most {most_bytes}; "
        "show fewer images in the config's showcase.images, or code fewer qualities"
    )


def shown_tasks(showcase: Showcase, metrics: Mapping[str, Sequence[Metric]]) -> list[Shown]:
    """Return the tasks that have outputs, in the order of ``metrics``, which are by task."""
    from compfeat.tasks.base import TASKS

    found = {name.rpartition("/")[2] for name in showcase.arrays if name.count("/") > 1} - {SENT}
    order = [name for name in metrics if name in found]
    names = [*order, *sorted(found - set(order))]
    classes = showcase.class_names()
    return [Shown(n, TASKS.get(n)(classes), tuple(metrics.get(n, ()))) for n in names]


def image(showcase: Showcase, album: Album, tasks: Sequence[Shown], rows: Rows) -> Facts:
    """Return one image: its truth and colours by task, and its points by cut, codec, quality and method."""
    references = {shown.name: shown.reference(showcase) for shown in tasks}
    known = [shown for shown in tasks if references[shown.name] is not None]
    truths, keys = {}, {}
    for shown in known:
        truth = shown.truth(showcase)
        if truth is not None:
            truths[shown.name] = album.add(shown.task.picture(truth, references[shown.name]))
        keys[shown.name] = key_of(shown, references[shown.name], showcase.class_names(), album)
    photo = showcase.fields().get("image")
    points = [
        point_facts(showcase, point, seen, album, known, references, rows.get((point, showcase.image_id)))
        for point, seen in all_points(showcase)
    ]
    return {
        "id": showcase.image_id,
        "position": showcase.position,
        "image": None if photo is None else album.add(photo),
        "truth": truths,
        "keys": {name: key for name, key in keys.items() if key},
        "points": points,
    }


def key_of(shown: Shown, reference: Any, names: Sequence[str], album: Album) -> Facts | None:
    """Return what the colours of a task mean: its classes, or the ends of its scale with a picture of it; None for neither."""
    if shown.task.likelihood == "classification":
        present = [int(i) for i in np.unique(reference) if 0 <= i < len(names)]
        colours = shown.task.picture(np.array(present, dtype=reference.dtype)[None], reference)[0]
        shades = ["#" + "".join(f"{int(part):02x}" for part in colour) for colour in colours]
        return {"classes": [{"name": names[i], "colour": c} for i, c in zip(present, shades, strict=True)]}
    if reference.ndim != 2 or not np.isfinite(reference.astype(float)).any():
        return None
    low, high = (float(end(reference)) for end in (np.nanmin, np.nanmax))
    ramp = np.repeat(np.linspace(low, high, 128, dtype=np.float32)[None], 8, axis=0)
    unit = shown.metrics[0].unit if shown.metrics else ""
    digits = 1 if unit else 3
    ends = [f"{number(end, digits)} {unit}".rstrip() for end in (low, high)]
    return {"low": ends[0], "high": ends[1], "ramp": album.add(shown.task.picture(ramp, reference), full_size=True)}


def all_points(showcase: Showcase) -> list[tuple[Point, Point]]:
    """Return every point that can be chosen, with the one whose pictures it has, in the order of display.

    Lossless points without pictures of their own have those of what was coded.
    """
    pairs = []
    for cut in showcase.cuts():
        for method in showcase.labels:
            own = showcase.of(cut, method)
            uncoded = showcase.uncoded(cut, method)
            if uncoded is not None:
                pairs.append((uncoded, uncoded))
                lossless = (
                    replace(uncoded, codec=codec, quality=quality)
                    for (codec, quality), is_lossless in showcase.lossless.items()
                    if is_lossless
                )
                pairs += [(point, uncoded) for point in lossless if point in showcase.sizes and point not in own]
            pairs += [(point, point) for point in own if point.codec != UNCODED]
    return sorted(pairs, key=lambda pair: place(showcase, pair[0]))


def place(showcase: Showcase, point: Point) -> tuple[Any, ...]:
    """Return what sorts points: by cut, codec and quality (from fine to coarse) in the order of display, then by method."""
    qualities, labels = list(showcase.lossless), list(showcase.labels)
    key = (point.codec, point.quality)
    return point.run.cut, qualities.index(key) if key in qualities else -1, labels.index(point.run.method)


def point_facts(
    showcase: Showcase,
    point: Point,
    seen: Point,
    album: Album,
    tasks: Sequence[Shown],
    references: dict[str, Any],
    row: Row | None,
) -> Facts:
    """Return a point's keys, what the image weighs and scores there, and the numbers of its pictures."""
    run, coded = point.run, point in showcase.sizes
    # What is not coded is shown as such, whatever it is called: quantised features, or the image.
    facts: Facts = {"cut": run.cut, "method": run.method, "seed": str(run.seed), "codec": point.codec}
    facts["quality"] = "" if point.codec == UNCODED else point.quality
    facts |= {name: int(row[name]) if coded and row is not None else None for name in BYTES}
    size = showcase.sizes.get(point)
    facts |= {"bytes": size, "rate": None if size is None else rounded(float(showcase.bits.get(point, np.nan)) * size)}
    pictures: dict[str, int] = {}
    sent = showcase.output(seen, SENT)
    if sent is not None:
        pictures[SENT] = album.add(sent, full_size=sent.ndim == 2)
        facts |= {"sent_px": [int(n) for n in sent.shape[:2]], "error": sent_error(showcase, seen, sent)}
        facts["image"] = sent.ndim == 3
    for shown in tasks:
        output = showcase.output(seen, shown.name)
        if output is not None:
            pictures[shown.name] = album.add(shown.task.picture(output, references[shown.name]))
    return facts | {"scores": {shown.name: shown.scores(row) for shown in tasks}, "pictures": pictures}


def sent_error(showcase: Showcase, point: Point, sent: Array) -> float | None:
    """Return the mean absolute difference (grey levels) of a decoded picture from the one that was coded; None without that."""
    uncoded = showcase.uncoded(point.run.cut, point.run.method)
    before = None if uncoded is None else showcase.output(uncoded, SENT)
    return None if before is None else rounded(float(np.abs(sent.astype(float) - before.astype(float)).mean()))
