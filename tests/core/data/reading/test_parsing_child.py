"""Foreign binary formats are parsed in a child that is ended at its limits; the program lives."""

import os
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from core.base.errors import UserError
from core.base.own_command import ROOT, own_command
from core.data.reading.formats import parsing_child
from core.data.reading.formats.process_memory import process_memory
from core.data.reading.source import Cancelled, open_source
from core.data.reading.table_reader import read_table

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def xlsx(path, rows, extra="", before=""):
    """Write a workbook of one sheet by hand."""
    members = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{before}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        f'<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}'
        f"</sheetData>{extra}</worksheet>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


NAMESPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
)


def ods(path, rows):
    """Write an OpenDocument workbook of one sheet by hand."""
    content = (
        f"<office:document-content {NAMESPACES}><office:body><office:spreadsheet>"
        f'<table:table table:name="S">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
            f'><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )
        archive.writestr("content.xml", content)
    return path


def cell(place, value):
    return f"<c r='{place}'><v>{value}</v></c>"


def text_cell(text, repeated=1):
    return (
        f"<table:table-cell office:value-type='string' "
        f"table:number-columns-repeated='{repeated}'><text:p>{text}</text:p></table:table-cell>"
    )


PLAIN = "".join(f"<row r='{i}'>{cell(f'A{i}', i)}{cell(f'B{i}', i * i)}</row>" for i in range(1, 9))
PLAIN_ODS = "".join(
    f"<table:table-row>{text_cell(i)}{text_cell(i * i)}</table:table-row>" for i in range(1, 9)
)


@pytest.mark.parametrize("make", [lambda p: xlsx(p / "t.xlsx", PLAIN),
                                  lambda p: ods(p / "t.ods", PLAIN_ODS)])  # fmt: skip
def test_workbooks_written_by_hand_are_read(tmp_path, make):
    """The hostile ones below are made of the same parts."""
    table = read_table(make(tmp_path))
    np.testing.assert_array_equal(table.columns[0].values, np.arange(1.0, 9.0))
    np.testing.assert_array_equal(table.columns[1].values, np.arange(1.0, 9.0) ** 2)


def far_cell(folder):
    far = f"<row r='1048576'>{cell('XFD1048576', 1)}</row>"
    return xlsx(folder / "far.xlsx", PLAIN + far)


def repeated_columns(folder):
    row = f"<table:table-row>{text_cell('a', 16_384)}</table:table-row>"
    return ods(folder / "repeated.ods", row * 10_000)


def repeated_spaces(folder):
    spaces = '<text:s text:c="1000000000"/>x'
    row = f"<table:table-row>{text_cell(spaces)}</table:table-row>"
    return ods(folder / "spaces.ods", PLAIN_ODS + row)


def repeated_rows(folder):
    row = f"<table:table-row table:number-rows-repeated='100000'>{text_cell('a', 900)}"
    return ods(folder / "rows.ods", PLAIN_ODS + row + "</table:table-row>")


@pytest.mark.parametrize("make", [far_cell, repeated_columns, repeated_spaces, repeated_rows])
def test_a_small_workbook_that_asks_for_all_memory_is_refused(tmp_path, monkeypatch, make):
    monkeypatch.setattr(parsing_child, "LEAST_MEMORY", 400 << 20)
    monkeypatch.setattr(parsing_child, "LEAST_OUTPUT", 64 << 20)
    path = make(tmp_path)
    assert path.stat().st_size < 300_000
    with pytest.raises(UserError, match="limit") as refusal:
        read_table(path)
    assert path.name in refusal.value.what
    assert "CSV" in refusal.value.mend


def entities(folder):
    """Ten entities of ten each, nine deep: a billion, as a string of the sheet."""
    bomb = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10)
    )
    row = "<row r='9'><c r='A9' t='inlineStr'><is><t>&a9;</t></is></c></row>"
    return xlsx(folder / "ha.xlsx", PLAIN + row, before=f"<!DOCTYPE w [{bomb}]>")


def test_entities_of_xml_are_not_unfolded(tmp_path):
    with pytest.raises(UserError, match=r"ha\.xlsx was not opened.*damaged.*entity.*CSV"):
        read_table(entities(tmp_path))


def stand_in(monkeypatch, code):
    """Have other code run in place of the child."""
    monkeypatch.setattr(
        parsing_child, "own_command", lambda *words: [sys.executable, "-I", "-c", code, *words]
    )


@pytest.fixture
def book(tmp_path):
    return xlsx(tmp_path / "t.xlsx", PLAIN)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_child_that_is_killed_half_way_is_told_in_words(monkeypatch, book, number):
    row = '{"sheet":"S","sheets":["S"],"others":[],"why":""}\\n["1","2"]\\n["3'
    stand_in(
        monkeypatch,
        f"import os, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0));"
        f"os.write(1, b'{row}'); os.kill(os.getpid(), {int(number)})",
    )
    with pytest.raises(UserError, match=r"t\.xlsx was not opened.*broke down.*CSV"):
        read_table(book)


def test_a_child_that_cannot_be_started_is_told_in_words(monkeypatch, book):
    monkeypatch.setattr(parsing_child, "own_command", lambda *words: [str(book / "none"), *words])
    with pytest.raises(UserError, match="No process could be started"):
        read_table(book)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


