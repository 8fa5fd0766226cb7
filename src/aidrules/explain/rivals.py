"""What stands between claims to reasons: what excludes another, and places in a ration."""

from collections.abc import Iterator
from typing import assert_never

from attrs import evolve

from aidrules.explain.reading import Reader, negated, outcome_of
from aidrules.explain.reasons import Kind, Outcome, Reason
from aidrules.program import And, Compare, Constant, Exclusion, Grant, Place, Use
from aidrules.trace import Step
from aidrules.types import TRUTH, core
from aidrules.values import Value, failure_of


def competition(reader: Reader, grant: Grant, wanted: set[Outcome]) -> tuple[Reason, ...]:
    """Return what exclusions and rations say of a grant, if that is one of the outcomes."""
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
            yield evolve(found, outcome=outcome, about=grant.key, citations=rule.citations)
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
