from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codec_helpers import made
from compfeat.codecs.base import CODECS
from compfeat.errors import BitstreamError

FRAME = np.random.default_rng(0).integers(0, 256, (16, 24), dtype=np.uint8)


@pytest.mark.parametrize(("name", "quality"), [("png", "lossless"), ("jpeg", "q95")])
def test_every_cut_inside_an_image_is_seen(name: str, quality: str, tmp_path: Path) -> None:
    codec, stream = made(name, quality), tmp_path / "s"
    codec.encode_frames([FRAME, FRAME], FRAME.shape, stream)
    data, first = stream.read_bytes(), codec.measure_frames(stream)[0].total_bytes
    for end in range(1, len(data)):
        stream.write_bytes(data[:end])
        if end == first:
            assert len(codec.measure_frames(stream)) == 1
        else:
            with pytest.raises(BitstreamError, match="damaged or cut short"):
                codec.measure_frames(stream)


def test_a_flipped_bit_in_a_png_is_seen(tmp_path: Path) -> None:
    codec, stream = made("png", "lossless"), tmp_path / "s"
    codec.encode_frames([FRAME], FRAME.shape, stream)
    data = bytearray(stream.read_bytes())
    data[60] ^= 1
    stream.write_bytes(data)
    with pytest.raises(BitstreamError, match="fails its CRC"):
        list(codec.decode_frames(stream, FRAME.shape))


def test_payload_is_what_the_standards_call_image_data(tmp_path: Path) -> None:
    png, jpeg = made("png", "lossless"), made("jpeg", "q90")
    png.encode_frames([FRAME], FRAME.shape, tmp_path / "png")
    assert (
        png.measure_frames(tmp_path / "png")[0].header_bytes == 8 + 25 + 12 + 12
    )  # signature, IHDR, IDAT's frame, IEND
    jpeg.encode_frames([FRAME], FRAME.shape, tmp_path / "jpeg")
    data, size = (tmp_path / "jpeg").read_bytes(), jpeg.measure_frames(tmp_path / "jpeg")[0]
    assert size.payload_bytes == len(data) - 2 - (data.index(b"\xff\xda") + 2 + 8)
    assert 320 < size.header_bytes < 340


def test_jpeg_is_what_pillow_writes(tmp_path: Path) -> None:
    buffer = BytesIO()
    Image.fromarray(FRAME).save(buffer, "JPEG", quality=85)
    made("jpeg", "q85").encode_frames([FRAME], FRAME.shape, tmp_path / "s")
    assert (tmp_path / "s").read_bytes() == buffer.getvalue()


def test_restart_markers_and_several_scans_are_walked(tmp_path: Path) -> None:
    codec, stream = made("jpeg", "q90"), tmp_path / "s"
    buffer = BytesIO()
    Image.fromarray(FRAME).save(buffer, "JPEG", progressive=True, restart_marker_blocks=1)
    stream.write_bytes(buffer.getvalue() * 2)
    assert [size.total_bytes for size in codec.measure_frames(stream)] == [len(buffer.getvalue())] * 2
    assert len(list(codec.decode_frames(stream, FRAME.shape))) == 2


@pytest.mark.parametrize("name", ["png", "jpeg"])
def test_tool_names_the_library(name: str) -> None:
    assert CODECS.get(name).tool().startswith("Pillow ") and "lib" in CODECS.get(name).tool()
