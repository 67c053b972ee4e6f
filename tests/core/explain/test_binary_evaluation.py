"""How curves are cut for drawing."""

import numpy as np

from core.calibration.pooled import pool_forecast
from core.calibration.reliability import BINNINGS
from core.explain.binary_evaluation import polyline


def test_the_smooth_curve_ends_where_rows_end():
    p = np.concatenate((np.linspace(0.4, 0.5, 30), np.linspace(0.6, 0.7, 30)))
    curve = BINNINGS["smooth"].curve(pool_forecast(np.arange(60) % 2, p), 15)
    x, _ = polyline(curve)
    assert 0.4 - 3 * curve.sigma < x[0] < 0.4
    assert 0.7 < x[-1] < 0.7 + 3 * curve.sigma
    assert np.ptp(np.diff(x)) < 1e-9  # without a gap
