"""The typed program to warnings: what is allowed, and what it costs."""

from collections.abc import Mapping

from aidrules.check.scope import Names, Report
from aidrules.diagnostics import catalogue
from aidrules.program import (
    AnyOver,
    BestBy,
    BestOver,
    CountOver,
    EveryOver,
    FactUse,
    FigureRow,
    Program,
    Role,
    SumOver,
)
from aidrules.syntax import ast
from aidrules.traverse import expressions, walk
from aidrules.types import Choice, Text

_RANKS: Mapping[str, int] = {
    "law": 0,
    "regulation": 1,
    "rule": 2,
    "normative": 3,
    "province": 4,
    "city": 5,
    "county": 6,
}


def warnings(program: Program, names: Names, report: Report) -> None:
    """Report what an author should know, rule by rule."""
    _uncited(program, report)
    _unused(program, report)
    _keys(program, report)
    _limits(program, names, report)
    _ranks(program, names, report)


def _uncited(program: Program, report: Report) -> None:
    for definition in program.definitions:
        if definition.role in {Role.DEFINE, Role.GROUP} and not definition.citations:
            cites = any(node.cites for node in walk(definition.body))
            if not cites:
                report(catalogue.uncited(definition.span, definition.name))
    for grant in program.grants:
        if not grant.citations and not any(line.citations for line in grant.lines):
            report(catalogue.uncited(grant.span, grant.name))
    for parameter in program.parameters:
        cited = parameter.citations or any(v.cites for row in parameter.rows for v in row.values)
        if not cited:
            report(catalogue.uncited(parameter.span, parameter.name))
    for requirement in program.requirements:
        if not requirement.citations and not all(line.citations for line in requirement.lines):
            report(catalogue.uncited(requirement.span, requirement.name))


def _unused(program: Program, report: Report) -> None:
    used = {
        (node.entity, node.name)
        for root in expressions(program)
        for node in walk(root)
        if isinstance(node, FactUse)
    }
    for fact in program.facts:
        if (fact.entity, fact.name) not in used:
            report(catalogue.unused_fact(fact.span, fact.name))


def _keys(program: Program, report: Report) -> None:
    for parameter in program.parameters:
        if any(row.is_otherwise for row in parameter.rows):
            continue
        for column, type_ in zip(parameter.columns, parameter.key_types, strict=True):
            is_open = isinstance(type_, Text) or (isinstance(type_, Choice) and type_.is_open)
            if is_open and not any(_is_plain(row) for row in parameter.rows):
                report(
                    catalogue.key_without_otherwise(
                        parameter.span, parameter.name, " else ".join(column)
                    )
                )
                break


def _is_plain(row: FigureRow) -> bool:
    return not row.cells


def _limits(program: Program, names: Names, report: Report) -> None:
    counted: set[str] = set()
    for root in expressions(program):
        for node in walk(root):
            match node:
                case SumOver(over=over) | CountOver(over=over) | AnyOver(over=over):
                    counted.add(over.entity)
                case EveryOver(over=over) | BestOver(over=over) | BestBy(over=over):
                    counted.add(over.entity)
                case _:
                    pass
    for entity in program.entities:
        symbol = names.entities[entity.name]
        if entity.name in counted and not symbol.has_limit and entity.parent is not None:
            report(catalogue.kind_without_limit(entity.span, entity.name, entity.limit))


def _ranks(program: Program, names: Names, report: Report) -> None:
    """Warn where a text of lower rank amends one of higher rank."""
    ranks: dict[str, int] = {}
    for module in program.modules:
        found = [_RANKS[t.rank] for t in module.texts if t.rank is not None and t.rank in _RANKS]
        if found:
            ranks[module.name] = min(found)
    for target, amendments in names.amendments.items():
        home = target.rpartition(".")[0]
        for amendment in amendments:
            cited = [
                _RANKS.get(_rank(names, amendment.module, clause.source.text) or "", -1)
                for clause in amendment.item.clauses
                if isinstance(clause, ast.Cite)
            ]
            own = min((rank for rank in cited if rank >= 0), default=None)
            if own is not None and home in ranks and own > ranks[home]:
                report(catalogue.lower_amends_higher(amendment.item.target.span, target))


def _rank(names: Names, module: str, source: str) -> str | None:
    item = names.sources.get((module, source))
    if item is None:
        return None
    return next((c.rank.text for c in item.clauses if isinstance(c, ast.Rank)), None)
