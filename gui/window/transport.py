"""Play, step, restart, the speed, and the timeline on which any step can be looked at again."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QPointF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QAction, QPainter
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from gui.session.pacing import Pace
from gui.session.session import Session
from gui.style.number_text import format_count, format_number, round_to
from gui.style.palette import on_accent
from gui.style.theme import figures_font, icon, pen, theme, themes, width_of
from gui.widgets.controls import ComboBox
from gui.widgets.layouts import StableLabel
from gui.widgets.slider import Slider
from gui.window.actions import ACTIONS, translated

BUTTONS = ("restart", "play", "step", "epoch", "ten_epochs", "new_seed")
PACES = (
    Pace(updates=1),
    Pace(updates=10),
    Pace(updates=100),
    Pace(updates=1_000),
    Pace(updates=10_000),
    Pace(epochs=1),
    Pace(epochs=5),
    Pace(epochs=20),
    Pace(epochs=100),
    Pace(),
)
FIRST_PACE = Pace(epochs=20)  # slow enough to see the boundary bend


class Transport(QWidget):
    """The row below the panels; it follows the session."""

    def __init__(
        self, session: Session, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("transport")
        self.session = session
        self.actions_by_name = actions
        self.buttons = {name: self._button(name) for name in BUTTONS}
        self.epoch = self._figure("transport.epoch", self._epoch_text(9_999_999))
        self.timeline = Timeline(session, self)
        self.speed = self._figure("transport.speed", self.updates_text(999_000.0))
        self.speed.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.pace = self._pace_box()
        self._lay_out()
        session.frame_clock.text_due.connect(self.follow)
        session.run_changed.connect(self.follow)
        session.player.playing_changed.connect(self._show_playing)
        themes().changed.connect(self._paint_icons)
        self._paint_icons()
        self.follow()

    def follow(self) -> None:
        """Show the epoch, the speed and the step looked at."""
        state = self.session.state
        self.epoch.setText(self._epoch_text(state.epoch))
        self.epoch.setToolTip(self.tr("Step {0}").format(format_count(state.step)))
        self.speed.setText(self._speed_text(self.session.player.updates_per_second))
        self.timeline.follow()

    def _epoch_text(self, epoch: int) -> str:
        return self.tr("epoch {0}").format(format_count(epoch))

    def _speed_text(self, speed: float) -> str:
        if not self.session.is_playing:
            return self.tr("paused")
        return "" if math.isnan(speed) or speed <= 0.0 else self.updates_text(speed)

    def updates_text(self, speed: float) -> str:
        """Return the updates a second in words, with three digits."""
        shown = round_to(speed) if speed >= 100.0 else round(speed)
        return self.tr("{0} updates/s").format(format_number(shown))

    def _show_playing(self) -> None:
        playing = self.session.is_playing
        label = self.tr("Pause") if playing else self.tr("Play")
        self.actions_by_name["play"].setText(label)
        button = self.buttons["play"]
        button.setIcon(icon("pause" if playing else "play", on_accent(theme())))
        button.setAccessibleName(label)
        self.follow()

    def _paint_icons(self) -> None:
        for name, button in self.buttons.items():
            button.setIcon(icon(ACTIONS[name].icon))
        self._show_playing()

    def _button(self, name: str) -> QToolButton:
        record, action = ACTIONS[name], self.actions_by_name[name]
        button = QToolButton(self)
        button.setObjectName(f"action.{name}.button")
        button.setAccessibleName(translated(record.label))
        button.setToolTip(f"{translated(record.help)} ({record.keys})")
        button.setFixedSize(32, 32)
        button.setIconSize(QSize(16, 16))
        button.clicked.connect(action.trigger)
        return button

    def _figure(self, name: str, widest: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setFont(figures_font(label.font()))
        label.setMinimumWidth(width_of(label, widest) + 4)
        return label

    def _pace_box(self) -> ComboBox:
        box = ComboBox(self)
        box.setObjectName("transport.pace")
        box.setAccessibleName(self.tr("Speed of training"))
        box.setToolTip(self.tr("How fast to train"))
        for pace in PACES:
            box.addItem(self._pace_text(pace), pace)
        box.setFixedWidth(width_of(box, self._pace_text(PACES[4])) + 40)
        present = self.session.player.pace
        box.setCurrentIndex(PACES.index(present) if present in PACES else len(PACES) - 1)
        box.activated.connect(lambda index: self.session.player.set_pace(PACES[index]))
        return box

    def _pace_text(self, pace: Pace) -> str:
        if pace.updates == 1:
            return self.tr("1 update a second")
        if pace.epochs == 1:
            return self.tr("1 epoch a second")
        if pace.updates:
            return self.tr("{0} updates a second").format(format_count(int(pace.updates)))
        if pace.epochs:
            return self.tr("{0} epochs a second").format(format_count(int(pace.epochs)))
        return self.tr("as fast as it goes")

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(4)
        for name in BUTTONS:
            layout.addWidget(self.buttons[name])
        layout.addSpacing(8)
        layout.addWidget(StableLabel(self.epoch))
        layout.addSpacing(4)
        layout.addWidget(self.timeline, 1)
        layout.addSpacing(4)
        layout.addWidget(StableLabel(self.speed))
        layout.addSpacing(8)
        layout.addWidget(self.pace)


_MAX_POSITIONS = 2**30  # a slider's value has 32 bits; longer runs are divided into so many
_MAX_MARKS = 200


class Timeline(Slider):
    """A slider over the steps of the run, with a mark at each edit; at its end it is live.

    Attributes
    ----------
    marks : tuple of float
        Where edits are, as fractions of the run.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("transport.timeline")
        self.setAccessibleName(self.tr("Step of the run that is shown"))
        self.setToolTip(self.tr("Drag to look at an earlier step; play there to branch"))
        self._first = 0
        self._unit = 1
        self.marks: tuple[float, ...] = ()
        self.valueChanged.connect(self._on_moved)
        self.follow()

    def sizeHint(self) -> QSize:
        """Ask for a wide slider."""
        return QSize(320, 32)

    def follow(self) -> None:
        """Show the step looked at."""
        history = self.session.run.history
        span = max(history.latest.step - history.first_step, 0)
        self._first = history.first_step
        self._unit = -(-span // _MAX_POSITIONS) or 1
        edits = [edit.step for edit in history.edits[1:]][-_MAX_MARKS:]
        self.marks = tuple((step - self._first) / span for step in edits) if span else ()
        place = (self.session.state.step - self._first) // self._unit
        with QSignalBlocker(self):
            self.setMaximum(span // self._unit)
            if not self.isSliderDown():
                self.setValue(self.maximum() if self.session.is_live else place)
        self.setPageStep(max(history.problem.steps_per_epoch // self._unit, 1))
        self.setEnabled(span > 0)

    def paint_marks(self, painter: QPainter, left: float, right: float, middle: float) -> None:
        """Draw a line at each edit."""
        painter.setPen(pen(theme().accent, 1.5, is_cosmetic=False))
        for mark in self.marks:
            x = left + mark * (right - left)
            painter.drawLine(QPointF(x, middle - 6), QPointF(x, middle + 6))

    def _on_moved(self, place: int) -> None:
        if place >= self.maximum():
            self.session.scrub(self.session.run.history.latest.step)
        else:
            self.session.scrub(self._first + place * self._unit)
