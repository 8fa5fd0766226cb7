"""A run on Spark: the same rows as the run of one table, the same rejects, the same counts."""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="Spark needs the extra [spark]")
pytest.importorskip("llvmlite", reason="Spark needs the extra [spark]")

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from aidrules import Policy, load, loads
from aidrules.population import spark
from aidrules.population.folder import Screening
from aidrules.population.table import TablesError
from screening import ON, POLICY

NINE = Path(__file__).parents[1] / "benchmarks" / "nine_rules.aid"


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    made = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "3")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "400")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield made
    made.stop()


def nested(policy: Policy, folder: Path) -> list[dict[str, Any]]:
    """Return tables of one file for each kind as households with their members inside."""
    tables = {each.stem: pq.read_table(each).to_pylist() for each in folder.glob("*.parquet")}
    program = policy.program
    for entity in reversed(program.entities):
        if entity.parent is None or entity.name == "household":
            continue
        below = defaultdict(list)
        for row in tables.get(entity.name, []):
            below[row.pop(f"{entity.parent}_id")].append({**row, "id": str(row["id"])})
        for row in tables[entity.parent]:
            row[entity.name] = below[row["id"]]
    counties = {row["id"]: row for row in tables.get("county", [])}
    rows: list[dict[str, Any]] = tables["household"]
    for row in rows:
        row["id"] = str(row["id"])
        if "county_id" in row:
            county = counties[row.pop("county_id")]
            row["county"] = {**county, "id": str(county["id"])}
            row["county"].pop("household", None)
    return rows


def spoilt(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return households of which some are wrong: twice there, nameless, of too many members."""
    rows[10]["id"] = rows[700]["id"]
    rows[11]["id"] = None
    rows[12]["person"] = [{**rows[12]["person"][0], "id": f"p{at}"} for at in range(7)]
    rows[13]["person"] = [rows[13]["person"][0]] * 2
    return rows


def ordered(table: Any) -> Any:
    """Return decisions as Spark has them, in order of their keys."""
    plain = table.cast(spark.DECISIONS).combine_chunks()
    return plain.sort_by([(name, "ascending") for name in ("household", "record", "grant")])


def as_bytes(table: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def both(
    policy: Policy, table: Any, session: SparkSession, out: Path
) -> tuple[Screening, spark.Screened]:
    embedded = policy.screen({"household": table}, ON, out)
    file = out.with_suffix(".parquet")
    pq.write_table(table, file)
    return embedded, spark.screen(policy, session.read.parquet(str(file)), ON)


def test_it_is_the_run_of_one_table_byte_for_byte(session: SparkSession, tmp_path: Path) -> None:
    policy = load(NINE)
    made = policy.synthesize(3000, tmp_path / "made", seed=5, unknown=Fraction(1, 50))
    table = pa.Table.from_pylist(nested(policy, made))
    embedded, there = both(policy, table, session, tmp_path / "run")

    assert as_bytes(ordered(there.decisions.toArrow())) == as_bytes(ordered(embedded.decisions()))
    assert there.rejects.count() == 0
    told = there.summary()
    assert told["records"] == embedded.summary["records"]
    for key, counted in embedded.summary["grants"].items():
        assert told["grants"][key] == {
            word: many for word, many in counted.items() if many or word == "rejected"
        }
    there.rows.unpersist()


def test_it_rejects_what_one_run_rejects(session: SparkSession, tmp_path: Path) -> None:
    policy = loads(POLICY)
    made = policy.synthesize(1500, tmp_path / "made", seed=6, unknown=Fraction(1, 50))
    rows = spoilt(nested(policy, made))
    table = pa.Table.from_pylist(rows)
    embedded, there = both(policy, table, session, tmp_path / "run")

    assert as_bytes(ordered(there.decisions.toArrow())) == as_bytes(ordered(embedded.decisions()))
    ids = [row["id"] for row in rows]
    expected = sorted(
        (str(ids[each["row"] - 1]), each["entity"], str(each["field"]), each["reason"])
        for each in embedded.rejects().to_pylist()
    )
    found = sorted(
        (str(each["household"]), each["entity"], str(each["field"]), each["reason"])
        for each in there.rejects.collect()
    )
    assert found == expected
    assert {reason for *_, reason in found} >= {"repeated-id", "missing-id", "too-many-records"}
    assert there.summary()["records"] == embedded.summary["records"]
    there.rows.unpersist()


def test_wrong_columns_are_told_before_anything_runs(session: SparkSession) -> None:
    frame = session.createDataFrame([("a", "red")], ["id", "colour"])
    with pytest.raises(TablesError) as wrong:
        spark.screen(loads(POLICY), frame, ON)
    assert [each.code for each in wrong.value.refused] == ["unknown-column"]
