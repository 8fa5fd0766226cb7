"""Two policies to who gains and who loses: found, or proved that nobody does."""

import json
import re
import shlex
from datetime import date
from fractions import Fraction
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from aidrules import load, loads
from aidrules.cli import main
from aidrules.program import Program
from aidrules.sharpen import as_written, sharpen
from aidrules.verify.comparing import compare as station
from aidrules.verify.comparing import form
from aidrules.verify.comparing.compare import compare
from aidrules.verify.comparing.comparison import Comparison, GrantComparison, Version
from aidrules.verify.comparing.differing import tried
from aidrules.verify.comparing.sides import Found, Nobody, Tried, way
from aidrules.verify.households.make import households
from aidrules.verify.mutating.mutants import mutants
from aidrules.verify.mutating.substitute import substitute
from aidrules.verify.proving.sizes import usual_day
from aidrules.verify.proving.verdicts import Unsettled
from aidrules.verify.proving.worlds import Pair, agreed

z3 = pytest.importorskip("z3", reason="proofs need the extra [prove]")

POLICIES = Path(__file__).parents[1] / "docs" / "policies"
ON = "2024-06-01"
TODAY = date.fromisoformat(ON).toordinal()

OLD = """
policy heating
  in force from 2024-01-01
source notice "Notice on heating" rank county from 2024-01-01
currency yuan to 0.01
entity household
entity person in household at most 10
fact rooms of household: number  between 0 and 20
fact savings of household: money  between 0 and 1_000_000
fact residence of household: one of (urban, rural, ...)
fact income of person: money per month  between 0 and 100_000
fact disabled of person: yes or no
parameter standard: money per month  cite notice 1
  from 2024-01-01 = 735.40
define size of household: number = count of person  cite notice 1
define income_of_all of household: money per month = sum of income over person  cite notice 1
benefit aid for household: money per month
  cite notice 2
  when income_of_all < standard * size
  amount standard * size - income_of_all
benefit bonus for household: money
  cite notice 4
  when savings <= 5_000 yuan
  amount 300 yuan
"""


def compared(new: str, old: str = OLD) -> dict[str, GrantComparison]:
    """Return what differs, by the name of the grant."""
    found = loads(old).compare(loads(new), ON)
    return {each.grant.name: each for each in found.grants}


def test_what_rests_on_nothing_changed_is_the_same_for_any_household() -> None:
    found = compared(OLD.replace("amount 300", "amount 250"))

    assert found["aid"].is_same
    assert found["aid"].changes == ()
    assert found["aid"].sides["gains"] == Nobody()
    assert not found["bonus"].is_same


def test_a_higher_standard_gives_more_and_takes_from_nobody() -> None:
    new = OLD.replace("= 735.40", "= 735.40\n  from 2024-05-01 = 800")
    found = compared(new)["aid"]

    gains = found.sides["gains"]
    assert isinstance(gains, Found)
    assert len(gains.case.root.children["person"]) == 1
    assert (gains.before.value, gains.after.value) == (Fraction(7354, 10), 800)
    assert found.sides["loses"] == Nobody({"person": 3})
    assert found.sides["otherwise"] == Nobody({"person": 3})


def test_where_a_grant_differs_is_told_exactly() -> None:
    new = OLD.replace("savings <= 5_000", "savings < 6_000")
    found = compared(new)["bonus"]

    assert found.sides["loses"] == Nobody({"person": 3})
    (extent,) = found.extents
    assert (extent.low, extent.high) == (Fraction(500_001, 100), Fraction(599_999, 100))


def test_who_loses_is_found_where_the_condition_speaks_of_another_fact() -> None:
    found = compared(
        OLD.replace("amount 300 yuan\n", "amount 300 yuan\n  unless residence is rural\n")
    )

    loses = found["bonus"].sides["loses"]
    assert isinstance(loses, Found)
    assert loses.case.root.facts["residence"] == "rural"
    assert (loses.before.value, loses.after.receives) == (300, False)
    assert found["bonus"].sides["gains"] == Nobody({"person": 3})
    assert [each.among for each in found["bonus"].extents if each.among] == [("rural",)]


