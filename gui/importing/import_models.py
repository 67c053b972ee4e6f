"""Table models of the import dialog: the rows as read, the columns, and lists of short texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont

from core.data.reading.table import Column
from core.scenes.import_scene import ImportScene
from gui.importing.import_text import cell_text, kind_word, role_help, role_word, shortened
from gui.style.number_text import format_count
from gui.style.theme import brush, theme

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
SHOWN_ROWS = 200
LONGEST_NAME = 28
_EXAMPLES, _LOOKED_AT, _MEASURED = 6, 60, 8
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_NOWHERE = QModelIndex()


class _SceneModel(QAbstractTableModel):
    """A model of whatever the present scene holds."""

    scene: ImportScene | None = None

    def show_scene(self, scene: ImportScene) -> None:
        """Show another scene; the selection stays where the columns are the same."""
        old, self.scene = self.scene, scene
        if old is not None and old.table is scene.table:
            self.dataChanged.emit(
                self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1)
            )
            last = max(self.columnCount() - 1, 0)
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, last)
        else:
            self.beginResetModel()
            self.endResetModel()


class RowsModel(_SceneModel):
    """The first rows as they will be read; cells are made when they are looked at."""

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Count the rows shown."""
        if self.scene is None or parent.isValid():
            return 0
        return min(self.scene.table.n_rows, SHOWN_ROWS)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Count the columns."""
        return 0 if self.scene is None or parent.isValid() else len(self.scene.table.columns)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a cell says and how it looks."""
        if self.scene is None:
            return None
        column = self.scene.table.columns[index.column()]
        if role == Role.DisplayRole:
            return shortened(cell_text(column.values[index.row()]), 120)
        if role == Role.AccessibleTextRole:
            return cell_text(column.values[index.row()]) or self.tr("missing")
        if role == Role.TextAlignmentRole:
            return _RIGHT if column.kind == "number" else _LEFT
        if role == Role.ForegroundRole and not self._is_used(index.column()):
            return brush(theme().raw)
        if role == Role.BackgroundRole:
            return self._ground(column, index)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Return a column's name, kind and role, or a row's line in the file."""
        if self.scene is None:
            return None
        if orientation == Qt.Orientation.Vertical:
            return self._line(section) if role == Role.DisplayRole else None
        column, part = self.scene.table.columns[section], self.scene.roles[section]
        said = f"{kind_word(column.kind)} · {role_word(part)}"
        if role == Role.DisplayRole:
            return f"{shortened(column.name, LONGEST_NAME)}\n{said}"
        if role == Role.ToolTipRole:
            return f"{column.name}: {said}"
        if role == Role.TextAlignmentRole:
            return _RIGHT if column.kind == "number" else _LEFT
        if role == Role.ForegroundRole and part == "target":
            return brush(theme().accent)
        return None

    def widest(self, section: int) -> str:
        """Return the longest text of a column's first rows and header."""
        if self.scene is None:
            return ""
        values = self.scene.table.columns[section].values[:_MEASURED]
        heading = str(self.headerData(section, Qt.Orientation.Horizontal)).split("\n")
        return max([*(cell_text(value) for value in values), *heading], key=len)

    def _is_used(self, section: int) -> bool:
        return self.scene is not None and self.scene.roles[section] not in ("ignore", "id")

    def _line(self, row: int) -> str:
        lines = self.scene.table.lines if self.scene is not None else ()
        return str(int(lines[row]) if row < len(lines) else row + 1)

    def _ground(self, column: Column, index: Index) -> Any:
        if not cell_text(column.values[index.row()]):
            return brush(theme().band)
        if self.scene is not None and self.scene.roles[index.column()] == "target":
            return brush(theme().accent, 28)
        return None


class ColumnsModel(_SceneModel):
    """One row a column: its name, kind, role, missing values and first values.

    Signals
    -------
    kind_chosen, role_chosen : (column's name, kind or role)
    """

    kind_chosen = Signal(str, str)
    role_chosen = Signal(str, str)
    NAME, KIND, ROLE, MISSING, VALUES = range(5)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Count the table's columns."""
        return 0 if self.scene is None or parent.isValid() else len(self.scene.table.columns)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Count name, kind, role, missing and values."""
        return 0 if parent.isValid() else 5

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let kind and role be changed."""
        changeable = index.column() in (self.KIND, self.ROLE)
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if changeable else flags

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a cell says and how it looks."""
        if self.scene is None:
            return None
        column, part = self.scene.table.columns[index.row()], self.scene.roles[index.row()]
        if role == Role.DisplayRole:
            return self._text(column, part, index.column())
        if role == Role.EditRole:
            return column.kind if index.column() == self.KIND else part
        if role == Role.ToolTipRole:
            return role_help(part) if index.column() == self.ROLE else column.name
        if role == Role.TextAlignmentRole:
            return _RIGHT if index.column() == self.MISSING else _LEFT
        if role == Role.FontRole and part == "target":
            bold = QFont()
            bold.setBold(True)
            return bold
        if role == Role.ForegroundRole:
            quiet = part in ("ignore", "id") or index.column() == self.VALUES
            return brush(theme().quiet) if quiet else None
        return None

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        """Tell which kind or role was chosen; the model follows once it has been described."""
        if self.scene is None or value is None or role != Role.EditRole:
            return False
        if value == self.data(index, Role.EditRole):
            return False
        name = self.scene.table.columns[index.row()].name
        chosen = self.kind_chosen if index.column() == self.KIND else self.role_chosen
        chosen.emit(name, str(value))
        return True

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Return what the columns of this list are called."""
        if role == Role.TextAlignmentRole:
            return _RIGHT if section == self.MISSING else _LEFT
        if role != Role.DisplayRole or orientation == Qt.Orientation.Vertical:
            return None
        return (
            self.tr("column"),
            self.tr("kind"),
            self.tr("role"),
            self.tr("missing"),
            self.tr("first values"),
        )[section]

    def _text(self, column: Column, part: str, place: int) -> str:
        if place == self.NAME:
            return column.name
        if place == self.KIND:
            return kind_word(column.kind)
        if place == self.ROLE:
            return role_word(part)
        if place == self.MISSING:
            return format_count(column.missing) if column.missing else ""
        known = [text for text in map(cell_text, column.values[:_LOOKED_AT]) if text]
        return shortened(", ".join(known[:_EXAMPLES]), 100)


class TextsModel(QAbstractTableModel):
    """Short texts in rows and columns, each row with a label."""

    def __init__(self, headings: Sequence[str], parent: Any = None) -> None:
        super().__init__(parent)
        self.headings = tuple(headings)
        self.rows: Sequence[tuple[str, ...]] = ()
        self.first = 1

    def show_rows(self, rows: Sequence[tuple[str, ...]], first: int = 1) -> None:
        """Show other rows, counted from `first`."""
        self.beginResetModel()
        self.rows, self.first = rows, first
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Count the rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Count the columns."""
        return 0 if parent.isValid() else len(self.headings)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return a text."""
        if role in (Role.DisplayRole, Role.ToolTipRole):
            return self.rows[index.row()][index.column()]
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Return a heading, or a row's number."""
        if role == Role.TextAlignmentRole and orientation == Qt.Orientation.Horizontal:
            return _LEFT
        if role != Role.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(self.first + section)
        return self.headings[section]
