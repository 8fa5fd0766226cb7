import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aidrules.case import Case, Given, Past, Series
from aidrules.diagnostics import Diagnostic
from aidrules.diagnostics.render import as_json
from aidrules.household import read
from aidrules.lexicon import LANGUAGES
from aidrules.values import (
    ABSENT,
    BOTH,
    INFINITY,
    Interval,
    Options,
    Possible,
    Value,
)
from facts_policy import small

PROGRAM = small()
DAY = date(2023, 12, 1).toordinal()


def case_of(document: Mapping[str, object] | str | bytes) -> Case:
    case, findings = read(PROGRAM, document)
    assert () == findings
    assert case is not None
    return case


def found(document: Any) -> list[tuple[str, str]]:
    """Return path and code of each finding, after seeing that each has words in both languages."""
    case, findings = read(PROGRAM, document)
    assert bool(findings) is (case is None)
    worded(findings)
    return [(finding.path, finding.code) for finding in findings]


def worded(findings: tuple[Diagnostic, ...]) -> str:
    texts = [json.dumps(as_json(findings, language), ensure_ascii=False) for language in LANGUAGES]
    return "\n".join(texts)


def household(**facts: object) -> dict[str, object]:
    return {"entity": "household", "id": "h", **facts}


def person(**facts: object) -> dict[str, object]:
    return household(person=[{"id": "a", **facts}])


def assets(raw: object) -> Value | Series | None:
    return case_of(household(assets=raw)).root.facts.get("assets")


# ---------------------------------------------------------------- records

WHOLE = """{
  "id": "h",
  "county": {"id": "c", "province": "hubei", "county_name": "五峰"},
  "assets": [{"value": "3000.00", "from": "bank", "as_of": "2023-11-02"}],
  "lives_alone": false,
  "person": [
    {"id": "a", "birth_date": "1970-01-01", "disability": "severe",
     "wage_record": [{"id": "w1", "paid_on": "2023-03-10", "wage": "1200"}]},
    {"id": "b", "birth_date": "1972-01-01", "guardian": "a", "wage_record": []}
  ],
  "previously": {"on": "2023-11-01", "decisions": [
    {"entity": "household", "record": "h", "name": "allowance", "status": "granted",
     "amount": "1700", "unit": "yuan per month"}]}
}"""


def test_a_document_becomes_a_tree_of_records() -> None:
    case = case_of(WHOLE)
    root = case.root
    first, second = root.children["person"]

    assert ("household", "h") == (root.entity, root.id)
    assert {"province": "hubei", "county_name": "五峰"} == root.above("county").facts
    assert {"assets": 3000, "lives_alone": False} == root.facts
    assert Given("bank", date(2023, 11, 2).toordinal()) == root.given["assets"]
    assert {
        "birth_date": date(1970, 1, 1).toordinal(),
        "disability": "severe",
    } == first.facts
    assert {
        "paid_on": date(2023, 3, 10).toordinal(),
        "wage": 1200,
    } == first.children["wage_record"][0].facts
    assert "a" == second.facts["guardian"]
    assert first.parent is root
    assert {
        ("county", "c"),
        ("household", "h"),
        ("person", "a"),
        ("person", "b"),
        ("wage_record", "w1"),
    } == set(case.records)


def test_a_list_given_is_complete_and_one_not_given_is_open() -> None:
    root = case_of(WHOLE).root

    assert {"person": 0, "task": 5} == root.unlisted
    assert {"wage_record": 0} == root.children["person"][1].unlisted
    assert [] == root.children["task"]
    assert 3 == case_of(household(person=None)).root.unlisted["person"]


def test_records_above_know_of_the_one_below_them_and_of_no_other() -> None:
    person_root = case_of({"entity": "person", "id": "a"}).root
    above = person_root.above("household")

    assert ("household", "county") == (above.id, person_root.above("county").id)
    assert {} == above.facts
    assert [person_root] == above.children["person"]
    assert {"person": 2, "task": 5} == above.unlisted
    assert [above] == person_root.above("county").children["household"]
    assert {"household": 999} == person_root.above("county").unlisted


