"""Two sets to whether one is below the other, the same, or in it: by the rules of bounds."""

from collections.abc import Iterable
from typing import Literal

from aidrules.backends.kernel import numbers
from aidrules.backends.kernel.context import Lowering
from aidrules.backends.kernel.numbers import Frac
from aidrules.backends.kernel.sets import (
    ANYHOW,
    Codes,
    Marks,
    Num,
    Row,
    Set,
    Truth,
    common,
    mask_of,
    strict,
    truth,
    with_flags,
)
from aidrules.backends.kernel.terms import NO, ONE, YES, ZERO, Bit, Int, Unfit, Why, Writer, number
from aidrules.values import Absent, Exact, Scalar


def order(op: Literal["<", "<=", ">", ">="], left: Num, right: Num, lower: Lowering) -> Truth:
    """Return the possible answers of an order."""
    if op in (">", ">="):
        left, right = right, left
    write = lower.write
    is_strict = op in ("<", ">")
    before, not_before = (
        (numbers.below, numbers.at_most) if is_strict else (numbers.at_most, numbers.below)
    )
    yes = write.either(left.no_low, right.no_high, before(write, left.low, right.high))
    if left.low is left.high and right.low is right.high and _finite(left, right):
        answer = truth(write, yes)
    else:
        no = write.either(left.no_high, right.no_low, not_before(write, right.low, left.high))
        answer = truth(write, yes, no)
    watch(left, right, lower)
    return _with(write, answer, left, right)


def _finite(*values: Num) -> bool:
    return all(NO == value.no_low == value.no_high for value in values)


def _with(write: Writer, answer: Truth, *operands: Set) -> Truth:
    found = with_flags(write, answer, strict(write, operands))
    if not isinstance(found, Truth):
        raise TypeError(found)
    return found


def watch(left: Num, right: Num, lower: Lowering) -> None:
    """Keep the day on which time alone may change how two days compare."""
    match left.lead, right.lead:
        case None, None:
            return
        case int() as lead, None:
            moving, still = left, right
        case None, int() as lead:
            moving, still = right, left
        case _:
            lower.expect_change(ZERO, YES)
            return
    if lead == ANYHOW or not _finite(left, right):
        lower.expect_change(ZERO, YES)
        return
    # Day by day the one that moves comes nearer by one, or by as much as its lead at once.
    write = lower.write
    for day in {still.low.whole.text: still.low, still.high.whole.text: still.high}.values():
        for now in {moving.low.whole.text: moving.low}.values():
            apart = write.subtract(_whole(day), _whole(now))
            to_come = write.at_most(ZERO, apart)
            lower.expect_change(write.subtract(apart, number(lead)), to_come)


def _whole(day: Frac) -> Int:
    if day.scale != 1 or day.divisor is not None:
        raise Unfit(Why.DAY)
    return day.whole


def equal(left: Set, right: Set, lower: Lowering) -> Truth:
    """Return the possible answers of whether two values are the same."""
    write = lower.write
    match left, right:
        case Num(), Num():
            answer = _same_number(left, right, lower)
            watch(left, right, lower)
        case Truth(), Truth():
            yes = write.either(write.both(left.yes, right.yes), write.both(left.no, right.no))
            no = write.either(write.both(left.yes, right.no), write.both(left.no, right.yes))
            answer = truth(write, yes, no)
        case Codes(), Codes():
            answer = _same_code(left, right, lower)
        case Marks(), Marks() if left.codes == right.codes:
            outside = write.either(
                _outside(write, left.sure, right.possible),
                _outside(write, right.sure, left.possible),
            )
            if left.single and right.single:
                answer = truth(write, write.same(left.sure, right.sure))
            else:
                one = write.both(
                    write.same(left.sure, left.possible),
                    write.same(right.sure, right.possible),
                    write.same(left.sure, right.sure),
                )
                answer = truth(write, write.negation(outside), write.negation(one))
            others = 1 << len(left.codes)
            lower.defer(
                write.either(write.has(left.possible, others), write.has(right.possible, others))
            )
        case Row(), Row():
            answer = truth(write, write.same(left.row, right.row))
        case _:
            raise Unfit(Why.COMPARE)
    return _with(write, answer, left, right)


def _outside(write: Writer, inner: Int, outer: Int) -> Bit:
    rest = write.whole(
        f"{inner.text} & ~{outer.text}", 0, inner.high, max(inner.level, outer.level)
    )
    return write.negation(write.same(rest, ZERO))


