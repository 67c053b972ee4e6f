"""The autosaves to go back to, by time, each with its picture and what it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.run.autosaves import MOST, Kept
from gui.style.theme import theme

PICTURE_SIZE = QSize(160, 120)


class RecoverDialog(QDialog):
    """Lets the user choose an autosave.

    Parameters
    ----------
    kept : sequence of Kept
    open_kept : callable
        Opens the one at a path.
    """

    def __init__(
        self, kept: Sequence[Kept], open_kept: Callable[[Path], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.recover")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Recover earlier work"))
        self._open_kept = open_kept
        heading = QLabel(self.tr("What Credence has kept by itself, the latest first."), self)
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("Autosaves"))
        self.list.setIconSize(PICTURE_SIZE)
        self.list.setSpacing(4)
        for each in sorted(kept, key=lambda each: each.seconds, reverse=True)[:MOST]:
            self._add(each)
        self.list.itemActivated.connect(lambda item: self._use())
        nothing = QLabel(self.tr("Nothing is kept yet."), self)
        nothing.setVisible(not kept)
        self.list.setVisible(bool(kept))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.use = buttons.addButton(self.tr("Recover"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.use.setDefault(True)
        self.use.setEnabled(bool(kept))
        buttons.accepted.connect(self._use)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(12)
        for widget in (heading, nothing, self.list, buttons):
            layout.addWidget(widget)
        self.resize(560, 480 if kept else 120)
        if kept:
            self.list.setCurrentRow(0)
            self.list.setFocus()

    def _add(self, each: Kept) -> None:
        when = QDateTime.fromSecsSinceEpoch(int(each.seconds))
        day = self.tr("today") if when.date() == QDateTime.currentDateTime().date() else ""
        shown = day or QLocale().toString(when.date(), QLocale.FormatType.ShortFormat)
        time = QLocale().toString(when.time(), QLocale.FormatType.ShortFormat)
        lines = [each.title, each.text, f"{shown}, {time}"]
        item = QListWidgetItem(_icon(each.picture), "\n".join(line for line in lines if line))
        item.setData(Qt.ItemDataRole.UserRole, str(each.path))
        self.list.addItem(item)

    def _use(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._open_kept(Path(item.data(Qt.ItemDataRole.UserRole)))
        self.accept()


def _icon(picture: Path | None) -> QIcon:
    """Return a picture of one size; an empty sheet where there is none."""
    image = QPixmap(str(picture)) if picture is not None else QPixmap()
    if image.isNull():
        image = QPixmap(PICTURE_SIZE)
        image.fill(theme().paper)
        return QIcon(image)
    mode = Qt.AspectRatioMode.KeepAspectRatio
    return QIcon(image.scaled(PICTURE_SIZE, mode, Qt.TransformationMode.SmoothTransformation))
