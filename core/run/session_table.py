"""The table of a session: beside it, inside it, or elsewhere, where nothing is read unasked."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import Any

from core.base.errors import UserError
from core.data.gallery import OWN_FILE
from core.data.reading.source import CHUNK, Source, open_source
from core.data.saving import write_atomically
from core.experiment.experiment import Experiment
from core.run.archive import Archive, Member, refusal

LARGEST_TABLE = 256 * 2**20
"""Bytes of a table beyond which it does not travel inside."""

TABLE = "table"
UNPACKED = "unpacked tables"


@dataclass(frozen=True, slots=True)
class SavedTable:
    """Where a session's own table is.

    Attributes
    ----------
    name : str
        The file's name.
    place : {"none", "beside", "inside", "elsewhere", "missing"}
        "none" where the data are drawn, painted or bundled. A table that is elsewhere may be any
        file: whoever opens the session must be asked before it is read.
    path : str
        Where it would be read; where it is inside, `unpack_table` gives its path.
    sha256 : str
        Of its content when the session was saved; "" where that is not known.
    """

    name: str = ""
    place: str = "none"
    path: str = ""
    sha256: str = ""


def table_members(path: Path, table: Path, inside: bool) -> tuple[dict[str, Any], list[Member]]:
    """Return what a session at a path says of its table, and the table where it goes inside."""
    table = table.resolve()
    if inside:
        source = open_source(table)
        if source.size > LARGEST_TABLE:
            why = f"It is larger than the limit, {LARGEST_TABLE >> 20} MB."
            mend = "Save the session without its table."
            raise UserError(f"{table.name} does not fit into a session.", why, mend)
        content = b"".join(raw_chunks(source))
        digest = hashlib.sha256(content).hexdigest()
        return {"file": table.name, "sha256": digest, "inside": True}, [(TABLE, [content])]
    beside = table.parent == path.resolve().parent
    return {"file": table.name if beside else str(table), "sha256": hash_of(table)}, []


def on_table(experiment: Experiment, path: str) -> Experiment:
    """Return the experiment on a table at a path; as it is where it uses no table."""
    if experiment.data.source != OWN_FILE.name and not path:
        return experiment
    return replace(experiment, data=replace(experiment.data, source=OWN_FILE.name, path=path))


def table_of_session(
    path: Path, experiment: Experiment, data: Mapping[str, Any], archive: Archive | None
) -> SavedTable:
    """Return where the table is, without reading anything but what lies beside the session."""
    file, digest = data.get("file"), data.get("sha256")
    if not isinstance(file, str) or not file:
        if experiment.data.source != OWN_FILE.name:
            return SavedTable()
        file = experiment.data.path
    file = file[:4096].replace("\0", "")
    name = PureWindowsPath(file).name  # which divides at both kinds of slash
    digest = digest if isinstance(digest, str) else ""
    if archive is not None and TABLE in archive.members and data.get("inside") is True:
        return SavedTable(name, "inside", "", digest)
    if file != name:
        return SavedTable(name, "elsewhere", str(path.parent / file), digest)
    beside = path.parent / name
    try:
        is_there = name not in ("", ".", "..") and beside.is_file()
        if is_there and beside.resolve().parent != path.parent.resolve():
            return SavedTable(name, "elsewhere", str(beside), digest)  # a link that leads away
    except OSError:
        is_there = False
    return SavedTable(name, "beside" if is_there else "missing", str(beside), digest)


def has_changed(table: SavedTable) -> bool:
    """Tell whether a table is not, byte by byte, the one that the session was saved with."""
    if not table.sha256:
        return False
    try:
        source = open_source(table.path)
    except (UserError, ValueError):
        return False  # which is another complaint
    if table.place == "elsewhere" and source.size > LARGEST_TABLE:
        return False  # it may be any file, and the user is asked anyway
    return table.sha256 != hash_of(table.path)


def unpack_table(path: str | os.PathLike[str], table: SavedTable, folder: Path) -> Path:
    """Write the table inside a session into a folder of ours and return where it is.

    Raises
    ------
    UserError
        Where it is damaged or cannot be written.
    """
    source = open_source(path)
    with source.open() as file:
        content = Archive(file, source.name).text(TABLE, LARGEST_TABLE)
    digest = hashlib.sha256(content).hexdigest()
    if table.sha256 and table.sha256 != digest:
        why = f"{table.name} in it is not the table that was saved."
        raise refusal(source.name, why, "Choose an undamaged copy.")
    name = table.name.lstrip(".").replace("\0", "") or "table.csv"
    place = folder / UNPACKED / digest / name[-128:]
    if not place.is_file() or hash_of(place) != digest:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = f"The system says: {error.strerror}."
            raise UserError(f"{name} was not unpacked.", why, "Make room on the disk.") from None
        write_atomically(place, [content])
    return place


def clear_unpacked(folder: Path, wanted: Collection[Path | None]) -> None:
    """Delete what `unpack_table` wrote more than a day ago, but for the tables that are wanted."""
    long_ago = time.time() - 86_400.0
    with suppress(OSError):  # there are none yet, or another window is clearing them too
        for place in list((folder / UNPACKED).iterdir()):
            if not _DIGEST.fullmatch(place.name) or place.stat().st_mtime > long_ago:
                continue
            for table in list(place.iterdir()):
                if table not in wanted and hash_of(table) == place.name:
                    table.unlink()
            if not any(place.iterdir()):
                place.rmdir()


_DIGEST = re.compile("[0-9a-f]{64}")


def is_unpacked(table: Path) -> bool:
    """Tell whether a table came inside a session, and so travels inside again."""
    parts = table.parts
    return len(parts) > 2 and parts[-3] == UNPACKED and bool(_DIGEST.fullmatch(parts[-2]))


def hash_of(path: str | os.PathLike[str]) -> str:
    """Return the sha256 of a regular file; "" where it cannot be read."""
    try:
        return _hash_of(open_source(path))
    except (OSError, UserError, ValueError):
        return ""


@functools.lru_cache(maxsize=4)  # a large table is not read at each autosave
def _hash_of(source: Source) -> str:
    digest = hashlib.sha256()
    for chunk in raw_chunks(source):
        digest.update(chunk)
    return digest.hexdigest()


def raw_chunks(source: Source) -> Iterator[bytes]:
    """Yield a file's bytes as they are on the disk."""
    with replace(source, gzipped=False).open() as file:
        while chunk := file.read(CHUNK):
            yield chunk
