import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.training import engines
from gui.session import engine_warmup
from gui.session.engine_warmup import EngineWarmup
from tests.core.compiled_problems import small_problem

ROOT = Path(engine_warmup.__file__).resolve().parents[2]
POISON = 'open(__file__ + ".was_run", "w").close()\nraise SystemExit(1)\n'
WARM = """
import sys
sys.path.insert(0, sys.argv[1])
from PySide6.QtCore import QCoreApplication, QTimer
from gui.session.engine_warmup import EngineWarmup
from tests.core.compiled_problems import small_problem
application = QCoreApplication([])
warming = EngineWarmup()
warming.ready.connect(application.quit)
QTimer.singleShot(400_000, lambda: application.exit(1))
warming.start()
code = application.exec()
warming.close()
sys.exit(code)
"""


@pytest.fixture
def made(qapp):
    made = EngineWarmup()
    yield made
    made.close()


@pytest.fixture
def asked(monkeypatch):
    """Stand in for compiling, and say what was asked for."""
    asked = []
    monkeypatch.setattr(engines, "is_available", lambda: True)
    monkeypatch.setattr(engines, "is_stage_ready", lambda name: False)
    monkeypatch.setattr(engines, "is_ready", lambda problem: False)
    monkeypatch.setattr(engines, "cached_stages", lambda: {*engines.STAGES, *engines.ON_DEMAND})
    monkeypatch.setattr(engines, "make_ready", lambda name: asked.append(("load", name)) or True)
    monkeypatch.setattr(
        engines, "make_engine_ready", lambda problem: asked.append(("here", problem)) or True
    )
    return asked


def test_cached_stages_are_loaded_without_a_process(qtbot, made, asked, monkeypatch):
    monkeypatch.setattr(engine_warmup.subprocess, "Popen", None)
    with qtbot.waitSignals([made.ready] * len(engines.STAGES)):
        made.start()
        made.start()
    assert asked == [("load", name) for name in engines.STAGES]


@pytest.mark.parametrize("cached", [set(), {"opening", "drawing"}])
def test_other_stages_are_compiled_in_one_process_and_loaded_as_they_come(
    qtbot, made, asked, monkeypatch, cached
):
    popen = subprocess.Popen

    def start(words, **options):
        assert words[:2] == [sys.executable, "-I"]
        assert words[3:] == ["--compile", *(name for name in engines.STAGES if name not in cached)]
        asked.append("compile")
        return popen([sys.executable, "-c", "import sys; print(*sys.argv[1:], sep=chr(10))",
                      *words[4:]], **options)  # fmt: skip

    monkeypatch.setattr(engines, "cached_stages", lambda: cached)
    monkeypatch.setattr(engine_warmup.subprocess, "Popen", start)
    with qtbot.waitSignals([made.ready] * len(engines.STAGES)):
        made.start()
    made.close()
    loads = [("load", name) for name in engines.STAGES]
    assert asked == [*loads[: len(cached)], "compile", *loads[len(cached) :]]


def test_a_stage_that_no_process_could_compile_is_compiled_here(
    qtbot, made, asked, monkeypatch, caplog
):
    def start(words, **options):
        raise OSError("no more processes")

    monkeypatch.setattr(engines, "cached_stages", set)
    monkeypatch.setattr(engine_warmup.subprocess, "Popen", start)
    with qtbot.waitSignals([made.ready] * len(engines.STAGES)):
        made.start()
    made.close()
    assert asked == [("load", name) for name in engines.STAGES]
    assert "no more processes" in caplog.text


def test_what_a_run_needs_beyond_that_is_compiled_when_it_is_wanted(
    qtbot, made, asked, monkeypatch
):
    monkeypatch.setattr(engine_warmup.subprocess, "Popen", None)
    problem = small_problem()
    double = problem.with_training(replace(problem.training, precision="float64"))
    with qtbot.waitSignals([made.ready] * (len(engines.STAGES) + 3)):
        made.start()
        made.request(problem)
        made.request(double)
    made.close()
    assert asked[len(engines.STAGES) :] == [
        ("here", problem),
        ("load", "float64"),
        ("here", double),
    ]


def test_closing_ends_the_compiling_process(made, asked, monkeypatch):
    popen = subprocess.Popen
    started = []

    def start(words, **options):
        options["stdin"] = subprocess.PIPE
        started.append(popen([sys.executable, "-c", "input()"], **options))
        return started[0]

    monkeypatch.setattr(engines, "cached_stages", set)
    monkeypatch.setattr(engine_warmup.subprocess, "Popen", start)
    made.start()
    while not started or not made.is_compiling:
        pass
    made.close()
    assert started[0].poll() is not None
    started[0].stdin.close()
    assert asked == []


def test_without_numba_nothing_happens(made, monkeypatch):
    monkeypatch.setattr(engines, "is_available", lambda: False)
    made.start()
    assert "warmup" not in [thread.name for thread in threading.enumerate()]


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
        "LOCALAPPDATA": str(tmp_path / "cache"),
    }
    words = [sys.executable, "-I", "-c", WARM, str(ROOT)]
    done = subprocess.run(words, cwd=here, env={**os.environ, **folders}, check=False)
    assert done.returncode == 0
    assert list(here.rglob("*.was_run")) == []
