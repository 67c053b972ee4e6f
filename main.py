"""Starts Credence: ``python main.py [FILE]``, or without a window ``python main.py --run FILE``.

This file is understood by old Pythons too, so that they can be told that they are too old.
"""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

HERE = os.path.dirname(os.path.abspath(__file__))
if sys.path[:1] != [HERE]:
    sys.path.insert(0, HERE)

OLDEST_PYTHON = (3, 11)

# Debian's package for each library that Qt's windows need on Linux
SYSTEM_LIBRARIES = (
    ("libEGL.so.1", "libegl1"),
    ("libGL.so.1", "libgl1"),
    ("libxkbcommon.so.0", "libxkbcommon0"),
    ("libdbus-1.so.3", "libdbus-1-3"),
    ("libfontconfig.so.1", "libfontconfig1"),
    ("libglib-2.0.so.0", "libglib2.0-0"),
)
X11_LIBRARIES = (
    ("libxcb-cursor.so.0", "libxcb-cursor0"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ("libxcb-icccm.so.4", "libxcb-icccm4"),
    ("libxcb-image.so.0", "libxcb-image0"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    ("libxcb-render-util.so.0", "libxcb-render-util0"),
    ("libxcb-randr.so.0", "libxcb-randr0"),
    ("libxcb-render.so.0", "libxcb-render0"),
    ("libxcb-shape.so.0", "libxcb-shape0"),
    ("libxcb-shm.so.0", "libxcb-shm0"),
    ("libxcb-sync.so.1", "libxcb-sync1"),
    ("libxcb-util.so.1", "libxcb-util1"),
    ("libxcb-xfixes.so.0", "libxcb-xfixes0"),
    ("libxcb-xkb.so.1", "libxcb-xkb1"),
    ("libX11-xcb.so.1", "libx11-xcb1"),
)


def main(argv: "list[str] | None" = None) -> int:
    """Open the window, or run without one; return the exit code.

    Parameters
    ----------
    argv : list of str, optional
        The words after the program's name; by default those of the command line.
    """
    words = sys.argv[1:] if argv is None else argv
    problem = python_problem(sys.version_info) or folder_problem()
    if problem:
        return _stop(problem)
    if words[:1] == ["--compile"]:  # how the window starts its compiling process
        from core.training.engines import compile_into_cache

        return compile_into_cache(words[1:])
    if words[:1] == ["--parse"]:  # how a file of a foreign binary format is read, in a child
        from core.data.reading.formats.parse_command import parse_as_child

        return parse_as_child(words[1:])
    from core.base.errors import UserError
    from core.run.command_line import read_arguments

    try:
        arguments = read_arguments(words)
        if arguments.run:
            from core.run.report import main as report

            return int(report(arguments))
        return _open_window(arguments)
    except UserError as error:
        return _stop(str(error))


def _open_window(arguments: "Namespace") -> int:
    import gc

    gc.disable()  # almost nothing of what a start makes is garbage
    multiply_in_one_thread()
    problem = window_problem()
    if problem:
        return _stop(problem)
    from gui.app import launch, stay

    window = launch(arguments)
    gc.freeze()  # nor will it be: to search it again and again would cost frames
    return int(stay(window))


def multiply_in_one_thread() -> None:
    """Have numpy multiply matrices in the thread that asks; to be called before it is imported.

    While training keeps a processor, its threads would wait for each other many times as long.
    """
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ.setdefault(name, "1")


def python_problem(version: "tuple[int | str, ...]") -> str:
    """Return why this Python cannot run Credence; "" where it can.

    Examples
    --------
    >>> python_problem((3, 9, 2))
    'Credence needs Python 3.11 or later, and this is Python 3.9; start it with a newer Python.'
    >>> python_problem((3, 11, 0))
    ''
    """
    if (version[0], version[1]) >= OLDEST_PYTHON:
        return ""
    return (
        "Credence needs Python {0}.{1} or later, and this is Python {2}.{3}; "
        "start it with a newer Python.".format(*OLDEST_PYTHON, *version[:2])
    )


def folder_problem() -> str:
    """Return which of our packages Python would take from elsewhere; "" where all are ours."""
    from importlib.util import find_spec

    for name in ("core", "gui"):
        spec = find_spec(name)
        found = "nowhere" if spec is None or not spec.origin else os.path.dirname(spec.origin)
        if os.path.realpath(found) != os.path.realpath(os.path.join(HERE, name)):
            return (
                "Credence's folder {0!r} would come from {1} instead of {2}; "
                "start main.py in the folder it was unpacked to.".format(name, found, HERE)
            )
    return ""


def window_problem() -> str:
    """Return why no window can be opened: PySide6 or a system library; "" where one can."""
    from importlib.util import find_spec

    if find_spec("PySide6") is None:
        return (
            "PySide6 is not installed for this Python ({0}); "
            "install it with: {0} -m pip install -e {1}".format(sys.executable, HERE)
        )
    missing = missing_libraries()
    if missing:
        return libraries_problem(missing)
    problem = screen_problem()
    if problem:
        return problem
    try:
        import PySide6

        problem = pyside_problem(PySide6.__version__, sys.version_info)
        if problem:
            return problem
        import PySide6.QtWidgets
    except ImportError as error:
        return import_problem(str(error))
    return ""


def pyside_problem(version: str, python: "tuple[int | str, ...]") -> str:
    """Return why this PySide6 would crash on this Python; "" where it would not.

    Examples
    --------
    >>> print(pyside_problem("6.12.0", (3, 11)))
    PySide6 6.12.0 crashes on Python 3.11;
    install another with: pip install "PySide6-Essentials<6.12"
    >>> pyside_problem("6.11.3", (3, 11)), pyside_problem("6.12.1", (3, 12))
    ('', '')
    """
    words = 'PySide6 {0} crashes on Python {1}.{2}; install another with: pip install "{3}"'
    if version in ("6.9.0", "6.9.1", "6.9.2"):
        return words.format(version, python[0], python[1], "PySide6-Essentials>=6.9.3,<6.12")
    if version.startswith("6.12.") and (python[0], python[1]) < (3, 12):
        return words.format(version, python[0], python[1], "PySide6-Essentials<6.12")
    return ""


def missing_libraries() -> "list[tuple[str, str]]":
    """Return the system libraries that Qt needs and that are missing, with their packages."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = list(SYSTEM_LIBRARIES)
    if platform_plugin() == "xcb":
        wanted += X11_LIBRARIES
    import ctypes

    missing = []
    for library, package in wanted:
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append((library, package))
    return missing


def screen_problem() -> str:
    """Return why no screen can be reached where the window would need an X server; "" otherwise."""
    if not sys.platform.startswith("linux") or platform_plugin() != "xcb":
        return ""
    import ctypes

    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return libraries_problem([("libX11.so.6", "libx11-6")])
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = x11.XOpenDisplay(None)
    if display:
        x11.XCloseDisplay(display)
        return ""
    return (
        "There is no screen to open a window on (DISPLAY is {0!r}); start Credence on a desktop, "
        "or without a window: python main.py --run FILE --target COLUMN".format(
            os.environ.get("DISPLAY", "")
        )
    )


def platform_plugin() -> str:
    """Return which of Qt's ways to reach a screen will be used: "xcb", "wayland", "offscreen"."""
    asked = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if asked:
        return asked
    if os.environ.get("WAYLAND_DISPLAY") and os.environ.get("XDG_SESSION_TYPE") != "x11":
        return "wayland"
    return "xcb"


def libraries_problem(missing: "list[tuple[str, str]]") -> str:
    """Say which libraries are missing and how to install them.

    Examples
    --------
    >>> print(libraries_problem([("libEGL.so.1", "libegl1")]))
    Qt cannot open a window because libEGL.so.1 is missing;
    on Debian or Ubuntu install it with: sudo apt install libegl1
    """
    names = ", ".join(library for library, _ in missing)
    packages = " ".join(package for _, package in missing)
    return (
        "Qt cannot open a window because {0} is missing; "
        "on Debian or Ubuntu install it with: sudo apt install {1}".format(names, packages)
    )


def import_problem(message: str) -> str:
    """Turn the text of an ImportError of PySide6 into a sentence that says what to install.

    Examples
    --------
    >>> text = "libEGL.so.1: cannot open shared object file: No such file or directory"
    >>> print(import_problem(text))
    Qt cannot open a window because libEGL.so.1 is missing;
    on Debian or Ubuntu install it with: sudo apt install libegl1
    """
    library = message.partition(":")[0].strip()
    for known, package in SYSTEM_LIBRARIES + X11_LIBRARIES:
        if known == library:
            return libraries_problem([(known, package)])
    if ".so" in library:
        return (
            "Qt cannot open a window because {0} is missing; "
            "install the system package that holds it.".format(library)
        )
    return (
        "PySide6 cannot be imported ({0}); "
        "install it anew with: pip install --force-reinstall PySide6-Essentials".format(message)
    )


def _stop(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
