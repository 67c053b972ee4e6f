import math

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.experiment.experiment import experiment_from_mapping
from core.scenes.gradients_scene import gradients_scene, highest_loss_row
from gui.panels.gradients.gradients_panel import GradientsPanel
from gui.panels.gradients.gradients_text import layers_note, marked_cells
from gui.session.session import Session
from gui.style.palette import THEMES
from gui.style.theme import themes
from tests.gui.plot_readings import curve_through, dots_at

START = {"data": {"rows": 60}, "model": {"hidden": [3, 2]}, "training": {"learning_rate": 0.1}}


def session_of(**model):
    return Session(experiment_from_mapping({**START, "model": {**START["model"], **model}}))


@pytest.fixture
def session(qapp):
    made = session_of()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def panel_of(show):
    """Make the panel; pytest must not keep it, or its plot's menus outlive the test."""

    def make(session):
        panel = show("gradients", session)
        panel.resize(330, 480)
        return panel

    return make


def cell(model, row, column):
    return model.index(row, column).data()


def test_each_layer_has_a_line_in_the_table_and_a_point_in_the_plot(panel_of, session):
    panel = panel_of(session)
    assert panel.layers.rowCount() == 3
    assert [cell(panel.layers, k, 0) for k in range(3)] == ["1", "2", "output"]
    expected = [math.log10(layer.norm) for layer in panel.scene.layers]
    dots_at(panel.plot, [1.0, 2.0, 3.0], expected)
    assert float(cell(panel.layers, 0, 1)) == pytest.approx(panel.scene.layers[0].norm, rel=0.01)


def test_everything_drawn_lies_within_the_plot(qtbot, qapp):
    session = session_of(hidden=[8] * 10, activation="sigmoid")
    panel = GradientsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(330, 480)
    panel.show()
    (_, (low, high)) = panel.plot.box.viewRange()
    norms = [math.log10(layer.norm) for layer in panel.scene.layers]
    curve_through(panel.plot, np.arange(1.0, len(norms) + 1.0), norms)
    assert low <= min(norms)
    assert max(norms) <= high
    assert "vanishes" in panel.says.text()
    session.close()


def test_a_network_without_vanishing_gradient_is_not_said_to_have_one(panel_of, session):
    panel = panel_of(session)
    assert "vanishes" not in layers_note(panel.scene)


def test_without_a_selected_row_the_panel_says_what_to_do_and_offers_it(qtbot, panel_of, session):
    panel = panel_of(session)
    panel.tabs.setCurrentIndex(1)
    assert "Click a point" in panel.head.text()
    assert panel.ask.isVisible()
    qtbot.mouseClick(panel.ask, Qt.MouseButton.LeftButton)
    assert session.view.selected == highest_loss_row(session.run, session.state)
    assert not panel.ask.isVisible()
    assert panel.way.rowCount() == 3 + 2 + 1


def test_the_rows_table_holds_the_scenes_numbers(panel_of, session):
    panel = panel_of(session)
    panel.tabs.setCurrentIndex(1)
    session.set_view("selected", int(session.run.prepared.rows[3]))
    way = panel.scene.row
    shown = [cell(panel.way, 4, column).replace("−", "-") for column in range(1, 7)]
    layer = way.layers[1]
    expected = [
        getattr(layer, name)[1] for name in ("z", "a", "slope", "upstream", "delta", "differences")
    ]
    np.testing.assert_allclose([float(text) for text in shown], expected, rtol=0.05)
    assert cell(panel.way, 4, 0) == "2 · 2"
    assert "p − y" in panel.head.text()


def test_a_row_that_the_model_does_not_see_is_explained(panel_of, session):
    panel = panel_of(session)
    panel.tabs.setCurrentIndex(1)
    session.set_view("selected", 10**6)
    assert "missing values" in panel.head.text()


@pytest.mark.parametrize(
    ("source", "loss", "words"),
    [
        ("iris", "cross_entropy", "−ln p"),
        ("iris", "squared_error", "Σ (p − y)²"),
        ("moons", "squared_error", "2 (p − y) p (1 − p)"),
    ],
)
def test_the_head_shows_the_formula_of_the_loss(qtbot, qapp, source, loss, words):
    data = {"source": source} if source == "iris" else START["data"]
    mapping = {**START, "data": data, "training": {"loss": loss}}
    session = Session(experiment_from_mapping(mapping))
    panel = GradientsPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    session.set_view("selected", int(session.run.prepared.rows[0]))
    panel.tabs.setCurrentIndex(1)
    assert words in panel.head.text()
    session.close()


def test_mostly_saturated_layers_are_marked(qapp):
    session = session_of(hidden=[4], activation="sigmoid")
    session.set_parameter(8, 50.0)
    views = session.run.architecture.views(np.arange(session.state.parameters.size))
    session.set_parameters(views[0].b, np.full(4, 80.0))
    scene = gradients_scene(session.run, session.state, session.view)
    assert scene.layers[0].saturated == 1.0
    assert (0, 2) in marked_cells(scene)
    session.close()


def test_a_hidden_panel_computes_nothing(panel_of, session):
    panel = panel_of(session)
    panel.hide()
    panel.compute = lambda: pytest.fail("a hidden panel computed")
    session.frame_clock.begin_frame()
    session.set_view("selected", 3)


@pytest.mark.parametrize("name", list(THEMES))
@pytest.mark.parametrize("size", [(330, 300), (900, 600)])
def test_the_panel_draws_in_every_theme_and_size(qtbot, panel_of, session, name, size):
    panel = panel_of(session)
    themes().use(name)
    panel.resize(*size)
    session.set_view("selected", int(session.run.prepared.rows[0]))
    for page in (0, 1):
        panel.tabs.setCurrentIndex(page)
        assert not panel.grab().isNull()
    themes().use("light")


def test_the_panel_says_what_it_shows(panel_of, session):
    panel = panel_of(session)
    assert panel.accessibleDescription().startswith("Norm of the gradient by layer: 1: ")
    for widget in (panel.plot, panel.table, panel.way_table, panel.tabs):
        assert widget.accessibleName()
