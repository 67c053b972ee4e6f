from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import accuracy_score

from core.base.errors import UserError
from core.calibration.calibrators import CALIBRATORS
from core.data.dataset import Dataset, Feature
from core.evaluation.thresholds import decided
from core.experiment.view import View
from core.explain.planes import MAX_BACKGROUND_ROWS, axes_of, plane_of
from core.explain.surface import LEVELS, resolution_within
from core.scenes.boundary_scene import MOST_POINTS, THINNED_POINTS, boundary_scene, reading_at
from tests.core.scene_cases import by_hand, raw_rows, table, trained

TABLE = table()


@pytest.fixture(scope="module")
def moons():
    return trained()


@pytest.fixture(scope="module")
def tabular():
    return trained(dataset=TABLE)


@pytest.fixture(scope="module")
def three():
    return trained(dataset=table(n_classes=3))


def grid_of(surface):
    x, y = np.meshgrid(surface.x, surface.y)
    return np.column_stack([x.ravel(), y.ravel()])


def test_the_surface_is_the_network_worked_out_by_hand_on_the_grid(moons):
    run, state = moons
    scene = boundary_scene(run, state, View(), resolution=20)
    expected = by_hand(run, state, grid_of(scene.surface)).reshape(20, 20, 2)
    np.testing.assert_allclose(scene.surface.probabilities, expected, rtol=1e-9)
    x_low, x_high, y_low, y_high = scene.plane.limits
    assert (scene.surface.x[0], scene.surface.x[-1]) == (x_low, x_high)
    assert (scene.surface.y[0], scene.surface.y[-1]) == (y_low, y_high)


def test_every_row_lies_within_the_limits_at_its_raw_values(moons):
    run, state = moons
    scene = boundary_scene(run, state, View(), resolution=10)
    x_low, x_high, y_low, y_high = scene.plane.limits
    points = scene.rows.points
    np.testing.assert_array_equal(points, run.dataset.X[scene.rows.rows])
    assert ((points > [x_low, y_low]) & (points < [x_high, y_high])).all()


def test_rows_are_wrong_where_the_network_by_hand_decides_another_class(moons):
    run, state = moons
    for threshold in (0.2, 0.5, 0.9):
        scene = boundary_scene(run, state, View(threshold=threshold), resolution=10)
        raw, labels = raw_rows(run)
        choice = (by_hand(run, state, raw)[:, 1] >= threshold).astype(int)
        assert 1.0 - scene.wrong.mean() == pytest.approx(accuracy_score(labels, choice))
        np.testing.assert_array_equal(scene.wrong, choice != labels)


def test_rings_of_an_earlier_step_are_kept_only_where_a_scene_is_passed_in_and_say_so(moons):
    run, state = moons
    begun, view = run.history.state_at(0), View()
    previous = boundary_scene(run, begun, view, resolution=10)
    raw, labels = raw_rows(run)
    decided = {s.step: by_hand(run, s, raw).argmax(axis=1) for s in (begun, state)}
    now = boundary_scene(run, state, view, resolution=10)
    assert (now.step, now.wrong_of_step) == (state.step, state.step)
    np.testing.assert_array_equal(now.wrong, decided[state.step] != labels)
    lagging = boundary_scene(run, state, view, resolution=10, previous=previous)
    assert (lagging.step, lagging.wrong_of_step) == (state.step, 0)
    np.testing.assert_array_equal(lagging.wrong, decided[0] != labels)
    assert not np.array_equal(lagging.wrong, now.wrong)
    np.testing.assert_array_equal(lagging.surface.probabilities, now.surface.probabilities)
    again = boundary_scene(run, state, view, resolution=10, previous=lagging)
    assert again.wrong_of_step == 0  # however often it is passed on


@pytest.mark.parametrize("change", [{"shown": ("test",)}, {"threshold": 0.9}])
def test_rings_are_new_where_other_rows_are_drawn_or_decided_otherwise(moons, change):
    run, state = moons
    previous = boundary_scene(run, run.history.state_at(0), View(), resolution=10)
    other = View(**change)
    scene = boundary_scene(run, state, other, resolution=10, previous=previous)
    assert scene.wrong_of_step == state.step
    alone = boundary_scene(run, state, other, resolution=10)
    np.testing.assert_array_equal(scene.wrong, alone.wrong)


def test_only_the_parts_asked_for_are_drawn(moons):
    run, state = moons
    scene = boundary_scene(run, state, View(shown=("validation",)), resolution=10)
    assert set(scene.rows.splits.tolist()) == {1}
    assert len(scene.rows.rows) == (run.prepared.split == 1).sum() == scene.rows.total
    nothing = boundary_scene(run, state, View(shown=()), resolution=10)
    assert len(nothing.rows.rows) == 0


