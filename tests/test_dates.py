"""Dates: what a day that does not exist becomes, working days, counts of periods."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aidrules import dates
from aidrules.program import Calendar, DateMode, Period

MODES: tuple[DateMode, ...] = ("down", "up", "refuse")
PERIODS: tuple[Period, ...] = ("day", "week", "month", "year")
CALENDAR = Calendar(
    frozenset((2023, 2024)),
    frozenset((date(2024, 1, 1).toordinal(),)),
    frozenset((date(2023, 12, 30).toordinal(),)),  # a Saturday that is worked
)
any_day = st.dates(date(1999, 1, 1), date(2010, 12, 31)).map(date.toordinal)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@pytest.mark.parametrize(
    ("start", "months", "mode", "expected"),
    [
        ("2024-02-29", 12, "down", "2025-02-28"),
        ("2024-02-29", 12, "up", "2025-03-01"),
        ("2024-02-29", 48, "refuse", "2028-02-29"),
        ("2023-01-31", 1, "down", "2023-02-28"),
        ("2023-01-31", 1, "up", "2023-03-01"),
        ("2023-12-15", 1, "down", "2024-01-15"),
        ("2023-03-31", -1, "down", "2023-02-28"),
        ("2023-01-15", -1, "up", "2022-12-15"),
    ],
)
def test_months_are_added(start: str, months: int, mode: DateMode, expected: str) -> None:
    actual = dates.add_months(day(start), months, mode)

    assert day(expected) == actual


def test_a_day_that_does_not_exist_may_be_refused() -> None:
    assert dates.add_months(day("2024-02-29"), 12, "refuse") is None
    assert dates.add_periods(day("2024-02-29"), 1, "year", "refuse") is None


def test_nothing_leaves_the_years_1_to_9999() -> None:
    last = day("9999-12-31")

    assert dates.add_months(last, 1, "down") is None
    assert dates.add_periods(last, 1, "day", "down") is None
    assert dates.add_periods(1, -1, "week", "down") is None
    assert dates.boundary("start", "month", "after", last) is None
    assert dates.boundary("start", "year", "before", 1) is None
    assert last == dates.boundary("end", "year", "of", last)
    assert dates.part("year", 0) is None


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        ("2023-12-29", 0, "2023-12-29"),
        ("2023-12-31", 0, "2023-12-31"),
        ("2023-12-28", 1, "2023-12-29"),
        ("2023-12-29", 1, "2023-12-30"),
        ("2023-12-30", 1, "2024-01-02"),
        ("2024-01-02", -1, "2023-12-30"),
        ("2024-01-06", -1, "2024-01-05"),
        ("2024-01-05", 5, "2024-01-12"),
    ],
)
def test_working_days_pass_over_what_is_not_worked(start: str, count: int, expected: str) -> None:
    actual = dates.add_working_days(day(start), count, CALENDAR)

    assert day(expected) == actual


def test_a_year_that_the_calendar_does_not_know_has_no_working_days() -> None:
    assert dates.add_working_days(day("2024-12-31"), 1, CALENDAR) is None
    assert dates.add_working_days(day("2023-01-02"), -1, CALENDAR) is None
    assert day("2030-01-01") == dates.add_working_days(day("2030-01-01"), 0, CALENDAR)


@given(st.sampled_from(PERIODS), any_day, any_day, st.sampled_from(("down", "up")))
def test_the_count_of_periods_is_the_greatest_that_does_not_pass_the_last_day(
    period: Period, first: int, last: int, mode: DateMode
) -> None:
    count = dates.periods_between(period, first, last, mode)

    assert count is not None
    reached = dates.add_periods(first, count, period, mode)
    following = dates.add_periods(first, count + 1, period, mode)
    assert reached is not None
    assert following is not None
    assert reached <= last < following


@given(st.sampled_from(PERIODS), any_day, any_day)
def test_a_count_is_refused_only_where_down_and_up_differ(
    period: Period, first: int, last: int
) -> None:
    down, up, refuse = (dates.periods_between(period, first, last, mode) for mode in MODES)

    assert (down if down == up else None) == refuse


def test_a_birthday_on_29_february_is_counted_by_the_rule() -> None:
    born, day_before, day_after = day("2004-02-29"), day("2005-02-28"), day("2005-03-01")

    assert dates.periods_between("year", born, day_before, "down") == 1
    assert dates.periods_between("year", born, day_before, "up") == 0
    assert dates.periods_between("year", born, day_before, "refuse") is None
    assert dates.periods_between("year", born, day_after, "refuse") == 1


@pytest.mark.parametrize(
    ("side", "period", "which", "expected"),
    [
        ("start", "day", "after", "2024-02-16"),
        ("end", "day", "before", "2024-02-14"),
        ("start", "week", "of", "2024-02-12"),
        ("end", "week", "of", "2024-02-18"),
        ("start", "month", "after", "2024-03-01"),
        ("end", "month", "of", "2024-02-29"),
        ("end", "month", "before", "2024-01-31"),
        ("start", "year", "of", "2024-01-01"),
        ("end", "year", "after", "2025-12-31"),
    ],
)
def test_periods_begin_and_end(side: str, period: Period, which: str, expected: str) -> None:
    actual = dates.boundary(side, period, which, day("2024-02-15"))  # type: ignore[arg-type]  # words of the table

    assert day(expected) == actual


def test_a_date_has_parts() -> None:
    parts = [dates.part(period, day("2024-02-15")) for period in ("year", "month", "day")]

    assert parts == [2024, 2, 15]


def test_months_run_from_the_first_up_to_not_with_the_last() -> None:
    months = dates.months_from(day("2023-11-30"), day("2024-02-01"))

    firsts = [dates.first_of_month(month) for month in months]
    assert [day("2023-11-01"), day("2023-12-01"), day("2024-01-01")] == firsts
    assert not dates.months_from(day("2024-02-01"), day("2024-02-28"))
