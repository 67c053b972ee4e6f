"""Painting on the boundary with the mouse, and the known truth beside it."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from core.data.painting import points_of
from core.data.strokes import MOST_POINTS, TOOLS
from core.saved import read_session
from core.scenes.boundary import boundary_scene
from core.scenes.known_truth import TrueMap, error_map, mean_error, true_map, true_rows
from gui.gallery import Gallery
from gui.panels.painting_start import MOST_TAKEN
from gui.panels.truth import MOST_ERROR, error_image
from gui.theme import THEMES
from tests.gui.panel_cases import new_session, train

LEFT = Qt.MouseButton.LeftButton


def blank(show, session):
    """Return the panel with a blank sheet."""
    panel = show("boundary", session)
    panel.painter.start_blank()
    return panel


def pixel(panel, x, y):
    at = panel.plot.getPlotItem().vb.mapViewToScene(QPointF(x, y))
    return panel.plot.mapFromScene(at)


def stroke(panel, *path):
    viewport = panel.plot.viewport()
    QTest.mousePress(viewport, LEFT, pos=pixel(panel, *path[0]))
    for place in path[1:]:
        QTest.mouseMove(viewport, pixel(panel, *place))
    QTest.mouseRelease(viewport, LEFT, pos=pixel(panel, *path[-1]))


def points(panel):
    return panel.painter.sheet.points


def paint_three(panel):
    """Paint what can just be learnt from."""
    panel.painter.choose_class(0)
    stroke(panel, (-0.5, 0.0))
    stroke(panel, (-0.5, 0.5))
    panel.painter.choose_class(1)
    stroke(panel, (0.5, 0.2))


def by_coordinates(painted, kind=None):
    chosen = [p for p in painted if kind is None or p[2] == kind]
    return np.array(chosen, dtype=float).reshape(-1, 3)


# the mode


def test_painting_takes_the_points_of_a_drawn_data_set_along(session, show):
    panel = show("boundary", session)
    before = session.experiment
    panel.header.paint.click()
    assert panel.painter.is_painting
    assert panel.paints.isVisible()
    assert session.experiment is before
    assert points(panel) == points_of(session.run.dataset, 5000)


def test_of_many_rows_some_are_taken_along_and_the_panel_says_so(session, show):
    panel = show("boundary", session)
    session.edit("data.rows", 9_000)
    panel.header.paint.click()
    assert len(points(panel)) == MOST_TAKEN
    assert "4\u2009000 of 9\u2009000 rows" in panel.says.text()


def test_a_table_of_more_columns_offers_a_blank_sheet_in_words(qtbot, show):
    made = new_session(data={"source": "iris"})
    try:
        panel = show("boundary", made)
        panel.header.paint.click()
        assert not panel.painter.is_painting
        assert "Iris" in panel.paints.offer.text()
        assert panel.paints.take.isVisible()
        panel.paints.take.click()
        assert panel.painter.is_local
        assert not panel.paints.take.isVisible()
        paint_three(panel)
        assert made.run.dataset.name == "Painted"
        made.undo_stack.undo()
        assert made.run.dataset.name == "Iris"
        assert panel.painter.is_local
        panel.hide()
    finally:
        made.close()


def test_escape_and_done_leave_the_mode_and_the_points_stay(qtbot, session, show):
    panel = show("boundary", session)
    panel.header.paint.click()
    stroke(panel, (0.0, 0.0))
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    QTest.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.painter.is_on
    assert not panel.paints.isVisible()
    assert not panel.header.paint.isChecked()
    assert session.experiment.data.source == "painted"
    panel.header.paint.click()
    panel.paints.done.click()
    assert not panel.painter.is_on


def test_clicks_select_no_row_while_painting_and_do_again_after(session, show):
    panel = show("boundary", session)
    panel.header.paint.click()
    place = panel.scene.rows.points[3]
    stroke(panel, place)
    assert session.view.selected == -1
    panel.painter.stop()
    stroke(panel, panel.scene.rows.points[3])
    assert session.view.selected >= 0


# the tools


def test_a_click_paints_one_point_of_the_class_where_the_mouse_is(session, show):
    panel = show("boundary", session)
    panel.header.paint.click()
    before = points(panel)
    panel.paints.classes[1].click()
    stroke(panel, (0.25, -0.25))
    *kept, new = session.experiment.data.painted
    assert tuple(kept) == before
    assert new[2] == 1
    size = panel.plot.pixel_size()
    assert new[:2] == pytest.approx((0.25, -0.25), abs=max(size))
    assert session.run.dataset.n_samples == len(before) + 1
    assert panel.scene.rows.total == len(before) + 1


def test_a_drag_paints_a_line_of_points_a_radius_apart(session, show):
    panel = show("boundary", session)
    panel.header.paint.click()
    before = len(points(panel))
    panel.paints.size_slider.setValue(20)
    stroke(panel, (-1.0, 0.0), (-0.5, 0.0), (0.5, 0.0), (1.0, 0.0))
    new = by_coordinates(points(panel)[before:])
    gaps = np.diff(new[:, 0]) / panel.plot.pixel_size()[0]
    assert len(new) > 5
    np.testing.assert_allclose(gaps, 20.0, rtol=0.01)


def test_an_airbrush_sprays_while_it_is_held(qtbot, session, show):
    sheet = blank(show, session)
    sheet.paints.tools["airbrush"].click()
    assert sheet.paints.density.isVisible()
    sheet.painter.set_density(200)
    viewport = sheet.plot.viewport()
    QTest.mousePress(viewport, LEFT, pos=pixel(sheet, 0.2, 0.3))
    qtbot.waitUntil(lambda: len(points(sheet)) > 20)
    QTest.mouseRelease(viewport, LEFT, pos=pixel(sheet, 0.2, 0.3))
    count = len(points(sheet))
    reach = np.array(sheet.plot.pixel_size()) * (sheet.painter.size + 1.5)
    away = (by_coordinates(points(sheet))[:, :2] - [0.2, 0.3]) / reach
    assert (np.hypot(*away.T) <= 1.0).all()
    qtbot.wait(80)
    assert len(points(sheet)) == count


def test_moving_erasing_and_changing_the_class_act_in_the_circle(session, show):
    sheet = blank(show, session)
    paint_three(sheet)
    sheet.paints.tools["move"].click()
    stroke(sheet, (0.5, 0.2), (0.6, 0.4), (0.8, 0.6))
    cells = by_coordinates(points(sheet))
    near = max(sheet.plot.pixel_size()) * 1.5
    np.testing.assert_allclose(cells[:, :2], [(-0.5, 0.0), (-0.5, 0.5), (0.8, 0.6)], atol=near)
    sheet.paints.tools["recolour"].click()
    sheet.painter.choose_class(1)
    stroke(sheet, (-0.5, 0.0))
    assert [k for _, _, k in points(sheet)] == [1, 0, 1]
    sheet.paints.tools["erase"].click()
    stroke(sheet, (0.8, 0.6))
    assert len(points(sheet)) == 2
    assert sheet.painter.is_local
    assert "at least three points" in sheet.says.text()


def test_jitter_moves_the_points_in_the_circle_a_little(session, show):
    sheet = blank(show, session)
    paint_three(sheet)
    before = by_coordinates(points(sheet))
    sheet.paints.tools["jitter"].click()
    stroke(sheet, (-0.5, 0.0))
    after = by_coordinates(points(sheet))
    assert (after[0] != before[0]).any()
    np.testing.assert_array_equal(after[1:], before[1:])
    reach = sheet.painter.size * np.array(sheet.plot.pixel_size())
    assert (np.abs(after[0, :2] - before[0, :2]) < reach).all()


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_on_a_blank_sheet_does_no_harm(tool, session, show):
    sheet = blank(show, session)
    sheet.paints.tools[tool].click()
    stroke(sheet, (0.0, 0.0), (0.3, 0.3), (2.0, 2.0))
    assert session.experiment.data.source == "two_moons"


def test_the_keys_change_class_and_size(qtbot, session, show):
    sheet = blank(show, session)
    sheet.activateWindow()
    qtbot.waitUntil(sheet.isActiveWindow)
    size = sheet.painter.size
    QTest.keyClick(sheet, Qt.Key.Key_BracketRight)
    assert sheet.painter.size > size
    QTest.keyClick(sheet, Qt.Key.Key_BracketLeft)
    assert sheet.painter.size == pytest.approx(size, abs=1)
    QTest.keyClick(sheet, Qt.Key.Key_2)
    assert sheet.painter.kind == 1
    QTest.keyClick(sheet, Qt.Key.Key_7)
    assert sheet.painter.kind == 1


def test_the_circle_follows_the_mouse_and_goes_with_it(qtbot, session, show):
    sheet = blank(show, session)
    circle = sheet._paint_layer._circle
    QTest.mouseMove(sheet.plot.viewport(), pixel(sheet, 0.25, 0.5))
    qtbot.waitUntil(circle.isVisible)
    assert circle.pos().x() == pytest.approx(0.25, abs=0.02)
    assert circle.rect().width() == 2 * sheet.painter.size
    sheet.painter.stop()
    assert not circle.isVisible()


# undo


def test_each_stroke_is_one_undo_and_redo_brings_it_back(session, show):
    panel = show("boundary", session)
    panel.header.paint.click()
    session.undo_stack.clear()
    sheets = [points(panel)]
    for path in ([(0.0, 0.0)], [(-1.0, 0.5), (0.0, 0.6), (1.0, 0.5)]):
        stroke(panel, *path)
        sheets.append(points(panel))
    panel.painter.choose("erase")
    stroke(panel, (-1.0, 0.5), (0.0, 0.6))
    sheets.append(points(panel))
    assert session.undo_stack.count() == 3
    assert len(set(map(len, sheets))) == 4
    for expected in reversed(sheets[:-1]):
        session.undo_stack.undo()
        assert points(panel) == expected
    assert session.experiment.data.source == "two_moons"
    for expected in sheets[1:]:
        session.undo_stack.redo()
        assert points(panel) == session.experiment.data.painted == expected


def test_undo_goes_back_over_a_sheet_that_could_not_be_learnt_from(session, show):
    sheet = blank(show, session)
    paint_three(sheet)
    counts = []
    for _ in range(3):
        session.undo_stack.undo()
        counts.append((len(points(sheet)), sheet.painter.is_local))
    assert counts == [(2, True), (1, True), (0, True)]
    for _ in range(3):
        session.undo_stack.redo()
    assert len(session.experiment.data.painted) == 3


def test_undoing_a_local_stroke_after_leaving_brings_the_sheet_back(session, show):
    sheet = blank(show, session)
    stroke(sheet, (0.0, 0.0))
    stroke(sheet, (0.3, 0.3))
    sheet.painter.stop()
    assert sheet.scene.rows.total == 150
    session.undo_stack.undo()
    assert sheet.painter.is_local
    assert len(points(sheet)) == 1


def test_an_undo_in_the_middle_of_a_stroke_ends_it(session, show):
    panel = show("boundary", session)
    panel.header.paint.click()
    stroke(panel, (0.0, 0.0))
    QTest.mousePress(panel.plot.viewport(), LEFT, pos=pixel(panel, 0.5, 0.5))
    session.undo_stack.undo()
    count = len(points(panel))
    QTest.mouseMove(panel.plot.viewport(), pixel(panel, -0.5, -0.5))
    QTest.mouseRelease(panel.plot.viewport(), LEFT, pos=pixel(panel, -0.5, -0.5))
    assert len(points(panel)) == count == 151


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
    assert panel._paint_layer._cover.isVisible()
    assert "Paint at least three points" in panel.says.text()
    paint_three(panel)
    assert session.is_playing
    assert not panel._paint_layer._cover.isVisible()
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
    assert sheet.painter.kind == 2
    assert sheet.paints.classes[2].isVisible()
    stroke(sheet, (0.0, -0.8))
    assert session.run.prepared.classes == ("0", "1", "2")
    assert session.is_playing
    session.pause()


def test_the_axes_stay_while_painting_and_fit_again_after(session, show):
    sheet = blank(show, session)
    paint_three(sheet)
    assert sheet.scene.plane.limits == (-1.0, 1.0, -1.0, 1.0)
    assert sheet.plot.getPlotItem().vb.viewRange() == [[-1.0, 1.0], [-1.0, 1.0]]
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
    window.session.keeper.save(str(tmp_path / "mine.credence"))
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


# the truth


def test_the_truth_is_drawn_as_a_dashed_line_and_told_in_words(qtbot, session, show):
    panel = show("boundary", session)
    panel.header.truth.click()
    assert session.view.truth
    qtbot.waitUntil(lambda: "more often than" in panel.says.text())
    rows = true_rows(session.run.dataset, session.run.prepared)
    assert f"{100 * rows.best:.1f}\u2009%" in panel.says.text()
    assert f"{mean_error(session.run, session.state, rows):.3f}" in panel.says.text()
    border = panel.truth._border
    qtbot.waitUntil(lambda: panel.truth.known.at(panel.scene.plane, 200).resolution == 200)
    panel.refresh()
    truth = true_map(session.run.dataset, panel.scene.plane, 200)
    np.testing.assert_array_equal(border.getData()[0], truth.border[:, 0])
    assert border.opts["pen"].style() == Qt.PenStyle.DashLine
    panel.header.truth.click()
    assert not border.isVisible()
    assert not panel.says.isVisible()


def test_the_error_map_is_the_distance_from_the_truth(qtbot, session, show):
    panel = show("boundary", session)
    train(qtbot, session, 20)
    panel.header.truth_error.click()
    qtbot.waitUntil(lambda: panel.truth.scene is not None and panel.truth.shows_error)
    shown = panel.truth.scene
    scene = boundary_scene(session.run, session.state, session.view, shown.map.resolution)
    expected = error_map(session.run, session.state, scene, shown.map)
    np.testing.assert_allclose(shown.error, expected, atol=1e-12)
    assert panel.error_scale.isVisible()
    qtbot.waitUntil(lambda: panel.is_calm and panel.truth.scene.map.resolution == 200)


def test_the_truth_follows_the_noise_and_the_split(qtbot, session, show):
    panel = show("boundary", session)
    panel.header.truth.click()
    qtbot.waitUntil(lambda: panel.truth.known.rows is not None)
    for path, value in (("data.noise", 0.9), ("data.train", 0.3)):
        session.edit(path, value)
        qtbot.waitUntil(lambda: panel.truth.known.rows is not None)
        expected = true_rows(session.run.dataset, session.run.prepared)
        np.testing.assert_array_equal(panel.truth.known.rows.probabilities, expected.probabilities)
    assert isinstance(panel.truth.scene.map, TrueMap)


def test_without_a_known_truth_the_toggles_are_off_and_say_why(session, show):
    panel = show("boundary", session)
    assert panel.header.truth.isEnabled()
    session.edit("data.source", "iris")
    for button in (panel.header.truth, panel.header.truth_error):
        assert not button.isEnabled()
        assert "drawn by a formula" in button.toolTip()


def test_the_error_s_colours_run_from_paper_to_the_scale_s_end():
    for chosen in THEMES.values():
        image = error_image(np.array([[0.0, MOST_ERROR, 1.0]]), chosen)
        paper = tuple(int(chosen.paper[i : i + 2], 16) for i in (1, 3, 5))
        np.testing.assert_allclose(image[0, 0, :3], paper, atol=1)
        np.testing.assert_array_equal(image[0, 1], image[0, 2])
        assert (image[0, 1] != image[0, 0]).any()
