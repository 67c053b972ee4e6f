"""The window: docks, workspaces, layouts, keys, drops, dialogs and themes."""

import sys
import threading

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QDockWidget,
    QLineEdit,
    QPushButton,
    QToolTip,
    QWidget,
)

from core.base.errors import UserError, trouble_of
from gui.importing.import_dialog import ImportDialog
from gui.panels import PANELS
from gui.style.palette import THEMES
from gui.style.theme import theme, themes
from gui.window.actions import ACTIONS
from gui.window.dialogs import AboutDialog, ErrorDialog, ShortcutsDialog
from gui.window.gallery_dialog import Gallery
from gui.window.window import Window
from gui.window.workspaces import LOW, WORKSPACES, is_on_a_screen

CSV = "a,b,species\n" + "".join(
    f"{i % 7},{i % 5 + 3 * (i % 2)},{'cat' if i % 2 else 'dog'}\n" for i in range(60)
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "animals.csv"
    path.write_text(CSV, encoding="utf-8")
    return str(path)


def visible(window):
    return {name for name, dock in window.parts.docks.items() if dock.isVisible()}


def test_every_panel_has_a_dock_a_menu_entry_and_a_name(window):
    docks = window.parts.docks
    assert list(docks) == ["knobs", *PANELS]
    for name, dock in docks.items():
        features = dock.features()
        for wanted in ("Closable", "Movable", "Floatable"):
            assert features & getattr(QDockWidget.DockWidgetFeature, f"DockWidget{wanted}")
        assert window.panel(name).objectName() == f"panel.{name}"
        assert dock.toggleViewAction() in window.parts.menus.view.actions()


def test_every_action_is_named_and_has_its_keys(window):
    for name, record in ACTIONS.items():
        action = window.action(name)
        assert action.objectName() == f"action.{name}"
        assert action.shortcuts() == [QKeySequence(keys) for keys in record.keys.split()]


def test_each_workspace_shows_its_panels_and_a_tab(qtbot, window):
    for index, (name, record) in enumerate(WORKSPACES.items()):
        window.switch_workspace(name)
        expected = {panel for column in record.columns for panel in column}
        expected |= {panel for panel, _ in record.behind}
        qtbot.waitUntil(lambda expected=expected: visible(window) == expected)
        assert window.parts.top.tabs.currentIndex() == index
    window.parts.top.tabs.setCurrentIndex(0)
    assert window.parts.layouts.workspace.name == "train"


def test_the_middle_panel_is_the_largest(qtbot, window):
    docks = window.parts.docks
    qtbot.waitUntil(lambda: docks["boundary"].width() > docks["loss"].width() + 100)
    assert docks["boundary"].width() > docks["knobs"].width() + 200


def test_nothing_is_clipped_or_overlaps_at_the_first_size(qtbot, window):
    docks = [dock for dock in window.parts.docks.values() if dock.isVisible()]
    qtbot.waitUntil(lambda: docks[0].width() >= docks[0].minimumSizeHint().width())
    boxes = [dock.geometry() for dock in docks]
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    for dock in docks:
        assert dock.width() >= dock.minimumSizeHint().width(), dock.name
        assert dock.height() >= dock.minimumSizeHint().height(), dock.name
    form = window.panel("knobs")
    assert form.widget().width() <= form.viewport().width()
    assert window.parts.transport.width() >= window.parts.transport.minimumSizeHint().width()


def test_in_a_low_window_a_column_shows_one_panel_at_a_time(qtbot, open_window):
    window = open_window()
    loss, reliability = (window.parts.docks[name] for name in ("loss", "reliability"))
    assert window.tabifiedDockWidgets(loss) == []
    window.resize(960, LOW - 40)
    qtbot.waitUntil(lambda: reliability in window.tabifiedDockWidgets(loss))
    assert window.panel("loss").is_seen()
    assert not window.panel("reliability").is_seen()
    assert window.height() < LOW
    window.resize(1280, 800)
    qtbot.waitUntil(window.panel("reliability").is_seen)
    assert window.panel("loss").is_seen()


def test_a_hidden_panel_stays_hidden_after_a_restart_and_reset_brings_it_back(open_window):
    first = open_window()
    first.parts.docks["loss"].toggleViewAction().trigger()
    assert "loss" not in visible(first)
    first.close()
    second = open_window()
    assert "loss" not in visible(second)
    second.action("reset_layout").trigger()
    assert "loss" in visible(second)


def test_a_broken_saved_layout_is_replaced_by_a_fresh_one(open_window):
    settings = QSettings()
    settings.setValue("layout/train", b"broken")
    settings.setValue("layout/workspace", "nowhere")
    settings.setValue("geometry", b"broken")
    settings.sync()
    window = open_window()
    assert visible(window) == {"knobs", "boundary", "loss", "reliability"}


def test_a_panel_on_a_vanished_screen_is_not_on_any(qapp):
    screen = qapp.primaryScreen().availableGeometry()
    assert is_on_a_screen(QRect(screen.topLeft() + QPoint(10, 10), screen.size() / 2))
    assert not is_on_a_screen(QRect(screen.right() + 500, 50, 300, 200))
    assert not is_on_a_screen(QRect(screen.left() - 290, 50, 300, 200))


def test_a_double_click_on_a_title_maximises_and_another_brings_all_back(qtbot, window):
    before = visible(window)
    title = window.parts.docks["reliability"].title
    QTest.mouseDClick(title, Qt.MouseButton.LeftButton)
    assert visible(window) == {"reliability"}
    QTest.mouseDClick(title, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: visible(window) == before)
    window.action("maximise").trigger()
    assert visible(window) == {"boundary"}
    window.action("maximise").trigger()
    assert visible(window) == before
    assert not window.parts.layouts.is_touched


def heights(window):
    return {name: dock.height() for name, dock in window.parts.docks.items() if dock.isVisible()}


def test_the_first_picture_is_of_the_sizes_that_stay(monkeypatch, qtbot, open_window):
    painted = []
    monkeypatch.setattr(Window, "repaint", lambda window: painted.append(heights(window)))
    window = open_window()
    for name in ("calibrate", "train"):
        window.switch_workspace(name)
        qtbot.waitUntil(lambda: bool(painted))
        QApplication.processEvents()
        assert painted.pop() == heights(window)
        painted.clear()


def test_only_visible_panels_are_made(open_window):
    window = open_window()
    docks = window.parts.docks
    assert docks["rows"].widget() is None
    docks["rows"].toggleViewAction().trigger()
    assert docks["rows"].widget() is not None


# keys


def focus(window, widget):
    window.activateWindow()
    widget.setFocus()
    return widget


def test_single_keys_act_on_training(qtbot, window):
    session = window.session
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert session.is_playing
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert not session.is_playing
    seed = session.experiment.model.seed
    QTest.keyClick(window, Qt.Key.Key_R)
    assert session.experiment.model.seed == seed + 1
    step = session.state.step
    QTest.keyClick(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: session.state.step == step + 1 and not session.is_playing)
    QTest.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: session.state.epoch == 10 and not session.is_playing)
    QTest.keyClick(window, Qt.Key.Key_Home)
    assert session.state.step == 0


