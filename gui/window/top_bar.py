"""The row above the panels: workspaces as tabs, a button with the data set's name, and help."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QTabBar, QToolButton, QWhatsThis, QWidget

from gui.session.session import Session
from gui.style.number_text import format_count
from gui.style.theme import icon, themes
from gui.widgets.controls import without_checked
from gui.window.workspaces import WORKSPACES


class TopBar(QWidget):
    """Switches workspaces and shows the name of the data set.

    Signals
    -------
    resized : ()
        Its size hint has changed.
    """

    resized = Signal()

    def __init__(
        self,
        session: Session,
        switch: Callable[[str], None],
        open_gallery: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("top")
        self.session = session
        self.tabs = QTabBar(self)
        self.tabs.setObjectName("workspaces")
        self.tabs.setAccessibleName(self.tr("Workspaces"))
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for index, record in enumerate(WORKSPACES.values()):
            self.tabs.addTab(record.label)
            self.tabs.setTabToolTip(index, record.help)
        self.tabs.currentChanged.connect(lambda index: switch(list(WORKSPACES)[index]))
        self.chip = self._button("data.chip", self.tr("Choose another data set"))
        self.chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.chip.clicked.connect(without_checked(open_gallery))
        self.help = self._button("help", self.tr("What is this? Click, then click on anything"))
        self.help.clicked.connect(without_checked(QWhatsThis.enterWhatsThisMode))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 4, 8, 4)
        layout.setSpacing(8)
        layout.addWidget(self.tabs)
        layout.addStretch(1)
        layout.addSpacing(16)
        layout.addWidget(self.chip)
        layout.addWidget(self.help)
        session.run_changed.connect(self.follow)
        session.experiment_changed.connect(self.follow)
        themes().changed.connect(self._paint_icons)
        self._paint_icons()
        self.follow()

    def follow(self) -> None:
        """Show the data set's name, rows and classes."""
        dataset = self.session.run.dataset
        words = self.tr("{0}, {1} rows, {2} classes").format(
            dataset.name, format_count(dataset.n_samples), dataset.n_classes
        )
        if words == self.chip.text():
            return
        self.chip.setText(words)
        self.resized.emit()
        self.chip.setAccessibleName(self.tr("Data set: {0}").format(words))

    def show_workspace(self, name: str) -> None:
        """Select a workspace's tab."""
        self.tabs.blockSignals(True)
        self.tabs.setCurrentIndex(list(WORKSPACES).index(name))
        self.tabs.blockSignals(False)

    def _button(self, name: str, label: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setToolTip(label)
        button.setAccessibleName(label)
        button.setIconSize(QSize(16, 16))
        return button

    def _paint_icons(self) -> None:
        self.chip.setIcon(icon("data"))
        self.help.setIcon(icon("help"))
