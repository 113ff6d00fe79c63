"""Stage render: rendered street scenes, written in the layout of Cityscapes, and a manifest of their files."""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from compfeat.datasets import SPLITS
from compfeat.datasets.streets import CITIES, KINDS, write_scene
from compfeat.errors import ConfigError, ToolError
from compfeat.io import write_csv

Job = tuple[str, str, int, int, tuple[int, int]]
Row = tuple[str, str, int]


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compfeat render", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder to write the dataset into")
    parser.add_argument("--split", choices=SPLITS, required=True)
    parser.add_argument("--images", type=int, required=True, help="number of scenes")
    parser.add_argument("--height", type=int, default=128)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--manifest", type=Path, required=True, help="CSV of the files written, relative to the root")
    args = parser.parse_args(argv)
    for name, least in (("images", 1), ("seed", 0), ("processes", 1)):
        if getattr(args, name) < least:
            raise ConfigError(f"--{name}: found {getattr(args, name)}; expected at least {least}")
    return args


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
    if processes == 1:
        yield from map(_render_one, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(jobs)), mp_context=context) as pool:
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


def main(argv: Sequence[str]) -> None:
    """Render a split and write its manifest last.

    Raises:
        ConfigError: a flag's value cannot be used.
    """
    args = _arguments(argv)
    jobs: list[Job] = [
        (str(args.root), args.split, i, args.seed, (args.height, args.width)) for i in range(args.images)
    ]
    progress = tqdm(_render_all(jobs, args.processes), total=len(jobs), desc=f"render {args.split}", unit="scene")
    rows = sorted(row for scene in progress for row in scene)
    _remove_stale(args.root, args.split, {path for path, _, _ in rows})
    write_csv(args.manifest, pd.DataFrame(rows, columns=["path", "sha256", "size_bytes"]))