def test_single_keys_do_not_act_while_typing(window):
    session = window.session
    form = window.panel("knobs")
    field = focus(window, form.rows["training.learning_rate"].editor.field)
    seed, step = session.experiment.model.seed, session.state.step
    for key in (Qt.Key.Key_Space, Qt.Key.Key_R, Qt.Key.Key_E, Qt.Key.Key_Right, Qt.Key.Key_Home):
        QTest.keyClick(field, key)
    QTest.keyClick(field, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert not session.is_playing
    assert (session.experiment.model.seed, session.state.step) == (seed, step)


def test_space_presses_the_button_that_has_the_keyboard(window):
    form = window.panel("knobs")
    form.sections["model"].more.setChecked(True)
    box = focus(window, form.rows["model.batch_norm"].editor)
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert window.session.experiment.model.batch_norm
    assert not window.session.is_playing


def test_undo_and_redo_work_also_from_a_field(window):
    session = window.session
    field = focus(window, window.panel("knobs").rows["training.learning_rate"].editor.field)
    control = Qt.KeyboardModifier.ControlModifier
    field.selectAll()
    QTest.keyClicks(field, "0.3")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert session.experiment.training.learning_rate == 0.3
    QTest.keyClick(field, Qt.Key.Key_Z, control)
    assert session.experiment.training.learning_rate == 0.1
    QTest.keyClick(field, Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
    assert session.experiment.training.learning_rate == 0.3
    QTest.keyClick(field, Qt.Key.Key_Z, control)
    QTest.keyClick(field, Qt.Key.Key_Y, control)
    assert session.experiment.training.learning_rate == 0.3
    assert "learning rate" in window.action("undo").text()


def test_tab_reaches_every_kind_of_control_and_each_has_a_name(window):
    unnamed = []
    for widget in window.findChildren(QWidget):
        if not (widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible()):
            continue
        named = widget.accessibleName() or getattr(widget, "text", lambda: "")()
        parts = (widget.objectName(), widget.metaObject().className())
        if not window.rect().contains(widget.mapTo(window, QPoint(0, 0))):
            continue  # tab bars that Qt keeps outside until they are needed
        if isinstance(widget.parent(), QAbstractScrollArea):
            continue  # its viewport
        inner = parts[1] in ("QComboBoxListView", "QScrollArea", "QGraphicsView", "QListView")
        if not named and not inner and not parts[0].startswith(("qt_", "panel.")):
            unnamed.append(parts)
    assert not unnamed


# data


def drag(window, path, target=None):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path)])
    where = QPoint(200, 200)
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where, action, data, button, none)
    QApplication.sendEvent(target or window, enter)
    drop = QDropEvent(QPointF(where), action, data, button, none)
    return enter, lambda: QApplication.sendEvent(target or window, drop), data


