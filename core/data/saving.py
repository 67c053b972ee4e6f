"""Saving data as CSV: nothing a spreadsheet would run, nothing half written."""

from __future__ import annotations

import csv
import io
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from math import isnan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import SPLITS, FloatArray
from core.base.errors import UserError
from core.data.dataset import Dataset
from core.data.labels import number_name
from core.data.preparing import Prepared

_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_FORMULA_WITHIN = re.compile(r"(?<=[;\t\r\n])(?='*[=+\-@])")  # where other readers begin a cell
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_ROWS_AT_ONCE = 20_000
_STILL_SECONDS = 60.0  # after which a file that has not grown is no longer being written


def protect(cell: str) -> str:
    """Put an apostrophe before text that a spreadsheet might run as a formula.

    That is text which begins with = + - @ TAB, CR or LF and is no plain number; and what begins
    with one of the first four after a semicolon, TAB or line end inside the text, for a program
    that divides lines there. Where apostrophes come before, there is one more, so that taking one
    off at each such place restores every text.

    Examples
    --------
    >>> [protect(cell) for cell in ("=1+1", "-2+3", "-2.5", "'=1", "it's", "1;=2")]
    ["'=1+1", "'-2+3", '-2.5', "''=1", "it's", "1;'=2"]
    """
    if _NUMBER.fullmatch(cell):
        return cell
    runs = _FORMULA.match(cell) is not None
    return "'" * runs + _FORMULA_WITHIN.sub("'", cell)


def write_csv(
    path: str | os.PathLike[str],
    dataset: Dataset,
    prepared: Prepared | None = None,
    probabilities: FloatArray | None = None,
    predicted: NDArray[np.integer] | None = None,
) -> None:
    """Save a dataset in raw units: features, label, weight, and what a model made of it.

    Numbers are written so that they read back bit for bit; a missing value is an empty cell. The
    file is UTF-8, with a byte order mark if it holds more than ASCII (Excel needs it), and takes
    the place of an older one in a single step.

    Parameters
    ----------
    path : path
    dataset : Dataset
    prepared : Prepared, optional
        Adds the column ``split``; only its rows are written.
    probabilities : ndarray, shape (n, K), optional
        Adds ``P(class)`` for each class and ``predicted``; one row a written row.
    predicted : ndarray, shape (n,), optional
        Labels 0..K-1 for ``predicted``; by default the likeliest class.

    Raises
    ------
    UserError
        If the file cannot be written.
    ValueError
        If probabilities or labels do not match the rows.
    """
    rows = np.arange(dataset.n_samples) if prepared is None else prepared.rows
    columns = _raw_columns(dataset, rows)
    if prepared is not None:
        columns.append(("split", SPLITS, prepared.split))
    if probabilities is not None and predicted is None:
        predicted = probabilities.argmax(axis=1)
    if predicted is not None:
        columns.append(("predicted", dataset.classes, predicted))
    if probabilities is not None:
        if probabilities.shape != (len(rows), dataset.n_classes):
            raise ValueError(f"probabilities have shape {probabilities.shape}")
        named = zip(dataset.classes, probabilities.T, strict=True)
        columns += [(f"P({name})", (), values) for name, values in named]
    if any(len(values) != len(rows) for _, _, values in columns):
        raise ValueError(f"every column must have {len(rows)} rows")
    write_atomically(path, _csv_blocks(columns, len(rows)))


_Column = tuple[str, Sequence[str], NDArray[np.generic]]


def _raw_columns(dataset: Dataset, rows: NDArray[np.int64]) -> list[_Column]:
    """Return name, level names (none for a number) and values or codes of each raw column."""
    columns: list[_Column] = [
        (feature.name, feature.levels, dataset.X[rows, j])
        for j, feature in enumerate(dataset.features)
    ]
    columns.append((dataset.target, dataset.classes, dataset.y[rows]))
    if dataset.weights is not None:
        columns.append(("weight", (), dataset.weights[rows]))
    return columns


def _csv_blocks(columns: Sequence[_Column], n_rows: int) -> Iterator[bytes]:
    names = _unique([name for name, _, _ in columns])
    texts = [*names, *(level for _, levels, _ in columns for level in levels)]
    yield b"" if all(text.isascii() for text in texts) else b"\xef\xbb\xbf"
    yield _csv_text([[protect(name) for name in names]])
    for start in range(0, n_rows, _ROWS_AT_ONCE):
        block = slice(start, start + _ROWS_AT_ONCE)
        cells = [_cells(levels, values[block]) for _, levels, values in columns]
        yield _csv_text(zip(*cells, strict=True))


