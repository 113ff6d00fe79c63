"""The compressibility loss: the check values of METHOD.md, its transform, and tensors that would divide by zero."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft
import torch

from compfeat.losses import LOSSES
from compfeat.losses.baseline import baseline
from compfeat.losses.compressible import compressible, dct2, dct_matrix, mean_gradient, scale_to_codes


def reference() -> torch.Tensor:
    normal = np.random.default_rng(64).standard_normal((1, 64, 8, 16))
    return torch.from_numpy(np.maximum(0, normal).astype(np.float32))


def loss_of(features: torch.Tensor) -> torch.Tensor:
    loss = compressible(features)
    assert loss is not None
    return loss


def test_check_value() -> None:
    assert float(loss_of(reference())) == pytest.approx(35.8815, abs=1e-4)


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
    loss = loss_of(x)
    (gradient,) = torch.autograd.grad(loss, x)
    assert float(loss.detach()) == 0
    assert bool(torch.isfinite(gradient).all())


def test_one_constant_image_does_not_spoil_its_batch() -> None:
    x = torch.cat([reference(), torch.zeros(1, 64, 8, 16)]).requires_grad_()
    loss = loss_of(x)
    (gradient,) = torch.autograd.grad(loss, x)
    assert float(loss.detach()) == pytest.approx(35.8815 / 2, abs=1e-4)
    assert bool(torch.isfinite(gradient).all())


def test_scale_and_offset_do_not_matter() -> None:
    x = reference().double()
    assert float(loss_of(3 * x + 7)) == pytest.approx(float(loss_of(x)), rel=1e-9)


def test_the_range_is_a_constant_to_the_gradient() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand((1, 3, 2, 4), dtype=torch.float64, requires_grad=True, generator=generator)
    low, span = float(x.detach().min()), float((x.max() - x.min()).detach())

    def with_fixed_range(features: torch.Tensor) -> torch.Tensor:
        return dct2(mean_gradient((features - low) * (255 / span))).abs().mean()

    assert torch.autograd.gradcheck(with_fixed_range, (x,))
    (expected,) = torch.autograd.grad(with_fixed_range(x), x)
    (gradient,) = torch.autograd.grad(loss_of(x), x)
    torch.testing.assert_close(gradient, expected)


def test_baseline_has_no_term_and_both_are_registered() -> None:
    assert baseline(reference()) is None
    assert {"baseline", "compressible"} <= set(LOSSES.names())
    assert LOSSES.get("compressible") is compressible
