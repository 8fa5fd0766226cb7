"""Records below a record to sums, counts and answers: a place counts where its record is in.

Where lists go on beyond their places, what the rest comes to is added.
"""

from collections.abc import Sequence
from typing import assert_never

from aidrules.backends.smt import terms
from aidrules.backends.smt.context import Lowering, Spot
from aidrules.backends.smt.rest import Beyond, beyond
from aidrules.backends.smt.terms import Bit, Exactly, Unfit, Why, both, either, negation
from aidrules.backends.smt.values import Num, Term, Truth, number, one_of
from aidrules.program import AnyOver, BestOver, CountOver, EveryOver, Records, SumOver

Aggregate = SumOver | CountOver | AnyOver | EveryOver | BestOver

Member = tuple[Bit, Bit, Spot]
"""Whether a record is in a list, whether that is an error, and where it stands."""


def members(over: Records, spot: Spot, lower: Lowering) -> list[Member]:
    """Return for each place of a list whether its record is in it, and whether that fails."""
    if spot.place is None or spot.place.above_root:
        raise Unfit(Why.ABOVE)
    found: list[Member] = []
    for place in spot.place.below(over.entity):
        there = Spot(place, spot.today)
        if over.condition is None:
            found.append((place.present, False, there))
            continue
        chosen = lower.truth(over.condition, there)
        is_in = both(place.present, chosen.here, chosen.yes)
        found.append((is_in, both(place.present, chosen.error), there))
    return found


def aggregate(node: Aggregate, spot: Spot, lower: Lowering) -> Term:
    """Return what the records of a list come to; the error of any that is in it is one."""
    listed = members(node.over, spot, lower)
    rest = beyond(node.over, spot, lower)
    error = either(*(failed for _, failed, _ in listed))
    match node:
        case CountOver():
            whole = sum((terms.counted(is_in) for is_in, _, _ in listed), 0)
            if rest is None:
                return Num(exact=_counted(whole, len(listed)), error=error)
            most = None if rest.rest.most is None else len(listed) + rest.rest.most
            error = either(error, rest.fault())
            return Num(exact=_counted(whole + rest.holding(), most), error=error)
        case SumOver(value=value):
            total = terms.NOTHING
            for is_in, _, there in listed:
                each = lower.lower(value, there)
                error = either(error, both(is_in, each.error))
                counts = both(is_in, each.here)
                total = terms.add(total, terms.select(counts, number(each), terms.NOTHING))
            if rest is not None:
                total = terms.add(total, rest.total(value))
                error = either(error, rest.fault(value))
            return Num(exact=total, error=error)
        case AnyOver(condition=condition) | EveryOver(condition=condition):
            is_any = isinstance(node, AnyOver)
            decided: Bit = False
            for is_in, _, there in listed:
                held = lower.truth(condition, there)
                error = either(error, both(is_in, held.error))
                stops = held.yes if is_any else negation(held.yes)
                decided = either(decided, both(is_in, held.here, stops))
            if rest is not None:
                stopping = rest.holding(condition) if is_any else rest.failing(condition)
                decided = either(decided, stopping > 0)
                error = either(error, rest.fault(condition))
            return Truth(yes=decided if is_any else negation(decided), error=error)
        case BestOver():
            return _best(node, listed, rest, error, spot, lower)
        case _:
            assert_never(node)


def _best(
    node: BestOver,
    listed: Sequence[Member],
    rest: Beyond | None,
    error: Bit,
    spot: Spot,
    lower: Lowering,
) -> Term:
    best = terms.NOTHING
    found: Bit = False
    is_any_in: Bit = False
    offers: list[tuple[Bit, Exactly]] = []
    for is_in, _, there in listed:
        each = lower.lower(node.value, there)
        error = either(error, both(is_in, each.error))
        is_any_in = either(is_any_in, is_in)
        offers.append((both(is_in, each.here), number(each)))
    if rest is not None:
        error = either(error, rest.fault(node.value))
        is_any_in = either(is_any_in, rest.holding() > 0)
        offers.append(rest.best(node.value, node.word))
    for counts, value in offers:
        is_better = terms.below(best, value) if node.word == "highest" else terms.below(value, best)
        best = terms.select(both(counts, either(negation(found), is_better)), value, best)
        found = either(found, counts)
    result: Term = Num(exact=best)
    if node.otherwise is not None:
        result = one_of(is_any_in, result, lower.lower(node.otherwise, spot))
        lost = both(is_any_in, negation(found))
    else:
        lost = negation(found)
    error = either(error, lost)
    return result.flagged(
        absent=both(result.absent, negation(error)), error=either(error, result.error)
    )


def _counted(whole: terms.Int, high: int | None) -> Exactly:
    return terms.exact(whole) if isinstance(whole, int) else Exactly(whole, 1, 0, high)
