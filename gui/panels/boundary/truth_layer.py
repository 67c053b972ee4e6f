"""The known truth over the boundary, its computation in the background, and its colour scale."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.data.dataset import Dataset
from core.data.preparing import Prepared
from core.explain.known_truth import TrueMap, TrueRows, is_known, true_map, true_rows
from core.explain.planes import Limits, Plane
from core.scenes.boundary_scene import BoundaryScene, TruthScene, truth_scene
from gui.plot.canvas import PlotCanvas, curve
from gui.plot.images import rgb
from gui.session.session import Session
from gui.style.number_text import format_number, format_percent
from gui.style.palette import Theme
from gui.style.theme import DASHED, pen, theme

RESOLUTIONS = (50, 100, 200)
LIVE_RESOLUTION = 100  # the finest that the model is compared on while training
MOST_ERROR = 0.5  # where the scale of the error ends
STRENGTH = 0.85
KIND = "truth"
_STEPS = 256


class TruthComputation(QObject):
    """Works out the truth of the present data set, each part once.

    Signals
    -------
    ready : ()
        More of it is known.
    """

    ready = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._of: tuple[Dataset, Limits] | None = None
        self._maps: list[TrueMap] = []
        self._rows: tuple[Prepared, TrueRows] | None = None
        self._asked: tuple[object, ...] = ()

    def at(self, plane: Plane, finest: int) -> TrueMap | None:
        """Return the finest map of the plane so far that is not finer than asked."""
        run = self._session.run
        dataset, limits = run.dataset, plane.limits
        if self._of is None or self._of[0] is not dataset or self._of[1] != limits:
            self._of, self._maps, self._asked = (dataset, limits), [], ()
        if self._maps and self.rows is None:
            prepared = run.prepared
            take = functools.partial(self._take_rows, prepared)
            self._ask((prepared,), lambda: true_rows(dataset, prepared), take)
        elif len(self._maps) < len(RESOLUTIONS):
            resolution = RESOLUTIONS[len(self._maps)]
            what = (*self._of, resolution)
            self._ask(what, lambda: true_map(dataset, plane, resolution), self._maps.append)
        fitting = [known for known in self._maps if known.resolution <= finest]
        return fitting[-1] if fitting else None

    @property
    def rows(self) -> TrueRows | None:
        """The truth of the present train rows; None while it is not known yet."""
        prepared = self._session.run.prepared
        return self._rows[1] if self._rows and self._rows[0] is prepared else None

    def _ask(
        self, what: tuple[object, ...], work: Callable[[], Any], take: Callable[[Any], None]
    ) -> None:
        if _same(what, self._asked):
            return
        self._asked = what

        def done(known: object) -> None:
            take(known)
            self.ready.emit()

        self._session.background.run(KIND, work, done, self._session.failed.emit)

    def _take_rows(self, prepared: Prepared, known: TrueRows) -> None:
        self._rows = (prepared, known)


class TruthLayer:
    """Draws the Bayes boundary as a dashed line, and how far the model is from the truth.

    Attributes
    ----------
    scene : TruthScene or None
        What it drew last; None where nothing is asked for or known.
    """

    def __init__(self, session: Session, plot: PlotCanvas) -> None:
        self._session = session
        self.known = TruthComputation(session, plot)
        self.scene: TruthScene | None = None
        self._image = pg.ImageItem(axisOrder="row-major")
        self._image.setZValue(1)  # over the probabilities, under the lines
        self._image.hide()
        plot.add(self._image)
        self._border = curve(plot, 6, connect="finite")
        self._border.hide()
        self._drawn: tuple[object, ...] = ()

    @property
    def shows_error(self) -> bool:
        """Whether the distance from the truth is drawn."""
        return self.scene is not None and self.scene.error is not None

    def draw(self, scene: BoundaryScene, is_calm: bool) -> None:
        """Draw what the view asks for beside a scene, as far as it is known."""
        self.scene = self._compute(scene, is_calm)
        shown = self.scene
        self._image.setVisible(shown is not None and shown.error is not None)
        self._border.setVisible(shown is not None and self._session.view.truth)
        if shown is None:
            return
        finest = self.known.at(scene.plane, RESOLUTIONS[-1]) or shown.map
        self._draw_border(finest)
        if shown.error is not None:
            picture = error_image(shown.error, theme())
            self._image.setImage(picture, autoLevels=False)
            self._image.setRect(_around(shown.map))

    def note(self) -> str:
        """Say what the best possible rule reaches and how far the model is from the truth."""
        view = self._session.view
        if not (view.truth or view.truth_error) or not is_known(self._session.run.dataset):
            return ""
        if self.scene is None or math.isnan(self.scene.bayes_accuracy):
            return self._session.tr("The truth is being worked out.")
        return self._session.tr(
            "No model can be right more often than {0} on rows like these; on average the "
            "probabilities here are {1} from the true ones."
        ).format(
            format_percent(self.scene.bayes_accuracy),
            format_number(self.scene.mean_error, decimals=3),
        )

    def _compute(self, scene: BoundaryScene, is_calm: bool) -> TruthScene | None:
        session = self._session
        view, run = session.view, session.run
        if not (view.truth or view.truth_error) or not is_known(run.dataset):
            return None
        finest = RESOLUTIONS[-1] if is_calm else LIVE_RESOLUTION
        truth = self.known.at(scene.plane, finest)
        if truth is None:
            return None
        with_error = view.truth_error and scene.unit is None
        return truth_scene(run, session.state, scene, truth, self.known.rows, with_error)

    def _draw_border(self, truth: TrueMap) -> None:
        present = (truth, theme().name)
        if not _same(present, self._drawn):
            self._drawn = present
            line = pen(theme().ink, 2.0, style=DASHED)
            self._border.setData(truth.border[:, 0], truth.border[:, 1], pen=line)


def error_image(error: np.ndarray, chosen: Theme) -> np.ndarray:
    """Return distances from the truth (r, c) as an RGBA picture (r, c, 4): paper is none."""
    share = np.nan_to_num(np.clip(error / MOST_ERROR, 0.0, 1.0), nan=1.0)
    return np.asarray(error_table(chosen)[(share * (_STEPS - 1) + 0.5).astype(np.uint16)])


@functools.lru_cache(maxsize=8)
def error_table(chosen: Theme) -> np.ndarray:
    """Return the colours (256, 4) of distances from none to the scale's end."""
    paper, full = rgb(chosen.paper), rgb(chosen.error)
    table = np.full((_STEPS, 4), 255, dtype=np.uint8)
    share = np.linspace(0.0, STRENGTH, _STEPS)[:, None]
    table[:, :3] = paper + share * (full - paper) + 0.5
    return table


