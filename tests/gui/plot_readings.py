"""What a plot shows, read from its items on screen: curves, dots and bars that can be seen."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip


def shown(plot, kind):
    """Return the plot's visible items of a kind."""
    return [item for item in plot.items() if isinstance(item, kind) and item.isVisible()]


def curve_through(plot, x, y):
    """Return a visible curve whose points are x (n,) and y (n,); there must be one."""
    found = [item for item in shown(plot, pg.PlotCurveItem) if has_data(item, x, y)]
    assert found, f"no curve goes through {np.transpose([x, y])[:3]}…"
    return found[0]


def upright_lines(plot):
    """Return where visible curves stand upright, each place once."""
    places = set()
    for item in shown(plot, pg.PlotCurveItem):
        x, _ = item.getData()
        if x is not None and len(x) and len(x) % 2 == 0 and np.array_equal(x[::2], x[1::2]):
            places |= set(x.tolist())
    return places


def dots_at(plot, x, y):
    """Return visible dots whose places are x (n,) and y (n,); there must be some."""
    found = [item for item in shown(plot, pg.ScatterPlotItem) if has_data(item, x, y)]
    assert found, "no dots are there"
    return found[0]


def has_data(item, x, y):
    """Tell whether an item's points are these."""
    mine = item.getData()
    return mine[0] is not None and all(
        len(a) == len(b) and np.allclose(a, b, rtol=1e-12, atol=1e-300, equal_nan=True)
        for a, b in zip(mine, (x, y), strict=True)
    )


def tooltip_at(widget, place):
    """Return what a widget's tooltip says at a place."""
    at = QPoint(round(place.x()), round(place.y()))
    event = QHelpEvent(QEvent.Type.ToolTip, at, widget.mapToGlobal(at))
    QApplication.sendEvent(widget, event)
    text = QToolTip.text()
    QToolTip.hideText()
    return text