def test_what_is_written_otherwise_and_means_the_same_is_proved() -> None:
    new = OLD.replace(
        "amount standard * size - income_of_all", "amount sum of (standard - income) over person"
    )
    found = compared(new)["aid"]

    assert found.is_same
    assert found.changes
    assert found.sides["gains"] == Nobody({"person": 3})


def test_a_grant_that_only_one_policy_has_is_new_or_gone() -> None:
    new = OLD.replace("benefit bonus", "benefit premium")
    found = compared(new)

    assert found["premium"].old is None
    assert found["bonus"].new is None
    assert not found["bonus"].is_same


def test_a_fact_that_is_another_thing_now_is_not_compared() -> None:
    new = OLD.replace(
        "rooms of household: number  between 0 and 20", "rooms of household: yes or no"
    )
    new = new.replace("savings <= 5_000 yuan", "savings <= 5_001 yuan")
    found = compared(new)["bonus"]

    assert set(found.sides.values()) == {Unsettled("other-policy")}


def test_the_steps_and_ranges_of_both_count() -> None:
    coarse = OLD.replace("to 0.01", "to 100").replace(
        "savings of household: money  between 0", "savings of household: money  between 4_950"
    )
    found = compared(OLD.replace("savings <= 5_000", "savings < 5_000.50"), coarse)["bonus"]

    assert found.is_same  # 5,000.01 to 5,000.49 are no amounts of the old policy
    found = compared(OLD.replace("savings <= 5_000", "savings < 5_000"), coarse)["bonus"]
    loses = found.sides["loses"]
    assert isinstance(loses, Found)
    assert loses.case.root.facts["savings"] == 5000


def test_a_fact_of_one_policy_only_is_part_of_the_household() -> None:
    old = OLD.replace("fact rooms", "fact farm of household: yes or no\nfact rooms")
    old = old.replace("amount 300 yuan\n", "amount 300 yuan\n  unless farm\n")
    said = loads(old).compare(loads(OLD), ON, only="bonus").explain()

    assert "farm yes" in said
    assert "what the old policy asks for" in said


REFORM = """
policy reform
  in force from 2024-01-01
use heating
source circular "Circular on heating" rank county from 2024-05-01
amend standard
  from 2024-05-01 = 800  cite circular 1
amend bonus from {first}
  unless savings < 100 yuan  cite circular 2
"""


@pytest.mark.parametrize(
    ("first", "already"), [("2024-05-01", []), ("2024-04-30", ["bonus"]), ("2024-05-02", [])]
)
def test_what_a_reform_changes_before_its_text_takes_effect_is_told(
    tmp_path: Path, first: str, already: list[str]
) -> None:
    (tmp_path / "heating.aid").write_text(OLD, "utf-8")
    (tmp_path / "reform.aid").write_text(REFORM.format(first=first), "utf-8")
    old, new = (load(tmp_path / f"{name}.aid") for name in ("heating", "reform"))
    found = old.compare(new, ON)

    assert found.before == date(2024, 4, 30)
    assert [each.grant.name for each in found.retroactive] == already
    assert ("take effect, nothing differs" in found.explain()) == (not already)
    assert not found.is_same


def test_without_the_solver_it_is_tried_and_not_called_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(station, "find_spec", lambda _: None)
    found = compared(OLD.replace("savings <= 5_000", "savings <= 6_000"))["bonus"]

    assert isinstance(found.sides["gains"], Found)
    assert isinstance(found.sides["loses"], Tried)
    assert not found.is_same


