"""The files opened lately."""

from __future__ import annotations

from PySide6.QtCore import QSettings

MOST = 8


class RecentFiles:
    """Remembers paths between sessions, the latest first."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    @property
    def paths(self) -> list[str]:
        """The paths, the latest first."""
        saved = self._settings.value("recent", [])
        if isinstance(saved, str):
            saved = [saved]
        return [str(path) for path in saved][:MOST] if isinstance(saved, list) else []

    def add(self, path: str) -> None:
        """Put a path in front."""
        others = [other for other in self.paths if other != path]
        self._settings.setValue("recent", [path, *others][:MOST])

    def clear(self) -> None:
        """Forget all."""
        self._settings.remove("recent")
