"""``main.py --parse``: parse a file of a foreign binary format, as a child of the program.

Libraries in other languages parse these formats, and some files make them fill the memory, loop or
abort. So they run in a process whose memory and time are limited, and hand over plain JSON: a line
for each item, then `END`; or, in place of the rest, why the file was refused, in words.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from core.base.errors import UserError
from core.data.reading.source import Source, open_source

END = "end"
REFUSED = "refused"
OUT_OF_MEMORY = 3
"""The exit code of a child whose memory is used up."""

_STDOUT = 1


def parse_as_child(words: Sequence[str]) -> int:
    """Parse what the one word asks for (see `core.data.reading.formats.parsing_child`)."""
    asked = json.loads(words[0])
    limit_this_process(asked["memory"], asked["seconds"])
    # a program without a console has no sys.stdout, but it has the pipe
    with os.fdopen(os.dup(_STDOUT), "wb") as out:
        try:
            source = open_source(asked["path"])
            for item in _parser(asked["parser"])(source, asked["options"]):
                out.write(json.dumps(item, separators=(",", ":")).encode() + b"\n")
            answer: object = END
        except UserError as error:
            answer = {REFUSED: [error.what, error.why, error.mend]}
        except MemoryError:
            return OUT_OF_MEMORY
        except BaseException as error:  # the panics of Rust are no Exceptions
            why = f"It is damaged ({error})." if str(error) else "It is damaged."
            refusal = source.refuse(why, "Save it again, or save the table as CSV UTF-8.")
            answer = {REFUSED: [refusal.what, refusal.why, refusal.mend]}
        out.write(json.dumps(answer).encode() + b"\n")
    return 0


Parser = Callable[[Source, Mapping[str, Any]], Iterator[object]]


def _parser(name: str) -> Parser:
    """Return the parser of a format; what the other needs is not imported."""
    if name == "parquet":
        from core.data.reading.formats.parquet_pieces import parquet_pieces

        return parquet_pieces
    from core.data.reading.formats.sheet_rows import sheet_rows

    return sheet_rows


def limit_this_process(memory: int, seconds: float) -> None:
    """Have the system end this process beyond so many bytes of memory or seconds of work.

    Where the system has no such limits (Windows; macOS does not heed that of memory), the parent
    watches alone.
    """
    if sys.platform == "win32":
        return
    import resource

    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        most = resource.getrlimit(limit)[1]
        wanted = value if most == resource.RLIM_INFINITY else min(value, most)
        try:
            resource.setrlimit(limit, (wanted, most))
        except (ValueError, OSError):  # the parent watches
            continue
