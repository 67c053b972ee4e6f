"""What is being looked at: axes, slice, split, threshold and toggles. It changes no result."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from core.base.arrays import SPLITS
from core.base.errors import UserError
from core.base.knobs import NumberKnob
from core.base.registry import Choice, Registry
from core.functions.activations import ACTIVATIONS

Section = Literal["slice", "average", "components"]


SECTIONS: Registry[Choice] = Registry(
    "section",
    [
        Choice("slice", "hold the others"),
        Choice("average", "average over the others"),
        Choice("components", "principal components"),
    ],
)


CURVES: Registry[Choice] = Registry(
    "curve",
    [
        Choice("corp", "CORP"),
        Choice("width", "equal width"),
        Choice("mass", "equal mass"),
        Choice("smooth", "smooth"),
    ],
)
BANDS: Registry[Choice] = Registry(
    "band",
    [
        Choice("consistency", "chance band"),
        Choice("confidence", "confidence band"),
        Choice("none", "no band"),
    ],
)
BAR_INTERVALS: Registry[Choice] = Registry(
    "interval",
    [
        Choice("none", "no intervals"),
        Choice("jeffreys", "Jeffreys"),
        Choice("clopper_pearson", "Clopper-Pearson"),
    ],
)


@dataclass(frozen=True, slots=True)
class View:
    """What is being looked at, frozen.

    Attributes
    ----------
    x_axis, y_axis : int
        The features (columns of the data set) on the boundary panel's axes.
    section : {"slice", "average", "components"}
        What is done with the features that are on no axis.
    held : tuple of (feature, value)
        Values in raw units (a level's code for a category) of the features not drawn; those not
        named stay at what stands in for a missing value: train mean, or commonest level.
    split : {"train", "validation", "test"}
        The part that reliability, confusion and figures are drawn for.
    shown : tuple of str
        The parts whose rows are drawn on the boundary.
    threshold : float
        The probability from which class 1 is decided.
    discrete : bool
        Whether the boundary shows the decided class instead of the probability.
    calibrated : bool
        Whether the boundary shows calibrated probabilities.
    truth : bool
        Whether the boundary shows the best possible border, where the truth is known.
    truth_error : bool
        Whether it shows how far the probabilities are from the true ones.
    reliability_class : int
        The class whose reliability is drawn; -1 is the confidence in the decided class, or, of two
        classes, class 1.
    bars : bool
        Whether the reliability diagram shows binned bars beside the curve.
    reliability_curve : {"corp", "width", "mass", "smooth"}
        How the reliability curve is drawn.
    reliability_band : {"consistency", "confidence", "none"}
        What the band holds: curves of a calibrated model, or where else the curve could have been.
    bar_interval : {"none", "jeffreys", "clopper_pearson"}
        The interval drawn at each bin's frequency.
    smoothing : float
        Width of the smooth curve's kernel, in probability; 0 is its fixed point.
    true_curve : bool
        Whether the true curve is drawn where the generator knows it.
    top_label : bool
        Whether curves by class judge the class decided rather than each class's probability.
    brushed : tuple of float
        The rows of the part whose judged probability lies in (low, high] are lit; empty is none.
    metric : str
        What the curves panel draws.
    by_epoch, log_metric, log_steps, smoothed : bool
        How it draws it.
    selected : int
        The selected row of the data set; -1 is none.
    unit : tuple of (layer, unit)
        The unit whose output the boundary shows in place of the model's, layer -1 being the inputs;
        empty is none.
    """

    x_axis: int = 0
    y_axis: int = 1
    section: Section = "slice"
    held: tuple[tuple[int, float], ...] = ()
    split: str = "validation"
    shown: tuple[str, ...] = SPLITS
    threshold: float = 0.5
    discrete: bool = False
    calibrated: bool = False
    truth: bool = False
    truth_error: bool = False
    reliability_class: int = -1
    bars: bool = False
    reliability_curve: str = "corp"
    reliability_band: str = "consistency"
    bar_interval: str = "none"
    smoothing: float = 0.0
    true_curve: bool = True
    top_label: bool = False
    brushed: tuple[float, ...] = ()
    metric: str = "loss"
    by_epoch: bool = True
    log_metric: bool = False
    log_steps: bool = False
    smoothed: bool = False
    selected: int = -1
    unit: tuple[int, ...] = ()

    def replacing(self, name: str, value: Any) -> View:
        """Return a copy with one field changed."""
        if name not in {field.name for field in dataclasses.fields(self)}:
            raise UserError(f"There is no view setting named {name!r}.")
        if name == "threshold" and not 0.0 <= value <= 1.0:
            raise UserError("The threshold is a probability.", "", "Give a number from 0 to 1.")
        if name in CHOSEN and value not in CHOSEN[name]:
            known = ", ".join(CHOSEN[name])
            raise UserError(f"{name} cannot be {value!r}.", "", f"Choose one of: {known}.")
        if name == "smoothing" and not 0.0 <= value <= 1.0:
            raise UserError("The smoothing is a width in probability.", "", "Give 0 to 1.")
        if name == "brushed" and not (
            len(value) in (0, 2) and all(isinstance(end, int | float) for end in value)
        ):
            raise UserError("A brush has two ends.", "", "Give a lower and an upper probability.")
        return dataclasses.replace(self, **{name: value})

    def for_other_data(self, x_axis: int = 0, y_axis: int = 1) -> View:
        """Return the view on these axes, without what would mean something else with other data."""
        plain = View()
        return dataclasses.replace(
            self,
            x_axis=x_axis,
            y_axis=y_axis,
            held=plain.held,
            reliability_class=plain.reliability_class,
            selected=plain.selected,
            brushed=plain.brushed,
        )


CHOSEN: dict[str, Registry[Choice]] = {
    "reliability_curve": CURVES,
    "reliability_band": BANDS,
    "bar_interval": BAR_INTERVALS,
}


SPAN = 8.0


Z = NumberKnob(
    label="z",
    default=1.0,
    help="Where on the curve to look; the slider shows the near part, more can be typed.",
    effect="view",
    low=-10_000.0,
    high=10_000.0,
)
SHARPNESS = NumberKnob(
    label="Sharpness t",
    default=1.0,
    help="The function becomes f(t z): a larger t makes it steeper, towards a step.",
    effect="view",
    low=0.1,
    high=100.0,
    scale="log",
)
HIGHEST = 10.0  # that the plot goes for the function itself


Axis = Literal["probability", "odds", "log_odds"]
AXES: tuple[Axis, ...] = ("probability", "odds", "log_odds")
FUNCTION_SECTIONS = ("point", "sharpness", "facts", "numerics", "model")
FACTS = ("", "range", "symmetry", "steepest", "centre")


@dataclass(frozen=True, slots=True)
class FunctionsChoice:
    """What is looked at in the functions panel.

    Attributes
    ----------
    function : str
        A name in ``ACTIVATIONS``.
    z : float
        Where the point is.
    sharpness : float
        t in f(t z).
    slope, curvature : bool
        Whether the derivatives are drawn.
    others : tuple of str
        Functions drawn beside it, at t = 1.
    axis : {"probability", "odds", "log_odds"}
        What the vertical axis of the sigmoid shows.
    fact : {"", "range", "symmetry", "steepest", "centre"}
        The fact that is drawn.
    layer : int
        The layer whose units are looked at.
    section : {"point", "sharpness", "facts", "numerics", "model"}
        What is explained.

    Examples
    --------
    >>> FunctionsChoice().replacing("function", "tanh").function
    'tanh'
    """

    function: str = "sigmoid"
    z: float = Z.default
    sharpness: float = SHARPNESS.default
    slope: bool = True
    curvature: bool = False
    others: tuple[str, ...] = ()
    axis: Axis = "probability"
    fact: str = "range"
    layer: int = 0
    section: str = "point"

    def __post_init__(self) -> None:
        """Check every field."""
        for name in (self.function, *self.others):
            ACTIVATIONS[name]
        Z.check(self.z)
        SHARPNESS.check(self.sharpness)
        for value, known in (
            (self.axis, AXES),
            (self.fact, FACTS),
            (self.section, FUNCTION_SECTIONS),
        ):
            if value not in known:
                raise UserError(f"There is no {value!r} here.", f"Choices: {', '.join(known)}.")

    def replacing(self, name: str, value: Any) -> FunctionsChoice:
        """Return a copy with one field changed."""
        return dataclasses.replace(self, **{name: value})


FEWEST, MOST = 2, 8
TEMPERATURE = NumberKnob(
    label="Temperature T",
    default=1.0,
    help="Logits are divided by it: below 1 the largest takes more, above 1 all become alike.",
    effect="view",
    low=0.05,
    high=20.0,
    scale="log",
)
LOGIT = NumberKnob(
    label="Logit",
    default=0.0,
    help="A class's score before the softmax; only differences matter.",
    effect="view",
    low=-10_000.0,
    high=10_000.0,
)
CONSTANT = NumberKnob(
    label="Constant c",
    default=0.0,
    help="Added to every logit; the probabilities do not change.",
    effect="view",
    low=-10_000.0,
    high=10_000.0,
)
SOFTMAX_SECTIONS = ("logits", "steps", "slopes", "sigmoid", "triangle", "learning")


@dataclass(frozen=True, slots=True)
class SoftmaxChoice:
    """What is looked at in the softmax panel.

    Attributes
    ----------
    logits : tuple of 2 to 8 floats
        Those set by hand.
    follows_row : bool
        Whether the selected row's logits take their place, where a row is selected.
    temperature : float
        T in softmax(z / T).
    constant : float
        c, added to every logit.
    true_class : int
    section : {"logits", "steps", "slopes", "sigmoid", "triangle", "learning"}
        What is explained.

    Examples
    --------
    >>> SoftmaxChoice().with_classes(4).with_logit(3, 1.5).logits
    (2.0, 0.5, -1.0, 1.5)
    """

    logits: tuple[float, ...] = (2.0, 0.5, -1.0)
    follows_row: bool = False
    temperature: float = TEMPERATURE.default
    constant: float = CONSTANT.default
    true_class: int = 0
    section: str = "logits"

    def __post_init__(self) -> None:
        """Check every field."""
        if not FEWEST <= len(self.logits) <= MOST:
            raise UserError(
                "That is not a number of classes that can be shown.",
                f"It was {len(self.logits)}.",
                f"Give a number from {FEWEST} to {MOST}.",
            )
        for z in self.logits:
            LOGIT.check(z)
        CONSTANT.check(self.constant)
        TEMPERATURE.check(self.temperature)
        if self.section not in SOFTMAX_SECTIONS:
            raise UserError(f"There is no section {self.section!r} here.")

    def replacing(self, name: str, value: Any) -> SoftmaxChoice:
        """Return a copy with one field changed."""
        return dataclasses.replace(self, **{name: value})

    def with_logit(self, k: int, value: float) -> SoftmaxChoice:
        """Return a copy with one logit changed."""
        logits = list(self.logits)
        logits[k] = value
        return self.replacing("logits", tuple(logits))

    def with_classes(self, n_classes: int) -> SoftmaxChoice:
        """Return a copy with that many classes; new ones have the logit 0."""
        logits = (*self.logits, *(0.0,) * n_classes)[:n_classes]
        return self.replacing("logits", logits)


PlaneKind = Literal["pair", "random"]


@dataclass(frozen=True, slots=True)
class PlaneChoice:
    """Which plane to look at.

    Attributes
    ----------
    kind : {"pair", "random"}
    first, second : int
        Of a pair, the places in the flat vector.
    seed : int
        Of the random directions.
    zoom : float
        How many times wider than fits the plane is drawn.
    """

    kind: PlaneKind = "pair"
    first: int = 0
    second: int = 1
    seed: int = 0
    zoom: float = 1.0
