"""The typed program to warnings: what is allowed, and what it costs."""

from collections.abc import Mapping
from fractions import Fraction

from aidrules.check.scope import Names, Report
from aidrules.diagnostics import catalogue
from aidrules.program import (
    AnyOver,
    Arithmetic,
    BestBy,
    BestOver,
    Cases,
    Constant,
    Convert,
    CountOver,
    EveryOver,
    Expr,
    Extreme,
    FactUse,
    FigureRow,
    Program,
    Role,
    Round,
    SumOver,
)
from aidrules.syntax import ast
from aidrules.traverse import expressions, walk
from aidrules.types import Choice, Quantity, Text, core

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
    _parts_of_a_cent(program, report)


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


def _parts_of_a_cent(program: Program, report: Report) -> None:
    """Warn of an amount in a currency that is divided or multiplied, and never rounded."""
    for grant in program.grants:
        kind = None if grant.type is None else core(grant.type)
        if not isinstance(kind, Quantity) or grant.amount is None:
            continue
        names = {name for name, power in kind.unit.powers if power == 1}
        currency = next((name for name in names if name in program.currency_steps), None)
        if currency is None or _is_rounded(grant.amount):
            continue
        if any(_may_split(node) for node in walk(grant.amount)):
            step = program.currency_steps[currency]
            report(catalogue.amount_not_rounded(grant.amount.span, grant.name, step, kind.unit))


def _is_rounded(amount: Expr) -> bool:
    match amount:
        case Round() | Constant():
            return True
        case Extreme(items=items):
            return _is_rounded(items[0])
        case Cases(branches=branches, otherwise=otherwise):
            results = [b.result for b in branches] + ([otherwise] if otherwise else [])
            return all(_is_rounded(result) for result in results)
        case _:
            return False


def _may_split(node: Expr) -> bool:
    match node:
        case Arithmetic(op="/") | Convert():
            return True
        case Arithmetic(op="*", left=left, right=right):
            return any(
                isinstance(side, Constant) and isinstance(side.value, Fraction)
                for side in (left, right)
            )
        case _:
            return False


def _unused(program: Program, report: Report) -> None:
    if not program.grants and not program.requirements and not program.definitions:
        return  # a register of facts for other files
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
        if not parameter.rows or any(row.is_otherwise for row in parameter.rows):
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
    open_figures = {
        parameter.key
        for parameter in program.parameters
        if all(value.value is None for row in parameter.rows for value in row.values)
    }
    for target, amendments in names.amendments.items():
        if target in open_figures:
            continue  # what a text leaves to a lower one is no conflict with it
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
