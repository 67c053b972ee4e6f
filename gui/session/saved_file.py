"""The file of the present session: whether it is changed, saving and opening it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.data.loading import load_dataset
from core.run.autosaves import read_autosave
from core.run.resuming import keeps_engine, resumed_run
from core.run.run import Run, start_run
from core.run.session_file import SavedSession, read_session, write_session
from core.run.session_table import on_table, unpack_table
from core.training.problem import ChooseEngine
from gui.session.autosave import Autosave, data_folder
from gui.session.background import Background, Opening


@dataclass(frozen=True, slots=True, eq=False)
class OpenedSession:
    """A session file's content, the run it leads to, and that run's latest step at first."""

    saved: SavedSession
    run: Run
    run_step: int


@dataclass(frozen=True, slots=True, eq=False)
class WantedTable:
    """A session whose table does not lie beside it: the user must say where it is.

    Attributes
    ----------
    path : str
        Of the session.
    saved : SavedSession
    as_new : bool
    """

    path: str
    saved: SavedSession
    as_new: bool


class SavedFile(QObject):
    """Saves and opens session files, and knows whether the present one is changed.

    Parameters
    ----------
    present : callable
        Returns what is to be saved.
    key : callable
        Returns what differs where something worth saving has changed.
    choose_engine : callable
        Chooses the engine for the run of an opened file.
    background : Background
        Reads files.
    autosave : Autosave
        Whose thread writes.

    Attributes
    ----------
    path : str
        The file of the present session; empty before it is first saved.
    is_trusted : callable
        (path) -> whether the user has opened that table before, so that it may be read unasked.

    Signals
    -------
    opened : (OpenedSession)
        A file has been read, to go on from.
    opening : (Opening or None)
        A file is being read, or no longer.
    table_wanted : (WantedTable)
        Ask for the table of a session, then call `open_with_table`.
    saved : ()
    message : (str)
        For the status line.
    failed : (object)
        The error of a file that could not be opened or saved.
    """

    opened = Signal(object)
    opening = Signal(object)
    table_wanted = Signal(object)
    saved = Signal()
    message = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        present: Callable[[], SavedSession],
        key: Callable[[], object],
        choose_engine: ChooseEngine,
        background: Background,
        autosave: Autosave,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.path = ""
        self.is_trusted: Callable[[str], bool] = lambda path: False
        self.extra: dict[str, object] = {}
        self._present, self._key, self._choose_engine = present, key, choose_engine
        self._background, self._autosave = background, autosave
        self._key_saved = key()
        self._data_saved: tuple[str, str] = ("", "")
        self._stamp: object = None

    @property
    def is_changed(self) -> bool:
        """Whether what is present differs from the file, or from what a start shows."""
        return self._key() != self._key_saved

    @property
    def has_other_data(self) -> bool:
        """Whether the file holds another data set than the present one."""
        return bool(self.path) and self._data_saved != _data_of(self._present())

    @property
    def is_changed_by_others(self) -> bool:
        """Whether another program, or another window, has written the file since."""
        return bool(self.path) and _stamp(self.path) not in (self._stamp, None)

    def save(self, path: str, with_table: bool | None = None) -> None:
        """Write the session to a file, and wait for it.

        Raises
        ------
        UserError
            Where it cannot be written, or something that is no session is there.
        """
        saved, key = self._present(), self._key()
        write_session(path, saved, with_table)
        self._note(path, saved, key)

    def begin_to_save(self, path: str, with_table: bool | None = None) -> None:
        """Write the session to a file in the background, then emit `saved` or `failed`."""
        saved, key = self._present(), self._key()

        def done(error: BaseException | None) -> None:
            if error is not None:
                self.failed.emit(error)
            else:
                self._note(path, saved, key)

        self._autosave.write_session(path, saved, with_table, done)

    def open(self, path: str, as_new: bool = False) -> None:
        """Read a session file in the background, then emit `opened`; a later call supersedes.

        With `as_new` it is an autosave: saving asks for another file.
        """
        self._open(path, as_new, None, "")

    def open_with_table(self, wanted: WantedTable, table: str) -> None:
        """Go on with a session of whose table the user has said where it is."""
        self._open(wanted.path, wanted.as_new, wanted.saved, table)

    def mark_unchanged(self) -> None:
        """Take what is present for what is in the file, or for what a start shows."""
        self._key_saved = self._key()

    def _open(self, path: str, as_new: bool, saved: SavedSession | None, table: str) -> None:
        opening = Opening(self._background.next_is_wanted("open"))

        def use(found: OpenedSession | WantedTable) -> None:
            self.opening.emit(None)
            if isinstance(found, WantedTable):
                self.table_wanted.emit(found)
                return
            self.path = "" if as_new else path
            self.extra = dict(found.saved.extra)
            self.opened.emit(found)
            self._key_saved = None if as_new else self._key()
            self._data_saved, self._stamp = _data_of(found.saved), _stamp(path)
            self.saved.emit()
            self.message.emit(" ".join(found.saved.warnings))

        def fail(error: BaseException) -> None:
            self.opening.emit(None)
            self.failed.emit(error)

        work = partial(self._read, path, as_new, saved, table, opening)
        self.message.emit(self.tr("Reading {0}").format(Path(path).name))
        self._background.run("open", work, use, fail)
        self.opening.emit(opening)

    def _read(
        self, path: str, as_new: bool, saved: SavedSession | None, table: str, opening: Opening
    ) -> OpenedSession | WantedTable:
        if saved is None:
            own = as_new and Path(path).is_relative_to(data_folder())
            saved = read_autosave(Path(path)) if own else read_session(path, opening.progress)
            place = saved.table.place
            if place == "inside":
                table = str(unpack_table(path, saved.table, data_folder()))
            elif place in ("elsewhere", "missing"):
                is_known = own or self.is_trusted(saved.table.path)
                if not (is_known and os.path.isfile(saved.table.path)):
                    return WantedTable(path, saved, as_new)
        if table:
            saved = replace(saved, experiment=on_table(saved.experiment, table))
        dataset = load_dataset(saved.experiment.data, opening.progress)
        if saved.state is None:
            run = start_run(saved.experiment, dataset, self._choose_engine)
            return OpenedSession(saved, run, 0)
        choose = keeps_engine(saved.engine, self._choose_engine)
        run = resumed_run(saved.experiment, dataset, saved.state, choose, saved.history)
        return OpenedSession(saved, run, run.history.latest.step)

    def _note(self, path: str, saved: SavedSession, key: object) -> None:
        self.path, self._key_saved = path, key
        self._data_saved, self._stamp = _data_of(saved), _stamp(path)
        self.message.emit(self.tr("Saved {0}").format(Path(path).name))
        self.saved.emit()


def _data_of(saved: SavedSession) -> tuple[str, str]:
    data = saved.experiment.data
    return data.source, data.path


def _stamp(path: str) -> object:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
