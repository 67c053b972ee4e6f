"""A run without a window: read, train, calibrate, evaluate, and write the report as JSON."""

from __future__ import annotations

import argparse
import functools
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np

from core.base.errors import UserError
from core.calibration.degenerate_fits import degenerate_fit
from core.calibration.recalibration import Recalibration, fit_recalibration, recalibrated
from core.data.data_warnings import dataset_warnings
from core.data.gallery import OWN_FILE
from core.evaluation.performance import performance_of
from core.experiment.experiment import Experiment
from core.predictions.predictions import Predictions, predictions_of
from core.run.command_line import is_data_set, split_setting
from core.run.training_loop import Trained, train
from core.training.engines import engine_for_epochs

FIGURES = ("accuracy", "balanced_accuracy", "log_loss", "brier", "auc", "ece")
FALLBACK_METHOD = "temperature"


def report(trained: Trained) -> dict[str, Any]:
    """Return the figures of each part before and after calibration, ready for JSON.

    Undefined figures are None, infinite ones the text "inf".
    """
    run, state = trained.run, trained.state
    method = run.experiment.calibration.method
    method = FALLBACK_METHOD if method == "none" else method
    # the figures are of the data as they are, so that no other base rate is assumed
    choices = replace(run.experiment.calibration, method=method, base_rate=0.0)
    predictions = predictions_of(run, state)
    recalibration = fit_recalibration(predictions, choices)
    return {
        "experiment": json.loads(run.experiment.to_json()),
        "dataset": {
            "name": run.dataset.name,
            "target": run.dataset.target,
            "features": [feature.name for feature in run.dataset.features],
            "notes": [*run.dataset.notes, *run.prepared.notes],
            "concerns": list(dataset_warnings(run.dataset)),
        },
        "weighted_by": run.weighted_by or None,
        "classes": list(run.dataset.classes),
        "output": run.architecture.head,
        "step": state.step,
        "epoch": state.epoch,
        "engine": run.history.engine.name,
        "updates_per_second": _plain(trained.updates_per_second),
        "diverged": str(trained.divergence.error()) if trained.divergence else None,
        "calibration": {
            "method": method,
            "fitted_on": choices.fitted_on,
            "parameters": _numbers(recalibration),
            "degenerate": degenerate_fit(predictions, choices) or None,
        },
        **figures_by_split(predictions, recalibration),
    }


def figures_by_split(
    predictions: Predictions, recalibration: Recalibration | None
) -> dict[str, dict[str, Any]]:
    """Return the figures of each part before and after recalibration, ready for JSON."""
    parts = {split: predictions.part(split) for split in predictions.splits}
    return {
        split: {
            "rows": part.n_rows,
            "before": _figures(part),
            "after": _figures(recalibrated(part, recalibration)),
        }
        for split, part in parts.items()
    }


def main(arguments: argparse.Namespace) -> int:
    """Run as ``python main.py --run`` asks, write the report and say where it is.

    Parameters
    ----------
    arguments : argparse.Namespace
        ``run`` (a file, or the name of a generator or bundled table), ``target``, ``set`` (a list
        of NAME=VALUE), ``epochs`` and ``report`` (the file to write).

    Raises
    ------
    UserError
        Where an argument cannot be used or the report cannot be written.
    """
    experiment = _experiment(arguments)
    engine = functools.partial(engine_for_epochs, epochs=arguments.epochs)
    trained = train(experiment, arguments.epochs, engine)
    written = report(trained)
    if arguments.report:
        _write(arguments.report, json.dumps(written, indent=1, allow_nan=False))
    test = written["test"]["before"]
    print(
        f"{written['dataset']['name']}: epoch {written['epoch']}, "
        f"test accuracy {_said(test['accuracy'])}, log loss {_said(test['log_loss'])}, "
        f"ECE {_said(test['ece'])} "
        f"({written['engine']})"
    )
    for concern in written["dataset"]["concerns"]:
        print(concern)
    if written["diverged"]:
        print(written["diverged"])
    return 0


def _said(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}"


def _experiment(arguments: argparse.Namespace) -> Experiment:
    experiment = Experiment()
    if is_data_set(arguments.run):
        experiment = experiment.replacing("data.source", arguments.run)
    else:
        data = replace(experiment.data, source=OWN_FILE.name, path=str(arguments.run))
        experiment = replace(experiment, data=replace(data, target=arguments.target or ""))
    for pair in arguments.set or []:
        experiment = experiment.parsing(*split_setting(pair))
    return experiment


def _figures(predictions: Predictions) -> dict[str, Any]:
    figures = performance_of(predictions)
    return {name: _plain(getattr(figures, name)) for name in FIGURES}


def _plain(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def _numbers(recalibration: Recalibration | None) -> dict[str, float | str | None]:
    """Return the fitted parameters that are single numbers."""
    if recalibration is None or recalibration.fitted is None:
        return {}
    values = {name: np.asarray(it.value) for name, it in recalibration.fitted.parameters.items()}
    return {name: _plain(float(value)) for name, value in values.items() if value.ndim == 0}


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except (OSError, ValueError) as error:  # the latter of a NUL in the path
        what = f"{path} was not written."
        said = error.strerror if isinstance(error, OSError) else error
        raise UserError(what, f"The system says: {said}.", "Choose another file.") from None
