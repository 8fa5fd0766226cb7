"""An expression as written to a typed one: names resolved, units checked, sugar gone."""

from collections.abc import Callable
from fractions import Fraction
from typing import Literal, assert_never

from attrs import evolve

from aidrules.check.conditions import is_complete, present
from aidrules.check.operators import (
    arithmetic,
    best_of,
    compared,
    converted,
    date_rules,
    failed,
    fit,
    joined,
    need_calendar,
    number_of,
    period_of,
    rounded,
    superlative,
    wrong,
)
from aidrules.check.scope import Amendment, GroupSymbol, Scope, Symbol, unit_of
from aidrules.diagnostics import catalogue
from aidrules.program import (
    And,
    AnyOver,
    Arithmetic,
    BestBy,
    BestOver,
    Boundary,
    Branch,
    Cases,
    Compare,
    Constant,
    CountOver,
    Else,
    EveryOver,
    Expr,
    FactUse,
    Fail,
    Figure,
    Follow,
    Includes,
    IsNone,
    MonthSum,
    Not,
    OneOf,
    OnRecord,
    Or,
    Part,
    PeriodsBetween,
    Present,
    Records,
    Shift,
    SumOver,
    Today,
    UnknownValue,
    Use,
    Within,
)
from aidrules.program import Recorded as RecordedValue
from aidrules.source import Span
from aidrules.spelling import nearest
from aidrules.syntax import ast
from aidrules.types import (
    COUNT,
    DATE,
    DAY,
    MONTH,
    NUMBER,
    TEXT,
    TRUTH,
    UNDETERMINED,
    YEAR,
    Choice,
    Described,
    Optional,
    Plain,
    Quantity,
    Reference,
    Selection,
    Truth,
    Type,
    Undetermined,
    Unit,
    core,
    is_ordered,
)
from aidrules.values import ABSENT, Scalar


def truth(node: ast.Expr, scope: Scope) -> Expr:
    """Return a yes-or-no expression."""
    return wanted(node, scope, TRUTH)


def wanted(node: ast.Expr, scope: Scope, type_: Type, *, bare: bool = False) -> Expr:
    """Return an expression of a type, or report that it has another.

    Args:
        bare: Whether a number without a unit takes the unit of the type.
    """
    return fit(expression(node, scope, type_, bare=bare), type_, scope)


def constant(node: ast.Expr, type_: Type, scope: Scope) -> Scalar | None:
    """Return the value of an expression that must be written out; None if it was reported."""
    choice = core(type_)
    if isinstance(node, ast.NameUse) and isinstance(choice, Choice):
        # Here a name is only ever a value, whatever rule is called so too.
        if node.name not in choice.values:
            near = nearest(node.name, choice.values)
            scope.report(catalogue.unknown_choice(node.span, node.name, near, choice.values))
            return None
        return node.name
    if isinstance(node, ast.Arithmetic):
        return _folded(node, type_, scope)
    value = wanted(node, scope, type_, bare=True)
    match value:
        case Constant(value=scalar):
            return scalar
        case Fail():
            return None
        case _:
            scope.report(catalogue.not_constant(node.span))
            return None


def _folded(node: ast.Arithmetic, type_: Type, scope: Scope) -> Scalar | None:
    """Return a sum, product or quotient of numbers written out: `3600 yuan / 3650 point`."""
    value = expression(node, scope)
    number = number_of(value)
    if number is None:
        if not isinstance(value, Fail):
            scope.report(catalogue.not_constant(node.span))
        return None
    plain = core(type_)
    if (
        isinstance(value.type, Quantity)
        and value.type.unit.is_plain
        and isinstance(plain, Quantity)
    ):
        return number
    return None if isinstance(fit(value, type_, scope), Fail) else number


