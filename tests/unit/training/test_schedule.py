"""The schedule of the learning rate, and the order of the phases."""

from __future__ import annotations

import numpy as np
import pytest

from compfeat.training.schedule import epochs, learning_rate
from tiny import phase


def test_learning_rate_rises_then_falls_along_a_cosine() -> None:
    p = phase(epochs=10, learning_rate=0.002, final_rate_fraction=0.1)
    assert 0 < learning_rate(0, p, 2) < 1e-5
    assert learning_rate(1, p, 2) == pytest.approx(0.001, rel=0.01)
    assert learning_rate(2, p, 2) == pytest.approx(0.002)
    assert learning_rate(6, p, 2) == pytest.approx(0.002 * (0.1 + 0.9 / 2))
    assert learning_rate(10, p, 2) == learning_rate(11, p, 2) == pytest.approx(0.0002)
    falling = [learning_rate(epoch, p, 2) for epoch in np.linspace(2, 10, 50)]
    assert falling == sorted(falling, reverse=True)


def test_a_final_fraction_of_one_keeps_the_rate() -> None:
    p = phase(epochs=4, learning_rate=0.002, final_rate_fraction=1)
    assert {learning_rate(epoch, p, 0) for epoch in (0, 1.5, 4)} == {0.002}


def test_a_warm_up_as_long_as_the_run_does_not_divide_by_zero() -> None:
    p = phase(epochs=1)
    assert 0 < learning_rate(0.5, p, 1) < p.learning_rate
    assert learning_rate(1, p, 1) <= p.learning_rate


def test_phases_follow_each_other_without_a_gap() -> None:
    plan = epochs((phase(epochs=2, batch_size=4), phase(epochs=1, batch_size=2)), n_images=9)
    assert [(e.number, e.phase_number, e.within, e.first_step, e.steps) for e in plan] == [
        (0, 0, 0, 0, 2),
        (1, 0, 1, 2, 2),
        (2, 1, 0, 4, 4),
    ]
    assert plan[-1].end_step == 8
