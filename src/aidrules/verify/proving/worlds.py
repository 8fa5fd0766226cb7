"""Two policies over one household: the facts of both, and what each decides of a grant."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import lcm

from attrs import evolve, frozen

from aidrules.backends.interpreter import Engine, emit
from aidrules.case import Case, History, Past, Record
from aidrules.program import Fact, Grant, Program
from aidrules.types import Choice, Optional, Quantity, Selection, Type, core
from aidrules.values import Exact, Value


@frozen
class Received:
    """What a policy decides of a grant.

    Attributes:
        receives: Whether it is received.
        value: The amount, the services, or yes.
    """

    receives: Value
    value: Value


@frozen
class Pair:
    """A grant in two policies, on a date.

    Attributes:
        engines: Of both policies.
        grants: The grant in each.
        today: As an ordinal.
    """

    engines: tuple[Engine, Engine]
    grants: tuple[Grant, Grant]
    today: int

    @staticmethod
    def of(programs: tuple[Program, Program], grants: tuple[Grant, Grant], today: int) -> "Pair":
        """Return the pair of two programs."""
        return Pair((emit(programs[0]), emit(programs[1])), grants, today)

    def decided(self, case: Case, record: tuple[str, str]) -> tuple[Received, Received]:
        """Return what each decides of a household's record, whose kind and id are given."""
        before, after = (
            self._decided(engine, grant, case, record)
            for engine, grant in zip(self.engines, self.grants, strict=True)
        )
        return before, after

    def _decided(
        self, engine: Engine, grant: Grant, case: Case, record: tuple[str, str]
    ) -> Received:
        evaluation = engine.open(case, self.today)
        on = case.records[record]
        return Received(evaluation.value(grant.receives, on), evaluation.value(grant.key, on))


# ---------------------------------------------------------------- the facts of both


def agreed(one: Program, other: Program) -> tuple[Program, Program] | None:
    """Return two programs whose common facts have the ranges and steps of both.

    Returns:
        None if a fact or a kind of record of one name is another thing in each.
    """
    common = [key for key in one.fact if key in other.fact]
    found: list[dict[tuple[str, str], Fact]] = [{}, {}]
    for key in common:
        mine, theirs = one.fact[key], other.fact[key]
        if not _is_one_fact(mine.type, theirs.type):
            return None
        for facts, fact in zip(found, (mine, theirs), strict=True):
            facts[key] = _narrowed(fact, mine, theirs)
    if any(
        each.parent != other.entity[each.name].parent
        for each in one.entities
        if each.name in other.entity
    ):
        return None
    return _with_facts(one, found[0]), _with_facts(other, found[1])


def _with_facts(program: Program, facts: Mapping[tuple[str, str], Fact]) -> Program:
    agreed_facts = tuple(facts.get((fact.entity, fact.name), fact) for fact in program.facts)
    return program if agreed_facts == program.facts else evolve(program, facts=agreed_facts)


def _is_one_fact(one: Type, other: Type) -> bool:
    mine, theirs = core(one), core(other)
    match mine, theirs:
        case (Choice(), Choice()) | (Selection(), Selection()):
            return True  # it has a value that both know
        case _:
            return mine == theirs


def _narrowed(fact: Fact, one: Fact, other: Fact) -> Fact:
    """Return a fact whose values are values in both policies."""
    type_ = fact.type
    if not (isinstance(one.type, Optional) and isinstance(other.type, Optional)):
        type_ = core(type_)
    match core(one.type), core(other.type):
        case Quantity(whole=mine) as quantity, Quantity(whole=theirs) if mine != theirs:
            is_whole = evolve(quantity, whole=True)
            type_ = Optional(is_whole) if isinstance(type_, Optional) else is_whole
        case _:
            pass
    return evolve(
        fact,
        type=type_,
        low=_end(one.low, other.low, max),
        high=_end(one.high, other.high, min),
        step=_step(one.step, other.step),
    )


def _end(
    one: Exact | None, other: Exact | None, choose: Callable[[Exact, Exact], Exact]
) -> Exact | None:
    if one is None or other is None:
        return one if other is None else other
    return choose(one, other)


def _step(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    """Return the least amount that is a multiple of both."""
    if one is None or other is None:
        return one or other
    scale = lcm(one.denominator, other.denominator)
    return Fraction(lcm(int(one * scale), int(other * scale)), scale)


# ---------------------------------------------------------------- the household of both


def joined(one: Case, other: Case) -> Case:
    """Return a household with the records and facts of two that are one household.

    Args:
        one: As one policy reads it.
        other: As another does; what both have is the same.
    """
    records: dict[tuple[str, str], Record] = {}

    def copied(mine: Record | None, theirs: Record | None, parent: Record | None) -> Record:
        base = mine or theirs
        if base is None:
            raise LookupError
        both = [each for each in (theirs, mine) if each is not None]
        made = Record(base.entity, base.id, parent)
        for each in both:
            made.facts.update(each.facts)
            made.given.update(each.given)
            made.unlisted.update(each.unlisted)
        records[made.entity, made.id] = made
        for kind in dict.fromkeys(kind for each in reversed(both) for kind in each.children):
            listed = [
                {child.id: child for child in each.children.get(kind, [])} if each else {}
                for each in (mine, theirs)
            ]
            made.children[kind] = [
                copied(listed[0].get(id_), listed[1].get(id_), made)
                for id_ in dict.fromkeys((*listed[0], *listed[1]))
            ]
        return made

    def above(mine: Record | None, theirs: Record | None) -> Record | None:
        if mine is None or theirs is None:
            return None
        parent = above(mine.parent, theirs.parent)
        made = Record(mine.entity, mine.id, parent, {**theirs.facts, **mine.facts})
        records[made.entity, made.id] = made
        return made

    root = copied(one.root, other.root, above(one.root.parent, other.root.parent))
    return Case(root, records, _past_of(one.history, other.history), one.digest)


def _past_of(one: History | None, other: History | None) -> History | None:
    if one is None or other is None:
        return one or other
    past: dict[tuple[str, str, str], Past] = {**other.past, **one.past}
    return History(one.on, past)
