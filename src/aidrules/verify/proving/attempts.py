"""A property over a household of open facts to the condition under which it fails."""

from collections.abc import Iterator, Sequence
from typing import Any, assert_never

import z3
from attrs import evolve, frozen

from aidrules.backends.smt.context import Spot
from aidrules.backends.smt.household import Place
from aidrules.backends.smt.lookups import met_rows
from aidrules.backends.smt.lower import Lowerer
from aidrules.backends.smt.terms import (
    Bit,
    Exactly,
    Unfit,
    Why,
    add,
    anyhow,
    below,
    both,
    either,
    exact,
    lacking,
    multiply,
    negation,
    subtract,
    variables,
)
from aidrules.backends.smt.values import (
    List,
    Num,
    Term,
    Truth,
    Word,
    alike,
    plain,
    same,
    strict,
)
from aidrules.program import (
    And,
    Cases,
    Cause,
    Expr,
    FactUse,
    Fail,
    Figure,
    HoldsAlways,
    HoldsForSome,
    MovesWith,
    SameAs,
    Table,
    UnchangedBy,
)
from aidrules.program import Property as StatedProperty
from aidrules.source import Span
from aidrules.verify.proving.properties import (
    Complete,
    Defined,
    DrawnAlike,
    NeverNegative,
    OneAlone,
    OrderFree,
    Separate,
    Stated,
    gap_in,
    is_of_time,
    on_the_record,
)
from aidrules.verify.proving.touched import touched

Pairs = Sequence[tuple[Any, Any]]
"""Terms, and those that stand in their place in a second household."""

Refutable = (
    Defined | Complete | DrawnAlike | NeverNegative | OneAlone | Separate | OrderFree | Stated
)
"""The properties that fail for a household, if they fail."""


class TooFewError(LookupError):
    """The household has no place for the records that a property speaks of."""


@frozen(eq=False)
class FactTurned:
    """A fact of the record in a place."""

    place: Place
    name: str


@frozen(eq=False)
class FigureTurned:
    """A figure of the law: what it is for the first household, and for the second."""

    before: Term
    after: Term


@frozen(eq=False)
class PlacesTurned:
    """Two places of one list, whose records are exchanged."""

    one: Place
    other: Place


Turn = FactTurned | FigureTurned | PlacesTurned
"""What a second household of open facts differs in."""


@frozen
class Attempt:
    """Where a property fails on a household of open facts.

    Attributes:
        place: Of the record on which it fails.
        bad: Where it does.
        asked: Where it says something: the rest of the households end in an error, say.
        wanting: Where a figure is missing, so that nothing is said.
        pairs: How a second household differs, of a property that compares two.
        turn: What it differs in.
        moved: By how much a value moves as it should not.
        change: By how much its cause changes, if that is a number.
    """

    place: Place
    bad: Bit
    asked: Bit
    wanting: Bit = False
    pairs: Pairs = ()
    turn: Turn | None = None
    moved: Exactly | None = None
    change: Exactly | None = None


def attempt(claim: Refutable, world: Lowerer) -> Attempt:
    """Return where a property fails.

    Args:
        claim: The property.
        world: The terms.

    Raises:
        Unfit: If something that it asks for has no translation.
        TooFewError: If it speaks of more records than there are places.
    """
    match claim:
        case Defined(key=key):
            place, value = valued(key, world)
            wanting = lacking(value.error)
            bad = both(anyhow(value.error), negation(wanting))
            return Attempt(place, bad, negation(value.error), wanting=wanting)
        case Complete(key=key):
            place = first(world, world.program.definition[key].entity)
            gap = _gap(world.program.definition[key].body, world, spot_of(place, world))
            return Attempt(place, gap, negation(gap))
        case NeverNegative(key=key):
            place, value = valued(key, world)
            number = _number(value)
            return Attempt(place, both(value.here, below(number, exact(0))), value.here)
        case OneAlone(exclusion=exclusion):
            receives = [world.program.grant[key].receives for key in exclusion.grants]
            place = first(world, world.program.definition[receives[0]].entity)
            held = [received(world.definition(key, spot_of(place, world))) for key in receives]
            return Attempt(place, _two_of(held), either(*held))
        case Separate(key=key, node=node):
            place = first(world, world.program.definition[key].entity)
            guards = [each.guard for each in node.branches if each.guard is not None]
            held = [received(world.truth(each, spot_of(place, world))) for each in guards]
            return Attempt(place, _two_of(held), either(*held))
        case DrawnAlike(first=(key, compared)):
            place = first(world, world.program.definition[key].entity)
            ends = [
                world.lower(end, spot_of(place, world)) for end in (compared.left, compared.right)
            ]
            flags = strict(ends)
            here = negation(either(flags["absent"], flags["error"]))
            at_it = both(here, same(*ends))
            return Attempt(place, False if claim.is_by_form else at_it, here)
        case OrderFree(key=key, kind=kind):
            return _order(key, kind, world)
        case Stated(check=check):
            return _stated(check.property, world)
        case _:
            assert_never(claim)


