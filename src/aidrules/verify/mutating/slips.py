"""An expression as written to the slips in it that an author makes: an end, a word, a line."""

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Final, Literal, assert_never

from attrs import evolve, field, frozen

from aidrules.program import (
    And,
    AnyOver,
    Arithmetic,
    BestBy,
    BestOver,
    Boundary,
    Cases,
    Compare,
    Constant,
    CountOver,
    EveryOver,
    Expr,
    Extreme,
    Figure,
    IsNone,
    Not,
    OneOf,
    Or,
    Present,
    RangeMatch,
    Records,
    Round,
    RoundingMode,
    Shift,
    SumOver,
    Table,
    TableRow,
    Today,
    Within,
)
from aidrules.source import Span
from aidrules.traverse import walk
from aidrules.types import TRUTH, Date, Quantity, core
from aidrules.verify.mutating.substitute import Change

Words = tuple[tuple[str, object], ...]
"""What fills the holes of a description: text of the policy, exact numbers, days as `date`."""

LONGEST: Final = 60
"""Characters of a piece of the policy that a description shows."""


@frozen
class Mutant:
    """A policy with one slip in it.

    Attributes:
        rule: The name of the definition, grant, requirement or figure that the slip is in.
        module: In which it stands.
        word: The key of the description in the lexicon's table `word`, without `mutant-`.
        facts: What fills the holes of the description.
        span: Where the slip is.
        change: What makes the mutant of the program as written.
    """

    rule: str
    module: str
    word: str
    facts: Words
    span: Span = field(repr=False)
    change: Change = field(repr=False, eq=False)


@frozen
class Slip:
    """A slip in one expression, wherever that stands."""

    word: str
    facts: Words
    new: Expr
    span: Span


def shown(span: Span) -> str:
    """Return a piece of a policy on one line, cut where it is long."""
    text = " ".join(span.text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def slips(node: Expr) -> Iterator[Slip]:
    """Yield the slips in an expression itself, not in its parts."""
    span = node.span
    match node:
        case Compare() if _is_written(node, node.left, node.right):
            yield from _compared(node)
        case And(items=items) if _is_written(node, *items):
            yield from _dropped(node, items, truth=True)
            if not any(_asks_for_none(item) for item in items):
                yield Slip("and", quoted(span), Or(items, type=node.type, span=span), span)
        case Or(items=items) if _is_written(node, *items):
            yield from _dropped(node, items, truth=False)
            yield Slip("or", quoted(span), And(items, type=node.type, span=span), span)
        case Not(value=denied) if not isinstance(denied, IsNone) and denied.span != span:
            yield Slip("not", quoted(span), denied, span)
        case Arithmetic(op="+" | "-" as op, left=left, right=right) if left.span != right.span:
            other: Literal["+", "-"] = "-" if op == "+" else "+"
            yield Slip("sign", _read(span, op, other), evolve(node, op=other), span)
        case Extreme(word=word, items=(value, limit)) if limit.span != span:
            turned: Literal["highest", "lowest"] = "lowest" if word == "highest" else "highest"
            yield Slip(f"{word}-turned", quoted(span), evolve(node, word=turned), span)
            yield Slip("limit", quoted(span), value, span)
        case Round():
            yield from _rounded(node)
        case OneOf(values=values) if len(values) > 1:
            for n, each in enumerate(values):
                rest = (*values[:n], *values[n + 1 :])
                facts = (*quoted(span), ("value", each))
                yield Slip("value", facts, evolve(node, values=rest), span)
        case Within():
            yield from _within(node)
        case Constant():
            yield from _constant(node)
        case Cases():
            yield from _cases(node)
        case Table():
            yield from _table(node)
        case SumOver() | CountOver() | AnyOver() | EveryOver() | BestOver() | BestBy():
            yield from _over(node)
        case Shift(unit="working day"):
            yield Slip("calendar-days", quoted(span), evolve(node, unit="day"), span)
        case Boundary(side=side):
            far: Literal["start", "end"] = "end" if side == "start" else "start"
            yield Slip("side", _read(span, side, far), evolve(node, side=far), span)
            if node.which != "of":
                yield Slip("period", _read(span, node.which, "of"), evolve(node, which="of"), span)
        case Figure(on=on) if on is not None:
            yield Slip(
                "today", (*quoted(span), ("day", shown(on.span))), evolve(node, on=None), span
            )
        case _:
            pass


def quoted(span: Span) -> Words:
    """Return what fills the hole for a piece of the policy."""
    return (("old", shown(span)),)


def _read(span: Span, old: str, new: str) -> Words:
    return (*quoted(span), ("one", old), ("other", new))


def _is_written(node: Expr, *parts: Expr) -> bool:
    """Whether the author wrote an operator between parts: a lowered one has their place."""
    spans = [part.span for part in parts]
    return len({(s.start, s.end) for s in spans}) == len(spans) and node.span not in spans


def of_line(node: Expr) -> Iterator[Slip]:
    """Yield the line left out; dates of force are apart."""
    is_constant = isinstance(node, Constant)
    if not is_constant and not any(is_force(each) for each in walk(node)):
        yield Slip("condition", quoted(node.span), _truth(node, truth=True), node.span)


def _truth(node: Expr, *, truth: bool) -> Constant:
    return Constant(truth, type=TRUTH, span=node.span)


def _asks_for_none(node: Expr) -> bool:
    return any(isinstance(each, IsNone) for each in walk(node))


def _dropped(node: And | Or, items: tuple[Expr, ...], *, truth: bool) -> Iterator[Slip]:
    """Yield each part left out, but for a question that guards those behind it."""
    for n, item in enumerate(items):
        behind = (each for other in items[n + 1 :] for each in walk(other))
        if _asks_for_none(item) and any(isinstance(each, Present) for each in behind):
            continue
        rest = (*items[:n], _truth(item, truth=truth), *items[n + 1 :])
        word = "condition" if truth else "alternative"
        yield Slip(word, quoted(item.span), evolve(node, items=rest), item.span)


BOUNDARY: Final[Mapping[str, Literal["<", "<=", ">", ">="]]] = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
}
"""A comparison to the same with its boundary counted the other way."""
_OPPOSITE: Final[Mapping[str, Literal["<", "<=", ">", ">=", "=", "!="]]] = {
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "=": "!=",
    "!=": "=",
}


