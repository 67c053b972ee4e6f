import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QLabel

from core.base.arrays import SPLITS
from gui.panels.figures.figures_panel import SHOWN
from tests.gui.panel_cases import new_session, train
from tests.gui.plot_readings import tooltip_at

DISPLAY = Qt.ItemDataRole.DisplayRole


def column(model, title):
    titles = [model.headerData(k, Qt.Orientation.Horizontal) for k in range(model.columnCount())]
    place = titles.index(title)
    return [model.data(model.index(i, place), DISPLAY) for i in range(model.rowCount())]


def test_figures_write_each_part_s_numbers(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("figures", session)
    for split, part in zip(SPLITS, panel.scene.parts, strict=True):
        for name in SHOWN:
            cell = panel.findChild(QLabel, f"figures.{split}.{name}")
            assert cell.text() == f"{getattr(part, name):.3f}"


def test_dragging_the_threshold_changes_the_view_and_the_decisions(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("figures", session)
    panel.threshold.slider.setValue(90)
    assert session.view.threshold == pytest.approx(0.9)
    assert panel.scene.threshold == pytest.approx(0.9)
    assert panel.threshold.value() == pytest.approx(0.9)
    panel.threshold.field.selectAll()
    qtbot.keyClicks(panel.threshold.field, "0.123\r")
    assert session.view.threshold == pytest.approx(0.123)
    assert panel.threshold.slider.value() == 12
    session.set_view("threshold", 0.5)
    assert panel.threshold.slider.value() == 50
    assert panel.threshold.field.text() == "0.5"


def test_the_matrix_shows_the_chosen_part_and_finds_its_cells(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("figures", session)
    panel.split.setCurrentIndex(0)
    assert session.view.split == "train"
    matrix, confusion = panel.matrix, panel.scene.parts[0].confusion
    at = {}
    for x in range(0, matrix.width(), 4):
        for y in range(0, matrix.height(), 4):
            at.setdefault(matrix.cell_at(QPointF(x, y)), QPointF(x + 4, y + 4))
    assert matrix.cell_at(QPointF(1, 1)) is None
    assert at.keys() == {None, (0, 0), (0, 1), (1, 0), (1, 1)}
    assert at[1, 0].y() > at[0, 0].y()  # actual classes down
    assert at[0, 1].x() > at[0, 0].x()  # decided classes across
    classes = session.run.dataset.classes
    for i in range(2):
        for j in range(2):
            assert tooltip_at(matrix, at[i, j]) == (
                f"{int(confusion[i, j])} rows of class {classes[i]}, decided as {classes[j]}."
            )


def test_more_than_two_classes_have_no_threshold(qtbot, show):
    made = new_session(data={"source": "iris"})
    try:
        panel = show("figures", made)
        assert not panel.threshold.isVisible()
        panel.hide()
    finally:
        made.close()


def test_the_table_shows_every_row_with_part_label_and_probability(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("rows", session)
    scene, model = panel.scene, panel.model
    assert column(model, "row") == [str(k + 1) for k in scene.predictions.rows]
    assert column(model, "part") == [SPLITS[k] for k in scene.predictions.split]
    assert column(model, "P(1)") == [f"{p:.3f}" for p in scene.probabilities[:, 1]]
    wrong = [text.endswith("✕") for text in column(model, "decided")]
    np.testing.assert_array_equal(wrong, scene.decided != scene.predictions.labels)


def test_sorting_orders_the_rows_and_keeps_the_selected_one(qtbot, session, show):
    train(qtbot, session, 40)
    panel = show("rows", session)
    session.set_view("selected", 33)
    place = [c.kind for c in panel.model.columns].index("probability")
    panel.table.sortByColumn(place, Qt.SortOrder.DescendingOrder)
    shown = [float(text) for text in column(panel.model, "P(1)")]
    assert shown == sorted(shown, reverse=True)
    assert panel.model.row_at(panel.table.currentIndex().row()) == 33
    train(qtbot, session, 40)
    shown = [float(text) for text in column(panel.model, "P(1)")]
    assert shown == sorted(shown, reverse=True)
    assert panel.model.row_at(panel.table.currentIndex().row()) == 33
    panel.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert column(panel.model, "row")[:3] == ["1", "2", "3"]


def test_selection_is_the_same_in_the_table_and_everywhere(qtbot, session, show):
    panel = show("rows", session)
    panel.table.selectRow(7)
    assert session.view.selected == panel.model.row_at(7)
    session.set_view("selected", 40)
    assert panel.model.row_at(panel.table.currentIndex().row()) == 40
    session.set_view("selected", -1)
    assert not panel.table.selectionModel().hasSelection()


def test_a_hundred_thousand_rows_are_not_copied_into_cells(qtbot, show):
    made = new_session(data={"rows": 100_000})
    try:
        panel = show("rows", made)
        assert panel.model.rowCount() == 100_000
        panel.table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
        panel.table.scrollToBottom()
        assert panel.model.row_at(99_999) >= 0
        panel.hide()
    finally:
        made.close()


def test_level_names_and_missing_values_are_written_out(qtbot, show):
    made = new_session(data={"source": "penguins", "missing": "category"})
    try:
        panel = show("rows", made)
        dataset = made.run.dataset
        islands = column(panel.model, dataset.features[0].name)
        assert set(islands) <= set(dataset.features[0].levels)
        texts = {t for f in dataset.features if f.levels for t in column(panel.model, f.name)}
        assert "missing" in texts
        panel.hide()
    finally:
        made.close()
