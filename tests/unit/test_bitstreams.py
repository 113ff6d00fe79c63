"""Bitstreams: committed vectors, by the library and by the decoder that is written from their page; and any other bytes."""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import decoder
from compfeat import BitstreamError, FeatureCodec, read_info
from compfeat.codecs.laplace_tables import expected_magnitudes
from compfeat.codecs.leb128 import leb128
from compfeat.codecs.ranges import length_counts
from compfeat.feature_codec import MOST_ELEMENTS, VERSION
from helpers import PROJECT

HERE = PROJECT / "tests/vectors"
VECTORS = json.loads((HERE / "vectors.json").read_text())
STREAMS = {name: (HERE / f"{name}.cf").read_bytes() for name in VECTORS}
SIGNED = FeatureCodec.load(HERE / "signed.npz")
FUZZED_BYTES = 1_000_000


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_are_decoded_to_the_same_levels(name: str) -> None:
    expected, data = VECTORS[name], STREAMS[name]
    assert hashlib.sha256(data).hexdigest() == expected["sha256"]
    levels = FeatureCodec.load(HERE / expected["codec"]).levels(data)
    assert list(levels.shape) == expected["shape"]
    assert hashlib.sha256(levels.astype("<i8").tobytes()).hexdigest() == expected["sha256_of_levels"]
    shape, by_page = decoder.decode(*decoder.read_codec(str(HERE / expected["codec"])), data)
    assert np.array_equal(levels, np.reshape(by_page, shape))


def test_the_decoder_is_short_and_its_numbers_are_ours() -> None:
    lines = Path(decoder.__file__).read_text().splitlines()
    assert len(lines) <= 200 and not any("numpy" in line or "import compfeat" in line for line in lines)
    assert expected_magnitudes(256).tolist() == list(decoder.EXPECTED)
    assert length_counts().tolist() == decoder.LENGTHS


def sealed(body: bytes) -> bytes:
    """Return a bitstream with the right check."""
    return body + SIGNED._check(body)


def attempt(data: bytes) -> None:
    """Decode, or be told why not."""
    try:
        features = SIGNED.decode(data)
    except BitstreamError as error:
        assert "\n" not in str(error)
    else:
        assert features.dtype == np.float32 and np.isfinite(features).all()


@settings(max_examples=100, deadline=None)
@given(payload=st.binary(max_size=200), n=st.integers(0, 2000), h=st.integers(1, 9), w=st.integers(1, 9))
def test_any_payload_with_the_right_check_gives_features_or_an_error(payload: bytes, n: int, h: int, w: int) -> None:
    attempt(sealed(bytes([0xCF, VERSION, *leb128(n), 5, h, w]) + payload))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_is_damaged_cut_or_another_codecs_is_refused(data: st.DataObject) -> None:
    whole = STREAMS[data.draw(st.sampled_from([name for name in VECTORS if VECTORS[name]["codec"] == "signed.npz"]))]
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    for wrong in (whole[:at], changed, whole + b"\0", data.draw(st.binary(max_size=60)), STREAMS["one_channel"]):
        with pytest.raises(BitstreamError):
            SIGNED.decode(wrong)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "begins with nothing"),
        (b"PK\3\4", "begins with 504b; expected cf01"),
        (b"\xcf\x02" + STREAMS["usual"][2:], "version 02; expected 01; install"),
        (STREAMS["usual"][:4], "cut short"),
        (STREAMS["usual"][:-1], "fails its check"),
        (STREAMS["one_channel"], "of 1 channels; the codec has 5"),
        (sealed(b"\xcf\x01\0\5" + leb128(MOST_ELEMENTS) + b"\1"), "damaged or cut short"),
        (sealed(b"\xcf\x01\xff\xff\x7f\5\1\1"), "damaged or cut short"),
        (sealed(b"\xcf\x01\0\5\0\1"), "damaged or cut short"),
    ],
)  # fmt: skip
def test_errors_name_what_is_wrong(data: bytes, message: str) -> None:
    with pytest.raises(BitstreamError, match=message) as error:
        SIGNED.decode(data)
    assert "\n" not in str(error.value)


def fuzzed(random: np.random.Generator) -> Iterator[bytes]:
    """Yield random bytes, bitstreams with some bytes changed, and such with the right check, without end."""
    streams = list(STREAMS.values())
    while True:
        noise = random.bytes(int(random.integers(0, 120)))
        whole = bytearray(streams[random.integers(len(streams))])
        for at in random.integers(0, len(whole), random.integers(1, 4)):
            whole[at] = random.integers(256)
        yield from (noise, b"\xcf\x01" + noise, bytes(whole), bytes(whole[: random.integers(len(whole))]))
        if random.integers(20) == 0:
            yield sealed(STREAMS["usual"][:7] + noise)  # its header, so that shapes stay small


def test_a_million_bytes_of_noise_and_damage_do_no_harm() -> None:
    count, seed, began = 0, zlib.crc32(b"bitstreams"), time.process_time()
    for data in islice(fuzzed(np.random.default_rng(seed)), 100_000):
        attempt(data)
        count += len(data)
        if count >= FUZZED_BYTES:
            break
    assert count >= FUZZED_BYTES and time.process_time() - began < 120


def test_what_a_bitstream_says_of_itself_needs_no_codec() -> None:
    info = read_info(STREAMS["usual"])
    assert (info.shape, info.quality, info.total_bytes) == ((5, 6, 7), 3.25, len(STREAMS["usual"]))
    assert info.payload_bytes == info.total_bytes - 11
