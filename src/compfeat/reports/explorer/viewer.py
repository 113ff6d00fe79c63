"""What the explorer's viewer shows of each image: what was sent, what came out of it, and what it weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.analysis.showcase import LOSSLESS, quality_number
from compfeat.documents.explorer.pictures import Album, classes, css, disparities, grey, photograph
from compfeat.documents.explorer.tables import rounded
from compfeat.errors import DataError
from compfeat.figures._classes import palette
from compfeat.figures._pictures import BYTES, Showcase, rows_of
from compfeat.grid import UNCODED, Point

MOST_BYTES = 11_000_000
"""What all pictures may weigh in the page."""
SIZES = ((None, 1), (None, 2), (1, 2), (1, 4))
"""How many images are shown and how many times smaller, tried in this order until they fit. None is all of them."""
TASKS = ("segmentation", "disparity", "reconstruction")
IGNORE = 255
Facts = dict[str, Any]


def viewer(showcases: Sequence[Showcase], most_bytes: int = MOST_BYTES) -> Facts:
    """Return the viewer's data: ``pictures`` (base64), ``images``, and ``shrunk``, how many times smaller they are.

    Raises:
        DataError: the showcase has no images, or they are too large for one page.
    """
    if not showcases:
        raise DataError("showcase.npz: holds no images; expected one at least; rerun the stages evaluate and collect")
    for count, factor in SIZES:
        album = Album()
        images = [image(showcase, album, factor) for showcase in showcases[:count]]
        if album.size_bytes <= most_bytes:
            return {
                "images": images,
                "left_out": len(showcases) - len(images),
                "shrunk": factor,
                "pictures": album.pictures,
            }
    raise DataError(
        f"showcase.npz: pictures of {album.size_bytes} bytes at a quarter of their size; expected at most {most_bytes}; "
        "show fewer images in the config's showcase.images, or code fewer qualities"
    )


def image(showcase: Showcase, album: Album, factor: int) -> Facts:
    """Return one image: its truth, the classes in it, and its points by cut, codec, quality and loss."""
    colours = palette(names := [str(name) for name in showcase.arrays.get("class_names", np.array([]))])
    labels = showcase.truth("labels")
    truth_px = showcase.truth("disparity_px")
    high = float(truth_px.max()) if truth_px is not None and truth_px.max() > 0 else 1.0
    made = {
        "segmentation": lambda array: classes(array, colours, factor),
        "disparity": lambda array: disparities(array, high, factor),
        "reconstruction": lambda array: photograph(array, factor),
    }
    present = [] if labels is None else [int(i) for i in np.unique(labels) if i < len(names)]
    points = [point_facts(showcase, point, shown, album, made) for point, shown in with_lossless(showcase)]
    return {
        "id": showcase.image_id,
        "position": showcase.position,
        "truth": truth(showcase, album, colours, high, factor),
        "high_px": rounded(high),
        "classes": [{"name": names[i], "colour": css([colours[i]])[0]} for i in present],
        "points": points,
    }


def truth(showcase: Showcase, album: Album, colours: NDArray[np.uint8], high: float, factor: int) -> dict[str, int]:
    """Return the numbers of the pictures that a task's output is held against; of trained tasks alone."""
    pictures: dict[str, int] = {}
    trained = {task for task in TASKS for point in showcase.points if showcase.output(point, task) is not None}
    photo, labels, px = (showcase.truth(name) for name in ("image", "labels", "disparity_px"))
    if photo is not None:
        pictures["image"] = album.add(photograph(photo, factor))
    if labels is not None and "segmentation" in trained:
        pictures["segmentation"] = album.add(classes(labels, colours, factor))
    if px is not None and "disparity" in trained:
        pictures["disparity"] = album.add(disparities(px, high, factor, missing=px <= 0))
    return pictures


