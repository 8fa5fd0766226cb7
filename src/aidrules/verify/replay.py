"""A property and a household to whether the interpreter says that it fails there."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import assert_never

from attrs import evolve, frozen

from aidrules.backends.interpreter import Engine, Evaluation
from aidrules.case import Case, Record
from aidrules.program import (
    AnyMatch,
    FigureRow,
    FigureValue,
    HoldsAlways,
    MovesWith,
    Parameter,
    Program,
    SameAs,
    UnchangedBy,
)
from aidrules.program import Property as StatedProperty
from aidrules.values import Exact, Failure, Value
from aidrules.verify.properties import (
    AtMost,
    Claim,
    Defined,
    NeverNegative,
    OneAlone,
    OrderFree,
    Reachable,
    Reached,
    Separate,
    Stated,
)


@frozen
class Replay:
    """The interpreter, asked whether properties fail.

    Attributes:
        today: As an ordinal.
    """

    engine: Engine
    today: int

    @property
    def program(self) -> Program:
        """The policy."""
        return self.engine.program

    def open(self, case: Case) -> Evaluation:
        """Return a case worked out on the day."""
        return self.engine.open(case, self.today)

    def fails(
        self, claim: Claim, case: Case, record: tuple[str, str], other: Case | None = None
    ) -> bool:
        """Return whether a property fails on a record.

        Args:
            claim: The property.
            case: The household.
            record: Kind and id; it is in both households.
            other: The second household, of a property that compares two.
        """
        return self.fails_in(claim, self.open(case), case.records[record], other)

    def fails_in(
        self, claim: Claim, evaluation: Evaluation, on: Record, other: Case | None = None
    ) -> bool:
        """Return whether a property fails on a record of a case that was opened on the day."""
        record = on.entity, on.id
        match claim:
            case Defined(key=key):
                value = evaluation.value(key, on)
                return isinstance(value, Failure)
            case NeverNegative(key=key):
                value = evaluation.value(key, on)
                return isinstance(value, Exact) and value < 0
            case OneAlone(exclusion=exclusion):
                keys = [self.program.grant[key].receives for key in exclusion.grants]
                return sum(evaluation.value(key, on) is True for key in keys) > 1
            case Separate(node=node):
                guards = [each.guard for each in node.branches if each.guard is not None]
                return sum(evaluation.evaluate(each, on) is True for each in guards) > 1
            case OrderFree(key=key):
                return other is not None and self._differs(key, evaluation, other, record)
            case Stated(check=check):
                return self._stated(check.property, evaluation, on, other)
            case Reachable(key=key):
                receives = self.program.grant[key].receives
                return evaluation.value(receives, on) is not True
            case Reached() | AtMost():
                return False
            case _:
                assert_never(claim)

    def failure(self, key: str, case: Case, record: tuple[str, str]) -> Failure | None:
        """Return the error of a definition on a record, if it is one."""
        value = self.open(case).value(key, case.records[record])
        return value if isinstance(value, Failure) else None

    def _differs(
        self, key: str, evaluation: Evaluation, other: Case, record: tuple[str, str]
    ) -> bool:
        after = self.open(other).value(key, other.records[record])
        return evaluation.value(key, evaluation.case.records[record]) != after

    def _stated(
        self, stated: StatedProperty, evaluation: Evaluation, on: Record, other: Case | None
    ) -> bool:
        match stated:
            case HoldsAlways(condition=condition):
                return evaluation.evaluate(condition, on) is False
            case MovesWith(value=value) | UnchangedBy(value=value):
                if other is None:
                    return False
                before = evaluation.evaluate(value, on)
                after = self.open(other).evaluate(value, other.records[on.entity, on.id])
                if isinstance(before, Failure) or isinstance(after, Failure):
                    return False
                if isinstance(stated, UnchangedBy):
                    return before != after
                return has_moved(stated, before, after)
            case SameAs():
                return False
            case _:
                assert_never(stated)


def with_figures(program: Program, figures: Mapping[str, Value]) -> Program:
    """Return a program in which some figures have a value, always and for all keys."""

    def told(parameter: Parameter) -> Parameter:
        value = figures.get(parameter.key)
        if not isinstance(value, int | Fraction | str | frozenset):
            return parameter
        given = FigureValue(None, None, value, parameter.span)
        cells = tuple(AnyMatch() for _ in parameter.key_types)
        return evolve(parameter, rows=(FigureRow(cells, (given,)),), applies=None)

    return evolve(program, parameters=tuple(map(told, program.parameters))) if figures else program


def has_moved(stated: MovesWith, before: Value, after: Value) -> bool:
    """Return whether a value has moved as it never should, by more than is tolerated."""
    if not isinstance(before, Exact) or not isinstance(after, Exact):
        return False
    apart = after - before if stated.direction == "rises" else before - after
    return apart > stated.tolerance


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