def expression(
    node: ast.Expr, scope: Scope, expected: Type | None = None, *, bare: bool = False
) -> Expr:
    """Return the typed expression; what may be none and was asked for before is there.

    Args:
        expected: The type that the place wants, for values of choices, lists and bare numbers.
        bare: Whether a number without a unit takes the unit of the expected type.
    """
    value = _expression(node, scope, expected, bare=bare)
    if isinstance(value.type, Optional) and value in scope.present:
        return Present(value, type=core(value.type), span=value.span)
    return value


def _in_turn(items: tuple[ast.Expr, ...], scope: Scope, *, holds: bool) -> tuple[Expr, ...]:
    """Return the items of `and` (holds) or `or`, each read behind those before it."""
    found: list[Expr] = []
    for item in items:
        found.append(truth(item, scope))
        scope = scope.knowing(present(found[-1], holds=holds))
    return tuple(found)


def _expression(node: ast.Expr, scope: Scope, expected: Type | None, *, bare: bool) -> Expr:
    """Return the typed expression; what is wrong is reported and becomes undetermined.

    Args:
        expected: The type that the place wants, for values of choices, lists and bare numbers.
        bare: Whether a number without a unit takes the unit of the expected type.
    """
    span = node.span
    match node:
        case ast.Number():
            return _number(node, scope, expected, bare=bare)
        case ast.String(text=text):
            return Constant(text, type=TEXT, span=span)
        case ast.DateLiteral(ordinal=ordinal):
            return Constant(ordinal, type=DATE, span=span)
        case ast.Yes():
            return Constant(value=True, type=TRUTH, span=span)
        case ast.No():
            return Constant(value=False, type=TRUTH, span=span)
        case ast.NoneValue():
            if expected is None:
                scope.report(catalogue.none_misplaced(span))
                return failed(span)
            return Constant(ABSENT, type=Optional(core(expected)), span=span)
        case ast.Today():
            return Today(type=DATE, span=span)
        case ast.NameUse(name=name):
            return _name(name, span, scope, expected)
        case ast.Qualified(module=module, name=name):
            symbol = scope.value(name, span, module)
            return failed(span) if symbol is None else use(symbol, span, scope)
        case ast.Path():
            return _path(node, scope)
        case ast.Lookup():
            return _lookup(node, scope, None)
        case ast.On():
            return _on(node, scope)
        case ast.Convert():
            return converted(expression(node.value, scope), node.period, span, scope)
        case ast.Negative(value=inner):
            value = expression(inner, scope, expected, bare=bare)
            if not isinstance(value.type, Quantity | Undetermined):
                return wrong(value, NUMBER, scope)
            if isinstance(value, Constant) and isinstance(value.value, int | Fraction):
                return evolve(value, value=-value.value, span=span)
            zero = Constant(0, type=value.type, span=span)
            return Arithmetic("-", zero, value, type=value.type, span=span)
        case ast.Arithmetic():
            left, right = (
                (expression(node.left, scope), expression(node.right, scope))
                if node.op in {"*", "/"}
                else _pair(node.left, node.right, scope, expected)
            )
            return arithmetic(node.op, left, right, span, scope)
        case ast.Compare():
            return compared(node.op, *_pair(node.left, node.right, scope), span, scope)
        case ast.Is():
            return _is(node, scope)
        case ast.IsOneOf():
            return _is_one_of(node, scope)
        case ast.Includes():
            return _includes(node, scope)
        case ast.Within():
            return _within(node, scope)
        case ast.Not(value=inner):
            return Not(truth(inner, scope), type=TRUTH, span=span)
        case ast.And(items=items):
            return And(_in_turn(items, scope, holds=True), type=TRUTH, span=span)
        case ast.Or(items=items):
            return Or(_in_turn(items, scope, holds=False), type=TRUTH, span=span)
        case ast.Else():
            return _else(node, scope, expected)
        case ast.Sum():
            return _sum(node, scope, expected)
        case ast.Count(over=over):
            records = _records(over, scope)
            return failed(span) if records is None else CountOver(records, type=COUNT, span=span)
        case ast.Best():
            return _best(node, scope, None, expected)
        case ast.BestOf():
            return best_of(node.word, _alike(node.values, scope, expected), span, scope)
        case ast.Quantified():
            return _quantified(node, scope)
        case ast.SelectionLiteral():
            return _selection(node, scope, expected)
        case ast.Receives(grant=grant):
            return _of_grant(grant, "receives", span, scope)
        case ast.EligibleFor(grant=grant):
            return _of_grant(grant, "eligible", span, scope)
        case ast.Previously():
            return _previously(node, scope)
        case ast.Between():
            first = wanted(node.first, scope, DATE)
            last = wanted(node.last, scope, DATE)
            rules = date_rules(scope)
            return PeriodsBetween(period_of(node.period), first, last, rules, type=COUNT, span=span)
        case ast.Boundary():
            date = wanted(node.date, scope, Optional(DATE))
            side: Literal["start", "end"] = "start" if node.side == "start" else "end"
            which: Literal["of", "after", "before"] = (
                "of" if node.which == "of" else "after" if node.which == "after" else "before"
            )
            return Boundary(side, period_of(node.period), which, date, type=date.type, span=span)
        case ast.Part(period=period, date=inner):
            if period not in {YEAR, MONTH, DAY}:
                scope.report(catalogue.no_such_part(span, period))
                return failed(span)
            part: Literal["year", "month", "day"] = (
                "year" if period == YEAR else "month" if period == MONTH else "day"
            )
            return Part(part, wanted(inner, scope, DATE), type=COUNT, span=span)
        case ast.RoundedTo(value=inner, mode=mode, quantum=quantum):
            value = expression(inner, scope, expected)
            step = expression(quantum, scope, value.type, bare=True)
            return rounded(value, mode, step, scope, span)
        case _:
            assert_never(node)


