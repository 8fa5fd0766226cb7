"""What tests of tables share: a small policy, tables of it, and runs on them."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa

import aidrules
from aidrules import Policy
from aidrules.backends.kernel import Layout
from aidrules.population.ask import told_from
from aidrules.population.documents import Documents
from aidrules.population.folder import Screening
from aidrules.population.opening import open_tables
from aidrules.population.reading import Read, read
from aidrules.population.tables import Tables
from aidrules.population.telling import Telling

ON = date(2024, 6, 1)

POLICY = """
policy allowance
  in force from 2024-01-01
source notice "Notice on allowances" rank county from 2024-01-01
currency yuan to 0.01
entity county
entity household in county at most 1000
entity person in household at most 6
entity payment in person at most 4
fact standard of county: money per month  between 0 and 10_000
fact tenure of household: one of (owned, rented, ...)
fact head of household: person or none
fact rent of household: money per month  between 0 and 10_000  default 0 yuan per month
fact birth_date of person: date
fact death_date of person: date or none
fact disability of person: one of (none_known, mild, severe)
fact works of person: yes or no
fact needs of person: some of (meals, bathing, company)
fact points of person: number  between 0 and 1_000
fact wage of payment: money per month  between 0 and 1_000_000
define earned of person: money per month = sum of wage over payment  cite notice 1
define income of household: money per month
  cite notice 1
  = sum of earned over person where death_date is none
benefit aid for household: money per month
  cite notice 2
  when income < standard
  amount standard - income + rent  when tenure is rented
  amount standard - income  otherwise
  rounded up to 1 yuan per month
benefit share for person: money per month
  cite notice 3
  when birth_date <= today - 18 years
  unless works
  amount standard / 3  when disability is severe
  amount points * 1 yuan per month  otherwise
  at least 0
service care for person: some of (meals, bathing, company)
  cite notice 4
  when disability is not none_known
  amount needs
"""


def policy() -> Policy:
    """Return the policy of these tests."""
    found = aidrules.loads(POLICY)
    assert found.is_valid, aidrules.render(found.diagnostics, "en")
    return found


def tables() -> dict[str, Any]:
    """Return three households, in which nothing is wrong."""
    return {
        "county": pa.table({"id": ["wf"], "standard": ["600.00"]}),
        "household": pa.table(
            {
                "id": ["a", "b", "c"],
                "county_id": ["wf", "wf", None],
                "tenure": ["rented", "houseboat", "owned"],
                "head": ["p1", None, "none"],
                "rent": pa.array([100, None, None], pa.int64()),
            }
        ),
        "person": pa.table(
            {
                "id": ["p1", "p2", "p3", "p4"],
                "household_id": ["a", "a", "b", "c"],
                "birth_date": pa.array(
                    [date(1990, 1, 2), date(2010, 5, 5), date(2006, 6, 1), date(1950, 1, 1)]
                ),
                "death_date": ["none", "none", "none", "2020-02-29"],
                "disability": ["severe", "none_known", "mild", None],
                "works": [True, False, None, False],
                "needs": pa.array([["meals"], [], ["bathing", "meals"], None]),
                "points": ["12.5", "0", "0.1234567", "3"],
            }
        ),
        "payment": pa.table(
            {
                "id": ["y1", "y2", "y3"],
                "person_id": ["p1", "p1", "p3"],
                "wage": pa.array([10000, 2550, 59999], pa.int64()),
            }
        ),
    }


TELLING: Telling = {
    "complete": {"person", "payment"},
    "places": {"payment.wage": 2},
}


def opened(chosen: Policy, given: Mapping[str, Any], telling: Telling = TELLING) -> Tables:
    """Return tables, looked at."""
    layout = Layout.of(chosen.program, telling.get("root"))
    return open_tables(layout, given, told_from(telling))


def all_read(found: Tables) -> list[Read]:
    """Return all documents, read."""
    return [read(found, chunk) for chunk in found.chunks()]


def screen(
    chosen: Policy, given: Any, out: Path, telling: Telling = TELLING, on: date = ON
) -> Screening:
    """Return a run."""
    return chosen.screen(given, on, out, **telling)


def singly(
    chosen: Policy, given: Any, telling: Telling, on: date
) -> dict[tuple[str, str, str], Any]:
    """Return what the interpreter makes of each document that is not rejected."""
    found = opened(chosen, given, telling)
    layout = found.layout
    kinds = (layout.root, *layout.below)
    answers: dict[tuple[str, str, str], Any] = {}
    for each in all_read(found):
        documents = Documents(found, each.chunk, each.batch.offsets)
        for row in range(each.batch.size):
            decision = chosen.evaluate(documents.document(row), on)
            assert not decision.is_rejected, aidrules.render(decision.diagnostics, "en")
            for outcome in decision.outcomes:
                if outcome.entity in kinds:
                    key = outcome.entity, outcome.record, outcome.key
                    answers[key] = outcome
    return answers


def differences(screening: Screening, answers: Mapping[tuple[str, str, str], Any]) -> list[str]:
    """Return where a run says otherwise than outcomes, in status, amount or bounds."""
    found = []
    rows = screening.decisions().to_pylist()
    assert len(rows) == len(answers)
    for row in rows:
        outcome = answers[row["entity"], str(row["record"]), row["grant"]]
        wanted: Any = (str(outcome.status), *_amounts(outcome))
        given = (row["status"], *_given(row))
        if wanted != given:
            found.append(f"{row['grant']} of {row['record']}: {given}, not {wanted}")
    return found


def _amounts(outcome: Any) -> tuple[object, ...]:
    amount = outcome.amount
    match amount:
        case bool():
            return None, None, None, "yes" if amount else "no"
        case int() | Fraction():
            return Fraction(amount), None, None, None
        case frozenset():
            return None, None, None, ";".join(sorted(amount)) or None
        case str():
            return None, None, None, amount
    if str(outcome.status) != "undecided":
        return None, None, None, None
    ends = (None if each is None else Fraction(each) for each in (outcome.low, outcome.high))
    return None, *ends, None


def _given(row: Mapping[str, Any]) -> tuple[object, ...]:
    amount, low, high = (
        None if row[name] is None else Fraction(row[name]) for name in ("amount", "low", "high")
    )
    exact = row["exact"]
    if exact is not None and ".." not in exact:
        amount = Fraction(exact)
    elif exact is not None:
        low, high = (Fraction(each) if each else None for each in exact.split(" .. "))
    return amount, low, high, row["services"]
