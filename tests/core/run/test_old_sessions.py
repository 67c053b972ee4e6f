"""Sessions of the earlier format open, with every choice, every number of their state and figure.

The log loss is computed from the numbers in the file by formulas written out here; which rows those
are, and how they are scaled, is checked by the figures that the version which saved them showed.
"""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from core.base.arrays import SPLITS
from core.data.loading import load_dataset
from core.experiment.experiment import KNOBS
from core.run.resuming import resumed_run
from core.run.session_file import read_session
from core.scenes.figures_scene import figures_scene
from tests.core.scene_cases import shown_probabilities
from tests.old_sessions import FIGURES, FOLDER, NAMES, content_of, frozen, path_of


def opened(name):
    saved = read_session(path_of(name))
    return saved, resumed_run(saved.experiment, load_dataset(saved.experiment.data), saved.state)


ACTIVATIONS = {
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "adaptive_sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "relu": lambda z: np.maximum(z, 0),
}


def logits_from_the_file(content, X, outputs):
    """Return (n, outputs) logits of scaled rows by the flat parameters as they were laid out."""
    model, state = content["experiment"]["model"], content["state"]
    parameters, statistics = (list(state[key]) for key in ("parameters", "statistics"))

    def take(source, *shape):
        n = int(np.prod(shape))
        part = np.array(source[:n]).reshape(shape)
        del source[:n]
        return part

    A = X
    for units in model["hidden"]:
        z = A @ take(parameters, A.shape[1], units) + take(parameters, units)
        if model["activation"] == "adaptive_sigmoid":
            z = z * take(parameters, units)
        if model["batch_norm"]:
            mean, variance = take(statistics, units), take(statistics, units)
            gain, shift = take(parameters, units), take(parameters, units)
            z = gain * (z - mean) / np.sqrt(variance + 1e-5) + shift
        A = ACTIVATIONS[model["activation"]](z)
    z = A @ take(parameters, A.shape[1], outputs) + take(parameters, outputs)
    assert parameters == statistics == []
    return z


def probabilities_from_logits(z):
    if z.shape[1] == 1:
        z = np.hstack([np.zeros_like(z), z])
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_choice_keeps_its_path_and_its_value(name):
    saved, content = read_session(path_of(name)), content_of(name)
    assert saved.warnings == ()
    assert not saved.extra
    for section, choices in content["experiment"].items():
        if section == "version":
            continue
        for key, value in choices.items():
            path = f"{section}.{key}"
            assert path in KNOBS
            if path != "data.path":
                assert saved.experiment.value(path) == frozen(value)
    for key, value in content["view"].items():
        assert getattr(saved.view, key) == frozen(value)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_the_state_is_there(name):
    saved, stored = read_session(path_of(name)), content_of(name)["state"]
    _, run = opened(name)
    assert saved.state.parameters.dtype == stored["precision"]
    for state in (saved.state, run.history.latest):  # in numpy's engine as float64
        assert (state.step, state.epoch, state.position) == tuple(
            stored[key] for key in ("step", "epoch", "position")
        )
        for key in ("parameters", "slots", "statistics"):
            assert getattr(state, key).tolist() == stored[key]


def test_a_table_is_found_beside_its_session():
    saved, run = opened("own_table")
    assert saved.experiment.data.path == str(FOLDER / "patients.csv")
    cells = (FOLDER / "patients.csv").read_text(encoding="utf-8").splitlines()[1].split(";")
    row = run.dataset.X[0]
    assert row[:2].tolist() == [float(cells[1]), float(cells[2].replace(",", "."))]
    assert run.dataset.features[2].levels[int(row[2])] == cells[3]
    assert run.dataset.classes[run.dataset.y[0]] == cells[4]


@pytest.mark.parametrize("name", NAMES)
def test_the_figures_are_those_that_were_shown_when_it_was_saved(name):
    saved, run = opened(name)
    state = run.history.latest
    expected = FIGURES[name]
    assert run.dataset.name == expected["dataset"]
    assert list(run.prepared.classes) == expected["classes"]
    assert [column.name for column in run.prepared.inputs] == expected["inputs"]
    assert (state.step, state.epoch) == (expected["step"], expected["epoch"])
    figures = figures_scene(run, state, saved.view).parts
    for code, split in enumerate(SPLITS):
        shown, then = figures[code], expected[split]
        assert shown.rows == then["rows"]
        assert shown.accuracy == pytest.approx(then["accuracy"], abs=1e-12)
        assert shown.log_loss == pytest.approx(then["log_loss"], rel=1e-9)
        assert shown.brier == pytest.approx(then["brier"], rel=1e-9)
        p = shown_probabilities(run, state, code)
        labels = range(len(run.prepared.classes))
        y = run.prepared.part(code)[1]
        assert log_loss(y, p, labels=labels) == pytest.approx(then["log_loss_shown"], rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_the_log_loss_follows_from_the_numbers_in_the_file(name):
    saved, run = opened(name)
    figures = figures_scene(run, run.history.latest, saved.view).parts
    for code, shown in enumerate(figures):
        X, y, _ = run.prepared.part(code)
        p = probabilities_from_logits(
            logits_from_the_file(content_of(name), X, run.architecture.n_outputs)
        )
        assert shown.log_loss == pytest.approx(-np.log(p[np.arange(len(y)), y]).mean(), rel=1e-6)
        if p.shape[1] > 2:
            assert shown.accuracy == pytest.approx(accuracy_score(y, p.argmax(axis=1)))


def test_the_calibrator_stays_as_it_was_set_by_hand():
    """p = 1 / (1 + exp(a s + b)) of the logit s from which the log weights were taken."""
    _, run = opened("by_hand")
    content, state = content_of("by_hand"), run.history.latest
    X, y, _ = run.prepared.part(1)
    z = logits_from_the_file(content, X, run.architecture.n_outputs)[:, 0]
    counts = np.bincount(run.prepared.part(0)[1])
    s = z - np.log(counts[0] / counts[1])  # "balanced" weighs a class by one over its rows
    chosen = content["experiment"]["calibration"]
    p = 1 / (1 + np.exp(chosen["platt_a"] * s + chosen["platt_b"]))
    shown = shown_probabilities(run, state, 1)
    np.testing.assert_allclose(shown[:, 1], p, rtol=1e-6)
    assert log_loss(y, p) == pytest.approx(FIGURES["by_hand"]["validation"]["log_loss_shown"])
