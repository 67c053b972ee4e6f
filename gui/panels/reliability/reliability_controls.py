"""The controls above the reliability diagram.

Always shown: part, forecast, curve and its bins or width. Folded where there is little room: band,
intervals, truth and calibrators.
"""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from core.base.knobs import IntegerKnob
from core.base.registry import Choice, Registry
from core.calibration.calibration_knobs import FITTING_ROWS, calibration_methods
from core.calibration.calibrators import CALIBRATORS
from core.experiment.experiment import KNOBS
from core.experiment.view_knobs import RELIABILITY_OPTIONS, SMOOTHING
from core.scenes.reliability_scene import ReliabilityScene
from gui.panels.panel_text import tr
from gui.panels.view_controls import view_choice, view_toggle
from gui.session.session import Session
from gui.style.number_text import format_number
from gui.style.theme import figures_font, width_of
from gui.widgets.controls import ComboBox, choice, row, show_checked, toggle, without_checked
from gui.widgets.slider import Slider

WIDEST, LEAST = 190, 64  # the lists of the first two lines
SMOOTHING_STEPS = 400
COARSEST = 0.5
FINEST = 0.002
OPEN_WIDTH, OPEN_HEIGHT = 470, 560  # from here on the second lines are open by themselves


class ReliabilityControls(QWidget):
    """Small controls in five lines; the last three are folded where there is little room.

    Signals
    -------
    stepped : (int)
        Light up the next bin (1), the one before (-1), or none (0).
    """

    stepped = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._drags = 0
        self._build_first()
        self._build_curve()
        self.options = toggle(
            "view.reliability_options",
            tr(RELIABILITY_OPTIONS.label),
            tr(RELIABILITY_OPTIONS.help),
            self._on_options,
        )
        self._has_room = False
        self._scene: ReliabilityScene | None = None
        self._folded: ReliabilityOptions | None = None
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row(self.split, self.judged, None, self.options))
        curve_row = row(self.curve, self._scales)
        curve_row.setStretch(1, 1)
        layout.addLayout(curve_row)

    @property
    def folded(self) -> ReliabilityOptions:
        """The last three lines, made when they are first seen."""
        if self._folded is None:
            self._folded = ReliabilityOptions(self.session, self)
            self._folded.setMinimumWidth(1)  # it is folded before it could be cut
            self._folded.stepped.connect(self.stepped)
            if self._scene is not None:
                self._folded.show_scene(self._scene)
            self._layout.addWidget(self._folded)
        return self._folded

    def fit(self, width: int, height: int) -> None:
        """Open the folded lines where there is room, unless the view says whether to."""
        self._has_room = width >= OPEN_WIDTH and height >= OPEN_HEIGHT
        self._show_options()

    def _show_options(self) -> None:
        asked = self.session.view.reliability_options
        is_open = self._has_room if asked == "auto" else asked == "shown"
        show_checked(self.options, is_open)
        if is_open or self._folded is not None:
            self.folded.setVisible(is_open)

    def show_scene(self, scene: ReliabilityScene) -> None:
        """Show what is chosen."""
        self._offer_forecasts(scene)
        self.split.show_value(scene.split)
        self.curve.show_value(scene.kind)
        self._show_options()
        is_smooth = scene.kind == "smooth"
        self._scales.setCurrentIndex(int(is_smooth))
        self.bins.show_value(scene.bins)
        self._bins_said.setText(self.tr("{0} bins").format(scene.bins))
        self._show_smoothing(scene, is_smooth)
        self._scene = scene
        if self._folded is not None:
            self._folded.show_scene(scene)

    def _build_first(self) -> None:
        session = self.session
        self.split = view_choice(session, "split", widest=WIDEST, caption=tr("judge on"))
        self.judged = view_choice(
            session, "reliability_class", widest=WIDEST, caption=tr("forecast")
        )
        for box in (self.split, self.judged):
            box.setMinimumWidth(LEAST)

    def _build_curve(self) -> None:
        knob = KNOBS["calibration.bins"]
        self.curve = view_choice(
            self.session, "reliability_curve", widest=WIDEST, caption=tr("curve")
        )
        self.curve.setMinimumWidth(LEAST)
        self.bins, self._bins_said = self._slider("reliability.bins", self.tr("Bins"), knob.help)
        if isinstance(knob, IntegerKnob):
            self.bins.setRange(knob.low, knob.high)
        self.bins.sliderPressed.connect(self._begin_drag)
        self.bins.valueChanged.connect(self._on_bins)
        self.smoothing, self._smoothing_said = self._slider(
            "view.smoothing", tr(SMOOTHING.label), tr(SMOOTHING.help)
        )
        self.smoothing.setRange(0, SMOOTHING_STEPS)
        self.smoothing.valueChanged.connect(
            lambda place: self.session.set_view("smoothing", width_at(place))
        )
        self.fixed = toggle(
            "view.smoothing.fixed_point",
            self.tr("Fixed point"),
            self.tr("Smooth as widely as the smooth calibration error is large"),
            lambda on: self.session.set_view("smoothing", 0.0 if on else self._present_sigma()),
        )
        self._sigma = 0.1
        self._scales = QStackedWidget()
        for widgets in (
            (self.bins, self._bins_said),
            (self.smoothing, self._smoothing_said, self.fixed),
        ):
            page = QWidget()
            line = row(*widgets)
            line.setContentsMargins(0, 0, 0, 0)
            page.setLayout(line)
            self._scales.addWidget(page)
        self._scales.setFixedHeight(self.fixed.sizeHint().height())

    def _slider(self, name: str, label: str, says: str) -> tuple[Slider, QLabel]:
        slider = Slider()
        slider.setObjectName(name)
        slider.setAccessibleName(label)
        slider.setToolTip(says)
        said = QLabel()
        said.setFont(figures_font(said.font()))
        said.setFixedWidth(width_of(said, self.tr("{0} bins").format(100)) + 4)
        return slider, said

    def _offer_forecasts(self, scene: ReliabilityScene) -> None:
        choices: list[tuple[str, object]] = [(name, k) for k, name in enumerate(scene.classes)]
        if len(scene.classes) == 2:
            choices = [(choices[1][0], -1), choices[0]]
        else:
            choices.insert(0, (self.tr("confidence"), -1))
        self.judged.offer(choices)
        asked = self.session.view.reliability_class
        self.judged.show_value(asked if any(asked == k for _, k in choices) else -1)

    def _show_smoothing(self, scene: ReliabilityScene, is_smooth: bool) -> None:
        if not is_smooth or scene.raw is None:
            return
        self._sigma = scene.raw.curve.sigma
        asked = self.session.view.smoothing
        self.smoothing.show_value(place_of(asked or self._sigma))
        show_checked(self.fixed, not asked)
        self._smoothing_said.setText(f"σ {format_number(self._sigma)}")

    def _present_sigma(self) -> float:
        return min(max(self._sigma, FINEST), COARSEST)

    def _begin_drag(self) -> None:
        self._drags += 1

    def _on_bins(self, bins: int) -> None:
        drag = ("reliability.bins", self._drags) if self.bins.isSliderDown() else None
        self.session.edit("calibration.bins", bins, drag=drag)

    def _on_options(self, on: bool) -> None:
        self.session.set_view("reliability_options", "shown" if on else "hidden")


