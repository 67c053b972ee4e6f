"""Numbers as text, against Python's own decimals: what is shown reads back as what was meant."""

import math
from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.style.number_text import (
    INFINITY,
    MINUS,
    NOTHING,
    SPACE,
    editable_from,
    format_count,
    format_editable,
    format_number,
    format_percent,
    round_to,
)

WIDE = Context(prec=2000)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def as_read(text):
    """Return a shown number as a person reads it, exactly."""
    return Decimal(text.replace(SPACE, "").replace(MINUS, "-"))


@given(FINITE, st.integers(1, 8))
def test_a_number_is_rounded_to_its_digits_and_to_no_fewer_than_stand_before_the_point(
    value, digits
):
    text, exact = format_number(value, digits), Decimal(value)
    if exact == 0:
        assert text == "0"
        return
    unit = Decimal(1).scaleb(exact.adjusted() - digits + 1)  # of the last digit that counts
    expected = exact.quantize(unit, context=WIDE)
    if abs(expected) < 10**12:
        expected = exact.quantize(min(unit, Decimal(1)), context=WIDE)
    assert as_read(text) == expected
    assert not any(mark in text for mark in ",-")


@given(st.floats(-1e11, 1e11), st.integers(0, 6))
def test_a_number_of_fixed_decimals_has_them_and_reads_back_within_them(value, decimals):
    text = format_number(value, decimals=decimals)
    assert len(text.partition(".")[2]) == decimals
    assert abs(as_read(text) - Decimal(value)) <= Decimal(1).scaleb(-decimals) / 2
    assert as_read(text) != 0 or not text.startswith(MINUS)


@given(FINITE)
def test_no_number_is_long(value):
    assert len(format_number(value)) <= len(f"{MINUS}999 999 999 999")
    assert len(format_number(value, decimals=3)) <= len(f"{MINUS}999 999 999 999.999")


@given(st.integers(-(10**18), 10**18))
def test_a_count_is_whole_and_in_groups_of_three(count):
    text = format_count(count)
    assert as_read(text) == count
    first, *groups = text.lstrip(MINUS).split(SPACE)
    assert 1 <= len(first) <= 3
    assert all(len(group) == 3 for group in groups)


@given(st.floats(0.0, 1.0))
def test_a_share_reads_back_within_a_tenth_of_a_per_cent(share):
    text = format_percent(share)
    assert text.endswith(f"{SPACE}%")
    assert abs(as_read(text.removesuffix("%")) - 100 * Decimal(share)) <= Decimal("0.0500000001")


@given(FINITE)
def test_an_editable_number_is_plain_and_exact_to_six_digits(value):
    text = format_editable(value)
    assert text.isascii()
    assert float(text) == round_to(value, 6)
    assert editable_from(text) == text


@given(FINITE.filter(lambda value: abs(value) < 1e300), st.integers(1, 6))
def test_what_the_window_shows_can_be_typed(value, digits):
    text = format_number(value, digits)
    assert float(editable_from(text)) == float(as_read(text))


@given(st.text(max_size=12))
def test_what_is_no_number_is_not_made_one(text):
    def is_number(text):
        try:
            float(text)
        except ValueError:
            return False
        return True

    if is_number(editable_from(text)):
        assert is_number(text.replace(MINUS, "-")) or any(
            mark in text for mark in " \u00a0\u2009\u202f"
        )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (6.8e41, "6.8e41"),
        (-6.8e41, f"{MINUS}6.8e41"),
        (999_499_999_999.0, f"999{SPACE}499{SPACE}999{SPACE}999"),
        (1e12, "1e12"),
        (999.5, f"1{SPACE}000"),
        (99.95, "100"),
        (0.0001, "0.0001"),
        (0.00009994, f"9.99e{MINUS}5"),
        (5e-324, f"4.94e{MINUS}324"),
        (-0.0, "0"),
        (math.inf, INFINITY),
        (-math.inf, MINUS + INFINITY),
        (math.nan, NOTHING),
    ],
)
def test_edges(value, text):
    assert format_number(value) == text


def test_nothing_and_infinity_keep_their_signs_whatever_is_asked():
    assert format_number(math.nan, decimals=2, nan="NaN") == "NaN"
    assert format_number(math.inf, decimals=2) == INFINITY
    assert format_percent(math.nan) == NOTHING
    assert format_percent(-math.inf) == f"{MINUS}{INFINITY}{SPACE}%"
