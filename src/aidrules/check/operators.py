"""Typed operands to a typed operator: kinds and units checked, slips reported."""

from fractions import Fraction
from typing import Literal

from aidrules.check.scope import Scope
from aidrules.diagnostics import catalogue
from aidrules.program import (
    Arithmetic,
    Compare,
    Constant,
    Convert,
    DateRules,
    Expr,
    Extreme,
    Fail,
    Round,
    Shift,
)
from aidrules.source import Span
from aidrules.syntax import ast
from aidrules.types import (
    CONVERSIONS,
    DAY,
    MONTH,
    NUMBER,
    TRUTH,
    UNDETERMINED,
    WEEK,
    WORKING_DAY,
    YEAR,
    Date,
    Described,
    Optional,
    Plain,
    Quantity,
    Type,
    Undetermined,
    Unit,
    agree,
    core,
    is_ordered,
)


def failed(span: Span) -> Expr:
    """Return the expression that stands for what was already reported."""
    return Fail("not-checked", type=UNDETERMINED, span=span)


def fit(value: Expr, type_: Type, scope: Scope) -> Expr:
    """Return the expression if it has the type; report it if it has another."""
    if agree(value.type, type_) or (
        isinstance(type_, Optional) and agree(Optional(core(value.type)), type_)
    ):
        return value
    if isinstance(value.type, Optional) and agree(core(value.type), type_):
        scope.report(catalogue.may_be_none(value.span))
    elif isinstance(core(value.type), Quantity) and isinstance(core(type_), Quantity):
        _report_units(value.span, core(value.type), core(type_), scope)
    else:
        scope.report(catalogue.wrong_type(value.span, Described(value.type), Described(type_)))
    return failed(value.span)


# ---------------------------------------------------------------- numbers


def arithmetic(op: str, left: Expr, right: Expr, span: Span, scope: Scope) -> Expr:
    """Return a sum, difference, product or quotient; a date and a period give a date."""
    for side in (left, right):
        # A date that may be none moves to one that may be none: `paid from decided_on + 1 month`.
        if isinstance(side.type, Optional) and not isinstance(core(side.type), Date):
            scope.report(catalogue.may_be_none(side.span))
            return failed(span)
    match op, core(left.type), core(right.type):
        case _, Undetermined(), _:
            return failed(span)
        case _, _, Undetermined():
            return failed(span)
        case (("+" | "-"), Date(), Quantity(unit=unit)) if unit.duration is not None:
            sign: Literal[1, -1] = 1 if op == "+" else -1
            need_calendar(unit.duration, span, scope)
            return Shift(
                left, right, sign, unit.duration, date_rules(scope), type=left.type, span=span
            )
        case "-", Date(), Date():
            scope.report(catalogue.dates_subtracted(span))
            return failed(span)
        case (("+" | "-"), Quantity(unit=one), Quantity(unit=other)):
            if one != other:
                _report_sum(span, core(left.type), core(right.type), scope, op)
                return failed(span)
            whole = _is_whole(left) and _is_whole(right)
            plus_or_minus: Literal["+", "-"] = "+" if op == "+" else "-"
            return Arithmetic(plus_or_minus, left, right, type=Quantity(one, whole), span=span)
        case "*", Quantity(unit=one), Quantity(unit=other):
            whole = _is_whole(left) and _is_whole(right)
            type_ = _product(one.times(other), whole, span, scope)
            return (
                failed(span)
                if type_ is None
                else Arithmetic("*", left, right, type=type_, span=span)
            )
        case "/", Quantity(unit=one), Quantity(unit=other):
            type_ = _product(one.per(other), False, span, scope)
            return (
                failed(span)
                if type_ is None
                else Arithmetic("/", left, right, type=type_, span=span)
            )
        case _:
            odd = left if not isinstance(left.type, Quantity) else right
            return wrong(odd, NUMBER, scope)


def _is_whole(value: Expr) -> bool:
    return isinstance(value.type, Quantity) and value.type.whole


