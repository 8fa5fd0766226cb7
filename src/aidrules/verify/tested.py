"""A property to whether it held of so many households, or a small one for which it fails.

Nothing is proved here: what was tested held of the households that were tried.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, assert_never

from attrs import frozen

from aidrules.backends.interpreter import Evaluation, emit
from aidrules.case import Case, Record
from aidrules.program import Fact, MovesWith, Program, SameAs, UnchangedBy
from aidrules.types import Choice, Date, Quantity, Truth, core
from aidrules.values import Exact, Value
from aidrules.verify.households import households
from aidrules.verify.properties import (
    AtMost,
    Defined,
    NeverNegative,
    OneAlone,
    OrderFree,
    Property,
    Reachable,
    Reached,
    Separate,
    Stated,
)
from aidrules.verify.replay import Replay, with_fact, with_swapped
from aidrules.verify.shrink import shrink
from aidrules.verify.verdicts import Counterexample, Refuted, Tested

_FAR: Final = (1, 100, 10_000)


@frozen
class _Pair:
    """How a second household differs: by one fact, or by two records in each other's place."""

    fact: tuple[str, str, str] | None = None
    after: Value | None = None
    swapped: tuple[tuple[str, str], tuple[str, str]] | None = None

    def other(self, case: Case) -> Case | None:
        if self.fact is not None:
            return with_fact(case, self.fact[:2], self.fact[2], self.after)
        return None if self.swapped is None else with_swapped(case, *self.swapped)


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
) -> Iterator[tuple[tuple[str, str], _Pair]]:
    """Yield where a property fails in a case that was opened on the day.

    Yields:
        Kind and id of the record, and how the second household differs.
    """
    case = evaluation.case
    for on in list(case.records.values()):
        for pair in _pairs(wanted, case, on, replay.program):
            if _fails(replay, wanted, evaluation, on, pair):
                yield (on.entity, on.id), pair


def _fails(
    replay: Replay, wanted: Property, evaluation: Evaluation, on: Record, pair: _Pair
) -> bool:
    case = evaluation.case
    if isinstance(wanted.claim, Stated):
        stated = wanted.claim.check.property
        if isinstance(stated, MovesWith) and pair.fact is not None:
            before = case.records[pair.fact[:2]].facts.get(pair.fact[2])
            if not _has_risen(before, pair.after, falls=stated.when == "falls"):
                return False
    return replay.fails_in(wanted.claim, evaluation, on, pair.other(case))


def _has_risen(before: Value | object, after: Value | None, *, falls: bool) -> bool:
    if not isinstance(before, Exact) or not isinstance(after, Exact):
        return False
    return after < before if falls else after > before


def _smallest(
    replay: Replay, wanted: Property, case: Case, record: tuple[str, str], pair: _Pair
) -> Counterexample:
    def failure(tried: Case) -> str | None:
        if not isinstance(wanted.claim, Defined):
            return None
        found = replay.failure(wanted.claim.key, tried, record)
        return None if found is None else found.code

    code = failure(case)

    def fails(tried: Case) -> bool:
        on = tried.records[record]
        return _fails(replay, wanted, replay.open(tried), on, pair) and failure(tried) == code

    small = shrink(replay.program, case, fails)
    error = None
    if isinstance(wanted.claim, Defined):
        error = replay.failure(wanted.claim.key, small, record)
    return Counterexample(small, record, pair.other(small), pair.fact, error)


# ---------------------------------------------------------------- second households


def _pairs(wanted: Property, case: Case, on: Record, program: Program) -> Iterator[_Pair]:
    """Yield how the second household differs, for each way that is tried on a record."""
    claim = wanted.claim
    match claim:
        case Stated(check=check):
            stated = check.property
            if isinstance(stated, SameAs) or stated.entity != on.entity:
                return
            if not isinstance(stated, MovesWith | UnchangedBy):
                yield _Pair()
                return
            fact = program.fact[stated.fact.entity, stated.fact.name]
            for record in case.records.values():
                if record.entity == fact.entity:
                    for after in _others(fact, record.facts.get(fact.name)):
                        yield _Pair((record.entity, record.id, fact.name), after)
        case OrderFree(key=key, kind=kind):
            listed = on.children.get(kind, [])
            if program.definition[key].entity == on.entity and len(listed) > 1:
                one, other = listed[-2:]
                yield _Pair(swapped=((one.entity, one.id), (other.entity, other.id)))
        case OneAlone(exclusion=exclusion):
            if program.grant[exclusion.grants[0]].entity == on.entity:
                yield _Pair()
        case Defined(key=key) | NeverNegative(key=key) | Separate(key=key):
            if program.definition[key].entity in (on.entity, None):
                yield _Pair()
        case Reachable() | Reached() | AtMost():
            return
        case _:
            assert_never(claim)


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
