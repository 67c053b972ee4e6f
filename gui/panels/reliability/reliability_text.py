"""The figures under the reliability diagram, in words."""

from __future__ import annotations

from html import escape

import numpy as np

from core.base.scipy_import import is_scipy_postponed
from core.calibration.calibration_knobs import calibration_methods
from core.calibration.calibrators import CALIBRATORS
from core.calibration.reliability import BINNINGS, ReliabilityCurve
from core.explain.binary_evaluation import LEVEL, BinaryEvaluation, polyline
from core.explain.brushing import part_at
from core.scenes.reliability_scene import Compared, ReliabilityScene
from gui.panels.panel_text import tr
from gui.style.number_text import format_count, format_number, format_percent
from gui.style.palette import line_style
from gui.style.theme import theme


def figures_html(scene: ReliabilityScene, reading: str = "") -> str:
    """Return the figures under the diagram: ECE beside its chance value, Brier in three parts."""
    if scene.raw is None:
        return tr("The {0} part has no rows. Give it a share of the data.").format(tr(scene.split))
    raw = tr("raw") if scene.calibrated or scene.compared else ""
    lines = [_judged_line(scene.raw, raw, "")]
    if scene.calibrated is not None:
        colour = theme().calibrated
        name = (
            calibration_methods()[scene.method].label if scene.method != "none" else tr("corrected")
        )
        lines.append(_judged_line(scene.calibrated, tr("calibrated ({0})").format(name), colour))
    lines += [_compared_line(other) for other in scene.compared]
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
    return f"{said}<br>{part_words(curve, x)}"


def part_words(curve: ReliabilityCurve, x: float) -> str:
    """Say what lies in the part of a curve at a probability, and the interval of its frequency."""
    k = part_at(curve, x)
    if k < 0:
        return tr("Kernel width {0}.").format(format_number(curve.sigma))
    low, high = _interval(curve, k)
    return tr("{0}–{1}: {2} rows, mean {3}, happened {4} ({5}–{6})").format(
        format_number(float(curve.low[k]), decimals=2),
        format_number(float(curve.high[k]), decimals=2),
        format_number(round(float(curve.counts[k]), 1)),
        format_number(float(curve.probability[k]), decimals=3),
        format_number(float(curve.frequency[k]), decimals=3),
        format_number(low, decimals=2),
        format_number(high, decimals=2),
    )


def _interval(curve: ReliabilityCurve, k: int) -> tuple[float, float]:
    """Return the interval of a part's frequency; nan while scipy is postponed."""
    if is_scipy_postponed():
        return float("nan"), float("nan")
    from core.calibration.intervals import frequency_interval

    trials = curve.trials[k : k + 1]
    low, high = frequency_interval(curve.frequency[k : k + 1] * trials, trials, LEVEL)
    return float(low[0]), float(high[0])


def _plain_reading(scene: ReliabilityScene) -> str:
    bins = tr("{0} bins, {1}; {2} rows").format(
        scene.bins, BINNINGS[scene.binning].label, format_count(scene.n_rows)
    )
    legend = tr("Click a bin to light up its rows.")
    if len(scene.truth[0]):
        legend = f"<span style='color:{theme().ink}'>– –</span> {tr('the truth')}. {legend}"
    if scene.view == "confidence" or len(scene.classes) > 2:
        legend = f"{_columns(scene)} {legend}"
    if scene.brushed and scene.raw is not None:
        legend = part_words(scene.raw.curve, 0.5 * (scene.brushed[0] + scene.brushed[1]))
    return f"{bins}<br>{legend}"


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
    if some and scene.fitted_here:
        found.append(tr("The calibrator was fitted on these rows: judge it on test."))
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


def _judged_line(judged: BinaryEvaluation, name: str, colour: str) -> str:
    style = f" style='color:{colour}'" if colour else ""
    start = f"{name}: " if name else ""
    brier = tr("Brier <b>{0}</b> = MCB {1} − DSC {2} + UNC {3}").format(
        *(
            format_number(value, decimals=3)
            for value in (
                judged.brier.score,
                judged.brier.miscalibration,
                judged.brier.discrimination,
                judged.brier.uncertainty,
            )
        )
    )
    return (
        f"<span{style}>{start}{_ece(judged)}<br><span style='font-size:small'>{brier}</span></span>"
    )


def _compared_line(other: Compared) -> str:
    _, _, sample = line_style(list(CALIBRATORS).index(other.name))
    if other.judged is None:
        return _small(f"{other.label}: {other.problem}")
    brier = tr("Brier <b>{0}</b>").format(format_number(other.judged.brier.score, decimals=3))
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