# ---------------------------------------------------------------- names


def use(symbol: Symbol, span: Span, scope: Scope) -> Expr:
    """Return the use of what a name stands for."""
    match symbol.item:
        case ast.Fact() | ast.Judgement():
            entity = symbol.entity or ""
            return FactUse(entity, symbol.name, type=symbol.type, span=span)
        case ast.Define() | ast.Grant():
            return Use(symbol.entity, symbol.key, type=value_type(symbol), span=span)
        case ast.Parameter():
            return figure(symbol, None, None, span, scope)
        case ast.Require():
            scope.report(catalogue.requirement_as_value(span, symbol.name))
            return failed(span)
        case _:
            assert_never(symbol.item)


def value_type(symbol: Symbol) -> Type:
    """Return the type of the use of a definition or grant.

    A grant that is not received is 0, or an empty list; one of another type is `none`.
    """
    if isinstance(symbol.item, ast.Grant) and not isinstance(
        core(symbol.type), Quantity | Truth | Selection | Undetermined
    ):
        return Optional(core(symbol.type))
    return symbol.type


def _name(name: str, span: Span, scope: Scope, expected: Type | None) -> Expr:
    choice = core(expected) if expected is not None else None
    if isinstance(choice, Choice) and name in choice.values:
        return Constant(name, type=choice, span=span)
    if (
        isinstance(choice, Choice)
        and not scope.candidates(name)
        and name not in scope.names.values
        and name not in scope.names.unread
    ):
        near = nearest(name, choice.values)
        scope.report(catalogue.unknown_choice(span, name, near, choice.values))
        return failed(span)
    if isinstance(choice, Undetermined) and name not in scope.names.values:
        return failed(span)  # it may be a value of what was reported beside it
    if name in scope.records and not scope.candidates(name):
        return Constant(name, type=Reference(scope.records[name]), span=span)
    symbol = scope.value(name, span)
    return failed(span) if symbol is None else use(symbol, span, scope)


