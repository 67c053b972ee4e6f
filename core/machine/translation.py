"""From a small subset of Python to LLVM's language.

The subset has integers, float64 numbers, registers (`Lanes`) and places in memory (`Pointer`);
assignments, ``if``, ``while``, ``for`` over ranges, ``break``, ``return`` and calls. What can be
computed while code is written is computed then: a condition of Python's own numbers is decided, and
a function that is not marked as compiled is simply called, with the values of compiled code.
Both sides of ``and``, ``or`` and a conditional expression are evaluated.
"""

from __future__ import annotations

import ast
import builtins
import functools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.machine.lanes import Lanes
from core.machine.meanings import COMPARISONS, OPERATORS, SUBSTITUTES, is_written
from core.machine.places import Pointer, Variable
from core.machine.scalars import REAL, Number, chosen, compared, ir, number
from core.machine.source import Source, changing_names, tree_of

_RETURNS = {"None": None, "float": REAL}


class Body:
    """A function's text being written where it is called.

    Parameters
    ----------
    builder : llvmlite builder
    source : Source
    arguments : sequence
        Values of compiled code, or Python's own.
    """

    def __init__(self, builder: Any, source: Source, arguments: Sequence[Any]) -> None:
        self._builder = builder
        self._function = source.function
        self._changing = changing_names(source.function)
        self._names: dict[str, Any] = {}
        self._results: list[Variable] | None = None
        self._is_tuple = False
        self._exits: list[tuple[Any, Any]] = []  # where continue and break go
        self._end: Any = None
        definition = tree_of(source.function)
        for parameter, argument in zip(definition.args.args, arguments, strict=True):
            self._bind(parameter.arg, argument)
        self._statements = definition.body

    def write(self) -> Any:
        """Write the text out, and return what it returns."""
        last = self._statements[-1]
        returns = sum(isinstance(n, ast.Return) for s in self._statements for n in ast.walk(s))
        if returns == isinstance(last, ast.Return):  # none, or at the very end
            self._run(self._statements[: len(self._statements) - returns])
            return self._value(last.value) if returns else None  # type: ignore[attr-defined]
        (self._end,) = self._blocks("end")
        self._run(self._statements)
        self._branch(self._end)
        self._builder.position_at_end(self._end)
        results = [variable.get() for variable in self._results or ()]
        return (tuple(results) if self._is_tuple else results[0]) if results else None

    def _run(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            if self._builder.block.is_terminated:
                return
            getattr(self, f"_do_{type(statement).__name__.lower()}")(statement)

    def _branch(self, target: Any) -> None:
        if not self._builder.block.is_terminated:
            self._builder.branch(target)

    def _bind(self, name: str, value: Any) -> None:
        if name not in self._changing:
            self._names[name] = value
            return
        if name not in self._names:
            example = value if is_written(value) else number(self._builder, value)
            self._names[name] = Variable(self._builder, example)
        self._names[name].set(value)

    def _do_expr(self, statement: ast.Expr) -> None:
        if not isinstance(statement.value, ast.Constant):  # a docstring
            self._value(statement.value)

    def _do_assign(self, statement: ast.Assign) -> None:
        value = self._value(statement.value)
        for target in statement.targets:
            if isinstance(target, ast.Tuple):
                for each, part in zip(target.elts, value, strict=True):
                    self._bind(each.id, part)  # type: ignore[attr-defined]
            else:
                self._bind(target.id, value)  # type: ignore[attr-defined]

    def _do_augassign(self, statement: ast.AugAssign) -> None:
        name = statement.target.id  # type: ignore[union-attr]
        join = OPERATORS[type(statement.op)]
        self._bind(name, join(self._name(name), self._value(statement.value)))

    def _do_return(self, statement: ast.Return) -> None:
        value = self._value(statement.value) if statement.value else ()
        self._is_tuple = isinstance(value, tuple) and statement.value is not None
        parts = value if isinstance(value, tuple) else (value,)
        if self._results is None:
            made = [p if is_written(p) else number(self._builder, p) for p in parts]
            self._results = [Variable(self._builder, part) for part in made]
        for variable, part in zip(self._results, parts, strict=True):
            variable.set(part)
        self._builder.branch(self._end)

    def _do_if(self, statement: ast.If) -> None:
        test = self._value(statement.test)
        if not isinstance(test, Number):
            self._run(statement.body if test else statement.orelse)
            return
        with self._builder.if_else(test.value) as (then, otherwise):
            with then:
                self._run(statement.body)
            with otherwise:
                self._run(statement.orelse)

    def _do_while(self, statement: ast.While) -> None:
        head, body, end = self._blocks("head", "body", "end")
        self._builder.branch(head)
        self._builder.position_at_end(head)
        self._builder.cbranch(self._value(statement.test).value, body, end)
        self._builder.position_at_end(body)
        self._round(statement.body, head, end)
        self._builder.position_at_end(end)

    def _do_for(self, statement: ast.For) -> None:
        assert isinstance(statement.iter, ast.Call)
        limits = [self._value(limit) for limit in statement.iter.args]
        start, stop, step = [[0, *limits, 1], [*limits, 1], limits][len(limits) - 1]
        head, body, following, end = self._blocks("head", "body", "next", "end")
        counter = Variable(self._builder, number(self._builder, 0))
        counter.set(start)
        self._builder.branch(head)
        self._builder.position_at_end(head)
        index = counter.get()
        test = compared(">" if not isinstance(step, Number) and step < 0 else "<", index, stop)
        self._builder.cbranch(test.value, body, end)
        self._builder.position_at_end(body)
        self._bind(statement.target.id, index)  # type: ignore[attr-defined]
        self._round(statement.body, following, end)
        self._builder.position_at_end(following)
        counter.set(index + step)
        self._builder.branch(head)
        self._builder.position_at_end(end)

    def _blocks(self, *names: str) -> list[Any]:
        return [self._builder.append_basic_block(name) for name in names]

    def _round(self, statements: Sequence[ast.stmt], following: Any, end: Any) -> None:
        self._exits.append((following, end))
        self._run(statements)
        self._exits.pop()
        self._branch(following)

    def _do_continue(self, statement: ast.Continue) -> None:
        self._builder.branch(self._exits[-1][0])

    def _do_break(self, statement: ast.Break) -> None:
        self._builder.branch(self._exits[-1][1])

    def _value(self, node: Any) -> Any:
        return getattr(self, f"_of_{type(node).__name__.lower()}")(node)

    def _of_constant(self, node: ast.Constant) -> Any:
        return node.value

    def _of_name(self, node: ast.Name) -> Any:
        return self._name(node.id)

    def _name(self, name: str) -> Any:
        if name in self._names:
            found = self._names[name]
            return found.get() if isinstance(found, Variable) else found
        found = self._function.__globals__.get(name, getattr(builtins, name, None))
        return found.item() if isinstance(found, np.generic) else found

    def _of_attribute(self, node: ast.Attribute) -> Any:
        return getattr(self._value(node.value), node.attr)

    def _of_tuple(self, node: ast.Tuple) -> tuple[Any, ...]:
        return tuple(self._value(each) for each in node.elts)

    def _of_binop(self, node: ast.BinOp) -> Any:
        return OPERATORS[type(node.op)](self._value(node.left), self._value(node.right))

    def _of_unaryop(self, node: ast.UnaryOp) -> Any:
        operand = self._value(node.operand)
        if isinstance(node.op, ast.USub):
            return -operand
        is_truth = isinstance(operand, Number)
        return Number(self._builder, self._builder.not_(operand.value)) if is_truth else not operand

    def _of_boolop(self, node: ast.BoolOp) -> Any:
        first, *rest = (self._value(each) for each in node.values)
        join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        return functools.reduce(join, rest, first)

    def _of_compare(self, node: ast.Compare) -> Any:
        left, right = self._value(node.left), self._value(node.comparators[0])
        if isinstance(node.ops[0], ast.In):
            return functools.reduce(operator.or_, [compared("==", left, each) for each in right])
        symbol, compare = COMPARISONS[type(node.ops[0])]
        is_mine = is_written(left) or is_written(right)
        return compared(symbol, left, right) if is_mine else compare(left, right)

    def _of_ifexp(self, node: ast.IfExp) -> Any:
        test = self._value(node.test)
        if not isinstance(test, Number):
            return self._value(node.body if test else node.orelse)
        return chosen(test, self._value(node.body), self._value(node.orelse))

    def _of_call(self, node: ast.Call) -> Any:
        function = self._value(node.func)
        arguments = [self._value(argument) for argument in node.args]
        if isinstance(function, Source):
            return call(self._builder, function, arguments)
        if any(is_written(argument) for argument in arguments):
            function = SUBSTITUTES.get(function, function)
        return function(*arguments)


def call(builder: Any, source: Any, arguments: Sequence[Any]) -> Any:
    """Write a call of a marked function, and the function itself where it is not there yet."""
    if source.is_inlined:
        return Body(builder, source, arguments).write()
    given = [each if is_written(each) else number(builder, each) for each in arguments]
    kinds = [each.value.type for each in given]
    name = ".".join([source.name, *(str(kind).replace(" ", "") for kind in kinds)])
    function = builder.module.globals.get(name) or _written(builder.module, name, source, given)
    got = builder.call(function, [each.value for each in given])
    if isinstance(got.type, ir.VoidType):
        return None
    return Number(builder, got) if got.type == REAL else Lanes(builder, got)


def _written(module: Any, name: str, source: Source, examples: Sequence[Any]) -> Any:
    """Write a function of its own."""
    promised = source.function.__annotations__["return"]
    result = _RETURNS[promised] if promised in _RETURNS else _register(examples)
    kinds = [each.value.type for each in examples]
    function = ir.Function(module, ir.FunctionType(result or ir.VoidType(), kinds), name)
    function.linkage = "internal"
    function.attributes.add("noinline")  # in one large function LLVM runs out of registers
    builder = _begun(function)
    given = []
    for value, example in zip(function.args, examples, strict=True):
        extra = (example.is_unsigned,) if isinstance(example, Number) else ()
        given.append(type(example)(builder, value, *extra))
    returned = Body(builder, source, given).write()
    if result is None:
        builder.ret_void()
    else:
        builder.ret(returned.cast(REAL) if isinstance(returned, Number) else returned.value)
    return function


def _begun(function: Any) -> Any:
    """Return what writes a function's text, after a block of its variables."""
    function.attributes.add("nounwind")
    builder = ir.IRBuilder(function.append_basic_block("variables"))
    body = builder.append_basic_block("body")
    builder.branch(body)
    builder.position_at_end(body)
    return builder


def _register(examples: Sequence[Any]) -> Any:
    places = (each for each in examples if isinstance(each, Pointer))
    return next(p.register for p in places if not isinstance(p.kind, ir.IntType))


def entry(module: Any, source: Source, kinds: Sequence[Any]) -> None:
    """Write a function that Python calls, which returns nothing.

    Parameters
    ----------
    kinds : sequence of LLVM types
        Of its arguments: integers, float64 numbers and pointers.
    """
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), source.name)
    builder = _begun(function)
    Body(builder, source, [_argument(builder, value) for value in function.args]).write()
    builder.ret_void()


def _argument(builder: Any, value: Any) -> Any:
    is_place = isinstance(value.type, ir.PointerType)
    return Pointer(builder, value) if is_place else Number(builder, value)
