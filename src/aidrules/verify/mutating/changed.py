"""A program and a mutant of it to where they differ."""

from collections.abc import Iterable

from attrs import frozen

from aidrules.program import Program
from aidrules.verify.reach import Reached


@frozen
class Changed:
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


def changed_in(one: Program, other: Program) -> Changed:
    """Return where a mutant is another program.

    Args:
        one: The policy as written.
        other: The mutant as written (`substitute`): what is the same in it is the same object.
    """

    def keys(before: Iterable[object], after: Iterable[object], name: str) -> frozenset[str]:
        pairs = zip(before, after, strict=True)
        return frozenset(getattr(old, name) for old, new in pairs if old is not new)

    definitions = keys(one.definitions, other.definitions, "key")
    return Changed(
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
