"""How this program starts itself again, for work that is better done in a process of its own."""

from __future__ import annotations

import site
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder of main.py; such a process is to run in it."""


def own_command(*words: str) -> list[str]:
    """Return the command line that starts this program with certain words, from source or a bundle.

    Python is isolated: neither the user's current folder nor environment variables decide what is
    imported. What was installed for this user alone is still found where this process finds it.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, *words]
    uses_user_site = site.ENABLE_USER_SITE and site.getusersitepackages() in sys.path
    isolation = ["-E", "-P"] if uses_user_site else ["-I"]
    return [sys.executable, *isolation, str(ROOT / "main.py"), *words]
