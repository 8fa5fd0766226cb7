"""Two policies over the households of some tables to who gains, who loses, and how much in all."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import evolve, field, frozen

from aidrules.backends.kernel import Layout
from aidrules.lexicon import exact
from aidrules.population.decisions import DECIMAL
from aidrules.population.folder import Screening
from aidrules.population.opening import open_tables
from aidrules.population.screen import How, Policies, screen
from aidrules.population.sources import Given
from aidrules.population.table import ID, Table, Told, whole
from aidrules.program import Program

_KEYS: Final = ("household", "entity", "record")
_PARTS: Final = ("status", "amount", "exact", "services")
_HAPPENS: Final = ("gain", "lose", "same")
_OTHERWISE: Final = "otherwise"


@frozen
class Effect:
    """What a change of policy does to the claims of a group on one grant.

    Attributes:
        group: The value by which the group was made; None: all, or nothing was said of it.
        gain: How many records are granted more, or are granted for the first time.
        lose: How many are granted less, or no longer.
        same: How many are decided alike.
        otherwise: How many are decided otherwise in another way: other services, or what one
            policy cannot decide.
        before: What the old policy grants them in all, exact, in the unit of the grant; 0 for what
            is no amount.
        after: What the new one does.
        more: What those who gain gain.
        less: What those who lose lose.
    """

    group: str | None
    gain: int = 0
    lose: int = 0
    same: int = 0
    otherwise: int = 0
    before: Fraction = Fraction(0)
    after: Fraction = Fraction(0)
    more: Fraction = Fraction(0)
    less: Fraction = Fraction(0)

    def to_json(self) -> dict[str, object]:
        """Return it as plain data: amounts as decimal text, or a fraction if no decimal is."""
        counts = {name: getattr(self, name) for name in ("gain", "lose", "same", "otherwise")}
        sums = {name: exact(getattr(self, name)) for name in ("before", "after", "more", "less")}
        return {"group": self.group, **counts, **sums}


@frozen
class GrantEffect:
    """What it does to one grant.

    Attributes:
        old: The key in the old policy; None if it is new.
        new: The key in the new one; None if it is gone.
        all: Of all records that neither policy rejects.
        groups: Of each group, by what the groups were made of.
    """

    old: str | None
    new: str | None
    all: Effect
    groups: Mapping[str, tuple[Effect, ...]] = field(factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return it as plain data."""
        return {
            "old": self.old,
            "new": self.new,
            "all": self.all.to_json(),
            "groups": {by: [each.to_json() for each in found] for by, found in self.groups.items()},
        }


@frozen
class Effects:
    """What it does to the households of some tables.

    Attributes:
        read: How many records of the household's kind there were.
        rejected: How many each policy rejected, the old one first: they count for nothing here.
        grants: In the order that was asked for.
    """

    read: int
    rejected: tuple[int, int]
    grants: tuple[GrantEffect, ...]

    def to_json(self) -> dict[str, object]:
        """Return it as plain data."""
        return {
            "read": self.read,
            "rejected_by_old": self.rejected[0],
            "rejected_by_new": self.rejected[1],
            "grants": [each.to_json() for each in self.grants],
        }


def effects(
    policies: tuple[Policies, Policies],
    grants: Sequence[tuple[str | None, str | None]],
    given: Mapping[str, Given] | Given,
    on: date,
    told: Told,
    by: Sequence[str] = (),
    threads: int = 1,
) -> Effects:
    """Return what a change of policy does to the households of some tables.

    Args:
        policies: The old and the new one.
        grants: The keys of each grant in both; None where there is none.
        given: Tables by kind of record, or the one of the root, with the columns of both policies.
        on: The date asked for.
        told: What is said of the tables.
        by: Of what groups are made: a fact of the household, a kind above it, or `KIND.FACT`.
        threads: How many compute at once.

    Raises:
        FileNotFoundError: If a table is not there.
        LookupError: If a policy has no such kind of record, or no such fact.
        TablesError: If nothing can be read.
    """
    with TemporaryDirectory() as made:
        runs = []
        for at, policy in enumerate(policies):
            mine = _without_others(told, policy.program, policies[1 - at].program)
            out = Path(made) / str(at)
            runs.append(screen(policy, given, on, out, mine, How(threads)))
        new = policies[1].program
        layout = Layout.of(new, told.root)
        mine = _without_others(told, new, policies[0].program)
        groups = {each: _groups(layout, given, mine, each) for each in by}
        found = tuple(_effect(tuple(runs), keys, groups) for keys in grants)
        counts = [run.summary["records"][layout.root] for run in runs]
    return Effects(
        counts[1]["read"],
        (counts[0]["read"] - counts[0]["accepted"], counts[1]["read"] - counts[1]["accepted"]),
        found,
    )


