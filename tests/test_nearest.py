"""What would change it: the nearest change of one fact that turns a decision, and no nearer one."""

import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import frozen

from aidrules import load, loads
from aidrules.backends.interpreter import Engine, emit
from aidrules.bounds.numbers import tidy
from aidrules.case import Case, Record
from aidrules.cli import main
from aidrules.program import Fact, Grant
from aidrules.types import Date, Quantity, core
from aidrules.values import Exact
from aidrules.verify import nearest
from aidrules.verify.households.make import households
from aidrules.verify.households.second import with_fact
from aidrules.verify.nearest import Turned, explain, turned
from aidrules.verify.proving.sizes import usual_day

POLICIES = sorted((Path(__file__).parents[1] / "docs" / "policies").rglob("*.aid.md"))
ON = "2024-06-01"

HEATING = """
policy heating
  in force from 2024-01-01
source notice "Notice on heating" rank county from 2024-01-01
currency yuan to 0.01
entity household
entity person in household at most 10
fact residence of household: one of (urban, rural)
fact savings of household: money  between 0 and 4_000
fact income of person: money per month  between 0 and 100_000
fact born of person: date  between 1920-01-01 and 2024-01-01
fact works of person: yes or no  default no
define age of person: number = years between born and today  cite notice 1
define income_of_all of household: money per month = sum of income over person  cite notice 1
benefit aid for household: money per month
  cite notice 2
  when income_of_all <= 800 yuan per month
  amount 1_000 yuan per month - income_of_all
benefit pension for person: money per month
  cite notice 3
  when age >= 60
  unless works
  amount 100 yuan per month
benefit coal for household: money
  cite notice 4
  when residence is rural
  amount 50 yuan
benefit bonus for household: money
  cite notice 5
  when savings >= 5_000 yuan
  amount 50 yuan
benefit both for household: money
  cite notice 6
  when residence is rural
  when savings <= 1_000 yuan
  amount 50 yuan
"""
FACTS: dict[str, Any] = {
    "id": "h",
    "residence": "urban",
    "savings": 2_000,
    "person": [{"id": "zhang", "income": 500, "born": "1964-06-02"}, {"id": "li", "income": 301}],
}
FACTS["person"][1]["born"] = "1990-01-01"


def found(name: str, record: str = "h", **facts: Any) -> Turned:
    """Return what would turn one decision."""
    every = loads(HEATING).what_would_change({**FACTS, **facts}, ON, name)
    (one,) = [each for each in every if each.record == record]
    return one


def told(one: Turned) -> list[str]:
    return explain(one, loads(HEATING).program, "en").splitlines()[1:]


def test_an_income_a_fen_too_high() -> None:
    yuan = "yuan per month"
    assert told(found("aid")) == [
        f"  income of zhang: 499 {yuan} instead of 500 {yuan}; then 200 {yuan}",
        f"  income of li: 300 {yuan} instead of 301 {yuan}; then 200 {yuan}",
    ]


def test_a_day_too_young() -> None:
    assert told(found("pension", "zhang")) == [
        "  born of zhang: 1964-06-01 instead of 1964-06-02; then 100 yuan per month"
    ]


def test_another_choice() -> None:
    assert told(found("coal")) == ["  residence of h: rural instead of urban; then 50 yuan"]


def test_two_reasons_that_each_refuse_and_a_range_that_does_not_reach() -> None:
    assert told(found("both")) == ["  none would turn it alone"]
    assert told(found("bonus")) == ["  none would turn it alone"]
    assert found("both", savings=1_000).changes[0].name == "residence"


def test_what_is_granted_may_be_lost() -> None:
    lost = found("pension", "zhang", person=[{"id": "zhang", "income": 0, "born": "1950-01-01"}])

    assert lost.is_granted
    assert told(lost) == [
        "  born of zhang: 1964-06-02 instead of 1950-01-01",
        "  works of zhang: yes instead of no",
    ]


