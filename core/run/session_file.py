"""Saved sessions: one zip file of session.json and plain arrays.

It holds the experiment, the view, the state looked at, the history's figures and checkpoints, and
where the data are or, on request, the table itself. Nothing in it is ever run or unpickled; what is
unknown is told and kept. Sessions of version 1, one JSON text, are read too.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import UserError
from core.base.strict_json import leaves, parse_json
from core.data.gallery import OWN_FILE
from core.data.reading.source import (
    Progress,
    Source,
    open_source,
    report_progress,
)
from core.data.saving import write_atomically
from core.experiment.experiment import Experiment, experiment_from_mapping
from core.experiment.view import VIEW_KNOBS, View
from core.run.archive import Archive, Member, decoded, refusal, whole, zip_blocks
from core.run.saved_history import (
    MOST_STEPS,
    SavedHistory,
    read_history,
    read_states,
    states_to_members,
)
from core.run.session_table import (
    SavedTable,
    has_changed,
    is_unpacked,
    on_table,
    raw_chunks,
    table_members,
    table_of_session,
)
from core.training.problem import TrainState

SUFFIX = ".credence"
VERSION = 2
LARGEST, LARGEST_TEXT = 2**31, 96 * 2**20
"""Bytes of a zip file, and of a JSON text, beyond which a session is refused."""

MOST_NUMBERS = 5_000_000
"""Numbers in a JSON text beyond which it is refused: reading them would take all memory."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_KNOWN = ("format", "version", "experiment", "view", "data", "state", "history", "parts", "about")


@dataclass(frozen=True, slots=True, eq=False)
class SavedSession:
    """What a session file holds.

    Attributes
    ----------
    experiment : Experiment
    view : View
    state : TrainState or None
        The one looked at. None where the file holds none: training then begins at step 0.
    warnings : tuple of str
        What was unknown or has changed, in words for the user.
    extra : mapping
        What this version does not know, kept for saving again.
    engine : str
        The name of the engine that trained; "" where that is not known.
    history : SavedHistory or None
        What led to the state, and perhaps beyond it.
    table : SavedTable
    parts : tuple of str
        Of an autosave: the files beside it that hold its history.
    about : mapping of str to str
        In words for the list of autosaves.
    """

    experiment: Experiment
    view: View = field(default_factory=View)
    state: TrainState | None = None
    warnings: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    engine: str = ""
    history: SavedHistory | None = None
    table: SavedTable = field(default_factory=SavedTable)
    parts: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)


def is_session_file(path: str) -> bool:
    """Tell whether a path is to be opened as a session rather than as a table, by its content."""
    suffix = Path(path).suffix.lower()
    if suffix in {SUFFIX, ".pkl", ".pickle", ".npz", ".zip"}:
        return True
    try:
        head = open_source(path).head
    except (UserError, ValueError):  # empty, or nothing that can be read
        return suffix == ".json" and os.path.isfile(path)
    if _is_ours(head):
        return True
    return suffix == ".json" and (not head.strip() or b'"format"' in head[:512])


