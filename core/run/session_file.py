"""Saved sessions: the experiment, the view, the state and where the data are, in one JSON file.

Nothing in a session file is ever run or unpickled; what is unknown is told and kept.

The text of a session file, out of plain JSON or a zip; anything hostile is refused unopened.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import UserError
from core.base.strict_json import leaves, parse_json
from core.data.gallery import OWN_FILE
from core.data.saving import write_atomically
from core.experiment.experiment import Experiment, experiment_from_mapping
from core.experiment.view import VIEW_KNOBS, View
from core.training.problem import TrainState

SUFFIX = ".credence"
VERSION = 1
KNOWN = ("format", "version", "experiment", "view", "data", "state")


@dataclass(frozen=True, slots=True, eq=False)
class SavedSession:
    """What a session file holds.

    Attributes
    ----------
    experiment : Experiment
    view : View
    state : TrainState or None
        None where the file holds none: training then begins at step 0.
    warnings : tuple of str
        What was unknown or has changed, in words for the user.
    extra : mapping
        What this version does not know, kept for saving again.
    """

    experiment: Experiment
    view: View = field(default_factory=View)
    state: TrainState | None = None
    warnings: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


def is_session_file(path: str) -> bool:
    """Tell whether a path is to be opened as a session rather than as a table."""
    suffix = Path(path).suffix.lower()
    if suffix in {SUFFIX, ".pkl", ".pickle", ".npz", ".zip"}:
        return True
    if suffix != ".json":
        return False
    try:
        with open(path, "rb") as file:
            head = file.read(512)
    except OSError:
        return False
    return not head.strip() or b'"format"' in head


def write_session(path: str, saved: SavedSession) -> None:
    """Write a session file whole or not at all.

    Raises
    ------
    UserError
        Where the file cannot be written; an older one of that name stays as it was.
    """
    text = json.dumps(_to_mapping(Path(path), saved), indent=1, allow_nan=False)
    write_atomically(path, [text.encode("utf-8"), b"\n"])


def read_session(path: str) -> SavedSession:
    """Read a session file.

    Raises
    ------
    UserError
        Where it is no session, is damaged, or holds values that cannot be.
    """
    name = os.path.basename(path)
    content = parse_json(read_session_text(path, name), name)
    if content.get("format", "session") != "session":
        raise refusal(name, "It is not a session file.", "Open it as a table.")
    if content.get("version", VERSION) != VERSION:
        why = f"It was written by another version ({content['version']!r})."
        raise refusal(name, why, "Open it with the version of Credence that wrote it.")
    warnings: list[str] = []
    _mend_surrogates(content, warnings)
    try:
        experiment = experiment_from_mapping(_mapping(content, "experiment"))
    except UserError as error:
        raise refusal(name, str(error), error.mend) from None
    experiment = _with_data(experiment, Path(path), _mapping(content, "data"), warnings)
    view = _view(_mapping(content, "view"), warnings)
    extra = {key: content[key] for key in content if key not in KNOWN}
    warnings += [f"{key!r} is not known to this version and was kept." for key in extra]
    state = _state(_mapping(content, "state"), name)
    return SavedSession(experiment, view, state, tuple(warnings), extra)


def _to_mapping(path: Path, saved: SavedSession) -> dict[str, Any]:
    content: dict[str, Any] = {"format": "session", "version": VERSION}
    content["experiment"] = json.loads(saved.experiment.to_json())
    content["view"] = dataclasses.asdict(saved.view)
    if saved.experiment.data.source == OWN_FILE.name:
        table = Path(saved.experiment.data.path).resolve()
        beside = table.parent == path.resolve().parent
        content["data"] = {"file": table.name if beside else str(table), "sha256": _hash(table)}
    if saved.state is not None:
        state = saved.state
        content["state"] = {
            "step": state.step,
            "epoch": state.epoch,
            "position": state.position,
            "precision": str(state.parameters.dtype),
            "parameters": state.parameters.tolist(),
            "slots": state.slots.tolist(),
            "statistics": state.statistics.tolist(),
        }
    return {**content, **saved.extra}


def _mend_surrogates(content: Any, warnings: list[str]) -> None:
    """Replace broken characters, which could not be saved again, in place."""
    for path in sorted({p for p, leaf in leaves(content) if _is_broken(leaf)}):
        warnings.append(f"{path} held a broken character, which was replaced.")
    _replace_broken(content)


def _replace_broken(value: Any) -> None:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(pairs):
        if _is_broken(inner):
            value[key] = inner.encode("utf-8", "replace").decode("utf-8")
        elif isinstance(inner, dict | list):
            _replace_broken(inner)


def _is_broken(value: Any) -> bool:
    return isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value)


def _mapping(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key, {})
    return value if isinstance(value, dict) else {}


def _with_data(
    experiment: Experiment, path: Path, data: Mapping[str, Any], warnings: list[str]
) -> Experiment:
    file = data.get("file")
    if not isinstance(file, str) or not file:
        return experiment
    table = path.parent / file
    choices = replace(experiment.data, source=OWN_FILE.name, path=str(table))
    if not table.is_file():
        warnings.append(f"{file} is not where it was: locate the original.")
    elif data.get("sha256") != _hash(table):
        warnings.append(f"{file} has changed since the session was saved.")
    return replace(experiment, data=choices)


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def _view(given: Mapping[str, Any], warnings: list[str]) -> View:
    """Return the saved view; a field that is unknown or cannot be is reported and left out."""
    view = View()
    for name, value in given.items():
        if f"view.{name}" not in VIEW_KNOBS:
            warnings.append(f"view.{name} is not known to this version and was left out.")
            continue
        try:
            view = view.replacing(name, value)
        except UserError as error:
            warnings.append(f"view.{name} was left out: {error}")
    return view


def _state(given: Mapping[str, Any], name: str) -> TrainState | None:
    if not given:
        return None
    try:
        precision = np.dtype({"float32": "f4", "float64": "f8"}[given["precision"]])
        arrays = [
            np.asarray(given[key], precision) for key in ("parameters", "slots", "statistics")
        ]
        step, epoch, position = (int(given[key]) for key in ("step", "epoch", "position"))
    except (KeyError, ValueError, TypeError):
        raise refusal(name, "Its state is damaged.", "Choose an undamaged copy.") from None
    if arrays[0].ndim != 1 or arrays[2].ndim != 1 or min(step, epoch, position) < 0:
        raise refusal(name, "Its state has the wrong shape.", "Choose an undamaged copy.")
    slots = (
        arrays[1].reshape(-1, arrays[0].size) if arrays[1].size else np.empty((0, arrays[0].size))
    )
    return TrainState(step, epoch, position, arrays[0], slots.astype(precision), arrays[2])


LARGEST = 256 * 2**20


def refusal(name: str, why: str, mend: str) -> UserError:
    """Return the error that says why a file was not opened."""
    return UserError(f"{name} was not opened.", why, mend)


def read_session_text(path: str, name: str) -> str:
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
