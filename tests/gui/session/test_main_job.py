"""The main job through the real window: open a table, train, scrub, undo; every scene checked.

What each panel's scene holds is computed again by scikit-learn from the same parameters.
"""

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

TABLE = Path(__file__).resolve().parents[3] / "resources" / "datasets" / "breast_cancer.csv"
SPLITS = ("train", "validation", "test")


def raw_table():
    with open(TABLE, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return np.array([[float(cell) for cell in row[:-1]] for row in rows[1:]]), [
        r[-1] for r in rows[1:]
    ]


class Twin:
    """The network of a state, as scikit-learn computes it from the file's own raw cells."""

    def __init__(self, run, state):
        X, labels = raw_table()
        self.y = np.array([run.prepared.classes.index(label) for label in labels])
        self.split = np.empty(len(labels), int)
        self.split[run.prepared.rows] = run.prepared.split
        self.scaler = StandardScaler().fit(X[self.split == 0])
        self.X = self.scaler.transform(X)
        views = run.architecture.views(state.parameters.astype(np.float64))
        hidden = tuple(layer.units for layer in run.architecture.layers[:-1])
        self.network = MLPClassifier(hidden, activation="tanh", solver="sgd", max_iter=1)
        self.network.partial_fit(self.X, self.y, classes=[0, 1])
        self.network.coefs_ = [view.W.copy() for view in views]
        self.network.intercepts_ = [view.b.copy() for view in views]

    def part(self, split):
        mine = self.split == SPLITS.index(split)
        return self.y[mine], self.network.predict_proba(self.X[mine])[:, 1]

    def on_raw(self, raw):
        return self.network.predict_proba(self.scaler.transform(raw))[:, 1]


def brute_ece(y, p, bins):
    edges = np.linspace(0.0, 1.0, bins + 1)
    total = 0.0
    for b in range(bins):
        inside = (p > edges[b]) & (p <= edges[b + 1]) | ((p == 0.0) & (b == 0))
        if inside.any():
            total += abs(p[inside].sum() - y[inside].sum())
    return total / len(y)


def check_every_scene(window):
    session = window.session
    run, state = session.run, session.state
    twin = Twin(run, state)
    for name in ("boundary", "loss", "reliability", "figures", "rows"):
        dock = window.parts.docks[name]
        dock.show()
        dock.raise_()
        window.panel(name).refresh()
    check_boundary(window.panel("boundary").scene, twin, session.view)
    check_reliability(window.panel("reliability").scene, twin, session)
    check_figures(window.panel("figures").scene, twin)
    check_rows(window.panel("rows").scene, twin, run)
    assert window.panel("boundary").scene.step == state.step


def check_boundary(scene, twin, view):
    surface = scene.surface
    xs, ys = np.meshgrid(surface.x, surface.y)
    raw = np.tile(twin.scaler.mean_, (xs.size, 1))
    raw[:, view.x_axis], raw[:, view.y_axis] = xs.ravel(), ys.ravel()
    ours = surface.probabilities[:, :, 1].ravel()
    np.testing.assert_allclose(ours, twin.on_raw(raw), rtol=1e-6, atol=1e-9)


def check_reliability(scene, twin, session):
    y, p = twin.part(session.view.split)
    bins = session.experiment.calibration.bins
    assert scene.n_rows == len(y)
    assert scene.raw.ece == pytest.approx(brute_ece(y, p, bins), abs=1e-7)
    brier = scene.raw.brier
    assert brier.score == pytest.approx(brier_score_loss(y, p), abs=1e-8)
    fitted = IsotonicRegression(y_min=0, y_max=1).fit(p, y).predict(p)
    recalibrated = brier_score_loss(y, fitted)
    assert brier.miscalibration == pytest.approx(brier.score - recalibrated, abs=1e-8)
    assert brier.uncertainty == pytest.approx(y.mean() * (1 - y.mean()))
    assert brier.discrimination == pytest.approx(brier.uncertainty - recalibrated, abs=1e-8)
    x, height = scene.raw.curve.knots
    np.testing.assert_allclose(np.interp(p, x, height), fitted, atol=1e-6)


def check_figures(scene, twin):
    for split, figures in zip(SPLITS, scene.parts, strict=True):
        y, p = twin.part(split)
        decided = p >= scene.threshold
        assert figures.rows == len(y)
        assert figures.accuracy == pytest.approx(accuracy_score(y, decided))
        assert figures.precision == pytest.approx(precision_score(y, decided), nan_ok=True)
        assert figures.recall == pytest.approx(recall_score(y, decided))
        assert figures.f1 == pytest.approx(f1_score(y, decided))
        assert figures.auc == pytest.approx(roc_auc_score(y, p), abs=1e-6)
        assert figures.log_loss == pytest.approx(sklearn_log_loss(y, p), rel=1e-6)
        assert figures.brier == pytest.approx(brier_score_loss(y, p), rel=1e-6)
        np.testing.assert_array_equal(figures.confusion, confusion_matrix(y, decided))


def check_rows(scene, twin, run):
    np.testing.assert_allclose(
        scene.probabilities[:, 1],
        twin.network.predict_proba(twin.X[run.prepared.rows])[:, 1],
        rtol=1e-6,
        atol=1e-9,
    )


def check_loss_curves(window, step):
    """The figures recorded at a step are those of the state at that step."""
    run = window.session.run
    metrics = run.history.metrics
    row = int(np.flatnonzero(metrics.column("step") == step)[-1])
    twin = Twin(run, run.history.state_at(step))
    lines = {line.split: line for line in window.panel("loss").scene.lines}
    for split in SPLITS:
        y, p = twin.part(split)
        recorded = metrics.column(f"{split}.loss")[row]
        assert recorded == pytest.approx(sklearn_log_loss(y, p), rel=1e-6)
        assert np.isclose(lines[split].y, recorded, rtol=1e-9).any()


def train(qtbot, session, steps):
    session.take_steps(steps)
    qtbot.waitUntil(lambda: not session.is_playing)
    latest = session.run.history.latest
    qtbot.waitUntil(lambda: session.run.history.metrics.column("step")[-1] == latest.step)


def test_a_real_table_is_opened_trained_scrubbed_and_undone(qtbot, open_window):
    window = open_window()
    session = window.session
    before = session.experiment
    with qtbot.waitSignal(session.run_changed):
        session.open_table(str(TABLE), "diagnosis")
    assert session.run.dataset.classes == ("benign", "malignant")
    assert session.run.dataset.n_samples == 569

    train(qtbot, session, 150)
    train(qtbot, session, 60)
    check_every_scene(window)
    check_loss_curves(window, 210)
    live = session.state

    session.scrub(73)
    assert session.state.step == 73
    check_every_scene(window)

    session.edit("training.learning_rate", 0.5)
    train(qtbot, session, 40)
    assert session.run.history.latest.step == 113
    assert not session.state.same_bits(session.ghosts[-1].history.state_at(113))
    check_every_scene(window)

    session.undo_stack.undo()
    assert session.experiment.training.learning_rate == before.training.learning_rate
    session.undo_stack.undo()
    assert session.experiment == before
    assert session.run.dataset.name != "breast_cancer.csv"
    session.undo_stack.redo()
    assert session.state.step == 210  # what came after step 73 is there again
    session.undo_stack.redo()
    assert session.state.step == 113
    session.undo_stack.undo()
    session.restart()
    train(qtbot, session, 210)
    assert session.state.same_bits(live)
    check_every_scene(window)
