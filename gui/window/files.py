"""Opening and saving: tables and sessions, by dialog, drop, recent list or command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QRect, QSettings, QStandardPaths, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QMessageBox, QWidget

from core.base.errors import UserError
from core.run.session_file import SUFFIX, is_session_file
from core.run.session_table import is_unpacked
from gui.session.saved_file import WantedTable
from gui.style.theme import DASHED, brush, figures_font, pen, theme

if TYPE_CHECKING:
    from gui.session.session import Session


TABLES = "*.csv *.tsv *.txt *.dat *.data *.xlsx *.xls *.ods *.parquet *.json *.jsonl *.arff *.gz"


class Files(QObject):
    """What the user does with files; a failure leaves everything as it is and says why.

    Parameters
    ----------
    session : Session
    settings : QSettings
        Remembers folders and recent files.
    window : QWidget
        The parent of dialogs.
    """

    def __init__(self, session: Session, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._settings = settings
        self._window = window
        self.recent = RecentFiles(settings)
        session.file.is_trusted = lambda path: path in self.recent.paths
        session.file.table_wanted.connect(self._ask_for_table)
        session.file.saved.connect(self._remember_session)
        session.run_changed.connect(self._remember)

    def ask(self) -> None:
        """Let the user choose a table or a session and open it."""
        every = f"{TABLES} *{SUFFIX}"
        filters = self.tr("Tables and sessions ({0});;All files (*)").format(every)
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Open"), self.folder(), filters
        )
        if chosen:
            self.offer(chosen)

    def offer(self, path: str) -> None:
        """Open a session, or show what a table holds and let the user decide how to use it."""
        if is_session_file(path):
            self._session.file.open(path)
        else:
            self._show_import(path)

    def show_reading(self) -> None:
        """Open the import dialog on the present file, to change how it is read."""
        data = self._session.experiment.data
        if data.source == "file":
            self._show_import(data.path)
        else:
            what = self.tr("The present data come from no file of yours.")
            self._session.failed.emit(UserError(what, "", self.tr("Open a table first.")))

    def open(self, path: str, target: str = "") -> None:
        """Read a table as found, or a session, in the background and go on with it at once."""
        if is_session_file(path):
            self._session.file.open(path)
        else:
            self._session.open_table(path, target)

    @property
    def previous(self) -> Path | None:
        """The autosave of what was worked on last, by this window not counted."""
        kept = self._session.autosave.kept()
        return kept[0].path if kept else None

    def resume(self) -> None:
        """Go on with what was worked on last."""
        if (path := self.previous) is None:
            what = self.tr("There is no last session.")
            self._session.failed.emit(UserError(what, "", self.tr("Open a file instead.")))
            return
        self._session.file.open(str(path), as_new=True)

    def recover(self) -> None:
        """Let the user choose among the autosaves."""
        from gui.window.recover_dialog import RecoverDialog

        def open_kept(path: Path) -> None:
            self._session.file.open(str(path), as_new=True)

        RecoverDialog(self._session.autosave.kept(), open_kept, self._window).open()

    def save(self) -> None:
        """Save the session to its file, or ask for one; ask before other work is overwritten."""
        file = self._session.file
        name = Path(file.path).name
        if not file.path:
            self.save_as()
        elif file.has_other_data:
            what = self.tr("{0} holds another data set.").format(name)
            self._ask_to_overwrite(file.path, what)
        elif file.is_changed_by_others:
            what = self.tr("{0} was changed by another window or program.").format(name)
            self._ask_to_overwrite(file.path, what)
        else:
            file.begin_to_save(file.path)

    def save_as(self) -> None:
        """Ask for a file and save the session to it."""
        self._ask_and_save(self.tr("Save session"), with_table=None)

    def save_with_table(self) -> None:
        """Ask for a file and save the session to it, with the table inside."""
        self._ask_and_save(self.tr("Save session with its table"), with_table=True)

    def _ask_and_save(self, title: str, with_table: bool | None) -> None:
        stem = Path(self._session.run.dataset.name).stem
        proposed = str(Path(self.folder()) / f"{stem}{SUFFIX}")
        filters = self.tr("Credence sessions (*{0})").format(SUFFIX)
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, proposed, filters)
        if chosen:
            self.save_to(chosen, with_table)

    def save_to(self, chosen: str, with_table: bool | None = None) -> None:
        """Save the session to a file, which always ends in ``.credence``."""
        path = chosen if Path(chosen).suffix.lower() == SUFFIX else f"{chosen}{SUFFIX}"
        if path != chosen and Path(path).exists():  # of this name the dialog has not asked
            what = self.tr("{0} is there already.").format(Path(path).name)
            self._ask_to_overwrite(path, what, with_table)
        else:
            self._session.file.begin_to_save(path, with_table)

    def _ask_to_overwrite(self, path: str, what: str, with_table: bool | None = None) -> None:
        """Ask, and then save, save elsewhere or do nothing."""
        box = question(self._window, "dialog.overwrite", what)
        box.setInformativeText(self.tr("Saving would replace what it holds."))
        replace = box.addButton(self.tr("Replace"), QMessageBox.ButtonRole.DestructiveRole)
        other = box.addButton(self.tr("Save as…"), QMessageBox.ButtonRole.ActionRole)
        box.setDefaultButton(other)

        def answer(button: QAbstractButton) -> None:
            if button is replace:
                self._session.file.begin_to_save(path, with_table)
            elif button is other:
                self._ask_and_save(self.tr("Save session"), with_table)

        box.buttonClicked.connect(answer)
        box.open()

    def _ask_for_table(self, wanted: WantedTable) -> None:
        """Ask where the table of a session is, which is not beside it."""
        table, file = wanted.saved.table, self._session.file
        name = Path(wanted.path).name
        is_there = table.place == "elsewhere" and Path(table.path).is_file()
        what = self.tr("The table of {0} is not beside it.").format(name)
        box = question(self._window, "dialog.table", what)
        told = (
            self.tr("It names {0}.") if is_there else self.tr("It names {0}, which is not there.")
        )
        box.setInformativeText(told.format(table.path[:300]))
        box.setTextFormat(Qt.TextFormat.PlainText)
        read = None
        if is_there:
            read = box.addButton(self.tr("Read that file"), QMessageBox.ButtonRole.AcceptRole)
        choose = box.addButton(self.tr("Choose the table…"), QMessageBox.ButtonRole.ActionRole)
        box.setDefaultButton(choose)

        def answer(button: QAbstractButton) -> None:
            if read is not None and button is read:
                file.open_with_table(wanted, table.path)
            elif button is choose:
                filters = self.tr("Tables ({0});;All files (*)").format(TABLES)
                folder = str(Path(wanted.path).parent)
                title = self.tr("The table of {0}").format(name)
                chosen, _ = QFileDialog.getOpenFileName(self._window, title, folder, filters)
                if chosen:
                    file.open_with_table(wanted, chosen)

        box.buttonClicked.connect(answer)
        box.open()

    def save_data(self) -> None:
        """Ask for a file and save the rows as shown, with their part and what the model says."""
        name = Path(self._session.run.dataset.name).stem
        proposed = str(Path(self.folder()) / f"{name} data.csv")
        filters = self.tr("Comma-separated values (*.csv)")
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save data"), proposed, filters
        )
        if chosen:
            self.save_data_to(chosen if Path(chosen).suffix else f"{chosen}.csv")

    def save_data_to(self, path: str) -> None:
        """Save the rows as shown, in the background: raw values, label, part, predictions."""
        from core.data.saving import write_csv
        from core.scenes.rows_scene import rows_scene

        session = self._session
        run, state, view = session.run, session.state, session.view

        def work() -> None:
            scene = rows_scene(run, state, view)
            write_csv(path, run.dataset, run.prepared, scene.probabilities, scene.decided)

        saved = self.tr("Saved {0}").format(Path(path).name)
        session.background.run(
            f"save.{path}", work, lambda _: session.message.emit(saved), session.failed.emit
        )

    def _show_import(self, path: str) -> None:
        from gui.importing.import_dialog import ImportDialog

        present = self._window.findChild(ImportDialog)
        if isinstance(present, ImportDialog):
            present.reject()
        ImportDialog(self._session, path, parent=self._window).open()

    def folder(self) -> str:
        """Return where dialogs begin: the folder used last, else the user's documents."""
        last = str(self._settings.value("folder", ""))
        if last and Path(last).is_dir():
            return last
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        found = QStandardPaths.writableLocation(documents)
        return found if Path(found).is_dir() else str(Path.home())

    def _remember(self) -> None:
        data = self._session.experiment.data
        if data.source == "file" and not is_unpacked(Path(data.path)):
            self.recent.add(data.path)
            self._settings.setValue("folder", str(Path(data.path).parent))

    def _remember_session(self) -> None:
        if path := self._session.file.path:
            self.recent.add(path)
            self._settings.setValue("folder", str(Path(path).parent))


