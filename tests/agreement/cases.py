"""A program to households of which some is unknown, and to ways of learning more.

`learn` knows strictly more of the same household: a missing fact is told, bounds are narrowed, a
list that was open gets records or is closed. `complete` leaves nothing unknown.
"""

from collections.abc import Iterable, Sequence
from random import Random
from typing import assert_never

from attrs import define, field, frozen

from aidrules.case import Case, Given, History, Past, Record, Series
from aidrules.program import Fact, Program, Recorded
from aidrules.types import (
    Choice,
    Date,
    Optional,
    Plain,
    Quantity,
    Reference,
    Selection,
    Text,
    Truth,
    Type,
    Undetermined,
    core,
)
from aidrules.values import (
    ABSENT,
    OTHER,
    UNLISTED,
    Body,
    Exact,
    Interval,
    Options,
    Possible,
    Scalar,
    Selections,
    Value,
    parts,
    settle,
)

from .kinds import (
    CLOSED,
    DATES,
    FIRST_DAY,
    LAST_DAY,
    NUMBERS,
    OPEN,
    TEXTS,
    UNNAMED,
    nodes,
)

NAMED = frozenset((*CLOSED.values, *OPEN.values, *TEXTS))
"""What the policies name."""

DISPUTED = Given(None, None, (("one", True), ("other", False)))
"""How a fact was given of which two holders say different things: it is unknown."""

LETTERS = {"county": "c", "household": "h", "person": "p", "wage_record": "w"}

# ---------------------------------------------------------------- sets of values


def universe(type_: Plain, low: Exact, high: Exact, ids: Sequence[str]) -> Body | None:
    """Return all that a value of a type may be; a number, from `low` to `high`."""
    match type_:
        case Quantity():
            return Interval(low, high)
        case Date():
            return Interval(FIRST_DAY, LAST_DAY)
        case Truth():
            return Options(frozenset((False, True)))
        case Choice(values=values, is_open=is_open):
            return Options(frozenset((*values, OTHER) if is_open else values))
        case Text():
            return Options(frozenset((*TEXTS, OTHER)))
        case Selection(choice=choice):
            more = (OTHER,) if choice.is_open else ()
            return Selections(frozenset(), frozenset((*choice.values, *more)))
        case Reference():
            return Options(frozenset(ids)) if ids else None
        case Undetermined():
            raise TypeError(type_)
        case _:
            assert_never(type_)


def pick(body: Body, type_: Plain, rng: Random) -> Scalar:
    """Return one value of a set."""
    match body:
        case Interval():
            return number(body, type_, rng)
        case Options(values=values):
            value = ordered(values)[rng.randrange(len(values))]
            return UNNAMED if value == OTHER else value
        case Selections(sure=sure, possible=possible):
            more = (value for value in sorted(possible - sure) if rng.random() < 0.5)
            return frozenset(UNNAMED if value == OTHER else value for value in (*sure, *more))
        case _:
            assert_never(body)


def number(interval: Interval, type_: Plain, rng: Random) -> Exact:
    """Return a number or day between two others; often one that policies name."""
    pool: Sequence[Exact] = DATES if isinstance(type_, Date) else NUMBERS
    if isinstance(type_, Quantity) and type_.whole:
        pool = range(-1, 13)
    inside = [number for number in pool if interval.low <= number <= interval.high]
    if not inside or rng.random() < 0.04:
        inside = [end for end in (interval.low, interval.high) if isinstance(end, Exact)]
    return rng.choice(inside)


def ordered(values: frozenset[bool] | frozenset[str]) -> list[bool] | list[str]:
    """Return values in an order that does not change from run to run."""
    return sorted(values, key=str)  # type: ignore[return-value] # all are of one type


def narrow(body: Body, type_: Plain, rng: Random) -> Body:
    """Return a part of a set."""
    match body:
        case Interval():
            if rng.random() < 0.1:
                return body
            low, high = sorted((number(body, type_, rng), number(body, type_, rng)))
            return Interval(low, high)
        case Options(values=values):
            some = rng.sample(ordered(values), rng.randint(1, len(values)))
            unnamed = UNNAMED if rng.random() < 0.3 else OTHER
            return Options(frozenset(unnamed if value == OTHER else value for value in some))  # type: ignore[arg-type] # all are of one type
        case Selections(sure=sure, possible=possible):
            more = sorted(possible - sure - {OTHER})
            added = {value for value in more if rng.random() < 0.3}
            dropped = {value for value in (*more, OTHER) if rng.random() < 0.3}
            return Selections(sure | added, (possible - dropped) | sure | added)
        case _:
            assert_never(body)


