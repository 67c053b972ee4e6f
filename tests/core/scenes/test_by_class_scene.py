"""Every class judged on its own, worked out independently."""

import statistics
from dataclasses import replace

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from core.data.dataset import Dataset, Feature
from core.experiment.view import View
from core.explain.ternary import CORNERS
from core.scenes.by_class_scene import MOST_TILES, by_class_scene
from tests.core.scene_cases import (
    by_hand,
    part_of,
    raw_rows,
    recalibration_of,
    table,
    trained,
    with_choices,
)


@pytest.fixture(scope="module")
def three():
    return trained(dataset=table(n=240, n_classes=3))


def test_class_wise_and_top_label_curves_are_one_a_class(three):
    run, state = three
    raw, y = raw_rows(run, 2)
    p = by_hand(run, state, raw)
    edges = np.linspace(0, 1, 16)

    def ece(happened, said):
        at = np.clip(np.searchsorted(edges, said, side="left") - 1, 0, 14)
        return np.abs(np.bincount(at, happened - said, minlength=15)).sum() / len(said)

    scene = by_class_scene(run, state, View(split="test"))
    values = [ece(y == k, p[:, k]) for k in range(3)]
    assert [tile.raw.ece for tile in scene.tiles] == pytest.approx(values)
    assert scene.ece[0] == pytest.approx(statistics.mean(values))
    assert np.isnan(scene.ece[1])
    np.testing.assert_allclose(scene.points, p @ CORNERS, atol=1e-9)
    np.testing.assert_array_equal(scene.labels, y)
    top = by_class_scene(run, state, View(split="test", top_label=True))
    best = p.argmax(axis=1)
    for tile in top.tiles:
        mine = best == tile.of_class
        assert tile.n_rows == mine.sum()
        expected = ece(y[mine] == tile.of_class, p[mine].max(axis=1))
        assert tile.raw.ece == pytest.approx(expected)
    changed = with_choices(run, method="vector")
    calibrated = by_class_scene(changed, state, View(split="test"))
    fitted = recalibration_of(changed, state)
    after = fitted.probabilities(part_of(run, state, 2).logits)
    assert calibrated.tiles[1].calibrated.ece == pytest.approx(ece(y == 1, after[:, 1]))
    np.testing.assert_allclose(calibrated.points, after @ CORNERS, atol=1e-9)


def test_many_classes_are_shown_up_to_a_dozen_and_have_no_triangle():
    rng = np.random.default_rng(0)
    names = tuple(f"c{k}" for k in range(15))
    data = Dataset(
        "many", (Feature("x"), Feature("y")), rng.normal(size=(300, 2)), np.arange(300) % 15, names
    )
    scene = by_class_scene(*trained(steps=5, dataset=data), View())
    assert len(scene.tiles) == MOST_TILES
    assert len(scene.points) == 0


def test_a_part_without_rows_has_no_tiles():
    whole = table(levels=False)
    parts = np.where(np.arange(whole.n_samples) % 2, 0, 2)
    run, state = trained(steps=5, dataset=replace(whole, split=parts))
    scene = by_class_scene(with_choices(run, method="platt"), state, View())
    assert scene.tiles == ()
    assert np.isnan(scene.ece).all()


def test_top_label_errors_are_averaged_by_how_often_each_class_is_decided(three):
    run, state = three
    raw, y = raw_rows(run, 0)
    p = by_hand(run, state, raw)
    best, confidence = p.argmax(axis=1), p.max(axis=1)
    total = 0.0
    for k in range(3):
        for j in range(15):
            inside = (best == k) & (np.ceil(confidence * 15) - 1 == j)
            total += abs(np.sum(y[inside] == k) - confidence[inside].sum())
    scene = by_class_scene(run, state, View(split="train", top_label=True))
    assert scene.ece[0] == pytest.approx(total / len(y))
    assert sum(tile.n_rows for tile in scene.tiles) == len(y)


def test_each_class_s_curve_is_the_isotonic_regression_of_its_own_outcomes(three):
    run, state = three
    raw, y = raw_rows(run, 0)
    p = by_hand(run, state, raw)
    scene = by_class_scene(run, state, View(split="train"))
    assert [tile.of_class for tile in scene.tiles] == [0, 1, 2]
    for k, tile in enumerate(scene.tiles):
        fit = IsotonicRegression(out_of_bounds="clip").fit(p[:, k], y == k)
        np.testing.assert_allclose(
            np.interp(p[:, k], *tile.raw.curve.knots), fit.predict(p[:, k]), atol=1e-9
        )
        assert tile.n_rows == len(y)
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
    np.testing.assert_allclose(scene.points, p @ corners, atol=1e-12)


def test_many_rows_are_thinned_evenly_in_the_triangle_but_not_in_the_curves():
    run, state = trained(steps=2, data={"source": "three_spirals", "rows": 6000})
    scene = by_class_scene(run, state, View(split="train"))
    _, y = raw_rows(run, 0)
    stride = int(np.ceil(len(y) / 1500))
    np.testing.assert_array_equal(scene.labels, y[::stride])
    assert len(scene.points) <= 1500
    assert scene.tiles[0].n_rows == len(y)
