from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QApplication, QLabel, QToolButton

from core.data.dataset import Dataset, Feature
from core.scenes.boundary_scene import reading_at
from gui.panels.boundary.boundary_panel import LIVE_RESOLUTION
from gui.plot.images import STRENGTH, surface_image
from gui.style.palette import THEMES
from gui.style.theme import themes
from tests.gui.panel_cases import new_session, train


def pixel_of(panel, x, y):
    plot = panel.plot
    scene_point = plot.box.mapViewToScene(QPointF(x, y))
    return plot.mapFromScene(scene_point)


@pytest.fixture
def tabular(qapp):
    made = new_session(data={"source": "penguins"})
    yield made
    made.close()


def test_toggles_change_the_view_and_the_scene(session, show):
    panel = show("boundary", session)
    panel.header.splits["test"].click()
    assert session.view.shown == ("train", "validation")
    assert set(panel.scene.rows.splits.tolist()) == {0, 1}
    panel.header.splits["train"].click()
    panel.header.splits["test"].click()
    assert session.view.shown == ("validation", "test")
    panel.header.discrete.click()
    assert session.view.discrete
    assert panel.scene.discrete


def test_a_boundary_without_rows_or_with_few_of_many_says_so(session, show):
    panel = show("boundary", session)
    assert not panel.says.isVisible()
    session.set_view("shown", ())
    assert "choose a part" in panel.says.text()
    session.set_view("shown", ("train",))
    assert not panel.says.isVisible()
    session.edit("data.rows", 20_000)
    assert "of 12\u202f000 rows are drawn" in panel.says.text()


def test_toggles_follow_a_view_changed_elsewhere(session, show):
    panel = show("boundary", session)
    session.set_view("shown", ("test",))
    session.set_view("discrete", True)
    assert [b.isChecked() for b in panel.header.splits.values()] == [False, False, True]
    assert panel.header.discrete.isChecked()


def test_calibrated_is_off_with_a_reason_until_a_calibrator_is_chosen(qtbot, session, show):
    panel = show("boundary", session)
    button = panel.header.calibrated
    assert not button.isEnabled()
    assert "calibrator" in button.toolTip()
    session.edit("calibration.method", "platt")
    assert button.isEnabled()
    button.click()
    assert session.view.calibrated
    assert panel.scene.calibrated


