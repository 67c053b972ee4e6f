"""Loops as machine code: a small subset of Python, translated and compiled by LLVM.

llvmlite does the compiling; numba brings it along, and nothing imports it until machine code is
wanted. Values of compiled code: `lanes`, `scalars`, `places`, `vectors`. The translator: `source`,
`meanings`, `translation`. What comes of it: `objects` and `modules` compile and load, `keeping`
keeps on disk. `arrays` says where numbers are.
"""
