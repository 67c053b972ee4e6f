"""Numbers as people read them: three digits, a true minus, thin spaces, constant width."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QWidget

MINUS, THIN_SPACE, INFINITY = "\u2212", "\u2009", "∞"


def tr(text: str) -> str:
    """Translate a text that stands outside a widget."""
    return QCoreApplication.translate("Panels", text)


def figure(value: float, decimals: int = 3) -> str:
    """Return a number with a fixed number of decimals, so that it keeps its width.

    Examples
    --------
    >>> figure(0.12345), figure(-1.5, 1), figure(float("nan")), figure(float("inf"))
    ('0.123', '−1.5', '–', '∞')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return INFINITY if value > 0 else MINUS + INFINITY
    return f"{value:.{decimals}f}".replace("-", MINUS)


def number(value: float) -> str:
    """Return a number with three significant digits, or all before the point where there are more.

    Examples
    --------
    >>> number(12345), number(4201.75), number(0.0123456), number(-2.5)
    ('12\u2009345', '4\u2009202', '0.0123', '−2.5')
    """
    if not math.isfinite(value):
        return figure(value)
    if (value == int(value) or abs(value) >= 1e3) and abs(value) < 1e12:
        return grouped(round(value))
    return f"{value:.3g}".replace("-", MINUS)


def grouped(value: float, decimals: int = 0) -> str:
    """Return a number with a fixed number of decimals and thin spaces between thousands.

    Examples
    --------
    >>> grouped(-12345.678, 1), grouped(-0.0)
    ('−12\u2009345.7', '0')
    """
    value += 0.0  # no minus before a zero
    return f"{value:,.{decimals}f}".replace(",", THIN_SPACE).replace("-", MINUS)


def percent(share: float) -> str:
    """Return a share in per cent.

    Examples
    --------
    >>> percent(0.962)
    '96.2\u2009%'
    """
    return f"{100 * share:.1f}{THIN_SPACE}%" if math.isfinite(share) else "–"


NARROW_SPACE = "\u202f"


_LARGE, _SMALL = 1e6, 1e-3


def grouped_count(count: int) -> str:
    """Return a whole number with thin spaces between thousands.

    Examples
    --------
    >>> grouped(-1234567).replace(THIN_SPACE, "_")
    '−1_234_567'
    """
    return f"{count:,}".replace(",", NARROW_SPACE).replace("-", MINUS)


def share(value: float) -> str:
    """Return a figure between 0 and 1 with three decimals, so that it keeps its width.

    Examples
    --------
    >>> share(0.96249), share(float("nan")), share(float("inf"))
    ('0.962', '–', '∞')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return f"{value:.3f}".replace("-", MINUS)


def rounded(value: float) -> str:
    """Return a number with three significant digits, in thousands where it is large.

    Examples
    --------
    >>> rounded(12437.2).replace(THIN_SPACE, "_"), rounded(0.0481), rounded(3.0)
    ('12_400', '0.0481', '3.00')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0.0:
        return "0"
    digits = 2 - math.floor(math.log10(abs(value)))
    if digits <= 0:
        return grouped_count(round(value, digits).__int__())
    if abs(value) < _SMALL:
        return f"{value:.2e}".replace("-", MINUS)
    return f"{value:.{digits}f}".replace("-", MINUS)


def format_editable(value: float) -> str:
    """Return a number as one would type it: short, and exact where six digits suffice.

    Examples
    --------
    >>> typed(0.1), typed(500), typed(3e-5), format_editable(100000)
    ('0.1', '500', '3e-5', '100000')
    """
    if isinstance(value, int):
        return str(value)
    text = f"{value:.6g}"
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent)}"


def figures_font(base: QFont, bold: bool = False, scale: float = 1.0) -> QFont:
    """Return a font whose digits all have the same width."""
    font = QFont(base)
    font.setFeature(QFont.Tag("tnum"), 1)
    font.setBold(bold)
    if scale != 1.0 and font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * scale)
    return font


def width_of(widget: QWidget, text: str) -> int:
    """Return how many pixels wide a text is in a widget's font."""
    return QFontMetrics(widget.font()).horizontalAdvance(text)


def short(value: float, digits: int = 4) -> str:
    """Return a number of at most so many digits, small ones with a power of ten.

    Examples
    --------
    >>> short(0.25), short(-1.5e-9), short(0.0), short(float("nan"))
    ('0.25', '−1.5e−9', '0', 'NaN')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return figure(value)
    text = f"{value + 0.0:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", MINUS)


def shortened(value: float, digits: int = 3) -> str:
    """Return a number in at most eight characters.

    Examples
    --------
    >>> short(0.01234), short(-3.2e-7), short(0.0), short(12.3456)
    ('0.0123', '−3.2e−7', '0', '12.3')
    """
    if not math.isfinite(value):
        return figure(value)
    if value == 0.0:
        return "0"
    if not 1e-3 <= abs(value) < 1e4:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", MINUS)
    return f"{value:.{digits}g}".replace("-", MINUS)
