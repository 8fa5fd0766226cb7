"""Two policies that mean the same, and two that do not: told apart by a household at the line."""

import pytest

pytest.importorskip("z3", reason="proofs need the extra [prove]")

from datetime import date

from aidrules import loads
from aidrules.verify.proving.meaning import meaning
from aidrules.verify.proving.verdicts import Apart, Same, Unsettled

HEAD = """
policy heating
  in force from 2024-01-01
source notice "Notice on heating" rank county from 2024-01-01
currency yuan to 0.01
entity household
entity person in household at most 10
fact rooms of household: number  between 0 and 20
fact income of person: money per month  between 0 and 100_000
define size of household: number = count of person
define income_of_all of household: money per month = sum of income over person
benefit aid for household: money per month
  cite notice 2
"""
TODAY = date(2024, 6, 1).toordinal()

ONE = """  when income_of_all < 700 yuan per month * size
  amount 700 yuan per month * size - income_of_all
"""


def compared(one: str, other: str) -> Same | Apart | Unsettled:
    """Return whether two ways to write the aid mean the same."""
    programs = [loads(HEAD + text).program for text in (one, other)]
    grants = programs[0].grants[0], programs[1].grants[0]
    return meaning(programs[0], programs[1], grants, TODAY)


def test_written_otherwise_and_meant_the_same() -> None:
    other = """  when (sum of (700 yuan per month - income) over person) > 0 yuan per month
  amount sum of (700 yuan per month - income) over person
"""
    assert compared(ONE, other) == Same({"person": 3})


@pytest.mark.parametrize(
    "other",
    [
        ONE.replace("<", "<="),
        ONE.replace("amount 700", "amount 700.01"),
        ONE + "  unless size > 2\n",
    ],
)
def test_what_differs_has_a_household(other: str) -> None:
    found = compared(ONE, other)
    # At the line itself nothing is paid, so that `<=` for `<` changes nothing that is received.
    assert isinstance(found, Same if "<=" in other else Apart)


def test_what_cannot_be_translated_is_not_called_the_same() -> None:
    text = "  when rooms / income_of_all * 1 yuan per month < 3\n  amount 10 yuan per month\n"
    assert compared(text, text.replace("10", "11")) == Unsettled("division")
