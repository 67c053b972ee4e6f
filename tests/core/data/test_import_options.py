import gzip
import json
from dataclasses import replace

import numpy as np
import pytest

from core.base.errors import UserError
from core.data.data_knobs import DataChoices
from core.data.data_warnings import dataset_warnings
from core.data.gallery import load
from core.data.import_options import ROLES, ImportOptions
from core.data.loading import load_dataset, table_of
from core.data.preparing import prepare
from core.data.reading.preview import HEAD_BYTES, cut_at_line_end, file_lines, head_table
from core.data.reading.source import Cancelled
from core.data.reading.table import Column, Dialect, Table
from core.data.reading.table_reader import read_table
from core.data.saving import write_csv
from core.experiment.experiment import Experiment
from core.scenes.import_scene import import_scene


def text_column(name, values, kind="category", **more):
    array = np.array(values, object)
    return Column(name, kind, array, sum(v is None for v in values), **more)


def number_column(name, values, **more):
    array = np.array(values, float)
    return Column(name, "number", array, int(np.isnan(array).sum()), **more)


@pytest.fixture
def people():
    """Ten people: a key, an age with gaps, a town, a twin of the target, and the target."""
    done = ["yes", "no", "yes", "yes", "no", "no", "yes", "no", "yes", "no"]
    return Table(
        (
            number_column("id", range(10), is_id=True),
            number_column("age", [31, np.nan, 40, 52, 18, 22, np.nan, 35, 61, np.nan]),
            text_column("town", ["a", "b", "b", "a", "a", "b", "a", "b", "b", "a"]),
            text_column("notes", [f"said {i}" for i in range(10)], kind="text"),
            number_column("flag", [float(d == "yes") for d in done]),
            number_column("one", [1.0] * 10),
            text_column("done", done, kind="boolean"),
        ),
        10,
        source="people.csv",
    )


def roles_of(scene):
    return dict(zip(scene.table.names, scene.roles, strict=True))


def test_nothing_said_imports_as_opening_by_itself_does(people):
    scene = import_scene(people, ImportOptions())
    assert roles_of(scene) == {
        "id": "id",
        "age": "feature",
        "town": "feature",
        "notes": "ignore",
        "flag": "feature",
        "one": "ignore",
        "done": "target",
    }
    assert scene.error is None
    assert scene.features == ()
    assert scene.counts.tolist() == [5, 5]
    data = scene.choices(DataChoices(), "people.csv", ImportOptions())
    assert data == DataChoices(source="file", path="people.csv", target="done")


def test_what_is_doubtful_is_said_and_can_be_left_out(people):
    scene = import_scene(people, ImportOptions())
    twin, gaps = scene.warned
    assert twin.text == dataset_warnings(scene.dataset)[0]
    assert twin.columns == ("flag",)
    assert "3 of 10 rows" in gaps.text
    assert gaps.columns == ("age",)
    assert any("constant: one" in note for note in scene.notes)
    assert any("key: id" in note for note in scene.notes)
    rest = import_scene(people, ImportOptions().without(twin.columns).without(gaps.columns))
    assert rest.warned == ()
    assert rest.features == ("town",)
    filled = import_scene(people, ImportOptions(), drops_rows=False)
    assert [warned.columns for warned in filled.warned] == [("flag",)]


def test_a_key_that_the_user_makes_a_feature_is_warned_of(people):
    scene = import_scene(people, ImportOptions().with_role("id", "feature"))
    assert ("id",) in [warned.columns for warned in scene.warned]
    assert scene.features == ("id", "age", "town", "flag")


def test_a_column_left_out_and_taken_in_again_leaves_the_features_as_usual(people):
    options = ImportOptions().with_role("age", "ignore")
    assert import_scene(people, options).features == ("town", "flag")
    assert import_scene(people, options.with_role("age", "feature")).features == ()


@pytest.mark.parametrize("role", ROLES)
def test_every_role_can_be_given_to_a_column_and_taken_back(people, role):
    options = ImportOptions().with_role("town", role)
    scene = import_scene(people, options)
    assert roles_of(scene)["town"] == role
    back = import_scene(people, options.with_role("town", "feature").with_role("done", "target"))
    assert roles_of(back) == roles_of(import_scene(people, ImportOptions()))
    assert back.features == ()


def test_only_one_column_is_target_weight_or_split():
    for role in ("weight", "split"):
        options = ImportOptions().with_role("a", role).with_role("b", role)
        assert dict(options.roles) == {"b": role}
    assert ImportOptions().with_role("a", "target").with_role("b", "target").target == "b"