def told(body: Body | None, type_: Type, absent: bool, rng: Random, exact: bool) -> Value:  # noqa: FBT001 - flag A, and whether one value must be left
    """Return what may be learnt of a value of which body and flag A are known."""
    plain = core(type_)
    if body is None or (absent and rng.random() < 0.3):
        return ABSENT
    if exact:
        return pick(body, plain, rng)
    return settle(narrow(body, plain, rng), absent and rng.random() < 0.5)


def covers(larger: Body, smaller: Body, ids: frozenset[str]) -> bool:
    """Whether a body lies within another; `ids` are the records listed when it was larger."""
    match larger, smaller:
        case Interval(), Interval():
            return larger.low <= smaller.low and smaller.high <= larger.high
        case Options(), Options():
            return all(_has(larger.values, value, ids) for value in smaller.values)
        case Selections(), Selections():
            return larger.sure <= smaller.sure and all(
                _has(larger.possible, value, ids) for value in smaller.possible
            )
        case _:
            return False


def _has(values: Iterable[object], value: object, ids: frozenset[str]) -> bool:
    if value in values:
        return True
    if OTHER in values and value not in NAMED and isinstance(value, str):
        return True
    return UNLISTED in values and isinstance(value, str) and value not in ids


def within(smaller: Value, larger: Value, ids: frozenset[str]) -> bool:
    """Whether what is possible now was possible before, and something is."""
    body, absent, failure = parts(smaller)
    body_before, absent_before, failure_before = parts(larger)
    if body is None and not absent and failure is None:
        return False
    if absent and not absent_before:
        return False
    if failure is not None and failure_before is None:
        return False
    return body is None or (body_before is not None and covers(body_before, body, ids))


def is_proper(value: Value) -> bool:
    """Whether a value is written in its one form, with its ends in order."""
    body, absent, failure = parts(value)
    match body:
        case Interval(low=low, high=high):
            if not low <= high:
                return False
        case Options(values=values):
            if not values:
                return False
        case Selections(sure=sure, possible=possible):
            if not sure <= possible:
                return False
        case None:
            if not absent and failure is None:
                return False
        case _:
            assert_never(body)
    return isinstance(settle(body, absent, failure), Possible) == isinstance(value, Possible)


# ---------------------------------------------------------------- cases


@frozen
class Household:
    """A program, ready to be asked of many cases."""

    program: Program
    facts: dict[str, tuple[Fact, ...]]
    recorded: tuple[Recorded, ...]

    @staticmethod
    def of(program: Program) -> "Household":
        """Return a program, made ready."""
        facts = {
            entity.name: tuple(fact for fact in program.facts if fact.entity == entity.name)
            for entity in program.entities
        }
        found = (node for node in nodes(program.definitions) if isinstance(node, Recorded))
        recorded = {(node.entity, node.key): node for node in found}
        return Household(program, facts, tuple(recorded.values()))


