"""What is decided over a batch to rows of a table: one for each record and grant or requirement."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import gcd
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field, frozen

from aidrules import wording
from aidrules.backends.kernel import Answers, Code, Layout, State, Storage
from aidrules.backends.kernel.layout import LAST_DAY, stored
from aidrules.lexicon import exact
from aidrules.population.reading import Read
from aidrules.population.singly import Answer, Subject
from aidrules.program import FactUse, Grant, Program, Use
from aidrules.traverse import walk
from aidrules.types import Quantity, Selection, core

PLACES: Final = 6
"""Decimal places of amounts; one that needs more stands as a fraction in `exact`."""

_UNITS: Final = 10**PLACES
_MOST: Final = 10**18
_EPOCH: Final = 719_163

STATUSES: Final = ("refused", "granted", "undecided", "error")
OF_REQUIREMENTS: Final = ("fails", "holds", "undecided", "error")
DICTIONARY: Final = pa.dictionary(pa.int8(), pa.string())
DECIMAL: Final = pa.decimal128(18, PLACES)


def written(ids: Any) -> dict[str, Any]:
    """Return how a Parquet file of decisions is encoded: ids rise, the rest repeats.

    Args:
        ids: The type of ids.
    """
    is_text = not pa.types.is_integer(ids)
    keys = ("household", "record")
    return {
        "compression": "snappy",
        "store_decimal_as_integer": True,
        "use_dictionary": [each.name for each in schema(ids) if each.name not in (*keys, "amount")],
        "column_encoding": dict.fromkeys(
            keys, "DELTA_BYTE_ARRAY" if is_text else "DELTA_BINARY_PACKED"
        ),
    }


def schema(ids: Any) -> Any:
    """Return the columns of decisions.

    Args:
        ids: The type of ids.
    """
    return pa.schema(
        [
            ("household", ids),
            ("entity", DICTIONARY),
            ("record", ids),
            ("grant", DICTIONARY),
            ("status", DICTIONARY),
            ("amount", DECIMAL),
            ("low", DECIMAL),
            ("high", DECIMAL),
            ("exact", pa.string()),
            ("unit", DICTIONARY),
            ("services", pa.string()),
            ("reason", pa.int16()),
            ("missing", pa.string()),
            ("deadline", pa.date32()),
            ("next_change", pa.date32()),
        ]
    )


@define(eq=False)
class Block:
    """What is decided of one grant or requirement over the records of a batch.

    Attributes:
        status: uint8, a `Code` for each.
        reason: int16.
        low: int64, the least amount in millionths; where `is_low`.
        texts: What is no whole number of millionths, by row: the least and greatest amount.
        chosen: By row, the services or the value.
        deadline: int64, ordinals, 0 for none; None if no rule sets one.
    """

    subject: Subject
    status: Any
    reason: Any
    low: Any
    is_low: Any
    high: Any
    is_high: Any
    deadline: Any
    chosen: Any = None
    texts: dict[int, tuple[Fraction | None, Fraction | None]] = field(factory=dict)
    services: dict[int, str] = field(factory=dict)

    @staticmethod
    def empty(subject: Subject, count: int) -> "Block":
        """Return a block for records that are all to be filled in."""
        numbers = [np.zeros(count, np.int64) for _ in range(2)]
        flags = [np.zeros(count, np.bool_) for _ in range(2)]
        return Block(
            subject,
            np.zeros(count, np.uint8),
            np.zeros(count, np.int16),
            numbers[0],
            flags[0],
            numbers[1],
            flags[1],
            None,
        )

    @staticmethod
    def of(subject: Subject, answers: Answers) -> "Block":
        """Return what the kernel answered."""
        count = len(answers.status)
        no, nothing = np.broadcast_to(np.False_, count), np.broadcast_to(np.int64(0), count)
        reason = answers.reason.astype(np.int16)
        block = Block(subject, answers.status, reason, nothing, no, nothing, no, None)
        if answers.deadline is not None:
            block.deadline = answers.deadline.astype(np.int64)
        block.chosen = answers.chosen
        if answers.low is None:
            return block
        can_have = (answers.status == Code.GRANTED) | (answers.status == Code.UNDECIDED)
        has_low = has_high = can_have
        if answers.ends is not None:
            has_low, has_high = (can_have & ((answers.ends & bits) == 0) for bits in (5, 6))
        block.put("low", answers.low, answers, has_low)
        if answers.high is answers.low or answers.high is None:
            block.high, block.is_high = block.low, has_high.copy()
            for row, (low, _) in list(block.texts.items()):
                block.texts[row] = low, low
                block.is_high[row] = False
        else:
            block.put("high", answers.high, answers, has_high)
        return block

    def put(self, end: str, numbers: Any, answers: Answers, is_there: Any) -> None:
        """Set the least or the greatest amounts, `is_there` where there is one."""
        values = numbers.astype(np.int64)
        scale, divisor = answers.scale, answers.divisor
        common = gcd(scale, _UNITS)
        times, by = _UNITS // common, scale // common
        if divisor is None and by == 1 and _are_small(values, _MOST // times):
            setattr(self, end, values * times)
            setattr(self, f"is_{end}", is_there)
            return
        is_small = np.abs(values) < _MOST // times
        scaled = np.where(is_small, values, 0) * times
        if divisor is None and by == 1:
            is_exact = is_small
        else:
            over = by if divisor is None else by * np.maximum(divisor.astype(np.int64), 1)
            is_exact = is_small & (scaled % over == 0)
            scaled = scaled // over
        setattr(self, end, scaled)
        setattr(self, f"is_{end}", is_there & is_exact)
        for row in np.flatnonzero(is_there & ~is_exact).tolist():
            over = scale * (1 if divisor is None else int(divisor[row]))
            low, high = self.texts.get(row, (None, None))
            number = Fraction(int(values[row]), over)
            self.texts[row] = (number, high) if end == "low" else (low, number)

    def fill(self, row: int, told: Answer) -> None:
        """Set what the interpreter answered on a record."""
        self.status[row] = told.status
        self.reason[row] = told.reason
        if told.deadline is not None or self.deadline is not None:
            if self.deadline is None:
                self.deadline = np.zeros(len(self.status), np.int64)
            self.deadline[row] = told.deadline or 0
        self.texts.pop(row, None)
        can_have = told.status in (Code.GRANTED, Code.UNDECIDED)
        ends: list[Fraction | None] = []
        for end, number in (("low", told.low), ("high", told.high)):
            scaled = Fraction(number or 0) * _UNITS
            is_exact = scaled.denominator == 1 and abs(scaled) < _MOST
            is_there = can_have and number is not None
            getattr(self, end)[row] = int(scaled) if is_exact and is_there else 0
            getattr(self, f"is_{end}")[row] = is_there and is_exact
            ends.append(Fraction(number) if number is not None and not is_exact else None)
        if can_have and any(end is not None for end in ends):
            self.texts[row] = ends[0], ends[1]
        if told.chosen is not None:
            self.services[row] = ";".join(sorted(told.chosen))
        else:
            self.services.pop(row, None)

    def writable(self) -> None:
        """Make arrays its own, so that rows can be filled in."""
        for name in ("status", "reason", "low", "is_low", "high", "is_high"):
            setattr(self, name, np.array(getattr(self, name)))
        if self.deadline is not None:
            self.deadline = np.array(self.deadline)


@frozen(eq=False)
class Writer:
    """What turns blocks into rows.

    Attributes:
        program: The policy.
        layout: Of its documents.
        ids: The type of ids.
        order: The grants and requirements, in the order of the dictionary of their keys.
    """

    program: Program = field(repr=False)
    layout: Layout = field(repr=False)
    ids: Any
    order: tuple[Subject, ...] = field(repr=False)
    units: tuple[str, ...]
    reach: Mapping[str, tuple[tuple[str, str], ...]] = field(repr=False)

    @staticmethod
    def of(layout: Layout, ids: Any, order: Sequence[Subject]) -> "Writer":
        """Return the writer of a policy's decisions."""
        program = layout.program
        units = tuple(dict.fromkeys(_unit(each) for each in order if _unit(each)))
        reach = {each.key: reached(program, each) for each in order}
        return Writer(program, layout, ids, tuple(order), units, reach)

    def rows(self, block: Block, read: Read, documents: Any, horizon: Any, kept: Any) -> Any:
        """Return the rows of a block as a record batch.

        Args:
            block: Of one grant or requirement.
            read: The documents.
            documents: int64: the document of each of the block's records.
            horizon: int64: of each document, the day on which time alone may change answers.
            kept: bool, for each record; None for all.
        """
        subject, count = block.subject, len(block.status)
        levels = read.chunk.levels
        is_root = subject.entity == self.layout.root
        households = self._ids(levels[self.layout.root].ids)
        records = households if is_root else self._ids(levels[subject.entity].ids)
        if not is_root:
            households = households.take(pa.array(documents))
        words = STATUSES if isinstance(subject, Grant) else OF_REQUIREMENTS
        granted = block.status == Code.GRANTED
        open_ = block.status == Code.UNDECIDED
        refused = block.status == Code.REFUSED
        kinds = [entity.name for entity in self.program.entities]
        unit = _unit(subject)
        batch = pa.RecordBatch.from_arrays(
            [
                households,
                _constant(kinds, subject.entity, count),
                records,
                _constant([each.key for each in self.order], subject.key, count),
                pa.DictionaryArray.from_arrays(block.status.astype(np.int8), list(words)),
                decimals(block.low, granted & block.is_low),
                decimals(block.low, open_ & block.is_low),
                decimals(block.high, open_ & block.is_high),
                self._exact(block, count),
                _constant(self.units, unit, count) if unit else _nulls(count, DICTIONARY),
                self._services(block, granted),
                pa.array(block.reason, pa.int16(), mask=~refused),
                self._missing(block, read, documents, open_),
                _nulls(count, pa.date32()) if block.deadline is None else _days(block.deadline),
                self._lasting(horizon, None if is_root else documents, count),
            ],
            schema=schema(self.ids),
        )
        return batch if kept is None else batch.filter(pa.array(kept))

    def _lasting(self, horizon: Any, documents: Any, count: int) -> Any:
        if not count or horizon.min() > _LAST:
            return _nulls(count, pa.date32())
        return _days(horizon if documents is None else horizon[documents])

    def _ids(self, ids: Any) -> Any:
        return ids if ids.type == self.ids else pc.cast(ids, self.ids)

    def _exact(self, block: Block, count: int) -> Any:
        if not block.texts:
            return _nulls(count, pa.string())
        told: list[str | None] = [None] * count
        for row, (low, high) in block.texts.items():
            if block.status[row] == Code.GRANTED and low is not None:
                told[row] = exact(low)
            elif block.status[row] == Code.UNDECIDED:
                ends = (_end(block, row, "low", low), _end(block, row, "high", high))
                told[row] = " .. ".join(ends)
        return pa.array(told, pa.string())

    def _services(self, block: Block, granted: Any) -> Any:
        count = len(block.status)
        if block.chosen is None and not block.services:
            return _nulls(count, pa.string())
        marks = np.zeros(count, np.int64) if block.chosen is None else block.chosen
        marks = np.where(granted, marks, 0)
        distinct, at = np.unique(marks, return_inverse=True)
        named = [_named(int(mark), self._storage(block.subject)) for mark in distinct]
        texts = pa.array(named, pa.string()).take(pa.array(at))
        if not block.services:
            return texts
        told = texts.to_pylist()
        for row, text in block.services.items():
            told[row] = text
        return pa.array(told, pa.string())

    def _storage(self, subject: Subject) -> Storage | None:
        if not isinstance(subject, Grant) or subject.type is None:
            return None
        return stored(subject.type, self.layout.texts)

    def _missing(self, block: Block, read: Read, documents: Any, open_: Any) -> Any:
        """Return, where it is open, the unknown facts and lists that it may depend on."""
        count = len(block.status)
        rows = np.flatnonzero(open_)
        if not len(rows):
            return _nulls(count, pa.string())
        names, marks = [], []
        for name, mark in unknown(read, self.layout, self.reach[block.subject.key]):
            names.append(name)
            marks.append(mark[documents[rows]])
        if not names:
            return _nulls(count, pa.string())
        table = np.packbits(np.stack(marks, axis=1), axis=1)
        distinct, at = np.unique(table, axis=0, return_inverse=True)
        bits = np.unpackbits(distinct, axis=1, count=len(names)).astype(np.bool_)
        texts = [
            ";".join(name for name, is_in in zip(names, row, strict=True) if is_in) for row in bits
        ]
        index = np.full(count, -1, np.int64)
        index[rows] = at.reshape(-1)
        return pa.array(texts, pa.string()).take(pa.array(index, mask=index < 0))


