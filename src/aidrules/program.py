"""The typed program: all that a backend sees.

Names are resolved, sugar is gone, every expression has its type. A grant is lowered to
definitions (`eligible`, `amount`, `receives`, value), so that a backend translates expressions
and nothing else; what is left of the grant says how to word and date its decision.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Literal

from attrs import field, frozen

from aidrules.source import Source, Span
from aidrules.types import Plain, Type
from aidrules.values import Exact, Number, Scalar

RoundingMode = Literal["up", "down", "half up", "half even", "half down"]
DateMode = Literal["down", "up", "refuse"]
Period = Literal["day", "week", "month", "year"]

# ---------------------------------------------------------------- law


@frozen
class LegalText:
    """A law, regulation or notice.

    Attributes:
        key: `module.name`.
        rank: law, regulation, rule, normative, province, city, county; or None.
        first: The day it came into force, as an ordinal; None if not said.
        last: The last day in force; None if it is in force still.
        unverified: Why it is to be checked, or None.
    """

    key: str
    name: str
    title: str
    number: str | None
    rank: str | None
    first: int | None
    last: int | None
    unverified: str | None
    span: Span = field(eq=False, repr=False)


@frozen
class Citation:
    """An article of a legal text: article, paragraph, item; or words in their place."""

    text: LegalText
    article: tuple[int, ...]
    words: str | None
    span: Span = field(eq=False, repr=False)


# ---------------------------------------------------------------- expressions


@frozen(kw_only=True)
class Node:
    """An expression: its type, its place, and the articles of the clause that it stands for.

    Equality ignores place and citation.
    """

    type: Type
    span: Span = field(eq=False, repr=False)
    cites: tuple[Citation, ...] = field(eq=False, repr=False, default=())


@frozen
class Constant(Node):
    """A certain value."""

    value: Scalar


@frozen
class UnknownValue(Node):
    """`= unknown`: any value at all, of the node's type."""


@frozen
class Fail(Node):
    """An error on the record, whenever it is reached."""

    code: str
    facts: tuple[tuple[str, object], ...] = ()


@frozen
class Today(Node):
    """The date asked for, or the first of the month in a sum over months."""


@frozen
class FactUse(Node):
    """A fact of the record, or of the record above it that is of `entity`."""

    entity: str
    name: str


@frozen
class Use(Node):
    """A definition, of the record or of the record above it that is of `entity`.

    Attributes:
        entity: That of the definition; None for one of the policy as a whole.
        key: Of the definition.
    """

    entity: str | None
    key: str


@frozen
class Figure(Node):
    """A figure of the law, looked up by keys and date.

    Attributes:
        parameter: Its key.
        keys: For each column, the expressions to try in turn (`county else province`).
        on: The date; None for today.
    """

    parameter: str
    keys: "tuple[tuple[Expr, ...], ...]"
    on: "Expr | None"


@frozen
class Follow(Node):
    """A body evaluated on the record that a reference names; absent if it names none."""

    reference: "Expr"
    entity: str
    body: "Expr"


@frozen
class OnRecord(Node):
    """A body evaluated on the record of that id: only in what an example expects."""

    entity: str
    record: str
    body: "Expr"


@frozen
class Recorded(Node):
    """What the office last decided before today.

    Attributes:
        entity: That of the grant or definition.
        key: Of the grant or definition.
        part: `receives` (yes or no), `value` (or none), `run_from` (the first day of the unbroken
            run of payments, or none).
    """

    entity: str
    key: str
    part: Literal["receives", "value", "run_from"]


@frozen
class Arithmetic(Node):
    """`left op right`."""

    op: Literal["+", "-", "*", "/"]
    left: "Expr"
    right: "Expr"


@frozen
class Convert(Node):
    """An amount per one period as one per another: times `factor`."""

    value: "Expr"
    factor: Fraction


@frozen
class Extreme(Node):
    """The highest or lowest of values; `at least` and `up to` are these."""

    word: Literal["highest", "lowest"]
    items: "tuple[Expr, ...]"


