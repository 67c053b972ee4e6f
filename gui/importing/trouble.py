"""Why a table cannot be used as it stands, where the work is."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.base.errors import UserError
from gui.style.number_text import figures_font

_LINE = re.compile(r"\b[Ll]ine (\d+)")


class TroubleBox(QFrame):
    """What is wrong, why, and what to do; a line that is named can be looked at.

    Signals
    -------
    line_wanted : (int)
    """

    line_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import.trouble")
        self._line = 0
        self.what, self.why = self._label(), self._label()
        self.what.setFont(figures_font(self.font(), bold=True))
        self.what.setProperty("refused", True)
        self.show_line = QPushButton(self)
        self.show_line.setObjectName("import.show_line")
        self.show_line.setAutoDefault(False)
        self.show_line.clicked.connect(lambda: self.line_wanted.emit(self._line))
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.what)
        texts.addWidget(self.why)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.addLayout(texts, 1)
        layout.addWidget(self.show_line, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_error(self, error: UserError | None) -> None:
        """Show an error; None hides the box."""
        self.setVisible(error is not None)
        if error is None:
            return
        self.what.setText(error.what)
        self.why.setText(" ".join(filter(None, (error.why, error.mend))))
        self.why.setVisible(bool(self.why.text()))
        found = _LINE.search(error.why)
        self._line = int(found.group(1)) if found else 0
        self.show_line.setText(self.tr("Show line {0}").format(self._line))
        self.show_line.setVisible(self._line > 0)
        self.setAccessibleName(str(error))

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label
