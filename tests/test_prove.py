"""Properties settled over all households: what holds is proved, what fails comes with a family."""

from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip("z3", reason="proofs need the extra [prove]")

import aidrules
from aidrules import loads, policy
from aidrules.cli import main
from aidrules.commands import verifying
from aidrules.verify.households.second import OfFigure
from aidrules.verify.proving.verdicts import NotCovered, Proved, Refuted, Settled, Tested, Unreached

HEAD = """
policy heating
  in force from 2024-01-01
source notice "Notice on heating" rank county from 2024-01-01
currency yuan to 0.01
entity household
entity person in household at most 10
fact district of household: one of (east, west)
fact rooms of household: number  between 0 and 20
fact income of person: money per month  between 0 and 100_000
fact born of person: date  between 1920-01-01 and 2024-01-01
fact disabled of person: yes or no
define size of household: number = count of person
define income_of_all of household: money per month = sum of income over person
define age of person: number = years between born and today
"""
STANDARD = """
parameter standard: money per month  cite notice 1
  from 2024-01-01 = 700
"""


def settled(text: str, name: str | None = None) -> dict[str, Settled]:
    """Return the verdicts on a policy by their sentences, or those on one rule."""
    written = loads(HEAD + text)
    assert written.is_valid, [each.code for each in written.diagnostics]
    proofs = written.prove("2024-06-01", only=name, seconds=20)
    return {
        f"{each.wanted.word.removeprefix('property-')} {each.wanted.subject}": each
        for each in proofs.settled
    }


def verdict(text: str, which: str) -> Proved | Refuted | Unreached:
    """Return one verdict."""
    found = settled(text)[which].verdict
    assert isinstance(found, Proved | Refuted | Unreached), found
    return found


def refuted(text: str, which: str) -> Refuted:
    """Return the verdict on what fails, which has a household of at most two members."""
    found = verdict(text, which)
    assert isinstance(found, Refuted)
    people = found.example.case.root.children["person"]
    assert len(people) <= 2
    return found


AID = """
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard * size
  amount standard * size - income_of_all
"""


def test_what_holds_is_proved() -> None:
    found = settled(
        STANDARD
        + AID
        + """
check "Never more than the standard for each"
  always aid <= standard * size
check "Who earns more never gets more"
  aid never rises when income rises
check "Rooms do not matter"
  aid unchanged when rooms changes
"""
    )

    assert {key: type(each.verdict) for key, each in found.items()} == dict.fromkeys(found, Proved)
    assert found["at-most aid"].verdict == Proved(highest=Fraction(2100), limit=Fraction(7_000))
    assert found["at-most aid"].sizes == {"person": 3}
    assert found["stated Who earns more never gets more"].verdict == Proved(reach="any")
    assert found["stated Who earns more never gets more"].sizes == {}
    assert found["order-free aid"].verdict == Proved(reach="form")


FAULTS = {
    "off by one at the line": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when income_of_all <= standard * size
  amount 100 yuan per month
check "Nobody with the standard is granted it"
  never receives aid and income_of_all = standard * size
""",
        "stated Nobody with the standard is granted it",
    ),
    "a cliff": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard * size
  amount 100 yuan per month
check "No cliff above ten yuan"
  aid never falls by more than 10 yuan per month when income rises
""",
        "stated No cliff above ten yuan",
    ),
    "division by an empty list": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when income_of_all / size < standard
  amount 100 yuan per month
