"""Mutants that no example can tell, proved so; and households for those that only seem to be."""

from itertools import islice
from pathlib import Path

import pytest

pytest.importorskip("z3", reason="proofs need the extra [prove]")

import aidrules
from aidrules import policy as policies
from aidrules.backends.interpreter import emit
from aidrules.cli import main
from aidrules.policy import Policy
from aidrules.program import Role
from aidrules.sharpen import as_written, sharpen
from aidrules.verify.households.make import households
from aidrules.verify.mutating.distinguish import Separation
from aidrules.verify.mutating.mutation import Judged
from aidrules.verify.mutating.substitute import substitute
from aidrules.verify.mutating.suggestions import explain, sentence, suggestion, to_json
from aidrules.verify.proving.verdicts import Same, Unsettled

HEAD = """
policy heating
  in force from 2023-01-01
source notice "Notice on heating aid" rank county from 2023-01-01
currency yuan to 0.01
entity household
entity person in household at most 10
fact income of household: money per month  between 0 and 1_000_000
fact rooms of household: number  between 0 and 20  default 3
fact applied_on of household: date
fact earns of person: yes or no
define size of household: number = count of person  cite notice 1
parameter line: money per month
  cite notice 1
  from 2023-01-01 = 900
  from 2024-01-01 = 950
"""
LITTLE = """
example "Little" on 2024-03-01
  household h
    income 100
    rooms 2
    applied_on 2024-02-01
    person a
      earns yes
  expect aid of h is granted
"""
SIMPLE = """
benefit aid for household: money per month
  cite notice 2
  when income < line and CONDITION
  amount 50 yuan per month
"""


def _policy(rules: str) -> Policy:
    found = aidrules.loads(HEAD + rules + LITTLE, "heating.aid")
    assert found.is_valid, [finding.code for finding in found.diagnostics]
    return found


def _judged(policy: Policy, slip: str, seconds: int = 5, total: int = 60) -> Judged:
    found = policy.mutate(seconds=seconds, total=total)
    (judged,) = (each for each in found.judged if sentence(each, "en") == slip)
    return judged


def test_a_condition_that_another_one_holds_is_redundant_and_not_counted() -> None:
    policy = _policy(SIMPLE.replace("CONDITION", "income < 2_000 yuan per month"))
    judged = _judged(policy, "the condition `income < 2_000 yuan per month` left out")

    assert judged.proof == Same({})  # no list counts: it is so for every household
    found = policy.mutate()
    equivalent = [each for each in found.judged if each.is_equivalent]
    assert judged in equivalent
    assert found.counted == len(found.judged) - len(equivalent)
    assert found.score is not None
    assert found.score.denominator <= found.counted
    text = explain(found, "en")
    assert "equivalent (proved): it changes nothing" in text
    assert f"not counted: {len(equivalent)}, proved to change nothing" in text
    plain = to_json(found, "zh")
    assert plain["counted"] == found.counted
    mutants = plain["mutants"]
    assert isinstance(mutants, list)
    assert {"is_equivalent": True, "records": {}} in [each["proof"] for each in mutants]


def test_a_slip_on_a_day_of_no_example_is_not_equivalent() -> None:
    policy = _policy(SIMPLE.replace("CONDITION", "rooms >= 0"))
    judged = _judged(policy, "the figure 899 for 900")

    found = judged.difference
    assert isinstance(found, Separation)
    assert judged.proof is None
    text = suggestion(policy.program, found, 1, "en")
    assert "on 2023-01-01" in text
    assert "income 899" in text
    told = aidrules.loads(
        HEAD
        + SIMPLE.replace("CONDITION", "rooms >= 0")
        + LITTLE
        + text
        + "  expect aid of household is granted\n"
    )
    assert told.is_valid, [finding.code for finding in told.diagnostics]
    assert _judged(told, "the figure 899 for 900").killed_by == "Tells the slip: 1"


def test_what_holds_of_a_few_records_only_is_not_called_equivalent() -> None:
    rules = """
define addition of household: money per month
  cite notice 3
  | size | =  |
  | < 6  | 0  |
  | >= 6 | 10 |
benefit aid for household: money per month
  cite notice 2
  when income < line
  amount 50 yuan per month + addition
"""
    # With three people the row of six is never met: the proof says nothing of it.
    assert _judged(_policy(rules), "11 for 10").proof == Unsettled("too-few")


def test_a_list_that_counts_is_named_with_its_size() -> None:
    policy = _policy(
        SIMPLE.replace("CONDITION", "earners >= 1 and somebody_earns")
        + "define earners of household: number = count of person where earns  cite notice 4\n"
        + "define somebody_earns of household: yes or no\n  cite notice 4\n"
        + "  = any person has earns\n"
    )
    judged = _judged(policy, "the condition `somebody_earns` left out")

    assert judged.proof == Same({"person": 3})
    assert "up to 3 × person" in explain(policy.mutate(), "en")


def test_what_is_assumed_is_not_settled_by_households_of_which_all_is_known() -> None:
    policy = _policy(SIMPLE.replace("CONDITION", "rooms <= 10"))
    found = policy.mutate()
    default = [each for each in found.judged if each.mutant.rule == "rooms"]

    # Two or four rooms assumed for three: both are at most ten, and all else is known.
    assert len(default) == 2
    assert [each.proof for each in default] == [Unsettled("default")] * 2


