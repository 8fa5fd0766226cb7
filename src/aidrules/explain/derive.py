"""An evaluation to the reasons of one decision, in the order in which they count."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from attrs import evolve

from aidrules.case import Record
from aidrules.explain.reading import Reader, negated, outcome_of
from aidrules.explain.reasons import Kind, Outcome, Reason
from aidrules.program import (
    And,
    Compare,
    Constant,
    Exclusion,
    FactUse,
    Grant,
    Place,
    Program,
    Requirement,
    Use,
)
from aidrules.trace import Step, Trace
from aidrules.types import TRUTH, core
from aidrules.values import (
    Failure,
    Value,
    failure_of,
)

_RESTS_ON = frozenset((Kind.STEP, Kind.FACT, Kind.DECISION))


def reasons(
    program: Program,
    trace: Trace,
    subject: Grant | Requirement,
    record: Record,
    receives: Value,
    eligible: Value,
) -> tuple[Reason, ...]:
    """Return the reasons of a decision, in the order in which they count.

    Granted: every line, the amount, its limits and rounding. Refused: the first line that surely
    fails; if none alone does, the lines of which one fails in every case; or what stands before
    it. Undecided: what is open. In error: the first certain error, else the first possible one.

    Args:
        program: The policy.
        trace: The evaluation that was asked for.
        subject: The grant or requirement that was decided.
        record: On which it was.
        receives: Whether it is received; for a requirement, whether it holds.
        eligible: Whether it is before exclusion and rationing; for a requirement, the same.
    """
    reader = Reader(program, trace, record, frozenset())
    if isinstance(subject, Requirement):
        return _without_repeats(
            reason
            for line in subject.lines
            for reason in reader.line(line, Kind.OBLIGATION, subject.citations, subject.key)
        )
    match receives:
        case True:
            found = _granted(reader, subject)
        case False:
            found = _refused(reader, subject, eligible)
        case Failure():
            found = _failed(reader, subject)
        case _:
            found = _undecided(reader, subject, eligible)
    return _without_repeats(found)


def _without_repeats(found: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return reasons in which each step and each fact stands once, where it is met first."""
    seen: set[tuple[object, ...]] = set()

    def kept(reason: Reason) -> Reason:
        parts = []
        for part in reason.parts:
            if part.kind in _RESTS_ON:
                mark = _mark(part.whole, part.whole.record)
                if mark in seen or _says_no_more(part, reason):
                    continue
                seen.add(mark)
            parts.append(kept(part))
        stated = reason.statement
        if isinstance(stated.expression, FactUse):  # what a line states is not said again below
            seen.add(_mark(stated, stated.record.above(stated.expression.entity)))
        return evolve(reason, parts=tuple(parts))

    return tuple(kept(reason) for reason in found)


def _mark(step: Step, record: Record) -> tuple[object, ...]:
    return step.expression, record.entity, record.id, step.today


def _says_no_more(part: Reason, reason: Reason) -> bool:
    """Whether a part is what its reason states, and nothing is to be said of its origin."""
    if part.kind is Kind.STEP or part.statement.expression != reason.statement.expression:
        return False
    return part.about not in part.statement.record.given


# ---------------------------------------------------------------- grants


def _granted(reader: Reader, grant: Grant) -> tuple[Reason, ...]:
    lines = tuple(reader.conditions(grant))
    if grant.amount is None:
        return lines
    return (*lines, *reader.amount(grant.amount, grant, Outcome.GIVES))


def _refused(reader: Reader, grant: Grant, eligible: Value) -> tuple[Reason, ...]:
    if eligible is not False:
        return _competition(reader, grant, {Outcome.FAILS})[:1]
    uncertain: list[Reason] = []
    for reason in reader.conditions(grant):
        if reason.outcome is Outcome.FAILS:
            return (reason,)
        if reason.outcome is not Outcome.HOLDS:
            uncertain.append(reason)
    if grant.amount is not None:
        amount = reader.amount(grant.amount, grant, Outcome.FAILS)
        # an amount that is surely nothing is a reason by itself
        if reader.payable(grant, grant.amount).value is False:
            return amount
        uncertain.extend(amount)
    step = reader.own(grant, Use(grant.entity, grant.eligible, type=TRUTH, span=grant.span))
    return (
        Reason(
            Kind.EVERY_CASE,
            Outcome.FAILS,
            step,
            step,
            grant.key,
            citations=grant.citations,
            parts=tuple(uncertain),
        ),
    )


