"""A policy to strategies of Hypothesis: households at and beside the lines where its rules turn.

What is drawn first is the plainest: no members, facts left to their defaults, low and round
amounts. So what shrinks is a family, not bytes.
"""

from datetime import date
from fractions import Fraction

from attrs import evolve
from hypothesis import strategies as st

from aidrules.policy import Policy
from aidrules.verify.households.documents import Document, as_document, plain
from aidrules.verify.households.make import MEMBERS, Recipe, household, value_of
from aidrules.verify.proving.sizes import usual_day


def households(
    policy: Policy,
    on: date | str | None = None,
    *,
    members: int = MEMBERS,
    unknown: Fraction | int = 0,
    examples: bool = False,
    root: str | None = None,
) -> st.SearchStrategy[Document]:
    """Return a strategy of documents that `Policy.evaluate` takes.

    In most, one fact is moved to where two values that a rule compares meet, and a smallest step
    to a side.

    Args:
        policy: The policy.
        on: The day asked for; None: that of its latest example, else the last from which it says
            something. Pass the same to `evaluate`.
        members: How many records of a kind stand below one record, at most.
        unknown: The share of facts that nobody tells, in sixteenths rounded down.
        examples: Whether half of them are varied from the policy's own examples: they come further
            in deep rules, and do not become as plain.
        root: The kind of a document; None: the household, or the highest kind.

    Raises:
        PolicyError: If the policy has errors.
        ValueError: If `on` is text that is no ISO date.
    """
    recipe = Recipe.of(policy.program, _ordinal(policy, on), root)
    if not examples:
        recipe = evolve(recipe, examples=())
    share = Fraction(unknown)

    @st.composite
    def drawn(draw: st.DrawFn) -> Document:
        def choose(count: int) -> int:
            return draw(st.integers(0, count - 1))

        case = household(recipe, choose, members=members, unknown=share)
        return as_document(policy.program, case)

    return drawn()


def facts(
    policy: Policy, entity: str, name: str, on: date | str | None = None
) -> st.SearchStrategy[object]:
    """Return a strategy of the values of one fact, as a document has them.

    Args:
        policy: The policy.
        entity: The kind of record.
        name: Of the fact, as the author wrote it.
        on: The day asked for; see `households`.

    Raises:
        PolicyError: If the policy has errors.
        KeyError: If it has no such fact.
        TypeError: If the fact names another record, which only a household has.
    """
    recipe = Recipe.of(policy.program, _ordinal(policy, on), None)
    fact = policy.program.fact[entity, name]

    @st.composite
    def drawn(draw: st.DrawFn) -> object:
        return plain(
            fact.type, value_of(recipe, fact, lambda count: draw(st.integers(0, count - 1)))
        )

    return drawn()


def _ordinal(policy: Policy, on: date | str | None) -> int:
    if on is None:
        return usual_day(policy.program)
    return (date.fromisoformat(on) if isinstance(on, str) else on).toordinal()
