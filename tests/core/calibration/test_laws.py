"""Laws that every public function of calibration must obey, whatever it measures."""

from __future__ import annotations

import dataclasses
import math
import warnings
from decimal import Context, Decimal, localcontext

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from core import calibration as c
from core.base.errors import UserError
from tests.core.calibration_cases import (
    binary_cases,
    class_case,
    drawn,
    integer_weights,
    use_compiled,
)

BINNED = ("width", "mass", "corp")

# What a function measures of (labels, probabilities); weights and view go by name.
MEASURES = {
    **{
        f"curve {b}": lambda y, p, b=b, **k: c.reliability_curve(y, p, 10, b, **k)
        for b in c.BINNINGS
    },
    **{
        f"ece {b} {n}": lambda y, p, b=b, n=n, **k: c.expected_calibration_error(
            y, p, 10, b, n, **k
        )
        for b in BINNED
        for n in ("l1", "l2", "max")
    },
    "mce": lambda y, p, **k: c.maximum_calibration_error(y, p, 10, **k),
    "debiased": lambda y, p, **k: c.debiased_calibration_error(y, p, 5, **k),
    "sweep": c.sweep_calibration_error,
    "smece": c.smooth_calibration_error,
    "brier": c.brier_score,
    "log loss": c.log_loss,
    "point": lambda y, p, **k: c.point_statistics(y, p, 10, **k),
    "parts brier": c.score_decomposition,
    "parts log loss": lambda y, p, **k: c.score_decomposition(y, p, "log_loss", **k),
    "murphy": lambda y, p, **k: c.murphy_decomposition(y, p, 10, **k),
    "slope": c.calibration_slope,
    "ici": c.integrated_calibration_index,
    "spiegelhalter": c.spiegelhalter,
    "ks": c.kolmogorov_smirnov,
    "kuiper": c.kuiper,
    "band": lambda y, p, **k: c.consistency_band(y, p, draws=20, **k),
    "chance": lambda y, p, **k: c.simulate_null(y, p, draws=20, **k),
}
TAKES_NO_VIEW = {"brier", "log loss"}
COUNTS_ROWS = {"debiased", "spiegelhalter", "band", "chance"}  # by their effective number
CASES = [(y, p) for _, y, p in binary_cases()]


def numbers(found) -> dict[str, np.ndarray]:
    """Return every number of a result by its name."""
    if not dataclasses.is_dataclass(found):
        return {"value": np.asarray(found, dtype=np.float64)}
    parts = {}
    for field in dataclasses.fields(found):
        value = getattr(found, field.name)
        if dataclasses.is_dataclass(value):
            parts |= {f"{field.name}.{key}": it for key, it in numbers(value).items()}
        elif not isinstance(value, str):
            parts[field.name] = np.asarray(value, dtype=np.float64)
    return parts


def assert_same(one, other, rtol=1e-9, atol=1e-11, without=()):
    first, second = numbers(one), numbers(other)
    assert first.keys() == second.keys()
    for name, value in first.items():
        if name.split(".")[-1] not in without:
            np.testing.assert_allclose(value, second[name], rtol=rtol, atol=atol, err_msg=name)


@pytest.fixture(params=[True, False], ids=["compiled", "plain"], autouse=True)
def _engine(request, monkeypatch):
    use_compiled(request.param, monkeypatch)


@pytest.fixture(params=MEASURES, ids=str)
def measure(request):
    return request.param, MEASURES[request.param]


@pytest.fixture(params=[name for name in MEASURES if name not in COUNTS_ROWS], ids=str)
def mean(request):
    return MEASURES[request.param]


def test_the_order_of_rows_does_not_matter(measure):
    for y, p in CASES:
        order = np.random.default_rng(1).permutation(len(y))
        assert_same(measure[1](y, p), measure[1](y[order], p[order]))


def test_no_measure_warns_whatever_the_rows(measure):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for y, p in CASES:
            measure[1](y, p)
            measure[1](y, p, weights=np.linspace(0.5, 2.0, len(y)))


def test_no_rows_are_no_error(measure):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for value in numbers(measure[1]([], [])).values():
            assert value.ndim > 0 or np.isnan(value) or measure[0] in {"band", "chance"}
        measure[1]([0, 1], [0.2, 0.3], weights=[0.0, 0.0])


def test_two_columns_are_the_probability_of_the_second_class(measure):
    for y, p in CASES:
        two = np.column_stack((1.0 - p, p))
        assert_same(measure[1](y, p), measure[1](y, two), rtol=1e-14, atol=1e-16)


