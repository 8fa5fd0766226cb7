"""What changes to the terms about the rest of a list that may change with it."""

from collections.abc import Iterator
from typing import Any, assert_never

from aidrules.backends.smt.household import ANY, Household
from aidrules.program import Cause, Expr, FactUse, Figure, Place, Program, Recorded, Use
from aidrules.traverse import walk
from aidrules.verify.reach import reached


def touched(household: Household, cause: Cause) -> Iterator[Any]:
    """Yield what may be otherwise for the rest where a fact of one with a place, or a figure, is.

    Which of the rest is at fault may be another one; so all that is open of any one may change.
    """
    for name, variable in household.variables.items():
        if ANY in name:
            yield variable
    for rest in household.rests.values():
        for told, variable in rest.told.items():
            if _sees(household.program, rest.entity, told.expressions, cause):
                yield variable


def _sees(program: Program, entity: str, roots: tuple[Expr, ...], cause: Cause) -> bool:
    """Return whether what is asked of a record of the rest rests on what changes."""
    match cause:
        case Figure(parameter=key):
            keys = program.with_amendments(key)
            return not reached(program, roots).parameters.isdisjoint(keys)
        case FactUse(entity=kind, name=name):
            return _asks(program, entity, roots, (kind, name))
        case _:
            assert_never(cause)


def _asks(program: Program, entity: str, roots: tuple[Expr, ...], fact: tuple[str, str]) -> bool:
    """Return whether what is asked of a record asks for a fact of another, at most above it."""
    seen: set[str] = set()
    waiting = [*roots]
    while waiting:
        for node in walk(waiting.pop()):
            match node:
                case FactUse(entity=kind, name=name):
                    if (kind, name) == fact and not _is_inside(program, kind, entity):
                        return True
                case Use(key=key) | Recorded(key=key):
                    kind_of = program.definition[key].entity if key in program.definition else None
                    if kind_of is None or not _is_inside(program, kind_of, entity):
                        if fact in reached(program, (node,)).facts:
                            return True
                    elif key not in seen:
                        seen.add(key)
                        waiting.append(program.definition[key].body)
                case Figure(parameter=key):
                    applies = program.parameter[key].applies
                    if applies is not None and fact in reached(program, (applies,)).facts:
                        return True
                case Place():
                    return True
                case _:
                    pass
    return False


def _is_inside(program: Program, kind: str, entity: str) -> bool:
    """Return whether a kind is another or below it."""
    return entity in program.ancestry(kind)
