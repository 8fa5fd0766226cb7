"""A step to those of its operands that took part, on their records, in order of evaluation."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import assert_never

from aidrules import dates
from aidrules.backends.interpreter.frames import Frame, members
from aidrules.backends.interpreter.inputs import is_assumed
from aidrules.backends.interpreter.lookups import FigureTable, Rows, meet_rows
from aidrules.backends.interpreter.rations import Plan
from aidrules.backends.interpreter.scope import Scope
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
    Records,
    Round,
    Shift,
    SumOver,
    Table,
    Today,
    UnknownValue,
    Use,
    Within,
)
from aidrules.values import Failure, Value, may_be, parts

Located = tuple[Expr, Frame]
"""An expression and the record that it was worked out on."""


def operands_of(node: Expr, frame: Frame, scope: Scope) -> Iterator[Located]:
    """Yield the operands of an expression on a record that were asked for."""
    match node:
        case Constant() | UnknownValue() | Fail() | Today() | Recorded():
            pass
        case FactUse(entity=entity, name=name):
            fact, owner = scope.program.fact[entity, name], _above(frame, entity)
            if fact.default is not None and is_assumed(fact, owner):
                yield fact.default, owner
        case Use(entity=entity, key=key):
            yield scope.program.definition[key].body, _above(frame, entity)
        case Figure():
            yield from _of_figure(node, frame, scope)
        case Follow(reference=reference, entity=entity, body=body):
            yield reference, frame
            named = _value(reference, frame, scope)
            for each in frame.world.named(entity, named, frame.today):
                yield body, each
        case OnRecord(entity=entity, record=record, body=body):
            for each in frame.world.named(entity, record, frame.today):
                yield body, each
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            yield from _on(frame, left, right)
        case Extreme(items=items):
            yield from _on(frame, *items)
        case (
            Convert(value=value)
            | Round(value=value)
            | OneOf(value=value)
            | Not(value=value)
            | IsNone(value=value)
            | Present(value=value)
            | Brackets(value=value)
            | Payable(value=value)
        ):
            yield value, frame
        case Includes(selection=selection, value=value):
            yield from _on(frame, selection, value)
        case Within(date=date, period=period, start=start):
            yield from _on(frame, date, period, start)
        case And(items=items):
            yield from _while_may_be(items, True, frame, scope)
        case Or(items=items, guards=guards):
            if guards:
                yield from _while_may_be(items, False, frame, scope)
            else:
                yield from _on(frame, *items)
        case Else(value=value, alternative=alternative):
            yield value, frame
            if parts(_value(value, frame, scope))[1]:
                yield alternative, frame
        case Cases():
            yield from _of_cases(node, frame, scope)
        case Table():
            yield from _of_table(node, frame, scope)
        case SumOver(over=over, value=value):
            yield from _of_records(over, (value,), frame, scope)
        case CountOver(over=over):
            yield from _of_records(over, (), frame, scope)
        case AnyOver(over=over, condition=condition) | EveryOver(over=over, condition=condition):
            yield from _of_records(over, (condition,), frame, scope)
        case BestOver(over=over, value=value, otherwise=otherwise):
            yield from _of_best(over, (value,), otherwise, frame, scope)
        case BestBy(over=over, value=value, by=by, otherwise=otherwise):
            yield from _of_best(over, (by, value), otherwise, frame, scope)
        case MonthSum(value=value, first=first, last=last):
            yield from _on(frame, first, last)
            start_day, end_day = _value(first, frame, scope), _value(last, frame, scope)
            if isinstance(start_day, int) and isinstance(end_day, int):
                for month in dates.months_from(start_day, end_day):
                    yield value, frame.world.frame(frame.record, dates.first_of_month(month))
        case Shift(date=date, period=period):
            yield from _on(frame, date, period)
        case PeriodsBetween(first=first, last=last):
            yield from _on(frame, first, last)
        case Boundary(date=date) | Part(date=date):
            yield date, frame
        case Place(ration=key):
            plan = Plan.of(scope.program.ration[key], scope.program)
            yield from _of_place(plan, _above(frame, plan.grant.entity), scope)
        case _:
            assert_never(node)


def _on(frame: Frame, *items: Expr) -> Iterator[Located]:
    for item in items:
        yield item, frame


def _value(node: Expr, frame: Frame, scope: Scope) -> Value:
    return scope.compile(node, frame.record.entity)(frame)


def _above(frame: Frame, entity: str | None) -> Frame:
    """Return the frame of the record above that is of a kind; for the policy, the case's own."""
    world = frame.world
    record = world.case.root if entity is None else frame.record.above(entity)
    return world.frame(record, frame.today)


