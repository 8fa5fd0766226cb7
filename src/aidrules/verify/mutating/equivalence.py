"""A policy and a mutant that no example notices to whether they are proved the same.

What an example can expect is compared: steps, whether and how much is granted, requirements,
deadlines, offices, days of payment. What is proved the same needs no look at what rests on it.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import assert_never

from attrs import frozen

from aidrules.backends.interpreter import emit
from aidrules.case import Case
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
    Figure,
    Grant,
    Match,
    Parameter,
    Place,
    Program,
    RangeMatch,
    Role,
    SumOver,
    Table,
    Today,
    Use,
    ValueMatch,
)
from aidrules.traverse import walk
from aidrules.types import Quantity, Type, core
from aidrules.values import Exact, Value, is_decided
from aidrules.verify.households.shrink import needed, shrink
from aidrules.verify.mutating.changed import Changed
from aidrules.verify.mutating.distinguish import Part, Separation
from aidrules.verify.proving.clock import Clock
from aidrules.verify.proving.meaning import Asked, agreement
from aidrules.verify.proving.sizes import MEMBERS, usual_day
from aidrules.verify.proving.verdicts import Apart, Same, Unsettled
from aidrules.verify.reach import reached

_OBSERVED = frozenset(Role) - {Role.AMOUNT}
"""The definitions that an example can expect something of; an amount only by its grant."""


@frozen
class Versions:
    """A policy and a mutant of it, as written and sharpened.

    Attributes:
        one: The policy as written.
        other: The mutant as written.
        sharp: Both sharpened.
        changed: Where they differ.
    """

    one: Program
    other: Program
    sharp: tuple[Program, Program]
    changed: Changed


def settled(versions: Versions, clock: Clock) -> Same | Separation | Unsettled:
    """Return whether a mutant is proved the same as the policy, all facts known.

    It is compared on the first day of each stretch in which no date of the rules lies, and on the
    day before the first of them.

    Returns:
        The same, with the most records of each kind that lists have; none if no list counts.
    """
    clock.start()
    try:
        return _settled(versions, clock)
    finally:
        clock.stop()


def _settled(versions: Versions, clock: Clock) -> Same | Separation | Unsettled:
    sizes: dict[str, int] = {}
    open_: Unsettled | None = None
    for answer in _answers(versions, clock):
        match answer:
            case Separation():
                return answer
            case Unsettled():
                open_ = open_ or answer  # what comes behind may still tell them apart
            case Same():
                sizes |= answer.sizes
            case _:
                assert_never(answer)
    return open_ or Same(sizes)


def _answers(versions: Versions, clock: Clock) -> Iterator[Same | Separation | Unsettled]:
    """Yield what comes of each comparison: one of what may differ, on one day."""
    if versions.changed.facts:
        yield Unsettled("default")  # what is assumed counts where a fact is missing
        return
    suspects = list(_suspects(versions))
    if not suspects:
        yield Unsettled("unused")  # an example could still expect the figure itself
    for suspect in suspects:
        pair = suspect.one, suspect.other
        if any(_is_rationed(versions, each) for each in pair):
            yield Unsettled("place")
            continue
        kinds = _kinds(versions, pair)
        mine, theirs = (
            Asked(program, suspect.entity, (each,))
            for program, each in zip(versions.sharp, pair, strict=True)
        )
        for day in _days(versions, pair):
            if not clock.left:
                yield Unsettled("time")
                return
            found = agreement(mine, theirs, day, MEMBERS, clock.left, opens=True)
            match found:
                case Apart(case=case, record=record):
                    yield _separation(suspect, (mine, theirs), case, record, day)
                case Unsettled():
                    yield found
                case Same():
                    sizes = {kind: size for kind, size in found.sizes.items() if kind in kinds}
                    is_short = _counts_further(versions, pair, sizes)
                    yield Unsettled("too-few") if is_short else Same(sizes)
                case _:
                    assert_never(found)


def _separation(
    suspect: "_Suspect",
    asked: tuple[Asked, Asked],
    case: Case,
    record: tuple[str, str],
    today: int,
) -> Separation:
    """Return the household, made small and plain, with no fact that does not matter."""
    engines = [emit(each.program) for each in asked]

    def values(tried: Case) -> list[Value]:
        on = tried.records[record]
        return [
            engine.open(tried, today).evaluate(each.expressions[0], on)
            for engine, each in zip(engines, asked, strict=True)
        ]

    def differs(tried: Case) -> bool:
        before, after = values(tried)
        return before != after and is_decided(before) and is_decided(after)

    small = needed(shrink(asked[0].program, case, differs), differs)
    before, after = values(small)
    return Separation(
        small, today, suspect.key, suspect.part, record, suspect.one.type, before, after
    )


# ---------------------------------------------------------------- what is compared


@frozen
class _Suspect:
    """What may differ: a definition, or a part of what a grant says beside its amount."""

    key: str
    part: Part | None
    entity: str | None
    one: Expr
    other: Expr


def _suspects(versions: Versions) -> Iterator[_Suspect]:
    """Yield what may differ, though all that was yielded before is the same."""
    changed, other = versions.changed, versions.other
    dirty: set[str] = set()

    def is_touched(root: Expr) -> bool:
        return any(
            (isinstance(node, Use) and node.key in dirty)
            or (isinstance(node, Figure) and node.parameter in changed.parameters)
            or (isinstance(node, Place) and is_other_place(node.ration))
            for node in walk(root)
        )

    def is_other_place(key: str) -> bool:
        ration = other.ration[key]
        asked = [order for order, _ in ration.orders]
        asked += [] if ration.fund is None else [ration.fund]
        is_dirty = other.grant[ration.grant].payment in dirty
        return key in changed.rations or is_dirty or any(map(is_touched, asked))

    for definition in other.definitions:
        if definition.key in changed.definitions or is_touched(definition.body):
            if definition.role in _OBSERVED:
                use = Use(
                    definition.entity, definition.key, type=definition.type, span=definition.span
                )
                yield _Suspect(definition.key, None, definition.entity, use, use)
            else:
                dirty.add(definition.key)
    for before, after in zip(versions.one.grants, other.grants, strict=True):
        for (part, one), (_, two) in zip(_details(before), _details(after), strict=True):
            if one is not two or is_touched(two):
                yield _Suspect(after.key, part, after.entity, one, two)


def _details(grant: Grant) -> Iterator[tuple[Part, Expr]]:
    """Yield what a decision says beside whether and how much."""
    for deadline in grant.deadlines:
        yield "deadline", deadline.due
        if deadline.condition is not None:
            yield "deadline", deadline.condition
    for office in grant.offices:
        if office.condition is not None:
            yield "office", office.condition
    if grant.paid_from is not None:
        yield "paid-from", grant.paid_from
    if grant.appeal is not None:
        yield "appeal", grant.appeal.due


# ---------------------------------------------------------------- what it rests on


def _bodies(program: Program, root: Expr) -> Iterator[Expr]:
    """Yield an expression and the bodies of all definitions that it rests on."""
    yield root
    found = reached(program, [root])
    for key in found.definitions:
        yield program.definition[key].body
    yield from (a for key in found.parameters if (a := program.parameter[key].applies) is not None)


def _nodes(versions: Versions, pair: tuple[Expr, Expr]) -> Iterator[Expr]:
    for program, root in zip((versions.one, versions.other), pair, strict=True):
        for body in _bodies(program, root):
            yield from walk(body)


def _parameters(versions: Versions, pair: tuple[Expr, Expr]) -> Iterator[Parameter]:
    for program, root in zip((versions.one, versions.other), pair, strict=True):
        for key in reached(program, [root]).parameters:
            yield program.parameter[key]


def _is_rationed(versions: Versions, root: Expr) -> bool:
    return any(reached(each, [root]).rations for each in (versions.one, versions.other))


def _days(versions: Versions, pair: tuple[Expr, Expr]) -> tuple[int, ...]:
    """Return the days from which another rule may hold, and the day before the first of them."""
    days: set[int] = set()
    for node in _nodes(versions, pair):
        match node:
            case Compare(op=op, left=Today(), right=Constant(value=int() as day)):
                days.add(day if op in {"<", ">="} else day + 1)
                days |= {day} if op in {"=", "!="} else set()
            case Compare(op=op, left=Constant(value=int() as day), right=Today()):
                days.add(day if op in {">", "<="} else day + 1)
                days |= {day} if op in {"=", "!="} else set()
            case _:
                pass
    for parameter in _parameters(versions, pair):
        for value in (value for row in parameter.rows for value in row.values):
            days |= {value.first} if value.first is not None else set()
            days |= {value.last + 1} if value.last is not None else set()
    if not days:
        return (usual_day(versions.one),)
    return (min(days) - 1, *sorted(days))


def _kinds(versions: Versions, pair: tuple[Expr, Expr]) -> frozenset[str]:
    """Return the kinds of the lists that something goes over."""
    return frozenset(
        node.over.entity
        for node in _nodes(versions, pair)
        if isinstance(node, SumOver | CountOver | AnyOver | EveryOver | BestOver | BestBy)
    )


def _counts_further(versions: Versions, pair: tuple[Expr, Expr], sizes: Mapping[str, int]) -> bool:
    """Whether a number in the rules may be a count of more records than were looked at."""
    if not sizes:
        return False
    least = min(sizes.values())
    most = max(versions.one.entity[kind].limit for kind in sizes)
    return any(least < number <= most for number in _numbers(versions, pair))


def _numbers(versions: Versions, pair: tuple[Expr, Expr]) -> Iterator[Exact]:
    """Yield the plain numbers with which something may be compared."""
    for node in _nodes(versions, pair):
        match node:
            case Constant(value=int() | Fraction() as number) if _is_plain(node.type):
                yield number
            case Table(inputs=inputs, rows=rows):
                for row in rows:
                    yield from _ends(row.cells, (each.type for each in inputs))
            case Brackets(value=value, thresholds=thresholds) if _is_plain(value.type):
                yield from thresholds
            case _:
                pass
    for parameter in _parameters(versions, pair):
        for each in parameter.rows:
            yield from _ends(each.cells, parameter.key_types)


def _ends(cells: tuple[Match, ...], types: Iterable[Type]) -> Iterator[Exact]:
    for cell, type_ in zip(cells, types, strict=True):
        match cell:
            case ValueMatch(value=int() | Fraction() as number) if _is_plain(type_):
                yield number
            case RangeMatch(low=low, high=high) if _is_plain(type_):
                yield from (end for end in (low, high) if isinstance(end, Exact))
            case _:
                pass


def _is_plain(type_: Type) -> bool:
    kind = core(type_)
    return isinstance(kind, Quantity) and kind.unit.is_plain
