"""Render street scenes, written in the layout of Cityscapes, with a manifest of their files."""

from __future__ import annotations

import hashlib
import multiprocessing
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pandas as pd
from pydantic import Field
from tqdm import tqdm

from compfeat.errors import ConfigError, ToolError
from compfeat.io import own_path, write_csv
from compfeat.scenes.writing import CITIES, KINDS, write_scene
from compfeat.settings.runs import Split
from compfeat.settings.section import Section

Job = tuple[str, str, int, int, tuple[int, int]]
Row = tuple[str, str, int]


class RenderSettings(Section):
    """What is rendered."""

    root: str = Field(description="folder to write the dataset into")
    split: Split
    images: int = Field(ge=1, description="number of scenes")
    size: tuple[int, int] = Field(description="height and width (px)")
    seed: int = Field(ge=0, description="of all scenes")


def _render_one(job: Job) -> list[Row]:
    """Write one scene; return (path relative to the root, sha256, size in bytes) of its files."""
    root = Path(job[0])
    rows = []
    for path in write_scene(root, *job[1:]):
        data = path.read_bytes()
        rows.append((path.relative_to(root).as_posix(), hashlib.sha256(data).hexdigest(), len(data)))
    return rows


def _render_all(jobs: list[Job], processes: int) -> Iterator[list[Row]]:
    """Yield the rows of every job in order; the result is the same for any number of processes."""
    workers = min(processes, len(jobs))
    try:
        spawn = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, mp_context=spawn) if workers > 1 else None
    except (OSError, ImportError, NotImplementedError) as error:
        # They share semaphores, which lie in /dev/shm.
        tqdm.write(f"render: no {workers} processes can work together here ({error}); rendering in one")
        pool = None
    if pool is None:
        yield from map(_render_one, jobs)
        return
    with pool:
        try:
            yield from pool.map(_render_one, jobs, chunksize=8)
        except BrokenProcessPool:
            raise ToolError("a rendering process was killed (out of memory?); use fewer --processes") from None


def _remove_stale(root: Path, split: str, keep: set[str]) -> None:
    """Remove the files of rendered scenes of ``split`` that are not among ``keep``; touches nothing else."""
    for folder, end in KINDS.values():
        for city in CITIES[split]:
            name = re.compile(rf"{city}_\d{{6}}_000019{re.escape(end)}")
            for path in sorted((root / folder / split / city).glob(f"{city}_*")):
                if name.fullmatch(path.name) and path.relative_to(root).as_posix() not in keep:
                    path.unlink()


def render(*, settings: RenderSettings, processes: int = 1, manifest: Path) -> None:
    """Render a split's street scenes, and write a manifest of their files last.

    Args:
        settings: what is rendered.
        processes: how many render at a time; the result is the same for any number.
        manifest: output: CSV of the files written, relative to the root.

    Raises:
        ConfigError: a size that cannot be rendered, or no process to render with.
    """
    s = settings
    if processes < 1:
        raise ConfigError(f"--processes: found {processes}; expected at least 1")
    root = own_path(s.root)
    jobs: list[Job] = [(str(root), s.split, i, s.seed, s.size) for i in range(s.images)]
    progress = tqdm(_render_all(jobs, processes), total=len(jobs), desc=f"render {s.split}", unit="scene")
    rows = sorted(row for scene in progress for row in scene)
    _remove_stale(root, s.split, {path for path, _, _ in rows})
    write_csv(manifest, pd.DataFrame(rows, columns=["path", "sha256", "size_bytes"]))
