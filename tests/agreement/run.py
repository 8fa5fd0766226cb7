"""Seeds to what was tried and found: many programs and households on every core."""

from multiprocessing import get_context
from os import cpu_count
from random import Random
from time import monotonic
from typing import get_args

from aidrules.backends.interpreter import emit
from aidrules.program import Expr
from aidrules.sharpen import sharpen

from .cases import Household
from .planted import Fault, planted
from .programs import make_program
from .properties import Kit, Tally, Trial, stories
from .shrink import describe, shrink

RIGHT = Kit(emit, sharpen)

STORIES = 10
"""Households tried on one program."""


def try_seed(kit: Kit, seed: int) -> Tally:
    """Try one random program."""
    program = make_program(seed)
    household = Household.of(program)
    rng = Random(seed)
    trial = Trial(kit, program)
    sharp = Trial(kit, program, is_sharp=True)
    for at, story in enumerate(stories(household, rng, STORIES)):
        answers = trial.run(story, rng)
        if at % 3 == 0:
            sharp.sharper(story, answers, rng)
        if trial.tally.findings or sharp.tally.findings:
            break
    trial.tally.add(sharp.tally)
    trial.tally.programs = 1
    return trial.tally


def _try_seed(seed: int) -> Tally:
    return try_seed(RIGHT, seed)


def run(triples: int, first_seed: int, *, patience: int = 1) -> Tally:
    """Try programs on every core until there were so many triples or findings."""
    total = Tally()
    context = get_context("spawn")
    with context.Pool(cpu_count()) as pool:
        for tally in pool.imap_unordered(_try_seed, _seeds(first_seed, triples), chunksize=8):
            total.add(tally)
            if total.triples >= triples or len(total.findings) >= patience:
                break
        pool.terminate()
    return total


def _seeds(first: int, triples: int) -> range:
    """Return more seeds than so many triples need."""
    return range(first, first + triples // STORIES + 100)


def catch(fault: Fault, triples: int, first_seed: int) -> tuple[frozenset[str], int] | None:
    """Return the properties that catch a fault and after how many triples; None if none does."""
    tried = 0
    with planted(fault) as wrong:
        for seed in _seeds(first_seed, triples):
            tally = try_seed(wrong, seed)
            tried += tally.triples
            claims = frozenset(finding.claim for finding in tally.findings)
            if claims and (fault.claim is None or fault.claim in claims):
                return claims, tried
            if tried >= triples:
                return None
    return None


def missed(tally: Tally) -> list[str]:
    """Return the kinds of expression that were never evaluated."""
    return sorted(kind.__name__ for kind in set(get_args(Expr)) - set(tally.used))


def report(tally: Tally, started: float) -> str:
    """Return counts, and the findings made small."""
    share = 100 * tally.decided / max(tally.values, 1)
    lines = [
        f"programs             {tally.programs:>10,}",
        f"triples              {tally.triples:>10,}",
        f"values               {tally.values:>10,}",
        f"  of them decided    {share:>9.1f} %",
        f"  of them errors     {100 * tally.failed / max(tally.values, 1):>9.1f} %",
        f"equal to the oracle  {tally.compared:>10,}",
        f"left unsaid          {tally.unsaid:>10,}",
        f"kinds of expression  {len(tally.used):>10} of {len(get_args(Expr))}",
        f"findings             {len(tally.findings):>10}",
        f"seconds              {monotonic() - started:>10.1f}",
    ]
    lines += [f"never evaluated: {name}" for name in missed(tally)]
    lines += [describe(shrink(RIGHT, finding)) for finding in tally.findings[:3]]
    return "\n".join(lines)
