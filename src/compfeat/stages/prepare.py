"""Stage prepare: a split of a dataset, resized and packed into one file, with an index of its sources."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from compfeat.datasets import DATASETS, SPLITS, TASKS, Dataset, Sample
from compfeat.datasets._pack import pack
from compfeat.datasets.packed import Packed, record_dtype, write_packed
from compfeat.errors import ConfigError
from compfeat.io import write_csv, write_json

COLUMNS = ["image_id", "image_sha256", "labels_sha256", "disparity_sha256", "source_height", "source_width"]


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compfeat prepare", description=__doc__)
    parser.add_argument("--dataset", required=True, help=f"one of {', '.join(DATASETS.names())}")
    parser.add_argument("--root", type=Path, required=True, help="the dataset's folder")
    parser.add_argument("--split", choices=SPLITS, required=True)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, required=True)
    parser.add_argument("--height", type=int, required=True)
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--limit", type=int, help="take only the first so many images")
    parser.add_argument("--arrays", type=Path, required=True, help="packed scenes to write (.npy)")
    parser.add_argument("--index", type=Path, required=True, help="CSV of the images to write")
    parser.add_argument("--info", type=Path, required=True, help="JSON about the split to write")
    args = parser.parse_args(argv)
    for name in ("height", "width", "limit"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise ConfigError(f"--{name}: found {value}; expected at least 1")
    return args


def _sha256(path: Path | None) -> str:
    """Return the hash of a file, empty where there is none."""
    if path is None or not path.exists():
        return ""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _records(
    dataset: Dataset, samples: list[Sample], dtype: np.dtype[np.void], rows: list[list[Any]], split: str
) -> Iterator[Packed]:
    """Yield every sample's packed record, and append its line of the index to ``rows``."""
    for sample in tqdm(samples, desc=f"prepare {split}", unit="image"):
        scene = dataset.read(sample)
        hashes = [_sha256(path) for path in (sample.image, sample.labels, sample.disparity)]
        rows.append([sample.image_id, *hashes, *scene.image.shape[:2]])
        yield pack(scene, dtype)


def main(argv: Sequence[str]) -> None:
    """Pack a split; the arrays are written first, then the index, then the info.

    Raises:
        ConfigError: an unknown dataset, or a flag's value that cannot be used.
        DataError: a folder or file that the tasks need is missing or damaged.
    """
    args = _arguments(argv)
    tasks = tuple(task for task in TASKS if task in args.tasks)
    dataset = DATASETS.get(args.dataset)()
    samples = dataset.samples(args.root, args.split, tasks)[: args.limit]
    dtype, rows = record_dtype(args.height, args.width, tasks), []  # type: tuple[np.dtype[np.void], list[list[Any]]]
    write_packed(args.arrays, dtype, len(samples), _records(dataset, samples, dtype, rows, args.split))
    write_csv(args.index, pd.DataFrame(rows, columns=COLUMNS))
    info = {
        "dataset": args.dataset,
        "split": args.split,
        "class_names": list(dataset.class_names),
        "tasks": list(tasks),
        "height": args.height,
        "width": args.width,
        "n_images": len(samples),
    }
    write_json(args.info, info)
