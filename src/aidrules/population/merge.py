"""A run of changed households and the run it is based on to one view of all decisions."""

import json
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aidrules.population.folder import DECISIONS, MANIFEST
from aidrules.population.picking import bounds_of, picked

REPLACED: Final = "replaced.parquet"
"""The households that a run of changes decided anew, or that are gone."""


def merged(
    folder: str | Path,
    columns: Sequence[str] | None = None,
    grant: str | None = None,
    households: Any = None,
) -> Any:
    """Return the decisions of a run, and of the run it is based on where it replaces none.

    Args:
        folder: Of a run.
        columns: Those that are wanted; None for all.
        grant: The key of the one that is wanted; None for all.
        households: The ids of those that are wanted, as an Arrow array; None for all.

    Raises:
        FileNotFoundError: If there is no run, or the one it is based on is gone.
    """
    path = Path(folder)
    names = None if columns is None else list(columns)
    if households is None:
        filters = None if grant is None else pc.field("grant") == grant
        mine = pq.read_table(path / DECISIONS, columns=names, filters=filters)
    else:
        told = pq.read_schema(path / DECISIONS)
        among = None if grant is None else ("grant", grant)
        wanted = _as(households, told.field("household"))
        mine = picked(path / DECISIONS, "household", wanted, names or told.names, among)
    base = json.loads((path / MANIFEST).read_text("utf-8")).get("base")
    if base is None:
        return mine
    replaced = pq.read_table(path / REPLACED).column("household").combine_chunks()
    if households is not None:
        left = households.filter(
            pc.invert(pc.is_in(households, value_set=_as(replaced, households)))
        )
        if not len(left):
            return mine
    needed = columns if columns is None or "household" in columns else ("household", *columns)
    theirs = merged(base, needed, grant, households)
    column = theirs.column("household")
    left = theirs.filter(pc.invert(pc.is_in(column, value_set=_as(replaced, column))))
    return pa.concat_tables([left.select(mine.column_names), mine], promote_options="permissive")


def _as(values: Any, other: Any) -> Any:
    return pc.cast(values, other.type)


def due(folder: Path, on: date) -> Collection[object]:
    """Return the households whose answers time alone may have changed by a day.

    Only row groups in which some day has come are read: the rest is left by their least day.
    """
    found: set[object] = set()
    with pq.ParquetFile(folder / DECISIONS) as file:
        for group in range(file.num_row_groups):
            told = file.metadata.row_group(group)
            bounds = bounds_of(told, "next_change")
            if _never(told, "next_change") or (bounds is not None and bounds[0] > on):
                continue
            table = file.read_row_group(group, columns=["household", "next_change"])
            is_due = pc.less_equal(table.column("next_change"), pa.scalar(on, pa.date32()))
            found.update(pc.unique(table.filter(is_due).column("household")).to_pylist())
    base = json.loads((folder / MANIFEST).read_text("utf-8")).get("base")
    if base is not None:
        replaced = pq.read_table(folder / REPLACED).column("household").to_pylist()
        found.update(set(due(Path(base), on)).difference(replaced))
    return found


def _never(group: Any, column: str) -> bool:
    """Return whether a column holds nothing but nulls in a row group."""
    for at in range(group.num_columns):
        told = group.column(at)
        if told.path_in_schema == column and told.statistics is not None:
            return bool(told.statistics.null_count == group.num_rows)
    return False
