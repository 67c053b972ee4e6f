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
from gui.style.number_text import figure, number, percent, tr
from gui.style.palette import style_of
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
    seen = figure(float(np.interp(x, xs, ys))) if len(xs) else figure(float("nan"))
    said = tr("Said {0}: it happened in {1} of the cases.").format(figure(x), seen)
    if len(scene.truth[0]) and scene.truth[0][0] <= x <= scene.truth[0][-1]:
        said += " " + tr("Truly {0}.").format(figure(float(np.interp(x, *scene.truth))))
    return f"{said}<br>{part_words(curve, x)}"


def part_words(curve: ReliabilityCurve, x: float) -> str:
    """Say what lies in the part of a curve at a probability, and the interval of its frequency."""
    k = part_at(curve, x)
    if k < 0:
        return tr("Kernel width {0}.").format(number(curve.sigma))
    low, high = _interval(curve, k)
    return tr("{0}–{1}: {2} rows, mean {3}, happened {4} ({5}–{6})").format(
        figure(float(curve.low[k]), 2),
        figure(float(curve.high[k]), 2),
        number(round(float(curve.counts[k]), 1)),
        figure(float(curve.probability[k])),
        figure(float(curve.frequency[k])),
        figure(low, 2),
        figure(high, 2),
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
        scene.bins, BINNINGS[scene.binning].label, number(scene.n_rows)
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
                *(percent(rate) for rate in scene.base_rates),
            )
        )
    return found


def _judged_line(judged: BinaryEvaluation, name: str, colour: str) -> str:
    style = f" style='color:{colour}'" if colour else ""
    start = f"{name}: " if name else ""
    brier = tr("Brier <b>{0}</b> = MCB {1} − DSC {2} + UNC {3}").format(
        *(
            figure(value)
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
    _, _, sample = style_of(list(CALIBRATORS).index(other.name))
    if other.judged is None:
        return _small(f"{other.label}: {other.problem}")
    brier = tr("Brier <b>{0}</b>").format(figure(other.judged.brier.score))
    colour = theme().calibrated
    return (
        f"<span style='color:{colour}'>{sample} {other.label}: {_ece(other.judged)}, {brier}</span>"
    )


def _ece(judged: BinaryEvaluation) -> str:
    if np.isnan(judged.chance_ece):
        return tr("ECE <b>{0}</b>").format(figure(judged.ece))
    return tr("ECE <b>{0}</b> (chance {1})").format(figure(judged.ece), figure(judged.chance_ece))


def _small(text: str) -> str:
    return f"<span style='color:{theme().quiet}; font-size:small'>{text}</span>"


def _warning(text: str) -> str:
    return f"<span style='color:{theme().warning}; font-size:small'>{text}</span>"
