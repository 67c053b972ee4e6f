"""What the view refuses, and what it drops with other data."""

import pytest

from core.base.errors import UserError
from core.experiment.view import BAR_INTERVALS, CURVES, View


def test_other_data_drop_the_brush_and_wrong_choices_are_refused():
    assert View(brushed=(0.1, 0.2)).for_other_data().brushed == ()
    for name, value in (
        ("reliability_curve", "x"),
        ("reliability_band", "x"),
        ("bar_interval", "x"),
        ("smoothing", 2.0),
        ("brushed", (0.1,)),
    ):
        with pytest.raises(UserError):
            View().replacing(name, value)
    for name, records in (("reliability_curve", CURVES), ("bar_interval", BAR_INTERVALS)):
        for key in records:
            assert getattr(View().replacing(name, key), name) == key
