"""Figures to tables in arrays: the classes of their keys to the value in force on a date."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import lcm, prod
from typing import Any, Final

from attrs import frozen

from aidrules.backends.kernel import numbers
from aidrules.backends.kernel.context import FigureArray, Lowering, Spot
from aidrules.backends.kernel.inputs import made
from aidrules.backends.kernel.layout import LAST_DAY, Storage, stored
from aidrules.backends.kernel.numbers import Frac
from aidrules.backends.kernel.sets import (
    Codes,
    Entry,
    Flags,
    Num,
    Set,
    Truth,
    decided,
    flags_of,
    hull,
    strict,
    with_flags,
)
from aidrules.backends.kernel.terms import NO, YES, ZERO, Bit, Int, Unfit, Why, Writer, number
from aidrules.program import (
    AnyMatch,
    Expr,
    Figure,
    FigureRow,
    Match,
    Parameter,
    RangeMatch,
    ValueMatch,
)
from aidrules.types import Choice, Optional
from aidrules.values import Exact, Infinite, Scalar

MOST_CLASSES: Final = 1 << 16
"""How many combinations of keys a figure may have in its table."""


# ---------------------------------------------------------------- classes of keys


@frozen
class CodeKey:
    """A key that is one of the values of a choice or a text: a class for each, one for others."""

    codes: tuple[str, ...]

    @property
    def samples(self) -> tuple[object, ...]:
        """A value of each class."""
        return (*self.codes, None)

    def classify(self, key: Set, write: Writer) -> Int:
        """Return the class of a key."""
        if not isinstance(key, Codes) or key.codes != self.codes:
            raise Unfit(Why.CODES)
        if key.mask is None:
            return key.code
        return write.whole(f"code_of({key.mask.text})", 0, len(self.codes), key.mask.level)


@frozen
class TruthKey:
    """A key that is yes or no."""

    samples: tuple[object, ...] = (False, True)

    def classify(self, key: Set, write: Writer) -> Int:
        """Return the class of a key."""
        if not isinstance(key, Truth):
            raise Unfit(Why.CODES)
        return write.select(key.yes, number(1), ZERO)


@frozen
class NumberKey:
    """A key that is a number or a day: a class for each break, and for each part between them."""

    breaks: tuple[Exact, ...]

    @property
    def samples(self) -> tuple[object, ...]:
        """A value of each class."""
        if not self.breaks:
            return (0,)
        found: list[Exact] = [self.breaks[0] - 1]
        for at, point in enumerate(self.breaks):
            found.append(point)
            if at + 1 < len(self.breaks):
                found.append(Fraction(point + self.breaks[at + 1]) / 2)
        return (*found, self.breaks[-1] + 1)

    def classify(self, key: Set, write: Writer) -> Int:
        """Return the class of a key: twice the breaks below it, and one if it is one itself."""
        if not isinstance(key, Num):
            raise Unfit(Why.CODES)
        result = ZERO
        for point in self.breaks:
            end = numbers.exact(point)
            reached = write.select(numbers.at_most(write, end, key.low), number(1), ZERO)
            passed = write.select(numbers.below(write, end, key.low), number(1), ZERO)
            result = write.add(result, write.add(reached, passed))
        return result


Key = CodeKey | TruthKey | NumberKey


def _key(storage: Storage, cells: Sequence[Match]) -> Key:
    match storage.kind:
        case "choice" | "text":
            return CodeKey(storage.codes)
        case "truth":
            return TruthKey()
        case "number" | "date":
            breaks = sorted({end for cell in cells for end in ends_of(cell)})
            return NumberKey(tuple(breaks))
        case _:
            raise Unfit(Why.KEY)


def ends_of(cell: Match) -> Iterator[Exact]:
    """Yield the numbers and days at which a cell begins and ends."""
    match cell:
        case AnyMatch():
            return
        case ValueMatch(value=value):
            if isinstance(value, Exact):
                yield value
        case RangeMatch(low=low, high=high):
            for end in (low, high):
                if not isinstance(end, Infinite):
                    yield end


def matches(cell: Match, key: object) -> bool:
    """Whether a value of a key is one of a cell's."""
    match cell:
        case AnyMatch():
            return True
        case ValueMatch(value=value):
            return key is not None and key == value
        case RangeMatch(low=low, high=high):
            if not isinstance(key, Exact):
                return False
            above = low < key or (cell.low_included and low == key)
            return above and (key < high or (cell.high_included and key == high))