def test_a_dropped_table_is_announced_and_then_learnt_from(qtbot, window, table):
    enter, drop, data = drag(window, table)
    overlay = window.parts.overlay
    assert enter.isAccepted()
    assert overlay.isVisible()
    assert "animals.csv" in overlay.heading
    drop()
    assert not overlay.isVisible()
    dialog = window.findChild(ImportDialog)
    assert window.session.experiment.data.source != "file"
    qtbot.waitUntil(lambda: dialog.scene is not None and not dialog.reader.is_busy)
    dialog.parts.use.click()
    qtbot.waitUntil(lambda: window.session.experiment.data.source == "file")
    del data
    assert window.session.run.dataset.target == "species"
    assert window.parts.top.chip.text() == "animals.csv, 60 rows, 2 classes"
    assert window.windowTitle().startswith("animals.csv")
    assert window.files.recent.paths == [table]
    window.action("undo").trigger()
    assert window.session.run.dataset.name == "Two moons"


def test_a_floating_panel_takes_drops_for_the_window(window, table):
    dock = window.parts.docks["loss"]
    dock.setFloating(True)
    enter, _, data = drag(window, table, dock)
    assert enter.isAccepted()
    del data
    assert window.parts.overlay.isVisible()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.parts.overlay.isVisible()


def test_nothing_inside_a_panel_swallows_drops(window):
    for name in PANELS:
        inner = window.panel(name).findChildren(QWidget)
        assert not [w for w in inner if w.acceptDrops() and not isinstance(w, QLineEdit)]


