"""What is folded above the reliability diagram: band, intervals, truth, and calibrators."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from core.base.registry import Choice, Registry
from core.calibration.calibration_knobs import FITTING_ROWS, METHODS
from core.calibration.calibrators import CALIBRATORS
from core.experiment.experiment import KNOBS
from core.experiment.view import BANDS, BAR_INTERVALS
from core.scenes.reliability_scene import ReliabilityScene
from gui.session.session import Session
from gui.widgets.controls import CalmComboBox, choice, row, show_checked, toggle, without_checked

WIDEST = 138  # pixels, of a list of choices
STEP_WIDTH = 22


class ReliabilityOptions(QWidget):
    """Two lines of small controls.

    Signals
    -------
    stepped : (int)
        Light up the next bin (1), the one before (-1), or none (0).
    """

    stepped = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._build()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row(self.band, self.interval, None, self.truth, *self._steps))
        layout.addLayout(row(self.method, self.fitted_on, None, self.compare))

    def show_scene(self, scene: ReliabilityScene) -> None:
        """Show what is chosen."""
        view, choices = self.session.view, self.session.experiment.calibration
        self.band.show_value(view.reliability_band)
        self.interval.show_value(view.bar_interval)
        self.method.show_value(choices.method)
        self.fitted_on.show_value(choices.fitted_on)
        show_checked(self.truth, view.true_curve)
        self.truth.setEnabled(self.session.run.dataset.truth is not None)
        ticked = len(choices.compared)
        text = self.tr("Compare {0}").format(ticked) if ticked else self.tr("Compare")
        self.compare.setText(text)
        for name, action in self._ticks.items():
            action.setChecked(name in choices.compared)
        for button in self._steps[:2]:
            button.setEnabled(scene.kind != "smooth")
        self._steps[2].setEnabled(bool(view.brushed))

    def _build(self) -> None:
        session = self.session

        self.band = self._view_choice(
            "view.reliability_band",
            self.tr("Band"),
            self.tr("What the band holds: curves of a calibrated model, or of this one redrawn"),
            BANDS,
        )
        self.interval = self._view_choice(
            "view.bar_interval",
            self.tr("Intervals"),
            self.tr("The 90 % interval of each bin's frequency"),
            BAR_INTERVALS,
        )
        self.truth = toggle(
            "view.true_curve",
            self.tr("Truth"),
            self.tr("Draw the true curve where the generator knows it"),
            lambda on: session.set_view("true_curve", on),
        )
        self._steps = self._build_steps()
        self.method = self._knob_choice("method", self.tr("Calibrator"), METHODS)
        self.fitted_on = self._knob_choice("fitted_on", self.tr("Fitted on"), FITTING_ROWS)
        self.compare = self._build_compare()

    def _view_choice(
        self, name: str, label: str, says: str, records: Registry[Choice]
    ) -> CalmComboBox:
        found = [(self.tr(it.label), it.name) for it in records.values()]
        put = partial(self.session.set_view, name.removeprefix("view."))
        return choice(name, label, says, found, put, widest=WIDEST)

    def _knob_choice(self, name: str, label: str, records: Registry[Choice]) -> CalmComboBox:
        found = [(self.tr(it.label), it.name) for it in records.values()]
        path = f"calibration.{name}"
        return choice(
            f"reliability.{name}",
            label,
            KNOBS[path].help,
            found,
            lambda value: self.session.edit(path, value),
            widest=WIDEST,
        )

    def _build_steps(self) -> tuple[QToolButton, ...]:
        made = []
        for name, text, says, do in (
            ("previous", "◂", self.tr("Light up the bin before"), partial(self.stepped.emit, -1)),
            ("next", "▸", self.tr("Light up the next bin"), partial(self.stepped.emit, 1)),
            ("clear", "✕", self.tr("Light up no rows"), partial(self.stepped.emit, 0)),
        ):
            button = QToolButton()
            button.setObjectName(f"reliability.{name}")
            button.setText(text)
            button.setToolTip(says)
            button.setAccessibleName(says)
            button.setFixedWidth(STEP_WIDTH)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.clicked.connect(without_checked(do))
            made.append(button)
        return tuple(made)

    def _build_compare(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("reliability.compared")
        button.setText(self.tr("Compare"))
        button.setAccessibleName(self.tr("Compare calibrators"))
        button.setToolTip(KNOBS["calibration.compared"].help)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = QMenu(button)
        self._ticks: dict[str, QAction] = {}
        for name, record in CALIBRATORS.items():
            action = menu.addAction(self.tr(record.label))
            action.setCheckable(True)
            action.setToolTip(record.help)
            action.triggered.connect(lambda on, name=name: self._on_tick(name, on))
            self._ticks[name] = action
        button.setMenu(menu)
        return button

    def _on_tick(self, name: str, on: bool) -> None:
        present = set(self.session.experiment.calibration.compared)
        changed = present | {name} if on else present - {name}
        self.session.edit("calibration.compared", tuple(sorted(changed)))
