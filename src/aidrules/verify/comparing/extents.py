"""A grant that two policies decide otherwise to the values in whose terms it is said where.

They are what the changed rules are made of, and what both policies work out alike: the income per
person that is compared with a changed standard, say.
"""

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from aidrules.program import Expr, FactUse, Figure, Grant, Program, Use
from aidrules.traverse import walk
from aidrules.types import Choice, Date, Quantity, Text, Truth, core
from aidrules.values import Exact
from aidrules.verify.comparing.form import Change
from aidrules.verify.reach import reached, roots_of

Value = FactUse | Use

MOST: Final = 6
"""In terms of how many values it is said where a grant differs."""


@frozen
class Extent:
    """Between which values something lies wherever two policies decide otherwise.

    Attributes:
        value: A fact or a rule, the same in both.
        low: The least that it is there, exact; None: no more than that of all households.
        high: The greatest.
        among: Which of a few values it has there; None: any, or it is a number or a day.
    """

    value: Value
    low: Exact | None = None
    high: Exact | None = None
    among: tuple[str | bool, ...] | None = None


def candidates(program: Program, grant: Grant, found: tuple[Change, ...]) -> tuple[Value, ...]:
    """Return the values in whose terms it may be said where a grant differs, the nearest first.

    Args:
        program: The new policy, as far as possible.
        grant: In it.
        found: What is otherwise there.
    """
    rules = {change.key for change in found if change.role == "rule"}
    figures = {change.key for change in found if change.role == "figure"}
    reach = reached(program, roots_of(program, grant))
    line = set(program.ancestry(grant.entity))
    chosen: dict[Value, None] = {}
    for key in _affected(program, reach.definitions, rules, figures, line):
        for node in walk(program.definition[key].body):
            if isinstance(node, FactUse | Use) and _is_fit(program, node, rules, figures, line):
                chosen.setdefault(node)
    return tuple(chosen)[:MOST]


def _affected(
    program: Program,
    reached_keys: frozenset[str],
    rules: set[str],
    figures: set[str],
    line: set[str],
) -> Iterator[str]:
    """Yield the rules on the grant's record or above it in which something is otherwise.

    What is otherwise on a record below is so in the rule that goes over those records.
    """
    below: set[str] = set()
    for definition in program.definitions:
        if definition.key not in reached_keys:
            continue
        nodes = tuple(walk(definition.body))
        is_changed = definition.key in rules or any(
            isinstance(node, Figure) and node.parameter in figures for node in nodes
        )
        is_changed = is_changed or any(
            isinstance(node, Use) and node.key in below for node in nodes
        )
        if is_changed and definition.entity is not None and definition.entity not in line:
            below.add(definition.key)
        elif is_changed:
            yield definition.key


def _is_fit(
    program: Program, node: Value, rules: set[str], figures: set[str], line: set[str]
) -> bool:
    if node.entity not in line:
        return False
    if not isinstance(core(node.type), Quantity | Date | Choice | Text | Truth):
        return False
    if isinstance(node, FactUse):
        return True
    roots: tuple[Expr, ...] = (node,)
    found = reached(program, roots)
    return not found.definitions & rules and not found.parameters & figures
