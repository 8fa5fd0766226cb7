"""Tables of the typed program to their gaps and overlaps, found by intervals."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from attrs import frozen

from aidrules import bounds
from aidrules.check.scope import Report
from aidrules.diagnostics import Diagnostic, Label, catalogue
from aidrules.program import (
    AnyMatch,
    Arithmetic,
    Cases,
    Constant,
    Convert,
    CountOver,
    Definition,
    Expr,
    Extreme,
    FactUse,
    Fail,
    Figure,
    FigureRow,
    Match,
    Parameter,
    Present,
    Program,
    RangeMatch,
    Round,
    SumOver,
    Table,
    TableRow,
    Use,
    ValueMatch,
)
from aidrules.source import Span
from aidrules.traverse import is_whole, walk
from aidrules.types import Choice, Date, Plain, Quantity, Truth, core
from aidrules.values import (
    INFINITY,
    OTHER,
    Infinite,
    Interval,
    Number,
    Scalar,
    Value,
    parts,
    settle,
)
from aidrules.values import bounds as ends

MAX_STEPS = 1_000_000
"""How many cells are compared with pieces of their columns to look through one table."""


@frozen
class _Atom:
    """A piece of a column that every cell takes as a whole: a value, or an open interval."""

    low: Number
    high: Number
    value: Scalar | None = None
    has_low: bool = False
    has_high: bool = False
    is_whole: bool = False

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

    def with_next(self, other: "_Atom") -> "_Atom":
        """Return this piece and one that follows it as one, if they touch; else this one."""
        touches = other.low == self.high and (self.value is None or other.value is None)
        if not touches or isinstance(self.value, str | bool) or isinstance(other.value, str | bool):
            return self
        return _Atom(
            self.low,
            other.high,
            None,
            self.has_low or self.value is not None,
            other.has_high or other.value is not None,
            self.is_whole,
        )

    def words(self) -> str:
        """Return the piece as a cell of a table would say it."""
        match self.value:
            case bool():
                return "yes" if self.value else "no"
            case str():
                return "..." if self.value == OTHER else self.value
            case None:
                return self._range()
            case _:
                return str(self.value)

    def _range(self) -> str:
        low, high = self.low, self.high
        has_low, has_high = self.has_low, self.has_high
        if self.is_whole and not isinstance(low, Infinite) and not has_low:
            low, has_low = low + 1, True
        if self.is_whole and not isinstance(high, Infinite) and not has_high:
            high, has_high = high - 1, True
        if isinstance(high, Infinite):
            return "any" if isinstance(low, Infinite) else f"{'>=' if has_low else '>'} {low}"
        if isinstance(low, Infinite):
            return f"{'<=' if has_high else '<'} {high}"
        if low == high:
            return str(low)
        if has_low and has_high:
            return f"{low} .. {high}"
        return f"{'>=' if has_low else '>'} {low} and {'<=' if has_high else '<'} {high}"


def tables(program: Program, report: Report) -> None:
    """Report each table's first gap and first overlap."""
    range_of = ranges(program)
    for definition in program.definitions:
        for node in walk(definition.body):
            if isinstance(node, Table):
                columns = [
                    _atoms(
                        core(entry.type),
                        [row.cells[n] for row in node.rows],
                        range_of(entry),
                        whole=is_whole(entry, program.definition),
                    )
                    for n, entry in enumerate(node.inputs)
                ]
                _decision_table(node, columns, definition, report)
            elif isinstance(node, Cases):
                _cases(node, report)
    for parameter in program.parameters:
        _figure(parameter, report)


@frozen
class _Grid:
    """A table as it is looked through: its columns cut into pieces, and its rows."""

    name: str
    span: Span
    heads: Sequence[str]
    columns: Sequence[Sequence[_Atom]]
    rows: Sequence[TableRow] | Sequence[FigureRow]
    is_closed: bool
    gap: Callable[[Span, str, tuple[str, ...]], Diagnostic]

    def case(self, atoms: Sequence[_Atom]) -> tuple[str, ...]:
        """Return the words for a combination of pieces."""
        return tuple(f"{h}: {atom.words()}" for h, atom in zip(self.heads, atoms, strict=False))


def _decision_table(
    table: Table, columns: list[list[_Atom]], definition: Definition, report: Report
) -> None:
    heads = [entry.span.text for entry in table.inputs]
    is_closed = table.otherwise is None
    grid = _Grid(
        definition.name, definition.span, heads, columns, table.rows, is_closed, catalogue.table_gap
    )
    _look(grid, report)


def _figure(parameter: Parameter, report: Report) -> None:
    rows = [row for row in parameter.rows if not row.is_otherwise]
    if not parameter.columns or not rows:
        return
    columns = [
        _atoms(type_, [row.cells[n] for row in rows], (-INFINITY, INFINITY), whole=False)
        for n, type_ in enumerate(parameter.key_types)
    ]
    heads = [" else ".join(column) for column in parameter.columns]
    # A fallback may find what a first key has no row for; a text may be any.
    is_closed = len(rows) == len(parameter.rows) and all(
        len(alternatives) == 1 and _is_closed(type_)
        for alternatives, type_ in zip(parameter.columns, parameter.key_types, strict=True)
    )
    grid = _Grid(
        parameter.name, parameter.span, heads, columns, rows, is_closed, catalogue.figure_gap
    )
    _look(grid, report)


