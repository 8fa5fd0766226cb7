"""Certain operands to certain results, the short way; anything else goes to the rules of bounds."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import chain
from typing import Any, Final

from aidrules.backends.interpreter.frames import Closure, Frame
from aidrules.bounds import conjunction, disjunction
from aidrules.values import Value

EXACT: Final = frozenset((int, Fraction))
CERTAIN: Final = frozenset((int, Fraction, bool, str, frozenset))

Operand = Callable[[Frame], Any]
"""A closure whose values are looked at by their class, not by their type."""


def unary(value: Operand, plain: Callable[[Any], Any], general: Callable[[Any], Value]) -> Closure:
    """Return the closure of an operator on one value.

    Args:
        value: The operand.
        plain: Works on an exact number; None where it has no answer.
        general: Works on any value.
    """

    def closure(frame: Frame) -> Any:
        operand = value(frame)
        if operand.__class__ in EXACT:
            result = plain(operand)
            if result is not None:
                return result
        return general(operand)

    return closure


def binary(
    left: Operand,
    right: Operand,
    plain: Callable[[Any, Any], Any],
    general: Callable[[Any, Any], Value],
    classes: frozenset[type] = EXACT,
) -> Closure:
    """Return the closure of an operator on two values; see `unary`."""

    def closure(frame: Frame) -> Any:
        one = left(frame)
        other = right(frame)
        if one.__class__ in classes and other.__class__ in classes:
            result = plain(one, other)
            if result is not None:
                return result
        return general(one, other)

    return closure


def several(
    items: tuple[Operand, ...],
    plain: Callable[..., Any],
    general: Callable[..., Value],
) -> Closure:
    """Return the closure of an operator on some values; see `unary`."""

    def closure(frame: Frame) -> Any:
        values = [item(frame) for item in items]
        for value in values:
            if value.__class__ not in EXACT:
                return general(*values)
        result = plain(*values)
        return general(*values) if result is None else result

    return closure


def every(items: tuple[Operand, ...]) -> Closure:
    """Return the closure of `and`."""

    def closure(frame: Frame) -> Value:
        rest = iter(items)
        for item in rest:
            value = item(frame)
            if value is True:
                continue
            return False if value is False else conjunction(chain((value,), _values(rest, frame)))
        return True

    return closure


def some(items: tuple[Operand, ...]) -> Closure:
    """Return the closure of `or`."""

    def closure(frame: Frame) -> Value:
        rest = iter(items)
        for item in rest:
            value = item(frame)
            if value is False:
                continue
            return True if value is True else disjunction(chain((value,), _values(rest, frame)))
        return False

    return closure


def _values(items: Iterator[Operand], frame: Frame) -> Iterator[Value]:
    return (item(frame) for item in items)


def opposite(value: Operand, general: Callable[[Any], Value]) -> Closure:
    """Return the closure of `not`."""

    def closure(frame: Frame) -> Value:
        operand = value(frame)
        if operand is True:
            return False
        return True if operand is False else general(operand)

    return closure
