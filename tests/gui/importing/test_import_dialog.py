"""The import dialog: what it shows, what can be changed, and that only "Use" changes anything."""

import contextlib
import json
import random
import re
import threading
from dataclasses import replace

import numpy as np
import openpyxl
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget

from core.base.arrays import SPLITS
from core.data import loading
from core.data.import_options import ROLES
from core.data.reading.source import Cancelled
from core.data.reading.table_reader import read_table
from gui.importing import import_dialog as module
from gui.importing.guesses_form import SETTINGS
from gui.importing.import_dialog import ImportDialog
from gui.importing.import_models import ColumnsModel
from gui.importing.import_text import CHOSEN_KINDS
from gui.style.palette import THEMES
from gui.style.theme import themes
from gui.window.dialogs import ErrorDialog
from tests.gui.conftest import deliver_deletions

DISPLAY = Qt.ItemDataRole.DisplayRole


@pytest.fixture
def people(tmp_path):
    """A table with a key, a twin of the target, a gap, and a line too long."""
    path = tmp_path / "people.csv"
    draw = random.Random(3)
    lines = ["id;age;town;flag;done"]
    for i in range(60):
        yes = draw.random() < 0.5
        age = "NA" if i == 7 else f"{draw.uniform(18, 80):.1f}".replace(".", ",")
        lines.append(f"{i};{age};{draw.choice('abc')};{int(yes)};{'yes' if yes else 'no'}")
    lines[9] += ";more"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def present(qtbot, session):
    """Show a dialog of a file and wait until it is read."""
    made = []

    def make(path, **more):
        dialog = ImportDialog(session, path, **more)
        dialog.show()
        made.append(dialog)
        settle(qtbot, dialog)
        return dialog

    yield make
    for dialog in made:
        with contextlib.suppress(RuntimeError):  # closed and deleted by the test
            dialog.reject()


def settle(qtbot, dialog):
    qtbot.waitUntil(lambda: not dialog.reader.is_busy)


def say(qtbot, dialog, change):
    """Make a change and wait until it is described."""
    with qtbot.waitSignal(dialog.reader.described):
        change()
    settle(qtbot, dialog)


def role_of(dialog, name):
    return dialog.scene.roles[dialog.scene.table.names.index(name)]


def headings(view):
    model = view.rows
    across = Qt.Orientation.Horizontal
    return [str(model.headerData(k, across)).split("\n") for k in range(model.columnCount())]


def test_the_first_rows_stand_as_read_table_reads_them(present, people):
    dialog = present(people)
    view, table = dialog.parts.rows, read_table(people)
    assert [name for name, _ in headings(view)] == list(table.names)
    shown = [[view.rows.data(view.rows.index(i, j), DISPLAY) for j in range(5)] for i in range(10)]
    with open(people, encoding="utf-8") as stream:
        cells = [line.strip().replace(",", ".").split(";") for line in stream]
    rows = [row for row in cells if len(row) == 5][1:11]  # one line is too long
    assert shown == [[re.sub(r"^NA$|\.0$", "", cell) for cell in row] for row in rows]
    lines = [view.rows.headerData(i, Qt.Orientation.Vertical) for i in range(10)]
    assert lines == [str(line) for line in table.lines[:10]]
    assert headings(view)[4][1] == "yes or no · target"


def test_what_was_found_is_shown_beside_each_guess(present, people):
    boxes = present(people).parts.guesses.boxes
    assert boxes["delimiter"].currentText() == "found: semicolon  ;"
    assert boxes["decimal"].currentText() == "found: comma  ,"
    assert boxes["missing"].currentText() == "found: NA"
    assert not boxes["sheet"].isVisible()
    assert set(boxes) == {setting.name for setting in SETTINGS.values()}


