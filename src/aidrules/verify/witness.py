"""An answer of Z3 to a household that the interpreter refutes too, small and plain."""

from fractions import Fraction
from typing import Literal

import z3
from attrs import evolve, frozen

from aidrules.backends.interpreter import emit
from aidrules.backends.smt.household import FINEST
from aidrules.backends.smt.lower import Lowerer
from aidrules.case import Case
from aidrules.program import Fact, MovesWith, Program, UnchangedBy
from aidrules.types import Date, core
from aidrules.values import Exact, Value
from aidrules.verify.attempts import Attempt, Refutable, replaced
from aidrules.verify.properties import Defined, Stated
from aidrules.verify.replay import Replay, with_fact, with_figures, with_swapped
from aidrules.verify.shrink import shrink
from aidrules.verify.verdicts import Counterexample

Failed = Literal["place", "replay"]


@frozen
class _Found:
    """A household, and how a second one is made of it.

    Attributes:
        record: Kind and id of the record on which the property fails.
        fact: Kind, id and name of the fact that is changed.
        after: What it is changed to.
        swapped: The records that change places.
    """

    case: Case
    record: tuple[str, str]
    fact: tuple[str, str, str] | None
    after: Value | None
    swapped: tuple[tuple[str, str], tuple[str, str]] | None

    @property
    def other(self) -> Case | None:
        """The second household."""
        if self.fact is not None:
            return with_fact(self.case, self.fact[:2], self.fact[2], self.after)
        if self.swapped is not None:
            return with_swapped(self.case, *self.swapped)
        return None


def witness(
    claim: Refutable, world: Lowerer, made: Attempt, model: z3.ModelRef
) -> Counterexample | Failed:
    """Return the household of a model, if the interpreter says too that the property fails there.

    Returns:
        The household; or why it is none: its answer depends on a place among limited funds, or
        the interpreter says otherwise.
    """
    household = world.household
    figures = {key: household.value(model, term) for key, term in household.figures.items()}
    program = with_figures(household.program, figures)
    replay = Replay(emit(program), household.today)
    found = _found(world, made, model)

    def fails(tried: _Found) -> bool:
        return replay.fails(claim, tried.case, tried.record, tried.other)

    if not fails(found):
        return "place" if world.chances else "replay"
    code = None
    if isinstance(claim, Defined):
        failure = replay.failure(claim.key, found.case, found.record)
        code = None if failure is None else failure.code

    def still(case: Case) -> bool:
        if not fails(evolve(found, case=case)):
            return False
        if not isinstance(claim, Defined):
            return True
        error = replay.failure(claim.key, case, found.record)
        return error is not None and error.code == code

    found = evolve(found, case=shrink(program, found.case, still))
    found = _nearer(claim, found, program, replay)
    failure = None
    if isinstance(claim, Defined):
        failure = replay.failure(claim.key, found.case, found.record)
    return Counterexample(found.case, found.record, found.other, found.fact, failure, figures)


def _found(world: Lowerer, made: Attempt, model: z3.ModelRef) -> _Found:
    """Return what stands in a model."""
    household = world.household
    fact = after = swapped = None
    if made.fact is not None:
        where, name = made.fact
        fact = where.entity, where.id, name
        after = household.value(model, replaced(where.facts[name], made.pairs))
    if made.swapped is not None:
        one, other = made.swapped
        swapped = (one.entity, one.id), (other.entity, other.id)
    record = made.place.entity, made.place.id
    return _Found(household.case(model), record, fact, after, swapped)


def _rising(found: _Found) -> _Found:
    """Put the lower of two values first, where the order does not matter."""
    if found.fact is None:
        return found
    entity, record, name = found.fact
    before, after = found.case.records[entity, record].facts.get(name), found.after
    if not isinstance(before, Exact) or not isinstance(after, Exact) or before <= after:
        return found
    return evolve(found, case=with_fact(found.case, (entity, record), name, after), after=before)


def _step(fact: Fact) -> Fraction:
    """Return the least difference that is looked at, of a fact that names none."""
    return Fraction(1) if isinstance(core(fact.type), Date) else Fraction(1, FINEST)


def _nearer(claim: Refutable, found: _Found, program: Program, replay: Replay) -> _Found:
    """Bring two values of a fact together, as long as the property fails between them."""
    if found.fact is None or not isinstance(claim, Stated):
        return found
    if not isinstance(claim.check.property, MovesWith | UnchangedBy):
        return found
    entity, record, name = found.fact
    step = program.fact[entity, name].step or _step(program.fact[entity, name])

    def fails(tried: _Found) -> bool:
        return replay.fails(claim, tried.case, tried.record, tried.other)

    if isinstance(claim.check.property, UnchangedBy):
        found = _rising(found)
    while True:
        before, after = found.case.records[entity, record].facts.get(name), found.after
        if not isinstance(before, Exact) or not isinstance(after, Exact):
            return found
        if isinstance(before, bool) or abs(Fraction(after) - before) <= step:
            return found
        middle = before + (Fraction(after) - before) / step // 2 * step
        if middle in (before, after):
            return found
        lower = evolve(found, after=middle)
        upper = evolve(found, case=with_fact(found.case, (entity, record), name, middle))
        if fails(lower):
            found = lower
        elif fails(upper):
            found = upper
        else:
            return found
