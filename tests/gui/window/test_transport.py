"""Transport: buttons, speed and the timeline."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from gui.session.pacing import Pace
from gui.style.number_text import SPACE
from gui.window.transport import BUTTONS, FIRST_PACE, PACES
from tests.gui.panel_cases import train


@pytest.fixture
def transport(window):
    return window.parts.transport


def press(timeline, share):
    where = QPoint(round(share * timeline.width()), timeline.height() // 2)
    QTest.mousePress(timeline, Qt.MouseButton.LeftButton, pos=where)


def move(timeline, share):
    QTest.mouseMove(timeline, QPoint(round(share * timeline.width()), timeline.height() // 2))


def release(timeline):
    QTest.mouseRelease(timeline, Qt.MouseButton.LeftButton)


def test_each_button_does_its_action_and_says_so(qtbot, window, transport):
    session = window.session
    transport.buttons["play"].click()
    assert session.is_playing
    assert transport.buttons["play"].accessibleName() == "Pause"
    assert window.action("play").text() == "Pause"
    transport.buttons["play"].click()
    assert not session.is_playing
    assert transport.buttons["play"].accessibleName() == "Play"
    transport.buttons["restart"].click()
    transport.buttons["step"].click()
    qtbot.waitUntil(lambda: session.state.step == 1)
    transport.buttons["epoch"].click()
    qtbot.waitUntil(lambda: session.state.epoch == 1 and not session.is_playing)
    transport.buttons["ten_epochs"].click()
    qtbot.waitUntil(lambda: session.state.epoch == 11 and not session.is_playing)
    assert transport.epoch.text() == "epoch 11"
    transport.buttons["new_seed"].click()
    assert session.state.step == 0
    assert session.experiment.model.seed == 1
    assert all(transport.buttons[name].toolTip() for name in BUTTONS)


def test_every_speed_is_offered_and_used(window, transport):
    box = transport.pace
    assert [box.itemData(i) for i in range(box.count())] == list(PACES)
    assert window.session.player.pace == FIRST_PACE
    assert box.currentData() == FIRST_PACE
    assert PACES[0] == Pace(updates=1)
    assert PACES[-1] == Pace()
    for index in (0, len(PACES) - 1, PACES.index(FIRST_PACE)):
        box.setCurrentIndex(index)
        box.activated.emit(index)
        assert window.session.player.pace == PACES[index]


def test_scrubbing_shows_the_exact_state_of_that_step_in_every_visible_panel(
    qtbot, window, transport
):
    session, timeline = window.session, transport.timeline
    train(qtbot, session, 40)
    at_40 = session.state
    kept = session.run.history.state_at(17)
    timeline.setFocus()
    timeline.setValue(17)
    assert not session.is_live
    assert session.state.step == 17
    assert session.state.same_bits(kept)
    assert transport.epoch.toolTip() == "Step 17"
    curves = window.panel("loss").scene
    assert curves is not None
    QTest.keyClick(timeline, Qt.Key.Key_Right)
    assert session.state.step == 18
    QTest.keyClick(timeline, Qt.Key.Key_End)
    assert session.is_live
    assert session.state.same_bits(at_40)


def test_a_drag_along_the_timeline_scrubs_continuously_and_its_end_is_live(
    qtbot, window, transport
):
    session, timeline = window.session, transport.timeline
    train(qtbot, session, 50)
    steps = []
    session.state_changed.connect(lambda: steps.append(session.state.step))
    press(timeline, 0.2)
    for share in np.linspace(0.25, 0.9, 12):
        move(timeline, share)
    assert len(set(steps)) >= 10
    assert steps == sorted(steps)
    move(timeline, 1.0)
    assert session.is_live
    release(timeline)


def test_playing_from_a_scrubbed_step_branches_and_leaves_a_ghost(qtbot, window, transport):
    session = window.session
    train(qtbot, session, 30)
    ghosts = len(session.ghosts)
    transport.timeline.setValue(10)
    transport.buttons["step"].click()
    qtbot.waitUntil(lambda: session.state.step == 11 and not session.is_playing)
    assert session.run.history.latest.step == 11
    assert len(session.ghosts) == min(ghosts + 1, 5)
    assert transport.timeline.maximum() == 11


def test_an_edit_leaves_a_mark_on_the_timeline(qtbot, window, transport):
    session = window.session
    train(qtbot, session, 20)
    session.edit("training.learning_rate", 0.2)
    train(qtbot, session, 20)
    transport.timeline.follow()
    assert transport.timeline.marks == (0.5,)


def test_figures_keep_their_width_and_show_thousands(window, transport):
    assert transport.epoch.minimumWidth() >= transport.epoch.sizeHint().width()
    assert transport.updates_text(12_437.0) == f"12{SPACE}400 updates/s"


def test_the_status_line_shows_the_figures_of_the_state_looked_at(qtbot, window):
    from core.training.recorded_metrics import measure, parts_of

    session, status = window.session, window.parts.status
    train(qtbot, session, 40)
    for split in ("train", "validation", "test"):
        session.set_view("split", split)
        for step in (12, 40):
            session.scrub(step)
            run = session.run
            values = measure(run.history.problem, parts_of(run.prepared), session.state)
            for name, label in status.figures.items():
                assert label.text() == f"{values[f'{split}.{name}']:.3f}"
        assert split in status.split.text()
    session.set_view("split", "validation")
    assert status.engine.text() == session.run.history.engine.name


def test_what_is_told_stands_in_the_status_line_and_a_divergence_is_a_warning(qtbot, window):
    session, status = window.session, window.parts.status
    session.message.emit("Something to know.")
    assert status.message.text() == "Something to know."
    assert not status.message.property("warning")
    session.edit("training.penalty", "l2")
    session.edit("training.penalty_strength", 10.0)
    session.edit("training.learning_rate", 100.0)
    session.player.set_pace(Pace())
    session.play()
    qtbot.waitUntil(lambda: session.player.divergence is not None)
    session.player.set_pace(FIRST_PACE)
    assert not session.is_playing
    assert "ower the penalty strength" in status.message.text()
    assert status.message.property("warning")
