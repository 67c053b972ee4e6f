"""Schedules, penalties and early stopping."""

import itertools
import math

import numpy as np
import pytest

from core.functions.penalties import PENALTIES
from core.run.training_loop import EarlyStopping
from core.training.schedules import SCHEDULES


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_a_schedule_starts_at_one_never_rises_and_stays_in_range(name):
    factors = [SCHEDULES[name].factor(t / 7, 10.0) for t in range(200)]
    assert factors[0] == 1.0
    assert all(0.0 <= b <= a <= 1.0 for a, b in itertools.pairwise(factors))


@pytest.mark.parametrize(
    ("name", "epochs", "factor"),
    [
        ("constant", 35.0, 1.0),
        ("step", 9.99, 1.0),
        ("step", 10.0, 0.5),
        ("step", 35.0, 0.125),
        ("exponential", 10.0, 0.5),
        ("exponential", 5.0, math.sqrt(0.5)),
        ("cosine", 5.0, 0.5),
        ("cosine", 10.0, 0.0),
        ("cosine", 35.0, 0.0),
    ],
)
def test_schedules_have_these_values_at_length_ten(name, epochs, factor):
    assert SCHEDULES[name].factor(epochs, 10.0) == pytest.approx(factor, abs=1e-15)


@pytest.mark.parametrize("name", list(PENALTIES))
def test_a_penaltys_gradient_is_the_slope_of_its_value(name):
    weights = np.array([[0.5, -2.0], [3.0, -0.1]])
    gradient = PENALTIES[name].gradient(weights)
    for index in np.ndindex(weights.shape):
        up, down = weights.copy(), weights.copy()
        up[index] += 1e-6
        down[index] -= 1e-6
        slope = (PENALTIES[name].value(up) - PENALTIES[name].value(down)) / 2e-6
        assert gradient[index] == pytest.approx(slope, abs=1e-8)


def test_penalties_have_their_textbook_values():
    weights = np.array([3.0, -4.0])
    assert PENALTIES["none"].value(weights) == 0.0
    assert PENALTIES["l1"].value(weights) == 7.0
    assert PENALTIES["l2"].value(weights) == 12.5


def test_early_stopping_waits_for_its_patience_from_the_best_epoch():
    watch = EarlyStopping()
    for epoch, loss in enumerate([1.0, 0.5, 0.7, 0.6, 0.55], start=1):
        watch = watch.after(10 * epoch, epoch, loss)
    assert (watch.best_step, watch.best_epoch, watch.best_loss) == (20, 2, 0.5)
    assert not watch.is_over(5, patience=4)
    assert watch.is_over(6, patience=4)


def test_a_loss_that_is_no_number_is_never_the_best():
    watch = EarlyStopping().after(10, 1, math.nan)
    assert watch == EarlyStopping()
    assert not watch.is_over(1000, patience=1)
