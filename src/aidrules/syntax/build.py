"""Rules of the grammar to nodes of the tree: what lark calls when a rule is complete.

A rule with the name of a class makes that class of its parts, in order; the functions here are for
the rules whose parts have another order or shape. Tokens are parts only where a function says so.
"""

import re
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from attrs import evolve, fields, frozen

from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.source import Span
from aidrules.syntax import ast
from aidrules.syntax.tokens import Token, kinds


@frozen
class Part:
    """A part of a node that is no node itself: a word, a list."""

    value: Any
    span: Span


# What lark hands over: tokens, nodes and parts, and None for what is left out.
Children = list[Any]

_SIGNS = {
    "LESS": "<",
    "LESS_EQUAL": "<=",
    "GREATER": ">",
    "GREATER_EQUAL": ">=",
    "EQUAL": "=",
    "NOT_EQUAL": "!=",
    "PLUS": "+",
    "MINUS": "-",
    "TIMES": "*",
    "DIVIDE": "/",
}
_STATUSES = frozenset({"granted", "refused", "undecided", "error"})


def _span(children: Children) -> Span:
    written = [child for child in children if child is not None]
    first: Span = written[0].span
    return Span(first.source, first.start, written[-1].span.end)


def _parts(children: Children) -> Children:
    """Return the parts in order, without the tokens."""
    return [
        child.value if type(child) is Part else child
        for child in children
        if type(child) is not Token
    ]


def _node(cls: Callable[..., ast.Node], children: Children) -> ast.Node:
    return cls(*_parts(children), span=_span(children))


def _node_with_list(cls: Callable[..., ast.Node], before: int, children: Children) -> ast.Node:
    """Make a node whose last field takes all the parts after those before it."""
    parts = _parts(children)
    return cls(*parts[:before], tuple(parts[before:]), span=_span(children))


def _builder(cls: type[ast.Node]) -> Callable[[Children], ast.Node]:
    own = [field for field in fields(cls) if field.name != "span"]
    if own and str(own[-1].type).startswith("tuple"):
        return partial(_node_with_list, cls, len(own) - 1)
    return partial(_node, cls)


