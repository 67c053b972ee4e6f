import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets

from core.base.errors import UserError
from core.data import gallery
from core.data.gallery import GALLERY, about, load

FOLDER = Path(gallery.__file__).parents[2] / "resources" / "datasets"
ORACLES = {
    "breast_cancer": datasets.load_breast_cancer,
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "digits": datasets.load_digits,
}
each_table = pytest.mark.parametrize("name", GALLERY)


def header(name):
    plain = FOLDER / f"{name}.csv"
    data = (
        plain.read_bytes()
        if plain.exists()
        else gzip.decompress(plain.with_suffix(".csv.gz").read_bytes())
    )
    return next(csv.reader(data.decode("utf-8").splitlines()))


@pytest.mark.parametrize("name", ORACLES)
def test_the_table_equals_scikit_learns(name):
    data, oracle = load(name), ORACLES[name]()
    np.testing.assert_array_equal(data.X, oracle.data)
    # Our classes stand in alphabetical order; theirs may not.
    theirs = np.array([str(label) for label in oracle.target_names])[oracle.target]
    ours = np.array(data.classes)[data.y]
    same = ours == theirs if name != "wine" else data.y == oracle.target
    assert same.all()


def test_malignant_is_the_second_class():
    assert load("breast_cancer").classes == ("benign", "malignant")


def test_penguins_have_the_published_counts():
    data = load("penguins")
    assert data.classes == ("Adelie", "Chinstrap", "Gentoo")
    assert np.bincount(data.y).tolist() == [152, 68, 124]
    by_name = {feature.name: j for j, feature in enumerate(data.features)}
    assert data.features[by_name["island"]].levels == ("Biscoe", "Dream", "Torgersen")
    assert np.bincount(data.X[:, by_name["island"]].astype(int)).tolist() == [168, 124, 52]
    sex = data.X[:, by_name["sex"]]
    assert [(sex == code).sum() for code in (0, 1)] == [165, 168]
    assert np.isnan(sex).sum() == 11
    # Means over measured birds, as Gorman et al. (2014) and the palmerpenguins package give them.
    means = np.nanmean(data.X[:, 1:5], axis=0)
    np.testing.assert_allclose(means, [43.92193, 17.15117, 200.9152, 4201.754], rtol=1e-6)


@each_table
def test_every_table_says_source_licence_citation_and_each_column(name):
    text, data = about(name), load(name)
    for word in ("Source: ", "Licence: ", "Citation: ", "Changes: "):
        assert word in text
    assert data.source
    assert data.licence in ("CC BY 4.0", "CC0 1.0")
    assert data.target == header(name)[-1] == GALLERY[name].target
    if name == "digits":
        assert "row 1 column 1" in text
        return
    for column in header(name):
        trait = column.removeprefix("mean ").removeprefix("worst ").removesuffix(" error")
        assert f"| {trait} |" in text


@each_table
def test_every_table_is_small_and_read_only(name):
    data = load(name)
    assert sum(path.stat().st_size for path in FOLDER.glob(f"{name}.csv*")) < 300_000
    assert not data.X.flags.writeable
    assert not data.y.flags.writeable
    assert len(set(data.classes)) == data.n_classes == len(np.unique(data.y))


@each_table
def test_the_description_tells_the_number_of_rows(name):
    assert f"{load(name).n_samples:,}" in GALLERY[name].description


def test_every_file_in_the_folder_belongs_to_a_table():
    stems = {path.name.split(".")[0] for path in FOLDER.iterdir()}
    assert stems == set(GALLERY)


def test_an_unknown_table_lists_the_choices():
    with pytest.raises(UserError, match="iris"):
        load("nothing")
