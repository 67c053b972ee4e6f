"""Settings that cannot be written are told of at the start, and harm nothing."""

from tests.gui.conftest import use_own_settings


def test_settings_that_cannot_be_written_are_told_once(open_window, tmp_path):
    use_own_settings(tmp_path / "none")
    (tmp_path / "none").write_text("a file where the folder should be")
    window = open_window()
    assert not window.settings.isWritable()
    assert "settings and layout will not be kept" in window.parts.status.message.toolTip()
    assert window.settings.fileName() in window.parts.status.message.toolTip()
    window.parts.status.show_message("")
    window.switch_workspace("inside")
    window.choose_theme("dark")
    window.choose_theme("light")
    assert not window.parts.status.message.toolTip()


def test_nothing_is_said_of_settings_that_can_be_written(open_window):
    assert "settings" not in open_window().parts.status.message.toolTip()
