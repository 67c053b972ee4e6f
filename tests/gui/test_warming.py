import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from core import kernels
from gui import warming
from gui.warming import Warming

ROOT = Path(warming.__file__).resolve().parents[1]
POISON = 'open(__file__ + ".was_run", "w").close()\nraise SystemExit(1)\n'
WARM = """
import sys
sys.path.insert(0, sys.argv[1])
from PySide6.QtCore import QCoreApplication, QTimer
from gui.warming import Warming
application = QCoreApplication([])
warming = Warming()
warming.ready.connect(application.quit)
QTimer.singleShot(120_000, lambda: application.exit(1))
warming.start()
code = application.exec()
warming.close()
sys.exit(code)
"""


@pytest.fixture
def made(qapp):
    made = Warming()
    yield made
    made.close()


@pytest.fixture
def asked(monkeypatch):
    """Stand in for compiling, and say what was asked for."""
    asked = []
    monkeypatch.setattr(kernels, "is_available", lambda: True)
    monkeypatch.setattr(kernels, "is_ready", lambda precision="float32": False)
    monkeypatch.setattr(kernels, "is_cached", lambda precision="float32": True)
    monkeypatch.setattr(kernels, "compile_now", lambda p: asked.append(("load", p)) or True)
    monkeypatch.setattr(warming, "warm_up", lambda: True)
    return asked


def test_cached_kernels_are_loaded_without_a_process(qtbot, made, asked, monkeypatch):
    monkeypatch.setattr(warming.subprocess, "Popen", None)
    with qtbot.waitSignals([made.ready, made.ready]):
        made.start()
        made.start()
    assert asked == [("load", "float32"), ("load", "float64")]


def test_kernels_not_cached_are_compiled_in_a_process_of_their_own(qtbot, made, asked, monkeypatch):
    def start(words, **options):
        assert words[:2] == [sys.executable, "-I"]
        asked.append(("compile", words[-1]))
        return types.SimpleNamespace(wait=lambda: 0, terminate=lambda: None)

    monkeypatch.setattr(kernels, "is_cached", lambda precision="float32": False)
    monkeypatch.setattr(warming.subprocess, "Popen", start)
    with qtbot.waitSignals([made.ready, made.ready]):
        made.start()
    made.close()
    steps = [(what, p) for p in ("float32", "float64") for what in ("compile", "load")]
    assert asked[:4] == steps
    assert asked[4:] in ([], [("compile", "calibration")])


def test_closing_ends_the_compiling_process(made, asked, monkeypatch):
    monkeypatch.setattr(kernels, "is_cached", lambda precision="float32": False)
    popen = warming.subprocess.Popen
    started = []

    def start(words, **options):
        started.append(popen([sys.executable, "-c", "input()"], stdin=warming.subprocess.PIPE))
        return started[0]

    monkeypatch.setattr(warming.subprocess, "Popen", start)
    made.start()
    while not started or made._compiler is None:
        pass
    made.close()
    assert started[0].poll() is not None
    started[0].stdin.close()
    assert asked == []


def test_without_numba_nothing_happens(made, monkeypatch):
    monkeypatch.setattr(kernels, "is_available", lambda: False)
    made.start()
    assert made._thread is None


def test_nothing_in_the_current_folder_is_run(tmp_path):
    """Warms up with an empty cache, in a folder full of modules that other modules import."""
    here = tmp_path / "here"
    for package in ("core", "gui", "numpy", "numba", "llvmlite", "encodings"):
        (here / package).mkdir(parents=True)
        (here / package / "__init__.py").write_text(POISON)
    for module in ("random", "main", "sitecustomize", "usercustomize", "functools", "logging"):
        (here / f"{module}.py").write_text(POISON)
    folders = {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "NUMBA_CACHE_DIR": str(tmp_path / "numba"),
        "LOCALAPPDATA": str(tmp_path / "cache"),
    }
    words = [sys.executable, "-I", "-c", WARM, str(ROOT)]
    done = subprocess.run(words, cwd=here, env={**os.environ, **folders}, check=False)
    assert done.returncode == 0
    assert list(here.rglob("*.was_run")) == []
