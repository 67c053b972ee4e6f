"""Load the dataset that the choices name: generated, bundled, painted, or the user's own file."""

from __future__ import annotations

import functools
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from core.base.errors import UserError
from core.base.strict_json import parse_json
from core.data.data_knobs import DataChoices
from core.data.dataset import Dataset
from core.data.gallery import OWN_FILE, PAINTED, load
from core.data.generators import GENERATORS
from core.data.painted import dataset_of_points
from core.data.perturbations import with_imbalance, with_label_flips

if TYPE_CHECKING:
    from core.data.reading.source import Progress
    from core.data.reading.table import Table


MOST_TABLES = 2
_TABLES: dict[tuple[str, object, str], Table] = {}
"""Cache of the tables read last, the latest at the end."""


def load_dataset(choices: DataChoices, progress: Progress | None = None) -> Dataset:
    """Return the dataset that the choices name, with its imbalance and label flips.

    While a file is read, `progress` is called; see `table_of`.

    Raises
    ------
    UserError
        Where a file cannot be read or holds nothing to learn.
    """
    if choices.source in GENERATORS:
        drawn = GENERATORS[choices.source].make(
            rows=choices.rows,
            noise=choices.noise,
            imbalance=choices.imbalance,
            label_flips=choices.label_flips,
            seed=choices.seed,
        )
        return _selected(drawn, choices.features)
    if choices.source == OWN_FILE.name:
        dataset = _file_dataset(choices, progress)
    elif choices.source == PAINTED.name:
        dataset = dataset_of_points(choices.painted)
    else:
        dataset = _selected(_bundled(choices.source), choices.features)
    if choices.imbalance > 0.0:
        dataset = with_imbalance(dataset, choices.imbalance, choices.seed)
    if choices.label_flips > 0.0:
        dataset = with_label_flips(dataset, choices.label_flips, choices.seed)
    return dataset


def _selected(dataset: Dataset, features: tuple[str, ...]) -> Dataset:
    """Return the dataset with these columns only; its truth, which needs all, is dropped."""
    names = [feature.name for feature in dataset.features]
    if not features or list(features) == names:
        return dataset
    for name in features:
        if name not in names:
            what = f"{dataset.name} has no column {name!r}."
            raise UserError(what, "", f"Choose from: {', '.join(names)}.")
    columns = [names.index(name) for name in features]
    chosen = tuple(dataset.features[column] for column in columns)
    return replace(dataset, features=chosen, X=dataset.X[:, columns], truth=None)


@functools.lru_cache(maxsize=4)
def _bundled(name: str) -> Dataset:
    return load(name)


def table_of(choices: DataChoices, progress: Progress | None = None) -> Table:
    """Read the file that the choices name, with their options; a file read lately is cached.

    Parameters
    ----------
    choices : DataChoices
    progress : callable, optional
        Called with the fraction read; reading stops when it returns False.

    Raises
    ------
    UserError
        Where it cannot be read.
    core.data.reading.source.Cancelled
        Where `progress` returned False.
    """
    key = (choices.path, _stamp(choices.path), choices.reading)
    table = _TABLES.pop(key, None) or _read(choices.path, choices.reading, progress)
    _TABLES[key] = table
    while len(_TABLES) > MOST_TABLES:
        _TABLES.pop(next(iter(_TABLES)), None)
    return table


def _file_dataset(choices: DataChoices, progress: Progress | None) -> Dataset:
    from core.data.column_roles import guess_target
    from core.data.from_table import dataset_from_table

    table = table_of(choices, progress)
    return dataset_from_table(
        table,
        choices.target or guess_target(table) or "",
        choices.features,
        os.path.basename(choices.path),
        bins=choices.target_bins or None,
        merge=choices.merge_labels,
        split=choices.split_column,
        weights=choices.weight_column,
    )


def _read(path: str, reading: str, progress: Progress | None) -> Table:
    from core.data.reading.table_reader import read_table

    keywords = parse_json(reading, "The reading") if reading else {}
    return read_table(path, progress=progress, **keywords)


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)
    except (OSError, ValueError):  # the latter of a NUL in the path; opening it says what is wrong
        return None
    return facts.st_mtime_ns, facts.st_size