def _are_small(values: Any, limit: int) -> bool:
    return not len(values) or (values.min() > -limit and values.max() < limit)


def _end(block: Block, row: int, end: str, number: Fraction | None) -> str:
    if number is not None:
        return exact(number)
    if getattr(block, f"is_{end}")[row]:
        return exact(Fraction(int(getattr(block, end)[row]), _UNITS))
    return ""


def _named(mark: int, storage: Storage | None) -> str | None:
    if not mark or storage is None:
        return None
    if storage.kind == "truth":
        return "yes" if mark & 2 else "no"
    names = [*storage.codes, "..."]
    found = [name for at, name in enumerate(names) if mark >> at & 1]
    return ";".join(sorted(found)) if isinstance(core(storage.type), Selection) else found[0]


def _unit(subject: Subject) -> str:
    if not isinstance(subject, Grant) or subject.type is None:
        return ""
    kind = core(subject.type)
    return wording.unit(kind.unit, "en") if isinstance(kind, Quantity) else ""


def _constant(words: Sequence[str], word: str, count: int) -> Any:
    index = np.full(count, list(words).index(word), np.int8)
    return pa.DictionaryArray.from_arrays(index, list(words))


def decimals(numbers: Any, is_there: Any, kind: Any = DECIMAL) -> Any:
    """Return whole numbers of the last place as decimals, null where there is none.

    Args:
        numbers: int64.
        is_there: bool, one for each.
        kind: The decimal type; millionths if it is not said.
    """
    count = len(numbers)
    if not is_there.any():
        return _nulls(count, kind)
    halves = pa.allocate_buffer(16 * count)  # from Arrow's pool, which has it at hand
    words = np.frombuffer(halves, np.int64)
    words[::2] = numbers
    np.right_shift(numbers, 63, out=words[1::2])
    if is_there.all():
        return pa.Array.from_buffers(kind, count, [None, halves])
    bits = np.packbits(is_there, bitorder="little")
    return pa.Array.from_buffers(kind, count, [pa.py_buffer(bits), halves])