@frozen
class Round(Node):
    """The multiple of `quantum` that the mode names.

    Up and down are toward plus and minus infinity, half up is away from zero.
    """

    value: "Expr"
    mode: RoundingMode
    quantum: Fraction


@frozen
class Compare(Node):
    """`left op right`; `=` and `!=` of any two values of one type."""

    op: Literal["<", "<=", ">", ">=", "=", "!="]
    left: "Expr"
    right: "Expr"


@frozen
class OneOf(Node):
    """Whether a value is one of some."""

    value: "Expr"
    values: tuple[str, ...]


@frozen
class Includes(Node):
    """Whether a list holds a value."""

    selection: "Expr"
    value: "Expr"


@frozen
class Within(Node):
    """`date within period before / after start`.

    Before: start - period <= date < start. After: start < date <= start + period.
    """

    date: "Expr"
    period: "Expr"
    direction: Literal["before", "after"]
    start: "Expr"
    calendar: "DateRules"


@frozen
class Not(Node):
    """No for yes."""

    value: "Expr"


@frozen
class And(Node):
    """All hold; one that fails guards those behind it."""

    items: "tuple[Expr, ...]"


@frozen
class Or(Node):
    """One holds.

    Attributes:
        guards: Whether one that holds guards those behind it; if not, any certain error is one.
    """

    items: "tuple[Expr, ...]"
    guards: bool = True


@frozen
class IsNone(Node):
    """Whether nothing is there."""

    value: "Expr"


@frozen
class Present(Node):
    """A value that a condition before it says is there: the same, without `none`."""

    value: "Expr"


@frozen
class Else(Node):
    """The alternative, if nothing is there."""

    value: "Expr"
    alternative: "Expr"


@frozen
class Branch:
    """A result and when it holds.

    Attributes:
        guard: If it is of an amendment, the first part of its condition, or all of it: where and
            when the amendment holds.
    """

    condition: "Expr"
    result: "Expr"
    guard: "Expr | None" = field(eq=False, repr=False, default=None)


@frozen
class Cases(Node):
    """The result of the first branch that holds.

    Attributes:
        otherwise: If none does; None: an error on the record.
        complete: Whether the checker proved by their form that one always does.
    """

    branches: tuple[Branch, ...]
    otherwise: "Expr | None"
    complete: bool = False


@frozen
class AnyMatch:
    """Every value."""


@frozen
class ValueMatch:
    """That value alone."""

    value: Scalar


@frozen
class RangeMatch:
    """From low to high; an end may be infinite."""

    low: Number
    high: Number
    low_included: bool = True
    high_included: bool = True


Match = AnyMatch | ValueMatch | RangeMatch


@frozen
class TableRow:
    """The cells of a row, one for each input, and its result."""

    cells: tuple[Match, ...]
    result: "Expr"


@frozen
class Table(Node):
    """The result of the row whose cells all match; step tables are these."""

    inputs: "tuple[Expr, ...]"
    rows: tuple[TableRow, ...]
    otherwise: "Expr | None"


@frozen
class Brackets(Node):
    """Marginal rates: each applies to the part of the value above its threshold, up to the next."""

    value: "Expr"
    thresholds: tuple[Exact, ...]
    rates: tuple[Exact, ...]


@frozen
class Records:
    """The records of a kind below the rule's record, perhaps filtered.

    Attributes:
        entity: The kind.
        group: The key of the yes-or-no definition of the group, if one was named.
        condition: Evaluated on each record, the group's own condition included; or None for all.
    """

    entity: str
    group: str | None
    condition: "Expr | None"


@frozen
class SumOver(Node):
    """The sum of a value of each record; 0 over none."""

    over: Records
    value: "Expr"


@frozen
class CountOver(Node):
    """How many records there are."""

    over: Records


@frozen
class AnyOver(Node):
    """Whether the condition holds for a record."""

    over: Records
    condition: "Expr"


