"""What the user chose to do: data, model, training and calibration, frozen, and JSON both ways.

A choice has one name, its path (``training.learning_rate``), used by the form, the command line,
session files and lessons alike. The sections declare the choices; `knobs.py` checks them.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import UserError
from core.base.knobs import Knob, knobs_of
from core.base.strict_json import parse_json
from core.calibration.calibration_knobs import CalibrationChoices
from core.data.data_knobs import DataChoices
from core.model.model_knobs import ModelChoices
from core.training.training_knobs import TrainingChoices

VERSION = 1


@dataclass(frozen=True, slots=True)
class Experiment:
    """Everything that determines a run, frozen; undo is a list of these.

    Examples
    --------
    >>> slow = Experiment().replacing("training.learning_rate", 0.001)
    >>> slow.training.learning_rate
    0.001
    >>> Experiment.from_json(slow.to_json()) == slow
    True
    """

    data: DataChoices = field(default_factory=DataChoices)
    model: ModelChoices = field(default_factory=ModelChoices)
    training: TrainingChoices = field(default_factory=TrainingChoices)
    calibration: CalibrationChoices = field(default_factory=CalibrationChoices)

    def value(self, path: str) -> Any:
        """Return the choice at a path, such as ``"data.noise"``."""
        section, name = _split(path)
        return getattr(getattr(self, section), name)

    def replacing(self, path: str, value: Any) -> Experiment:
        """Return a copy with one choice changed, or raise a `UserError` that says what it takes."""
        section, name = _split(path)
        checked = knob_at(path).check(value)
        part = dataclasses.replace(getattr(self, section), **{name: checked})
        return dataclasses.replace(self, **{section: part})

    def parsing(self, path: str, text: str) -> Experiment:
        """Return a copy with one choice read from text, as typed by a user."""
        return self.replacing(path, knob_at(path).parse(text))

    def changes(self, other: Experiment) -> tuple[str, ...]:
        """Return the paths whose values differ between this experiment and another."""
        return tuple(path for path in PATHS if self.value(path) != other.value(path))

    def is_relevant(self, path: str) -> bool:
        """Tell whether a knob makes a difference, given the other choices."""
        return all(self.value(other) in values for other, values in knob_at(path).conditions)

    def to_json(self) -> str:
        """Return the experiment as JSON, sections and choices in their order."""
        sections = {name: dataclasses.asdict(getattr(self, name)) for name in SECTIONS}
        return json.dumps({"version": VERSION, **sections}, indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Experiment:
        """Read an experiment from JSON; choices not mentioned keep their defaults.

        Raises
        ------
        UserError
            Where the text is no such JSON, names a choice twice or one that does not exist,
            or holds a value out of range.
        """
        return experiment_from_mapping(parse_json(text))


SECTIONS: dict[str, Any] = {
    "data": DataChoices,
    "model": ModelChoices,
    "training": TrainingChoices,
    "calibration": CalibrationChoices,
}
KNOBS: dict[str, Knob] = {
    f"{section}.{name}": knob
    for section, choices in SECTIONS.items()
    for name, knob in knobs_of(choices).items()
}
PATHS = tuple(KNOBS)


def knob_at(path: str) -> Knob:
    """Return the knob of that path, or raise a `UserError` that lists the paths."""
    if path not in KNOBS:
        raise UserError(f"There is no setting named {path!r}.", "", f"Choose one of: {_listed()}.")
    return KNOBS[path]


def _listed() -> str:
    return ", ".join(PATHS)


def _split(path: str) -> tuple[str, str]:
    knob_at(path)
    section, _, name = path.partition(".")
    return section, name


def experiment_from_mapping(mapping: Mapping[str, Any]) -> Experiment:
    """Build an experiment from nested mappings, checking every name and value."""
    version = mapping.get("version", VERSION)
    if version != VERSION:
        mend = "Open it with the version of Credence that wrote it."
        raise UserError(f"Settings of version {version!r} cannot be read.", "", mend)
    experiment = Experiment()
    for section, choices in mapping.items():
        if section == "version":
            continue
        if section not in SECTIONS or not isinstance(choices, dict):
            known = ", ".join(SECTIONS)
            raise UserError(f"{section!r} is no section.", "", f"Sections are: {known}.")
        for name, value in choices.items():
            experiment = experiment.replacing(f"{section}.{name}", value)
    return experiment
