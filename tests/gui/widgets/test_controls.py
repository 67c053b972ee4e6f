"""The controls' common manners: the wheel, what a drag is, what is half typed."""

import math

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QVBoxLayout, QWidget

from core.base.errors import UserError
from core.base.knobs import IntegerKnob, NumberKnob
from gui.widgets.controls import ComboBox
from gui.widgets.number_field import NumberField, TextField
from gui.widgets.number_slider import NumberSlider, SliderScale
from gui.widgets.slider import Slider

RATE = NumberKnob(
    label="rate", default=0.1, help="How fast.", effect="live", low=1e-3, high=10.0, scale="log"
)
SHARE = NumberKnob(label="share", default=0.5, help="Of all.", effect="view", low=-1.0, high=1.0)
WIDTH = IntegerKnob(label="width", default=4, help="Of a layer.", effect="restart", low=1, high=64)


@pytest.fixture
def shown(qtbot):
    """Show widgets in one window and give the first the keyboard."""

    windows = []  # the bot holds them weakly

    def show(*widgets):
        window = QWidget()
        windows.append(window)
        layout = QVBoxLayout(window)
        for widget in widgets:
            layout.addWidget(widget)
        qtbot.addWidget(window)
        window.resize(300, 200)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        widgets[0].setFocus()
        return widgets[0]

    yield show
    windows.clear()


def emitted(signal):
    values = []
    signal.connect(lambda *value: values.append(value))
    return values


def turn_wheel(widget):
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(widget.mapToGlobal(widget.rect().center())),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event


def replace_text(field, text):
    field.selectAll()
    for letter in text:  # also those that QTest cannot type
        for kind in (QKeyEvent.Type.KeyPress, QKeyEvent.Type.KeyRelease):
            key = QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter)
            QApplication.sendEvent(field, key)


def even(text):
    number = int(text)
    if number % 2:
        raise UserError(f"{number} is odd.")
    return number


@pytest.mark.parametrize("focused", [False, True])
@pytest.mark.parametrize("kind", ["combo box", "slider", "field", "number"])
def test_the_wheel_changes_nothing_and_goes_on_to_what_scrolls(shown, kind, focused):
    control = {
        "combo box": ComboBox,
        "slider": Slider,
        "field": lambda: NumberField(WIDTH),
        "number": lambda: NumberSlider("rate", RATE),
    }[kind]()
    widget = control.slider if kind == "number" else control
    if kind == "combo box":
        widget.offer([("one", 1), ("two", 2)])
    shown(*((control,) if focused else (QToolButton(), control)))
    if focused:
        widget.setFocus()
    state = {"combo box": "currentIndex", "field": "text"}.get(kind, "value")
    before = getattr(widget, state)()
    event = turn_wheel(widget)
    assert getattr(widget, state)() == before
    assert kind == "field" or not event.isAccepted()


def test_a_combo_box_keeps_what_is_chosen_where_it_is_still_offered(shown):
    box = ComboBox()
    box.offer([("a", 1), ("b", 2)])
    box.show_value(2)
    told = emitted(box.currentIndexChanged)
    box.offer([("b", 2), ("c", 3)])
    assert box.currentData() == 2
    box.offer([("c", 3)])
    assert box.currentData() == 3
    box.show_value(7)
    assert box.currentData() == 3
    assert not told


def test_a_text_field_hands_its_value_on_once(shown):
    field = shown(TextField(even), QToolButton())
    values = emitted(field.edited)
    field.show_value(2)
    replace_text(field, "10")
    assert values == []
    QTest.keyClick(field, Qt.Key.Key_Return)
    field.clearFocus()
    assert values == [(10,)]
    assert field.text() == "10"
    assert not field.isModified()


def test_leaving_a_field_submits_as_well(shown):
    other = QToolButton()
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field = shown(TextField(even), other)
    values = emitted(field.edited)
    replace_text(field, "10")
    other.setFocus()
    assert values == [(10,)]


def test_a_refused_text_stays_says_why_and_escape_restores_the_value(shown):
    field = shown(TextField(even, help_text="Even ones."))
    values, refused, reverted = (emitted(s) for s in (field.edited, field.refused, field.reverted))
    field.show_value(2)
    replace_text(field, "3")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (values, refused) == ([], [("3 is odd.",)])
    assert field.text() == "3"
    assert field.is_refused
    assert field.toolTip() == "3 is odd."
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "2"
    assert not field.is_refused
    assert field.toolTip() == "Even ones."
    assert reverted == [()]


