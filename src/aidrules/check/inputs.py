"""Declared inputs to facts of the program: ranges, questions, holders, defaults."""

from fractions import Fraction
from typing import assert_never

from aidrules.check.citations import citation
from aidrules.check.expressions import constant, wanted
from aidrules.check.scope import EntitySymbol, Names, Scope, Symbol
from aidrules.diagnostics import catalogue
from aidrules.program import Citation, Entity, Expr, Fact
from aidrules.syntax import ast
from aidrules.types import Date, Quantity, Undetermined, core
from aidrules.values import Exact


def entities(names: Names) -> tuple[Entity, ...]:
    """Return the kinds of record, parents before their children."""
    ordered: list[EntitySymbol] = []
    waiting = list(names.entities.values())
    while waiting:
        ready = [e for e in waiting if e.parent is None or e.parent in {o.name for o in ordered}]
        ordered.extend(ready)
        waiting = [e for e in waiting if e not in ready]
    return tuple(Entity(e.name, e.parent, e.limit, e.span) for e in ordered)


def fact(symbol: Symbol, scope: Scope) -> Fact | None:
    """Return an input, or report what is wrong with its clauses."""
    item = symbol.item
    home = scope.at(symbol.entity)
    low: Exact | None = None
    high: Exact | None = None
    question: str | None = None
    holders: tuple[str, ...] = ()
    default: Expr | None = None
    office: str | None = None
    citations: list[Citation] = []
    is_private = False
    match item:
        case ast.Fact(clauses=clauses):
            pass
        case ast.Judgement(clauses=clauses):
            office = item.office.text
        case _:
            return None
    for clause in clauses:
        match clause:
            case ast.RangeOf(low=least, high=greatest):
                low, high = _range(least, greatest, symbol, home)
            case ast.Ask(question=text):
                question = text.text
            case ast.HeldBy(holders=names):
                holders = tuple(name.text for name in names)
                for n, name in enumerate(names):
                    if name.text in holders[:n]:
                        home.report(catalogue.holder_twice(name.span, name.text))
            case ast.Default(value=value):
                default = wanted(value, home, symbol.type, bare=True)
            case ast.Private():
                is_private = True
            case ast.Cite():
                citations.extend(citation(clause, home))
            case _:
                assert_never(clause)
    has_range = any(isinstance(clause, ast.RangeOf) for clause in clauses)
    if isinstance(core(symbol.type), Quantity) and not has_range:
        home.report(catalogue.fact_without_range(item.name.span, symbol.name))
    if default is not None and holders:
        home.report(catalogue.default_on_held_fact(item.name.span, symbol.name, holders))
    return Fact(
        symbol.name,
        symbol.entity or "",
        symbol.type,
        low,
        high,
        _step(symbol, scope.names),
        question,
        holders,
        default,
        is_private,
        office,
        tuple(citations),
        item.name.span,
    )


def _range(
    least: ast.Expr, greatest: ast.Expr, symbol: Symbol, scope: Scope
) -> tuple[Exact | None, Exact | None]:
    plain = core(symbol.type)
    if isinstance(plain, Undetermined):
        return None, None
    if not isinstance(plain, Quantity | Date):
        scope.report(catalogue.range_of_no_number(least.span, symbol.name))
        return None, None
    low = constant(least, plain, scope)
    high = constant(greatest, plain, scope)
    if not isinstance(low, int | Fraction) or not isinstance(high, int | Fraction):
        return None, None
    if low > high:
        scope.report(catalogue.empty_range(least.span.to(greatest.span)))
    return low, high


def _step(symbol: Symbol, names: Names) -> Fraction | None:
    """Return the smallest difference of a fact in a currency."""
    plain = core(symbol.type)
    if isinstance(plain, Quantity):
        for name, power in plain.unit.powers:
            if power == 1 and name in names.currencies:
                return names.currencies[name].step.value
    return None
