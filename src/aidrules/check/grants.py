"""Grants as written to what decides them: eligible, amount, receives, value."""

from collections.abc import Iterable, Sequence
from typing import Literal, assert_never

from attrs import evolve, frozen

from aidrules.check.amending import amended
from aidrules.check.citations import citation
from aidrules.check.conditions import all_of, present
from aidrules.check.expressions import (
    after,
    cases,
    duration,
    expression,
    guard,
    truth,
    use,
    value_type,
    wanted,
)
from aidrules.check.operators import date_rules, failed, fit
from aidrules.check.rules import reader
from aidrules.check.scope import Amendment, Scope, Symbol, force_of
from aidrules.check.shaping import cited_by, in_force, shaping_lines
from aidrules.diagnostics import catalogue
from aidrules.program import (
    And,
    Appeal,
    Branch,
    Cases,
    Compare,
    Constant,
    Deadline,
    Definition,
    Else,
    Exclusion,
    Expr,
    Extreme,
    Grant,
    Line,
    Not,
    Office,
    Or,
    Payable,
    Place,
    Ration,
    Recorded,
    Role,
    Shift,
    Today,
    Use,
    Word,
)
from aidrules.syntax import ast
from aidrules.types import (
    DATE,
    NUMBER,
    TRUTH,
    Choice,
    Optional,
    Quantity,
    Selection,
    Truth,
    Type,
    Undetermined,
    agree,
    core,
    is_ordered,
)
from aidrules.values import ABSENT, Scalar

MOST_RIVALS = 100
"""How many grants may stand in one `only one of`: each is held against all the others."""


@frozen
class Competition:
    """What else decides whether an eligible claim is granted."""

    exclusions: tuple[Exclusion, ...]
    rations: tuple[Ration, ...]


def exclusion(item: ast.OnlyOneOf, scope: Scope) -> Exclusion | None:
    """Return an `only one of` line, or report what is wrong with it."""
    symbols = [scope.anywhere(name) for name in item.grants]
    grants = [s for s in symbols if s is not None and isinstance(s.item, ast.Grant)]
    for name, symbol in zip(item.grants, symbols, strict=True):
        if symbol is not None and not isinstance(symbol.item, ast.Grant):
            scope.report(catalogue.not_a_grant(name.span, name.text))
    if len(grants) != len(symbols) or not grants:
        return None
    if len(grants) > MOST_RIVALS:
        scope.report(
            catalogue.too_many_rivals(item.grants[MOST_RIVALS].span, len(grants), MOST_RIVALS)
        )
        return None
    entity = grants[0].entity
    for name, grant in zip(item.grants, grants, strict=True):
        if grant.entity != entity:
            scope.report(
                catalogue.grants_on_different_records(
                    name.span, name.text, grant.entity or "", grants[0].name, entity or ""
                )
            )
            return None
    choice = None
    how: Literal["order", "highest", "choice"] = "order"
    match item.how:
        case ast.InThisOrder():
            pass
        case ast.TheHighest():
            how = "highest"
            for name, grant in zip(item.grants, grants, strict=True):
                if not agree(grant.type, grants[0].type) or not is_ordered(core(grant.type)):
                    scope.report(
                        catalogue.grants_not_comparable(name.span, name.text, grants[0].name)
                    )
                    return None
        case ast.AsSays(fact=fact):
            how = "choice"
            says = scope.at(entity).named(fact)
            if says is None:
                return None
            choice = use(says, fact.span, scope.at(entity))
            values = dict.fromkeys(name.text.rpartition(".")[2] for name in item.grants)
            if not isinstance(core(choice.type), Choice) or (
                isinstance(core(choice.type), Choice)
                and not set(values) <= set(_values(choice.type))
            ):
                scope.report(catalogue.choice_names_no_grant(fact.span, fact.text, tuple(values)))
                return None
        case _:
            assert_never(item.how)
    return Exclusion(
        tuple(grant.key for grant in grants), how, choice, citation(item.cite, scope), item.span
    )


def _values(type_: Type) -> tuple[str, ...]:
    found = core(type_)
    return found.values if isinstance(found, Choice) else ()


