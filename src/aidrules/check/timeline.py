"""Dated values of the typed program to their holes, late starts, ends, and texts not in force."""

from collections.abc import Iterable
from itertools import pairwise

from aidrules.check.scope import Report
from aidrules.diagnostics import catalogue
from aidrules.program import Citation, Module, Parameter, Program


def dates(program: Program, report: Report) -> None:
    """Report what is missing in time."""
    modules = {module.name: module for module in program.modules}
    for parameter in program.parameters:
        module = modules.get(parameter.module)
        if module is not None:
            _figure(parameter, module, report)
    for module_name, citations in _cited(program):
        _citations(citations, modules.get(module_name), report)


def _figure(parameter: Parameter, module: Module, report: Report) -> None:
    late: list[int] = []
    ends: list[int] = []
    for row in parameter.rows:
        values = row.values
        for one, other in pairwise(values):
            if one.last is not None and other.first is not None and one.last + 1 < other.first:
                report(catalogue.hole_between_versions(other.span, one.last, other.first))
        if not values:
            continue
        if (
            values[0].first is not None
            and module.first is not None
            and values[0].first > module.first
        ):
            late.append(values[0].first)
        last = values[-1]
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


def _cited(program: Program) -> Iterable[tuple[str, Iterable[Citation]]]:
    for definition in program.definitions:
        yield definition.module, definition.citations
    for grant in program.grants:
        yield grant.module, (c for line in grant.lines for c in line.citations)
    for requirement in program.requirements:
        yield requirement.module, requirement.citations
    for parameter in program.parameters:
        yield parameter.module, parameter.citations


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
