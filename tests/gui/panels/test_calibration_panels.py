"""The calibration lab in real widgets: every control moves the scene, and the scene the picture."""

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from scipy.optimize import brentq
from scipy.special import expit

from core.calibration.calibrators import CALIBRATORS
from core.experiment.view_choices import BANDS, BAR_INTERVALS, CURVES
from core.explain.binary_evaluation import polyline
from core.explain.pooled_logits import MOST_LIVE
from core.scenes.calibrators_scene import MapsScene, PriorsScene, parameters_scene
from core.scenes.numbers_scene import headlines
from gui.panels.reliability.reliability_controls import (
    COARSEST,
    FINEST,
    SMOOTHING_STEPS,
    place_of,
    width_at,
)
from gui.panels.reliability.reliability_text import figures_html
from gui.style.theme import theme
from gui.widgets.number_slider import NumberSlider
from tests.core.scene_cases import by_hand, raw_rows
from tests.gui.panel_cases import new_session, train
from tests.gui.plot_readings import curve_through, dots_at, shown, upright_lines


def wide_reliability(qtbot, session, show):
    """Return a trained session's diagram with room for all controls."""
    train(qtbot, session, 40)
    panel = show("reliability", session)
    panel.resize(620, 720)
    qtbot.waitUntil(lambda: panel.height() == 720)
    return panel


def pick(box, value):
    box.setCurrentIndex(box.findData(value))


@pytest.mark.parametrize("kind", CURVES)
def test_each_kind_of_curve_is_drawn(kind, session, qtbot, show):
    reliability = wide_reliability(qtbot, session, show)
    pick(reliability.controls.curve, kind)
    scene = reliability.scene
    assert scene.kind == session.view.reliability_curve == kind
    x, y = reliability.diagram.raw.getData()
    np.testing.assert_array_equal(x, polyline(scene.raw.curve)[0])
    np.testing.assert_array_equal(y, polyline(scene.raw.curve)[1])
    assert reliability.diagram.columns.isVisible() == (kind in ("width", "mass"))
    assert reliability.controls.smoothing.isVisible() == (kind == "smooth")
    assert reliability.controls.bins.isVisible() == (kind != "smooth")


def test_the_bin_slider_is_one_undo_a_drag_and_answers_at_once(session, qtbot, show):
    reliability = wide_reliability(qtbot, session, show)
    slider = reliability.controls.bins
    before = session.undo_stack.count()
    slider.setSliderDown(True)
    for bins in range(16, 31):
        slider.setValue(bins)
        assert reliability.scene.bins == bins
    slider.setSliderDown(False)
    assert session.undo_stack.count() == before + 1
    session.undo_stack.undo()
    assert session.experiment.calibration.bins == 15
    assert slider.value() == 15
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert session.experiment.calibration.bins == 16


def test_the_kernel_slider_leaves_the_fixed_point_and_the_button_returns(session, qtbot, show):
    reliability = wide_reliability(qtbot, session, show)
    pick(reliability.controls.curve, "smooth")
    fixed = reliability.scene.raw.curve.sigma
    assert reliability.controls.fixed.isChecked()
    reliability.controls.smoothing.setValue(SMOOTHING_STEPS)
    assert session.view.smoothing == reliability.scene.raw.curve.sigma == pytest.approx(COARSEST)
    assert not reliability.controls.fixed.isChecked()
    reliability.controls.fixed.click()
    assert session.view.smoothing == 0.0
    assert reliability.scene.raw.curve.sigma == fixed
    for width in (FINEST, 0.05, COARSEST):
        assert width_at(place_of(width)) == pytest.approx(width, rel=0.01)


def test_bands_intervals_and_truth_can_be_switched(qtbot, session, show):
    reliability = wide_reliability(qtbot, session, show)
    options, diagram = reliability.controls.folded, reliability.diagram
    assert options.isVisible()
    qtbot.waitUntil(diagram.truth.isVisible)
    for kind in BANDS:
        pick(options.band, kind)
        qtbot.waitUntil(lambda kind=kind: diagram.low_edge.isVisible() == (kind != "none"))
    for kind in BAR_INTERVALS:
        pick(options.interval, kind)
        assert diagram.intervals.isVisible() == (kind != "none")
    full = ~reliability.scene.raw.bars.empty
    _, y = diagram.intervals.getData()
    np.testing.assert_array_equal(y[::2], reliability.scene.raw.low[full])
    options.truth.click()
    assert not diagram.truth.isVisible()
    assert not session.view.true_curve


