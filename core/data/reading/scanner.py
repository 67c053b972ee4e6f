"""Lines of plain cells into numbers, in the subset of Python that `core.machine` compiles.

A number of at most 15 digits or so is exact as an integer and as a power of ten, so that one
division rounds it rightly (Clinger 1990); one of up to 19 digits is divided to twice the precision,
and left to the interpreter where even that does not say which float64 is nearest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.machine.source import compiled, inlined
from core.machine.vectors import Place, get, put

Integer = Any  # inside compiled code
Real = Any

MOST_DIGITS = 19  # that 64 bits hold
LARGEST_POWER = 22  # of ten that a float64 holds exactly

_NEW_LINE, _RETURN, _SPACE, _MINUS, _PLUS, _ZERO, _NINE, _E = b"\n\r -+09e"
_LOWER = 32  # set in a small letter
_EXACT = 1 << 53
_LOW_BITS = (1 << 11) - 1  # beyond the 53 that a float64 has
_SPLIT = 134217729.0  # 2^27 + 1 (Dekker 1971)
_UNSURE = 2.0**-40  # far more than the error of a remainder


@inlined
def _is_digit(c: Integer) -> Any:
    return (c >= _ZERO) & (c <= _NINE)


@inlined
def _ends_cell(c: Integer, mark: Integer) -> Any:
    """Tell whether a cell ends before a character; one of 0 stands after the last."""
    return (c == mark) | (c == _NEW_LINE) | (c == _RETURN) | (c == 0)


@inlined
def _halves(x: Real) -> tuple[Real, Real]:
    """Return two numbers of at most 26 bits whose sum is x (Dekker 1971)."""
    large = _SPLIT * x
    high = large - (large - x)
    return high, x - high


@inlined
def _quotient(digits: Integer, power: Real) -> tuple[Real, Any]:
    """Return the float64 nearest to digits / power, and whether it is surely that one."""
    high = float(digits >> 11) * 2048.0
    low = float(digits & _LOW_BITS)
    first = high / power
    a, b = _halves(first)
    c, d = _halves(power)
    product = first * power
    error = ((a * c - product) + a * d + b * c) + b * d  # what rounding took from the product
    rest = (((high - product) - error) + low) / power
    nearest = first + rest
    is_sure = (first + rest * (1.0 - _UNSURE) == first + rest * (1.0 + _UNSURE)) & (nearest > 0.0)
    return nearest, is_sure


@inlined
def _without_spaces(data: Place, i: Integer) -> Integer:
    """Return where the first character stands that is no space."""
    while get(data, i) == _SPACE:
        i += 1
    return i


@inlined
def _signed(data: Place, i: Integer) -> tuple[Integer, Any]:
    """Return where a number goes on after its sign, and whether that is a minus."""
    is_negative = get(data, i) == _MINUS
    return i + 1 if is_negative | (get(data, i) == _PLUS) else i, is_negative


@inlined
def _digits(data: Place, i: Integer, digits: Integer) -> tuple[Integer, Integer]:
    """Take digits as far as they go: where they end, and the integer that they continue."""
    c = get(data, i)
    while _is_digit(c):
        digits = digits * 10 + np.uint64(c - _ZERO)
        i += 1
        c = get(data, i)
    return i, digits


@inlined
def _decimals(data: Place, i: Integer, digits: Integer) -> tuple[Integer, Integer, Integer]:
    """Take digits after the point; return also how many of them are leading zeros of the number."""
    begin = i
    while (get(data, i) == _ZERO) & (digits == 0):
        i += 1
    zeros = i - begin
    i, digits = _digits(data, i, digits)
    return i, digits, zeros


@inlined
def _exponent(data: Place, i: Integer) -> tuple[Integer, Integer, Any]:
    """Return where an exponent ends, the exponent, and whether there was one."""
    i, is_negative = _signed(data, i)
    begin = i
    size = 0
    while _is_digit(get(data, i)) & (size < 1000):
        size = size * 10 + (get(data, i) - _ZERO)
        i += 1
    return i, -size if is_negative else size, i > begin


@inlined
def _valued(digits: Integer, power: Integer, powers: Place) -> tuple[Real, Any]:
    """Return digits * 10^power, and whether it is surely the nearest float64."""
    scale = get(powers, -power if power < 0 else power)
    value, is_sure = 0.0, digits < _EXACT
    if digits < _EXACT:
        value = float(digits) / scale if power < 0 else float(digits) * scale
    else:
        value, is_sure = _quotient(digits, scale)
        is_sure = is_sure & (power <= 0)
    return value, is_sure


@inlined
def _number(
    data: Place, i: Integer, mark: Integer, point: Integer, powers: Place, nothing: Integer
) -> tuple[Integer, Real, Any]:
    """Return where a cell's number ends, the number, and whether it surely is that one."""
    first = _without_spaces(data, i)
    i, is_negative = _signed(data, first)
    begin = i
    i, digits = _digits(data, begin, nothing)
    count = i - begin
    power, exponent = 0, 0
    has_digit = count > 0
    is_sound = True
    if get(data, i) == point:
        begin = i + 1
        i, digits, zeros = _decimals(data, begin, digits)
        power = begin - i
        count = count - power - zeros
        has_digit = has_digit | (i > begin)
    if ((get(data, i) | _LOWER) == _E) & has_digit:
        i, exponent, is_sound = _exponent(data, i + 1)
        power = power + exponent
    i = _without_spaces(data, i)
    is_whole = _ends_cell(get(data, i), mark)
    is_small = (power >= -LARGEST_POWER) & (power <= LARGEST_POWER) & (count <= MOST_DIGITS)
    value, is_sure = float("nan"), is_whole & (i == first)
    if is_whole & is_sound & has_digit & is_small:
        value, is_sure = _valued(digits, power, powers)
    return i, -value if is_negative else value, is_sure


