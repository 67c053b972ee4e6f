"""Painting on the boundary with the mouse: the mode, the tools and undo."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QGraphicsEllipseItem

from core.data.painted import TOOLS, points_of
from gui.panels.boundary.painting.paint_sheet import MOST_TAKEN
from tests.gui.painting_cases import LEFT, blank, by_coordinates, paint_three, pixel, points, stroke
from tests.gui.panel_cases import new_session

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
    assert "4\u202f000 of 9\u202f000 rows" in panel.says.text()


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
    sheet.session.set_view("paint_density", 200)
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
    assert sheet.painter.painted_class == 1
    QTest.keyClick(sheet, Qt.Key.Key_7)
    assert sheet.painter.painted_class == 1


def test_the_circle_follows_the_mouse_and_goes_with_it(qtbot, session, show):
    sheet = blank(show, session)
    [circle] = [it for it in sheet.plot.items() if isinstance(it, QGraphicsEllipseItem)]
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
    panel.session.set_view("paint_tool", "erase")
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
