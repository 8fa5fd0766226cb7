"""Tables to documents: each value read as a document of its own would be, each wrong one named."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from aidrules.population.documents import Documents
from aidrules.population.table import TablesError
from aidrules.population.telling import Telling
from screening import ON as TODAY
from screening import TELLING, all_read, differences, opened, policy, screen, singly, tables

POLICY = policy()


def documents(given: Any, telling: Telling = TELLING) -> list[dict[str, Any]]:
    found = opened(POLICY, given, telling)
    return [
        Documents(found, each.chunk, each.batch.offsets).document(row)
        for each in all_read(found)
        for row in range(each.batch.size)
    ]


def rejects(given: Any, telling: Telling = TELLING) -> set[tuple[str, int, str, str]]:
    """Return kind, row from 0, reason and column of all that is rejected."""
    found = opened(POLICY, given, telling)
    return {
        (each.kind, int(row), each.code, each.field)
        for part in all_read(found)
        for each in part.rejects
        for row in each.rows
    }


def changed(kind: str, column: str, values: Any) -> dict[str, Any]:
    given = tables()
    table = given[kind]
    at = table.schema.get_field_index(column)
    given[kind] = table.set_column(at, column, values if hasattr(values, "type") else [values])
    return given


# ---------------------------------------------------------------- what is read


def test_flat_tables_are_read_as_documents() -> None:
    first, second, third = documents(tables())

    assert first == {
        "id": "a",
        "entity": "household",
        "tenure": "rented",
        "head": "p1",
        "rent": 100,
        "county": {"id": "wf", "standard": "600.00"},
        "person": [
            {
                "id": "p1",
                "birth_date": "1990-01-02",
                "death_date": "none",
                "disability": "severe",
                "works": True,
                "needs": ["meals"],
                "points": "12.5",
                "payment": [
                    {"id": "y1", "wage": Decimal("100.00")},
                    {"id": "y2", "wage": Decimal("25.50")},
                ],
            },
            {
                "id": "p2",
                "birth_date": "2010-05-05",
                "death_date": "none",
                "disability": "none_known",
                "works": False,
                "needs": [],
                "points": "0",
                "payment": [],
            },
        ],
    }
    assert "works" not in second["person"][0]
    assert "county" not in third


def test_a_run_says_what_the_interpreter_says(tmp_path: Path) -> None:
    screening = screen(POLICY, tables(), tmp_path / "run")

    assert [] == differences(screening, singly(POLICY, tables(), TELLING, TODAY))


def test_a_third_of_an_amount_stays_exact(tmp_path: Path) -> None:
    given = changed("county", "standard", ["500.00"])
    given["person"] = given["person"].set_column(
        5, "works", pa.array([False] * given["person"].num_rows)
    )
    rows = screen(POLICY, given, tmp_path / "run").decisions().to_pylist()
    (share,) = (r for r in rows if r["record"] == "p1" and r["grant"] == "allowance.share")

    assert (share["amount"], share["exact"]) == (None, "500/3")


def nested() -> Any:
    """Return the same households as one table."""
    found = []
    for each in documents(tables()):
        each.pop("entity")
        found.append(each)
    money = pa.decimal128(10, 2)
    payment = pa.struct([("id", pa.string()), ("wage", money)])
    person = pa.struct(
        [
            *((name, pa.string()) for name in ("id", "birth_date", "death_date", "disability")),
            ("works", pa.bool_()),
            ("needs", pa.list_(pa.string())),
            ("points", pa.string()),
            ("payment", pa.list_(payment)),
        ]
    )
    return pa.Table.from_pylist(
        found,
        pa.schema(
            [
                ("id", pa.string()),
                ("tenure", pa.string()),
                ("head", pa.string()),
                ("rent", pa.int64()),
                ("county", pa.struct([("id", pa.string()), ("standard", pa.string())])),
                ("person", pa.list_(person)),
            ]
        ),
    )


def test_a_nested_table_is_read_as_the_flat_ones_are(tmp_path: Path) -> None:
    flat = screen(POLICY, tables(), tmp_path / "flat").decisions()
    one = screen(POLICY, nested(), tmp_path / "nested", {}).decisions()

    assert flat.to_pylist() == one.to_pylist()


def test_slices_of_a_nested_table_are_read_as_the_table_is(tmp_path: Path) -> None:
    whole = screen(POLICY, nested(), tmp_path / "whole", {}).decisions().to_pylist()
    part = screen(POLICY, nested().slice(1, 2), tmp_path / "part", {}).decisions().to_pylist()

    assert [row for row in whole if row["household"] != "a"] == part


def test_a_null_list_is_not_an_empty_one() -> None:
    table = nested().slice(2, 1)
    at = table.schema.get_field_index("person")
    null = table.set_column(at, "person", pa.nulls(1, table.schema.field(at).type))
    empty = table.set_column(at, "person", pa.array([[]], table.schema.field(at).type))

    assert "person" not in documents(null, {})[0]
    assert documents(empty, {})[0]["person"] == []


def as_parquet(table: Any, path: Path) -> Path:
    pq.write_table(table, path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def as_csv(table: Any, path: Path) -> Path:
    for at, column in enumerate(table.schema):
        array = table.column(at)
        if pa.types.is_list(column.type):
            array = pc.binary_join(array, ";")
        table = table.set_column(at, column.name, array.cast(pa.string()))
    pa.csv.write_csv(table, path.with_suffix(".csv"))
    return path.with_suffix(".csv")


def as_ipc(table: Any, path: Path) -> Path:
    with pa.ipc.new_file(path.with_suffix(".arrow"), table.schema) as writer:
        writer.write_table(table)
    return path.with_suffix(".arrow")


@pytest.mark.parametrize("write", [as_parquet, as_csv, as_ipc])
def test_files_are_read_as_tables_are(write: Callable[[Any, Path], Path], tmp_path: Path) -> None:
    given = {kind: write(table, tmp_path / kind) for kind, table in tables().items()}
    files = screen(POLICY, given, tmp_path / "files").decisions()
    memory = screen(POLICY, tables(), tmp_path / "memory").decisions()

    assert memory.to_pylist() == files.to_pylist()


@pytest.mark.parametrize("library", ["pandas", "polars", "duckdb"])
def test_frames_and_query_results_are_read_as_tables_are(library: str, tmp_path: Path) -> None:
    module = pytest.importorskip(library)
    given: dict[str, Any] = {}
    for kind, table in tables().items():
        match library:
            case "pandas":
                given[kind] = table.to_pandas(types_mapper=module.ArrowDtype)
            case "polars":
                given[kind] = module.from_arrow(table)
            case _:
                given[kind] = module.from_arrow(table)
    frames = screen(POLICY, given, tmp_path / "frames").decisions()
    memory = screen(POLICY, tables(), tmp_path / "memory").decisions()

    assert memory.to_pylist() == frames.to_pylist()


def test_rows_in_any_order_give_the_same(tmp_path: Path) -> None:
    shuffled = {
        kind: table.take(list(reversed(range(table.num_rows)))) for kind, table in tables().items()
    }
    rows = screen(POLICY, shuffled, tmp_path / "shuffled").decisions().to_pylist()
    expected = screen(POLICY, tables(), tmp_path / "sorted").decisions().to_pylist()

    def key(row: dict[str, Any]) -> tuple[str, str]:
        return row["grant"], row["record"]

    assert not opened(POLICY, shuffled).is_streamed
    assert sorted(expected, key=key) == sorted(rows, key=key)


def test_a_table_in_pieces_is_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "person"
    folder.mkdir()
    given = tables()
    for at in range(4):
        pq.write_table(given["person"].slice(at, 1), folder / f"{at}.parquet")
    pieces = screen(POLICY, {**given, "person": folder}, tmp_path / "pieces")

    assert screen(POLICY, given, tmp_path / "run").decisions().equals(pieces.decisions())
    rows = [each["rows"] for each in pieces.manifest["inputs"] if each["kind"] == "person"]
    assert rows == [1, 1, 1, 1]


def test_bounds_and_status_are_read_from_their_own_columns() -> None:
    given = changed("payment", "wage", pa.nulls(3, pa.int64()))
    table = given["payment"].append_column("wage_low", [[100, None, 300]])
    given["payment"] = table.append_column("wage_high", [[250, None, 300]])
    person = given["person"].append_column(
        "death_date_status", [["absent", "unknown", "absent", "known"]]
    )
    given["person"] = person.set_column(
        3, "death_date", pa.array([None, None, None, date(2020, 2, 29)])
    )
    first, second, third = documents(given)

    wages = [each.get("wage") for each in first["person"][0]["payment"]]
    assert wages == [{"low": Decimal("1.00"), "high": Decimal("2.50")}, None]
    assert second["person"][0]["payment"][0]["wage"] == {
        "low": Decimal("3.00"),
        "high": Decimal("3.00"),
    }
    assert [each.get("death_date") for each in first["person"]] == ["none", None]
    assert third["person"][0]["death_date"] == "2020-02-29"


def test_bounds_give_what_the_interpreter_gives(tmp_path: Path) -> None:
    given = changed("payment", "wage", pa.nulls(3, pa.int64()))
    table = given["payment"].append_column("wage_low", [[100, 0, 30000]])
    given["payment"] = table.append_column("wage_high", [[250, 100, 70000]])
    screening = screen(POLICY, given, tmp_path / "run")

    assert [] == differences(screening, singly(POLICY, given, TELLING, TODAY))
    assert "payment.wage" in {row["missing"] for row in screening.decisions().to_pylist()}


def test_names_of_columns_may_be_others(tmp_path: Path) -> None:
    given = tables()
    given["person"] = given["person"].rename_columns(
        ["pid", "hh", *given["person"].column_names[2:]]
    )
    given["person"] = given["person"].append_column("name", [["x"] * 4])
    telling: Telling = {
        **TELLING,
        "renamed": {"person.id": "pid", "person.household_id": "hh"},
        "ignored": {"person.name"},
    }

    expected = screen(POLICY, tables(), tmp_path / "run").decisions()
    assert expected.equals(screen(POLICY, given, tmp_path / "renamed", telling).decisions())


def test_a_table_that_is_not_said_to_be_complete_leaves_more_records_open(tmp_path: Path) -> None:
    screening = screen(POLICY, tables(), tmp_path / "run", {"places": {"payment.wage": 2}})
    aid = {
        row["record"]: (row["status"], row["missing"])
        for row in screening.decisions().to_pylist()
        if row["grant"] == "allowance.aid"
    }

    assert aid["a"] == ("undecided", "person;payment")
    assert screening.manifest["incomplete"] == ["payment", "person"]


# ---------------------------------------------------------------- what is rejected

WRONG_VALUES = [
    ("payment", "wage", pa.array([1, 2, -1]), "value-out-of-range"),
    ("payment", "wage", pa.array([1, 2, 2**62]), "value-out-of-range"),
    ("payment", "wage", pa.array(["1", "2", "1.5"]), "number-not-decimal"),
    ("payment", "wage", pa.array(["1", "2", "1e3"]), "number-not-decimal"),
    ("household", "rent", pa.array(["1", "1.005", None]), "value-too-fine"),
    ("household", "rent", pa.array(["1", "1,000", None]), "number-not-decimal"),
    ("payment", "wage", pa.array(["1", "2", "9" * 39]), "value-out-of-range"),
    ("payment", "wage", pa.array([1, 2, Decimal("3.001")]), "value-too-fine"),
    ("payment", "wage", pa.array([1.0, 2.0, float("nan")]), "number-not-decimal"),
    ("payment", "wage", pa.array([1.0, 2.0, 3.14159]), "number-not-decimal"),
    ("household", "rent", pa.array([1, 10_001, None]), "value-out-of-range"),
    ("household", "tenure", pa.array(["owned", "none", None]), "never-none"),
    ("household", "head", pa.array(["p1", "p1", None]), "unknown-record"),
    ("person", "disability", pa.array(["mild", "mild", "seVere", None]), "unknown-value"),
    ("person", "birth_date", pa.array(["2000-01-01", None, "2023-02-29", None]), "impossible-date"),
    ("person", "birth_date", pa.array(["2000-01-01", None, "29.2.24", None]), "date-not-iso"),
    ("person", "birth_date", pa.array([None, None, date(2200, 1, 1), None]), "value-out-of-range"),
    ("person", "works", pa.array(["yes", "FALSE", "1", None]), "truth-not-boolean"),
    ("person", "needs", pa.array(["meals", "", "meals;tea", None]), "unknown-value"),
]


@pytest.mark.parametrize(("kind", "column", "values", "code"), WRONG_VALUES)
def test_a_wrong_value_rejects_its_whole_household(
    kind: str, column: str, values: Any, code: str, tmp_path: Path
) -> None:
    given = changed(kind, column, values)
    screening = screen(POLICY, given, tmp_path / "run")
    found = {(row["file"], row["row"], row["reason"]) for row in screening.rejects().to_pylist()}

    named = {"household": 2, "person": 3, "payment": 3}
    expected = {(each, row, "household-rejected") for each, row in named.items()}
    expected -= {(kind, named[kind], "household-rejected")}
    assert found == expected | {(kind, named[kind], code)}
    rows = screening.decisions().column("household").to_pylist()
    assert set(rows) == {"a", "c"}
    assert [] == differences(screening, singly(POLICY, given, TELLING, TODAY))


@pytest.mark.parametrize(("kind", "column", "values", "code"), WRONG_VALUES)
def test_what_is_rejected_is_wrong_as_a_document_too(
    kind: str, column: str, values: Any, code: str
) -> None:
    if pa.types.is_floating(values.type):
        return  # a document never takes a binary float
    given = changed(kind, column, pa.nulls(len(values), values.type))
    document = documents(given)[1]
    at = {"household": 1, "person": 2, "payment": 2}[kind]
    value = values[at].as_py()
    if value == "1.5":
        return  # fifteen tenths of a fen
    if kind == "payment" and (isinstance(value, int) or value == "9" * 39):
        value = Decimal(value).scaleb(-2)
    if column == "needs":
        value = value.split(";")
    records = {"household": document, "person": document["person"][0]}
    record = records.get(kind) or document["person"][0]["payment"][0]
    record[column] = value.isoformat() if isinstance(value, date) else value
    decision = POLICY.evaluate(document, TODAY)

    assert decision.is_rejected
    assert code in {each.code for each in decision.diagnostics}


def test_a_person_in_two_households_rejects_both() -> None:
    given = changed("person", "id", ["p1", "p2", "p1", "p4"])

    assert rejects(given) == {
        ("person", 0, "in-two-places", "id"),
        ("person", 2, "in-two-places", "id"),
        ("person", 1, "household-rejected", ""),
        ("household", 0, "household-rejected", ""),
        ("household", 1, "household-rejected", ""),
        ("household", 1, "unknown-record", "head"),
        ("payment", 0, "household-rejected", ""),
        ("payment", 1, "household-rejected", ""),
        ("payment", 2, "orphan", ""),
    } - {("household", 1, "unknown-record", "head")}


def test_a_repeated_household_rejects_every_row_of_it() -> None:
    given = changed("household", "id", ["a", "a", "c"])
    found = rejects(given)

    assert ("household", 0, "repeated-id", "id") in found
    assert ("household", 1, "repeated-id", "id") in found
    assert ("person", 2, "orphan", "") in found
    assert {"c"} == {each["id"] for each in documents(given)}


def test_a_repeated_person_in_one_household_rejects_it() -> None:
    given = changed("person", "id", ["p1", "p1", "p3", "p4"])

    assert ("person", 1, "repeated-id", "id") in rejects(given)
    assert {"b", "c"} == {each["id"] for each in documents(given)}


def test_a_repeated_person_inside_a_nested_household_rejects_it() -> None:
    people = nested().to_pylist()
    people[0]["person"][1]["id"] = "p1"
    given = pa.Table.from_pylist(people, nested().schema)

    assert ("person", 0, "repeated-id", "id") in rejects(given, {})
    assert {"b", "c"} == {each["id"] for each in documents(given, {})}


def test_an_orphan_is_rejected_alone() -> None:
    given = changed("person", "household_id", ["a", "a", "b", "nobody"])

    assert rejects(given) == {("person", 3, "orphan", "")}
    assert documents(given)[2]["person"] == []


def test_a_household_of_a_county_that_is_not_there_is_rejected() -> None:
    given = changed("household", "county_id", ["wf", "xx", None])

    assert ("household", 1, "orphan", "") in rejects(given)
    assert {"a", "c"} == {each["id"] for each in documents(given)}


def test_a_wrong_county_rejects_its_households() -> None:
    given = changed("county", "standard", ["-1"])

    assert ("county", 0, "value-out-of-range", "standard") in rejects(given)
    assert {"c"} == {each["id"] for each in documents(given)}


def test_more_records_than_the_policy_allows_reject_the_household() -> None:
    given = tables()
    many = given["person"].slice(1, 1)
    copies = [many.set_column(0, "id", [[f"q{at}"]]) for at in range(6)]
    given["person"] = pa.concat_tables(
        [given["person"].slice(0, 2), *copies, given["person"].slice(2)]
    )

    assert ("person", 0, "too-many-records", "") in rejects(given)
    assert {"b", "c"} == {each["id"] for each in documents(given)}


def test_a_record_without_an_id_rejects_its_household() -> None:
    given = changed("person", "id", pa.array(["p1", "p2", None, "p4"]))

    assert ("person", 2, "missing-id", "id") in rejects(given)
    assert {"a", "c"} == {each["id"] for each in documents(given)}


WRONG_FILES = [
    ("person", lambda t: t.drop_columns(["household_id"]), "missing-column", "household_id"),
    ("person", lambda t: t.drop_columns(["id"]), "missing-column", "id"),
    ("person", lambda t: t.append_column("wages", [[1] * 4]), "unknown-column", "wages"),
    ("household", lambda t: t.append_column("wage", [[1] * 3]), "unknown-column", "wage"),
    (
        "household",
        lambda t: t.set_column(4, "rent", pa.array([1.5, None, None])),
        "binary-float-column",
        "rent",
    ),
    (
        "person",
        lambda t: t.set_column(2, "birth_date", pa.array([1990] * 4)),
        "wrong-column-type",
        "birth_date",
    ),
    ("person", lambda t: t.set_column(5, "works", pa.array([1] * 4)), "wrong-column-type", "works"),
    (
        "person",
        lambda t: t.set_column(0, "id", pa.array([Decimal(1)] * 4)),
        "wrong-column-type",
        "id",
    ),
]


@pytest.mark.parametrize(("kind", "change", "code", "column"), WRONG_FILES)
def test_a_table_of_wrong_columns_is_named_before_anything_is_decided(
    kind: str, change: Callable[[Any], Any], code: str, column: str, tmp_path: Path
) -> None:
    given = tables()
    given[kind] = change(given[kind])
    with pytest.raises(TablesError) as caught:
        screen(POLICY, given, tmp_path / "run")

    (refused,) = caught.value.refused
    assert (refused.code, refused.column, refused.file) == (code, column, kind)
    assert list(tmp_path.iterdir()) == []


def test_the_nearest_name_of_a_wrong_column_is_offered(tmp_path: Path) -> None:
    given = tables()
    given["person"] = given["person"].rename_columns(
        ["id", "household_id", "birth_dat", *given["person"].column_names[3:]]
    )
    with pytest.raises(TablesError) as caught:
        screen(POLICY, given, tmp_path / "run")

    assert caught.value.refused[0].near == "birth_date"


def test_a_truncated_file_is_rejected_and_the_others_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "household"
    folder.mkdir()
    table = tables()["household"]
    for at in range(3):
        pq.write_table(table.slice(at, 1), folder / f"{at}.parquet")
    whole = (folder / "1.parquet").read_bytes()
    (folder / "1.parquet").write_bytes(whole[: len(whole) // 2])
    screening = screen(POLICY, {**tables(), "household": folder}, tmp_path / "run")
    found = {(row["file"], row["reason"]) for row in screening.rejects().to_pylist()}

    assert found == {("1.parquet", "unreadable-file"), ("person", "orphan"), ("payment", "orphan")}
    assert set(screening.decisions().column("household").to_pylist()) == {"a", "c"}


def test_without_a_file_of_members_nobody_is_taken_to_live_alone(tmp_path: Path) -> None:
    folder = tmp_path / "person"
    folder.mkdir()
    pq.write_table(tables()["person"].slice(0, 3), folder / "0.parquet")
    (folder / "1.parquet").write_bytes(b"PAR1 torn off")
    screening = screen(POLICY, {**tables(), "person": folder}, tmp_path / "run")
    aid = {
        row["record"]: row["status"]
        for row in screening.decisions().to_pylist()
        if row["grant"] == "allowance.aid"
    }

    assert screening.manifest["incomplete"] == ["person"]
    assert aid["b"] == "undecided"


def test_a_file_that_breaks_behind_its_ids_is_rejected_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "household"
    folder.mkdir()
    table = tables()["household"]
    pq.write_table(table.slice(0, 2), folder / "0.parquet")
    pq.write_table(table.slice(2), folder / "1.parquet", compression="none", use_dictionary=False)
    file = folder / "1.parquet"
    group = pq.ParquetFile(file).metadata.row_group(0)
    broken = bytearray(file.read_bytes())
    at = group.column(2).data_page_offset  # tenure
    broken[at : at + 24] = b"\xff" * 24
    file.write_bytes(bytes(broken))
    screening = screen(POLICY, {**tables(), "household": folder}, tmp_path / "run")

    assert ("1.parquet", "unreadable-file") in {
        (row["file"], row["reason"]) for row in screening.rejects().to_pylist()
    }
    assert set(screening.decisions().column("household").to_pylist()) == {"a", "b"}


def test_empty_tables_give_no_decisions(tmp_path: Path) -> None:
    empty = {kind: table.slice(0, 0) for kind, table in tables().items()}

    assert screen(POLICY, empty, tmp_path / "run").decisions().num_rows == 0


def test_text_that_no_document_may_hold_rejects_its_household(tmp_path: Path) -> None:
    given = changed("household", "tenure", ["rented", "house\x00boat", "owned"])
    given["person"] = given["person"].set_column(7, "points", [["12.5", "0", "0.1234567", "3"]])
    screening = screen(POLICY, given, tmp_path / "run")

    assert set(screening.decisions().column("household").to_pylist()) == {"a", "c"}
    assert "text-not-allowed" in screening.rejects().column("reason").to_pylist()


def test_nested_rows_in_any_order_give_the_same(tmp_path: Path) -> None:
    turned = nested().take([2, 0, 1])
    rows = screen(POLICY, turned, tmp_path / "turned", {}).decisions().to_pylist()
    expected = screen(POLICY, nested(), tmp_path / "run", {}).decisions().to_pylist()

    def key(row: dict[str, Any]) -> tuple[str, str]:
        return row["grant"], row["record"]

    assert sorted(expected, key=key) == sorted(rows, key=key)


def test_a_household_twice_in_a_nested_table_is_rejected(tmp_path: Path) -> None:
    twice = pa.concat_tables([nested(), nested().slice(1, 1)])
    screening = screen(POLICY, twice, tmp_path / "run", {})
    found = [(row["row"], row["reason"]) for row in screening.rejects().to_pylist()]

    assert sorted(found) == [(2, "repeated-id"), (4, "repeated-id")]
    assert set(screening.decisions().column("household").to_pylist()) == {"a", "c"}