@frozen
class EveryOver(Node):
    """Whether the condition holds for every record."""

    over: Records
    condition: "Expr"


@frozen
class BestOver(Node):
    """The highest or lowest value of the records; over none, `otherwise` or an error."""

    word: Literal["highest", "lowest"]
    over: Records
    value: "Expr"
    otherwise: "Expr | None"


@frozen
class BestBy(Node):
    """The value of the record whose key is highest or lowest (`latest of V over R by K`)."""

    word: Literal["highest", "lowest"]
    over: Records
    value: "Expr"
    by: "Expr"
    otherwise: "Expr | None"


@frozen
class MonthSum(Node):
    """The sum of a value with `today` the first of each month; the month of `last` is not in."""

    value: "Expr"
    first: "Expr"
    last: "Expr"


@frozen
class DateRules:
    """What a module says of dates.

    Attributes:
        mode: What a day that does not exist becomes (29 February + 1 year).
        calendar: Key of the table of working days in `Program.calendars`, or None.
    """

    mode: DateMode
    calendar: str | None


@frozen
class Shift(Node):
    """`date + period` or `date - period`.

    Attributes:
        unit: `day`, `week`, `month`, `year` or `working day`: that of the period.
    """

    date: "Expr"
    period: "Expr"
    sign: Literal[1, -1]
    unit: str
    calendar: DateRules


@frozen
class PeriodsBetween(Node):
    """The whole periods from one date to another, rounded toward minus infinity."""

    period: Period
    first: "Expr"
    last: "Expr"
    calendar: DateRules


@frozen
class Boundary(Node):
    """The first or last day of the period of a date, of the one after or before it."""

    side: Literal["start", "end"]
    period: Period
    which: Literal["of", "after", "before"]
    date: "Expr"


@frozen
class Part(Node):
    """The year, month of the year, or day of the month of a date."""

    period: Literal["year", "month", "day"]
    date: "Expr"


@frozen
class Payable(Node):
    """Whether an amount is something to pay; a negative one is an error.

    A number: above 0. A list: not empty. Anything else: yes.
    """

    value: "Expr"


@frozen
class Place(Node):
    """Whether a claim has a place under the ration of that key."""

    ration: str


Expr = (
    Constant
    | UnknownValue
    | Fail
    | Today
    | FactUse
    | Use
    | Figure
    | Follow
    | OnRecord
    | Recorded
    | Arithmetic
    | Convert
    | Extreme
    | Round
    | Compare
    | OneOf
    | Includes
    | Within
    | Not
    | And
    | Or
    | IsNone
    | Present
    | Else
    | Cases
    | Table
    | Brackets
    | SumOver
    | CountOver
    | AnyOver
    | EveryOver
    | BestOver
    | BestBy
    | MonthSum
    | Shift
    | PeriodsBetween
    | Boundary
    | Part
    | Payable
    | Place
)

# ---------------------------------------------------------------- declarations


@frozen
class Entity:
    """A kind of record.

    Attributes:
        parent: The kind above it, or None.
        limit: How many of them one record above may have.
    """

    name: str
    parent: str | None
    limit: int
    span: Span = field(eq=False, repr=False)


@frozen
class Fact:
    """An input.

    Attributes:
        low: The least value of its range, in its own unit; None if it has none.
        high: The greatest, included.
        step: Its smallest difference (0.01 for money in yuan); None if any value may be given.
        ask: The applicant's question, or None.
        holders: Who has it, in order of precedence.
        default: Taken if it is missing, and listed as assumed; or None.
        is_private: Whether its value may appear in the case file alone.
        office: The official who decides it, if it is a judgement.
    """

    name: str
    entity: str
    type: Type
    low: Exact | None
    high: Exact | None
    step: Fraction | None
    ask: str | None
    holders: tuple[str, ...]
    default: Expr | None
    is_private: bool
    office: str | None
    citations: tuple[Citation, ...]
    span: Span = field(eq=False, repr=False)


