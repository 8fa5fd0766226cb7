"""A program to what a decision rests on: definitions, figures, facts and rations it can reach."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from attrs import frozen

from aidrules.program import (
    Expr,
    FactUse,
    Figure,
    Grant,
    Place,
    Program,
    Recorded,
    Requirement,
    Use,
)
from aidrules.traverse import walk

_Named = TypeVar("_Named", Grant, Requirement)


@frozen
class Reached:
    """What some expressions can ask for, whatever the facts.

    Attributes:
        definitions: Keys.
        parameters: Keys.
        facts: Kind of record and name.
        rations: Keys.
    """

    definitions: frozenset[str]
    parameters: frozenset[str]
    facts: frozenset[tuple[str, str]]
    rations: frozenset[str]


def reached(program: Program, roots: Iterable[Expr]) -> Reached:
    """Return all that some expressions can reach."""
    definitions: set[str] = set()
    parameters: set[str] = set()
    facts: set[tuple[str, str]] = set()
    rations: set[str] = set()
    waiting = list(roots)

    def enter(key: str) -> None:
        if key in program.definition and key not in definitions:
            definitions.add(key)
            waiting.append(program.definition[key].body)

    while waiting:
        for node in walk(waiting.pop()):
            match node:
                case Use(key=key) | Recorded(key=key):
                    enter(key)
                case FactUse(entity=entity, name=name):
                    fact = program.fact.get((entity, name))
                    if (entity, name) not in facts and fact is not None:
                        facts.add((entity, name))
                        waiting.extend(() if fact.default is None else (fact.default,))
                case Figure(parameter=key):
                    applies = program.parameter[key].applies
                    if key not in parameters and applies is not None:
                        waiting.append(applies)
                    parameters.add(key)
                case Place(ration=key) if key not in rations:
                    rations.add(key)
                    ration = program.ration[key]
                    waiting.extend(order for order, _ in ration.orders)
                    waiting.extend(() if ration.fund is None else (ration.fund,))
                    enter(program.grant[ration.grant].eligible)
                    enter(program.grant[ration.grant].payment)
                case _:
                    pass
    return Reached(
        frozenset(definitions), frozenset(parameters), frozenset(facts), frozenset(rations)
    )


def roots_of(program: Program, decided: Grant | Requirement) -> Iterator[Expr]:
    """Yield the expressions that say whether and how much, by when, by whom."""
    yield program.definition[decided.key].body
    if isinstance(decided, Requirement):
        return
    for key in (decided.eligible, decided.receives, decided.payment):
        if key in program.definition:  # a plain yes has no amount
            yield program.definition[key].body
    yield from (deadline.due for deadline in decided.deadlines)
    yield from (d.condition for d in decided.deadlines if d.condition is not None)
    yield from (office.condition for office in decided.offices if office.condition is not None)
    yield from () if decided.paid_from is None else (decided.paid_from,)
    yield from () if decided.appeal is None else (decided.appeal.due,)


def facts_used(program: Program) -> frozenset[tuple[str, str]]:
    """Return the facts that a grant or requirement can ask for, by kind of record and name."""
    decided: tuple[Grant | Requirement, ...] = (*program.grants, *program.requirements)
    return reached(program, (root for each in decided for root in roots_of(program, each))).facts


def paired(
    old: Sequence[_Named], new: Sequence[_Named]
) -> Iterator[tuple[_Named | None, _Named | None]]:
    """Yield what is the same thing in two policies, in the order of the new one; gone ones last.

    Of one key; or, as the new text may be a file of another name, of one name that each policy has
    once.
    """
    by_key = {each.key: each for each in old}
    by_name = _once(old)
    new_by_name = _once(new)
    taken: set[str] = set()
    for after in new:
        before = by_key.get(after.key)
        if before is None and new_by_name.get(after.name) is after:
            before = by_name.get(after.name)
        if before is not None:
            taken.add(before.key)
        yield before, after
    yield from ((before, None) for before in old if before.key not in taken)


def _once(things: Sequence[_Named]) -> dict[str, _Named]:
    named: dict[str, list[_Named]] = {}
    for each in things:
        named.setdefault(each.name, []).append(each)
    return {name: several[0] for name, several in named.items() if len(several) == 1}
