"""Textbook formulas beside numerically stable ones, compared with 60-digit arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

import numpy as np

from core.base.registry import Registry
from core.functions.activations import ACTIVATIONS
from core.functions.sigmoid_family import log_sigmoid, sigmoid, sigmoid_slope, softplus
from core.functions.softmax_family import softmax

ALL_DIGITS = 17.0
"""The digits of a result that is the float64 number nearest to the truth."""

_PRECISION = 60


@dataclass(frozen=True, slots=True)
class Recipe:
    """One quantity by its textbook formula and by a numerically stable one.

    Attributes
    ----------
    name, label : str
    textbook, stable : callable
        float -> float.
    exact : callable
        Decimal -> Decimal, correct to more than 40 digits.
    how : str
        The textbook formula, as text.
    fails : str
        Where it fails and why, as one sentence.
    """

    name: str
    label: str
    textbook: Callable[[float], float]
    stable: Callable[[float], float]
    exact: Callable[[Decimal], Decimal]
    how: str
    fails: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A recipe at one z.

    Attributes
    ----------
    recipe : Recipe
    textbook, stable : float
    exact : Decimal
    textbook_digits, stable_digits : float
        Correct significant digits; 0 is none, ``ALL_DIGITS`` the nearest float64 number.
    """

    recipe: Recipe
    textbook: float
    stable: float
    exact: Decimal
    textbook_digits: float
    stable_digits: float


def compare_numerics(z: float) -> tuple[Comparison, ...]:
    """Return every recipe at z.

    Examples
    --------
    >>> slope = next(c for c in compare_numerics(40.0) if c.recipe.name == "slope")
    >>> slope.textbook, f"{slope.stable:.3e}"
    (0.0, '4.248e-18')
    """
    with localcontext(Context(prec=_PRECISION, Emin=-999_999, Emax=999_999)):
        return tuple(_compare(recipe, z) for recipe in RECIPES.values())


def correct_digits(value: float, exact: Decimal) -> float:
    """Return how many significant digits of a value are correct: -log10 of its relative error.

    Parameters
    ----------
    value : float
    exact : Decimal

    Returns
    -------
    float
        From 0 to ``ALL_DIGITS``; NaN and infinities have none.

    Examples
    --------
    >>> correct_digits(0.1, Decimal("0.1")), round(correct_digits(0.999, Decimal(1)), 9)
    (17.0, 3.0)
    """
    if not math.isfinite(value):
        return 0.0
    if value == float(exact):
        return ALL_DIGITS
    if exact == 0:
        return 0.0
    with localcontext(Context(prec=_PRECISION, Emin=-999_999, Emax=999_999)):
        error = abs((Decimal(value) - exact) / exact)
        return float(min(max(-error.log10(), Decimal(0)), Decimal(ALL_DIGITS)))


def _compare(recipe: Recipe, z: float) -> Comparison:
    with np.errstate(all="ignore"):
        textbook, stable = float(recipe.textbook(z)), float(recipe.stable(z))
    exact = recipe.exact(Decimal(z))
    return Comparison(
        recipe,
        textbook,
        stable,
        exact,
        correct_digits(textbook, exact),
        correct_digits(stable, exact),
    )


def _textbook_sigmoid(z: float) -> float:
    return float(1.0 / (1.0 + np.exp(-z)))


def _textbook_slope(z: float) -> float:
    s = sigmoid(z)
    return float(s * (1.0 - s))


def _textbook_tanh(z: float) -> float:
    up, down = np.exp(z), np.exp(-z)
    return float((up - down) / (up + down))


def _textbook_softmax(z: float) -> float:
    e = np.exp(np.array([z, 0.0]))
    return float(e[0] / e.sum())


def _exact_sigmoid(z: Decimal) -> Decimal:
    e = (-abs(z)).exp()
    return 1 / (1 + e) if z >= 0 else e / (1 + e)


def _exact_slope(z: Decimal) -> Decimal:
    e = (-abs(z)).exp()
    return e / (1 + e) ** 2


