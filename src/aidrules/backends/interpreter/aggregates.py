"""Records below a record to sums, counts, any and every, the highest and the latest."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from attrs import frozen

from aidrules.backends.interpreter.frames import Closure, Frame, members
from aidrules.backends.interpreter.quick import EXACT, Operand
from aidrules.backends.interpreter.scope import Scope
from aidrules.bounds import add, add_failure, fail, hull, meet, multiply, same_single, truth
from aidrules.program import AnyOver, BestBy, BestOver, CountOver, EveryOver, Records, SumOver
from aidrules.source import Span
from aidrules.types import Choice, Optional, Type
from aidrules.values import (
    INFINITY,
    Failure,
    Interval,
    Number,
    Value,
    bounds,
    failure_of,
    may_be,
    parts,
    settle,
)


@frozen
class Range:
    """Over which records an aggregate goes: the kinds down to them, and the filter."""

    path: tuple[str, ...]
    condition: Closure | None

    @staticmethod
    def of(over: Records, scope: Scope) -> "Range":
        """Return the range of an aggregate."""
        condition = (
            None if over.condition is None else scope.on(over.entity).closure(over.condition)
        )
        return Range(scope.below(over.entity), condition)


@frozen
class Member:
    """What a record brings to an aggregate.

    Attributes:
        times: How many records it stands for.
        may_be_out: Whether the filter may leave it out.
        may_be_in: Whether the filter may let it in; only then it has values.
        is_listed: Whether it was listed; only then its error can be certain.
        values: What was asked of it.
        failure: The error that is possible, or None.
        is_lost: Whether nothing but an error is possible, in a listed record.
    """

    times: int
    may_be_out: bool
    may_be_in: bool
    is_listed: bool
    values: tuple[Value, ...]
    failure: Failure | None
    is_lost: bool

    @property
    def is_in(self) -> bool:
        """Whether it is surely among the records."""
        return self.is_listed and self.may_be_in and not self.may_be_out


@frozen
class Survey:
    """What all records bring.

    Attributes:
        lost: The first certain error of a listed record, or None.
        failure: The first error that is possible, or None.
    """

    members: tuple[Member, ...]
    lost: Failure | None
    failure: Failure | None


def survey(frame: Frame, over: Range, asked: Sequence[Closure]) -> Survey:
    """Return what each record brings; a value is asked for only if the record may be in."""
    group = members(frame, over.path)
    found = [_member(each, 1, over, asked, is_listed=True) for each in group.listed]
    found += [_member(each, count, over, asked, is_listed=False) for each, count in group.optional]
    failures = [each for each in found if each.failure is not None]
    lost = next((each.failure for each in failures if each.is_lost), None)
    return Survey(tuple(found), lost, failures[0].failure if failures else None)


def _member(
    frame: Frame, times: int, over: Range, asked: Sequence[Closure], *, is_listed: bool
) -> Member:
    chosen: Value = True if over.condition is None else over.condition(frame)
    may_be_in, may_be_out = may_be(chosen, True), may_be(chosen, False)
    values: tuple[Value, ...] = ()
    if may_be_in:
        for value in asked:
            values = (*values, value(frame))
    certain = [value for value in (chosen, *values) if isinstance(value, Failure)]
    is_lost = is_listed and not may_be_out and bool(certain)
    failures = map(failure_of, (*(certain if is_lost else ()), chosen, *values))
    failure = next((error for error in failures if error is not None), None)
    return Member(times, may_be_out, may_be_in, is_listed, values, failure, is_lost)


# ---------------------------------------------------------------- sum, count


def sum_over(node: SumOver, scope: Scope) -> Closure:
    """Return the closure of a sum."""
    over = Range.of(node.over, scope)
    value = scope.on(node.over.entity).closure(node.value)

    def general(frame: Frame) -> Value:
        found = survey(frame, over, (value,))
        if found.lost is not None:
            return found.lost
        total: Value = 0
        for member in found.members:
            body = parts(member.values[0])[0] if member.may_be_in else None
            if body is None:
                continue
            part = settle(body) if member.is_in else hull((0, settle(body)))
            total = add(total, multiply(member.times, part) if member.times > 1 else part)
        return add_failure(total, found.failure)

    return _quick_sum(over, value, general) if scope.is_plain else general


def _quick_sum(over: Range, value: Operand, general: Closure) -> Closure:
    condition, path = over.condition, over.path

    def closure(frame: Frame) -> Value:
        group = members(frame, path)
        if group.optional:
            return general(frame)
        total: Any = 0
        for member in group.listed:
            if condition is not None:
                chosen = condition(member)
                if chosen is False:
                    continue
                if chosen is not True:
                    return general(frame)
            part = value(member)
            if part.__class__ not in EXACT:
                return general(frame)
            total += part
        return total  # type: ignore[no-any-return]  # a sum of exact numbers

    return closure


def count_over(node: CountOver, scope: Scope) -> Closure:
    """Return the closure of a count."""
    over = Range.of(node.over, scope)

    def general(frame: Frame) -> Value:
        found = survey(frame, over, ())
        if found.lost is not None:
            return found.lost
        low = sum(member.is_in for member in found.members)
        high = sum(member.times for member in found.members if member.may_be_in)
        return settle(Interval(low, high), absent=False, failure=found.failure)

    return _quick_count(over, general) if scope.is_plain else general


def _quick_count(over: Range, general: Closure) -> Closure:
    condition, path = over.condition, over.path

    def closure(frame: Frame) -> Value:
        group = members(frame, path)
        if group.optional:
            return general(frame)
        if condition is None:
            return len(group.listed)
        count = 0
        for member in group.listed:
            chosen = condition(member)
            if chosen is True:
                count += 1
            elif chosen is not False:
                return general(frame)
        return count

    return closure


# ---------------------------------------------------------------- any, every


def any_over(node: AnyOver, scope: Scope) -> Closure:
    """Return the closure of `any R has C`."""
    return _some_over(node, scope, decisive=True)


def every_over(node: EveryOver, scope: Scope) -> Closure:
    """Return the closure of `every R has C`: no record in it has not."""
    return _some_over(node, scope, decisive=False)


def _some_over(node: AnyOver | EveryOver, scope: Scope, *, decisive: bool) -> Closure:
    """Return the decisive answer if a record gives it, the other if none does."""
    over = Range.of(node.over, scope)
    holds = scope.on(node.over.entity).closure(node.condition)

    def general(frame: Frame) -> Value:
        found = survey(frame, over, (holds,))
        if found.lost is not None:
            return found.lost
        may_decide = any(
            may_be(value, decisive) for member in found.members for value in member.values
        )
        may_not = all(
            member.may_be_out or any(may_be(value, not decisive) for value in member.values)
            for member in found.members
            if member.is_listed
        )
        return truth(
            yes=may_decide if decisive else may_not,
            no=may_not if decisive else may_decide,
            failure=found.failure,
        )

    return _quick_some(over, holds, general, decisive) if scope.is_plain else general


def _quick_some(over: Range, holds: Closure, general: Closure, decisive: bool) -> Closure:  # noqa: FBT001 - a value of the language
    condition, path = over.condition, over.path

    def closure(frame: Frame) -> Value:
        group = members(frame, path)
        if group.optional:
            return general(frame)
        is_decided = False
        for member in group.listed:
            if condition is not None:
                chosen = condition(member)
                if chosen is False:
                    continue
                if chosen is not True:
                    return general(frame)
            held = holds(member)
            if held is decisive:  # and on: the error of any record is an error
                is_decided = True
            elif held is not (not decisive):
                return general(frame)
        return decisive if is_decided else not decisive

    return closure


# ---------------------------------------------------------------- highest, latest


def best_over(node: BestOver, scope: Scope) -> Closure:
    """Return the closure of the highest or lowest value."""
    over = Range.of(node.over, scope)
    value = scope.on(node.over.entity).closure(node.value)
    otherwise = None if node.otherwise is None else scope.closure(node.otherwise)
    highest = node.word == "highest"
    best, worst = (max, min) if highest else (min, max)

    def general(frame: Frame) -> Value:
        found = survey(frame, over, (value,))
        if found.lost is not None:
            return found.lost
        # Near is the end where a record more can only add, far the one that records in it hold.
        inside: list[tuple[Number, Number]] = []
        maybe: list[tuple[Number, Number]] = []
        for member in found.members:
            ends = bounds(member.values[0]) if member.may_be_in else None
            if ends is not None:
                far, near = ends if highest else (ends[1], ends[0])
                maybe.append((far, near))
                if member.is_in:
                    inside.append((far, near))
        results: list[Value] = []
        if maybe:
            near = best(near for _, near in maybe)
            far = best(far for far, _ in inside) if inside else worst(far for far, _ in maybe)
            results.append(settle(Interval(far, near) if highest else Interval(near, far)))
        if not inside and not _all_fail(found):
            results.append(_over_none(node.span, otherwise, frame))
        return _joined(results, found.failure)

    return general


def _all_fail(found: Survey) -> bool:
    """Whether some listed record is surely in, though no value of it is possible."""
    return any(member.is_in for member in found.members)


def _over_none(span: Span, otherwise: Closure | None, frame: Frame) -> Value:
    return fail("empty-set", span) if otherwise is None else otherwise(frame)


def _joined(results: list[Value], failure: Failure | None) -> Value:
    if not results:
        return failure if failure is not None else fail("empty-set", None)
    return add_failure(hull(results), failure)


@frozen
class _Candidate:
    """A record that may have the best key.

    Attributes:
        low: The least key, counted so that the highest is best.
    """

    low: Number
    high: Number
    value: Value
    is_in: bool


def best_by(node: BestBy, scope: Scope) -> Closure:
    """Return the closure of the value of the record whose key is best."""
    over = Range.of(node.over, scope)
    below = scope.on(node.over.entity)
    asked = (below.closure(node.by), below.closure(node.value))
    otherwise = None if node.otherwise is None else scope.closure(node.otherwise)
    named = named_values(node.value.type, scope)

    def general(frame: Frame) -> Value:
        found = survey(frame, over, asked)
        if found.lost is not None:
            return found.lost
        records = list(_candidates(found.members, node.word))
        inside = [record for record in records if record.is_in]
        line: Number = max((record.low for record in inside), default=-INFINITY)
        candidates = [record for record in records if record.high >= line]
        results = [record.value for record in candidates if _may_win(record, inside, named)]
        if _may_tie(candidates, line):
            results.append(fail("tie", node.span))
        if not inside and not _all_fail(found):
            results.append(_over_none(node.span, otherwise, frame))
        return _joined(results, found.failure)

    return general


def _candidates(
    found: Iterable[Member], word: Literal["highest", "lowest"]
) -> Iterable[_Candidate]:
    """Yield the records that may be in; of several optional ones two, for they may tie."""
    for member in found:
        if not member.may_be_in:
            continue
        by, value = member.values
        ends = bounds(by)
        body, absent, _ = parts(value)
        if ends is None or (body is None and not absent):
            continue
        low, high = ends if word == "highest" else (-ends[1], -ends[0])
        candidate = _Candidate(low, high, settle(body, absent), member.is_in)
        yield candidate
        if not member.is_listed:
            yield candidate


def _may_win(record: _Candidate, inside: list[_Candidate], named: frozenset[str]) -> bool:
    """Whether each rival that is surely in may be below, or level with the same value."""
    return all(
        rival is record
        or rival.low < record.high
        or (rival.low == record.high and _may_be_same(rival.value, record.value, named))
        for rival in inside
    )


def _may_be_same(one: Value, other: Value, named: frozenset[str]) -> bool:
    body, absent, _ = parts(one)
    other_body, other_absent, _ = parts(other)
    if absent and other_absent:
        return True
    return body is not None and other_body is not None and meet(body, other_body, named)


def _may_tie(candidates: list[_Candidate], line: Number) -> bool:
    """Whether two may be level at the line or above it, with values that may differ."""
    for at, one in enumerate(candidates):
        for other in candidates[at + 1 :]:
            is_level = max(one.low, other.low, line) <= min(one.high, other.high)
            if is_level and not same_single(one.value, other.value):
                return True
    return False


def named_values(type_: Type, scope: Scope) -> frozenset[str]:
    """Return what the policy names of a type: "other" is none of these."""
    match type_:
        case Optional(type=inner):
            return named_values(inner, scope)
        case Choice(values=values):
            return frozenset(values)
        case _:
            return scope.texts
