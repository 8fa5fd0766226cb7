"""Facts and past decisions to terms: loads from arrays, with what is unknown of them.

The plain kernel reads a value for each record, and the `State` where nothing may be there or a
default may count. The bounded one reads both ends, and flags of its own (see `Known`); a choice as
the sum of `1 << code` over what is possible, a yes-or-no as 1 for no and 2 for yes.
"""

from enum import IntFlag
from typing import Any

from aidrules.backends.kernel import numbers
from aidrules.backends.kernel.context import FactArray, HistoryArray, Lowering, Part, Spot
from aidrules.backends.kernel.layout import FIRST_DAY, LAST_DAY, MOST_CODES, State, Storage
from aidrules.backends.kernel.numbers import Frac
from aidrules.backends.kernel.sets import (
    Codes,
    Entry,
    Flags,
    Marks,
    Num,
    Row,
    Set,
    Truth,
    flags_of,
    hull,
    truth,
    with_flags,
)
from aidrules.backends.kernel.terms import NO, YES, ZERO, Bit, Int, Unfit, Why, number
from aidrules.program import Fact, FactUse, Recorded
from aidrules.types import Date, core


class Known(IntFlag):
    """What is possible of a fact on a record, as the bounded kernel reads it."""

    HERE = 1
    ABSENT = 2
    DEFAULT = 4
    NO_LOW = 8
    NO_HIGH = 16


NO_BIT, YES_BIT = 1, 2

Name = Any
"""Of a column: makes the array of each of its parts."""


def fact(node: FactUse, spot: Spot, lower: Lowering) -> Set:
    """Return a fact of the record, or of the one above it that is of its kind."""
    storage = lower.layout.facts.get((node.entity, node.name))
    if storage is None or node.entity not in spot.rows:
        raise Unfit(Why.ABOVE)
    row = spot.rows[node.entity]
    declared = lower.program.fact[node.entity, node.name]

    def array(part: Part) -> str:
        return lower.arrays.name(FactArray(node.entity, node.name, part))

    has_default = declared.default is not None
    match lower.knowledge(FactArray(node.entity, node.name, "values")):
        case "known":
            value, missing = _read(storage, array, row, lower, has_default=has_default)
        case "missing":
            value, missing = _read_or_any(storage, declared, array, row, lower)
        case "bounds":
            value, missing = _read_bounded(storage, array, row, lower, has_default=has_default)
    if declared.default is None or missing == NO:
        return value
    default = in_range(lower.lower(declared.default, spot.up(node.entity)), declared, lower)
    known = lower.write.negation(missing)
    return hull(
        lower.write, (Entry(known, value), Entry(missing, default)), exclusive=True, exhaustive=True
    )


def recorded(node: Recorded, spot: Spot, lower: Lowering) -> Set:
    """Return what the office last decided on the record."""
    if node.entity not in spot.rows or (node.key, node.part) not in lower.layout.history:
        raise Unfit(Why.ABOVE)
    _, storage = lower.layout.history[node.key, node.part]

    def array(part: Part) -> str:
        return lower.arrays.name(HistoryArray(node.key, node.part, part))

    is_known = lower.knowledge(HistoryArray(node.key, node.part, "values")) == "known"
    read = _read if is_known else _read_bounded
    value, _ = read(storage, array, spot.rows[node.entity], lower, has_default=False)
    return value


def _read(
    storage: Storage, array: Name, row: Int, lower: Lowering, *, has_default: bool
) -> tuple[Set, Bit]:
    """Return what an array holds of a record, and whether the default counts instead."""
    write = lower.write
    flags, missing = Flags(), NO
    if storage.is_optional or has_default:
        state = write.load(array("states"), row, 0, max(State))
        absent = NO
        if storage.is_optional:
            absent = write.same(state, number(State.ABSENT))
        if has_default:
            missing = write.same(state, number(State.MISSING))
        flags = Flags(here=write.negation(write.either(absent, missing)), absent=absent)
    low, high = min(0, storage.low), max(0, storage.high)
    value = write.load(array("values"), row, low, high)
    return made(storage, value, flags, lower), missing


def made(storage: Storage, value: Int, flags: Flags, lower: Lowering) -> Set:
    """Return the one value that a number stands for, in the way of a storage."""
    write, rest = lower.write, flags_of(flags)
    match storage.kind:
        case "number" | "date":
            exact = Frac(value, storage.scale)
            return Num(low=exact, high=exact, **rest)
        case "truth":
            yes = write.negation(write.same(value, ZERO))
            made = truth(write, yes)
            return with_flags(write, made, flags)
        case "choice" | "text":
            return Codes(code=value, codes=storage.codes, **rest)
        case "selection":
            if len(storage.codes) >= MOST_CODES:
                raise Unfit(Why.CODES)
            return Marks(sure=value, possible=value, codes=storage.codes, **rest)
        case "reference":
            lower.defer(write.both(flags.here, write.below(value, ZERO)))
            return Row(row=write.maximum(value, ZERO), **rest)


