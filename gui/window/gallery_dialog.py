"""The gallery: every data set that comes with Credence, with a thumbnail of its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QCloseEvent, QIcon, QImage, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.base.errors import UserError
from core.data.data_knobs import DataChoices
from core.data.dataset import Dataset
from core.data.gallery import GALLERY, OWN_FILE, PAINTED, about, sources
from core.data.generators import GENERATORS
from core.data.loading import load_dataset
from core.data.preparing import prepare
from gui.session.session import Session
from gui.style.theme import brush, class_colour, figures_font

SIDE = 104
_NAME = Qt.ItemDataRole.UserRole
_COLOURS = 10
# a wave of one class over a wave of the other
_DOODLE = tuple(
    (x / 10, (0.4 if k == 0 else -0.4) + 0.8 * math.sin(x / 10), k)
    for k in (0, 1)
    for x in range(-36, 37, 4)
)


class Gallery(QDialog):
    """Shows the generators and the bundled tables; choosing one is one undoable edit.

    Parameters
    ----------
    session : Session
    open_file : callable
        Asks for a table of the user's own.
    paint : callable
        Begins a blank sheet to paint on.
    """

    def __init__(
        self,
        session: Session,
        open_file: Callable[[], None],
        paint: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.gallery")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Data sets"))
        self.session = session
        self._open_file = open_file
        self._paint = paint
        self.list = self._make_list()
        self.name = QLabel(self)
        self.name.setFont(figures_font(self.font(), bold=True, scale=1.3))
        self.text = QLabel(self)
        self.origin = QLabel(self)
        self.origin.setProperty("quiet", True)
        self.origin.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.use = QPushButton(self.tr("Use this data set"), self)
        self.use.setDefault(True)
        self.use.clicked.connect(self.choose)
        self.own = QPushButton(self.tr("Open a file of your own…"), self)
        self.own.clicked.connect(self._on_open)
        self._lay_out()
        self.list.currentItemChanged.connect(self._show_details)
        self.list.itemActivated.connect(self.choose)
        self._select(session.experiment.data.source)
        self._draw_pictures()

    def choose(self) -> None:
        """Use the data set that is selected."""
        name = self._selected()
        self.close()
        if name == PAINTED.name:
            self._paint()
            return
        try:
            self.session.edit("data.source", name)
        except UserError as error:
            self.session.failed.emit(error)

    def _make_list(self) -> QListWidget:
        made = QListWidget(self)
        made.setObjectName("gallery.list")
        made.setAccessibleName(self.tr("Data sets"))
        made.setViewMode(QListView.ViewMode.IconMode)
        made.setResizeMode(QListView.ResizeMode.Adjust)
        made.setMovement(QListView.Movement.Static)
        made.setIconSize(QSize(SIDE, SIDE))
        made.setGridSize(QSize(SIDE + 28, SIDE + 60))
        made.setWordWrap(True)
        made.setTextElideMode(Qt.TextElideMode.ElideNone)
        made.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        blank = QPixmap(SIDE, SIDE)
        blank.fill(Qt.GlobalColor.transparent)
        for record in sources().values():
            if record.name == OWN_FILE.name:
                continue
            is_painted = record.name == PAINTED.name
            label = self.tr("Paint your own") if is_painted else record.label
            item = QListWidgetItem(QIcon(blank), label, made)
            item.setData(_NAME, record.name)
        return made

    def _draw_pictures(self) -> None:
        colours = tuple(class_colour(index) for index in range(_COLOURS))
        ratio = self.devicePixelRatioF()
        present = self.session.experiment.data
        for row in range(self.list.count()):
            name = str(self.list.item(row).data(_NAME))
            choices = DataChoices(source=name, noise=present.noise, painted=_DOODLE)
            self.session.background.run(
                f"thumbnail.{name}",
                partial(draw_thumbnail, choices, SIDE, ratio, colours),
                partial(self._show_picture, row),
                self.session.failed.emit,
            )

    def _show_picture(self, row: int, image: QImage) -> None:
        picture = QIcon()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            picture.addPixmap(QPixmap.fromImage(image), mode)
        self.list.item(row).setIcon(picture)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Cancel the thumbnails that are not drawn yet."""
        self._forget_pictures()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """Cancel the thumbnails that are not drawn yet."""
        self._forget_pictures()
        super().done(result)

    def _forget_pictures(self) -> None:
        for name in sources():
            self.session.background.cancel(f"thumbnail.{name}")

    def _show_details(self) -> None:
        name = self._selected()
        self.name.setText(self.list.currentItem().text())
        if name == PAINTED.name:
            self.text.setText(
                self.tr("A blank sheet: paint points of two classes or more; the model follows.")
            )
            self.origin.setText("")
        elif name in GENERATORS:
            record = GENERATORS[name]
            self.text.setText(record.description)
            self.origin.setText(
                self.tr("Drawn by a formula, so that the true P(y | x) is known everywhere.")
            )
        else:
            facts = _facts(name)
            self.text.setText(GALLERY[name].description)
            self.origin.setText(
                self.tr("Source: {0}\n\nLicence: {1}").format(
                    facts.get("Source", "–"), facts.get("Licence", "–")
                )
            )

    def _selected(self) -> str:
        return str(self.list.currentItem().data(_NAME))

    def _select(self, name: str) -> None:
        rows = range(self.list.count())
        found = [row for row in rows if self.list.item(row).data(_NAME) == name]
        self.list.setCurrentRow(found[0] if found else 0)

    def _on_open(self) -> None:
        self.close()
        self._open_file()

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(12)
        for label in (self.name, self.text, self.origin):
            label.setWordWrap(True)
            side.addWidget(label)
        side.addStretch(1)
        side.addWidget(self.use)
        side.addWidget(self.own)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(24)
        layout.addWidget(self.list, 3)
        layout.addLayout(side, 1)
        self.resize(1000, 680)


