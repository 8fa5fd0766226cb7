"""Expressions to closures: one for each node, made once, called with a frame.

A closure takes the short way while its operands are certain, and hands over to the rules of
bounds as soon as one is not.
"""

from collections.abc import Callable, Iterable
from functools import partial
from operator import add, eq, ge, gt, le, lt, mul, ne, sub
from typing import Any, Final, assert_never

from aidrules import bounds, dates
from aidrules.backends.interpreter import aggregates, quick
from aidrules.backends.interpreter.frames import Closure, Frame
from aidrules.backends.interpreter.inputs import read_fact, recorded
from aidrules.backends.interpreter.lookups import FigureTable, figure, table
from aidrules.backends.interpreter.rations import Plan, place
from aidrules.backends.interpreter.scope import Scope, climb
from aidrules.program import (
    And,
    AnyOver,
    Arithmetic,
    BestBy,
    BestOver,
    Boundary,
    Brackets,
    Cases,
    Compare,
    Constant,
    Convert,
    CountOver,
    Else,
    EveryOver,
    Expr,
    Extreme,
    FactUse,
    Fail,
    Figure,
    Follow,
    Includes,
    IsNone,
    MonthSum,
    Not,
    OneOf,
    OnRecord,
    Or,
    Part,
    Payable,
    PeriodsBetween,
    Place,
    Present,
    Recorded,
    Round,
    Shift,
    SumOver,
    Table,
    Today,
    UnknownValue,
    Use,
    Within,
)
from aidrules.traverse import is_whole
from aidrules.types import Quantity, Reference, Type, core
from aidrules.values import (
    ABSENT,
    INFINITY,
    Failure,
    Interval,
    Value,
    failure_of,
    may_be,
    parts,
    settle,
)

_ARITHMETIC: Final = {"+": add, "-": sub, "*": mul}
_RULES: Final = {"+": bounds.add, "-": bounds.subtract, "*": bounds.multiply}
_ORDER: Final = {"<": lt, "<=": le, ">": gt, ">=": ge}


def closure_of(node: Expr, scope: Scope) -> Closure:
    """Return the closure of an expression that stands where the scope says."""
    part = scope.closure
    match node:
        case Constant(value=value):
            return _constant(value)
        case UnknownValue(type=type_):
            return _unknown(type_, scope)
        case Fail(code=code, facts=facts):
            return _constant(Failure(code, node.span, facts))
        case Today():
            return lambda frame: frame.today
        case FactUse(entity=entity, name=name):
            fact = scope.program.fact[entity, name]
            return climb(read_fact(fact, scope.on(entity)), scope.distance(entity))
        case Use(entity=entity, key=key):
            return climb(scope.definition(key), scope.distance(entity))
        case Figure(parameter=key):
            return figure(node, FigureTable.of(scope.program.parameter[key]), scope)
        case Follow():
            return _follow(node, scope)
        case OnRecord():
            return _on_record(node, scope)
        case Recorded(entity=entity):
            return climb(recorded(node, scope), scope.distance(entity))
        case Arithmetic():
            return _arithmetic(node, scope)
        case Convert(value=value, factor=factor):
            exact = bounds.tidy(factor)
            return _unary(scope, value, partial(mul, exact), partial(bounds.multiply, exact))
        case Extreme(word=word, items=items):
            pick = max if word == "highest" else min
            return _several(scope, items, pick, lambda *values: bounds.extreme(word, values))
        case Round(value=value, mode=mode, quantum=quantum):
            return _unary(
                scope,
                value,
                lambda number: bounds.round_exact(number, mode, quantum),
                lambda number: bounds.round_to(number, mode, quantum),
            )
        case Compare():
            return _compare(node, scope)
        case OneOf(value=value, values=values):
            return _one_of(part(value), frozenset(values), scope)
        case Includes(selection=selection, value=value):
            named = aggregates.named_values(value.type, scope)
            return _general(scope, (selection, value), partial(bounds.includes, named=named))
        case Within():
            return _within(node, scope)
        case Not(value=value):
            if scope.is_plain:
                return quick.opposite(part(value), bounds.negate)
            return _general(scope, (value,), bounds.negate)
        case And(items=items):
            return _guarded(scope, items, quick.every, bounds.conjunction)
        case Or(items=items, guards=True):
            return _guarded(scope, items, quick.some, bounds.disjunction)
        case Or(items=items):
            return _general(scope, items, lambda *values: bounds.unguarded_or(values))
        case IsNone(value=value):
            return _general(scope, (value,), bounds.is_none)
        case Present(value=value):
            nothing = bounds.fail("none-here", node.span)
            return _general(scope, (value,), partial(bounds.present, nothing=nothing))
        case Else(value=value, alternative=alternative):
            return _else(part(value), part(alternative))
        case Cases():
            return _cases(node, scope)
        case Table():
            return table(node, scope)
        case Brackets(value=value, thresholds=thresholds, rates=rates):
            return _unary(
                scope,
                value,
                lambda number: bounds.tax(number, thresholds, rates),
                lambda number: bounds.brackets(number, thresholds, rates),
            )
        case SumOver():
            return aggregates.sum_over(node, scope)
        case CountOver():
            return aggregates.count_over(node, scope)
        case AnyOver():
            return aggregates.any_over(node, scope)
        case EveryOver():
            return aggregates.every_over(node, scope)
        case BestOver():
            return aggregates.best_over(node, scope)
        case BestBy():
            return aggregates.best_by(node, scope)
        case MonthSum():
            return _month_sum(node, scope)
        case Shift():
            return _shift(node, scope)
        case PeriodsBetween(period=period, first=first, last=last, calendar=rules):
            days = scope.days(rules, node.span)
            return _binary(
                scope,
                (first, last),
                lambda start, end: dates.periods_between(period, start, end, rules.mode),
                lambda start, end: bounds.between(period, start, end, days),
            )
        case Boundary(side=side, period=period, which=which, date=date):
            return _unary(
                scope,
                date,
                partial(dates.boundary, side, period, which),
                lambda day: bounds.boundary(side, period, which, day, node.span),
            )
        case Part(period=unit, date=date):
            return _unary(
                scope,
                date,
                partial(dates.part, unit),
                lambda day: bounds.part(unit, day, node.span),
            )
        case Payable(value=value):
            return _unary(
                scope,
                value,
                lambda amount: amount > 0 if amount >= 0 else None,
                lambda amount: bounds.payable(amount, node.span),
            )
        case Place(ration=key):
            return place(Plan.of(scope.program.ration[key], scope.program), scope)
        case _:
            assert_never(node)


