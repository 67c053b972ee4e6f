import math
from decimal import Decimal

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, special

from core.base.errors import UserError
from core.experiment.experiment import experiment_from_mapping
from core.experiment.view import View
from core.experiment.view_choices import FUNCTION_AXES, FUNCTIONS_PAGES
from core.explain.function_facts import (
    derivatives,
    facts_about,
    sharpness_of_steepest,
    slope_by_sharpness,
)
from core.explain.numerics import ALL_DIGITS, RECIPES, compare_numerics, correct_digits
from core.explain.saturation import SATURATED
from core.explain.unit_maps import HISTOGRAM_BINS, preactivation_histogram
from core.functions.activations import ACTIVATIONS
from core.model.network import forward
from core.run.run import start_run
from core.scenes.functions_scene import HIGHEST, KEY_PLACES, functions_scene

mpmath.mp.dps = 60

TRUTH = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "by_tanh": lambda z: 1 / (1 + mpmath.exp(-z)),
    "complement": lambda z: 1 / (1 + mpmath.exp(z)),
    "slope": lambda z: 1 / (2 + mpmath.exp(z) + mpmath.exp(-z)),
    "log_sigmoid": lambda z: -mpmath.log1p(mpmath.exp(-z)),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "tanh": mpmath.tanh,
    "tanh_slope": lambda z: mpmath.sech(z) ** 2,
    "softmax": lambda z: 1 / (1 + mpmath.exp(-z)),
}


def run_of(hidden=(4,), activation="sigmoid", source="two_moons", **model):
    return start_run(
        experiment_from_mapping(
            {
                "data": {"source": source, "rows": 120},
                "model": {"hidden": list(hidden), "activation": activation, **model},
            }
        )
    )


@pytest.fixture(scope="module")
def run():
    return run_of()


def view_of(page="point", **changes):
    """Return a view of the functions panel; z stands for function_z, and so on."""
    view = View().replacing("functions_page", page)
    for name, value in changes.items():
        view = view.replacing(name if name == "function" else f"function_{name}", value)
    return view


def scene_of(run, **changes):
    return functions_scene(run, run.history.latest, view_of(**changes))


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("t", [0.4, 1.0, 3.0])
def test_slope_and_curvature_are_the_derivatives_of_what_is_drawn(run, name, t):
    h = 1e-5
    axes = FUNCTION_AXES if name == "sigmoid" else ("probability",)
    z = np.array([-3.1, -0.7, 0.45, 2.3])
    for axis in axes:
        f = ACTIVATIONS[name]
        value, slope, curvature = derivatives(f, axis, t, z)
        up, down = (derivatives(f, axis, t, z + d) for d in (h, -h))
        scale = 1.0 + np.abs(curvature) + np.abs(value)
        assert np.allclose((up[0] - down[0]) / (2 * h) / scale, slope / scale, atol=1e-8)
        assert np.allclose((up[1] - down[1]) / (2 * h) / scale, curvature / scale, atol=1e-7)


def test_odds_and_log_odds_are_those_of_the_probability(run):
    for t, z in ((1.0, 0.3), (2.5, -1.7), (10.0, 3.0)):
        p = TRUTH["sigmoid"](mpmath.mpf(t) * mpmath.mpf(z))
        odds = scene_of(run, z=z, sharpness=t, axis="odds").point
        logs = scene_of(run, z=z, sharpness=t, axis="log_odds").point
        assert odds.value == pytest.approx(float(p / (1 - p)), rel=1e-13)
        assert logs.value == pytest.approx(float(mpmath.log(p / (1 - p))), rel=1e-13)
        assert logs.slope == t
        assert logs.curvature == 0.0


def test_only_the_sigmoid_has_other_axes(run):
    for name in ACTIVATIONS:
        scene = scene_of(run, function=name, axis="log_odds")
        is_sigmoid = "sigmoid" in name
        assert scene.has_odds == is_sigmoid
        assert scene.axis == ("log_odds" if is_sigmoid else "probability")


def test_the_table_holds_the_key_places_and_the_point(run):
    scene = scene_of(run, function="tanh", z=0.77, sharpness=2.0)
    assert [row.z for row in scene.table] == [*KEY_PLACES, 0.77]
    assert scene.table[-1] is scene.point
    for row in scene.table:
        assert row.value == pytest.approx(math.tanh(2 * row.z), rel=1e-14)
        assert row.slope == pytest.approx(2 / math.cosh(2 * row.z) ** 2, rel=1e-13)


