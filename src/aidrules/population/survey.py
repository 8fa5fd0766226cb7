"""A table to what its ids and keys tell: whether they rise, and which of them repeat."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from aidrules.population.levels import is_rising, keys
from aidrules.population.table import ID, Table, Unordered, named, unified


@define
class Survey:
    """What a first look at ids and keys tells of a table.

    Attributes:
        counts: How many rows each piece has.
        is_text: Whether ids or keys are text.
        is_hoped: Whether nobody looked yet: order is seen to, and rows counted, as they are read.
        ids_rise: Whether each id is at least the one before it.
        keys_rise: The same of the keys to the records above.
        repeated: Rows, pieces counted through, whose id another row has too: int64.
        across: Those among them that have it under another parent as well.
    """

    counts: list[int]
    is_text: bool = False
    is_hoped: bool = False
    ids_rise: bool = True
    keys_rise: bool = True
    repeated: Any = field(factory=lambda: np.zeros(0, np.int64))
    across: Any = field(factory=lambda: np.zeros(0, np.int64))


def survey(table: Table) -> Survey:
    """Return what a first look at a table tells; ids are kept only if they do not rise.

    Raises:
        Damaged: If a file cannot be read to its end.
    """
    found = Survey([0] * len(table.pieces))
    strict = True
    last_id = last_key = None
    for at, mine, key in _keys(table):
        found.counts[at] += len(mine)
        found.is_text |= not pa.types.is_integer(mine.type)
        strict = strict and is_rising(mine, strictly=True)
        strict = strict and _follows(mine, last_id, strictly=True)
        found.ids_rise = found.ids_rise and is_rising(mine) and _follows(mine, last_id)
        last_id = mine[-1]
        if key is not None:
            found.is_text |= not pa.types.is_integer(key.type)
            found.keys_rise = found.keys_rise and is_rising(key) and _follows(key, last_key)
            last_key = key[-1]
    if not strict:
        # only now are all of them kept at once
        every = [(mine, key) for _, mine, key in _keys(table)]
        above = [key for _, key in every if key is not None]
        _repeated(found, unified([mine for mine, _ in every]), unified(above))
    return found


def _keys(table: Table) -> Iterator[tuple[int, Any, Any]]:
    """Yield the number of each piece, its ids, and its keys to the records above if it has any."""
    for at, batch in table.batches([ID] if table.key is None else [ID, table.key]):
        if not batch.num_rows or batch.schema.get_field_index(ID) < 0:
            continue
        key = None
        if table.key is not None and batch.schema.get_field_index(table.key) >= 0:
            key = keys(named(batch, table.key), is_text=False)
        yield at, keys(named(batch, ID), is_text=False), key


def _follows(array: Any, last: Any, *, strictly: bool = False) -> bool:
    first = array[0].as_py()
    if last is None:
        return True
    before = last.as_py()
    if first is None or before is None or type(first) is not type(before):
        return False
    return bool(first > before if strictly else first >= before)


def _repeated(survey: Survey, ids: list[Any], above: list[Any]) -> None:
    """Find the rows whose id another row has too."""
    every = pa.chunked_array(ids)
    codes = every.combine_chunks()
    if pa.types.is_integer(codes.type) and not codes.null_count:
        numbers = codes.to_numpy()
        ordered = np.sort(numbers)
        twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        if not len(twice):
            return
        rows = np.flatnonzero(np.isin(numbers, twice))
        named = numbers[rows]
    else:
        coded = pc.dictionary_encode(codes).indices
        known = coded.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        counted = np.bincount(known[known >= 0], minlength=1)
        rows = np.flatnonzero((known >= 0) & (counted[np.maximum(known, 0)] > 1))
        named = known[rows]
    survey.repeated = rows
    if not above or not len(rows):
        return
    parents = pa.chunked_array(above).combine_chunks().take(pa.array(rows))
    coded = pc.dictionary_encode(parents, null_encoding="encode").indices
    codes_of = coded.to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.lexsort((codes_of, named))
    firsts = np.flatnonzero(np.append(True, named[order][1:] != named[order][:-1]))
    group = np.cumsum(np.append(True, named[order][1:] != named[order][:-1])) - 1
    same = np.minimum.reduceat(codes_of[order], firsts) == np.maximum.reduceat(
        codes_of[order], firsts
    )
    survey.across = rows[order[~same[group]]]


@define(eq=False)
class Watch:
    """What sees to the order of a table that nobody looked at, as it is read."""

    survey: Survey
    _last_id: Any = None
    _last_key: Any = None

    def __attrs_post_init__(self) -> None:
        if self.survey.is_hoped:
            self.survey.counts = [0] * len(self.survey.counts)

    def count(self, piece: int, rows: int) -> None:
        """Count rows of a piece."""
        if self.survey.is_hoped:
            self.survey.counts[piece] += rows

    def see(self, piece: int, ids: Any, key: Any) -> None:
        """Raise `Unordered` unless ids rise strictly and keys never fall."""
        if not self.survey.is_hoped or not len(ids):
            return
        self.count(piece, len(ids))
        in_order = is_rising(ids, strictly=True) and _follows(ids, self._last_id, strictly=True)
        self._last_id = ids[-1]
        if key is not None:
            in_order = in_order and is_rising(key) and _follows(key, self._last_key)
            self._last_key = key[-1]
        if not in_order:
            raise Unordered
