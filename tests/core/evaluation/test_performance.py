"""Figures against scikit-learn, and against worked examples where nothing is defined."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn import metrics

from core.base.errors import UserError
from core.calibration.scores import score_decomposition
from core.evaluation.performance import confusion_matrix, evaluate, recorded_performance
from core.evaluation.thresholds import (
    bayes_threshold,
    best_threshold,
    expected_cost,
    threshold_table,
)
from core.functions import logit


def binary_case(seed: int, n: int = 200, ties: bool = True):
    rng = np.random.default_rng(seed)
    p = rng.beta(0.6, 0.8, n)
    if ties:
        p = np.round(p, 1)
    y = (rng.random(n) < 0.2 + 0.6 * p).astype(int)
    return y, p, rng.integers(1, 5, n).astype(float)


def class_case(seed: int, n: int = 150, k: int = 4):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(k, 0.6), n)
    y = np.array([rng.choice(k, p=row) for row in p])
    return y, p, rng.random(n) + 0.1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("threshold", [0.5, 0.3, 0.7000001])
def test_binary_figures_are_those_of_scikit_learn(seed, weighted, threshold):
    y, p, w = binary_case(seed)
    p = np.clip(p, 0.05, 0.95)
    weights = w if weighted else None
    figures = evaluate(y, p, threshold, weights=weights)
    hard = (p >= threshold).astype(int)
    expected = {
        "accuracy": metrics.accuracy_score(y, hard, sample_weight=weights),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, hard, sample_weight=weights),
        "precision": metrics.precision_score(y, hard, sample_weight=weights),
        "recall": metrics.recall_score(y, hard, sample_weight=weights),
        "f1": metrics.f1_score(y, hard, sample_weight=weights),
        "macro_f1": metrics.f1_score(y, hard, sample_weight=weights, average="macro"),
        "auc": metrics.roc_auc_score(y, p, sample_weight=weights),
        "log_loss": metrics.log_loss(y, p, sample_weight=weights),
        "brier": metrics.brier_score_loss(y, p, sample_weight=weights),
    }
    for name, value in expected.items():
        assert getattr(figures, name) == pytest.approx(value, rel=1e-12), name
    table = metrics.confusion_matrix(y, hard, sample_weight=weights)
    np.testing.assert_allclose(figures.confusion, table, rtol=1e-12)
    assert figures.rows == len(y)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weighted", [False, True])
def test_figures_of_several_classes_are_those_of_scikit_learn(seed, weighted):
    y, p, w = class_case(seed)
    weights = w if weighted else None
    figures = evaluate(y, p, weights=weights)
    hard = p.argmax(axis=1)
    options = {"sample_weight": weights, "zero_division": np.nan}
    expected = {
        "accuracy": metrics.accuracy_score(y, hard, sample_weight=weights),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, hard, sample_weight=weights),
        "precision": metrics.precision_score(y, hard, average="macro", **options),
        "recall": metrics.recall_score(y, hard, average="macro", **options),
        "f1": metrics.f1_score(y, hard, average="macro", **options),
        "auc": metrics.roc_auc_score(y, p, multi_class="ovr", sample_weight=weights),
        "log_loss": metrics.log_loss(y, p, sample_weight=weights),
        "brier": metrics.brier_score_loss(y, p, sample_weight=weights, scale_by_half=False),
    }
    for name, value in expected.items():
        assert getattr(figures, name) == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize("seed", range(4))
def test_tracked_figures_are_those_of_evaluate_and_of_the_decomposition(seed):
    cases = [binary_case(seed, ties=ties)[:2] for ties in (False, True)]
    cases = [(y, np.clip(p, 0.01, 0.99), logit(np.clip(p, 0.01, 0.99))) for y, p in cases]
    y, p, _ = class_case(seed)
    cases.append((y, p, np.log(p)))
    for y, p, z in cases:
        found = recorded_performance(y, p, z)
        figures, parts = evaluate(y, p, logits=z), score_decomposition(y, p)
        expected = {
            **{name: getattr(figures, name) for name in ("accuracy", "auc", "brier", "log_loss")},
            "ece": figures.ece,
            "mcb": parts.miscalibration,
            "dsc": parts.discrimination,
            "unc": parts.uncertainty,
        }
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("seed", range(3))
def test_tracked_figures_weigh_every_row_as_often_as_it_counts(seed):
    weights = np.random.default_rng(seed).integers(0, 4, 200)
    y, p, _ = binary_case(seed)
    many_y, many_p, _ = class_case(seed)
    for labels, given in ((y[:200], np.clip(p, 0.01, 0.99)[:200]), (many_y[:200], many_p[:200])):
        w = weights[: len(labels)]
        z = logit(given) if given.ndim == 1 else np.log(given)
        rows = np.repeat(np.arange(len(labels)), w)
        expected = recorded_performance(labels[rows], given[rows], z[rows])
        found = recorded_performance(labels, given, z, w.astype(float))
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_two_columns_give_the_figures_of_the_second_one():
    y, p, _ = binary_case(0)
    one, two = evaluate(y, p), evaluate(y, np.column_stack((1.0 - p, p)))
    for name in ("accuracy", "auc", "log_loss", "brier", "ece", "precision"):
        assert getattr(one, name) == getattr(two, name), name


def test_auc_counts_every_pair_with_ties_as_half():
    y, p, _ = binary_case(3, n=60)
    above, below = p[y == 1][:, None], p[y == 0][None, :]
    pairs = np.mean((above > below) + 0.5 * (above == below))
    assert evaluate(y, p).auc == pytest.approx(pairs, rel=1e-14)


def test_a_row_at_the_threshold_is_predicted_positive():
    assert evaluate([1], [0.5]).accuracy == 1.0
    assert evaluate([0], [0.5]).accuracy == 0.0


def test_a_single_row_has_an_accuracy_but_no_auc():
    figures = evaluate([0], [0.2])
    assert figures.accuracy == 1.0
    assert figures.balanced_accuracy == 1.0
    assert figures.brier == pytest.approx(0.04)
    for name in ("auc", "precision", "recall", "f1"):
        assert np.isnan(getattr(figures, name)), name


def test_without_rows_every_figure_is_nan():
    for shape in [(0,), (0, 3)]:
        figures = evaluate([], np.empty(shape))
        for name in ("accuracy", "balanced_accuracy", "f1", "auc", "log_loss", "brier", "ece"):
            assert np.isnan(getattr(figures, name)), name


def test_one_class_alone_has_no_auc():
    assert np.isnan(evaluate([1, 1, 1], [0.2, 0.5, 0.9]).auc)
    assert np.isnan(evaluate([0, 0], [0.2, 0.5]).auc)


def test_a_class_that_does_not_occur_is_left_out_of_the_averages():
    y = np.array([0, 1, 0, 1])
    p = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.3, 0.6, 0.1], [0.1, 0.8, 0.1]])
    figures = evaluate(y, p)
    assert figures.balanced_accuracy == 0.75
    assert figures.auc == 1.0
    assert np.isnan(figures.class_recall[2])


def test_a_certain_and_wrong_forecast_has_infinite_log_loss_and_a_right_one_none():
    assert evaluate([1, 0], [0.0, 0.5]).log_loss == np.inf
    assert evaluate([0, 1], [0.0, 1.0]).log_loss == 0.0
    assert evaluate([2], [[0.5, 0.5, 0.0]]).log_loss == np.inf


def test_from_logits_a_probability_rounded_to_one_has_a_finite_loss():
    z, y = np.array([40.0, -800.0, 1.0]), np.array([0, 1, 1])
    p = expit(z)
    assert evaluate(y, p).log_loss == np.inf
    expected = (40.0 + 800.0 + np.log1p(np.exp(-1.0))) / 3
    assert evaluate(y, p, logits=z).log_loss == pytest.approx(expected, rel=1e-14)
    columns, q = np.column_stack((0 * z, z)), np.column_stack((1 - p, p))
    assert evaluate(y, q, logits=columns).log_loss == pytest.approx(expected, rel=1e-14)
    y, p, w = class_case(1)
    expected = evaluate(y, p, weights=w).log_loss
    value = evaluate(y, p, weights=w, logits=np.log(p) + 3.0).log_loss
    assert value == pytest.approx(expected, rel=1e-12)
    assert np.isnan(evaluate([], [], logits=[]).log_loss)
    with pytest.raises(ValueError, match="logits"):
        evaluate([0, 1], [0.2, 0.3], logits=[0.0])


def test_rows_of_weight_zero_change_nothing():
    y, p, w = binary_case(5)
    full = evaluate(y, p, weights=w)
    more = evaluate(
        np.append(y, [0, 1]), np.append(p, [1.0, 0.0]), weights=np.append(w, [0.0, 0.0])
    )
    for name in ("accuracy", "auc", "log_loss", "brier", "ece"):
        assert getattr(more, name) == pytest.approx(getattr(full, name), rel=1e-14), name


@pytest.mark.parametrize("ties", [False, True])
def test_roc_and_precision_recall_are_those_of_scikit_learn(ties):
    y, p, w = binary_case(1, ties=ties)
    table = threshold_table(y, p, weights=w)
    fpr, tpr, thresholds = metrics.roc_curve(y, p, sample_weight=w, drop_intermediate=False)
    np.testing.assert_allclose(table.false_positive_rate, fpr, atol=1e-14)
    np.testing.assert_allclose(table.true_positive_rate, tpr, atol=1e-14)
    np.testing.assert_array_equal(table.thresholds, thresholds)
    precision, recall, _ = metrics.precision_recall_curve(y, p, sample_weight=w)
    np.testing.assert_allclose(table.precision[1:][::-1], precision[:-1], atol=1e-14)
    np.testing.assert_allclose(table.true_positive_rate[::-1], recall, atol=1e-14)
    expected = metrics.average_precision_score(y, p, sample_weight=w)
    assert table.average_precision == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.3, 0.5, 1.0, 1.5])
def test_every_entry_of_the_table_agrees_with_evaluate_at_that_threshold(threshold):
    y, p, w = binary_case(2)
    table = threshold_table(y, p, weights=w)
    i = table.at(threshold)
    figures = evaluate(y, p, threshold, weights=w)
    assert table.accuracy[i] == pytest.approx(figures.accuracy, rel=1e-12)
    np.testing.assert_allclose(table.f1[i], figures.f1, rtol=1e-12)
    np.testing.assert_allclose(table.precision[i], figures.precision, rtol=1e-12)


def test_cost_is_counted_mistake_by_mistake():
    y, p, w = binary_case(4)
    for threshold in (0.0, 0.3, 0.55, 2.0):
        hard = p >= threshold
        paid = w @ (np.where(hard & (y == 0), 2.0, 0.0) + np.where(~hard & (y == 1), 7.0, 0.0))
        cost = expected_cost(y, p, threshold, false_positive=2.0, false_negative=7.0, weights=w)
        assert cost == pytest.approx(paid / w.sum(), rel=1e-12)


def test_no_threshold_costs_less_than_the_best():
    y, p, _ = binary_case(6)
    costs = {"false_positive": 1.0, "false_negative": 3.0}
    best = expected_cost(y, p, best_threshold(y, p, **costs), **costs)
    assert best == min(expected_cost(y, p, t, **costs) for t in [*np.unique(p), np.inf])


def test_dear_false_alarms_leave_nothing_predicted_positive():
    assert best_threshold([0, 1], [0.5, 0.5], false_positive=9.0) == np.inf
    assert np.isnan(best_threshold([], []))


def test_the_bayes_threshold_weighs_the_two_costs():
    assert bayes_threshold() == 0.5
    assert bayes_threshold(3.0, 1.0) == 0.75
    with pytest.raises(UserError):
        bayes_threshold(0.0, 0.0)
    with pytest.raises(UserError):
        best_threshold([0, 1], [0.2, 0.8], false_positive=-1.0)


def test_a_confusion_matrix_has_a_row_and_column_for_every_class():
    np.testing.assert_array_equal(
        confusion_matrix([0, 2], [2, 2], 3), [[0, 0, 1], [0, 0, 0], [0, 0, 1]]
    )
    with pytest.raises(ValueError, match="do not fit"):
        confusion_matrix([0], [1, 1], 3)


@pytest.mark.parametrize(
    ("labels", "probabilities", "weights"),
    [
        ([0, 1], [0.5], None),
        ([0, 2], [0.5, 0.5], None),
        ([0, -1], [0.5, 0.5], None),
        ([0, 0.5], [0.5, 0.5], None),
        ([0, 1], [0.5, 1.5], None),
        ([0, 1], [0.5, np.nan], None),
        ([0], [[0.5, 0.4, 0.0]], None),
        ([0, 1], [0.5, 0.5], [1.0]),
        ([0, 1], [0.5, 0.5], [1.0, -1.0]),
        ([0, 1], [0.5, 0.5], [1.0, np.inf]),
        ([[0], [1]], [0.5, 0.5], None),
    ],
)
def test_impossible_input_is_refused(labels, probabilities, weights):
    with pytest.raises(ValueError, match=r"labels|probabilit|weights"):
        evaluate(labels, probabilities, weights=weights)
