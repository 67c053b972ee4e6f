import numpy as np
import pytest

from core.data.data_warnings import dataset_warnings, leaks_target
from core.data.dataset import Dataset, Feature
from core.data.gallery import GALLERY, load
from core.data.generators import GENERATORS


def dataset(X, y, classes=("a", "b")):
    X = np.asarray(X, dtype=float)
    features = tuple(Feature(f"x{j + 1}") for j in range(X.shape[1]))
    return Dataset("d", features, X, y, classes)


@pytest.mark.parametrize("name", [*GALLERY, *GENERATORS])
def test_our_own_data_raise_no_concern(name):
    data = load(name) if name in GALLERY else GENERATORS[name].make()
    assert dataset_warnings(data) == ()


def test_a_column_that_is_the_label_in_other_words_is_named():
    y = np.arange(30) % 3
    X = np.stack([np.sin(np.arange(30)), np.array([5.0, -1.0, 2.0])[y]], axis=1)
    (said,) = dataset_warnings(dataset(X, y, ("a", "b", "c")))
    assert said.startswith("x2 alone tells class in every row")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([0, 1, 0, 1], True),
        ([9, -9, 9, -9], True),
        ([0, 1, 0, 0], False),
        ([0, 1, 2, 1], False),  # a class with two values of its own may be a measurement
        ([0, 0, 0, 0], False),
        ([0, 1, np.nan, 1], False),
    ],
)
def test_telling_the_class_means_one_value_for_each(values, told):
    assert leaks_target(np.array(values, dtype=float), np.array([0, 1, 0, 1])) is told


def test_a_class_with_98_percent_of_the_rows_is_named():
    X = np.random.default_rng(0).normal(size=(100, 1))
    (said,) = dataset_warnings(dataset(X, [1] * 98 + [0] * 2))
    assert said.startswith("98.0% of the rows are b")
    assert dataset_warnings(dataset(X, [1] * 97 + [0] * 3)) == ()


def test_more_columns_than_rows_are_counted():
    X = np.random.default_rng(0).normal(size=(4, 5))
    (said,) = dataset_warnings(dataset(X, [0, 1, 0, 1]))
    assert "columns (5) than rows (4)" in said
