"""Two policies over tables: counts and sums are those of deciding each household by itself."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="tables need the extra [population]")

import pyarrow as pa
import pyarrow.parquet as pq

from aidrules import Policy, loads
from aidrules.cli import main
from aidrules.population.effects import Effect

ON = "2024-06-01"

OLD = """
policy heating
  in force from 2024-01-01
source notice "Notice on heating" rank county from 2024-01-01
currency yuan to 0.01
entity county
entity household in county at most 1_000_000
entity person in household at most 10
fact region of county: text
fact savings of household: money  between 0 and 1_000_000
fact residence of household: one of (urban, rural)
fact income of person: money per month  between 0 and 100_000
define size of household: number = count of person  cite notice 1
define income_of_all of household: money per month = sum of income over person  cite notice 1
benefit aid for household: money per month
  cite notice 2
  when income_of_all < 700 yuan per month * size
  amount (700 yuan per month * size - income_of_all) / 3
benefit bonus for person: money
  cite notice 3
  when savings <= 5_000 yuan
  amount 300 yuan
"""
NEW = (
    OLD.replace("/ 3", "/ 7")
    .replace("savings <= 5_000 yuan\n", "savings < 4_000 yuan or is_young\n")
    .replace("fact income of person", "fact is_young of person: yes or no\nfact income of person")
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tables") / "made"
    return loads(NEW).synthesize(400, out, seed=3, unknown=Fraction(1, 50))


def tables_of(made: Path) -> dict[str, Any]:
    return {each.stem: pq.read_table(each) for each in sorted(made.glob("*.parquet"))}


def documents(tables: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each household as a document, without what is not known."""
    people = defaultdict(list)
    for row in tables["person"].to_pylist():
        person = {key: value for key, value in row.items() if value is not None}
        people[person.pop("household_id")].append(person)
    counties = {row["id"]: row for row in tables["county"].to_pylist()}
    for row in tables["household"].to_pylist():
        household = {key: value for key, value in row.items() if value is not None}
        county = counties[household.pop("county_id")]
        household["county"] = {key: v for key, v in county.items() if v is not None}
        household["person"] = people[row["id"]]
        yield household


