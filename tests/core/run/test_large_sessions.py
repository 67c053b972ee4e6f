"""Large and odd sessions end soon, with words, and can be given up."""

import os
import time
import zipfile
from dataclasses import replace

import pytest

from core.base.errors import UserError
from core.data.reading.source import Cancelled
from core.experiment.experiment import Experiment
from core.run.session_file import SavedSession, is_session_file, read_session, write_session
from core.run.session_table import clear_unpacked, unpack_table

MOST_SECONDS = 30.0  # on a machine that is busy with much else


def listed(before, cell, count, after):
    return before + b",".join([cell] * count) + after


def refused(path, word):
    began = time.monotonic()
    with pytest.raises(UserError, match=word):
        read_session(path)
    assert time.monotonic() - began < MOST_SECONDS


def test_a_million_painted_points_are_refused_by_their_count(tmp_path):
    before = b'{"format": "session", "experiment": {"data": {"source": "painted", "painted": ['
    path = tmp_path / "s.credence"
    path.write_bytes(listed(before, b"[0.1, 0.2, 1]", 1_000_000, b"]}}}"))
    refused(path, "at most 5000 points")


def test_too_many_numbers_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "s.credence"
    content = listed(b'{"format": "session", "x": [', b"1.5", 6_000_000, b"]}")
    path.write_bytes(content)
    refused(path, "too large")
    os.truncate(path, 200 * 2**20)
    refused(path, "too large")


def test_too_many_members_and_members_that_swell_are_refused(tmp_path):
    path = tmp_path / "s.credence"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(65_000):
            archive.writestr(str(number), b"")
    refused(path, "more than 64 members")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("session.json", b'{"format": "session"' + b" " * 2**26 + b"}")
    refused(path, "larger than the limit, 16 MB")


def test_an_array_that_claims_more_than_it_holds_is_refused(tmp_path):
    path = tmp_path / "s.credence"
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"
    head += b" " * (117 - len(head)) + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head
    text = (
        b'{"format": "session", "version": 2, "history": {"names": ["step", "epoch"], "edits": []}}'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("session.json", text)
        archive.writestr("metrics.npy", content)
    refused(path, "do not hold numbers of shape")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b'{"format": "session", "state": {"step": ' + b"9" * 100_000 + b"}}", "too long"),
        (b'{"a": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "nested too deeply"),
        (b'{"a": [1e999]}', "Not a finite number: a"),
    ],
)
def test_odd_text_is_refused_in_words(tmp_path, content, word):
    path = tmp_path / "s.credence"
    path.write_bytes(content)
    refused(path, word)


def test_what_is_nested_deeply_but_readable_is_mended(tmp_path):
    path = tmp_path / "s.credence"
    deep = b"[" * 900 + b'"\\ud800"' + b"]" * 900
    path.write_bytes(b'{"format": "session", "a": ' + deep + b"}")
    assert "broken character" in " ".join(read_session(path).warnings)


def test_reading_can_be_given_up_in_the_midst_of_numbers(tmp_path):
    path = tmp_path / "s.credence"
    path.write_bytes(listed(b'{"format": "session", "x": [', b"1.5", 1_000_000, b"]}"))
    asked = []

    def progress(fraction):
        asked.append(fraction)
        return len(asked) < 12

    with pytest.raises(Cancelled):
        read_session(path, progress)
    assert len(asked) == 12


def test_only_what_begins_like_a_session_is_one(tmp_path):
    write_session(tmp_path / "s.credence", SavedSession(Experiment()))
    (tmp_path / "s.credence").rename(tmp_path / "s.csv")
    assert is_session_file(str(tmp_path / "s.csv"))
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", b"")
    assert not is_session_file(str(tmp_path / "book.xlsx"))
    assert not is_session_file(str(tmp_path / "none.csv"))
    assert not is_session_file(str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_what_is_no_regular_file_is_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.json")
    (tmp_path / "zero.credence").symlink_to("/dev/zero")
    assert not is_session_file(str(tmp_path / "x.json"))
    for name in ("x.json", "zero.credence"):
        refused(tmp_path / name, "not a regular file")
        with pytest.raises(UserError, match="not overwritten"):
            write_session(tmp_path / name, SavedSession(Experiment()))


def test_a_table_elsewhere_is_not_read_and_a_link_that_leads_away_is_elsewhere(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "t.csv").write_text("a,b\n1,x\n")
    experiment = Experiment().replacing("data.source", "file")
    experiment = experiment.replacing("data.path", str(tmp_path / "far" / "t.csv"))
    write_session(tmp_path / "s.credence", SavedSession(experiment))
    assert read_session(tmp_path / "s.credence").table.place == "elsewhere"
    write_session(tmp_path / "far" / "s.credence", SavedSession(experiment))
    assert read_session(tmp_path / "far" / "s.credence").table.place == "beside"
    (tmp_path / "far" / "t.csv").rename(tmp_path / "t.csv")
    (tmp_path / "far" / "t.csv").symlink_to(tmp_path / "t.csv")
    assert read_session(tmp_path / "far" / "s.credence").table.place == "elsewhere"
    named = (
        '{"format": "session", "experiment": {"data": {"source": "file", "path": "/etc/passwd"}}}'
    )
    (tmp_path / "old.credence").write_text(named)  # of version 1, whose choices name the path
    assert read_session(tmp_path / "old.credence").table.place == "elsewhere"


def test_a_table_inside_is_unpacked_into_a_folder_of_ours_and_cleared_once_nothing_uses_it(
    tmp_path,
):
    (tmp_path / "t.csv").write_text("a,b\n1,x\n")
    experiment = Experiment().replacing("data.source", "file")
    experiment = experiment.replacing("data.path", str(tmp_path / "t.csv"))
    path, ours = tmp_path / "s.credence", tmp_path / "ours"
    write_session(path, SavedSession(experiment), with_table=True)
    saved = read_session(path)
    assert saved.table.place == "inside"
    place = unpack_table(path, saved.table, ours)
    assert place.read_text() == "a,b\n1,x\n"
    assert place.is_relative_to(ours)
    with pytest.raises(UserError, match="not the table"):
        unpack_table(path, replace(saved.table, sha256="0" * 64), ours)
    escaping = unpack_table(path, replace(saved.table, name="..\\..\\x"), ours)
    assert escaping.is_relative_to(ours)
    (place.parent / "mine.txt").write_text("a year of work")
    for each in (place.parent, place.parent.parent):
        os.utime(each, (1e9, 1e9))
    clear_unpacked(ours, {place})
    assert place.exists()
    os.utime(place.parent, (1e9, 1e9))
    clear_unpacked(ours, set())
    assert not place.exists()
    assert (place.parent / "mine.txt").exists()
