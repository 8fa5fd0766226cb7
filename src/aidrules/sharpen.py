"""Typed program to the bounds program: sharper on unknowns, the same on certain facts."""

from aidrules.program import Program


def sharpen(program: Program) -> Program:
    """Return the program with rewritings that are exact on single values."""
    return program
