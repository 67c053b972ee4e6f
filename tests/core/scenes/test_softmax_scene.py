import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from core.base.errors import UserError
from core.experiment.experiment import experiment_from_mapping
from core.experiment.view import View
from core.experiment.view_choices import SOFTMAX_PAGES
from core.experiment.view_knobs import MOST_LOGITS
from core.explain.confident_mistakes import compare_losses
from core.explain.ternary import CORNERS, probabilities_at, ternary
from core.run.run import start_run
from core.scenes.softmax_scene import (
    entropy_of,
    row_logits,
    softmax_scene,
    with_classes,
    with_logit,
)

mpmath.mp.dps = 60

logits_of_any_length = st.lists(st.floats(-50, 50), min_size=2, max_size=8).map(tuple)
temperatures = st.floats(0.05, 20.0)


def run_of(source="two_moons", **model):
    return start_run(
        experiment_from_mapping({"data": {"source": source, "rows": 90}, "model": model})
    )


RUN = run_of()


def view_of(selected=-1, **changes):
    """Return a view of the softmax panel; logits stands for softmax_logits, and so on."""
    view = View().replacing("selected", selected)
    for name, value in changes.items():
        view = view.replacing(f"softmax_{name}", value)
    return view


def scene_of(*logits, run=RUN, **changes):
    view = view_of(logits=logits or (2.0, 0.5, -1.0), **changes)
    return softmax_scene(run, run.history.latest, view)


@given(logits_of_any_length, temperatures, st.floats(-500, 500))
def test_the_steps_lead_to_scipy_s_probabilities(logits, t, c):
    scene = scene_of(*logits, temperature=t, constant=c)
    assert np.allclose(scene.probabilities, special.softmax(np.array(logits) / t), atol=1e-9)
    assert np.allclose(scene.tempered, (np.array(logits) + c) / t)
    assert scene.gaps.max() == 0.0
    assert np.allclose(scene.exps, np.exp(scene.gaps))
    assert scene.total == pytest.approx(scene.exps.sum())
    assert np.allclose(scene.exps / scene.total, scene.probabilities, atol=1e-14)
    assert scene.probabilities.sum() == pytest.approx(1.0, abs=1e-14)


@given(logits_of_any_length, temperatures)
def test_the_entropy_is_scipy_s_in_nats_bits_and_as_a_share(logits, t):
    scene = scene_of(*logits, temperature=t)
    p = special.softmax(np.array(logits) / t)
    assert scene.entropy == pytest.approx(stats.entropy(p), abs=1e-12)
    assert scene.bits == pytest.approx(stats.entropy(p, base=2), abs=1e-12)
    assert scene.relative_entropy == pytest.approx(stats.entropy(p, base=len(p)), abs=1e-12)


def test_equal_logits_have_all_the_entropy_and_a_certain_class_none():
    for k in range(2, MOST_LOGITS + 1):
        assert scene_of(*[3.0] * k).relative_entropy == pytest.approx(1.0, abs=1e-15)
    assert entropy_of(np.array([0.0, 5000.0])) == 0.0


@given(logits_of_any_length, temperatures)
def test_the_jacobian_is_the_difference_quotient_by_the_logits(logits, t):
    scene = scene_of(*logits, temperature=t)
    z, h = np.array(logits), 1e-5 * t
    for j in range(len(z)):
        step = h * np.eye(len(z))[j]
        quotient = (special.softmax((z + step) / t) - special.softmax((z - step) / t)) / (2 * h)
        assert np.allclose(scene.jacobian[:, j], quotient, atol=2e-9 / t)
    assert np.allclose(scene.jacobian.sum(axis=0), 0.0, atol=1e-13 / t)


def test_without_subtracting_the_largest_exponentials_overflow_or_vanish():
    high = scene_of(2.0, 0.5, -1.0, constant=800.0)
    assert np.isinf(high.naive_exps).all()
    assert np.isnan(high.naive).all()
    low = scene_of(2.0, 0.5, -1.0, constant=-800.0)
    assert (low.naive_exps == 0.0).all()
    assert np.isnan(low.naive).all()
    near = scene_of(2.0, 0.5, -1.0)
    assert np.allclose(near.naive, near.probabilities)
    assert np.allclose(high.probabilities, near.probabilities, atol=1e-13)


