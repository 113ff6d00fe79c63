"""Gather every point's results into tables: ``python -m compfeat summarise --help``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from compfeat.analysis.bd_rate import Rules
from compfeat.analysis.bd_table import bd_rate_table
from compfeat.analysis.headline import headline_table, markdown_table, readable
from compfeat.analysis.points import (
    LEDGER_BYTES,
    Measured,
    check_common_images,
    per_image_table,
    point_row,
    points_table,
)
from compfeat.analysis.published import published_bd_rate, published_images, published_paired, read_published
from compfeat.errors import ConfigError, DataError
from compfeat.grid import UNCODED, Layout, Point, Run, parse_point
from compfeat.io import read_csv, read_json, write_csv, write_text

NETWORK_KEYS = ("tasks", "channels", "feature_height", "feature_width", "input_height", "input_width")
RUN_COLUMNS = ["cut", "loss", "seed"]
OUTPUTS = (
    "points.csv",
    "per_image.csv",
    "epochs.csv",
    "bd_rate.csv",
    "headline.csv",
    "headline.md",
    "ladders.csv",
    "published_points.csv",
    "published_bd_rate.csv",
    "published_paired.csv",
    "published_images.csv",
)
"""All files that this stage writes into the folder ``summarise``."""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    p = argparse.ArgumentParser(prog="python -m compfeat summarise", description=__doc__)
    p.add_argument("--dataset", required=True, metavar="NAME", help="the dataset's name, for the points table")
    p.add_argument("--output", required=True, metavar="DIR", help="the results folder: all is read and written there")
    p.add_argument("--prepared", default="data/prepared", metavar="DIR", help="folder of packed data (not read)")
    p.add_argument("--points", nargs="+", required=True, metavar="ID", help="CUT/LOSS/seedN/CODEC/QUALITY, uncoded too")
    p.add_argument(
        "--ladders", required=True, metavar="JSON", help='e.g. {"published": ["png", "jpeg"], "hevc": ["hevc"]}'
    )
    p.add_argument("--frontier", action=argparse.BooleanOptionalAction, default=False, help="fit efficient points only")
    p.add_argument("--min-overlap", type=float, default=Rules.min_overlap, metavar="SHARE", help="least shared range")
    p.add_argument("--published", type=Path, required=True, metavar="DIR", help="the authors' numbers")
    return p


def main(argv: Sequence[str]) -> None:
    """Read the results of all points and write OUTPUTS."""
    args = parser().parse_args(argv)
    layout = Layout(args.output, args.prepared)
    ladders = parse_ladders(args.ladders)
    points = sorted({parse_point(text) for text in args.points})
    table, per_image = gather(read_points(layout, points), args.dataset)
    bd_rates = bd_rate_table(table, ladders, Rules(frontier=args.frontier, min_overlap=args.min_overlap))
    headline = headline_table(bd_rates, table)
    published, sizes = read_published(args.published)
    tables = {
        "points.csv": table,
        "per_image.csv": per_image,
        "epochs.csv": read_epochs(layout, sorted({point.run for point in points})),
        "bd_rate.csv": bd_rates,
        "headline.csv": headline,
        "ladders.csv": pd.DataFrame([(n, c) for n in sorted(ladders) for c in ladders[n]], columns=["ladder", "codec"]),
        "published_points.csv": published,
        "published_bd_rate.csv": published_bd_rate(published),
        "published_paired.csv": published_paired(sizes),
        "published_images.csv": published_images(sizes),
    }
    for name, content in tables.items():
        write_csv(Path(layout.summary(name)), content)
    write_text(Path(layout.summary("headline.md")), markdown_table(*readable(headline)))
    print(f"summarise: {len(table)} points, {len(bd_rates)} BD-rates -> {layout.summary('')}")


def parse_ladders(text: str) -> dict[str, list[str]]:
    """Return the ladders, each a list of codec names.

    Raises:
        ConfigError: the text is not JSON, or not an object of lists of names.
    """
    expected = 'expected JSON such as {"hevc": ["hevc"]}, from a ladder to its codecs'
    try:
        ladders = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"--ladders: {text!r} is not JSON ({error}); {expected}") from None
    lists = isinstance(ladders, dict) and all(isinstance(codecs, list) and codecs for codecs in ladders.values())
    if not lists or not all(isinstance(codec, str) for codecs in ladders.values() for codec in codecs):
        raise ConfigError(f"--ladders: found {text!r}; {expected}")
    return {str(name): list(codecs) for name, codecs in ladders.items()}


def gather(points: Iterable[Measured], dataset: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the points table and the per-image table; holds one point's files at a time."""
    rows, images = [], []
    for measured in points:
        rows.append(point_row(dataset, measured))
        images.append(per_image_table(measured))
    per_image = pd.concat(images, ignore_index=True)
    check_common_images(per_image)
    return points_table(rows), per_image


def read_points(layout: Layout, points: Sequence[Point]) -> Iterator[Measured]:
    """Read what is known of each point.

    Raises:
        DataError: a file is missing or lacks something; the message names it.
    """
    for point in points:
        description = Path(layout.description(point.run))
        network = read_json(description)
        missing = [key for key in NETWORK_KEYS if key not in network]
        if missing:
            raise DataError(f"{description}: lacks key {missing[0]!r}; rerun the stage train")
        ledger = None
        if point.codec != UNCODED:
            ledger = _read_images(Path(layout.ledger(point)), list(LEDGER_BYTES))
        segmented = "segmentation" in network["tasks"]
        confusion = _read_confusion(Path(layout.confusion(point))) if segmented else None
        yield Measured(point, network, _read_images(Path(layout.images(point)), []), confusion, ledger)


def read_epochs(layout: Layout, runs: Sequence[Run]) -> pd.DataFrame:
    """Return the training curves of all runs below each other, with cut, loss and seed as the first columns.

    Raises:
        DataError: a file is missing, or has a column of one of these names already.
    """
    tables = []
    for run in runs:
        path = Path(layout.epochs(run))
        table = read_csv(path, ["epoch"])
        taken = [name for name in RUN_COLUMNS if name in table.columns]
        if taken:
            raise DataError(f"{path}: column {taken[0]!r} would clash with the run's own; rename it in the stage train")
        tables.append(
            pd.concat([pd.DataFrame([[run.cut, run.loss, run.seed]] * len(table), columns=RUN_COLUMNS), table], axis=1)
        )
    return pd.concat(tables, ignore_index=True)


def _read_images(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read a table of one row an image; ids stay text even where they look like numbers."""
    table: pd.DataFrame = read_csv(path, ["image_id", *columns])
    # Read again as text: as numbers, ids such as 000123 would lose their zeros.
    return table.assign(image_id=pd.read_csv(path, usecols=["image_id"], dtype="str")["image_id"])


def _read_confusion(path: Path) -> NDArray[np.integer[Any]]:
    """Read the (N, n, n) confusion matrices of a point."""
    try:
        matrices: NDArray[np.integer[Any]] = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise DataError(f"{path}: not found; run the stage that makes it") from None
    except (ValueError, EOFError, OSError) as error:
        raise DataError(f"{path}: not a numpy array ({error}); delete it and rerun the stage evaluate") from None
    if matrices.ndim != 3 or matrices.shape[1] != matrices.shape[2] or matrices.dtype.kind not in "iu":
        raise DataError(f"{path}: found {matrices.dtype} {matrices.shape}; expected integers (N, n, n); rerun evaluate")
    return matrices
