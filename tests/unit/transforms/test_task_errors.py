"""Errors of tasks by which a codec is trained: what they are of, and that torch undoes transforms as numpy does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from compfeat.arrays import evenly_spaced
from compfeat.errors import ConfigError
from compfeat.transforms.base import FitSource, Transform, built
from compfeat.transforms.plugins.klt import Klt
from compfeat.transforms.task_errors import OutputErrors
from helpers import random_scenes
from tiny import tiny_network

NETWORK = tiny_network().eval()
FEATURES: NDArray[np.float32] = np.random.default_rng(0).normal(size=(5, NETWORK.channels, 4, 8)).astype(np.float32)
SCENES = random_scenes(len(FEATURES))


def transform(**options: Any) -> Transform[Any]:
    source = FitSource(FEATURES[evenly_spaced(5, None)], SCENES, lambda: NETWORK)
    return built("klt", options, Klt.fit(source, Klt.options_type(**options)))


@pytest.mark.parametrize("options", [{}, {"bands": 3}, {"mean": "element"}])
def test_torch_undoes_a_linear_transform(options: dict[str, Any]) -> None:
    fitted = transform(**options)
    coded = np.stack([fitted.forward(tensor) for tensor in FEATURES])
    undone = fitted.torch_inverse(torch.from_numpy(coded)).numpy()
    np.testing.assert_allclose(undone, np.stack([fitted.inverse(tensor) for tensor in coded]), atol=1e-4)


def test_another_transform_is_refused() -> None:
    class Other(Transform[Any]):
        def forward(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
            return features

        def inverse(self, coded: NDArray[np.float32]) -> NDArray[np.float32]:
            return coded

    with pytest.raises(ConfigError, match="Other: no inverse that torch differentiates; expected a linear transform"):
        Other(None, {}).torch_inverse(torch.zeros(1, 1, 1, 1))


@pytest.mark.parametrize("through", [None, "klt"])
def test_errors_grow_with_noise_and_are_none_without(through: str | None) -> None:
    before = None if through is None else transform(bands=2)
    sent = FEATURES if before is None else np.stack([before.forward(tensor) for tensor in FEATURES])
    errors, y = OutputErrors(NETWORK, SCENES, before), torch.from_numpy(sent)
    assert errors.names == tuple(NETWORK.tasks)
    noise = torch.randn(y.shape, generator=torch.Generator().manual_seed(0))
    none, little, much = (errors(y, y + scale * noise) for scale in (0.0, 0.05, 0.5))
    assert none.shape == (5, len(errors.names))
    torch.testing.assert_close(none, torch.zeros_like(none), atol=1e-6, rtol=0)
    assert (little > 0).all() and (little < much).all()


def test_errors_are_differentiable_in_what_is_decoded() -> None:
    y = torch.from_numpy(FEATURES)
    decoded = (y + 0.1).requires_grad_(True)
    torch.autograd.backward(OutputErrors(NETWORK, SCENES, None)(y, decoded).sum())
    assert decoded.grad is not None and decoded.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in NETWORK.parameters())
