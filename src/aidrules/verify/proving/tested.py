"""A property to whether it held of so many households, or a small one for which it fails.

Nothing is proved here: what was tested held of the households that were tried.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, assert_never

from aidrules.backends.interpreter import Evaluation, emit
from aidrules.case import Case, Record
from aidrules.program import (
    Cause,
    Check,
    Fact,
    FactUse,
    Figure,
    HoldsAlways,
    HoldsForSome,
    MovesWith,
    Program,
    SameAs,
    UnchangedBy,
)
from aidrules.types import Choice, Date, Quantity, Truth, core
from aidrules.values import Exact, Value
from aidrules.verify.households.make import households
from aidrules.verify.households.second import OfFact, OfFigure, OfOrder, Second
from aidrules.verify.households.shrink import shrink
from aidrules.verify.proving.properties import (
    AtMost,
    Complete,
    Defined,
    DrawnAlike,
    NeverNegative,
    OneAlone,
    OrderFree,
    Possible,
    Property,
    Reachable,
    Reached,
    Separate,
    Stated,
)
from aidrules.verify.proving.replay import Replay, changed_by
from aidrules.verify.proving.verdicts import Counterexample, Refuted, Tested

_FAR: Final = (1, 100, 10_000)


def try_out(
    program: Program, wanted: Property, seed: int, today: int, count: int
) -> Tested | Refuted:
    """Return how many households a property held of, or the smallest found for which it fails.

    Args:
        program: The policy.
        wanted: A property that fails for a household, if it fails; any other is never refuted.
        seed: The same gives the same.
        today: The date asked for, as an ordinal.
        count: How many households are tried.
    """
    replay = Replay(emit(program), today)
    for case in islice(households(program, seed, today), count):
        found = next(failures(replay, wanted, replay.open(case)), None)
        if found is not None:
            return Refuted(_smallest(replay, wanted, case, *found))
    return Tested(count)


def failures(
    replay: Replay, wanted: Property, evaluation: Evaluation
) -> Iterator[tuple[tuple[str, str], Second | None]]:
    """Yield where a property fails in a case that was opened on the day.

    Yields:
        Kind and id of the record, and how the second household differs.
    """
    case = evaluation.case
    for on in list(case.records.values()):
        for second in _seconds(wanted, evaluation, on):
            if _fails(replay, wanted, evaluation, on, second):
                yield (on.entity, on.id), second


def _fails(
    replay: Replay, wanted: Property, evaluation: Evaluation, on: Record, second: Second | None
) -> bool:
    match wanted.claim:
        case Stated(check=Check(property=MovesWith(when=when))) if second is not None:
            change = changed_by(second, evaluation.case)
            if change >= 0 if when == "falls" else change <= 0:
                return False
        case _:
            pass
    return replay.fails_in(wanted.claim, evaluation, on, second)


def _smallest(
    replay: Replay,
    wanted: Property,
    case: Case,
    record: tuple[str, str],
    second: Second | None,
) -> Counterexample:
    def failure(tried: Case) -> str | None:
        if not isinstance(wanted.claim, Defined):
            return None
        found = replay.failure(wanted.claim.key, tried, record)
        return None if found is None else found.code

    code = failure(case)

    def fails(tried: Case) -> bool:
        on = tried.records[record]
        return _fails(replay, wanted, replay.open(tried), on, second) and failure(tried) == code

    small = shrink(replay.program, case, fails)
    error = None
    if isinstance(wanted.claim, Defined):
        error = replay.failure(wanted.claim.key, small, record)
    return Counterexample(small, record, second, error)


# ---------------------------------------------------------------- second households


def _seconds(wanted: Property, evaluation: Evaluation, on: Record) -> Iterator[Second | None]:
    """Yield how the second household differs, for each way that is tried on a record."""
    claim = wanted.claim
    program = evaluation.engine.program
    match claim:
        case Stated(check=check):
            stated = check.property
            if isinstance(stated, SameAs) or stated.entity != on.entity:
                return
            match stated:
                case MovesWith(cause=cause) | UnchangedBy(cause=cause):
                    yield from _causes(cause, evaluation, on)
                case HoldsAlways() | HoldsForSome():
                    yield None
                case _:
                    assert_never(stated)
        case OrderFree(key=key, kind=kind):
            listed = on.children.get(kind, [])
            if program.definition[key].entity == on.entity and len(listed) > 1:
                one, other = listed[-2:]
                yield OfOrder((one.entity, one.id), (other.entity, other.id))
        case OneAlone(exclusion=exclusion):
            if program.grant[exclusion.grants[0]].entity == on.entity:
                yield None
        case DrawnAlike(first=(key, _)):
            if program.definition[key].entity in (on.entity, None):
                yield None
        case Defined(key=key) | Complete(key=key) | NeverNegative(key=key) | Separate(key=key):
            if program.definition[key].entity in (on.entity, None):
                yield None
        case Reachable() | Reached() | AtMost() | Possible():
            return
        case _:
            assert_never(claim)


def _causes(cause: Cause, evaluation: Evaluation, on: Record) -> Iterator[Second]:
    """Yield what a cause may change to."""
    program = evaluation.engine.program
    match cause:
        case FactUse(entity=entity, name=name):
            fact = program.fact[entity, name]
            for record in evaluation.case.records.values():
                if record.entity == entity:
                    for after in _others(fact, record.facts.get(name)):
                        yield OfFact((entity, record.id), name, after)
        case Figure(parameter=key):
            before = evaluation.evaluate(cause, on)
            if isinstance(before, Exact) and not isinstance(before, bool):
                for after in (before + sign * far for far in _FAR for sign in (1, -1)):
                    if after > 0:
                        yield OfFigure(program.with_amendments(key), before, after)
        case _:
            assert_never(cause)


def _others(fact: Fact, value: object) -> Iterator[Value]:
    """Yield other values of a fact: a step and more to both sides, and its ends."""
    type_ = core(fact.type)
    match type_:
        case Truth() if isinstance(value, bool):
            yield not value
        case Choice(values=values) if isinstance(value, str):
            yield from (each for each in values if each != value)
        case Quantity() | Date() if isinstance(value, Exact):
            is_whole = isinstance(type_, Date) or type_.whole
            step = fact.step or 1 if not is_whole else 1
            ends = [each for each in (fact.low, fact.high) if each is not None]
            for other in (*(value + sign * far * step for far in _FAR for sign in (1, -1)), *ends):
                is_low = fact.low is not None and other < fact.low
                is_high = fact.high is not None and other > fact.high
                if other != value and not is_low and not is_high:
                    yield other
        case _:
            pass