def width_at(place: int) -> float:
    """Return the kernel width at a place of the logarithmic slider."""
    return float(FINEST * (COARSEST / FINEST) ** (place / SMOOTHING_STEPS))


def place_of(width: float) -> int:
    """Return the place of the slider nearest to a kernel width."""
    share = math.log(max(width, FINEST) / FINEST) / math.log(COARSEST / FINEST)
    return min(round(share * SMOOTHING_STEPS), SMOOTHING_STEPS)


WIDEST_OPTION = 190  # pixels, of a list of choices
STEP_WIDTH = 22


class ReliabilityOptions(QWidget):
    """Three lines of small controls.

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
        layout.addLayout(row(self.band, self.interval, None, self.truth))
        layout.addLayout(row(self.method, self.fitted_on, None))
        layout.addLayout(row(self.compare, self.bars, None, *self._steps))

    def show_scene(self, scene: ReliabilityScene) -> None:
        """Show what is chosen."""
        view, choices = self.session.view, self.session.experiment.calibration
        self.band.show_value(view.reliability_band)
        self.interval.show_value(view.bar_interval)
        self.method.show_value(choices.method)
        self.fitted_on.show_value(choices.fitted_on)
        show_checked(self.bars, view.bars)
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

        self.band = view_choice(
            session, "reliability_band", widest=WIDEST_OPTION, caption=tr("band")
        )
        self.interval = view_choice(
            session, "bar_interval", widest=WIDEST_OPTION, caption=tr("intervals")
        )
        self.truth = view_toggle(session, "true_curve")
        self.bars = view_toggle(session, "bars")
        self._steps = self._build_steps()
        self.method = self._knob_choice("method", self.tr("Calibrator"), calibration_methods())
        self.fitted_on = self._knob_choice("fitted_on", self.tr("Fitted on"), FITTING_ROWS)
        self.compare = self._build_compare()

    def _knob_choice(self, name: str, label: str, records: Registry[Choice]) -> ComboBox:
        found = [(self.tr(it.label), it.name) for it in records.values()]
        path = f"calibration.{name}"
        return choice(
            f"reliability.{name}",
            label,
            KNOBS[path].help,
            found,
            lambda value: self.session.edit(path, value),
            widest=WIDEST_OPTION,
            caption=label.lower(),
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
