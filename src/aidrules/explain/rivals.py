"""What stands between claims to reasons: what excludes another, and places in a ration."""

from collections.abc import Iterator
from fractions import Fraction
from typing import assert_never

from attrs import evolve

from aidrules.case import Record
from aidrules.explain.reading import Reader, negated, outcome_of
from aidrules.explain.reasons import Kind, Outcome, Rank, Reason
from aidrules.program import And, Compare, Constant, Exclusion, Grant, Place, Ration, Use
from aidrules.trace import Step
from aidrules.types import TRUTH, core
from aidrules.values import Exact, Failure, Number, Possible, Value, failure_of


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
            found.append(
                Reason(
                    Kind.RATION,
                    outcome_of(step.value),
                    step,
                    step,
                    ration.key,
                    rank=_rank(reader, ration, step),
                    citations=ration.citations,
                    rests=_fund(reader, ration, step),
                    failure=failure_of(step.value),
                )
            )
    return tuple(reason for reason in found if reason.outcome in wanted)


def _fund(reader: Reader, ration: Ration, place: Step) -> tuple[Step, ...]:
    """Return what there is, if that was asked for."""
    steps = reader.trace.operands(place)
    return tuple(step for step in steps[:1] if step.expression is ration.fund)


def _rank(reader: Reader, ration: Ration, place: Step) -> Rank | None:
    """Return where a claim stands; None if that is open, or another stands beside it."""
    fund, *steps = reader.trace.operands(place) or (None,)
    if fund is None or not isinstance(fund.value, int | Fraction):
        return None
    claims: dict[Record, list[Step]] = {}
    for step in steps:
        claims.setdefault(step.record, []).append(step)
    keys = [key for key, _ in ration.orders]
    ranked: dict[Record, tuple[list[Number], Exact]] = {}
    for record, asked in claims.items():
        if any(isinstance(each.value, Possible | Failure) or record.is_unlisted for each in asked):
            return None
        if record is not place.record and asked[0].value is not True:
            continue
        found = {id(each.expression): each.value for each in asked}
        values = [found.get(id(key)) for key in keys]
        numbers = [value for value in values if isinstance(value, int | Fraction)]
        if len(numbers) < len(values):
            return None
        ranks: list[Number] = [
            -number if highest else number
            for number, (_, highest) in zip(numbers, ration.orders, strict=True)
        ]
        paid = [each.value for each in asked if isinstance(each.expression, Use) and _pays(each)]
        amount = paid[0] if paid and isinstance(paid[0], int | Fraction) else 1
        ranked[record] = ranks, amount
    if place.record not in ranked:
        return None
    mine, _ = ranked.pop(place.record)
    if any(ranks == mine for ranks, _ in ranked.values()):
        return None
    front = sorted((ranks, other) for ranks, other in ranked.values() if ranks < mine)
    taken: Exact = 0
    for _, other in front:
        if taken + other > fund.value:
            if not ration.passes_over:
                break
            continue
        taken += other
    own = claims[place.record]
    asked_by = tuple(each for each in own if any(each.expression is key for key in keys))
    return Rank(len(front) + 1, len(ranked) + 1, taken, fund, asked_by)


def _pays(step: Step) -> bool:
    """Whether a step is the amount of a claim."""
    return isinstance(step.expression, Use) and step.expression.key.endswith("/amount")


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
