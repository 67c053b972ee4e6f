"""LaTeX formulas, typeset offline, drawn in the theme's ink and readable as text."""

from __future__ import annotations

import functools
import re
import time
import warnings
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QRectF, QSize, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.style.theme import theme, themes

SIZE = 15.0  # pixels an em
LEAST_PAUSE = 30  # milliseconds between two typesettings of a formula whose numbers move

_WORDS = {
    "sigma": "σ",
    "Phi": "Φ",
    "varphi": "φ",
    "delta": "δ",
    "partial": "∂",
    "sum": "Σ",
    "leq": "≤",
    "geq": "≥",
    "approx": "≈",
    "times": "×",
    "cdot": "·",
    "infty": "∞",
    "quad": " ",
}
_SYMBOL = re.compile(r"\\([A-Za-z]+)")
_PLACEHOLDER = "#010203"
_GROUP = r"\{([^{}]*)\}"


@dataclass(frozen=True, slots=True)
class Typeset:
    """A typeset formula: an SVG without colour, and its size in pixels."""

    svg: str
    width: float
    height: float


@functools.lru_cache(maxsize=512)
def typeset(latex: str, size: float = SIZE) -> Typeset:
    """Return a formula typeset at a size in pixels an em; 20 to 80 ms the first time."""
    with warnings.catch_warnings():
        # it finds its font by a function of importlib.resources that is deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        from ziamath.config import config
        from ziamath.zmath import Latex

        config.svg2 = False  # QtSvg draws no <symbol> and <use>
        formula = Latex(latex, size=size, color=_PLACEHOLDER)
    width, height = formula.getsize()
    return Typeset(formula.svg(), float(width), float(height))


@functools.lru_cache(maxsize=512)
def coloured(latex: str, size: float, colour: str) -> bytes:
    """Return the SVG of a formula in a colour."""
    svg = typeset(latex, size).svg
    return svg.replace(f'"{_PLACEHOLDER}"', f'"{colour}"').encode()


def as_text(latex: str) -> str:
    r"""Return a formula as one line of text, for screen readers.

    Examples
    --------
    >>> as_text(r"\sigma(z) = \frac{1}{1 + e^{-z}}")
    'σ(z) = 1 / (1 + e^(-z))'
    >>> as_text(r"f'(z) = \begin{cases} 1 & z > 0 \\ 0.01 & z \leq 0 \end{cases}")
    "f'(z) = 1 if z > 0; 0.01 if z ≤ 0"
    """
    text = re.sub(r"\\(?:begin|end)\{cases\}", "", latex)
    text = text.replace(r"\\", ";").replace("&", "if")
    text = re.sub(r"\\[,;:! ]", " ", text)
    text = re.sub(r"\\(?:text|mathrm|operatorname)" + _GROUP, r"\1", text)
    text = re.sub(r"\\(?:left|right)", "", text)
    previous = ""
    while previous != text:
        previous = text
        text = re.sub(r"\\d?frac" + _GROUP + _GROUP, _fraction, text)
        text = re.sub(r"\^" + _GROUP, r"^(\1)", text)
        text = re.sub("_" + _GROUP, r"_\1", text)
        text = re.sub(r"(?<![\^_}A-Za-z])" + _GROUP, r"\1", text)
    text = _SYMBOL.sub(lambda found: _WORDS.get(found[1], found[1]), text)
    text = re.sub(r"[{}]", "", text)
    return re.sub(r"\s+([;,)])", r"\1", re.sub(r"\s+", " ", text)).strip()


def _fraction(found: re.Match[str]) -> str:
    parts = (f"({part})" if re.search(r"[ +*/-]", part) else part for part in found.groups())
    return " / ".join(parts)


def filled_in(latex: str, symbol: str, number: str) -> str:
    r"""Return a formula with a number, or any LaTeX, in place of a one-letter symbol.

    It stands in brackets where it would otherwise run into what is before or after it.

    Examples
    --------
    >>> filled_in(r"f(z) = e^{-z}", "z", "-2.0")
    'f({-2.0}) = e^{-({-2.0})}'
    >>> filled_in(r"z\,\sigma(z)", "z", "2.0")
    '{2.0}\\,\\sigma({2.0})'
    """
    whole = rf"((?:^|.)\s*)(?<![A-Za-z\\]){symbol}(?![A-Za-z])(\s*\^)?"

    def replaced(found: re.Match[str]) -> str:
        before, power = found[1], found[2] or ""
        apart = not power and (not before.strip() or before.strip() in "({&=")
        return before + (f"{{{number}}}" if apart else f"({{{number}}})") + power

    return re.sub(whole, replaced, latex)


class FormulaView(QWidget):
    """Shows one formula, no larger than its place; its accessible description is its text.

    A formula whose numbers change all the time is typeset again at most every few frames.

    Attributes
    ----------
    latex : str
        The formula asked for.
    """

    def __init__(self, name: str, size: float = SIZE, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.latex = ""
        self._size = size
        self._shown = ""
        self._shape: Typeset | None = None
        self._least_height = 0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(LEAST_PAUSE)
        self._pause.timeout.connect(self._typeset)
        themes().changed.connect(self.update)

    def show_formula(self, latex: str, moving: bool = False) -> None:
        """Show a formula.

        Parameters
        ----------
        moving : bool
            Whether its numbers may change again at once; it then keeps the height it has.
        """
        if latex == self.latex:
            return
        self.latex = latex
        self.setAccessibleDescription(as_text(latex))
        if not moving:
            self._least_height = 0
            self._typeset()
        elif not self._pause.isActive():
            self._pause.start()

    def sizeHint(self) -> QSize:
        """Return the formula's own size."""
        if self._shape is None:
            return QSize(80, round(1.3 * self._size))
        return QSize(round(self._shape.width) + 4, max(self._least_height, self._height))

    def minimumSizeHint(self) -> QSize:
        """Return a small width: the formula shrinks to fit."""
        return QSize(80, self.sizeHint().height())

    @property
    def _height(self) -> int:
        return round(self._shape.height) + 4 if self._shape else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the formula."""
        shape = self._shape
        if shape is None:
            return
        svg = QByteArray(coloured(self._shown, self._size, theme().ink))
        painter = QPainter(self)
        place = self.contentsRect()
        scale = min(1.0, place.width() / shape.width, place.height() / shape.height)
        width, height = scale * shape.width, scale * shape.height
        QSvgRenderer(svg).render(
            painter,
            QRectF(place.x(), place.y() + (place.height() - height) / 2.0, width, height),
        )

    def _typeset(self) -> None:
        began = time.perf_counter()
        self._shown = self.latex
        self._shape = typeset(self.latex, self._size) if self.latex else None
        took = round(1000.0 * (time.perf_counter() - began))
        self._pause.setInterval(max(LEAST_PAUSE, 2 * took))
        self._least_height = max(self._least_height, self._height)
        self.updateGeometry()
        self.update()
