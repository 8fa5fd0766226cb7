"""The terms of Z3 say of every household what the interpreter says."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("z3", reason="proofs need the extra [prove]")

import z3

from agreement import smt as agreement
from aidrules import dates, loads
from aidrules.backends.smt import days, terms
from aidrules.backends.smt.household import Household
from aidrules.backends.smt.lower import Lowerer
from aidrules.backends.smt.terms import Exactly, Fault, anyhow, lacking
from aidrules.bounds import round_exact
from aidrules.household import Reader
from aidrules.program import DateMode, RoundingMode
from aidrules.types import NUMBER

POLICIES = sorted((Path(__file__).parents[1] / "docs" / "policies").rglob("*.aid.md"))
SOME_DAYS = st.integers(date(1880, 1, 1).toordinal(), date(2140, 12, 31).toordinal())


def at(value: object, number: z3.ArithRef, known: int) -> int:
    """Return what a term is where a number is known."""
    term = z3.simplify(z3.substitute(value, (number, z3.IntVal(known))))
    return int(term.as_long())


@given(SOME_DAYS, st.booleans())
def test_a_day_is_the_same_day_of_the_month(day: int, is_narrow: bool) -> None:  # noqa: FBT001 - drawn
    number = z3.Int("day")
    ends = (days.FIRST_DAY, days.LAST_DAY) if is_narrow else (None, None)
    if is_narrow and not days.FIRST_DAY <= day <= days.LAST_DAY:
        return
    found = days.civil(Exactly(number, 1, *ends))
    known = date.fromordinal(day)

    assert at(found.month, number, day) == known.year * 12 + known.month - 1
    assert at(found.day, number, day) == known.day
    assert at(days.first_of(found.month), number, day) == known.replace(day=1).toordinal()


@given(SOME_DAYS, st.integers(-700, 700), st.sampled_from(("down", "up")))
def test_months_are_added_as_the_interpreter_adds_them(
    day: int, months: int, mode: DateMode
) -> None:
    number = z3.Int("day")
    found = days.add_months(Exactly(number), terms.exact(months), mode)

    assert at(found.whole, number, day) == dates.add_months(day, months, mode)


@given(
    st.integers(-5000, 5000),
    st.integers(1, 12),
    st.sampled_from(("up", "down", "half up", "half down", "half even")),
    st.sampled_from((Fraction(1), Fraction(1, 10), Fraction(5), Fraction(3, 2))),
)
def test_rounding_is_that_of_the_interpreter(
    top: int, scale: int, mode: RoundingMode, quantum: Fraction
) -> None:
    number = z3.Int("amount")
    found = terms.rounded(Exactly(number, scale), mode, quantum)

    wanted = round_exact(Fraction(top, scale), mode, quantum)
    assert Fraction(at(found.whole, number, top), found.scale) == wanted


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name.partition(".")[0])
def test_shipped_policies_agree(path: Path) -> None:
    found = agreement.shipped_run(str(path), 12, seed=3)
    assert found.differences == []
    assert found.cases


FAR_DAYS = """
policy far_days
  in force from 2024-01-01
source notice "Notice" rank county from 2024-01-01
entity household
fact born of household: date  between 1950-01-01 and 2050-12-31
define later_day of household: date = born + {days} days
define earlier_day of household: date = born - {weeks} weeks
define year_before of household: number = year of (0001-01-03 - 5 days)
define month_after of household: number = month of (9999-12-31 + 1 month)
define end_after of household: date = end of year after 9999-05-01
define start_before of household: date = start of month before 0001-01-31
define far_month of household: date = end of month after (born + {days} days)
"""


@pytest.mark.parametrize(("days", "weeks"), [(2_930_000, 100_000), (4_000_000, 101_700)])
def test_a_day_outside_of_the_years_1_to_9999_is_an_error(days: int, weeks: int) -> None:
    program = loads(FAR_DAYS.format(days=days, weeks=weeks)).program
    reader, cases = Reader.of(program), []
    for born in ("1950-01-01", "1999-02-28", "2000-02-29", "2024-12-31", "2050-12-31"):
        case, _ = reader.read({"id": "h", "born": born})
        assert case is not None
        cases.append(case)

    found = agreement.compare(agreement.Lot("", program, cases, date(2024, 6, 1).toordinal()))

    assert found.differences == []
    assert (found.cases, found.unfit.total()) == (5, 0)


@pytest.mark.parametrize("first", [1, 51])
def test_random_programs_agree(first: int) -> None:
    found = agreement.random_run(range(first, first + 25))
    assert found.differences == []
    assert found.answers > 100


def test_a_planted_fault_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "at_most", terms.below)
    path = next(path for path in POLICIES if path.name.startswith("minimum_living"))

    assert agreement.shipped_run(str(path), 60, seed=3).differences


def test_where_no_case_is_left_what_was_wanting_is_still_told() -> None:
    policy = loads(
        "policy heating\nentity household\nfact rooms of household: number  between 0 and 9\n"
    )
    household = Household.of(policy.program, "household", date(2024, 6, 1).toordinal(), {})
    wanting = z3.Bool("wanting")

    value = Lowerer(household).chain((), Fault(True, wanting), NUMBER)

    assert anyhow(value.error) is True
    assert lacking(value.error) is wanting
