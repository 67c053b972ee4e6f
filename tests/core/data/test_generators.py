import numpy as np
import pytest
from mpmath import cos, exp, mp, mpf, ncdf, pi, quad, sin
from scipy.integrate import simpson
from scipy.stats import norm

from core.base.errors import UserError
from core.data.dataset import Dataset
from core.data.densities import log_half_ring, log_interval, log_ring
from core.data.gallery import load
from core.data.generators import GENERATORS, THICKNESS, apportion
from core.data.perturbations import flip_labels, flip_truth, with_imbalance, with_label_flips

each_generator = pytest.mark.parametrize("name", GENERATORS)


def surprises(y, p):
    """Return z-scores of class counts against the sum of their probabilities, in bins of p."""
    scores = []
    for k in range(p.shape[1]):
        bins = np.minimum((p[:, k] * 10).astype(int), 9)
        mean, seen = (np.bincount(bins, w, 10) for w in (p[:, k], y == k))
        variance = np.bincount(bins, p[:, k] * (1 - p[:, k]), 10)
        enough = variance > 6
        scores += ((seen - mean)[enough] / np.sqrt(variance[enough])).tolist()
    return np.array(scores)


def local_surprises(data: Dataset, cells: int = 6):
    """The same, over squares of the plane, so that errors which cancel within a bin show too."""
    p = data.truth(data.X)
    low, high = np.quantile(data.X, [0.01, 0.99], axis=0)
    place = np.clip(((data.X - low) / (high - low) * cells).astype(int), 0, cells - 1)
    square = place[:, 0] * cells + place[:, 1]
    scores = []
    for k in range(data.n_classes):
        mean, seen = (np.bincount(square, w) for w in (p[:, k], data.y == k))
        variance = np.bincount(square, p[:, k] * (1 - p[:, k]))
        enough = variance > 6
        scores += ((seen - mean)[enough] / np.sqrt(variance[enough])).tolist()
    return np.array(scores)


@each_generator
@pytest.mark.parametrize(("noise", "imbalance", "flips"), [(0.5, 0.6, 0.0), (1.0, 0.0, 0.15)])
def test_labels_come_as_often_as_the_truth_says(name, noise, imbalance, flips):
    data = GENERATORS[name].make(8_000, noise, imbalance, flips, seed=5)
    scores = np.concatenate([surprises(data.y, data.truth(data.X)), local_surprises(data)])
    assert len(scores) > 5
    assert np.abs(scores).max() < 4.5
    assert np.mean(scores**2) < 1.6


@each_generator
def test_the_truth_is_a_probability_far_from_the_data_too(name):
    data = GENERATORS[name].make(100, 0.0, 0.3, 0.1, 1)
    X = np.array([[0.0, 0.0], [30.0, -40.0], [-1e3, 1e3], [0.3, 0.4], [1e-9, -1e-9]])
    with np.errstate(all="raise", under="ignore"):
        p = data.truth(X)
    assert p.shape == (5, data.n_classes)
    assert np.isfinite(p).all()
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)


@each_generator
def test_the_same_arguments_give_the_same_rows_and_another_seed_gives_others(name):
    make = GENERATORS[name].make
    one, two, other = make(60, seed=3), make(60, seed=3), make(60, seed=4)
    np.testing.assert_array_equal(one.X, two.X)
    np.testing.assert_array_equal(one.y, two.y)
    assert not np.array_equal(one.X, other.X)
    assert one.n_samples == 60
    assert not one.X.flags.writeable


@each_generator
def test_classes_come_in_the_shares_asked_for(name):
    record = GENERATORS[name]
    counts = np.bincount(record.make(6000, imbalance=0.0).y)
    base = np.array(record.shares or [1 / record.n_classes] * record.n_classes)
    np.testing.assert_allclose(counts / 6000, base / base.sum(), atol=1 / 6000)
    skewed = np.bincount(record.make(6000, imbalance=0.75).y)
    ratio = (skewed[-1] / skewed[0]) / (base[-1] / base[0])
    assert ratio == pytest.approx(0.25, rel=0.02)


@each_generator
def test_a_larger_share_of_flips_flips_the_same_rows_and_more(name):
    make = GENERATORS[name].make
    clean, few, many = (make(200, label_flips=share).y for share in (0.0, 0.1, 0.3))
    assert (clean != few).sum() == 20
    assert (clean != many).sum() == 60
    assert set(np.flatnonzero(clean != few)) <= set(np.flatnonzero(clean != many))


