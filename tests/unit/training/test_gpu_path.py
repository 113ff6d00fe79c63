"""What a training does on a GPU, as far as a processor shows it: bfloat16 by autocast, repeatable kernels."""

from __future__ import annotations

import math
import os
from typing import Any, get_args

import pytest
import torch

from compfeat.cli.pipeline.train import chosen_loss, chosen_variant
from compfeat.losses.base import LOSSES
from compfeat.networks.inference import fix_arithmetic
from compfeat.settings.recipe import Recipe
from compfeat.training import schedule
from compfeat.training.loop import Learner, train_step
from compfeat.training.variants.base import VARIANTS
from helpers import random_scenes
from tiny import tiny_network, tiny_tasks, train_settings

STEPS = 4
SCENES = random_scenes(2, seed=1)


def trained(precision: str, **changes: Any) -> tuple[list[dict[str, float]], dict[str, torch.Tensor]]:
    """Take a few steps; return the loss terms of each, and what was trained."""
    torch.set_num_threads(1)
    settings = train_settings(precision=precision, **changes)
    learner = Learner.of(
        tiny_network(), chosen_loss(settings, tiny_tasks()), chosen_variant(settings), torch.device("cpu")
    )
    learner.begin_epoch()
    epoch = schedule.epochs(settings.recipe.phases, STEPS * len(SCENES))[0]
    terms = [train_step(learner, SCENES, epoch, i, settings) for i in range(STEPS)]
    assert all(loss.dtype == torch.float32 for term in terms for loss in term.values())
    return [{name: float(loss) for name, loss in term.items()} for term in terms], learner.modules.state_dict()


def test_bfloat16_trains_float32_weights_by_the_losses_of_float32_nearly_and_repeats() -> None:
    exact, kept = trained("float32")
    rough, weights = trained("bfloat16")
    for name, value in exact[0].items():
        assert rough[0][name] == pytest.approx(value, rel=0.05, abs=0.02), name
    assert rough != exact
    assert {name: tensor.dtype for name, tensor in weights.items()} == {n: t.dtype for n, t in kept.items()}
    again, same = trained("bfloat16")
    assert again == rough and all(torch.equal(weights[name], same[name]) for name in weights)


@pytest.mark.parametrize("precision", get_args(Recipe.model_fields["precision"].annotation))
@pytest.mark.parametrize("variant", VARIANTS.names())
@pytest.mark.parametrize("loss", LOSSES.names())
def test_every_loss_trains_in_every_precision(loss: str, variant: str, precision: str) -> None:
    has_strength = "strength" in LOSSES.get(loss).options_type.model_fields
    options: dict[str, Any] = {"strength": {"c256": 0.1}} if has_strength else {}
    terms, weights = trained(precision, loss={"name": loss, **options}, variant=variant)
    assert all(math.isfinite(value) for term in terms for value in term.values())
    assert all(bool(torch.isfinite(tensor).all()) for tensor in weights.values())


@pytest.mark.parametrize("cuda", [True, False])
def test_kernels_that_repeat_are_asked_for_where_there_is_a_gpu(cuda: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "taken away when the test ends")
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    try:
        fix_arithmetic(1)
        assert torch.are_deterministic_algorithms_enabled() is cuda
        assert torch.backends.cudnn.benchmark is not cuda
        assert os.environ.get("CUBLAS_WORKSPACE_CONFIG") == (":4096:8" if cuda else None)
        if cuda:
            # A training ends there, whatever it uses: what has no such kernel on a GPU is warned of, not refused.
            trained("bfloat16")
    finally:
        torch.use_deterministic_algorithms(False)
