"""Lists that go on beyond the places of a household: what the rest of their records come to.

Of the rest only counts, sums, best values and faults are told, each by a term of its own, within
the bounds that follow from what it tells. Every household is among these, whatever its size, and
others that are none: what holds of them all holds of every household; what fails may be nothing.
"""

from collections.abc import Callable, Iterable, Iterator
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

Rule = Callable[[Any], Iterable[Bit]]
"""From a term to what is always so of it."""


def _nothing(_: Any) -> Iterable[Bit]:
    return ()


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
            count = self._count("holding", seen, count)
        return count

    def failing(self, condition: Expr) -> Int:
        """Return of how many in the list a condition does not hold."""
        most = self.holding()
        if self.lower.truth(condition, self.spot).here is True:
            return most - self.holding(condition)
        return self._count("failing", (*self.conditions, condition), most)

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

        def rule(whole: Any) -> Iterator[Bit]:
            yield either(count > 0, whole == 0)
            for least, sign in ((low, 1), (high, -1)):
                if least is not None:
                    bound = Fraction(least) * one.scale
                    yield (whole * bound.denominator - count * bound.numerator) * sign >= 0

        whole = self._term("total", (*self.conditions, value), z3.Int, rule)
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

        def rule(whole: Any) -> Iterator[Bit]:
            if one.low is not None:
                yield whole >= _up(one.low * one.scale)
            if one.high is not None:
                yield whole <= -_up(-one.high * one.scale)

        whole = self._term(word, expressions, z3.Int, rule)
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
        count = self.rest.count
        some: Bit = self._term(
            "fault", expressions, z3.Bool, lambda some: [either(negation(some), count > 0)]
        )
        told = some
        if lacking(error) is not False:
            want = self._term(
                "want", expressions, z3.Bool, lambda want: [either(negation(want), some)]
            )
            told = Fault(some, want)
        self.rest.faults[expressions, self.spot.today] = told, error
        return told

    def _count(self, what: str, expressions: tuple[Expr, ...], most: Int) -> Int:
        """Return of how many something is so."""
        count: Int = self._term(
            what, expressions, z3.Int, lambda count: [count >= 0, count <= most]
        )
        return count

    def _term(
        self, what: str, expressions: tuple[Expr, ...], make: Make, rule: Rule = _nothing
    ) -> Any:
        """Return the term that tells something, the same wherever it is asked for.

        Args:
            what: It tells.
            expressions: It rests on.
            make: From its name to the term.
            rule: What is always so of it.
        """
        told = Told(what, expressions, self.spot.today)
        return self.lower.household.tell(self.rest, told, make, rule)

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
