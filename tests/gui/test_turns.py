from PySide6.QtCore import QCoreApplication

from gui.turns import Turns


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
    turns = Turns()
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
    turns = Turns()
    drawer = Drawer(turns, 1)
    turns.give()
    assert drawer.drawn == 0
    turns.ask()
    turns.ask()
    assert drawer.drawn == 0
    turns.give()
    turns.give()
    assert drawer.drawn == 1


def follow(session):
    seen = {"frames": 0, "glances": 0}
    session.frame.connect(lambda: seen.update(frames=seen["frames"] + 1))
    session.glance.connect(lambda: seen.update(glances=seen["glances"] + 1, at=session.state.step))
    return seen


def test_texts_are_written_at_every_frame_while_nothing_trains(session):
    seen = follow(session)
    for step in range(5):
        session.frame.emit()
        assert seen["glances"] == seen["frames"] == step + 1


def test_texts_are_written_less_often_while_training_and_end_at_the_last_step(qtbot, session):
    seen = follow(session)
    session.play()
    qtbot.waitUntil(lambda: seen["frames"] >= 40)
    session.pause()
    assert seen["glances"] < seen["frames"] / 2
    qtbot.waitUntil(lambda: seen.get("at") == session.run.history.latest.step)


def test_a_frame_between_two_glances_is_told_after_the_rest(qtbot, session):
    seen = follow(session)
    session.is_playing = True
    session.frame.emit()
    assert seen["glances"] == 0  # what was drawn comes on screen first
    qtbot.waitUntil(lambda: seen["glances"] == 1)
    session.frame.emit()
    session.frame.emit()
    assert seen["glances"] == 1
    qtbot.waitUntil(lambda: seen["glances"] == 2)
    session.is_playing = False
    QCoreApplication.processEvents()
