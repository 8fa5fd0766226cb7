"""Expressions to words: English as the language writes them, Chinese as clause prose."""

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum
from fractions import Fraction
from functools import reduce
from typing import assert_never

from attrs import frozen

from aidrules.lexicon import Lexicon, exact, words
from aidrules.program import (
    And,
    AnyOver,
    Arithmetic,
    BestBy,
    BestOver,
    Boundary,
    Brackets,
    Cases,
    Compare,
    Constant,
    Convert,
    CountOver,
    Else,
    EveryOver,
    Expr,
    Extreme,
    FactUse,
    Fail,
    Figure,
    Follow,
    Includes,
    IsNone,
    MonthSum,
    Not,
    OneOf,
    OnRecord,
    Or,
    Part,
    Payable,
    PeriodsBetween,
    Place,
    Present,
    Program,
    Recorded,
    Records,
    Round,
    Shift,
    SumOver,
    Table,
    Today,
    UnknownValue,
    Use,
    Within,
)
from aidrules.types import PLAIN, Date, Plain, Quantity, Unit, core, is_ordered
from aidrules.wording import terms


class _Level(IntEnum):
    """How tightly words hold together: looser ones need brackets inside tighter ones."""

    OPEN = 0
    OR = 1
    AND = 2
    NOT = 3
    COMPARE = 4
    SUM = 5
    CLOSED = 6
    PRODUCT = 7
    SIGN = 8
    ATOM = 9


_NUMBER_WORDS: Mapping[str, str] = {
    "<": "below",
    "<=": "not-above",
    ">": "above",
    ">=": "not-below",
    "=": "equals",
    "!=": "not-equals",
}
_DATE_WORDS: Mapping[str, str] = {
    **_NUMBER_WORDS,
    "<": "before",
    "<=": "not-after",
    ">": "after",
    ">=": "not-before",
}
_WORD_WORDS: Mapping[str, str] = {**_NUMBER_WORDS, "=": "is", "!=": "is-not"}
_ARITHMETIC = {"+": "plus", "-": "minus", "*": "times", "/": "over"}

# Chinese: no space beside brackets, stops and quotes, nor before a digit; quoted text as it is
_TIDY = re.compile(r" ?(“[^”]*”)| *([（），；：、]) *|(?<=[㐀-鿿]) (?=\d)")


def expression(expr: Expr, program: Program, language: str, *, bare: bool = False) -> str:
    """Return an expression in words, on one line, with brackets only where they are needed.

    Args:
        expr: The expression.
        program: Where its names are declared.
        language: `en` or `zh`.
        bare: Whether numbers stand without their units.
    """
    return _tidy(_Writer(program, words(language), bare).at(expr, _Level.OPEN), language)


def comparison(op: str, type_: Plain, left: str, right: str, language: str) -> str:
    """Return two values of a type with the words of a comparison between them."""
    shown = words(language).fill("expression", _operator(op, type_), left=left, right=right)
    return _tidy(shown, language)


def _tidy(shown: str, language: str) -> str:
    if language != "zh":
        return shown
    return _TIDY.sub(lambda match: match[1] or match[2] or "", shown)


def range_condition(over: Records) -> Expr | None:
    """Return the condition that was written at a range, without that of its group."""
    match over.condition:
        case Use(key=key) if key == over.group:
            return None
        case And(items=(Use(key=key), *rest)) as both if key == over.group:
            return rest[0] if len(rest) == 1 else And(tuple(rest), type=both.type, span=both.span)
        case condition:
            return condition


