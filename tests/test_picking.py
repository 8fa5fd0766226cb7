"""Rows of a Parquet file by their keys: those that reading all of it and choosing gives."""

from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aidrules.population.picking import picked

NUMBERS = st.lists(st.none() | st.integers(-9, 9), max_size=30)
SHARED = [HealthCheck.function_scoped_fixture]


@settings(max_examples=150, deadline=None, suppress_health_check=SHARED)
@given(
    numbers=NUMBERS,
    sought=st.lists(st.integers(-12, 12), max_size=6),
    in_order=st.booleans(),
    as_text=st.booleans(),
    has_statistics=st.booleans(),
    grant=st.sampled_from([None, "a", "b"]),
)
def test_rows_are_those_of_the_whole_table(
    tmp_path: Path,
    *,
    numbers: list[int | None],
    sought: list[int],
    in_order: bool,
    as_text: bool,
    has_statistics: bool,
    grant: str | None,
) -> None:
    keys = sorted(each for each in numbers if each is not None) if in_order else numbers
    kind = pa.string() if as_text else pa.int64()
    column = pc.cast(pa.array(keys, pa.int64()), kind)
    wanted = pc.cast(pa.array(sought, pa.int64()), kind)
    row = list(range(len(keys)))
    names = pa.array(["aab"[at % 3] for at in row], pa.string())
    table = pa.table({"key": column, "row": pa.array(row, pa.int64()), "grant": names})
    path = tmp_path / "table.parquet"
    pq.write_table(table, path, row_group_size=4, write_statistics=has_statistics)

    among = None if grant is None else ("grant", grant)
    found = picked(path, "key", wanted, ["row", "key"], among)
    expected = table.filter(pc.is_in(column, value_set=wanted))
    if grant is not None:
        expected = expected.filter(pc.equal(expected.column("grant"), grant))
    assert found.to_pylist() == expected.select(["row", "key"]).to_pylist()


def test_row_groups_that_hold_nothing_wanted_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    column = pa.array(range(4_000), pa.int64())
    pq.write_table(pa.table({"key": column}), path, row_group_size=1_000, compression="none")
    with pq.ParquetFile(path) as file:
        start = file.metadata.row_group(2).column(0).data_page_offset
    broken = bytearray(path.read_bytes())
    broken[start : start + 16] = bytes(16)
    path.write_bytes(bytes(broken))

    assert picked(path, "key", pa.array([7, 3_999]), ["key"]).column(0).to_pylist() == [7, 3_999]
    with pytest.raises((pa.ArrowException, OSError)):
        picked(path, "key", pa.array([2_500]), ["key"])
