"""The texts that policies name, as numbers, which is what Z3 compares."""

from collections.abc import Iterator, Mapping

from attrs import frozen

from aidrules.program import (
    AnyMatch,
    Constant,
    Expr,
    OneOf,
    Program,
    RangeMatch,
    Table,
    ValueMatch,
)
from aidrules.traverse import expressions, walk
from aidrules.types import Choice, Selection, core

OTHERS = 1_000_000
"""The number of the first text that no policy names."""


@frozen
class Words:
    """The texts that a policy names, by number, and back."""

    numbers: Mapping[str, int]
    texts: tuple[str, ...]

    @staticmethod
    def of(*programs: Program) -> "Words":
        """Return the texts of some policies, so that a number is one text in all of them."""
        found: dict[str, None] = {}
        for program in programs:
            found.update(_all_texts(program))
        return Words({text: at for at, text in enumerate(found)}, tuple(found))

    def number(self, text: str) -> int:
        """Return the number of a text; of one that the policy does not name, the first other."""
        return self.numbers.get(text, OTHERS)

    def text(self, number: int) -> str:
        """Return the text of a number."""
        if 0 <= number < len(self.texts):
            return self.texts[number]
        return f"other {number - OTHERS + 1}"


def _all_texts(program: Program) -> dict[str, None]:
    """Return every text that a policy names."""
    found = dict.fromkeys(sorted(program.texts))
    for parameter in program.parameters:
        for row in parameter.rows:
            for each in (*row.cells, *row.values):
                if not isinstance(each, AnyMatch | RangeMatch):
                    found.update(dict.fromkeys(_texts(each.value)))
    types = [fact.type for fact in program.facts]
    types += [parameter.type for parameter in program.parameters]
    types += [definition.type for definition in program.definitions]
    for kind in map(core, types):
        choice = kind.choice if isinstance(kind, Selection) else kind
        if isinstance(choice, Choice):
            found.update(dict.fromkeys(choice.values))
    for expression in expressions(program):
        for node in walk(expression):
            found.update(dict.fromkeys(_written(node)))
    return found


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case frozenset():
            yield from sorted(value)
        case _:
            pass


def _written(node: Expr) -> Iterator[str]:
    """Yield the texts that an expression writes."""
    match node:
        case Constant(value=value):
            yield from _texts(value)
        case OneOf(values=values):
            yield from values
        case Table(rows=rows):
            for row in rows:
                for cell in row.cells:
                    if isinstance(cell, ValueMatch):
                        yield from _texts(cell.value)
        case _:
            pass