_NOTHING: Final[dict[Any, Any]] = {}
"""The longest array of nulls of each type: making them costs as much as making values."""


def _nulls(count: int, kind: Any) -> Any:
    found = _NOTHING.get(kind)
    if found is None or len(found) < count:
        found = _NOTHING[kind] = pa.nulls(count + count // 8, kind)
    return found.slice(0, count)


def _days(ordinals: Any) -> Any:
    is_none = (ordinals <= 0) | (ordinals > _LAST)
    numbers = (ordinals - _EPOCH).astype(np.int32)
    return pa.array(numbers, pa.int32(), mask=is_none).view(pa.date32())


_LAST: Final = LAST_DAY
"""The last day that a fact may name; beyond it nothing changes."""


# ---------------------------------------------------------------- what is unknown


def reached(program: Program, subject: Subject) -> tuple[tuple[str, str], ...]:
    """Return the facts that a grant or requirement may read: entity and name, in order."""
    waiting = [subject.key]
    if isinstance(subject, Grant):
        waiting += [subject.receives, subject.eligible, subject.payment]
    seen: set[str] = set()
    found: dict[tuple[str, str], None] = {}
    while waiting:
        key = waiting.pop()
        definition = program.definition.get(key)
        if key in seen or definition is None:
            continue
        seen.add(key)
        for node in walk(definition.body):
            match node:
                case FactUse(entity=entity, name=name):
                    found[entity, name] = None
                case Use(key=used):
                    waiting.append(used)
                case _:
                    pass
    return tuple(sorted(found))


def unknown(
    read: Read, layout: Layout, facts: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, Any]]:
    """Yield names of facts and lists, and for each document whether they are not known in it."""
    batch = read.batch
    documents = document_rows(read, layout)
    for entity, name in facts:
        fact = layout.program.fact[entity, name]
        column = batch.facts.get((entity, name))
        open_states = [State.BETWEEN, State.OPEN]
        if fact.default is None:
            open_states.append(State.MISSING)
        mark = np.zeros(batch.size, np.bool_)
        if entity in layout.above:
            if column is None:
                mark[:] = fact.default is None
        elif column is None:
            mark[documents[entity]] = fact.default is None
        elif column.states is not None:
            is_open = np.isin(column.states, open_states)
            mark[documents[entity][is_open]] = True
        if mark.any():
            yield f"{entity}.{name}", mark
    kinds = {entity for entity, _ in facts}
    for kind, more in batch.unlisted.items():
        if kind in kinds:
            mark = np.zeros(batch.size, np.bool_)
            mark[documents[layout.parent(kind)][more > 0]] = True
            if mark.any():
                yield kind, mark


def document_rows(read: Read, layout: Layout) -> dict[str, Any]:
    """Return for the root and each kind below it the document of each record: int64."""
    found = {layout.root: np.arange(read.batch.size)}
    for kind in layout.below:
        lengths = np.diff(read.batch.offsets[kind])
        found[kind] = np.repeat(found[layout.parent(kind)], lengths)
    return found
