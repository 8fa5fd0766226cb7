"""Yes-or-no and whole numbers as Z3 terms, worked out at once where nothing in them is open."""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import Any

import z3
from attrs import frozen

from aidrules.program import RoundingMode
from aidrules.values import Exact

Bit = Any
"""A `bool`, or a yes-or-no term of Z3."""

Int = Any
"""An `int`, or a whole-number term of Z3."""

MOST_CASES = 32
"""Up to how many values of a number are told apart where it multiplies or divides another."""


class Why(StrEnum):
    """Why an expression is not translated."""

    UNKNOWN = "unknown"
    RECORD = "record"
    ABOVE = "above"
    REFERENCE = "reference"
    MONTHS = "months"
    BEST = "best"
    DIVISION = "division"
    PERIOD = "period"
    WORKING_DAYS = "working-days"
    REFUSED_DAY = "refused-day"
    OTHER_POLICY = "other-policy"


class Unfit(Exception):  # noqa: N818 - it says what the expression is
    """What has no translation.

    Attributes:
        why: What stands in the way.
    """

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


# ---------------------------------------------------------------- yes or no


@frozen
class Fault:
    """Where something is an error, and where that is for want of a figure.

    It stands wherever a bit says that there is an error: what is made of it keeps both.
    """

    anyhow: Bit
    lacking: Bit


def anyhow(error: Bit) -> Bit:
    """Return where something is an error of any kind."""
    return error.anyhow if isinstance(error, Fault) else error


def lacking(error: Bit) -> Bit:
    """Return where something is an error for want of a figure."""
    return error.lacking if isinstance(error, Fault) else False


def both(*bits: Bit) -> Bit:
    """Return whether all hold."""
    if any(isinstance(bit, Fault) for bit in bits):
        wanting = [bit.lacking if isinstance(bit, Fault) else bit for bit in bits]
        return Fault(both(*map(anyhow, bits)), both(*wanting))
    open_bits = []
    for bit in bits:
        if bit is False:
            return False
        if bit is not True:
            open_bits.append(bit)
    if len(open_bits) < 2:  # noqa: PLR2004 - one needs no `and`
        return open_bits[0] if open_bits else True
    return z3.And(open_bits)


def either(*bits: Bit) -> Bit:
    """Return whether one holds."""
    if any(isinstance(bit, Fault) for bit in bits):
        return Fault(either(*map(anyhow, bits)), either(*map(lacking, bits)))
    open_bits = []
    for bit in bits:
        if bit is True:
            return True
        if bit is not False:
            open_bits.append(bit)
    if len(open_bits) < 2:  # noqa: PLR2004 - one needs no `or`
        return open_bits[0] if open_bits else False
    return z3.Or(open_bits)


def negation(bit: Bit) -> Bit:
    """Return whether it does not hold."""
    if isinstance(bit, Fault):
        return negation(bit.anyhow)
    return not bit if isinstance(bit, bool) else z3.Not(bit)


def choose(condition: Bit, one: Bit, other: Bit) -> Bit:
    """Return the first bit where the condition holds, else the other."""
    if isinstance(one, Fault) or isinstance(other, Fault):
        return Fault(
            choose(condition, anyhow(one), anyhow(other)),
            choose(condition, lacking(one), lacking(other)),
        )
    if isinstance(condition, bool):
        return one if condition else other
    if isinstance(one, bool):
        return either(condition, other) if one else both(negation(condition), other)
    if isinstance(other, bool):
        return either(negation(condition), one) if other else both(condition, one)
    return one if one.eq(other) else z3.If(condition, one, other)


def same_bit(one: Bit, other: Bit) -> Bit:
    """Return whether both hold or neither does."""
    return choose(anyhow(one), anyhow(other), negation(other))


def pick(condition: Bit, one: Int, other: Int) -> Int:
    """Return the first whole number where the condition holds, else the other."""
    if isinstance(condition, bool):
        return one if condition else other
    if isinstance(one, int) and isinstance(other, int) and one == other:
        return one
    return z3.If(condition, one, other)