def _exact_softplus(z: Decimal) -> Decimal:
    e = (-abs(z)).exp()
    # below 1e-20 the series is right to 60 digits, and 1 + e would lose some
    rest = e - e**2 / 2 + e**3 / 3 - e**4 / 4 if e < Decimal("1e-20") else (1 + e).ln()
    return max(z, Decimal(0)) + rest


def _exact_tanh(z: Decimal) -> Decimal:
    if abs(z) < Decimal("1e-10"):
        return z - z**3 / 3 + 2 * z**5 / 15
    e = (-2 * abs(z)).exp()
    return ((1 - e) / (1 + e)).copy_sign(z)


RECIPES: Registry[Recipe] = Registry(
    "recipe",
    [
        Recipe(
            "sigmoid",
            "σ(z)",
            _textbook_sigmoid,
            lambda z: float(sigmoid(z)),
            _exact_sigmoid,
            "1 / (1 + exp(−z))",
            "Below z = −709.8 exp(−z) overflows and it gives 0, though σ(−740) is 4e−322. "
            "SciPy's expit does the same.",
        ),
        Recipe(
            "by_tanh",
            "σ from tanh",
            lambda z: float(0.5 * (1.0 + np.tanh(0.5 * z))),
            lambda z: float(sigmoid(z)),
            _exact_sigmoid,
            "(1 + tanh(z / 2)) / 2",
            "Nothing overflows, but below z = −39 tanh is −1 and the sum 0.",
        ),
        Recipe(
            "complement",
            "1 − σ(z)",
            lambda z: 1.0 - float(sigmoid(z)),
            lambda z: float(sigmoid(-z)),
            lambda z: _exact_sigmoid(-z),
            "1 − s",
            "From z = 38 on s is 1 and the difference 0; σ(−z) keeps every digit.",
        ),
        Recipe(
            "slope",
            "σ′(z)",
            _textbook_slope,
            lambda z: float(sigmoid_slope(z)),
            _exact_slope,
            "s (1 − s)",
            "From z = 38 on s is 1 and the slope 0: nothing would be learnt there.",
        ),
        Recipe(
            "log_sigmoid",
            "ln σ(z)",
            lambda z: float(np.log(_textbook_sigmoid(z))),
            lambda z: float(log_sigmoid(z)),
            lambda z: -_exact_softplus(-z),
            "ln(1 / (1 + exp(−z)))",
            "Below z = −709.8 it is −∞, and from z = 38 on it is 0: both ruin a log loss.",
        ),
        Recipe(
            "softplus",
            "ln(1 + eᶻ)",
            lambda z: float(np.log(1.0 + np.exp(z))),
            lambda z: float(softplus(z)),
            _exact_softplus,
            "ln(1 + exp(z))",
            "Above z = 709.8 exp(z) overflows, and below z = −38 it gives 0.",
        ),
        Recipe(
            "tanh",
            "tanh(z)",
            _textbook_tanh,
            lambda z: float(np.tanh(z)),
            _exact_tanh,
            "(eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ)",
            "Beyond z = ±709.8 it is ∞ / ∞, and near 0 the difference cancels.",
        ),
        Recipe(
            "tanh_slope",
            "tanh′(z)",
            lambda z: float(1.0 - np.square(np.tanh(z))),
            lambda z: float(ACTIVATIONS["tanh"].slope(np.array(z))),
            lambda z: 4 * _exact_slope(2 * z),
            "1 − tanh²(z)",
            "Beyond z = ±20 tanh is 1 and the slope 0.",
        ),
        Recipe(
            "softmax",
            "softmax(z, 0)",
            _textbook_softmax,
            lambda z: float(softmax([z, 0.0])[0]),
            _exact_sigmoid,
            "exp(z) / (exp(z) + 1)",
            "Above z = 709.8 it is ∞ / ∞. Subtracting the largest logit first mends it.",
        ),
    ],
)