def test_the_second_lines_fold_where_there_is_little_room(qtbot, session, show):
    reliability = wide_reliability(qtbot, session, show)
    controls = reliability.controls
    assert controls.folded.isVisible()
    reliability.resize(330, 400)
    qtbot.waitUntil(lambda: not controls.folded.isVisible())
    controls.options.click()
    assert controls.folded.isVisible()
    reliability.resize(620, 720)
    controls.options.click()
    assert not controls.folded.isVisible()


def test_ticked_calibrators_are_drawn_and_named(qtbot, session, show):
    reliability = wide_reliability(qtbot, session, show)
    options = reliability.controls.folded
    ticks = {action.text(): action for action in options.compare.menu().actions()}
    for name in CALIBRATORS:
        ticks[CALIBRATORS[name].label].trigger()
    assert session.experiment.calibration.compared == tuple(CALIBRATORS)
    for name, record in CALIBRATORS.items():
        assert reliability.diagram.compared[name].isVisible()
        assert record.label in reliability.figures.text()
    assert "Compare 8" in options.compare.text()
    ticks[CALIBRATORS["platt"].label].trigger()
    assert not reliability.diagram.compared["platt"].isVisible()
    session.undo_stack.undo()
    assert reliability.diagram.compared["platt"].isVisible()


def test_a_leak_is_called_one(session, qtbot, show):
    reliability = wide_reliability(qtbot, session, show)
    options = reliability.controls.folded
    pick(options.method, "isotonic")
    assert "fitted on these rows" in reliability.figures.text()
    pick(options.fitted_on, "cross_fitted")
    assert "Fitted" not in reliability.figures.text()
    pick(options.fitted_on, "train")
    assert "knows by heart" in reliability.figures.text()
    pick(options.fitted_on, "test")
    assert "no rows are left" in reliability.figures.text()
    session.edit("calibration.base_rate", 0.2)
    assert "chance is not shown" in reliability.figures.text()
    assert "(chance" not in reliability.figures.text()


def test_a_click_on_a_bin_lights_its_rows_everywhere(qtbot, session, show):
    reliability = wide_reliability(qtbot, session, show)
    boundary, rows = show("boundary", session), show("rows", session)
    pick(reliability.controls.curve, "width")
    curve = reliability.scene.raw.curve
    k = int(np.argmax(curve.counts))
    reliability.plot.clicked.emit(float(curve.probability[k]), 0.5)
    n = int(curve.counts[k])
    assert int(rows.scene.lit.sum()) == int(boundary.scene.lit.sum()) == n
    assert len(boundary.points.lit) == n
    assert f"Lit: {n} rows" in rows.says.text()
    place = rows.model.first_place(rows.scene.lit)
    background = rows.model.index(place, 0).data(Qt.ItemDataRole.BackgroundRole)
    assert background.color().name() == theme().accent.lower()
    low, high = session.view.brushed
    for plot in (reliability.plot, reliability.histogram):
        lit = [bars.opts for bars in shown(plot, pg.BarGraphItem) if len(bars.opts["x0"]) == 1]
        assert ([low], [high]) in [(bar["x0"], bar["x1"]) for bar in lit]
    reliability.plot.clicked.emit(float(curve.probability[k]), 0.5)
    assert session.view.brushed == ()
    assert not len(boundary.points.lit)
    assert not rows.scene.lit.any()


def test_bins_can_be_lit_by_keyboard_and_from_the_histogram(session, qtbot, show):
    reliability = wide_reliability(qtbot, session, show)
    previous, following, clear = (
        reliability.findChild(QToolButton, f"reliability.{name}")
        for name in ("previous", "next", "clear")
    )
    following.setFocus()
    QTest.keyClick(following, Qt.Key.Key_Space)
    first = session.view.brushed
    assert len(first) == 2
    QTest.keyClick(following, Qt.Key.Key_Space)
    assert session.view.brushed != first
    QTest.keyClick(previous, Qt.Key.Key_Space)
    assert session.view.brushed == first
    QTest.keyClick(clear, Qt.Key.Key_Space)
    assert session.view.brushed == ()
    reliability.histogram.clicked.emit(0.51, 1.0)
    assert session.view.brushed == pytest.approx((0.5, 16 / 30))
    reliability.histogram.clicked.emit(0.0, 1.0)
    low, high = session.view.brushed
    assert low < 0.0 < high


