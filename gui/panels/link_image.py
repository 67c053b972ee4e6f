"""All links of the network in one picture: thousands of smooth lines in a few milliseconds.

A line that runs from left to right covers, in each column of pixels, a short vertical stretch. The
stretches of all lines are added up at once as optical depths, so that no order of drawing matters.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from core.base.arrays import Codes, Floats
from gui.plot.images import rgb
from gui.style.palette import Theme

DASH, PERIOD = 4.0, 14.0  # pixels of the gaps that move, and from one to the next
GAP_SHARE = 0.2  # of a line's opacity that is left in a gap
PER_WEIGHT = 1.6  # pixels
LEAST_WIDTH, MOST_WIDTH = 0.6, 6.0
LEAST_OPACITY, MOST_OPACITY = 0.25, 0.95


def widths_of(weights: Floats) -> Floats:
    """Return how wide links are drawn, in pixels.

    Examples
    --------
    >>> widths_of(np.array([0.0, -1.0, 100.0])).tolist()
    [0.6, 2.2, 6.0]
    """
    return np.minimum(LEAST_WIDTH + PER_WEIGHT * np.abs(weights), MOST_WIDTH)


def opacities_of(weights: Floats) -> Floats:
    """Return how opaque links are drawn: small ones are faint."""
    share = np.minimum(np.abs(weights) / 2.0, 1.0)
    return LEAST_OPACITY + (MOST_OPACITY - LEAST_OPACITY) * share


class DepthMap:
    """The optical depth of negative and of positive lines in every pixel of a picture."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._pixels: tuple[list[Floats], list[Floats]] = ([], [])
        self._depths: tuple[list[Floats], list[Floats]] = ([], [])

    def add(self, ends: Floats, weights: Floats, phase: float | None) -> None:
        """Add lines (n, 4) that share their left and their right end's x; weights (n,)."""
        weights = np.nan_to_num(weights)
        left, right = float(ends[0, 0]), float(ends[0, 2])
        x = np.arange(max(int(np.ceil(left)), 0), min(int(right), self.width))
        slope = (ends[:, 3] - ends[:, 1]) / max(right - left, 1.0)
        stretch = np.hypot(1.0, slope)
        high = widths_of(weights) * stretch
        rows = np.exp2(np.ceil(np.log2(np.ceil(high) + 1.0))).astype(np.int64)
        for most in np.unique(rows).tolist():
            for sign in (0, 1):
                mine = np.flatnonzero((rows == most) & ((weights >= 0.0) == bool(sign)))
                if not len(mine) or not len(x):
                    continue
                along = x + 0.5 - left
                y = ends[mine, 1][:, None] + slope[mine][:, None] * along
                alpha = np.repeat(opacities_of(weights[mine])[:, None], len(x), axis=1)
                if phase is not None:
                    at = np.mod(stretch[mine][:, None] * along - phase, PERIOD)
                    alpha[at < DASH] *= GAP_SHARE
                self._add_lines(sign, x, y, high[mine], alpha, most)

    def image(self, chosen: Theme) -> QImage:
        """Return the picture, transparent where there is no line."""
        size = self.width * self.height
        below, above = (
            np.bincount(np.concatenate(pixels), np.concatenate(depths), minlength=size)
            if pixels
            else np.zeros(size)
            for pixels, depths in zip(self._pixels, self._depths, strict=True)
        )
        inked = np.flatnonzero(below + above)
        positive = above[inked]
        depth = positive + below[inked]
        opacity = 1.0 - np.exp(-depth)
        share = positive / depth
        packed = (255.0 * opacity + 0.5).astype(np.uint32) << 24
        first, second = rgb(chosen.classes[0]), rgb(chosen.classes[1])
        for place, (start, end) in enumerate(zip(first, second, strict=True)):
            level = (start + share * (end - start)) * opacity + 0.5
            packed |= level.astype(np.uint32) << (8 * place)
        pixels = np.zeros(size, dtype="<u4")
        pixels[inked] = packed
        kind = QImage.Format.Format_RGBA8888_Premultiplied
        return QImage(pixels.data, self.width, self.height, 4 * self.width, kind).copy()

    def _add_lines(
        self, sign: int, x: Codes, y: Floats, high: Floats, alpha: Floats, most: int
    ) -> None:
        """Add vertical stretches of `high` (n,) around y (n, columns), at most `most` rows each."""
        low = y - 0.5 * high[:, None]
        first = np.floor(low)
        row = first[..., None] + np.arange(most)
        top = np.minimum((low + high[:, None])[..., None], row + 1.0)
        cover = np.clip(top - np.maximum(low[..., None], row), 0.0, 1.0)
        depth = -np.log1p(-alpha[..., None] * cover)
        inside = (depth > 0.0) & (row >= 0.0) & (row < self.height)
        pixel = row * self.width + x[:, None]
        self._pixels[sign].append(pixel[inside].astype(np.int64))
        self._depths[sign].append(depth[inside])
