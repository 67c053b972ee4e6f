"""The directions: main, then gui, then core; what the first window must not wait for."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY_FOR_THE_BARE_WINDOW = {"numpy", "pyqtgraph", "pandas", "numba", "gui.session.session"}
HEAVY_FOR_THE_FIRST_WINDOW = {
    "numba",
    "pandas",
    "scipy",
    "sklearn",
    "matplotlib",
    "pyarrow",
    "gui.window.gallery_dialog",
}


def test_nothing_imports_main():
    for folder in ("core", "gui"):
        for path in (ROOT / folder).rglob("*.py"):
            lines = path.read_text(encoding="utf-8").splitlines()
            assert not [
                line for line in lines if line.strip().startswith(("import main", "from main"))
            ]


def modules_after(code):
    words = f"import sys; {code}; print(*sys.modules)"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return set(done.stdout.split())


def test_core_needs_no_qt():
    assert not {"PySide6", "pyqtgraph", "shiboken6"} & modules_after("import core.run.report")


def test_the_bare_window_waits_for_nothing_heavy():
    assert not HEAVY_FOR_THE_BARE_WINDOW & modules_after("import gui.app")


def test_the_first_window_waits_for_nothing_that_it_does_not_need():
    code = (
        "import gui.session.session, gui.window.window, gui.window.actions, gui.window.dialogs, "
        "gui.window.docks, gui.window.files, gui.window.status_line, gui.window.top_bar, "
        "gui.window.transport, gui.window.workspaces, gui.form.knob_form, "
        "gui.panels.boundary.boundary_panel, gui.panels.loss.loss_panel, "
        "gui.panels.reliability.reliability_panel"
    )
    assert not HEAVY_FOR_THE_FIRST_WINDOW & modules_after(code)