def with_lossless(showcase: Showcase) -> list[tuple[Point, Point]]:
    """Return every point that can be chosen, with the one whose pictures it has: a lossless one has the quantised features'."""
    pairs = [(point, point) for point in showcase.points]
    keys = showcase.per_image[["codec", "quality"]].drop_duplicates()
    codecs = sorted(keys.loc[keys["quality"] == LOSSLESS, "codec"])
    quantised = [p for p in showcase.points if (p.codec, p.quality) == (UNCODED, "u8")]
    pairs += [(replace(p, codec=codec, quality=LOSSLESS), p) for p in quantised for codec in codecs]
    return sorted(pairs, key=lambda pair: finest_first(showcase, pair[0]))


def finest_first(showcase: Showcase, point: Point) -> tuple[Any, ...]:
    """Return what sorts points: by cut and codec (not coded first), then from the largest file to the smallest."""
    return (
        point.run.cut,
        point.codec != UNCODED,
        point.codec,
        -(showcase.size_bytes(point) or 0) if point.run.loss == showcase.losses()[0] else 0,
        quality_number(point),
    )


def point_facts(showcase: Showcase, point: Point, shown: Point, album: Album, made: dict[str, Any]) -> Facts:
    """Return a point's keys, what the image weighs and scores there, and the numbers of its pictures."""
    run = point.run
    facts: Facts = {"cut": run.cut, "loss": run.loss, "seed": str(run.seed)}
    facts |= {"codec": point.codec, "quality": point.quality}
    row = rows_of(showcase.per_image, point)
    coded = showcase.size_bytes(point) is not None
    facts |= {name: int(row[name].iloc[0]) if coded else None for name in BYTES}
    facts |= {"bytes": showcase.size_bytes(point), "rate": rounded(showcase.rate_bpe(point))}
    pictures: dict[str, int] = {}
    tiles = showcase.output(shown, "tiles")
    if tiles is not None:
        pictures["decoded"] = album.add(grey(tiles))
        facts |= {"tiles_px": [int(n) for n in tiles.shape], "code_error": code_error(showcase, shown, tiles)}
    for task in TASKS:
        output = showcase.output(shown, task)
        if output is not None:
            pictures[task] = album.add(made[task](output))
    return facts | {"scores": scores(showcase, shown, row), "pictures": pictures}


def code_error(showcase: Showcase, point: Point, tiles: NDArray[Any]) -> float | None:
    """Return the mean absolute difference (codes) of decoded tiles from the quantised ones; None where these are not kept."""
    sent = showcase.output(Point(point.run, UNCODED, "u8"), "tiles")
    return None if sent is None else rounded(float(np.abs(tiles.astype(float) - sent.astype(float)).mean()))


def scores(showcase: Showcase, point: Point, row: pd.DataFrame) -> Facts:
    """Return how well the tasks do on this one image: pixels labelled right (%), PSNR (dB), disparity RMSE (px)."""
    found: Facts = {}
    labels, classed = showcase.truth("labels"), showcase.output(point, "segmentation")
    if labels is not None and classed is not None and (labels != IGNORE).any():
        known = labels != IGNORE
        found["segmentation"] = rounded(100 * float((classed[known] == labels[known]).mean()))
    errors = {name: mean_square(row, name) for name in ("reconstruction", "disparity")}
    if errors["reconstruction"]:
        found["reconstruction"] = rounded(float(-10 * np.log10(errors["reconstruction"])))
    if errors["disparity"] is not None:
        found["disparity"] = rounded(float(np.sqrt(errors["disparity"])))
    return found


def mean_square(row: pd.DataFrame, error: str) -> float | None:
    """Return the mean squared error of an image; None where the task was not trained or has no scored pixel."""
    if row.empty or f"sse_{error}" not in row or pd.isna(row[f"sse_{error}"].iloc[0]) or not row[f"n_{error}"].iloc[0]:
        return None
    return float(row[f"sse_{error}"].iloc[0]) / float(row[f"n_{error}"].iloc[0])