@frozen
class FigureValue:
    """A value of a figure from a day until a day, both included; None: not in force."""

    first: int | None
    last: int | None
    value: Scalar | None
    span: Span = field(eq=False, repr=False)
    cites: tuple[Citation, ...] = field(eq=False, repr=False, default=())


@frozen
class FigureRow:
    """The values of a figure for keys, in order of date.

    Attributes:
        cells: One for each key column; empty for a figure without keys.
        is_otherwise: Whether it holds when no other row does.
    """

    cells: tuple[Match, ...]
    values: tuple[FigureValue, ...]
    is_otherwise: bool = False
    span: Span | None = field(eq=False, repr=False, default=None)


@frozen
class Parameter:
    """A figure of the law, by keys and date.

    Attributes:
        columns: The names by which each key is looked up, those to fall back on included.
        key_types: The type of each column.
        is_synthetic: Whether its values are made up.
        unverified: Why its values are to be checked, or None.
        applies: The key of the definition that says where the figure holds (`applies where`), or
            None for everywhere; where it does not, the look-up is an error.
    """

    key: str
    name: str
    module: str
    type: Type
    columns: tuple[tuple[str, ...], ...]
    key_types: tuple[Plain, ...]
    rows: tuple[FigureRow, ...]
    citations: tuple[Citation, ...]
    is_synthetic: bool
    unverified: str | None
    applies: Expr | None
    span: Span = field(eq=False, repr=False)


class Role(StrEnum):
    """What a definition is in the policy."""

    DEFINE = "define"
    GROUP = "group"
    ELIGIBLE = "eligible"
    AMOUNT = "amount"
    RECEIVES = "receives"
    VALUE = "value"
    REQUIREMENT = "requirement"


@frozen
class Definition:
    """A named step of the calculation.

    Attributes:
        key: Unique: `module.name`, and `/eligible`, `/amount`, `/receives` behind that of a grant;
            the grant's own key is its value (0 if it is not received).
        name: As the author wrote it.
        entity: The kind of record it belongs to; None for the policy as a whole.
    """

    key: str
    name: str
    module: str
    entity: str | None
    type: Type
    body: Expr
    citations: tuple[Citation, ...]
    role: Role
    span: Span = field(eq=False, repr=False)


@frozen
class Line:
    """A condition of a grant, or of a requirement.

    Attributes:
        condition: What must hold (for `unless C`: `not C`).
        is_exception: Whether it was written `unless`.
        citations: Of the line; empty if the grant's own stand for it.
    """

    condition: Expr
    is_exception: bool
    citations: tuple[Citation, ...]


@frozen
class Deadline:
    """`within period after start`, if the condition holds (None: always)."""

    period: Expr
    start: Expr
    due: Expr
    condition: Expr | None
    citations: tuple[Citation, ...]


@frozen
class Office:
    """Who decides, if the condition holds (None: always)."""

    name: str
    condition: Expr | None
    citations: tuple[Citation, ...]


@frozen
class Appeal:
    """Where and until when a decision may be appealed."""

    office: str
    period: Expr
    start: Expr
    due: Expr
    citations: tuple[Citation, ...]


class Word(StrEnum):
    """The four words for what is granted."""

    BENEFIT = "benefit"
    SERVICE = "service"
    REFERRAL = "referral"
    TASK = "task"


