"""The small world of the random policies to its records, kinds of value and figures.

Numbers are few and small, so that boundaries meet: what a rule compares is often equal, what it
divides by often 0.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from random import Random

import attrs

from aidrules import types
from aidrules.program import (
    Calendar,
    Entity,
    Expr,
    Grant,
    Match,
    Node,
    RangeMatch,
    ValueMatch,
)
from aidrules.source import Source, Span
from aidrules.types import Choice, Optional, Quantity, Reference, Selection, Type, Unit
from aidrules.values import INFINITY, Exact, Number, Scalar

HERE = Span(Source("random.aid", ""), 0, 0)

ENTITIES = (
    Entity("county", None, 1, HERE),
    Entity("household", "county", 2, HERE),
    Entity("person", "household", 3, HERE),
    Entity("wage_record", "person", 2, HERE),
)
PARENTS = {entity.name: entity.parent for entity in ENTITIES}

CLOSED = Choice(("a", "b", "c"))
OPEN = Choice(("a", "b"), is_open=True)
TEXTS = ("west", "east")
UNNAMED = "elsewhere"
"""A text, or a value of an open choice, that no policy names."""

NUMBERS: tuple[Exact, ...] = (0, 0, 1, 1, 2, 2, 3, -1, Fraction(1, 2), Fraction(3, 2))
RANGES: tuple[tuple[Exact, Exact], ...] = ((0, 3), (0, 3), (-2, 2), (0, 1), (1, 3), (-1, 4))

DATES = tuple(
    day.toordinal()
    for day in (
        date(2023, 1, 31),
        date(2023, 2, 28),
        date(2023, 12, 31),
        date(2024, 1, 1),
        date(2024, 2, 28),
        date(2024, 2, 29),
        date(2024, 3, 1),
        date(2024, 3, 31),
        date(2024, 6, 15),
    )
)
TODAYS = DATES[2:7]
FIRST_DAY, LAST_DAY = date(1900, 1, 1).toordinal(), date(2100, 12, 31).toordinal()

CALENDAR = Calendar(
    frozenset((2023, 2024)),
    frozenset(day.toordinal() for day in (date(2024, 1, 1), date(2024, 2, 28), date(2024, 2, 29))),
    frozenset(day.toordinal() for day in (date(2023, 12, 31), date(2024, 3, 2))),
)

PERIOD_UNITS = ("day", "week", "month", "year", "working day")

Kind = str
"""A name in `TYPES`; with `?` behind it: or none."""

TYPES: dict[Kind, types.Plain] = {
    "number": types.NUMBER,
    "count": types.COUNT,
    "date": types.DATE,
    "truth": types.TRUTH,
    "closed": CLOSED,
    "open": OPEN,
    "text": types.TEXT,
    "selection": Selection(CLOSED),
    "open selection": Selection(OPEN),
    "person": Reference("person"),
    "wage_record": Reference("wage_record"),
    **{unit: Quantity(Unit.of(unit), whole=True) for unit in PERIOD_UNITS},
}
NUMERIC = ("number", "count", *PERIOD_UNITS)
VALUED = ("number", "date", "truth", "closed", "open", "text", "selection", "open selection")


def is_whole(kind: Kind) -> bool:
    """Whether only whole numbers are of that kind."""
    return kind in NUMERIC and kind != "number"


def type_of(kind: Kind) -> Type:
    """Return the type of a kind."""
    plain = TYPES[kind.removesuffix("?")]
    return Optional(plain) if kind.endswith("?") else plain


def number_type(*operands: Expr) -> Quantity:
    """Return the type of a number that is whole if all the operands are."""
    whole = all(isinstance(item.type, Quantity) and item.type.whole for item in operands)
    return types.COUNT if whole else types.NUMBER


def ancestry(entity: str | None) -> Iterator[str]:
    """Yield an entity and those above it."""
    while entity is not None:
        yield entity
        entity = PARENTS[entity]


def below(entity: str | None) -> list[str]:
    """Return the kinds below an entity, however deep."""
    return [
        name
        for name in PARENTS
        if name != entity and any(entity == above for above in ancestry(name))
    ]


def scalar(kind: Kind, rng: Random) -> Scalar:
    """Return a value that a policy may name."""
    match kind:
        case "number":
            return rng.choice(NUMBERS)
        case "count":
            return rng.choice((0, 1, 1, 2, 3))
        case "date":
            return rng.choice(DATES)
        case "truth":
            return rng.random() < 0.5
        case "closed":
            return rng.choice(CLOSED.values)
        case "open":
            return rng.choice(OPEN.values)
        case "text":
            return rng.choice(TEXTS)
        case "selection":
            return subset(CLOSED.values, rng)
        case "open selection":
            return subset(OPEN.values, rng)
        case _:
            return rng.choice((0, 1, 1, 2, 12, -1))


def subset(values: Sequence[str], rng: Random) -> frozenset[str]:
    """Return some of the values."""
    return frozenset(value for value in values if rng.random() < 0.5)


def grant_kind(grant: Grant) -> Kind:
    """Return the kind of a grant's value."""
    match grant.type:
        case None:
            return "truth"
        case Selection():
            return "selection"
        case _:
            return "number"


def number_cuts(at: Sequence[Exact], rng: Random) -> list[Match]:
    """Return ranges that cover every number once, and now and then a value alone."""
    cells: list[Match] = []
    low: Number = -INFINITY
    is_low_included = False
    for high in at:
        is_high_included = rng.random() < 0.5
        is_alone = not is_high_included and rng.random() < 0.4
        cells.append(RangeMatch(low, high, is_low_included, is_high_included))
        if is_alone:
            cells.append(ValueMatch(high))
        low, is_low_included = high, not is_high_included and not is_alone
    cells.append(RangeMatch(low, INFINITY, is_low_included, False))
    return cells


def held(value: object) -> dict[str, object]:
    """Return what an attrs object holds, by name; of anything else nothing."""
    kind = type(value)
    if not attrs.has(kind):
        return {}
    names = (one.name for one in attrs.fields(kind))
    return {name: object.__getattribute__(value, name) for name in names}


def nodes(value: object) -> Iterator[Node]:
    """Yield every expression inside a value, itself included."""
    if isinstance(value, Node):
        yield value
    if isinstance(value, tuple | list):
        for item in value:
            yield from nodes(item)
    elif not isinstance(value, Span):
        for item in held(value).values():
            yield from nodes(item)