def test_records_above_stand_beside_the_root() -> None:
    document = {
        "entity": "person",
        "id": "a",
        "household": {"id": "h", "lives_alone": True},
        "county": {"province": "hubei"},
    }
    root = case_of(document).root

    assert {"lives_alone": True} == root.above("household").facts
    assert {"province": "hubei"} == root.above("county").facts


def test_an_id_that_is_left_out_is_the_name_of_the_kind_on_the_root() -> None:
    assert "household" == case_of({"lives_alone": True}).root.id


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"lives_alone": True}, "household"),
        ({"person": []}, "household"),
        ({"person": {"id": "a"}}, "wage_record"),
        ({"disability": "mild", "household": {"assets": 1}}, "person"),
        ({"county_name": "x", "household": []}, "county"),
    ],
)
def test_the_kind_of_the_root_shows_in_its_keys(document: dict[str, object], kind: str) -> None:
    assert kind == case_of(document).root.entity


@pytest.mark.parametrize("document", [{}, {"id": "x"}, {"paid_on": "2020-01-01"}, {"colour": 1}])
def test_a_root_of_no_certain_kind_is_asked_for(document: dict[str, object]) -> None:
    assert [("", "root-not-said")] == found(document)


def test_wrong_records_are_found_each_at_its_path() -> None:
    document = household(
        person=[
            {"id": "a", "wage_record": {"id": "w"}},
            {"id": "a"},
            {"wage_record": [{"id": "w1"}, {"id": "w1", "wage": True}, 7]},
        ],
        task={},
        county=[],
        household=3,
    )

    assert [
        ("county", "record-not-object"),
        ("household", "unknown-key"),
        ("person[0].wage_record", "records-not-list"),
        ("person[1].id", "repeated-id"),
        ("person[2]", "missing-id"),
        ("person[2].wage_record[1].id", "repeated-id"),
        ("person[2].wage_record[1].wage", "wrong-value"),
        ("person[2].wage_record[2]", "record-not-object"),
        ("task", "records-not-list"),
    ] == found(document)


def test_more_records_than_the_limit_are_a_finding() -> None:
    three = [{"id": str(at)} for at in range(3)]

    assert 3 == len(case_of(household(person=three)).root.children["person"])
    assert [("person", "too-many-records")] == found(household(person=[*three, {"id": "x"}]))


@pytest.mark.parametrize("identity", [7, "", True, ["a"]])
def test_an_id_is_text(identity: object) -> None:
    assert [("person[0].id", "id-not-text")] == found(household(person=[{"id": identity}]))


def test_an_unknown_key_comes_with_the_nearest_name() -> None:
    _, findings = read(PROGRAM, household(asets=1, person=[{"id": "a", "wage": 3}]))

    assert [
        ("asets", "unknown-key", "assets"),
        ("person[0].wage", "key-of-other-kind", None),
    ] == [(each.path, each.code, each.facts.get("nearest")) for each in findings]
    assert "wage_record" == findings[1].facts["owner"]


