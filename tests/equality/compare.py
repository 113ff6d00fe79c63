"""Compare a run with the hashes of an earlier one whose files lay elsewhere: ``python tests/equality/compare.py --help``.

``earlier.csv`` has the SHA-256 of the default run before methods, trainings and codecs became data (of its record: weights,
bitstreams, side information, ledgers, the quantised features, and every image's scores). The same numbers are made anew from this
run's files in the earlier files' own form and compared. Run ``snakemake --configfile tests/equality/earlier.yaml evaluate_all``
first. Exit status: 0 where all is equal, 1 where not.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from compfeat.arrays import read_arrays
from compfeat.codecs.quantiser import quantise
from compfeat.codecs.tiling import tile

HERE = Path(__file__).parent
SCORES = ("sse_reconstruction", "n_reconstruction", "sse_disparity", "n_disparity")
COLUMNS = (*SCORES, "sse_disparity_authors", "n_disparity_authors")


def earlier_features(path: Path) -> bytes:
    """Return a features file in its earlier form: minimum, maximum and tiled codes of each image, from float32 features."""
    features = np.load(path, mmap_mode="r")
    records = []
    for tensor in features:
        quantised = quantise(np.array(tensor), 8)
        records.append((quantised.minimum, quantised.maximum, tile(quantised.codes)))
    shape = records[0][2].shape
    dtype = np.dtype([("minimum", "<f4"), ("maximum", "<f4"), ("tiles", "u1", shape)])
    buffer = io.BytesIO()
    np.save(buffer, np.array(records, dtype))
    return buffer.getvalue()


def earlier_scores(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield quality, file name and bytes of the earlier files of every quality in a ``scores.npz``."""
    arrays = read_arrays(path)
    for quality in sorted({name.partition("/")[0] for name in arrays if "/" in name}):
        table = pd.DataFrame({"image_id": arrays["image_id"]})
        for column in COLUMNS:
            score, _, task = column.partition("_")
            task, _, convention = task.partition("_")
            table[column] = arrays[f"{quality}/{task}/{score}{f'_{convention}' if convention else ''}"]
        yield quality, "images.csv", table.to_csv(index=False, lineterminator="\n").encode()
        buffer = io.BytesIO()
        np.save(buffer, arrays[f"{quality}/segmentation/confusion"].astype(np.int32))
        yield quality, "confusion.npy", buffer.getvalue()


def found(output: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the earlier path and the bytes of everything in ``output`` that the earlier run had, too."""
    for folder, names in (
        ("train", ["weights.safetensors"]),
        ("encode", ["stream.bin", "side_info.bin", "ledger.csv"]),
    ):
        for name in names:
            for path in sorted((output / folder).rglob(name)):
                yield f"results/{path.relative_to(output)}", path.read_bytes()
    for path in sorted((output / "features").rglob("val.npy")):
        yield f"results/{path.relative_to(output).parent}/features.npy", earlier_features(path)
    for path in sorted((output / "evaluate").rglob("scores.npz")):
        for quality, name, data in earlier_scores(path):
            yield f"results/{path.relative_to(output).parent}/{quality}/{name}", data


def main() -> int:
    """Compare; print a line a kind of file, and every file that differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="results folder of the run")
    parser.add_argument(
        "--earlier", type=Path, default=HERE / "earlier.csv", help="path and sha256 of the earlier files"
    )
    args = parser.parse_args()
    listed = pd.read_csv(args.earlier, dtype=str)
    expected = dict(zip(listed["path"], listed["sha256"], strict=True))
    counts: dict[str, list[int]] = {}
    for path, data in found(args.output):
        if path not in expected:
            continue
        equal = hashlib.sha256(data).hexdigest() == expected.pop(path)
        kind = counts.setdefault(Path(path).name, [0, 0])
        kind[0 if equal else 1] += 1
        if not equal:
            print(f"differs: {path}")
    for name, (equal_files, other) in sorted(counts.items()):
        print(f"{name:22} {equal_files} equal, {other} different")
    for absent in expected:
        print(f"missing: {absent}")
    return int(bool(expected) or any(other for _, other in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
