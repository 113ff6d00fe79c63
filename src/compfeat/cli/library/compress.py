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
    """Compress features: one image to a file, several to a folder of files numbered from 000000.cf.

    Args:
        features: .npy file, C x h x w or N x C x h x w.
        codec: .npz file that compfeat fit wrote.
        out: the file or folder to write.
        quality: any number; 0 is fine, and each 2 more double the step. 4 if neither step nor max-bytes is given.
        step: the quantiser's step in the features' unit, instead of a quality.
        max_bytes: use the finest step that needs at most this many bytes per image, instead of a quality.
    """
    fitted, given = FeatureCodec.load(codec), read_npy(features)
    several = given.ndim == 4
    sizes = []
    for position, tensor in enumerate(given if several else [given]):
        data = fitted.encode(tensor, quality, step=step, max_bytes=max_bytes)
        write_bytes(out / f"{position:06d}.cf" if several else out, data)
        sizes.append(len(data))
    print(f"{out}: {sum(sizes)} bytes, {sum(sizes) / len(sizes):.1f} per image")
