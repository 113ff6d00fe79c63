"""What the explorer's viewer shows of each image: what was sent, what came out of it, and what it weighs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.errors import DataError
from compfeat.reports.explorer.pictures import Album
from compfeat.reports.explorer.tables import rounded
from compfeat.reports.labels import number
from compfeat.reports.showcase import BYTES, SENT, Showcase, ShownTask, point_of, shown_tasks
from compfeat.settings.runs import UNCODED, Point
from compfeat.tasks.base import Metric

MOST_BYTES = 11_000_000
"""What all pictures may weigh in the page."""
SIZES = ((None, 1), (None, 2), (1, 2), (1, 4), (1, 8))
"""How many images are shown and how many times smaller, tried in this order until they fit. None is all of them."""
Facts = dict[str, Any]
Row = Mapping[Any, Any]
"""A row of ``per_image.csv``."""
Rows = Mapping[tuple[Point, str], Row]


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
                "pictures": list(album.pictures),
            }
    raise DataError(
        f"pictures.npz: pictures of {album.size_bytes} bytes at an eighth of their size; expected at most {most_bytes}; "
        "show fewer images in the config's showcase.images, or code fewer qualities"
    )


def image(showcase: Showcase, album: Album, tasks: Sequence[ShownTask], rows: Rows) -> Facts:
    """Return one image: its truth and colours by task, and its points by cut, codec, quality and method."""
    known = [shown for shown in tasks if shown.reference(showcase) is not None]
    keys = {shown.name: key for shown in known if (key := key_of(shown, showcase, album))}
    photo = showcase.fields().get("image")
    points = [
        point_facts(showcase, point, seen, album, known, rows.get((point, showcase.image_id)))
        for point, seen in all_points(showcase)
    ]
    return {
        "id": showcase.image_id,
        "position": showcase.position,
        "image": None if photo is None else album.add(photo),
        "truth": {t.name: album.add(t.picture(showcase, own)) for t in known if (own := t.truth(showcase)) is not None},
        "keys": keys,
        "points": points,
    }


def key_of(shown: ShownTask, showcase: Showcase, album: Album) -> Facts | None:
    """Return what the colours of a task mean: its classes, or the ends of its scale with a picture of it; None for neither."""
    if classes := shown.classes(showcase):
        return {"classes": [{"name": name, "colour": colour} for name, colour in classes.items()]}
    ends = shown.scale(showcase)
    if ends is None:
        return None
    ramp = np.repeat(np.linspace(*ends, 128, dtype=np.float32)[None], 8, axis=0)
    low, high = (f"{number(end, 1 if shown.unit else 3)} {shown.unit}".rstrip() for end in ends)
    return {"low": low, "high": high, "ramp": album.add(shown.picture(showcase, ramp), full_size=True)}


def all_points(showcase: Showcase) -> list[tuple[Point, Point]]:
    """Return every point that can be chosen, with the one whose pictures it has: by cut, codec and quality (from fine to coarse) in
    the order of display, then by method.

    Lossless points without pictures of their own have those of what was coded.
    """
    pairs = {point: point for point in showcase.points if point.codec != UNCODED}
    for cut in showcase.cuts():
        for uncoded in filter(None, (showcase.uncoded(cut, method) for method in showcase.labels)):
            lossless = [replace(uncoded, codec=c, quality=q) for (c, q), exact in showcase.lossless.items() if exact]
            pairs |= {p: uncoded for p in lossless if p in showcase.sizes and p not in pairs} | {uncoded: uncoded}
    qualities, labels = list(showcase.lossless), list(showcase.labels)

    def place(pair: tuple[Point, Point]) -> tuple[Any, ...]:
        point, key = pair[0], (pair[0].codec, pair[0].quality)
        return point.run.cut, qualities.index(key) if key in qualities else -1, labels.index(point.run.method)

    return sorted(pairs.items(), key=place)


def point_facts(
    showcase: Showcase, point: Point, seen: Point, album: Album, tasks: Sequence[ShownTask], row: Row | None
) -> Facts:
    """Return a point's keys, what the image weighs and scores there, and the numbers of its pictures."""
    run, size = point.run, showcase.sizes.get(point)
    facts: Facts = {"cut": run.cut, "method": run.method, "seed": str(run.seed), "codec": point.codec}
    # What is not coded is shown as such, whatever it is called: quantised features, or the image.
    facts["quality"] = "" if point.codec == UNCODED else point.quality
    facts |= {name: None if size is None or row is None else int(row[name]) for name in BYTES}
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
            pictures[shown.name] = album.add(shown.picture(showcase, output))
    return facts | {"scores": {shown.name: scores(shown, row) for shown in tasks}, "pictures": pictures}


def scores(shown: ShownTask, row: Row | None) -> str:
    """Return the metrics of one image as text, by the task's own measure; empty where its scores are not single numbers.

    Args:
        row: the image's row of ``per_image.csv``; its columns ``{score}_{task}`` are the scores.
    """
    end = f"_{shown.name}"
    found = {key: value for key, value in (row or {}).items() if key.endswith(end) and pd.notna(value)}
    own = {key.removesuffix(end): np.array([value]) for key, value in found.items()}
    try:
        values = shown.task.measure(own, np.ones((1, 1))) if own else {}
    except KeyError:
        values = {}
    measured = [(m, float(values[m.name][0])) for m in shown.metrics if m.name in values]
    return ", ".join(f"{m.label} {number(x, m.digits)} {m.unit}".rstrip() for m, x in measured if np.isfinite(x))


def sent_error(showcase: Showcase, point: Point, sent: NDArray[Any]) -> float | None:
    """Return the mean absolute difference (grey levels) of a decoded picture from the one that was coded; None without that."""
    uncoded = showcase.uncoded(point.run.cut, point.run.method)
    before = None if uncoded is None else showcase.output(uncoded, SENT)
    return None if before is None else rounded(float(np.abs(sent.astype(float) - before.astype(float)).mean()))
