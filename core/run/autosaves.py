"""Autosaves: a folder for each piece of work, written a little at a time.

A folder holds ``session.credence``, which is replaced at each autosave, and beside it the history
in numbered parts, of which each autosave adds one with what is new. A part counts once
session.credence names it, so that a kill at any moment leaves the autosave before.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from core.base.errors import UserError
from core.data.reading.source import open_source
from core.data.saving import clear_unfinished, write_atomically
from core.run.archive import Archive, damaged, zip_blocks
from core.run.saved_history import SavedHistory, SavedRows, read_history
from core.run.session_file import SavedSession, is_session_file, read_session, write_session
from core.run.session_table import clear_unpacked

MOST = 10
HEAD, PICTURE = "session.credence", "picture.png"
PART_CHECKPOINTS, MOST_PARTS, MOST_PART_BYTES = 32, 500, 40 * 2**20
_FOLDER = re.compile(r"(\d{8}-\d{6})-(\d+)-[0-9a-f]{8}")
_PART = re.compile(r"part-[0-9]{1,9}\.zip")
_UNFINISHED = re.compile(
    rf"\.({re.escape(HEAD)}|{re.escape(PICTURE)}|{_PART.pattern})\.[0-9]+\.tmp"
)
_LEGACY = ("autosave.credence", "previous.credence")


@dataclass(frozen=True, slots=True)
class Kept:
    """An autosave that can be opened again.

    Attributes
    ----------
    path : Path
        Of the session file.
    seconds : float
        When it was written, as `time.time` counts.
    title, text : str
        What it holds, in words.
    is_work : bool
        Whether the user had done anything; False for what a start shows by itself.
    picture : Path or None
    """

    path: Path
    seconds: float
    title: str = ""
    text: str = ""
    is_work: bool = True
    picture: Path | None = None


def kept_autosaves(folder: Path, without: Path | None = None) -> list[Kept]:
    """Return the autosaves in a folder, the latest first; all that are work before what is not.

    Parameters
    ----------
    without : Path, optional
        One that is left out: that of the window which asks.
    """
    found = [_kept(path / HEAD) for path in _folders(folder) if path != without]
    found += [_kept(folder.parent / name) for name in _LEGACY]
    there = [kept for kept in found if kept is not None]
    return sorted(there, key=lambda kept: (kept.is_work, kept.seconds), reverse=True)


def clear_old_autosaves(folder: Path, most: int = MOST, without: Path | None = None) -> None:
    """Delete all but the last autosaves, and what killed saves have left in our own folders.

    Tables that came inside sessions go too, once no autosave uses them.
    """
    long_ago = time.time() - 60.0  # another window may be about to write in what is younger
    settled = [path for path in _folders(folder) if _changed(path) < long_ago]
    for path in _folders(folder):
        _clear_unfinished_in(path)
    wanted = {each.path.parent for each in kept_autosaves(folder, without)[:most]}
    for path in settled:
        if path not in wanted and path != without:
            _delete(path)
    tables = {_table_of(each.path) for each in kept_autosaves(folder)}
    clear_unpacked(folder.parent, tables)


class Autosaver:
    """Writes one piece of work into its folder; for one thread.

    Parameters
    ----------
    folder : Path
        Of all autosaves.
    """

    def __init__(self, folder: Path) -> None:
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        self.folder = folder / f"{stamp}-{os.getpid()}-{secrets.token_hex(4)}"
        self._number = 0
        self._written = _Written()

    def write(self, saved: SavedSession, source: object, picture: bytes = b"") -> None:
        """Write what is new.

        Parameters
        ----------
        saved : SavedSession
            With its whole history.
        source : object
            The same for as long as the history only grows.
        picture : bytes
            A PNG file; where it is empty, the one before stays.

        Raises
        ------
        UserError
            Where it cannot be written; the autosave before is as it was.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = f"The system says: {(error.strerror or str(error)).lower()}."
            raise UserError(
                "The autosave was not written.", why, "Make room on the disk."
            ) from None
        if not (self.folder / HEAD).is_file():  # another window has cleared it
            self._written = _Written()
        if saved.history is not None:
            self._write_history(saved.history, saved, source)
        head = replace(saved, history=None, parts=self._written.parts)
        write_session(self.folder / HEAD, head, with_table=False)
        for part in _parts(self.folder):
            if part.name not in self._written.parts:
                with suppress(OSError):
                    part.unlink()
        if picture:
            write_atomically(self.folder / PICTURE, [picture])

    def _write_history(self, history: SavedHistory, saved: SavedSession, source: object) -> None:
        latest = saved.state.step if saved.state is not None else -1
        before = self._written
        if before.is_followed_by(history, source):
            if before.rows == len(history.cells) and before.mark == _mark(history):
                return
            new = history.since(before.step, before.edit, before.rows, latest, PART_CHECKPOINTS)
        else:
            before = _Written()
            new = history.bounded(latest)
        self._number += 1
        part = self.folder / f"part-{self._number}.zip"
        mapping, members = new.to_members()
        text = json.dumps(mapping, allow_nan=False).encode()
        write_atomically(part, zip_blocks([("history.json", [text]), *members]))
        self._written = _Written(
            (*before.parts, part.name),
            before.n_bytes + part.stat().st_size,
            source,
            history.own_rows(),
            len(history.cells),
            history.edits[-1].step,
            max([before.step, *(state.step for state in new.checkpoints)]),
            _mark(history),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    """What is in the parts so far.

    Attributes
    ----------
    parts : tuple of str
    n_bytes : int
    source : object
    own_rows : SavedRows or None
    rows : int
        Of figures.
    edit, step : int
        Of the last edit and of the last checkpoint.
    mark : object
        See `_mark`.
    """

    parts: tuple[str, ...] = ()
    n_bytes: int = 0
    source: object = None
    own_rows: SavedRows | None = None
    rows: int = 0
    edit: int = -1
    step: int = -1
    mark: object = None

    def is_followed_by(self, history: SavedHistory, source: object) -> bool:
        """Tell whether a history only continues this one, and there is room for another part."""
        own = history.own_rows()
        return (
            source is self.source
            and own is not None
            and self.own_rows is not None
            and own.equals(self.own_rows)
            and len(history.cells) >= self.rows
            and history.edits[-1].step >= self.edit
            and len(self.parts) < MOST_PARTS
            and self.n_bytes < MOST_PART_BYTES
        )


def _mark(history: SavedHistory) -> object:
    """Return what differs where the last edit is another."""
    last = history.edits[-1]
    return len(history.edits), last.step, last.training, last.state


def read_autosave(path: Path) -> SavedSession:
    """Read an autosave with its history.

    Raises
    ------
    UserError
        Where it cannot be read.
    """
    saved = read_session(path)
    if not saved.parts:
        return saved
    if not all(_PART.fullmatch(name) for name in saved.parts):
        raise damaged(path.name)
    history: SavedHistory | None = None
    for name in saved.parts:
        source = open_source(path.parent / name)
        with source.open() as file:
            archive = Archive(file, name)
            part = read_history(archive.mapping("history.json"), archive)
        history = part if history is None else history.followed_by(part)
    return replace(saved, history=history)


def _kept(path: Path) -> Kept | None:
    """Return what an autosave says of itself; None where there is none that can be read."""
    try:
        seconds = path.stat().st_mtime
        if not is_session_file(str(path)):
            return None
        about = _about(path)
    except (OSError, UserError):
        return None
    picture = path.with_name(PICTURE)
    return Kept(
        path,
        seconds,
        about.get("title", path.stem),
        about.get("text", ""),
        about.get("is_work", "yes") == "yes",
        picture if path.name == HEAD and picture.is_file() else None,
    )


def _content(path: Path) -> dict[str, Any]:
    """Return what an autosave's session.json holds; nothing of version 1."""
    source = open_source(path)
    if source.head[:2] != b"PK":
        return {}
    with source.open() as file:
        return Archive(file, path.name).mapping("session.json")


def _table_of(path: Path) -> Path | None:
    """Return the table that an autosave uses; None where it uses none or cannot be read."""
    try:
        data = _content(path).get("data")
    except (OSError, UserError):
        return None
    file = data.get("file") if isinstance(data, dict) else None
    return Path(file) if isinstance(file, str) else None


def _about(path: Path) -> dict[str, str]:
    about = _content(path).get("about")
    words = about.items() if isinstance(about, dict) else ()
    return {key: value[:200] for key, value in words if isinstance(value, str)}


def _folders(folder: Path) -> list[Path]:
    """Return the folders of autosaves, told by their exact names."""
    try:
        return sorted(path for path in folder.iterdir() if _FOLDER.fullmatch(path.name))
    except OSError:
        return []


def _parts(folder: Path) -> Iterable[Path]:
    try:
        return [path for path in folder.iterdir() if _PART.fullmatch(path.name)]
    except OSError:
        return []


def _clear_unfinished_in(folder: Path) -> None:
    """Delete what killed saves left of any of our files."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if found := _UNFINISHED.fullmatch(path.name):
                clear_unfinished(folder / found[1])


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _delete(folder: Path) -> None:
    """Delete an autosave: our own files, and the folder if nothing else lies in it."""
    with suppress(OSError):
        for path in [folder / HEAD, folder / PICTURE, *_parts(folder)]:
            path.unlink(missing_ok=True)
        folder.rmdir()
