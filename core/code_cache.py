"""Where compiled code is kept between starts, and whether what lies there may be run.

Numba keeps machine code in files that it believes without looking. They are therefore kept in a
folder of our own that nobody else can write to, whose name holds a hash of the sources, of numba and
of the processor; and they are loaded only if they are what was written, by a list of their hashes.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import logging
import os
import platform
import re
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_log = logging.getLogger(__name__)
_FOLDER = re.compile(r"numba-[0-9a-f]{16}")
_MADE_BY_NUMBA = ("*.nbi", "*.nbc")
_LIST = "contents.json"


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
    base = variables.get("XDG_CACHE_HOME", "")
    # a relative path would be the current folder, which may be anybody's
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "credence"


class CodeCache:
    """The cache folder of functions written in certain source files.

    Parameters
    ----------
    sources : iterable of str
        Paths of the files whose change makes what is kept worthless.
    base : Path, optional
        The folder to keep it in, instead of `cache_folder`.
    """

    def __init__(self, sources: Iterable[str], base: Path | None = None) -> None:
        self.base = base or cache_folder()
        self.folder = self.base / f"numba-{_fingerprint(sources)}"

    def open(self) -> bool:
        """Make the folder where it is missing; return whether it can be written to and trusted.

        A folder that belongs to somebody else, or that others can write to, is not used.
        """
        try:
            self.base.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            for folder in (self.base, self.folder):
                problem = _distrust(folder)
                if problem:
                    _log.warning("Compiled code is not cached: %s %s.", folder, problem)
                    return False
            return os.access(self.folder, os.W_OK)
        except OSError as error:
            _log.warning("Compiled code is not cached: %s", error)
            return False

    def contents(self) -> set[str]:
        """Return the names under which `seal` was called, if every file is what was written then."""
        try:
            listed = json.loads((self.folder / _LIST).read_text("utf-8"))
            if _hashes(self.folder) != listed["files"]:
                _log.warning("The cache of compiled code is damaged; it is made anew.")
                return set()
            return set(listed["names"])
        except FileNotFoundError:
            return set()
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("The cache of compiled code cannot be read: %s", error)
            return set()

    def seal(self, names: Iterable[str]) -> None:
        """Write down that these have been compiled, and what the files now hold."""
        listed = {"names": sorted(names), "files": _hashes(self.folder)}
        try:
            waiting = self.folder / f"{_LIST}.{os.getpid()}"
            waiting.write_text(json.dumps(listed), "utf-8")
            waiting.replace(self.folder / _LIST)
        except OSError as error:
            _log.warning("Compiled code cannot be kept: %s", error)

    def clear(self) -> None:
        """Delete the files that numba and `seal` have made in the folder, and no others."""
        _clear(self.folder)

    def clear_older(self) -> None:
        """Delete the folders of earlier sources that stand beside this one."""
        try:
            beside = list(self.base.iterdir())
        except OSError:
            return
        for folder in beside:
            is_ours = _FOLDER.fullmatch(folder.name) and not folder.is_symlink() and folder.is_dir()
            if is_ours and folder != self.folder and not _distrust(folder):
                _clear(folder)
                _remove_if_empty(folder)


def _fingerprint(sources: Iterable[str]) -> str:
    """Return a hash of the sources and of everything else that compiled code depends on."""
    found = hashlib.sha256()
    versions = (sys.version, _version("numba"), _version("llvmlite"), _processor())
    found.update("\n".join(versions).encode())
    if getattr(sys, "frozen", False):  # a bundle holds no sources, and never changes
        status = os.stat(sys.executable)
        found.update(f"{status.st_mtime_ns} {status.st_size}".encode())
    else:
        for path in sorted(set(sources)):
            found.update(Path(path).read_bytes())
    return found.hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


@functools.cache
def _processor() -> str:
    """Return the processor's name, as far as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line
    except OSError:
        pass
    return f"{platform.machine()} {platform.processor()}"


def _distrust(folder: Path) -> str:
    """Return why what lies in a folder must not be run; "" where it may."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        return "is not a folder"
    if not hasattr(os, "getuid"):  # on Windows a user's folders are the user's alone
        return ""
    if status.st_uid != os.getuid():
        return "belongs to another user"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "can be written to by others"
    return ""


def _files(folder: Path) -> list[Path]:
    return sorted(path for pattern in _MADE_BY_NUMBA for path in folder.glob(f"*/{pattern}"))


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _files(folder)
    }


def _clear(folder: Path) -> None:
    try:
        for path in (*_files(folder), *folder.glob(f"{_LIST}*")):
            path.unlink(missing_ok=True)
        for inner in folder.iterdir():
            _remove_if_empty(inner)
    except OSError as error:
        _log.warning("Old compiled code cannot be deleted: %s", error)


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # something that is not ours lies there
        pass
