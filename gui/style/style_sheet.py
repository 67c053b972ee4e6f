"""The style sheet of all widgets, a template filled with a theme's colours."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from gui.style.palette import ICONS, mixed, on_accent

if TYPE_CHECKING:
    from gui.style.palette import Theme


# Where separators are one pixel wide, Qt makes a widget for each and deletes none of them: so they
# are three, of which the middle one is seen.
_SHEET = Template("""
QMainWindow, QDialog { background: $surface; }
QMainWindow::separator { background: $line; width: 1px; height: 1px; margin: 1px; }
QMainWindow::separator:hover { background: $accent; }
QToolTip { background: $paper; color: $ink; border: 1px solid $line; padding: 4px; }

QMenuBar { background: $surface; padding: 0 4px; border-bottom: 1px solid $line; }
QMenuBar::item { padding: 8px 8px; margin: 2px 0; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $paper; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 4px 24px; border-radius: 4px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $raw; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QToolBar { background: $surface; border: 0; spacing: 8px; padding: 0 8px; }
QToolBar#toolbar\\.transport { border-top: 1px solid $line; }
QToolBar#toolbar\\.top { border-bottom: 1px solid $line; }
QStatusBar { background: $surface; border-top: 1px solid $line; }
QStatusBar::item { border: 0; }

QWidget#panel\\.title { background: $paper; }
QLabel#title\\.text { color: $quiet; font-weight: 600; }
QScrollArea#panel\\.knobs, QWidget#knobs\\.body { background: $paper; border: 0; }

QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 3px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $pressed; }
QToolButton:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; }
QToolButton#action\\.play\\.button { background: $accent; border-radius: 16px; }
QToolButton#action\\.play\\.button:hover { background: $accent_hover; }
QToolButton#action\\.play\\.button:focus { border: 2px solid $ink; }
QToolButton#data\\.chip { border: 1px solid $line; border-radius: 12px; padding: 3px 12px; }
QToolButton#data\\.chip:hover { background: $hover; }
QToolButton#data\\.chip:focus { border-color: $accent; }
QToolButton[field="true"] { background: $field; border: 1px solid $line; padding: 2px 6px; }
QToolButton[field="true"]:hover { border-color: $raw; }
QToolButton[field="true"]:focus { border-color: $accent; }
QToolButton[section="true"] { color: $quiet; font-weight: 600; padding: 4px 0; }
QToolButton[fold="true"] { color: $quiet; padding: 2px 0; }
QToolButton[section="true"]:checked, QToolButton[fold="true"]:checked { background: transparent; }
QToolButton[section="true"]:hover, QToolButton[fold="true"]:hover { color: $ink; }

QTabBar { background: transparent; }
QTabBar::tab { color: $quiet; padding: 4px 12px; border: 0;
    border-bottom: 2px solid transparent; background: transparent; }
QTabBar::tab:selected { color: $ink; border-bottom-color: $accent; }
QTabBar::tab:hover { color: $ink; background: $hover; }
QTabBar::tab:focus { color: $accent; }

QLineEdit { background: $field; border: 1px solid $line; border-radius: 4px; padding: 2px 4px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus { border-color: $accent; }
QLineEdit:disabled { color: $raw; }
QLineEdit[refused="true"] { border-color: $error; color: $error; }
QComboBox { background: $field; border: 1px solid $line; border-radius: 4px;
    padding: 2px 4px; selection-background-color: $accent; selection-color: $on_accent; }
QComboBox { padding-left: 6px; }
QComboBox:hover, QLineEdit:hover { border-color: $raw; }
QComboBox:focus { border-color: $accent; }
QComboBox:disabled { color: $raw; }
QComboBox::drop-down { border: 0; width: 18px; }
QComboBox::down-arrow { image: url("$icons/down_$background.svg"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $paper; border: 1px solid $line; padding: 2px;
    selection-background-color: $accent; selection-color: $on_accent; outline: 0; }
QToolButton[stepper="true"] { border: 0; border-radius: 0; padding: 0; }
QToolButton[stepper="true"]::up-arrow { image: url("$icons/up_$background.svg");
    width: 10px; height: 10px; }
QToolButton[stepper="true"]::down-arrow { image: url("$icons/down_$background.svg");
    width: 10px; height: 10px; }
QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $raw; border-radius: 3px;
    background: $field; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent;
    image: url("$icons/check_$background.svg"); }
QCheckBox::indicator:focus, QCheckBox::indicator:hover { border-color: $accent; }
QLabel[quiet="true"] { color: $quiet; }
QLabel[refused="true"] { color: $error; }
QLabel[figure="true"] { font-weight: 600; }
QLabel[warning="true"] { color: $warning; }
QFrame[line="true"] { background: $line; border: 0; }

QPushButton { background: $field; border: 1px solid $line; border-radius: 4px; padding: 5px 16px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:focus { border-color: $accent; }
QPushButton:default { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton:default:hover { background: $accent_hover; }
QPushButton:disabled { color: $raw; background: transparent; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $pressed; border-radius: 4px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $raw; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QHeaderView::section { background: $surface; color: $quiet; border: 0;
    border-bottom: 1px solid $line; padding: 4px 8px; }
QTableView { gridline-color: $band; border: 0; background: $paper; }
QTableView#import\\.rows, QTableView#import\\.columns, QTableView#import\\.problems,
QTableView#import\\.lines { selection-background-color: $selected; selection-color: $ink; }
QTableView#import\\.rows::item, QTableView#import\\.columns::item,
QTableView#import\\.problems::item, QTableView#import\\.lines::item { padding: 0 5px; }
QTableCornerButton::section { background: $surface; border: 0; border-bottom: 1px solid $line; }
QAbstractScrollArea::corner { background: transparent; }
QProgressBar { background: $line; border: 0; border-radius: 3px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QListWidget#gallery\\.list { background: $paper; border: 1px solid $line; border-radius: 4px; }
QListWidget#gallery\\.list::item { border-radius: 4px; padding: 8px; color: $ink; }
QListWidget#gallery\\.list::item:hover { background: $hover; }
QListWidget#gallery\\.list::item:selected { background: $selected; color: $ink; }
QPlainTextEdit { background: $paper; border: 1px solid $line; border-radius: 4px; }
""")


def style_sheet(theme: Theme) -> str:
    """Return the application's style sheet in a theme's colours."""
    return _SHEET.substitute(
        icons=ICONS.as_posix(),
        background="dark" if theme.is_dark else "light",
        paper=theme.paper,
        surface=theme.surface,
        ink=theme.ink,
        quiet=theme.quiet,
        line=theme.line,
        accent=theme.accent,
        raw=theme.raw,
        band=theme.band,
        warning=theme.warning,
        error=theme.error,
        on_accent=on_accent(theme),
        accent_hover=mixed(theme.accent, theme.ink, 0.15),
        field=mixed(theme.paper, "#FFFFFF", 0.6 if not theme.is_dark else 0.04),
        hover=mixed(theme.surface, theme.ink, 0.08),
        pressed=mixed(theme.surface, theme.ink, 0.16),
        selected=mixed(theme.paper, theme.accent, 0.25),
    )
