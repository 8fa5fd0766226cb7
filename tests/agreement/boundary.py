"""Any policy to cases at the boundaries of its rules: what it compares with, and a step beside it.

Numbers, dates and texts are drawn from the constants and figures of the policy itself, so that a
few hundred cases meet both sides of each condition, empty lists and facts that are left out.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import assert_never

from attrs import define, field, frozen

from aidrules.bounds.numbers import tidy
from aidrules.bounds.sets import FIRST_UNKNOWN_DAY as FIRST_DAY
from aidrules.bounds.sets import LAST_UNKNOWN_DAY as LAST_DAY
from aidrules.case import Case, Given, History, Past, Record
from aidrules.program import (
    Brackets,
    Constant,
    Fact,
    OneOf,
    Program,
    RangeMatch,
    Recorded,
    Table,
    ValueMatch,
)
from aidrules.traverse import expressions, walk
from aidrules.types import (
    Choice,
    Date,
    Optional,
    Quantity,
    Reference,
    Selection,
    Text,
    Truth,
    Undetermined,
    core,
)
from aidrules.values import ABSENT, OTHER, Exact, Interval, Options, Possible, Value

DISPUTED = Given(None, None, (("one", True), ("other", False)))
UNNAMED = "elsewhere"


@frozen
class Named:
    """What a policy names: the values at which its rules turn.

    Attributes:
        numbers: Amounts, whatever their units.
        days: As ordinals.
        texts: Of every type.
    """

    numbers: tuple[Exact, ...]
    days: tuple[int, ...]
    texts: tuple[str, ...]

    @staticmethod
    def of(program: Program) -> "Named":
        """Return what a policy names."""
        numbers: set[Exact] = {0, 1}
        days: set[int] = set()
        texts: set[str] = set()

        def add(value: object, type_: object) -> None:
            match value:
                case bool():
                    pass
                case int() | Fraction():
                    (days if isinstance(type_, Date) else numbers).add(value)  # type: ignore[arg-type] # a date is a whole number
                case str():
                    texts.add(value)
                case frozenset():
                    texts.update(value)
                case _:
                    pass

        for parameter in program.parameters:
            for row in parameter.rows:
                for version in row.values:
                    add(version.value, core(parameter.type))
                    days.update(each for each in (version.first, version.last) if each)
                for cell, type_ in zip(row.cells, parameter.key_types, strict=True):
                    _add_cell(cell, core(type_), add)
        for root in expressions(program):
            for node in walk(root):
                match node:
                    case Constant(value=value):
                        add(value, core(node.type))
                    case OneOf(values=values):
                        texts.update(values)
                    case Brackets(thresholds=thresholds):
                        numbers.update(thresholds)
                    case Table(rows=rows, inputs=inputs):
                        for line in rows:
                            for cell, given in zip(line.cells, inputs, strict=True):
                                _add_cell(cell, core(given.type), add)
                    case _:
                        pass
        return Named(
            tuple(sorted(numbers)),
            tuple(sorted(d for d in days if d > 693_596)),
            tuple(sorted(texts)),
        )


def _add_cell(cell: object, type_: object, add: object) -> None:
    match cell:
        case ValueMatch(value=value):
            add(value, type_)  # type: ignore[operator] # a function
        case RangeMatch(low=low, high=high):
            for end in (low, high):
                add(end, type_)  # type: ignore[operator] # a function
        case _:
            pass


@define
class Maker:
    """What makes cases of a policy.

    Attributes:
        program: The policy.
        root: The kind of record of a document.
        today: As an ordinal.
        rng: Chance.
        unknown: The share of facts that are left out.
    """

    program: Program
    root: str
    today: int
    rng: Random
    unknown: float = 0.0
    named: Named = field(init=False)
    facts: Mapping[str, Sequence[Fact]] = field(init=False)
    count: int = 0
    _is_recent: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.named = Named.of(self.program)
        self.facts = {
            entity.name: [fact for fact in self.program.facts if fact.entity == entity.name]
            for entity in self.program.entities
        }

    def case(self) -> Case:
        """Return a case, in half of them with most days in the weeks before today."""
        self._is_recent = self.rng.random() < 1 / 2
        top: Record | None = None
        for kind in reversed(tuple(self.program.ancestry(self.root))):
            top = self._record(kind, top)
        if top is None:
            raise LookupError(self.root)
        self._below(top)
        records: list[Record] = []
        waiting = [top]
        while waiting:
            one = waiting.pop()
            records.append(one)
            waiting += [each for listed in one.children.values() for each in listed]
        above = top.parent
        while above is not None:
            records.append(above)
            above = above.parent
        ids: dict[str, list[str]] = {}
        for one in records:
            ids.setdefault(one.entity, []).append(one.id)
        for one in records:
            for fact in self.facts[one.entity]:
                self._tell(one, fact, ids)
        return Case(top, {(one.entity, one.id): one for one in records}, self._history(records), "")

    def _record(self, kind: str, parent: Record | None) -> Record:
        self.count += 1
        record = Record(kind, f"{kind}{self.count}", parent)
        if parent is not None:
            parent.children.setdefault(kind, []).append(record)
        return record

    def _below(self, record: Record) -> None:
        for kind in self.program.children(record.entity):
            limit = self.program.entity[kind].limit
            record.children[kind] = []
            for _ in range(min(limit, self.rng.choice((0, 1, 1, 2, 2, 3, 4)))):
                self._below(self._record(kind, record))
            if self.unknown and self.rng.random() < self.unknown / 8:
                record.unlisted[kind] = limit - len(record.children[kind])

    def _tell(self, record: Record, fact: Fact, ids: Mapping[str, Sequence[str]]) -> None:
        rng = self.rng
        if fact.default is not None and rng.random() < 0.5:
            if self.unknown and rng.random() < 0.1:
                record.given[fact.name] = DISPUTED
            return
        if rng.random() < self.unknown:
            if rng.random() < 0.3:
                bounds = self._bounds(fact)
                if bounds is not None:
                    record.facts[fact.name] = bounds
            return
        value = self._value(fact, ids)
        if value is not None:
            record.facts[fact.name] = value

    def _value(self, fact: Fact, ids: Mapping[str, Sequence[str]]) -> Value | None:
        rng = self.rng
        if isinstance(fact.type, Optional) and rng.random() < 0.25:
            return ABSENT
        match core(fact.type):
            case Quantity() as quantity:
                return self._number(fact, whole=quantity.whole)
            case Date():
                return self._day(fact)
            case Truth():
                return rng.random() < 0.5
            case Choice(values=values, is_open=is_open):
                return rng.choice((*values, UNNAMED) if is_open else values)
            case Text():
                return rng.choice((*self.named.texts, UNNAMED))
            case Selection(choice=choice):
                return frozenset(each for each in choice.values if rng.random() < 0.4)
            case Reference(entity=entity):
                found = ids.get(entity, ())
                return rng.choice(found) if found else None
            case Undetermined():
                return None
            case _ as never:
                assert_never(never)

    def _number(self, fact: Fact, *, whole: bool) -> Exact:
        rng = self.rng
        step = Fraction(1) if whole or fact.step is None else fact.step
        low = 0 if fact.low is None else fact.low
        point = rng.choice((*self.named.numbers, low, low if fact.high is None else fact.high))
        if rng.random() < 0.2:
            point = Fraction(point) / rng.choice((2, 3, 12)) if rng.random() < 0.5 else point * 12
        point += rng.choice((-1, 0, 0, 1)) * step
        point = Fraction(point) // step * step
        point = max(point, Fraction(low))
        if fact.high is not None:
            point = min(point, Fraction(fact.high))
        return tidy(point)

    def _day(self, fact: Fact) -> int:
        rng = self.rng
        point = rng.choice((*self.named.days, *((self.today,) * 4)))
        if self._is_recent and rng.random() < 2 / 3:
            point = self.today - rng.randrange(90)
        point += rng.choice((-1, 0, 0, 1, -365, -31, -730, -60 * 365, 30, -18 * 365, -10))
        low = FIRST_DAY if fact.low is None else int(fact.low)
        high = LAST_DAY if fact.high is None else int(fact.high)
        return min(max(point, low), high)

    def _bounds(self, fact: Fact) -> Possible | None:
        match core(fact.type):
            case Quantity() as quantity:
                ends = sorted(self._number(fact, whole=quantity.whole) for _ in range(2))
                return Possible(Interval(*ends)) if ends[0] < ends[1] else None
            case Date():
                ends = sorted(self._day(fact) for _ in range(2))
                return Possible(Interval(*ends)) if ends[0] < ends[1] else None
            case Choice(values=values, is_open=is_open) if len(values) > 1:
                some = self.rng.sample(values, 2)
                more = (OTHER,) if is_open and self.rng.random() < 0.3 else ()
                return Possible(Options(frozenset((*some, *more))))
            case _:
                return None

    def _history(self, records: Sequence[Record]) -> History | None:
        asked = {
            (node.entity, node.key)
            for root in expressions(self.program)
            for node in walk(root)
            if isinstance(node, Recorded)
        }
        rng = self.rng
        if asked and self.unknown and rng.random() < self.unknown / 4:
            return None
        past: dict[tuple[str, str, str], Past] = {}
        for record in records:
            for entity, key in sorted(asked):
                if entity != record.entity or rng.random() < 0.4:
                    continue
                grant = self.program.grant.get(key)
                value = self._past_value(key)
                receives = grant is not None and rng.random() < 0.7
                since = self.today - rng.choice((0, 1, 29, 30, 31, 182, 365, 366, 800))
                past[entity, record.id, key] = Past(receives, value, since if receives else ABSENT)
        return History(self.today - rng.choice((1, 30, 365)), past)

    def _past_value(self, key: str) -> Value:
        definition = self.program.definition[key]
        type_ = core(definition.type)
        match type_:
            case Quantity():
                return max(self.rng.choice(self.named.numbers), 0)
            case Truth():
                return self.rng.random() < 0.5
            case Choice(values=values):
                return self.rng.choice(values)
            case Selection(choice=choice):
                return frozenset(each for each in choice.values if self.rng.random() < 0.4)
            case Date():
                return self.today - self.rng.choice((0, 1, 30, 365))
            case _:
                return ABSENT
