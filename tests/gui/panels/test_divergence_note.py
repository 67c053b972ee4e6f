"""A divergence is told over the boundary, whole, with a button that mends it."""

from tests.gui.panel_cases import new_session

WILD = {
    "training": {"learning_rate": 100.0, "optimizer": "momentum", "precision": "float32"},
    "model": {"activation": "leaky_relu", "hidden": [8, 8, 8]},
}


def test_a_divergence_is_told_whole_and_mended_by_its_button(qtbot, show):
    session = new_session(**WILD)
    panel = show("boundary", session)
    loss = show("loss", session)
    note = panel.diverged
    assert not note.isVisible()
    session.play()
    qtbot.waitUntil(lambda: session.player.divergence is not None)
    qtbot.waitUntil(note.isVisible)
    assert note.says.text() == str(session.player.divergence.error())
    needed = note.says.heightForWidth(note.says.width())
    assert note.says.height() >= needed
    assert panel.plot.rect().contains(note.geometry())
    note.mend.click()
    assert session.experiment.training.learning_rate == 0.1
    assert session.is_playing
    assert not note.isVisible()
    qtbot.waitUntil(lambda: session.run.history.latest.step > 50)
    session.pause()
    qtbot.waitUntil(lambda: bool(loss.scene.ghosts) and len(loss.scene.lines[0].x) > 1)
    assert [ghost.name for ghost in loss.scene.ghosts] == ["learning rate 100"]
    assert loss.scene.y_range[1] < 10.0
    loss.clear.click()
    assert session.ghosts == []
    qtbot.waitUntil(lambda: not loss.clear.isVisible())
    session.close()
    session.deleteLater()


def test_a_divergence_is_forgotten_once_the_rate_is_changed(qtbot, show):
    session = new_session(**WILD)
    panel = show("boundary", session)
    session.play()
    qtbot.waitUntil(lambda: session.player.divergence is not None)
    session.edit("training.learning_rate", 0.05)
    assert session.player.divergence is None
    assert not panel.diverged.isVisible()
    session.close()
    session.deleteLater()
