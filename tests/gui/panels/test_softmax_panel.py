import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from scipy import special

from core.experiment.view_choices import SOFTMAX_PAGES
from core.experiment.view_knobs import MOST_LOGITS
from core.explain.ternary import CORNERS
from core.scenes.softmax_scene import with_classes
from gui.style.theme import class_colour, theme
from tests.gui.panel_cases import new_session, train
from tests.gui.plot_readings import curve_through


def child(panel, name):
    found = panel.findChild(QWidget, name)
    assert found is not None, name
    return found


def press(widget, at, kind=QEvent.Type.MouseButtonPress):
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    held = none if kind == QEvent.Type.MouseButtonRelease else left
    there = QPointF(widget.mapToGlobal(at.toPoint()))
    event = QMouseEvent(kind, at, there, left, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


def number_in(text):
    return float(text.replace("−", "-"))


@pytest.mark.parametrize("section", SOFTMAX_PAGES)
@pytest.mark.parametrize("n_classes", [2, 3, 5, MOST_LOGITS])
def test_every_number_of_classes_is_shown_in_every_section(session, show, section, n_classes):
    panel = show("softmax", session)
    box = child(panel, "view.softmax_logits.classes")
    box.setCurrentIndex(box.findData(n_classes))
    session.set_view("softmax_page", section)
    session.set_view("softmax_temperature", 3.0)
    assert panel.scene.n_classes == n_classes
    expected = special.softmax(np.array(session.view.softmax_logits) / 3.0)
    assert np.allclose(panel.scene.probabilities, expected)
    assert f"{expected.max():.3f}" in panel.accessibleDescription()
    words = child(panel, "softmax.bars").accessibleDescription()
    assert [float(part.split()[-1]) for part in words.split(", ")] == pytest.approx(
        expected, abs=6e-4
    )


def test_a_bar_is_as_long_as_its_probability_in_its_class_s_colour(qtbot, session, show):
    panel = show("softmax", session)
    image = panel.bars.grab().toImage()
    track = QColor(theme().band).rgb()
    for k, p in enumerate(panel.scene.probabilities):
        colour = QColor(class_colour(k)).rgb()
        lines = [
            [image.pixel(x, y) for x in range(30, image.width())] for y in range(image.height())
        ]
        longest = max((line.count(colour), line.count(track)) for line in lines)
        assert longest[0] / sum(longest) == pytest.approx(p, abs=0.01)


def test_a_logit_s_slider_moves_its_bar(qtbot, session, show):
    panel = show("softmax", session)
    slider = child(panel, "view.softmax_logits.1.slider")
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert session.view.softmax_logits[1] == 10.0
    assert panel.scene.probabilities[1] > 0.99
    field = child(panel, "view.softmax_logits.2.field")
    field.selectAll()
    qtbot.keyClicks(field, "12.5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert session.view.softmax_logits[2] == 12.5
    assert not child(panel, "view.softmax_logits.3.slider").isVisible()


def test_a_field_that_ends_after_its_class_is_gone_changes_nothing(session, show):
    panel = show("softmax", session)
    session.set_view("softmax_logits", with_classes(session.view.softmax_logits, 4))
    session.set_view("softmax_logits", with_classes(session.view.softmax_logits, 2))
    before = session.view
    panel.pages["logits"].sliders[3].edited.emit(1.5, None)
    assert session.view == before


def test_a_constant_moves_every_logit_and_no_bar(qtbot, session, show):
    panel = show("softmax", session)
    before = panel.bars.grab().toImage()
    slider = child(panel, "view.softmax_constant.slider")
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert session.view.softmax_constant == 100.0
    assert np.allclose(panel.scene.tempered, panel.scene.logits + 100.0)
    assert panel.bars.grab().toImage() == before
    assert "no bar has moved" in child(panel, "softmax.logits.note").text()


def test_the_temperature_runs_on_a_log_slider_from_cold_to_hot(qtbot, session, show):
    panel = show("softmax", session)
    slider = child(panel, "view.softmax_temperature.slider")
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert session.view.softmax_temperature == 0.05
    cold = panel.scene.relative_entropy
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert session.view.softmax_temperature == 20.0
    assert cold < 1e-6 < 0.98 < panel.scene.relative_entropy
    slider.setValue((slider.minimum() + slider.maximum()) // 2)
    assert session.view.softmax_temperature == pytest.approx(math.sqrt(0.05 * 20.0), rel=0.1)
    assert "nats" in child(panel, "softmax.entropy").accessibleDescription()


def test_the_steps_show_every_number_and_why_the_largest_is_subtracted(session, show):
    panel = show("softmax", session)
    session.set_view("softmax_page", "steps")
    rows = child(panel, "softmax.steps").texts()
    z = np.array(session.view.softmax_logits)
    for k, line in enumerate(rows[:-1]):
        expected = (z[k], z[k] - z.max(), math.exp(z[k] - z.max()), special.softmax(z)[k])
        assert [number_in(text) for text in line[1:]] == pytest.approx(expected, rel=1e-3)
    assert number_in(rows[-1][3]) == pytest.approx(np.exp(z - z.max()).sum(), rel=1e-3)
    child(panel, "softmax.far").click()
    assert session.view.softmax_constant == 800.0
    assert "not a number" in child(panel, "softmax.steps.note").text()
    child(panel, "softmax.far").click()
    assert session.view.softmax_constant == 0.0
    session.set_view("softmax_constant", -900.0)
    assert "0 / 0" in child(panel, "softmax.steps.note").text()


def test_pointing_at_a_cell_says_what_it_means(session, show):
    panel = show("softmax", session)
    session.set_view("softmax_page", "slopes")
    QApplication.processEvents()
    picture, said = child(panel, "softmax.jacobian"), child(panel, "softmax.jacobian.note")
    general = said.text()
    press(picture, picture.cell(0, 1).center(), QEvent.Type.MouseMove)
    value = 0.1 * panel.scene.jacobian[0, 1]
    assert number_in(said.text().split("<b>")[1].split("</b>")[0]) == pytest.approx(value, rel=0.01)
    QApplication.sendEvent(picture, QEvent(QEvent.Type.Leave))
    assert said.text() == general
    rows = picture.accessibleDescription().split("; ")
    assert [number_in(v) for v in rows[2].split()] == pytest.approx(
        panel.scene.jacobian[2], rel=1e-3
    )


def test_two_classes_are_a_sigmoid_with_the_present_numbers(qtbot, session, show):
    panel = show("softmax", session)
    session.set_view("softmax_logits", with_classes(session.view.softmax_logits, 2))
    session.set_view("softmax_page", "sigmoid")
    expected = special.expit(session.view.softmax_logits[0] - session.view.softmax_logits[1])
    text = child(panel, "softmax.pair.numbers").accessibleDescription()
    assert text.endswith(f"{expected:.4g}")
    assert "σ(1.5)" in text
    assert f"{expected:.4f}" in child(panel, "softmax.pair.note").text()


def test_the_point_of_the_triangle_can_be_dragged(session, show):
    panel = show("softmax", session)
    session.set_view("softmax_page", "triangle")
    session.set_view("softmax_temperature", 2.0)
    QApplication.processEvents()
    picture = child(panel, "softmax.triangle")
    wanted = np.array([0.2, 0.5, 0.3])
    press(picture, picture.place(*(wanted @ CORNERS)))
    assert panel.scene.probabilities == pytest.approx(wanted, abs=0.01)
    press(picture, QPointF(-50.0, 500.0), QEvent.Type.MouseMove)
    assert panel.scene.probabilities[0] > 0.99
    assert abs(sum(session.view.softmax_logits)) < 0.01


def test_without_three_classes_the_triangle_offers_them(session, show):
    panel = show("softmax", session)
    session.set_view("softmax_logits", with_classes(session.view.softmax_logits, 5))
    session.set_view("softmax_page", "triangle")
    assert not child(panel, "softmax.triangle").isVisible()
    child(panel, "softmax.three").click()
    assert panel.scene.n_classes == 3
    assert child(panel, "softmax.triangle").isVisible()


def test_both_losses_and_gradients_are_drawn_against_the_true_class_s_logit(session, show):
    panel = show("softmax", session)
    session.set_view("softmax_page", "learning")
    box = child(panel, "view.softmax_true_class")
    box.setCurrentIndex(box.findData(2))
    page = panel.pages["learning"]
    p = special.softmax(session.view.softmax_logits)
    rows = child(panel, "softmax.gradients").texts()
    for k, line in enumerate(rows):
        assert number_in(line[3].strip("<b>/")) == pytest.approx(p[k] - (k == 2), abs=6e-4)
    for plot, values in (
        (page.loss, [c.values for c in panel.scene.losses.curves]),
        (page.gradient, [c.gradients for c in panel.scene.losses.curves]),
    ):
        for expected in values:
            curve_through(plot, panel.scene.losses.x, expected)
    assert "confident mistake" in child(panel, "softmax.loss.note").text().lower()


def test_the_selected_row_s_logits_are_followed_while_the_model_learns(qtbot, session, show):
    panel = show("softmax", session)
    row = int(session.run.prepared.rows[4])
    box = child(panel, "view.softmax_follows_row")
    box.setCurrentIndex(box.findData(True))
    assert "No row is selected" in child(panel, "softmax.logits.note").text()
    session.set_view("selected", row)
    before = panel.scene.probabilities
    expected = session.run.probabilities(session.state, session.run.prepared.X[4:5])[0]
    assert np.allclose(before, expected)
    train(qtbot, session, 40)
    after = session.run.probabilities(session.state, session.run.prepared.X[4:5])[0]
    qtbot.waitUntil(lambda: np.allclose(panel.scene.probabilities, after))
    assert not np.allclose(before, after)
    assert not child(panel, "view.softmax_logits.classes").isEnabled()


def test_moving_a_slider_goes_on_by_hand_from_the_row_s_logits(qtbot, session, show):
    panel = show("softmax", session)
    session.set_view("selected", int(session.run.prepared.rows[9]))
    session.set_view("softmax_follows_row", True)
    logits = panel.scene.logits
    slider = child(panel, "view.softmax_logits.0.slider")
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert not session.view.softmax_follows_row
    assert session.view.softmax_logits == pytest.approx((10.0, logits[1]), abs=0.006)


def test_frames_cost_nothing_unless_a_row_is_followed(session, show):
    panel = show("softmax", session)
    drawn = panel.scene
    for _ in range(12):
        session.frame_clock.begin_frame()
    assert panel.scene is drawn
    session.set_view("softmax_follows_row", True)
    drawn = panel.scene
    session.frame_clock.begin_frame()
    assert panel.scene is not drawn


def test_three_classes_bear_the_model_s_names(show):
    session = new_session(data={"source": "iris"})
    try:
        panel = show("softmax", session)
        assert panel.scene.names == session.run.prepared.classes
        label = child(panel, "view.softmax_logits.0.slider").accessibleName()
        assert session.run.prepared.classes[0] in label
    finally:
        session.close()


def test_the_wheel_changes_nothing(session, show):
    panel = show("softmax", session)
    before = session.view
    for name in (
        "view.softmax_temperature",
        "view.softmax_logits.0",
        "view.softmax_logits.classes",
        "view.softmax_page",
    ):
        widget = child(panel, name)
        widget.clearFocus()
        middle = widget.rect().center()
        event = QWheelEvent(
            QPointF(middle),
            QPointF(widget.mapToGlobal(middle)),
            QPoint(0, 0),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)
    assert session.view == before


@pytest.mark.parametrize("size", [(330, 560), (330, 800), (900, 600)])
@pytest.mark.parametrize("n_classes", [2, 3, MOST_LOGITS])
def test_nothing_is_clipped_in_any_section(qtbot, session, show, size, n_classes):
    panel = show("softmax", session)
    session.set_view("softmax_logits", with_classes(session.view.softmax_logits, n_classes))
    panel.resize(*size)
    for section in SOFTMAX_PAGES:
        session.set_view("softmax_page", section)
        QApplication.processEvents()
        assert panel.parts.horizontalScrollBar().maximum() == 0
        labels = [x for x in panel.findChildren(QLabel) if x.isVisible() and x.text()]

        def fits(label):
            tall = label.heightForWidth(label.width()) if label.wordWrap() else 0
            inside = label.mapTo(panel.parts.widget(), label.rect().bottomRight())
            return label.height() >= tall and panel.parts.widget().rect().contains(inside)

        qtbot.waitUntil(lambda fits=fits, labels=labels: all(map(fits, labels)))