def _same_number(left: Num, right: Num, lower: Lowering) -> Truth:
    write = lower.write
    if left.low is left.high and right.low is right.high and _finite(left, right):
        return truth(write, numbers.same(write, left.low, right.low))
    meets = write.both(
        write.either(left.no_low, right.no_high, numbers.at_most(write, left.low, right.high)),
        write.either(right.no_low, left.no_high, numbers.at_most(write, right.low, left.high)),
    )
    one = write.both(
        *(write.negation(each.no_low) for each in (left, right)),
        *(write.negation(each.no_high) for each in (left, right)),
        numbers.same(write, left.low, left.high),
        numbers.same(write, right.low, right.high),
        numbers.same(write, left.low, right.low),
    )
    return truth(write, meets, write.negation(one))


def _same_code(left: Codes, right: Codes, lower: Lowering) -> Truth:
    write = lower.write
    if left.codes != right.codes:
        raise Unfit(Why.CODES)
    if left.mask is None and left.code.constant is not None:
        left, right = right, left
    others = 1 << len(left.codes)
    if right.mask is None and right.code.constant is not None:
        return _is_code(write, left, right.code.constant)
    if left.mask is None and right.mask is None:
        # Two that the policy does not name may be the same or not.
        both = write.both(
            write.same(left.code, number(len(left.codes))),
            write.same(right.code, number(len(left.codes))),
        )
        lower.defer(both)
        return truth(write, write.same(left.code, right.code))
    one, other = mask_of(write, left), mask_of(write, right)
    lower.defer(write.both(write.has(one, others), write.has(other, others)))
    shared = common(write, one, other)
    yes = write.negation(write.same(shared, ZERO))
    alone = write.both(write.same(one, other), _is_alone(write, one))
    return truth(write, yes, write.negation(alone))


def _is_alone(write: Writer, mask: Int) -> Bit:
    less = write.subtract(write.maximum(mask, ONE), ONE)
    return write.same(common(write, mask, less), ZERO)


def _is_code(write: Writer, value: Codes, code: int) -> Truth:
    if value.mask is None:
        return truth(write, write.same(value.code, number(code)))
    every = (1 << (len(value.codes) + 1)) - 1
    return truth(
        write,
        write.has(value.mask, 1 << code),
        write.has(value.mask, every & ~(1 << code)),
    )


def is_value(write: Writer, value: Set, wanted: Scalar) -> Truth:
    """Return the possible answers of whether a value is one that the policy writes; no flags."""
    match value:
        case Num() if isinstance(wanted, Exact):
            point = numbers.exact(wanted)
            if value.low is value.high and _finite(value):
                return truth(write, numbers.same(write, value.low, point))
            yes = write.both(
                write.either(value.no_low, numbers.at_most(write, value.low, point)),
                write.either(value.no_high, numbers.at_most(write, point, value.high)),
            )
            one = write.both(
                write.negation(value.no_low),
                write.negation(value.no_high),
                numbers.same(write, value.low, point),
                numbers.same(write, value.high, point),
            )
            return truth(write, yes, write.negation(one))
        case Truth(yes=yes, no=no) if isinstance(wanted, int):
            return truth(write, yes, no) if wanted else truth(write, no, yes)
        case Codes(codes=codes) if isinstance(wanted, str):
            return _is_code(write, value, codes.index(wanted)) if wanted in codes else _never(write)
        case _:
            if isinstance(wanted, Absent):
                raise Unfit(Why.COMPARE)
            raise Unfit(Why.CODES)


def _never(write: Writer) -> Truth:
    return truth(write, NO)


def one_of(value: Codes, wanted: Iterable[str], lower: Lowering) -> Truth:
    """Return the possible answers of whether a value is in a list that the policy writes."""
    write = lower.write
    places = [value.codes.index(each) for each in wanted if each in value.codes]
    if value.mask is None:
        yes = write.either(*(write.same(value.code, number(place)) for place in places))
        answer = truth(write, yes)
    else:
        bits = sum(1 << place for place in places)
        every = (1 << (len(value.codes) + 1)) - 1
        answer = truth(write, write.has(value.mask, bits), write.has(value.mask, every & ~bits))
    return _with(write, answer, value)


def includes(selection: Marks, value: Codes, lower: Lowering) -> Truth:
    """Return the possible answers of whether a list holds a value."""
    write = lower.write
    if selection.codes != value.codes or value.mask is not None:
        raise Unfit(Why.INCLUDES)

    def has(marks: Int) -> Bit:
        if value.code.constant is not None:
            return write.has(marks, 1 << value.code.constant)
        level = max(marks.level, value.code.level)
        return write.bit(f"(({marks.text} >> {value.code.text}) & 1) != 0", level)

    # A service that the policy does not name is in a list or not, but which one it is nobody says.
    lower.defer(write.same(value.code, number(len(value.codes))))
    if selection.sure is selection.possible:
        answer = truth(write, has(selection.sure))
    else:
        answer = truth(write, has(selection.possible), write.negation(has(selection.sure)))
    return _with(write, answer, selection, value)
