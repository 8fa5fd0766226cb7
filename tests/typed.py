"""Short ways to write typed programs and cases by hand, and to compare what may come out."""

from collections.abc import Mapping
from typing import Any

from aidrules.case import Case, Given, History, Past, Record
from aidrules.program import (
    And,
    Arithmetic,
    Branch,
    Cases,
    Compare,
    Constant,
    DateRules,
    Definition,
    Entity,
    Expr,
    Fact,
    FactUse,
    FigureRow,
    FigureValue,
    Grant,
    Match,
    Not,
    Or,
    Parameter,
    Program,
    Records,
    Role,
    Use,
    Word,
)
from aidrules.source import Source, Span
from aidrules.types import NUMBER, TRUTH, Plain, Type
from aidrules.values import Interval, Options, Scalar, Selections, Value, parts, settle

SPAN = Span(Source("policy.aid", ""), 0, 0)
DATES = DateRules("down", None)


def const(value: Scalar, type_: Type = NUMBER) -> Constant:
    return Constant(value, type=type_, span=SPAN)


def fact(entity: str, name: str, type_: Type = NUMBER) -> FactUse:
    return FactUse(entity, name, type=type_, span=SPAN)


def use(entity: str | None, key: str, type_: Type = NUMBER) -> Use:
    return Use(entity, key, type=type_, span=SPAN)


def arithmetic(op: Any, left: Expr, right: Expr) -> Arithmetic:
    return Arithmetic(op, left, right, type=NUMBER, span=SPAN)


def compare(op: Any, left: Expr, right: Expr) -> Compare:
    return Compare(op, left, right, type=TRUTH, span=SPAN)


def both(*items: Expr) -> And:
    return And(items, type=TRUTH, span=SPAN)


def either(*items: Expr) -> Or:
    return Or(items, type=TRUTH, span=SPAN)


def opposite(value: Expr) -> Not:
    return Not(value, type=TRUTH, span=SPAN)


def cases(*branches: tuple[Expr, Expr], otherwise: Expr | None = None, **kinds: Any) -> Cases:
    written = tuple(Branch(condition, result) for condition, result in branches)
    return Cases(written, otherwise, **{"type": NUMBER, "span": SPAN, **kinds})


def records(entity: str, condition: Expr | None = None) -> Records:
    return Records(entity, None, condition)


def define(key: str, entity: str | None, body: Expr, role: Role = Role.DEFINE) -> Definition:
    return Definition(key, key, "m", entity, body.type, body, (), role, SPAN)


def declare(
    name: str,
    entity: str,
    type_: Type = NUMBER,
    ends: tuple[int | None, int | None] = (None, None),
    **more: Any,
) -> Fact:
    return Fact(
        **{
            "name": name,
            "entity": entity,
            "type": type_,
            "low": ends[0],
            "high": ends[1],
            "step": None,
            "ask": None,
            "holders": (),
            "default": None,
            "is_private": False,
            "office": None,
            "citations": (),
            "span": SPAN,
            **more,
        }
    )


def dated(*values: tuple[int | None, int | None, Scalar | None]) -> tuple[FigureValue, ...]:
    return tuple(FigureValue(first, last, value, SPAN) for first, last, value in values)


def row(
    cells: tuple[Match, ...], *values: tuple[int | None, int | None, Scalar | None]
) -> FigureRow:
    return FigureRow(cells, dated(*values))


def parameter(key: str, key_types: tuple[Plain, ...], *rows: FigureRow, **more: Any) -> Parameter:
    return Parameter(
        **{
            "key": key,
            "name": key,
            "module": "m",
            "type": NUMBER,
            "columns": tuple((f"k{at}",) for at, _ in enumerate(key_types)),
            "key_types": key_types,
            "rows": rows,
            "citations": (),
            "is_synthetic": False,
            "unverified": None,
            "applies": None,
            "span": SPAN,
            **more,
        }
    )


def grant(key: str, entity: str, amount: Expr | None) -> Grant:
    return Grant(
        key,
        key,
        "m",
        Word.BENEFIT,
        entity,
        None if amount is None else amount.type,
        (),
        amount,
        (),
        (),
        None,
        None,
        False,
        None,
        (),
        (),
        SPAN,
    )


def program(
    entities: tuple[tuple[str, str | None, int], ...],
    facts: tuple[Fact, ...] = (),
    definitions: tuple[Definition, ...] = (),
    parameters: tuple[Parameter, ...] = (),
    **more: Any,
) -> Program:
    kinds = tuple(Entity(name, parent, limit, SPAN) for name, parent, limit in entities)
    return Program(
        **{
            "modules": (),
            "entities": kinds,
            "facts": facts,
            "parameters": parameters,
            "definitions": definitions,
            "grants": (),
            "exclusions": (),
            "rations": (),
            "requirements": (),
            "checks": (),
            "examples": (),
            "calendars": {},
            "glossary": {},
            "texts": frozenset(),
            "currency_steps": {},
            **more,
        }
    )


def record(
    entity: str,
    identity: str,
    parent: Record | None = None,
    facts: dict[str, Any] | None = None,
    **unlisted: int,
) -> Record:
    """Return a record, hung below its parent; its lists are those named, complete or not."""
    made = Record(
        entity, identity, parent, facts or {}, {}, {kind: [] for kind in unlisted}, unlisted
    )
    if parent is not None:
        parent.children.setdefault(entity, []).append(made)
    return made


def case(root: Record, history: Mapping[tuple[str, str, str], Past] | None = None) -> Case:
    found: dict[tuple[str, str], Record] = {}
    above: Record | None = root.parent
    while above is not None:
        found[above.entity, above.id] = above
        above = above.parent

    def add(each: Record) -> None:
        found[each.entity, each.id] = each
        for children in each.children.values():
            for child in children:
                add(child)

    add(root)
    return Case(root, found, None if history is None else History(None, history), "")


def disputed(*values: Value) -> Given:
    return Given(None, None, tuple((f"holder {at}", value) for at, value in enumerate(values)))


def between(low: Any, high: Any) -> Value:
    """Return the set of the numbers from one to another."""
    return settle(Interval(low, high))


def is_within(part: Value, whole: Value) -> bool:
    """Whether every outcome of one value is one of another."""
    body, absent, failure = parts(part)
    outer, outer_absent, outer_failure = parts(whole)
    if (absent and not outer_absent) or (failure is not None and outer_failure is None):
        return False
    match body, outer:
        case None, _:
            return True
        case Interval(), Interval():
            return outer.low <= body.low and body.high <= outer.high
        case Options(), Options():
            return set(body.values) <= set(outer.values)
        case Selections(), Selections():
            return outer.sure <= body.sure and body.possible <= outer.possible
        case _:
            return False
