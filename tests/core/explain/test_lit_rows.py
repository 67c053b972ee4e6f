"""The caption of a brush is about the lit rows, whatever curve is drawn."""

import numpy as np
import pytest

from core.experiment.experiment import Experiment
from core.experiment.view import View
from core.explain.brushing import brushed_rows, interval_of, lit_rows, next_interval
from core.predictions.predictions import Predictions
from core.scenes.reliability_scene import reliability_of
from core.scenes.rows_scene import rows_of

CHOICES = Experiment().calibration
RNG = np.random.default_rng(4)


def some(n_classes, weighted):
    n = 500
    z = RNG.normal(0.0, 2.0, (n, n_classes)).round(1)
    y = (z + RNG.gumbel(size=z.shape)).argmax(axis=1)
    weights = RNG.integers(0, 3, n).astype(float) if weighted else None
    split = np.arange(n) % 3
    return Predictions.from_logits(y, z, split=split, weights=weights)


@pytest.mark.parametrize("curve", ["corp", "width", "mass", "smooth"])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_what_is_said_of_a_brush_is_of_the_lit_rows(curve, n_classes, weighted):
    predictions = some(n_classes, weighted)
    view = View().replacing("reliability_curve", curve)
    drawn = reliability_of(predictions, CHOICES, view, draws=0).raw.curve
    for x in (0.02, 0.31, 0.5, 0.77, 0.999):
        brushed = view.replacing("brushed", interval_of(drawn, x))
        lit = brushed_rows(predictions, brushed)
        scene = reliability_of(predictions, CHOICES, brushed, draws=0)
        np.testing.assert_array_equal(lit, rows_of(predictions, brushed).lit)
        assert scene.lit.n_rows == lit.sum()
        p, y = predictions.probabilities[lit], predictions.labels[lit]
        judged, happened = (p[:, 1], y == 1) if n_classes == 2 else (p.max(1), p.argmax(1) == y)
        w = np.ones(len(y)) if predictions.weights is None else predictions.weights[lit]
        if not w.any():
            assert np.isnan(scene.lit.mean)
            continue
        assert scene.lit.mean == pytest.approx(np.average(judged, weights=w))
        assert scene.lit.frequency == pytest.approx(np.average(happened, weights=w))
        assert scene.lit.trials == pytest.approx(w.sum() ** 2 / (w**2).sum())


def test_stepping_from_bin_to_bin_lights_every_row_once():
    predictions, view = some(2, False), View().replacing("reliability_curve", "corp")
    drawn = reliability_of(predictions, CHOICES, view, draws=0).raw.curve
    total, brushed = 0, ()
    for _ in range(len(drawn.counts)):
        brushed = next_interval(drawn, brushed, 1)
        total += lit_rows(predictions, view.replacing("brushed", brushed)).n_rows
    assert total == predictions.part("validation").n_rows


def test_without_a_brush_nothing_is_said():
    assert lit_rows(some(2, False), View()) is None
