"""Two policies to whether they decide a grant alike: proved, or a household that differs."""

import z3
from attrs import frozen

from aidrules.backends.interpreter import emit
from aidrules.backends.smt.context import Spot
from aidrules.backends.smt.household import Household
from aidrules.backends.smt.lower import Lowerer
from aidrules.backends.smt.terms import Bit, Unfit, both, either, negation
from aidrules.backends.smt.values import Term, alike, plain
from aidrules.backends.smt.words import Words
from aidrules.case import Case
from aidrules.program import Expr, Grant, Program, Use
from aidrules.types import TRUTH
from aidrules.values import Exact, Value
from aidrules.verify.proving.attempts import TooFewError, first, received
from aidrules.verify.proving.sizes import MEMBERS, SECONDS, common_sizes, root_of
from aidrules.verify.proving.verdicts import Apart, Same, Unsettled
from aidrules.verify.proving.worlds import agreed, joined


@frozen
class Asked:
    """What is asked of a policy, on the first record of a kind; any record may stand there."""

    program: Program
    entity: str | None
    expressions: tuple[Expr, ...]


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
    mine, theirs = _decision(one, grants[0]), _decision(other, grants[1])
    return agreement(mine, theirs, today, members, seconds, exception)


def _decision(program: Program, grant: Grant) -> Asked:
    keys = grant.receives, grant.key
    uses = tuple(Use(grant.entity, key, type=TRUTH, span=grant.span) for key in keys)
    return Asked(program, grant.entity, uses)


def agreement(
    one: Asked,
    other: Asked,
    today: int,
    members: int = MEMBERS,
    seconds: Exact = SECONDS,
    exception: Expr | None = None,
    *,
    opens: bool = False,
) -> Same | Apart | Unsettled:
    """Return whether what is asked of two policies comes out alike on a date, all facts known.

    Args:
        one: Of the policy.
        other: Of the other one, in the same order; its kinds of record are nested alike.
        today: As an ordinal.
        members: How many records of a kind a household has at most.
        seconds: How long Z3 may take.
        exception: Where it may come out otherwise, on the record in the first policy.
        opens: Whether a figure that has no value on the day may have any, the same in both.
    """
    programs = agreed(one.program, other.program)
    if programs is None or root_of(one.program) not in other.program.entity:
        return Unsettled("other-policy")
    root, sizes = root_of(one.program), common_sizes(programs, members)
    words = Words.of(*programs)
    worlds = [Lowerer(Household.of(each, root, today, sizes, words), opens) for each in programs]
    try:
        pairs = [_values(world, on, today) for world, on in zip(worlds, (one, other), strict=True)]
        place = first(worlds[0], one.entity)
        excepted: Bit = False
        if exception is not None:
            excepted = received(worlds[0].truth(exception, Spot(place, today)))
    except Unfit as unfit:
        return Unsettled(unfit.why)
    except TooFewError:
        return Unsettled("too-few")
    differs: Bit = either(
        *(negation(alike(before, after)) for before, after in zip(*pairs, strict=True))
    )
    if _is_contradictory(worlds):
        return Unsettled("other-policy")
    solver = z3.Solver()
    solver.set("timeout", int(seconds * 1000))
    for world in worlds:
        solver.add(*world.household.assumed)
    bad = both(place.present, differs, negation(excepted))
    solver.add(z3.BoolVal(bad) if isinstance(bad, bool) else bad)
    answer = solver.check()
    if answer == z3.unknown:
        return Unsettled("time")
    if answer == z3.unsat:
        return Same(sizes)
    if any(world.household.figures for world in worlds):
        return Unsettled("open-figure")
    case = joined(*(world.household.case(solver.model()) for world in worlds))
    record = place.entity, place.id
    if _found(one, case, record, today) == _found(other, case, record, today):
        return Unsettled("place" if any(world.chances for world in worlds) else "replay")
    return Apart(case, record)


def _is_contradictory(worlds: list[Lowerer]) -> bool:
    """Return whether no household lies in the ranges of both policies."""
    solver = z3.Solver()
    for world in worlds:
        solver.add(*world.household.assumed)
    return bool(solver.check() != z3.sat)


def _values(world: Lowerer, asked: Asked, today: int) -> tuple[Term, ...]:
    spot = Spot(first(world, asked.entity), today)
    return tuple(plain(world.lower(each, spot)) for each in asked.expressions)


def _found(asked: Asked, case: Case, record: tuple[str, str], today: int) -> tuple[Value, ...]:
    evaluation = emit(asked.program).open(case, today)
    on = case.records[record]
    return tuple(evaluation.evaluate(each, on) for each in asked.expressions)
