"""What is being looked at, in every panel: one frozen value, with a knob for each field."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from core.base.errors import UserError
from core.base.knobs import Knob, knobs_of, setting
from core.experiment import view_knobs as knobs


@dataclass(frozen=True, slots=True)
class View:
    """What is being looked at, frozen. It changes no result.

    Every choice that a panel offers is a field here, so that it is saved with the session and can
    be set from the command line (``--set view.threshold=0.3``). `VIEW_KNOBS` says what each field
    means and which values it can have.

    Attributes
    ----------
    split : {"train", "validation", "test"}
        The part of the rows that is judged.
    threshold : float
        The probability from which class 1 is decided.
    selected : int
        The selected row of the data set; -1 is none.
    brushed : tuple of float
        Lit are the rows of the part whose judged probability lies in (low, high]; empty is none.
    calibrated : bool
        Whether the boundary shows calibrated probabilities.
    x_axis, y_axis : int
        The features on the boundary's axes.
    section : {"slice", "average", "components"}
        What is done with the features that are on no axis.
    held : tuple of (feature, value)
        Values in raw units (a level's code for a category) of features on no axis; those not named
        have the value that stands in for a missing one: the train mean, or the commonest level.
    show_held : bool
        Whether the sliders of the held values are unfolded.
    shown : tuple of str
        The parts whose rows are drawn on the boundary.
    discrete, truth, truth_error : bool
        Whether the boundary shows the class decided, the best possible border, and how far the
        probabilities are from the true ones.
    unit : tuple of (layer, unit)
        The unit whose output the boundary shows in place of the model's, layer -1 being the inputs;
        empty is none.
    paint_tool, paint_class, paint_classes, paint_size, paint_density
        The painting tool; the class it paints, of how many offered; the brush's radius in pixels;
        and how many points a second the airbrush sprays.
    metric : str
        The recorded figure that the loss panel draws.
    by_epoch, log_metric, log_steps, smoothed, ghosts : bool
        How it draws it.
    reliability_class : int
        The class whose reliability is drawn; -1 is the confidence in the class decided, or, of two
        classes, class 1.
    reliability_curve : {"corp", "width", "mass", "smooth"}
    reliability_band : {"consistency", "confidence", "none"}
        What the band holds: curves of a calibrated model, or where else the curve could have been.
    reliability_options : {"auto", "shown", "hidden"}
        Whether the lower controls are unfolded; "auto" where there is room.
    bars : bool
        Whether the reliability diagram shows bins beside the curve.
    bar_interval : {"none", "jeffreys", "clopper_pearson"}
        The interval drawn at each bin's frequency.
    smoothing : float
        Width of the smooth curve's kernel, in probability; 0 is its fixed point.
    true_curve : bool
        Whether the true curve is drawn where the generator knows it.
    top_label : bool
        Whether curves by class judge the class decided rather than each class's probability.
    calibrators_page, numbers_page, gradients_page : str
        The page that is open.
    calibrators_parameter : int
        The calibrator's parameter against which the loss is drawn.
    numbers_calibrated : bool
        Whether the numbers are those of the calibrated probabilities.
    rows_sort : tuple of (column, descending)
        The column that the table is sorted by, and whether from large to small; empty is none.
    network_selected : tuple of (layer, unit, parameter)
        What is selected in the diagram, the parameter by its place in the flat vector or -1; empty
        is the output's bias.
    landscape_plane : {"pair", "random"}
    landscape_first, landscape_second : int
        Of a pair, the parameters' places in the flat vector; -1 is the usual one.
    landscape_seed, landscape_zoom : int, float
        Of the random directions; and how many times wider than fits the plane is drawn.
    function : str
        The activation that the functions panel draws.
    function_z, function_sharpness : float
        Where the point is, and t in f(t z).
    function_slope, function_curvature : bool
        Whether the derivatives are drawn.
    function_others : tuple of str
        Functions drawn beside it, at t = 1.
    function_axis : {"probability", "odds", "log_odds"}
        What the vertical axis of the sigmoid shows.
    function_fact : {"none", "range", "symmetry", "steepest", "centre"}
        The fact that is drawn.
    function_layer : int
        The layer whose units are looked at.
    functions_page : {"point", "sharpness", "facts", "numerics", "model"}
    softmax_logits : tuple of 2 to 8 floats
        Those set by hand.
    softmax_follows_row : bool
        Whether the selected row's logits take their place, where a row is selected.
    softmax_temperature, softmax_constant : float
        T and c in softmax((z + c) / T).
    softmax_true_class : int
    softmax_page : {"logits", "steps", "slopes", "sigmoid", "triangle", "learning"}

    Examples
    --------
    >>> View().replacing("function", "tanh").function
    'tanh'
    >>> View().parsing("shown", "test train").shown
    ('train', 'test')
    """

    split: str = setting(knobs.SPLIT)
    threshold: float = setting(knobs.THRESHOLD)
    selected: int = setting(knobs.SELECTED)
    brushed: tuple[float, ...] = setting(knobs.BRUSHED)
    calibrated: bool = setting(knobs.CALIBRATED)

    x_axis: int = setting(knobs.X_AXIS)
    y_axis: int = setting(knobs.Y_AXIS)
    section: str = setting(knobs.SECTION)
    held: tuple[tuple[int, float], ...] = setting(knobs.HELD)
    show_held: bool = setting(knobs.SHOW_HELD)
    shown: tuple[str, ...] = setting(knobs.SHOWN)
    discrete: bool = setting(knobs.DISCRETE)
    truth: bool = setting(knobs.TRUTH)
    truth_error: bool = setting(knobs.TRUTH_ERROR)
    unit: tuple[int, ...] = setting(knobs.UNIT)
    paint_tool: str = setting(knobs.PAINT_TOOL)
    paint_class: int = setting(knobs.PAINT_CLASS)
    paint_classes: int = setting(knobs.PAINT_CLASSES)
    paint_size: int = setting(knobs.PAINT_SIZE)
    paint_density: int = setting(knobs.PAINT_DENSITY)

    metric: str = setting(knobs.METRIC)
    by_epoch: bool = setting(knobs.BY_EPOCH)
    log_metric: bool = setting(knobs.LOG_METRIC)
    log_steps: bool = setting(knobs.LOG_STEPS)
    smoothed: bool = setting(knobs.SMOOTHED)
    ghosts: bool = setting(knobs.GHOSTS)

    reliability_class: int = setting(knobs.RELIABILITY_CLASS)
    reliability_curve: str = setting(knobs.RELIABILITY_CURVE)
    reliability_band: str = setting(knobs.RELIABILITY_BAND)
    reliability_options: str = setting(knobs.RELIABILITY_OPTIONS)
    bars: bool = setting(knobs.BARS)
    bar_interval: str = setting(knobs.BAR_INTERVAL)
    smoothing: float = setting(knobs.SMOOTHING)
    true_curve: bool = setting(knobs.TRUE_CURVE)
    top_label: bool = setting(knobs.TOP_LABEL)
    calibrators_page: str = setting(knobs.CALIBRATORS_PAGE)
    calibrators_parameter: int = setting(knobs.CALIBRATORS_PARAMETER)
    numbers_page: str = setting(knobs.NUMBERS_PAGE)
    numbers_calibrated: bool = setting(knobs.NUMBERS_CALIBRATED)
    rows_sort: tuple[int, ...] = setting(knobs.ROWS_SORT)

    network_selected: tuple[int, ...] = setting(knobs.NETWORK_SELECTED)
    gradients_page: str = setting(knobs.GRADIENTS_PAGE)
    landscape_plane: str = setting(knobs.LANDSCAPE_PLANE)
    landscape_first: int = setting(knobs.LANDSCAPE_FIRST)
    landscape_second: int = setting(knobs.LANDSCAPE_SECOND)
    landscape_seed: int = setting(knobs.LANDSCAPE_SEED)
    landscape_zoom: float = setting(knobs.LANDSCAPE_ZOOM)

    function: str = setting(knobs.FUNCTION)
    function_z: float = setting(knobs.FUNCTION_Z)
    function_sharpness: float = setting(knobs.FUNCTION_SHARPNESS)
    function_slope: bool = setting(knobs.FUNCTION_SLOPE)
    function_curvature: bool = setting(knobs.FUNCTION_CURVATURE)
    function_others: tuple[str, ...] = setting(knobs.FUNCTION_OTHERS)
    function_axis: str = setting(knobs.FUNCTION_AXIS)
    function_fact: str = setting(knobs.FUNCTION_FACT)
    function_layer: int = setting(knobs.FUNCTION_LAYER)
    functions_page: str = setting(knobs.FUNCTIONS_PAGE)

    softmax_logits: tuple[float, ...] = setting(knobs.SOFTMAX_LOGITS)
    softmax_follows_row: bool = setting(knobs.SOFTMAX_FOLLOWS_ROW)
    softmax_temperature: float = setting(knobs.SOFTMAX_TEMPERATURE)
    softmax_constant: float = setting(knobs.SOFTMAX_CONSTANT)
    softmax_true_class: int = setting(knobs.SOFTMAX_TRUE_CLASS)
    softmax_page: str = setting(knobs.SOFTMAX_PAGE)

    def replacing(self, name: str, value: Any) -> View:
        """Return a copy with one field changed, or raise a `UserError` that says what it takes."""
        return dataclasses.replace(self, **{name: view_knob(name).check(value)})

    def parsing(self, name: str, text: str) -> View:
        """Return a copy with one field read from text, as typed by a user."""
        return self.replacing(name, view_knob(name).parse(text))

    def changes(self, other: View) -> tuple[str, ...]:
        """Return the fields whose values differ between this view and another."""
        return tuple(name for name in _KNOBS if getattr(self, name) != getattr(other, name))

    def differs_for(self, panel: str, other: View) -> bool:
        """Tell whether a panel may show something else than with another view."""
        return any(view_knob(name).panel in {"", panel} for name in self.changes(other))

    def for_other_data(self, x_axis: int = 0, y_axis: int = 1) -> View:
        """Return the view on these axes, without what would mean something else with other data."""
        return dataclasses.replace(self.without("data", "model"), x_axis=x_axis, y_axis=y_axis)

    def for_other_model(self) -> View:
        """Return the view without what would mean something else in another network."""
        return self.without("model")

    def without(self, *references: str) -> View:
        """Return a copy with the fields that refer to the model or the data at their defaults."""
        plain = {
            name: knob.default for name, knob in _KNOBS.items() if knob.refers_to in references
        }
        return dataclasses.replace(self, **plain)


_KNOBS = knobs_of(View)
VIEW_KNOBS: dict[str, Knob] = {f"view.{name}": knob for name, knob in _KNOBS.items()}
VIEW_PATHS = tuple(VIEW_KNOBS)


def view_knob(name: str) -> Knob:
    """Return the knob of a field, or raise a `UserError` that lists the fields."""
    path = f"view.{name}"
    if path not in VIEW_KNOBS:
        known = ", ".join(VIEW_PATHS)
        raise UserError(f"There is no setting named {path!r}.", "", f"Choose one of: {known}.")
    return VIEW_KNOBS[path]
