"""Households at the lines of a policy: faults of one step are found, and small ones are shown."""

from datetime import date
from fractions import Fraction
from itertools import islice

import pytest

from aidrules import loads
from aidrules.case import Case
from aidrules.household import Reader
from aidrules.program import Program
from aidrules.verify.households.make import households
from aidrules.verify.households.writing import as_example
from aidrules.verify.proving.properties import Property, Stated, properties
from aidrules.verify.proving.tested import try_out
from aidrules.verify.proving.verdicts import Refuted, Tested

TODAY = date(2024, 6, 1).toordinal()

POLICY = """
policy heating
  in force from 2024-01-01
source notice "Notice on heating" rank county from 2024-01-01
currency yuan to 0.01
entity household
entity person in household at most 10
fact rooms of household: number  between 0 and 20
fact savings of household: money  between 0 and 1_000_000
fact income of person: money per month  between 0 and 100_000
fact born of person: date  between 1920-01-01 and 2024-01-01
fact disabled of person: yes or no
parameter standard: money per month  cite notice 1
  from 2024-01-01 = 735.40
define size of household: number = count of person
define income_of_all of household: money per month = sum of income over person
define age of person: number = years between born and today
define twice of household: money per month = standard * 2
define poor of household: yes or no = income_of_all < standard * size
define thrifty of household: yes or no = savings <= standard * 24 months * size
define old of person: yes or no = age >= 70
define grown of person: yes or no = born + 18 years <= today
benefit aid for household: money per month
  cite notice 2
  when poor
  when thrifty
  amount standard * size - income_of_all
"""

LINES = {
    "income below": ("never poor and income_of_all = standard * size", "income_of_all < standard"),
    "savings at": ("always thrifty or savings > standard * 24 months * size", "savings <= "),
    "age": ("always old = (age > 69)", "age >= 70"),
    "day": ("always grown = (born <= today - 18 years)", "born + 18 years <= today"),
}
FAULTS = {
    "income_of_all < standard": "income_of_all <= standard",
    "savings <= ": "savings < ",
    "age >= 70": "age > 70",
    "born + 18 years <= today": "born + 18 years < today",
}


def stated(text: str) -> tuple[Program, Property]:
    policy = loads(text)
    assert policy.is_valid, [(each.code, each.facts) for each in policy.diagnostics]
    found = next(each for each in properties(policy.program) if isinstance(each.claim, Stated))
    return policy.program, found


@pytest.mark.parametrize("name", LINES)
def test_a_fault_of_one_step_is_found(name: str) -> None:
    statement, line = LINES[name]
    text = f'{POLICY}check "The line"\n  {statement}\n'
    assert line in text
    program, wanted = stated(text)
    assert try_out(program, wanted, 1, TODAY, 300) == Tested(300)
    program, wanted = stated(text.replace(line, FAULTS[line], 1))
    for seed in range(3):
        verdict = try_out(program, wanted, seed, TODAY, 2000)
        assert isinstance(verdict, Refuted), seed
        assert len(verdict.example.case.root.children["person"]) <= 2


def test_pairs_of_households() -> None:
    rises = 'check "More income, no more aid"\n  aid never rises when income rises\n'
    program, wanted = stated(POLICY + rises)
    assert try_out(program, wanted, 1, TODAY, 100) == Tested(100)
    program, wanted = stated(POLICY.replace("- income_of_all\n", "+ income_of_all\n") + rises)
    verdict = try_out(program, wanted, 1, TODAY, 500)
    assert isinstance(verdict, Refuted)
    assert verdict.example.other is not None
    assert len(verdict.example.case.root.children["person"]) == 1
    same = 'check "Savings do not count"\n  aid unchanged when savings changes\n'
    program, wanted = stated(POLICY + same)
    assert isinstance(try_out(program, wanted, 1, TODAY, 2000), Refuted)


def plain(case: Case) -> object:
    return [
        (key, record.facts, {kind: len(each) for kind, each in record.children.items()})
        for key, record in sorted(case.records.items())
    ]


def test_the_same_seed_gives_the_same_and_examples_read_back() -> None:
    policy = loads(POLICY)
    made = list(islice(households(policy.program, 3, TODAY), 60))
    again = list(islice(households(policy.program, 3, TODAY), 60))
    assert [plain(each) for each in made] == [plain(each) for each in again]
    assert len({str(plain(each)) for each in made}) > 40
    for case in made:
        text = as_example(policy.program, case, TODAY, "Pasted", ["poor"])
        pasted = loads(POLICY + text)
        assert not [each for each in pasted.diagnostics if each.is_error], text
        (example,) = pasted.program.examples
        read, findings = Reader.of(pasted.program).read(example.document)
        assert read is not None, findings
        assert plain(read) == plain(case)


def test_no_unknown_unless_asked_for() -> None:
    policy = loads(POLICY)
    known = list(islice(households(policy.program, 5, TODAY), 50))
    some = list(islice(households(policy.program, 5, TODAY, unknown=Fraction(1, 2)), 50))

    def missing(cases: list[Case]) -> int:
        facts = policy.program.facts
        return sum(
            fact.name not in record.facts
            for case in cases
            for record in case.records.values()
            for fact in facts
            if fact.entity == record.entity
        )

    assert missing(known) == 0
    assert missing(some) > 50
