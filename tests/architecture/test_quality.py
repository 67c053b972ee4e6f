"""Lint, formatting, types, and what the project may say of itself."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("core", "gui", "resources", "tests", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
] + [ROOT / "main.py"]


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy", "--no-incremental"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_the_code_passes(command):
    ended = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_core_never_imports_heavy_libraries_at_its_top():
    heavy = ("pandas", "numba", "scipy", "sklearn", "matplotlib", "pyarrow", "python_calamine")
    lines = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in SOURCES
        if path.is_relative_to(ROOT / "core")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith(tuple(f"{verb} {name}" for verb in ("import", "from") for name in heavy))
    ]
    assert lines == []


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
