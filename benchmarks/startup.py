"""How long a start takes: until the bare window, and until everything is drawn.

Run it as ``python -m benchmarks.startup [STARTS]``; each start is a fresh process, on the screen
that Qt finds. The clock begins just before the interpreter is started.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AIMS = {"bare": 0.35, "frame": 1.0}

CHILD = """
import gc, json, sys, time
sys.path.insert(0, sys.argv[1])
import main  # what follows is what it does
problem = main.folder_problem()
from core.run.command_line import read_arguments
arguments = read_arguments([])
gc.disable()
main.multiply_in_one_thread()
problem = problem or main.window_problem()
assert not problem, problem
from PySide6.QtCore import QSettings, QStandardPaths  # the user's own are left alone
QStandardPaths.setTestModeEnabled(True)
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[2])
from gui.app import launch
times = {}
window = launch(arguments, notice=lambda stage: times.setdefault(stage, time.time()))
window.close()
print(json.dumps(times))
"""


def measure(folder: str) -> dict[str, float]:
    """Start once and return the seconds until each stage."""
    words = [sys.executable, "-P", "-c", CHILD, str(ROOT), folder]
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a second start finds compiled modules
    began = time.time()
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    times = json.loads(done.stdout.splitlines()[-1])
    return {stage: moment - began for stage, moment in times.items()}


def main(starts: int = 10) -> None:
    """Print the median and the slowest of some starts, after one to warm the disk's cache."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        measure(folder)
        measured = [measure(folder) for _ in range(starts)]
    for stage, aim in AIMS.items():
        seconds = [one[stage] for one in measured]
        print(
            f"{stage:6} median {statistics.median(seconds):.3f} s, "
            f"slowest {max(seconds):.3f} s, aim {aim:.2f} s"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
