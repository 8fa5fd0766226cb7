"""Expressions to terms: one rule for each node, for households of which all facts are known."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Literal, assert_never

import z3
from attrs import define, field

from aidrules import bounds, dates
from aidrules.backends.smt import days, terms
from aidrules.backends.smt.context import Spot
from aidrules.backends.smt.household import Household
from aidrules.backends.smt.lists import aggregate
from aidrules.backends.smt.lookups import figure, table
from aidrules.backends.smt.terms import Bit, Exactly, Unfit, Why, both, either, negation
from aidrules.backends.smt.values import (
    Curve,
    List,
    Num,
    Term,
    Truth,
    Word,
    mapped,
    number,
    one_of,
    order,
    plain,
    same,
    strict,
    with_constant,
)
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
    DateRules,
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
from aidrules.program import Place as RationPlace
from aidrules.types import (
    Choice,
    Date,
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

Memo = dict[tuple[str, int, int], Term | Unfit]


@define(eq=False)
class Lowerer:
    """Expressions to terms over one household.

    Attributes:
        opens: Whether a figure that has no value at all on the day is taken to have any.
        varied: Keys of a figure, and of what amends it, that is taken to have any value.
        chances: The answers whether a claim has a place among limited funds, which this household
            alone does not tell: any answer is possible.
    """

    household: Household
    opens: bool = False
    varied: tuple[str, ...] = ()
    memo: Memo = field(factory=dict)
    chances: dict[tuple[str, int], Bit] = field(factory=dict)

    @property
    def program(self) -> Program:
        """The policy."""
        return self.household.program

    def definition(self, key: str, spot: Spot) -> Term:
        """Return a definition on the record of its kind.

        Raises:
            Unfit: If it has no translation.
        """
        found = self.program.definition[key]
        on = spot.up(found.entity)
        name = (key, id(on.place), on.today)
        if name not in self.memo:
            try:
                self.memo[name] = self.lower(found.body, on)
            except Unfit as unfit:
                self.memo[name] = unfit
        value = self.memo[name]
        if isinstance(value, Unfit):
            raise value
        return value

    def lower(self, node: Expr, spot: Spot) -> Term:
        """Return an expression as a term.

        Raises:
            Unfit: If it has no translation.
        """
        match node:
            case Constant(value=value):
                return self.constant(value, node.type)
            case UnknownValue():
                raise Unfit(Why.UNKNOWN)
            case Fail():
                return self.blank(node.type).flagged(error=True)
            case Today():
                return Num(exact=terms.exact(spot.today))
            case FactUse(entity=entity, name=name):
                return self._fact(entity, name, spot)
            case Use(key=key):
                return self.definition(key, spot)
            case Figure():
                return figure(node, spot, self)
            case Follow():
                raise Unfit(Why.REFERENCE)
            case OnRecord():
                raise Unfit(Why.RECORD)
            case Recorded(entity=entity, key=key, part=part):
                place = spot.up(entity).place
                if place is None or (key, part) not in place.past:
                    raise Unfit(Why.RECORD)
                return place.past[key, part]
            case Arithmetic():
                return self._arithmetic(node, spot)
            case Convert(value=value, factor=factor):
                return self._mapped(
                    self.lower(value, spot),
                    lambda one: one * factor,
                    lambda one: terms.multiply(one, terms.exact(factor)),
                    keeps=factor > 0,
                )
            case Extreme(word=word, items=items):
                return self._extreme(word, [self.lower(item, spot) for item in items])
            case Round(value=value, mode=mode, quantum=quantum):
                return self._mapped(
                    self.lower(value, spot),
                    lambda one: bounds.round_exact(one, mode, quantum),
                    lambda one: terms.rounded(one, mode, quantum),
                    keeps=True,
                )
            case Compare(op=op, left=left, right=right):
                one, other = self.lower(left, spot), self.lower(right, spot)
                match op:
                    case "=":
                        yes = same(one, other)
                    case "!=":
                        yes = negation(same(one, other))
                    case _:
                        yes = order(op, one, other)
                return Truth(yes=yes, **strict((one, other)))
            case OneOf(value=value, values=values):
                named = self._word(value, spot)
                codes = [named.code == self.household.words.number(each) for each in values]
                return Truth(yes=either(*codes), **strict((named,)))
            case Includes(selection=selection, value=value):
                return self._includes(self.lower(selection, spot), self._word(value, spot))
            case Within():
                return self._within(node, spot)
            case Not(value=value):
                held = self.truth(value, spot)
                return Truth(yes=negation(held.yes), absent=held.absent, error=held.error)
            case And(items=items):
                return self._guarded((self.truth(item, spot) for item in items), decisive=False)
            case Or(items=items, guards=True):
                return self._guarded((self.truth(item, spot) for item in items), decisive=True)
            case Or(items=items):
                parts = [self.truth(item, spot) for item in items]
                yes = either(*(both(part.here, part.yes) for part in parts))
                return Truth(yes=yes, **strict(parts))
            case IsNone(value=value):
                found = self.lower(value, spot)
                return Truth(yes=found.absent, error=found.error)
            case Present(value=value):
                found = self.lower(value, spot)
                return found.flagged(error=either(found.error, found.absent))
            case Else(value=value, alternative=alternative):
                found = self.lower(value, spot)
                if found.absent is False:
                    return found
                return one_of(found.absent, self.lower(alternative, spot), found)
            case Cases():
                return self._cases(node, spot)
            case Table():
                return table(node, spot, self)
            case Brackets(value=value, thresholds=thresholds, rates=rates):
                return self._brackets(self.lower(value, spot), thresholds, rates)
            case SumOver() | CountOver() | AnyOver() | EveryOver() | BestOver():
                return aggregate(node, spot, self)
            case BestBy():
                raise Unfit(Why.BEST)
            case MonthSum():
                return self._month_sum(node, spot)
            case Shift(date=date, period=period, sign=sign, unit=unit, calendar=rules):
                return self._shift(
                    self.lower(date, spot), self.lower(period, spot), sign, unit, rules
                )
            case PeriodsBetween(first=first, last=last):
                return days.between(node, self.lower(first, spot), self.lower(last, spot))
            case Boundary(date=date):
                return days.boundary(node, self.lower(date, spot))
            case Part(period=unit, date=date):
                return days.part(unit, self.lower(date, spot))
            case Payable(value=value):
                return self._payable(self.lower(value, spot))
            case RationPlace():
                return self._place(node, spot)
            case _:
                assert_never(node)

    def truth(self, node: Expr, spot: Spot) -> Truth:
        """Return a condition as a term."""
        found = self.lower(node, spot)
        if not isinstance(found, Truth):
            raise TypeError(found)
        return found

    def _word(self, node: Expr, spot: Spot) -> Word:
        found = self.lower(node, spot)
        if not isinstance(found, Word):
            raise TypeError(found)
        return found

    # ------------------------------------------------------------ values

    def constant(self, value: Scalar, type_: Type) -> Term:
        """Return a certain value."""
        match value:
            case Absent():
                return self.blank(type_).flagged(absent=True)
            case bool():
                return Truth(yes=value)
            case int() | Fraction():
                return Num(exact=terms.exact(value))
            case str() if isinstance(core(type_), Reference):
                raise Unfit(Why.REFERENCE)
            case str():
                return Word(code=self.household.words.number(value))
            case frozenset():
                return List(marks=dict.fromkeys(sorted(value), True))

    def blank(self, type_: Type) -> Term:
        """Return some value of a type, of which only the conditions will count."""
        match core(type_):
            case Quantity() | Date() | Undetermined():
                return Num(exact=terms.NOTHING)
            case TruthType():
                return Truth(yes=False)
            case Text() | Choice():
                return Word(code=0)
            case Selection():
                return List(marks={})
            case Reference():
                raise Unfit(Why.REFERENCE)
            case _ as never:
                assert_never(never)

    def _fact(self, entity: str, name: str, spot: Spot) -> Term:
        place = spot.up(entity).place
        if place is None:
            raise Unfit(Why.RECORD)
        if name not in place.facts:
            raise Unfit(Why.REFERENCE)
        return place.facts[name]

    # ------------------------------------------------------------ numbers

    def _mapped(
        self,
        value: Term,
        rule: Callable[[Exact], Exact],
        build: Callable[[Exactly], Exactly],
        *,
        keeps: bool,
    ) -> Term:
        if isinstance(value, Curve):
            return mapped(value, rule, build, keeps=keeps)
        return Num(exact=build(number(value)), absent=value.absent, error=value.error)

    def _arithmetic(self, node: Arithmetic, spot: Spot) -> Term:
        left, right = self.lower(node.left, spot), self.lower(node.right, spot)
        moved = with_constant(node.op, left, right)
        if moved is not None:
            return moved
        flags = strict((left, right))
        one, other = number(left), number(right)
        match node.op:
            case "+":
                return Num(exact=terms.add(one, other), **flags)
            case "-":
                return Num(exact=terms.subtract(one, other), **flags)
            case "*":
                return Num(exact=terms.multiply(one, other), **flags)
            case "/":
                is_zero = both(terms.same(other, terms.NOTHING), negation(flags["absent"]))
                error = either(flags["error"], is_zero)
                return Num(exact=terms.divide(one, other), absent=flags["absent"], error=error)
            case _:
                assert_never(node.op)

    def _extreme(self, word: str, items: Sequence[Term]) -> Term:
        best, *rest = map(number, items)
        for item in rest:
            is_better = terms.below(best, item) if word == "highest" else terms.below(item, best)
            best = terms.select(is_better, item, best)
        return Num(exact=best, **strict(items))

    def _brackets(self, value: Term, thresholds: Sequence[Exact], rates: Sequence[Exact]) -> Term:
        amount = number(value)
        total = terms.NOTHING
        for at, (threshold, rate) in enumerate(zip(thresholds, rates, strict=True)):
            first = terms.exact(threshold)
            part = terms.subtract(amount, first)
            if at + 1 < len(thresholds):
                width = terms.exact(thresholds[at + 1] - threshold)
                part = terms.select(terms.below(width, part), width, part)
            part = terms.select(terms.below(terms.NOTHING, part), part, terms.NOTHING)
            total = terms.add(total, terms.multiply(part, terms.exact(rate)))
        return Num(exact=total, absent=value.absent, error=value.error)

    def _payable(self, value: Term) -> Term:
        flags = strict((value,))
        match plain(value):
            case Num(exact=exact):
                negative = both(value.here, terms.below(exact, terms.NOTHING))
                yes = terms.below(terms.NOTHING, exact)
                return Truth(yes=yes, absent=flags["absent"], error=either(value.error, negative))
            case List(marks=marks):
                return Truth(yes=either(*marks.values()), **flags)
            case Truth() | Word():
                return Truth(yes=True, **flags)
            case _ as never:
                assert_never(never)

    # ------------------------------------------------------------ truths and choices

    def _includes(self, selection: Term, value: Word) -> Term:
        if not isinstance(selection, List):
            raise TypeError(selection)
        words = self.household.words
        yes = either(
            *(
                both(mark, value.code == words.number(name))
                for name, mark in selection.marks.items()
            )
        )
        return Truth(yes=yes, **strict((selection, value)))

    def _guarded(self, items: Iterable[Truth], *, decisive: bool) -> Term:
        """Return the decisive answer where an item gives it, unless one before it fails."""
        reach: Bit = True
        error: Bit = False
        absent: Bit = False
        decided: Bit = False
        for item in items:
            error = either(error, both(reach, item.error))
            absent = either(absent, both(reach, item.absent))
            on = both(reach, item.here)
            stops = item.yes if decisive else negation(item.yes)
            decided = either(decided, both(on, stops))
            reach = both(on, negation(stops))
        yes = decided if decisive else reach
        return Truth(yes=yes, absent=absent, error=error)

    def reached(self, node: Cases, spot: Spot) -> tuple[list[Bit], Bit, Bit]:
        """Return where each case is met, where none is, and where a condition fails."""
        met: list[Bit] = []
        error: Bit = False
        reach: Bit = True
        for branch in node.branches:
            if reach is False:
                met.append(False)
                continue
            condition = self.truth(branch.condition, spot)
            lost = either(condition.error, condition.absent)
            error = either(error, both(reach, lost))
            met.append(both(reach, negation(lost), condition.yes))
            reach = both(reach, negation(lost), negation(condition.yes))
        return met, reach, error

    def _cases(self, node: Cases, spot: Spot) -> Term:
        met, reach, error = self.reached(node, spot)
        parts = [
            (included, self.lower(branch.result, spot))
            for included, branch in zip(met, node.branches, strict=True)
            if included is not False
        ]
        if reach is not False:
            if node.otherwise is not None:
                parts.append((reach, self.lower(node.otherwise, spot)))
            elif not node.complete:
                error = either(error, reach)
        return self.chain(parts, error, node.type)

    def chain(self, parts: Sequence[tuple[Bit, Term]], error: Bit, type_: Type) -> Term:
        """Return the value whose condition holds, or an error; one of all these does."""
        if not parts:
            return self.blank(type_).flagged(error=either(error, True))
        *rest, (_, result) = parts
        for condition, value in reversed(rest):
            result = one_of(condition, value, result)
        if error is False:
            return result
        return result.flagged(
            absent=both(result.absent, negation(error)), error=either(error, result.error)
        )

    # ------------------------------------------------------------ dates

    def _shift(
        self, date: Term, period: Term, sign: Literal[1, -1], unit: str, rules: DateRules
    ) -> Term:
        if unit == "working day":
            return self._working_days(date, period, sign, rules)
        return days.shift(date, period, sign, unit, rules.mode)

    def _working_days(self, date: Term, period: Term, sign: int, rules: DateRules) -> Term:
        """Return a date moved by a certain number of working days."""
        count = number(period).constant
        calendar = self.program.calendars.get(rules.calendar or "")
        if count is None or count.denominator != 1:
            raise Unfit(Why.WORKING_DAYS)
        if calendar is None:
            return date.flagged(**strict((date, period))).flagged(error=negation(date.absent))
        return days.working_days(date, period, int(count) * sign, calendar)

    def _within(self, node: Within, spot: Spot) -> Term:
        date, period, start = (
            self.lower(each, spot) for each in (node.date, node.period, node.start)
        )
        kind = core(node.period.type)
        unit = kind.unit.duration if isinstance(kind, Quantity) else None
        is_before = node.direction == "before"
        bound = self._shift(start, period, -1 if is_before else 1, unit or "day", node.calendar)
        if is_before:
            yes = both(order("<=", bound, date), order("<", date, start))
        else:
            yes = both(order("<", start, date), order("<=", date, bound))
        return Truth(yes=yes, **strict((date, period, start, bound)))

    def _month_sum(self, node: MonthSum, spot: Spot) -> Term:
        first, last = self.lower(node.first, spot), self.lower(node.last, spot)
        start, end = number(first).constant, number(last).constant
        if start is None or end is None:
            raise Unfit(Why.MONTHS)
        total, values = terms.NOTHING, [first, last]
        for month in dates.months_from(int(start), int(end)):
            value = self.lower(node.value, Spot(spot.place, dates.first_of_month(month)))
            total = terms.add(total, number(value))
            values.append(value)
        return Num(exact=total, **strict(values))

    # ------------------------------------------------------------ limited funds

    def _place(self, node: RationPlace, spot: Spot) -> Term:
        """Return whether a claim has a place: who else claims, this household does not tell."""
        ration = self.program.ration[node.ration]
        if ration.fund is None:
            return Truth(yes=True)
        grant = self.program.grant[ration.grant]
        on_claim = spot.up(grant.entity)
        needed = [self.lower(ration.fund, spot.up(ration.entity))]
        if isinstance(grant.type, Quantity) and grant.payment in self.program.definition:
            needed.append(self.definition(grant.payment, on_claim))
        needed += [self.lower(key, on_claim) for key, _ in ration.orders]
        name = (node.ration, id(on_claim.place))
        if name not in self.chances:
            claim = "" if on_claim.place is None else on_claim.place.id
            self.chances[name] = z3.Bool(f"{claim}:place under {node.ration}")
        return Truth(yes=self.chances[name], error=either(*(each.error for each in needed)))
