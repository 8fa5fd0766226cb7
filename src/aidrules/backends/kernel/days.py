"""Date arithmetic to terms: periods added and counted, by functions of the prelude."""

from typing import Final, Literal

from attrs import evolve

from aidrules.backends.kernel import numbers
from aidrules.backends.kernel.compare import order
from aidrules.backends.kernel.context import CalendarArray, Lowering
from aidrules.backends.kernel.numbers import Frac
from aidrules.backends.kernel.sets import (
    ANYHOW,
    Flags,
    Num,
    Truth,
    decided,
    flags_of,
    lead_of,
    strict,
    with_flags,
)
from aidrules.backends.kernel.terms import NO, YES, ZERO, Bit, Int, Unfit, Why, number
from aidrules.program import Boundary, DateRules, Part, PeriodsBetween, Within
from aidrules.types import Quantity, Type, core

FIRST, LAST = 1, 3_652_059
"""The first and last day that there are, as ordinals."""

_MONTHS: Final = {"month": 1, "year": 12}
_DAYS: Final = {"day": 1, "week": 7}
_SLACK: Final = {"day": 0, "week": 0, "month": 3, "year": 3}
"""By how many days more than a day moves the day that many periods from it may move."""


def _day(value: Num) -> tuple[Int, Int]:
    """Return the ends of a date."""
    for end in (value.low, value.high):
        if end.scale != 1 or end.divisor is not None:
            raise Unfit(Why.DAY)
    return value.low.whole, value.high.whole


def shift(
    date: Num, period: Num, sign: Literal[1, -1], unit: str, rules: DateRules, lower: Lowering
) -> Num:
    """Return the day a period after a date, or before it."""
    write = lower.write
    flags = strict(write, (date, period))
    _only_finite(lower, date, period)
    is_single = date.low is date.high and period.low is period.high
    if not is_single:
        # A period that is not known is for the interpreter; one of a known number of units is not.
        lower.defer(write.negation(decided(write, period)))
    count, is_whole = _count(period, lower)
    count = count if sign > 0 else write.negate(count)
    error = write.both(flags.here, write.negation(is_whole))
    if not is_single:
        lower.defer(error)
    ends: list[Int] = []
    for end in dict.fromkeys(_day(date)):
        moved, is_day = _moved(end, count, unit, rules, lower)
        ends.append(moved)
        missing = write.both(flags.here, write.negation(is_day))
        error = write.either(error, missing)
        if not is_single:
            lower.defer(missing)
    if not is_single and (rules.mode == "refuse" or unit == "working day"):
        lower.defer(write.negation(decided(write, date)))
    lead = None
    if date.lead is not None and rules.mode == "refuse":
        lower.expect_change(ZERO, YES)
    if date.lead is not None or period.lead is not None:
        slack = _SLACK.get(unit, ANYHOW)
        is_simple = period.lead is None and slack != ANYHOW and date.lead not in (None, ANYHOW)
        lead = (date.lead or 0) + slack if is_simple else ANYHOW
    low, high = Frac(ends[0]), Frac(ends[-1])
    made = Flags(
        here=write.both(flags.here, write.negation(error)),
        absent=flags.absent,
        error=write.either(flags.error, error),
        single=flags.single,
    )
    return Num(low=low, high=low if len(ends) == 1 else high, lead=lead, **flags_of(made))


def _only_finite(lower: Lowering, *values: Num) -> None:
    for value in values:
        lower.defer(lower.write.either(value.no_low, value.no_high))


def _count(period: Num, lower: Lowering) -> tuple[Int, Bit]:
    """Return a number of periods, cut off far outside of all dates, and whether it is whole."""
    write, exact = lower.write, period.low
    far = LAST
    if exact.scale == 1 and exact.divisor is None:
        return write.narrowed(exact.whole, -far, far), YES
    by = write.multiply(number(exact.scale), exact.divisor or number(1))
    whole = write.divide(exact.whole, by)
    is_whole = write.same(write.multiply(whole, by), exact.whole)
    return write.narrowed(whole, -far, far), is_whole


def _moved(day: Int, count: Int, unit: str, rules: DateRules, lower: Lowering) -> tuple[Int, Bit]:
    """Return the day that many periods later, and whether there is one."""
    write = lower.write
    if unit == "working day":
        return _working(day, count, rules, lower)
    if unit in _DAYS:
        moved = write.add(day, write.multiply(count, number(_DAYS[unit])))
        return _in_calendar(moved, lower)
    months = write.narrowed(write.multiply(count, number(_MONTHS[unit])), -200_000, 200_000)
    low = day.low + months.low * 32 - 32 if months.low < 0 else day.low + months.low * 28 - 3
    high = day.high + months.high * 32 + 32 if months.high > 0 else day.high + months.high * 28 + 3
    mode = {"down": 0, "up": 1, "refuse": 2}[rules.mode]
    moved = write.call("add_months", (day, months, number(mode)), min(low, -1), high)
    if rules.mode != "refuse" and low >= FIRST and high <= LAST:
        return moved, YES
    return _in_calendar(moved, lower)


