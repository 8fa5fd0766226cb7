"""Dated values of the typed program to their holes, late starts, ends, and texts not in force."""

from collections.abc import Iterable
from itertools import pairwise

from aidrules.check.scope import Report
from aidrules.diagnostics import catalogue
from aidrules.program import (
    And,
    Cases,
    Citation,
    Compare,
    Constant,
    Definition,
    Expr,
    Fail,
    Module,
    Parameter,
    Program,
    Role,
    Today,
)
from aidrules.traverse import walk


def dates(program: Program, report: Report) -> None:
    """Report what is missing in time."""
    modules = {module.name: module for module in program.modules}
    for parameter in program.parameters:
        module = modules.get(_home(parameter))
        if module is not None:
            _figure(parameter, module, report)
    for definition in program.definitions:
        module = modules.get(definition.module)
        if module is not None and definition.role is Role.DEFINE:
            _versions(definition, module, report)
    for module_name, citations in _cited(program):
        _citations(citations, modules.get(module_name), report)


def _figure(parameter: Parameter, module: Module, report: Report) -> None:
    late: list[int] = []
    ends: list[int] = []
    for row in parameter.rows:
        values = row.values
        for one, other in pairwise(values):
            if one.last is not None and other.first is not None and one.last + 1 < other.first:
                report(catalogue.hole_between_versions(other.span, one.last + 1, other.first - 1))
        if not values:
            continue
        if (
            values[0].first is not None
            and module.first is not None
            and values[0].first > module.first
        ):
            late.append(values[0].first)
        last = values[-1]
        if all(value.value is None for value in values):
            continue  # a row of `-` says on purpose that there is none
        end = last.first - 1 if last.value is None and last.first is not None else last.last
        if end is not None and (module.last is None or end < module.last):
            ends.append(end)
    if late:
        report(
            catalogue.figure_starts_late(
                parameter.span, parameter.name, min(late), module.first or 0
            )
        )
    if ends:
        report(catalogue.figure_ends(parameter.span, parameter.name, min(ends)))


def _versions(definition: Definition, module: Module, report: Report) -> None:
    """Report a definition whose dated versions begin after its policy, or end before it."""
    for node in walk(definition.body):
        match node:
            case Cases(branches=branches, otherwise=Fail(code="no-version")):
                spans = [_days(branch.condition) for branch in branches]
            case _:
                continue
        firsts = [first for first, _ in spans]
        lasts = [last for _, last in spans]
        name = definition.name
        starts = [first for first in firsts if first is not None]
        if None not in firsts and module.first is not None and min(starts) > module.first:
            report(catalogue.figure_starts_late(definition.span, name, min(starts), module.first))
        ends = [last for last in lasts if last is not None]
        latest = max(spans, key=lambda days: days[0] or 0)
        if latest[1] is not None and (module.last is None or max(ends) < module.last):
            report(catalogue.figure_ends(definition.span, name, max(ends)))
        return


def _days(condition: Expr) -> tuple[int | None, int | None]:
    """Return the days between which a version holds, from its condition on today."""
    first: int | None = None
    last: int | None = None
    for part in condition.items if isinstance(condition, And) else (condition,):
        match part:
            case Compare(op=">=", left=Today(), right=Constant(value=int() as day)):
                first = day
            case Compare(op="<=", left=Today(), right=Constant(value=int() as day)):
                last = day
            case _:
                pass
    return first, last


def _home(parameter: Parameter) -> str:
    """Return the file in which a table stands: an amended one, in the file that amends it."""
    amending, colon, _ = parameter.key.partition(":")
    return amending if colon else parameter.module


def _cited(program: Program) -> Iterable[tuple[str, Iterable[Citation]]]:
    for definition in program.definitions:
        yield definition.module, definition.citations
    for grant in program.grants:
        yield grant.module, (c for line in grant.lines for c in line.citations)
    for requirement in program.requirements:
        yield requirement.module, requirement.citations
    for parameter in program.parameters:
        # An amended table stands in the file that amends it.
        yield (
            parameter.key.partition(":")[0] if ":" in parameter.key else parameter.module,
            (parameter.citations),
        )


def _citations(citations: Iterable[Citation], module: Module | None, report: Report) -> None:
    if module is None:
        return
    for citation in citations:
        text = citation.text
        if text.first is not None and module.first is not None and text.first > module.first:
            report(
                catalogue.text_not_yet_in_force(citation.span, text.title, text.first, module.first)
            )
        if text.last is not None and (module.last is None or module.last > text.last):
            report(catalogue.text_no_longer_in_force(citation.span, text.title, text.last))
