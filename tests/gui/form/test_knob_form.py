"""The form: one row a knob, made from the experiment, following it both ways."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QCheckBox, QComboBox, QWidget

from core.base.knobs import ChoiceKnob, IntegerKnob, NumberKnob, SizesKnob, SwitchKnob
from core.experiment.experiment import KNOBS, PATHS
from gui.form.knob_form import KnobForm
from gui.widgets.number_slider import SliderScale, scale_of

NUMBERS = [path for path, knob in KNOBS.items() if isinstance(knob, NumberKnob | IntegerKnob)]
CHOICES = [
    path for path, knob in KNOBS.items() if isinstance(knob, ChoiceKnob) and path != "data.source"
]


@pytest.fixture
def form(qtbot, session):
    made = KnobForm(session, lambda: None)
    qtbot.addWidget(made)
    made.resize(320, 900)
    made.show()
    qtbot.waitExposed(made)
    return made


def unfold(form):
    for section in form.sections.values():
        section.more.setChecked(True)


def test_every_knob_has_one_editor_named_by_its_path(form):
    for path in PATHS:
        assert len(form.findChildren(QWidget, path)) == 1, path
        assert form.rows[path].editor.accessibleName() or form.rows[path].label.text()


def test_every_knob_that_is_relevant_and_unfolded_is_visible_and_the_others_are_not(form, session):
    unfold(form)
    for optimizer in ("sgd", "adamw", "rmsprop"):
        session.edit("training.optimizer", optimizer)
        for path in PATHS:
            assert form.rows[path].isVisible() == session.experiment.is_relevant(path), path


def test_advanced_knobs_are_hidden_at_first(form, session):
    for path in PATHS:
        expected = not KNOBS[path].advanced and session.experiment.is_relevant(path)
        assert form.rows[path].isVisible() == expected, path


@pytest.mark.parametrize("path", NUMBERS)
def test_a_slider_reaches_both_ends_and_round_numbers_between(path):
    knob = KNOBS[path]
    scale = scale_of(knob)
    numbers = [scale.number(place) for place in range(scale.places + 1)]
    assert numbers[0] == knob.low
    assert numbers[-1] == knob.high
    assert numbers == sorted(numbers)
    assert all(knob.check(number) == number for number in numbers)
    assert all(len(f"{n:.3g}") <= 8 and float(f"{n:.3g}") == n for n in numbers[1:-1]) or (
        isinstance(knob, IntegerKnob)
    )


def test_the_ends_of_a_slider_are_exact_also_where_they_are_not_round():
    for kind in ("linear", "log"):
        scale = SliderScale(0.01234, 0.98765, kind, False)
        assert scale.number(0) == 0.01234
        assert scale.number(scale.places) == 0.98765


def test_every_number_moves_slider_and_field_and_back(form, session):
    values = {"data.rows": 200, "data.train": 0.5, "data.validation": 0.3}
    for path in NUMBERS:
        editor, knob, before = form.rows[path].editor, KNOBS[path], session.experiment.value(path)
        scale = scale_of(knob)
        value = values.get(path, knob.check(scale.number(scale.places // 3)))
        session.edit(path, value)
        assert editor.slider.value() == scale.place(value), path
        assert float(editor.field.text()) == pytest.approx(value, rel=1e-5), path
        assert form.rows[path].is_changed == (value != knob.default), path
        session.undo_stack.undo()
        assert float(editor.field.text()) == pytest.approx(before), path


def test_typing_takes_scientific_notation(form, session):
    field = form.rows["training.learning_rate"].editor.field
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "3e-4")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert session.experiment.training.learning_rate == 3e-4
    assert float(field.text()) == 3e-4


def test_a_refused_value_is_marked_explained_and_changes_nothing(form, session):
    for text in ("abc", "-1", "1e9", "nan", ""):
        check_refusal(form, session, text)


def check_refusal(form, session, text):
    row = form.rows["training.learning_rate"]
    before = session.experiment
    row.editor.field.setFocus()
    row.editor.field.selectAll()
    QTest.keyClick(row.editor.field, Qt.Key.Key_Delete)
    QTest.keyClicks(row.editor.field, text)
    QTest.keyClick(row.editor.field, Qt.Key.Key_Return)
    assert session.experiment is before
    assert session.undo_stack.count() == 0
    assert row.editor.field.property("refused")
    assert row.refusal.isVisible()
    assert "Give a number from" in row.refusal.text()
    QTest.keyClick(row.editor.field, Qt.Key.Key_Escape)
    assert not row.editor.field.property("refused")
    assert not row.refusal.isVisible()
    assert float(row.editor.field.text()) == before.training.learning_rate


def test_shares_that_do_not_fit_are_refused_and_the_old_ones_stay(form, session):
    unfold(form)
    session.edit("data.validation", 0.3)
    field = form.rows["data.train"].editor.field
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.9")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert session.experiment.data.train == 0.6
    assert form.rows["data.train"].refusal.isVisible()


def test_a_drag_of_a_slider_is_one_undo_and_many_moves(form, session):
    slider = form.rows["training.learning_rate"].editor.slider
    moves = []
    session.experiment_changed.connect(lambda old, new: moves.append(new))
    middle = slider.height() // 2
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(20, middle))
    for x in range(22, 60, 4):
        QTest.mouseMove(slider, QPoint(x, middle))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(60, middle))
    assert len(moves) >= 2
    assert session.undo_stack.count() == 1
    assert session.experiment.training.learning_rate != 0.1
    session.undo_stack.undo()
    assert session.experiment.training.learning_rate == 0.1
    assert slider.value() == scale_of(KNOBS["training.learning_rate"]).place(0.1)


def test_two_drags_are_two_undos(form, session):
    slider = form.rows["data.noise"].editor.slider
    for x in (20, 40):
        QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(x, 12))
    assert session.undo_stack.count() == 2


def test_keys_move_a_focused_slider(form, session):
    slider = form.rows["training.learning_rate"].editor.slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert 0.1 < session.experiment.training.learning_rate < 0.12


def test_up_and_down_in_a_field_move_by_one_step(form, session):
    field = form.rows["calibration.bins"].editor.field
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert session.experiment.calibration.bins == 16
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert session.experiment.calibration.bins == 15


@pytest.mark.parametrize("focused", [False, True])
def test_the_wheel_changes_no_control(form, session, focused):
    unfold(form)
    before = session.experiment
    controls = [
        control
        for row in form.rows.values()
        for control in (row.editor, *row.editor.findChildren(QWidget))
        if control.isVisible()
    ]
    assert len(controls) > 50
    for control in controls:
        if focused:
            control.setFocus()
        event = QWheelEvent(
            QPointF(control.rect().center()),
            QPointF(control.mapToGlobal(control.rect().center())),
            QPoint(0, -120),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(control, event)
    assert session.experiment is before


def test_every_choice_offers_its_registry_by_label_and_is_used(form, session):
    for path in CHOICES:
        check_choice(form, session, path)


def check_choice(form, session, path):
    box, knob = form.rows[path].editor, KNOBS[path]
    assert isinstance(box, QComboBox)
    records = knob.choices()
    assert [box.itemData(i) for i in range(box.count())] == list(records)
    assert [box.itemText(i) for i in range(box.count())] == [r.label for r in records.values()]
    other = next(i for i in range(box.count()) if box.itemData(i) != knob.default)
    if path == "data.class_weights":
        other = box.findData("balanced")
    box.setCurrentIndex(other)
    box.activated.emit(other)
    assert session.experiment.value(path) == box.itemData(other)
    session.undo_stack.undo()
    assert box.currentData() == knob.default


def test_the_data_set_is_chosen_and_undone(form, session):
    box = form.rows["data.source"].editor
    index = box.findData("circles")
    box.setCurrentIndex(index)
    box.activated.emit(index)
    assert session.run.dataset.name == "Circles"
    session.undo_stack.undo()
    assert box.currentData() == "two_moons"


def test_choosing_your_own_file_asks_for_one_and_changes_nothing_yet(qtbot, session):
    asked = []
    form = KnobForm(session, lambda: asked.append(True))
    qtbot.addWidget(form)
    box = form.rows["data.source"].editor
    box.activated.emit(box.findData("file"))
    assert asked == [True]
    assert box.currentData() == "two_moons"
    assert session.undo_stack.count() == 0


@pytest.mark.parametrize(
    "path", [path for path, knob in KNOBS.items() if isinstance(knob, SwitchKnob)]
)
def test_a_switch_is_a_check_box(form, session, path):
    unfold(form)
    box = form.rows[path].editor
    assert isinstance(box, QCheckBox)
    box.click()
    assert session.experiment.value(path) is True
    session.undo_stack.undo()
    assert not box.isChecked()


def test_layers_are_typed_added_removed_and_widened(form, session):
    (path,) = [path for path, knob in KNOBS.items() if isinstance(knob, SizesKnob)]
    editor = form.rows[path].editor
    editor.field.setFocus()
    editor.field.selectAll()
    QTest.keyClicks(editor.field, "6, 5")
    QTest.keyClick(editor.field, Qt.Key.Key_Return)
    assert session.experiment.model.hidden == (6, 5)
    editor.more.click()
    assert session.experiment.model.hidden == (6, 5, 5)
    assert [stepper.value() for stepper in editor.steppers] == [6, 5, 5]
    editor.steppers[0].step_up()
    assert session.experiment.model.hidden == (7, 5, 5)
    for _ in range(3):
        editor.fewer.click()
    assert session.experiment.model.hidden == ()
    assert not editor.fewer.isEnabled()
    assert editor.field.text() == ""
    for _ in range(6):
        session.undo_stack.undo()
    assert session.experiment.model.hidden == (4,)
    assert editor.field.text() == "4"


def test_what_differs_from_its_default_is_bold_and_can_be_reset(form, session):
    row = form.rows["training.batch_size"]
    assert not row.reset.isVisible()
    assert "<b>" not in row.label.text()
    session.edit("training.batch_size", 32)
    assert row.reset.isVisible()
    assert "<b>" in row.label.text()
    row.reset.click()
    assert session.experiment.training.batch_size == row.binding.knob.default
    assert not row.reset.isVisible()


def test_more_says_how_many_of_its_knobs_differ(form, session):
    more = form.sections["data"].more
    assert more.text() == "More"
    session.edit("data.scaling", "none")
    assert "1" in more.text()


def test_every_row_helps_with_one_sentence_and_a_name(form):
    for path, row in form.rows.items():
        assert row.help.toolTip() == KNOBS[path].help
        assert row.editor.whatsThis() == KNOBS[path].help
        assert KNOBS[path].help in row.label.toolTip() or "&" in row.label.toolTip()
    buttons = [b for b in form.findChildren(QWidget) if b.focusPolicy() & Qt.FocusPolicy.TabFocus]
    unnamed = [
        b.objectName() or b
        for b in buttons
        if not (b.accessibleName() or getattr(b, "text", lambda: "")())
        and not isinstance(b, QAbstractScrollArea)
    ]
    assert not unnamed


def test_the_unit_stands_in_the_label(form):
    assert "rows" in form.rows["training.batch_size"].label.text()
