"""Two policies and households to one that both decide otherwise, as small and plain as it gets."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Final

from attrs import evolve

from aidrules.case import Case
from aidrules.program import Program
from aidrules.verify.comparing.sides import WAYS, Found, Tried, Way, way
from aidrules.verify.households.make import households
from aidrules.verify.households.shrink import shrink
from aidrules.verify.proving.worlds import Pair

TRIES: Final = 400
"""How many households are tried where nothing is proved."""

SEED: Final = 1


def smallest(
    pair: Pair,
    programs: tuple[Program, Program],
    case: Case,
    record: tuple[str, str],
    wanted: Way,
) -> Found:
    """Return the smallest household found to which the same happens.

    Args:
        pair: The grant.
        programs: Both, for the facts that they know.
        case: A household to which it happens.
        record: Kind and id of the record.
        wanted: What happens to it.
    """

    def holds(tried: Case) -> bool:
        return way(*pair.decided(tried, record)) == wanted

    for program in programs:
        case = shrink(program, case, holds)
    return Found(case, record, *pair.decided(case, record))


def tried(
    pair: Pair, programs: tuple[Program, Program], count: int = TRIES
) -> dict[Way, Found | Tried]:
    """Return a household to which each happens, or among how many there was none.

    Args:
        pair: The grant.
        programs: With the facts of both; see `worlds.agreed`.
        count: How many households are tried, at the lines where the rules of one policy turn and
            at those of the other.
    """
    found: dict[Way, Found | Tried] = {}
    for case in islice(_made(programs, pair.today), count):
        for record in case.records:
            if record[0] == pair.grants[0].entity:
                wanted = way(*pair.decided(case, record))
                if wanted is not None and wanted not in found:
                    found[wanted] = smallest(pair, programs, case, record, wanted)
        if len(found) == len(WAYS):
            break
    return {each: found.get(each, Tried(count)) for each in WAYS}


def _made(programs: tuple[Program, Program], today: int) -> Iterator[Case]:
    """Yield households of which both policies know all, made by turns for each."""
    one, other = (
        households(_with_facts_of(program, beside), SEED, today)
        for program, beside in (programs, programs[::-1])
    )
    return chain.from_iterable(zip(one, other, strict=False))


def _with_facts_of(program: Program, other: Program) -> Program:
    """Return a program that asks for the facts of another too, on records that both have."""
    more = tuple(
        fact
        for fact in other.facts
        if (fact.entity, fact.name) not in program.fact and fact.entity in program.entity
    )
    return evolve(program, facts=(*program.facts, *more))