def _facts(name: str) -> dict[str, str]:
    """Return what the file beside a bundled table says, such as "Source" and "Licence"."""
    return dict(line.split(": ", 1) for line in about(name).splitlines() if ": " in line[:10])


MOST_POINTS = 400
_MARGIN = 8.0


def points_of(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return up to 400 rows in the plane (n, 2) and their labels (n,).

    Two inputs are shown as they are, more by their first two principal components.
    """
    prepared = prepare(dataset)
    step = -(-len(prepared.y) // MOST_POINTS) or 1
    X, y = prepared.X[::step], prepared.y[::step]
    if X.shape[1] > 2:
        centred = X - X.mean(axis=0)
        _, _, directions = np.linalg.svd(centred, full_matrices=False)
        X = centred @ directions[:2].T
    if X.shape[1] == 1:
        X = np.column_stack([X[:, 0], y])
    return X, y


def draw_thumbnail(choices: DataChoices, size: int, ratio: float, colours: Sequence[str]) -> QImage:
    """Return a square picture of a data set; safe in any thread.

    Parameters
    ----------
    size : int
        The side in device-independent pixels.
    ratio : float
        Device pixels for each of these.
    colours : sequence of str
        The colour of each class.
    """
    X, y = points_of(load_dataset(choices))
    image = QImage(round(size * ratio), round(size * ratio), QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    low, high = np.quantile(X, [0.005, 0.995], axis=0)
    scale = (size - 2 * _MARGIN) / max(float((high - low).max()), 1e-12)
    middle = (low + high) / 2
    for (x1, x2), label in zip(X.tolist(), y.tolist(), strict=True):
        painter.setBrush(brush(colours[label % len(colours)]))
        at = QPointF(
            size / 2 + (x1 - middle[0]) * scale,
            size / 2 - (x2 - middle[1]) * scale,
        )
        _draw_marker(painter, at, label)
    painter.end()
    return image


def _draw_marker(painter: QPainter, at: QPointF, label: int) -> None:
    """Draw a circle, square, triangle or diamond, by class."""
    r = 1.9
    if label % 4 == 0:
        painter.drawEllipse(at, r, r)
    elif label % 4 == 1:
        painter.drawRect(QRectF(at.x() - r, at.y() - r, 2 * r, 2 * r))
    else:
        corners = [(0, -r), (r, r), (-r, r)]
        if label % 4 == 3:
            corners = [(0, -r), (r, 0), (0, r), (-r, 0)]
        painter.drawPolygon(QPolygonF([at + QPointF(x, y) for x, y in corners]))
