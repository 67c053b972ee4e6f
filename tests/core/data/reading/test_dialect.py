"""The delimiter, quoting and comment mark of a text."""

import pytest

from core.data.reading.dialect import find_dialect, rank_quotings
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import Quoting
from core.data.reading.table import NoTableError

ROWS = [["size", "label", "note"], *[[f"{i}.5", "ab"[i % 2], f"note {i}"] for i in range(20)]]


def text_with(delimiter, rows=ROWS):
    return "\n".join(delimiter.join(row) for row in rows) + "\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":", "^", "~", "}", "@", "\x1f"])
def test_each_delimiter_is_found(delimiter):
    found = find_dialect(text_with(delimiter))
    assert (found.quoting.delimiter, found.width) == (delimiter, 3)
    assert found.guess.value == delimiter
    assert 0.5 <= found.guess.confidence <= 1.0


@pytest.mark.parametrize("delimiter", ["::", "||"])
def test_a_doubled_delimiter_is_read_as_one_and_reported(delimiter):
    found = find_dialect(text_with(delimiter))
    assert (found.quoting.delimiter, found.width) == (delimiter[0], 3)
    assert repr(delimiter) in found.problems.kept[0].reason


@pytest.mark.parametrize("delimiter", [";", "|", "\t"])
def test_decimal_commas_do_not_delimit_though_they_make_a_wider_table(delimiter):
    rows = [["way", "time"], *[[f"{i},{i + 7}", f"{2 * i},5"] for i in range(1, 30)]]
    assert find_dialect(text_with(delimiter, rows)).quoting.delimiter == delimiter


@pytest.mark.parametrize("pair", ["50.72,14.55", "Novak,Jan"])
def test_pairs_with_a_comma_are_cells_where_semicolons_delimit(pair):
    text = "place;class\n" + "".join(f"{pair};{'ab'[i % 2]}\n" for i in range(40))
    assert find_dialect(text).quoting.delimiter == ";"


def test_times_of_day_do_not_make_the_colon_a_delimiter():
    text = "".join(f"{i % 24:02d}:30 {i}.5 {i % 7}\n" for i in range(40))
    assert find_dialect(text).quoting.delimiter == " "


def test_what_the_user_says_is_not_guessed():
    found = find_dialect(text_with(","), ReadOptions(delimiter=" ", quote=""))
    assert found.quoting == Quoting(" ", None, None)
    assert found.guess.confidence == 1.0


def test_a_line_that_names_the_separator_decides():
    found = find_dialect("sep=;\na;b\n1,5;2\n")
    assert (found.quoting.delimiter, found.skip, found.guess.confidence) == (";", 1, 1.0)


def test_comments_are_blanked_and_kept_with_their_lines():
    found = find_dialect("# made by hand\n" + text_with(","))
    assert found.comment == "#"
    assert found.comments == ((1, "made by hand"),)
    assert found.lines[:2] == ("", "size,label,note")


def test_quotes_and_their_escape_are_found():
    rows = [["a", "b"], *[[str(i), f'"x, {i} \\"y\\""'] for i in range(20)]]
    found = find_dialect(text_with(",", rows))
    assert (found.quoting.quote, found.quoting.escape) == ('"', "\\")


def test_delimiters_that_fit_as_well_are_offered_with_a_doubt():
    found = find_dialect("".join(f"a{i}^b{i}~c{i}\n" for i in range(10, 40)))
    assert found.guess.others == ({"^": "~", "~": "^"}[found.quoting.delimiter],)
    assert found.guess.confidence == pytest.approx(0.5)
    assert "'^' or '~'" in found.problems.kept[0].reason


def test_the_ways_to_split_are_ranked_by_how_table_like_they_are():
    ranked = rank_quotings(text_with(";").splitlines())
    assert ranked[0].quoting.delimiter == ";"
    scores = [candidate.score for candidate in ranked]
    assert scores == sorted(scores, reverse=True)


def test_an_apostrophe_that_is_never_closed_is_no_quote():
    found = find_dialect("count,word\n" + "0,a\n" * 4 + "0,'tis\n")
    assert found.quoting.quote == '"'


@pytest.mark.parametrize(("text", "why"), [("\n \n", "every line is blank"), ("a\0b\n", "line 1")])
def test_no_text_is_refused(text, why):
    with pytest.raises(NoTableError) as refusal:
        find_dialect(text)
    assert why in refusal.value.why
    assert refusal.value.mend
