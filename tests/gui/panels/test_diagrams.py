import itertools

import numpy as np
import pytest
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication

from core.base import scipy_import
from core.run.history import Metrics
from gui.panels.loss.loss_panel import legend
from gui.plot.axes import log_ticks, spread
from gui.plot.canvas import PlotCanvas
from gui.style.theme import plot_font, theme
from tests.gui.panel_cases import new_session, train
from tests.gui.plot_readings import curve_through, upright_lines


def test_curves_draw_each_part_in_its_ink(qtbot, session, show):
    train(qtbot, session, 60)
    panel = show("loss", session)
    inks = [theme().ink, theme().accent, theme().ink]
    items = [curve_through(panel.plot, line.x, line.y) for line in panel.scene.lines]
    for item, ink in zip(items, inks, strict=True):
        assert item.opts["pen"].color().name() == ink.lower()
    styles = [item.opts["pen"].style() for item in items]
    assert styles[0] == styles[1] != styles[2]


def test_curves_controls_change_the_view(qtbot, session, show):
    train(qtbot, session, 30)
    panel = show("loss", session)
    panel.metric_box.setCurrentIndex(panel.metric_box.findData("accuracy"))
    assert session.view.metric == panel.scene.metric.name == "accuracy"
    panel.by_step.click()
    assert not session.view.by_epoch
    panel.log_x.click()
    panel.log_y.click()
    panel.smooth.click()
    assert panel.scene.log_x
    assert panel.scene.log_y
    assert panel.scene.smoothed
    for line in (*panel.scene.lines, *panel.scene.smoothed):
        curve_through(panel.plot, np.log10(line.x), np.log10(line.y))


def test_every_figure_can_be_chosen(qtbot, session, show):
    train(qtbot, session, 30)
    panel = show("loss", session)
    for index in range(panel.metric_box.count()):
        panel.metric_box.setCurrentIndex(index)
        assert panel.scene.metric.name == panel.metric_box.itemData(index)
        assert panel.scene.lines, panel.scene.metric.name


def test_ghosts_edits_and_the_scrub_position_are_drawn(qtbot, session, show):
    train(qtbot, session, 30)
    session.edit("training.learning_rate", 0.03)
    train(qtbot, session, 30)
    panel = show("loss", session)
    assert panel.scene.edits[0].place in upright_lines(panel.plot)
    panel.plot.hovered.emit(panel.scene.edits[0].place, 0.1)
    assert "learning rate 0.1 → <b>0.03</b>" in panel.reading.text()
    panel.plot.left.emit()
    assert "learning rate" not in panel.reading.text()
    session.scrub(20)
    now = panel.scene.now
    assert now in upright_lines(panel.plot)
    session.restart()
    assert panel.scene.ghosts
    [ghost] = panel.scene.ghosts
    assert len(ghost.lines) == 3
    for line in ghost.lines:
        curve_through(panel.plot, line.x, line.y)
    assert now not in upright_lines(panel.plot)


def test_a_run_without_records_tells_what_to_do(session, show):
    panel = show("loss", session)
    session.run.history.metrics = Metrics()
    panel.refresh()
    assert "play" in panel.reading.text()


def test_names_at_line_ends_keep_apart_and_in_order():
    places = spread([0.3, 0.31, 0.0, 0.9], 0.1, 0.05)
    assert places == pytest.approx([0.3, 0.4, 0.05, 0.9])


def as_read(text):
    return float(text.replace("\u202f", "").replace("\u2212", "-"))


@pytest.mark.parametrize("pixels", [90.0, 200.0, 300.0, 900.0])
@pytest.mark.parametrize("is_upright", [False, True])
@pytest.mark.parametrize(
    ("low", "high"), [(1e-4, 0.3), (3.0, 9.0), (1.0, 1e7), (250.0, 1300.0), (0.03, 2e9)]
)
def test_logarithmic_ticks_lie_within_and_do_not_touch(qapp, low, high, pixels, is_upright):
    ticks = log_ticks(low, high, pixels, is_upright)
    assert 1 <= len(ticks) <= 10
    for place, text in ticks:
        assert low <= 10.0**place * (1 + 1e-9)
        assert 10.0**place <= high * (1 + 1e-9)
        assert as_read(text) == pytest.approx(10.0**place)
    font = plot_font(QApplication.font())
    metrics = QFontMetricsF(font)
    scale = pixels / np.log10(high / low)
    for (before, text), (after, other) in itertools.pairwise(ticks):
        wide = (metrics.horizontalAdvance(text) + metrics.horizontalAdvance(other)) / 2.0
        assert (after - before) * scale >= (metrics.height() if is_upright else wide)


