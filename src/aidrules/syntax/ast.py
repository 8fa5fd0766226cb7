"""The tree as written: one frozen class for each construct, free of English word order.

Equality ignores places, so two files are equal if they say the same.
A class here and the grammar's rule of the same name (`at_least` for `AtLeast`) belong together.
"""

from fractions import Fraction

from attrs import field, fields, frozen

from aidrules.source import Span


@frozen(kw_only=True, repr=False, eq=False)
class Node:
    """Anything with a place in the source.

    Two are equal if they are of one class and say the same, wherever they stand. That is written
    here once: made for each of a hundred classes, it took a tenth of the first answer's time.
    """

    span: Span = field(eq=False, repr=False)

    def _said(self) -> tuple[object, ...]:
        return tuple(getattr(self, each.name) for each in fields(type(self)) if each.eq)

    def __eq__(self, other: object) -> bool:
        """Whether another says the same."""
        return type(other) is type(self) and self._said() == other._said()

    def __hash__(self) -> int:
        """Return the same for all that say the same."""
        return hash((type(self), self._said()))

    def __repr__(self) -> str:
        """Return the class with what it says."""
        shown = ((each.name, getattr(self, each.name)) for each in fields(type(self)) if each.repr)
        told = ", ".join(f"{name}={value!r}" for name, value in shown)
        return f"{type(self).__name__}({told})"


# ---------------------------------------------------------------- words


@frozen(repr=False, eq=False)
class Name(Node):
    """A word that names something; `a.b` for one of a module."""

    text: str


@frozen(repr=False, eq=False)
class String(Node):
    """A text between quotes, without them."""

    text: str


@frozen(repr=False, eq=False)
class DateLiteral(Node):
    """A day, as its proleptic ordinal (`datetime.date.toordinal`)."""

    ordinal: int


@frozen(repr=False, eq=False)
class UnitName(Node):
    """A unit as written: `yuan per month`, `working days`.

    Attributes:
        name: Singular: `month`, `working day`, `yuan`, `money`.
        per: What it counts by, singular; or None.
    """

    name: str
    per: str | None


@frozen(repr=False, eq=False)
class Number(Node):
    """An exact number, with its unit if one is written. `30%` is 3/10."""

    value: Fraction
    unit: UnitName | None = None


@frozen(repr=False, eq=False)
class Cite(Node):
    """An article of a source.

    Attributes:
        source: The name of the source.
        article: Article, paragraph, item as numbers; empty if a text stands in its place.
        text: Such as `annex 2`; or None.
    """

    source: Name
    article: tuple[int, ...]
    text: String | None = None


# ---------------------------------------------------------------- types


@frozen(repr=False, eq=False)
class TruthType(Node):
    """`yes or no`."""


@frozen(repr=False, eq=False)
class ChoiceType(Node):
    """`one of (a, b)`; `one of (a, b, ...)` if it is open."""

    values: tuple[Name, ...]
    is_open: bool


@frozen(repr=False, eq=False)
class SelectionType(Node):
    """`some of (a, b)`."""

    values: tuple[Name, ...]
    is_open: bool


@frozen(repr=False, eq=False)
class NamedType(Node):
    """`number`, `date`, `text`, `money per month`, the name of an entity or of a `type`."""

    unit: UnitName


BaseType = TruthType | ChoiceType | SelectionType | NamedType


@frozen(repr=False, eq=False)
class TypeName(Node):
    """A type, perhaps `or none`."""

    base: BaseType
    or_none: bool


# ---------------------------------------------------------------- expressions


@frozen(repr=False, eq=False)
class NameUse(Node):
    """A name where a value is wanted; also a value of a choice."""

    name: str


@frozen(repr=False, eq=False)
class Qualified(Node):
    """`module.name`."""

    module: str
    name: str


@frozen(repr=False, eq=False)
class Path(Node):
    """`name of reference`; in an example, `name of record`."""

    name: Name
    of: Name


@frozen(repr=False, eq=False)
class Lookup(Node):
    """`figure for key`, `figure for (key, key)`."""

    figure: Name
    keys: "tuple[Expr, ...]"


@frozen(repr=False, eq=False)
class On(Node):
    """`figure on date`."""

    value: "Expr"
    date: "Expr"