def _path(node: ast.Path, scope: Scope) -> Expr:
    """Return `name of person`: of a reference, of a kind above, or of an example's record."""
    span = node.span
    if node.of.text in scope.records:
        entity = scope.records[node.of.text]
        symbol = scope.at(entity).named(node.name)
        if symbol is None:
            return failed(span)
        body = use(symbol, node.name.span, scope.at(entity))
        return OnRecord(entity, node.of.text, body, type=body.type, span=span)
    if node.of.text in scope.names.chain(scope.entity):
        symbol = scope.at(node.of.text).named(node.name)
        return failed(span) if symbol is None else use(symbol, span, scope.at(node.of.text))
    holder = scope.named(node.of)
    if holder is None:
        return failed(span)
    reference = use(holder, node.of.span, scope)
    target = core(reference.type)
    if not isinstance(target, Reference):
        if not isinstance(target, Undetermined):
            scope.report(catalogue.not_a_reference(node.of.span, Described(reference.type)))
        return failed(span)
    inner = scope.at(target.entity)
    symbol = inner.named(node.name)
    if symbol is None:
        return failed(span)
    body = use(symbol, node.name.span, inner)
    is_optional = isinstance(reference.type, Optional) or isinstance(body.type, Optional)
    type_: Type = Optional(core(body.type)) if is_optional else body.type
    return Follow(reference, target.entity, body, type=type_, span=span)


def _lookup(node: ast.Lookup, scope: Scope, on: Expr | None) -> Expr:
    symbol = scope.named(node.figure)
    if symbol is None:
        return failed(node.span)
    if not isinstance(symbol.item, ast.Parameter):
        scope.report(catalogue.not_a_figure(node.figure.span, node.figure.text))
        return failed(node.span)
    return figure(symbol, node.keys, on, node.span, scope)


def _on(node: ast.On, scope: Scope) -> Expr:
    date = wanted(node.date, scope, DATE)
    if isinstance(node.value, ast.Lookup):
        return _lookup(node.value, scope, date)
    symbol = None
    if isinstance(node.value, ast.NameUse):
        symbol = scope.value(node.value.name, node.value.span)
    elif isinstance(node.value, ast.Qualified):
        symbol = scope.value(node.value.name, node.value.span, node.value.module)
    else:
        scope.report(catalogue.not_a_figure(node.value.span, node.value.span.text))
    if symbol is None:
        return failed(node.span)
    if not isinstance(symbol.item, ast.Parameter):
        scope.report(catalogue.not_a_figure(node.value.span, symbol.name))
        return failed(node.span)
    return figure(symbol, None, date, node.span, scope)


def figure(
    symbol: Symbol,
    written: tuple[ast.Expr, ...] | None,
    on: Expr | None,
    span: Span,
    scope: Scope,
) -> Expr:
    """Return the look-up of a figure: by its own keys, or by those written behind `for`.

    Where a figure is amended, the amended table counts while and where the amendment holds.
    """
    if not isinstance(symbol.item, ast.Parameter):
        return failed(span)
    if symbol.key in scope.figures:
        around = scope.figures[scope.figures.index(symbol.key) :]
        names = tuple(key.rpartition(".")[2] for key in (*around, symbol.key))
        scope.report(catalogue.cycle(span, names, ()))
        return failed(span)
    columns = symbol.item.keys
    keys: list[tuple[Expr, ...]] = []
    if written is not None:
        if len(written) != len(columns):
            scope.report(
                catalogue.wrong_number_of_keys(span, symbol.name, len(columns), len(written))
            )
            return failed(span)
        for column, key in zip(columns, written, strict=True):
            keys.append((wanted(key, scope, key_type(column, symbol.module, scope)),))
    else:
        home = evolve(scope, module=symbol.module, figures=(*scope.figures, symbol.key))
        for column in columns:
            uses = []
            for name in column.alternatives:
                found = home.candidates(name.text)
                if not found:
                    _report_key(symbol, name, span, scope)
                    return failed(span)
                holder = home.value(name.text, name.span)
                if holder is None:
                    return failed(span)
                uses.append(use(holder, span, home))
            keys.append(tuple(uses))
    value: Expr = Figure(symbol.key, tuple(keys), on, type=symbol.type, span=span)
    for amendment in scope.names.amendments.get(symbol.key, ()):
        amended = Figure(amendment.key, tuple(keys), on, type=symbol.type, span=span)
        holds = guard(amendment, evolve(scope, figures=(*scope.figures, symbol.key)))
        branch = Branch(holds, amended, holds)
        value = Cases((branch,), value, type=symbol.type, span=span)
    return value


