"""The knobs of the view: what each panel shows, and how. None of them changes a result.

In the order of the panels. A knob whose name begins with a panel's name belongs to that panel
alone; the others are shared.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from core.base.arrays import SPLITS
from core.base.knobs import (
    ChoiceKnob,
    ChoicesKnob,
    FeatureValuesKnob,
    IntegerKnob,
    IntegersKnob,
    NumberKnob,
    NumbersKnob,
    SwitchKnob,
)
from core.base.registry import Choice, Named, Registry
from core.experiment.view_choices import (
    BANDS,
    BAR_INTERVALS,
    CALIBRATORS_PAGES,
    CURVES,
    FOLDING,
    FUNCTION_AXES,
    FUNCTION_FACTS,
    FUNCTIONS_PAGES,
    GRADIENTS_PAGES,
    NUMBERS_PAGES,
    PARTS,
    PLANES,
    SECTIONS,
    SOFTMAX_PAGES,
)

MOST_FEATURES = 1_000_000
MOST_ROWS = 10**9
MOST_CLASSES = 10_000
MOST_PARAMETERS = 10**9


def _metrics() -> Mapping[str, Named]:
    from core.training.recorded_metrics import drawn_metrics

    return drawn_metrics()


def _activations() -> Mapping[str, Named]:
    from core.functions.activations import ACTIVATIONS

    return ACTIVATIONS


def _tools() -> Mapping[str, Named]:
    from core.data.painted import TOOLS

    return TOOLS


def _one_of(registry: Registry[Choice]) -> Callable[[], Mapping[str, Named]]:
    return lambda: registry


_Switch = functools.partial(SwitchKnob, effect="view", default=False)
_Choice = functools.partial(ChoiceKnob, effect="view")
_Number = functools.partial(NumberKnob, effect="view")
_Integer = functools.partial(IntegerKnob, effect="view")

# several panels

SPLIT = _Choice(
    label="Part",
    default="validation",
    choices=_one_of(PARTS),
    help="Which part of the rows to judge.",
)
THRESHOLD = _Number(
    label="Threshold",
    default=0.5,
    low=0.0,
    high=1.0,
    help="The second class is decided where its probability is at least this.",
)
SELECTED = _Integer(
    label="Selected row",
    default=-1,
    low=-1,
    high=MOST_ROWS,
    refers_to="data",
    help="The selected row of the data set, counted from 0; -1 is none.",
)
BRUSHED = NumbersKnob(
    label="Lit rows",
    default=(),
    low=-1.0,
    high=1.0,
    lengths=(0, 2),
    effect="view",
    refers_to="data",
    help="Rows of the part whose judged probability is above the first number and at most the "
    "second are lit.",
)
CALIBRATED = _Switch(
    label="Calibrated", help="Show calibrated probabilities on the decision boundary."
)

# the boundary

X_AXIS = _Integer(
    label="Horizontal axis",
    default=0,
    low=0,
    high=MOST_FEATURES,
    help="The feature on the horizontal axis, counted from 0.",
)
Y_AXIS = _Integer(
    label="Vertical axis",
    default=1,
    low=0,
    high=MOST_FEATURES,
    help="The feature on the vertical axis, counted from 0.",
)
SECTION = _Choice(
    label="Other features",
    default="slice",
    choices=_one_of(SECTIONS),
    help="What is done with the features that are on no axis.",
)
HELD = FeatureValuesKnob(
    label="Held values",
    default=(),
    effect="view",
    refers_to="data",
    help="Values of features that are on no axis, in raw units; the others stay at their usual "
    "value.",
)
SHOW_HELD = _Switch(
    label="Held values",
    panel="boundary",
    help="Choose the values of the features that are on no axis.",
)
SHOWN = ChoicesKnob(
    label="Parts shown",
    panel="boundary",
    default=SPLITS,
    choices=_one_of(PARTS),
    effect="view",
    help="The parts whose rows are drawn: train is filled, the others are outlined.",
)
DISCRETE = _Switch(
    label="Discrete", panel="boundary", help="Show the class decided in place of its probability."
)
TRUTH = _Switch(
    label="Truth", panel="boundary", help="Draw the border of the best possible rule, dashed."
)
TRUTH_ERROR = _Switch(
    label="Δ truth",
    panel="boundary",
    help="Show |model − truth|: how far the probabilities are from the true ones.",
)
UNIT = IntegersKnob(
    label="Unit shown",
    default=(),
    low=-1,
    high=MOST_FEATURES,
    lengths=(0, 2),
    effect="view",
    help="The layer, -1 being the inputs, and the unit whose output the boundary shows in place "
    "of the model's.",
)
PAINT_TOOL = _Choice(
    label="Tool",
    panel="boundary",
    default="pen",
    choices=_tools,
    help="What the mouse does while you paint.",
)
PAINT_CLASS = _Integer(
    label="Class painted",
    panel="boundary",
    default=0,
    low=0,
    high=7,
    help="The class that new points have, counted from 0.",
)
PAINT_CLASSES = _Integer(
    label="Classes offered",
    panel="boundary",
    default=2,
    low=2,
    high=8,
    help="How many classes there are to paint, at least.",
)
PAINT_SIZE = _Integer(
    label="Size",
    panel="boundary",
    default=14,
    low=4,
    high=100,
    unit="pixels",
    help="The brush's radius.",
)
PAINT_DENSITY = _Integer(
    label="Density",
    panel="boundary",
    default=60,
    low=5,
    high=300,
    unit="points a second",
    help="How many points the airbrush sprays.",
)

# the loss

METRIC = _Choice(
    label="Figure",
    panel="loss",
    default="loss",
    choices=_metrics,
    help="Which recorded figure to draw.",
)
BY_EPOCH = _Switch(
    label="Epochs",
    panel="loss",
    default=True,
    help="Count epochs rather than steps on the horizontal axis.",
)
LOG_METRIC = _Switch(
    label="log y", panel="loss", help="A logarithmic vertical axis: small values get more room."
)
LOG_STEPS = _Switch(
    label="log x", panel="loss", help="A logarithmic horizontal axis: the beginning gets more room."
)
SMOOTHED = _Switch(
    label="Smooth", panel="loss", help="Draw the mean of neighbouring records over the raw line."
)

GHOSTS = _Switch(
    label="Ghosts",
    panel="loss",
    default=True,
    help="Draw earlier runs of these data in the background.",
)

# reliability, by class, calibrators, numbers

RELIABILITY_CLASS = _Integer(
    label="Forecast",
    default=-1,
    low=-1,
    high=MOST_CLASSES,
    refers_to="data",
    help="The class whose probability is judged; -1 is the confidence in the class decided, or of "
    "two classes the second.",
)
RELIABILITY_CURVE = _Choice(
    label="Curve",
    default="corp",
    choices=_one_of(CURVES),
    help="How the curve is made: CORP, bins of equal width or mass, or a smooth kernel.",
)
RELIABILITY_BAND = _Choice(
    label="Band",
    panel="reliability",
    default="consistency",
    choices=_one_of(BANDS),
    help="What the band holds: curves of a calibrated model, or of this one redrawn.",
)
RELIABILITY_OPTIONS = _Choice(
    label="More",
    panel="reliability",
    default="auto",
    choices=_one_of(FOLDING),
    help="Show or hide band, intervals, bars, true curve and calibrators.",
)
BARS = _Switch(
    label="Bars", panel="reliability", help="Show the observed frequency in bins beside the curve."
)
BAR_INTERVAL = _Choice(
    label="Intervals",
    default="none",
    choices=_one_of(BAR_INTERVALS),
    help="The 90 % interval of each bin's frequency.",
)
SMOOTHING = _Number(
    label="Kernel width",
    default=0.0,
    low=0.0,
    high=1.0,
    help="Width of the smooth curve's kernel in probability; 0 is the fixed point, at which it "
    "equals the error.",
)
TRUE_CURVE = _Switch(
    label="Truth",
    panel="reliability",
    default=True,
    help="Draw the true curve where the generator knows it.",
)
TOP_LABEL = _Switch(
    label="Top label",
    panel="by_class",
    help="Judge the rows decided as each class in place of each class's probability.",
)
CALIBRATORS_PAGE = _Choice(
    label="Page",
    panel="calibrators",
    default="handles",
    choices=_one_of(CALIBRATORS_PAGES),
    help="What to show of the calibrators.",
)
CALIBRATORS_PARAMETER = _Integer(
    label="Parameter",
    panel="calibrators",
    default=0,
    low=0,
    high=1,
    help="The calibrator's parameter against which the loss is drawn, counted from 0.",
)
NUMBERS_PAGE = _Choice(
    label="Page",
    panel="numbers",
    default="bins",
    choices=_one_of(NUMBERS_PAGES),
    help="What to show of the numbers.",
)
NUMBERS_CALIBRATED = _Switch(
    label="Calibrated",
    panel="numbers",
    help="Judge the calibrated probabilities in place of the model's own.",
)

# rows

ROWS_SORT = IntegersKnob(
    label="Sorted by",
    panel="rows",
    default=(),
    low=0,
    high=MOST_FEATURES,
    lengths=(0, 2),
    effect="view",
    refers_to="data",
    help="The column of the table that the rows are sorted by, counted from 0, and 1 where they "
    "descend, else 0; empty leaves them in the order of the data.",
)

# network, gradients, landscape

NETWORK_SELECTED = IntegersKnob(
    label="Selected parameter",
    panel="network",
    default=(),
    low=-1,
    high=MOST_PARAMETERS,
    lengths=(0, 3),
    effect="view",
    refers_to="model",
    help="The layer, the unit and the parameter's place that are selected in the diagram; empty is "
    "the output's bias.",
)
GRADIENTS_PAGE = _Choice(
    label="Page",
    panel="gradients",
    default="layers",
    choices=_one_of(GRADIENTS_PAGES),
    help="Show the gradient of each layer, or the derivatives of the selected row.",
)
LANDSCAPE_PLANE = _Choice(
    label="Plane",
    panel="landscape",
    default="pair",
    choices=_one_of(PLANES),
    help="Which plane through all parameters to look at.",
)
LANDSCAPE_FIRST = _Integer(
    label="Horizontal parameter",
    panel="landscape",
    default=-1,
    low=-1,
    high=MOST_PARAMETERS,
    refers_to="model",
    help="The parameter on the horizontal axis; -1 is the first unit's first weight.",
)
LANDSCAPE_SECOND = _Integer(
    label="Vertical parameter",
    panel="landscape",
    default=-1,
    low=-1,
    high=MOST_PARAMETERS,
    refers_to="model",
    help="The parameter on the vertical axis; -1 is the first unit's second weight, or its bias.",
)
LANDSCAPE_SEED = _Integer(
    label="Random directions",
    panel="landscape",
    default=0,
    low=0,
    high=999_999,
    help="Another seed draws other random directions.",
)
LANDSCAPE_ZOOM = _Number(
    label="Width",
    panel="landscape",
    default=1.0,
    low=1.0 / 40.0,
    high=40.0,
    scale="log",
    help="How many times wider than fits the path the plane is drawn.",
)

# functions

FUNCTION = _Choice(
    label="Function",
    panel="functions",
    default="sigmoid",
    choices=_activations,
    help="Which function to look at.",
)
FUNCTION_Z = _Number(
    label="z",
    panel="functions",
    default=1.0,
    low=-10_000.0,
    high=10_000.0,
    help="Where on the curve to look; the slider shows the near part, more can be typed.",
)
FUNCTION_SHARPNESS = _Number(
    label="Sharpness t",
    panel="functions",
    default=1.0,
    low=0.1,
    high=100.0,
    scale="log",
    help="The function becomes f(t z): a larger t makes it steeper, towards a step.",
)
FUNCTION_SLOPE = _Switch(
    label="f′", panel="functions", default=True, help="Show the slope (first derivative)."
)
FUNCTION_CURVATURE = _Switch(
    label="f″", panel="functions", help="Show the curvature (second derivative)."
)
FUNCTION_OTHERS = ChoicesKnob(
    label="Compare",
    panel="functions",
    default=(),
    choices=_activations,
    effect="view",
    help="Draw other functions beside it.",
)
FUNCTION_AXIS = _Choice(
    label="Vertical axis",
    panel="functions",
    default="probability",
    choices=_one_of(FUNCTION_AXES),
    help="The sigmoid as a probability, as odds, or as log-odds: a straight line.",
)
FUNCTION_FACT = _Choice(
    label="Fact",
    panel="functions",
    default="range",
    choices=_one_of(FUNCTION_FACTS),
    help="Which fact about the function is drawn.",
)
FUNCTION_LAYER = _Integer(
    label="Layer",
    panel="functions",
    default=0,
    low=0,
    high=1_000,
    help="The layer of the model whose units to look at, counted from 0.",
)
FUNCTIONS_PAGE = _Choice(
    label="Explanations",
    panel="functions",
    default="point",
    choices=_one_of(FUNCTIONS_PAGES),
    help="What is explained about the function.",
)

# softmax

FEWEST_LOGITS, MOST_LOGITS = 2, 8
SOFTMAX_LOGITS = NumbersKnob(
    label="Logit",
    panel="softmax",
    default=(2.0, 0.5, -1.0),
    low=-10_000.0,
    high=10_000.0,
    lengths=tuple(range(FEWEST_LOGITS, MOST_LOGITS + 1)),
    effect="view",
    help="Each class's score before the softmax; only differences matter.",
)
SOFTMAX_FOLLOWS_ROW = _Switch(
    label="Logits",
    panel="softmax",
    help="Set the logits by hand, or follow the selected row while the model learns.",
)
SOFTMAX_TEMPERATURE = _Number(
    label="Temperature T",
    panel="softmax",
    default=1.0,
    low=0.05,
    high=20.0,
    scale="log",
    help="Logits are divided by it: below 1 the largest takes more, above 1 all become alike.",
)
SOFTMAX_CONSTANT = _Number(
    label="Constant c",
    panel="softmax",
    default=0.0,
    low=-10_000.0,
    high=10_000.0,
    help="Added to every logit; the probabilities do not change.",
)
SOFTMAX_TRUE_CLASS = _Integer(
    label="True class",
    panel="softmax",
    default=0,
    low=0,
    high=MOST_LOGITS - 1,
    help="The class that the row really has, counted from 0.",
)
SOFTMAX_PAGE = _Choice(
    label="Explanations",
    panel="softmax",
    default="logits",
    choices=_one_of(SOFTMAX_PAGES),
    help="What is explained about the softmax.",
)
