"""How terms are weighed, and what every loss must be, whoever adds it."""

from __future__ import annotations

import math

import pytest
import torch

from compfeat.losses.base import LOSSES
from compfeat.losses.loss import Loss, UncertaintyLoss
from compfeat.losses.step import Step
from compfeat.training.loop import tensors
from helpers import random_scenes
from tiny import tiny_network, tiny_tasks

CUT = "c256"


def built(name: str) -> Loss:
    spec = LOSSES.get(name)
    return spec.build(spec.options_type(), CUT, tiny_tasks())


def all_terms(loss: Loss) -> dict[str, torch.Tensor]:
    """Return the terms of a tiny network on noise, for backward."""
    network = tiny_network(CUT)
    records = random_scenes(2)
    names = [truth.field for task in tiny_tasks() for truth in task.truths if truth.trained]
    truth = tensors({name: records[name] for name in ["image", *names]}, torch.device("cpu"))
    features = network.encode(truth["image"])
    outputs = network.decode(features)
    losses = {task.name: task.loss(outputs[task.name], truth) for task in tiny_tasks()}
    extra = loss.terms(features, features, outputs, truth, Step(0, 0, 0.0))
    assert not set(extra) & set(losses)
    return losses | extra


@pytest.mark.parametrize("name", LOSSES.names())
def test_a_loss_weighs_scalars_to_a_finite_scalar_has_a_gradient_and_comes_back(name: str) -> None:
    loss = built(name)
    losses = all_terms(loss)
    assert all(term.shape == () for term in losses.values())
    loss.begin_phase(losses)
    total = loss(losses, 0.5)
    assert total.shape == () and math.isfinite(float(total.detach()))
    gradients = torch.autograd.grad(total, [*losses.values(), *loss.parameters()], allow_unused=True)
    by_term = dict(zip(losses, gradients, strict=False))
    assert all(by_term[task.name] is not None and float(by_term[task.name]) > 0 for task in tiny_tasks())
    assert all(bool(torch.isfinite(gradient).all()) for gradient in gradients if gradient is not None)
    other = built(name)
    other.load_state_dict(loss.state_dict())
    assert other.values(1.0) == loss.values(1.0)
    assert set(loss.kept()) <= set(loss.state_dict())


@pytest.mark.parametrize("name", LOSSES.names())
def test_every_parameter_is_in_one_group_of_the_optimiser_and_fits_a_device_without_double_precision(name: str) -> None:
    loss = built(name)
    grouped = [p for group in loss.groups() for p in group["params"]]
    assert len(grouped) == len({id(p) for p in grouped}) == len(list(loss.parameters()))
    assert all(group["rate_factor"] > 0 for group in loss.groups())
    assert torch.float64 not in {tensor.dtype for tensor in loss.state_dict().values()}


@pytest.mark.parametrize("name", ["compressible", "ratelog"])
def test_a_cut_without_a_strength_is_a_problem(name: str) -> None:
    spec = LOSSES.get(name)
    options = spec.options_type.model_validate({"strength": {CUT: 0.1}})
    assert spec.problem(options, CUT) is None
    assert "strength has no value for cut 'c512'" in str(spec.problem(options, "c512"))


EXTRA = "extra"
TERMS = ("segmentation", "disparity", "reconstruction", EXTRA)
LOSS = 2.5
START = 0.3
WEIGHT = math.exp(-START)


class Extra(UncertaintyLoss):
    """A loss whose extra term has a strength, and a parameter of its own."""

    def __init__(self, lambda_: float) -> None:
        super().__init__(tiny_tasks(), (EXTRA,))
        self.lambda_ = lambda_
        self.own = torch.nn.Parameter(torch.ones(2))

    def strength(self, epoch: float) -> float:
        return self.lambda_


@pytest.mark.parametrize(
    ("term", "strength", "by_s", "by_loss"),
    [
        ("segmentation", 0.1, -WEIGHT * LOSS + 0.5, WEIGHT),
        ("disparity", 0.1, (-WEIGHT * LOSS + 1) / 2, WEIGHT / 2),
        ("reconstruction", 0.1, (-WEIGHT * LOSS + 1) / 2, WEIGHT / 2),
        (EXTRA, 0.1, 0.1 * (-WEIGHT * LOSS + 1), 0.1 * WEIGHT),
        (EXTRA, 0.5, (-WEIGHT * LOSS + 1) / 2, WEIGHT / 2),
        (EXTRA, 0, 0, 0),
    ],
)
def test_gradients_by_a_terms_log_variance_and_by_the_term(
    term: str, strength: float, by_s: float, by_loss: float
) -> None:
    weights = Extra(strength)
    torch.nn.init.constant_(weights.log_variance[term], START)
    loss = torch.tensor(LOSS, requires_grad=True)
    weights({term: loss}, 0.0).backward()
    s = weights.log_variance[term]
    assert s.grad is not None and loss.grad is not None
    assert (float(s.grad), float(loss.grad)) == pytest.approx((by_s, by_loss), rel=1e-5)


def test_a_phase_begins_at_the_optimum_of_the_weights_and_stays_finite_without_a_loss() -> None:
    weights = Extra(1.0)
    losses = {term: torch.tensor(LOSS * (i + 1)) for i, term in enumerate(TERMS)}
    weights.begin_phase(losses)
    weights(losses, 0.0).backward()
    for term in TERMS:
        grad = weights.log_variance[term].grad
        assert grad is not None and float(grad) == pytest.approx(0, abs=1e-6)
    weights.begin_phase({EXTRA: torch.tensor(0.0)})
    assert math.isfinite(weights.values(0)[f"log_variance_{EXTRA}"])


def test_own_parameters_learn_at_the_networks_rate_and_values_are_shown() -> None:
    loss = Extra(0.25)
    groups = [(group["rate_factor"], sum(p.numel() for p in group["params"])) for group in loss.groups()]
    assert groups == [(UncertaintyLoss.RATE_FACTOR, len(TERMS)), (1.0, 2)]
    assert set(loss.kept()) == {"own"}
    assert list(loss.values(0)) == ["strength", *(f"log_variance_{term}" for term in TERMS)]
    assert "strength" not in UncertaintyLoss(tiny_tasks()).values(0)
