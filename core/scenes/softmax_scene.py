"""The softmax panel's scene: logits, temperature, every step of the softmax, and its Jacobian."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, read_only
from core.experiment.view import View
from core.experiment.view_knobs import MOST_LOGITS
from core.explain.confident_mistakes import LossComparison, compare_losses
from core.explain.ternary import Ternary, ternary
from core.functions.heads import class_logits
from core.functions.sigmoid_family import sigmoid
from core.functions.softmax_family import log_softmax, softmax, softmax_jacobian
from core.run.run import Run
from core.training.problem import TrainState


@dataclass(frozen=True, slots=True)
class Pair:
    """Two of the classes: p_a / (p_a + p_b) = σ((z_a - z_b) / T).

    Attributes
    ----------
    a, b : int
        The two classes; the two most probable where there are more.
    gap : float
        (z_a - z_b) / T.
    by_sigmoid : float
        σ(gap), which is p_a / (p_a + p_b).
    """

    a: int
    b: int
    gap: float
    by_sigmoid: float


@dataclass(frozen=True, slots=True, eq=False)
class SoftmaxScene:
    """What the softmax panel draws; K is the number of classes.

    Attributes
    ----------
    view : View
    row : int
        The data set's row whose logits these are; -1 where they are set by hand.
    names : tuple of str
        The model's classes where there are as many, else empty.
    logits : (K,) array
        z.
    tempered : (K,) array
        (z + c) / T.
    gaps, exps : (K,) arrays
        Those minus their largest, and the exponentials of that.
    total : float
        The sum of the exponentials.
    probabilities : (K,) array
    naive_exps, naive : (K,) arrays
        The exponentials without subtracting the largest, and the probabilities from them: inf and
        NaN where they overflow.
    jacobian : (K, K) array
        Derivative of each probability (row) by each logit (column).
    entropy : float
        Nats.
    pair : Pair
    true_class : int
    ternary : Ternary or None
        Of three classes.
    losses : LossComparison or None
        While the page "learning" is open.
    """

    view: View
    row: int
    names: tuple[str, ...]
    logits: FloatArray
    tempered: FloatArray
    gaps: FloatArray
    exps: FloatArray
    total: float
    probabilities: FloatArray
    naive_exps: FloatArray
    naive: FloatArray
    jacobian: FloatArray
    entropy: float
    pair: Pair
    true_class: int
    ternary: Ternary | None
    losses: LossComparison | None

    @property
    def n_classes(self) -> int:
        """The number of classes."""
        return len(self.logits)

    @property
    def bits(self) -> float:
        """The entropy in bits."""
        return self.entropy / math.log(2.0)

    @property
    def relative_entropy(self) -> float:
        """The entropy as a share of ln K, the largest there is."""
        return self.entropy / math.log(self.n_classes)


def softmax_scene(run: Run, state: TrainState, view: View) -> SoftmaxScene:
    """Return what the softmax panel draws: logits set by hand, or those of the selected row."""
    row, logits, label = -1, np.array(view.softmax_logits), view.softmax_true_class
    if view.softmax_follows_row:
        found = row_logits(run, state, view.selected)
        if found is not None:
            row, (logits, label) = view.selected, found
    temperature, constant = view.softmax_temperature, view.softmax_constant
    label = min(max(label, 0), len(logits) - 1)
    classes = run.prepared.classes
    tempered = (logits + constant) / temperature
    gaps = tempered - tempered.max()
    exps = np.exp(gaps)
    with np.errstate(over="ignore", invalid="ignore"):
        naive_exps = np.exp(tempered)
        naive = naive_exps / naive_exps.sum()
    probabilities = softmax(logits + constant, temperature)
    jacobian = softmax_jacobian(tempered) / temperature
    return SoftmaxScene(
        view=view,
        row=row,
        names=classes if len(classes) == len(logits) else (),
        logits=read_only(logits, np.float64),
        tempered=read_only(tempered, np.float64),
        gaps=read_only(gaps, np.float64),
        exps=read_only(exps, np.float64),
        total=float(exps.sum()),
        probabilities=read_only(probabilities, np.float64),
        naive_exps=read_only(naive_exps, np.float64),
        naive=read_only(naive, np.float64),
        jacobian=read_only(jacobian, np.float64),
        entropy=entropy_of(tempered),
        pair=_pair(tempered),
        true_class=label,
        ternary=ternary(logits, temperature) if len(logits) == 3 else None,
        losses=compare_losses(logits + constant, label, temperature)
        if view.softmax_page == "learning"
        else None,
    )


def with_logit(logits: tuple[float, ...], k: int, value: float) -> tuple[float, ...]:
    """Return logits with class k's replaced.

    Examples
    --------
    >>> with_logit((3.0, -2.0), 1, 7.0)
    (3.0, 7.0)
    """
    return (*logits[:k], value, *logits[k + 1 :])


def with_classes(logits: tuple[float, ...], n_classes: int) -> tuple[float, ...]:
    """Return the logits of so many classes: new ones have the logit 0, the last ones go first.

    Examples
    --------
    >>> with_classes((3.0, -2.0), 4), with_classes((3.0, -2.0, 1.0), 2)
    ((3.0, -2.0, 0.0, 0.0), (3.0, -2.0))
    """
    return (*logits, *(0.0,) * n_classes)[:n_classes]


def entropy_of(logits: FloatArray) -> float:
    """Return the entropy -Σ p ln p of softmax(z) in nats, 0 where one class has all.

    Examples
    --------
    >>> round(entropy_of(np.zeros(8)) / math.log(2.0), 12)
    3.0
    """
    return float(-(softmax(logits) * log_softmax(logits)).sum()) + 0.0


def row_logits(run: Run, state: TrainState, row: int) -> tuple[FloatArray, int] | None:
    """Return one logit a class of a row of the data set, and its label.

    None where the model does not see the row, where it has more classes than can be shown, or
    where a logit is not finite.
    """
    place = np.flatnonzero(run.prepared.rows == row)
    if not place.size or run.architecture.n_classes > MOST_LOGITS:
        return None
    logits = class_logits(run.logits(state, run.prepared.X[place[:1]]))[0]
    if not np.isfinite(logits).all():
        return None
    return logits, int(run.prepared.y[place[0]])


def _pair(tempered: FloatArray) -> Pair:
    if len(tempered) == 2:
        a, b = 0, 1
    else:
        order = np.argsort(-tempered, kind="stable")
        a, b = sorted((int(order[0]), int(order[1])))
    gap = float(tempered[a] - tempered[b])
    return Pair(a, b, gap, float(sigmoid(gap)))
