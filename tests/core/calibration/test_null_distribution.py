"""What chance shows, against outcomes drawn row by row."""

from __future__ import annotations

import numpy as np
import pytest

from core.base.errors import UserError
from core.calibration import STATISTICS, simulate_null
from core.calibration.null_distribution import null_distribution
from core.calibration.pooled import pool_forecast
from tests.core.calibration_cases import binary_cases, class_case, drawn


@pytest.mark.parametrize("name", list(STATISTICS))
@pytest.mark.parametrize("decimals", [None, 1])
def test_many_outcomes_at_once_give_what_each_gives_alone(name, decimals):
    y, p = drawn(0, 80, decimals)
    cells = pool_forecast(y, p)
    rng = np.random.default_rng(0)
    outcomes = rng.binomial(cells.weight.astype(int), cells.values, (6, len(cells.values)))
    many = STATISTICS[name].of_many(cells, outcomes.astype(float), 10)
    alone = [STATISTICS[name].of(cells.with_positive(row), 10) for row in outcomes]
    # All smECE at once are found by halving, to a millionth.
    np.testing.assert_allclose(many, alone, rtol=1e-11, atol=2e-6 if name == "smece" else 1e-14)


@pytest.mark.parametrize("name", ["ece", "brier", "log_loss", "mcb", "kuiper"])
def test_chance_agrees_with_drawing_rows(name):
    y, p = drawn(1, 150, 2)
    p = np.clip(p, 0.01, 0.99)
    rng = np.random.default_rng(1)
    shown = [
        STATISTICS[name].of(pool_forecast((rng.random(150) < p).astype(int), p), 15)
        for _ in range(800)
    ]
    found = simulate_null(y, p, name, draws=1500)
    spread = np.std(shown)
    assert found.value == STATISTICS[name].of(pool_forecast(y, p), 15)
    assert found.median == pytest.approx(np.median(shown), abs=0.12 * spread)
    assert found.low == pytest.approx(np.quantile(shown, 0.05), abs=0.25 * spread)
    assert found.high == pytest.approx(np.quantile(shown, 0.95), abs=0.25 * spread)


@pytest.mark.parametrize("name", ["brier", "log_loss"])
def test_pooling_many_rows_keeps_the_expected_score(name):
    y, p = drawn(2, 20_000, slope=1.0)
    cells = pool_forecast(y, p)
    shown = null_distribution(cells, STATISTICS[name], 15, 400, 0)
    cost = {"brier": p * (1 - p), "log_loss": -p * np.log(p) - (1 - p) * np.log(1 - p)}[name]
    lean = {"brier": 1 - 2 * p, "log_loss": np.log((1 - p) / p)}[name]
    spread = np.sqrt(np.sum(lean**2 * p * (1 - p))) / 20_000
    assert shown.mean() == pytest.approx(cost.mean(), abs=0.2 * spread)
    assert shown.std() == pytest.approx(spread, rel=0.15)


def test_p_values_of_calibrated_forecasts_are_about_uniform_and_of_wrong_ones_small():
    fair = [simulate_null(*drawn(seed, 200, slope=1.0), draws=99).p_value for seed in range(100)]
    assert 0.02 <= np.mean(np.array(fair) <= 0.1) <= 0.2
    assert abs(np.mean(fair) - 0.5) < 0.1
    assert simulate_null(*drawn(0, 400, slope=0.2), draws=99).p_value == 0.01


@pytest.mark.parametrize("name", list(STATISTICS))
@pytest.mark.parametrize(("case", "y", "p"), binary_cases())
def test_every_number_of_every_awkward_case_has_a_chance_or_is_nan(name, case, y, p):
    found = simulate_null(y, p, name, draws=5)
    if np.isnan(found.value):
        assert np.isnan(found.p_value)
    else:
        assert 0.0 < found.p_value <= 1.0
        assert found.low <= found.median <= found.high


def test_a_certain_and_wrong_forecast_is_beyond_chance():
    found = simulate_null([1, 0], [0.0, 0.5], "log_loss", draws=99)
    assert found.value == np.inf
    assert found.p_value == 0.01


def test_the_same_seed_gives_the_same_answer():
    y, p = drawn(3, 100)
    assert simulate_null(y, p, seed=4, draws=50) == simulate_null(y, p, seed=4, draws=50)
    assert simulate_null(y, p, seed=4, draws=50) != simulate_null(y, p, seed=5, draws=50)


def test_of_several_classes_the_confidence_or_one_class_is_judged():
    y, p = class_case()
    right = (p.argmax(axis=1) == y).astype(int)
    assert simulate_null(y, p, draws=50) == simulate_null(right, p.max(axis=1), draws=50)
    assert simulate_null(y, p, view=2, draws=50) == simulate_null(
        (y == 2).astype(int), p[:, 2], draws=50
    )


def test_no_rows_have_no_chance_and_impossible_requests_are_refused():
    assert np.isnan(simulate_null([], []).value)
    for options in ({"level": 0.0}, {"draws": 0}, {"statistic": "luck"}):
        with pytest.raises(UserError):
            simulate_null([0, 1], [0.2, 0.8], **options)
