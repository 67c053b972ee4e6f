"""The text of a session file, out of plain JSON or a zip; anything hostile is refused unopened."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np

from core.base.errors import UserError

LARGEST = 256 * 2**20


def refusal(name: str, why: str, mend: str) -> UserError:
    """Return the error that says why a file was not opened."""
    return UserError(f"{name} was not opened.", why, mend)


def text_of(path: str, name: str) -> str:
    """Return a session file's text.

    Raises
    ------
    UserError
        Where it is too large, damaged, not UTF-8, a pickle, or a zip without session.json.
    """
    try:
        if os.path.getsize(path) > LARGEST:
            raise refusal(name, "It is too large for a session file.", "Choose another file.")
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        why = f"The system says: {error.strerror}."
        raise refusal(name, why, "Choose another file.") from None
    if content[:2] == b"PK" or Path(path).suffix.lower() in {".zip", ".npz"}:
        content = _packed(content, name)
    if content[:1] == b"\x80" or Path(path).suffix.lower() in {".pkl", ".pickle"}:
        why = "Pickle files are not supported, because opening one can run any program."
        raise refusal(name, why, "Save the session as a .credence file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"Byte {error.start} is not UTF-8 text."
        raise refusal(name, why, "Choose an undamaged copy.") from None


def _packed(content: bytes, name: str) -> bytes:
    """Return session.json out of a zip file."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.namelist()
        for member in members:
            if members.count(member) > 1:
                raise refusal(name, f"{member} stands twice in it.", "Choose an undamaged copy.")
        if "session.json" not in members:
            raise refusal(name, _why_no_session(archive, members), "Choose a .credence file.")
        if archive.getinfo("session.json").file_size > LARGEST:
            raise refusal(name, "It is too large for a session file.", "Choose another file.")
        return archive.read("session.json")
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError):
        raise refusal(name, "The file is damaged.", "Choose an undamaged copy.") from None


def _why_no_session(archive: zipfile.ZipFile, members: list[str]) -> str:
    """Say what is wrong with arrays that stand where a session was expected."""
    for member in members:
        label = member.removesuffix(".npy")
        if label == member or archive.getinfo(member).file_size > LARGEST:
            continue
        try:
            array = np.load(io.BytesIO(archive.read(member)), allow_pickle=False)
        except ValueError:
            return f"{label} are not plain numbers."
        if not np.isfinite(array).all():
            return f"{label} hold values that are not finite."
        return f"{label} of shape {array.shape} stand there, but no session.json."
    return "It holds no session.json."
