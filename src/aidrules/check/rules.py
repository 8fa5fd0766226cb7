"""Steps, groups and requirements as written to definitions."""

from collections.abc import Callable

from aidrules.check.amending import amended
from aidrules.check.citations import citation
from aidrules.check.conditions import all_of
from aidrules.check.expressions import (
    cases,
    result,
    truth,
)
from aidrules.check.figures import decision
from aidrules.check.operators import failed
from aidrules.check.scope import GroupSymbol, Scope, Symbol
from aidrules.check.shaping import cited, cited_by, in_force, shaping_lines
from aidrules.diagnostics import catalogue
from aidrules.program import (
    Branch,
    Cases,
    Constant,
    Definition,
    Expr,
    Fail,
    Line,
    Requirement,
    Role,
)
from aidrules.source import Span
from aidrules.syntax import ast
from aidrules.types import (
    TRUTH,
    Type,
)

# ---------------------------------------------------------------- steps


def definition(symbol: Symbol, scope: Scope) -> Definition | None:
    """Return a named step, its amendments put in."""
    item = symbol.item
    if not isinstance(item, ast.Define):
        return None
    home = scope.at(symbol.entity)
    citations = cited_by(item.clauses, home)
    rows = [clause for clause in item.clauses if isinstance(clause, ast.Row)]
    versions = [clause for clause in item.clauses if isinstance(clause, ast.Version)]
    shapings = shaping_lines(item.clauses)
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
    body = amended(plain, symbol, scope)
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
        cited_by(symbol.item.cites, home),
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
    found = [(v.case, reader(v.result, v.cite, type_)) for v in versions]
    return cases(found, span, scope)


def reader(written: ast.Result, cite: ast.Cite | None, type_: Type) -> Callable[[Scope], Expr]:
    """Return what reads a result where its case stands."""
    return lambda scope: cited(result(written, scope, type_), cite, scope)


# ---------------------------------------------------------------- amendments


# ---------------------------------------------------------------- grants


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
        cited_by(item.clauses, home),
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
        all_of([line.condition for line in found.lines], found.span),
        found.citations,
        Role.REQUIREMENT,
        found.span,
    )
