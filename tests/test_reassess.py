"""Late facts: what should have been paid month by month, against what was."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import aidrules
from aidrules.cli import main
from aidrules.decision import Status
from aidrules.population.reassess import RecordedError

POLICY = """
policy heating
  in force from 2023-01-01
source notice "Notice on heating aid" rank county from 2023-01-01
currency yuan to 0.01
entity household
entity person in household at most 5
fact income of household: money per month  between 0 and 1_000_000
fact age of person: number  between 0 and 130
parameter line: money per month
  cite notice 1
  | 2023-01-01 | 2024-03-01 |
  | 900        | 1000       |
benefit aid for household: money per month
  cite notice 2
  when income < line
  amount line - income
benefit old_age for person: money per month
  cite notice 3
  when age >= 70
  amount 50 yuan per month
benefit once_only for household: money
  cite notice 4
  when income < 100 yuan per month
  amount 300 yuan
"""


def policy() -> aidrules.Policy:
    found = aidrules.loads(POLICY)
    assert found.is_valid, aidrules.render(found.diagnostics, "en")
    return found


def facts(income: object, age: object = 60) -> dict[str, Any]:
    return {"id": "h", "income": income, "person": [{"id": "p", "age": age}]}


def made(income: object, on: str, age: object = 60) -> dict[str, Any]:
    return policy().evaluate(facts(income, age), on).to_json()


def told(found: Any, grant: str = "heating.aid") -> list[tuple[str, object, object, object]]:
    return [
        (each.month.isoformat()[:7], each.should, each.paid, each.difference)
        for each in found.months
        if each.grant == grant
    ]


def test_a_late_fact_is_owed_month_by_month() -> None:
    found = policy().reassess([made("700", "2024-01-10")], facts("650"), "2024-04-30")

    assert told(found) == [
        ("2024-01", 250, 200, 50),
        ("2024-02", 250, 200, 50),
        ("2024-03", 350, 200, 150),
        ("2024-04", 350, 200, 150),
    ]
    assert (found.back_pay, found.overpayment) == (400, 0)


def test_dated_facts_are_what_they_were_then() -> None:
    series = [{"value": "700", "as_of": "2024-01-01"}, {"value": "950", "as_of": "2024-02-01"}]
    found = policy().reassess([made("700", "2024-01-10")], facts(series), "2024-03-01")

    assert told(found) == [
        ("2024-01", 200, 200, 0),
        ("2024-02", 0, 200, -200),
        ("2024-03", 50, 200, -150),
    ]
    assert (found.back_pay, found.overpayment) == (0, 350)


def test_each_decision_counts_until_the_next() -> None:
    decisions = [made("700", "2024-02-05"), made("880", "2024-01-20")]
    found = policy().reassess(decisions, facts("700"))

    assert told(found) == [("2024-01", 200, 20, 180), ("2024-02", 200, 200, 0)]


def test_what_cannot_be_decided_stands_in_neither_sum() -> None:
    late = facts({"low": "850", "high": "950"})
    found = policy().reassess([made("700", "2024-01-10")], late)

    (month,) = (each for each in found.months if each.grant == "heating.aid")
    assert month.status is Status.UNDECIDED
    assert (month.should, month.difference, month.low, month.high) == (None, None, 0, 50)
    assert (found.back_pay, found.overpayment, len(found.undecided)) == (0, 0, 1)


def test_what_was_paid_to_somebody_who_was_never_there_is_overpaid() -> None:
    late = {"id": "h", "income": "700", "person": []}
    found = policy().reassess([made("700", "2024-01-10", age=80)], late, "2024-02-28")

    assert told(found, "heating.old_age") == [("2024-01", 0, 50, -50), ("2024-02", 0, 50, -50)]
    assert found.overpayment == 100


def test_what_is_paid_once_is_left_out_and_said_so() -> None:
    found = policy().reassess([made("50", "2024-01-10")], facts("50"))

    assert found.not_monthly == ("heating.once_only",)
    assert "heating.once_only" not in {each.grant for each in found.months}


def test_sums_are_exact() -> None:
    found = policy().reassess([made("700", "2024-01-10")], facts("699.99"), "2025-01-01")
    total = sum((each.difference or 0 for each in found.months), Fraction(0))

    assert found.back_pay == total == Fraction(13, 100) + 100 * 11
    assert found.to_json()["back_pay"] == "1100.13"


def test_wrong_facts_and_records_are_told() -> None:
    found = policy().reassess([made("700", "2024-01-10")], facts("-1"))
    assert found.rejected is not None
    assert found.rejected.diagnostics[0].code == "value-out-of-range"
    with pytest.raises(RecordedError, match=r"\[0\]"):
        policy().reassess([{"on": "yesterday", "decisions": []}], facts("1"))


def test_the_command_prints_what_is_owed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "heating.aid").write_text(POLICY, "utf-8")
    (tmp_path / "then.json").write_text(json.dumps(made("700", "2024-02-10")), "utf-8")
    (tmp_path / "now.json").write_text(json.dumps(facts("650")), "utf-8")
    named = [str(tmp_path / name) for name in ("heating.aid", "now.json")]
    arguments = ["reassess", *named, "--decisions", str(tmp_path / "then.json")]

    assert main([*arguments, "--until", "2024-03-31"]) == 0
    assert capsys.readouterr().out == (
        "month    record        grant  should be paid  was paid  difference\n"
        "2024-02       h  heating.aid             250       200          50\n"
        "2024-03       h  heating.aid             350       200         150\n"
        "\n"
        "back pay: 200\n"
        "overpayment: 0\n"
        "not paid by the month, so left out: heating.once_only\n"
    )
    assert main([*arguments, "--json", "--language", "zh"]) == 0
    assert json.loads(capsys.readouterr().out)["back_pay"] == "50"
    (tmp_path / "then.json").write_text("[1]", "utf-8")
    assert main(arguments) == 1
    assert "aidrules evaluate --json" in capsys.readouterr().out
