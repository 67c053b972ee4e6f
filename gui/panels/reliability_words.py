"""The figures under the reliability diagram, in words."""

from __future__ import annotations

from core.calibration.reliability import BINNINGS
from core.scenes.reliability import Judged, ReliabilityScene
from gui.panels.words import figure, number, tr
from gui.theme import theme


def figures_html(scene: ReliabilityScene, reading: str = "") -> str:
    """Return the figures under the diagram: ECE beside its chance value, Brier in three parts."""
    if scene.raw is None:
        return tr("The {0} part has no rows. Give it a share of the data.").format(tr(scene.split))
    quiet = theme().quiet
    raw = tr("raw") if scene.calibrated else ""
    lines = [_judged_line(scene.raw, raw, "")]
    if scene.calibrated is not None:
        colour = theme().calibrated
        lines.append(_judged_line(scene.calibrated, tr("calibrated"), colour))
    bins = tr("{0} bins, {1}; {2} rows").format(
        scene.bins, BINNINGS[scene.binning].label, number(scene.n_rows)
    )
    lines.append(f"<span style='color:{quiet}; font-size:small'>{reading or bins}</span>")
    if scene.fitted_here and scene.calibrated is not None:
        lines.append(tr("The calibrator was fitted on these rows: judge it on test."))
    if scene.problem:
        lines.append(scene.problem)
    return "<br>".join(lines)


def _judged_line(judged: Judged, name: str, colour: str) -> str:
    style = f" style='color:{colour}'" if colour else ""
    ece = tr("ECE <b>{0}</b> (chance {1})").format(figure(judged.ece), figure(judged.chance_ece))
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
    start = f"{name}: " if name else ""
    return f"<span{style}>{start}{ece}<br><span style='font-size:small'>{brier}</span></span>"
