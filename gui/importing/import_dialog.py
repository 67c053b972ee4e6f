"""The import dialog: see a table as it will be read, change any guess, and use it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDialog, QWidget

from core.base.errors import UserError
from core.data.data_knobs import DataChoices
from core.data.dataset import Dataset
from core.data.import_options import ImportOptions
from core.data.loading import load_dataset
from core.data.reading.preview import SHOWN_LINES, file_lines
from core.data.reading.table import Dialect
from core.experiment.experiment import Experiment
from core.run.run import start_run
from core.scenes.import_scene import ImportScene
from gui.importing.import_parts import Parts
from gui.importing.import_reader import Reader
from gui.importing.import_text import error_of
from gui.session.session import Session

PROGRESS_AFTER = 0.5
"""Seconds of reading after which progress is shown."""

_LINES, _USE = "import.lines", "import.use"


class ImportDialog(QDialog):
    """Shows what a file holds and what will be learnt from it; using it is one undoable edit.

    Until "Use" is pressed nothing outside the dialog changes. Large files show their first rows at
    once, while the whole is read.

    Parameters
    ----------
    session : Session
    path : str
        A table on the disk.
    target : str
        The column to predict; empty leaves it to the guess.
    """

    def __init__(
        self, session: Session, path: str, target: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.import")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Import a table"))
        self.session = session
        self.path = path
        self._base = _base(session.experiment.data, path)
        self.parts = Parts(self, Path(path).name)
        self.reader = Reader(session.background, path, self._base.missing == "drop", parent=self)
        self._error: UserError | None = None
        self._waits_to_use = False
        self._is_done = False
        self._encoding: str | None = None  # of the lines shown
        self._clock = QTimer(self)
        self._clock.setInterval(100)
        self._clock.timeout.connect(self._show_progress)
        self._connect()
        options = ImportOptions.of(self._base)
        self.want(options.with_role(target, "target") if target else options)
        self.show_lines(1)

    @property
    def scene(self) -> ImportScene | None:
        """What is shown; None until something has been read."""
        return self.reader.scene

    @property
    def options(self) -> ImportOptions:
        """What the user has changed so far."""
        return self.reader.options

    # what the user says

    def want(self, options: ImportOptions) -> None:
        """Read and show the file under other options.

        Closing takes the keyboard from a field, which then says what was half typed: too late.
        """
        if self._is_done:
            return
        self._error = None
        self._waits_to_use = False
        self.reader.want(options)
        scene = self.scene
        self.parts.guesses.show_guesses(scene.table if scene is not None else None, options)
        self._clock.start()
        self._show_progress()

    def say_reading(self, name: str, value: object) -> None:
        """Say how the file is read; None leaves it to be found."""
        self.want(self.options.with_reading(name, value, self._dialect()))

    def say_role(self, column: str, role: str) -> None:
        """Say what a column is used for."""
        self.want(self.options.with_role(column, role))

    def say_kind(self, column: str, kind: str) -> None:
        """Say of which kind a column is."""
        self.want(self.options.with_kind(column, kind))

    def use(self) -> None:
        """Go on with the table, as soon as all of it is read; errors leave the dialog open."""
        scene = self.scene
        if self._error is not None or (scene is not None and scene.error is not None):
            return
        if scene is None or self.reader.is_busy:
            self._waits_to_use = True
            self._show_progress()
            return
        session, data = self.session, scene.choices(self._base, self.path, self.options)
        experiment = replace(session.experiment, data=data)

        def work() -> Dataset:
            dataset = load_dataset(data)
            start_run(experiment, dataset)
            return dataset

        self.parts.use.setEnabled(False)
        self.session.background.run(_USE, work, partial(self._put, experiment), self._refuse)

    def done(self, result: int) -> None:
        """Drop what is still being read, and close."""
        self._is_done = True
        self._clock.stop()
        self.reader.stop()
        for kind in (_LINES, _USE):
            self.session.background.cancel(kind)
        super().done(result)

    # what is shown

    def show_line(self, line: int) -> None:
        """Show a line of the file as it stands; a row of a workbook in the preview."""
        parts = self.parts
        if parts.lines.texts.rowCount() == 0:
            parts.show_row(line)
            return
        parts.tabs.setCurrentWidget(parts.lines)
        if not parts.lines.show_line(line):
            self.show_lines(max(line - SHOWN_LINES // 2, 1), line)

    def show_lines(self, first: int, line: int = 0) -> None:
        """Read lines of the file as they stand, and select one of them."""

        def show(lines: tuple[str, ...]) -> None:
            self.parts.show_lines(lines, first)
            if line:
                self.parts.lines.show_line(line)

        self._encoding = self._found_encoding()
        work = partial(file_lines, self.path, self._encoding, first)
        # What is wrong with the file is said by reading it as a table.
        self.session.background.run(_LINES, work, show, lambda error: None)

    # inside

    def _connect(self) -> None:
        parts = self.parts
        self.reader.described.connect(self._on_described)
        self.reader.refused.connect(self._refuse)
        parts.guesses.said.connect(self.say_reading)
        parts.target.target_chosen.connect(lambda name: self.say_role(name, "target"))
        parts.target.bins_chosen.connect(lambda bins: self.want(self.options.with_bins(bins)))
        parts.target.merge_chosen.connect(lambda on: self.want(self.options.with_merge(on)))
        parts.remarks.leave_out.connect(self._leave_out)
        for chooser in (parts.rows, parts.columns.columns):
            chooser.kind_chosen.connect(self.say_kind)
            chooser.role_chosen.connect(self.say_role)
        parts.problems.picked.connect(self._on_problem)
        parts.trouble.line_wanted.connect(self.show_line)
        parts.use.clicked.connect(self.use)
        parts.cancel.clicked.connect(self.reject)

    def _dialect(self) -> Dialect | None:
        return self.scene.table.dialect if self.scene is not None else None

    def _found_encoding(self) -> str | None:
        dialect = self._dialect()
        return dialect.encoding if dialect is not None else None

    def _on_described(self, scene: ImportScene) -> None:
        self._error = None
        self.parts.show_scene(scene, self.options)
        if self._found_encoding() != self._encoding:
            self.show_lines(1)
        self._show_progress()
        if self._waits_to_use and not self.reader.is_busy:
            self._waits_to_use = False
            self.use()

    def _refuse(self, error: BaseException) -> None:
        self._error = error_of(error)
        self._waits_to_use = False
        self.parts.show_error(self._error)
        self._show_progress()

    def _put(self, experiment: Experiment, dataset: Dataset) -> None:
        try:
            self.session.replace(experiment, dataset)
        except UserError as error:
            self._refuse(error)
            return
        self.session.message.emit(" ".join(dataset.notes))
        self.accept()

    def _leave_out(self, columns: Iterable[str]) -> None:
        self.want(self.options.without(columns))

    def _on_problem(self, row: int) -> None:
        line = self.scene.table.problems[row].line if self.scene is not None else None
        if line is not None:
            self.show_line(line)

    def _show_progress(self) -> None:
        busy = self.reader.is_busy
        scene = self.scene
        refused = self._error is not None or (scene is not None and scene.error is not None)
        slow = busy and (self.reader.seconds > PROGRESS_AFTER or self._waits_to_use)
        self.parts.show_progress(self.reader.fraction if slow else None, self._waits_to_use)
        self.parts.use.setEnabled(not refused and not self._waits_to_use)
        if not busy:
            self._clock.stop()


def _base(present: DataChoices, path: str) -> DataChoices:
    """Return the choices to start from: those in place for the same file, else the usual ones."""
    if present.source == "file" and present.path == path:
        return present
    return DataChoices(source="file", path=path)
