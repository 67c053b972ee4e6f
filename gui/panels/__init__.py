"""Every panel, by name; a panel's own module is imported when the first one is made."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from core.base.registry import Registry
from gui.panels.panel import PanelRecord


def _found() -> list[PanelRecord]:
    """Return the record of each folder here, in the order of the View menu."""
    folders = [found.name for found in pkgutil.iter_modules(__path__) if found.ispkg]
    records: list[PanelRecord] = [import_module(f"{__name__}.{name}").PANEL for name in folders]
    return sorted(records, key=lambda record: record.order)


PANELS: Registry[PanelRecord] = Registry("panel", _found())
"""Every panel, in the order of the View menu."""
