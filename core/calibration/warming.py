"""The loops over rows that are compiled by numba."""

from __future__ import annotations

from core.compiling import import_numba


def warm_up() -> bool:
    """Compile the loops, or read them from numba's cache; return whether machine code now serves.

    It takes seconds the first time. Without numba it returns False, and numpy serves.
    """
    from core.calibration.binning import count_rows
    from core.calibration.scores import score_rows
    from core.scenes.chance import mean_deviations

    numba = import_numba()
    if numba is None:
        return False
    for loop in (count_rows, score_rows, mean_deviations):
        loop.warm(numba)
    return True
