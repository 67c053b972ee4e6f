"""The boundary panel's texts: the read-out under the mouse, axis labels and notes."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QLabel, QWidget

from core.base.arrays import SPLITS
from core.data.dataset import Dataset
from core.explain.planes import Axis
from core.explain.unit_maps import INPUTS, UnitMap
from core.scenes.boundary_scene import BoundaryScene, Reading
from gui.panels.panel_text import level_or_number, tr
from gui.style.number_text import format_count, format_number, format_percent, round_to
from gui.style.theme import class_colour, class_sign, theme

MARGIN = 10
LEFT_AXIS = 52


class ReadOut(QLabel):
    """A small table over a plot; it lets the mouse through."""

    def __init__(self, plot: QWidget) -> None:
        super().__init__(plot)
        self.setObjectName("boundary.reading")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setContentsMargins(8, 6, 8, 6)
        self._plot = plot
        self._on_left = False
        plot.installEventFilter(self)
        self.hide()

    def show_text(self, html: str, on_left: bool) -> None:
        """Show a text in the upper left or the upper right corner."""
        self._on_left = on_left
        chosen = theme()
        style = f"background: {chosen.paper}; color: {chosen.ink}; border: 1px solid {chosen.line};"
        if style != self.styleSheet():
            self.setStyleSheet(style)
        if html != self.text():
            self.setText(html)
        self.adjustSize()
        self._place()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner when the plot changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        right = self._plot.width() - self.width() - MARGIN
        self.move(LEFT_AXIS + MARGIN if self._on_left else right, MARGIN)


def reading_html(scene: BoundaryScene, reading: Reading, near: int) -> str:
    """Return the table of a reading: where, then each class's logit and probability."""
    quiet = theme().quiet
    where = [
        f"{escape(axis.name or tr('component {0}').format(axis.feature + 1))}"
        f" = <b>{escape(_value(axis.ticks, value))}</b>"
        for axis, value in zip(scene.plane.axes, reading.values, strict=True)
    ]
    where += [
        f"<span style='color:{quiet}'>{escape(name)} = {format_number(round_to(value))}</span>"
        for name, value in reading.raw
    ]
    head = f"<tr style='color:{quiet}'><td></td><td align='right'>{tr('logit')}</td>"
    head += f"<td align='right'>&nbsp;&nbsp;{tr('probability')}</td></tr>"
    body = "".join(
        f"<tr><td><span style='color:{class_colour(k)}'>{class_sign(k)}</span> {escape(name)}"
        f"&nbsp;&nbsp;</td><td align='right'>{format_number(logit, decimals=2)}</td>"
        f"<td align='right'>{format_number(p, decimals=3)}</td></tr>"
        for k, (name, logit, p) in enumerate(
            zip(scene.classes, reading.logits, reading.probabilities, strict=True)
        )
    )
    text = f"{'<br>'.join(where)}<table cellspacing='1'>{head}{body}</table>"
    return text + (_row(scene, near) if near >= 0 else "")


def _value(ticks: tuple[tuple[float, str], ...], value: float) -> str:
    if not ticks:
        return format_number(round_to(value))
    return min(ticks, key=lambda tick: abs(tick[0] - value))[1]


def _row(scene: BoundaryScene, near: int) -> str:
    rows = scene.rows
    k = int(rows.labels[near])
    text = tr("row {0}: {1}, {2}").format(
        int(rows.rows[near]) + 1, scene.classes[k], SPLITS[int(rows.splits[near])]
    )
    return f"<span style='color:{theme().quiet}'>{escape(text)}</span>"


MOST_HELD_NAMED = 3


def axis_label(axis: Axis) -> str:
    """Return what an axis of the boundary says."""
    if axis.name:
        return axis.name
    return tr("principal component {0} ({1} of the variance)").format(
        axis.feature + 1, format_percent(axis.share)
    )


def plane_note(dataset: Dataset, scene: BoundaryScene) -> str:
    """Say what is done with the features that are on no axis; nothing where there are none."""
    plane = scene.plane
    if plane.kind == "components":
        return tr("Plane through the mean of the train rows along the first two components.")
    if plane.kind == "average":
        return tr(
            "Averaged over the other features of {0} train rows (partial dependence)."
        ).format(format_count(scene.surface.averaged))
    if plane.kind == "slice":
        shown = {axis.feature for axis in plane.axes}
        others = [j for j in range(dataset.n_features) if j not in shown]
        held = plane.background_rows[0]
        named = ", ".join(
            f"{it.name} = {level_or_number(it.levels, held[j])}"
            for j, it in ((j, dataset.features[j]) for j in others[:MOST_HELD_NAMED])
        )
        more = len(others) - MOST_HELD_NAMED
        end = tr(" and {0} more").format(more) if more > 0 else ""
        return tr("Slice at {0}{1}.").format(named, end)
    return ""


def points_note(scene: BoundaryScene) -> str:
    """Say when no row or not every row is drawn; nothing where all are."""
    drawn, total = len(scene.rows.rows), scene.rows.total
    if not total:
        return tr("No rows are drawn: choose a part above.")
    if drawn == total:
        return ""
    return tr("{0} of {1} rows are drawn, chosen at random.").format(
        format_count(drawn), format_count(total)
    )


def unit_note(scene: BoundaryScene) -> str:
    """Say whose output the boundary panel shows; nothing where it is the model's."""
    unit: UnitMap | None = scene.unit
    if unit is None:
        return ""
    spans = format_number(round_to(unit.low)), format_number(round_to(unit.high))
    if unit.layer == INPUTS:
        text = tr("Input {0} as the network sees it, from {1} to {2}.")
        return text.format(unit.unit + 1, *spans)
    text = tr("Output of unit {0} of layer {1}, from {2} to {3}; the line is its zero.")
    return text.format(unit.unit + 1, unit.layer + 1, *spans)