@given(st.floats(-8, 8), st.floats(0.1, 100.0))
def test_the_tangent_touches_the_curve_at_the_point(z, t):
    scene = scene_of(SHARED, z=z, sharpness=t)
    intercept, slope = scene.tangent
    assert intercept + slope * z == pytest.approx(scene.point.value, abs=1e-9)
    assert slope == scene.point.slope


SHARED = run_of()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_plot_holds_the_whole_function_up_to_its_limit(run, name):
    scene = scene_of(run, function=name, others=tuple(ACTIVATIONS), curvature=True)
    low, high = scene.y_range
    assert low < scene.value.min()
    assert high > min(scene.value.max(), HIGHEST)
    assert name not in [other for other, _, _ in scene.others]
    for other, _, y in scene.others:
        assert np.array_equal(y, ACTIVATIONS[other].value(scene.x))


def test_the_function_at_sharpness_one_is_drawn_beside_a_sharper_one(run):
    assert scene_of(run).plain is None
    sharp = scene_of(run, sharpness=3.0)
    assert np.allclose(sharp.plain, special.expit(sharp.x), rtol=1e-14)
    assert np.allclose(sharp.value, special.expit(3.0 * sharp.x), rtol=1e-13)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("t", [1.0, 2.5])
def test_facts_are_those_of_a_numerical_search(name, t):
    facts, f = facts_about(name, t), ACTIVATIONS[name]

    def value(z):
        return float(f.value(np.array([t * z]))[0])

    def slope(z):
        return t * float(f.slope(np.array([t * z]))[0])

    far = np.linspace(-60.0, 60.0, 24001)
    values, slopes = f.value(t * far), t * f.slope(t * far)
    if math.isfinite(facts.low):
        assert facts.low <= values.min() + 1e-12
        assert facts.low == pytest.approx(values.min(), abs=1e-5)
    else:
        assert values.min() < -0.5
    assert facts.high == pytest.approx(values.max(), abs=1e-5) or facts.high == math.inf
    assert facts.steepest == pytest.approx(slopes.max(), rel=1e-5)
    if math.isfinite(facts.low_at):
        found = optimize.minimize_scalar(value, bracket=(-3 / t, -1 / t, 0.0), tol=1e-14)
        assert facts.low == pytest.approx(found.fun, rel=1e-9)
        assert facts.low_at == pytest.approx(found.x, rel=1e-5)
    if math.isfinite(facts.steepest_at):
        assert facts.steepest == pytest.approx(slope(facts.steepest_at), rel=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_mean_and_deviation_are_integrals_over_the_normal_density(name):
    facts, f = facts_about(name), ACTIVATIONS[name]

    def weighted(z, power, centre):
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return (float(f.value(np.array([z]))[0]) - centre) ** power * density

    mean = integrate.quad(weighted, -12, 12, args=(1, 0.0), points=[0.0])[0]
    square = integrate.quad(weighted, -12, 12, args=(2, mean), points=[0.0])[0]
    assert facts.mean == pytest.approx(mean, abs=2e-6)
    assert facts.sd == pytest.approx(math.sqrt(square), abs=2e-6)
    assert facts.is_centred == (name in {"tanh", "linear"})


def test_the_sigmoid_s_facts_are_the_textbook_s():
    for t in (0.1, 1.0, 7.0, 100.0):
        facts = facts_about("sigmoid", t)
        assert (facts.low, facts.high, facts.is_bounded) == (0.0, 1.0, True)
        assert (facts.symmetry, facts.constant) == ("point", 1.0)
        assert facts.steepest == pytest.approx(t / 4, rel=1e-15)
        assert facts.steepest_at == 0.0
        assert facts.mean == pytest.approx(0.5, abs=1e-12)


def test_symmetries_hold_for_numbers_they_were_not_found_with():
    z = np.array([0.013, 0.9, 3.3, 14.0])
    for name, f in ACTIVATIONS.items():
        facts = facts_about(name)
        total, gap = f.value(z) + f.value(-z), f.value(z) - f.value(-z)
        assert (facts.symmetry == "point") == np.allclose(total, total[0], atol=1e-9)
        if facts.symmetry == "identity":
            assert np.allclose(gap, facts.constant * z, rtol=1e-12)
    assert facts_about("elu").symmetry == "none"
    assert facts_about("leaky_relu").constant == pytest.approx(1.01)
    assert facts_about("relu", 3.0).constant == pytest.approx(3.0)
    assert facts_about("sigmoid", 3.0).constant == 1.0


def test_the_steepest_sharpness_is_where_the_slope_at_z_is_largest():
    for z in (0.5, -2.0, 6.0):
        found = optimize.minimize_scalar(
            lambda t, z=z: -float(slope_by_sharpness(ACTIVATIONS["sigmoid"], z, np.array([t]))[0]),
            bounds=(1e-3, 50.0),
            method="bounded",
            options={"xatol": 1e-10},
        )
        assert sharpness_of_steepest(z) == pytest.approx(found.x, rel=1e-6)
    assert sharpness_of_steepest(0.0) == math.inf


@pytest.mark.parametrize("z", [-745.0, -740.0, -47.5, -1e-7, 0.0, 0.3, 19.5, 37.2, 40.0, 720.0])
def test_numerics_are_judged_by_the_true_values(z):
    for comparison in compare_numerics(z):
        truth = TRUTH[comparison.recipe.name](mpmath.mpf(z))
        exact = mpmath.mpf(str(comparison.exact))
        if truth:
            assert abs((exact - truth) / truth) < mpmath.mpf("1e-40"), comparison.recipe.name
        for value, digits in (
            (comparison.textbook, comparison.textbook_digits),
            (comparison.stable, comparison.stable_digits),
        ):
            if not math.isfinite(value):
                expected = 0.0
            elif value == float(truth):
                expected = ALL_DIGITS
            else:
                error = abs((mpmath.mpf(value) - truth) / truth)
                expected = min(max(float(-mpmath.log10(error)), 0.0), ALL_DIGITS)
            assert digits == pytest.approx(expected, abs=1e-6), comparison.recipe.name


@given(st.floats(-10_000.0, 10_000.0))
def test_the_stable_formulas_keep_fifteen_digits_everywhere(z):
    for comparison in compare_numerics(z):
        if float(comparison.exact) == 0.0 or abs(float(comparison.exact)) > 1e-300:
            assert comparison.stable_digits > 15.0, comparison.recipe.name
        assert comparison.textbook_digits <= ALL_DIGITS


def digits_at(name, z):
    return next(c for c in compare_numerics(z) if c.recipe.name == name).textbook_digits


@pytest.mark.parametrize(
    ("name", "holds", "fails"),
    [
        ("sigmoid", -709.7, -709.8),
        ("by_tanh", -30.0, -39.0),
        ("log_sigmoid", -709.7, -709.8),
        ("log_sigmoid", 30.0, 38.0),
        ("complement", 30.0, 38.0),
        ("slope", 30.0, 38.0),
        ("softplus", 709.7, 709.8),
        ("softplus", -30.0, -38.0),
        ("tanh", 709.7, 709.8),
        ("tanh", -709.7, -709.8),
        ("tanh_slope", 15.0, 20.0),
        ("softmax", 709.7, 709.8),
    ],
)
def test_a_textbook_formula_fails_where_its_sentence_says(name, holds, fails):
    assert digits_at(name, holds) > 2.0
    assert digits_at(name, fails) == 0.0
    said = RECIPES[name].fails.replace("−", "-")
    assert f"{abs(fails):g}" in said


def test_scipy_s_sigmoid_is_zero_where_ours_is_not():
    at = next(c for c in compare_numerics(-740.0) if c.recipe.name == "sigmoid")
    assert special.expit(-740.0) == at.textbook == 0.0
    assert at.stable > 0.0


def test_digits_count_the_leading_figures_that_are_right():
    assert correct_digits(1.001, Decimal(1)) == pytest.approx(3.0, abs=1e-6)
    assert correct_digits(5.0, Decimal(1)) == 0.0
    assert correct_digits(math.nan, Decimal(1)) == 0.0
    assert correct_digits(1e-5, Decimal(0)) == 0.0
    assert correct_digits(0.0, Decimal("1e-400")) == ALL_DIGITS


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "adaptive_sigmoid"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_histogram_counts_what_every_unit_is_applied_to(activation, batch_norm):
    run = run_of((5, 3), activation, batch_norm=batch_norm)
    state = run.history.latest
    X = run.prepared.X[run.prepared.split == 0]
    passes = forward(run.architecture, state.parameters, state.statistics, X)
    for layer in (0, 1):
        units = preactivation_histogram(run, state, layer, 2.0)
        inputs = passes[layer].scaled.ravel()
        counts = [
            sum(low <= u < high for u in inputs)
            for low, high in zip(units.edges[:-2], units.edges[1:-1], strict=True)
        ]
        counts.append(sum(units.edges[-2] <= u <= units.edges[-1] for u in inputs))
        assert np.allclose(units.shares * inputs.size, counts)
        assert units.shares.sum() + units.below + units.above == pytest.approx(1.0)
        assert (units.n_units, units.n_rows) == (passes[layer].scaled.shape[1], len(X))
        assert units.activation == activation
        assert units.mean == pytest.approx(np.mean(inputs))
        assert units.sd == pytest.approx(np.std(inputs))
    assert len(units.edges) == HISTOGRAM_BINS + 1


def test_a_sigmoid_unit_is_saturated_beyond_the_logit_of_that_slope(run):
    state = run.history.latest
    strong = type(state)(
        **{
            name: getattr(state, name)
            for name in state.__dataclass_fields__
            if name != "parameters"
        },
        parameters=20.0 * state.parameters,
    )
    units = preactivation_histogram(run, strong, 0, 8.0)
    X = run.prepared.X[run.prepared.split == 0]
    inputs = forward(run.architecture, strong.parameters, strong.statistics, X)[0].scaled
    # s (1 - s) = SATURATED / 4 has the roots s = (1 ± √(1 - SATURATED)) / 2
    edge = float(special.logit((1 + math.sqrt(1 - SATURATED)) / 2))
    assert 0.2 < units.saturated == pytest.approx(np.mean(np.abs(inputs) > edge))
    assert units.stuck == int((np.abs(inputs) > edge).all(axis=0).sum())
    assert units.below > 0.0


def test_the_output_is_a_layer_whose_log_odds_go_through_the_sigmoid():
    for head in ("sigmoid", "softmax"):
        run = run_of((), head=head)
        units = preactivation_histogram(run, run.history.latest, 7, 8.0)
        X = run.prepared.X[run.prepared.split == 0]
        p = run.probabilities(run.history.latest, X)[:, 1]
        assert units.activation == "sigmoid"
        assert units.layer == units.n_hidden == 0
        assert units.mean == pytest.approx(special.logit(p).mean())


def test_there_is_nothing_to_show_for_softmax_regression_of_three_classes():
    run = run_of((), source="iris")
    assert scene_of(run, page="model").units is None
    with_layer = run_of((3,), source="iris")
    assert scene_of(with_layer, page="model", layer=9).units.layer == 0


def test_numbers_that_are_not_finite_leave_nothing_to_show(run):
    state = run.history.latest
    fields = {name: getattr(state, name) for name in state.__dataclass_fields__}
    fields["parameters"] = np.full_like(state.parameters, np.nan)
    assert preactivation_histogram(run, type(state)(**fields), 0, 8.0) is None


def test_the_model_is_asked_in_its_own_section_only_and_there_t_is_one(run):
    for page in FUNCTIONS_PAGES:
        scene = scene_of(run, page=page, sharpness=3.0)
        assert (scene.units is not None) == (page == "model")
        assert bool(scene.comparisons) == (page == "numerics")
        assert scene.view.function_sharpness == (1.0 if page == "model" else 3.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"function": "cubic"},
        {"others": ("relu", "cubic")},
        {"z": math.nan},
        {"z": 1e9},
        {"sharpness": 0.0},
        {"axis": "percent"},
        {"fact": "colour"},
        {"page": "weather"},
    ],
)
def test_a_choice_that_cannot_be_is_refused(wrong):
    with pytest.raises(UserError):
        view_of(**wrong)


@pytest.mark.parametrize(
    ("changes", "low", "high"),
    [
        ({"function": "linear"}, -8.0, 8.0),
        ({"function": "sigmoid", "others": ("linear",)}, -2.0, 3.0),
        ({"function": "tanh", "sharpness": 4.0, "curvature": True}, -2.0, 3.0),
        ({"function": "sigmoid", "axis": "odds", "slope": False}, math.exp(-8.0), HIGHEST),
        ({"function": "sigmoid", "axis": "log_odds", "sharpness": 5.0}, -HIGHEST, HIGHEST),
    ],
)
def test_the_plot_spans_the_function_to_ten_and_what_is_beside_it_from_minus_two_to_three(
    run, changes, low, high
):
    room = 0.08 * (high - low)
    assert scene_of(run, **changes).y_range == pytest.approx((low - room, high + room))
