"""The loss under the mouse is that of the surface's own points, linear between them."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.scenes.landscape_scene import height_at


def test_a_plane_is_read_exactly_and_nothing_outside():
    x, y = np.linspace(-1.0, 3.0, 9), np.linspace(2.0, 4.0, 5)
    values = 2.0 * x[None, :] - 3.0 * y[:, None] + 1.0
    surface = SimpleNamespace(x=x, y=y, values=values)
    for a, b in ((-1.0, 2.0), (3.0, 4.0), (0.123, 3.456), (1.0, 2.5)):
        assert height_at(surface, a, b) == pytest.approx(2.0 * a - 3.0 * b + 1.0)
    for a, b in ((-1.01, 3.0), (0.0, 4.01)):
        assert np.isnan(height_at(surface, a, b))
