"""Keys to the rows that they may meet, and those to figures and results of tables."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import floor, prod
from typing import Final, assert_never

from attrs import frozen

from aidrules.backends.interpreter.frames import Closure, Frame
from aidrules.backends.interpreter.quick import CERTAIN
from aidrules.backends.interpreter.scope import Scope
from aidrules.bounds import add_failure, fail, hull, quotient
from aidrules.program import (
    AnyMatch,
    Constant,
    FactUse,
    Figure,
    FigureRow,
    FigureValue,
    Match,
    Parameter,
    RangeMatch,
    Table,
    ValueMatch,
)
from aidrules.traverse import is_whole
from aidrules.types import Date, Quantity, Type, core
from aidrules.values import (
    INFINITY,
    Body,
    Exact,
    Failure,
    Infinite,
    Interval,
    Number,
    Options,
    Scalar,
    Selections,
    Value,
    is_decided,
    may_be,
    parts,
    settle,
)

MAX_COMBINATIONS: Final = 10_000
"""How many combinations of keys are looked at one by one."""

Key = tuple[object, ...]


def matches(cell: Match, key: object) -> bool:
    """Whether a value of a key is one of a cell's."""
    match cell:
        case AnyMatch():
            return True
        case ValueMatch(value=value):
            return key == value
        case RangeMatch(low=low, high=high):
            if not isinstance(key, Exact):
                return False
            above = low < key or (cell.low_included and low == key)
            return above and (key < high or (cell.high_included and key == high))
        case _:
            assert_never(cell)


@frozen
class Rows:
    """The cells of a table, ready to be searched.

    Attributes:
        exact: The first row for each key, of the rows that name one value in every cell.
        loose: The other rows, by their place.
    """

    cells: tuple[tuple[Match, ...], ...]
    exact: dict[Key, int]
    loose: tuple[int, ...]

    @staticmethod
    def of(cells: Iterable[tuple[Match, ...]]) -> "Rows":
        """Return the rows, in the order in which they count."""
        rows = tuple(cells)
        exact: dict[Key, int] = {}
        loose: list[int] = []
        for at, row in enumerate(rows):
            values = [cell.value for cell in row if isinstance(cell, ValueMatch)]
            if len(values) == len(row):
                exact.setdefault(tuple(values), at)
            else:
                loose.append(at)
        return Rows(rows, exact, tuple(loose))

    def find(self, key: Key) -> int | None:
        """Return the first row whose cells all match."""
        found = self.exact.get(key)
        for at in self.loose:
            if found is not None and found < at:
                break
            if all(map(matches, self.cells[at], key)):
                return at
        return found

    def column(self, at: int) -> list[Match]:
        """Return the cells of a column."""
        return [row[at] for row in self.cells]


def samples(body: Body, cells: Sequence[Match], *, whole: bool) -> list[object]:
    """Return one of each kind of value in a body that cells can tell apart.

    Args:
        body: The possible values.
        cells: Those of a column.
        whole: Whether only whole numbers are possible.
    """
    match body:
        case Options(values=values):
            return [*sorted(values)]
        case Selections(sure=sure, possible=possible):
            return [sure, possible]
        case Interval(low=low, high=high):
            breaks = {end for cell in cells for end in _ends(cell) if low < end < high}
            points = sorted(breaks.union(_finite(low, high)))
            return [*_numbers(points, low, high, whole=whole)]
        case _:
            assert_never(body)


def _ends(cell: Match) -> list[Exact]:
    match cell:
        case AnyMatch():
            return []
        case ValueMatch(value=value):
            return _finite(value)
        case RangeMatch(low=low, high=high):
            return _finite(low, high)
        case _:
            assert_never(cell)


def _finite(*ends: object) -> list[Exact]:
    return [end for end in ends if isinstance(end, Exact)]


