"""A program's figures and rations to the same with one misprint: a digit, a day, an order."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from attrs import evolve

from aidrules.program import (
    FigureValue,
    Parameter,
    Program,
    Ration,
)
from aidrules.source import Span
from aidrules.types import Date, Quantity, core
from aidrules.verify.mutating.slips import Mutant, Words, exact, one_step, quoted
from aidrules.verify.mutating.substitute import Change


def of_figures(program: Program) -> Iterator[Mutant]:
    """Yield the figures of a program, each with one value or day of force misprinted."""
    for parameter in program.parameter.values():
        for at, row in enumerate(parameter.rows):
            for n, value in enumerate(row.values):
                for word, facts, values in _values(parameter, row.values, n):
                    rows = (
                        *parameter.rows[:at],
                        evolve(row, values=values),
                        *parameter.rows[at + 1 :],
                    )
                    change = Change(parameter=evolve(parameter, rows=rows))
                    module = _module(program, value.span) or parameter.module
                    yield Mutant(parameter.name, module, word, facts, value.span, change)


def _module(program: Program, span: Span) -> str | None:
    return next((m.name for m in program.modules if m.source == span.source), None)


def _values(
    parameter: Parameter, values: tuple[FigureValue, ...], n: int
) -> Iterator[tuple[str, Words, tuple[FigureValue, ...]]]:
    value = values[n]
    kind = core(parameter.type)

    def put(new: FigureValue) -> tuple[FigureValue, ...]:
        return (*values[:n], new, *values[n + 1 :])

    match value.value:
        case bool() as truth:
            facts: Words = (("one", truth), ("other", not truth))
            yield "figure", facts, put(evolve(value, value=not truth))
        case int() | Fraction() as number if isinstance(kind, Quantity):
            step = one_step(number, value.span.text)
            for other in (number - step, number + step):
                facts = (("one", Fraction(number)), ("other", Fraction(other)))
                yield "figure", facts, put(evolve(value, value=exact(other)))
        case int() as day if isinstance(kind, Date):
            facts = (("one", date.fromordinal(day)), ("other", date.fromordinal(day + 1)))
            yield "figure", facts, put(evolve(value, value=day + 1))
        case _:
            pass
    if value.first is not None and value.value is not None:
        later = list(put(evolve(value, first=value.first + 1)))
        if n and values[n - 1].last == value.first - 1:
            later[n - 1] = evolve(values[n - 1], last=value.first)
        yield "figure-later", (("day", date.fromordinal(value.first)),), tuple(later)


def of_rations(program: Program) -> Iterator[Mutant]:
    """Yield the rations of a program with an order, or what becomes of the rest, turned."""
    for ration in program.rations:
        grant = program.grant[ration.grant]
        turned: list[tuple[str, Words, Ration]] = []
        for n, (order, first) in enumerate(ration.orders):
            orders = (*ration.orders[:n], (order, not first), *ration.orders[n + 1 :])
            turned.append(("ration-order", quoted(order.span), evolve(ration, orders=orders)))
        passes = evolve(ration, passes_over=not ration.passes_over)
        turned.append(("ration-passes", (), passes))
        for word, facts, new in turned:
            module = _module(program, ration.span) or grant.module
            yield Mutant(grant.name, module, word, facts, ration.span, Change(ration=new))
