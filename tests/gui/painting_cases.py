"""What the tests of painting share: a blank sheet, strokes and what they leave."""

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

LEFT = Qt.MouseButton.LeftButton


def blank(show, session):
    """Return the panel with a blank sheet."""
    panel = show("boundary", session)
    panel.painter.start_blank()
    return panel


def pixel(panel, x, y):
    at = panel.plot.box.mapViewToScene(QPointF(x, y))
    return panel.plot.mapFromScene(at)


def stroke(panel, *path):
    viewport = panel.plot.viewport()
    QTest.mousePress(viewport, LEFT, pos=pixel(panel, *path[0]))
    for place in path[1:]:
        QTest.mouseMove(viewport, pixel(panel, *place))
    QTest.mouseRelease(viewport, LEFT, pos=pixel(panel, *path[-1]))


def points(panel):
    return panel.painter.sheet.points


def paint_three(panel):
    """Paint what can just be learnt from."""
    panel.painter.choose_class(0)
    stroke(panel, (-0.5, 0.0))
    stroke(panel, (-0.5, 0.5))
    panel.painter.choose_class(1)
    stroke(panel, (0.5, 0.2))


def by_coordinates(painted, kind=None):
    chosen = [p for p in painted if kind is None or p[2] == kind]
    return np.array(chosen, dtype=float).reshape(-1, 3)
