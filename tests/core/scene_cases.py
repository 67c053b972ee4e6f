"""Small runs whose probabilities the tests work out by hand."""

from dataclasses import replace

import numpy as np

from core.base.arrays import SPLITS
from core.calibration.recalibration import Recalibration, fit_recalibration
from core.data.dataset import Dataset, Feature
from core.experiment.experiment import Experiment, experiment_from_mapping
from core.predictions import Predictions, predictions_of
from core.run.run import Run, start_run
from tests.core.network_by_hand import Pass, pass_by_hand

CHOICES = {
    "data": {"rows": 120},
    "model": {"hidden": [5, 4]},
    "training": {"learning_rate": 0.2, "batch_size": 8},
}


def experiment(**sections) -> Experiment:
    mapping = {name: dict(values) for name, values in CHOICES.items()}
    for name, values in sections.items():
        mapping[name] = {**mapping.get(name, {}), **values}
    return experiment_from_mapping(mapping)


def trained(steps: int = 150, dataset: Dataset | None = None, **sections) -> tuple:
    """Return a run and its state after some steps."""
    run = start_run(experiment(**sections), dataset)
    state = run.history.engine.burst(run.history.problem, run.history.latest, steps).state
    return run, state


def part_of(run: Run, state, code: int) -> Predictions:
    """Return what the run says at a state of the rows of a part."""
    return predictions_of(run, state).part(SPLITS[code])


def recalibration_of(run: Run, state) -> Recalibration | None:
    """Return what the run's choices do to its probabilities at a state."""
    return fit_recalibration(predictions_of(run, state), run.experiment.calibration)


def shown_probabilities(run: Run, state, code: int) -> np.ndarray:
    """Return the probabilities (n, K) that are shown of a part's rows."""
    recalibration, part = recalibration_of(run, state), part_of(run, state, code)
    return part.probabilities if recalibration is None else recalibration.probabilities_of(part)


def table(n: int = 150, n_classes: int = 2, levels: bool = True) -> Dataset:
    """Four features, one of them a category, whose label depends on all of them."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(n, 4)) * [1.0, 3.0, 0.5, 2.0] + [0.0, 10.0, -1.0, 5.0]
    features = [Feature(name) for name in ("a", "b", "c", "d")]
    if levels:
        X[:, 2] = rng.integers(0, 3, n)
        features[2] = Feature("c", ("low", "mid", "high"))
    signal = X[:, 0] + (X[:, 1] - 10.0) / 3.0 + X[:, 2] + rng.normal(size=n)
    edges = np.quantile(signal, np.linspace(0, 1, n_classes + 1)[1:-1])
    classes = tuple(f"k{k}" for k in range(n_classes))
    return Dataset("table", tuple(features), X, np.searchsorted(edges, signal), classes)


def inputs_by_hand(run: Run, raw: np.ndarray) -> np.ndarray:
    """Return what the network sees of raw rows: standardised numbers and one-hot levels."""
    train = run.dataset.X[run.prepared.rows[run.prepared.split == 0]]
    columns = []
    for j, feature in enumerate(run.dataset.features):
        if feature.levels:
            columns += [raw[:, j] == k for k in range(len(feature.levels))]
        else:
            columns.append((raw[:, j] - train[:, j].mean()) / train[:, j].std())
    return np.column_stack(columns).astype(float)


def way_by_hand(run: Run, state, raw: np.ndarray) -> Pass:
    """Return the way of raw rows through the network, written out."""
    model, K = run.experiment.model, run.dataset.n_classes
    return pass_by_hand(
        model, state.parameters, inputs_by_hand(run, raw), K, statistics=state.statistics
    )


def by_hand(run: Run, state, raw: np.ndarray) -> np.ndarray:
    """Return probabilities (n, K) of raw rows: scaling, one-hot, layers and head written out."""
    return way_by_hand(run, state, raw).probabilities


def raw_rows(run: Run, code: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return raw features and labels of one part, or of all rows."""
    mine = run.prepared.rows if code is None else run.prepared.rows[run.prepared.split == code]
    return run.dataset.X[mine], run.dataset.y[mine]


def with_choices(run: Run, **choices) -> Run:
    """Return the run with other choices of calibration."""
    experiment = run.experiment
    for name, value in choices.items():
        experiment = experiment.replacing(f"calibration.{name}", value)
    return replace(run, experiment=experiment)


def logit_by_hand(run: Run, state, code: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the log-odds of class 1 and the label of every row of a part."""
    raw, labels = raw_rows(run, code)
    p = by_hand(run, state, raw)
    return np.log(p[:, 1]) - np.log(p[:, 0]), labels
