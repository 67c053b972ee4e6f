"""Numbers as text: the one place that decides how the window writes them.

Three significant digits, a true minus, a narrow space between thousands and before %, a power of
ten (6.8e41) from a million millions on and below a ten-thousandth, ∞ for infinity.
"""

from __future__ import annotations

import math
import re

MINUS, SPACE, INFINITY = "\u2212", "\u202f", "∞"
NOTHING = "–"  # where there is no number to show

_LARGEST, _SMALLEST = 1e12, 1e-4  # beyond these a power of ten is written
_GROUP_SPACE = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))")


def format_number(
    value: float, digits: int = 3, decimals: int | None = None, nan: str = NOTHING
) -> str:
    """Return a number with some significant digits, or with a fixed number of decimals.

    Parameters
    ----------
    value : float
    digits : int, default 3
        Significant digits; no digit before the point is dropped, no zero at the end is kept.
    decimals : int, optional
        Decimals, zeros at the end included, so that a changing number keeps its width; `digits`
        then counts only where a power of ten is written.
    nan : str, default "–"
        What NaN is written as.

    Examples
    --------
    >>> [format_number(value).replace(SPACE, "_") for value in (12345, 4201.75, 999.6, 1e12)]
    ['12_345', '4_202', '1_000', '1e12']
    >>> format_number(0.0123456), format_number(-2.5), format_number(9.999e-5), format_number(3e-7)
    ('0.0123', '−2.5', '0.0001', '3e−7')
    >>> format_number(12.3456, digits=4), format_number(-6.789e41), format_number(-0.0)
    ('12.35', '−6.79e41', '0')
    >>> format_number(0.12345, decimals=3), format_number(-0.0001, decimals=3)
    ('0.123', '0.000')
    >>> format_number(-12345.678, decimals=1).replace(SPACE, "_")
    '−12_345.7'
    >>> format_number(math.inf), format_number(-math.inf), format_number(math.nan, decimals=3)
    ('∞', '−∞', '–')
    """
    if math.isnan(value):
        return nan
    if math.isinf(value):
        return INFINITY if value > 0 else MINUS + INFINITY
    size = abs(round_to(value, digits))
    if size >= _LARGEST or (decimals is None and 0.0 < size < _SMALLEST):
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return _typeset(f"{_without_zeros(mantissa)}e{int(exponent)}")
    if decimals is not None:
        return _typeset(f"{value:z,.{decimals}f}")
    before_point = math.floor(math.log10(size)) + 1 if size else 1
    return _typeset(_without_zeros(f"{value:z,.{max(digits - before_point, 0)}f}"))


def format_percent(share: float, decimals: int = 1) -> str:
    """Return a share in per cent.

    Examples
    --------
    >>> [format_percent(share).replace(SPACE, "_") for share in (0.962, -0.1, 1.0, 12.5)]
    ['96.2_%', '−10.0_%', '100.0_%', '1_250.0_%']
    >>> format_percent(math.nan)
    '–'
    """
    text = format_number(100.0 * share, decimals=decimals)
    return text if math.isnan(share) else f"{text}{SPACE}%"


def format_count(count: int) -> str:
    """Return a whole number in full.

    Examples
    --------
    >>> [format_count(count).replace(SPACE, "_") for count in (0, 999, -1234567, 10**15)]
    ['0', '999', '−1_234_567', '1_000_000_000_000_000']
    """
    return _typeset(f"{count:,}")


def format_editable(value: float) -> str:
    """Return a number as one would type it: plain ASCII, short, exact where six digits suffice.

    Examples
    --------
    >>> format_editable(0.1), format_editable(500), format_editable(-3e-5), format_editable(1e5)
    ('0.1', '500', '-3e-5', '100000')
    >>> format_editable(1234567.0), format_editable(1234567)
    ('1.23457e6', '1234567')
    """
    if isinstance(value, int):
        return str(value)
    text = f"{value:z.6g}"
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent)}"


def format_latex(value: float, digits: int = 3) -> str:
    r"""Return a number in LaTeX, powers of ten written out.

    Examples
    --------
    >>> format_latex(0.5), format_latex(-1.25e-7), format_latex(math.inf)
    ('0.5', '-1.25 \\times 10^{-7}', '\\infty')
    """
    text = f"{value:z.{digits}g}"
    if math.isinf(value):
        return text.replace("inf", r"\infty")
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}"


def editable_from(text: str) -> str:
    """Return a typed or pasted number in plain ASCII, also one that the window has written.

    Spaces before groups of three digits go, and a true minus becomes a hyphen; nothing else
    changes, so that what is no number stays none.

    Examples
    --------
    >>> [editable_from(text) for text in ("−12\u202f345.5", "1 000", "8 8", "x")]
    ['-12345.5', '1000', '8 8', 'x']
    """
    return _GROUP_SPACE.sub("", text.strip()).replace(MINUS, "-")


def round_to(value: float, digits: int = 3) -> float:
    """Return a number rounded to some significant digits, those before the point included.

    Examples
    --------
    >>> round_to(12437.2), round_to(0.098765, 2), round_to(math.inf)
    (12400.0, 0.099, inf)
    """
    return float(f"{value:.{digits}g}")


def _without_zeros(text: str) -> str:
    """Return a number without zeros at the end of its decimals."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _typeset(text: str) -> str:
    return text.replace(",", SPACE).replace("-", MINUS)
