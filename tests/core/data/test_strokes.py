import numpy as np
import pytest

from core.data.painted import MOST_POINTS, SPACING, TOOLS, Brush, Stroke
from core.data.preparing import stratified_split

BRUSH = Brush(kind=1, x_radius=0.5, y_radius=2.0, density=90.0)
POINTS = ((0.0, 0.0, 0), (0.4, 0.0, 0), (0.0, 1.9, 0), (0.6, 0.0, 0), (0.0, 2.1, 2), (0.4, 1.6, 2))


def drag(name, points, path, brush=BRUSH, ticks=0, seed=3):
    tool = TOOLS[name]
    stroke = tool.press(Stroke(points, brush, *path[0], seed=seed), *path[0])
    for x, y in path[1:]:
        stroke = tool.drag(stroke, x, y)
    for _ in range(ticks):
        stroke = tool.hold(stroke, *path[-1])
    return stroke.points


def inside(points, x, y, brush=BRUSH):
    return [
        ((a - x) / brush.x_radius) ** 2 + ((b - y) / brush.y_radius) ** 2 <= 1 for a, b, _ in points
    ]


def test_a_click_of_the_pen_adds_one_point_of_the_class():
    assert drag("pen", POINTS, [(3.0, 4.0)]) == (*POINTS, (3.0, 4.0, 1))


@pytest.mark.parametrize("end", [(4.0, 0.0), (0.0, 16.0), (-3.0, 9.0)])
def test_a_drag_of_the_pen_adds_evenly_spaced_points_however_many_moves_it_takes(end):
    def way(moves):
        return [(end[0] * k / moves, end[1] * k / moves) for k in range(moves + 1)]

    few, many = drag("pen", (), way(1)), drag("pen", (), way(64))
    length = np.hypot(end[0] / BRUSH.x_radius, end[1] / BRUSH.y_radius)
    assert len(few) == int(length / SPACING + 1e-9) + 1
    gaps = np.diff(np.array(few)[:, :2] / [BRUSH.x_radius, BRUSH.y_radius], axis=0)
    np.testing.assert_allclose(np.hypot(*gaps.T), SPACING)
    assert abs(len(many) - len(few)) <= 0.2 * len(few)
    gaps = np.diff(np.array(many)[:, :2] / [BRUSH.x_radius, BRUSH.y_radius], axis=0)
    assert (np.hypot(*gaps.T) >= SPACING - 1e-6).all()


def test_the_airbrush_sprays_its_density_over_the_whole_disc_and_nowhere_else():
    brush = Brush(2, 0.5, 2.0, density=300.0)
    sprayed = drag("airbrush", (), [(1.0, -1.0)], brush, ticks=150)
    assert len(sprayed) == 1 + 150 * 10
    assert all(inside(sprayed, 1.0, -1.0, brush))
    assert {k for _, _, k in sprayed} == {2}
    cells = (np.array(sprayed)[:, :2] - [1.0, -1.0]) / [0.5, 2.0]
    # evenly over a disc: the mean squared distance is 1/2, and each coordinate's variance 1/4
    np.testing.assert_allclose((cells**2).mean(axis=0), [0.25, 0.25], atol=0.02)
    np.testing.assert_allclose(cells.mean(axis=0), [0.0, 0.0], atol=0.05)


def test_an_airbrush_of_low_density_still_adds_a_point_at_once():
    brush = Brush(0, 1.0, 1.0, density=3.0)
    assert len(drag("airbrush", (), [(0.0, 0.0)], brush)) == 1
    assert len(drag("airbrush", (), [(0.0, 0.0)], brush, ticks=30)) in {3, 4}


@pytest.mark.parametrize("name", ["airbrush", "jitter"])
def test_a_stroke_s_chance_is_its_seed_s(name):
    path = [(0.0, 0.0), (0.1, 0.2)]
    first, same, other = (drag(name, POINTS, path, ticks=20, seed=seed) for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_moving_carries_the_points_in_the_circle_and_no_others():
    moved = drag("move", POINTS, [(0.0, 0.0), (1.0, 1.0), (3.0, -1.0)])
    for old, new, was_in in zip(POINTS, moved, inside(POINTS, 0.0, 0.0), strict=True):
        np.testing.assert_allclose(new[:2], np.add(old[:2], (3.0, -1.0)) if was_in else old[:2])
        assert new[2] == old[2]


def test_erasing_leaves_the_points_outside_the_circle_and_few_change_their_place():
    left = drag("erase", POINTS, [(0.0, 0.0)])
    expected = [p for p, gone in zip(POINTS, inside(POINTS, 0.0, 0.0), strict=True) if not gone]
    assert sorted(left) == sorted(expected)
    line = tuple((float(x), 0.0, x % 2) for x in range(100))
    left = drag("erase", line, [(50.0, 0.0)])
    assert sum(a != b for a, b in zip(left, line, strict=False)) == 1


def test_a_fast_eraser_leaves_no_gaps():
    line = tuple((0.1 * x, 0.0, 0) for x in range(200))
    assert drag("erase", line, [(-1.0, 0.0), (30.0, 0.0)]) == ()


def test_the_class_tool_changes_the_class_in_the_circle_and_nothing_else():
    turned = drag("recolour", POINTS, [(0.0, 0.0)])
    for old, new, was_in in zip(POINTS, turned, inside(POINTS, 0.0, 0.0), strict=True):
        assert new == (*old[:2], 1 if was_in else old[2])


def test_jitter_scatters_the_points_in_the_circle_by_its_share_of_the_radius():
    cloud = (*[(0.0, 0.0, 0)] * 2_000, (5.0, 5.0, 1))
    shaken = drag("jitter", cloud, [(0.0, 0.0)])
    assert shaken[-1] == cloud[-1]
    spread = np.array(shaken[:-1])[:, :2].std(axis=0)
    np.testing.assert_allclose(spread, [0.12 * 0.5, 0.12 * 2.0], rtol=0.06)


def test_no_tool_paints_more_points_than_there_may_be():
    full = ((0.0, 0.0, 0),) * (MOST_POINTS - 2)
    for name in ("pen", "airbrush"):
        assert len(drag(name, full, [(0.0, 0.0), (90.0, 0.0)], ticks=30)) == MOST_POINTS


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_can_do_its_work_on_a_blank_sheet(name):
    points = drag(name, (), [(0.0, 0.0), (1.0, 1.0)], ticks=3)
    assert bool(points) == (name in {"pen", "airbrush"})


def test_a_point_more_leaves_most_others_in_their_part():
    y = np.random.default_rng(0).integers(0, 3, 400)
    for n in range(60, 400, 17):
        before = stratified_split(y[:n], 0.6, 0.2, 3, seed=4)
        after = stratified_split(y[: n + 1], 0.6, 0.2, 3, seed=4)[:n]
        assert (before != after).sum() <= 9
