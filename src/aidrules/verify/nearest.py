"""A decision to the nearest change of one fact that would turn it, all else as it is.

A fact with an order is looked at by stretches, the nearest first: the rules are worked out for a
whole stretch at once, and one that surely turns nothing is passed over, so that what is found is
the nearest there is. Every change that is told was worked out by itself too.
"""

from collections.abc import Iterator
from fractions import Fraction
from heapq import heappop, heappush
from typing import Final, assert_never

from attrs import define, field, frozen

from aidrules import wording
from aidrules.backends.interpreter import Engine, Evaluation
from aidrules.backends.interpreter.frames import Learnt
from aidrules.bounds.numbers import tidy
from aidrules.bounds.sets import FIRST_UNKNOWN_DAY, LAST_UNKNOWN_DAY
from aidrules.case import Case, Record, Series
from aidrules.decision import Language
from aidrules.lexicon import words
from aidrules.program import Fact, Grant, Program
from aidrules.types import (
    Choice,
    Date,
    Optional,
    Quantity,
    Reference,
    Selection,
    Text,
    Truth,
    Type,
    Undetermined,
    core,
)
from aidrules.values import ABSENT, Exact, Failure, Interval, Possible, Value, settle
from aidrules.verify.households.writing import written
from aidrules.verify.reach import reached, roots_of

MOST_STRETCHES: Final = 600
"""How many stretches of one fact are looked at before it is given up."""

OPEN_END: Final = 10**9
"""How far a number without a highest value is looked at, from its lowest."""

FINEST: Final = Fraction(1, 100)
"""The step of a number whose declaration names none."""


@frozen
class NearestChange:
    """One fact that would turn a decision if it were otherwise.

    Attributes:
        entity: The kind of its record.
        record: Its id.
        name: Of the fact.
        before: What it is.
        after: What it would have to be: in its unit, a day as an ordinal; the nearest there is.
        value: What would then be granted, exact, in the unit of the grant; None if nothing.
    """

    entity: str
    record: str
    name: str
    before: Value
    after: Value
    value: Value | None


@frozen
class Turned:
    """What would turn one decision.

    Attributes:
        grant: The key.
        entity: The kind of its record.
        record: Its id.
        is_granted: Whether it is granted as it is, so that the changes would lose it.
        changes: In money, numbers, days, and the rest; empty if no fact turns it alone.
        given_up: Kind, id and name of facts of which it was not settled in time.
    """

    grant: str
    entity: str
    record: str
    is_granted: bool
    changes: tuple[NearestChange, ...]
    given_up: tuple[tuple[str, str, str], ...]


def turned(engine: Engine, case: Case, today: int, grant: Grant, record: Record) -> Turned | None:
    """Return what would turn a decision; None if it is neither granted nor refused."""
    search = _Search(engine, case, today, grant, record)
    now = search.opened({}).value(grant.receives, record)
    if not isinstance(now, bool):
        return None
    search.wanted = not now
    changes = [each for spot in search.spots() for each in search.change(*spot)]
    program = engine.program
    changes.sort(key=lambda each: _rank(program.fact[each.entity, each.name]))
    found = tuple(changes)
    return Turned(grant.key, record.entity, record.id, now, found, tuple(search.given_up))


@define
class _Search:
    engine: Engine
    case: Case
    today: int
    grant: Grant
    record: Record
    wanted: bool = True
    given_up: list[tuple[str, str, str]] = field(factory=list)

    def opened(self, facts: dict[tuple[Record, str], Value]) -> Evaluation:
        return self.engine.open(self.case, self.today, Learnt(facts))

    def answer(self, record: Record, fact: Fact, value: Value) -> Value:
        """Return whether it is received if a fact is, or may be, otherwise."""
        evaluation = self.opened({(record, fact.name): value})
        return evaluation.value(self.grant.receives, self.record)

    def spots(self) -> Iterator[tuple[Record, Fact]]:
        """Yield the facts that the grant can ask for, and of which a certain value counts."""
        program = self.engine.program
        keys = reached(program, roots_of(program, self.grant)).facts
        for record in self.case.records.values():
            for fact in program.facts:
                if fact.entity == record.entity and (fact.entity, fact.name) in keys:
                    yield record, fact

    def change(self, record: Record, fact: Fact) -> Iterator[NearestChange]:
        """Yield the nearest value of a fact that turns it, if there is one."""
        before = self._now(record, fact)
        if before is None:
            return
        after = self._nearest(record, fact, before)
        if after is None or self.answer(record, fact, after) is not self.wanted:
            return
        value = None
        if self.wanted:
            value = self.opened({(record, fact.name): after}).value(self.grant.key, self.record)
            if isinstance(value, Failure | Possible):
                return
        yield NearestChange(record.entity, record.id, fact.name, before, after, value)

    def _now(self, record: Record, fact: Fact) -> Value | None:
        value = record.facts.get(fact.name)
        if isinstance(value, Series | Possible | Failure):
            return None
        if value is None and fact.default is not None:
            value = self.opened({}).evaluate(fact.default, record)
            return None if isinstance(value, Possible | Failure) else value
        return value

    def _nearest(self, record: Record, fact: Fact, before: Value) -> Value | None:
        options: list[Value] = [ABSENT] if isinstance(fact.type, Optional) else []
        match core(fact.type):
            case Truth():
                options += [False, True]
            case Choice(values=values):
                options += values
            case Selection(choice=choice):
                held = before if isinstance(before, frozenset) else frozenset()
                options += [held ^ {each} for each in choice.values]
            case Quantity() | Date():
                found = self._along(record, fact, before)
                options = [*([] if found is None else [found]), *options]
            case Text() | Reference() | Undetermined():
                return None
            case _ as never:
                assert_never(never)
        for option in options:
            if option != before and self.answer(record, fact, option) is self.wanted:
                return option
        return None

    def _along(self, record: Record, fact: Fact, before: Value) -> Value | None:
        """Return the nearest number or day that turns it."""
        scale = _Scale.of(fact)
        start = scale.place(before) if isinstance(before, Exact) else 0
        waiting = [(0, 0, scale.top)]
        for _ in range(MOST_STRETCHES):
            if not waiting:
                return None
            _, low, high = heappop(waiting)
            answer = self.answer(record, fact, scale.stretch(low, high))
            if answer is self.wanted:
                return scale.value(min(max(start, low), high))
            if low == high or isinstance(answer, bool):
                continue
            middle = min(max(start, low), high - 1) if low <= start < high else (low + high) // 2
            for first, last in ((low, middle), (middle + 1, high)):
                heappush(waiting, (max(first - start, start - last, 0), first, last))
        self.given_up.append((record.entity, record.id, fact.name))
        return None


