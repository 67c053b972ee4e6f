"""Have a foreign binary format parsed in a child process that may be stopped and may crash.

The child is this program itself, started as ``main.py --parse``; see `parse_command`. Beyond its
limits of memory, time and output it is ended, and the error says so.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import IO, Any

from core.base.errors import UserError
from core.base.own_command import ROOT, own_command
from core.data.reading.formats.parse_command import END, OUT_OF_MEMORY, REFUSED
from core.data.reading.formats.process_memory import process_memory
from core.data.reading.source import (
    CHUNK,
    LARGEST,
    LARGEST_RATIO,
    Progress,
    Source,
    report_progress,
)

LEAST_MEMORY = 2 << 30
"""Bytes that parsing even the smallest file may take."""

MOST_MEMORY = 8 << 30
LEAST_SECONDS = 60.0
LEAST_OUTPUT = 256 << 20
"""Bytes that even the smallest file may be unpacked to."""

_MEMORY_PER_BYTE = 12  # of the file, beyond the least
_SECONDS_PER_BYTE = 4e-6
_MEND = "Save the table as CSV UTF-8 in the program that made the file, and open that."
_POLL = 0.05
_WATCH = 0.25
_WAITING = 16  # pieces of output that the child may be ahead
# a thread a core would only reserve memory that the limit counts
_ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What parsing a file may take.

    Attributes
    ----------
    memory : int
        Bytes.
    seconds : float
    output : int
        Bytes that the child may hand over.
    """

    memory: int
    seconds: float
    output: int


def limits_of(source: Source) -> Limits:
    """Return the limits for a file, which grow with its size."""
    return Limits(
        min(LEAST_MEMORY + _MEMORY_PER_BYTE * source.size, MOST_MEMORY),
        LEAST_SECONDS + _SECONDS_PER_BYTE * source.size,
        min(max(LEAST_OUTPUT, LARGEST_RATIO * source.size), LARGEST),
    )


def parsed_items(
    source: Source, parser: str, options: Mapping[str, object], progress: Progress | None
) -> Generator[Any, None, None]:
    """Yield what a child process parses, as soon as it comes.

    Parameters
    ----------
    source : Source
    parser : str
        "sheet" or "parquet".
    options : mapping
        For the parser; it goes through JSON.
    progress : callable, optional
        Called all the while; the child is ended when it returns False.

    Raises
    ------
    UserError
        If the child refuses the file, crashes, or passes a limit; it names the file.
    Cancelled
        If `progress` returned False.
    """
    limits = limits_of(source)
    child = _start(source, parser, options, limits)
    with child, closing(_lines(source, child, limits, progress)) as lines:
        for line in lines:
            item = json.loads(line)
            if item == END:
                return
            if isinstance(item, dict) and REFUSED in item:
                raise UserError(*item[REFUSED])
            yield item
        raise _end_of(source, child.wait(), limits)


def _start(
    source: Source, parser: str, options: Mapping[str, object], limits: Limits
) -> subprocess.Popen[bytes]:
    asked = {
        "path": os.path.abspath(source.path),  # the child runs in another folder
        "parser": parser,
        "options": options,
        "memory": limits.memory,
        "seconds": limits.seconds,
    }
    try:
        return subprocess.Popen(
            own_command("--parse", json.dumps(asked)), cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **_ENVIRONMENT},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
    except OSError as error:
        why = f"No process could be started to read it in ({error.strerror or error})."
        raise source.refuse(why, "Close other programs, or save the table as CSV UTF-8.") from error


def _lines(
    source: Source, child: subprocess.Popen[bytes], limits: Limits, progress: Progress | None
) -> Generator[bytes, None, None]:
    """Yield the whole lines that the child writes, watching it meanwhile."""
    assert child.stdout is not None
    pieces: queue.Queue[bytes] = queue.Queue(_WAITING)
    reader = threading.Thread(target=_read, args=(child.stdout, pieces), daemon=True)
    reader.start()
    began = watched = time.monotonic()
    held, seen = bytearray(), 0
    try:
        while True:
            report_progress(progress, 0.0)
            now = time.monotonic()
            if now - began > limits.seconds:
                raise source.refuse(
                    f"Reading it took longer than the limit, {limits.seconds:.0f} seconds.", _MEND
                )
            if now - watched > _WATCH:
                watched = now
                if process_memory(child.pid) > limits.memory:
                    raise _out_of_memory(source, limits)
            try:
                piece = pieces.get(timeout=_POLL)
            except queue.Empty:
                continue
            if not piece:
                child.wait()
                return
            seen += len(piece)
            if seen > limits.output:
                raise source.refuse(
                    f"It unpacks to more than the limit, {limits.output >> 20} MB.", _MEND
                )
            start, end = 0, piece.find(b"\n")
            while end >= 0:
                held += piece[start:end]
                yield bytes(held)
                held.clear()
                start, end = end + 1, piece.find(b"\n", end + 1)
            held += piece[start:]
    finally:
        child.kill()
        while reader.is_alive():  # it may wait for room
            with suppress(queue.Empty):
                pieces.get(timeout=_POLL)


def _read(stdout: IO[bytes], pieces: queue.Queue[bytes]) -> None:
    """Hand on what the child writes; an empty piece is the end."""
    piece = b"-"
    while piece:
        try:
            piece = os.read(stdout.fileno(), CHUNK)
        except OSError:
            piece = b""
        pieces.put(piece)


def _end_of(source: Source, code: int, limits: Limits) -> UserError:
    """Return the error of a child that ended before it was done."""
    if code == OUT_OF_MEMORY:
        return _out_of_memory(source, limits)
    if sys.platform != "win32" and code < 0:
        import signal

        if -code == signal.SIGXCPU:
            why = f"Reading it took longer than the limit, {limits.seconds:.0f} seconds."
            return source.refuse(why, _MEND)
        code_words = signal.strsignal(-code) or f"signal {-code}"
    else:
        code_words = f"code {code}"
    return source.refuse(
        f"What reads such files broke down on it ({code_words}): it is damaged, or asks for more "
        f"memory than the limit, {limits.memory / 2**30:.1f} GB.",
        _MEND,
    )


def _out_of_memory(source: Source, limits: Limits) -> UserError:
    return source.refuse(
        f"Reading it takes more memory than the limit, {limits.memory / 2**30:.1f} GB.", _MEND
    )
