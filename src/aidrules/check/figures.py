"""Tables as written to figures by key and date, decision tables, steps and marginal rates."""

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import assert_never

from attrs import evolve, frozen

from aidrules.check.citations import citation
from aidrules.check.expressions import applies as where_it_applies
from aidrules.check.expressions import constant, expression, key_type, result
from aidrules.check.scope import Amendment, Document, Scope, Symbol
from aidrules.diagnostics import Label, catalogue
from aidrules.program import (
    AnyMatch,
    Brackets,
    Expr,
    FigureRow,
    FigureValue,
    Match,
    Parameter,
    RangeMatch,
    Table,
    TableRow,
    ValueMatch,
)
from aidrules.source import Span
from aidrules.spelling import nearest
from aidrules.syntax import ast
from aidrules.types import (
    Described,
    Plain,
    Quantity,
    Selection,
    Text,
    Type,
    Undetermined,
    core,
    is_ordered,
)
from aidrules.values import INFINITY, Number, Scalar

MAX_CELLS = 100_000
"""How many cells the tables of one file may have."""


@frozen
class _Column:
    """A key column: its type, and whether its cells are steps."""

    type: Plain
    step: bool = False
    included: bool = True


# ---------------------------------------------------------------- figures


def parameter(symbol: Symbol, scope: Scope) -> Parameter | None:
    """Return a figure of the law with its rows, or report what is wrong with its table."""
    item = symbol.item
    if not isinstance(item, ast.Parameter):
        return None
    columns = tuple(_column(column, symbol.module, scope) for column in item.keys)
    document = scope.names.modules[symbol.module].document
    rows = _figure_rows(item.clauses, columns, symbol, document, scope)
    citations = tuple(
        found
        for clause in item.clauses
        if isinstance(clause, ast.Cite)
        for found in citation(clause, scope)
    )
    unverified = next(
        (clause.reason.text for clause in item.clauses if isinstance(clause, ast.Unverified)), None
    )
    return Parameter(
        symbol.key,
        symbol.name,
        symbol.module,
        symbol.type,
        tuple(tuple(name.text for name in column.alternatives) for column in item.keys),
        tuple(column.type for column in columns),
        rows,
        citations,
        any(isinstance(clause, ast.Synthetic) for clause in item.clauses),
        unverified,
        _applies(symbol.module, scope),
        item.name.span,
    )


def amended(base: Parameter, symbol: Symbol, amendment: Amendment, scope: Scope) -> Parameter:
    """Return a figure with the rows of an amendment put in.

    A row of the amendment replaces those of the figure for the same keys from its first date on;
    rows for other keys stay.
    """
    item = symbol.item
    if not isinstance(item, ast.Parameter):
        return base
    home = evolve(scope, module=amendment.module)
    columns = tuple(_column(column, symbol.module, scope) for column in item.keys)
    document = scope.names.modules[amendment.module].document
    clauses = tuple(
        clause for clause in amendment.item.clauses if isinstance(clause, ast.Version | ast.Row)
    )
    rows = list(base.rows)
    places = {(row.cells, row.is_otherwise): at for at, row in enumerate(rows)}
    for row in _figure_rows(clauses, columns, symbol, document, home):
        at = places.get((row.cells, row.is_otherwise))
        if at is None:
            rows.append(row)
        else:
            rows[at] = evolve(rows[at], values=_cut(rows[at].values, row.values))
    cites = tuple(
        found
        for clause in amendment.item.clauses
        if isinstance(clause, ast.Cite)
        for found in citation(clause, home)
    )
    marks = [c for c in amendment.item.clauses if isinstance(c, ast.Synthetic | ast.Unverified)]
    doubts = [mark.reason.text for mark in marks if isinstance(mark, ast.Unverified)]
    is_synthetic = any(isinstance(mark, ast.Synthetic) for mark in marks)
    return evolve(
        base,
        key=amendment.key,
        rows=tuple(rows),
        citations=(*cites, *base.citations),
        is_synthetic=is_synthetic or (base.is_synthetic and bool(base.rows)),
        unverified=doubts[0] if doubts else base.unverified,
        applies=None,
    )


def _cut(old: tuple[FigureValue, ...], new: tuple[FigureValue, ...]) -> tuple[FigureValue, ...]:
    """Return dated values with others put in: outside the days of these, the old ones hold."""
    kept = list(old)
    for value in new:
        kept = [part for each in kept for part in _outside(each, value.first, value.last)]
    return tuple(sorted((*kept, *new), key=lambda value: value.first or 0))