def test_an_unknown_root_is_a_finding() -> None:
    assert [("entity", "unknown-root")] == found({"entity": "houshold"})
    assert [("", "root-not-said")] == found({"entity": 4})


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (5, 5),
        ("5", 5),
        ("5.00", 5),
        (Decimal("5.5"), Fraction(11, 2)),
        (Fraction(21, 4), Fraction(21, 4)),
        (0, 0),
        ("-0", 0),
        (100_000, 100_000),
        (Decimal("1e5"), 100_000),
        (None, None),
    ],
)
def test_numbers_are_exact(raw: object, value: object) -> None:
    read_value = assets(raw)

    assert value == read_value
    assert type(value) is type(read_value)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (0.1, "binary-float"),
        ("1e5", "number-not-decimal"),
        ("1,000", "number-not-decimal"),
        ("1_000", "number-not-decimal"),
        (" 5", "number-not-decimal"),
        ("5\n", "number-not-decimal"),
        ("٥", "number-not-decimal"),
        ("5 yuan", "number-not-decimal"),
        ("", "number-not-decimal"),
        ("NaN", "number-not-decimal"),
        ("none", "never-none"),
        (True, "wrong-value"),
        ([5], "statement-malformed"),
        ([], "statement-malformed"),
        ({}, "statement-malformed"),
        (-1, "value-out-of-range"),
        ("100000.01", "value-out-of-range"),
        ("0.001", "value-too-fine"),
        (Fraction(1, 3), "value-too-fine"),
        (Decimal("NaN"), "number-not-finite"),
        (Decimal("-Infinity"), "number-not-finite"),
        (Decimal("1e999999999"), "number-too-long"),
        (Decimal("1e-999999"), "number-too-long"),
        (10**50, "number-too-long"),
        (datetime(2023, 12, 1, 3, 4), "value-not-json"),  # noqa: DTZ001 - refused whatever the zone
        (3j, "value-not-json"),
        ({5}, "value-not-json"),
        ("\x00other", "text-not-allowed"),
        ("\ud800", "text-not-allowed"),
    ],
)
def test_a_wrong_number_is_a_finding(raw: object, code: str) -> None:
    path = "assets[0]" if raw == [5] else "assets"

    assert [(path, code)] == found(household(assets=raw))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("2023-12-01", None),
        (date(2023, 12, 1), None),
        ("2023-02-29", "impossible-date"),
        ("0000-01-01", "impossible-date"),
        ("20231201", "date-not-iso"),
        ("2023-12-1", "date-not-iso"),
        ("2023-12-01T00:00", "date-not-iso"),
        (20231201, "date-not-iso"),
        ("1900-01-01", None),
        ("2100-12-31", None),
        ("1899-12-31", "value-out-of-range"),
        ("2101-01-01", "value-out-of-range"),
        ("none", "never-none"),
    ],
)
def test_a_date_is_a_day_from_1900_to_2100(raw: object, code: str | None) -> None:
    document = person(birth_date=raw)
    if code is None:
        day = date.fromisoformat(str(raw)).toordinal()
        assert day == case_of(document).root.children["person"][0].facts["birth_date"]
    else:
        assert [("person[0].birth_date", code)] == found(document)


@pytest.mark.parametrize("raw", ["yes", "no", "true", 1, 0])
def test_a_yes_or_no_is_true_or_false_and_nothing_else(raw: object) -> None:
    assert [("lives_alone", "truth-not-boolean")] == found(household(lives_alone=raw))


def test_a_value_that_a_choice_does_not_have_comes_with_the_nearest() -> None:
    _, findings = read(PROGRAM, person(disability="sever"))

    assert [("unknown-value", "severe", "sever")] == [
        (each.code, each.facts["nearest"], each.facts["given"]) for each in findings
    ]


def test_an_open_choice_takes_what_the_policy_does_not_name() -> None:
    assert {"village": "north"} == case_of(household(village="north")).root.facts


def test_a_list_of_services_is_a_set() -> None:
    assert {"needs": frozenset(("care", "x"))} == case_of(household(needs=["care", "x"])).root.facts
    assert {"needs": frozenset()} == case_of(household(needs=[])).root.facts
    stated = {"value": ["care"], "from": "street"}
    assert {"needs": frozenset(("care",))} == case_of(household(needs=[stated])).root.facts
    assert [("needs[1]", "wrong-value")] == found(household(needs=["care", 3]))
    assert [("needs", "wrong-value")] == found(household(needs="care"))


def test_none_is_absent_where_the_type_allows_it() -> None:
    root = case_of(person(died_on="none", custody=None, guardian="none")).root

    assert {"died_on": ABSENT, "guardian": ABSENT} == root.children["person"][0].facts


def test_a_reference_names_a_listed_record() -> None:
    assert [("person[0].guardian", "unknown-record")] == found(person(guardian="x"))
    assert {"guardian": "a"} == case_of(person(guardian="a")).root.children["person"][0].facts


# ---------------------------------------------------------------- bounds


def possible(raw: object, name: str = "custody") -> Value | Series:
    return case_of(person(**{name: raw})).root.children["person"][0].facts[name]