def _csv_text(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    # RFC 4180's CR LF, under which Python's csv also quotes a lone CR inside a cell.
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _cells(levels: Sequence[str], values: NDArray[np.generic]) -> list[str]:
    numbers = values.astype(np.float64).tolist()
    if not levels:
        return ["" if isnan(v) else number_name(v) for v in numbers]
    safe = [protect(level) for level in levels]
    return ["" if isnan(v) else safe[int(v)] for v in numbers]


def _unique(names: Sequence[str]) -> list[str]:
    """Return the names, later equals numbered: split, split (2)."""
    out: list[str] = []
    for name in names:
        tries = (name if i == 1 else f"{name} ({i})" for i in count(1))
        out.append(next(name for name in tries if name not in out))
    return out


def write_atomically(path: str | os.PathLike[str], blocks: Iterable[bytes]) -> None:
    """Write a file beside its place and move it there once it is whole and on the disk.

    Raises
    ------
    UserError
        If that fails; an older file is then as it was.
    """
    try:
        place = Path(path).resolve()
    except ValueError as error:
        what = f"{Path(path).name!r} was not saved."
        raise UserError(what, "There is a NUL in its path.", "Choose another name.") from error
    beside = temporary_of(place)
    try:
        with open(beside, "wb") as file:
            for block in blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    except OSError as error:
        raise UserError(
            f"{place.name} was not saved.",
            f"Writing into {place.parent} failed: {(error.strerror or str(error)).lower()}.",
            "Save it in another folder, or make room; an older file of that name is as it was.",
        ) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def temporary_of(path: str | os.PathLike[str]) -> Path:
    """Return the file that `write_atomically` writes first."""
    place = Path(path).resolve()
    return place.with_name(f".{place.name}.{os.getpid()}.tmp")


def write_noted(notes: Path, path: str | os.PathLike[str], write: Callable[[], None]) -> None:
    """Write a file of the user's by `write_atomically`, leaving a note of it meanwhile.

    If the program is killed in between, `clear_noted` knows by the note what to delete.

    Parameters
    ----------
    notes : Path
        A folder of the program's own.
    write : callable
        Writes the file at `path`.
    """
    temporary = temporary_of(path)
    note = notes / f"{secrets.token_hex(8)}.note"
    with suppress(OSError):  # without notes it is written all the same
        notes.mkdir(parents=True, exist_ok=True)
        note.write_text(str(temporary), encoding="utf-8", errors="surrogateescape")
    try:
        write()
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)


def clear_noted(notes: Path) -> None:
    """Delete what killed saves left in the user's folders: exactly the files that were noted."""
    with suppress(OSError):  # there are no notes yet, or another window is clearing them too
        for note in list(notes.iterdir()):
            if not _NOTE.fullmatch(note.name) or _is_young(note):
                continue
            place = Path(note.read_text(encoding="utf-8", errors="surrogateescape"))
            if _TEMPORARY.fullmatch(place.name) and place.is_file() and not place.is_symlink():
                if _is_young(place):
                    continue
                place.unlink()
            note.unlink()


_NOTE = re.compile(r"[0-9a-f]{16}\.note")
_TEMPORARY = re.compile(r"\..+\.[1-9][0-9]*\.tmp", re.DOTALL)


def _is_young(path: Path) -> bool:
    return time.time() - path.lstat().st_mtime <= _STILL_SECONDS


def clear_unfinished(path: str | os.PathLike[str]) -> None:
    """Delete what `write_atomically` left beside a file when the program was killed.

    Only for files in a folder of the program's own. What another window may still be writing is
    left, and so is everything that is not named exactly as such a file is.
    """
    place = Path(path)
    unfinished = re.compile(rf"\.{re.escape(place.name)}\.[1-9][0-9]*\.tmp")
    with suppress(OSError):  # there is no folder yet, or another window is clearing it too
        for other in list(place.parent.iterdir()):
            is_left = unfinished.fullmatch(other.name) and stat.S_ISREG(other.lstat().st_mode)
            if is_left and not _is_young(other):
                other.unlink()
