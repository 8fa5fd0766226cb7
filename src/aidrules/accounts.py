"""A decided grant or requirement to its account: what is missing, assumed, due, and by whom."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from attrs import field, frozen

from aidrules import explain as explaining
from aidrules.backends.interpreter import Evaluation
from aidrules.case import Record
from aidrules.program import Deadline, Expr, Fact, Grant, Office, Requirement
from aidrules.values import Value

if TYPE_CHECKING:
    from aidrules.explain import Account, Missing

_Rule = TypeVar("_Rule", Deadline, Office)


@frozen
class Ground:
    """What an outcome stands on.

    Attributes:
        status: As a word: see `decision.Status`.
        receives: Whether it is received; of a requirement, whether it holds.
        eligible: Whether it is before exclusion and rationing; of a requirement, the same.
        amount: Of the grant; None if it has none.
    """

    evaluation: Evaluation = field(repr=False)
    subject: Grant | Requirement = field(repr=False)
    record: Record = field(repr=False)
    status: str
    receives: Value
    eligible: Value
    amount: Value | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the definitions that make up the outcome: whether, and then how much."""
        if isinstance(self.subject, Requirement):
            return (self.subject.key,)
        return (self.subject.receives, self.subject.key)


def account(ground: Ground) -> "Account":
    """Return all that stands beside an outcome."""
    deadline = office = paid_from = until = rule = None
    subject = ground.subject
    if isinstance(subject, Grant):
        place = ground.evaluation, ground.record
        rule = applying(subject.deadlines, *place)
        deadline = day(None if rule is None else rule.due, *place)
        decides = applying(subject.offices, *place)
        office = None if decides is None else decides.name
        paid_from = day(subject.paid_from, *place)
        until = day(None if subject.appeal is None else subject.appeal.due, *place)
    return explaining.Account(
        ground.evaluation.program,
        ground.evaluation,
        subject,
        ground.record,
        ground.status,
        ground.receives,
        ground.eligible,
        _if_granted(ground),
        missing(ground),
        assumed(ground),
        deadline,
        rule,
        office,
        paid_from,
        until,
    )


def _if_granted(ground: Ground) -> Value | None:
    """Return the amount; where it is open whether it is granted, what it would be if it is."""
    if ground.amount is None or ground.status != "undecided":
        return ground.amount
    if isinstance(ground.subject, Requirement):
        return None
    return ground.evaluation.value(ground.subject.payment, ground.record)


def missing(ground: Ground) -> "tuple[Missing, ...]":
    """Return what could still decide an open outcome, most decisive first."""
    if ground.status != "undecided":
        return ()
    program, records = ground.evaluation.program, ground.evaluation.case.records
    found: list[Missing] = []
    for key in ground.keys:
        # The amount may be open where it is settled that something is received.
        for each in ground.evaluation.missing(key, ground.record):
            is_fact = not each.is_list and not each.is_history
            fact = program.fact[each.entity, each.name] if is_fact else None
            place = records.get((each.entity, each.record), ground.record)
            holders = () if fact is None else fact.holders
            office = None if fact is None else fact.office
            question = None if fact is None else fact.ask
            found.append(
                explaining.Missing(
                    place,
                    each.name,
                    each.is_list,
                    each.score,
                    holders,
                    office,
                    question,
                    each.is_history,
                )
            )
        if found:
            break
    return tuple(found)


def assumed(ground: Ground) -> tuple[tuple[Record, Fact, Value], ...]:
    """Return the defaults that were read, each once."""
    if not ground.evaluation.program.defaults:
        return ()
    found: dict[tuple[str, str, str], tuple[Record, Fact, Value]] = {}
    for key in ground.keys:
        for record, fact, value in ground.evaluation.assumed(key, ground.record):
            found.setdefault((record.entity, record.id, fact.name), (record, fact, value))
    return tuple(found.values())


def applying(rules: Iterable[_Rule], evaluation: Evaluation, record: Record) -> _Rule | None:
    """Return the first rule whose condition holds; none if it is open which one that is."""
    for rule in rules:
        if rule.condition is None:
            return rule
        match evaluation.evaluate(rule.condition, record):
            case True:
                return rule
            case False:
                continue
            case _:
                return None
    return None


def day(expression: Expr | None, evaluation: Evaluation, record: Record) -> int | None:
    """Return the day that a rule names, as an ordinal, if there is one and it is certain."""
    value = None if expression is None else evaluation.evaluate(expression, record)
    return value if isinstance(value, int) else None