def _is_ours(head: bytes) -> bool:
    """Tell whether a file that begins like this is a session."""
    if head[:4] == b"PK\x03\x04":
        return head[30:42] == b"session.json"
    beginning = head[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    return beginning[:1] == b"{" and b'"format": "session"' in beginning


# writing


def write_session(
    path: str | os.PathLike[str], saved: SavedSession, with_table: bool | None = None
) -> None:
    """Write a session file whole or not at all.

    Parameters
    ----------
    path : path
    saved : SavedSession
    with_table : bool, optional
        Whether the table itself travels inside; by default one does that has come inside.

    Raises
    ------
    UserError
        Where the file cannot be written, or another kind of file is there; what was there stays.
    """
    place = Path(path)
    refuse_to_overwrite(place)
    members = [*_members(place, saved, with_table)]
    write_atomically(place, zip_blocks(members))


def refuse_to_overwrite(path: Path) -> None:
    """Raise a `UserError` where something is at a path that is no session."""
    try:
        size = path.stat().st_size
    except OSError:
        return
    if path.is_file() and (size == 0 or _is_ours(_head(path))):
        return
    what = f"{path.name} was not overwritten."
    raise UserError(what, "It is not a session.", f"Save the session under another {SUFFIX} name.")


def _head(path: Path) -> bytes:
    try:
        return open_source(path).head
    except UserError:
        return b""


def _members(path: Path, saved: SavedSession, with_table: bool | None) -> Iterator[Member]:
    content: dict[str, Any] = {"format": "session", "version": VERSION}
    content["experiment"] = json.loads(saved.experiment.to_json())
    content["view"] = dataclasses.asdict(saved.view)
    arrays: list[Member] = []
    if saved.experiment.data.source == OWN_FILE.name:
        table = Path(saved.experiment.data.path)
        inside = is_unpacked(table) if with_table is None else with_table
        content["data"], arrays = table_members(path, table, inside)
        content["experiment"]["data"]["path"] = content["data"]["file"]
    if saved.state is not None:
        content["state"] = {"step": saved.state.step, "engine": saved.engine}
        arrays += states_to_members("state", [saved.state])
    if saved.history is not None:
        latest = saved.state.step if saved.state is not None else -1
        content["history"], members = saved.history.bounded(latest).to_members()
        arrays += members
    if saved.parts:
        content["parts"] = list(saved.parts)
    if saved.about:
        content["about"] = dict(saved.about)
    text = json.dumps({**content, **saved.extra}, allow_nan=False).encode("utf-8")
    yield "session.json", [text]  # first, for this is how `is_session_file` knows it
    yield from arrays


# reading


def read_session(path: str | os.PathLike[str], progress: Progress | None = None) -> SavedSession:
    """Read a session file.

    Parameters
    ----------
    path : path
    progress : callable, optional
        Called with the fraction read; reading stops when it returns False.

    Raises
    ------
    UserError
        Where it is no session, is damaged, or holds values that cannot be.
    core.data.reading.source.Cancelled
        Where `progress` returned False.
    """
    source = open_source(path)
    name, suffix = source.name, Path(path).suffix.lower()
    if source.head[:1] == b"\x80" or suffix in {".pkl", ".pickle"}:
        why = "Pickle files are not supported, because opening one can run any program."
        raise refusal(name, why, "Save the session as a .credence file.")
    report_progress(progress, 0.0)
    if source.head[:2] == b"PK" or suffix in {".zip", ".npz"}:
        if source.size > LARGEST:
            raise _too_large(name)
        with source.open() as file:
            archive = Archive(file, name)
            if "session.json" not in archive.members:
                raise refusal(name, _why_no_session(archive), "Choose a .credence file.")
            text = decoded(archive.text("session.json"), name)
            return _session(Path(path), text, archive, progress)
    return _session(Path(path), _json_text(source, progress), None, progress)


def _session(
    path: Path, text: str, archive: Archive | None, progress: Progress | None
) -> SavedSession:
    name = path.name
    content = parse_json(text, name, lambda: report_progress(progress, 0.5))
    if content.get("format", "session") != "session":
        raise refusal(name, "It is not a session file.", "Open it as a table.")
    version = content.get("version", 1)
    if isinstance(version, bool) or version not in (1, VERSION):
        why = f"It was written by another version ({_short(version)})."
        raise refusal(name, why, "Open it with the version of Credence that wrote it.")
    warnings: list[str] = []
    if "\\u" in text and _SURROGATE.search(text):
        _mend_surrogates(content, warnings)
    try:
        experiment = experiment_from_mapping(_mapping(content, "experiment"))
    except UserError as error:
        raise refusal(name, str(error), error.mend) from None
    table = table_of_session(path, experiment, _mapping(content, "data"), archive)
    if table.place == "missing":
        warnings.append(f"{table.name} is not where it was: locate the original.")
    elif table.place in ("beside", "elsewhere") and has_changed(table):
        warnings.append(f"{table.name} has changed since the session was saved.")
    experiment = on_table(experiment, table.path)
    view = _view(_mapping(content, "view"), warnings)
    extra = {key: content[key] for key in content if key not in _KNOWN}
    warnings += [f"{key!r} is not known to this version and was kept." for key in extra]
    report_progress(progress, 0.5)
    given = _mapping(content, "state")
    state = _read_state(given, archive, name)
    engine = given.get("engine", _engine_of(state, experiment))
    history = None
    if archive is not None and isinstance(content.get("history"), dict):
        history = read_history(content["history"], archive)
    report_progress(progress, 1.0)
    return SavedSession(
        experiment,
        view,
        state,
        tuple(warnings),
        extra,
        str(engine) if isinstance(engine, str) else "",
        history,
        table,
        _texts(content.get("parts")),
        {key: text for key, text in _mapping(content, "about").items() if isinstance(text, str)},
    )


def _json_text(source: Source, progress: Progress | None) -> str:
    """Return the text of a session of version 1."""
    if source.size > LARGEST_TEXT:
        raise _too_large(source.name)
    pieces, seen = [], 0
    for chunk in raw_chunks(source):
        pieces.append(chunk)
        seen += len(chunk)
        report_progress(progress, 0.5 * seen / max(source.size, 1))
        if seen > LARGEST_TEXT:
            raise _too_large(source.name)
    content = b"".join(pieces)
    if content.count(b",") > MOST_NUMBERS:
        raise _too_large(source.name)
    return decoded(content, source.name)


def _too_large(name: str) -> UserError:
    return refusal(name, "It is too large for a session file.", "Choose another file.")


def _why_no_session(archive: Archive) -> str:
    """Say what is wrong with arrays that stand where a session was expected."""
    for member in archive.members:
        label = member.removesuffix(".npy")
        if label == member:
            continue
        try:
            array = archive.array(label)
        except UserError as error:
            return error.why
        if not np.isfinite(array).all():
            return f"{label} hold values that are not finite."
        return f"{label} of shape {array.shape} stand there, but no session.json."
    return "It holds no session.json."


def _mend_surrogates(content: Any, warnings: list[str]) -> None:
    """Replace broken characters, which could not be saved again, in place."""
    broken = {path for path, leaf in leaves(content) if _is_broken(leaf)}
    if broken:
        warnings += [
            f"{path} held a broken character, which was replaced." for path in sorted(broken)
        ]
        _replace_broken(content)


def _replace_broken(content: Any) -> None:
    waiting = [content]
    while waiting:
        value = waiting.pop()
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in list(pairs):
            if _is_broken(inner):
                value[key] = inner.encode("utf-8", "replace").decode("utf-8")
            elif isinstance(inner, dict | list):
                waiting.append(inner)


def _is_broken(value: Any) -> bool:
    return isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value)


