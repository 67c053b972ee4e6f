"""The known truth on the boundary: its line, its words and the map of errors."""

import numpy as np
from PySide6.QtCore import Qt

from core.explain.known_truth import TrueMap, mean_error, true_map, true_rows
from core.scenes.boundary_scene import boundary_scene, error_map
from gui.panels.boundary.truth_layer import MOST_ERROR, error_image
from gui.style.palette import THEMES
from tests.gui.panel_cases import train
from tests.gui.plot_readings import curve_through


def test_the_truth_is_drawn_as_a_dashed_line_and_told_in_words(qtbot, session, show):
    panel = show("boundary", session)
    panel.header.truth.click()
    assert session.view.truth
    qtbot.waitUntil(lambda: "more often than" in panel.says.text())
    rows = true_rows(session.run.dataset, session.run.prepared)
    assert f"{100 * rows.bayes_accuracy:.1f}\u202f%" in panel.says.text()
    assert f"{mean_error(session.run, session.state, rows):.3f}" in panel.says.text()
    qtbot.waitUntil(lambda: panel.truth.known.at(panel.scene.plane, 200).resolution == 200)
    panel.refresh()
    truth = true_map(session.run.dataset, panel.scene.plane, 200)
    border = curve_through(panel.plot, truth.border[:, 0], truth.border[:, 1])
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
