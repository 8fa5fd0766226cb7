"""Tables that say when each row was modified, and a day, to the documents that changed since.

What is no longer there has no row to say so: those who delete rows name the documents themselves.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from attrs import evolve

from aidrules.backends.kernel import Layout
from aidrules.population.sources import Given, Piece, pieces
from aidrules.population.table import ID, Told


def changed_since(
    layout: Layout,
    given: Mapping[str, Given] | Given,
    told: Told,
    modified: Mapping[str, str],
    since: date,
) -> frozenset[str]:
    """Return the ids of documents of which some row was modified on a day or later.

    Args:
        layout: Of the documents.
        given: Tables by kind of record, or the one of the root.
        told: What is said of the tables.
        modified: By kind, the column that says when a row was modified: days, times, or ISO text.
        since: The day.

    Raises:
        LookupError: If a kind has no table, or its table no such column.
        FileNotFoundError: If a table is not there.
        TypeError: If a column is of another type.
    """
    tables = given if isinstance(given, Mapping) else {layout.root: given}
    found: set[str] = set()
    for kind, column in modified.items():
        if kind not in tables:
            raise LookupError(kind)
        if kind == layout.root:
            found |= _texts(_since(tables, kind, column, _named(told, kind, ID), since))
        elif kind in layout.above:
            ids = _texts(_since(tables, kind, column, _named(told, kind, ID), since))
            found |= _below(layout, tables, told, kind, ids)
        else:
            key = _named(told, kind, f"{layout.parent(kind)}_id")
            ids = _texts(_since(tables, kind, column, key, since))
            found |= _climbed(layout, tables, told, layout.parent(kind), ids)
    return frozenset(found)


def passing_over(told: Told, modified: Mapping[str, str]) -> Told:
    """Return what is said of tables, so that the columns of times are passed over."""
    ignored = {kind: set(names) for kind, names in told.ignored.items()}
    for kind, column in modified.items():
        ignored.setdefault(kind, set()).add(column)
    return evolve(told, ignored={kind: frozenset(names) for kind, names in ignored.items()})


def _climbed(
    layout: Layout, tables: Mapping[str, Given], told: Told, kind: str, ids: set[str]
) -> set[str]:
    """Return the documents in which some records stand."""
    while kind != layout.root and ids:
        key = _named(told, kind, f"{layout.parent(kind)}_id")
        ids, kind = _linked(tables, kind, _named(told, kind, ID), key, ids), layout.parent(kind)
    return ids


def _below(
    layout: Layout, tables: Mapping[str, Given], told: Told, kind: str, ids: set[str]
) -> set[str]:
    """Return the documents that stand below some records."""
    line = (layout.root, *layout.above)
    for child in reversed(line[: line.index(kind)]):
        key = _named(told, child, f"{layout.program.entity[child].parent}_id")
        ids = _linked(tables, child, key, _named(told, child, ID), ids)
    return ids


def _linked(
    tables: Mapping[str, Given], kind: str, column: str, wanted: str, values: set[str]
) -> set[str]:
    """Return one column of the rows of which another holds one of some values."""
    found: set[str] = set()
    among = pa.array(sorted(values), pa.string())
    for batch in _batches(tables, kind, [column, wanted]):
        rows = batch.filter(pc.is_in(pc.cast(batch.column(column), pa.string()), value_set=among))
        found |= _texts([rows.column(wanted)])
    return found


def _since(
    tables: Mapping[str, Given], kind: str, column: str, wanted: str, since: date
) -> Iterator[Any]:
    """Yield one column of the rows that were modified on a day or later, or of which it is open."""
    for batch in _batches(tables, kind, [wanted, column]):
        times = batch.column(column)
        recent = pc.fill_null(pc.greater_equal(times, _bound(times.type, since)), True)
        yield batch.filter(recent).column(wanted)


def _bound(kind: Any, since: date) -> Any:
    if pa.types.is_date(kind):
        return pa.scalar(since, kind)
    if pa.types.is_timestamp(kind):
        start = datetime(since.year, since.month, since.day)  # noqa: DTZ001 - as the column has it
        return pa.scalar(start, pa.timestamp(kind.unit)).cast(kind)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.scalar(since.isoformat(), kind)
    raise TypeError(str(kind))


def _batches(tables: Mapping[str, Given], kind: str, columns: list[str]) -> Iterator[Any]:
    for piece in pieces(tables[kind], kind):
        _see(piece, columns)
        yield from piece.batches(columns)


def _see(piece: Piece, columns: list[str]) -> None:
    names = piece.schema().names
    for column in columns:
        if column not in names:
            raise LookupError(column)


def _texts(columns: Any) -> set[str]:
    return {str(each) for column in columns for each in column.to_pylist() if each is not None}


def _named(told: Told, kind: str, name: str) -> str:
    """Return what the column of an id or a key is called."""
    return told.renamed.get(kind, {}).get(name, name)
