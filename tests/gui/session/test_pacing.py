"""How many steps are due, and how many are taken a second."""

import numpy as np
import pytest

from gui.session.pacing import StepTimer, Throughput
from tests.gui.clock import Clock


def test_the_steps_that_are_due_are_those_of_the_time_gone_by():
    clock = Clock()
    timer = StepTimer(clock)
    taken = 0
    for _ in range(50):
        due, _ = timer.due(20.0, taken)
        taken += int(due)
        clock.spend(0.03)
    assert taken == 1 + int(49 * 0.03 * 20.0)
    clock.spend(60.0)
    assert timer.due(20.0, taken)[0] > 20.0
    assert timer.due(20.0, taken)[0] == 1.0


def test_updates_a_second_are_counted_by_the_clock():
    clock = Clock()
    throughput = Throughput(clock)
    assert np.isnan(throughput.updates_per_second)
    throughput.start(100)
    assert throughput.updates_per_second == 0.0
    for step in (110, 120, 130):
        clock.spend(0.1)
        throughput.count(step, 10, 0.05)
    assert throughput.updates_per_second == pytest.approx(100.0)
    assert throughput.seconds_per_step == pytest.approx(0.005, rel=0.4)
    throughput.stop()
    assert np.isnan(throughput.updates_per_second)
