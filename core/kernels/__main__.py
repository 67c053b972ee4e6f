"""Compile the kernels into the user's cache: ``python -m core.kernels [PRECISION ...]``."""

from __future__ import annotations

import os
import sys

from core.calibration import warm_up
from core.kernels.readiness import compile_now


def main(precisions: list[str]) -> int:
    """Compile for these precisions, by default both, giving way to whatever else runs."""
    if hasattr(os, "nice"):
        os.nice(10)
    warm_up()
    wanted = precisions or ["float32", "float64"]
    done = [compile_now("float64" if name == "float64" else "float32") for name in wanted]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
