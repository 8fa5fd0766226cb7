"""What other test suites take: households by Hypothesis, and policy files as items of pytest."""

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from aidrules import load, loads
from aidrules.household import Reader
from aidrules.testing import facts, households
from aidrules.verify.households.documents import as_document
from aidrules.verify.households.make import households as made

POLICIES = sorted((Path(__file__).parents[1] / "docs" / "policies").rglob("*.aid.md"))
ON = "2024-06-01"
QUIET = settings(
    max_examples=400,
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

HEATING = """
policy heating
  in force from 2024-01-01
source notice "Notice on heating" rank county from 2024-01-01
currency yuan to 0.01
entity household
entity person in household at most 10
fact rooms of household: number  between 0 and 20
fact income of person: money per month  between 0 and 100_000
fact disabled of person: yes or no  default no
define income_of_all of household: money per month = sum of income over person  cite notice 1
benefit aid for household: money per month
  cite notice 2
  when income_of_all <= 735.40 yuan per month
  amount 1_000 yuan per month - income_of_all
check "Somebody richer gets no more"
  aid never rises when income rises
check "Nobody gets more than 900"
  always aid <= 900 yuan per month
check "Nobody gets more than 800"  known to fail "a notice of 2025 will set it"
  always aid <= 800 yuan per month
example "At the line" on 2024-06-01
  household h
    rooms 2
    person a
      income 735.40
  expect aid = 264.60 yuan per month
example "Over it" on 2024-06-01
  household h
    rooms 2
    person a
      income 735.41
  expect aid is granted
"""


def test_a_fault_of_one_fen_is_found_and_shrinks_to_the_smallest_family() -> None:
    right, wrong = loads(HEATING), loads(HEATING.replace("<= 735.40", "< 735.40"))

    def differs(document: dict[str, Any]) -> bool:
        one, other = (each.evaluate(document, ON).outcome("aid") for each in (right, wrong))
        return one.status != other.status

    found = find(households(right, ON), differs, settings=QUIET)

    (person,) = found["person"]
    assert person["income"] == "735.4"
    assert set(person) == {"id", "income"}  # what has a default is left to it
    assert found["rooms"] == "0"


def test_nobody_is_found_where_two_policies_decide_alike() -> None:
    policy = loads(HEATING)
    with pytest.raises(NoSuchExample):
        find(
            households(policy, ON),
            lambda document: policy.evaluate(document, ON).is_rejected,
            settings=QUIET,
        )


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name.partition(".")[0])
def test_every_household_of_a_shipped_policy_is_taken(path: Path) -> None:
    policy = load(path)
    reader = Reader.of(policy.program)

    @settings(QUIET, max_examples=12, phases=[Phase.generate])
    @given(households(policy, members=2))
    def taken(document: dict[str, Any]) -> None:
        case, findings = reader.read(json.dumps(document))
        assert case is not None, [(each.code, each.path) for each in findings]

    taken()


@pytest.mark.parametrize("path", POLICIES[::3], ids=lambda path: path.name.partition(".")[0])
def test_a_document_reads_back_as_the_household_that_it_was(path: Path) -> None:
    program = load(path).program
    reader = Reader.of(program)
    for case, _ in zip(made(program, 8, 739_000, members=2), range(25), strict=False):
        read, findings = reader.read(as_document(program, case))
        assert read is not None, findings
        assert {key: each.facts for key, each in read.records.items()} == {
            key: each.facts for key, each in case.records.items()
        }
        if case.history is not None:
            assert read.history is not None
            amounts = {
                key: past.value
                for key, past in case.history.past.items()
                if isinstance(past.value, int | Fraction)
            }
            assert {key: read.history.past[key].value for key in amounts} == amounts


def test_some_facts_are_left_out_if_asked_for() -> None:
    policy = loads(HEATING)
    lacking = find(
        households(policy, ON, unknown=Fraction(1, 4)),
        lambda document: "rooms" not in document,
        settings=QUIET,
    )
    assert policy.evaluate(lacking, ON).outcome("aid").status in {"granted", "refused", "undecided"}


@given(facts(loads(HEATING), "person", "income", ON), st.booleans())
@settings(QUIET, max_examples=50)
def test_a_fact_alone(income: str, disabled: bool) -> None:  # noqa: FBT001 - drawn
    assert 0 <= Fraction(income) <= 100_000
    person = {"id": "a", "income": income, "disabled": disabled}
    document = {"id": "h", "rooms": 1, "person": [person]}
    assert not loads(HEATING).evaluate(document, ON).is_rejected


def test_the_page_is_a_suite_that_runs(tmp_path: Path) -> None:
    page = (POLICIES[0].parents[2] / "testing.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "test_page.py").write_text(code, "utf-8")
    line = [sys.executable, "-m", "pytest", "test_page.py", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - our own line
    assert "1 passed" in done.stdout, done.stdout


# ---------------------------------------------------------------- pytest


def ran(folder: Path, *options: str, more: str = "") -> tuple[int, str]:
    """Return the exit code and the output of pytest on a policy file."""
    (folder / "heating.aid").write_text(HEATING + more, "utf-8")
    line = [sys.executable, "-m", "pytest", "heating.aid", "-p", "no:cacheprovider", "-rA"]
    done = subprocess.run(  # noqa: S603 - our own line
        [*line, *options], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_examples_and_checks_are_items(tmp_path: Path) -> None:
    code, said = ran(tmp_path)

    assert code == 1
    assert "PASSED heating.aid::At the line" in said
    assert "FAILED heating.aid::Over it" in said
    assert "PASSED heating.aid::Somebody richer gets no more" in said
    assert "FAILED heating.aid::Nobody gets more than 900" in said
    assert "PASSED heating.aid::Nobody gets more than 800" in said
    assert 'example "Against: Nobody gets more than 900" on 2024-06-01' in said
    assert "it held of 300 households that were tried" in said
    assert "3 passed" in said or "4 passed" in said


def test_z3_is_asked_if_wanted(tmp_path: Path) -> None:
    pytest.importorskip("z3", reason="proofs need the extra [prove]")
    _, said = ran(tmp_path, "--aidrules-prove")

    assert "proved       Somebody richer gets no more" in said
    assert "refuted      Nobody gets more than 900" in said

    (tmp_path / "pytest.ini").write_text("[pytest]\naidrules_prove = yes\n", "utf-8")
    assert "proved       Somebody richer gets no more" in ran(tmp_path)[1]


def test_that_somebody_is_possible_is_an_item_too(tmp_path: Path) -> None:
    pytest.importorskip("z3", reason="proofs need the extra [prove]")
    more = """
check "Somebody has no rooms"
  possible rooms = 0
check "Somebody has half of one below nothing"
  possible rooms = -1
"""
    _, tried = ran(tmp_path, more=more)
    _, proved = ran(tmp_path, "--aidrules-prove", more=more)

    assert "SKIPPED" in tried
    assert "PASSED heating.aid::Somebody has no rooms" in proved
    assert "FAILED heating.aid::Somebody has half of one below nothing" in proved
