"""The claims on limited funds or places to whether a claim has a place among them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from attrs import field, frozen

from aidrules.backends.interpreter.frames import Closure, Frame, members
from aidrules.backends.interpreter.scope import Scope, climb
from aidrules.bounds import add_failure, truth
from aidrules.program import Expr, Grant, Program, Ration, Use
from aidrules.types import TRUTH, Quantity
from aidrules.values import (
    BOTH,
    INFINITY,
    Absent,
    Failure,
    Number,
    Value,
    bounds,
    failure_of,
    is_decided,
    may_be,
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


@frozen(eq=False)
class Claim:
    """A claim as it may be.

    Attributes:
        times: For how many claims it stands.
        may_claim: Whether it may take part; an error may turn out so, once it is mended.
        does_claim: Whether it surely does.
        low: The least amount.
        high: The greatest.
        ranks: The least and greatest of each key, counted so that the highest comes first.
        is_single: Whether all of it is known.
    """

    frame: Frame
    times: int
    may_claim: bool
    does_claim: bool
    low: Number
    high: Number
    ranks: tuple[tuple[Number, Number], ...]
    is_single: bool

    def may_reach(self, other: "Claim") -> bool:
        """Whether it may rank at or above another."""
        for (_, high), (low, _) in zip(self.ranks, other.ranks, strict=True):
            if high != low:
                return high > low
        return True

    def is_above(self, other: "Claim") -> bool:
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
        ration.key,
        on_claim.closure(plan.claims),
        None if plan.payment is None else on_claim.closure(plan.payment),
        tuple((on_claim.closure(key), highest) for key, highest in plan.keys),
        scope.on(ration.entity).below(entity),
    )
    to_above = climb(_found, on_claim.distance(ration.entity))
    fund = None if ration.fund is None else scope.on(ration.entity).closure(ration.fund)

    def closure(frame: Frame) -> Value:
        if fund is None:
            return True
        above: Any = to_above(frame)
        available = fund(above)
        needed = (available, *reader.asked(frame))
        for value in needed:
            if isinstance(value, Failure):
                return value
        failures = (failure_of(value) for value in needed)
        failure = next((error for error in failures if error is not None), None)
        funds = bounds(available)
        is_alone = frame.record.is_unlisted or frame.world.is_above_root(above.record)
        if funds is None or is_alone:
            return add_failure(BOTH, failure)
        own = reader.claim(frame, is_own=True)
        standing = reader.standing(above)
        if standing is not None and own.is_single:
            return add_failure(standing.judge(own, funds, ration), failure)
        rivals = [
            claim for claim in reader.claims(above) if claim.frame is not frame and claim.may_claim
        ]
        return add_failure(judge(own, rivals, funds, ration), failure)

    return climb(closure, scope.distance(entity))


def _found(frame: Frame) -> Any:
    """Return the frame that was climbed to."""
    return frame


@frozen
class _Reader:
    """The closures that a claim is read by, and the way down to it from the ration's record."""

    key: str
    claims_at_all: Closure
    payment: Closure | None
    keys: tuple[tuple[Closure, bool], ...]
    path: tuple[str, ...]

    def asked(self, frame: Frame) -> list[Value]:
        """Return amount and keys of a claim: its own place depends on each."""
        payment = [] if self.payment is None else [self.payment(frame)]
        return [*payment, *(key(frame) for key, _ in self.keys)]

    def claims(self, above: Frame) -> tuple[Claim, ...]:
        """Return all claims below a record, worked out once for it."""
        found = above.claims.get(self.key)
        if found is None:
            group = members(above, self.path)
            listed = [self.claim(frame) for frame in group.listed]
            optional = [self.claim(each, count) for each, count in group.optional]
            found = above.claims[self.key] = (*listed, *optional)
        return found

    def standing(self, above: Frame) -> "Standing | None":
        """Return the claims below a record in order, if all is known of each."""
        name = f"{self.key} in order"
        found = above.claims.get(name)
        if found is None:
            found = above.claims[name] = (Standing.of(self.claims(above)),)
        standing: Standing | None = found[0]
        return standing

    def claim(self, frame: Frame, times: int = 1, *, is_own: bool = False) -> Claim:
        """Return a claim; its own errors tell of themselves, those of others leave it open."""
        claims: Value = True if is_own else self.claims_at_all(frame)
        may_claim = may_be(claims, True) or failure_of(claims) is not None
        if not may_claim:
            return Claim(frame, times, may_claim, False, 0, 0, (), is_decided(claims))
        amount: Value = 1 if self.payment is None else self.payment(frame)
        ranks = [(key(frame), highest) for key, highest in self.keys]
        low, high = _reach(amount, 0, is_own=is_own)
        is_listed = not frame.record.is_unlisted
        values = (claims, amount, *(value for value, _ in ranks))
        return Claim(
            frame,
            times,
            may_claim,
            claims is True and is_listed,
            low,
            high,
            tuple(_rank(value, highest, is_own=is_own) for value, highest in ranks),
            is_listed and all(_is_known(value) for value in values),
        )


def _is_known(value: Value) -> bool:
    return is_decided(value) and not isinstance(value, Failure | Absent)


def _reach(value: Value, least: Number, *, is_own: bool) -> tuple[Number, Number]:
    """Return the ends of a value; without bound where an error leaves it open."""
    ends = bounds(value)
    if ends is None or (failure_of(value) is not None and not is_own):
        return least, INFINITY
    return ends