def test_clicking_a_row_selects_it_and_clicking_again_or_beside_clears_it(qtbot, session, show):
    panel = show("boundary", session)
    rows = panel.scene.rows
    lonely = int(rows.points[:, 1].argmax())
    place = pixel_of(panel, *rows.points[lonely])
    qtbot.mouseClick(panel.plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.view.selected == rows.rows[lonely]
    np.testing.assert_array_equal(panel.scene.selected, rows.points[lonely])
    qtbot.mouseClick(panel.plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.view.selected == -1
    session.set_view("selected", 5)
    corner = pixel_of(panel, *[panel.scene.plane.limits[k] for k in (0, 2)]) + QPoint(3, -3)
    qtbot.mouseClick(panel.plot.viewport(), Qt.MouseButton.LeftButton, pos=corner)
    assert session.view.selected == -1


def test_hovering_reads_out_raw_values_logits_and_probabilities(qtbot, session, show):
    train(qtbot, session)
    panel = show("boundary", session)
    panel.plot.hovered.emit(0.25, -0.5)
    read_out = panel.findChild(QLabel, "boundary.reading")
    text = read_out.text()
    reading = reading_at(session.run, session.state, session.view, 0.25, -0.5)
    assert read_out.isVisible()
    assert "x1 = <b>0.25</b>" in text
    assert "−0.5" in text
    for value, digits in zip(reading.probabilities, ("3", "3"), strict=True):
        assert f"{value:.{digits}f}" in text
    assert f"{reading.logits[1]:.2f}".replace("-", "−") in text
    panel.plot.left.emit()
    assert not read_out.isVisible()


def test_the_read_out_follows_the_model_under_a_still_mouse(qtbot, session, show):
    panel = show("boundary", session)
    panel.plot.hovered.emit(0.25, -0.5)
    read_out = panel.findChild(QLabel, "boundary.reading")
    before = read_out.text()
    train(qtbot, session, 40)
    assert read_out.text() != before


def test_the_surface_is_coarse_while_training_and_fine_after(qtbot, session, show):
    panel = show("boundary", session)
    session.play()
    qtbot.waitUntil(lambda: panel.scene.step > 0)
    assert panel.scene.surface.probabilities.shape[:2] == (LIVE_RESOLUTION, LIVE_RESOLUTION)
    session.pause()
    qtbot.waitUntil(lambda: panel.scene.surface.probabilities.shape[:2] == (300, 300))


def test_axes_sections_and_held_values_can_be_chosen(qtbot, tabular, show):
    panel = show("boundary", tabular)
    header = panel.header
    names = [header.x_axis.itemText(k) for k in range(header.x_axis.count())]
    assert names == [feature.name for feature in tabular.run.dataset.features]
    header.x_axis.setCurrentIndex(3)
    assert [axis.feature for axis in panel.scene.plane.axes] == [3, 1]
    header.y_axis.setCurrentIndex(3)
    assert [axis.feature for axis in panel.scene.plane.axes] == [1, 3]
    header.section.setCurrentIndex(1)
    assert panel.scene.plane.kind == "average"
    assert "partial dependence" in panel.says.text()
    header.section.setCurrentIndex(2)
    assert panel.scene.plane.kind == "components"
    assert not header.x_axis.isVisible()
    header.section.setCurrentIndex(0)
    assert "Slice at" in panel.says.text()


def test_a_held_slider_moves_the_slice_and_its_reset_moves_it_back(tabular, show):
    panel = show("boundary", tabular)
    panel.header.held_toggle.click()
    slider = panel.findChild(QAbstractSlider, "view.held.2")
    name = f"Reset {tabular.run.dataset.features[2].name}"
    buttons = panel.header.held.findChildren(QToolButton)
    reset = next(it for it in buttons if it.accessibleName() == name)
    usual = panel.scene.plane.background_rows[0, 2]
    slider.setValue(slider.maximum())
    column = tabular.run.dataset.X[:, 2]
    assert panel.scene.plane.background_rows[0, 2] == pytest.approx(np.nanmax(column))
    assert tabular.view.held[0][0] == 2
    reset.click()
    assert panel.scene.plane.background_rows[0, 2] == usual
    assert tabular.view.held == ()


def test_a_category_s_slider_has_one_stop_a_level(tabular, show):
    panel = show("boundary", tabular)
    panel.header.x_axis.setCurrentIndex(2)
    panel.header.held_toggle.click()
    slider = panel.findChild(QAbstractSlider, "view.held.0")
    levels = tabular.run.dataset.features[0].levels
    assert (slider.minimum(), slider.maximum()) == (0, len(levels) - 1)
    slider.setValue(1)
    labels = panel.header.held.findChildren(QLabel)
    assert [it.text() for it in labels if it.text() in levels] == [levels[1]]


def test_a_single_feature_is_drawn_as_a_curve(qtbot, show):
    X = np.linspace(-2, 2, 60)[:, None]
    data = Dataset("one", (Feature("dose"),), X, (X[:, 0] > 0).astype(int), ("no", "yes"))
    made = new_session(dataset=data)
    try:
        panel = show("boundary", made)
        assert not panel.picture.isVisible()
        points, _ = panel.lines.lines[0]
        surface = panel.scene.surface
        np.testing.assert_array_equal(points[:, 0], surface.x)
        np.testing.assert_array_equal(points[:, 1], surface.probabilities[0][:, 1])
        panel.plot.hovered.emit(0.5, 0.5)
        assert "dose" in panel.findChild(QLabel, "boundary.reading").text()
        panel.hide()
    finally:
        made.close()


def test_two_classes_run_from_one_colour_over_paper_to_the_other():
    for chosen in THEMES.values():
        p = np.array([[0.0, 0.5, 1.0]])
        image = surface_image(np.stack([1 - p, p], axis=2), chosen)
        paper = np.array(QColor(chosen.paper).getRgb()[:3])
        for column, colour in ((0, chosen.classes[0]), (2, chosen.classes[1])):
            pure = np.array(QColor(colour).getRgb()[:3])
            expected = paper + STRENGTH * (pure - paper)
            np.testing.assert_allclose(image[0, column, :3], expected, atol=1.0)
        np.testing.assert_allclose(image[0, 1, :3], paper, atol=2.0)
        assert (image[:, :, 3] == 255).all()


def test_more_classes_blend_and_wash_out_where_the_model_is_unsure():
    chosen = THEMES["light"]
    p = np.array([[[1 / 3, 1 / 3, 1 / 3], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0]]])
    image = surface_image(p, chosen)
    paper = np.array(QColor(chosen.paper).getRgb()[:3], dtype=float)
    pure = [np.array(QColor(c).getRgb()[:3], dtype=float) for c in chosen.classes[:3]]
    np.testing.assert_allclose(image[0, 0, :3], paper, atol=1.0)
    np.testing.assert_allclose(image[0, 1, :3], paper + STRENGTH * (pure[1] - paper), atol=1.0)
    mixed = paper + STRENGTH * 0.25 * ((pure[0] + pure[1]) / 2 - paper)
    np.testing.assert_allclose(image[0, 2, :3], mixed, atol=1.0)
    discrete = surface_image(p, chosen, discrete=True)
    np.testing.assert_allclose(discrete[0, 1, :3], paper + STRENGTH * (pure[1] - paper), atol=1.0)


def test_a_discrete_picture_turns_at_the_threshold():
    p = np.array([[0.29, 0.3, 0.31]])
    image = surface_image(np.stack([1 - p, p], axis=2), THEMES["light"], True, 0.3)
    assert not (image[0, 0] == image[0, 1]).all()
    np.testing.assert_array_equal(image[0, 1], image[0, 2])


def wheel(plot, modifiers):
    place = QPointF(plot.viewport().rect().center())
    event = QWheelEvent(
        place,
        plot.viewport().mapToGlobal(place),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plot.viewport(), event)


def test_only_ctrl_and_wheel_zooms_and_fit_leads_back(qtbot, session, show):
    panel = show("boundary", session)
    plot = panel.plot
    whole = plot.box.viewRange()
    wheel(plot, Qt.KeyboardModifier.NoModifier)
    assert plot.box.viewRange() == whole
    wheel(plot, Qt.KeyboardModifier.ControlModifier)
    assert plot.is_zoomed
    zoomed = plot.box.viewRange()
    assert whole[0][0] < zoomed[0][0] < zoomed[0][1] < whole[0][1]
    panel.refresh()
    assert plot.box.viewRange() == zoomed
    fit = panel.findChild(QToolButton, "boundary.plot.fit")
    assert fit.isVisible()
    fit.click()
    np.testing.assert_allclose(plot.box.viewRange(), whole)
    assert not fit.isVisible()


def test_a_drag_does_not_move_the_plot_nor_select_a_row(qtbot, session, show):
    panel = show("boundary", session)
    view = panel.plot.viewport()
    whole = panel.plot.box.viewRange()
    centre = view.rect().center()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=centre)
    qtbot.mouseMove(view, centre + QPoint(60, 40))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=centre + QPoint(60, 40))
    assert panel.plot.box.viewRange() == whole
    assert session.view.selected == -1


