"""From the command line to a window in which a classifier is learning."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

import main
from core.base.arrays import SPLITS
from core.base.errors import UserError
from core.data.reading.table_reader import read_table
from core.run.command_line import experiment_for, read_arguments, read_settings
from gui.session.autosave import Autosave
from gui.window.dialogs import ErrorDialog
from tests.gui.panel_cases import train

ROOT = Path(main.__file__).resolve().parent


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(120, 3))
    y = X[:, 0] - X[:, 1] + rng.normal(size=120) > 0
    rows = [
        f"{a:.4f};{b:.4f};{c:.4f};{'yes' if k else 'no'}" for (a, b, c), k in zip(X, y, strict=True)
    ]
    path = tmp_path / "patients.csv"
    path.write_text("age;dose;weight;well\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def test_a_start_without_arguments_is_learning_two_moons(qtbot, open_window):
    window = open_window(paused=False)
    session = window.session
    assert window.isVisible()
    assert session.is_playing
    assert session.run.dataset.name == "Two moons"
    qtbot.waitUntil(lambda: session.state.step > 20)
    qtbot.waitUntil(lambda: window.panel("boundary").scene is not None)
    assert window.panel("loss").scene is not None
    assert window.panel("reliability").scene is not None


def test_the_main_job_a_real_table_trained_scrubbed_and_undone(qtbot, open_window, table):
    """Compares what the panels hold with scikit-learn's figures of the same probabilities."""
    window = open_window(table, "--target", "well", paused=False)
    session = window.session
    qtbot.waitUntil(lambda: session.experiment.data.source == "file")
    qtbot.waitUntil(lambda: session.state.step > 10)
    session.pause()
    session.restart()
    assert session.run.dataset.target == "well"
    assert [f.name for f in session.run.dataset.features] == ["age", "dose", "weight"]
    train(qtbot, session, 60)
    for step in (session.state.step, 25):
        session.scrub(step)
        run, state = session.run, session.state
        for code, split in enumerate(SPLITS):
            X, y, _ = run.prepared.part(code)
            p = run.probabilities(state, X)[:, 1]
            session.set_view("split", split)
            figures = window.parts.status.figures
            expected = {
                "accuracy": accuracy_score(y, p > 0.5),
                "log_loss": log_loss(y, p, labels=[0, 1]),
                "brier": brier_score_loss(y, p),
            }
            for name, value in expected.items():
                assert figures[name].text() == f"{value:.3f}"
    before = session.experiment
    session.edit("training.learning_rate", 0.5)
    window.action("undo").trigger()
    assert session.experiment == before
    assert read_table(table).n_rows == session.run.dataset.n_samples


def test_settings_on_the_command_line_reach_the_window(open_window):
    window = open_window("--set", "data.source=circles", "--set", "view.threshold=0.3")
    assert window.session.run.dataset.name == "Circles"
    assert window.session.view.threshold == 0.3
    assert window.panel("knobs").rows["data.source"].editor.currentData() == "circles"


def test_a_bundled_data_set_is_opened_by_its_name(open_window):
    window = open_window("breast_cancer")
    assert window.session.run.dataset.name == "Breast cancer"
    assert window.session.experiment.data.source == "breast_cancer"


def test_a_file_that_cannot_be_read_leaves_a_learning_window_that_says_why(
    qtbot, open_window, tmp_path
):
    window = open_window(str(tmp_path / "none.csv"), paused=False)
    qtbot.waitUntil(lambda: window.findChild(ErrorDialog) is not None)
    qtbot.waitUntil(lambda: window.session.is_playing)
    assert "none.csv" in window.findChild(ErrorDialog).what.text()
    assert window.session.run.dataset.name == "Two moons"
    window.findChild(ErrorDialog).close()


def test_a_session_is_saved_opened_and_continued(qtbot, open_window, tmp_path):
    first = open_window("--set", "training.learning_rate=0.05")
    train(qtbot, first.session, 15)
    path = str(tmp_path / "mine.credence")
    first.session.file.save(path)
    state = first.session.state
    first.close()
    second = open_window(path, paused=False)
    qtbot.waitUntil(lambda: second.session.experiment.training.learning_rate == 0.05)
    second.session.pause()
    assert second.session.run.history.first_step <= 15
    second.session.scrub(15)
    assert second.session.state.same_bits(state)
    assert second.files.previous is not None
    second.files.resume()
    qtbot.waitUntil(lambda: second.session.state.step == 15)


def test_a_start_clears_what_a_killed_save_left(qtbot, open_window, tmp_path):
    folder = Autosave.folder() / "20260101-120000-4321-0123abcd"
    folder.mkdir(parents=True, exist_ok=True)
    Autosave.notes().mkdir(exist_ok=True)
    theirs, note = tmp_path / ".mine.credence.4321.tmp", Autosave.notes() / "0123456789abcdef.note"
    left = [folder / ".session.credence.4321.tmp", theirs]
    note.write_text(str(theirs))
    for path in left:
        path.write_bytes(b"half")
    for path in (*left, note):
        os.utime(path, (0, 0))
    mine = tmp_path / ".other.credence.4321.tmp"  # of which there is no note
    mine.write_text("a year of work")
    os.utime(mine, (0, 0))
    open_window()
    qtbot.waitUntil(lambda: not any(path.exists() for path in (*left, note)))
    assert mine.exists()


