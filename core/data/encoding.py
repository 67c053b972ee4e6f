"""Inputs: a scaled number, or 0/1 for a level of a category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.base.arrays import Floats, take_columns
from core.data.basics import Feature
from core.data.imputing import OWN_LEVEL
from core.data.scaling import fit_scaling

ABSENT = -1
_CELLS = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """One column of what the network sees: X = (raw - shift) / scale.

    Parameters
    ----------
    name : str
        The column's name; for a category with its level ("island = Dream").
    feature : int
        The raw column it comes from.
    level : int or None
        None for a number; else the level for which it is 1, or -1: it is 1 where the value is
        missing.
    shift, scale : float
        In raw units; 0 and 1 for a level.
    """

    name: str
    feature: int
    level: int | None
    shift: float
    scale: float


def fit_inputs(
    features: tuple[Feature, ...], X: Floats, fill: Floats, scaling: str, missing: str
) -> tuple[tuple[Input, ...], list[str]]:
    """Fit the inputs on raw train rows, in the order of the raw columns.

    Parameters
    ----------
    features : tuple of Feature
    X : ndarray, shape (n, n_features)
        Raw train rows; a missing number counts as its fill.
    fill : ndarray, shape (n_features,)
    scaling, missing : str
        Keys of `core.data.scaling.SCALINGS` and `core.data.imputing.MISSING`.

    Returns
    -------
    inputs : tuple of Input
    notes : list of str
        On columns without spread and levels that no train row has.
    """
    numbers = [j for j, feature in enumerate(features) if not feature.levels]
    block = take_columns(X, numbers)
    gaps = np.isnan(block)
    lacking = np.atleast_1d(gaps.any(axis=0))
    if lacking.any():
        block = np.where(gaps, fill[numbers], block)
    shift, scale, flat = fit_scaling(scaling, block)
    inputs: list[list[Input]] = [[] for _ in features]
    notes = []
    for i, j in enumerate(numbers):
        name = features[j].name
        inputs[j].append(Input(name, j, None, float(shift[i]), float(scale[i])))
        if missing == "category" and lacking[i]:
            inputs[j].append(Input(f"{name} is missing", j, ABSENT, 0.0, 1.0))
        if flat[i]:
            notes.append(f"{name} has no spread in the train rows, so it was not scaled.")
    for j, feature in enumerate(features):
        if feature.levels:
            inputs[j], unseen = _level_inputs(feature, j, X[:, j], fill[j] == OWN_LEVEL)
            notes += unseen
    return tuple(it for some in inputs for it in some), notes


def _level_inputs(
    feature: Feature, j: int, codes: Floats, own_level: bool
) -> tuple[list[Input], list[str]]:
    """Return one input for each level the train rows have, or a single one for two levels."""
    seen = np.unique(codes[~np.isnan(codes)]).astype(np.int64).tolist()
    names = {k: f"{feature.name} = {feature.levels[k]}" for k in seen}
    notes = []
    if unseen := [level for k, level in enumerate(feature.levels) if k not in names]:
        shown = ", ".join(unseen[:5]) + (" and others" if len(unseen) > 5 else "")
        notes.append(f"{feature.name}: no train row has {shown}.")
    if own_level:
        seen.append(ABSENT)
        names[ABSENT] = f"{feature.name} is missing"
    if len(seen) == 1:
        notes.append(f"{feature.name} has one level in the train rows.")
    chosen = seen[1:] if len(seen) == 2 else seen
    return [Input(names[k], j, k, 0.0, 1.0) for k in chosen], notes


def encode(raw: Floats, inputs: tuple[Input, ...], fill: Floats) -> Floats:
    """Turn raw rows of shape (m, n_features) into inputs of shape (m, f), some rows at a time."""
    numbers = np.flatnonzero([it.level is None for it in inputs])
    levels = np.flatnonzero([it.level is not None for it in inputs])
    feature = np.array([it.feature for it in inputs], dtype=np.int64)
    level = np.array([ABSENT if it.level is None else it.level for it in inputs])[levels]
    shift = np.array([it.shift for it in inputs])[numbers]
    scale = np.array([it.scale for it in inputs])[numbers]
    out = np.empty((len(raw), len(inputs)))
    step = max(1, _CELLS // max(len(inputs), 1))
    for start in range(0, len(raw), step):
        part, rows = raw[start : start + step], slice(start, start + step)
        values = _filled(take_columns(part, feature[numbers]), fill[feature[numbers]]) - shift
        values /= scale
        out[rows, numbers if len(levels) else slice(None)] = values
        if len(levels):
            codes = part[:, feature[levels]]
            known = _filled(codes, fill[feature[levels]]) == level
            out[rows, levels] = np.where(level == ABSENT, np.isnan(codes), known)
    return out


def _filled(values: Floats, fill: Floats) -> Floats:
    gaps = np.isnan(values)
    return np.where(gaps, fill, values) if gaps.any() else values
