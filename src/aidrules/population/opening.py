"""Paths, data frames and results of queries to the tables of a run, or why they are none."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from attrs import evolve

from aidrules.backends.kernel import Layout
from aidrules.population.columns import HIGH, LOW, STATUS, Reading, WrongType
from aidrules.population.levels import Level, keys, unnested
from aidrules.population.sources import Damaged, Given, Piece, pieces
from aidrules.population.survey import Survey, survey
from aidrules.population.table import ID, Refused, Table, TablesError, Told
from aidrules.population.tables import Tables
from aidrules.spelling import nearest


def open_tables(
    layout: Layout, given: Mapping[str, Given] | Given, told: Told, *, look: bool = True
) -> Tables:
    """Return the tables of a run.

    Args:
        layout: Of the documents.
        given: By kind of record; or one table of the root, flat or nested.
        told: What the run says of them.
        look: Whether to look at all ids first; else they are hoped to be in order, and reading
            them raises `Unordered` if they are not.

    Raises:
        LookupError: If a kind is named that the policy does not have.
        TablesError: If no file of a kind can be read, so that nothing can be decided.
        FileNotFoundError: If a file is not there.
    """
    by_kind = given if isinstance(given, Mapping) else {layout.root: given}
    found: dict[str, Table] = {}
    refused: list[Refused] = []
    is_nested = False
    for kind, each in by_kind.items():
        if kind not in {layout.root, *layout.below, *layout.above}:
            raise LookupError(kind)
        table, nested, wrong = _opened(layout, kind, pieces(each, kind), told)
        refused += wrong
        if wrong and not table.pieces:
            raise TablesError(tuple(wrong))
        is_nested |= nested
        found[kind] = table
    if layout.root not in found:
        raise LookupError(layout.root)
    tables = Tables(layout, told, found, is_nested and len(found) == 1, tuple(refused))
    return surveyed(tables) if look else _hoped(tables)


def without(tables: Tables, broken: Piece) -> Tables:
    """Return the tables without a file that could not be read to its end.

    Raises:
        TablesError: If it was the only one of its kind.
    """
    kind, table = next(
        (kind, table) for kind, table in tables.tables.items() if broken in table.pieces
    )
    refused = (*tables.refused, Refused(kind, broken.name, "unreadable-file"))
    left = [
        (piece, names)
        for piece, names in zip(table.pieces, table.columns, strict=True)
        if piece is not broken
    ]
    if not left:
        raise TablesError(refused)
    kept = evolve(
        table,
        pieces=tuple(piece for piece, _ in left),
        columns=tuple(names for _, names in left),
    )
    changed = evolve(tables, tables={**tables.tables, kind: kept}, refused=refused)
    return surveyed(changed)


def _opened(
    layout: Layout, kind: str, given: tuple[Piece, ...], told: Told
) -> tuple[Table, bool, list[Refused]]:
    parent = layout.program.entity[kind].parent
    key = None if parent is None else f"{parent}_id"
    kept: list[tuple[Piece, Mapping[str, str]]] = []
    refused: list[Refused] = []
    is_nested = False
    for piece in given:
        try:
            schema = piece.schema()
        except Damaged:
            refused.append(Refused(kind, piece.name, "unreadable-file"))
            continue
        nested = kind == layout.root and _is_nested(schema, layout)
        is_nested |= nested
        wrong, names = _columns(layout, kind, piece, schema, told, nested=nested)
        if wrong is None:
            kept.append((piece, names))
        else:
            refused.append(wrong)
    table = Table(kind, key, tuple(p for p, _ in kept), tuple(names for _, names in kept))
    return table, is_nested, refused


def _is_nested(schema: Any, layout: Layout) -> bool:
    kinds = {*layout.below, *layout.above}
    return any(
        each.name in kinds and (pa.types.is_nested(each.type) or pa.types.is_null(each.type))
        for each in schema
    )


def _columns(
    layout: Layout, kind: str, piece: Piece, schema: Any, told: Told, *, nested: bool
) -> tuple[Refused | None, Mapping[str, str]]:
    """Return why a piece is not read, or the names of its columns: ours, and there."""
    renamed = {there: here for here, there in told.renamed.get(kind, {}).items()}
    ignored = told.ignored.get(kind, frozenset())
    parent = layout.program.entity[kind].parent
    names: dict[str, str] = {}
    ancestors = {f"{each}_id" for each in layout.program.ancestry(kind) if each != kind}
    structure = {*layout.below, *layout.above} if nested else set()
    known = {ID, *ancestors, *structure, *_fact_columns(layout, kind)}
    for each in schema:
        here = renamed.get(each.name, each.name)
        if each.name in ignored:
            continue
        if here not in known or (each.name in known and here != each.name):
            near = nearest(here, sorted(known))
            return Refused(kind, piece.name, "unknown-column", each.name, near), {}
        if here in ancestors and here != f"{parent}_id":
            continue
        names[here] = each.name
    needs = [] if nested else [ID]
    if kind in layout.below and not nested:
        needs.append(f"{parent}_id")
    for need in needs:
        if need not in names:
            return Refused(kind, piece.name, "missing-column", need), {}
    empty = pa.RecordBatch.from_arrays(
        [_empty(schema.field(there).type) for there in names.values()], names=list(names)
    )
    return _types(layout, kind, piece, empty, told, nested=nested), names


def _empty(kind: Any) -> Any:
    return pa.nulls(0, kind)


def _types(
    layout: Layout, kind: str, piece: Piece, empty: Any, told: Told, *, nested: bool
) -> Refused | None:
    """Return what is wrong with the types of columns, tried on none of their rows."""
    column = ""
    try:
        if nested:
            below = tuple((each, layout.parent(each)) for each in layout.below)
            levels = unnested(empty, 0, layout.root, below, layout.above).levels
        else:
            named = dict(zip(empty.schema.names, empty.columns, strict=True))
            for column in (ID, f"{layout.program.entity[kind].parent}_id"):
                if column in named:
                    keys(named.pop(column), is_text=False)
            none = np.zeros(0, np.int64)
            levels = {kind: Level(named, pa.nulls(0, pa.int64()), none, none)}
        for each, level in levels.items():
            known = _fact_columns(layout, each)
            for column in level.columns:
                if column not in known:
                    near = nearest(column, sorted(known))
                    return Refused(kind, piece.name, "unknown-column", column, near)
            reading = Reading(level.columns, 0, told.places.get(each, {}), _nobody)
            for (entity, column), storage in layout.facts.items():
                if entity == each:
                    reading.fact(layout.program.fact[entity, column], storage)
    except WrongType as error:
        code = "binary-float-column" if error.is_float else "wrong-column-type"
        return Refused(kind, piece.name, code, column)
    return None


def _nobody(_: str, array: Any) -> Any:
    return np.full(len(array), -1, np.int64)


def _fact_columns(layout: Layout, kind: str) -> frozenset[str]:
    return frozenset(
        f"{fact.name}{end}"
        for fact in layout.program.facts
        if fact.entity == kind
        for end in ("", LOW, HIGH, STATUS)
    )


# ---------------------------------------------------------------- the first look


def _hoped(tables: Tables) -> Tables:
    """Return the tables as if all were in order; those of the kinds above are looked at."""
    found: dict[str, Survey] = {}
    for kind, table in tables.tables.items():
        if kind in tables.layout.above:
            found[kind] = survey(table)
            continue
        is_text = False
        for piece, names in zip(table.pieces, table.columns, strict=True):
            schema = piece.schema()
            for name in (ID, table.key):
                there = None if name is None else names.get(name)
                if there is not None:
                    type_ = schema.field(there).type
                    type_ = type_.value_type if pa.types.is_dictionary(type_) else type_
                    is_text |= not (pa.types.is_integer(type_) or pa.types.is_null(type_))
        found[kind] = Survey([0] * len(table.pieces), is_text, is_hoped=True)
    return evolve(tables, surveys=found)


def surveyed(tables: Tables) -> Tables:
    """Return the tables after a first look at all ids and keys.

    Raises:
        TablesError: If a file cannot be read to its end and was the only one of its kind.
    """
    found = dict(tables.surveys)
    for kind, table in tables.tables.items():
        while True:
            try:
                found[kind] = survey(table)
                break
            except Damaged as damaged:
                return without(evolve(tables, surveys=found), damaged.piece)
    return evolve(tables, surveys=found)
