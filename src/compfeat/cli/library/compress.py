"""Code features."""

from __future__ import annotations

from pathlib import Path

from compfeat.cli.library.files import read_npy
from compfeat.feature_codec import FeatureCodec
from compfeat.io import write_bytes


def compress(
    features: Path,
    *,
    codec: Path,
    out: Path,
    quality: float | None = None,
    step: float | None = None,
    max_bytes: int | None = None,
) -> None:
    """Code features: one image's as a file, those of several as a folder of files, numbered from 000000.cf on.

    Args:
        features: .npy file, C x h x w or N x C x h x w.
        codec: what compfeat fit made.
        out: output: the file, or the folder.
        quality: any number; 0 is fine, each 2 more double the step. 4 where none of the three is given.
        step: of the quantiser instead, in the features' unit.
        max_bytes: the finest step instead that needs at most so many bytes per image.
    """
    fitted, given = FeatureCodec.load(codec), read_npy(features)
    several = given.ndim == 4
    sizes = []
    for position, tensor in enumerate(given if several else [given]):
        data = fitted.encode(tensor, quality, step=step, max_bytes=max_bytes)
        write_bytes(out / f"{position:06d}.cf" if several else out, data)
        sizes.append(len(data))
    print(f"{out}: {sum(sizes)} bytes, {sum(sizes) / len(sizes):.1f} per image")