def test_a_target_that_gets_another_role_is_no_longer_the_target(people):
    options = ImportOptions().with_role("flag", "target").with_bins(2)
    assert options.with_role("town", "target").bins is None
    again = import_scene(people, options.with_role("flag", "ignore"))
    assert (again.target, roles_of(again)["flag"]) == ("done", "ignore")


def test_a_constant_column_cannot_be_made_a_feature(people):
    scene = import_scene(people, ImportOptions().with_role("one", "feature"))
    assert roles_of(scene)["one"] == "ignore"
    assert any("constant: one" in note for note in scene.notes)


def test_a_key_is_used_only_where_there_is_nothing_else_and_it_is_not_refused(people):
    table = replace(people, columns=(people.column("id"), people.column("done")))
    assert roles_of(import_scene(table, ImportOptions())) == {"id": "feature", "done": "target"}
    assert import_scene(table, ImportOptions().without(("id",))).dataset is None


def test_a_guessed_target_that_is_made_a_feature_leaves_the_target_to_be_chosen(people):
    scene = import_scene(people, ImportOptions().with_role("done", "feature"))
    assert scene.target == ""
    assert scene.dataset is None
    assert "target" in scene.error.what
    assert scene.error.mend


def test_leaving_out_everything_is_refused_in_words(people):
    options = ImportOptions().without(("age", "town", "flag", "one"))
    scene = import_scene(people, options)
    assert scene.dataset is None
    assert "no feature" in scene.error.what


def test_a_column_of_words_as_weights_is_refused_and_the_rest_stays_to_be_changed(people):
    scene = import_scene(people, ImportOptions().with_role("town", "weight"))
    assert "town" in scene.error.what
    assert roles_of(scene)["town"] == "weight"
    assert scene.column_of("weight") == "town"


def test_weights_and_split_reach_the_dataset_and_the_choices(people):
    part = text_column("part", ["train"] * 6 + ["validation"] * 2 + ["test"] * 2)
    table = replace(people, columns=(*people.columns, part))
    options = ImportOptions(target="done").with_role("part", "split").with_role("one", "weight")
    scene = import_scene(table, options)
    assert scene.dataset.split.tolist() == [0] * 6 + [1] * 2 + [2] * 2
    assert scene.dataset.weights.tolist() == [1.0] * 10
    data = scene.choices(DataChoices(), "p.csv", options)
    assert (data.split_column, data.weight_column, data.features) == ("part", "one", ())
    assert import_scene(table, ImportOptions.of(data)).roles == scene.roles


def test_a_number_of_many_values_is_offered_above_and_below_its_median():
    x = np.linspace(0.0, 1.0, 101)
    table = Table((number_column("x", x), number_column("price", x**2 * 7.3)), 101)
    scene = import_scene(table, ImportOptions(target="price"))
    assert scene.may_bin
    assert scene.bins == 2
    middle = np.median(x**2 * 7.3)
    assert scene.counts.tolist() == [(x**2 * 7.3 <= middle).sum(), (x**2 * 7.3 > middle).sum()]
    thirds = import_scene(table, ImportOptions(target="price").with_bins(3))
    assert thirds.counts.tolist() == [34, 33, 34]
    assert thirds.choices(DataChoices(), "p", ImportOptions()).target_bins == 3
    each = import_scene(table, ImportOptions(target="price", bins=0))
    assert each.dataset is None
    assert "101 classes" in each.error.why


