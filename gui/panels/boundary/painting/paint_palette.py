"""The palette of the painting tools: tools, classes, the brush's size and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from core.base.knobs import IntegerKnob
from core.data.painted import TOOLS, classes_of
from core.experiment.view_knobs import PAINT_DENSITY, PAINT_SIZE
from gui.panels.boundary.painting.paint_sheet import MOST_CLASSES
from gui.panels.boundary.painting.painter import SIZE_STEP, Painter
from gui.panels.panel_text import tr
from gui.style.number_text import format_count
from gui.style.theme import class_mark, theme
from gui.widgets.controls import note, row, show_checked, toggle, without_checked
from gui.widgets.layouts import SpreadLayout
from gui.widgets.slider import Slider

SLIDER_WIDTH = 84


class PaintPalette(QWidget):
    """Shows and changes a painter's tool, class and brush; hidden while nothing is painted.

    Parameters
    ----------
    painter : Painter
    """

    def __init__(self, painter: Painter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("paint.palette")
        self.painter = painter
        self.tools = {name: self._tool(name) for name in TOOLS}
        self.classes = [self._class(k) for k in range(MOST_CLASSES)]
        self.more = self._button("paint.add_class", "+", self.tr("Add a class"), painter.add_class)
        self.size_label, self.size_slider = self._slider("paint_size", PAINT_SIZE, "[ ]")
        self.density_label, self.density = self._slider("paint_density", PAINT_DENSITY)
        self.blank = self._button(
            "paint.blank",
            self.tr("Blank sheet"),
            self.tr("Begin with nothing on the sheet"),
            painter.start_blank,
        )
        self.done = self._button(
            "paint.done", self.tr("Done"), self.tr("Leave painting (Esc)"), painter.stop
        )
        self.offer = note("paint.offer")
        self.take = QPushButton(self.tr("Start a blank sheet"))
        self.take.setObjectName("paint.start_blank")
        self.take.setAccessibleName(self.take.text())
        self.take.setToolTip(self.tr("Your data stay as they are until there is enough to learn"))
        self.take.clicked.connect(without_checked(painter.start_blank))
        self._lay_out()
        self._shortcuts = self._make_shortcuts()
        self.hide()

    def show_state(self) -> None:
        """Show the painter's tool, class and brush."""
        painter, view = self.painter, self.painter.session.view
        self.setVisible(painter.is_on)
        for shortcut in self._shortcuts:
            shortcut.setEnabled(painter.is_on)
        if not painter.is_on:
            return
        self._offered.setVisible(bool(painter.offer))
        self._tools.setVisible(not painter.offer)
        self.offer.setText(painter.offer)
        for name, button in self.tools.items():
            show_checked(button, name == view.paint_tool)
        for k, button in enumerate(self.classes):
            button.setVisible(k < painter.n_classes)
            button.setIcon(QIcon(class_mark(k, theme())))
            show_checked(button, k == painter.painted_class)
        self.more.setEnabled(painter.n_classes < MOST_CLASSES)
        self.size_slider.show_value(view.paint_size)
        self.density.show_value(view.paint_density)
        for widget in (self.density_label, self.density):
            widget.setVisible(view.paint_tool == "airbrush")

    def _tool(self, name: str) -> QToolButton:
        record = TOOLS[name]
        button = toggle(
            f"view.paint_tool.{name}",
            tr(record.label),
            tr(record.help),
            lambda _: self._choose(name),
        )
        return button

    def _choose(self, name: str) -> None:
        self.painter.session.set_view("paint_tool", name)
        self.show_state()  # a tool pressed again stays chosen

    def _class(self, k: int) -> QToolButton:
        text = self.tr("Paint class {0} (key {1})").format(k, k + 1)
        button = toggle(f"view.paint_class.{k}", str(k), text, lambda _: self._choose_class(k))
        button.setAccessibleName(self.tr("Class {0}").format(k))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(12, 12))
        return button

    def _choose_class(self, k: int) -> None:
        self.painter.choose_class(k)
        self.show_state()

    def _button(self, name: str, text: str, help_text: str, do: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(help_text)
        button.setAccessibleName(help_text if text == "+" else text)
        button.clicked.connect(without_checked(do))
        return button

    def _slider(self, name: str, knob: IntegerKnob, keys: str = "") -> tuple[QLabel, Slider]:
        text, says = tr(knob.label), tr(knob.help)
        slider = Slider()
        slider.setObjectName(f"view.{name}")
        slider.setRange(knob.low, knob.high)
        slider.setFixedWidth(SLIDER_WIDTH)
        slider.setToolTip(f"{says} ({keys})" if keys else says)
        slider.setAccessibleName(text)
        slider.valueChanged.connect(partial(self.painter.session.set_view, name))
        label = QLabel(text)
        label.setBuddy(slider)
        label.setProperty("quiet", True)
        return label, slider

    def _lay_out(self) -> None:
        first = _line((*self.tools.values(), None), (self.blank, self.done))
        sliders = (self.size_label, self.size_slider, self.density_label, self.density)
        second = _line((*self.classes, self.more, None), sliders)
        self._tools = QWidget(self)
        lines = QVBoxLayout(self._tools)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        lines.addLayout(first)
        lines.addLayout(second)
        self._offered = QWidget(self)
        line = QHBoxLayout(self._offered)
        line.setContentsMargins(8, 4, 8, 4)
        line.addWidget(self.offer, 1)
        line.addWidget(self.take)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._offered)
        layout.addWidget(self._tools)

    def _make_shortcuts(self) -> list[QShortcut]:
        painter = self.painter
        keys: dict[str, Callable[[], None]] = {
            "Esc": painter.stop,
            "[": lambda: painter.resize(painter.size / SIZE_STEP),
            "]": lambda: painter.resize(painter.size * SIZE_STEP),
        }
        keys |= {str(k + 1): partial(painter.choose_class, k) for k in range(MOST_CLASSES)}
        made = []
        for key, do in keys.items():
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setEnabled(False)
            shortcut.activated.connect(do)
            made.append(shortcut)
        return made


def _line(left: tuple[QWidget | None, ...], right: tuple[QWidget | None, ...]) -> SpreadLayout:
    ends = QWidget(), QWidget()
    for end, widgets, margins in zip(ends, (left, right), ((8, 0), (0, 8)), strict=True):
        line = row(*widgets)
        line.setContentsMargins(margins[0], 2, margins[1], 2)
        end.setLayout(line)
    return SpreadLayout(*ends)


def painting_note(painter: Painter) -> str:
    """Say what painting waits for, what was left out, or what is there: always one line.

    Were there a line at some times only, the plot would move under the mouse.
    """
    points = painter.sheet.points
    if not painter.is_painting:
        return ""
    from core.data.painted import MOST_POINTS

    if painter.is_local:
        said = tr("Paint at least three points, of two classes.")
        if not points:
            return said
        if classes_of(points) == 1:
            so_far = tr("So far: {0} of class {1}.").format(len(points), points[0][2])
        else:
            so_far = tr("So far: {0}.").format(len(points))
        return f"{said} {so_far}"
    if len(points) >= MOST_POINTS:
        return tr("The sheet is full: {0} points are the most.").format(format_count(MOST_POINTS))
    dataset = painter.session.run.dataset
    if len(points) < dataset.n_samples:
        return tr("{0} of {1} rows are taken along.").format(
            format_count(len(points)), format_count(dataset.n_samples)
        )
    said = tr("{0} points of {1} classes. Esc ends painting.")
    return said.format(format_count(len(points)), classes_of(points))
