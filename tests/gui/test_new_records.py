"""A new record is chosen in the window, trains, is drawn, saved and opened; a panel is shown."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from PySide6.QtGui import QAction

from core.run.session_file import read_session
from core.training.recorded_metrics import METRICS
from gui.panels import PANELS
from gui.panels.panel import Panel, PanelRecord
from tests.gui.panel_cases import train
from tests.new_records import CERTAINTY, NEW


@pytest.mark.parametrize(("registry", "record", "path"), [case[:3] for case in NEW])
def test_a_new_record_is_chosen_trained_drawn_saved_and_opened_again(
    registry, record, path, qtbot, open_window, tmp_path
):
    registry.add(record)
    try:
        window = open_window("--set", f"{path}={record.name}")
        session = window.session
        assert session.experiment.value(path) == record.name
        train(qtbot, session, 5)
        surface = window.panel("boundary").scene.surface
        assert np.isfinite(surface.probabilities).all()
        assert window.panel("reliability").scene is not None
        file = str(tmp_path / "new.credence")
        window.session.file.save(file)
        back = read_session(file)
        assert back.experiment == session.experiment
        assert back.state.parameters.tolist() == session.state.parameters.tolist()
        window.close()
    finally:
        registry.remove(record.name)


@dataclass(frozen=True)
class StepScene:
    step: int


class StepPanel(Panel):
    def compute(self):
        return StepScene(self.session.state.step)

    def draw(self, scene):
        self.setToolTip(f"step {scene.step}")


def test_a_new_panel_is_in_the_view_menu_and_follows_training(qtbot, open_window):
    PANELS.add(PanelRecord("steps", "Steps", partial(StepPanel, "steps"), 200))
    try:
        window = open_window()
        window.findChild(QAction, "action.panel.steps").trigger()
        panel = window.panel("steps")
        qtbot.waitUntil(panel.isVisible)
        train(qtbot, window.session, 7)
        qtbot.waitUntil(lambda: panel.scene == StepScene(7))
        assert panel.toolTip() == "step 7"
        window.close()
    finally:
        PANELS.remove("steps")


def test_a_new_metric_is_recorded_drawn_saved_and_read_again(qtbot, open_window, tmp_path):
    METRICS.add(CERTAINTY)
    try:
        window = open_window()
        session = window.session
        train(qtbot, session, 20)
        session.set_view("metric", "certainty")
        panel = window.panel("loss")
        X, _, _ = session.run.prepared.part(0)
        p = session.run.probabilities(session.state, X)[:, 1]
        drawn = {line.split: line.last for line in panel.scene.lines}
        assert drawn["train"] == pytest.approx(np.abs(2.0 * p - 1.0).mean(), rel=1e-5)
        file = str(tmp_path / "metric.credence")
        session.file.save(file)
        assert read_session(file).view.metric == "certainty"
        window.close()
    finally:
        METRICS.remove("certainty")
