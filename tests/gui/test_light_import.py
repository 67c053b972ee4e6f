"""What is imported in less time is the same in the end."""

import json
import subprocess
import sys
from pathlib import Path

import main

ROOT = Path(main.__file__).resolve().parent

QT = """
import json, linecache
from gui.light_qt import import_pyside
version = import_pyside()
import PySide6.QtCore
linecache.clearcache()
import colorsys, wave
read = sorted(linecache.cache)
from PySide6.QtCore import *
told = ""
try:
    QPoint("a", "b")
except TypeError as error:
    told = str(error)
print(json.dumps({
    "same": version == PySide6.__version__,
    "read": read,
    "told": told,
}))
"""


def run(code):
    """Run code in a process of its own; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not done.stderr
    return json.loads(done.stdout)


def test_pyside_reads_no_source_of_what_is_imported_after_it():
    found = run(QT)
    assert found["same"]
    assert not found["read"]
    assert "Supported signatures" in found["told"]


WRONG = """
import json, sys
from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtWidgets import QApplication, QLabel
application = QApplication([])
waiting = [name for name in sys.modules
           if name.startswith("shibokensupport.") and "__getattr__" in vars(sys.modules[name])]
told = []
for call in (
    lambda: QLabel(text=3),
    lambda: QLabel("x", None, 3, 4),
    lambda: QLabel("x", nosuch=3),
    lambda: QPoint(object()),
    lambda: QLabel().resize("x"),
    lambda: QTimer(interval="x"),
    lambda: QObject().setProperty(3, 4),
    lambda: QPoint.nosuch,
):
    try:
        call()
    except Exception as error:
        told.append([type(error).__name__, str(error)])
print(json.dumps({"told": told, "help": QLabel.setIndent.__doc__, "waiting": len(waiting)}))
"""


def test_signatures_are_known_though_they_are_read_when_they_are_asked():
    late = run("from gui.light_qt import import_pyside; import_pyside()\n" + WRONG)
    at_once = run("import PySide6\n" + WRONG)
    assert late.pop("waiting") == 6
    assert at_once.pop("waiting") == 0
    assert late == at_once
    assert len(late["told"]) == 8


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


LATER = """
import json
from PySide6.QtWidgets import QApplication
from gui.light_import import import_pyqtgraph
import_pyqtgraph()
import pyqtgraph
application = QApplication(["", "-platform", "offscreen"])
names = ["ViewBox", "PlotWidget", "ImageView", "InfiniteLine", "LegendItem", "WidgetGroup"]
made = [getattr(pyqtgraph, name)() for name in names]
print(json.dumps([type(one).__name__ for one in made] == names))
"""


def test_what_was_left_out_works_once_it_is_asked_for():
    assert run(LATER)


def test_what_is_left_out_of_pyqtgraph_is_there_when_it_is_asked_for():
    found = run(LIGHT)
    assert not found["odd"]
    assert not found["still"]
    assert found["later"] == 0
    assert found["unknown"] == [False, False]
    assert not found["wrong"]
    assert not found["missing"]
    assert set(run(WHOLE)) <= set(found["names"])
