"""Households with more records than places: each is among those of which proofs speak."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("z3", reason="proofs need the extra [prove]")

from agreement import endless
from aidrules import loads
from aidrules.backends.smt import rest
from aidrules.backends.smt.rest import Beyond
from aidrules.verify.proving.verdicts import Proved, Refuted

POLICIES = Path(__file__).parents[1] / "docs" / "policies"


def tried() -> endless.Compared:
    """Return what becomes of some random programs and of three policies."""
    found = endless.random_run(range(1, 60))
    found.add(endless.shipped_run(str(endless.LISTS), 12, 2))
    for name in ("cn/temporary_aid", "shandong/sunset_care"):
        found.add(endless.shipped_run(str(POLICIES / f"{name}.aid.md"), 12, 2))
    return found


def test_what_the_interpreter_says_of_a_long_list_is_possible() -> None:
    found = tried()

    assert not found.impossible, found.impossible
    assert found.longer > 20


def nobody(_: Beyond, *_conditions: object) -> int:
    """Count nobody in the rest of a list."""
    return 0


def faultless(_: Beyond, *_values: object) -> bool:
    """Find no fault in the rest of a list."""
    return False


def twice(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a sum of which the least is taken for twice the least."""

    def total(self: Beyond, value: Any) -> Any:
        found = real(self, value)
        self.lower.household.assume(found.whole > self.rest.count * 2)
        return found

    return total


def one_end(real: Callable[..., Any]) -> Callable[..., Any]:
    """Take the highest and the lowest of the rest for one."""
    return lambda self, value, _word: real(self, value, "best")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("holding", nobody),
        ("fault", faultless),
        ("total", twice(rest.Beyond.total)),
        ("best", one_end(rest.Beyond.best)),
    ],
)
def test_a_planted_fault_is_seen(name: str, fault: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Beyond, name, fault)

    assert tried().impossible


HEAD = """
policy heating
  in force from 2024-01-01
source notice "Notice on heating" rank county from 2024-01-01
currency yuan to 0.01
entity household
entity person in household
entity job in person
fact income of person: money per month  between 0 and 100_000
fact disabled of person: yes or no
fact wage of job: money per month  between 0 and 50_000
fact hours of job: number  between 0 and 80
fact savings of household: money  between 0 and 1_000_000
define size of household: number = count of person
parameter standard: money per month  cite notice 1
  from 2024-01-01 = 700
benefit aid for household: money per month
  cite notice 2
  when (sum of income over person) < standard * size
  amount standard * size - (sum of income over person)
"""

HOLDS = {
    "a bound by the count": "always aid <= standard * size",
    "less for who has more": "aid never rises when income rises",
    "the same whatever the savings": "aid unchanged when savings changes",
    "some of all": "always (count of person where disabled) <= size",
    "one of some": "always (any person has disabled) or (count of person where disabled) = 0",
    "all of all": "always not (every person has disabled) or"
    " (count of person where disabled) = size",
    "the highest is one of them": "always size = 0 or"
    " (highest of income over person) <= 100_000 yuan per month",
    "records below records": "always (sum of wage over job) >= 0 yuan per month",
}


def settled(check: str, rules: str = "") -> Proved | Refuted:
    """Return the verdict on one check."""
    policy = loads(f'{HEAD}{rules}\ncheck "It"\n  {check}\n')
    assert policy.is_valid, policy.diagnostics
    found = policy.prove("2024-06-01", only="It", seconds=20).settled[0].verdict
    assert isinstance(found, Proved | Refuted), found
    return found


@pytest.mark.parametrize("check", HOLDS.values(), ids=HOLDS)
def test_it_is_proved_for_any_size(check: str) -> None:
    assert settled(check) == Proved(reach="any")


def test_what_only_a_large_household_breaks_is_not_called_of_any_size() -> None:
    found = settled("always size <= 3")

    assert found == Proved(reach="sizes")


def test_who_of_the_rest_sees_the_changed_fact_may_change_too() -> None:
    """The amount of each depends on the income of all: the rest is not taken to stand still."""
    rules = """
define poor of household: yes or no = (sum of income over person) < 1_000 yuan per month
define share of person: money per month
  = 100 yuan per month when poor
  = 0 yuan per month otherwise
define shares of household: money per month = sum of share over person
"""
    found = settled("shares unchanged when income changes", rules)

    assert isinstance(found, Refuted)


def test_what_no_household_is_above_is_told_beside_the_highest_of_a_size() -> None:
    """The highest of up to three is 2,100; of the thirty that may be there is told what it may be.

    Over those without a place only their number and the sum of their incomes are known.
    """
    policy = loads(
        HEAD.replace("entity person in household", "entity person in household at most 30")
    )
    proofs = policy.prove("2024-06-01", only="aid", seconds=20)
    verdicts = [each.verdict for each in proofs.settled]

    assert Proved(highest=2_100, limit=21_000) in verdicts


def test_an_error_of_any_of_the_rest_is_an_error() -> None:
    rules = """
define rate of job: money per month = wage / hours
define rates of household: money per month = sum of rate over job
benefit extra for household: money per month
  cite notice 3
  amount rates
"""
    policy = loads(HEAD + rules)
    assert policy.is_valid, policy.diagnostics
    found = {
        each.wanted.word: each.verdict
        for each in policy.prove("2024-06-01", only="extra", seconds=20).settled
    }

    assert isinstance(found["property-defined"], Refuted)


def test_the_rest_has_members_above_and_below() -> None:
    """The highest and the lowest of the rest are two: whoever stands between is no end of it."""
    rules = """
define top of household: money per month = highest of income over person else 0 yuan per month
define bottom of household: money per month = lowest of income over person else 0 yuan per month
define is_an_end of person: yes or no = income >= top or income <= bottom
"""
    found = settled("always is_an_end", rules)

    assert isinstance(found, Refuted)
    assert len(found.example.case.root.children["person"]) == 3
