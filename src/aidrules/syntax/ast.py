"""The tree as written: one frozen class for each construct, free of English word order.

Equality ignores places, so two files are equal if they say the same.
A class here and the grammar's rule of the same name (`at_least` for `AtLeast`) belong together.
"""

from fractions import Fraction

from attrs import field, frozen

from aidrules.source import Span


@frozen(kw_only=True)
class Node:
    """Anything with a place in the source."""

    span: Span = field(eq=False, repr=False)


# ---------------------------------------------------------------- words


@frozen
class Name(Node):
    """A word that names something; `a.b` for one of a module."""

    text: str


@frozen
class String(Node):
    """A text between quotes, without them."""

    text: str


@frozen
class DateLiteral(Node):
    """A day, as its proleptic ordinal (`datetime.date.toordinal`)."""

    ordinal: int


@frozen
class UnitName(Node):
    """A unit as written: `yuan per month`, `working days`.

    Attributes:
        name: Singular: `month`, `working day`, `yuan`, `money`.
        per: What it counts by, singular; or None.
    """

    name: str
    per: str | None


@frozen
class Number(Node):
    """An exact number, with its unit if one is written. `30%` is 3/10."""

    value: Fraction
    unit: UnitName | None = None


@frozen
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


@frozen
class TruthType(Node):
    """`yes or no`."""


@frozen
class ChoiceType(Node):
    """`one of (a, b)`; `one of (a, b, ...)` if it is open."""

    values: tuple[Name, ...]
    is_open: bool


@frozen
class SelectionType(Node):
    """`some of (a, b)`."""

    values: tuple[Name, ...]
    is_open: bool


@frozen
class NamedType(Node):
    """`number`, `date`, `text`, `money per month`, the name of an entity or of a `type`."""

    unit: UnitName


BaseType = TruthType | ChoiceType | SelectionType | NamedType


@frozen
class TypeName(Node):
    """A type, perhaps `or none`."""

    base: BaseType
    or_none: bool


# ---------------------------------------------------------------- expressions


@frozen
class NameUse(Node):
    """A name where a value is wanted; also a value of a choice."""

    name: str


@frozen
class Qualified(Node):
    """`module.name`."""

    module: str
    name: str


@frozen
class Path(Node):
    """`name of reference`; in an example, `name of record`."""

    name: Name
    of: Name


@frozen
class Lookup(Node):
    """`figure for key`, `figure for (key, key)`."""

    figure: Name
    keys: "tuple[Expr, ...]"


@frozen
class On(Node):
    """`figure on date`."""

    value: "Expr"
    date: "Expr"


@frozen
class Convert(Node):
    """`amount per month`: a yearly amount as a monthly one."""

    value: "Expr"
    period: str


@frozen
class Arithmetic(Node):
    """`left op right`; op is one of `+ - * /`."""

    op: str
    left: "Expr"
    right: "Expr"


@frozen
class Negative(Node):
    """`-value`."""

    value: "Expr"


@frozen
class Compare(Node):
    """`left op right`; op is one of `< <= > >= = !=`."""

    op: str
    left: "Expr"
    right: "Expr"


@frozen
class Is(Node):
    """`left is right`, `left is not right`, `left is none`."""

    left: "Expr"
    right: "Expr"
    negated: bool


@frozen
class IsOneOf(Node):
    """`value is one of (a, b)`."""

    value: "Expr"
    values: tuple[Name, ...]
    negated: bool


@frozen
class Includes(Node):
    """`selection includes value`."""

    selection: "Expr"
    value: "Expr"


@frozen
class Within(Node):
    """`date within period before / after start`."""

    date: "Expr"
    period: "Expr"
    direction: str
    start: "Expr"


@frozen
class Not(Node):
    """`not value`."""

    value: "Expr"


@frozen
class And(Node):
    """`a and b and c`."""

    items: "tuple[Expr, ...]"


@frozen
class Or(Node):
    """`a or b or c`."""

    items: "tuple[Expr, ...]"


@frozen
class Else(Node):
    """`value else alternative`: if the value is none."""

    value: "Expr"
    alternative: "Expr"


@frozen
class OverRecords(Node):
    """The records of a kind or group, perhaps only those for which a condition holds."""

    kind: Name
    where: "Expr | None"


@frozen
class OverMonths(Node):
    """`months from a to b`."""

    first: "Expr"
    last: "Expr"