def first(world: Lowerer, entity: str | None) -> Place:
    """Return the first place of a kind: any record may stand there."""
    for place in world.household.places():
        if entity is None or place.entity == entity:
            return place
    raise TooFewError(entity)


def spot_of(place: Place, world: Lowerer) -> Spot:
    """Return the spot on a place, on the day asked for."""
    return Spot(place, world.household.today)


def valued(key: str, world: Lowerer) -> tuple[Place, Term]:
    """Return a definition on the first record of its kind."""
    place = first(world, world.program.definition[key].entity)
    return place, plain(world.definition(key, spot_of(place, world)))


def received(value: Term) -> Bit:
    """Return where a condition holds."""
    if not isinstance(value, Truth):
        raise TypeError(value)
    return both(value.here, value.yes)


def _number(value: Term) -> Any:
    if not isinstance(value, Num):
        raise TypeError(value)
    return value.exact


def _two_of(bits: Sequence[Bit]) -> Bit:
    return either(*(both(a, b) for at, a in enumerate(bits) for b in bits[at + 1 :]))


def _gap(root: Expr, world: Lowerer, spot: Spot) -> Bit:
    """Return where no case holds of those that are asked for."""
    match root:
        case Cases(branches=branches):
            met, rest, _ = world.reached(root, spot)
            results = [each.result for each in branches]
        case Table(rows=rows):
            met, rest, _ = met_rows(root, spot, world)
            results = [each.result for each in rows]
        case _:
            return either(*(_gap(each, world, spot) for each in on_the_record(root)))
    within = [
        both(bit, _gap(result, world, spot)) for bit, result in zip(met, results, strict=True)
    ]
    if gap_in(root):
        return either(rest, *within)
    inside = False if root.otherwise is None else both(rest, _gap(root.otherwise, world, spot))
    return either(inside, *within)


def met_cases(node: Cases | Table, world: Lowerer, spot: Spot) -> Iterator[tuple[Bit, Span]]:
    """Yield where each case is met; what is in force on another day only counts as met."""
    if isinstance(node, Table):
        met, rest, _ = met_rows(node, spot, world)
        spans = [row.result.span for row in node.rows]
    else:
        met, rest, _ = world.reached(node, spot)
        spans = [branch.result.span for branch in node.branches]
        met = [
            either(bit, not _is_in_force(branch.condition, world, spot))
            for bit, branch in zip(met, node.branches, strict=True)
        ]
    yield from zip(met, spans, strict=True)
    if node.otherwise is not None and not isinstance(node.otherwise, Fail):
        yield rest, node.otherwise.span


def _is_in_force(condition: Expr, world: Lowerer, spot: Spot) -> bool:
    """Return whether what a condition says of the date asked for holds."""
    parts = condition.items if isinstance(condition, And) else (condition,)
    return all(
        _is_in_force(part, world, spot)
        if isinstance(part, And)
        else not is_of_time(part) or received(world.truth(part, spot)) is not False
        for part in parts
    )


# ---------------------------------------------------------------- two households


def _order(key: str, kind: str, world: Lowerer) -> Attempt:
    """Return where the last two records of a list, exchanged, change a value."""
    place, value = valued(key, world)
    parent = place if kind in place.children else place.parent
    listed = (
        ()
        if parent is None
        else [each for each in parent.children.get(kind, ()) if each is not place]
    )
    if len(listed) < 2:  # noqa: PLR2004 - two change places
        raise TooFewError(kind)
    one, other = listed[-2:]
    pairs = _exchange(one.id, other.id, world)
    bad = negation(alike(value, replaced(value, pairs)))
    return Attempt(
        place, both(other.present, bad), other.present, pairs=pairs, turn=PlacesTurned(one, other)
    )


def _exchange(one: str, other: str, world: Lowerer) -> Pairs:
    """Return the terms of two places, and of those below them, each for the other's."""
    variables = world.household.variables
    rest = [
        name.removeprefix(one)
        for name in variables
        if name.startswith((f"{one}:", f"{one}.")) and name != f"{one}:present"
    ]
    ahead = [(variables[one + name], variables[other + name]) for name in rest]
    return [*ahead, *((after, before) for before, after in ahead)]