def _undecided(reader: Reader, grant: Grant, eligible: Value) -> tuple[Reason, ...]:
    open_lines: list[Reason] = []
    if eligible is not True:
        open_lines.extend(
            reason for reason in reader.conditions(grant) if reason.outcome is not Outcome.HOLDS
        )
    if grant.amount is not None and reader.payable(grant, grant.amount).value is not True:
        open_lines.extend(reader.amount(grant.amount, grant, Outcome.UNDECIDED))
    rivals = _competition(reader, grant, {Outcome.UNDECIDED, Outcome.ERROR})
    return (*open_lines, *rivals)


def _failed(reader: Reader, grant: Grant) -> tuple[Reason, ...]:
    found: list[Reason] = []
    for reason in reader.conditions(grant):
        found.append(reason)
        if reason.outcome is Outcome.FAILS:
            break
    else:
        if grant.amount is not None:
            found.extend(reader.amount(grant.amount, grant, Outcome.ERROR))
        found.extend(_competition(reader, grant, {Outcome.ERROR, Outcome.UNDECIDED}))
    certain = [reason for reason in found if reason.outcome is Outcome.ERROR]
    possible = [reason for reason in found if reason.failure is not None]
    return tuple((certain or possible)[:1])


# ---------------------------------------------------------------- rivals


def _competition(reader: Reader, grant: Grant, wanted: set[Outcome]) -> tuple[Reason, ...]:
    """Return what exclusions and rations say, where the outcome is one of those wanted."""
    found: list[Reason] = []
    for rule in reader.program.exclusions:
        if grant.key in rule.grants:
            found.extend(_exclusion(reader, grant, rule))
    for ration in reader.program.rations:
        if ration.grant == grant.key:
            place = Place(ration.key, type=TRUTH, span=ration.span)
            step = reader.own(grant, place)
            reason = Reason(Kind.RATION, outcome_of(step.value), step, step, ration.key)
            found.append(evolve(reason, citations=ration.citations, failure=failure_of(step.value)))
    return tuple(reason for reason in found if reason.outcome in wanted)


def _exclusion(reader: Reader, grant: Grant, rule: Exclusion) -> Iterator[Reason]:
    span, entity = rule.span, grant.entity
    at = rule.grants.index(grant.key)
    match rule.how:
        case "choice":
            if rule.choice is None:
                return
            name = Constant(grant.name, type=core(rule.choice.type), span=span)
            says = Compare("=", rule.choice, name, type=TRUTH, span=span)
            found = reader.reason(Kind.CHOICE, Outcome.HOLDS, reader.own(grant, says))
            outcome = outcome_of(found.statement.value)
            yield evolve(found, outcome=outcome, citations=rule.citations)
        case "order" | "highest":
            rivals = rule.grants[:at] if rule.how == "order" else rule.grants
            kind = Kind.PRECEDENCE if rule.how == "order" else Kind.HIGHER
            for key in rivals:
                if key == grant.key:
                    continue
                step = reader.own(grant, Use(entity, f"{key}/eligible", type=TRUTH, span=span))
                sides: tuple[Step, ...] = ()
                stands = step.value
                if rule.how == "highest":
                    op = ">=" if rule.grants.index(key) < at else ">"
                    sides, stands = _beaten(reader, grant, key, op, step)
                yield Reason(
                    kind,
                    outcome_of(negated(stands)),
                    step,
                    step,
                    key,
                    sides=sides,
                    citations=rule.citations,
                    failure=failure_of(stands),
                )
        case _:
            assert_never(rule.how)


def _beaten(
    reader: Reader, grant: Grant, key: str, op: str, eligible: Step
) -> tuple[tuple[Step, ...], Value]:
    """Return both amounts, and whether a rival with the higher one stands before a grant."""
    span, entity = grant.span, grant.entity
    type_ = reader.program.definition[grant.payment].type
    ours = Use(entity, grant.payment, type=type_, span=span)
    theirs = Use(entity, f"{key}/amount", type=type_, span=span)
    more = Compare(">=" if op == ">=" else ">", theirs, ours, type=TRUTH, span=span)
    both = And((eligible.expression, more), type=TRUTH, span=span)
    return (reader.own(grant, theirs), reader.own(grant, ours)), reader.own(grant, both).value
