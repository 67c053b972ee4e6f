"""Fits at the end of their range are named, and fits on the rows that are judged are told."""

import pathlib
from dataclasses import replace

import numpy as np
import pytest

from core.calibration.calibrators import CALIBRATORS
from core.calibration.degenerate_fits import degenerate_fit
from core.calibration.recalibration import is_judged_on_fitting_rows
from core.experiment.experiment import Experiment
from core.experiment.view import View
from core.predictions.predictions import Predictions, predictions_of
from core.run.run import start_run
from core.scenes.calibrators_scene import maps_of, parameters_of
from core.scenes.numbers_scene import numbers_of
from core.scenes.reliability_scene import reliability_of

CHOICES = Experiment().calibration
SEPARABLE = (
    pathlib.Path(__file__).parents[3].parent
    / "shared"
    / "reports"
    / "calibration"
    / "c_separable.csv"
)


def fitted(method, **changes):
    return replace(CHOICES, method=method, **changes)


def separable(n_classes=2):
    y = np.arange(120) % n_classes
    z = np.random.default_rng(0).normal(0.0, 0.3, (120, n_classes))
    z[np.arange(120), y] += 4.0
    return Predictions.from_logits(y, z, split=np.arange(120) // n_classes % 3)


def misleading():
    z = np.linspace(-3.0, 3.0, 120)
    return Predictions.from_logits((z < 0.0).astype(int), z, split=np.arange(120) % 3)


def ordinary():
    rng = np.random.default_rng(2)
    z = rng.normal(0.0, 2.0, 300)
    return Predictions.from_logits(
        rng.random(300) < 1 / (1 + np.exp(-z)), z, split=np.arange(300) % 3
    )


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_temperature_of_nought_is_named(n_classes):
    told = degenerate_fit(separable(n_classes), fitted("temperature"))
    assert "temperature is 0" in told


def test_an_infinite_temperature_is_named():
    assert "infinite" in degenerate_fit(misleading(), fitted("temperature"))


def test_a_map_that_is_certain_of_every_row_is_named():
    assert "certain of every validation row" in degenerate_fit(separable(), fitted("isotonic"))


def test_a_map_that_says_the_same_of_every_row_is_named():
    assert "says the same" in degenerate_fit(misleading(), fitted("isotonic"))


@pytest.mark.parametrize("method", list(CALIBRATORS))
def test_an_ordinary_fit_is_not(method):
    assert degenerate_fit(ordinary(), fitted(method)) == ""


def test_a_temperature_set_by_hand_is_none():
    assert degenerate_fit(separable(), fitted("temperature", by_hand=True)) == ""


def test_every_page_tells_a_degenerate_fit():
    predictions, choices = separable(), fitted("temperature", compared=("isotonic",))
    scene = reliability_of(predictions, choices, View(), draws=0)
    assert "temperature is 0" in scene.degenerate
    assert "certain" in scene.compared[0].degenerate
    assert "temperature is 0" in parameters_of(predictions, choices, View()).degenerate
    told = {it.name: it.degenerate for it in maps_of(predictions, choices, View()).maps}
    assert "temperature is 0" in told["temperature"]
    assert "certain" in told["isotonic"]


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_each_calibrator_is_told_to_be_judged_on_the_rows_it_was_fitted_on(split):
    predictions, view = ordinary(), View().replacing("split", split)
    choices = replace(CHOICES, compared=("isotonic", "platt"))
    scene = reliability_of(predictions, choices, view, draws=0)
    assert [it.fitted_here for it in scene.compared] == [split == "validation"] * 2
    assert not scene.fitted_here
    crossed = replace(choices, fitted_on="cross_fitted")
    scene = reliability_of(predictions, crossed, view, draws=0)
    assert not any(it.fitted_here for it in scene.compared)
    chosen = fitted("platt")
    assert is_judged_on_fitting_rows(chosen, split, 2) == (split == "validation")
    assert parameters_of(predictions, chosen, view).fitted_here == (split == "validation")
    assert numbers_of(predictions, chosen, view, True).fitted_here == (split == "validation")
    assert not numbers_of(predictions, chosen, view).fitted_here


@pytest.mark.skipif(not SEPARABLE.exists(), reason="there are no shared reports here")
def test_a_separable_table_is_told_to_be_degenerate():
    experiment = Experiment()
    for path, text in {
        "data.source": "file",
        "data.path": str(SEPARABLE),
        "data.target": "y",
    }.items():
        experiment = experiment.parsing(path, text)
    run = start_run(experiment)
    state = run.history.engine.burst(run.history.problem, run.history.latest, 3000).state
    assert degenerate_fit(predictions_of(run, state), fitted("temperature"))
