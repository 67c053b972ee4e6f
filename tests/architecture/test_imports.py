"""The directions: main, then gui, then core; what the first window must not wait for."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_imports_keep_the_directions():
    code = (
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


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
    loaded = modules_after("import gui.app")
    assert not {"numpy", "pyqtgraph", "pandas", "numba", "gui.session.session"} & loaded


def test_the_first_window_waits_for_nothing_that_it_does_not_need():
    code = (
        "import gui.session.session, gui.window.actions, gui.window.dialogs, gui.window.files, "
        "gui.window.status_line, gui.window.top_bar, gui.window.transport, gui.window.workspaces, "
        "gui.form.knob_form, gui.window.docks, gui.panels.boundary.boundary_panel, "
        "gui.panels.loss.loss_panel, gui.panels.reliability.reliability_panel"
    )
    heavy = {
        "numba",
        "pandas",
        "scipy",
        "sklearn",
        "matplotlib",
        "pyarrow",
        "gui.window.gallery_dialog",
    }
    assert not heavy & modules_after(code)
