"""Tables of the typed program to their gaps and overlaps, found by intervals."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from attrs import frozen

from aidrules.check.scope import Report
from aidrules.diagnostics import Diagnostic, Label, catalogue
from aidrules.program import (
    AnyMatch,
    Cases,
    Constant,
    CountOver,
    Definition,
    Expr,
    FactUse,
    FigureRow,
    Match,
    Parameter,
    Program,
    RangeMatch,
    Table,
    TableRow,
    Use,
    ValueMatch,
)
from aidrules.source import Span
from aidrules.traverse import is_whole, walk
from aidrules.types import Choice, Date, Plain, Quantity, Truth, core
from aidrules.values import INFINITY, OTHER, Infinite, Number, Scalar

MAX_STEPS = 20_000
"""How many groups of cells one table is looked through for."""


@frozen
class _Atom:
    """A piece of a column that every cell takes as a whole: a value, or an open interval."""

    low: Number
    high: Number
    value: Scalar | None = None

    def is_in(self, cell: Match) -> bool:
        match cell:
            case AnyMatch():
                return True
            case ValueMatch(value=value):
                return self.value is not None and self.value == value
            case RangeMatch(low=low, high=high):
                if self.value is not None:
                    above = self.low > low or (cell.low_included and self.low == low)
                    below = self.low < high or (cell.high_included and self.low == high)
                    return above and below
                return self.low >= low and self.high <= high

    def words(self) -> str:
        if self.value is not None:
            match self.value:
                case bool():
                    return "yes" if self.value else "no"
                case str() if self.value == OTHER:
                    return "..."
                case _:
                    return str(self.value)
        low = "" if isinstance(self.low, Infinite) else f"> {self.low}"
        high = "" if isinstance(self.high, Infinite) else f"< {self.high}"
        return " and ".join(part for part in (low, high) if part) or "any"


def tables(program: Program, report: Report) -> None:
    """Report each table's first gap and first overlap."""
    for definition in program.definitions:
        for node in walk(definition.body):
            if isinstance(node, Table):
                _decision_table(node, definition, program, report)
            elif isinstance(node, Cases):
                _cases(node, report)
    for parameter in program.parameters:
        _figure(parameter, report)


def _decision_table(table: Table, definition: Definition, program: Program, report: Report) -> None:
    columns = [
        _atoms(
            core(entry.type),
            [row.cells[n] for row in table.rows],
            static_bounds(entry, program),
            whole=is_whole(entry, program),
        )
        for n, entry in enumerate(table.inputs)
    ]
    names = [entry.span.text for entry in table.inputs]
    _look(
        definition.name,
        definition.span,
        names,
        columns,
        table.rows,
        has_otherwise=table.otherwise is not None,
        report=report,
        gap=catalogue.table_gap,
    )


def _figure(parameter: Parameter, report: Report) -> None:
    rows = [row for row in parameter.rows if not row.is_otherwise]
    if not parameter.columns or not rows:
        return
    columns = [
        _atoms(type_, [row.cells[n] for row in rows], (-INFINITY, INFINITY), whole=False)
        for n, type_ in enumerate(parameter.key_types)
    ]
    names = [" else ".join(column) for column in parameter.columns]
    # A fallback may find what a first key has no row for; a text may be any.
    is_closed = len(rows) == len(parameter.rows) and all(
        len(alternatives) == 1 and _is_closed(type_)
        for alternatives, type_ in zip(parameter.columns, parameter.key_types, strict=True)
    )

    _look(
        parameter.name,
        parameter.span,
        names,
        columns,
        rows,
        has_otherwise=not is_closed,
        report=report,
        gap=catalogue.figure_gap,
    )


def _is_closed(type_: Plain) -> bool:
    match type_:
        case Truth():
            return True
        case Choice(is_open=is_open):
            return not is_open
        case _:
            return False


