"""Reliability curves and binned errors against loops over the rows and scikit-learn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression

from core.base.errors import UserError
from core.calibration import (
    BINNINGS,
    adaptive_calibration_error,
    debiased_calibration_error,
    expected_calibration_error,
    maximum_calibration_error,
    reliability_curve,
    reliability_curves,
    sweep_calibration_error,
)
from core.calibration.binning import fill, indexed, mass_edges, width_edges
from core.calibration.calibration_error import monotonic_sweep
from core.calibration.isotonic import isotonic_blocks
from core.calibration.pooled import PooledForecast, coarsened, pool_forecast
from tests.core.calibration_cases import (
    binary_cases,
    class_case,
    drawn,
    integer_weights,
    use_compiled,
)

CASES = binary_cases()
NAMES = [name for name, _, _ in CASES]


def rows_by_bin(p, edges):
    """The rows of each bin (low, high], the first with 0, one comparison at a time."""
    low, high = edges[:-1], edges[1:]
    first = np.arange(len(low)) == 0
    return [
        np.flatnonzero(((p > a) & (p <= b)) | (f & (p == a)))
        for a, b, f in zip(low, high, first, strict=True)
    ]


def brute_error(y, p, edges, norm, w=None):
    w = np.ones(len(y)) if w is None else w
    gaps, shares = [], []
    for rows in rows_by_bin(p, edges):
        if w[rows].sum() > 0:
            gaps.append(abs(w[rows] @ (p[rows] - y[rows])) / w[rows].sum())
            shares.append(w[rows].sum() / w.sum())
    gaps, shares = np.array(gaps), np.array(shares)
    return {"l1": shares @ gaps, "l2": np.sqrt(shares @ gaps**2), "max": gaps.max()}[norm]


def mass_edges_by_quantile(p, bins, w=None):
    """Edges at the inverse empirical distribution, as numpy defines it."""
    options = {} if w is None else {"weights": w}
    if bins == 1:
        return np.array([0.0, 1.0])
    levels = np.arange(1, bins) / bins
    inner = np.unique(np.quantile(p, levels, method="inverted_cdf", **options))
    return np.concatenate(([0.0], inner[inner < p.max()], [1.0]))


@pytest.mark.parametrize(("name", "y", "p"), CASES, ids=NAMES)
@pytest.mark.parametrize("bins", [1, 2, 3, 10, 15, 100])
@pytest.mark.parametrize("fast", [False, True])
def test_bins_of_equal_width_hold_what_a_loop_over_the_rows_puts_there(
    name, y, p, bins, fast, monkeypatch
):
    use_compiled(fast, monkeypatch)
    curve = reliability_curve(y, p, bins)
    edges = np.linspace(0.0, 1.0, bins + 1)
    np.testing.assert_array_equal(curve.edges, edges)
    for i, rows in enumerate(rows_by_bin(p, edges)):
        assert curve.counts[i] == len(rows)
        assert curve.empty[i] == (len(rows) == 0)
        if len(rows):
            assert curve.frequency[i] == pytest.approx(y[rows].mean(), rel=1e-14)
            assert curve.probability[i] == pytest.approx(p[rows].mean(), rel=1e-14)
        else:
            assert np.isnan(curve.frequency[i])
            assert np.isnan(curve.probability[i])


@pytest.mark.parametrize("bins", [5, 10, 15, 50])
@pytest.mark.parametrize("decimals", [None, 1])
def test_curve_in_equal_widths_is_that_of_scikit_learn(bins, decimals):
    y, p = drawn(2, 500, decimals)
    frequency, probability = calibration_curve(y, p, n_bins=bins)
    curve = reliability_curve(y, p, bins)
    np.testing.assert_allclose(curve.frequency[~curve.empty], frequency, rtol=1e-13)
    np.testing.assert_allclose(curve.probability[~curve.empty], probability, rtol=1e-13)


def test_curve_in_equal_masses_is_that_of_scikit_learn_without_ties():
    y, p = drawn(3, 600)
    frequency, probability = calibration_curve(y, p, n_bins=12, strategy="quantile")
    curve = reliability_curve(y, p, 12, "mass")
    np.testing.assert_array_equal(curve.counts, 50.0)
    np.testing.assert_allclose(curve.frequency, frequency, rtol=1e-13)
    np.testing.assert_allclose(curve.probability, probability, rtol=1e-13)


def test_three_tenths_and_six_tenths_lie_in_the_bins_that_end_there():
    curve = reliability_curve([0, 1], [0.3, 0.6], 10)
    np.testing.assert_array_equal(np.flatnonzero(curve.counts), [2, 5])


def test_zero_lies_in_the_first_bin_and_one_in_the_last():
    curve = reliability_curve([0, 1, 1], [0.0, 1.0, 1.0], 10)
    np.testing.assert_array_equal(curve.counts, [1, 0, 0, 0, 0, 0, 0, 0, 0, 2])


@pytest.mark.parametrize(("name", "y", "p"), CASES, ids=NAMES)
@pytest.mark.parametrize("bins", [1, 2, 7, 15])
def test_bins_of_equal_mass_end_at_quantiles_and_never_split_ties(name, y, p, bins):
    curve = reliability_curve(y, p, bins, "mass")
    edges = mass_edges_by_quantile(p, bins)
    np.testing.assert_array_equal(curve.edges, edges)
    assert not curve.empty.any()
    assert curve.counts.sum() == len(y)
    expected = [len(rows) for rows in rows_by_bin(p, edges)]
    np.testing.assert_array_equal(curve.counts, expected)


@pytest.mark.parametrize(("name", "y", "p"), CASES, ids=NAMES)
@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
@pytest.mark.parametrize("bins", [1, 10, 15])
def test_errors_are_those_of_a_loop_over_the_rows(name, y, p, norm, bins):
    for binning, edges in (
        ("width", np.linspace(0, 1, bins + 1)),
        ("mass", mass_edges_by_quantile(p, bins)),
    ):
        value = expected_calibration_error(y, p, bins, binning, norm)
        assert value == pytest.approx(brute_error(y, p, edges, norm), rel=1e-12, abs=1e-15)
    assert maximum_calibration_error(y, p, bins) == expected_calibration_error(
        y, p, bins, norm="max"
    )


@pytest.mark.parametrize("n", [127, 128, 129, 1024, 5000])
@pytest.mark.parametrize("bins", [1, 2, 4, 15, 100])
def test_sums_over_blocks_are_the_sums_over_the_rows(n, bins):
    p = np.random.default_rng(n).permutation(np.arange(1, n + 1) / n)
    y = (np.random.default_rng(bins).random(n) < p**2).astype(int)
    index = indexed(pool_forecast(y, p))
    for edges in (width_edges(bins), mass_edges(index, bins)):
        filled = fill(index, edges)
        for i, rows in enumerate(rows_by_bin(p, edges)):
            assert filled.counts[i] == filled.trials[i] == len(rows)
            assert filled.positives[i] == y[rows].sum()
            assert filled.probability[i] == pytest.approx(p[rows].mean(), rel=1e-14)


@pytest.mark.parametrize("binning", list(BINNINGS))
@pytest.mark.parametrize("decimals", [None, 1])
def test_whole_weights_are_repeated_rows(binning, decimals):
    y, p = drawn(4, 200, decimals)
    w = integer_weights(len(y))
    weighted = reliability_curve(y, p, 9, binning, weights=w)
    repeated = reliability_curve(np.repeat(y, w), np.repeat(p, w), 9, binning)
    for field in ("low", "high", "counts", "positives", "probability", "frequency"):
        np.testing.assert_allclose(
            getattr(weighted, field), getattr(repeated, field), rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("binning", list(BINNINGS))
@pytest.mark.parametrize(("name", "y", "p"), CASES, ids=NAMES)
def test_every_curve_is_within_the_unit_square_and_read_only(binning, name, y, p):
    curve = reliability_curve(y, p, binning=binning)
    for field in ("low", "high", "counts", "probability", "frequency"):
        array = getattr(curve, field)
        assert not array.flags.writeable
        assert array.shape == curve.low.shape
    full = ~curve.empty
    assert np.all((curve.frequency[full] >= 0.0) & (curve.frequency[full] <= 1.0))
    assert np.all((curve.probability[full] >= 0.0) & (curve.probability[full] <= 1.0))
    assert curve.counts.sum() == pytest.approx(len(y), rel=1e-9)


@pytest.mark.parametrize("binning", list(BINNINGS))
def test_no_rows_give_a_curve_without_weight(binning):
    assert reliability_curve([], [], binning=binning).counts.sum() == 0.0


@pytest.mark.parametrize(("name", "y", "p"), CASES, ids=NAMES)
def test_corp_is_the_isotonic_regression_of_scikit_learn(name, y, p):
    fitted = IsotonicRegression().fit(p, y).predict(p)
    cells = pool_forecast(y, p)
    at = np.searchsorted(cells.values, p)
    np.testing.assert_allclose(
        isotonic_blocks(cells).spread(len(cells.values))[at], fitted, atol=1e-12
    )
    curve = reliability_curve(y, p, binning="corp")
    assert np.all(np.diff(curve.frequency) > 0.0)
    np.testing.assert_allclose(np.interp(p, *curve.knots), fitted, atol=1e-12)
    means = [p[fitted == f].mean() for f in np.unique(fitted)]
    np.testing.assert_allclose(curve.probability, means, atol=1e-12)


def test_weighted_corp_is_the_isotonic_regression_of_scikit_learn():
    y, p = drawn(5, 300, 2)
    w = np.random.default_rng(5).random(300) + 0.01
    fitted = IsotonicRegression().fit(p, y, sample_weight=w).predict(p)
    curve = reliability_curve(y, p, binning="corp", weights=w)
    np.testing.assert_allclose(np.interp(p, *curve.knots), fitted, atol=1e-10)


def exact_blocks(positive, weight):
    """Starts of the longest blocks by pooling adjacent violators in whole numbers."""
    blocks = []
    for start, (k, n) in enumerate(zip(positive, weight, strict=True)):
        blocks.append((start, int(k), int(n)))
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][2] >= blocks[-1][1] * blocks[-2][2]:
            (at, a, b), (_, c, d) = blocks[-2:]
            blocks[-2:] = [(at, a + c, b + d)]
    return np.array(blocks).T


@pytest.mark.parametrize("n", [1, 2, 10, 500, 20_000])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("decimals", [None, 2])
def test_blocks_of_equal_frequency_are_one_block_whatever_rounding_does(n, seed, decimals):
    y, p = drawn(seed, n, decimals)
    cells = pool_forecast(y, p, 7 * np.random.default_rng(n).integers(1, 9, n))
    starts, positive, weight = exact_blocks(cells.positive, cells.weight)
    blocks = isotonic_blocks(cells)
    np.testing.assert_array_equal(blocks.starts, starts)
    np.testing.assert_array_equal(blocks.positive, positive)
    np.testing.assert_array_equal(blocks.weight, weight)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("decimals", [None, 1, 2])
def test_blocks_are_the_isotonic_fit_of_scikit_learn_with_weights_ties_and_weights_of_zero(
    seed, decimals
):
    y, p = drawn(seed, 200, decimals)
    w = np.random.default_rng(seed).random(200) * integer_weights(200, seed)
    assert (w == 0.0).any()
    fitted = IsotonicRegression().fit(p, y, sample_weight=w)
    cells = pool_forecast(y, p, w)
    spread = isotonic_blocks(cells).spread(len(cells.values))
    np.testing.assert_allclose(spread, fitted.predict(cells.values), rtol=1e-12, atol=1e-15)
    assert np.all(np.diff(isotonic_blocks(cells).frequency) > 0.0)


def test_a_running_mean_that_misses_by_an_ulp_parts_no_block():
    # 105 / 564 = 210 / 1128, which scipy's running mean of the later cells does not quite meet
    weight = np.array([564.0, 373.0, 20.0, 173.0, 251.0, 311.0])
    positive = np.array([105.0, 210.0, 0.0, 0.0, 0.0, 0.0])
    blocks = isotonic_blocks(PooledForecast(np.arange(6) / 10, weight, positive, weight))
    np.testing.assert_array_equal(blocks.starts, exact_blocks(positive, weight)[0])
    assert blocks.starts.tolist() == [0]


def test_cells_without_weight_take_the_fit_of_their_neighbour():
    cells = PooledForecast(
        np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
        np.array([0.0, 2.0, 0.0, 1.0, 3.0, 0.0]),
        np.array([0.0, 1.0, 0.0, 0.0, 3.0, 0.0]),
        np.ones(6),
    )
    blocks = isotonic_blocks(cells)
    third = 1.0 / 3.0
    np.testing.assert_allclose(blocks.spread(6), [third, third, third, third, 1.0, 1.0])
    np.testing.assert_array_equal(blocks.weight, [3.0, 3.0])
    none = PooledForecast(cells.values, np.zeros(6), np.zeros(6), np.ones(6))
    assert len(isotonic_blocks(none).starts) == 0


def test_confidence_is_the_largest_probability_and_whether_it_was_right():
    y, p = class_case()
    best = p.argmax(axis=1)
    direct = expected_calibration_error((best == y).astype(int), p.max(axis=1), 10)
    assert expected_calibration_error(y, p, 10) == direct
    assert expected_calibration_error(y, p, 10, view="confidence") == direct


def test_class_wise_error_is_the_mean_of_one_against_the_rest():
    y, p = class_case(1)
    each = [expected_calibration_error((y == k).astype(int), p[:, k], 10) for k in range(4)]
    assert expected_calibration_error(y, p, 10, view="class-wise") == pytest.approx(np.mean(each))
    assert expected_calibration_error(y, p, 10, view=2) == each[2]
    mass = [expected_calibration_error((y == k).astype(int), p[:, k], 8, "mass") for k in range(4)]
    assert adaptive_calibration_error(y, p, 8) == pytest.approx(np.mean(mass))


@pytest.mark.parametrize("binning", list(BINNINGS))
def test_each_class_has_a_curve_of_its_own(binning):
    y, p = class_case(3)
    best = p.argmax(axis=1)
    wise = reliability_curves(y, p, 10, binning)
    top = reliability_curves(y, p, 10, binning, view="top-label")
    assert list(wise) == list(top) == [0, 1, 2, 3]
    for k in range(4):
        one = reliability_curve((y == k).astype(int), p[:, k], 10, binning)
        np.testing.assert_allclose(wise[k].frequency, one.frequency, rtol=1e-12)
        rows = best == k
        one = reliability_curve((y[rows] == k).astype(int), p[rows, k], 10, binning)
        np.testing.assert_allclose(top[k].frequency, one.frequency, rtol=1e-12)
    assert list(reliability_curves(*drawn(0, 50))) == [0, 1]


def test_top_label_error_judges_the_rows_of_each_predicted_class_apart():
    y, p = class_case(2)
    best, total = p.argmax(axis=1), 0.0
    for k in range(4):
        rows = best == k
        right = (y[rows] == k).astype(int)
        total += rows.sum() * expected_calibration_error(right, p[rows, k], 10)
    value = expected_calibration_error(y, p, 10, view="top-label")
    assert value == pytest.approx(total / len(y), rel=1e-12)


def test_confidence_of_two_classes_is_the_larger_of_p_and_its_rest():
    y, p = drawn(6, 100)
    right = ((p >= 0.5) == (y == 1)).astype(int)
    direct = expected_calibration_error(right, np.maximum(p, 1.0 - p), 10)
    assert expected_calibration_error(y, p, 10, view="confidence") == direct
    columns = np.column_stack((1.0 - p, p))
    assert expected_calibration_error(y, columns, 10, view="confidence") == direct
    assert expected_calibration_error(y, columns, 10) == expected_calibration_error(y, p, 10)


def test_debiased_error_subtracts_the_variance_of_each_frequency():
    y, p = drawn(7, 400)
    total = 0.0
    for rows in rows_by_bin(p, np.linspace(0, 1, 11)):
        f = y[rows].mean()
        total += len(rows) * ((f - p[rows].mean()) ** 2 - f * (1 - f) / (len(rows) - 1))
    value = debiased_calibration_error(y, p, 10, "width")
    assert value == pytest.approx(np.sqrt(total / len(y)), rel=1e-12)


def test_debiased_error_of_calibrated_forecasts_is_near_zero_where_the_plain_one_is_not():
    plain, debiased = [], []
    for seed in range(40):
        y, p = drawn(seed, 1000, slope=1.0)
        plain.append(expected_calibration_error(y, p, 30, "mass", "l2"))
        debiased.append(debiased_calibration_error(y, p, 30))
    assert np.mean(debiased) < 0.4 * np.mean(plain)
    assert np.isnan(debiased_calibration_error([1], [0.3]))


def test_the_sweep_stops_before_the_first_fall():
    y, p = drawn(8, 400)
    order = np.argsort(p)
    bins = 1
    while True:
        ends = [int(np.ceil(k * 400 / (bins + 1))) for k in range(bins + 2)]
        means = [y[order][a:b].mean() for a, b in itertools.pairwise(ends)]
        if np.any(np.diff(means) < 0):
            break
        bins += 1
    assert bins > 1
    assert sweep_calibration_error(y, p) == expected_calibration_error(y, p, bins, "mass")


def test_the_sweep_goes_on_where_neighbouring_bins_are_equally_frequent():
    p = np.arange(1, 9) / 10
    y = np.array([0, 1, 0, 1, 0, 1, 0, 1])  # 1/2 in each half; four bins too; three or five fall
    assert monotonic_sweep(pool_forecast(y, p))[1] == 2


def test_coarsened_cells_keep_every_sum():
    y, p = drawn(9, 5000)
    cells = pool_forecast(y, p)
    few = coarsened(cells, 100)
    assert len(few.values) <= 100
    assert few.total == cells.total
    assert few.positive.sum() == cells.positive.sum()
    assert few.values @ few.weight == pytest.approx(cells.values @ cells.weight, rel=1e-13)
    assert np.all(np.diff(few.values) > 0.0)
    assert few.weight.max() <= 2 * 5000 / 100
    assert coarsened(cells, 5000) is cells


@pytest.mark.parametrize(
    "call",
    [
        lambda: reliability_curve([0], [0.5], 0),
        lambda: reliability_curve([0], [0.5], 0, "mass"),
        lambda: reliability_curve([0], [0.5], binning="round"),
        lambda: reliability_curve([0], [0.5], view="class-wise"),
        lambda: reliability_curve([0], [0.5], view="sideways"),
        lambda: reliability_curve([0], [[0.5, 0.3, 0.2]], view=3),
        lambda: expected_calibration_error([0], [0.5], norm="l3"),
        lambda: expected_calibration_error([0], [0.5], binning="smooth"),
    ],
)
def test_what_does_not_exist_is_refused_with_the_choices(call):
    with pytest.raises(UserError):
        call()


def other_conventions(p):
    """The bin of each row under conventions that packages use instead, for ten bins."""
    right = np.maximum(np.ceil(np.round(p * 10, 9)) - 1, 0)
    return {
        "left-closed": np.minimum(np.floor(np.round(p * 10, 9)), 9),
        "one in a bin of its own": np.floor(np.round(p * 10, 9)),
        "truncated quotient": np.minimum((p / 0.1).astype(int), 9),
        "zero dropped": np.where(p == 0.0, -1, right),
        "one bin fewer": np.maximum(np.ceil(np.round(p * 9, 9)) - 1, 0),
    }


def test_twenty_points_have_the_right_closed_answer_and_not_that_of_other_conventions():
    p = np.array([0, 0, 0.1, 0.1, 0.2, 0.3, 0.3, 0.3, 0.4, 0.5, 0.6, 0.6, 0.6, 0.7, 0.8, 0.8])
    p = np.concatenate((p, [0.9, 1.0, 1.0, 0.35]))
    y = np.array([1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0])

    def error(bins):
        return sum(
            abs((p[bins == b] - y[bins == b]).sum()) / len(p) for b in np.unique(bins[bins >= 0])
        )

    frequency, probability = calibration_curve(y, p, n_bins=10)
    counts = reliability_curve(y, p, 10).counts
    right = np.average(np.abs(frequency - probability), weights=counts[counts > 0])
    value = expected_calibration_error(y, p, 10)
    assert value == pytest.approx(right, rel=1e-12)
    assert value == pytest.approx(error(np.maximum(np.ceil(np.round(p * 10, 9)) - 1, 0)), rel=1e-12)
    for name, bins in other_conventions(p).items():
        assert abs(error(bins) - value) > 1e-3, name