def _without_others(told: Told, program: Program, other: Program) -> Told:
    """Return what is said of tables for a policy that does not know some facts of another."""
    ignored = {kind: set(names) for kind, names in told.ignored.items()}
    for entity, name in other.fact:
        if (entity, name) not in program.fact:
            column = told.renamed.get(entity, {}).get(name, name)
            ignored.setdefault(entity, set()).add(column)
    return evolve(told, ignored={kind: frozenset(names) for kind, names in ignored.items()})


# ---------------------------------------------------------------- groups


def _groups(layout: Layout, given: Mapping[str, Given] | Given, told: Told, by: str) -> Any:
    """Return a table of households and the group of each, as text.

    Raises:
        LookupError: If there is no such fact or kind above.
    """
    tables = open_tables(layout, given, told)
    root = whole(tables.tables[layout.root])
    kind, _, name = by.rpartition(".")
    if by in layout.above:
        values = _above(root, by)
    elif kind in layout.above:
        values = _looked_up(_above(root, kind), tables.tables.get(kind), name, by)
    elif (kind or layout.root) == layout.root and name in root.schema.names:
        values = root.column(name)
    else:
        raise LookupError(by)
    if pa.types.is_dictionary(values.type):
        values = pc.cast(values, values.type.value_type)
    ids = pc.cast(root.column(ID), pa.string())
    return pa.table({"household": ids, "group": pc.cast(values, pa.string())})


def _above(root: Any, kind: str) -> Any:
    """Return the id of the record of a kind above each household."""
    names = root.schema.names
    if f"{kind}_id" in names:
        return root.column(f"{kind}_id")
    if kind in names:
        return pc.struct_field(root.column(kind), ID)
    raise LookupError(kind)


def _looked_up(keys: Any, table: Table | None, name: str, by: str) -> Any:
    if table is None:
        raise LookupError(by)
    rows = whole(table)
    if name not in rows.schema.names:
        raise LookupError(by)
    places = pc.index_in(
        pc.cast(keys, pa.string()), value_set=pc.cast(rows.column(ID), pa.string())
    )
    return pc.take(rows.column(name), places)


# ---------------------------------------------------------------- one grant


@frozen(eq=False)
class _Rows:
    """What happens to each record, and what it is granted before and after.

    Attributes:
        plain: Those whose amounts are decimals of the run's places, as an Arrow table.
        odd: The rest: household, what happens, amounts before and after.
    """

    plain: Any
    odd: tuple[tuple[str, str, Fraction, Fraction], ...]


def _effect(
    runs: tuple[Screening, ...], keys: tuple[str | None, str | None], groups: Mapping[str, Any]
) -> GrantEffect:
    rows = _judged(_joined(runs, keys))
    (everybody,) = _counted(rows, None) or (Effect(None),)
    return GrantEffect(*keys, everybody, {by: _counted(rows, each) for by, each in groups.items()})


def _joined(runs: tuple[Screening, ...], keys: tuple[str | None, str | None]) -> Any:
    """Return a row for each record that both policies decide; what one lacks, it refuses."""
    tables = [_decided(run, key) for run, key in zip(runs, keys, strict=True)]
    before, after = (
        _refused(tables[1 - at]) if table is None else table for at, table in enumerate(tables)
    )
    before = before.rename_columns([*_KEYS, *(f"{part}_before" for part in _PARTS)])
    return after.join(before, keys=list(_KEYS), join_type="inner").combine_chunks()


def _decided(run: Screening, key: str | None) -> Any:
    if key is None:
        return None
    table = run.decisions()
    table = table.filter(pc.equal(pc.cast(table.column("grant"), pa.string()), key))
    table = table.select([*_KEYS, *_PARTS])
    for name in ("household", "entity", "record", "status"):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, pc.cast(table.column(name), pa.string()))
    return table


