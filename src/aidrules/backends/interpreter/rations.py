"""The claims on limited funds or places to whether a claim has a place among them."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import groupby
from operator import attrgetter
from typing import Any

from attrs import field, frozen

from aidrules.backends.interpreter.frames import Closure, Frame, members
from aidrules.backends.interpreter.scope import Scope, climb
from aidrules.bounds import strict, truth
from aidrules.program import Expr, Grant, Program, Ration, Use
from aidrules.types import TRUTH, Quantity
from aidrules.values import (
    BOTH,
    INFINITY,
    Failure,
    Interval,
    Number,
    Value,
    bounds,
    failure_of,
    is_decided,
    may_be,
    parts,
)


@frozen
class Plan:
    """What a ration asks of each claim.

    Attributes:
        claims: Whether it claims at all: eligible, and not excluded.
        payment: Its amount; None where each claim is one place.
        keys: By which claims are ranked, and whether the highest comes first.
    """

    ration: Ration
    grant: Grant
    claims: Use
    payment: Use | None
    keys: tuple[tuple[Expr, bool], ...]

    @staticmethod
    def of(ration: Ration, program: Program) -> "Plan":
        """Return the plan of a ration."""
        grant = program.grant[ration.grant]
        key = f"{grant.key}/claims"
        claims = key if key in program.definition else grant.eligible
        is_counted = isinstance(grant.type, Quantity) and grant.payment in program.definition
        payment = grant.type if is_counted else None
        return Plan(
            ration,
            grant,
            Use(grant.entity, claims, type=TRUTH, span=ration.span),
            None
            if payment is None
            else Use(grant.entity, grant.payment, type=payment, span=ration.span),
            ration.orders,
        )


@frozen
class _Claim:
    """A claim as it may be.

    Attributes:
        times: For how many claims it stands.
        may_claim: Whether it may take part; an error may turn out so, once it is mended.
        does_claim: Whether it surely does.
        ranks: The least and greatest of each key, counted so that the highest comes first.
        is_single: Whether all of it is known.
    """

    frame: Frame = field(eq=False)
    times: int
    may_claim: bool
    does_claim: bool
    low: Number
    high: Number
    ranks: tuple[tuple[Number, Number], ...]
    is_single: bool

    def may_reach(self, other: "_Claim") -> bool:
        """Whether it may rank at or above another."""
        for (_, high), (low, _) in zip(self.ranks, other.ranks, strict=True):
            if high != low:
                return high > low
        return True

    def is_above(self, other: "_Claim") -> bool:
        """Whether it surely ranks above another."""
        for (low, _), (_, high) in zip(self.ranks, other.ranks, strict=True):
            if low != high:
                return low > high
        return False


def place(plan: Plan, scope: Scope) -> Closure:
    """Return the closure of whether a claim has a place, given that it claims."""
    ration, entity = plan.ration, plan.grant.entity
    on_claim = scope.on(entity)
    reader = _Reader(
        on_claim.closure(plan.claims),
        None if plan.payment is None else on_claim.closure(plan.payment),
        tuple((on_claim.closure(key), highest) for key, highest in plan.keys),
    )
    distance = on_claim.distance(ration.entity)
    path = scope.on(ration.entity).below(entity)
    fund = None if ration.fund is None else scope.on(ration.entity).closure(ration.fund)

    def closure(frame: Frame) -> Value:
        if fund is None:
            return True
        above = frame
        for _ in range(distance):
            if above.parent is not None:
                above = above.parent
        if frame.record.is_unlisted or frame.world.is_above_root(above.record):
            return BOTH
        available = fund(above)
        asked = reader.asked(frame)

        def rule(funds: Interval, *_: object) -> tuple[Any, None]:
            claims = reader.claims(above, path)
            own = next(claim for claim in claims if claim.frame is frame)
            others = [claim for claim in claims if claim is not own and claim.may_claim]
            return parts(_judge(own, others, funds, ration))[0], None

        return strict(rule, available, *asked)

    return climb(closure, scope.distance(entity))


@frozen
class _Reader:
    """The closures that a claim is read by."""

    claims_at_all: Closure
    payment: Closure | None
    keys: tuple[tuple[Closure, bool], ...]

    def asked(self, frame: Frame) -> list[Value]:
        """Return amount and keys of a claim: its own place depends on each."""
        payment = [] if self.payment is None else [self.payment(frame)]
        return [*payment, *(key(frame) for key, _ in self.keys)]

    def claims(self, above: Frame, path: tuple[str, ...]) -> list[_Claim]:
        """Return all claims below a record, worked out once for it."""
        group = members(above, path) if path else None
        if group is None:
            return [self._claim(above, 1, is_listed=True)]
        listed = [self._claim(frame, 1, is_listed=True) for frame in group.listed]
        optional = [self._claim(each, count, is_listed=False) for each, count in group.optional]
        return listed + optional

    def _claim(self, frame: Frame, times: int, *, is_listed: bool) -> _Claim:
        claims = self.claims_at_all(frame)
        may_claim = may_be(claims, True) or failure_of(claims) is not None
        if not may_claim:
            return _Claim(frame, times, may_claim, False, 0, 0, (), is_decided(claims))
        amount = 1 if self.payment is None else self.payment(frame)
        ranks = [(key(frame), highest) for key, highest in self.keys]
        low, high = _reach(amount, 0)
        values = (claims, amount, *(value for value, _ in ranks))
        is_single = is_listed and all(_is_known(value) for value in values)
        return _Claim(
            frame,
            times,
            may_claim,
            claims is True and is_listed,
            low,
            high,
            tuple(_rank(value, highest) for value, highest in ranks),
            is_single,
        )


def _is_known(value: Value) -> bool:
    return is_decided(value) and not isinstance(value, Failure)


def _reach(value: Value, least: Number) -> tuple[Number, Number]:
    """Return the ends of a value; without bound where an error leaves it open."""
    ends = bounds(value)
    if ends is None or failure_of(value) is not None:
        return least, INFINITY
    return ends


def _rank(value: Value, highest: bool) -> tuple[Number, Number]:  # noqa: FBT001 - part of the order
    match value:
        case bool():
            ends: tuple[Number, Number] = int(value), int(value)
        case _:
            ends = _reach(value, -INFINITY)
    return ends if highest else (-ends[1], -ends[0])


def _judge(own: _Claim, others: list[_Claim], funds: Interval, ration: Ration) -> Value:
    """Return whether a claim has a place, by the rules for what is only known within bounds."""
    rivals = [claim for claim in others if claim.may_reach(own)]
    is_known = own.is_single and all(claim.is_single for claim in rivals)
    if ration.passes_over and is_known and funds.low == funds.high:
        return _plain(own, rivals, funds.low)
    surely = _total(own.high, ((claim.high, claim.times) for claim in rivals)) <= funds.low
    above = () if ration.passes_over else tuple(
        (claim.low, claim.times) for claim in rivals if claim.does_claim and claim.is_above(own)
    )
    possibly = _total(own.low, above) <= funds.high
    return truth(yes=possibly, no=not surely)


def _total(first: Number, more: Iterable[tuple[Number, int]]) -> Number:
    total: Any = first
    for amount, times in more:
        if INFINITY in (total, amount):
            return INFINITY
        total += amount * times
    return total  # type: ignore[no-any-return]  # a number


def _plain(own: _Claim, rivals: list[_Claim], fund: Number) -> Value:
    """Return the place of a claim where each in turn is passed over that does not fit.

    Claims that are level share one turn: if they fit one by one but not together, nothing says
    which of them has the place, nor what is left after them.
    """
    remaining: Any = fund
    if own.high > remaining:
        return False
    ahead = sorted((*rivals, own), key=attrgetter("ranks"), reverse=True)
    for _, level in groupby(ahead, key=attrgetter("ranks")):
        turn = list(level)
        amounts = [claim.high for claim in turn if claim.high <= remaining]
        total = _total(0, ((amount, 1) for amount in amounts))
        if own.high > remaining:
            return False
        if total > remaining:
            return BOTH
        if own in turn:
            return True
        remaining -= total
    return BOTH


_ONE = Fraction(1)