@frozen
class _Writer:
    program: Program
    lexicon: Lexicon
    bare: bool

    @property
    def language(self) -> str:
        return self.lexicon.language

    def at(self, expr: Expr, level: _Level) -> str:
        """Return an expression, in brackets if it holds together less tightly than asked."""
        shown, own = self.word(expr)
        return shown if own >= level else self.fill("brackets", value=shown)

    def fill(self, key: str, **parts: str) -> str:
        return self.lexicon.fill("expression", key, **parts)

    def listed(self, exprs: Iterable[Expr]) -> str:
        return self.joined(self.at(each, _Level.OR) for each in exprs)

    def joined(self, items: Iterable[str]) -> str:
        return self.lexicon.pattern("expression", "comma").join(items)

    def name(self, spelling: str) -> str:
        return terms.name(self.program, spelling, self.language)

    def key(self, key: str) -> str:
        return terms.of_key(self.program, key, self.language)

    @property
    def aggregate(self) -> _Level:
        """How tightly an aggregate holds: in Chinese its last word closes it."""
        return _Level.CLOSED if self.language == "zh" else _Level.OPEN

    @property
    def element(self) -> _Level:
        """How tightly the value of an aggregate must hold: in Chinese it stands behind 的."""
        return _Level.ATOM if self.language == "zh" else _Level.SUM

    def word(self, expr: Expr) -> tuple[str, _Level]:
        """Return an expression in words, and how tightly they hold together."""
        level = _Level
        match expr:
            case Constant():
                return self.constant(expr)
            case UnknownValue():
                return self.fill("unknown"), level.ATOM
            case Fail():
                return self.fill("fail"), level.ATOM
            case Today():
                return self.fill("today"), level.ATOM
            case FactUse(name=name):
                return self.name(name), level.ATOM
            case Use(key=key):
                return self.use(key), level.ATOM
            case Figure():
                return self.figure(expr), level.ATOM
            case Follow(reference=reference, body=body):
                of = self.at(reference, level.ATOM)
                return self.fill("of-record", name=self.at(body, level.ATOM), record=of), level.ATOM
            case OnRecord(record=record, body=body):
                named = self.at(body, level.ATOM)
                return self.fill("of-record", name=named, record=record), level.ATOM
            case Recorded(key=key, part=part):
                word = {"receives": "receives", "value": "value", "run_from": "run"}[part]
                return self.fill(f"recorded-{word}", name=self.key(key)), level.ATOM
            case Arithmetic():
                return self.arithmetic(expr)
            case Convert(value=value, type=type_):
                return self.convert(value, core(type_)), level.ATOM
            case Extreme(word=word, items=items, type=type_):
                return self.fill(_best(word, core(type_)), values=self.listed(items)), level.ATOM
            case Round():
                return self.rounded(expr), level.OPEN
            case Compare():
                return self.compare(expr), level.COMPARE
            case OneOf(value=value, values=values):
                return self.one_of("one-of", value, values), level.COMPARE
            case Includes(selection=selection, value=value):
                held, sought = self.at(selection, level.SUM), self.at(value, level.SUM)
                return self.fill("includes", selection=held, value=sought), level.COMPARE
            case Within(date=date, period=period, direction=direction, start=start):
                parts = {"date": date, "period": period, "start": start}
                shown = {hole: self.at(part, level.SUM) for hole, part in parts.items()}
                return self.fill(f"within-{direction}", **shown), level.COMPARE
            case Not(value=value):
                return self.negation(value)
            case And(items=items):
                return self.chain("and", items, level.AND), level.AND
            case Or(items=items):
                return self.chain("or", items, level.OR), level.OR
            case IsNone(value=value):
                return self.fill("is-none", value=self.at(value, level.SUM)), level.COMPARE
            case Present(value=value):
                return self.word(value)
            case Else(value=value, alternative=alternative):
                first, second = self.at(value, level.OR), self.at(alternative, level.OR)
                return self.fill("else", value=first, alternative=second), level.OPEN
            case Cases(otherwise=Figure() as base) if _is_amended_figure(expr):
                return self.figure(base), level.ATOM
            case Cases():
                return self.cases(expr), level.OPEN
            case Table(inputs=inputs):
                return self.fill("table", inputs=self.listed(inputs)), self.aggregate
            case Brackets(value=value):
                shown_value = self.at(value, level.SUM)
                return self.fill("brackets-of-rates", value=shown_value), self.aggregate
            case SumOver() | CountOver() | AnyOver() | EveryOver() | BestOver() | BestBy():
                return self.over_records(expr)
            case MonthSum(value=value, first=first, last=last):
                shown = {
                    "value": self.at(value, self.element),
                    "first": self.at(first, level.SUM),
                    "last": self.at(last, level.ATOM),
                }
                return self.fill("month-sum", **shown), self.aggregate
            case Shift(date=date, period=period, sign=sign):
                shown = {"date": self.at(date, level.SUM), "period": self.at(period, level.CLOSED)}
                return self.fill("shift-after" if sign > 0 else "shift-before", **shown), level.SUM
            case PeriodsBetween(period=period, first=first, last=last):
                since, until = self.at(first, level.SUM), self.at(last, level.ATOM)
                return self.fill(f"between-{period}", first=since, last=until), level.ATOM
            case Boundary():
                return self.boundary(expr), level.ATOM
            case Part(period=period, date=date):
                return self.fill(f"part-{period}", date=self.at(date, level.ATOM)), level.ATOM
            case Payable(value=value):
                return self.fill("payable", value=self.at(value, level.OPEN)), level.COMPARE
            case Place(ration=key):
                grant = self.program.ration[key].grant
                return self.fill("place", name=self.key(grant)), level.COMPARE
            case _:
                assert_never(expr)

    def constant(self, expr: Constant) -> tuple[str, _Level]:
        value, type_ = expr.value, core(expr.type)
        match value:
            case bool():
                pass
            case int() | Fraction() if type_ == Quantity(PLAIN) and _is_share(expr):
                share = self.lexicon.fill("word", "share", number=exact(value * 100))
                return share, _Level.ATOM if value >= 0 else _Level.SIGN
            case 0 if isinstance(type_, Quantity):
                return exact(0), _Level.ATOM
            case int() | Fraction() if isinstance(type_, Quantity):
                if self.bare:
                    is_plain = type_.unit.is_plain
                    shown = terms.digits(value, self.language, is_plain=is_plain)
                else:
                    shown = terms.number(value, type_.unit, self.language, self.program)
                level = _Level.PRODUCT if "/" in exact(value) else _Level.ATOM
                return shown, level if value >= 0 else min(level, _Level.SIGN)
            case frozenset():
                shown = terms.value(value, type_, self.language, self.program)
                return self.fill("selection", values=shown), _Level.ATOM
            case _:
                pass
        return terms.value(value, expr.type, self.language, self.program), _Level.ATOM

    def use(self, key: str) -> str:
        grant, _, part = key.rpartition("/")
        match part:
            case "receives" | "eligible":
                return self.fill(part, name=self.key(grant))
            case "amount":
                return self.fill("payment", name=self.key(grant))
            case _:
                return self.key(key)

    def figure(self, expr: Figure) -> str:
        parameter = self.program.parameter[expr.parameter]
        shown = self.name(parameter.name)
        spelt = tuple(tuple(_spelling(each) for each in column) for column in expr.keys)
        if spelt != tuple(tuple(map(_last, column)) for column in parameter.columns):
            keys = self.joined(self.key_column(column) for column in expr.keys)
            shown = self.fill("figure-for", name=shown, keys=keys)
        if expr.on is not None:
            on = self.at(expr.on, _Level.ATOM)
            shown = self.fill("figure-on", name=shown, date=on)
        return shown

    def key_column(self, column: tuple[Expr, ...]) -> str:
        shown = [self.at(each, _Level.OR) for each in column]
        text = shown[-1]
        for first in reversed(shown[:-1]):
            text = self.fill("key-else", first=first, second=text)
        return text

    def arithmetic(self, expr: Arithmetic) -> tuple[str, _Level]:
        match expr:
            case Arithmetic(op="-", left=Constant(value=0), right=right):
                return self.fill("negative", value=self.at(right, _Level.ATOM)), _Level.SIGN
            case Arithmetic(op="+" | "-"):
                own, tighter = _Level.SUM, _Level.CLOSED
            case _:
                own, tighter = _Level.PRODUCT, _Level.SIGN
        first, second = self.at(expr.left, own), self.at(expr.right, tighter)
        if second.startswith("-"):
            second = self.fill("brackets", value=second)
        return self.fill(_ARITHMETIC[expr.op], left=first, right=second), own

    def convert(self, value: Expr, type_: Plain) -> str:
        period = type_.unit.rate_period if isinstance(type_, Quantity) else None
        period_word = terms.unit(Unit.of(period), self.language) if period else ""
        return self.fill("convert", value=self.at(value, _Level.ATOM), period=period_word)

    def rounded(self, expr: Round) -> str:
        match core(expr.type):
            case Quantity(unit=unit):
                quantum = terms.number(expr.quantum, unit, self.language, self.program)
            case _:
                quantum = exact(expr.quantum)
        key = f"round-{expr.mode.replace(' ', '-')}"
        return self.fill(key, value=self.at(expr.value, _Level.SUM), quantum=quantum)

    def compare(self, expr: Compare) -> str:
        left, right = self.at(expr.left, _Level.SUM), self.at(expr.right, _Level.SUM)
        return self.fill(_comparison(expr), left=left, right=right)

    def one_of(self, key: str, value: Expr, values: tuple[str, ...]) -> str:
        allowed = self.joined(
            terms.value(each, value.type, self.language, self.program) for each in values
        )
        return self.fill(key, value=self.at(value, _Level.SUM), values=allowed)

    def negation(self, value: Expr) -> tuple[str, _Level]:
        match value:
            case Compare(op="=") if _comparison(value) == "is":
                left, right = self.at(value.left, _Level.SUM), self.at(value.right, _Level.SUM)
                return self.fill("is-not", left=left, right=right), _Level.COMPARE
            case OneOf(value=inner, values=values):
                return self.one_of("not-one-of", inner, values), _Level.COMPARE
            case IsNone(value=inner):
                return self.fill("is-not-none", value=self.at(inner, _Level.SUM)), _Level.COMPARE
            case _:
                return self.fill("not", value=self.at(value, _Level.ATOM)), _Level.NOT

    def chain(self, key: str, items: tuple[Expr, ...], level: _Level) -> str:
        # not everybody knows that `and` binds more tightly than `or`
        inner = _Level.NOT if key == "or" else level
        words = [self.at(item, level if isinstance(item, Or) else inner) for item in items]
        return reduce(lambda left, right: self.fill(key, left=left, right=right), words)

    def cases(self, expr: Cases) -> str:
        shown = [
            self.fill(
                "case",
                result=self.at(branch.result, _Level.OR),
                condition=self.at(branch.condition, _Level.OR),
            )
            for branch in expr.branches
        ]
        if expr.otherwise is not None:
            shown.append(self.fill("otherwise", result=self.at(expr.otherwise, _Level.OR)))
        return self.lexicon.pattern("expression", "case-join").join(shown)

    def over_records(
        self, expr: SumOver | CountOver | AnyOver | EveryOver | BestOver | BestBy
    ) -> tuple[str, _Level]:
        level, held = self.aggregate, self.element
        condition_level = _Level.NOT if self.language == "zh" else _Level.OR
        match expr:
            case SumOver(over=over, value=value):
                shown = self.fill("sum", value=self.at(value, held), range=self.range(over))
            case CountOver(over=over):
                shown = self.fill("count", range=self.range(over))
                level = _Level.ATOM if self.language == "zh" else level
            case AnyOver(over=over, condition=condition):
                held_by = self.at(condition, condition_level)
                return self.fill("any", range=self.range(over), condition=held_by), _Level.OPEN
            case EveryOver(over=over, condition=condition):
                held_by = self.at(condition, condition_level)
                return self.fill("every", range=self.range(over), condition=held_by), _Level.OPEN
            case BestOver(word=word, over=over, value=value):
                key = f"{_best(word, core(value.type))}-over"
                shown = self.fill(key, value=self.at(value, held), range=self.range(over))
            case BestBy(word=word, over=over, value=value, by=by):
                key = f"{_best(word, core(by.type))}-by"
                where = range_condition(over)
                limited = (
                    self.fill("by-where", condition=self.at(where, _Level.OR)) if where else ""
                )
                shown = self.fill(
                    key,
                    value=self.at(value, held),
                    name=self.range_name(over),
                    by=self.at(by, held),
                    where=limited,
                )
            case _:
                assert_never(expr)
        match expr:
            case BestOver(otherwise=otherwise) | BestBy(otherwise=otherwise) if otherwise:
                other = self.at(otherwise, _Level.OR)
                return self.fill("else", value=shown, alternative=other), _Level.OPEN
            case _:
                return shown, level

    def range_name(self, over: Records) -> str:
        return self.name(over.entity) if over.group is None else self.key(over.group)

    def range(self, over: Records) -> str:
        name, condition = self.range_name(over), range_condition(over)
        if condition is None:
            return self.fill("range", name=name)
        return self.fill("range-where", name=name, condition=self.at(condition, _Level.OR))

    def boundary(self, expr: Boundary) -> str:
        return self.fill(
            expr.side,
            period=self.fill(f"period-{expr.period}"),
            which=self.fill(f"which-{expr.which}"),
            date=self.at(expr.date, _Level.ATOM),
        )


def _is_amended_figure(expr: Cases) -> bool:
    """Whether cases are one figure, and the values that amendments give it."""
    return all(each.guard is not None and each.condition is each.guard for each in expr.branches)


def _comparison(expr: Compare) -> str:
    return _operator(expr.op, core(expr.left.type))


def _operator(op: str, type_: Plain) -> str:
    match type_:
        case Date():
            return _DATE_WORDS[op]
        case _ if is_ordered(type_):
            return _NUMBER_WORDS[op]
        case _:
            return _WORD_WORDS[op]


def _best(word: str, type_: Plain) -> str:
    if isinstance(type_, Date):
        return "latest" if word == "highest" else "earliest"
    return word


def _is_share(expr: Constant) -> bool:
    """Whether the author wrote a constant as a percentage; it is shown as it was written."""
    return expr.span.text.rstrip().endswith(("%", "％"))


def _spelling(expr: Expr) -> str | None:
    match expr:
        case FactUse(name=name):
            return name
        case Use(key=key):
            return _last(key)
        case _:
            return None


def _last(key: str) -> str:
    return key.rpartition(".")[2]
