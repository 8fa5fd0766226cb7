"""A Spark data frame of households to a data frame of decisions, by the run that files take too.

Each batch of rows that Spark hands over goes through `screen` as one nested table in memory: the
same checks, the same kernel, the same rejects. What no batch can see, ids that stand in two
batches, is found by Spark before.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Protocol, Unpack

import pyarrow as pa
import pyarrow.compute as pc
from attrs import field, frozen

from aidrules.backends.interpreter import emit
from aidrules.backends.kernel import Layout
from aidrules.household import Reader
from aidrules.population.ask import told_from
from aidrules.population.decisions import schema
from aidrules.population.opening import open_tables
from aidrules.population.screen import CountsError, How, Policies
from aidrules.population.screen import screen as screen_tables
from aidrules.population.table import ID, Told
from aidrules.population.telling import Telling
from aidrules.program import Program

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

REPEATED: Final = "aidrules_repeated"
"""The column that says whether another row has the same id."""


def _without_dictionaries(kind: Any) -> Any:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


DECISIONS: Final = pa.schema(
    [(each.name, _without_dictionaries(each.type)) for each in schema(pa.string())]
)
"""The columns of decisions; see docs/screening.md."""

ROWS: Final = pa.schema(
    [
        *DECISIONS,
        ("code", pa.string()),
        ("field", pa.string()),
        ("read", pa.int64()),
        ("accepted", pa.int64()),
    ]
)
"""What workers yield: decisions; what is rejected, with a code; and counts of what was read."""


class Known(Protocol):
    """A policy: `aidrules.Policy` is one."""

    @property
    def name(self) -> str:
        """Of the policy."""

    @property
    def hash(self) -> str:
        """Of its files."""

    @property
    def program(self) -> Program:
        """The typed program."""


@frozen
class Screened:
    """What came of a run; nothing is computed before it is asked for.

    Attributes:
        rows: All that workers yield, persisted; call `rows.unpersist()` when done.
        decisions: One row for each record and grant or requirement, with the columns of a run.
        rejects: Household, kind of record, field and reason of what was not taken.
    """

    rows: "DataFrame" = field(repr=False)
    decisions: "DataFrame" = field(repr=False)
    rejects: "DataFrame" = field(repr=False)

    def summary(self) -> dict[str, Any]:
        """Return the counts of the run: of records, and of statuses for each grant.

        Raises:
            CountsError: If records are not accounted for: a fault of this library.
        """
        from pyspark.sql import functions as sql  # noqa: PLC0415 - an extra

        counts = self.rows.filter("read is not null").groupBy("entity")
        records = {
            row["entity"]: {"read": row["read"], "accepted": row["accepted"]}
            for row in counts.agg(
                sql.sum("read").alias("read"), sql.sum("accepted").alias("accepted")
            ).collect()
            if row["read"]
        }
        grants: dict[str, dict[str, Any]] = {}
        for row in self.decisions.groupBy("entity", "grant", "status").count().collect():
            counted = grants.setdefault(row["grant"], {"entity": row["entity"]})
            counted[row["status"]] = row["count"]
        for key, counted in grants.items():
            told = records[counted["entity"]]
            decided = sum(many for word, many in counted.items() if word != "entity")
            if decided != told["accepted"]:
                message = f"{key}: {told['accepted']} records accepted, {decided} decided"
                raise CountsError(message)
            counted |= {"read": told["read"], "rejected": told["read"] - told["accepted"]}
        return {"records": records, "grants": grants}


def screen(
    policy: Known, households: "DataFrame", on: date | str, **telling: Unpack[Telling]
) -> Screened:
    """Decide all households of a data frame of Spark.

    Args:
        policy: The policy; workers get it as it is, and make its kernel once.
        households: One row for each, nested: lists of structs under the names of kinds below, a
            struct for a kind above, as the one nested table of `Policy.screen`.
        on: The date.
        telling: What is said of the columns: `places`, `renamed`, `ignored`, `root`.

    Returns:
        The same rows, byte for byte, as `Policy.screen` gives for the same table, in no order.

    Raises:
        PolicyError: If the policy has errors.
        LookupError: If the policy has no such kind of record.
        TablesError: If the columns are wrong.
        ValueError: If `on` is text that is no ISO date.
    """
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema  # noqa: PLC0415

    day = date.fromisoformat(on) if isinstance(on, str) else on
    told = told_from(telling)
    layout = Layout.of(policy.program, told.root)
    empty = to_arrow_schema(households.schema).empty_table()
    open_tables(layout, {layout.root: empty}, told)  # wrong columns are told before anything runs
    own_id = told.renamed.get(layout.root, {}).get(ID, ID)
    work = _worker(_Shipped(policy.name, policy.hash, policy.program), day, told, own_id)
    marked = _marked(households, own_id)
    rows = marked.mapInArrow(work, from_arrow_schema(ROWS)).persist()
    decisions = rows.filter("code is null and read is null").select(*DECISIONS.names)
    rejects = rows.filter("code is not null").selectExpr(
        "household", "entity", "field", "code as reason"
    )
    return Screened(rows, decisions, rejects)


def _marked(households: "DataFrame", own_id: str) -> "DataFrame":
    """Return households with a mark on those whose id another row has too."""
    from pyspark.sql import functions as sql  # noqa: PLC0415 - an extra

    twice = households.groupBy(own_id).count().filter(f"count > 1 and `{own_id}` is not null")
    twice = twice.select(own_id, sql.lit(True).alias(REPEATED))
    return households.join(sql.broadcast(twice), own_id, "left").select(
        *(households[name] for name in households.columns), sql.col(REPEATED)
    )


# ---------------------------------------------------------------- in a worker


@frozen
class _Shipped:
    """A policy as it goes to a worker."""

    name: str
    hash: str
    program: Program


_MADE: dict[str, Policies] = {}
"""The policies that this process has made, by hash."""


def _made(shipped: _Shipped) -> Policies:
    if shipped.hash not in _MADE:
        program = shipped.program
        _MADE[shipped.hash] = Policies(
            shipped.name, shipped.hash, program, emit(program), Reader.of(program)
        )
    return _MADE[shipped.hash]


def _worker(
    shipped: _Shipped, on: date, told: Told, own_id: str
) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """Return what turns batches of households into batches of rows."""

    def work(batches: Iterable[Any]) -> Iterator[Any]:
        policy = _made(shipped)
        layout = Layout.of(policy.program, told.root)
        for batch in batches:
            table = pa.Table.from_batches([batch])
            marks = pc.fill_null(table.column(REPEATED), False)
            table = table.drop_columns([REPEATED])
            yield from _repeated(table.filter(marks), layout, own_id)
            alone = table.filter(pc.invert(marks))
            if alone.num_rows:
                yield from _screened(policy, alone, on, told, layout.root, own_id)

    return work


def _screened(
    policy: Policies, table: Any, on: date, told: Told, root: str, own_id: str
) -> Iterator[Any]:
    with TemporaryDirectory() as made:
        run = screen_tables(policy, {root: table}, on, Path(made) / "run", told, How())
        decisions = run.decisions().cast(DECISIONS)
        rejects, counts = run.rejects(), run.summary["records"]
    yield from _padded(decisions)
    rows = pc.subtract(rejects.column("row"), 1)
    yield from _padded(
        pa.table(
            {
                "household": pc.cast(table.column(own_id), pa.string()).take(rows),
                "entity": rejects.column("entity"),
                "code": rejects.column("reason"),
                "field": rejects.column("field"),
            }
        )
    )
    yield from _counts({kind: (each["read"], each["accepted"]) for kind, each in counts.items()})


def _repeated(table: Any, layout: Layout, own_id: str) -> Iterator[Any]:
    """Yield the rejects and counts of households whose id another row has too."""
    if not table.num_rows:
        return
    count = table.num_rows
    yield from _padded(
        pa.table(
            {
                "household": pc.cast(table.column(own_id), pa.string()),
                "entity": pa.array([layout.root] * count),
                "code": pa.array(["repeated-id"] * count),
                "field": pa.array([ID] * count),
            }
        )
    )
    read = {layout.root: (count, 0)}
    for kind, many in _below(table.combine_chunks(), layout.root, layout.program):
        read[kind] = (read.get(kind, (0, 0))[0] + many, 0)
    yield from _counts(read)


def _below(table: Any, kind: str, program: Program) -> Iterator[tuple[str, int]]:
    """Yield how many records of each kind there are below some."""
    for child in program.children(kind):
        if child in table.column_names:
            listed = pc.list_flatten(table.column(child))
            yield child, len(listed)
            struct = listed.combine_chunks() if isinstance(listed, pa.ChunkedArray) else listed
            if pa.types.is_struct(struct.type):
                inner = pa.Table.from_batches([pa.RecordBatch.from_struct_array(struct)])
                yield from _below(inner, child, program)


def _counts(read: dict[str, tuple[int, int]]) -> Iterator[Any]:
    yield from _padded(
        pa.table(
            {
                "entity": pa.array(list(read)),
                "read": pa.array([each for each, _ in read.values()], pa.int64()),
                "accepted": pa.array([each for _, each in read.values()], pa.int64()),
            }
        )
    )


def _padded(table: Any) -> Iterator[Any]:
    """Yield the batches of a table with all columns of rows, null where it has none."""
    columns = [
        table.column(each.name).cast(each.type)
        if each.name in table.column_names
        else pa.nulls(table.num_rows, each.type)
        for each in ROWS
    ]
    yield from pa.table(columns, schema=ROWS).to_batches()