@frozen
class Grant:
    """What may be granted to a record; its meaning stands in its four definitions.

    Attributes:
        key: That of its value; `key/eligible`, `key/amount`, `key/receives` are definitions too.
        type: Of its amount; None for a plain yes.
        lines: Its conditions, in the order in which they guard one another; those of its dates of
            force come first.
        deadlines: The first whose condition holds counts.
        offices: The first whose condition holds decides.
        at_most: For how long it is paid, counted from the first payment of an unbroken run.
    """

    key: str
    name: str
    module: str
    word: Word
    entity: str
    type: Type | None
    lines: tuple[Line, ...]
    amount: Expr | None
    deadlines: tuple[Deadline, ...]
    offices: tuple[Office, ...]
    paid_from: Expr | None
    at_most: Expr | None
    is_urgent: bool
    appeal: Appeal | None
    notes: tuple[str, ...]
    citations: tuple[Citation, ...]
    span: Span = field(eq=False, repr=False)

    @property
    def eligible(self) -> str:
        """The key of the definition whether it is granted before exclusion and rationing."""
        return f"{self.key}/eligible"

    @property
    def receives(self) -> str:
        """The key of the definition whether it is granted."""
        return f"{self.key}/receives"

    @property
    def payment(self) -> str:
        """The key of the definition of its amount, never below 0, before exclusion."""
        return f"{self.key}/amount"


@frozen
class Exclusion:
    """`only one of`.

    Attributes:
        grants: Their keys, in the order written.
        how: Which of them it is.
        choice: The fact that says, for `as FACT says`.
    """

    grants: tuple[str, ...]
    how: Literal["order", "highest", "choice"]
    choice: Expr | None
    citations: tuple[Citation, ...]
    span: Span = field(eq=False, repr=False)


@frozen
class Ration:
    """Limited funds or places.

    Attributes:
        grant: The key of what is rationed.
        entity: The kind within which it is.
        fund: What there is, on a record of that kind; None if only the order is given.
        orders: Keys of priority on the claim, and whether the highest comes first.
        passes_over: Whether a claim that does not fit is passed over for the next.
    """

    key: str
    grant: str
    entity: str
    fund: Expr | None
    orders: tuple[tuple[Expr, bool], ...]
    passes_over: bool
    citations: tuple[Citation, ...]
    span: Span = field(eq=False, repr=False)


@frozen
class Requirement:
    """An obligation on data, line by line; the definition of its key says whether all hold."""

    key: str
    name: str
    module: str
    entity: str
    lines: tuple[Line, ...]
    citations: tuple[Citation, ...]
    span: Span = field(eq=False, repr=False)


@frozen
class HoldsAlways:
    """`always E`, `never E` (then the condition is `not E`), on the records of an entity."""

    entity: str
    condition: Expr


@frozen
class HoldsForSome:
    """`possible condition`: some record meets it."""

    entity: str
    condition: Expr


Cause = FactUse | Figure
"""What changes: a fact of one record, or a figure without keys, for all."""


@frozen
class MovesWith:
    """`value never rises / falls [by more than tolerance] when cause rises / falls`.

    Attributes:
        share: Of the change of the cause, that is tolerated as well; 0: none.
        tolerance: In the unit of the value.
    """

    entity: str
    value: Expr
    direction: Literal["rises", "falls"]
    share: Exact
    tolerance: Exact
    cause: Cause
    when: Literal["rises", "falls"]


@frozen
class UnchangedBy:
    """`value unchanged when cause changes`."""

    entity: str
    value: Expr
    cause: Cause


@frozen
class SameAs:
    """`same as policy [except when condition]`."""

    policy: str
    exception: Expr | None


Property = HoldsAlways | HoldsForSome | MovesWith | UnchangedBy | SameAs


@frozen
class Check:
    """A property over all households, as the author stated it."""

    title: str
    known_to_fail: str | None
    property: Property
    span: Span = field(eq=False, repr=False)


@frozen
class ExpectedStatus:
    """What is expected of a grant or requirement, or of a value (`unknown`)."""

    name: str
    entity: str
    record: str
    value: Expr | None
    status: str
    span: Span = field(eq=False, repr=False)


@frozen
class ExpectedDetail:
    """What is expected of a grant's deadline, first day of payment, or office.

    Attributes:
        name: The key of the grant.
        wanted: The day as an ordinal, or the office.
    """

    name: str
    entity: str
    record: str
    part: Literal["deadline", "paid_from", "office"]
    wanted: int | str
    span: Span = field(eq=False, repr=False)