def test_what_is_open_has_no_answer() -> None:
    facts = {key: value for key, value in FACTS.items() if key != "residence"}
    names = {each.grant for each in loads(HEATING).what_would_change(facts, ON)}

    assert "heating.coal" not in names
    assert "heating.aid" in names


def test_the_command_tells_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "heating.aid").write_text(HEATING, "utf-8")
    (tmp_path / "h.json").write_text(json.dumps(FACTS), "utf-8")
    line = ["explain", str(tmp_path / "heating.aid"), str(tmp_path / "h.json"), "--on", ON]
    line += ["--only", "coal", "--what-would-change"]

    assert main(line) == 0
    said = capsys.readouterr().out
    assert "coal of h would be granted if one fact alone were otherwise:" in said
    assert main([*line, "--language", "zh"]) == 0
    assert "若仅一项信息不同" in capsys.readouterr().out
    assert main([*line, "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["what_would_change"]
    assert one["changes"] == [
        {
            "entity": "household",
            "record": "h",
            "name": "residence",
            "before": "urban",
            "after": "rural",
            "value": "50 yuan",
        }
    ]


# ---------------------------------------------------------------- each change, worked out anew


def _nearer(fact: Fact, before: object, after: object, rng: Random) -> list[Exact]:
    """Return the value one step nearer than a change, and some that are nearer still."""
    kind = core(fact.type)
    if not isinstance(before, int | Fraction) or not isinstance(after, int | Fraction):
        return []
    if not isinstance(kind, Quantity | Date):
        return []
    whole = isinstance(kind, Date) or kind.whole
    step = fact.step or Fraction(1 if whole else Fraction(1, 100))
    steps = (Fraction(after) - before) / step
    if steps.denominator != 1 or not steps:
        return []
    sign = 1 if steps > 0 else -1
    places = {abs(int(steps)) - 1, *(rng.randrange(abs(int(steps))) for _ in range(3))}
    return [tidy(before + sign * place * step) for place in sorted(places)]


@frozen
class Attempt:
    """A decision, worked out anew for households that differ in one fact."""

    engine: Engine
    today: int
    grant: Grant
    record: Record

    def granted(self, case: Case, spot: tuple[str, str], name: str, value: Any) -> object:
        """Return whether it is granted if a fact is otherwise."""
        tried = with_fact(case, spot, name, value)
        evaluation = self.engine.open(tried, self.today)
        return evaluation.value(
            self.grant.receives, tried.records[self.record.entity, self.record.id]
        )


def _attempts(rng: Random) -> Iterator[tuple[Attempt, Case]]:
    for path in POLICIES:
        program = load(path).program
        engine, today = emit(program), usual_day(program)
        for case in islice(households(program, rng.randrange(99), today, members=2), 4):
            for grant in program.grants:
                for record in case.records.values():
                    if record.entity == grant.entity:
                        yield Attempt(engine, today, grant, record), case


def test_every_change_turns_it_and_nothing_nearer_does() -> None:
    rng, refused, changes, nearer = Random(4), 0, 0, 0  # noqa: S311 - chance for tests
    for attempt, case in _attempts(rng):
        one = turned(attempt.engine, case, attempt.today, attempt.grant, attempt.record)
        if one is None:
            continue
        refused += not one.is_granted
        for each in one.changes:
            changes += 1
            spot = each.entity, each.record
            turns = attempt.granted(case, spot, each.name, each.after)
            assert turns is (not one.is_granted), each
            fact = attempt.engine.program.fact[each.entity, each.name]
            for value in _nearer(fact, each.before, each.after, rng):
                nearer += 1
                still = attempt.granted(case, spot, each.name, value)
                assert still is not (not one.is_granted), (each, value)
    assert refused >= 300, (refused, changes, nearer)
    assert changes >= 100
    assert nearer >= 100


def test_what_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "MOST_STRETCHES", 4)
    one = found("aid")

    assert one.changes == ()
    assert one.given_up == (("person", "zhang", "income"), ("person", "li", "income"))
    assert "  income of li: not settled in time" in told(one)
