import time

from PySide6.QtCore import QCoreApplication

from gui.session.frame_clock import FrameClock
from gui.session.player import GLANCE_MILLISECONDS
from tests.gui.clock import Clock


class Drawer:
    """Wants a turn each time, and counts how often it drew."""

    def __init__(self, turns, between):
        self.turns, self.between = turns, between
        self.waited = self.drawn = 0
        turns.asked.connect(self.on_asked)

    def on_asked(self):
        self.waited += 1
        if self.waited >= self.between:
            self.turns.want(self.waited / self.between, self.draw)

    def draw(self):
        self.waited = 0
        self.drawn += 1


def test_one_draws_at_a_frame_and_none_is_forgotten(qapp):
    turns = FrameClock()
    drawers = [Drawer(turns, between) for between in (3, 3, 3, 3, 6)]
    for frame in range(1, 121):
        turns.ask()
        turns.give()
        assert sum(drawer.drawn for drawer in drawers) <= frame
    counts = [drawer.drawn for drawer in drawers]
    assert sum(counts) > 110
    assert max(counts[:4]) - min(counts[:4]) <= 1
    assert counts[4] == min(counts) >= 12


def test_a_turn_is_given_once_and_only_to_who_has_asked_for_this_frame(qapp):
    turns = FrameClock()
    drawer = Drawer(turns, 1)
    turns.give()
    assert drawer.drawn == 0
    turns.ask()
    turns.ask()
    assert drawer.drawn == 0
    turns.give()
    turns.give()
    assert drawer.drawn == 1


def test_a_turn_waits_for_a_frame_that_leaves_it_time_but_not_for_ever(qapp):
    clock = Clock()
    turns = FrameClock(clock=clock)
    drawn = []

    def long_one():
        drawn.append("long")
        clock.spend(0.008)

    waited = {"long": 0.0}

    def on_asked():
        turns.want(waited["long"], long_one, "long")

    turns.asked.connect(on_asked)

    def frame(seconds, longing):
        waited["long"] = longing
        turns.ask()
        clock.spend(seconds)
        before = len(drawn)
        turns.give()
        turns.settle()
        clock.spend(0.05)
        return len(drawn) > before

    assert frame(0.012, 1.0)  # what it costs is not known yet
    assert not frame(0.012, 1.3)
    assert frame(0.007, 1.6)
    assert not frame(0.012, 1.9)
    assert frame(0.012, 2.0)


def test_where_the_longest_waiting_has_no_time_a_shorter_one_draws(qapp):
    clock = Clock()
    turns = FrameClock(clock=clock)
    drawn = []

    def on_asked():
        turns.want(1.5, lambda: (drawn.append("long"), clock.spend(0.009)), "long")
        turns.want(1.2, lambda: (drawn.append("short"), clock.spend(0.002)), "short")

    turns.asked.connect(on_asked)
    for _ in range(4):
        turns.ask()
        clock.spend(0.010)
        turns.give()
        turns.settle()
        clock.spend(0.016)
    assert drawn == ["long", "short", "short", "short"]


def test_what_took_long_once_is_forgotten_slowly(qapp):
    clock = Clock()
    turns = FrameClock(clock=clock)
    for seconds in (0.010, *[0.001] * 5):
        turns.ask()
        turns.take("text", lambda seconds=seconds: clock.spend(seconds))
        turns.settle()
        clock.now += 1.0
    turns.ask()
    clock.spend(0.0165 - 0.0062)  # 1 + 9 * 0.9 ** 5 = 6.3 milliseconds
    assert not turns.has_time("text", 1.0)
    clock.now -= 0.0002
    assert turns.has_time("text", 1.0)


def test_where_no_frame_follows_there_is_time_for_everything(qapp):
    clock = Clock()
    turns = FrameClock(clock=clock)
    assert turns.has_time("text", 0.0)
    turns.ask()
    turns.take("text", lambda: clock.spend(5.0))
    turns.settle()
    turns.ask()
    assert not turns.has_time("text", 1.0)
    clock.spend(0.1)
    assert turns.has_time("text", 1.0)


def follow(session):
    seen = {"frames": 0, "glances": 0}
    session.frame.connect(lambda: seen.update(frames=seen["frames"] + 1))
    session.text_due.connect(
        lambda: seen.update(glances=seen["glances"] + 1, at=session.state.step)
    )
    return seen


def test_texts_are_written_at_every_frame_while_nothing_trains(session):
    seen = follow(session)
    for step in range(5):
        session.frame_clock.begin_frame()
        assert seen["glances"] == seen["frames"] == step + 1


def test_texts_are_written_less_often_while_training_and_end_at_the_last_step(qtbot, session):
    seen = follow(session)
    began = time.perf_counter()
    session.play()
    qtbot.waitUntil(lambda: seen["frames"] >= 40)
    session.pause()
    rests = 1000.0 * (time.perf_counter() - began) / GLANCE_MILLISECONDS
    assert seen["glances"] <= 1.1 * rests + 2  # a timer may run out a little early
    qtbot.waitUntil(lambda: seen.get("at") == session.run.history.latest.step)


def test_a_frame_between_two_glances_is_told_after_the_rest(qtbot, session):
    seen = follow(session)
    session.is_playing = True
    session.frame_clock.begin_frame()
    assert seen["glances"] == 0  # what was drawn comes on screen first
    qtbot.waitUntil(lambda: seen["glances"] == 1)
    session.frame_clock.begin_frame()
    session.frame_clock.begin_frame()
    assert seen["glances"] == 1
    qtbot.waitUntil(lambda: seen["glances"] == 2)
    session.is_playing = False
    QCoreApplication.processEvents()
