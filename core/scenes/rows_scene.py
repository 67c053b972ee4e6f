"""The rows panel's scene: every row that the model sees, with what it says about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import Codes, Floats, read_only
from core.data.dataset import Dataset
from core.data.preparing import Prepared
from core.evaluation.thresholds import decided
from core.experiment.view import View
from core.explain.brushing import brushed_rows
from core.run.run import Run
from core.training.problem import TrainState


@dataclass(frozen=True, slots=True, eq=False)
class RowsScene:
    """What the rows panel shows.

    Attributes
    ----------
    step : int
    dataset : Dataset
    prepared : Prepared
        Its rows, in their order, are the table's.
    probabilities : (n, K) array
    decided : (n,) int array
        Of two classes the second from the threshold on; else the most probable.
    selected : int
        The selected row of the data set; -1 is none.
    lit : (n,) bool array
        Which rows the brush on the probabilities picks out.
    """

    step: int
    dataset: Dataset
    prepared: Prepared
    probabilities: Floats
    decided: Codes
    selected: int
    lit: NDArray[np.bool_]

    @property
    def left_out(self) -> int:
        """How many rows of the data set the model does not see."""
        return self.dataset.n_samples - len(self.prepared.rows)


def rows_scene(run: Run, state: TrainState, view: View) -> RowsScene:
    """Return what the rows panel shows at a state."""
    probabilities = read_only(run.probabilities(state, run.prepared.X), np.float64)
    choice = read_only(decided(probabilities, view.threshold), np.int64)
    lit = brushed_rows(run, state, view)
    return RowsScene(
        state.step, run.dataset, run.prepared, probabilities, choice, view.selected, lit
    )