def _in_calendar(moved: Int, lower: Lowering) -> tuple[Int, Bit]:
    write = lower.write
    is_day = write.both(write.at_most(number(FIRST), moved), write.at_most(moved, number(LAST)))
    return write.narrowed(moved, FIRST, LAST), is_day


def _working(day: Int, count: Int, rules: DateRules, lower: Lowering) -> tuple[Int, Bit]:
    write = lower.write
    if rules.calendar is None:
        return day, NO
    calendar = lower.program.calendars[rules.calendar]
    first, last = min(calendar.years, default=1), max(calendar.years, default=1)
    array = lower.arrays.name(CalendarArray(rules.calendar))
    level = max(day.level, count.level)
    text = (
        f"add_working_days({day.text}, {count.text}, {array}, "
        f"{first_of_year(first)}, {first_of_year(last + 1) - first_of_year(first)})"
    )
    moved = write.whole(text, -1, LAST, level)
    return write.maximum(moved, number(FIRST)), write.at_most(number(FIRST), moved)


def first_of_year(year: int) -> int:
    """Return 1 January as an ordinal."""
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400 + 1


def within(node: Within, date: Num, period: Num, start: Num, lower: Lowering) -> Truth:
    """Return whether a date lies within a period before or after another."""
    write = lower.write
    unit = _unit(node.period.type)
    sign: Literal[1, -1] = -1 if node.direction == "before" else 1
    bound = shift(start, period, sign, unit, node.calendar, lower)
    if node.direction == "before":
        first, second = order("<=", bound, date, lower), order("<", date, start, lower)
    else:
        first, second = order("<", start, date, lower), order("<=", date, bound, lower)
    flags = strict(write, (first, second))
    yes = write.both(first.yes, second.yes)
    no = write.both(flags.here, write.either(first.no, second.no))
    made = Truth(yes=yes, no=no, here=write.either(yes, no))
    found = with_flags(write, made, flags)
    if not isinstance(found, Truth):
        raise TypeError(found)
    return found


def _unit(type_: Type) -> str:
    match core(type_):
        case Quantity(unit=unit):
            return unit.duration or "day"
        case _:
            return "day"


def between(node: PeriodsBetween, first: Num, last: Num, lower: Lowering) -> Num:
    """Return the whole periods from one date to another, rounded toward minus infinity."""
    write = lower.write
    flags = strict(write, (first, last))
    _only_finite(lower, first, last)
    is_single = first.low is first.high and last.low is last.high
    refuses = node.calendar.mode == "refuse" and node.period in _MONTHS
    if refuses and not is_single:
        both = write.both(decided(write, first), decided(write, last))
        lower.defer(write.negation(both))
    first_low, first_high = _day(first)
    last_low, last_high = _day(last)
    low = _counted(node, first_high, last_low, lower, up=node.calendar.mode == "up")
    high = low
    if not is_single:
        high = _counted(node, first_low, last_high, lower, up=node.calendar.mode == "up")
    error = NO
    if refuses:
        other = _counted(node, first_high, last_low, lower, up=True)
        error = write.both(flags.here, write.negation(write.same(low, other)))
    _watch(node, first, last, low, lower)
    made = Flags(
        here=write.both(flags.here, write.negation(error)),
        absent=flags.absent,
        error=write.either(flags.error, error),
        single=flags.single,
    )
    least = Frac(low)
    return Num(low=least, high=least if is_single else Frac(high), **flags_of(made))


def _counted(node: PeriodsBetween, first: Int, last: Int, lower: Lowering, *, up: bool) -> Int:
    write = lower.write
    apart = write.subtract(last, first)
    if node.period in _DAYS:
        return write.divide(apart, number(_DAYS[node.period]))
    length = _MONTHS[node.period]
    low, high = apart.low // (28 * length) - 2, apart.high // (28 * length) + 2
    operands = (first, last, number(length), number(1 if up else 0))
    return write.call("months_between", operands, low, high)


def _watch(node: PeriodsBetween, first: Num, last: Num, count: Int, lower: Lowering) -> None:
    """Keep the day on which time alone changes how many periods have passed."""
    if first.lead is None and last.lead is None:
        return
    is_simple = first.lead is None and last.lead not in (None, ANYHOW)
    if not is_simple or node.period in _DAYS or not first.single:
        lower.expect_change(ZERO, YES)
        return
    write = lower.write
    length = _MONTHS[node.period]
    months = write.narrowed(
        write.multiply(write.add(count, number(1)), number(length)), -200_000, 200_000
    )
    start = first.low.whole
    low, high = start.low + months.low * 32 - 32, start.high + months.high * 32 + 32
    following = write.call("add_months", (start, months, number(0)), low, high)
    apart = write.subtract(following, last.low.whole)
    lower.expect_change(write.subtract(apart, number(last.lead or 0)), YES)