def test_a_number_or_date_may_be_known_within_bounds() -> None:
    assert Possible(Interval(5, Fraction(11, 2))) == assets({"low": 5, "high": "5.5"})
    assert 5 == assets({"low": 5, "high": "5.00"})
    day = {"low": "2023-12-01", "high": "2023-12-02"}
    assert Possible(Interval(DAY, DAY + 1)) == possible(day, "died_on")


def test_a_choice_or_truth_or_text_may_be_one_of_some() -> None:
    assert Possible(Options(frozenset(("prison", "free")))) == possible(
        {"among": ["prison", "free"]}
    )
    assert Possible(Options(frozenset(("prison",))), absent=True) == possible(
        {"among": ["none", "prison"]}
    )
    assert "prison" == possible({"among": ["prison"]})
    assert ABSENT is possible({"among": ["none"]})
    truths = case_of(household(lives_alone={"among": [True, False]})).root
    assert {"lives_alone": BOTH} == truths.facts
    assert Possible(Options(frozenset(("a",))), absent=True) == possible(
        {"among": ["a", "none"]}, "guardian"
    )


@pytest.mark.parametrize(
    ("facts", "path", "code"),
    [
        ({"assets": {"low": 2, "high": 1}}, "assets", "range-crossed"),
        ({"assets": {"low": 2}}, "assets", "range-malformed"),
        ({"assets": {"low": 2, "high": None}}, "assets", "range-malformed"),
        ({"assets": {"low": 2, "high": 3, "from": "x"}}, "assets", "range-malformed"),
        ({"assets": {"low": -1, "high": 3}}, "assets.low", "value-out-of-range"),
        ({"assets": {"low": 0, "high": "0.001"}}, "assets.high", "value-too-fine"),
        ({"assets": {"among": [1, 2]}}, "assets", "options-not-listed"),
        ({"needs": {"among": [["care"]]}}, "needs", "options-not-listed"),
        ({"lives_alone": {"low": 1, "high": 2}}, "lives_alone", "range-not-ordered"),
        ({"lives_alone": {"among": []}}, "lives_alone", "options-malformed"),
        ({"lives_alone": {"among": [None]}}, "lives_alone", "options-malformed"),
        ({"lives_alone": {"among": True}}, "lives_alone", "options-malformed"),
        ({"lives_alone": {"among": [True, "no"]}}, "lives_alone.among[1]", "truth-not-boolean"),
    ],
)
def test_wrong_bounds_are_a_finding(facts: dict[str, object], path: str, code: str) -> None:
    assert [(path, code)] == found(household(**facts))


# ---------------------------------------------------------------- several statements


def said(value: object, origin: str | None = None, as_of: str | None = None) -> dict[str, object]:
    return {"value": value, "from": origin, "as_of": as_of}


def test_the_holder_that_ranks_first_counts() -> None:
    both = [said(1, "applicant", "2023-12-02"), said(2, "bank", "2023-12-01")]

    assert 2 == assets(both)
    assert 2 == assets([said(3, "neighbour"), said(2, "applicant"), said(5)])
    aside = (("applicant", DAY + 1, 1),)
    given_both = case_of(household(assets=both)).root.given["assets"]
    assert Given("bank", DAY, set_aside=aside) == given_both


@pytest.mark.parametrize(
    ("counted", "behind", "is_set_aside"),
    [
        (said(2, "bank"), said(2, "applicant"), False),
        (said(2, "bank"), said(3, "applicant"), True),
        (said(2, "bank"), said(3), True),
        (said({"low": 1, "high": 3}, "bank"), said(2, "applicant"), False),
        (said(2, "bank"), said({"low": 1, "high": 3}, "applicant"), False),
        (said({"low": 1, "high": 3}, "bank"), said({"low": 2, "high": 4}, "applicant"), True),
        (said(2, "bank"), said(None, "applicant"), False),
    ],
)
def test_what_a_holder_behind_says_otherwise_is_set_aside(
    counted: dict[str, object], behind: dict[str, object], *, is_set_aside: bool
) -> None:
    for statements in ([counted, behind], [behind, counted]):
        root = case_of(household(assets=statements)).root

        assert is_set_aside is bool(root.given["assets"].set_aside)
        assert assets(counted) == root.facts["assets"]


