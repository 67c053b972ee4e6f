"""The metrics recorded during training: of each part, and the norm of the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from core.base.arrays import SPLITS, FloatArray, IntArray
from core.base.registry import Registry
from core.data.preparing import Prepared
from core.evaluation.performance import recorded_performance
from core.functions.heads import HEADS, binary_logit
from core.functions.losses import LOSSES
from core.training.engines import logits_at
from core.training.numpy_engine import gradient_at
from core.training.problem import Problem, TrainState

MOST_ROWS = 20_000  # of a part that are measured while training goes on, evenly spaced
MOST_GRADIENT_ROWS = 2_000


Figure = Callable[[IntArray, FloatArray, FloatArray, FloatArray | None], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """A recorded figure.

    Attributes
    ----------
    name, label, unit : str
    by_split : bool
        Whether there is one a part ("train.loss"), or one in all ("gradient_norm").
    figure : callable or None
        (labels (n,), probabilities, logits, sample weights or None) -> the figure of a part; both
        arrays are (n,) of class 1, or (n, K). None for those that are computed together, by
        `recorded_performance` or from the gradient.
    """

    name: str
    label: str
    unit: str = ""
    by_split: bool = True
    figure: Figure | None = None


METRICS: Registry[Metric] = Registry(
    "metric",
    [
        Metric("loss", "loss"),
        Metric("accuracy", "accuracy"),
        Metric("auc", "AUC"),
        Metric("brier", "Brier score"),
        Metric("log_loss", "log loss", "nats"),
        Metric("ece", "ECE"),
        Metric("mcb", "miscalibration (MCB)"),
        Metric("dsc", "discrimination (DSC)"),
        Metric("unc", "uncertainty (UNC)"),
        Metric("gradient_norm", "gradient norm", by_split=False),
    ],
)
"""Every recorded figure."""
DECOMPOSITION = Metric("decomposition", "log loss and Brier parts (MCB, DSC, UNC)", by_split=False)


def drawn_metrics() -> Registry[Metric]:
    """Return what can be drawn: each recorded figure, and the parts of the Brier score together."""
    return Registry("metric", [*METRICS.values(), DECOMPOSITION])


Part = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def parts_of(prepared: Prepared) -> tuple[Part, ...]:
    """Return X (n, n_inputs), y (n,) and sample weights (n,) of train, validation and test part.

    Where rows have no weights of their own, there is None; class weights are left out.
    """
    parts: list[Part] = []
    sample_weights = prepared.sample_weights
    for code in range(len(SPLITS)):
        X, y, _ = prepared.part(code)
        weights = None if sample_weights is None else sample_weights[prepared.split == code]
        parts.append((X, y, weights))
    return tuple(parts)


def measure(problem: Problem, parts: tuple[Part, ...], state: TrainState) -> dict[str, float]:
    """Return every recorded figure of a state, by name ("train.loss", ..., "gradient_norm").

    The loss is the mean of the training loss without penalty and class weights, so that the three
    parts compare; large parts are measured on `MOST_ROWS` rows spread evenly.
    """
    values: dict[str, float] = {}
    for some in measured_by_part(problem, parts, state):
        values |= some
    return values


def measured_by_part(
    problem: Problem, parts: tuple[Part, ...], state: TrainState
) -> Iterator[dict[str, float]]:
    """Yield what `measure` returns: the figures of a part at a time, then those of the gradient."""
    for split, (X, y, weights) in zip(SPLITS, parts, strict=True):
        stride = -(-len(y) // MOST_ROWS) or 1
        some = X[::stride], y[::stride], None if weights is None else weights[::stride]
        with np.errstate(all="ignore"):  # a state about to diverge may overflow
            figures = _figures(problem, state, some)
        yield {f"{split}.{name}": value for name, value in figures.items()}
    rows = np.arange(0, problem.n_rows, -(-problem.n_rows // MOST_GRADIENT_ROWS))
    with np.errstate(all="ignore"):
        gradient = gradient_at(problem, _wide(state.parameters), _wide(state.statistics), rows)[1]
        yield {"gradient_norm": float(np.linalg.norm(gradient))}


def mean_loss(problem: Problem, part: Part, state: TrainState) -> float:
    """Return the mean training loss of a part, without penalty and class weights.

    NaN where no row counts.
    """
    X, y, weights = part
    if not _counts(part):
        return float("nan")
    with np.errstate(all="ignore"):
        logits = logits_at(problem.architecture, state, X)
        losses = LOSSES[problem.training.loss].values(logits, y)
        return float(np.average(losses, weights=weights))


def _counts(part: Part) -> bool:
    """Tell whether any row of a part counts."""
    _, y, weights = part
    return bool(len(y) if weights is None else weights.any())


def _figures(problem: Problem, state: TrainState, part: Part) -> dict[str, float]:
    if not _counts(part):
        return {}
    X, y, weights = part
    logits = logits_at(problem.architecture, state, X)
    loss = float(np.average(LOSSES[problem.training.loss].values(logits, y), weights=weights))
    probabilities = HEADS[problem.architecture.head].probabilities(logits)
    if probabilities.shape[1] == 2:
        probabilities, logits = probabilities[:, 1], binary_logit(logits)
    figures = {"loss": loss}
    if np.isfinite(probabilities).all():
        figures |= recorded_performance(y, probabilities, logits, weights)
        for record in METRICS.values():
            if record.figure is not None:
                figures[record.name] = record.figure(y, probabilities, logits, weights)
    return figures


def _wide(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float64, copy=False)
