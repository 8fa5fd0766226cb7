import json
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from aidrules.household import read
from aidrules.schema import json_schema
from facts_policy import small

PROGRAM = small()
SCHEMA = json_schema(PROGRAM)
VALIDATOR = Draft202012Validator(SCHEMA)

FULL: dict[str, Any] = {
    "id": "h",
    "county": {"id": "c", "province": "hubei", "county_name": "五峰"},
    "assets": [
        {"value": "3000.00", "from": "bank", "as_of": "2023-11-02"},
        {"value": {"low": 1, "high": "2.5"}, "from": "applicant"},
    ],
    "secret_debt": 12,
    "lives_alone": {"among": [True, False]},
    "needs": ["care", "something"],
    "village": {"value": "north", "from": None, "as_of": None},
    "share": {"low": "0.05", "high": "0.1"},
    "person": [
        {
            "id": "a",
            "birth_date": "1970-01-01",
            "died_on": "none",
            "disability": {"among": ["mild", "severe"]},
            "guardian": "b",
            "children_count": 3,
            "custody": {"among": ["none", "prison"]},
            "wage_record": [{"id": "w1", "paid_on": "2023-03-10", "wage": "1200"}],
        },
        {"id": "b", "wage_record": [], "birth_date": None, "died_on": {"value": None}},
    ],
    "task": [
        {"id": "t", "is_done": {"value": True, "from": "Li", "grounds": "seen"}},
        {"id": "u", "is_done": True},
    ],
    "previously": {
        "on": "2023-11-01",
        "decisions": [
            {
                "entity": "household",
                "record": "h",
                "name": "allowance",
                "status": "granted",
                "amount": "1700",
                "unit": "yuan per month",
                "run_from": "2023-01-01",
            }
        ],
    },
}


def test_the_schema_is_one() -> None:
    for entity in PROGRAM.entities:
        for language in ("en", "zh"):
            Draft202012Validator.check_schema(json_schema(PROGRAM, entity.name, language))


def test_the_schema_is_plain_json_without_binary_floats() -> None:
    def no_float(text: str) -> None:
        raise AssertionError(text)

    assert SCHEMA == json.loads(json.dumps(SCHEMA), parse_float=no_float)


GOOD: list[dict[str, Any]] = [
    FULL,
    {"task": None},
    {"entity": "household"},
    {"lives_alone": True},
    {"lives_alone": None, "county": None, "previously": None, "entity": "household"},
    {"assets": 3.5},
    {"assets": 100000},
    {"assets": {"value": "1"}},
    {"share": "0.95"},
    {"needs": []},
    {"needs": [{"value": ["care"], "as_of": "2023-01-01"}]},
    {"village": {"among": ["north", "east"]}},
    {"entity": "household", "previously": {"decisions": []}},
    {"id": "人", "county": {}, "lives_alone": False},
]


@pytest.mark.parametrize("document", GOOD)
def test_what_the_reader_accepts_is_valid(document: dict[str, Any]) -> None:
    case, _ = read(PROGRAM, json.dumps(document))

    assert case is not None
    assert [] == [error.message for error in VALIDATOR.iter_errors(document)]


BAD: list[dict[str, Any]] = [
    {"entity": "houshold"},
    {"lives_alone": "yes"},
    {"lives_alone": 1},
    {"asets": 1, "lives_alone": True},
    {"assets": -1},
    {"assets": 100001},
    {"assets": "1e5"},
    {"assets": []},
    {"assets": {"low": 1}},
    {"assets": {"among": [1]}},
    {"assets": {"value": 1, "form": "bank"}},
    {"assets": {"value": 1, "grounds": "only a judgement has any"}},
    {"lives_alone": {"among": []}},
    {"village": "none"},
    {"person": {"id": "a"}, "lives_alone": True},
    {"person": [{}]},
    {"person": [{"id": 1}]},
    {"person": [{"id": str(at)} for at in range(4)]},
    {"person": [{"id": "a", "birth_date": "1.1.1970"}]},
    {"person": [{"id": "a", "birth_date": "none"}]},
    {"person": [{"id": "a", "disability": "sever"}]},
    {"person": [{"id": "a", "disability": {"among": ["sever"]}}]},
    {"person": [{"id": "a", "children_count": "a"}]},
    {"person": [{"id": "a", "children_count": 1.5}]},
    {"person": [{"id": "a", "county": {}}]},
    {"county": {"household": []}, "lives_alone": True},
    {"lives_alone": True, "previously": {"decisions": [{"name": "allowance"}]}},
    {"lives_alone": True, "previously": []},
]