def test_marks_are_painted_only_when_rows_theme_or_place_change(qtbot, session, show):
    panel = show("boundary", session)
    train(qtbot, session, 5)  # the axes have found their widths
    panel.plot.viewport().repaint()
    before = panel.points.marks
    train(qtbot, session, 20)
    panel.plot.viewport().repaint()
    assert panel.points.marks is before
    session.set_view("shown", ("train",))
    panel.plot.viewport().repaint()
    fewer = panel.points.marks
    assert fewer != before
    themes().use("dark")
    panel.plot.viewport().repaint()
    dark = panel.points.marks
    assert dark != fewer
    panel.plot.viewport().repaint()
    assert panel.points.marks is dark
    panel.resize(panel.width() - 40, panel.height())
    qtbot.waitUntil(lambda: panel.points.marks is not dark)


def colours_at(panel, points):
    """Return the colours (m, 3) that are seen at points of the plot."""
    picture = panel.plot.grab().toImage()
    places = [pixel_of(panel, x, y) for x, y in points]
    return np.array([QColor(picture.pixel(place)).getRgb()[:3] for place in places])


def test_each_row_is_seen_in_the_colour_of_its_class(qtbot, session, show):
    panel = show("boundary", session)
    session.set_view("shown", ("train",))
    rows = panel.scene.rows
    apart = np.hypot(*(rows.points[:, None] - rows.points[None]).transpose(2, 0, 1))
    width, _ = panel.plot.pixel_size()
    lonely = (apart + 9.0 * np.eye(len(apart))).min(axis=1) > 12.0 * width
    assert lonely.sum() > 10
    for chosen in ("light", "dark"):
        themes().use(chosen)
        expected = [QColor(THEMES[chosen].classes[k]).getRgb()[:3] for k in rows.labels[lonely]]
        seen = colours_at(panel, rows.points[lonely])
        np.testing.assert_allclose(seen, expected, atol=3)


