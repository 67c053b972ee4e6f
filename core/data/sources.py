"""Where rows come from: a formula, a bundled table, or the user's own file."""

from __future__ import annotations

from core.data.dataset import Dataset
from core.data.gallery import GALLERY
from core.data.generators import GENERATORS
from core.experiment import DataChoices
from core.registry import Registry
from core.view import Choice

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
    from core.data.experiments import with_imbalance, with_label_flips

    if choices.source in GENERATORS:
        return GENERATORS[choices.source].make(
            rows=choices.rows,
            noise=choices.noise,
            imbalance=choices.imbalance,
            label_flips=choices.label_flips,
            seed=choices.seed,
        )
    dataset = _read_file(choices) if choices.source == OWN_FILE.name else _bundled(choices.source)
    if choices.imbalance > 0.0:
        dataset = with_imbalance(dataset, choices.imbalance, choices.seed)
    if choices.label_flips > 0.0:
        dataset = with_label_flips(dataset, choices.label_flips, choices.seed)
    return dataset


def _bundled(name: str) -> Dataset:
    from core.data.gallery import load

    return load(name)


def _read_file(choices: DataChoices) -> Dataset:
    from core.data.dataset import dataset_from_table
    from core.data.tables import read_table
    from core.data.targets import guess_target

    table = read_table(choices.path)
    target = choices.target or guess_target(table) or ""
    return dataset_from_table(table, target, choices.features)