@frozen(repr=False, eq=False)
class Convert(Node):
    """`amount per month`: a yearly amount as a monthly one."""

    value: "Expr"
    period: str


@frozen(repr=False, eq=False)
class Arithmetic(Node):
    """`left op right`; op is one of `+ - * /`."""

    op: str
    left: "Expr"
    right: "Expr"


@frozen(repr=False, eq=False)
class Negative(Node):
    """`-value`."""

    value: "Expr"


@frozen(repr=False, eq=False)
class Compare(Node):
    """`left op right`; op is one of `< <= > >= = !=`."""

    op: str
    left: "Expr"
    right: "Expr"


@frozen(repr=False, eq=False)
class Is(Node):
    """`left is right`, `left is not right`, `left is none`."""

    left: "Expr"
    right: "Expr"
    negated: bool


@frozen(repr=False, eq=False)
class IsOneOf(Node):
    """`value is one of (a, b)`."""

    value: "Expr"
    values: tuple[Name, ...]
    negated: bool


@frozen(repr=False, eq=False)
class Includes(Node):
    """`selection includes value`."""

    selection: "Expr"
    value: "Expr"


@frozen(repr=False, eq=False)
class Within(Node):
    """`date within period before / after start`."""

    date: "Expr"
    period: "Expr"
    direction: str
    start: "Expr"


@frozen(repr=False, eq=False)
class Not(Node):
    """`not value`."""

    value: "Expr"


@frozen(repr=False, eq=False)
class And(Node):
    """`a and b and c`."""

    items: "tuple[Expr, ...]"


@frozen(repr=False, eq=False)
class Or(Node):
    """`a or b or c`."""

    items: "tuple[Expr, ...]"


@frozen(repr=False, eq=False)
class Else(Node):
    """`value else alternative`: if the value is none."""

    value: "Expr"
    alternative: "Expr"


@frozen(repr=False, eq=False)
class OverRecords(Node):
    """The records of a kind or group, perhaps only those for which a condition holds."""

    kind: Name
    where: "Expr | None"


@frozen(repr=False, eq=False)
class OverMonths(Node):
    """`months from a to b`."""

    first: "Expr"
    last: "Expr"


@frozen(repr=False, eq=False)
class Sum(Node):
    """`sum of value over range`."""

    value: "Expr"
    over: OverRecords | OverMonths


@frozen(repr=False, eq=False)
class Count(Node):
    """`count of kind where condition`."""

    over: OverRecords


@frozen(repr=False, eq=False)
class Best(Node):
    """`highest / lowest / earliest / latest of value over range [by key]`."""

    word: str
    value: "Expr"
    over: OverRecords
    by: "Expr | None"


@frozen(repr=False, eq=False)
class BestOf(Node):
    """`highest of (a, b)`."""

    word: str
    values: "tuple[Expr, ...]"


@frozen(repr=False, eq=False)
class Quantified(Node):
    """`any kind [where filter] has condition`, `every …`."""

    word: str
    over: OverRecords
    condition: "Expr"


@frozen(repr=False, eq=False)
class SelectionLiteral(Node):
    """`some of (a, b)` as a value."""

    values: tuple[Name, ...]


@frozen(repr=False, eq=False)
class Receives(Node):
    """`receives grant`."""

    grant: Name


@frozen(repr=False, eq=False)
class EligibleFor(Node):
    """`eligible for grant`."""

    grant: Name


@frozen(repr=False, eq=False)
class Previously(Node):
    """`previously name`, `previously receives grant`."""

    name: Name
    receives: bool


@frozen(repr=False, eq=False)
class Today(Node):
    """`today`: the date asked for."""


@frozen(repr=False, eq=False)
class Yes(Node):
    """`yes`."""


@frozen(repr=False, eq=False)
class No(Node):
    """`no`."""


@frozen(repr=False, eq=False)
class NoneValue(Node):
    """`none`: what does not exist."""


@frozen(repr=False, eq=False)
class Between(Node):
    """`years between a and b`, in whole periods."""

    period: str
    first: "Expr"
    last: "Expr"


@frozen(repr=False, eq=False)
class Boundary(Node):
    """`start of month after date`; side `start / end`, which `of / after / before`."""

    side: str
    period: str
    which: str
    date: "Expr"


