"""What every loss must be, whoever adds it."""

from __future__ import annotations

import math

import pytest
import torch

from compfeat.losses.base import LOSSES, Step
from compfeat.losses.loss import Loss
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
def test_a_loss_weighs_scalars_to_a_finite_scalar_and_has_a_gradient(name: str) -> None:
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


@pytest.mark.parametrize("name", LOSSES.names())
def test_every_parameter_is_in_one_group_of_the_optimiser(name: str) -> None:
    loss = built(name)
    grouped = [p for group in loss.groups() for p in group["params"]]
    assert len(grouped) == len({id(p) for p in grouped}) == len(list(loss.parameters()))
    assert all(group["rate_factor"] > 0 for group in loss.groups())


@pytest.mark.parametrize("name", LOSSES.names())
def test_state_comes_back(name: str) -> None:
    loss = built(name)
    loss.begin_phase(all_terms(loss))
    other = built(name)
    other.load_state_dict(loss.state_dict())
    assert other.values(1.0) == loss.values(1.0)
    assert set(loss.kept()) <= set(loss.state_dict())


@pytest.mark.parametrize("name", LOSSES.names())
def test_a_new_loss_fits_a_device_without_double_precision(name: str) -> None:
    assert torch.float64 not in {tensor.dtype for tensor in built(name).state_dict().values()}
