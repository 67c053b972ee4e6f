"""Which editor a knob gets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from core.base.knobs import ChoiceKnob, IntegerKnob, NumberKnob, PointsKnob, SizesKnob, SwitchKnob
from gui.editors.binding import Binding
from gui.editors.choice import ChoiceEditor, SwitchEditor
from gui.editors.data import (
    Columns,
    FeaturesEditor,
    PathEditor,
    PointsEditor,
    ReadingEditor,
    SourceEditor,
    TargetEditor,
)
from gui.editors.number import NumberEditor
from gui.editors.sizes import SizesEditor
from gui.editors.text import TextEditor

Editor = (
    ChoiceEditor
    | FeaturesEditor
    | NumberEditor
    | PathEditor
    | PointsEditor
    | ReadingEditor
    | SizesEditor
    | SwitchEditor
    | TargetEditor
    | TextEditor
)


def make_editor(
    binding: Binding, columns: Columns, open_file: Callable[[], None], parent: QWidget
) -> Editor:
    """Return the editor for a choice; its objectName is the choice's path."""
    editor = _make(binding, columns, open_file, parent)
    editor.setObjectName(binding.path)
    editor.setAccessibleDescription(binding.knob.help)
    editor.setWhatsThis(binding.knob.help)
    return editor


def _make(
    binding: Binding, columns: Columns, open_file: Callable[[], None], parent: QWidget
) -> Editor:
    if binding.path == "data.source":
        source = SourceEditor(binding, parent)
        source.file_wanted.connect(open_file)
        return source
    if binding.path == "data.path":
        path = PathEditor(binding, parent)
        path.file_wanted.connect(open_file)
        return path
    if binding.path == "data.reading":
        return ReadingEditor(binding, parent)
    if binding.path == "data.target":
        return TargetEditor(binding, columns, parent)
    if binding.path == "data.features":
        return FeaturesEditor(binding, columns, parent)
    if isinstance(binding.knob, NumberKnob | IntegerKnob):
        return NumberEditor(binding, parent)
    if isinstance(binding.knob, ChoiceKnob):
        return ChoiceEditor(binding, parent)
    if isinstance(binding.knob, SwitchKnob):
        return SwitchEditor(binding, parent)
    if isinstance(binding.knob, SizesKnob):
        return SizesEditor(binding, parent)
    if isinstance(binding.knob, PointsKnob):
        return PointsEditor(binding, parent)
    return TextEditor(binding, parent)
