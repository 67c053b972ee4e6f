"""Every file of the shared corpus is read as its manifest says; skipped where there is none."""

import json
import pathlib

import pytest

from core.base.errors import UserError
from core.data.reading.table_reader import read_table

CORPUS = pathlib.Path(__file__).parents[4].parent / "shared" / "corpus"
MANIFEST = CORPUS / "manifest.json"
FILES = json.loads(MANIFEST.read_text(encoding="utf-8"))["files"] if MANIFEST.exists() else []

pytestmark = pytest.mark.skipif(not FILES, reason="there is no shared corpus here")


@pytest.mark.parametrize("entry", FILES, ids=[entry["file"] for entry in FILES])
def test_a_file_of_the_corpus_has_the_shape_it_should_or_tells_why(entry):
    wanted = entry["expect"]
    must_load = wanted.get("outcome", "load") == "load"
    try:
        table = read_table(CORPUS / entry["file"])
    except UserError:
        assert not must_load
        return
    shaped = "rows" in wanted and "cols" in wanted
    rows = wanted.get("accept_rows") or [wanted.get("rows")]
    columns = [wanted.get("cols"), *wanted.get("accept_cols", [])]
    header = wanted.get("parameters", {}).get("header_lines", 1)
    if shaped and not header and must_load:  # the manifest takes the first row for names
        rows = [rows[0] + 1]
    right = not shaped or (table.n_rows in rows and len(table.columns) in columns)
    assert right or (table.problems and not must_load)
