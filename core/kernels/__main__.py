"""Compile into the user's cache: ``python -m core.kernels [float32] [float64] [calibration]``."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable

from core.calibration import warm_up
from core.kernels.readiness import compile_now

WORK: dict[str, Callable[[], bool]] = {
    "float32": functools.partial(compile_now, "float32"),
    "float64": functools.partial(compile_now, "float64"),
    "calibration": warm_up,
}


def main(names: list[str]) -> int:
    """Compile what is named, by default everything, giving way to whatever else runs."""
    if hasattr(os, "nice"):
        os.nice(10)
    done = [WORK[name]() for name in names or WORK]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
