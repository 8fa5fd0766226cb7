"""Keys to the row that they meet: figures of the law and decision tables as terms."""

from collections.abc import Sequence
from itertools import product
from typing import assert_never

from aidrules.backends.smt import terms
from aidrules.backends.smt.context import Lowering, Spot
from aidrules.backends.smt.terms import Bit, Fault, both, either, negation
from aidrules.backends.smt.values import Num, Term, order, same, strict
from aidrules.program import (
    AnyMatch,
    Figure,
    FigureRow,
    FigureValue,
    Match,
    Parameter,
    Program,
    RangeMatch,
    Table,
    ValueMatch,
)
from aidrules.types import Plain, core
from aidrules.values import Infinite

Part = tuple[Bit, Term]


def matches(cell: Match, key: Term, type_: Plain, lower: Lowering) -> Bit:
    """Return whether a key that is there is one of a cell's values."""
    match cell:
        case AnyMatch():
            return True
        case ValueMatch(value=value):
            return same(key, lower.constant(value, type_))
        case RangeMatch(low=low, high=high):
            above: Bit = True
            if not isinstance(low, Infinite):
                above = order("<=" if cell.low_included else "<", Num(exact=terms.exact(low)), key)
            under: Bit = True
            if not isinstance(high, Infinite):
                under = order(
                    "<=" if cell.high_included else "<", key, Num(exact=terms.exact(high))
                )
            return both(above, under)
        case _:
            assert_never(cell)


def figure(node: Figure, spot: Spot, lower: Lowering) -> Term:
    """Return a figure for its keys, on its day; where it has no value that is an error."""
    parameter = lower.program.parameter[node.parameter]
    if node.parameter in lower.varied:
        _, elsewhere, failed = _applies(parameter, spot, lower)
        first = lower.program.parameter[lower.varied[0]]
        error = either(failed, Fault(elsewhere, elsewhere))
        return lower.household.figure(first).flagged(error=error)
    if lower.opens and node.on is None and not _is_set(parameter, spot.today, lower.program):
        return lower.household.figure(parameter)
    return _figure(node, parameter, spot, lower)


def _is_set(parameter: Parameter, day: int, program: Program) -> bool:
    """Return whether somebody has set a figure for a day: its own file, or one that amends it."""
    keys = program.with_amendments(parameter.key)
    return any(has_value(program.parameter[key], day) for key in keys)


def has_value(parameter: Parameter, day: int) -> bool:
    """Return whether a figure has a value on a day, for some keys at least."""
    return any(
        version.value is not None
        and (version.first is None or version.first <= day)
        and (version.last is None or day <= version.last)
        for row in parameter.rows
        for version in row.values
    )


def _figure(node: Figure, parameter: Parameter, spot: Spot, lower: Lowering) -> Term:
    named = [row for row in parameter.rows if not row.is_otherwise]
    others = [row for row in parameter.rows if row.is_otherwise]
    day = Num(exact=terms.exact(spot.today)) if node.on is None else lower.lower(node.on, spot)
    reach, elsewhere, failed = _applies(parameter, spot, lower)
    error, absent = either(elsewhere, failed), False
    parts: list[Part] = []
    keys: Sequence[Term] = ()
    # Every key to fall back on is tried only if those before it have no row.
    for alternative in product(*node.keys):
        if reach is False:
            break
        keys = [lower.lower(key, spot) for key in alternative]
        flags = strict(keys)
        error = either(error, both(reach, flags["error"]))
        absent = either(absent, both(reach, flags["absent"]))
        reach = both(reach, negation(flags["error"]), negation(flags["absent"]))
        reach = _meet(named, keys, parameter, reach, parts, day, lower)
    reach = _meet(others, keys, parameter, reach, parts, day, lower)
    out_of_force = either(*(both(met, value.error) for met, value in parts))
    without = either(elsewhere, reach, out_of_force)
    value = lower.chain(parts, either(error, reach), node.type)
    lost = strict((day,))
    gone = either(absent, lost["absent"])
    failed = either(value.error, lost["error"], Fault(without, without))
    return value.flagged(absent=both(either(value.absent, gone), negation(failed)), error=failed)


def _applies(parameter: Parameter, spot: Spot, lower: Lowering) -> tuple[Bit, Bit, Bit]:
    """Return where a figure holds, where it does not, and where that cannot be worked out."""
    if parameter.applies is None:
        return True, False, False
    holds = lower.truth(parameter.applies, spot)
    reach = both(holds.here, holds.yes)
    return reach, both(holds.here, negation(holds.yes)), negation(holds.here)


def _meet(
    rows: Sequence[FigureRow],
    keys: Sequence[Term],
    parameter: Parameter,
    reach: Bit,
    parts: list[Part],
    day: Term,
    lower: Lowering,
) -> Bit:
    """Add the values of the rows that keys meet; return where they meet none."""
    for row in rows:
        if reach is False:
            return False
        met = reach
        for cell, key, type_ in zip(row.cells, keys, parameter.key_types, strict=True):
            met = both(met, matches(cell, key, type_, lower))
        if met is False:
            continue
        reach = both(reach, negation(met))
        _in_force(row.values, met, parameter, parts, day, lower)
    return reach


def _in_force(
    values: Sequence[FigureValue],
    met: Bit,
    parameter: Parameter,
    parts: list[Part],
    day: Term,
    lower: Lowering,
) -> None:
    """Add the values of a row, each where it is in force; none in force is an error."""
    later = False
    for version in reversed(values):
        begun: Bit = True
        if version.first is not None:
            begun = order("<=", Num(exact=terms.exact(version.first)), day)
        is_its = both(met, begun, negation(later))
        later = either(later, begun)
        if is_its is False:
            continue
        lasts: Bit = version.value is not None
        if lasts and version.last is not None:
            lasts = order("<=", day, Num(exact=terms.exact(version.last)))
        if version.value is not None and lasts is not False:
            parts.append((both(is_its, lasts), lower.constant(version.value, parameter.type)))
        ended = both(is_its, negation(lasts))
        if ended is not False:
            parts.append((ended, lower.blank(parameter.type).flagged(error=True)))
    before = both(met, negation(later))
    if before is not False:
        parts.append((before, lower.blank(parameter.type).flagged(error=True)))


def met_rows(node: Table, spot: Spot, lower: Lowering) -> tuple[list[Bit], Bit, dict[str, Bit]]:
    """Return where each row is the first that matches, where none is, and what the inputs lack."""
    inputs = [lower.lower(each, spot) for each in node.inputs]
    flags = strict(inputs)
    reach = both(negation(flags["error"]), negation(flags["absent"]))
    met: list[Bit] = []
    for row in node.rows:
        fits = reach
        for cell, value, given in zip(row.cells, inputs, node.inputs, strict=True):
            fits = both(fits, matches(cell, value, core(given.type), lower))
        met.append(fits)
        reach = both(reach, negation(fits))
    return met, reach, flags


def table(node: Table, spot: Spot, lower: Lowering) -> Term:
    """Return the result of the first row whose cells all match."""
    met, reach, flags = met_rows(node, spot, lower)
    parts = [
        (fits, lower.lower(row.result, spot))
        for fits, row in zip(met, node.rows, strict=True)
        if fits is not False
    ]
    error = flags["error"]
    if reach is not False:
        if node.otherwise is not None:
            parts.append((reach, lower.lower(node.otherwise, spot)))
        else:
            error = either(error, reach)
    value = lower.chain(parts, error, node.type)
    absent = both(either(value.absent, flags["absent"]), negation(value.error))
    return value.flagged(absent=absent, error=value.error)
