"""Rows as points: colour and shape say the class, fill says the part, a ring says wrong."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QBrush

from core.data.dataset import TRAIN
from core.scenes.boundary import Rows
from gui.panels.plotting import LockedPlot
from gui.theme import brush, class_colour, class_marker, pen, theme

SIZE = 7
RING_SIZE = 13
SELECTED_SIZE = 18
LIT_SIZE, LIT_OPACITY = 17, 120
FRAMES_BETWEEN_RINGS = 3


class PointLayer:
    """The rows of a plot; their data are set again only when they have changed.

    Parameters
    ----------
    plot : LockedPlot
    """

    def __init__(self, plot: LockedPlot) -> None:
        self.rings = pg.ScatterPlotItem(pxMode=True)
        self.marks = pg.ScatterPlotItem(pxMode=True)
        self.chosen = pg.ScatterPlotItem(pxMode=True)
        self.lit = pg.ScatterPlotItem(pxMode=True)
        for depth, item in enumerate((self.lit, self.rings, self.marks, self.chosen)):
            item.setZValue(20 + depth)
            plot.addItem(item, ignoreBounds=True)
        self._drawn: tuple[Rows, np.ndarray, str] | None = None
        self._wrong: bytes = b""
        self._lit: tuple[np.ndarray | None, bytes] = (None, b"")
        self._frames = 0
        self._selected: tuple[float, ...] | None = None

    def draw(
        self, rows: Rows, at: np.ndarray, wrong: np.ndarray, selected: np.ndarray | None, live: bool
    ) -> None:
        """Draw rows at points (m, 2); rings may lag two frames behind while training."""
        present = (rows, at, theme().name)
        before = self._drawn
        is_new = before is None or any(a is not b for a, b in zip(before, present, strict=True))
        if is_new:
            self._drawn = present
            self._draw_marks(rows, at)
        self._frames += 1
        if is_new or not live or self._frames >= FRAMES_BETWEEN_RINGS:
            self._frames = 0
            self._draw_rings(at, wrong, is_new)
        self._draw_selected(selected, is_new)

    def light(self, at: np.ndarray, lit: np.ndarray) -> None:
        """Light up some of the points (m, 2): those that a brush elsewhere picks out."""
        bits = lit.tobytes() + theme().name.encode()
        if at is self._lit[0] and bits == self._lit[1]:
            return
        self._lit = (at, bits)
        around = at[lit]
        self.lit.setVisible(len(around) > 0)
        self.lit.setData(
            x=around[:, 0],
            y=around[:, 1],
            size=LIT_SIZE,
            symbol="o",
            pen=pen(theme().accent, 1.6),
            brush=brush(theme().accent, LIT_OPACITY),
        )

    def _draw_marks(self, rows: Rows, at: np.ndarray) -> None:
        paper = theme().paper
        rim, empty = pen(paper), brush(paper)
        n_classes = int(rows.labels.max(initial=0)) + 1
        solid = [brush(class_colour(k)) for k in range(n_classes)]
        outline = [pen(class_colour(k), 1.6) for k in range(n_classes)]
        shapes = [class_marker(k) for k in range(n_classes)]
        labels, is_train = rows.labels.tolist(), (rows.splits == TRAIN).tolist()
        self.marks.setData(
            x=at[:, 0],
            y=at[:, 1],
            size=SIZE,
            symbol=[shapes[k] for k in labels],
            brush=[solid[k] if t else empty for k, t in zip(labels, is_train, strict=True)],
            pen=[rim if t else outline[k] for k, t in zip(labels, is_train, strict=True)],
        )

    def _draw_rings(self, at: np.ndarray, wrong: np.ndarray, is_new: bool) -> None:
        bits = wrong.tobytes()
        if bits == self._wrong and not is_new:
            return
        self._wrong = bits
        around = at[wrong]
        self.rings.setVisible(len(around) > 0)
        self.rings.setData(
            x=around[:, 0],
            y=around[:, 1],
            size=RING_SIZE,
            symbol="o",
            pen=pen(theme().ink),
            brush=QBrush(),
        )

    def _draw_selected(self, selected: np.ndarray | None, is_new: bool) -> None:
        place = None if selected is None else tuple(selected.tolist())
        if place == self._selected and not is_new:
            return
        self._selected = place
        self.chosen.setVisible(selected is not None)
        spot = np.empty((0, 2)) if selected is None else selected[None]
        self.chosen.setData(
            x=spot[:, 0],
            y=spot[:, 1],
            size=SELECTED_SIZE,
            symbol="o",
            pen=pen(theme().accent, 2.5),
            brush=QBrush(),
        )


def nearest(at: np.ndarray, x: float, y: float, pixel: tuple[float, float], within: float) -> int:
    """Return the index of the point (m, 2) nearest to (x, y), or -1 where none is within pixels."""
    if not len(at):
        return -1
    distance = np.hypot((at[:, 0] - x) / pixel[0], (at[:, 1] - y) / pixel[1])
    best = int(distance.argmin())
    return best if distance[best] <= within else -1
