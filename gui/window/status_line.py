"""The status line: metrics of one split, messages, the progress of reading, and the engine."""

from __future__ import annotations

import math

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QWidget

from gui.session.session import Session
from gui.style.number_text import format_number
from gui.style.theme import figures_font, width_of
from gui.widgets.layouts import StableLabel

FIGURES = ("accuracy", "log_loss", "brier")
_MESSAGE_MILLISECONDS = 12_000


class StatusLine(QWidget):
    """Accuracy, log loss and Brier score of the view's split; messages; and the engine's name."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.session = session
        self._measured: tuple[object, object] = (None, None)
        self._values: dict[str, float] = {}
        self._titles: dict[str, QLabel] = {}
        self.figures = {name: self._figure(name) for name in FIGURES}
        self.split = self._quiet("status.split")
        self.message = self._quiet("status.message")
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.engine = self._quiet("status.engine")
        self._clear = QTimer(self)
        self._clear.setSingleShot(True)
        self._clear.setInterval(_MESSAGE_MILLISECONDS)
        self._clear.timeout.connect(self._clear_message)
        self._lay_out()
        session.frame_clock.text_due.connect(self.follow)
        session.run_changed.connect(self.follow)
        session.view_changed.connect(self.follow)
        session.experiment_changed.connect(self.follow)
        session.message.connect(self.show_message)
        session.player.playing_changed.connect(self._on_playing)
        self.follow()

    def follow(self) -> None:
        """Show the metrics of the state looked at; a warning that is past goes."""
        if self.message.property("warning") and self.session.player.divergence is None:
            self.message.setProperty("warning", False)
            self.message.style().polish(self.message)
            self._clear_message()
        split = self.session.view.split
        values = self._figures_now()
        for name, label in self.figures.items():
            label.setText(format_number(values.get(f"{split}.{name}", math.nan), decimals=3))
        self.split.setText(self._split_text(split))
        is_summed = len(self.session.run.classes) > 2
        title = self.tr("Brier score, summed") if is_summed else self.tr("Brier score")
        self._titles["brier"].setText(title)
        self.engine.setText(self.session.run.history.engine.name)

    def show_message(self, text: str) -> None:
        """Show a message for a while; one of a divergence, until training goes on."""
        self.message.setText(text)
        self.message.setToolTip(text)
        diverged = self.session.player.divergence is not None
        if self.message.property("warning") != diverged:
            self.message.setProperty("warning", diverged)
            self.message.style().polish(self.message)
        if diverged:
            self._clear.stop()
        else:
            self._clear.start()

    def _figures_now(self) -> dict[str, float]:
        run, state = self.session.run, self.session.state
        if self.session.is_live:
            metrics = run.history.metrics
            if not len(metrics):
                return {}
            split = self.session.view.split
            names = [f"{split}.{name}" for name in FIGURES]
            return {name: float(metrics.column(name)[-1]) for name in names}
        if self._measured != (run, state):
            from core.training.recorded_metrics import measure, parts_of

            problem = run.history.problem_at(state.step)
            self._values = measure(problem, parts_of(run.prepared), state)
            self._measured = (run, state)
        return self._values

    def _split_text(self, split: str) -> str:
        texts = {
            "train": self.tr("on train rows"),
            "validation": self.tr("on validation rows"),
            "test": self.tr("on test rows"),
        }
        column = self.session.run.weighted_by
        said = self.tr(", weighted by {0}").format(column) if column else ""
        return texts[split] + said

    def _on_playing(self, playing: bool) -> None:
        if playing and self.message.property("warning"):
            self._clear_message()

    def _clear_message(self) -> None:
        self.message.clear()
        self.message.setToolTip("")

    def _figure(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(f"status.{name}")
        label.setProperty("figure", True)
        label.setFont(figures_font(label.font(), bold=True, scale=1.1))
        label.setMinimumWidth(width_of(label, "0.000") + 8)
        return label

    def _quiet(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setProperty("quiet", True)
        return label

    def _lay_out(self) -> None:
        titles = {
            "accuracy": self.tr("accuracy"),
            "log_loss": self.tr("log loss"),
            "brier": self.tr("Brier score"),
        }
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 2, 12, 2)
        layout.setSpacing(6)
        for name, figure in self.figures.items():
            title = self._quiet(f"status.{name}.title")
            title.setText(titles[name])
            self._titles[name] = title
            figure.setAccessibleName(titles[name])
            layout.addWidget(title)
            layout.addWidget(StableLabel(figure))
            layout.addSpacing(6)
        layout.addWidget(StableLabel(self.split))
        layout.addSpacing(24)
        layout.addWidget(StableLabel(self.message), 1)
        layout.addWidget(OpeningBar(self.session, self))
        layout.addWidget(StableLabel(self.engine))


_SHOW_AFTER, _INTERVAL = 500, 100  # milliseconds


class OpeningBar(QWidget):
    """The progress of reading a file, once that has taken half a second, with a button to stop."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.bar = QProgressBar(self)
        self.bar.setObjectName("opening.progress")
        self.bar.setAccessibleName(self.tr("How much of the file is read"))
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(120, 6)
        self.stop = QToolButton(self)
        self.stop.setObjectName("opening.stop")
        self.stop.setText(self.tr("Stop"))
        self.stop.setToolTip(self.tr("Stop reading; everything stays as it is"))
        self.stop.clicked.connect(session.cancel_opening)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setSpacing(4)
        layout.addWidget(self.bar)
        layout.addWidget(self.stop)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._follow)
        session.opening_changed.connect(self._on_opening)
        self.hide()

    def _on_opening(self) -> None:
        self.hide()
        if self.session.opening is None:
            self._timer.stop()
        else:
            self._timer.start(_SHOW_AFTER)

    def _follow(self) -> None:
        opening = self.session.opening
        if opening is None or not opening.is_wanted():
            self.hide()
            self._timer.stop()
            return
        self._timer.setInterval(_INTERVAL)
        self.bar.setValue(round(1000 * opening.fraction))
        self.show()
