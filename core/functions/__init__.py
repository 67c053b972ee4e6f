"""Sigmoid, softmax and their kin in the stable forms of textbooks.

Every function takes arrays of any shape, 0-d and empty ones too, computes in float64 and never
changes its arguments. Nothing is clipped: an infinite argument gives the mathematical limit where
there is one and NaN elsewhere, and NaN stays NaN. None raises a floating-point warning but for
underflow, which numpy ignores by default.
"""

from core.functions.sigmoid_family import (
    binary_cross_entropy,
    log_sigmoid,
    logit,
    sigmoid,
    sigmoid_curvature,
    sigmoid_slope,
    softplus,
)
from core.functions.softmax_family import (
    categorical_cross_entropy,
    log_softmax,
    logsumexp,
    softmax,
    softmax_jacobian,
)

__all__ = [
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "log_sigmoid",
    "log_softmax",
    "logit",
    "logsumexp",
    "sigmoid",
    "sigmoid_curvature",
    "sigmoid_slope",
    "softmax",
    "softmax_jacobian",
    "softplus",
]