def test_a_doubtful_guess_says_why_and_offers_what_else_it_may_be(qtbot, present, tmp_path):
    path = tmp_path / "towns.csv"
    rows = [f"{i};{['kőszeg', 'szállás', 'nagyfő'][i % 3]};{'ab'[i % 2]}" for i in range(30)]
    path.write_bytes("\n".join(["no;town;cls", *rows]).encode("cp1250"))
    dialog = present(str(path))
    box = dialog.parts.guesses.boxes["encoding"]
    assert box.currentText() == "doubtful: cp1250"
    assert "cp1252 ('kõszeg')" in box.toolTip()
    assert "cp1252 ('kõszeg')" in box.accessibleDescription()
    say(qtbot, dialog, lambda: box.activated.emit(box.findText("cp1252")))
    assert dialog.scene.table.column("town").values[0] == "kõszeg"
    assert "Doubtful" not in dialog.parts.guesses.boxes["delimiter"].toolTip()


def test_a_guess_said_otherwise_reads_anew_at_once_and_can_be_taken_back(qtbot, present, people):
    dialog = present(people)
    box = dialog.parts.guesses.boxes["delimiter"]
    say(qtbot, dialog, lambda: box.activated.emit(box.findText("comma  ,")))
    assert dialog.scene.table.names != ("id", "age", "town", "flag", "done")
    assert dialog.parts.guesses.labels["delimiter"].font().bold()
    say(qtbot, dialog, lambda: box.activated.emit(0))
    assert dialog.scene.table.names == ("id", "age", "town", "flag", "done")
    assert not dialog.parts.guesses.labels["delimiter"].font().bold()
    assert dialog.options.reading == {}


def test_anything_can_be_typed_as_a_delimiter_and_enter_does_not_import(qtbot, present, people):
    dialog = present(people)
    box = dialog.parts.guesses.boxes["delimiter"]
    box.setFocus()
    box.lineEdit().selectAll()

    def type_it():
        qtbot.keyClicks(box.lineEdit(), "a")
        qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Return)

    say(qtbot, dialog, type_it)
    assert dialog.options.reading == {"delimiter": "a"}
    assert dialog.isVisible()


def test_a_value_that_cannot_be_is_refused_inside_and_stays_changeable(qtbot, present, people):
    dialog = present(people)
    box = dialog.parts.guesses.boxes["encoding"]
    with qtbot.waitSignal(dialog.reader.refused):
        box.said.emit("klingon")
    trouble = dialog.parts.trouble
    assert trouble.isVisible()
    assert "klingon" in trouble.what.text()
    assert "utf-8" in trouble.why.text()
    assert not dialog.parts.use.isEnabled()
    dialog.use()
    assert dialog.isVisible()
    say(qtbot, dialog, lambda: box.said.emit(None))
    assert not trouble.isVisible()
    assert dialog.parts.use.isEnabled()


def test_using_it_is_one_edit_and_undo_brings_everything_back(qtbot, session, present, people):
    before, rows = session.experiment, session.run.dataset
    dialog = present(people)
    assert session.experiment is before
    with qtbot.waitSignal(dialog.accepted):
        dialog.parts.use.click()
    data = session.experiment.data
    assert (data.source, data.path, data.target) == ("file", people, "done")
    assert (data.features, data.reading, data.target_bins) == ((), "", 0)
    assert session.run.dataset.n_samples == 59
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.experiment == before
    assert session.run.dataset.n_samples == rows.n_samples


def test_enter_uses_and_escape_leaves_everything(qtbot, session, present, people):
    before = session.experiment
    dialog = present(people)
    with qtbot.waitSignal(dialog.rejected):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert session.experiment is before
    assert session.undo_stack.count() == 0
    dialog = present(people)
    with qtbot.waitSignal(dialog.accepted):
        qtbot.keyClick(dialog.parts.target.target, Qt.Key.Key_Return)
    assert session.experiment.data.path == people


