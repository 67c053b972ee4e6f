"""The gradients panel: what reaches each layer, and one row's derivatives by the chain rule."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from core.experiment.view_choices import GRADIENTS_PAGES
from core.explain.saturation import SATURATED
from core.scenes.gradients_scene import GradientsScene, gradients_scene, highest_loss_row
from gui.panels.gradients.gradients_text import (
    layer_name,
    layer_rows,
    layers_note,
    marked_cells,
    row_head,
    way_note,
    way_rows,
)
from gui.panels.panel import Panel
from gui.panels.panel_text import tr
from gui.plot.canvas import PlotCanvas, curve
from gui.session.session import Session
from gui.style.number_text import format_number, format_percent
from gui.style.theme import DASHED, brush, pen, theme
from gui.widgets.controls import note, row
from gui.widgets.sections import QuietTabs
from gui.widgets.text_table import ROW_HEIGHT, BarDelegate, TextModel, TextTable

SMALLEST = 1e-30  # what is drawn for a gradient of zero
MOST_ROWS_SHOWN = 9
UPSTREAM = 4  # the column that goes first where room is short
ROOM_FOR_ALL = 400
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class GradientsPanel(Panel):
    """Draws the layers' gradients, or the selected row's whole forward and backward pass."""

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("gradients", session, parent)
        self.tabs = QuietTabs("view.gradients_page", self)
        self.tabs.setAccessibleName(self.tr("What to show"))
        for page in GRADIENTS_PAGES.values():
            self.tabs.addTab(tr(page.label))
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self._layers_page())
        self.pages.addWidget(self._row_page())
        layout = self.stack()
        layout.addWidget(self.tabs)
        layout.addWidget(self.pages, 1)
        self.tabs.currentChanged.connect(self._on_page)

    def compute(self) -> GradientsScene:
        """Return the gradients at the state looked at."""
        session = self.session
        return gradients_scene(session.run, session.state, session.view)

    def draw(self, scene: GradientsScene) -> None:
        """Draw the open page."""
        page = self.session.view.gradients_page
        place = list(GRADIENTS_PAGES).index(page)
        with QSignalBlocker(self.tabs):
            self.tabs.setCurrentIndex(place)
        self.pages.setCurrentIndex(place)
        if page == "layers":
            self._draw_layers(scene)
        else:
            self._draw_row(scene)

    def describe(self, scene: GradientsScene) -> str:
        """Say each layer's gradient norm."""
        norms = ", ".join(
            f"{layer_name(k, len(scene.layers))}: {format_number(layer.norm)}"
            for k, layer in enumerate(scene.layers)
        )
        return self.tr("Norm of the gradient by layer: {0}.").format(norms)

    def _layers_page(self) -> QWidget:
        self.plot = PlotCanvas("gradients.plot", self)
        self.plot.setAccessibleName(self.tr("Norm of the gradient by layer"))
        self.plot.setMinimumHeight(90)
        self._bound = curve(self.plot, 1)
        self._norms = curve(self.plot, 2)
        self._marks = pg.ScatterPlotItem(pxMode=True, size=7)
        self._marks.setZValue(3)
        self.plot.add(self._marks)
        self.layers = TextModel(
            (
                (self.tr("layer"), self.tr("The output layer is the last")),
                (self.tr("gradient"), self.tr("Norm of the gradient by the layer's weights")),
                (
                    self.tr("saturated"),
                    self.tr(
                        "Share of activations where the slope is below {0} of the steepest"
                    ).format(format_percent(SATURATED, decimals=0)),
                ),
                (
                    self.tr("update"),
                    self.tr("Size of the next update by the size of the weights; 0.001 is healthy"),
                ),
                (self.tr("values"), self.tr("How often each activation occurs")),
            ),
            self,
        )
        label = self.tr("Gradients, saturation and updates by layer")
        self.table = TextTable("gradients.layers", label, self.layers, self)
        self.table.setItemDelegateForColumn(4, BarDelegate(self.table))
        self.says = note("gradients.note")
        return self._page(self.plot, self.table, self.says)

    def _row_page(self) -> QWidget:
        self.head = note("gradients.row")
        self.ask = QPushButton(self.tr("Select the row with the largest loss"))
        self.ask.setObjectName("gradients.hardest")
        self.ask.clicked.connect(self._select_hardest)
        self.way = TextModel(
            (
                (self.tr("unit"), self.tr("Layer and unit")),
                ("z", self.tr("Weighted sum plus bias")),
                ("a", self.tr("Activation; of the output the logit")),
                ("a′", self.tr("Slope of the activation at z")),
                ("∂L/∂a", self.tr("Derivative of the loss by the activation")),
                ("∂L/∂z", self.tr("Derivative by z: ∂L/∂a times the slope")),
                (self.tr("check"), self.tr("The same by finite differences of the loss")),
            ),
            self,
        )
        label = self.tr("Forward and backward pass of the selected row")
        self.way_table = TextTable("gradients.way", label, self.way, self)
        self.way_says = note("gradients.way_note")
        self.offer = QWidget(self)
        self.offer.setLayout(row(self.ask, None))
        return self._page(self.head, self.offer, self.way_table, self.way_says)

    def _page(self, *widgets: QWidget) -> QWidget:
        page = QWidget(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        for widget in widgets:
            grows = isinstance(widget, PlotCanvas | TextTable)
            layout.addWidget(widget, int(grows) * 100)
        layout.addStretch(1)
        return page

    def _draw_layers(self, scene: GradientsScene) -> None:
        chosen = theme()
        layers = scene.layers
        x = [k + 1.0 for k in range(len(layers))]
        norms = [_log(layer.norm) for layer in layers]
        bounds = [_log(layer.bound) for layer in layers]
        finite = [value for value in norms if value > math.log10(SMALLEST)]
        low = math.floor(min([*finite, *bounds[-3:], -1.0]) - 0.2)
        high = math.ceil(max([*finite, 0.0]) + 0.1)
        self.plot.set_limits(0.5, len(layers) + 0.5, low, high)
        step = max((high - low) // 5, 1)
        decades = range(high, low - 1, -step)
        self.plot.ticks("left", [(d, "10" + str(d).translate(_SUPERSCRIPTS)) for d in decades])
        every = max(len(layers) // 10, 1)
        names = [(x[k], layer_name(k, len(layers))) for k in range(0, len(layers) - 1, every)]
        self.plot.ticks("bottom", [*names, (x[-1], layer_name(len(layers) - 1, len(layers)))])
        self.plot.label("left", self.tr("norm of gradient"))
        self.plot.label("bottom", self.tr("layer"))
        self._bound.setData(x, bounds, pen=pen(chosen.quiet, 1.2, style=DASHED))
        self._norms.setData(x, norms, pen=pen(chosen.ink, 2.0))
        self._marks.setData(x=x, y=norms, brush=brush(chosen.ink), pen=pen(chosen.paper))
        pictures = [layer.histogram for layer in layers]
        self.layers.show_rows(layer_rows(scene), pictures, marked_cells(scene))
        shown = min(len(layers), MOST_ROWS_SHOWN)
        self.table.setFixedHeight(self.table.horizontalHeader().height() + shown * ROW_HEIGHT + 4)
        self._say(self.says, layers_note(scene))

    def _draw_row(self, scene: GradientsScene) -> None:
        way = scene.row
        self.offer.setVisible(way is None)
        self.way_table.setVisible(way is not None)
        if way is None:
            self._say(self.head, self._none_selected())
            self._say(self.way_says, "")
            return
        is_narrow = self.width() < ROOM_FOR_ALL
        self.way.show_rows(way_rows(way, 2 if is_narrow else 3))
        self.way_table.setColumnHidden(UPSTREAM, is_narrow)
        self._say(self.head, row_head(self.session.run, way))
        self._say(self.way_says, way_note(way))

    def _none_selected(self) -> str:
        if self.session.view.selected >= 0:
            return self.tr("The selected row has missing values: the model does not see it.")
        return self.tr(
            "No row is selected. Click a point on the decision boundary or a line of the rows, "
            "and see here how its loss becomes the derivative of every weight."
        )

    def _say(self, label: QLabel, text: str) -> None:
        if label.text() != text:
            label.setText(text)

    def _select_hardest(self) -> None:
        session = self.session
        session.set_view("selected", highest_loss_row(session.run, session.state))

    def _on_page(self, place: int) -> None:
        self.session.set_view("gradients_page", list(GRADIENTS_PAGES)[place])


def _log(value: float) -> float:
    return math.log10(max(value, SMALLEST)) if math.isfinite(value) else math.log10(SMALLEST)