def test_hovering_reads_rows_mean_frequency_and_interval(session, qtbot, show):
    reliability = wide_reliability(qtbot, session, show)
    pick(reliability.controls.curve, "width")
    curve = reliability.scene.raw.curve
    k = int(np.argmax(curve.counts))
    reliability.plot.hovered.emit(float(curve.probability[k]), 0.2)
    text = reliability.figures.text()
    for words in (f"{int(curve.counts[k])} rows", f"mean {curve.probability[k]:.3f}"):
        assert words in text
    assert f"happened {curve.frequency[k]:.3f} (" in text
    reliability.plot.left.emit()
    assert f"mean {curve.probability[k]:.3f}" not in reliability.figures.text()


def test_turning_a_handle_moves_diagram_loss_and_boundary(qtbot, session, show):
    train(qtbot, session, 60)
    panel, diagram, boundary = (
        show(n, session) for n in ("calibrators", "reliability", "boundary")
    )
    session.set_view("calibrated", True)
    pick(panel.method, "temperature")
    fitted = panel.scene.of.handles[0].fitted
    surface = boundary.scene.surface.probabilities.copy()
    before = session.undo_stack.count()
    slider = panel.handles.sliders["calibration.temperature"].slider
    slider.setSliderDown(True)
    for place in range(slider.maximum() - 5, slider.maximum()):
        slider.setValue(place)
    slider.setSliderDown(False)
    assert session.undo_stack.count() == before + 1
    choices = session.experiment.calibration
    assert choices.by_hand
    assert choices.temperature > 15.0
    assert panel.scene.of.here[0] == pytest.approx(choices.temperature)
    assert panel.scene.of.calibrated.log_loss > panel.scene.of.raw.log_loss
    assert "<b>0</b> of" in panel.handles.says.text()
    assert np.ptp(boundary.scene.surface.probabilities) < np.ptp(surface)
    assert np.ptp(polyline(diagram.scene.calibrated.curve)[0]) < 0.5
    panel.handles.fit.click()
    assert not session.experiment.calibration.by_hand
    assert panel.scene.of.here == panel.scene.of.best
    assert panel.scene.of.here[0] == pytest.approx(fitted)
    np.testing.assert_array_equal(boundary.scene.surface.probabilities, surface)


@pytest.fixture
def large(qapp):
    """A session with more validation rows than are followed while a handle is turned."""
    made = new_session(data={"rows": 6 * MOST_LIVE})
    assert np.sum(made.run.prepared.split == 1) > MOST_LIVE
    yield made
    made.close()
    made.deleteLater()


def test_a_handle_is_followed_about_and_counted_exactly_once_it_rests(qtbot, large, show):
    session = large
    train(qtbot, session, 60)
    panel, diagram = (show(name, session) for name in ("calibrators", "reliability"))
    pick(panel.method, "temperature")
    qtbot.waitUntil(lambda: not panel.scene.of.rounded)
    panel.handles.sliders["calibration.temperature"].edited.emit(3.0, None)
    assert panel.scene.of.rounded
    assert diagram.scene.rounded
    assert "About" in panel.handles.says.text()
    assert "about" in figures_html(diagram.scene)
    qtbot.waitUntil(lambda: not panel.scene.of.rounded and not diagram.scene.rounded)
    assert "bout;" not in panel.handles.says.text() + figures_html(diagram.scene)
    run, state, view = session.run, session.state, session.view
    assert panel.scene.of.calibrated == parameters_scene(run, state, view).calibrated


