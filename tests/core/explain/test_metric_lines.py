"""Long lines thinned and smoothed, and the turn of the loss."""

import numpy as np
import pytest

from core.explain.metric_lines import (
    MOST_POINTS,
    mean_along,
    overconfidence_onset,
    running_mean,
    thinned,
)


def test_the_turn_is_where_the_loss_was_lowest_while_the_accuracy_held():
    steps = np.arange(200.0)
    loss = 0.3 + np.abs(steps - 80.0) / 200.0
    held, fell = np.full(200, 0.9), np.where(steps > 120, 0.8, 0.9)
    assert overconfidence_onset(loss, held) == pytest.approx(80, abs=1)
    assert overconfidence_onset(loss, fell) == -1
    assert overconfidence_onset(0.3 + 0.5 * np.exp(-steps / 50.0), held) == -1
    assert overconfidence_onset(np.minimum(loss, 0.305), held) == -1  # hardly risen
    assert overconfidence_onset(loss[:5], held[:5]) == -1
    assert overconfidence_onset(np.full(200, np.nan), held) == -1
    gaps = np.where(steps % 3 == 0, loss, np.nan)
    assert overconfidence_onset(gaps, held) in (78, 81)
    noisy = loss + np.random.default_rng(0).normal(scale=0.02, size=200)
    assert abs(overconfidence_onset(noisy, held) - 80) <= 15


def test_how_many_points_lie_in_a_stretch_does_not_pull_its_mean():
    def height(x):
        return np.interp(x, [0.0, 2.0, 3.0, 10.0], [9.0, 5.0, 5.0, 1.0])

    few = np.linspace(0.0, 10.0, 11)
    many = np.union1d(few, np.linspace(2.0, 3.0, 500))
    dense = mean_along(many, height(many), 4.0)[np.searchsorted(many, few)]
    np.testing.assert_allclose(dense, mean_along(few, height(few), 4.0), rtol=1e-12)


def test_a_line_of_one_point_or_of_one_place_is_its_own_mean():
    assert mean_along(np.array([3.0]), np.array([7.0]), 1.0).tolist() == [7.0]
    assert mean_along(np.zeros(3), np.array([1.0, 2.0, 3.0]), 0.0).tolist() == [1.0, 2.0, 3.0]


def test_a_running_mean_passes_over_what_is_not_finite():
    y = np.array([1.0, np.nan, 3.0, np.inf, 5.0])
    np.testing.assert_allclose(running_mean(y, 5), [2.0, np.nan, 3.0, np.nan, 4.0])


@pytest.mark.parametrize("growth", ["even", "doubling"])
def test_thinning_keeps_the_ends_and_every_stretchs_extremes(growth):
    rng = np.random.default_rng(0)
    y = rng.normal(size=100_003).round(1)
    places = np.arange(100_003.0) if growth == "even" else np.log10(1.0 + np.arange(100_003.0))
    kept = thinned(places, y)
    assert len(kept) <= MOST_POINTS + 4
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, 100_002)
    assert y[kept].max() == y.max()
    assert y[kept].min() == y.min()
    stretch = np.floor((places - places[0]) / (places[-1] - places[0]) * (MOST_POINTS // 2))
    for number in range(0, MOST_POINTS // 2 + 1, 7):
        within = stretch == number
        if within.any():
            extremes = {y[within].min(), y[within].max()}
            assert {y[k] for k in kept if within[k]} >= extremes
    np.testing.assert_array_equal(thinned(places[:50], y[:50]), np.arange(50))


def test_a_flat_line_is_thinned_and_one_without_width_too():
    assert len(thinned(np.arange(5000.0), np.zeros(5000))) <= MOST_POINTS
    assert thinned(np.zeros(5000), np.zeros(5000)).tolist() == [0, 4999]
