"""Decode bitstreams."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np

from compfeat.cli.library.files import read_stream
from compfeat.errors import BitstreamError, DataError
from compfeat.feature_codec import FeatureCodec
from compfeat.io import write_bytes


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
