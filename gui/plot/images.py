"""Probabilities as colours: washed out where the model is unsure."""

from __future__ import annotations

import functools

import numpy as np
from PySide6.QtGui import QColor, QPainter

from gui.plot.canvas import PlotCanvas
from gui.style.palette import Theme

STRENGTH = 0.62  # of a certain class's colour over the paper, so that points stand out
_STEPS = 512


def surface_image(
    probabilities: np.ndarray, chosen: Theme, discrete: bool = False, threshold: float = 0.5
) -> np.ndarray:
    """Return probabilities (r, c, K) as an RGBA picture (r, c, 4) of bytes.

    Two classes run from the first's colour over paper to the second's; of more, the colours are
    blended by probability and fade to paper as the largest nears 1 / K.

    Parameters
    ----------
    discrete : bool
        Whether to paint the class decided; of two, the second from the threshold on.
    """
    n_classes = probabilities.shape[2]
    if n_classes == 2:
        p = probabilities[:, :, 1]
        if discrete:
            p = (p >= threshold).astype(np.float64)
        steps = p * (_STEPS - 1) + 0.5
        if np.isnan(steps.sum()):
            steps = np.nan_to_num(steps, nan=_STEPS / 2)
        return _looked_up(_two_class_table(chosen), steps.astype(np.uint16))
    if discrete:
        return _looked_up(_solid_table(chosen, n_classes), probabilities.argmax(axis=2))
    return _blend(probabilities, chosen)


def rgb(colour: str) -> np.ndarray:
    """Return a colour as (3,) floats from 0 to 255."""
    return np.array(QColor(colour).getRgb()[:3], dtype=np.float64)  # type: ignore[index]


def shade_at(level: float, chosen: Theme) -> str:
    """Return the colour, as ``#rrggbb``, of a probability of the second of two classes."""
    red, green, blue, _ = _two_class_table(chosen)[int(level * (_STEPS - 1) + 0.5)].tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _looked_up(table: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return table[steps] for a table (m, 4) of bytes, looked up as one uint32 a colour."""
    return table.view(np.uint32)[:, 0].take(steps).view(np.uint8).reshape(*steps.shape, 4)


def _pure(chosen: Theme, k: int) -> np.ndarray:
    return rgb(chosen.classes[k % len(chosen.classes)])


def _blend(probabilities: np.ndarray, chosen: Theme) -> np.ndarray:
    n_classes = probabilities.shape[2]
    paper = rgb(chosen.paper)
    pure = np.array([_pure(chosen, k) for k in range(n_classes)])
    largest = probabilities.max(axis=2, keepdims=True)
    sure = (largest - 1.0 / n_classes) / (1.0 - 1.0 / n_classes)
    image = np.full((*probabilities.shape[:2], 4), 255, dtype=np.uint8)
    mixed = paper + STRENGTH * np.clip(sure, 0.0, 1.0) * (probabilities @ pure - paper)
    image[:, :, :3] = np.nan_to_num(mixed + 0.5, nan=128.0)
    return image


@functools.lru_cache(maxsize=8)
def _two_class_table(chosen: Theme) -> np.ndarray:
    paper, first, second = rgb(chosen.paper), _pure(chosen, 0), _pure(chosen, 1)
    signed = np.linspace(-1.0, 1.0, _STEPS)[:, None]
    towards = np.where(signed < 0.0, first, second)
    table = np.full((_STEPS, 4), 255, dtype=np.uint8)
    table[:, :3] = paper + STRENGTH * np.abs(signed) * (towards - paper) + 0.5
    return table


@functools.lru_cache(maxsize=8)
def _solid_table(chosen: Theme, n_classes: int) -> np.ndarray:
    paper = rgb(chosen.paper)
    table = np.full((n_classes, 4), 255, dtype=np.uint8)
    for k in range(n_classes):
        table[k, :3] = paper + STRENGTH * (_pure(chosen, k) - paper) + 0.5
    return table


def smooth_images(plot: PlotCanvas) -> None:
    """Interpolate between the points of images that have fewer than the screen has pixels."""
    plot.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