def test_a_figure_without_a_value_may_have_any() -> None:
    rules = "parameter ceiling: money per month  cite notice 4\n" + SIMPLE.replace(
        "CONDITION", "income <= ceiling and rooms >= 0"
    )
    policy = _without_examples(rules)

    # Whatever the ceiling: no rooms are fewer than none. Which ceiling would tell, nobody knows.
    assert _judged(policy, "the condition `rooms >= 0` left out").proof == Same({})
    needed = _judged(policy, "the condition `income <= ceiling` left out")
    assert needed.proof == Unsettled("open-figure")


def _without_examples(rules: str) -> Policy:
    found = aidrules.loads(HEAD + rules, "heating.aid")
    assert found.is_valid, [finding.code for finding in found.diagnostics]
    return found


def test_a_day_that_no_example_expects_is_told() -> None:
    rules = SIMPLE.replace("CONDITION", "rooms >= 0") + "  within 10 days after applied_on\n"
    policy = _policy(rules)
    judged = _judged(policy, "11 for 10")

    found = judged.difference
    assert isinstance(found, Separation)
    assert isinstance(found.before, int)
    assert isinstance(found.after, int)
    assert found.after - found.before == 1
    text = suggestion(policy.program, found, 1, "en")
    assert "# aid (by when) of household." in text
    assert "income" not in text  # only the day of the application matters


def test_an_appeal_is_compared_and_no_example_can_expect_it() -> None:
    clause = '  appeal to "the county" within 60 days after applied_on\n'
    policy = _policy(SIMPLE.replace("CONDITION", "rooms >= 0") + clause)
    found = _judged(policy, "61 for 60").difference

    assert isinstance(found, Separation)
    text = suggestion(policy.program, found, 1, "zh")
    assert "复议期限" in text
    assert "示例无法预期此项" in text


def test_a_figure_that_no_rule_uses_is_not_called_equivalent() -> None:
    rules = SIMPLE.replace("CONDITION", "rooms >= 0")
    unused = "parameter bonus: money per month\n  cite notice 5\n  from 2023-01-01 = 30\n"
    policy = _policy(rules + unused)

    assert _judged(policy, "the figure 31 for 30").proof == Unsettled("unused")


def test_who_else_claims_is_not_known_of_one_household() -> None:
    text = HEAD.replace("entity household\n", "entity district\nentity household in district\n")
    rules = """
fact fund of district: money per month  between 0 and 1_000_000
benefit aid for household: money per month
  cite notice 2
  when income < line
  amount 50 yuan per month
ration aid within district
  up to fund
  first income lowest
  cite notice 5
"""
    little = LITTLE.replace("  household h", "  district d\n    fund 1_000\n  household h")
    policy = aidrules.loads(text + rules + little, "heating.aid")
    assert policy.is_valid, [finding.code for finding in policy.diagnostics]
    judged = _judged(policy, "the order by `income` turned round")

    assert judged.proof == Unsettled("place")


def test_without_time_nothing_is_proved() -> None:
    policy = _policy(SIMPLE.replace("CONDITION", "rooms >= 0"))
    slip = "the condition `rooms >= 0` left out"

    assert _judged(policy, slip).is_equivalent
    assert _judged(policy, slip, total=0).proof == Unsettled("time")
    assert _judged(policy, slip, seconds=0).proof is None


def test_without_z3_all_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "find_spec", lambda _: None)
    found = _policy(SIMPLE.replace("CONDITION", "rooms >= 0")).mutate()

    assert all(each.proof is None for each in found.judged)
    assert found.counted == len(found.judged)
    assert "proved" not in explain(found, "en")


def test_the_command_succeeds_when_only_equivalent_slips_are_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """
policy heating
source notice "Notice" rank county from 2023-01-01
entity household
fact cold of household: yes or no
fact rooms of household: number  between 1 and 20
service aid for household
  cite notice 2
  when cold
  when rooms > 0
example "Cold" on 2024-03-01
  household h
    cold yes
    rooms 1
  expect aid of h is granted
example "Warm" on 2024-03-01
  household h
    cold no
    rooms 1
  expect aid of h is refused
"""
    file = tmp_path / "heating.aid"
    file.write_text(text, "utf-8")

    assert main(["mutate", str(file), "--seconds", "0"]) == 1
    capsys.readouterr()
    assert main(["mutate", str(file)]) == 0
    assert "(100 %)" in capsys.readouterr().out
    assert main(["mutate", str(file), "--total", "ever"]) == 2


@pytest.mark.parametrize(
    "name", ["shandong.yantai_disability_subsidies", "hubei.disability_subsidies"]
)
def test_what_is_proved_the_same_decides_alike_on_households_at_the_lines(name: str) -> None:
    policy = aidrules.load(name)
    written = as_written(policy.program)
    same = [each for each in policy.mutate().judged if each.is_equivalent]
    days = sorted({example.date for example in policy.program.examples})

    assert same
    for each in same:
        slipped = sharpen(substitute(written, each.mutant.change))
        engines = emit(policy.program), emit(slipped)
        for day in days[:2]:
            for case in islice(households(policy.program, 5, day), 60):
                one, other = (engine.open(case, day) for engine in engines)
                for definition in policy.program.definitions:
                    if definition.role is not Role.AMOUNT:
                        for record in case.records.values():
                            if record.entity == definition.entity:
                                key = definition.key
                                assert one.value(key, record) == other.value(key, record)
