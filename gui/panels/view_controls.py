"""Controls of one field of the view each: its knob gives label, help, range and choices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QToolButton

from core.base.knobs import ChoiceKnob, NumberKnob
from core.experiment.view import view_knob
from gui.panels.panel_text import tr
from gui.session.session import Session
from gui.widgets.controls import ComboBox, choice, toggle
from gui.widgets.number_slider import LABEL_WIDTH, NumberSlider


def view_choice(
    session: Session,
    name: str,
    choices: Sequence[tuple[str, object]] | None = None,
    widest: int = 0,
    caption: str = "",
) -> ComboBox:
    """Return a list whose choice is a field of the view; its object name is ``view.<name>``.

    Parameters
    ----------
    choices : sequence of (text, value), optional
        What is offered; by default the knob's own choices.
    widest : int
        In pixels; 0 where the layout decides.
    caption : str
        What is chosen; it stands before the choice in the closed box.
    """
    knob = view_knob(name)
    if choices is None:
        choices = choices_of(knob) if isinstance(knob, ChoiceKnob) else ()
    put = partial(session.set_view, name)
    own = f"view.{name}"
    return choice(own, tr(knob.label), tr(knob.help), choices, put, widest=widest, caption=caption)


def choices_of(knob: ChoiceKnob) -> list[tuple[str, object]]:
    """Return a knob's choices, each as (text, value)."""
    records = knob.choices()
    return [(tr(getattr(record, "label", name)), name) for name, record in records.items()]


def view_toggle(session: Session, name: str) -> QToolButton:
    """Return a button that switches a field of the view; its object name is ``view.<name>``."""
    knob = view_knob(name)
    put = partial(session.set_view, name)
    return toggle(f"view.{name}", tr(knob.label), tr(knob.help), put)


def view_slider(
    session: Session,
    name: str,
    shown: tuple[float, float] | None = None,
    label_width: int = LABEL_WIDTH,
    where: str = "",
) -> NumberSlider:
    """Return a slider with a field for a number of the view; its object name is ``view.<name>``.

    Parameters
    ----------
    shown : (low, high), optional
        What the slider spans; more can be typed.
    where : str
        Ends the object name where a panel has several sliders for the same number.
    """
    knob = view_knob(name)
    if not isinstance(knob, NumberKnob):
        raise TypeError(f"{name} is no number")
    own = f"view.{name}.{where}" if where else f"view.{name}"
    slider = NumberSlider(own, knob, span=shown, label=tr(knob.label), label_width=label_width)
    slider.edited.connect(lambda value, drag: session.set_view(name, value))
    return slider