# ---------------------------------------------------------------- tables


@frozen
class FigureTable:
    """How a figure lies in arrays.

    Attributes:
        keys: The classes of each key.
        storage: Of the values.
        scale: Of the values, if they are numbers.
        low: The least value stored.
        high: The greatest.
    """

    parameter: Parameter
    keys: tuple[Key, ...]
    storage: Storage
    scale: int
    low: int
    high: int

    @staticmethod
    def of(parameter: Parameter, texts: tuple[str, ...]) -> "FigureTable":
        """Return the table of a figure.

        Raises:
            Unfit: If it has too many combinations of keys.
        """
        keys = tuple(
            _key(stored(type_, texts), [row.cells[at] for row in parameter.rows])
            for at, type_ in enumerate(parameter.key_types)
        )
        if prod(len(key.samples) for key in keys) > MOST_CLASSES:
            raise Unfit(Why.KEYS)
        storage = stored(parameter.type, texts)
        values = [
            version.value
            for row in parameter.rows
            for version in row.values
            if version.value is not None
        ]
        scale = 1
        if storage.kind == "number":
            scale = lcm(*(value.denominator for value in values if isinstance(value, Exact)))
        table = FigureTable(parameter, keys, storage, scale, 0, 0)
        codes = [table.code(value) for value in values]
        return FigureTable(
            parameter, keys, storage, scale, min(codes, default=0), max(codes, default=0)
        )

    def code(self, value: Scalar) -> int:
        """Return how a value is stored."""
        match self.storage.kind:
            case "number" if isinstance(value, Exact):
                return int(value * self.scale)
            case "date" | "truth" if isinstance(value, int):
                return int(value)
            case "choice" | "text" if isinstance(value, str):
                return _code(self.storage.codes, value)
            case "selection" if isinstance(value, frozenset):
                return sum(1 << _code(self.storage.codes, each) for each in value)
            case _:
                raise Unfit(Why.FIGURE)

    def rows(self, *, otherwise: bool) -> list[FigureRow | None]:
        """Return the row that counts for each combination of the keys' classes."""
        wanted = [row for row in self.parameter.rows if row.is_otherwise == otherwise]
        return [
            next(
                (row for row in wanted if all(map(matches, row.cells, key))),
                None,
            )
            for key in product(*(key.samples for key in self.keys))
        ]

    def arrays(self, today: int, *, otherwise: bool) -> tuple[list[int], list[int]]:
        """Return the stored value in force on a day for each combination, and what is known of it.

        The second is 2 for a row with a value, 1 for a row without one on that day, 0 for no row.
        """
        values: list[int] = []
        known: list[int] = []
        for row in self.rows(otherwise=otherwise):
            found = None if row is None else in_force(row, today)
            values.append(0 if found is None else self.code(found))
            known.append(0 if row is None else 1 if found is None else 2)
        return values, known

    def is_complete(self, today: int) -> bool:
        """Whether a named row has a value on a day for each combination of keys that may be."""
        _, known = self.arrays(today, otherwise=False)
        return all(
            each == 2  # noqa: PLR2004 - see `arrays`
            for each, key in zip(known, product(*(key.samples for key in self.keys)), strict=True)
            if self._may_be(key)
        )

    def _may_be(self, key: tuple[object, ...]) -> bool:
        """Whether a combination of keys is possible: a closed choice has no other values."""
        for value, type_ in zip(key, self.parameter.key_types, strict=True):
            match type_:
                case Choice(is_open=False) if value is None:
                    return False
                case _:
                    pass
        return True

    def next_change(self, today: int) -> int:
        """Return the next day on which some value begins or ends."""
        days = [
            day
            for row in self.parameter.rows
            for version in row.values
            for day in (version.first, None if version.last is None else version.last + 1)
            if day is not None and day > today
        ]
        return min(days, default=NEVER)


