"""A Parquet file and some keys to their rows, without reading the row groups that hold none."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aidrules.population.levels import is_rising


def picked(
    path: Path, key: str, wanted: Any, columns: Sequence[str], among: tuple[str, str] | None = None
) -> Any:
    """Return the rows in whose key column one of some values stands, as an Arrow table.

    Args:
        path: Of a Parquet file.
        key: The column of keys; rising ones are searched, others compared each.
        wanted: An Arrow array of the type of the column.
        columns: Those that are returned, in this order.
        among: A column of text and the value it must have; None: any row will do.
    """
    sought = pc.sort_indices(wanted)
    wanted = wanted.take(sought)
    names = list(dict.fromkeys((*columns, *(() if among is None else (among[0],)))))
    parts = []
    with pq.ParquetFile(path) as file:
        for group in _likely(file, key, wanted, among):
            keys = file.read_row_group(group, columns=[key]).column(0).combine_chunks()
            rows = _rows(keys, wanted)
            if len(rows):
                parts.append(file.read_row_group(group, columns=names).take(rows))
        found = pa.concat_tables(parts) if parts else file.schema_arrow.empty_table()
    if among is not None and parts:
        found = found.filter(pc.equal(pc.cast(found.column(among[0]), pa.string()), among[1]))
    return found.select(list(columns))


def _likely(file: Any, key: str, wanted: Any, among: tuple[str, str] | None) -> Iterator[int]:
    """Yield the row groups that may hold what is wanted, going by their least and greatest."""
    if not len(wanted):
        return
    ends = sorted(each for each in wanted.to_pylist() if each is not None)
    values = np.array(ends, dtype=None if pa.types.is_integer(wanted.type) else object)
    for group in range(file.num_row_groups):
        bounds = bounds_of(file.metadata.row_group(group), key)
        if bounds is not None and isinstance(bounds[0], type(ends[0])):
            low, high = (
                int(np.searchsorted(values, bounds[0], side="left")),
                int(np.searchsorted(values, bounds[1], side="right")),
            )
            if low == high:
                continue
        if among is not None:
            bounds = bounds_of(file.metadata.row_group(group), among[0])
            if bounds is not None and not bounds[0] <= among[1] <= bounds[1]:
                continue
        yield group


def bounds_of(group: Any, column: str) -> tuple[Any, Any] | None:
    """Return the least and the greatest value of a column in a row group; None: not told."""
    for at in range(group.num_columns):
        told = group.column(at)
        if told.path_in_schema == column:
            found = told.statistics
            return (found.min, found.max) if found is not None and found.has_min_max else None
    return None


def _rows(keys: Any, wanted: Any) -> Any:
    """Return the rows of keys that are wanted, rising; `wanted` rises and is not empty."""
    if pa.types.is_dictionary(keys.type):
        keys = pc.cast(keys, keys.type.value_type)
    if not pa.types.is_integer(keys.type) or keys.null_count or not is_rising(keys):
        return np.flatnonzero(pc.is_in(keys, value_set=wanted).to_numpy(zero_copy_only=False))
    numbers, few = keys.to_numpy(), pc.unique(wanted).to_numpy()
    first = np.searchsorted(numbers, few, side="left")
    counts = np.searchsorted(numbers, few, side="right") - first
    ends = np.cumsum(counts)
    return np.repeat(first - (ends - counts), counts) + np.arange(int(ends[-1]))
