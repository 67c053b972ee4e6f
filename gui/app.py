"""The composition root: a bare window at once, everything else behind it."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QSettings, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from core.run.command_line import experiment_for, read_arguments
from gui.style.palette import ICONS
from gui.style.theme import themes
from gui.window.window import Window

SWITCH_SECONDS = 0.0005  # for how long the training thread may hold the GIL when asked for it
WARMUP_MILLISECONDS = 1_000  # after the first frame, so that the start is not slowed


def launch(
    arguments: argparse.Namespace | Sequence[str] = (),
    notice: Callable[[str], None] = lambda stage: None,
) -> Window:
    """Show the window, training already, and return it without entering the event loop.

    Parameters
    ----------
    arguments : argparse.Namespace or sequence of str
        As `core.run.command_line.read_arguments` gives or takes them.
    notice : callable
        Called with "bare" when the bare window is painted, and with "frame" when everything is;
        for measurements.

    Raises
    ------
    UserError
        Where the arguments cannot be used.
    """
    if not isinstance(arguments, argparse.Namespace):
        arguments = read_arguments(arguments)
    if arguments.set:
        experiment_for(arguments)  # raises before anything is shown
    application = _application()
    window = Window(QSettings())
    themes().choose(str(arguments.theme or window.settings.value("theme", "system")))
    window.show()
    application.processEvents()
    notice("bare")
    from core.base.scipy_import import postpone_scipy

    postpone_scipy()
    _build(window, arguments)
    application.processEvents()
    notice("frame")
    window.session.wake()
    window.complete()
    _begin(window, arguments)
    _import_scipy(window)
    return window


def stay(window: Window) -> int:
    """Run the event loop until the window is closed; return the exit code."""
    from gui.session.background import collect_here_alone
    from gui.session.engine_warmup import EngineWarmup

    collect_here_alone(window)
    signal.signal(signal.SIGINT, lambda number, frame: window.close())  # Ctrl+C in a terminal
    warmup = EngineWarmup(window)
    session = window.session
    warmup.ready.connect(session.change_engine)
    session.run_changed.connect(lambda: warmup.request(session.run.history.problem))
    delay = QTimer(warmup, singleShot=True, interval=WARMUP_MILLISECONDS)
    delay.timeout.connect(warmup.start)
    delay.start()
    code = QApplication.exec()
    warmup.close()
    window.close()
    return code


def _application() -> QApplication:
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QCoreApplication.setOrganizationName("Credence")
    QCoreApplication.setApplicationName("Credence")
    sys.setswitchinterval(SWITCH_SECONDS)
    # the style by name: for a style object, PySide6 would first create every style's type
    application = QApplication([*sys.argv[:1], "-style", "fusion"])
    application.setApplicationDisplayName("Credence")
    application.setDesktopFileName("credence")
    application.setWindowIcon(QIcon(str(ICONS / "credence.svg")))
    return application


def _build(window: Window, arguments: argparse.Namespace) -> None:
    themes().configure_plots()
    from core.experiment.experiment import Experiment
    from core.experiment.view import View
    from core.training.engines import available_engine
    from gui.session.session import Session
    from gui.window.transport import FIRST_PACE

    experiment, view = experiment_for(arguments)
    is_file = experiment.data.source == "file"
    session = Session(
        Experiment() if is_file else experiment,
        choose_engine=available_engine,
        awake=False,  # until the first frame is painted, or that would be drawn twice
    )
    x_axis, y_axis = session.view.x_axis, session.view.y_axis
    is_asked = (view.x_axis, view.y_axis) != (View().x_axis, View().y_axis)
    session.view = view if is_asked else replace(view, x_axis=x_axis, y_axis=y_axis)
    session.file.mark_unchanged()
    session.player.set_pace(FIRST_PACE)
    window.build(session)


def _import_scipy(window: Window) -> None:
    """Import scipy in the background; then draw what could not be drawn without it."""
    from core.base.scipy_import import import_scipy, is_scipy_postponed

    if is_scipy_postponed():
        session = window.session
        session.background.run(
            "scipy", import_scipy, lambda _: window.redraw(), session.failed.emit
        )


def _begin(window: Window, arguments: argparse.Namespace) -> None:
    """Train: on the file of the command line if it can be read, else on what is there."""
    from core.run.session_file import is_session_file

    session = window.session
    experiment, _ = experiment_for(arguments)
    if experiment.data.source != "file":
        session.play()
        return

    def begin() -> None:
        session.run_changed.disconnect(begin)
        session.failed.disconnect(begin)
        session.play()

    session.run_changed.connect(begin)
    session.failed.connect(begin)
    if is_session_file(experiment.data.path):
        window.files.open(experiment.data.path)
    else:
        session.open_experiment(experiment)
