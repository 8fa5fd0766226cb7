"""Exact numbers as whole ones: how many of a fixed part of 1, over a divisor where one divides."""

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Final, assert_never

from attrs import frozen

from aidrules.backends.kernel.terms import ONE, ZERO, Bit, Int, Unfit, Why, Writer, number
from aidrules.program import RoundingMode
from aidrules.values import Exact


@frozen
class Frac:
    """An exact number: `whole / (scale * divisor)`.

    Attributes:
        scale: Fixed, above 0.
        divisor: Above 0, worked out with the number; None for 1.
    """

    whole: Int
    scale: int = 1
    divisor: Int | None = None

    @property
    def level(self) -> int:
        """The loop in which it is known."""
        return max(self.whole.level, 0 if self.divisor is None else self.divisor.level)


def exact(value: Exact) -> Frac:
    """Return a literal."""
    return Frac(number(value.numerator), value.denominator)


NOTHING: Final = exact(0)


def _divided(write: Writer, value: Frac, by: Int | None) -> Int:
    """Return the whole part of a number once a divisor is taken into it."""
    return value.whole if by is None else write.multiply(value.whole, by)


def _aligned(write: Writer, left: Frac, right: Frac) -> tuple[Int, Int, int, Int | None]:
    """Return the wholes of two numbers over one scale and divisor, and these."""
    scale = lcm(left.scale, right.scale)
    one = write.multiply(left.whole, number(scale // left.scale))
    other = write.multiply(right.whole, number(scale // right.scale))
    if left.divisor == right.divisor:
        return one, other, scale, left.divisor
    if right.divisor is not None:
        one = write.multiply(one, right.divisor)
    if left.divisor is not None:
        other = write.multiply(other, left.divisor)
    divisor = write.multiply(left.divisor or ONE, right.divisor or ONE)
    return one, other, scale, divisor


def level_with(write: Writer, left: Frac, right: Frac) -> tuple[Frac, Frac]:
    """Return two numbers over one scale and divisor."""
    if left is right:
        return left, right
    one, other, scale, divisor = _aligned(write, left, right)
    return Frac(one, scale, divisor), Frac(other, scale, divisor)


def settled(write: Writer, value: Frac, level: int) -> Frac:
    """Return a number without a divisor of its own in a loop, so that many can be added.

    A divisor of few values, such as a number of months, goes into the scale.

    Raises:
        Unfit: If its divisor has too many.
    """
    by = value.divisor
    if by is None or by.level < level:
        return value
    if by.high > MOST_PARTS:
        raise Unfit(Why.DIVISOR)
    parts = lcm(*range(1, by.high + 1))
    times_over = write.divide(number(parts), by)
    return Frac(write.multiply(value.whole, times_over), value.scale * parts)


MOST_PARTS: Final = 24
"""The greatest divisor that goes into a scale."""


def add(write: Writer, left: Frac, right: Frac) -> Frac:
    """Return the sum."""
    one, other, scale, divisor = _aligned(write, left, right)
    return Frac(write.add(one, other), scale, divisor)


def subtract(write: Writer, left: Frac, right: Frac) -> Frac:
    """Return the difference."""
    one, other, scale, divisor = _aligned(write, left, right)
    return Frac(write.subtract(one, other), scale, divisor)


def multiply(write: Writer, left: Frac, right: Frac) -> Frac:
    """Return the product."""
    for factor, value in ((left, right), (right, left)):
        constant = factor.whole.constant
        if constant is not None and factor.divisor is None:
            return times(write, value, Fraction(constant, factor.scale))
    divisor = right.divisor
    if left.divisor is not None:
        divisor = left.divisor if divisor is None else write.multiply(left.divisor, divisor)
    return Frac(write.multiply(left.whole, right.whole), left.scale * right.scale, divisor)


def times(write: Writer, value: Frac, factor: Fraction) -> Frac:
    """Return the product with what does not change."""
    if not factor:
        return NOTHING
    common = gcd(factor.numerator, value.scale)
    whole = write.multiply(value.whole, number(factor.numerator // common))
    return Frac(whole, value.scale // common * factor.denominator, value.divisor)


def divide(write: Writer, left: Frac, right: Frac, zero: Bit) -> Frac:
    """Return the quotient; anything at all where the divisor is 0.

    Args:
        write: Where lines are written.
        left: What is divided.
        right: By what.
        zero: Whether the divisor is 0.
    """
    constant = right.whole.constant
    if constant and right.divisor is None:
        return times(write, left, 1 / Fraction(constant, right.scale))
    common = gcd(left.scale, right.scale)
    whole = write.multiply(left.whole, number(right.scale // common))
    if right.divisor is not None:
        whole = write.multiply(whole, right.divisor)
    by = right.whole
    if by.low < 0:
        negative = write.below(by, ZERO)
        whole = write.select(negative, write.negate(whole), whole)
        by = write.select(negative, write.negate(by), by)
    by = write.maximum(write.select(zero, ONE, by), ONE)
    if left.divisor is not None:
        by = write.multiply(by, left.divisor)
    return Frac(whole, left.scale // common, by)


def below(write: Writer, left: Frac, right: Frac) -> Bit:
    """Return whether one number is below another."""
    one, other, _, _ = _aligned(write, left, right)
    return write.below(one, other)


def at_most(write: Writer, left: Frac, right: Frac) -> Bit:
    """Return whether one number is not above another."""
    one, other, _, _ = _aligned(write, left, right)
    return write.at_most(one, other)


def same(write: Writer, left: Frac, right: Frac) -> Bit:
    """Return whether two numbers are the same."""
    one, other, _, _ = _aligned(write, left, right)
    return write.same(one, other)


def select(write: Writer, condition: Bit, yes: Frac, no: Frac) -> Frac:
    """Return one number or the other."""
    scale = lcm(yes.scale, no.scale)
    one = write.multiply(yes.whole, number(scale // yes.scale))
    other = write.multiply(no.whole, number(scale // no.scale))
    divisor = yes.divisor
    if yes.divisor != no.divisor:
        divisor = write.select(condition, yes.divisor or ONE, no.divisor or ONE)
    return Frac(write.select(condition, one, other), scale, divisor)


def minimum(write: Writer, left: Frac, right: Frac) -> Frac:
    """Return the smaller number."""
    if left.divisor == right.divisor:
        one, other, scale, divisor = _aligned(write, left, right)
        return Frac(write.minimum(one, other), scale, divisor)
    return select(write, below(write, left, right), left, right)


def maximum(write: Writer, left: Frac, right: Frac) -> Frac:
    """Return the greater number."""
    if left.divisor == right.divisor:
        one, other, scale, divisor = _aligned(write, left, right)
        return Frac(write.maximum(one, other), scale, divisor)
    return select(write, below(write, left, right), right, left)


def rounded(write: Writer, value: Frac, mode: RoundingMode, quantum: Fraction) -> Frac:
    """Return the multiple of the quantum that the mode names."""
    factor = Fraction(quantum.denominator, value.scale * quantum.numerator)
    dividend = write.multiply(value.whole, number(factor.numerator))
    divisor = _divided(write, Frac(number(factor.denominator)), value.divisor)
    count = _nearest(write, dividend, divisor, mode)
    return times(write, Frac(count), quantum)


def _nearest(write: Writer, dividend: Int, divisor: Int, mode: RoundingMode) -> Int:
    """Return the whole number near a quotient that the mode names."""
    if divisor.constant == 1:
        return dividend
    match mode:
        case "down":
            return write.divide(dividend, divisor)
        case "up":
            return _up(write, dividend, divisor)
        case "half up" | "half down" | "half even":
            pass
        case _:
            assert_never(mode)
    two = number(2)
    twice, whole = write.multiply(dividend, two), write.multiply(divisor, two)
    # Halves toward plus infinity, and toward minus infinity.
    higher = write.divide(write.add(twice, divisor), whole)
    lower = _up(write, write.subtract(twice, divisor), whole)
    if mode == "half even":
        is_even = write.same(write.subtract(lower, write.multiply(_half(write, lower), two)), ZERO)
        return write.select(is_even, lower, higher)
    is_below = write.below(dividend, ZERO)
    away, toward = (higher, lower) if mode == "half up" else (lower, higher)
    return write.select(is_below, toward, away)


def _half(write: Writer, value: Int) -> Int:
    return write.divide(value, number(2))


def _up(write: Writer, dividend: Int, divisor: Int) -> Int:
    """Return a quotient rounded up."""
    return write.divide(write.subtract(write.add(dividend, divisor), ONE), divisor)


def bracketed(
    write: Writer, value: Frac, thresholds: Sequence[Exact], rates: Sequence[Exact]
) -> Frac:
    """Return the sum of each rate on the part of a value above its threshold, up to the next."""
    total = NOTHING
    for at, (threshold, rate) in enumerate(zip(thresholds, rates, strict=True)):
        top = value
        if at + 1 < len(thresholds):
            top = minimum(write, value, exact(thresholds[at + 1]))
        part = maximum(write, subtract(write, top, exact(threshold)), NOTHING)
        total = add(write, total, times(write, part, Fraction(rate)))
    return total
