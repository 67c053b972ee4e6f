"""One step, a burst of steps, and the engines that take them."""

from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES

__all__ = ["OPTIMIZERS", "SCHEDULES"]