def _numbers(points: list[Exact], low: Number, high: Number, *, whole: bool) -> Iterator[Exact]:
    """Yield the points, and one number between each two and beyond the last of an open side."""
    if not points:
        yield 0
        return
    if isinstance(low, Infinite):
        yield floor(points[0]) - 1
    for at, point in enumerate(points):
        if not whole or point.denominator == 1:
            yield point
        if at + 1 < len(points):
            following = points[at + 1]
            if not whole:
                yield quotient(point + following, _HALVES)
            elif floor(point) + 1 < following:
                yield floor(point) + 1
    if isinstance(high, Infinite):
        yield floor(points[-1]) + 1


_HALVES: Final = 2


def _is_whole(type_: Type) -> bool:
    match core(type_):
        case Quantity(whole=whole):
            return whole
        case Date():
            return True
        case _:
            return False


# ---------------------------------------------------------------- figures


@frozen
class Versions:
    """The values of a row, by date.

    Attributes:
        starts: The first day of each, in order; a value without one was always in force.
    """

    values: tuple[FigureValue, ...]
    starts: tuple[int, ...]

    @staticmethod
    def of(row: FigureRow) -> "Versions":
        """Return the values of a row, ready to be searched."""
        return Versions(row.values, tuple(value.first or 0 for value in row.values))

    def on(self, day: int) -> Scalar | None:
        """Return the value in force on a day; None if none is."""
        found = self.version(day)
        return None if found is None else found.value

    def version(self, day: int) -> FigureValue | None:
        """Return what `on` takes its value from."""
        at = bisect_right(self.starts, day) - 1
        found = self.values[at] if at >= 0 else None
        return found if found is None or found.last is None or day <= found.last else None

    def during(self, low: Number, high: Number) -> tuple[list[Scalar], bool]:
        """Return the values in force on a day from one to another, and whether each day has one."""
        found: list[Scalar] = []
        reached: Number = low
        has_gap = False
        for version in self.values:
            first: Number = -INFINITY if version.first is None else version.first
            last: Number = INFINITY if version.last is None else version.last
            if version.value is None or first > high or last < low:
                continue
            found.append(version.value)
            has_gap = has_gap or first > reached
            reached = last if isinstance(last, Infinite) else max(reached, last + 1)
        return found, not has_gap and reached > high


@frozen
class FigureTable:
    """A figure, ready to be looked up.

    Attributes:
        rows: Those that name their keys.
        others: Those that hold when none of `rows` does.
    """

    parameter: Parameter
    rows: Rows
    versions: tuple[Versions, ...]
    others: Rows
    other_versions: tuple[Versions, ...]

    @staticmethod
    def of(parameter: Parameter) -> "FigureTable":
        """Return the rows of a figure, in the order in which they count."""
        named = [row for row in parameter.rows if not row.is_otherwise]
        others = [row for row in parameter.rows if row.is_otherwise]
        return FigureTable(
            parameter,
            Rows.of(row.cells for row in named),
            tuple(map(Versions.of, named)),
            Rows.of(row.cells for row in others),
            tuple(map(Versions.of, others)),
        )

    def meet(self, bodies: Sequence[Body]) -> tuple[list[Versions], list[Key] | None]:
        """Return the rows that keys may meet, and the keys that meet none (None: too many)."""
        columns = [
            samples(body, self._column(at), whole=_is_whole(type_))
            for at, (body, type_) in enumerate(zip(bodies, self.parameter.key_types, strict=True))
        ]
        if prod(map(len, columns)) > MAX_COMBINATIONS:
            return [*self.versions, *self.other_versions], None
        met: dict[int, Versions] = {}
        missed: list[Key] = []
        for key in product(*columns):
            row = self.rows.find(key)
            if row is None:
                missed.append(key)
            else:
                met[row] = self.versions[row]
        return list(met.values()), missed

    def _column(self, at: int) -> list[Match]:
        return [*self.rows.column(at), *self.others.column(at)]

    def otherwise(self, keys: list[Key]) -> tuple[list[Versions], bool]:
        """Return the rows for keys that no other row names, and whether each key has one."""
        found = [self.others.find(key) for key in keys]
        rows = {row: self.other_versions[row] for row in found if row is not None}
        return list(rows.values()), None not in found


