import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss as sklearn_log_loss

from core.functions import softmax
from core.functions.losses import LOSSES
from core.functions.sigmoid_family import binary_cross_entropy
from core.functions.softmax_family import categorical_cross_entropy

GENERATOR = np.random.default_rng(0)
LOGITS = GENERATOR.normal(0.0, 3.0, 50)
TARGETS = GENERATOR.uniform(0.0, 1.0, 50)
MATRIX = GENERATOR.normal(0.0, 2.0, (40, 4))
LABELS = GENERATOR.integers(0, 4, 40)


def test_cross_entropies_agree_with_scikit_learns_log_loss():
    hard = (TARGETS > 0.5).astype(int)
    ours = binary_cross_entropy(LOGITS, hard).mean()
    assert ours == pytest.approx(sklearn_log_loss(hard, expit(LOGITS)), rel=1e-12)
    ours = categorical_cross_entropy(MATRIX, LABELS).mean()
    assert ours == pytest.approx(sklearn_log_loss(LABELS, softmax(MATRIX)), rel=1e-12)


def test_squared_errors_are_the_brier_scores_written_out():
    p = expit(LOGITS)
    ours = LOSSES["squared_error"].binary.value(LOGITS, TARGETS)
    np.testing.assert_allclose(ours, (p - TARGETS) ** 2, rtol=1e-11)
    onehot = np.eye(4)[LABELS]
    ours = LOSSES["squared_error"].categorical.value(MATRIX, LABELS)
    np.testing.assert_allclose(ours, ((softmax(MATRIX) - onehot) ** 2).sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize("name", list(LOSSES))
def test_binary_gradients_are_the_slopes_of_their_values(name):
    loss = LOSSES[name].binary
    slope = (loss.value(LOGITS + 1e-5, TARGETS) - loss.value(LOGITS - 1e-5, TARGETS)) / 2e-5
    np.testing.assert_allclose(loss.gradient(LOGITS, TARGETS), slope, atol=1e-9)


@pytest.mark.parametrize("name", list(LOSSES))
def test_categorical_gradients_are_the_slopes_of_their_values(name):
    loss = LOSSES[name].categorical
    gradient = loss.gradient(MATRIX, LABELS)
    for k in range(4):
        move = np.zeros(4)
        move[k] = 1e-5
        slope = (loss.value(MATRIX + move, LABELS) - loss.value(MATRIX - move, LABELS)) / 2e-5
        np.testing.assert_allclose(gradient[:, k], slope, atol=1e-9)


@pytest.mark.parametrize("name", list(LOSSES))
def test_one_logit_is_two_logits_of_which_one_is_zero(name):
    loss = LOSSES[name]
    labels = (TARGETS > 0.5).astype(int)
    pair = np.column_stack([np.zeros(50), LOGITS])
    factor = 2.0 if name == "squared_error" else 1.0  # both classes are summed
    np.testing.assert_allclose(
        loss.values(pair, labels), factor * loss.values(LOGITS[:, None], labels), rtol=1e-10
    )
    np.testing.assert_allclose(
        loss.gradients(pair, labels)[:, 1:],
        factor * loss.gradients(LOGITS[:, None], labels),
        rtol=1e-9,
        atol=1e-300,
    )


@pytest.mark.parametrize("name", list(LOSSES))
def test_gradients_of_the_categorical_form_sum_to_zero(name):
    gradient = LOSSES[name].categorical.gradient(MATRIX, LABELS)
    np.testing.assert_allclose(gradient.sum(axis=1), 0.0, atol=1e-15)


def test_a_confident_right_answer_keeps_its_tiny_gradient():
    assert LOSSES["cross_entropy"].binary.gradient(np.array([50.0]), np.array([1]))[0] < 0.0
    confident = np.array([[0.0, 50.0]])
    gradient = LOSSES["cross_entropy"].categorical.gradient(confident, np.array([1]))
    np.testing.assert_allclose(gradient, [[np.exp(-50.0), -np.exp(-50.0)]], rtol=1e-12)


def test_a_certain_wrong_answer_costs_infinitely_much():
    assert binary_cross_entropy(np.array([np.inf]), np.array([0]))[0] == np.inf
    certain = np.array([[np.inf, 0.0]])
    assert categorical_cross_entropy(certain, np.array([1]))[0] == np.inf
