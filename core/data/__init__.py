"""Data: drawn, bundled or read from a file, and made ready for training.

`read_table` is imported when it is first asked for: a start needs no reader of files.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.data.reading.table_reader import read_table

__all__ = ["read_table"]


def __getattr__(name: str) -> object:
    """Return `read_table`."""
    if name == "read_table":
        from core.data.reading.table_reader import read_table

        return read_table
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
