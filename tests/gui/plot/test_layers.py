import numpy as np
from PySide6.QtGui import QImage

from gui.plot.canvas import PlotCanvas
from gui.plot.layers import LinesLayer, Word, WordsLayer
from gui.style.theme import pen

GAP = [[np.nan, np.nan]]


def test_rough_lines_are_where_smooth_ones_are(qtbot, qapp):
    plot = PlotCanvas("lines")
    qtbot.addWidget(plot)
    plot.resize(300, 300)
    plot.set_limits(0.0, 1.0, 0.0, 1.0)
    plot.show()
    qtbot.waitExposed(plot)
    layer = LinesLayer(plot, 5)
    empty = plot.grab().toImage()
    turns = np.linspace(0.0, 6.0, 40)
    ring = np.column_stack([0.5 + 0.3 * np.cos(turns), 0.5 + 0.3 * np.sin(turns)])
    bars = np.array([[0.1, 0.1], [0.9, 0.1], *GAP, [0.1, 0.9], [0.9, 0.9], *GAP, [0.5, 0.5]])
    for points, is_seen in (
        (ring, True),
        (bars, True),
        (np.array(GAP), False),
        (np.empty((0, 2)), False),
    ):
        layer.show_lines([(points, pen("#000000"))], False)
        seen = plot.grab().toImage()
        assert (seen != empty) == is_seen
        layer.show_lines([(points, pen("#000000"))], True)
        whole = inked(plot.grab().toImage(), empty)
        drawn = inked(seen, empty)
        near = np.array([np.roll(whole, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)])
        assert not (drawn & ~near.any(axis=0)).any()
        assert drawn.sum() >= 0.4 * whole.sum()


def inked(image, empty):
    """Return where an image (r, c) is not as it was when nothing was drawn."""
    grey = [each.convertToFormat(QImage.Format.Format_Grayscale8) for each in (image, empty)]
    rows = [np.frombuffer(g.constBits(), np.uint8).reshape(g.height(), -1) for g in grey]
    return np.abs(rows[0].astype(int) - rows[1])[:, : image.width()] > 20


def test_a_text_that_has_no_room_gives_way_to_a_shorter_one(qtbot, qapp):
    plot = PlotCanvas("words")
    qtbot.addWidget(plot)
    plot.set_limits(0.0, 1.0, 0.0, 1.0)
    layer = WordsLayer(plot, 5)

    def picture(width, *texts):
        plot.resize(width, 120)
        plot.show()
        qtbot.waitExposed(plot)
        layer.show_words([Word(texts[0], 1.0, 0.5, "#000000", across=1.0, shorter=texts[1:])])
        return plot.grab().toImage()

    long, short = "a text of quite some words, each of them long", "short"
    assert picture(600, long, short) == picture(600, long)
    assert picture(140, long, short) == picture(140, short)
    assert picture(140, long, short) != picture(140, long)