def test_escape_without_anything_typed_goes_on_to_whoever_wants_it(shown):
    field = shown(TextField(even))
    field.show_value(2)
    event = QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(field, event)
    assert not event.isAccepted()


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("key", [Qt.Key.Key_Z, Qt.Key.Key_Y])
def test_keys_for_undo_are_the_field_s_only_while_it_is_half_typed(shown, key, typed):
    field = shown(TextField(even))
    field.show_value(2)
    if typed:
        replace_text(field, "44")
    event = QKeyEvent(QKeyEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.ControlModifier)
    event.ignore()
    QApplication.sendEvent(field, event)
    if key == Qt.Key.Key_Z or not typed:
        assert event.isAccepted() == typed


def test_a_value_shown_meanwhile_replaces_what_is_half_typed_unless_that_is_kept(shown):
    field = shown(TextField(even))
    field.show_value(2)
    replace_text(field, "4")
    field.show_value(6, keep_typed=True)
    assert field.text() == "4"
    assert field.value() == 6
    field.show_value(8)
    assert field.text() == "8"
    replace_text(field, "4")
    field.show_value(10, keep_typed=True)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "10"


def test_a_receiver_that_shows_another_value_has_the_last_word(shown):
    field = shown(TextField(even))
    field.edited.connect(lambda value: field.show_value(100))
    replace_text(field, "4")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "100"


def test_a_receiver_that_refuses_leaves_the_text_and_the_value(shown):
    field = shown(TextField(even))
    field.show_value(2)
    field.edited.connect(lambda value: field.show_refusal("Not now."))
    replace_text(field, "4")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (field.text(), field.value(), field.toolTip()) == ("4", 2, "Not now.")
    assert field.is_refused


def test_a_number_field_reads_what_the_window_writes(shown):
    field = shown(NumberField(SHARE))
    values = emitted(field.edited)
    for text in ("−0.25", "-0.25", "−2.5e−1"):
        replace_text(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert values == [(-0.25,)] * 3


def test_a_number_field_refuses_what_its_knob_refuses(shown):
    field = shown(NumberField(SHARE))
    refused = emitted(field.refused)
    for text in ("2", "x", "nan", ""):
        replace_text(field, text)
        QTest.keyClick(field, Qt.Key.Key_Backspace if not text else Qt.Key.Key_Return)
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert len(refused) >= 4
    assert all("Give a number from -1 to 1" in sentence for (sentence,) in refused)


def test_keys_and_buttons_step_a_number_within_its_bounds(shown):
    field = shown(NumberField(WIDTH, has_buttons=True))
    field.edited.connect(field.show_value)
    values = emitted(field.edited)
    field.show_value(63)
    QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_Up)
    up, down = field.findChildren(QToolButton)
    QTest.mouseClick(down, Qt.MouseButton.LeftButton)
    QTest.mouseClick(up, Qt.MouseButton.LeftButton)
    assert values == [(64,), (63,), (64,)]
    assert up.geometry().bottom() < down.geometry().top() + 1
    assert field.rect().contains(up.geometry().united(down.geometry()))


def test_each_press_of_a_step_is_an_undo_and_its_repeats_are_the_same_one(shown):
    field = shown(NumberField(WIDTH))
    field.edited.connect(field.show_value)
    drags = []
    field.show_value(5)
    field.edited.connect(lambda _: drags.append(field.drag))
    for repeats in (False, True, True, False):
        event = QKeyEvent(
            QKeyEvent.Type.KeyPress, Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, "", repeats
        )
        QApplication.sendEvent(field, event)
    assert field.value() == 9
    assert drags[0] is drags[1] is drags[2]
    assert drags[2] is not drags[3]


def test_another_number_over_a_half_typed_one_begins_another_undo(shown):
    field = shown(NumberField(SHARE, is_live=True))
    drags = []
    field.edited.connect(lambda _: drags.append(field.drag))
    replace_text(field, "0.5")
    field.show_value(-0.5)
    replace_text(field, "1")
    assert drags[0] is not drags[-1]