def test_kinds_and_roles_are_chosen_in_the_list_of_columns(qtbot, session, present, people):
    dialog = present(people)
    dialog.parts.tabs.setCurrentWidget(dialog.parts.columns)
    view = dialog.parts.columns
    place = view.columns.index(dialog.scene.table.names.index("town"), ColumnsModel.ROLE)
    view.setCurrentIndex(place)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    editor = view.findChild(QWidget, "import.role.town")
    assert [editor.itemData(k) for k in range(editor.count())] == list(ROLES)
    assert editor.currentData() == "feature"
    editor.setCurrentIndex(editor.findData("target"))
    say(qtbot, dialog, lambda: editor.activated.emit(editor.currentIndex()))
    assert dialog.scene.target == "town"
    assert role_of(dialog, "done") == "feature"
    kind = view.columns.index(dialog.scene.table.names.index("flag"), ColumnsModel.KIND)
    say(qtbot, dialog, lambda: view.columns.setData(kind, "category"))
    assert dialog.scene.table.column("flag").kind == "category"
    with qtbot.waitSignal(dialog.accepted):
        dialog.use()
    data = session.experiment.data
    assert data.target == "town"
    assert json.loads(data.reading) == {"kinds": {"flag": "category"}}
    assert next(f for f in session.run.dataset.features if f.name == "flag").levels == ("0", "1")


def test_a_heading_offers_roles_and_kinds(qtbot, present, people):
    dialog = present(people)
    view = dialog.parts.rows
    view.setCurrentIndex(view.rows.index(0, 2))
    menu = view.offer(2)
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert len(texts) == len(ROLES) + len(CHOSEN_KINDS)
    assert [action.text() for action in menu.actions() if action.isChecked()] == [
        "feature",
        "category",
    ]
    chosen = next(action for action in menu.actions() if action.text() == "left out")
    say(qtbot, dialog, chosen.trigger)
    menu.close()
    assert role_of(dialog, "town") == "ignore"


def test_warnings_are_said_with_a_button_that_mends(qtbot, present, people):
    dialog = present(people)
    said = " ".join(dialog.parts.remarks.texts())
    assert "flag alone tells done" in said
    assert "row number or key: id" in said
    button = dialog.findChild(QWidget, "import.leave_out.flag")
    say(qtbot, dialog, button.click)
    assert role_of(dialog, "flag") == "ignore"
    assert "flag alone" not in " ".join(dialog.parts.remarks.texts())


def test_classes_are_counted_in_bars(present, people):
    dialog = present(people)
    done = read_table(people).column("done").values.tolist()
    bars = dialog.parts.target.bars
    assert dict(zip(bars.names, bars.counts, strict=True)) == {
        name: done.count(name) for name in ("no", "yes")
    }
    assert f"no: {done.count('no')} rows" in bars.accessibleDescription()


def test_a_target_of_many_numbers_is_offered_as_bins(qtbot, session, present, people):
    dialog = present(people)
    form = dialog.parts.target
    assert not form.bins.isVisible()
    say(qtbot, dialog, lambda: form.target.activated.emit(choose(form.target, "age")))
    assert form.bins.isVisible()
    assert form.bins.currentData() == 2
    assert len(form.bars.names) == 2
    say(qtbot, dialog, lambda: form.bins.activated.emit(choose(form.bins, 4)))
    assert len(form.bars.names) == 4
    say(qtbot, dialog, lambda: form.bins.activated.emit(choose(form.bins, 0)))
    assert "classes" in dialog.parts.trouble.why.text()
    assert not dialog.parts.use.isEnabled()
    say(qtbot, dialog, lambda: form.bins.activated.emit(choose(form.bins, 3)))
    with qtbot.waitSignal(dialog.accepted):
        dialog.use()
    assert session.experiment.data.target_bins == 3
    assert session.run.dataset.n_classes == 3


def choose(box, value):
    place = box.findData(value)
    box.setCurrentIndex(place)
    return place


