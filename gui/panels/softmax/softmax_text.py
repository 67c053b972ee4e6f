"""Formulas and sentences of the softmax panel."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.scenes.softmax_scene import SoftmaxScene
from gui.style.number_text import format_latex, format_number

LETTERS = "ABCDEFGH"
SOFTMAX = r"p_k = \frac{e^{z_k / T}}{\sum_j e^{z_j / T}}"
JACOBIAN = r"\frac{\partial p_i}{\partial z_j} = \frac{p_i (\delta_{ij} - p_j)}{T}"
GRADIENTS = r"\frac{\partial L}{\partial z_k} = \frac{p_k - y_k}{T}"


def tr(text: str) -> str:
    """Translate a text of the softmax panel."""
    return QCoreApplication.translate("Softmax", text)


def class_name(scene: SoftmaxScene, k: int) -> str:
    """Return the name of a class: the model's own where there are as many, else a letter."""
    return scene.names[k] if scene.names else LETTERS[k]


def pair_formula(scene: SoftmaxScene) -> str:
    """Return the identity of softmax and sigmoid, in LaTeX; T only where it is not 1."""
    a, b = scene.pair.a + 1, scene.pair.b + 1
    over = "" if scene.view.softmax_temperature == 1.0 else " / T"
    gap = f"z_{a} - z_{b}" if not over else f"(z_{a} - z_{b}) / T"
    return rf"\frac{{e^{{z_{a}{over}}}}}{{e^{{z_{a}{over}}} + e^{{z_{b}{over}}}}} = \sigma({gap})"


def pair_numbers(scene: SoftmaxScene) -> str:
    """Return the identity with its present numbers, in LaTeX."""
    a, b = (format_latex(float(scene.tempered[k])) for k in (scene.pair.a, scene.pair.b))
    gap, p = format_latex(scene.pair.gap), format_latex(scene.pair.by_sigmoid, 4)
    return rf"\frac{{e^{{{a}}}}}{{e^{{{a}}} + e^{{{b}}}}} = \sigma({{{gap}}}) = {p}"


def pair_words(scene: SoftmaxScene) -> str:
    """Say what the identity means for the present number of classes."""
    a, b = class_name(scene, scene.pair.a), class_name(scene, scene.pair.b)
    if scene.n_classes == 2:
        return tr(
            "With two classes the softmax is the sigmoid of the difference: P({0}) = <b>{1}</b> "
            "both ways. One logit would do; the other only shifts it."
        ).format(a, format_number(scene.pair.by_sigmoid, decimals=4))
    return tr(
        "Among any two classes the softmax is a sigmoid. Of {0} and {1}, the two most probable "
        "here, {0} gets <b>{2}</b> of what the two have together."
    ).format(a, b, format_number(scene.pair.by_sigmoid, decimals=4))


def steps_words(scene: SoftmaxScene) -> str:
    """Say why the largest logit is subtracted, with the present numbers."""
    largest = float(scene.tempered.max())
    e_to = f"e<sup>{format_number(largest, digits=4)}</sup>"
    held = bool((scene.naive == scene.naive).all()) and bool((scene.naive_exps < 1e308).all())
    if held and float(scene.naive_exps.max()) > 0.0:
        return tr(
            "Subtracting the largest divides every exponential by {0} = {1}, top and bottom "
            "alike: the result is the same, but no exponential can be too large. Try c = 800."
        ).format(e_to, format_number(float(scene.naive_exps.max()), digits=4))
    if largest > 0.0:
        return tr(
            "Without subtracting, {0} would be ∞ and ∞ / ∞ is <b>not a number</b>. Float64 ends "
            "at e<sup>709.8</sup>; after subtracting, the largest exponential is 1."
        ).format(e_to)
    return tr(
        "Without subtracting, even {0} would be 0 and 0 / 0 is <b>not a number</b>; after "
        "subtracting, the largest exponential is 1."
    ).format(e_to)


def jacobian_words(scene: SoftmaxScene, i: int = -1, j: int = -1) -> str:
    """Say what a cell of the Jacobian means, or all of them."""
    if i < 0:
        return tr(
            "Row: whose probability. Column: whose logit rises. What one class gains the others "
            "lose: each row and column sums to 0. It fades where the softmax is sure."
        )
    step = 0.1 * float(scene.jacobian[i, j])
    return tr("0.1 more for the logit of {0} moves P({1}) by about <b>{2}</b>.").format(
        class_name(scene, j), class_name(scene, i), format_number(step)
    )


def mistakes_words(scene: SoftmaxScene) -> str:
    """Say what the two gradients do at the present logits."""
    if scene.losses is None:
        return ""
    cross, squared = (float(c.gradient[scene.true_class]) for c in scene.losses.curves[:2])
    p = float(scene.probabilities[scene.true_class])
    name = class_name(scene, scene.true_class)
    if p < 0.1:
        return tr(
            "A confident mistake: P({0}) = {1}. Cross-entropy pulls with {2}, squared error with "
            "only {3}: it has the softmax's slope as a factor, which is nearly 0 here."
        ).format(name, format_number(p), format_number(cross), format_number(squared))
    return tr(
        "Left of the thin line the decision is wrong. Far left, cross-entropy's gradient goes to "
        "−1 / T, squared error's to 0: a confident mistake is hardly corrected."
    )
