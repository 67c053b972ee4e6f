"""Kernels are compiled once, kept in the user's cache, and done without if need be."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import compiling
from core.kernels import engine_for, readiness
from core.training import NumpyEngine
from tests.core.kernel_problems import small_problem

ROOT = Path(__file__).parents[2]


def run(code: str, **variables: str) -> str:
    """Run Python in a fresh process and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_importing_the_engine_does_not_import_numba() -> None:
    code = "import sys, core.kernels; print('numba' in sys.modules, 'llvmlite' in sys.modules)"
    assert run(code).split() == ["False", "False"]


def test_without_numba_training_still_works_on_numpy() -> None:
    code = """
import sys
sys.modules["numba"] = None
from core.architecture import build_architecture
from core.experiment import TrainingChoices
from core.kernels import engine_for, is_available, is_ready, warm_up
from core.training import Problem
import numpy as np
draw = np.random.default_rng(0)
X = draw.normal(size=(40, 2))
architecture = build_architecture(2, 2, (3,))
problem = Problem(architecture, TrainingChoices(), X, (X[:, 0] > 0) * 1, np.ones(40))
engine = engine_for(problem)
state = engine.burst(problem, engine.start(problem, "glorot", 0), 10).state
print(engine.name, is_available(), is_ready(), warm_up(), state.step)
"""
    assert run(code).strip() == "numpy engine False False None 10"


def test_the_cache_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    assert compiling.cache_folder({}, "linux") == Path("/home/ada/.cache/credence")
    assert compiling.cache_folder({"XDG_CACHE_HOME": "/c"}, "linux") == Path("/c/credence")
    windows = compiling.cache_folder({"LOCALAPPDATA": "/l"}, "win32")
    assert windows == Path("/l/Credence/Cache")
    assert compiling.cache_folder({}, "darwin") == Path("/home/ada/Library/Caches/Credence")


class Recorder:
    """What stands in for compiling: it writes a file, or fails while it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.folders: list[Path | None] = []

    def __call__(self, numba: object, precision: str, folder: Path | None) -> None:
        self.folders.append(folder)
        if folder is not None:
            if self.failures:
                self.failures -= 1
                raise ValueError("damaged")
            (folder / "a.nbi").write_bytes(b"index")


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A process in which nothing has been compiled yet, with a cache of its own."""
    numba = pytest.importorskip("numba")
    monkeypatch.setattr(readiness, "_ready", set())
    monkeypatch.setattr(readiness, "_threads", {})
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return readiness.kernel_folder(tmp_path, "float32")


def test_numpy_serves_until_the_background_thread_has_finished(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_compile", Recorder())
    assert not readiness.is_ready()
    assert engine_for(small_problem()) == NumpyEngine()
    thread = readiness.warm_up()
    assert thread is not None
    assert readiness.warm_up() is thread
    thread.join()
    assert readiness.is_ready()
    assert not readiness.is_ready("float64")
    assert engine_for(small_problem()).name == "compiled engine"


def test_a_damaged_cache_is_rebuilt_with_a_line_in_the_log(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    compiling_again = Recorder()
    monkeypatch.setattr(readiness, "_compile", compiling_again)
    assert readiness.compile_now()
    (fresh / "a.nbi").write_bytes(b"injured")
    (fresh / "stale.nbc").write_bytes(b"stale")
    readiness._ready.clear()
    with caplog.at_level(logging.WARNING):
        assert readiness.compile_now()
    assert "cache" in caplog.text
    assert compiling_again.folders == [fresh, fresh]
    assert (fresh / "a.nbi").read_bytes() == b"index"
    assert not (fresh / "stale.nbc").exists()


def test_a_sound_cache_is_used_in_silence(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(readiness, "_compile", Recorder())
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            readiness._ready.clear()
            assert readiness.compile_now()
    assert caplog.text == ""


def test_a_cache_that_numba_cannot_read_is_rebuilt(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Recorder(failures=1)
    monkeypatch.setattr(readiness, "_compile", failing)
    assert readiness.compile_now()
    assert failing.folders == [fresh, fresh]
    assert "damaged" in caplog.text


def test_where_nothing_can_be_written_kernels_are_compiled_without_a_cache(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fresh.parent.mkdir(exist_ok=True)
    fresh.write_text("a file where the folder should be")
    recorder = Recorder()
    monkeypatch.setattr(readiness, "_compile", recorder)
    assert readiness.compile_now()
    assert recorder.folders == [None]
    assert "cache" in caplog.text


def test_kernels_that_cannot_be_compiled_leave_numpy_with_a_line_in_the_log(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(readiness, "_compile", fail)
    assert not readiness.compile_now()
    assert not readiness.is_ready()
    assert "no such instruction" in caplog.text
    assert engine_for(small_problem()) == NumpyEngine()


def test_what_is_cached_is_known_without_numba(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(readiness, "_compile", Recorder())
    assert not readiness.is_cached()
    assert readiness.compile_now()
    assert readiness.is_cached()
    assert not readiness.is_cached("float64")
    (fresh / "a.nbi").write_bytes(b"injured")
    assert not readiness.is_cached()


def test_kernels_of_another_text_are_removed_from_the_cache(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(readiness, "_compile", Recorder())
    (tmp_path / "kernels-0123456789abcdef-float32").mkdir()
    (tmp_path / "somebody-else").mkdir()
    assert readiness.compile_now()
    assert readiness.compile_now("float64")
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == sorted(
        [readiness.kernel_folder(tmp_path, p).name for p in ("float32", "float64")]
        + ["somebody-else"]
    )
