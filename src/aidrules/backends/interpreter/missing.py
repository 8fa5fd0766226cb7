"""An undecided value to the facts and lists that could decide it, the most decisive first."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, Protocol, assert_never

from attrs import evolve, frozen

from aidrules.backends.interpreter.frames import Learnt, World
from aidrules.backends.interpreter.inputs import is_assumed, middle
from aidrules.bounds import values_of
from aidrules.case import Record
from aidrules.program import (
    AnyOver,
    BestBy,
    BestOver,
    CountOver,
    EveryOver,
    Fact,
    FactUse,
    Place,
    Program,
    Recorded,
    SumOver,
)
from aidrules.trace import Step, Trace
from aidrules.types import Choice, Selection, core
from aidrules.values import (
    ABSENT,
    Exact,
    Interval,
    Options,
    Selections,
    Value,
    is_decided,
    parts,
    settle,
)

MAX_PROBED: Final = 50
MAX_BITS: Final = 12

HISTORY: Final = "previously"
"""How the last decision of the office is named among what is missing."""


@frozen
class MissingFact:
    """A fact, or a list of records, that could still decide a value.

    Attributes:
        name: Of the fact, or the kind of the records.
        record: The id of the record that it belongs to.
        score: The share of probes after which the value is decided: 1 settles it, between may
            settle it, 0 only together with others; None if it was not probed.
        shrink: The mean share by which the bounds shrink; None if it was not probed.
        is_history: Whether it is what the office last decided on the record; it is not probed.
    """

    entity: str
    name: str
    record: str
    is_list: bool
    score: Fraction | None
    shrink: Fraction | None
    is_history: bool = False


class Inquiry(Trace, Protocol):
    """An evaluation that can be worked out again with something more known."""

    @property
    def program(self) -> Program:
        """The policy."""
        ...

    @property
    def world(self) -> World:
        """The case at the date."""
        ...

    def value(self, key: str, record: Record) -> Value:
        """Return the value of a definition on a record."""
        ...

    def suppose(self, learnt: Learnt) -> "Inquiry":
        """Return the evaluation with that known in place of what was supposed before."""
        ...


@frozen(eq=False)
class _Candidate:
    """What may be learnt: a fact; without one, that a list is complete, or the last decision."""

    record: Record
    name: str
    fact: Fact | None
    value: Value
    is_history: bool = False

    @property
    def key(self) -> tuple[Record, str, bool]:
        return self.record, self.name, self.fact is None


def walk(evaluation: Inquiry, start: Step, *, undecided: bool) -> Iterator[Step]:
    """Yield a step and all that took part in it, each once; or only what is not decided."""
    seen: set[tuple[int, Record, int]] = set()
    waiting = [start]
    while waiting:
        step = waiting.pop()
        key = id(step.expression), step.record, step.today
        if key in seen or (undecided and is_decided(step.value)):
            continue
        seen.add(key)
        yield step
        waiting.extend(reversed(evaluation.operands(step)))


def definition_step(evaluation: Inquiry, key: str, record: Record) -> Step:
    """Return the step of a definition on a record."""
    definition = evaluation.program.definition[key]
    owner = (
        evaluation.world.case.root if definition.entity is None else record.above(definition.entity)
    )
    return evaluation.step(definition.body, owner)


def assumed(
    evaluation: Inquiry, key: str, record: Record
) -> tuple[tuple[Record, Fact, Value], ...]:
    """Return the defaults that a definition read, in the order in which it did."""
    found: dict[tuple[Record, str], tuple[Record, Fact, Value]] = {}
    if not evaluation.program.defaults:
        return ()
    for step in walk(evaluation, definition_step(evaluation, key, record), undecided=False):
        match step.expression:
            case FactUse(entity=entity, name=name):
                owner = step.record.above(entity)
                fact = evaluation.program.fact[entity, name]
                if is_assumed(fact, evaluation.world.frame(owner, step.today)):
                    found.setdefault((owner, name), (owner, fact, step.value))
            case _:
                pass
    return tuple(found.values())


def missing(evaluation: Inquiry, key: str, record: Record) -> tuple[MissingFact, ...]:
    """Return what could still decide a definition; nothing, if it is decided."""
    before = evaluation.value(key, record)
    if is_decided(before):
        return ()
    candidates = _candidates(evaluation, definition_step(evaluation, key, record))
    tried = [each for each in candidates if not each.is_history][:MAX_PROBED]
    probed = [_probed(evaluation, key, record, before, each) for each in tried]
    probed.sort(key=_rank)
    rest = [_unranked(each) for each in candidates if each not in tried]
    return (*probed, *rest)


def _rank(found: MissingFact) -> tuple[Fraction, Fraction]:
    """Order the most decisive first; the sort keeps the order of declaration among equals."""
    return -(found.score or Fraction(0)), -(found.shrink or Fraction(0))


def _unranked(candidate: _Candidate) -> MissingFact:
    record = candidate.record
    is_list = candidate.fact is None and not candidate.is_history
    return MissingFact(
        record.entity, candidate.name, record.id, is_list, None, None, candidate.is_history
    )


# ---------------------------------------------------------------- candidates


def _candidates(evaluation: Inquiry, start: Step) -> list[_Candidate]:
    """Return the facts and lists met on the way back, in order of declaration, then of records."""
    program = evaluation.program
    found: dict[tuple[Record, str, bool], _Candidate] = {}
    for step in walk(evaluation, start, undecided=True):
        for candidate in _met(evaluation, step):
            found.setdefault(candidate.key, candidate)
    facts = {(fact.entity, fact.name): at for at, fact in enumerate(program.facts)}
    kinds = {entity.name: at for at, entity in enumerate(program.entities)}
    places = {record: at for at, record in enumerate(evaluation.world.case.records.values())}

    def order(candidate: _Candidate) -> tuple[int, int, int]:
        if candidate.is_history:
            declared = 2, 0
        elif candidate.fact is None:
            declared = 1, kinds[candidate.name]
        else:
            declared = 0, facts[candidate.fact.entity, candidate.fact.name]
        return *declared, places.get(candidate.record, len(places))

    return sorted(found.values(), key=order)


def _met(evaluation: Inquiry, step: Step) -> Iterator[_Candidate]:
    """Yield what may be learnt at an undecided step; nothing is learnt of an unlisted record."""
    program = evaluation.program
    match step.expression:
        case FactUse(entity=entity, name=name):
            owner = step.record.above(entity)
            if not owner.is_unlisted:
                yield _Candidate(owner, name, program.fact[entity, name], step.value)
        case SumOver(over=over) | CountOver(over=over) | AnyOver(over=over):
            yield from _lists(evaluation, step.record, over.entity)
        case EveryOver(over=over) | BestOver(over=over) | BestBy(over=over):
            yield from _lists(evaluation, step.record, over.entity)
        case Recorded() if evaluation.world.case.history is None:
            if not step.record.is_unlisted:
                yield _Candidate(step.record, HISTORY, None, step.value, is_history=True)
        case Place(ration=key):
            ration = program.ration[key]
            grant = program.grant[ration.grant]
            above = step.record.above(grant.entity).above(ration.entity)
            yield from _lists(evaluation, above, grant.entity)
        case _:
            pass


def _lists(evaluation: Inquiry, record: Record, kind: str) -> Iterator[_Candidate]:
    """Yield the lists on the way down to a kind that may have more records than are listed."""
    world, program = evaluation.world, evaluation.program
    if record.is_unlisted or world.is_above_root(record):
        return
    above: list[str] = []
    for entity in program.ancestry(kind):
        if entity == record.entity:
            break
        above.append(entity)
    holders = [record]
    for below in reversed(above):
        for holder in holders:
            if world.children(holder, below)[1] > 0:
                yield _Candidate(holder, below, None, ABSENT)
        holders = [child for holder in holders for child in world.children(holder, below)[0]]


# ---------------------------------------------------------------- probes


def _probed(
    evaluation: Inquiry, key: str, record: Record, before: Value, candidate: _Candidate
) -> MissingFact:
    """Return a candidate with what comes of the value after each of its probes."""
    decided = 0
    shrunk = Fraction(0)
    probes = list(_learnt(candidate, evaluation))
    for learnt in probes:
        after = evaluation.suppose(learnt).value(key, record)
        decided += is_decided(after)
        shrunk += _shrink(before, after)
    count = max(len(probes), 1)
    return evolve(_unranked(candidate), score=Fraction(decided, count), shrink=shrunk / count)


def _learnt(candidate: _Candidate, evaluation: Inquiry) -> Iterator[Learnt]:
    known = evaluation.world.learnt
    if candidate.fact is None:
        yield evolve(known, complete=known.complete | {(candidate.record, candidate.name)})
        return
    place = candidate.record, candidate.name
    for value in dict.fromkeys(_probes(candidate.value, candidate.fact, evaluation)):
        yield evolve(known, facts={**known.facts, place: value})


def _probes(value: Value, fact: Fact, evaluation: Inquiry) -> Iterator[Value]:
    """Yield what a fact is supposed to be: its bits, or its ends and their middle; and none."""
    body, absent, _ = parts(value)
    match body:
        case None:
            pass
        case Options(values=values):
            for bit in _in_order(values, fact, evaluation)[:MAX_BITS]:
                yield _bit(bit)
        case Interval(low=low, high=high):
            for end in (low, middle(low, high, fact), high):
                if isinstance(end, Exact):
                    yield end
        case Selections(sure=sure, possible=possible):
            yield from (settle(Selections(end, end)) for end in (sure, possible))
        case _:
            assert_never(body)
    if absent:
        yield ABSENT


def _bit(bit: bool | str) -> Value:  # noqa: FBT001 - a value of the language
    """Return one of a set of values; "other" stays a set."""
    return bit if isinstance(bit, bool) else settle(Options(frozenset((bit,))))


def _in_order(
    bits: frozenset[bool] | frozenset[str], fact: Fact, evaluation: Inquiry
) -> list[bool | str]:
    """Return values in the order in which they are declared; records in that of the document."""
    match core(fact.type):
        case Choice() as choice:
            declared: list[str] = [*values_of(choice)]
        case Selection():
            declared = []
        case _:
            declared = [identity for _, identity in evaluation.world.case.records]
    ordered = [bit for bit in dict.fromkeys(declared) if bit in bits]
    return [*ordered, *sorted(bit for bit in bits if bit not in ordered)]


def _shrink(before: Value, after: Value) -> Fraction:
    """Return by which share the bounds of a value have shrunk."""
    if is_decided(after):
        return Fraction(1)
    match parts(before)[0], parts(after)[0]:
        case Interval(), None:
            return Fraction(1)
        case Interval(low=low, high=high), Interval(low=least, high=most):
            ends = (low, high, least, most)
            if all(isinstance(end, Exact) for end in ends):
                return _share(high - low, most - least)  # type: ignore[operator]  # all exact
            return Fraction(isinstance(least, Exact) and isinstance(most, Exact))
        case Options(values=values), Options(values=fewer):
            return _share(len(values) - 1, len(fewer) - 1)
        case Selections() as whole, Selections() as part:
            return _share(len(whole.possible - whole.sure), len(part.possible - part.sure))
        case _:
            return Fraction(0)


def _share(width: Exact, narrower: Exact) -> Fraction:
    return Fraction(0) if width == 0 else 1 - Fraction(narrower) / width
