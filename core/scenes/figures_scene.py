"""The figures panel's scene: the performance on each part at the decision threshold."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.base.arrays import SPLITS
from core.evaluation.performance import Performance, performance_of
from core.experiment.view import View
from core.predictions.predictions import Predictions, predictions_of
from core.run.run import Run
from core.training.problem import TrainState


@dataclass(frozen=True, slots=True)
class FiguresScene:
    """What the figures panel draws.

    Attributes
    ----------
    step : int
    classes : tuple of str
    split : str
        The part whose confusion matrix is drawn.
    threshold : float
        Of two classes the second is decided where its probability is at least this.
    parts : tuple of (Performance or None)
        Of train, validation and test; None where a part has no rows.
    weighted_by : str
        The column of sample weights; empty where rows count alike.
    """

    step: int
    classes: tuple[str, ...]
    split: str
    threshold: float
    parts: tuple[Performance | None, ...]
    weighted_by: str = ""

    @property
    def chosen(self) -> Performance | None:
        """The figures of the chosen part."""
        return self.parts[SPLITS.index(self.split)]


def figures_scene(run: Run, state: TrainState, view: View) -> FiguresScene:
    """Return what the figures panel shows of a run at a state."""
    return replace(figures_of(predictions_of(run, state), view), step=state.step)


def figures_of(predictions: Predictions, view: View) -> FiguresScene:
    """Return what the figures panel shows of predictions."""
    parts = (predictions.part(split) for split in predictions.splits)
    figures = tuple(None if it.is_empty else performance_of(it, view.threshold) for it in parts)
    return FiguresScene(
        0, predictions.classes, view.split, view.threshold, figures, predictions.weighted_by
    )
