"""The multi-task objective and the gradients of its weights."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from compfeat.datasets import IGNORE
from compfeat.losses.baseline import baseline
from compfeat.losses.compressible import compressible
from compfeat.training.objective import FEATURES, UncertaintyWeights, all_losses, task_losses

TERMS = ("segmentation", "disparity", "reconstruction", FEATURES)
LOSS = 2.5
START = 0.3


def derivatives(term: str, strength: float) -> tuple[float, float]:
    """Return the objective's derivative by a term's log-variance and by the term's loss."""
    weights = UncertaintyWeights(TERMS)
    torch.nn.init.constant_(weights.log_variance[term], START)
    loss = torch.tensor(LOSS, requires_grad=True)
    weights({term: loss}, strength).backward()
    s = weights.log_variance[term]
    assert s.grad is not None and loss.grad is not None
    return float(s.grad), float(loss.grad)


@pytest.mark.parametrize(
    ("term", "by_s", "by_loss"),
    [
        ("segmentation", -math.exp(-START) * LOSS + 0.5, math.exp(-START)),
        ("disparity", (-math.exp(-START) * LOSS + 1) / 2, math.exp(-START) / 2),
        ("reconstruction", (-math.exp(-START) * LOSS + 1) / 2, math.exp(-START) / 2),
        (FEATURES, 0.1 * (-math.exp(-START) * LOSS + 1), 0.1 * math.exp(-START)),
    ],
)
def test_gradients(term: str, by_s: float, by_loss: float) -> None:
    assert derivatives(term, 0.1) == pytest.approx((by_s, by_loss), rel=1e-5)


def test_strength_multiplies_the_whole_term_and_one_half_is_the_plain_formula() -> None:
    assert derivatives(FEATURES, 0) == (0, 0)
    assert derivatives(FEATURES, 0.5) == pytest.approx(derivatives("disparity", 0.5))


def test_settled_weights_are_at_their_optimum() -> None:
    weights = UncertaintyWeights(TERMS)
    losses = {term: torch.tensor(LOSS * (i + 1)) for i, term in enumerate(TERMS)}
    weights.settle(losses)
    weights(losses, 1.0).backward()
    for term in TERMS:
        grad = weights.log_variance[term].grad
        assert grad is not None and float(grad) == pytest.approx(0, abs=1e-6)


def test_settling_on_no_loss_stays_finite() -> None:
    weights = UncertaintyWeights(TERMS)
    weights.settle({FEATURES: torch.tensor(0.0)})
    assert math.isfinite(weights.values()[FEATURES])


def scene() -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    torch.manual_seed(0)
    outputs = {
        "segmentation": torch.randn(2, 5, 4, 6),
        "disparity": torch.rand(2, 1, 4, 6),
        "reconstruction": torch.rand(2, 3, 4, 6),
    }
    targets = {
        "labels": torch.randint(0, 5, (2, 4, 6)),
        "disparity": torch.rand(2, 1, 4, 6) + 0.1,
        "images": torch.rand(2, 3, 4, 6),
    }
    return outputs, targets


def test_task_losses_leave_out_pixels_without_truth() -> None:
    outputs, targets = scene()
    targets["labels"][0, 0] = IGNORE
    targets["disparity"][1] = 0
    losses = task_losses(outputs, targets)
    kept = targets["labels"] != IGNORE
    logits = outputs["segmentation"].permute(0, 2, 3, 1)[kept]
    torch.testing.assert_close(
        losses["segmentation"], torch.nn.functional.cross_entropy(logits, targets["labels"][kept])
    )
    torch.testing.assert_close(losses["disparity"], (outputs["disparity"][0] - targets["disparity"][0]).square().mean())
    torch.testing.assert_close(
        losses["reconstruction"], (outputs["reconstruction"] - targets["images"]).square().mean()
    )


def test_a_batch_without_valid_disparity_costs_nothing() -> None:
    outputs, targets = scene()
    assert float(task_losses(outputs, {**targets, "disparity": torch.zeros(2, 1, 4, 6)})["disparity"]) == 0


def test_a_batch_without_labels_costs_nothing() -> None:
    outputs, targets = scene()
    loss = task_losses(outputs, {**targets, "labels": torch.full((2, 4, 6), IGNORE)})["segmentation"]
    assert float(loss) == 0


def test_the_features_have_a_term_where_the_loss_has_one() -> None:
    outputs, targets = scene()
    features = torch.rand(2, 4, 2, 2)
    assert set(all_losses(outputs, targets, features, baseline)) == set(TERMS) - {FEATURES}
    both = all_losses(outputs, targets, features, compressible)
    torch.testing.assert_close(both[FEATURES], compressible(features))
