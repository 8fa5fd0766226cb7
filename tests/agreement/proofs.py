"""What is proved of shipped policies against households at the lines of their rules."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from random import Random
from time import monotonic

from attrs import define, field, frozen

from aidrules import load
from aidrules.backends.interpreter import Evaluation, emit
from aidrules.case import Case
from aidrules.program import Program
from aidrules.values import Exact, Failure, Value
from aidrules.verify.households.make import households
from aidrules.verify.households.second import with_figures
from aidrules.verify.proving.proofs import Proofs
from aidrules.verify.proving.properties import AtMost, Defined, Reachable, Reached
from aidrules.verify.proving.replay import Replay
from aidrules.verify.proving.tested import failures
from aidrules.verify.proving.verdicts import NotCovered, Proved, Settled

from .figures import chosen

POLICIES = Path(__file__).parents[2] / "docs" / "policies"
SETS_OF_FIGURES = 10
"""How many sets of values are tried for figures that have none."""
WANTING = {"no-figure", "not-applicable"}
"""Errors for want of a figure, which is told beside what is proved."""


@frozen
class Counterexample:
    """A household for which something fails that was proved."""

    policy: str
    property: str
    record: tuple[str, str]
    facts: str


@define
class Attacked:
    """What was proved, and what came of attacking it.

    Attributes:
        verdicts: How many properties ended how; what is not covered by its reason.
        households: How many were tried.
        trials: Of how many of them each proved property was asked, in all.
        slowest: The longest time for one property, in milliseconds, and of which policy.
        longest: The longest time for one policy, in seconds, and which.
    """

    verdicts: Counter[str] = field(factory=Counter)
    households: int = 0
    trials: int = 0
    slowest: tuple[int, str] = (0, "")
    longest: tuple[int, str] = (0, "")
    found: list[Counterexample] = field(factory=list)

    def add(self, other: "Attacked") -> None:
        """Count what else was attacked."""
        self.verdicts += other.verdicts
        self.households += other.households
        self.trials += other.trials
        self.slowest = max(self.slowest, other.slowest)
        self.longest = max(self.longest, other.longest)
        self.found += other.found


def attack(proofs: Proofs, program: Program, count: int, seed: int) -> Attacked:
    """Look for households for which something fails that was proved."""
    made = Attacked()
    proved = [each for each in proofs.settled if isinstance(each.verdict, Proved)]
    proved = [each for each in proved if not isinstance(each.wanted.claim, Reachable | Reached)]
    rng = Random(seed)
    for at, figures in enumerate(_figures(proofs, program, rng)):
        set_program = with_figures(program, figures)
        replay = Replay(emit(set_program), proofs.on.toordinal())
        each_set = count // SETS_OF_FIGURES if figures else count
        for case in islice(_made(set_program, seed + at, replay.today), each_set):
            made.households += 1
            evaluation = replay.open(case)
            for settled in proved:
                if _fits(case, settled.sizes) or has_limit(settled):
                    made.trials += 1
                    made.found += _failing(proofs.policy, replay, settled, evaluation)
        if not figures:
            break
    return made


def _figures(proofs: Proofs, program: Program, rng: Random) -> Iterator[Mapping[str, Value]]:
    """Yield values for the figures that have none."""
    names = {name for each in proofs.settled for name in each.figures}
    for _ in range(SETS_OF_FIGURES):
        yield chosen(program, rng, proofs.on.toordinal(), names)


def _made(program: Program, seed: int, today: int) -> Iterator[Case]:
    """Yield households of up to one, two, three and six records of a kind by turns."""
    sizes = [households(program, seed, today, members=members) for members in (1, 2, 3, 6)]
    return chain.from_iterable(zip(*sizes, strict=False))


def _fits(case: Case, sizes: Mapping[str, int]) -> bool:
    """Return whether a household is one of those that were looked at."""
    return all(
        len(children) <= sizes.get(kind, len(children))
        for record in case.records.values()
        for kind, children in record.children.items()
    )


def has_limit(settled: Settled) -> bool:
    """Return whether something is said of households of other sizes than those looked at."""
    return isinstance(settled.verdict, Proved) and settled.verdict.limit is not None


def _failing(
    policy: str, replay: Replay, settled: Settled, evaluation: Evaluation
) -> Iterator[Counterexample]:
    wanted = settled.wanted
    facts = repr([(key, each.facts) for key, each in evaluation.case.records.items()])
    if isinstance(wanted.claim, AtMost) and isinstance(settled.verdict, Proved):
        is_of_size = _fits(evaluation.case, settled.sizes)
        highest = settled.verdict.highest if is_of_size else settled.verdict.limit
        for record in evaluation.case.records.values():
            if replay.program.definition[wanted.claim.key].entity == record.entity:
                value = evaluation.value(wanted.claim.key, record)
                if highest is not None and isinstance(value, Exact) and value > highest:
                    yield Counterexample(policy, wanted.subject, (record.entity, record.id), facts)
        return
    for record_id, _ in failures(replay, wanted, evaluation):
        if isinstance(wanted.claim, Defined) and settled.is_where_set:
            error = evaluation.value(wanted.claim.key, evaluation.case.records[record_id])
            if isinstance(error, Failure) and error.code in WANTING:
                continue
        yield Counterexample(policy, wanted.word + " " + wanted.subject, record_id, facts)


def one(path: str, count: int, seed: int) -> Attacked:
    """Prove one policy, and attack what was proved."""
    policy = load(path)
    started = monotonic()
    proofs = policy.prove()
    took = int(monotonic() - started)
    made = attack(proofs, policy.program, count, seed)
    for each in proofs.settled:
        verdict = each.verdict
        why = f": {verdict.why}" if isinstance(verdict, NotCovered) else ""
        made.verdicts[type(verdict).__name__ + why] += 1
    slowest = max((each.milliseconds for each in proofs.settled), default=0)
    made.slowest, made.longest = (slowest, policy.name), (took, policy.name)
    return made


def run(count: int, seed: int = 1) -> Attacked:
    """Prove all shipped policies and attack what was proved, on every core."""
    total = Attacked()
    files = [str(path) for path in sorted(POLICIES.rglob("*.aid.md"))]
    with get_context("spawn").Pool(cpu_count()) as pool:
        for job in [pool.apply_async(one, (path, count, seed)) for path in files]:
            total.add(job.get())
    return total


def report(found: Attacked) -> str:
    """Return what was proved and attacked, in lines."""
    pairs = found.verdicts.total()
    names = Counter(f"{each.policy}: {each.property}" for each in found.found)
    settled = sum(found.verdicts[name] for name in ("Proved", "Refuted", "Unreached"))
    return "\n".join(
        [
            f"{pairs} properties: {dict(found.verdicts.most_common())}",
            f"{100 * settled / max(pairs, 1):.1f} % settled",
            f"slowest property {found.slowest[0]} ms ({found.slowest[1]})",
            f"longest policy {found.longest[0]} s ({found.longest[1]})",
            f"{found.households} households, {found.trials} trials of what was proved",
            f"{len(found.found)} counterexamples",
            *(f"{count} of {name}" for name, count in names.most_common()),
            *map(str, found.found[:3]),
        ]
    )
