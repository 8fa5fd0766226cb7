"""A run of changed households and the run it is based on to one view of all decisions."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aidrules.population.folder import DECISIONS, MANIFEST

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
    filters = None if grant is None else pc.field("grant") == grant
    if households is not None:
        is_wanted = pc.field("household").isin(households)
        filters = is_wanted if filters is None else filters & is_wanted
    names = None if columns is None else list(columns)
    mine = pq.read_table(path / DECISIONS, columns=names, filters=filters)
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
    wanted = columns if columns is None or "household" in columns else ("household", *columns)
    theirs = merged(base, wanted, grant, households)
    column = theirs.column("household")
    left = theirs.filter(pc.invert(pc.is_in(column, value_set=_as(replaced, column))))
    return pa.concat_tables([left.select(mine.column_names), mine], promote_options="permissive")


def _as(values: Any, other: Any) -> Any:
    return pc.cast(values, other.type)


def due(folder: Path, on: Any) -> Collection[object]:
    """Return the households whose answers time alone may have changed by a day."""
    table = merged(folder, columns=("household", "next_change"))
    is_due = pc.less_equal(table.column("next_change"), pa.scalar(on, pa.date32()))
    found: Collection[object] = set(table.filter(is_due).column("household").to_pylist())
    return found
