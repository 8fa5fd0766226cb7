"""Possible dates and periods to the possible results of date arithmetic."""

from collections.abc import Callable
from datetime import date as calendar_date
from math import ceil, floor
from typing import Literal, assert_never

from attrs import frozen

from aidrules import dates
from aidrules.bounds.numbers import tidy
from aidrules.bounds.sets import Outcome, bits, fail, strict
from aidrules.bounds.truths import compare
from aidrules.program import Calendar, DateMode, Period
from aidrules.source import Span
from aidrules.values import (
    INFINITY,
    Exact,
    Failure,
    Infinite,
    Interval,
    Number,
    Options,
    Value,
    single,
)

_MONTHS = 12
_DAYS = 31


@frozen
class Days:
    """How days are counted where an expression stands.

    Attributes:
        mode: What a day that does not exist becomes.
        calendar: Which days are worked; None if the module names none.
        span: The place of an error.
    """

    mode: DateMode
    calendar: Calendar | None
    span: Span | None


def move(day: int, count: Exact, unit: str, days: Days) -> int | Failure:
    """Return the day that is so many periods later (earlier, if negative), or why there is none."""
    if count.denominator != 1:
        return fail("part-of-a-period", days.span)
    moved = _move(day, int(count), unit, days.mode, days.calendar)
    return _why_not(unit, days) if moved is None else moved


def _move(day: int, count: int, unit: str, mode: DateMode, calendar: Calendar | None) -> int | None:
    match unit:
        case "working day":
            return None if calendar is None else dates.add_working_days(day, count, calendar)
        case "day" | "week" | "month" | "year":
            return dates.add_periods(day, count, unit, mode)
        case _:
            message = f"no period is called {unit}"
            raise ValueError(message)


def _why_not(unit: str, days: Days) -> Failure:
    """Return the error for a move that has no result, the day and the count being in range."""
    if unit == "working day":
        return fail("no-calendar-year", days.span)
    if days.mode == "refuse" and unit in ("month", "year"):
        return fail("no-such-day", days.span)
    return fail("date-out-of-range", days.span)


def shift(
    date: Value, period: Value, sign: Literal[1, -1], *, unit: str, days: Days, whole: bool = False
) -> Value:
    """Return the possible days a period after a date (before it, if the sign is -1).

    Args:
        date: The possible dates.
        period: The possible numbers of units; one that is not whole is an error.
        sign: In which direction.
        unit: That of the period: `day`, `week`, `month`, `year` or `working day`.
        days: How days are counted.
        whole: Whether the period is proved to be whole.
    """

    def rule(day: Interval, count: Interval) -> Outcome:
        start, steps = single(day), _steps(count)
        if isinstance(start, int) and isinstance(steps, int):
            moved = move(start, sign * steps, unit, days)
            return (None, moved) if isinstance(moved, Failure) else (Interval(moved, moved), None)
        least, most = (count.low, count.high) if sign > 0 else (-count.high, -count.low)
        failure = None if whole or steps is not None else fail("part-of-a-period", days.span)
        least, most = _whole(least, ceil), _whole(most, floor)
        if least > most:
            return None, fail("part-of-a-period", days.span)
        body = Interval(
            _end(day.low, least, unit, days, -INFINITY), _end(day.high, most, unit, days, INFINITY)
        )
        return body, failure or _gap(day, body, unit, days)

    return strict(rule, date, period)


def _steps(count: Interval) -> Exact | None:
    """Return the one number of units, or None if there are several."""
    return (
        tidy(count.low) if count.low == count.high and not isinstance(count.low, Infinite) else None
    )


def _whole(number: Number, cut: Callable[[Exact], int]) -> Number:
    return number if isinstance(number, Infinite) else cut(number)


def _end(day: Number, count: Number, unit: str, days: Days, infinite: Infinite) -> Number:
    """Return an end of the possible days: without bound where no day can be named."""
    if not isinstance(day, int) or not isinstance(count, int):
        return infinite
    mode = days.mode
    if mode == "refuse":
        mode = "down" if infinite is not INFINITY else "up"
    moved = _move(day, count, unit, mode, days.calendar)
    return infinite if moved is None else moved


def _gap(day: Interval, moved: Interval, unit: str, days: Days) -> Failure | None:
    """Return the error that some move may end in, of those that are not a single one."""
    if days.mode == "refuse" and unit in ("month", "year"):
        return fail("no-such-day", days.span)
    first, last = min(day.low, moved.low), max(day.high, moved.high)
    if not isinstance(first, int) or not isinstance(last, int):
        code = "no-calendar-year" if unit == "working day" else "date-out-of-range"
        return fail(code, days.span)
    if unit != "working day":
        return None
    if days.calendar is None:
        return fail("no-calendar-year", days.span)
    years = range(_year(first), _year(last) + 1)
    if all(year in days.calendar.years for year in years):
        return None
    return fail("no-calendar-year", days.span)