""",
        "defined aid",
    ),
    "an amount below nothing": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when rooms <= 5
  amount standard - income_of_all
""",
        "defined aid",
    ),
    "a gap between cases": (
        STANDARD
        + """
define share of household: number
  = 1 when rooms < 3
  = 0.5 when rooms > 3
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard
  amount standard * share
""",
        "defined aid",
    ),
    "a figure that ends": (
        """
parameter standard by district: money per month  cite notice 1
  | district | 2024-01-01 |
  | east     | 700        |
  | west     | 600        |
define due of household: money per month = highest of (standard, 0 yuan per month)
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard
  amount due * rooms / (size - 2)
""",
        "defined aid",
    ),
    "swapped cases": (
        STANDARD
        + """
define share of household: number
  = 1 when income_of_all < 500 yuan per month
  = 2 otherwise
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard
  amount 100 yuan per month * share
check "Who earns more never gets more"
  aid never rises when income rises
""",
        "stated Who earns more never gets more",
    ),
    "a forgotten cap": (
        STANDARD
        + """
benefit aid for person: money per month
  cite notice 2
  when disabled
  amount 50 yuan per month * age
check "At most 3,000 yuan"
  always aid <= 3000 yuan per month
""",
        "stated At most 3,000 yuan",
    ),
    "paid twice": (
        STANDARD
        + """
benefit heating for household: money per month
  cite notice 2
  when rooms > 3
  amount 100 yuan per month
benefit cooling for household: money per month
  cite notice 3
  when income_of_all < standard
  amount 100 yuan per month
check "Never both"
  never receives heating and receives cooling
""",
        "stated Never both",
    ),
    "the wrong age": (
        STANDARD
        + """
benefit aid for person: money per month
  cite notice 2
  when age > 60
  amount 50 yuan per month
check "Whoever is sixty has it"
  always receives aid or born > 1964-06-01
""",
        "stated Whoever is sixty has it",
    ),
    "rounded the wrong way": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard
  amount (standard - income_of_all) * 0.3
  rounded up to 1 yuan per month
check "At most three tenths of what is missing"
  always aid <= (standard - income_of_all) * 0.3 or not receives aid
""",
        "stated At most three tenths of what is missing",
    ),
    "a fact that should not matter": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard and district = east
  amount 100 yuan per month
check "The district does not matter"
  aid unchanged when district changes
""",
        "stated The district does not matter",
    ),
    "a rise that takes away": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard or rooms > 5
  amount 100 yuan per month
check "More rooms never bring more"
  aid never rises when rooms rises
""",
        "stated More rooms never bring more",
    ),
    "no age before the birth": (
        STANDARD
        + """
fact arrived of household: date  between 2000-01-01 and 2030-01-01
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard
  amount 10 yuan per month * years between arrived and today
""",
        "defined aid",
    ),
    "a share of the wrong whole": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when size > 0
  amount standard * (count of person where disabled) / size
check "The disabled have at least six tenths"
  always aid >= standard * 0.6 or not (any person has disabled)
""",
        "stated The disabled have at least six tenths",
    ),
    "one too many months": (
        STANDARD
        + """
fact begun of household: date  between 2023-01-01 and 2024-06-01
benefit aid for household: money per month
  cite notice 2
  when months between begun and today <= 12
  amount 100 yuan per month
check "For a year"
  never receives aid and begun + 1 year <= 2024-06-01
""",
        "stated For a year",
    ),
    "a gap between two versions": (
        STANDARD
        + """
define share of household: number
  from 2024-01-01 until 2024-05-31 = 1
  from 2024-06-02 = 2
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard
  amount 10 yuan per month * share
""",
        "defined aid",
    ),
    "an income counted twice": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard
  amount standard - income_of_all - (highest of income over person else 0 yuan per month)
check "With the aid nobody has less than the standard"
  always aid + income_of_all >= standard or not receives aid
""",
        "stated With the aid nobody has less than the standard",
    ),
    "a member left out": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard
  amount 100 yuan per month * (count of person where not disabled)
check "A hundred for each"
  always aid >= 100 yuan per month * size or not receives aid
""",
        "stated A hundred for each",
    ),
    "an exception turned round": (
        STANDARD
        + """
benefit aid for person: money per month
  cite notice 2
  when age >= 60
  unless not disabled
  amount 50 yuan per month
check "Not for the disabled"
  never receives aid and disabled
""",
        "stated Not for the disabled",
    ),
    "rounded before the sum": (
        STANDARD
        + """
define tenth of person: money per month
  = income * 0.1
  rounded up to 1 yuan per month
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard
  amount sum of tenth over person
check "A tenth of the income, within a yuan"
  always aid < income_of_all * 0.1 + 1 yuan per month
""",
        "stated A tenth of the income, within a yuan",
    ),
    "a threshold of the wrong person": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when (highest of income over person else 0 yuan per month) < standard
  amount 100 yuan per month
