"""What is imported in less time is the same in the end."""

import dataclasses
import gc
import json
import os
import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass, field
from pathlib import Path

import pytest

import main

ROOT = Path(main.__file__).resolve().parent

QT = """
import builtins, dataclasses, gc, json, linecache, sys, typing
from gui.starting import starting
from gui.light_qt import import_pyside
with starting():
    version = import_pyside()
    import PySide6.QtCore
    from gui.workspaces import Workspace
linecache.clearcache()
import colorsys, wave
read = sorted(linecache.cache)
from PySide6.QtCore import *
from PySide6.support.signature import parser
told = ""
try:
    QPoint("a", "b")
except TypeError as error:
    told = str(error)
print(json.dumps({
    "version": version,
    "same": version == PySide6.__version__,
    "read": read,
    "told": told,
    "parsed": parser._parse_arglist("a:int, b:str=(1,[2,3])"),
    "compile": builtins.compile.__module__,
    "exec": "exec" in vars(dataclasses),
    "collects": gc.isenabled(),
    "hints": str(typing.get_type_hints(Workspace.__init__)["widths"]),
    "equal": Workspace("a", "b", "c", (), (), ()) == Workspace("a", "b", "c", (), (), ()),
    "shown": repr(Workspace("a", "b", "c", (), (), ())),
}))
"""


def run(code, folder, **environment):
    """Run code in a process of its own, its cache in a folder; return what it prints."""
    present = {**os.environ, "XDG_CACHE_HOME": str(folder), **environment}
    if not environment:
        present.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=present,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    return json.loads(done.stdout)


def kept(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def check(found):
    assert found["same"]
    assert not found["read"]
    assert found["compile"] == "builtins"
    assert not found["exec"]
    assert found["collects"]
    assert found["hints"] == "tuple[int, ...]"
    assert found["equal"]
    assert found["shown"].startswith("Workspace(name='a', label='b', help='c', columns=()")
    assert found["parsed"] == ["a:int", "b:str=(1,[2,3])"]
    assert "Supported signatures" in found["told"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the cache is looked for on Linux")
def test_pyside_is_compiled_once_and_the_same_from_the_cache(tmp_path):
    check(run(QT, tmp_path))
    (written,) = kept(tmp_path)
    content, moment = written.read_bytes(), written.stat().st_mtime_ns
    check(run(QT, tmp_path))
    assert (written.read_bytes(), written.stat().st_mtime_ns) == (content, moment)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the cache is looked for on Linux")
@pytest.mark.parametrize("keep", [0, 3, 200, 50_000])
def test_a_broken_cache_of_compiled_code_is_written_anew(tmp_path, keep):
    check(run(QT, tmp_path))
    (written,) = kept(tmp_path)
    content = written.read_bytes()
    written.write_bytes(content[:keep])
    check(run(QT, tmp_path))
    assert written.read_bytes()[:200] == content[:200]
    assert len(written.read_bytes()) > 50_000


def test_other_text_than_was_compiled_is_compiled_anew(tmp_path):
    from gui.starting import starting

    place = tmp_path / "some" / "compiled"
    for text in (b"x = 1", b"x = 2", b"x = 2"):
        names = {}
        with starting(place):
            exec(compile(text, "shibokensupport/some.py", "exec"), names)
        assert names["x"] == int(text[-1:])
    with starting(place):
        assert eval(compile("1 + 1", "shibokensupport/some.py", "eval")) == 2


@pytest.mark.parametrize("default", [1, 2])
def test_dataclasses_made_while_starting_are_like_others(tmp_path, default):
    from gui.starting import starting

    def make():
        @dataclass(frozen=True, order=True)
        class Pair:
            a: int
            b: list = field(default_factory=list, compare=False)
            c: int = default

        return Pair

    with starting(tmp_path / "kept"):
        make()
    with starting(tmp_path / "kept"):
        there, plain = make(), None
    plain = make()
    assert there(5) == there(5) < there(6)
    assert there(5).c == plain(5).c == default
    assert there.__init__.__annotations__ == plain.__init__.__annotations__
    assert there.__init__.__annotations__["a"] is int
    assert repr(there(5)) == repr(plain(5))
    assert hash(there(5)) == hash(plain(5))
    with pytest.raises(FrozenInstanceError):
        there(5).a = 6


def test_an_error_while_starting_leaves_python_as_it_was(tmp_path):
    from gui.starting import starting

    before = compile
    with pytest.raises(ZeroDivisionError), starting(tmp_path / "kept"):
        raise ZeroDivisionError
    assert compile is before
    assert "exec" not in vars(dataclasses)
    assert gc.isenabled()


def test_nothing_is_written_where_python_writes_no_compiled_code_either(tmp_path):
    check(run(QT, tmp_path, PYTHONDONTWRITEBYTECODE="1"))
    assert not kept(tmp_path)


def test_a_cache_that_cannot_be_written_to_stops_nothing(tmp_path):
    place = tmp_path / "file"
    place.write_text("in the way")
    check(run(QT, place))


LIGHT = """
import json, sys
import PySide6.QtWidgets
from gui.light_import import UNUSED, import_pyqtgraph
import_pyqtgraph()
import pyqtgraph
after = {name for name in sys.modules if name.startswith("pyqtgraph")}
odd = [
    (name, key) for name in after for key, value in vars(sys.modules[name]).items()
    if type(value).__module__ == "gui.light_import" and type(value).__name__ != "_Mirror"
]
unknown = hasattr(pyqtgraph, "exporters"), hasattr(pyqtgraph, "__wrapped__")
still = sorted(after & set(UNUSED))
later = len([name for name in sys.modules if name.startswith("pyqtgraph")]) - len(after)
import pyqtgraph.exporters
wrong = hasattr(pyqtgraph, "NoSuchThing")
print(json.dumps({
    "odd": odd, "still": still, "later": later, "unknown": unknown, "wrong": wrong,
    "names": sorted(name for name in vars(pyqtgraph) if not name.startswith("_")),
    "missing": [name for name in UNUSED if name not in sys.modules],
}))
"""
WHOLE = """
import json
import PySide6.QtWidgets, pyqtgraph, pyqtgraph.exporters
print(json.dumps(sorted(name for name in vars(pyqtgraph) if not name.startswith("_"))))
"""


def test_what_is_left_out_of_pyqtgraph_is_there_when_it_is_asked_for(tmp_path):
    found = run(LIGHT, tmp_path)
    assert not found["odd"]
    assert not found["still"]
    assert found["later"] == 0
    assert found["unknown"] == [False, False]
    assert not found["wrong"]
    assert not found["missing"]
    assert set(run(WHOLE, tmp_path)) <= set(found["names"])