def test_misclassified_rows_are_ringed_where_they_lie(qtbot, session, show):
    train(qtbot, session, 15)
    panel = show("boundary", session)
    wrong = panel.scene.wrong
    np.testing.assert_array_equal(panel.points.rings, panel.scene.rows.points[wrong])
    assert wrong.any()
    with_rings = panel.plot.grab().toImage()
    session.set_view("threshold", 0.0)  # every row of class 0 is wrong, no other
    labels = panel.scene.rows.labels
    np.testing.assert_array_equal(panel.points.rings, panel.scene.rows.points[labels == 0])
    assert panel.plot.grab().toImage() != with_rings


def test_while_training_every_third_frame_has_new_rings_and_a_pause_has_its_own(
    qtbot, session, show
):
    panel = show("boundary", session)
    session.frame_clock.stop()
    session.play()
    seen = []
    for _ in range(9):
        panel.refresh()
        seen.append(panel.scene.wrong)
    kept = [later is earlier for earlier, later in pairwise(seen)]
    assert kept in ([k % 3 != at for k in range(8)] for at in range(3))
    session.set_view("threshold", 0.01)
    assert panel.scene.wrong is not seen[-1]
    session.pause()
    session.frame_clock.start()
    history = session.run.history
    qtbot.waitUntil(lambda: history.latest.step in history.metrics.column("step")[-1:])
    run, rows = session.run, panel.scene.rows
    here = np.searchsorted(run.prepared.rows, rows.rows)
    decided = run.probabilities(session.state, run.prepared.X[here])[:, 1] >= 0.01
    np.testing.assert_array_equal(panel.scene.wrong, decided != rows.labels)


def test_contour_lines_are_numbered_once_nothing_moves(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("boundary", session)
    qtbot.waitUntil(lambda: panel.is_calm)
    levels = [float(word.text) for word in panel.numbers.words]
    assert levels
    assert set(levels) <= {0.1, 0.25, 0.5, 0.75, 0.9}
    for word in panel.numbers.words:
        reading = reading_at(session.run, session.state, session.view, word.x, word.y)
        assert reading.probabilities[1] == pytest.approx(float(word.text), abs=0.05)
    session.play()
    qtbot.waitUntil(lambda: panel.numbers.words == ())
    session.pause()
    session.set_view("discrete", True)
    qtbot.waitUntil(lambda: panel.is_calm)
    assert panel.numbers.words == ()