check "Only below the standard together"
  never receives aid and income_of_all >= standard
""",
        "stated Only below the standard together",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name: str) -> None:
    text, which = FAULTS[name]
    refuted(text, which)


UNREACHED = {
    "a case hidden by one before it": (
        STANDARD
        + """
define share of household: number
  = 1 when rooms >= 3
  = 2 when rooms > 5
  = 3 otherwise
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard
  amount 10 yuan per month * share
""",
        "reached share",
    ),
    "a grant that nobody can have": (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard
  when rooms > 3
  when rooms < 3
  amount 10 yuan per month
""",
        "reachable aid",
    ),
    "an age that nobody has": (
        STANDARD
        + """
benefit aid for person: money per month
  cite notice 2
  when age > 130
  amount 10 yuan per month
""",
        "reachable aid",
    ),
}


@pytest.mark.parametrize("name", UNREACHED)
def test_what_nobody_reaches_is_told(name: str) -> None:
    text, which = UNREACHED[name]
    assert isinstance(verdict(text, which), Unreached)


def test_the_household_is_the_smallest_and_stands_at_the_line() -> None:
    text, which = FAULTS["a cliff"]
    example = refuted(text, which).example
    assert example.other is not None
    incomes = [
        [person.facts["income"] for person in case.root.children["person"]]
        for case in (example.case, example.other)
    ]

    assert incomes == [[Fraction("699.99")], [700]]


def test_a_refuted_household_is_an_example_that_says_so() -> None:
    text, which = FAULTS["paid twice"]
    proofs = loads(HEAD + text).prove("2024-06-01", only=which.removeprefix("stated "))
    printed = proofs.to_json()["properties"][0]["example"]  # type: ignore[index] # of one property
    both = "  expect heating of household is granted\n  expect cooling of household is granted\n"

    again = loads(f"{HEAD}{text}\n{printed}{both}")
    assert [each.passed for each in again.test()] == [True]


def test_what_is_known_to_fail_is_as_stated_only_if_it_fails() -> None:
    text = (
        STANDARD
        + AID
        + """
check "Rooms matter"  known to fail "the notice does not say so"
  aid unchanged when district changes
check "Income does not matter"  known to fail "it is a means test"
  aid unchanged when income changes
"""
    )
    found = settled(text)

    assert not found["stated Rooms matter"].is_as_stated
    assert found["stated Income does not matter"].is_as_stated


def test_it_holds_whatever_a_figure_without_a_value_is() -> None:
    found = settled(
        "parameter standard: money per month  cite notice 1\n"
        + AID
        + """
check "Never more than the standard for each"
  always aid <= standard * size
check "At most 5,000 yuan"
  always aid <= 5000 yuan per month
"""
    )

    assert isinstance(found["stated Never more than the standard for each"].verdict, Proved)
    assert found["stated Never more than the standard for each"].figures == ("standard",)
    assert isinstance(found["stated At most 5,000 yuan"].verdict, Refuted)
    assert found["at-most aid"].verdict == NotCovered("open-figure")


def test_a_figure_that_only_large_households_want_is_told() -> None:
    text = """
parameter added by district: money per month
  cite notice 1
  | district | 2024-01-01 |
  | east     | 30         |
define owed of household: money per month
  = 10 yuan per month when size < 3
  = added otherwise
benefit aid for household: money per month
  cite notice 2
  when size >= 1
  amount owed
"""
    found = settled(text, "aid")["defined aid"]
    assert found.verdict == Proved(reach="any")
    assert found.is_where_set


