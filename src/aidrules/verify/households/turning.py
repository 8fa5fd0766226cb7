"""A program to where its rules turn: values that are compared, and how they meet."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final, Literal

from attrs import frozen

from aidrules.program import (
    AnyOver,
    BestBy,
    BestOver,
    Brackets,
    Compare,
    Constant,
    CountOver,
    EveryOver,
    Expr,
    Extreme,
    Figure,
    Follow,
    Match,
    OnRecord,
    Payable,
    Program,
    RangeMatch,
    Shift,
    SumOver,
    Table,
    ValueMatch,
    Within,
)
from aidrules.traverse import children
from aidrules.types import DATE, Date, Quantity, Type, core
from aidrules.values import Exact
from aidrules.verify.reach import reached

SECANTS: Final = 8
"""How many straight lines are tried before halves are."""


@frozen
class Turn:
    """Two values that a rule compares, on the records of a kind.

    Attributes:
        facts: Kind and name of the numbers and dates on which they rest.
    """

    entity: str
    left: Expr
    right: Expr
    facts: tuple[tuple[str, str], ...]


def turns(program: Program) -> tuple[Turn, ...]:
    """Return where the definitions and the checks of a policy turn, each once, in their order.

    Comparisons, `within`, limits, brackets, rows of tables and of figures, and amounts above 0.
    """
    found: dict[tuple[str, Expr, Expr], None] = {}
    for definition in program.definitions:
        if definition.entity is not None:
            for turn in _of(definition.body, definition.entity, program):
                found.setdefault(turn)
    kept: list[Turn] = []
    for entity, left, right in found:
        facts = sorted(
            each
            for each in reached(program, (left, right)).facts
            if isinstance(core(program.fact[each].type), Quantity | Date)
        )
        if facts:
            kept.append(Turn(entity, left, right, tuple(facts)))
    return tuple(kept)


def _of(root: Expr, on: str, program: Program) -> Iterator[tuple[str, Expr, Expr]]:
    waiting = [(root, on)]
    while waiting:
        node, entity = waiting.pop()
        yield from ((entity, left, right) for left, right in _pairs(node, program))
        match node:
            case SumOver() | CountOver() | AnyOver() | EveryOver() | BestOver() | BestBy():
                below = node.over.entity
                rest = node.otherwise if isinstance(node, BestOver | BestBy) else None
                waiting.extend((each, entity if each is rest else below) for each in children(node))
            case Follow(reference=reference, entity=followed, body=body):
                waiting.extend(((reference, entity), (body, followed)))
            case OnRecord():
                pass
            case _:
                waiting.extend((each, entity) for each in children(node))


def _pairs(node: Expr, program: Program) -> Iterator[tuple[Expr, Expr]]:
    """Yield the pairs that a node itself compares."""
    match node:
        case Compare(left=left, right=right) if _is_ordered(left.type):
            yield left, right
        case Within(date=day, period=period, direction=direction, start=start, calendar=calendar):
            yield day, start
            unit = period.type.unit.duration if isinstance(period.type, Quantity) else None
            if unit is not None:
                sign: Literal[1, -1] = -1 if direction == "before" else 1
                yield day, Shift(start, period, sign, unit, calendar, type=DATE, span=node.span)
        case Payable(value=value) if _is_ordered(value.type):
            yield value, Constant(0, type=value.type, span=value.span)
        case Extreme(items=(first, *rest)) if _is_ordered(first.type):
            yield from ((first, each) for each in rest)
        case Brackets(value=value, thresholds=thresholds):
            yield from ((value, _constant(each, value)) for each in thresholds)
        case Table(inputs=inputs, rows=rows):
            for at, given in enumerate(inputs):
                yield from _cells(given, (row.cells[at] for row in rows))
        case Figure(parameter=key, keys=keys):
            for at, column in enumerate(keys):
                figures = program.parameter[key].rows
                cells = [row.cells[at] for row in figures if row.cells]
                for given in column:
                    yield from _cells(given, iter(cells))
        case _:
            pass


def _cells(given: Expr, cells: Iterator[Match]) -> Iterator[tuple[Expr, Expr]]:
    if not _is_ordered(given.type):
        return
    ends: dict[Exact, None] = {}
    for cell in cells:
        match cell:
            case RangeMatch(low=low, high=high):
                ends.update((end, None) for end in (low, high) if isinstance(end, int | Fraction))
            case ValueMatch(value=int() | Fraction() as value):
                ends[value] = None
            case _:
                pass
    yield from ((given, _constant(end, given)) for end in ends)


def _constant(value: Exact, beside: Expr) -> Constant:
    return Constant(value, type=beside.type, span=beside.span)


def _is_ordered(type_: Type) -> bool:
    return isinstance(core(type_), Quantity | Date)


# ---------------------------------------------------------------- the search

Gap = Callable[[int], Exact | None]
"""From a place on a scale of whole numbers to how far apart two values are; None: not known."""


def meeting(gap: Gap, start: int, top: int) -> int | None:
    """Return a place at which two values meet, or the last before one overtakes the other.

    Args:
        gap: Asked for places from 0 to `top`.
        start: Where to begin.
        top: The last place.

    Returns:
        A place at the edge of those where they are equal, if they are so at several; None if no
        place is found.
    """
    search = _Search(gap, {})
    found = search.secant(start, top)
    if found is None:
        return None
    sign = search.sign(found)
    if sign != 0:
        return found
    for end in (0, top):
        if search.sign(end) not in (0, None):
            return search.last(found, end)
    return found


@frozen
class _Search:
    gap: Gap
    known: dict[int, Exact | None]

    def at(self, place: int) -> Exact | None:
        if place not in self.known:
            self.known[place] = self.gap(place)
        return self.known[place]

    def sign(self, place: int) -> int | None:
        value = self.at(place)
        return None if value is None else (value > 0) - (value < 0)

    def last(self, good: int, bad: int) -> int:
        """Return the last place from a good one towards a bad one that has the good one's sign."""
        wanted = self.sign(good)
        while abs(good - bad) > 1:
            middle = (good + bad) // 2
            if self.sign(middle) == wanted:
                good = middle
            else:
                bad = middle
        return good

    def secant(self, start: int, top: int) -> int | None:
        """Return a place where the gap is 0, or beside which it changes its sign."""
        one, other = start, start + 1 if start < top else max(start - 1, 0)
        for _ in range(SECANTS):
            first, second = self.at(one), self.at(other)
            if first is None or second is None:
                return None
            if first == 0:
                return one
            if second == 0:
                return other
            if (first > 0) != (second > 0):
                return self.last(one, other)
            if first == second:
                break
            ahead = other - second * (other - one) / Fraction(second - first)
            following = min(max(int(ahead // 1), 0), top)
            if following in (one, other):
                break
            one, other = other, following
        for end in (0, top):
            if self.sign(end) not in (None, self.sign(start)):
                return end if self.sign(end) == 0 else self.last(start, end)
        return None
