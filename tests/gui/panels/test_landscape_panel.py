import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from core.experiment.experiment import experiment_from_mapping
from core.explain.loss_surface import FINEST
from gui.form.binding import Binding
from gui.form.knob_editors import number_editor
from gui.panels.landscape.landscape_plot import loss_image
from gui.panels.landscape.landscape_text import curvature_note, parameter_names
from gui.session.session import Session
from gui.style.palette import THEMES
from gui.style.theme import themes

START = {"data": {"rows": 60}, "model": {"hidden": []}, "training": {"learning_rate": 0.1}}


def session_of(**model):
    return Session(experiment_from_mapping({**START, "model": {**START["model"], **model}}))


@pytest.fixture
def session(qapp):
    made = session_of()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def panel_of(show, qtbot):
    """Make the panel and wait for its first surface."""

    def make(session, is_fine=False):
        panel = show("landscape", session)
        panel.resize(420, 480)
        qtbot.waitUntil(lambda: panel.scene.surface is not None)
        if is_fine:
            qtbot.waitUntil(lambda: len(panel.scene.surface.x) == FINEST)
        return panel

    return make


def pixel(panel, x, y):
    box = panel.plot.box
    at = panel.plot.mapFromScene(box.mapViewToScene(QPointF(x, y)))
    return QPoint(round(at.x()), round(at.y()))


def test_the_surface_comes_from_the_background_and_grows_finer_in_peace(session, panel_of):
    panel = panel_of(session, is_fine=True)
    np.testing.assert_array_equal(panel.scene.at, session.state.parameters[[0, 1]])
    assert panel.scene.surface.state is session.state


def test_a_click_gives_the_weights_the_values_clicked_undoably(qtbot, session, panel_of):
    panel = panel_of(session, is_fine=True)
    before = session.state
    surface = panel.scene.surface
    x, y = surface.x[4], surface.y[30]
    qtbot.mouseClick(panel.plot.viewport(), Qt.MouseButton.LeftButton, pos=pixel(panel, x, y))
    width = max(panel.plot.pixel_size())
    assert session.state.parameters[:2] == pytest.approx([x, y], abs=width)
    assert session.state.parameters[2] == before.parameters[2]
    assert panel.scene.at == pytest.approx([x, y], abs=width)
    session.undo_stack.undo()
    assert session.state.same_bits(before)


def test_dragging_the_point_is_one_undo(qtbot, session, panel_of):
    panel = panel_of(session, is_fine=True)
    before, surface = session.state, panel.scene.surface
    view = panel.plot.viewport()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=pixel(panel, *panel.scene.at))
    for k in (8, 12, 20):
        qtbot.mouseMove(view, pixel(panel, surface.x[k], surface.y[k]))
    end = pixel(panel, surface.x[20], surface.y[20])
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
    width = max(panel.plot.pixel_size())
    wanted = [surface.x[20], surface.y[20]]
    assert session.state.parameters[:2] == pytest.approx(wanted, abs=2.0 * width)
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.state.same_bits(before)


def test_the_arrow_keys_move_the_point(qtbot, session, panel_of):
    panel = panel_of(session)
    before = session.state.parameters.copy()
    step = np.ptp(panel.scene.surface.x) / 50.0
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up):
        qtbot.keyClick(panel.plot, key)
    moved = session.state.parameters - before
    assert moved == pytest.approx([2.0 * step, step, 0.0])


def test_a_random_plane_moves_all_weights_and_no_bias(qtbot, qapp, panel_of):
    session = session_of(hidden=[3])
    panel = panel_of(session)
    panel.kind.setCurrentIndex(1)
    qtbot.waitUntil(lambda: panel.scene.surface.choice.kind == "random")
    assert panel.another.isVisible()
    assert not panel.axes[0].isVisible()
    before = session.state.parameters.copy()
    panel.move_to(0.5, -0.25)
    mask = session.run.architecture.weight_mask() == 1.0
    assert (session.state.parameters != before).tolist() == mask.tolist()
    expected = before + np.array([0.5, -0.25]) @ panel.surface.plane.directions
    np.testing.assert_allclose(session.state.parameters, expected)
    first = panel.surface.plane.directions
    panel.another.click()
    qtbot.waitUntil(lambda: not np.array_equal(panel.surface.plane.directions, first))
    session.close()
    session.deleteLater()


