"""A fact that is varied to the exact values of amounts: where they bend, jump, or run straight."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from heapq import heappop, heappush
from typing import Literal

from attrs import field, frozen

from aidrules.backends.interpreter import Engine, Evaluation
from aidrules.backends.interpreter.frames import Learnt
from aidrules.case import Case, Record
from aidrules.charts.axis import Axis
from aidrules.program import (
    Arithmetic,
    Cases,
    Convert,
    Extreme,
    FactUse,
    Follow,
    OnRecord,
    Present,
    Round,
    SumOver,
    Use,
)
from aidrules.trace import Step
from aidrules.values import (
    INFINITY,
    Exact,
    Infinite,
    Interval,
    Possible,
    Value,
    bounds,
    is_decided,
)


@frozen
class Run:
    """What is known between two points.

    Attributes:
        kind: A straight line, proved; nothing, as no value lies between them; or that it was not
            settled within the time given.
        roundings: What the rules round on the way to each amount: stretches count as one line as
            long as no amount at their ends lies further off it.
    """

    kind: Literal["straight", "neighbours", "open"]
    roundings: tuple[Fraction, ...] = ()


_FAR = Fraction(10**30)

MOST_SPLITS = 4_000
"""How often a stretch is halved before those that are left stay open, the widest first."""


@frozen
class Target:
    """The amount of a grant on a record, by the key of its definition."""

    key: str
    record: Record = field(repr=False)


@frozen
class Point:
    """The amounts at a value of the fact, in order of the targets; None: it is no number."""

    at: Fraction
    amounts: tuple[Exact | None, ...]


@frozen
class Curves:
    """Amounts along a fact.

    Attributes:
        points: In order; each is exact.
        runs: What is known between each point and the next.
    """

    points: tuple[Point, ...]
    runs: tuple[Run, ...]


@frozen
class Tracer:
    """A household, of which one fact is varied."""

    engine: Engine
    case: Case
    today: int
    axis: Axis
    targets: tuple[Target, ...]

    def trace(self, low: Fraction, high: Fraction) -> Curves:
        """Return the amounts from one value of the fact to another, both multiples of its step.

        A stretch is taken as straight only if, with the fact known to lie in it and nothing more,
        the interpreter takes one way through every rule; so nothing between its ends is missed.
        """
        known = {at: self.point(at) for at in (low, high)}
        waiting = [(low - high, low, high)]
        runs: dict[Fraction, Run] = {}
        splits = 0
        while waiting:
            _, start, end = heappop(waiting)
            roundings = self.roundings(start, end)
            if end - start <= self.axis.step:
                runs[start] = Run("neighbours", self._none())
            elif roundings is not None:
                runs[start] = Run("straight", roundings)
            elif splits >= MOST_SPLITS:
                runs[start] = Run("open", self._none())
            else:
                splits += 1
                middle = self._middle(start, end)
                known[middle] = self.point(middle)
                heappush(waiting, (start - middle, start, middle))
                heappush(waiting, (middle - end, middle, end))
        points = tuple(known[at] for at in sorted(known))
        return Curves(points, tuple(runs[point.at] for point in points[:-1]))

    def _middle(self, start: Fraction, end: Fraction) -> Fraction:
        return start + (end - start) / 2 // self.axis.step * self.axis.step

    def point(self, at: Fraction) -> Point:
        """Return the amounts at a value of the fact."""
        evaluation = self.at(at)
        values = (evaluation.value(each.key, each.record) for each in self.targets)
        return Point(at, tuple(_amount(value) for value in values))

    def at(self, value: Value) -> Evaluation:
        """Return the evaluation with the fact as given, certain or not."""
        learnt = Learnt({(self.axis.record, self.axis.fact.name): value})
        return self.engine.open(self.case, self.today, learnt)

    def _none(self) -> tuple[Fraction, ...]:
        return (Fraction(0),) * len(self.targets)

    def roundings(self, low: Fraction, high: Fraction) -> tuple[Fraction, ...] | None:
        """Return by how much each amount may lie off a straight line; None if it may run otherwise.

        Args:
            low: The least value of the fact.
            high: The greatest.
        """
        evaluation = self.at(Possible(Interval(low, high)))
        found = []
        for target in self.targets:
            off = _off_the_line(self._step(target, evaluation), evaluation)
            if off is None:
                return None
            found.append(off)
        return tuple(found)

    def is_level(self, low: Fraction) -> bool:
        """Whether every amount is proved to be the same from a value of the fact on."""
        evaluation = self.at(Possible(Interval(low, self.axis.fact.high or INFINITY)))
        return all(is_decided(self._step(each, evaluation).value) for each in self.targets)

    def _step(self, target: Target, evaluation: Evaluation) -> Step:
        definition = evaluation.program.definition[target.key]
        return evaluation.step(definition.body, target.record)


def _amount(value: Value) -> Exact | None:
    return value if isinstance(value, int | Fraction) else None


def _off_the_line(step: Step, evaluation: Evaluation) -> Fraction | None:
    """Return by how much a value may lie off a straight line, for what is rounded on the way to it.

    Returns:
        None if not one way through the rules holds for the whole stretch, or it is not linear.
    """
    if is_decided(step.value):
        return Fraction(0)
    if isinstance(step.value, Possible) and (step.value.absent or step.value.failure):
        return None
    expression = step.expression
    if isinstance(expression, FactUse):
        return Fraction(0)
    operands = evaluation.operands(step)
    match expression:
        case Extreme(word=word):
            wins = _winner(operands, 1 if word == "highest" else -1)
            return None if wins is None else _off_the_line(wins, evaluation)
        case Arithmetic() | Cases() | Convert() | Use() | Present() | OnRecord() | Follow():
            pass
        case SumOver() | Round():
            pass
        case _:  # a comparison that falls either way, a table: the stretch is halved
            return None
    parts = [_off_the_line(each, evaluation) for each in operands]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    total = sum(known, Fraction(0))
    match expression:
        case Round(quantum=quantum):
            return total + quantum
        case Convert(factor=factor):
            return total * abs(factor)
        case Arithmetic(op="*" | "/" as op):
            return _scaled(op, total, operands)
        case _:
            return total


def _scaled(op: str, off: Fraction, operands: Sequence[Step]) -> Fraction | None:
    """Return how far off a product with, or a quotient by, a certain number is."""
    left, right = (_certain(each.value) for each in operands)
    if op == "/":
        return off / abs(right) if right else None
    factor = right if left is None else left
    return None if factor is None else off * abs(factor)


def _certain(value: object) -> Fraction | None:
    return Fraction(value) if isinstance(value, int | Fraction) else None


def _winner(operands: Iterable[Step], sign: Literal[1, -1]) -> Step | None:
    """Return the operand that is surely the highest (sign 1) or the lowest (-1), or None."""
    ends: list[tuple[Step, Fraction | Infinite, Fraction | Infinite]] = []
    for each in operands:
        reach = bounds(each.value)
        if reach is None:
            return None
        least, most = reach if sign > 0 else (-reach[1], -reach[0])
        ends.append((each, least, most))  # type: ignore[arg-type] # an int compares as a Fraction
    for each, least, _ in ends:
        if all(other is each or most <= least for other, _, most in ends):
            return each
    return None


def only(curves: Curves, places: Sequence[int]) -> Curves:
    """Return some of the amounts, without points at which their lines go on, but for roundings."""
    points = [Point(p.at, tuple(p.amounts[at] for at in places)) for p in curves.points]
    runs = [Run(r.kind, tuple(r.roundings[at] for at in places)) for r in curves.runs]
    kept, between = [points[0]], [runs[0]]
    left_out: list[Point] = []
    for point, run, following in zip(points[1:-1], runs[1:], points[2:], strict=True):
        longer = _longer(kept[-1], (*left_out, point), following, (between[-1], run))
        if longer is None:
            kept.append(point)
            between.append(run)
            left_out.clear()
        else:
            between[-1] = longer
            left_out.append(point)
    return Curves((*kept, points[-1]), tuple(between))


def _longer(
    first: Point, middle: Sequence[Point], last: Point, runs: tuple[Run, Run]
) -> Run | None:
    """Return the run of a line past some points, if none lies off it by more than is rounded."""
    if any(run.kind == "open" for run in runs):
        return None
    roundings = []
    for at, most in enumerate(map(max, *(run.roundings for run in runs))):
        if any(_off(first, point, last, at) > most for point in middle):
            return None
        roundings.append(most)
    return Run("straight", tuple(roundings))


def _off(first: Point, middle: Point, last: Point, at: int) -> Fraction:
    """Return how far an amount lies off the line between two points; far, if one is no number."""
    one, two, three = (point.amounts[at] for point in (first, middle, last))
    if one is None or two is None or three is None:
        return Fraction(0) if one is two is three is None else _FAR
    share = (middle.at - first.at) / (last.at - first.at)
    return abs(two - (one + (three - one) * share))
