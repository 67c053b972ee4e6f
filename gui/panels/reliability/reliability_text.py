"""The figures under the reliability diagram, in words."""

from __future__ import annotations

from html import escape

import numpy as np

from core.base.scipy_import import is_scipy_postponed
from core.calibration.calibration_knobs import calibration_methods
from core.calibration.calibrators import CALIBRATORS
from core.calibration.reliability import BINNINGS, ReliabilityCurve
from core.explain.binary_evaluation import LEVEL, BinaryEvaluation, polyline
from core.explain.brushing import LitRows, part_at
from core.scenes.reliability_scene import Compared, ReliabilityScene
from gui.panels.panel_text import rows_text, tr, weighted_text
from gui.style.number_text import format_number, format_percent
from gui.style.palette import line_style
from gui.style.theme import theme


def figures_html(scene: ReliabilityScene, reading: str = "") -> str:
    """Return the figures under the diagram: ECE beside its chance value, Brier in three parts."""
    if scene.raw is None:
        return tr("The {0} part has no rows. Give it a share of the data.").format(tr(scene.split))
    raw = tr("raw") if scene.calibrated or scene.compared else ""
    lines = [_judged_line(scene.raw, raw, "", brier_name(scene))]
    if scene.calibrated is not None:
        colour = theme().calibrated
        name = (
            calibration_methods()[scene.method].label if scene.method != "none" else tr("corrected")
        )
        label = tr("calibrated ({0})").format(name)
        lines.append(_judged_line(scene.calibrated, label, colour, brier_name(scene)))
    for other in scene.compared:
        lines.append(_compared_line(other, brier_name(scene)))
        lines += [_warning(text) for text in _compared_warnings(other)]
    lines.append(_small(reading or _plain_reading(scene)))
    if scene.rounded:
        lines.append(_small(tr("Calibrated: about; counted to the last row once nothing moves.")))
    lines += [_warning(text) for text in _warnings(scene)]
    if scene.problem:
        lines.append(scene.problem)
    return "<br>".join(lines)


def reading_at(scene: ReliabilityScene, x: float) -> str:
    """Return what the diagram says at a probability, in two lines."""
    if scene.raw is None:
        return ""
    curve = scene.raw.curve
    xs, ys = polyline(curve)
    seen = (
        format_number(float(np.interp(x, xs, ys)), decimals=3)
        if len(xs)
        else format_number(float("nan"), decimals=3)
    )
    said = tr("Said {0}: it happened in {1} of the cases.").format(
        format_number(x, decimals=3), seen
    )
    if len(scene.truth[0]) and scene.truth[0][0] <= x <= scene.truth[0][-1]:
        said += " " + tr("Truly {0}.").format(
            format_number(float(np.interp(x, *scene.truth)), decimals=3)
        )
    return f"{said}<br>{part_words(curve, x, scene.weighted_by or bool(scene.base_rates))}"


def part_words(curve: ReliabilityCurve, x: float, is_weighted: object = False) -> str:
    """Say what lies in the part of a curve at a probability, and the interval of its frequency."""
    k = part_at(curve, x)
    if k < 0:
        return tr("Kernel width {0}.").format(format_number(curve.sigma))
    counts = float(curve.counts[k])
    held = tr("weight {0}").format(format_number(counts))
    if not is_weighted:
        held = rows_text(round(counts))
    return tr("{0}–{1}: {2}, {3}").format(
        format_number(float(curve.low[k]), decimals=2),
        format_number(float(curve.high[k]), decimals=2),
        held,
        _happened(float(curve.probability[k]), float(curve.frequency[k]), float(curve.trials[k])),
    )


def lit_words(lit: LitRows, brushed: tuple[float, ...], is_weighted: object = False) -> str:
    """Say what is known of the rows that are lit, whichever curve is drawn."""
    held = rows_text(lit.n_rows)
    if is_weighted:
        held = tr("{0} of weight {1}").format(held, format_number(lit.weight))
    return tr("Lit, {0}–{1}: {2}, {3}").format(
        format_number(max(brushed[0], 0.0), decimals=2),
        format_number(brushed[1], decimals=2),
        held,
        _happened(lit.mean, lit.frequency, lit.trials),
    )


def _happened(mean: float, frequency: float, trials: float) -> str:
    low, high = _interval(frequency, trials)
    return tr("mean {0}, happened {1} ({2}–{3})").format(
        format_number(mean, decimals=3),
        format_number(frequency, decimals=3),
        format_number(low, decimals=2),
        format_number(high, decimals=2),
    )


def _interval(frequency: float, trials: float) -> tuple[float, float]:
    """Return the interval of a frequency; nan while scipy is postponed, and without trials."""
    if is_scipy_postponed() or not trials > 0.0:
        return float("nan"), float("nan")
    from core.calibration.intervals import frequency_interval

    low, high = frequency_interval([frequency * trials], [trials], LEVEL)
    return float(low[0]), float(high[0])


