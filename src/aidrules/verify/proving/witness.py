"""An answer of Z3 to a household that the interpreter refutes too, small and plain."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, assert_never

import z3
from attrs import evolve, frozen

from aidrules.backends.interpreter import emit
from aidrules.backends.smt.household import FINEST
from aidrules.backends.smt.lower import Lowerer
from aidrules.backends.smt.values import Num
from aidrules.case import Case
from aidrules.program import Cause, Check, FactUse, Figure, MovesWith, Program, UnchangedBy
from aidrules.types import Date, Quantity, Type, core
from aidrules.values import Exact, Value
from aidrules.verify.households.second import (
    OfFact,
    OfFigure,
    OfOrder,
    Second,
    with_fact,
    with_figures,
    with_value,
)
from aidrules.verify.households.shrink import shrink
from aidrules.verify.proving.attempts import (
    Attempt,
    FactTurned,
    FigureTurned,
    PlacesTurned,
    Refutable,
    Turn,
    replaced,
)
from aidrules.verify.proving.properties import Defined, Stated
from aidrules.verify.proving.replay import Replay, moved_by
from aidrules.verify.proving.verdicts import Cliff, Counterexample

Failed = Literal["place", "replay"]


@frozen
class _Found:
    """A household, and how a second one differs from it.

    Attributes:
        record: Kind and id of the record on which the property fails.
    """

    program: Program
    case: Case
    record: tuple[str, str]
    second: Second | None

    def replay(self, today: int) -> Replay:
        """Return the interpreter of the first household."""
        match self.second:
            case OfFigure(keys=keys, before=before):
                return Replay(emit(with_value(self.program, keys, before)), today)
            case _:
                return Replay(emit(self.program), today)

    @property
    def ends(self) -> tuple[object, object]:
        """What the cause is in both households."""
        match self.second:
            case OfFact(record=record, name=name, after=after):
                return self.case.records[record].facts.get(name), after
            case OfFigure(before=before, after=after):
                return before, after
            case OfOrder() | None:
                return None, None
            case _:
                assert_never(self.second)

    def between(self, before: Value, after: Value) -> "_Found":
        """Return the same with other values of the cause."""
        match self.second:
            case OfFact(record=record, name=name):
                case = with_fact(self.case, record, name, before)
                return evolve(self, case=case, second=OfFact(record, name, after))
            case OfFigure(keys=keys):
                return evolve(self, second=OfFigure(keys, before, after))
            case OfOrder() | None:
                return self
            case _:
                assert_never(self.second)


def witness(
    claim: Refutable, world: Lowerer, made: Attempt, model: z3.ModelRef
) -> Counterexample | Failed:
    """Return the household of a model, if the interpreter says too that the property fails there.

    Returns:
        The household; or why it is none: its answer depends on a place among limited funds, or
        the interpreter says otherwise.
    """
    found, figures = _found(world, made, model)
    replay = found.replay(world.household.today)

    def fails(case: Case) -> bool:
        return replay.fails(claim, case, found.record, found.second)

    if not fails(found.case):
        return "place" if world.chances else "replay"
    code = None
    if isinstance(claim, Defined):
        failure = replay.failure(claim.key, found.case, found.record)
        code = None if failure is None else failure.code

    def still(case: Case) -> bool:
        if not fails(case):
            return False
        if not isinstance(claim, Defined):
            return True
        error = replay.failure(claim.key, case, found.record)
        return error is not None and error.code == code

    small = evolve(found, case=shrink(replay.program, found.case, still))
    small = _nearer(claim, small, world.household.today)
    failure = None
    if isinstance(claim, Defined):
        failure = replay.failure(claim.key, small.case, small.record)
    return Counterexample(small.case, small.record, small.second, failure, figures)


def cliff(
    stated: MovesWith,
    world: Lowerer,
    made: Attempt,
    model: z3.ModelRef,
    example: Counterexample,
) -> Cliff | None:
    """Return by how much a value moves in a model, if the interpreter says so too.

    Args:
        stated: What the value should not do.
        world: The terms.
        made: Where it does.
        model: The worst, where the cause changes by one step.
        example: The household that is shown already: it stands for the worst if it is as bad.
    """
    found, figures = _found(world, made, model)
    today = world.household.today
    if made.moved is None:
        return None
    amount = world.household.value(model, Num(exact=made.moved))
    if _moved(stated, found, today) != amount:
        return None
    shown = _Found(found.program, example.case, example.record, example.second)
    if _moved(stated, shown, today) == amount:
        return Cliff(amount, example)
    return Cliff(amount, Counterexample(found.case, found.record, found.second, None, figures))


def _moved(stated: MovesWith, found: _Found, today: int) -> Exact | None:
    if found.second is None:
        return None
    replay = found.replay(today)
    evaluation = replay.open(found.case)
    on = found.case.records[found.record]
    return moved_by(stated, *replay.values(stated.value, evaluation, on, found.second))


def _found(world: Lowerer, made: Attempt, model: z3.ModelRef) -> tuple[_Found, Mapping[str, Value]]:
    """Return what stands in a model, and the values of figures that have none."""
    household = world.household
    figures = {
        key: household.value(model, term)
        for key, term in household.figures.items()
        if key not in world.varied
    }
    program = with_figures(household.program, figures)
    second = None if made.turn is None else _second(made, made.turn, world, model)
    record = made.place.entity, made.place.id
    return _Found(program, household.case(model), record, second), figures


def _second(made: Attempt, turn: Turn, world: Lowerer, model: z3.ModelRef) -> Second:
    """Return what the second household of a model differs in."""
    household = world.household
    match turn:
        case FactTurned(place=place, name=name):
            after = household.value(model, replaced(place.facts[name], made.pairs))
            return OfFact((place.entity, place.id), name, after)
        case FigureTurned(before=before, after=after):
            values = household.value(model, before), household.value(model, after)
            return OfFigure(world.varied, *values)
        case PlacesTurned(one=one, other=other):
            return OfOrder((one.entity, one.id), (other.entity, other.id))
        case _:
            assert_never(turn)


def step_of(cause: Cause, program: Program) -> Exact:
    """Return the least change of a cause that is looked at."""
    match cause:
        case FactUse(entity=entity, name=name):
            fact = program.fact[entity, name]
            return fact.step or _least(fact.type)
        case Figure(parameter=key):
            return _least(program.parameter[key].type)
        case _:
            assert_never(cause)


def _least(type_: Type) -> Exact:
    kind = core(type_)
    is_whole = isinstance(kind, Quantity) and (kind.whole or kind.unit.duration is not None)
    return Fraction(1) if isinstance(kind, Date) or is_whole else Fraction(1, FINEST)


def _nearer(claim: Refutable, found: _Found, today: int) -> _Found:
    """Bring two values of a cause together, as long as the property fails between them."""
    match claim:
        case Stated(check=Check(property=MovesWith(cause=cause))):
            pass
        case Stated(check=Check(property=UnchangedBy(cause=cause))):
            before, after = found.ends
            if isinstance(before, Exact) and isinstance(after, Exact) and before > after:
                found = found.between(after, before)  # the lower one first
        case _:
            return found
    step = step_of(cause, found.program)

    def fails(tried: _Found) -> bool:
        return tried.replay(today).fails(claim, tried.case, tried.record, tried.second)

    while True:
        before, after = found.ends
        if not isinstance(before, Exact) or not isinstance(after, Exact):
            return found
        if isinstance(before, bool) or abs(Fraction(after) - before) <= step:
            return found
        middle = before + (Fraction(after) - before) / step // 2 * step
        if middle in (before, after):
            return found
        lower, upper = found.between(before, middle), found.between(middle, after)
        if fails(lower):
            found = lower
        elif fails(upper):
            found = upper
        else:
            return found
