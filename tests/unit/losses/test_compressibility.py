"""The compressibility loss: its check values, its transform, and tensors that would divide by zero."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from compfeat.errors import ConfigError
from compfeat.losses.compressibility import (
    CompressibleLoss,
    Range,
    compressibility,
    dct2,
    mean_gradient,
    scale_to_codes,
)
from compfeat.losses.plugins.compressible import Compressible
from compfeat.settings.section import options_of
from tiny import tiny_tasks

CHECK_VALUE = 35.8815


def reference() -> torch.Tensor:
    normal = np.random.default_rng(64).standard_normal((1, 64, 8, 16))
    return torch.from_numpy(np.maximum(0, normal).astype(np.float32))


def drawn(*shape: int) -> torch.Tensor:
    return torch.rand(shape, dtype=torch.float64, requires_grad=True, generator=torch.Generator().manual_seed(0))


def test_check_values() -> None:
    assert float(compressibility(reference())) == pytest.approx(CHECK_VALUE, abs=1e-4)
    assert float(compressibility(reference(), "batch")) == pytest.approx(CHECK_VALUE, abs=1e-4)
    assert float(dct2(scale_to_codes(reference())).abs().mean()) == pytest.approx(33.3464, abs=1e-4)
    scaled = 3 * reference().double() + 7
    assert float(compressibility(scaled)) == pytest.approx(float(compressibility(reference().double())), rel=1e-9)


@pytest.mark.parametrize("range_of", ["image", "batch"])
@pytest.mark.parametrize("value", [0.0, 2.5])
def test_constant_features_have_a_finite_loss_and_gradient(value: float, range_of: Range) -> None:
    x = torch.full((2, 4, 2, 4), value, requires_grad=True)
    loss = compressibility(x, range_of)
    (gradient,) = torch.autograd.grad(loss, x)
    assert float(loss.detach()) == 0 and bool(torch.isfinite(gradient).all())


def test_one_constant_image_does_not_spoil_its_batch() -> None:
    x = torch.cat([reference(), torch.zeros(1, 64, 8, 16)]).requires_grad_()
    loss = compressibility(x)
    (gradient,) = torch.autograd.grad(loss, x)
    assert float(loss.detach()) == pytest.approx(CHECK_VALUE / 2, abs=1e-4)
    assert bool(torch.isfinite(gradient).all())


def test_the_range_is_a_constant_to_the_gradient() -> None:
    x = drawn(1, 3, 2, 4)
    low, span = float(x.detach().min()), float((x.max() - x.min()).detach())

    def with_fixed_range(features: torch.Tensor) -> torch.Tensor:
        return dct2(mean_gradient((features - low) * (255 / span))).abs().mean()

    assert torch.autograd.gradcheck(with_fixed_range, (x,))
    (expected,) = torch.autograd.grad(with_fixed_range(x), x)
    (gradient,) = torch.autograd.grad(compressibility(x), x)
    torch.testing.assert_close(gradient, expected)


def test_the_range_of_the_batch_passes_the_gradient_and_is_shared() -> None:
    x = drawn(2, 3, 2, 4)
    scaled = scale_to_codes(x, "batch")
    assert (float(scaled.detach().min()), float(scaled.detach().max())) == pytest.approx((0, 255))
    assert float(scaled[0].detach().max() - scaled[0].detach().min()) < 255 or float(scaled[1].detach().max()) < 255
    assert torch.autograd.gradcheck(lambda features: compressibility(features, "batch"), (x,))
    (own,) = torch.autograd.grad(compressibility(x, "batch"), x)
    (constant,) = torch.autograd.grad(compressibility(x[:1]), x)
    assert not torch.allclose(own[:1], constant[:1])


def build(**values: object) -> CompressibleLoss:
    built = Compressible.build(options_of(Compressible, values, "trainings.x.loss"), "c256", tiny_tasks())
    assert isinstance(built, CompressibleLoss)
    return built


def test_strength_is_linear_between_its_knots_and_constant_beyond() -> None:
    loss = build(strength={"c256": 0.2}, strength_factors=((1, 0), (3, 1), (4, 1), (6, 0.5)))
    assert [loss.strength(epoch) for epoch in (0, 1, 2, 3, 4, 5, 9)] == pytest.approx([0, 0, 0.1, 0.2, 0.2, 0.15, 0.1])
    assert build(strength={"c256": 0.2}).strength(7) == 0.2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strength": {"c256": -1}}, r"trainings\.x\.loss\.strength\.c256"),
        ({"strength_factors": [[2, 0], [1, 1]]}, "expected pairs of epoch and factor, by rising epoch"),
        ({"strength_factors": []}, "expected pairs of epoch and factor, by rising epoch"),
        ({"range": "images"}, r"trainings\.x\.loss\.range"),
        ({"strenght": 1}, "did you mean 'strength'"),
    ],
)
def test_options_that_cannot_be(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(**options)