def _compared(node: Compare) -> Iterator[Slip]:
    found: list[Literal["<", "<=", ">", ">=", "=", "!="]] = [_OPPOSITE[node.op]]
    if node.op in BOUNDARY:
        found.insert(0, BOUNDARY[node.op])
    for op in found:
        yield Slip("compared", _read(node.span, node.op, op), evolve(node, op=op), node.span)


def _rounded(node: Round) -> Iterator[Slip]:
    modes: tuple[RoundingMode, ...]
    match node.mode:
        case "up":
            modes = ("down",)
        case "down":
            modes = ("up",)
        case "half up" | "half even" | "half down":
            modes = ("up", "down")
        case _:
            assert_never(node.mode)
    for mode in modes:
        yield Slip("rounded", _read(node.span, node.mode, mode), evolve(node, mode=mode), node.span)
    yield Slip("rounding", quoted(node.span), node.value, node.span)


def _within(node: Within) -> Iterator[Slip]:
    """Yield the ends of a period, counted the other way."""
    period = core(node.period.type)
    unit = period.unit.duration if isinstance(period, Quantity) else None
    span = node.span
    sign: Literal[1, -1] = -1 if node.direction == "before" else 1
    far = Shift(
        node.start, node.period, sign, unit or "day", node.calendar, type=node.start.type, span=span
    )
    not_far = Compare("!=", node.date, far, type=TRUTH, span=span)
    same = Compare("=", node.date, node.start, type=TRUTH, span=span)
    yield Slip("far-day", quoted(span), And((node, not_far), type=TRUTH, span=span), span)
    yield Slip("near-day", quoted(span), Or((node, same), type=TRUTH, span=span), span)


def _constant(node: Constant) -> Iterator[Slip]:
    """Yield the value one step off, if the author wrote it."""
    text = node.span.text
    match node.value:
        case bool() as truth:
            if text in {"yes", "no"}:
                word = ("yes", "no") if truth else ("no", "yes")
                turned = evolve(node, value=not truth)
                yield Slip("truth", _read(node.span, *word), turned, node.span)
        case int() as day if isinstance(core(node.type), Date):
            if text[:1].isdigit():
                for step in (-1, 1):
                    facts = (
                        ("day", date.fromordinal(day)),
                        ("other", date.fromordinal(day + step)),
                    )
                    yield Slip("day", facts, evolve(node, value=day + step), node.span)
        case int() | Fraction() as number:
            if text.removeprefix("-")[:1].isdigit():
                step_ = one_step(number, text)
                for value in (number - step_, number + step_):
                    off: Words = (("number", Fraction(number)), ("other", Fraction(value)))
                    yield Slip("number", off, evolve(node, value=exact(value)), node.span)
        case _:
            pass


def one_step(number: int | Fraction, text: str) -> Fraction:
    """Return one of the last digit as written."""
    places, value = 0, Fraction(number)
    while value.denominator != 1 and places < 6:  # noqa: PLR2004 - beyond, it was not written so
        places, value = places + 1, value * 10
    return Fraction(1, 100 if "%" in text and places < 2 else 10**places)  # noqa: PLR2004 - 1 %


