"""Two programs and households of examples to the nearest household on which they differ.

One fact of an example is changed at a time, to where a comparison that was changed turns: the value
at which its two sides are equal, found along a straight line, and one step to both sides of it.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Final, Literal

from attrs import field, frozen

from aidrules.backends.interpreter import Engine, Evaluation
from aidrules.case import Case
from aidrules.program import Compare, Expr, Fact, Program
from aidrules.traverse import walk
from aidrules.types import Choice, Date, Optional, Quantity, Truth, Type, core
from aidrules.values import ABSENT, Exact, Value
from aidrules.verify.households.second import with_fact

_DAYS: Final = (0, -1, 1)

Part = Literal["deadline", "office", "paid-from", "appeal"]
"""What a decision says beside whether and how much."""


@frozen
class Household:
    """The household of an example.

    Attributes:
        title: Of the example.
        today: The date asked for, as an ordinal.
    """

    title: str
    today: int
    case: Case = field(repr=False, eq=False)


@frozen
class Difference:
    """A household on which two programs decide otherwise.

    Attributes:
        base: The example that it was made of.
        today: The date asked for, as an ordinal.
        fact: Kind and id of a record, name and value of the fact that is changed; None: only the
            date is.
        key: Of the definition that differs.
        record: Kind and id of the record on which it does.
        before: As the policy says it.
        after: As the other program says it.
    """

    base: Household
    today: int
    fact: tuple[str, str, str, Value] | None
    key: str
    record: tuple[str, str]
    before: Value
    after: Value


@frozen
class Separation:
    """A household, beside no example, on which two programs decide otherwise.

    Attributes:
        case: The household, small and plain.
        today: The date asked for, as an ordinal.
        key: Of the definition that differs, or of the grant of which a part does.
        part: What of the grant differs beside whether and how much; None: the definition does.
        record: Kind and id of the record on which it does.
        type: Of what differs.
        before: As the policy says it.
        after: As the other program says it.
    """

    case: Case = field(repr=False, eq=False)
    today: int
    key: str
    part: Part | None
    record: tuple[str, str]
    type: Type
    before: Value
    after: Value


@frozen
class Search:
    """Where a difference is looked for.

    Attributes:
        keys: Of the definitions that may differ, the most telling first.
        facts: On which they rest.
        comparisons: Expressions at whose boundary values lie.
        days: On which something comes into force or ends.
    """

    keys: tuple[str, ...]
    facts: tuple[Fact, ...]
    comparisons: tuple[Compare, ...]
    days: tuple[int, ...]


def distinguish(
    one: Engine, other: Engine, households: tuple[Household, ...], search: Search, tries: int
) -> tuple[Difference | None, int]:
    """Return the first household on which two programs differ, and how many were tried.

    Args:
        one: The policy.
        other: The policy with a slip.
        households: Of examples.
        search: Where to look.
        tries: How many households at most.
    """
    tried = 0
    for base, today, fact in islice(_candidates(one, households, search), tries):
        tried += 1
        case = base.case if fact is None else with_fact(base.case, fact[:2], fact[2], fact[3])
        found = _differing(one.open(case, today), other.open(case, today), search.keys)
        if found is not None:
            return Difference(base, today, fact, *found), tried
    return None, tried


def _differing(
    one: Evaluation, other: Evaluation, keys: tuple[str, ...]
) -> tuple[str, tuple[str, str], Value, Value] | None:
    for key in keys:
        entity = one.program.definition[key].entity
        for record in one.case.records.values():
            if record.entity == entity:
                before, after = one.value(key, record), other.value(key, record)
                if before != after:
                    return key, (record.entity, record.id), before, after
    return None


_Candidate = tuple[Household, int, tuple[str, str, str, Value] | None]


def _candidates(
    engine: Engine, households: tuple[Household, ...], search: Search
) -> Iterator[_Candidate]:
    """Yield households with their change, those of each example in turn."""
    waiting = [_of_one(engine, household, search) for household in households]
    while waiting:
        left = []
        for each in waiting:
            found = next(each, None)
            if found is not None:
                yield found
                left.append(each)
        waiting = left


def _of_one(engine: Engine, household: Household, search: Search) -> Iterator[_Candidate]:
    base, today = household, household.today
    yield base, today, None
    for day in search.days:
        for off in _DAYS:
            if day + off > 0:
                yield base, day + off, None
    for record in household.case.records.values():
        for fact in search.facts:
            value = record.facts.get(fact.name)
            if fact.entity == record.entity and isinstance(value, bool | Exact | str):
                at = record.entity, record.id, fact.name
                for new in _values(engine, household, fact, at, value, search):
                    if new != value and _is_in_range(fact, new):
                        yield base, today, (*at, new)


def _values(
    engine: Engine,
    household: Household,
    fact: Fact,
    at: tuple[str, str, str],
    value: Value,
    search: Search,
) -> Iterator[Value]:
    match core(fact.type):
        case Truth() if isinstance(value, bool):
            yield not value
        case Choice(values=values):
            yield from values
        case Quantity() if isinstance(value, Exact):
            step = Fraction(1) if fact.step is None else fact.step
            for comparison in search.comparisons:
                turn = _turn(engine, household, comparison, at, Fraction(value), step)
                if turn is not None:
                    near = turn // step * step
                    for new in dict.fromkeys((near, near - step, near + step)):
                        yield new.numerator if new.denominator == 1 else new
        case Date() if isinstance(value, int):
            for comparison in search.comparisons:
                turn = _turn(engine, household, comparison, at, Fraction(value), Fraction(365))
                if turn is not None:
                    yield from (int(turn) + off for off in _DAYS)
            for day in search.days:
                yield from (day + off for off in _DAYS)
        case _:
            pass
    if isinstance(fact.type, Optional):
        yield ABSENT


def _turn(
    engine: Engine,
    household: Household,
    comparison: Compare,
    at: tuple[str, str, str],
    value: Fraction,
    step: Fraction,
) -> Fraction | None:
    """Return the value of a fact at which the sides of a comparison are equal on a line."""
    further = with_fact(household.case, at[:2], at[2], _plain(value + step))
    here = _apart(engine, household.case, household.today, comparison)
    there = _apart(engine, further, household.today, comparison)
    for one, other in zip(here, there, strict=True):
        if one is not None and other is not None and one != other:
            return value - one * step / (other - one)
    return None


def _plain(value: Fraction) -> Exact:
    return value.numerator if value.denominator == 1 else value


def _apart(engine: Engine, case: Case, today: int, comparison: Compare) -> list[Fraction | None]:
    """Return by how much the left side is more than the right one, on each record."""
    evaluation = engine.open(case, today)
    found: list[Fraction | None] = []
    for record in case.records.values():
        try:
            sides = [
                evaluation.evaluate(side, record) for side in (comparison.left, comparison.right)
            ]
        except LookupError:  # it stands on records of another kind
            found.append(None)
            continue
        left, right = sides
        both = isinstance(left, Exact) and isinstance(right, Exact)
        found.append(Fraction(left) - Fraction(right) if both else None)  # type: ignore[arg-type]  # both are exact
    return found


def _is_in_range(fact: Fact, value: Value) -> bool:
    if isinstance(value, bool) or not isinstance(value, Exact):
        return True
    if isinstance(core(fact.type), Date) and value <= 0:
        return False
    return (fact.low is None or value >= fact.low) and (fact.high is None or value <= fact.high)


def comparisons_around(program: Program, keys: frozenset[str], at: Expr | None) -> list[Compare]:
    """Return the comparisons of numbers or days in some definitions, those around a place first."""
    found = [
        node
        for key in sorted(keys)
        for node in walk(program.definition[key].body)
        if isinstance(node, Compare) and isinstance(core(node.left.type), Quantity | Date)
    ]

    def is_far(node: Compare) -> bool:
        if at is None or node.span.source != at.span.source:
            return True
        inside = node.span.start <= at.span.start and at.span.end <= node.span.end
        return not (inside or (at.span.start <= node.span.start <= at.span.end))

    return sorted(dict.fromkeys(found), key=is_far)
