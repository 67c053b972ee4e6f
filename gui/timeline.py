"""The timeline: any step of the run can be looked at again."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSignalBlocker, QSize
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from gui.session.session import Session
from gui.style.theme import theme
from gui.widgets.slider import Slider

_MOST_PLACES = 2**30  # a slider counts in 32 bits; longer runs are cut into so many places
_MOST_MARKS = 200


class Timeline(Slider):
    """A slider over the steps of the run, with a mark at each edit; at its end it is live.

    Attributes
    ----------
    marks : tuple of float
        Where edits are, as fractions of the run.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("transport.timeline")
        self.setAccessibleName(self.tr("Step of the run that is shown"))
        self.setToolTip(self.tr("Drag to look at an earlier step; play there to branch"))
        self._first = 0
        self._unit = 1
        self.marks: tuple[float, ...] = ()
        self.valueChanged.connect(self._on_moved)
        self.follow()

    def sizeHint(self) -> QSize:
        """Ask for a wide slider."""
        return QSize(320, 32)

    def follow(self) -> None:
        """Show the step looked at."""
        history = self.session.run.history
        span = max(history.latest.step - history.first_step, 0)
        self._first = history.first_step
        self._unit = -(-span // _MOST_PLACES) or 1
        edits = [edit.step for edit in history.edits[1:]][-_MOST_MARKS:]
        self.marks = tuple((step - self._first) / span for step in edits) if span else ()
        place = (self.session.state.step - self._first) // self._unit
        with QSignalBlocker(self):
            self.setMaximum(span // self._unit)
            if not self.isSliderDown():
                self.setValue(self.maximum() if self.session.is_live else place)
        self.setPageStep(max(history.problem.steps_per_epoch // self._unit, 1))
        self.setEnabled(span > 0)

    def paint_marks(self, painter: QPainter, left: float, right: float, middle: float) -> None:
        """Draw a line at each edit."""
        painter.setPen(QPen(QColor(theme().accent), 1.5))
        for mark in self.marks:
            x = left + mark * (right - left)
            painter.drawLine(QPointF(x, middle - 6), QPointF(x, middle + 6))

    def _on_moved(self, place: int) -> None:
        if place >= self.maximum():
            self.session.scrub(self.session.run.history.latest.step)
        else:
            self.session.scrub(self._first + place * self._unit)
