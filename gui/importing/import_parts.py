"""The widgets of the import dialog, their layout, and the box that says why a table is refused."""

from __future__ import annotations

import re

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from core.base.errors import UserError
from core.data.import_options import ImportOptions
from core.scenes.import_scene import ImportScene
from gui.importing.guesses_form import GuessForm
from gui.importing.import_tables import ColumnsView, LinesView, RowsView, TextsView
from gui.importing.target_form import Remarks, TargetForm
from gui.style.number_text import format_count
from gui.style.theme import figures_font

FIRST_SIZE, LEAST_SIZE = QSize(1120, 720), QSize(860, 540)
_SIDE = 316


class Parts:
    """The parts of the dialog, and what each shows of a scene.

    Parameters
    ----------
    dialog : QDialog
    name : str
        The file's name.
    """

    def __init__(self, dialog: QDialog, name: str) -> None:
        self._dialog = dialog
        self.name = QLabel(name, dialog)
        self.name.setFont(figures_font(dialog.font(), bold=True, scale=1.3))
        self.summary = _quiet(dialog.tr("Reading…"), dialog)
        self.summary.setObjectName("import.summary")
        self.target = TargetForm(dialog)
        self.remarks = Remarks(dialog)
        self.guesses = GuessForm(dialog)
        self.trouble = TroubleBox(dialog)
        self.rows = RowsView(dialog)
        self.columns = ColumnsView(dialog)
        self.problems = TextsView(
            "import.problems",
            dialog.tr("Problems"),
            (dialog.tr("line"), dialog.tr("column"), dialog.tr("what was found")),
            dialog,
        )
        self.lines = LinesView(dialog)
        self.tabs = self._make_tabs()
        self.progress = QProgressBar(dialog)
        self.progress_text = _quiet("", dialog)
        self.use = QPushButton(dialog.tr("Use"), dialog)
        self.cancel = QPushButton(dialog.tr("Cancel"), dialog)
        self._finish_buttons()
        self._lay_out()
        self.show_progress(None, False)

    # what is shown

    def show_scene(self, scene: ImportScene, options: ImportOptions) -> None:
        """Show another scene everywhere."""
        self.summary.setText(self._summary(scene))
        self.trouble.show_error(scene.error)
        self.guesses.show_guesses(scene.table, options)
        self.target.show_scene(scene)
        self.remarks.show_scene(scene)
        self.rows.show_scene(scene)
        self.columns.columns.show_scene(scene)
        self._show_problems(scene)

    def show_error(self, error: UserError) -> None:
        """Show why the file is not read; what was shown before stays."""
        self.trouble.show_error(error)
        if self.rows.rows.scene is None:
            self.summary.clear()

    def show_lines(self, lines: tuple[str, ...], first: int) -> None:
        """Show lines of the file; a workbook has none."""
        self.lines.show_lines(lines, first)
        self.tabs.setTabVisible(self.tabs.indexOf(self.lines), bool(lines))

    def show_row(self, line: int) -> None:
        """Select the row of the preview that stands on a line."""
        scene = self.rows.rows.scene
        found = [] if scene is None else [int(place) for place in scene.table.lines[:200]]
        if line in found:
            self.tabs.setCurrentWidget(self.rows)
            self.rows.selectRow(found.index(line))
            self.rows.scrollTo(
                self.rows.rows.index(found.index(line), 0),
                QAbstractItemView.ScrollHint.PositionAtCenter,
            )

    def show_progress(self, fraction: float | None, waits: bool) -> None:
        """Show how much is read; None shows nothing."""
        self.progress.setVisible(fraction is not None)
        self.progress_text.setVisible(fraction is not None)
        if fraction is not None:
            self.progress.setValue(round(1000 * fraction))
            reading = self._dialog.tr("Reading the whole file")
            waiting = self._dialog.tr("It will be used as soon as it is read")
            self.progress_text.setText(waiting if waits else reading)

    def _show_problems(self, scene: ImportScene) -> None:
        problems = scene.table.problems
        self.problems.texts.show_rows(
            [
                ("" if one.line is None else format_count(one.line), one.column or "", one.reason)
                for one in problems
            ]
        )
        counted = sum(scene.table.problem_counts.values())
        place = self.tabs.indexOf(self.problems)
        text = self._dialog.tr("Problems ({0})").format(format_count(counted))
        self.tabs.setTabText(place, text if counted else self._dialog.tr("No problems"))
        self.tabs.setTabEnabled(place, counted > 0)
        more = ""
        if counted > len(problems):
            more = self._dialog.tr("The first hundred of each kind are listed.")
        self.tabs.setTabToolTip(place, more)

    def _summary(self, scene: ImportScene) -> str:
        table = scene.table
        if scene.is_whole:
            text = self._dialog.tr("rows: {0}, columns: {1}")
        else:
            text = self._dialog.tr("the first rows: {0}, columns: {1}")
        said = text.format(format_count(table.n_rows), format_count(len(table.columns)))
        if scene.dataset is None:
            return said
        learnt = self._dialog.tr("features: {0}, to predict {1}").format(
            format_count(scene.dataset.n_features), scene.target
        )
        return f"{said}  ·  {learnt}"

    # where it stands

    def _make_tabs(self) -> QTabWidget:
        tabs = QTabWidget(self._dialog)
        tabs.setObjectName("import.tabs")
        tabs.setDocumentMode(True)
        for widget in (tabs, tabs.tabBar()):
            widget.setAccessibleName(self._dialog.tr("Views of the file"))
        tabs.tabBar().setDrawBase(False)
        tabs.addTab(self.rows, self._dialog.tr("Rows"))
        tabs.addTab(self.columns, self._dialog.tr("Columns"))
        tabs.addTab(self.problems, self._dialog.tr("No problems"))
        tabs.addTab(self.lines, self._dialog.tr("Text"))
        self.problems.verticalHeader().hide()
        self.problems.setColumnWidth(0, 64)
        self.problems.setColumnWidth(1, 140)
        return tabs

    def _finish_buttons(self) -> None:
        self.use.setObjectName("import.use")
        self.use.setDefault(True)
        self.cancel.setObjectName("import.cancel")
        self.cancel.setAutoDefault(False)
        self.progress.setObjectName("import.progress")
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(180, 6)
        self.progress.setAccessibleName(self._dialog.tr("How much of the file is read"))

    def _lay_out(self) -> None:
        dialog = self._dialog
        main = QVBoxLayout()
        main.setSpacing(4)
        main.addWidget(self.trouble)
        main.addWidget(self.tabs, 1)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self._side())
        middle.addLayout(main, 1)
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        bottom.addWidget(self.progress)
        bottom.addWidget(self.progress_text, 1)
        bottom.addStretch(0)
        bottom.addWidget(self.cancel)
        bottom.addWidget(self.use)
        layout = QVBoxLayout(dialog)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        heading = QHBoxLayout()
        heading.setSpacing(12)
        heading.addWidget(self.name)
        heading.addWidget(self.summary, 1)
        layout.addLayout(heading)
        layout.addSpacing(4)
        layout.addLayout(middle, 1)
        layout.addLayout(bottom)
        dialog.setMinimumSize(LEAST_SIZE)
        dialog.resize(FIRST_SIZE)

    def _side(self) -> QScrollArea:
        dialog = self._dialog
        body = QWidget(dialog)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setSpacing(8)
        layout.addWidget(_title(dialog.tr("What is predicted"), dialog))
        layout.addWidget(self.target)
        layout.addWidget(self.remarks)
        layout.addSpacing(8)
        layout.addWidget(_title(dialog.tr("How it is read"), dialog))
        layout.addWidget(self.guesses)
        layout.addStretch(1)
        side = QScrollArea(dialog)
        side.setObjectName("import.side")
        side.setFrameShape(QFrame.Shape.NoFrame)
        side.setWidgetResizable(True)
        side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        side.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        side.setFixedWidth(_SIDE)
        side.setWidget(body)
        return side


