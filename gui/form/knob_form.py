"""The form of all knobs, generated from the Experiment."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from core.experiment.experiment import KNOBS, SECTIONS, Experiment
from gui.form.binding import Binding
from gui.form.data_editors import ColumnChoices
from gui.form.knob_row import Row
from gui.session.session import Session
from gui.style.theme import icon, theme, themes

_NARROWEST, _WIDEST = 296, 440


class Fold(QToolButton):
    """A title that shows and hides what is below it."""

    def __init__(self, text: str, body: QWidget, is_open: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.body = body
        self.setText(text)
        self.setCheckable(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.toggled.connect(self._on_toggled)
        themes().changed.connect(self._paint_icon)
        self.setChecked(is_open)
        self._on_toggled(is_open)

    def _on_toggled(self, is_open: bool) -> None:
        self.body.setVisible(is_open)
        self._paint_icon()

    def _paint_icon(self) -> None:
        self.setIcon(icon("open_fold" if self.isChecked() else "closed_fold", theme().quiet))


class Section(QWidget):
    """A section of the experiment: its title, its knobs, and under "More" its advanced ones."""

    def __init__(self, name: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"section.{name}")
        body = QWidget(self)
        self.first, self.rest = QWidget(body), QWidget(body)
        _column(self.first)
        _column(self.rest)
        self.title = Fold(title.upper(), body, True, self)
        self.title.setProperty("section", True)
        self.title.setAccessibleName(title)
        self.title.setObjectName(f"section.{name}.title")
        self.more = Fold(self.tr("More"), self.rest, False, body)
        self.more.setProperty("fold", True)
        self.more.setObjectName(f"section.{name}.more")
        inner = QVBoxLayout(body)
        inner.setContentsMargins(0, 0, 0, 8)
        inner.setSpacing(0)
        inner.addWidget(self.first)
        inner.addWidget(self.more)
        inner.addWidget(self.rest)
        layout = _column(self)
        layout.addWidget(self.title)
        layout.addWidget(body)

    def place_of(self, path: str) -> QWidget:
        """Return the widget that holds a knob's row."""
        return self.rest if KNOBS[path].advanced else self.first

    def show_count(self, changed: int, relevant: int) -> None:
        """Show on "More" how many of its knobs differ from their default."""
        self.more.setVisible(relevant > 0)
        text = self.tr("More")
        self.more.setText(self.tr("More, {0} changed").format(changed) if changed else text)


class KnobForm(QScrollArea):
    """Every knob of the experiment, grouped; it follows the session, undo included.

    Parameters
    ----------
    session : Session
    open_file : callable
        Asks the user for a table.
    complete : bool
        Whether to make the hidden rows at once, or only when `complete` is called.
    """

    def __init__(
        self,
        session: Session,
        open_file: Callable[[], None],
        parent: QWidget | None = None,
        complete: bool = True,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("panel.knobs")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.session = session
        self.rows: dict[str, Row] = {}
        self.sections: dict[str, Section] = {}
        self._open_file = open_file
        body = QWidget(self)
        body.setObjectName("knobs.body")
        self.setWidget(body)
        layout = _column(body)
        layout.setContentsMargins(12, 0, 8, 8)
        self._columns = ColumnChoices(session, self)
        titles = self._titles()
        for name in SECTIONS:
            section = Section(name, titles.get(name, name), body)
            self.sections[name] = section
            section.more.toggled.connect(self.complete)
            layout.addWidget(section)
        for path in KNOBS:
            if not KNOBS[path].advanced and session.experiment.is_relevant(path):
                self._add(path)
        layout.addStretch(1)
        self.setMinimumWidth(_NARROWEST)
        self.setMaximumWidth(_WIDEST)
        session.experiment_changed.connect(self._follow)
        session.run_changed.connect(self._show_forced)
        self._show_relevance()
        if complete:
            self.complete()

    def complete(self) -> None:
        """Make the rows under "More", and those that are not relevant now."""
        missing = [path for path in KNOBS if path not in self.rows]
        for path in missing:
            self._add(path)
        if missing:
            self._show_relevance()

    def _add(self, path: str) -> None:
        section = self.sections[path.partition(".")[0]]
        place = section.place_of(path)  # a row that is moved later would be styled twice
        row = Row(Binding(self.session, path), self._columns, self._open_file, place)
        self.rows[path] = row
        if isinstance(column := place.layout(), QVBoxLayout):
            column.insertWidget(self._rank(path, place), row)

    def _rank(self, path: str, place: QWidget) -> int:
        """Return how many rows stand above a knob's."""
        above = takewhile(lambda other: other != path, KNOBS)
        return sum(other in self.rows and self.rows[other].parent() is place for other in above)

    def _titles(self) -> dict[str, str]:
        return {
            "data": self.tr("Data"),
            "model": self.tr("Model"),
            "training": self.tr("Training"),
            "calibration": self.tr("Calibration"),
        }

    def _follow(self, old: Experiment, new: Experiment) -> None:
        for path in old.changes(new):
            if path in self.rows:
                self.rows[path].show_value()
        self._show_relevance()

    def _show_forced(self) -> None:
        """Show the output that the classes force: more than two always use softmax."""
        run, path = self.session.run, "model.head"
        if path in self.rows:
            is_forced = len(run.classes) > 2
            why = self.tr("More than two classes always use softmax.") if is_forced else ""
            self.rows[path].show_forced(run.architecture.head, why)

    def _show_relevance(self) -> None:
        self._show_forced()
        experiment = self.session.experiment
        for name, section in self.sections.items():
            own = [path for path in KNOBS if path.startswith(f"{name}.")]
            relevant = {path for path in own if experiment.is_relevant(path)}
            for path in own:
                if path in self.rows:
                    self.rows[path].setVisible(path in relevant)
            folded = [path for path in relevant if KNOBS[path].advanced]
            changed = [path for path in folded if experiment.value(path) != KNOBS[path].default]
            section.show_count(len(changed), len(folded))


def _column(widget: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    return layout
