"""The records of some documents, kind by kind, as they came from tables: before they are read.

A kind's records lie one after another in the order of their parents; each remembers the row of the
file that it came from, so that whatever is wrong with it can be named.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import evolve, field, frozen

from aidrules.population.columns import WrongType, parents, plain


@frozen(eq=False)
class Level:
    """The records of one kind.

    Attributes:
        columns: Arrow arrays by name: facts, and what stands behind their names.
        ids: int64 or text, one for each record.
        parent: int64: the row of the record above; of a kind above the documents' own, and of that
            itself, the row of the record above it, -1 if it was not told.
        rows: int64: the row of its table that it came from, pieces counted through.
        unlisted: bool, one for each record of the kind above: its list was not given at all; None
            if every list was given.
    """

    columns: Mapping[str, Any] = field(repr=False)
    ids: Any = field(repr=False)
    parent: Any = field(repr=False)
    rows: Any = field(repr=False)
    unlisted: Any = field(repr=False, default=None)

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.rows)

    def kept(self, mask: Any, parent: Any, unlisted: Any) -> "Level":
        """Return the records of a mask, with other parents."""
        chosen = pa.array(mask)
        columns = {name: array.filter(chosen) for name, array in self.columns.items()}
        return Level(columns, self.ids.filter(chosen), parent, self.rows[mask], unlisted)


@frozen(eq=False)
class Chunk:
    """Some documents.

    Attributes:
        root: The kind of their own record.
        levels: By kind: the root, and those below and above it that there are tables of.
        orphans: By kind, the rows of records whose parent is not there.
    """

    root: str
    levels: Mapping[str, Level] = field(repr=False)
    orphans: Mapping[str, Any] = field(repr=False, factory=dict)

    @property
    def size(self) -> int:
        """How many documents there are."""
        return self.levels[self.root].count

    def kept(self, mask: Any, below: Sequence[tuple[str, str]]) -> "Chunk":
        """Return the documents of a mask, with all that stands below them.

        Args:
            mask: bool, one for each document.
            below: The kinds below the root with their parents, parents first.
        """
        root = self.levels[self.root]
        levels = {**self.levels, self.root: root.kept(mask, root.parent[mask], None)}
        masks = {self.root: mask}
        for kind, above in below:
            level = self.levels.get(kind)
            if level is None:
                continue
            numbers = np.cumsum(masks[above]) - 1
            masks[kind] = masks[above][level.parent]
            unlisted = None if level.unlisted is None else level.unlisted[masks[above]]
            parent = numbers[level.parent[masks[kind]]]
            levels[kind] = level.kept(masks[kind], parent, unlisted)
        return evolve(self, levels=levels, orphans={})


# ---------------------------------------------------------------- keys


def keys(array: Any, *, is_text: bool) -> Any:
    """Return ids or keys: whole numbers of 64 bits, or text.

    Raises:
        WrongType: If they are neither.
    """
    array = plain(array)
    kind = array.type
    if pa.types.is_integer(kind):
        return pc.cast(array, pa.string() if is_text else pa.int64())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pc.cast(array, pa.string()) if is_text and array.nbytes < _SHORT else array
    if pa.types.is_null(kind):
        return pa.nulls(len(array), pa.string() if is_text else pa.int64())
    raise WrongType(str(kind))


_SHORT = 1 << 30


def match(ids: Any, wanted: Any, *, is_sorted: bool) -> Any:
    """Return the row of each wanted id among some, the first if there are several; -1 for none."""
    count = len(ids)
    if not count or not len(wanted):
        return np.full(len(wanted), -1, np.int64)
    if is_sorted and pa.types.is_integer(ids.type) and not (wanted.null_count or ids.null_count):
        have, want = ids.to_numpy(), wanted.to_numpy()
        starts = np.flatnonzero(np.append(True, want[1:] != want[:-1]))
        runs = want[starts]
        at = np.minimum(np.searchsorted(have, runs), count - 1)
        at = np.where(have[at] == runs, at, -1)
        return np.repeat(at, np.diff(np.append(starts, len(want))))
    at = pc.index_in(wanted, value_set=ids, skip_nulls=True)
    return at.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)


def is_rising(array: Any, *, strictly: bool = False) -> bool:
    """Whether each value is at least (strictly: above) the one before it, and none is null."""
    if array.null_count:
        return False
    if len(array) < 2:  # noqa: PLR2004 - one is in order
        return True
    if pa.types.is_integer(array.type):
        numbers = array.to_numpy()
        steps = numbers[1:] > numbers[:-1] if strictly else numbers[1:] >= numbers[:-1]
        return bool(steps.all())
    compare = pc.greater if strictly else pc.greater_equal
    return bool(pc.all(compare(array[1:], array[:-1])).as_py())


# ---------------------------------------------------------------- nested tables


def unnested(
    batch: Any, start: int, root: str, below: Sequence[tuple[str, str]], above: Sequence[str]
) -> Chunk:
    """Return the documents of a nested table: a row for each, lists of structs below it.

    Args:
        batch: Record batch.
        start: The row of its table that it begins with.
        root: The kind of a document.
        below: The kinds below the root with their parents, parents first.
        above: The kinds above the root, from the next one up.
    """
    kinds = {*(kind for kind, _ in below), *above}
    size = batch.num_rows
    named = dict(zip(batch.schema.names, batch.columns, strict=True))
    rows = start + np.arange(size, dtype=np.int64)
    ids = _ids(named.get("id"), rows + 1)
    columns = {name: each for name, each in named.items() if name not in {"id", *kinds}}
    levels = {root: Level(columns, ids, np.full(size, -1, np.int64), rows)}
    structs: dict[str, Mapping[str, Any]] = {root: named}
    for kind, parent in below:
        array = structs.get(parent, {}).get(kind)
        if array is None or pa.types.is_null(array.type):
            continue
        array = plain(array)
        if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type)):
            raise WrongType(str(array.type))
        places = parents(array)
        item = array.flatten()
        parts = _fields(item)
        structs[kind] = parts
        is_null = array.is_null().to_numpy(zero_copy_only=False)
        levels[kind] = Level(
            {name: each for name, each in parts.items() if name not in {"id", *kinds}},
            _ids(parts.get("id"), None, len(item)),
            places,
            levels[parent].rows[places],
            is_null if is_null.any() else None,
        )
    child = root
    told = named
    for kind in above:
        array = told.get(kind)
        if array is None or pa.types.is_null(array.type):
            break
        array = plain(array)
        told = _fields(array)
        count = levels[child].count
        is_told = array.is_valid().to_numpy(zero_copy_only=False)
        at = np.where(is_told, np.arange(count), -1)
        levels[child] = evolve(levels[child], parent=at)
        columns = {name: each for name, each in told.items() if name not in {"id", *kinds}}
        levels[kind] = Level(
            columns,
            _ids(told.get("id"), np.arange(count)),
            np.full(count, -1, np.int64),
            levels[child].rows,
        )
        child = kind
    return Chunk(root, levels)


def _fields(array: Any) -> dict[str, Any]:
    if not pa.types.is_struct(array.type):
        raise WrongType(str(array.type))
    names = [array.type.field(at).name for at in range(array.type.num_fields)]
    return dict(zip(names, array.flatten(), strict=True))


def _ids(array: Any, otherwise: Any, count: int = 0) -> Any:
    if array is not None:
        array = plain(array)
        return keys(array, is_text=not pa.types.is_integer(array.type))
    if otherwise is None:
        return pa.nulls(count, pa.string())
    return pa.array(otherwise, pa.int64())


# ---------------------------------------------------------------- flat tables


def sliced(
    levels: Mapping[str, Level], root: str, below: Sequence[tuple[str, str]], rows: int
) -> Iterator[Chunk]:
    """Yield the documents of tables that are in memory, some at a time.

    Args:
        levels: Of all documents, each in the order of its parents.
        root: The kind of a document.
        below: The kinds below the root with their parents, parents first.
        rows: How many documents at once.
    """
    for first in range(0, levels[root].count, rows):
        spans = {root: (first, min(first + rows, levels[root].count))}
        cut = dict(levels)
        cut[root] = _cut(levels[root], *spans[root], 0)
        for kind, above in below:
            if kind not in levels or above not in spans:
                continue
            low, high = spans[above]
            found = np.searchsorted(levels[kind].parent, (low, high))
            spans[kind] = int(found[0]), int(found[1])
            cut[kind] = _cut(levels[kind], *spans[kind], low)
        yield Chunk(root, cut)


def _cut(level: Level, first: int, last: int, before: int) -> Level:
    return Level(
        {name: array.slice(first, last - first) for name, array in level.columns.items()},
        level.ids.slice(first, last - first),
        level.parent[first:last] - before,
        level.rows[first:last],
    )
