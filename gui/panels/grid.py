"""A small table of figures: names on the left, numbers in columns of constant width."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from gui.style.number_text import figures_font


class FigureGrid(QWidget):
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
