import numpy as np
import pytest

from core.base.errors import UserError
from core.data.gallery import load
from core.data.generators import GENERATORS
from core.data.loading import load_dataset
from core.data.painted import dataset_of_points, points_of
from core.experiment.experiment import Experiment
from core.run.run import edited_run, start_run
from tests.core.scene_cases import trained

POINTS = ((0.0, 0.0, 0), (1.0, 0.5, 2), (0.2, 0.1, 0), (0.9, 0.4, 2))


def test_painted_points_are_a_data_set():
    dataset = dataset_of_points(POINTS)
    np.testing.assert_array_equal(dataset.X, [point[:2] for point in POINTS])
    np.testing.assert_array_equal(dataset.y, [0, 2, 0, 2])
    assert dataset.classes == ("0", "1", "2")


@pytest.mark.parametrize("points", [(), POINTS[:2], (POINTS[0],) * 5])
def test_too_few_points_or_classes_are_told(points):
    with pytest.raises(UserError, match="nothing to learn yet"):
        dataset_of_points(points)


def test_a_drawn_data_set_becomes_points_and_back():
    drawn = GENERATORS["two_moons"].make(rows=50)
    again = dataset_of_points(points_of(drawn, 5000))
    np.testing.assert_array_equal(again.X, drawn.X)
    np.testing.assert_array_equal(again.y, drawn.y)
    assert len(points_of(drawn, 20)) == 20


def test_a_data_set_of_another_form_gives_no_points():
    assert points_of(load("iris"), 5000) == ()


def test_another_point_keeps_the_weights():
    points = POINTS * 10
    experiment = Experiment().replacing("data.painted", points).replacing("data.source", "painted")
    run = start_run(experiment)
    assert load_dataset(experiment.data).n_samples == 40
    more = edited_run(run, experiment.replacing("data.painted", (*points, (3.0, 3.0, 0))), 0)
    assert more.dataset.n_samples == 41
    assert more.history.latest.same_bits(run.history.latest)


def test_painting_on_a_data_set_s_points_and_undoing_it_keep_the_weights():
    run, state = trained(20)
    run.history.record_state(state)
    points = (*points_of(run.dataset, 5000), (3.0, 3.0, 0))
    there = edited_run(run, on_paper(run.experiment, points), state.step)
    assert there.dataset.n_samples == run.dataset.n_samples + 1
    back = edited_run(there, run.experiment, state.step)
    for after in (there, back):
        assert after.history.latest.step == 20
        np.testing.assert_array_equal(after.history.latest.parameters, state.parameters)
    np.testing.assert_array_equal(back.dataset.X, run.dataset.X)


def test_another_source_or_class_starts_training_anew():
    run, state = trained(20)
    run.history.record_state(state)
    points = (*points_of(run.dataset, 5000), (3.0, 3.0, 2))
    more = edited_run(run, on_paper(run.experiment, points), state.step)
    assert more.prepared.classes == ("0", "1", "2")
    other = edited_run(run, run.experiment.replacing("data.source", "xor"), state.step)
    assert more.history.latest.step == other.history.latest.step == 0


def on_paper(experiment, points):
    return experiment.replacing("data.painted", points).replacing("data.source", "painted")
