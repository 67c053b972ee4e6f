import subprocess
import sys
from dataclasses import replace

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLabel,
    QWidget,
)

from gui.panels import PANELS
from gui.plot.canvas import PlotCanvas
from gui.style.palette import THEMES
from gui.style.theme import themes
from tests.gui.panel_cases import new_session, train
from tests.gui.panel_checks import CHECKS


def checked(name, panel, qtbot, session):
    """Hold a panel's scene against figures by hand, and what it shows against its scene."""
    if name == "landscape":  # whose surface comes from the background
        run = session.run
        qtbot.waitUntil(
            lambda: (
                panel.scene.surface is not None
                and panel.scene.surface.architecture is run.architecture
            )
        )
    CHECKS[name](panel, session)


def test_every_panel_is_checked():
    assert set(CHECKS) == set(PANELS)


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_shows_what_follows_from_the_parameters(name, qtbot, session, show):
    train(qtbot, session)
    panel = show(name, session)
    checked(name, panel, qtbot, session)
    session.scrub(11)
    checked(name, panel, qtbot, session)
    if hasattr(panel.scene, "step"):
        assert panel.scene.step == 11
    if panel.settles:
        qtbot.waitUntil(lambda: panel.is_calm)
        checked(name, panel, qtbot, session)


@pytest.mark.parametrize("name", PANELS)
def test_a_hidden_panel_computes_nothing_until_it_is_shown(name, qtbot, session, monkeypatch):
    panel = PANELS[name].make(session, None)
    qtbot.addWidget(panel)
    computed = []
    compute = panel.compute
    monkeypatch.setattr(panel, "compute", lambda *earlier: computed.append(1) or compute(*earlier))
    train(qtbot, session, 10)
    session.set_view("threshold", 0.3)
    session.edit("calibration.bins", 7)
    themes().use("dark")
    assert computed == []
    panel.show()
    qtbot.waitExposed(panel)
    assert computed


@pytest.mark.parametrize("name", PANELS)
def test_another_theme_draws_the_same_scene_in_other_colours(name, qtbot, session, show):
    train(qtbot, session)
    panel = show(name, session)
    scene = panel.scene
    pictures = set()
    for chosen in THEMES:
        themes().use(chosen)
        panel.ensurePolished()
        pictures.add(bytes(panel.grab().toImage().constBits()))
    assert len(pictures) == len(THEMES)
    assert panel.scene is scene


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_says_in_one_sentence_what_it_shows(name, qtbot, session, show):
    train(qtbot, session)
    panel = show(name, session)
    sentence = panel.accessibleDescription()
    assert sentence.endswith(".")
    assert len(sentence) > 20
    assert panel.objectName() == f"panel.{name}"
    session.scrub(3)
    if name in {"boundary", "loss", "reliability"}:  # these name the step or its figures
        assert panel.accessibleDescription() != sentence


@pytest.mark.parametrize("name", PANELS)
def test_every_control_has_a_name_and_is_within_the_panel(name, session, show):
    panel = show(name, session)
    kinds = (QAbstractButton, QAbstractSlider, QComboBox)
    controls = [
        widget
        for widget in panel.findChildren(QWidget)
        if isinstance(widget, kinds) and widget.isVisible() and widget.objectName()
    ]
    for control in controls:
        if control.objectName().startswith("qt_") or "ScrollBar" in type(control).__name__:
            continue
        assert control.accessibleName(), control.objectName()
        assert control.toolTip(), control.objectName()
        corner = control.mapTo(panel, control.rect().bottomRight())
        assert panel.rect().contains(corner), control.objectName()
        if isinstance(control, QAbstractButton):
            text = control.fontMetrics().horizontalAdvance(control.text())
            assert control.width() >= text, control.objectName()


@pytest.mark.parametrize("name", PANELS)
def test_no_line_of_text_is_cut_off_at_the_bottom(name, qtbot, session, show):
    train(qtbot, session)
    panel = show(name, session)
    labels = [it for it in panel.findChildren(QLabel) if it.isVisible() and it.text()]
    assert labels or name == "rows"

    def needed(label):
        tall = label.heightForWidth(label.width()) if label.wordWrap() else 0
        return max(tall, label.minimumSizeHint().height())

    qtbot.waitUntil(lambda: all(label.height() >= needed(label) for label in labels))


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_draws_three_classes_a_table_and_a_bundled_set(name, qtbot, show):
    for source in ("iris", "penguins"):
        other = new_session(data={"source": source})
        try:
            panel = show(name, other)
            train(qtbot, other, 5)
            assert panel.scene is not None
            assert panel.accessibleDescription()
            panel.hide()
        finally:
            other.close()


