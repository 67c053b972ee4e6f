"""The lists from which fields of the view are chosen: curves, bands, planes and panels' pages."""

from __future__ import annotations

from core.base.arrays import SPLITS
from core.base.registry import Choice, Registry

PARTS: Registry[Choice] = Registry("part", [Choice(name, name) for name in SPLITS])
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
        Choice("consistency", "chance"),
        Choice("confidence", "confidence"),
        Choice("none", "none"),
    ],
)
BAR_INTERVALS: Registry[Choice] = Registry(
    "interval",
    [
        Choice("none", "none"),
        Choice("jeffreys", "Jeffreys"),
        Choice("clopper_pearson", "Clopper-Pearson"),
    ],
)
FOLDING: Registry[Choice] = Registry(
    "folding",
    [
        Choice("auto", "where there is room"),
        Choice("shown", "shown"),
        Choice("hidden", "hidden"),
    ],
)
CALIBRATORS_PAGES: Registry[Choice] = Registry(
    "page",
    [
        Choice("handles", "By hand"),
        Choice("maps", "Maps"),
        Choice("priors", "Weights and base rate"),
    ],
)
NUMBERS_PAGES: Registry[Choice] = Registry(
    "page", [Choice("bins", "Bins"), Choice("all", "All numbers")]
)
GRADIENTS_PAGES: Registry[Choice] = Registry(
    "page", [Choice("layers", "Layers"), Choice("row", "Selected row")]
)
PLANES: Registry[Choice] = Registry(
    "plane", [Choice("pair", "Two weights"), Choice("random", "Random plane")]
)
FUNCTION_AXES: Registry[Choice] = Registry(
    "axis",
    [
        Choice("probability", "probability"),
        Choice("odds", "odds p / (1 − p)"),
        Choice("log_odds", "log-odds"),
    ],
)
FUNCTION_FACTS: Registry[Choice] = Registry(
    "fact",
    [
        Choice("none", "None"),
        Choice("range", "Range"),
        Choice("symmetry", "Symmetry"),
        Choice("steepest", "Steepest slope"),
        Choice("centre", "Centre"),
    ],
)
FUNCTIONS_PAGES: Registry[Choice] = Registry(
    "page",
    [
        Choice("point", "Point"),
        Choice("sharpness", "Sharpness"),
        Choice("facts", "Facts"),
        Choice("numerics", "Digits"),
        Choice("model", "Model"),
    ],
)
SOFTMAX_PAGES: Registry[Choice] = Registry(
    "page",
    [
        Choice("logits", "Logits"),
        Choice("steps", "Steps"),
        Choice("slopes", "Slopes"),
        Choice("sigmoid", "Two classes"),
        Choice("triangle", "Three classes"),
        Choice("learning", "Loss"),
    ],
)