def test_contours_of_logistic_regression_are_the_straight_lines_of_its_weights():
    run, state = trained(model={"hidden": []})
    scene = boundary_scene(run, state, View(), resolution=200)
    assert [contour.level for contour in scene.contours] == list(LEVELS)
    for contour in scene.contours:
        found = contour.lines[~np.isnan(contour.lines[:, 0])]
        assert len(found) > 10
        p = by_hand(run, state, found)[:, 1]
        np.testing.assert_allclose(p, contour.level, rtol=1e-6)


def test_the_border_of_a_model_that_is_sure_is_as_straight_as_one_that_is_not():
    run, state = trained(model={"hidden": []})
    for sharpness in (1.0, 100.0):  # from one grid point to the next it leaps from 0 to 1
        sure = replace(state, parameters=state.parameters * sharpness)
        scene = boundary_scene(run, sure, View(discrete=True), resolution=40)
        [contour] = scene.contours
        found = contour.lines[~np.isnan(contour.lines[:, 0])]
        assert len(found) > 10
        np.testing.assert_allclose(by_hand(run, state, found)[:, 1], 0.5, atol=1e-6)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_threshold_that_nothing_crosses_has_no_contour(moons, threshold):
    run, state = moons
    scene = boundary_scene(run, state, View(threshold=threshold, discrete=True), resolution=20)
    [contour] = scene.contours
    assert len(contour.lines) == 0


def test_a_threshold_between_the_levels_has_a_contour_of_its_own(moons):
    run, state = moons
    scene = boundary_scene(run, state, View(threshold=0.3), resolution=30)
    assert [contour.level for contour in scene.contours] == [0.1, 0.25, 0.3, 0.5, 0.75, 0.9]
    discrete = boundary_scene(run, state, View(threshold=0.3, discrete=True), resolution=30)
    assert [contour.level for contour in discrete.contours] == [0.3]


def test_on_a_border_of_three_classes_the_two_largest_probabilities_are_equal(three):
    run, state = three
    scene = boundary_scene(run, state, View(), resolution=200)
    row = np.array(scene.plane.background_rows[0])
    assert scene.contours
    for contour in scene.contours:
        found = contour.lines[~np.isnan(contour.lines[:, 0])]
        raw = np.repeat(row[None], len(found), axis=0)
        raw[:, :2] = found
        p = np.sort(by_hand(run, state, raw), axis=1)
        gap = p[:, -1] - p[:, -2]
        assert gap.max() < 0.02  # where three classes meet, lines have kinks within a cell
        assert np.quantile(gap, 0.95) < 1e-3


def test_a_slice_holds_the_other_features_at_train_means_and_commonest_levels(tabular):
    run, state = tabular
    train, _ = raw_rows(run, 0)
    scene = boundary_scene(run, state, View(x_axis=1, y_axis=0), resolution=15)
    at = grid_of(scene.surface)
    raw = np.empty((len(at), 4))
    raw[:, 1], raw[:, 0] = at[:, 0], at[:, 1]
    raw[:, 2] = np.bincount(train[:, 2].astype(int)).argmax()
    raw[:, 3] = train[:, 3].mean()
    expected = by_hand(run, state, raw).reshape(15, 15, 2)
    np.testing.assert_allclose(scene.surface.probabilities, expected, rtol=1e-9)
    assert scene.plane.kind == "slice"
    assert [axis.name for axis in scene.plane.axes] == ["b", "a"]


def test_a_slice_holds_what_the_view_holds(tabular):
    run, state = tabular
    view = View(held=((2, 2.0), (3, 7.5)))
    scene = boundary_scene(run, state, view, resolution=12)
    raw = np.column_stack([grid_of(scene.surface), np.full(144, 2.0), np.full(144, 7.5)])
    expected = by_hand(run, state, raw).reshape(12, 12, 2)
    np.testing.assert_allclose(scene.surface.probabilities, expected, rtol=1e-9)


def test_an_average_is_the_mean_over_train_rows_with_the_axes_replaced(tabular):
    run, state = tabular
    scene = boundary_scene(run, state, View(section="average"), resolution=8)
    train, _ = raw_rows(run, 0)
    assert scene.surface.averaged == len(train) <= MAX_BACKGROUND_ROWS
    for k, (x, y) in enumerate(grid_of(scene.surface)):
        raw = train.copy()
        raw[:, 0], raw[:, 1] = x, y
        mean = by_hand(run, state, raw).mean(axis=0)
        np.testing.assert_allclose(scene.surface.probabilities.reshape(-1, 2)[k], mean, rtol=1e-9)


