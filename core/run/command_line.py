"""The command line, read without Qt."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from core.base.errors import UserError

if TYPE_CHECKING:
    from core.experiment.experiment import Experiment
    from core.experiment.view import View

THEME_NAMES = ("light", "dark", "high_contrast", "system")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        mend = "Run python main.py --help for the list of arguments."
        raise UserError("The command line was not understood.", f"{message}.", mend)


def read_arguments(words: Sequence[str]) -> argparse.Namespace:
    """Return the arguments: file, set, target, theme, run, epochs, report.

    Raises
    ------
    UserError
        Where a word is not understood.

    Examples
    --------
    >>> read_arguments(["iris.csv", "--set", "data.noise=0.1"]).set
    ['data.noise=0.1']
    """
    parser = _Parser(prog="credence", description="See a classifier learn.", allow_abbrev=False)
    parser.add_argument("file", nargs="?", help="a table, a session, or the name of a data set")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a knob")
    parser.add_argument("--target", default="", metavar="COLUMN", help="the column to predict")
    parser.add_argument("--theme", choices=THEME_NAMES, help="colours of the window")
    parser.add_argument("--run", metavar="FILE", help="train on a table without a window")
    parser.add_argument("--epochs", type=_epochs, default=100, help="with --run: how many epochs")
    parser.add_argument("--report", metavar="OUT.json", help="with --run: where figures go")
    return parser.parse_args(list(words))


def read_settings(pairs: Iterable[str]) -> tuple[Experiment, View]:
    """Return the experiment and the view that NAME=VALUE pairs ask for.

    Raises
    ------
    UserError
        Where a name does not exist (the choices are listed) or a value cannot be.

    Examples
    --------
    >>> experiment, view = read_settings(["model.hidden=4 4", "view.threshold=0.3"])
    >>> experiment.model.hidden, view.threshold
    ((4, 4), 0.3)
    """
    from core.experiment.experiment import Experiment
    from core.experiment.view import View

    experiment, view = Experiment(), View()
    for pair in pairs:
        name, text = split_setting(pair)
        _check_name(name)
        section, _, field = name.partition(".")
        if section == "view":
            view = view.parsing(field, text)
        else:
            experiment = experiment.parsing(name, text)
    return experiment, view


def split_setting(pair: str) -> tuple[str, str]:
    """Return the name and the value of NAME=VALUE, or raise a `UserError`.

    Examples
    --------
    >>> split_setting("model.hidden=8 8")
    ('model.hidden', '8 8')
    """
    name, equals, text = pair.partition("=")
    if not equals:
        raise UserError(f"--set {pair} names no value.", "", "Write --set NAME=VALUE.")
    return name.strip(), text


def experiment_for(arguments: argparse.Namespace) -> tuple[Experiment, View]:
    """Return what the window is to show: the settings, on the file or data set that is named."""
    experiment, view = read_settings(arguments.set)
    if arguments.file and is_data_set(arguments.file):
        experiment = experiment.replacing("data.source", arguments.file)
    elif arguments.file:
        path = str(Path(arguments.file).expanduser().absolute())
        data = dataclasses.replace(experiment.data, source="file", path=path)
        experiment = dataclasses.replace(experiment, data=data)
    if arguments.target:
        experiment = experiment.replacing("data.target", arguments.target)
    return experiment, view


def is_data_set(name: str) -> bool:
    """Tell whether a word names a generator or a bundled table, and no file that is there.

    Examples
    --------
    >>> is_data_set("breast_cancer"), is_data_set("two_moons"), is_data_set("my_table.csv")
    (True, True, False)
    """
    from core.data.gallery import OWN_FILE, sources

    return name != OWN_FILE.name and name in sources() and not Path(name).exists()


def _epochs(text: str) -> int:
    epochs = int(text)
    if epochs < 0:
        raise argparse.ArgumentTypeError("the number of epochs cannot be negative")
    return epochs


def _check_name(name: str) -> None:
    from core.experiment.experiment import PATHS
    from core.experiment.view import VIEW_PATHS

    known = (*PATHS, *VIEW_PATHS)
    if name not in known:
        mend = f"Choose one of: {', '.join(known)}."
        raise UserError(f"There is no setting named {name!r}.", "", mend)
