"""How a second household differs from the first, of a property that compares two."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import assert_never

from attrs import evolve, frozen

from aidrules.case import Case, Record
from aidrules.program import AnyMatch, FigureRow, FigureValue, Parameter, Program
from aidrules.values import Value


@frozen
class OfFact:
    """In one fact of one record.

    Attributes:
        record: Kind and id.
        after: What it is in the second; None: nothing is said of it.
    """

    record: tuple[str, str]
    name: str
    after: Value | None


@frozen
class OfOrder:
    """In two records of one list, which stand in each other's place."""

    one: tuple[str, str]
    other: tuple[str, str]


@frozen
class OfFigure:
    """In a figure of the law; the facts are the same.

    Attributes:
        keys: Of the figure, and of what amends it.
        before: What it is for the first.
        after: What it is for the second.
    """

    keys: tuple[str, ...]
    before: Value
    after: Value


Second = OfFact | OfOrder | OfFigure


def other_case(case: Case, second: Second) -> Case:
    """Return the second household."""
    match second:
        case OfFact(record=record, name=name, after=after):
            return with_fact(case, record, name, after)
        case OfOrder(one=one, other=other):
            return with_swapped(case, one, other)
        case OfFigure():
            return case
        case _:
            assert_never(second)


# ---------------------------------------------------------------- figures


def with_figures(program: Program, figures: Mapping[str, Value]) -> Program:
    """Return a program in which some figures have a value, always, everywhere, for all keys."""
    given = {key: value for key, value in figures.items() if _is_value(value)}

    def told(parameter: Parameter) -> Parameter:
        if parameter.key not in given:
            return parameter
        return evolve(_fixed(parameter, given[parameter.key]), applies=None)

    return evolve(program, parameters=tuple(map(told, program.parameters))) if given else program


def with_value(program: Program, keys: tuple[str, ...], value: Value) -> Program:
    """Return a program in which a figure has one value, always, wherever it applies."""

    def told(parameter: Parameter) -> Parameter:
        return _fixed(parameter, value) if parameter.key in keys else parameter

    return evolve(program, parameters=tuple(map(told, program.parameters)))


def _fixed(parameter: Parameter, value: Value) -> Parameter:
    if not isinstance(value, int | Fraction | str | frozenset):
        raise TypeError(value)
    cells = tuple(AnyMatch() for _ in parameter.key_types)
    given = FigureValue(None, None, value, parameter.span)
    return evolve(parameter, rows=(FigureRow(cells, (given,)),))


def _is_value(value: Value) -> bool:
    return isinstance(value, int | Fraction | str | frozenset)


# ---------------------------------------------------------------- cases


def with_fact(case: Case, record: tuple[str, str], name: str, value: Value | None) -> Case:
    """Return a case in which one fact of a record is another; None: nothing is said of it."""

    def rule(old: Record) -> Record:
        if (old.entity, old.id) != record:
            return old
        facts = {key: kept for key, kept in old.facts.items() if key != name}
        return evolve(old, facts=facts if value is None else {**facts, name: value})

    return rebuilt(case, rule)


def with_swapped(case: Case, one: tuple[str, str], other: tuple[str, str]) -> Case:
    """Return a case in which two records of one list stand in each other's place."""
    places = {one: other, other: one}

    def turned(children: list[Record]) -> list[Record]:
        found = {(child.entity, child.id): child for child in children}
        return [found.get(places.get(key, key), child) for key, child in found.items()]

    return rebuilt(case, listed=turned)


def without(case: Case, gone: Record) -> Case:
    """Return a case without a record and those below it."""

    def kept(children: list[Record]) -> list[Record]:
        return [child for child in children if (child.entity, child.id) != (gone.entity, gone.id)]

    return rebuilt(case, listed=kept)


def rebuilt(
    case: Case,
    rule: Callable[[Record], Record] = lambda record: record,
    listed: Callable[[list[Record]], list[Record]] = lambda children: children,
) -> Case:
    """Return a case of new records.

    Args:
        case: The case.
        rule: From a record to one with the facts that it shall have.
        listed: From the records of a list to those that shall be in it, in order.
    """
    records: dict[tuple[str, str], Record] = {}

    def copy(old: Record, parent: Record | None) -> Record:
        found = rule(old)
        made = Record(old.entity, old.id, parent, dict(found.facts), dict(old.given))
        made.unlisted.update(old.unlisted)
        records[made.entity, made.id] = made
        for kind, children in old.children.items():
            made.children[kind] = [copy(child, made) for child in listed(children)]
        return made

    def above(old: Record | None) -> Record | None:
        if old is None:
            return None
        found = rule(old)
        made = Record(old.entity, old.id, above(old.parent), dict(found.facts), dict(old.given))
        records[made.entity, made.id] = made
        return made

    return Case(copy(case.root, above(case.root.parent)), records, case.history, case.digest)
