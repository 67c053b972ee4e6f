"""What is said over the boundary when training has diverged, whole, with a button that mends it."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from core.experiment.experiment import KNOBS
from gui.panels.panel_text import tr
from gui.session.session import Session
from gui.style.number_text import format_number
from gui.style.theme import theme, themes
from gui.widgets.controls import without_checked

WIDEST, MARGIN, BORDER = 380, 16, 2  # pixels


class DivergenceNote(QFrame):
    """A card at the top of a plot; it is there as long as training stands still, diverged."""

    def __init__(self, session: Session, plot: QWidget) -> None:
        super().__init__(plot)
        self.setObjectName("boundary.diverged")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.session = session
        self._plot = plot
        self.says = QLabel(self)
        self.says.setObjectName("boundary.diverged.says")
        self.says.setWordWrap(True)
        self.mend = QPushButton(self)
        self.mend.setObjectName("boundary.diverged.mend")
        self.mend.clicked.connect(without_checked(session.mend_divergence))
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self.says)
        layout.addWidget(self.mend, 0, Qt.AlignmentFlag.AlignLeft)
        plot.installEventFilter(self)
        session.player.playing_changed.connect(self.follow)
        session.player.advanced.connect(self.follow)
        session.run_changed.connect(self.follow)
        session.experiment_changed.connect(self.follow)
        themes().changed.connect(self._paint_ground)
        self._paint_ground()
        self.hide()
        self.follow()

    def follow(self) -> None:
        """Show what happened, or nothing where training has not diverged."""
        divergence = self.session.player.divergence
        if divergence is None:
            self.hide()
            return
        self.says.setText(str(divergence.error()))
        self.mend.setVisible(math.isfinite(divergence.better))
        if math.isfinite(divergence.better):
            knob = KNOBS[divergence.knob]
            text = tr("Lower the {0} to {1} and begin again")
            self.mend.setText(text.format(tr(knob.label), format_number(divergence.better)))
            self.mend.setToolTip(knob.help)
        self._place()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the top when the plot changes its size."""
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._place()
        return False

    def _place(self) -> None:
        width = min(WIDEST, max(self._plot.width() - 2 * MARGIN, 120))
        self.setFixedWidth(width)
        self.setFixedHeight(self._layout.totalHeightForWidth(width) + 2 * BORDER)
        self.move((self._plot.width() - width) // 2, MARGIN)

    def _paint_ground(self) -> None:
        chosen = theme()
        self.setStyleSheet(
            f"DivergenceNote {{ background: {chosen.paper}; border: 1px solid {chosen.warning}; "
            "border-radius: 6px; }"
            f"QLabel {{ color: {chosen.ink}; background: transparent; }}"
        )
