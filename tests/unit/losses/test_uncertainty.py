"""How terms are weighed: gradients of the log-variances, plain factors, and the groups of the optimiser."""

from __future__ import annotations

import math

import pytest
import torch

from compfeat.losses.loss import UncertaintyLoss
from tiny import tiny_tasks

EXTRA = "extra"
TERMS = ("segmentation", "disparity", "reconstruction", EXTRA)
LOSS = 2.5
START = 0.3


class Extra(UncertaintyLoss):
    """A loss whose extra term has a strength, and a parameter of its own."""

    def __init__(self, lambda_: float) -> None:
        super().__init__(tiny_tasks(), (EXTRA,))
        self.lambda_ = lambda_
        self.own = torch.nn.Parameter(torch.ones(2))

    def strength(self, epoch: float) -> float:
        return self.lambda_


def derivatives(term: str, strength: float) -> tuple[float, float]:
    """Return the loss's derivative by a term's log-variance and by the term."""
    weights = Extra(strength)
    torch.nn.init.constant_(weights.log_variance[term], START)
    loss = torch.tensor(LOSS, requires_grad=True)
    weights({term: loss}, 0.0).backward()
    s = weights.log_variance[term]
    assert s.grad is not None and loss.grad is not None
    return float(s.grad), float(loss.grad)


@pytest.mark.parametrize(
    ("term", "by_s", "by_loss"),
    [
        ("segmentation", -math.exp(-START) * LOSS + 0.5, math.exp(-START)),
        ("disparity", (-math.exp(-START) * LOSS + 1) / 2, math.exp(-START) / 2),
        ("reconstruction", (-math.exp(-START) * LOSS + 1) / 2, math.exp(-START) / 2),
        (EXTRA, 0.1 * (-math.exp(-START) * LOSS + 1), 0.1 * math.exp(-START)),
    ],
)
def test_gradients(term: str, by_s: float, by_loss: float) -> None:
    assert derivatives(term, 0.1) == pytest.approx((by_s, by_loss), rel=1e-5)


def test_strength_multiplies_the_whole_term_and_one_half_is_the_plain_formula() -> None:
    assert derivatives(EXTRA, 0) == (0, 0)
    assert derivatives(EXTRA, 0.5) == pytest.approx(derivatives("disparity", 0.5))


def test_a_phase_begins_at_the_optimum_of_the_weights() -> None:
    weights = Extra(1.0)
    losses = {term: torch.tensor(LOSS * (i + 1)) for i, term in enumerate(TERMS)}
    weights.begin_phase(losses)
    weights(losses, 0.0).backward()
    for term in TERMS:
        grad = weights.log_variance[term].grad
        assert grad is not None and float(grad) == pytest.approx(0, abs=1e-6)


def test_a_phase_that_begins_at_no_loss_stays_finite() -> None:
    weights = Extra(1.0)
    weights.begin_phase({EXTRA: torch.tensor(0.0)})
    assert math.isfinite(weights.values(0)[f"log_variance_{EXTRA}"])


def test_own_parameters_learn_at_the_networks_rate_and_are_kept() -> None:
    loss = Extra(1.0)
    groups = [(group["rate_factor"], sum(p.numel() for p in group["params"])) for group in loss.groups()]
    assert groups == [(UncertaintyLoss.RATE_FACTOR, len(TERMS)), (1.0, 2)]
    assert set(loss.kept()) == {"own"}


def test_what_the_epoch_table_shows() -> None:
    assert list(Extra(0.25).values(0)) == ["strength", *(f"log_variance_{term}" for term in TERMS)]
    assert "strength" not in UncertaintyLoss(tiny_tasks()).values(0)