def _around(truth: TrueMap) -> QRectF:
    """Return the rectangle of a picture whose pixels' middles are the map's points."""
    dx, dy = truth.x[1] - truth.x[0], truth.y[1] - truth.y[0]
    left, low = truth.x[0] - dx / 2.0, truth.y[0] - dy / 2.0
    return QRectF(left, low, dx * len(truth.x), dy * len(truth.y))


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Tell whether two tuples hold the same arrays and data sets, by identity, and equal words."""
    return len(one) == len(other) and all(
        a is b or (isinstance(a, str | int | tuple) and a == b)
        for a, b in zip(one, other, strict=True)
    )


BAR_WIDTH, BAR_HEIGHT, MARGIN, GAP = 140, 10, 8, 6


class ErrorScale(QWidget):
    """Says what the colours of the distance from the truth mean."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("boundary.error_scale")
        self.setAccessibleName(self.tr("Scale of the distance from the truth"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.hide()

    def sizeHint(self) -> QSize:
        """Ask for one line."""
        return QSize(BAR_WIDTH, self.fontMetrics().height() + GAP)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the name, the bar and its ends."""
        painter = QPainter(self)
        chosen = theme()
        painter.setPen(pen(chosen.quiet))
        x = MARGIN
        for text in (self.tr("|model − truth|"), "0"):
            x = self._write(painter, x, text)
        bar = QRect(x, (self.height() - BAR_HEIGHT) // 2, BAR_WIDTH, BAR_HEIGHT)
        ramp = QLinearGradient(bar.topLeft(), bar.topRight())
        table = error_table(chosen)
        for share in (0.0, 1.0):
            ramp.setColorAt(share, QColor(*table[round(share * (len(table) - 1))].tolist()))
        painter.fillRect(bar, ramp)
        painter.setPen(pen(chosen.line))
        painter.drawRect(bar)
        painter.setPen(pen(chosen.quiet))
        end = self.tr("{0} or more").format(format_number(MOST_ERROR))
        self._write(painter, bar.right() + GAP, end)
        painter.end()

    def _write(self, painter: QPainter, x: int, text: str) -> int:
        width = self.fontMetrics().horizontalAdvance(text)
        where = QRect(x, 0, width, self.height())
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, text)
        return x + width + GAP
