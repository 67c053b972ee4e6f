"""Early stopping: when validation loss has not improved for a number of epochs (Prechelt 1998)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


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
