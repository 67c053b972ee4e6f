import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt

from core.experiment.experiment import experiment_from_mapping
from core.experiment.view import View
from core.scenes.network_scene import network_scene, places_of
from gui.panels.network.network_geometry import HEADER, Hit, geometry_of, hit_at
from gui.panels.network.network_painting import LinkImage, opacities_of, widths_of
from gui.panels.network.network_panel import NetworkPanel
from gui.session.session import Session
from gui.style.number_text import format_number
from gui.style.palette import THEMES
from gui.style.theme import themes

START = {"data": {"rows": 60}, "model": {"hidden": [3, 2]}, "training": {"learning_rate": 0.1}}


def session_of(**model):
    return Session(experiment_from_mapping({**START, "model": {**START["model"], **model}}))


@pytest.fixture
def session(qapp):
    made = session_of()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def panel(qtbot, session):
    made = NetworkPanel(session)
    qtbot.addWidget(made)
    made.resize(600, 480)
    made.show()
    return made


def box(panel, layer, unit):
    at = [column.layer for column in panel.scene.columns].index(layer)
    return panel.diagram.geometry_shown.boxes[at][unit]


def point(panel, qtbot, at):
    qtbot.mouseMove(panel.diagram, QPoint(2, 2))
    qtbot.mouseMove(panel.diagram, at.toPoint())


def click(panel, qtbot, at):
    qtbot.mouseClick(panel.diagram, Qt.MouseButton.LeftButton, pos=at.toPoint())


def type_text(field, qtbot, text):
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


def test_pointing_at_a_unit_puts_its_map_on_the_boundary_until_it_is_left(qtbot, panel, session):
    point(panel, qtbot, box(panel, 1, 1).center())
    assert session.view.unit == (1, 1)
    assert "Unit 2 of layer 2" in panel.says.text()
    point(panel, qtbot, box(panel, -1, 0).center())
    assert session.view.unit == (-1, 0)
    qtbot.mouseMove(panel.diagram, QPoint(2, 2))
    assert session.view.unit == ()


def test_hiding_the_panel_gives_the_boundary_its_own_map_back(qtbot, panel, session):
    point(panel, qtbot, box(panel, 0, 0).center())
    panel.hide()
    assert session.view.unit == ()


def test_the_outputs_bias_is_within_reach_at_once(panel, session):
    bias = session.run.architecture.n_parameters - 1
    assert panel.bar.index == bias
    assert panel.bar.parameters.currentText() == "bias b"
    assert panel.bar.value.field.value() == pytest.approx(session.state.parameters[bias], abs=1e-4)


def test_a_click_on_a_link_chooses_its_weight(qtbot, panel, session):
    line = panel.diagram.geometry_shown.lines[0]
    click(panel, qtbot, line.pointAt(0.12))
    W = session.run.architecture.views(np.arange(session.state.parameters.size))[0].W
    assert panel.bar.index == W[0, 0]
    assert panel.bar.parameters.currentText() == "w from x1"


def test_every_square_is_a_parameter_and_can_be_clicked(qtbot, qapp):
    session = session_of(batch_norm=True, activation="adaptive_sigmoid")
    panel = NetworkPanel(session)
    qtbot.addWidget(panel)
    panel.resize(700, 500)
    panel.show()
    seen = set()
    for square, _, _, _ in panel.diagram.geometry_shown.handles:
        click(panel, qtbot, square.center())
        seen.add(panel.bar.index)
    own = session.run.architecture.views(np.arange(session.state.parameters.size))
    expected = {
        int(i) for v in own for a in (v.b, v.sharpness, v.gain, v.shift) if a is not None for i in a
    }
    assert seen == expected
    session.close()


def test_typing_changes_the_parameter_at_every_keystroke_and_is_one_undo(qtbot, panel, session):
    before = session.state
    index = panel.bar.index
    seen = []
    panel.bar.value.edited.connect(lambda *_: seen.append(session.state.parameters[index]))
    type_text(panel.bar.value.field, qtbot, "1.25")
    assert session.state.parameters[index] == 1.25
    assert [value for value in seen if value in (1.0, 1.2, 1.25)][-3:] == [1.0, 1.2, 1.25]
    assert panel.scene.columns[-1].vectors[0].values[0] == 1.25
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.state.same_bits(before)
    assert panel.bar.value.field.value() == pytest.approx(before.parameters[index], abs=1e-4)