SLEEP = "import os, sys, time; open({!r}, 'w').write(str(os.getpid())); time.sleep(600)"


@pytest.mark.skipif(sys.platform == "win32", reason="asks for a process by a signal")
def test_a_child_that_does_not_come_to_an_end_is_ended_at_the_limit(monkeypatch, tmp_path, book):
    stand_in(monkeypatch, SLEEP.format(str(tmp_path / "pid")))
    monkeypatch.setattr(parsing_child, "LEAST_SECONDS", 1.0)
    with pytest.raises(UserError, match="longer than the limit, 1 seconds"):
        read_table(book)
    assert not is_alive(int((tmp_path / "pid").read_text()))


@pytest.mark.skipif(sys.platform == "win32", reason="asks for a process by a signal")
def test_reading_is_cancelled_while_the_child_is_busy(monkeypatch, tmp_path, book):
    stand_in(monkeypatch, SLEEP.format(str(tmp_path / "pid")))
    asked = []

    def progress(fraction):
        asked.append(fraction)
        return not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text()

    began = time.monotonic()
    with pytest.raises(Cancelled):
        read_table(book, progress=progress)
    assert time.monotonic() - began < 30
    assert asked
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_a_child_that_never_stops_writing_is_ended(monkeypatch, book):
    monkeypatch.setattr(parsing_child, "LEAST_OUTPUT", 8 << 20)
    stand_in(monkeypatch, "import os\nwhile True: os.write(1, b'x' * 100000)")
    with pytest.raises(UserError, match="unpacks to more than the limit, 8 MB"):
        read_table(book)


def test_memory_is_watched_where_the_system_does_not_limit_it(monkeypatch, book):
    monkeypatch.setattr(parsing_child, "LEAST_MEMORY", 100 << 20)
    stand_in(monkeypatch, "import time; held = bytearray(b'x') * (300 << 20); time.sleep(600)")
    with pytest.raises(UserError, match=r"more memory than the limit, 0\.1 GB"):
        read_table(book)


def test_memory_of_a_process_is_what_it_holds():
    held = bytearray(b"x") * (64 << 20)
    before = process_memory(os.getpid())
    more = bytearray(b"x") * (64 << 20)
    assert process_memory(os.getpid()) - before == pytest.approx(len(more), rel=0.1)
    assert before > len(held)
    assert process_memory(2**22 + 1) == 0


def test_the_child_runs_nothing_that_lies_in_the_current_folder(monkeypatch, tmp_path, book):
    for name in ("json.py", "zipfile.py", "sitecustomize.py", "python_calamine.py"):
        (tmp_path / name).write_text("open('was_run', 'w')")
    (tmp_path / "core").mkdir()
    (tmp_path / "core/__init__.py").write_text("open('was_run', 'w')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert read_table(book.name).n_rows == 8
    assert not list(tmp_path.rglob("was_run"))


def test_a_bundle_starts_itself(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert own_command("--parse", "x") == [sys.executable, "--parse", "x"]


def test_no_window_is_needed(tmp_path, book):
    """``--run`` trains on a workbook."""
    rows = "".join(
        f"<row r='{i}'>{cell(f'A{i}', i % 9)}{cell(f'B{i}', i % 7)}{cell(f'C{i}', i % 2)}</row>"
        for i in range(2, 62)
    )
    names = "".join(
        f"<c r='{place}' t='inlineStr'><is><t>{name}</t></is></c>"
        for place, name in (("A1", "a"), ("B1", "b"), ("C1", "label"))
    )
    path = xlsx(tmp_path / "run.xlsx", f"<row r='1'>{names}</row>{rows}")
    words = ["--run", str(path), "--target", "label", "--epochs", "2"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "run.xlsx: epoch 2" in done.stdout


def test_numbers_of_parquet_come_over_exactly(tmp_path):
    """Also in more rows than one piece holds, with missing ones, and beside whole numbers."""
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    drawn = np.random.default_rng(0).normal(size=70_000)
    drawn[[3, 69_999]] = np.nan
    whole = np.arange(70_000) % 1000 - 500
    words = np.array(["red", "blue", None], object)[np.arange(70_000) % 3]
    frame = pandas.DataFrame({"x": drawn, "n": whole, "w": words})
    frame.to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    np.testing.assert_array_equal(table.column("x").values, drawn)
    np.testing.assert_array_equal(table.column("n").values, whole)
    assert list(table.column("w").values) == list(words)


def test_a_kind_asked_for_keeps_the_digits_of_a_code(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    codes = [2**60 + 1, 2**60 + 3] * 4
    pandas.DataFrame({"code": codes, "y": [0, 1] * 4}).to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet", kinds={"code": "text"})
    assert list(table.column("code").values) == [str(code) for code in codes]


def test_a_child_is_not_left_behind_when_reading_goes_wrong(book):
    """What is read is dropped half way; the child ends at once."""
    items = parsing_child.parsed_items(
        open_source(book), "sheet", {"kind": "xlsx", "sheet": None}, None
    )
    assert next(items)["sheet"] == "S"
    items.close()
    with pytest.raises(StopIteration):
        next(items)
