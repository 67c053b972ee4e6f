import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.class_weight import compute_class_weight

from core.base.errors import UserError
from core.data.class_weights import CLASS_WEIGHTS
from core.data.dataset import Dataset, Feature
from core.data.gallery import GALLERY, load
from core.data.generators import GENERATORS
from core.data.missing_values import MISSING
from core.data.preparing import divide, prepare, stratified_split
from core.data.scaling import SCALINGS

SCALERS = {
    "standard": StandardScaler(),
    "minmax": MinMaxScaler(),
    "robust": RobustScaler(),
    "none": FunctionTransformer(),
}
each_scaling = pytest.mark.parametrize("scaling", SCALINGS)
each_missing = pytest.mark.parametrize("missing", MISSING)


def numbers(X, y=None, **more):
    X = np.asarray(X, dtype=float)
    y = np.arange(len(X)) % 2 if y is None else y
    features = tuple(Feature(f"x{j + 1}") for j in range(X.shape[1]))
    return Dataset("numbers", features, X, y, tuple("abcdefgh"[: int(max(y)) + 1]), **more)


def pets(**more):
    """Two categories, one with a gap; every row is in train but the last two."""
    nan = np.nan
    X = [[0, 0], [1, 1], [2, 0], [nan, 1], [1, 0], [1, 1], [3, 0], [nan, 1]]
    features = (Feature("pet", ("cat", "dog", "eel", "fox")), Feature("old", ("no", "yes")))
    split = [0, 0, 0, 0, 0, 0, 1, 2]
    return Dataset("pets", features, X, [0, 1] * 4, ("a", "b"), split=split, **more)


