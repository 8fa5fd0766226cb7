"""A program as written to its points: each row, case, band, figure and outcome to be reached."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Final, assert_never

from attrs import Factory, define, frozen

from aidrules.lexicon import exact
from aidrules.program import (
    And,
    AnyMatch,
    AnyOver,
    BestBy,
    BestOver,
    Brackets,
    Branch,
    Cases,
    Constant,
    CountOver,
    EveryOver,
    Expr,
    Fail,
    Figure,
    FigureRow,
    Match,
    Not,
    Or,
    Parameter,
    Program,
    RangeMatch,
    Role,
    SumOver,
    Table,
    UnknownValue,
    ValueMatch,
)
from aidrules.source import Source, Span
from aidrules.traverse import children
from aidrules.types import TRUTH, Date, Plain, Truth
from aidrules.values import Infinite
from aidrules.verify.mutating.slips import Words, is_force, quoted


@frozen
class Point:
    """What an example can reach.

    Attributes:
        rule: The name of the definition, grant, requirement or figure that it is in.
        module: In whose file it stands.
        word: The key of its description in the lexicon's table `word`, without `point-`.
        facts: What fills the holes of the description.
        span: Where it is.
    """

    rule: str
    module: str
    word: str
    facts: Words
    span: Span


@define
class Points:
    """The points of a program, and where an evaluation meets them.

    Expressions and figures are known by their identity: keep the program as long as this.

    Attributes:
        truths: For a yes-or-no condition, the places of its two outcomes, yes and no.
        choices: For cases, a table or brackets, the place of each branch, row or band, that of
            `otherwise` last; None for what nobody wrote.
        figures: For each dated value of a figure, its place.
        decided: For a grant or requirement, by key, the places of its two outcomes.
    """

    _program: Program
    every: list[Point] = Factory(list)
    truths: dict[int, tuple[int, int]] = Factory(dict)
    choices: dict[int, tuple[int | None, ...]] = Factory(dict)
    figures: dict[int, int] = Factory(dict)
    decided: dict[str, tuple[int, int]] = Factory(dict)
    _places: dict[tuple[str, Words, Span], int] = Factory(dict)

    def add(self, rule: tuple[str, str], word: str, facts: Words, span: Span) -> int:
        """Return the place of a point among all; what stands at one place is one point.

        Args:
            rule: Module and name of the rule that it is in.
            word: Of its description.
            facts: Of its description.
            span: Where it is.
        """
        found = self._places.get((word, facts, span))
        if found is None:
            found = self._places[word, facts, span] = len(self.every)
            module = next((m.name for m in self._program.modules if m.source == span.source), None)
            self.every.append(Point(rule[1], module or rule[0], word, facts, span))
        return found


def points(program: Program) -> Points:
    """Return the points of a program.

    Args:
        program: As written (`sharpen.as_written`).
    """
    found = Points(program)
    _decided(program, found)
    for rule, root in _conditions(program):
        _asked(root, rule, found)
    for rule, root in _values(program):
        _within(root, rule, found)
    for parameter in program.parameter.values():
        _figures(parameter, found)
    return found


# ---------------------------------------------------------------- where


_Rooted = tuple[tuple[str, str], Expr]


def _decided(program: Program, found: Points) -> None:
    for grant in program.grants:
        rule = grant.module, grant.name
        yes = found.add(rule, "granted", (), grant.span)
        found.decided[grant.receives] = yes, found.add(rule, "refused", (), grant.span)
    for requirement in program.requirements:
        rule = requirement.module, requirement.name
        yes = found.add(rule, "holds", (), requirement.span)
        found.decided[requirement.key] = yes, found.add(rule, "fails", (), requirement.span)


def _conditions(program: Program) -> Iterator[_Rooted]:
    """Yield what is asked for a yes or no, with the rule that asks."""
    for grant in program.grants:
        rule = grant.module, grant.name
        yield from ((rule, line.condition) for line in grant.lines)
        whens = [deadline.condition for deadline in grant.deadlines]
        whens += [office.condition for office in grant.offices]
        yield from ((rule, when) for when in whens if when is not None)
        # Beside being eligible: whether another grant takes its place, and whether the fund lasts.
        for definition in program.definitions:
            if definition.key in (grant.receives, f"{grant.key}/claims"):
                body = definition.body
                items = body.items if isinstance(body, And) else ()
                yield from ((rule, item) for item in items[1:])
    for requirement in program.requirements:
        rule = requirement.module, requirement.name
        yield from ((rule, line.condition) for line in requirement.lines)
    for definition in program.definitions:
        if definition.role in {Role.DEFINE, Role.GROUP} and _is_truth(definition.body):
            yield (definition.module, definition.name), definition.body
    for parameter in program.parameters:
        if parameter.applies is not None:
            yield (parameter.module, parameter.name), parameter.applies


def _values(program: Program) -> Iterator[_Rooted]:
    """Yield what is asked for anything else."""
    for grant in program.grants:
        rule = grant.module, grant.name
        yield from () if grant.amount is None else ((rule, grant.amount),)
        yield from ((rule, deadline.due) for deadline in grant.deadlines)
        yield from () if grant.paid_from is None else ((rule, grant.paid_from),)
    for definition in program.definitions:
        if definition.role is Role.DEFINE and not _is_truth(definition.body):
            yield (definition.module, definition.name), definition.body
    for ration in program.rations:
        grant = program.grant[ration.grant]
        rule = grant.module, grant.name
        yield from ((rule, order) for order, _ in ration.orders)
        yield from () if ration.fund is None else ((rule, ration.fund),)


# ---------------------------------------------------------------- conditions


def _is_truth(node: Expr) -> bool:
    return isinstance(node.type, Truth)


def _asked(node: Expr, rule: tuple[str, str], found: Points) -> None:
    """Add the outcomes of what an author wrote as one condition, and what is in it."""
    parts = _parts(node)
    match node:
        case _ if parts is not None:
            for part in parts:
                _asked(part, rule, found)
        case Cases() | Table() | Constant() | UnknownValue() | Fail() | Figure():
            _within(node, rule, found)
        case _:
            facts = quoted(node.span)
            yes = found.add(rule, "yes", facts, node.span)
            found.truths[id(node)] = yes, found.add(rule, "no", facts, node.span)
            _within(node, rule, found)


def _parts(node: Expr) -> tuple[Expr, ...] | None:
    """Return the conditions of which an author wrote one; None: it is one itself.

    A day of force is no condition: the version or the amendment of that day says it.
    """
    match node:
        case And(items=items) if any(map(_is_dated, items)):
            return tuple(item for item in items if not _is_dated(item))
        case And(items=items) | Or(items=items) if _is_written(node, items):
            return items
        case Not(value=value) if value.span != node.span:
            return (value,)
        case _:
            return () if _is_dated(node) else None


def _is_written(node: Expr, items: tuple[Expr, ...]) -> bool:
    """Whether the author wrote `and` or `or` between parts: lowered parts share their place."""
    spans = {(item.span.start, item.span.end) for item in items}
    return len(spans) == len(items) and node.span not in [item.span for item in items]


def _is_dated(node: Expr) -> bool:
    """Whether a condition asks for a day of force and nothing else."""
    items = node.items if isinstance(node, And) else (node,)
    return all(is_force(item) for item in items)


def _within(node: Expr, rule: tuple[str, str], found: Points) -> None:
    """Add what there is to reach in an expression that is not a condition itself."""
    match node:
        case Cases():
            _cases(node, rule, found)
        case Table(inputs=inputs):
            _rows(node, rule, found)
            for each in inputs:
                _within(each, rule, found)
        case Brackets(value=value, thresholds=thresholds):
            found.choices[id(node)] = tuple(
                found.add(rule, "band", (*quoted(value.span), ("value", Fraction(low))), node.span)
                for low in thresholds
            )
            _within(value, rule, found)
        case SumOver(over=over) | CountOver(over=over) | BestOver(over=over) | BestBy(over=over):
            _below(node, (over.condition,), rule, found)
        case AnyOver(over=over, condition=condition) | EveryOver(over=over, condition=condition):
            _below(node, (over.condition, condition), rule, found)
        case _:
            _below(node, (), rule, found)


def _below(
    node: Expr, conditions: tuple[Expr | None, ...], rule: tuple[str, str], found: Points
) -> None:
    """Add what there is in the parts of an expression, some of which are conditions."""
    for child in children(node):
        is_condition = any(child is each for each in conditions)
        (_asked if is_condition else _within)(child, rule, found)


# ---------------------------------------------------------------- cases, rows, figures


def _cases(node: Cases, rule: tuple[str, str], found: Points) -> None:
    places: list[int | None] = []
    for branch in node.branches:
        is_figure = isinstance(branch.result, Figure) and branch.result.span == node.span
        # Where a figure is amended, the values of the amended one are points of their own.
        places.append(None if is_figure else _branch(branch, rule, found))
        # Of one condition alone, this case and those behind it say how it came out.
        is_one = _parts(branch.condition) is None
        (_within if is_one else _asked)(branch.condition, rule, found)
        _result(branch.result, rule, found)
        if branch.condition == _ALWAYS:
            break  # an amendment of every place and day: what it replaces is never met
    else:
        places.append(_otherwise(node, rule, found))
        if node.otherwise is not None:
            _result(node.otherwise, rule, found)
    found.choices[id(node)] = tuple(places)


_ALWAYS: Final = Constant(value=True, type=TRUTH, span=Span(Source("", ""), 0, 0))


def _result(node: Expr, rule: tuple[str, str], found: Points) -> None:
    (_asked if _is_truth(node) else _within)(node, rule, found)


def _branch(branch: Branch, rule: tuple[str, str], found: Points) -> int | None:
    condition, result = branch.condition, branch.result
    if isinstance(result, Fail):
        return None
    if branch.guard is not None:
        return found.add(rule, "amendment", quoted(result.span), result.span)
    if _is_dated(condition):
        return found.add(rule, "version", quoted(condition.span), condition.span)
    return found.add(rule, "case", quoted(condition.span), condition.span)


def _otherwise(node: Cases, rule: tuple[str, str], found: Points) -> int | None:
    """Return the place of `otherwise`; what an amendment leaves has points of its own."""
    rest = node.otherwise
    if rest is None or isinstance(rest, Fail) or any(b.guard is not None for b in node.branches):
        return None
    return found.add(rule, "otherwise", quoted(rest.span), rest.span)


def _rows(node: Table, rule: tuple[str, str], found: Points) -> None:
    places: list[int | None] = []
    for row in node.rows:
        text = " ".join(row.result.span.source.line(row.result.span.line).split())
        places.append(found.add(rule, "row", (("old", text),), row.result.span))
        _result(row.result, rule, found)
    rest = node.otherwise
    if rest is not None:
        _result(rest, rule, found)
    is_written = rest is not None and not isinstance(rest, Fail)
    places.append(
        found.add(rule, "otherwise", quoted(rest.span), rest.span)
        if rest is not None and is_written
        else None
    )
    found.choices[id(node)] = tuple(places)


def _figures(parameter: Parameter, found: Points) -> None:
    rule = parameter.module, parameter.name
    for row in parameter.rows:
        keys = _keys(row, parameter)
        for value in row.values:
            if value.value is not None:
                word, facts = "figure", keys
                if value.first is None:
                    word += "-undated"
                else:
                    facts = (*facts, ("day", date.fromordinal(value.first)))
                word = f"{word}-of-keys" if keys else word
                found.figures[id(value)] = found.add(rule, word, facts, value.span)


def _keys(row: FigureRow, parameter: Parameter) -> Words:
    """Return the keys of a row, if its figure has any."""
    if row.is_otherwise:
        return (("keys", "otherwise"),)
    cells = [_cell(cell, t) for cell, t in zip(row.cells, parameter.key_types, strict=True)]
    named = any(not isinstance(cell, AnyMatch) for cell in row.cells)
    return (("keys", tuple(cells)),) if named else ()


def _cell(cell: Match, type_: Plain) -> object:
    match cell:
        case AnyMatch():
            return "any"
        case ValueMatch(value=value):
            return _end(value, type_)
        case RangeMatch(low=low, high=high) if isinstance(low, Infinite):
            return f"{'<=' if cell.high_included else '<'} {_end(high, type_)}"
        case RangeMatch(low=low, high=high) if isinstance(high, Infinite):
            return f"{'>=' if cell.low_included else '>'} {_end(low, type_)}"
        case RangeMatch(low=low, high=high):
            return f"{_end(low, type_)} .. {_end(high, type_)}"
        case _:
            assert_never(cell)


def _end(value: object, type_: Plain) -> str:
    match value:
        case int() as day if isinstance(type_, Date):
            return date.fromordinal(day).isoformat()
        case bool():
            return "yes" if value else "no"
        case int() | Fraction():
            return exact(value)
        case _:
            return str(value)