@frozen(repr=False, eq=False)
class Part(Node):
    """`year of date`."""

    period: str
    date: "Expr"


@frozen(repr=False, eq=False)
class RoundedTo(Node):
    """`(value rounded up to 1 yuan)` inside an expression."""

    value: "Expr"
    mode: str
    quantum: Number


Expr = (
    Number
    | String
    | DateLiteral
    | NameUse
    | Qualified
    | Path
    | Lookup
    | On
    | Convert
    | Arithmetic
    | Negative
    | Compare
    | Is
    | IsOneOf
    | Includes
    | Within
    | Not
    | And
    | Or
    | Else
    | Sum
    | Count
    | Best
    | BestOf
    | Quantified
    | SelectionLiteral
    | Receives
    | EligibleFor
    | Previously
    | Today
    | Yes
    | No
    | NoneValue
    | Between
    | Boundary
    | Part
    | RoundedTo
)


@frozen(repr=False, eq=False)
class UnknownResult(Node):
    """`unknown` as a result."""


@frozen(repr=False, eq=False)
class WhenCase(Node):
    """`when condition` behind a result."""

    condition: Expr


@frozen(repr=False, eq=False)
class OtherwiseCase(Node):
    """`otherwise` behind a result."""


Result = Expr | UnknownResult
Case = WhenCase | OtherwiseCase


# ---------------------------------------------------------------- tables


@frozen(repr=False, eq=False)
class AnyCell(Node):
    """`any`."""


@frozen(repr=False, eq=False)
class OtherwiseCell(Node):
    """`otherwise`."""


@frozen(repr=False, eq=False)
class ResultCell(Node):
    """`=`: the header of the column of results."""


@frozen(repr=False, eq=False)
class RateCell(Node):
    """`rate`: the header of a column of marginal rates."""


@frozen(repr=False, eq=False)
class DashCell(Node):
    """`-`: not in force from that date."""


@frozen(repr=False, eq=False)
class BlankCell(Node):
    """Nothing: as the cell to the left."""


@frozen(repr=False, eq=False)
class CompareCell(Node):
    """`>= 3`."""

    op: str
    value: Expr


@frozen(repr=False, eq=False)
class RangeCell(Node):
    """`1 .. 3`, both ends included."""

    low: Expr
    high: Expr


@frozen(repr=False, eq=False)
class StepCell(Node):
    """The header `size from` (included) or `income above` (not)."""

    name: Name
    included: bool


@frozen(repr=False, eq=False)
class ValueCell(Node):
    """A value, or the name of a column in a header."""

    value: Expr


Cell = (
    AnyCell
    | OtherwiseCell
    | ResultCell
    | RateCell
    | DashCell
    | BlankCell
    | CompareCell
    | RangeCell
    | StepCell
    | ValueCell
)


@frozen(repr=False, eq=False)
class Row(Node):
    """A line of a table."""

    cells: tuple[Cell, ...]


# ---------------------------------------------------------------- clauses


@frozen(repr=False, eq=False)
class InForce(Node):
    """`in force from date [until date]`."""

    first: DateLiteral
    last: DateLiteral | None


@frozen(repr=False, eq=False)
class AppliesWhere(Node):
    """`applies where condition`."""

    condition: Expr


@frozen(repr=False, eq=False)
class DatesRound(Node):
    """`dates round down / up / refuse`."""

    mode: str


@frozen(repr=False, eq=False)
class WorkingDays(Node):
    """`working days from "file"`."""

    file: String


@frozen(repr=False, eq=False)
class LanguageOf(Node):
    """`language zh`."""

    language: Name


@frozen(repr=False, eq=False)
class Numbered(Node):
    """`number "国务院令第649号"`."""

    text: String


@frozen(repr=False, eq=False)
class Rank(Node):
    """`rank law`."""

    rank: Name


@frozen(repr=False, eq=False)
class FromDate(Node):
    """`from date`."""

    date: DateLiteral


@frozen(repr=False, eq=False)
class UntilDate(Node):
    """`until date`."""

    date: DateLiteral


@frozen(repr=False, eq=False)
class Unverified(Node):
    """`unverified "why"`."""

    reason: String


@frozen(repr=False, eq=False)
class Synthetic(Node):
    """`synthetic`."""


