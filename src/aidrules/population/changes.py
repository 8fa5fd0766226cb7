"""Two runs to what changed between them, record by record, with the facts that changed."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from attrs import frozen

from aidrules.backends.kernel import Layout
from aidrules.population.decisions import DECIMAL
from aidrules.population.folder import CHANGES, DECISIONS
from aidrules.population.merge import merged
from aidrules.population.narrow import ChangedInput, documents, narrowed, tables_of

KINDS: Final = (
    "newly eligible",
    "no longer eligible",
    "changed amount",
    "newly undecided",
    "newly in error",
)

_COLUMNS: Final = ("household", "entity", "record", "status", "amount", "exact", "services")
_GRANTED: Final = ("granted", "holds")


def schema(ids: Any) -> Any:
    """Return the columns of changes."""
    return pa.schema(
        [
            ("household", ids),
            ("entity", pa.string()),
            ("record", ids),
            ("grant", pa.string()),
            ("change", pa.string()),
            ("status_before", pa.string()),
            ("status", pa.string()),
            ("amount_before", DECIMAL),
            ("amount", DECIMAL),
            ("facts", pa.string()),
        ]
    )


def write_changes(
    before: Path,
    folder: Path,
    layout: Layout,
    grants: Collection[str],
    only: Any = None,
) -> dict[str, dict[str, int]]:
    """Write what changed since a run beside another, and return how often, by grant and change.

    Args:
        before: The folder of the earlier run.
        folder: That of the later one; the table is written into it.
        layout: Of the documents.
        grants: The keys of grants and requirements.
        only: The households that may have changed, as an Arrow array; None: all.
    """
    counted: dict[str, dict[str, int]] = {}
    parts = []
    old, new = _Rows.of(before, only), _Rows.of(folder, only)
    for grant in grants:
        found = _compared(old, new, grant)
        counted[grant] = {
            kind: pc.sum(pc.equal(found.column("change"), kind)).as_py() or 0 for kind in KINDS
        }
        parts.append(found)
    ids = pq.read_schema(folder / DECISIONS).field("household").type
    table = pa.concat_tables(parts).cast(schema(ids)) if parts else schema(ids).empty_table()
    households = set(table.column("household").to_pylist())
    facts = _facts(before, folder, layout, households) if households else {}
    told = [facts.get(str(each)) for each in table.column("household").to_pylist()]
    at = table.schema.get_field_index("facts")
    table = table.set_column(at, "facts", pa.array(told, pa.string()))
    pq.write_table(table, folder / CHANGES, store_decimal_as_integer=True)
    return counted


@frozen(eq=False)
class _Rows:
    """The decisions of a run.

    Attributes:
        folder: Of the run.
        few: Those of the households that may have changed, read at once; None: all may have, and
            each grant is read by itself.
    """

    folder: Path
    few: Any

    @staticmethod
    def of(folder: Path, only: Any) -> "_Rows":
        few = None if only is None else merged(folder, (*_COLUMNS, "grant"), None, only)
        return _Rows(folder, few)

    def of_grant(self, grant: str) -> Any:
        """Return the rows of a grant, in the columns that are compared."""
        if self.few is None:
            table = merged(self.folder, (*_COLUMNS, "grant"), grant, None)
        else:
            table = self.few.filter(pc.equal(pc.cast(self.few.column("grant"), pa.string()), grant))
        table = table.select(list(_COLUMNS))
        for name in ("entity", "status"):
            at = table.schema.get_field_index(name)
            table = table.set_column(at, name, pc.cast(table.column(name), pa.string()))
        return table


def _compared(before: _Rows, after: _Rows, grant: str) -> Any:
    """Return the rows of one grant that changed, without facts."""
    old, new = before.of_grant(grant), after.of_grant(grant)
    renamed = [f"{name}_before" for name in _COLUMNS[3:]]
    old = old.rename_columns([*_COLUMNS[:3], *renamed])
    both = new.join(old, keys=list(_COLUMNS[:3]), join_type="full outer")
    status, was = (pc.fill_null(both.column(each), "") for each in ("status", "status_before"))
    is_granted, was_granted = (_in(each, _GRANTED) for each in (status, was))
    differs = _or(
        _differs(both, "amount"), _or(_differs(both, "exact"), _differs(both, "services"))
    )
    conditions = [
        _and(is_granted, pc.invert(was_granted)),
        _and(was_granted, _in(status, ("refused", "fails", ""))),
        _and(_and(is_granted, was_granted), differs),
        _and(pc.equal(status, "undecided"), pc.not_equal(was, "undecided")),
        _and(pc.equal(status, "error"), pc.not_equal(was, "error")),
    ]
    names = [f"c{at}" for at in range(len(conditions))]
    struct = pc.make_struct(*[_flat(each) for each in conditions], field_names=names)
    change = pc.case_when(struct, *[pa.scalar(kind) for kind in KINDS])
    table = pa.table(
        {
            "household": both.column("household"),
            "entity": both.column("entity"),
            "record": both.column("record"),
            "grant": pa.array([grant] * both.num_rows, pa.string()),
            "change": change,
            "status_before": both.column("status_before"),
            "status": both.column("status"),
            "amount_before": both.column("amount_before"),
            "amount": both.column("amount"),
            "facts": pa.nulls(both.num_rows, pa.string()),
        }
    )
    return table.filter(pc.is_valid(change)).sort_by(
        [("household", "ascending"), ("record", "ascending")]
    )


def _flat(array: Any) -> Any:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _in(array: Any, words: Collection[str]) -> Any:
    return pc.is_in(array, value_set=pa.array(list(words)))


def _and(one: Any, other: Any) -> Any:
    return pc.and_(one, other)


def _or(one: Any, other: Any) -> Any:
    return pc.or_(one, other)


def _differs(table: Any, name: str) -> Any:
    one, other = table.column(name), table.column(f"{name}_before")
    same = pc.fill_null(pc.equal(one, other), False)
    both_null = pc.and_(pc.is_null(one), pc.is_null(other))
    return pc.invert(pc.or_(same, both_null))


# ---------------------------------------------------------------- facts


def _facts(
    before: Path, folder: Path, layout: Layout, households: Collection[object]
) -> Mapping[str, str]:
    """Return the facts that changed, by household; none if tables are not what they were."""
    try:
        old, new = (
            {key: document for key, document, *_ in documents(narrowed(tables, households))}
            for tables in (tables_of(each, layout) for each in (before, folder))
        )
    except (ChangedInput, FileNotFoundError):
        return {}
    return {
        key: ";".join(_changed(old.get(key), new.get(key), layout.root))
        for key in old.keys() | new.keys()
    }


def _changed(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, kind: str
) -> Iterator[str]:
    """Yield the names of facts that differ, and of records that came or went; no values."""
    if old is None or new is None:
        found = new or old or {}
        yield f"{kind} {found.get('id')}"
        return
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name), new.get(name)
        if one == other or name == "id":
            continue
        if _is_list(one) or _is_list(other):
            mine, theirs = ({str(each["id"]): each for each in part or ()} for part in (one, other))
            for key in dict.fromkeys((*mine, *theirs)):
                if mine.get(key) != theirs.get(key):
                    yield from _changed(mine.get(key), theirs.get(key), name)
        elif isinstance(one, dict) and isinstance(other, dict) and "id" in one:
            yield from _changed(one, other, name)
        else:
            yield f"{kind} {new.get('id')} {name}"


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)
