"""One new record of each kind that can be chosen, most of them with and without a compiled form."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.calibration.calibrators import CALIBRATORS, Calibrator, Parameter
from core.calibration.calibrators.calibrator import BinaryMap
from core.data.densities import log_gaussian
from core.data.generators import GENERATORS, Generator
from core.functions.activations import ACTIVATIONS, Activation
from core.functions.losses import LOSSES, HeadLoss, Loss
from core.functions.penalties import PENALTIES, Penalty
from core.functions.sigmoid_family import binary_cross_entropy, sigmoid
from core.functions.softmax_family import categorical_cross_entropy, softmax
from core.model.initialisation import INITIALISATIONS, Initialisation
from core.training.optimizers import OPTIMIZERS, Optimizer
from core.training.recorded_metrics import Metric
from core.training.schedules import SCHEDULES, Schedule


def softsign_loop(z, slope, layer, units):
    one = z.dtype.type(1.0)
    for u in range(units):
        for s in range(z.shape[2]):
            below = one / (one + abs(z[layer, u, s]))
            slope[layer, u, s] = below * below
            z[layer, u, s] = z[layer, u, s] * below


SOFTSIGN = Activation(
    name="softsign",
    label="Softsign",
    value=lambda z: z / (1.0 + np.abs(z)),
    slope=lambda z: (1.0 + np.abs(z)) ** -2.0,
    curvature=lambda z: -2.0 * np.sign(z) * (1.0 + np.abs(z)) ** -3.0,
    formula=r"\frac{z}{1 + |z|}",
    slope_formula=r"\frac{1}{(1 + |z|)^2}",
    good_at="Saturates slowly.",
    bad_at="Has a kink in its curvature.",
    source="Bergstra et al. 2009",
    gain="glorot",
    loop=softsign_loop,
)


def doubled_binary_loop(z, delta, spare, layer, classes, rows, block, share):
    one = z.dtype.type(1.0)
    label, weight = rows.shape[1] - 2, rows.shape[1] - 1
    size = z.dtype.type(0.0)
    for s in range(z.shape[2]):
        error = one / (one + np.exp(-z[layer, 0, s])) - rows[block, label, s]
        delta[layer, 0, s] = (error + error) * rows[block, weight, s] * share
        size += delta[layer, 0, s]
    return size


def doubled_softmax_loop(z, delta, spare, layer, classes, rows, block, share):
    label, weight = rows.shape[1] - 2, rows.shape[1] - 1
    size = z.dtype.type(0.0)
    for s in range(z.shape[2]):
        total = z.dtype.type(0.0)
        for k in range(classes):
            total += np.exp(z[layer, k, s])
        for k in range(classes):
            error = np.exp(z[layer, k, s]) / total
            if rows[block, label, s] == k:
                error -= z.dtype.type(1.0)
            delta[layer, k, s] = (error + error) * rows[block, weight, s] * share
            size += delta[layer, k, s]
    return size


DOUBLED = Loss(
    "doubled",
    "doubled cross-entropy",
    "nats",
    HeadLoss(
        lambda z, y: 2.0 * binary_cross_entropy(z, y),
        lambda z, y: 2.0 * (sigmoid(z) - y),
        r"2 \ell",
        r"2 (p - y)",
        doubled_binary_loop,
    ),
    HeadLoss(
        lambda z, y: 2.0 * categorical_cross_entropy(z, y),
        lambda z, y: 2.0 * (softmax(z) - np.eye(z.shape[1])[y]),
        r"2 \ell",
        r"2 (p - y)",
        doubled_softmax_loop,
    ),
)


def quartic_loop(theta, mask, strength, gradient):
    share = theta.dtype.type(strength)
    value = theta.dtype.type(0.0)
    for i in range(theta.shape[0]):
        slope = share * mask[i] * theta[i] * theta[i] * theta[i]
        gradient[i] += slope
        value += slope * theta[i]
    return value


QUARTIC = Penalty(
    "quartic",
    "fourth power",
    lambda w: float((w**4).sum()) / 4.0,
    lambda w: w**3,
    r"\frac{\lambda}{4} \sum w^4",
    quartic_loop,
)


def sign_loop(theta, slots, g, t, r, decays):
    zero, size = theta.dtype.type(0.0), theta.dtype.type(r.learning_rate * r.factor)
    check = zero
    for i in range(theta.shape[0]):
        theta[i] -= size * np.sign(g[i])
        check += theta[i] * zero
    return check


SIGN = Optimizer(
    "sign",
    "sign descent",
    0,
    lambda theta, slots, g, t, r, decays: (
        theta - r.learning_rate * r.factor * np.sign(g),
        slots,
    ),
    r"\theta \leftarrow \theta - \alpha \operatorname{sign} g",
    "Riedmiller & Braun 1993",
    loop=sign_loop,
)


def decayed_loop(theta, slots, g, t, r, decays):
    size, shrink = theta.dtype.type(r.learning_rate * r.factor), theta.dtype.type(r.weight_decay)
    check = theta.dtype.type(0.0)
    for i in range(theta.shape[0]):
        theta[i] -= size * (g[i] + shrink * decays[i] * theta[i])
        check += theta[i] * theta.dtype.type(0.0)
    return check


DECAYED = Optimizer(
    "decayed",
    "gradient descent with weight decay",
    0,
    lambda theta, slots, g, t, r, decays: (
        theta - r.learning_rate * r.factor * (g + r.weight_decay * decays * theta),
        slots,
    ),
    r"\theta \leftarrow \theta - \alpha (g + \lambda \theta)",
    "Hanson & Pratt 1989",
    uses=("weight_decay",),
    loop=decayed_loop,
)


def inverse(epochs: float, length: float) -> float:
    return 1.0 / (1.0 + epochs / length)


INVERSE = Schedule("inverse", "inverse", inverse, r"\frac{1}{1 + t / T}")
TENTH = Initialisation(
    "tenth", "a tenth", lambda rng, n, m: rng.choice([-0.1, 0.1], (n, m)), r"w = \pm 0.1", ""
)
DOTS = Generator(
    "dots",
    "Two dots",
    "Two round clouds on a diagonal.",
    place=lambda k, u: np.full((len(u), 2), 2.0 * k - 1.0),
    log_density=lambda X, k, sigma: log_gaussian(X, (2.0 * k - 1.0,) * 2, sigma),
    spread=(0.5, 0.5),
)


@dataclass(frozen=True, slots=True)
class Halved(BinaryMap):
    """Halves every logit, whatever it is fitted to."""

    half: float = 0.5

    @property
    def parameters(self):
        return {"half": Parameter(self.half, "The factor of the logit.")}

    def positive(self, s):
        return sigmoid(self.half * s)


HALVED = Calibrator("halved", "Halved", r"\sigma(s / 2)", "Halves.", lambda s, y, w: Halved())


CERTAINTY = Metric(
    "certainty",
    "mean certainty",
    figure=lambda y, p, z, w: float(np.average(np.abs(2.0 * p - 1.0), weights=w)),
)


def without_loop(record):
    """Return the record as one that has no compiled form, under a name of its own."""
    plain = replace(record, name=f"plain_{record.name}")
    if isinstance(record, Loss):
        binary = replace(record.binary, loop=None)
        return replace(plain, binary=binary, categorical=replace(record.categorical, loop=None))
    return replace(plain, loop=None)


# the registry, a record, the knob that chooses it, and whether the compiled engine can train it
NEW = [
    (ACTIVATIONS, SOFTSIGN, "model.activation", True),
    (ACTIVATIONS, without_loop(SOFTSIGN), "model.activation", False),
    (LOSSES, DOUBLED, "training.loss", True),
    (LOSSES, without_loop(DOUBLED), "training.loss", False),
    (PENALTIES, QUARTIC, "training.penalty", True),
    (PENALTIES, without_loop(QUARTIC), "training.penalty", False),
    (OPTIMIZERS, SIGN, "training.optimizer", True),
    (OPTIMIZERS, DECAYED, "training.optimizer", True),
    (OPTIMIZERS, without_loop(SIGN), "training.optimizer", False),
    (SCHEDULES, INVERSE, "training.schedule", True),
    (INITIALISATIONS, TENTH, "model.initialisation", True),
    (GENERATORS, DOTS, "data.source", True),
    (CALIBRATORS, HALVED, "calibration.method", True),
]