def _rank(value: Value, highest: bool, *, is_own: bool) -> tuple[Number, Number]:  # noqa: FBT001 - part of the order
    low, high = _reach(value, -INFINITY, is_own=is_own)
    return (low, high) if highest else (-high, -low)


def judge(own: Claim, others: list[Claim], funds: tuple[Number, Number], ration: Ration) -> Value:
    """Return whether a claim has a place, by the rules for what is only known within bounds."""
    rivals = [claim for claim in others if claim.may_reach(own)]
    least, most = funds
    is_known = own.is_single and all(claim.is_single for claim in rivals)
    if ration.passes_over and is_known and least == most:
        return _in_turn(own, rivals, least)
    surely = _total(own.high, ((claim.high, claim.times) for claim in rivals)) <= least
    above = [
        (claim.low, claim.times)
        for claim in rivals
        if not ration.passes_over and claim.does_claim and claim.is_above(own)
    ]
    return truth(yes=_total(own.low, above) <= most, no=not surely)


@frozen(eq=False)
class Standing:
    """Claims of which all is known, in order: each is judged by what those in front of it take.

    Gives what `judge` gives, without a look at every rival of every claim.

    Attributes:
        levels: The ranks that there are, the lowest first.
        taken: For each level, what it and those above it take; 0 behind the last.
        turns: For each level, the amounts that share it.
        frames: Those that claim.
        left: What is left of a fund when a level has its turn, and whether that is unsure, by fund.
    """

    levels: list[Any]
    taken: list[Any]
    turns: list[list[Any]]
    frames: frozenset[int]
    left: dict[Any, list[tuple[Any, bool]]] = field(factory=dict)

    @staticmethod
    def of(claims: Iterable[Claim]) -> "Standing | None":
        """Return claims in order; None if something of one is open."""
        found: dict[Any, list[Any]] = {}
        frames: set[int] = set()
        for claim in claims:
            if not claim.is_single or claim.times != 1:
                return None
            if claim.may_claim:
                found.setdefault(claim.ranks, []).append(claim.high)
                frames.add(id(claim.frame))
        levels = sorted(found)
        turns = [found[level] for level in levels]
        taken: list[Any] = [0]
        for turn in reversed(turns):
            taken.append(taken[-1] + sum(turn))
        return Standing(levels, taken[::-1], turns, frozenset(frames))

    def judge(self, own: Claim, funds: tuple[Number, Number], ration: Ration) -> Value:
        """Return whether a claim has a place; see `judge`."""
        least, most = funds
        amount: Any = own.high
        is_counted = id(own.frame) in self.frames
        if ration.passes_over and least == most:
            return self._in_turn(own, least) if is_counted else self._passed_over(own, least)
        at, above = bisect_left(self.levels, own.ranks), bisect_right(self.levels, own.ranks)
        with_level = self.taken[at] + (0 if is_counted else amount)
        before = 0 if ration.passes_over else self.taken[above]
        return truth(yes=amount + before <= most, no=with_level > least)

    def _in_turn(self, own: Claim, fund: Number) -> Value:
        left = self.left.get(fund)
        if left is None:
            left = self.left[fund] = self._turns(fund)
        remaining, is_unsure = left[bisect_left(self.levels, own.ranks)]
        amount: Any = own.high
        if amount > remaining:
            return False
        return BOTH if is_unsure else True

    def _turns(self, fund: Any) -> list[tuple[Any, bool]]:
        """Return for each level what is left at its turn, or at the first that is unsure."""
        found: list[tuple[Any, bool]] = []
        remaining, is_unsure = fund, False
        for turn in reversed(self.turns):
            if not is_unsure:
                total = sum(amount for amount in turn if amount <= remaining)
                is_unsure = total > remaining
                found.append((remaining, is_unsure))
                remaining -= 0 if is_unsure else total
            else:
                found.append(found[-1])
        return found[::-1]

    def _passed_over(self, own: Claim, fund: Number) -> Value:
        """Return the place of one that does not claim, as if it did."""
        claims = {level: list(turn) for level, turn in zip(self.levels, self.turns, strict=True)}
        claims.setdefault(own.ranks, []).append(own.high)
        levels = sorted(claims)
        asked = Standing(levels, [], [claims[level] for level in levels], frozenset())
        return asked._in_turn(own, fund)


def _total(first: Number, more: Iterable[tuple[Number, int]]) -> Number:
    total: Any = first
    for amount, times in more:
        if total is INFINITY or amount is INFINITY:
            return INFINITY
        total += amount * times  # type: ignore[operator]  # a finite end: no amount is below 0
    return total  # type: ignore[no-any-return]  # a number


def _in_turn(own: Claim, rivals: list[Claim], fund: Number) -> Value:
    """Return the place of a claim where each in turn is passed over that does not fit.

    Claims that are level share one turn: if they fit one by one but not together, nothing says
    which of them has the place, nor what is left after them.
    """
    remaining: Any = fund
    ahead = sorted((*rivals, own), key=_ranks, reverse=True)
    for _, level in groupby(ahead, key=_ranks):
        turn = list(level)
        if own.high > remaining:
            return False
        total = _total(0, ((claim.high, 1) for claim in turn if claim.high <= remaining))
        if total > remaining:
            return BOTH
        if any(claim is own for claim in turn):
            return True
        remaining -= total
    return BOTH


def _ranks(claim: Claim) -> Any:
    return claim.ranks