def _is_closed(type_: Plain) -> bool:
    match type_:
        case Truth():
            return True
        case Choice(is_open=is_open):
            return not is_open
        case _:
            return False


def _look(grid: _Grid, report: Report) -> None:
    """Report the first gap and the first overlap of a table."""
    gaps, overlaps = not grid.is_closed, False
    waiting: list[tuple[int, frozenset[int], tuple[_Atom, ...]]] = [
        (0, frozenset(range(len(grid.rows))), ())
    ]
    steps = 0
    while waiting and not (gaps and overlaps):
        at, left, chosen = waiting.pop()
        if not left:
            if not gaps:
                gaps = True
                rest = (column[0] for column in grid.columns[at:] if column)
                report(grid.gap(grid.span, grid.name, grid.case((*chosen, *rest))))
        elif at < len(grid.columns):
            steps += len(left) * len(grid.columns[at])
            if steps > MAX_STEPS:
                report(catalogue.table_not_looked_through(grid.span, grid.name, MAX_STEPS))
                return
            groups: dict[frozenset[int], _Atom] = {}
            for atom in grid.columns[at]:
                rows = frozenset(n for n in left if atom.is_in(grid.rows[n].cells[at]))
                groups[rows] = groups[rows].with_next(atom) if rows in groups else atom
            waiting.extend((at + 1, rows, (*chosen, atom)) for rows, atom in groups.items())
        elif len(left) > 1 and not overlaps:
            overlaps = True
            labels = tuple(Label(_row_span(grid.rows[n]), "row") for n in sorted(left)[:2])
            report(catalogue.table_overlap(grid.span, grid.name, grid.case(chosen), labels))


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
            yield _Atom(point, point, point, is_whole=whole)
        if n + 1 < len(ordered):
            following = ordered[n + 1]
            between = (
                isinstance(point, Infinite)
                or isinstance(following, Infinite)
                or not whole
                or following - point > 1
            )
            if between:
                yield _Atom(point, following, is_whole=whole)


def ranges(program: Program) -> Callable[[Expr], tuple[Number, Number]]:
    """Return what tells the range of a value, whatever the facts.

    It is that of its declaration, carried through sums, products, shaping and cases; what is not
    seen through may be anything.
    """
    known: dict[str, Value] = {}

    def value(node: Expr) -> Value:
        match node:
            case FactUse(entity=entity, name=name):
                fact = program.fact.get((entity, name))
                if fact is None or fact.low is None or fact.high is None:
                    return _ANY
                return settle(Interval(fact.low, fact.high))
            case CountOver(over=over):
                return settle(Interval(0, program.entity[over.entity].limit))
            case Constant(value=number) if isinstance(number, int | Fraction):
                return number
            case Use(key=key):
                return known.get(key, _ANY)
            case Cases(branches=branches, otherwise=otherwise):
                results = [b.result for b in branches] + ([otherwise] if otherwise else [])
                return bounds.hull([value(r) for r in results if not isinstance(r, Fail)])
            case Figure(parameter=key) if key in program.parameter:
                return _of_figure(program.parameter[key])
            case Arithmetic(op="+", left=left, right=right):
                return bounds.add(value(left), value(right))
            case Arithmetic(op="-", left=left, right=right):
                return bounds.subtract(value(left), value(right))
            case Arithmetic(op="*", left=left, right=right):
                return bounds.multiply(value(left), value(right))
            case Arithmetic(op="/", left=left, right=right):
                quotient = bounds.divide(
                    value(left), value(right), whole=is_whole(right, program.definition)
                )
                return settle(parts(quotient)[0] or Interval(-INFINITY, INFINITY))
            case Extreme(word=word, items=items):
                return bounds.extreme(word, [value(item) for item in items])
            case Round(value=inner, mode=mode, quantum=quantum):
                return bounds.round_to(value(inner), mode, quantum)
            case Convert(value=inner, factor=factor):
                return bounds.convert(value(inner), factor)
            case SumOver(over=over, value=inner):
                most = settle(Interval(0, program.entity[over.entity].limit))
                return bounds.multiply(bounds.hull([value(inner), 0]), most)
            case Present(value=inner):
                return value(inner)
            case _:
                return _ANY

    for definition in program.definitions:
        if isinstance(core(definition.type), Quantity | Date):
            known[definition.key] = value(definition.body)
    return lambda node: ends(value(node)) or (-INFINITY, INFINITY)


_ANY = settle(Interval(-INFINITY, INFINITY))


def _of_figure(parameter: Parameter) -> Value:
    values = [v.value for row in parameter.rows for v in row.values]
    numbers = [value for value in values if isinstance(value, int | Fraction)]
    return bounds.hull(numbers) if numbers else _ANY


def _cases(cases: Cases, report: Report) -> None:
    """Warn of cases that nothing closes; by their form alone, as bounds are."""
    if cases.otherwise is None and not cases.complete:
        report(catalogue.cases_may_be_incomplete(cases.span))
