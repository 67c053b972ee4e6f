"""What is no table, or means harm, is refused with a reason and a mend, and soon."""

import gzip
import os
import sys
import zipfile

import pytest

from core.base.errors import UserError
from core.data.reading import large_files, source, table_reader
from core.data.reading.formats import workbook_archive
from core.data.reading.table_reader import read_table

CONTENTS = {
    "nothing": (b"", "no data"),
    "blanks": (b"\n \n\t\n", "no data"),
    "NULs": (b"a,b\n1.\x003,2\n1,2\n", "NUL byte on line 2"),
    "a PDF": (b"%PDF-1.7 ...", "PDF"),
    "a picture": (b"\x89PNG\r\n\x1a\n....", "PNG"),
    "a zip": (b"PK\x03\x04....", "zip"),
    "a workbook": (b"PK\x03\x04[Content_Types].xml xl/workbook.xml", "Excel workbook (xlsx)"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "xls"),
    "random bytes": (bytes(range(256)) * 50, "binary"),
    "a web page": (b"<!DOCTYPE html><html><table>", "web page"),
    "an open quote": (b'x,y\n"5.0,3.0\n1,2\n3,4\n', "on line 2 and never closed"),
    "many columns": (b",".join([b"1"] * 20_000) + b"\n", "20,000 columns"),
    "a cut gzip": (gzip.compress(os.urandom(9000).hex().encode())[:3000], "damaged"),
}


@pytest.mark.parametrize("what", CONTENTS)
def test_contents_that_are_no_table_are_refused(tmp_path, what):
    content, reason = CONTENTS[what]
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(UserError) as refusal:
        read_table(path)
    assert "t.csv" in refusal.value.what
    assert reason in refusal.value.why
    assert refusal.value.mend


def test_a_gzip_bomb_is_refused_before_it_goes_off(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "_RATIO_FREE", 1 << 20)
    path = tmp_path / "t.csv.gz"
    packed = gzip.compress(b"0," * 5_000_000)
    path.write_bytes(packed)
    with pytest.raises(UserError, match=r"expands to .* limit"):
        read_table(path)
    path.write_bytes(packed[:-4] + b"\x10\0\0\0")  # the trailer claims 16 bytes
    with pytest.raises(UserError, match=r"expands to .* limit"):
        read_table(path)


def test_a_workbook_that_expands_too_far_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook_archive, "RATIO_FREE", 1 << 20)
    path = tmp_path / "t.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 20_000_000)
    with pytest.raises(UserError, match=r"expands to .* limit"):
        workbook_archive.check_archive(source.open_source(path))


@pytest.mark.parametrize(
    "line",
    ["a,b\n1,2\n3,4\n5,6\na,b,c", '1,"2,3', "1,2\x003,4", "1,2\r3,4"],
    ids=["rows", "quote", "NUL", "CR"],
)
def test_a_large_file_that_is_not_sound_is_refused_with_the_place(tmp_path, monkeypatch, line):
    monkeypatch.setattr(table_reader, "LARGE", 1000)
    monkeypatch.setattr(large_files, "LARGEST_IRREGULAR", 1000)
    monkeypatch.setattr(large_files, "HEAD", 4000)
    monkeypatch.setattr(large_files, "BLOCK", 2000)
    monkeypatch.setattr(source, "CHUNK", 1000)
    rows = [f"{i},{i % 7},{i % 3}" for i in range(3000)]
    path = tmp_path / "t.csv"
    path.write_bytes("\n".join(["a,b,c", *rows[:2000], line, *rows[2000:]]).encode())
    with pytest.raises(UserError, match=r"after line 1,\d{3}|after line 2,00[012]") as refusal:
        read_table(path)
    assert "t.csv" in refusal.value.what
    assert refusal.value.mend


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.mark.parametrize(
    ("name", "member", "sheet"),
    [
        ("t.xlsx", "xl/worksheets/sheet1.xml", '<c r="A1"/><row r="1048576"><c r="XFD1048576"/>'),
        ("t.xlsx", "xl/worksheets/sheet1.xml", '<c r="A1"/><row r="1048576"><c r="CV1048576"/>'),
        (
            "t.ods",
            "content.xml",
            '<table:table-row table:number-rows-repeated="1000000"><table:table-cell '
            'table:number-columns-repeated="999" office:value="1"/></table:table-row>',
        ),
    ],
)
def test_cells_very_far_apart_are_refused_before_they_fill_the_memory(
    tmp_path, name, member, sheet
):
    with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, f'<worksheet xmlns="{MAIN}">{sheet}</worksheet>')
    with pytest.raises(UserError, match=r"spans .* cells, beyond the limit"):
        read_table(tmp_path / name)


def test_a_nul_in_a_path_is_refused_in_words():
    with pytest.raises(UserError, match="NUL in its path"):
        read_table("a\0b.csv")


def test_a_line_beyond_the_limit_is_refused_with_its_number(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "LONGEST_LINE", 1 << 20)
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,2\n" + b"x" * (3 << 20))
    with pytest.raises(UserError, match="Line 3 is longer than the limit"):
        read_table(path)


def test_folders_and_absent_files_are_refused(tmp_path):
    with pytest.raises(UserError, match="a folder"):
        read_table(tmp_path)
    with pytest.raises(UserError, match="no such file"):
        read_table(tmp_path / "none.csv")


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes and links")
def test_pipes_devices_and_broken_links_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    os.symlink(tmp_path / "gone", tmp_path / "dangling.csv")
    os.symlink(tmp_path / "loop.csv", tmp_path / "loop.csv")
    for path, why in [
        (tmp_path / "pipe.csv", "not a regular file"),
        ("/dev/zero", "not a regular file"),
        (tmp_path / "dangling.csv", "link"),
        (tmp_path / "loop.csv", "link"),
    ]:
        with pytest.raises(UserError, match=why):
            read_table(path)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3,4\n")

    def append(done):
        with path.open("a") as file:
            file.write("5,6\n")
        return True

    with pytest.raises(UserError, match="changed while it was being read"):
        read_table(path, progress=append)


def test_a_file_that_disappears_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3,4\n")

    def remove(done):
        path.unlink(missing_ok=True)
        return True

    with pytest.raises(UserError):
        read_table(path, progress=remove)
