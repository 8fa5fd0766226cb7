"""A value as written to one with its limits, its rounding, its articles and its days of force."""

from collections.abc import Iterable
from typing import assert_never

from attrs import evolve

from aidrules.check.citations import citation
from aidrules.check.expressions import (
    expression,
    wanted,
)
from aidrules.check.operators import rounded
from aidrules.check.scope import Scope
from aidrules.program import (
    And,
    Citation,
    Compare,
    Constant,
    Expr,
    Extreme,
    Today,
)
from aidrules.source import Span
from aidrules.syntax import ast
from aidrules.types import (
    DATE,
    TRUTH,
    Undetermined,
)


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


def cited(value: Expr, cite: ast.Cite | None, scope: Scope) -> Expr:
    """Return a value with the article of its clause."""
    found = citation(cite, scope)
    return evolve(value, cites=found) if found else value


def cited_by(clauses: Iterable[ast.Node], scope: Scope) -> tuple[Citation, ...]:
    """Return what the clauses cite on lines of their own."""
    return tuple(
        found
        for clause in clauses
        if isinstance(clause, ast.Cite)
        for found in citation(clause, scope)
    )


def shaping_lines(clauses: Iterable[ast.Node]) -> list[ast.Shaping]:
    """Return the lines that shape a value, in the order written."""
    return [
        clause for clause in clauses if isinstance(clause, ast.Rounded | ast.AtLeast | ast.UpTo)
    ]


def shape(value: Expr, shapings: list[ast.Shaping], scope: Scope) -> Expr:
    """Apply `at least`, `up to` and `rounded` lines in the order written."""
    for shaping in shapings:
        if isinstance(value.type, Undetermined):
            return value
        match shaping:
            case ast.Rounded(mode=mode, quantum=quantum):
                step = expression(quantum, scope, value.type, bare=True)
                value = rounded(value, mode, step, scope, shaping.span)
            case ast.AtLeast(value=limit):
                bound = wanted(limit, scope, value.type)
                value = Extreme("highest", (value, bound), type=value.type, span=shaping.span)
            case ast.UpTo(value=limit):
                bound = wanted(limit, scope, value.type)
                value = Extreme("lowest", (value, bound), type=value.type, span=shaping.span)
            case _:
                assert_never(shaping)
        value = cited(value, shaping.cite, scope)
    return value