def test_a_statement_is_set_aside_by_what_counts_on_its_day() -> None:
    series = [said(1, "bank", "2023-12-01"), said(2, "bank", "2023-12-03")]
    behind = [
        said(1, "applicant", "2023-12-02"),
        said(2, "applicant", "2023-12-02"),
        said(1, "x", "2023-11-30"),
        said(2, "x", "2023-12-03"),
        said(1, "y"),
    ]
    given_all = case_of(household(assets=[*series, *behind])).root.given["assets"]

    assert (("applicant", DAY + 1, 2), ("y", None, 1)) == given_all.set_aside


# ---------------------------------------------------------------- judgements

ANSWERED = {"from": "Li Ming, township", "as_of": "2023-12-01", "grounds": "I saw it"}


def judged(raw: object) -> tuple[Case, list[tuple[str, str]]]:
    case, findings = read(PROGRAM, household(task=[{"id": "t", "is_done": raw}]))
    assert case is not None
    worded(findings)
    return case, [(finding.path, finding.code) for finding in findings]


def test_a_judgement_carries_its_grounds() -> None:
    case, findings = judged({"value": True, **ANSWERED})
    task = case.records["task", "t"]

    assert [] == findings
    assert {"is_done": True} == task.facts
    assert Given("Li Ming, township", DAY, grounds="I saw it") == task.given["is_done"]


def test_the_grounds_are_those_of_the_judgement_made_last() -> None:
    later = {"value": True, "from": "Li Ming, township", "as_of": "2023-12-02", "grounds": "still"}
    for statements in ([{"value": False, **ANSWERED}, later], [later, {"value": True, **ANSWERED}]):
        case, _ = judged(statements)

        assert "still" == case.records["task", "t"].given["is_done"].grounds


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (True, ""),
        ({"among": [True, False]}, ""),
        ({"value": True}, ""),
        ({"value": True, **ANSWERED, "from": None}, ""),
        ({"value": True, **ANSWERED, "grounds": None}, ""),
        ({"value": True, **ANSWERED, "grounds": " "}, ""),
        ([{"value": True, **ANSWERED}, {"value": True, "from": "x"}], "[1]"),
    ],
)
def test_a_judgement_that_nobody_answers_for_is_accepted_and_reported(
    raw: object, path: str
) -> None:
    case, findings = judged(raw)

    assert "is_done" in case.records["task", "t"].facts
    assert [(f"task[0].is_done{path}", "judgement-without-grounds")] == findings


@pytest.mark.parametrize("raw", [None, {"value": None}, [{"value": None, "from": "x"}]])
def test_a_pending_judgement_needs_no_grounds(raw: object) -> None:
    _, findings = judged(raw)

    assert [] == findings


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"assets": {"value": 3, "grounds": "x"}}, "assets"),
        ({"task": [{"id": "t", "is_done": {"value": True, "grounds": 3}}]}, None),
    ],
)
def test_only_a_judgement_has_grounds_and_they_are_text(
    facts: dict[str, object], path: str | None
) -> None:
    case, findings = read(PROGRAM, household(**facts))

    assert case is None
    place = path or "task[0].is_done.grounds"
    assert (place, "statement-malformed") in [(each.path, each.code) for each in findings]


def test_holders_without_an_order_must_agree() -> None:
    agreeing = case_of(household(assets=[said(3, "x"), said(3, "y", "2023-12-01")])).root
    differing = case_of(household(assets=[said(3, "x"), said(4, "y"), said(4, "z")])).root

    assert {"assets": 3} == agreeing.facts
    assert Given("x", DAY) == agreeing.given["assets"]
    assert {} == differing.facts
    assert {"assets": Given(None, None, (("x", 3), ("y", 4), ("z", 4)))} == differing.given


def test_a_holder_who_does_not_know_does_not_count() -> None:
    assert 4 == assets([said(None, "bank"), said(4, "applicant")])
    assert assets([said(None, "bank")]) is None