@inlined
def _end_of_cell(data: Place, i: Integer, mark: Integer) -> Integer:
    while not _ends_cell(get(data, i), mark):
        i += 1
    return i


@compiled
def scan(
    data: Place, n: int, mark: int, point: int, width: int, rows: int, most: int,
    slots: Place, powers: Place, values: Place, texts: Place, doubtful: Place, found: Place,
) -> None:  # fmt: skip
    """Parse n bytes of lines of `width` cells each.

    Parameters
    ----------
    data : place
        Of bytes, with a 0 behind the last.
    mark, point : int
        What stands between cells, and before decimals.
    rows, most : int
        For how many rows and doubtful cells there is room.
    slots : place
        Of an integer a column: k of the k-th column of numbers, -1 - k of the k-th of texts.
    powers : place
        Of the powers of ten from 0 to `LARGEST_POWER`.
    values, texts : places
        What is found: numbers, slot after slot, NaN where a cell is empty; and where texts begin
        and end, slot after slot.
    doubtful : place
        For each number that is none, or is not surely the nearest: its place among the values, and
        where its text begins and ends.
    found : place
        How many rows and doubtful cells there are; rows are -1 where the lines are not regular.
    """
    nothing = np.uint64(n ^ n)
    i, row, doubts, is_sound = 0, 0, 0, True
    while (i < n) & (row < rows) & is_sound:
        column, is_line = 0, True
        while is_line:
            slot, start = get(slots, column), i
            if slot >= 0:
                i, value, is_sure = _number(data, i, mark, point, powers, nothing)
                put(values, slot * rows + row, value)
                if not is_sure:
                    i = _end_of_cell(data, i, mark)
                    if doubts < most:
                        put(doubtful, 3 * doubts, slot * rows + row)
                        put(doubtful, 3 * doubts + 1, start)
                        put(doubtful, 3 * doubts + 2, i)
                    doubts += 1
            else:
                i = _end_of_cell(data, i, mark)
                put(texts, -2 * (slot + 1) * rows + row, start)
                put(texts, (-2 * (slot + 1) + 1) * rows + row, i)
            if get(data, i) == mark:
                column += 1
                is_line = is_sound = column < width
            else:
                i = i + 1 if get(data, i) == _RETURN else i
                is_end = (get(data, i) == _NEW_LINE) | (i == n)
                is_sound = is_end & (column + 1 == width)
                is_line = False
            i += 1
        row += 1
        is_sound = is_sound & (doubts <= most)
    put(found, 0, row if is_sound & (i >= n) else -1)
    put(found, 1, doubts)
