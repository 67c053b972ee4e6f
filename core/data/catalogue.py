"""Where rows come from: a formula, a bundled table, or the user's own file."""

from __future__ import annotations

import functools
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from core.data.dataset import Dataset
from core.data.experiments import with_imbalance, with_label_flips
from core.data.gallery import GALLERY, load
from core.data.generators import GENERATORS
from core.errors import UserError
from core.experiment import DataChoices
from core.registry import Registry
from core.strict_json import parse_json
from core.view import Choice

if TYPE_CHECKING:
    from core.data.columns import Table

OWN_FILE = Choice("file", "your own file")
SOURCES: Registry[Choice] = Registry(
    "data set",
    [
        *(Choice(record.name, record.label) for record in GENERATORS.values()),
        *(Choice(record.name, record.label) for record in GALLERY.values()),
        OWN_FILE,
    ],
)


def load_dataset(choices: DataChoices) -> Dataset:
    """Return the rows that the choices name, with their imbalance and label flips.

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
        dataset = _file_dataset(choices)
    else:
        dataset = _selected(_bundled(choices.source), choices.features)
    if choices.imbalance > 0.0:
        dataset = with_imbalance(dataset, choices.imbalance, choices.seed)
    if choices.label_flips > 0.0:
        dataset = with_label_flips(dataset, choices.label_flips, choices.seed)
    return dataset


def _selected(dataset: Dataset, features: tuple[str, ...]) -> Dataset:
    """Return the data set with these columns alone; its truth, which needs all, is dropped."""
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


def table_of(choices: DataChoices) -> Table:
    """Read the file that the choices name, as they say; the same file is read once.

    Raises
    ------
    UserError
        Where it cannot be read.
    """
    return _read(choices.path, _stamp(choices.path), choices.reading)


def _file_dataset(choices: DataChoices) -> Dataset:
    from core.data.dataset import dataset_from_table
    from core.data.targets import guess_target

    table = table_of(choices)
    return dataset_from_table(
        table,
        choices.target or guess_target(table) or "",
        choices.features,
        os.path.basename(choices.path),
        bins=choices.target_bins or None,
        split=choices.split_column,
        weights=choices.weight_column,
    )


@functools.lru_cache(maxsize=2)
def _read(path: str, stamp: object, reading: str) -> Table:
    """Read a table once for as long as its stamp stays the same."""
    from core.data.tables import read_table

    return read_table(path, **(parse_json(reading, "The reading") if reading else {}))


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size