@frozen(repr=False, eq=False)
class RangeOf(Node):
    """`between a and b`."""

    low: Expr
    high: Expr


@frozen(repr=False, eq=False)
class Ask(Node):
    """`ask "question"`."""

    question: String


@frozen(repr=False, eq=False)
class HeldBy(Node):
    """`held by "a" then "b"`."""

    holders: tuple[String, ...]


@frozen(repr=False, eq=False)
class Default(Node):
    """`default value`."""

    value: Expr


@frozen(repr=False, eq=False)
class Private(Node):
    """`private`."""


@frozen(repr=False, eq=False)
class KeyColumn(Node):
    """A key of a figure and what stands in for it: `county else province`."""

    alternatives: tuple[Name, ...]


@frozen(repr=False, eq=False)
class FromFile(Node):
    """`from file "standards.csv"`."""

    file: String


@frozen(repr=False, eq=False)
class Version(Node):
    """`[from date [until date]] = result [when condition | otherwise] [cite …]`."""

    first: DateLiteral | None
    last: DateLiteral | None
    result: Result
    case: Case | None
    cite: Cite | None


@frozen(repr=False, eq=False)
class Rounded(Node):
    """`rounded up to 1 yuan per month`; modes `up`, `down`, `half up`, `half even`, `half down`."""

    mode: str
    quantum: Number
    cite: Cite | None


@frozen(repr=False, eq=False)
class AtLeast(Node):
    """`at least value`."""

    value: Expr
    cite: Cite | None


@frozen(repr=False, eq=False)
class UpTo(Node):
    """`up to value`; in a ration, the fund."""

    value: Expr
    cite: Cite | None


Shaping = Rounded | AtLeast | UpTo


@frozen(repr=False, eq=False)
class When(Node):
    """`when condition`."""

    condition: Expr
    cite: Cite | None


@frozen(repr=False, eq=False)
class Unless(Node):
    """`unless condition`."""

    condition: Expr
    cite: Cite | None


@frozen(repr=False, eq=False)
class Amount(Node):
    """`amount result [when condition | otherwise]`."""

    result: Result
    case: Case | None
    cite: Cite | None


@frozen(repr=False, eq=False)
class Deadline(Node):
    """`within period after start [when condition | otherwise]`."""

    period: Expr
    start: Expr
    case: Case | None
    cite: Cite | None


@frozen(repr=False, eq=False)
class DecidedBy(Node):
    """`decided by "office" [when condition | otherwise]`."""

    office: String
    case: Case | None
    cite: Cite | None


@frozen(repr=False, eq=False)
class PaidFrom(Node):
    """`paid from date`."""

    date: Expr
    cite: Cite | None


@frozen(repr=False, eq=False)
class ForAtMost(Node):
    """`for at most 6 months`."""

    period: Expr
    cite: Cite | None


@frozen(repr=False, eq=False)
class Urgent(Node):
    """`urgent`."""

    cite: Cite | None


@frozen(repr=False, eq=False)
class Appeal(Node):
    """`appeal to "office" within period after start`."""

    office: String
    period: Expr
    start: Expr
    cite: Cite | None


@frozen(repr=False, eq=False)
class Say(Node):
    """`say "text"`."""

    text: String


GrantClause = (
    Cite
    | Rounded
    | AtLeast
    | UpTo
    | When
    | Unless
    | Amount
    | Deadline
    | DecidedBy
    | PaidFrom
    | ForAtMost
    | Urgent
    | Appeal
    | Say
)


@frozen(repr=False, eq=False)
class InThisOrder(Node):
    """`in this order`."""


@frozen(repr=False, eq=False)
class TheHighest(Node):
    """`the highest`."""


@frozen(repr=False, eq=False)
class AsSays(Node):
    """`as fact says`."""

    fact: Name


@frozen(repr=False, eq=False)
class Order(Node):
    """A key of a ration: `difficulty highest`; words `highest lowest earliest latest yes`."""

    value: Expr
    word: str


@frozen(repr=False, eq=False)
class First(Node):
    """`first key highest, key earliest`."""

    orders: tuple[Order, ...]


@frozen(repr=False, eq=False)
class PassOver(Node):
    """`pass over what does not fit`."""