def figure(node: Figure, table: FigureTable, scope: Scope) -> Closure:
    """Return the closure of a figure."""
    columns = tuple(tuple(map(scope.closure, alternatives)) for alternatives in node.keys)
    on = None if node.on is None else scope.closure(node.on)
    applies = None if table.parameter.applies is None else scope.closure(table.parameter.applies)
    failure = _Missing(node, table.parameter, scope)

    def general(frame: Frame) -> Value:
        holds: Value = True if applies is None else applies(frame)
        if isinstance(holds, Failure):
            return holds
        elsewhere = None
        if may_be(holds, False):
            elsewhere = fail("not-applicable", node.span, name=table.parameter.name)
        if not may_be(holds, True):
            return add_failure(elsewhere or holds, parts(holds)[2])
        day = frame.today if on is None else on(frame)
        found = _look_up(columns, day, frame)
        return add_failure(add_failure(found, parts(holds)[2]), elsewhere)

    def _look_up(columns: tuple[tuple[Closure, ...], ...], day: Value, frame: Frame) -> Value:
        met: list[Versions] = []
        absent = False
        error: Failure | None = None
        keys: list[Key] | None = [()]
        values: list[Value] = []
        # Every key to fall back on is tried only if some of those before it may have no row.
        for alternative in product(*columns):
            values = [key(frame) for key in alternative]
            failed = next((value for value in values if isinstance(value, Failure)), None)
            if failed is not None:
                error = error or failed
                keys = []
                break
            read = [parts(value) for value in values]
            absent = absent or any(none for _, none, _ in read)
            error = error or next((found for _, _, found in read if found is not None), None)
            bodies = [body for body, _, _ in read if body is not None]
            if len(bodies) < len(read):
                keys = []
                break
            rows, keys = table.meet(bodies)
            met += rows
            if not keys:
                break
        if keys:
            rows, is_complete = table.otherwise(keys)
            met += rows
            error = error or (None if is_complete else failure.of(values, day))
        elif keys is None:
            error = error or failure.of(values, day)
        return _in_force(met, day, absent=absent, error=error, missing=failure.of(values, day))

    if not scope.is_plain or on is not None or applies is not None or len(node.keys) > 1:
        return general
    if any(len(alternatives) > 1 for alternatives in node.keys):
        return general
    if not columns:
        return _quick_unkeyed(table, general)
    return _quick_keyed(columns[0][0], table, general)


def _quick_unkeyed(table: FigureTable, general: Closure) -> Closure:
    """Return the closure of a figure without keys, the short way."""
    if len(table.versions) != 1:
        return general
    (versions,) = table.versions

    def closure(frame: Frame) -> Value:
        value = versions.on(frame.today)
        return general(frame) if value is None else value

    return closure


def _quick_keyed(key: Closure, table: FigureTable, general: Closure) -> Closure:
    """Return the closure of a figure with one key, the short way.

    Should the key be uncertain it is worked out once more; it is mostly a fact or a definition.
    """

    def closure(frame: Frame) -> Value:
        wanted = key(frame)
        if wanted.__class__ in CERTAIN:
            row = table.rows.find((wanted,))
            if row is not None:
                value = table.versions[row].on(frame.today)
                if value is not None:
                    return value
        return general(frame)

    return closure


def _in_force(
    met: list[Versions], day: Value, *, absent: bool, error: Failure | None, missing: Failure
) -> Value:
    """Return the values of rows in force on the possible days."""
    if isinstance(day, Failure):
        return day
    body, none, failed = parts(day)
    error = error or failed
    found: list[Scalar] = []
    if isinstance(body, Interval):
        for versions in met:
            values, is_covered = versions.during(body.low, body.high)
            found += values
            if not is_covered:
                error = error or missing
    result = settle(None, absent or none, error) if absent or none or error else None
    if found:
        covered = hull(found)
        return covered if result is None else hull((covered, result))
    return missing if result is None else result


