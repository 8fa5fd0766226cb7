"""A policy to the same with values for the figures that it leaves to local rule.

Without them most rules of a national policy end in an error, and nothing behind them is compared.
"""

from collections.abc import Collection, Mapping
from fractions import Fraction
from random import Random

from aidrules.program import Parameter, Program
from aidrules.types import Choice, Date, Quantity, Truth, core
from aidrules.values import Value
from aidrules.verify.households.second import with_figures

AMOUNTS = (Fraction(1, 100), 1, 99, 100, 500, Fraction(7354, 10), 1000, 10_000)
PERIODS = (1, 2, 3, 10, 30)


def chosen(
    program: Program, rng: Random, today: int, names: Collection[str] | None = None
) -> Mapping[str, Value]:
    """Return values for figures, by key.

    Args:
        program: The policy.
        rng: What chooses.
        today: Around which days are chosen, as an ordinal.
        names: Of the figures; None: those without any value at all.
    """
    found: dict[str, Value] = {}
    for parameter in program.parameters:
        if _is_open(parameter) if names is None else parameter.name in names:
            found[parameter.key] = _value(parameter, rng, today)
    return found


def filled(program: Program, rng: Random, today: int) -> Program:
    """Return the policy with values for all figures that have none."""
    return with_figures(program, chosen(program, rng, today))


def _is_open(parameter: Parameter) -> bool:
    return all(each.value is None for row in parameter.rows for each in row.values)


def _value(parameter: Parameter, rng: Random, today: int) -> Value:
    match core(parameter.type):
        case Quantity(unit=unit):
            return rng.choice(PERIODS if unit.duration else AMOUNTS)
        case Choice(values=values):
            return rng.choice(values)
        case Truth():
            return rng.random() < 1 / 2
        case Date():
            return today + rng.randrange(-400, 400)
        case other:
            raise TypeError(other)
