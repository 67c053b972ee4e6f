"""Predictions: labels beside probabilities or logits, whatever model they come from.

Our model at a step gives one set of predictions, a file of another model's output another, and so
does every run that is compared. Calibration, evaluation and their scenes know nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.base.arrays import SPLITS, FloatArray, IntArray, read_only
from core.base.errors import InputError, UserError
from core.base.memo import Memo, remembered
from core.functions.sigmoid_family import sigmoid
from core.functions.softmax_family import softmax
from core.predictions.forecasts import (
    BinaryForecast,
    ForecastKind,
    as_class_rows,
    checked,
    checked_labels,
    checked_weights,
    one_forecast,
)

Given = Literal["logits", "probabilities"]
Places = IntArray | slice
ValuesAt = Callable[[Places], FloatArray]

EVERY = slice(None)
UNSPLIT = ("all",)  # the one part of rows that have none


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Something else that is known of every row of a table.

    Attributes
    ----------
    values : (N,) float64 array
        Raw units; a category stands as its level's code; NaN is missing.
    levels : tuple of str
        The names of a category's levels; empty for a number.
    """

    values: FloatArray
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Predictions:
    """Labels of n rows and what a model says about them, with all that judging needs.

    `from_logits` and `from_probabilities` take plain arrays; `predictions_of` asks a model.

    Attributes
    ----------
    name : str
        What the user calls the model.
    classes : tuple of str
        The K class names, in the order they are shown.
    labels : (n,) int64 array
        0..K-1.
    given : {"logits", "probabilities"}
        Which of the two the model gave; the other follows from it, and is computed once.
    values : (n, K) array, or callable
        Those logits or probabilities; a function gives them for places (m,) among the rows, where
        most rows may never be looked at.
    split : (n,) int8 array
        Each row's part, a place in `splits`.
    splits : tuple of str
        The parts' names.
    weights : (n,) float64 array or None
        How much each row counts in every figure; None means 1 each.
    weighted_by : str
        The name of the weights' column, where it has one.
    groups : (n,) int64 array or None
        Which rows belong together: places in `group_names`.
    group_names : tuple of str
    positive : int
        The class whose probability is judged where there are two.
    target : str
        The name of the labels' column.
    rows : (n,) int64 array
        Which row of the table each one is.
    columns : mapping of name to Column
        What else is known of the table's rows.
    class_weights : (K,) array
        How much each class counted in training; equal numbers where none counted more.
    memo : Memo
        What was computed from these rows.

    Examples
    --------
    >>> predictions = Predictions.from_probabilities([0, 1, 1], [0.2, 0.7, 0.4])
    >>> predictions.probabilities[:, 1].tolist(), predictions.given
    ([0.2, 0.7, 0.4], 'probabilities')
    """

    name: str
    classes: tuple[str, ...]
    labels: IntArray
    given: Given
    values: FloatArray | ValuesAt
    split: NDArray[np.int8]
    rows: IntArray
    class_weights: FloatArray
    splits: tuple[str, ...] = SPLITS
    weights: FloatArray | None = None
    weighted_by: str = ""
    groups: IntArray | None = None
    group_names: tuple[str, ...] = ()
    positive: int = 1
    target: str = "class"
    columns: Mapping[str, Column] = field(default_factory=dict)
    memo: Memo = field(default_factory=Memo, repr=False)

    @classmethod
    def from_logits(
        cls, labels: ArrayLike, logits: ArrayLike, name: str = "model", **known: Any
    ) -> Predictions:
        """Return predictions that were given as logits.

        Parameters
        ----------
        labels : (n,) int array
            Classes 0..K-1.
        logits : (n,) or (n, K) array
            The logit of class 1 of two, or one logit a class.
        name : str
        **known
            Other fields, as arrays; what is missing is filled in: classes "0", "1", ..., one part,
            rows in their order.

        Raises
        ------
        InputError
            If shapes disagree, a label is no class or a weight is impossible.
        """
        z = as_class_rows(logits, "logits")
        columns = np.column_stack((np.zeros(len(z)), z)) if z.ndim == 1 else z
        return cls(name=name, given="logits", **_checked(labels, columns, known))

    @classmethod
    def from_probabilities(
        cls, labels: ArrayLike, probabilities: ArrayLike, name: str = "model", **known: Any
    ) -> Predictions:
        """Return predictions that were given as probabilities; see `from_logits`.

        Parameters
        ----------
        probabilities : (n,) or (n, K) array
            The probability of class 1 of two, or of every class.

        Raises
        ------
        InputError
            As `from_logits`, and if a probability lies outside [0, 1] or a row does not sum to 1.
        """
        p = as_class_rows(probabilities, "probabilities")
        checked(labels, p)
        columns = np.column_stack((1.0 - p, p)) if p.ndim == 1 else p
        return cls(name=name, given="probabilities", **_checked(labels, columns, known))

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.labels)

    @property
    def is_empty(self) -> bool:
        """Whether no row counts: there is none, or all have weight 0."""
        return not self.n_rows if self.weights is None else not self.weights.any()

    @property
    def n_classes(self) -> int:
        """How many classes there are, K."""
        return len(self.classes)

    @property
    def logits(self) -> FloatArray:
        """One logit a class, (n, K): as given, or the logarithms of the probabilities.

        A probability of exactly 0 has the logit -inf.
        """
        return self._values() if self.given == "logits" else self._derived()

    @property
    def probabilities(self) -> FloatArray:
        """The probability of every class, (n, K)."""
        return self._values() if self.given == "probabilities" else self._derived()

    @property
    def log_weight_correction(self) -> FloatArray:
        """What is added to the logits to undo the training weights of the classes, (K,).

        A model trained with class weights w_k learns probabilities in proportion to w_k P(k | x),
        so that each logit is too high by ln w_k (Elkan 2001, theorem 2).
        """
        return read_only(-np.log(self.class_weights / self.class_weights.mean()), np.float64)

    @property
    def base_rates(self) -> FloatArray:
        """The share of every class in the weight of the rows, (K,); nan without rows."""
        counts = np.bincount(self.labels, weights=self.weights, minlength=self.n_classes)
        with np.errstate(invalid="ignore"):
            return read_only(counts / counts.sum(), np.float64)

    def part(self, split: str) -> Predictions:
        """Return the rows of one part, by its name.

        Raises
        ------
        UserError
            If there is no such part.
        """
        if split not in self.splits:
            known = ", ".join(self.splits)
            raise UserError(f"There is no part named {split!r}.", "", f"Choose one of: {known}.")
        return self if len(self.splits) == 1 else self._part(split)

    def at(self, places: Places) -> Predictions:
        """Return some of the rows, by their places (m,) or a slice."""
        if isinstance(places, slice):
            if places == EVERY:
                return self
            places = np.arange(self.n_rows)[places]
        values = self.values
        return replace(
            self,
            labels=_some(self.labels, places),
            values=_restricted(values, places) if callable(values) else _some(values, places),
            split=_some(self.split, places),
            weights=None if self.weights is None else _some(self.weights, places),
            groups=None if self.groups is None else _some(self.groups, places),
            rows=_some(self.rows, places),
            memo=Memo(),
        )

    def column(self, name: str) -> Column:
        """Return what is known of these rows by that name.

        Raises
        ------
        UserError
            If there is no such column.
        """
        if name not in self.columns:
            raise UserError(f"There is no column named {name!r}.")
        known = self.columns[name]
        return Column(read_only(known.values[self.rows], np.float64), known.levels)

    def forecast(self, kind: ForecastKind = None) -> BinaryForecast:
        """Return one binary forecast of these rows, by default `default_forecast`.

        Raises
        ------
        UserError
            If there is no such forecast, or it has several parts.
        InputError
            If a probability is impossible.
        """
        chosen = self.default_forecast if kind is None else kind
        return one_forecast(self.labels, self.probabilities, self.weights, chosen)

    @property
    def default_forecast(self) -> int | str:
        """What is judged unless something else is asked: the positive class, or the confidence."""
        return self.positive if self.n_classes == 2 else "confidence"

    @remembered(most=8)
    def _part(self, split: str) -> Predictions:
        return self.at(np.flatnonzero(self.split == self.splits.index(split)))

    @remembered(most=1)
    def _values(self) -> FloatArray:
        return read_only(self.values(EVERY) if callable(self.values) else self.values, np.float64)

    @remembered(most=1)
    def _derived(self) -> FloatArray:
        """Return the probabilities where logits were given, else the logits."""
        if self.given == "probabilities":
            with np.errstate(divide="ignore"):
                return read_only(np.log(self.probabilities), np.float64)
        z = self.logits
        if z.shape[1] != 2:
            return read_only(softmax(z), np.float64)
        with np.errstate(all="ignore"):  # of a model that diverged both may be infinite
            log_odds = z[:, 1] - z[:, 0]
        return read_only(sigmoid(np.column_stack((-log_odds, log_odds))), np.float64)


