"""Program to layout: how facts, records and what was decided before lie in arrays of whole numbers.

A batch holds many documents of one kind at once, one array for each fact, records below one another
by offsets. Whatever fills a batch (tables, documents, made-up households) and whatever reads it
agree on this page alone.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from fractions import Fraction
from typing import Any, Literal, assert_never

from attrs import field, frozen

from aidrules.bounds.sets import FIRST_UNKNOWN_DAY, LAST_UNKNOWN_DAY
from aidrules.program import Fact, Program, Recorded, ValueMatch
from aidrules.traverse import expressions, walk
from aidrules.types import (
    Choice,
    Date,
    Optional,
    Quantity,
    Reference,
    Selection,
    Text,
    Truth,
    Type,
    Undetermined,
    core,
)

Kind = Literal["number", "date", "truth", "choice", "selection", "text", "reference"]

Numbers = Any
"""An array of 64-bit whole numbers, or a list of `int`: the same text reads either."""

FINE = 10_000
"""Parts of a unit that are told apart in a quantity whose declaration names no step."""

WIDE = 1 << 40
"""The greatest size, in its smallest parts, of a value whose declaration names no range."""

FIRST_DAY, LAST_DAY = FIRST_UNKNOWN_DAY, LAST_UNKNOWN_DAY
MOST_CODES = 60


class State(IntEnum):
    """What is known of a fact on a record.

    KNOWN: the value. ABSENT: that there is none. MISSING: nothing was said, so the default counts,
    or it is unknown. BETWEEN: a number or date from `low` to `high`; of a yes-or-no (1 no, 2 yes)
    or a choice (1 << code for each), the bits in `low`. OPEN: disputed, any value of its range.
    BEYOND: what no array holds (a series of dates, a part of a step); the interpreter works out the
    documents that ask for it.
    """

    KNOWN = 0
    ABSENT = 1
    MISSING = 2
    BETWEEN = 3
    OPEN = 4
    BEYOND = 5


@frozen
class Storage:
    """How the values of a type lie in an array.

    A number is stored as its multiple of 1/scale; a date as its ordinal; a yes-or-no as 1 or 0; a
    choice or text as its place in `codes`, anything else as `len(codes)`; a list of services as the
    sum of `1 << code`; a reference as the row of its record, -1 for one that nobody listed.

    Attributes:
        kind: See above.
        type: Of the value.
        scale: Stored numbers are values times this; 1 for everything else.
        codes: The values by code, of a choice, a list of services or a text.
        low: The least stored number that is taken; documents with others are worked out one by
            one, by the interpreter.
        high: The greatest, included.
    """

    kind: Kind
    type: Type
    scale: int = 1
    codes: tuple[str, ...] = ()
    low: int = 0
    high: int = 1

    @property
    def is_optional(self) -> bool:
        """Whether nothing may be there."""
        return isinstance(self.type, Optional)


@frozen
class Layout:
    """How the documents of a policy lie in arrays.

    Attributes:
        root: The kind of record that a document is.
        above: The kinds above it, from the next one up.
        below: The kinds below it, parents before their children.
        facts: By entity and name; of the kinds above and below, and of the root's own.
        history: What rules ask of the last decision, by key of the grant or definition and part.
        texts: Every text that the policy names, in the order of their codes.
    """

    program: Program = field(repr=False)
    root: str
    above: tuple[str, ...]
    below: tuple[str, ...]
    facts: Mapping[tuple[str, str], Storage] = field(repr=False)
    history: Mapping[tuple[str, str], tuple[str, Storage]] = field(repr=False)
    texts: tuple[str, ...] = field(repr=False, default=())

    @staticmethod
    def of(program: Program, root: str | None = None) -> "Layout":
        """Return the layout of a policy's documents.

        Args:
            program: The policy.
            root: The kind of a document; None: the household, or the highest kind.

        Raises:
            LookupError: If the policy has no kind of record of that name.
        """
        root = root_of(program) if root is None else root
        if root not in program.entity:
            raise LookupError(root)
        above = tuple(program.ancestry(root))[1:]
        below = tuple(
            entity.name
            for entity in program.entities
            if entity.name != root and root in program.ancestry(entity.name)
        )
        kinds = {root, *above, *below}
        texts = tuple(sorted(_texts(program)))
        facts = {
            (fact.entity, fact.name): storage(fact, texts)
            for fact in program.facts
            if fact.entity in kinds
        }
        history = _history(program, kinds, texts)
        return Layout(program, root, above, below, facts, history, texts)

    def parent(self, entity: str) -> str:
        """Return the kind right above one below the root."""
        above = self.program.entity[entity].parent
        if above is None:
            raise LookupError(entity)
        return above


def root_of(program: Program) -> str:
    """Return the kind that a document is unless it says otherwise: household, or the highest."""
    return "household" if "household" in program.entity else program.entities[0].name


def storage(fact: Fact, texts: tuple[str, ...] = ()) -> Storage:
    """Return how the values of a fact lie in an array.

    Args:
        fact: The fact.
        texts: Every text that the policy names, in the order of their codes.
    """
    plain = stored(fact.type, texts)
    match plain.kind:
        case "number":
            scale = FINE if fact.step is None else Fraction(1, 1) / fact.step
            exact = max(1, Fraction(scale).numerator)
            low = -WIDE if fact.low is None else _inside(fact.low * exact, up=True)
            high = WIDE if fact.high is None else _inside(fact.high * exact, up=False)
            return Storage("number", fact.type, exact, (), low, high)
        case "date":
            low = FIRST_DAY if fact.low is None else int(fact.low)
            high = LAST_DAY if fact.high is None else int(fact.high)
            return Storage("date", fact.type, 1, (), low, high)
        case _:
            return plain


def _inside(number: Fraction | int, *, up: bool) -> int:
    exact = Fraction(number)
    return -(-exact.numerator // exact.denominator) if up else exact.numerator // exact.denominator


def stored(type_: Type, texts: tuple[str, ...]) -> Storage:
    """Return how values of a type lie in an array, without a declared range."""
    match core(type_):
        case Quantity():
            return Storage("number", type_, FINE, (), -WIDE, WIDE)
        case Date():
            return Storage("date", type_, 1, (), FIRST_DAY, LAST_DAY)
        case Truth():
            return Storage("truth", type_, 1, (), 0, 1)
        case Choice(values=values, is_open=is_open):
            return Storage("choice", type_, 1, values, 0, len(values) - (not is_open))
        case Selection(choice=choice):
            codes = choice.values
            return Storage("selection", type_, 1, codes, 0, (1 << min(len(codes), MOST_CODES)) - 1)
        case Text():
            return Storage("text", type_, 1, texts, 0, len(texts))
        case Reference():
            return Storage("reference", type_, 1, (), -1, WIDE)
        case Undetermined():
            raise TypeError(type_)
        case _ as never:
            assert_never(never)


def _texts(program: Program) -> set[str]:
    """Return every text that the policy names, those by which figures are looked up included."""
    found = set(program.texts)
    for parameter in program.parameters:
        for row in parameter.rows:
            for cell in row.cells:
                if isinstance(cell, ValueMatch) and isinstance(cell.value, str):
                    found.add(cell.value)
    return found


def _history(
    program: Program, kinds: set[str], texts: tuple[str, ...]
) -> Mapping[tuple[str, str], tuple[str, Storage]]:
    """Return what rules ask of the last decision: by key and part, the kind and the storage."""
    found: dict[tuple[str, str], tuple[str, Storage]] = {}
    for expression in expressions(program):
        for node in walk(expression):
            if isinstance(node, Recorded) and node.entity in kinds:
                found[node.key, node.part] = node.entity, stored(node.type, texts)
    return found


@frozen(eq=False)
class Column:
    """One fact over the records of a batch.

    Attributes:
        values: int64, one for each record, in the way of its storage; 0 where it is not known.
        states: uint8, a `State` for each record; None if all are known.
        low: int64, where some are BETWEEN; None if none is.
        high: int64, the same; 0 for a yes-or-no and a choice.
    """

    values: Numbers
    states: Numbers | None = None
    low: Numbers | None = None
    high: Numbers | None = None


@frozen(eq=False)
class Batch:
    """Many documents at once.

    Records of a kind lie one after another in the order of their parents, so those below row `r`
    of the kind above are the rows from `offsets[kind][r]` up to `offsets[kind][r + 1]`.

    Attributes:
        size: How many documents.
        counts: How many records of each kind; of the kinds above, how many there are in all.
        offsets: int64, for each kind below the root one more than its parent kind has records.
        above: int64, for each kind above the root, one for each record of the kind below it on the
            way up: the row of the record above; -1 if it was not told.
        facts: By entity and name. A fact without a column is missing on every record.
        unlisted: int64, for a kind below: how many more records each parent may have; a kind that
            is not here is listed in full.
        history: Like `facts`, by key and part (see `Layout.history`); None: no history was given.
            If one was, but tells nothing of a record, `receives` is no and the rest is ABSENT.
        aside: bool, one for each document: whether it is worked out by itself, whatever is asked;
            None if none is.
        is_checked: Whether every value lies in the range of its storage; if that is not said, each
            is looked at, and documents with others are worked out by themselves.
    """

    size: int
    counts: Mapping[str, int]
    offsets: Mapping[str, Numbers]
    above: Mapping[str, Numbers]
    facts: Mapping[tuple[str, str], Column]
    unlisted: Mapping[str, Numbers] = field(factory=dict)
    history: Mapping[tuple[str, str], Column] | None = None
    aside: Numbers | None = None
    is_checked: bool = False


class Code(IntEnum):
    """What came of a grant or requirement on a record; as in `decision.Status`."""

    REFUSED = 0
    GRANTED = 1
    UNDECIDED = 2
    ERROR = 3


@frozen(eq=False)
class Answers:
    """What is decided of one grant or requirement over the records of a batch.

    Attributes:
        key: Of the grant or requirement.
        entity: The kind of record.
        status: uint8, a `Code` for each record (for a requirement, GRANTED: it holds).
        reason: int8 or more: of a refusal the line that surely fails, counted from 1 in the order
            of `Grant.lines`, and behind them 1 for an amount of nothing; -1: excluded by another
            grant or without a place among limited funds; 0: no one line fails in every case, or it
            is not refused.
        low: int8 to int64 (make it int64 before multiplying), the least amount possible times
            `scale`, and times `divisor` where that is given; None if it has no amount in numbers.
        high: the greatest amount possible, the same; `low` itself where nothing is unknown.
        ends: uint8, bits: 1 the amount has no least value, 2 no greatest, 4 none is possible; None
            if it has one wherever it is granted or refused, and none elsewhere.
        scale: Of the amounts.
        divisor: what each amount is to be divided by besides; None if nothing.
        chosen: of a grant that is no number: the sum of `1 << code` over the services, or
            over the values of a choice; 1 for no and 2 for yes. Where it is granted.
        deadline: an ordinal, 0 if there is none or it is open; None if no rule sets one.
    """

    key: str
    entity: str
    status: Numbers
    reason: Numbers
    low: Numbers | None
    high: Numbers | None
    ends: Numbers | None
    scale: int
    divisor: Numbers | None
    chosen: Numbers | None
    deadline: Numbers | None


@frozen(eq=False)
class Results:
    """What is decided over a batch.

    Attributes:
        answers: One for each grant and requirement that the kernel works out, in order.
        deferred: bool, one for each document: the interpreter is to work it out by itself, and its
            rows in `answers` mean nothing.
        horizon: int64, one for each document: the first day, as an ordinal, on which time alone
            could change an answer.
    """

    answers: Sequence[Answers]
    deferred: Numbers
    horizon: Numbers
