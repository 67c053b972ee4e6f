"""What no first frame needs comes after it, and is then drawn."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CHILD = """
import json, sys
from PySide6.QtCore import QCoreApplication, QSettings, QStandardPaths
QStandardPaths.setTestModeEnabled(True)
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[1])
from gui.app import launch

LATE = ("scipy", "pandas", "numba", "sklearn", "ziamath")
seen = {}

def note(stage):
    seen[stage] = [name for name in LATE if name in sys.modules]

window = launch(["--set", "data.rows=100"], notice=note)
window.session.pause()
panel = window.panel("reliability")
drawn = []
draw = panel.draw
panel.draw = lambda scene: drawn.append("scipy.optimize" in sys.modules) or draw(scene)
while True not in drawn:
    QCoreApplication.processEvents()
window.close()
print(json.dumps(seen))
"""


def test_scipy_is_imported_after_the_first_frame_and_the_panels_are_drawn_again(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(done.stdout) == {"bare": [], "frame": []}
