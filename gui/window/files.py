"""Opening and saving: tables and sessions, by dialog, drop, recent list or command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QRect, QSettings, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from core.base.errors import UserError
from core.data.saving import clear_unfinished
from core.run.session_file import SUFFIX, is_session_file
from gui.session.autosave import Autosave
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
        self.previous = _set_aside_autosave()
        session.run_changed.connect(self._remember)

    def ask(self) -> None:
        """Let the user choose a table or a session and open it."""
        every = f"{TABLES} *{SUFFIX}"
        filters = self.tr("Tables and sessions ({0});;All files (*)").format(every)
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Open"), self._folder(), filters
        )
        if chosen:
            self.offer(chosen)

    def offer(self, path: str) -> None:
        """Open a session, or show what a table holds and let the user decide how to use it."""
        if is_session_file(path):
            self._session.autosave.open(path)
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
            self._session.autosave.open(path)
        else:
            self._session.open_table(path, target)

    def resume(self) -> None:
        """Go on from the autosave of the last start."""
        if self.previous is None:
            what = self.tr("There is no last session.")
            self._session.failed.emit(UserError(what, "", self.tr("Open a file instead.")))
            return
        self._session.autosave.open(str(self.previous), as_new=True)

    def save(self) -> None:
        """Save the session to its file, or ask for one."""
        if self._session.autosave.path:
            self._save_to(self._session.autosave.path)
        else:
            self.save_as()

    def save_as(self) -> None:
        """Ask for a file and save the session to it."""
        proposed = str(Path(self._folder()) / f"{self._session.run.dataset.name}{SUFFIX}")
        filters = self.tr("Credence sessions (*{0})").format(SUFFIX)
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save session"), proposed, filters
        )
        if chosen:
            self._save_to(chosen if Path(chosen).suffix else f"{chosen}{SUFFIX}")

    def save_data(self) -> None:
        """Ask for a file and save the rows as shown, with their part and what the model says."""
        name = Path(self._session.run.dataset.name).stem
        proposed = str(Path(self._folder()) / f"{name} data.csv")
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

    def _save_to(self, path: str) -> None:
        try:
            self._session.autosave.save(path)
        except UserError as error:
            self._session.failed.emit(error)

    def _folder(self) -> str:
        return str(self._settings.value("folder", ""))

    def _remember(self) -> None:
        data = self._session.experiment.data
        if data.source == "file":
            self.recent.add(data.path)
            self._settings.setValue("folder", str(Path(data.path).parent))


def _set_aside_autosave() -> Path | None:
    """Move the last autosave aside, before this session's takes its place; return where it is."""
    autosave = Autosave.autosave_path()
    previous = autosave.with_stem("previous")
    clear_unfinished(autosave)
    try:
        if autosave.exists():
            autosave.replace(previous)
    except OSError:  # another window moves it; what it leaves is good enough
        return autosave
    return previous if previous.exists() else None


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