def test_the_target_is_a_choice_among_the_columns(qtbot, window, table):
    window.files.open(table)
    qtbot.waitUntil(lambda: window.session.experiment.data.source == "file")
    box = window.panel("knobs").rows["data.target"].editor
    assert box.isVisible()
    assert {box.itemText(i) for i in range(box.count())} == {"a", "b", "species"}
    assert box.currentText() == "species"
    box.activated.emit(box.findText("b"))
    qtbot.waitUntil(lambda: window.session.run.dataset.target == "b")
    assert box.currentText() == "b"


def test_the_features_are_ticked_in_a_list(qtbot, window, table):
    window.files.open(table)
    qtbot.waitUntil(lambda: window.session.experiment.data.source == "file")
    form = window.panel("knobs")
    editor = form.rows["data.features"].editor
    assert editor.text() == "all 2 columns"
    popup = editor.open_list()
    popup.list.item(1).setCheckState(Qt.CheckState.Unchecked)
    popup.close()
    assert window.session.experiment.data.features == ("a",)
    assert editor.text() == "1 of 2 columns"
    assert window.session.run.dataset.n_features == 1


def test_a_table_that_cannot_be_read_leaves_all_and_says_why(qtbot, window, tmp_path):
    before = window.session.experiment
    window.files.open(str(tmp_path / "nothing.csv"))
    qtbot.waitUntil(lambda: window.findChild(ErrorDialog) is not None)
    dialog = window.findChild(ErrorDialog)
    assert "nothing.csv" in dialog.what.text()
    assert dialog.why.text()
    assert dialog.mend.text()
    assert not dialog.show_details.isVisible()
    assert window.session.experiment is before
    assert window.files.recent.paths == []
    dialog.close()


def test_the_gallery_pictures_every_data_set_and_uses_one(qtbot, window):
    window.action("gallery").trigger()
    gallery = window.findChild(Gallery)
    names = [gallery.list.item(row).text() for row in range(gallery.list.count())]
    assert {"Two moons", "Iris", "Penguins"} <= set(names)

    def is_drawn(row):
        image = gallery.list.item(row).icon().pixmap(100, 100).toImage()
        return any(image.pixelColor(x, 50).alpha() for x in range(image.width()))

    qtbot.waitUntil(lambda: all(is_drawn(row) for row in range(len(names))))
    gallery.list.setCurrentRow(names.index("Iris"))
    assert "Licence" in gallery.origin.text()
    gallery.use.click()
    assert window.session.run.dataset.name == "Iris"
    assert window.parts.top.chip.text() == "Iris, 150 rows, 3 classes"


# errors


def test_a_user_error_is_told_in_words_without_a_traceback(window):
    window.session.failed.emit(UserError("It failed.", "It is so.", "Do that."))
    dialog = window.findChild(ErrorDialog)
    words = [label.text() for label in (dialog.what, dialog.why, dialog.mend)]
    assert words == ["It failed.", "It is so.", "Do that."]
    assert not dialog.details.toPlainText()
    dialog.close()


def test_errors_from_anywhere_share_one_dialog(qtbot, window, capsys):
    reporter = window.parts.reporter
    reporter.install()

    def boom():
        raise RuntimeError("in a thread")

    try:
        thread = threading.Thread(target=boom)
        thread.start()
        thread.join()
        sys.excepthook(ValueError, ValueError("in the window"), None)
        sys.excepthook(ValueError, ValueError("in the window"), None)
    finally:
        reporter.uninstall()
    qtbot.waitUntil(lambda: len(window.findChildren(ErrorDialog)) == 1)
    dialog = window.findChild(ErrorDialog)
    qtbot.waitUntil(lambda: len(dialog.troubles) == 2)
    assert "in a thread" in dialog.as_text()
    assert "in the window" in dialog.as_text()
    assert "numpy" in dialog.as_text()
    dialog.copy.click()
    assert QApplication.clipboard().text() == dialog.as_text()
    assert capsys.readouterr().err
    dialog.close()