def _while_may_be(
    items: Iterable[Expr],
    truth: bool,  # noqa: FBT001 - a value of the language
    frame: Frame,
    scope: Scope,
) -> Iterator[Located]:
    for item in items:
        yield item, frame
        if not may_be(_value(item, frame, scope), truth):
            return


def _of_cases(node: Cases, frame: Frame, scope: Scope) -> Iterator[Located]:
    for branch in node.branches:
        yield branch.condition, frame
        holds = _value(branch.condition, frame, scope)
        if may_be(holds, True):
            yield branch.result, frame
        if not may_be(holds, False):
            return
    if node.otherwise is not None:
        yield node.otherwise, frame


def _of_table(node: Table, frame: Frame, scope: Scope) -> Iterator[Located]:
    yield from _on(frame, *node.inputs)
    values = [_value(item, frame, scope) for item in node.inputs]
    bodies = [body for body, _, _ in map(parts, values) if body is not None]
    if len(bodies) < len(values):
        return
    met = meet_rows(node, Rows.of(row.cells for row in node.rows), bodies, scope)
    for at in met.rows:
        yield node.rows[at].result, frame
    if not met.is_sure and node.otherwise is not None:
        yield node.otherwise, frame


def _of_figure(node: Figure, frame: Frame, scope: Scope) -> Iterator[Located]:
    parameter = scope.program.parameter[node.parameter]
    if parameter.applies is not None:
        yield parameter.applies, frame
        if not may_be(_value(parameter.applies, frame, scope), True):
            return
    if node.on is not None:
        yield node.on, frame
    alternatives = tuple(product(*node.keys))
    if len(alternatives) == 1:
        yield from _on(frame, *alternatives[0])
        return
    table = FigureTable.of(parameter)
    asked: set[int] = set()
    for alternative in alternatives:
        for key in alternative:
            if id(key) not in asked:
                asked.add(id(key))
                yield key, frame
        values = [_value(key, frame, scope) for key in alternative]
        bodies = [body for body, _, _ in map(parts, values) if body is not None]
        if len(bodies) < len(values) or not table.meet(bodies)[1]:
            return


def _of_records(
    over: Records, asked: tuple[Expr, ...], frame: Frame, scope: Scope
) -> Iterator[Located]:
    """Yield the filter, and what is asked of a record that may be in, for each record."""
    group = members(frame, scope.on(frame.record.entity).below(over.entity))
    for member in (*group.listed, *(each for each, _ in group.optional)):
        if over.condition is not None:
            yield over.condition, member
            if not may_be(_value(over.condition, member, scope), True):
                continue
        yield from _on(member, *asked)


def _of_best(
    over: Records,
    asked: tuple[Expr, ...],
    otherwise: Expr | None,
    frame: Frame,
    scope: Scope,
) -> Iterator[Located]:
    """Yield as for any aggregate, and the alternative if no record is surely in."""
    yield from _of_records(over, asked, frame, scope)
    if otherwise is None:
        return
    for member in members(frame, scope.on(frame.record.entity).below(over.entity)).listed:
        chosen: Value = True if over.condition is None else _value(over.condition, member, scope)
        if may_be(chosen, True) and not may_be(chosen, False):
            return
    yield otherwise, frame


def _of_place(plan: Plan, frame: Frame, scope: Scope) -> Iterator[Located]:
    """Yield the fund, what ranks the claim, and the same of each other claim that may take part."""
    ration = plan.ration
    above = _above(frame, ration.entity)
    if ration.fund is None or frame.record.is_unlisted:
        return
    if frame.world.is_above_root(above.record):
        return
    yield ration.fund, above
    own: list[Expr] = [] if plan.payment is None else [plan.payment]
    own += [key for key, _ in plan.keys]
    yield from _on(frame, *own)
    path = scope.on(ration.entity).below(plan.grant.entity)
    group = members(above, path)
    for member in (*group.listed, *(each for each, _ in group.optional)):
        if member is frame:
            continue
        yield plan.claims, member
        claims = _value(plan.claims, member, scope)
        if may_be(claims, True) or isinstance(claims, Failure) or parts(claims)[2] is not None:
            yield from _on(member, *own)
