"""Conditions to what follows from their form: what is there, and whether one always holds."""

from aidrules.program import (
    And,
    Compare,
    Constant,
    Expr,
    IsNone,
    Not,
    OneOf,
    Or,
)
from aidrules.source import Span
from aidrules.types import (
    TRUTH,
    Choice,
)


def present(condition: Expr, *, holds: bool) -> tuple[Expr, ...]:
    """Return what is there if a condition holds, or if it does not."""
    match condition:
        case Not(value=value):
            return present(value, holds=not holds)
        case IsNone(value=value):
            return () if holds else (value,)
        case And(items=items) if holds:
            return tuple(found for item in items for found in present(item, holds=True))
        case Or(items=items) if not holds:
            return tuple(found for item in items for found in present(item, holds=False))
        case _:
            return ()


_OPPOSITES = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "=": "!=", "!=": "="}


MOST_COMPARED = 100
"""How many conditions are compared with one another; more are taken not to be complete."""


def is_complete(conditions: tuple[Expr, ...]) -> bool:
    """Whether one of the conditions always holds, by their form alone."""
    if len(conditions) > MOST_COMPARED:
        return False
    for at, one in enumerate(conditions):
        if any(_are_opposite(one, other) for other in conditions[at + 1 :]):
            return True
    by_value: dict[int, tuple[Expr, set[str]]] = {}
    for condition in conditions:
        value, covered = _covered(condition)
        if value is None:
            continue
        for seen, known in by_value.values():
            if seen == value:
                known.update(covered)
                break
        else:
            by_value[len(by_value)] = (value, set(covered))
    return any(
        isinstance(value.type, Choice)
        and not value.type.is_open
        and set(value.type.values) <= values
        for value, values in by_value.values()
    )


def _are_opposite(one: Expr, other: Expr) -> bool:
    match one, other:
        case (Not(value=value), _) if value == other:
            return True
        case (_, Not(value=value)) if value == one:
            return True
        case Compare(), Compare():
            return (
                _OPPOSITES[one.op] == other.op
                and one.left == other.left
                and one.right == other.right
            )
        case _:
            return False


def _covered(condition: Expr) -> tuple[Expr | None, set[str]]:
    match condition:
        case Compare(op="=", left=left, right=Constant(value=str() as value)):
            return left, {value}
        case OneOf(value=value, values=values):
            return value, set(values)
        case _:
            return None, set()


def all_of(conditions: list[Expr], span: Span) -> Expr:
    """Return whether all conditions hold."""
    match conditions:
        case []:
            return Constant(value=True, type=TRUTH, span=span)
        case [only]:
            return only
        case _:
            return And(tuple(conditions), type=TRUTH, span=span)
