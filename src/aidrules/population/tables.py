"""Tables of many households, flat or nested, to chunks of documents that are ready to be read.

Flat tables in which ids and keys rise are read as streams, so that memory stays flat; others are
put in the order of their parents in memory first. A first look at ids and keys alone finds what is
repeated, before anything is decided.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, evolve, field, frozen

from aidrules.backends.kernel import Layout
from aidrules.population.levels import Chunk, Level, keys, match, sliced, unnested
from aidrules.population.sources import ROWS
from aidrules.population.survey import Survey, Watch
from aidrules.population.table import ID, Refused, Table, Told, concatenated, whole


@frozen(eq=False)
class Tables:
    """The tables of a run, with what was found in a first look.

    Attributes:
        layout: Of the documents.
        told: What the run says of them.
        tables: By kind; a nested table stands under the root.
        is_nested: Whether there is one table with all records inside.
        refused: Files that are not read.
        surveys: By kind, of flat tables.
    """

    layout: Layout
    told: Told
    tables: Mapping[str, Table]
    is_nested: bool
    refused: tuple[Refused, ...]
    surveys: Mapping[str, Survey] = field(repr=False, factory=dict)

    @property
    def below(self) -> tuple[tuple[str, str], ...]:
        """The kinds below the root with their parents, parents first."""
        return tuple((kind, self.layout.parent(kind)) for kind in self.layout.below)

    @property
    def incomplete(self) -> frozenset[str]:
        """The kinds of which a record may have more below it than there are rows."""
        if self.is_nested:
            return frozenset()
        broken = {each.kind for each in self.refused}
        return frozenset(
            kind
            for kind in self.layout.below
            if kind in broken or kind not in self.told.complete or kind not in self.tables
        )

    @property
    def is_streamed(self) -> bool:
        """Whether flat tables are read as streams."""
        for kind, survey in self.surveys.items():
            if kind in self.layout.above:
                continue
            has_below = kind == self.layout.root or any(
                above == kind and each in self.tables for each, above in self.below
            )
            if (has_below and not survey.ids_rise) or (
                kind != self.layout.root and not survey.keys_rise
            ):
                return False
        return True

    @property
    def expected(self) -> int:
        """How many documents there are, as far as that is known before they are read."""
        survey = self.surveys[self.layout.root]
        if not survey.is_hoped:
            return sum(survey.counts)
        return sum(piece.rows() for piece in self.tables[self.layout.root].pieces)

    @property
    def is_text(self) -> bool:
        """Whether ids are text in any of the tables."""
        return any(survey.is_text for survey in self.surveys.values())

    def chunks(self, rows: int = ROWS) -> Iterator[Chunk]:
        """Yield all documents, some at a time, in the order of their table.

        Raises:
            Damaged: If a file cannot be read to its end.
        """
        root = self.layout.root
        if self.is_nested:
            start = 0
            watch = Watch(self.surveys[root])
            for at, batch in self.tables[root].batches():
                if ID in batch.schema.names:
                    watch.see(at, keys(batch.column(ID), is_text=False), None)
                else:
                    watch.count(at, batch.num_rows)
                yield unnested(batch, start, root, self.below, self.layout.above)
                start += batch.num_rows
            return
        above = self._above()
        made = self._streamed(above) if self.is_streamed else self._sorted(above, rows)
        yield from made

    # ------------------------------------------------------------ flat tables

    def _level(self, kind: str, batch: Any, start: int) -> tuple[Level, Any, Any]:
        """Return rows without a parent yet, their keys, and those of the root to kinds above."""
        table = self.tables[kind]
        named = dict(zip(batch.schema.names, batch.columns, strict=True))
        key = named.pop(table.key, None) if table.key else None
        ids = keys(named.pop(ID), is_text=self.is_text)
        rows = start + np.arange(batch.num_rows, dtype=np.int64)
        nobody = np.full(batch.num_rows, -1, np.int64)
        return (
            Level(named, ids, nobody, rows),
            None if key is None else keys(key, is_text=self.is_text),
            batch,
        )

    def _above(self) -> dict[str, tuple[Level, Any]]:
        """Return the records of the kinds above the root, all of them, and their own keys."""
        found: dict[str, tuple[Level, Any]] = {}
        for kind in self.layout.above:
            if kind in self.tables:
                level, key, _ = self._level(kind, whole(self.tables[kind]), 0)
                found[kind] = level, key
        return found

    def _with_above(
        self, root: Level, key: Any, above: Mapping[str, tuple[Level, Any]]
    ) -> tuple[dict[str, Level], Any]:
        """Return root and records above it, linked, and which documents name one not there."""
        linked: dict[str, Level] = {}
        lost = np.zeros(root.count, np.bool_)
        child, level = self.layout.root, root
        for kind in self.layout.above:
            if kind not in above:
                linked[child] = level
                return linked, lost
            higher, higher_key = above[kind]
            if key is not None:
                at = match(higher.ids, key, is_sorted=False)
                if child == self.layout.root:
                    lost = (at < 0) & key.is_valid().to_numpy(zero_copy_only=False)
                level = evolve(level, parent=at)
            linked[child] = level
            child, level, key = kind, higher, higher_key
        linked[child] = level
        return linked, lost

    def _streamed(self, above: Mapping[str, tuple[Level, Any]]) -> Iterator[Chunk]:
        cursors = {kind: _Cursor(self, kind) for kind, _ in self.below if kind in self.tables}
        start = 0
        watch = Watch(self.surveys[self.layout.root])
        for number, batch in self.tables[self.layout.root].batches():
            root, key, _ = self._level(self.layout.root, batch, start)
            watch.see(number, root.ids, None)
            start += batch.num_rows
            if not root.count:
                continue
            levels, lost = self._with_above(root, key, above)
            orphans = {self.layout.root: root.rows[lost]} if lost.any() else {}
            for kind, parent in self.below:
                if kind not in cursors or parent not in levels:
                    continue
                ids = levels[parent].ids
                level, found = cursors[kind].take(ids[-1] if len(ids) else None)
                at = match(ids, found, is_sorted=True)
                levels[kind] = _under(level, at, orphans, kind)
            yield Chunk(self.layout.root, levels, orphans)
        left = {kind: level.rows for kind, cursor in cursors.items() for level in cursor.rest()}
        if any(len(rows) for rows in left.values()):
            yield Chunk(self.layout.root, {}, left)

    def _sorted(self, above: Mapping[str, tuple[Level, Any]], rows: int) -> Iterator[Chunk]:
        name = self.layout.root
        root, key, _ = self._level(name, whole(self.tables[name]), 0)
        levels, lost = self._with_above(root, key, above)
        orphans = {name: root.rows[lost]} if lost.any() else {}
        for kind, parent in self.below:
            if kind not in self.tables or parent not in levels:
                continue
            level, found, _ = self._level(kind, whole(self.tables[kind]), 0)
            at = match(levels[parent].ids, found, is_sorted=False)
            order = np.argsort(at, kind="stable")
            chosen = pa.array(order)
            columns = {each: array.take(chosen) for each, array in level.columns.items()}
            ordered = Level(columns, level.ids.take(chosen), at, level.rows[order])
            levels[kind] = _under(ordered, at[order], orphans, kind)
        yield from sliced(levels, name, self.below, rows)
        if orphans:
            yield Chunk(name, {}, orphans)


def _under(level: Level, at: Any, orphans: dict[str, Any], kind: str) -> Level:
    """Return the records whose parent is there, and keep the rows of the others."""
    lost = at < 0
    if not lost.any():
        return evolve(level, parent=at)
    orphans[kind] = level.rows[lost]
    return level.kept(~lost, at[~lost], None)


@define(eq=False)
class _Cursor:
    """A table of a kind below the root, read as far as parents were."""

    tables: Tables
    kind: str
    _reader: Iterator[tuple[Level, Any]] = field(init=False)
    _waiting: list[tuple[Level, Any]] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self._reader = self._read()

    def _read(self) -> Iterator[tuple[Level, Any]]:
        start = 0
        watch = Watch(self.tables.surveys[self.kind])
        for number, batch in self.tables.tables[self.kind].batches(rows=8 * ROWS):
            level, key, _ = self.tables._level(self.kind, batch, start)  # noqa: SLF001 - its own
            watch.see(number, level.ids, key)
            start += batch.num_rows
            if level.count:
                yield level, key

    def take(self, last: Any) -> tuple[Level, Any]:
        """Return the records whose keys are up to a key, and these keys."""
        taken: list[tuple[Level, Any]] = []
        while last is not None:
            if not self._waiting:
                following = next(self._reader, None)
                if following is None:
                    break
                self._waiting.append(following)
            level, key = self._waiting.pop()
            count = _up_to(key, last)
            if count:
                taken.append((_part(level, 0, count), key.slice(0, count)))
            if count < len(key):
                self._waiting.append((_part(level, count, len(key)), key.slice(count)))
                break
        return _joined(taken, self.tables.is_text)

    def rest(self) -> Iterator[Level]:
        """Yield what is left, all at once."""
        left = [*self._waiting, *self._reader]
        if left:
            yield _joined(left, self.tables.is_text)[0]


def _up_to(key: Any, last: Any) -> int:
    if key[-1].as_py() <= last.as_py():
        return len(key)
    if pa.types.is_integer(key.type):
        return int(np.searchsorted(key.to_numpy(), last.as_py(), side="right"))
    return int(pc.sum(pc.less_equal(key, last)).as_py() or 0)


def _part(level: Level, first: int, last: int) -> Level:
    return Level(
        {name: array.slice(first, last - first) for name, array in level.columns.items()},
        level.ids.slice(first, last - first),
        level.parent[first:last],
        level.rows[first:last],
    )


def _joined(parts: Sequence[tuple[Level, Any]], is_text: bool) -> tuple[Level, Any]:  # noqa: FBT001 - the type of ids
    kind = pa.string() if is_text else pa.int64()
    if not parts:
        nothing = np.zeros(0, np.int64)
        return Level({}, pa.nulls(0, kind), nothing, nothing), pa.nulls(0, kind)
    if len(parts) == 1:
        return parts[0]
    levels = [level for level, _ in parts]
    names = dict.fromkeys(name for level in levels for name in level.columns)
    columns = {name: concatenated([_column(level, name) for level in levels]) for name in names}
    return Level(
        columns,
        concatenated([level.ids for level in levels]),
        np.concatenate([level.parent for level in levels]),
        np.concatenate([level.rows for level in levels]),
    ), concatenated([key for _, key in parts])


def _column(level: Level, name: str) -> Any:
    array = level.columns.get(name)
    return pa.nulls(level.count) if array is None else array
