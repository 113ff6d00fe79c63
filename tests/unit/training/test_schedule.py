"""The schedules of learning rate and strength."""

from __future__ import annotations

import numpy as np
import pytest

from compfeat.training.schedule import learning_rate, strength
from helpers import train_settings


def test_learning_rate_rises_then_falls_along_a_cosine() -> None:
    s = train_settings(epochs=10, learning_rate=0.002, warmup_epochs=2, final_rate_fraction=0.1)
    assert 0 < learning_rate(0, s) < 1e-5
    assert learning_rate(1, s) == pytest.approx(0.001, rel=0.01)
    assert learning_rate(2, s) == pytest.approx(0.002)
    assert learning_rate(6, s) == pytest.approx(0.002 * (0.1 + 0.9 / 2))
    assert learning_rate(10, s) == learning_rate(11, s) == pytest.approx(0.0002)
    falling = [learning_rate(epoch, s) for epoch in np.linspace(2, 10, 50)]
    assert falling == sorted(falling, reverse=True)


def test_a_final_fraction_of_one_keeps_the_rate() -> None:
    s = train_settings(epochs=4, learning_rate=0.002, warmup_epochs=0, final_rate_fraction=1)
    assert {learning_rate(epoch, s) for epoch in (0, 1.5, 4)} == {0.002}


def test_a_warm_up_as_long_as_the_run_does_not_divide_by_zero() -> None:
    s = train_settings(epochs=1, warmup_epochs=1)
    assert 0 < learning_rate(0.5, s) < s.learning_rate
    assert learning_rate(1, s) <= s.learning_rate


def test_strength_ramps_linearly() -> None:
    s = train_settings(strength=0.2, ramp_start_epoch=1, ramp_end_epoch=3)
    assert [strength(epoch, s) for epoch in (0, 1, 2, 3, 9)] == pytest.approx([0, 0, 0.1, 0.2, 0.2])


def test_a_ramp_of_no_length_is_a_step() -> None:
    s = train_settings(strength=0.2, ramp_start_epoch=1, ramp_end_epoch=1)
    assert [strength(epoch, s) for epoch in (0, 0.999, 1)] == [0, 0, 0.2]
    assert strength(0, train_settings(strength=0.2, ramp_start_epoch=0, ramp_end_epoch=0)) == 0.2
