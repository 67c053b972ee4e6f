import numpy as np
import pytest

from core.experiment.view import View
from core.explain.surface import APART, Contour, level_labels, upright
from core.scenes.boundary_scene import boundary_scene
from tests.core.scene_cases import by_hand, table, trained

PIXELS, SIZE = (500.0, 400.0), (20.0, 10.0)
LIMITS = (-1.0, 4.0, 10.0, 14.0)  # a hundred pixels a unit each way
NO_ROWS = np.empty((0, 2))


def straight(level, x, y):
    """A line through places of the plane."""
    at = np.linspace(0.0, 1.0, 200)
    return Contour(level, np.column_stack([np.interp(at, (0, 1), x), np.interp(at, (0, 1), y)]))


def test_numbers_lie_on_their_lines_along_them():
    up = straight(0.25, (0.0, 1.0), (10.0, 14.0))
    across = straight(0.75, (2.0, 4.0), (12.5, 12.5))
    first, second = level_labels([up, across], NO_ROWS, LIMITS, PIXELS, SIZE)
    assert (first.level, second.level) == (0.25, 0.75)
    assert first.y == pytest.approx(10.0 + 4.0 * first.x, abs=0.02)
    assert first.angle == pytest.approx(-np.degrees(np.arctan(4.0)))  # screens count downwards
    assert second.y == pytest.approx(12.5, abs=0.01)
    assert 2.0 < second.x < 4.0
    assert second.angle == pytest.approx(0.0)


def test_a_line_too_near_to_another_or_to_the_edge_gets_no_number():
    close = [
        straight(p, (-1.0, 4.0), (12.0 + 0.05 * k, 12.0 + 0.05 * k)) for k, p in enumerate("ab")
    ]
    lines = [Contour(level, line.lines) for level, line in zip((0.4, 0.6), close, strict=True)]
    assert level_labels(lines, NO_ROWS, LIMITS, PIXELS, SIZE) == ()
    edge = straight(0.5, (-1.0, 4.0), (13.95, 13.95))
    assert level_labels([edge], NO_ROWS, LIMITS, PIXELS, SIZE) == ()
    short = straight(0.5, (1.0, 1.1), (12.0, 12.0))
    assert level_labels([short], NO_ROWS, LIMITS, PIXELS, SIZE) == ()


def test_borders_of_classes_get_no_number():
    assert level_labels([straight(np.nan, (0, 3), (12, 12))], NO_ROWS, LIMITS, PIXELS, SIZE) == ()


def test_numbers_keep_out_of_the_rows_where_they_can():
    line = straight(0.5, (-1.0, 4.0), (12.0, 12.0))
    x = np.linspace(-1.0, 4.0, 300)
    rows = np.column_stack([x, np.full(300, 12.02)])[(x < 2.5) | (x > 3.2)]
    [label] = level_labels([line], rows, LIMITS, PIXELS, SIZE)
    assert 2.6 < label.x < 3.1
    everywhere = np.column_stack([x, np.full(300, 12.02)])
    assert len(level_labels([line], everywhere, LIMITS, PIXELS, SIZE)) == 1


def test_a_model_s_numbers_are_its_probabilities_and_keep_apart():
    run, state = trained(model={"hidden": [4]})
    scene = boundary_scene(run, state, View(), resolution=200)
    limits = scene.plane.limits
    labels = level_labels(scene.contours, scene.rows.points, limits, PIXELS, SIZE)
    assert len(labels) >= 3
    at = np.array([[label.x, label.y] for label in labels])
    levels = [label.level for label in labels]
    np.testing.assert_allclose(by_hand(run, state, at)[:, 1], levels, atol=0.03)
    scale = np.array([PIXELS[0] / (limits[1] - limits[0]), PIXELS[1] / (limits[3] - limits[2])])
    far = np.hypot(*((at[:, None] - at[None]) * scale).transpose(2, 0, 1))
    assert far[~np.eye(len(at), dtype=bool)].min() >= APART
    assert all(-90.0 < label.angle <= 90.0 for label in labels)


def test_of_three_classes_there_are_no_numbers():
    run, state = trained(dataset=table(n_classes=3))
    scene = boundary_scene(run, state, View(), resolution=60)
    assert level_labels(scene.contours, NO_ROWS, scene.plane.limits, PIXELS, SIZE) == ()


@pytest.mark.parametrize("angle", [-180.0, -135.0, -90.0, 0.0, 45.0, 89.0, 91.0, 270.0])
def test_text_is_never_on_its_head(angle):
    turned = upright(angle)
    assert -90.0 < turned <= 90.0
    assert (angle - turned) % 180.0 == pytest.approx(0.0)
