"""Small tables: rows of texts with tool tips, and numbers under headings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    Qt,
)
from PySide6.QtGui import QBrush, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from gui.style.theme import SMALL, brush, figures_font, theme

Index = QModelIndex | QPersistentModelIndex
ROW_HEIGHT = 22
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class TextModel(QAbstractTableModel):
    """Rows of texts under titles with tool tips.

    Parameters
    ----------
    columns : sequence of (title, help)

    Attributes
    ----------
    helps : tuple of str
        The tool tip of each row; rows beyond its end have none.
    """

    def __init__(self, columns: Sequence[tuple[str, str]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.rows: tuple[tuple[str, ...], ...] = ()
        self.pictures: tuple[np.ndarray, ...] = ()
        self.marked: frozenset[tuple[int, int]] = frozenset()
        self.helps: tuple[str, ...] = ()

    def show_rows(
        self,
        rows: Sequence[tuple[str, ...]],
        pictures: Sequence[np.ndarray] = (),
        marked: frozenset[tuple[int, int]] = frozenset(),
    ) -> None:
        """Replace the rows.

        Parameters
        ----------
        pictures : sequence of (bins,) arrays
            Heights of the bars in the last column, one array a row.
        marked : set of (row, column)
            Cells written in the colour of warnings.
        """
        same = len(rows) == len(self.rows)
        if not same:
            self.beginResetModel()
        self.rows, self.pictures = tuple(rows), tuple(pictures)
        self.marked = marked
        if not same:
            self.endResetModel()
        elif rows:
            last = self.index(len(rows) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's title, or what it means."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.columns[section][1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if section == 0 else _RIGHT
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row, column = index.row(), index.column()
        if not index.isValid() or row >= len(self.rows):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.rows[row][column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if column == 0 else _RIGHT
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._ink(row, column)
        if role == Qt.ItemDataRole.ToolTipRole and row < len(self.helps):
            return self.helps[row]
        return None

    def _ink(self, row: int, column: int) -> QBrush | None:
        if (row, column) in self.marked:
            return brush(theme().warning)
        return None


class BarDelegate(QStyledItemDelegate):
    """Draws a row's picture as bars."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the bars, the highest as high as the cell."""
        model = index.model()
        if not isinstance(model, TextModel) or index.row() >= len(model.pictures):
            super().paint(painter, option, index)
            return
        shares = model.pictures[index.row()]
        room = QRectF(option.rect).adjusted(4.0, 3.0, -4.0, -3.0)
        wide = room.width() / len(shares)
        heights = shares / max(float(shares.max()), 1e-300) * room.height()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(brush(theme().raw))
        painter.drawRects(
            [
                QRectF(room.left() + k * wide, room.bottom() - high, wide, high)
                for k, high in enumerate(heights.tolist())
                if high > 0.0
            ]
        )


class TextTable(QTableView):
    """Shows a `TextModel` without grid and selection, in columns that fill the width."""

    def __init__(
        self, name: str, label: str, model: TextModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setModel(model)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setMinimumSectionSize(30)
        header.setHighlightSections(False)
        font = figures_font(self.font(), scale=SMALL)
        self.setFont(font)
        header.setFont(font)
        self.setStyleSheet(
            "QHeaderView::section { padding: 2px 3px; } QTableView::item { padding: 0 1px; }"
        )


class FigureTable(QWidget):
    """Rows of texts under quiet headings; the first column stands left, the others right.

    Parameters
    ----------
    name : str
        Object name; a cell's is ``name.row.column``.
    headings : sequence of str
    """

    def __init__(self, name: str, headings: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 2, 8, 2)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(2)
        self._headings = [self._cell(0, column) for column in range(len(headings))]
        self._cells: list[list[QLabel]] = []
        self._texts: list[Sequence[str]] = []
        self.set_headings(headings)

    def set_headings(self, headings: Sequence[str]) -> None:
        """Write other headings over the same columns."""
        for label, text in zip(self._headings, headings, strict=True):
            label.setProperty("quiet", True)
            label.setText(text)
            label.setVisible(any(headings))

    def show_rows(self, rows: Sequence[Sequence[str]], strong: int = -1) -> None:
        """Show rows of texts; that at the index `strong` in bold.

        The texts may hold rich text, such as a coloured span.
        """
        while len(self._cells) < len(rows):
            line = len(self._cells) + 1
            self._cells.append([self._cell(line, k) for k in range(len(self._headings))])
        for place, cells in enumerate(self._cells):
            is_shown = place < len(rows)
            for column, cell in enumerate(cells):
                cell.setVisible(is_shown)
                if is_shown:
                    self._write(cell, column, rows[place][column], place == strong)
        self._texts = list(rows)

    def texts(self) -> list[Sequence[str]]:
        """Return what is shown, row by row."""
        return self._texts

    def _write(self, cell: QLabel, column: int, text: str, strong: bool) -> None:
        text = f"<b>{text}</b>" if strong else text
        if cell.text() != text:
            cell.setText(text)
            cell.setAccessibleName(self._headings[column].text())

    def _cell(self, line: int, column: int) -> QLabel:
        cell = QLabel(self)
        cell.setObjectName(f"{self.objectName()}.{line}.{column}")
        cell.setFont(figures_font(cell.font()))
        cell.setTextFormat(Qt.TextFormat.RichText)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self._grid.addWidget(cell, line, column, right if column else Qt.AlignmentFlag.AlignLeft)
        if column:
            self._grid.setColumnStretch(column, 1)
        return cell