@pytest.mark.parametrize("width", [220, 340, 800])
@pytest.mark.parametrize(
    ("low", "high", "some"),
    [
        (0, 95_000, "50\u202f000"),
        (0, 4.6e6, "2\u202f000\u202f000"),
        (-9e7, 2e8, "\u221250\u202f000\u202f000"),
    ],
)
def test_large_numbers_on_an_axis_have_their_thousands_apart_and_do_not_touch(
    qtbot, width, low, high, some
):
    plot = PlotCanvas("plot")
    qtbot.addWidget(plot)
    plot.resize(width, 200)
    plot.set_limits(low, high, 0.0, 1.0)
    plot.show()
    qtbot.waitExposed(plot)
    axis = plot.axis("bottom")
    spacing, _ = axis.tickSpacing(low, high, plot.box.width())[0]
    places = np.arange(np.ceil(low / spacing), high // spacing + 1) * spacing
    texts = axis.tickStrings(places.tolist(), 1.0, spacing)
    assert [as_read(text) for text in texts] == places.tolist()
    assert width < 800 or some in texts
    assert "\u22120" not in texts
    font = plot_font(plot.font())
    widest = max(QFontMetricsF(font).horizontalAdvance(text) for text in texts)
    assert widest < spacing / (high - low) * plot.box.width()


def test_the_reliability_diagram_draws_its_scene(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("reliability", session)
    qtbot.waitUntil(lambda: panel.is_calm)
    x, y = panel.diagram.raw.getData()
    expected = panel.scene.raw.curve.knots
    np.testing.assert_array_equal(x, expected[0])
    np.testing.assert_array_equal(y, expected[1])
    np.testing.assert_array_equal(panel.diagram.low_edge.getData()[1], panel.scene.band.lower)
    np.testing.assert_array_equal(panel.diagram.high_edge.getData()[1], panel.scene.band.upper)
    text = panel.figures.text()
    for value in (panel.scene.raw.ece, panel.scene.raw.chance_ece, panel.scene.raw.brier.score):
        assert f"{value:.3f}" in text
    for word in ("chance", "MCB", "DSC", "UNC", "15 bins", "upper edge"):
        assert word in text


def test_the_diagram_is_square(session, show, qtbot):
    for size in ((330, 400), (700, 560), (300, 700)):
        panel = show("reliability", session)
        panel.resize(*size)
        qtbot.waitUntil(lambda panel=panel, size=size: panel.width() == size[0])
        box = panel.plot.box
        assert abs(box.width() - box.height()) <= 2.0, size
        low = panel.histogram.box
        assert abs(box.width() - low.width()) <= 1.0


def test_another_axis_under_a_resting_mouse_is_not_read_with_the_old_place(qtbot, session, show):
    train(qtbot, session, 100)
    train(qtbot, session, 300)
    panel = show("loss", session)
    panel.plot.hovered.emit(390.0, 0.1)
    session.set_view("log_steps", True)  # ten to the 390th is beyond all numbers
    assert panel.reading.text() == legend(panel.scene)
    panel.plot.hovered.emit(np.log10(panel.scene.lines[0].x[[0, -1]]).mean(), 0.1)
    assert panel.reading.text().startswith("epoch")
    session.set_view("by_epoch", False)
    assert panel.reading.text() == legend(panel.scene)


def test_hovering_the_diagram_reads_the_curve_without_moving_it(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("reliability", session)
    before, lines = panel.figures.text(), panel.figures.text().count("<br>")
    panel.plot.hovered.emit(0.4, 0.4)
    x, y = panel.scene.raw.curve.knots
    assert f"Said 0.400: it happened in {np.interp(0.4, x, y):.3f}" in panel.figures.text()
    assert panel.figures.text().count("<br>") == lines
    panel.plot.left.emit()
    assert panel.figures.text() == before


@pytest.fixture
def without_scipy():
    yield lambda: scipy_import.postpone_scipy(even_if_imported=True)
    scipy_import.import_scipy()


def test_the_reliability_diagram_shows_bars_until_scipy_is_there(
    qtbot, session, show, without_scipy
):
    train(qtbot, session, 60)
    without_scipy()
    panel = show("reliability", session)
    assert panel.draws() == 0
    assert panel.scene.kind == "corp"
    assert panel.scene.raw.curve.binning == "width"
    assert panel.scene.band is None
    assert "MCB –" in panel.figures.text()
    scipy_import.import_scipy()
    panel.refresh()
    assert panel.scene.raw.curve.binning == "corp"
    assert "MCB –" not in panel.figures.text()
    qtbot.waitUntil(lambda: panel.scene.band is not None)


def test_reliability_controls_change_the_view(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("reliability", session)
    panel.controls.split.setCurrentIndex(2)
    assert session.view.split == panel.scene.split == "test"
    panel.controls.judged.setCurrentIndex(1)
    assert session.view.reliability_class == panel.scene.view == 0
    panel.controls.folded.bars.click()
    assert session.view.bars
    assert panel.diagram.columns.isVisible()
    full = ~panel.scene.raw.bars.empty
    np.testing.assert_array_equal(
        panel.diagram.columns.opts["y1"], panel.scene.raw.bars.frequency[full]
    )


def test_a_calibrated_curve_is_drawn_beside_the_raw_one_and_own_rows_are_named(
    qtbot, session, show
):
    train(qtbot, session, 40)
    panel = show("reliability", session)
    assert not panel.diagram.calibrated.isVisible()
    session.edit("calibration.method", "platt")
    assert panel.diagram.calibrated.isVisible()
    assert panel.diagram.calibrated.opts["pen"].color().name() == theme().calibrated.lower()
    assert "fitted on these rows" in panel.figures.text()
    panel.controls.split.setCurrentIndex(2)
    assert "fitted on these rows" not in panel.figures.text()
    assert "calibrated" in panel.figures.text()


def test_more_than_two_classes_are_offered_by_confidence_and_by_name(qtbot, show):
    made = new_session(data={"source": "iris"})
    try:
        panel = show("reliability", made)
        names = [panel.controls.judged.itemText(k) for k in range(panel.controls.judged.count())]
        assert names[0] == "confidence"
        assert len(names) == 4
        panel.controls.judged.setCurrentIndex(2)
        assert panel.scene.view == 1
        panel.hide()
    finally:
        made.close()


def test_while_training_the_band_is_cheap_and_full_once_calm(qtbot, session, show):
    train(qtbot, session, 10)
    panel = show("reliability", session)
    qtbot.waitUntil(lambda: panel.is_calm)
    assert panel.draws() == 300
    panel.refresh()
    assert panel.draws() == 300  # the same band serves while nothing that it depends on changes
    session.scrub(4)  # another state
    assert panel.draws() <= 40
