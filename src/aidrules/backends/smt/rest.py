"""Lists that go on beyond the places of a household: what the rest of their records come to.

Of the rest only counts, sums, best values and faults are told, each by a term of its own, within
the bounds that follow from what it tells. Every household is among these, whatever its size, and
others that are none: what holds of them all holds of every household; what fails may be nothing.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import z3
from attrs import frozen

from aidrules.backends.smt import terms
from aidrules.backends.smt.context import Lowering, Spot
from aidrules.backends.smt.household import Rest, Told
from aidrules.backends.smt.terms import (
    Bit,
    Exactly,
    Fault,
    Int,
    both,
    either,
    lacking,
    negation,
)
from aidrules.backends.smt.values import number
from aidrules.program import Expr, Records
from aidrules.values import Exact

Make = Callable[[str], Any]
"""From a name to an open term."""


@frozen(eq=False)
class Beyond:
    """The records of a list that have no place in the household, on a day.

    Attributes:
        rest: All of their kind.
        conditions: Of those in the list.
        spot: Of any one of them.
    """

    rest: Rest
    conditions: tuple[Expr, ...]
    spot: Spot
    lower: Lowering

    def holding(self, *conditions: Expr) -> Int:
        """Return of how many in the list some conditions hold."""
        count = self.rest.count
        seen: tuple[Expr, ...] = ()
        for condition in (*self.conditions, *conditions):
            held = self.lower.truth(condition, self.spot)
            fits = both(held.here, held.yes)
            if fits is True:
                continue
            if fits is False:
                return 0
            seen = (*seen, condition)
            most, count = count, self._term("holding", seen, z3.Int)
            self._assume(count >= 0, count <= most)
        return count

    def failing(self, condition: Expr) -> Int:
        """Return of how many in the list a condition does not hold."""
        most = self.holding()
        if self.lower.truth(condition, self.spot).here is True:
            return most - self.holding(condition)
        count = self._term("failing", (*self.conditions, condition), z3.Int)
        self._assume(count >= 0, count <= most)
        return count

    def total(self, value: Expr) -> Exactly:
        """Return what a value of each in the list adds up to."""
        count = self.holding()
        each = self.lower.lower(value, self.spot)
        one = number(each)
        if each.absent is False and one.constant is not None:
            return terms.multiply(Exactly(count, 1, 0, self.rest.most), one)
        low, high = one.low, one.high
        if each.absent is not False:  # what is not there adds nothing
            low = None if low is None else min(low, 0)
            high = None if high is None else max(high, 0)
        whole = self._term("total", (*self.conditions, value), z3.Int)
        self._assume(either(count > 0, whole == 0))
        for least, sign in ((low, 1), (high, -1)):
            if least is not None:
                bound = Fraction(least) * one.scale
                apart = whole * bound.denominator - count * bound.numerator
                self._assume(apart * sign >= 0)
        return Exactly(whole, one.scale, self._times(low, 1), self._times(high, -1))

    def best(self, value: Expr, word: str) -> tuple[Bit, Exactly]:
        """Return whether any in the list has a value, and the highest or the lowest of them.

        Args:
            value: Of each.
            word: Which of the two: `highest` and `lowest` are terms of their own.
        """
        each = self.lower.lower(value, self.spot)
        one = number(each)
        expressions = (*self.conditions, value)
        found: Bit = self.holding() > 0
        if each.absent is not False:
            found = both(found, self._term("valued", expressions, z3.Bool))
        whole = self._term(word, expressions, z3.Int)
        if one.low is not None:
            self._assume(whole >= _up(one.low * one.scale))
        if one.high is not None:
            self._assume(whole <= -_up(-one.high * one.scale))
        return found, Exactly(whole, one.scale, one.low, one.high)

    def fault(self, *values: Expr) -> Bit:
        """Return where one of them is at fault: it is not known whether it is in, or a value."""
        is_in: Bit = True
        error: Bit = False
        for condition in self.conditions:
            held = self.lower.truth(condition, self.spot)
            error = either(error, held.error)
            is_in = both(held.here, held.yes)
        for value in values:
            error = either(error, both(is_in, self.lower.lower(value, self.spot).error))
        if error is False:
            return False
        expressions = (*self.conditions, *values)
        is_new = not self._is_told("fault", expressions)
        some: Bit = self._term("fault", expressions, z3.Bool)
        self._assume(either(negation(some), self.rest.count > 0))
        if lacking(error) is not False:
            want = self._term("want", expressions, z3.Bool)
            self._assume(either(negation(want), some))
            some = Fault(some, want)
        if is_new:
            self.rest.faults.append((some, error))
        return some

    def _is_told(self, what: str, expressions: tuple[Expr, ...]) -> bool:
        return Told(what, expressions, self.spot.today) in self.rest.told

    def _term(self, what: str, expressions: tuple[Expr, ...], make: Make) -> Any:
        """Return the term that tells something, the same wherever it is asked for."""
        told = Told(what, expressions, self.spot.today)
        return self.lower.household.tell(self.rest, told, make)

    def _assume(self, *bits: Bit) -> None:
        self.lower.household.assume(*bits)

    def _times(self, end: Exact | None, sign: int) -> Exact | None:
        """Return a bound of a sum of values that have one."""
        if end is None:
            return None
        if end * sign >= 0:
            return 0
        return None if self.rest.most is None else end * self.rest.most


def beyond(over: Records, spot: Spot, lower: Lowering) -> Beyond | None:
    """Return the records of a list that have no place; None if all have one."""
    rest = None if spot.place is None else lower.household.rest(spot.place, over.entity)
    if rest is None:
        return None
    conditions = () if over.condition is None else (over.condition,)
    return Beyond(rest, conditions, Spot(rest.record, spot.today), lower)


def _up(number: Exact) -> int:
    ratio = Fraction(number)
    return -(-ratio.numerator // ratio.denominator)
