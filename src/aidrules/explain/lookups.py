"""A look-up of a figure to the cell that gave it."""

from fractions import Fraction
from typing import assert_never

from aidrules.explain.reasons import FigureUsed
from aidrules.program import (
    AnyMatch,
    Figure,
    FigureRow,
    FigureValue,
    Match,
    Parameter,
    RangeMatch,
    ValueMatch,
)
from aidrules.trace import Step
from aidrules.values import (
    Value,
)


def figure_used(
    parameter: Parameter, step: Step, figure: Figure, keys: tuple[Step, ...]
) -> FigureUsed:
    """Return a figure with the cell that gave it, if one did."""
    values = tuple(key.value for key in keys if key.expression != figure.on)
    days = [key.value for key in keys if key.expression == figure.on]
    day = days[0] if days else step.today
    found = _version(parameter, values, day, step.value) if isinstance(day, int) else None
    return FigureUsed(parameter, values, step.value, found)


def _version(
    parameter: Parameter, keys: tuple[Value, ...], day: int, value: Value
) -> FigureValue | None:
    rows = sorted(parameter.rows, key=lambda row: -_fit(row, keys))
    for row in rows:
        for version in row.values:
            begun = version.first is None or version.first <= day
            ended = version.last is not None and version.last < day
            if begun and not ended and version.value is not None and version.value == value:
                return version
    return None


def _fit(row: FigureRow, keys: tuple[Value, ...]) -> int:
    """Return how many cells of a row are met by a key that was tried."""
    return sum(any(_meets(cell, key) for key in keys) for cell in row.cells)


def _meets(cell: Match, key: Value) -> bool:
    match cell:
        case AnyMatch():
            return True
        case ValueMatch(value=value):
            return value == key
        case RangeMatch(low=low, high=high):
            return isinstance(key, int | Fraction) and not (key < low or key > high)
        case _:
            assert_never(cell)
