import csv
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import UserError
from core.data import read_table
from core.data.dataset import Dataset, Feature
from core.data.from_table import dataset_from_table
from core.data.gallery import load
from core.data.generators import GENERATORS
from core.data.preparing import prepare
from core.data.saving import clear_unfinished, protect, write_atomically, write_csv

ROOT = Path(__file__).resolve().parents[3]
FORMULAS = ("=1+1", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "'=1", "plain", "it's", "-2.5")


def read(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        header, *rows = csv.reader(file)
    return {name: [row[j] for row in rows] for j, name in enumerate(header)}


def formulas():
    """A dataset whose every text begins in a way that a spreadsheet might run."""
    n = len(FORMULAS)
    features = (Feature("=x"), Feature("text", FORMULAS))
    X = np.stack([-np.arange(n) / 3, np.arange(n)], axis=1)
    return Dataset("f", features, X, np.arange(n) % 2, ("-a", "@b"), target="+y")


def unprotected(cell):
    """What a reader who knows the rule takes a cell for."""
    cell = cell[1:] if re.match(r"'+[=+\-@\t\r\n]", cell) else cell
    return re.sub(r"([;\t\r\n])'('*[=+\-@])", r"\1\2", cell)


@settings(deadline=None)
@given(st.text(alphabet="'=+-@;\t\r\n1.e a", max_size=8))
def test_protecting_can_be_undone_for_every_text(cell):
    assert unprotected(protect(cell)) == cell


@settings(deadline=None)
@given(st.text(alphabet="'=+-@;\t\r\n1.e a", min_size=1, max_size=8))
def test_nothing_but_a_plain_number_begins_like_a_formula(cell):
    safe = protect(cell)
    for part in re.split(r"[;\t\r\n]", safe):  # as programs divide lines that divide there
        if part[:1] in tuple("=+-@"):
            float(safe)
    if safe[0] in "\t\r\n":
        float(safe)


@pytest.mark.parametrize("value", [-1.0, 1e-300, -1e300, 0.1, 123456789.123, 2.0**60])
def test_numbers_are_left_alone_and_read_back_bit_for_bit(value, tmp_path):
    data = Dataset("n", (Feature("x"),), [[value], [-value]], [0, 1], ("a", "b"))
    write_csv(tmp_path / "n.csv", data)
    assert [float(cell) for cell in read(tmp_path / "n.csv")["x"]] == [value, -value]


def test_every_text_cell_is_protected_and_comes_back(tmp_path):
    write_csv(tmp_path / "f.csv", formulas())
    columns = read(tmp_path / "f.csv")
    assert list(columns) == ["'=x", "text", "'+y"]
    for cell in columns["text"] + columns["'+y"]:
        assert cell[0] not in "=+@\t\r"
    assert [unprotected(cell) for cell in columns["text"]] == list(FORMULAS)
    assert set(columns["'+y"]) == {"'-a", "'@b"}


def test_missing_values_are_empty_and_levels_are_words(tmp_path):
    data = load("penguins")
    write_csv(tmp_path / "p.csv", data)
    columns = read(tmp_path / "p.csv")
    own = Path(__file__).parents[3] / "resources" / "datasets" / "penguins.csv"
    assert columns == read(own)


def test_split_weight_prediction_and_probabilities_are_written(tmp_path):
    drawn = GENERATORS["blobs"].make(60)
    data = Dataset("b", drawn.features, drawn.X, drawn.y, ("a", "b", "c"), weights=np.arange(60))
    prepared = prepare(data)
    p = drawn.truth(drawn.X)
    write_csv(tmp_path / "b.csv", data, prepared, p)
    columns = read(tmp_path / "b.csv")
    names = ["x1", "x2", "class", "weight", "split", "predicted", "P(a)", "P(b)", "P(c)"]
    assert list(columns) == names
    parts = np.array(["train", "validation", "test"])
    assert columns["split"] == parts[prepared.split].tolist()
    assert columns["predicted"] == np.array(["a", "b", "c"])[p.argmax(axis=1)].tolist()
    assert [float(cell) for cell in columns["P(b)"]] == p[:, 1].tolist()
    assert [float(cell) for cell in columns["weight"]] == list(range(60))


def test_only_the_rows_that_were_prepared_are_written(tmp_path):
    data = load("penguins")
    prepared = prepare(data, missing="drop")
    write_csv(tmp_path / "p.csv", data, prepared, predicted=prepared.y)
    columns = read(tmp_path / "p.csv")
    assert len(columns["split"]) == 333
    assert columns["predicted"] == columns["species"]


def test_equal_names_are_numbered(tmp_path):
    features = (Feature("split"), Feature("class"))
    data = Dataset("s", features, np.eye(4)[:, :2], [0, 1, 0, 1], ("a", "b"), split=[0, 0, 1, 2])
    write_csv(tmp_path / "s.csv", data, prepare(data))
    assert list(read(tmp_path / "s.csv")) == ["split", "class", "class (2)", "split (2)"]


@pytest.mark.parametrize("wrong", [{"probabilities": np.ones((3, 2))}, {"predicted": np.ones(3)}])
def test_predictions_of_other_rows_are_a_bug(wrong, tmp_path):
    with pytest.raises(ValueError):
        write_csv(tmp_path / "x.csv", load("iris"), **wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_byte_order_mark_is_written_only_where_it_is_needed(tmp_path):
    data = GENERATORS["xor"].make(20)
    write_csv(tmp_path / "a.csv", data)
    assert (tmp_path / "a.csv").read_bytes().startswith(b"x1,")
    named = Dataset("u", data.features, data.X, data.y, ("≤ 3", "> 3"))
    write_csv(tmp_path / "u.csv", named)
    assert (tmp_path / "u.csv").read_bytes().startswith(b"\xef\xbb\xbfx1,")


def test_a_failure_half_way_leaves_the_older_file_and_no_other(tmp_path):
    place = tmp_path / "data.csv"
    place.write_text("old")

    def blocks():
        yield b"new"
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match=r"data.csv was not saved.*no space left"):
        write_atomically(place, blocks())
    assert place.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_only_what_killed_saves_left_is_cleared(tmp_path):
    code = """
import os, sys
from core.data.saving import write_atomically
def blocks():
    yield b"half"
    os._exit(9)
write_atomically(sys.argv[1], blocks())
"""
    place, an_hour_ago = tmp_path / "autosave.credence", time.time() - 3600
    words = [sys.executable, "-c", code, str(place)]
    for _ in range(2):
        assert subprocess.run(words, cwd=ROOT, check=False).returncode == 9
    left, being_written = sorted(tmp_path.iterdir())
    theirs = [
        *(".autosave.credence.tmp", ".autosave.credence.12x.tmp", ".autosave.credence.12.tmp.txt"),
        *("autosave.credence.12.tmp", ".other.credence.12.tmp", "autosave.credence"),
    ]
    for name in theirs:
        (tmp_path / name).write_text("a year of work")
    (tmp_path / ".autosave.credence.13.tmp").mkdir()
    for path in (left, *map(tmp_path.joinpath, theirs)):
        os.utime(path, (an_hour_ago, an_hour_ago))
    clear_unfinished(place)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*theirs, being_written.name, ".autosave.credence.13.tmp"}
    clear_unfinished(tmp_path / "none" / "x.credence")


