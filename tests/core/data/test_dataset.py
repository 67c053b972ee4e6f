from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import UserError
from core.data import read_table
from core.data.dataset import Dataset, Feature
from core.data.from_table import dataset_from_table
from core.data.labels import natural_order
from core.data.reading.column_kinds import normalised_label


@dataclass
class Column:
    name: str
    kind: str
    values: np.ndarray
    is_id: bool = False


@dataclass
class Table:
    columns: tuple
    n_rows: int
    source: str = "pets.csv"


def table(**columns):
    """Make a table: floats are numbers, strings a category, unless a kind is given beside them."""
    made = []
    for name, given in columns.items():
        kind, values = given if isinstance(given, tuple) else ("", given)
        number = all(isinstance(value, float) for value in values)
        array = np.array(values, dtype=float if number else object)
        made.append(Column(name, kind or ("number" if number else "category"), array))
    return Table(tuple(made), len(made[0].values))


NAN, INF = float("nan"), float("inf")
LABEL = ["A", "B", "A", "B"]


def test_numbers_and_categories_are_coded():
    data = dataset_from_table(
        table(x=[1.5, NAN, 3.0, 4.0], pet=["dog", "cat", None, "dog"], label=LABEL), "label"
    )
    assert data.name == "pets.csv"
    assert [(f.name, f.levels) for f in data.features] == [("x", ()), ("pet", ("cat", "dog"))]
    np.testing.assert_array_equal(data.X, [[1.5, 1], [NAN, 0], [3, NAN], [4, 1]])
    assert data.classes == ("A", "B")
    assert data.y.tolist() == [0, 1, 0, 1]
    assert data.target == "label"
    assert data.notes == ()


def test_booleans_in_words_become_a_category_with_no_first():
    words = ("boolean", ["yes", "no", "no", "yes"])
    truth = ("boolean", ["True", "False", "True", "True"])
    data = dataset_from_table(table(w=words, t=truth, label=LABEL), "label")
    assert [f.levels for f in data.features] == [("no", "yes"), ("False", "True")]
    assert data.X[:, 0].tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize(
    ("values", "classes", "y"),
    [
        ([10.0, 9.0, 9.0, -1.0], ("-1", "9", "10"), [2, 1, 1, 0]),
        (["10", "9", "9", "1"], ("1", "9", "10"), [2, 1, 1, 0]),
        ([0.5, 1.0, 0.5, 1.0], ("0.5", "1"), [0, 1, 0, 1]),
        (["yes", "no", "no", "yes"], ("no", "yes"), [1, 0, 0, 1]),
        (["True", "False", "False", "True"], ("False", "True"), [1, 0, 0, 1]),
        (["grade 10", "grade 9", "x", "x"], ("grade 9", "grade 10", "x"), [1, 0, 2, 2]),
    ],
)
def test_classes_stand_in_natural_order(values, classes, y):
    data = dataset_from_table(table(x=[1.0, 2.0, 3.0, 4.0], label=values), "label")
    assert data.classes == classes
    assert data.y.tolist() == y


def test_natural_order_takes_any_text():
    assert natural_order(["b²", "a1", "", "a", "B1"]) == ["", "a", "a1", "B1", "b²"]
    assert natural_order(["2", "nan", "1"]) == ["1", "2", "nan"]


def test_rows_without_a_label_are_left_out_and_counted():
    data = dataset_from_table(
        table(x=[1.0, 2.0, 3.0, 4.0], label=["A", None, "B", "A"]), "label", name="mine"
    )
    assert data.X[:, 0].tolist() == [1, 3, 4]
    assert data.name == "mine"
    assert data.notes == ("Rows left out for want of a value of label: 1.",)


def test_useless_columns_are_left_out_with_the_reason():
    made = table(
        key=[1.0, 2.0, 3.0, 4.0],
        same=[7.0, 7.0, 7.0, 7.0],
        gone=("empty", [None] * 4),
        nan=[NAN] * 4,
        day=("date", ["2020-01-01"] * 4),
        said=("text", ["a b", "c d", "e f", "g h"]),
        x=[1.0, 2.0, INF, 4.0],
        label=LABEL,
    )
    made.columns[0].is_id = True
    data = dataset_from_table(made, "label")
    assert [f.name for f in data.features] == ["x"]
    assert np.isnan(data.X[2, 0])
    text = " ".join(data.notes)
    for piece in (
        "a row number or key: key.",
        "constant: same.",
        "all missing: gone, nan.",
        "a date: day.",
        "free text: said.",
        "Infinite values count as missing in: x.",
    ):
        assert piece in text


def test_features_that_are_asked_for_are_taken_in_that_order():
    made = table(a=[1.0, 2.0, 3.0, 4.0], b=("text", ["p", "q", "p", "q"]), c=[0.0] * 4, label=LABEL)
    data = dataset_from_table(made, "label", ["c", "label", "b", "a"])
    assert [f.name for f in data.features] == ["b", "a"]
    assert "constant: c" in data.notes[0]


