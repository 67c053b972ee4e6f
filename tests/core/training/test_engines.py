"""What trains is compiled once, kept in the user's cache, and done without if need be."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.base import code_cache
from core.base.code_cache import CodeCache, cache_folder
from core.base.compiled import LazyFunction, lazy_njit
from core.base.registry import Registry
from core.functions.activations import ACTIVATIONS
from core.training import compiled_engine, engines
from core.training.engines import available_engine, engine_for_epochs
from core.training.numpy_engine import NumpyEngine
from tests.core.compiled_problems import small_problem

ROOT = Path(__file__).parents[3]


def run(code: str, **variables: str) -> str:
    """Run Python in a fresh process and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_importing_the_engines_does_not_import_numba() -> None:
    code = (
        "import sys, core.training.engines; "
        "print('numba' in sys.modules, 'llvmlite' in sys.modules)"
    )
    assert run(code).split() == ["False", "False"]


def test_without_numba_training_still_works_on_numpy() -> None:
    code = """
import sys
sys.modules["numba"] = None
from core.training import engines
from core.model.architecture import build_architecture
from core.experiment.experiment import TrainingChoices
from core.training.numpy_engine import Problem
import numpy as np
draw = np.random.default_rng(0)
X = draw.normal(size=(40, 2))
architecture = build_architecture(2, 2, (3,))
problem = Problem(architecture, TrainingChoices(), X, (X[:, 0] > 0) * 1, np.ones(40))
engine = engines.available_engine(problem)
state = engine.burst(problem, engine.start(problem, "glorot", 0), 10).state
print(engine.name, engines.is_available(), engines.make_ready("opening"), state.step)
"""
    assert run(code).strip() == "numpy engine False False 10"


def test_the_cache_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    assert cache_folder({}, "linux") == Path("/home/ada/.cache/credence")
    assert cache_folder({"XDG_CACHE_HOME": "/c"}, "linux") == Path("/c/credence")
    assert cache_folder({"XDG_CACHE_HOME": "c"}, "linux") == Path("/home/ada/.cache/credence")
    windows = cache_folder({"LOCALAPPDATA": "/l"}, "win32")
    assert windows == Path("/l/Credence/Cache")
    assert cache_folder({}, "darwin") == Path("/home/ada/Library/Caches/Credence")


COMPILE = """
import logging, sys
logging.basicConfig(stream=sys.stdout, format="%(message)s")
from core.training import engines
from core.base.compiled import lazy_njit
@lazy_njit(lambda nb: nb.float64(nb.float64))
def twice(x):
    return 2.0 * x
engines.stage = lambda name: [twice] if name == "opening" else []
code = engines.compile_into_cache(["opening"]) if sys.argv[1:] else engines.make_ready("opening")
print(code, twice.compiled is not None, twice(4.0), end=" ")
print(sum(twice.compiled.stats.cache_hits.values()))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A program with one function to compile: its file is what numba keeps the result by."""
    path = tmp_path / "script.py"
    path.write_text(COMPILE)
    return path


def start(script: Path, *words: str) -> list[str]:
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(script.parent / "cache"),
        "LOCALAPPDATA": str(script.parent / "cache"),
    }  # fmt: skip
    command = [sys.executable, str(script), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def kept(script: Path) -> Path:
    (folder,) = (script.parent / "cache").glob("*/numba-*")
    return folder


def test_a_second_process_loads_what_a_first_compiled(script: Path) -> None:
    pytest.importorskip("numba")
    assert start(script, "compile") == ["opening", "0 True 8.0 0"]
    assert start(script) == ["True True 8.0 1"]


@pytest.mark.parametrize("injury", [b"", b"injured", None])
def test_a_damaged_cache_is_not_loaded_and_made_anew(script: Path, injury: bytes | None) -> None:
    pytest.importorskip("numba")
    start(script, "compile")
    (code,) = kept(script).glob("opening/*/*.nbc")
    content = code.read_bytes()
    code.write_bytes(content[:-1] + b"!" if injury is None else injury)
    *said, result = start(script)
    assert "damaged" in said[0]
    assert result == "True True 8.0 0"
    assert start(script) == ["True True 8.0 1"]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="a user's folders are the user's alone")
def test_a_cache_that_others_can_write_to_is_not_used_and_the_log_says_so(script: Path) -> None:
    pytest.importorskip("numba")
    start(script, "compile")
    for mode in (0o777, 0o720):
        kept(script).chmod(mode)
        *said, result = start(script)
        assert "can be written to by others" in said[0]
        assert result == "True True 8.0 0"
    kept(script).chmod(0o700)
    assert start(script) == ["True True 8.0 1"]
    kept(script).parent.chmod(0o777)
    assert "can be written to by others" in start(script)[0]