def _quiet(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("quiet", True)
    return label


def _title(text: str, parent: QWidget) -> QLabel:
    label = _quiet(text.upper(), parent)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    label.setAccessibleName(text)
    return label


_LINE = re.compile(r"\b[Ll]ine (\d+)")


class TroubleBox(QFrame):
    """What is wrong, why, and what to do; a line that is named can be looked at.

    Signals
    -------
    line_wanted : (int)
    """

    line_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import.trouble")
        self._line = 0
        self.what, self.why = self._label(), self._label()
        self.what.setFont(figures_font(self.font(), bold=True))
        self.what.setProperty("refused", True)
        self.show_line = QPushButton(self)
        self.show_line.setObjectName("import.show_line")
        self.show_line.setAutoDefault(False)
        self.show_line.clicked.connect(lambda: self.line_wanted.emit(self._line))
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.what)
        texts.addWidget(self.why)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.addLayout(texts, 1)
        layout.addWidget(self.show_line, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_error(self, error: UserError | None) -> None:
        """Show an error; None hides the box."""
        self.setVisible(error is not None)
        if error is None:
            return
        self.what.setText(error.what)
        self.why.setText(" ".join(filter(None, (error.why, error.mend))))
        self.why.setVisible(bool(self.why.text()))
        found = _LINE.search(error.why)
        self._line = int(found.group(1)) if found else 0
        self.show_line.setText(self.tr("Show line {0}").format(self._line))
        self.show_line.setVisible(self._line > 0)
        self.setAccessibleName(str(error))

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label
