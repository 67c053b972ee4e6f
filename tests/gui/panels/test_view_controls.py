"""Every choice that a panel offers is a field of the session's view, and the panel follows it."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QTabBar, QToolButton, QWidget

from core.base.knobs import ChoiceKnob, SwitchKnob
from core.experiment.view import VIEW_KNOBS, VIEW_PATHS, View, view_knob
from core.run.session_file import read_session
from gui.panels import PANELS
from tests.core.experiment.test_view import other_value
from tests.gui.panel_cases import new_session, same, train

NAMES = tuple(path.removeprefix("view.") for path in VIEW_PATHS)
# what is chosen in a picture or a table, not by a control of its own
POINTED = {
    "selected": "boundary",
    "brushed": "reliability",
    "unit": "network",
    "network_selected": "network",
    "rows_sort": "rows",
    "calibrators_parameter": "calibrators",
    "paint_classes": "boundary",
    "landscape_zoom": "landscape",
}


@pytest.fixture
def tabular(qapp):
    """A session with more features than axes, whose panels have all their controls."""
    made = new_session(data={"source": "iris"}, model={"hidden": [3, 2]})
    yield made
    made.close()
    made.deleteLater()


def controls_of(panel):
    """Return a panel's controls by the field of the view that they set."""
    found = {}
    for widget in panel.findChildren(QWidget):
        name = widget.objectName()
        if name.startswith("view.") and not name.endswith((".field", ".number")):
            found.setdefault(name.split(".")[1], []).append(widget)
    return found


def all_panels(session, qtbot):
    made = {}
    for name, record in PANELS.items():
        made[name] = record.make(session, None)
        qtbot.addWidget(made[name])
    made["boundary"].paints.show_state()
    made["reliability"].controls.fit(1000, 1000)
    made["boundary"].header.show_state()
    return made


def test_every_field_of_the_view_has_a_control_named_after_it(qtbot, tabular):
    panels = all_panels(tabular, qtbot)
    tabular.set_view("held", ((2, 1.5),))
    panels["boundary"].header.held.show_state()
    named = {field for panel in panels.values() for field in controls_of(panel)}
    assert named <= set(NAMES)
    assert set(NAMES) - named == set(POINTED)
    for panel in panels.values():
        for field, widgets in controls_of(panel).items():
            assert len({w.objectName() for w in widgets}) == len(widgets), field


def test_the_control_of_a_panel_s_own_field_is_in_that_panel(qtbot, tabular):
    panels = all_panels(tabular, qtbot)
    for name in NAMES:
        owner = view_knob(name).panel
        if owner and name not in POINTED:
            assert [p for p in panels if name in controls_of(panels[p])] == [owner], name


def open_for(name, session):
    """Unfold what hides a control."""
    if name.startswith("function_"):
        session.set_view("functions_page", "facts")
    if name != "reliability_options":
        session.set_view("reliability_options", "shown")


BUTTONS = {"bars": "reliability", "top_label": "by_class"}  # of fields that several panels follow
CHOSEN = [name for name in NAMES if isinstance(view_knob(name), ChoiceKnob)]
SWITCHED = [name for name in NAMES if isinstance(view_knob(name), SwitchKnob)]


@pytest.mark.parametrize("name", CHOSEN)
def test_a_list_shows_what_the_view_says_and_changes_it(name, qtbot, session, show):
    owner = view_knob(name).panel or {"section": "boundary"}.get(name, "reliability")
    open_for(name, session)
    panel = show(owner, session)
    value, _ = other_value(name)
    if name.startswith("paint"):
        panel.painter.start_blank()
    for widget in controls_of(panel)[name]:
        chosen_by_hand = list(view_knob(name).choices())[1]
        if isinstance(widget, QComboBox):
            assert widget.currentData() == getattr(View(), name)
            widget.setCurrentIndex(widget.findData(chosen_by_hand))
        elif isinstance(widget, QTabBar):
            widget.setCurrentIndex(1)
        elif widget.objectName().rsplit(".", 1)[-1] == chosen_by_hand:
            widget.click()
        elif widget.objectName() == f"view.{name}":
            widget.click()  # shows the options that are folded by themselves
        else:
            continue
        assert getattr(session.view, name) == chosen_by_hand
        session.set_view(name, value)
        if isinstance(widget, QComboBox):
            found = widget.currentData()
            assert found == value or name == "section"  # which two features do not need
        elif isinstance(widget, QTabBar):
            assert widget.currentIndex() == list(view_knob(name).choices()).index(value)