def test_dated_values_of_one_holder_are_a_series() -> None:
    dated = [said(2, "bank", "2023-12-02"), said(1, "bank", "2023-12-01"), said(9, "applicant")]

    assert Series(((DAY, 1), (DAY + 1, 2))) == assets(dated)
    assert Series(((DAY, 1), (DAY + 1, 2))) == assets(
        [{"value": 1, "as_of": "2023-12-01"}, {"value": 2, "as_of": "2023-12-02"}]
    )
    assert 1 == assets([{"value": 1, "as_of": "2023-12-01"}])


def test_a_holder_who_contradicts_himself_is_disputed() -> None:
    for dates in (("2023-12-01", "2023-12-01"), (None, None), (None, "2023-12-01")):
        statements = [said(each, "bank", day) for each, day in zip((1, 2), dates, strict=True)]
        root = case_of(household(assets=statements)).root

        assert {} == root.facts
        assert (("bank", 1), ("bank", 2)) == root.given["assets"].disputed


@pytest.mark.parametrize(
    ("raw", "path", "code"),
    [
        ({"value": 1, "form": "x"}, "assets", "statement-malformed"),
        ({"from": "x"}, "assets", "statement-malformed"),
        ({"value": {"value": 1}}, "assets.value", "statement-malformed"),
        ({"value": 1, "from": 3}, "assets.from", "statement-malformed"),
        ({"value": 1, "as_of": "2023-02-30"}, "assets.as_of", "impossible-date"),
        ({"value": "x"}, "assets.value", "number-not-decimal"),
        ([{"value": 1}, {"value": -3}], "assets[1].value", "value-out-of-range"),
        ([{"value": 1}, 3], "assets[1]", "statement-malformed"),
    ],
)
def test_a_wrong_statement_is_a_finding(raw: object, path: str, code: str) -> None:
    assert [(path, code)] == found(household(assets=raw))


def test_bounds_may_be_stated_by_a_holder() -> None:
    stated = said({"low": 1, "high": 2}, "bank")

    assert Possible(Interval(1, 2)) == assets(stated)


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("", "document-not-json", ""),
        ("{", "document-not-json", ""),
        (b'{"id": "\xff"}', "document-not-utf-8", ""),
        ("[]", "document-not-object", ""),
        ("null", "document-not-object", ""),
        ("[" * 100_000, "document-too-deep", ""),
        ('{"assets": ' + "[" * 99 + "]" * 99 + "}", "document-too-deep", "assets" + "[0]" * 64),
        ('{"assets": NaN}', "number-not-finite", "assets"),
        ('{"assets": -Infinity}', "number-not-finite", "assets"),
        ('{"assets": 1e999999999}', "number-too-long", "assets"),
        ('{"assets": 1e99999999999999999999999}', "number-too-long", "assets"),
        ('{"assets": ' + "9" * 10_000 + "}", "number-too-long", "assets"),
        ('{"assets": 1, "assets": 1}', "repeated-key", "assets"),
        ('{"assets": "\\ud800"}', "text-not-allowed", "assets"),
    ],
)
def test_wrong_text_is_a_finding(text: str | bytes, code: str, path: str) -> None:
    assert (path, code) in found(text)


def test_numbers_of_json_are_decimals() -> None:
    assert {"assets": Fraction(1, 10)} == case_of('{"assets": 0.1}').root.facts
    assert {"assets": 100_000} == case_of('\ufeff{"assets": 1e5}'.encode()).root.facts


def test_the_digest_is_that_of_the_meaning_of_the_text() -> None:
    digest = case_of(WHOLE).digest

    assert digest == case_of(WHOLE.encode()).digest
    assert digest == case_of(json.loads(WHOLE)).digest
    assert digest == case_of(dict(reversed(json.loads(WHOLE).items()))).digest
    assert digest != case_of(WHOLE.replace("1200", "1201")).digest
    exact = [case_of({"assets": raw}).digest for raw in (5, Decimal("5.0"), Fraction(5))]
    assert 1 == len({*exact, case_of('{"assets": 5.00}').digest})


# ---------------------------------------------------------------- private facts