State_contra = TypeVar("State_contra", contravariant=True)
State = TypeVar("State")


class PredictionSource(Protocol[State_contra]):
    """What can be asked for predictions at a state: a run."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names."""

    @property
    def target(self) -> str:
        """The name of the labels' column."""

    @property
    def labels(self) -> IntArray:
        """The (n,) labels."""

    @property
    def split(self) -> NDArray[np.int8]:
        """Each row's part, (n,): 0 train, 1 validation, 2 test."""

    @property
    def rows(self) -> IntArray:
        """Which row of the table each one is, (n,)."""

    @property
    def sample_weights(self) -> FloatArray | None:
        """How much each row counts in every figure, (n,)."""

    @property
    def weighted_by(self) -> str:
        """The name of the weights' column; empty without one."""

    @property
    def class_weights(self) -> FloatArray:
        """How much each class counted in training, (K,)."""

    @property
    def columns(self) -> Mapping[str, Column]:
        """What else is known of the table's rows."""

    @property
    def memo(self) -> Memo:
        """Where the predictions are kept."""

    def logits_function(self, state: State_contra) -> ValuesAt:
        """Return what gives class logits for places among the rows; it must not hold the source."""


def predictions_of(source: PredictionSource[State], state: State) -> Predictions:
    """Return what a source says at a state; that of the last two states is remembered.

    Logits are computed when they are first asked for, and of a part only its own.
    """
    return source.memo.recall(
        "predictions",
        state,
        lambda: Predictions(
            name=source.name,
            classes=source.classes,
            labels=source.labels,
            given="logits",
            values=source.logits_function(state),
            split=source.split,
            rows=source.rows,
            class_weights=source.class_weights,
            weights=source.sample_weights,
            weighted_by=source.weighted_by,
            target=source.target,
            columns=source.columns,
        ),
        most=2,
    )


