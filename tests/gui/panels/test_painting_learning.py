"""Painting while a model learns, and painted points in the window and in files."""

import csv

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QGraphicsRectItem

from core.data.painted import MOST_POINTS, points_of
from core.run.session_file import read_session
from gui.panels.boundary.painting.paint_layer import COVER
from gui.window.gallery_dialog import Gallery
from tests.gui.painting_cases import blank, paint_three, points, stroke
from tests.gui.panel_cases import train
from tests.gui.plot_readings import shown

# learning


def test_the_model_keeps_its_weights_while_points_are_painted(qtbot, session, show):
    panel = show("boundary", session)
    train(qtbot, session, 40)
    state = session.state
    panel.header.paint.click()
    stroke(panel, (0.0, 0.0), (0.5, 0.5))
    assert session.state.step == state.step
    np.testing.assert_array_equal(session.state.parameters, state.parameters)
    session.undo_stack.undo()
    np.testing.assert_array_equal(session.state.parameters, state.parameters)


def covers(plot):
    """Return the visible sheets that lie over the rows."""
    return [item for item in shown(plot, QGraphicsRectItem) if item.zValue() == COVER]


def test_training_goes_on_while_painting(qtbot, session, show):
    panel = show("boundary", session)
    session.play()
    qtbot.waitUntil(lambda: session.state.step > 5)
    panel.header.paint.click()
    step = session.state.step
    stroke(panel, (-1.0, 0.0), (0.0, 0.1), (1.0, 0.0))
    assert session.is_playing
    qtbot.waitUntil(lambda: session.state.step > step + 5)
    assert session.run.dataset.name == "Painted"
    session.pause()


def test_a_blank_sheet_pauses_the_run_and_the_third_point_goes_on(qtbot, session, show):
    panel = show("boundary", session)
    session.play()
    panel.painter.start_blank()
    assert not session.is_playing
    assert covers(panel.plot)
    assert "Paint at least three points" in panel.says.text()
    paint_three(panel)
    assert session.is_playing
    assert not covers(panel.plot)
    qtbot.waitUntil(lambda: session.state.step > 5)
    session.pause()


def test_a_blank_sheet_is_learnt_from_anew(qtbot, session, show):
    train(qtbot, session, 40)
    trained = session.state
    sheet = blank(show, session)
    paint_three(sheet)
    assert session.run.history.first_step == session.state.step == 0
    first = session.run.history.state_at(0)
    assert not np.array_equal(first.parameters, trained.parameters)
    stroke(sheet, (0.3, -0.4))
    sheet.paints.blank.click()
    assert sheet.painter.is_local
    session.undo_stack.undo()
    assert len(points(sheet)) == 4
    assert session.experiment.data.painted == points(sheet)


def test_leaving_a_blank_sheet_goes_on_with_the_run_before(session, show):
    panel = show("boundary", session)
    session.play()
    panel.painter.start_blank()
    stroke(panel, (0.0, 0.0))
    panel.painter.stop()
    assert session.is_playing
    assert session.experiment.data.source == "two_moons"
    session.pause()


def test_a_new_class_starts_the_run_again_and_keeps_it_playing(qtbot, session, show):
    sheet = blank(show, session)
    paint_three(sheet)
    session.play()
    qtbot.waitUntil(lambda: session.state.step > 3)
    sheet.paints.more.click()
    assert sheet.painter.painted_class == 2
    assert sheet.paints.classes[2].isVisible()
    stroke(sheet, (0.0, -0.8))
    assert session.run.prepared.classes == ("0", "1", "2")
    assert session.is_playing
    session.pause()


def test_the_axes_stay_while_painting_and_fit_again_after(session, show):
    sheet = blank(show, session)
    paint_three(sheet)
    assert sheet.scene.plane.limits == (-1.0, 1.0, -1.0, 1.0)
    assert sheet.plot.box.viewRange() == [[-1.0, 1.0], [-1.0, 1.0]]
    sheet.painter.stop()
    assert sheet.scene.plane.limits[0] > -0.9