def test_what_z3_cannot_say_is_tested_and_not_called_proved() -> None:
    found = settled(
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when rooms * 1 yuan per month / (income_of_all + 1 yuan per month) < 3
  amount 10 yuan per month
benefit heating for household: money per month
  cite notice 3
  when rooms * 1 yuan per month / income_of_all < 3
  amount 10 yuan per month
"""
    )
    assert found["defined aid"].verdict == Tested(300)
    assert found["reachable aid"].verdict == NotCovered("division")
    assert isinstance(found["defined heating"].verdict, Refuted)


def test_the_command_says_what_it_claims(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text, _ = FAULTS["paid twice"]
    path = tmp_path / "heating.aid"
    path.write_text(HEAD + text, "utf-8")

    assert main(["prove", str(path), "--on", "2024-06-01"]) == 1
    printed = capsys.readouterr().out
    assert "refuted      Never both\n" in printed
    assert "for every household of any size" in printed
    assert main(["prove", str(path), "--language", "zh", "--only", "heating"]) == 0
    assert "已证明       heating不会小于0" in capsys.readouterr().out
    assert main(["prove", str(path), "--only", "nothing"]) == 2


def test_without_z3_it_is_tested_and_never_called_proved(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text, _ = FAULTS["paid twice"]
    path = tmp_path / "heating.aid"
    path.write_text(HEAD + text, "utf-8")
    for module in (verifying, policy):
        monkeypatch.setattr(module, "find_spec", lambda _: None)

    assert main(["prove", str(path), "--on", "2024-06-01"]) == 1
    printed = capsys.readouterr().out
    assert "pip install 'aidrules[prove]'" in printed
    assert "refuted      Never both\n" in printed
    assert "tested       heating is never an error\n" in printed
    assert "it held of 300 households that were tried" in printed
    assert "not covered  somebody can be granted heating\n" in printed


def test_a_policy_is_the_same_as_itself_and_not_as_one_that_differs() -> None:
    text = """
policy comparison
  in force from 2021-07-01
use shandong.disability_subsidies
check "As it is"
  same as shandong.disability_subsidies
check "As the nation has it"
  same as shandong.yantai_disability_subsidies
"""
    compared = loads(text)
    assert compared.is_valid, [each.code for each in compared.diagnostics]
    found = {each.wanted.subject: each.verdict for each in compared.prove("2026-03-01").settled}

    assert isinstance(found["As it is"], Proved)
    assert isinstance(found["As the nation has it"], Refuted)


def test_a_shipped_policy_holds() -> None:
    proofs = aidrules.load("shandong.disability_subsidies").prove()
    assert {type(each.verdict) for each in proofs.settled} <= {Proved, NotCovered}


TAPER = (
    STANDARD
    + """
benefit aid for household: money per month
  cite notice 2
  when size >= 1
  amount standard * size - 80% * income_of_all
    at least 0 yuan per month
    rounded up to 1 yuan per month
check "It"
  """
)


def stated(line: str, rules: str = TAPER) -> Proved | Refuted | Unreached:
    """Return the verdict on one check."""
    return verdict(f"{rules}{line}\n", "stated It")


def test_the_marginal_rate_is_at_most_so_much() -> None:
    of_rounding = "and 1 yuan per month"

    four_fifths = stated(
        f"aid never falls by more than 80% of the change {of_rounding} when income rises"
    )
    three_quarters = stated(
        f"aid never falls by more than 75% of the change {of_rounding} when income rises"
    )
    without_rounding = stated("aid never falls by more than 80% of the change when income rises")

    assert four_fifths == Proved(reach="any")
    assert isinstance(three_quarters, Refuted)
    assert isinstance(without_rounding, Refuted)


def test_the_worst_step_is_told_with_its_household() -> None:
    cliffs = (
        STANDARD
        + """
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard * size
  amount 100 yuan per month * size
check "It"
  """
    )
    found = stated("aid never falls by more than 10 yuan per month when income rises", cliffs)

    assert isinstance(found, Refuted)
    assert len(found.example.case.root.children["person"]) == 1
    assert found.worst is not None
    assert found.worst.amount == 300
    assert len(found.worst.example.case.root.children["person"]) == 3


def test_a_figure_of_the_law_may_be_what_changes() -> None:
    assert stated("aid never falls when standard rises") == Proved(reach="sizes")
    found = stated("aid unchanged when standard changes")

    assert isinstance(found, Refuted)
    assert isinstance(found.example.second, OfFigure)
    assert found.example.second.before != found.example.second.after


def test_what_amends_a_figure_changes_with_it() -> None:
    rules = """
parameter extra: money per month  cite notice 1
  from 2024-01-01 = 50
amend extra from 2024-03-01
  = 60
benefit aid for household: money per month
  cite notice 2
  amount extra
check "It"
  """
    assert stated("aid never falls when extra rises", rules) == Proved(reach="any")
    assert isinstance(stated("aid never rises when extra rises", rules), Refuted)


def test_somebody_is_found_or_it_is_said_that_nobody_is() -> None:
    assert stated("possible aid = 7 yuan per month") == Proved()
    assert isinstance(stated("possible aid = 7.50 yuan per month"), Unreached)


def test_all_that_is_required_can_be_met_at_once_or_not() -> None:
    rules = """
fact spent of household: money  between 0 and 1_000
require much of household
  cite notice 2
  that spent >= {much} yuan
require little of household
  cite notice 3
  that spent <= 400 yuan
"""
    assert verdict(rules.format(much=400), "met-at-once household") == Proved()
    found = verdict(rules.format(much=401), "met-at-once household")
    assert isinstance(found, Unreached)
    assert len(found.spans) == 2


def test_without_a_solver_a_cause_may_be_a_figure_too() -> None:
    text = TAPER + "aid never rises when standard rises\n"
    written = loads(HEAD + text)
    found = written.prove("2024-06-01", only="It", solver=False).settled[0].verdict

    assert isinstance(found, Refuted)
    assert isinstance(found.example.second, OfFigure)


def test_a_gap_is_told_where_it_is() -> None:
    rules = """
define part of household: money per month
  = 10 yuan per month when rooms < 3
  = 20 yuan per month when rooms > {line}
define owed of household: money per month
  = part
    rounded up to 1 yuan per month
benefit aid for household: money per month
  cite notice 2
  amount owed
"""
    closed, gap = settled(rules.format(line=2)), settled(rules.format(line=3))

    assert closed["complete part"].verdict == Proved(reach="any")
    assert isinstance(gap["complete part"].verdict, Refuted)
    assert isinstance(gap["defined aid"].verdict, Refuted)
    assert "complete owed" not in gap
    assert "complete aid" not in gap


def test_a_line_that_two_rules_draw_is_drawn_alike() -> None:
    rules = """
define poor of household: yes or no = income_of_all < 2 * standard
define well_off of household: yes or no = 2 * standard {sign} income_of_all
benefit aid for household: money per month
  cite notice 2
  when poor
  when not well_off
  amount 10 yuan per month
"""
    alike = settled(STANDARD + rules.format(sign="<="))["drawn-alike poor"].verdict
    apart = settled(STANDARD + rules.format(sign="<"))["drawn-alike poor"].verdict

    assert alike == Proved(reach="form")
    assert isinstance(apart, Refuted)
    people = apart.example.case.root.children["person"]
    assert sum(Fraction(str(each.facts["income"])) for each in people) == 1400


def test_a_gap_in_time_is_one_too() -> None:
    rules = """
define part of household: money per month
  from 2024-01-01 until 2024-03-31 = 10 yuan per month  cite notice 1
benefit aid for household: money per month
  cite notice 2
  amount part
"""
    found = settled(rules)["complete part"].verdict

    assert isinstance(found, Refuted)
