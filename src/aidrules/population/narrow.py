"""Tables and some keys to the rows of these documents alone: for reasons, changes and reruns."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from attrs import evolve

from aidrules.backends.kernel import Layout
from aidrules.population.documents import Document, Documents
from aidrules.population.folder import INPUTS, MANIFEST
from aidrules.population.opening import open_tables
from aidrules.population.picking import picked
from aidrules.population.reading import read
from aidrules.population.sources import Damaged
from aidrules.population.table import ID, Table, Told
from aidrules.population.tables import Tables


class ChangedInput(ValueError):  # noqa: N818 - it says what happened to a file
    """A table is not what it was when the run was made.

    Attributes:
        file: Which.
    """

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} is not what it was when the run was made")
        self.file = file


def narrowed(tables: Tables, wanted: Collection[object]) -> Tables:
    """Return the tables with the rows of some documents, in memory.

    Args:
        tables: All of them.
        wanted: The ids of documents, as text or numbers.

    Raises:
        Damaged: If a file cannot be read to its end.
    """
    layout = tables.layout
    told = evolve(tables.told, renamed={}, ignored={})
    root = tables.tables[layout.root]
    found: dict[str, Any] = {layout.root: _rows(root, ID, wanted)}
    if not tables.is_nested:
        for kind, parent in tables.below:
            if kind in tables.tables and parent in found:
                ids = found[parent].column(ID).to_pylist()
                found[kind] = _rows(tables.tables[kind], f"{parent}_id", ids)
        for kind in layout.above:
            if kind in tables.tables:
                batches = [batch for _, batch in tables.tables[kind].batches()]
                found[kind] = pa.Table.from_batches(batches)
    opened = open_tables(layout, found, told)
    return evolve(opened, refused=tables.refused)


def _rows(table: Table, column: str, wanted: Collection[object]) -> Any:
    """Return the rows whose column holds one of some values."""
    parts = []
    for piece, names in zip(table.pieces, table.columns, strict=True):
        there = names.get(column)
        if there is None:
            continue
        kind = piece.schema().field(there).type
        values = values_of(wanted, kind)
        if piece.path is not None and piece.path.suffix.lower() in (".parquet", ".pq"):
            columns = list(names.values())
            try:
                found = picked(piece.path, there, values, columns).rename_columns(list(names))
            except (pa.ArrowException, OSError):
                raise Damaged(piece) from None
        else:
            batches = list(piece.batches(list(names.values())))
            whole = pa.Table.from_batches(batches).rename_columns(list(names))
            array = whole.column(column)
            if pa.types.is_dictionary(array.type):
                array = pc.cast(array, array.type.value_type)
            found = whole.filter(pc.is_in(array, value_set=values))
        parts.append(found)
    return pa.concat_tables(parts, promote_options="permissive")


def values_of(wanted: Collection[object], kind: Any) -> Any:
    """Return ids as an array of a type; those that are no numbers are left out of numbers."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not pa.types.is_integer(kind):
        return pa.array([str(each) for each in wanted], kind)
    numbers = []
    for each in wanted:
        try:
            numbers.append(int(str(each)))
        except ValueError:
            continue
    return pa.array(numbers, kind)


# ---------------------------------------------------------------- a run that was made


def tables_of(folder: Path, layout: Layout) -> Tables:
    """Return the tables of a run.

    Raises:
        FileNotFoundError: If there is no run, or a table is gone.
        ChangedInput: If a table is not what it was.
    """
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    given: dict[str, list[Path]] = {}
    sums: dict[Path, str] = {}
    for each in manifest["inputs"]:
        if each["rows"] is None:
            continue
        if each["path"] is None:
            path = folder / INPUTS / f"{each['kind']}.parquet"
        else:
            path = Path(each["path"])
            sums[path] = each["sha256"]
        given.setdefault(each["kind"], []).append(path)
    told = told_of(manifest)
    tables = open_tables(layout, given, told)
    for table in tables.tables.values():
        for piece in table.pieces:
            if piece.path in sums and sums[piece.path] != piece.digest():
                raise ChangedInput(piece.name)
    return tables


def told_of(manifest: Mapping[str, Any]) -> Told:
    """Return what a run said of its tables."""
    return Told(
        frozenset(set(manifest["complete"]) - _refused(manifest)),
        manifest["places"],
        manifest["renamed"],
        {kind: frozenset(names) for kind, names in manifest["ignored"].items()},
        manifest["root"],
    )


def _refused(manifest: Mapping[str, Any]) -> set[str]:
    return {each["kind"] for each in manifest["inputs"] if each["rows"] is None}


def documents(tables: Tables) -> Iterator[tuple[str, Document, Documents, int]]:
    """Yield the id of each document that is not rejected, it, and where it stands."""
    for chunk in tables.chunks():
        found = read(tables, chunk)
        each = Documents(tables, found.chunk, found.batch.offsets)
        for row in range(found.batch.size):
            document = each.document(row)
            yield str(document["id"]), document, each, row


def root_of_record(tables: Tables, kind: str, key: str) -> str | None:
    """Return the id of the document in which a record stands; None if it is not there."""
    layout = tables.layout
    while kind != layout.root:
        parent = layout.parent(kind)
        table = tables.tables.get(kind)
        if table is None:
            return None
        found = _rows(table, ID, [key])
        if not found.num_rows:
            return None
        key, kind = str(found.column(f"{parent}_id")[0].as_py()), parent
    return key
