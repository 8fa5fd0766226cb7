"""Declared facts to tables of households that nobody is, with values at the edges mixed in.

Half of the numbers and dates lie where rules change their mind: at the ends of declared ranges, at
figures and numbers of the policy, and one step to both sides. The same seed gives the same tables.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from attrs import frozen

from aidrules.backends.kernel import Layout, Storage
from aidrules.population.columns import SEPARATOR, STATUS
from aidrules.population.decisions import PLACES, decimals
from aidrules.population.folder import written_whole
from aidrules.program import Constant, Fact, Program
from aidrules.traverse import expressions, walk
from aidrules.types import Date, Optional, Quantity, Reference, core

ROWS: Final = 1 << 17
ABOVE: Final = 40
"""How many records there are of each kind above households."""

_MANY: Final = 400
_MOST_BELOW: Final = 5
_EPOCH: Final = 719_163
_YEARS: Final = 130
_ELSEWHERE: Final = "elsewhere"


@frozen
class Edges:
    """Where a policy changes its mind.

    Attributes:
        numbers: That it writes, exact.
        days: The same, as ordinals.
    """

    numbers: tuple[Fraction, ...]
    days: tuple[int, ...]

    @staticmethod
    def of(program: Program, on: date) -> "Edges":
        """Return the numbers and days of a policy, and days whole years before a date."""
        numbers: set[Fraction] = set()
        days: set[int] = {on.toordinal()}
        for root in expressions(program):
            for node in walk(root):
                if isinstance(node, Constant):
                    _keep(node.value, node.type, numbers, days)
        for parameter in program.parameters:
            for row in parameter.rows:
                for each in row.values:
                    _keep(each.value, parameter.type, numbers, days)
                    days.update(day for day in (each.first, each.last) if day is not None)
        for number in numbers:
            if number.denominator == 1 and 0 < number <= _YEARS:
                years, leap = on.year - int(number), (on.month, on.day) == (2, 29)
                if years > 0:
                    days.add(date(years, on.month, 28 if leap else on.day).toordinal())
        return Edges(tuple(sorted(numbers)), tuple(sorted(days)))


def _keep(value: object, type_: object, numbers: set[Fraction], days: set[int]) -> None:
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        return
    if isinstance(type_, Optional):
        type_ = type_.type
    if isinstance(type_, Date):
        days.add(int(value))
    elif isinstance(type_, Quantity):
        numbers.add(Fraction(value))


def synthesize(
    program: Program,
    households: int,
    seed: int,
    out: str | Path,
    on: date | None = None,
    unknown: Fraction = Fraction(0),
    root: str | None = None,
) -> Path:
    """Write a table for each kind of record and return their folder.

    Args:
        program: Whose facts they have.
        households: How many documents.
        seed: The same gives the same tables.
        out: The folder; it must not be there.
        on: The day around which dates are chosen; None: the last from which the policy says
            something.
        unknown: The share of facts that are left out.
        root: The kind of a document; None: the household, or the highest kind.

    Raises:
        FileExistsError: If the folder is there.
        LookupError: If the policy has no such kind of record.
    """
    layout = Layout.of(program, root)
    edges = Edges.of(program, on or _last_day(program))
    with written_whole(Path(out)) as folder:
        maker = _Maker(layout, edges, seed, unknown)
        above = {kind: min(ABOVE, max(households, 1)) for kind in layout.above}
        for number, kind in enumerate(layout.above):
            higher = layout.above[number + 1] if number + 1 < len(layout.above) else None
            key = None if higher is None else (higher, maker.any_of(kind, 0, above[kind], above))
            table = maker.table(kind, 0, 0, above[kind], key, {})
            pq.write_table(table, folder / f"{kind}.parquet", store_decimal_as_integer=True)
        writers: dict[str, Any] = {}
        counted = dict.fromkeys((layout.root, *layout.below), 0)
        for batch, first in enumerate(range(0, households, ROWS)):
            size = min(ROWS, households - first)
            for kind, table in maker.batch(batch, size, counted, above):
                if kind not in writers:
                    writers[kind] = pq.ParquetWriter(
                        folder / f"{kind}.parquet", table.schema, store_decimal_as_integer=True
                    )
                writers[kind].write_table(table)
        for writer in writers.values():
            writer.close()
    return Path(out)


def _last_day(program: Program) -> date:
    days = [module.first for module in program.modules if module.first is not None]
    for parameter in program.parameters:
        days += [each.first for row in parameter.rows for each in row.values if each.first]
    return date.fromordinal(max(days, default=date(2024, 1, 1).toordinal()))


@frozen
class _Maker:
    layout: Layout
    edges: Edges
    seed: int
    unknown: Fraction

    def _chance(self, batch: int, *names: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, batch, *"/".join(names).encode()])

    def any_of(self, kind: str, batch: int, count: int, above: dict[str, int]) -> Any:
        """Return a record above for each of a kind."""
        higher = self.layout.program.entity[kind].parent or ""
        return self._chance(batch, kind, "above").integers(0, above[higher], count)

    def batch(
        self, batch: int, size: int, counted: dict[str, int], above: dict[str, int]
    ) -> Iterator[tuple[str, Any]]:
        """Yield the tables of some documents, and count on."""
        root = self.layout.root
        key = None
        if self.layout.above:
            key = self.layout.above[0], self.any_of(root, batch, size, above)
        sizes = {root: size}
        documents = {root: np.arange(size)}
        keys: dict[str, tuple[str, Any] | None] = {root: key}
        for kind in self.layout.below:
            parent = self.layout.parent(kind)
            limit = min(self.layout.program.entity[kind].limit, _MOST_BELOW)
            least = 1 if parent == root and kind == self.layout.below[0] else 0
            each = self._chance(batch, kind, "count").integers(least, limit + 1, sizes[parent])
            rows = np.repeat(np.arange(sizes[parent]), each)
            keys[kind] = parent, counted[parent] + rows
            documents[kind] = documents[parent][rows]
            sizes[kind] = len(rows)
        for kind in (root, *self.layout.below):
            places = {name: (documents[name], counted[name]) for name in documents}
            yield kind, self.table(kind, batch, counted[kind], sizes[kind], keys[kind], places)
        for kind, many in sizes.items():
            counted[kind] += many

    def table(
        self,
        kind: str,
        batch: int,
        first: int,
        count: int,
        key: tuple[str, Any] | None,
        places: dict[str, tuple[Any, int]],
    ) -> Any:
        """Return records of a kind.

        Args:
            kind: Of record.
            batch: The number of the batch.
            first: The id of the first.
            count: How many.
            key: The kind above and the id of the record above, for each.
            places: By kind, the document of each record of the batch, and the id of the first.
        """
        columns: dict[str, Any] = {"id": pa.array(first + np.arange(count))}
        if key is not None:
            columns[f"{key[0]}_id"] = pa.array(key[1], pa.int64())
        for (entity, name), storage in self.layout.facts.items():
            if entity != kind:
                continue
            chance = self._chance(batch, kind, name)
            fact = self.layout.program.fact[entity, name]
            is_known = _chosen(self.unknown, count, chance)
            is_there = np.ones(count, np.bool_)
            if storage.is_optional:
                is_there = chance.integers(0, 3, count) > 0
                words = np.where(is_there, 0, 1)
                status = pa.array(["known", "absent"]).take(pa.array(words, mask=~is_known))
                columns[f"{name}{STATUS}"] = status
            array = self._column(fact, storage, kind, count, chance, places)
            mask = pa.array(is_known & is_there)
            columns[name] = pa.compute.if_else(mask, array, pa.nulls(count, array.type))
        return pa.table(columns)

    def _column(
        self,
        fact: Fact,
        storage: Storage,
        kind: str,
        count: int,
        chance: np.random.Generator,
        places: dict[str, tuple[Any, int]],
    ) -> Any:
        match storage.kind:
            case "number":
                return self._numbers(fact, count, chance)
            case "date":
                return self._days(storage, count, chance)
            case "truth":
                return pa.array(chance.integers(0, 2, count).astype(np.bool_))
            case "choice":
                return _texts(storage.codes, count, chance)
            case "text":
                return _texts((*storage.codes, _ELSEWHERE), count, chance)
            case "selection":
                marks = chance.integers(0, 1 << min(len(storage.codes), 16), count)
                distinct, at = np.unique(marks, return_inverse=True)
                named = [
                    SEPARATOR.join(
                        c for k, c in enumerate(storage.codes[:16]) if int(mark) >> k & 1
                    )
                    for mark in distinct
                ]
                lists = pa.array([each.split(SEPARATOR) if each else [] for each in named])
                return lists.take(pa.array(at)).cast(pa.list_(pa.string()))
            case "reference":
                return _references(fact, kind, count, chance, places)

    def _numbers(self, fact: Fact, count: int, chance: np.random.Generator) -> Any:
        type_ = core(fact.type)
        whole = isinstance(type_, Quantity) and type_.whole
        step = Fraction(fact.step or (1 if whole else Fraction(1, 100)))
        low = Fraction(0 if fact.low is None else fact.low)
        high = Fraction(low + 1_000_000 if fact.high is None else fact.high)
        steps = int((high - low) / step)
        near: set[int] = {0, 1, steps - 1, steps}
        for number in self.edges.numbers[:_MANY]:
            at = (number - low) / step
            near.update(int(at) + each for each in (-1, 0, 1))
        edge = np.array(sorted(each for each in near if 0 <= each <= steps), np.int64)
        # small numbers are as frequent as large ones, decade by decade
        wide = np.exp(chance.random(count) * np.log(steps + 1)).astype(np.int64) - 1
        taken = np.where(
            chance.integers(0, 2, count) == 0,
            edge[chance.integers(0, len(edge), count)],
            wide,
        )
        places = next((at for at in range(PLACES) if (step * 10**at).denominator == 1), PLACES)
        unit = 10**places
        parts = np.clip(taken, 0, steps) * int(step * unit) + int(low * unit)
        return decimals(parts, np.ones(count, np.bool_), pa.decimal128(18, places))

    def _days(self, storage: Storage, count: int, chance: np.random.Generator) -> Any:
        near = sorted(
            {
                day + each
                for day in (*self.edges.days[-_MANY:], storage.low, storage.high)
                for each in (-1, 0, 1)
                if storage.low <= day + each <= storage.high
            }
        )
        last = max(self.edges.days)
        first = max(storage.low, last - 36_525)
        any_day = chance.integers(first, max(min(last + 400, storage.high), first) + 1, count)
        edge = np.array(near, np.int64)[chance.integers(0, len(near), count)]
        days = np.where(chance.integers(0, 2, count) == 0, edge, any_day)
        return pa.array((days - _EPOCH).astype(np.int32)).view(pa.date32())


def _chosen(left_out: Fraction, count: int, chance: np.random.Generator) -> Any:
    """Return which of some rows are chosen, where a share of them is left out."""
    return chance.integers(0, left_out.denominator, count) >= left_out.numerator


def _texts(codes: Sequence[str], count: int, chance: np.random.Generator) -> Any:
    at = pa.array(chance.integers(0, max(len(codes), 1), count), pa.int32())
    return pa.array(list(codes) or [_ELSEWHERE]).take(at)


def _references(
    fact: Fact,
    kind: str,
    count: int,
    chance: np.random.Generator,
    places: dict[str, tuple[Any, int]],
) -> Any:
    """Return ids of records of the same document; a document without any leaves it unknown."""
    type_ = core(fact.type)
    if not isinstance(type_, Reference) or type_.entity not in places or kind not in places:
        return pa.nulls(count, pa.int64())
    theirs, first = places[type_.entity]
    mine, _ = places[kind]
    begin, end = np.searchsorted(theirs, mine), np.searchsorted(theirs, mine, side="right")
    many = end - begin
    at = begin + (chance.random(count) * many).astype(np.int64)
    return pa.array(first + at, pa.int64(), mask=many == 0)
