"""Codecs with samples of more than 8 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import Field

from compfeat.codecs.plugins.hevc import HevcOptions, HevcStreams
from compfeat.codecs.quantiser import dequantise, quantise


class TenBits(HevcOptions):
    bits: int = Field(10, ge=2, le=10)


class Hevc10(HevcStreams[TenBits]):
    sample_bits = 10


FEATURES = np.linspace(-1, 3, 1024, dtype=np.float32).reshape(4, 16, 16)


@pytest.mark.parametrize("bits", [6, 8, 10])
def test_all_codes_survive_lossless_coding(bits: int, tmp_path: Path) -> None:
    codec = Hevc10("lossless", TenBits(bits=bits))
    codec.encode([FEATURES, -FEATURES], tmp_path / "s", tmp_path / "i")
    found = list(codec.decode(tmp_path / "s", tmp_path / "i", FEATURES.shape))
    for received, item in zip(found, (FEATURES, -FEATURES), strict=True):
        quantised = quantise(item, bits)
        assert len(np.unique(quantised.codes)) == 2**bits
        assert np.array_equal(received.item, dequantise(*quantised, bits))
        assert received.picture is not None and received.picture.dtype == np.uint8
        assert (received.picture.min(), received.picture.max()) == (0, 255)


def test_commands_say_so_and_images_stay_at_8_bits() -> None:
    codec = Hevc10("qp20", None, "bin")
    assert codec.encode_argv((16, 16)).count("gray10le") == 2 and "gray10le" in codec.decode_argv((16, 16))
    assert "rgb24" in codec.encode_argv((16, 16, 3))


def test_nothing_uncoded_has_these_bits() -> None:
    assert Hevc10.reference("lossless", "features") is None
    assert Hevc10.reference("lossless", "features", TenBits(bits=8)) == "u8"
