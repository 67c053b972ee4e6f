"""scipy is imported when it is needed, and a window can ask frames to do without it."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from core.base.scipy_import import import_scipy, is_scipy_postponed, postpone_scipy
from core.evaluation.performance import recorded_performance
from core.experiment.view import View
from core.functions import logit
from core.scenes.reliability_scene import reliability_scene
from tests.core.calibration_cases import class_case, drawn
from tests.core.scene_cases import trained


@pytest.fixture(autouse=True)
def imported_in_the_end():
    yield
    import_scipy()


@pytest.fixture
def postponed():
    postpone_scipy(even_if_imported=True)


def test_what_is_imported_already_is_not_postponed():
    import_scipy()
    postpone_scipy()
    assert not is_scipy_postponed()


def test_importing_ends_the_postponement(postponed):
    assert is_scipy_postponed()
    import_scipy()
    assert not is_scipy_postponed()


def test_no_scene_imports_scipy_before_it_is_needed_and_none_while_it_is_postponed():
    code = """
import sys
from core.base.scipy_import import is_scipy_postponed, postpone_scipy
import numpy as np
import core.calibration as c
for name in c.__all__:
    getattr(c, name)
import core.run.report
from core.evaluation.performance import recorded_performance
from core.scenes.reliability_scene import reliability_scene
from core.scenes.by_class_scene import by_class_scene
from core.experiment.view import View
from tests.core.scene_cases import trained
assert "scipy" not in sys.modules
postpone_scipy()
assert is_scipy_postponed()
run, state = trained(steps=3)
view = View(reliability_curve="corp", bar_interval="jeffreys")
reliability_scene(run, state, view)
by_class_scene(run, state, view)
recorded_performance(np.array([0, 1]), np.array([0.2, 0.8]), np.array([-1.0, 1.0]))
assert "scipy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("curve", ["corp", "smooth", "width", "mass"])
def test_bars_stand_for_the_curve_until_scipy_is_there(curve):
    run, state = trained(steps=5)
    view = View(reliability_curve=curve, bar_interval="jeffreys")
    full = reliability_scene(run, state, view, draws=5)
    postpone_scipy(even_if_imported=True)
    plain = reliability_scene(run, state, view, draws=5)
    assert plain.raw.curve is plain.raw.bars
    np.testing.assert_array_equal(plain.raw.bars.frequency, full.raw.bars.frequency)
    assert plain.band is None
    assert not len(plain.raw.low)
    assert np.isnan(plain.raw.brier.miscalibration)
    known = {"miscalibration": np.nan, "discrimination": np.nan}
    assert repr(plain.raw.brier) == repr(replace(full.raw.brier, **known))
    import_scipy()
    again = reliability_scene(run, state, view, draws=5)
    assert again.raw.curve.binning == curve
    assert again.raw.brier == full.raw.brier
    assert len(again.raw.low)
    assert again.band is not None


@pytest.mark.parametrize("n_classes", [2, 4])
def test_recorded_figures_leave_out_what_needs_scipy(n_classes):
    y, p = drawn(0, 50) if n_classes == 2 else class_case(k=4)
    z = logit(p) if n_classes == 2 else np.log(p)
    full = recorded_performance(y, p, z)
    postpone_scipy(even_if_imported=True)
    plain = recorded_performance(y, p, z)
    assert np.isnan(plain.pop("mcb"))
    assert np.isnan(plain.pop("dsc"))
    assert plain == {name: full[name] for name in plain}
    assert set(full) - set(plain) == {"mcb", "dsc"}