def test_a_folder_that_does_not_exist_is_explained(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        write_csv(tmp_path / "none" / "x.csv", load("iris"))


def test_who_reads_the_older_file_meanwhile_reads_it_whole(tmp_path):
    place = tmp_path / "data.csv"
    place.write_text("old")
    with open(place) as reader:
        write_csv(place, load("iris"))
        assert reader.read() == "old"
    assert place.read_text().startswith("sepal")


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_csv(tmp_path / "link.csv", load("iris"))
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("sepal")


@pytest.mark.parametrize("name", ["iris", "wine", "penguins", "breast_cancer", "two_moons"])
def test_a_saved_dataset_opens_again_with_the_same_values(name, tmp_path):
    data = GENERATORS[name].make(200) if name in GENERATORS else load(name)
    write_csv(tmp_path / "saved.csv", data)
    again = dataset_from_table(read_table(tmp_path / "saved.csv"), data.target)
    np.testing.assert_array_equal(again.X, data.X)
    np.testing.assert_array_equal(again.y, data.y)
    assert again.classes == data.classes
    assert [(f.name, f.levels) for f in again.features] == [
        (f.name, f.levels) for f in data.features
    ]


def test_text_that_looks_like_a_formula_opens_again_with_the_same_values(tmp_path):
    texts = ("=1+1", "+1+1", "-2+3", "1;=2", "\t=1", "a;'=b")
    codes = np.arange(24) % 6
    X = np.stack([codes, np.sin(codes * 7 + np.arange(24))], axis=1)
    data = Dataset("f", (Feature("t", texts), Feature("x")), X, codes % 2, ("-a", "b"))
    write_csv(tmp_path / "f.csv", data)
    again = dataset_from_table(read_table(tmp_path / "f.csv"), "class")
    assert set(again.features[0].levels) == set(texts)
    words = [again.features[0].levels[int(code)] for code in again.X[:, 0]]
    assert words == [texts[code] for code in codes]
    assert again.classes == data.classes
    np.testing.assert_array_equal(again.X[:, 1], X[:, 1])
