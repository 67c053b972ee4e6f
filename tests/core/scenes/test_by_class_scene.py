"""Every class judged on its own, worked out independently."""

import statistics
from dataclasses import replace

import numpy as np
import pytest

from core.data.dataset import Dataset, Feature
from core.experiment.view import View
from core.explain.ternary import CORNERS
from core.run.recalibration import (
    Model,
    recalibration_at,
)
from core.scenes.by_class_scene import MOST_TILES, by_class_scene
from tests.core.scene_cases import by_hand, raw_rows, table, trained, with_choices


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
    mended = by_class_scene(changed, state, View(split="test"))
    fitted = recalibration_at(changed, state)
    after = fitted.probabilities(Model.at(run, state).logits(2))
    assert mended.tiles[1].calibrated.ece == pytest.approx(ece(y == 1, after[:, 1]))
    np.testing.assert_allclose(mended.points, after @ CORNERS, atol=1e-9)


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
