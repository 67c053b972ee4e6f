"""The functions panel's scene: a function f(t z), its derivatives, a point, and other functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, read_only
from core.experiment.view import View
from core.explain.function_facts import Facts, derivatives, facts_about
from core.explain.numerics import Comparison, compare_numerics
from core.explain.unit_maps import PreactivationHistogram, preactivation_histogram
from core.functions.activations import ACTIVATIONS, Activation, Array
from core.functions.sigmoid_family import sigmoid
from core.run.run import Run
from core.training.problem import TrainState

SPAN = 8.0  # the plot reaches from -SPAN to SPAN
POINTS = 641
KEY_PLACES = (-5.0, -2.0, 0.0, 2.0, 5.0)
HIGHEST = 10.0  # the vertical axis ends here at the latest, for f itself
LOW_BESIDE, HIGH_BESIDE = -2.0, 3.0  # and here, for derivatives and other functions


@dataclass(frozen=True, slots=True)
class Values:
    """One place on the curve: z and the function's value, slope and curvature by z there."""

    z: float
    value: float
    slope: float
    curvature: float


@dataclass(frozen=True, slots=True, eq=False)
class FunctionsScene:
    """What the functions panel draws.

    Attributes
    ----------
    view : View
        As drawn: t is 1 on the page "model".
    activation : Activation
    axis : {"probability", "odds", "log_odds"}
        What the vertical axis shows; other than "probability" for the sigmoid only.
    has_odds : bool
        Whether the other axes are available.
    x : (POINTS,) array
    value, slope, curvature : (POINTS,) arrays
        Of f(t z) on that axis, by z.
    plain : (POINTS,) array or None
        The same function at t = 1, where t is another.
    others : tuple of (name, label, (POINTS,) array)
    point : Values
    tangent : (intercept, slope)
    table : tuple of Values
        The key places, then the point.
    y_range : (low, high)
    facts : Facts
    comparisons : tuple of Comparison
        At the point, while the page "numerics" is open.
    units : PreactivationHistogram or None
        While the page "model" is open.
    """

    view: View
    activation: Activation
    axis: str
    has_odds: bool
    x: FloatArray
    value: FloatArray
    slope: FloatArray
    curvature: FloatArray
    plain: FloatArray | None
    others: tuple[tuple[str, str, FloatArray], ...]
    point: Values
    tangent: tuple[float, float]
    table: tuple[Values, ...]
    y_range: tuple[float, float]
    facts: Facts
    comparisons: tuple[Comparison, ...]
    units: PreactivationHistogram | None


def functions_scene(run: Run, state: TrainState, view: View) -> FunctionsScene:
    """Return what the functions panel draws.

    The model matters on the page "model" only, where t is 1: its units have their own.
    """
    if view.functions_page == "model":
        view = view.replacing("function_sharpness", 1.0)
    activation = ACTIVATIONS[view.function]
    has_odds = activation.value is sigmoid
    axis = view.function_axis if has_odds else "probability"
    x = np.linspace(-SPAN, SPAN, POINTS)
    value, slope, curvature = derivatives(activation, axis, view.function_sharpness, x)
    plain = None if view.function_sharpness == 1.0 else derivatives(activation, axis, 1.0, x)[0]
    others = tuple(
        (name, ACTIVATIONS[name].label, read_only(ACTIVATIONS[name].value(x), np.float64))
        for name in view.function_others
        if name != view.function and axis == "probability"
    )
    table = _table(view, activation, axis)
    point = table[-1]
    beside = [y for _, _, y in others]
    beside += [slope] if view.function_slope else []
    beside += [curvature] if view.function_curvature else []
    return FunctionsScene(
        view=view,
        activation=activation,
        axis=axis,
        has_odds=has_odds,
        x=read_only(x, np.float64),
        value=read_only(value, np.float64),
        slope=read_only(slope, np.float64),
        curvature=read_only(curvature, np.float64),
        plain=None if plain is None else read_only(plain, np.float64),
        others=others,
        point=point,
        tangent=(point.value - point.slope * point.z, point.slope),
        table=table,
        y_range=_y_range(value, beside, axis),
        facts=facts_about(view.function, view.function_sharpness),
        comparisons=compare_numerics(view.function_z) if view.functions_page == "numerics" else (),
        units=preactivation_histogram(run, state, view.function_layer, SPAN)
        if view.functions_page == "model"
        else None,
    )


def _table(view: View, activation: Activation, axis: str) -> tuple[Values, ...]:
    """Return the key places, then the point."""
    places = np.array([*KEY_PLACES, view.function_z])
    columns = (places, *derivatives(activation, axis, view.function_sharpness, places))
    return tuple(Values(*map(float, row)) for row in zip(*columns, strict=True))


def _y_range(value: Array, beside: list[Array], axis: str) -> tuple[float, float]:
    """Return what the plot spans: all of the function up to a limit, less of the other curves."""
    lowest = -HIGHEST if axis != "odds" else 0.0
    low, high = max(float(value.min()), lowest), min(float(value.max()), HIGHEST)
    for y in beside:
        low = min(low, max(float(y.min()), LOW_BESIDE))
        high = max(high, min(float(y.max()), HIGH_BESIDE))
    room = 0.08 * (high - low)
    return low - room, high + room
