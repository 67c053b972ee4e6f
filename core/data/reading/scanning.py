"""Blocks of plain lines parsed by machine code, as long as every cell is what it should be."""

from __future__ import annotations

import functools
import importlib
import logging
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import compiling
from core.machine.arrays import place_of

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DOUBTFUL_SHARE = 10  # one cell in so many may be left to the interpreter

Columns = list[NDArray[np.float64] | list[str]]


class Scanner:
    """Parses blocks of one layout.

    Parameters
    ----------
    scan : callable
        `core.data.reading.scanner.scan`, compiled.
    numbers : sequence of bool
        Which columns are numbers.
    mark, point : str
        What stands between cells, and before decimals.
    missing : sequence of str
        What means missing among numbers.
    encoding : str
    skips_spaces : bool
        Whether spaces before texts do not belong to them.
    """

    def __init__(
        self,
        scan: Callable[..., None],
        numbers: Sequence[bool],
        mark: str,
        point: str,
        missing: Sequence[str],
        encoding: str,
        skips_spaces: bool,
    ) -> None:
        self._scan = scan
        self._point, self._mark = point, mark
        self._missing = {"", *(text.strip(" ") for text in missing)}
        self._encoding, self._skips_spaces = encoding, skips_spaces
        places = [np.cumsum(numbers) - 1, -np.cumsum(np.logical_not(numbers))]
        self._slots = np.where(numbers, *places).astype(np.int64)
        self._n_numbers = int(np.count_nonzero(numbers))
        self._powers = np.array([float(10**k) for k in range(_scanner().LARGEST_POWER + 1)])

    def columns(self, data: bytes, rows: int) -> Columns | None:
        """Return the columns of so many lines, numbers or texts; None where they are not plain."""
        width = len(self._slots)
        most = rows * self._n_numbers // _DOUBTFUL_SHARE + 100
        values = np.empty((self._n_numbers, rows))
        texts = np.empty((width - self._n_numbers, 2, rows), np.int32)
        doubtful = np.empty((most, 3), np.int64)
        found = np.zeros(2, np.int64)
        arrays = (self._slots, self._powers, values, texts, doubtful, found)
        source = np.frombuffer(data, np.uint8)
        self._scan(
            place_of(source), len(data), ord(self._mark), ord(self._point), width, rows, most,
            *map(place_of, arrays),
        )  # fmt: skip
        if found[0] != rows or not self._settle(data, values.reshape(-1), doubtful[: found[1]]):
            return None
        try:
            words = iter([self._words(data, *ends) for ends in texts])
        except UnicodeDecodeError:
            return None
        numbers = iter(values)
        return [next(numbers) if slot >= 0 else next(words) for slot in self._slots.tolist()]

    def _settle(self, data: bytes, values: NDArray[np.float64], doubtful: NDArray[Any]) -> bool:
        """Decide what the scan left; tell whether every cell is a number or missing."""
        for at, start, end in doubtful.tolist():
            text = data[start:end].decode("latin-1").strip(" ")
            if text in self._missing:
                values[at] = np.nan
            elif _NUMBER.fullmatch(plain := text.replace(self._point, ".")):
                values[at] = float(plain)
            else:
                return False
        return True

    def _words(self, data: bytes, starts: NDArray[np.int32], ends: NDArray[np.int32]) -> list[str]:
        """Return the cells of a column of texts; equal ones are one object."""
        places = zip(starts.tolist(), ends.tolist(), strict=True)
        if data.isascii():
            text = data.decode("ascii")
            cells = (text[a:b] for a, b in places)
        else:
            cells = (data[a:b].decode(self._encoding) for a, b in places)
        if self._skips_spaces:
            cells = (cell.lstrip(" ") for cell in cells)
        known: dict[str, str] = {}
        return [known.setdefault(cell, cell) for cell in cells]


def scanner_for(
    numbers: Sequence[bool], marks: Sequence[str], options: dict[str, Any]
) -> Scanner | None:
    """Return what parses blocks as pandas' options say; None where only pandas can.

    Parameters
    ----------
    numbers : sequence of bool
        Which columns are numbers.
    marks : sequence of str
        What means missing among numbers.
    options : dict
        See `core.data.reading.blocks.Layout`.
    """
    mark, point = str(options["sep"]), str(options["decimal"])
    is_plain = len(mark) == len(point) == 1 and mark not in " \r\n" + point and mark.isascii()
    if not is_plain or any(_NUMBER.fullmatch(text.strip()) for text in marks):
        return None
    scan = compiled_scan()
    if scan is None:
        return None
    skips = bool(options["skipinitialspace"])
    return Scanner(scan, numbers, mark, point, marks, str(options["encoding"]), skips)


@functools.cache
def compiled_scan() -> Callable[..., None] | None:
    """Return the machine code of `scanner.scan`, compiled now or earlier; None without LLVM."""
    with _lock:
        if not compiling.is_available():
            return None
        try:
            return _load_or_compile()
        except Exception:
            _log.exception("The scanner cannot be compiled, so that pandas reads large tables.")
            return None


def _load_or_compile() -> Callable[..., None]:
    keeping = importlib.import_module("core.machine.keeping")
    modules = importlib.import_module("core.machine.modules")
    scalars = importlib.import_module("core.machine.scalars")
    ir, scanner = scalars.ir, _scanner()
    integers, doubles = scalars.INDEX.as_pointer(), scalars.REAL.as_pointer()
    kinds = (
        ir.IntType(8).as_pointer(), *[scalars.INDEX] * 6, integers, doubles, doubles,
        ir.IntType(32).as_pointer(), integers, integers,
    )  # fmt: skip
    entries = {scanner.scan: kinds}
    loaded: dict[str, Callable[..., None]] = {}
    keeping.load_or_compile(
        keeping.code_file(compiling.numba_cache(), "scanner", "float64", [scanner]),
        lambda: modules.compile_module("scanner", entries),
        lambda made: loaded.update(modules.load_module(made, entries)),
    )
    return loaded["scan"]


def _scanner() -> Any:
    return importlib.import_module("core.data.reading.scanner")
