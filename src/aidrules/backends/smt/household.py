"""Program to a household of open facts, and an answer of Z3 about it back to a case.

The household has so many places for records of each kind, and each place may be empty. Places are
filled from the first on, which loses nothing: a list with an empty place in it is no other list.
An endless household has a rest in each list besides, of as many records as the policy allows.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, assert_never

import z3
from attrs import define, field, frozen

from aidrules.backends.smt.days import FIRST_DAY, LAST_DAY
from aidrules.backends.smt.terms import (
    Bit,
    Exactly,
    Unfit,
    Why,
    anyhow,
    both,
    either,
    lacking,
    negation,
)
from aidrules.backends.smt.values import List, Num, Term, Truth, Word
from aidrules.backends.smt.words import OTHERS, Words
from aidrules.case import Case, History, Past, Record
from aidrules.program import (
    Expr,
    Fact,
    Parameter,
    Program,
    Recorded,
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
    Type,
    Undetermined,
    core,
)
from aidrules.types import Truth as TruthType
from aidrules.values import ABSENT, Exact, Value

FINEST = 100
"""Parts of a unit that are told apart in a quantity whose declaration names no step."""

MOST = 10**9
"""The greatest amount that an office may have decided before, and the size of what has no range."""


ANY = "~"
"""What stands in the names of terms about any one record of the rest of a list."""

FIGURE = "figure "
"""With what the names of terms begin that stand for a figure."""

SUPPOSED = {"day": 30, "working day": 10, "week": 4, "month": 12, "year": 60}
"""What a figure that is a period mostly is, by its unit; an amount is a thousand."""

LONGEST = {"day": 366, "working day": 60, "week": 104, "month": 24, "year": 120}
"""The longest period, by its unit, that a figure without a value is taken to be."""


@frozen(eq=False)
class Place:
    """A place for a record.

    Attributes:
        id: Of the record.
        present: Whether a record is there.
        above_root: Whether it is above the household, whose list of households nobody gave.
        facts: By name.
        past: What the office last decided on it, by key and part.
    """

    entity: str
    id: str
    parent: "Place | None" = field(repr=False)
    present: Bit = field(repr=False)
    above_root: bool = False
    facts: dict[str, Term] = field(factory=dict, repr=False)
    past: dict[tuple[str, str], Term] = field(factory=dict, repr=False)
    children: "dict[str, list[Place]]" = field(factory=dict, repr=False)

    def above(self, entity: str | None) -> "Place":
        """Return this place or the one above it that is of a kind.

        Raises:
            Unfit: If there is none.
        """
        place: Place | None = self
        while place is not None:
            if place.entity == entity:
                return place
            place = place.parent
        raise Unfit(Why.RECORD)

    def below(self, entity: str) -> "Iterator[Place]":
        """Yield the places of a kind below this one, in order."""
        for kind, places in self.children.items():
            for place in places:
                if kind == entity:
                    yield place
                else:
                    yield from place.below(entity)

    def all(self) -> "Iterator[Place]":
        """Yield this place and those below it."""
        yield self
        for places in self.children.values():
            for place in places:
                yield from place.all()


@define(eq=False)
class Rest:
    """The records of a list of a household for which it has no place.

    Attributes:
        entity: Their kind.
        name: Of the terms about them.
        count: How many they are.
        most: How many they are at most; None: as many as there may be.
        record: One of them: any; where some are at fault, one of those.
        told: What stands for all of them together, by what it tells.
        faults: Where some of them are at fault, and where that one is, by what is worked out, when.
    """

    entity: str
    name: str
    count: Any
    most: int | None
    record: Place
    told: "dict[Told, Any]" = field(factory=dict)
    faults: dict[tuple[tuple[Expr, ...], int], tuple[Bit, Bit]] = field(factory=dict)

    def assumed(self) -> Iterator[Bit]:
        """Yield that where some are at fault, the one is: first in a way that is no want."""
        for rule in (_beyond_want, anyhow):
            faults = [(rule(some), rule(one)) for some, one in self.faults.values()]
            some = either(*(some for some, _ in faults))
            yield either(negation(some), *(both(*each) for each in faults))


@frozen
class Told:
    """What a term tells of the rest of a list.

    Attributes:
        what: How many hold, what they add up to, and so on.
        expressions: Worked out for each of them: conditions first.
        today: As an ordinal.
    """

    what: str
    expressions: tuple[Expr, ...]
    today: int


def _beyond_want(error: Bit) -> Bit:
    """Return where something is an error, and not for want of a figure."""
    return both(anyhow(error), negation(lacking(error)))


@define(eq=False)
class Household:
    """A household of open facts.

    Attributes:
        root: The place of its record; those above it hang on it.
        is_endless: Whether its lists go on beyond their places.
        has_history: Whether rules ask for what was decided before; then a decision was recorded.
        decided_on: The day of that decision.
        figures: What stands for the figures of the law that have no value, by key.
        variables: Every open term, by name: the id of its place, and behind a colon what it is.
    """

    program: Program = field(repr=False)
    today: int
    sizes: Mapping[str, int]
    words: Words = field(repr=False)
    is_endless: bool = False
    root: Place = field(init=False)
    rests: dict[tuple[str, str], Rest] = field(factory=dict, repr=False)
    _assumed: list[Bit] = field(factory=list, repr=False)
    history: Mapping[str, list[tuple[str, str, Type]]] = field(factory=dict, repr=False)
    decided_on: int = 0
    figures: dict[str, Term] = field(factory=dict, repr=False)
    variables: dict[str, Any] = field(factory=dict, repr=False)

    @staticmethod
    def of(
        program: Program,
        root: str,
        today: int,
        sizes: Mapping[str, int],
        words: Words | None = None,
        *,
        is_endless: bool = False,
    ) -> "Household":
        """Return the household of a policy.

        Args:
            program: Sharpened.
            root: The kind of its record.
            today: The date asked for, as an ordinal.
            sizes: How many records of each kind one record above may have; 0 if it is not said.
            words: The texts by number, where several policies are spoken of; None: its own.
            is_endless: Whether lists go on beyond their places.
        """
        words = Words.of(program) if words is None else words
        made = Household(program, today, sizes, words, is_endless)
        made.history = _asked(program)
        made.decided_on = today - 1
        above: Place | None = None
        for kind in reversed(tuple(program.ancestry(root))[1:]):
            above = made._place(kind, kind, above, present=True, above_root=True)
        made.root = made._place(root, root, above, present=True)
        made._fill(made.root)
        return made

    def _fill(self, place: Place) -> None:
        for kind in self.program.children(place.entity):
            before: Bit = place.present
            places = place.children[kind] = []
            most = min(self.sizes.get(kind, 0), self.program.entity[kind].limit)
            for at in range(1, most + 1):
                name = f"{kind}{at}" if place is self.root else f"{place.id}.{kind}{at}"
                present = self._bool(f"{name}:present")
                self.assume(z3.Implies(present, before))
                before = present
                child = self._place(kind, name, place, present=present)
                places.append(child)
                self._fill(child)

    @property
    def assumed(self) -> tuple[Bit, ...]:
        """What holds of every household: ranges, steps, and that places are filled in order."""
        faults = [each for rest in self.rests.values() for each in rest.assumed()]
        return (*self._assumed, *(each for each in faults if each is not True))

    def assume(self, *bits: Bit) -> None:
        """Add what holds of every household."""
        self._assumed.extend(each for each in bits if each is not True)

    def tell(
        self,
        rest: Rest,
        told: Told,
        make: Callable[[str], Any],
        rule: Callable[[Any], Iterable[Bit]],
    ) -> Any:
        """Return the term that tells something of the rest of a list, the same whoever asks.

        Args:
            rest: Of the list.
            told: What it tells.
            make: From its name to the term.
            rule: From the term to what is always so of it.
        """
        if told not in rest.told:
            name = f"{rest.name} {told.what} {len(rest.told) + 1}"
            made = rest.told[told] = self.variables[name] = make(name)
            self.assume(*rule(made))
        return rest.told[told]

    def rest(self, place: Place, kind: str) -> Rest | None:
        """Return the records of a kind below a place that have none; None if all have one."""
        if not self.is_endless or not self._goes_on(place, kind):
            return None
        if (place.id, kind) not in self.rests:
            count = self._int(f"{place.id}:rest {kind}")
            self.assume(count >= 0)
            most = None
            if self.program.entity[kind].parent == place.entity:
                places = place.children[kind]
                most = self.program.entity[kind].limit - len(places)
                full = places[-1].present if places else place.present
                self.assume(count <= most, either(count == 0, full))
            record = self._any_record(place, kind, f"{place.id}{ANY}{kind}")
            self.rests[place.id, kind] = Rest(kind, f"{place.id}:{kind}", count, most, record)
        return self.rests[place.id, kind]

    def _goes_on(self, place: Place, kind: str) -> bool:
        """Return whether a list, or one of those on the way to it, may have more records."""
        way = tuple(self.program.ancestry(kind))
        return any(
            self.sizes.get(each, 0) < self.program.entity[each].limit
            for each in way[: way.index(place.entity)]
        )

    def _any_record(self, place: Place, kind: str, name: str) -> Place:
        """Return a place for any record of a kind below a place, which is in none of its lists."""
        parent = self.program.entity[kind].parent
        if parent is not None and parent != place.entity:
            place = self._any_record(place, parent, f"{name}^{parent}")
        made = self._place(kind, name, place, present=True)
        self._fill(made)
        return made

    def _place(
        self,
        kind: str,
        name: str,
        parent: Place | None,
        *,
        present: Bit,
        above_root: bool = False,
    ) -> Place:
        place = Place(kind, name, parent, present, above_root)
        for fact in self.program.facts:
            if fact.entity == kind and not isinstance(core(fact.type), Reference):
                place.facts[fact.name] = self.fresh(fact, f"{name}:{fact.name}")
        for key, part, type_ in self.history.get(kind, ()):
            self._remember(place, key, part, type_)
        return place

    def _remember(self, place: Place, key: str, part: str, type_: Type) -> None:
        """Add what was decided before: what was not received has no amount and no first day."""
        name = f"{place.id}:previously {key} {part}"
        received = self._bool(f"{place.id}:previously {key} receives")
        if part == "receives":
            place.past[key, part] = Truth(yes=received)
            return
        value = self._open(name, type_, *_ends_before(type_, self.decided_on))
        if isinstance(type_, Optional) and key in self.program.grant:
            value = value.flagged(absent=negation(received))
        place.past[key, part] = value

    def fresh(self, fact: Fact, name: str) -> Term:
        """Return an open value of a fact, within its range."""
        low, high, step = fact.low, fact.high, fact.step
        kind = core(fact.type)
        if isinstance(kind, Date):
            low = FIRST_DAY if low is None else max(low, FIRST_DAY)
            high = LAST_DAY if high is None else min(high, LAST_DAY)
        elif step is None:
            step = Fraction(1) if isinstance(kind, Quantity) and kind.whole else None
        return self._open(name, fact.type, low, high, step)

    def figure(self, parameter: Parameter) -> Term:
        """Return any value of a figure, the same wherever it is asked for; a number is above 0."""
        found = self.figures.get(parameter.key)
        if found is None:
            kind = core(parameter.type)
            unit = kind.unit.duration if isinstance(kind, Quantity) else None
            whole = unit is not None or (isinstance(kind, Quantity) and kind.whole)
            step = Fraction(1) if whole else Fraction(1, FINEST)
            ends: tuple[Exact, Exact] = step, LONGEST.get(unit or "", MOST)
            if isinstance(kind, Date):
                ends = FIRST_DAY, LAST_DAY
            found = self._open(f"{FIGURE}{parameter.key}", parameter.type, *ends, step)
            self.figures[parameter.key] = found
        return found

    def supposed(self) -> list[tuple[Any, int]]:
        """Return the open terms of figures without a value, each with what it mostly is."""
        found: list[tuple[Any, int]] = []
        for key, term in self.figures.items():
            kind = core(self.program.parameter[key].type)
            if isinstance(term, Num) and isinstance(kind, Quantity):
                usual = SUPPOSED.get(kind.unit.duration or "", 1 if kind.unit.is_plain else 1000)
                found.append((self.variables[f"{FIGURE}{key}"], usual * term.exact.scale))
        return found

    def _open(
        self,
        name: str,
        type_: Type,
        low: Exact | None = None,
        high: Exact | None = None,
        step: Fraction | None = None,
    ) -> Term:
        absent: Bit = self._bool(f"{name}:none") if isinstance(type_, Optional) else False
        match core(type_):
            case Quantity() | Undetermined():
                fine = Fraction(1, FINEST) if step is None else step
                return Num(exact=self._number(name, low, high, fine), absent=absent)
            case Date():
                return Num(exact=self._number(name, low, high, Fraction(1)), absent=absent)
            case TruthType():
                return Truth(yes=self._bool(name), absent=absent)
            case Text():
                code = self._int(name)
                named = both(code >= 0, code < len(self.words.texts))
                others = both(code >= OTHERS, code < 2 * OTHERS)
                self.assume(either(named, others))
                return Word(code=code, absent=absent)
            case Choice(values=values, is_open=is_open):
                code = self._int(name)
                numbers = [code == self.words.numbers[value] for value in values]
                others = both(code >= OTHERS, code < 2 * OTHERS) if is_open else False
                self.assume(either(*numbers, others))
                return Word(code=code, absent=absent)
            case Selection(choice=choice):
                marks = {value: self._bool(f"{name}:{value}") for value in choice.values}
                return List(marks=marks, absent=absent)
            case Reference():
                raise Unfit(Why.REFERENCE)
            case _ as never:
                assert_never(never)

    def _number(self, name: str, low: Exact | None, high: Exact | None, step: Fraction) -> Exactly:
        count = self._int(name)
        if low is not None:
            least = Fraction(low) / step
            self.assume(count >= -(-least.numerator // least.denominator))
        if high is not None:
            most = Fraction(high) / step
            self.assume(count <= most.numerator // most.denominator)
        return Exactly(
            count * step.numerator if step.numerator != 1 else count, step.denominator, low, high
        )

    def _bool(self, name: str) -> Any:
        return self.variables.setdefault(name, z3.Bool(name))

    def _int(self, name: str) -> Any:
        return self.variables.setdefault(name, z3.Int(name))

    def places(self) -> Iterator[Place]:
        """Yield the places above the root, from the top down, the root, and those below."""
        above: list[Place] = []
        place = self.root.parent
        while place is not None:
            above.append(place)
            place = place.parent
        yield from reversed(above)
        yield from self.root.all()

    # ------------------------------------------------------------ back to a case

    def case(self, model: z3.ModelRef) -> Case:
        """Return the case that a model of Z3 stands for."""
        records: dict[tuple[str, str], Record] = {}
        for place in self.places():
            if not _holds(model, place.present):
                continue
            parent, parent_is_above = None, False
            if place.parent is not None:
                parent_is_above = place.parent.above_root
                parent = records[place.parent.entity, place.parent.id]
            record = Record(place.entity, place.id, parent)
            records[place.entity, place.id] = record
            if parent is not None and not parent_is_above:
                parent.children[place.entity].append(record)
            if not place.above_root:
                record.children.update({kind: [] for kind in self.program.children(place.entity)})
            for name, value in place.facts.items():
                record.facts[name] = self.value(model, value)
        root = records[self.root.entity, self.root.id]
        past = self._past(model, records)
        history = History(self.decided_on, past) if self.history else None
        text = repr(
            [(key, sorted(map(repr, record.facts.items()))) for key, record in records.items()]
        )
        return Case(root, records, history, hashlib.sha256(text.encode()).hexdigest())

    def _past(
        self, model: z3.ModelRef, records: Mapping[tuple[str, str], Record]
    ) -> Mapping[tuple[str, str, str], Past]:
        found: dict[tuple[str, str, str], Past] = {}
        for place in self.places():
            if (place.entity, place.id) not in records:
                continue
            for key in dict.fromkeys(key for key, _ in place.past):
                received = self._bool(f"{place.id}:previously {key} receives")
                told: dict[str, Value] = {
                    part: self.value(model, place.past[key, part])
                    for part in ("value", "run_from")
                    if (key, part) in place.past
                }
                found[place.entity, place.id, key] = Past(
                    _holds(model, received),
                    told.get("value", ABSENT),
                    told.get("run_from", ABSENT),
                )
        return found

    def value(self, model: z3.ModelRef, value: Term) -> Any:
        """Return what a value is in a model; an error is None."""
        if _holds(model, anyhow(value.error)):
            return None
        if _holds(model, value.absent):
            return ABSENT
        match value:
            case Num(exact=Exactly(whole=whole, scale=scale)):
                found = Fraction(_whole(model, whole), scale)
                return found.numerator if found.denominator == 1 else found
            case Truth(yes=yes):
                return _holds(model, yes)
            case Word(code=code):
                return self.words.text(_whole(model, code))
            case List(marks=marks):
                return frozenset(name for name, mark in marks.items() if _holds(model, mark))
            case _:
                raise TypeError(value)


def _holds(model: z3.ModelRef, bit: Bit) -> bool:
    return bit if isinstance(bit, bool) else z3.is_true(model.eval(bit, model_completion=True))


def _whole(model: z3.ModelRef, number: Any) -> int:
    if isinstance(number, int):
        return number
    return int(model.eval(number, model_completion=True).as_long())


def _asked(program: Program) -> Mapping[str, list[tuple[str, str, Type]]]:
    """Return what rules ask of the last decision, by kind: key, part and type."""
    found: dict[str, dict[tuple[str, str], Type]] = {}
    for expression in expressions(program):
        for node in walk(expression):
            if isinstance(node, Recorded):
                found.setdefault(node.entity, {})[node.key, node.part] = node.type
    return {kind: [(*key, type_) for key, type_ in parts.items()] for kind, parts in found.items()}


def _ends_before(type_: Type, last: int) -> tuple[Exact | None, Exact | None]:
    match core(type_):
        case Date():
            return date(2000, 1, 1).toordinal(), last
        case Quantity():
            return 0, MOST
        case _:
            return None, None