def test_a_category_with_a_level_for_almost_every_row_is_left_out():
    names = [f"n{i}" for i in range(60)]
    data = dataset_from_table(
        table(who=names, x=[float(i) for i in range(60)], label=["A", "B"] * 30), "label"
    )
    assert [f.name for f in data.features] == ["x"]
    assert "too many levels: who" in data.notes[0]


def test_numbers_that_look_like_keys_are_used_where_nothing_else_is():
    made = table(key=[1.0, 2.0, 3.0, 4.0], name=["p", "q", "r", "s"], label=LABEL)
    for column in made.columns[:2]:
        column.is_id = True
    data = dataset_from_table(made, "label")
    assert [f.name for f in data.features] == ["key"]
    assert data.notes[-1] == "Used, though it looks like a row number or key: key."
    assert "key: name" in data.notes[0]


def test_one_row_is_refused():
    with pytest.raises(UserError, match="1 row; you need at least 2 rows of 2 classes"):
        dataset_from_table(table(x=[1.0], label=["A"]), "label")


def test_one_class_is_refused_naming_column_and_class():
    with pytest.raises(UserError, match=r"'label'.*'A': one class") as caught:
        dataset_from_table(table(x=[1.0, 2.0], label=["A", "A"]), "label")
    assert caught.value.mend == "Choose another target column."


def test_a_target_without_values_is_refused():
    with pytest.raises(UserError, match=r"'label'.*no value"):
        dataset_from_table(table(x=[1.0, 2.0], label=("empty", [None, None])), "label")


def test_features_without_a_value_are_refused_by_name():
    nothing = [NAN] * 4
    with pytest.raises(UserError, match="missing: x1, X2") as caught:
        dataset_from_table(table(x1=nothing, X2=nothing, label=LABEL), "label")
    assert "no usable column" in caught.value.what


def test_a_table_of_the_target_alone_is_refused():
    with pytest.raises(UserError, match="no other column"):
        dataset_from_table(table(label=LABEL), "label")


def test_a_key_as_the_target_is_refused_with_the_number_of_classes():
    made = table(x=[float(i % 7) for i in range(5000)], label=[f"id{i}" for i in range(5000)])
    with pytest.raises(UserError, match=r"'label'.*5000 classes.*another target"):
        dataset_from_table(made, "label")


@pytest.mark.parametrize("wanted", [{"target": "y"}, {"target": "label", "features": ["z"]}])
def test_an_unknown_column_lists_the_columns(wanted):
    with pytest.raises(UserError, match=r"has no column.*x, label"):
        dataset_from_table(table(x=[1.0, 2.0], label=["A", "B"]), **wanted)


def test_no_target_at_all_is_explained():
    with pytest.raises(UserError, match=r"no target column yet.*Choose one of: x, label"):
        dataset_from_table(table(x=[1.0, 2.0], label=["A", "B"]), "")


def test_a_number_with_many_values_is_offered_as_bins():
    ages = [17.0 + i for i in range(60)]
    made = table(x=[float(i) for i in range(60)], age=ages)
    with pytest.raises(UserError, match=r"60 classes.*above and below the median"):
        dataset_from_table(made, "age")
    halves = dataset_from_table(made, "age", bins="median")
    assert halves.classes == ("≤ 46.5", "> 46.5")
    assert np.bincount(halves.y).tolist() == [30, 30]
    thirds = dataset_from_table(made, "age", bins=3)
    assert thirds.classes == ("≤ 36.6667", "> 36.6667 to 56.3333", "> 56.3333")
    edges = np.quantile(ages, [1 / 3, 2 / 3])
    np.testing.assert_array_equal(thirds.y, (np.array(ages)[:, None] > edges).sum(axis=1))


def test_a_value_on_an_edge_belongs_to_the_bin_below():
    data = dataset_from_table(table(x=[1.0, 2.0, 3.0], y=[1.0, 2.0, 3.0]), "y", bins="median")
    assert data.classes == ("≤ 2", "> 2")
    assert data.y.tolist() == [0, 0, 1]


def test_a_target_with_a_class_for_almost_every_row_is_refused():
    labels = [f"n{i % 12}" for i in range(15)]
    with pytest.raises(UserError, match="12 classes in 15 rows"):
        dataset_from_table(table(x=[float(i) for i in range(15)], label=labels), "label")


def test_class_numbers_from_0_or_1_may_be_many():
    y = [float(i % 40) for i in range(400)]
    made = table(x=[float(i) for i in range(400)], label=y)
    assert dataset_from_table(made, "label").n_classes == 40


