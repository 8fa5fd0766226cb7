"""Possible values to the possible answers of comparisons and of `and`, `or`, `not`."""

from collections.abc import Callable, Collection, Iterable
from typing import Literal, assert_never

from aidrules.bounds.sets import Outcome, bits, hull, strict, truth
from aidrules.values import (
    OTHER,
    Body,
    Failure,
    Interval,
    Options,
    Possible,
    Selections,
    Value,
    failure_of,
    may_be,
    parts,
    settle,
    single,
)

NONE_NAMED: frozenset[str] = frozenset()


def compare(op: Literal["<", "<=", ">", ">="], left: Value, right: Value) -> Value:
    """Return the possible answers of an order."""
    match op:
        case "<":
            return strict(_below, left, right)
        case "<=":
            return strict(_not_above, left, right)
        case ">":
            return strict(lambda one, other: _below(other, one), left, right)
        case ">=":
            return strict(lambda one, other: _not_above(other, one), left, right)
        case _:
            assert_never(op)


def _below(left: Interval, right: Interval) -> Outcome:
    return bits(no=left.high >= right.low, yes=left.low < right.high), None


def _not_above(left: Interval, right: Interval) -> Outcome:
    return bits(no=left.high > right.low, yes=left.low <= right.high), None


def equal(left: Value, right: Value, named: Collection[str] = NONE_NAMED) -> Value:
    """Return the possible answers of whether two values are the same.

    Args:
        left: One.
        right: The other.
        named: What the policy names of texts or of an open choice; "other" is none of these.
    """
    return strict(lambda one, other: (_sameness(one, other, named), None), left, right)


def _sameness(one: Body, other: Body, named: Collection[str]) -> Options:
    is_same = single(one) is not None and single(one) == single(other)
    return bits(no=not is_same, yes=meet(one, other, named))


def meet(one: Body, other: Body, named: Collection[str] = NONE_NAMED) -> bool:
    """Whether some value is in both."""
    match one, other:
        case Interval(), Interval():
            return max(one.low, other.low) <= min(one.high, other.high)
        case Options(), Options():
            return any(_holds(other, value, named) for value in one.values) or any(
                _holds(one, value, named) for value in other.values
            )
        case Selections(), Selections():
            return all(_may_include(other, value, named) for value in one.sure) and all(
                _may_include(one, value, named) for value in other.sure
            )
        case _:
            message = f"values of two types: {one} and {other}"
            raise TypeError(message)


def _holds(body: Options, value: bool | str, named: Collection[str]) -> bool:  # noqa: FBT001 - a value of the language
    """Whether a value is in a set, as itself or as one of the others."""
    return value in body.values or (OTHER in body.values and value not in named)


def _may_include(body: Selections, value: str, named: Collection[str]) -> bool:
    """Whether a value may be in a list, as itself or as one of the others."""
    if value == OTHER:
        return any(member not in named for member in body.possible)
    return value in body.possible or (OTHER in body.possible and value not in named)


def one_of(value: Value, values: Collection[str]) -> Value:
    """Return the possible answers of whether a value is in a list that the policy writes."""

    def rule(body: Options) -> Outcome:
        return bits(
            no=any(member not in values for member in body.values),
            yes=any(member in values for member in body.values),
        ), None

    return strict(rule, value)


def includes(selection: Value, value: Value, named: Collection[str] = NONE_NAMED) -> Value:
    """Return the possible answers of whether a list holds a value."""

    def rule(body: Selections, wanted: Options) -> Outcome:
        members = [str(member) for member in wanted.values]
        return bits(
            no=any(member == OTHER or member not in body.sure for member in members),
            yes=any(_may_include(body, member, named) for member in members),
        ), None

    return strict(rule, selection, value)


def negate(value: Value) -> Value:
    """Return no for yes."""
    return strict(lambda body: (Options(frozenset(not bit for bit in body.values)), None), value)


def conjunction(items: Iterable[Value]) -> Value:
    """Return `and`: an item is asked for only if all before it may be yes."""
    return _guarded(items, decisive=False)


def disjunction(items: Iterable[Value]) -> Value:
    """Return `or`: an item is asked for only if all before it may be no."""
    return _guarded(items, decisive=True)


def _guarded(items: Iterable[Value], *, decisive: bool) -> Value:
    """Return the decisive answer where an item gives it, the other where all items do."""
    is_decisive = absent = False
    failure: Failure | None = None
    certain: Failure | None = None
    reached_end = True
    for item in items:
        absent = absent or parts(item)[1]
        is_decisive = is_decisive or may_be(item, decisive)
        failure = failure or failure_of(item)
        if isinstance(item, Failure):
            certain = item
        if not may_be(item, not decisive):
            reached_end = False
            break
    # Of two errors the certain one is told, if the result can be nothing else.
    nothing_else = not (reached_end or is_decisive or absent)
    return truth(
        no=reached_end if decisive else is_decisive,
        yes=is_decisive if decisive else reached_end,
        absent=absent,
        failure=(certain or failure) if nothing_else else failure,
    )


def unguarded_or(items: Iterable[Value]) -> Value:
    """Return whether any item is yes; the certain error of any is an error."""
    values = tuple(items)
    for value in values:
        if isinstance(value, Failure):
            return value
    return truth(
        no=all(may_be(value, False) for value in values),
        yes=any(may_be(value, True) for value in values),
        absent=any(parts(value)[1] for value in values),
        failure=next((error for error in map(failure_of, values) if error is not None), None),
    )


def is_none(value: Value) -> Value:
    """Return the possible answers of whether nothing is there."""
    body, absent, failure = parts(value)
    return truth(no=body is not None, yes=absent, failure=failure)


def else_(value: Value, alternative: Callable[[], Value]) -> Value:
    """Return the value, and the alternative in place of nothing; asked for only then."""
    body, absent, failure = parts(value)
    if not absent:
        return value
    other = alternative()
    return other if body is None and failure is None else hull((_there(body, failure), other))


def present(value: Value, nothing: Failure) -> Value:
    """Return a value that a condition before it says is there.

    Args:
        nothing: What it is if nothing is there after all; the condition keeps that from being
            asked.
    """
    body, absent, failure = parts(value)
    if not absent:
        return value
    return nothing if body is None and failure is None else _there(body, failure)


def _there(body: Body | None, failure: Failure | None) -> Value:
    """Return a value without the possibility that nothing is there."""
    return settle(body, absent=False, failure=failure)


def same_single(one: Value, other: Value) -> bool:
    """Whether two values are certainly the same."""
    return not isinstance(one, Possible) and one == other
