"""Possible numbers to the possible results of arithmetic, exactly."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, Literal, assert_never

from aidrules.bounds.sets import Outcome, bits, fail, strict
from aidrules.program import RoundingMode
from aidrules.source import Span
from aidrules.values import (
    INFINITY,
    Body,
    Exact,
    Failure,
    Infinite,
    Interval,
    Number,
    Options,
    Selections,
    Value,
)

_HALF: Final = 2


def tidy(number: Exact) -> Exact:
    """Return a whole number as an `int`."""
    return number.numerator if number.denominator == 1 else number


def quotient(dividend: Exact, divisor: Exact) -> Exact:
    """Return the exact quotient by what is not 0."""
    return tidy(Fraction(dividend, divisor))


def _plus(left: Number, right: Number) -> Number:
    """Add ends of the same side; infinite ones of a side have one sign."""
    if isinstance(left, Infinite):
        return left
    return right if isinstance(right, Infinite) else left + right


def _times(left: Number, right: Number) -> Number:
    """Multiply ends; 0 × ∞ = 0, for the end is not reached."""
    if left == 0 or right == 0:
        return 0
    if isinstance(left, Infinite) or isinstance(right, Infinite):
        return INFINITY if (left > 0) == (right > 0) else -INFINITY
    return left * right


def add(left: Value, right: Value) -> Value:
    """Return the possible sums."""
    return strict(_sum, left, right)


def _sum(left: Interval, right: Interval) -> Outcome:
    return Interval(_plus(left.low, right.low), _plus(left.high, right.high)), None


def subtract(left: Value, right: Value) -> Value:
    """Return the possible differences."""
    return strict(_difference, left, right)


def _difference(left: Interval, right: Interval) -> Outcome:
    return Interval(_plus(left.low, -right.high), _plus(left.high, -right.low)), None


def multiply(left: Value, right: Value) -> Value:
    """Return the possible products."""
    return strict(_product, left, right)


def _product(left: Interval, right: Interval) -> Outcome:
    ends = [_times(one, other) for one in _ends(left) for other in _ends(right)]
    return Interval(min(ends), max(ends)), None


def _ends(interval: Interval) -> tuple[Number, Number]:
    return interval.low, interval.high


def divide(
    dividend: Value, divisor: Value, *, whole: bool = False, span: Span | None = None
) -> Value:
    """Return the possible quotients.

    Args:
        dividend: What is divided.
        divisor: If it may be 0, an error is possible; if it is nothing else, certain.
        whole: Whether the divisor is a whole number, and so nothing between 0 and 1.
        span: The place of the error.
    """
    nearest = 1 if whole else 0

    def rule(left: Interval, right: Interval) -> Outcome:
        failure = fail("division-by-zero", span) if right.low <= 0 <= right.high else None
        ends: list[Number] = []
        above = Interval(max(right.low, nearest), right.high)
        below = Interval(max(-right.high, nearest), -right.low)
        for part, negative in ((above, False), (below, True)):
            if part.high > 0 and part.low <= part.high:
                for end in _ends(left):
                    ends += [_ratio(-end if negative else end, by) for by in _ends(part)]
        return (Interval(min(ends), max(ends)) if ends else None), failure

    return strict(rule, dividend, divisor)


def _ratio(dividend: Number, divisor: Number) -> Number:
    """Divide ends, the divisor 0 or above; one at 0 stands for all just above it."""
    if dividend == 0 or isinstance(divisor, Infinite):
        # ∞ / ∞ too: the other end of the divisor gives the ∞ of the hull.
        return 0
    if isinstance(dividend, Infinite) or divisor == 0:
        return INFINITY if dividend > 0 else -INFINITY
    return quotient(dividend, divisor)


def convert(value: Value, factor: Fraction) -> Value:
    """Return the possible multiples by a factor."""
    return multiply(value, factor)


def extreme(word: Literal["highest", "lowest"], items: Sequence[Value]) -> Value:
    """Return the possible highest or lowest of values."""
    pick = max if word == "highest" else min

    def rule(*bodies: Interval) -> Outcome:
        low: Number = pick(body.low for body in bodies)
        high: Number = pick(body.high for body in bodies)
        return Interval(low, high), None

    return strict(rule, *items)


def round_exact(number: Exact, mode: RoundingMode, quantum: Fraction) -> Exact:
    """Return the multiple of the quantum that the mode names."""
    numerator = number.numerator * quantum.denominator
    denominator = number.denominator * quantum.numerator
    match mode:
        case "up":
            count = -(-numerator // denominator)
        case "down":
            count = numerator // denominator
        case "half up":
            count = (_HALF * abs(numerator) + denominator) // (_HALF * denominator)
        case "half down":
            count = -((denominator - _HALF * abs(numerator)) // (_HALF * denominator))
        case "half even":
            count, rest = divmod(numerator, denominator)
            if _HALF * rest > denominator or (_HALF * rest == denominator and count % _HALF):
                count += 1
        case _:
            assert_never(mode)
    if mode in ("half up", "half down") and numerator < 0:
        count = -count
    if quantum.denominator == 1:
        return count * quantum.numerator
    return tidy(count * quantum)


def round_to(value: Value, mode: RoundingMode, quantum: Fraction) -> Value:
    """Return the possible multiples of the quantum that the mode names."""

    def rule(body: Interval) -> Outcome:
        low, high = (
            end if isinstance(end, Infinite) else round_exact(end, mode, quantum)
            for end in _ends(body)
        )
        return Interval(low, high), None

    return strict(rule, value)


def tax(value: Exact, thresholds: Sequence[Exact], rates: Sequence[Exact]) -> Exact:
    """Return the sum of each rate on the part of a value above its threshold, up to the next."""
    total: Exact = 0
    for at, (threshold, rate) in enumerate(zip(thresholds, rates, strict=True)):
        if value <= threshold:
            break
        top = value if at + 1 == len(thresholds) else min(value, thresholds[at + 1])
        total += (top - threshold) * rate
    return tidy(total)


def brackets(value: Value, thresholds: Sequence[Exact], rates: Sequence[Exact]) -> Value:
    """Return the possible results of marginal rates: at both ends and at every break between."""

    def at_end(end: Number) -> Number:
        if not isinstance(end, Infinite):
            return tax(end, thresholds, rates)
        if end < 0:
            return 0
        level = tax(thresholds[-1], thresholds, rates)
        return _plus(level, _times(end, rates[-1]))

    def rule(body: Interval) -> Outcome:
        breaks = [threshold for threshold in thresholds if body.low < threshold < body.high]
        results = [at_end(point) for point in (body.low, *breaks, body.high)]
        return Interval(min(results), max(results)), None

    return strict(rule, value)


def payable(value: Value, span: Span | None = None) -> Value:
    """Return whether an amount is something to pay; one that may be below 0 may be an error."""

    def rule(body: Body) -> tuple[Options | None, Failure | None]:
        match body:
            case Interval(low=low, high=high):
                failure = fail("negative-amount", span) if low < 0 else None
                no, yes = low <= 0 <= high, high > 0
                return (bits(no=no, yes=yes) if no or yes else None), failure
            case Selections(sure=sure, possible=possible):
                return bits(no=not sure, yes=bool(possible)), None
            case Options():
                return bits(no=False, yes=True), None
            case _:
                assert_never(body)

    return strict(rule, value)