def test_a_bin_is_never_empty_even_where_most_values_are_the_largest():
    made = table(x=[1.0, 2.0, 3.0, 4.0, 5.0], y=[0.0, 1.0, 9.0, 9.0, 9.0])
    for bins in ("median", 2, 4):
        data = dataset_from_table(made, "y", bins=bins)
        assert np.bincount(data.y, minlength=data.n_classes).min() >= 1
    assert dataset_from_table(made, "y", bins="median").classes == ("≤ 1", "> 1")


@pytest.mark.parametrize("bins", [1, "mean"])
def test_impossible_bins_are_explained(bins):
    with pytest.raises(UserError, match="not divided into bins"):
        dataset_from_table(table(x=[1.0, 2.0], y=[1.0, 2.0]), "y", bins=bins)


def test_bins_of_text_are_explained():
    with pytest.raises(UserError, match="kind category"):
        dataset_from_table(table(x=[1.0, 2.0], y=["a", "b"]), "y", bins="median")


def test_labels_that_look_alike_stay_apart_with_a_note_or_are_merged_when_asked():
    labels = ["café", "cafe\u0301", "A", "A\u00a0", "\u0410", "A", "tea", "tea"]
    made = table(x=[float(i) for i in range(8)], label=labels)
    apart = dataset_from_table(made, "label")
    assert apart.n_classes == 6
    assert apart.notes[0].startswith("label: these classes look alike")
    assert "'\\u0410'" in apart.notes[0]
    merged = dataset_from_table(made, "label", merge=True)
    assert merged.n_classes == 3
    assert [merged.classes[k] for k in merged.y[2:]] == ["A", "A", "A", "A", "tea", "tea"]
    assert merged.y[0] == merged.y[1]


def test_case_and_invisible_marks_make_look_alikes():
    assert normalised_label("Yes ") == normalised_label("\u200byes") == "yes"
    assert normalised_label("no") != normalised_label("on")


def test_a_split_column_and_weights_are_used_and_are_no_features():
    made = table(
        x=[1.0, 2.0, 3.0, 4.0],
        part=["Train", "test", "val", "train"],
        w=[1.0, 2.0, 0.0, 1.0],
        label=["A", "B", None, "B"],
    )
    data = dataset_from_table(made, "label", split="part", weights="w")
    assert [f.name for f in data.features] == ["x"]
    assert data.split.tolist() == [0, 2, 0]
    assert data.weights.tolist() == [1, 2, 1]


@pytest.mark.parametrize("part", [["train", "other"], ["test", "val"], ["train", None]])
def test_a_split_column_that_says_something_else_is_explained(part):
    with pytest.raises(UserError, match="'part' was not used"):
        dataset_from_table(table(x=[1.0, 2.0], part=part, y=["a", "b"]), "y", split="part")


@pytest.mark.parametrize("w", [[1.0, -1.0], [1.0, NAN], ["a", "b"]])
def test_weights_that_are_no_weights_are_explained(w):
    with pytest.raises(UserError, match="'w' was not used"):
        dataset_from_table(table(x=[1.0, 2.0], w=w, y=["a", "b"]), "y", weights="w")


def test_a_dataset_refuses_shapes_that_do_not_agree():
    good = {"X": np.zeros((2, 1)), "y": [0, 1], "classes": ("a", "b")}
    for bad in (
        {"X": np.zeros(2)},
        {"X": np.zeros((2, 2))},
        {"y": [0]},
        {"y": [0, 2]},
        {"y": [-1, 0]},
        {"weights": np.ones(3)},
        {"split": [0]},
    ):
        with pytest.raises(ValueError):
            Dataset("t", (Feature("x"),), **{**good, **bad})


def test_arrays_of_a_dataset_cannot_be_written_to():
    data = Dataset("t", (Feature("x"),), np.zeros((2, 1)), [0, 1], ("a", "b"), weights=[1, 2])
    for array in (data.X, data.y, data.weights):
        with pytest.raises(ValueError):
            array[0] = 1


HOSTILE = Path(__file__).parents[4] / "shared" / "hostile" / "csv"
REFUSED = {
    "one_row.csv": ("1 row",),
    "one_class.csv": ("label", "A", "one class"),
    "all_rows_missing.csv": ("x1", "x2", "missing"),
    "many_classes.csv": ("label", "5000 classes"),
}
NOTED = {"all_nan_column.csv": ("x3", "all missing"), "unicode_labels.csv": ("label",)}


def hostile(name):
    if not (HOSTILE / name).exists():
        pytest.skip("the hostile tables are not here")
    return read_table(HOSTILE / name)


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_tables_are_refused_in_words(name):
    with pytest.raises(UserError) as caught:
        dataset_from_table(hostile(name), "label")
    for word in REFUSED[name]:
        assert word in str(caught.value)


@pytest.mark.parametrize("name", NOTED)
def test_doubtful_tables_are_loaded_with_a_note(name):
    data = dataset_from_table(hostile(name), "label")
    for word in NOTED[name]:
        assert word in " ".join(data.notes)
