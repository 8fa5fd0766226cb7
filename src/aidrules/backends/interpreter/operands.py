"""An expression to a look into it: its operands that took part, in order of evaluation."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
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
from aidrules.trace import Step
from aidrules.values import Failure, Value, may_be, parts

Located = tuple[Expr, Frame]
"""An expression and the record that it was worked out on."""

Look = Callable[[Frame], tuple[Step, ...]]
"""Looks into an expression on a record of its kind: the operands that were asked for."""


def look_of(node: Expr, scope: Scope) -> Look:
    """Return what looks into an expression, so that its form is looked at once.

    The operand of a `Use` has its value already: who asks knows it.
    """
    match node:
        case Constant() | UnknownValue() | Fail() | Today() | Recorded() | Use():
            return _nothing
        case FactUse(entity=entity, name=name):
            if scope.program.fact[entity, name].default is None:
                return _nothing
            return _each(partial(_of_default, node, scope), scope)
        case Figure():
            if len(_alternatives(node)) == 1 and _applies(node, scope) is None:
                on = () if node.on is None else (node.on,)
                return always((*on, *_alternatives(node)[0]), scope)
            return _each(partial(_of_figure, node, scope), scope)
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            return always((left, right), scope)
        case Extreme(items=items):
            return always(items, scope)
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
            return always((value,), scope)
        case Includes(selection=selection, value=value):
            return always((selection, value), scope)
        case Within(date=date, period=period, start=start):
            return always((date, period, start), scope)
        case And(items=items):
            return _while_may_be(items, True, scope)
        case Or(items=items, guards=guards):
            return _while_may_be(items, False, scope) if guards else always(items, scope)
        case Cases():
            return _of_cases(node, scope)
        case SumOver(over=over, value=value):
            return _of_records(over, (value,), scope)
        case CountOver(over=over):
            return _of_records(over, (), scope)
        case AnyOver(over=over, condition=condition) | EveryOver(over=over, condition=condition):
            return _of_records(over, (condition,), scope)
        case BestOver(over=over, value=value, otherwise=otherwise):
            return _of_best(over, (value,), otherwise, scope)
        case BestBy(over=over, value=value, by=by, otherwise=otherwise):
            return _of_best(over, (by, value), otherwise, scope)
        case Shift(date=date, period=period):
            return always((date, period), scope)
        case PeriodsBetween(first=first, last=last):
            return always((first, last), scope)
        case Boundary(date=date) | Part(date=date):
            return always((date,), scope)
        case Follow() | OnRecord():
            return _each(partial(_of_named, node, scope), scope)
        case Else():
            return _each(partial(_of_else, node, scope), scope)
        case Table():
            return _each(partial(_of_table, node, scope), scope)
        case MonthSum():
            return _each(partial(_of_months, node, scope), scope)
        case Place(ration=key):
            plan = Plan.of(scope.program.ration[key], scope.program)
            return _each(partial(_of_place, plan, scope), scope)
        case _:
            assert_never(node)


def always(items: Iterable[Expr], scope: Scope) -> Look:
    """Return what looks into an expression that asks for all of these on its own record."""
    pairs = [(item, scope.closure(item)) for item in items]

    def look(frame: Frame) -> tuple[Step, ...]:
        record, today = frame.record, frame.today
        return tuple([Step(item, closure(frame), record, today) for item, closure in pairs])

    return look


def _nothing(_: Frame) -> tuple[Step, ...]:
    return ()


def _each(located: Callable[[Frame], Iterable[Located]], scope: Scope) -> Look:
    """Return what looks into an expression by what it asks for one by one."""

    def look(frame: Frame) -> tuple[Step, ...]:
        return tuple(
            [
                Step(each, _value(each, on, scope), on.record, on.today)
                for each, on in located(frame)
            ]
        )

    return look


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
    scope: Scope,
) -> Look:
    pairs = [(item, scope.closure(item)) for item in items]

    def look(frame: Frame) -> tuple[Step, ...]:
        steps: list[Step] = []
        for item, closure in pairs:
            value = closure(frame)
            steps.append(Step(item, value, frame.record, frame.today))
            if not may_be(value, truth):
                break
        return tuple(steps)

    return look


def _of_cases(node: Cases, scope: Scope) -> Look:
    closure = scope.closure
    branches = [
        (each.condition, closure(each.condition), each.result, closure(each.result))
        for each in node.branches
    ]
    otherwise = () if node.otherwise is None else (node.otherwise,)
    rest = always(otherwise, scope)

    def look(frame: Frame) -> tuple[Step, ...]:
        record, today = frame.record, frame.today
        steps: list[Step] = []
        for condition, ask, result, give in branches:
            holds = ask(frame)
            steps.append(Step(condition, holds, record, today))
            if may_be(holds, True):
                steps.append(Step(result, give(frame), record, today))
            if not may_be(holds, False):
                return tuple(steps)
        return (*steps, *rest(frame))

    return look


def _of_default(node: FactUse, scope: Scope, frame: Frame) -> Iterator[Located]:
    fact, owner = scope.program.fact[node.entity, node.name], _above(frame, node.entity)
    if fact.default is not None and is_assumed(fact, owner):
        yield fact.default, owner


def _of_named(node: Follow | OnRecord, scope: Scope, frame: Frame) -> Iterator[Located]:
    match node:
        case Follow(reference=reference):
            yield reference, frame
            named = _value(reference, frame, scope)
        case OnRecord(record=record):
            named = record
        case _:
            assert_never(node)
    for each in frame.world.named(node.entity, named, frame.today):
        yield node.body, each


def _of_else(node: Else, scope: Scope, frame: Frame) -> Iterator[Located]:
    yield node.value, frame
    if parts(_value(node.value, frame, scope))[1]:
        yield node.alternative, frame


def _of_months(node: MonthSum, scope: Scope, frame: Frame) -> Iterator[Located]:
    yield from _on(frame, node.first, node.last)
    first, last = _value(node.first, frame, scope), _value(node.last, frame, scope)
    if isinstance(first, int) and isinstance(last, int):
        for month in dates.months_from(first, last):
            yield node.value, frame.world.frame(frame.record, dates.first_of_month(month))


def _of_table(node: Table, scope: Scope, frame: Frame) -> Iterator[Located]:
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


def _applies(node: Figure, scope: Scope) -> Expr | None:
    """Return the condition on which a figure can be asked for, if it has one."""
    return scope.program.parameter[node.parameter].applies


def _alternatives(node: Figure) -> tuple[tuple[Expr, ...], ...]:
    """Return the keys by which a figure is asked for, in the order in which they are tried."""
    return tuple(product(*node.keys))


def _of_figure(node: Figure, scope: Scope, frame: Frame) -> Iterator[Located]:
    applies = _applies(node, scope)
    if applies is not None:
        yield applies, frame
        if not may_be(_value(applies, frame, scope), True):
            return
    if node.on is not None:
        yield node.on, frame
    alternatives = _alternatives(node)
    if len(alternatives) == 1:
        yield from _on(frame, *alternatives[0])
        return
    table = FigureTable.of(scope.program.parameter[node.parameter])
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


def _of_records(over: Records, asked: tuple[Expr, ...], scope: Scope) -> Look:
    """Look into the filter, and what is asked of a record that may be in, for each record."""
    inside = scope.on(over.entity)
    condition = over.condition
    chooses = None if condition is None else inside.closure(condition)
    pairs = [(item, inside.closure(item)) for item in asked]
    path = scope.below(over.entity)

    def look(frame: Frame) -> tuple[Step, ...]:
        steps: list[Step] = []
        group = members(frame, path)
        for member in (*group.listed, *(each for each, _ in group.optional)):
            record, today = member.record, member.today
            if condition is not None and chooses is not None:
                chosen = chooses(member)
                steps.append(Step(condition, chosen, record, today))
                if not may_be(chosen, True):
                    continue
            for item, closure in pairs:
                steps.append(Step(item, closure(member), record, today))
        return tuple(steps)

    return look


def _of_best(over: Records, asked: tuple[Expr, ...], otherwise: Expr | None, scope: Scope) -> Look:
    """Look as into any aggregate, and into the alternative if no record is surely in."""
    inside = _of_records(over, asked, scope)
    rest = always(() if otherwise is None else (otherwise,), scope)
    path = scope.below(over.entity)

    def look(frame: Frame) -> tuple[Step, ...]:
        steps = inside(frame)
        for member in members(frame, path).listed:
            chosen: Value = True
            if over.condition is not None:
                chosen = _value(over.condition, member, scope)
            if may_be(chosen, True) and not may_be(chosen, False):
                return steps
        return (*steps, *rest(frame))

    return look


def _of_place(plan: Plan, scope: Scope, frame: Frame) -> Iterator[Located]:
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