@given(logits_of_any_length, temperatures)
def test_two_classes_among_themselves_are_a_sigmoid_of_their_difference(logits, t):
    scene = scene_of(*logits, temperature=t)
    pair = scene.pair
    p = scene.probabilities
    rest = [p[k] for k in range(len(p)) if k not in (pair.a, pair.b)]
    assert pair.a < pair.b
    assert min(p[pair.a], p[pair.b]) >= max(rest, default=0.0) - 1e-15
    gap = (mpmath.mpf(logits[pair.a]) - mpmath.mpf(logits[pair.b])) / mpmath.mpf(t)
    assert pair.by_sigmoid == pytest.approx(float(1 / (1 + mpmath.exp(-gap))), abs=1e-12)
    share = p[pair.a] / (p[pair.a] + p[pair.b])
    assert share == pytest.approx(pair.by_sigmoid, abs=1e-12)


def test_the_triangle_s_corners_are_certain_and_its_middle_knows_nothing():
    assert np.allclose(np.linalg.norm(CORNERS - np.roll(CORNERS, 1, axis=0), axis=1), 1.0)
    for k in range(3):
        certain = ternary(np.eye(3)[k] * 1000.0, 1.0)
        assert np.allclose(certain.point, CORNERS[k])
        assert np.allclose(certain.path[0], CORNERS[k])
        assert np.allclose(certain.path[-1], CORNERS.mean(axis=0), atol=1e-4)


@given(st.lists(st.floats(-6, 6), min_size=3, max_size=3), temperatures)
def test_a_point_of_the_triangle_gives_its_probabilities_back(logits, t):
    scene = ternary(np.array(logits), t)
    assert np.allclose(probabilities_at(*scene.point), special.softmax(np.array(logits) / t))


@given(st.lists(st.floats(-6, 6), min_size=3, max_size=3), temperatures)
def test_the_path_passes_through_the_point(logits, t):
    scene = ternary(np.array(logits), t)
    steps = np.linalg.norm(np.diff(scene.path, axis=0), axis=1)
    nearest = np.linalg.norm(scene.path - scene.point, axis=1).min()
    assert steps.max() < 0.2
    assert nearest < 0.1
    ratios = np.linspace(0.0, 1.0, 50)[:, None, None]
    pieces = scene.path[:-1] + ratios * (scene.path[1:] - scene.path[:-1])
    if np.ptp(logits) > 1e-3:
        assert np.linalg.norm(pieces - scene.point, axis=2).min() < 0.02


def test_a_place_outside_the_triangle_is_moved_into_it():
    for x, y in ((-1.0, -1.0), (2.0, 0.0), (0.5, 3.0), (0.5, -0.2)):
        p = probabilities_at(x, y)
        assert (p >= 0.0).all()
        assert p.sum() == pytest.approx(1.0)


def test_only_three_classes_have_a_triangle():
    for k in range(2, MOST_LOGITS + 1):
        assert (scene_of(*range(k)).ternary is not None) == (k == 3)


