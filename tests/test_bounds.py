"""Bounds: each rule is monotone, exact on single values, and covers every plain answer."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from math import ceil, floor
from operator import add, ge, gt, le, lt, mul, sub
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from aidrules import bounds, dates
from aidrules.program import Calendar
from aidrules.types import Choice, Date, Optional, Quantity, Selection, Text, Truth
from aidrules.values import (
    ABSENT,
    INFINITY,
    OTHER,
    Failure,
    Infinite,
    Interval,
    Options,
    Possible,
    Selections,
    Value,
    parts,
    settle,
)
from typed import between, is_within

ERROR = Failure("given")
HALF = Fraction(1, 2)
LETTERS = ("a", "b", "c")
FIRST, LAST = date(2023, 1, 25).toordinal(), date(2024, 3, 5).toordinal()
CALENDAR = Calendar(
    frozenset((2023, 2024)), frozenset((date(2024, 1, 1).toordinal(),)), frozenset()
)
DOWN = bounds.Days("down", CALENDAR, None)
REFUSE = bounds.Days("refuse", CALENDAR, None)


# ---------------------------------------------------------------- sets, subsets, members


@st.composite
def intervals(draw: st.DrawFn, points: st.SearchStrategy[Any], *, infinite: bool) -> Interval:
    low, high = sorted((draw(points), draw(points)))
    if draw(st.booleans()):
        high = low
    is_open = infinite and draw(st.integers(0, 5)) == 0
    return Interval(
        -INFINITY if is_open and draw(st.booleans()) else low,
        INFINITY if is_open and draw(st.booleans()) else high,
    )


@st.composite
def parts_of_interval(draw: st.DrawFn, whole: Interval, points: st.SearchStrategy[Any]) -> Interval:
    """Draw a part of an interval."""
    ends = [end for end in (whole.low, whole.high) if not isinstance(end, Infinite)]
    ends += draw(st.lists(points, min_size=3, max_size=3))
    inside = [end for end in ends if whole.low <= end <= whole.high]
    if not inside:
        return whole
    low, high = sorted((draw(st.sampled_from(inside)), draw(st.sampled_from(inside))))
    return Interval(low, high)


halves = st.integers(-6, 6).map(lambda n: bounds.tidy(Fraction(n, 2)))
wholes = st.integers(-4, 4)
days = st.integers(FIRST, LAST)


@frozen
class Kind:
    """How to draw a set, a part of it, and one of its members."""

    bodies: st.SearchStrategy[Any]
    part: Callable[[Any], st.SearchStrategy[Any]]
    member: Callable[[Any], st.SearchStrategy[Any]]


def numeric(points: st.SearchStrategy[Any], *, infinite: bool = True) -> Kind:
    def part(body: Interval) -> st.SearchStrategy[Interval]:
        return parts_of_interval(body, points)

    def member(body: Interval) -> st.SearchStrategy[Any]:
        return part(body).map(
            lambda found: next(
                (end for end in (found.low, found.high) if not isinstance(end, Infinite)), None
            )
        )

    return Kind(intervals(points, infinite=infinite), part, member)


def subsets(values: Any) -> st.SearchStrategy[frozenset[Any]]:
    ordered = sorted(values)
    return st.lists(st.sampled_from(ordered), min_size=1, unique=True).map(frozenset)


def optional_sets(values: Any) -> st.SearchStrategy[frozenset[Any]]:
    return subsets(values) | st.just(frozenset()) if values else st.just(frozenset())


@st.composite
def selection_parts(draw: st.DrawFn, body: Selections) -> Selections:
    more = draw(optional_sets(body.possible - body.sure))
    sure = body.sure | more
    return Selections(sure, sure | draw(optional_sets(body.possible - sure)))


NUMBER, WHOLE = numeric(halves), numeric(wholes)
DAY = numeric(days, infinite=False)
COUNT = numeric(st.integers(-14, 14), infinite=False)
TRUTH = Kind(
    subsets((False, True)).map(Options),
    lambda body: subsets(body.values).map(Options),
    lambda body: st.sampled_from(sorted(body.values)),
)
CHOICE = Kind(
    subsets(LETTERS).map(Options),
    lambda body: subsets(body.values).map(Options),
    lambda body: st.sampled_from(sorted(body.values)),
)
LIST = Kind(
    selection_parts(Selections(frozenset(), frozenset(LETTERS))),
    selection_parts,
    lambda body: selection_parts(body).map(lambda part: part.sure),
)


@st.composite
def values_of(draw: st.DrawFn, kind: Kind, *, absent: bool) -> Value:
    flags = draw(st.integers(0, 7))
    may_be_absent = absent and flags in (1, 3)
    failure = ERROR if flags in (2, 3, 4) else None
    alone = flags in (1, 3, 4) and (may_be_absent or failure is not None) and draw(st.booleans())
    return settle(None if alone else draw(kind.bodies), may_be_absent, failure)


@st.composite
def part_of(draw: st.DrawFn, kind: Kind, whole: Value) -> Value:
    body, absent, failure = parts(whole)
    kept = draw(st.integers(0, 3))
    if body is None or (kept == 0 and (absent or failure is not None)):
        absent = absent and (failure is None or draw(st.booleans()))
        return settle(None, absent, failure if not absent or draw(st.booleans()) else None)
    less = draw(kind.part(body))
    return settle(
        less,
        absent and draw(st.booleans()),
        failure if failure is not None and draw(st.booleans()) else None,
    )


@st.composite
def member_of(draw: st.DrawFn, kind: Kind, whole: Value) -> Value:
    body, absent, failure = parts(whole)
    choices: list[st.SearchStrategy[Any]] = []
    if body is not None:
        choices.append(kind.member(body).filter(lambda found: found is not None))
    if absent:
        choices.append(st.just(ABSENT))
    if failure is not None:
        choices.append(st.just(failure))
    return draw(st.one_of(choices))


# ---------------------------------------------------------------- the rules and their plain answers


def plainly(function: Callable[..., Any]) -> Callable[..., Value]:
    """Return the plain answer where every operand is needed."""

    def answer(*operands: Value) -> Value:
        for operand in operands:
            if isinstance(operand, Failure):
                return operand
        return ABSENT if ABSENT in operands else function(*operands)

    return answer


def error_if_none(function: Callable[..., Any]) -> Callable[..., Any]:
    def answer(*operands: Any) -> Any:
        found = function(*operands)
        return ERROR if found is None else found

    return answer


def and_plainly(*operands: Value) -> Value:
    return next((operand for operand in operands if operand is not True), True)


def or_plainly(*operands: Value) -> Value:
    return next((operand for operand in operands if operand is not False), False)


def or_unguarded(*operands: Value) -> Value:
    failures = [operand for operand in operands if isinstance(operand, Failure)]
    return failures[0] if failures else True in operands


def payable_plainly(amount: Any) -> Value:
    if isinstance(amount, frozenset):
        return bool(amount)
    return ERROR if amount < 0 else amount > 0


def round_plainly(mode: str) -> Callable[[Any], Any]:
    quantum = Fraction(3, 2)

    def answer(number: Any) -> Any:
        low = floor(number / quantum) * quantum
        high = ceil(number / quantum) * quantum
        below, above = number - low, high - number
        if mode == "down" or below == 0:
            return low
        if mode == "up":
            return high
        if below != above:
            return low if below < above else high
        outer, inner = (high, low) if number > 0 else (low, high)
        even = low if floor(number / quantum) % 2 == 0 else high
        return {"half up": outer, "half down": inner, "half even": even}[mode]

    return answer


def tax_plainly(amount: Any) -> Any:
    middle = min(max(amount - 1, 0), 1) * HALF
    return middle + max(amount - 2, 0) * Fraction(-1, 4)


def shifted(unit: str, refuse: str, sign: int) -> Callable[[Any, Any], Any]:
    def answer(day: Any, count: Any) -> Any:
        if count.denominator != 1:
            return None
        if unit == "working day":
            return dates.add_working_days(day, sign * count, CALENDAR)
        return dates.add_periods(day, sign * count, unit, refuse)  # type: ignore[arg-type]  # a word of the table

    return answer


def within_plainly(direction: str) -> Callable[[Any, Any, Any], Any]:
    def answer(day: Any, count: Any, start: Any) -> Any:
        if direction == "before":
            bound = dates.add_months(start, -count, "down")
            return bound is not None and bound <= day < start
        bound = dates.add_months(start, count, "down")
        return bound is not None and start < day <= bound

    return answer


def else_plainly(value: Value, alternative: Value) -> Value:
    return alternative if value is ABSENT else value


def is_none_plainly(value: Value) -> Value:
    return value if isinstance(value, Failure) else value is ABSENT


def best(word: str) -> Callable[..., Any]:
    return max if word == "highest" else min


@frozen
class Rule:
    """A rule, the kinds of its operands, and its plain answer."""

    kinds: tuple[Kind, ...]
    rule: Callable[..., Value]
    plain: Callable[..., Value]
    takes_absent: bool = False


def months(rule: Callable[..., Value], days: bounds.Days) -> Callable[..., Value]:
    return lambda *operands: rule(*operands, unit="month", days=days)


def shift_rule(unit: str, days: bounds.Days, sign: Any = 1) -> Callable[..., Value]:
    return lambda day, count: bounds.shift(day, count, sign, unit=unit, days=days)


def between_rule(period: Any, days: bounds.Days) -> Callable[..., Value]:
    return lambda first, last: bounds.between(period, first, last, days)


RULES: dict[str, Rule] = {
    "+": Rule((NUMBER, NUMBER), bounds.add, plainly(add)),
    "-": Rule((NUMBER, NUMBER), bounds.subtract, plainly(sub)),
    "*": Rule((NUMBER, NUMBER), bounds.multiply, plainly(mul)),
    "/": Rule(
        (NUMBER, NUMBER),
        bounds.divide,
        plainly(lambda one, other: Fraction(one) / other if other else ERROR),
    ),
    "/ whole": Rule(
        (NUMBER, WHOLE),
        lambda one, other: bounds.divide(one, other, whole=True),
        plainly(lambda one, other: Fraction(one) / other if other else ERROR),
    ),
    "convert": Rule(
        (NUMBER,),
        lambda one: bounds.convert(one, Fraction(1, 12)),
        plainly(lambda one: one * Fraction(1, 12)),
    ),
    **{
        word: Rule(
            (NUMBER, NUMBER, NUMBER),
            lambda *items, word=word: bounds.extreme(word, items),
            plainly(best(word)),
        )
        for word in ("highest", "lowest")
    },
    **{
        f"round {mode}": Rule(
            (NUMBER,),
            lambda one, mode=mode: bounds.round_to(one, mode, Fraction(3, 2)),
            plainly(round_plainly(mode)),
        )
        for mode in ("up", "down", "half up", "half down", "half even")
    },
    "rates": Rule(
        (NUMBER,),
        lambda one: bounds.brackets(one, (1, 2), (HALF, Fraction(-1, 4))),
        plainly(tax_plainly),
    ),
    "payable": Rule((NUMBER,), bounds.payable, plainly(payable_plainly)),
    "payable list": Rule((LIST,), bounds.payable, plainly(payable_plainly)),
    **{
        op: Rule(
            (NUMBER, NUMBER),
            lambda one, other, op=op: bounds.compare(op, one, other),
            plainly(function),
        )
        for op, function in (("<", lt), ("<=", le), (">", gt), (">=", ge))
    },
    "= number": Rule((NUMBER, NUMBER), bounds.equal, plainly(lambda one, other: one == other)),
    "= choice": Rule((CHOICE, CHOICE), bounds.equal, plainly(lambda one, other: one == other)),
    "= truth": Rule((TRUTH, TRUTH), bounds.equal, plainly(lambda one, other: one == other)),
    "= list": Rule((LIST, LIST), bounds.equal, plainly(lambda one, other: one == other)),
    "one of": Rule(
        (CHOICE,),
        lambda one: bounds.one_of(one, ("a", "b")),
        plainly(lambda one: one in ("a", "b")),
    ),
    "includes": Rule((LIST, CHOICE), bounds.includes, plainly(lambda one, other: other in one)),
    "not": Rule((TRUTH,), bounds.negate, plainly(lambda one: not one)),
    "and": Rule((TRUTH, TRUTH, TRUTH), lambda *items: bounds.conjunction(items), and_plainly),
    "or": Rule((TRUTH, TRUTH, TRUTH), lambda *items: bounds.disjunction(items), or_plainly),
    "any error": Rule((TRUTH, TRUTH), lambda *items: bounds.unguarded_or(items), or_unguarded),
    "is none": Rule((NUMBER,), bounds.is_none, is_none_plainly, takes_absent=True),
    "else": Rule(
        (NUMBER, NUMBER),
        lambda one, other: bounds.else_(one, lambda: other),
        else_plainly,
        takes_absent=True,
    ),
    "+ months": Rule(
        (DAY, COUNT), shift_rule("month", DOWN), plainly(error_if_none(shifted("month", "down", 1)))
    ),
    "- months": Rule(
        (DAY, COUNT),
        shift_rule("month", DOWN, -1),
        plainly(error_if_none(shifted("month", "down", -1))),
    ),
    "+ months refused": Rule(
        (DAY, COUNT),
        shift_rule("month", REFUSE),
        plainly(error_if_none(shifted("month", "refuse", 1))),
    ),
    "+ parts of days": Rule(
        (DAY, NUMBER), shift_rule("day", DOWN), plainly(error_if_none(shifted("day", "down", 1)))
    ),
    "+ working days": Rule(
        (DAY, COUNT),
        shift_rule("working day", DOWN),
        plainly(error_if_none(shifted("working day", "down", 1))),
    ),
    "- working days": Rule(
        (DAY, COUNT),
        shift_rule("working day", DOWN, -1),
        plainly(error_if_none(shifted("working day", "down", -1))),
    ),
    "absent date": Rule(
        (DAY, COUNT),
        shift_rule("week", DOWN),
        plainly(error_if_none(shifted("week", "down", 1))),
        takes_absent=True,
    ),
    **{
        f"within {direction}": Rule(
            (DAY, COUNT, DAY),
            lambda day, count, start, direction=direction: bounds.within(
                day, count, direction, start, unit="month", days=DOWN
            ),
            plainly(within_plainly(direction)),
        )
        for direction in ("before", "after")
    },
    **{
        f"{period}s between": Rule(
            (DAY, DAY),
            between_rule(period, DOWN),
            plainly(
                lambda one, other, period=period: dates.periods_between(period, one, other, "down")
            ),
        )
        for period in ("day", "week", "month", "year")
    },
    "months between refused": Rule(
        (DAY, DAY),
        between_rule("month", REFUSE),
        plainly(
            error_if_none(lambda one, other: dates.periods_between("month", one, other, "refuse"))
        ),
    ),
    "end of month before": Rule(
        (DAY,),
        lambda day: bounds.boundary("end", "month", "before", day),
        plainly(lambda day: dates.boundary("end", "month", "before", day)),
    ),
    **{
        f"{period} of": Rule(
            (DAY,),
            lambda day, period=period: bounds.part(period, day),
            plainly(lambda day, period=period: dates.part(period, day)),
        )
        for period in ("year", "month", "day")
    },
}


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_rule_covers_every_plain_answer(name: str, data: st.DataObject) -> None:
    rule = RULES[name]
    sets = [data.draw(values_of(kind, absent=rule.takes_absent)) for kind in rule.kinds]
    known = [data.draw(member_of(k, v)) for k, v in zip(rule.kinds, sets, strict=True)]

    assert is_within(rule.plain(*known), rule.rule(*sets))


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_rule_is_exact_on_single_values(name: str, data: st.DataObject) -> None:
    rule = RULES[name]
    sets = [data.draw(values_of(kind, absent=rule.takes_absent)) for kind in rule.kinds]
    known = [data.draw(member_of(k, v)) for k, v in zip(rule.kinds, sets, strict=True)]

    assert rule.plain(*known) == rule.rule(*known)


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_rule_is_monotone(name: str, data: st.DataObject) -> None:
    rule = RULES[name]
    sets = [data.draw(values_of(kind, absent=rule.takes_absent)) for kind in rule.kinds]
    less = [data.draw(part_of(k, v)) for k, v in zip(rule.kinds, sets, strict=True)]

    assert is_within(rule.rule(*less), rule.rule(*sets))


# ---------------------------------------------------------------- the planted faults of the page


def test_a_certain_error_wins_over_a_no_behind_it_and_not_before_it() -> None:
    assert bounds.conjunction((ERROR, False)) == ERROR
    assert bounds.conjunction((False, ERROR)) is False
    assert Possible(Options(frozenset((False,))), failure=ERROR) == bounds.conjunction(
        (Possible(Options(frozenset((False, True)))), ERROR)
    )


def test_a_divisor_that_may_be_0_makes_a_quotient_without_bound_and_perhaps_an_error() -> None:
    quotient = bounds.divide(between(3, 5), between(0, 2))

    assert (
        Possible(Interval(Fraction(3, 2), INFINITY), failure=Failure("division-by-zero"))
        == quotient
    )


def test_a_whole_divisor_is_at_least_1_where_it_is_not_0() -> None:
    quotient = bounds.divide(between(3, 5), between(0, 2), whole=True)

    assert Possible(Interval(Fraction(3, 2), 5), failure=Failure("division-by-zero")) == quotient


def test_a_divisor_of_both_signs_gives_both_signs() -> None:
    quotient = bounds.divide(between(3, 5), between(-1, 2), whole=True)

    assert Possible(Interval(-5, 5), failure=Failure("division-by-zero")) == quotient


def test_a_product_takes_the_least_and_greatest_of_four() -> None:
    assert between(-6, 4) == bounds.multiply(between(-2, 3), between(-2, 1))


def test_overlapping_values_may_be_the_same_and_may_differ() -> None:
    assert Possible(Options(frozenset((False, True)))) == bounds.equal(between(1, 3), between(3, 4))
    assert bounds.equal(between(1, 2), between(3, 4)) is False


def test_the_ends_of_a_date_difference_are_crossed() -> None:
    count = bounds.between("day", between(10, 12), between(20, 25), DOWN)

    assert between(8, 15) == count


def test_other_is_a_text_that_the_policy_does_not_name() -> None:
    unknown = settle(Options(frozenset(("a", OTHER))))
    named = frozenset("ab")

    assert bounds.equal(unknown, "b", named) is False
    assert Possible(Options(frozenset((False, True)))) == bounds.equal(unknown, "z", named)
    assert Possible(Options(frozenset((False, True)))) == bounds.equal(unknown, unknown, named)
    assert bounds.one_of(settle(Options(frozenset((OTHER,)))), ("a",)) is False


def test_a_calendar_year_missing_within_the_bounds_may_be_an_error() -> None:
    moved = bounds.shift(
        between(date(2024, 12, 1).toordinal(), date(2024, 12, 31).toordinal()),
        5,
        1,
        unit="working day",
        days=DOWN,
    )

    body, _, failure = parts(moved)
    assert failure is not None
    assert failure.code == "no-calendar-year"
    assert Interval(date(2024, 12, 6).toordinal(), INFINITY) == body


def test_a_calendar_year_missing_between_the_bounds_may_be_an_error() -> None:
    gap = bounds.Days("down", Calendar(frozenset((2023, 2025)), frozenset(), frozenset()), None)
    start = between(date(2023, 6, 1).toordinal(), date(2025, 6, 2).toordinal())

    _, _, failure = parts(bounds.shift(start, 1, 1, unit="working day", days=gap))
    assert failure is not None


@pytest.mark.parametrize(
    ("period", "code"),
    [(Fraction(25, 2), "part-of-a-period"), (120_000, "date-out-of-range")],
)
def test_a_shift_that_gives_no_day_is_an_error(period: Any, code: str) -> None:
    moved = bounds.shift(FIRST, period, 1, unit="month", days=DOWN)

    assert isinstance(moved, Failure)
    assert code == moved.code


def test_an_unknown_fact_is_all_of_its_type() -> None:
    open_choice = Choice(LETTERS, is_open=True)

    assert between(0, 5) == bounds.unknown_of(Quantity(), 0, 5)
    assert between(-INFINITY, INFINITY) == bounds.unknown_of(Quantity())
    assert Possible(Options(frozenset((False, True)))) == bounds.unknown_of(Truth())
    assert between(
        date(1900, 1, 1).toordinal(), date(2100, 12, 31).toordinal()
    ) == bounds.unknown_of(Date())
    assert Possible(Options(frozenset((*LETTERS, OTHER)))) == bounds.unknown_of(open_choice)
    assert Possible(Options(frozenset(("x", OTHER)))) == bounds.unknown_of(Text(), texts=("x",))
    assert Possible(Selections(frozenset(), frozenset((*LETTERS, OTHER)))) == bounds.unknown_of(
        Selection(open_choice)
    )
    assert Possible(Interval(0, 5), absent=True) == bounds.unknown_of(Optional(Quantity()), 0, 5)


def test_an_alternative_takes_no_possible_error_away() -> None:
    nothing_or_error = Possible(None, absent=True, failure=ERROR)

    assert Possible(Interval(1, 1), failure=ERROR) == bounds.else_(nothing_or_error, lambda: 1)


def test_a_hull_covers_all_and_no_more() -> None:
    lists = (frozenset("ab"), settle(Selections(frozenset("b"), frozenset("bc"))))

    assert Possible(Selections(frozenset("b"), frozenset("abc"))) == bounds.hull(lists)
    assert Possible(Interval(1, 4), absent=True, failure=ERROR) == bounds.hull(
        (between(1, 2), ABSENT, 4, ERROR)
    )
    assert Possible(Options(frozenset((False, True)))) == bounds.hull((False, True))


def test_an_alternative_is_not_asked_for_if_something_is_there() -> None:
    def never() -> Value:
        message = "asked for"
        raise AssertionError(message)

    assert bounds.else_(1, never) == 1
    assert bounds.else_(ERROR, never) == ERROR
