"""Train, validation and test: a seeded draw in which each part has each class in proportion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import TEST, TRAIN, VALIDATION, Codes, Floats
from core.base.errors import UserError


def stratified_split(
    y: Codes, train: float, validation: float, n_classes: int, seed: int
) -> NDArray[np.int8]:
    """Draw each row's part (0 train, 1 validation, 2 test), class by class.

    Each class gets its share in each part rounded down or up; its spare rows go by largest
    remainder, counting what the parts are short of from earlier classes, so that the totals keep to
    the shares as well. A class with at least as many rows as there are parts appears in each; of a
    smaller class the first row goes to train. One row more at the end changes the part of a few
    others at most.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Labels 0..K-1.
    train, validation : float
        Shares; what remains is test.
    n_classes, seed : int

    Raises
    ------
    UserError
        If a share is negative, train is 0, or they add up to more than 1.
    """
    shares = _shares(train, validation)
    # a row's number does not hang on how many come after it, so that a row more moves few others
    order = np.argsort(np.random.default_rng((seed, 7)).random(len(y)), kind="stable")
    shuffled, split = y[order], np.empty(len(y), dtype=np.int8)
    owed = np.zeros(3)
    for k in range(n_classes):
        members = order[shuffled == k]
        counts = divide(len(members), shares, owed)
        owed += len(members) * shares - counts
        split[members] = np.repeat(np.array([TRAIN, VALIDATION, TEST], dtype=np.int8), counts)
    return split


def divide(rows: int, shares: Floats, owed: Floats) -> Codes:
    """Divide one class's rows among the parts, of which earlier classes still owe them some.

    Examples
    --------
    >>> divide(7, np.array([0.6, 0.2, 0.2]), np.zeros(3)).tolist()
    [4, 2, 1]
    """
    quota = rows * shares
    counts = np.floor(quota + 1e-9).astype(np.int64)
    # Only a part whose share is not whole may be rounded up.
    rank = np.where(quota - counts > 1e-9, np.round(quota - counts + owed, 9), -np.inf)
    counts[np.argsort(-rank, kind="stable")[: rows - int(counts.sum())]] += 1
    wanted = [TRAIN] if rows < np.count_nonzero(shares) else np.flatnonzero(shares)
    for part in wanted if rows else ():
        if counts[part] == 0:
            counts[counts.argmax()] -= 1
            counts[part] = 1
    return counts


def _shares(train: float, validation: float) -> Floats:
    test = round(1 - train - validation, 9)
    if not (train > 0 and validation >= 0 and test >= 0):
        raise UserError(
            "The rows were not divided.",
            f"The train share is {train:g} and the validation share {validation:g}.",
            "Choose a train share above 0 and a validation share that leaves the sum at most 1.",
        )
    return np.array([train, validation, test])