@pytest.mark.parametrize("t", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("true", [0, 2])
def test_loss_and_gradient_are_those_of_high_precision(t, true):
    z = np.array([1.5, -0.5, 0.25, 3.0])
    scene = compare_losses(z, true, t)
    names = {curve.name: curve for curve in scene.curves}

    def moved(k, by):
        other = [mpmath.mpf(float(v)) for v in z]
        other[k] += by
        return other

    for name, curve in names.items():
        assert curve.value == pytest.approx(float(exact(moved(0, 0), t, true, name)), rel=1e-12)
        for k in range(4):
            h = mpmath.mpf(10) ** -8
            difference = (
                exact(moved(k, h), t, true, name) - exact(moved(k, -h), t, true, name)
            ) / (2 * h)
            assert curve.gradient[k] == pytest.approx(float(difference), rel=1e-9, abs=1e-12)
        for i in range(0, len(scene.x), 37):
            at = moved(true, mpmath.mpf(float(scene.x[i])) - float(z[true]))
            assert curve.values[i] == pytest.approx(float(exact(at, t, true, name)), rel=1e-11)
        steps = np.gradient(curve.values, scene.x)
        assert np.allclose(curve.gradients[1:-1], steps[1:-1], atol=0.01 / t)


def exact(at, t, true, name):
    e = [mpmath.exp(v / mpmath.mpf(t)) for v in at]
    p = [v / sum(e) for v in e]
    if name == "cross_entropy":
        return -mpmath.log(p[true])
    return sum((p[k] - (k == true)) ** 2 for k in range(len(p)))


def test_a_confident_mistake_pulls_cross_entropy_but_not_squared_error():
    cross, squared = compare_losses(np.array([-8.0, 4.0]), 0).curves
    assert cross.gradient[0] == pytest.approx(-1.0, abs=1e-5)
    assert abs(squared.gradient[0]) < 1e-4
    assert np.allclose(cross.gradient, special.softmax([-8.0, 4.0]) - np.array([1.0, 0.0]))


def test_the_plot_reaches_the_present_logit_and_both_sides_of_the_border():
    for z in ((-300.0, 1.0), (300.0, 1.0), (0.0, 1.0)):
        scene = compare_losses(np.array(z), 0)
        assert scene.x[0] <= min(scene.now, scene.level)
        assert scene.x[-1] >= max(scene.now, scene.level)
        assert scene.level == 1.0


@pytest.mark.parametrize(("source", "head"), [("two_moons", "sigmoid"), ("iris", "softmax")])
def test_a_row_s_logits_give_the_model_s_probabilities(source, head):
    run = run_of(source, hidden=[3], head=head)
    state = run.history.latest
    for place in (0, 7, 40):
        row = int(run.prepared.rows[place])
        scene = scene_of(0.0, 0.0, run=run, selected=row, follows_row=True)
        expected = run.probabilities(state, run.prepared.X[place : place + 1])[0]
        assert scene.row == row
        assert np.allclose(scene.probabilities, expected, atol=1e-14)
        assert scene.true_class == run.prepared.y[place]
        assert scene.names == run.prepared.classes


def test_without_a_row_the_logits_set_by_hand_remain():
    for selected in (-1, 10_000):
        scene = scene_of(1.0, 2.0, 4.0, selected=selected, follows_row=True)
        assert scene.row == -1
        assert tuple(scene.logits) == (1.0, 2.0, 4.0)
        assert scene.names == ()
    assert scene_of(1.0, 2.0).names == RUN.prepared.classes


def test_a_model_that_has_diverged_has_no_row_to_show():
    state = RUN.history.latest
    fields = {name: getattr(state, name) for name in state.__dataclass_fields__}
    fields["parameters"] = np.full_like(state.parameters, np.inf)
    row = int(RUN.prepared.rows[0])
    with np.errstate(invalid="ignore"):
        assert row_logits(RUN, type(state)(**fields), row) is None
    assert row_logits(RUN, state, row) is not None


def test_the_losses_are_computed_in_their_own_section_only():
    for page in SOFTMAX_PAGES:
        scene = scene_of(page=page)
        assert (scene.losses is not None) == (page == "learning")


def test_a_true_class_that_is_not_there_is_the_last_one():
    assert scene_of(1.0, 2.0, true_class=6).true_class == 1


def test_classes_are_added_at_zero_and_taken_from_the_end():
    assert with_classes((3.0, -2.0), 4) == (3.0, -2.0, 0.0, 0.0)
    assert with_classes(with_classes((3.0, -2.0), 4), 2) == (3.0, -2.0)
    assert with_logit((3.0, -2.0), 1, 7.0) == (3.0, 7.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"logits": (1.0,)},
        {"logits": (0.0,) * 9},
        {"logits": (math.nan, 0.0)},
        {"temperature": 0.0},
        {"temperature": 21.0},
        {"constant": math.inf},
        {"page": "weather"},
    ],
)
def test_a_choice_that_cannot_be_is_refused(wrong):
    with pytest.raises(UserError):
        view_of(**wrong)


def test_the_losses_are_those_of_the_logits_with_their_constant_at_their_temperature():
    z, c, t, true = np.array([1.0, -0.5, 2.5]), 7.0, 3.0, 1
    scene = scene_of(*z, constant=c, temperature=t, true_class=true, page="learning")
    p = special.softmax(z / t)
    cross, squared = scene.losses.curves
    assert cross.value == pytest.approx(-math.log(p[true]))
    assert squared.value == pytest.approx(np.sum((p - np.eye(3)[true]) ** 2))
    np.testing.assert_allclose(cross.gradient, (p - np.eye(3)[true]) / t)
    assert scene.losses.now == z[true] + c
