"""The package's names are found in its files, and a file is not imported before."""

import subprocess
import sys
from importlib import import_module

import pytest

from core import calibration


def test_every_name_can_be_imported_and_stays_what_it_is_once_every_file_is():
    for file in calibration._NAMES:
        import_module(f"core.calibration.{file}")
        assert file not in calibration.__all__
    for name in calibration.__all__:
        assert getattr(calibration, name) is not None
    assert callable(calibration.simulate_null)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        calibration.nothing  # noqa: B018


def test_one_name_imports_one_file_only():
    code = "import sys\nfrom core.calibration import brier_score\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    entered = set(done.stdout.split())
    assert "core.calibration.scores" in entered
    assert "core.calibration.calibrators" not in entered
