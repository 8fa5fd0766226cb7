"""Rules as written to definitions: steps, groups, grants, exclusions, rations, requirements."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, assert_never

from attrs import evolve, frozen

from aidrules.check.expressions import (
    after,
    cases,
    citation,
    date_rules,
    duration,
    expression,
    failed,
    fit,
    guard,
    present,
    result,
    rounded,
    truth,
    use,
    value_type,
    wanted,
)
from aidrules.check.figures import decision
from aidrules.check.scope import Amendment, GroupSymbol, Scope, Symbol, force_of
from aidrules.diagnostics import catalogue
from aidrules.program import (
    And,
    Appeal,
    Branch,
    Cases,
    Citation,
    Compare,
    Constant,
    Deadline,
    Definition,
    Else,
    Exclusion,
    Expr,
    Extreme,
    Fail,
    Grant,
    Line,
    Not,
    Office,
    Or,
    Payable,
    Place,
    Ration,
    Recorded,
    Requirement,
    Role,
    Shift,
    Today,
    Use,
    Word,
)
from aidrules.source import Span
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

# ---------------------------------------------------------------- steps


def definition(symbol: Symbol, scope: Scope) -> Definition | None:
    """Return a named step, its amendments put in."""
    item = symbol.item
    if not isinstance(item, ast.Define):
        return None
    home = scope.at(symbol.entity)
    citations = _citations(item.clauses, home)
    rows = [clause for clause in item.clauses if isinstance(clause, ast.Row)]
    versions = [clause for clause in item.clauses if isinstance(clause, ast.Version)]
    shapings = _shapings(item.clauses)
    if rows and versions:
        home.report(catalogue.table_and_cases(rows[0].span, symbol.name))
    if rows:
        body = decision(rows, symbol.type, home, item.name.span) or failed(item.name.span)
    elif versions:
        body = _versions(versions, symbol.type, item.name.span, home)
    else:
        home.report(catalogue.define_without_value(item.name.span, symbol.name))
        body = failed(item.name.span)
    plain = (body, shapings, home)
    body = _amended(plain, symbol, scope)
    return Definition(
        symbol.key,
        symbol.name,
        symbol.module,
        symbol.entity,
        symbol.type,
        body,
        citations,
        Role.DEFINE,
        item.name.span,
    )


def group(symbol: GroupSymbol, scope: Scope) -> Definition:
    """Return the yes-or-no step whether a record belongs to a group."""
    home = scope.at(symbol.kind)
    entity = home.entity_of(symbol.item.entity)
    if entity is not None and not scope.names.is_below(symbol.kind, entity):
        home.report(catalogue.not_below(symbol.item.kind.span, symbol.kind, entity))
    return Definition(
        symbol.key,
        symbol.name,
        symbol.module,
        symbol.kind,
        TRUTH,
        truth(symbol.item.condition, home),
        _citations(symbol.item.cites, home),
        Role.GROUP,
        symbol.item.name.span,
    )


def _versions(versions: list[ast.Version], type_: Type, span: Span, scope: Scope) -> Expr:
    """Return the cases of each version, chosen by date."""
    blocks: list[tuple[int | None, int | None, list[ast.Version]]] = []
    for version in versions:
        first = version.first.ordinal if version.first else None
        last = version.last.ordinal if version.last else None
        if blocks and (version.first is None or blocks[-1][:2] == (first, last)):
            blocks[-1][2].append(version)
        else:
            blocks.append((first, last, [version]))
    if len(blocks) == 1 and blocks[0][:2] == (None, None):
        return _block(blocks[0][2], type_, span, scope)
    ordered = sorted(blocks, key=lambda block: block[0] or 0)
    branches: list[Branch] = []
    for n, (first, last, block) in enumerate(ordered):
        if first is not None and last is not None and last < first:
            scope.report(catalogue.until_before_from(block[0].span))
        following = ordered[n + 1] if n + 1 < len(ordered) else None
        if following is not None and (
            following[0] == first or (last is not None and last >= (following[0] or 0))
        ):
            scope.report(catalogue.overlapping_versions(following[2][0].span, block[0].span))
        if following is not None and last is not None and (following[0] or 0) > last + 1:
            scope.report(
                catalogue.hole_between_versions(
                    following[2][0].span, last + 1, (following[0] or 0) - 1
                )
            )
        body = _block(block, type_, span, scope)
        place = block[0].span
        condition = in_force(first, last, place)
        branches.append(Branch(condition or Constant(value=True, type=TRUTH, span=place), body))
    branches.reverse()
    missing = Fail("no-version", type=type_, span=span)
    return Cases(tuple(branches), missing, type=type_, span=span)


def _block(versions: list[ast.Version], type_: Type, span: Span, scope: Scope) -> Expr:
    found = [(v.case, _reader(v.result, v.cite, type_)) for v in versions]
    return cases(found, span, scope)


def _reader(written: ast.Result, cite: ast.Cite | None, type_: Type) -> Callable[[Scope], Expr]:
    return lambda scope: _cited(result(written, scope, type_), cite, scope)


def in_force(first: int | None, last: int | None, span: Span) -> Expr | None:
    """Return whether today lies between two days, both included; None if it always does."""
    today = Today(type=DATE, span=span)
    conditions: list[Expr] = []
    if first is not None:
        day = Constant(first, type=DATE, span=span)
        conditions.append(Compare(">=", today, day, type=TRUTH, span=span))
    if last is not None:
        day = Constant(last, type=DATE, span=span)
        conditions.append(Compare("<=", today, day, type=TRUTH, span=span))
    match conditions:
        case []:
            return None
        case [only]:
            return only
        case _:
            return And(tuple(conditions), type=TRUTH, span=span)


def _cited(value: Expr, cite: ast.Cite | None, scope: Scope) -> Expr:
    found = citation(cite, scope)
    return evolve(value, cites=found) if found else value


def _citations(clauses: Iterable[ast.Node], scope: Scope) -> tuple[Citation, ...]:
    return tuple(
        found
        for clause in clauses
        if isinstance(clause, ast.Cite)
        for found in citation(clause, scope)
    )


def _shapings(clauses: Iterable[ast.Node]) -> list[ast.Shaping]:
    return [
        clause for clause in clauses if isinstance(clause, ast.Rounded | ast.AtLeast | ast.UpTo)
    ]


def _shape(value: Expr, shapings: list[ast.Shaping], scope: Scope) -> Expr:
    """Apply `at least`, `up to` and `rounded` lines in the order written."""
    for shaping in shapings:
        if isinstance(value.type, Undetermined):
            return value
        match shaping:
            case ast.Rounded(mode=mode, quantum=quantum):
                value = rounded(value, mode, quantum, scope, shaping.span)
            case ast.AtLeast(value=limit):
                bound = wanted(limit, scope, value.type)
                value = Extreme("highest", (value, bound), type=value.type, span=shaping.span)
            case ast.UpTo(value=limit):
                bound = wanted(limit, scope, value.type)
                value = Extreme("lowest", (value, bound), type=value.type, span=shaping.span)
            case _:
                assert_never(shaping)
        value = _cited(value, shaping.cite, scope)
    return value


# ---------------------------------------------------------------- amendments


def _amended(base: tuple[Expr, list[ast.Shaping], Scope], symbol: Symbol, scope: Scope) -> Expr:
    """Return a value and its shaping with the amendments put in, the winning one outermost."""
    value, shapings, home = base
    shaped: list[tuple[Expr, list[ast.Shaping], Scope]] = []
    for amendment in scope.names.amendments.get(symbol.key, ()):
        place = evolve(scope, module=amendment.module, entity=symbol.entity)
        holds = guard(amendment, place)
        branches = _replacement(amendment, symbol.type, holds, place)
        if branches:
            value = Cases(tuple(branches), value, type=symbol.type, span=amendment.item.target.span)
        own = _shapings(amendment.item.clauses)
        if own:
            shaped.append((holds, own, place))
    body = _shape(value, shapings, home)
    for holds, own, place in shaped:
        branch = Branch(holds, _shape(value, own, place))
        body = Cases((branch,), body, type=symbol.type, span=holds.span)
    conflict = _conflicts(symbol, scope)
    if conflict:
        body = Cases(tuple(conflict), body, type=symbol.type, span=symbol.item.name.span)
    return body


def _replacement(amendment: Amendment, type_: Type, holds: Expr, scope: Scope) -> list[Branch]:
    """Return what an amendment puts before the value: cases that fall through, or the whole."""
    branches: list[Branch] = []
    rows = [clause for clause in amendment.item.clauses if isinstance(clause, ast.Row)]
    if rows:
        table = decision(rows, type_, scope, amendment.item.target.span)
        if table is not None:
            branches.append(Branch(holds, table))
    for clause in amendment.item.clauses:
        match clause:
            case ast.Amount(result=written, case=case, cite=cite):
                pass
            case ast.Version(result=written, case=case, cite=cite, first=first, last=last):
                limit = in_force(
                    first.ordinal if first else None, last.ordinal if last else None, clause.span
                )
                if limit is not None:
                    holds = And((holds, limit), type=TRUTH, span=clause.span)
            case _:
                continue
        value = _cited(result(written, scope, type_), cite, scope)
        condition = holds
        if isinstance(case, ast.WhenCase):
            condition = And((holds, truth(case.condition, scope)), type=TRUTH, span=clause.span)
        branches.append(Branch(condition, value))
    return branches


def _conflicts(symbol: Symbol, scope: Scope) -> list[Branch]:
    """Report amendments of files of which neither uses the other, and fail where both hold."""
    amendments = scope.names.amendments.get(symbol.key, ())
    branches: list[Branch] = []
    for n, one in enumerate(amendments):
        for other in amendments[n + 1 :]:
            if not _may_conflict(one, other, scope):
                continue
            places = [
                guard(a, evolve(scope, module=a.module, entity=symbol.entity)) for a in (one, other)
            ]
            if _are_disjoint(places[0], places[1]):
                continue
            scope.report(
                catalogue.amendments_may_conflict(
                    other.item.target.span,
                    symbol.name,
                    one.module,
                    other.module,
                    one.item.target.span,
                )
            )
            span = other.item.target.span
            facts = (("name", symbol.name), ("one", one.module), ("other", other.module))
            branches.append(
                Branch(
                    And(tuple(places), type=TRUTH, span=span),
                    Fail("amendment-conflict", facts, type=symbol.type, span=span),
                )
            )
    return branches


def _may_conflict(one: Amendment, other: Amendment, scope: Scope) -> bool:
    modules = scope.names.modules
    related = (
        one.module in modules[other.module].visible or other.module in modules[one.module].visible
    )
    replaces = (ast.Amount, ast.Version, ast.Row, ast.Rounded, ast.AtLeast, ast.UpTo)
    both = all(any(isinstance(c, replaces) for c in a.item.clauses) for a in (one, other))
    apart = (one.last is not None and other.first is not None and one.last < other.first) or (
        other.last is not None and one.first is not None and other.last < one.first
    )
    return both and not related and not apart


def _are_disjoint(one: Expr, other: Expr) -> bool:
    """Whether two conditions ask one choice for different values, as parts that must all hold."""
    return any(
        left.left == right.left and left.right != right.right
        for left in _parts(one)
        for right in _parts(other)
        if isinstance(left, Compare)
        and isinstance(right, Compare)
        and left.op == right.op == "="
        and isinstance(left.right, Constant)
        and isinstance(right.right, Constant)
    )


def _parts(condition: Expr) -> tuple[Expr, ...]:
    return condition.items if isinstance(condition, And) else (condition,)


# ---------------------------------------------------------------- grants


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
            values = {name.text.rpartition(".")[2] for name in item.grants}
            if not isinstance(core(choice.type), Choice) or (
                isinstance(core(choice.type), Choice) and not values <= set(_values(choice.type))
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
        _citations(item.clauses, scope),
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
        _citations(item.clauses, home),
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
    yield define(found.eligible, TRUTH, _all(conditions, span), Role.ELIGIBLE)
    claims: list[Expr] = [Use(entity, found.eligible, type=TRUTH, span=span)]
    for rule in competition.exclusions:
        rivals = _rivals(found, rule, symbol.type)
        if rivals is not None:
            claims.append(rivals)
    rations = [r for r in competition.rations if r.grant == found.key]
    receives = _all(claims, span)
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


def _all(conditions: list[Expr], span: Span) -> Expr:
    match conditions:
        case []:
            return Constant(value=True, type=TRUTH, span=span)
        case [only]:
            return only
        case _:
            return And(tuple(conditions), type=TRUTH, span=span)


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
    shapings = _shapings(item.clauses)
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
    found = [(c.case, _reader(c.result, c.cite, symbol.type)) for c in written]
    value = cases(found, item.name.span, scope)
    return _amended((value, shapings, scope), symbol, scope)


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
        citations = line.citations or _citations(amendment.item.clauses, place)
        lines.append(Line(condition, line.is_exception, citations))


# ---------------------------------------------------------------- requirements


def requirement(symbol: Symbol, scope: Scope) -> Requirement | None:
    """Return an obligation on data."""
    item = symbol.item
    if not isinstance(item, ast.Require):
        return None
    home = scope.at(symbol.entity)
    lines = tuple(
        Line(truth(c.condition, home), is_exception=False, citations=citation(c.cite, home))
        for c in item.clauses
        if isinstance(c, ast.That)
    )
    if not lines:
        home.report(catalogue.requirement_without_lines(item.name.span, symbol.name))
    return Requirement(
        symbol.key,
        symbol.name,
        symbol.module,
        symbol.entity or "",
        lines,
        _citations(item.clauses, home),
        item.name.span,
    )


def obligation(found: Requirement) -> Definition:
    """Return the definition whether a requirement holds."""
    return Definition(
        found.key,
        found.name,
        found.module,
        found.entity,
        TRUTH,
        _all([line.condition for line in found.lines], found.span),
        found.citations,
        Role.REQUIREMENT,
        found.span,
    )
