"""Cases, each read from a document of its own, to a batch: facts and records in arrays."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import assert_never

import numpy as np
from attrs import define, field

from aidrules.backends.kernel import Batch, Column, Layout, State, Storage
from aidrules.case import Case, Record, Series
from aidrules.types import Reference, core
from aidrules.values import (
    OTHER,
    Absent,
    Infinite,
    Interval,
    Options,
    Possible,
    Selections,
    Value,
)


class Aside(Exception):  # noqa: N818 - it says where the value is left
    """A value that no array holds."""


@define
class _Filling:
    """A column that grows, record by record."""

    storage: Storage
    values: list[int] = field(factory=list)
    states: list[State] = field(factory=list)
    low: list[int] = field(factory=list)
    high: list[int] = field(factory=list)

    def add(self, state: State, value: int = 0, low: int = 0, high: int = 0) -> None:
        self.values.append(value)
        self.states.append(state)
        self.low.append(low)
        self.high.append(high)

    def column(self) -> Column:
        is_known = all(state is State.KNOWN for state in self.states)
        has_ends = any(state is State.BETWEEN for state in self.states)
        return Column(
            np.array(self.values, np.int64),
            None if is_known else np.array(self.states, np.uint8),
            np.array(self.low, np.int64) if has_ends else None,
            np.array(self.high, np.int64) if has_ends else None,
        )


def batch_of(cases: Sequence[Case], layout: Layout) -> Batch:
    """Return the batch of some cases, in their order.

    Args:
        cases: Of documents whose own record is of the layout's root.
        layout: How they lie in arrays.
    """
    return _Gathering(cases, layout).batch()


@define
class _Gathering:
    cases: Sequence[Case]
    layout: Layout
    aside: set[int] = field(factory=set)
    records: dict[str, list[tuple[int, Record]]] = field(factory=dict)

    def batch(self) -> Batch:
        layout, cases = self.layout, self.cases
        self.records[layout.root] = list(enumerate(case.root for case in cases))
        offsets: dict[str, list[int]] = {}
        unlisted: dict[str, list[int]] = {}
        for kind in layout.below:
            offsets[kind], unlisted[kind] = [0], []
            found: list[tuple[int, Record]] = []
            for at, record in self.records[layout.parent(kind)]:
                found += [(at, each) for each in record.children.get(kind, ())]
                offsets[kind].append(len(found))
                unlisted[kind].append(self._more(record, kind))
            self.records[kind] = found
        above = self._above()
        facts = {name: self._column(name, storage) for name, storage in layout.facts.items()}
        return Batch(
            len(cases),
            {kind: len(records) for kind, records in self.records.items()},
            {kind: np.array(starts, np.int64) for kind, starts in offsets.items()},
            above,
            facts,
            {kind: np.array(more, np.int64) for kind, more in unlisted.items() if any(more)},
            self._history(),
            np.array([at in self.aside for at in range(len(cases))], np.bool_),
        )

    def _more(self, record: Record, kind: str) -> int:
        if kind not in record.children and kind not in record.unlisted:
            return self.layout.program.entity[kind].limit
        return record.unlisted.get(kind, 0)

    def _above(self) -> dict[str, np.ndarray]:
        rows: dict[str, np.ndarray] = {}
        below = self.layout.root
        for kind in self.layout.above:
            found: list[tuple[int, Record]] = []
            row: list[int] = []
            for at, record in self.records[below]:
                parent = record.parent
                row.append(-1 if parent is None else len(found))
                if parent is not None:
                    found.append((at, parent))
            rows[kind] = np.array(row, np.int64)
            self.records[kind] = found
            below = kind
        return rows

    def _column(self, name: tuple[str, str], storage: Storage) -> Column:
        entity, fact = name
        filling = _Filling(storage)
        places = self._places(storage)
        for at, record in self.records[entity]:
            value = record.facts.get(fact)
            if value is None or isinstance(value, Series):
                given = record.given.get(fact)
                is_disputed = given is not None and bool(given.disputed)
                unknown = State.OPEN if is_disputed else State.MISSING
                filling.add(unknown if value is None else State.BEYOND)
                continue
            self._put(filling, value, at, places)
        return filling.column()

    def _places(self, storage: Storage) -> dict[tuple[int, str], int]:
        """Return the row of each record that a reference may name, by document and id."""
        kind = core(storage.type)
        if not isinstance(kind, Reference) or kind.entity not in self.records:
            return {}
        return {(at, record.id): row for row, (at, record) in enumerate(self.records[kind.entity])}

    def _put(
        self, filling: _Filling, value: Value, at: int, places: Mapping[tuple[int, str], int]
    ) -> None:
        storage = filling.storage
        try:
            match value:
                case Absent.ABSENT:
                    filling.add(State.ABSENT)
                case Possible():
                    low, high = _ends(value, storage)
                    filling.add(State.BETWEEN, 0, low, high)
                case _:
                    filling.add(
                        State.KNOWN, _code(value, storage, lambda text: places.get((at, text), -1))
                    )
        except Aside:
            filling.add(State.BEYOND)

    def _history(self) -> dict[tuple[str, str], Column] | None:
        """Return what was decided before; a document without any is worked out by itself."""
        if not self.layout.history or all(case.history is None for case in self.cases):
            return None
        found: dict[tuple[str, str], Column] = {}
        for (key, part), (entity, storage) in self.layout.history.items():
            filling = _Filling(storage)
            for at, record in self.records[entity]:
                history = self.cases[at].history
                if history is None:
                    self.aside.add(at)
                    filling.add(State.MISSING)
                    continue
                past = history.past.get((entity, record.id, key))
                if past is None:
                    filling.add(State.KNOWN if part == "receives" else State.ABSENT)
                else:
                    value: Value = getattr(past, part)
                    self._put(filling, value, at, {})
            found[key, part] = filling.column()
        return found


def _code(value: Value, storage: Storage, place: Callable[[str], int]) -> int:
    """Return how a certain value is stored."""
    match storage.kind:
        case "number" if isinstance(value, int | Fraction):
            exact = Fraction(value) * storage.scale
            if exact.denominator != 1 or not storage.low <= exact <= storage.high:
                raise Aside
            return int(exact)
        case "date" if isinstance(value, int) and storage.low <= value <= storage.high:
            return value
        case "truth" if isinstance(value, bool):
            return int(value)
        case "choice" | "text" if isinstance(value, str):
            return _place(value, storage)
        case "selection" if isinstance(value, frozenset):
            if not value <= set(storage.codes):
                raise Aside
            return sum(1 << _place(each, storage) for each in value)
        case "reference" if isinstance(value, str):
            return place(value)
        case _:
            raise Aside


def _place(value: str, storage: Storage) -> int:
    return storage.codes.index(value) if value in storage.codes else len(storage.codes)


def _ends(value: Possible, storage: Storage) -> tuple[int, int]:
    """Return both ends of what is known within bounds, as they are stored."""
    if value.absent or value.failure is not None:
        raise Aside
    match value.body:
        case Interval(low=low, high=high):
            if isinstance(low, Infinite) or isinstance(high, Infinite):
                raise Aside
            ends = Fraction(low) * storage.scale, Fraction(high) * storage.scale
            if any(end.denominator != 1 for end in ends):
                raise Aside
            if ends[0] < storage.low or ends[1] > storage.high:
                raise Aside
            return int(ends[0]), int(ends[1])
        case Options(values=values):
            if storage.kind == "truth":
                return (1 if False in values else 0) | (2 if True in values else 0), 0
            if storage.kind not in ("choice", "text"):
                raise Aside
            named = [str(each) for each in values if each != OTHER]
            if any(each not in storage.codes for each in named):
                raise Aside
            mask = sum(1 << storage.codes.index(each) for each in named)
            return mask | ((1 << len(storage.codes)) if OTHER in values else 0), 0
        case Selections(sure=sure, possible=possible):
            if not sure <= possible or not possible - {OTHER} <= set(storage.codes):
                raise Aside
            marks = [sum(1 << _place(each, storage) for each in part) for part in (sure, possible)]
            return marks[0], marks[1]
        case None:
            raise Aside
        case _ as never:
            assert_never(never)