@each_scaling
@pytest.mark.parametrize("name", ["breast_cancer", "wine", "digits"])
def test_scaling_agrees_with_scikit_learn_fitted_on_train_rows(scaling, name):
    data = load(name)
    prepared = prepare(data, scaling=scaling, seed=3)
    train = data.X[prepared.rows[prepared.split == 0]]
    expected = SCALERS[scaling].fit(train).transform(data.X)
    np.testing.assert_allclose(prepared.X, expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(prepared.encode(data.X), prepared.X)


@each_scaling
@pytest.mark.parametrize("missing", ["mean", "median"])
def test_filling_agrees_with_scikit_learn_fitted_on_train_rows(scaling, missing):
    rng = np.random.default_rng(0)
    X = rng.lognormal(size=(200, 3))
    X[rng.random(X.shape) < 0.2] = np.nan
    data = numbers(X)
    prepared = prepare(data, scaling=scaling, missing=missing)
    pipeline = make_pipeline(SimpleImputer(strategy=missing), SCALERS[scaling])
    expected = pipeline.fit(X[prepared.split == 0]).transform(X)
    np.testing.assert_allclose(prepared.X, expected, rtol=1e-9, atol=1e-9)


@each_scaling
@each_missing
@pytest.mark.parametrize("name", [*GALLERY, "two_moons"])
def test_every_dataset_comes_out_finite_whatever_is_chosen(scaling, missing, name):
    data = load(name) if name in GALLERY else GENERATORS[name].make()
    prepared = prepare(data, scaling=scaling, missing=missing)
    assert prepared.X.shape == (len(prepared.rows), len(prepared.inputs))
    assert np.isfinite(prepared.X).all()
    np.testing.assert_array_equal(prepared.y, data.y[prepared.rows])
    train, validation, test = (prepared.part(split) for split in (0, 1, 2))
    assert len(train[0]) + len(validation[0]) + len(test[0]) == len(prepared.rows)
    assert train[2].mean() == pytest.approx(1)
    for array in (*train, prepared.X, prepared.y, prepared.split, prepared.rows, prepared.weights):
        assert array.flags.c_contiguous
        assert not array.flags.writeable


@each_scaling
def test_scaled_values_turn_back_into_raw_ones(scaling):
    data = load("wine")
    prepared = prepare(data, scaling=scaling)
    for column in range(data.n_features):
        raw = data.X[prepared.rows, column]
        np.testing.assert_allclose(prepared.to_raw(prepared.X[:, column], column), raw)


@each_scaling
def test_test_rows_do_not_touch_what_is_fitted(scaling):
    data = numbers(np.random.default_rng(1).normal(size=(60, 2)))
    plain = prepare(data, scaling=scaling)
    X = data.X.copy()
    X[plain.split > 0] = 1e6
    spoilt = prepare(numbers(X), scaling=scaling)
    assert [(i.shift, i.scale) for i in spoilt.inputs] == [(i.shift, i.scale) for i in plain.inputs]
    np.testing.assert_array_equal(spoilt.fill, plain.fill)


@each_scaling
@pytest.mark.parametrize("value", [0.0, 0.1, 1e300, -7.0])
def test_a_constant_column_is_not_divided_by_zero_and_is_named(scaling, value):
    X = np.stack([np.arange(20.0), np.full(20, value)], axis=1)
    prepared = prepare(numbers(X), scaling=scaling)
    assert prepared.inputs[1].scale == 1
    assert np.isfinite(prepared.X).all()
    assert any("x2 has no spread" in note for note in prepared.notes)


@pytest.mark.parametrize("scaling", ["standard", "minmax", "robust"])
def test_huge_and_tiny_numbers_scale_without_overflow(scaling):
    unit = np.random.default_rng(2).normal(size=(50, 1))
    expected = prepare(numbers(unit), scaling=scaling).X
    for size in (1e300, 1e-300):
        with np.errstate(all="raise", under="ignore"):
            np.testing.assert_allclose(
                prepare(numbers(unit * size), scaling=scaling).X, expected, rtol=1e-9, atol=1e-12
            )


def test_parts_hold_each_class_in_proportion():
    y = np.repeat([0, 1, 2], [100, 50, 10])
    split = stratified_split(y, 0.6, 0.2, 3, seed=0)
    counts = np.array([np.bincount(split[y == k], minlength=3) for k in range(3)])
    assert counts.tolist() == [[60, 20, 20], [30, 10, 10], [6, 2, 2]]


def test_no_part_is_a_row_off_and_every_class_of_three_rows_is_in_each_part():
    rng = np.random.default_rng(4)
    for seed in range(30):
        sizes = rng.integers(1, 40, size=6)
        y = np.repeat(np.arange(6), sizes)
        split = stratified_split(y, 0.7, 0.15, 6, seed)
        for k, size in enumerate(sizes):
            counts = np.bincount(split[y == k], minlength=3)
            assert counts[0] >= 1
            if size >= 3:
                assert counts.min() >= 1
            if size >= 14:
                assert np.abs(counts - size * np.array([0.7, 0.15, 0.15])).max() < 1


def test_many_small_classes_do_not_tilt_the_parts():
    y = np.repeat(np.arange(50), 7)
    counts = np.bincount(stratified_split(y, 0.6, 0.2, 50, seed=0))
    np.testing.assert_allclose(counts, [210, 70, 70], atol=2)


def test_the_split_is_a_seeded_draw():
    data = load("iris")
    first, same, other = (prepare(data, seed=seed).split for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
    runs = np.flatnonzero(np.diff(first))
    assert len(runs) > 30


@pytest.mark.parametrize(("rows", "expected"), [(0, [0, 0, 0]), (1, [1, 0, 0]), (2, [1, 1, 0])])
def test_classes_too_small_for_every_part_go_to_train_first(rows, expected):
    assert divide(rows, np.array([0.6, 0.2, 0.2]), np.zeros(3)).tolist() == expected
    assert divide(rows, np.array([0.1, 0.1, 0.8]), np.zeros(3))[0] == min(rows, 1)


def test_an_empty_part_is_allowed():
    prepared = prepare(load("iris"), train=0.8, validation=0.2)
    assert len(prepared.part(2)[0]) == 0
    assert prepared.part(2)[0].shape == (0, 4)


@pytest.mark.parametrize(("train", "validation"), [(0, 0.5), (0.9, 0.2), (0.5, -0.1)])
def test_impossible_shares_are_explained(train, validation):
    with pytest.raises(UserError, match="share"):
        prepare(load("iris"), train=train, validation=validation)


def test_a_given_split_is_kept():
    split = np.arange(30) % 3
    prepared = prepare(numbers(np.random.default_rng(0).normal(size=(30, 1)), split=split))
    np.testing.assert_array_equal(prepared.split, split)
    assert prepared.split.dtype == np.int8


def test_a_given_split_without_train_rows_is_explained():
    with pytest.raises(UserError, match="No train row"):
        prepare(numbers(np.arange(4.0)[:, None], split=[1, 1, 2, 2]))


def test_balanced_weights_agree_with_scikit_learn():
    data = load("breast_cancer")
    prepared = prepare(data, class_weights="balanced")
    y = prepared.part(0)[1]
    expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=y)
    np.testing.assert_allclose(prepared.class_weights, expected)
    np.testing.assert_allclose(prepared.weights, expected[prepared.y])


def test_own_weights_multiply_sample_weights_and_have_mean_one_over_train_rows():
    weights = np.arange(1.0, 13.0)
    split = [0] * 6 + [1] * 6
    data = numbers(np.arange(12.0)[:, None], weights=weights, split=split)
    prepared = prepare(data, class_weights=(1.0, 3.0))
    raw = weights * np.where(data.y == 1, 3, 1)
    np.testing.assert_allclose(prepared.weights, raw / raw[:6].mean())
    np.testing.assert_array_equal(prepared.class_weights, [1, 3])


def test_no_weights_of_its_own_means_that_classes_count_alike():
    np.testing.assert_array_equal(prepare(load("iris"), class_weights=()).weights, 1)


@pytest.mark.parametrize("weights", [(1.0,), (1.0, -1.0, 1.0), (1.0, 0.0, 2.0), (1, np.nan, 1)])
def test_class_weights_that_do_not_fit_are_explained(weights):
    with pytest.raises(UserError, match="3 positive numbers"):
        prepare(load("iris"), class_weights=weights)


def test_negative_sample_weights_are_explained():
    with pytest.raises(UserError, match="weight"):
        prepare(numbers(np.arange(4.0)[:, None], weights=[1, 1, -1, 1]))


def test_a_class_without_train_rows_is_named_and_weighs_one():
    data = numbers(np.arange(6.0)[:, None], y=[0, 0, 1, 1, 2, 2], split=[0, 0, 0, 0, 1, 2])
    prepared = prepare(data, class_weights="balanced")
    assert prepared.class_weights.tolist() == [1, 1, 1]
    assert "No train row has the class c." in prepared.notes


def test_rows_with_gaps_are_dropped_and_counted():
    penguins = load("penguins")
    prepared = prepare(penguins, missing="drop")
    assert len(prepared.rows) == 333
    assert not np.isnan(penguins.X[prepared.rows]).any()
    assert prepared.notes[0].startswith("11 of 344 rows")


def test_dropping_every_row_is_explained_and_names_the_column():
    X = np.arange(20.0).reshape(10, 2)
    X[:, 1] = np.nan
    with pytest.raises(UserError, match="x2"):
        prepare(numbers(X))


def test_a_category_becomes_one_input_a_level_and_a_pair_becomes_one():
    prepared = prepare(pets(), missing="mean")
    names = [it.name for it in prepared.inputs]
    assert names == ["pet = cat", "pet = dog", "pet = eel", "old = yes"]
    expected = [
        [1, 0, 0, 0],
        [0, 1, 0, 1],
        [0, 0, 1, 0],
        [0, 1, 0, 1],  # the gap becomes the commonest level, dog
        [0, 1, 0, 0],
        [0, 1, 0, 1],
        [0, 0, 0, 0],  # no train row has a fox
        [0, 1, 0, 1],
    ]
    np.testing.assert_array_equal(prepared.X, expected)
    assert "pet: no train row has fox." in prepared.notes


def test_being_missing_can_be_a_level_of_its_own():
    prepared = prepare(pets(), missing="category")
    names = [it.name for it in prepared.inputs]
    assert names == ["pet = cat", "pet = dog", "pet = eel", "pet is missing", "old = yes"]
    np.testing.assert_array_equal(prepared.X[3], [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(prepared.X[7], [0, 0, 0, 1, 1])


def test_a_number_that_is_missing_gets_its_mean_and_an_input_that_says_so():
    X = [[0.0], [2.0], [np.nan], [4.0], [-1.0], [np.nan]]
    data = numbers(X, split=[0, 0, 0, 0, 1, 2])
    prepared = prepare(data, missing="category", scaling="none")
    assert [it.name for it in prepared.inputs] == ["x1", "x1 is missing"]
    expected = [[0, 0], [2, 0], [2, 1], [4, 0], [-1, 0], [2, 1]]
    np.testing.assert_array_equal(prepared.X, expected)


def test_a_column_without_a_train_value_does_no_harm():
    X = [[1.0, np.nan], [2.0, np.nan], [3.0, np.nan], [4.0, 5.0]]
    prepared = prepare(numbers(X, split=[0, 0, 0, 1]), missing="mean")
    assert np.isfinite(prepared.X).all()
    assert "x2 has no value in any train row." in prepared.notes


def test_encoding_new_rows_fills_gaps_and_keeps_the_shape():
    prepared = prepare(load("penguins"))
    assert np.isfinite(prepared.encode(np.full((2, 6), np.nan))).all()
    assert prepared.encode(np.empty((0, 6))).shape == (0, len(prepared.inputs))


def test_a_thousand_levels_agree_with_a_loop():
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 1000, size=(3000, 1)).astype(float)
    levels = tuple(str(k) for k in range(1000))
    data = Dataset("wide", (Feature("c", levels),), codes, rng.integers(0, 2, 3000), ("a", "b"))
    prepared = prepare(data)
    for column in range(0, len(prepared.inputs), 97):
        level = prepared.inputs[column].level
        np.testing.assert_array_equal(prepared.X[:, column], codes[:, 0] == level)
    seen = np.unique(codes[prepared.split == 0])
    np.testing.assert_array_equal([it.level for it in prepared.inputs], seen)


@pytest.mark.parametrize("registry", [SCALINGS, MISSING, CLASS_WEIGHTS])
def test_every_choice_has_a_label_and_a_sentence(registry):
    for record in registry.values():
        assert record.label
        assert record.description.endswith(".")


@pytest.mark.parametrize("choice", [{"scaling": "x"}, {"missing": "x"}, {"class_weights": "x"}])
def test_an_unknown_choice_lists_the_choices(choice):
    with pytest.raises(UserError, match="Choose one of"):
        prepare(load("iris"), **choice)
