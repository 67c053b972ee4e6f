"""Progress of a file that is read without the import dialog, with a way to stop."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from gui.session.session import Session

_AFTER, _BETWEEN = 500, 100  # milliseconds


class OpeningBar(QWidget):
    """Shows how much of a file is read, once that takes longer than half a second."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.bar = QProgressBar(self)
        self.bar.setObjectName("opening.progress")
        self.bar.setAccessibleName(self.tr("How much of the file is read"))
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(120, 6)
        self.stop = QToolButton(self)
        self.stop.setObjectName("opening.stop")
        self.stop.setText(self.tr("Stop"))
        self.stop.setToolTip(self.tr("Stop reading; everything stays as it is"))
        self.stop.clicked.connect(session.cancel_opening)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setSpacing(4)
        layout.addWidget(self.bar)
        layout.addWidget(self.stop)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._follow)
        session.opening_changed.connect(self._on_opening)
        self.hide()

    def _on_opening(self) -> None:
        self.hide()
        if self.session.opening is None:
            self._clock.stop()
        else:
            self._clock.start(_AFTER)

    def _follow(self) -> None:
        opening = self.session.opening
        if opening is None or not opening.is_wanted():
            self.hide()
            self._clock.stop()
            return
        self._clock.setInterval(_BETWEEN)
        self.bar.setValue(round(1000 * opening.fraction))
        self.show()
