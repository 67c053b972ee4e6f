"""What is imported in less time is the same in the end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import main

ROOT = Path(main.__file__).resolve().parent

QT = """
import builtins, json, linecache, sys
from gui.light_qt import import_pyside
version = import_pyside()
import PySide6.QtCore
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
    import builtins

    from gui.light_qt import _compiling_once

    place = tmp_path / "some" / "compiled"
    for text in (b"x = 1", b"x = 2", b"x = 2"):
        names = {}
        with _compiling_once(place):
            exec(builtins.compile(text, "shibokensupport/some.py", "exec"), names)
        assert names["x"] == int(text[-1:])
    with _compiling_once(place):
        assert eval(builtins.compile("1 + 1", "shibokensupport/some.py", "eval")) == 2


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
