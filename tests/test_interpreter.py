"""The interpreter: exact where all is known, possible values where not, and what would decide."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from aidrules.backends.interpreter import Evaluation, MissingFact, emit
from aidrules.case import Case, Past, Record, Series
from aidrules.program import (
    AnyMatch,
    AnyOver,
    BestBy,
    BestOver,
    Brackets,
    CountOver,
    Else,
    EveryOver,
    Expr,
    Extreme,
    Figure,
    Follow,
    IsNone,
    MonthSum,
    OneOf,
    OnRecord,
    Payable,
    PeriodsBetween,
    Place,
    Program,
    RangeMatch,
    Ration,
    Recorded,
    Round,
    Shift,
    SumOver,
    Table,
    TableRow,
    Today,
    UnknownValue,
    ValueMatch,
    Within,
)
from aidrules.types import (
    COUNT,
    DATE,
    NUMBER,
    TEXT,
    TRUTH,
    Choice,
    Optional,
    Quantity,
    Reference,
    Unit,
)
from aidrules.values import (
    ABSENT,
    BOTH,
    INFINITY,
    OTHER,
    UNLISTED,
    Failure,
    Interval,
    Options,
    Possible,
    Value,
    failure_of,
)
from typed import (
    DATES,
    SPAN,
    arithmetic,
    between,
    both,
    case,
    cases,
    compare,
    const,
    declare,
    define,
    disputed,
    either,
    fact,
    grant,
    is_within,
    opposite,
    parameter,
    program,
    record,
    records,
    row,
    use,
)

TODAY = date(2024, 3, 15).toordinal()
KIND = Choice(("mild", "severe"))
MONTHS = Quantity(Unit.of("month"), whole=True)
ENTITIES = (
    ("county", None, 1),
    ("household", "county", 20),
    ("person", "household", 4),
    ("payment", "person", 3),
)
FACTS = (
    declare("fund", "county", NUMBER, (0, 100)),
    declare("assets", "household", NUMBER, (0, 10), step=1),
    declare("alone", "household", TRUTH),
    declare("wage", "person", NUMBER, (0, 6)),
    declare("kind", "person", KIND),
    declare("free", "person", TRUTH),
    declare("born", "person", DATE),
    declare("town", "person", TEXT),
    declare("guardian", "person", Optional(Reference("person"))),
    declare("died", "person", Optional(DATE)),
    declare(
        "extra", "person", NUMBER, (0, 6), default=arithmetic("+", fact("person", "wage"), const(1))
    ),
    declare("sum", "payment", NUMBER, (-2, 6)),
    declare("on", "payment", DATE),
)


def ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def evaluate(node: Expr, entity: str, on: Record, found: Case, **more: Any) -> Value:
    """Return the value of an expression, worked out the short way and by the rules alike."""
    policy = program(ENTITIES, FACTS, (define("x", entity, node),), **more)
    short, ruled = (
        emit(policy, plain=plain).open(found, TODAY).value("x", on) for plain in (True, False)
    )

    assert ruled == short
    return short


def family(*people: dict[str, Any], more: int = 0, **facts: Any) -> tuple[Record, Case]:
    """Return a household with people, each without payments, and perhaps with more people."""
    county = record("county", "c", None, {"fund": 50}, household=0)
    home = record("household", "h", county, facts, person=more)
    for at, known in enumerate(people):
        record("person", f"p{at}", home, known, payment=0)
    return home, case(home)


def code(value: Value) -> str | None:
    failure = failure_of(value)
    return None if failure is None else failure.code


# ---------------------------------------------------------------- facts


def test_a_missing_fact_is_its_declared_range() -> None:
    home, found = family({})

    assert between(0, 10) == evaluate(fact("household", "assets"), "household", home, found)
    (person,) = home.children["person"]
    assert Possible(Options(frozenset(("mild", "severe")))) == evaluate(
        fact("person", "kind", KIND), "person", person, found
    )


def test_names_of_records_above_are_seen_from_below() -> None:
    home, found = family({}, assets=7)
    (person,) = home.children["person"]

    total = arithmetic("+", fact("household", "assets"), fact("county", "fund"))
    assert evaluate(total, "person", person, found) == 57


def test_a_default_stands_for_a_fact_that_is_missing_and_is_assumed() -> None:
    home, found = family({"wage": 2}, {"wage": 2, "extra": 5})
    policy = program(ENTITIES, FACTS, (define("x", "person", fact("person", "extra")),))
    evaluation = emit(policy).open(found, TODAY)
    first, second = home.children["person"]

    assert evaluation.value("x", first) == 3
    assert evaluation.value("x", second) == 5
    assert ((first, policy.fact["person", "extra"], 3),) == evaluation.assumed("x", first)
    assert not evaluation.assumed("x", second)


def test_a_default_is_cut_at_the_range_and_outside_of_it_is_an_error() -> None:
    home, found = family({"wage": 6}, {})
    certain, possible = (
        evaluate(fact("person", "extra"), "person", person, found)
        for person in home.children["person"]
    )

    assert isinstance(certain, Failure)
    assert certain.code == "default-out-of-range"
    assert Possible(Interval(1, 6), failure=Failure("default-out-of-range")) == possible


def test_a_disputed_fact_is_unknown_and_takes_no_default() -> None:
    home, found = family({"wage": 2})
    (person,) = home.children["person"]
    person.given["extra"] = disputed(1, 2)

    assert between(0, 6) == evaluate(fact("person", "extra"), "person", person, found)


def test_a_series_gives_the_last_value_on_or_before_the_day() -> None:
    home, found = family({"wage": Series(((TODAY - 1, 3), (TODAY, 4), (TODAY + 1, 5)))})
    (person,) = home.children["person"]
    late = Series(((TODAY + 1, 5),))

    assert evaluate(fact("person", "wage"), "person", person, found) == 4
    person.facts["wage"] = late
    assert between(0, 6) == evaluate(fact("person", "wage"), "person", person, found)


def test_an_unknown_reference_may_be_anyone_and_nobody() -> None:
    home, found = family({"wage": 1}, {"wage": 3}, more=2)
    first, _ = home.children["person"]
    node = Follow(
        fact("person", "guardian", Optional(Reference("person"))),
        "person",
        fact("person", "wage"),
        type=Optional(NUMBER),
        span=SPAN,
    )

    unknown = evaluate(node, "person", first, found)
    assert Possible(Interval(0, 6), absent=True) == unknown
    first.facts["guardian"] = "p1"
    assert evaluate(node, "person", first, found) == 3
    first.facts["guardian"] = ABSENT
    assert evaluate(node, "person", first, found) is ABSENT
    first.facts["guardian"] = Possible(Options(frozenset(("p0", "p1"))))
    assert between(1, 3) == evaluate(node, "person", first, found)
    first.facts["guardian"] = Possible(Options(frozenset(("p0", UNLISTED))))
    assert between(0, 6) == evaluate(node, "person", first, found)


def test_an_unknown_reference_is_one_of_the_listed_if_the_list_is_complete() -> None:
    home, found = family({}, {})
    first, _ = home.children["person"]

    anyone = evaluate(
        fact("person", "guardian", Optional(Reference("person"))), "person", first, found
    )
    assert Possible(Options(frozenset(("p0", "p1"))), absent=True) == anyone


# ---------------------------------------------------------------- guards and cases


def test_a_failed_condition_guards_a_division() -> None:
    home, found = family(assets=0)
    size = CountOver(records("person"), type=COUNT, span=SPAN)
    share = compare("<", arithmetic("/", const(6), size), const(3))

    assert evaluate(share, "household", home, found) == Failure("division-by-zero")
    guarded = both(compare(">=", size, const(1)), share)
    assert evaluate(guarded, "household", home, found) is False


def test_a_no_behind_a_possible_error_does_not_take_it_away() -> None:
    home, found = family()
    erring = compare("<=", const(0), arithmetic("/", const(6), fact("household", "assets")))
    no, yes = (const(value=answer, type_=TRUTH) for answer in (False, True))

    expected = Possible(Options(frozenset((False,))), failure=Failure("division-by-zero"))
    assert expected == evaluate(both(erring, no), "household", home, found)
    assert evaluate(both(no, erring), "household", home, found) is False
    expected = Possible(Options(frozenset((True,))), failure=Failure("division-by-zero"))
    assert expected == evaluate(either(opposite(erring), yes), "household", home, found)


def test_cases_are_not_stopped_by_a_possible_yes() -> None:
    home, found = family()
    alone, assets = fact("household", "alone", TRUTH), fact("household", "assets")
    node = cases((alone, const(1)), (compare(">=", assets, const(0)), const(5)), (alone, const(9)))

    assert between(1, 5) == evaluate(node, "household", home, found)


def test_cases_without_otherwise_end_in_an_error_unless_complete() -> None:
    home, found = family()
    alone = fact("household", "alone", TRUTH)

    open_end = evaluate(cases((alone, const(1))), "household", home, found)
    assert Possible(Interval(1, 1), failure=Failure("no-case")) == open_end
    closed = cases((alone, const(1)), (opposite(alone), const(1)), complete=True)
    assert evaluate(closed, "household", home, found) == 1


def test_a_case_that_may_err_may_be_an_error() -> None:
    home, found = family()
    assets = fact("household", "assets")
    node = cases(
        (compare(">", arithmetic("/", const(6), assets), const(1)), const(1)), otherwise=const(2)
    )

    actual = evaluate(node, "household", home, found)
    assert Possible(Interval(1, 2), failure=Failure("division-by-zero")) == actual
    home.facts["assets"] = 0
    assert code(evaluate(node, "household", home, found)) == "division-by-zero"


def test_any_value_at_all_is_without_bounds_but_no_error() -> None:
    home, found = family()
    node = UnknownValue(type=NUMBER, span=SPAN)

    assert Possible(Interval(-INFINITY, INFINITY)) == evaluate(node, "household", home, found)
    assert evaluate(UnknownValue(type=TRUTH, span=SPAN), "household", home, found) == BOTH


# ---------------------------------------------------------------- figures and tables


def standard(*keys: tuple[Expr, ...], on: Expr | None = None) -> Figure:
    return Figure("standard", keys, on, type=NUMBER, span=SPAN)


YEAR, NEXT = ordinal("2024-01-01"), ordinal("2025-01-01")
TOWNS = parameter(
    "standard",
    (TEXT,),
    row((ValueMatch("a"),), (YEAR, NEXT - 1, 650), (NEXT, None, 700)),
    row((ValueMatch("b"),), (YEAR, NEXT - 1, 800), (NEXT, None, None)),
)
TOWN = fact("person", "town", TEXT)


@pytest.mark.parametrize(("town", "expected"), [("a", 650), ("b", 800)])
def test_a_figure_is_looked_up_by_key_and_date(town: str, expected: int) -> None:
    home, found = family({"town": town})
    (person,) = home.children["person"]

    actual = evaluate(standard((TOWN,)), "person", person, found, parameters=(TOWNS,))
    assert expected == actual


@pytest.mark.parametrize(
    ("town", "day"),
    [("c", TODAY), ("a", YEAR - 1), ("b", NEXT), ("b", YEAR - 1)],
)
def test_a_figure_is_never_that_of_a_neighbour(town: str, day: int) -> None:
    home, found = family({"town": town})
    (person,) = home.children["person"]

    actual = evaluate(
        standard((TOWN,), on=const(day, DATE)), "person", person, found, parameters=(TOWNS,)
    )
    assert actual == Failure("no-figure")
    assert code(actual) == "no-figure"


def test_an_unknown_key_may_meet_every_row_and_none() -> None:
    home, found = family({}, {"town": Possible(Options(frozenset("ab")))})
    first, second = home.children["person"]

    anywhere = evaluate(standard((TOWN,)), "person", first, found, parameters=(TOWNS,))
    assert Possible(Interval(650, 800), failure=Failure("no-figure")) == anywhere
    somewhere = evaluate(standard((TOWN,)), "person", second, found, parameters=(TOWNS,))
    assert between(650, 800) == somewhere


def test_every_version_in_force_on_a_possible_day_counts() -> None:
    home, found = family({"town": "a", "born": between(NEXT - 5, NEXT + 5)})
    (person,) = home.children["person"]
    node = standard((TOWN,), on=fact("person", "born", DATE))

    assert between(650, 700) == evaluate(node, "person", person, found, parameters=(TOWNS,))
    person.facts["town"] = "b"
    actual = evaluate(node, "person", person, found, parameters=(TOWNS,))
    assert Possible(Interval(800, 800), failure=Failure("no-figure")) == actual


def test_a_figure_ends_with_its_last_day() -> None:
    home, found = family()
    ended = parameter("standard", (), row((), (YEAR, TODAY - 1, 5)))

    actual = evaluate(standard(), "household", home, found, parameters=(ended,))
    assert code(actual) == "no-figure"
    current = parameter("standard", (), row((), (YEAR, TODAY, 5)))
    assert evaluate(standard(), "household", home, found, parameters=(current,)) == 5


def test_what_lies_between_the_rows_meets_none() -> None:
    home, found = family(assets=between(1, 2))
    rows = tuple(TableRow((ValueMatch(value),), const(value)) for value in (1, 2))

    parted = Table((fact("household", "assets"),), rows, None, type=NUMBER, span=SPAN)
    actual = evaluate(parted, "household", home, found)
    assert Possible(Interval(1, 2), failure=Failure("no-row")) == actual
    whole = Table((fact("household", "assets", COUNT),), rows, None, type=NUMBER, span=SPAN)
    assert between(1, 2) == evaluate(whole, "household", home, found)


def test_keys_fall_back_in_turn_and_otherwise_comes_last() -> None:
    table = parameter(
        "standard",
        (TEXT, TRUTH),
        row((ValueMatch("b"), ValueMatch(value=True)), (None, None, 1)),
        row((ValueMatch("far"), AnyMatch()), (None, None, 2)),
        evolve(row((AnyMatch(), AnyMatch()), (None, None, 3)), is_otherwise=True),
    )
    home, found = family({"town": "b", "free": True}, {"town": "b", "free": False}, {"town": "b"})
    free = fact("person", "free", TRUTH)

    def look_up(person: Record, fallback: str) -> Value:
        node = standard((TOWN, const(fallback, TEXT)), (free,))
        return evaluate(node, "person", person, found, parameters=(table,))

    known, other, unknown = home.children["person"]
    assert look_up(known, "far") == 1
    assert look_up(other, "far") == 2
    assert look_up(other, "nowhere") == 3
    assert between(1, 2) == look_up(unknown, "far")


def test_a_figure_does_not_hold_where_its_file_does_not_apply() -> None:
    table = evolve(TOWNS, applies=fact("household", "alone", TRUTH))
    home, found = family({"town": "a"}, alone=False)
    (person,) = home.children["person"]

    def look_up() -> Value:
        return evaluate(standard((TOWN,)), "person", person, found, parameters=(table,))

    assert code(look_up()) == "not-applicable"
    home.facts["alone"] = True
    assert look_up() == 650
    del home.facts["alone"]
    assert Possible(Interval(650, 650), failure=Failure("not-applicable")) == look_up()


def test_the_key_of_a_private_fact_is_not_told() -> None:
    home, found = family({"town": "c"})
    (person,) = home.children["person"]
    facts = tuple(evolve(each, is_private=each.name == "town") for each in FACTS)

    def told(declared: Any) -> object:
        policy = program(ENTITIES, declared, (define("x", "person", standard((TOWN,))),), (TOWNS,))
        failure = failure_of(emit(policy).open(found, TODAY).value("x", person))
        assert failure is not None
        return dict(failure.facts)["keys"]

    assert told(FACTS) == "c"
    assert told(facts) is None


STEPS = (
    TableRow((RangeMatch(1, 3, high_included=False),), const(10)),
    TableRow((RangeMatch(3, 5, high_included=False),), const(20)),
    TableRow((RangeMatch(5, INFINITY),), const(30)),
)


@pytest.mark.parametrize(
    ("assets", "expected"),
    [
        (1, 10),
        (3, 20),
        (Fraction(49, 10), 20),
        (9, 30),
        (between(1, 3), between(10, 20)),
        (between(1, Fraction(5, 2)), 10),
        (between(0, 2), Possible(Interval(10, 10), failure=Failure("no-row"))),
        (0, Failure("no-row")),
    ],
)
def test_a_step_is_met_by_the_possible_values_of_its_input(assets: Value, expected: Value) -> None:
    home, found = family(assets=assets)
    node = Table((fact("household", "assets"),), STEPS, None, type=NUMBER, span=SPAN)

    assert expected == evaluate(node, "household", home, found)


def test_otherwise_may_hold_unless_a_row_surely_does() -> None:
    home, found = family({})
    (person,) = home.children["person"]
    node = Table(
        (fact("person", "kind", KIND), fact("person", "free", TRUTH)),
        (
            TableRow((ValueMatch("mild"), AnyMatch()), const(1)),
            TableRow((ValueMatch("severe"), ValueMatch(value=True)), const(2)),
        ),
        const(7),
        type=NUMBER,
        span=SPAN,
    )

    assert between(1, 7) == evaluate(node, "person", person, found)
    person.facts["kind"] = "mild"
    assert evaluate(node, "person", person, found) == 1
    person.facts["kind"] = "severe"
    assert between(2, 7) == evaluate(node, "person", person, found)


# ---------------------------------------------------------------- aggregates

WAGE, FREE = fact("person", "wage"), fact("person", "free", TRUTH)
ALL, SOME = records("person"), records("person", FREE)


def total(over: Any = ALL, value: Expr = WAGE) -> SumOver:
    return SumOver(over, value, type=NUMBER, span=SPAN)


def test_an_undecided_filter_adds_a_part_or_nothing() -> None:
    home, found = family({"wage": 4, "free": True}, {"wage": 3}, {"wage": 5, "free": False})

    assert between(4, 7) == evaluate(total(SOME), "household", home, found)
    assert between(1, 2) == evaluate(
        CountOver(SOME, type=COUNT, span=SPAN), "household", home, found
    )


def test_optional_records_add_each_what_one_may() -> None:
    home, found = family({"wage": 4}, more=2)

    assert between(4, 16) == evaluate(total(), "household", home, found)
    count = CountOver(ALL, type=COUNT, span=SPAN)
    assert between(1, 3) == evaluate(count, "household", home, found)


def test_one_optional_record_is_not_a_known_one() -> None:
    home, found = family({"wage": 4}, more=1)
    node = BestOver("lowest", ALL, WAGE, None, type=NUMBER, span=SPAN)

    assert between(4, 10) == evaluate(total(), "household", home, found)
    assert between(0, 4) == evaluate(node, "household", home, found)


def test_records_two_levels_down_are_those_of_listed_and_of_optional_parents() -> None:
    home, found = family({}, {}, more=2)
    first, second = home.children["person"]
    record("payment", "x", first, {"sum": 2})
    second.unlisted["payment"] = 1
    payments = records("payment")

    # 2 listed, up to 1 more of the second person, up to 2 more people with 3 each
    assert between(1, 8) == evaluate(
        CountOver(payments, type=COUNT, span=SPAN), "household", home, found
    )
    paid = total(payments, fact("payment", "sum"))
    assert between(2 - 2 * 7, 2 + 6 * 7) == evaluate(paid, "household", home, found)


def test_a_certain_error_of_a_listed_record_is_an_error_whatever_the_order() -> None:
    home, found = family({"wage": 0, "free": True}, {"wage": 1, "free": True})
    fails = compare(">", arithmetic("/", const(1), WAGE), const(0))

    for node in (AnyOver, EveryOver):
        value = evaluate(node(ALL, fails, type=TRUTH, span=SPAN), "household", home, found)
        assert value == Failure("division-by-zero")
    share = total(ALL, arithmetic("/", const(1), WAGE))
    assert evaluate(share, "household", home, found) == Failure("division-by-zero")


def test_a_filter_guards_what_is_asked_of_a_record() -> None:
    home, found = family({"wage": 0, "free": False}, {"wage": 2, "free": True})
    share = total(SOME, arithmetic("/", const(1), WAGE))

    assert evaluate(share, "household", home, found) == Fraction(1, 2)
    del home.children["person"][0].facts["free"]
    actual = evaluate(share, "household", home, found)
    assert Possible(Interval(Fraction(1, 2), Fraction(1, 2)), failure=Failure("")) == actual


def test_the_certain_error_of_an_optional_record_is_only_possible() -> None:
    home, found = family({"wage": 1}, more=1)
    share = total(ALL, arithmetic("/", WAGE, arithmetic("-", WAGE, WAGE)))
    known = total(ALL, arithmetic("/", const(1), const(0)))
    alone, nobody = family(more=1)

    assert evaluate(share, "household", home, found) == Failure("division-by-zero")
    actual = evaluate(known, "household", alone, nobody)
    assert Possible(Interval(0, 0), failure=Failure("division-by-zero")) == actual


def test_an_optional_record_that_surely_has_it_may_not_be() -> None:
    home, found = family(more=1)
    holds = const(value=True, type_=TRUTH)

    assert evaluate(AnyOver(ALL, holds, type=TRUTH, span=SPAN), "household", home, found) == BOTH
    fails = EveryOver(ALL, opposite(holds), type=TRUTH, span=SPAN)
    assert evaluate(fails, "household", home, found) == BOTH


def test_an_optional_record_may_add_a_yes_and_removes_no_no() -> None:
    rich = compare(">=", WAGE, const(5))
    some = AnyOver(ALL, rich, type=TRUTH, span=SPAN)
    every = EveryOver(ALL, rich, type=TRUTH, span=SPAN)
    home, found = family({"wage": 5}, more=1)

    assert evaluate(some, "household", home, found) is True
    assert evaluate(every, "household", home, found) == BOTH
    home, found = family({"wage": 4}, more=1)
    assert evaluate(some, "household", home, found) == BOTH
    assert evaluate(every, "household", home, found) is False


def test_the_highest_is_at_least_that_of_records_that_are_surely_in() -> None:
    best = BestOver("highest", SOME, WAGE, const(-1), type=NUMBER, span=SPAN)
    home, found = family({"wage": 2, "free": True}, {"wage": 5})
    assert between(2, 5) == evaluate(best, "household", home, found)

    home, found = family({"wage": 2}, {"wage": 5})
    assert between(-1, 5) == evaluate(best, "household", home, found)

    home, found = family()
    assert evaluate(best, "household", home, found) == -1
    assert code(evaluate(evolve(best, otherwise=None), "household", home, found)) == "empty-set"


def latest(otherwise: Expr | None = None) -> BestBy:
    return BestBy(
        "highest", ALL, WAGE, fact("person", "born", DATE), otherwise, type=NUMBER, span=SPAN
    )


def test_the_latest_is_by_key_and_a_tie_of_different_values_is_an_error() -> None:
    home, found = family({"wage": 1, "born": 10}, {"wage": 2, "born": 20}, {"wage": 3, "born": 15})
    assert evaluate(latest(), "household", home, found) == 2

    home, found = family({"wage": 1, "born": 20}, {"wage": 2, "born": 20})
    assert code(evaluate(latest(), "household", home, found)) == "tie"

    home, found = family({"wage": 2, "born": 20}, {"wage": 2, "born": 20})
    assert evaluate(latest(), "household", home, found) == 2


def test_the_latest_of_possible_dates_may_be_each_that_reaches_the_last_sure_one() -> None:
    home, found = family(
        {"wage": 1, "born": between(10, 18)},
        {"wage": 2, "born": between(15, 20)},
        {"wage": 6, "born": 14},
    )

    actual = evaluate(latest(), "household", home, found)
    assert Possible(Interval(1, 2), failure=Failure("tie")) == actual


def test_two_optional_records_may_tie() -> None:
    home, found = family(more=1)

    actual = evaluate(latest(const(3)), "household", home, found)
    assert Possible(Interval(0, 6), failure=Failure("tie")) == actual


# ---------------------------------------------------------------- time and the past


def test_a_sum_over_months_asks_on_the_first_of_each() -> None:
    steps = Series(((ordinal("2024-01-01"), 1), (ordinal("2024-02-02"), 4)))
    home, found = family({"wage": steps})
    (person,) = home.children["person"]

    def months(first: str, last: str) -> Value:
        ends = const(ordinal(first), DATE), const(ordinal(last), DATE)
        return evaluate(MonthSum(WAGE, *ends, type=NUMBER, span=SPAN), "person", person, found)

    assert months("2024-01-20", "2024-04-01") == 1 + 1 + 4
    assert months("2024-04-20", "2024-04-21") == 0
    assert between(1, 7) == months("2023-12-01", "2024-02-01")
    unknown = MonthSum(
        WAGE, fact("person", "born", DATE), Today(type=DATE, span=SPAN), type=NUMBER, span=SPAN
    )
    actual = evaluate(unknown, "person", person, found)
    assert Possible(Interval(-INFINITY, INFINITY), failure=Failure("")) == actual
    assert code(actual) == "months-unknown"


def test_what_was_decided_before_is_read_from_the_history() -> None:
    home, unknown = family()
    receives = Recorded("household", "g", "receives", type=TRUTH, span=SPAN)
    value = Recorded("household", "g", "value", type=Optional(NUMBER), span=SPAN)
    past = Past(BOTH, between(3, 4), ABSENT)
    nothing, something = (case(home, history) for history in ({}, {("household", "h", "g"): past}))
    paid = {"grants": (grant("g", "household", const(1)),)}

    assert evaluate(receives, "household", home, unknown, **paid) == BOTH
    assert Possible(Interval(0, INFINITY), absent=True) == evaluate(
        value, "household", home, unknown, **paid
    )
    assert evaluate(receives, "household", home, nothing) is False
    assert evaluate(value, "household", home, nothing) is ABSENT
    assert evaluate(receives, "household", home, something) == BOTH
    assert between(3, 4) == evaluate(value, "household", home, something)


# ---------------------------------------------------------------- rations


def claims(passes_over: bool, fund: Value, *wages: Value, more: int = 0) -> list[Value]:  # noqa: FBT001 - a word of the ration
    """Return the places of people who claim their wage, those who earn most first."""
    home, found = family(*({"wage": wage, "free": True} for wage in wages), more=more, assets=fund)
    ration = Ration(
        "r", "g", "household", fact("household", "assets"), ((WAGE, True),), passes_over, (), SPAN
    )
    place = Place("r", type=TRUTH, span=SPAN)
    policy = program(
        ENTITIES,
        FACTS,
        (
            define("g/eligible", "person", FREE),
            define("g/claims", "person", use("person", "g/eligible", TRUTH)),
            define("g/amount", "person", WAGE),
            define("g/receives", "person", both(use("person", "g/claims", TRUTH), place)),
        ),
        grants=(grant("g", "person", WAGE),),
        rations=(ration,),
    )
    evaluation = emit(policy).open(found, TODAY)
    return [evaluation.value("g/receives", person) for person in home.children["person"]]


@pytest.mark.parametrize(
    ("passes_over", "fund", "wages", "expected"),
    [
        (False, 9, (2, 4, 3), [True, True, True]),
        (False, 8, (2, 4, 3), [False, True, True]),
        (False, 6, (1, 2, 5), [False, False, True]),
        (True, 6, (1, 2, 5), [True, False, True]),
        (False, 6, (4, 4), [BOTH, BOTH]),
        (True, 6, (4, 4), [BOTH, BOTH]),
        (True, 3, (4, 4, 2), [False, False, True]),
        (False, between(5, 9), (2, 4), [BOTH, True]),
        (False, between(3, 5), (2, 4), [False, BOTH]),
        (True, between(3, 5), (2, 4), [BOTH, BOTH]),
        (False, 6, (between(1, 3), 4), [BOTH, True]),
    ],
)
def test_claims_have_a_place_as_far_as_the_fund_reaches(
    passes_over: bool,  # noqa: FBT001 - a word of the ration
    fund: Value,
    wages: tuple[Value, ...],
    expected: list[Value],
) -> None:
    assert expected == claims(passes_over, fund, *wages)


def test_claims_that_nobody_listed_may_come_first() -> None:
    assert claims(False, 6, 2, more=1) == [BOTH]
    assert claims(False, 8, 2, more=1) == [True]
    assert claims(False, 8, 2, more=2) == [BOTH]


def test_a_household_alone_does_not_know_its_place_in_the_county() -> None:
    home, found = family(assets=3)
    ration = Ration("r", "g", "county", fact("county", "fund"), (), False, (), SPAN)
    more: dict[str, Any] = {
        "grants": (grant("g", "household", None),),
        "rations": (ration,),
    }
    policy = program(
        ENTITIES,
        FACTS,
        (
            define("g/claims", "household", const(value=True, type_=TRUTH)),
            define("x", "household", Place("r", type=TRUTH, span=SPAN)),
        ),
        **more,
    )

    assert emit(policy).open(found, TODAY).value("x", home) == BOTH


# ---------------------------------------------------------------- what would decide


def opened(node: Expr, found: Case) -> Evaluation:
    policy = program(ENTITIES, FACTS, (define("x", "household", node),))
    return emit(policy).open(found, TODAY)


def test_the_facts_that_could_decide_are_named_the_most_decisive_first() -> None:
    home, found = family({"wage": 3})
    poor = compare("<", fact("household", "assets"), const(9))
    node = both(poor, fact("household", "alone", TRUTH))

    actual = opened(node, found).missing("x", home)
    # alone = no decides; assets = 10 decides, 0 and 5 do not
    expected = (
        MissingFact("household", "alone", "h", False, Fraction(1, 2), Fraction(1, 2)),
        MissingFact("household", "assets", "h", False, Fraction(1, 3), Fraction(1, 3)),
    )
    assert expected == actual


def test_what_a_guard_keeps_out_is_not_named() -> None:
    home, found = family({"wage": 3}, alone=False, assets=3)
    node = either(
        both(fact("household", "alone", TRUTH), compare("<", total(), const(3))),
        compare("<", UnknownValue(type=NUMBER, span=SPAN), fact("household", "assets")),
    )

    assert not opened(node, found).missing("x", home)


def test_a_list_that_may_have_more_is_named() -> None:
    home, found = family({"wage": 3}, more=1)
    node = compare("<", total(), const(5))

    actual = opened(node, found).missing("x", home)
    assert (MissingFact("household", "person", "h", True, Fraction(1), Fraction(1)),) == actual


def test_a_fact_that_decides_only_with_others_scores_nothing_but_its_share() -> None:
    home, found = family({}, {"wage": 3})

    (actual,) = opened(total(), found).missing("x", home)
    assert MissingFact("person", "wage", "p0", False, Fraction(1), Fraction(1)) == actual
    home, found = family({}, {})
    both_wages = opened(total(), found).missing("x", home)
    assert [Fraction(0), Fraction(0)] == [each.score for each in both_wages]
    assert [Fraction(1, 2), Fraction(1, 2)] == [each.shrink for each in both_wages]


def test_nothing_is_missing_for_what_is_decided() -> None:
    home, found = family({}, assets=3)

    assert not opened(compare("<", fact("household", "assets"), const(9)), found).missing("x", home)


# ---------------------------------------------------------------- the trace


def test_operands_are_those_that_took_part() -> None:
    home, found = family({"wage": 3}, alone=False)
    alone = fact("household", "alone", TRUTH)
    node = both(alone, compare("<", total(), const(5)))
    evaluation = opened(node, found)

    step = evaluation.step(use("household", "x", TRUTH), home)
    (body,) = evaluation.operands(step)
    assert node is body.expression
    assert [alone] == [each.expression for each in evaluation.operands(body)]


def test_the_operands_of_an_aggregate_are_those_of_each_record() -> None:
    home, found = family({"wage": 3, "free": True}, {"wage": 4, "free": False})
    evaluation = opened(total(SOME), found)
    first, second = home.children["person"]

    steps = evaluation.operands(evaluation.step(total(SOME), home))
    assert [(FREE, first, True), (WAGE, first, 3), (FREE, second, False)] == [
        (step.expression, step.record, step.value) for step in steps
    ]


# ---------------------------------------------------------------- learning never flips

AGE = PeriodsBetween(
    "year", fact("person", "born", DATE), Today(type=DATE, span=SPAN), DATES, type=COUNT, span=SPAN
)
SIZE = CountOver(SOME, type=COUNT, span=SPAN)
PAYMENT = fact("payment", "sum")
RECENT = Within(
    fact("payment", "on", DATE),
    const(12, MONTHS),
    "before",
    Today(type=DATE, span=SPAN),
    DATES,
    type=TRUTH,
    span=SPAN,
)


def number(node: type, *parts: Any) -> Any:
    return node(*parts, type=NUMBER, span=SPAN)


LAWFUL: tuple[tuple[str, Expr], ...] = (
    ("household", number(SumOver, ALL, arithmetic("-", fact("person", "extra"), WAGE))),
    ("household", arithmetic("/", total(SOME), SIZE)),
    ("household", number(SumOver, records("payment", RECENT), PAYMENT)),
    ("person", number(SumOver, records("payment", compare(">=", PAYMENT, const(0))), PAYMENT)),
    ("household", number(BestOver, "lowest", SOME, WAGE, None)),
    ("household", latest()),
    (
        "household",
        BestBy(
            "lowest",
            records("payment"),
            PAYMENT,
            fact("payment", "on", DATE),
            const(0),
            type=NUMBER,
            span=SPAN,
        ),
    ),
    ("household", AnyOver(SOME, compare(">", AGE, const(17)), type=TRUTH, span=SPAN)),
    (
        "household",
        EveryOver(
            SOME,
            Payable(
                PAYMENT_SUM := number(SumOver, records("payment"), PAYMENT), type=TRUTH, span=SPAN
            ),
            type=TRUTH,
            span=SPAN,
        ),
    ),
    (
        "person",
        cases(
            (OneOf(fact("person", "kind", KIND), ("severe",), type=TRUTH, span=SPAN), WAGE),
            (compare("<", AGE, const(18)), const(6)),
            otherwise=number(Extreme, "highest", (WAGE, const(2))),
        ),
    ),
    (
        "person",
        number(
            Else,
            Follow(
                fact("person", "guardian", Optional(Reference("person"))),
                "person",
                AGE,
                type=Optional(NUMBER),
                span=SPAN,
            ),
            const(0),
        ),
    ),
    ("person", IsNone(fact("person", "died", Optional(DATE)), type=TRUTH, span=SPAN)),
    (
        "person",
        number(Figure, "standard", ((TOWN, const("a", TEXT)),), fact("person", "born", DATE)),
    ),
    (
        "household",
        number(Brackets, fact("household", "assets"), (2, 5), (Fraction(1, 2), Fraction(1))),
    ),
    ("household", number(Round, number(SumOver, ALL, WAGE), "up", Fraction(4))),
    (
        "household",
        number(
            Table,
            (fact("household", "assets"), fact("household", "alone", TRUTH)),
            (
                TableRow((RangeMatch(0, 4), ValueMatch(value=True)), const(1)),
                TableRow((RangeMatch(0, 4), ValueMatch(value=False)), const(2)),
                TableRow((RangeMatch(4, 8, low_included=False), AnyMatch()), const(3)),
            ),
            None,
        ),
    ),
    (
        "person",
        Shift(
            fact("person", "born", DATE), const(1, MONTHS), 1, "month", DATES, type=DATE, span=SPAN
        ),
    ),
)
LAWS = program(
    ENTITIES,
    FACTS,
    tuple(define(f"d{at}", entity, node) for at, (entity, node) in enumerate(LAWFUL)),
    (TOWNS,),
    texts=frozenset(("a", "b")),
)
KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "assets": st.integers(0, 10),
    "alone": st.booleans(),
    "wage": st.integers(0, 6),
    "kind": st.sampled_from(KIND.values),
    "free": st.booleans(),
    "born": st.dates(date(2004, 1, 1), date(2026, 12, 31)).map(date.toordinal),
    "town": st.sampled_from(("a", "b", "elsewhere")),
    "guardian": st.sampled_from(("p0", ABSENT)),
    "died": st.sampled_from((5, ABSENT)),
    "extra": st.integers(0, 6),
    "sum": st.integers(-2, 6),
    "on": st.dates(date(2023, 2, 1), date(2024, 4, 1)).map(date.toordinal),
}
OF = {each.name: each for each in FACTS}


@frozen
class Learning:
    """A household of which something is unknown, and the same when it has been learnt."""

    before: Case
    after: Case


def known_facts(draw: st.DrawFn, entity: str) -> dict[str, Any]:
    return {
        name: draw(KNOWN[name])
        for name, each in OF.items()
        if each.entity == entity and name in KNOWN
    }


@st.composite
def learning(draw: st.DrawFn) -> Learning:
    """Draw a case, take some facts and records out of it, and return both."""
    share = draw(st.integers(0, 6))

    def less(facts: dict[str, Any]) -> dict[str, Any]:
        # a default is no bound: what has one stays known
        return {
            name: value
            for name, value in facts.items()
            if name == "extra" or draw(st.integers(0, 6)) >= share
        }

    def is_listed() -> bool:
        return draw(st.integers(0, 12)) >= share

    county = {"fund": 50}
    full = record(
        "household",
        "h",
        record("county", "c", None, county, household=0),
        known_facts(draw, "household"),
        person=0,
    )
    part = record(
        "household",
        "h",
        record("county", "c", None, county, household=0),
        less(full.facts),
        person=0,
    )
    for at in range(draw(st.integers(1, 3))):
        person = record("person", f"p{at}", full, known_facts(draw, "person"), payment=0)
        keeps = at == 0 or is_listed()
        if keeps:
            other = record("person", f"p{at}", part, less(person.facts), payment=0)
        else:
            part.unlisted["person"] = 4 - len(part.children["person"])
        for n in range(draw(st.integers(0, 2))):
            paid = record("payment", f"x{at}{n}", person, known_facts(draw, "payment"))
            if keeps and is_listed():
                record("payment", f"x{at}{n}", other, less(paid.facts))
            elif keeps:
                other.unlisted["payment"] = 3
    if part.unlisted["person"]:
        part.unlisted["person"] = 4 - len(part.children["person"])
    return Learning(case(part), case(full))


def answers(policy: Program, found: Case, *, plain: bool) -> dict[tuple[str, str], Value]:
    evaluation = emit(policy, plain=plain).open(found, TODAY)
    return {
        (definition.key, each.id): evaluation.value(definition.key, each)
        for definition in policy.definitions
        for each in found.records.values()
        if each.entity == definition.entity
    }


@settings(max_examples=150, deadline=None)
@given(learning())
def test_learning_never_flips_and_what_is_learnt_lies_within_the_bounds(drawn: Learning) -> None:
    before, after = (answers(LAWS, found, plain=True) for found in (drawn.before, drawn.after))

    outside = [place for place, value in before.items() if not is_within(after[place], value)]
    assert not outside


@settings(max_examples=75, deadline=None)
@given(learning())
def test_the_short_way_and_the_rules_agree(drawn: Learning) -> None:
    for found in (drawn.before, drawn.after):
        assert answers(LAWS, found, plain=False) == answers(LAWS, found, plain=True)


@settings(max_examples=75, deadline=None)
@given(learning())
def test_a_known_household_is_decided(drawn: Learning) -> None:
    undecided = [
        place
        for place, value in answers(LAWS, drawn.after, plain=True).items()
        if isinstance(value, Possible)
    ]

    assert not undecided


@settings(max_examples=25, deadline=None)
@given(learning())
def test_every_step_can_be_looked_into_and_what_is_missing_named(drawn: Learning) -> None:
    evaluation = emit(LAWS).open(drawn.before, TODAY)
    for definition in LAWS.definitions:
        for each in drawn.before.records.values():
            if each.entity != definition.entity:
                continue
            value = evaluation.value(definition.key, each)
            missing = evaluation.missing(definition.key, each)
            assert isinstance(value, Possible) or not missing
            for found in missing:
                assert found.score is not None
                assert 0 <= found.score <= 1


def test_on_record_evaluates_on_the_record_of_that_id() -> None:
    home, found = family({"wage": 3}, {"wage": 4})
    node = OnRecord("person", "p1", WAGE, type=NUMBER, span=SPAN)

    assert evaluate(node, "household", home, found) == 4


def test_an_other_value_is_none_of_those_named() -> None:
    kinds = Choice(("mild", "severe"), is_open=True)
    facts = tuple(evolve(each, type=kinds) if each.name == "kind" else each for each in FACTS)
    home, found = family({})
    policy = program(ENTITIES, facts, (define("x", "person", fact("person", "kind", kinds)),))

    (person,) = home.children["person"]
    actual = emit(policy).open(found, TODAY).value("x", person)
    assert Possible(Options(frozenset(("mild", "severe", OTHER)))) == actual