def _stated(stated: StatedProperty, world: Lowerer) -> Attempt:
    match stated:
        case HoldsAlways(entity=entity, condition=condition):
            place = first(world, entity)
            held = world.truth(condition, spot_of(place, world))
            return Attempt(place, both(held.here, negation(held.yes)), held.here)
        case MovesWith() | UnchangedBy():
            return _two_runs(stated, world)
        case SameAs():
            raise Unfit(Why.OTHER_POLICY)
        case HoldsForSome():
            raise TypeError(stated)  # a property of its own: somebody is looked for
        case _:
            assert_never(stated)


def _two_runs(stated: MovesWith | UnchangedBy, world: Lowerer) -> Attempt:
    """Return where one fact or figure, changed, changes a value as it should not."""
    place = first(world, stated.entity)
    where, term = _cause(stated.cause, world)
    value = plain(world.lower(stated.value, spot_of(place, world)))
    beyond = touched(world.household, stated.cause)
    pairs = [(each, _primed(each)) for each in (*_open_terms(term), *beyond)]
    other, changed = replaced(value, pairs), replaced(term, pairs)
    legal = [z3.substitute(each, *pairs) for each in world.household.assumed]
    here = both(place.present, where.present, value.here, other.here)
    change = moved = None
    if isinstance(stated, MovesWith):
        change = _apart(plain(term), changed, stated.when)
        moved = _apart(value, other, stated.direction)
        if moved is None:
            turned = _rises(stated.direction, value, other)
        else:
            tolerated = exact(stated.tolerance)
            if change is not None:
                tolerated = add(tolerated, multiply(change, exact(stated.share)))
            turned = below(tolerated, moved)
        bad = both(_rises(stated.when, plain(term), changed), turned)
    else:
        bad = negation(alike(value, other))
    match stated.cause:
        case FactUse(name=name):
            turn: Turn = FactTurned(where, name)
        case Figure():
            turn = FigureTurned(term, changed)
        case _:
            assert_never(stated.cause)
    return Attempt(
        place,
        both(here, bad, *legal),
        both(here, *legal),
        pairs=pairs,
        turn=turn,
        moved=moved,
        change=change,
    )


def _cause(cause: Cause, world: Lowerer) -> tuple[Place, Term]:
    """Return what changes, and the place of its record."""
    match cause:
        case FactUse(entity=entity, name=name):
            where = first(world, entity)
            term = where.facts.get(name)
            if term is None:
                raise Unfit(Why.REFERENCE)
            return where, term
        case Figure(parameter=key):
            return first(world, None), world.household.figure(world.program.parameter[key])
        case _:
            assert_never(cause)


def _open_terms(term: Term) -> list[Any]:
    found = plain(term)
    match found:
        case Num(exact=value):
            parts = [value.whole]
        case Truth(yes=yes):
            parts = [yes]
        case Word(code=code):
            parts = [code]
        case List(marks=marks):
            parts = [*marks.values()]
        case _ as never:
            assert_never(never)
    parts += [found.absent]
    return variables(*parts)


def _primed(variable: Any) -> Any:
    name = f"{variable}'"
    return z3.Bool(name) if z3.is_bool(variable) else z3.Int(name)


def replaced(term: Term, pairs: Pairs) -> Num | Truth | Word | List:
    """Return a value with other terms in the place of some."""

    def swap(part: Any) -> Any:
        return z3.substitute(part, *pairs) if z3.is_expr(part) else part

    found = plain(term)
    flags = {"absent": swap(found.absent), "error": swap(anyhow(found.error))}
    match found:
        case Num(exact=value):
            return Num(exact=evolve(value, whole=swap(value.whole)), **flags)
        case Truth(yes=yes):
            return Truth(yes=swap(yes), **flags)
        case Word(code=code):
            return Word(code=swap(code), **flags)
        case List(marks=marks):
            return List(marks={name: swap(mark) for name, mark in marks.items()}, **flags)
        case _ as never:
            assert_never(never)


def _rises(when: str, before: Term, after: Term) -> Bit:
    """Return whether a value has risen (fallen): a number, a day, or from no to yes."""
    if when == "falls":
        before, after = after, before
    match before, after:
        case Num(exact=one), Num(exact=other):
            return both(before.here, after.here, below(one, other))
        case Truth(yes=one), Truth(yes=other):
            return both(before.here, after.here, negation(one), other)
        case kinds:
            raise TypeError(kinds)


def _apart(before: Term, after: Term, direction: str) -> Exactly | None:
    """Return by how much a number has risen (fallen); None of an answer."""
    if direction == "falls":
        before, after = after, before
    match before, after:
        case Num(exact=one), Num(exact=other):
            return subtract(other, one)
        case _:
            return None
