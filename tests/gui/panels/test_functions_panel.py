"""The panel of functions: its curves, point, facts and sections."""

import math

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from scipy import special

from core.base.errors import UserError
from core.experiment.view import View
from core.experiment.view_choices import FUNCTION_AXES, FUNCTIONS_PAGES
from core.functions.activations import ACTIVATIONS
from core.scenes.functions_scene import functions_scene
from gui.panels.functions.functions_text import filled_formula, slope_formula, value_formula
from gui.widgets import formula
from gui.widgets.formula import as_text
from tests.gui.panel_cases import new_session, train
from tests.gui.plot_readings import curve_through, dots_at, shown


def child(panel, name):
    found = panel.findChild(QWidget, name)
    assert found is not None, name
    return found


def wheel(widget):
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(widget.mapToGlobal(widget.rect().center())),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def drag(plot, start, end):
    box = plot.box
    moves = ((start, QEvent.Type.MouseButtonPress), (end, QEvent.Type.MouseMove))
    for (x, y), kind in (*moves, (end, QEvent.Type.MouseButtonRelease)):
        scene = box.mapViewToScene(QPointF(x, y))
        at = QPointF(plot.mapFromScene(scene))
        button = Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
        there = plot.viewport().mapToGlobal(at.toPoint())
        event = QMouseEvent(kind, at, QPointF(there), button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(plot.viewport(), event)


def histograms(plot):
    """Return the visible curves that are filled."""
    return [it for it in shown(plot, pg.PlotCurveItem) if it.opts["fillLevel"] is not None]


@pytest.mark.parametrize("section", FUNCTIONS_PAGES)
def test_every_function_is_drawn_and_described_in_every_section(session, show, section):
    panel = show("functions", session)
    session.set_view("functions_page", section)
    for name, record in ACTIVATIONS.items():
        session.set_view("function", name)
        assert panel.scene.view.function == name
        low, high = panel.scene.y_range
        room = 10.0 * (high - low)  # far beyond it is cut
        seen = np.clip(panel.scene.value, low - room, high + room)
        curve_through(panel.plot, panel.scene.x, seen)
        assert record.label in panel.accessibleDescription()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_with_sharpness_every_formula_has_t_and_can_be_read(qtbot, session, name):
    view = View(function=name, function_sharpness=2.5, function_z=-1.5)
    scene = functions_scene(session.run, session.state, view)
    for latex in (value_formula(scene), slope_formula(scene), filled_formula(scene)):
        assert formula.typeset(latex).width > 10
        assert not set(as_text(latex)) & set("\\{}&")
    assert "t z" in value_formula(scene)
    assert "2.5" in filled_formula(scene)


def test_dragging_the_point_moves_it_along_the_curve(session, show):
    panel = show("functions", session)
    drag(panel.plot, (1.0, 0.7), (-2.5, 0.3))
    assert session.view.function_z == pytest.approx(-2.5, abs=0.05)
    assert panel.scene.point.value == pytest.approx(special.expit(session.view.function_z))
    dots_at(panel.plot, [panel.scene.point.z], [special.expit(session.view.function_z)])


def test_a_drag_beyond_the_plot_stays_at_its_edge(session, show):
    panel = show("functions", session)
    drag(panel.plot, (1.0, 0.7), (30.0, 0.3))
    assert session.view.function_z == 8.0


def test_the_tangent_is_drawn_through_the_point_with_its_slope(session, show):
    panel = show("functions", session)
    session.set_view("function_z", 0.5)
    slope, ends = special.expit(0.5) * special.expit(-0.5), np.array([-8.0, 8.0])
    curve_through(panel.plot, ends, special.expit(0.5) + slope * (ends - 0.5))


def test_the_numbers_stand_in_the_formula(qtbot, session, show):
    panel = show("functions", session)
    session.set_view("function_z", 2.0)
    text = child(panel, "functions.filled").accessibleDescription()
    assert text.startswith("σ(2) = 1 / (1 + e^(-(2)))")
    assert text.endswith("0.8808")
    session.set_view("function_sharpness", 3.0)
    assert "3 · 2" in child(panel, "functions.filled").accessibleDescription()


def test_the_table_shows_the_key_places_and_ones_own(session, show):
    panel = show("functions", session)
    session.set_view("function_z", 1.25)
    rows = child(panel, "functions.table").texts()
    assert [row[0] for row in rows] == ["−5", "−2", "0", "2", "5", "1.25"]
    assert rows[2][1:] == ["0.5", "0.25", "0"]
    assert float(rows[-1][1]) == pytest.approx(special.expit(1.25), rel=1e-3)


def test_z_is_set_by_slider_keys_and_typing(qtbot, session, show):
    panel = show("functions", session)
    slider, field = child(panel, "view.function_z.slider"), child(panel, "view.function_z.field")
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert session.view.function_z == 8.0
    field.selectAll()
    qtbot.keyClicks(field, "-740")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert session.view.function_z == -740.0
    field.selectAll()
    qtbot.keyClicks(field, "many")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert session.view.function_z == -740.0
    assert field.property("refused")
    assert field.toolTip()
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "-740"
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert session.view.function_z > -740.0


def test_the_wheel_changes_nothing(session, show):
    panel = show("functions", session)
    names = ["view.function_z", "view.function_z.field", "view.function", "view.functions_page"]
    before = session.view
    for name in names:
        child(panel, name).clearFocus()
        wheel(child(panel, name))
    wheel(panel.plot.viewport())
    assert session.view == before
    assert not panel.plot.is_zoomed


def test_toggles_show_the_derivatives_and_the_menu_other_functions(session, show):
    panel = show("functions", session)
    x = panel.scene.x
    s, one_less = special.expit(x), special.expit(-x)
    curve_through(panel.plot, x, s * one_less)
    child(panel, "view.function_curvature").click()
    curve_through(panel.plot, x, s * one_less * (one_less - s))
    child(panel, "view.function_slope").click()
    with pytest.raises(AssertionError):
        curve_through(panel.plot, x, s * one_less)
    assert not child(panel, "functions.slope_formula").isVisible()
    for name in ("relu", "tanh", "relu"):
        panel.compared[name].trigger()
    assert [name for name, _, _ in panel.scene.others] == ["tanh"]
    assert "Tanh" in child(panel, "functions.legend").text()
    assert not panel.compared["sigmoid"].isEnabled()


def test_sharpness_tells_the_steepest_slope_a_quarter_of_t(session, show):
    panel = show("functions", session)
    session.set_view("functions_page", "sharpness")
    session.set_view("function_sharpness", 20.0)
    rows = child(panel, "functions.sharpness.figures").texts()
    assert rows[0][1] == "5"
    slope = 20.0 * special.expit(20.0) * special.expit(-20.0)
    assert float(rows[1][1].replace("−", "-")) == pytest.approx(slope, rel=1e-3)
    assert float(rows[2][1]) == pytest.approx(2 * math.log(9.0) / 20.0, rel=1e-3)


@pytest.mark.parametrize("fact", ["range", "symmetry", "steepest", "centre"])
def test_a_fact_is_drawn_when_it_is_marked(fact, session, show):
    panel = show("functions", session)
    session.set_view("functions_page", "facts")
    child(panel, f"view.function_fact.{fact}").click()
    assert session.view.function_fact == fact
    expected = {
        "range": [0.0, 0.0, 1.0, 1.0],
        "symmetry": [special.expit(1.0), special.expit(-1.0)],
        "steepest": [0.5 - 0.375, 0.5 + 0.375],
        "centre": [0.5, 0.5],
    }[fact]
    drawn = [item.getData()[1] for item in shown(panel.plot, pg.PlotCurveItem)]
    assert any(len(y) == len(expected) and np.allclose(y, expected, atol=1e-4) for y in drawn)
    assert child(panel, f"functions.fact.{fact}.note").text()


def test_on_the_log_odds_axis_the_sigmoid_is_a_straight_line(session, show):
    panel = show("functions", session)
    session.set_view("functions_page", "facts")
    box = child(panel, "view.function_axis")
    for axis in tuple(FUNCTION_AXES)[1:]:
        box.setCurrentIndex(box.findData(axis))
        assert panel.scene.axis == axis
        assert "frac" in child(panel, "functions.formula").latex
    low, high = panel.scene.y_range
    straight = np.clip(panel.scene.x, low - 10.0 * (high - low), high + 10.0 * (high - low))
    curve_through(panel.plot, panel.scene.x, straight)
    session.set_view("function", "relu")
    assert not box.isVisible()


def test_numerics_name_the_formulas_that_fail_here(session, show):
    panel = show("functions", session)
    session.set_view("functions_page", "numerics")
    child(panel, "functions.try.40").click()
    rows = {row[0]: row for row in child(panel, "functions.numerics").texts()}
    assert rows["σ′(z)"][1] == "0"
    assert "0</span>" in rows["σ′(z)"][2]
    assert rows["σ′(z)"][3] == "4.25e−18"
    said = child(panel, "functions.numerics.note").text()
    assert "σ′(z)" in said
    child(panel, "functions.try.0.3").click()
    assert "every textbook formula holds" in child(panel, "functions.numerics.note").text()


def test_the_model_s_units_lie_under_their_curve(qtbot, session, show):
    panel = show("functions", session)
    session.set_view("functions_page", "model")
    assert histograms(panel.plot)
    mend = child(panel, "functions.use_unit")
    mend.click()
    assert session.view.function == session.experiment.model.activation
    assert not mend.isVisible()
    before = panel.scene.units.shares
    train(qtbot, session, 30)
    assert panel.scene.units.step == session.state.step
    assert not np.array_equal(panel.scene.units.shares, before)
    layers = child(panel, "view.function_layer")
    layers.setCurrentIndex(layers.count() - 1)
    assert panel.scene.units.activation == "sigmoid"


def test_frames_cost_nothing_outside_the_section_of_the_model(session, show):
    panel = show("functions", session)
    drawn = panel.scene
    for _ in range(12):
        session.frame_clock.begin_frame()
    assert panel.scene is drawn
    session.set_view("functions_page", "model")
    drawn = panel.scene
    session.frame_clock.begin_frame()
    assert panel.scene is not drawn


def test_a_model_without_units_says_so(show):
    session = new_session(data={"source": "iris"}, model={"hidden": []})
    try:
        panel = show("functions", session)
        session.set_view("functions_page", "model")
        assert "hidden layer" in child(panel, "functions.units.note").text()
        assert not histograms(panel.plot)
    finally:
        session.close()


def test_what_cannot_be_is_refused_and_changes_nothing(session, show):
    show("functions", session)
    before = session.view
    with pytest.raises(UserError):
        session.set_view("function_sharpness", -1.0)
    assert session.view == before


@pytest.mark.parametrize("size", [(330, 560), (330, 800), (900, 600), (620, 480)])
def test_nothing_is_clipped_in_any_section(qtbot, session, show, size):
    panel = show("functions", session)
    panel.resize(*size)
    for section in FUNCTIONS_PAGES:
        session.set_view("functions_page", section)
        QApplication.processEvents()
        assert panel.parts.is_wide == (size[0] >= 620)
        assert panel.parts.horizontalScrollBar().maximum() == 0
        labels = [x for x in panel.findChildren(QLabel) if x.isVisible() and x.text()]

        def fits(label):
            tall = label.heightForWidth(label.width()) if label.wordWrap() else 0
            inside = label.mapTo(panel.parts.widget(), label.rect().bottomRight())
            return label.height() >= tall and panel.parts.widget().rect().contains(inside)

        qtbot.waitUntil(lambda fits=fits, labels=labels: all(map(fits, labels)))


def test_the_tabs_stay_where_they_are(qtbot, session, show):
    panel = show("functions", session)
    panel.resize(330, 760)
    places = {}
    for section in (*FUNCTIONS_PAGES, *FUNCTIONS_PAGES):  # the first round settles the layout
        session.set_view("functions_page", section)
        QApplication.processEvents()
        corner = panel.sections.tabs.mapTo(panel.parts.widget(), QPoint(0, 0))
        places[section] = corner.y()
    assert len(set(places.values())) == 1, places
