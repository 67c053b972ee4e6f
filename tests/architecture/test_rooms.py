"""What a name means in the house, and that no test passes because a name is gone."""

import importlib
import importlib.util
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from gui.panels import PANELS
from tests.architecture.test_imports import HEAVY_FOR_THE_BARE_WINDOW, HEAVY_FOR_THE_FIRST_WINDOW
from tests.architecture.test_quality import HEAVY

ROOT = Path(__file__).resolve().parents[2]
NOT_A_PANEL = {"import"}  # the import dialog's scene
NOT_OURS = {"matplotlib"}  # no part of the project needs it; pyqtgraph would take it along


def names_in(folder, pattern="*.py"):
    return [path.stem for path in (ROOT / folder).rglob(pattern) if path.stem != "__init__"]


@pytest.mark.parametrize("house", ["core", "gui"])
def test_no_file_name_means_two_things(house):
    names = Counter(names_in(house))
    assert len(names) > 50
    assert [name for name, times in names.items() if times > 1] == []


def test_every_panel_has_a_folder_and_a_scene_of_its_name():
    scenes = {name.removesuffix("_scene") for name in names_in("core/scenes")}
    folders = {
        path.name for path in (ROOT / "gui/panels").iterdir() if (path / "__init__.py").exists()
    }
    assert folders == set(PANELS)
    assert scenes - NOT_A_PANEL == set(PANELS)
    for name in PANELS:
        assert (ROOT / f"gui/panels/{name}/{name}_panel.py").exists()


def test_every_panel_and_scene_is_held_apart_from_the_others():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    apart = {
        contract["name"]: set(contract["modules"])
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "independence"
    }
    assert apart["no panel knows another"] == {f"gui.panels.{name}" for name in PANELS}
    assert apart["no scene knows another"] == {
        f"core.scenes.{name}" for name in names_in("core/scenes")
    }


def test_every_scene_has_a_test_file_of_its_name_and_no_other_is_there():
    assert {f"test_{name}" for name in names_in("core/scenes")} == set(
        names_in("tests/core/scenes")
    )


def test_the_folders_of_the_tests_are_rooms():
    for house in ("core", "gui"):
        for folder in (ROOT / "tests" / house).rglob("*/"):
            if folder.is_dir() and folder.name != "__pycache__":
                assert (ROOT / folder.relative_to(ROOT / "tests")).is_dir(), folder


def test_what_must_not_be_imported_is_there_to_be_imported():
    for name in {*HEAVY_FOR_THE_BARE_WINDOW, *HEAVY_FOR_THE_FIRST_WINDOW, *HEAVY} - NOT_OURS:
        assert importlib.util.find_spec(name) is not None, name


def strings_in_tests(pattern):
    """Return what a pattern finds in the tests, with the file."""
    return [
        (found, path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for found in re.findall(pattern, path.read_text(encoding="utf-8"))
    ]


def test_no_test_is_skipped_for_want_of_what_is_always_there():
    named = strings_in_tests(r"""importorskip\(\s*["']([\w.]+)["']""")
    assert named
    for name, path in named:
        assert importlib.util.find_spec(name) is not None, f"{path} needs {name}"
        assert name.split(".")[0] not in {"core", "gui", "tests"}, f"{path}: import {name}"


def resolves(name):
    """Tell whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for k in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:k]))
        except ModuleNotFoundError:
            continue
        return all(hasattr(found := getattr(found, it, None), "__class__") for it in parts[k:])
    return False


def test_every_name_of_ours_that_a_test_spells_out_exists():
    named = strings_in_tests(r"""["']((?:core|gui)(?:\.\w+)+)["']""")
    assert len(named) > 10
    missing = [f"{path}: {name}" for name, path in named if not resolves(name)]
    assert missing == []


def test_no_test_reaches_into_private_fields():
    reaches = strings_in_tests(r"(?<!\bself)(?<!\bos)(\._[a-z]\w*)")
    assert [f"{path}: {name}" for name, path in reaches] == []
