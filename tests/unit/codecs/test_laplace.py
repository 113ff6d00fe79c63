"""The codec of features whose tables are fitted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from compfeat.codecs.base import State
from compfeat.codecs.contexts import ACTIVITIES, UNIT
from compfeat.codecs.laplace_tables import INVERSE, LARGEST, TABLES, TOTAL, counted, entropy_bits, expected_magnitudes
from compfeat.codecs.packets import unpacked
from compfeat.codecs.plugins.laplace import Laplace, Options
from compfeat.codecs.ranges import GREATEST, LevelCoder, length_counts
from compfeat.codecs.spectra import dct2, inverse_dct2
from compfeat.errors import BitstreamError, DataError

SHAPE = (6, 4, 8)
SHIFTS = (np.arange(ACTIVITIES) // 8 - 4).clip(-18, 18).astype(np.int8)
GOLDEN = {
    "expected": "7e7d15f1fc608053af28c318b474216db437f109c82470d5d17451a301b322f8",
    "coded": "e53c33dfae2355a364122a8cb247892681fa38c741f8b05a2e10a53d58f8b042",
}
"""SHA-256 of what is the same on every machine."""


def features(count: int, seed: int, shape: tuple[int, int, int] = SHAPE) -> NDArray[np.float32]:
    """Return smooth maps, non-negative, of channels that differ in energy."""
    rng = np.random.default_rng(seed)
    channels, height, width = shape
    fall = 1 / (1 + np.hypot(*np.mgrid[0:height, 0:width])) * np.geomspace(8, 0.1, channels)[:, None, None]
    maps = inverse_dct2(rng.laplace(0, 1, (count, *shape)) * fall)
    return np.maximum(0, maps + 1).astype(np.float32)


@pytest.fixture(scope="module")
def state() -> State:
    return Laplace.fit(features(40, 0), Options())


def whole_laws() -> NDArray[np.uint16]:
    """Return laws that no floating-point number takes part in."""
    laws = np.zeros((TABLES, LARGEST + 1), np.uint16)
    for table, law in enumerate(laws):
        limit = 1 + 2 * table
        law[1 : limit + 1] = [1 + (20000 >> level * (1 + (TABLES - 1 - table) // 8)) for level in range(1, limit + 1)]
        law[0] = TOTAL - 2 * int(law[1:].sum())
    return laws


def ideal_bits(coder: LevelCoder, laws: NDArray[np.uint16], levels: NDArray[np.int64]) -> float:
    """Return the code length of levels by the laws of their tables, with that of what is beyond their limits."""
    bits, known = 0.0, coder.contexts.nothing()
    for phase in coder.contexts.phases:
        order, sizes, limits = coder._ordered(phase, known)
        magnitudes = np.abs(levels.ravel()[phase.elements[order]])
        inside, beyond = np.minimum(magnitudes, limits), (magnitudes - limits + 1)[magnitudes >= limits]
        tables = np.repeat(*np.array(sizes).T)
        more = np.array([int(number).bit_length() - 1 for number in beyond], int)
        bits += more.sum() - np.log2(length_counts()[more] / TOTAL).sum() - np.log2(laws[tables, inside] / TOTAL).sum()
        known += np.bincount(phase.places[order], inside, len(known))
    return bits


def digest(array: NDArray[np.int64] | bytes) -> str:
    return hashlib.sha256(array if isinstance(array, bytes) else array.astype("<i8").tobytes()).hexdigest()


def test_what_decides_levels_is_the_same_on_every_machine() -> None:
    rng = np.random.Generator(np.random.PCG64(7))
    index = rng.integers(0, TABLES, (40, 8, 16)).astype(np.int8)
    levels = rng.integers(-(1 << 12), 1 << 12, index.shape) >> rng.integers(0, 13, index.shape)
    coded = LevelCoder(index, whole_laws(), SHIFTS).encode(levels)
    assert {"expected": digest(expected_magnitudes(UNIT)), "coded": digest(coded)} == GOLDEN


@given(hnp.arrays(np.int64, (TABLES, LARGEST + 1), elements=st.integers(0, 3) | st.integers(0, 10**6)))
@settings(max_examples=50, deadline=None)
def test_laws_are_whole_counts_that_end_in_a_rare_escape(magnitudes: NDArray[np.int64]) -> None:
    for law in counted(magnitudes):
        limit = np.count_nonzero(law) - 1
        assert limit >= 1 and law[: limit + 1].min() >= 1 and law[0] + 2 * law[1:].sum(dtype=int) == TOTAL
        assert limit == LARGEST or law[limit] <= 2


def test_without_levels_laws_are_those_of_laplace() -> None:
    for law, scale in zip(counted(np.zeros((TABLES, LARGEST + 1), np.int64)), 1 / INVERSE, strict=True):
        share = law[law > 0] / TOTAL
        if len(share) <= LARGEST:
            assert -(share * np.log2(share) * [1, *[2] * (len(share) - 1)]).sum() == pytest.approx(
                entropy_bits(np.array(scale)), rel=0.01, abs=1e-3
            )


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_levels_come_back_in_few_bytes(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=3, max_dims=3, max_side=12))
    index = data.draw(hnp.arrays(np.int8, shape, elements=st.integers(0, TABLES - 1)))
    small, wild = st.integers(-3, 3), st.integers(-GREATEST, GREATEST)
    levels = data.draw(hnp.arrays(np.int64, shape, elements=small | wild))
    coder = LevelCoder(index, whole_laws(), SHIFTS)
    coded = coder.encode(levels)
    assert np.array_equal(coder.decode(coded), levels)
    assert len(coded) <= 1.001 * ideal_bits(coder, whole_laws(), levels) / 8 + 2


def test_fitted_laws_and_contexts_save_bytes() -> None:
    loudness = np.random.default_rng(1).lognormal(0, 0.7, (90, 1, 1, 1)).astype(np.float32)
    items = loudness * (features(90, 0, (16, 8, 16)) - 1)
    state = Laplace.fit(items[:80], Options())
    codec, plain = Laplace("d4", state=state), counted(np.zeros((TABLES, LARGEST + 1), np.int64))
    ways = [(plain, 0 * SHIFTS), (state["laws"], 0 * SHIFTS), (state["laws"], state["shifts"])]
    coders = [LevelCoder(codec._fitted.tables, laws, shifts) for laws, shifts in ways]
    sizes = [sum(len(coder.encode(codec._fitted.levels(item))) for item in items[80:]) for coder in coders]
    assert sizes[2] < 0.96 * min(sizes[:2])
    assert (np.diff(state["shifts"][[8, 16, 32, 64]].astype(int)) > 0).all()


def test_the_ladder_is_of_fourth_roots_of_two(state: State) -> None:
    steps = [Laplace(quality, state=state)._fitted.step for quality in ("d0", "d0.5", "d1", "d4.5", "d8", "d24")]
    assert np.log2(np.array(steps) / steps[0]) == pytest.approx([0, 0.25, 0.5, 2.25, 4, 12])
    assert steps[0] == 2 ** (int(state["finest"]) / 6) and Laplace.qualities[-1] == "d24"


FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_finite_features_have_their_levels_decoded(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shape = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6)))
    kinds = FINITE | st.sampled_from([0.0, -0.0, 1e-45, -1e-45, 3.4028235e38, -3.4028235e38, 1.0])
    items = data.draw(hnp.arrays(np.float32, (data.draw(st.integers(1, 3)), *shape), elements=kinds))
    train = data.draw(st.sampled_from([items, np.zeros_like(items), features(3, 1, shape)]))
    codec = Laplace(data.draw(st.sampled_from(Laplace.qualities)), state=Laplace.fit(train, Options()))
    stream, side_info = (tmp_path_factory.getbasetemp() / name for name in ("any", "side"))
    sizes = codec.encode(iter(items), stream, side_info)
    assert sum(size.stream_bytes for size in sizes) == stream.stat().st_size and side_info.read_bytes() == b""
    decoded = [image.item for image in codec.decode(stream, side_info, shape)]
    assert np.isfinite(decoded).all()
    levels = [codec._fitted.coder.decode(body) for body, _ in unpacked(stream, codec._fitted.key)]
    assert np.array_equal(levels, [codec._fitted.levels(item) for item in items])


@pytest.mark.parametrize("quality", ["d0", "d2.5", "d4", "d8", "d16", "d24"])
def test_a_coefficient_moves_by_less_than_a_step(quality: str, state: State, tmp_path: Path) -> None:
    codec, items = Laplace(quality, state=state), features(4, 2)
    codec.encode(items, tmp_path / "s", tmp_path / "i")
    found = np.array([image.item for image in codec.decode(tmp_path / "s", tmp_path / "i", SHAPE)])
    assert np.abs(dct2(found) - dct2(items)).max() < codec._fitted.step * 1.0001


def test_each_rung_takes_fewer_bytes_and_loses_more(state: State, tmp_path: Path) -> None:
    items, measured = features(10, 3), []
    for quality in Laplace.qualities[:17]:
        codec = Laplace(quality, state=state)
        sizes = codec.encode(items, tmp_path / "s", tmp_path / "i")
        found = np.array([image.item for image in codec.decode(tmp_path / "s", tmp_path / "i", SHAPE)])
        measured.append((sum(size.stream_bytes for size in sizes), -np.square(found - items).mean()))
    assert measured == sorted(measured, reverse=True) and len(set(measured)) == len(measured)
    finest = 8 * measured[0][0] / items.size
    assert finest == pytest.approx(Options().finest_bits, rel=0.25)


@pytest.mark.parametrize("octaves", [-20, 3, 40])
def test_features_of_another_unit_are_coded_alike(octaves: int, tmp_path: Path) -> None:
    train, items = features(20, 0), features(3, 1)
    bodies = []
    for factor in (np.float32(1), np.float32(2.0**octaves)):
        codec = Laplace("d3", state=Laplace.fit(train * factor, Options()))
        codec.encode(items * factor, tmp_path / "s", tmp_path / "i")
        bodies.append([body for body, _ in unpacked(tmp_path / "s", codec._fitted.key)])
    assert bodies[0] == bodies[1]


def test_features_that_never_change_cost_two_bytes_an_image(tmp_path: Path) -> None:
    items = np.full((3, *SHAPE), 2.5, np.float32)
    codec = Laplace("d0", state=Laplace.fit(items, Options()))
    sizes = codec.encode(items, tmp_path / "s", tmp_path / "i")
    assert [(size.payload_bytes, size.header_bytes, size.side_info_bytes) for size in sizes] == [(0, 2, 0)] * 3
    assert all(np.array_equal(image.item, items[0]) for image in codec.decode(tmp_path / "s", tmp_path / "i", SHAPE))


def refused(codec: Laplace, stream: Path) -> str:
    """Return the one line of what is found wrong, by measuring as by decoding."""
    found = []
    for use in (
        lambda: codec.measure(stream, stream.with_name("i")),
        lambda: list(codec.decode(stream, stream.with_name("i"), SHAPE)),
    ):
        with pytest.raises((BitstreamError, DataError)) as error:
            use()
        assert "\n" not in str(error.value)
        found.append(str(error.value))
    assert found[0] == found[1]
    return found[0]


def test_every_error_within_8_bits_is_found(state: State, tmp_path: Path) -> None:
    codec, stream = Laplace("d6", state=state), tmp_path / "s"
    sizes = codec.encode(features(1, 6), stream, tmp_path / "i")
    data = stream.read_bytes()
    for at in range(sizes[0].header_bytes, len(data)):
        for change in (1, 0x80, 0xFF):
            stream.write_bytes(data[:at] + bytes([data[at] ^ change]) + data[at + 1 :])
            assert "image 0 (byte 0) fails its check" in refused(codec, stream)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda data: b"", "is empty"),
        (lambda data: data[:-1], "image 2 .* is cut short"),
        (lambda data: data[:1], "image 0 .* is cut short"),
        (lambda data: b"\xff" * 20, "image 0 .* is cut short"),
        (lambda data: data + b"\0", "image 3 .* is cut short"),
        (lambda data: b"garbage" * 200, "image 0 .* (fails its check|is cut short)"),
    ],
)
def test_damaged_streams_are_refused_in_one_line(
    edit: Callable[[bytes], bytes], message: str, state: State, tmp_path: Path
) -> None:
    codec, stream = Laplace("d4", state=state), tmp_path / "s"
    codec.encode(features(3, 6), stream, tmp_path / "i")
    stream.write_bytes(edit(stream.read_bytes()))
    found = refused(codec, stream)
    assert found.startswith(f"{stream}: ") and "rerun the encode stage" in found
    assert re.search(message, found)


def test_another_state_quality_or_order_is_seen(state: State, tmp_path: Path) -> None:
    codec, stream = Laplace("d4", state=state), tmp_path / "s"
    sizes = codec.encode(features(3, 6), stream, tmp_path / "i")
    others = [Laplace("d5", state=state), Laplace("d4", state=Laplace.fit(features(40, 9), Options()))]
    assert ["another state" in refused(other, stream) for other in others] == [True, True]
    data, first = stream.read_bytes(), sizes[0].stream_bytes
    stream.write_bytes(data[first:] + data[:first])
    assert "fails its check" in refused(codec, stream)
    stream.unlink()
    assert "cannot be read" in refused(codec, stream)


def test_features_of_another_shape_are_refused(state: State, tmp_path: Path) -> None:
    codec = Laplace("d4", state=state)
    codec.encode(features(1, 6), tmp_path / "s", tmp_path / "i")
    with pytest.raises(
        BitstreamError, match=r"\(4, 6, 8\) expected, but the state is of \(6, 4, 8\); rerun the fit stage"
    ):
        list(codec.decode(tmp_path / "s", tmp_path / "i", (4, 6, 8)))
    for wrong, message in (
        (np.zeros((2, 4, 8), np.float32), r"image 1: features of shape \(2, 4, 8\)"),
        (np.full(SHAPE, np.nan, np.float32), "image 1: values not finite"),
    ):
        with pytest.raises(DataError, match=message):
            codec.encode([features(1, 6)[0], wrong], tmp_path / "new", tmp_path / "i")
    assert not (tmp_path / "new").exists()
    (tmp_path / "i").write_bytes(b"12345678")
    with pytest.raises(BitstreamError, match="expected an empty file"):
        codec.measure(tmp_path / "s", tmp_path / "i")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": None}, "of another version; expected version 2"),
        ({"scale": None}, "'scale' is nothing; expected finite int8 of shape C x h x w"),
        ({"scale": np.zeros((6, 4, 8))}, "'scale' is float64 of shape"),
        ({"finest": np.zeros(3, np.int16)}, "'finest' is int16 of shape"),
        ({"mean": np.full((6, 4, 8), np.nan, np.float32)}, "'mean' is float32 of shape"),
        ({"mean": np.zeros((6, 8, 4), np.float32)}, "'mean' is float32 of shape"),
        ({"laws": np.ones((TABLES, LARGEST + 1), np.uint16)}, "'laws' are not counts"),
    ],
)
def test_states_of_other_kinds_are_refused(change: State, message: str, state: State, tmp_path: Path) -> None:
    codec = Laplace("d4", state=state)
    codec.encode(features(1, 6), tmp_path / "s", tmp_path / "i")
    other = {name: array for name, array in (state | change).items() if array is not None}
    found = refused(Laplace("d4", state=other), tmp_path / "s")
    assert message in found and "rerun the fit stage" in found


def test_features_that_are_not_finite_are_not_fitted() -> None:
    with pytest.raises(DataError, match="not finite"):
        Laplace.fit(np.full((2, *SHAPE), np.inf, np.float32), Options())
