"""The package's names are found in its rooms, and a room is not entered before."""

import subprocess
import sys
from importlib import import_module

import pytest

from core import calibration


def test_every_name_is_what_its_room_calls_so():
    assert sorted(calibration.__all__) == sorted(calibration._ROOMS)
    for name, room in calibration._ROOMS.items():
        assert getattr(calibration, name) is getattr(
            import_module(f"core.calibration.{room}"), name
        )


def test_a_name_stays_what_it_is_once_every_room_is_entered():
    for room in set(calibration._ROOMS.values()):
        import_module(f"core.calibration.{room}")
        assert room not in calibration.__all__
    assert callable(calibration.chance)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        calibration.nothing  # noqa: B018


def test_one_name_enters_one_room_only():
    code = "import sys\nfrom core.calibration import brier_score\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    entered = set(done.stdout.split())
    assert "core.calibration.scores" in entered
    assert "core.calibration.calibrators" not in entered