def test_an_average_over_many_rows_takes_at_most_two_hundred_of_them():
    run, state = trained(steps=5, dataset=table(n=600))
    scene = boundary_scene(run, state, View(section="average"), resolution=4)
    assert scene.surface.averaged == len(scene.plane.background_rows) == MAX_BACKGROUND_ROWS
    fewer = boundary_scene(run, state, View(section="average"), resolution=4, averaged=10)
    assert fewer.surface.averaged == 10
    train = {row.tobytes() for row in raw_rows(run, 0)[0]}
    assert {row.tobytes() for row in scene.plane.background_rows} <= train


def test_the_plane_of_principal_components_is_that_of_scikit_learn(tabular):
    run, state = tabular
    scene = boundary_scene(run, state, View(section="components"), resolution=9)
    train = run.prepared.X[run.prepared.split == 0]
    pca = PCA(2).fit(train)
    for k, axis in enumerate(scene.plane.axes):
        assert axis.share == pytest.approx(pca.explained_variance_ratio_[k])
    expected = np.abs(pca.transform(run.prepared.X))
    np.testing.assert_allclose(np.abs(scene.plane.points), expected, atol=1e-9)
    X = scene.plane.inputs(grid_of(scene.surface))
    np.testing.assert_allclose(np.abs(pca.transform(X)), np.abs(grid_of(scene.surface)), atol=1e-9)
    np.testing.assert_allclose(X - pca.inverse_transform(pca.transform(X)), 0.0, atol=1e-9)
    np.testing.assert_allclose(
        scene.surface.probabilities.reshape(-1, 2), run.probabilities(state, X), rtol=1e-12
    )


def test_a_category_on_an_axis_has_its_levels_as_ticks_and_whole_codes_in_the_model(tabular):
    run, state = tabular
    scene = boundary_scene(run, state, View(x_axis=2, y_axis=0), resolution=31)
    axis = scene.plane.axes[0]
    assert axis.ticks == ((0.0, "low"), (1.0, "mid"), (2.0, "high"))
    assert (axis.low, axis.high) == (-0.5, 2.5)
    columns = np.rint(scene.surface.x)
    for code in (0.0, 1.0, 2.0):
        same = scene.surface.probabilities[:, columns == code]
        assert (same == same[:, :1]).all()
    codes = np.rint(scene.rows.points[:, 0])
    np.testing.assert_array_equal(codes, run.dataset.X[scene.rows.rows, 2])


def test_one_feature_gives_a_curve_of_probability_and_strips_outside_it():
    X = np.linspace(-2, 2, 60)[:, None]
    data = Dataset("one", (Feature("x"),), X, (X[:, 0] > 0).astype(int), ("no", "yes"))
    run, state = trained(dataset=data)
    scene = boundary_scene(run, state, View(), resolution=25)
    assert len(scene.plane.axes) == 1
    assert len(scene.surface.y) == 0
    assert scene.contours == ()
    expected = by_hand(run, state, scene.surface.x[:, None])
    np.testing.assert_allclose(scene.surface.probabilities[0], expected, rtol=1e-9)
    heights = scene.rows.points[:, 1]
    assert (heights[scene.rows.labels == 0] < 0.0).all()
    assert (heights[scene.rows.labels == 1] > 1.0).all()
    _, _, low, high = scene.plane.limits
    assert low < heights.min() < heights.max() < high


def test_more_than_ten_thousand_rows_are_thinned_and_the_scene_says_so():
    run, state = trained(steps=3, data={"rows": 12_000})
    scene = boundary_scene(run, state, View(), resolution=8)
    assert scene.rows.total == 12_000 > MOST_POINTS
    assert len(scene.rows.rows) == len(set(scene.rows.rows.tolist())) == THINNED_POINTS
    assert len(scene.wrong) == THINNED_POINTS


def test_the_selected_row_is_found_in_the_plane_and_a_missing_one_is_not(moons):
    run, state = moons
    scene = boundary_scene(run, state, View(selected=17), resolution=8)
    np.testing.assert_array_equal(scene.selected, run.dataset.X[17])
    assert boundary_scene(run, state, View(selected=10**6), resolution=8).selected is None
    assert boundary_scene(run, state, View(), resolution=8).selected is None


def test_a_reading_gives_each_class_its_logit_and_probability(three):
    run, state = three
    reading = reading_at(run, state, View(), 0.4, 11.0)
    raw = np.array(plane_of(run, View()).background_rows[:1])
    raw[:, :2] = 0.4, 11.0
    expected = by_hand(run, state, raw)[0]
    np.testing.assert_allclose(reading.probabilities, expected, rtol=1e-9)
    odds = np.exp(reading.logits)
    np.testing.assert_allclose(odds / odds.sum(), expected, rtol=1e-9)
    assert reading.values == (0.4, 11.0)


