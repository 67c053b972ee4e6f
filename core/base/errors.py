"""The only error a user is meant to meet."""

from __future__ import annotations

import traceback
from dataclasses import dataclass


class UserError(Exception):
    """Something the user can mend: what happened, why, and what to do.

    Parameters
    ----------
    what : str
        What did not happen, naming the file, column or knob ("iris.csv was not opened").
    why : str
        The reason, with the line where there is one.
    mend : str
        What the user can do about it.

    Examples
    --------
    >>> print(UserError("a.csv was not opened.", "It is empty.", "Choose another file."))
    a.csv was not opened. It is empty. Choose another file.
    """

    def __init__(self, what: str, why: str = "", mend: str = "") -> None:
        super().__init__(what, why, mend)
        self.what = what
        self.why = why
        self.mend = mend

    def __str__(self) -> str:
        """Return the three sentences on one line."""
        return " ".join(part for part in (self.what, self.why, self.mend) if part)


class InputError(UserError, ValueError):
    """Labels, probabilities, logits or weights that cannot be.

    A `UserError`, for it names what to mend, and a `ValueError`, for those who call from Python.
    """


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an error dialog shows.

    Attributes
    ----------
    what, why, mend : str
        In words.
    details : str
        To be copied into a report; empty for a `UserError`, whose words say all.
    """

    what: str
    why: str
    mend: str
    details: str = ""


def trouble_of(error: BaseException) -> Trouble:
    """Return what to show of an error."""
    if isinstance(error, UserError):
        return Trouble(error.what, error.why, error.mend)
    if isinstance(error, MemoryError):
        return Trouble(
            "There is not enough memory for this.",
            "The computer has no room for the numbers asked for.",
            "Use fewer rows, or fewer or narrower layers.",
        )
    details = "".join(traceback.format_exception(error))
    return Trouble(
        "Something went wrong inside Credence.",
        f"{type(error).__name__}: {error}" if str(error) else type(error).__name__,
        "Your data and settings are as they were; you can go on. "
        "If it happens again, copy the details and report them.",
        details,
    )