def _outside(value: FigureValue, first: int | None, last: int | None) -> Iterator[FigureValue]:
    """Yield what is left of a dated value before a first and after a last day."""
    if first is not None and (value.first is None or value.first < first):
        end = first - 1 if value.last is None else min(value.last, first - 1)
        yield evolve(value, last=end)
    if last is not None and (value.last is None or value.last > last):
        start = last + 1 if value.first is None else max(value.first, last + 1)
        yield evolve(value, first=start)


def _applies(module: str, scope: Scope) -> Expr | None:
    """Return where the figures of a file hold, read on the highest kind that knows its names."""
    quiet: list[object] = []
    for entity in [None, *scope.names.entities]:
        quiet.clear()
        found = where_it_applies(module, evolve(scope, entity=entity, report=quiet.append))
        if not quiet:
            return found
    return where_it_applies(module, scope)


def _column(column: ast.KeyColumn, module: str, scope: Scope) -> _Column:
    home = evolve(scope, module=module)
    for name in column.alternatives:
        if not any(home.visible(symbol) for symbol in scope.names.values.get(name.text, ())):
            known = [n for n, symbols in scope.names.values.items() if home.visible(symbols[0])]
            if name.text not in scope.names.unread:
                scope.report(
                    catalogue.unknown_name(name.span, name.text, nearest(name.text, known))
                )
    return _Column(key_type(column, module, scope))


def _figure_rows(
    clauses: tuple[ast.Node, ...],
    columns: tuple[_Column, ...],
    symbol: Symbol,
    document: Document,
    scope: Scope,
) -> tuple[FigureRow, ...]:
    versions = [clause for clause in clauses if isinstance(clause, ast.Version)]
    written = [clause for clause in clauses if isinstance(clause, ast.Row)]
    rows: list[FigureRow] = []
    if versions:
        values = dated(versions, symbol.type, scope)
        rows.append(FigureRow(tuple(AnyMatch() for _ in columns), values))
    if written:
        rows.extend(_table_rows(written[0], written[1:], columns, symbol, scope))
    for clause in clauses:
        if isinstance(clause, ast.FromFile):
            attachment = document.attachments.get(clause.file.text)
            if attachment is not None:
                types = [*(column.type for column in columns), core(symbol.type)]
                header, body = _csv_rows(attachment.text, Span(attachment, 0, 0), types)
                if header is not None:
                    rows.extend(_table_rows(header, body, columns, symbol, scope))
    return tuple(rows)


def dated(versions: list[ast.Version], type_: Type, scope: Scope) -> tuple[FigureValue, ...]:
    """Return the values of `from D [until D] = V` lines in order of date."""
    values: list[FigureValue] = []
    for version in sorted(versions, key=lambda v: v.first.ordinal if v.first else 0):
        if version.case is not None or isinstance(version.result, ast.UnknownResult):
            scope.report(catalogue.not_constant(version.span))
            continue
        value = constant(version.result, type_, scope)
        if value is None:
            continue
        first = version.first.ordinal if version.first else None
        if values and values[-1].first == first:
            scope.report(catalogue.overlapping_versions(version.span, values[-1].span))
        elif values and values[-1].last is None and first is not None:
            values[-1] = evolve(values[-1], last=first - 1)
        elif values and (first is None or (values[-1].last or 0) >= first):
            scope.report(catalogue.overlapping_versions(version.span, values[-1].span))
        last = version.last.ordinal if version.last else None
        if first is not None and last is not None and last < first:
            scope.report(catalogue.until_before_from(version.span))
        cites = citation(version.cite, scope)
        values.append(FigureValue(first, last, value, version.span, cites))
    return tuple(values)