def _refused(table: Any) -> Any:
    """Return the same records, all refused."""
    count = table.num_rows
    columns = [
        pa.array(["refused"] * count, pa.string()),
        *(pa.nulls(count, table.schema.field(name).type) for name in _PARTS[1:]),
    ]
    kept = [table.column(name) for name in _KEYS]
    return pa.table([*kept, *columns], names=[*_KEYS, *_PARTS])


def _judged(rows: Any) -> _Rows:
    odd = pc.or_(pc.is_valid(rows.column("exact")), pc.is_valid(rows.column("exact_before")))
    few = rows.filter(odd).to_pylist()
    return _Rows(_of_decimals(rows.filter(pc.invert(odd))), tuple(map(_of_fractions, few)))


def _of_decimals(rows: Any) -> Any:
    is_now, was = (_is(rows, name, "granted") for name in ("status", "status_before"))
    is_refused, was_refused = (_is(rows, name, "refused") for name in ("status", "status_before"))
    zero = pa.scalar(0, DECIMAL)
    after, before = (
        pc.if_else(held, pc.fill_null(rows.column(name), zero), zero)
        for held, name in ((is_now, "amount"), (was, "amount_before"))
    )
    still = pc.and_(is_now, was)
    one, other = (pc.fill_null(rows.column(name), "") for name in ("services", "services_before"))
    conditions = (
        pc.or_(pc.and_(was_refused, is_now), pc.and_(still, pc.greater(after, before))),
        pc.or_(pc.and_(was, is_refused), pc.and_(still, pc.less(after, before))),
        pc.or_(pc.and_(is_refused, was_refused), pc.and_(still, pc.equal(one, other))),
    )
    struct = pc.make_struct(*map(_flat, conditions), field_names=list(_HAPPENS))
    happens = pc.case_when(struct, *map(pa.scalar, _HAPPENS), pa.scalar(_OTHERWISE))
    columns = [rows.column("household"), happens, before, after]
    return pa.table(columns, names=["household", "happens", "before", "after"])


def _of_fractions(row: Mapping[str, Any]) -> tuple[str, str, Fraction, Fraction]:
    before, after = (
        Fraction(row[f"exact{end}"] or row[f"amount{end}"] or 0)
        if row[f"status{end}"] == "granted"
        else Fraction(0)
        for end in ("_before", "")
    )
    known = {row["status"], row["status_before"]} <= {"granted", "refused"}
    happens = "gain" if before < after else "lose" if after < before else "same"
    return str(row["household"]), happens if known else _OTHERWISE, before, after


def _is(rows: Any, name: str, status: str) -> Any:
    return pc.equal(rows.column(name), status)


def _flat(array: Any) -> Any:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


# ---------------------------------------------------------------- counting


def _counted(rows: _Rows, groups: Any) -> tuple[Effect, ...]:
    """Return the effect on each group, in order of its name; on all, if there are no groups."""
    found: dict[str | None, Effect] = {}
    names: dict[str, str | None] = {}
    if groups is not None:
        names = dict(
            zip(*(groups.column(n).to_pylist() for n in ("household", "group")), strict=True)
        )
        plain = rows.plain.join(groups, keys="household", join_type="left outer")
    else:
        plain = rows.plain.append_column("group", pa.nulls(rows.plain.num_rows, pa.string()))
    summed = plain.group_by(["group", "happens"]).aggregate(
        [("before", "sum"), ("after", "sum"), ([], "count_all")]
    )
    for row in summed.to_pylist():
        amounts = Fraction(row["before_sum"]), Fraction(row["after_sum"])
        effect = found.get(row["group"], Effect(row["group"]))
        found[row["group"]] = _with(effect, row["happens"], row["count_all"], amounts)
    for household, happens, before, after in rows.odd:
        group = names.get(household)
        found[group] = _with(found.get(group, Effect(group)), happens, 1, (before, after))
    return tuple(found[name] for name in sorted(found, key=lambda name: (name is None, name or "")))


def _with(effect: Effect, happens: str, count: int, amounts: tuple[Fraction, Fraction]) -> Effect:
    """Return an effect with some more records to which one thing happens."""
    before, after = amounts
    return evolve(
        effect,
        **{happens: getattr(effect, happens) + count},
        before=effect.before + before,
        after=effect.after + after,
        more=effect.more + (after - before if happens == "gain" else 0),
        less=effect.less + (before - after if happens == "lose" else 0),
    )
