import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from core.training.numpy_engine import NumpyEngine, burst
from core.training.problem import Divergence
from gui.session.frame_clock import FrameClock
from gui.session.mailbox import Edited, Failed, Mailbox, Measured, Stopped
from gui.session.pacing import Pace
from gui.session.trainer import Trainer
from tests.core.problems import small_problem
from tests.gui.clock import Clock

ENGINE = NumpyEngine()


class Collector:
    """Drains a trainer's mailbox until something has happened."""

    def __init__(self, trainer):
        self.trainer = trainer
        self.events = []
        self.states = []
        self.times = []

    def until(self, condition, seconds=60.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            delivery = self.trainer.mailbox.drain()
            self.events += delivery.events
            if delivery.state is not None:
                self.states.append(delivery.state)
                self.times.append(time.monotonic())
            if condition(self):
                return self
            time.sleep(0.001)
        raise AssertionError("it did not happen in time")

    def stopped(self):
        return [event for event in self.events if isinstance(event, Stopped | Divergence)]

    def measured(self):
        return [event for event in self.events if isinstance(event, Measured)]

    def is_all_measured(self):
        """Whether the last state of a pause has its figures."""
        return bool(self.measured()) and self.measured()[-1].state is self.states[-1]


@pytest.fixture
def trainer():
    made = Trainer(FrameClock())
    yield made
    made.close()


def load(trainer, problem, validation_loss=lambda state: 0.0, measure=lambda problem, state: ()):
    state = ENGINE.start(problem, "glorot", 0)
    trainer.load(ENGINE, problem, state, measure, validation_loss)
    return state


def test_what_the_thread_trains_is_what_the_engine_trains(trainer):
    problem = small_problem()
    state = load(trainer, problem)
    trainer.play(300)
    seen = Collector(trainer).until(lambda c: c.stopped())
    assert seen.stopped() == [Stopped("steps")]
    assert seen.states[-1].same_bits(burst(problem, state, 300).state)


def measured_twice(problem, state):
    yield {"step": float(state.step)}
    yield {"again": float(state.step)}


def test_pausing_takes_effect_and_measures_the_last_state(trainer):
    load(trainer, small_problem(), measure=measured_twice)
    trainer.play()
    seen = Collector(trainer).until(lambda c: len(c.states) > 3)
    trainer.pause()
    measured = seen.until(Collector.is_all_measured).measured()
    assert measured[0].state.step == 0
    for event in measured:
        assert event.values == {"step": event.state.step, "again": event.state.step}
    assert [e.state.step for e in measured] == sorted({e.state.step for e in measured})


def test_a_live_edit_tells_the_step_it_took_effect(trainer):
    problem = small_problem()
    state = load(trainer, problem)
    trainer.play()
    seen = Collector(trainer).until(lambda c: len(c.states) > 3)
    changed = problem.with_training(replace(problem.training, learning_rate=0.5))
    trainer.change(changed)
    seen.until(lambda c: any(isinstance(e, Edited) for e in c.events))
    edit = next(event for event in seen.events if isinstance(event, Edited))
    trainer.pause()
    seen.until(lambda c: c.states[-1].step > edit.step)
    last = seen.states[-1]
    before = burst(problem, state, edit.step).state
    assert last.same_bits(burst(changed, before, last.step - edit.step).state)


def test_training_stops_at_the_epoch_asked_for(trainer):
    load(trainer, small_problem(stop_epoch=7))
    trainer.play()
    seen = Collector(trainer).until(lambda c: c.stopped())
    assert seen.stopped() == [Stopped("epoch")]
    assert (seen.states[-1].epoch, seen.states[-1].position) == (7, 0)


def test_early_stopping_names_the_best_step(trainer):
    losses = iter([0.9, 0.5, 0.7, 0.8, 0.6, 0.9, 0.4])
    problem = small_problem(early_stopping=True, patience=3)
    load(trainer, problem, validation_loss=lambda state: next(losses))
    trainer.play()
    seen = Collector(trainer).until(lambda c: c.stopped())
    assert seen.stopped() == [Stopped("early", 2 * problem.steps_per_epoch)]
    assert seen.states[-1].epoch == 5


def test_divergence_is_told_with_the_last_finite_state(trainer):
    problem = small_problem(
        activation="linear", learning_rate=100.0, penalty="l2", penalty_strength=10.0
    )
    load(trainer, problem)
    trainer.play()
    seen = Collector(trainer).until(lambda c: c.stopped())
    assert isinstance(seen.stopped()[0], Divergence)
    assert np.isfinite(seen.states[-1].parameters).all()


def test_another_job_drops_what_came_of_the_last(trainer):
    load(trainer, small_problem())
    trainer.play()
    seen = Collector(trainer).until(lambda c: len(c.states) > 3)
    other = small_problem(n_inputs=7)
    load(trainer, other)
    seen.states.clear()
    seen.until(lambda c: len(c.states) > 3)
    assert {state.parameters.size for state in seen.states} == {other.architecture.n_parameters}


@pytest.mark.parametrize("pace", [Pace(updates=200.0), Pace(epochs=40.0)])
def test_a_pace_is_kept_evenly(trainer, pace):
    load(trainer, small_problem())  # five steps an epoch
    trainer.set_pace(pace)
    began = time.monotonic()
    trainer.play()
    seen = Collector(trainer).until(lambda c: c.states and c.states[-1].step >= 60)
    for state, when in zip(seen.states, seen.times, strict=True):
        assert state.step <= 200.0 * (when - began) + 2


def test_each_step_is_taken_when_it_is_due_and_no_other_with_it():
    clock = Clock()
    trainer = Trainer(FrameClock(), clock=clock)
    load(trainer, small_problem())
    trainer.set_pace(Pace(updates=200.0))
    trainer.play()
    seen = Collector(trainer)
    for step in range(1, 41):  # the first is due at once
        seen.until(lambda c, step=step: c.states and c.states[-1].step >= step)
        clock.now = (step + 0.5) / 200.0
    trainer.close()
    assert [state.step for state in seen.states] == list(range(1, 41))


def test_an_error_in_the_thread_arrives_and_the_next_job_works(trainer):
    def broken(problem, state):
        raise ZeroDivisionError("measuring broke")

    load(trainer, small_problem(), measure=broken)
    seen = Collector(trainer).until(lambda c: c.events)
    assert isinstance(seen.events[0], Failed)
    load(trainer, small_problem())
    trainer.play(10)
    seen.until(lambda c: c.stopped())


def test_closing_ends_the_thread_even_while_it_plays():
    made = Trainer(FrameClock())
    load(made, small_problem())
    made.play()
    assert "training" in [thread.name for thread in threading.enumerate()]
    made.close()
    assert "training" not in [thread.name for thread in threading.enumerate()]


def test_the_mailbox_keeps_every_event_and_only_the_latest_state():
    box = Mailbox()
    generation = box.renew()
    state = ENGINE.start(small_problem(), "glorot", 0)
    for step in range(100):
        box.post(generation, Stopped("steps", step))
        box.post_state(generation, replace(state, step=step), 1.0)
    delivery = box.drain()
    assert [event.best_step for event in delivery.events] == list(range(100))
    assert delivery.state.step == 99
    assert box.drain().state is None
    assert box.drain().events == []


def test_the_mailbox_drops_what_an_older_generation_posts():
    box = Mailbox()
    old = box.renew()
    box.renew()
    box.post(old, Stopped("steps"))
    box.post_state(old, ENGINE.start(small_problem(), "glorot", 0), 1.0)
    delivery = box.drain()
    assert delivery.events == []
    assert delivery.state is None


def test_a_measurement_under_way_ends_with_an_edit_and_another_begins(trainer):
    problem = small_problem()

    def measure(problem, state):
        yield {"rate": problem.training.learning_rate}
        yield {"step": float(state.step)}

    load(trainer, problem, measure=measure)
    trainer.play()
    collector = Collector(trainer).until(lambda c: len(c.states) > 3)
    changed = problem.with_training(replace(problem.training, learning_rate=0.25))
    trainer.change(changed)
    collector.until(lambda c: any(isinstance(event, Edited) for event in c.events))
    before = len(collector.measured())
    collector.until(lambda c: len(c.measured()) > before + 2)
    trainer.pause()
    collector.until(Collector.is_all_measured)
    edit = next(k for k, event in enumerate(collector.events) if isinstance(event, Edited))
    rates = [e.values["rate"] for e in collector.events[edit:] if isinstance(e, Measured)]
    assert rates
    assert set(rates) == {0.25}
    assert all(e.values["step"] == e.state.step for e in collector.measured())


@pytest.mark.parametrize(("quick", "few"), [(60.0, False), (-1.0, True)])
def test_a_young_run_is_measured_at_each_doubling_where_that_is_quick(
    trainer, monkeypatch, quick, few
):
    monkeypatch.setattr("gui.session.trainer.MEASURE_SECONDS", 60.0)
    monkeypatch.setattr("gui.session.trainer.QUICK_SECONDS", quick)
    problem = small_problem()
    state = load(trainer, problem, measure=measured_twice)
    trainer.play(300)
    measured = Collector(trainer).until(lambda c: c.stopped() and c.is_all_measured()).measured()
    expected = [0, 1, 300] if few else [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert [event.state.step for event in measured] == expected
    assert measured[-1].state.same_bits(burst(problem, state, 300).state)


def test_at_a_slow_pace_each_step_is_measured_at_once(trainer, monkeypatch):
    monkeypatch.setattr("gui.session.trainer.MEASURE_SECONDS", 0.0)
    load(trainer, small_problem(), measure=measured_twice)
    trainer.set_pace(Pace(updates=15.0))
    trainer.play()
    seen = Collector(trainer).until(lambda c: c.states and c.states[-1].step >= 8)
    steps = {event.state.step for event in seen.measured()}
    assert {state.step for state in seen.states[:-1]} <= steps


def test_a_trainer_that_sleeps_has_no_thread_and_does_what_it_was_asked_once_it_wakes():
    sleeper = Trainer(FrameClock(), awake=False)
    load(sleeper, small_problem())
    sleeper.play(5)
    assert "training" not in [thread.name for thread in threading.enumerate()]
    assert not sleeper.mailbox.drain().events
    sleeper.wake()
    Collector(sleeper).until(lambda c: c.states and c.states[-1].step == 5)
    sleeper.close()
