"""Describe a bitstream or a codec."""

from __future__ import annotations

from pathlib import Path

from compfeat.cli.library.files import read_stream
from compfeat.feature_codec import FeatureCodec, read_info


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