def _look(
    name: str,
    span: Span,
    names: Sequence[str],
    columns: Sequence[Sequence[_Atom]],
    rows: Sequence[TableRow] | Sequence[FigureRow],
    *,
    has_otherwise: bool,
    report: Report,
    gap: Callable[[Span, str, tuple[str, ...]], Diagnostic],
) -> None:
    steps = 0
    has_gap = has_otherwise
    has_overlap = False
    waiting: list[tuple[int, frozenset[int], tuple[_Atom, ...]]] = [
        (0, frozenset(range(len(rows))), ())
    ]
    while waiting and not (has_gap and has_overlap):
        at, open_rows, chosen = waiting.pop()
        steps += 1
        if steps > MAX_STEPS:
            report(catalogue.table_not_looked_through(span, name, MAX_STEPS))
            return
        if not open_rows or (at == len(columns) and len(open_rows) != 1):
            full = (*chosen, *(column[0] for column in columns[at:] if column))
            case = tuple(f"{n}: {atom.words()}" for n, atom in zip(names, full, strict=False))
            if not open_rows:
                if not has_gap:
                    has_gap = True
                    report(gap(span, name, case))
            elif not has_overlap:
                has_overlap = True
                one, other = sorted(open_rows)[:2]
                labels = tuple(
                    Label(place, "row") for place in (_row_span(rows[one]), _row_span(rows[other]))
                )
                report(catalogue.table_overlap(span, name, case, labels))
            continue
        if at == len(columns):
            continue
        seen: set[frozenset[int]] = set()
        for atom in reversed(columns[at]):
            left = frozenset(n for n in open_rows if atom.is_in(rows[n].cells[at]))
            if left not in seen:
                seen.add(left)
                waiting.append((at + 1, left, (*chosen, atom)))


def _row_span(row: TableRow | FigureRow) -> Span:
    match row:
        case TableRow(result=result):
            return result.span
        case FigureRow(values=values):
            return values[0].span


def _atoms(
    type_: Plain,
    cells: Sequence[Match],
    limits: tuple[Number, Number],
    *,
    whole: bool,
) -> list[_Atom]:
    """Return the pieces into which the cells of a column cut its type."""
    match type_:
        case Truth():
            return [_Atom(0, 0, value) for value in (False, True)]
        case Choice(values=values, is_open=is_open):
            named: list[str] = [*values, OTHER] if is_open else [*values]
            return [_Atom(0, 0, value) for value in named]
        case Quantity():
            return list(_intervals(cells, limits, whole=whole))
        case Date():
            return list(_intervals(cells, limits, whole=True))
        case _:
            texts = {cell.value for cell in cells if isinstance(cell, ValueMatch)}
            return [_Atom(0, 0, value) for value in (*texts, OTHER)]


def _intervals(
    cells: Sequence[Match], limits: tuple[Number, Number], *, whole: bool
) -> Iterator[_Atom]:
    least, greatest = limits
    points: set[Number] = {least, greatest}
    for cell in cells:
        match cell:
            case ValueMatch(value=value) if isinstance(value, int | Fraction):
                points.add(value)
            case RangeMatch(low=low, high=high):
                points |= {low, high}
            case _:
                pass
    ordered = sorted(point for point in points if least <= point <= greatest)
    for n, point in enumerate(ordered):
        if not isinstance(point, Infinite):
            yield _Atom(point, point, point)
        if n + 1 < len(ordered):
            following = ordered[n + 1]
            between = (
                isinstance(point, Infinite)
                or isinstance(following, Infinite)
                or not whole
                or following - point > 1
            )
            if between:
                yield _Atom(point, following)


def static_bounds(node: Expr, program: Program) -> tuple[Number, Number]:
    """Return the range within which a value is known to lie, from its declaration or its form."""
    match node:
        case FactUse(entity=entity, name=name):
            fact = program.fact.get((entity, name))
            if fact is None or fact.low is None or fact.high is None:
                return -INFINITY, INFINITY
            return fact.low, fact.high
        case CountOver():
            return 0, INFINITY
        case Constant(value=value) if isinstance(value, int | Fraction):
            return value, value
        case Use(key=key) if key in program.definition:
            return static_bounds(program.definition[key].body, program)
        case Cases(branches=branches, otherwise=otherwise):
            results = [b.result for b in branches] + ([otherwise] if otherwise else [])
            found = [static_bounds(result, program) for result in results]
            return min(low for low, _ in found), max(high for _, high in found)
        case _:
            return -INFINITY, INFINITY


def _cases(cases: Cases, report: Report) -> None:
    """Warn of cases that nothing closes; by their form alone, as bounds are."""
    if cases.otherwise is None and not cases.complete:
        report(catalogue.cases_may_be_incomplete(cases.span))
