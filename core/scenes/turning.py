"""Where the log loss turned although the accuracy did not: confidence outran being right."""

from __future__ import annotations

import numpy as np

from core.base.arrays import Floats
from core.scenes.lines import running_mean

SMOOTHING_SHARE = 0.05  # of the records, averaged around each
FEWEST = 8  # records
RISE, LEAST_RISE = 0.05, 0.01  # of the lowest loss, and in nats
FALL = 0.005  # of the accuracy, that is not yet a fall


def loss_turn(log_loss: Floats, accuracy: Floats) -> int:
    """Return the record at which the log loss turned while the accuracy held; -1 if none.

    Both are smoothed by a running mean first. The loss has turned where it was lowest if it has
    since risen by a twentieth of that, and by at least 0.01 nats; the accuracy has held if it is
    now no more than 0.005 below what it was there.

    Parameters
    ----------
    log_loss, accuracy : (n,) arrays
        Recorded on the validation rows, in order; records with nan are passed over.

    Examples
    --------
    >>> fall_and_rise = np.abs(np.arange(40) - 15.0) / 40.0 + 0.3
    >>> loss_turn(fall_and_rise, np.full(40, 0.9))
    15
    >>> loss_turn(fall_and_rise, np.linspace(0.9, 0.6, 40))
    -1
    """
    known = np.flatnonzero(np.isfinite(log_loss) & np.isfinite(accuracy))
    if len(known) < FEWEST:
        return -1
    window = max(int(SMOOTHING_SHARE * len(known)) // 2 * 2 + 1, 3)
    loss, right = (running_mean(column[known], window) for column in (log_loss, accuracy))
    at = int(np.argmin(loss))
    has_turned = loss[-1] - loss[at] >= max(RISE * loss[at], LEAST_RISE)
    return int(known[at]) if has_turned and right[-1] >= right[at] - FALL else -1