def exact(value: int | Fraction) -> int | Fraction:
    """Return a whole number as an `int`."""
    return value.numerator if value.denominator == 1 else value


def _cases(node: Cases) -> Iterator[Slip]:
    """Yield each case left out, and each two results that stand below one another swapped."""
    branches, otherwise = node.branches, node.otherwise
    written = [b for b in branches if b.guard is None and b.condition.span != b.result.span]
    if len(written) != len(branches) or any(is_force(b.condition) for b in branches):
        return
    results = [b.result for b in branches] + ([] if otherwise is None else [otherwise])
    if any(result.span in (node.span, branches[0].condition.span) for result in results):
        return  # a grant's value: the amount, or nothing
    for n, branch in enumerate(branches):
        rest = (*branches[:n], *branches[n + 1 :])
        if rest or otherwise is not None:
            left: Expr = evolve(node, branches=rest, complete=False)
            if not rest and otherwise is not None:
                left = otherwise
            place = branch.condition.span
            yield Slip("case", quoted(place), left, place)
    for n in range(len(results) - 1):
        one, other = results[n], results[n + 1]
        if one == other:
            continue
        turned = [*results[:n], other, one, *results[n + 2 :]]
        made = tuple(evolve(b, result=r) for b, r in zip(branches, turned, strict=False))
        new = evolve(node, branches=made, otherwise=None if otherwise is None else turned[-1])
        facts = (("one", shown(one.span)), ("other", shown(other.span)))
        yield Slip("swapped", facts, new, one.span)


def _table(node: Table) -> Iterator[Slip]:
    """Yield rows swapped, and ends of ranges counted with the neighbour."""
    rows = node.rows
    for n in range(len(rows) - 1):
        one, other = rows[n].result, rows[n + 1].result
        if one == other:
            continue
        pair = (evolve(rows[n], result=other), evolve(rows[n + 1], result=one))
        facts = (("one", shown(one.span)), ("other", shown(other.span)))
        new = evolve(node, rows=(*rows[:n], *pair, *rows[n + 2 :]))
        yield Slip("swapped", facts, new, one.span)
    for column in range(len(node.inputs)):
        ends = {
            end
            for row in rows
            if isinstance(cell := row.cells[column], RangeMatch)
            for end in (cell.low, cell.high)
            if isinstance(end, int | Fraction)
        }
        for end in sorted(ends):
            made = tuple(_turned(row, column, end) for row in rows)
            kind = core(node.inputs[column].type)
            is_day = isinstance(kind, Date) and isinstance(end, int)
            shown_end = date.fromordinal(int(end)) if is_day else Fraction(end)
            ends_at: Words = (("old", shown(node.inputs[column].span)), ("value", shown_end))
            yield Slip("row-end", ends_at, evolve(node, rows=made), node.span)


def _turned(row: TableRow, column: int, end: int | Fraction) -> TableRow:
    cell = row.cells[column]
    if not isinstance(cell, RangeMatch):
        return row
    if cell.low == end:
        cell = evolve(cell, low_included=not cell.low_included)
    if cell.high == end:
        cell = evolve(cell, high_included=not cell.high_included)
    return evolve(row, cells=(*row.cells[:column], cell, *row.cells[column + 1 :]))


def _over(
    node: SumOver | CountOver | AnyOver | EveryOver | BestOver | BestBy,
) -> Iterator[Slip]:
    """Yield all records taken, and the word for how many or which of them read as its opposite."""
    span = node.span
    if node.over.condition is not None and not _guards(node):
        every: Records = evolve(node.over, group=None, condition=None)
        facts = (*quoted(span), ("kind", node.over.entity))
        yield Slip("all-records", facts, evolve(node, over=every), span)
    match node:
        case AnyOver(over=over, condition=condition):
            new: Expr = EveryOver(over, condition, type=node.type, span=span)
            yield Slip("any", quoted(span), new, span)
        case EveryOver(over=over, condition=condition):
            new = AnyOver(over, condition, type=node.type, span=span)
            yield Slip("every", quoted(span), new, span)
        case BestOver(word=word) | BestBy(word=word):
            turned: Literal["highest", "lowest"] = "lowest" if word == "highest" else "highest"
            yield Slip("best", quoted(span), evolve(node, word=turned), span)
        case SumOver() | CountOver():
            pass
        case _:
            assert_never(node)


def _guards(node: Expr) -> bool:
    return any(isinstance(each, Present) for each in walk(node))


def is_force(node: Expr) -> bool:
    """Whether an expression is a date of force, written in the header of a file."""
    match node:
        case Compare(left=Today(), right=Constant()):
            return node.left.span == node.right.span
        case _:
            return False