def test_a_live_field_hands_on_every_number_once_and_leaves_the_text_alone(shown):
    field = shown(NumberField(SHARE, is_live=True))
    field.edited.connect(lambda value: field.show_value(value, keep_typed=True))
    values, refused = emitted(field.edited), emitted(field.refused)
    field.show_value(0.0)
    drag = []
    field.edited.connect(lambda _: drag.append(field.drag))
    replace_text(field, "-0.250")
    assert values == [(-0.2,), (-0.25,)]
    assert field.text() == "-0.250"
    assert len(set(map(id, drag))) == 1
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert values == [(-0.2,), (-0.25,)]
    assert field.text() == "-0.25"
    assert field.drag is not drag[0]
    replace_text(field, "7")
    assert not refused
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert len(refused) == 1
    assert values == [(-0.2,), (-0.25,)]


def test_a_drag_has_one_identity_and_the_next_another(shown):
    slider = shown(Slider())
    slider.setRange(0, 100)
    drags = []
    slider.valueChanged.connect(lambda _: drags.append(slider.drag))
    middle = slider.height() // 2
    for _ in range(2):
        QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(30, middle))
        QTest.mouseMove(slider, QPoint(60, middle))
        QTest.mouseMove(slider, QPoint(90, middle))
        QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(90, middle))
    assert len(drags) == 6
    assert len(set(map(id, drags[:3]))) == len(set(map(id, drags[3:]))) == 1
    assert drags[0] is not drags[3]


def test_a_value_shown_does_not_move_a_handle_that_is_being_dragged(shown):
    slider = shown(Slider())
    slider.setSliderDown(True)
    slider.show_value(50)
    assert slider.value() == 0
    slider.setSliderDown(False)
    told = emitted(slider.valueChanged)
    slider.show_value(50)
    assert slider.value() == 50
    assert not told


def test_slider_and_field_show_one_number(shown):
    control = shown(NumberSlider("rate", RATE, label="Rate"))
    edited = emitted(control.edited)
    control.show_value(0.1)
    assert control.slider.value() == SliderScale(1e-3, 10.0, "log", False).place(0.1)
    assert control.field.text() == "0.1"
    assert not edited
    control.edited.connect(lambda value, drag: control.show_value(value))
    replace_text(control.field, "3e-2")
    QTest.keyClick(control.field, Qt.Key.Key_Return)
    QTest.keyClick(control.field, Qt.Key.Key_Up)
    control.slider.setValue(control.slider.maximum())
    QTest.keyClick(control.field, Qt.Key.Key_Up)
    assert [value for value, _ in edited] == [0.03, 0.032, 10.0]
    assert control.field.text() == "10"
    assert control.findChild(QWidget, "rate.slider") is control.slider
    assert control.findChild(QWidget, "rate.field") is control.field


def test_a_number_refused_after_a_drag_is_shown_and_escape_leads_back(shown):
    control = shown(NumberSlider("rate", RATE))
    control.show_value(0.1)
    control.edited.connect(lambda *_: control.show_refusal("Too fast."))
    before = control.slider.value()
    control.slider.setValue(control.slider.maximum())
    assert control.field.text() == "10"
    assert control.field.is_refused
    QTest.keyClick(control.field, Qt.Key.Key_Escape)
    assert control.field.text() == "0.1"
    assert control.slider.value() == before


def test_a_mark_stands_where_its_number_does(shown):
    control = shown(NumberSlider("rate", RATE))
    control.show_mark(0.1)
    assert control.slider.mark == pytest.approx(0.5, abs=1e-9)
    for beyond in (1e-3, 10.0, 1e9, math.nan):
        control.show_mark(beyond)
        assert math.isnan(control.slider.mark)


def test_stepping_from_beyond_an_end_never_goes_the_wrong_way():
    scale = SliderScale(-8.0, 8.0, "linear", False)
    assert scale.stepped(20.0, 1) == 20.0
    assert scale.stepped(20.0, -1) == pytest.approx(7.9)
    assert scale.stepped(-740.0, 1) == pytest.approx(-7.9)
    assert scale.stepped(-740.0, -1) == -740.0


def test_another_span_moves_the_handle_not_the_number(shown):
    control = shown(NumberSlider("share", SHARE, span=(-0.5, 0.5), steps=1000))
    edited = emitted(control.edited)
    control.show_value(0.25)
    control.set_span(-1.0, 1.0)
    control.show_value(0.25)
    assert control.slider.value() / control.slider.maximum() == pytest.approx(0.625)
    assert control.value() == 0.25
    assert not edited
