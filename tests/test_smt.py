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
from aidrules import dates
from aidrules.backends.smt import days, terms
from aidrules.backends.smt.terms import Exactly
from aidrules.bounds import round_exact
from aidrules.program import DateMode, RoundingMode

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


@pytest.mark.parametrize("first", [1, 51])
def test_random_programs_agree(first: int) -> None:
    found = agreement.random_run(range(first, first + 25))
    assert found.differences == []
    assert found.answers > 100


def test_a_planted_fault_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "at_most", terms.below)
    path = next(path for path in POLICIES if path.name.startswith("minimum_living"))

    assert agreement.shipped_run(str(path), 60, seed=3).differences
