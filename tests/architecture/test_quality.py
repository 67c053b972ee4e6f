"""What the first window waits for, and what no file may do."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("core", "gui", "resources", "tests", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
] + [ROOT / "main.py"]


HEAVY = (
    "pandas",
    "numba",
    "scipy",
    "sklearn",
    "matplotlib",
    "pyarrow",
    "python_calamine",
    "ziamath",
)


def test_the_first_window_waits_for_no_heavy_library():
    modules = (
        "core.run.report, core.training.engines, core.calibration, gui.session.session, "
        "gui.window.window, gui.panels"
    )
    asked = f"import sys, {modules}; print([m for m in {HEAVY!r} if m in sys.modules])"
    ended = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"


def test_nothing_that_a_user_opens_is_ever_unpickled_or_run():
    forbidden = ("import pickle", "pickle.load", "eval(", "exec(", "allow_pickle=True")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in SOURCES
        if not path.is_relative_to(ROOT / "tests")
        for word in forbidden
        if word in path.read_text(encoding="utf-8").replace(".exec(", "")
    ]
    assert found == []
