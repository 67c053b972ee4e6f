"""Calibrators against optimisers of scipy and scikit-learn, and against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, log_softmax, logsumexp
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from core.base.errors import UserError
from core.calibration import CALIBRATORS, cross_fit, log_loss
from core.calibration.calibrators import softmax_maps
from core.calibration.calibrators.calibrator import against_the_rest
from core.calibration.calibrators.softmax_maps import OFF_DIAGONAL, PULL


def two_classes(seed: int = 0, n: int = 400, slope: float = 0.5, shift: float = -0.3):
    """Overconfident logits and labels, two decimals so that some tie."""
    rng = np.random.default_rng(seed)
    s = np.round(rng.normal(0.3, 2.5, n), 2)
    return s, (rng.random(n) < expit(slope * s + shift)).astype(int)


def four_classes(seed: int = 0, n: int = 300, k: int = 4):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, k, n)
    return 3.0 * (np.eye(k)[y] + rng.normal(0.0, 0.8, (n, k))), y


def mean_cross_entropy(q, t, w=None):
    return np.average(-t * log_expit(q) - (1.0 - t) * log_expit(-q), weights=w)


def weights_of(y, seed=3):
    return np.random.default_rng(seed).integers(0, 4, len(y))


@pytest.mark.parametrize("weighted", [False, True])
def test_platt_is_logistic_regression_on_smoothed_targets(weighted):
    s, y = two_classes()
    w = weights_of(y) + 0.5 if weighted else np.ones(len(y))
    fit = CALIBRATORS["platt"].fit(s, y, w)
    positives, negatives = w @ y, w @ (1 - y)
    t = np.where(y == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    rows, targets = np.concatenate((s, s)), np.repeat([1, 0], len(s))
    solver = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)
    solver.fit(rows[:, None], targets, np.concatenate((w * t, w * (1 - t))))
    assert fit.a == pytest.approx(-solver.coef_[0, 0], rel=1e-8)
    assert fit.b == pytest.approx(-solver.intercept_[0], rel=1e-8)
    np.testing.assert_allclose(fit.probabilities(s), 1 / (1 + np.exp(fit.a * s + fit.b)))


@pytest.mark.parametrize(("slope", "shift"), [(0.5, 0.0), (2.0, 0.4), (0.05, 0.0)])
def test_temperature_minimises_the_log_loss(slope, shift):
    s, y = two_classes(1, slope=slope, shift=shift)
    w = weights_of(y)

    def loss(log_t):
        return mean_cross_entropy(s / np.exp(log_t), y, w)

    best = minimize_scalar(loss, bounds=(-6, 8), method="bounded", options={"xatol": 1e-10})
    fit = CALIBRATORS["temperature"].fit(s, y, w)
    assert fit.temperature == pytest.approx(np.exp(best.x), rel=1e-6)
    np.testing.assert_allclose(fit.probabilities(s), expit(s / fit.temperature), rtol=1e-14)


def test_temperature_of_several_classes_minimises_the_log_loss():
    z, y = four_classes()

    def loss(log_t):
        return -np.mean(log_softmax(z / np.exp(log_t), axis=1)[np.arange(len(y)), y])

    best = minimize_scalar(loss, bounds=(-6, 8), method="bounded", options={"xatol": 1e-10})
    fit = CALIBRATORS["temperature"].fit(z, y)
    assert fit.temperature == pytest.approx(np.exp(best.x), rel=1e-6)
    expected = np.exp(log_softmax(z / fit.temperature, axis=1))
    np.testing.assert_allclose(fit.probabilities(z), expected, rtol=1e-12)


def test_temperature_is_zero_infinite_or_one_where_no_optimum_is_between():
    fit = CALIBRATORS["temperature"].fit
    parted = fit([-1.0, 2.0], [0, 1])
    assert parted.temperature == 0.0
    np.testing.assert_array_equal(parted.probabilities([-0.1, 0.0, 3.0]), [0.0, 0.5, 1.0])
    np.testing.assert_array_equal(parted.probabilities([[1.0, 1.0, 0.0]]), [[0.5, 0.5, 0.0]])
    backwards = fit([-1.0, 2.0, 0.5], [1, 0, 0])
    assert backwards.temperature == np.inf
    np.testing.assert_array_equal(backwards.probabilities([-4.0, 4.0]), [0.5, 0.5])
    assert fit([0.0, 0.0], [1, 0]).temperature == 1.0


@pytest.mark.parametrize("seed", range(6))
def test_beta_is_the_best_with_both_factors_at_least_zero(seed):
    rng = np.random.default_rng(seed)
    s = rng.normal(0, 2, 300)
    # Bent, reversed or flat at one end, so that each constraint binds for some seed.
    truth = [0.4 * s, -s, np.minimum(s, 0), np.maximum(s, 0) - 0.5, -(s**2) / 4 + 1, 0 * s][seed]
    y = (rng.random(300) < expit(truth)).astype(int)
    fit = CALIBRATORS["beta"].fit(s, y)

    def loss(theta):
        a, b, c = theta
        return mean_cross_entropy(a * log_expit(s) - b * log_expit(-s) + c, y)

    best = minimize(
        loss,
        [1.0, 1.0, 0.0],
        method="L-BFGS-B",
        bounds=[(0, None), (0, None), (None, None)],
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    assert fit.a >= 0.0
    assert fit.b >= 0.0
    assert not fit.smoothed
    assert loss([fit.a, fit.b, fit.c]) <= best.fun + 1e-13
    np.testing.assert_allclose([fit.a, fit.b, fit.c], best.x, atol=2e-4)
    expected = expit(fit.a * log_expit(s) - fit.b * log_expit(-s) + fit.c)
    np.testing.assert_allclose(fit.probabilities(s), expected, rtol=1e-12)


def test_each_factor_of_beta_is_zero_for_some_data():
    rng = np.random.default_rng(0)
    s = rng.normal(0, 2, 2000)
    flat_above = (rng.random(2000) < expit(np.minimum(s, 0) - 0.2 * np.maximum(s, 0))).astype(int)
    flat_below = (rng.random(2000) < expit(np.maximum(s, 0) - 0.2 * np.minimum(s, 0))).astype(int)
    fits = [CALIBRATORS["beta"].fit(s, y) for y in (flat_above, flat_below, (s < 0) * 1)]
    assert fits[0].b == 0.0 < fits[0].a
    assert fits[1].a == 0.0 < fits[1].b
    assert fits[2].a == fits[2].b == 0.0


def test_isotonic_is_that_of_scikit_learn_also_between_and_beyond_the_rows():
    s, y = two_classes(2)
    w = weights_of(y) + 0.5
    fit = CALIBRATORS["isotonic"].fit(s, y, w)
    oracle = IsotonicRegression(out_of_bounds="clip").fit(s, y, sample_weight=w)
    at = np.linspace(-12, 12, 997)
    np.testing.assert_allclose(fit.probabilities(at), oracle.predict(at), atol=1e-12)


def test_histogram_answers_with_the_frequency_of_its_bin():
    s, y = two_classes(3)
    fit = CALIBRATORS["histogram"].fit(s, y)
    p = expit(s)
    edges = np.unique(np.quantile(p, np.arange(1, 10) / 10, method="inverted_cdf"))
    expected = np.empty(len(s))
    bins = np.sum(p[:, None] > edges + 1e-12, axis=1)
    for b in np.unique(bins):
        expected[bins == b] = y[bins == b].mean()
    np.testing.assert_allclose(fit.probabilities(s), expected, rtol=1e-13)
    assert fit.parameters["bins"].value == 10


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [1, 2, 40])
def test_venn_abers_is_two_isotonic_fits_with_the_row_added(n, weighted):
    s, y = two_classes(4, n)
    s = np.round(s, 1)
    w = np.random.default_rng(0).random(n) + 0.2 if weighted else np.ones(n)
    fit = CALIBRATORS["venn_abers"].fit(s, y, w)
    at = np.unique(np.concatenate((s, s + 0.03, [-50.0, 50.0])))
    scaled = w * n / w.sum()
    for x, low, high in zip(at, *fit.interval(at), strict=True):
        for new, value in ((0, low), (1, high)):
            rows = np.append(s, x), np.append(y, new), np.append(scaled, 1.0)
            oracle = IsotonicRegression().fit(rows[0], rows[1], sample_weight=rows[2])
            assert value == pytest.approx(oracle.predict([x])[0], abs=1e-12)
    low, high = fit.interval(at)
    np.testing.assert_allclose(fit.probabilities(at), high / (1 - low + high))


def softmax_objective(X, y, w, free, ridge, shift_ridge):
    """The penalised mean log loss over the free entries of W and b, for scipy."""
    k = X.shape[1]

    def unpack(theta):
        matrix = np.eye(k)
        matrix[free] = theta[:-k]
        return matrix, theta[-k:]

    def value(theta):
        matrix, b = unpack(theta)
        loss = -log_softmax(X @ matrix.T + b, axis=1)[np.arange(len(y)), y]
        pull = (ridge * (matrix - np.eye(k)) ** 2).sum() + shift_ridge * (b**2).sum()
        return np.average(loss, weights=w) + 0.5 * pull

    start = np.concatenate((np.eye(k)[free], np.zeros(k)))
    best = minimize(value, start, method="BFGS", options={"gtol": 1e-7})
    return value, np.concatenate((unpack(best.x)[0].ravel(), unpack(best.x)[1])), unpack


@pytest.mark.parametrize("weighted", [False, True])
def test_vector_scaling_minimises_its_penalised_log_loss(weighted):
    z, y = four_classes(1)
    w = weights_of(y) if weighted else np.ones(len(y))
    fit = CALIBRATORS["vector"].fit(z, y, w)
    free = np.eye(4, dtype=bool)
    value, best, _ = softmax_objective(z, y, w, free, np.eye(4) * PULL, PULL)
    np.testing.assert_allclose(np.diag(fit.factors).ravel(), best[:16], atol=1e-4)
    shifts = best[16:] - best[16:].mean()
    np.testing.assert_allclose(fit.shifts - fit.shifts.mean(), shifts, atol=1e-3)
    here = value(np.concatenate((fit.factors, fit.shifts)))
    assert here <= value(np.concatenate((best[:16:5], best[16:]))) + 1e-12
    expected = np.exp(log_softmax(z * fit.factors + fit.shifts, axis=1))
    np.testing.assert_allclose(fit.probabilities(z), expected, rtol=1e-11)


def test_dirichlet_minimises_its_penalised_log_loss():
    z, y = four_classes(2, k=3)
    fit = CALIBRATORS["dirichlet"].fit(z, y)
    ridge = np.where(np.eye(3) > 0, PULL, OFF_DIAGONAL / 6)
    X = log_softmax(z, axis=1)
    value, best, _ = softmax_objective(
        X, y, np.ones(len(y)), np.ones((3, 3), bool), ridge, OFF_DIAGONAL / 3
    )
    here = np.concatenate((fit.matrix.ravel(), fit.shifts))
    assert value(here) <= value(best) + 1e-12
    np.testing.assert_allclose(here, best, atol=2e-3)
    expected = np.exp(log_softmax(X @ fit.matrix.T + fit.shifts, axis=1))
    np.testing.assert_allclose(fit.probabilities(z), expected, rtol=1e-11)


def test_binary_vector_scaling_is_logistic_regression():
    s, y = two_classes(5)
    fit = CALIBRATORS["vector"].fit(s, y)
    solver = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10).fit(s[:, None], y)
    np.testing.assert_allclose(
        fit.probabilities(s), solver.predict_proba(s[:, None])[:, 1], atol=1e-4
    )


@pytest.mark.parametrize("name", [n for n in CALIBRATORS if not CALIBRATORS[n].fit_classes])
def test_one_against_the_rest_fits_each_class_apart_and_renormalises(name):
    z, y = four_classes(3)
    fit = CALIBRATORS[name].fit(z, y)
    columns = []
    for k in range(4):
        s = z[:, k] - logsumexp(np.delete(z, k, axis=1), axis=1)
        columns.append(CALIBRATORS[name].fit(s, (y == k).astype(int)).probabilities(s))
    p = np.column_stack(columns)
    total = p.sum(axis=1, keepdims=True)
    assert total.min() > 0.0
    np.testing.assert_allclose(fit.probabilities(z), p / total, rtol=1e-7, atol=1e-12)
    for parameter in fit.parameters.values():
        assert np.shape(parameter.value) == (4,)


def test_rows_for_which_every_class_says_zero_are_shared_evenly():
    z = np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    fit = CALIBRATORS["isotonic"].fit(z, [0, 1, 2])
    np.testing.assert_allclose(fit.probabilities([[0.0, 0.0, 0.0]]), np.full((1, 3), 1 / 3))


def test_the_logit_against_the_rest_is_that_of_the_softmax():
    z, _ = four_classes(4)
    p = np.exp(log_softmax(z, axis=1))
    np.testing.assert_allclose(expit(against_the_rest(z)), p, rtol=1e-12)


def test_platt_of_one_class_or_equal_logits_answers_with_the_mean_target():
    one = CALIBRATORS["platt"].fit([1.0, 2.0, 3.0], [1, 1, 1])
    np.testing.assert_allclose(one.probabilities([0.0, 9.0]), 4 / 5, rtol=1e-9)
    equal = CALIBRATORS["platt"].fit([2.0, 2.0], [0, 1])
    np.testing.assert_allclose(equal.probabilities([2.0, 9.0]), (2 / 3 + 1 / 3) / 2, rtol=1e-9)
    assert equal.a == 0.0


def test_beta_says_when_smoothed_targets_had_to_serve():
    assert CALIBRATORS["beta"].fit([-1.0, 1.0], [0, 1]).smoothed
    assert not CALIBRATORS["beta"].fit([-1.0, 1.0, 2.0], [0, 1, 0]).smoothed


@pytest.mark.parametrize("name", list(CALIBRATORS))
def test_a_calibrator_is_frozen_and_explains_its_parameters(name):
    s, y = two_classes(8)
    record, fit = CALIBRATORS[name], CALIBRATORS[name].fit(s, y)
    assert record.label
    assert record.formula
    assert record.help
    assert all(parameter.meaning for parameter in fit.parameters.values())
    field = next(iter(fit.__dataclass_fields__))
    with pytest.raises(AttributeError):
        setattr(fit, field, 0.0)


@pytest.mark.parametrize("name", ["platt", "temperature", "beta", "vector", "dirichlet"])
def test_parameters_are_attributes_of_the_same_name(name):
    s, y = two_classes(8)
    fit = CALIBRATORS[name].fit(s, y)
    for key, parameter in fit.parameters.items():
        np.testing.assert_array_equal(getattr(fit, key), parameter.value)


@pytest.mark.parametrize("name", ["platt", "temperature", "beta", "vector", "dirichlet"])
def test_calibrating_lowers_the_log_loss_of_overconfident_logits(name):
    s, y = two_classes(9, 2000)
    assert log_loss(y, CALIBRATORS[name].fit(s, y).probabilities(s)) < log_loss(y, expit(s))


def test_cross_fitting_averages_maps_that_each_left_a_fold_out():
    s, y = two_classes(10)
    fitted = cross_fit(CALIBRATORS["isotonic"], s, y, folds=4, seed=1)
    np.testing.assert_array_equal(np.bincount(fitted.folds), [100] * 4)
    for k, member in enumerate(fitted.members):
        rest, here = fitted.folds != k, fitted.folds == k
        alone = CALIBRATORS["isotonic"].fit(s[rest], y[rest])
        np.testing.assert_array_equal(member.probabilities(s), alone.probabilities(s))
        np.testing.assert_array_equal(fitted.held_out[here], alone.probabilities(s[here]))
        assert abs(y[here].mean() - y.mean()) < 0.02
    mean = np.mean([member.probabilities(s) for member in fitted.members], axis=0)
    np.testing.assert_array_equal(fitted.probabilities(s), mean)
    again = cross_fit(CALIBRATORS["isotonic"], s, y, folds=4, seed=1)
    np.testing.assert_array_equal(fitted.folds, again.folds)


@pytest.mark.parametrize("name", list(CALIBRATORS))
def test_cross_fitting_serves_several_classes_and_weights(name):
    z, y = four_classes(5, 80)
    fitted = cross_fit(CALIBRATORS[name], z, y, np.ones(80) * 2.0, folds=3)
    np.testing.assert_allclose(fitted.probabilities(z).sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(fitted.held_out.sum(axis=1), 1.0, rtol=1e-12)
    assert fitted.parameters.keys() == CALIBRATORS[name].fit(z, y).parameters.keys()


@pytest.mark.parametrize("folds", [1, 5])
def test_folds_need_rows(folds):
    with pytest.raises(UserError):
        cross_fit(CALIBRATORS["platt"], [0.0, 1.0, 2.0], [0, 1, 0], folds=folds)


def sure_logits(n=360, k=10):
    """Logits of a model that is nearly always right, and surer than it should be."""
    rng = np.random.default_rng(4)
    labels = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k)) * 3.0
    logits[np.arange(n), labels] += rng.normal(8.0, 5.0, n)
    return logits, labels


@pytest.mark.parametrize("name", ["vector", "dirichlet"])
def test_many_classes_take_few_rounds_and_the_long_way_leads_to_the_same(name, monkeypatch):
    logits, labels = sure_logits()
    rounds = []
    solve = softmax_maps.conjugate_gradients

    def counted(curve, gradient, precondition):
        rounds.append(0)

        def one(direction):
            rounds[-1] += 1
            return curve(direction)

        return solve(one, gradient, precondition)

    monkeypatch.setattr(softmax_maps, "conjugate_gradients", counted)
    quick = CALIBRATORS[name].fit(logits, labels).probabilities(logits)
    assert sum(rounds) < 10 * len(rounds) < 500
    monkeypatch.setattr(softmax_maps, "MOST_WORK", 0.0)
    slow = CALIBRATORS[name].fit(logits, labels).probabilities(logits)
    np.testing.assert_allclose(quick, slow, rtol=1e-6, atol=1e-9)