@pytest.mark.parametrize(
    "raw",
    [
        "7777 yuan",
        "7777.777",
        7777,
        {"low": 7777, "high": 1},
        {"7777": 1},
        {"value": 1, "from": "x", "as_of": "7777"},
        {"7777": 7777.5},
        ["7777"],
        [{"7777": 1}],
        "7777\x00",
    ],
)
def test_no_message_shows_a_private_value(raw: object) -> None:
    case, findings = read(PROGRAM, household(secret_debt=raw))

    assert case is None
    assert "secret_debt" in worded(findings)
    assert "7777" not in worded(findings)


def test_no_message_hints_at_a_private_choice() -> None:
    _, findings = read(PROGRAM, person(illness="sever"))

    assert [("unknown-value", None, None)] == [
        (each.code, each.facts["nearest"], each.facts["given"]) for each in findings
    ]


# ---------------------------------------------------------------- earlier decisions


def decided(**decision: object) -> dict[str, object]:
    base = {"entity": "household", "record": "h", "name": "allowance"}
    return household(
        income=None, previously={"on": "2023-11-01", "decisions": [base | decision]}
    ) | {"person": [{"id": "a"}]}


def past(**decision: object) -> Past:
    document = {key: value for key, value in decided(**decision).items() if key != "income"}
    history = case_of(document).history
    assert history is not None
    assert date(2023, 11, 1).toordinal() == history.on
    (only,) = history.past.values()
    return only


SOME_DAY = Possible(Interval(date(1900, 1, 1).toordinal(), date(2100, 12, 31).toordinal()))


def test_no_history_is_unknown_and_an_empty_one_is_empty() -> None:
    assert case_of(household(previously=None)).history is None
    empty = case_of(household(previously={"on": "2023-11-01", "decisions": []})).history
    assert empty is not None
    assert {} == empty.past


def test_a_granted_amount_is_known() -> None:
    assert Past(True, 1700, SOME_DAY) == past(
        status="granted", amount="1700", unit="yuan per month"
    )
    assert Past(True, 1700, DAY) == past(
        name="small.allowance", receives=True, amount=1700, unit="元/月", run_from="2023-12-01"
    )
    assert Past(True, Possible(Interval(0, INFINITY)), SOME_DAY) == past(status="granted")


def test_a_refused_amount_was_nothing() -> None:
    assert Past(False, 0, ABSENT) == past(status="refused")
    assert Past(False, 0, ABSENT) == past(status="refused", amount="0", receives=False)


@pytest.mark.parametrize("status", ["undecided", "error"])
def test_an_undecided_amount_is_unknown(status: str) -> None:
    run = Possible(SOME_DAY.body, absent=True)

    assert Past(BOTH, Possible(Interval(0, INFINITY)), run) == past(status=status)


def test_a_grant_without_an_amount_was_a_yes() -> None:
    visit = {"entity": "person", "record": "a", "name": "visit"}

    assert Past(True, True, SOME_DAY) == past(**visit, status="granted")
    assert Past(False, False, ABSENT) == past(**visit, status="refused")


def test_the_value_of_a_definition_is_known_or_not() -> None:
    assert Past(ABSENT, 900, ABSENT) == past(name="income", value="900", unit="yuan per month")
    assert Past(ABSENT, -5, ABSENT) == past(name="income", value=-5)
    assert Past(ABSENT, Possible(Interval(-INFINITY, INFINITY)), ABSENT) == past(
        name="income", status="undecided"
    )


