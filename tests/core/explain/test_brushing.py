"""Which rows a brush on the probabilities lights up, counted by hand."""

import numpy as np
import pytest

from core.experiment.view import View
from core.explain.brushing import brushed_rows, interval_of, next_interval, part_at
from core.predictions import predictions_of
from core.scenes.boundary_scene import boundary_scene
from core.scenes.reliability_scene import reliability_scene
from core.scenes.rows_scene import rows_scene
from tests.core.scene_cases import by_hand, raw_rows, table, trained


@pytest.fixture(scope="module")
def moons():
    return trained(steps=60, data={"rows": 400, "noise": 0.6})


@pytest.fixture(scope="module")
def three():
    return trained(dataset=table(n=240, n_classes=3))


def test_a_brush_lights_up_the_rows_of_a_bin_everywhere(moons):
    run, state = moons
    raw, _ = raw_rows(run)
    p = by_hand(run, state, raw)[:, 1]
    scene = reliability_scene(run, state, View(reliability_curve="width"), draws=5)
    k = int(np.argmax(scene.raw.bars.counts))
    middle = float(scene.raw.bars.probability[k])
    brushed = interval_of(scene.raw.curve, middle)
    view = View(reliability_curve="width", brushed=brushed)
    lit = brushed_rows(predictions_of(run, state), view)
    expected = (run.prepared.split == 1) & (np.ceil(p * 15 - 1e-12) - 1 == k)
    np.testing.assert_array_equal(lit, expected)
    assert lit.sum() == scene.raw.bars.counts[k]
    np.testing.assert_array_equal(rows_scene(run, state, view).lit, expected)
    boundary = boundary_scene(run, state, view, resolution=10)
    shown = np.searchsorted(run.prepared.rows, boundary.rows.rows)
    np.testing.assert_array_equal(boundary.lit, expected[shown])
    assert not boundary_scene(run, state, View(), resolution=10).lit.any()


@pytest.mark.parametrize("kind", ["corp", "width", "mass"])
def test_stepping_through_the_parts_lights_every_row_once(moons, kind):
    run, state = moons
    scene = reliability_scene(run, state, View(reliability_curve=kind), draws=5)
    curve = scene.raw.curve
    brushed, total = (), np.zeros(len(run.prepared.rows))
    for _ in range(int((curve.counts > 0).sum())):
        brushed = next_interval(curve, brushed, 1)
        total += brushed_rows(
            predictions_of(run, state), View(reliability_curve=kind, brushed=brushed)
        )
    np.testing.assert_array_equal(total, run.prepared.split == 1)
    assert next_interval(curve, brushed, 1) == next_interval(curve, (), 1)
    assert next_interval(curve, (), -1) == brushed


def test_a_smooth_curve_has_no_parts_but_a_window(moons):
    run, state = moons
    scene = reliability_scene(run, state, View(reliability_curve="smooth"), draws=5)
    assert part_at(scene.raw.curve, 0.5) == -1
    assert interval_of(scene.raw.curve, 0.5) == pytest.approx((0.475, 0.525))
    assert next_interval(scene.raw.curve, (), 1) == ()


def test_the_confidence_of_three_classes_can_be_brushed(three):
    run, state = three
    raw, _ = raw_rows(run, 1)
    confidence = by_hand(run, state, raw).max(axis=1)
    lit = brushed_rows(predictions_of(run, state), View(brushed=(0.5, 0.8)))
    expected = (confidence > 0.5) & (confidence <= 0.8)
    np.testing.assert_array_equal(lit[run.prepared.split == 1], expected)
    assert not lit[run.prepared.split != 1].any()
