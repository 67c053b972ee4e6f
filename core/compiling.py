"""Numba with its cache in the user's cache folder, so that a second start is quick."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

_log = logging.getLogger(__name__)


def cache_folder(
    environment: Mapping[str, str] | None = None, platform: str = sys.platform
) -> Path:
    """Return the folder in which this program may keep what it can compute again.

    Parameters
    ----------
    environment : mapping, optional
        Environment variables, instead of the present ones.
    platform : str
        As in ``sys.platform``.

    Examples
    --------
    >>> cache_folder({"XDG_CACHE_HOME": "/tmp/cache"}, "linux").as_posix()
    '/tmp/cache/credence'
    """
    variables = os.environ if environment is None else environment
    if platform == "win32" and variables.get("LOCALAPPDATA"):
        return Path(variables["LOCALAPPDATA"]) / "Credence" / "Cache"
    if platform == "darwin":
        return Path.home() / "Library" / "Caches" / "Credence"
    base = variables.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "credence"


def numba_cache() -> Path:
    """Return the folder in which numba keeps what it has compiled."""
    return Path(os.environ.get("NUMBA_CACHE_DIR") or cache_folder() / "numba")


def is_available() -> bool:
    """Tell whether numba is installed, without importing it."""
    try:
        return importlib.util.find_spec("numba") is not None
    except ValueError:  # it stands in sys.modules as None: somebody has ruled it out
        return False


def import_numba() -> ModuleType | None:
    """Import numba, its cache set to the user's cache folder; None where it is not installed.

    A cache folder set by the user (``NUMBA_CACHE_DIR``) is left alone.
    """
    if not is_available():
        return None
    try:
        numba = importlib.import_module("numba")
    except ImportError as error:
        _log.warning("numba cannot be imported, so that training uses numpy: %s", error)
        return None
    if not numba.config.CACHE_DIR:
        numba.config.CACHE_DIR = str(numba_cache())
    return numba
