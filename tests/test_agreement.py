"""The interpreter keeps to its meaning on random policies, whatever is known of the household."""

from functools import cache

import pytest

from agreement.planted import FAULTS, Fault
from agreement.properties import PROPERTIES, Tally
from agreement.run import catch, missed, run
from agreement.shrink import describe

FIRST_SEED = 1
TRIPLES = 20_000
"""Enough for each fault to be caught; `python -m tests.agreement` tries more."""


@cache
def caught(fault: Fault) -> frozenset[str]:
    """Return the properties that catch a fault."""
    found = catch(fault, TRIPLES, FIRST_SEED)
    return found[0] if found else frozenset()


@pytest.fixture(scope="module")
def tally() -> Tally:
    return run(TRIPLES, FIRST_SEED)


def test_the_interpreter_keeps_to_its_meaning(tally: Tally) -> None:
    found = [describe(finding) for finding in tally.findings]

    assert found == []


def test_every_kind_of_expression_is_met(tally: Tally) -> None:
    assert missed(tally) == []


def test_most_answers_are_decided_but_not_all(tally: Tally) -> None:
    assert 0.5 < tally.decided / tally.values < 0.98


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_caught(fault: Fault) -> None:
    assert caught(fault)


def test_every_property_catches_a_fault() -> None:
    assert set(PROPERTIES) == frozenset().union(*map(caught, FAULTS))
