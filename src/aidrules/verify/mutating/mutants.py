"""A program as written to its mutants: each the same program with one slip that an author makes."""

from collections.abc import Iterator
from datetime import date

from attrs import evolve

from aidrules.program import (
    Compare,
    Constant,
    Expr,
    Program,
)
from aidrules.source import Span
from aidrules.traverse import walk
from aidrules.verify.mutating.misprints import of_figures, of_rations
from aidrules.verify.mutating.slips import BOUNDARY, Mutant, is_force, of_line, slips
from aidrules.verify.mutating.substitute import Change


def mutants(program: Program) -> tuple[Mutant, ...]:
    """Return the mutants of a program, in order of file and place.

    Args:
        program: As written (`sharpen.as_written`).
    """
    found: dict[tuple[object, ...], Mutant] = {}
    forces: dict[tuple[str, str, int], tuple[str, list[tuple[Expr, Expr]], Span]] = {}
    seen: set[tuple[Span, Expr]] = set()
    for module, rule, root, is_line in _roots(program):
        for node in walk(root):
            place = node.span, node
            if place in seen:
                continue
            seen.add(place)
            if is_force(node):
                _keep_force(node, module, forces)
            lines = of_line(node) if is_line and node is root else ()
            for slip in (*lines, *slips(node)):
                mutant = Mutant(
                    rule, module, slip.word, slip.facts, slip.span, Change(((node, slip.new),))
                )
                found.setdefault((slip.word, slip.facts, slip.span), mutant)
    for (word, _, _), (module, nodes, span) in forces.items():
        mutant = Mutant(
            module, module, word, (("day", _day(nodes[0][0])),), span, Change((*nodes,))
        )
        found[word, module, _day(nodes[0][0])] = mutant
    every = [*found.values(), *of_figures(program), *of_rations(program)]
    order = {module.source.name: n for n, module in enumerate(program.modules)}
    return tuple(
        sorted(every, key=lambda m: (order.get(m.span.source.name, -1), m.span.start, m.span.end))
    )


def _roots(program: Program) -> Iterator[tuple[str, str, Expr, bool]]:
    """Yield module, rule and expression, and whether it is a line of conditions."""
    for grant in program.grants:
        at = grant.module, grant.name
        for line in grant.lines:
            yield *at, line.condition, True
        rest = [grant.amount, grant.paid_from]
        for deadline in grant.deadlines:
            rest += [deadline.condition, deadline.due]
        rest += [office.condition for office in grant.offices]
        rest += [] if grant.appeal is None else [grant.appeal.due]
        for each in rest:
            if each is not None:
                yield *at, each, False
    for requirement in program.requirements:
        for line in requirement.lines:
            yield requirement.module, requirement.name, line.condition, True
    for definition in program.definitions:
        yield definition.module, definition.name, definition.body, False
    for ration in program.rations:
        grant = program.grant[ration.grant]
        for order, _ in ration.orders:
            yield grant.module, grant.name, order, False
        if ration.fund is not None:
            yield grant.module, grant.name, ration.fund, False
    for fact in program.facts:
        if fact.default is not None:
            yield "", fact.name, fact.default, False


def _keep_force(
    node: Expr,
    module: str,
    forces: dict[tuple[str, str, int], tuple[str, list[tuple[Expr, Expr]], Span]],
) -> None:
    """Gather what a date of force stands in: the header is written once and holds for all."""
    if not isinstance(node, Compare) or node.op not in {">=", "<="}:
        return
    word = "force-first" if node.op == ">=" else "force-last"
    key = word, node.span.source.name, _day(node).toordinal()
    new = evolve(node, op=BOUNDARY[node.op])
    forces.setdefault(key, (module, [], node.span))[1].append((node, new))


def _day(node: Expr) -> date:
    match node:
        case Compare(right=Constant(value=int() as day)):
            return date.fromordinal(day)
        case _:
            message = f"no date of force: {node}"
            raise TypeError(message)