def test_the_plot_does_not_move_when_the_model_begins_to_learn(session, show):
    sheet = blank(show, session)
    before = sheet.plot.geometry()
    paint_three(sheet)
    sheet.layout().activate()
    assert sheet.plot.geometry() == before
    assert "3 points of 2 classes" in sheet.says.text()


def test_the_surface_fills_the_sheet(session, show):
    sheet = blank(show, session)
    paint_three(sheet)
    surface = sheet.scene.surface
    assert (surface.x[0], surface.x[-1], surface.y[0], surface.y[-1]) == (-1.0, 1.0, -1.0, 1.0)


def test_flips_that_the_data_had_are_painted_once(session, show):
    panel = show("boundary", session)
    session.edit("data.label_flips", 0.3)
    labels = session.run.dataset.y.tolist()
    panel.header.paint.click()
    stroke(panel, (0.0, 0.0))
    assert session.experiment.data.label_flips == 0.0
    assert session.run.dataset.y.tolist()[:-1] == labels


def test_another_data_set_ends_a_blank_sheet_and_noise_is_followed(session, show):
    panel = show("boundary", session)
    panel.header.paint.click()
    session.edit("data.noise", 0.1)
    assert points(panel) == points_of(session.run.dataset, 5000)
    panel.painter.start_blank()
    session.edit("data.source", "xor")
    assert not panel.painter.is_on


def test_a_full_sheet_says_so_and_takes_no_more(session, show):
    panel = show("boundary", session)
    x = np.linspace(-1.0, 1.0, MOST_POINTS)
    painted = tuple((float(a), 0.5 * (k % 2), k % 2) for k, a in enumerate(x))
    data = session.experiment.replacing("data.painted", painted)
    session.replace(data.replacing("data.source", "painted"))
    panel.header.paint.click()
    stroke(panel, (0.0, 0.2))
    assert len(points(panel)) == MOST_POINTS
    assert "full" in panel.says.text()


# in the window


def test_the_action_and_its_key_begin_and_end_painting(qtbot, window):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    painter = window.panel("boundary").painter
    QTest.keyClick(window, Qt.Key.Key_P)
    assert painter.is_painting
    window.action("paint").trigger()
    assert not painter.is_on


def test_the_gallery_begins_a_blank_sheet(window):
    window.action("gallery").trigger()
    gallery = window.findChild(Gallery)
    names = [gallery.list.item(row).text() for row in range(gallery.list.count())]
    gallery.list.setCurrentRow(names.index("Paint your own"))
    assert "blank sheet" in gallery.text.text()
    gallery.use.click()
    painter = window.panel("boundary").painter
    assert painter.is_local
    painter.stop()


def test_painted_points_are_saved_as_a_table_and_in_the_session(qtbot, window, tmp_path):
    window.action("paint_blank").trigger()
    panel = window.panel("boundary")
    paint_three(panel)
    painted = window.session.experiment.data.painted
    panel.painter.stop()
    form = window.panel("knobs").rows["data.painted"].editor
    assert form.text() == "3 points…"
    window.session.file.save(str(tmp_path / "mine.credence"))
    assert read_session(str(tmp_path / "mine.credence")).experiment.data.painted == painted
    window.files.save_data_to(str(tmp_path / "mine.csv"))
    qtbot.waitUntil((tmp_path / "mine.csv").exists)
    with open(tmp_path / "mine.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(float(r["x1"]), float(r["x2"]), int(r["class"])) for r in rows] == list(painted)


def test_choosing_painted_without_points_begins_a_blank_sheet(window):
    editor = window.panel("knobs").rows["data.source"].editor
    editor.activated.emit(editor.findData("painted"))
    painter = window.panel("boundary").painter
    assert painter.is_local
    assert editor.currentData() == "two_moons"
    painter.stop()