def _year(day: int) -> int:
    return calendar_date.fromordinal(day).year


def within(
    date: Value,
    period: Value,
    direction: Literal["before", "after"],
    start: Value,
    *,
    unit: str,
    days: Days,
    whole: bool = False,
) -> Value:
    """Return the possible answers of whether a date lies within a period before or after another.

    Before: start - period <= date < start. After: start < date <= start + period. Both sides are
    always looked at, so that a start without its bound is an error.
    """
    match direction:
        case "before":
            bound = shift(start, period, -1, unit=unit, days=days, whole=whole)
            first, second = compare("<=", bound, date), compare("<", date, start)
        case "after":
            bound = shift(start, period, 1, unit=unit, days=days, whole=whole)
            first, second = compare("<", start, date), compare("<=", date, bound)
        case _:
            assert_never(direction)
    return strict(_both, first, second)


def _both(one: Options, other: Options) -> Outcome:
    return bits(
        no=False in one.values or False in other.values,
        yes=True in one.values and True in other.values,
    ), None


def between(period: Period, first: Value, last: Value, days: Days) -> Value:
    """Return the possible numbers of whole periods from one date to another."""

    def rule(start: Interval, end: Interval) -> Outcome:
        if single(start) is not None and single(end) is not None:
            count = _count(period, start.low, end.low, days.mode, INFINITY)
            if isinstance(count, Infinite):
                return None, fail("no-such-day", days.span)
            return Interval(count, count), None
        refuses = days.mode == "refuse"
        body = Interval(
            _count(period, start.high, end.low, "up" if refuses else days.mode, -INFINITY),
            _count(period, start.low, end.high, "down" if refuses else days.mode, INFINITY),
        )
        may_fail = refuses and period in ("month", "year")
        return body, fail("no-such-day", days.span) if may_fail else None

    return strict(rule, first, last)


def _count(period: Period, first: Number, last: Number, mode: DateMode, none: Infinite) -> Number:
    """Count whole periods; without bound where an end has none, or the policy refuses."""
    if not isinstance(first, int) or not isinstance(last, int):
        return none
    count = dates.periods_between(period, first, last, mode)
    return none if count is None else count


def boundary(
    side: Literal["start", "end"],
    period: Period,
    which: Literal["of", "after", "before"],
    date: Value,
    span: Span | None = None,
) -> Value:
    """Return the possible first or last days of the period of a date, or of a neighbour."""

    def rule(body: Interval) -> Outcome:
        ends: list[Number] = []
        failure: Failure | None = None
        for end, infinite in ((body.low, -INFINITY), (body.high, INFINITY)):
            moved = dates.boundary(side, period, which, end) if isinstance(end, int) else None
            if moved is None:
                failure = failure or fail("date-out-of-range", span)
            ends.append(infinite if moved is None else moved)
        if single(body) is not None and failure is not None:
            return None, failure
        return Interval(*ends), failure

    return strict(rule, date)


def part(period: Literal["year", "month", "day"], date: Value, span: Span | None = None) -> Value:
    """Return the possible years, months of the year, or days of the month."""

    def rule(body: Interval) -> Outcome:
        low, high = body.low, body.high
        if single(body) is not None and not _is_day(low):
            return None, fail("date-out-of-range", span)
        failure = None if _is_day(low) and _is_day(high) else fail("date-out-of-range", span)
        match period:
            case "year":
                return Interval(
                    _part("year", low, -INFINITY), _part("year", high, INFINITY)
                ), failure
            case "month":
                if _part("year", low, -INFINITY) != _part("year", high, INFINITY):
                    return Interval(1, _MONTHS), failure
                return Interval(
                    _part("month", low, -INFINITY), _part("month", high, INFINITY)
                ), failure
            case "day":
                same = all(
                    _part(period, low, -INFINITY) == _part(period, high, INFINITY)
                    for period in ("year", "month")
                )
                if not same:
                    return Interval(1, _DAYS), failure
                return Interval(_part("day", low, -INFINITY), _part("day", high, INFINITY)), failure
            case _:
                assert_never(period)

    return strict(rule, date)


def _is_day(number: Number) -> bool:
    return isinstance(number, int) and dates.in_range(number) is not None


def _part(period: Literal["year", "month", "day"], day: Number, none: Infinite) -> Number:
    found = dates.part(period, day) if isinstance(day, int) else None
    return none if found is None else found
