"""A policy and its examples to which mutants they tell from it, and households that tell more."""

from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Final

from attrs import field, frozen

from aidrules.backends.interpreter import Engine, emit
from aidrules.examples import judge
from aidrules.program import Example, Program, Use
from aidrules.sharpen import as_written, sharpen
from aidrules.verify.households.passing import Passing, passing, questions
from aidrules.verify.mutating.changed import Changed, changed_in
from aidrules.verify.mutating.distinguish import (
    Difference,
    Household,
    Search,
    Separation,
    comparisons_around,
    distinguish,
)
from aidrules.verify.mutating.mutants import mutants
from aidrules.verify.mutating.slips import Mutant
from aidrules.verify.mutating.substitute import substitute
from aidrules.verify.proving.clock import Clock
from aidrules.verify.proving.verdicts import Same, Unsettled
from aidrules.verify.reach import Reached, reached


@frozen
class Judged:
    """What became of a mutant.

    Attributes:
        killed_by: The title of the first example that fails; None: it survives.
        difference: For a survivor: a household on which it decides otherwise, if one was found.
        tried: How many households were tried to find one.
        proof: Where none of these was: whether it is proved the same as the policy; None: not
            asked, as there is no Z3.
    """

    mutant: Mutant
    killed_by: str | None
    difference: Difference | Separation | None = None
    tried: int = 0
    proof: Same | Unsettled | None = None

    @property
    def is_equivalent(self) -> bool:
        """Whether it is proved that no example can tell it from the policy."""
        return isinstance(self.proof, Same)


@frozen
class Mutation:
    """What became of the mutants of a policy.

    Attributes:
        policy: Its name.
        judged: In order of file and place.
        total: How many mutants there are; more than were judged if it is a sample.
        failing: The titles of examples that fail without any slip; they tell nothing.
    """

    policy: str
    judged: tuple[Judged, ...]
    total: int
    failing: tuple[str, ...]
    program: Program = field(repr=False, eq=False)

    @property
    def killed(self) -> int:
        """How many an example tells from the policy."""
        return sum(each.killed_by is not None for each in self.judged)

    @property
    def counted(self) -> int:
        """How many were judged and are not proved to be the same as the policy."""
        return sum(not each.is_equivalent for each in self.judged)

    @property
    def score(self) -> Fraction | None:
        """The share of those counted that an example tells, exact; None if there are none."""
        return Fraction(self.killed, self.counted) if self.counted else None


@frozen
class _Ready:
    """An example that passes.

    Attributes:
        reach: What its expectations can ask for.
    """

    example: Example
    household: Household
    reach: Reached


@frozen
class Choosing:
    """Which mutants are judged.

    Attributes:
        limit: How many, chosen by chance; None: all.
        seed: Of chance; the same chooses the same.
        within: The module whose mutants are judged; None: those of every file.
    """

    limit: int | None = None
    seed: int = 1
    within: str | None = None

    def of(self, every: Sequence[Mutant]) -> tuple[Sequence[Mutant], int]:
        """Return the mutants that are judged, and of how many they are chosen."""
        within = [each for each in every if self.within in {None, each.module}]
        if self.limit is None or self.limit >= len(within):
            return within, len(within)
        kept = set(Random(self.seed).sample(range(len(within)), self.limit))  # noqa: S311 - no secret
        return [each for n, each in enumerate(within) if n in kept], len(within)


EVERY: Final = Choosing()


def mutation(
    program: Program,
    name: str,
    choosing: Choosing = EVERY,
    *,
    tries: int = 60,
    clock: Clock | None = None,
) -> Mutation:
    """Return what becomes of the mutants of a policy.

    Args:
        program: The policy.
        name: Of the policy.
        choosing: Which mutants are judged.
        tries: How many households are tried for each mutant that survives.
        clock: How long Z3 may take; None: it is not asked.
    """
    written = as_written(program)
    found, failing = passing(program)
    ready = tuple(_ready(program, each) for each in found)
    chosen, total = choosing.of(mutants(written))
    engine = emit(program)
    judge_ = _Judge(written, engine, ready, tries, clock)
    judged = tuple(map(judge_.judged, chosen))
    return Mutation(name, judged, total, failing, program)


def _ready(program: Program, each: Passing) -> _Ready:
    example = each.example
    asked = [question.expression for question in questions(program, example)]
    household = Household(example.title, example.date, each.case)
    return _Ready(example, household, reached(program, asked))


@frozen
class _Judge:
    """What tells what becomes of a mutant.

    Attributes:
        written: The policy as written.
        engine: Of the policy.
        ready: Its examples.
        tries: How many households are tried for a survivor.
        clock: How long Z3 may take; None: it is not asked.
    """

    written: Program
    engine: Engine
    ready: tuple[_Ready, ...]
    tries: int
    clock: Clock | None

    def judged(self, mutant: Mutant) -> Judged:
        """Return what becomes of a mutant."""
        slipped = substitute(self.written, mutant.change)
        changed = changed_in(self.written, slipped)
        other = emit(sharpen(slipped))
        reaching = [each for each in self.ready if changed.reaches(each.reach)]
        for each in reaching:
            household = each.household
            if any(judge(each.example, other.open(household.case, household.today))):
                return Judged(mutant, each.example.title)
        households = tuple(each.household for each in reaching or self.ready)
        search = _search(self.engine.program, changed, mutant)
        found, tried = distinguish(self.engine, other, households, search, self.tries)
        if found is not None or self.clock is None:
            return Judged(mutant, None, found, tried)
        from aidrules.verify.mutating.equivalence import Versions, settled  # noqa: PLC0415 - an extra

        sharp = self.engine.program, other.program
        answer = settled(Versions(self.written, slipped, sharp, changed), self.clock)
        if isinstance(answer, Separation):
            return Judged(mutant, None, answer, tried)
        return Judged(mutant, None, None, tried, answer)


def _search(program: Program, changed: Changed, mutant: Mutant) -> Search:
    """Return what may differ, outcomes before steps, and the facts and boundaries it rests on."""
    outcomes: list[str] = []
    for grant in program.grants:
        outcomes += [grant.receives, grant.key]
    outcomes += [requirement.key for requirement in program.requirements]
    reaches = {key: _of(program, key) for key in outcomes}
    touched = [key for key in outcomes if changed.reaches(reaches[key])]
    steps = sorted(key for key in changed.definitions if key in program.definition)
    near = set(steps)
    for key, definition in program.definition.items():
        if not changed.definitions and changed.reaches(reached(program, [definition.body])):
            near.add(key)
    nodes = mutant.change.nodes
    comparisons = comparisons_around(program, frozenset(near), nodes[0][0] if nodes else None)
    facts = {name for key in (*touched, *steps) for name in _of(program, key).facts}
    days = [value for name, value in mutant.facts if name == "day" and hasattr(value, "toordinal")]
    return Search(
        (*touched, *steps),
        tuple(fact for fact in program.facts if (fact.entity, fact.name) in facts),
        tuple(comparisons[:6]),
        tuple(day.toordinal() for day in days if hasattr(day, "toordinal")),
    )


def _of(program: Program, key: str) -> Reached:
    definition = program.definition[key]
    use = Use(definition.entity, key, type=definition.type, span=definition.span)
    return reached(program, [use])
