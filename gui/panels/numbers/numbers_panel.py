"""Numbers: error against the number of bins, six conventions, and each beside what chance shows."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.calibration.recalibration import changes_probabilities
from core.experiment.view_choices import NUMBERS_PAGES
from core.scenes.numbers_scene import Headline, NumbersScene, headlines, numbers_scene
from gui.panels.panel import Panel
from gui.panels.panel_text import rows_text, tr, weighted_text
from gui.panels.view_controls import view_choice, view_toggle
from gui.plot.canvas import PlotCanvas, curve
from gui.session.session import Session
from gui.style.number_text import format_count, format_number
from gui.style.theme import DASHED, brush, pen, theme
from gui.widgets.controls import row, show_checked
from gui.widgets.sections import Paragraph, Scrolled, Sections
from gui.widgets.text_table import ROW_HEIGHT, TextModel, TextTable

STRIP_HEIGHT = 190
LIVE_DRAWS, LIVE_FEWER = 60, 10
STEPS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25)  # between ticks
TOLD_FROM = 0.1  # p-values below it are marked


class NumbersPanel(Panel):
    """Draws the strip at once; the headline numbers follow from the background, latest wins."""

    frames_between = 30

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("numbers", session, parent)
        self.found: tuple[Headline, ...] = ()
        self._asked: tuple[object, ...] = ()
        self._is_busy = False
        self._found_at = -1  # the step that the numbers found are of
        self.split = view_choice(session, "split")
        self.calibrated = view_toggle(session, "numbers_calibrated")
        self.says = Paragraph("numbers.says")
        self.table_model = TextModel(self._columns(), self)
        self.table = TextTable("numbers.table", self.tr("Headline numbers"), self.table_model, self)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        pages = {"bins": self._bins_page(), "all": self.table}
        sections = Sections(
            "view.numbers_page",
            self.tr("Pages"),
            [(it.name, tr(it.label), pages[it.name]) for it in NUMBERS_PAGES.values()],
            lambda name: session.set_view("numbers_page", name),
        )
        self.sections = sections
        layout = self.stack()
        layout.addLayout(row(self.split, None, self.calibrated))
        layout.addWidget(Scrolled(sections, self), 1)
        layout.addWidget(self.says)

    def compute(self) -> NumbersScene:
        """Return the scene without the headline numbers."""
        session, view = self.session, self.session.view
        return numbers_scene(session.run, session.state, view, view.numbers_calibrated)

    def draw(self, scene: NumbersScene) -> None:
        """Draw the strip and the answers, and ask for the headline numbers where they are seen."""
        choices = self.session.experiment.calibration
        self.split.show_value(scene.split)
        self.sections.show_page(self.session.view.numbers_page)
        self.calibrated.setEnabled(changes_probabilities(choices))
        show_checked(self.calibrated, scene.of_calibrated)
        self._draw_strip(scene)
        self._draw_answers(scene)
        if self.table.isVisible():
            self._ask(scene)
        self._show_table()
        self.says.setText(self._sentence(scene))

    def describe(self, scene: NumbersScene) -> str:
        """Say the error in these bins by the definition."""
        return self._sentence(scene)

    def _columns(self) -> list[tuple[str, str]]:
        return [
            (self.tr("number"), self.tr("Point at one to read what it says")),
            (self.tr("here"), self.tr("Its value on the rows looked at")),
            (self.tr("chance"), self.tr("What a calibrated model would show on average")),
            (self.tr("low"), self.tr("One calibrated model in twenty would show less")),
            (self.tr("high"), self.tr("One calibrated model in twenty would show more")),
            (self.tr("p"), self.tr("How often a calibrated model would show as much or more")),
        ]

    def _bins_page(self) -> QWidget:
        page = QWidget()
        self.plot = PlotCanvas("numbers.strip", self)
        self.plot.setAccessibleName(self.tr("Calibration error against the number of bins"))
        self.plot.setFixedHeight(STRIP_HEIGHT)
        self._lines = {name: curve(self.plot, 3) for name in ("chance", "mass", "width")}
        self._here = pg.ScatterPlotItem(size=9)
        self._here.setZValue(5)
        self.plot.add(self._here)
        self.plot.clicked.connect(
            lambda x, y: self.session.edit("calibration.bins", min(max(round(x), 1), 100))
        )
        self.legend = Paragraph("numbers.legend")
        self.answers_model = TextModel(
            [
                (self.tr("the same predictions"), self.tr("How probabilities are put into bins")),
                (self.tr("ECE"), self.tr("Expected calibration error")),
            ],
            self,
        )
        self.answers = TextTable(
            "numbers.answers", self.tr("Answers of packages"), self.answers_model, self
        )
        self.answers.setFixedHeight(7 * ROW_HEIGHT + 12)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self.plot, self.legend, self.answers):
            column.addWidget(widget)
        return page

    def _draw_strip(self, scene: NumbersScene) -> None:
        strip, chosen = scene.strip, theme()
        for item in (*self._lines.values(), self._here):
            item.setVisible(strip is not None)
        if strip is None:
            return
        top = 1.1 * max(float(it.max()) for it in (strip.width, strip.mass, strip.chance)) or 0.1
        self.plot.set_limits(0.0, 101.0, 0.0, min(top, 1.0))
        self.plot.ticks("left", even_ticks(min(top, 1.0)))
        self.plot.label("bottom", self.tr("bins"))
        self.plot.label("left", "ECE")
        self._lines["width"].setData(strip.bins, strip.width, pen=pen(chosen.ink, 2.0))
        self._lines["mass"].setData(strip.bins, strip.mass, pen=pen(chosen.accent, 1.6))
        self._lines["chance"].setData(strip.bins, strip.chance, pen=pen(chosen.raw, style=DASHED))
        k = min(max(scene.bins, 1), len(strip.bins)) - 1
        self._here.setData(
            x=[strip.bins[k]], y=[strip.width[k]], pen=pen(chosen.paper), brush=brush(chosen.ink)
        )
        words = self.tr(
            "<b>—</b> equal width <span style='color:{0}'><b>—</b> equal mass</span> "
            "<span style='color:{1}'>- - what chance alone would show</span>. Click to choose."
        ).format(chosen.accent, chosen.quiet)
        self.legend.setText(words)

    def _draw_answers(self, scene: NumbersScene) -> None:
        rows = [(self.tr(it.label), format_number(it.value, decimals=4)) for it in scene.answers]
        self.answers_model.helps = tuple(self.tr(it.help) for it in scene.answers)
        self.answers_model.show_rows(rows)

    def _ask(self, scene: NumbersScene) -> None:
        """Ask for the headline numbers of another scene; while training, one after the other."""
        live = self.session.is_playing
        key = (scene.index, scene.bins, live)
        same = (
            len(self._asked) == len(key)
            and all(a is b or a == b for a, b in zip(self._asked[1:], key[1:], strict=True))
            and self._asked[0] is key[0]
        )
        if scene.index is None or same or (live and self._is_busy):
            return
        self._asked, self._is_busy = key, True
        cells, bins = scene.index.cells, scene.bins
        draws = (LIVE_DRAWS, LIVE_FEWER) if live else ()
        step = scene.step

        def work() -> tuple[int, tuple[Headline, ...]]:
            return step, headlines(cells, bins, *draws)

        self.session.background.run("numbers", work, self._use, self._on_failed)

    def _use(self, found: tuple[int, tuple[Headline, ...]]) -> None:
        (self._found_at, self.found), self._is_busy = found, False
        self._show_table()
        if self.scene is not None:
            self.says.setText(self._sentence(self.scene))

    def _on_failed(self, error: BaseException) -> None:
        self._is_busy = False
        self.session.failed.emit(error)

    def _show_table(self) -> None:
        rows, marked = [], set()
        for k, it in enumerate(self.found):
            found = it.chance
            rows.append(
                (
                    self._label(it),
                    format_number(found.value, decimals=3),
                    format_number(found.mean, decimals=3),
                    format_number(found.low, decimals=3),
                    format_number(found.high, decimals=3),
                    p_text(found.p_value),
                )
            )
            if found.p_value < TOLD_FROM:
                marked |= {(k, 1), (k, 5)}
        self.table_model.helps = tuple(self.tr(it.help) for it in self.found)
        self.table_model.show_rows(rows, marked=frozenset(marked))
        self.table.setFixedHeight((max(len(rows), 1) + 1) * ROW_HEIGHT + 12)

    def _label(self, headline: Headline) -> str:
        """Return a number's name; of more than two classes scores are of one forecast."""
        label, scene = self.tr(headline.label), self.scene
        if scene is None or len(scene.classes) == 2 or headline.label not in ("Brier", "log loss"):
            return label
        if scene.view == "confidence":
            return self.tr("{0}, confidence").format(label)
        return self.tr("{0}, class {1}").format(label, scene.classes[int(scene.view)])

    def _sentence(self, scene: NumbersScene) -> str:
        if scene.problem:
            return scene.problem
        if not scene.answers:
            return self.tr("The {0} part has no rows.").format(self.tr(scene.split))
        values = np.array([it.value for it in scene.answers])
        text = self.tr(
            "The same {0} in {1}: scikit-learn, NumPy, TorchMetrics and others answer {2} to {3}."
        ).format(
            rows_text(scene.n_rows),
            self.tr("1 bin") if scene.bins == 1 else self.tr("{0} bins").format(scene.bins),
            format_number(float(np.nanmin(values)), decimals=4),
            format_number(float(np.nanmax(values)), decimals=4),
        )
        if scene.weighted_by:
            text += " " + self.tr("All are {0}.").format(weighted_text(scene.weighted_by))
        if scene.fitted_here:
            text += " " + self.tr("The calibrator was fitted on these rows: it looks better here.")
        if self._found_at >= 0 and self._found_at != scene.step and self.found:
            text += " " + self.tr("The table of all numbers is still that of step {0}.").format(
                format_count(self._found_at)
            )
        return text


def p_text(p: float) -> str:
    """Return a p-value; one below a thousandth is not written as nought.

    Examples
    --------
    >>> p_text(0.0312), p_text(2e-5)
    ('0.031', '< 0.001')
    """
    return "< 0.001" if p < 0.001 else format_number(p, decimals=3)


def even_ticks(top: float) -> list[tuple[float, str]]:
    """Return about four round ticks from 0 to a number.

    Examples
    --------
    >>> [text for _, text in even_ticks(0.25)]
    ['0', '0.1', '0.2']
    """
    step = next((it for it in STEPS if top / it <= 4.5), STEPS[-1])
    return [(k * step, format_number(k * step)) for k in range(int(top / step) + 1)]
