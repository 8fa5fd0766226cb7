"""A program and a case without unknowns to the value of a definition, as the language says it.

Written from the language's meaning alone, without bounds: exact numbers, and an exception for what
cannot be computed. Where a rule itself says `unknown`, one of the values is drawn and the answer is
called drawn: it then has to be possible, not certain.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from itertools import product
from math import floor
from random import Random
from typing import Any

from attrs import define, field, frozen

from aidrules.case import Case, Past, Record, Series
from aidrules.program import (
    And,
    AnyMatch,
    AnyOver,
    Arithmetic,
    BestBy,
    BestOver,
    Boundary,
    Brackets,
    Calendar,
    Cases,
    Compare,
    Constant,
    Convert,
    CountOver,
    DateRules,
    Else,
    EveryOver,
    Expr,
    Extreme,
    Fact,
    FactUse,
    Fail,
    Figure,
    FigureRow,
    Follow,
    Includes,
    IsNone,
    Match,
    MonthSum,
    Node,
    Not,
    OneOf,
    OnRecord,
    Or,
    Part,
    Payable,
    PeriodsBetween,
    Place,
    Present,
    Program,
    RangeMatch,
    Ration,
    Recorded,
    Records,
    Round,
    Shift,
    SumOver,
    Table,
    Today,
    UnknownValue,
    Use,
    ValueMatch,
    Within,
)
from aidrules.types import Choice, Date, Optional, Quantity, Reference, Selection, Text, Truth, core
from aidrules.values import ABSENT, Failure, Possible, Scalar

from .cases import walk
from .kinds import DATES, FIRST_DAY, LAST_DAY, NUMBERS, TEXTS, UNNAMED, subset

FAILED = Failure("failed")


class Broken(Exception):  # noqa: N818 - a located error of the language, not of Python
    """It cannot be computed."""


class Unsaid(Exception):  # noqa: N818 - no error either
    """The language does not say what it is."""


@frozen
class Answer:
    """What comes out.

    Attributes:
        drawn: Whether it hangs on a value that the rules leave unknown.
    """

    value: Scalar | Failure
    drawn: bool


@define
class Oracle:
    """The plain evaluation of one case; `used` counts the kinds of expression it met."""

    program: Program
    case: Case
    rng: Random
    used: Counter[type] = field(factory=Counter)
    _known: dict[tuple[str, str, str, int], Answer | None] = field(factory=dict)
    _drawn: dict[object, Scalar] = field(factory=dict)
    _is_drawn: bool = False

    def answer(self, key: str, record: Record, today: int) -> Answer | None:
        """Return the value of a definition on a record; None if the language does not say."""
        entity = self.program.definition[key].entity
        on = record if entity is None else record.above(entity)
        place = (key, on.entity, on.id, today)
        if place not in self._known:
            before, self._is_drawn = self._is_drawn, False
            try:
                body = self.program.definition[key].body
                self._known[place] = Answer(self.value(body, on, today), self._is_drawn)
            except Broken:
                self._known[place] = Answer(FAILED, self._is_drawn)
            except Unsaid:
                self._known[place] = None
            self._is_drawn = before
        return self._known[place]

    def value(self, node: Expr, record: Record, today: int) -> Any:
        """Return the value of an expression.

        Raises:
            Broken: If it cannot be computed.
            Unsaid: If the language does not say.
        """
        self.used[type(node)] += 1
        return RULES[type(node)](self, node, record, today)

    def is_above_root(self, record: Record) -> bool:
        """Whether a record stands above the one that the case is about."""
        above = self.case.root.parent
        while above is not None and above is not record:
            above = above.parent
        return above is record

    def draw(self, node: Node, record: Record, today: int) -> Scalar:
        """Return one of the values of a type, the same whenever asked."""
        self._is_drawn = True
        place = (node, record.id, today)
        if place not in self._drawn:
            self._drawn[place] = self.any_value(node)
        return self._drawn[place]

    def any_value(self, node: Node) -> Scalar:
        """Return one of the values of a type."""
        rng, type_ = self.rng, core(node.type)
        if isinstance(node.type, Optional) and rng.random() < 0.3:
            return ABSENT
        match type_:
            case Quantity(whole=whole):
                return rng.randint(-2, 5) if whole else rng.choice(NUMBERS)
            case Date():
                return rng.choice(DATES)
            case Truth():
                return rng.random() < 0.5
            case Choice(values=values, is_open=is_open):
                return rng.choice((*values, UNNAMED) if is_open else values)
            case Text():
                return rng.choice((*TEXTS, UNNAMED))
            case Selection(choice=choice):
                more = (UNNAMED,) if choice.is_open else ()
                return subset((*choice.values, *more), rng)
            case Reference(entity=entity):
                ids = [name for kind, name in self.case.records if kind == entity]
                if not ids:
                    raise Unsaid
                return rng.choice(ids)
            case _:
                raise TypeError(type_)

    def records(self, over: Records, record: Record, today: int) -> Iterator[Record]:
        """Yield the records below one that meet the condition."""
        if self.is_above_root(record):  # what else is below it, nobody told
            raise Unsaid
        for below in walk(record):
            if below.entity != over.entity or below is record:
                continue
            if over.condition is None or self.value(over.condition, below, today):
                yield below


# ---------------------------------------------------------------- leaves


def constant(_: Oracle, node: Constant, __: Record, ___: int) -> Any:
    return node.value


def unknown(on: Oracle, node: UnknownValue, record: Record, today: int) -> Any:
    return on.draw(node, record, today)


def fail(_: Oracle, __: Fail, ___: Record, ____: int) -> Any:
    raise Broken


def today_(_: Oracle, __: Today, ___: Record, today: int) -> Any:
    return today


def fact_use(on: Oracle, node: FactUse, record: Record, today: int) -> Any:
    home = record.above(node.entity)
    fact = on.program.fact[node.entity, node.name]
    given = home.facts.get(node.name)
    if isinstance(given, Series):
        values = [value for day, value in given.points if day <= today]
        given = values[-1] if values else None
        if given is None:
            raise Unsaid
    if isinstance(given, Possible):
        raise Unsaid
    if given is not None:
        return given
    if fact.default is None:
        raise Unsaid
    value = on.value(fact.default, home, today)
    if not in_range(fact, value):
        raise Broken
    return value


def in_range(fact: Fact, value: Any) -> bool:
    """Whether a value may be given for a fact."""
    if value is ABSENT:
        return isinstance(fact.type, Optional)
    match core(fact.type):
        case Quantity():
            low, high = fact.low, fact.high
            return (low is None or low <= value) and (high is None or value <= high)
        case Date():
            return bool(FIRST_DAY <= value <= LAST_DAY)
        case _:
            return True


def use(on: Oracle, node: Use, record: Record, today: int) -> Any:
    answer = on.answer(node.key, record, today)
    if answer is None:
        raise Unsaid
    on._is_drawn |= answer.drawn  # noqa: SLF001 - the rules are the oracle's own
    if isinstance(answer.value, Failure):
        raise Broken
    return answer.value


def recorded(on: Oracle, node: Recorded, record: Record, _: int) -> Any:
    history = on.case.history
    if history is None:
        raise Unsaid
    place = (node.entity, record.above(node.entity).id, node.key)
    past = history.past.get(place, Past(False, ABSENT, ABSENT))
    parts = {"receives": past.receives, "value": past.value, "run_from": past.run_from}
    value = parts[node.part]
    if isinstance(value, Possible):
        raise Unsaid
    return value


def follow(on: Oracle, node: Follow, record: Record, today: int) -> Any:
    name = on.value(node.reference, record, today)
    if name is ABSENT:
        return ABSENT
    return on.value(node.body, on.case.records[node.entity, name], today)


def on_record(on: Oracle, node: OnRecord, _: Record, today: int) -> Any:
    return on.value(node.body, on.case.records[node.entity, node.record], today)


# ---------------------------------------------------------------- figures


def meets(cell: Match, value: Any) -> bool:
    """Whether a value meets a cell."""
    match cell:
        case AnyMatch():
            return True
        case ValueMatch(value=wanted):
            return bool(value == wanted)
        case RangeMatch(low=low, high=high):
            above = value >= low if cell.low_included else value > low
            return bool(above and (value <= high if cell.high_included else value < high))


def figure(on: Oracle, node: Figure, record: Record, today: int) -> Any:
    parameter = on.program.parameter[node.parameter]
    if parameter.applies is not None and not on.value(parameter.applies, record, today):
        raise Broken
    row = _row(on, node, record, today)
    day = today if node.on is None else on.value(node.on, record, today)
    for dated in row.values:
        is_in_force = dated.first is None or dated.first <= day
        if is_in_force and (dated.last is None or day <= dated.last):
            if dated.value is None:
                raise Broken
            return dated.value
    raise Broken


def _row(on: Oracle, node: Figure, record: Record, today: int) -> FigureRow:
    """Return the row of the first keys that have one, else the row `otherwise`."""
    rows = on.program.parameter[node.parameter].rows
    for keys in product(*node.keys):
        looked_up = [on.value(key, record, today) for key in keys]
        for row in rows:
            if not row.is_otherwise and all(map(meets, row.cells, looked_up)):
                return row
    for row in rows:
        if row.is_otherwise:
            return row
    raise Broken


# ---------------------------------------------------------------- numbers


def arithmetic(on: Oracle, node: Arithmetic, record: Record, today: int) -> Any:
    left = on.value(node.left, record, today)
    right = on.value(node.right, record, today)
    match node.op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            if right == 0:
                raise Broken
            return Fraction(left) / Fraction(right)


def convert(on: Oracle, node: Convert, record: Record, today: int) -> Any:
    return on.value(node.value, record, today) * node.factor


def extreme(on: Oracle, node: Extreme, record: Record, today: int) -> Any:
    values = [on.value(item, record, today) for item in node.items]
    return max(values) if node.word == "highest" else min(values)


def round_(on: Oracle, node: Round, record: Record, today: int) -> Any:
    value = Fraction(on.value(node.value, record, today)) / node.quantum
    down = floor(value)
    rest = value - down
    half = Fraction(1, 2)
    away = rest > half or (rest == half and value > 0)
    toward = rest > half or (rest == half and value < 0)
    even = rest > half or (rest == half and down % 2 == 1)
    up = {
        "up": rest > 0,
        "down": False,
        "half up": away,
        "half even": even,
        "half down": toward,
    }[node.mode]
    return (down + up) * node.quantum


def brackets(on: Oracle, node: Brackets, record: Record, today: int) -> Any:
    value = on.value(node.value, record, today)
    total: Any = 0
    for at, (threshold, rate) in enumerate(zip(node.thresholds, node.rates, strict=True)):
        last = at + 1 == len(node.thresholds)
        top = value if last else min(value, node.thresholds[at + 1])
        total += rate * max(top - threshold, 0)
    return total


# ---------------------------------------------------------------- yes or no


def compare(on: Oracle, node: Compare, record: Record, today: int) -> Any:
    left = on.value(node.left, record, today)
    right = on.value(node.right, record, today)
    match node.op:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "=":
            return left == right
        case "!=":
            return left != right


def one_of(on: Oracle, node: OneOf, record: Record, today: int) -> Any:
    return on.value(node.value, record, today) in node.values


def includes(on: Oracle, node: Includes, record: Record, today: int) -> Any:
    selection = on.value(node.selection, record, today)
    return on.value(node.value, record, today) in selection


def not_(on: Oracle, node: Not, record: Record, today: int) -> Any:
    return not on.value(node.value, record, today)


def and_(on: Oracle, node: And, record: Record, today: int) -> Any:
    return all(on.value(item, record, today) for item in node.items)


def or_(on: Oracle, node: Or, record: Record, today: int) -> Any:
    if node.guards:
        return any(on.value(item, record, today) for item in node.items)
    values = [on.value(item, record, today) for item in node.items]
    return any(values)


def is_none(on: Oracle, node: IsNone, record: Record, today: int) -> Any:
    return on.value(node.value, record, today) is ABSENT


def present(on: Oracle, node: Present, record: Record, today: int) -> Any:
    value = on.value(node.value, record, today)
    if value is ABSENT:  # a condition before it says that it is not
        raise TypeError(node)
    return value


def else_(on: Oracle, node: Else, record: Record, today: int) -> Any:
    value = on.value(node.value, record, today)
    return on.value(node.alternative, record, today) if value is ABSENT else value


def payable(on: Oracle, node: Payable, record: Record, today: int) -> Any:
    value = on.value(node.value, record, today)
    match core(node.value.type):
        case Quantity():
            if value < 0:
                raise Broken
            return value > 0
        case Selection():
            return len(value) > 0
        case _:
            return True


# ---------------------------------------------------------------- cases and tables


def cases(on: Oracle, node: Cases, record: Record, today: int) -> Any:
    for branch in node.branches:
        if on.value(branch.condition, record, today):
            return on.value(branch.result, record, today)
    return rest(on, node.otherwise, record, today)


def rest(on: Oracle, otherwise: Expr | None, record: Record, today: int) -> Any:
    """Return what holds if nothing else does."""
    if otherwise is None:
        raise Broken
    return on.value(otherwise, record, today)


def table(on: Oracle, node: Table, record: Record, today: int) -> Any:
    inputs = [on.value(one, record, today) for one in node.inputs]
    for row in node.rows:
        if all(map(meets, row.cells, inputs)):
            return on.value(row.result, record, today)
    return rest(on, node.otherwise, record, today)


# ---------------------------------------------------------------- aggregates


def sum_over(on: Oracle, node: SumOver, record: Record, today: int) -> Any:
    values = [on.value(node.value, one, today) for one in on.records(node.over, record, today)]
    return sum(values)


def count_over(on: Oracle, node: CountOver, record: Record, today: int) -> Any:
    return len(list(on.records(node.over, record, today)))


def any_over(on: Oracle, node: AnyOver, record: Record, today: int) -> Any:
    among = on.records(node.over, record, today)
    values = [on.value(node.condition, one, today) for one in among]
    return any(values)


def every_over(on: Oracle, node: EveryOver, record: Record, today: int) -> Any:
    among = on.records(node.over, record, today)
    values = [on.value(node.condition, one, today) for one in among]
    return all(values)


def best_over(on: Oracle, node: BestOver, record: Record, today: int) -> Any:
    values = [on.value(node.value, one, today) for one in on.records(node.over, record, today)]
    if not values:
        return rest(on, node.otherwise, record, today)
    return max(values) if node.word == "highest" else min(values)


def best_by(on: Oracle, node: BestBy, record: Record, today: int) -> Any:
    found = [
        (on.value(node.by, one, today), on.value(node.value, one, today))
        for one in on.records(node.over, record, today)
    ]
    if not found:
        return rest(on, node.otherwise, record, today)
    keys = [key for key, _ in found]
    best = max(keys) if node.word == "highest" else min(keys)
    first, *others = [value for key, value in found if key == best]
    if any(value != first for value in others):
        raise Broken
    return first


# ---------------------------------------------------------------- dates


def add_months(day: int, months: int, mode: str) -> int:
    """Return a day some months later; one that does not exist becomes what the mode says."""
    start = date.fromordinal(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= year < 9999:
        raise Unsaid
    last = monthrange(year, month + 1)[1]
    if start.day <= last:
        return date(year, month + 1, start.day).toordinal()
    match mode:
        case "down":
            return date(year, month + 1, last).toordinal()
        case "up":
            return date(year, month + 1, last).toordinal() + 1
        case _:
            raise Broken


def shifted(program: Program, day: int, count: int | Fraction, unit: str, rules: DateRules) -> int:
    """Return a day some periods later; earlier, if there are fewer than none."""
    if count != floor(count):
        raise Unsaid
    count = floor(count)
    match unit:
        case "day":
            return day + count
        case "week":
            return day + 7 * count
        case "month":
            return add_months(day, count, rules.mode)
        case "year":
            return add_months(day, 12 * count, rules.mode)
        case _:
            return working(program.calendars[rules.calendar or ""], day, count)


def working(calendar: Calendar, day: int, count: int) -> int:
    """Return the working day that comes so many after a day, or before it."""
    step = 1 if count > 0 else -1
    while count:
        day += step
        if date.fromordinal(day).year not in calendar.years:
            raise Broken
        is_weekend = date.fromordinal(day).weekday() >= 5
        is_worked = day in calendar.worked if is_weekend else day not in calendar.off
        count -= step if is_worked else 0
    return day


def shift(on: Oracle, node: Shift, record: Record, today: int) -> Any:
    day = on.value(node.date, record, today)
    count = node.sign * on.value(node.period, record, today)
    return shifted(on.program, day, count, node.unit, node.calendar)


def within(on: Oracle, node: Within, record: Record, today: int) -> Any:
    day = on.value(node.date, record, today)
    count = on.value(node.period, record, today)
    start = on.value(node.start, record, today)
    type_ = core(node.period.type)
    unit = type_.unit.duration if isinstance(type_, Quantity) else None
    if unit is None:
        raise TypeError(type_)
    if node.direction == "before":
        bound = shifted(on.program, start, -count, unit, node.calendar)
        return bound <= day < start
    bound = shifted(on.program, start, count, unit, node.calendar)
    return start < day <= bound


def periods_between(on: Oracle, node: PeriodsBetween, record: Record, today: int) -> Any:
    first = on.value(node.first, record, today)
    last = on.value(node.last, record, today)
    match node.period:
        case "day":
            return last - first
        case "week":
            return (last - first) // 7
        case period:
            months = 12 if period == "year" else 1
            if node.calendar.mode != "refuse":
                return _periods(first, last, months, node.calendar.mode)
            down, up = (_periods(first, last, months, mode) for mode in ("down", "up"))
            if down != up:  # the count hangs on a day that does not exist
                raise Broken
            return down


def _periods(first: int, last: int, months: int, mode: str) -> int:
    """Return the greatest number of periods after which the last day has not passed."""
    years = date.fromordinal(last).year - date.fromordinal(first).year
    count = years * 12 // months + 13
    while add_months(first, count * months, mode) > last:
        count -= 1
    return count


def boundary(_on: Oracle, node: Boundary, record: Record, today: int) -> Any:
    day = _on.value(node.date, record, today)
    start, after = _period(day, node.period)
    match node.which:
        case "after":
            start, after = _period(after, node.period)
        case "before":
            start, after = _period(start - 1, node.period)
        case "of":
            pass
    return start if node.side == "start" else after - 1


def _period(day: int, period: str) -> tuple[int, int]:
    """Return the first day of the period of a day, and that of the next."""
    when = date.fromordinal(day)
    match period:
        case "day":
            return day, day + 1
        case "week":
            return day - when.weekday(), day - when.weekday() + 7
        case "month":
            first = when.replace(day=1).toordinal()
            return first, add_months(first, 1, "refuse")
        case _:
            first = when.replace(month=1, day=1).toordinal()
            return first, add_months(first, 12, "refuse")


def part(on: Oracle, node: Part, record: Record, today: int) -> Any:
    when = date.fromordinal(on.value(node.date, record, today))
    return {"year": when.year, "month": when.month, "day": when.day}[node.period]


def month_sum(on: Oracle, node: MonthSum, record: Record, today: int) -> Any:
    first = _period(on.value(node.first, record, today), "month")[0]
    last = _period(on.value(node.last, record, today), "month")[0]
    total: Any = 0
    while first < last:
        total += on.value(node.value, record, first)
        first = _period(first, "month")[1]
    return total


# ---------------------------------------------------------------- rations


def place(on: Oracle, node: Place, record: Record, today: int) -> Any:
    ration = on.program.ration[node.ration]
    home = record.above(ration.entity)
    if on.is_above_root(home):  # one household alone does not know the other claims
        try:
            _claim(on, ration, record, today)
            rest(on, ration.fund, home, today)
        except Broken as error:
            raise Unsaid from error
        return on.draw(node, record, today)
    has_place = _has_place(on, ration, record, today)
    return on.draw(node, record, today) if has_place is None else has_place


def _has_place(on: Oracle, ration: Ration, record: Record, today: int) -> bool | None:
    """Return whether a claim has a place; None if a tie leaves it open."""
    home = record.above(ration.entity)
    grant = on.program.grant[ration.grant]
    claims = []
    for one in walk(home):
        if one.entity == grant.entity:
            try:
                claims += _claim(on, ration, one, today)
            except Broken as error:
                raise Unsaid from error
    if not any(one is record for one, _, _ in claims):
        raise Unsaid
    if ration.fund is None:
        return True
    try:
        fund = on.value(ration.fund, home, today)
    except Broken as error:
        raise Unsaid from error
    own_rank, own = next((rank, amount) for one, rank, amount in claims if one is record)
    level = [one for one, rank, _ in claims if rank == own_rank and one is not record]
    if ration.passes_over:
        ranks = [rank for _, rank, _ in claims]
        if len(set(ranks)) < len(ranks):
            raise Unsaid
        for one, _, amount in sorted(claims, key=lambda claim: claim[1]):
            if one is record:
                return bool(amount <= fund)
            fund -= amount if amount <= fund else 0
    above = sum(amount for _, rank, amount in claims if rank < own_rank)
    at = sum(amount for one, _, amount in claims if one in level)
    if own + above + at <= fund:
        return True
    return None if own + above <= fund else False


def _claim(
    on: Oracle, ration: Ration, one: Record, today: int
) -> list[tuple[Record, tuple[Any, ...], Any]]:
    """Return the claim of a record with its rank (least first) and amount, if it has one."""
    grant = on.program.grant[ration.grant]
    marker = Use(type=Truth(), span=grant.span, entity=grant.entity, key=grant.eligible)
    if not use(on, marker, one, today):
        return []
    amount = use(
        on, Use(type=Truth(), span=grant.span, entity=grant.entity, key=grant.payment), one, today
    )
    rank = tuple(
        -on.value(order, one, today) if is_highest else on.value(order, one, today)
        for order, is_highest in ration.orders
    )
    return [(one, rank, amount)]


RULES: Mapping[type, Callable[[Oracle, Any, Record, int], Any]] = {
    Constant: constant,
    UnknownValue: unknown,
    Fail: fail,
    Today: today_,
    FactUse: fact_use,
    Use: use,
    Figure: figure,
    Follow: follow,
    OnRecord: on_record,
    Recorded: recorded,
    Arithmetic: arithmetic,
    Convert: convert,
    Extreme: extreme,
    Round: round_,
    Compare: compare,
    OneOf: one_of,
    Includes: includes,
    Within: within,
    Not: not_,
    And: and_,
    Or: or_,
    IsNone: is_none,
    Present: present,
    Else: else_,
    Cases: cases,
    Table: table,
    Brackets: brackets,
    SumOver: sum_over,
    CountOver: count_over,
    AnyOver: any_over,
    EveryOver: every_over,
    BestOver: best_over,
    BestBy: best_by,
    MonthSum: month_sum,
    Shift: shift,
    PeriodsBetween: periods_between,
    Boundary: boundary,
    Part: part,
    Payable: payable,
    Place: place,
}
"""One rule for each kind of expression."""
