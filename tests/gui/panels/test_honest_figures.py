"""What the panels say of weights, of the Brier score, of chance, of clicks and of lit rows."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from core.data.dataset import Dataset, Feature
from gui.form.knob_form import KnobForm
from gui.panels.numbers.numbers_panel import p_text
from gui.panels.panel_text import rows_text
from gui.plot.points import PointLayer
from gui.style.theme import class_colour, themes
from gui.widgets.controls import ComboBox
from tests.gui.panel_cases import new_session, train

IRIS = {"data": {"source": "iris", "rows": 150}}


def weighted_session():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    y = (X[:, 0] + rng.normal(size=120) > 0).astype(int)
    weights = rng.integers(1, 5, 120).astype(float)
    data = Dataset(
        "d", (Feature("a"), Feature("b")), X, y, ("n", "p"), weights=weights, weight_name="w<1>"
    )
    return new_session(data)


@pytest.fixture
def closing():
    made = []
    yield made.append
    for session in made:
        session.close()
        session.deleteLater()


def test_every_panel_of_figures_says_that_rows_are_weighted(qtbot, show, closing):
    session = weighted_session()
    closing(session)
    train(qtbot, session, 20)
    session.set_view("numbers_page", "bins")
    wanted = "weighted by w&lt;1&gt;"
    assert wanted in show("figures", session).says.text()
    assert wanted in show("reliability", session).figures.text()
    assert wanted in show("numbers", session).says.text()
    loss = show("loss", session)
    qtbot.waitUntil(lambda: wanted in loss.reading.text())
    session.edit("calibration.method", "platt")
    assert wanted in show("calibrators", session).handles.says.text()


def test_the_loss_curve_of_the_window_is_weighted(qtbot, closing):
    session = weighted_session()
    closing(session)
    train(qtbot, session, 20)
    run, state = session.run, session.state
    p, y = run.probabilities(state, run.prepared.X), run.prepared.y
    test = run.prepared.split == 2
    losses = -np.log(p[np.arange(len(y)), y])[test]
    wanted = np.average(losses, weights=run.sample_weights[test])
    assert run.history.metrics.column("test.log_loss")[-1] == pytest.approx(wanted, rel=1e-5)
    assert abs(wanted - losses.mean()) > 1e-4


def test_the_brier_score_of_three_classes_says_of_what_it_is(qtbot, show, closing):
    session = new_session(**IRIS)
    closing(session)
    train(qtbot, session, 20)
    assert "Brier of the confidence" in show("reliability", session).figures.text()
    assert "summed" in show("figures", session).says.text()
    session.set_view("reliability_class", 1)
    assert "Brier of class versicolor" in show("reliability", session).figures.text()
    session.set_view("metric", "brier")
    loss = show("loss", session)
    assert "summed over classes" in loss.describe(loss.scene)


def test_the_caption_of_a_brush_counts_the_rows_that_are_lit(qtbot, session, show):
    train(qtbot, session, 30)
    reliability, rows = show("reliability", session), show("rows", session)
    for curve in ("corp", "width", "mass", "smooth"):
        session.set_view("brushed", ())
        session.set_view("reliability_curve", curve)
        reliability.plot.clicked.emit(0.2, 0.5)
        lit = int(rows.scene.lit.sum())
        assert lit
        assert f"{rows_text(lit)}, mean" in reliability.figures.text()


def test_the_table_goes_to_the_lit_rows_each_time_others_are_brushed(qtbot, session, show):
    train(qtbot, session, 30)
    rows = show("rows", session)
    for brushed in ((0.0, 0.2), (0.6, 1.0), (0.2, 0.5)):
        session.set_view("brushed", brushed)
        top = rows.table.rowAt(1)
        bottom = rows.table.rowAt(rows.table.viewport().height() - 1)
        first = rows.model.first_place(rows.scene.lit)
        assert top <= first <= (bottom if bottom >= 0 else rows.model.rowCount())


def test_lit_points_lie_on_top_and_the_others_are_dimmed(qtbot, session, show):
    panel = show("boundary", session)
    layer: PointLayer = panel.points
    at = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    no = np.zeros(3, dtype=bool)
    labels = np.array([0, 1, 1])

    def colours(lit):
        layer.draw(at, labels, ~no, no, None)
        layer.light(at, lit)
        image = panel.plot.grab().toImage()
        scene = (panel.plot.box.mapViewToScene(QPointF(*point)) for point in at)
        places = [panel.plot.mapFromScene(place) for place in scene]
        return [image.pixelColor(place).name() for place in places]

    plain, lit = colours(no), colours(np.array([True, False, False]))
    assert plain[0] == class_colour(1).lower()
    assert lit[0] == class_colour(0).lower()
    assert plain[2] == class_colour(1).lower() != lit[2]


def test_a_click_on_the_loss_surface_is_told_and_undone(qtbot, session, show):
    train(qtbot, session, 10)
    panel = show("landscape", session)
    qtbot.waitUntil(lambda: panel.surface is not None)
    qtbot.waitUntil(lambda: "the start" in panel.reading.text())
    before = session.state.parameters.copy()
    surface = panel.surface
    x, y = float(surface.x[3]), float(surface.y[-4])
    panel.plot.hovered.emit(x, y)
    height = surface.values[-4, 3]
    assert f"{height:.4g}"[:5] in panel.reading.text().replace("−", "-")
    with qtbot.waitSignal(session.message) as told:
        panel.plot.clicked.emit(x, y)
    assert "You moved the weights" in told.args[0]
    assert not np.array_equal(session.state.parameters, before)
    session.undo_stack.undo()
    np.testing.assert_array_equal(session.state.parameters, before)


def test_more_than_two_classes_show_that_the_output_is_softmax(qtbot, closing):
    session = new_session(**IRIS)
    closing(session)
    form = KnobForm(session, lambda: None)
    qtbot.addWidget(form)
    row = form.rows["model.head"]
    assert row.editor.currentText() == "softmax"
    assert not row.editor.isEnabled()
    session.edit("data.source", "two_moons")
    assert row.editor.currentText() == "sigmoid"
    assert row.editor.isEnabled()


def test_small_p_values_are_not_nought():
    assert [p_text(p) for p in (0.0, 0.0009, 0.001, 0.5)] == [
        "< 0.001",
        "< 0.001",
        "0.001",
        "0.500",
    ]


def test_the_lists_above_the_diagram_have_captions(qtbot, session, show):
    session.set_view("reliability_options", "shown")
    panel = show("reliability", session)
    found = {box.caption for box in panel.findChildren(ComboBox)}
    assert found == {
        "judge on", "forecast", "curve", "band", "intervals", "calibrator", "fitted on"
    }  # fmt: skip
    for name in ("light", "dark"):
        themes().use(name)
        assert panel.grab().width() == panel.width()