@each_generator
def test_noise_moves_each_point_along_a_straight_line(name):
    low, middle, high = (GENERATORS[name].make(50, noise).X for noise in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(middle - low, high - middle, atol=1e-12)


@each_generator
def test_noise_one_leaves_more_doubt_than_noise_a_tenth(name):
    bayes = []
    for noise in (0.1, 1.0):
        data = GENERATORS[name].make(2000, noise)
        bayes.append(data.truth(data.X).max(axis=1).mean())
    assert bayes[0] > 0.9
    assert bayes[1] < bayes[0] - 0.05


@pytest.mark.parametrize(
    "arguments",
    [
        {"rows": 3},
        {"noise": 1.5},
        {"noise": float("nan")},
        {"imbalance": 1.0},
        {"label_flips": -0.1},
    ],
)
def test_an_argument_out_of_range_is_explained(arguments):
    with pytest.raises(UserError, match="was not drawn"):
        GENERATORS["two_moons"].make(**arguments)


@pytest.mark.parametrize("sigma", [0.02, 0.4])
@pytest.mark.parametrize("point", [(0.0, 0.0), (0.9, 0.5), (-0.2, -1.1), (0.0, -2.0), (1.5, -0.3)])
def test_the_half_ring_agrees_with_mpmath(point, sigma):
    with mp.workdps(20):
        x, y, s = mpf(point[0]), mpf(point[1]), mpf(sigma)

        def density(t):
            squared = (x - cos(t)) ** 2 + (y - sin(t)) ** 2
            return exp(-squared / (2 * s**2)) / (2 * pi**2 * s**2)

        ends = [pi / 2**j for j in range(14)]
        breaks = sorted({*ends, *(pi - end for end in ends), *(pi * k / 16 for k in range(16))})
        expected = float(mp.log(quad(density, breaks)))
    got = log_half_ring(np.array([point]), (0.0, 0.0), np.pi / 2, sigma)[0]
    assert got == pytest.approx(expected, rel=1e-11, abs=1e-10)


@pytest.mark.parametrize("sigma", [0.02, 0.4])
@pytest.mark.parametrize("r", [0.0, 0.3, 1.0, 2.5])
def test_the_ring_agrees_with_the_bessel_function(r, sigma):
    from scipy.special import ive

    kappa = r * 0.5 / sigma**2
    expected = (
        np.log(ive(0, kappa)) - (r - 0.5) ** 2 / (2 * sigma**2) - np.log(2 * np.pi * sigma**2)
    )
    got = log_ring(np.array([[0.6 * r, -0.8 * r]]), 0.5, sigma)[0]
    assert got == pytest.approx(expected, rel=1e-11, abs=1e-10)


@pytest.mark.parametrize("x", [-6.0, -1.0, 0.0, 0.4, 1.0, 1.01, 9.0])
@pytest.mark.parametrize("sigma", [0.02, 0.5])
def test_the_blurred_interval_agrees_with_mpmath(x, sigma):
    with mp.workdps(40):
        low, high = sorted(abs((mpf(end) - mpf(x)) / mpf(sigma)) for end in (0, 1))
        # Between the ends both tails are taken off; beyond one, the far tail off the near one.
        inside = 0 <= x <= 1
        mass = 1 - ncdf(-low) - ncdf(-high) if inside else ncdf(-low) - ncdf(-high)
        expected = float(mp.log(mass))
    got = log_interval(np.array([x, x]), 0.0, 1.0, sigma)
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-10)


@pytest.mark.parametrize("sigma", [THICKNESS, 0.1, 0.2])
@pytest.mark.parametrize("point", [(0.3, 0.2), (-0.7, 0.1), (1.2, 1.2), (0.0, 0.0), (-0.2, -1.5)])
def test_the_spiral_density_agrees_with_a_fine_simpson_rule(point, sigma):
    t = np.linspace(0, 1, 400_001)
    r, angle = 0.1 + 0.9 * t, 3 * np.pi * t + np.pi
    squared = (point[0] - r * np.cos(angle)) ** 2 + (point[1] - r * np.sin(angle)) ** 2
    lowest = squared.min()
    area = simpson(np.exp((lowest - squared) / (2 * sigma**2)), x=t)
    expected = np.log(area / (2 * np.pi * sigma**2)) - lowest / (2 * sigma**2)
    got = GENERATORS["spirals"].log_density(np.array([point]), 1, sigma)[0]
    assert got == pytest.approx(expected, abs=1e-8)


