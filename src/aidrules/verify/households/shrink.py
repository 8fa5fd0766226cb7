"""A household for which something holds to a smaller and plainer one for which it holds too.

Fewer records first, then facts left to their defaults, then plain values: no, nothing, zero, round
amounts. Every step is tried in the interpreter.
"""

from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction

from aidrules.bounds.numbers import tidy
from aidrules.case import Case
from aidrules.program import Fact, Program
from aidrules.types import Choice, Date, Optional, Quantity, Selection, Text, Truth, core
from aidrules.values import ABSENT, Exact, Value
from aidrules.verify.households.second import with_fact, without

Holds = Callable[[Case], bool]

ROUNDS = 4
"""How often all is gone through again, as long as something became plainer."""


def shrink(program: Program, case: Case, holds: Holds) -> Case:
    """Return the smallest case found for which something holds.

    Args:
        program: The policy.
        case: One for which it holds.
        holds: What is to hold; a record that it needs and misses makes it false.
    """
    case = _fewer(case, holds)
    for _ in range(ROUNDS):
        before = case
        for record in list(case.records.values()):
            for fact in program.facts:
                if fact.entity == record.entity and fact.name in record.facts:
                    case = _plainer(fact, (record.entity, record.id), case, holds)
        case = _fewer(case, holds)
        if case is before:
            break
    return case


def needed(case: Case, holds: Holds) -> Case:
    """Return a case with the facts alone that something needs; the others are unknown.

    Args:
        case: One for which it holds.
        holds: What is to hold, whatever the unknown facts are.
    """
    for record in case.records.values():
        for name in record.facts:
            fewer = with_fact(case, (record.entity, record.id), name, None)
            if _tried(fewer, holds):
                case = fewer
    return case


def _tried(case: Case, holds: Holds) -> bool:
    try:
        return holds(case)
    except LookupError:
        return False


def _fewer(case: Case, holds: Holds) -> Case:
    """Leave out records, those below with them."""
    for record in reversed(list(case.records.values())):
        listed = record.parent is not None and record in record.parent.children.get(
            record.entity, ()
        )
        if listed and (record.entity, record.id) in case.records:
            smaller = without(case, record)
            if _tried(smaller, holds):
                case = smaller
    return case


def _plainer(fact: Fact, on: tuple[str, str], case: Case, holds: Holds) -> Case:
    if on not in case.records:
        return case
    value = case.records[on].facts[fact.name]
    for plain in _plain_values(fact, value):
        if plain == value and type(plain) is type(value):
            return case
        changed = with_fact(case, on, fact.name, plain)
        if _tried(changed, holds):
            return changed
    return case


def _plain_values(fact: Fact, value: object) -> Iterator[Value | None]:
    """Yield values plainer than one, the plainest first; None: left to its default."""
    if fact.default is not None:
        yield None
    if isinstance(fact.type, Optional):
        yield ABSENT
    match core(fact.type):
        case Truth():
            yield False
        case Quantity() if isinstance(value, Exact):
            yield from _plain_numbers(fact, value)
        case Date() if isinstance(value, int):
            yield from _plain_days(fact, value)
        case Choice(values=values):
            yield from values
        case Selection():
            yield frozenset()
        case Text():
            yield "x"
        case _:
            pass


def _plain_numbers(fact: Fact, value: Exact) -> Iterator[Exact]:
    low = 0 if fact.low is None else fact.low
    high = value if fact.high is None else fact.high
    yield tidy(Fraction(low))
    if low <= 0 <= high:
        yield 0
    for size in (10**9, 10**6, 10_000, 1000, 500, 100, 50, 10, 5, 1, Fraction(1, 10)):
        for rounded in (value // size * size, -(-value // size) * size):
            if low <= rounded <= high and _is_step(fact, rounded):
                yield tidy(Fraction(rounded))


def _is_step(fact: Fact, value: Exact) -> bool:
    return fact.step is None or (Fraction(value) / fact.step).denominator == 1


def _plain_days(fact: Fact, value: int) -> Iterator[int]:
    """Yield the first of January of years around, then the first of the month."""
    low = 1 if fact.low is None else int(fact.low)
    high = value + 40_000 if fact.high is None else int(fact.high)
    day = date.fromordinal(value)
    for year in (2000, 1980, 1950, 2010, day.year // 10 * 10, day.year, day.year + 1):
        found = date(year, 1, 1).toordinal()
        if low <= found <= high:
            yield found
    found = day.replace(day=1).toordinal()
    if low <= found <= high:
        yield found