@frozen(repr=False, eq=False)
class That(Node):
    """`that condition`."""

    condition: Expr
    cite: Cite | None


# ---------------------------------------------------------------- items


@frozen(repr=False, eq=False)
class Policy(Node):
    """`policy a.b` and what holds for the whole file."""

    name: Name
    clauses: tuple[InForce | AppliesWhere | DatesRound | WorkingDays | LanguageOf, ...]


@frozen(repr=False, eq=False)
class Use(Node):
    """`use a.b [as c]`."""

    module: Name
    alias: Name | None


@frozen(repr=False, eq=False)
class SourceText(Node):
    """A legal text."""

    name: Name
    title: String
    clauses: tuple[Numbered | Rank | FromDate | UntilDate | Unverified, ...]


@frozen(repr=False, eq=False)
class Currency(Node):
    """`currency yuan to 0.01`."""

    name: Name
    step: Number


@frozen(repr=False, eq=False)
class UnitDeclaration(Node):
    """`unit hour`."""

    name: Name


@frozen(repr=False, eq=False)
class TypeDeclaration(Node):
    """`type ability: one of (…)`."""

    name: Name
    type: TypeName


@frozen(repr=False, eq=False)
class Entity(Node):
    """`entity person in household at most 30`."""

    name: Name
    parent: Name | None
    limit: Number | None


@frozen(repr=False, eq=False)
class Group(Node):
    """`group member of household = person where condition`."""

    name: Name
    entity: Name
    kind: Name
    condition: Expr
    cites: tuple[Cite, ...]


@frozen(repr=False, eq=False)
class Fact(Node):
    """An input."""

    name: Name
    entity: Name
    type: TypeName
    clauses: tuple[RangeOf | Ask | HeldBy | Default | Private, ...]


@frozen(repr=False, eq=False)
class Judgement(Node):
    """An input that a named official decides."""

    name: Name
    entity: Name
    type: TypeName
    office: String
    clauses: tuple[RangeOf | Cite, ...]


@frozen(repr=False, eq=False)
class Parameter(Node):
    """A figure of the law."""

    name: Name
    keys: tuple[KeyColumn, ...]
    type: TypeName
    clauses: tuple[Cite | Synthetic | Unverified | Version | Row | FromFile, ...]


@frozen(repr=False, eq=False)
class Define(Node):
    """A named step."""

    name: Name
    entity: Name | None
    type: TypeName
    clauses: tuple[Cite | Version | Row | Shaping, ...]


@frozen(repr=False, eq=False)
class Grant(Node):
    """`benefit`, `service`, `referral` or `task`."""

    word: str
    name: Name
    entity: Name
    type: TypeName | None
    first: DateLiteral | None
    last: DateLiteral | None
    clauses: tuple[GrantClause, ...]


@frozen(repr=False, eq=False)
class OnlyOneOf(Node):
    """`only one of (a, b) how`."""

    grants: tuple[Name, ...]
    how: InThisOrder | TheHighest | AsSays
    cite: Cite | None


@frozen(repr=False, eq=False)
class Ration(Node):
    """`ration grant within entity`."""

    grant: Name
    entity: Name
    clauses: tuple[Cite | UpTo | First | PassOver, ...]


@frozen(repr=False, eq=False)
class Amend(Node):
    """`amend name [from date] [until date]`."""

    target: Name
    first: DateLiteral | None
    last: DateLiteral | None
    clauses: tuple[GrantClause | Version | Row | Synthetic | Unverified, ...]


@frozen(repr=False, eq=False)
class Require(Node):
    """An obligation on data."""

    name: Name
    entity: Name
    clauses: tuple[Cite | That, ...]


@frozen(repr=False, eq=False)
class Always(Node):
    """`always condition`."""

    condition: Expr


@frozen(repr=False, eq=False)
class Never(Node):
    """`never condition`."""

    condition: Expr


@frozen(repr=False, eq=False)
class Possible(Node):
    """`possible condition`."""

    condition: Expr


@frozen(repr=False, eq=False)
class Share(Node):
    """`30% of the change`."""

    ratio: Number


@frozen(repr=False, eq=False)
class Tolerance(Node):
    """`by more than 30% of the change and 1 yuan per month`, or one of the two."""

    share: Share | None
    amount: Number | None