@pytest.mark.parametrize("name", SWITCHED)
def test_a_button_shows_what_the_view_says_and_changes_it(name, qtbot, session, show):
    session.edit("calibration.method", "platt")  # so that calibrated probabilities can be shown
    open_for(name, session)
    panel = show(view_knob(name).panel or BUTTONS.get(name, "boundary"), session)
    for widget in controls_of(panel)[name]:
        default = view_knob(name).default
        if isinstance(widget, QComboBox):
            assert widget.currentData() == default
            session.set_view(name, not default)
            assert widget.currentData() == (not default)
            continue
        assert isinstance(widget, QToolButton)
        opposite = name == "by_epoch"  # which is a button for steps
        if name == "show_held":  # of two features none is held
            continue
        assert widget.isChecked() == (default != opposite)
        session.set_view(name, not default)
        assert widget.isChecked() == ((not default) != opposite)
        widget.click()
        assert getattr(session.view, name) == default
    session.background.close()  # nothing is to come for a panel that is gone


@pytest.mark.parametrize("name", PANELS)
def test_what_belongs_to_other_panels_changes_no_scene(name, qtbot, tabular, show):
    train(qtbot, tabular, 20)
    panel = show(name, tabular)
    before = panel.compute()
    drawn = panel.scene
    view = tabular.view
    for field in NAMES:
        if view_knob(field).panel not in {"", name}:
            view = view.replacing(field, other_value(field)[0])
    assert not view.differs_for(name, tabular.view)
    run, state = tabular.run, tabular.state
    for field in view.changes(tabular.view):
        tabular.set_view(field, getattr(view, field))
    assert panel.scene is drawn
    assert (tabular.run, tabular.state) == (run, state)
    assert tabular.experiment == run.experiment
    after = panel.compute()
    assert same(without_view(before), without_view(after))


def without_view(scene):
    """Return a scene's own fields; two of them carry the view that they were made for."""
    if isinstance(getattr(scene, "view", None), View):
        return dataclasses.replace(scene, view=View())
    return scene


def test_everything_chosen_is_there_again_when_the_session_is_opened(qtbot, tmp_path):
    first, path = new_session(), str(tmp_path / "one.credence")
    for name in NAMES:
        if name != "unit":  # is given up when the network is hidden
            first.set_view(name, other_value(name)[0])
    first.file.save(path)
    assert read_session(path).view == first.view
    second = new_session()
    try:
        with qtbot.waitSignal(second.run_changed):
            second.file.open(path)
        qtbot.waitUntil(lambda: second.view == first.view)
        for name in ("functions", "softmax", "gradients", "numbers", "calibrators"):
            panel = PANELS[name].make(second, None)
            qtbot.addWidget(panel)
            panel.show()
            qtbot.waitExposed(panel)
            tabs = panel.findChild(QTabBar)
            field = tabs.objectName().removeprefix("view.")
            pages = list(view_knob(field).choices())
            assert pages[tabs.currentIndex()] == getattr(first.view, field) != pages[0]
    finally:
        for session in (first, second):
            session.close()


def test_the_command_line_reaches_every_panel(qtbot, open_window):
    settings = ("view.function=tanh", "view.softmax_temperature=3", "view.gradients_page=row")
    window = open_window(*(word for setting in settings for word in ("--set", setting)))
    scenes = {}
    for name in ("functions", "softmax"):
        scenes[name] = window.panel(name).compute()
    assert scenes["functions"].activation.name == "tanh"
    expected = np.exp(np.array(View().softmax_logits) / 3.0)
    np.testing.assert_allclose(scenes["softmax"].probabilities, expected / expected.sum())
    assert window.session.view.gradients_page == "row"


def test_computing_anew_never_reuses_what_is_on_screen(qtbot, session, show):
    panels = {name: show(name, session) for name in ("boundary", "reliability")}
    train(qtbot, session, 30)
    fields = {"boundary": "wrong_of_step", "reliability": "band_of_step"}
    session.player.is_playing = True  # as while training goes on
    try:
        lags = {name: set() for name in panels}
        for _ in range(6):
            before, history = session.state.step, session.run.history
            history.record_state(history.engine.burst(history.problem, session.state, 5).state)
            assert session.state.step == before + 5
            for name, panel in panels.items():
                alone, drawn = panel.compute(), panel.compute_next()
                assert getattr(alone, fields[name]) in {session.state.step, -1}
                lags[name].add(drawn.step - getattr(drawn, fields[name]))
                panel.scene = drawn
        assert max(lags["boundary"]) == 10  # two frames of five steps
        assert 0 in lags["boundary"]
    finally:
        session.player.is_playing = False


def test_the_knobs_of_the_view_name_panels_that_exist():
    assert {knob.panel for knob in VIEW_KNOBS.values()} - {""} <= set(PANELS)
    assert np.all([knob.effect == "view" for knob in VIEW_KNOBS.values()])
