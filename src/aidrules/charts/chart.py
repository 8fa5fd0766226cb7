"""A household and a fact to a chart: curves, rates and cliffs, as data and as JSON."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import pairwise

from attrs import field, frozen

from aidrules import wording
from aidrules.backends.interpreter import Engine
from aidrules.case import Case, Record
from aidrules.charts.axis import Axis, axis_of
from aidrules.charts.curve import Curves, Point, Run, Target, Tracer, only
from aidrules.decision import Language
from aidrules.lexicon import exact
from aidrules.program import Grant, Program
from aidrules.types import CONVERSIONS, Quantity, Unit, core
from aidrules.values import Exact

MOST_DOUBLINGS = 40
_NICE = (Fraction(1), Fraction(2), Fraction(5))


@frozen
class Amount:
    """One amount along the fact: a grant on a record."""

    grant: Grant = field(repr=False)
    record: Record = field(repr=False)


@frozen
class Cliff:
    """Where one step more of the fact takes away more than the step.

    Attributes:
        at: The last value before the fall, in the unit of the fact.
        to: The next value, one step on.
        loss: How much less is paid in all, in the unit of the amounts; above 0.
        left: What is still paid in all.
    """

    at: Fraction
    to: Fraction
    loss: Fraction
    left: Fraction


@frozen
class Stretch:
    """From one point to the next.

    Attributes:
        rate: The share of each additional unit of the fact that is lost, exact: 1 is all of it;
            below 0 more is paid. None where it is not known, or the units cannot be compared.
    """

    first: Point
    last: Point
    run: Run
    rate: Fraction | None


@frozen
class Panel:
    """The amounts of one unit, which may be added.

    Attributes:
        amounts: Those that are ever above 0.
        curves: Along the fact, in order of the amounts.
        factor: What an amount is multiplied by to be comparable with the fact; None if it is not,
            so that there is no rate.
    """

    unit: Unit
    amounts: tuple[Amount, ...]
    curves: Curves = field(repr=False)
    factor: Fraction | None

    def total(self, point: Point) -> Fraction | None:
        """Return what is paid in all at a point; None if an amount is no number there."""
        numbers = [Fraction(amount) for amount in point.amounts if amount is not None]
        return sum(numbers, Fraction(0)) if len(numbers) == len(point.amounts) else None

    def rounding(self, run: Run) -> Fraction:
        """Return by how much the total may lie off a straight line, for what the rules round."""
        return sum(run.roundings, Fraction(0))

    def stretches(self) -> Iterator[Stretch]:
        """Yield the stretches, each with its exact rate."""
        ends = pairwise(self.curves.points)
        for (first, last), run in zip(ends, self.curves.runs, strict=True):
            before, after = self.total(first), self.total(last)
            rate = None
            is_told = self.factor is not None and before is not None and after is not None
            if run.kind == "straight" and is_told:
                rate = (before - after) * self.factor / (last.at - first.at)  # type: ignore[operator] # all are told
            yield Stretch(first, last, run, rate)

    def cliffs(self) -> tuple[Cliff, ...]:
        """Return where one step more takes away more than the step and the roundings, in order.

        Where the amounts cannot be compared with the fact, a cliff is any fall within one step
        that is steeper than the lines beside it.
        """
        found: list[Cliff] = []
        runs = self.curves.runs
        for at, run in enumerate(runs):
            first, last = self.curves.points[at : at + 2]
            before, after = self.total(first), self.total(last)
            if run.kind != "neighbours" or before is None or after is None:
                continue
            step, loss = last.at - first.at, before - after
            beside = [each for each in (at - 1, at + 1) if 0 <= each < len(runs)]
            steepest = max((abs(self._slope(each)) for each in beside), default=Fraction(0))
            least = step / self.factor if self.factor else step * steepest
            rounding = max((self.rounding(runs[each]) for each in beside), default=Fraction(0))
            if loss > least + rounding:
                found.append(Cliff(first.at, last.at, loss, after))
        return tuple(found)

    def _slope(self, at: int) -> Fraction:
        first, last = self.curves.points[at : at + 2]
        before, after = self.total(first), self.total(last)
        if self.curves.runs[at].kind != "straight" or before is None or after is None:
            return Fraction(0)
        return (after - before) / (last.at - first.at)


@frozen
class Chart:
    """What a household is paid, against one fact.

    Attributes:
        on: The date, as an ordinal.
        ends: The least and the greatest value of the fact.
        amounts: Grants on records.
        left_out: Grants on records whose amount is not certain as the facts stand.
    """

    policy: str
    program: Program = field(repr=False)
    on: int
    axis: Axis
    ends: tuple[Fraction, Fraction]
    amounts: tuple[Amount, ...]
    panels: tuple[Panel, ...]
    left_out: tuple[Amount, ...]

    def date(self, language: Language) -> str:
        """Return the date in words."""
        return wording.date(self.on, language)

    def to_json(self) -> dict[str, object]:
        """Return the chart as plain data, exact numbers as text, ready for `json.dumps`."""
        axis = self.axis
        return {
            "policy": self.policy,
            "on": date.fromordinal(self.on).isoformat(),
            "along": {
                "name": axis.fact.name,
                "entity": axis.record.entity,
                "record": axis.record.id,
                "unit": wording.unit(axis.unit, "en"),
                "step": exact(axis.step),
                "now": None if axis.now is None else exact(axis.now),
            },
            "panels": [self._panel_json(panel) for panel in self.panels],
            "left_out": [_named(each) for each in self.left_out],
        }

    def _panel_json(self, panel: Panel) -> dict[str, object]:
        return {
            "unit": wording.unit(panel.unit, "en"),
            "amounts": [_named(each) for each in panel.amounts],
            "points": [
                {
                    "at": exact(point.at),
                    "amounts": [_text(amount) for amount in point.amounts],
                    "total": _text(panel.total(point)),
                }
                for point in panel.curves.points
            ],
            "stretches": [
                {
                    "from": exact(each.first.at),
                    "to": exact(each.last.at),
                    "run": each.run.kind,
                    "rounding": exact(panel.rounding(each.run)),
                    "rate": _text(each.rate),
                }
                for each in panel.stretches()
            ],
            "cliffs": [
                {"at": exact(each.at), "to": exact(each.to), "loss": exact(each.loss)}
                for each in panel.cliffs()
            ],
        }


def _named(series: Amount) -> dict[str, str]:
    return {
        "entity": series.record.entity,
        "record": series.record.id,
        "name": series.grant.key,
    }


def _text(number: Exact | None) -> str | None:
    return None if number is None else exact(number)


def chart_of(
    policy: str,
    engine: Engine,
    case: Case,
    today: int,
    along: str | None,
    ends: tuple[Fraction | None, Fraction | None] = (None, None),
) -> Chart:
    """Return the chart of a household.

    Args:
        policy: Its name.
        engine: Of the policy.
        case: The household.
        today: The date, as an ordinal.
        along: The fact that is varied: see `axis_of`.
        ends: The least and greatest value of the fact; None: the least of its range, and what is
            beyond all changes, or the greatest of its range.

    Raises:
        AxisError: If no one fact is named so.
        ValueError: If nothing lies between the ends.
    """
    program = engine.program
    axis = axis_of(program, case, along)
    every = [
        Amount(grant, record)
        for grant in program.grants
        if grant.type is not None and isinstance(core(grant.type), Quantity)
        for record in case.records.values()
        if record.entity == grant.entity
    ]
    tracer = Tracer(engine, case, today, axis, tuple(_target(each) for each in every))
    low = _on_step(ends[0] if ends[0] is not None else Fraction(axis.fact.low or 0), axis)
    amounts = tracer.point(low).amounts
    told = [each for each, amount in zip(every, amounts, strict=True) if amount is not None]
    left_out = tuple(each for each in every if each not in told)
    tracer = Tracer(engine, case, today, axis, tuple(_target(each) for each in told))
    high = _on_step(ends[1] if ends[1] is not None else _far(tracer, low), axis)
    if high <= low:
        message = f"nothing lies between {exact(low)} and {exact(high)}"
        raise ValueError(message)
    curves = tracer.trace(low, high)
    panels = _panels(told, curves, axis)
    return Chart(policy, program, today, axis, (low, high), tuple(told), panels, left_out)


def _target(series: Amount) -> Target:
    return Target(series.grant.key, series.record)


def _on_step(value: Fraction, axis: Axis) -> Fraction:
    return value // axis.step * axis.step


def _far(tracer: Tracer, low: Fraction) -> Fraction:
    """Return a round value from which on nothing changes, with some room; else the greatest."""
    axis, most = tracer.axis, tracer.axis.fact.high
    for power in range(MOST_DOUBLINGS):
        value = _NICE[power % 3] * Fraction(10) ** (power // 3) * max(axis.step, Fraction(1))
        if value <= low or value <= (axis.now or 0):
            continue
        if most is not None and value >= most:
            return Fraction(most)
        if tracer.is_level(value):
            return value
    return low + 1_000 * axis.step


def _panels(told: list[Amount], curves: Curves, axis: Axis) -> tuple[Panel, ...]:
    """Group the amounts that are ever paid by their unit."""
    places: dict[Unit, list[int]] = {}
    for place, each in enumerate(told):
        kind = None if each.grant.type is None else core(each.grant.type)
        if isinstance(kind, Quantity) and any(point.amounts[place] for point in curves.points):
            places.setdefault(kind.unit, []).append(place)
    return tuple(
        Panel(unit, tuple(told[at] for at in found), only(curves, found), _factor(unit, axis.unit))
        for unit, found in places.items()
    )


def _factor(unit: Unit, other: Unit) -> Fraction | None:
    """Return what an amount in a unit is multiplied by to be one in another, if it can be."""
    if unit == other:
        return Fraction(1)
    periods = unit.rate_period, other.rate_period
    first, second = periods
    if first is None or second is None or (first, second) not in CONVERSIONS:
        return None
    if unit.times(Unit.of(first)) != other.times(Unit.of(second)):
        return None
    return Fraction(*CONVERSIONS[first, second])
