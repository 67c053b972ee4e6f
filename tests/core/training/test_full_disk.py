"""Where compiled code finds no room on the disk, it is compiled all the same and not kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

COMPILE = """
import logging, resource, sys
logging.basicConfig(stream=sys.stdout, format="%(message)s")
from core.training import engines
from core.base.compiled import lazy_njit
@lazy_njit(lambda nb: nb.float64(nb.float64))
def twice(x):
    return 2.0 * x
@lazy_njit(lambda nb: nb.float64(nb.float64))
def thrice(x):
    return 3.0 * x
engines.stage = lambda name: [twice, thrice] if name == "opening" else []
resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))
print(engines.make_ready("opening"), twice.compiled is not None, twice(4.0), thrice(4.0))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of the system")
def test_a_full_disk_while_compiled_code_is_kept(tmp_path):
    pytest.importorskip("numba")
    (tmp_path / "script.py").write_text(COMPILE)
    cache = {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for _ in range(2):  # the second start finds what the first has left
        done = subprocess.run(
            [sys.executable, str(tmp_path / "script.py")],
            env={**os.environ, **cache}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.splitlines()[-1] == "True True 8.0 12.0"
        assert "not used" in done.stdout or "cannot be" in done.stdout
