"""Numbers of 100,000 digits, and NULs in paths: a table or words, soon, and no internal error."""

import json
import time

import numpy as np
import pytest

import main
from core.base.errors import UserError
from core.data.reading.cells import NumberFormat, cell_type
from core.data.reading.preview import file_lines, head_table
from core.data.reading.table_reader import read_table
from core.data.saving import protect, write_atomically
from core.run.command_line import read_settings

DIGITS = "9" * 100_000
ROWS = "".join(f"{i},{i * 2},{'ab'[i % 2]}\n" for i in range(30))


@pytest.fixture(autouse=True)
def _soon():
    """A number that can be divided in many ways took minutes."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (DIGITS, np.nan),  # infinite, and so missing
        (f"-{DIGITS}", np.nan),
        (f"0.{DIGITS}", 1.0),
        (f"1e{DIGITS}", np.nan),
        (f"1e-{DIGITS}", np.nan),  # a code, as every exponent of more than three digits
        (f"{DIGITS}-01-01", np.nan),
        (f"{DIGITS}:10", np.nan),
        (f"${DIGITS}x", np.nan),
        (f"${' ' * 100_000}1x", np.nan),
        (f"{DIGITS}.{DIGITS}.1", np.nan),
    ],
    ids=lambda it: str(it)[:4] + str(it)[-6:],
)
def test_a_cell_of_very_many_digits(tmp_path, cell, value):
    (tmp_path / "t.csv").write_text(f"x,y,c\n{ROWS}{cell},3,a\n")
    table = read_table(tmp_path / "t.csv", kinds={"x": "number"})
    np.testing.assert_array_equal(table.column("x").values[:30], np.arange(30.0))
    assert table.column("x").values[30] == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize("cell", [f"{DIGITS}-", f"1{' ' * 100_000}x", f"{DIGITS}e", f"-{DIGITS}?"])
def test_judging_a_cell_takes_no_time(cell):
    assert cell_type(cell) == "text"
    assert NumberFormat().value(cell) is None
    assert NumberFormat().decorated_value(cell) is None
    protect(cell)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("t.json", f'[{{"x": {DIGITS}}}, {{"x": 2}}]', "A number in it has more than 4,300 digits"),
        ("t.jsonl", f'{{"x": 1}}\n{{"x": {DIGITS}}}\n', "number on line 2 has more than 4,300"),
    ],
)
def test_an_integer_too_long_for_python_in_json_is_told(tmp_path, name, text, why):
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=why):
        read_table(tmp_path / name)


def test_a_decimal_of_very_many_digits_in_json_is_read(tmp_path):
    (tmp_path / "t.json").write_text(f'[{{"x": 0.{DIGITS}}}, {{"x": 2}}]')
    assert json.loads(f"0.{DIGITS}") == 1.0
    assert list(read_table(tmp_path / "t.json").column("x").values) == [1.0, 2.0]


@pytest.mark.parametrize("name", ["data.rows", "data.noise", "model.hidden", "view.threshold"])
@pytest.mark.parametrize("text", [DIGITS, f"-{DIGITS}", f"1e{DIGITS}", f"1{DIGITS}/2", "1\0", "²"])
def test_a_knob_takes_no_such_number(name, text):
    with pytest.raises(UserError):
        read_settings([f"{name}={text}"])


@pytest.mark.parametrize("read", [read_table, lambda path: head_table(path, {}), file_lines])
def test_a_path_with_a_nul_is_told(read):
    with pytest.raises(UserError, match="NUL in its path"):
        read("a\0b.csv")


def test_a_path_with_a_nul_is_told_by_the_command_line(tmp_path, capsys):
    assert main.main(["--run", "a\0b.csv"]) == 2
    assert "NUL in its path" in capsys.readouterr().err
    (tmp_path / "t.csv").write_text(f"x,y,c\n{ROWS}")
    words = ["--run", str(tmp_path / "t.csv"), "--target", "c", "--epochs", "1"]
    assert main.main([*words, "--report", "a\0b.json"]) == 2
    assert "was not written" in capsys.readouterr().err


def test_a_file_with_a_nul_in_its_name_is_not_saved_and_told():
    with pytest.raises(UserError, match="NUL in its path"):
        write_atomically("a\0b.csv", [b"x"])
