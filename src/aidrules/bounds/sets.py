"""Sets of possible values to their union, and to what an operator makes of all their members."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final, assert_never

from aidrules.source import Span
from aidrules.types import (
    Choice,
    Date,
    Optional,
    Quantity,
    Reference,
    Selection,
    Text,
    Truth,
    Type,
    Undetermined,
)
from aidrules.values import (
    INFINITY,
    OTHER,
    UNLISTED,
    Body,
    Exact,
    Failure,
    Interval,
    Options,
    Possible,
    Selections,
    Value,
    parts,
    settle,
)

FIRST_UNKNOWN_DAY: Final = date(1900, 1, 1).toordinal()
LAST_UNKNOWN_DAY: Final = date(2100, 12, 31).toordinal()

Outcome = tuple[Body | None, Failure | None]
"""What a rule makes of bodies: the body that comes out, or none, and the error that may."""


def fail(code: str, span: Span | None, **facts: object) -> Failure:
    """Return a located error."""
    return Failure(code, span, tuple(facts.items()))


def hull(values: Iterable[Value]) -> Value:
    """Return the smallest set that covers all of some values, of which there is at least one."""
    body: Body | None = None
    absent = False
    failure: Failure | None = None
    for value in values:
        other, none, error = parts(value)
        body = other if body is None else body if other is None else _cover(body, other)
        absent = absent or none
        failure = failure or error
    return settle(body, absent, failure)


def _cover(one: Body, other: Body) -> Body:
    """Return the smallest body around two."""
    match one, other:
        case Interval(), Interval():
            return Interval(min(one.low, other.low), max(one.high, other.high))
        case Options(), Options():
            return Options(frozenset((*one.values, *other.values)))
        case Selections(), Selections():
            return Selections(one.sure & other.sure, one.possible | other.possible)
        case _:
            message = f"values of two types: {one} and {other}"
            raise TypeError(message)


def strict(rule: Callable[..., Outcome], *operands: Value) -> Value:
    """Return what a rule on bodies makes of operands that are all needed.

    Nothing comes out unless every operand may be something: a certain error stays certain, and
    where one operand is absent the result is.
    """
    bodies: list[Body | None] = []
    absent = False
    failure: Failure | None = None
    for operand in operands:
        if isinstance(operand, Failure):
            return operand
        body, none, error = parts(operand)
        bodies.append(body)
        absent = absent or none
        failure = failure or error
    if None in bodies:
        return settle(None, absent, failure)
    result, error = rule(*bodies)
    # Of two errors the certain one is told, if the result can be nothing else.
    return settle(result, absent, (error or failure) if result is None else (failure or error))


def add_failure(value: Value, failure: Failure | None) -> Value:
    """Return a value that may be an error besides."""
    return value if failure is None else hull((value, failure))


def unknown_of(
    type_: Type, low: Exact | None = None, high: Exact | None = None, texts: Iterable[str] = ()
) -> Value:
    """Return the set for an unknown value of a type.

    Args:
        type_: For a reference, the records are for the caller to add: here only an unlisted one.
        low: The least number or day; without it −∞, for a date 1 January 1900.
        high: The greatest; without it ∞, for a date 31 December 2100.
        texts: Those that the policy names.
    """
    match type_:
        case Quantity():
            return settle(
                Interval(-INFINITY if low is None else low, INFINITY if high is None else high)
            )
        case Truth():
            return Possible(Options(frozenset((False, True))))
        case Date():
            return settle(
                Interval(
                    FIRST_UNKNOWN_DAY if low is None else low,
                    LAST_UNKNOWN_DAY if high is None else high,
                )
            )
        case Text():
            return settle(Options(frozenset((*texts, OTHER))))
        case Choice():
            return settle(Options(frozenset(values_of(type_))))
        case Selection(choice=choice):
            return settle(Selections(frozenset(), frozenset(values_of(choice))))
        case Reference():
            return settle(Options(frozenset((UNLISTED,))))
        case Optional(type=inner):
            return settle(parts(unknown_of(inner, low, high, texts))[0], absent=True)
        case Undetermined():
            return settle(Interval(-INFINITY, INFINITY))
        case _:
            assert_never(type_)


def any_of_type(type_: Type, texts: Iterable[str] = ()) -> Value:
    """Return the set of all values of a type, without any range: what `= unknown` gives."""
    match type_:
        case Date():
            return settle(Interval(-INFINITY, INFINITY))
        case Optional(type=inner):
            return settle(parts(any_of_type(inner, texts))[0], absent=True)
        case _:
            return unknown_of(type_, texts=texts)


def values_of(choice: Choice) -> tuple[str, ...]:
    """Return the values of a choice, and whatever else it may be if it is open."""
    return (*choice.values, OTHER) if choice.is_open else choice.values


def truth(*, no: bool, yes: bool, absent: bool = False, failure: Failure | None = None) -> Value:
    """Return a yes-or-no by what is possible."""
    bits = frozenset(bit for bit, is_possible in ((False, no), (True, yes)) if is_possible)
    return settle(Options(bits) if bits else None, absent, failure)


def bits(*, no: bool, yes: bool) -> Options:
    """Return the body of a yes-or-no of which at least one is possible."""
    return Options(frozenset(bit for bit, is_possible in ((False, no), (True, yes)) if is_possible))
