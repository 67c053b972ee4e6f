"""Shifts of the logits against a numerical search."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from core.explain.prior_shift import log_odds_shifts
from tests.core.scene_cases import table, trained


@pytest.fixture(scope="module")
def three():
    return trained(dataset=table(n=240, n_classes=3))


def test_shifts_of_several_classes_are_the_best_intercepts(three):
    run, state = three
    z, y = run.logits(state, run.prepared.part(1)[0]), run.prepared.part(1)[1]

    def cost(b):
        logits = z + np.array([0.0, *b])
        return np.mean(logsumexp(logits, axis=1) - logits[np.arange(len(y)), y])

    best = minimize(cost, np.zeros(2), tol=1e-9).x
    shift, error = log_odds_shifts(z, y)
    np.testing.assert_allclose(shift, best, atol=1e-4)
    assert (error > 0).all()
    far, _ = log_odds_shifts(z + np.array([0.0, 30.0, -30.0]), y)
    np.testing.assert_allclose(far, best + np.array([-30.0, 30.0]), atol=1e-4)
    assert np.isnan(log_odds_shifts(z[y < 2], y[y < 2])[0]).all()
