"""Errors, conventions and headline numbers, worked out independently."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm, poisson_binom
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression

from core.calibration.binning import CONVENTIONS, indexed
from core.calibration.calibrators import CALIBRATORS
from core.calibration.null_distribution import STATISTICS
from core.calibration.pooled import pool_forecast
from core.experiment.view import View
from core.scenes.numbers_scene import headlines, numbers_scene, strip_of
from tests.core.scene_cases import by_hand, logit_by_hand, raw_rows, table, trained, with_choices


@pytest.fixture(scope="module")
def moons():
    return trained(steps=60, data={"rows": 400, "noise": 0.6})


def expected_gap(p):
    """Return the mean of |number that happen - its expectation| of independent rows."""
    chance = np.ones(1)
    for one in p:
        chance = np.convolve(chance, [1.0 - one, one])
    return float(chance @ np.abs(np.arange(len(chance)) - p.sum()))


def test_the_strip_holds_every_number_of_bins_and_the_answers_this_one(moons):
    run, state = moons
    changed = with_choices(run, bins=9)
    scene = numbers_scene(changed, state, View())
    raw, y = raw_rows(run, 1)
    p = by_hand(run, state, raw)[:, 1]
    for bins in (1, 9, 100):
        at = np.clip(np.ceil(p * bins).astype(int) - 1, 0, bins - 1)
        gaps = np.bincount(at, y - p, minlength=bins)
        assert scene.strip.width[bins - 1] == pytest.approx(np.abs(gaps).mean() * bins / len(p))
        chance = sum(expected_gap(p[at == k]) for k in range(bins)) / len(p)
        assert scene.strip.chance[bins - 1] == pytest.approx(chance)
    assert scene.answers[0].value == pytest.approx(scene.strip.width[8])
    assert [it.name for it in scene.answers] == list(CONVENTIONS)


def test_chance_on_the_strip_is_near_the_exact_mean_gap():
    p = np.full(60, 0.3)
    exact = poisson_binom(p).expect(lambda k: abs(k - 18.0)) / 60
    strip = strip_of(indexed(pool_forecast(np.arange(60) % 2, p)))
    assert strip.chance[0] == pytest.approx(exact, rel=0.02)


def test_numbers_can_be_of_the_calibrated_probabilities(moons):
    run, state = moons
    changed = with_choices(run, method="platt", base_rate=0.2)
    raw, calibrated = (
        numbers_scene(changed, state, View(split="test"), on) for on in (False, True)
    )
    assert calibrated.of_calibrated
    assert not raw.of_calibrated
    s, _ = logit_by_hand(run, state, 2)
    np.testing.assert_allclose(raw.index.cells.values, np.unique(expit(s)))
    fitted = CALIBRATORS["platt"].fit(*logit_by_hand(run, state, 1))
    np.testing.assert_allclose(calibrated.index.cells.values, np.unique(fitted.probabilities(s)))
    assert not numbers_scene(run, state, View(), True).of_calibrated


def test_headlines_are_the_statistics_and_the_regressions_of_the_textbooks():
    rng = np.random.default_rng(3)
    p = rng.uniform(0.05, 0.95, 400)
    y = (rng.random(400) < p).astype(int)
    found = {it.label: it.chance for it in headlines(pool_forecast(y, p), 10, draws=100, fewer=20)}
    assert len(found) == len(STATISTICS) + 4
    z = np.sum((y - p) * (1 - 2 * p)) / np.sqrt(np.sum((1 - 2 * p) ** 2 * p * (1 - p)))
    assert found["Spiegelhalter z"].value == pytest.approx(z)
    assert found["Spiegelhalter z"].p_value == pytest.approx(2 * norm.sf(abs(z)))
    s = np.log(p / (1 - p))
    fit = LogisticRegression(C=np.inf, tol=1e-10).fit(s[:, None], y)
    assert found["slope"].value == pytest.approx(fit.coef_[0, 0], abs=1e-4)
    assert found["intercept, joint"].value == pytest.approx(fit.intercept_[0], abs=1e-4)
    X = np.column_stack((np.ones(400), s))
    covariance = np.linalg.inv((X * (p * (1 - p))[:, None]).T @ X)
    error = math.sqrt(covariance[1, 1])
    assert found["slope"].median == 1.0
    assert found["slope"].high == pytest.approx(1.0 + norm.ppf(0.95) * error)
    expected = 2 * norm.sf(abs(found["slope"].value - 1.0) / error)
    assert found["slope"].p_value == pytest.approx(expected)
    large = found["intercept, in the large"]
    assert large.high == pytest.approx(norm.ppf(0.95) / math.sqrt((p * (1 - p)).sum()))
    for it in found.values():
        assert it.low <= it.median <= it.high


def test_headlines_of_one_row_or_of_certainty_are_told_apart_from_numbers():
    for y, p in (([1], [0.5]), ([1, 0], [1.0, 0.0]), ([1, 1, 1], [0.2, 0.2, 0.2])):
        found = headlines(pool_forecast(y, p), 15, draws=20, fewer=5)
        assert len(found) == len(STATISTICS) + 4


def test_a_part_without_rows_has_no_numbers():
    whole = table(levels=False)
    parts = np.where(np.arange(whole.n_samples) % 2, 0, 2)
    run, state = trained(steps=5, dataset=replace(whole, split=parts))
    scene = numbers_scene(with_choices(run, method="platt"), state, View())
    assert (scene.n_rows, scene.strip, scene.answers) == (0, None, ())


def test_errors_in_bins_of_equal_mass_end_at_the_rows_that_fill_their_share(moons):
    run, state = moons
    scene = numbers_scene(run, state, View(split="train"))
    raw, y = raw_rows(run, 0)
    p = by_hand(run, state, raw)[:, 1]
    order = np.argsort(p, kind="stable")
    n = len(p)
    assert len(np.unique(p)) == n  # without ties each share is met by one row
    for bins in (1, 2, 7, 30):
        ends = [int(np.ceil(n * k / bins - 1e-9)) for k in range(bins + 1)]
        gaps = [abs(np.sum((y - p)[order[a:b]])) for a, b in itertools.pairwise(ends)]
        assert scene.strip.mass[bins - 1] == pytest.approx(sum(gaps) / n)


def test_numbers_are_of_the_class_asked_for_or_of_the_confidence():
    run, state = trained(dataset=table(n=240, n_classes=3))
    raw, y = raw_rows(run, 1)
    p = by_hand(run, state, raw)
    for view, happened, said in (
        (View(), y == p.argmax(axis=1), p.max(axis=1)),
        (View(reliability_class=2), y == 2, p[:, 2]),
    ):
        scene = numbers_scene(run, state, view)
        assert scene.view == ("confidence" if view.reliability_class < 0 else 2)
        one_bin = abs(happened.mean() - said.mean())
        assert scene.strip.width[0] == scene.strip.mass[0] == pytest.approx(one_bin)
        frequency, mean = calibration_curve(happened, said, n_bins=5)
        at = np.digitize(said, np.linspace(0.0, 1.0, 6)[1:-1], right=True)
        counts = np.bincount(at, minlength=5)
        expected = np.abs(frequency - mean) @ counts[counts > 0] / len(y)
        assert scene.strip.width[4] == pytest.approx(expected)
        assert scene.n_rows == len(y)


def test_chance_counts_a_probability_on_an_edge_below_it_as_the_errors_do():
    p = np.array([0.25, 0.5, 0.5, 0.6, 0.75, 1.0, 0.0])
    strip = strip_of(indexed(pool_forecast([0, 1, 0, 1, 1, 1, 0], p)))
    for bins in (2, 4):
        inside = [(p <= (k + 1) / bins) & ((p > k / bins) | (k == 0)) for k in range(bins)]
        expected = sum(expected_gap(p[it]) for it in inside) / len(p)
        assert strip.chance[bins - 1] == pytest.approx(expected)