def known_to(policy: Policy, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document without the facts that a policy does not know."""
    names = {fact.name for fact in policy.program.facts}
    kept = {**document, "person": [], "id": str(document["id"])}
    kept["county"] = {**document["county"], "id": str(document["county"]["id"])}
    for person in document["person"]:
        known = {name: value for name, value in person.items() if name in names}
        kept["person"].append({**known, "id": str(person["id"])})
    return json.loads(json.dumps(kept, default=str))  # type: ignore[no-any-return]


def one_by_one(tables: Mapping[str, Any], grant: str, by: str | None) -> dict[str | None, Effect]:
    """Return what the interpreter says of each household, counted."""
    policies = loads(OLD), loads(NEW)
    counts: dict[str | None, dict[str, Any]] = defaultdict(lambda: defaultdict(Fraction))
    for document in documents(tables):
        decisions = [each.evaluate(known_to(each, document), ON) for each in policies]
        assert not any(each.is_rejected for each in decisions), decisions[0].diagnostics
        outcomes = [
            {each.record: each for each in decision.outcomes if each.name == grant}
            for decision in decisions
        ]
        for record, before in outcomes[0].items():
            after = outcomes[1][record]
            amounts = [
                Fraction(str(each.amount)) if each.status == "granted" else Fraction(0)
                for each in (before, after)
            ]
            apart = amounts[1] - amounts[0]
            happens = "gain" if apart > 0 else "lose" if apart < 0 else "same"
            if {before.status, after.status} - {"granted", "refused"}:
                happens = "otherwise"
            group = counts[None if by is None else document.get(by)]
            group[happens] += 1
            group["before"] += amounts[0]
            group["after"] += amounts[1]
            group["more" if happens == "gain" else "less"] += (
                abs(apart) if happens in ("gain", "lose") else 0
            )
    return {name: made_of(name, found) for name, found in counts.items()}


def made_of(name: str | None, found: Mapping[str, Any]) -> Effect:
    counts = [int(found[key]) for key in ("gain", "lose", "same", "otherwise")]
    before, after, more, less = (found[key] for key in ("before", "after", "more", "less"))
    gain, lose, same, otherwise = counts
    return Effect(name, gain, lose, same, otherwise, before, after, more, less)


@pytest.mark.parametrize("grant", ["aid", "bonus"])
def test_counts_and_sums_are_those_of_each_household_by_itself(made: Path, grant: str) -> None:
    tables = tables_of(made)
    told = loads(OLD).effects(
        loads(NEW), tables, ON, by=["residence", "county", "county.region"], complete={"person"}
    )
    (found,) = [each for each in told.grants if each.new == f"heating.{grant}"]

    assert found.all == one_by_one(tables, grant, None)[None]
    assert found.all.gain + found.all.lose > 10
    assert found.all.otherwise > 0
    assert {each.group: each for each in found.groups["residence"]} == one_by_one(
        tables, grant, "residence"
    )
    for groups in found.groups.values():
        for part in ("gain", "lose", "same", "otherwise", "before", "after", "more", "less"):
            assert sum(getattr(each, part) for each in groups) == getattr(found.all, part)


def test_a_grant_that_is_new_is_gained_by_those_who_get_it(made: Path) -> None:
    gone = OLD[: OLD.index("benefit bonus")]
    told = loads(gone).effects(
        loads(OLD), tables_of(made), ON, complete={"person"}, ignored={"person.is_young"}
    )
    bonus = told.grants[1]

    assert (bonus.old, bonus.new) == (None, "heating.bonus")
    assert bonus.all.gain > 10
    assert bonus.all.after == bonus.all.more == 300 * bonus.all.gain
    assert bonus.all.before == 0


def test_what_one_policy_rejects_counts_for_nothing() -> None:
    tables = {
        "household": pa.table(
            {
                "id": [1, 2],
                "savings": [100, 2_000],
                "county_id": [1, 1],
                "residence": ["urban", "rural"],
            }
        ),
        "person": pa.table({"id": [1, 2], "household_id": [1, 2], "income": [0, 0]}),
        "county": pa.table({"id": [1], "region": ["x"]}),
    }
    narrow = OLD.replace(
        "between 0 and 1_000_000\nfact residence", "between 0 and 1_000\nfact residence"
    )
    told = loads(OLD).effects(loads(narrow), tables, ON, complete={"person"})

    assert told.rejected == (0, 1)
    assert [each.all.same for each in told.grants] == [1, 1]


def test_the_command_adds_a_table_for_each_grant(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.aid").write_text(OLD, "utf-8")
    (tmp_path / "new.aid").write_text(NEW, "utf-8")
    line = ["compare", str(tmp_path / "old.aid"), str(tmp_path / "new.aid"), "--on", ON]
    line += ["--households", str(made / "household.parquet"), "--complete", "person"]
    line += ["--members", str(made / "person.parquet"), str(made / "county.parquet")]

    assert main([*line, "--by", "residence"]) == 1
    said = capsys.readouterr().out
    assert "bonus (yuan)\n" in said
    assert "residence: urban" in said
    assert "400 households read; 0 rejected by the old policy" in said

    assert main([*line, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)["households"]
    assert told["read"] == 400
    assert {each["new"] for each in told["grants"]} == {"heating.aid", "heating.bonus"}

    pytest.importorskip("matplotlib", reason="pictures need the extra [chart]")
    picture = tmp_path / "gains.svg"
    assert main([*line, "--by", "residence", "--chart", str(picture)]) == 1
    assert "residence: urban" in picture.read_text("utf-8")
    assert "bonus (yuan)" in picture.read_text("utf-8")
    short = line[:5]
    assert main([*short, "--chart", str(picture)]) == 2
    capsys.readouterr()

    assert main([*line, "--by", "colour"]) == 2
    assert "called colour" in capsys.readouterr().out
