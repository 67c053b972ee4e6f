"""Sessions of the earlier format open in the window, show their figures and are saved again."""

import pytest

from core.run.session_file import read_session
from tests.gui.panel_cases import train
from tests.old_sessions import FIGURES, NAMES, content_of, frozen, path_of


@pytest.mark.parametrize("name", NAMES)
def test_an_old_session_opens_in_the_window_and_goes_on(qtbot, window, tmp_path, name):
    session, expected = window.session, FIGURES[name]
    failures = []
    session.failed.connect(failures.append)
    window.files.offer(path_of(name))
    qtbot.waitUntil(lambda: failures or session.file.path == path_of(name))
    session.failed.disconnect(failures.append)
    assert failures == []
    assert session.run.dataset.name == expected["dataset"]
    assert session.state.step == expected["step"]
    split = session.view.split
    figures = window.parts.status.figures
    for figure in ("log_loss", "brier"):
        shown = f"{expected[split][figure]:.3f}"
        qtbot.waitUntil(lambda label=figures[figure], shown=shown: label.text() == shown)
    again = str(tmp_path / "again.credence")
    session.file.save(again)
    back = read_session(again)
    stored = content_of(name)["state"]
    for key in ("step", "epoch", "position"):
        assert getattr(back.state, key) == stored[key]
    for key in ("parameters", "slots", "statistics"):
        assert getattr(back.state, key).tolist() == stored[key]
    for key, value in content_of(name)["experiment"]["training"].items():
        assert back.experiment.value(f"training.{key}") == frozen(value)
    train(qtbot, session, 3)
    assert session.state.step == expected["step"] + 3


def test_an_old_session_is_opened_from_the_command_line(qtbot, open_window):
    window = open_window(path_of("own_table"), paused=False)
    session = window.session
    qtbot.waitUntil(lambda: session.run.dataset.name == "patients.csv")
    session.pause()
    assert session.run.history.first_step == FIGURES["own_table"]["step"]
    assert window.panel("boundary").scene is not None
