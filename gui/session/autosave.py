"""Session files: saved, opened in the background, and an autosave every minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, QTimer, Signal

from core.base.errors import UserError
from core.data.loading import load_dataset
from core.run.run import Run, resumed_run, start_run
from core.run.session_file import SUFFIX, SavedSession, read_session, write_session
from core.training.problem import ChooseEngine
from gui.session.background import Background

AUTOSAVE_MILLISECONDS = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class OpenedSession:
    """A session file's content and the run it leads to."""

    saved: SavedSession
    run: Run


class Autosave(QObject):
    """Saves and opens session files.

    Parameters
    ----------
    present : callable
        Returns what is to be saved.
    choose_engine : callable
        Chooses the engine for the run of an opened file.
    background : Background
        Reads files.

    Attributes
    ----------
    path : str
        The file of the present session; empty before it is first saved.

    Signals
    -------
    opened : (OpenedSession)
        A file has been read, to go on from.
    message : (str)
        For the status line.
    failed : (object)
        The error of a file that could not be opened.
    """

    opened = Signal(object)
    message = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        present: Callable[[], SavedSession],
        choose_engine: ChooseEngine,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.path = ""
        self._present = present
        self._choose_engine = choose_engine
        self._background = background
        self._extra: dict[str, object] = {}
        self._saved_last: object = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.write_if_changed)
        self._timer.start(AUTOSAVE_MILLISECONDS)

    @staticmethod
    def autosave_path() -> Path:
        """Return the file of the autosave."""
        where = QStandardPaths.StandardLocation.AppDataLocation
        return Path(QStandardPaths.writableLocation(where)) / f"autosave{SUFFIX}"

    def save(self, path: str) -> None:
        """Write the experiment, the view and the state looked at to a file.

        Raises
        ------
        UserError
            Where it cannot be written.
        """
        self._write(path)
        self.path = path
        self.message.emit(self.tr("Saved {0}").format(Path(path).name))

    def write_if_changed(self) -> None:
        """Write the autosave, if anything has changed since the last time."""
        if _key(self._present()) == self._saved_last:
            return
        path = self.autosave_path()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write(str(path))
        except (OSError, UserError, ValueError) as error:
            self.message.emit(self.tr("The autosave failed: {0}").format(error))

    def open(self, path: str, as_new: bool = False) -> None:
        """Read a session file in the background, then emit `opened`; a later call supersedes.

        With `as_new` the session is not yet saved: saving asks for another file.
        """

        def use(opened: OpenedSession) -> None:
            self.path = "" if as_new else path
            self._extra = dict(opened.saved.extra)
            self.opened.emit(opened)
            self.message.emit(" ".join(opened.saved.warnings))

        work = partial(read_run, path, self._choose_engine)
        self._background.run("open", work, use, self.failed.emit)

    def close(self) -> None:
        """Write a last autosave and stop."""
        self._timer.stop()
        self.write_if_changed()

    def _write(self, path: str) -> None:
        saved = self._present()
        write_session(path, replace(saved, extra=dict(self._extra)))
        self._saved_last = _key(saved)


def read_run(path: str, choose_engine: ChooseEngine) -> OpenedSession:
    """Read a session file and its data, and return the run that goes on from it.

    Raises
    ------
    UserError
        Where a file cannot be used.
    """
    saved = read_session(path)
    dataset = load_dataset(saved.experiment.data)
    if saved.state is None:
        return OpenedSession(saved, start_run(saved.experiment, dataset, choose_engine))
    return OpenedSession(saved, resumed_run(saved.experiment, dataset, saved.state, choose_engine))


def _key(saved: SavedSession) -> object:
    """Return what differs where something worth saving has changed."""
    step = saved.state.step if saved.state is not None else 0
    return (saved.experiment, saved.view, step)
