"""What a user can set: label, range, default, unit, effect and help, each stated once.

A knob checks a value (`check`) and reads one from text (`parse`); the form, the command line
and the session file all go through these two.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.base.errors import UserError
from core.base.registry import Named

Effect = Literal["view", "live", "rows", "restart"]
EFFECTS: tuple[Effect, ...] = ("view", "live", "rows", "restart")
"""What an edit can do, the weakest first."""
Condition = tuple[str, tuple[object, ...] | Callable[[], tuple[object, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One thing the user can set.

    Attributes
    ----------
    label : str
        What it is called on screen.
    default : object
        The value a new experiment has.
    help : str
        One sentence: what happens if you change it.
    effect : {"view", "live", "rows", "restart"}
        What an edit does. "view": training goes on as before, only what is shown changes; "live":
        acts from the next step on; "rows": keeps the weights and trains on other rows, or on the
        same rows weighted otherwise; "restart": training starts again at step 0.
    reloads : bool
        For a knob of the data: whether an edit loads the rows again. False where the same rows are
        only split, scaled or weighted in another way.
    advanced : bool
        Whether the form shows the knob only under "More".
    panel : str
        For a knob of the view: the only panel whose scene depends on it; empty where several may.
    refers_to : {"", "model", "data"}
        For a knob of the view: whether the value is an index into the model's parameters or the
        data's columns. With another model, or other data, it goes back to its default.
    only_for : tuple of (path, values)
        The knob matters only where each of these other knobs has one of these values (or one of
        those that a function returns, where a registry decides).
    """

    label: str
    default: Any
    help: str
    effect: Effect = "restart"
    reloads: bool = True
    advanced: bool = False
    panel: str = ""
    refers_to: Literal["", "model", "data"] = ""
    only_for: tuple[Condition, ...] = ()

    @property
    def conditions(self) -> tuple[tuple[str, tuple[object, ...]], ...]:
        """The other knobs' paths and the values at which this one matters."""
        return tuple(
            (path, values() if callable(values) else values) for path, values in self.only_for
        )

    def effect_between(self, old: Any, new: Any) -> Effect:
        """Return the effect of replacing one value by another: `effect`, unless overridden."""
        return self.effect

    def check(self, value: Any) -> Any:
        """Return the value in the knob's own type, or raise a `UserError`."""
        raise NotImplementedError

    def parse(self, text: str) -> Any:
        """Read a value as a user types it, or raise a `UserError`."""
        return self.check(text.strip())

    def refusal(self, value: object, mend: str) -> UserError:
        """Return the error for a value that this knob cannot take."""
        return UserError(f"{self.label} cannot be {value!r}.", "", mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberKnob(Knob):
    """A real number in [low, high], on a linear or logarithmic slider."""

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"
    unit: str = ""

    def check(self, value: Any) -> float:
        """Return the value as a float within the range."""
        mend = f"Give a number from {self.low:g} to {self.high:g}."
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refusal(value, mend)
        number = float(value)
        if not (math.isfinite(number) and self.low <= number <= self.high):
            raise self.refusal(value, mend)
        return number

    def parse(self, text: str) -> float:
        """Read a number, in scientific notation if you like (``3e-4``)."""
        try:
            return self.check(float(text.strip().replace("−", "-")))
        except ValueError:
            raise self.refusal(text, f"Give a number from {self.low:g} to {self.high:g}.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerKnob(Knob):
    """A whole number in [low, high], on a linear or logarithmic slider."""

    low: int
    high: int
    scale: Literal["linear", "log"] = "linear"
    unit: str = ""

    def check(self, value: Any) -> int:
        """Return the value as an int within the range."""
        mend = f"Give a whole number from {self.low} to {self.high}."
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise self.refusal(value, mend)
        if not self.low <= value <= self.high:
            raise self.refusal(value, mend)
        return int(value)

    def parse(self, text: str) -> int:
        """Read a whole number (``1e3`` is 1000)."""
        try:
            return self.check(float(text.strip()))
        except ValueError:
            mend = f"Give a whole number from {self.low} to {self.high}."
            raise self.refusal(text, mend) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceKnob(Knob):
    """One name out of a registry; the registry is asked late, so that importing this is cheap."""

    choices: Callable[[], Mapping[str, Named]]

    def check(self, value: Any) -> str:
        """Return the name where the registry knows it."""
        names = list(self.choices())
        if value not in names:
            raise self.refusal(value, f"Choose one of: {', '.join(names)}.")
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKnob(ChoiceKnob):
    """Where the rows come from: one name out of a registry, one of which may be a file.

    Its effect stands for all other choices of its section that change with it.

    Attributes
    ----------
    continuing : tuple of str
        Sources whose points are those of the data set before, changed by hand: to go there, or
        back by undo, only changes the rows.
    """

    continuing: tuple[str, ...] = ()

    def effect_between(self, old: Any, new: Any) -> Effect:
        """Return "rows" to and from a continuing source, else `effect`."""
        return "rows" if {old, new} & set(self.continuing) else self.effect


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchKnob(Knob):
    """On or off."""

    def check(self, value: Any) -> bool:
        """Return the value where it is a truth value."""
        if not isinstance(value, bool):
            raise self.refusal(value, "Give true or false.")
        return value

    def parse(self, text: str) -> bool:
        """Read true or false (also yes/no, on/off, 1/0)."""
        word = text.strip().lower()
        if word in {"true", "yes", "on", "1"}:
            return True
        if word in {"false", "no", "off", "0"}:
            return False
        raise self.refusal(text, "Give true or false.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextKnob(Knob):
    """A short text, such as a column's name or a file's path."""

    longest: int = 4096

    def check(self, value: Any) -> str:
        """Return the text where it is one and can be stored as UTF-8."""
        if not isinstance(value, str) or len(value) > self.longest:
            raise self.refusal(value, f"Give a text of at most {self.longest} characters.")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise self.refusal(value, "Remove the broken (surrogate) characters.")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKnob(TextKnob):
    """The path of a file; empty where none is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnKnob(TextKnob):
    """The name of a column of the table; empty where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptionsKnob(TextKnob):
    """How a file is read, as a JSON object; empty where everything is detected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizesKnob(Knob):
    """A list of layer widths, such as ``8 8``; an empty list is no hidden layer."""

    most: int
    widest: int

    def check(self, value: Any) -> tuple[int, ...]:
        """Return the widths as a tuple of ints."""
        mend = f"Give at most {self.most} widths from 1 to {self.widest}, such as 8 8."
        if not isinstance(value, list | tuple) or len(value) > self.most:
            raise self.refusal(value, mend)
        for width in value:
            if isinstance(width, bool) or not isinstance(width, int):
                raise self.refusal(value, mend)
            if not 1 <= width <= self.widest:
                raise self.refusal(value, mend)
        return tuple(value)

    def parse(self, text: str) -> tuple[int, ...]:
        """Read widths separated by spaces, commas or ``-``."""
        words = text.replace(",", " ").replace("-", " ").strip("[]() ").split()
        try:
            return self.check([int(word) for word in words])
        except ValueError:
            raise self.refusal(text, "Give layer widths such as 8 8.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesKnob(Knob):
    """A list of names, each once."""

    most: int = 100_000

    def check(self, value: Any) -> tuple[str, ...]:
        """Return the names as a tuple without repeats."""
        if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
            raise self.refusal(value, "Give a list of names.")
        if len(set(value)) != len(value) or len(value) > self.most:
            raise self.refusal(value, "Give each name once.")
        return tuple(value)

    def parse(self, text: str) -> tuple[str, ...]:
        """Read names separated by commas."""
        return self.check([name.strip() for name in text.split(",") if name.strip()])


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsKnob(NamesKnob):
    """A list of columns of the table; an empty list means every usable one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicesKnob(NamesKnob):
    """Some names out of a registry, each once; kept in the registry's order."""

    choices: Callable[[], Mapping[str, Named]]

    def check(self, value: Any) -> tuple[str, ...]:
        """Return the names where the registry knows them all."""
        asked = NamesKnob.check(self, value)
        names = list(self.choices())
        for name in asked:
            if name not in names:
                raise self.refusal(name, f"Choose some of: {', '.join(names)}.")
        return tuple(name for name in names if name in asked)

    def parse(self, text: str) -> tuple[str, ...]:
        """Read names separated by spaces or commas."""
        return self.check(text.replace(",", " ").split())


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersKnob(Knob):
    """A list of numbers in [low, high]; an empty list means that none is set.

    Attributes
    ----------
    lengths : tuple of int
        How many numbers there may be; empty for any number of them.
    """

    low: float
    high: float
    lengths: tuple[int, ...] = ()

    def check(self, value: Any) -> tuple[float, ...]:
        """Return the numbers as a tuple of floats within the range."""
        mend = f"Give {_count(self.lengths)}numbers from {self.low:g} to {self.high:g}."
        if not isinstance(value, list | tuple):
            raise self.refusal(value, mend)
        if self.lengths and len(value) not in self.lengths:
            raise self.refusal(value, mend)
        for number in value:
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise self.refusal(value, mend)
            if not self.low <= number <= self.high:
                raise self.refusal(value, mend)
        return tuple(float(number) for number in value)

    def parse(self, text: str) -> tuple[float, ...]:
        """Read numbers separated by spaces or commas."""
        try:
            return self.check([float(word) for word in text.replace(",", " ").split()])
        except ValueError:
            raise self.refusal(text, "Give numbers separated by spaces.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegersKnob(Knob):
    """A few whole numbers in [low, high], such as a layer and a unit.

    Attributes
    ----------
    lengths : tuple of int
        How many numbers there may be.
    """

    low: int
    high: int
    lengths: tuple[int, ...]

    def check(self, value: Any) -> tuple[int, ...]:
        """Return the numbers as a tuple of ints within the range."""
        mend = f"Give {_count(self.lengths)}whole numbers from {self.low} to {self.high}."
        if not isinstance(value, list | tuple) or len(value) not in self.lengths:
            raise self.refusal(value, mend)
        for number in value:
            if isinstance(number, bool) or not isinstance(number, int):
                raise self.refusal(value, mend)
            if not self.low <= number <= self.high:
                raise self.refusal(value, mend)
        return tuple(value)

    def parse(self, text: str) -> tuple[int, ...]:
        """Read whole numbers separated by spaces or commas."""
        try:
            return self.check([int(word) for word in text.replace(",", " ").split()])
        except ValueError:
            raise self.refusal(text, "Give whole numbers separated by spaces.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureValuesKnob(Knob):
    """Values of some features: a list of (feature's number, value), each feature once."""

    most: int = 100_000

    def check(self, value: Any) -> tuple[tuple[int, float], ...]:
        """Return the pairs as a tuple of tuples, in the order of the features."""
        mend = "Give pairs of a feature's number, from 0, and its value."
        if not isinstance(value, list | tuple) or len(value) > self.most:
            raise self.refusal(value, mend)
        pairs: dict[int, float] = {}
        for pair in value:
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise self.refusal(value, mend)
            feature, number = pair
            if isinstance(feature, bool) or not isinstance(feature, int) or feature < 0:
                raise self.refusal(value, mend)
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise self.refusal(value, mend)
            if feature in pairs or not math.isfinite(number):
                raise self.refusal(value, mend)
            pairs[feature] = float(number)
        return tuple(sorted(pairs.items()))

    def parse(self, text: str) -> tuple[tuple[int, float], ...]:
        """Read pairs as ``feature value`` separated by semicolons."""
        pairs = [pair.replace(",", " ").split() for pair in text.split(";") if pair.strip()]
        try:
            return self.check([(int(feature), float(number)) for feature, number in pairs])
        except ValueError:
            raise self.refusal(text, "Give pairs such as 2 1.5; 3 0.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsKnob(Knob):
    """A list of painted points (x, y, class); an empty list is a blank sheet."""

    most: int
    classes: int

    def check(self, value: Any) -> tuple[tuple[float, float, int], ...]:
        """Return the points as a tuple of tuples."""
        mend = f"Give at most {self.most} points x, y, class, the class below {self.classes}."
        if not isinstance(value, list | tuple) or len(value) > self.most:
            raise UserError(f"{self.label} cannot be that.", "", mend)
        try:
            points = tuple((float(x), float(y), int(k)) for x, y, k in value)
        except (TypeError, ValueError, OverflowError):
            raise UserError(f"{self.label} cannot be that.", "", mend) from None
        for x, y, k in points:
            if not (math.isfinite(x) and math.isfinite(y) and 0 <= k < self.classes):
                raise self.refusal((x, y, k), mend)
        return points

    def parse(self, text: str) -> tuple[tuple[float, float, int], ...]:
        """Read points as ``x y class`` separated by semicolons."""
        words = [point.replace(",", " ").split() for point in text.split(";") if point.strip()]
        return self.check(words)


def _count(lengths: tuple[int, ...]) -> str:
    """Return how many numbers there may be, in words before "numbers"."""
    return f"{' or '.join(map(str, lengths))} " if lengths else ""


def setting(knob: Knob) -> Any:
    """Return a dataclass field whose default and metadata come from the knob."""
    return dataclasses.field(default=knob.default, metadata={"knob": knob})


def knobs_of(section: Any) -> dict[str, Knob]:
    """Return the knobs of a section (a dataclass or an instance of one) by field name, in order."""
    return {field.name: field.metadata["knob"] for field in dataclasses.fields(section)}
