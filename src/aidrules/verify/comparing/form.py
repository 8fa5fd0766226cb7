"""A grant in two policies to which of the rules that it rests on are written otherwise.

Where none is, both decide every household alike, whatever its size and whatever is unknown of it.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from attrs import frozen

from aidrules.program import Fact, Grant, Parameter, Program
from aidrules.verify.reach import Reached, reached, roots_of

Role = Literal["rule", "figure", "fact", "limit", "record", "calendar"]


@frozen
class Change:
    """One thing that a grant rests on and that is otherwise in another policy.

    Attributes:
        role: What it is.
        key: The key of a rule, figure, fact or limited fund; the name of the rest.
        how: Whether it is there in both.
    """

    role: Role
    key: str
    how: Literal["changed", "new", "gone"]


def changes(programs: tuple[Program, Program], grants: tuple[Grant, Grant]) -> tuple[Change, ...]:
    """Return what a grant rests on and what is otherwise in the second policy, rules first.

    Names of facts, questions, holders, citations and places in the text do not count.
    """
    one, other = programs
    reach = tuple(
        reached(program, roots_of(program, grant))
        for program, grant in zip(programs, grants, strict=True)
    )
    before, after = (_Parts.of(p, r) for p, r in zip(programs, reach, strict=True))
    found = [
        *_compared("rule", before.rules, after.rules),
        *_compared("figure", before.figures, after.figures),
        *_compared("fact", before.facts, after.facts),
        *_compared("limit", before.limits, after.limits),
        *(
            each
            for each in _compared("record", before.records, after.records)
            if each.how == "changed"  # one that only one policy has is in its rules, or unused
        ),
    ]
    if one.calendars != other.calendars:
        calendars = (dict(one.calendars), dict(other.calendars))
        found += _compared("calendar", *calendars)
    forms = [
        (each.entity, each.type, list(roots_of(program, each)))
        for program, each in zip(programs, grants, strict=True)
    ]
    if not found and forms[0] != forms[1]:
        found.append(Change("rule", grants[1].key, "changed"))
    return tuple(found)


@frozen
class _Parts:
    """What a grant rests on, each by key, without what does not change what is decided."""

    rules: Mapping[str, object]
    figures: Mapping[str, object]
    facts: Mapping[str, object]
    limits: Mapping[str, object]
    records: Mapping[str, object]

    @staticmethod
    def of(program: Program, reach: Reached) -> "_Parts":
        return _Parts(
            {
                key: (each.entity, each.type, each.body)
                for key in reach.definitions
                for each in [program.definition[key]]
            },
            {key: _figure(program.parameter[key]) for key in reach.parameters},
            {f"{e}.{name}": _fact(program.fact[e, name]) for e, name in reach.facts},
            {
                key: (each.grant, each.entity, each.fund, each.orders, each.passes_over)
                for key in reach.rations
                for each in [program.ration[key]]
            },
            {each.name: (each.parent, each.limit) for each in program.entities},
        )


def _figure(parameter: Parameter) -> object:
    rows = [
        (row.cells, row.is_otherwise, [(each.first, each.last, each.value) for each in row.values])
        for row in parameter.rows
    ]
    return parameter.type, parameter.columns, parameter.key_types, rows, parameter.applies


def _fact(fact: Fact) -> object:
    return fact.type, fact.low, fact.high, fact.step, fact.default


def _compared(
    role: Role, before: Mapping[str, object], after: Mapping[str, object]
) -> Iterator[Change]:
    for key in sorted({*before, *after}):
        if key not in before:
            yield Change(role, key, "new")
        elif key not in after:
            yield Change(role, key, "gone")
        elif before[key] != after[key]:
            yield Change(role, key, "changed")
