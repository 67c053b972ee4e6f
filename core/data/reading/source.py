"""Stage source -> bytes: open only regular files, within limits, unchanged while they are read."""

from __future__ import annotations

import errno
import gzip
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from core.base.errors import UserError

CHUNK = 1 << 20
LARGEST = 4 << 30
"""Bytes of text, once unpacked, beyond which a file is refused."""

LARGEST_RATIO = 250
"""How many times its size a packed file may expand to, beyond the first 64 MB."""

LONGEST_LINE = 16 << 20
"""Bytes of one line beyond which a file is refused."""

_RATIO_FREE = 64 << 20
_STEEPEST = 1040  # deflate cannot pack better, so a larger claim is a damaged trailer

Progress = Callable[[float], bool]
"""Takes the fraction read so far; returns False to stop."""


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Reading was stopped by the progress function."""


@dataclass(frozen=True, slots=True)
class Source:
    """A regular file that was opened once and looked at.

    Attributes
    ----------
    path : Path
        Where it is.
    name : str
        Its name without the folder, for messages.
    size : int
        Bytes on disk.
    head : bytes
        The first 64 kB of its content, unpacked if it is a gzip file.
    gzipped : bool
        Whether it is packed.
    stamp : tuple
        Identity, size and time of change, compared after reading.
    """

    path: Path
    name: str
    size: int
    head: bytes
    gzipped: bool
    stamp: tuple[int, int, int, int]

    @property
    def suffix(self) -> str:
        """The ending of the name in lower case, a final .gz left aside: ".csv" of "A.CSV.gz"."""
        name = self.name.lower().removesuffix(".gz")
        return name[name.rfind(".") :] if "." in name else ""

    def refuse(self, why: str, mend: str) -> UserError:
        """Return the error that says why this file was not opened."""
        return UserError(f"{self.name} was not opened.", why, mend)

    def open(self) -> IO[bytes]:
        """Open the content for reading, unpacked."""
        raw = _open_regular(self.path, self.name)
        return cast(IO[bytes], _Unpacked(raw)) if self.gzipped else raw

    def chunks(self) -> Iterator[bytes]:
        """Yield the content piece by piece, unpacked, within the limits.

        Raises
        ------
        UserError
            If it expands too far, is damaged, or has a line of more than 16 MB.
        """
        meter = ExpansionLimit(self)
        with self.open() as stream, _damage(self):
            while chunk := stream.read(CHUNK):
                meter.see(chunk)
                yield chunk

    def read(self, progress: Progress | None = None, until: float = 0.5) -> bytes:
        """Return the whole content, reporting progress up to the fraction `until`."""
        pieces, seen = [], 0
        for chunk in self.chunks():
            pieces.append(chunk)
            seen += len(chunk)
            report_progress(
                progress, until * min(1.0, seen / max(self.size * (4 if self.gzipped else 1), 1))
            )
        self.check_unchanged()
        return b"".join(pieces)

    def check_unchanged(self) -> None:
        """Raise a UserError if the file is no longer the one that was opened."""
        try:
            now = _stamp(os.stat(self.path))
        except OSError as error:
            raise self.refuse(
                "It disappeared while it was being read.", "Open it again."
            ) from error
        if now != self.stamp:
            raise self.changed()

    def changed(self) -> UserError:
        """Return the error that says the file changed."""
        return self.refuse(
            "It changed while it was being read.",
            "Wait until the program that writes it is done, then open it again.",
        )


class _Unpacked(gzip.GzipFile):
    """A gzip stream that closes the file under it, too."""

    def __init__(self, under: IO[bytes]) -> None:
        super().__init__(fileobj=under, mode="rb")
        self._under = under

    def close(self) -> None:
        super().close()
        self._under.close()


class ExpansionLimit:
    """Watches content go by: how far it expands, and how long its lines are."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.seen = 0
        self._since_end = 0
        self._carriage = False

    def see(self, chunk: bytes) -> None:
        """Count a piece of content.

        Raises
        ------
        UserError
            If the content passes a limit.
        """
        self.seen += len(chunk)
        if self.seen > self.source.size and not self.source.gzipped:
            raise self.source.changed()
        check_expansion(self.source, self.seen)
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r") if self._carriage else -1)
        if last < 0 and not self._carriage:
            last = chunk.rfind(b"\r")
            self._carriage = last >= 0
        self._since_end = self._since_end + len(chunk) if last < 0 else len(chunk) - last - 1
        if self._since_end > LONGEST_LINE:
            raise self.source.refuse(
                f"Line {self._line()} is longer than the limit, {LONGEST_LINE >> 20} MB: no table.",
                "Choose a file with one row on each line.",
            )

    def _line(self) -> int:
        """Count the lines up to the one that is too long, by reading again."""
        ends, left = 0, self.seen - self._since_end
        with self.source.open() as stream:
            while left > 0 and (chunk := stream.read(min(CHUNK, left))):
                ends += chunk.count(b"\n") or chunk.count(b"\r")
                left -= len(chunk)
        return ends + 1


