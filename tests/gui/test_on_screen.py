"""What a person sees: the window on a real (virtual) screen, not what Qt says it would paint."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import sys
from PySide6.QtCore import QEventLoop, QSettings, QStandardPaths, QTimer
from PySide6.QtWidgets import QApplication
QStandardPaths.setTestModeEnabled(True)
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[1])
from gui.app import launch

def wait(milliseconds):
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()

def colours_on_screen():
    image = QApplication.primaryScreen().grabWindow(0).toImage()
    return len({image.pixel(x, y) for x in range(0, 1280, 3) for y in range(0, 800, 3)})

window = launch(["--theme", "light", *sys.argv[2:]])
wait(3000)
print(colours_on_screen())
window.switch_workspace("calibrate")
wait(1500)
print(colours_on_screen())
window.switch_workspace("inside")
wait(1500)
print(colours_on_screen())
window.close()
"""

pytestmark = pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="there is no Xvfb here")


def colours(folder):
    """Start the app on a virtual screen and return how many colours each workspace shows."""
    screen = ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24"]
    ended = subprocess.run(
        [*screen, sys.executable, "-c", CHILD, str(folder)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [int(line) for line in ended.stdout.split()]


def test_every_workspace_reaches_the_screen_at_the_first_start_and_at_the_next(tmp_path):
    for _ in range(2):  # the second start opens the workspace that was left: inside
        assert min(colours(tmp_path)) > 300