def ration(item: ast.Ration, scope: Scope, key: str) -> Ration | None:
    """Return a ration, or report what is wrong with it."""
    symbol = scope.anywhere(item.grant)
    entity = scope.entity_of(item.entity)
    if symbol is None or entity is None:
        return None
    if not isinstance(symbol.item, ast.Grant):
        scope.report(catalogue.not_a_grant(item.grant.span, item.grant.text))
        return None
    if not scope.names.is_below(symbol.entity or "", entity):
        scope.report(catalogue.not_below(item.grant.span, symbol.entity or "", entity))
        return None
    fund: Expr | None = None
    orders: list[tuple[Expr, bool]] = []
    passes_over = False
    claim = scope.at(symbol.entity)
    for clause in item.clauses:
        match clause:
            case ast.Cite():
                pass
            case ast.UpTo(value=value):
                unit = symbol.type if isinstance(core(symbol.type), Quantity) else NUMBER
                fund = wanted(value, scope.at(entity), unit, bare=True)
            case ast.First(orders=written):
                for order in written:
                    value_ = expression(order.value, claim)
                    if isinstance(value_.type, Optional):
                        scope.report(catalogue.may_be_none(order.value.span))
                    elif order.word == "yes":
                        value_ = fit(value_, TRUTH, claim)
                    orders.append((value_, order.word in {"highest", "latest", "yes"}))
            case ast.PassOver():
                passes_over = True
            case _:
                assert_never(clause)
    if fund is None:
        scope.report(catalogue.ration_without_fund(item.span, symbol.name))
        return None
    return Ration(
        key,
        symbol.key,
        entity,
        fund,
        tuple(orders),
        passes_over,
        cited_by(item.clauses, scope),
        item.span,
    )


def grant(
    symbol: Symbol, scope: Scope, competition: Competition
) -> tuple[Grant, list[Definition]] | None:
    """Return a grant and the definitions that carry its meaning."""
    item = symbol.item
    if not isinstance(item, ast.Grant):
        return None
    home = scope.at(symbol.entity)
    span = item.name.span
    lines = _lines(item, symbol, home)
    at_most = _at_most(item, symbol, home)
    if at_most is not None:
        lines.append(Line(at_most[1], is_exception=False, citations=()))
    passed = tuple(found for line in lines for found in present(line.condition, holds=True))
    amount = _amount(item, symbol, home.knowing(passed))
    deadlines, offices, appeal, paid_from = _dates(item, home)
    for amendment in scope.names.amendments.get(symbol.key, ()):
        _amend_conditions(amendment, symbol, lines, deadlines, offices, scope)
    entity = symbol.entity or ""
    found = Grant(
        symbol.key,
        symbol.name,
        symbol.module,
        Word(item.word),
        entity,
        None if item.type is None else symbol.type,
        tuple(lines),
        amount,
        tuple(deadlines),
        tuple(offices),
        paid_from,
        at_most[0] if at_most is not None else None,
        any(isinstance(clause, ast.Urgent) for clause in item.clauses),
        appeal,
        tuple(clause.text.text for clause in item.clauses if isinstance(clause, ast.Say)),
        cited_by(item.clauses, home),
        span,
    )
    return found, list(_meaning(found, symbol, competition))


def _meaning(found: Grant, symbol: Symbol, competition: Competition) -> Iterable[Definition]:
    """Yield the definitions of a grant: eligible, amount, receives, value."""
    span, entity = found.span, found.entity

    def define(key: str, type_: Type, body: Expr, role: Role) -> Definition:
        return Definition(
            key, found.name, found.module, entity, type_, body, found.citations, role, span
        )

    conditions = [line.condition for line in found.lines]
    if found.amount is not None:
        conditions.append(Payable(found.amount, type=TRUTH, span=found.amount.span))
        payment = found.amount
        if isinstance(core(payment.type), Quantity):
            zero = Constant(0, type=payment.type, span=span)
            payment = Extreme("highest", (payment, zero), type=payment.type, span=span)
        yield define(found.payment, symbol.type, payment, Role.AMOUNT)
    yield define(found.eligible, TRUTH, all_of(conditions, span), Role.ELIGIBLE)
    claims: list[Expr] = [Use(entity, found.eligible, type=TRUTH, span=span)]
    for rule in competition.exclusions:
        rivals = _rivals(found, rule, symbol.type)
        if rivals is not None:
            claims.append(rivals)
    rations = [r for r in competition.rations if r.grant == found.key]
    receives = all_of(claims, span)
    if rations:
        yield define(f"{found.key}/claims", TRUTH, receives, Role.ELIGIBLE)
        places = [Place(r.key, type=TRUTH, span=r.span, cites=r.citations) for r in rations]
        claim = Use(entity, f"{found.key}/claims", type=TRUTH, span=span)
        receives = And((claim, *places), type=TRUTH, span=span)
    yield define(found.receives, TRUTH, receives, Role.RECEIVES)
    granted = Use(entity, found.receives, type=TRUTH, span=span)
    if found.amount is None:
        yield define(found.key, TRUTH, granted, Role.VALUE)
        return
    type_ = value_type(symbol)
    paid = Use(entity, found.payment, type=symbol.type, span=span)
    nothing = Constant(_nothing(core(symbol.type)), type=type_, span=span)
    body = Cases((Branch(granted, paid),), nothing, type=type_, span=span)
    yield define(found.key, type_, body, Role.VALUE)


