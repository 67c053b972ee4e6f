"""Pictures of the softmax panel: bars of probabilities and a gauge of the entropy."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.scenes.softmax_scene import SoftmaxScene
from gui.panels.softmax_words import class_name
from gui.style.number_text import figure, figures_font
from gui.style.theme import class_colour, class_mark, theme, themes

ROW, MOST_ROW = 22, 44
MOST_NAME = 0.3  # of the width
_MARGIN = 12.0


class Picture(QWidget):
    """Something painted from a scene; painted again in another theme."""

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.scene: SoftmaxScene | None = None
        themes().changed.connect(self.update)

    def show_scene(self, scene: SoftmaxScene) -> None:
        """Paint a scene."""
        self.scene = scene
        self.setAccessibleDescription(self.words(scene))
        self.updateGeometry()
        self.update()

    def words(self, scene: SoftmaxScene) -> str:
        """Say what is painted, for screen readers."""
        raise NotImplementedError

    def paint(self, painter: QPainter, scene: SoftmaxScene) -> None:
        """Paint the scene."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the scene, if there is one."""
        if self.scene is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(figures_font(self.font()))
        self.paint(painter, self.scene)


class ProbabilityBars(Picture):
    """One bar a class, with its marker, name and probability; under them the entropy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("softmax.bars", "", parent)
        self.setAccessibleName(self.tr("Probabilities"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Ask for a row a class."""
        rows = 0 if self.scene is None else self.scene.n_classes
        return QSize(280, ROW * rows + 12)

    def minimumSizeHint(self) -> QSize:
        """Keep every row readable."""
        return QSize(180, self.sizeHint().height())

    def show_scene(self, scene: SoftmaxScene) -> None:
        """Paint a scene, no higher than its bars want to be."""
        self.setMaximumHeight(MOST_ROW * scene.n_classes + 12)
        super().show_scene(scene)

    def words(self, scene: SoftmaxScene) -> str:
        """Say every probability."""
        return ", ".join(
            f"{class_name(scene, k)} {figure(float(p))}" for k, p in enumerate(scene.probabilities)
        )

    def paint(self, painter: QPainter, scene: SoftmaxScene) -> None:
        """Paint the bars."""
        chosen, metrics = theme(), QFontMetrics(painter.font())
        height = min(max((self.height() - 12.0) / scene.n_classes, ROW), MOST_ROW)
        names = [class_name(scene, k) for k in range(scene.n_classes)]
        name_width = min(
            max(metrics.horizontalAdvance(name) for name in names), MOST_NAME * self.width()
        )
        left = _MARGIN + 14.0 + name_width + 8.0
        right = self.width() - _MARGIN - metrics.horizontalAdvance("0.0000") - 6.0
        thick = min(0.62 * height, 20.0)
        for k, p in enumerate(scene.probabilities):
            middle = 6.0 + (k + 0.5) * height
            mark = class_mark(k, chosen)
            painter.drawPixmap(QPointF(_MARGIN, middle - mark.height() / 2.0), mark)
            name_box = QRectF(_MARGIN + 14.0, middle - height / 2.0, name_width + 1.0, height)
            painter.setPen(QColor(chosen.ink))
            name = metrics.elidedText(names[k], Qt.TextElideMode.ElideRight, int(name_width + 1))
            painter.drawText(name_box, Qt.AlignmentFlag.AlignVCenter, name)
            track = QRectF(left, middle - thick / 2.0, max(right - left, 10.0), thick)
            painter.fillRect(track, QColor(chosen.band))
            painter.fillRect(
                QRectF(track.x(), track.y(), float(p) * track.width(), thick),
                QColor(class_colour(k)),
            )
            value_box = QRectF(right, middle - height / 2.0, self.width() - _MARGIN - right, height)
            align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(value_box, align, figure(float(p)))


class EntropyGauge(Picture):
    """How unsure the probabilities are, from 0 to ln K."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("softmax.entropy", "", parent)
        self.setAccessibleName(self.tr("Entropy"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Ask for a line of text and a thin bar."""
        return QSize(240, QFontMetrics(self.font()).height() + 14)

    def words(self, scene: SoftmaxScene) -> str:
        """Say the entropy in nats, bits and as a share of the largest."""
        return self.tr("Entropy {0} nats = {1} bits, {2} % of ln {3}").format(
            figure(scene.entropy),
            figure(scene.bits),
            f"{100.0 * scene.relative_entropy:.0f}",
            scene.n_classes,
        )

    def paint(self, painter: QPainter, scene: SoftmaxScene) -> None:
        """Paint the sentence over a thin bar."""
        chosen = theme()
        line = QFontMetrics(painter.font()).height()
        painter.setPen(QColor(chosen.ink))
        wide = self.width() - 2.0 * _MARGIN
        painter.drawText(QRectF(_MARGIN, 0.0, wide, line), 0, self.words(scene))
        painter.fillRect(QRectF(_MARGIN, line + 4.0, wide, 4.0), QColor(chosen.band))
        share = min(max(scene.relative_entropy, 0.0), 1.0)
        painter.fillRect(QRectF(_MARGIN, line + 4.0, share * wide, 4.0), QColor(chosen.quiet))
