"""Numbers as people read them: three digits, a true minus, thin spaces, constant width."""

from __future__ import annotations

import math

from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QWidget

THIN_SPACE = "\u202f"
MINUS = "−"
_LARGE, _SMALL = 1e6, 1e-3


def grouped(count: int) -> str:
    """Return a whole number with thin spaces between thousands.

    Examples
    --------
    >>> grouped(-1234567).replace(THIN_SPACE, "_")
    '−1_234_567'
    """
    return f"{count:,}".replace(",", THIN_SPACE).replace("-", MINUS)


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
        return grouped(round(value, digits).__int__())
    if abs(value) < _SMALL:
        return f"{value:.2e}".replace("-", MINUS)
    return f"{value:.{digits}f}".replace("-", MINUS)


def typed(value: float) -> str:
    """Return a number as one would type it: short, and exact where six digits suffice.

    Examples
    --------
    >>> typed(0.1), typed(500), typed(3e-5), typed(100000)
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
