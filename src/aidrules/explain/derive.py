"""An evaluation to the reasons of one decision, in the order in which they count."""

from aidrules.case import Record
from aidrules.explain.parts import finished
from aidrules.explain.reading import Reader
from aidrules.explain.reasons import Kind, Outcome, Reason
from aidrules.explain.rivals import competition
from aidrules.program import Grant, Program, Requirement, Use
from aidrules.trace import Trace
from aidrules.types import TRUTH
from aidrules.values import Failure, Value


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
    reader = Reader(program, trace, record)
    if isinstance(subject, Requirement):
        return finished(
            reader,
            [reason for form in reader.forms(subject) for reason in reader.line(form, subject)],
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
    return finished(reader, found)


# ---------------------------------------------------------------- grants


def _granted(reader: Reader, grant: Grant) -> tuple[Reason, ...]:
    places = [r for r in competition(reader, grant, {Outcome.HOLDS}) if r.kind is Kind.RATION]
    lines = (*reader.conditions(grant), *places)
    if grant.amount is None:
        return lines
    return (*lines, *reader.amount(grant.amount, grant, Outcome.GIVES))


def _refused(reader: Reader, grant: Grant, eligible: Value) -> tuple[Reason, ...]:
    if eligible is not False:
        return competition(reader, grant, {Outcome.FAILS})[:1]
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
    if grant.amount is not None:  # what it would come to is asked for, even where it is certain
        open_lines.extend(reader.amount(grant.amount, grant, Outcome.GIVES))
    rivals = competition(reader, grant, {Outcome.UNDECIDED, Outcome.ERROR})
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
        found.extend(competition(reader, grant, {Outcome.ERROR, Outcome.UNDECIDED}))
    certain = [reason for reason in found if reason.outcome is Outcome.ERROR]
    possible = [reason for reason in found if reason.failure is not None]
    return tuple((certain or possible)[:1])
