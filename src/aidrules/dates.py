"""Days to days, counts and parts of dates: exact arithmetic on ordinals of the Gregorian calendar.

A day is its ordinal: 1 is 1 January of the year 1. What would leave the years 1 to 9999, or what
the rule of a policy refuses, is None.
"""

from calendar import monthrange
from datetime import date
from typing import Final, Literal, assert_never

from aidrules.program import Calendar, DateMode, Period

FIRST_DAY: Final = date.min.toordinal()
LAST_DAY: Final = date.max.toordinal()
_WEEK: Final = 7
_MONTHS: Final = 12
_SATURDAY: Final = 5


def in_range(ordinal: int) -> int | None:
    """Return the ordinal, or None outside of the years 1 to 9999."""
    return ordinal if FIRST_DAY <= ordinal <= LAST_DAY else None


def add_months(ordinal: int, months: int, mode: DateMode) -> int | None:
    """Return the same day of the month, that many months later (earlier, if negative).

    A day that the month does not have becomes its last (down), the first of the next month (up),
    or None (refuse).
    """
    if in_range(ordinal) is None:
        return None
    day = date.fromordinal(ordinal)
    year, month = _month(day.year * _MONTHS + day.month - 1 + months)
    if not date.min.year <= year <= date.max.year:
        return None
    last = monthrange(year, month)[1]
    if day.day <= last:
        return date(year, month, day.day).toordinal()
    end = date(year, month, last).toordinal()
    match mode:
        case "down":
            return end
        case "up":
            return end + 1
        case "refuse":
            return None
        case _:
            assert_never(mode)


def add_periods(ordinal: int, count: int, period: Period, mode: DateMode) -> int | None:
    """Return the day that many periods later; see `add_months`."""
    match period:
        case "day":
            return in_range(ordinal + count)
        case "week":
            return in_range(ordinal + count * _WEEK)
        case "month":
            return add_months(ordinal, count, mode)
        case "year":
            return add_months(ordinal, count * _MONTHS, mode)
        case _:
            assert_never(period)


def is_worked(ordinal: int, calendar: Calendar) -> bool:
    """Whether a day of a year that the calendar knows is worked."""
    if (ordinal - 1) % _WEEK < _SATURDAY:
        return ordinal not in calendar.off
    return ordinal in calendar.worked


def add_working_days(ordinal: int, count: int, calendar: Calendar) -> int | None:
    """Return the day that is that many working days after (before, if negative).

    The day itself is not counted, and for a count of 0 it is returned as it is. None if a day
    passed on the way is of a year that the calendar does not know.
    """
    step = 1 if count > 0 else -1
    left = abs(count)
    while left:
        ordinal += step
        if in_range(ordinal) is None or date.fromordinal(ordinal).year not in calendar.years:
            return None
        left -= is_worked(ordinal, calendar)
    return in_range(ordinal)


def periods_between(period: Period, first: int, last: int, mode: DateMode) -> int | None:
    """Return the most whole periods that, added to the first day, do not pass the last.

    Negative if the last day comes first. None where the policy refuses a day that does not exist
    and the count depends on it.
    """
    if in_range(first) is None or in_range(last) is None:
        return None
    match period:
        case "day":
            return last - first
        case "week":
            return (last - first) // _WEEK
        case "month":
            return _months_between(first, last, 1, mode)
        case "year":
            return _months_between(first, last, _MONTHS, mode)
        case _:
            assert_never(period)


def _months_between(first: int, last: int, length: int, mode: DateMode) -> int | None:
    """Count periods of a number of months."""
    start, end = date.fromordinal(first), date.fromordinal(last)
    months = (end.year - start.year) * _MONTHS + end.month - start.month
    count, rest = divmod(months, length)
    if rest:  # the last of them ends in a month before that of the last day
        return count
    down = count if min(start.day, monthrange(end.year, end.month)[1]) <= end.day else count - 1
    up = count if start.day <= end.day else count - 1
    match mode:
        case "down":
            return down
        case "up":
            return up
        case "refuse":
            return down if down == up else None
        case _:
            assert_never(mode)


def boundary(
    side: Literal["start", "end"],
    period: Period,
    which: Literal["of", "after", "before"],
    ordinal: int,
) -> int | None:
    """Return the first or last day of the period of a day, or of the one after or before it.

    Weeks begin on Monday.
    """
    if in_range(ordinal) is None:
        return None
    offset = {"of": 0, "after": 1, "before": -1}[which]
    if side == "end":
        following = _start(period, offset + 1, ordinal)
        return None if following is None else in_range(following - 1)
    start = _start(period, offset, ordinal)
    return None if start is None else in_range(start)


def _start(period: Period, offset: int, ordinal: int) -> int | None:
    """Return the first day of a period, which may be the day after the last of all days."""
    match period:
        case "day":
            return ordinal + offset
        case "week":
            return ordinal - (ordinal - 1) % _WEEK + offset * _WEEK
        case "month" | "year":
            day = date.fromordinal(ordinal)
            index = day.year * _MONTHS + (
                day.month - 1 + offset if period == "month" else offset * _MONTHS
            )
            year, month = _month(index)
            if (year, month) == (date.max.year + 1, 1):
                return LAST_DAY + 1
            if not date.min.year <= year <= date.max.year:
                return None
            return date(year, month, 1).toordinal()
        case _:
            assert_never(period)


def part(period: Literal["year", "month", "day"], ordinal: int) -> int | None:
    """Return the year, the month of the year, or the day of the month."""
    if in_range(ordinal) is None:
        return None
    day = date.fromordinal(ordinal)
    match period:
        case "year":
            return day.year
        case "month":
            return day.month
        case "day":
            return day.day
        case _:
            assert_never(period)


def months_from(first: int, last: int) -> range:
    """Return the months from that of the first day up to, not with, that of the last.

    A month is its number counted from the year 0; `first_of_month` gives its first day.
    """
    start, end = date.fromordinal(first), date.fromordinal(last)
    return range(start.year * _MONTHS + start.month - 1, end.year * _MONTHS + end.month - 1)


def first_of_month(month: int) -> int:
    """Return the first day of a month of `months_from`."""
    return date(*_month(month), 1).toordinal()


def _month(index: int) -> tuple[int, int]:
    """Return year and month of the year."""
    year, month = divmod(index, _MONTHS)
    return year, month + 1
