"""A look-up of a figure to the cell that gave it."""

from collections.abc import Sequence
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
from aidrules.values import Failure, Value


def figure_used(
    parameter: Parameter, step: Step, figure: Figure, keys: tuple[Step, ...]
) -> FigureUsed:
    """Return a figure with the cell that gave it, if one did.

    Args:
        parameter: The figure.
        step: The look-up.
        figure: Its expression.
        keys: What was asked by, the day included.
    """
    day: Value = step.today
    if figure.on is not None:
        day = next((key.value for key in keys if key.expression == figure.on), day)
    tried = [
        [key.value for key in keys if any(key.expression is each for each in column)]
        for column in figure.keys
    ]
    asked = [value for column in tried for value in column]
    found = _found(parameter, asked, day, step.value) if isinstance(day, int) else None
    used: list[Value] = []
    passed: list[Value] = []
    for at, column in enumerate(tried):
        cell = AnyMatch() if found is None or found[0].is_otherwise else found[0].cells[at]
        met = [key for key in column if isinstance(cell, ValueMatch) and _meets(cell, key)]
        used.extend((met or column)[:1])
        if met:
            passed.extend(column[: column.index(met[0])])
        elif len(column) > 1 and isinstance(step.value, Failure):
            passed.extend(column)
    return FigureUsed(
        parameter,
        tuple(used),
        step.value,
        None if found is None else found[1],
        tuple(passed),
        day if isinstance(day, int) else None,
    )


def _found(
    parameter: Parameter, keys: Sequence[Value], day: int, value: Value
) -> tuple[FigureRow, FigureValue] | None:
    """Return the cell of that value in force on a day, in the row that the keys fit best."""
    found = [
        (row, version)
        for row in parameter.rows
        for version in row.values
        if version.value == value and _is_in_force(version, day)
    ]
    if len(found) > 1:
        found.sort(key=lambda each: -_fit(each[0], keys))
    return found[0] if found else None


def _is_in_force(version: FigureValue, day: int) -> bool:
    begun = version.first is None or version.first <= day
    return begun and (version.last is None or day <= version.last)


def _fit(row: FigureRow, keys: Sequence[Value]) -> int:
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
