"""A program to households that nobody is, at and beside the lines where its rules turn.

A household is made by choices, of which the first is always the plainest: no records, nothing
said, round values, no line aimed at. Then one fact is moved until the two values that one rule
compares meet, and a smallest step to a side. What chooses may be chance from a seed, or Hypothesis.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from random import Random
from typing import Final, TypeVar, assert_never

from attrs import define, field, frozen

from aidrules.backends.interpreter import Engine, emit
from aidrules.bounds.numbers import tidy
from aidrules.bounds.sets import FIRST_UNKNOWN_DAY, LAST_UNKNOWN_DAY
from aidrules.case import Case, History, Past, Record
from aidrules.household import Reader
from aidrules.program import Constant, Fact, Program, RangeMatch, Recorded, ValueMatch
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
    Type,
    Undetermined,
    core,
)
from aidrules.values import ABSENT, Exact, Value
from aidrules.verify.households.second import rebuilt
from aidrules.verify.households.turning import Turn, meeting, turns

Choose = Callable[[int], int]
"""From how many things there are to choose from to the place of one; 0 is the plainest."""

MEMBERS: Final = 3
OPEN_END: Final = 10**9
"""How far above its lowest value a number is looked at that has no highest."""
UNNAMED: Final = "elsewhere"
_SHARE: Final = 16

_Item = TypeVar("_Item")


@frozen
class Recipe:
    """What households of a policy on a day are made of.

    Attributes:
        today: As an ordinal.
        root: The kind of a document.
        turns: Where its rules turn.
        numbers: That it names, exact, whatever their units.
        days: The same, as ordinals; and the day itself.
        examples: The households of its examples, of that kind.
        recorded: Kind and key of what it asks of earlier decisions.
    """

    engine: Engine
    today: int
    root: str
    turns: tuple[Turn, ...]
    numbers: tuple[Exact, ...]
    days: tuple[int, ...]
    examples: tuple[Case, ...]
    recorded: tuple[tuple[str, str], ...]

    @property
    def program(self) -> Program:
        """The policy."""
        return self.engine.program

    @staticmethod
    def of(program: Program, today: int, root: str | None = None) -> "Recipe":
        """Return what households of a policy are made of.

        Args:
            program: The policy.
            today: The date asked for, as an ordinal.
            root: The kind of a document; None: the household, or the highest kind.
        """
        if root is None:
            is_usual = "household" in program.entity
            root = "household" if is_usual else program.entities[0].name
        reader = Reader.of(program)
        read = (reader.read(example.document)[0] for example in program.examples)
        numbers, days = _named(program, today)
        asked = (node for each in expressions(program) for node in walk(each))
        recorded = {(each.entity, each.key) for each in asked if isinstance(each, Recorded)}
        return Recipe(
            emit(program),
            today,
            root,
            turns(program),
            numbers,
            days,
            tuple(case for case in read if case is not None and case.root.entity == root),
            tuple(sorted(recorded)),
        )


def households(
    program: Program,
    seed: int,
    today: int,
    *,
    members: int = MEMBERS,
    unknown: Fraction = Fraction(0),
    root: str | None = None,
) -> Iterator[Case]:
    """Yield households without end; the same seed gives the same.

    Args:
        program: The policy.
        seed: Of chance.
        today: The date asked for, as an ordinal.
        members: How many records of a kind are below one record, at most.
        unknown: The share of facts that nobody tells, in sixteenths rounded down.
        root: The kind of a document; None: the household, or the highest kind.
    """
    recipe = Recipe.of(program, today, root)
    chance = Random(seed)  # noqa: S311 - chance that is the same again, not secret
    while True:
        yield household(recipe, chance.randrange, members=members, unknown=unknown)


def household(
    recipe: Recipe, choose: Choose, *, members: int = MEMBERS, unknown: Fraction = Fraction(0)
) -> Case:
    """Return a household of what is chosen; see `households`."""
    maker = _Maker(recipe, choose, members, int(unknown * _SHARE))
    at = choose(len(recipe.turns) + 1)
    if recipe.examples and choose(2):
        case = maker.varied(recipe.examples[choose(len(recipe.examples))])
    else:
        case = maker.fresh()
    if at:
        maker.aim(case, recipe.turns[at - 1])
    if maker.unknown:
        maker.forget(case)
    return case


def value_of(recipe: Recipe, fact: Fact, choose: Choose) -> Value | None:
    """Return a value of a fact; None if only a household can have one."""
    return _Maker(recipe, choose, 0, 0).value(fact, {})


def _named(program: Program, today: int) -> tuple[tuple[Exact, ...], tuple[int, ...]]:
    numbers: set[Exact] = {0, 1}
    days: set[int] = {today}

    def add(value: object, type_: Type) -> None:
        if isinstance(value, int | Fraction) and not isinstance(value, bool):
            match core(type_):
                case Date():
                    days.add(int(value))
                case Quantity():
                    numbers.add(value)
                case _:
                    pass

    for parameter in program.parameters:
        for row in parameter.rows:
            for version in row.values:
                add(version.value, parameter.type)
                days.update(day for day in (version.first, version.last) if day is not None)
            for cell, type_ in zip(row.cells, parameter.key_types, strict=bool(row.cells)):
                match cell:
                    case ValueMatch(value=value):
                        add(value, type_)
                    case RangeMatch(low=low, high=high):
                        add(low, type_)
                        add(high, type_)
                    case _:
                        pass
    for root in expressions(program):
        for node in walk(root):
            if isinstance(node, Constant):
                add(node.value, node.type)
    return tuple(sorted(numbers)), tuple(sorted(days))


@frozen
class _Scale:
    """The values of a fact, as whole numbers from 0 to `top`."""

    low: Fraction
    step: Fraction
    top: int

    @staticmethod
    def of(fact: Fact) -> "_Scale | None":
        match core(fact.type):
            case Quantity(whole=whole):
                step = fact.step or Fraction(1 if whole else Fraction(1, 100))
                low = Fraction(0 if fact.low is None else fact.low)
                low = -(-low // step) * step
                high = low + OPEN_END if fact.high is None else fact.high
                return _Scale(low, step, max(int((high - low) // step), 0))
            case Date():
                first = FIRST_UNKNOWN_DAY if fact.low is None else int(fact.low)
                last = LAST_UNKNOWN_DAY if fact.high is None else int(fact.high)
                return _Scale(Fraction(first), Fraction(1), last - first)
            case _:
                return None

    def value(self, place: int) -> Exact:
        return tidy(self.low + self.step * min(max(place, 0), self.top))

    def place(self, value: Exact) -> int:
        return min(max(int((value - self.low) // self.step), 0), self.top)


@define
class _Maker:
    recipe: Recipe
    choose: Choose
    members: int
    unknown: int
    counted: dict[str, int] = field(factory=dict)

    @property
    def program(self) -> Program:
        return self.recipe.program

    def one_of(self, items: Sequence[_Item]) -> _Item:
        return items[self.choose(len(items))]

    # ------------------------------------------------------------ whole households

    def fresh(self) -> Case:
        """Return a household of its own, and the records above it."""
        records: dict[tuple[str, str], Record] = {}
        parent: Record | None = None
        line = tuple(reversed(tuple(self.program.ancestry(self.recipe.root))))
        for kind in line:
            record = self._record(kind, parent, records)
            if kind != self.recipe.root:
                for below in self.program.children(kind):
                    record.children[below] = []
                    # nobody lists what else is there; the one on the way down is known
                    record.unlisted[below] = self.program.entity[below].limit - (below in line)
            if parent is not None:
                parent.children[kind].append(record)
            parent = record
        root = next(each for each in records.values() if each.entity == self.recipe.root)
        self._below(root, records)
        for record in records.values():
            for fact in self._facts(record):
                self._tell(record, fact, records)
        return Case(root, records, self._history(records), "")

    def varied(self, example: Case) -> Case:
        """Return the household of an example, of which some facts are told otherwise."""
        case = rebuilt(example, listed=list)
        told = [(r, f) for r in case.records.values() for f in self._facts(r)]
        for _ in range(self.choose(3) if told else 0):
            record, fact = self.one_of(told)
            record.given.pop(fact.name, None)
            self._tell(record, fact, case.records)
        return case

    def _record(
        self, kind: str, parent: Record | None, records: dict[tuple[str, str], Record]
    ) -> Record:
        number = self.counted[kind] = self.counted.get(kind, 0) + 1
        record = Record(kind, f"{kind}_{number}", parent)
        records[kind, record.id] = record
        return record

    def _below(self, record: Record, records: dict[tuple[str, str], Record]) -> None:
        for kind in self.program.children(record.entity):
            most = min(self.program.entity[kind].limit, self.members)
            listed = record.children[kind] = []
            for _ in range(self.choose(most + 1)):
                made = self._record(kind, record, records)
                listed.append(made)
                self._below(made, records)
            record.unlisted[kind] = 0

    def _facts(self, record: Record) -> list[Fact]:
        return [each for each in self.program.facts if each.entity == record.entity]

    def _history(self, records: Mapping[tuple[str, str], Record]) -> History | None:
        if not self.recipe.recorded:
            return None
        today, past = self.recipe.today, dict[tuple[str, str, str], Past]()
        for record in records.values():
            for entity, key in self.recipe.recorded:
                if entity != record.entity or not self.choose(2):
                    continue
                type_ = core(self.program.definition[key].type)
                value: Value = ABSENT
                if isinstance(type_, Quantity):
                    value = self._amount(type_, self.one_of(self.recipe.numbers))
                is_grant = key in self.program.grant
                since = today - self.one_of((0, 1, 29, 30, 31, 182, 183, 365, 366, 730, 800))
                past[entity, record.id, key] = Past(is_grant, value, since if is_grant else ABSENT)
        return History(today - self.one_of((1, 30, 365)), past)

    def _amount(self, type_: Quantity, number: Exact) -> Exact:
        """Return an amount that may have been decided: no finer than its currency, above 0."""
        known = self.program.currency_steps
        steps = [known[name] for name, _ in type_.unit.powers if name in known]
        step = max([*steps, Fraction(1)] if type_.whole or not steps else steps)
        return tidy(Fraction(max(number // step, 1) * step))

    # ------------------------------------------------------------ facts

    def _tell(self, record: Record, fact: Fact, records: Mapping[tuple[str, str], Record]) -> None:
        record.facts.pop(fact.name, None)
        if fact.default is not None and not self.choose(2):
            return
        value = self.value(fact, records)
        if value is not None:
            record.facts[fact.name] = value

    def value(self, fact: Fact, records: Mapping[tuple[str, str], Record]) -> Value | None:
        """Return a value of a fact; None if there is none in the household."""
        if isinstance(fact.type, Optional) and not self.choose(3):
            return ABSENT
        type_ = core(fact.type)
        match type_:
            case Quantity() | Date():
                return self._number(fact)
            case Truth():
                return bool(self.choose(2))
            case Choice(values=values, is_open=is_open):
                return self.one_of((*values, UNNAMED) if is_open else values)
            case Text():
                return self.one_of((*sorted(self.recipe.engine.texts), UNNAMED))
            case Selection(choice=choice):
                return frozenset(each for each in choice.values if self.choose(2))
            case Reference(entity=entity):
                ids = [id_ for kind, id_ in records if kind == entity]
                return self.one_of(ids) if ids else None
            case Undetermined():
                return None
            case _ as never:
                assert_never(never)

    def _number(self, fact: Fact) -> Exact:
        scale = _Scale.of(fact)
        if scale is None:
            raise TypeError(fact.type)
        is_day = isinstance(core(fact.type), Date)
        how = self.choose(4)
        if is_day and how < 2:  # noqa: PLR2004 - the plainer half
            year = date.fromordinal(self.recipe.today).year - self.choose(100)
            return scale.value(scale.place(date(max(year, 1), 1, 1).toordinal()))
        if how == 0:
            return scale.value(0)
        if how == 1:
            # small numbers are as frequent as large ones, decade by decade
            digits = self.choose(len(str(scale.top)) + 1)
            return scale.value(self.choose(min(10**digits, scale.top) + 1))
        edge = self.one_of(self.recipe.days if is_day else self.recipe.numbers)
        return scale.value(scale.place(edge) + self.one_of((0, -1, 1)))

    # ------------------------------------------------------------ aiming

    def aim(self, case: Case, turn: Turn) -> None:
        """Move one fact until both values meet, and a smallest step to a side."""
        spots = [each for each in case.records.values() if each.entity == turn.entity]
        places = [(r, f) for r in case.records.values() for f in turn.facts if f[0] == r.entity]
        if not spots or not places:
            return
        spot = self.one_of(spots)
        record, (entity, name) = self.one_of(places)
        fact = self.program.fact[entity, name]
        scale = _Scale.of(fact)
        side = self.one_of((0, -1, 1))
        before = record.facts.get(name)
        if scale is None:
            return

        def gap(place: int) -> Exact | None:
            record.facts[name] = scale.value(place)
            evaluation = self.recipe.engine.open(case, self.recipe.today)
            values = [evaluation.evaluate(each, spot) for each in (turn.left, turn.right)]
            left, right = values
            if isinstance(left, Exact) and isinstance(right, Exact):
                return left - right
            return None

        start = scale.place(before) if isinstance(before, Exact) else 0
        found = meeting(gap, start, scale.top)
        record.given.pop(name, None)
        if found is not None:
            record.facts[name] = scale.value(found + side)
        elif before is None:
            del record.facts[name]
        else:
            record.facts[name] = before

    def forget(self, case: Case) -> None:
        """Leave out a share of the facts, and some ends of lists."""
        for record in case.records.values():
            for name in list(record.facts):
                if self.choose(_SHARE) >= _SHARE - self.unknown:
                    del record.facts[name]
                    record.given.pop(name, None)
            for kind, listed in record.children.items():
                room = self.program.entity[kind].limit - len(listed)
                if room > 0 and self.choose(4 * _SHARE) >= 4 * _SHARE - self.unknown:
                    record.unlisted[kind] = room