@frozen
class Sum(Node):
    """`sum of value over range`."""

    value: "Expr"
    over: OverRecords | OverMonths


@frozen
class Count(Node):
    """`count of kind where condition`."""

    over: OverRecords


@frozen
class Best(Node):
    """`highest / lowest / earliest / latest of value over range [by key]`."""

    word: str
    value: "Expr"
    over: OverRecords
    by: "Expr | None"


@frozen
class BestOf(Node):
    """`highest of (a, b)`."""

    word: str
    values: "tuple[Expr, ...]"


@frozen
class Quantified(Node):
    """`any kind [where filter] has condition`, `every …`."""

    word: str
    over: OverRecords
    condition: "Expr"


@frozen
class SelectionLiteral(Node):
    """`some of (a, b)` as a value."""

    values: tuple[Name, ...]


@frozen
class Receives(Node):
    """`receives grant`."""

    grant: Name


@frozen
class EligibleFor(Node):
    """`eligible for grant`."""

    grant: Name


@frozen
class Previously(Node):
    """`previously name`, `previously receives grant`."""

    name: Name
    receives: bool


@frozen
class Today(Node):
    """`today`: the date asked for."""


@frozen
class Yes(Node):
    """`yes`."""


@frozen
class No(Node):
    """`no`."""


@frozen
class NoneValue(Node):
    """`none`: what does not exist."""


@frozen
class Between(Node):
    """`years between a and b`, in whole periods."""

    period: str
    first: "Expr"
    last: "Expr"


@frozen
class Boundary(Node):
    """`start of month after date`; side `start / end`, which `of / after / before`."""

    side: str
    period: str
    which: str
    date: "Expr"


@frozen
class Part(Node):
    """`year of date`."""

    period: str
    date: "Expr"


@frozen
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


@frozen
class UnknownResult(Node):
    """`unknown` as a result."""


@frozen
class WhenCase(Node):
    """`when condition` behind a result."""

    condition: Expr


@frozen
class OtherwiseCase(Node):
    """`otherwise` behind a result."""


Result = Expr | UnknownResult
Case = WhenCase | OtherwiseCase


# ---------------------------------------------------------------- tables


@frozen
class AnyCell(Node):
    """`any`."""


@frozen
class OtherwiseCell(Node):
    """`otherwise`."""


@frozen
class ResultCell(Node):
    """`=`: the header of the column of results."""


@frozen
class RateCell(Node):
    """`rate`: the header of a column of marginal rates."""


@frozen
class DashCell(Node):
    """`-`: not in force from that date."""


@frozen
class BlankCell(Node):
    """Nothing: as the cell to the left."""


@frozen
class CompareCell(Node):
    """`>= 3`."""

    op: str
    value: Expr


@frozen
class RangeCell(Node):
    """`1 .. 3`, both ends included."""

    low: Expr
    high: Expr


@frozen
class StepCell(Node):
    """The header `size from` (included) or `income above` (not)."""

    name: Name
    included: bool


@frozen
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


@frozen
class Row(Node):
    """A line of a table."""

    cells: tuple[Cell, ...]


# ---------------------------------------------------------------- clauses


@frozen
class InForce(Node):
    """`in force from date [until date]`."""

    first: DateLiteral
    last: DateLiteral | None


@frozen
class AppliesWhere(Node):
    """`applies where condition`."""

    condition: Expr


@frozen
class DatesRound(Node):
    """`dates round down / up / refuse`."""

    mode: str


@frozen
class WorkingDays(Node):
    """`working days from "file"`."""

    file: String


@frozen
class LanguageOf(Node):
    """`language zh`."""

    language: Name


@frozen
class Numbered(Node):
    """`number "国务院令第649号"`."""

    text: String


@frozen
class Rank(Node):
    """`rank law`."""

    rank: Name


@frozen
class FromDate(Node):
    """`from date`."""

    date: DateLiteral


@frozen
class UntilDate(Node):
    """`until date`."""

    date: DateLiteral


@frozen
class Unverified(Node):
    """`unverified "why"`."""

    reason: String


@frozen
class Synthetic(Node):
    """`synthetic`."""


@frozen
class RangeOf(Node):
    """`between a and b`."""

    low: Expr
    high: Expr


@frozen
class Ask(Node):
    """`ask "question"`."""

    question: String


@frozen
class HeldBy(Node):
    """`held by "a" then "b"`."""

    holders: tuple[String, ...]


@frozen
class Default(Node):
    """`default value`."""

    value: Expr


