"""The names that others rely on are those of the package, and none hides a file."""

from pathlib import Path

from core import calibration


def test_every_public_name_is_there_and_none_is_also_a_file():
    files = {path.stem for path in Path(calibration.__file__).parent.glob("*.py")}
    for name in calibration.__all__:
        assert getattr(calibration, name) is not None
        assert name not in files
    assert callable(calibration.simulate_null)