@frozen
class _Scale:
    """The values of a fact as whole numbers from 0 to `top`."""

    low: Fraction
    step: Fraction
    top: int

    @staticmethod
    def of(fact: Fact) -> "_Scale":
        match core(fact.type):
            case Date():
                first = FIRST_UNKNOWN_DAY if fact.low is None else int(fact.low)
                last = LAST_UNKNOWN_DAY if fact.high is None else int(fact.high)
                return _Scale(Fraction(first), Fraction(1), last - first)
            case Quantity(whole=whole):
                step = fact.step or (Fraction(1) if whole else FINEST)
                low = -(-Fraction(fact.low or 0) // step) * step
                high = low + OPEN_END if fact.high is None else fact.high
                return _Scale(low, step, int((high - low) // step))
            case other:
                raise TypeError(other)

    def value(self, place: int) -> Exact:
        return tidy(self.low + self.step * place)

    def place(self, value: Exact) -> int:
        return min(max(int((value - self.low) // self.step), 0), self.top)

    def stretch(self, low: int, high: int) -> Value:
        return settle(Interval(self.value(low), self.value(high)))


def _rank(fact: Fact) -> int:
    """Return where a fact stands: what a family can do something about first, perhaps."""
    match core(fact.type):
        case Quantity(unit=unit):
            return 1 if unit.is_plain or unit.duration else 0
        case Date():
            return 2
        case _:
            return 3


# ---------------------------------------------------------------- in words and as data


def explain(found: Turned, program: Program, language: Language) -> str:
    """Return what would turn a decision as lines of text."""
    lexicon = words(language)
    grant = program.grant[found.grant]
    name = wording.name(program, grant.name, language)
    name = lexicon.fill("word", "name-of", name=name, record=found.record)
    key = "nearest-lose" if found.is_granted else "nearest-grant"
    lines = [lexicon.fill("word", key, name=name)]
    lines += [f"  {_change(each, program, grant, language)}" for each in found.changes]
    if not found.changes:
        lines.append("  " + lexicon.pattern("word", "nearest-none"))
    for entity, record, fact in found.given_up:
        shown = wording.name(program, program.fact[entity, fact].name, language)
        shown = lexicon.fill("word", "name-of", name=shown, record=record)
        lines.append("  " + lexicon.fill("word", "nearest-given-up", fact=shown))
    return "\n".join([*lines, ""])


def _change(each: NearestChange, program: Program, grant: Grant, language: Language) -> str:
    lexicon = words(language)
    type_ = program.fact[each.entity, each.name].type
    fact = wording.name(program, each.name, language)
    holes = {
        "fact": lexicon.fill("word", "name-of", name=fact, record=each.record),
        "before": _shown(each.before, type_, program, language),
        "after": _shown(each.after, type_, program, language),
    }
    if each.value is None or isinstance(each.value, bool):
        return lexicon.fill("word", "nearest-change", **holes)
    value = _shown(each.value, program.definition[grant.key].type, program, language)
    return lexicon.fill("word", "nearest-change-to", **holes, value=value)


def _shown(value: Value, type_: Type, program: Program, language: Language) -> str:
    if isinstance(value, Possible | Failure):
        return words(language).pattern("word", "not-told")
    return wording.value(value, type_, language, program)


def to_json(found: Turned, program: Program) -> dict[str, object]:
    """Return it as plain data: values as a policy writes them."""
    return {
        "grant": found.grant,
        "entity": found.entity,
        "record": found.record,
        "granted": found.is_granted,
        "changes": [
            {
                "entity": each.entity,
                "record": each.record,
                "name": each.name,
                "before": written(each.before, program.fact[each.entity, each.name].type),
                "after": written(each.after, program.fact[each.entity, each.name].type),
                "value": None
                if each.value is None
                else written(each.value, program.definition[found.grant].type),
            }
            for each in found.changes
        ],
        "not_settled": [list(each) for each in found.given_up],
    }
