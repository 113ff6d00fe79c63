"""Transforms: what every one must be, what the KLT and the task-weighted KLT give, also of features with little to give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from compfeat.arrays import evenly_spaced
from compfeat.codecs.base import State
from compfeat.codecs.spectra import dct2
from compfeat.errors import ConfigError, DataError
from compfeat.tasks.plugins.reconstruction import Reconstruction
from compfeat.tasks.plugins.segmentation import Segmentation
from compfeat.transforms.bands import bands_of
from compfeat.transforms.base import TRANSFORMS, FitSource, Transform, built
from compfeat.transforms.linear import LinearOptions, fitted
from compfeat.transforms.plugins.klt import Klt
from compfeat.transforms.plugins.task_klt import TaskKlt, weighted
from compfeat.transforms.sensitivity import RARE_SHARE, Sensitivity, class_weights, sensitivities
from helpers import CLASSES, random_scenes
from tiny import tiny_network

Features = NDArray[np.float32]
ALL = LinearOptions(images=None)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """As in the stage: two threads that wait for each other take minutes on a busy machine."""
    torch.set_num_threads(1)


def source_of(features: Features, **changes: Any) -> FitSource:
    """Return train features with scenes of noise and the tiny network."""
    given: dict[str, Any] = {"scenes": random_scenes(len(features)), "network": lambda: tiny_network().eval()}
    return FitSource(features, **(given | changes))


def noise(shape: tuple[int, ...] = (6, 32, 2, 4), seed: int = 0) -> Features:
    """Return skewed features whose channels are correlated, and of unlike variances."""
    rng = np.random.default_rng(seed)
    mixed: NDArray[np.float64] = rng.standard_normal((shape[1], shape[1])) @ np.diag(rng.uniform(0.2, 2, shape[1]))
    drawn = rng.exponential(size=(shape[0], shape[1], shape[2] * shape[3]))
    features: Features = np.einsum("dc,ncp->ndp", mixed, drawn).reshape(shape).astype(np.float32) + np.float32(1)
    return features


def components(state: State, features: Features, name: str = "klt") -> NDArray[np.float64]:
    """Return what is coded of all images, C x samples."""
    coded = np.stack([built(name, {}, state).forward(f) for f in features])
    return coded.transpose(1, 0, 2, 3).reshape(features.shape[1], -1).astype(np.float64)


def fit(entry: type[Transform[Any]], source: FitSource, **changes: Any) -> State:
    """Return the state of a transform with ``changes`` of its options."""
    return entry.fit(source, entry.options_type(**changes))


def spectra(state: State, features: Features) -> list[NDArray[np.float64]]:
    """Return the DCT of what is coded of all images at the frequencies of each band, C x samples."""
    coded = dct2(np.stack([built("klt", {}, state).forward(f) for f in features]))
    return [
        coded[:, :, state["band"] == number].transpose(1, 0, 2).reshape(len(coded[0]), -1)
        for number in range(len(state["forward"]))
    ]


def relative_error(found: NDArray[Any], expected: NDArray[Any]) -> float:
    return float(np.linalg.norm(found.astype(float) - expected) / np.linalg.norm(expected.astype(float)))


def definite(rng: np.random.Generator, channels: int, condition: float) -> NDArray[np.float64]:
    """Return a random symmetric matrix with eigenvalues from 1 to ``condition``."""
    turn, _ = np.linalg.qr(rng.standard_normal((channels, channels)))
    matrix: NDArray[np.float64] = (turn * np.geomspace(1, condition, channels)) @ turn.T
    return matrix


@pytest.mark.parametrize("name", TRANSFORMS.names())
def test_inverse_undoes_forward_and_fitting_repeats_to_the_bit(name: str) -> None:
    entry, given_ = TRANSFORMS.get(name), source_of(noise())
    state, again = (fit(entry, given_) if entry.fitted else {} for _ in range(2))
    assert state.keys() == again.keys() and all(np.array_equal(state[key], again[key]) for key in state)
    transform = built(name, {}, state)
    coded = transform.forward(given_.features[0])
    assert coded.dtype == np.float32 and coded.shape == transform.coded_shape((32, 2, 4))
    np.testing.assert_allclose(transform.inverse(coded), given_.features[0], atol=1e-3)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [("order", {"strength": 1}, "transform order"), ("nothing", {}, "transform 'nothing' is unknown")],
)
def test_names_and_options_are_checked(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        built(name, options, {})


def test_a_small_case_by_hand() -> None:
    # Samples of two channels with mean (1, -1) and covariance ((2, 1), (1, 2)); eigenvalues 3 and 1.
    along = np.array([2, -1, -1, 2, -1, -1]) * np.sqrt(3 / 2)
    across = np.array([1, 1, 1, -1, -1, -1.0])
    pair = np.stack([along + across, along - across]) / np.sqrt(2) + np.array([[1], [-1]])
    features = pair.T.reshape(6, 2, 1, 1).astype(np.float32)
    state = fitted(source_of(features), ALL)
    np.testing.assert_allclose(state["mean"], [1, -1], atol=1e-6)
    np.testing.assert_allclose(state["forward"], np.array([[1, 1], [1, -1]]) / np.sqrt(2), atol=1e-6)
    np.testing.assert_allclose(state["inverse"], np.array([[1, 1], [1, -1]]) / np.sqrt(2), atol=1e-6)
    np.testing.assert_allclose(components(state, features), [along, across], atol=1e-5)
    # Noise in the first channel costs four times as much: R S R = ((8, 2), (2, 2)), eigenvalues 5 +- sqrt(13).
    state = fitted(source_of(features), ALL, np.diag([4.0, 1.0])[None])
    first = np.array([3 + np.sqrt(13), 2]) / np.hypot(3 + np.sqrt(13), 2)
    second = np.array([first[1], -first[0]])
    expected = np.stack([first, second]) * np.array([2, 1])
    np.testing.assert_allclose(np.abs(state["forward"]), np.abs(expected), atol=1e-6)
    assert (state["forward"][0] > 0).all() and components(state, features).var(axis=1) == pytest.approx(
        [5 + np.sqrt(13), 5 - np.sqrt(13)], rel=1e-5
    )


@settings(max_examples=50, deadline=None)
@given(
    channels=st.integers(1, 24),
    bands=st.integers(1, 9),
    seed=st.integers(0, 2**20),
    shape=st.sampled_from([(2, 3), (4, 4), (1, 5)]),
    condition=st.floats(1, 1e3),
)
def test_inverse_undoes_forward_and_components_are_uncorrelated_and_weighed_by_their_sensitivity(
    channels: int, bands: int, seed: int, shape: tuple[int, int], condition: float
) -> None:
    rng = np.random.default_rng(seed)
    features = noise((3 * channels, channels, *shape), seed)
    options = LinearOptions(images=None, bands=bands)
    band = options.band(features)
    sensitivity = np.stack([definite(rng, channels, condition) for _ in range(1 if band is None else band.max() + 1)])
    state = fitted(source_of(features), options, sensitivity)
    transform = built("task_klt", {}, state)
    for tensor in features[:3]:
        assert relative_error(transform.inverse(transform.forward(tensor)), tensor) < 1e-5
    coded = [components(state, features)] if band is None else spectra(state, features)
    for values, forward, own in zip(coded, state["forward"].reshape(-1, channels, channels), sensitivity, strict=True):
        covariance = values @ values.T / values.shape[1]
        scale = covariance[0, 0]
        np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-4 * scale)
        assert (np.diff(np.diag(covariance)) <= 1e-5 * scale).all()
        np.testing.assert_allclose(forward.T.astype(float) @ forward.astype(float), own, atol=1e-4 * condition)
        assert band is not None or (((values - values.mean(1, keepdims=True)) ** 3).mean(1) >= -1e-4 * scale**1.5).all()


def test_a_component_has_the_sign_of_its_likes_in_other_bands() -> None:
    # Three strong channels of unlike variance at all frequencies: each band finds them, and in the same sense.
    rng = np.random.default_rng(2)
    turn, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    drawn = rng.exponential(size=(200, 6, 4, 4)) * np.geomspace(8, 0.25, 6)[:, None, None]
    features = np.einsum("dc,nchw->ndhw", turn, drawn).astype(np.float32)
    one, several = (fitted(source_of(features), LinearOptions(images=None, bands=bands)) for bands in (1, 4))
    for forward in several["forward"]:
        cosines = np.einsum("ij,ij->i", forward.astype(float), one["forward"].astype(float))
        assert (cosines[:3] > 0.9).all() and (cosines > 0).all()


def test_packing_along_the_z_order_curve_puts_components_on_its_tiles() -> None:
    features = noise((6, 16, 2, 4))
    for bands in (1, 3):
        raster, curve = (
            fitted(source_of(features), LinearOptions(images=None, bands=bands, packing=packing))
            for packing in ("raster", "z_order")
        )
        tiles = [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]
        assert np.array_equal(curve["forward"][..., tiles, :], raster["forward"])
        transform = built("klt", {}, curve)
        assert relative_error(transform.inverse(transform.forward(features[0])), features[0]) < 1e-5
    # Eleven channels in three rows of four tiles: those that are there, in the curve's order.
    eleven = fitted(source_of(noise((6, 11, 2, 4))), LinearOptions(packing="z_order"))["forward"]
    plain = fitted(source_of(noise((6, 11, 2, 4))), LinearOptions())["forward"]
    assert np.array_equal(np.sort(eleven, axis=0), np.sort(plain, axis=0)) and not np.array_equal(eleven, plain)


@settings(max_examples=50, deadline=None)
@given(shape=st.tuples(st.integers(1, 12), st.integers(1, 12)), wanted=st.integers(1, 20))
def test_bands_divide_the_frequencies_from_low_to_high(shape: tuple[int, int], wanted: int) -> None:
    band = bands_of(shape, wanted)
    rows, columns = np.indices(shape)
    radius = (rows / shape[0]) ** 2 + (columns / shape[1]) ** 2
    assert band.shape == shape and band[0, 0] == 0
    assert np.array_equal(np.unique(band), np.arange(band.max() + 1)) and band.max() < wanted
    for number in range(band.max()):
        assert radius[band == number].max() <= radius[band == number + 1].min() + 1e-12


def test_bands_of_a_map_by_hand() -> None:
    # Of 16 frequencies the first band has 1, the next 3, 5 and 7.
    assert bands_of((4, 4), 4).tolist() == [[0, 1, 2, 3], [1, 1, 2, 3], [2, 2, 2, 3], [3, 3, 3, 3]]
    assert not bands_of((4, 8), 1).any() and bands_of((1, 1), 8).tolist() == [[0]]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**20))
def test_the_order_and_signs_of_channels_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features, sensitivity = noise((12, 5, 3, 4), seed), definite(rng, 5, 20)
    order, flips = rng.permutation(5), rng.choice([-1.0, 1.0], 5)
    other = (features * flips[:, None, None].astype(np.float32))[:, order]
    turned = (sensitivity * np.outer(flips, flips))[np.ix_(order, order)]
    first = components(fitted(source_of(features), ALL, sensitivity[None]), features)
    second = components(fitted(source_of(np.ascontiguousarray(other)), ALL, turned[None]), other)
    assert relative_error(second, first) < 1e-3


def test_the_floor_of_one_is_the_klt_and_images_are_evenly_spaced() -> None:
    given_ = source_of(noise())
    plain, floored = fit(Klt, given_), fit(TaskKlt, given_, floor=1)
    assert all(np.array_equal(plain[name], floored[name]) for name in plain)
    assert set(floored) - set(plain) == {f"sensitivity_{name}" for name in tiny_network().tasks}
    state = fit(Klt, given_, images=3)
    assert np.array_equal(state["forward"], fitted(source_of(given_.features[::2]), ALL)["forward"])
    assert evenly_spaced(7, 3).tolist() == [0, 2, 4] and evenly_spaced(2, 3).tolist() == evenly_spaced(2, None).tolist()
    orthonormal = plain["forward"].astype(float)
    np.testing.assert_allclose(orthonormal @ orthonormal.T, np.eye(32), atol=1e-5)


DEGENERATE: dict[str, Callable[[Features], Features]] = {
    "half of all channels dead": lambda f: f * (np.arange(32) % 2)[:, None, None].astype(np.float32),
    "equal channels": lambda f: np.repeat(f[:, :1], 32, axis=1),
    "zeros": lambda f: f * np.float32(0),
    "fewer samples than channels": lambda f: f[:1, :, :1, :2],
    "one sample": lambda f: f[:1, :, :1, :1],
    "tiny features": lambda f: f * np.float32(1e-12),
    "huge features": lambda f: f * np.float32(1e12),
}


@pytest.mark.parametrize("name", ["klt", "klt in bands", "task_klt"])
@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_features_are_transformed(case: str, name: str) -> None:
    features = np.ascontiguousarray(DEGENERATE[case](noise()))
    if name != "task_klt":
        state = fit(Klt, source_of(features), bands=3 if "bands" in name else 1)
    else:
        # Its network takes features of its own size, whatever these are.
        usual = fit(TaskKlt, source_of(noise()), sensitivity_images=1)
        found = {task: Sensitivity(usual[f"sensitivity_{task}"].astype(float), 1.0) for task in tiny_network().tasks}
        state = fitted(source_of(features), ALL, weighted(found, {}, 0.1))
    assert all(np.isfinite(array).all() for array in state.values())
    transform = built("klt", {}, state)
    for tensor in features:
        np.testing.assert_allclose(
            transform.inverse(transform.forward(tensor)), tensor, atol=1e-5 * float(np.abs(features).max())
        )


@pytest.mark.parametrize(
    ("entry", "spoil", "message"),
    [
        (Klt, lambda f: np.where(f == f.max(), np.float32(np.nan), f), "not finite; the network diverged"),
        (TaskKlt, lambda f: f[:, :5], "features of 5 channels; the network has 32; rerun the stage features"),
    ],
)
def test_features_that_cannot_be_are_refused_in_one_line(
    entry: type[Transform[Any]], spoil: Callable[[Features], Features], message: str
) -> None:
    with pytest.raises(DataError, match=rf"^[^\n]*{message}[^\n]*$"):
        fit(entry, source_of(spoil(noise())))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inverse": None}, "expected mean .C,., forward and inverse"),
        ({"mean": np.zeros(3, np.float32)}, "rerun the stage fit"),
        ({"mean": None, "forward": None, "inverse": None}, "none of its arrays"),
        ({"band": np.zeros((2, 2), np.int8)}, "bands x C x C"),
    ],
)
def test_the_state_of_something_else_is_refused_in_one_line(change: dict[str, Any], message: str) -> None:
    eye = np.eye(2, dtype=np.float32)
    state = {"mean": np.zeros(2, np.float32), "forward": eye, "inverse": eye}
    changed = {name: array for name, array in {**state, **change}.items() if array is not None}
    with pytest.raises(DataError, match=rf"^[^\n]*{message}[^\n]*$"):
        built("klt", {}, changed)
    with pytest.raises(DataError, match=r"features of shape .3, 2, 2.; the transform is fitted to .2,."):
        built("klt", {}, state).forward(np.zeros((3, 2, 2), np.float32))


class Linear:
    """A network of one decoder, a 1x1 convolution, for features of the size of the image."""

    def __init__(self, task: Any, matrix: NDArray[np.float64]) -> None:
        self.tasks, self.matrix, self.mean = {"only": task}, torch.from_numpy(matrix), torch.zeros(3)
        self.channels = matrix.shape[1]

    def decode(self, features: Tensor) -> dict[str, Tensor]:
        return {"only": torch.einsum("kc,nchw->nkhw", self.matrix.to(features), features)}


JACOBIAN = np.array([[1.0, 0.0, 2.0, 0.0], [0.5, -1.0, 0.0, 0.0], [0.0, 3.0, 1.0, 0.0]])


def linear_source(task: Any, matrix: NDArray[np.float64], images: int = 4) -> FitSource:
    scenes = random_scenes(images, (8, 12))
    features = np.random.default_rng(0).standard_normal((images, matrix.shape[1], 8, 12)).astype(np.float32)
    return FitSource(features, scenes, lambda: Linear(task, matrix))  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1)])
def test_a_linear_decoder_with_squared_loss_gives_its_own_gram_matrix(signs: tuple[int, ...]) -> None:
    jacobian = np.array(signs)[:, None] * JACOBIAN
    found = sensitivities(linear_source(Reconstruction(()), jacobian), np.arange(4), 40, 0, False)["only"]
    # The loss is a mean over three channels; each position counts a 96th, and all are added up.
    np.testing.assert_allclose(found.matrix, JACOBIAN.T @ JACOBIAN / 3, atol=0.06)
    assert not found.matrix[3].any() and not found.matrix[:, 3].any()


def test_sure_classes_are_not_sensitive_and_unsure_ones_are() -> None:
    def trace(scale: float) -> float:
        source = linear_source(Segmentation(CLASSES[:3]), JACOBIAN * scale)
        source.scenes["labels"] %= 3
        return float(np.trace(sensitivities(source, np.arange(4), 4, 0, False)["only"].matrix)) / scale**2

    assert trace(100) < 0.1 * trace(0.01)
    # At p = 1/3 each, half the Fisher information is (I - 1/3) / 6.
    centred = np.eye(3) / 6 - 1 / 18
    assert trace(0.01) == pytest.approx(np.trace(JACOBIAN.T @ centred @ JACOBIAN), rel=0.1)


def test_a_decoder_that_averages_is_sensitive_at_the_lowest_frequency_alone() -> None:
    class Average(Linear):
        def decode(self, features: Tensor) -> dict[str, Tensor]:
            return super().decode(features.mean((2, 3), keepdim=True).expand_as(features))

    source = linear_source(Reconstruction(()), JACOBIAN)
    source = FitSource(source.features, source.scenes, lambda: Average(Reconstruction(()), JACOBIAN))  # type: ignore[arg-type,return-value]
    band = bands_of((8, 12), 9)
    (found,) = sensitivities(source, np.arange(4), 40, 0, False, band).values()
    assert found.bands is not None and (band == 0).sum() == 2
    np.testing.assert_allclose(found.bands[0] / 48, JACOBIAN.T @ JACOBIAN / 3 / 96, atol=0.02)
    np.testing.assert_allclose(found.bands[1:], 0, atol=1e-9)
    np.testing.assert_allclose(found.matrix, found.bands[0] / 48)


@pytest.mark.parametrize("balanced", [False, True])
def test_noise_in_the_features_costs_what_the_matrix_says(balanced: bool) -> None:
    """White noise of variance s raises a loss by s tr(M), which is what M is for."""
    features, network = np.abs(noise(seed=3)), tiny_network().eval()
    scenes = random_scenes(len(features))
    given_ = source_of(features, scenes=scenes, network=lambda: network)
    found = sensitivities(given_, np.arange(len(features)), 20, 0, balanced)
    rng, scale = np.random.default_rng(1), 0.05
    truth = {name: torch.from_numpy(scenes[name].copy()) for name in ("labels", "disparity_px")}
    truth["image"] = torch.from_numpy(scenes["image"].copy()).permute(0, 3, 1, 2).float() / 255

    def losses(noise: Features) -> Mapping[str, float]:
        outputs = network.decode(torch.from_numpy(features + noise).double())
        return {name: float(network.tasks[name].loss(output, truth)) for name, output in outputs.items()}

    network.double()
    with torch.inference_mode():
        still = losses(np.zeros_like(features))
        rises: dict[str, list[float]] = {name: [] for name in still}
        for _ in range(60):
            drawn = (scale * rng.standard_normal(features.shape)).astype(np.float32)
            plus, minus = losses(drawn), losses(-drawn)
            for name, rise in rises.items():
                rise.append((plus[name] + minus[name]) / 2 - still[name])
    for name, own in found.items():
        assert own.loss == pytest.approx(still[name], rel=1e-4)
        if balanced and name == "segmentation":
            continue
        assert np.mean(rises[name]) == pytest.approx(scale**2 * np.trace(own.matrix), rel=0.1)


def test_weights_of_classes_count_a_pixel_once_on_average() -> None:
    scenes = random_scenes(1, (2, 4))
    scenes["labels"] = np.array([0, 0, 0, 0, 0, 0, 0, 2]).reshape(2, 4)
    found = class_weights(Segmentation(CLASSES[:3]), scenes)
    assert found is not None
    shares = np.array([7 / 8, 0, 1 / 8])
    assert shares @ found == pytest.approx(1)
    np.testing.assert_allclose(found * (shares + RARE_SHARE), found[0] * (shares[0] + RARE_SHARE))
    scenes["labels"] = 255
    assert class_weights(Segmentation(CLASSES[:3]), scenes) is None
    assert class_weights(Reconstruction(()), scenes) is None


def test_relative_losses_count_alike_and_weights_multiply_them() -> None:
    a, b = Sensitivity(np.diag([1.0, 0.0]), 2.0), Sensitivity(np.diag([0.0, 8.0]), 16.0)
    np.testing.assert_allclose(weighted({"a": a, "b": b}, {}, 0.25), [np.eye(2)])
    np.testing.assert_allclose(weighted({"a": a, "b": b}, {"b": 3}, 0.2), [np.diag([0.6, 1.4])])
    np.testing.assert_allclose(weighted({"a": a, "b": b}, {"a": 0}, 0.1), [np.diag([0.1, 1.9])])


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"a": Sensitivity(np.zeros((2, 2)), 1.0)}, "no task depends on the features"),
        ({"a": Sensitivity(np.eye(2), 0.0)}, "task a: a loss of 0 on train features"),
        ({"a": Sensitivity(np.eye(2), float("nan"))}, "task a: a loss of nan"),
        ({"a": Sensitivity(np.full((2, 2), np.nan), 1.0)}, "a gradient that is not finite"),
    ],
)
def test_what_cannot_be_weighed_is_refused_in_one_line(found: dict[str, Sensitivity], message: str) -> None:
    with pytest.raises(DataError, match=rf"^[^\n]*{message}[^\n]*$"):
        weighted(found, {}, 0.1)


def test_weights_are_about_the_tasks_that_there_are() -> None:
    def problem(**weights: float) -> str | None:
        given_: Any = {"weights": weights}
        return TaskKlt.problem(TaskKlt.options_type(**given_), ["edges"])

    assert problem() is None and problem(edges=3) is None
    assert "task 'depth' is not among the tasks; expected some of edges" in str(problem(depth=1))
    assert "all are 0" in str(problem(edges=0))


def test_options_change_the_matrix() -> None:
    given_ = source_of(noise())
    changes: list[dict[str, Any]] = [{}, {"floor": 0.3}, {"weights": {"segmentation": 3}}, {"balanced": True}]
    changes += [{"seed": 1}, {"directions": 2}, {"sensitivity_images": 2}, {"images": 2}, {"packing": "z_order"}]
    changes += [{"bands": 2}, {"bands": 3}]
    states = [fit(TaskKlt, given_, **change)["forward"] for change in changes]
    assert all(not np.array_equal(one, other) for i, one in enumerate(states) for other in states[:i])


PATTERN = np.random.default_rng(1).normal(size=(1, 6, 4, 8)) * 3
DRAWN = np.random.default_rng(0).normal(size=(40, 6, 4, 8)) * np.arange(1, 7)[:, None, None] + PATTERN
PATTERNED = source_of(DRAWN.astype(np.float32))


def transform(**options: Any) -> Klt:
    made = LinearOptions(**options)
    return Klt(made, fitted(PATTERNED, made))


@pytest.mark.parametrize("bands", [1, 4])
@pytest.mark.parametrize("mean", ["channel", "element"])
@pytest.mark.parametrize("channels", ["rotated", "kept", "standardised"])
def test_every_combination_is_undone(bands: int, mean: str, channels: str) -> None:
    own = transform(bands=bands, mean=mean, channels=channels)
    np.testing.assert_allclose(own.inverse(own.forward(PATTERNED.features[0])), PATTERNED.features[0], atol=1e-4)


def test_the_element_mean_takes_out_a_fixed_pattern() -> None:
    left = {
        mean: np.stack([transform(mean=mean, channels="kept").forward(f) for f in PATTERNED.features])
        for mean in ("channel", "element")
    }
    np.testing.assert_allclose(left["element"].mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(left["channel"].mean(axis=(0, 2, 3)), 0, atol=1e-4)
    assert left["channel"].var() - left["element"].var() == pytest.approx(
        (PATTERN - PATTERN.mean(axis=(2, 3), keepdims=True)).var(), rel=0.3
    )


def test_standardised_channels_have_one_variance_and_kept_ones_their_own() -> None:
    spread = {
        c: np.stack([transform(channels=c).forward(f) for f in PATTERNED.features]).std(axis=(0, 2, 3))
        for c in ("kept", "standardised")
    }
    np.testing.assert_allclose(spread["standardised"], 1, rtol=1e-3)
    np.testing.assert_allclose(spread["kept"], PATTERNED.features.std(axis=(0, 2, 3)), rtol=1e-3)


def test_the_means_of_today_are_those_without_the_option() -> None:
    for bands, mean in ((1, "channel"), (4, "element")):
        for name, array in transform(bands=bands).state.items():
            np.testing.assert_array_equal(array, transform(bands=bands, mean=mean).state[name])
