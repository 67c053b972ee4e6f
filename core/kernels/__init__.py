"""The compiled engine: the mathematics of `core.network` and `core.training` as machine code.

It is written in the subset of Python that `core.machine` compiles, which is not imported until
kernels are wanted. The files say what they do. The parts of a step: `functions`, `activations`,
`losses`, `products`, `scaling`, `gathering`, `order`, `updates`; `burst` and `evaluation` put them
together. `layout` says what is compiled, `memory` keeps arrays, `compilation` and `readiness`
compile.
"""

from core.kernels.engine import CompiledEngine, compiled_logits, engine_for
from core.kernels.layout import coverage, is_compiled
from core.kernels.readiness import (
    Precision,
    compile_now,
    is_available,
    is_cached,
    is_ready,
    warm_up,
)

__all__ = [
    "CompiledEngine",
    "Precision",
    "compile_now",
    "compiled_logits",
    "coverage",
    "engine_for",
    "is_available",
    "is_cached",
    "is_compiled",
    "is_ready",
    "warm_up",
]
