"""The import dialog's scene: classes, counts, features and doubts, counted with pandas."""

from collections import Counter

import numpy as np
import pandas
import pytest

from core.data import read_table
from core.data.data_knobs import DataChoices
from core.data.import_options import ImportOptions
from core.scenes.import_scene import MANY_INCOMPLETE, import_scene

N = 60


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(3)
    frame = pandas.DataFrame(
        {
            "height": rng.normal(1.7, 0.1, N).round(3),
            "income": rng.gamma(2.0, 900.0, N).round(1),
            "town": rng.choice(["Bern", "Chur", "Genf"], N),
            "answer": rng.choice(["yes", "no", "perhaps"], N, p=[0.5, 0.3, 0.2]),
        }
    )
    frame.loc[[4, 5, 6, 9, 20, 21, 22, 30, 31, 32, 33, 40, 50], "height"] = np.nan
    return frame


@pytest.fixture(scope="module")
def table(frame, tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "answers.csv"
    frame.to_csv(path, index=False)
    return read_table(path)


def test_the_dataset_holds_the_file_s_own_numbers_and_classes(frame, table):
    scene = import_scene(table, ImportOptions(target="answer"))
    data = scene.dataset
    assert scene.error is None
    assert [feature.name for feature in data.features] == ["height", "income", "town"]
    for j, name in enumerate(("height", "income")):
        np.testing.assert_array_equal(data.X[:, j], frame[name])
    towns = [data.features[2].levels[int(code)] for code in data.X[:, 2]]
    assert towns == frame["town"].tolist()
    assert [data.classes[k] for k in data.y] == frame["answer"].tolist()


def test_each_class_s_rows_are_counted(frame, table):
    scene = import_scene(table, ImportOptions(target="answer"))
    expected = Counter(frame["answer"])
    assert dict(zip(scene.dataset.classes, scene.counts.tolist(), strict=True)) == expected


def test_rows_that_lack_a_value_are_counted_with_the_column_that_lacks_most(frame, table):
    lost = int(frame[["height", "income"]].isna().any(axis=1).sum())
    assert lost >= MANY_INCOMPLETE * N
    [gaps] = import_scene(table, ImportOptions(target="answer")).warned
    assert gaps.text.startswith(f"{lost} of {N} rows lack a value")
    assert f"height alone lacks {frame['height'].isna().sum()}" in gaps.text
    assert gaps.columns == ("height",)
    assert import_scene(table, ImportOptions(target="answer"), drops_rows=False).warned == ()


@pytest.mark.parametrize("share", [0.19, 0.2])
def test_a_fifth_of_the_rows_lost_is_warned_of_and_less_is_not(tmp_path, share):
    x = np.arange(100.0) * 1.37
    x[: round(100 * share)] = np.nan
    frame = pandas.DataFrame({"x": x, "z": np.cos(np.arange(100)), "kind": np.arange(100) % 2})
    path = tmp_path / "gaps.csv"
    frame.to_csv(path, index=False)
    scene = import_scene(read_table(path), ImportOptions(target="kind"))
    assert any("lack a value" in it.text for it in scene.warned) == (share >= 0.2)


@pytest.mark.parametrize("bins", [2, 3, 5])
def test_a_numeric_target_is_cut_at_its_quantiles(frame, table, bins):
    scene = import_scene(table, ImportOptions(target="income").with_bins(bins))
    edges = np.quantile(frame["income"], np.arange(1, bins) / bins)
    expected = np.searchsorted(edges, frame["income"], side="left")  # an edge belongs below
    np.testing.assert_array_equal(scene.dataset.y, expected)
    np.testing.assert_array_equal(scene.counts, np.bincount(expected, minlength=bins))
    assert (scene.bins, scene.may_bin) == (bins, True)


def test_the_choices_lead_to_the_same_rows_and_keep_all_else(table):
    options = ImportOptions(target="answer").with_role("town", "ignore")
    scene = import_scene(table, options)
    base = DataChoices(train=0.5, seed=9)
    choices = scene.choices(base, "answers.csv", options)
    assert (choices.source, choices.path, choices.target) == ("file", "answers.csv", "answer")
    assert choices.features == ("height", "income")
    assert (choices.train, choices.seed) == (0.5, 9)
    assert scene.roles == ("feature", "feature", "ignore", "target")
    assert [feature.name for feature in scene.dataset.features] == ["height", "income"]


def test_columns_are_found_by_their_role_the_first_of_several(table):
    scene = import_scene(table, ImportOptions(target="answer").with_role("income", "weight"))
    assert scene.column_of("weight") == "income"
    assert scene.column_of("feature") == "height"
    assert scene.column_of("split") == ""


def test_a_column_that_tells_the_target_is_named_with_its_reason(frame, tmp_path):
    told = frame[["income", "answer"]].assign(copy=frame["answer"].map({"yes": 7, "no": 3}))
    told["copy"] = told["copy"].fillna(1)
    path = tmp_path / "told.csv"
    told.to_csv(path, index=False)
    scene = import_scene(read_table(path), ImportOptions(target="answer"))
    assert [it.columns for it in scene.warned] == [("copy",)]
    rest = import_scene(read_table(path), ImportOptions(target="answer").without(("copy",)))
    assert rest.warned == ()


@pytest.mark.parametrize("values", [2, 3])
def test_two_numbers_are_two_classes_and_more_may_be_taken_together(tmp_path, values):
    frame = pandas.DataFrame({"x": np.sin(np.arange(90)), "grade": np.arange(90) % values})
    path = tmp_path / "grades.csv"
    frame.to_csv(path, index=False)
    scene = import_scene(read_table(path), ImportOptions(target="grade"))
    assert scene.may_bin == (values > 2)
    assert scene.bins == 0
    assert scene.counts.tolist() == [90 // values] * values
