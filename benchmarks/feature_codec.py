"""What fitted laws and contexts save in the codec of features: bytes at the same levels, and milliseconds, per test image.

    .venv/bin/python benchmarks/feature_codec.py results/features/c256/baseline/seed0 [results/fit/c256/task_klt/seed0]

Takes the folder of a run's features and, for a method with the transform ``task_klt``, that of its fitted states.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray

from compfeat.arrays import read_arrays
from compfeat.codecs.base import State
from compfeat.codecs.laplace_tables import LARGEST, TABLES, counted
from compfeat.codecs.plugins.laplace import Laplace, Options
from compfeat.codecs.ranges import LevelCoder
from compfeat.transforms.base import built

HEADER = f"{'quality':<8} {'Laplace':>9} {'laws':>16} {'laws, contexts':>16} {'encode (ms)':>12} {'decode (ms)':>12}"


def features(folder: Path, split: str, states: Path | None) -> NDArray[np.float32]:
    """Return what is coded of a split, N x C x h x w."""
    plain: NDArray[np.float32] = np.load(folder / f"{split}.npy", mmap_mode="r")
    if states is None:
        return plain
    transform = built("task_klt", {}, read_arrays(states / "transform.npz"))
    return np.stack([transform.forward(tensor) for tensor in plain])


def milliseconds(work: Callable[[], object], count: int, repeats: int = 5) -> float:
    """Return the processor time of one of ``count`` images, the best of some repeats: others may use the machine."""
    times = []
    for _ in range(repeats):
        start = process_time()
        work()
        times.append(process_time() - start)
    return 1e3 * min(times) / count


def row(quality: str, state: State, test: NDArray[np.float32]) -> str:
    """Return a line of the table: bytes of the range coder by three laws, and times of all that coding does but files."""
    codec = Laplace(quality, state=state)
    fitted, unmoved = codec._fitted, np.zeros_like(state["shifts"])
    levels = [fitted.levels(item) for item in test]
    laplace = LevelCoder(fitted.tables, counted(np.zeros((TABLES, LARGEST + 1), np.int64)), unmoved)
    laws = LevelCoder(fitted.tables, state["laws"], unmoved)
    coded = [fitted.coder.encode(each) for each in levels]
    before, between = (np.mean([len(coder.encode(each)) for each in levels]) for coder in (laplace, laws))
    after = np.mean([len(data) for data in coded])
    encode = milliseconds(lambda: [fitted.coder.encode(fitted.levels(item)) for item in test], len(test))
    decode = milliseconds(lambda: [fitted.features(fitted.coder.decode(data)) for data in coded], len(test))
    saved = " ".join(f"{size:>8.1f} {100 * (size / before - 1):>5.1f} %" for size in (between, after))
    return f"{quality:<8} {before:>9.1f} {saved} {encode:>12.2f} {decode:>12.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("features", type=Path, help="folder with train.npy and test.npy")
    parser.add_argument("states", type=Path, nargs="?", help="folder with transform.npz of a method with task_klt")
    parser.add_argument("--qualities", nargs="+", default=["d0", "d2", "d4", "d6", "d8"], choices=Laplace.qualities)
    chosen = parser.parse_args(arguments)
    train, test = (features(chosen.features, split, chosen.states) for split in ("train", "test"))
    state = Laplace.fit(train, Options())
    print(
        f"{len(test)} images of {'x'.join(map(str, test.shape[1:]))}; state {sum(a.nbytes for a in state.values())} bytes"
    )
    print(HEADER, flush=True)
    for quality in chosen.qualities:
        print(row(quality, state, test), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
