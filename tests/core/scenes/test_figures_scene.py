"""The figures of each part against scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from core.base.arrays import SPLITS
from core.data.dataset import Dataset
from core.experiment.view import View
from core.scenes.figures_scene import figures_scene
from tests.core.scene_cases import by_hand, raw_rows, table, trained


def test_figures_of_two_classes_are_those_of_scikit_learn_at_each_threshold():
    run, state = trained(steps=30, data={"rows": 300, "noise": 0.5})
    for threshold in (0.25, 0.5, 0.8):
        scene = figures_scene(run, state, View(threshold=threshold, split="test"))
        for code in range(len(SPLITS)):
            raw, labels = raw_rows(run, code)
            p = by_hand(run, state, raw)[:, 1]
            choice = (p >= threshold).astype(int)
            part = scene.parts[code]
            assert part.accuracy == pytest.approx(metrics.accuracy_score(labels, choice))
            assert part.precision == pytest.approx(metrics.precision_score(labels, choice))
            assert part.recall == pytest.approx(metrics.recall_score(labels, choice))
            assert part.f1 == pytest.approx(metrics.f1_score(labels, choice))
            assert part.auc == pytest.approx(metrics.roc_auc_score(labels, p))
            assert part.log_loss == pytest.approx(metrics.log_loss(labels, p))
            assert part.brier == pytest.approx(metrics.brier_score_loss(labels, p))
            expected = metrics.confusion_matrix(labels, choice)
            np.testing.assert_array_equal(part.confusion, expected)
        assert scene.chosen is scene.parts[2]


def test_a_part_without_rows_has_no_figures():
    base = table(60)
    split = np.tile(np.array([0, 1], dtype=np.int8), 30)
    given = Dataset("t", base.features, base.X, base.y, base.classes, split=split)
    run, state = trained(steps=5, dataset=given)
    scene = figures_scene(run, state, View(split="test"))
    assert scene.parts[2] is None
    assert scene.chosen is None


def test_figures_of_three_classes_are_macro_means_of_scikit_learn_s():
    run, state = trained(steps=20, dataset=table(n=240, n_classes=3))
    scene = figures_scene(run, state, View(threshold=0.9))  # which is for two classes alone
    for code, part in enumerate(scene.parts):
        raw, labels = raw_rows(run, code)
        p = by_hand(run, state, raw)
        choice = p.argmax(axis=1)
        report = metrics.classification_report(
            labels, choice, output_dict=True, zero_division=np.nan
        )
        assert part.rows == len(labels)
        assert part.accuracy == pytest.approx(report["accuracy"])
        for k in range(3):
            assert part.class_precision[k] == pytest.approx(
                report[str(k)]["precision"], nan_ok=True
            )
            assert part.class_recall[k] == pytest.approx(report[str(k)]["recall"])
        assert part.recall == pytest.approx(report["macro avg"]["recall"])
        assert part.f1 == pytest.approx(metrics.f1_score(labels, choice, average="macro"))
        assert part.balanced_accuracy == pytest.approx(
            metrics.balanced_accuracy_score(labels, choice)
        )
        assert part.auc == pytest.approx(metrics.roc_auc_score(labels, p, multi_class="ovr"))
        assert part.log_loss == pytest.approx(metrics.log_loss(labels, p))
        distances = np.sum((p - np.eye(3)[labels]) ** 2, axis=1)
        assert part.brier == pytest.approx(distances.mean())
        np.testing.assert_array_equal(part.confusion, metrics.confusion_matrix(labels, choice))
    assert scene.classes == ("k0", "k1", "k2")


def test_rows_at_the_threshold_itself_are_decided_for_class_1():
    run, state = trained(steps=5)
    even = replace(state, parameters=np.zeros_like(state.parameters))  # says 0.5 of every row
    for threshold, column in ((0.5, 1), (np.nextafter(0.5, 1.0), 0)):
        scene = figures_scene(run, even, View(threshold=threshold, split="train"))
        assert (scene.step, scene.split, scene.threshold) == (state.step, "train", threshold)
        assert scene.chosen.confusion[:, 1 - column].tolist() == [0.0, 0.0]
        counts = np.bincount(raw_rows(run, 0)[1])
        np.testing.assert_array_equal(scene.chosen.confusion[:, column], counts)
