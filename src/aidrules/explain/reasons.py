"""What a reason is: one statement of a decision, with the values on both its sides."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property

from attrs import field, frozen

from aidrules.case import Record
from aidrules.program import (
    Arithmetic,
    Citation,
    Constant,
    Expr,
    Fact,
    FactUse,
    FigureValue,
    Parameter,
    Program,
)
from aidrules.trace import Step
from aidrules.values import (
    Exact,
    Failure,
    Value,
)


class Kind(StrEnum):
    """What a reason speaks of."""

    FORCE = "force"
    CONDITION = "condition"
    EXCEPTION = "exception"
    DURATION = "duration"
    OBLIGATION = "obligation"
    EVERY_CASE = "every-case"
    AMOUNT = "amount"
    LIMIT = "limit"
    ROUNDING = "rounding"
    PRECEDENCE = "precedence"
    HIGHER = "higher"
    CHOICE = "choice"
    RATION = "ration"
    CASE = "case"
    STEP = "step"
    FACT = "fact"
    DECISION = "decision"
    UNLISTED = "unlisted"


class Outcome(StrEnum):
    """What came of it."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"
    ERROR = "error"
    GIVES = "gives"


@frozen
class FigureUsed:
    """A figure of the law, as it was looked up.

    Attributes:
        keys: The value of each column by which it was found, or else asked for.
        value: In the unit of the parameter.
        version: The cell it came from; None if that is not one alone.
        passed: Keys that were tried before, for which there is no row.
        day: For which it was looked up, as an ordinal; None if that is open.
    """

    parameter: Parameter
    keys: tuple[Value, ...]
    value: Value
    version: FigureValue | None = field(eq=False)
    passed: tuple[Value, ...] = ()
    day: int | None = field(eq=False, default=None)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Those of the value, or else of the figure."""
        return (self.version.cites if self.version else ()) or self.parameter.citations


@frozen
class CaseTaken:
    """The case that gave a value.

    Attributes:
        condition: Why; None if no case before `otherwise` held.
    """

    condition: Step | None


@frozen
class RowTaken:
    """The row of a table that gave a value by a rule of its own.

    Attributes:
        inputs: What the table was read by.
    """

    inputs: tuple[Step, ...]


@frozen
class VersionTaken:
    """The dated version that gave a value: days as ordinals, both included, None if open."""

    first: int | None
    last: int | None


Taken = CaseTaken | RowTaken | VersionTaken


@frozen
class Rank:
    """Where a claim stands among those on limited funds or places.

    Attributes:
        place: Its own, from 1.
        claims: How many there are.
        taken: What those in front of it take.
        fund: What there is, with what it is called.
        keys: By what it was ranked, in their order.
    """

    place: int
    claims: int
    taken: Exact
    fund: Step
    keys: tuple[Step, ...]


@frozen(slots=False)
class Reason:
    """One reason.

    Attributes:
        whole: What was asked: the line, the amount, the definition, the fact.
        statement: What decides it; for a line that names a yes-or-no step, that step's own
            condition; for an exception, the condition that must not hold; for an amount, the
            formula before limits and rounding.
        about: The key of the definition, grant or ration it speaks of, or None.
        named: The keys of the steps by which the line named its condition.
        sides: Left and right of a comparison; before and after of a limit or rounding,
            and the limit; the inputs of a table.
        records: Those on which `every` failed, or `any` held.
        terms: The values of what a formula adds, subtracts, multiplies and divides, as written;
            none if it is no formula of certain numbers.
        headroom: For a comparison of numbers, how far it is from failing; negative if it fails.
        cases: The cases and versions by which this value was chosen, the outermost first.
        rank: Of a claim in a ration, if all claims are known.
        until: The day of the last of several months for which it is the same, as an ordinal.
        citations: Of the line, or else of the step it names, or else of the whole.
        figures: Looked up in the statement itself.
        rests: The steps of which the parts are read; none is left in an explanation.
        parts: The steps and facts that the statement rests on, each once in an explanation.
        omitted: How many more parts there are.
        failure: The error that is certain or possible.
    """

    kind: Kind
    outcome: Outcome
    whole: Step
    statement: Step
    about: str | None = None
    named: tuple[str, ...] = ()
    sides: tuple[Step, ...] = ()
    records: tuple[Record, ...] = ()
    terms: tuple[Exact, ...] = ()
    headroom: Value | None = None
    cases: "tuple[Taken, ...]" = ()
    rank: Rank | None = None
    until: int | None = None
    citations: tuple[Citation, ...] = ()
    figures: tuple[FigureUsed, ...] = ()
    rests: tuple[Step, ...] = ()
    parts: "tuple[Reason, ...]" = ()
    omitted: int = 0
    failure: Failure | None = None

    @cached_property
    def worked(self) -> Expr | None:
        """The formula with its values in place of its names; None if it is no formula."""
        return _filled(self.statement.expression, iter(self.terms)) if self.terms else None


def _filled(expr: Expr, values: Iterator[Exact]) -> Expr:
    """Return a formula with the next of some values in place of each of its terms."""
    match expr:
        case Arithmetic(left=left, right=right):
            return Arithmetic(
                expr.op,
                _filled(left, values),
                _filled(right, values),
                type=expr.type,
                span=expr.span,
            )
        case _:
            return Constant(next(values), type=expr.type, span=expr.span)


def completed(
    reason: Reason,
    whole: Step,
    figures: tuple[FigureUsed, ...],
    parts: tuple[Reason, ...],
    omitted: int,
) -> Reason:
    """Return a reason with what it rests on; `evolve` would take five times as long.

    Args:
        reason: Without its parts.
        whole: What was asked.
        figures: All that it looked up.
        parts: Those that are listed.
        omitted: How many more there are; not more than 0 for none.
    """
    return Reason(
        reason.kind,
        reason.outcome,
        whole,
        reason.statement,
        reason.about,
        reason.named,
        reason.sides,
        reason.records,
        reason.terms,
        reason.headroom,
        reason.cases,
        reason.rank,
        reason.until,
        reason.citations,
        figures,
        (),
        parts,
        max(0, omitted),
        reason.failure,
    )


def figures(found: Iterable[Reason]) -> Iterator[FigureUsed]:
    """Yield every figure that reasons and their parts rest on, each once."""
    seen: list[FigureUsed] = []
    for reason in _all(found):
        for figure in reason.figures:
            if figure not in seen:
                seen.append(figure)
                yield figure


def citations(found: Iterable[Reason]) -> Iterator[Citation]:
    """Yield every citation of reasons, their parts and their figures, in their order."""
    for reason in _all(found):
        yield from reason.citations
        for figure in reason.figures:
            yield from figure.citations


def facts_read(found: Iterable[Reason], program: Program) -> Iterator[tuple[Record, Fact, Value]]:
    """Yield the facts that reasons state or rest on, with the records that they are of."""
    for reason in _all(found):
        for step in (reason.statement, *reason.sides):
            match step.expression:
                case FactUse(entity=entity, name=name):
                    yield step.record.above(entity), program.fact[entity, name], step.value
                case _:
                    pass


def _all(found: Iterable[Reason]) -> Iterator[Reason]:
    for reason in found:
        yield reason
        yield from _all(reason.parts)