def boundary(node: Boundary, date: Num, lower: Lowering) -> Num:
    """Return the first or last day of the period of a date, or of a neighbour."""
    write = lower.write
    _only_finite(lower, date)
    offset = {"of": 0, "after": 1, "before": -1}[node.which]
    flags = strict(write, (date,))
    ends: list[Int] = []
    for day in dict.fromkeys(_day(date)):
        at = offset + 1 if node.side == "end" else offset
        start = _start(node.period, at, day, lower)
        end = write.subtract(start, number(1)) if node.side == "end" else start
        kept, is_day = _in_calendar(end, lower)
        lower.defer(write.both(flags.here, write.negation(is_day)))
        ends.append(kept)
    _watch_period(node.period, date, lower)
    least = Frac(ends[0])
    return Num(low=least, high=least if len(ends) == 1 else Frac(ends[1]), **flags_of(flags))


def _watch_period(period: str, date: Num, lower: Lowering) -> None:
    """Keep the day on which the next period begins; until then what is made of it stays."""
    if date.lead is None:
        return
    if date.lead == ANYHOW or period == "day":
        lower.expect_change(ZERO, YES)
        return
    day, _ = _day(date)
    apart = lower.write.subtract(_start(period, 1, day, lower), day)
    lower.expect_change(lower.write.subtract(apart, number(date.lead)), YES)


def _start(period: str, offset: int, day: Int, lower: Lowering) -> Int:
    write = lower.write
    match period:
        case "day":
            return write.add(day, number(offset))
        case "week":
            weekday = write.whole(f"({day.text} - 1) % 7", 0, 6, day.level)
            return write.add(write.subtract(day, weekday), number(offset * 7))
        case _:
            length = _MONTHS[period]
            low, high = day.low + (offset - 1) * 31 * length, day.high + (offset + 1) * 31 * length
            return write.call(f"{period}_start", (day, number(offset)), low, high)


def part(node: Part, date: Num, lower: Lowering) -> Num:
    """Return the year, the month of the year, or the day of the month."""
    write = lower.write
    _only_finite(lower, date)
    least, most = _day(date)
    is_single = date.low is date.high
    if not is_single and node.period != "year":
        lower.defer(write.negation(decided(write, date)))
    ranges = {"year": (0, 10_000), "month": (1, 12), "day": (1, 31)}
    low = write.call(f"{node.period}_of", (least,), *ranges[node.period])
    high = low if is_single else write.call(f"{node.period}_of", (most,), *ranges[node.period])
    _watch_period(node.period, date, lower)
    end = Frac(low)
    flags = strict(write, (date,))
    return Num(low=end, high=end if is_single else Frac(high), **flags_of(flags))


def extreme(word: str, items: list[Num], lower: Lowering) -> Num:
    """Return the highest or lowest of values, numbers or days."""
    write = lower.write
    flags = strict(write, items)
    first, *rest = items
    low, high = first.low, first.high
    no_low, no_high = first.no_low, first.no_high
    # Without an end, both ends are the same number, and mean nothing.
    is_single = all(each.low is each.high and NO == each.no_low == each.no_high for each in items)
    for item in rest:
        if word == "highest":
            low = _pick(lower, (low, no_low), (item.low, item.no_low), highest=True)
            no_low = write.both(no_low, item.no_low)
            high = low if is_single else numbers.maximum(write, high, item.high)
            no_high = write.either(no_high, item.no_high)
        else:
            high = _pick(lower, (high, no_high), (item.high, item.no_high), highest=False)
            no_high = write.both(no_high, item.no_high)
            low = high if is_single else numbers.minimum(write, low, item.low)
            no_low = write.either(no_low, item.no_low)
    return Num(
        low=low,
        high=low if is_single else high,
        no_low=no_low,
        no_high=no_high,
        lead=lead_of(items),
        **flags_of(evolve(flags)),
    )


def _pick(
    lower: Lowering, one: tuple[Frac, Bit], other: tuple[Frac, Bit], *, highest: bool
) -> Frac:
    """Return the better of two ends, of which one without bound does not count."""
    write = lower.write
    better = numbers.maximum if highest else numbers.minimum
    picked = better(write, one[0], other[0])
    picked = numbers.select(write, other[1], one[0], picked)
    return numbers.select(write, one[1], other[0], picked)
