"""A policy and its examples to which mutants they tell from it, and households that tell more."""

from collections.abc import Iterable
from fractions import Fraction
from random import Random

from attrs import field, frozen

from aidrules.backends.interpreter import Engine, emit
from aidrules.examples import judge
from aidrules.program import Example, Program, Use
from aidrules.sharpen import as_written, sharpen
from aidrules.verify.distinguish import (
    Difference,
    Household,
    Search,
    comparisons_around,
    distinguish,
)
from aidrules.verify.mutants import mutants
from aidrules.verify.passing import Passing, passing, questions
from aidrules.verify.reach import Reached, reached
from aidrules.verify.slips import Mutant
from aidrules.verify.substitute import substitute


@frozen
class Judged:
    """What became of a mutant.

    Attributes:
        killed_by: The title of the first example that fails; None: it survives.
        difference: For a survivor: a household on which it decides otherwise, if one was found.
        tried: How many households were tried to find one.
    """

    mutant: Mutant
    killed_by: str | None
    difference: Difference | None = None
    tried: int = 0


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
    def score(self) -> Fraction | None:
        """The share of judged mutants that an example tells, exact; None if there are none."""
        return Fraction(self.killed, len(self.judged)) if self.judged else None


@frozen
class _Ready:
    """An example that passes.

    Attributes:
        reach: What its expectations can ask for.
    """

    example: Example
    household: Household
    reach: Reached


def mutation(
    program: Program,
    name: str,
    *,
    limit: int | None = None,
    seed: int = 1,
    within: str | None = None,
    tries: int = 60,
) -> Mutation:
    """Return what becomes of the mutants of a policy.

    Args:
        program: The policy.
        name: Of the policy.
        limit: How many mutants are judged, chosen by chance; None: all.
        seed: Of chance; the same chooses the same.
        within: The module whose mutants are judged; None: those of every file.
        tries: How many households are tried for each mutant that survives.
    """
    written = as_written(program)
    found, failing = passing(program)
    ready = tuple(_ready(program, each) for each in found)
    every = [each for each in mutants(written) if within is None or each.module == within]
    chosen = every
    if limit is not None and limit < len(every):
        kept = set(Random(seed).sample(range(len(every)), limit))  # noqa: S311 - no secret
        chosen = [each for n, each in enumerate(every) if n in kept]
    engine = emit(program)
    judged = tuple(_judged(each, written, engine, ready, tries) for each in chosen)
    return Mutation(name, judged, len(every), failing, program)


def _ready(program: Program, each: Passing) -> _Ready:
    example = each.example
    asked = [question.expression for question in questions(program, example)]
    household = Household(example.title, example.date, each.case)
    return _Ready(example, household, reached(program, asked))


@frozen
class _Changed:
    """Where a mutant is another program; definitions, figures and rations by key."""

    definitions: frozenset[str]
    parameters: frozenset[str]
    rations: frozenset[str]
    facts: frozenset[tuple[str, str]]
    elsewhere: bool

    def reaches(self, reach: Reached) -> bool:
        """Whether what rests on something may come out otherwise."""
        return (
            self.elsewhere
            or not self.definitions.isdisjoint(reach.definitions)
            or not self.parameters.isdisjoint(reach.parameters)
            or not self.rations.isdisjoint(reach.rations)
            or not self.facts.isdisjoint(reach.facts)
        )


def _changed(one: Program, other: Program) -> _Changed:
    def keys(before: Iterable[object], after: Iterable[object], name: str) -> frozenset[str]:
        pairs = zip(before, after, strict=True)
        return frozenset(getattr(old, name) for old, new in pairs if old is not new)

    definitions = keys(one.definitions, other.definitions, "key")
    return _Changed(
        definitions,
        keys(one.parameters, other.parameters, "key"),
        keys(one.rations, other.rations, "key"),
        frozenset(
            (old.entity, old.name)
            for old, new in zip(one.facts, other.facts, strict=True)
            if old is not new
        ),
        elsewhere=not definitions and bool(keys(one.grants, other.grants, "key")),
    )


def _judged(
    mutant: Mutant, written: Program, engine: Engine, ready: tuple[_Ready, ...], tries: int
) -> Judged:
    slipped = substitute(written, mutant.change)
    changed = _changed(written, slipped)
    other = emit(sharpen(slipped))
    reaching = [each for each in ready if changed.reaches(each.reach)]
    for each in reaching:
        household = each.household
        if any(judge(each.example, other.open(household.case, household.today))):
            return Judged(mutant, each.example.title, None)
    households = tuple(each.household for each in reaching or ready)
    search = _search(engine.program, changed, mutant)
    found, tried = distinguish(engine, other, households, search, tries)
    return Judged(mutant, None, found, tried)


def _search(program: Program, changed: _Changed, mutant: Mutant) -> Search:
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
