"""LLVM at work: from a written module to an object file, and from that to functions."""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Callable, Sequence
from typing import Any

from core.machine.scalars import ir

_binding: Any = importlib.import_module("llvmlite.binding")


def description() -> str:
    """Say what machine code is written for, and by whom."""
    features = _binding.get_host_cpu_features().flatten()
    version = importlib.import_module("llvmlite").__version__
    return f"llvmlite {version}, {_binding.get_host_cpu_name()}, {features}"


def _target_machine() -> Any:
    _binding.initialize_native_target()
    _binding.initialize_native_asmprinter()
    return _binding.Target.from_default_triple().create_target_machine(
        cpu=_binding.get_host_cpu_name(),
        features=_binding.get_host_cpu_features().flatten(),
        opt=3,
        codemodel="jitdefault",
        jit=True,
    )


def object_of(module: Any) -> bytes:
    """Optimise a module for this machine, and return it as an object file."""
    machine = _target_machine()
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    parsed = _binding.parse_assembly(str(module))
    parsed.verify()
    options = _binding.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = False
    builder = _binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(parsed, builder)
    return bytes(machine.emit_object(parsed))


class Code:
    """Machine code in memory, to be called from Python without the interpreter lock.

    Parameters
    ----------
    content : bytes
        An object file for this machine.
    """

    def __init__(self, content: bytes) -> None:
        self._machine = _target_machine()
        self._engine = _binding.create_mcjit_compiler(_binding.parse_assembly(""), self._machine)
        self._engine.add_object_file(_binding.ObjectFileRef.from_data(content))
        self._engine.finalize_object()

    def function(self, name: str, kinds: Sequence[Any]) -> Callable[..., None]:
        """Return a function with arguments of those LLVM types; a pointer is given as a number."""
        types = [_c_type(kind) for kind in kinds]
        function = ctypes.CFUNCTYPE(None, *types)(self._engine.get_function_address(name))
        function.code = self  # type: ignore[attr-defined]
        return function


def _c_type(kind: Any) -> Any:
    if isinstance(kind, ir.PointerType):
        return ctypes.c_void_p
    return ctypes.c_double if isinstance(kind, ir.DoubleType) else ctypes.c_int64
