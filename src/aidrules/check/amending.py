"""A rule and the amendments of it to one expression: the winning text comes first."""

from attrs import evolve

from aidrules.check.expressions import (
    guard,
    result,
    truth,
)
from aidrules.check.figures import decision
from aidrules.check.scope import Amendment, Scope, Symbol
from aidrules.check.shaping import cited, in_force, shape, shaping_lines
from aidrules.diagnostics import catalogue
from aidrules.program import (
    And,
    Branch,
    Cases,
    Compare,
    Constant,
    Expr,
    Fail,
)
from aidrules.syntax import ast
from aidrules.types import (
    TRUTH,
    Type,
)


def amended(base: tuple[Expr, list[ast.Shaping], Scope], symbol: Symbol, scope: Scope) -> Expr:
    """Return a value and its shaping with the amendments put in, the winning one outermost."""
    value, shapings, home = base
    shaped: list[tuple[Expr, list[ast.Shaping], Scope]] = []
    for amendment in scope.names.amendments.get(symbol.key, ()):
        place = evolve(scope, module=amendment.module, entity=symbol.entity)
        holds = guard(amendment, place)
        branches = _replacement(amendment, symbol.type, holds, place)
        if branches:
            value = Cases(tuple(branches), value, type=symbol.type, span=amendment.item.target.span)
        own = shaping_lines(amendment.item.clauses)
        if own:
            shaped.append((holds, own, place))
    body = shape(value, shapings, home)
    for holds, own, place in shaped:
        branch = Branch(holds, shape(value, own, place), holds)
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
            branches.append(Branch(holds, table, holds))
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
        value = cited(result(written, scope, type_), cite, scope)
        condition = holds
        if isinstance(case, ast.WhenCase):
            condition = And((holds, truth(case.condition, scope)), type=TRUTH, span=clause.span)
        branches.append(Branch(condition, value, holds))
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
            both = And(tuple(places), type=TRUTH, span=span)
            fails = Fail("amendment-conflict", facts, type=symbol.type, span=span)
            branches.append(Branch(both, fails, both))
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
