"""Days as terms to months, counts and parts: the calendar in whole-number arithmetic.

A year of this page begins in March, so that the day that some years lack stands at its end.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal, assert_never

from attrs import frozen

from aidrules import dates
from aidrules.backends.smt import terms
from aidrules.backends.smt.terms import (
    Exactly,
    Int,
    Unfit,
    Why,
    both,
    either,
    floor_div,
    negation,
    pick,
)
from aidrules.backends.smt.values import Curve, Num, Term, halved, number, plain, strict
from aidrules.program import Boundary, Calendar, DateMode, Period, PeriodsBetween

FIRST_DAY: Final = date(1900, 3, 1).toordinal()
LAST_DAY: Final = date(2100, 2, 28).toordinal()
"""The days between which dates without a declared range are looked at."""

_MARCH: Final = date(1, 3, 1).toordinal() - 365
"""The first of March of the year 0, counted as the calendar is now."""

_CYCLE, _YEAR, _MONTHS, _TWO, _WEEK = 1461, 365, 12, 2, 7
_FIRSTS: Final = (0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337)
_MONTH_LENGTH: Final = 31


@frozen
class Civil:
    """A day of a month.

    Attributes:
        month: Counted from January of the year 0.
        day: From 1 on.
    """

    month: Int
    day: Int


def civil(day: Exactly) -> Civil:
    """Return month and day of the month of an ordinal.

    What stands for a day where there is none, being absent or an error, may be no day at all.
    """
    if isinstance(day.whole, int):
        known = date.fromordinal(min(max(day.whole, dates.FIRST_DAY), dates.LAST_DAY))
        return Civil(known.year * _MONTHS + known.month - 1, known.day)
    if (
        day.low is not None
        and day.high is not None
        and FIRST_DAY <= day.low <= day.high <= LAST_DAY
    ):
        since = day.whole - FIRST_DAY
        cycle = floor_div(since, _CYCLE)
        rest = since - cycle * _CYCLE
        within = pick(rest >= 3 * _YEAR, 3, pick(rest >= 2 * _YEAR, 2, pick(rest >= _YEAR, 1, 0)))
        year, left = 1900 + cycle * 4 + within, rest - within * _YEAR
    else:
        since = day.whole - _MARCH
        guess = floor_div(since * 10_000 + 14_780, 3_652_425)
        year = pick(since < _before(guess), guess - 1, guess)
        left = since - _before(year)
    month, first = 0, 0
    for at, start in enumerate(_FIRSTS):
        month = pick(left >= start, at, month) if at else 0
        first = pick(left >= start, start, first) if at else 0
    return Civil(year * _MONTHS + month + _TWO, left - first + 1)


def _before(year: Int) -> Int:
    """Return how many days there are from March of the year 0 to March of a year."""
    return year * _YEAR + floor_div(year, 4) - floor_div(year, 100) + floor_div(year, 400)


def first_of(month: Int) -> Int:
    """Return the ordinal of the first day of a month."""
    if isinstance(month, int):
        return dates.first_of_month(month)
    shifted = month - _TWO
    year = floor_div(shifted, _MONTHS)
    within = shifted - year * _MONTHS
    first = _FIRSTS[0]
    for at, start in enumerate(_FIRSTS[1:], 1):
        first = pick(within >= at, start, first)
    return _MARCH + _before(year) + first


def add_months(day: Exactly, months: Exactly, mode: DateMode) -> Exactly:
    """Return the same day of the month, some months later; see `dates.add_months`."""
    start = civil(day)
    month = start.month + months.whole
    first, following = first_of(month), first_of(month + 1)
    length = following - first
    is_over = start.day > length
    match mode:
        case "down":
            whole = first + pick(is_over, length, start.day) - 1
        case "up":
            whole = pick(is_over, following, first + start.day - 1)
        case "refuse":
            raise Unfit(Why.REFUSED_DAY)
    low = high = None
    if None not in (day.low, months.low):
        low = _moved(day.low, months.low, -1)
    if None not in (day.high, months.high):
        high = _moved(day.high, months.high, 1)
    return Exactly(whole, 1, low, high)


def _moved(day: object, months: object, side: Literal[1, -1]) -> int:
    """Return a bound of the days some months after a day."""
    count = int(months)  # type: ignore[call-overload] # a whole number
    longest = _MONTH_LENGTH if (count > 0) == (side > 0) else 28
    return int(day) + count * longest + side * _MONTH_LENGTH  # type: ignore[call-overload, no-any-return] # an ordinal


def shift(start: Term, period: Term, sign: Literal[1, -1], unit: str, mode: DateMode) -> Term:
    """Return a date moved by a period."""
    flags = strict((start, period))
    count = number(period)
    if count.scale != 1:
        raise Unfit(Why.PERIOD)
    if sign < 0:
        count = terms.minus(count)
    match unit:
        case "day" | "week":
            by = terms.multiply(count, terms.exact(_WEEK if unit == "week" else 1))
            return _in_calendar(terms.add(number(start), by), flags)
        case "month" | "year":
            length = 1 if unit == "month" else _MONTHS
            months = terms.multiply(count, terms.exact(length))
            return _by_months(start, months, mode, flags)
        case _:
            raise Unfit(Why.WORKING_DAYS)


def _by_months(start: Term, months: Exactly, mode: DateMode, flags: Mapping[str, Any]) -> Term:
    known = months.constant
    if known is None:
        return _in_calendar(add_months(number(start), months, mode), flags)
    count = int(known)
    match plain(start):
        case Num(exact=Exactly(whole=int() as day)):
            moved = dates.add_months(day, count, mode)
            if moved is None:
                error = either(flags["error"], negation(flags["absent"]))
                return Num(exact=terms.exact(day), absent=flags["absent"], error=error)
            return Num(exact=terms.exact(moved), **flags)
        case Num(exact=Exactly(low=low, high=high) as day) if low is not None and high is not None:
            if mode == "refuse":
                raise Unfit(Why.REFUSED_DAY)

            def rule(at: int) -> int:
                moved = dates.add_months(at, count, mode)
                if moved is None:
                    raise Unfit(Why.PERIOD)
                return moved

            return Curve(
                base=day.whole,
                low=int(low),
                high=int(high),
                rule=rule,
                rises=True,
                formula=lambda: add_months(day, months, mode),
                **flags,
            )
        case _:
            return _in_calendar(add_months(number(start), months, mode), flags)


def _in_calendar(day: Exactly, flags: Mapping[str, Any]) -> Num:
    """Return a day; an error where it is before the year 1 or after the year 9999."""
    outside = either(
        terms.below(day, terms.exact(dates.FIRST_DAY)),
        terms.below(terms.exact(dates.LAST_DAY), day),
    )
    error = either(flags["error"], both(negation(flags["absent"]), outside))
    return Num(exact=day, absent=flags["absent"], error=error)


def working_days(start: Term, period: Term, count: int, calendar: Calendar) -> Term:
    """Return a date so many working days later; an error where the calendar does not reach."""
    flags = strict((start, period))
    day = number(start)
    reached = {
        at: moved
        for at in _known_days(calendar)
        if (moved := dates.add_working_days(at, count, calendar)) is not None
    }
    if not count:
        return Num(exact=day, **flags)
    first, last = min(reached, default=0), max(reached, default=-1)
    if any(at not in reached for at in range(first, last + 1)):
        raise Unfit(Why.WORKING_DAYS)  # the calendar has a gap
    known = both(day.whole >= first, day.whole <= last)
    error = either(flags["error"], both(negation(flags["absent"]), negation(known)))
    if known is False or isinstance(day.whole, int):
        moved = reached.get(day.whole, 0) if isinstance(day.whole, int) else 0
        return Num(exact=terms.exact(moved), absent=flags["absent"], error=error)
    ahead = {at: moved - at for at, moved in reached.items()}
    turns = [(at, ahead[at]) for at in ahead if at == first or ahead[at] != ahead[at - 1]]
    return Curve(
        base=day.whole,
        low=first,
        high=last,
        rule=lambda at: reached[min(max(at, first), last)],
        rises=True,
        formula=lambda: terms.add(day, halved(day.whole, turns)),
        absent=flags["absent"],
        error=error,
    )


def _known_days(calendar: Calendar) -> Iterator[int]:
    """Yield the days of the years that a calendar knows, and the days beside them."""
    for year in sorted(calendar.years):
        yield from range(date(year, 1, 1).toordinal() - 1, date(year, 12, 31).toordinal() + 2)


def between(node: PeriodsBetween, first: Term, last: Term) -> Term:
    """Return how many whole periods lie between two dates."""
    flags = strict((first, last))
    start, end = number(first), number(last)
    period, mode = node.period, node.calendar.mode
    if period in ("day", "week"):
        apart = terms.subtract(end, start)
        return Num(
            exact=apart if period == "day" else terms.rounded(_weeks(apart), "down", _ONE), **flags
        )
    if start.constant is not None and end.constant is not None:
        count = dates.periods_between(period, int(start.constant), int(end.constant), mode)
        if count is None:
            error = either(flags["error"], negation(flags["absent"]))
            return Num(exact=terms.NOTHING, absent=flags["absent"], error=error)
        return Num(exact=terms.exact(count), **flags)
    if mode == "refuse":
        raise Unfit(Why.REFUSED_DAY)
    for moving, still, is_first in ((start, end, True), (end, start, False)):
        if still.constant is None or moving.low is None or moving.high is None:
            continue
        day = int(still.constant)

        def rule(at: int, day: int = day, is_first: bool = is_first) -> int:  # noqa: FBT001 - which of the two moves
            ends = (at, day) if is_first else (day, at)
            count = dates.periods_between(period, *ends, mode)
            if count is None:
                raise Unfit(Why.PERIOD)
            return count

        return Curve(
            base=moving.whole,
            low=int(moving.low),
            high=int(moving.high),
            rule=rule,
            rises=not is_first,
            formula=lambda: _months_between(start, end, period, mode),
            **flags,
        )
    return Num(exact=_months_between(start, end, period, mode), **flags)


_ONE: Final = Fraction(1)


def _weeks(days: Exactly) -> Exactly:
    return terms.multiply(days, terms.exact(Fraction(1, _WEEK)))


def _months_between(start: Exactly, end: Exactly, period: Period, mode: DateMode) -> Exactly:
    """Return the months or years between two dates; see `dates.periods_between`."""
    length = 1 if period == "month" else _MONTHS
    one, other = civil(start), civil(end)
    months = other.month - one.month
    count = floor_div(months, length)
    is_level = months == count * length
    if mode == "down":
        longest = first_of(other.month + 1) - first_of(other.month)
        reached = pick(one.day > longest, longest, one.day) <= other.day
    else:
        reached = one.day <= other.day
    whole = pick(terms.both(is_level, negation(reached)), count - 1, count)
    low = high = None
    if None not in (start.high, end.low):
        low = (end.low - start.high) // (28 * length) - 2  # type: ignore[operator] # both are known
    if None not in (start.low, end.high):
        high = (end.high - start.low) // (28 * length) + 2  # type: ignore[operator] # both are known
    return Exactly(whole, 1, low, high)


def boundary(node: Boundary, value: Term) -> Term:
    """Return the first or last day of the period of a date, or of the one after or before it."""
    day = number(value)
    flags = strict((value,))
    if isinstance(day.whole, int):
        known = dates.boundary(node.side, node.period, node.which, day.whole)
        if known is None:
            error = either(flags["error"], negation(flags["absent"]))
            return Num(exact=day, absent=flags["absent"], error=error)
        return Num(exact=terms.exact(known), **flags)
    offset = {"of": 0, "after": 1, "before": -1}[node.which]
    if node.side == "end":
        offset += 1
    start = _start(node.period, day, offset)
    low = None if day.low is None else day.low - 800
    high = None if day.high is None else day.high + 800
    whole = start - 1 if node.side == "end" else start
    return _in_calendar(Exactly(whole, 1, low, high), flags)


def _start(period: Period, day: Exactly, offset: int) -> Int:
    whole = day.whole
    match period:
        case "day":
            return whole + offset
        case "week":
            return floor_div(whole - 1, _WEEK) * _WEEK + 1 + offset * _WEEK
        case "month":
            return first_of(civil(day).month + offset)
        case "year":
            return first_of((floor_div(civil(day).month, _MONTHS) + offset) * _MONTHS)
        case _:
            assert_never(period)


def part(period: Literal["year", "month", "day"], value: Term) -> Term:
    """Return the year, the month of the year, or the day of the month."""
    found = civil(number(value))
    year = floor_div(found.month, _MONTHS)
    match period:
        case "year":
            whole, ends = year, (0, 9999)
        case "month":
            whole, ends = found.month - year * _MONTHS + 1, (1, 12)
        case "day":
            whole, ends = found.day, (1, 31)
        case _:
            assert_never(period)
    exact = terms.exact(whole) if isinstance(whole, int) else Exactly(whole, 1, *ends)
    return Num(exact=exact, absent=value.absent, error=value.error)
