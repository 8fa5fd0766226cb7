"""Keys to the row that they meet: figures of the law and decision tables as terms."""

from collections.abc import Sequence
from itertools import product
from typing import assert_never

from aidrules.backends.smt import terms
from aidrules.backends.smt.context import Lowering, Spot
from aidrules.backends.smt.terms import Bit, both, either, negation
from aidrules.backends.smt.values import Num, Term, Truth, order, same, strict
from aidrules.program import (
    AnyMatch,
    Figure,
    FigureRow,
    FigureValue,
    Match,
    Parameter,
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
    """Return a figure for its keys, on its day."""
    parameter = lower.program.parameter[node.parameter]
    named = [row for row in parameter.rows if not row.is_otherwise]
    others = [row for row in parameter.rows if row.is_otherwise]
    day = Num(exact=terms.exact(spot.today)) if node.on is None else lower.lower(node.on, spot)
    reach, error, absent = _applies(parameter, spot, lower)
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
    error = either(error, reach)
    value = lower.chain(parts, error, node.type)
    lost = strict((day,))
    gone = either(absent, lost["absent"])
    failed = either(value.error, lost["error"])
    return value.flagged(absent=both(either(value.absent, gone), negation(failed)), error=failed)


def _applies(parameter: Parameter, spot: Spot, lower: Lowering) -> tuple[Bit, Bit, Bit]:
    """Return where a figure holds, where asking for it is an error, and where it is absent."""
    if parameter.applies is None:
        return True, False, False
    holds = lower.lower(parameter.applies, spot)
    if not isinstance(holds, Truth):
        raise TypeError(holds)
    reach = both(holds.here, holds.yes)
    return reach, negation(reach), False


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


def table(node: Table, spot: Spot, lower: Lowering) -> Term:
    """Return the result of the first row whose cells all match."""
    inputs = [lower.lower(each, spot) for each in node.inputs]
    flags = strict(inputs)
    reach = both(negation(flags["error"]), negation(flags["absent"]))
    parts: list[Part] = []
    for row in node.rows:
        if reach is False:
            break
        met = reach
        for cell, value, given in zip(row.cells, inputs, node.inputs, strict=True):
            type_ = given.type
            met = both(met, matches(cell, value, core(type_), lower))
        if met is not False:
            parts.append((met, lower.lower(row.result, spot)))
        reach = both(reach, negation(met))
    error = flags["error"]
    if reach is not False:
        if node.otherwise is not None:
            parts.append((reach, lower.lower(node.otherwise, spot)))
        else:
            error = either(error, reach)
    value = lower.chain(parts, error, node.type)
    absent = both(either(value.absent, flags["absent"]), negation(value.error))
    return value.flagged(absent=absent, error=value.error)