def _rule(cls: type[ast.Node]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


# ---------------------------------------------------------------- parts


def _behind(children: Children) -> Any:
    """Return the one part that stands behind a word."""
    return children[-1]


def _list(children: Children) -> Part:
    return Part(tuple(_parts(children)), _span(children))


def _word(children: Children) -> Part:
    return Part(" ".join(children), _span(children))


def _period(children: Children) -> Part:
    return Part(children[0].removesuffix("s"), children[0].span)


def _working_day(children: Children) -> Part:
    return Part(f"working {children[1].value}", _span(children))


def _sign(children: Children) -> Part:
    return Part(_SIGNS[children[0].type], children[0].span)


def _step_word(children: Children) -> Part:
    return Part(children[0].type == "FROM", children[0].span)


def _brackets(children: Children) -> Any:
    """Return what stands in brackets, placed with them."""
    return evolve(children[1], span=_span(children))


# ---------------------------------------------------------------- words, types, tables


def _name(children: Children) -> ast.Name:
    return ast.Name("".join(child for child in children if child), span=_span(children))


def _string(children: Children) -> ast.String:
    return ast.String(children[0][1:-1], span=children[0].span)


def _date_literal(children: Children) -> ast.DateLiteral:
    return ast.DateLiteral(date.fromisoformat(children[0]).toordinal(), span=children[0].span)


def _exact(token: Token) -> Fraction:
    return Fraction(token.replace("_", ""))


def _number(children: Children) -> ast.Number:
    return ast.Number(_exact(children[0]), span=children[0].span)


def _percent(children: Children) -> ast.Number:
    return ast.Number(_exact(children[0]) / 100, span=_span(children))


def _quantity(children: Children) -> ast.Number:
    number, unit = children
    return ast.Number(_exact(number), unit, span=_span(children))


def _cite(children: Children) -> ast.Cite:
    return ast.Cite(children[1], (), span=_span(children))


def _cite_article(children: Children) -> ast.Cite:
    numbers = [child for child in children[2:] if child.type == "NUMBER"]
    for number in numbers:
        if not number.isdecimal():
            raise RefusedError(catalogue.article_not_whole(number.span, str(number)))
    return ast.Cite(children[1], tuple(map(int, numbers)), span=_span(children))


def _currency(children: Children) -> ast.Node:
    step: ast.Number = children[-2]
    if not step.value:
        raise RefusedError(catalogue.bad_quantum(step.span))
    return _node(ast.Currency, children)


def _cite_text(children: Children) -> ast.Cite:
    _, source, text = children
    return ast.Cite(source, (), text, span=_span(children))


def _type_name(children: Children) -> ast.TypeName:
    return ast.TypeName(children[0], len(children) > 1, span=_span(children))


def _list_type(
    cls: type[ast.ChoiceType | ast.SelectionType], children: Children
) -> ast.ChoiceType | ast.SelectionType:
    is_open = any(type(child) is Part for child in children)
    names = tuple(child for child in children if type(child) is ast.Name)
    return cls(names, is_open, span=_span(children))


def _row(children: Children) -> ast.Row:
    cells: list[ast.Cell] = []
    for before, child in pairwise(children):
        if type(child) is not Token:
            cells.append(child)
        elif type(before) is Token:
            between = Span(child.span.source, before.span.end, child.span.start)
            cells.append(ast.BlankCell(span=between))
    if any(type(cell) is ast.StepCell for cell in cells):
        cells = [_rate(cell) for cell in cells]
    return ast.Row(tuple(cells), span=_span(children))


def _rate(cell: ast.Cell) -> ast.Cell:
    """Read `rate` as the column of rates: it is a common name, so only beside a step's header."""
    match cell:
        case ast.ValueCell(value=ast.NameUse(name="rate")):
            return ast.RateCell(span=cell.span)
        case _:
            return cell


# ---------------------------------------------------------------- expressions


def _name_use(children: Children) -> ast.NameUse:
    return ast.NameUse(str(children[0]), span=children[0].span)


def _qualified(children: Children) -> ast.Qualified:
    module, _, name = children
    return ast.Qualified(str(module), str(name), span=_span(children))


def _infix(
    cls: type[ast.Compare | ast.Arithmetic], children: Children
) -> ast.Compare | ast.Arithmetic:
    left, sign, right = children
    return cls(sign.value, left, right, span=_span(children))


def _is(children: Children, *, negated: bool) -> ast.Is:
    return ast.Is(children[0], children[-1], negated, span=_span(children))


def _is_one_of(children: Children, *, negated: bool) -> ast.IsOneOf:
    value, *names = _parts(children)
    return ast.IsOneOf(value, tuple(names), negated, span=_span(children))


def _best(children: Children) -> ast.Best:
    word, value, kind, by, where = _parts(children)
    over = ast.OverRecords(kind, where, span=_span(children[4:]))
    return ast.Best(word, value, over, by, span=_span(children))


def _previously(children: Children, *, receives: bool) -> ast.Previously:
    return ast.Previously(children[-1], receives, span=_span(children))


# ---------------------------------------------------------------- clauses, items


def _undated_version(children: Children) -> ast.Version:
    result, case, cite = _parts(children)
    return ast.Version(None, None, result, case, cite, span=_span(children))


def _parameter(children: Children) -> ast.Parameter:
    name, keys, kind, *clauses = _parts(children)
    return ast.Parameter(name, keys or (), kind, tuple(clauses), span=_span(children))


def _tolerance(children: Children) -> ast.Tolerance:
    share = next((child for child in children if type(child) is ast.Share), None)
    amount = next((child for child in children if type(child) is ast.Number), None)
    return ast.Tolerance(share, amount, span=_span(children))


def _given_alone(children: Children) -> ast.Given:
    return ast.Given(children[0], (), span=children[0].span)


def _previous_nothing(children: Children) -> ast.PreviousGiven:
    return ast.PreviousGiven(None, None, None, span=_span(children))


def _expect(children: Children) -> ast.ExpectStatus | ast.ExpectTrue:
    match _parts(children):
        case [ast.Is(left=value, right=ast.NameUse(name=status), negated=False)] if (
            status in _STATUSES
        ):
            return ast.ExpectStatus(value, status, span=_span(children))
        case [value, str(status)]:
            return ast.ExpectStatus(value, status, span=_span(children))
        case [condition]:
            return ast.ExpectTrue(condition, span=_span(children))
    raise AssertionError(children)


def _example(children: Children) -> ast.Example:
    title, day, *lines = _parts(children)
    expects = [i for i, x in enumerate(lines) if isinstance(x, ast.Expectation)]
    split = expects[0] if expects else len(lines)
    return ast.Example(title, day, tuple(lines[:split]), tuple(lines[split:]), span=_span(children))


class RefusedError(Exception):
    """A rule that is complete and yet wrong.

    Attributes:
        finding: What is wrong.
    """

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.code)
        self.finding = finding


