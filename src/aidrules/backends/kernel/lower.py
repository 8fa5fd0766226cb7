"""Expressions to terms: one rule for each node, with the meaning that bounds give it."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal, TypeVar, assert_never

from attrs import define, evolve, field

from aidrules.backends.kernel import days, numbers
from aidrules.backends.kernel.compare import equal, includes, one_of, order
from aidrules.backends.kernel.context import (
    Array,
    Arrays,
    FactArray,
    HistoryArray,
    Knowledge,
    Spot,
)
from aidrules.backends.kernel.figures import NEVER, FigureTable, figure
from aidrules.backends.kernel.inputs import fact, recorded
from aidrules.backends.kernel.layout import MOST_CODES, Layout, stored
from aidrules.backends.kernel.loops import Aggregate, is_aggregate, path_down, run
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
    strict,
    truth,
    with_flags,
)
from aidrules.backends.kernel.tables import table
from aidrules.backends.kernel.terms import NO, ONE, YES, ZERO, Bit, Int, Unfit, Why, Writer, number
from aidrules.program import (
    And,
    AnyOver,
    Arithmetic,
    BestBy,
    BestOver,
    Boundary,
    Brackets,
    Cases,
    Compare,
    Constant,
    Convert,
    CountOver,
    Definition,
    Else,
    EveryOver,
    Expr,
    Extreme,
    FactUse,
    Fail,
    Figure,
    Follow,
    Includes,
    IsNone,
    MonthSum,
    Not,
    OneOf,
    OnRecord,
    Or,
    Part,
    Payable,
    PeriodsBetween,
    Place,
    Present,
    Program,
    Recorded,
    Round,
    Shift,
    SumOver,
    Table,
    Today,
    UnknownValue,
    Use,
    Within,
)
from aidrules.traverse import children, is_whole
from aidrules.types import (
    Choice,
    Date,
    Optional,
    Quantity,
    Reference,
    Selection,
    Text,
    Type,
    Undetermined,
    core,
)
from aidrules.types import Truth as TruthType
from aidrules.values import Absent, Exact, Scalar

_S = TypeVar("_S", Num, Truth, Codes, Marks, Row)


@define
class Lowerer:
    """Expressions to terms; see `context.Lowering`.

    Attributes:
        program: Sharpened.
        uncertain: What may be unknown of some record: the array of its states, or of its low ends
            where bounds may be known of it; None: anything.
        complete: The figures that have a value for all keys on the date asked for.
        known_days: How today compares with days that the policy writes.
        shared: For each kind of record, the aggregates over which its definitions go.
        tables: The figures that were looked up.
        defers_some: Whether the documents differ in whether the interpreter works them out.
        changes_some: Whether they differ in when time alone may change an answer.
    """

    program: Program
    layout: Layout
    uncertain: frozenset[Array] | None
    complete: frozenset[str]
    known_days: Mapping[Compare, bool]
    shared: Mapping[str, Sequence[Aggregate]]
    write: Writer = field(factory=Writer)
    arrays: Arrays = field(factory=Arrays)
    tables: dict[str, FigureTable] = field(factory=dict)
    defers_some: bool = False
    changes_some: bool = False
    _ranks: dict[int, int] = field(factory=dict)

    # ------------------------------------------------------------ what the rules write

    def knowledge(self, array: FactArray | HistoryArray) -> Knowledge:
        """Return what is known of a fact, or of what was decided before, on every record."""
        if self.uncertain is None or evolve(array, part="low") in self.uncertain:
            return "bounds"
        return "missing" if evolve(array, part="states") in self.uncertain else "known"

    def defer(self, condition: Bit) -> None:
        """Leave a document to the interpreter where that holds."""
        if condition != NO:
            self.defers_some = self.defers_some or condition.level > 0
            name = "deferred" if condition.level else "all_deferred"
            self.write.once(f"{name} = {name} | {condition.text}", condition.level)

    def expect_change(self, days: Int, condition: Bit) -> None:
        """Keep in how many days time alone may change an answer, where that holds."""
        if condition == NO:
            return
        write = self.write
        soon = write.maximum(days, ONE)
        when = write.select(condition, soon, number(NEVER))
        self.changes_some = self.changes_some or when.level > 0
        name = "change" if when.level else "first_change"
        self.write.once(f"{name} = least({name}, {when.text})", when.level)

    def table_of(self, node: Figure) -> FigureTable:
        """Return how a figure lies in arrays."""
        found = self.tables.get(node.parameter)
        if found is None:
            parameter = self.program.parameter[node.parameter]
            found = self.tables[node.parameter] = FigureTable.of(parameter, self.layout.texts)
        return found

    def definition(self, key: str, spot: Spot) -> Set:
        """Return the set of what a definition may be on the record of its kind."""
        found = self.program.definition[key]
        on = spot.up(found.entity)
        if found.entity is not None and found.entity not in spot.rows:
            raise Unfit(Why.ABOVE)
        memo = self.write.blocks[on.level].memo
        name = ("definition", key, on.identity)
        if name not in memo:
            with self.write.at(on.level):
                try:
                    memo[name] = self.lower(found.body, on)
                except Unfit as unfit:
                    unfit.name = unfit.name or key
                    raise
        value: Set = memo[name]
        return value

    # ------------------------------------------------------------ nodes

    def lower(self, node: Expr, spot: Spot) -> Set:
        """Return the set of what an expression may be."""
        write = self.write
        match node:
            case Constant(value=value):
                return self._constant(value, node.type)
            case UnknownValue():
                return self._anything(node.type)
            case Fail():
                return with_flags(write, self._blank(node.type), Flags(here=NO, error=YES))
            case Today():
                today = Frac(spot.today)
                return Num(low=today, high=today, lead=0 if spot.is_now else None)
            case FactUse():
                return fact(node, spot, self)
            case Use(key=key):
                return self.definition(key, spot)
            case Figure():
                return figure(node, spot, self)
            case Follow():
                return self._follow(node, spot)
            case OnRecord():
                raise Unfit(Why.RECORD)
            case Recorded():
                return recorded(node, spot, self)
            case Arithmetic(op=op, left=left, right=right):
                whole = op == "/" and is_whole(right, self.program.definition)
                return self._arithmetic(op, self._num(left, spot), self._num(right, spot), whole)
            case Convert(value=value, factor=factor):
                return self._scaled(self._num(value, spot), factor)
            case Extreme(word=word, items=items):
                return days.extreme(word, [self._num(item, spot) for item in items], self)
            case Round(value=value, mode=mode, quantum=quantum):
                return self._monotone(
                    self._num(value, spot),
                    lambda end: numbers.rounded(write, end, mode, quantum),
                )
            case Compare() if spot.is_now and node in self.known_days:
                return truth(write, YES if self.known_days[node] else NO)
            case Compare(op=op, left=left, right=right):
                return self._compare(op, left, right, spot)
            case OneOf(value=value, values=values):
                return one_of(self._as(Codes, self.lower(value, spot)), values, self)
            case Includes(selection=selection, value=value):
                marks = self._as(Marks, self.lower(selection, spot))
                return includes(marks, self._as(Codes, self.lower(value, spot)), self)
            case Within(date=date, period=period, start=start):
                begun = self._num(start, spot)
                length = self._num(period, spot)
                return days.within(node, self._num(date, spot), length, begun, self)
            case Not(value=value):
                held = self._as(Truth, self.lower(value, spot))
                return Truth(yes=held.no, no=held.yes, **flags_of(held))
            case And(items=items):
                return self.conjunction([self._truth(item, spot) for item in items])
            case Or(items=items, guards=True):
                turned = [_turned(self._truth(item, spot)) for item in items]
                return _turned(self.conjunction(turned))
            case Or(items=items):
                return self._any_of([self._truth(item, spot) for item in items])
            case IsNone(value=value):
                found = self.lower(value, spot)
                flags = Flags(error=found.error, single=found.single)
                return Truth(
                    yes=found.absent,
                    no=found.here,
                    **{**flags_of(flags), "here": write.either(found.absent, found.here)},
                )
            case Present(value=value):
                return self._present(self.lower(value, spot))
            case Else(value=value, alternative=alternative):
                return self._else(self.lower(value, spot), alternative, spot)
            case Cases():
                return self._cases(node, spot)
            case Table():
                return table(node, spot, self)
            case Brackets(value=value, thresholds=thresholds, rates=rates):
                amount = self._num(value, spot)
                if not amount.single and any(rate < 0 for rate in rates):
                    raise Unfit(Why.BRACKETS)
                return self._bracketed(amount, thresholds, rates)
            case SumOver() | CountOver() | AnyOver() | EveryOver() | BestOver() | BestBy():
                return self._aggregate(node, spot)
            case MonthSum():
                return self._month_sum(node, spot)
            case Shift(date=date, period=period, sign=sign, unit=unit, calendar=rules):
                begun, length = self._num(date, spot), self._num(period, spot)
                return days.shift(begun, length, sign, unit, rules, self)
            case PeriodsBetween(first=first, last=last):
                return days.between(node, self._num(first, spot), self._num(last, spot), self)
            case Boundary(date=date):
                return days.boundary(node, self._num(date, spot), self)
            case Part(date=date):
                return days.part(node, self._num(date, spot), self)
            case Payable(value=value):
                return self._payable(self.lower(value, spot))
            case Place():
                return self._place(node, spot)
            case _:
                assert_never(node)

    def _as(self, kind: type[_S], value: Set) -> _S:
        if not isinstance(value, kind):
            raise Unfit(Why.TYPE)
        return value

    def _num(self, node: Expr, spot: Spot) -> Num:
        return self._as(Num, self.lower(node, spot))

    def _truth(self, node: Expr, spot: Spot) -> Truth:
        return self._as(Truth, self.lower(node, spot))

    # ------------------------------------------------------------ values

    def _constant(self, value: Scalar, type_: Type) -> Set:
        if isinstance(value, Absent):
            return with_flags(self.write, self._blank(type_), Flags(here=NO, absent=YES))
        storage = stored(type_, self.layout.texts)
        match storage.kind:
            case "number" | "date" if isinstance(value, Exact):
                exact = numbers.exact(value)
                return Num(low=exact, high=exact)
            case "truth":
                return truth(self.write, YES if value else NO)
            case "choice" | "text" if isinstance(value, str):
                if value not in storage.codes:
                    raise Unfit(Why.CODES)
                return Codes(code=number(storage.codes.index(value)), codes=storage.codes)
            case "selection" if isinstance(value, frozenset):
                marks = number(sum(1 << storage.codes.index(each) for each in value))
                return Marks(sure=marks, possible=marks, codes=storage.codes)
            case _:
                raise Unfit(Why.CONSTANT)

    def _blank(self, type_: Type) -> Set:
        """Return some value of a type, of which only the flags will count."""
        match core(type_):
            case Quantity() | Date() | Undetermined():
                return Num(low=numbers.NOTHING, high=numbers.NOTHING)
            case TruthType():
                return Truth(yes=NO, no=NO)
            case Text():
                return Codes(code=ZERO, codes=self.layout.texts)
            case Choice(values=values):
                return Codes(code=ZERO, codes=values)
            case Selection(choice=choice):
                return Marks(sure=ZERO, possible=ZERO, codes=choice.values)
            case Reference():
                return Row(row=ZERO)
            case _ as never:
                assert_never(never)

    def _anything(self, type_: Type) -> Set:
        """Return all values of a type, without any range."""
        absent = YES if isinstance(type_, Optional) else NO
        flags = flags_of(Flags(absent=absent, single=False))
        match core(type_):
            case Quantity() | Date() | Undetermined():
                zero = numbers.NOTHING
                return Num(low=zero, high=zero, no_low=YES, no_high=YES, **flags)
            case TruthType():
                return Truth(yes=YES, no=YES, **flags)
            case Text() | Choice() as kind:
                codes = self.layout.texts if isinstance(kind, Text) else kind.values
                is_open = isinstance(kind, Text) or kind.is_open
                if len(codes) > MOST_CODES:
                    raise Unfit(Why.CODES)
                mask = number((1 << (len(codes) + is_open)) - 1)
                return Codes(code=ZERO, mask=mask, codes=codes, **flags)
            case Selection(choice=choice):
                every = number((1 << (len(choice.values) + choice.is_open)) - 1)
                return Marks(sure=ZERO, possible=every, codes=choice.values, **flags)
            case Reference():
                raise Unfit(Why.REFERENCE)
            case _ as never:
                assert_never(never)

    # ------------------------------------------------------------ numbers

    def _monotone(self, value: Num, rule: Any) -> Num:
        low = rule(value.low)
        high = low if value.low is value.high else rule(value.high)
        return Num(
            low=low, high=high, no_low=value.no_low, no_high=value.no_high, **flags_of(value)
        )

    def _bracketed(self, amount: Num, thresholds: Sequence[Exact], rates: Sequence[Exact]) -> Num:
        """Return what marginal rates make of an amount: never less than nothing."""
        write = self.write
        found = self._monotone(amount, lambda end: numbers.bracketed(write, end, thresholds, rates))
        if amount.no_low != NO:
            low = numbers.select(write, amount.no_low, numbers.NOTHING, found.low)
            found = evolve(found, low=low, no_low=NO)
        if amount.no_high != NO and not rates[-1]:
            most = numbers.bracketed(write, numbers.exact(thresholds[-1]), thresholds, rates)
            high = numbers.select(write, amount.no_high, most, found.high)
            found = evolve(found, high=high, no_high=NO)
        return found

    def _scaled(self, value: Num, factor: Fraction) -> Num:
        one = numbers.exact(factor)
        return self._arithmetic("*", Num(low=one, high=one), value, whole=False)

    def _arithmetic(
        self,
        op: Literal["+", "-", "*", "/"],
        left: Num,
        right: Num,
        whole: bool,  # noqa: FBT001 - of the divisor
    ) -> Num:
        write = self.write
        flags = strict(write, (left, right))
        if left.lead is not None or right.lead is not None:
            self.expect_change(ZERO, YES)
        is_single = left.low is left.high and right.low is right.high
        match op:
            case "+":
                low = numbers.add(write, left.low, right.low)
                high = low if is_single else numbers.add(write, left.high, right.high)
                no_low = write.either(left.no_low, right.no_low)
                no_high = write.either(left.no_high, right.no_high)
            case "-":
                low = numbers.subtract(write, left.low, right.high)
                high = low if is_single else numbers.subtract(write, left.high, right.low)
                no_low = write.either(left.no_low, right.no_high)
                no_high = write.either(left.no_high, right.no_low)
            case "*":
                return self._product(left, right, flags)
            case "/":
                return self._quotient(left, right, flags, whole)
            case _:
                assert_never(op)
        return Num(low=low, high=high, no_low=no_low, no_high=no_high, **flags_of(flags))

    def _product(self, left: Num, right: Num, flags: Flags) -> Num:
        write = self.write
        rest = flags_of(flags)
        if left.low is left.high and right.low is right.high and _is_bounded(left, right):
            exact = numbers.multiply(write, left.low, right.low)
            return Num(low=exact, high=exact, **rest)
        if right.low is right.high and _is_bounded(right):
            left, right = right, left
        if left.low is left.high and _is_bounded(left):
            by = left.low
            positive = numbers.below(write, numbers.NOTHING, by)
            negative = numbers.below(write, by, numbers.NOTHING)
            one = numbers.multiply(write, by, right.low)
            other = numbers.multiply(write, by, right.high)
            return Num(
                low=numbers.select(write, negative, other, one),
                high=numbers.select(write, negative, one, other),
                no_low=write.either(
                    write.both(positive, right.no_low), write.both(negative, right.no_high)
                ),
                no_high=write.either(
                    write.both(positive, right.no_high), write.both(negative, right.no_low)
                ),
                **rest,
            )
        self.defer(write.either(left.no_low, left.no_high, right.no_low, right.no_high))
        products = [
            numbers.multiply(write, one, other)
            for one in (left.low, left.high)
            for other in (right.low, right.high)
        ]
        low = high = products[0]
        for product in products[1:]:
            low = numbers.minimum(write, low, product)
            high = numbers.maximum(write, high, product)
        return Num(low=low, high=high, **rest)

    def _quotient(self, left: Num, right: Num, flags: Flags, whole: bool) -> Num:  # noqa: FBT001 - of the divisor
        write = self.write
        if right.low is right.high and _is_bounded(right):
            is_zero = numbers.same(write, right.low, numbers.NOTHING)
            error = write.either(flags.error, write.both(flags.here, is_zero))
            here = write.both(flags.here, write.negation(is_zero))
            rest = {**flags_of(flags), "here": here, "error": error}
            negative = numbers.below(write, right.low, numbers.NOTHING)
            low = numbers.divide(write, left.low, right.low, is_zero)
            if left.low is left.high:
                return Num(low=low, high=low, no_low=left.no_low, no_high=left.no_high, **rest)
            high = numbers.divide(write, left.high, right.low, is_zero)
            return Num(
                low=numbers.select(write, negative, high, low),
                high=numbers.select(write, negative, low, high),
                no_low=write.choose(negative, left.no_high, left.no_low),
                no_high=write.choose(negative, left.no_low, left.no_high),
                **rest,
            )
        # By what is known within bounds: above 0, or from 0 for whole numbers; else it is left.
        zero = numbers.NOTHING
        least = right.low
        at_zero = numbers.at_most(write, least, zero)
        below_zero = write.either(right.no_low, numbers.below(write, least, zero))
        self.defer(write.either(below_zero, right.no_high, left.no_low, left.no_high))
        if whole:
            least = numbers.maximum(write, least, numbers.exact(1))
        else:
            self.defer(at_zero)
        none = numbers.at_most(write, right.high, zero)
        never = numbers.same(write, right.high, zero)
        ends = [
            numbers.divide(write, end, by, numbers.at_most(write, by, zero))
            for end in dict.fromkeys((left.low, left.high))
            for by in (least, right.high)
        ]
        low = high = ends[0]
        for end in ends[1:]:
            low = numbers.minimum(write, low, end)
            high = numbers.maximum(write, high, end)
        rest = {
            **flags_of(flags),
            "here": write.both(flags.here, write.negation(write.either(none, never))),
            "error": write.either(flags.error, write.both(flags.here, at_zero)),
        }
        return Num(low=low, high=high, **rest)

    # ------------------------------------------------------------ truths

    def _compare(self, op: str, left: Expr, right: Expr, spot: Spot) -> Truth:
        one, other = self.lower(left, spot), self.lower(right, spot)
        match op:
            case "=":
                return equal(one, other, self)
            case "!=":
                return _turned(equal(one, other, self))
            case "<" | "<=" | ">" | ">=":
                return order(op, self._as(Num, one), self._as(Num, other), self)
            case _:
                raise ValueError(op)

    def conjunction(self, items: Sequence[Truth]) -> Truth:
        """Return `and`: an item counts only if all before it may be yes."""
        write = self.write
        reach, no, absent, error = YES, NO, NO, NO
        for item in items:
            no = write.either(no, write.both(reach, item.no))
            absent = write.either(absent, write.both(reach, item.absent))
            error = write.either(error, write.both(reach, item.error))
            reach = write.both(reach, item.yes)
        single = all(item.single for item in items)
        if single and error == NO and absent == NO:
            no = write.negation(reach)
        return Truth(
            yes=reach,
            no=no,
            here=write.either(reach, no),
            absent=absent,
            error=error,
            single=single,
        )

    def _any_of(self, items: Sequence[Truth]) -> Truth:
        """Return whether any is yes; the certain error of any is one."""
        write = self.write
        lost = write.negation(write.either(*(certain_error(write, item) for item in items)))
        yes = write.both(lost, *([write.either(*(item.yes for item in items))]))
        no = write.both(lost, *(item.no for item in items))
        return Truth(
            yes=yes,
            no=no,
            here=write.either(yes, no),
            absent=write.both(lost, write.either(*(item.absent for item in items))),
            error=write.either(*(item.error for item in items)),
            single=False,
        )

    def _payable(self, value: Set) -> Truth:
        write = self.write
        flags = strict(write, (value,))
        error = flags.error
        match value:
            case Num():
                zero = numbers.NOTHING
                negative = write.either(value.no_low, numbers.below(write, value.low, zero))
                error = write.either(error, write.both(flags.here, negative))
                yes = write.either(value.no_high, numbers.below(write, zero, value.high))
                if value.low is value.high and _is_bounded(value):
                    no = numbers.same(write, value.low, zero)
                    no = write.negation(yes) if negative == NO else no
                else:
                    no = write.both(
                        write.either(value.no_low, numbers.at_most(write, value.low, zero)),
                        write.either(value.no_high, numbers.at_most(write, zero, value.high)),
                    )
            case Marks(sure=sure, possible=possible):
                no = write.same(sure, ZERO)
                yes = write.negation(write.same(possible, ZERO))
            case Truth() | Codes() | Row():
                yes, no = YES, NO
            case _:
                assert_never(value)
        yes, no = write.both(yes, flags.here), write.both(no, flags.here)
        rest = {**flags_of(flags), "error": error, "here": write.either(yes, no)}
        return Truth(yes=yes, no=no, **rest)

    # ------------------------------------------------------------ choices

    def _present(self, value: Set) -> Set:
        write = self.write
        if value.absent == NO:
            return value
        nothing = write.both(value.absent, write.negation(write.either(value.here, value.error)))
        flags = Flags(
            here=value.here, error=write.either(value.error, nothing), single=value.single
        )
        return with_flags(write, value, flags)

    def _else(self, value: Set, alternative: Expr, spot: Spot) -> Set:
        write = self.write
        if value.absent == NO:
            return value
        other = self.lower(alternative, spot)
        there = with_flags(
            write, value, Flags(here=value.here, error=value.error, single=value.single)
        )
        entries = Entry(write.negation(value.absent), there), Entry(value.absent, other)
        if value.single:
            return hull(write, entries, exclusive=True, exhaustive=True)
        return hull(write, (Entry(YES, there), entries[1]), exclusive=False)

    def _cases(self, node: Cases, spot: Spot) -> Set:
        write = self.write
        reach, error = YES, NO
        is_single = True
        entries: list[Entry] = []
        for branch in node.branches:
            condition = self._truth(branch.condition, spot)
            is_single = is_single and condition.single and condition.absent == NO
            error = write.either(error, write.both(reach, condition.error))
            included = write.both(reach, condition.yes)
            if included != NO:
                entries.append(Entry(included, self.lower(branch.result, spot)))
            reach = write.both(reach, condition.no)
        if node.otherwise is not None:
            if reach != NO:
                entries.append(Entry(reach, self.lower(node.otherwise, spot)))
        elif not node.complete:
            error = write.either(error, reach)
        if not entries:
            return with_flags(write, self._blank(node.type), Flags(here=NO, error=YES))
        is_met = is_single and error == NO and (node.otherwise is not None or node.complete)
        found = hull(write, entries, exclusive=is_single, exhaustive=is_met)
        nothing = NO
        if not is_met:
            met = write.either(*(entry.included for entry in entries))
            nothing = write.both(write.negation(met), write.negation(error))
        flags = Flags(
            here=found.here,
            absent=found.absent,
            error=write.either(found.error, error, nothing),
            single=is_single and found.single,
        )
        return with_flags(write, found, flags)

    # ------------------------------------------------------------ records

    def _aggregate(self, node: Aggregate, spot: Spot) -> Set:
        memo = self.write.blocks[spot.level].memo
        name = ("aggregate", node, spot.identity)
        if name not in memo:
            for each, value in self._together(node, spot):
                memo["aggregate", each, spot.identity] = value
        found: Set = memo[name]
        return found

    def _together(self, node: Aggregate, spot: Spot) -> list[tuple[Aggregate, Set]]:
        """Work out an aggregate, and in the same loop those that are ready with it."""
        entity = spot.entity or ""
        memo = self.write.blocks[spot.level].memo
        first = path_down(self.program, entity, node.over.entity)[0]
        group = [node]
        for each in self.shared.get(entity, ()):
            if each in group or ("aggregate", each, spot.identity) in memo:
                continue
            is_same_loop = path_down(self.program, entity, each.over.entity)[0] == first
            if is_same_loop and self.rank(each) == self.rank(node):
                group.append(each)
        try:
            return list(zip(group, run(group, spot, self), strict=True))
        except Unfit:
            if len(group) == 1:
                raise
            return [(node, run([node], spot, self)[0])]

    def rank(self, node: Expr) -> int:
        """Return how many loops, one after or inside the other, an expression stands on.

        What is worked out in one loop is all of one rank, so that none of it waits for another.
        """
        found = self._ranks.get(id(node))
        if found is None:
            found = self._ranks[id(node)] = self._rank(node)
        return found

    def _rank(self, node: Expr) -> int:
        asked = [*children(node)]
        match node:
            case Use(key=key):
                asked.append(self.program.definition[key].body)
            case FactUse(entity=entity, name=name):
                default = self.program.fact[entity, name].default
                asked += () if default is None else (default,)
            case Figure(parameter=key):
                applies = self.program.parameter[key].applies
                asked += () if applies is None else (applies,)
            case Place(ration=key):
                ration = self.program.ration[key]
                payment = self.program.grant[ration.grant].payment
                asked += (order for order, _ in ration.orders)
                asked += () if ration.fund is None else (ration.fund,)
                if payment in self.program.definition:
                    asked.append(self.program.definition[payment].body)
            case _:
                pass
        rank = max(map(self.rank, asked), default=0)
        return rank + 1 if is_aggregate(node) else rank

    def _follow(self, node: Follow, spot: Spot) -> Set:
        write = self.write
        named = self._as(Row, self.lower(node.reference, spot))
        parent = self.layout.parent(node.entity)
        if parent != self.layout.root or spot.entity is None:
            raise Unfit(Why.REFERENCE)
        level = max(named.row.level, spot.rows[parent].level)
        there = spot.down(node.entity, evolve(named.row, level=level))
        body = self.lower(node.body, there)
        flags = Flags(
            here=write.both(named.here, body.here),
            absent=write.either(write.both(named.here, body.absent), named.absent),
            error=write.either(write.both(named.here, body.error), named.error),
            single=named.single and body.single,
        )
        return with_flags(write, body, flags)

    def _month_sum(self, node: MonthSum, spot: Spot) -> Set:
        write = self.write
        first, last = self._num(node.first, spot), self._num(node.last, spot)
        flags = strict(write, (first, last))
        both = write.both(decided(write, first), decided(write, last))
        self.defer(write.negation(both))
        if first.lead is not None or last.lead is not None:
            self.expect_change(ZERO, YES)
        start, end = first.low.whole, last.low.whole
        count = max(0, (end.high - start.low) // 28 + 2)
        begin = write.call("month_index", (start,), 0, 200_000)
        finish = write.call("month_index", (end,), 0, 200_000)
        # Where a date is not there, no month is gone through.
        finish = write.select(flags.here, finish, begin)
        level = max(spot.level, begin.level, finish.level)
        with write.at(level):
            names = [write.fresh("sum") for _ in range(4)]
            total, top, absent, error = names
            for name, nothing in zip(names, ("0", "0", "False", "False"), strict=True):
                write.line(f"{name} = {nothing}")
            month = write.fresh("m")
            with write.loop(f"for {month} in range({begin.text}, {finish.text}):") as inside:
                at = Int(month, 0, 200_000, inside)
                day = write.call("first_of_month", (at,), start.low - 31, max(1, end.high))
                then = Spot(spot.entity, spot.rows, day, is_now=False)
                value = self._num(node.value, then)
                self.defer(write.either(value.no_low, value.no_high))
                counts = value.here
                low_end = numbers.settled(write, value.low, 0)
                high_end = low_end
                if value.low is not value.high:
                    high_end = numbers.settled(write, value.high, 0)
                ends = numbers.level_with(write, low_end, high_end)
                low = write.select(counts, ends[0].whole, ZERO)
                high = write.select(counts, ends[1].whole, ZERO)
                write.line(f"{total} = {total} + {low.text}", inside)
                write.line(f"{top} = {top} + {high.text}", inside)
                write.line(f"{absent} = {absent} | {value.absent.text}", inside)
                write.line(f"{error} = {error} | {value.error.text}", inside)
                if not value.single:
                    mixed = write.both(
                        write.either(value.absent, value.error),
                        write.negation(decided(write, value)),
                    )
                    self.defer(mixed)
        reach = min(0, low.low) * count, max(0, high.high) * count
        for bound in reach:
            write.whole("0", bound, bound, 0)
        least = Frac(Int(total, *reach, level), ends[0].scale)
        most = least if value.single else Frac(Int(top, *reach, level), ends[0].scale)
        lost, gone = Bit(error, level), Bit(absent, level)
        is_there = write.negation(write.either(lost, gone))
        return Num(
            low=least,
            high=most,
            here=write.both(flags.here, is_there),
            absent=write.either(flags.absent, write.both(flags.here, gone, write.negation(lost))),
            error=write.either(flags.error, write.both(flags.here, lost)),
            single=flags.single and value.single,
        )

    def _place(self, node: Place, spot: Spot) -> Set:
        """Return whether a claim has a place: who else claims, this document does not tell."""
        write = self.write
        ration = self.program.ration[node.ration]
        if ration.fund is None:
            return truth(write, YES)
        if ration.entity not in self.layout.above:
            raise Unfit(Why.RATION)
        grant = self.program.grant[ration.grant]
        needed: list[Set] = [self.lower(ration.fund, spot.up(ration.entity))]
        on_claim = spot.up(grant.entity)
        is_counted = isinstance(grant.type, Quantity)
        if is_counted and grant.payment in self.program.definition:
            needed.append(self.definition(grant.payment, on_claim))
        needed.extend(self.lower(key, on_claim) for key, _ in ration.orders)
        if any(isinstance(each, Num) and each.lead is not None for each in needed):
            self.expect_change(ZERO, YES)
        lost = write.either(*(certain_error(write, each) for each in needed))
        error = write.either(*(each.error for each in needed))
        here = write.negation(lost)
        return Truth(yes=here, no=here, here=here, error=error, single=False)


def _is_bounded(*values: Num) -> bool:
    return all(value.no_low == NO and value.no_high == NO for value in values)


def _turned(value: Truth) -> Truth:
    return Truth(yes=value.no, no=value.yes, **flags_of(value))


def shared_aggregates(needed: Sequence[Definition]) -> Mapping[str, Sequence[Aggregate]]:
    """Return for each kind the aggregates that its definitions ask for on the record itself."""
    found: dict[str, dict[Aggregate, None]] = {}
    for definition in needed:
        if definition.entity is None:
            continue
        waiting: list[Expr] = [definition.body]
        while waiting:
            node = waiting.pop()
            match node:
                case SumOver() | CountOver() | AnyOver() | EveryOver() | BestOver() | BestBy():
                    found.setdefault(definition.entity, {})[node] = None
                    otherwise = getattr(node, "otherwise", None)
                    waiting.extend(() if otherwise is None else (otherwise,))
                case Follow(reference=reference):
                    waiting.append(reference)
                case OnRecord():
                    pass
                case MonthSum(first=first, last=last):
                    waiting.extend((first, last))
                case _:
                    waiting.extend(children(node))
    return {entity: tuple(nodes) for entity, nodes in found.items()}
