"""Tell a file's format by its content, and refuse what is no table."""

from __future__ import annotations

import re

from core.data.reading.encodings import find_utf_16
from core.data.reading.source import Source

_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"RIFF", "a sound, film or picture file"),
    (b"OggS", "a sound file"),
    (b"ID3", "a sound file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"ARROW1", "an Arrow (Feather) file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80\x04\x95", "a Python pickle"),
    (b"\x80\x05\x95", "a Python pickle"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x1f\x8b", "a gzip archive inside a gzip archive"),
    (b"RDX", "an R workspace"),
    (b"RDA", "an R workspace"),
    (b"{\\rtf", "a rich-text document"),
)
_WORKBOOKS = {".xlsx": "xlsx", ".xlsm": "xlsx", ".xlsb": "xlsb", ".ods": "ods", ".xls": "xls"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def detect_format(source: Source) -> str:
    """Return "text", "xlsx", "xls", "xlsb", "ods", "parquet", "arff" or "json".

    Raises
    ------
    UserError
        If the content is no table, or a workbook under another name.
    """
    head, suffix = source.head, source.suffix
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK"):
        return _zipped(source, suffix)
    if head.startswith(_OLE):
        return _ole(source, suffix)
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            raise source.refuse(
                f"It is {what}, not a table.", "Choose a CSV, Excel, Parquet, ARFF or JSON file."
            )
    _refuse_binary(source)
    start = _plain(head)
    if re.match(r"<(!doctype html|html|\?xml|table)", start.lstrip().lower()):
        raise source.refuse(
            "It is a web page or XML, not a table.", "Save the table as CSV and open that."
        )
    if re.search(r"^\s*@relation\b", start, re.IGNORECASE | re.MULTILINE) and re.search(
        r"^\s*@", start, re.MULTILINE
    ):
        return "arff"
    if suffix in (".json", ".jsonl", ".ndjson") or re.match(r'\s*(\[\s*)?\{\s*("|\})', start):
        return "json"
    return "text"


def _plain(head: bytes) -> str:
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return head[:4096].decode(encoding, errors="replace")


def _zipped(source: Source, suffix: str) -> str:
    head = source.head
    kind = ""
    for mark, name in (
        (b"xl/workbook.bin", "xlsb"),
        (b"xl/", "xlsx"),
        (b"opendocument.spreadsheet", "ods"),
    ):
        if mark in head:
            kind = name
            break
    if suffix in _WORKBOOKS:
        return kind or _WORKBOOKS[suffix]
    if kind:
        family = "OpenDocument" if kind == "ods" else "Excel"
        program = "Calc" if kind == "ods" else "Excel"
        raise source.refuse(
            f"It is an {family} workbook ({kind}) under another name.",
            f"Rename it to end in .{kind}, or save it as CSV UTF-8 in {program}.",
        )
    raise source.refuse("It is a zip archive, not a table.", "Unpack it and open the file inside.")


def _ole(source: Source, suffix: str) -> str:
    if suffix in (".xls", ".xlsx"):
        return "xls"
    raise source.refuse(
        "It is an old Excel workbook (xls) or another Office document under another name.",
        "Rename it to end in .xls, or save it as CSV UTF-8 in Excel.",
    )


def _refuse_binary(source: Source) -> None:
    head = source.head
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:4] == b"\x00\x00\xfe\xff":
        return
    if find_utf_16(head):
        return
    odd = sum(head.count(bytes([code])) for code in (*range(1, 9), 11, *range(14, 27), 127))
    if b"\n" in head and all(b"\x01" in line for line in head.split(b"\n")[:-1]):
        odd -= head.count(b"\x01")  # some databases export with it between cells
    nuls = head.count(b"\0")
    if odd > 0.02 * len(head) or (nuls > 0.05 * len(head) and nuls > 16):
        raise source.refuse(
            "It is a binary file, not text.", "Choose a CSV, Excel, Parquet, ARFF or JSON file."
        )
