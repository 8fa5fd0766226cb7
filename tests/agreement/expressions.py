"""A kind of value and an entity to a random expression that a rule of it may hold."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from random import Random
from typing import Literal

from attrs import define, field

from aidrules import types
from aidrules.program import (
    And,
    AnyMatch,
    AnyOver,
    Arithmetic,
    BestBy,
    BestOver,
    Boundary,
    Brackets,
    Branch,
    Cases,
    Compare,
    Constant,
    Convert,
    CountOver,
    DateRules,
    Definition,
    Else,
    EveryOver,
    Exclusion,
    Expr,
    Extreme,
    Fact,
    FactUse,
    Fail,
    Figure,
    Follow,
    Grant,
    Includes,
    IsNone,
    Match,
    MonthSum,
    Not,
    OneOf,
    OnRecord,
    Or,
    Parameter,
    Part,
    Payable,
    Period,
    PeriodsBetween,
    Present,
    Ration,
    Recorded,
    Records,
    Round,
    RoundingMode,
    Shift,
    SumOver,
    Table,
    TableRow,
    Today,
    UnknownValue,
    Use,
    ValueMatch,
    Within,
)
from aidrules.values import ABSENT

from .kinds import (
    CLOSED,
    DATES,
    HERE,
    NUMBERS,
    OPEN,
    PERIOD_UNITS,
    TEXTS,
    TYPES,
    VALUED,
    Kind,
    ancestry,
    below,
    grant_kind,
    number_cuts,
    number_type,
    scalar,
    subset,
    type_of,
)


@define
class Made:
    """A definition that later ones may use."""

    key: str
    entity: str | None
    kind: Kind
    has_months: bool


@define
class Maker:
    """What a program is made of so far."""

    rng: Random
    facts: list[tuple[Fact, Kind]] = field(factory=list)
    parameters: list[tuple[Parameter, Kind, tuple[Kind, ...], str | None]] = field(factory=list)
    definitions: list[Definition] = field(factory=list)
    made: list[Made] = field(factory=list)
    groups: list[Made] = field(factory=list)
    grants: list[Grant] = field(factory=list)
    exclusions: list[Exclusion] = field(factory=list)
    rations: list[Ration] = field(factory=list)
    in_months: bool = False
    has_months: bool = False

    def cuts(self, kind: Kind) -> list[Match]:
        """Return cells of which each value meets one; of a text, what is not named meets none."""
        rng = self.rng
        match kind:
            case "truth":
                return [ValueMatch(True), ValueMatch(False)]
            case "closed":
                return [ValueMatch(value) for value in CLOSED.values]
            case "open":
                return [ValueMatch(value) for value in OPEN.values]
            case "text":
                return [ValueMatch(value) for value in TEXTS]
            case "number" | "count" | "date":
                pool = DATES if kind == "date" else sorted(set(NUMBERS))
                return number_cuts(sorted(rng.sample(pool, rng.choice((1, 1, 2)))), rng)
            case _:
                raise ValueError(kind)

    def partition(self, keys: tuple[Kind, ...]) -> Iterator[tuple[Match, ...]]:
        """Yield rows of cells that no two values share."""
        if not keys:
            yield ()
            return
        if self.rng.random() < 0.15:
            yield from ((AnyMatch(), *row) for row in self.partition(keys[1:]))
            return
        for cell in self.cuts(keys[0]):
            yield from ((cell, *row) for row in self.partition(keys[1:]))

    def make(self, kind: Kind, entity: str | None, depth: int) -> Expr:
        """Return an expression of a kind that a rule of an entity may hold."""
        ways = list(self.leaves(kind, entity))
        if depth <= 0 or self.rng.random() < 0.12:
            return self.rng.choice(ways)()
        branches = list(self.branches(kind, entity, depth - 1))
        branches = self.rng.choices(branches, k=1) if branches else ways
        return self.rng.choice(branches)()

    def leaves(self, kind: Kind, entity: str | None) -> Iterator[Callable[[], Expr]]:
        """Yield the ways to an expression without operands."""
        type_ = type_of(kind)
        plain = kind.removesuffix("?")
        above = set(ancestry(entity))
        found = 0
        for fact, of in self.facts:
            if fact.entity in above and of in (kind, plain):
                found += 1
                use = partial(
                    FactUse, type=fact.type, span=HERE, entity=fact.entity, name=fact.name
                )
                yield use
                yield use
        for made in self.named(entity):
            if made.kind in (kind, plain) and not (self.in_months and made.has_months):
                found += 1
                yield partial(self.use, made)
                yield partial(self.use, made)
        if kind == "date":
            yield partial(Today, type=type_, span=HERE)
        if plain in ("person", "wage_record"):
            if kind.endswith("?"):
                yield partial(Constant, type=type_, span=HERE, value=ABSENT)
            elif not found:
                yield partial(Fail, type=type_, span=HERE, code="failed")
            return
        yield lambda: Constant(type=TYPES[plain], span=HERE, value=scalar(plain, self.rng))
        if kind.endswith("?"):
            yield partial(Constant, type=type_, span=HERE, value=ABSENT)

    def named(self, entity: str | None) -> Iterator[Made]:
        """Yield the definitions that a rule of an entity may name; none names a bare amount."""
        above = {None, *ancestry(entity)}
        for made in self.made:
            if made.entity in above and not made.key.endswith("/amount"):
                yield made

    def use(self, made: Made) -> Expr:
        """Return the use of a definition."""
        self.has_months |= made.has_months
        return Use(type=type_of(made.kind), span=HERE, entity=made.entity, key=made.key)

    def branches(self, kind: Kind, entity: str | None, depth: int) -> Iterator[Callable[[], Expr]]:
        """Yield the ways to an expression with operands, of one level less."""
        many = below(entity)
        yield partial(self.cases, kind, entity, depth)
        yield partial(self.table, kind, entity, depth)
        if self.rng.random() < 0.06:
            if kind not in ("person", "wage_record"):  # there may be no record to be named
                yield partial(UnknownValue, type=type_of(kind), span=HERE)
            yield partial(Fail, type=type_of(kind), span=HERE, code="failed")
        if self.rng.random() < 0.1 and kind not in ("person", "wage_record"):
            yield partial(self.on_record, kind, depth)
        for parameter, of, keys, home in self.parameters:
            if of == kind and (home is None or home in ancestry(entity)):
                yield partial(self.figure, parameter, keys, entity, depth)
        if kind.endswith("?"):
            yield from self.optional_branches(kind.removesuffix("?"), entity, depth)
            return
        yield partial(self.otherwise, kind, entity, depth)
        yield partial(self.present, kind, entity, depth)
        if many and kind not in ("person", "wage_record"):
            yield partial(self.best_by, kind, entity, depth)
        match kind:
            case "number":
                yield from self.number_branches(entity, depth)
            case "count":
                yield from self.count_branches(entity, depth)
            case "date":
                yield from self.date_branches(entity, depth)
            case "truth":
                yield from self.truth_branches(entity, depth)
            case "day" | "week" | "month" | "year":
                yield partial(self.periods, kind, entity, depth)
            case _:
                pass

    def optional_branches(
        self, kind: Kind, entity: str | None, depth: int
    ) -> Iterator[Callable[[], Expr]]:
        """Yield the ways to what may not exist."""
        if kind not in ("person", "wage_record"):
            yield partial(self.follow, kind, entity, depth)
            yield partial(self.follow, kind, entity, depth)
        if self.grants and kind in ("number", "date", "truth"):
            for grant in self.grants:
                if grant.entity in ancestry(entity) and kind in ("date", grant_kind(grant)):
                    yield partial(self.recorded, grant, "run_from" if kind == "date" else "value")
                    yield partial(self.recorded, grant, "run_from" if kind == "date" else "value")
        for made in self.named(entity):
            if made.entity is not None and made.kind == kind and self.rng.random() < 0.5:
                yield partial(
                    Recorded,
                    type=type_of(f"{kind}?"),
                    span=HERE,
                    entity=made.entity,
                    key=made.key,
                    part="value",
                )

    def recorded(self, grant: Grant, part: Literal["receives", "value", "run_from"]) -> Expr:
        """Return what the office last decided of a grant."""
        of = {"receives": "truth", "run_from": "date?", "value": f"{grant_kind(grant)}?"}
        return Recorded(
            type=type_of(of[part]), span=HERE, entity=grant.entity, key=grant.key, part=part
        )

    def follow(self, kind: Kind, entity: str | None, depth: int) -> Expr:
        """Return a value of the record that a reference names."""
        target = self.rng.choice(("person", "person", "wage_record"))
        kinds = (target, f"{target}?", f"{target}?")
        reference = self.make(self.rng.choice(kinds), entity, min(depth, 1))
        body = self.make(self.rng.choice((kind, kind, f"{kind}?")), target, depth)
        return Follow(
            type=type_of(f"{kind}?"), span=HERE, reference=reference, entity=target, body=body
        )

    def on_record(self, kind: Kind, depth: int) -> Expr:
        """Return a value of the county or the first household, which every case has."""
        entity, record = self.rng.choice((("county", "c"), ("household", "h")))
        body = self.make(kind, entity, depth)
        return OnRecord(type=type_of(kind), span=HERE, entity=entity, record=record, body=body)

    def otherwise(self, kind: Kind, entity: str | None, depth: int) -> Expr:
        """Return a value with an alternative."""
        value = self.make(f"{kind}?", entity, depth)
        alternative = self.make(kind, entity, depth)
        return Else(type=type_of(kind), span=HERE, value=value, alternative=alternative)

    def present(self, kind: Kind, entity: str | None, depth: int) -> Expr:
        """Return a value behind the condition that it is there, or whether it is and is large."""
        rng = self.rng
        of = rng.choice(("number", "date")) if kind == "truth" else kind
        value = self.make(f"{of}?", entity, depth)
        if not isinstance(value.type, types.Optional):
            return self.otherwise(kind, entity, depth)
        there = Present(type=type_of(of), span=HERE, value=value)
        none = IsNone(type=types.TRUTH, span=HERE, value=value)
        some = Not(type=types.TRUTH, span=HERE, value=none)
        if kind != "truth":
            rest = self.make(kind, entity, depth)
            branches = (Branch(some, there),)
            return Cases(type=type_of(kind), span=HERE, branches=branches, otherwise=rest)
        limit = self.make(of, entity, min(depth, 1))
        large = Compare(type=types.TRUTH, span=HERE, op=">=", left=there, right=limit)
        if rng.random() < 0.5:
            return And(type=types.TRUTH, span=HERE, items=(some, large))
        return Or(type=types.TRUTH, span=HERE, items=(none, large))

    def cases(self, kind: Kind, entity: str | None, depth: int) -> Expr:
        """Return cases; some are complete by their form."""
        rng = self.rng
        conditions = [self.make("truth", entity, depth) for _ in range(rng.choice((1, 1, 2, 3)))]
        is_complete = rng.random() < 0.2
        if is_complete:
            conditions.append(Not(type=types.TRUTH, span=HERE, value=rng.choice(conditions)))
        branches = tuple(
            Branch(condition, self.make(kind, entity, depth)) for condition in conditions
        )
        has_rest = not is_complete and rng.random() < 0.8
        return Cases(
            type=type_of(kind),
            span=HERE,
            branches=branches,
            otherwise=self.make(kind, entity, depth) if has_rest else None,
            complete=is_complete,
        )

    def table(self, kind: Kind, entity: str | None, depth: int) -> Expr:
        """Return a decision table or a step table; some are incomplete."""
        rng = self.rng
        candidates = ("truth", "closed", "open", "text", "number", "count", "date")
        keys = tuple(rng.choice(candidates) for _ in range(rng.choice((1, 1, 2))))
        inputs = tuple(self.make(key, entity, depth) for key in keys)
        keep = rng.choice((1.0, 1.0, 0.8))
        rows = tuple(
            TableRow(cells, self.make(kind, entity, depth - 1))
            for cells in self.partition(keys)
            if rng.random() <= keep
        )
        needs_rest = any(key in ("open", "text") for key in keys)
        has_rest = rng.random() < (0.8 if needs_rest or keep < 1 else 0.2)
        return Table(
            type=type_of(kind),
            span=HERE,
            inputs=inputs,
            rows=rows,
            otherwise=self.make(kind, entity, depth) if has_rest else None,
        )

    def figure(
        self, parameter: Parameter, keys: tuple[Kind, ...], entity: str | None, depth: int
    ) -> Expr:
        """Return a figure looked up; one column may have a name to fall back on."""
        rng = self.rng
        looked_up = [(self.make(key, entity, min(depth, 1)),) for key in keys]
        columns: list[tuple[Expr, ...]] = list(looked_up)
        if columns and rng.random() < 0.3:
            at = rng.randrange(len(columns))
            columns[at] = tuple(self.make(keys[at], entity, 0) for _ in range(2))
        return Figure(
            type=parameter.type,
            span=HERE,
            parameter=parameter.key,
            keys=tuple(columns),
            on=self.make("date", entity, min(depth, 1)) if rng.random() < 0.4 else None,
        )

    def number_branches(self, entity: str | None, depth: int) -> Iterator[Callable[[], Expr]]:
        """Yield the ways to a number."""
        for _ in range(3):
            yield partial(self.arithmetic, entity, depth)
        yield partial(self.extreme, "number", entity, depth)
        yield partial(self.rounded, entity, depth)
        yield partial(self.brackets, entity, depth)
        yield lambda: Convert(
            type=types.NUMBER,
            span=HERE,
            value=self.make("number", entity, depth),
            factor=self.rng.choice((Fraction(1, 12), Fraction(12), Fraction(1, 7))),
        )
        yield partial(self.make, "count", entity, depth)
        if not self.in_months and self.rng.random() < 0.5:
            yield partial(self.month_sum, entity, depth)
        if below(entity):
            for _ in range(2):
                yield partial(self.sum_over, entity, depth)
                yield partial(self.best_over, "number", entity, depth)

    def count_branches(self, entity: str | None, depth: int) -> Iterator[Callable[[], Expr]]:
        """Yield the ways to a whole number."""
        rng = self.rng
        yield lambda: Part(
            type=types.COUNT,
            span=HERE,
            period=rng.choice(("year", "month", "day")),
            date=self.make("date", entity, depth),
        )
        yield lambda: Arithmetic(
            type=types.COUNT,
            span=HERE,
            op=rng.choice(("+", "-", "*")),
            left=self.make("count", entity, depth),
            right=self.make("count", entity, depth),
        )
        if below(entity):
            for _ in range(3):
                yield partial(self.count_over, entity, depth)

    def date_branches(self, entity: str | None, depth: int) -> Iterator[Callable[[], Expr]]:
        """Yield the ways to a date."""
        rng = self.rng
        yield partial(self.shift, entity, depth)
        yield partial(self.shift, entity, depth)
        yield lambda: Boundary(
            type=types.DATE,
            span=HERE,
            side=rng.choice(("start", "end")),
            period=rng.choice(("day", "week", "month", "year")),
            which=rng.choice(("of", "after", "before")),
            date=self.make("date", entity, depth),
        )
        yield partial(self.extreme, "date", entity, depth)
        if below(entity):
            yield partial(self.best_over, "date", entity, depth)

    def truth_branches(self, entity: str | None, depth: int) -> Iterator[Callable[[], Expr]]:
        """Yield the ways to a yes or no."""
        rng = self.rng
        for _ in range(4):
            yield partial(self.compare, entity, depth)
        for _ in range(2):
            yield lambda: And(type=types.TRUTH, span=HERE, items=self.truths(entity, depth))
            yield lambda: Or(
                type=types.TRUTH,
                span=HERE,
                items=self.truths(entity, depth),
                guards=rng.random() < 0.7,
            )
        yield lambda: Not(type=types.TRUTH, span=HERE, value=self.make("truth", entity, depth))
        yield partial(self.one_of, entity, depth)
        yield partial(self.includes, entity, depth)
        yield partial(self.within, entity, depth)
        yield lambda: IsNone(
            type=types.TRUTH,
            span=HERE,
            value=self.make(f"{rng.choice((*VALUED, 'person'))}?", entity, depth),
        )
        yield lambda: Payable(
            type=types.TRUTH,
            span=HERE,
            value=self.make(rng.choice(("number", "number", "selection", "closed")), entity, depth),
        )
        for grant in self.grants:
            if grant.entity in ancestry(entity):
                yield partial(self.recorded, grant, "receives")
        if below(entity):
            for over in (AnyOver, AnyOver, EveryOver, EveryOver):
                yield partial(self.quantified, over, entity, depth)

    def truths(self, entity: str | None, depth: int) -> tuple[Expr, ...]:
        """Return two or three conditions."""
        return tuple(self.make("truth", entity, depth) for _ in range(self.rng.choice((2, 2, 3))))

    def arithmetic(self, entity: str | None, depth: int) -> Expr:
        """Return a sum, difference, product or quotient; some of an operand with itself."""
        rng = self.rng
        left = self.make(rng.choice(("number", "number", "count")), entity, depth)
        right = self.make(rng.choice(("number", "number", "count")), entity, depth)
        if rng.random() < 0.05:
            right = left
        op: Literal["+", "-", "*", "/"] = rng.choice(("+", "-", "*", "*", "/", "/"))
        type_ = types.NUMBER if op == "/" else number_type(left, right)
        return Arithmetic(type=type_, span=HERE, op=op, left=left, right=right)

    def extreme(self, kind: Kind, entity: str | None, depth: int) -> Expr:
        """Return the highest or lowest of values."""
        items = tuple(self.make(kind, entity, depth) for _ in range(self.rng.choice((2, 2, 3))))
        type_ = types.DATE if kind == "date" else number_type(*items)
        word: Literal["highest", "lowest"] = self.rng.choice(("highest", "lowest"))
        return Extreme(type=type_, span=HERE, word=word, items=items)

    def rounded(self, entity: str | None, depth: int) -> Expr:
        """Return a rounded number."""
        modes: tuple[RoundingMode, ...] = ("up", "down", "half up", "half even", "half down")
        return Round(
            type=types.NUMBER,
            span=HERE,
            value=self.make("number", entity, depth),
            mode=self.rng.choice(modes),
            quantum=self.rng.choice((Fraction(1), Fraction(2), Fraction(1, 2))),
        )

    def brackets(self, entity: str | None, depth: int) -> Expr:
        """Return marginal rates; a rate may be below 0."""
        rng = self.rng
        thresholds = sorted(set(rng.choices(NUMBERS, k=rng.choice((1, 2, 3)))))
        return Brackets(
            type=types.NUMBER,
            span=HERE,
            value=self.make("number", entity, depth),
            thresholds=tuple(thresholds),
            rates=tuple(rng.choice(NUMBERS) for _ in thresholds),
        )

    def month_sum(self, entity: str | None, depth: int) -> Expr:
        """Return a sum over months; none within another, which would never end."""
        first, last = (self.make("date", entity, 0) for _ in range(2))
        self.in_months = True
        value = self.make("number", entity, min(depth, 1))
        self.in_months = False
        self.has_months = True
        return MonthSum(type=types.NUMBER, span=HERE, value=value, first=first, last=last)

    def records(self, entity: str | None, depth: int) -> Records:
        """Return records of a kind below, perhaps of a group, perhaps filtered."""
        rng = self.rng
        kind = rng.choice(below(entity))
        condition = self.make("truth", kind, min(depth, 1)) if rng.random() < 0.6 else None
        groups = [group for group in self.groups if group.entity == kind]
        if groups and rng.random() < 0.5:
            group = rng.choice(groups)
            member = self.use(group)
            both = (
                member
                if condition is None
                else And(type=types.TRUTH, span=HERE, items=(member, condition))
            )
            return Records(kind, group.key, both)
        return Records(kind, None, condition)

    def count_over(self, entity: str | None, depth: int) -> Expr:
        """Return how many records there are."""
        return CountOver(type=types.COUNT, span=HERE, over=self.records(entity, depth))

    def sum_over(self, entity: str | None, depth: int) -> Expr:
        """Return a sum over records."""
        over = self.records(entity, depth)
        value = self.make(self.rng.choice(("number", "number", "count")), over.entity, depth)
        return SumOver(type=number_type(value), span=HERE, over=over, value=value)

    def best_over(self, kind: Kind, entity: str | None, depth: int) -> Expr:
        """Return the highest or lowest value of records."""
        over = self.records(entity, depth)
        value = self.make(kind, over.entity, depth)
        has_rest = self.rng.random() < 0.6
        return BestOver(
            type=type_of(kind),
            span=HERE,
            word=self.rng.choice(("highest", "lowest")),
            over=over,
            value=value,
            otherwise=self.make(kind, entity, min(depth, 1)) if has_rest else None,
        )

    def best_by(self, kind: Kind, entity: str | None, depth: int) -> Expr:
        """Return the value of the record that comes first by a key."""
        over = self.records(entity, depth)
        value = self.make(kind, over.entity, min(depth, 1))
        by = self.make(self.rng.choice(("number", "count", "date")), over.entity, min(depth, 1))
        has_rest = self.rng.random() < 0.6
        return BestBy(
            type=type_of(kind),
            span=HERE,
            word=self.rng.choice(("highest", "lowest")),
            over=over,
            value=value,
            by=by,
            otherwise=self.make(kind, entity, min(depth, 1)) if has_rest else None,
        )

    def quantified(
        self, over: type[AnyOver] | type[EveryOver], entity: str | None, depth: int
    ) -> Expr:
        """Return whether a condition holds for a record, or for every one."""
        records = self.records(entity, depth)
        condition = self.make("truth", records.entity, depth)
        return over(type=types.TRUTH, span=HERE, over=records, condition=condition)

    def compare(self, entity: str | None, depth: int) -> Expr:
        """Return a comparison; of what has no order, whether it is equal."""
        rng = self.rng
        kind = rng.choice(("number", "number", "number", "count", "date"))
        op: Literal["<", "<=", ">", ">=", "=", "!="] = rng.choice(("<", "<=", ">", ">=", "=", "!="))
        if rng.random() < 0.3:
            kind = rng.choice(
                ("truth", "closed", "open", "text", "selection", "open selection", "person")
            )
            op = rng.choice(("=", "!="))
        left = self.make(kind, entity, depth)
        right = self.make(kind, entity, min(depth, 1))
        return Compare(type=types.TRUTH, span=HERE, op=op, left=left, right=right)

    def one_of(self, entity: str | None, depth: int) -> Expr:
        """Return whether a value is one of some."""
        kind, pool = self.rng.choice(
            (("closed", CLOSED.values), ("open", OPEN.values), ("text", TEXTS))
        )
        values = tuple(sorted(subset(pool, self.rng))) or pool[:1]
        value = self.make(kind, entity, depth)
        return OneOf(type=types.TRUTH, span=HERE, value=value, values=values)

    def includes(self, entity: str | None, depth: int) -> Expr:
        """Return whether a list holds a value."""
        of, kind = self.rng.choice((("selection", "closed"), ("open selection", "open")))
        selection = self.make(of, entity, depth)
        value = self.make(kind, entity, min(depth, 1))
        return Includes(type=types.TRUTH, span=HERE, selection=selection, value=value)

    def sharp(self, entity: str | None) -> tuple[Kind, Expr]:
        """Return a shallow rule of the sort that is easily got wrong where little is known."""
        ways: list[tuple[Kind, Callable[[], Expr]]] = [
            ("number", partial(self.of_facts, entity)),
            ("number", partial(self.of_facts, entity)),
            ("number", partial(self.cases, "number", entity, 0)),
            ("truth", partial(self.compare, entity, 1)),
            ("month", partial(self.periods, "month", entity, 0)),
        ]
        if below(entity):
            ways += [
                ("number", partial(self.sum_over, entity, 0)),
                ("count", partial(self.count_over, entity, 1)),
                ("truth", partial(self.quantified, AnyOver, entity, 1)),
                ("truth", partial(self.quantified, EveryOver, entity, 1)),
                ("truth", partial(self.all_divide, AnyOver, entity)),
                ("truth", partial(self.all_divide, EveryOver, entity)),
                ("number", partial(self.best_of_facts, entity)),
                ("number", partial(self.best_by, "number", entity, 0)),
            ]
        kind, way = self.rng.choice(ways)
        return kind, way()

    def read(self, kind: Kind, entity: str | None) -> Expr:
        """Return a fact of the kind, if the record or one above it has any."""
        above = set(ancestry(entity))
        facts = [fact for fact, of in self.facts if of == kind and fact.entity in above]
        if not facts:
            return self.make(kind, entity, 0)
        fact = self.rng.choice(facts)
        return FactUse(type=fact.type, span=HERE, entity=fact.entity, name=fact.name)

    def of_facts(self, entity: str | None) -> Expr:
        """Return a product, quotient, sum or difference of two facts."""
        left, right = self.read("number", entity), self.read("number", entity)
        op: Literal["+", "-", "*", "/"] = self.rng.choice(("+", "-", "*", "*", "/"))
        return Arithmetic(type=types.NUMBER, span=HERE, op=op, left=left, right=right)

    def best_of_facts(self, entity: str | None) -> Expr:
        """Return the highest or lowest fact of some records."""
        kind = self.rng.choice(below(entity))
        over = Records(kind, None, self.read("truth", kind))
        value = self.read("number", kind)
        word: Literal["highest", "lowest"] = self.rng.choice(("highest", "lowest"))
        rest = self.make("number", entity, 0) if self.rng.random() < 0.7 else None
        return BestOver(
            type=types.NUMBER, span=HERE, word=word, over=over, value=value, otherwise=rest
        )

    def all_divide(self, over: type[AnyOver] | type[EveryOver], entity: str | None) -> Expr:
        """Return whether a quotient is large for a record, or for every one: some divide by 0."""
        kind = self.rng.choice(below(entity))
        left, right = self.read("number", kind), self.read("number", kind)
        ratio = Arithmetic(type=types.NUMBER, span=HERE, op="/", left=left, right=right)
        limit = Constant(type=types.NUMBER, span=HERE, value=self.rng.choice(NUMBERS))
        condition = Compare(type=types.TRUTH, span=HERE, op=">=", left=ratio, right=limit)
        records = Records(kind, None, None)
        return over(type=types.TRUTH, span=HERE, over=records, condition=condition)

    def date_rules(self) -> DateRules:
        """Return what the module says of dates."""
        return DateRules(self.rng.choice(("down", "up", "refuse")), "cn")

    def within(self, entity: str | None, depth: int) -> Expr:
        """Return whether a date lies within a period before or after another."""
        unit = self.rng.choice(PERIOD_UNITS)
        return Within(
            type=types.TRUTH,
            span=HERE,
            date=self.make("date", entity, depth),
            period=self.make(unit, entity, min(depth, 1)),
            direction=self.rng.choice(("before", "after")),
            start=self.make("date", entity, min(depth, 1)),
            calendar=self.date_rules(),
        )

    def shift(self, entity: str | None, depth: int) -> Expr:
        """Return a date some periods later or earlier."""
        unit = self.rng.choice(PERIOD_UNITS)
        return Shift(
            type=types.DATE,
            span=HERE,
            date=self.make("date", entity, depth),
            period=self.make(unit, entity, min(depth, 1)),
            sign=self.rng.choice((1, -1)),
            unit=unit,
            calendar=self.date_rules(),
        )

    def periods(self, kind: Kind, entity: str | None, depth: int) -> Expr:
        """Return the whole periods between two dates."""
        names: dict[str, Period] = {"day": "day", "week": "week", "month": "month", "year": "year"}
        return PeriodsBetween(
            type=TYPES[kind],
            span=HERE,
            period=names[kind],
            first=self.make("date", entity, depth),
            last=self.make("date", entity, min(depth, 1)),
            calendar=self.date_rules(),
        )
