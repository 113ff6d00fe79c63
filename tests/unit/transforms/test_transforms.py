"""What is true of every transform of the package."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from compfeat.codecs.base import State
from compfeat.errors import ConfigError
from compfeat.experiment.section import NoOptions
from compfeat.transforms.base import TRANSFORMS, FitSource, Transform, built
from helpers import random_scenes
from tiny import tiny_network


def source() -> FitSource:
    """Return train features and scenes of noise."""
    features = np.random.default_rng(0).standard_normal((6, 32, 2, 4)).astype(np.float32)
    return FitSource(features, random_scenes(6), lambda: tiny_network().eval())


@pytest.mark.parametrize("name", TRANSFORMS.names())
def test_inverse_undoes_forward(name: str) -> None:
    entry, given = TRANSFORMS.get(name), source()
    state: State = entry.fit(given, entry.options_type()) if entry.fitted else {}
    transform = built(name, {}, state)
    coded = transform.forward(given.features[0])
    assert coded.dtype == np.float32 and coded.shape == transform.coded_shape((32, 2, 4))
    np.testing.assert_allclose(transform.inverse(coded), given.features[0], atol=1e-3)


@pytest.mark.parametrize("name", [name for name in TRANSFORMS.names() if TRANSFORMS.get(name).fitted])
def test_fitting_repeats_to_the_bit(name: str) -> None:
    entry = TRANSFORMS.get(name)
    first, second = (entry.fit(source(), entry.options_type()) for _ in range(2))
    assert first.keys() == second.keys() and all(np.array_equal(first[key], second[key]) for key in first)


class Plain(Transform[NoOptions]):
    fitted = False

    def forward(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return features

    def inverse(self, coded: NDArray[np.float32]) -> NDArray[np.float32]:
        return coded


def test_names_and_options_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRANSFORMS._entries, "plain", Plain)
    assert isinstance(built("plain", {}, {}).options, NoOptions) and built("plain", {}, {}).coded_shape((1, 2, 3)) == (
        1,
        2,
        3,
    )
    with pytest.raises(ConfigError, match="transform plain"):
        built("plain", {"strength": 1}, {})
    with pytest.raises(ConfigError, match="transform 'nothing' is unknown"):
        built("nothing", {}, {})
    with pytest.raises(NotImplementedError):
        Plain.fit(source(), NoOptions())