@define
class _Telling:
    """One way of learning: how sure, and what was new."""

    household: Household
    rng: Random
    exact: bool
    share: float
    taken: set[str]
    fresh: set[str] = field(factory=set)
    ids: dict[str, list[str]] = field(factory=dict)

    # ------------------------------------------------------------ structure

    def new_id(self, entity: str) -> str:
        letter = LETTERS[entity]
        number = next(number for number in range(1000) if f"{letter}{number}" not in self.taken)
        return f"{letter}{number}"

    def new(self, entity: str, record_id: str, parent: Record | None) -> Record:
        self.taken.add(record_id)
        self.fresh.add(record_id)
        record = Record(entity, record_id, parent)
        for kind in self.household.program.children(entity):
            limit = self.household.program.entity[kind].limit
            record.children[kind] = []
            unlisted = 0 if self.exact or self.rng.random() < self.share else limit
            few = self.rng.choice((0, 1, 1, 2, limit))
            for _ in range(min(limit, few) if unlisted == 0 else self.rng.choice((0, 0, 0, 1))):
                self.add(record, kind)
            if unlisted:
                record.unlisted[kind] = limit - len(record.children[kind])
        return record

    def add(self, record: Record, kind: str) -> None:
        record_id = self.new_id(kind)
        record.children[kind].append(self.new(kind, record_id, record))

    def grow(self, old: Record, parent: Record | None) -> Record:
        """Copy a record with those below it; open lists may be filled or closed."""
        rng = self.rng
        record = Record(old.entity, old.id, parent, dict(old.facts), dict(old.given))
        for kind, listed in old.children.items():
            record.children[kind] = [self.grow(child, record) for child in listed]
            unlisted = old.unlisted.get(kind, 0)
            if unlisted and (self.exact or rng.random() < 0.6):
                more = rng.choice((0, 0, 1, 1, unlisted))
                for _ in range(more):
                    self.add(record, kind)
                unlisted = 0 if self.exact or rng.random() < 0.5 else unlisted - more
            if unlisted:
                record.unlisted[kind] = unlisted
        return record

    # ------------------------------------------------------------ facts

    def tell(self, record: Record) -> None:
        """Learn facts of a record and those below it."""
        for fact in self.household.facts[record.entity]:
            before = record.facts.get(fact.name)
            is_open = fact.default is None or fact.name in record.given or record.id in self.fresh
            if before is None and not is_open:
                continue  # the default stands: an assumption, not a bound
            after = self.learnt(fact, before)
            record.given.pop(fact.name, None)
            if after is not None:
                record.facts[fact.name] = after
            elif fact.default is not None:
                record.given[fact.name] = DISPUTED
        for listed in record.children.values():
            for child in listed:
                self.tell(child)

    def full(self, fact: Fact) -> tuple[Body | None, bool]:
        plain = core(fact.type)
        ids = self.ids.get(plain.entity, []) if isinstance(plain, Reference) else []
        body = universe(plain, fact.low or 0, fact.high or 0, ids)
        return body, isinstance(fact.type, Optional)

    def learnt(self, fact: Fact, before: Value | Series | None) -> Value | Series | None:
        """Return what is known of a fact now; None if it is missing still."""
        rng = self.rng
        match before:
            case Series(points=points):
                return self.dated(fact, points)
            case None:
                body, absent = self.full(fact)
                if body is None and not absent:
                    return None
                if fact.default is None and rng.random() < 0.05:
                    return self.dated(fact, ())
                chance = rng.random()
                if self.exact or chance < self.share:
                    return told(body, fact.type, absent, rng, exact=True)
                if chance < self.share + (1 - self.share) / 3:
                    return told(body, fact.type, absent, rng, exact=False)
                return None
            case Possible(body=body, absent=absent):
                return self.narrowed(fact, body, absent=absent, same=before)
            case _:
                return before

    def narrowed(self, fact: Fact, body: Body | None, *, absent: bool, same: Value) -> Value:
        """Return what is left of a value."""
        chance = self.rng.random()
        if self.exact or chance < 0.4:
            return told(body, fact.type, absent, self.rng, exact=True)
        return told(body, fact.type, absent, self.rng, exact=False) if chance < 0.7 else same

    def dated(self, fact: Fact, points: tuple[tuple[int, Value], ...]) -> Series:
        """Return dated values of a fact, of which more is known."""
        rng = self.rng
        body, absent = self.full(fact)
        after = []
        if not points:
            days = sorted(rng.sample(DATES, rng.choice((1, 2))))
            points = tuple((day, told(body, fact.type, absent, rng, exact=False)) for day in days)
        if points[0][0] > 1 and (self.exact or rng.random() < 0.5):
            after.append((1, told(body, fact.type, absent, rng, exact=self.exact)))
        for day, value in points:
            left, may_be_absent, _ = parts(value)
            is_open = isinstance(value, Possible)
            now = self.narrowed(fact, left, absent=may_be_absent, same=value) if is_open else value
            after.append((day, now))
        return Series(tuple(after))

    # ------------------------------------------------------------ history

    def history(self, before: History | None) -> History | None:
        """Return what is known of the last decisions."""
        rng = self.rng
        if before is not None:
            past = {key: self.past(key, one) for key, one in before.past.items()}
            return History(before.on, past)
        if not self.exact and rng.random() < 0.5:
            return None
        past = {}
        for node in self.household.recorded:
            for number in ("", *range(4)):
                key = (node.entity, f"{LETTERS[node.entity]}{number}", node.key)
                if rng.random() < 0.6:
                    past[key] = self.past(key, None)
        return History(DATES[0], past)

    def past(self, key: tuple[str, str, str], before: Past | None) -> Past:
        """Return what is known of a decision: none was made, or what it was."""
        rng = self.rng
        definition = self.household.program.definition[key[2]]
        ids = self.ids.get("person", []) + self.ids.get("wage_record", [])
        type_ = core(definition.type)
        if isinstance(type_, Reference):
            ids = self.ids.get(type_.entity, [])
        unknown = Past(
            Possible(Options(frozenset((False, True)))),
            settle(universe(type_, 0, 2, ids), absent=True),
            Possible(Interval(FIRST_DAY, DATES[0]), absent=True),
        )
        if before is None and not self.exact and rng.random() < 0.2:
            return unknown
        if before is None:
            before = unknown
        whole = (before.receives, before.value, before.run_from)
        types_: tuple[Type, ...] = (Truth(), type_, Date())
        if not self.exact and rng.random() < 0.5:
            return before
        after = [
            told(*parts(value)[:1], one, parts(value)[1], rng, exact=True)
            if isinstance(value, Possible)
            else value
            for value, one in zip(whole, types_, strict=True)
        ]
        return Past(*after)


