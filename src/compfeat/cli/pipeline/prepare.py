"""Resize and pack a split of a dataset into one file, with an index of its sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field
from tqdm import tqdm

from compfeat.datasets.base import DATASETS, IMAGE, Sample
from compfeat.datasets.packed import Packed, open_packed, pack, record_dtype, write_packed
from compfeat.datasets.sources import Listing, render_changes
from compfeat.errors import DataError
from compfeat.io import own_path, read_csv, sha256_of, write_csv, write_json
from compfeat.settings.runs import Split
from compfeat.settings.section import Section
from compfeat.tasks.base import TASKS


class PrepareSettings(Section):
    """What is read and packed."""

    dataset: str = Field(description="a module of compfeat.datasets")
    root: str = Field(description="the dataset's folder")
    split: Split
    tasks: tuple[str, ...] = Field(min_length=1, description="the tasks whose truth is packed")
    size: tuple[int, int] = Field(description="height and width (px)")
    limit: int | None = Field(None, ge=1, description="take at most this many images, the first ones")


def prepare(
    *,
    settings: PrepareSettings,
    manifest: Path | None = None,
    arrays: Path,
    index: Path,
    info: Path,
    class_shares: Path,
) -> None:
    """Resize and pack a split of a dataset into one file, with an index of its sources.

    The arrays are written first, then the index, then the info.

    Args:
        settings: what is read and packed.
        manifest: CSV of what was rendered (path, sha256), to check the files against.
        arrays: output: packed scenes.
        index: output: CSV of the images, with the hashes of their files.
        info: output: JSON about the split.
        class_shares: output: JSON of the share of pixels that are of each class, by task with classes.

    Raises:
        ConfigError: an unknown dataset or task.
        DataError: a folder or file is missing, damaged, of the wrong kind, or not as it was rendered.
    """
    s = settings
    dataset, root = DATASETS.get(s.dataset)(), own_path(s.root)
    truths = [truth for task in s.tasks for truth in TASKS.get(task).truths]
    fields = list(dict.fromkeys([IMAGE, *(truth.source for truth in truths)]))
    samples = dataset.samples(root, s.split, fields)
    if manifest is not None:
        check_rendered(samples, root, manifest)
    samples = samples[: s.limit]
    height, width = s.size
    dtype = record_dtype(height, width, truths)
    rows: list[dict[str, Any]] = []

    def records() -> Iterator[Packed]:
        for sample in tqdm(samples, desc=f"prepare {s.split}", unit="image"):
            scene = dataset.read(sample)
            hashes = {f"{field}_sha256": sha256_of(path) for field, path in sample.files.items()}
            source_height, source_width = scene[IMAGE].shape[:2]
            sizes = {"source_height": source_height, "source_width": source_width}
            rows.append({"image_id": sample.image_id, **hashes, **sizes})
            yield pack(scene, truths, dtype)

    write_packed(arrays, dtype, len(samples), records())
    write_csv(index, pd.DataFrame(rows))
    about = {"dataset": s.dataset, "split": s.split, "class_names": list(dataset.class_names), "tasks": list(s.tasks)}
    write_json(info, about | {"height": height, "width": width, "n_images": len(samples)})
    packed, tasks = open_packed(arrays), {name: TASKS.get(name)(dataset.class_names) for name in s.tasks}
    shares = {name: task.class_shares(packed) for name, task in tasks.items()}
    write_json(class_shares, {name: array.tolist() for name, array in shares.items() if array is not None})


def check_rendered(samples: Sequence[Sample], root: Path, manifest: Path) -> None:
    """Raise DataError where a file is not what ``manifest`` says was rendered, is gone, or was added."""
    read_csv(manifest, ["path", "sha256"])
    problem = render_changes(Listing(tuple(samples)), root, manifest, manifest.parent / "no" / "memory")
    if problem:
        raise DataError(problem)
