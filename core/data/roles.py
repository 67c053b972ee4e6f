"""What each column of a table is used for while it is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.data.dataset import Dataset
from core.data.importing import Wishes
from core.data.reading.columns import Column, Table


def roles_of(
    table: Table, wishes: Wishes, target: str, returned: Mapping[str, str]
) -> dict[str, str]:
    """Return each column's role: as the user says, as saving left it, or as it is usable.

    Parameters
    ----------
    table : Table
    wishes : Wishes
    target : str
        The column to predict; empty where there is none.
    returned : mapping
        See `core.data.returned.returned_roles`.
    """
    said = wishes.roles.values()  # one column only can divide or weigh the rows
    known = {name: role for name, role in returned.items() if role == "ignore" or role not in said}
    if wishes.features:
        known = {}
    return {
        column.name: "target"
        if column.name == target
        else wishes.roles.get(column.name)
        or known.get(column.name)
        or _role(column, wishes.features)
        for column in table.columns
    }


def _role(column: Column, features: tuple[str, ...]) -> str:
    if features and column.name in features:
        return "feature"
    if column.is_id:
        return "id"
    return "ignore" if features or not _is_usable(column) else "feature"


def _is_usable(column: Column) -> bool:
    return column.kind in ("number", "category", "boolean") and not column.is_id


def is_usual(
    table: Table,
    roles: Mapping[str, str],
    wanted: Sequence[str],
    wishes: Wishes,
    returned: Mapping[str, str],
) -> bool:
    """Tell whether just those columns are features that are where nothing is said of features."""
    if any(roles[name] not in (role, "target") for name, role in returned.items()):
        return False
    usual = [
        column.name
        for column in table.columns
        if _is_usable(column)
        and roles[column.name] not in ("target", "weight", "split")
        and column.name not in returned
    ]
    refused = any(wishes.roles.get(name) in ("ignore", "id") for name in table.names)
    return list(wanted) == usual and (len(usual) > 0 or not refused)


def roles_as_used(roles: Mapping[str, str], dataset: Dataset) -> dict[str, str]:
    """Return the roles as they came out: columns that cannot be used are ignored, keys may be."""
    used = {feature.name for feature in dataset.features}
    found = {}
    for name, role in roles.items():
        if name in used:
            found[name] = "feature"
        elif role == "feature":
            found[name] = "ignore"
        else:
            found[name] = role
    return found
