"""Importing pyqtgraph in a third of the time.

At its import pyqtgraph copies every name of Qt into modules of its own, which makes PySide6 build
thousands of types and enumerations that no one uses, and imports every item and widget it has.
Modules that look names up when they are asked for do the same for pyqtgraph and leave the rest
unbuilt; and what is not used here is imported when it is first asked for. numpy, which it needs,
is imported without the documentation that it adds to its functions.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_COPIED = ("QtCore", "QtGui", "QtWidgets")
_DOCUMENTATION = ("numpy._core._add_newdocs", "numpy._core._add_newdocs_scalars")
_UNUSED_ITEMS = (
    "ArrowItem BoxplotItem ButtonItem ColorBarItem CurvePoint DateAxisItem ErrorBarItem "
    "FillBetweenItem GradientEditorItem GradientLegend GraphicsLayout GraphItem GridItem "
    "HistogramLUTItem InfiniteLine IsocurveItem LabelItem LegendItem LinearRegionItem "
    "PColorMeshItem PlotDataItem PlotItem ROI ScaleBar TargetItem TextItem UIGraphicsItem "
    "VTickGroup"
)
_UNUSED_WIDGETS = (
    "BusyCursor CheckTable ColorButton ColorMapMenu ColorMapWidget ComboBox DataFilterWidget "
    "DataTreeWidget DiffTreeWidget FeedbackButton GradientWidget GraphicsLayoutWidget GroupBox "
    "HistogramLUTWidget JoystickButton LayoutWidget PathButton PlotWidget ProgressDialog "
    "RawImageWidget RemoteGraphicsView ScatterPlotWidget SpinBox TableWidget TreeWidget "
    "ValueLabel VerticalLabel"
)
UNUSED = (
    *(f"pyqtgraph.graphicsItems.{name}" for name in _UNUSED_ITEMS.split()),
    *(f"pyqtgraph.widgets.{name}" for name in _UNUSED_WIDGETS.split()),
    "pyqtgraph.imageview",
)
"""The modules of pyqtgraph that are imported when one of their names is first asked for."""


class _Mirror(ModuleType):
    """A module that takes its names from another when they are first asked for."""

    def __init__(self, name: str, original: ModuleType) -> None:
        super().__init__(name)
        self._original = original

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._original, name)
        setattr(self, name, value)
        return value


class _Empty(ModuleType):
    """Stands for an unused module: it has every name, and is the value of each."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self


class _LeavingOut:
    """Finds empty modules in the place of some."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        itself: Any = self
        return ModuleSpec(name, itself) if name in self._names else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: there is nothing in it."""


def import_pyqtgraph() -> None:
    """Import pyqtgraph, if it is not imported yet."""
    if "pyqtgraph" in sys.modules:
        return
    _import_numpy()
    originals = {name: import_module(f"PySide6.{name}") for name in _COPIED}
    for name, original in originals.items():
        place = f"pyqtgraph.Qt.{name}"
        sys.modules[place] = _Mirror(place, original)
    with _hiding_names(list(originals.values())), _leaving_out(UNUSED):
        import_module("pyqtgraph")
    _find_later(sys.modules["pyqtgraph"])


def _import_numpy() -> None:
    """Import numpy without what it adds to its documentation: no one reads it here."""
    indent = inspect.cleandoc
    vars(inspect)["cleandoc"] = str
    try:
        with _leaving_out(_DOCUMENTATION):
            import_module("numpy")
    finally:
        vars(inspect)["cleandoc"] = indent


def _find_later(plots: ModuleType) -> None:
    """Let pyqtgraph import what was left out when a name is asked for that it does not have."""

    def found(name: str) -> Any:
        if not name.startswith("__") and find_spec(f"pyqtgraph.{name}") is None:
            del vars(plots)["__getattr__"]
            for place in UNUSED:
                module = import_module(place)
                for public in getattr(module, "__all__", vars(module)):
                    if not public.startswith("_"):
                        vars(plots).setdefault(public, getattr(module, public))
            return getattr(plots, name)
        raise AttributeError(f"module 'pyqtgraph' has no attribute {name!r}")

    vars(plots)["__getattr__"] = found


@contextmanager
def _leaving_out(names: Sequence[str]) -> Iterator[None]:
    """Import nothing of these modules for a while, and then forget the empty ones."""
    finder = _LeavingOut(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        package = names[0].partition(".")[0]
        for name in names:
            sys.modules.pop(name, None)
        for module in [sys.modules[name] for name in sys.modules if name.startswith(package)]:
            for name in [key for key, value in vars(module).items() if type(value) is _Empty]:
                delattr(module, name)


@contextmanager
def _hiding_names(modules: list[ModuleType]) -> Iterator[None]:
    """Let `dir` find nothing in these modules for a while, so that nothing is copied."""
    before = [vars(module).get("__dir__") for module in modules]
    for module in modules:
        vars(module)["__dir__"] = list
    try:
        yield
    finally:
        for module, listing in zip(modules, before, strict=True):
            if listing is None:
                del vars(module)["__dir__"]
            else:
                vars(module)["__dir__"] = listing
