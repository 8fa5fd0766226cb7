"""How far proofs look: the day, the kind of a document, how many records of each kind."""

from datetime import date

from aidrules.program import Program

MEMBERS, DEEPER = 3, 2
"""How many records of a kind a household has at most; and of the kinds below those."""

MANY = 5
"""How many of each kind are looked at before it is said that nobody gets somewhere."""

SECONDS = 5
"""How long Z3 may take for one property."""


def root_of(program: Program) -> str:
    """Return the kind of a document: household, or the highest."""
    return "household" if "household" in program.entity else program.entities[0].name


def sizes_of(program: Program, root: str, members: int) -> dict[str, int]:
    """Return how many records of each kind below the root are looked at."""
    found: dict[str, int] = {}
    for kind in program.entities:
        if kind.name != root and root in program.ancestry(kind.name):
            is_below = kind.parent == root or members >= MANY
            found[kind.name] = min(members if is_below else DEEPER, members, kind.limit)
    return found


def common_sizes(programs: tuple[Program, Program], members: int) -> dict[str, int]:
    """Return how many records of each kind are looked at, as both policies allow it."""
    root = root_of(programs[0])
    one, other = (sizes_of(program, root, members) for program in programs)
    return {
        kind: min(one.get(kind, size), other.get(kind, size))
        for kind, size in {**one, **other}.items()
    }


def usual_day(program: Program) -> int:
    """Return the day of the latest example, else the last from which the policy says something."""
    own = program.modules[-1].name
    examples = [each.date for each in program.examples if each.module == own]
    if examples:
        return max(examples)
    days = [module.first for module in program.modules if module.first is not None]
    for parameter in program.parameters:
        days += [each.first for row in parameter.rows for each in row.values if each.first]
    return max(days, default=date(2024, 1, 1).toordinal())