def _product(unit: Unit, whole: bool, span: Span, scope: Scope) -> Quantity | None:  # noqa: FBT001 - a property of the type
    names = {name for name, _ in unit.powers}
    if {MONTH, YEAR} <= names or {DAY, WEEK} <= names:
        scope.report(catalogue.mixed_periods(span, unit))
        return None
    return Quantity(unit, whole)


def rounded(value: Expr, mode: str, step: Expr, scope: Scope, span: Span) -> Expr:
    """Return a value rounded to a multiple of a quantum of its own unit."""
    type_ = core(value.type)
    if isinstance(value.type, Optional):
        scope.report(catalogue.may_be_none(value.span))
        return failed(span)
    if not isinstance(type_, Quantity):
        return wrong(value, NUMBER, scope)
    step = fit(step, Quantity(type_.unit), scope)
    if not isinstance(step, Constant) or not isinstance(step.value, int | Fraction):
        return failed(span)
    if step.value <= 0:
        scope.report(catalogue.bad_quantum(step.span))
        return failed(span)
    modes: dict[str, Literal["up", "down", "half up", "half even", "half down"]] = {
        "up": "up",
        "down": "down",
        "half up": "half up",
        "half even": "half even",
        "half down": "half down",
    }
    whole = Fraction(step.value).denominator == 1
    return Round(
        value, modes[mode], Fraction(step.value), type=Quantity(type_.unit, whole), span=span
    )


def converted(value: Expr, written: str, span: Span, scope: Scope) -> Expr:
    """Return an amount per one period as one per another."""
    type_ = core(value.type)
    if isinstance(type_, Undetermined):
        return failed(span)
    period = period_of(written)
    if not isinstance(type_, Quantity) or isinstance(value.type, Optional):
        return wrong(value, Quantity(Unit.of("money").per(Unit.of(period))), scope)
    current = type_.unit.rate_period
    if current == period:
        return value
    factor = CONVERSIONS.get((current or "", period))
    if current is None or factor is None:
        scope.report(catalogue.no_conversion(span, type_.unit, period))
        return failed(span)
    unit = type_.unit.times(Unit.of(current)).per(Unit.of(period))
    return Convert(value, Fraction(*factor), type=Quantity(unit), span=span)


def best_of(word: str, items: tuple[Expr, ...], span: Span, scope: Scope) -> Expr:
    """Return the highest or lowest of values of one type."""
    guide = items[0]
    if isinstance(guide.type, Undetermined):
        return failed(span)
    if any(isinstance(item.type, Optional) for item in items):
        scope.report(catalogue.may_be_none(span))
        return failed(span)
    plain = core(guide.type)
    if not is_ordered(plain):
        scope.report(catalogue.not_ordered(guide.span, Described(guide.type)))
        return failed(span)
    if isinstance(plain, Quantity):
        whole = all(isinstance(i.type, Quantity) and i.type.whole for i in items)
        plain = Quantity(plain.unit, whole)
    return Extreme(superlative(word), items, type=plain, span=span)


def superlative(word: str) -> Literal["highest", "lowest"]:
    """Return which end of an order a word means."""
    return "highest" if word in {"highest", "latest"} else "lowest"


def number_of(value: Expr) -> int | Fraction | None:
    """Return the number that an expression of written-out numbers comes to, or None."""
    match value:
        case Constant(value=int() | Fraction() as number):
            return number
        case Arithmetic(op=op, left=left, right=right):
            one, other = number_of(left), number_of(right)
            if one is None or other is None or (op == "/" and other == 0):
                return None
            match op:
                case "+":
                    found = Fraction(one + other)
                case "-":
                    found = Fraction(one - other)
                case "*":
                    found = Fraction(one * other)
                case "/":
                    found = Fraction(one) / other
            return found.numerator if found.denominator == 1 else found
        case _:
            return None


def joined(results: list[Expr]) -> Type:
    """Return the type of one of several results."""
    if any(isinstance(r.type, Optional) for r in results):
        return Optional(core(results[0].type))
    quantities = [r.type for r in results if isinstance(r.type, Quantity)]
    if quantities:
        return Quantity(quantities[0].unit, all(q.whole for q in quantities))
    return results[0].type


