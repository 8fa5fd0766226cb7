"""Records below a record to loops with running totals; those over the same records share a loop."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from attrs import define, field, frozen

from aidrules.backends.kernel import numbers
from aidrules.backends.kernel.compare import equal
from aidrules.backends.kernel.context import Lowering, OffsetArray, Spot
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
    certain_error,
    decided,
    flags_of,
    hull,
    with_flags,
)
from aidrules.backends.kernel.terms import NO, YES, ZERO, Bit, Int, Unfit, Why
from aidrules.program import (
    AnyOver,
    BestBy,
    BestOver,
    CountOver,
    EveryOver,
    Expr,
    Program,
    Records,
    SumOver,
)

MOST_ROWS: Final = 1 << 40
"""How many records a batch may have."""

Aggregate = SumOver | CountOver | AnyOver | EveryOver | BestOver | BestBy


def is_aggregate(node: Expr) -> bool:
    """Whether an expression goes over records."""
    return isinstance(node, SumOver | CountOver | AnyOver | EveryOver | BestOver | BestBy)


def path_down(program: Program, above: str, entity: str) -> tuple[str, ...]:
    """Return the kinds from below one down to another."""
    path: list[str] = []
    for kind in program.ancestry(entity):
        if kind == above:
            return tuple(reversed(path))
        path.append(kind)
    raise Unfit(Why.ABOVE)


class Total(Protocol):
    """What is kept of the records that were met."""

    def absorb(self, spot: Spot) -> None:
        """Take in one record."""

    def result(self) -> Set:
        """Return what came out, once the loop is left."""


@frozen
class Job:
    """An aggregate that is being worked out, and the kinds that are still to go down."""

    path: tuple[str, ...]
    total: Total


def run(nodes: Sequence[Aggregate], spot: Spot, lower: Lowering) -> list[Set]:
    """Write the loops of some aggregates on one record, and return what they give."""
    if spot.entity is None or spot.entity in lower.layout.above:
        raise Unfit(Why.ABOVE)
    write = lower.write
    with write.at(spot.level):
        jobs = [
            Job(
                path_down(lower.program, spot.entity, node.over.entity),
                _total(node, spot, lower),
            )
            for node in nodes
        ]
        _descend(jobs, spot, lower)
        return [job.total.result() for job in jobs]


def _descend(jobs: Sequence[Job], spot: Spot, lower: Lowering) -> None:
    for kind in dict.fromkeys(job.path[0] for job in jobs):
        same = [job for job in jobs if job.path[0] == kind]
        with each_below(kind, spot, lower) as below:
            for job in same:
                if len(job.path) == 1:
                    job.total.absorb(below)
            deeper = [Job(job.path[1:], job.total) for job in same if len(job.path) > 1]
            if deeper:
                _descend(deeper, below, lower)


@contextmanager
def each_below(kind: str, spot: Spot, lower: Lowering) -> Iterator[Spot]:
    """Open a loop over the records of a kind directly below one; gives the spot inside."""
    offsets = lower.arrays.name(OffsetArray(kind))
    above = spot.rows[lower.layout.parent(kind)].text
    row = lower.write.fresh("r")
    ends = f"{offsets}[place({above})], {offsets}[place({above} + 1)]"
    with lower.write.loop(f"for {row} in range({ends}):") as level:
        yield spot.down(kind, Int(row, 0, MOST_ROWS, level))


def _total(node: Aggregate, spot: Spot, lower: Lowering) -> Total:
    times = 1
    for kind in path_down(lower.program, spot.entity or "", node.over.entity):
        times *= lower.program.entity[kind].limit
    errors = _Errors(lower, spot)
    match node:
        case SumOver():
            return _Sum(node, spot, lower, times, errors)
        case CountOver():
            return _Count(node, spot, lower, times, errors)
        case AnyOver():
            return _Some(node, spot, lower, errors, decisive=True)
        case EveryOver():
            return _Some(node, spot, lower, errors, decisive=False)
        case BestOver():
            return _Best(node, spot, lower, errors)
        case BestBy():
            return _BestBy(node, spot, lower, errors)


# ---------------------------------------------------------------- running totals


def _condition(over: Records, spot: Spot, lower: Lowering) -> Truth:
    if over.condition is None:
        return Truth(yes=YES, no=NO)
    found = lower.lower(over.condition, spot)
    if not isinstance(found, Truth):
        raise Unfit(Why.FILTER)
    return found


@define
class _Flag:
    """Whether something was met: false before the loop, unless it never can be."""

    lower: Lowering
    level: int
    name: str | None = None

    def raise_where(self, condition: Bit, level: int) -> None:
        """Set it where that holds of a record."""
        if condition == NO:
            return
        if self.name is None:
            self.name = self.lower.write.fresh("met")
            self.lower.write.line(f"{self.name} = False", self.level)
        self.lower.write.line(f"{self.name} = {self.name} | {condition.text}", level)

    @property
    def bit(self) -> Bit:
        """Whether it was met."""
        return NO if self.name is None else Bit(self.name, self.level)


@define
class _Errors:
    """The errors of records: one that is certain in a listed record makes all an error."""

    lower: Lowering
    spot: Spot
    lost: _Flag | None = None
    any: _Flag | None = None

    def take(self, chosen: Truth, values: Sequence[Set], level: int) -> None:
        """Take in what a record brings."""
        write = self.lower.write
        if self.lost is None or self.any is None:
            self.lost = _Flag(self.lower, self.spot.level)
            self.any = _Flag(self.lower, self.spot.level)
        certain = [certain_error(write, chosen)]
        certain += [write.both(chosen.yes, certain_error(write, value)) for value in values]
        lost = write.both(write.negation(chosen.no), write.either(*certain))
        self.lost.raise_where(lost, level)
        possible = [chosen.error, *(write.both(chosen.yes, value.error) for value in values)]
        self.any.raise_where(write.either(*possible), level)

    def flags(self, *, single: bool) -> Flags:
        """Return the flags of what comes out."""
        lost = NO if self.lost is None else self.lost.bit
        error = NO if self.any is None else self.any.bit
        return Flags(here=self.lower.write.negation(lost), error=error, single=single)


def _accumulate(lower: Lowering, spot: Spot, start: int) -> str:
    name = lower.write.fresh("sum")
    lower.write.line(f"{name} = {start}", spot.level)
    return name


@define
class _Sum:
    node: SumOver
    spot: Spot
    lower: Lowering
    times: int
    errors: _Errors
    low: str = ""
    high: str = ""
    reach: tuple[int, int] = (0, 0)
    scale: int = 1
    divisor: Int | None = None
    is_single: bool = True
    ends: tuple[_Flag, _Flag] | None = None

    def __attrs_post_init__(self) -> None:
        self.low = _accumulate(self.lower, self.spot, 0)
        self.high = self.low
        self.ends = _Flag(self.lower, self.spot.level), _Flag(self.lower, self.spot.level)

    def absorb(self, spot: Spot) -> None:
        write = self.lower.write
        chosen = _condition(self.node.over, spot, self.lower)
        value = self.lower.lower(self.node.value, spot)
        if not isinstance(value, Num):
            raise Unfit(Why.SUM)
        self.errors.take(chosen, (value,), spot.level)
        counts = write.both(chosen.yes, value.here)
        self.is_single = chosen.single and value.single
        low_end = numbers.settled(write, value.low, self.spot.level + 1)
        high_end = low_end
        if value.low is not value.high:
            high_end = numbers.settled(write, value.high, self.spot.level + 1)
        part = numbers.level_with(write, low_end, high_end)
        self.scale, self.divisor = part[0].scale, part[0].divisor
        low = write.select(counts, part[0].whole, ZERO)
        if chosen.no != NO and not chosen.single:
            low = write.select(chosen.no, write.minimum(low, ZERO), low)
        self._add(self.low, low, spot)
        if self.is_single:
            self.reach = self._reach(low, low)
            return
        self.high = _accumulate(self.lower, self.spot, 0)
        high = write.select(counts, part[1].whole, ZERO)
        if chosen.no != NO and not chosen.single:
            high = write.select(chosen.no, write.maximum(high, ZERO), high)
        self._add(self.high, high, spot)
        self.reach = self._reach(low, high)
        if self.ends is not None:
            self.ends[0].raise_where(write.both(counts, value.no_low), spot.level)
            self.ends[1].raise_where(write.both(counts, value.no_high), spot.level)

    def _add(self, name: str, part: Int, spot: Spot) -> None:
        if part.constant != 0:
            self.lower.write.line(f"{name} = {name} + {part.text}", spot.level)

    def _reach(self, low: Int, high: Int) -> tuple[int, int]:
        return min(0, low.low) * self.times, max(0, high.high) * self.times

    def result(self) -> Set:
        write = self.lower.write
        low, high = self.reach
        write.whole("0", low, low, 0)
        write.whole("0", high, high, 0)
        level = self.spot.level
        least = Frac(Int(self.low, low, high, level), self.scale, self.divisor)
        most = least
        if not self.is_single:
            most = Frac(Int(self.high, low, high, level), self.scale, self.divisor)
        no_low, no_high = (NO, NO) if self.ends is None else (end.bit for end in self.ends)
        flags = self.errors.flags(single=self.is_single)
        return Num(low=least, high=most, no_low=no_low, no_high=no_high, **flags_of(flags))


@define
class _Count:
    node: CountOver
    spot: Spot
    lower: Lowering
    times: int
    errors: _Errors
    low: str = ""
    high: str = ""
    is_single: bool = True

    def __attrs_post_init__(self) -> None:
        self.low = _accumulate(self.lower, self.spot, 0)
        self.high = self.low

    def absorb(self, spot: Spot) -> None:
        write = self.lower.write
        chosen = _condition(self.node.over, spot, self.lower)
        self.errors.take(chosen, (), spot.level)
        self.is_single = chosen.single
        sure = chosen.yes
        if not chosen.single:
            sure = write.both(chosen.yes, write.negation(chosen.no))
        self._add(self.low, write.flag(sure), spot)
        if not self.is_single:
            self.high = _accumulate(self.lower, self.spot, 0)
            self._add(self.high, write.flag(chosen.yes), spot)

    def _add(self, name: str, part: Int, spot: Spot) -> None:
        if part.constant != 0:
            self.lower.write.line(f"{name} = {name} + {part.text}", spot.level)

    def result(self) -> Set:
        level = self.spot.level
        least = Frac(Int(self.low, 0, self.times, level))
        most = least if self.is_single else Frac(Int(self.high, 0, self.times, level))
        flags = self.errors.flags(single=self.is_single)
        return Num(low=least, high=most, **flags_of(flags))


@define
class _Some:
    node: AnyOver | EveryOver
    spot: Spot
    lower: Lowering
    errors: _Errors
    decisive: bool
    is_single: bool = True
    may: _Flag | None = None
    not_all: _Flag | None = None

    def __attrs_post_init__(self) -> None:
        self.may = _Flag(self.lower, self.spot.level)
        self.not_all = _Flag(self.lower, self.spot.level)

    def absorb(self, spot: Spot) -> None:
        write = self.lower.write
        chosen = _condition(self.node.over, spot, self.lower)
        holds = self.lower.lower(self.node.condition, spot)
        if not isinstance(holds, Truth) or self.may is None or self.not_all is None:
            raise Unfit(Why.FILTER)
        self.errors.take(chosen, (holds,), spot.level)
        self.is_single = chosen.single and holds.single
        decides, not_so = (holds.yes, holds.no) if self.decisive else (holds.no, holds.yes)
        self.may.raise_where(write.both(chosen.yes, decides), spot.level)
        if not self.is_single:
            leaves_open = write.either(chosen.no, write.both(chosen.yes, not_so))
            self.not_all.raise_where(write.negation(leaves_open), spot.level)

    def result(self) -> Set:
        write = self.lower.write
        if self.may is None or self.not_all is None:
            raise Unfit(Why.FILTER)
        flags = self.errors.flags(single=self.is_single)
        may = write.both(self.may.bit, flags.here)
        other = self.may.bit if self.is_single else self.not_all.bit
        may_not = write.both(write.negation(other), flags.here)
        if self.is_single:
            may_not = write.both(may_not, write.negation(flags.error))
            may = write.both(may, write.negation(flags.error))
        yes, no = (may, may_not) if self.decisive else (may_not, may)
        rest = {**flags_of(flags), "here": write.either(yes, no)}
        return Truth(yes=yes, no=no, **rest)


# ---------------------------------------------------------------- highest, latest


@define
class _Kept:
    """A number that is kept of the records, once there is one."""

    lower: Lowering
    spot: Spot
    scale: int = 1
    name: str = ""
    flag: str = ""
    reach: tuple[int, int] = (0, 0)

    def keep(
        self,
        value: Frac,
        counts: Bit,
        spot: Spot,
        pick: Callable[[Int, Int], Int],
    ) -> None:
        """Keep the better of what is kept and a value, where that counts."""
        write, level = self.lower.write, self.spot.level
        value = numbers.settled(write, value, 0)
        self.scale = value.scale
        low, high = min(0, value.whole.low), max(0, value.whole.high)
        if not self.name:
            self.name, self.flag = write.fresh("best"), write.fresh("met")
            write.line(f"{self.name} = 0", level)
            write.line(f"{self.flag} = False", level)
        self.reach = low, high
        kept = Int(self.name, low, high, spot.level)
        better = pick(kept, value.whole)
        first = f"select({self.flag}, {better.text}, {value.whole.text})"
        write.line(f"{self.name} = select({counts.text}, {first}, {self.name})", spot.level)
        write.line(f"{self.flag} = {self.flag} | {counts.text}", spot.level)

    @property
    def value(self) -> Frac:
        """What was kept."""
        return Frac(Int(self.name, *self.reach, self.spot.level), self.scale)

    @property
    def is_met(self) -> Bit:
        """Whether there was one."""
        return Bit(self.flag, self.spot.level)


@define
class _Best:
    node: BestOver
    spot: Spot
    lower: Lowering
    errors: _Errors
    is_single: bool = True
    near: _Kept | None = None
    far: _Kept | None = None
    least: _Kept | None = None
    failing: _Flag | None = None
    no_near: _Flag | None = None
    lead: int | None = None

    def absorb(self, spot: Spot) -> None:
        write = self.lower.write
        chosen = _condition(self.node.over, spot, self.lower)
        value = self.lower.lower(self.node.value, spot)
        if not isinstance(value, Num):
            raise Unfit(Why.BEST)
        self.errors.take(chosen, (value,), spot.level)
        self.is_single = chosen.single and value.single
        self.lead = value.lead
        level = self.spot.level
        self.failing, self.no_near = _Flag(self.lower, level), _Flag(self.lower, level)
        sure = chosen.yes
        if not chosen.single:
            sure = write.both(chosen.yes, write.negation(chosen.no))
        maybe = write.both(chosen.yes, value.here)
        self.failing.raise_where(write.both(sure, write.negation(value.here)), spot.level)
        # A record that is not surely in, or without an end, is for the interpreter.
        if not self.is_single:
            open_end = write.either(value.no_low, value.no_high)
            self.lower.defer(write.both(maybe, open_end))
        highest = self.node.word == "highest"
        better = self._greater if highest else self._smaller
        worse = self._smaller if highest else self._greater
        near, far = (value.high, value.low) if highest else (value.low, value.high)
        self.near = _Kept(self.lower, self.spot)
        self.near.keep(near, maybe, spot, better)
        if self.is_single:
            return
        self.far = _Kept(self.lower, self.spot)
        self.far.keep(far, write.both(sure, value.here), spot, better)
        self.least = _Kept(self.lower, self.spot)
        self.least.keep(far, maybe, spot, worse)

    def _greater(self, kept: Int, value: Int) -> Int:
        return self.lower.write.maximum(kept, value)

    def _smaller(self, kept: Int, value: Int) -> Int:
        return self.lower.write.minimum(kept, value)

    def result(self) -> Set:
        write = self.lower.write
        if self.near is None or self.failing is None:
            raise Unfit(Why.BEST)
        near, any_met = self.near.value, self.near.is_met
        inside = any_met
        far = near
        if self.far is not None and self.least is not None:
            inside = self.far.is_met
            far = numbers.select(write, inside, self.far.value, self.least.value)
        low, high = (far, near) if self.node.word == "highest" else (near, far)
        if self.is_single:
            high = low
        best = Num(low=low, high=high, single=self.is_single, lead=self.lead)
        return _or_none(
            Entry(any_met, best),
            write.both(write.negation(inside), write.negation(self.failing.bit)),
            self.node.otherwise,
            self.errors.flags(single=self.is_single),
            self.spot,
            self.lower,
        )


def _or_none(
    best: Entry,
    is_none: Bit,
    otherwise: Expr | None,
    errors: Flags,
    spot: Spot,
    lower: Lowering,
) -> Set:
    """Return the best, or what stands for it where there may be none."""
    write = lower.write
    entries = [Entry(write.both(best.included, errors.here), best.value)]
    none = write.both(is_none, errors.here)
    error = errors.error
    if otherwise is None:
        error = write.either(error, none)
    else:
        entries.append(Entry(none, lower.lower(otherwise, spot)))
    found = hull(write, entries, exclusive=errors.single)
    # Where nothing came out at all, it is for the records' errors.
    flags = Flags(
        here=found.here,
        absent=found.absent,
        error=write.either(found.error, error),
        single=errors.single and found.single,
    )
    return with_flags(write, found, flags)


@define
class _BestBy:
    node: BestBy
    spot: Spot
    lower: Lowering
    errors: _Errors
    met: str = field(init=False, default="")
    tie: str = field(init=False, default="")
    absent: str = field(init=False, default="")
    value: Set | None = None
    failing: _Flag | None = None

    def absorb(self, spot: Spot) -> None:
        write, level = self.lower.write, self.spot.level
        chosen = _condition(self.node.over, spot, self.lower)
        by = self.lower.lower(self.node.by, spot)
        value = self.lower.lower(self.node.value, spot)
        if not isinstance(by, Num) or by.low.divisor is not None:
            raise Unfit(Why.BEST)
        self.errors.take(chosen, (by, value), spot.level)
        both = write.both(decided(write, by), decided(write, value))
        self.lower.defer(write.negation(decided(write, chosen)))
        self.lower.defer(write.both(chosen.yes, write.negation(both)))
        if by.lead is not None:
            self.lower.expect_change(ZERO, YES)
        is_candidate = write.both(chosen.yes, by.here, write.either(value.here, value.absent))
        self.failing = _Flag(self.lower, level)
        self.failing.raise_where(write.both(chosen.yes, write.negation(is_candidate)), spot.level)
        key = by.low.whole if self.node.word == "highest" else write.negate(by.low.whole)
        best_key, met = write.fresh("best"), write.fresh("met")
        tie, gone = write.fresh("tie"), write.fresh("none")
        for name, start in ((best_key, "0"), (met, "False"), (tie, "False"), (gone, "False")):
            write.line(f"{name} = {start}", level)
        stored = _components(value)
        kept = [write.fresh("best") for _ in stored]
        for name, part in zip(kept, stored, strict=True):
            write.line(f"{name} = {'False' if isinstance(part, Bit) else '0'}", level)
        held = _rebuilt(value, kept, spot.level)
        alike = equal(held, value, self.lower).yes
        is_same = write.either(
            write.both(Bit(gone, spot.level), value.absent),
            write.both(write.negation(Bit(gone, spot.level)), write.negation(value.absent), alike),
        )
        above = write.bit(
            f"{is_candidate.text} & ((not {met}) | ({key.text} > {best_key}))", spot.level
        )
        level_with = write.bit(
            f"{is_candidate.text} & {met} & ({key.text} == {best_key})", spot.level
        )
        line = write.line
        line(
            f"{tie} = (({tie} & (not {above.text})) | ({level_with.text} & (not {is_same.text})))",
            spot.level,
        )
        for name, part in zip(kept, stored, strict=True):
            chosen_text = (
                f"(({above.text} & {part.text}) | ((not {above.text}) & {name}))"
                if isinstance(part, Bit)
                else f"select({above.text}, {part.text}, {name})"
            )
            line(f"{name} = {chosen_text}", spot.level)
        line(
            f"{gone} = (({above.text} & {value.absent.text}) | ((not {above.text}) & {gone}))",
            spot.level,
        )
        line(f"{best_key} = select({above.text}, {key.text}, {best_key})", spot.level)
        line(f"{met} = {met} | {is_candidate.text}", spot.level)
        self.value = _rebuilt(value, kept, level)
        self.met, self.tie, self.absent = met, tie, gone

    def result(self) -> Set:
        write, level = self.lower.write, self.spot.level
        if self.value is None or self.failing is None:
            raise Unfit(Why.BEST)
        tie, absent, met = Bit(self.tie, level), Bit(self.absent, level), Bit(self.met, level)
        alone = write.negation(tie)
        flags = Flags(
            here=write.both(alone, write.negation(absent)),
            absent=write.both(alone, absent),
            error=tie,
        )
        return _or_none(
            Entry(met, with_flags(write, self.value, flags)),
            write.both(write.negation(met), write.negation(self.failing.bit)),
            self.node.otherwise,
            self.errors.flags(single=True),
            self.spot,
            self.lower,
        )


def _components(value: Set) -> list[Int | Bit]:
    match value:
        case Num(low=low):
            if low.divisor is not None:
                raise Unfit(Why.DIVISOR)
            return [low.whole]
        case Truth(yes=yes):
            return [yes]
        case Codes(code=code, mask=None):
            return [code]
        case Marks(sure=sure):
            return [sure]
        case Row(row=row):
            return [row]
        case _:
            raise Unfit(Why.BEST)


def _rebuilt(value: Set, kept: Sequence[str], level: int) -> Set:
    """Return a value of the same type out of the names in which it is kept; no flags."""
    (name,) = kept
    match value:
        case Num(low=low, lead=lead):
            whole = Int(name, min(0, low.whole.low), max(0, low.whole.high), level)
            return Num(low=(exact := Frac(whole, low.scale)), high=exact, lead=lead)
        case Truth():
            bit = Bit(name, level)
            return Truth(yes=bit, no=Bit(f"(not {name})", level))
        case Codes(code=code, codes=codes):
            return Codes(code=Int(name, 0, max(0, code.high), level), codes=codes)
        case Marks(sure=sure, codes=codes):
            marks = Int(name, 0, max(0, sure.high), level)
            return Marks(sure=marks, possible=marks, codes=codes)
        case Row(row=row):
            return Row(row=Int(name, 0, max(0, row.high), level))
