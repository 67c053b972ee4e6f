"""Formulas and sentences of the functions panel."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QCoreApplication

from core.explain.function_facts import Facts
from core.explain.numerics import ALL_DIGITS, Comparison
from core.explain.saturation import SATURATED
from core.explain.unit_maps import PreactivationHistogram
from core.scenes.functions_scene import FunctionsScene
from gui.style.number_text import MINUS, format_count, format_latex, format_number, format_percent
from gui.style.theme import class_colour, theme
from gui.widgets.formula import filled_in

FEW_DIGITS = 8.0


def tr(text: str) -> str:
    """Translate a text of the functions panel."""
    return QCoreApplication.translate("Functions", text)


def value_formula(scene: FunctionsScene) -> str:
    """Return the formula of what is drawn, in LaTeX, with t where it is not 1."""
    formula = _own_formula(scene)
    return filled_in(formula, "z", "t z") if _needs_t(scene) else formula


def slope_formula(scene: FunctionsScene) -> str:
    """Return the formula of its slope, in LaTeX; by the chain rule with t."""
    if scene.axis == "odds":
        return r"\frac{d}{dz} e^{t z} = t\,e^{t z}"
    if scene.axis == "log_odds":
        return r"\frac{d}{dz}\,t z = t"
    formula = scene.activation.slope_formula
    if not _needs_t(scene):
        return formula
    left = scene.activation.formula.split(" = ", 1)[0]
    right = formula.split(" = ", 1)[1]
    return (
        rf"\frac{{d}}{{dz}}\,{filled_in(left, 'z', 't z')} = "
        rf"t\,\left( {filled_in(right, 'z', 't z')} \right)"
    )


def filled_formula(scene: FunctionsScene) -> str:
    """Return the formula with the point's numbers in it, and what it comes to."""
    z, t = format_latex(scene.point.z), format_latex(scene.view.function_sharpness)
    formula = _own_formula(scene)
    if scene.activation.trainable_sharpness and scene.axis == "probability":
        formula = filled_in(filled_in(formula, "t", t), "z", z)
    else:
        product = z if scene.view.function_sharpness == 1.0 else rf"{t} \cdot {_bracketed(z)}"
        formula = filled_in(formula, "z", product)
    return f"{formula} = {format_latex(scene.point.value, 4)}"


def reading(scene: FunctionsScene) -> str:
    """Return the point's value, slope and curvature and its tangent, as rich text."""
    point, (intercept, slope) = scene.point, scene.tangent
    sign = MINUS if intercept < 0 else "+"
    tangent = (
        f"y = {format_number(slope, digits=4)} z {sign} {format_number(abs(intercept), digits=4)}"
    )
    return tr("value <b>{0}</b> &nbsp; slope <b>{1}</b> &nbsp; curvature <b>{2}</b><br>").format(
        format_number(point.value, digits=4),
        format_number(point.slope, digits=4),
        format_number(point.curvature, digits=4),
    ) + tr("tangent {0}").format(tangent)


def legend(scene: FunctionsScene) -> str:
    """Return the names of the lines in their colours, as rich text."""
    chosen = theme()
    name = scene.activation.label
    names = [_sample(chosen.ink, "━", name)]
    if scene.plain is not None:
        names.append(_sample(chosen.raw, "─", tr("{0} at t = 1").format(name)))
    if scene.view.function_slope:
        names.append(_sample(chosen.accent, "━", tr("slope")))
    if scene.view.function_curvature:
        names.append(_sample(chosen.warning, "╌", tr("curvature")))
    names += [_sample(class_colour(k), "━", label) for k, (_, label, _) in enumerate(scene.others)]
    if scene.units is not None:
        names.append(_sample(chosen.calibrated, "▆", tr("units")))
    return " &nbsp; ".join(names)


def range_fact(facts: Facts) -> str:
    """Say between which values the outputs lie."""
    low, high = format_number(facts.low, digits=4), format_number(facts.high, digits=4)
    if not facts.is_bounded:
        side = tr("Outputs run from {0} to {1}").format(low, high)
        if math.isfinite(facts.low_at):
            side += tr(", lowest at z = {0}").format(format_number(facts.low_at, digits=4))
        return side + "."
    return tr("Outputs stay between {0} and {1} and never reach either.").format(low, high)


