"""Six conventions of binning, each written out."""

import numpy as np
import pytest

from core.calibration.binning import CONVENTIONS
from core.calibration.null_distribution import STATISTICS
from core.calibration.pooled import pool_forecast


def test_conventions_differ_just_where_an_edge_or_an_end_is_met():
    p = np.array([0.0, 0.3, 0.6, 0.9, 1.0, 0.95, 0.25])
    y = np.array([0, 1, 0, 1, 0, 1, 1])
    edges = np.linspace(0, 1, 11)

    def error(bin_of):
        at = [bin_of(v) for v in p]
        total, kept = 0.0, sum(k is not None for k in at)
        for k in {k for k in at if k is not None}:
            mine = [i for i in range(len(p)) if at[i] == k]
            total += abs(sum(y[i] - p[i] for i in mine))
        return total / kept

    expected = {
        "right": lambda v: max(sum(v > e for e in edges) - 1, 0),
        "left": lambda v: min(sum(v >= e for e in edges) - 1, 9),
        "one_apart": lambda v: sum(v >= e for e in edges) - 1,
        "divided": lambda v: min(int(v / 0.1), 9),
        "zero_dropped": lambda v: None if v == 0 else sum(v > e for e in edges) - 1,
        "one_fewer": lambda v: max(sum(v > e for e in np.linspace(0, 1, 10)) - 1, 0),
    }
    cells = pool_forecast(y, p)
    assert list(CONVENTIONS) == list(expected)
    for name, bin_of in expected.items():
        assert CONVENTIONS[name].error(cells, 10) == pytest.approx(error(bin_of)), name
    assert CONVENTIONS["right"].error(cells, 10) == pytest.approx(STATISTICS["ece"].of(cells, 10))
    none = pool_forecast([0, 0], [0.0, 0.0])
    assert np.isnan(CONVENTIONS["zero_dropped"].error(none, 10))


def test_many_cells_are_put_into_the_same_bins_as_few():
    rng = np.random.default_rng(8)
    for n in (200, 12_000):  # few are asked one by one, of many the ends are searched for
        p = np.unique(np.concatenate((rng.random(n), np.linspace(0.0, 1.0, 11))))
        y = rng.integers(0, 2, len(p))
        cells = pool_forecast(y, p)
        for bins in (1, 7, 10):
            for name, convention in CONVENTIONS.items():
                at = convention.bin_of(p, bins)
                kept = at >= 0
                gaps = np.bincount(at[kept], (y - p)[kept])
                expected = np.abs(gaps).sum() / kept.sum()
                assert convention.error(cells, bins) == pytest.approx(expected, rel=1e-9), name