def test_where_nothing_can_be_written_functions_are_compiled_without_a_cache(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("a file where the folder should be")
    cache = CodeCache([], tmp_path / "file")
    with caplog.at_level(logging.WARNING):
        assert not cache.open()
    assert "not cached" in caplog.text
    assert not cache.holds("opening")
    assert not cache.begin("opening")


def test_other_sources_and_another_processor_have_a_folder_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source.py"
    source.write_text("x = 1")
    first = CodeCache([str(source)], tmp_path).folder
    assert CodeCache([str(source)], tmp_path).folder == first
    source.write_text("x = -1")
    second = CodeCache([str(source)], tmp_path).folder
    assert second != first
    monkeypatch.setattr(code_cache, "_processor", lambda: "another")
    assert CodeCache([str(source)], tmp_path).folder != second


def test_folders_of_earlier_sources_are_cleared_of_what_was_made_there_and_of_nothing_else(
    tmp_path: Path,
) -> None:
    cache = CodeCache([], tmp_path)
    assert cache.open()
    older, shared = tmp_path / "numba-0123456789abcdef", tmp_path / "numba-fedcba9876543210"
    for folder in (older, shared):
        (folder / "opening" / "core_1").mkdir(parents=True, mode=0o700)
        folder.chmod(0o700)
        (folder / "opening" / "core_1" / "f.nbi").write_bytes(b"")
        (folder / "opening" / "core_1" / "f.1.nbc").write_bytes(b"")
        (folder / "opening" / "contents.json").write_text("{}")
    (shared / "opening" / "core_1" / "thesis.txt").write_text("of the user")
    others = ("numba-notes", "numba-0123456789abcdef0", "numba-0123456789abcdeg", "numba")
    for name in others:
        (tmp_path / name / "opening" / "core_1").mkdir(parents=True)
        (tmp_path / name / "opening" / "core_1" / "f.nbi").write_text("of the user")
    cache.clear_older()
    assert not older.exists()
    assert [path.name for path in shared.rglob("*") if path.is_file()] == ["thesis.txt"]
    assert all((tmp_path / name / "opening" / "core_1" / "f.nbi").exists() for name in others)
    assert cache.folder.exists()


def test_a_function_that_cannot_be_compiled_leaves_numpy_with_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pytest.importorskip("numba")

    @lazy_njit(lambda nb: nb.float64(nb.float64))
    def unfit(x):
        return {"no": x}["type"].of + 1

    assert not engines.warm([unfit])
    assert unfit.compiled is None
    assert "cannot be compiled" in caplog.text


def test_numpy_serves_until_everything_that_a_problem_needs_is_ready(
    monkeypatch: pytest.MonkeyPatch, compiled: None
) -> None:
    problem = small_problem()
    assert available_engine(problem).name == "compiled engine"
    for function in engines.functions_for(problem):
        with monkeypatch.context() as patch:
            patch.setattr(function, "compiled", None)
            assert available_engine(problem) == NumpyEngine(), function


def test_what_the_opening_picture_needs_is_compiled_first(compiled: None) -> None:
    first = set(engines.stage("opening"))
    assert first < set(engines.stage("training"))
    assert len(first) == 13


def test_a_record_registered_while_the_program_runs_is_compiled_when_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, compiled: None
) -> None:
    bent = replace(ACTIVATIONS["relu"], name="bent", loop=_bent_loop)
    more = Registry("activation", [*ACTIVATIONS.values(), bent])
    for module in (
        "core.training.compiled_engine",
        "core.model.architecture",
        "core.model.network",
    ):
        monkeypatch.setattr(sys.modules[module], "ACTIVATIONS", more)
    problem = small_problem(activation="bent")
    assert available_engine(problem) == NumpyEngine()
    assert engines.make_engine_ready(problem)
    engine = available_engine(problem)
    assert engine.name == "compiled engine"
    state = engine.burst(problem, engine.start(problem, "he", 1), 20).state
    relu = small_problem(activation="relu")
    assert state.same_bits(engine.burst(relu, engine.start(relu, "he", 1), 20).state)


def _bent_loop(z, slope, layer, units):
    for u in range(units):
        for s in range(z.shape[2]):
            x = z[layer, u, s]
            slope[layer, u, s] = x > 0
            z[layer, u, s] = max(x, z.dtype.type(0.0))


def test_a_live_edit_brings_in_what_has_not_been_compiled(
    monkeypatch: pytest.MonkeyPatch, compiled: None
) -> None:
    problem = small_problem(optimizer="adagrad")
    update = compiled_engine.parts_of(problem)["update"]
    assert update is not None
    function = compiled_engine.part("update", update, "float32")
    before = function.compiled
    monkeypatch.setattr(function, "compiled", None)
    engine = compiled_engine.CompiledEngine("float32")
    assert engine.burst(problem, engine.start(problem, "he", 1), 5).state.step == 5
    assert function.compiled is not None
    assert function.compiled is not before


def test_long_runs_are_worth_compiling_for_and_short_ones_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(engines, "make_engine_ready", asked.append)
    monkeypatch.setattr(engines, "cached_stages", lambda: {"opening", "training"})
    problem = small_problem()
    engine_for_epochs(problem, 1)
    assert asked == []
    engine_for_epochs(problem, 10_000)
    assert asked == [problem]


def test_a_lazy_function_is_plain_python_until_it_is_warmed() -> None:
    numba = pytest.importorskip("numba")
    function = LazyFunction(lambda x: x * 3, lambda nb: nb.int64(nb.int64))
    assert (function(2), function("a")) == (6, "aaa")
    function.warm(numba, cache=False)
    assert function(2) == 6
    with pytest.raises(TypeError):
        function("a")