def test_platt_s_shift_moves_decisions_and_its_loss_is_drawn(qtbot, session, show):
    train(qtbot, session, 60)
    panel = show("calibrators", session)
    pick(panel.method, "platt")
    a, b = panel.scene.of.handles
    panel.handles.sliders["calibration.platt_b"].edited.emit(3.0, None)
    choices = session.experiment.calibration
    assert (choices.platt_a, choices.platt_b) == pytest.approx((a.fitted, 3.0))
    assert panel.scene.of.turned == 1
    assert panel.scene.of.changed > 0
    assert "moves the boundary" in panel.handles.says.text()
    curve_through(panel.handles.plot, panel.scene.of.grid, panel.scene.of.loss)
    panel.handles.plot.clicked.emit(b.fitted, 0.5)
    assert session.experiment.calibration.platt_b == pytest.approx(b.fitted)
    panel.handles.plain.click()
    choices = session.experiment.calibration
    assert (choices.platt_a, choices.platt_b) == (-1.0, 0.0)
    assert panel.scene.of.changed == 0


def test_maps_are_drawn_for_two_classes_and_as_points_for_three(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("calibrators", session)
    session.edit("calibration.method", "isotonic")
    session.edit("calibration.compared", ("beta", "platt"))
    panel.session.set_view("calibrators_page", "maps")
    assert isinstance(panel.scene.of, MapsScene)
    assert [found.name for found in panel.scene.of.maps] == ["platt", "isotonic", "beta"]
    for found in panel.scene.of.maps:
        curve_through(panel.maps.plot, found.x, found.p)
    lines = len(shown(panel.maps.plot, pg.PlotCurveItem))
    assert "levels" in panel.maps.says.text()
    session.edit("data.source", "iris")
    assert len(shown(panel.maps.plot, pg.PlotCurveItem)) == lines - 3
    for found in panel.scene.of.maps:
        dots_at(panel.maps.plot, found.x, found.p)
    session.undo_stack.undo()
    assert len(shown(panel.maps.plot, pg.PlotCurveItem)) == lines


def test_class_weights_are_undone_and_the_base_rate_dragged(qtbot, show):
    made = new_session(data={"class_weights": "balanced", "imbalance": 0.6, "rows": 400})
    try:
        train(qtbot, made, 40)
        panel = show("calibrators", made)
        panel.session.set_view("calibrators_page", "priors")
        scene = panel.scene.of
        assert isinstance(scene, PriorsScene)
        assert f"{scene.predicted[0]:.2f}" in panel.priors.weights.text()
        panel.priors.undo.click()
        assert made.experiment.calibration.undo_weights
        panel.priors.rate.edited.emit(0.1, None)
        assert made.experiment.calibration.base_rate == 0.1
        assert panel.priors.as_data.isEnabled()
        panel.priors.as_data.click()
        assert made.experiment.calibration.base_rate == 0.0
        made.edit("data.class_weights", "none")
        assert not panel.priors.undo.isVisible()
        panel.hide()
    finally:
        made.close()


def test_shifts_of_the_weights_are_drawn_where_they_are_predicted_and_found(qtbot, show):
    made = new_session(data={"class_weights": "balanced", "imbalance": 0.6, "rows": 400})
    try:
        train(qtbot, made, 40)
        panel = show("calibrators", made)
        panel.session.set_view("calibrators_page", "priors")
        _, train_labels = raw_rows(made.run, 0)
        counts = np.bincount(train_labels)
        predicted = np.log(counts[0] / counts[1])  # balanced weights are as 1 / count
        raw, y = raw_rows(made.run, 1)
        p = by_hand(made.run, made.state, raw)
        s = np.log(p[:, 1] / p[:, 0])
        # where as many are expected as there were, the log loss is lowest
        found = -brentq(lambda b: np.sum(expit(s + b)) - np.sum(y), -30.0, 30.0)
        scene = panel.scene.of
        assert scene.predicted[0] == pytest.approx(predicted)
        assert scene.observed[0] == pytest.approx(found, abs=1e-3)
        dots_at(panel.priors.plot, scene.predicted, [1.0])
        dots_at(panel.priors.plot, scene.observed, [1.0])
        ends = scene.observed[0] + np.array([-1.0, 1.0]) * scene.error[0]
        curve_through(panel.priors.plot, ends, [1.0, 1.0])
        text = panel.priors.weights.text().replace("\u2212", "-")
        assert f"<b>{predicted:.2f}</b> (×)" in text
        assert f"<b>{scene.observed[0]:.2f}</b> ± {scene.error[0]:.2f}" in text
        panel.hide()
    finally:
        made.close()


def test_maps_lie_over_the_frequencies_in_groups_of_their_rows(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("calibrators", session)
    session.edit("calibration.method", "platt")
    panel.session.set_view("calibrators_page", "maps")
    raw, y = raw_rows(session.run, 1)
    p = by_hand(session.run, session.state, raw)
    order = np.argsort(p[:, 1], kind="stable")
    scores = np.log(p[:, 1] / p[:, 0])
    n = len(order)  # a row is in the twelfth in which its middle lies: (i + 1/2) / n
    groups = [[order[i] for i in range(n) if 6 * (2 * i + 1) // n == k] for k in range(12)]
    x = [scores[group].mean() for group in groups]
    scene = panel.scene.of
    np.testing.assert_allclose(scene.bins[0], x, atol=1e-4)
    np.testing.assert_allclose(scene.bins[1], [y[group].mean() for group in groups])
    dots_at(panel.maps.plot, scene.bins[0], scene.bins[1])
    ends = np.column_stack((scene.bins[2], scene.bins[3])).ravel()
    curve_through(panel.maps.plot, np.repeat(scene.bins[0], 2), ends)
    line, own = scene.own
    np.testing.assert_allclose(own, expit(line))
    curve_through(panel.maps.plot, line, own)
    [found] = scene.maps
    curve_through(panel.maps.plot, found.x, found.p)
    for rows, low in ((y == 0, -0.06), (y == 1, 1.06 - 0.035)):
        mine = scene.rug[int(low > 0.0)]
        np.testing.assert_allclose(np.sort(mine), np.sort(scores[rows]), atol=1e-4)
        curve_through(panel.maps.plot, np.repeat(mine, 2), np.tile([low, low + 0.035], len(mine)))


def test_the_base_rate_of_one_class_of_three_moves_the_others_in_proportion(qtbot, show):
    made = new_session(data={"source": "three_spirals", "rows": 300})
    try:
        train(qtbot, made, 20)
        panel, diagram = show("calibrators", made), show("reliability", made)
        panel.session.set_view("calibrators_page", "priors")
        made.set_view("reliability_class", 0)
        before = diagram.scene.raw.bars.counts.sum()
        panel.priors.of_class.setCurrentIndex(0)
        panel.priors.rate.edited.emit(0.7, None)
        choices = made.experiment.calibration
        assert (choices.base_class, choices.base_rate) == (0, 0.7)
        scene = panel.scene.of
        rest = scene.rates[1:] / scene.rates[1:].sum()
        np.testing.assert_allclose(scene.in_use, [0.7, *(0.3 * rest)])
        for share in scene.in_use:
            assert f"{100 * share:.3g}" in panel.priors.rates.text()
        judged = diagram.scene.calibrated.bars
        assert judged.positives.sum() / judged.counts.sum() == pytest.approx(0.7)
        assert diagram.scene.raw.bars.counts.sum() == pytest.approx(before)
        panel.priors.of_class.setCurrentIndex(2)
        assert made.experiment.calibration.base_rate == 0.0
        made.undo_stack.undo()
        assert made.experiment.calibration == choices
        for shown in (panel, diagram):
            shown.hide()
    finally:
        made.close()


def test_of_many_classes_the_chosen_one_s_share_is_told_first(qtbot, show):
    made = new_session(data={"source": "six_blobs", "rows": 300})
    try:
        train(qtbot, made, 5)
        panel = show("calibrators", made)
        panel.session.set_view("calibrators_page", "priors")
        panel.priors.of_class.setCurrentIndex(4)
        panel.priors.rate.edited.emit(0.6, None)
        scene, text = panel.scene.of, panel.priors.rates.text()
        assert f"{scene.classes[4]}: " in text
        assert "<b>60" in text
        assert f"{scene.in_use[0] / scene.rates[0]:.3g}" in text
        panel.hide()
    finally:
        made.close()


def test_numbers_follow_in_the_background_and_the_latest_wins(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("numbers", session)
    assert len(panel.answers_model.rows) == 6
    panel.session.set_view("numbers_page", "all")
    for bins in (5, 9, 12):
        session.edit("calibration.bins", bins)
    latest = pytest.approx(panel.scene.strip.width[11])
    qtbot.waitUntil(lambda: bool(panel.found) and panel.found[0].chance.value == latest)
    assert len(panel.table_model.rows) == len(panel.found) == 20
    tip = panel.table_model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == panel.found[0].help
    panel.session.set_view("numbers_page", "bins")
    panel.plot.clicked.emit(40.2, 0.1)
    assert session.experiment.calibration.bins == 40
    assert panel.answers_model.rows[0][1] == f"{panel.scene.strip.width[39]:.4f}"


def test_numbers_judge_the_calibrated_probabilities_on_demand(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("numbers", session)
    assert not panel.calibrated.isEnabled()
    session.edit("calibration.method", "platt")
    raw = panel.scene.answers[0].value
    panel.calibrated.click()
    assert panel.scene.of_calibrated
    assert panel.scene.answers[0].value != raw
    session.edit("calibration.method", "none")
    assert not panel.calibrated.isChecked()


def test_classes_are_drawn_side_by_side_and_a_click_judges_one(qtbot, show):
    made = new_session(data={"source": "iris"})
    try:
        train(qtbot, made, 20)
        panel = show("by_class", made)
        places = panel.tiles.places()
        assert len(places) == 4
        for square in places:
            assert panel.tiles.rect().contains(square.toRect())
            assert square.width() == pytest.approx(square.height())
        QTest.mouseClick(panel.tiles, Qt.MouseButton.LeftButton, pos=places[2].center().toPoint())
        assert made.view.reliability_class == 2
        panel.top_label.click()
        assert made.view.top_label
        assert panel.scene.top_label
        assert "Top-label" in panel.says.text()
        QTest.mouseMove(panel.tiles, QPoint(2, 2))
        panel.hide()
    finally:
        made.close()


def test_the_turn_of_the_loss_is_marked_and_said(session, show):
    panel = show("loss", session)
    metrics = session.run.history.metrics
    for k in range(1, 21):
        values = {"validation.log_loss": 0.4 + abs(k - 8) / 20, "validation.accuracy": 0.9}
        metrics.append(k, float(k), {**values, "validation.loss": 0.5, "train.loss": 0.4})
    panel.refresh()
    assert panel.scene.turn in upright_lines(panel.plot)
    assert "accuracy did not" in panel.turned.text()
    panel.plot.hovered.emit(panel.scene.turn, 0.1)
    assert "log loss turned here" in panel.reading.text()


@pytest.mark.parametrize("name", ["calibrators", "numbers", "by_class", "reliability"])
def test_the_lab_s_panels_fit_a_narrow_dock(name, qtbot, session, show):
    train(qtbot, session, 5)
    panel = show(name, session)
    panel.resize(330, 420)
    qtbot.waitUntil(lambda: panel.width() == 330)
    assert panel.minimumSizeHint().width() <= 330
    for slider in panel.findChildren(NumberSlider):
        if slider.isVisible():
            assert slider.mapTo(panel, slider.rect().bottomRight()).x() <= 330


def test_the_lab_follows_training_and_every_step_of_the_timeline(qtbot, session, show):
    names = ("reliability", "calibrators", "numbers", "by_class")
    session.edit("calibration.method", "temperature")
    session.edit("calibration.compared", ("platt", "isotonic"))
    panels = [show(name, session) for name in names]
    panels[2].session.set_view("numbers_page", "all")
    session.play()
    qtbot.waitUntil(lambda: session.run.history.latest.step > 600)
    session.pause()
    latest = session.run.history.latest.step
    qtbot.waitUntil(lambda: all(panel.scene.step >= latest for panel in panels))
    for step in (0, 1, 17, latest // 2):
        session.scrub(step)
        assert [panel.scene.step for panel in panels] == [step] * 4
        for kind in CURVES:
            session.set_view("reliability_curve", kind)
            assert panels[0].scene.kind == kind
    exact = headlines(panels[2].scene.index.cells, panels[2].scene.bins)[0].chance
    qtbot.waitUntil(lambda: exact in [it.chance for it in panels[2].found])
