"""How far proofs look: the kind of a document, and how many records of each kind it has."""

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
