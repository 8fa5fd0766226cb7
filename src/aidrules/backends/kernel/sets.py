"""Sets of possible values, in terms: the flags and the body of bounds, as the kernel carries them.

Where nothing can be unknown, both ends of a number are one term, "no" is the opposite of "yes",
and the flags are literals: then the rules of bounds come down to plain arithmetic by themselves.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar, assert_never

from attrs import evolve, field, frozen

from aidrules.backends.kernel import numbers
from aidrules.backends.kernel.layout import MOST_CODES
from aidrules.backends.kernel.numbers import Frac
from aidrules.backends.kernel.terms import NO, YES, ZERO, Bit, Int, Unfit, Why, Writer, number


@frozen(kw_only=True)
class Flags:
    """What beside a value is possible.

    Attributes:
        here: Whether some value is (V).
        absent: Whether nothing may be there (A).
        error: Whether an error may be (E).
        single: Whether, at any time, only one thing is possible; known when the text is made.
    """

    here: Bit = YES
    absent: Bit = NO
    error: Bit = NO
    single: bool = True


@frozen(kw_only=True)
class Num(Flags):
    """A number or a day.

    Attributes:
        low: The least possible; the very same as `high` where only one is.
        high: The greatest.
        no_low: Whether there is no least.
        no_high: Whether there is no greatest.
        lead: If it moves with today: by how many days more than today moves it may move at most;
            None if it does not move.
    """

    low: Frac
    high: Frac
    no_low: Bit = NO
    no_high: Bit = NO
    lead: int | None = None


@frozen(kw_only=True)
class Truth(Flags):
    """A yes or no; `here` is whether either may be.

    Attributes:
        yes: Whether it may be yes.
        no: Whether it may be no.
    """

    yes: Bit
    no: Bit


@frozen(kw_only=True)
class Codes(Flags):
    """One of the values of a choice, or a text.

    Attributes:
        code: Its code, where only one is possible.
        mask: The sum of `1 << code` over those possible; None if it is single.
        codes: The values by code; one more stands for every other.
    """

    code: Int
    mask: Int | None = None
    codes: tuple[str, ...] = field(kw_only=True)


@frozen(kw_only=True)
class Marks(Flags):
    """Some of the values of a choice.

    Attributes:
        sure: The sum of `1 << code` over those surely in.
        possible: The same over those possibly in; the very same as `sure` where it is single.
    """

    sure: Int
    possible: Int
    codes: tuple[str, ...] = field(kw_only=True)


@frozen(kw_only=True)
class Row(Flags):
    """A record, by its row."""

    row: Int


Set = Num | Truth | Codes | Marks | Row

_S = TypeVar("_S", Num, Truth, Codes, Marks, Row)

ANYHOW: Final = -1
"""The lead of what may move any number of days when today moves by one."""


def truth(write: Writer, yes: Bit, no: Bit | None = None, **flags: Any) -> Truth:
    """Return a yes-or-no; without `no`, the opposite of `yes`."""
    if no is None:
        no = write.negation(yes)
    return Truth(yes=yes, no=no, here=write.either(yes, no), **flags)


def single_number(low: Frac, **flags: Any) -> Num:
    """Return a number of which only one is possible."""
    return Num(low=low, high=low, **flags)


def certain_error(write: Writer, value: Flags) -> Bit:
    """Return whether nothing but an error is possible."""
    if value.error == NO:
        return NO
    if value.single:
        return value.error
    return write.both(value.error, write.negation(value.here), write.negation(value.absent))


def strict(write: Writer, operands: Sequence[Flags]) -> Flags:
    """Return the flags of what needs all of some operands."""
    lost = write.either(*(certain_error(write, each) for each in operands))
    absent = write.either(*(each.absent for each in operands))
    return Flags(
        here=write.both(*(each.here for each in operands)),
        absent=write.both(absent, write.negation(lost)),
        error=write.either(*(each.error for each in operands)),
        single=all(each.single for each in operands),
    )


def flags_of(value: Flags) -> dict[str, Any]:
    """Return the flags as arguments."""
    return {
        "here": value.here,
        "absent": value.absent,
        "error": value.error,
        "single": value.single,
    }


def with_flags(write: Writer, value: Set, flags: Flags) -> Set:
    """Return a value with other flags; a yes-or-no that is not there is neither."""
    if isinstance(value, Truth):
        yes, no = write.both(value.yes, flags.here), write.both(value.no, flags.here)
        return Truth(**{**flags_of(flags), "here": write.either(yes, no)}, yes=yes, no=no)
    return evolve(value, **flags_of(flags))


def decided(write: Writer, value: Set) -> Bit:
    """Return whether only one thing is possible."""
    if value.single:
        return YES
    here, absent, error = value.here, value.absent, value.error
    one = write.both(here, write.negation(absent), write.negation(error), _is_one(write, value))
    none = write.both(write.negation(here), write.negation(write.both(absent, error)))
    return write.either(one, none)


def _is_one(write: Writer, value: Set) -> Bit:
    """Return whether one value is possible at most."""
    match value:
        case Num(low=low, high=high):
            finite = write.negation(write.either(value.no_low, value.no_high))
            return finite if low is high else write.both(finite, numbers.same(write, low, high))
        case Truth(yes=yes, no=no):
            return write.negation(write.both(yes, no))
        case Codes(mask=mask, codes=codes):
            if mask is None:
                return YES
            less = write.whole(f"{mask.text} - 1", -1, mask.high, mask.level)
            rest = write.whole(f"{mask.text} & {less.text}", 0, mask.high, less.level)
            alone = write.same(rest, ZERO)
            return write.both(alone, write.negation(write.has(mask, 1 << len(codes))))
        case Marks(sure=sure, possible=possible):
            return write.same(sure, possible)
        case Row():
            return YES
        case _:
            assert_never(value)


def mask_of(write: Writer, value: Codes) -> Int:
    """Return the sum of `1 << code` over the values possible.

    Raises:
        Unfit: If there are more values than a number has digits.
    """
    if value.mask is not None:
        return value.mask
    if len(value.codes) > MOST_CODES:
        raise Unfit(Why.CODES)
    constant = value.code.constant
    if constant is not None:
        return number(1 << constant)
    high = 1 << len(value.codes)
    return write.whole(f"one << {value.code.text}", 0, high, value.code.level)


# ---------------------------------------------------------------- one of several


@frozen
class Entry:
    """What a result may be, and whether it may be that."""

    included: Bit
    value: Set


def hull(
    write: Writer, entries: Iterable[Entry], *, exclusive: bool, exhaustive: bool = False
) -> Set:
    """Return the smallest set that covers those entries that are included.

    Args:
        write: Where lines are written.
        entries: Of one type.
        exclusive: Whether at any time one of them is included at most.
        exhaustive: Whether at any time one of them is included at least.
    """
    kept = [entry for entry in entries if entry.included != NO]
    if not kept:
        raise Unfit(Why.NOTHING)
    if len(kept) == 1 and kept[0].included == YES:
        return kept[0].value
    here = YES
    if not exhaustive or any(each.value.here != YES for each in kept):
        here = write.either(*(write.both(each.included, each.value.here) for each in kept))
    flags = Flags(
        here=here,
        absent=write.either(*(write.both(each.included, each.value.absent) for each in kept)),
        error=write.either(*(write.both(each.included, each.value.error) for each in kept)),
        single=exclusive and all(each.value.single for each in kept),
    )
    valued = [entry for entry in kept if entry.value.here != NO]
    if not valued:
        return with_flags(write, kept[0].value, flags)
    return _join(write, valued, flags, exclusive)


def _join(write: Writer, kept: list[Entry], flags: Flags, exclusive: bool) -> Set:  # noqa: FBT001 - see `hull`
    match kept[0].value:
        case Num():
            numbers_in = [(each.included, _as(Num, each.value)) for each in kept]
            return _join_numbers(write, numbers_in, flags, exclusive)
        case Truth():
            truths = [(each.included, _as(Truth, each.value)) for each in kept]
            yes = write.either(*(write.both(included, part.yes) for included, part in truths))
            if flags.single and flags.here == YES:
                return Truth(**flags_of(flags), yes=yes, no=write.negation(yes))
            no = write.either(*(write.both(included, part.no) for included, part in truths))
            return Truth(**{**flags_of(flags), "here": write.either(yes, no)}, yes=yes, no=no)
        case Codes(codes=codes):
            parts = [(each.included, _as(Codes, each.value)) for each in kept]
            if any(part.codes != codes for _, part in parts):
                raise Unfit(Why.CODES)
            return _join_codes(write, parts, flags)
        case Marks(codes=codes):
            marks = [(each.included, _as(Marks, each.value)) for each in kept]
            if any(part.codes != codes for _, part in marks):
                raise Unfit(Why.CODES)
            return _join_marks(write, marks, flags)
        case Row():
            if not flags.single:
                raise Unfit(Why.REFERENCE)
            rows = [(each.included, _as(Row, each.value).row) for each in kept]
            return Row(row=_chain(write, rows), **flags_of(flags))
        case _ as never:
            assert_never(never)


def _as(kind: type[_S], value: Set) -> _S:
    if not isinstance(value, kind):
        raise TypeError(value)
    return value


def _chain(write: Writer, entries: Sequence[tuple[Bit, Int]]) -> Int:
    """Return the number of the entry that is included, of which there is one."""
    *rest, (_, result) = entries
    for included, value in reversed(rest):
        result = write.select(included, value, result)
    return result


def chain(write: Writer, entries: Sequence[tuple[Bit, Frac]]) -> Frac:
    """Return the exact number of the entry that is included, of which there is one."""
    *rest, (_, result) = entries
    for included, value in reversed(rest):
        result = numbers.select(write, included, value, result)
    return result


def lead_of(values: Iterable[Num]) -> int | None:
    """Return how what is made of some numbers moves with today."""
    leads = [value.lead for value in values if value.lead is not None]
    if not leads:
        return None
    return ANYHOW if ANYHOW in leads else max(leads)


def _join_numbers(
    write: Writer,
    parts: list[tuple[Bit, Num]],
    flags: Flags,
    exclusive: bool,  # noqa: FBT001 - see `hull`
) -> Num:
    lead = lead_of(part for _, part in parts)
    if exclusive:
        low = high = chain(write, [(included, part.low) for included, part in parts])
        if not flags.single:
            high = chain(write, [(included, part.high) for included, part in parts])
        return Num(
            low=low,
            high=high,
            no_low=write.either(*(write.both(one, part.no_low) for one, part in parts)),
            no_high=write.either(*(write.both(one, part.no_high) for one, part in parts)),
            lead=lead,
            **flags_of(flags),
        )
    low, high, have = numbers.NOTHING, numbers.NOTHING, NO
    no_low, no_high = NO, NO
    for included, part in parts:
        counts = write.both(included, part.here)
        less, more = part.low, part.high
        if have != NO:
            less = numbers.minimum(write, low, less)
            more = numbers.maximum(write, high, more)
            if have != YES:
                less = numbers.select(write, have, less, part.low)
                more = numbers.select(write, have, more, part.high)
        low = numbers.select(write, counts, less, low)
        high = numbers.select(write, counts, more, high)
        no_low = write.either(no_low, write.both(counts, part.no_low))
        no_high = write.either(no_high, write.both(counts, part.no_high))
        have = write.either(have, counts)
    return Num(low=low, high=high, no_low=no_low, no_high=no_high, lead=lead, **flags_of(flags))


def _join_codes(write: Writer, parts: list[tuple[Bit, Codes]], flags: Flags) -> Codes:
    codes = parts[0][1].codes
    if flags.single:
        code = _chain(write, [(included, part.code) for included, part in parts])
        return Codes(code=code, codes=codes, **flags_of(flags))
    mask = ZERO
    for included, part in parts:
        counts = write.both(included, part.here)
        mask = union(write, mask, write.select(counts, mask_of(write, part), ZERO))
    return Codes(code=ZERO, mask=mask, codes=codes, **flags_of(flags))


def union(write: Writer, left: Int, right: Int) -> Int:
    """Return the digits that either has."""
    if left.constant == 0:
        return right
    if right.constant == 0:
        return left
    high = (1 << max(left.high, right.high).bit_length()) - 1
    level = max(left.level, right.level)
    return write.whole(f"{left.text} | {right.text}", 0, high, level)


def common(write: Writer, left: Int, right: Int) -> Int:
    """Return the digits that both have."""
    high = (1 << min(left.high, right.high).bit_length()) - 1
    level = max(left.level, right.level)
    return write.whole(f"{left.text} & {right.text}", 0, high, level)


def _join_marks(write: Writer, parts: list[tuple[Bit, Marks]], flags: Flags) -> Marks:
    codes = parts[0][1].codes
    if flags.single:
        marks = _chain(write, [(included, part.sure) for included, part in parts])
        return Marks(sure=marks, possible=marks, codes=codes, **flags_of(flags))
    every = number((1 << (len(codes) + 1)) - 1)
    sure, possible = every, ZERO
    for included, part in parts:
        counts = write.both(included, part.here)
        sure = common(write, sure, write.select(counts, part.sure, every))
        possible = union(write, possible, write.select(counts, part.possible, ZERO))
    return Marks(sure=sure, possible=possible, codes=codes, **flags_of(flags))