def key_type(column: ast.KeyColumn, module: str, scope: Scope) -> Plain:
    """Return the type of a key of a figure."""
    for symbol in scope.names.values.get(column.alternatives[0].text, ()):
        if symbol.module in scope.names.modules[module].visible:
            return core(symbol.type)
    return UNDETERMINED


def _report_key(symbol: Symbol, key: ast.Name, span: Span, scope: Scope) -> None:
    known = scope.names.values.get(key.text)
    if not known:
        return  # reported once, where the figure is declared
    entity = known[0].entity
    scope.report(catalogue.key_out_of_reach(span, symbol.name, key.text, entity, scope.entity))


def guard(amendment: Amendment, scope: Scope) -> Expr:
    """Return whether an amendment holds: on the date, and where its file applies."""
    span = amendment.item.target.span
    conditions: list[Expr] = []
    today = Today(type=DATE, span=span)
    if amendment.first is not None:
        first = Constant(amendment.first, type=DATE, span=span)
        conditions.append(Compare(">=", today, first, type=TRUTH, span=span))
    if amendment.last is not None:
        last = Constant(amendment.last, type=DATE, span=span)
        conditions.append(Compare("<=", today, last, type=TRUTH, span=span))
    where = applies(amendment.module, scope)
    if where is not None:
        conditions.append(where)
    match conditions:
        case []:
            return Constant(value=True, type=TRUTH, span=span)
        case [only]:
            return only
        case _:
            return And(tuple(conditions), type=TRUTH, span=span)


def applies(module: str, scope: Scope) -> Expr | None:
    """Return where a file's amendments and figures hold; None: everywhere."""
    header = scope.names.modules[module].header
    if header is None:
        return None
    for clause in header.clauses:
        if isinstance(clause, ast.AppliesWhere):
            return truth(clause.condition, evolve(scope, module=module))
    return None


def _of_grant(
    name: ast.Name, part: Literal["receives", "eligible"], span: Span, scope: Scope
) -> Expr:
    symbol = scope.grant(name)
    if symbol is None:
        return failed(span)
    return Use(symbol.entity, f"{symbol.key}/{part}", type=TRUTH, span=span)


def _previously(node: ast.Previously, scope: Scope) -> Expr:
    symbol = scope.grant(node.name) if node.receives else scope.named(node.name)
    if symbol is None:
        return failed(node.span)
    if not isinstance(symbol.item, ast.Grant | ast.Define) or symbol.entity is None:
        scope.report(catalogue.never_recorded(node.name.span, node.name.text))
        return failed(node.span)
    if node.receives:
        return RecordedValue(symbol.entity, symbol.key, "receives", type=TRUTH, span=node.span)
    type_ = Optional(core(symbol.type))
    return RecordedValue(symbol.entity, symbol.key, "value", type=type_, span=node.span)


# ---------------------------------------------------------------- numbers


def _number(node: ast.Number, scope: Scope, expected: Type | None, *, bare: bool) -> Expr:
    exact = node.value.numerator if node.value.denominator == 1 else node.value
    whole = node.value.denominator == 1
    if node.unit is not None:
        unit = unit_of(node.unit, scope)
        if unit is None:
            return failed(node.span)
        return Constant(exact, type=Quantity(unit, whole), span=node.span)
    wanted_unit = core(expected) if expected is not None else None
    takes = isinstance(wanted_unit, Quantity) and (bare or exact == 0)
    unit = wanted_unit.unit if takes and isinstance(wanted_unit, Quantity) else Unit()
    return Constant(exact, type=Quantity(unit, whole), span=node.span)


