"""Training without a window: `train`, and early stopping (Prechelt 1998).

Early stopping ends training when the validation loss has not improved for a number of epochs.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

from core.base.arrays import SPLITS
from core.experiment.experiment import Experiment
from core.run.run import Run, start_run
from core.training.numpy_engine import numpy_engine, steps_to_epoch
from core.training.problem import ChooseEngine, Divergence, TrainState
from core.training.recorded_metrics import mean_loss, parts_of


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """The best validation loss so far, and where it was.

    Attributes
    ----------
    best_loss : float
        Lowest validation loss seen at the end of an epoch; infinite before the first.
    best_step, best_epoch : int
        Where it was seen.

    Examples
    --------
    >>> watch = EarlyStopping().after(10, 1, 0.7).after(20, 2, 0.5).after(30, 3, 0.6)
    >>> watch.best_step, watch.is_over(3, patience=1), watch.is_over(3, patience=2)
    (20, True, False)
    """

    best_loss: float = math.inf
    best_step: int = 0
    best_epoch: int = 0

    def after(self, step: int, epoch: int, loss: float) -> EarlyStopping:
        """Return what is known after an epoch's end with that validation loss."""
        if loss < self.best_loss:
            return replace(self, best_loss=loss, best_step=step, best_epoch=epoch)
        return self

    def is_over(self, epoch: int, patience: int) -> bool:
        """Tell whether `patience` epochs have passed since the best one."""
        return math.isfinite(self.best_loss) and epoch - self.best_epoch >= patience


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What training without a window came to.

    Attributes
    ----------
    run : Run
    state : TrainState
        The last state, or with early stopping the best.
    seconds : float
        Time spent on updates.
    steps : int
        Updates made.
    divergence : Divergence or None
    """

    run: Run
    state: TrainState
    seconds: float
    steps: int
    divergence: Divergence | None

    @property
    def updates_per_second(self) -> float:
        """Updates divided by the time spent on them; NaN without any."""
        return self.steps / self.seconds if self.steps and self.seconds else math.nan


def train(
    experiment: Experiment, epochs: int, choose_engine: ChooseEngine = numpy_engine
) -> Trained:
    """Train for that many epochs, or fewer where the experiment asks for early stopping.

    Raises
    ------
    UserError
        Where the data cannot be read or hold nothing to learn.
    """
    run = start_run(experiment, choose_engine=choose_engine)
    history, problem = run.history, run.history.problem
    validation = parts_of(run.prepared)[SPLITS.index("validation")]
    patience = experiment.training.patience if experiment.training.early_stopping else 0
    watch, divergence, seconds = EarlyStopping(), None, 0.0
    # only early stopping looks at every epoch
    stops = range(1, epochs + 1) if patience else (*range(100, epochs, 100), epochs)
    for epoch in stops:
        steps = steps_to_epoch(problem, history.latest, epoch)
        began = time.perf_counter()
        burst = history.engine.burst(problem, history.latest, steps)
        seconds += time.perf_counter() - began
        history.record_state(burst.state)
        divergence = burst.divergence
        if divergence is not None:
            break
        if patience:
            loss = mean_loss(problem, validation, burst.state)
            watch = watch.after(burst.state.step, epoch, loss)
            if watch.is_over(epoch, patience):
                break
    best = watch.best_step if patience and math.isfinite(watch.best_loss) else history.latest.step
    return Trained(run, history.state_at(best), seconds, history.latest.step, divergence)