def _finish(telling: _Telling, root: Record, history: History | None) -> Case:
    top = root
    while top.parent is not None:
        top = top.parent
    records = {(record.entity, record.id): record for record in walk(top)}
    telling.ids = {entity: [] for entity in LETTERS}
    for record in records.values():
        telling.ids[record.entity].append(record.id)
    telling.tell(top)
    return Case(root, records, telling.history(history), "")


def walk(record: Record) -> Iterable[Record]:
    """Yield a record and those below it."""
    yield record
    for listed in record.children.values():
        for child in listed:
            yield from walk(child)


def _find(top: Record, wanted: Record) -> Record:
    return next(
        record for record in walk(top) if (record.entity, record.id) == (wanted.entity, wanted.id)
    )


def make_case(household: Household, rng: Random) -> Case:
    """Return a random case; some know all, some know little."""
    share = rng.choice((0.2, 0.5, 0.7, 0.9, 0.9, 1.0))
    telling = _Telling(household, rng, exact=False, share=share, taken={"h"})
    top = Record("county", "c", None)
    top.children["household"] = [telling.new("household", "h", top)]
    root = top
    if rng.random() < 0.2:
        root = top.children["household"][0]
    else:
        if rng.random() < 0.3:
            telling.add(top, "household")
        more = household.program.entity["household"].limit - len(top.children["household"])
        if more and rng.random() > share + 0.1:
            top.unlisted["household"] = more
    telling.fresh = {name for name in sorted(telling.fresh) if rng.random() < 0.5}
    return _finish(telling, root, None)


def learn(household: Household, case: Case, rng: Random) -> Case:
    """Return a case of which more is known."""
    return _more(household, case, rng, exact=False)


def complete(household: Household, case: Case, rng: Random) -> Case:
    """Return a case of which everything is known that is not assumed by default."""
    return _more(household, case, rng, exact=True)


def _more(household: Household, case: Case, rng: Random, *, exact: bool) -> Case:
    taken = {record_id for _, record_id in case.records}
    telling = _Telling(household, rng, exact, rng.choice((0.2, 0.5, 0.8)), taken)
    top = telling.grow(case.root.above("county"), None)
    return _finish(telling, _find(top, case.root), case.history)


def shuffled(case: Case, rng: Random) -> Case:
    """Return the same case with its lists in another order."""

    def copy(old: Record, parent: Record | None) -> Record:
        record = Record(old.entity, old.id, parent, old.facts, old.given, {}, old.unlisted)
        for kind, listed in old.children.items():
            record.children[kind] = [
                copy(child, record) for child in rng.sample(listed, len(listed))
            ]
        return record

    top = copy(case.root.above("county"), None)
    records = {(record.entity, record.id): record for record in walk(top)}
    return Case(_find(top, case.root), records, case.history, case.digest)


def ids_of(case: Case) -> frozenset[str]:
    """Return the records that are listed."""
    return frozenset(record_id for _, record_id in case.records)
