"""Each row with what the model says about it, worked out in loops."""

from dataclasses import replace

import numpy as np

from core.data.dataset import Dataset
from core.experiment.view import View
from core.scenes.rows_scene import rows_scene
from tests.core.scene_cases import by_hand, raw_rows, table, trained


def test_rows_hold_each_row_s_probabilities_and_decision():
    run, state = trained(dataset=table(n_classes=3))
    scene = rows_scene(run, state, View(selected=4))
    raw, _ = raw_rows(run)
    expected = by_hand(run, state, raw)
    np.testing.assert_allclose(scene.probabilities, expected, rtol=1e-9)
    np.testing.assert_array_equal(scene.decided, expected.argmax(axis=1))
    assert scene.selected == 4
    assert scene.left_out == 0
    assert not scene.probabilities.flags.writeable


def test_rows_of_two_classes_are_decided_at_the_threshold():
    run, state = trained(steps=20)
    scene = rows_scene(run, state, View(threshold=0.3))
    raw, _ = raw_rows(run)
    np.testing.assert_array_equal(scene.decided, by_hand(run, state, raw)[:, 1] >= 0.3)


def test_rows_left_out_for_missing_values_are_counted():
    base = table(60)
    X = base.X.copy()
    X[:3, 0] = np.nan
    run, state = trained(steps=2, dataset=Dataset("t", base.features, X, base.y, base.classes))
    scene = rows_scene(run, state, View())
    assert scene.left_out == 3
    assert scene.predictions.rows[0] == 3


def test_the_table_keeps_the_order_and_the_numbers_of_the_data_set():
    base = table(60)
    X = base.X.copy()
    X[[0, 7], 1] = np.nan
    run, state = trained(steps=9, dataset=Dataset("t", base.features, X, base.y, base.classes))
    scene = rows_scene(run, state, View(brushed=(0.5, 1.0), split="train"))
    kept = [i for i in range(60) if i not in (0, 7)]
    assert scene.predictions.rows.tolist() == kept
    p = by_hand(run, state, X[kept])
    np.testing.assert_allclose(scene.probabilities, p, rtol=1e-9)
    expected = (p[:, 1] > 0.5) & (run.prepared.split == 0)
    np.testing.assert_array_equal(scene.lit, expected)
    assert scene.step == state.step == 9


def test_a_row_of_exactly_one_half_is_decided_for_class_1_and_for_the_first_of_three():
    for n_classes, expected in ((2, 1), (3, 0)):
        run, state = trained(steps=1, dataset=table(60, n_classes))
        even = replace(state, parameters=np.zeros_like(state.parameters))
        assert set(rows_scene(run, even, View()).decided.tolist()) == {expected}
