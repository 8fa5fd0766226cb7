"""Two policies: what changed in what they ask for."""

import json
from pathlib import Path

import pytest

import aidrules
from aidrules.cli import main
from aidrules.verify.inputs import InputChange, input_changes

SHIPPED = sorted((Path(__file__).parents[1] / "docs" / "policies").rglob("*.aid.md"))

HEATING = """policy heating
source notice "Notice" number "1" rank county
currency yuan to 0.01
entity household
entity person in household at most 9
fact income of person: money per month between 0 and 100_000 ask "What comes in?"
fact kind of person: one of (mild, severe, other) ask "Which?"
fact has_stove of household: yes or no ask "Is there a stove?"
fact rent of household: money per month between 0 and 9_999 default 0 yuan per month
fact died of person: date or none ask "When?"
define total of household: money per month = sum of income over person cite notice 1
benefit heating for household: money per month
  cite notice 2
  unless has_stove
  when total - rent < 900 yuan per month
  unless any person has kind = severe
  when every person has died is none
  amount 100
"""


def changes(*replaced: tuple[str, str]) -> tuple[InputChange, ...]:
    """Return what changes in what the policy asks for, if texts in it are replaced."""
    text = HEATING
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    return input_changes(aidrules.loads(HEATING).program, aidrules.loads(text).program, "en")


def test_the_same_policy_asks_for_the_same() -> None:
    assert () == changes()


@pytest.mark.parametrize(
    ("replaced", "kind", "name", "what", "breaks"),
    [
        ((" default 0 yuan per month", ' ask "How much?"'), "fact", "rent", "required", True),
        ((' ask "Is there a stove?"', " default no"), "fact", "has_stove", "assumed", False),
        (("default 0 yuan", "default 5 yuan"), "fact", "rent", "other-default", True),
        (("and 100_000", "and 99_999"), "fact", "income", "range", True),
        (("and 100_000", "and 100_001"), "fact", "income", "range", False),
        (("(mild, severe, other)", "(mild, severe)"), "fact", "kind", "choices", True),
        (("(mild, severe, other)", "(mild, severe, other, none_yet)"), "fact", "kind", "choices",
         False),
        (("(mild, severe, other)", "(mild, severe, ...)"), "fact", "kind", "choices", False),
        (("date or none", "date"), "fact", "died", "never-none", True),
        (("at most 9", "at most 8"), "record", "person", "limit", True),
        (("at most 9", "at most 10"), "record", "person", "limit", False),
        (("benefit heating", "benefit warmth"), "grant", "warmth", "decided", False),
        (("heating for household: money per month", "heating for household: money per year"),
         "grant", "heating", "paid-in", True),
    ],
)  # fmt: skip
def test_each_change_is_told_by_its_kind(
    replaced: tuple[str, str], kind: str, name: str, what: str, *, breaks: bool
) -> None:
    also = (("when every person has died is none\n", "\n"),) if what == "never-none" else ()
    found = changes(replaced, *also)
    told = [(each.kind, each.name, each.what, each.breaks) for each in found]

    assert (kind, name, what, breaks) in told
    assert len(told) == (2 if name == "warmth" else 1)  # the old name is gone


def test_another_period_and_another_unit_are_told_apart() -> None:
    (period,) = changes(
        ("income of person: money per month", "income of person: money per year"),
        ("sum of income over", "sum of income per month over"),
    )
    unit, *_ = changes(
        ("rent of household: money per month", "rent of household: number"),
        ("default 0 yuan per month", "default 0"),
        ("total - rent <", "total <"),
    )

    assert ("period", "yuan per month", "yuan per year") == (period.what, period.old, period.new)
    assert ("unit", "rent") == (unit.what, unit.name)


def test_a_renamed_fact_is_gone_and_new_and_nothing_is_guessed() -> None:
    told = [(each.name, each.what) for each in changes(("has_stove", "owns_stove"))]

    assert [("owns_stove", "new-required"), ("has_stove", "gone")] == told


def test_a_fact_on_which_a_decision_rests_for_the_first_time_is_required() -> None:
    told = changes(("total - rent < 900", "total < 900"))
    back = input_changes(
        aidrules.loads(HEATING.replace("  unless has_stove\n", "")).program,
        aidrules.loads(HEATING).program,
        "en",
    )

    assert () == told  # it has a default, and may be given as before
    assert [("has_stove", "used-first", True)] == [(e.name, e.what, e.breaks) for e in back]


FAMILY = {"id": "h", "has_stove": False, "rent": "12.34", "person": [
    {"id": "a", "income": 100_000, "kind": "other", "died": "none"} for _ in "a"
]}  # fmt: skip


@pytest.mark.parametrize(
    "replaced",
    [
        ("and 100_000", "and 99_999"),
        ("(mild, severe, other)", "(mild, severe)"),
        ("has_stove", "owns_stove"),
        ("date or none", "date"),
    ],
)
def test_what_is_said_to_break_is_rejected_by_the_new_policy(replaced: tuple[str, str]) -> None:
    text = HEATING.replace("when every person has died is none\n", "\n")
    old, new = aidrules.loads(text), aidrules.loads(text.replace(*replaced))

    assert any(each.breaks for each in input_changes(old.program, new.program, "en"))
    assert not old.evaluate(FAMILY, "2024-05-01").is_rejected
    assert new.evaluate(FAMILY, "2024-05-01").is_rejected


def test_the_command_says_it_in_both_languages_and_exits_with_1_if_something_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.aid", tmp_path / "new.aid"
    old.write_text(HEATING, "utf-8")
    new.write_text(HEATING.replace("and 100_000", "and 99_999"), "utf-8")
    command = ["schema", str(new), "--against", str(old)]

    assert 1 == main(command)
    assert (
        "* income of person: could be between 0 and 100,000 yuan per month,"
        " can be between 0 and 99,999 yuan per month\n"
    ) in capsys.readouterr().out
    assert 1 == main([*command, "--language", "zh"])
    assert (
        "* person 的income：原可为0至10万元/月，现可为0至99,999元/月\n" in capsys.readouterr().out
    )
    assert 1 == main([*command, "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (True, "range", "income") == (
        told["breaks"], told["changes"][0]["change"], told["changes"][0]["name"]
    )  # fmt: skip
    assert 0 == main(["schema", str(old), "--against", str(old)])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name.partition(".")[0])
def test_a_shipped_policy_asks_for_the_same_as_itself(path: Path) -> None:
    program = aidrules.load(path).program

    assert () == input_changes(program, program, "zh")


def test_a_second_policy_with_errors_is_shown_with_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.aid", tmp_path / "new.aid"
    old.write_text(HEATING.replace("total - rent", "totl - rent"), "utf-8")
    new.write_text(HEATING, "utf-8")

    assert 1 == main(["schema", str(new), "--against", str(old)])
    assert "totl" in capsys.readouterr().out
