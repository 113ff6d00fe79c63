"""The log of the rate behind a transform that follows the training."""

from __future__ import annotations

import pytest
import torch

from compfeat.losses.log_rate import RateLogLoss, in_double_precision, log_rate, task_klt
from compfeat.losses.plugins.ratelog import Options, RateLog
from compfeat.losses.step import Step
from tiny import tiny_network, tiny_tasks


def features(seed: int = 0, channels: int = 6) -> torch.Tensor:
    """Return features whose channels repeat each other."""
    generator = torch.Generator().manual_seed(seed)
    few = torch.randn(3, 2, 4, 8, generator=generator)
    mix = torch.randn(channels, 2, generator=generator)
    return torch.einsum("kc,nchw->nkhw", mix, few) + 0.05 * torch.randn(3, channels, 4, 8, generator=generator)


def test_smaller_features_are_no_cheaper_and_those_of_few_channels_are() -> None:
    spread = features()
    for scale in (0.01, 3.0, 1000.0):
        assert float(log_rate(scale * spread, 0.25)) == pytest.approx(float(log_rate(spread, 0.25)), rel=1e-4)
    gathered = torch.zeros_like(spread)
    gathered[:, 0] = spread.square().sum(1).sqrt() * spread[:, 0].sign()
    assert float(log_rate(gathered, 0.25)) < float(log_rate(spread, 0.25))


def test_the_transform_decorrelates_in_the_tasks_metric() -> None:
    generator = torch.Generator().manual_seed(1)
    a, b, c = (torch.randn(6, 9, generator=generator, dtype=torch.float64) for _ in range(3))
    covariance, sensitivities = a @ a.T, {"one": b @ b.T, "two": c @ c.T}
    found = task_klt(covariance, sensitivities, {"one": 1.0, "two": 3.0}, 0.1)
    turned = found @ covariance @ found.T
    assert torch.allclose(turned, torch.diag(turned.diagonal()), atol=1e-9 * float(turned.max()))
    assert bool((turned.diagonal().diff() <= 1e-9).all())
    total = sum(w * m / m.trace() for w, m in ((1.0, b @ b.T), (3.0, c @ c.T)))
    expected = 0.9 * 6 * total / total.trace() + 0.1 * torch.eye(6, dtype=torch.float64)  # type: ignore[union-attr]
    assert torch.allclose(found.T @ found, expected, rtol=1e-9, atol=1e-9)
    # Without sensitivities that differ it is the plain KLT: an orthonormal matrix.
    plain = task_klt(covariance, sensitivities, {"one": 1.0, "two": 1.0}, 1.0)
    assert torch.allclose(plain @ plain.T, torch.eye(6, dtype=torch.float64), atol=1e-9)


def test_moments_move_with_the_batches_and_only_when_they_are_due() -> None:
    network = tiny_network("c256")
    loss = RateLog.build(Options.model_validate({"strength": {"c256": 0.1}, "every": 2}), "c256", tiny_tasks()[-1:])
    assert isinstance(loss, RateLogLoss)
    channels = network.encode(torch.rand(2, 3, 32, 64)).shape[1]
    name = loss.tasks[0].name

    def step(number: int, x: torch.Tensor) -> torch.Tensor:
        x.requires_grad_()
        outputs = {name: network.decoders[name](x)}
        truth = {"image": torch.rand(2, 3, 32, 64, generator=torch.Generator().manual_seed(number))}
        return loss.terms(x, x, outputs, truth, Step(0, number, 0.0))["rate"]

    first = torch.rand(2, channels, 2, 4, generator=torch.Generator().manual_seed(5))
    rate = step(0, first)
    assert torch.allclose(loss.mean, first.detach().double().mean((0, 2, 3)))
    (gradient,) = torch.autograd.grad(rate, first)
    # Moving along the gradient's opposite makes them cheaper.
    assert float(step(1, (first - 1e-4 * gradient / gradient.norm()).detach()).detach()) < float(rate.detach())
    assert int(loss.updates) == 1
    step(2, 2 * first.detach())
    assert int(loss.updates) == 2
    assert torch.allclose(loss.mean, (0.9 + 0.1 * 2) * first.detach().double().mean((0, 2, 3)))
    assert loss.kept() == {}


@pytest.mark.filterwarnings("ignore:.*no-op")
def test_moments_that_are_loaded_are_where_the_loss_is() -> None:
    options = Options.model_validate({"strength": {"c256": 0.1}})
    state = RateLog.build(options, "c256", tiny_tasks()).state_dict() | {"mean": torch.ones(6, dtype=torch.float64)}
    loss = RateLog.build(options, "c256", tiny_tasks()).to("meta")
    loss.load_state_dict(state)
    assert {tensor.device.type for tensor in loss.state_dict().values()} == {"meta"}
    assert (loss.mean.shape, loss.mean.dtype) == ((6,), torch.float64)
    assert [in_double_precision(torch.device(name)).type for name in ("mps", "cpu", "cuda")] == ["cpu", "cpu", "cuda"]
