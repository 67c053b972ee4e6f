"""Where compiled code is kept between starts, and whether what lies there may be run.

Numba keeps machine code in files that it believes without looking. They are therefore kept in a
folder of our own that nobody else can write to, whose name holds a hash of the sources, of numba
and of the processor; and they are loaded only if they are what was written, by a list of hashes.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
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
    """The cache folder of functions written in certain source files, with an inner one a stage.

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

    def folder_of(self, stage: str) -> Path:
        """Return the folder that numba is to keep a stage in."""
        return self.folder / stage

    def holds(self, stage: str) -> bool:
        """Tell whether a stage was sealed, and every file of it is what was written then."""
        folder = self.folder_of(stage)
        try:
            if not self.open():
                return False
            if _distrust(folder) or json.loads((folder / _LIST).read_text("utf-8")) != _hashes(
                folder
            ):
                _log.warning("The cache of compiled code is damaged; it is made anew.")
                return False
            return True
        except FileNotFoundError:
            return False
        except (OSError, ValueError) as error:
            _log.warning("The cache of compiled code cannot be read: %s", error)
            return False

    def begin(self, stage: str) -> bool:
        """Empty the folder of a stage that is about to be compiled; return whether it is usable."""
        if not self.open():
            return False
        _clear(self.folder_of(stage))
        try:
            self.folder_of(stage).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            _log.warning("Compiled code is not cached: %s", error)
            return False
        return not _distrust(self.folder_of(stage))

    def seal(self, stage: str) -> None:
        """Write down what the files of a stage hold, now that it has been compiled."""
        folder = self.folder_of(stage)
        try:
            waiting = folder / f"{_LIST}.{os.getpid()}"
            waiting.write_text(json.dumps(_hashes(folder)), "utf-8")
            waiting.replace(folder / _LIST)
        except OSError as error:
            _log.warning("Compiled code cannot be kept: %s", error)

    def clear_older(self) -> None:
        """Delete what was made for earlier sources, in the folders beside this one."""
        try:
            beside = list(self.base.iterdir())
        except OSError:
            return
        for folder in beside:
            is_ours = _FOLDER.fullmatch(folder.name) and not folder.is_symlink() and folder.is_dir()
            if is_ours and folder != self.folder and not _distrust(folder):
                for inner in folder.iterdir():
                    if inner.is_dir() and not inner.is_symlink():
                        _clear(inner)
                        _remove_if_empty(inner)
                _remove_if_empty(folder)


def _fingerprint(sources: Iterable[str]) -> str:
    """Return a hash of the sources and of everything else that compiled code depends on."""
    found = hashlib.sha256()
    versions = (sys.version, _version("numba"), _processor())
    found.update("\n".join(versions).encode())
    if getattr(sys, "frozen", False):  # a bundle holds no sources, and never changes
        status = os.stat(sys.executable)
        found.update(f"{status.st_mtime_ns} {status.st_size}".encode())
    else:
        for path in sorted(set(sources)):
            found.update(Path(path).read_bytes())
    return found.hexdigest()[:16]


def _version(package: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
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
    """Delete the files that numba and `CodeCache.seal` have made in the folder of a stage."""
    try:
        for path in (*_files(folder), *folder.glob(f"{_LIST}*")):
            path.unlink(missing_ok=True)
        for inner in folder.iterdir():
            if inner.is_dir():
                _remove_if_empty(inner)
    except FileNotFoundError:
        pass
    except OSError as error:
        _log.warning("Old compiled code cannot be deleted: %s", error)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # something that is not ours lies there
        folder.rmdir()