def _table_rows(
    header: ast.Row,
    body: list[ast.Row],
    columns: tuple[_Column, ...],
    symbol: Symbol,
    scope: Scope,
) -> list[FigureRow]:
    width = len(columns)
    heads = header.cells
    columns = tuple(
        evolve(column, step=True, included=head.included)
        if isinstance(head, ast.StepCell)
        else column
        for column, head in zip(columns, heads, strict=False)
    )
    dates: list[int] = []
    for cell in heads[width:]:
        if isinstance(cell, ast.ValueCell) and isinstance(cell.value, ast.DateLiteral):
            if dates and cell.value.ordinal <= dates[-1]:
                scope.report(catalogue.dates_out_of_order(cell.span))
            dates.append(cell.value.ordinal)
        else:
            scope.report(catalogue.not_a_date_column(cell.span, symbol.name))
            return []
    if len(heads) < width + 1:
        scope.report(catalogue.too_few_columns(header.span, symbol.name, width))
        return []
    rows: list[FigureRow] = []
    for row in body:
        if len(row.cells) != len(heads):
            scope.report(catalogue.wrong_cell_count(row.span, len(heads), len(row.cells)))
            continue
        is_otherwise = width > 0 and isinstance(row.cells[0], ast.OtherwiseCell)
        if is_otherwise:
            _otherwise_row(row, width, rows, symbol, scope)
        cells = (
            tuple(AnyMatch() for _ in columns)
            if is_otherwise
            else _matches(row.cells[:width], columns, scope)
        )
        values = _dated_cells(row.cells[width:], dates, symbol.type, scope)
        if cells is not None:
            rows.append(FigureRow(cells, values, is_otherwise, row.span))
    return _stepped(rows, columns, scope)


def _otherwise_row(
    row: ast.Row, width: int, rows: list[FigureRow], symbol: Symbol, scope: Scope
) -> None:
    """Report a row for all others that names one of them, or stands behind another such row."""
    for cell in row.cells[1:width]:
        if not isinstance(cell, ast.OtherwiseCell | ast.AnyCell | ast.BlankCell):
            scope.report(catalogue.otherwise_with_a_key(cell.span, symbol.name))
            return
    for before in rows:
        if before.is_otherwise and before.span is not None:
            labels = (Label(before.span, "row"),)
            scope.report(catalogue.table_overlap(row.span, symbol.name, ("otherwise",), labels))
            return


def _dated_cells(
    cells: tuple[ast.Cell, ...], dates: list[int], type_: Type, scope: Scope
) -> tuple[FigureValue, ...]:
    """Return the values of a row; a blank cell goes on with the one to its left."""
    values: list[FigureValue] = []
    for cell, first in zip(cells, dates, strict=True):
        value: Scalar | None = None
        match cell:
            case ast.BlankCell():
                continue
            case ast.DashCell():
                pass
            case ast.ValueCell(value=written):
                value = constant(written, type_, scope)
                if value is None:
                    continue
            case _:
                scope.report(catalogue.not_a_value_cell(cell.span))
                continue
        if values:
            values[-1] = evolve(values[-1], last=first - 1)
        values.append(FigureValue(first, None, value, cell.span))
    return tuple(values)


def _matches(
    cells: tuple[ast.Cell, ...], columns: tuple[_Column, ...], scope: Scope
) -> tuple[Match, ...] | None:
    found = [_match(cell, column, scope) for cell, column in zip(cells, columns, strict=True)]
    matches = [match for match in found if match is not None]
    return tuple(matches) if len(matches) == len(found) else None


def _match(cell: ast.Cell, column: _Column, scope: Scope) -> Match | None:
    match cell:
        case ast.AnyCell():
            return AnyMatch()
        case ast.ValueCell(value=written):
            value = constant(written, column.type, scope)
            if value is None:
                return None
            if column.step and isinstance(value, int | Fraction):
                return RangeMatch(value, INFINITY, column.included, high_included=False)
            return ValueMatch(value)
        case ast.CompareCell(op=op, value=written):
            value = constant(written, column.type, scope)
            if not isinstance(value, int | Fraction) or not is_ordered(column.type):
                if value is not None:
                    scope.report(catalogue.not_ordered(cell.span, Described(column.type)))
                return None
            match op:
                case "<" | "<=":
                    return RangeMatch(-INFINITY, value, high_included=op == "<=")
                case ">" | ">=":
                    return RangeMatch(value, INFINITY, low_included=op == ">=")
                case _:
                    return ValueMatch(value)
        case ast.RangeCell(low=low, high=high):
            least = constant(low, column.type, scope)
            greatest = constant(high, column.type, scope)
            if isinstance(least, int | Fraction) and isinstance(greatest, int | Fraction):
                if least > greatest:
                    scope.report(catalogue.empty_range(cell.span))
                return RangeMatch(least, greatest)
            return None
        case ast.DashCell() | ast.BlankCell() | ast.OtherwiseCell():
            scope.report(catalogue.not_a_key_cell(cell.span))
            return None
        case ast.ResultCell() | ast.RateCell() | ast.StepCell():
            scope.report(catalogue.not_a_key_cell(cell.span))
            return None
        case _:
            assert_never(cell)