@pytest.mark.parametrize(
    ("decision", "path", "code"),
    [
        ({"name": "alowance", "status": "refused"}, ".name", "unknown-decision"),
        ({"name": "doubled", "value": 1}, ".name", "ambiguous-decision"),
        ({"record": "x", "status": "refused"}, ".record", "decision-without-record"),
        ({"entity": "x", "status": "refused"}, ".entity", "unknown-root"),
        ({"status": "given"}, ".status", "unknown-status"),
        ({}, ".status", "unknown-status"),
        ({"status": "granted", "receives": False}, "", "decision-contradicts-itself"),
        ({"status": "refused", "receives": ["yes"]}, "", "decision-contradicts-itself"),
        ({"status": "granted", "amount": "1/0"}, ".amount", "number-not-decimal"),
        ({"status": "granted", "amount": 0}, "", "decision-contradicts-itself"),
        ({"status": "refused", "amount": 5}, "", "decision-contradicts-itself"),
        ({"status": "granted", "amount": -5}, ".amount", "value-below-range"),
        ({"status": "granted", "amount": "x"}, ".amount", "number-not-decimal"),
        (
            {"status": "granted", "amount": 5, "unit": "yuan per year"},
            ".unit",
            "decision-in-other-unit",
        ),
        ({"status": "granted", "run_from": "x"}, ".run_from", "date-not-iso"),
        ({"status": "refused", "ammount": 0}, ".ammount", "unknown-history-key"),
        ({"name": None}, "", "history-malformed"),
    ],
)
def test_a_wrong_decision_is_a_finding(decision: dict[str, object], path: str, code: str) -> None:
    document = {key: value for key, value in decided(**decision).items() if key != "income"}

    assert [(f"previously.decisions[0]{path}", code)] == found(document)


def test_a_decision_is_recorded_once() -> None:
    one = {"entity": "household", "record": "h", "name": "allowance", "status": "refused"}
    requirement = one | {"name": "duty", "status": "holds"}

    assert [("previously.decisions[1]", "repeated-decision")] == found(
        household(previously={"decisions": [one, one, requirement]})
    )


def test_an_output_of_decisions_is_read_as_it_stands() -> None:
    deep: object = 0.5
    for _ in range(300):
        deep = [deep]
    allowance = {
        "entity": "household",
        "record": "h",
        "name": "small.allowance",
        "low": None,
        "status": "granted",
        "receives": ["yes"],
        "eligible": ["yes"],
        "amount": "5",
        "reasons": deep,
        "missing": [],
        "paid_from": None,
    }
    income = {"entity": "household", "record": "h", "name": "small.income", "value": "-1/3"}
    history = case_of(
        household(
            previously={
                "policy": "small",
                "hash": "",
                "language_version": "1",
                "facts_hash": "",
                "on": "2023-11-01",
                "decisions": [allowance],
                "recorded": [income],
            }
        )
    ).history

    assert history is not None
    assert {
        ("household", "h", "small.allowance"): Past(True, 5, SOME_DAY),
        ("household", "h", "small.income"): Past(ABSENT, Fraction(-1, 3), ABSENT),
    } == history.past


def test_what_was_rejected_is_no_decision() -> None:
    rejected = {"on": "2023-11-01", "decisions": [], "diagnostics": [{"code": "x"}]}

    assert [("previously", "history-of-rejected")] == found(household(previously=rejected))


def test_a_history_is_an_object_with_decisions() -> None:
    assert [("previously", "history-malformed")] == found(household(previously=[]))
    assert [("previously.decisions", "history-malformed")] == found(
        household(previously={"decisions": {}})
    )
    assert [("previously.onn", "unknown-history-key")] == found(household(previously={"onn": 1}))


# ---------------------------------------------------------------- whatever comes

KEYS = st.sampled_from(
    (
        *("id", "entity", "previously", "county", "person", "wage_record", "assets", "needs"),
        *("lives_alone", "birth_date", "guardian", "custody", "share", "value", "from", "as_of"),
        *("low", "high", "among", "decisions", "on", "record", "name", "status", "amount", "x"),
    )
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["none", "a", "household", "person", "2023-12-01", "1.5", "granted", ""])
    | st.sampled_from([Decimal("0.5"), Decimal("NaN"), Fraction(1, 3), "\x00", "\ud800", 3j])
)
DATA = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=15,
)


@given(st.dictionaries(KEYS, DATA, max_size=6))
def test_no_document_raises(document: dict[str, object]) -> None:
    case, findings = read(PROGRAM, document)

    assert bool(findings) is (case is None)
    worded(findings)


@given(st.text() | st.binary())
def test_no_text_raises(text: str | bytes) -> None:
    found(text)