def question(parent: QWidget, name: str, what: str) -> QMessageBox:
    """Return a question with a Cancel button, which the user may leave by Escape."""
    box = QMessageBox(QMessageBox.Icon.Question, "Credence", what, parent=parent)
    box.setObjectName(name)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))
    return box


MOST_RECENT = 8


class RecentFiles:
    """The files opened lately, remembered between starts; the latest first."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    @property
    def paths(self) -> list[str]:
        """The paths, the latest first."""
        saved = self._settings.value("recent", [])
        if isinstance(saved, str):
            saved = [saved]
        return [str(path) for path in saved][:MOST_RECENT] if isinstance(saved, list) else []

    def add(self, path: str) -> None:
        """Move a path to the front."""
        others = [other for other in self.paths if other != path]
        self._settings.setValue("recent", [path, *others][:MOST_RECENT])

    def clear(self) -> None:
        """Forget all."""
        self._settings.remove("recent")


def dropped_path(data: QMimeData) -> str:
    """Return the first local file among what is dragged; "" where there is none."""
    for url in data.urls():
        if url.isLocalFile() and Path(url.toLocalFile()).is_file():
            return url.toLocalFile()
    return ""


class DropOverlay(QWidget):
    """Covers the window while a file is dragged over it, and says what dropping it will do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self.setObjectName("drop.overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.heading = ""
        self.sentence = ""
        self.hide()

    def offer(self, path: str) -> None:
        """Say what dropping this file will do."""
        self.heading = self.tr("Drop to open {0}").format(Path(path).name)
        self.sentence = self.tr(
            "You see how the table is read and which column would be predicted, and can change "
            "both. Nothing else changes before you use it."
        )
        self.setAccessibleDescription(f"{self.heading}. {self.sentence}")
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a veil, a dashed frame and the two sentences."""
        colours, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), brush(colours.paper, 225))
        painter.setPen(pen(colours.accent, 2.0, DASHED, is_cosmetic=False))
        painter.drawRoundedRect(self.rect().adjusted(24, 24, -24, -24), 16, 16)
        self._write(painter, self.heading, -64, 1.8, colours.ink, True)
        self._write(painter, self.sentence, 0, 1.1, colours.quiet, False)

    def _write(
        self, painter: QPainter, text: str, offset: int, scale: float, colour: str, bold: bool
    ) -> None:
        painter.setFont(figures_font(self.font(), bold, scale))
        painter.setPen(pen(colour))
        middle = self.height() // 2 + offset
        width = min(self.width() - 96, 720)
        box = QRect((self.width() - width) // 2, middle, width, 64)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, flags | Qt.TextFlag.TextWordWrap, text)
