"""Code the features of any network by files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import BitstreamError, DataError
from compfeat.feature_codec import FeatureCodec, read_info
from compfeat.io import write_bytes


def fit(features: Path, *, out: Path, importance: Path | None = None, bands: int = 4, floor: float = 0.2) -> None:
    """Fit a codec to the features of some images.

    Args:
        features: .npy file, N x C x h x w.
        out: the codec, an .npz file to write.
        importance: .npy file of weights, as compfeat.torch.importance makes them; all channels count alike if not given.
        bands: bands of spatial frequency with a matrix each.
        floor: share of the importance that is the same in all directions.
    """
    weights = None if importance is None else read_npy(importance)
    given = read_npy(features)
    FeatureCodec.fit(given, weights, bands=bands, floor=floor).save(out)
    print(f"{out}: {out.stat().st_size} bytes, fitted to {len(given)} images of {'x'.join(map(str, given.shape[1:]))}")


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


def decompress(streams: Path, *, codec: Path, out: Path) -> None:
    """Decode a bitstream, or all *.cf files of a folder in name order.

    Args:
        streams: file or folder that compfeat compress wrote.
        codec: .npz file that compfeat fit wrote.
        out: .npy file to write, C x h x w or N x C x h x w, float32.
    """
    fitted, paths = FeatureCodec.load(codec), sorted(streams.glob("*.cf")) if streams.is_dir() else [streams]
    decoded = []
    for path in paths:
        try:
            decoded.append(fitted.decode(read_stream(path)))
        except BitstreamError as error:
            raise BitstreamError(f"{path}: {error}") from None
    shapes = sorted({tensor.shape for tensor in decoded})
    if len(shapes) != 1:
        found = f"features of {shapes[0]} and {shapes[-1]}" if shapes else "no *.cf"
        raise DataError(f"{streams}: {found}; expected one shape; decompress the files one by one")
    content = BytesIO()
    np.save(content, np.stack(decoded) if streams.is_dir() else decoded[0])
    write_bytes(out, content.getvalue())
    print(f"{out}: {len(decoded)} images of {'x'.join(map(str, shapes[0]))}")


def info(file: Path, *, codec: Path | None = None) -> None:
    """Describe a bitstream or a codec.

    Args:
        file: bitstream or codec.
        codec: codec of the bitstream, to check it and to print its step.
    """
    data = read_stream(file)
    if data.startswith(b"PK"):
        fitted = FeatureCodec.load(file)
        shape, bands = "x".join(map(str, fitted.shape)), fitted.transform["forward"].shape
        print(
            f"codec of features {shape}, {bands[0] if len(bands) == 3 else 1} bands, step {fitted.step_of(0):g} at quality 0"
        )
        return
    stream = read_info(data)
    shape = "x".join(map(str, stream.shape))
    print(f"bitstream of features {shape}, quality {stream.quality:g}, {stream.total_bytes} bytes")
    if codec is not None:
        fitted = FeatureCodec.load(codec)
        fitted.levels(data)
        print(f"whole, and of this codec: step {fitted.step_of(stream.quality):g}")


def read_npy(path: Path) -> NDArray[Any]:
    """Map an array from a .npy file. Raises DataError if it is missing or none."""
    try:
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError, EOFError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path}: no array ({reason}); expected a .npy file; write it by numpy.save") from None
    return array


def read_stream(path: Path) -> bytes:
    """Return a file's bytes. Raises DataError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from None