# the command line


def test_every_knob_and_view_setting_can_be_set_and_an_unknown_one_lists_them():
    experiment, view = read_settings(
        ["model.hidden=4 4", "training.early_stopping=yes", "view.shown=train test", "view.bars=on"]
    )
    assert experiment.model.hidden == (4, 4)
    assert experiment.training.early_stopping
    assert view.shown == ("train", "test")
    assert view.bars
    for name in ("data.nose", "view.nothing"):
        with pytest.raises(UserError, match="Choose one of"):
            read_settings([f"{name}=1"])
    with pytest.raises(UserError, match="names no value"):
        read_settings(["data.noise"])
    with pytest.raises(UserError, match="cannot be"):
        read_settings(["view.threshold=high"])


def test_a_file_and_a_target_become_part_of_the_experiment():
    experiment, _ = experiment_for(read_arguments(["a b.csv", "--target", "c"]))
    assert experiment.data.source == "file"
    assert Path(experiment.data.path) == Path.cwd() / "a b.csv"
    assert experiment.data.target == "c"


@pytest.mark.parametrize(
    "words",
    [["--bogus"], ["--set", "nope=1"], ["--set", "data.noise=7"], ["--epochs", "-3"], ["a", "b"]],
)
def test_a_wrong_command_line_is_one_sentence_and_exit_code_2(capsys, words):
    assert main.main([*words, *(["--run", "iris"] if words[0] == "--set" else [])]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "Traceback" not in told


def test_a_run_without_a_window_imports_no_qt_and_writes_its_report(tmp_path, table):
    out = tmp_path / "out.json"
    words = ["--run", table, "--target", "well", "--epochs", "3", "--report", str(out)]
    code = (
        "import sys, main; code = main.main(sys.argv[1:]); "
        "assert not [m for m in sys.modules if m.startswith(('PySide6', 'pyqtgraph'))]; "
        "sys.exit(code)"
    )
    subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, check=True)
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written["classes"] == ["no", "yes"]
    assert written["train"]["rows"] == 72


# what stops a start


def test_the_window_leaves_the_other_processors_to_training():
    code = """
import sys, types
import main
seen = {}
def launch(arguments):
    import numpy
    seen["numpy"] = True
    raise SystemExit
sys.modules["gui.app"] = types.SimpleNamespace(launch=launch, stay=None)
main.window_problem = lambda: seen.update(early="numpy" in sys.modules) or ""
try:
    main.main([])
except SystemExit:
    import os
    print(seen["early"], os.environ["OPENBLAS_NUM_THREADS"])
"""
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    words = [sys.executable, "-c", code]
    done = subprocess.run(
        words, capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    assert done.stdout.split() == ["False", "1"]


def test_main_is_read_by_old_pythons_and_tells_them():
    text = Path(main.__file__).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 5))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    assert "from __future__" not in text
    assert "3.11 or later" in main.python_problem((3, 10, 0))
    assert main.python_problem((3, 11, 0)) == main.python_problem((4, 0, 0)) == ""


def test_packages_from_elsewhere_stop_the_start_with_one_sentence(tmp_path):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("")
    code = "import core, sys; sys.path.insert(0, sys.argv[1]); import main; sys.exit(main.main([]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert str(tmp_path / "core") in done.stderr


def test_pyside_versions_known_to_crash_are_refused():
    assert "6.12.0" in main.pyside_problem("6.12.0", (3, 11))
    assert main.pyside_problem("6.12.0", (3, 12)) == ""
    for version in ("6.9.0", "6.9.1", "6.9.2"):
        assert version in main.pyside_problem(version, (3, 13))
    assert main.pyside_problem("6.9.3", (3, 11)) == main.pyside_problem("6.11.3", (3, 11)) == ""


def test_a_missing_system_library_is_named_with_its_package(monkeypatch):
    import ctypes

    real = ctypes.CDLL

    def without_cursor(name, *rest):
        if name == "libxcb-cursor.so.0":
            raise OSError(name)
        return real(name, *rest)

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", without_cursor)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    missing = main.missing_libraries()
    assert ("libxcb-cursor.so.0", "libxcb-cursor0") in missing
    assert "sudo apt install" in main.libraries_problem(missing)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert ("libxcb-cursor.so.0", "libxcb-cursor0") not in main.missing_libraries()
    text = "libxkbcommon-x11.so.0: cannot open shared object file"
    assert "libxkbcommon-x11-0" in main.import_problem(text)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X servers are for Linux")
def test_a_missing_screen_is_told_in_one_sentence(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setenv("DISPLAY", ":987")
    assert "no screen" in main.screen_problem()
    assert "':987'" in main.screen_problem()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert main.screen_problem() == ""


def test_nothing_is_missing_here():
    assert main.folder_problem() == ""
    assert main.window_problem() == ""