NEVER: Final = LAST_DAY + 1_000_000
"""A day that no answer waits for."""


def _code(codes: tuple[str, ...], value: str) -> int:
    return codes.index(value) if value in codes else len(codes)


def in_force(row: FigureRow, day: int) -> Scalar | None:
    """Return the value of a row on a day; None if there is none."""
    found = None
    for version in row.values:
        if version.first is None or version.first <= day:
            found = version
    if found is None or (found.last is not None and day > found.last):
        return None
    return found.value


# ---------------------------------------------------------------- look-ups


def figure(node: Figure, spot: Spot, lower: Lowering) -> Set:
    """Return a figure, looked up by keys and date."""
    write = lower.write
    table: FigureTable = lower.table_of(node)
    absent, error, lost = NO, NO, NO
    met: list[Entry] = []
    waiting = YES
    index = ZERO
    for alternative in product(*node.keys):
        keys = [lower.lower(key, spot) for key in alternative]
        flags = strict(write, keys) if keys else Flags()
        for key in keys:
            lower.defer(write.both(waiting, write.negation(decided(write, key))))
            if isinstance(key, Num) and key.lead is not None:
                lower.expect_change(ZERO, waiting)
        absent = write.either(absent, write.both(waiting, flags.absent))
        error = write.either(error, write.both(waiting, flags.error))
        lost = write.either(lost, write.both(waiting, write.negation(flags.here)))
        index = _index(table, keys, lower)
        value, is_row, has_value = _row_at(table, index, node, spot, lower, rows="named")
        waiting = write.both(waiting, flags.here)
        met.append(Entry(write.both(waiting, has_value), value))
        error = write.either(error, write.both(waiting, is_row, write.negation(has_value)))
        waiting = write.both(waiting, write.negation(is_row))
    if any(row.is_otherwise for row in table.parameter.rows):
        value, is_row, has_value = _row_at(table, index, node, spot, lower, rows="otherwise")
        met.append(Entry(write.both(waiting, has_value), value))
        waiting = write.both(waiting, write.negation(has_value))
    error = write.either(error, waiting)
    found = hull(write, met, exclusive=True)
    flags = Flags(
        here=found.here,
        absent=absent,
        error=write.either(error, found.error),
        single=found.single,
    )
    result = with_flags(write, found, flags)
    if table.parameter.applies is None:
        return result
    return _where_it_applies(table.parameter.applies, result, spot, lower)


def _where_it_applies(applies: Expr, result: Set, spot: Spot, lower: Lowering) -> Set:
    write = lower.write
    holds = lower.lower(applies, spot)
    if not isinstance(holds, Truth):
        raise Unfit(Why.FIGURE)
    flags = Flags(
        here=write.both(holds.yes, result.here),
        absent=write.both(holds.yes, result.absent),
        error=write.either(
            holds.error, holds.no, holds.absent, write.both(holds.yes, result.error)
        ),
        single=holds.single and result.single,
    )
    lower.defer(write.both(holds.absent, write.negation(holds.error)))
    return with_flags(write, result, flags)


def _index(table: FigureTable, keys: Sequence[Set], lower: Lowering) -> Int:
    """Return the combined class of the keys."""
    write = lower.write
    index = ZERO
    for key, value in zip(table.keys, keys, strict=True):
        classes = write.narrowed(key.classify(value, write), 0, len(key.samples) - 1)
        index = write.add(write.multiply(index, number(len(key.samples))), classes)
    return index