# ---------------------------------------------------------------- shapes


def _constant(value: Value) -> Closure:
    return lambda _: value


def _general(scope: Scope, items: Iterable[Expr], rule: Callable[..., Value]) -> Closure:
    """Return the closure of an operator that takes no short way."""
    match [scope.closure(item) for item in items]:
        case [only]:
            return lambda frame: rule(only(frame))
        case [left, right]:
            return lambda frame: rule(left(frame), right(frame))
        case closures:
            return lambda frame: rule(*[value(frame) for value in closures])


def _unary(
    scope: Scope, value: Expr, plain: Callable[[Any], Any], rule: Callable[[Any], Value]
) -> Closure:
    if scope.is_plain:
        return quick.unary(scope.closure(value), plain, rule)
    return _general(scope, (value,), rule)


def _binary(
    scope: Scope,
    operands: tuple[Expr, Expr],
    plain: Callable[[Any, Any], Any],
    rule: Callable[[Any, Any], Value],
    classes: frozenset[type] = quick.EXACT,
) -> Closure:
    if scope.is_plain:
        left, right = map(scope.closure, operands)
        return quick.binary(left, right, plain, rule, classes)
    return _general(scope, operands, rule)


def _several(
    scope: Scope,
    items: tuple[Expr, ...],
    plain: Callable[..., Any],
    rule: Callable[..., Value],
) -> Closure:
    if scope.is_plain and len(items) > 1:
        return quick.several(tuple(map(scope.closure, items)), plain, rule)
    return _general(scope, items, rule)


def _guarded(
    scope: Scope,
    items: tuple[Expr, ...],
    short: Callable[[tuple[Closure, ...]], Closure],
    rule: Callable[[Iterable[Value]], Value],
) -> Closure:
    closures = tuple(map(scope.closure, items))
    if scope.is_plain:
        return short(closures)
    return lambda frame: rule(item(frame) for item in closures)


# ---------------------------------------------------------------- operators


def _arithmetic(node: Arithmetic, scope: Scope) -> Closure:
    operands = node.left, node.right
    if node.op != "/":
        return _binary(scope, operands, _ARITHMETIC[node.op], _RULES[node.op])
    whole = is_whole(node.right, scope.program.definition)
    return _binary(
        scope,
        operands,
        lambda left, right: bounds.quotient(left, right) if right else None,
        partial(bounds.divide, whole=whole, span=node.span),
    )


def _compare(node: Compare, scope: Scope) -> Closure:
    operands, op = (node.left, node.right), node.op
    named = aggregates.named_values(node.left.type, scope)
    match op:
        case "=":
            same = partial(bounds.equal, named=named)
            return _binary(scope, operands, eq, same, quick.CERTAIN)
        case "!=":
            return _binary(
                scope,
                operands,
                ne,
                lambda left, right: bounds.negate(bounds.equal(left, right, named)),
                quick.CERTAIN,
            )
        case _:
            return _binary(scope, operands, _ORDER[op], partial(bounds.compare, op))


def _one_of(value: quick.Operand, values: frozenset[str], scope: Scope) -> Closure:
    def short(frame: Frame) -> Value:
        found = value(frame)
        return found in values if found.__class__ is str else bounds.one_of(found, values)

    return short if scope.is_plain else lambda frame: bounds.one_of(value(frame), values)


def _else(value: Closure, alternative: Closure) -> Closure:
    return lambda frame: bounds.else_(value(frame), partial(alternative, frame))