def _mapping(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key, {})
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    is_list = isinstance(value, list) and all(isinstance(text, str) for text in value)
    return tuple(value) if is_list else ()


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


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


def _read_state(given: Mapping[str, Any], archive: Archive | None, name: str) -> TrainState | None:
    if not given:
        return None
    if archive is None or "parameters" in given:
        return _state_of_numbers(given, name)
    states = read_states("state", archive)
    if len(states) != 1 or states[0].step != whole(given, "step", MOST_STEPS, name):
        raise refusal(name, "Its state is damaged.", "Choose an undamaged copy.")
    return states[0]


def _state_of_numbers(given: Mapping[str, Any], name: str) -> TrainState:
    """Return the state of a session of version 1, whose numbers stand in lists."""
    try:
        precision = np.dtype({"float32": "f4", "float64": "f8"}[given["precision"]])
        with np.errstate(over="ignore"):
            arrays = [
                np.asarray(given[key], precision) for key in ("parameters", "slots", "statistics")
            ]
    except (KeyError, ValueError, TypeError, OverflowError):
        raise refusal(name, "Its state is damaged.", "Choose an undamaged copy.") from None
    step, epoch, position = (
        whole(given, key, MOST_STEPS, name) for key in ("step", "epoch", "position")
    )
    parameters, slots, statistics = arrays
    if not slots.size:
        slots = np.empty((0, parameters.size), precision)
    if (parameters.ndim, slots.ndim, statistics.ndim) != (1, 2, 1):
        raise refusal(name, "Its state has the wrong shape.", "Choose an undamaged copy.")
    return TrainState(step, epoch, position, parameters, slots, statistics)


def _engine_of(state: TrainState | None, experiment: Experiment) -> str:
    """Return which engine must have trained in version 1: numpy's always had float64."""
    if state is None or experiment.training.precision == "float64":
        return ""
    return "compiled engine" if state.parameters.itemsize == 4 else "numpy engine"