@frozen
class _Missing:
    """What to say of a figure that has no value."""

    node: Figure
    parameter: Parameter
    scope: Scope

    def of(self, keys: Sequence[Value], day: Value) -> Failure:
        """Return the error; the keys are named only if no private fact can be behind them."""
        shown = None
        if all(map(is_decided, keys)) and all(
            self._is_public(alternative) for column in self.node.keys for alternative in column
        ):
            shown = ", ".join(str(key) for key in keys) or None
        public_day = day if self.node.on is None else None
        return fail(
            "no-figure", self.node.span, name=self.parameter.name, keys=shown, date=public_day
        )

    def _is_public(self, key: object) -> bool:
        match key:
            case Constant():
                return True
            case FactUse(entity=entity, name=name):
                return not self.scope.program.fact[entity, name].is_private
            case _:
                return False


# ---------------------------------------------------------------- decision tables


@frozen
class Met:
    """The rows of a decision table that inputs may meet.

    Attributes:
        rows: Their places.
        is_sure: Whether some row is met whatever the inputs are.
        is_covered: Whether each combination of inputs meets a row.
    """

    rows: tuple[int, ...]
    is_sure: bool
    is_covered: bool


def meet_rows(node: Table, rows: Rows, bodies: Sequence[Body], scope: Scope) -> Met:
    """Return the rows in which every cell may match."""
    columns = [
        samples(body, rows.column(at), whole=is_whole(node.inputs[at], scope.program.definition))
        for at, body in enumerate(bodies)
    ]
    met: list[int] = []
    is_sure = False
    for at, row in enumerate(rows.cells):
        fits = [
            [matches(cell, key) for key in keys] for cell, keys in zip(row, columns, strict=True)
        ]
        if all(map(any, fits)):
            met.append(at)
            if all(map(all, fits)):  # what stands below is not reached
                is_sure = True
                break
    if is_sure or node.otherwise is not None:
        return Met(tuple(met), is_sure, is_sure)
    is_small = prod(map(len, columns)) <= MAX_COMBINATIONS
    is_covered = is_small and all(rows.find(key) is not None for key in product(*columns))
    return Met(tuple(met), is_sure, is_covered)


def table(node: Table, scope: Scope) -> Closure:
    """Return the closure of a decision table."""
    inputs = tuple(map(scope.closure, node.inputs))
    rows = Rows.of(row.cells for row in node.rows)
    results = tuple(scope.closure(row.result) for row in node.rows)
    otherwise = None if node.otherwise is None else scope.closure(node.otherwise)
    no_row = fail("no-row", node.span)

    def general(values: list[Value], frame: Frame) -> Value:
        read = [parts(value) for value in values]
        for value in values:
            if isinstance(value, Failure):
                return value
        error = next((found for _, _, found in read if found is not None), None)
        absent = any(none for _, none, _ in read)
        bodies = [body for body, _, _ in read if body is not None]
        if len(bodies) < len(read):
            return settle(None, absent, error)
        met = meet_rows(node, rows, bodies, scope)
        found = [results[at](frame) for at in met.rows]
        if not met.is_sure and otherwise is not None:
            found.append(otherwise(frame))
        elif not met.is_covered:
            error = error or no_row
        if absent or error is not None:
            found.append(settle(None, absent, error))
        return hull(found)

    def slow(frame: Frame) -> Value:
        return general([value(frame) for value in inputs], frame)

    def quick(frame: Frame) -> Value:
        values = [value(frame) for value in inputs]
        for value in values:
            if value.__class__ not in CERTAIN:
                return general(values, frame)
        row = rows.find(tuple(values))
        if row is not None:
            return results[row](frame)
        return no_row if otherwise is None else otherwise(frame)

    return quick if scope.is_plain else slow