def counted(bit: Bit) -> Int:
    """Return 1 where it holds, else 0."""
    return pick(bit, 1, 0)


def floor_div(number: Int, by: int) -> Int:
    """Return the quotient by a constant above 0, rounded toward minus infinity."""
    return number // by if isinstance(number, int) else number / z3.IntVal(by)


def variables(*found: Any) -> list[Any]:
    """Return the open terms of which some terms are made, by name."""
    named: dict[str, Any] = {}
    seen: set[int] = set()
    waiting = [each for each in found if z3.is_expr(each)]
    while waiting:
        term = waiting.pop()
        if term.get_id() in seen:
            continue
        seen.add(term.get_id())
        if z3.is_const(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            named[str(term)] = term
        waiting.extend(term.children())
    return [named[name] for name in sorted(named)]


# ---------------------------------------------------------------- exact numbers


@frozen
class Exactly:
    """A number: a whole number over a constant.

    Attributes:
        whole: The numerator.
        scale: The denominator, above 0.
        low: The least that it may be, as far as its form shows; None: no bound.
        high: The greatest.
    """

    whole: Int
    scale: int = 1
    low: Exact | None = None
    high: Exact | None = None

    @property
    def constant(self) -> Fraction | None:
        """The number, if it is certain."""
        return Fraction(self.whole, self.scale) if isinstance(self.whole, int) else None

    def at(self, scale: int) -> Int:
        """Return the numerator over a multiple of the scale."""
        factor = scale // self.scale
        return self.whole if factor == 1 else self.whole * factor


def exact(value: Exact) -> Exactly:
    """Return a certain number."""
    ratio = Fraction(value)
    return Exactly(ratio.numerator, ratio.denominator, ratio, ratio)


NOTHING = exact(0)


def levelled(*numbers: Exactly) -> tuple[int, list[Int]]:
    """Return a common scale, and the numerators over it."""
    scale = lcm(*(number.scale for number in numbers))
    return scale, [number.at(scale) for number in numbers]


def add(one: Exactly, other: Exactly) -> Exactly:
    """Return the sum."""
    if other.constant == 0:
        return one
    if one.constant == 0:
        return other
    scale, (left, right) = levelled(one, other)
    return Exactly(left + right, scale, _plus(one.low, other.low), _plus(one.high, other.high))


def minus(number: Exactly) -> Exactly:
    """Return the number with the other sign."""
    low = None if number.high is None else -number.high
    high = None if number.low is None else -number.low
    return Exactly(-number.whole, number.scale, low, high)


def subtract(one: Exactly, other: Exactly) -> Exactly:
    """Return the difference."""
    return add(one, minus(other))


def _plus(one: Exact | None, other: Exact | None) -> Exact | None:
    return None if one is None or other is None else one + other


def multiply(one: Exactly, other: Exactly) -> Exactly:
    """Return the product: linear where one of them is certain or has few values."""
    if one.constant is not None:
        return _times(other, one.constant)
    if other.constant is not None:
        return _times(one, other.constant)
    for few, many in ((other, one), (one, other)):
        values = few_values(few)
        if values is not None:
            parts = [(same(few, exact(value)), _times(many, value)) for value in values]
            return chain(parts)
    ends = [_product(a, b) for a in (one.low, one.high) for b in (other.low, other.high)]
    known = [end for end in ends if end is not None]
    low, high = (min(known), max(known)) if len(known) == len(ends) else (None, None)
    return Exactly(one.whole * other.whole, one.scale * other.scale, low, high)


def _product(one: Exact | None, other: Exact | None) -> Exact | None:
    return None if one is None or other is None else one * other


def _times(number: Exactly, factor: Exact) -> Exactly:
    ratio = Fraction(factor)
    if ratio == 0:
        return NOTHING
    if ratio == 1:
        return number
    low, high = _product(number.low, ratio), _product(number.high, ratio)
    if ratio < 0:
        low, high = high, low
    whole = number.whole if ratio.numerator == 1 else number.whole * ratio.numerator
    return Exactly(whole, number.scale * ratio.denominator, low, high)


def few_values(number: Exactly) -> list[Fraction] | None:
    """Return all values of a number, if there are few."""
    if number.low is None or number.high is None:
        return None
    first, last = number.low * number.scale, number.high * number.scale
    low = -(-first.numerator // first.denominator)
    high = last.numerator // last.denominator
    if high - low >= MOST_CASES:
        return None
    return [Fraction(value, number.scale) for value in range(low, high + 1)]


def divide(one: Exactly, other: Exactly) -> Exactly:
    """Return the quotient; anything where the divisor is 0.

    Raises:
        Unfit: If the divisor is neither certain nor of few values.
    """
    if other.constant is not None:
        return NOTHING if other.constant == 0 else _times(one, 1 / other.constant)
    values = few_values(other)
    if values is None:
        raise Unfit(Why.DIVISION)
    parts = [(same(other, exact(v)), _times(one, 1 / v)) for v in values if v != 0]
    return chain(parts) if parts else NOTHING


def select(condition: Bit, one: Exactly, other: Exactly) -> Exactly:
    """Return the first number where the condition holds, else the other."""
    if isinstance(condition, bool):
        return one if condition else other
    scale, (left, right) = levelled(one, other)
    low = None if one.low is None or other.low is None else min(one.low, other.low)
    high = None if one.high is None or other.high is None else max(one.high, other.high)
    return Exactly(pick(condition, left, right), scale, low, high)


def chain(parts: Sequence[tuple[Bit, Exactly]]) -> Exactly:
    """Return the number whose condition holds; the last if none does."""
    *rest, (_, result) = parts
    for condition, number in reversed(rest):
        result = select(condition, number, result)
    return result


def below(one: Exactly, other: Exactly) -> Bit:
    """Return whether a number is less than another."""
    if _known(one.high, other.low) and one.high < other.low:  # type: ignore[operator] # both are known
        return True
    if _known(one.low, other.high) and one.low >= other.high:  # type: ignore[operator] # both are known
        return False
    _, (left, right) = levelled(one, other)
    return left < right


def at_most(one: Exactly, other: Exactly) -> Bit:
    """Return whether a number is not more than another."""
    return negation(below(other, one))


def same(one: Exactly, other: Exactly) -> Bit:
    """Return whether two numbers are the same."""
    apart = _known(one.high, other.low) and one.high < other.low  # type: ignore[operator] # both are known
    if apart or (_known(one.low, other.high) and one.low > other.high):  # type: ignore[operator] # both are known
        return False
    _, (left, right) = levelled(one, other)
    return left == right


def _known(*ends: Exact | None) -> bool:
    return None not in ends


def rounded(number: Exactly, mode: RoundingMode, quantum: Fraction) -> Exactly:
    """Return the multiple of the quantum that the mode names; see `program.Round`."""
    by = quantum.numerator * number.scale
    top = number.whole * quantum.denominator
    floor = floor_div(top, by)
    match mode:
        case "down":
            count = floor
        case "up":
            count = -floor_div(-top, by)
        case "half up":
            count = _half_away(top, by, _half_up)
        case "half down":
            count = _half_away(top, by, _half_down)
        case "half even":
            twice = (top - floor * by) * 2
            is_over = twice > by
            is_half = both(twice == by, _is_odd(floor))
            count = floor + counted(either(is_over, is_half))
    low = None if number.low is None else number.low - quantum
    high = None if number.high is None else number.high + quantum
    result = Exactly(count * quantum.numerator, quantum.denominator, low, high)
    known = result.constant
    return result if known is None else exact(known)


def _is_odd(number: Int) -> Bit:
    return number - floor_div(number, 2) * 2 == 1


def _half_up(top: Int, by: int) -> Int:
    return floor_div(top * 2 + by, by * 2)


def _half_down(top: Int, by: int) -> Int:
    return -floor_div(by - top * 2, by * 2)


def _half_away(top: Int, by: int, rule: Any) -> Int:
    """Return what a rule for numbers from 0 on makes of a number of either sign."""
    return pick(top >= 0, rule(top, by), -rule(-top, by))