@pytest.mark.parametrize("name", PANELS)
def test_another_data_set_replaces_the_one_before(name, qtbot, session, show):
    panel = show(name, session)
    for source in ("blobs", "wine", "two_moons"):
        session.edit("data.source", source)
        checked(name, panel, qtbot, session)


def test_importing_the_registry_imports_no_plots():
    code = "import sys, gui.panels; print('pyqtgraph' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_while_training_a_panel_waits_for_its_turn_and_then_shows_the_state(qtbot, session, show):
    train(qtbot, session, 10)
    panel, frames = show("figures", session), session.frame_clock
    frames.stop()
    frames.set_training(True)
    session.run.history.record_state(replace(session.state, step=11))
    frames.begin_frame()
    assert panel.is_stale
    assert panel.scene.step == 10
    while panel.scene.step == 10:
        frames.tick()
        frames.run_next()
    assert panel.scene.step == 11
    assert not panel.is_stale
    frames.set_training(False)


def test_a_panel_that_is_destroyed_is_drawn_no_longer(qtbot, session):
    train(qtbot, session, 10)
    panel, frames = PANELS["figures"].make(session, None), session.frame_clock
    panel.show()
    qtbot.waitExposed(panel)
    frames.stop()
    frames.set_training(True)
    frames.begin_frame()
    gone = []
    panel.destroyed.connect(lambda: gone.append(True))
    panel.deleteLater()
    qtbot.waitUntil(lambda: bool(gone))
    for _ in range(10):
        frames.tick()
        frames.run_next()
    frames.set_training(False)


def test_an_axis_shows_its_numbers_unscaled_however_small_the_range_was(qtbot):
    plot = PlotCanvas("plot")
    qtbot.addWidget(plot)
    axis = plot.axis("bottom")
    axis.setRange(0.0, 1e-9)
    plot.label("bottom", "epoch")
    axis.setRange(0.0, 40.0)
    plot.label("bottom", "step")
    assert axis.autoSIPrefixScale == 1.0
    axis.setRange(-0.4, 0.5)
    plot.label("bottom", "x1")
    assert axis.autoSIPrefixScale == 1.0
    assert axis.labelString().count("0.001") == 0


def test_an_axis_s_name_is_cut_where_there_is_no_room_and_whole_again(qtbot):
    plot = PlotCanvas("plot")
    qtbot.addWidget(plot)
    plot.resize(300, 400)
    name = "how often it was a class with a long name"
    plot.label("left", "rows")
    plot.show()
    qtbot.waitExposed(plot)
    plot.label("left", name)
    label = plot.axis("left").label
    middle = label.mapRectToParent(label.boundingRect()).center().y()
    assert middle == pytest.approx(plot.axis("left").size().height() / 2, abs=2)
    assert plot.axis("left").labelText == name
    plot.resize(300, 160)
    assert plot.axis("left").labelText.endswith("…")
    assert label.mapRectToScene(label.boundingRect()).height() < 160
    plot.resize(300, 400)
    assert plot.axis("left").labelText == name


@pytest.mark.parametrize("side", ["left", "bottom"])
def test_an_axis_covers_what_it_should_whatever_happens_to_it(qtbot, side):
    plot = PlotCanvas("plot")
    qtbot.addWidget(plot)
    plot.resize(300, 300)
    plot.show()
    qtbot.waitExposed(plot)
    axis = plot.axis(side)
    before = axis.boundingRect()
    plot.resize(500, 400)
    qtbot.waitUntil(lambda: axis.boundingRect() != before)
    assert axis.boundingRect() == pg.AxisItem.boundingRect(axis)
    axis.setStyle(tickLength=-30)
    assert axis.boundingRect() == pg.AxisItem.boundingRect(axis)


def test_what_lies_under_a_resting_mouse_is_told_anew_when_the_range_changes(qtbot):
    plot = PlotCanvas("plot")
    qtbot.addWidget(plot)
    plot.resize(300, 300)
    plot.show()
    qtbot.waitExposed(plot)
    told = []
    plot.hovered.connect(lambda x, y: told.append((x, y)))
    middle = plot.mapFromScene(plot.box.mapViewToScene(QPointF(0.5, 0.25)))
    qtbot.mouseMove(plot.viewport(), middle)
    qtbot.waitUntil(lambda: bool(told))
    assert told[-1] == pytest.approx((0.5, 0.25), abs=0.01)
    before = len(told)
    plot.set_limits(-10.0, 10.0, 0.0, 100.0)
    qtbot.waitUntil(lambda: len(told) > before)
    assert told[-1] == pytest.approx((0.0, 25.0), abs=1.0)
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    after = len(told)
    plot.set_limits(0.0, 1.0, 0.0, 1.0)
    qtbot.wait(20)
    assert len(told) == after