@pytest.mark.parametrize("document", BAD)
def test_what_the_schema_can_tell_is_wrong_for_both(document: dict[str, Any]) -> None:
    case, _ = read(PROGRAM, json.dumps(document))

    assert case is None
    assert not VALIDATOR.is_valid(document)


LEAVES = st.sampled_from(
    [None, True, False, 0, 1, "1", "2.50", "none", "2023-12-01", "care", "mild", "a", "household"]
)
GIVEN = LEAVES | st.one_of(
    st.fixed_dictionaries(
        {"value": LEAVES}, optional={"as_of": LEAVES, "from": LEAVES, "grounds": LEAVES}
    ),
    st.fixed_dictionaries({"low": LEAVES, "high": LEAVES}),
    st.fixed_dictionaries({"among": st.lists(LEAVES, max_size=2)}),
    st.lists(LEAVES | st.fixed_dictionaries({"value": LEAVES, "as_of": LEAVES}), max_size=2),
)


def records(entity: str, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    facts = {fact.name: GIVEN for fact in PROGRAM.facts if fact.entity == entity}
    children = {
        kind: st.none() | st.lists(records(kind, depth - 1), max_size=2)
        for kind in PROGRAM.children(entity)
        if depth
    }
    own = st.sampled_from(["a", "b", "c"])
    few = st.lists(st.sampled_from(sorted(facts)), max_size=2).map(set)
    return few.flatmap(
        lambda names: st.fixed_dictionaries(
            {"id": own, **{name: facts[name] for name in sorted(names)}}, optional=children
        )
    )


@given(records("household", 2))
def test_whatever_the_reader_accepts_is_valid(document: dict[str, Any]) -> None:
    document = {"entity": "household", **document}
    case, _ = read(PROGRAM, json.dumps(document))

    if case is not None:
        assert [] == [error.message for error in VALIDATOR.iter_errors(document)]


def test_a_fact_is_described_in_the_words_of_the_policy() -> None:
    assets = json_schema(PROGRAM, language="zh")["properties"]["assets"]  # type: ignore[index]
    debt = SCHEMA["properties"]["secret_debt"]  # type: ignore[index]

    assert "家庭财产" == assets["title"]
    assert "What are the savings worth? (元; bank; applicant)" == assets["description"]
    assert ("元", ["bank", "applicant"]) == (assets["x-unit"], assets["x-held-by"])
    assert debt["x-private"] is True
    assert "x-private" not in assets


def test_a_task_says_its_default_and_who_decides_it() -> None:
    task = SCHEMA["$defs"]["task"]["properties"]["is_done"]  # type: ignore[index]

    assert (False, "township") == (task["default"], task["x-decided-by"])


def test_ends_that_are_no_whole_numbers_stand_exactly_beside() -> None:
    number, text = SCHEMA["$defs"]["household.share"]["anyOf"][0]["anyOf"]  # type: ignore[index]

    assert (0, "0.05", 1, "0.95") == tuple(
        number[key] for key in ("minimum", "x-minimum", "maximum", "x-maximum")
    )
    assert "0.05" == text["x-minimum"]


def test_the_root_is_the_household_or_else_the_topmost_kind() -> None:
    assert "household" == SCHEMA["title"]
    assert "家庭" == json_schema(PROGRAM, language="zh")["title"]
    renamed = evolve(
        PROGRAM, entities=tuple(each for each in PROGRAM.entities if each.name == "county")
    )
    assert "county" == json_schema(renamed)["title"]
    with pytest.raises(LookupError):
        json_schema(PROGRAM, "village")


def test_a_record_above_the_root_stands_beside_it() -> None:
    validator = Draft202012Validator(json_schema(PROGRAM, "person"))

    assert validator.is_valid({"id": "a", "household": {"id": "h"}, "county": {}})
    assert not validator.is_valid({"id": "a", "household": {"person": []}})