def _read_or_any(
    storage: Storage, declared: Fact, array: Name, row: Int, lower: Lowering
) -> tuple[Num, Bit]:
    """Return a number or day, any of its range where it is unknown, and whether the default counts.

    Nothing is written into arrays of bounds for it, which would take longer than the rules.
    """
    write = lower.write
    state = write.load(array("states"), row, 0, max(State))
    value = write.load(array("values"), row, min(0, storage.low), max(0, storage.high))
    known, none = write.same(state, number(State.KNOWN)), write.same(state, number(State.ABSENT))
    default = NO if declared.default is None else write.same(state, number(State.MISSING))
    unknown = write.negation(write.either(known, none, default))
    is_sure = not storage.is_optional and declared.default is None
    here = YES if is_sure else write.negation(write.either(none, default))
    absent = write.either(none, unknown) if storage.is_optional else NO
    flags = Flags(here=here, absent=absent, single=False)
    no_low, no_high = has_no_ends(storage, declared)
    low, high = (
        Frac(write.select(known, value, number(end)), storage.scale)
        for end in (0 if no_low else storage.low, 0 if no_high else storage.high)
    )
    return Num(
        low=low,
        high=high,
        no_low=unknown if no_low else NO,
        no_high=unknown if no_high else NO,
        **flags_of(flags),
    ), default


def has_no_ends(storage: Storage, declared: Fact) -> tuple[bool, bool]:
    """Return whether a number has no least value, and no greatest; a day always has both."""
    if storage.kind == "date":
        return False, False
    return declared.low is None, declared.high is None


def _read_bounded(
    storage: Storage, array: Name, row: Int, lower: Lowering, *, has_default: bool
) -> tuple[Set, Bit]:
    """Return what may be of a record, and whether the default may count instead."""
    write = lower.write
    known = write.load(array("flags"), row, 0, 31)
    absent = write.has(known, Known.ABSENT) if storage.is_optional else NO
    default = write.has(known, Known.DEFAULT) if has_default else NO
    is_sure = not storage.is_optional and not has_default
    here = YES if is_sure else write.has(known, Known.HERE)
    flags = Flags(here=here, absent=absent, single=False)
    rest = flags_of(flags)
    match storage.kind:
        case "number" | "date":
            ends = min(0, storage.low), max(0, storage.high)
            return Num(
                low=Frac(write.load(array("low"), row, *ends), storage.scale),
                high=Frac(write.load(array("high"), row, *ends), storage.scale),
                no_low=write.has(known, Known.NO_LOW),
                no_high=write.has(known, Known.NO_HIGH),
                **rest,
            ), default
        case "truth":
            mask = write.load(array("low"), row, 0, NO_BIT | YES_BIT)
            bits = Truth(yes=write.has(mask, YES_BIT), no=write.has(mask, NO_BIT))
            return with_flags(write, bits, flags), default
        case "choice" | "text":
            if len(storage.codes) > MOST_CODES:
                raise Unfit(Why.CODES)
            mask = write.load(array("low"), row, 0, (1 << (len(storage.codes) + 1)) - 1)
            return Codes(code=ZERO, mask=mask, codes=storage.codes, **rest), default
        case "selection":
            if len(storage.codes) >= MOST_CODES:
                raise Unfit(Why.CODES)
            every = (1 << (len(storage.codes) + 1)) - 1
            return Marks(
                sure=write.load(array("low"), row, 0, every),
                possible=write.load(array("high"), row, 0, every),
                codes=storage.codes,
                **rest,
            ), default
        case "reference":
            value = write.load(array("low"), row, -1, storage.high)
            both = write.both(here, absent)
            lower.defer(write.either(both, write.both(here, write.below(value, ZERO))))
            certain = {**rest, "single": True}
            return Row(row=write.maximum(value, ZERO), **certain), default


def in_range(value: Set, declared: Fact, lower: Lowering) -> Set:
    """Return a default as far as it lies in the fact's range; outside of it is an error."""
    bottom, top = declared.low, declared.high
    if isinstance(core(declared.type), Date):
        bottom = FIRST_DAY if bottom is None else bottom
        top = LAST_DAY if top is None else top
    if not isinstance(value, Num) or (bottom is None and top is None):
        return value
    write = lower.write
    low, high = value.low, value.high
    no_low, no_high = value.no_low, value.no_high
    outside = NO
    if bottom is not None:
        least = numbers.exact(bottom)
        under = write.either(no_low, numbers.below(write, low, least))
        outside, no_low = under, NO
        low = numbers.select(write, under, least, low)
    if top is not None:
        most = numbers.exact(top)
        over = write.either(no_high, numbers.below(write, most, high))
        outside, no_high = write.either(outside, over), NO
        high = numbers.select(write, over, most, high)
    if outside == NO:
        return value
    lower.defer(write.both(outside, write.negation(_is_single(value))))
    single = value.single
    error = write.either(value.error, write.both(value.here, outside))
    here = write.both(value.here, write.negation(outside))
    flags = Flags(here=here, absent=value.absent, error=error, single=single)
    return Num(
        low=low,
        high=low if single else high,
        no_low=no_low,
        no_high=no_high,
        lead=value.lead,
        **flags_of(flags),
    )


def _is_single(value: Num) -> Bit:
    return YES if value.single else NO
