"""The rows panel: a sortable table of every row, its part, its label and what the model says.

The table model reads the scene's arrays in place; sorting only permutes an index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSignalBlocker,
    Qt,
)
from PySide6.QtGui import QBrush, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from core.scenes.rows_scene import RowsScene, rows_scene
from gui.panels.panel import Panel
from gui.panels.panel_text import level_or_number, rows_text, tr
from gui.session.session import Session
from gui.style.number_text import format_count, format_number, format_percent
from gui.style.theme import brush, class_mark, theme
from gui.widgets.controls import note

ROW_HEIGHT = 22


class RowsPanel(Panel):
    """Shows the rows; the selected one is the same as in the plots."""

    frames_between = 6

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("rows", session, parent)
        self.model = RowModel(self)
        self.table = QTableView(self)
        self.table.setObjectName("rows.table")
        self.table.setAccessibleName(self.tr("Rows"))
        self.table.setModel(self.model)
        self.table.setSortingEnabled(True)
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.table.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self.table.horizontalHeader().sortIndicatorChanged.connect(self._on_sorted)
        self.says = note("rows.note")
        self._lit: tuple[object, ...] = ()  # what was brushed when the table last went there
        layout = self.stack()
        layout.addWidget(self.table, 1)
        layout.addWidget(self.says)
        self._selected = -1

    def compute(self) -> RowsScene:
        """Return every row with what the model says."""
        session = self.session
        return rows_scene(session.run, session.state, session.view)

    def draw(self, scene: RowsScene) -> None:
        """Show the rows; their order waits until training pauses."""
        is_new = _shows_other_rows(self.model.scene, scene)
        with QSignalBlocker(self.table.selectionModel()):
            self.model.show_scene(scene, keep_order=self.session.is_playing)
        self._show_order(is_new)
        if is_new:
            self.table.resizeColumnsToContents()
            self._selected = -1
        if scene.selected != self._selected:
            self._select(scene.selected)
        self._show_lit(scene)
        self.says.setText(self._sentence(scene))

    def describe(self, scene: RowsScene) -> str:
        """Say how many rows there are and how many of them are decided wrongly."""
        return self._sentence(scene)

    def _sentence(self, scene: RowsScene) -> str:
        n_rows = scene.predictions.n_rows
        wrong = int((scene.decided != scene.predictions.labels).sum())
        text = self.tr("{0}, {1} of them decided wrongly ({2}).").format(
            rows_text(n_rows),
            format_count(wrong),
            format_percent(wrong / max(n_rows, 1)),
        )
        if scene.lit.any():
            text += " " + self.tr("Lit: {0}.").format(rows_text(int(scene.lit.sum())))
        if scene.left_out:
            text += " " + self.tr("Left out for missing values: {0}.").format(
                rows_text(scene.left_out)
            )
        return text

    def _show_order(self, is_new: bool) -> None:
        """Sort the rows as the view says, where they are new or it has changed."""
        column, descending = self.session.view.rows_sort or (-1, 0)
        if column >= self.model.columnCount():
            column = -1
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        header = self.table.horizontalHeader()
        if is_new or (header.sortIndicatorSection(), header.sortIndicatorOrder()) != (
            column,
            order,
        ):
            with QSignalBlocker(header):
                header.setSortIndicator(column, order)
            header.viewport().update()
            self.model.sort(column, order)

    def _on_sorted(self, column: int, order: Qt.SortOrder) -> None:
        descending = int(order == Qt.SortOrder.DescendingOrder)
        self.session.set_view("rows_sort", (column, descending) if column >= 0 else ())

    def _show_lit(self, scene: RowsScene) -> None:
        """Go to the first of the lit rows whenever others are brushed."""
        view = self.session.view
        brushed = (view.split, view.reliability_class, *view.brushed) if view.brushed else ()
        if brushed and brushed != self._lit and scene.lit.any():
            top = QAbstractItemView.ScrollHint.PositionAtTop
            self.table.scrollTo(self.model.index(self.model.first_place(scene.lit), 0), top)
        self._lit = brushed

    def _select(self, row: int) -> None:
        self._selected = row
        place = self.model.place_of(row) if row >= 0 else -1
        selection = self.table.selectionModel()
        with QSignalBlocker(selection):
            if place < 0:
                selection.clear()
            else:
                flags = QItemSelectionModel.SelectionFlag
                selection.setCurrentIndex(
                    self.model.index(place, 0), flags.ClearAndSelect | flags.Rows
                )
                self.table.scrollTo(self.model.index(place, 0))
        self.table.viewport().update()

    def _on_current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        if current.isValid():
            self._selected = self.model.row_at(current.row())
            self.session.set_view("selected", self._selected)


Index = QModelIndex | QPersistentModelIndex
MOST_CLASSES = 12  # whose probabilities get a column each
LIT_OPACITY = 60
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: row, split, label, decided, probability or feature, and which."""

    kind: str
    title: str
    number: int = 0