def test_a_value_changed_from_elsewhere_replaces_what_was_typed(qtbot, panel, session):
    type_text(panel.bar.value.field, qtbot, "-0.5")
    assert session.state.parameters[panel.bar.index] == -0.5
    session.set_parameter(panel.bar.index, -0.25)
    assert panel.bar.value.field.value() == -0.25


def test_two_parameters_typed_one_after_the_other_are_two_undos(qtbot, panel, session):
    type_text(panel.bar.value.field, qtbot, "2")
    click(panel, qtbot, panel.diagram.geometry_shown.lines[0].pointAt(0.12))
    type_text(panel.bar.value.field, qtbot, "3")
    assert session.undo_stack.count() == 2


def test_the_slider_moves_the_parameter(panel, session):
    panel.bar.value.slider.setValue(750)
    assert session.state.parameters[panel.bar.index] == pytest.approx(2.5)


def test_plus_and_minus_change_units_and_layers_undoably(qtbot, panel, session):
    def press(name):
        qtbot.mouseClick(panel.findChild(object, name), Qt.MouseButton.LeftButton)
        return session.experiment.model.hidden

    assert press("network.layer0.more") == (4, 2)
    assert press("network.layer1.fewer") == (4, 1)
    assert press("network.layer1.fewer") == (4,)
    assert press("network.more_layers") == (4, 4)
    assert press("network.fewer_layers") == (4,)
    assert press("network.fewer_layers") == ()
    assert not panel.fewer.isEnabled()
    assert press("network.more_layers") == (4,)
    for _ in range(7):
        session.undo_stack.undo()
    assert session.experiment.model.hidden == (3, 2)
    assert len(panel.scene.columns) == 4


def test_a_layer_beyond_the_most_is_refused_in_words(panel, session):
    panel.resize_layer(0, 2000)
    assert session.experiment.model.hidden == (3, 2)
    assert "hidden layers cannot be" in panel.says.text()


def test_the_arrow_keys_walk_through_units_and_space_shows_their_maps(qtbot, panel, session):
    session.set_view("network_selected", (2, 0, -1))
    qtbot.keyClick(panel.diagram, Qt.Key.Key_Left)
    qtbot.keyClick(panel.diagram, Qt.Key.Key_Down)
    assert panel.diagram.present == Hit(1, 1)
    qtbot.keyClick(panel.diagram, Qt.Key.Key_Space)
    assert session.view.unit == (1, 1)
    qtbot.keyClick(panel.diagram, Qt.Key.Key_Space)
    assert session.view.unit == ()
    for _ in range(9):
        qtbot.keyClick(panel.diagram, Qt.Key.Key_Left)
    assert panel.diagram.present.layer == -1


def test_a_hidden_panel_computes_nothing(qtbot, panel, session):
    panel.hide()
    panel.compute = lambda: pytest.fail("a hidden panel computed")
    session.frame_clock.begin_frame()
    session.edit("model.hidden", (5,))


@pytest.mark.parametrize("size", [(330, 300), (330, 480), (900, 600)])
@pytest.mark.parametrize("hidden", [[], [8, 8], [16] * 8, [40] * 12])
def test_nothing_in_the_diagram_overlaps_or_is_cut_off(size, hidden, qapp):
    session = session_of(hidden=hidden)
    scene = network_scene(session.run, session.state, View())
    geometry = geometry_of(scene, *size)
    boxes = [box for column in geometry.boxes for box in column]
    room = QRectF(0.0, HEADER, size[0], size[1] - HEADER)
    for k, box in enumerate(boxes):
        assert room.contains(box)
        assert not any(box.intersects(other) for other in boxes[k + 1 :])
    for square, _, _, _ in geometry.handles:
        assert not any(square.intersects(box) for box in boxes)
        assert square.bottom() <= size[1]
    session.close()


