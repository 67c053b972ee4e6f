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
    """What stands in for compiling and loading: it says what was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.compiled = 0
        self.loaded: list[bytes] = []
        self.unreadable: bytes | None = None
        monkeypatch.setattr(readiness, "_compile", self.compile)
        monkeypatch.setattr(readiness, "_load", self.load)

    def compile(self, precision: str) -> bytes:
        self.compiled += 1
        return f"{precision} {self.compiled}".encode()

    def load(self, precision: str, content: bytes) -> None:
        if content == self.unreadable:
            raise ValueError("unreadable")
        self.loaded.append(content)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A process in which nothing has been compiled yet, and where its cache will be."""
    pytest.importorskip("numba")
    monkeypatch.setattr(readiness, "_ready", set())
    monkeypatch.setattr(readiness, "_threads", {})
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    return readiness.kernel_file(tmp_path / "cache", "float32")


@pytest.fixture
def made(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder(monkeypatch)


def test_numpy_serves_until_the_background_thread_has_finished(made: Recorder) -> None:
    assert not readiness.is_ready()
    assert engine_for(small_problem()) == NumpyEngine()
    thread = readiness.warm_up()
    assert thread is not None
    assert readiness.warm_up() is thread
    thread.join()
    assert readiness.is_ready()
    assert not readiness.is_ready("float64")
    assert engine_for(small_problem()).name == "compiled engine"


def test_what_was_compiled_is_loaded_the_next_time_in_silence(
    made: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            readiness._ready.clear()
            assert readiness.compile_now()
    assert made.compiled == 1
    assert made.loaded == [b"float32 1"] * 2
    assert caplog.text == ""


@pytest.mark.parametrize("injury", [b"", b"injured", None])
def test_a_damaged_cache_is_rebuilt_with_a_line_in_the_log(
    fresh: Path, made: Recorder, caplog: pytest.LogCaptureFixture, injury: bytes | None
) -> None:
    assert readiness.compile_now()
    content = fresh.read_bytes()
    fresh.write_bytes(content[:-1] + b"!" if injury is None else injury)
    readiness._ready.clear()
    assert not readiness.is_cached()
    with caplog.at_level(logging.WARNING):
        assert readiness.compile_now()
    assert "not what was written" in caplog.text
    assert made.loaded == [b"float32 1", b"float32 2"]
    assert readiness.is_cached()


def test_a_cache_that_cannot_be_loaded_is_rebuilt(
    fresh: Path, made: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    assert readiness.compile_now()
    readiness._ready.clear()
    made.unreadable = b"float32 1"
    assert readiness.compile_now()
    assert made.loaded == [b"float32 1", b"float32 2"]
    assert "unreadable" in caplog.text
    assert fresh.read_bytes().endswith(b"float32 2")


def test_where_nothing_can_be_written_kernels_are_compiled_without_a_cache(
    fresh: Path, made: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    fresh.parent.write_text("a file where the folder should be")
    assert readiness.compile_now()
    assert made.loaded == [b"float32 1"]
    assert "cache" in caplog.text


def test_kernels_that_cannot_be_compiled_leave_numpy_with_a_line_in_the_log(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(precision: str) -> bytes:
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(readiness, "_compile", fail)
    assert not readiness.compile_now()
    assert not readiness.is_ready()
    assert "no such instruction" in caplog.text
    assert engine_for(small_problem()) == NumpyEngine()


def test_what_is_cached_is_known_for_each_precision(made: Recorder) -> None:
    assert not readiness.is_cached()
    assert readiness.compile_now()
    assert readiness.is_cached()
    assert not readiness.is_cached("float64")


def test_another_machine_has_a_cache_file_of_its_own(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.machine import objects

    monkeypatch.setattr(objects, "description", lambda: "another processor")
    assert readiness.kernel_file(fresh.parent, "float32") != fresh


def test_kernels_of_another_text_are_removed_from_the_cache(fresh: Path, made: Recorder) -> None:
    fresh.parent.mkdir(parents=True)
    (fresh.parent / "kernels-0123456789abcdef-float32").write_bytes(b"old")
    (fresh.parent / "kernels-0123456789abcdef-float64").write_bytes(b"old")
    theirs = ["kernels-of-my-thesis", "kernels-0123456789abcdef-float32.txt", "kernels-2-float32"]
    for name in theirs:
        (fresh.parent / name).write_bytes(b"a year of work")
    for name in ("kernels-photos", "kernels-fedcba9876543210-float32"):
        (fresh.parent / name).mkdir()
        (fresh.parent / name / "picture").write_bytes(b"a year of work")
        theirs.append(name)
    assert readiness.compile_now()
    assert readiness.compile_now("float64")
    kept = sorted(path.name for path in fresh.parent.iterdir())
    names = [readiness.kernel_file(fresh.parent, p).name for p in ("float32", "float64")]
    assert kept == sorted([*names, *theirs])


def test_a_second_process_loads_without_numba_what_a_first_compiled(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    code = """
import sys
from core.kernels import is_cached, is_ready, warm_up
print(is_cached())
warm_up().join()
print(is_ready(), "numba" in sys.modules)
"""
    said = [run(code, XDG_CACHE_HOME=str(tmp_path)).split() for _ in range(2)]
    assert said == [["False", "True", "False"], ["True", "True", "False"]]