def _checked(labels: ArrayLike, columns: FloatArray, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are arrays, checked, and those that were not given."""
    n, n_classes = columns.shape
    y = checked_labels(labels, n_classes)
    if len(y) != n:
        raise InputError(f"The labels, {len(y)}, do not fit {n} rows.")
    fields = {
        "classes": tuple(str(k) for k in range(n_classes)),
        "class_weights": np.ones(n_classes),
        "rows": np.arange(n),
        "split": np.zeros(n),
        "splits": SPLITS if "split" in known else UNSPLIT,
        **known,
        "labels": y,
        "values": read_only(columns, np.float64),
        "weights": checked_weights(known.get("weights"), n),
    }
    types: dict[str, type[np.generic]] = {
        "labels": np.int64,
        "split": np.int8,
        "rows": np.int64,
        "groups": np.int64,
        "weights": np.float64,
    }
    for name, dtype in types.items():
        if (given := fields.get(name)) is not None:
            fields[name] = read_only(given, dtype)
            if fields[name].shape != (n,):
                raise InputError(f"The {name} have the shape {fields[name].shape}, for {n} rows.")
    for name in ("classes", "class_weights"):
        if len(fields[name]) != n_classes:
            raise InputError(f"The {name} are {len(fields[name])}, for {n_classes} classes.")
    fields["class_weights"] = read_only(fields["class_weights"], np.float64)
    if n and not 0 <= fields["split"].min() <= fields["split"].max() < len(fields["splits"]):
        raise InputError(f"A row's part is none of {', '.join(fields['splits'])}.")
    return fields


def _some(values: NDArray[Any], places: IntArray) -> NDArray[Any]:
    return read_only(values[places], values.dtype.type)


def _restricted(values: ValuesAt, places: IntArray) -> ValuesAt:
    """Return the function that gives the values of these rows alone."""
    return lambda some: values(places[some])