@frozen
class ExpectedTruth:
    """What is expected to hold."""

    condition: Expr
    span: Span = field(eq=False, repr=False)


@frozen
class Example:
    """A test in the file.

    Attributes:
        date: As an ordinal.
        document: Its household, in the one shape of facts.
    """

    title: str
    date: int
    document: Mapping[str, object]
    expectations: tuple[ExpectedStatus | ExpectedDetail | ExpectedTruth, ...]
    module: str
    span: Span = field(eq=False, repr=False)


@frozen
class Calendar:
    """Which days are worked.

    Attributes:
        years: The years it knows.
        off: Ordinals of weekdays that are not worked.
        worked: Ordinals of days of a weekend that are.
    """

    years: frozenset[int]
    off: frozenset[int]
    worked: frozenset[int]


@frozen
class Module:
    """A policy file.

    Attributes:
        first: The day from which it is in force; None if always.
        last: The last day in force.
        language: In which it is written.
    """

    name: str
    source: Source = field(eq=False, repr=False)
    first: int | None
    last: int | None
    language: str
    dates: DateRules
    uses: tuple[str, ...]
    texts: tuple[LegalText, ...]


@frozen(slots=False)
class Program:
    """A policy, typed and resolved.

    Attributes:
        entities: Parents before their children.
        definitions: Each after those that it uses.
        glossary: Names in another language: (language, name) to the other name.
        texts: Every text that the policy compares with, for the bounds of an unknown text.
    """

    modules: tuple[Module, ...]
    entities: tuple[Entity, ...]
    facts: tuple[Fact, ...]
    parameters: tuple[Parameter, ...]
    definitions: tuple[Definition, ...]
    grants: tuple[Grant, ...]
    exclusions: tuple[Exclusion, ...]
    rations: tuple[Ration, ...]
    requirements: tuple[Requirement, ...]
    checks: tuple[Check, ...]
    examples: tuple[Example, ...]
    calendars: Mapping[str, Calendar]
    glossary: Mapping[tuple[str, str], str]
    texts: frozenset[str]
    currency_steps: Mapping[str, Fraction]

    @cached_property
    def entity(self) -> Mapping[str, Entity]:
        """The entities by name."""
        return {entity.name: entity for entity in self.entities}

    @cached_property
    def fact(self) -> Mapping[tuple[str, str], Fact]:
        """The facts by entity and name."""
        return {(fact.entity, fact.name): fact for fact in self.facts}

    @cached_property
    def defaults(self) -> tuple[Fact, ...]:
        """The facts for which something is assumed if they are missing."""
        return tuple(fact for fact in self.facts if fact.default is not None)

    @cached_property
    def definition(self) -> Mapping[str, Definition]:
        """The definitions by key."""
        return {definition.key: definition for definition in self.definitions}

    @cached_property
    def parameter(self) -> Mapping[str, Parameter]:
        """The parameters by key."""
        return {parameter.key: parameter for parameter in self.parameters}

    @cached_property
    def grant(self) -> Mapping[str, Grant]:
        """The grants by key."""
        return {grant.key: grant for grant in self.grants}

    @cached_property
    def ration(self) -> Mapping[str, Ration]:
        """The rations by key."""
        return {ration.key: ration for ration in self.rations}

    def ancestry(self, entity: str | None) -> Iterator[str]:
        """Yield an entity and those above it, from the bottom up."""
        while entity is not None:
            yield entity
            entity = self.entity[entity].parent

    def with_amendments(self, parameter: str) -> tuple[str, ...]:
        """Return the keys of a figure and of what amends it."""
        amending = (each.key for each in self.parameters if parameter in each.key.split(":")[1:2])
        return (parameter, *amending)

    def children(self, entity: str) -> tuple[str, ...]:
        """Return the kinds directly below an entity, in order of declaration."""
        return tuple(child.name for child in self.entities if child.parent == entity)
