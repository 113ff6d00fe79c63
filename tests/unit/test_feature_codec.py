"""The library's codec: the pipeline's bytes, features of any size and kind, and one-line errors."""

from __future__ import annotations

import pickle
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import compfeat
from compfeat import BitstreamError, ConfigError, DataError, FeatureCodec
from compfeat.arrays import read_arrays, write_arrays
from compfeat.codecs.packets import unpacked
from compfeat.codecs.plugins.laplace import Laplace, Options
from compfeat.feature_codec import CHECK_BYTES, header, read_info
from compfeat.transforms.base import FitSource, built
from compfeat.transforms.linear import LinearOptions
from compfeat.transforms.plugins.klt import Klt

SHAPE = (5, 6, 8)
Features = NDArray[np.float32]


def maps(count: int, seed: int, shape: tuple[int, int, int] = SHAPE, unit: float = 1) -> Features:
    """Return skewed features whose channels are correlated and differ in strength."""
    rng = np.random.default_rng(seed)
    mixed = rng.standard_normal((shape[0], shape[0])) * np.geomspace(2, 0.1, shape[0])
    drawn = rng.exponential(size=(count, *shape)) + np.linspace(-1, 1, shape[2])
    features: Features = (np.einsum("dc,nchw->ndhw", mixed, drawn) * unit).astype(np.float32)
    return features


@pytest.fixture(scope="module")
def codec() -> FeatureCodec:
    return FeatureCodec.fit(maps(40, 0))


@pytest.mark.parametrize("bands", [1, 4])
def test_states_and_bytes_are_the_pipelines(bands: int, tmp_path: Path) -> None:
    train, val = maps(40, 0), maps(4, 1)
    scenes: Any = None
    transform = Klt.fit(FitSource(train, scenes, lambda: scenes), LinearOptions(bands=bands))
    klt = built("klt", {"bands": bands}, transform)
    tables = Laplace.fit(np.stack([klt.forward(tensor) for tensor in train]), Options())
    library, fitted = FeatureCodec(transform, tables), FeatureCodec.fit(train, bands=bands)
    for name, array in {**library.transform, **library.tables}.items():
        assert np.array_equal(array, {**fitted.transform, **fitted.tables}[name]), name
    for quality in ("d0", "d3.5", "d8"):
        pipeline = Laplace(quality, state=tables)
        pipeline.encode((klt.forward(tensor) for tensor in val), tmp_path / "stream", tmp_path / "side")
        streams = [library.encode(tensor, float(quality[1:])) for tensor in val]
        payloads = [data[header(data)[2] : -CHECK_BYTES] for data in streams]
        assert payloads == [body for body, _ in unpacked(tmp_path / "stream", pipeline._fitted.key)]
        decoded = pipeline.decode(tmp_path / "stream", tmp_path / "side", SHAPE)
        for data, item in zip(streams, decoded, strict=True):
            assert np.array_equal(library.decode(data), klt.inverse(item.item))


@settings(max_examples=25, deadline=None)
@given(
    channels=st.integers(1, 6),
    sizes=st.tuples(*[st.integers(1, 12)] * 4),
    unit=st.sampled_from([1e-30, 1e-3, 1, 1e4, 1e30]),
    bands=st.sampled_from([1, 4, 7]),
    quality=st.floats(-6, 10),
    seed=st.integers(0, 99),
)
def test_any_size_unit_and_step_is_decoded_to_within_a_step(
    channels: int, sizes: tuple[int, int, int, int], unit: float, bands: int, quality: float, seed: int
) -> None:
    fitted = FeatureCodec.fit(maps(6, seed, (channels, *sizes[:2]), unit), bands=bands)
    for size in (sizes[:2], sizes[2:]):
        tensor = maps(1, seed + 1, (channels, *size), unit)[0]
        data = fitted.encode(tensor, quality)
        error = fitted.decode(data).astype(float) - tensor
        bound = 0.67 * fitted.step_of(read_info(data).quality) + 1e-5 * np.abs(tensor).max()
        assert np.sqrt((error**2).mean()) <= bound
        assert read_info(data).shape == tensor.shape and read_info(data).total_bytes == len(data)


def test_constant_features_and_those_far_from_the_fitted_ones() -> None:
    flat = FeatureCodec.fit(np.full((3, 2, 4, 4), 7.5))
    assert np.array_equal(flat.decode(flat.encode(np.full((2, 4, 4), 7.5))), np.full((2, 4, 4), 7.5, np.float32))
    assert len(flat.encode(np.full((2, 4, 4), 7.5))) == 11
    far = np.full((2, 4, 4), 1e6, np.float32)
    assert np.abs(flat.decode(flat.encode(far, 4)) - far).max() < 4
    with pytest.raises(DataError, match="give a higher quality"):
        flat.encode(far * np.float32(1e20), 4)
    assert np.isfinite(flat.decode(flat.encode(far * np.float32(1e20), max_bytes=60))).all()