def test_both_languages_tell_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "old.aid").write_text(OLD, "utf-8")
    (tmp_path / "new.aid").write_text(OLD.replace("= 735.40", "= 800"), "utf-8")
    files = [str(tmp_path / name) for name in ("old.aid", "new.aid")]

    assert main(["compare", *files, "--on", ON]) == 1
    english = capsys.readouterr().out
    assert "the figure standard: 735.4 yuan per month before, 800 yuan per month now" in english
    assert "nobody loses: proved for up to 3 × person" in english
    assert "bonus: the same; none of the rules that it rests on is otherwise" in english

    assert main(["compare", *files, "--on", ON, "--language", "zh"]) == 1
    assert "原为735.4元/月，现为800元/月" in capsys.readouterr().out

    assert main(["compare", *files, "--on", ON, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    (aid, bonus) = told["grants"]
    assert (aid["same"], bonus["same"]) == (False, True)
    assert aid["sides"]["loses"] == {"verdict": "nobody", "by_form": False, "sizes": {"person": 3}}
    assert main(["compare", files[0], files[0], "--on", ON]) == 0


def test_its_households_are_examples_of_the_policy() -> None:
    new = OLD.replace("savings <= 5_000", "savings <= 4_000")
    found: Any = loads(OLD).compare(loads(new), ON, only="bonus").to_json()
    text = found["grants"][0]["sides"]["loses"]["example"]

    for policy, expected in ((OLD, "= 300 yuan"), (new, "is refused")):
        pasted = loads(f"{policy}{text}  expect bonus {expected}\n")
        assert [result.passed for result in pasted.test()] == [True], pasted.diagnostics


def test_the_page_shows_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (POLICIES.parent / "comparing.md").read_text("utf-8")
    for text in re.findall(r"```aid\n(.*?)```", page, re.DOTALL):
        (tmp_path / f"{text.split()[1]}.aid").write_text(text, "utf-8")
    blocks = re.findall(r"```console\n\$ aidrules (.*?)\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 3
    monkeypatch.chdir(tmp_path)
    for line, expected in blocks:
        assert main(shlex.split(line)) == (0 if line.startswith("synthesize") else 1)
        said = capsys.readouterr().out
        left_out, _, shown = expected.rpartition("...\n")
        assert said == shown or (expected.startswith("...\n") and said.endswith("\n" + shown)), (
            left_out
        )


# ---------------------------------------------------------------- soundness


def _mutated(program: Program, seed: int, count: int) -> list[tuple[str, Program]]:
    """Return some programs with a slip in each."""
    written = as_written(program)
    every = list(mutants(written))
    Random(seed).shuffle(every)  # noqa: S311 - chance for tests
    return [(each.word, sharpen(substitute(written, each.change))) for each in every[:count]]


@pytest.mark.parametrize(
    ("path", "count"),
    [("cn/minimum_living", 12), ("cn/temporary_aid", 12), ("shandong/disability_subsidies", 12)],
)
def test_what_is_proved_of_slips_is_attacked(path: str, count: int) -> None:
    policy = load(POLICIES / f"{path}.aid.md")
    today = usual_day(policy.program)
    compared_sides = 0
    for word, other in _mutated(policy.program, 5, count):
        found = compare(
            Version("old", "", policy.program), Version("new", "", other), None, 2, Fraction(3)
        )
        compared_sides += _attacked(found, policy.program, other, today, word)
    assert compared_sides > count


def _attacked(found: Comparison, program: Program, other: Program, today: int, word: str) -> int:
    """Try what is proved on households, and return how often something was proved."""
    proved = 0
    cases = list(islice(households(program, 7, today, members=2), 60))
    for grant in found.grants:
        assert grant.old is not None
        assert grant.new is not None
        pair = Pair.of((program, other), (grant.old, grant.new), today)
        gone = [each for each, side in grant.sides.items() if isinstance(side, Nobody)]
        proved += len(gone)
        for case in cases:
            for record in case.records:
                if record[0] == grant.grant.entity:
                    happens = way(*pair.decided(case, record))
                    assert happens not in gone, (word, grant.grant.key)
                    if happens is not None:
                        assert grant.changes
    return proved


def test_a_forgotten_part_of_a_grant_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a comparison by form that leaves out figures, the attack finds a household."""
    program = loads(OLD).program
    other = loads(OLD.replace("= 735.40", "= 800")).program
    pair = Pair.of((program, other), (program.grants[0], other.grants[0]), TODAY)
    assert form.changes((program, other), pair.grants)

    monkeypatch.setattr(form, "_figure", lambda _: None)
    assert not form.changes((program, other), pair.grants)
    programs = agreed(program, other)
    assert programs is not None
    assert isinstance(tried(pair, programs)["gains"], Found)