def _pair(
    left: ast.Expr, right: ast.Expr, scope: Scope, expected: Type | None = None
) -> tuple[Expr, Expr]:
    """Elaborate both sides, the one that speaks for itself first."""
    if _needs_type(left, scope) and not _needs_type(right, scope):
        second = expression(right, scope, expected)
        return expression(left, scope, second.type), second
    first = expression(left, scope, expected)
    return first, expression(right, scope, first.type)


def _alike(values: tuple[ast.Expr, ...], scope: Scope, expected: Type | None) -> tuple[Expr, ...]:
    """Elaborate values of one type; one that speaks for itself says which, and comes first."""
    speaks = next((v for v in values if not _needs_type(v, scope)), values[0])
    guide = expression(speaks, scope, expected)
    others = (v for v in values if v is not speaks)
    return (guide, *(fit(expression(v, scope, guide.type), guide.type, scope) for v in others))


def _needs_type(node: ast.Expr, scope: Scope) -> bool:
    match node:
        case ast.Number(unit=unit):
            return unit is None
        case ast.Negative(value=inner):
            return _needs_type(inner, scope)
        case ast.NoneValue() | ast.SelectionLiteral():
            return True
        case ast.NameUse(name=name):
            return not scope.candidates(name)
        case _:
            return False


# ---------------------------------------------------------------- conditions


def _is(node: ast.Is, scope: Scope) -> Expr:
    span = node.span
    if isinstance(node.right, ast.NoneValue):
        value = expression(node.left, scope)
        if not isinstance(value.type, Optional | Undetermined):
            scope.report(catalogue.always_there(node.left.span, Described(value.type)))
            return failed(span)
        test: Expr = IsNone(value, type=TRUTH, span=span)
        return Not(test, type=TRUTH, span=span) if node.negated else test
    sides = _pair(node.left, node.right, scope)
    return compared("!=" if node.negated else "=", *sides, span, scope)


def _is_one_of(node: ast.IsOneOf, scope: Scope) -> Expr:
    value = expression(node.value, scope)
    if isinstance(value.type, Optional):
        scope.report(catalogue.may_be_none(value.span))
        return failed(node.span)
    match value.type:
        case Choice() as choice:
            values = []
            for name in node.values:
                if name.text not in choice.values:
                    near = nearest(name.text, choice.values)
                    scope.report(
                        catalogue.unknown_choice(name.span, name.text, near, choice.values)
                    )
                values.append(name.text)
            test: Expr = OneOf(value, tuple(values), type=TRUTH, span=node.span)
            return Not(test, type=TRUTH, span=node.span) if node.negated else test
        case Undetermined():
            return failed(node.span)
        case _:
            scope.report(catalogue.not_a_choice(value.span, Described(value.type)))
            return failed(node.span)


def _includes(node: ast.Includes, scope: Scope) -> Expr:
    selection = expression(node.selection, scope)
    match selection.type:
        case Selection(choice=choice):
            # A list may be asked for any value of the type that its author named.
            value = expression(node.value, scope, choice)
            if isinstance(value.type, Choice) and not (set(choice.values) & set(value.type.values)):
                return fit(value, choice, scope)
            if not isinstance(value.type, Choice | Undetermined):
                return fit(value, choice, scope)
            return Includes(selection, value, type=TRUTH, span=node.span)
        case Undetermined():
            return failed(node.span)
        case _:
            scope.report(catalogue.not_a_selection(selection.span, Described(selection.type)))
            return failed(node.span)


