"""The learned codec: that training pays, repeats, and leaves levels to be decoded as laplace's are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from compfeat.codecs.base import Codec, Coding, State
from compfeat.codecs.laplace_tables import CENTROIDS, INVERSE
from compfeat.codecs.learned_model import SLOPE, LearnedModel, centroid, laplace_bits, train
from compfeat.codecs.plugins.laplace import Laplace
from compfeat.codecs.plugins.learned import NETWORK, Learned
from compfeat.errors import ConfigError, DataError

SHAPE = (2, 4, 8)
OPTIONS = Learned.options_type(width=16, epochs=120, halves=(0, 8), finest_bits=3)


def features(count: int, seed: int) -> NDArray[np.float32]:
    """Return features of which the second channel follows from the first, but is not correlated with it."""
    noise = np.random.default_rng(seed).normal(size=(count, 1, *SHAPE[1:]))
    found: NDArray[np.float32] = np.concatenate([noise, 2 * np.abs(noise)], axis=1).astype(np.float32)
    return found


TRAIN, OTHERS = features(96, 0), features(16, 1)


@pytest.fixture(scope="module")
def state() -> State:
    return Learned.fit(TRAIN, OPTIONS)


def coded(codec: Codec[Any], folder: Path) -> tuple[float, float]:
    """Return bytes per image and the mean squared error."""
    sizes = codec.encode(iter(OTHERS), folder / "s", folder / "i")
    decoded = [image.item for image in codec.decode(folder / "s", folder / "i", SHAPE)]
    assert sum(size.stream_bytes for size in sizes) == (folder / "s").stat().st_size
    return float(np.mean([size.stream_bytes for size in sizes])), float(np.square(np.stack(decoded) - OTHERS).mean())


def test_coarser_steps_take_fewer_bytes_and_lose_more(state: State, tmp_path: Path) -> None:
    sizes, errors = zip(
        *(coded(Learned(quality, state=state), tmp_path) for quality in ("d0", "d5", "d10", "d14")), strict=True
    )
    assert list(sizes) == sorted(sizes, reverse=True) and list(errors) == sorted(errors)


def test_training_gains_what_laplace_cannot(state: State, tmp_path: Path) -> None:
    laplace = Laplace.fit(TRAIN, Laplace.options_type(finest_bits=3))
    assert laplace["finest"] == state["finest"]
    for quality in ("d2", "d4"):
        step = 2.0 ** (int(laplace["finest"]) / 6 + float(quality[1:]) / 2)
        before, after = (
            error * OTHERS[0].size / step**2 + SLOPE * 8 * size
            for size, error in (
                coded(Laplace(quality, state=laplace), tmp_path),
                coded(Learned(quality, state=state), tmp_path),
            )
        )
        assert after < 0.96 * before


def test_before_training_networks_change_nothing() -> None:
    model, y = LearnedModel(SHAPE, 8), torch.from_numpy(TRAIN[:3])
    for rate in (-torch.ones(3), torch.ones(3)):
        torch.testing.assert_close(model.components(model.coefficients(y, rate), rate), y)


def test_random_weights_learn_too() -> None:
    torch.manual_seed(0)
    before, after = (
        LearnedModel(SHAPE, 16, identity=False),
        train(TRAIN, 0.25, OPTIONS.model_copy(update={"identity": False, "epochs": 40})),
    )
    y, steps, rate = torch.from_numpy(TRAIN), torch.full((len(TRAIN),), 0.5), torch.zeros(len(TRAIN))
    with torch.no_grad():
        first, last = (float(model.cost(y, steps, rate).mean()) for model in (before, after))
    assert last < first / 2


class FirstChannel:
    """Errors of a task that sees the first channel alone, and of one that sees nothing."""

    names: tuple[str, ...] = ("first", "blind")

    def __call__(self, sent: torch.Tensor, decoded: torch.Tensor) -> torch.Tensor:
        seen = (sent - decoded)[:, 0].square().sum((1, 2))
        return torch.stack([seen, torch.zeros_like(seen)], 1)


def test_passes_through_decoders_spend_bits_where_tasks_need_them(state: State, tmp_path: Path) -> None:
    options = OPTIONS.model_copy(update={"decoder_epochs": 120})
    through = Learned.fit(TRAIN, options, Coding(task_errors=lambda: FirstChannel()))

    def rate_and_error(quality: str, fitted: State) -> tuple[float, float]:
        codec = Learned(quality, state=fitted)
        size = coded(codec, tmp_path)[0]
        decoded = np.stack([image.item for image in codec.decode(tmp_path / "s", tmp_path / "i", SHAPE)])
        return size, float(np.square(decoded - OTHERS)[:, 0].mean())

    (size, error), (own_size, own_error) = rate_and_error("d2", through), rate_and_error("d3", state)
    assert size < 1.05 * own_size and error < 0.9 * own_error


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"third": 1.0}, "weights: task 'third' is not among the tasks; expected some of first, blind"),
        ({"first": 0.0, "blind": 0.0}, "weights: all are 0; expected at least one task that counts"),
    ],
)
def test_weights_of_tasks_that_there_are_not_are_refused(weights: dict[str, float], message: str) -> None:
    options = OPTIONS.model_copy(update={"decoder_epochs": 1, "weights": weights})
    with pytest.raises(ConfigError, match=message):
        Learned.fit(TRAIN, options, Coding(task_errors=lambda: FirstChannel()))
    with pytest.raises(ConfigError, match="decoder_epochs found, but no network to run; expected 0"):
        Learned.fit(TRAIN, options)


def test_fitting_repeats_to_the_byte(state: State) -> None:
    once, again = (Learned.fit(TRAIN[:16], Learned.options_type(width=8, epochs=2)) for _ in range(2))
    assert set(once) == set(state) == set(again)
    assert all(array.tobytes() == again[name].tobytes() for name, array in once.items())


def test_levels_are_those_of_laplace_whatever_the_networks_are(state: State, tmp_path: Path) -> None:
    coded(Learned("d6", state=state), tmp_path)
    plain = {name: array for name, array in state.items() if not name.startswith(NETWORK)}
    first = [image.item for image in Laplace("d6", state=plain).decode(tmp_path / "s", tmp_path / "i", SHAPE)]
    Laplace("d6", state=plain).encode(iter(first), tmp_path / "again", tmp_path / "i")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "s").read_bytes()


def test_laws_and_centroids_are_those_of_the_tables() -> None:
    scale = torch.from_numpy(1 / INVERSE)
    np.testing.assert_allclose(centroid(scale), CENTROIDS, atol=1e-6)
    shares = np.array([2.0 ** -laplace_bits(torch.full_like(scale, level), scale).numpy() for level in range(4000)])
    np.testing.assert_allclose(shares[0] + 2 * shares[1:].sum(axis=0), 1, atol=1e-5)


@pytest.mark.parametrize("halves", [(8, 8), (9, 8), (-1, 8), (8, 49)])
def test_a_range_of_steps_that_is_none_is_refused(halves: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="expected two rising numbers of 0 to 48"):
        Learned.options_type(halves=halves)


def test_states_and_features_that_do_not_fit_are_refused(state: State, tmp_path: Path) -> None:
    without = {name: array for name, array in state.items() if name != f"{NETWORK}synthesis.mix.bias"}
    for damaged in ({}, without, state | {"halves": np.zeros(3, np.int16)}):
        with pytest.raises(
            DataError, match="state of codec 'learned': incomplete, or of another version; rerun the fit"
        ):
            Learned("d0", state=damaged).encode(iter(OTHERS), tmp_path / "s", tmp_path / "i")
    with pytest.raises(DataError, match="constant"):
        Learned.fit(np.ones_like(TRAIN), OPTIONS)
    with pytest.raises(DataError, match=r"features of shape \(2, 2, 8\); expected \(2, 4, 8\)"):
        Learned("d0", state=state).encode(iter(OTHERS[:, :, :2]), tmp_path / "s", tmp_path / "i")
