"""Claims in order are judged as each is among all its rivals."""

from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from aidrules import loads
from aidrules.backends.interpreter.rations import Claim, Standing, judge
from aidrules.program import Ration

RULES = """
policy aid
  in force from 2024-01-01
source rules "Rules of the county" rank county from 2024-01-01
currency yuan to 0.01
entity county
entity household in county at most 1000
fact fund of county: money  between 0 and 1000
fact need of household: number  between 0 and 10
benefit aid for household: money
  cite rules 1
  amount 10 yuan * need
ration aid within county
  cite rules 2
  up to fund
  first need highest
"""
(PLAIN,) = loads(RULES).program.rations


def claim(amount: int, rank: int, second: int, *, claims: bool) -> Claim:
    ranks = ((rank, rank), (second, second)) if claims else ()
    frame: Any = object()
    return Claim(
        frame, 1, claims, claims, amount if claims else 0, amount if claims else 0, ranks, True
    )


CLAIMS = st.lists(
    st.builds(claim, st.integers(0, 6), st.integers(0, 3), st.integers(0, 1), claims=st.booleans()),
    min_size=1,
    max_size=9,
)


@given(CLAIMS, st.integers(0, 20), st.integers(0, 3), st.booleans())
def test_claims_in_order_are_judged_as_among_all_rivals(
    claims: list[Claim],
    fund: int,
    more: int,
    passes_over: bool,  # noqa: FBT001 - drawn
) -> None:
    ration: Ration = attrs.evolve(PLAIN, passes_over=passes_over)
    standing = Standing.of(claims)
    assert standing is not None
    for own in claims:
        asked = own if own.may_claim else attrs.evolve(own, low=3, high=3, ranks=((1, 1), (0, 0)))
        rivals = [each for each in claims if each.frame is not own.frame and each.may_claim]

        expected = judge(asked, rivals, (fund, fund + more), ration)
        assert standing.judge(asked, (fund, fund + more), ration) == expected


def test_what_is_open_of_one_claim_is_open_of_the_order() -> None:
    known = claim(3, 1, 0, claims=True)

    assert Standing.of([known, attrs.evolve(known, is_single=False)]) is None
