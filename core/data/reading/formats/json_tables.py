"""JSON joins the pipeline as a grid: records, one record a line, or a list for each column."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence

from core.data.reading.grid import Grid
from core.data.reading.records import split_lines
from core.data.reading.table import Dialect, NoTableError, ProblemLog, check_width

_MEND = 'Give a list of records such as [{"x": 1, "y": "a"}], or save the table as CSV.'


def read_json(text: str) -> tuple[Grid, Dialect]:
    """Read JSON; nothing about it has to be guessed.

    Raises
    ------
    NoTableError
        If it is not valid JSON, or not a table.
    """
    log = ProblemLog()
    try:
        records, lines = _records(text, log)
    except RecursionError as error:
        raise NoTableError("It is nested too deeply for a table.", _MEND) from error
    fullest: dict[str, object] = max(records, key=len)
    names = dict.fromkeys(fullest)
    for record in records:
        names.update(dict.fromkeys(record))
        check_width(len(names))
    if not names:
        raise NoTableError("There is no data in it.", _MEND)
    for line, record in zip(lines, records, strict=True):
        if len(record) < len(names):
            absent = ", ".join(name for name in names if name not in record)
            log.add("ragged", f"The record has no value for {absent[:60]}; read as missing.", line)
    cells = tuple([_text(record.get(name)) for record in records] for name in names)
    if len(records) == 1:
        log.add("size", "It has only 1 row.")
    grid = Grid(tuple(names), cells, tuple(lines), problems=log.problems())
    return grid, Dialect("json", header=1)


def _records(text: str, log: ProblemLog) -> tuple[list[dict[str, object]], list[int]]:
    twice: dict[str, None] = {}

    def record_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
        record = dict(pairs)
        if len(record) < len(pairs):
            keys = [key for key, _ in pairs]
            twice.update(dict.fromkeys(key for key in keys if keys.count(key) > 1))
        return record

    try:
        content = json.loads(text, object_pairs_hook=record_of)
    except ValueError as error:
        by_line = _json_lines(text)
        if by_line is None:
            raise _invalid(error) from error
        return by_line
    records = _as_records(content)
    if twice:
        reason = f"Records name {', '.join(twice)[:60]} twice; the last value counts."
        log.add("name", reason)
    if records is None:
        raise NoTableError("It is JSON, but not a table.", _MEND)
    starts = [
        text.count("\n", 0, found.start()) + 1 for found in re.finditer(r"\{", text[:5_000_000])
    ]
    flat = len(starts) == len(records)
    return records, starts if flat else list(range(1, len(records) + 1))


def _invalid(error: ValueError) -> NoTableError:
    if not isinstance(error, json.JSONDecodeError):  # Python makes no integer of so many digits
        return _too_long("A number in it")
    return NoTableError(
        f"It is not valid JSON on line {error.lineno}, column {error.colno}.",
        "Export it again, or save the table as CSV.",
    )


def _too_long(what: str) -> NoTableError:
    most = sys.get_int_max_str_digits()
    return NoTableError(f"{what} has more than {most:,} digits.", "Shorten or remove it.")


def _json_lines(text: str) -> tuple[list[dict[str, object]], list[int]] | None:
    """Read one object a line, or return None where the first line is not one."""
    records: list[dict[str, object]] = []
    lines: list[int] = []
    for number, line in enumerate(split_lines(text), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            if not records:
                return None
            if not isinstance(error, json.JSONDecodeError):
                raise _too_long(f"A number on line {number}") from error
            why = f"Line {number} is not valid JSON."
            raise NoTableError(why, "Mend or remove that line.") from error
        if not isinstance(record, dict):
            return None
        records.append(_flat(record))
        lines.append(number)
    return (records, lines) if records else None


def _as_records(content: object) -> list[dict[str, object]] | None:
    """Return the records of any of the usual layouts, or None."""
    if isinstance(content, list) and content:
        if all(isinstance(item, dict) for item in content):
            return [_flat(item) for item in content]
        if all(isinstance(item, list) for item in content):
            names = content[0]
            if all(isinstance(name, str) for name in names):
                return _with_names(content[1:], names)
            return _with_names(content, [f"column {j + 1}" for j in range(len(names))])
        return None
    if not isinstance(content, dict):
        return None
    if isinstance(content.get("columns"), list) and isinstance(content.get("data"), list):
        return _with_names(content["data"], content["columns"])
    values = list(content.values())
    if _are_columns(values):
        return [dict(zip(content, row, strict=True)) for row in zip(*values, strict=True)]
    if len(values) > 1 and all(isinstance(value, dict) for value in values):
        keys = list(values[0])
        if _are_rows(list(content), keys):
            return [_flat(value) for value in values]
        return [{name: column.get(key) for name, column in content.items()} for key in keys]
    tables = [
        value
        for value in values
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ]
    return _as_records(tables[0]) if len(tables) == 1 else None


def _are_rows(outer: Sequence[str], inner: Sequence[str]) -> bool:
    """Tell whether objects inside an object are rows by their key, and not columns by name."""
    if any(key.isdecimal() for key in inner):
        return False
    return all(key.isdecimal() for key in outer) or len(outer) > 2 * len(inner)


def _are_columns(values: Sequence[object]) -> bool:
    """Tell whether these are lists of equal length, and not one list of records."""
    lists = [value for value in values if isinstance(value, list)]
    if not lists or len(lists) < len(values) or len({len(value) for value in lists}) > 1:
        return False
    return len(lists) > 1 or not any(isinstance(item, dict) for item in lists[0])


def _with_names(rows: Sequence[object], names: Sequence[object]) -> list[dict[str, object]] | None:
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return None
    if not all(isinstance(name, str) for name in names):
        return None
    return [dict(zip(map(str, names), row, strict=True)) for row in rows if isinstance(row, list)]


def _flat(record: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Bring nested objects to one level, their names joined by a full stop."""
    flat: dict[str, object] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value:
            flat.update(_flat(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, str | bool | int) else repr(value)