def _stepped(rows: list[FigureRow], columns: tuple[_Column, ...], scope: Scope) -> list[FigureRow]:
    """Close each step where the next one begins."""
    for at, column in enumerate(columns):
        if column.step:
            _report_falling(rows, at, scope)
            rows = _closed(rows, at, included=column.included)
    return rows


def _report_falling(rows: list[FigureRow], at: int, scope: Scope) -> None:
    """Report a step that is not above the one before it, for the same other cells."""
    for before, row in pairwise([row for row in rows if not row.is_otherwise]):
        low, step = before.cells[at], row.cells[at]
        if not isinstance(low, RangeMatch) or not isinstance(step, RangeMatch):
            continue
        same = before.cells[:at] == row.cells[:at] and before.cells[at + 1 :] == row.cells[at + 1 :]
        if same and step.low <= low.low and row.span is not None:
            scope.report(catalogue.steps_out_of_order(row.span))


def _closed(rows: list[FigureRow], at: int, *, included: bool) -> list[FigureRow]:
    """Return rows whose steps end where the next step for the same other cells begins."""
    lows: dict[tuple[Match, ...], list[Number]] = {}
    for row in rows:
        step = None if row.is_otherwise else row.cells[at]
        if isinstance(step, RangeMatch):
            lows.setdefault(_others(row, at), []).append(step.low)
    for each in lows.values():
        each.sort()
    closed: list[FigureRow] = []
    for row in rows:
        step = None if row.is_otherwise else row.cells[at]
        if isinstance(step, RangeMatch):
            above = lows[_others(row, at)]
            following = bisect_right(above, step.low)
            is_last = following == len(above)
            end = INFINITY if is_last else above[following]
            step = evolve(step, high=end, high_included=not is_last and not included)
            row = evolve(row, cells=(*row.cells[:at], step, *row.cells[at + 1 :]))  # noqa: PLW2901 - the same row, closed
        closed.append(row)
    return closed


def _others(row: FigureRow, at: int) -> tuple[Match, ...]:
    return row.cells[:at] + row.cells[at + 1 :]


# ---------------------------------------------------------------- decision tables


def decision(rows: list[ast.Row], type_: Type, scope: Scope, span: Span) -> Expr | None:
    """Return a decision table, a step table or marginal rates, by what the header says."""
    header, body = rows[0], rows[1:]
    last = header.cells[-1]
    inputs: list[Expr] = []
    columns: list[_Column] = []
    for cell in header.cells[:-1]:
        match cell:
            case ast.ValueCell(value=written):
                value = expression(written, scope)
                step = included = False
            case ast.StepCell(name=name, included=included):
                value = expression(ast.NameUse(name.text, span=name.span), scope)
                step = True
            case _:
                scope.report(catalogue.not_an_input_column(cell.span))
                return None
        if isinstance(value.type, Undetermined):
            return None
        if not isinstance(value.type, Plain) or isinstance(value.type, Selection):
            scope.report(catalogue.not_an_input_column(cell.span))
            return None
        inputs.append(value)
        columns.append(_Column(core(value.type), step, included))
    if not inputs or not body:
        scope.report(catalogue.table_without_rows(header.span))
        return None
    match last:
        case ast.RateCell():
            return _brackets(inputs, columns, body, type_, scope, span)
        case ast.ResultCell():
            return _decision(inputs, columns, body, type_, scope, span)
        case _:
            scope.report(catalogue.no_result_column(last.span))
            return None


def _decision(
    inputs: list[Expr],
    columns: list[_Column],
    body: list[ast.Row],
    type_: Type,
    scope: Scope,
    span: Span,
) -> Expr | None:
    drafts: list[FigureRow] = []
    results: list[Expr] = []
    otherwise: Expr | None = None
    width = len(columns)
    for row in body:
        if len(row.cells) != width + 1:
            scope.report(catalogue.wrong_cell_count(row.span, width + 1, len(row.cells)))
            continue
        last = row.cells[-1]
        if not isinstance(last, ast.ValueCell):
            scope.report(catalogue.not_a_value_cell(last.span))
            continue
        value = result(_unknown_or(last.value), scope, type_)
        if isinstance(row.cells[0], ast.OtherwiseCell):
            otherwise = value
            continue
        cells = _matches(row.cells[:width], tuple(columns), scope)
        if cells is not None:
            drafts.append(FigureRow(cells, (), span=row.span))
            results.append(value)
    closed = _stepped(drafts, tuple(columns), scope)
    return Table(
        tuple(inputs),
        tuple(TableRow(row.cells, value) for row, value in zip(closed, results, strict=True)),
        otherwise,
        type=type_,
        span=span,
    )


