"""Two policies to whether they decide a grant alike: proved, or a household that differs."""

from collections.abc import Mapping

import z3
from attrs import frozen

from aidrules.backends.interpreter import emit
from aidrules.backends.smt.context import Spot
from aidrules.backends.smt.household import Household, Words
from aidrules.backends.smt.lower import Lowerer
from aidrules.backends.smt.terms import Bit, Unfit, both, either, negation
from aidrules.backends.smt.values import alike, plain
from aidrules.case import Case
from aidrules.program import Expr, Grant, Program
from aidrules.values import Exact
from aidrules.verify.attempts import first, received
from aidrules.verify.sizes import MEMBERS, SECONDS, root_of, sizes_of


@frozen
class Same:
    """Both decide alike, for every household of up to so many records of each kind."""

    sizes: Mapping[str, int]


@frozen
class Apart:
    """A household for which they decide otherwise; the interpreter says so too."""

    case: Case
    record: tuple[str, str]


@frozen
class Unsettled:
    """It is not known.

    Attributes:
        why: A key of the lexicon, behind `not-covered-`.
    """

    why: str


def meaning(
    one: Program,
    other: Program,
    grants: tuple[Grant, Grant],
    today: int,
    members: int = MEMBERS,
    seconds: Exact = SECONDS,
    exception: Expr | None = None,
) -> Same | Apart | Unsettled:
    """Return whether two policies decide a grant alike on a date, all facts known.

    Facts of the same kind and name are the same facts, and lie in the ranges of both policies.

    Args:
        one: The policy.
        other: The other one; its kinds of record are nested alike.
        grants: The grant in each.
        today: As an ordinal.
        members: How many records of a kind a household has at most.
        seconds: How long Z3 may take.
        exception: Where they may decide otherwise, on the grant's record in the first policy.
    """
    root = root_of(one)
    if root not in other.entity:
        return Unsettled("other-policy")
    sizes = {
        kind: min(size, sizes_of(other, root, members).get(kind, size))
        for kind, size in sizes_of(one, root, members).items()
    }
    words = Words.of(one, other)
    worlds = [Lowerer(Household.of(each, root, today, sizes, words)) for each in (one, other)]
    try:
        pairs = [_values(world, grant, today) for world, grant in zip(worlds, grants, strict=True)]
    except Unfit as unfit:
        return Unsettled(unfit.why)
    differs: Bit = either(
        *(negation(alike(before, after)) for before, after in zip(*pairs, strict=True))
    )
    place = first(worlds[0], grants[0].entity)
    if _is_contradictory(worlds):
        return Unsettled("other-policy")
    if exception is not None:
        excepted = received(worlds[0].truth(exception, Spot(place, today)))
        differs = both(differs, negation(excepted))
    solver = z3.Solver()
    solver.set("timeout", int(seconds * 1000))
    for world in worlds:
        solver.add(*world.household.assumed)
    bad = both(place.present, differs)
    solver.add(z3.BoolVal(bad) if isinstance(bad, bool) else bad)
    answer = solver.check()
    if answer == z3.unknown:
        return Unsettled("time")
    if answer == z3.unsat:
        return Same(sizes)
    case = worlds[0].household.case(solver.model())
    record = place.entity, place.id
    if _decided(one, grants[0], case, record, today) == _decided(
        other, grants[1], case, record, today
    ):
        return Unsettled("place" if any(world.chances for world in worlds) else "replay")
    return Apart(case, record)


def _is_contradictory(worlds: list[Lowerer]) -> bool:
    """Return whether no household lies in the ranges of both policies."""
    solver = z3.Solver()
    for world in worlds:
        solver.add(*world.household.assumed)
    return bool(solver.check() != z3.sat)


def _values(world: Lowerer, grant: Grant, today: int) -> tuple[object, object]:
    spot = Spot(first(world, grant.entity), today)
    receives = plain(world.definition(grant.receives, spot))
    return receives, plain(world.definition(grant.key, spot))


def _decided(
    program: Program, grant: Grant, case: Case, record: tuple[str, str], today: int
) -> tuple[object, object]:
    evaluation = emit(program).open(case, today)
    on = case.records[record]
    return evaluation.value(grant.receives, on), evaluation.value(grant.key, on)
