"""Decision tables to terms: the results of those rows that the inputs may meet."""

from math import ceil, floor

from attrs import evolve

from aidrules.backends.kernel import numbers
from aidrules.backends.kernel.compare import is_value, watch
from aidrules.backends.kernel.context import Lowering, Spot
from aidrules.backends.kernel.figures import ends_of
from aidrules.backends.kernel.sets import (
    Entry,
    Flags,
    Num,
    Set,
    decided,
    hull,
    strict,
    with_flags,
)
from aidrules.backends.kernel.terms import NO, YES, Bit, Writer
from aidrules.program import AnyMatch, Match, RangeMatch, Table, ValueMatch
from aidrules.traverse import is_whole
from aidrules.values import Infinite


def table(node: Table, spot: Spot, lower: Lowering) -> Set:
    """Return the result of the row whose cells all match."""
    write = lower.write
    inputs = [lower.lower(each, spot) for each in node.inputs]
    wholes = [is_whole(each, lower.program.definition) for each in node.inputs]
    flags = strict(write, inputs)
    is_single = all(each.single for each in inputs)
    reach = flags.here
    entries: list[Entry] = []
    for row in node.rows:
        met, sure = YES, YES
        for cell, value, whole in zip(row.cells, inputs, wholes, strict=True):
            _watch(cell, value, lower)
            may, must = _cell(_whole(cell) if whole else cell, value, write)
            met, sure = write.both(met, may), write.both(sure, must)
        included = write.both(reach, met)
        if included != NO:
            entries.append(Entry(included, lower.lower(row.result, spot)))
        reach = write.both(reach, write.negation(sure))
    nothing = NO
    if node.otherwise is not None:
        entries.append(Entry(reach, lower.lower(node.otherwise, spot)))
    else:
        nothing = reach
        # Whether each combination of inputs meets a row is for the interpreter to say.
        one = write.both(*(decided(write, each) for each in inputs))
        lower.defer(write.both(reach, write.negation(one)))
    found = hull(write, entries, exclusive=is_single)
    both = Flags(
        here=found.here,
        absent=write.either(found.absent, flags.absent),
        error=write.either(found.error, flags.error, nothing),
        single=is_single and found.single,
    )
    return with_flags(write, found, both)


def _watch(cell: Match, value: Set, lower: Lowering) -> None:
    """Keep the day on which time alone may bring a day into a cell, or out of it."""
    if not isinstance(value, Num) or value.lead is None:
        return
    for end in ends_of(cell):
        point = numbers.exact(end)
        watch(value, Num(low=point, high=point), lower)


def _whole(cell: Match) -> Match:
    """Return a cell for whole numbers, its ends included."""
    match cell:
        case RangeMatch(low=low, high=high):
            if not isinstance(low, Infinite):
                low = ceil(low) if cell.low_included else floor(low) + 1
            if not isinstance(high, Infinite):
                high = floor(high) if cell.high_included else ceil(high) - 1
            return evolve(cell, low=low, high=high, low_included=True, high_included=True)
        case _:
            return cell


def _cell(cell: Match, value: Set, write: Writer) -> tuple[Bit, Bit]:
    """Return whether a value may match a cell, and whether it must."""
    match cell:
        case AnyMatch():
            return YES, YES
        case ValueMatch(value=wanted):
            found = is_value(write, value, wanted)
            return found.yes, write.negation(found.no)
        case RangeMatch():
            if not isinstance(value, Num):
                return NO, NO
            return _in_range(cell, value, write)


def _in_range(cell: RangeMatch, value: Num, write: Writer) -> tuple[Bit, Bit]:
    may, must = YES, YES
    if not isinstance(cell.low, Infinite):
        end = numbers.exact(cell.low)
        order = numbers.at_most if cell.low_included else numbers.below
        may = write.both(may, write.either(value.no_high, order(write, end, value.high)))
        must = write.both(must, write.negation(value.no_low), order(write, end, value.low))
    if not isinstance(cell.high, Infinite):
        end = numbers.exact(cell.high)
        order = numbers.at_most if cell.high_included else numbers.below
        may = write.both(may, write.either(value.no_low, order(write, value.low, end)))
        must = write.both(must, write.negation(value.no_high), order(write, value.high, end))
    return may, must