def brier_name(scene: ReliabilityScene) -> str:
    """Return what the Brier score here is of: two classes have one, more have several."""
    if len(scene.classes) == 2:
        return tr("Brier")
    if scene.view == "confidence":
        return tr("Brier of the confidence")
    return tr("Brier of class {0}").format(escape(scene.classes[int(scene.view)]))


def _plain_reading(scene: ReliabilityScene) -> str:
    parts = [_ways(scene), rows_text(scene.n_rows), weighted_text(scene.weighted_by)]
    bins = "; ".join(part for part in parts if part)
    legend = {
        "corp": tr("Click a step to light up its rows."),
        "smooth": tr("Click the curve to light up the rows near it."),
    }.get(scene.kind, tr("Click a bin to light up its rows."))
    if len(scene.truth[0]):
        legend = f"<span style='color:{theme().ink}'>– –</span> {tr('the truth')}. {legend}"
    if scene.view == "confidence" or len(scene.classes) > 2:
        legend = f"{_columns(scene)} {legend}"
    if scene.lit is not None:
        legend = lit_words(scene.lit, scene.brushed, scene.weighted_by)
    return f"{bins}<br>{legend}"


def _ways(scene: ReliabilityScene) -> str:
    """Say in which bins the error is taken."""
    bins = tr("1 bin") if scene.bins == 1 else tr("{0} bins").format(scene.bins)
    return f"{bins}, {tr(BINNINGS[scene.binning].label)}"


def _columns(scene: ReliabilityScene) -> str:
    """Say what the two inks of the histogram mean."""
    right = tr("right") if scene.view == "confidence" else tr("of the class")
    wrong = tr("wrong") if scene.view == "confidence" else tr("of another")
    return (
        f"<span style='color:{theme().ink}'>■</span> {right} "
        f"<span style='color:{theme().raw}'>■</span> {wrong}."
    )


def _warnings(scene: ReliabilityScene) -> list[str]:
    """Say where the figures claim too much, or mean another population."""
    found = []
    some = scene.calibrated is not None or bool(scene.compared)
    if scene.calibrated is not None and scene.fitted_here:
        found.append(tr("The calibrator was fitted on these rows: judge it on other rows."))
    if scene.calibrated is not None and scene.degenerate:
        found.append(scene.degenerate)
    if some and scene.fitted_on == "train":
        found.append(tr("Fitted on train, which the model knows by heart: it mends too little."))
    if some and scene.fitted_on == "test":
        found.append(tr("Fitted on test: no rows are left to judge it honestly."))
    if scene.base_rates:
        found.append(
            tr("Rows are weighted: class {0} from {1} to {2}; chance is not shown.").format(
                escape(scene.classes[scene.base_class]),
                *(format_percent(rate) for rate in scene.base_rates),
            )
        )
    return found


def _compared_warnings(other: Compared) -> list[str]:
    """Say where a compared calibrator's figures claim too much."""
    found = [other.degenerate] if other.judged is not None and other.degenerate else []
    if other.judged is not None and other.fitted_here:
        told = tr("{0} was fitted on these rows: it looks better than it is.")
        found.append(told.format(other.label))
    return found


def _judged_line(judged: BinaryEvaluation, name: str, colour: str, brier_label: str) -> str:
    style = f" style='color:{colour}'" if colour else ""
    start = f"{name}: " if name else ""
    brier = tr("{0} <b>{1}</b> = MCB {2} − DSC {3} + UNC {4}").format(
        brier_label,
        *(
            format_number(value, decimals=3)
            for value in (
                judged.brier.score,
                judged.brier.miscalibration,
                judged.brier.discrimination,
                judged.brier.uncertainty,
            )
        ),
    )
    return (
        f"<span{style}>{start}{_ece(judged)}<br><span style='font-size:small'>{brier}</span></span>"
    )


def _compared_line(other: Compared, brier_label: str) -> str:
    _, _, sample = line_style(list(CALIBRATORS).index(other.name))
    if other.judged is None:
        return _small(f"{other.label}: {other.problem}")
    score = format_number(other.judged.brier.score, decimals=3)
    brier = f"<span style='font-size:small'>{brier_label} <b>{score}</b></span>"
    colour = theme().calibrated
    return (
        f"<span style='color:{colour}'>{sample} {other.label}: {_ece(other.judged)}, {brier}</span>"
    )


def _ece(judged: BinaryEvaluation) -> str:
    if np.isnan(judged.chance_ece):
        return tr("ECE <b>{0}</b>").format(format_number(judged.ece, decimals=3))
    return tr("ECE <b>{0}</b> (chance {1})").format(
        format_number(judged.ece, decimals=3), format_number(judged.chance_ece, decimals=3)
    )


def _small(text: str) -> str:
    return f"<span style='color:{theme().quiet}; font-size:small'>{text}</span>"


def _warning(text: str) -> str:
    return f"<span style='color:{theme().warning}; font-size:small'>{text}</span>"
