"""Machine code kept on disk, in the user's cache folder.

A file is named after the text of all that it was made from and after the machine, so that another
text or machine makes another; it begins with a checksum of the rest.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

CHECKSUM_BYTES = hashlib.sha256().digest_size

_log = logging.getLogger(__name__)


def code_file(base: Path, family: str, part: str, modules: Iterable[ModuleType]) -> Path:
    """Return the file of one part of a family of functions.

    Parameters
    ----------
    modules : iterable of modules
        What the functions are written in, besides this package; a package counts with its files.
    """
    objects = importlib.import_module("core.machine.objects")
    text = hashlib.sha256(objects.description().encode())
    for module in (importlib.import_module("core.machine"), *modules):
        path = Path(str(module.__file__))
        for file in sorted(path.parent.glob("*.py")) if path.stem == "__init__" else [path]:
            text.update(file.read_bytes())
    return base / f"{family}-{text.hexdigest()[:16]}-{part}"


def read_code(path: Path) -> bytes | None:
    """Return what was kept; None where nothing was.

    Raises
    ------
    ValueError
        Where it is not what was written.
    """
    if not path.exists():
        return None
    content = path.read_bytes()
    checksum, kept = content[:CHECKSUM_BYTES], content[CHECKSUM_BYTES:]
    if hashlib.sha256(kept).digest() != checksum:
        raise ValueError("it is not what was written")
    return kept


def write_code(path: Path, content: bytes) -> None:
    """Keep machine code, and remove the files of other texts of the same part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_bytes(hashlib.sha256(content).digest() + content)
    temporary.replace(path)
    family, part = path.name.partition("-")[0], path.name.rpartition("-")[2]
    ours = re.compile(rf"{re.escape(family)}-[0-9a-f]{{16}}-{re.escape(part)}")
    for other in path.parent.iterdir():
        if ours.fullmatch(other.name) and other.name != path.name and not other.is_dir():
            other.unlink()


def load_or_compile(
    path: Path, compile_it: Callable[[], bytes], load: Callable[[bytes], None]
) -> None:
    """Load what is kept; rebuild it where it is damaged, do without a file where none can be."""
    try:
        kept = read_code(path)
        if kept is not None:
            load(kept)
            return
    except Exception as error:
        _log.warning("The compiled code in %s was not used: %s", path, error)
    made = compile_it()
    load(made)
    try:
        write_code(path, made)
    except OSError as error:
        _log.warning("The compiled code was not kept in %s: %s", path, error)