_OF_CLASSES = {
    _rule(cls): _builder(cls)
    for cls in vars(ast).values()
    if isinstance(cls, type) and issubclass(cls, ast.Node) and cls is not ast.Node
}
_WORDS = kinds(
    "mode direction direction_in_time grant_word superlative order_word quantifier moves "
    "boundary_side boundary_of status verdict open_list unit_word number_word"
)
_BEHIND_A_WORD = kinds(
    "since until run_since on_date alias parent limit of of_type per known_to_fail "
    "exception origin where by"
)
_LISTS = kinds("references keys given_values")
_OWN: dict[str, Callable[[Children], Any]] = {
    "start": lambda children: children[0],
    "name": _name,
    "reference": _name,
    "dotted": _name,
    "period": _period,
    "working_day": _working_day,
    "comparator": _sign,
    "plus_or_minus": _sign,
    "times_or_over": _sign,
    "step_word": _step_word,
    "brackets": _brackets,
    "string": _string,
    "date_literal": _date_literal,
    "number": _number,
    "percent": _percent,
    "quantity": _quantity,
    "currency": _currency,
    "cite": _cite,
    "tolerance": _tolerance,
    "cite_article": _cite_article,
    "cite_text": _cite_text,
    "type_name": _type_name,
    "type_or_none": _type_name,
    "choice_type": partial(_list_type, ast.ChoiceType),
    "selection_type": partial(_list_type, ast.SelectionType),
    "row": _row,
    "name_use": _name_use,
    "qualified": _qualified,
    "compare": partial(_infix, ast.Compare),
    "arithmetic": partial(_infix, ast.Arithmetic),
    "is": partial(_is, negated=False),
    "is_not": partial(_is, negated=True),
    "is_one_of": partial(_is_one_of, negated=False),
    "is_not_one_of": partial(_is_one_of, negated=True),
    "best": _best,
    "previously": partial(_previously, receives=False),
    "previously_receives": partial(_previously, receives=True),
    "undated_version": _undated_version,
    "parameter": _parameter,
    "given_range": partial(_node, ast.RangeCell),
    "given_alone": _given_alone,
    "previous_nothing": _previous_nothing,
    "expect": _expect,
    "example": _example,
}


def builders() -> SimpleNamespace:
    """Return, under the name of each rule, what makes its node: lark's transformer."""
    return SimpleNamespace(
        **_OF_CLASSES
        | dict.fromkeys(_WORDS, _word)
        | dict.fromkeys(_BEHIND_A_WORD, _behind)
        | dict.fromkeys(_LISTS, _list)
        | _OWN
    )