# ---------------------------------------------------------------- conditions


def compared(op: str, one: Expr, other: Expr, span: Span, scope: Scope) -> Expr:
    """Return a comparison of two values of one type."""
    ops: dict[str, Literal["<", "<=", ">", ">=", "=", "!="]] = {
        "<": "<",
        "<=": "<=",
        ">": ">",
        ">=": ">=",
        "=": "=",
        "!=": "!=",
    }
    if isinstance(core(one.type), Undetermined) or isinstance(core(other.type), Undetermined):
        return failed(span)
    for side in (one, other):
        if isinstance(side.type, Optional):
            scope.report(catalogue.may_be_none(side.span))
            return failed(span)
    if not agree(one.type, other.type):
        if isinstance(one.type, Quantity) and isinstance(other.type, Quantity):
            _report_sum(span, one.type, other.type, scope, op)
        else:
            scope.report(catalogue.not_comparable(span, Described(one.type), Described(other.type)))
        return failed(span)
    if op not in {"=", "!="} and not is_ordered(core(one.type)):
        scope.report(catalogue.not_ordered(span, Described(one.type)))
        return failed(span)
    return Compare(ops[op], one, other, type=TRUTH, span=span)


# ---------------------------------------------------------------- dates


def need_calendar(period: str | None, span: Span, scope: Scope) -> None:
    """Report working days in a file that names no table of them."""
    if period == WORKING_DAY and date_rules(scope).calendar is None:
        scope.report(catalogue.no_calendar(span))


def date_rules(scope: Scope) -> DateRules:
    """Return what the file says of dates; days that do not exist become the last of the month."""
    module = scope.names.modules.get(scope.module)
    mode: Literal["down", "up", "refuse"] = "down"
    calendar = None
    if module is not None and module.header is not None:
        for clause in module.header.clauses:
            match clause:
                case ast.DatesRound(mode="up"):
                    mode = "up"
                case ast.DatesRound(mode="refuse"):
                    mode = "refuse"
                case ast.WorkingDays(file=file):
                    calendar = f"{scope.module}:{file.text}"
                case _:
                    pass
    return DateRules(mode, calendar)


def period_of(written: str) -> Literal["day", "week", "month", "year"]:
    """Return a period by its name."""
    match written:
        case "day":
            return "day"
        case "week":
            return "week"
        case "month":
            return "month"
        case _:
            return "year"


# ---------------------------------------------------------------- findings


def wrong(value: Expr, type_: Plain, scope: Scope) -> Expr:
    """Report a value that is of another type than wanted."""
    if not isinstance(core(value.type), Undetermined):
        if isinstance(value.type, Optional) and isinstance(core(value.type), Quantity):
            scope.report(catalogue.may_be_none(value.span))
        else:
            scope.report(catalogue.wrong_type(value.span, Described(value.type), Described(type_)))
    return failed(value.span)


def _report_units(span: Span, found: Plain, expected: Plain, scope: Scope) -> None:
    if isinstance(found, Quantity) and isinstance(expected, Quantity):
        missing = found.unit.per(expected.unit).duration
        if missing is not None:
            scope.report(catalogue.no_period(span, found.unit, expected.unit, missing))
            return
        period = _convertible(found.unit, expected.unit)
        scope.report(catalogue.wrong_unit(span, found.unit, expected.unit, period))


def _report_sum(span: Span, one: Plain, other: Plain, scope: Scope, op: str) -> None:
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        period = _convertible(other.unit, one.unit)
        if op in {"+", "-"}:
            scope.report(catalogue.units_added(span, one.unit, other.unit, period))
        else:
            scope.report(catalogue.units_compared(span, one.unit, other.unit, period))


def _convertible(found: Unit, expected: Unit) -> str | None:
    """Return the period for which `X per period` turns one unit into the other."""
    have, want = found.rate_period, expected.rate_period
    if have is None or want is None or (have, want) not in CONVERSIONS:
        return None
    turned = found.times(Unit.of(have)).per(Unit.of(want))
    return want if turned == expected else None
