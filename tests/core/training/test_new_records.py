"""A record in its registry is all that a new choice needs: it trains, compiled where it can be."""

from dataclasses import replace

import numpy as np
import pytest

from core.calibration.calibrators import CALIBRATORS
from core.data.generators import GENERATORS
from core.experiment.experiment import experiment_from_mapping, knob_at
from core.model.initialisation import INITIALISATIONS
from core.run.training_loop import train
from core.training import engines
from core.training.engines import available_engine, make_engine_ready
from core.training.numpy_engine import NumpyEngine
from core.training.optimizers import OPTIMIZERS
from tests.new_records import NEW, SIGN

SMALL = {
    "data": {"rows": 80, "noise": 0.3},
    "model": {"hidden": [3]},
    "training": {"penalty_strength": 0.01, "weight_decay": 0.1},
}


@pytest.fixture(params=NEW, ids=lambda case: case[1].name)
def new(request):
    registry, record, path, is_compiled = request.param
    registry.add(record)
    yield path, record.name, is_compiled
    registry.remove(record.name)


def test_a_new_record_is_offered_by_its_knob_alone(new):
    path, name, _ = new
    assert name in knob_at(path).choices()
    assert knob_at(path).parse(name) == name


def test_a_new_record_trains_on_numpy_and_where_it_has_a_compiled_form_alike_on_that(new):
    path, name, is_compiled = new
    experiment = experiment_from_mapping(SMALL).replacing(path, name)
    plain = train(experiment, 3, lambda problem: NumpyEngine())
    assert plain.state.epoch == 3
    assert plain.divergence is None
    problem = plain.run.history.problem
    assert make_engine_ready(problem) == is_compiled
    engine = available_engine(problem)
    assert (engine.name == "compiled engine") == is_compiled
    if is_compiled:
        fast = train(experiment, 3, available_engine)
        assert fast.run.history.engine.name == "compiled engine"
        np.testing.assert_allclose(
            fast.state.parameters, plain.state.parameters, rtol=2e-3, atol=2e-3
        )


def test_three_classes_train_with_a_new_record_too(new):
    path, name, _ = new
    experiment = experiment_from_mapping({**SMALL, "data": {"source": "three_spirals", "rows": 90}})
    experiment = experiment.replacing(path, name)
    trained = train(experiment, 2, available_engine)
    assert np.isfinite(trained.state.parameters).all()


def test_an_optimiser_shows_the_knobs_that_it_uses_and_no_others():
    OPTIMIZERS.add(replace(SIGN, uses=("momentum",)))
    try:
        experiment = experiment_from_mapping({"training": {"optimizer": "sign"}})
        assert experiment.is_relevant("training.momentum")
        assert not experiment.is_relevant("training.beta2")
    finally:
        OPTIMIZERS.remove("sign")


def test_coverage_names_new_records_and_says_which_are_compiled():
    trained = [case for case in NEW if case[0] not in (INITIALISATIONS, GENERATORS, CALIBRATORS)]
    for registry, record, *_ in trained:
        registry.add(record)
    try:
        found = {name: is_compiled for _, name, is_compiled in engines.coverage()}
    finally:
        for registry, record, *_ in trained:
            registry.remove(record.name)
    assert [found[record.name] for _, record, *_ in trained] == [case[3] for case in trained]
