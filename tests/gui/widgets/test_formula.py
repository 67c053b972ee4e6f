"""Formulas, typeset: every one can be drawn and read, and numbers take the places of symbols."""

import math

import pytest

from core.functions.activations import ACTIVATIONS
from core.functions.heads import HEADS
from core.functions.losses import LOSSES
from gui.panels.softmax.softmax_text import GRADIENTS, JACOBIAN, SOFTMAX
from gui.style.number_text import format_latex
from gui.style.theme import themes
from gui.widgets import formula
from gui.widgets.formula import FormulaView, as_text, coloured, filled_in


def formulas_of_the_project():
    yield from (f for a in ACTIVATIONS.values() for f in (a.formula, a.slope_formula))
    for loss in LOSSES.values():
        for form in (loss.binary, loss.categorical):
            yield from (form.formula, form.gradient_formula)
    yield from (head.formula for head in HEADS.values())
    yield from (SOFTMAX, JACOBIAN, GRADIENTS)


@pytest.mark.parametrize("latex", sorted(set(formulas_of_the_project())))
def test_every_formula_can_be_typeset_drawn_and_read(qtbot, latex):
    view = FormulaView("formula")
    qtbot.addWidget(view)
    view.show_formula(latex)
    view.resize(view.sizeHint())
    image = view.grab().toImage()
    background = image.pixel(0, 0)
    inked = sum(
        image.pixel(x, y) != background
        for x in range(0, image.width(), 2)
        for y in range(image.height())
    )
    assert inked > 10
    text = view.accessibleDescription()
    assert text == as_text(latex)
    assert not set(text) & set("\\{}&$")
    assert text.count("(") == text.count(")")


def test_a_formula_takes_the_theme_s_ink_and_is_typeset_once(qtbot, session):
    light = coloured(r"\sigma(z)", 15.0, "#ff0000")
    assert b"#ff0000" in light
    assert b"#010203" not in light
    view = FormulaView("formula")
    qtbot.addWidget(view)
    view.show_formula(r"\sigma(z)")
    before = view.grab().toImage()
    typeset = formula.typeset.cache_info().misses
    themes().use("dark")
    assert view.grab().toImage() != before
    assert formula.typeset.cache_info().misses == typeset


def test_a_wide_formula_shrinks_into_its_place(qtbot):
    view = FormulaView("formula")
    qtbot.addWidget(view)
    view.show_formula("+".join("abcdefghijklmnop"))
    view.setContentsMargins(0, 0, 4, 0)
    view.resize(100, 40)
    image = view.grab().toImage()
    right = {image.pixel(99, y) for y in range(40)}
    assert right == {image.pixel(0, 0)}


def test_moving_numbers_are_typeset_a_little_later_and_only_the_last(qtbot, monkeypatch):
    view = FormulaView("formula")
    qtbot.addWidget(view)
    view.show_formula("1")
    asked = []
    original = formula.typeset
    monkeypatch.setattr(formula, "typeset", lambda *a: asked.append(a[0]) or original(*a))
    for k in range(20):
        view.show_formula(str(k + 2), moving=True)
    assert asked == []
    assert view.accessibleDescription() == "21"
    qtbot.waitUntil(lambda: asked == ["21"])


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\frac{1}{1 + e^{-z}}", r"\frac{1}{1 + e^{-({-2})}}"),
        (r"\max(z, 0.01\,z)", r"\max({-2}, 0.01\,({-2}))"),
        (r"\begin{cases} z & z > 0 \end{cases}", r"\begin{cases} ({-2}) & {-2} > 0 \end{cases}"),
        (r"z^2 + \varphi(z)", r"({-2})^2 + \varphi({-2})"),
    ],
)
def test_a_number_takes_the_symbol_s_place_and_no_other(latex, expected):
    assert filled_in(latex, "z", "-2") == expected


def test_numbers_are_written_as_powers_of_ten_where_they_need_it():
    assert format_latex(4.2e-18) == r"4.2 \times 10^{-18}"
    assert format_latex(-math.inf) == r"-\infty"