def test_a_reading_on_principal_components_gives_raw_values_too(tabular):
    run, state = tabular
    reading = reading_at(run, state, View(section="components"), 0.7, -0.4)
    train = run.prepared.X[run.prepared.split == 0]
    plane = plane_of(run, View(section="components"))
    inputs = train.mean(axis=0) + np.array([0.7, -0.4]) @ plane.directions[1:]
    raw = raw_rows(run, 0)[0]
    for name, value in reading.raw:
        column = ["a", "b", "c", "d"].index(name)
        place = [it.name for it in run.prepared.inputs].index(name)
        expected = inputs[place] * raw[:, column].std() + raw[:, column].mean()
        assert value == pytest.approx(expected)
    assert [name for name, _ in reading.raw] == ["a", "b", "d"]


def test_a_reading_of_an_average_is_the_surface_there(tabular):
    run, state = tabular
    view = View(section="average")
    scene = boundary_scene(run, state, view, resolution=6)
    reading = reading_at(run, state, view, scene.surface.x[2], scene.surface.y[4])
    np.testing.assert_allclose(reading.probabilities, scene.surface.probabilities[4, 2], rtol=1e-9)


def test_a_calibrated_surface_is_the_calibrator_fitted_on_validation_rows():
    run, state = trained(calibration={"method": "platt"})
    scene = boundary_scene(run, state, View(calibrated=True), resolution=10)
    X, y, _ = run.prepared.part(1)
    fitted = CALIBRATORS["platt"].fit(run.logits(state, X)[:, 0], y)
    at = run.prepared.encode(grid_of(scene.surface))
    expected = fitted.probabilities(run.logits(state, at)[:, 0])
    np.testing.assert_allclose(scene.surface.probabilities[:, :, 1].ravel(), expected, rtol=1e-9)
    assert scene.calibrated
    assert not boundary_scene(run, state, View(), resolution=10).calibrated
    reading = reading_at(run, state, View(calibrated=True), scene.surface.x[3], scene.surface.y[5])
    np.testing.assert_allclose(reading.probabilities, scene.surface.probabilities[5, 3])


def test_without_a_calibrator_the_calibrated_view_shows_the_raw_surface(moons):
    run, state = moons
    asked = boundary_scene(run, state, View(calibrated=True), resolution=10)
    raw = boundary_scene(run, state, View(), resolution=10)
    assert not asked.calibrated
    np.testing.assert_array_equal(asked.surface.probabilities, raw.surface.probabilities)


def test_a_calibrator_without_validation_rows_is_refused_in_words():
    dataset = table(40)
    split = np.tile(np.array([0, 2], dtype=np.int8), 20)
    given = Dataset("t", dataset.features, dataset.X, dataset.y, dataset.classes, split=split)
    run, state = trained(dataset=given, calibration={"method": "platt"})
    with pytest.raises(UserError):
        boundary_scene(run, state, View(calibrated=True), resolution=6)


def test_a_scene_cannot_be_changed(moons):
    run, state = moons
    scene = boundary_scene(run, state, View(), resolution=10)
    for array in (
        scene.surface.probabilities,
        scene.surface.x,
        scene.rows.points,
        scene.rows.labels,
        scene.wrong,
        scene.contours[0].lines,
        scene.plane.points,
    ):
        assert not array.flags.writeable


def test_a_state_without_finite_parameters_draws_no_lines(moons):
    run, state = moons
    broken = replace(state, parameters=np.full_like(state.parameters, np.nan))
    with np.errstate(all="ignore"):
        scene = boundary_scene(run, broken, View(), resolution=6)
    assert scene.contours == ()


def test_axes_that_do_not_exist_or_coincide_are_replaced():
    assert axes_of(View(x_axis=0, y_axis=1), 1) == (0,)
    assert axes_of(View(x_axis=9, y_axis=3), 4) == (0, 3)
    assert axes_of(View(x_axis=2, y_axis=2), 3) == (2, 0)
    assert axes_of(View(x_axis=1, y_axis=-1), 3) == (1, 2)


def test_decided_takes_the_threshold_for_two_classes_and_the_largest_for_more():
    assert decided(np.array([[0.4, 0.6], [0.7, 0.3]]), 0.6).tolist() == [1, 0]
    assert decided(np.array([[0.2, 0.5, 0.3], [0.4, 0.3, 0.3]]), 0.9).tolist() == [1, 0]


def test_a_larger_network_gets_a_coarser_grid_within_the_same_budget(moons, tabular):
    small, wide = moons[0].architecture, trained(steps=0, model={"hidden": [256, 256]})[0]
    assert resolution_within(small, 0, 1e9, 300) == (300, 0)
    coarse, _ = resolution_within(wide.architecture, 0, 1e8, 300)
    assert 32 <= coarse < 300
    for budget in (1e5, 1e6, 1e7, 1e9):
        resolution, rows = resolution_within(small, 200, budget, 100)
        assert 32 <= resolution <= 100
        assert 8 <= rows <= 200