def _unknown_or(written: ast.Expr) -> ast.Result:
    if isinstance(written, ast.NameUse) and written.name == "unknown":
        return ast.UnknownResult(span=written.span)
    return written


def _brackets(
    inputs: list[Expr],
    columns: list[_Column],
    body: list[ast.Row],
    type_: Type,
    scope: Scope,
    span: Span,
) -> Expr | None:
    target, source = core(type_), columns[0].type
    if len(columns) != 1 or not columns[0].step:
        scope.report(catalogue.rates_need_one_step(span))
        return None
    if not isinstance(target, Quantity) or not isinstance(source, Quantity):
        scope.report(catalogue.rates_need_one_step(span))
        return None
    rate_type = Quantity(target.unit.per(source.unit))
    thresholds: list[int | Fraction] = []
    rates: list[int | Fraction] = []
    for row in body:
        match row.cells:
            case (ast.ValueCell(value=low), ast.ValueCell(value=rate)):
                threshold = constant(low, source, scope)
                share = constant(rate, rate_type, scope)
                if isinstance(threshold, int | Fraction) and isinstance(share, int | Fraction):
                    if thresholds and threshold <= thresholds[-1]:
                        scope.report(catalogue.steps_out_of_order(row.span))
                    thresholds.append(threshold)
                    rates.append(share)
            case _:
                scope.report(catalogue.not_a_value_cell(row.span))
    return Brackets(inputs[0], tuple(thresholds), tuple(rates), type=type_, span=span)


# ---------------------------------------------------------------- files


_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})$")
_NUMBER = re.compile(r"-?\d[\d_]*(\.\d+)?%?$")


def _csv_rows(text: str, at: Span, types: list[Plain]) -> tuple[ast.Row | None, list[ast.Row]]:
    """Return the header and rows of a table in a file as if they stood in the policy.

    Args:
        types: Of the key columns and, last, of the values.
    """
    rows: list[ast.Row] = []
    offset = 0
    lines = text.splitlines(keepends=True)
    for number, cells in enumerate(csv.reader(io.StringIO(text))):
        line = lines[number] if number < len(lines) else ""
        span = Span(at.source, offset, offset + len(line.rstrip("\r\n")))
        offset += len(line)
        if any(cell.strip() for cell in cells):
            kinds = [types[min(n, len(types) - 1)] if rows else None for n in range(len(cells))]
            found = [
                _csv_cell(cell.strip(), kind, span) for cell, kind in zip(cells, kinds, strict=True)
            ]
            rows.append(ast.Row(tuple(found), span=span))
    return (rows[0], rows[1:]) if rows else (None, [])


def _csv_cell(text: str, type_: Plain | None, span: Span) -> ast.Cell:
    match text:
        case "":
            return ast.BlankCell(span=span)
        case "-":
            return ast.DashCell(span=span)
        case "any":
            return ast.AnyCell(span=span)
        case "otherwise":
            return ast.OtherwiseCell(span=span)
        case _ if isinstance(type_, Text):
            return ast.ValueCell(ast.String(text, span=span), span=span)
        case "yes":
            return ast.ValueCell(ast.Yes(span=span), span=span)
        case "no":
            return ast.ValueCell(ast.No(span=span), span=span)
        case _:
            pass
    found = _DATE.match(text)
    if found is not None:
        try:
            day = date(*(int(part) for part in found.groups()))
        except ValueError:
            return ast.ValueCell(ast.String(text, span=span), span=span)
        return ast.ValueCell(ast.DateLiteral(day.toordinal(), span=span), span=span)
    if _NUMBER.match(text):
        share = text.endswith("%")
        value = Fraction(text.rstrip("%").replace("_", "")) / (100 if share else 1)
        return ast.ValueCell(ast.Number(value, span=span), span=span)
    return ast.ValueCell(ast.NameUse(text, span=span), span=span)
