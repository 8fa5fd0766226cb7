"""Two policies to whether they decide a grant alike: proved, or a household that differs."""

from collections.abc import Mapping

from attrs import frozen

from aidrules.backends.smt.context import Spot
from aidrules.backends.smt.terms import Unfit, both, either, negation
from aidrules.case import Case
from aidrules.program import Expr, Grant, Program
from aidrules.values import Exact
from aidrules.verify.attempts import received
from aidrules.verify.search import Both, TimeIsUpError
from aidrules.verify.sides import way
from aidrules.verify.sizes import MEMBERS, SECONDS, common_sizes, root_of
from aidrules.verify.worlds import Pair, agreed


@frozen
class Same:
    """Both decide alike, for every household of up to so many records of each kind."""

    sizes: Mapping[str, int]


@frozen
class Apart:
    """A household for which they decide otherwise; the interpreter says so too."""

    case: Case
    record: tuple[str, str]


@frozen
class Unsettled:
    """It is not known.

    Attributes:
        why: A key of the lexicon, behind `not-covered-`.
    """

    why: str


def meaning(
    one: Program,
    other: Program,
    grants: tuple[Grant, Grant],
    today: int,
    members: int = MEMBERS,
    seconds: Exact = SECONDS,
    exception: Expr | None = None,
) -> Same | Apart | Unsettled:
    """Return whether two policies decide a grant alike on a date, all facts known.

    Facts of the same kind and name are the same facts, and lie in the ranges of both policies.

    Args:
        one: The policy.
        other: The other one; its kinds of record are nested alike.
        grants: The grant in each.
        today: As an ordinal.
        members: How many records of a kind a household has at most.
        seconds: How long Z3 may take.
        exception: Where they may decide otherwise, on the grant's record in the first policy.
    """
    programs = agreed(one, other)
    if programs is None or root_of(one) not in other.entity:
        return Unsettled("other-policy")
    pair, sizes = Pair.of((one, other), grants, today), common_sizes(programs, members)
    try:
        here = Both.of(pair, programs, sizes)
        differs = either(*here.where.values())
        if exception is not None:
            excepted = received(here.worlds[0].truth(exception, Spot(here.place, today)))
            differs = both(differs, negation(excepted))
    except Unfit as unfit:
        return Unsettled(unfit.why)
    if here.model(True, seconds) is None:  # no household lies in the ranges of both
        return Unsettled("other-policy")
    try:
        model = here.model(differs, seconds)
    except TimeIsUpError:
        return Unsettled("time")
    if model is None:
        return Same(sizes)
    case, record = here.case(model), (here.place.entity, here.place.id)
    if way(*pair.decided(case, record)) is None:
        return Unsettled("place" if here.is_by_chance else "replay")
    return Apart(case, record)
