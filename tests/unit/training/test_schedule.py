"""The schedule of the learning rate, and the order of the phases."""

from __future__ import annotations

import numpy as np
import pytest

from compfeat.training.schedule import epochs, learning_rate
from tiny import phase


def test_learning_rate_rises_then_falls_along_a_cosine() -> None:
    p = phase(epochs=10, learning_rate=0.002, final_rate_fraction=0.1)
    assert 0 < learning_rate(0, p, 2) < 1e-5
    at = {1: 0.001, 2: 0.002, 6: 0.002 * (0.1 + 0.9 / 2), 10: 0.0002, 11: 0.0002}
    assert [learning_rate(epoch, p, 2) for epoch in at] == pytest.approx(list(at.values()), rel=0.01)
    falling = [learning_rate(epoch, p, 2) for epoch in np.linspace(2, 10, 50)]
    assert falling == sorted(falling, reverse=True)
    level = phase(epochs=4, learning_rate=0.002, final_rate_fraction=1)
    assert {learning_rate(epoch, level, 0) for epoch in (0, 1.5, 4)} == {0.002}
    # A warm-up as long as the run does not divide by zero.
    short = phase(epochs=1)
    assert 0 < learning_rate(0.5, short, 1) < short.learning_rate >= learning_rate(1, short, 1)


def test_phases_follow_each_other_without_a_gap() -> None:
    plan = epochs((phase(epochs=2, batch_size=4), phase(epochs=1, batch_size=2)), n_images=9)
    assert [(e.number, e.phase_number, e.within, e.first_step, e.steps) for e in plan] == [
        (0, 0, 0, 0, 2),
        (1, 0, 1, 2, 2),
        (2, 1, 0, 4, 4),
    ]
    assert plan[-1].end_step == 8