def test_two_other_weights_can_be_chosen(qtbot, session, panel_of):
    panel = panel_of(session)
    names = [panel.axes[0].itemText(k) for k in range(panel.axes[0].count())]
    assert names == ["w x1", "w x2", "b"]
    panel.axes[1].setCurrentIndex(2)
    qtbot.waitUntil(lambda: panel.surface.choice.second == 2)
    assert panel.surface.plane.indices.tolist() == [0, 2]
    names = [panel.plot.axis(side).labelText for side in ("bottom", "left")]
    assert names == ["w x1", "b"]


def test_another_network_gets_a_surface_of_its_own(qtbot, session, panel_of):
    panel = panel_of(session)
    session.edit("model.hidden", (3, 2))
    qtbot.waitUntil(
        lambda: (
            panel.scene.surface is not None
            and panel.scene.surface.architecture is session.run.architecture
        )
    )
    assert panel.surface.plane.indices.tolist() == [0, 3]
    assert panel.axes[0].count() == session.run.architecture.n_parameters


def test_zooming_out_shows_more_of_the_plane(qtbot, session, panel_of):
    panel = panel_of(session, is_fine=True)
    width = np.ptp(panel.surface.x)
    panel.farther.click()
    qtbot.waitUntil(lambda: np.ptp(panel.surface.x) > 1.4 * width)
    panel.closer.click()
    qtbot.waitUntil(lambda: np.ptp(panel.surface.x) < 1.1 * width)


def test_the_note_names_the_stable_rate_and_warns_beyond_it(qtbot, session, panel_of):
    panel = panel_of(session)
    scene = panel.scene
    assert f"{scene.stable_rate:.3g}" in panel.says.text()
    assert "overshoots" not in curvature_note(scene, session.run)
    session.edit("training.learning_rate", 99.0)
    assert panel.scene.rate == 99.0 > scene.stable_rate
    assert "overshoots" in panel.says.text()


def test_the_stable_rate_is_marked_on_the_learning_rates_slider(qtbot, session, panel_of):
    binding = Binding(session, "training.learning_rate")
    editor = number_editor(binding)
    qtbot.addWidget(editor)
    panel = panel_of(session)
    rate = panel.scene.stable_rate
    assert session.marks == {"training.learning_rate": rate}
    scale = editor.scale
    assert scale.number(round(editor.slider.mark * scale.places)) == pytest.approx(rate, rel=0.06)
    assert not editor.grab().isNull()
    panel.hide()
    assert session.marks == {}
    assert math.isnan(editor.slider.mark)


def test_hiding_the_panel_drops_what_is_under_way(qtbot, session, panel_of):
    panel = panel_of(session)
    wanted = session.background.next_is_wanted("landscape")
    session.set_view("landscape_zoom", 2.0)
    assert wanted()
    panel.hide()
    assert not wanted()
    panel.compute = lambda: pytest.fail("a hidden panel computed")
    session.frame_clock.begin_frame()
    session.edit("training.learning_rate", 0.2)
    del panel.compute


def test_a_network_too_large_for_a_surface_is_told_so(qtbot, qapp, show):
    session = session_of(hidden=[300, 300])
    panel = show("landscape", session)
    assert "too large" in panel.says.text()
    assert panel.surface is None
    session.close()
    session.deleteLater()


def test_every_parameter_has_a_name_of_its_own(qapp):
    session = session_of(hidden=[3, 2], batch_norm=True, activation="adaptive_sigmoid")
    named = parameter_names(session.run)
    assert [place for _, place in named] == list(range(session.run.architecture.n_parameters))
    assert len({text for text, _ in named}) == len(named)
    session.close()
    session.deleteLater()


def test_the_picture_is_paper_at_the_bottom_and_darkest_at_the_top():
    values = np.array([[0.0, 1.0], [4.0, math.inf]])
    image = loss_image(values, THEMES["light"]).astype(int).sum(axis=2)
    assert image[0, 0] > image[0, 1] > image[1, 0] == image[1, 1]


@pytest.mark.parametrize("name", list(THEMES))
def test_the_panel_draws_in_every_theme(session, panel_of, name):
    panel = panel_of(session)
    themes().use(name)
    for size in ((330, 360), (900, 600)):
        panel.resize(*size)
        assert not panel.grab().isNull()
    themes().use("light")


def test_the_panel_says_what_it_shows(session, panel_of):
    panel = panel_of(session)
    assert panel.accessibleDescription().startswith("Condition number ")
    for widget in (panel.plot, panel.kind, *panel.axes, panel.closer, panel.farther):
        assert widget.accessibleName()
