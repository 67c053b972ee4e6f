"""The stages together: any table written in any dialect is read back, however it is cut or said."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.reading.read_options import GUESS_ALL, ReadOptions
from core.data.reading.stages import run_stages
from core.data.reading.table_reader import read_table
from core.data.saving import protect

WORDS = st.text(st.sampled_from("abcxyz ,;|'é\n"), min_size=1, max_size=8).filter(
    lambda word: (
        word.strip() == word
        and any(c.isalpha() for c in word)
        and protect(word[1:]) != word  # or the mark that protects it is taken off again
    )
)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(-999, 999), WORDS, st.booleans()), min_size=4, max_size=20),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_table_is_read_back_in_the_dialect_it_was_written(
    rows, delimiter, quoting, end, encoding
):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(["count", "word", "flag"])
    writer.writerows(rows)
    options = ReadOptions(delimiter=delimiter, header=1, skip=0, comment="")
    stages = run_stages(text.getvalue().encode(encoding), options)
    count, word, flag = stages.columns.columns
    assert (count.name, word.name, flag.name) == ("count", "word", "flag")
    assert count.values.tolist() == [row[0] for row in rows]
    assert word.values.tolist() == [row[1] for row in rows]
    assert flag.values.tolist() == [str(row[2]) for row in rows]
    assert stages.text.guess.confidence == 1.0


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(-9, 9), st.sampled_from("abc")), min_size=8, max_size=30),
    delimiter=st.sampled_from(",;\t|"),
)
def test_the_dialect_of_a_plain_table_is_found(rows, delimiter):
    lines = [f"size{delimiter}label", *(f"{x:.3f}{delimiter}{label}" for x, label in rows)]
    stages = run_stages("\n".join(lines).encode(), GUESS_ALL)
    assert stages.summary().delimiter == delimiter
    assert stages.summary().header == 1
    assert stages.columns.columns[0].values.tolist() == [float(f"{x:.3f}") for x, _ in rows]
    assert stages.columns.columns[1].values.tolist() == [label for _, label in rows]


def test_each_stage_hands_on_what_it_found():
    data = "# a comment\nname;size\nGröße;1,5\nHöhe;2,5\nTiefe;3,5\n".encode("cp1252")
    stages = run_stages(data, GUESS_ALL)
    assert stages.text.encoding == "cp1252"
    assert stages.dialect.comments == ((1, "a comment"),)
    assert [record.line for record in stages.records.records] == [2, 3, 4, 5]
    assert stages.header.names == ("name", "size")
    assert stages.grid.columns[1] == ("1,5", "2,5", "3,5")
    assert stages.columns.columns[1].values.tolist() == [1.5, 2.5, 3.5]
    assert [guess.setting for guess in stages.guesses()] == ["encoding", "delimiter", "header"]


def test_a_table_says_how_sure_each_guess_is(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("mass\tgain\n" + "3,512\t1,204\n" * 9)
    table = read_table(path)
    assert {guess.setting for guess in table.guesses} == {
        "encoding", "delimiter", "header", "decimal",
    }  # fmt: skip
    assert all(0.0 <= guess.confidence <= 1.0 for guess in table.guesses)
    assert table.guess("decimal").doubt
    assert table.guess("quote") is None
    said = read_table(path, decimal=",", delimiter="\t", header=1, encoding="utf-8")
    assert {guess.confidence for guess in said.guesses} == {1.0}


@pytest.mark.parametrize("mark", ["\ufeff", "\ufeff\ufeff"])
def test_a_byte_order_mark_of_an_appended_file_does_not_hide_its_names(mark):
    rows = "id,len,cls\n" + "".join(f"{i},{i}.5,{'ab'[i % 2]}\n" for i in range(6))
    stages = run_stages((rows + mark[:1] + rows).encode(), GUESS_ALL)
    assert len(stages.grid.lines) == 12
    assert stages.problems_of_rows().counts == {"repeated": 1}
