"""A program to the expressions in it, and an expression to those of which it is made."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, assert_never

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
    Definition,
    Else,
    EveryOver,
    Expr,
    Extreme,
    FactUse,
    Fail,
    Figure,
    Follow,
    HoldsAlways,
    HoldsForSome,
    Includes,
    IsNone,
    MonthSum,
    MovesWith,
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
    Recorded,
    Records,
    Round,
    SameAs,
    Shift,
    SumOver,
    Table,
    Today,
    UnchangedBy,
    UnknownValue,
    Use,
    Within,
)
from aidrules.types import Quantity, Type


def children(node: Expr) -> tuple[Expr, ...]:
    """Return the expressions of which an expression is made, in the order in which they stand."""
    match node:
        case Constant() | UnknownValue() | Fail() | Today() | FactUse() | Use() | Recorded():
            return ()
        case Place():
            return ()
        case Figure(keys=keys, on=on):
            found = tuple(key for column in keys for key in column)
            return found if on is None else (*found, on)
        case Follow(reference=reference, body=body):
            return (reference, body)
        case OnRecord(body=body):
            return (body,)
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case Convert(value=value) | Round(value=value) | Not(value=value) | IsNone(value=value):
            return (value,)
        case Present(value=value):
            return (value,)
        case OneOf(value=value) | Payable(value=value) | Brackets(value=value):
            return (value,)
        case Extreme(items=items) | And(items=items) | Or(items=items):
            return items
        case Includes(selection=selection, value=value):
            return (selection, value)
        case Within(date=date, period=period, start=start):
            return (date, period, start)
        case Else(value=value, alternative=alternative):
            return (value, alternative)
        case Cases(branches=branches, otherwise=otherwise):
            inside = tuple(e for branch in branches for e in (branch.condition, branch.result))
            return inside if otherwise is None else (*inside, otherwise)
        case Table(inputs=inputs, rows=rows, otherwise=otherwise):
            inside = (*inputs, *(row.result for row in rows))
            return inside if otherwise is None else (*inside, otherwise)
        case SumOver(over=over, value=value):
            return (*_filter(over), value)
        case CountOver(over=over):
            return _filter(over)
        case AnyOver(over=over, condition=condition) | EveryOver(over=over, condition=condition):
            return (*_filter(over), condition)
        case BestOver(over=over, value=value, otherwise=otherwise):
            inside = (*_filter(over), value)
            return inside if otherwise is None else (*inside, otherwise)
        case BestBy(over=over, value=value, by=by, otherwise=otherwise):
            inside = (*_filter(over), by, value)
            return inside if otherwise is None else (*inside, otherwise)
        case MonthSum(value=value, first=first, last=last):
            return (first, last, value)
        case Shift(date=date, period=period):
            return (date, period)
        case PeriodsBetween(first=first, last=last):
            return (first, last)
        case Boundary(date=date) | Part(date=date):
            return (date,)
        case _:
            assert_never(node)


ALWAYS_ASKED: Final = (
    Arithmetic,
    Boundary,
    Brackets,
    Compare,
    Convert,
    Extreme,
    Includes,
    IsNone,
    Not,
    OneOf,
    Part,
    Payable,
    PeriodsBetween,
    Present,
    Round,
    Shift,
    Within,
)
"""What asks for all of its children on its own record, whatever comes of any."""


def beneath(root: Expr) -> Iterator[Expr]:
    """Yield what an expression rests on: through operators, and without what is written out."""
    for child in children(root):
        match child:
            case Constant() | Today():
                pass
            case Round() | Extreme():  # a line of its own, perhaps
                yield child
            case _ if isinstance(child, ALWAYS_ASKED):
                yield from beneath(child)
            case _:
                yield child


def terms(root: Expr) -> Iterator[Expr]:
    """Yield what a formula adds, subtracts, multiplies and divides, in the order as written."""
    match root:
        case Arithmetic(left=left, right=right):
            yield from terms(left)
            yield from terms(right)
        case _:
            yield root


def _filter(over: Records) -> tuple[Expr, ...]:
    return () if over.condition is None else (over.condition,)


def walk(root: Expr) -> Iterator[Expr]:
    """Yield an expression and all that it is made of."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def depth(root: Expr) -> int:
    """Return how many calls deep the evaluation of an expression is.

    Going to other records costs several: a list is surveyed before its records are asked.
    """
    deepest = 0
    waiting = [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        cost = CALLS_OF_A_LIST if _is_of_records(node) else 1
        waiting.extend((child, level + cost) for child in children(node))
    return deepest


CALLS_OF_A_LIST = 7


def _is_of_records(node: Expr) -> bool:
    match node:
        case SumOver() | CountOver() | AnyOver() | EveryOver() | BestOver() | BestBy():
            return True
        case MonthSum() | Place() | Follow() | Table() | Figure():
            return True
        case _:
            return False


def expressions(program: Program) -> list[Expr]:
    """Return every expression that stands for itself in a program."""
    found: list[Expr] = [definition.body for definition in program.definitions]
    for grant in program.grants:
        found.extend(line.condition for line in grant.lines)
        for deadline in grant.deadlines:
            found.append(deadline.due)
            if deadline.condition is not None:
                found.append(deadline.condition)
        found.extend(o.condition for o in grant.offices if o.condition is not None)
        if grant.appeal is not None:
            found.append(grant.appeal.due)
        if grant.paid_from is not None:
            found.append(grant.paid_from)
    for requirement in program.requirements:
        found.extend(line.condition for line in requirement.lines)
    for ration in program.rations:
        found.extend(order for order, _ in ration.orders)
        if ration.fund is not None:
            found.append(ration.fund)
    found.extend(x.choice for x in program.exclusions if x.choice is not None)
    found.extend(fact.default for fact in program.facts if fact.default is not None)
    found.extend(p.applies for p in program.parameters if p.applies is not None)
    for check in program.checks:
        match check.property:
            case HoldsAlways(condition=condition) | HoldsForSome(condition=condition):
                found.append(condition)
            case MovesWith(value=value, cause=cause) | UnchangedBy(value=value, cause=cause):
                found.extend((value, cause))
            case SameAs():
                pass
    return found


def is_whole(node: Expr, definitions: Mapping[str, Definition]) -> bool:
    """Whether a quantity is proved to be whole by its form.

    Counts and years between dates are, and sums, differences and products of these.
    """
    match node:
        case Use(key=key) if key in definitions:
            return _says_whole(definitions[key].type)
        case Arithmetic(op="+" | "-" | "*", left=left, right=right):
            return is_whole(left, definitions) and is_whole(right, definitions)
        case Cases(branches=branches, otherwise=otherwise):
            results = [branch.result for branch in branches]
            results += [] if otherwise is None or isinstance(otherwise, Fail) else [otherwise]
            return all(is_whole(result, definitions) for result in results)
        case _:
            return _says_whole(node.type)


def _says_whole(type_: Type) -> bool:
    return isinstance(type_, Quantity) and type_.whole


def may_fail(program: Program) -> Callable[[Expr], bool]:
    """Return the test whether an expression may be an error on some record, by its form alone.

    What it passes never fails, whatever the facts; what it does not pass may.
    """
    failing: set[str] = set()

    def fails(node: Expr) -> bool:
        match node:
            case Constant() | UnknownValue() | Today() | Recorded():
                return False
            case FactUse(entity=entity, name=name):
                fact = program.fact.get((entity, name))
                return fact is None or fact.default is not None
            case Use(key=key):
                return key in failing
            case Arithmetic(op="/", left=left, right=Constant(value=divisor)):
                return not divisor or fails(left)
            case Arithmetic(op="/"):
                return True
            case (
                Arithmetic()
                | Convert()
                | Extreme()
                | Round()
                | Compare()
                | OneOf()
                | Includes()
                | Not()
                | And()
                | Or()
                | IsNone()
                | Present()
                | Else()
                | SumOver()
                | CountOver()
                | AnyOver()
                | EveryOver()
                | Brackets()
            ):
                return any(fails(child) for child in children(node))
            case Cases(otherwise=otherwise, complete=complete):
                is_closed = otherwise is not None or complete
                return not is_closed or any(fails(child) for child in children(node))
            case _:
                return True

    for definition in program.definitions:
        if fails(definition.body):
            failing.add(definition.key)
    return fails