def test_an_error_that_comes_back_every_frame_opens_one_dialog_only(qtbot, window, capsys):
    reporter = window.parts.reporter
    odd = ValueError("every frame")
    window.session.failed.emit(odd)
    window.findChild(ErrorDialog).close()
    qtbot.waitUntil(lambda: window.findChild(ErrorDialog) is None)
    for _ in range(5):
        reporter.report(odd)
    assert window.findChild(ErrorDialog) is None
    assert "every frame" in window.parts.status.message.text()
    for _ in range(2):
        window.session.failed.emit(UserError("It failed again.", "", ""))
        window.findChild(ErrorDialog).close()
        qtbot.waitUntil(lambda: window.findChild(ErrorDialog) is None)


def test_running_out_of_memory_is_explained():
    assert "memory" in trouble_of(MemoryError()).what


def test_help_shows_keys_and_versions(qtbot, window):
    window.action("shortcuts").trigger()
    shortcuts = window.findChild(ShortcutsDialog)
    assert shortcuts.isVisible()
    shortcuts.close()
    window.action("about").trigger()
    about = window.findChild(AboutDialog)
    text = about.versions.text()
    for name in ("Python", "PySide6", "numba", window.session.run.history.engine.name):
        assert name in text
    about.findChild(QPushButton).click()


# themes


def test_themes_switch_while_running_and_are_remembered(window):
    for name in THEMES:
        window.choose_theme(name)
        assert theme().name == name
        assert QApplication.palette().window().color().name() == THEMES[name].surface.lower()
        assert window.settings.value("theme") == name
    window.choose_theme("system")
    assert themes().choice == "system"
    window.choose_theme("light")


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", list(THEMES))
def test_text_and_lines_have_contrast_in_every_theme(name):
    colours = THEMES[name]
    for ground in (colours.paper, colours.surface):
        for text in (colours.ink, colours.quiet, colours.accent, colours.error, colours.warning):
            assert contrast(text, ground) >= 4.5, (text, ground)
        for line in (colours.raw, colours.calibrated):
            assert contrast(line, ground) >= 3.0, (line, ground)
    on_accent = "#000000" if colours.is_dark else "#FFFFFF"
    assert contrast(on_accent, colours.accent) >= 4.5


def test_a_theme_event_reaches_the_plots(qtbot, window):
    window.choose_theme("dark")
    picture = window.panel("boundary").grab().toImage()
    corner = picture.pixelColor(2, picture.height() - 3)
    window.choose_theme("light")
    assert corner.lightness() < 80


def test_f1_helps_with_the_knob_that_has_the_keyboard(qtbot, window):
    row = window.panel("knobs").rows["training.learning_rate"]
    QTest.keyClick(focus(window, row.editor.field), Qt.Key.Key_F1)
    qtbot.waitUntil(lambda: row.binding.knob.help in QToolTip.text())
    QToolTip.hideText()


def test_closing_ends_the_threads(open_window):
    before = {thread.name for thread in threading.enumerate()}
    window = open_window()
    window.close()
    assert {thread.name for thread in threading.enumerate()} <= before


def test_a_panel_behind_a_tab_computes_nothing_and_catches_up_when_raised(qtbot, window):
    docks = window.parts.docks
    front, back = docks["reliability"], docks["figures"]
    back.show()
    window.tabifyDockWidget(back, front)
    front.raise_()
    qtbot.waitUntil(lambda: not window.panel("figures").is_seen())
    window.session.take_steps(5)
    qtbot.waitUntil(lambda: not window.session.is_playing)
    step = window.session.state.step
    window.session.frame_clock.begin_frame()
    behind = window.panel("figures").scene
    assert behind is None or behind.step < step
    back.raise_()
    qtbot.waitUntil(lambda: getattr(window.panel("figures").scene, "step", -1) == step)


def test_after_a_start_only_the_knobs_that_matter_are_seen(window):
    rows = window.panel("knobs").rows
    seen = {path for path, row in rows.items() if row.isVisible()}
    relevant = {path for path in rows if window.session.experiment.is_relevant(path)}
    assert {"data.source", "data.rows", "training.learning_rate"} <= seen <= relevant