def test_how_rows_are_stored_does_not_matter(measure):
    y, p = drawn(3, 240, 2)
    p = p.astype(np.float32)
    wide = np.repeat(np.column_stack((p, p)), 2, axis=0).astype(np.float64)
    expected = measure[1](y, p.astype(np.float64))
    stored = [
        (y, p),
        (y.astype(bool), p),
        (y.astype(np.uint8), p),
        (y.astype(float), p),
        (y.tolist(), p.tolist()),
        (np.repeat(y, 2)[::2], wide[::2, 0]),
        (y[::-1][::-1], p.astype(">f8")),
        (y.astype(">i4"), p),
    ]
    for labels, probabilities in stored:
        assert_same(measure[1](labels, probabilities), expected, rtol=0.0, atol=0.0)


def test_whole_weights_are_repetitions(mean):
    without = ("trials", "scaled", "p_value")  # these go by the effective number of rows
    for y, p in CASES:
        w = integer_weights(len(y))
        w[0] = 2
        repeated = mean(np.repeat(y, w), np.repeat(p, w))
        assert_same(mean(y, p, weights=w), repeated, without=without)


def test_a_factor_on_all_weights_changes_nothing_but_counts(measure):
    name, of = measure
    # where the kernel puts next to no weight, the smooth curve is a ratio of roundings
    atol = 1e-6 if name == "curve smooth" else 1e-11
    for y, p in CASES:
        w = np.random.default_rng(5).random(len(y)) + 0.1
        plain = of(y, p, weights=w)
        for factor in (1e-3, 7.0):
            scaled = of(y, p, weights=w * factor)
            assert_same(plain, scaled, atol=atol, without=("counts", "positives"))


def test_weights_of_one_are_no_weights(measure):
    y, p = drawn(4, 150, 2)
    assert_same(measure[1](y, p), measure[1](y, p, weights=np.ones(150)))


def test_rows_of_no_weight_are_not_there(measure):
    y, p = drawn(5, 150, 2)
    w = np.ones(150)
    more = np.append(y, [1, 0]), np.append(p, [0.0, 1.0])
    w = np.append(np.linspace(0.5, 1.5, 150), [0.0, 0.0])
    assert_same(measure[1](y, p, weights=w[:-2]), measure[1](*more, weights=w))


def test_a_class_of_many_is_judged_against_the_rest(measure):
    if measure[0] in TAKES_NO_VIEW | {"point"}:
        pytest.skip("it scores all classes together")
    y, p = class_case()
    assert_same(measure[1](y, p, view=2), measure[1](y == 2, np.ascontiguousarray(p[:, 2])))
    best = p.argmax(axis=1)
    assert_same(measure[1](y, p), measure[1](y == best, p.max(axis=1)))


IMPOSSIBLE = [
    ([0, 1], [0.5, math.nan], None),
    ([0, 1], [0.5, 1.0 + 1e-15], None),
    ([0, 1], [0.5, -1e-300], None),
    ([0, 1], [0.5, math.inf], None),
    ([0, 2], [0.5, 0.5], None),
    ([0, -1], [0.5, 0.5], None),
    ([0, 0.5], [0.5, 0.5], None),
    ([0, math.nan], [0.5, 0.5], None),
    ([0, math.inf], [0.5, 0.5], None),
    (["a", "b"], [0.5, 0.5], None),
    ([0, 1], ["a", "b"], None),
    ([0, 1], [0.5], None),
    ([0, 1], 0.5, None),
    (0, [0.5], None),
    ([0, 0], [[1.0], [1.0]], None),
    ([0, 1], [[0.5, 0.5], [0.5, 0.6]], None),
    ([0, 1], [[[0.5, 0.5]], [[0.5, 0.5]]], None),
    ([0, 1], [0.5, 0.5], [1.0, -1.0]),
    ([0, 1], [0.5, 0.5], [1.0, math.nan]),
    ([0, 1], [0.5, 0.5], [1.0, math.inf]),
    ([0, 1], [0.5, 0.5], [1.0]),
]


def test_impossible_rows_are_refused_in_words(measure):
    for labels, probabilities, weights in IMPOSSIBLE:
        with pytest.raises(UserError) as caught:
            measure[1](labels, probabilities, weights=weights)
        assert isinstance(caught.value, ValueError)
        assert caught.value.what.endswith(".")


@pytest.mark.parametrize("exponent", [-300, -30, -17, -9, -2])
def test_mean_scores_are_right_to_the_last_digits_for_sure_and_for_hopeless_forecasts(exponent):
    tiny = 10.0**exponent
    p = np.array([tiny, 1.0 - tiny, 0.5, tiny, 0.3] * 100)
    sure = np.array([0, 1, 1, 0, 0] * 100)
    for y in (sure, 1 - sure, np.where(p == 0.5, 0, sure)):
        right = [Decimal(q) if it else 1 - Decimal(q) for it, q in zip(y, p.tolist(), strict=True)]
        with localcontext() as context:
            context.prec = 400
            surprise = -sum((q.ln(Context(prec=40)) if q else Decimal("-Infinity")) for q in right)
            brier = sum((1 - q) ** 2 for q in right)
        assert c.log_loss(y, p) == pytest.approx(float(surprise / len(p)), rel=1e-13)
        assert c.brier_score(y, p) == pytest.approx(float(brier / len(p)), rel=1e-13)
    only_sure = np.full(1000, tiny)
    assert c.log_loss(np.zeros(1000, int), only_sure) == pytest.approx(
        -math.log1p(-tiny), rel=1e-13
    )