def test_few_whole_numbers_are_classes_as_they_stand():
    for classes in (2, 3, 6):
        marks = np.arange(60) % classes
        table = Table((number_column("x", np.arange(60) * 0.7), number_column("mark", marks)), 60)
        scene = import_scene(table, ImportOptions(target="mark"))
        assert (scene.bins, scene.may_bin) == (0, classes > 2)
        assert scene.counts.tolist() == [60 // classes] * classes


def test_options_for_columns_that_are_gone_are_left_aside(people):
    options = ImportOptions(target="gone", kinds={"gone": "text"}).with_role("vanished", "ignore")
    scene = import_scene(people, options)
    assert scene.target == "done"
    assert scene.choices(DataChoices(), "p.csv", options).reading == ""


def test_reading_json_holds_only_what_the_user_said():
    options = ImportOptions().with_reading("delimiter", ";").with_kind("zip", "category")
    said = json.loads(options.reading_json(("zip", "x")))
    assert said == {"delimiter": ";", "kinds": {"zip": "category"}}
    assert options.with_reading("delimiter", None).with_kind("zip", None).reading_json() == ""


def test_saying_one_mark_inside_numbers_keeps_the_other_as_it_was_found():
    german = Dialect(decimal=",", thousands=".")
    options = ImportOptions().with_reading("thousands", "", german)
    assert options.reading == {"thousands": "", "decimal": ","}
    assert ImportOptions().with_reading("decimal", ".", german).reading["thousands"] == "."
    assert options.with_reading("thousands", None, german).reading == {}


def test_options_lead_to_choices_and_back(people):
    options = (
        ImportOptions(target="flag").with_role("age", "ignore").with_reading("encoding", "cp1252")
    )
    scene = import_scene(people, options)
    data = scene.choices(DataChoices(), "people.csv", options)
    again = ImportOptions.of(data)
    assert again.reading == {"encoding": "cp1252"}
    repeated = import_scene(people, again)
    assert repeated.choices(DataChoices(), "people.csv", again) == data
    assert roles_of(repeated)["age"] == "ignore"


# large files


def write_long(path, rows, end="\n", encoding="utf-8"):
    lines = ["x,y,class"] + [f"{i},{i * 0.5},{'ab'[i % 2]}" for i in range(rows)]
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_head_of_a_large_file_is_its_first_rows(tmp_path, end):
    path = write_long(tmp_path / "long.csv", 20_000, end)
    assert path.stat().st_size > HEAD_BYTES
    head, whole = head_table(str(path), {}), read_table(path)
    assert 200 < head.n_rows < whole.n_rows
    assert head.names == whole.names
    assert head.source == "long.csv"
    assert replace(head.dialect, missing=()) == replace(whole.dialect, missing=())
    for short, full in zip(head.columns, whole.columns, strict=True):
        np.testing.assert_array_equal(short.values, full.values[: head.n_rows])


def test_a_packed_file_and_utf_16_have_heads_too(tmp_path):
    plain = write_long(tmp_path / "long.csv", 20_000)
    packed = tmp_path / "long.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    head = head_table(str(packed), {})
    assert (head.dialect.compression, head.source) == ("gzip", "long.csv.gz")
    wide = write_long(tmp_path / "wide.csv", 20_000, encoding="utf-16-le")
    assert head_table(str(wide), {}).columns[0].values[:3].tolist() == [0.0, 1.0, 2.0]


def test_small_files_and_workbooks_have_no_head(tmp_path):
    assert head_table(str(write_long(tmp_path / "short.csv", 30)), {}) is None


def test_a_head_is_read_as_the_user_says(tmp_path):
    path = write_long(tmp_path / "long.csv", 20_000)
    assert head_table(str(path), {"delimiter": ";"}).names == ("x,y,class",)
    with pytest.raises(UserError, match="delimiter"):
        head_table(str(path), {"delimiter": ";;"})


def test_a_head_is_cut_outside_quotes():
    rows = b"".join(b'%d,"first\nsecond"\n' % i for i in range(50))
    for stop in range(20, len(rows)):
        cut = cut_at_line_end(rows[:stop])
        assert cut.count(b'"') % 2 == 0
        assert rows.startswith(cut)
        assert cut.endswith(b"\n")
        assert len(cut) > stop - 25


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16"])
def test_a_head_is_cut_between_characters(encoding):
    assert cut_at_line_end("ä,b\n1,2\n3".encode(encoding)).decode(encoding) == "ä,b\n1,2\n"


def test_lines_are_counted_as_problems_count_them(tmp_path):
    path = tmp_path / "mixed.csv"
    path.write_bytes(b"a,b\r\n1,2\n3,4\r5,6,7\n8,9\n")
    problem = next(one for one in read_table(path).problems if one.line is not None)
    assert file_lines(str(path))[problem.line - 1] == "5,6,7"
    assert file_lines(str(path), first=problem.line, count=1) == ("5,6,7",)
    assert file_lines(str(path), "utf-16")  # a wrong guess is shown as it looks


def test_stopping_stops_and_what_was_read_once_is_not_read_again(tmp_path):
    choices = DataChoices(source="file", path=str(write_long(tmp_path / "long.csv", 2_000)))
    with pytest.raises(Cancelled):
        table_of(choices, lambda fraction: False)
    seen = []
    table = table_of(choices, lambda fraction: seen.append(fraction) or True)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert table_of(choices, lambda fraction: False) is table
    assert load_dataset(choices).n_samples == 2_000


def test_a_file_that_changed_is_read_again(tmp_path):
    choices = DataChoices(source="file", path=str(write_long(tmp_path / "a.csv", 30)))
    first = table_of(choices)
    write_long(tmp_path / "a.csv", 50)
    assert (first.n_rows, table_of(choices).n_rows) == (30, 50)


@pytest.fixture
def saved(tmp_path):
    """The path of a file as the window saves it: rows, split, weights, prediction, P(class)."""
    data = replace(load("iris"), weights=np.linspace(1.0, 2.0, 150))
    prepared = prepare(data)
    chances = np.random.default_rng(0).dirichlet((1, 2, 3), len(prepared.rows))
    write_csv(tmp_path / "saved.csv", data, prepared, chances)
    return tmp_path / "saved.csv"


def test_a_saved_file_opens_as_what_was_saved(saved):
    data = load_dataset(DataChoices(source="file", path=str(saved)))
    iris = load("iris")
    assert data.target == iris.target
    assert [feature.name for feature in data.features] == [f.name for f in iris.features]
    np.testing.assert_array_equal(data.split, prepare(iris).split)
    np.testing.assert_array_equal(data.weights, np.linspace(1.0, 2.0, 150))
    said = " ".join(data.notes)
    assert "divided as the column split says" in said
    assert "Left out, what a model predicted: predicted, P(setosa), " in said


def test_the_roles_that_saving_leaves_can_be_seen_and_changed(saved):
    table = read_table(saved)
    scene = import_scene(table, ImportOptions())
    roles = roles_of(scene)
    assert (roles["split"], roles["weight"], roles["predicted"]) == ("split", "weight", "ignore")
    assert scene.choices(DataChoices(), "p", ImportOptions()).split_column == "split"
    assert scene.features == ()
    refused = import_scene(table, ImportOptions().with_role("split", "ignore"))
    assert roles_of(refused)["split"] == "ignore"
    assert refused.dataset.split is None
    assert len(refused.features) == 4
    again = ImportOptions.of(
        refused.choices(DataChoices(source="file"), str(saved), ImportOptions())
    )
    assert import_scene(table, again).dataset.split is None
    feature = import_scene(table, ImportOptions().with_role("P(setosa)", "feature"))
    assert "P(setosa)" in feature.features
    assert feature.dataset.split is not None


def test_columns_that_only_share_a_name_with_saved_ones_stay_features(people):
    columns = (
        *people.columns[:-1],
        text_column("split", ["left", "right"] * 5),
        text_column("predicted", ["a", "b"] * 5),
        number_column("P(a)", np.linspace(0, 1, 10)),
        number_column("P(b)", np.linspace(0, 1, 10)),
        people.columns[-1],
    )
    scene = import_scene(replace(people, columns=columns), ImportOptions())
    roles = roles_of(scene)
    assert {roles[name] for name in ("split", "predicted", "P(a)", "P(b)")} == {"feature"}


def test_labels_that_look_alike_can_be_made_one_class(people):
    done = text_column("done", ["Yes", "no", "yes", "YES", "no", "No", "yes", "no", "yes", "no"])
    table = replace(people, columns=(*people.columns[:-1], done))
    apart = import_scene(table, ImportOptions())
    assert apart.may_merge
    assert len(apart.counts) == 5
    options = ImportOptions().with_merge(True)
    scene = import_scene(table, options)
    assert scene.dataset.classes == ("no", "yes")
    assert scene.counts.tolist() == [5, 5]
    assert scene.may_merge
    choices = scene.choices(DataChoices(), "people.csv", options)
    assert choices.merge_labels
    assert ImportOptions.of(choices).merge
    assert not import_scene(people, options).may_merge
    assert not import_scene(people, options).choices(DataChoices(), "p", options).merge_labels


def test_merging_is_a_knob_like_any_other(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i},{['Yes', 'yes', 'no'][i % 3]}\n" for i in range(12)))
    choices = DataChoices(source="file", path=str(path))
    experiment = Experiment(data=choices).replacing("data.merge_labels", True)
    experiment = Experiment.from_json(experiment.to_json())
    assert load_dataset(experiment.data).n_classes == 2
    assert load_dataset(choices).n_classes == 3


def test_saying_the_thousands_mark_alone_leaves_the_decimal_mark_to_be_found(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x;y\n" + "".join(f"1 00{i},5;a\n" for i in range(9)))
    assert read_table(path, thousands=" ").dialect.decimal == ","
    assert read_table(path, thousands=" ").column("x").values[3] == 1003.5
    assert read_table(path, thousands=",").dialect.decimal == "."