def test_labels_that_look_alike_can_be_made_one_class(qtbot, session, present, people, tmp_path):
    assert not present(people).parts.target.merge.isVisible()
    path = tmp_path / "answers.csv"
    answers = ("Yes", "no", "yes", "YES", "No", "no")
    path.write_text("x,answer\n" + "".join(f"{i % 7},{answers[i % 6]}\n" for i in range(60)))
    dialog = present(str(path))
    form = dialog.parts.target
    assert form.merge.isVisible()
    assert len(form.bars.names) == 5
    say(qtbot, dialog, form.merge.click)
    assert form.bars.names == ("no", "YES")
    assert form.bars.counts == (30, 30)
    assert any("were made one" in text for text in dialog.parts.remarks.texts())
    with qtbot.waitSignal(dialog.accepted):
        dialog.use()
    assert session.experiment.data.merge_labels
    assert session.run.dataset.n_classes == 2
    assert present(str(path)).parts.target.merge.isChecked()


def test_problems_are_counted_and_lead_to_their_line(qtbot, present, people):
    dialog = present(people)
    table, parts = read_table(people), dialog.parts
    place = parts.tabs.indexOf(parts.problems)
    assert parts.tabs.tabText(place) == f"Problems ({sum(table.problem_counts.values())})"
    row = next(k for k, one in enumerate(table.problems) if one.line == 10)
    qtbot.waitUntil(lambda: parts.lines.texts.rowCount() == 61)
    parts.problems.doubleClicked.emit(parts.problems.texts.index(row, 0))
    assert parts.tabs.currentWidget() is parts.lines
    shown = parts.lines.texts.data(parts.lines.currentIndex(), DISPLAY)
    assert shown.endswith(";more")