def _nothing(type_: Type) -> Scalar:
    match type_:
        case Quantity() | Undetermined():
            return 0
        case Truth():
            return False
        case Selection():
            return frozenset()
        case _:
            return ABSENT


def _rivals(found: Grant, rule: Exclusion, type_: Type) -> Expr | None:
    """Return what an exclusion asks of one of its grants beside being eligible."""
    if found.key not in rule.grants:
        return None
    span, entity, cites = rule.span, found.entity, rule.citations
    at = rule.grants.index(found.key)

    def eligible(key: str) -> Expr:
        return Use(entity, f"{key}/eligible", type=TRUTH, span=span)

    match rule.how:
        case "order":
            earlier = tuple(eligible(key) for key in rule.grants[:at])
            if not earlier:
                return None
            taken: Expr = Or(earlier, type=TRUTH, span=span) if len(earlier) > 1 else earlier[0]
            return Not(taken, type=TRUTH, span=span, cites=cites)
        case "highest":
            own = Use(entity, found.payment, type=type_, span=span)
            beaten: list[Expr] = []
            for n, key in enumerate(rule.grants):
                if key == found.key:
                    continue
                other = Use(entity, f"{key}/amount", type=type_, span=span)
                op: Literal[">", ">="] = ">=" if n < at else ">"
                more = Compare(op, other, own, type=TRUTH, span=span)
                beaten.append(And((eligible(key), more), type=TRUTH, span=span))
            any_beats = Or(tuple(beaten), guards=False, type=TRUTH, span=span)
            return Not(any_beats, type=TRUTH, span=span, cites=cites)
        case "choice":
            if rule.choice is None:
                return None
            name = Constant(found.name, type=core(rule.choice.type), span=span)
            return Compare("=", rule.choice, name, type=TRUTH, span=span, cites=cites)
        case _:
            assert_never(rule.how)


def _lines(item: ast.Grant, symbol: Symbol, scope: Scope) -> list[Line]:
    lines: list[Line] = []
    first, last = force_of(scope.names.modules[symbol.module])
    starts = [d for d in (item.first.ordinal if item.first else None, first) if d is not None]
    ends = [d for d in (item.last.ordinal if item.last else None, last) if d is not None]
    force = in_force(max(starts, default=None), min(ends, default=None), item.name.span)
    if force is not None:
        lines.append(Line(force, is_exception=False, citations=()))
    lines.extend(_conditions(item.clauses, scope))
    return lines


def _conditions(clauses: Iterable[ast.Node], scope: Scope) -> list[Line]:
    lines: list[Line] = []
    for clause in clauses:
        match clause:
            case ast.When(condition=condition, cite=cite):
                test = truth(condition, scope)
                lines.append(Line(test, is_exception=False, citations=citation(cite, scope)))
            case ast.Unless(condition=condition, cite=cite):
                test = Not(truth(condition, scope), type=TRUTH, span=clause.span)
                lines.append(Line(test, is_exception=True, citations=citation(cite, scope)))
            case _:
                continue
        scope = scope.knowing(present(test, holds=True))
    return lines


def _amount(item: ast.Grant, symbol: Symbol, scope: Scope) -> Expr | None:
    written = [clause for clause in item.clauses if isinstance(clause, ast.Amount)]
    shapings = shaping_lines(item.clauses)
    if item.type is None:
        for clause in [*written, *shapings]:
            scope.report(catalogue.amount_without_type(clause.span, symbol.name))
        return None
    if isinstance(core(symbol.type), Truth):
        scope.report(catalogue.amount_without_type(item.name.span, symbol.name))
        return None
    if not written:
        scope.report(catalogue.grant_without_amount(item.name.span, symbol.name))
        return failed(item.name.span)
    found = [(c.case, reader(c.result, c.cite, symbol.type)) for c in written]
    value = cases(found, item.name.span, scope)
    return amended((value, shapings, scope), symbol, scope)