def test_rates_are_continuous_and_budgets_are_kept(codec: FeatureCodec) -> None:
    tensor = maps(1, 2)[0]
    sizes = [len(codec.encode(tensor, quality)) for quality in np.arange(-2, 12, 0.25)]
    assert all(b <= a + 2 for a, b in pairwise(sizes)) and len(set(sizes)) > 30
    assert codec.encode(tensor) == codec.encode(tensor, 4) == codec.encode(tensor, step=codec.step_of(4))
    for budget in (40, 100, 300):
        data = codec.encode(tensor, max_bytes=budget)
        assert len(data) <= budget
        assert len(codec.encode(tensor, read_info(data).quality - 1 / 128)) > budget
    with pytest.raises(DataError, match=r"max_bytes 5: .* give more"):
        codec.encode(tensor, max_bytes=5)


def test_other_sizes_can_be_adapted_to(codec: FeatureCodec) -> None:
    elsewhere = maps(20, 3, (5, 9, 13))
    adapted = codec.adapted(elsewhere)
    assert adapted.shape == (5, 9, 13) and adapted.step_of(3) == codec.step_of(3)
    size, plain = (sum(len(c.encode(tensor, 3)) for tensor in elsewhere) for c in (adapted, codec))
    assert size < plain
    with pytest.raises(BitstreamError, match="another codec"):
        codec.decode(adapted.encode(elsewhere[0]))


def test_weights_move_bits_to_what_matters() -> None:
    train, tensor = maps(40, 0), maps(1, 4)[0]
    weights = np.array([100.0, 1, 1, 1, 1])
    errors = []
    for importance in (None, weights, np.diag(weights), np.broadcast_to(np.diag(weights), (4, 5, 5))):
        fitted = FeatureCodec.fit(train, importance)
        error = fitted.decode(fitted.encode(tensor, max_bytes=120)) - tensor
        errors.append(np.square(error[0]).mean())
    assert max(errors[1:]) < 0.5 * errors[0] and errors[1] == errors[2] == errors[3]


def test_a_saved_codec_is_the_same_and_others_are_refused(codec: FeatureCodec, tmp_path: Path) -> None:
    path = tmp_path / "codec.npz"
    codec.save(path)
    data = codec.encode(maps(1, 5)[0])
    for same in (FeatureCodec.load(path), pickle.loads(pickle.dumps(codec))):
        assert np.array_equal(same.decode(data), codec.decode(data))
    arrays = read_arrays(path)
    write_arrays(path, arrays | {"version": np.array(2, np.uint8)})
    with pytest.raises(BitstreamError, match="codec of version 2; expected 1"):
        FeatureCodec.load(path)
    for name in arrays:
        write_arrays(path, {key: array for key, array in arrays.items() if key != name})
        with pytest.raises((DataError, BitstreamError)):
            FeatureCodec.load(path)
    path.write_bytes(b"PK nonsense")
    with pytest.raises(DataError, match=r"codec\.npz: .*; give a file that"):
        FeatureCodec.load(path)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda c: c.encode(np.zeros((4, 6, 8))), DataError, "4 channels; the codec is fitted to 5"),
        (lambda c: c.encode(np.zeros((6, 8))), DataError, r"shape \(6, 8\); expected numbers, C x h x w"),
        (lambda c: c.encode(np.full(SHAPE, np.nan)), DataError, "not finite"),
        (lambda c: c.encode(np.full(SHAPE, 1e300)), DataError, "not finite"),
        (lambda c: c.encode(np.full(SHAPE, 3e38, np.float32) * [[[1]], [[-1]], [[1]], [[1]], [[1]]]), DataError, "large"),
        (lambda c: c.encode(np.zeros(SHAPE), 3, step=1), ConfigError, "several are given"),
        (lambda c: c.encode(np.zeros(SHAPE), np.nan), ConfigError, "quality nan"),
        (lambda c: c.encode(np.zeros(SHAPE), step=-1), ConfigError, "step -1"),
        (lambda c: FeatureCodec.fit(np.zeros((0, 5, 6, 8))), DataError, "shape"),
        (lambda c: FeatureCodec.fit(maps(4, 0), bands=0), ConfigError, "bands 0"),
        (lambda c: FeatureCodec.fit(maps(4, 0), np.ones(4)), DataError, "importance of shape"),
        (lambda c: FeatureCodec.fit(maps(4, 0), -np.ones(5)), DataError, "zero or negative"),
        (lambda c: FeatureCodec(c.transform, FeatureCodec.fit(maps(4, 0, (4, 6, 8))).tables), DataError, "the same"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_one_line(codec: FeatureCodec, call: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message) as error:
        call(codec)
    assert "\n" not in str(error.value)


def test_importing_is_cheap_and_changes_nothing() -> None:
    code = (
        "import os, sys; before = dict(os.environ), list(sys.path); import compfeat\n"
        "assert not {'numpy', 'pydantic', 'torch'} & set(sys.modules)\n"
        "compfeat.FeatureCodec.fit([[[[1.0, 2.0]]], [[[2.0, 0.0]]]])\n"
        "assert not {'pydantic', 'torch', 'snakemake', 'pandas'} & set(sys.modules), 'the core is numpy and scipy'\n"
        "assert before == (dict(os.environ), list(sys.path))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert all(hasattr(compfeat, name) for name in compfeat.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        compfeat.nothing  # noqa: B018
