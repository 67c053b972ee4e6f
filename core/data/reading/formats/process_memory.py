"""How much memory another process uses, on every system, without a library."""

from __future__ import annotations

import subprocess
import sys


def process_memory(pid: int) -> int:
    """Return the bytes of memory that a process holds; 0 where it has ended or none may know."""
    if sys.platform == "win32":
        return _on_windows(pid)
    if sys.platform == "linux":
        return _on_linux(pid)
    return _by_ps(pid)


def _on_linux(pid: int) -> int:
    import resource

    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return 0


def _by_ps(pid: int) -> int:
    try:
        told = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return int(told.stdout) << 10
    except (OSError, ValueError):
        return 0


def _on_windows(pid: int) -> int:
    """Ask ``K32GetProcessMemoryInfo`` for what the process has claimed (``PagefileUsage``)."""
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        """``PROCESS_MEMORY_COUNTERS`` of psapi.h."""

        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            *(
                (name, ctypes.c_size_t)
                for name in (
                    "PeakWorkingSetSize",
                    "WorkingSetSize",
                    "QuotaPeakPagedPoolUsage",
                    "QuotaPagedPoolUsage",
                    "QuotaPeakNonPagedPoolUsage",
                    "QuotaNonPagedPoolUsage",
                    "PagefileUsage",
                    "PeakPagefileUsage",
                )
            ),
        )

    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined, unused-ignore]
    kernel.OpenProcess.restype = wintypes.HANDLE
    query_limited_information = 0x1000
    handle = kernel.OpenProcess(query_limited_information, False, wintypes.DWORD(pid))
    if not handle:
        return 0
    try:
        counters = Counters(cb=ctypes.sizeof(Counters))
        told = kernel.K32GetProcessMemoryInfo(
            wintypes.HANDLE(handle), ctypes.byref(counters), counters.cb
        )
        return int(counters.PagefileUsage) if told else 0
    finally:
        kernel.CloseHandle(wintypes.HANDLE(handle))
