"""What a definition is on a record: a value, nothing, or an error, each under its condition."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal, Self

from attrs import evolve, field, frozen

from aidrules.backends.smt import terms
from aidrules.backends.smt.terms import Bit, Exactly, Int, both, choose, either, negation, pick
from aidrules.values import Exact


@frozen(kw_only=True)
class _Term:
    """A value where neither condition holds.

    Attributes:
        absent: Where nothing is there.
        error: Where it cannot be worked out; never where nothing is there.
    """

    absent: Bit = field(default=False)
    error: Bit = field(default=False)

    @property
    def here(self) -> Bit:
        """Where a value is there."""
        return negation(either(self.absent, self.error))

    def flagged(self, *, absent: Bit = False, error: Bit = False) -> Self:
        """Return the value with other conditions."""
        return evolve(self, absent=both(absent, negation(error)), error=error)


@frozen
class Num(_Term):
    """A number or a day."""

    exact: Exactly


@frozen
class Curve(_Term):
    """A number that follows one whole number, never turning back.

    What is compared with a certain number is then a bound on that whole number, found by halving.

    Attributes:
        base: The whole number, from `low` to `high`.
        rule: What it makes of the base.
        rises: Whether it never falls where the base rises; else it never rises.
        formula: Makes the number itself as a term.
    """

    base: Int
    low: int
    high: int
    rule: Callable[[int], Exact]
    rises: bool
    formula: Callable[[], Exactly]

    def reaches(self, least: Exact, *, strictly: bool) -> Bit:
        """Return whether the number is at least (strictly: more than) a certain one."""

        def holds(at: int) -> bool:
            value = self.rule(at)
            return value > least if strictly else value >= least

        first, last = self.low, self.high
        if self.rises:
            if holds(first) or not holds(last):
                return holds(first)
            while last - first > 1:
                middle = (first + last) // 2
                first, last = (first, middle) if holds(middle) else (middle, last)
            return self.base >= last
        if holds(last) or not holds(first):
            return holds(last)
        while last - first > 1:
            middle = (first + last) // 2
            first, last = (middle, last) if holds(middle) else (first, middle)
        return self.base <= first


@frozen
class Truth(_Term):
    """Yes or no."""

    yes: Bit


@frozen
class Word(_Term):
    """One of some texts, by its number."""

    code: Int


@frozen
class List(_Term):
    """A list of services: for each, whether it is in it."""

    marks: Mapping[str, Bit]


Term = Num | Curve | Truth | Word | List


def plain(value: Term) -> Num | Truth | Word | List:
    """Return a value as a term of its own."""
    if isinstance(value, Curve):
        return Num(exact=stepped(value), absent=value.absent, error=value.error)
    return value


MOST_STEPS = 400


def stepped(curve: Curve) -> Exactly:
    """Return the number of a curve: by its steps if they are few, else by its formula."""
    ends = curve.rule(curve.low), curve.rule(curve.high)
    low, high = min(ends), max(ends)
    if not curve.rises or Fraction(high - low) > MOST_STEPS:
        return curve.formula()
    points: list[tuple[int, Exact]] = [(curve.low, ends[0])]
    while points[-1][1] != ends[1]:
        if len(points) > MOST_STEPS:
            return curve.formula()
        at, value = points[-1]
        first, last = at, curve.high
        while last - first > 1:
            middle = (first + last) // 2
            first, last = (middle, last) if curve.rule(middle) == value else (first, middle)
        points.append((last, curve.rule(last)))
    found = halved(curve.base, points)
    return Exactly(found.whole, found.scale, low, high)


def halved(base: Int, points: Sequence[tuple[int, Exact]]) -> Exactly:
    """Return the number that holds from the last of some points that a whole number reaches."""
    if len(points) == 1:
        return terms.exact(points[0][1])
    middle = len(points) // 2
    over = base >= points[middle][0]
    return terms.select(over, halved(base, points[middle:]), halved(base, points[:middle]))


def strict(values: Sequence[Term]) -> dict[str, Any]:
    """Return where what needs all of some values is nothing, and where it is an error."""
    error = either(*(value.error for value in values))
    absent = either(*(value.absent for value in values))
    return {"error": error, "absent": both(absent, negation(error))}


def one_of(condition: Bit, one: Term, other: Term) -> Term:
    """Return the first value where the condition holds, else the other."""
    if isinstance(condition, bool):
        return one if condition else other
    flags = {
        "absent": choose(condition, one.absent, other.absent),
        "error": choose(condition, one.error, other.error),
    }
    match plain(one), plain(other):
        case Num(exact=left), Num(exact=right):
            # What is not there has no value that counts.
            if one.here is False or other.here is False:
                return Num(exact=right if one.here is False else left, **flags)
            return Num(exact=terms.select(condition, left, right), **flags)
        case Truth(yes=left), Truth(yes=right):
            return Truth(yes=choose(condition, left, right), **flags)
        case Word(code=left), Word(code=right):
            return Word(code=pick(condition, left, right), **flags)
        case List(marks=left), List(marks=right):
            names = dict.fromkeys((*left, *right))
            marks = {
                name: choose(condition, left.get(name, False), right.get(name, False))
                for name in names
            }
            return List(marks=marks, **flags)
        case kinds:
            raise TypeError(kinds)


def same(one: Term, other: Term) -> Bit:
    """Return whether two values that are there are the same."""
    match plain(one), plain(other):
        case Num(exact=left), Num(exact=right):
            return terms.same(left, right)
        case Truth(yes=left), Truth(yes=right):
            return terms.same_bit(left, right)
        case Word(code=left), Word(code=right):
            return left == right
        case List(marks=left), List(marks=right):
            names = dict.fromkeys((*left, *right))
            return both(
                *(terms.same_bit(left.get(name, False), right.get(name, False)) for name in names)
            )
        case kinds:
            raise TypeError(kinds)


def alike(one: Term, other: Term) -> Bit:
    """Return whether two values are the same, nothing and an error being values too."""
    here = both(one.here, other.here)
    return both(
        terms.same_bit(one.error, other.error),
        terms.same_bit(one.absent, other.absent),
        either(negation(here), same(one, other)),
    )


def order(op: str, one: Term, other: Term) -> Bit:
    """Return whether an order holds of two numbers that are there."""
    if op in (">", ">="):
        return order({">": "<", ">=": "<="}[op], other, one)
    match one, other:
        case Curve(), Num(exact=Exactly(constant=Fraction() as known)):
            return negation(one.reaches(known, strictly=op == "<="))
        case Num(exact=Exactly(constant=Fraction() as known)), Curve():
            return other.reaches(known, strictly=op == "<")
        case _:
            left, right = number(one), number(other)
            return terms.below(left, right) if op == "<" else terms.at_most(left, right)


def number(value: Term) -> Exactly:
    """Return the number of a value."""
    found = plain(value)
    if not isinstance(found, Num):
        raise TypeError(found)
    return found.exact


def mapped(curve: Curve, rule: Callable[[Exact], Exact], build: Any, *, keeps: bool) -> Curve:
    """Return what a rule makes of the number of a curve.

    Args:
        curve: The curve.
        rule: Never turns back: of two numbers, the greater one has the greater or the same result.
        build: The same rule on terms.
        keeps: Whether that is so; if not, it is the other way round.
    """
    return evolve(
        curve,
        rule=lambda at: rule(curve.rule(at)),
        rises=curve.rises == keeps,
        formula=lambda: build(stepped(curve)),
    )


def with_constant(op: Literal["+", "-", "*", "/"], left: Term, right: Term) -> Term | None:
    """Return a curve moved or stretched by a certain number; None if there is no such pair."""
    match left, right:
        case Curve(), Num(absent=False, error=False, exact=Exactly(constant=Fraction() as by)):
            return _moved(left, op, by)
        case Num(absent=False, error=False, exact=Exactly(constant=Fraction() as by)), Curve():
            return _moved_by(right, op, by)
        case _:
            return None


def _moved(curve: Curve, op: Literal["+", "-", "*", "/"], by: Fraction) -> Curve | None:
    """Return `curve op by`."""
    at = terms.exact(by)
    match op:
        case "+":
            return mapped(curve, lambda x: x + by, lambda x: terms.add(x, at), keeps=True)
        case "-":
            return mapped(curve, lambda x: x - by, lambda x: terms.subtract(x, at), keeps=True)
        case "*":
            return mapped(curve, lambda x: x * by, lambda x: terms.multiply(x, at), keeps=by >= 0)
        case "/":
            return _moved(curve, "*", 1 / by) if by else None


def _moved_by(curve: Curve, op: Literal["+", "-", "*", "/"], by: Fraction) -> Curve | None:
    """Return `by op curve`."""
    match op:
        case "+" | "*":
            return _moved(curve, op, by)
        case "-":
            turned = _moved(curve, "*", Fraction(-1))
            return None if turned is None else _moved(turned, "+", by)
        case "/":
            return None