def check_expansion(source: Source, expanded: int) -> None:
    """Raise a UserError if a file expands beyond the limits."""
    ratio = expanded > _RATIO_FREE and expanded > LARGEST_RATIO * source.size
    if expanded > LARGEST or (ratio and source.gzipped):
        limit = f"{LARGEST >> 30} GB" if expanded > LARGEST else f"{LARGEST_RATIO} times its size"
        verb = "expands to" if source.gzipped else "holds"
        raise source.refuse(
            f"It {verb} {expanded / 1e6:,.0f} MB or more from {source.size / 1e6:,.2f} MB, "
            f"beyond the limit of {limit}.",
            "Unpack it yourself if you trust it, and open a part of it.",
        )


def report_progress(progress: Progress | None, fraction: float) -> None:
    """Report progress; raise Cancelled if the answer is False."""
    if progress is not None and progress(min(fraction, 1.0)) is False:
        raise Cancelled


def open_source(path: str | os.PathLike[str]) -> Source:
    """Look at a file without reading it all.

    Raises
    ------
    UserError
        If there is no such file, or it is no regular file, empty, or a bad gzip file.
    """
    place = Path(path)
    name = place.name or str(place)
    with _open_regular(place, name) as raw:
        facts = os.fstat(raw.fileno())
        head = raw.read(1 << 16)
        gzipped = head[:2] == b"\x1f\x8b"
        tail = b""
        if gzipped and facts.st_size >= 18:
            raw.seek(-4, os.SEEK_END)
            tail = raw.read(4)
    source = Source(place, name, facts.st_size, head, gzipped, _stamp(facts))
    if gzipped:
        claimed = int.from_bytes(tail, "little")
        if claimed <= _STEEPEST * facts.st_size:
            check_expansion(source, claimed)
        with source.open() as stream, _damage(source):
            head = stream.read(1 << 16)
        source = Source(place, name, facts.st_size, head, gzipped, _stamp(facts))
    if not head:
        raise source.refuse("It is empty: there is no data in it.", "Choose another file.")
    return source


def _stamp(facts: os.stat_result) -> tuple[int, int, int, int]:
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns


def _open_regular(place: Path, name: str) -> IO[bytes]:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    what = f"{name} was not opened."
    try:
        if place.is_dir():
            raise UserError(what, "It is a folder.", "Choose a file inside it.")
        handle = os.open(place, flags)
    except OSError as error:
        why, mend = _explain(place, error)
        raise UserError(what, why, mend) from error
    except ValueError as error:
        raise UserError(
            what, "There is a NUL in its path.", "Check its name and folder."
        ) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UserError(
            what,
            "It is not a regular file (it is a pipe, socket or device).",
            "Save the data to a file and open that.",
        )
    return os.fdopen(handle, "rb")


def _explain(place: Path, error: OSError) -> tuple[str, str]:
    if error.errno == errno.ELOOP:
        return "It is a link that leads back to itself.", "Choose the file itself."
    if os.path.islink(place):
        return (
            f"It is a link to {os.readlink(place)}, which cannot be opened.",
            "Choose the file itself.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            "You have no permission to read it.",
            "Change its permissions, or copy it to a folder of yours.",
        )
    if error.errno == errno.ENOENT:
        return "There is no such file.", "Check its name and folder."
    if error.errno == errno.ENXIO:
        return "It is not a regular file.", "Save the data to a file and open that."
    return (
        f"The system says: {error.strerror}.",
        "Check the file, or copy it elsewhere and open the copy.",
    )


@contextmanager
def _damage(source: Source) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise source.refuse(
            f"Its gzip packing is damaged ({error}).", "Fetch or pack it again."
        ) from error
    except OSError as error:
        raise source.refuse(
            f"The system says: {error.strerror or error}.", "Copy it elsewhere and open the copy."
        ) from error
