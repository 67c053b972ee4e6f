"""The rows panel's scene: every row that the model sees, with its probabilities and decision."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import FloatArray, IntArray, read_only
from core.evaluation.thresholds import decided
from core.experiment.view import View
from core.explain.brushing import brushed_rows
from core.predictions.predictions import Predictions, predictions_of
from core.run.run import Run
from core.training.problem import TrainState


@dataclass(frozen=True, slots=True, eq=False)
class RowsScene:
    """What the rows panel shows.

    Attributes
    ----------
    step : int
    predictions : Predictions
        Its rows, in their order, are the table's.
    probabilities : (n, K) array
    decided : (n,) int array
        Of two classes the second from the threshold on; else the most probable.
    selected : int
        The selected row of the data set; -1 is none.
    lit : (n,) bool array
        Which rows the brush on the probabilities picks out.
    left_out : int
        How many rows of the data set the model does not see.
    """

    step: int
    predictions: Predictions
    probabilities: FloatArray
    decided: IntArray
    selected: int
    lit: NDArray[np.bool_]
    left_out: int = 0


def rows_scene(run: Run, state: TrainState, view: View) -> RowsScene:
    """Return what the rows panel shows of a run at a state."""
    scene = rows_of(predictions_of(run, state), view)
    left_out = run.dataset.n_samples - len(run.rows)
    return replace(scene, step=state.step, left_out=left_out)


def rows_of(predictions: Predictions, view: View) -> RowsScene:
    """Return what the rows panel shows of predictions."""
    probabilities = predictions.probabilities
    return RowsScene(
        step=0,
        predictions=predictions,
        probabilities=probabilities,
        decided=read_only(decided(probabilities, view.threshold), np.int64),
        selected=view.selected,
        lit=brushed_rows(predictions, view),
    )