@each_generator
def test_each_density_integrates_to_one(name):
    record = GENERATORS[name]
    steps = np.linspace(-4, 4, 81)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    for k in range(record.n_classes):
        mass = np.exp(record.log_density(grid, k, 0.3)).sum() * (steps[1] - steps[0]) ** 2
        assert mass == pytest.approx(1, abs=1e-6)


def test_two_gaussians_of_equal_spread_have_a_logistic_truth():
    data = GENERATORS["two_gaussians"].make(50, noise=0.4)
    sigma = THICKNESS + (1.5 - THICKNESS) * 0.4
    np.testing.assert_allclose(
        data.truth(data.X)[:, 1], 1 / (1 + np.exp(-1.2 * data.X[:, 0] / sigma**2)), rtol=1e-10
    )


def test_xor_on_an_axis_is_a_coin_toss_and_in_a_quadrant_is_certain():
    truth = GENERATORS["xor"].make(50, noise=0.0).truth
    p = truth(np.array([[0.0, 0.5], [0.5, 0.0], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]]))
    np.testing.assert_allclose(p[:, 0], [0.5, 0.5, 1, 0, 1], atol=1e-12)


def test_xor_by_hand_at_one_point():
    sigma = THICKNESS + (0.5 - THICKNESS) * 0.5
    truth = GENERATORS["xor"].make(50, noise=0.5, label_flips=0.1).truth
    x, y = 0.2, 0.35
    right, up = (norm.cdf((1 - v) / sigma) - norm.cdf(-v / sigma) for v in (x, y))
    left, down = (norm.cdf(-v / sigma) - norm.cdf((-1 - v) / sigma) for v in (x, y))
    even, odd = right * up + left * down, right * down + left * up
    expected = 0.9 * even / (even + odd) + 0.1 * odd / (even + odd)
    assert truth(np.array([[x, y]]))[0, 0] == pytest.approx(expected, rel=1e-10)


def test_flipping_the_truth_by_hand():
    np.testing.assert_allclose(flip_truth(np.array([[0.8, 0.2, 0.0]]), 0.3), [[0.59, 0.26, 0.15]])


def test_a_flipped_label_goes_to_each_other_class_equally_often():
    flipped = flip_labels(np.zeros(30_000, dtype=np.int64), 1.0, 4, seed=0)
    np.testing.assert_allclose(np.bincount(flipped) / 30_000, [0, 1 / 3, 1 / 3, 1 / 3], atol=0.01)


def test_every_class_gets_a_row_however_rare():
    assert apportion(10, np.array([0.98, 0.01, 0.01])).tolist() == [8, 1, 1]


def test_flips_on_any_dataset_change_the_share_asked_for_and_the_truth_follows():
    iris = load("iris")
    noisy = with_label_flips(iris, 0.2, seed=1)
    assert (noisy.y != iris.y).sum() == 30
    assert noisy.truth is None
    assert with_label_flips(iris, 0.0) is iris
    drawn = GENERATORS["two_moons"].make(10_000, 0.6, seed=2)
    flipped = with_label_flips(drawn, 0.2, seed=3)
    assert np.abs(surprises(flipped.y, flipped.truth(flipped.X))).max() < 4
    np.testing.assert_allclose(flipped.truth(drawn.X), 0.2 + 0.6 * drawn.truth(drawn.X))


def test_imbalance_on_any_dataset_thins_later_classes_and_the_truth_follows():
    thinned = with_imbalance(load("iris"), 0.75)
    assert np.bincount(thinned.y).tolist() == [50, 25, 12]
    drawn = GENERATORS["blobs"].make(10_000, 0.7, seed=2)
    fewer = with_imbalance(drawn, 0.8, seed=3)
    assert np.abs(surprises(fewer.y, fewer.truth(fewer.X))).max() < 4
    rows = {tuple(row) for row in fewer.X}
    assert {tuple(row) for row in with_imbalance(drawn, 0.9, seed=3).X} <= rows


def test_imbalance_keeps_split_and_weights_with_their_rows():
    y = np.repeat([0, 1], 50)
    X = np.arange(100.0)[:, None]
    data = Dataset(
        "t", (load("iris").features[0],), X, y, ("a", "b"), split=X[:, 0] % 3, weights=X[:, 0]
    )
    some = with_imbalance(data, 0.5)
    np.testing.assert_array_equal(some.weights, some.X[:, 0])
    np.testing.assert_array_equal(some.split, some.X[:, 0] % 3)


@pytest.mark.parametrize("alter", [with_imbalance, with_label_flips])
def test_an_impossible_share_is_explained(alter):
    with pytest.raises(UserError, match="between 0 and"):
        alter(load("iris"), -0.5)