def symmetry_fact(scene: FunctionsScene) -> str:
    """Say how f(−z) follows from f(z), with the point's numbers."""
    facts, z = scene.facts, scene.point.z
    f = "σ" if scene.has_odds else "f"
    if facts.symmetry == "point":
        rest = f"{format_number(facts.constant, digits=4)} − " if facts.constant else "−"
        law = f"{f}(−z) = {rest}{f}(z)"
        here = facts.constant - _probability(scene)
        return tr("{0}: at z = {1} that is {2} = {3}{4}.").format(
            law,
            format_number(z, digits=4),
            format_number(here, digits=4),
            rest,
            format_number(_probability(scene), digits=4),
        )
    if facts.symmetry == "identity":
        slope = "" if facts.constant == 1.0 else f"{format_number(facts.constant, digits=4)} "
        return tr("f(z) − f(−z) = {0}z: the two sides differ by a straight line.").format(slope)
    return tr("No symmetry: f(−z) says nothing simple about f(z).")


def steepest_fact(scene: FunctionsScene) -> str:
    """Say how steep it gets, and where."""
    facts = scene.facts
    if math.isfinite(facts.steepest_at):
        where = tr("at z = {0}").format(format_number(facts.steepest_at, digits=4))
    elif facts.steepest_at > 0:
        where = tr("far to the right, where it never fades")
    else:
        where = tr("everywhere")
    text = tr("The slope is at most {0}, {1}.").format(
        format_number(facts.steepest, digits=4), where
    )
    if scene.has_odds and scene.view.function_sharpness != 1.0:
        text += tr(" That is t / 4.")
    elif scene.has_odds:
        text += tr(
            " Ten such slopes alone leave at most 0.25¹⁰ of a gradient, a millionth; the weights "
            "between the layers multiply it too, and can make up for that, or worsen it."
        )
    return text


def centre_fact(facts: Facts) -> str:
    """Say whether outputs are centred where inputs are."""
    if facts.is_centred:
        return tr("Centred: where z is standard normal, outputs average 0.")
    return tr(
        "Not centred: where z is standard normal, outputs average {0}, so the next layer's "
        "weights are pushed the same way together."
    ).format(format_number(round(facts.mean, 4), digits=4))


def digits(value: float) -> str:
    """Return a count of correct digits as rich text, in the warning colour where few.

    Examples
    --------
    >>> digits(17.0)
    'all'
    """
    if value >= ALL_DIGITS:
        return tr("all")
    text = f"{math.floor(value)}"
    return text if value >= FEW_DIGITS else f'<span style="color:{theme().error}">{text}</span>'


def failures(comparisons: tuple[Comparison, ...]) -> str:
    """Say which textbook formulas fail here and why."""
    failed = [c for c in comparisons if c.textbook_digits < FEW_DIGITS]
    if not failed:
        return tr("Here every textbook formula holds. Try z = 40 or z = −740.")
    line = tr("<b>{0}</b> as {1}: {2}")
    return "<br>".join(
        line.format(c.recipe.label, c.recipe.how, tr(c.recipe.fails)) for c in failed
    )


def units_words(units: PreactivationHistogram) -> str:
    """Say where the units sit."""
    text = tr("{0} of {1} numbers (units: {2}, train rows: {3}) are saturated: the slope there is ")
    text += tr("below {4} of the steepest, so that those units hardly learn from those rows.")
    text = text.format(
        f"<b>{format_percent(units.saturated)}</b>",
        format_count(units.n_units * units.n_rows),
        format_count(units.n_units),
        format_count(units.n_rows),
        format_percent(SATURATED, decimals=0),
    )
    if units.stuck:
        text += tr(" Saturated on every row: <b>{0}</b> of the units.").format(
            format_count(units.stuck)
        )
    beyond = units.below + units.above
    if beyond > 0.0005:
        text += tr(" {0} lie beyond the plot.").format(format_percent(beyond))
    return text


def _own_formula(scene: FunctionsScene) -> str:
    if scene.axis == "odds":
        return r"\frac{p}{1 - p} = e^{z}"
    if scene.axis == "log_odds":
        return r"\ln \frac{p}{1 - p} = z"
    return scene.activation.formula


def _needs_t(scene: FunctionsScene) -> bool:
    own = scene.activation.trainable_sharpness and scene.axis == "probability"
    return scene.view.function_sharpness != 1.0 and not own


def _bracketed(latex: str) -> str:
    return f"({latex})" if latex.startswith("-") else latex


def _probability(scene: FunctionsScene) -> float:
    u = scene.view.function_sharpness * scene.point.z
    return float(scene.activation.value(np.array([u]))[0])


def _sample(colour: str, glyph: str, name: str) -> str:
    return f'<span style="color:{colour}">{glyph}</span>&nbsp;{name.replace(" ", "&nbsp;")}'
