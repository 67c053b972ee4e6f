"""Keeping the session: saved to a file, opened again, and kept by itself every minute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QStandardPaths, QTimer

from core.base.errors import UserError
from core.data.loading import load_dataset
from core.run.run import Run, resumed_run, start_run
from core.run.session_file import SUFFIX, SavedSession, read_session, write_session

if TYPE_CHECKING:
    from gui.session.session import Session

AUTOSAVE_MILLISECONDS = 60_000


class OpenedSession(NamedTuple):
    """A session file's content and the run it leads to."""

    saved: SavedSession
    run: Run


class Autosave(QObject):
    """Saves and opens sessions.

    Attributes
    ----------
    path : str
        The file of the present session; empty before it is first saved.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.path = ""
        self._extra: dict[str, object] = {}
        self._kept_at: object = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.autosave)
        self._timer.start(AUTOSAVE_MILLISECONDS)

    @staticmethod
    def autosave_path() -> Path:
        """Return where the session is kept by itself."""
        where = QStandardPaths.StandardLocation.AppDataLocation
        return Path(QStandardPaths.writableLocation(where)) / f"autosave{SUFFIX}"

    def save(self, path: str) -> None:
        """Write the experiment, the view and the state looked at to a file.

        Raises
        ------
        UserError
            Where it cannot be written.
        """
        write_session(path, self._present())
        self.path = path
        self._kept_at = self._mark()
        self.session.message.emit(self.tr("Saved {0}").format(Path(path).name))

    def autosave(self) -> None:
        """Keep the session by itself, if anything has changed since the last time."""
        if self._mark() == self._kept_at:
            return
        path = self.autosave_path()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_session(str(path), self._present())
        except (OSError, UserError, ValueError) as error:
            self.session.message.emit(self.tr("Not kept by itself: {0}").format(error))
            return
        self._kept_at = self._mark()

    def open(self, path: str) -> None:
        """Read a session file in the background and go on from it; a later call supersedes."""
        choose = self.session.choose_engine

        def work() -> OpenedSession:
            saved = read_session(path)
            dataset = load_dataset(saved.experiment.data)
            if saved.state is None:
                return OpenedSession(saved, start_run(saved.experiment, dataset, choose))
            return OpenedSession(saved, resumed_run(saved.experiment, dataset, saved.state, choose))

        def use(opened: OpenedSession) -> None:
            self.path = path
            self._extra = dict(opened.saved.extra)
            self.session.resume(opened.run, opened.saved.view)
            self.session.message.emit(" ".join(opened.saved.warnings))

        self.session.background.run("open", work, use, self.session.failed.emit)

    def close(self) -> None:
        """Keep what is present and stop."""
        self._timer.stop()
        self.autosave()

    def _present(self) -> SavedSession:
        session = self.session
        return SavedSession(session.experiment, session.view, session.state, (), dict(self._extra))

    def _mark(self) -> object:
        session = self.session
        return (session.experiment, session.view, session.state.step)