def test_a_line_far_down_is_read_when_it_is_asked_for(qtbot, present, tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("x,c\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(3000)))
    dialog = present(str(path))
    dialog.show_line(2500)
    lines = dialog.parts.lines
    qtbot.waitUntil(lambda: lines.texts.first > 1)
    assert lines.texts.data(lines.currentIndex(), DISPLAY) == "2498,a"


def test_lines_are_shown_in_the_encoding_that_the_user_says(qtbot, present, tmp_path):
    path = tmp_path / "towns.csv"
    path.write_bytes(b"town,x,c\n" + "Köln,1,a\nKöln,2,b\n".encode("cp1252") * 20)
    dialog = present(str(path))
    lines = dialog.parts.lines

    def first_is(text):
        return lambda: lines.texts.rowCount() > 1 and lines.texts.rows[1][0] == text

    qtbot.waitUntil(first_is("Köln,1,a"))
    say(qtbot, dialog, lambda: dialog.say_reading("encoding", "cp1251"))
    qtbot.waitUntil(first_is("Kцln,1,a"))
    assert dialog.scene.table.column("town").values[0] == "Kцln"


def test_an_unclosed_quote_says_its_line_and_shows_it(qtbot, present, tmp_path):
    path = tmp_path / "open.csv"
    path.write_text('a,b\n1,x\n2,"never closed\n' + "3,y\n" * 30)
    dialog = present(str(path))
    trouble, lines = dialog.parts.trouble, dialog.parts.lines
    assert trouble.isVisible()
    qtbot.waitUntil(lambda: lines.texts.rowCount() > 0)
    trouble.show_line.click()
    assert lines.currentIndex().row() == 2


def test_what_is_no_table_is_refused_inside_and_leaves_everything(
    qtbot, session, present, tmp_path
):
    before = session.experiment
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    for name in ("picture.csv", "absent.csv"):
        dialog = present(str(tmp_path / name))
        qtbot.waitUntil(dialog.parts.trouble.isVisible)
        assert name in dialog.parts.trouble.what.text()
        assert not dialog.parts.use.isEnabled()
        assert dialog.parts.summary.text() == ""
        dialog.reject()
    assert session.experiment is before


def test_a_workbook_offers_its_sheets(qtbot, session, present, tmp_path):
    path = tmp_path / "marks.xlsx"
    book = openpyxl.Workbook()
    for k, sheet in enumerate((book.active, book.create_sheet("second"))):
        sheet.append(["marks", "hours", f"passed{k}"])
        for i in range(20):
            sheet.append([50 + i * (-1) ** i, i % 5, "yes" if i % 3 else "no"])
    book.save(path)
    dialog = present(str(path))
    box = dialog.parts.guesses.boxes["sheet"]
    assert [box.itemText(k) for k in range(1, box.count())] == ["Sheet", "second"]
    assert not dialog.parts.guesses.boxes["delimiter"].isVisible()
    say(qtbot, dialog, lambda: box.activated.emit(2))
    assert dialog.scene.target == "passed1"
    with qtbot.waitSignal(dialog.accepted):
        dialog.use()
    assert json.loads(session.experiment.data.reading) == {"sheet": "second"}


def test_reopening_shows_what_was_said_and_keeps_the_other_choices(qtbot, session, present, people):
    dialog = present(people)
    say(qtbot, dialog, lambda: dialog.say_role("flag", "ignore"))
    say(qtbot, dialog, lambda: dialog.say_kind("town", "text"))
    with qtbot.waitSignal(dialog.accepted):
        dialog.use()
    session.edit("data.scaling", "none")
    again = present(people)
    assert role_of(again, "flag") == "ignore"
    assert again.scene.table.column("town").kind == "text"
    before = session.experiment
    with qtbot.waitSignal(again.accepted):
        again.use()
    assert session.experiment == before
    assert before.data.scaling == "none"


# slow files


@pytest.fixture
def slow(monkeypatch):
    """Let reading of whole files wait until it is let go on, or is stopped."""
    gate, stopped = threading.Event(), threading.Event()
    reading = loading.table_of

    def table_of(choices, progress=None):
        while not gate.wait(0.01):
            if progress is not None and not progress(0.3):
                stopped.set()
                raise Cancelled
        return reading(choices, progress)

    monkeypatch.setattr("gui.importing.import_reader.table_of", table_of)
    monkeypatch.setattr(loading, "table_of", table_of)
    yield gate, stopped
    gate.set()


@pytest.fixture
def long(tmp_path):
    path = tmp_path / "long.csv"
    rows = "".join(f"{i},{i % 7},{i * 0.37 % 1:.4f},{'ab'[i % 2]}\n" for i in range(20_000))
    path.write_text("n,day,x,class\n" + rows)
    return str(path)


def test_a_large_file_shows_its_head_at_once_and_can_be_changed_meanwhile(
    qtbot, session, slow, long, monkeypatch
):
    monkeypatch.setattr(module, "PROGRESS_AFTER", 0.0)
    gate, _ = slow
    dialog = ImportDialog(session, long)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.scene is not None)
    assert not dialog.scene.is_whole
    assert dialog.parts.summary.text().startswith("the first")
    qtbot.waitUntil(lambda: dialog.parts.progress.value() == 300)
    assert dialog.parts.progress.isVisible()
    with qtbot.waitSignal(dialog.reader.described):
        dialog.say_role("x", "ignore")
    assert role_of(dialog, "x") == "ignore"
    dialog.use()
    assert dialog.isVisible()
    assert not dialog.parts.use.isEnabled()
    gate.set()
    with qtbot.waitSignal(dialog.accepted):
        pass
    assert session.run.dataset.n_samples == 20_000
    assert [feature.name for feature in session.run.dataset.features] == ["day"]


def test_cancelling_stops_the_reading_thread(qtbot, session, slow, long):
    before = session.experiment
    _, stopped = slow
    dialog = ImportDialog(session, long)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.scene is not None)
    dialog.reject()
    qtbot.waitUntil(stopped.is_set)
    assert session.experiment is before


def test_opening_without_the_dialog_can_be_stopped_from_the_status_line(qtbot, session, slow, long):
    from gui.window.status_line import OpeningBar

    bar = OpeningBar(session)
    qtbot.addWidget(bar)
    before = session.experiment
    _, stopped = slow
    session.open_table(long)
    qtbot.waitUntil(bar.isVisible)
    assert bar.bar.value() == 300
    bar.stop.click()
    qtbot.waitUntil(stopped.is_set)
    assert not bar.isVisible()
    assert session.experiment is before


# looks