def _selection(node: ast.SelectionLiteral, scope: Scope, expected: Type | None) -> Expr:
    wanted_type = core(expected) if expected is not None else None
    names = tuple(name.text for name in node.values)
    match wanted_type:
        case Selection(choice=choice):
            for name in node.values:
                if name.text not in choice.values:
                    near = nearest(name.text, choice.values)
                    scope.report(
                        catalogue.unknown_choice(name.span, name.text, near, choice.values)
                    )
            return Constant(frozenset(names), type=wanted_type, span=node.span)
        case _:
            return Constant(frozenset(names), type=Selection(Choice(names)), span=node.span)


def _else(node: ast.Else, scope: Scope, expected: Type | None) -> Expr:
    if isinstance(node.value, ast.Best):
        return _best(node.value, scope, node.alternative, expected)
    value = expression(node.value, scope, expected)
    if isinstance(value.type, Undetermined):
        return failed(node.span)
    if not isinstance(value.type, Optional):
        scope.report(catalogue.always_there(value.span, Described(value.type)))
        return failed(node.span)
    alternative = expression(node.alternative, scope, value.type)
    alternative = fit(alternative, value.type, scope)
    return Else(value, alternative, type=alternative.type, span=node.span)


# ---------------------------------------------------------------- records


def _records(over: ast.OverRecords, scope: Scope) -> Records | None:
    kind = scope.kind(over.kind)
    if kind is None:
        return None
    entity = kind.kind if isinstance(kind, GroupSymbol) else kind.name
    if not scope.names.is_below(entity, scope.entity):
        scope.report(catalogue.not_below(over.kind.span, over.kind.text, scope.entity))
        return None
    inner = scope.at(entity)
    conditions: list[Expr] = []
    if isinstance(kind, GroupSymbol):
        conditions.append(Use(entity, kind.key, type=TRUTH, span=over.kind.span))
    if over.where is not None:
        conditions.append(truth(over.where, inner))
    match conditions:
        case []:
            condition = None
        case [only]:
            condition = only
        case _:
            condition = And(tuple(conditions), type=TRUTH, span=over.span)
    return Records(entity, kind.key if isinstance(kind, GroupSymbol) else None, condition)


def _on_each(records: Records, scope: Scope) -> Scope:
    """Return the scope of a record of the range: what its filter asked for is there."""
    inner = scope.at(records.entity)
    if records.condition is None:
        return inner
    return inner.knowing(present(records.condition, holds=True))


def _sum(node: ast.Sum, scope: Scope, expected: Type | None) -> Expr:
    over = node.over
    if isinstance(over, ast.OverMonths):
        value = expression(node.value, scope, expected)
        first = wanted(over.first, scope, DATE)
        last = wanted(over.last, scope, DATE)
        if not isinstance(value.type, Quantity):
            return wrong(value, NUMBER, scope)
        return MonthSum(value, first, last, type=value.type, span=node.span)
    records = _records(over, scope)
    if records is None:
        return failed(node.span)
    value = expression(node.value, _on_each(records, scope), expected)
    if not isinstance(value.type, Quantity):
        return wrong(value, NUMBER, scope)
    return SumOver(records, value, type=value.type, span=node.span)


def _best(
    node: ast.Best, scope: Scope, alternative: ast.Expr | None, expected: Type | None
) -> Expr:
    records = _records(node.over, scope)
    if records is None:
        return failed(node.span)
    inner = _on_each(records, scope)
    value = expression(node.value, inner, expected)
    if isinstance(value.type, Undetermined):
        return failed(node.span)
    otherwise = None
    type_ = value.type
    if alternative is not None:
        otherwise = fit(expression(alternative, scope, value.type), Optional(core(type_)), scope)
        if isinstance(otherwise.type, Optional):
            type_ = Optional(core(type_))
    word = superlative(node.word)
    if node.by is not None:
        by = expression(node.by, inner)
        if not is_ordered(core(by.type)) or isinstance(by.type, Optional):
            scope.report(catalogue.not_ordered(by.span, Described(by.type)))
            return failed(node.span)
        return BestBy(word, records, value, by, otherwise, type=type_, span=node.span)
    if isinstance(value.type, Optional):
        scope.report(catalogue.may_be_none(value.span))
        return failed(node.span)
    if not is_ordered(core(value.type)):
        scope.report(catalogue.not_ordered(value.span, Described(value.type)))
        return failed(node.span)
    return BestOver(word, records, value, otherwise, type=type_, span=node.span)


