"""The figures panel's scene: what is decided right and wrong in each part at the threshold."""

from __future__ import annotations

from dataclasses import dataclass

from core.base.arrays import SPLITS
from core.evaluation.performance import Performance, evaluate
from core.experiment.view import View
from core.functions.heads import HEADS, class_logits
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
    parts : tuple of (Figures or None)
        Of train, validation and test; None where a part has no rows.
    """

    step: int
    classes: tuple[str, ...]
    split: str
    threshold: float
    parts: tuple[Performance | None, ...]

    @property
    def chosen(self) -> Performance | None:
        """The figures of the chosen part."""
        return self.parts[SPLITS.index(self.split)]


def figures_scene(run: Run, state: TrainState, view: View) -> FiguresScene:
    """Return what the figures panel shows at a state."""
    parts: list[Performance | None] = []
    for code in range(len(SPLITS)):
        X, y, _ = run.prepared.part(code)
        if not len(y):
            parts.append(None)
            continue
        logits = class_logits(run.logits(state, X))
        probabilities = HEADS["softmax"].probabilities(logits)
        parts.append(evaluate(y, probabilities, view.threshold, logits=logits))
    classes = run.prepared.classes
    return FiguresScene(state.step, classes, view.split, view.threshold, tuple(parts))