def test_a_thousand_columns_are_shown(qtbot, present, tmp_path):
    path = tmp_path / "wide.csv"
    names = ",".join([f"column {k}" for k in range(1000)] + ["class"])
    row = ",".join(["0.5"] * 999)
    path.write_text(f"{names}\n" + "".join(f"{row},{i},{'ab'[i % 2]}\n" for i in range(20)))
    dialog = present(str(path))
    assert dialog.parts.rows.rows.columnCount() == 1001
    assert dialog.parts.columns.columns.rowCount() == 1001
    assert dialog.scene.target == "class"


@pytest.mark.parametrize("theme", list(THEMES))
def test_every_control_has_a_name_and_fits_the_smallest_window(qtbot, present, people, theme):
    themes().use(theme)
    dialog = present(people)
    dialog.resize(dialog.minimumSize())
    assert dialog.minimumWidth() <= 900
    assert dialog.minimumHeight() <= 600
    for widget in dialog.findChildren(QWidget):
        if not (widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible()):
            continue
        named = widget.accessibleName() or getattr(widget, "text", lambda: "")()
        parent = widget.parent()
        assert named or parent.accessibleName(), (widget.objectName(), type(widget))
    for box in dialog.parts.guesses.boxes.values():
        if box.isVisible():
            wanted = QFontMetrics(box.font()).horizontalAdvance(box.currentText())
            assert wanted < box.width() - 24, box.objectName()
    assert not dialog.parts.name.geometry().intersects(dialog.parts.summary.geometry())


# in the window


def test_files_are_offered_first_and_how_they_are_read_is_shown_again(qtbot, window, people):
    window.session.pause()
    reading = window.action("reading")
    assert not reading.isEnabled()
    window.files.offer(people)
    dialog = window.findChild(ImportDialog)
    settle(qtbot, dialog)
    assert window.session.experiment.data.source != "file"
    with qtbot.waitSignal(dialog.accepted):
        dialog.parts.use.click()
    assert window.session.run.dataset.target == "done"
    assert reading.isEnabled()
    deliver_deletions()
    reading.trigger()
    again = window.findChild(ImportDialog)
    settle(qtbot, again)
    assert again.path == people
    again.reject()
    window.action("undo").trigger()
    assert not reading.isEnabled()


def test_another_target_in_the_form_keeps_how_the_file_is_read(qtbot, window, people):
    session = window.session
    session.pause()
    said = '{"kinds": {"flag": "category"}}'
    data = replace(session.experiment.data, source="file", path=people, reading=said)
    session.open_experiment(replace(session.experiment, data=data))
    qtbot.waitUntil(lambda: session.run.dataset.target == "done")
    rows = window.panel("knobs").rows
    assert rows["data.reading"].editor.text() == "changed by you…"
    target = rows["data.target"].editor
    target.activated.emit(target.findText("town"))
    qtbot.waitUntil(lambda: session.run.dataset.target == "town")
    assert session.experiment.data.reading == said


def test_saved_data_read_back_are_the_rows_with_part_and_predictions(qtbot, window, tmp_path):
    session = window.session
    session.pause()
    path = tmp_path / "saved.csv"
    run, state = session.run, session.state
    with qtbot.waitSignal(session.message, check_params_cb=lambda text: "saved.csv" in text):
        window.files.save_data_to(str(path))
    table = read_table(path)
    assert table.n_rows == len(run.prepared.rows)
    for j, feature in enumerate(run.dataset.features):
        values = run.dataset.X[run.prepared.rows, j]
        np.testing.assert_array_equal(table.column(feature.name).values, values)
    parts = [SPLITS[code] for code in run.prepared.split]
    assert table.column("split").values.tolist() == parts
    expected = run.probabilities(state, run.prepared.X)[:, 1]
    np.testing.assert_array_equal(table.column("P(1)").values, expected)
    with qtbot.waitSignal(session.failed) as failed:
        window.files.save_data_to(str(tmp_path / "absent" / "saved.csv"))
    assert "was not saved" in str(failed.args[0])
    for dialog in window.findChildren(ErrorDialog):
        dialog.close()
