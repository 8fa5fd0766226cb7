"""A batch to what the kernel reads: arrays checked against their ranges, and what is unknown."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from attrs import define, evolve, field

from aidrules.backends.kernel.context import AboveArray, Array, FactArray, HistoryArray, OffsetArray
from aidrules.backends.kernel.inputs import NO_BIT, YES_BIT, Known, has_no_ends
from aidrules.backends.kernel.layout import FIRST_DAY, Batch, Column, Layout, State, Storage
from aidrules.types import Choice, Quantity, Selection, core


@define
class Columns:
    """The columns of a batch, as the kernel reads them.

    A row more stands at the end of each kind above the root, for the record that was not told.
    """

    batch: Batch
    layout: Layout
    today: int
    _parts: dict[Array, Any] = field(factory=dict)
    _documents: dict[str, Any] = field(factory=dict)
    _ranges: dict[Array, Any] = field(factory=dict)
    _known: dict[Array, bool] = field(factory=dict)

    @staticmethod
    def of(batch: Batch, layout: Layout, today: int) -> "Columns":
        """Return the columns of a batch on a date."""
        return Columns(batch, layout, today)

    # ------------------------------------------------------------ what is asked

    def uncertain(self, arrays: Iterable[Array]) -> frozenset[Array]:
        """Return what is unknown of some record, of what a kernel reads.

        What is unknown is told by the array of its states; where bounds may be known, by that of
        its low ends besides, so that whoever reckons with bounds reckons with less. Where some
        have no record above that was told, nothing is certain of those above.
        """
        read = list(arrays)
        asked = {
            evolve(each, part="values"): each
            for each in read
            if isinstance(each, FactArray | HistoryArray)
        }
        found = {name for name, each in asked.items() if not self._is_known(each)}
        if not all(self._is_known(each) for each in read if isinstance(each, AboveArray)):
            found |= {name for name, each in asked.items() if self._is_above(each)}
        bounded = (evolve(each, part="low") for each in found if not self._is_any(each))
        return frozenset([*(evolve(each, part="states") for each in found), *bounded])

    def _is_any(self, array: FactArray | HistoryArray) -> bool:
        """Whether of what is unknown of a number or day nothing is known, not even bounds."""
        column, storage, _ = self._column(array)
        is_ours = isinstance(array, FactArray) and storage.kind in ("number", "date")
        if not is_ours or column is None or column.states is None:
            return is_ours
        return not (np.asarray(column.states) == State.BETWEEN).any()

    def _is_known(self, array: Array) -> bool:
        if array not in self._known:
            self._known[array] = self._looked_through(array)
        return self._known[array]

    def _looked_through(self, array: Array) -> bool:
        batch = self.batch
        match array:
            case FactArray():
                fact = self.layout.program.fact[array.entity, array.name]
                column = batch.facts.get((array.entity, array.name))
                allowed = {State.KNOWN}
                if self.layout.facts[array.entity, array.name].is_optional:
                    allowed.add(State.ABSENT)
                if fact.default is not None:
                    allowed.add(State.MISSING)
                return _has_only(column, allowed, self._count(array.entity))
            case HistoryArray():
                if batch.history is None:
                    return False
                entity, storage = self.layout.history[array.key, array.recorded]
                allowed = {State.KNOWN, State.ABSENT} if storage.is_optional else {State.KNOWN}
                column = batch.history.get((array.key, array.recorded))
                return _has_only(column, allowed, self._count(entity))
            case AboveArray(entity=entity):
                return bool(np.all(np.asarray(batch.above[entity]) >= 0))
            case _:
                return True

    def _count(self, entity: str) -> int:
        return self.batch.size if entity == self.layout.root else self.batch.counts[entity]

    def offsets(self, entity: str) -> Any:
        """Return where the records of a kind begin below each record above."""
        starts = np.ascontiguousarray(self.batch.offsets[entity], np.int64)
        return starts if len(starts) > 1 else np.zeros(2, np.int64)

    def above(self, entity: str) -> Any:
        """Return the row of the record above, for each record of the kind below it."""
        rows = np.asarray(self.batch.above[entity], np.int64)
        nobody = self.batch.counts[entity]
        return np.ascontiguousarray(np.where(rows < 0, nobody, rows))

    def part(self, array: FactArray | HistoryArray) -> Any:
        """Return a part of a column, as the plain or the bounded kernel reads it."""
        if array not in self._parts:
            self._parts.update(self._made(array))
        return self._parts[array]

    # ------------------------------------------------------------ columns

    def _made(self, array: FactArray | HistoryArray) -> dict[Array, Any]:
        column, storage, count = self._column(array)
        if column is None:
            column = Column(np.zeros(count, np.int64), np.full(count, State.MISSING, np.uint8))
        values = np.asarray(column.values, np.int64)
        outside = self._outside(array)
        if outside is not None:
            values = np.where(outside, 0, values)
        if array.part == "values" and not self._is_above(array):
            return {array: _padded(values, np.int64)}
        states = np.zeros(count, np.uint8) if column.states is None else np.asarray(column.states)
        if self._is_above(array):
            values = np.append(values, 0)
            states = np.append(states, np.uint8(State.MISSING))
        if array.part in ("low", "high", "flags"):
            return self._bounded(array, column, storage, values, states)
        return {
            evolve(array, part="values"): _padded(values, np.int64),
            evolve(array, part="states"): _padded(states, np.uint8),
        }

    def _column(self, array: FactArray | HistoryArray) -> tuple[Column | None, Storage, int]:
        match array:
            case FactArray(entity=entity, name=name):
                storage = self.layout.facts[entity, name]
                return self.batch.facts.get((entity, name)), storage, self._count(entity)
            case HistoryArray(key=key, recorded=recorded):
                entity, storage = self.layout.history[key, recorded]
                history = self.batch.history or {}
                return history.get((key, recorded)), storage, self._count(entity)

    def _is_above(self, array: FactArray | HistoryArray) -> bool:
        return self._entity(array) in self.layout.above

    def _bounded(
        self,
        array: FactArray | HistoryArray,
        column: Column,
        storage: Storage,
        values: Any,
        states: Any,
    ) -> dict[Array, Any]:
        """Return both ends of a column, and the flags of the bounded kernel in place of states."""
        if column.states is None and not self._is_above(array):
            low, high = _as_bounds(values, storage)
            flags = np.full(len(values), np.uint8(Known.HERE))
            return _bounds_of(array, low, high, flags)
        low, high, no_low, no_high = self._reach(array, storage)
        is_known = states == State.KNOWN
        is_between = states == State.BETWEEN
        known_low, known_high = _as_bounds(values, storage)
        least, most = np.where(is_known, known_low, low), np.where(is_known, known_high, high)
        if is_between.any() and column.low is not None:
            given = np.resize(np.asarray(column.low, np.int64), len(values))
            least[is_between] = given[is_between]
            if storage.kind in ("number", "date", "selection") and column.high is not None:
                given = np.resize(np.asarray(column.high, np.int64), len(values))
                most[is_between] = given[is_between]
        is_unknown = (states == State.MISSING) | (states == State.OPEN)
        flags = np.zeros(len(values), np.uint8)
        flags[states != State.ABSENT] |= np.uint8(Known.HERE)
        if storage.is_optional:
            flags[is_unknown | (states == State.ABSENT)] |= np.uint8(Known.ABSENT)
        flags[is_unknown] |= np.uint8(no_low * Known.NO_LOW | no_high * Known.NO_HIGH)
        if isinstance(array, FactArray):
            fact = self.layout.program.fact[array.entity, array.name]
            if fact.default is not None:
                flags[states == State.MISSING] = Known.DEFAULT
        return _bounds_of(array, least, most, flags)

    def _reach(
        self, array: FactArray | HistoryArray, storage: Storage
    ) -> tuple[int, int, bool, bool]:
        """Return the ends of what is unknown, and whether there is no least or greatest."""
        match storage.kind:
            case "number" | "date":
                pass
            case "truth":
                return NO_BIT | YES_BIT, 0, False, False
            case "choice" | "text" | "selection":
                every = _every(storage)
                return (
                    (0, every, False, False)
                    if storage.kind == "selection"
                    else (
                        every,
                        0,
                        False,
                        False,
                    )
                )
            case "reference":
                return -1, -1, False, False
        if isinstance(array, HistoryArray):
            if array.recorded == "run_from":
                return FIRST_DAY, self.today, False, False
            is_amount = array.key in self.layout.program.grant and isinstance(
                core(storage.type), Quantity
            )
            return 0, 0, not is_amount, True
        fact = self.layout.program.fact[array.entity, array.name]
        no_low, no_high = has_no_ends(storage, fact)
        return 0 if no_low else storage.low, 0 if no_high else storage.high, no_low, no_high

    # ------------------------------------------------------------ what the interpreter does

    def deferred(self, arrays: Iterable[Array]) -> Any:
        """Return for each document whether the interpreter is to work it out."""
        batch = self.batch
        found = np.zeros(batch.size, np.bool_)
        if batch.aside is not None:
            found |= np.asarray(batch.aside, np.bool_)
        read = list(arrays)
        for entity, more in batch.unlisted.items():
            if OffsetArray(entity) in read:
                parent = self.layout.parent(entity)
                self._mark(found, parent, np.asarray(more) > 0)
        asked = (each for each in read if isinstance(each, FactArray | HistoryArray))
        for each in dict.fromkeys(evolve(each, part="values") for each in asked):
            outside = self._outside(each)
            if outside is not None:
                self._mark(found, self._entity(each), outside)
        return found

    def _outside(self, array: FactArray | HistoryArray) -> Any:
        """Return for each record whether its value is not taken; None if all are."""
        column, storage, _ = self._column(array)
        if column is None:
            return None
        name = evolve(array, part="values")
        if name not in self._ranges:
            self._ranges[name] = _beyond(column, storage, is_checked=self.batch.is_checked)
        return self._ranges[name]

    def _entity(self, array: FactArray | HistoryArray) -> str:
        match array:
            case FactArray(entity=entity):
                return entity
            case HistoryArray(key=key, recorded=recorded):
                return self.layout.history[key, recorded][0]

    def _mark(self, found: Any, entity: str, records: Any) -> None:
        """Mark the documents in which some records stand."""
        if entity == self.layout.root:
            found |= records
        elif entity in self.layout.above:
            found |= self._above_of(entity, records)
        else:
            found[self._document_of(entity)[np.flatnonzero(records)]] = True

    def _above_of(self, entity: str, records: Any) -> Any:
        marked = np.append(records, False)
        for kind in reversed(self.layout.above[: self.layout.above.index(entity) + 1]):
            marked = np.append(marked[self.above(kind)], False)
        return marked[:-1]

    def _document_of(self, entity: str) -> Any:
        """Return the row of the document of each record of a kind."""
        if entity == self.layout.root:
            return np.arange(self.batch.size)
        if entity not in self._documents:
            lengths = np.diff(np.asarray(self.batch.offsets[entity]))
            above = self._document_of(self.layout.parent(entity))
            self._documents[entity] = np.repeat(above, lengths)
        return self._documents[entity]


def _has_only(column: Column | None, allowed: set[State], count: int) -> bool:
    if column is None:
        return State.MISSING in allowed or not count
    if column.states is None:
        return True
    present = np.flatnonzero(np.bincount(np.asarray(column.states), minlength=len(State)))
    return {State(int(each)) for each in present} <= allowed


def _beyond(column: Column, storage: Storage, *, is_checked: bool) -> Any:
    """Return for each record whether its value lies outside of its storage; None if none does."""
    states = None if column.states is None else np.asarray(column.states)
    is_beyond = None if states is None else states == State.BEYOND
    if is_beyond is not None and not is_beyond.any():
        is_beyond = None
    if is_checked:
        return is_beyond
    values = np.asarray(column.values, np.int64)
    if not len(values) or storage.low <= values.min() <= values.max() <= storage.high:
        return is_beyond
    is_outside = (values < storage.low) | (values > storage.high)
    if states is not None:
        is_outside &= states == State.KNOWN
    return is_outside if is_beyond is None else is_outside | is_beyond


def _bounds_of(
    array: FactArray | HistoryArray, low: Any, high: Any, flags: Any
) -> dict[Array, Any]:
    return {
        evolve(array, part="low"): _padded(low, np.int64),
        evolve(array, part="high"): _padded(high, np.int64),
        evolve(array, part="flags"): _padded(flags, np.uint8),
    }


def _padded(array: Any, dtype: Any) -> Any:
    """Return an array that has a row to read even if there is no record."""
    if not len(array):
        return np.zeros(1, dtype)
    return np.ascontiguousarray(array, dtype)


def _as_bounds(values: Any, storage: Storage) -> tuple[Any, Any]:
    match storage.kind:
        case "number" | "date" | "reference" | "selection":
            return values, values
        case "truth":
            return np.where(values != 0, YES_BIT, NO_BIT), values
        case "choice" | "text":
            return np.left_shift(np.int64(1), values), values


def _every(storage: Storage) -> int:
    kind = core(storage.type)
    match kind:
        case Choice(is_open=is_open) | Selection(choice=Choice(is_open=is_open)):
            return int((1 << (len(storage.codes) + is_open)) - 1)
        case _:
            return int((1 << (len(storage.codes) + 1)) - 1)
