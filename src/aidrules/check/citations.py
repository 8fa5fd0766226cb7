"""Citations as written to articles of legal texts."""

from typing import assert_never

from aidrules.check.scope import Scope
from aidrules.diagnostics import Fix, catalogue
from aidrules.program import (
    Citation,
    LegalText,
)
from aidrules.spelling import nearest
from aidrules.syntax import ast


def citation(cite: ast.Cite | None, scope: Scope) -> tuple[Citation, ...]:
    """Return what a clause cites, or report that there is no such source."""
    if cite is None:
        return ()
    name = cite.source.text
    module, _, last = name.rpartition(".")
    visible = scope.names.modules[scope.module].visible
    if module:
        home = scope.names.modules[scope.module].aliases.get(module)
        homes = [home] if home is not None else []
    else:
        homes = [scope.module, *sorted(visible - {scope.module})]
    for home in homes:
        found = scope.names.sources.get((home, last))
        if found is not None:
            words = cite.text.text if cite.text else None
            return (Citation(legal_text(found, home), cite.article, words, cite.span),)
    if last not in scope.names.unread:
        known = [source for home, source in scope.names.sources if home in visible]
        near = nearest(last, known)
        fix = Fix(cite.source.span, near) if near is not None else None
        scope.report(catalogue.unknown_source(cite.source.span, name, near, fix))
    return ()


def legal_text(item: ast.SourceText, module: str) -> LegalText:
    """Return a source as the program holds it."""
    number = rank = unverified = None
    first = last = None
    for clause in item.clauses:
        match clause:
            case ast.Numbered(text=text):
                number = text.text
            case ast.Rank(rank=name):
                rank = name.text
            case ast.FromDate(date=date):
                first = date.ordinal
            case ast.UntilDate(date=date):
                last = date.ordinal
            case ast.Unverified(reason=reason):
                unverified = reason.text
            case _:
                assert_never(clause)
    key = f"{module}.{item.name.text}"
    title = item.title.text
    return LegalText(key, item.name.text, title, number, rank, first, last, unverified, item.span)
