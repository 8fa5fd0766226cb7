"""Certain operands to certain results, the short way; anything else goes to the rules of bounds."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from aidrules.backends.interpreter.frames import Closure, Frame
from aidrules.bounds import conjunction, disjunction
from aidrules.values import Value, may_be

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
    """Return the closure of `and`: an item is asked for only if all before it may be yes."""
    return _guarded(items, conjunction, decisive=False)


def some(items: tuple[Operand, ...]) -> Closure:
    """Return the closure of `or`: an item is asked for only if all before it may be no."""
    return _guarded(items, disjunction, decisive=True)


def _guarded(
    items: tuple[Operand, ...], rule: Callable[[list[Value]], Value], *, decisive: bool
) -> Closure:
    # Items are asked for here and not by the rule: calls in between would make programs deeper.
    going_on: Final[bool] = not decisive

    def closure(frame: Frame) -> Value:
        uncertain: list[Value] = []
        for item in items:
            value: Value = item(frame)
            if value is going_on:
                continue
            if value is decisive and not uncertain:
                return value
            uncertain.append(value)
            if not may_be(value, going_on):
                break
        return rule(uncertain) if uncertain else going_on

    return closure


def opposite(value: Operand, general: Callable[[Any], Value]) -> Closure:
    """Return the closure of `not`."""

    def closure(frame: Frame) -> Value:
        operand = value(frame)
        if operand is True:
            return False
        return True if operand is False else general(operand)

    return closure
