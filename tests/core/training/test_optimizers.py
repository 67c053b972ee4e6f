"""Each optimiser against its paper's equations, written out again with plain floats."""

import math

import numpy as np
import pytest
from scipy.optimize import rosen_der

from core.training.optimizers import OPTIMIZERS, Rates

RATES = Rates(0.05, 0.5, momentum=0.8, decay_rate=0.7, beta2=0.95, weight_decay=0.02)
START = np.array([0.3, -1.2, 2.0])


def gradient(theta):
    return rosen_der(theta) / 100.0


def by_hand(name, steps):
    """Walk one coordinate at a time, as in the papers."""
    theta = [float(x) for x in START]
    v, s, m = [0.0] * 3, [0.0] * 3, [0.0] * 3
    alpha = RATES.learning_rate * RATES.factor
    for t in range(1, steps + 1):
        at = theta
        if name == "nesterov":
            at = [x + RATES.momentum * y for x, y in zip(theta, v, strict=True)]
        g = gradient(np.array(at))
        for i in range(3):
            if name == "sgd":
                theta[i] -= alpha * g[i]
            elif name in ("momentum", "nesterov"):
                v[i] = RATES.momentum * v[i] - alpha * g[i]
                theta[i] += v[i]
            elif name == "rmsprop":
                s[i] = RATES.decay_rate * s[i] + (1 - RATES.decay_rate) * g[i] ** 2
                theta[i] -= alpha * g[i] / (math.sqrt(s[i]) + RATES.epsilon)
            elif name == "adagrad":
                s[i] += g[i] ** 2
                theta[i] -= alpha * g[i] / (math.sqrt(s[i]) + RATES.epsilon)
            elif name in ("adam", "adamw"):
                m[i] = RATES.momentum * m[i] + (1 - RATES.momentum) * g[i]
                s[i] = RATES.beta2 * s[i] + (1 - RATES.beta2) * g[i] ** 2
                m_hat = m[i] / (1 - RATES.momentum**t)
                v_hat = s[i] / (1 - RATES.beta2**t)
                old = theta[i]
                theta[i] -= alpha * m_hat / (math.sqrt(v_hat) + RATES.epsilon)
                if name == "adamw":
                    theta[i] -= RATES.factor * RATES.weight_decay * old
            else:
                raise NotImplementedError(name)
    return theta


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_fifty_steps_follow_the_papers_equations(name):
    optimizer = OPTIMIZERS[name]
    theta, slots = START, optimizer.init(START)
    for t in range(1, 51):
        point = optimizer.point(theta, slots, RATES)
        theta, slots = optimizer.update(theta, slots, gradient(point), t, RATES, 1.0)
    np.testing.assert_allclose(theta, by_hand(name, 50), rtol=1e-12)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_an_update_changes_none_of_its_arguments(name):
    optimizer = OPTIMIZERS[name]
    theta, slots, g = START.copy(), optimizer.init(START), np.array([1.0, -2.0, 0.5])
    _, slots = optimizer.update(theta, slots, g, 1, RATES, 1.0)
    before = (theta.copy(), slots.copy(), g.copy())
    optimizer.update(theta, slots, g, 2, RATES, 1.0)
    for array, copy in zip((theta, slots, g), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_slots_have_the_shape_that_is_stated(name):
    optimizer = OPTIMIZERS[name]
    slots = optimizer.init(START)
    assert slots.shape == (optimizer.n_slots, 3)
    assert optimizer.update(START, slots, START, 1, RATES, 1.0)[1].shape == slots.shape


def test_adamw_shrinks_only_what_decays():
    optimizer = OPTIMIZERS["adamw"]
    slots, g = optimizer.init(START), np.zeros(3)
    decays = np.array([1.0, 0.0, 1.0])
    theta, _ = optimizer.update(START, slots, g, 1, RATES, decays)
    shrunk = 1 - RATES.factor * RATES.weight_decay
    np.testing.assert_allclose(theta, START * [shrunk, 1.0, shrunk], rtol=1e-15)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_record_has_a_formula_and_a_source(name):
    assert OPTIMIZERS[name].formula
    assert OPTIMIZERS[name].source