@frozen(repr=False, eq=False)
class NeverMoves(Node):
    """`value never rises / falls [tolerance] when cause rises / falls`."""

    value: Expr
    moves: str
    tolerance: Tolerance | None
    cause: Name
    when: str


@frozen(repr=False, eq=False)
class Unchanged(Node):
    """`value unchanged when cause changes`."""

    value: Expr
    cause: Name


@frozen(repr=False, eq=False)
class SameAs(Node):
    """`same as policy [except when condition]`."""

    policy: Name
    exception: Expr | None


Property = Always | Never | Possible | NeverMoves | Unchanged | SameAs


@frozen(repr=False, eq=False)
class Check(Node):
    """A property over all households."""

    title: String
    known_to_fail: String | None
    property: Property


@frozen(repr=False, eq=False)
class Like(Node):
    """`like "example"`."""

    title: String


@frozen(repr=False, eq=False)
class Among(Node):
    """`mild or severe`: one of these, and nobody knows which."""

    values: tuple[Expr, ...]


GivenValue = Expr | RangeCell | Among | UnknownResult


@frozen(repr=False, eq=False)
class Given(Node):
    """A fact, or the beginning of a record (`person a`): the same line, told apart by its name.

    Attributes:
        name: Of the fact or of the entity.
        values: One, or several for a list of services; `1 .. 3` and `mild or severe` where only
            bounds are known, `unknown` where nothing is.
        origin: Who says so, such as "article" or "assumed": `assets 3000 yuan from "assumed"`.
    """

    name: Name
    values: tuple[GivenValue, ...]
    origin: String | None = None


@frozen(repr=False, eq=False)
class NoRecords(Node):
    """`no kind`."""

    kind: Name


@frozen(repr=False, eq=False)
class Records(Node):
    """A kind, and a table of its records: a header, then a row a record."""

    kind: Name
    rows: tuple[Row, ...]


@frozen(repr=False, eq=False)
class PreviousGiven(Node):
    """`previously name value [since date]`; `previously none`: nothing was decided before.

    Attributes:
        since: The first day of the unbroken run of payments.
    """

    name: Name | None
    value: Expr | None
    since: DateLiteral | None


ExampleLine = Like | Given | NoRecords | Records | PreviousGiven


@frozen(repr=False, eq=False)
class ExpectStatus(Node):
    """`expect name of record is granted` (or refused …), `expect … holds` (or fails)."""

    value: Expr
    status: str


@frozen(repr=False, eq=False)
class ExpectDay(Node):
    """`expect grant of record by date`: the last day for its decision."""

    value: Expr
    date: DateLiteral


@frozen(repr=False, eq=False)
class ExpectStart(Node):
    """`expect grant of record paid from date`."""

    value: Expr
    date: DateLiteral


@frozen(repr=False, eq=False)
class ExpectOffice(Node):
    """`expect grant of record decided by "office"`."""

    value: Expr
    office: String


@frozen(repr=False, eq=False)
class ExpectTrue(Node):
    """`expect condition`."""

    condition: Expr


Expectation = ExpectStatus | ExpectTrue | ExpectDay | ExpectStart | ExpectOffice


@frozen(repr=False, eq=False)
class Example(Node):
    """A test in the file."""

    title: String
    date: DateLiteral | None
    lines: tuple[ExampleLine, ...]
    expects: tuple[Expectation, ...]


@frozen(repr=False, eq=False)
class Pair(Node):
    """Two names of one thing, or two wordings of one text."""

    name: Name | String
    other: Name | String


@frozen(repr=False, eq=False)
class Glossary(Node):
    """`glossary zh`, then a pair a line."""

    language: Name
    pairs: tuple[Pair, ...]


Item = (
    Policy
    | Use
    | SourceText
    | Currency
    | UnitDeclaration
    | TypeDeclaration
    | Entity
    | Group
    | Fact
    | Judgement
    | Parameter
    | Define
    | Grant
    | OnlyOneOf
    | Ration
    | Amend
    | Require
    | Check
    | Example
    | Glossary
)


@frozen(repr=False, eq=False)
class File(Node):
    """A policy file: its items, in order, and the names whose items could not be read."""

    items: tuple[Item, ...]
    unread: frozenset[str] = field(default=frozenset(), eq=False)
