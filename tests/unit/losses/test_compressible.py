"""The compressibility loss: its check values, its transform, and tensors that would divide by zero."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft
import torch

from compfeat.errors import ConfigError
from compfeat.experiment.section import options_of
from compfeat.losses.base import LOSSES
from compfeat.losses.compressibility import (
    CompressibleLoss,
    compressibility,
    dct2,
    dct_matrix,
    mean_gradient,
    scale_to_codes,
)
from compfeat.losses.plugins.compressible import Compressible
from tiny import tiny_tasks


def reference() -> torch.Tensor:
    normal = np.random.default_rng(64).standard_normal((1, 64, 8, 16))
    return torch.from_numpy(np.maximum(0, normal).astype(np.float32))


def test_check_value() -> None:
    assert float(compressibility(reference())) == pytest.approx(35.8815, abs=1e-4)


def test_check_value_without_the_gradient_step() -> None:
    assert float(dct2(scale_to_codes(reference())).abs().mean()) == pytest.approx(33.3464, abs=1e-4)


@pytest.mark.parametrize("shape", [(8, 16), (16, 32), (2, 4), (1, 2), (3, 5)])
def test_transform_is_the_orthonormal_dct(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(1).standard_normal((2, 3, *shape))
    expected = scipy.fft.dctn(x, type=2, norm="ortho", axes=(-2, -1))
    np.testing.assert_allclose(dct2(torch.from_numpy(x)).numpy(), expected, atol=1e-12)


def test_transform_matrix_is_orthogonal() -> None:
    matrix = dct_matrix(16)
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(16, dtype=torch.float64))


def test_gradient_counts_the_outside_as_zero() -> None:
    x = torch.tensor([[1.0, 4.0], [3.0, 9.0]]).view(1, 1, 2, 2)
    expected = torch.tensor([[1.0, 4 - 0.5], [3 - 0.5, 9 - (4 + 3) / 2]]).view(1, 1, 2, 2)
    torch.testing.assert_close(mean_gradient(x), expected)


@pytest.mark.parametrize("value", [0.0, 2.5])
def test_constant_features_have_a_finite_loss_and_gradient(value: float) -> None:
    x = torch.full((2, 4, 2, 4), value, requires_grad=True)
    loss = compressibility(x)
    (gradient,) = torch.autograd.grad(loss, x)
    assert float(loss.detach()) == 0
    assert bool(torch.isfinite(gradient).all())


def test_one_constant_image_does_not_spoil_its_batch() -> None:
    x = torch.cat([reference(), torch.zeros(1, 64, 8, 16)]).requires_grad_()
    loss = compressibility(x)
    (gradient,) = torch.autograd.grad(loss, x)
    assert float(loss.detach()) == pytest.approx(35.8815 / 2, abs=1e-4)
    assert bool(torch.isfinite(gradient).all())


def test_scale_and_offset_do_not_matter() -> None:
    x = reference().double()
    assert float(compressibility(3 * x + 7)) == pytest.approx(float(compressibility(x)), rel=1e-9)


def test_the_range_is_a_constant_to_the_gradient() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand((1, 3, 2, 4), dtype=torch.float64, requires_grad=True, generator=generator)
    low, span = float(x.detach().min()), float((x.max() - x.min()).detach())

    def with_fixed_range(features: torch.Tensor) -> torch.Tensor:
        return dct2(mean_gradient((features - low) * (255 / span))).abs().mean()

    assert torch.autograd.gradcheck(with_fixed_range, (x,))
    (expected,) = torch.autograd.grad(with_fixed_range(x), x)
    (gradient,) = torch.autograd.grad(compressibility(x), x)
    torch.testing.assert_close(gradient, expected)


def test_the_range_of_the_batch_passes_the_gradient_and_is_shared() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand((2, 3, 2, 4), dtype=torch.float64, requires_grad=True, generator=generator)
    scaled = scale_to_codes(x, "batch")
    assert (float(scaled.detach().min()), float(scaled.detach().max())) == pytest.approx((0, 255))
    assert float(scaled[0].detach().max() - scaled[0].detach().min()) < 255 or float(scaled[1].detach().max()) < 255
    assert torch.autograd.gradcheck(lambda features: compressibility(features, "batch"), (x,))
    (own,) = torch.autograd.grad(compressibility(x, "batch"), x)
    (constant,) = torch.autograd.grad(compressibility(x[:1]), x)
    assert not torch.allclose(own[:1], constant[:1])


def test_one_image_has_the_same_loss_by_either_range() -> None:
    assert float(compressibility(reference(), "batch")) == pytest.approx(35.8815, abs=1e-4)


@pytest.mark.parametrize("value", [0.0, 2.5])
def test_a_constant_batch_has_a_finite_gradient(value: float) -> None:
    x = torch.full((2, 4, 2, 4), value, requires_grad=True)
    (gradient,) = torch.autograd.grad(compressibility(x, "batch"), x)
    assert bool(torch.isfinite(gradient).all())


def build(**values: object) -> CompressibleLoss:
    options = options_of(LOSSES.get("compressible"), values, "trainings.x.loss")
    built = Compressible.build(options, "c256", tiny_tasks())
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


def test_a_cut_without_a_strength_is_a_problem() -> None:
    options = options_of(Compressible, {"strength": {"c256": 0.1}}, "loss")
    assert Compressible.problem(options, "c256") is None
    assert "strength has no value for cut 'c512'" in str(Compressible.problem(options, "c512"))
