"""Mutants of a policy: what is written once is changed once, and an example at the edge tells."""

import pytest

import aidrules
from aidrules import examples
from aidrules.backends.interpreter import emit
from aidrules.diagnostics import render
from aidrules.lexicon import words
from aidrules.pipeline import shipped
from aidrules.program import Program
from aidrules.sharpen import as_written, sharpen
from aidrules.verify.mutating.mutants import mutants
from aidrules.verify.mutating.mutation import Choosing, mutation
from aidrules.verify.mutating.slips import Mutant
from aidrules.verify.mutating.substitute import substitute
from aidrules.verify.mutating.suggestions import explain, sentence, suggestion

POLICY = """
policy heating
  in force from 2023-01-01
source notice "Notice on heating aid" rank county from 2023-01-01
currency yuan to 0.01
entity household
fact income of household: money per month  between 0 and 1_000_000
fact rooms of household: number  between 0 and 20
benefit aid for household: money per month
  cite notice 2
  when income < 900 yuan per month and rooms <= 5
  amount 50 yuan per month
example "Little" on 2024-01-01
  household h
    income 100
    rooms 2
  expect aid of h is granted
"""
AT_THE_LINE = """
example "At the line" on 2024-01-01
  household h
    income 900
    rooms 2
  expect aid of h is refused
"""


def _written(text: str) -> Program:
    policy = aidrules.loads(text)
    assert policy.is_valid, [finding.code for finding in policy.diagnostics]
    return as_written(policy.program)


def _survives(program: Program, mutant: Mutant) -> bool:
    slipped = sharpen(substitute(program, mutant.change))
    return all(result.passed for result in examples.run(slipped, emit(slipped)))


def _boundary(program: Program) -> Mutant:
    wanted = (("old", "income < 900 yuan per month"), ("one", "<"), ("other", "<="))
    (found,) = (each for each in mutants(program) if each.facts == wanted)
    return found


def test_only_an_example_at_the_boundary_tells() -> None:
    program = _written(POLICY)
    assert _survives(program, _boundary(program))
    program = _written(POLICY + AT_THE_LINE)
    assert not _survives(program, _boundary(program))


def test_a_redundant_condition_is_told_by_no_example() -> None:
    program = _written(
        (POLICY + AT_THE_LINE).replace("and rooms <= 5", "and income < 2000 yuan per month")
    )
    left_out = (("old", "income < 2000 yuan per month"),)
    (mutant,) = (m for m in mutants(program) if m.word == "condition" and m.facts == left_out)
    assert _survives(program, mutant)


def test_a_slip_is_made_in_the_line_and_in_what_decides() -> None:
    program = _written(POLICY)
    slipped = substitute(program, _boundary(program).change)
    (before,), (after,) = program.grants, slipped.grants
    assert before.lines != after.lines
    assert program.definition[before.eligible] != slipped.definition[after.eligible]
    assert slipped.examples is program.examples


def _names() -> list[str]:
    folder = shipped()
    assert folder is not None
    return [
        ".".join((p.parent.name, p.name.partition(".aid")[0])) for p in folder.rglob("*.aid.md")
    ]


@pytest.mark.parametrize("name", sorted(_names()))
def test_each_mutant_of_a_shipped_policy_is_another_program(name: str) -> None:
    program = aidrules.load(name).program
    written = as_written(program)
    assert sharpen(written) == program
    found = mutants(written)
    assert found == mutants(written)
    for mutant in found[:: max(1, len(found) // 40)]:
        slipped = substitute(written, mutant.change)
        assert slipped != written, mutant
        emit(sharpen(slipped))


def test_a_suggestion_kills_the_mutant_that_it_was_made_for() -> None:
    found = mutation(_written(POLICY), "heating")
    wanted = _boundary(_written(POLICY)).facts
    (judged,) = (each for each in found.judged if each.mutant.facts == wanted)
    assert judged.killed_by is None
    assert judged.difference is not None
    text = suggestion(found.program, judged.difference, 1, "en")
    assert "income 900" in text
    expected = "  expect aid of h is refused\n"
    after = mutation(_written(POLICY + text + expected), "heating")
    (again,) = (each for each in after.judged if each.mutant.facts == wanted)
    assert again.killed_by is not None
    assert after.killed > found.killed


def test_a_score_and_a_sample_are_the_same_for_the_same_seed() -> None:
    program = _written(POLICY + AT_THE_LINE)
    every = mutation(program, "heating")
    assert 0 < every.killed < len(every.judged) == every.total
    one, other = (mutation(program, "heating", Choosing(5, 3)) for _ in range(2))
    assert one == other
    assert len(one.judged) == 5
    assert one.total == every.total
    assert "5" in explain(one, "en")
    assert all(sentence(each, "zh") for each in every.judged)


def test_every_kind_of_slip_has_words() -> None:
    lexicon = words("zh")
    for name in ("hubei.wufeng", "shandong.aid_chain", "cn.minimum_living"):
        for mutant in mutants(as_written(aidrules.load(name).program)):
            assert lexicon.get("word", f"mutant-{mutant.word}")
            assert render.sentence(f"mutant-{mutant.word}", dict(mutant.facts), "zh")