def test_what_is_hit_is_what_is_drawn_there(qapp):
    session = session_of(hidden=[16] * 8)
    scene = network_scene(session.run, session.state, View())
    geometry = geometry_of(scene, 900, 600)
    for column, boxes in zip(scene.columns, geometry.boxes, strict=True):
        for unit, box in zip(column.units, boxes, strict=True):
            assert hit_at(scene, geometry, box.center()) == Hit(column.layer, unit)
    for square, column, k, unit in geometry.handles:
        index = scene.columns[column].vectors[k].indices[unit]
        assert hit_at(scene, geometry, square.center()).index == index
    middle = geometry.lines[5].pointAt(0.3)
    hit = hit_at(scene, geometry, middle)
    places = places_of(scene.architecture, hit.layer, hit.unit)
    assert hit.index in {place.index for place in places if place.name == "weight"}
    session.close()


def test_the_picture_of_links_holds_as_much_ink_as_the_lines_are_wide():
    weights = np.array([1.0, -0.5])
    depths = LinkImage(100, 80)
    depths.add(np.array([[10.0, 20.0, 90.0, 20.0], [10.0, 40.0, 90.0, 60.0]]), weights, None)
    image = depths.image(THEMES["light"])
    alpha = np.array([[image.pixelColor(x, y).alphaF() for x in range(100)] for y in range(80)])
    assert alpha[:, :10].max() == alpha[:, 90:].max() == 0.0
    stretch = np.hypot(80.0, 20.0) / 80.0
    expected = widths_of(weights) * opacities_of(weights) * [1.0, stretch]
    np.testing.assert_allclose([alpha[:30, 50].sum(), alpha[30:, 50].sum()], expected, rtol=0.02)
    blue, orange = image.pixelColor(50, 50), image.pixelColor(50, 20)
    assert blue.blue() > blue.red()
    assert orange.red() > orange.blue()


def seen(panel, flows):
    """Return a picture of the diagram, drawn once more."""
    panel.diagram.show_scene(panel.scene, flows)
    return panel.diagram.grab().toImage()


def test_links_flow_only_while_training_and_where_motion_is_wanted(panel, session):
    still, again = (seen(panel, False) for _ in range(2))
    assert still == again
    first, second = (seen(panel, True) for _ in range(2))
    assert still != first != second


def test_nothing_flows_where_the_system_asks_for_no_animation(panel, session):
    session.frame_clock.stop()
    session.play()
    panel.wants_motion = lambda: False
    panel.refresh()
    still = panel.diagram.grab().toImage()
    panel.refresh()
    assert panel.diagram.grab().toImage() == still
    panel.wants_motion = lambda: True
    panel.refresh()
    assert panel.diagram.grab().toImage() != still
    session.pause()


@pytest.mark.parametrize("name", list(THEMES))
def test_the_panel_draws_in_every_theme(qtbot, panel, name):
    themes().use(name)
    panel.refresh()
    assert not panel.grab().isNull()
    themes().use("light")


def test_the_panel_says_what_it_shows(panel):
    assert panel.accessibleDescription() == (
        "A network of 2 inputs and layers of 3, 2, 1 units; 20 parameters."
    )
    named = [
        panel.diagram,
        panel.bar.value.field,
        panel.bar.value.slider,
        panel.bar.parameters,
        panel.more,
    ]
    assert all(widget.accessibleName() for widget in named)


def test_controls_of_a_network_that_is_gone_change_nothing(qtbot, panel, session):
    last = panel.scene.architecture.n_parameters - 1
    panel.hide()
    session.edit("model.hidden", ())
    first = session.state
    panel.bar.chosen.emit(last)
    panel.bar.changed.emit(last, 2.0, None)
    assert session.state is first
    panel.show()
    panel.bar.changed.emit(0, 2.0, None)
    assert session.state.parameters[0] == 2.0


def test_what_is_said_of_a_network_that_is_gone_is_what_is_still_drawn(qtbot, panel, session):
    last = panel.scene.architecture.layers[-1]
    place = places_of(panel.scene.architecture, 2, 0)[-1]
    value = float(session.state.parameters[place.index])
    panel.hide()
    session.edit("model.hidden", ())
    assert session.run.architecture.n_parameters < last.start
    panel.diagram.under_mouse = hit = Hit(2, 0, place.index)
    panel.diagram.pointed.emit(hit)
    assert panel.says.text().endswith(f"= {format_number(value, decimals=3)}")
    panel.show()
    assert "=" not in panel.says.text()
