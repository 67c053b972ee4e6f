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
        f'<office:document-content {NAMESPACES}><office:body><office:spreadsheet>'
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


PLAIN = "".join(
    f"<row r='{i}'>{cell(f'A{i}', i)}{cell(f'B{i}', i * i)}</row>" for i in range(1, 9)
)
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
    spaces = '<text:s text:c="3800000000"/>x'
    row = f"<table:table-row>{text_cell(spaces)}</table:table-row>"
    return ods(folder / "spaces.ods", PLAIN_ODS + row)


def repeated_rows(folder):
    row = f"<table:table-row table:number-rows-repeated='1048000'>{text_cell('a', 900)}"
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
