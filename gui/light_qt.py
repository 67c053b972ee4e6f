"""Importing PySide6 without what it does to the import statement.

So that ``from __feature__ import ...`` is understood, PySide6 lets every later import read the
source of the module that it is in. That feature is not used here, and the reading costs a start
about 0.1 seconds.
"""

from __future__ import annotations

import builtins


def import_pyside() -> str:
    """Import the package PySide6, none of its modules; return its version.

    Raises
    ------
    ImportError
        Where PySide6 or a system library is missing.
    """
    import PySide6

    # what PySide6 itself put there before: it knows what "from PySide6.QtCore import *" means
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
    return str(PySide6.__version__)
