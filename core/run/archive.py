"""Zip files of JSON and plain arrays: written as a stream, read within limits, never unpickled."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import IO, Any

import numpy as np

from core.base.errors import UserError
from core.base.strict_json import parse_json

LARGEST_JSON = 16 * 2**20
LARGEST_ARRAYS = 2**30
"""Bytes of all arrays of one file together."""

MOST_MEMBERS = 64
CHUNK = 2**20
_TYPES = ("<f4", "<f8", "<i8")

Member = tuple[str, Iterable[bytes | memoryview]]
"""A name in the zip file, and its content piece by piece."""


def refusal(name: str, why: str, mend: str) -> UserError:
    """Return the error that says why a file was not opened."""
    return UserError(f"{name} was not opened.", why, mend)


def damaged(name: str) -> UserError:
    """Return the error of a file whose bytes are not as they were written."""
    return refusal(name, "The file is damaged.", "Choose an undamaged copy.")


def array_member(name: str, shape: Sequence[int], pieces: Sequence[np.ndarray]) -> Member:
    """Return an array as a member ``<name>.npy``, made of pieces that follow each other.

    Parameters
    ----------
    shape : sequence of int
        Of the whole, whose first axis the pieces divide.
    pieces : sequence of arrays
        Of one type; nothing is copied.
    """
    dtype = pieces[0].dtype if pieces else np.dtype("<f8")
    head = io.BytesIO()
    facts = {"descr": dtype.str, "fortran_order": False, "shape": tuple(shape)}
    np.lib.format.write_array_header_1_0(head, facts)

    def content() -> Iterator[bytes | memoryview]:
        yield head.getvalue()
        for piece in pieces:
            flat = np.ascontiguousarray(piece).reshape(-1)
            for start in range(0, flat.size, CHUNK // 8):
                yield flat[start : start + CHUNK // 8].tobytes()

    return f"{name}.npy", content()


class _Stream:
    """Takes what a zip file writes, to be passed on."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        pass

    def take(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        yield from pieces


def zip_blocks(members: Iterable[Member]) -> Iterator[bytes]:
    """Yield the bytes of a zip file piece by piece; only JSON is packed, numbers hardly shrink."""
    stream = _Stream()
    with zipfile.ZipFile(stream, "w") as archive:  # type: ignore[call-overload]
        for name, content in members:
            facts = zipfile.ZipInfo(name)
            is_text = name.endswith(".json")
            facts.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
            with archive.open(facts, "w", force_zip64=True) as file:
                for piece in content:
                    file.write(piece)
                    yield from stream.take()
            yield from stream.take()
    yield from stream.take()


class Archive:
    """An open zip file of ours, whose members are read within limits.

    Parameters
    ----------
    file : binary file
        A regular one, to be read at any place.
    name : str
        What to call it in messages.

    Raises
    ------
    UserError
        Where it is no zip file, is damaged, or has too many members or one twice.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self._left = LARGEST_ARRAYS
        if _count(file) > MOST_MEMBERS:
            why = f"It has more than {MOST_MEMBERS} members."
            raise refusal(name, why, "Choose a .credence file.")
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError):
            raise damaged(name) from None
        self._facts: dict[str, zipfile.ZipInfo] = {}
        for facts in self._zip.infolist():
            if facts.filename in self._facts:
                why = f"{facts.filename} stands twice in it."
                raise refusal(name, why, "Choose an undamaged copy.")
            self._facts[facts.filename] = facts

    @property
    def members(self) -> tuple[str, ...]:
        """The members' names."""
        return tuple(self._facts)

    def chunks(self, member: str, most: int) -> Iterator[bytes]:
        """Yield a member piece by piece.

        Raises
        ------
        UserError
            Where it is missing, damaged or holds more than that many bytes.
        """
        if member not in self._facts:
            raise refusal(self.name, f"It holds no {member}.", "Choose a .credence file.")
        seen = 0
        try:
            with self._zip.open(self._facts[member]) as file:
                while chunk := file.read(CHUNK):
                    seen += len(chunk)
                    if seen > most:
                        raise self._too_large(member, most)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
            raise damaged(self.name) from None
        except (NotImplementedError, RuntimeError, ValueError):  # packed or locked as ours never is
            raise damaged(self.name) from None

    def text(self, member: str, most: int = LARGEST_JSON) -> bytes:
        """Return a member whole."""
        return b"".join(self.chunks(member, most))

    def mapping(self, member: str) -> dict[str, Any]:
        """Return a member that is a JSON object."""
        return parse_json(decoded(self.text(member), self.name), self.name)

    def array(self, member: str) -> np.ndarray:
        """Return the array in ``<member>.npy``, read-only.

        Raises
        ------
        UserError
            Where its numbers are not plain, or their count is not the one that its head tells.
        """
        content = self.text(f"{member}.npy", self._left)
        self._left -= len(content)
        stream = io.BytesIO(content)
        try:
            if np.lib.format.read_magic(stream) != (1, 0):
                raise damaged(self.name)
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        except (ValueError, EOFError, SyntaxError, RecursionError, MemoryError, TypeError):
            raise refusal(self.name, f"{member} are not plain numbers.", _COPY) from None
        if dtype.str not in _TYPES or fortran:
            raise refusal(self.name, f"{member} are not plain numbers.", _COPY)
        start = stream.tell()
        if any(n < 0 for n in shape) or prod(shape) * dtype.itemsize != len(content) - start:
            why = f"{member} do not hold numbers of shape {_shown(shape)}."
            raise refusal(self.name, why, _COPY)
        return np.frombuffer(content, dtype, offset=start).reshape(shape)

    def _too_large(self, member: str, most: int) -> UserError:
        why = f"{member} is larger than the limit, {max(most, 0) / 2**20:,.0f} MB."
        return refusal(self.name, why, "Choose another file.")


def decoded(content: bytes, name: str) -> str:
    """Return UTF-8 text, or raise a `UserError` that says at which byte it is none."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"Byte {error.start} is not UTF-8 text."
        raise refusal(name, why, "Choose an undamaged copy.") from None


def whole(given: Mapping[str, Any], key: str, most: int, name: str) -> int:
    """Return a whole number from 0 to `most` out of a JSON object, or raise a `UserError`."""
    value = given.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        why = f"Its {key} is {_shown(value)}: a whole number from 0 to {most} was expected."
        raise refusal(name, why, _COPY)
    return value


_COPY = "Choose an undamaged copy."


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _count(file: IO[bytes]) -> int:
    """Return how many members the end of a zip file tells; 0 where it is none."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(size - 22 - 2**16, 0))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    file.seek(0)
    return int.from_bytes(tail[place + 10 : place + 12], "little") if place >= 0 else 0