def _quantified(node: ast.Quantified, scope: Scope) -> Expr:
    records = _records(node.over, scope)
    if records is None:
        return failed(node.span)
    condition = truth(node.condition, _on_each(records, scope))
    if node.word == "any":
        return AnyOver(records, condition, type=TRUTH, span=node.span)
    return EveryOver(records, condition, type=TRUTH, span=node.span)


# ---------------------------------------------------------------- dates


def duration(node: ast.Expr, scope: Scope) -> tuple[Expr, str] | None:
    """Return a length of time and its period, or report that it is none."""
    value = expression(node, scope)
    match value.type:
        case Quantity(unit=unit) if unit.duration is not None:
            need_calendar(unit.duration, node.span, scope)
            return value, unit.duration
        case Undetermined():
            return None
        case _:
            scope.report(catalogue.not_a_duration(node.span, Described(value.type)))
            return None


def after(start: Expr, period: ast.Expr, scope: Scope, span: Span) -> tuple[Expr, Expr] | None:
    """Return a period and the day that lies that long after a start."""
    found = duration(period, scope)
    if found is None:
        return None
    length, unit = found
    due = Shift(start, length, 1, unit, date_rules(scope), type=DATE, span=span)
    return length, due


def _within(node: ast.Within, scope: Scope) -> Expr:
    date = wanted(node.date, scope, Optional(DATE))
    start = wanted(node.start, scope, Optional(DATE))
    found = duration(node.period, scope)
    if found is None:
        return failed(node.span)
    for side in (date, start):
        if isinstance(side.type, Optional):
            scope.report(catalogue.may_be_none(side.span))
            return failed(node.span)
    direction: Literal["before", "after"] = "before" if node.direction == "before" else "after"
    return Within(date, found[0], direction, start, date_rules(scope), type=TRUTH, span=node.span)


# ---------------------------------------------------------------- results and citations


def result(node: ast.Result, scope: Scope, type_: Type) -> Expr:
    """Return a result of a type; `unknown` is any value of it."""
    if isinstance(node, ast.UnknownResult):
        return UnknownValue(type=type_, span=node.span)
    return wanted(node, scope, type_, bare=True)


def cases(
    branches: list[tuple[ast.Case | None, Callable[[Scope], Expr]]], span: Span, scope: Scope
) -> Expr:
    """Return the first result whose case holds; a result without a case is the last.

    Args:
        branches: Cases with what reads their result: behind its own condition, and behind those
            before it that do not hold.
    """
    chosen: list[Branch] = []
    otherwise: Expr | None = None
    for case, read in branches:
        if otherwise is not None:
            scope.report(catalogue.never_reached(read(scope).span))
            continue
        match case:
            case None | ast.OtherwiseCase():
                otherwise = read(scope)
            case ast.WhenCase(condition=condition):
                test = truth(condition, scope)
                chosen.append(Branch(test, read(scope.knowing(present(test, holds=True)))))
                scope = scope.knowing(present(test, holds=False))
            case _:
                assert_never(case)
    if not chosen:
        return otherwise if otherwise is not None else failed(span)
    type_ = joined([b.result for b in chosen] + ([otherwise] if otherwise is not None else []))
    complete = otherwise is None and is_complete(tuple(b.condition for b in chosen))
    return Cases(tuple(chosen), otherwise, complete, type=type_, span=span)


# ---------------------------------------------------------------- findings
