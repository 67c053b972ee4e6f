"""The data table: every row with its part, its label and what the model says; sortable."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSignalBlocker, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from core.scenes.rows_scene import RowsScene, rows_scene
from gui.panels.base import PlottedPanel
from gui.panels.row_model import RowModel
from gui.session.session import Session
from gui.style.number_text import number, percent
from gui.widgets.controls import note

ROW_HEIGHT = 22


class RowsPanel(PlottedPanel):
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
        self.says = note("rows.note")
        self._lit = b""
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
        is_new = self.model.scene is None or self.model.scene.prepared is not scene.prepared
        with QSignalBlocker(self.table.selectionModel()):
            self.model.show_scene(scene, keep_order=self.session.is_playing)
        if is_new:
            self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
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
        wrong = int((scene.decided != scene.prepared.y).sum())
        text = self.tr("{0} rows, {1} of them decided wrongly ({2}).").format(
            number(len(scene.prepared.rows)),
            number(wrong),
            percent(wrong / max(len(scene.prepared.rows), 1)),
        )
        if scene.lit.any():
            text += " " + self.tr("{0} rows of the bin you chose are lit.").format(
                number(int(scene.lit.sum()))
            )
        if scene.left_out:
            text += " " + self.tr("{0} rows with missing values are left out.").format(
                number(scene.left_out)
            )
        return text

    def _show_lit(self, scene: RowsScene) -> None:
        """Scroll to the first of the rows that are newly lit."""
        bits = scene.lit.tobytes() if self.session.view.brushed else b""
        if bits and not self._lit and scene.lit.any() and not self.session.is_playing:
            self.table.scrollTo(self.model.index(self.model.first_place(scene.lit), 0))
        self._lit = bits

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
