"""What names and ticks say on a diagram, and where they go."""

from __future__ import annotations

import itertools
import math

from gui.panels.words import number

MOST_TICKS = 7


def short_name(label: str) -> str:
    """Return the letters that a label gives in brackets, or else the label.

    Examples
    --------
    >>> short_name("miscalibration (MCB)"), short_name("loss")
    ('MCB', 'loss')
    """
    return label[label.index("(") + 1 : -1] if label.endswith(")") else label


def log_ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Return the powers of ten between two numbers, with twice and five times them if few.

    Returns
    -------
    tuple of (log10 of the number, its text)

    Examples
    --------
    >>> [text for _, text in log_ticks(0.03, 40.0)]
    ['0.1', '1', '10']
    >>> [text for _, text in log_ticks(100.0, 1200.0)]
    ['100', '200', '500', '1\u2009000']
    """
    exponents = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
    factors = (1.0,) if math.log10(high / low) > 3.0 else (1.0, 2.0, 5.0)
    values = [f * 10.0**e for e in exponents for f in factors]
    apart = max(len(values) // MOST_TICKS, 1)
    inside = [value for value in values if low <= value * (1.0 + 1e-9) and value <= high]
    return tuple((math.log10(value), number(value)) for value in inside[::apart])


def stepped(end: float) -> float:
    """Return the end of an axis a little beyond a positive number, so that it moves in steps.

    A step is a sixteenth of the power of two below, so that the end is at most that much too far.

    Examples
    --------
    >>> stepped(101.0), stepped(104.0), stepped(0.3)
    (104.0, 104.0, 0.3125)
    """
    step = 2.0 ** (math.floor(math.log2(end)) - 4)
    return math.ceil(end / step) * step


def spread(places: list[float], apart: float, lowest: float) -> list[float]:
    """Return places moved up just so far that they are apart and none is too low, in their order.

    Examples
    --------
    >>> spread([0.0, 0.25, 3.0], 1.0, 0.5)
    [0.5, 1.5, 3.0]
    """
    moved = [max(place, lowest) for place in places]
    order = sorted(range(len(places)), key=lambda k: places[k])
    for before, after in itertools.pairwise(order):
        moved[after] = max(moved[after], moved[before] + apart)
    return moved
