"""Real tables that come with Credence; a file beside each tells its source, licence and columns."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.base.arrays import FloatArray
from core.base.registry import Choice, Registry
from core.data.dataset import Dataset, Feature
from core.data.generators import GENERATORS

_FOLDER = Path(__file__).resolve().parents[2] / "resources" / "datasets"


@dataclass(frozen=True, slots=True)
class Bundled:
    """A table in ``resources/datasets``.

    Parameters
    ----------
    name, label, description : str
        The key and the file's stem; what the window calls it; one sentence on what it teaches.
    target : str
        The label's column.
    categories : tuple of str
        The columns that are categories; all others are numbers.
    """

    name: str
    label: str
    description: str
    target: str
    categories: tuple[str, ...] = ()


GALLERY: Registry[Bundled] = Registry(
    "bundled table",
    [
        Bundled(
            "breast_cancer",
            "Breast cancer",
            "569 tumours, 30 measurements of cell nuclei: is it malignant?",
            "diagnosis",
        ),
        Bundled("iris", "Iris", "150 flowers of three species by four measurements.", "species"),
        Bundled(
            "wine", "Wine", "178 wines of three cultivars by 13 chemical measures.", "cultivar"
        ),
        Bundled("digits", "Digits", "1,797 handwritten digits as 8 x 8 grey pixels.", "digit"),
        Bundled(
            "penguins",
            "Penguins",
            "344 penguins of three species, with categories and missing values.",
            "species",
            ("island", "sex"),
        ),
    ],
)
"""Every bundled table, by name."""


def load(name: str) -> Dataset:
    """Return a bundled table; its classes in alphabetical order.

    Raises
    ------
    UserError
        If there is no table of that name.

    Examples
    --------
    >>> iris = load("iris")
    >>> iris.n_samples, iris.classes
    (150, ('setosa', 'versicolor', 'virginica'))
    """
    record = GALLERY[name]
    header, *rows = csv.reader(io.StringIO(_text(record.name)))
    cells = np.array(rows)
    columns = [j for j, column in enumerate(header) if column != record.target]
    features, X = [], np.empty((len(rows), len(columns)))
    for i, j in enumerate(columns):
        levels, X[:, i] = _column(cells[:, j], header[j] in record.categories)
        features.append(Feature(header[j], levels))
    classes, y = np.unique(cells[:, header.index(record.target)], return_inverse=True)
    facts = dict(
        line[2:].split(": ", 1) for line in about(name).splitlines() if line.startswith("- ")
    )
    return Dataset(
        name=record.label,
        features=tuple(features),
        X=X,
        y=y,
        classes=tuple(classes.tolist()),
        target=record.target,
        source=facts["Source"],
        licence=facts["Licence"],
    )


def about(name: str) -> str:
    """Return the Markdown text on a bundled table: source, licence, citation, columns and units."""
    return (_FOLDER / f"{GALLERY[name].name}.md").read_text(encoding="utf-8")


def _text(name: str) -> str:
    plain = _FOLDER / f"{name}.csv"
    if plain.is_file():
        return plain.read_text(encoding="utf-8")
    return gzip.decompress((_FOLDER / f"{name}.csv.gz").read_bytes()).decode("utf-8")


def _column(cells: np.ndarray, category: bool) -> tuple[tuple[str, ...], FloatArray]:
    """Return the levels (none for a number) and the values, NaN where the cell is empty."""
    empty = cells == ""
    values = np.full(len(cells), np.nan)
    if not category:
        values[~empty] = cells[~empty].astype(np.float64)
        return (), values
    levels, codes = np.unique(cells[~empty], return_inverse=True)
    values[~empty] = codes
    return tuple(levels.tolist()), values


OWN_FILE = Choice("file", "your own file")
PAINTED = Choice("painted", "painted by hand")


def sources() -> Registry[Choice]:
    """Return what data can come from: each generator and bundled table, a file, or painting."""
    drawn = (Choice(record.name, record.label) for record in GENERATORS.values())
    bundled = (Choice(record.name, record.label) for record in GALLERY.values())
    return Registry("data set", [*drawn, *bundled, OWN_FILE, PAINTED])
