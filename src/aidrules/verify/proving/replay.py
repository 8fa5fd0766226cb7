"""A property and a household to whether the interpreter says that it fails there."""

from fractions import Fraction
from typing import Final, assert_never

from attrs import field, frozen

from aidrules.backends.interpreter import Engine, Evaluation, emit
from aidrules.case import Case, Record
from aidrules.program import (
    Expr,
    HoldsAlways,
    HoldsForSome,
    MovesWith,
    Program,
    SameAs,
    UnchangedBy,
)
from aidrules.program import Property as StatedProperty
from aidrules.traverse import walk
from aidrules.values import Exact, Failure, Value
from aidrules.verify.households.second import (
    OfFact,
    OfFigure,
    OfOrder,
    Second,
    other_case,
    with_value,
)
from aidrules.verify.proving.properties import (
    AtMost,
    Claim,
    Complete,
    Defined,
    DrawnAlike,
    NeverNegative,
    OneAlone,
    OrderFree,
    Possible,
    Reachable,
    Reached,
    Separate,
    Stated,
)

GAPS: Final = {"no-case", "no-row", "no-version"}
"""The errors of what has a gap."""


@frozen
class Replay:
    """The interpreter, asked whether properties fail.

    Attributes:
        today: As an ordinal.
    """

    engine: Engine
    today: int
    _engines: dict[tuple[tuple[str, ...], Value], Engine] = field(factory=dict, eq=False)

    @property
    def program(self) -> Program:
        """The policy."""
        return self.engine.program

    def open(self, case: Case) -> Evaluation:
        """Return a case worked out on the day."""
        return self.engine.open(case, self.today)

    def fails(
        self, claim: Claim, case: Case, record: tuple[str, str], second: Second | None = None
    ) -> bool:
        """Return whether a property fails on a record.

        Args:
            claim: The property.
            case: The household.
            record: Kind and id; it is in both households.
            second: How the second household differs, of a property that compares two.
        """
        return self.fails_in(claim, self.open(case), case.records[record], second)

    def fails_in(
        self, claim: Claim, evaluation: Evaluation, on: Record, second: Second | None = None
    ) -> bool:
        """Return whether a property fails on a record of a case that was opened on the day."""
        match claim:
            case Defined(key=key):
                value = evaluation.value(key, on)
                return isinstance(value, Failure)
            case Complete(key=key):
                value = evaluation.value(key, on)
                return isinstance(value, Failure) and value.code in GAPS and self._is_in(key, value)
            case NeverNegative(key=key):
                value = evaluation.value(key, on)
                return isinstance(value, Exact) and value < 0
            case OneAlone(exclusion=exclusion):
                keys = [self.program.grant[key].receives for key in exclusion.grants]
                return sum(evaluation.value(key, on) is True for key in keys) > 1
            case Separate(node=node):
                guards = [each.guard for each in node.branches if each.guard is not None]
                return sum(evaluation.evaluate(each, on) is True for each in guards) > 1
            case DrawnAlike(first=(_, compared)):
                if claim.is_by_form:
                    return False
                ends = [evaluation.evaluate(each, on) for each in (compared.left, compared.right)]
                return isinstance(ends[0], Exact) and ends[0] == ends[1]
            case OrderFree(key=key):
                return second is not None and self._differs(key, evaluation, on, second)
            case Stated(check=check):
                return self._stated(check.property, evaluation, on, second)
            case Reachable(key=key):
                receives = self.program.grant[key].receives
                return evaluation.value(receives, on) is not True
            case Possible(conditions=conditions):
                return not all(evaluation.evaluate(each, on) is True for each in conditions)
            case Reached() | AtMost():
                return False
            case _:
                assert_never(claim)

    def _is_in(self, key: str, failure: Failure) -> bool:
        """Return whether an error arises in a definition itself."""
        spans = (each.span for each in walk(self.program.definition[key].body))
        return failure.span in tuple(spans)

    def failure(self, key: str, case: Case, record: tuple[str, str]) -> Failure | None:
        """Return the error of a definition on a record, if it is one."""
        value = self.open(case).value(key, case.records[record])
        return value if isinstance(value, Failure) else None

    def second(self, case: Case, second: Second) -> Evaluation:
        """Return the second household worked out on the day."""
        if not isinstance(second, OfFigure):
            return self.open(other_case(case, second))
        name = second.keys, second.after
        if name not in self._engines:
            self._engines[name] = emit(with_value(self.program, *name))
        return self._engines[name].open(case, self.today)

    def values(
        self, value: Expr, evaluation: Evaluation, on: Record, second: Second
    ) -> tuple[Value, Value]:
        """Return what a value is on a record of both households."""
        other = self.second(evaluation.case, second)
        after = other.evaluate(value, other.case.records[on.entity, on.id])
        return evaluation.evaluate(value, on), after

    def _differs(self, key: str, evaluation: Evaluation, on: Record, second: Second) -> bool:
        other = self.second(evaluation.case, second)
        after = other.value(key, other.case.records[on.entity, on.id])
        return evaluation.value(key, on) != after

    def _stated(
        self, stated: StatedProperty, evaluation: Evaluation, on: Record, second: Second | None
    ) -> bool:
        match stated:
            case HoldsAlways(condition=condition):
                return evaluation.evaluate(condition, on) is False
            case MovesWith() | UnchangedBy():
                if second is None:
                    return False
                before, after = self.values(stated.value, evaluation, on, second)
                if isinstance(before, Failure) or isinstance(after, Failure):
                    return False
                if isinstance(stated, UnchangedBy):
                    return before != after
                moved = moved_by(stated, before, after)
                change = changed_by(second, evaluation.case)
                change = -change if change < 0 else change
                return moved is not None and moved > stated.tolerance + stated.share * change
            case HoldsForSome() | SameAs():
                return False
            case _:
                assert_never(stated)


def moved_by(stated: MovesWith, before: Value, after: Value) -> Exact | None:
    """Return by how much a value has moved as it never should; None if it has no number."""
    if not isinstance(before, Exact) or not isinstance(after, Exact):
        return None
    return after - before if stated.direction == "rises" else before - after


def changed_by(second: Second, case: Case) -> Exact:
    """Return how far apart the cause is in two households, by sign; 0 if it is no number."""
    match second:
        case OfFact(record=record, name=name, after=after):
            before = case.records[record].facts.get(name)
        case OfFigure(before=before, after=after):
            pass
        case OfOrder():
            return 0
        case _:
            assert_never(second)
    if not isinstance(before, Exact) or not isinstance(after, Exact):
        return 0
    return Fraction(after) - before
