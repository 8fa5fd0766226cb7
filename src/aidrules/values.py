"""Exact values, and the sets of what may come out where a fact is unknown.

A value that is certain is itself: an `int` or `Fraction` (numbers, quantities, and dates as
ordinals), a `bool`, a `str` (choices, texts, and references as ids), a `frozenset` of `str`
(lists of services), `ABSENT` for what does not exist, a `Failure` for what cannot be computed.
Anything else is a `Possible`: the set of what may come out, by its flags and its body.
There are no binary floats: an infinite end is `INFINITY` or `-INFINITY`.
"""

from enum import Enum
from fractions import Fraction
from functools import total_ordering
from typing import Final, Literal

from attrs import field, frozen

from aidrules.source import Span


class Absent(Enum):
    """What does not exist: a death date of somebody who lives."""

    ABSENT = "none"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT


@total_ordering
@frozen(eq=False, repr=False)
class Infinite:
    """An end that is not bounded.

    Attributes:
        sign: 1 above every number, -1 below.
    """

    sign: Literal[1, -1]

    def __lt__(self, other: "Number") -> bool:
        return self.sign < 0 and self is not other

    def __gt__(self, other: "Number") -> bool:
        return self.sign > 0 and self is not other

    def __neg__(self) -> "Infinite":
        return _MINUS if self.sign > 0 else INFINITY

    def __repr__(self) -> str:
        return "INFINITY" if self.sign > 0 else "-INFINITY"


INFINITY: Final = Infinite(1)
_MINUS: Final = Infinite(-1)

Exact = int | Fraction
Number = int | Fraction | Infinite
Scalar = int | Fraction | str | frozenset[str] | Literal[Absent.ABSENT]
"""A certain value; `bool` is an `int`."""

OTHER: Final = "\x00other"
"""In a set of texts or of an open choice: whatever the policy does not name."""

UNLISTED: Final = "\x00unlisted"
"""In a set of records: one that nobody listed."""


@frozen
class Failure:
    """What cannot be computed on this record: a located error.

    All failures are equal: whether it may fail is part of the value, where is not.

    Attributes:
        code: The code of the finding.
        span: The place in the policy.
        facts: What fills the holes of its message; no value of a private fact.
    """

    code: str = field(eq=False)
    span: Span | None = field(eq=False, default=None, repr=False)
    facts: tuple[tuple[str, object], ...] = field(eq=False, default=())


@frozen
class Interval:
    """Every number from `low` up to `high`, both included; `low` is never INFINITY."""

    low: Number
    high: Number


@frozen
class Options:
    """Some of a set of values: truths, choices, texts, records."""

    values: frozenset[bool] | frozenset[str]


@frozen
class Selections:
    """Every list between what is surely in it and what may be in it."""

    sure: frozenset[str]
    possible: frozenset[str]


Body = Interval | Options | Selections


@frozen
class Possible:
    """A set of what may come out; never one that `settle` would turn into a certain value.

    Attributes:
        body: The values that are possible (flag V); None if none is.
        absent: Whether nothing may be there (flag A).
        failure: The first error that is possible (flag E), or None.
    """

    body: Body | None
    absent: bool = False
    failure: Failure | None = None


Value = int | Fraction | str | frozenset[str] | Literal[Absent.ABSENT] | Failure | Possible

BOTH: Final = Possible(Options(frozenset((False, True))))
"""Yes or no, unknown."""


def single(body: Body) -> int | Fraction | str | frozenset[str] | None:
    """Return the one value of a body, or None if it has several."""
    match body:
        case Interval(low=low, high=high):
            return low if low == high and not isinstance(low, Infinite) else None
        case Options(values=values):
            if len(values) != 1:
                return None
            (value,) = values
            return None if value in (OTHER, UNLISTED) else value
        case Selections(sure=sure, possible=possible):
            return sure if sure == possible and OTHER not in sure else None


def settle(body: Body | None, absent: bool = False, failure: Failure | None = None) -> Value:  # noqa: FBT001, FBT002 - flag A of the set
    """Return the value with this body and these flags: certain if only one thing is possible."""
    if body is None:
        if absent and failure is None:
            return ABSENT
        if failure is not None and not absent:
            return failure
    elif not absent and failure is None:
        value = single(body)
        if value is not None:
            return value
    return Possible(body, absent, failure)


def parts(value: Value) -> tuple[Body | None, bool, Failure | None]:
    """Return body and flags of any value."""
    match value:
        case Possible(body=body, absent=absent, failure=failure):
            return body, absent, failure
        case Failure():
            return None, False, value
        case Absent.ABSENT:
            return None, True, None
        case bool():
            return Options(frozenset((value,))), False, None
        case int() | Fraction():
            return Interval(value, value), False, None
        case str():
            return Options(frozenset((value,))), False, None
        case frozenset():
            return Selections(value, value), False, None


def is_decided(value: Value) -> bool:
    """Whether only one thing is possible."""
    return not isinstance(value, Possible)


def may_be(value: Value, truth: bool) -> bool:  # noqa: FBT001 - asks for one of two values
    """Whether a yes-or-no may turn out so."""
    if isinstance(value, Possible):
        return isinstance(value.body, Options) and truth in value.body.values
    return value is truth


def failure_of(value: Value) -> Failure | None:
    """Return the error that is certain or possible, or None."""
    if isinstance(value, Failure):
        return value
    return value.failure if isinstance(value, Possible) else None


def bounds(value: Value) -> tuple[Number, Number] | None:
    """Return the least and the greatest number possible; None if no number is."""
    body = parts(value)[0]
    return (body.low, body.high) if isinstance(body, Interval) else None
