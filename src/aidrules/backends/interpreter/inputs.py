"""Facts and past decisions to what is known of them: given, dated, assumed or unknown."""

from datetime import date
from typing import Final

from aidrules.backends.interpreter.frames import Closure, Frame
from aidrules.backends.interpreter.scope import Scope
from aidrules.bounds import any_of_type, fail, quotient, unknown_of
from aidrules.case import Series
from aidrules.program import Fact, Recorded
from aidrules.types import Date, Optional, Quantity, Reference, core
from aidrules.values import (
    ABSENT,
    BOTH,
    INFINITY,
    Failure,
    Infinite,
    Interval,
    Number,
    Possible,
    Value,
    parts,
    settle,
)

_TWO: Final = 2


def read_fact(fact: Fact, scope: Scope) -> Closure:
    """Return the closure of a fact of the record itself."""
    name = fact.name
    fill = _filling(fact, scope)

    def closure(frame: Frame) -> Value:
        value = frame.facts.get(name)
        if value is None or value.__class__ is Series:
            filled = frame.filled.get(name)
            if filled is None:
                filled = frame.filled[name] = fill(frame)
            return filled
        return value  # type: ignore[return-value]  # a Series was looked for by its class

    return closure


def is_assumed(fact: Fact, frame: Frame) -> bool:
    """Whether the default stands for a fact: it is missing, and not disputed."""
    record = frame.record
    if fact.default is None or record.is_unlisted or fact.name in frame.facts:
        return False
    given = record.given.get(fact.name)
    return given is None or not given.disputed


def _filling(fact: Fact, scope: Scope) -> Closure:
    """Return the closure of a fact that is not simply given."""
    default = None if fact.default is None else scope.closure(fact.default)

    def fill(frame: Frame) -> Value:
        given = frame.facts.get(fact.name)
        if isinstance(given, Series):
            known = [value for first, value in given.points if first <= frame.today]
            return known[-1] if known else unknown_fact(fact, frame, scope)
        if default is not None and is_assumed(fact, frame):
            return _in_range(default(frame), fact)
        return unknown_fact(fact, frame, scope)

    return fill


def unknown_fact(fact: Fact, frame: Frame, scope: Scope) -> Value:
    """Return the set of all that a fact may be."""
    match core(fact.type):
        case Reference() as reference:
            absent = isinstance(fact.type, Optional)
            return frame.world.any_record(reference, frame.today, absent=absent)
        case _:
            return unknown_of(fact.type, fact.low, fact.high, scope.texts)


def _in_range(value: Value, fact: Fact) -> Value:
    """Return a default as far as it lies in the fact's range; outside of it is an error."""
    body, absent, failure = parts(value)
    if not isinstance(body, Interval) or isinstance(value, Failure):
        return value
    reach, _, _ = parts(unknown_of(core(fact.type), fact.low, fact.high))
    if not isinstance(reach, Interval):
        return value
    low, high = max(body.low, reach.low), min(body.high, reach.high)
    if (low, high) == (body.low, body.high):
        return value
    outside = failure or fail("default-out-of-range", fact.span, name=fact.name)
    return settle(Interval(low, high) if low <= high else None, absent, outside)


def recorded(node: Recorded, scope: Scope) -> Closure:
    """Return the closure of what the office last decided on the record itself."""
    key, part = node.key, node.part
    unknown = _any_past(node, scope)
    first = date(1900, 1, 1).toordinal()

    def closure(frame: Frame) -> Value:
        history, record = frame.world.case.history, frame.record
        if history is None or record.is_unlisted:
            if part == "run_from":
                # It lies before the decision of today.
                return Possible(Interval(first, frame.world.today), absent=True)
            return unknown
        past = history.past.get((record.entity, record.id, key))
        match part:
            case "receives":
                return False if past is None else past.receives
            case "value":
                return ABSENT if past is None else past.value
            case "run_from":
                return ABSENT if past is None else past.run_from

    return closure


def _any_past(node: Recorded, scope: Scope) -> Value:
    """Return what may have been decided, if nobody says; no grant was ever below 0."""
    if node.part == "receives":
        return BOTH
    body = parts(any_of_type(core(node.type), scope.texts))[0]
    is_amount = node.key in scope.program.grant and isinstance(core(node.type), Quantity)
    return Possible(Interval(0, INFINITY) if is_amount else body, absent=True)


def middle(low: Number, high: Number, fact: Fact) -> Number | None:
    """Return the middle of two ends, rounded down to the fact's step; None without both ends."""
    if isinstance(low, Infinite) or isinstance(high, Infinite):
        return None
    half = quotient(low + high, _TWO)
    step = 1 if isinstance(core(fact.type), Date) else fact.step
    return half if step is None else max(low, half // step * step)