def _cases(node: Cases, scope: Scope) -> Closure:
    """Return the closure of cases: never stopped by the first possible yes, only by a sure one."""
    part = scope.closure
    branches = tuple((part(each.condition), part(each.result)) for each in node.branches)
    otherwise = None if node.otherwise is None else part(node.otherwise)
    nothing = bounds.fail("no-case", node.span)

    def general(frame: Frame, at: int, condition: Value) -> Value:
        results: list[Value] = []
        failure: Failure | None = None
        while True:
            failure = failure or failure_of(condition)
            if may_be(condition, True):
                results.append(branches[at][1](frame))
            if not may_be(condition, False):
                break
            at += 1
            if at == len(branches):
                if otherwise is not None:
                    results.append(otherwise(frame))
                elif not node.complete:
                    results.append(nothing)
                break
            condition = branches[at][0](frame)
        if not results:
            return failure or nothing
        return bounds.add_failure(bounds.hull(results), failure)

    def short(frame: Frame) -> Value:
        for at, (condition, result) in enumerate(branches):
            holds = condition(frame)
            if holds is True:
                return result(frame)
            if holds is not False:
                return general(frame, at, holds)
        return nothing if otherwise is None else otherwise(frame)

    if scope.is_plain or not branches:
        return short
    return lambda frame: general(frame, 0, branches[0][0](frame))


# ---------------------------------------------------------------- dates


def _shift(node: Shift, scope: Scope) -> Closure:
    days, sign, unit = scope.days(node.calendar, node.span), node.sign, node.unit
    whole = _is_whole(node.period.type)

    def plain(day: Any, count: Any) -> Any:
        moved = bounds.move(day, sign * count, unit, days)
        return None if isinstance(moved, Failure) else moved

    return _binary(
        scope,
        (node.date, node.period),
        plain,
        lambda day, count: bounds.shift(day, count, sign, unit=unit, days=days, whole=whole),
    )


def _within(node: Within, scope: Scope) -> Closure:
    period = core(node.period.type)
    unit = period.unit.duration if isinstance(period, Quantity) else None
    rule = partial(
        bounds.within,
        unit=unit or "day",
        days=scope.days(node.calendar, node.span),
        whole=_is_whole(node.period.type),
    )
    direction = node.direction
    days = scope.days(node.calendar, node.span)

    def plain(day: Any, count: Any, start: Any) -> Any:
        before = direction == "before"
        bound = bounds.move(start, -count if before else count, unit or "day", days)
        if isinstance(bound, Failure):
            return None
        return bound <= day < start if before else start < day <= bound

    return _several(
        scope,
        (node.date, node.period, node.start),
        plain,
        lambda day, count, start: rule(day, count, direction, start),
    )


def _is_whole(type_: Type) -> bool:
    quantity = core(type_)
    return isinstance(quantity, Quantity) and quantity.whole


def _month_sum(node: MonthSum, scope: Scope) -> Closure:
    first, last, value = (
        scope.closure(node.first),
        scope.closure(node.last),
        scope.closure(node.value),
    )
    unknown = bounds.fail("months-unknown", node.span)

    def at_month(frame: Frame, month: int) -> Value:
        day = dates.first_of_month(month)
        if scope.entity is None:
            return value(frame.world.policy(day))
        return value(frame.world.frame(frame.record, day))

    def closure(frame: Frame) -> Value:
        start, end = first(frame), last(frame)
        for side in (start, end):
            if isinstance(side, Failure):
                return side
        if isinstance(start, int) and isinstance(end, int):
            total: Value = 0
            for month in dates.months_from(start, end):
                total = bounds.add(total, at_month(frame, month))
            return total
        absent = ABSENT in (start, end)
        failure = failure_of(start) or failure_of(end) or unknown
        body = None if absent else Interval(-INFINITY, INFINITY)
        return settle(body, absent, None if absent else failure)

    return closure


# ---------------------------------------------------------------- records


def _follow(node: Follow, scope: Scope) -> Closure:
    reference, entity = scope.closure(node.reference), node.entity
    body = scope.on(entity).closure(node.body)

    def closure(frame: Frame) -> Value:
        named = reference(frame)
        found = [body(each) for each in frame.world.named(entity, named, frame.today)]
        _, absent, failure = parts(named)
        if absent or failure is not None or not found:
            found.append(settle(None, absent or failure is None, failure))
        return bounds.hull(found)

    return closure


def _on_record(node: OnRecord, scope: Scope) -> Closure:
    body = scope.on(node.entity).closure(node.body)

    def closure(frame: Frame) -> Value:
        (found, *_) = frame.world.named(node.entity, node.record, frame.today)
        return body(found)

    return closure


def _unknown(type_: Type, scope: Scope) -> Closure:
    match core(type_):
        case Reference() as reference:
            absent = core(type_) is not type_
            return lambda frame: frame.world.any_record(reference, frame.today, absent=absent)
        case _:
            return _constant(bounds.any_of_type(type_, scope.texts))
