"""Autosave: what is new is written every few seconds, in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QIODevice,
    QObject,
    QStandardPaths,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QImage, QImageWriter

from core.base.errors import trouble_of
from core.data.saving import clear_noted, write_noted
from core.run.autosaves import Autosaver, Kept, clear_old_autosaves, kept_autosaves
from core.run.session_file import SavedSession, write_session

AUTOSAVE_MILLISECONDS = 4_000
PICTURE_SECONDS = 30.0
DrawPicture = Callable[[], QImage]
REST = 2.0  # times what the last autosave took, so that a slow disk is not kept busy


def data_folder() -> Path:
    """Return the folder of the program's own data."""
    where = QStandardPaths.StandardLocation.AppDataLocation
    return Path(QStandardPaths.writableLocation(where))


class Autosave(QObject):
    """Keeps the present work by itself; and writes sessions, in the same thread.

    Each data set that was worked on has an autosave of its own; the last ten are kept.

    Parameters
    ----------
    present : callable
        Returns what is to be saved, in words for the list of autosaves too.
    source : callable
        Returns what is another object where the history is another.
    key : callable
        Returns what differs where something worth saving has changed.

    Attributes
    ----------
    take_picture : callable or None
        Returns what draws a small picture, in any thread, or None.

    Signals
    -------
    message : (str)
        For the status line.
    written : ()
        An autosave is on the disk.
    """

    message = Signal(str)
    written = Signal()
    _ended = Signal(object)

    def __init__(
        self,
        present: Callable[[], SavedSession],
        source: Callable[[], object],
        key: Callable[[], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.take_picture: Callable[[], DrawPicture | None] | None = None
        self._present, self._source, self._key = present, source, key
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="background saving")
        self._saver = Autosaver(self.folder())
        self._last: tuple[object, object] = (None, True)  # the data's name, whether it is work
        self._key_written: object = None
        self._writing: Future[object] | None = None
        self._rests_until, self._picture_due = 0.0, 0.0
        self._is_closed = False
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.write_if_changed)
        self._timer.start(AUTOSAVE_MILLISECONDS)

    @staticmethod
    def folder() -> Path:
        """Return the folder of all autosaves."""
        return data_folder() / "autosaves"

    @staticmethod
    def notes() -> Path:
        """Return the folder of notes on what is being saved; see `write_noted`."""
        return data_folder() / "unfinished"

    def kept(self) -> list[Kept]:
        """Return the autosaves there are, but for this window's own; the latest first."""
        return kept_autosaves(self.folder(), self._saver.folder)

    def clear_old(self) -> None:
        """Delete all but the last autosaves and what killed saves left, in the background."""
        own = self._saver.folder

        def work() -> None:
            clear_old_autosaves(self.folder(), without=own)
            clear_noted(self.notes())

        self._submit(work)

    def write_if_changed(self) -> None:
        """Begin to write the autosave, if anything has changed and the last one is written."""
        is_busy = self._writing is not None and not self._writing.done()
        if is_busy or time.monotonic() < self._rests_until or self._key() == self._key_written:
            return
        self._begin()

    def write_now(self) -> None:
        """Write the autosave, if anything has changed, and wait for it."""
        if self._writing is not None:
            self._writing.exception()
        if self._key() != self._key_written:
            self._begin(with_picture=True)
        if self._writing is not None:
            self._writing.exception()

    def write_session(
        self,
        path: str,
        saved: SavedSession,
        with_table: bool | None,
        done: Callable[[BaseException | None], None],
    ) -> None:
        """Write a session file of the user's; then call `done(error or None)` in this thread."""

        def work() -> None:
            write_noted(self.notes(), path, lambda: write_session(path, saved, with_table))

        future = self._submit(work)
        if future is not None:
            future.add_done_callback(lambda ended: self._ended.emit((done, ended)))

    def wait(self) -> None:
        """Wait until all is written that was to be."""
        future = self._submit(lambda: None)
        if future is not None:
            future.result()

    def close(self) -> None:
        """Write a last autosave and stop."""
        if self._is_closed:
            return
        self._timer.stop()
        self.write_now()
        self._is_closed = True
        self._pool.shutdown(wait=True)

    def _begin(self, with_picture: bool = False) -> None:
        saved, source, key = self._present(), self._source(), self._key()
        data = saved.experiment.data
        name, is_work = (data.source, data.path), saved.about.get("is_work") == "yes"
        before, was_work = self._last
        if before is not None and name != before and was_work:
            self._saver = Autosaver(self.folder())
        self._last = (name, is_work)
        saver, draw = self._saver, self._picture(with_picture)

        def work() -> float:
            began = time.monotonic()
            saver.write(saved, source, _png(draw))
            return time.monotonic() - began

        self._writing = self._submit(work)
        if self._writing is not None:
            self._key_written = key
            self._writing.add_done_callback(lambda ended: self._ended.emit((None, ended)))

    def _picture(self, is_wanted: bool) -> DrawPicture | None:
        now = time.monotonic()
        if self.take_picture is None or not (is_wanted or now >= self._picture_due):
            return None
        self._picture_due = now + PICTURE_SECONDS
        return self.take_picture()

    def _submit(self, work: Callable[[], object]) -> Future[object] | None:
        return None if self._is_closed else self._pool.submit(work)

    def _on_ended(self, ended: tuple[Callable[..., None] | None, Future[object]]) -> None:
        done, future = ended
        error = future.exception()
        if done is not None:
            done(error)
        elif error is not None:
            self._key_written = None  # try again
            self._rests_until = time.monotonic() + 60.0
            trouble = trouble_of(error)
            said = self.tr("The autosave failed: {0} {1}").format(trouble.what, trouble.why)
            self.message.emit(said)
        else:
            seconds = future.result()
            assert isinstance(seconds, float)
            self._rests_until = time.monotonic() + REST * seconds
            self.written.emit()


def _png(draw: DrawPicture | None) -> bytes:
    if draw is None:
        return b""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    is_written = QImageWriter(buffer, QByteArray(b"png")).write(draw())
    return bytes(buffer.data().data()) if is_written else b""


def described(saved: SavedSession, title: str, text: str, is_work: bool) -> SavedSession:
    """Return a session with what the list of autosaves says of it."""
    words = {"title": title, "text": text, "is_work": "yes" if is_work else "no"}
    return replace(saved, about=words)
