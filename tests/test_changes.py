"""What changed between runs, and runs of changes alone: together what a full run says."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import aidrules
from aidrules import Policy
from aidrules.cli import main
from aidrules.population.changes import KINDS
from aidrules.population.folder import Screening
from aidrules.population.merge import merged
from aidrules.population.screen import OtherPolicyError
from aidrules.population.telling import Telling
from screening import ON, POLICY, TELLING, policy, screen, tables

NINE = Path(__file__).parents[1] / "benchmarks" / "nine_rules.aid"
LATER = date(2024, 7, 1)


def again(
    chosen: Policy,
    found: Any,
    folder: Path,
    *,
    changed: Collection[object] | None = None,
    on: date = ON,
) -> Screening:
    out = folder / ("delta" if changed is not None else "full")
    return chosen.screen(found, on, out, previous=folder / "first", changed=changed, **TELLING)


def rows(table: Any) -> list[dict[str, Any]]:
    """Return what is decided; until when is a bound, which a batch may work out less far."""
    table = table.drop_columns(["next_change"])
    return sorted(table.to_pylist(), key=lambda row: (row["grant"], str(row["record"])))


def with_column(table: Any, name: str, values: Any) -> Any:
    return table.set_column(table.schema.get_field_index(name), name, [values])


def test_each_change_is_told_with_the_facts_that_changed(tmp_path: Path) -> None:
    chosen, found = policy(), tables()
    screen(chosen, found, tmp_path / "first")
    found["payment"] = with_column(found["payment"], "wage", [10000, 90000, 70000])
    found["person"] = with_column(found["person"], "works", [False, False, None, None])
    screening = again(chosen, found, tmp_path)
    told = {
        (row["record"], row["grant"].partition(".")[2]): row
        for row in pq.read_table(tmp_path / "full" / "changes.parquet").to_pylist()
    }

    assert {key: row["change"] for key, row in told.items()} == {
        ("a", "aid"): "no longer eligible",
        ("b", "aid"): "no longer eligible",
        ("p1", "share"): "newly eligible",
    }
    assert told["a", "aid"]["amount_before"] == Decimal(575)
    assert told["a", "aid"]["amount"] is None
    assert told["a", "aid"]["facts"] == "person p1 works;payment y2 wage"
    assert told["p1", "share"]["facts"] == "person p1 works;payment y2 wage"
    assert screening.summary["changes"]["allowance.aid"] == dict.fromkeys(KINDS, 0) | {
        "no longer eligible": 2
    }


def test_another_amount_is_a_change_and_a_refusal_for_another_reason_is_none(
    tmp_path: Path,
) -> None:
    chosen, found = policy(), tables()
    screen(chosen, found, tmp_path / "first")
    found["household"] = with_column(found["household"], "rent", [200, None, None])
    again(chosen, found, tmp_path)
    (row,) = pq.read_table(tmp_path / "full" / "changes.parquet").to_pylist()

    assert (row["record"], row["change"], row["amount_before"], row["amount"], row["facts"]) == (
        *("a", "changed amount", Decimal(575), Decimal(675)),
        "household a rent",
    )


def test_records_that_come_and_go_are_changes(tmp_path: Path) -> None:
    chosen, found = policy(), tables()
    screen(chosen, found, tmp_path / "first")
    found["household"] = found["household"].slice(1)
    found["person"] = found["person"].slice(2)
    found["payment"] = found["payment"].slice(2)
    again(chosen, found, tmp_path)
    told = pq.read_table(tmp_path / "full" / "changes.parquet").to_pylist()

    assert {(row["record"], row["change"], row["facts"]) for row in told} == {
        ("a", "no longer eligible", "household a"),
        ("p1", "no longer eligible", "household a"),
    }


def test_a_run_of_changes_and_its_base_say_what_a_full_run_says(tmp_path: Path) -> None:
    chosen, found = policy(), tables()
    screen(chosen, found, tmp_path / "first")
    found["payment"] = with_column(found["payment"], "wage", [10000, 2550, 70000])
    full = again(chosen, found, tmp_path)
    delta = again(chosen, found, tmp_path, changed=["b"])

    assert delta.summary["records"]["household"]["read"] < 3
    assert rows(merged(delta.folder)) == rows(full.decisions())
    one, other = (pq.read_table(run.folder / "changes.parquet") for run in (full, delta))
    assert one.equals(other)


def test_households_whose_time_has_come_are_decided_too(tmp_path: Path) -> None:
    chosen, found = policy(), tables()
    birthday = pa.array([date(1990, 1, 2), date(2010, 5, 5), date(2006, 6, 20), date(1950, 1, 1)])
    found["person"] = with_column(found["person"], "birth_date", birthday)
    found["person"] = with_column(found["person"], "works", [True, False, False, False])
    screen(chosen, found, tmp_path / "first")
    full = again(chosen, found, tmp_path, on=LATER)
    delta = again(chosen, found, tmp_path, on=LATER, changed=[])
    told = pq.read_table(delta.folder / "changes.parquet").to_pylist()

    assert rows(merged(delta.folder)) == rows(full.decisions())
    assert [(row["record"], row["change"]) for row in told] == [("p3", "newly eligible")]


def test_what_is_gone_is_gone_from_the_merged_view(tmp_path: Path) -> None:
    chosen, found = policy(), tables()
    screen(chosen, found, tmp_path / "first")
    found["household"] = found["household"].slice(1)
    found["person"] = found["person"].slice(2)
    found["payment"] = found["payment"].slice(2)
    delta = again(chosen, found, tmp_path, changed=["a"])

    households = set(merged(delta.folder).column("household").to_pylist())
    assert households == {"b", "c"}


def test_changes_rest_on_changes(tmp_path: Path) -> None:
    chosen, found = policy(), tables()
    screen(chosen, found, tmp_path / "first")
    found["payment"] = with_column(found["payment"], "wage", [10000, 2550, 70000])
    again(chosen, found, tmp_path, changed=["b"])
    found["payment"] = with_column(found["payment"], "wage", [90000, 2550, 70000])
    second = chosen.screen(
        found, ON, tmp_path / "second", previous=tmp_path / "delta", changed=["a"], **TELLING
    )
    full = chosen.screen(found, ON, tmp_path / "full", **TELLING)

    assert rows(merged(second.folder)) == rows(full.decisions())


def test_changes_need_the_same_policy(tmp_path: Path) -> None:
    screen(policy(), tables(), tmp_path / "first")
    other = aidrules.loads(POLICY.replace("income < standard", "income <= standard"))
    with pytest.raises(OtherPolicyError):
        again(other, tables(), tmp_path, changed=["a"])

    assert again(other, tables(), tmp_path).summary["changes"] is not None


def test_a_run_of_changes_is_explained(tmp_path: Path) -> None:
    chosen, found = policy(), tables()
    screen(chosen, found, tmp_path / "first")
    found["payment"] = with_column(found["payment"], "wage", [10000, 2550, 10000])
    again(chosen, found, tmp_path, changed=["b"])

    assert chosen.explain_record(tmp_path / "delta", "b").outcome("aid").amount == 500
    assert chosen.explain_record(tmp_path / "delta", "a").outcome("aid").amount == 575


def test_the_command_takes_a_list_of_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = aidrules.load(NINE)
    chosen.synthesize(200, tmp_path / "made", seed=5, on=ON)
    people = pq.read_table(tmp_path / "made" / "person.parquet")
    arguments = [
        *("screen", str(NINE), "--complete", "person", "--on", "2024-06-01"),
        *("--households", str(tmp_path / "made" / "household.parquet")),
    ]
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    members = str(tmp_path / "made" / "person.parquet")
    assert main([*arguments, "--members", members, "--out", first]) == 0
    is_three = pc.equal(people.column("household_id"), 3)
    wage = pc.if_else(is_three, pa.scalar(Decimal(0), pa.decimal128(18, 6)), people.column("wage"))
    pq.write_table(with_column(people, "wage", wage), tmp_path / "person.parquet")
    (tmp_path / "keys.txt").write_text("3\n", "utf-8")
    capsys.readouterr()
    members = str(tmp_path / "person.parquet")
    since = ["--previous", first, "--changed", str(tmp_path / "keys.txt"), "--out", second]

    assert main([*arguments, "--members", members, *since]) == 0
    shown = capsys.readouterr().out
    assert "household: 1 read, 1 accepted, 0 rejected" in shown
    assert "newly eligible" in shown


def stamped(found: dict[str, Any], times: dict[str, list[Any]]) -> dict[str, Any]:
    """Return tables with a column that says when each row was modified."""
    return {
        kind: table.append_column("updated_at", pa.array(times[kind])) if kind in times else table
        for kind, table in found.items()
    }


WHEN: dict[str, Callable[[int, int], Any]] = {
    "a day": lambda month, day: date(2024, month, day),
    "a time": lambda month, day: datetime(2024, month, day, 12, tzinfo=UTC),
    "text": lambda month, day: date(2024, month, day).isoformat(),
}


@pytest.mark.parametrize("kind", WHEN)
def test_tables_may_say_when_a_row_was_modified(tmp_path: Path, kind: str) -> None:
    chosen, found = policy(), tables()
    old, new = WHEN[kind](5, 1), WHEN[kind](6, 3)
    before = {"household": [old, old, old], "payment": [old, old, old], "person": [old] * 4}
    columns = {"household.updated_at", "payment.updated_at", "person.updated_at"}
    told: Telling = {**TELLING, "ignored": columns}
    first = tmp_path / "first"
    chosen.screen(stamped(found, before), ON, first, **told)
    found["payment"] = with_column(found["payment"], "wage", [10000, 2550, 10000])
    after = {"household": [old, old, new], "payment": [old, old, new], "person": [old] * 4}
    recent: Telling = {**TELLING, "modified": columns, "since": date(2024, 6, 2)}
    run = chosen.screen(stamped(found, after), ON, tmp_path / "delta", previous=first, **recent)

    assert run.summary["records"]["household"]["read"] == 2  # b, by its payment, and c
    full = chosen.screen(stamped(found, after), ON, tmp_path / "full", **told)
    assert rows(merged(tmp_path / "delta")) == rows(full.decisions())


def test_the_command_takes_the_columns_that_say_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = aidrules.load(NINE)
    chosen.synthesize(100, tmp_path / "made", seed=5, on=ON)
    home = tmp_path / "made" / "household.parquet"
    table = pq.read_table(home)
    days = [date(2024, 6, 3 if at == 7 else 1) for at in range(table.num_rows)]
    pq.write_table(table.append_column("updated_at", pa.array(days)), home)
    line = ["screen", str(NINE), "--complete", "person", "--on", "2024-06-01"]
    line += ["--households", str(home), "--members", str(tmp_path / "made" / "person.parquet")]
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    assert main([*line, "--ignore", "household.updated_at", "--out", first]) == 0
    recent = [*line, "--previous", first, "--out", second, "--modified", "household.updated_at"]
    capsys.readouterr()

    assert main(recent) == 2
    assert "go together" in capsys.readouterr().out
    assert main([*recent, "--since", "2024-06-02"]) == 0
    assert "household: 1 read, 1 accepted, 0 rejected" in capsys.readouterr().out


def test_when_rows_were_modified_needs_a_day_and_an_earlier_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="go together"):
        policy().screen(tables(), ON, tmp_path / "run", modified=["person.updated_at"])


@pytest.fixture(scope="module")
def nine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Policy, Path]:
    folder = tmp_path_factory.mktemp("nine")
    chosen = aidrules.load(NINE)
    chosen.synthesize(60, folder / "made", seed=9, on=ON)
    found = {path.stem: path for path in (folder / "made").iterdir()}
    chosen.screen(found, ON, folder / "first", complete={"person"})
    return chosen, folder


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(st.integers(0, 59), st.sampled_from(["0", "645.00", "99999.99"]), max_size=6),
    st.sets(st.integers(0, 59), max_size=3),
)
def test_any_changes_merge_to_a_full_run(
    nine: tuple[Policy, Path],
    tmp_path_factory: pytest.TempPathFactory,
    incomes: dict[int, str],
    gone: set[int],
) -> None:
    chosen, folder = nine
    out = tmp_path_factory.mktemp("runs")
    household, person = (
        pq.read_table(folder / "made" / f"{kind}.parquet") for kind in ("household", "person")
    )
    given_ = person.column("other_income").to_pylist()
    homes = person.column("household_id").to_pylist()
    told = [Decimal(incomes.get(home, value)) for home, value in zip(homes, given_, strict=True)]
    column = pa.array(told, person.schema.field("other_income").type)
    person = with_column(person, "other_income", column)
    left = [home for home in range(60) if home not in gone]
    household = household.filter(pc.is_in(household.column("id"), value_set=pa.array(left)))
    person = person.filter(pc.is_in(person.column("household_id"), value_set=pa.array(left)))
    tables_now = {"household": household, "person": person}
    full = chosen.screen(tables_now, ON, out / "full", complete={"person"})
    delta = chosen.screen(
        tables_now,
        ON,
        out / "delta",
        previous=folder / "first",
        changed={*incomes, *gone},
        complete={"person"},
    )

    assert rows(merged(delta.folder)) == rows(full.decisions())
