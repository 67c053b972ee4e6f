"""Reading for the import dialog: in the background, the head of a large file first."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from core.base.strict_json import parse_json
from core.data.data_knobs import DataChoices
from core.data.import_options import ImportOptions
from core.data.loading import table_of
from core.data.reading.preview import head_table
from core.data.reading.table import Table
from core.scenes.import_scene import ImportScene, import_scene
from gui.importing.import_text import error_of
from gui.session.background import Background

HEAD, WHOLE, SCENE = "import.head", "import.whole", "import.scene"
KINDS_OF_WORK = (HEAD, WHOLE, SCENE)


class Reader(QObject):
    """Reads a file under the user's choices and describes what importing it will do.

    What is superseded stops as soon as it asks for leave to go on, and its result is dropped.

    Signals
    -------
    described : (ImportScene)
    refused : (UserError)
        The file cannot be read so; the last description stays as it was.
    """

    described = Signal(object)
    refused = Signal(object)

    def __init__(
        self, background: Background, path: str, drops_rows: bool, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.path = path
        self.options = ImportOptions()
        self.scene: ImportScene | None = None
        self.is_busy = False
        self._background = background
        self._drops_rows = drops_rows
        self._began = 0.0
        self._fraction = [0.0]  # the worker writes into it
        self._table: Table | None = None
        self._is_whole = False
        self._said: object = None  # how the present table is being read

    @property
    def fraction(self) -> float:
        """How much of the file is read."""
        return self._fraction[0]

    @property
    def seconds(self) -> float:
        """How long the present reading has taken so far."""
        return time.monotonic() - self._began

    def want(self, options: ImportOptions) -> None:
        """Read or describe the file anew, as far as the options differ."""
        self.options = options
        said = (options.reading, options.kinds)
        if said == self._said and self._table is not None:
            self._describe()
        elif said != self._said:
            self._said = said
            self._read()

    def stop(self) -> None:
        """Drop everything that is under way."""
        for kind in KINDS_OF_WORK:
            self._background.cancel(kind)
        self.is_busy = False

    def _read(self) -> None:
        self.stop()
        self.is_busy = True
        self._began = time.monotonic()
        self._fraction = [0.0]
        self._is_whole = False
        names = self._table.names if self._table is not None else None
        work = partial(_read_head, self.path, self.options, names)
        self._background.run(HEAD, work, self._on_head, lambda error: self._read_whole(None))

    def _on_head(self, table: Table | None) -> None:
        if table is not None:
            self._table = table
            self._describe()
        self._read_whole(table)

    def _read_whole(self, head: Table | None) -> None:
        wanted, fraction = self._background.next_is_wanted(WHOLE), self._fraction

        def progress(done: float) -> bool:
            fraction[0] = done
            return wanted()

        names = head.names if head is not None else None
        work = partial(_read_whole, self.path, self.options, names, progress)
        self._background.run(WHOLE, work, self._on_whole, self._on_refused)

    def _on_whole(self, table: Table) -> None:
        self._table, self._is_whole = table, True
        self._describe()

    def _describe(self) -> None:
        if self._table is None:
            return
        work = partial(import_scene, self._table, self.options, self._is_whole, self._drops_rows)
        self._background.run(SCENE, work, self._on_described, self._on_refused)

    def _on_described(self, scene: ImportScene) -> None:
        self.scene = scene
        self.is_busy = not scene.is_whole
        self.described.emit(scene)

    def _on_refused(self, error: BaseException) -> None:
        self.stop()
        self._said = None
        self.refused.emit(error_of(error))


def _read_head(path: str, options: ImportOptions, names: tuple[str, ...] | None) -> Table | None:
    """Read the first rows; kinds of columns that are gone are left aside."""
    reading = options.reading_json(names)
    table = head_table(path, parse_json(reading) if reading else {})
    if table is not None and names is not None and table.names != names:
        reading = options.reading_json(table.names)
        table = head_table(path, parse_json(reading) if reading else {})
    return table


def _read_whole(
    path: str,
    options: ImportOptions,
    names: tuple[str, ...] | None,
    progress: Callable[[float], bool],
) -> Table:
    if names is None and options.kinds:
        plain = DataChoices(source="file", path=path, reading=options.reading_json(()))
        names = table_of(plain, progress).names
    reading = options.reading_json(names)
    return table_of(DataChoices(source="file", path=path, reading=reading), progress)