@frozen
class Private(Node):
    """`private`."""


@frozen
class KeyColumn(Node):
    """A key of a figure and what stands in for it: `county else province`."""

    alternatives: tuple[Name, ...]


@frozen
class FromFile(Node):
    """`from file "standards.csv"`."""

    file: String


@frozen
class Version(Node):
    """`[from date [until date]] = result [when condition | otherwise] [cite …]`."""

    first: DateLiteral | None
    last: DateLiteral | None
    result: Result
    case: Case | None
    cite: Cite | None


@frozen
class Rounded(Node):
    """`rounded up to 1 yuan per month`; modes `up`, `down`, `half up`, `half even`, `half down`."""

    mode: str
    quantum: Number
    cite: Cite | None


@frozen
class AtLeast(Node):
    """`at least value`."""

    value: Expr
    cite: Cite | None


@frozen
class UpTo(Node):
    """`up to value`; in a ration, the fund."""

    value: Expr
    cite: Cite | None


Shaping = Rounded | AtLeast | UpTo


@frozen
class When(Node):
    """`when condition`."""

    condition: Expr
    cite: Cite | None


@frozen
class Unless(Node):
    """`unless condition`."""

    condition: Expr
    cite: Cite | None


@frozen
class Amount(Node):
    """`amount result [when condition | otherwise]`."""

    result: Result
    case: Case | None
    cite: Cite | None


@frozen
class Deadline(Node):
    """`within period after start [when condition | otherwise]`."""

    period: Expr
    start: Expr
    case: Case | None
    cite: Cite | None


@frozen
class DecidedBy(Node):
    """`decided by "office" [when condition | otherwise]`."""

    office: String
    case: Case | None
    cite: Cite | None


@frozen
class PaidFrom(Node):
    """`paid from date`."""

    date: Expr
    cite: Cite | None


@frozen
class ForAtMost(Node):
    """`for at most 6 months`."""

    period: Expr
    cite: Cite | None


@frozen
class Urgent(Node):
    """`urgent`."""

    cite: Cite | None


@frozen
class Appeal(Node):
    """`appeal to "office" within period after start`."""

    office: String
    period: Expr
    start: Expr
    cite: Cite | None


@frozen
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


@frozen
class InThisOrder(Node):
    """`in this order`."""


@frozen
class TheHighest(Node):
    """`the highest`."""


@frozen
class AsSays(Node):
    """`as fact says`."""

    fact: Name


@frozen
class Order(Node):
    """A key of a ration: `difficulty highest`; words `highest lowest earliest latest yes`."""

    value: Expr
    word: str


@frozen
class First(Node):
    """`first key highest, key earliest`."""

    orders: tuple[Order, ...]


@frozen
class PassOver(Node):
    """`pass over what does not fit`."""


@frozen
class That(Node):
    """`that condition`."""

    condition: Expr
    cite: Cite | None


# ---------------------------------------------------------------- items


@frozen
class Policy(Node):
    """`policy a.b` and what holds for the whole file."""

    name: Name
    clauses: tuple[InForce | AppliesWhere | DatesRound | WorkingDays | LanguageOf, ...]


@frozen
class Use(Node):
    """`use a.b [as c]`."""

    module: Name
    alias: Name | None


@frozen
class SourceText(Node):
    """A legal text."""

    name: Name
    title: String
    clauses: tuple[Numbered | Rank | FromDate | UntilDate | Unverified, ...]


@frozen
class Currency(Node):
    """`currency yuan to 0.01`."""

    name: Name
    step: Number


@frozen
class UnitDeclaration(Node):
    """`unit hour`."""

    name: Name


@frozen
class TypeDeclaration(Node):
    """`type ability: one of (…)`."""

    name: Name
    type: TypeName


@frozen
class Entity(Node):
    """`entity person in household at most 30`."""

    name: Name
    parent: Name | None
    limit: Number | None


@frozen
class Group(Node):
    """`group member of household = person where condition`."""

    name: Name
    entity: Name
    kind: Name
    condition: Expr
    cites: tuple[Cite, ...]


@frozen
class Fact(Node):
    """An input."""

    name: Name
    entity: Name
    type: TypeName
    clauses: tuple[RangeOf | Ask | HeldBy | Default | Private, ...]


@frozen
class Judgement(Node):
    """An input that a named official decides."""

    name: Name
    entity: Name
    type: TypeName
    office: String
    clauses: tuple[RangeOf | Cite, ...]