def _at_most(item: ast.Grant, symbol: Symbol, scope: Scope) -> tuple[Expr, Expr] | None:
    """Return the longest time of payment, and the condition that it is not over."""
    clause = next((c for c in item.clauses if isinstance(c, ast.ForAtMost)), None)
    if clause is None:
        return None
    found = duration(clause.period, scope)
    if found is None:
        return None
    length, unit = found
    span, entity = clause.span, symbol.entity or ""
    today = Today(type=DATE, span=span)
    run = Recorded(entity, symbol.key, "run_from", type=Optional(DATE), span=span)
    began = Else(run, today, type=DATE, span=span)
    ran = Recorded(entity, symbol.key, "receives", type=TRUTH, span=span)
    over = Shift(began, length, 1, unit, date_rules(scope), type=DATE, span=span)
    goes_on = Compare("<", today, over, type=TRUTH, span=span)
    first_time = Not(ran, type=TRUTH, span=span)
    cites = citation(clause.cite, scope)
    return length, Or((first_time, goes_on), type=TRUTH, span=span, cites=cites)


def _dates(
    item: ast.Grant, scope: Scope
) -> tuple[list[Deadline], list[Office], Appeal | None, Expr | None]:
    """Return what a decision says beside its amount; none of it changes whether it is given."""
    deadlines: list[Deadline] = []
    offices: list[Office] = []
    appeal: Appeal | None = None
    paid_from: Expr | None = None
    for clause in item.clauses:
        match clause:
            case ast.Deadline():
                _report_unreached(deadlines, clause, scope)
                deadlines.extend(_deadline(clause, scope, None))
            case ast.DecidedBy():
                _report_unreached(offices, clause, scope)
                offices.append(_office(clause, scope, None))
            case ast.Appeal(office=office, period=period, start=written, cite=cite):
                start = wanted(written, scope, Optional(DATE))
                found = after(start, period, scope, clause.span)
                if found is not None:
                    length, due = found
                    appeal = Appeal(office.text, length, start, due, citation(cite, scope))
            case ast.PaidFrom(date=date):
                paid_from = wanted(date, scope, Optional(DATE))
            case _:
                pass
    return deadlines, offices, appeal, paid_from


def _report_unreached(earlier: Sequence[Deadline | Office], clause: ast.Node, scope: Scope) -> None:
    if any(rule.condition is None for rule in earlier):
        scope.report(catalogue.never_reached(clause.span))


def _deadline(clause: ast.Deadline, scope: Scope, holds: Expr | None) -> list[Deadline]:
    start = wanted(clause.start, scope, Optional(DATE))
    found = after(start, clause.period, scope, clause.span)
    if found is None:
        return []
    length, due = found
    condition = _case(clause.case, scope, holds)
    return [Deadline(length, start, due, condition, citation(clause.cite, scope))]


def _office(clause: ast.DecidedBy, scope: Scope, holds: Expr | None) -> Office:
    condition = _case(clause.case, scope, holds)
    return Office(clause.office.text, condition, citation(clause.cite, scope))


def _case(case: ast.Case | None, scope: Scope, holds: Expr | None) -> Expr | None:
    condition = truth(case.condition, scope) if isinstance(case, ast.WhenCase) else None
    match condition, holds:
        case None, _:
            return holds
        case _, None:
            return condition
        case _:
            return And((holds, condition), type=TRUTH, span=condition.span)


def _amend_conditions(
    amendment: Amendment,
    symbol: Symbol,
    lines: list[Line],
    deadlines: list[Deadline],
    offices: list[Office],
    scope: Scope,
) -> None:
    """Put in the conditions, deadlines and offices of an amendment, those of the winning first."""
    place = evolve(scope, module=amendment.module, entity=symbol.entity)
    holds = guard(amendment, place)
    new_deadlines: list[Deadline] = []
    new_offices: list[Office] = []
    for clause in amendment.item.clauses:
        match clause:
            case ast.Deadline():
                new_deadlines.extend(_deadline(clause, place, holds))
            case ast.DecidedBy():
                new_offices.append(_office(clause, place, holds))
            case ast.PaidFrom() | ast.ForAtMost() | ast.Urgent() | ast.Appeal() | ast.Say():
                place.report(catalogue.clause_not_amendable(clause.span))
            case _:
                pass
    deadlines[:0] = new_deadlines
    offices[:0] = new_offices
    for line in _conditions(amendment.item.clauses, place):
        span = line.condition.span
        elsewhere = Not(holds, type=TRUTH, span=span)
        condition = Or((elsewhere, line.condition), type=TRUTH, span=span)
        citations = line.citations or cited_by(amendment.item.clauses, place)
        lines.append(Line(condition, line.is_exception, citations))
