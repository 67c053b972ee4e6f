import numpy as np
import pytest
from sklearn.feature_selection import f_classif

from core.data.dataset import Dataset, Feature
from core.data.gallery import GALLERY, load
from core.explain.planes import most_separating_pair

NUMBERS = [name for name in GALLERY if name != "digits"]


@pytest.mark.parametrize("name", NUMBERS)
def test_the_first_axis_has_the_largest_f_ratio_of_all_numbers(name):
    dataset = load(name)
    known = np.isfinite(dataset.X).all(axis=1)
    ratios, _ = f_classif(dataset.X[known], dataset.y[known])
    numbers = [j for j, feature in enumerate(dataset.features) if not feature.levels]
    first, second = most_separating_pair(dataset)
    assert first == max(numbers, key=lambda j: ratios[j])
    assert second in numbers
    assert second != first
    assert abs(np.corrcoef(dataset.X[known][:, [first, second]].T)[0, 1]) < 0.9


def test_two_features_keep_their_order_and_one_stands_alone():
    X = np.random.default_rng(0).normal(size=(20, 2))
    y = np.arange(20) % 2
    two = Dataset("two", (Feature("a"), Feature("b")), X, y, ("0", "1"))
    assert most_separating_pair(two) == (0, 1)
    one = Dataset("one", (Feature("a"),), X[:, :1], y, ("0", "1"))
    assert most_separating_pair(one) == (0, 0)


def test_gaps_constants_and_perfect_columns_do_not_disturb():
    generator = np.random.default_rng(1)
    y = np.arange(60) % 3
    X = np.column_stack([generator.normal(size=60), y, np.ones(60), np.full(60, np.nan)])
    X[::7, 0] = np.nan
    names = tuple(Feature(name) for name in "abcd")
    assert most_separating_pair(Dataset("d", names, X, y, ("0", "1", "2")))[0] == 1
