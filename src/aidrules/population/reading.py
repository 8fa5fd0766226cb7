"""A chunk of documents to a batch, without those in which something is wrong, and what that is."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field, frozen

from aidrules.backends.kernel import Batch, Layout
from aidrules.population.columns import Reading
from aidrules.population.levels import Chunk, Level
from aidrules.population.survey import Survey
from aidrules.population.table import ID
from aidrules.population.tables import Tables


@frozen(eq=False)
class Rejects:
    """Rows of one table that are rejected for one reason.

    Attributes:
        kind: Of record.
        rows: int64, pieces counted through.
        code: Why.
        field: The column, or "".
    """

    kind: str
    rows: Any
    code: str
    field: str = ""


@frozen(eq=False)
class Read:
    """The documents of a chunk, read.

    Attributes:
        chunk: Without those that are rejected.
        batch: The same in arrays.
        rejects: What is wrong; each row of a rejected document is named at least once.
    """

    chunk: Chunk
    batch: Batch
    rejects: tuple[Rejects, ...]


HOUSEHOLD_REJECTED = "household-rejected"
ORPHAN = "orphan"


def read(tables: Tables, chunk: Chunk) -> Read:
    """Return the documents of a chunk in arrays."""
    found = [Rejects(kind, rows, ORPHAN) for kind, rows in chunk.orphans.items()]
    if tables.layout.root not in chunk.levels:
        nothing = np.zeros(0, np.int64)
        empty = Level({}, pa.nulls(0, pa.int64()), nothing, nothing)
        chunk = Chunk(chunk.root, {chunk.root: empty})
    read_once = _Reading(tables, chunk)
    batch = read_once.batch()
    if chunk.root in chunk.orphans:
        level = chunk.levels[chunk.root]
        read_once.bad |= np.isin(level.rows, chunk.orphans[chunk.root])
    if read_once.bad.any():
        found += read_once.rejects
        found += read_once.others(found)
        chunk = chunk.kept(~read_once.bad, tables.below)
        batch = _Reading(tables, chunk).batch()
    return Read(chunk, batch, tuple(found))


@define(eq=False)
class _Reading:
    tables: Tables
    chunk: Chunk
    rejects: list[Rejects] = field(factory=list)
    bad: Any = field(init=False)
    documents: dict[str, Any] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.bad = np.zeros(self.chunk.size, np.bool_)

    @property
    def layout(self) -> Layout:
        return self.tables.layout

    def batch(self) -> Batch:
        """Return the batch; whatever is wrong is noted, and its documents are marked."""
        root, levels = self.layout.root, self.chunk.levels
        size = self.chunk.size
        self.documents[root] = np.arange(size)
        counts = {root: size}
        offsets: dict[str, Any] = {}
        unlisted: dict[str, Any] = {}
        self._identities(root, levels[root])
        for kind, above in self.tables.below:
            limit = self.layout.program.entity[kind].limit
            level = levels.get(kind)
            many = counts[above]
            if level is None:
                offsets[kind], counts[kind] = np.zeros(many + 1, np.int64), 0
                self.documents[kind] = np.zeros(0, np.int64)
                unlisted[kind] = np.full(many, limit, np.int64)
                continue
            listed = np.bincount(level.parent, minlength=many)
            offsets[kind] = np.append(0, np.cumsum(listed)).astype(np.int64)
            counts[kind] = level.count
            self.documents[kind] = self.documents[above][level.parent]
            self._identities(kind, level)
            if listed.max(initial=0) > limit:
                over = listed[level.parent] > limit
                self._note(kind, np.flatnonzero(over), "too-many-records")
            if kind in self.tables.incomplete:
                unlisted[kind] = np.maximum(limit - listed, 0)
            elif level.unlisted is not None:
                unlisted[kind] = np.where(level.unlisted, limit, 0).astype(np.int64)
        above_rows = self._above(counts)
        facts: dict[tuple[str, str], Any] = {}
        for kind in (root, *self.layout.above, *self.layout.below):
            if kind in levels:
                facts.update(self._facts(kind, levels[kind]))
        return Batch(size, counts, offsets, above_rows, facts, unlisted, is_checked=True)

    def _above(self, counts: dict[str, int]) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        below: Level | None = self.chunk.levels[self.layout.root]
        for kind in self.layout.above:
            level = self.chunk.levels.get(kind)
            counts[kind] = 0 if level is None else level.count
            many = 0 if below is None else below.count
            is_linked = level is not None and below is not None
            rows[kind] = below.parent if is_linked and below else np.full(many, -1, np.int64)
            below = level
        return rows

    def _facts(self, kind: str, level: Level) -> Iterator[tuple[tuple[str, str], Any]]:
        places = self.tables.told.places.get(kind, {})

        def rows_of(entity: str, array: Any) -> Any:
            return self._rows_of(kind, entity, array)

        reading = Reading(level.columns, level.count, places, rows_of)
        for (entity, name), storage in self.layout.facts.items():
            if entity == kind:
                column = reading.fact(self.layout.program.fact[entity, name], storage)
                if column is not None:
                    yield (entity, name), column
        for wrong in reading.wrong:
            self._note(kind, wrong.rows, wrong.code, wrong.column)

    # ------------------------------------------------------------ ids

    def _identities(self, kind: str, level: Level) -> None:
        """Note records without an id, and those that share one."""
        if level.ids.null_count:
            nameless = np.flatnonzero(level.ids.is_null().to_numpy(zero_copy_only=False))
            self._note(kind, nameless, "missing-id", ID)
        survey = self.tables.surveys.get(kind)
        if survey is not None and len(survey.repeated):
            self._repeated(kind, level, survey)
        if self.tables.is_nested and kind != self.layout.root:
            codes, many = _coded(level.ids)
            within = self.documents[kind] * many + codes
            ordered = np.sort(within[codes >= 0])
            twice = ordered[1:][ordered[1:] == ordered[:-1]]
            if len(twice):
                self._note(kind, np.flatnonzero(np.isin(within, twice)), "repeated-id", ID)

    def _repeated(self, kind: str, level: Level, survey: Survey) -> None:
        across = np.flatnonzero(np.isin(level.rows, survey.across))
        if len(across) and kind != self.layout.root:
            self._note(kind, across, "in-two-places", ID)
        is_same = np.isin(level.rows, survey.repeated) & ~np.isin(level.rows, survey.across)
        same = is_same if kind != self.layout.root else np.isin(level.rows, survey.repeated)
        self._note(kind, np.flatnonzero(same), "repeated-id", ID)

    def _rows_of(self, kind: str, entity: str, array: Any) -> Any:
        """Return the rows of the records of the same document that some ids name; -1 for none."""
        level = self.chunk.levels.get(entity)
        nobody = np.full(len(array), -1, np.int64)
        if level is None or not level.count:
            return nobody
        text = pc.cast(array, pa.string())
        ids = pc.cast(level.ids, pa.string())
        if entity in self.layout.above or kind in self.layout.above:
            return self._above_of(kind, entity, ids, text)
        codes, many = _coded(pa.concat_arrays([ids, text]))
        have, want = codes[: len(ids)], codes[len(ids) :]
        mine = self.documents[entity] * many + have
        theirs = self.documents[kind] * many + want
        order = np.argsort(mine, kind="stable")
        at = np.minimum(np.searchsorted(mine[order], theirs), len(mine) - 1)
        rows = order[at]
        return np.where((mine[rows] == theirs) & (want >= 0), rows, -1)

    def _above_of(self, kind: str, entity: str, ids: Any, wanted: Any) -> Any:
        """Return the record above the document if it is the one that is named."""
        if entity not in self.layout.above or kind in self.layout.above:
            return np.full(len(wanted), -1, np.int64)
        rows = np.arange(self.chunk.size)
        child = self.layout.root
        for each in self.layout.above:
            link = self.chunk.levels[child].parent
            rows = np.where(rows >= 0, np.append(link, -1)[rows], -1)
            child = each
            if each == entity:
                break
        rows = rows[self.documents[kind]]
        named = ids.take(pa.array(np.maximum(rows, 0)))
        same = pc.fill_null(pc.equal(named, wanted), False).to_numpy(zero_copy_only=False)
        return np.where(same & (rows >= 0), rows, -1)

    # ------------------------------------------------------------ what is wrong

    def _note(self, kind: str, at: Any, code: str, column: str = "") -> None:
        if not len(at):
            return
        level = self.chunk.levels[kind]
        self.rejects.append(Rejects(kind, level.rows[at], code, column))
        if kind not in self.layout.above:
            self.bad[self.documents[kind][at]] = True
            return
        marked = np.zeros(level.count + 1, np.bool_)
        marked[at] = True
        for each in reversed(self.layout.above[: self.layout.above.index(kind)]):
            marked = np.append(marked[self.chunk.levels[each].parent], False)
        self.bad |= marked[self.chunk.levels[self.layout.root].parent]

    def others(self, found: list[Rejects]) -> list[Rejects]:
        """Return the rows that are rejected only because their document is."""
        is_nested, root = self.tables.is_nested, self.layout.root
        made: list[Rejects] = []
        for kind in (root,) if is_nested else (root, *self.layout.below):
            level = self.chunk.levels.get(kind)
            if level is None:
                continue
            # a row of a nested table holds all records of a document
            rows = [each.rows for each in found if is_nested or each.kind == kind]
            mine = level.rows[self.bad[self.documents[kind]]]
            left = np.setdiff1d(mine, np.concatenate(rows)) if rows else mine
            if len(left):
                made.append(Rejects(kind, left, HOUSEHOLD_REJECTED))
        return made


def _coded(ids: Any) -> tuple[Any, int]:
    """Return a number for each distinct id, -1 for none, and one more than there are."""
    coded = pc.dictionary_encode(ids)
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, len(coded.dictionary) + 1