class RowModel(QAbstractTableModel):
    """Shows a `RowsScene`; `row_at` and `place_of` translate between table and data set."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scene: RowsScene | None = None
        self.columns: tuple[Column, ...] = ()
        self._order = np.empty(0, dtype=np.int64)
        self._sorted_by: tuple[int, Qt.SortOrder] | None = None

    def show_scene(self, scene: RowsScene, keep_order: bool) -> None:
        """Show another scene; unless the order is kept, rows sorted by what changed move."""
        before, self.scene = self.scene, scene
        if _shows_other_rows(before, scene):
            self.beginResetModel()
            self.columns = columns_of(scene)
            self._order = np.arange(scene.predictions.n_rows)
            self._sorted_by = None
            self.endResetModel()
            return
        if self._sorted_by is not None and not keep_order:
            column = self.columns[self._sorted_by[0]]
            if column.kind in {"decided", "probability"}:
                self.sort(*self._sorted_by)
        last = self.index(self.rowCount() - 1, self.columnCount() - 1)
        self.dataChanged.emit(self.index(0, 0), last)

    def row_at(self, place: int) -> int:
        """Return the data set's row at a place of the table."""
        if self.scene is None or not 0 <= place < len(self._order):
            return -1
        return int(self.scene.predictions.rows[self._order[place]])

    def place_of(self, row: int) -> int:
        """Return the place in the table of a row of the data set, or -1."""
        if self.scene is None:
            return -1
        found = np.flatnonzero(self.scene.predictions.rows[self._order] == row)
        return int(found[0]) if len(found) else -1

    def first_place(self, lit: np.ndarray) -> int:
        """Return the first place in the table of the rows marked (n,), of which there are some."""
        return int(np.argmax(lit[self._order]))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the rows."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's title."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        if self.scene is None or not index.isValid():
            return None
        column, i = self.columns[index.column()], int(self._order[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return text_of(self.scene, column, i)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.kind in {"row", "probability", "number"} else _LEFT
        if role == Qt.ItemDataRole.DecorationRole:
            return _mark(self.scene, column, i)
        if role == Qt.ItemDataRole.ForegroundRole:
            return _ink(self.scene, column, i)
        if role == Qt.ItemDataRole.BackgroundRole and self.scene.lit[i]:
            return brush(theme().accent, LIT_OPACITY)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by a column, or by none (-1); ties keep the data set's order."""
        if self.scene is None or column >= len(self.columns):
            return
        self.layoutAboutToBeChanged.emit()
        chosen = [self.row_at(index.row()) for index in self.persistentIndexList()]
        if column < 0:
            self._order, self._sorted_by = np.arange(len(self.scene.predictions.rows)), None
        else:
            keys = keys_of(self.scene, self.columns[column])
            ascending = order == Qt.SortOrder.AscendingOrder
            self._order = np.argsort(keys if ascending else -keys, kind="stable")
            self._sorted_by = (column, order)
        for index, row in zip(self.persistentIndexList(), chosen, strict=True):
            place = self.place_of(row)
            self.changePersistentIndex(index, self.index(place, index.column()))
        self.layoutChanged.emit()


def _shows_other_rows(before: RowsScene | None, scene: RowsScene) -> bool:
    return before is None or before.predictions.rows is not scene.predictions.rows


def keys_of(scene: RowsScene, column: Column) -> np.ndarray:
    """Return the numbers (n,) that a column is sorted by; a missing value goes last."""
    predictions = scene.predictions
    by_kind: dict[str, Callable[[], np.ndarray]] = {
        "row": lambda: predictions.rows,
        "split": lambda: predictions.split.astype(np.int64),
        "label": lambda: predictions.labels,
        "decided": lambda: scene.decided,
        "probability": lambda: scene.probabilities[:, column.number],
    }
    if column.kind in by_kind:
        return by_kind[column.kind]()
    return predictions.column(column.title).values


def text_of(scene: RowsScene, column: Column, i: int) -> str:
    """Return what a cell says, for the i-th row that the model sees."""
    predictions, classes = scene.predictions, scene.predictions.classes
    if column.kind == "row":
        return str(int(predictions.rows[i]) + 1)
    if column.kind == "split":
        return tr(predictions.splits[int(predictions.split[i])])
    if column.kind == "label":
        return classes[int(predictions.labels[i])]
    if column.kind == "decided":
        wrong = "" if scene.decided[i] == predictions.labels[i] else " ✕"
        return classes[int(scene.decided[i])] + wrong
    if column.kind == "probability":
        return format_number(float(scene.probabilities[i, column.number]), decimals=3)
    known = predictions.columns[column.title]
    return level_or_number(known.levels, float(known.values[predictions.rows[i]]))


def _mark(scene: RowsScene, column: Column, i: int) -> QPixmap | None:
    if column.kind == "label":
        return class_mark(int(scene.predictions.labels[i]), theme())
    if column.kind == "decided":
        return class_mark(int(scene.decided[i]), theme())
    return None


def _ink(scene: RowsScene, column: Column, i: int) -> QBrush | None:
    if column.kind == "decided" and scene.decided[i] != scene.predictions.labels[i]:
        return brush(theme().error)
    return None


def columns_of(scene: RowsScene) -> tuple[Column, ...]:
    """Return the table's columns: what the row is, what the model says, and the features."""
    predictions, classes = scene.predictions, scene.predictions.classes
    shown = [predictions.positive] if len(classes) == 2 else range(min(len(classes), MOST_CLASSES))
    return (
        Column("row", tr("row")),
        Column("split", tr("part")),
        Column("label", predictions.target),
        Column("decided", tr("decided")),
        *(Column("probability", f"P({classes[k]})", k) for k in shown),
        *(
            Column("level" if known.levels else "number", name)
            for name, known in predictions.columns.items()
        ),
    )
