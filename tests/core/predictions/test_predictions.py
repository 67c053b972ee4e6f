"""Predictions of plain arrays and of a run, against scipy, scikit-learn and the rows themselves."""

import gc
import weakref

import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax
from sklearn import metrics

from core.base.errors import InputError, UserError
from core.evaluation.performance import performance_of
from core.predictions import Predictions, predictions_of
from core.predictions.predictions import Column
from core.run.run import edited_run, start_run
from tests.core.scene_cases import by_hand, experiment, raw_rows, table, trained

RNG = np.random.default_rng(4)
LABELS = RNG.integers(0, 3, 60)
LOGITS = RNG.normal(size=(60, 3)) * 3.0
SPLIT = np.arange(60) % 3


def three(**known):
    return Predictions.from_logits(LABELS, LOGITS, split=SPLIT, **known)


def test_probabilities_follow_from_logits():
    np.testing.assert_allclose(three().probabilities, softmax(LOGITS, axis=1), rtol=1e-13)
    s = np.array([-800.0, -30.0, 0.0, 30.0, 800.0])
    p = Predictions.from_logits([0, 0, 1, 1, 1], s).probabilities
    np.testing.assert_allclose(p[:, 1], expit(s), rtol=1e-14)
    np.testing.assert_allclose(p[:, 0], expit(-s), rtol=1e-14)  # 1 - p would be 0 at 800


def test_logits_that_were_given_are_kept_where_probabilities_would_be_rounded():
    found = Predictions.from_logits([0], [[0.0, 800.0]])
    assert found.logits.tolist() == [[0.0, 800.0]]
    assert performance_of(found).log_loss == 800.0
    assert performance_of(Predictions.from_probabilities([0], [[0.0, 1.0]])).log_loss == np.inf


def test_logits_follow_from_probabilities_up_to_what_all_have_in_common():
    p = softmax(LOGITS, axis=1)
    found = Predictions.from_probabilities(LABELS, p)
    np.testing.assert_allclose(found.logits, log_softmax(LOGITS, axis=1), rtol=1e-12)
    np.testing.assert_array_equal(found.probabilities, p)
    small = Predictions.from_probabilities([0, 1], [[1.0, 1e-30], [0.75, 0.25]]).logits
    np.testing.assert_allclose(small[:, 1] - small[:, 0], np.log([1e-30, 1 / 3]), rtol=1e-14)
    assert Predictions.from_probabilities([0], [0.0]).logits[0, 1] == -np.inf


def test_a_part_has_its_rows_with_all_that_is_known_of_them():
    weights, groups = RNG.random(60), np.arange(60) // 10
    whole = three(
        weights=weights,
        groups=groups,
        rows=np.arange(60) + 100,
        columns={"x": Column(np.arange(200.0)), "c": Column(np.zeros(200), ("a",))},
    )
    part = whole.part("validation")
    mine = SPLIT == 1
    np.testing.assert_array_equal(part.labels, LABELS[mine])
    np.testing.assert_array_equal(part.logits, LOGITS[mine])
    np.testing.assert_array_equal(part.weights, weights[mine])
    np.testing.assert_array_equal(part.groups, groups[mine])
    np.testing.assert_array_equal(part.column("x").values, np.arange(100.0, 160.0)[mine])
    assert part.column("c").levels == ("a",)
    assert (part.split == 1).all()
    assert whole.part("validation") is part
    with pytest.raises(UserError, match="no column"):
        part.column("y")
    with pytest.raises(UserError, match="no part named 'holdout'"):
        whole.part("holdout")


def test_a_part_of_a_part_and_a_subgroup_are_predictions_too():
    chosen = np.flatnonzero(LOGITS[:, 0] > 0.0)
    group = three().at(chosen)
    np.testing.assert_array_equal(group.rows, chosen)
    test = group.part("test")
    np.testing.assert_array_equal(test.rows, chosen[SPLIT[chosen] == 2])
    assert test.part("train").n_rows == 0
    np.testing.assert_array_equal(three().at(slice(None, None, 2)).logits, LOGITS[::2])


def test_rows_that_are_not_split_are_one_part():
    found = Predictions.from_probabilities([0, 1], [0.2, 0.7])
    assert found.splits == ("all",)
    assert found.part("all") is found


def test_base_rates_are_shares_of_the_weight():
    weights = RNG.random(60)
    expected = [weights[k == LABELS].sum() / weights.sum() for k in range(3)]
    np.testing.assert_allclose(three(weights=weights).base_rates, expected)
    np.testing.assert_allclose(three().base_rates, np.bincount(LABELS) / 60)
    assert np.isnan(three().at(np.arange(0)).base_rates).all()


def test_training_weights_are_undone_by_the_log_of_their_ratio():
    w = np.array([1.0, 2.0, 8.0])
    c = three(class_weights=w).log_weight_correction
    np.testing.assert_allclose(c[1:] - c[0], -np.log(w[1:] / w[0]))
    assert not three().log_weight_correction.any()


