"""The only error a user is meant to meet."""

from __future__ import annotations


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