def _row_at(
    table: FigureTable,
    index: Int,
    node: Figure,
    spot: Spot,
    lower: Lowering,
    *,
    rows: Any,
) -> tuple[Set, Bit, Bit]:
    """Return the value of the row for keys, whether there is a row, and a value in it."""
    write = lower.write
    if node.on is None and spot.is_now:
        value = write.load(
            lower.arrays.name(FigureArray(table.parameter.key, "values", rows)),
            index,
            min(0, table.low),
            max(0, table.high),
        )
        if table.parameter.key in lower.complete and rows == "named":
            return _made(table, value, Flags(), lower), YES, YES
        known = write.load(
            lower.arrays.name(FigureArray(table.parameter.key, "known", rows)), index, 0, 2
        )
        is_row = write.negation(write.same(known, ZERO))
        has_value = write.same(known, number(2))
        return _made(table, value, Flags(), lower), is_row, has_value
    day = _day(node, spot, lower)
    entries: list[tuple[Bit, int]] = []
    any_row, any_value = NO, NO
    found = table.rows(otherwise=rows == "otherwise")
    for row in dict.fromkeys(id(row) for row in found if row is not None):
        places = [at for at, each in enumerate(found) if id(each) == row]
        chosen = next(each for each in found if id(each) == row)
        here = _is_any(write, index, places, len(found))
        any_row = write.either(any_row, here)
        if chosen is None:
            continue
        for first, last, figure_value in _spans(chosen):
            inside = write.both(
                here,
                write.at_most(number(first), day.low.whole),
                write.at_most(day.low.whole, number(last)),
            )
            entries.append((inside, table.code(figure_value)))
            any_value = write.either(any_value, inside)
    code = ZERO
    for inside, stored_value in entries:
        code = write.select(inside, number(stored_value), code)
    flags = strict(write, (day,))
    made = _made(table, code, flags, lower)
    return made, any_row, any_value


def _is_any(write: Writer, index: Int, places: list[int], count: int) -> Bit:
    """Return whether an index is one of some places, by the runs in which they lie."""
    if len(places) == count:
        return YES
    result = NO
    start = previous = places[0]
    for place in (*places[1:], None):
        if place is not None and place == previous + 1:
            previous = place
            continue
        inside = write.both(
            write.at_most(number(start), index), write.at_most(index, number(previous))
        )
        result = write.either(result, inside)
        if place is not None:
            start = previous = place
    return result


def _spans(row: FigureRow) -> Iterator[tuple[int, int, Scalar]]:
    """Yield first and last day of each value of a row, and the value."""
    for at, version in enumerate(row.values):
        first = version.first or 0
        last = NEVER if version.last is None else version.last
        if at + 1 < len(row.values):
            last = min(last, (row.values[at + 1].first or 0) - 1)
        if version.value is not None and first <= last:
            yield first, last, version.value


def _day(node: Figure, spot: Spot, lower: Lowering) -> Num:
    """Return the date for which a figure is looked up, which is one."""
    write = lower.write
    if node.on is None:
        today = Frac(spot.today)
        return Num(low=today, high=today)
    day = lower.lower(node.on, spot)
    if not isinstance(day, Num):
        raise Unfit(Why.FIGURE)
    lower.defer(write.negation(decided(write, day)))
    if day.lead is not None:
        lower.expect_change(number(0), YES)
    return day


def _made(table: FigureTable, value: Int, flags: Flags, lower: Lowering) -> Set:
    """Return the value that was stored."""
    if isinstance(table.parameter.type, Optional):
        raise Unfit(Why.FIGURE)
    storage = table.storage
    if storage.kind == "number":
        exact = Frac(value, table.scale)
        return Num(low=exact, high=exact, **flags_of(flags))
    return made(storage, value, flags, lower)