@frozen
class Parameter(Node):
    """A figure of the law."""

    name: Name
    keys: tuple[KeyColumn, ...]
    type: TypeName
    clauses: tuple[Cite | Synthetic | Unverified | Version | Row | FromFile, ...]


@frozen
class Define(Node):
    """A named step."""

    name: Name
    entity: Name | None
    type: TypeName
    clauses: tuple[Cite | Version | Row | Shaping, ...]


@frozen
class Grant(Node):
    """`benefit`, `service`, `referral` or `task`."""

    word: str
    name: Name
    entity: Name
    type: TypeName | None
    first: DateLiteral | None
    last: DateLiteral | None
    clauses: tuple[GrantClause, ...]


@frozen
class OnlyOneOf(Node):
    """`only one of (a, b) how`."""

    grants: tuple[Name, ...]
    how: InThisOrder | TheHighest | AsSays
    cite: Cite | None


@frozen
class Ration(Node):
    """`ration grant within entity`."""

    grant: Name
    entity: Name
    clauses: tuple[Cite | UpTo | First | PassOver, ...]


@frozen
class Amend(Node):
    """`amend name [from date] [until date]`."""

    target: Name
    first: DateLiteral | None
    last: DateLiteral | None
    clauses: tuple[GrantClause | Version | Row | Synthetic | Unverified, ...]


@frozen
class Require(Node):
    """An obligation on data."""

    name: Name
    entity: Name
    clauses: tuple[Cite | That, ...]


@frozen
class Always(Node):
    """`always condition`."""

    condition: Expr


@frozen
class Never(Node):
    """`never condition`."""

    condition: Expr


@frozen
class NeverMoves(Node):
    """`value never rises / falls [by more than quantum] when fact rises / falls`."""

    value: Expr
    moves: str
    tolerance: Number | None
    fact: Name
    when: str


@frozen
class Unchanged(Node):
    """`value unchanged when fact changes`."""

    value: Expr
    fact: Name


@frozen
class SameAs(Node):
    """`same as policy [except when condition]`."""

    policy: Name
    exception: Expr | None


Property = Always | Never | NeverMoves | Unchanged | SameAs


@frozen
class Check(Node):
    """A property over all households."""

    title: String
    known_to_fail: String | None
    property: Property


@frozen
class Like(Node):
    """`like "example"`."""

    title: String


@frozen
class Among(Node):
    """`mild or severe`: one of these, and nobody knows which."""

    values: tuple[Expr, ...]


GivenValue = Expr | RangeCell | Among | UnknownResult


@frozen
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


@frozen
class NoRecords(Node):
    """`no kind`."""

    kind: Name


@frozen
class Records(Node):
    """A kind, and a table of its records: a header, then a row a record."""

    kind: Name
    rows: tuple[Row, ...]


@frozen
class PreviousGiven(Node):
    """`previously name value [since date]`; `previously none`: nothing was decided before.

    Attributes:
        since: The first day of the unbroken run of payments.
    """

    name: Name | None
    value: Expr | None
    since: DateLiteral | None


ExampleLine = Like | Given | NoRecords | Records | PreviousGiven


@frozen
class ExpectStatus(Node):
    """`expect name of record is granted` (or refused …), `expect … holds` (or fails)."""

    value: Expr
    status: str


@frozen
class ExpectDay(Node):
    """`expect grant of record by date`: the last day for its decision."""

    value: Expr
    date: DateLiteral


@frozen
class ExpectStart(Node):
    """`expect grant of record paid from date`."""

    value: Expr
    date: DateLiteral


@frozen
class ExpectOffice(Node):
    """`expect grant of record decided by "office"`."""

    value: Expr
    office: String


@frozen
class ExpectTrue(Node):
    """`expect condition`."""

    condition: Expr


Expectation = ExpectStatus | ExpectTrue | ExpectDay | ExpectStart | ExpectOffice


@frozen
class Example(Node):
    """A test in the file."""

    title: String
    date: DateLiteral | None
    lines: tuple[ExampleLine, ...]
    expects: tuple[Expectation, ...]


@frozen
class Pair(Node):
    """Two names of one thing, or two wordings of one text."""

    name: Name | String
    other: Name | String


@frozen
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


@frozen
class File(Node):
    """A policy file: its items, in order, and the names whose items could not be read."""

    items: tuple[Item, ...]
    unread: frozenset[str] = field(default=frozenset(), eq=False)