def test_a_forecast_is_about_the_positive_class_or_the_confidence():
    p = np.array([0.1, 0.6, 0.8])
    two = Predictions.from_probabilities([0, 1, 1], p)
    assert two.default_forecast == 1
    np.testing.assert_allclose(two.forecast().probabilities, p)
    other = Predictions.from_probabilities([0, 1, 1], p, positive=0)
    np.testing.assert_allclose(other.forecast().probabilities, 1.0 - p)
    np.testing.assert_array_equal(other.forecast().outcomes, [True, False, False])
    assert three().default_forecast == "confidence"
    np.testing.assert_allclose(
        three().forecast().probabilities, softmax(LOGITS, axis=1).max(axis=1)
    )


def test_figures_weigh_every_row_as_scikit_learn_does():
    weights = RNG.integers(0, 4, 60).astype(float)
    figures = performance_of(three(weights=weights))
    p = softmax(LOGITS, axis=1)
    assert figures.log_loss == pytest.approx(metrics.log_loss(LABELS, p, sample_weight=weights))
    accuracy = metrics.accuracy_score(LABELS, p.argmax(axis=1), sample_weight=weights)
    assert figures.accuracy == pytest.approx(accuracy)
    repeated = np.repeat(np.arange(60), weights.astype(int))
    again = performance_of(Predictions.from_logits(LABELS[repeated], LOGITS[repeated]))
    for name in ("balanced_accuracy", "auc", "brier", "ece", "log_loss"):
        assert getattr(figures, name) == pytest.approx(getattr(again, name)), name


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": [0, 1, 3]},
        {"labels": [0, 1]},
        {"probabilities": [[0.5, 0.2], [0.5, 0.5], [0.5, 0.5]]},
        {"probabilities": [0.1, 0.2, 1.2]},
        {"probabilities": [0.1, 0.2, np.nan]},
        {"weights": [1.0, 1.0]},
        {"weights": [1.0, -1.0, 1.0]},
        {"split": [0, 1, 3]},
        {"split": [0, 1]},
        {"groups": [0]},
        {"classes": ("a",)},
    ],
    ids=str,
)
def test_impossible_arrays_are_refused(wrong):
    given = {"labels": [0, 1, 1], "probabilities": [0.1, 0.2, 0.9], **wrong}
    with pytest.raises(InputError):
        Predictions.from_probabilities(**given)


def test_a_run_gives_predictions_of_its_rows():
    run, state = trained(dataset=table(n_classes=3))
    found = predictions_of(run, state)
    raw, labels = raw_rows(run)
    np.testing.assert_allclose(found.probabilities, by_hand(run, state, raw), rtol=1e-9)
    np.testing.assert_array_equal(found.labels, labels)
    for code, split in enumerate(found.splits):
        part = found.part(split)
        raw, labels = raw_rows(run, code)
        np.testing.assert_allclose(part.probabilities, by_hand(run, state, raw), rtol=1e-9)
        np.testing.assert_array_equal(part.labels, labels)
        np.testing.assert_array_equal(part.column("d").values, raw[:, 3])
    assert found.classes == run.dataset.classes
    assert found.given == "logits"
    assert found.column("c").levels == ("low", "mid", "high")
    assert not found.probabilities.flags.writeable


def test_the_sample_weights_of_a_run_are_the_data_s_and_not_the_classes():
    data = table()
    weights = RNG.random(data.n_samples)
    weighted = type(data)(data.name, data.features, data.X, data.y, data.classes, weights=weights)
    run, state = trained(dataset=weighted, data={"class_weights": "balanced"}, steps=2)
    found = predictions_of(run, state)
    np.testing.assert_array_equal(found.weights, weights[found.rows])
    np.testing.assert_array_equal(found.class_weights, run.prepared.class_weights)
    assert predictions_of(*trained(dataset=data, steps=2)).weights is None


def test_the_predictions_of_the_last_two_states_are_remembered():
    run, state = trained(steps=3)
    first = run.history.first_step
    states = [
        run.history.state_at(first),
        state,
        run.history.engine.burst(run.history.problem, state, 1).state,
    ]
    found = [predictions_of(run, it) for it in states]
    assert predictions_of(run, states[2]) is found[2]
    assert predictions_of(run, states[1]) is found[1]
    assert predictions_of(run, states[0]) is not found[0]


def test_a_run_that_is_dropped_takes_its_predictions_along_without_waiting_for_gc():
    run, state = trained(steps=3)
    found = predictions_of(run, state).part("test")
    assert found.probabilities.shape[1] == 2
    seen = [weakref.ref(found.probabilities.base), weakref.ref(run)]
    gc.disable()
    try:
        del run, found
        assert [it() for it in seen] == [None, None]
    finally:
        gc.enable()


def test_runs_share_a_memo_exactly_where_rows_and_network_are_the_same():
    run, _ = trained(steps=3)
    start = run.experiment

    def memo_after(path, value):
        return edited_run(run, start.replacing(path, value), 0).memo

    assert memo_after("calibration.bins", 9) is run.memo
    assert memo_after("training.learning_rate", 0.3) is run.memo
    assert memo_after("data.class_weights", "balanced") is not run.memo
    assert memo_after("model.hidden", (2,)) is not run.memo
    assert start_run(experiment()).memo is not run.memo
