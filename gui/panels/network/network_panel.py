"""The network as a diagram, alive: every unit's map, every weight and bias within reach."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLabel, QStyle, QToolButton, QWidget

from core.base.errors import UserError
from core.explain.unit_maps import INPUTS
from core.scenes.network_scene import NetworkScene, Place, network_scene, places_of
from gui.panels.network.network_diagram import NetworkDiagram, is_unit
from gui.panels.network.network_geometry import Hit
from gui.panels.network.parameter_bar import ParameterBar
from gui.panels.panel import Panel
from gui.panels.panel_text import SYMBOLS, place_name, unit_name
from gui.session.session import Session
from gui.style.number_text import format_count, format_number
from gui.style.theme import class_colour
from gui.widgets.controls import note, row

FIRST_WIDTH = 4  # units of a first hidden layer


class NetworkPanel(Panel):
    """Draws the network; pointing shows a unit's map on the boundary, clicking chooses."""

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("network", session, parent)
        self.diagram = NetworkDiagram(self.resize_layer, self)
        self.bar = ParameterBar(self)
        self.says = note("network.note")
        self.legend = note("network.legend")
        self.legend.setWordWrap(False)
        self.legend.setContentsMargins(0, 0, 0, 0)
        self.fewer = self._layer_button(-1)
        self.more = self._layer_button(1)
        self.count = QLabel()
        self._refusal = ""
        layout = self.stack()
        title = QLabel(self.tr("Layers"))
        layout.addLayout(row(title, self.fewer, self.count, self.more, None, self.legend))
        layout.addWidget(self.diagram, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.says)
        self.diagram.pointed.connect(self._on_pointed)
        self.diagram.chosen.connect(self._on_chosen)
        self.diagram.mapped.connect(self._on_mapped)
        self.diagram.typed.connect(self.bar.value.setFocus)
        self.bar.chosen.connect(self._on_parameter)
        self.bar.changed.connect(self._on_changed)

    def compute(self) -> NetworkScene:
        """Return what every unit does at the state looked at."""
        session = self.session
        return network_scene(session.run, session.state, session.view)

    def draw(self, scene: NetworkScene) -> None:
        """Draw the diagram and the chosen parameter's value."""
        self.diagram.show_scene(scene, self.session.is_playing and self.wants_motion())
        hidden = len(scene.architecture.layers) - 1
        self.count.setText(str(hidden))
        self.fewer.setEnabled(hidden > 0)
        self._show_legend(scene)
        self._show_parameter(scene)
        self._say(scene)

    def describe(self, scene: NetworkScene) -> str:
        """Say the layers' widths and how many parameters there are."""
        widths = ", ".join(str(layer.units) for layer in scene.architecture.layers)
        return self.tr("A network of {0} inputs and layers of {1} units; {2} parameters.").format(
            scene.architecture.n_inputs, widths, format_count(scene.architecture.n_parameters)
        )

    def wants_motion(self) -> bool:
        """Whether the system allows animation."""
        hint = QStyle.StyleHint.SH_Widget_Animation_Duration
        return self.style().styleHint(hint, None, self) > 0

    def resize_layer(self, layer: int, change: int) -> None:
        """Add units to a hidden layer or remove some; a layer without any goes."""
        hidden = list(self.session.experiment.model.hidden)
        hidden[layer] += change
        self._put_hidden([width for width in hidden if width > 0])

    def change_layers(self, change: int) -> None:
        """Add a hidden layer like the last one, or remove the last."""
        hidden = list(self.session.experiment.model.hidden)
        if change < 0:
            self._put_hidden(hidden[:-1])
        else:
            self._put_hidden([*hidden, hidden[-1] if hidden else FIRST_WIDTH])

    def hideEvent(self, event: QHideEvent) -> None:
        """Give the boundary back its own map."""
        super().hideEvent(event)
        self.session.set_view("unit", ())

    def _put_hidden(self, hidden: list[int]) -> None:
        try:
            self._refusal = ""
            self.session.edit("model.hidden", tuple(hidden))
        except UserError as error:
            self._refusal = str(error)
            self.refresh()

    def _layer_button(self, change: int) -> QToolButton:
        button = QToolButton()
        button.setObjectName("network.more_layers" if change > 0 else "network.fewer_layers")
        button.setText("+" if change > 0 else "−")
        text = self.tr("Add a hidden layer") if change > 0 else self.tr("Remove the last layer")
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.clicked.connect(lambda: self.change_layers(change))
        return button

    def _show_legend(self, scene: NetworkScene) -> None:
        shown = {vector.name for column in scene.columns for vector in column.vectors}
        symbols = " ".join(f"<i>{SYMBOLS[name]}</i>" for name in SYMBOLS if name in shown)
        signs = (
            f"<span style='color:{class_colour(k)}'>━</span>&nbsp;{text}"
            for k, text in enumerate(("&lt;&nbsp;0", "&gt;&nbsp;0"))
        )
        text = " &nbsp; ".join((*signs, f"▫&nbsp;{symbols}"))
        if text != self.legend.text():
            self.legend.setText(text)

    def _show_parameter(self, scene: NetworkScene) -> None:
        last = len(scene.architecture.layers) - 1
        output_bias = Hit(last, 0, places_of(scene.architecture, last, 0)[0].index)
        selected = self.session.view.network_selected
        hit = Hit(*selected) if selected else output_bias
        if not self._exists(scene, hit):
            hit = output_bias
        self.diagram.choose(hit)
        if hit.layer == INPUTS:
            hit = output_bias
        places = places_of(scene.architecture, hit.layer, hit.unit)
        index = hit.index if hit.index >= 0 else places[0].index
        choices = [(place_name(scene, hit.layer, place), place.index) for place in places]
        title = escape(self._capital(unit_name(scene, hit.layer, hit.unit)))
        self.bar.offer(title, choices, index)
        value = float(scene.parameters[index])
        self.bar.show_value(value, self.session.is_playing)

    def _exists(self, scene: NetworkScene, hit: Hit) -> bool:
        if not any(hit.layer == own.layer and hit.unit in own.units for own in scene.columns):
            return False
        places = places_of(scene.architecture, hit.layer, hit.unit)
        return hit.index < 0 or any(place.index == hit.index for place in places)

    def _say(self, scene: NetworkScene) -> None:
        text = self._refusal or self._pointed_text(scene) or self._summary(scene)
        if text != self.says.text():
            self.says.setText(text)

    def _pointed_text(self, scene: NetworkScene) -> str:
        hit = self.diagram.under_mouse
        if hit is None or not self._exists(scene, hit):
            return ""
        name = unit_name(scene, hit.layer, hit.unit)
        if hit.index < 0:
            column = next(own for own in scene.columns if own.layer == hit.layer)
            at = column.units.index(hit.unit)
            text = self.tr("{0}: from {1} to {2}").format(
                self._capital(name),
                format_number(column.low[at], decimals=3),
                format_number(column.high[at], decimals=3),
            )
            return escape(text)
        place = self._place(scene, hit)
        value = format_number(float(scene.parameters[hit.index]), decimals=3)
        text = f"{self._capital(name)}: {place_name(scene, hit.layer, place)} = {value}"
        return escape(text)

    def _place(self, scene: NetworkScene, hit: Hit) -> Place:
        places = places_of(scene.architecture, hit.layer, hit.unit)
        return next(place for place in places if place.index == hit.index)

    def _summary(self, scene: NetworkScene) -> str:
        parts = []
        if scene.left_out:
            parts.append(self.tr("{0} layers are not drawn.").format(scene.left_out))
        wide = [column for column in scene.columns if column.total > len(column.units)]
        if wide:
            text = self.tr("Of wide layers the first {0} units are drawn.")
            parts.append(text.format(len(wide[0].units)))
        if not scene.has_maps:
            parts.append(self.tr("Bars: how often each output occurs among the training rows."))
        parts.append(
            self.tr("Point at a unit to see its map on the boundary; click a link or a square.")
        )
        return " ".join(parts)

    def _capital(self, text: str) -> str:
        return text[:1].upper() + text[1:] if text.startswith(("unit", "output")) else text

    def _on_pointed(self, hit: Hit | None) -> None:
        unit = (hit.layer, hit.unit) if hit is not None and is_unit(hit) else ()
        self.session.set_view("unit", unit)
        if self.scene is not None:
            self._say(self.scene)

    def _on_mapped(self, hit: Hit) -> None:
        unit = (hit.layer, hit.unit)
        self.session.set_view("unit", () if self.session.view.unit == unit else unit)

    def _on_chosen(self, hit: Hit) -> None:
        self._refusal = ""
        self.session.set_view("network_selected", (hit.layer, hit.unit, hit.index))

    def _is_present(self) -> bool:
        """Tell whether what is drawn is the present network; unseen, it may be an earlier one."""
        run = self.session.run
        return self.scene is not None and self.scene.architecture is run.architecture

    def _on_parameter(self, index: int) -> None:
        hit = self.diagram.present
        if hit is not None and index >= 0:
            self._on_chosen(Hit(hit.layer, hit.unit, index))

    def _on_changed(self, index: int, value: float, drag: object) -> None:
        if not self._is_present():
            return
        try:
            self._refusal = ""
            self.session.set_parameter(index, value, drag)
        except UserError as error:
            self._refusal = str(error)
            self.refresh()
