"""Lines parsed by machine code: bit for bit what Python reads, or left to others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import compiling
from core.data.reading import scanning
from core.data.reading.scanning import scanner_for

pytest.importorskip("llvmlite")

OPTIONS = {"sep": ",", "decimal": ".", "skipinitialspace": False, "encoding": "utf-8"}
FORMATS = ["%r", "%.17g", "%.3f", "%.6e", "%+.15g", "%.19g", "%.25f"]


def scanned(text, numbers, missing=("NA",), **options):
    data = text.encode(options.get("encoding", "utf-8"))
    scanner = scanner_for(numbers, missing, OPTIONS | options)
    return scanner.columns(data, data.count(b"\n") + (not data.endswith(b"\n")))


def bits(values):
    return np.asarray(values, np.float64).view(np.int64).tolist()


@given(
    st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(FORMATS)),
        min_size=1,
        max_size=60,
    )
)
def test_numbers_are_the_nearest_bit_for_bit(cases):
    texts = [repr(x) if style == "%r" else style % x for x, style in cases]
    (found,) = scanned("\n".join(texts), [True])
    assert bits(found) == bits([float(text) for text in texts])


@given(st.lists(st.tuples(st.integers(0, 10**19), st.integers(-25, 25)), min_size=1, max_size=60))
def test_digits_and_powers_of_every_size_are_the_nearest(cases):
    texts = [f"{digits}e{power}" for digits, power in cases]
    (found,) = scanned("\n".join(texts), [True])
    assert bits(found) == bits([float(text) for text in texts])


@pytest.mark.parametrize("power", [-30, -22, -3, 0, 1, 3, 22, 23, 400])
def test_many_digits_with_any_power_are_the_nearest(power):
    texts = [f"{digits}e{power}" for digits in (12345678901234567, 9876543210987654321, 2**53 + 1)]
    (found,) = scanned("\n".join(texts), [True])
    assert bits(found) == bits([float(text) for text in texts])


def test_numbers_half_way_between_two_floats_go_to_the_even_one():
    texts = ["9007199254740993", "9007199254740995", "4503599627370497.5", "0.1e1", "1e23"]
    (found,) = scanned("\n".join(texts), [True])
    assert bits(found) == bits([float(text) for text in texts])


def test_many_numbers_as_computers_write_them_need_no_second_look(monkeypatch):
    x = np.random.default_rng(0).normal(size=20_000)
    seen = []
    settle = scanning.Scanner._settle
    monkeypatch.setattr(
        scanning.Scanner, "_settle", lambda self, *a: seen.append(len(a[2])) or settle(self, *a)
    )
    (found,) = scanned("\n".join(map(repr, x.tolist())), [True])
    assert bits(found) == bits(x)
    assert seen[0] < 5  # those below 1e-5 have exponents beyond what is exact


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_cells_of_every_kind_stand_in_their_columns(end, last):
    lines = ["1,a b,-2.5", ",,NA", " 3 , x,  ", "-0,ö,+.5", "1.,z,-1E-3"]
    text = end.join(lines) + (end if last else "")
    first, words, third = scanned(text, [True, False, True])
    assert bits(first) == bits([1.0, np.nan, 3.0, -0.0, 1.0])
    assert words == ["a b", "", " x", "ö", "z"]
    assert bits(third) == bits([-2.5, np.nan, np.nan, 0.5, -0.001])


def test_decimal_commas_other_encodings_and_spaces_before_texts():
    text = "1,5; é\n-2;ü\n1,25e2;\n"
    numbers, words = scanned(
        text, [True, False], sep=";", decimal=",", encoding="cp1252", skipinitialspace=True
    )
    assert numbers.tolist() == [1.5, -2.0, 125.0]
    assert words == ["é", "ü", ""]


def test_equal_texts_are_one_object():
    words, _ = scanned("red apples,1\nblue,2\nred apples,3\n", [False, True])
    assert words[0] is words[2]


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3\n",  # short
        "1,2\n3,4,5\n",  # long
        "1,2\n\n3,4\n",  # blank
        "1,2\n3,word\n",
        "1,2\n3,4_5\n",
        "1,2\n3,0x10\n",
        "1,2\n3,1e\n",
        "1,2\n3,-\n",
        "1,2\n3,.\n",
        "1,2\n3,1 2\n",
        "1,2\n3,inf\n",
        "1,2\n3,\xa0\n",
        "1,2\n3,\t4\n",
        "1,2\n3,1,\n",
        "1,2\r3,4\n",
    ],
)
def test_what_is_not_plain_is_left_to_others(text):
    assert scanned(text, [True, True]) is None


def test_too_many_doubtful_cells_are_left_to_others():
    assert scanned("NA\n" * 100, [True]) is not None
    assert scanned("NA\n" * 10_000, [True]) is None


@pytest.mark.parametrize("rows", [0, 1, 2, 4])
def test_no_more_lines_are_taken_than_there_is_room_for(rows):
    scanner = scanner_for([True, True], [], OPTIONS)
    assert scanner.columns(b"1,2\n3,4\n5,6\n", 3) is not None
    assert scanner.columns(b"1,2\n3,4\n5,6\n", rows) is None


def test_bytes_that_are_no_text_are_left_to_others():
    scanner = scanner_for([False, True], [], OPTIONS)
    assert scanner.columns(b"\xff,1\n", 1) is None


@pytest.mark.parametrize(
    ("options", "missing"),
    [({"sep": r"\s+"}, []), ({"sep": " "}, []), ({"sep": "."}, []), ({}, ["-999"]), ({}, ["1e3"])],
)
def test_other_layouts_are_left_to_pandas(options, missing):
    assert scanner_for([True], missing, OPTIONS | options) is None


def test_without_a_compiler_pandas_reads(monkeypatch):
    monkeypatch.setattr(compiling, "is_available", lambda: False)
    scanning.compiled_scan.cache_clear()
    assert scanner_for([True], [], OPTIONS) is None
    scanning.compiled_scan.cache_clear()