@pytest.mark.parametrize("rows", [2, 3, 300])
def test_the_log_loss_of_a_few_likely_outcomes_is_that_of_each(rows):
    p = np.linspace(0.01, 0.2, rows) / rows
    assert c.log_loss(np.zeros(rows, int), p) == pytest.approx(-np.log1p(-p).mean(), rel=1e-14)
    assert c.log_loss(np.ones(rows, int), 1.0 - p) == pytest.approx(-np.log(1.0 - p).mean())


def test_a_wrong_certainty_costs_infinity_and_nothing_warns():
    y, p = np.array([1, 0, 1]), np.array([0.0, 0.5, 1.0])
    assert c.log_loss(y, p) == math.inf
    assert c.log_loss(y, p, [0.0, 1.0, 1.0]) == pytest.approx(math.log(2.0) / 2.0)
    assert c.log_loss([0, 1], [0.0, 1.0]) == 0.0
    assert c.log_loss([2, 0], [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]) == math.inf
    assert c.score_decomposition(y, p, "log_loss").score == math.inf
    nearly = [[1e-20, 1.0], [1.0, 1e-30]]
    assert c.log_loss([0, 0], nearly) == pytest.approx(10.0 * math.log(10.0))
    assert c.log_loss([1, 0], nearly) == pytest.approx(0.5e-20, rel=1e-9, abs=0.0)
    assert c.log_loss([0, 0], nearly, [1.0, 0.0]) == pytest.approx(20.0 * math.log(10.0))


def test_impossible_choices_are_refused_in_words():
    y, p = drawn(1, 20)
    for choices in (
        {"bins": 0},
        {"bins": 2.5},
        {"bins": math.nan},
        {"bins": math.inf},
        {"binning": "none"},
        {"norm": "l3"},
        {"view": "none"},
        {"view": 2},
    ):
        with pytest.raises(UserError):
            c.expected_calibration_error(y, p, **choices)
    for positives, trials in (([-1], [2]), ([3], [2]), ([math.nan], [2]), ([1], [math.inf])):
        with pytest.raises(UserError):
            c.frequency_interval(positives, trials)


def test_the_error_over_blocks_is_the_mean_distance_from_the_isotonic_fit():
    y, p = drawn(7, 300, 2)
    w = np.random.default_rng(7).random(300)
    fit = IsotonicRegression().fit(p, y, w).predict(p)
    blocks = np.unique(fit, return_inverse=True)[1]
    total = 0.0
    for k in range(blocks.max() + 1):
        total += abs((w * (p - fit))[blocks == k].sum())
    error = c.expected_calibration_error(y, p, binning="corp", weights=w)
    assert error == pytest.approx(total / w.sum(), rel=1e-9)


@pytest.mark.parametrize("bins", [1, 2, 3, 7, 10, 15, 49, 100])
def test_every_float_around_an_edge_lies_in_the_bin_that_the_edges_say(bins):
    edges = np.linspace(0.0, 1.0, bins + 1)
    tenths = np.arange(1, 10) * 0.1  # 0.1 + 0.2 and its like
    p = np.concatenate((edges, np.nextafter(edges, 0.0), np.nextafter(edges[:-1], 1.0), tenths))
    p = np.append(p, [0.1 + 0.2, 0.7 - 0.4, 5e-324, 1.0 - 2.0**-53])
    y = np.arange(len(p)) % 2
    found = c.reliability_curve(y, p, bins)
    for k in range(bins):
        inside = (p > edges[k]) & (p <= edges[k + 1]) | ((k == 0) & (p == 0.0))
        assert found.counts[k] == inside.sum()
        assert found.positives[k] == y[inside].sum()


@pytest.mark.parametrize("binning", ["width", "mass", "corp"])
def test_weighted_parts_tell_as_much_as_their_effective_number_of_rows(binning):
    y, p = drawn(6, 400, 2)
    w = np.random.default_rng(6).lognormal(size=400)
    curve = c.reliability_curve(y, p, 6, binning, weights=w)
    for low, high, trials in zip(curve.low, curve.high, curve.trials, strict=True):
        inside = (p > low) & (p <= high) | ((p == low) & ((binning == "corp") | (low == 0.0)))
        assert trials == pytest.approx(w[inside].sum() ** 2 / (w[inside] ** 2).sum(), rel=1e-12)
