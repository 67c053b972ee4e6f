"""The units of a hidden layer: what each computes, its derivatives, and when to choose it.

An activation is one record: value, slope and curvature beside each other, with the formulas a
reader sees. At ±inf each gives its mathematical limit, and NaN stays NaN. Where a slope or a
curvature jumps at 0 (ReLU, leaky ReLU, ELU's curvature), it is there what it is on the left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.base.compiled_functions import exponential, exponential_minus_one
from core.base.compiled_functions import tanh as compiled_tanh
from core.base.registry import Registry
from core.functions.sigmoid_family import sigmoid, sigmoid_curvature, sigmoid_slope, softplus

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

LEAK = 0.01
"""The slope of leaky ReLU on the left (Maas, Hannun and Ng 2013)."""


@dataclass(frozen=True, slots=True)
class Activation:
    """One kind of hidden unit.

    Parameters
    ----------
    name : str
        The key, as it stands in an Experiment.
    label : str
        The name a reader sees.
    value, slope, curvature : callable
        f(z), f'(z) and f''(z), elementwise on float64 arrays of any shape.
    formula, slope_formula : str
        f(z) and f'(z) in LaTeX.
    good_at, bad_at : str
        One plain sentence each.
    source : str
        The paper that introduced it.
    gain : {"glorot", "he"}
        The initialisation it prefers.
    trainable_sharpness : bool
        True where each unit computes f(t z) with a sharpness t of its own, learnt with the weights.
        value, slope and curvature are those at t = 1: the layer multiplies z by t itself.
    loop : callable or None
        The compiled form, plain Python that numba compiles: (z, slope, layer, units) replaces a
        layer's pre-activations by their values and writes the slopes. Without it, networks with
        this activation are trained by numpy.

    Examples
    --------
    >>> ACTIVATIONS["relu"].value(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    name: str
    label: str
    value: Function
    slope: Function
    curvature: Function
    formula: str
    slope_formula: str
    good_at: str
    bad_at: str
    source: str
    gain: Literal["glorot", "he"]
    trainable_sharpness: bool = False
    loop: Callable[..., None] | None = None


def _zero(z: Array) -> Array:
    """Return 0 for every number, NaN for NaN."""
    result: Array = 0.0 * np.minimum(np.abs(z), 1.0)
    return result


def _one(z: Array) -> Array:
    """Return 1 for every number, NaN for NaN."""
    return 1.0 + _zero(z)


def _identity(z: Array) -> Array:
    """Return a copy of z."""
    return +np.asarray(z, dtype=np.float64)


def _tanh(z: Array) -> Array:
    """Return the hyperbolic tangent, 2 σ(2z) - 1."""
    result: Array = np.tanh(z)
    return result


def _tanh_slope(z: Array) -> Array:
    """tanh'(z) = 4 σ'(2z), which unlike 1 - tanh² does not cancel; 0 beyond 400 in any case."""
    return 4.0 * sigmoid_slope(2.0 * np.minimum(np.abs(z), 400.0))


def _tanh_curvature(z: Array) -> Array:
    """tanh''(z) = -2 tanh(z) tanh'(z)."""
    return -2.0 * np.tanh(z) * _tanh_slope(z)


def _relu_slope(z: Array) -> Array:
    """1 to the right of 0, 0 at 0 and to its left."""
    result: Array = np.heaviside(z, 0.0)
    return result


def _leaky_relu_slope(z: Array) -> Array:
    """1 to the right of 0, 0.01 at 0 and to its left."""
    result: Array = np.maximum(np.heaviside(z, 0.0), LEAK)
    return result


def _elu(z: Array) -> Array:
    """Return z to the right of 0, exp(z) - 1 to its left."""
    result: Array = np.maximum(z, np.expm1(np.minimum(z, 0.0)))
    return result


def _elu_slope(z: Array) -> Array:
    """1 to the right of 0, exp(z) to its left."""
    result: Array = np.exp(np.minimum(z, 0.0))
    return result


def _elu_curvature(z: Array) -> Array:
    """0 to the right of 0, exp(z) at 0 and to its left."""
    return _elu_slope(z) * np.heaviside(-z, 1.0)


def normal_cdf(z: Array) -> Array:
    """Probability Φ(z) that a standard normal variable is at most z.

    Parameters
    ----------
    z : ndarray, any shape
        Quantiles; ±inf give 1 and 0, NaN stays NaN.

    Returns
    -------
    ndarray, the shape of z
        Probabilities in [0, 1], right to 3e-13 relative: exp magnifies the rounding of z²/2.

    Examples
    --------
    >>> normal_cdf(np.array([-38.0, 0.0, 1.96])).round(4)
    array([0.   , 0.5  , 0.975])
    """
    from scipy.special import ndtr  # imported here: the window is to appear before scipy is

    result: Array = ndtr(z)
    return result


def normal_density(z: Array) -> Array:
    """Density φ(z) = exp(-z²/2) / √(2π) of the standard normal distribution: the slope of Φ.

    Parameters
    ----------
    z : ndarray, any shape
        Quantiles; ±inf give 0, NaN stays NaN.

    Returns
    -------
    ndarray, the shape of z
        Densities, right to 2e-13 relative; 0 from 40 on, where z² need not overflow.

    Examples
    --------
    >>> float(normal_density(0.0).round(6))
    0.398942
    """
    result: Array = np.exp(-0.5 * np.square(np.minimum(np.abs(z), 40.0))) / np.sqrt(2.0 * np.pi)
    return result


def _gelu(z: Array) -> Array:
    """Return z Φ(z); at -40 it is 0 already, which stands for the rest of the left side."""
    return np.maximum(z, -40.0) * normal_cdf(z)


def _gelu_slope(z: Array) -> Array:
    """Φ(z) + z φ(z)."""
    return normal_cdf(z) + np.clip(z, -40.0, 40.0) * normal_density(z)


def _gelu_curvature(z: Array) -> Array:
    """(2 - z²) φ(z)."""
    return (2.0 - np.square(np.clip(z, -40.0, 40.0))) * normal_density(z)


def _swish(z: Array) -> Array:
    """Return z σ(z); at -750 it is 0 already, which stands for the rest of the left side."""
    return np.maximum(z, -750.0) * sigmoid(z)


def _swish_slope(z: Array) -> Array:
    """σ(z) (1 + z σ(-z)), in which nothing cancels but at its zero near -1.28."""
    z = np.clip(z, -750.0, 750.0)
    return sigmoid(z) * (1.0 + z * sigmoid(-z))


def _swish_curvature(z: Array) -> Array:
    """σ'(z) (2 - z tanh(z / 2))."""
    z = np.clip(z, -750.0, 750.0)
    return sigmoid_slope(z) * (2.0 - z * np.tanh(0.5 * z))


# The compiled forms. `z` (layers, units, samples) holds a layer's pre-activations, which the values
# replace; the slopes go to an array of the same shape. Numbers that are written in the code are
# taken in the arrays' precision, since a Python number would widen float32.


def _linear_loop(z: Any, slope: Any, layer: int, units: int) -> None:
    one = z.dtype.type(1.0)
    for u in range(units):
        for s in range(z.shape[2]):
            slope[layer, u, s] = one


def _sigmoid_loop(z: Any, slope: Any, layer: int, units: int) -> None:
    one = z.dtype.type(1.0)
    for u in range(units):
        for s in range(z.shape[2]):
            odds = exponential(-z[layer, u, s])
            a = one / (one + odds)
            slope[layer, u, s] = odds * a * a
            z[layer, u, s] = a


def _tanh_loop(z: Any, slope: Any, layer: int, units: int) -> None:
    one = z.dtype.type(1.0)
    for u in range(units):
        for s in range(z.shape[2]):
            a = compiled_tanh(z[layer, u, s])
            slope[layer, u, s] = one - a * a
            z[layer, u, s] = a


def _relu_loop(z: Any, slope: Any, layer: int, units: int) -> None:
    zero, one = z.dtype.type(0.0), z.dtype.type(1.0)
    for u in range(units):
        for s in range(z.shape[2]):
            x = z[layer, u, s]
            slope[layer, u, s] = one if x > zero else zero
            z[layer, u, s] = zero if x <= zero else x  # NaN stays NaN


def _leaky_relu_loop(z: Any, slope: Any, layer: int, units: int) -> None:
    zero, one, leak = z.dtype.type(0.0), z.dtype.type(1.0), z.dtype.type(LEAK)
    for u in range(units):
        for s in range(z.shape[2]):
            x = z[layer, u, s]
            slope[layer, u, s] = one if x > zero else leak
            z[layer, u, s] = x if x > zero else leak * x


def _elu_loop(z: Any, slope: Any, layer: int, units: int) -> None:
    zero, one = z.dtype.type(0.0), z.dtype.type(1.0)
    for u in range(units):
        for s in range(z.shape[2]):
            x = z[layer, u, s]
            grown = exponential_minus_one(x)
            slope[layer, u, s] = one if x > zero else grown + one
            z[layer, u, s] = x if x > zero else grown


def _gelu_loop(z: Any, slope: Any, layer: int, units: int) -> None:
    half, far = z.dtype.type(0.5), z.dtype.type(40.0)  # beyond 40 the density is 0
    root, peak = z.dtype.type(math.sqrt(0.5)), z.dtype.type(1.0 / math.sqrt(2.0 * math.pi))
    for u in range(units):
        for s in range(z.shape[2]):
            x = z[layer, u, s]
            x = -far if x < -far else x
            probability = half * z.dtype.type(math.erfc(-x * root))
            x_limited = far if x > far else x
            density = peak * exponential(-half * x_limited * x_limited)
            slope[layer, u, s] = probability + x_limited * density
            z[layer, u, s] = x * probability


def _swish_loop(z: Any, slope: Any, layer: int, units: int) -> None:
    one, far = z.dtype.type(1.0), z.dtype.type(750.0)
    for u in range(units):
        for s in range(z.shape[2]):
            x = z[layer, u, s]
            x = -far if x < -far else x  # so that -inf does not meet a probability of 0
            odds = exponential(-x)
            p = one / (one + odds)
            x_limited = far if x > far else x
            slope[layer, u, s] = p + x_limited * (odds * p * p)
            z[layer, u, s] = x * p


def _softplus_loop(z: Any, slope: Any, layer: int, units: int) -> None:
    zero, one = z.dtype.type(0.0), z.dtype.type(1.0)
    for u in range(units):
        for s in range(z.shape[2]):
            x = z[layer, u, s]
            slope[layer, u, s] = one / (one + exponential(-x))
            above = zero if x <= zero else x
            z[layer, u, s] = above + z.dtype.type(math.log1p(exponential(-abs(x))))


ACTIVATIONS: Registry[Activation] = Registry(
    "activation",
    [
        Activation(
            name="sigmoid",
            label="Sigmoid",
            value=sigmoid,
            slope=sigmoid_slope,
            curvature=sigmoid_curvature,
            formula=r"\sigma(z) = \frac{1}{1 + e^{-z}}",
            slope_formula=r"\sigma'(z) = \sigma(z)\,(1 - \sigma(z))",
            good_at="Smooth, bounded, and read as a probability.",
            bad_at="Its slope is at most 1/4 and dies on both sides: deep networks learn slowly.",
            source="Rumelhart, Hinton and Williams 1986, Nature 323, 533-536",
            gain="glorot",
            loop=_sigmoid_loop,
        ),
        Activation(
            name="tanh",
            label="Tanh",
            value=_tanh,
            slope=_tanh_slope,
            curvature=_tanh_curvature,
            formula=r"\tanh(z) = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}",
            slope_formula=r"\tanh'(z) = 1 - \tanh^2(z)",
            good_at="Smooth and centred on 0, so that small networks learn fast.",
            bad_at="Its slope dies on both sides, as the sigmoid's does.",
            source="LeCun, Bottou, Orr and Müller 1998, Efficient BackProp",
            gain="glorot",
            loop=_tanh_loop,
        ),
        Activation(
            name="relu",
            label="ReLU",
            value=lambda z: np.maximum(z, 0.0),
            slope=_relu_slope,
            curvature=_zero,
            formula=r"f(z) = \max(z, 0)",
            slope_formula=r"f'(z) = \begin{cases} 1 & z > 0 \\ 0 & z \leq 0 \end{cases}",
            good_at="Cheap, and its slope never fades on the right, so deep networks train.",
            bad_at="A unit that is off for every sample gets no gradient and stays off.",
            source="Nair and Hinton 2010, ICML",
            gain="he",
            loop=_relu_loop,
        ),
        Activation(
            name="leaky_relu",
            label="Leaky ReLU",
            value=lambda z: np.maximum(z, LEAK * z),
            slope=_leaky_relu_slope,
            curvature=_zero,
            formula=r"f(z) = \max(z, 0.01\,z)",
            slope_formula=r"f'(z) = \begin{cases} 1 & z > 0 \\ 0.01 & z \leq 0 \end{cases}",
            good_at="Like ReLU, but a unit that is off can come back.",
            bad_at="The slope on the left is one more number that somebody has to choose.",
            source="Maas, Hannun and Ng 2013, ICML workshop",
            gain="he",
            loop=_leaky_relu_loop,
        ),
        Activation(
            name="elu",
            label="ELU",
            value=_elu,
            slope=_elu_slope,
            curvature=_elu_curvature,
            formula=r"f(z) = \begin{cases} z & z > 0 \\ e^{z} - 1 & z \leq 0 \end{cases}",
            slope_formula=r"f'(z) = \begin{cases} 1 & z > 0 \\ e^{z} & z \leq 0 \end{cases}",
            good_at="Smooth at 0, with outputs whose mean is near 0.",
            bad_at="It costs an exponential, and the far left has no slope.",
            source="Clevert, Unterthiner and Hochreiter 2016, ICLR, equation 15",
            gain="he",
            loop=_elu_loop,
        ),
        Activation(
            name="gelu",
            label="GELU",
            value=_gelu,
            slope=_gelu_slope,
            curvature=_gelu_curvature,
            formula=r"f(z) = z\,\Phi(z)",
            slope_formula=r"f'(z) = \Phi(z) + z\,\varphi(z)",
            good_at="A smooth ReLU, common in transformers.",
            bad_at="Slow to compute, and not monotone: it dips below 0 near z = -0.75.",
            source="Hendrycks and Gimpel 2016, arXiv:1606.08415",
            gain="he",
            loop=_gelu_loop,
        ),
        Activation(
            name="swish",
            label="Swish",
            value=_swish,
            slope=_swish_slope,
            curvature=_swish_curvature,
            formula=r"f(z) = z\,\sigma(z)",
            slope_formula=r"f'(z) = \sigma(z)\,(1 + z\,\sigma(-z))",
            good_at="A smooth ReLU that lets small negative inputs through.",
            bad_at="Not monotone: it dips below 0 near z = -1.28, so units are harder to read.",
            source="Ramachandran, Zoph and Le 2017, arXiv:1710.05941",
            gain="he",
            loop=_swish_loop,
        ),
        Activation(
            name="softplus",
            label="Softplus",
            value=softplus,
            slope=sigmoid,
            curvature=sigmoid_slope,
            formula=r"f(z) = \ln(1 + e^{z})",
            slope_formula=r"f'(z) = \sigma(z)",
            good_at="Smooth and always positive, with the sigmoid as its slope.",
            bad_at="Its outputs are never centred on 0, and ReLU usually learns as well for less.",
            source="Dugas, Bengio, Bélisle, Nadeau and Garcia 2000, NIPS",
            gain="he",
            loop=_softplus_loop,
        ),
        Activation(
            name="linear",
            label="Linear",
            value=_identity,
            slope=_one,
            curvature=_zero,
            formula=r"f(z) = z",
            slope_formula=r"f'(z) = 1",
            good_at="Shows what depth alone does: nothing.",
            bad_at="Any number of such layers is still one straight boundary.",
            source="Widrow and Hoff 1960, IRE WESCON",
            gain="glorot",
            loop=_linear_loop,
        ),
        Activation(
            name="adaptive_sigmoid",
            label="Adaptive sigmoid",
            value=sigmoid,
            slope=sigmoid_slope,
            curvature=sigmoid_curvature,
            formula=r"f(z) = \sigma(t z)",
            slope_formula=r"\frac{\partial f}{\partial z} = t\,\sigma(t z)\,(1 - \sigma(t z))",
            good_at="Each unit learns its own sharpness t, from a gentle ramp to a near step.",
            bad_at="A sharp unit has no slope away from its step, and t doubles the weights' work.",
            source="Yamada and Yabuta 1992, IJCNN; Trentin 2001, Neural Networks 14, 471-493",
            gain="glorot",
            loop=_sigmoid_loop,
            trainable_sharpness=True,
        ),
    ],
)
