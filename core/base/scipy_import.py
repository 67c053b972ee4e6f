"""scipy, which takes longer to import than all the rest of the program.

Functions that need it import it themselves, so that it is simply there when it is called for. A
window, which must not wait for it, calls `postpone_scipy` before its first frame and `import_scipy`
in a thread of its own afterwards. Between the two, what is computed at every frame does without
scipy: `is_scipy_postponed` says so.
"""

from __future__ import annotations

import sys

_is_postponed = False


def postpone_scipy(even_if_imported: bool = False) -> None:
    """Ask what is computed at every frame to do without scipy, unless it is imported already."""
    global _is_postponed  # noqa: PLW0603 - imported modules belong to the whole process, too
    _is_postponed = even_if_imported or "scipy.optimize" not in sys.modules


def import_scipy() -> None:
    """Import the parts of scipy that are used; from now on nothing does without them."""
    global _is_postponed  # noqa: PLW0603
    import scipy.fft
    import scipy.optimize
    import scipy.special  # noqa: F401

    _is_postponed = False


def is_scipy_postponed() -> bool:
    """Tell whether a frame has to do without scipy for now."""
    return _is_postponed
