"""An evaluation to the reasons of one decision, each with the values on both its sides."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from fractions import Fraction
from typing import assert_never

from attrs import evolve, field, frozen

from aidrules.case import Record
from aidrules.program import (
    And,
    AnyMatch,
    AnyOver,
    Arithmetic,
    Cases,
    Citation,
    Compare,
    Constant,
    EveryOver,
    Exclusion,
    Expr,
    Extreme,
    FactUse,
    Figure,
    FigureRow,
    FigureValue,
    Grant,
    Includes,
    IsNone,
    Line,
    Match,
    Not,
    OneOf,
    Or,
    Parameter,
    Payable,
    Place,
    Program,
    RangeMatch,
    Recorded,
    Requirement,
    Role,
    Round,
    Table,
    Use,
    ValueMatch,
    Within,
)
from aidrules.trace import Step, Trace
from aidrules.types import NUMBER, TRUTH, Quantity, core
from aidrules.values import (
    Failure,
    Infinite,
    Interval,
    Number,
    Possible,
    Value,
    bounds,
    failure_of,
    settle,
)

DEPTH = 6
"""How many definitions deep the reasons of a reason go."""

PARTS = 40
"""How many parts of one reason are listed."""


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
    STEP = "step"
    FACT = "fact"
    DECISION = "decision"


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
        keys: The values by which it was.
        value: In the unit of the parameter.
        version: The cell it came from; None if that is not one alone.
    """

    parameter: Parameter
    keys: tuple[Value, ...]
    value: Value
    version: FigureValue | None = field(eq=False)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Those of the value, or else of the figure."""
        return (self.version.cites if self.version else ()) or self.parameter.citations


@frozen
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
        worked: The formula with its values in place of its names, if that says more.
        headroom: For a comparison of numbers, how far it is from failing; negative if it fails.
        cases: The conditions under which this amount was chosen.
        citations: Of the line, or else of the step it names, or else of the whole.
        figures: Looked up in the statement itself.
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
    worked: Expr | None = None
    headroom: Value | None = None
    cases: tuple[Step, ...] = ()
    citations: tuple[Citation, ...] = ()
    figures: tuple[FigureUsed, ...] = ()
    parts: "tuple[Reason, ...]" = ()
    omitted: int = 0
    failure: Failure | None = None


def reasons(
    program: Program,
    trace: Trace,
    subject: Grant | Requirement,
    record: Record,
    receives: Value,
    eligible: Value,
) -> tuple[Reason, ...]:
    """Return the reasons of a decision, in the order in which they count.

    Granted: every line, the amount, its limits and rounding. Refused: the first line that surely
    fails; if none alone does, the lines of which one fails in every case; or what stands before
    it. Undecided: what is open. In error: the first certain error, else the first possible one.

    Args:
        program: The policy.
        trace: The evaluation that was asked for.
        subject: The grant or requirement that was decided.
        record: On which it was.
        receives: Whether it is received; for a requirement, whether it holds.
        eligible: Whether it is before exclusion and rationing; for a requirement, the same.
    """
    reader = _Reader(program, trace, record, frozenset())
    if isinstance(subject, Requirement):
        return _without_repeats(
            reason
            for line in subject.lines
            for reason in reader.line(line, Kind.OBLIGATION, subject.citations, subject.key)
        )
    match receives:
        case True:
            found = _granted(reader, subject)
        case False:
            found = _refused(reader, subject, eligible)
        case Failure():
            found = _failed(reader, subject)
        case _:
            found = _undecided(reader, subject, eligible)
    return _without_repeats(found)


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


def _all(found: Iterable[Reason]) -> Iterator[Reason]:
    for reason in found:
        yield reason
        yield from _all(reason.parts)


def _without_repeats(found: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return reasons in which each step and each fact stands once, where it is met first."""
    seen: set[tuple[object, ...]] = set()

    def kept(reason: Reason) -> Reason:
        parts = []
        for part in reason.parts:
            at = part.statement
            mark = (part.about, at.record.entity, at.record.id, at.today)
            if part.about is not None and part.kind in {Kind.STEP, Kind.FACT, Kind.DECISION}:
                if mark in seen or _says_no_more(part, reason):
                    continue
                seen.add(mark)
            parts.append(kept(part))
        return evolve(reason, parts=tuple(parts))

    return tuple(kept(reason) for reason in found)


def _says_no_more(part: Reason, reason: Reason) -> bool:
    """Whether a part is what its reason states, and nothing is to be said of its origin."""
    if part.kind is Kind.STEP or part.statement.expression != reason.statement.expression:
        return False
    return part.about not in part.statement.record.given


# ---------------------------------------------------------------- grants


def _granted(reader: "_Reader", grant: Grant) -> tuple[Reason, ...]:
    lines = tuple(reader.conditions(grant))
    if grant.amount is None:
        return lines
    return (*lines, *reader.amount(grant.amount, grant, Outcome.GIVES))


def _refused(reader: "_Reader", grant: Grant, eligible: Value) -> tuple[Reason, ...]:
    if eligible is not False:
        return reader.competition(grant, {Outcome.FAILS})[:1]
    uncertain: list[Reason] = []
    for reason in reader.conditions(grant):
        if reason.outcome is Outcome.FAILS:
            return (reason,)
        if reason.outcome is not Outcome.HOLDS:
            uncertain.append(reason)
    if grant.amount is not None:
        amount = reader.amount(grant.amount, grant, Outcome.FAILS)
        # an amount that is surely nothing is a reason by itself
        if reader.payable(grant, grant.amount).value is False:
            return amount
        uncertain.extend(amount)
    step = reader.own(grant, Use(grant.entity, grant.eligible, type=TRUTH, span=grant.span))
    return (
        Reason(
            Kind.EVERY_CASE,
            Outcome.FAILS,
            step,
            step,
            grant.key,
            citations=grant.citations,
            parts=tuple(uncertain),
        ),
    )


def _undecided(reader: "_Reader", grant: Grant, eligible: Value) -> tuple[Reason, ...]:
    open_lines: list[Reason] = []
    if eligible is not True:
        open_lines.extend(
            reason for reason in reader.conditions(grant) if reason.outcome is not Outcome.HOLDS
        )
    if grant.amount is not None and reader.payable(grant, grant.amount).value is not True:
        open_lines.extend(reader.amount(grant.amount, grant, Outcome.UNDECIDED))
    rivals = reader.competition(grant, {Outcome.UNDECIDED, Outcome.ERROR})
    return (*open_lines, *rivals)


def _failed(reader: "_Reader", grant: Grant) -> tuple[Reason, ...]:
    found: list[Reason] = []
    for reason in reader.conditions(grant):
        found.append(reason)
        if reason.outcome is Outcome.FAILS:
            break
    else:
        if grant.amount is not None:
            found.extend(reader.amount(grant.amount, grant, Outcome.ERROR))
        found.extend(reader.competition(grant, {Outcome.ERROR, Outcome.UNDECIDED}))
    certain = [reason for reason in found if reason.outcome is Outcome.ERROR]
    possible = [reason for reason in found if reason.failure is not None]
    return tuple((certain or possible)[:1])


# ---------------------------------------------------------------- reading


@frozen
class _Reader:
    """Reads one evaluation.

    Attributes:
        record: On which the decision was made.
        above: The definitions on the way down, none of which is explained again.
    """

    program: Program
    trace: Trace
    record: Record
    above: frozenset[str]

    def step(self, expr: Expr) -> Step:
        return self.trace.step(expr, self.record)

    def own(self, grant: Grant, wanted: Expr) -> Step:
        """Evaluate a part of a grant's definitions, found there by equality.

        Engines remember what they were asked, node by node: the program's own nodes do not add up.
        """
        keys = (grant.eligible, f"{grant.key}/claims", grant.receives)
        bodies = [
            self.program.definition[key].body for key in keys if key in self.program.definition
        ]
        return self.step(next((node for node in _parts(bodies) if node == wanted), wanted))

    def payable(self, grant: Grant, amount: Expr) -> Step:
        return self.own(grant, Payable(amount, type=TRUTH, span=amount.span))

    def body(self, step: Step, key: str) -> Step | None:
        """Return the body of the definition that a step uses, evaluated for the same date."""
        definition = self.program.definition[key]
        if step.today == self.trace.today:
            entity = definition.entity
            at = step.record if entity is None else step.record.above(entity)
            return self.trace.step(definition.body, at)
        return next(iter(self.trace.operands(step)), None)

    # -------------------------------------------------------------- lines

    def conditions(self, grant: Grant) -> Iterator[Reason]:
        """Yield the reasons of each line, up to one that guards the rest from being asked."""
        for line in grant.lines:
            kind = _kind(line, grant)
            found = self.line(line, kind, grant.citations, grant.key)
            if found[0].outcome is Outcome.HOLDS and self.is_elsewhere(line):
                continue
            yield from found
            if any(reason.outcome is Outcome.FAILS for reason in found):
                return

    def is_elsewhere(self, line: Line) -> bool:
        """Whether a line is that of an amendment which does not hold for this record and date."""
        parts = _amendment(line.condition)
        return parts is not None and self.step(parts[0]).value is True

    def line(
        self, line: Line, kind: Kind, otherwise: tuple[Citation, ...], about: str
    ) -> tuple[Reason, ...]:
        """Return the reasons of a line: one, or one for each of the parts that must all hold."""
        whole = self.step(line.condition)
        parts = _amendment(line.condition)
        condition = line.condition if parts is None else parts[1]
        is_exception = line.is_exception and isinstance(condition, Not)
        if is_exception and isinstance(condition, Not):
            condition = condition.value
        must = whole if kind in {Kind.FORCE, Kind.DURATION} else self.step(condition)
        split = kind not in {Kind.FORCE, Kind.DURATION}
        found: list[Reason] = []
        for statement, named in self.parts(must, wanted=not is_exception) if split else [(must, ())]:
            own = tuple(each for key in named for each in self.program.definition[key].citations)
            cited = line.citations or condition.cites or own
            value = _negated(statement.value) if is_exception else statement.value
            reason = self.reason(kind, _outcome(value), statement)
            found.append(
                evolve(
                    reason,
                    whole=whole,
                    about=about,
                    named=named,
                    citations=cited or (() if kind is Kind.FORCE else otherwise),
                )
            )
        return tuple(found)

    def parts(self, step: Step, *, wanted: bool) -> Iterator[tuple[Step, tuple[str, ...]]]:
        """Yield what must all hold (if not wanted: must all fail), and how each was named."""
        statement, named = self.narrowed(step)
        match statement.expression:
            case And() if wanted and statement.value is not False:
                pass
            case Or() if not wanted and statement.value is not True:
                pass
            case _:
                yield statement, named
                return
        for operand in self.trace.operands(statement):
            for inner, more in self.parts(operand, wanted=wanted):
                yield inner, (*named, *more)

    def narrowed(self, step: Step) -> tuple[Step, tuple[str, ...]]:
        """Return what decides a condition, and the steps by which it was named on the way."""
        named: list[str] = []
        while True:
            inner = self.decisive(step)
            if inner is None:
                return step, tuple(named)
            if isinstance(step.expression, Use):
                named.append(step.expression.key)
            step = inner

    def decisive(self, step: Step) -> Step | None:
        """Return the one operand that says the same as its step, if there is one."""
        match step.expression:
            case Use(key=key) if self.program.definition[key].role in _STEPS:
                body = self.body(step, key)
                return body if body and isinstance(body.expression, _STATEMENTS) else None
            case And():
                chosen = [each for each in self.trace.operands(step) if each.value is not True]
            case Or():
                chosen = [each for each in self.trace.operands(step) if each.value is not False]
            case _:
                return None
        if step.value in (True, False) and len(chosen) > 1:
            chosen = [each for each in chosen if each.value == step.value][:1]
        return chosen[0] if len(chosen) == 1 and chosen[0].value == step.value else None

    def reason(self, kind: Kind, outcome: Outcome, statement: Step) -> Reason:
        """Return a reason with its sides, and the figures, facts and steps it rests on."""
        sides: tuple[Step, ...] = ()
        records: tuple[Record, ...] = ()
        match statement.expression:
            case Compare():
                operands = self.trace.operands(statement)
                sides = operands if len(operands) == 2 else ()  # noqa: PLR2004 - left and right
            case OneOf() | Includes() | IsNone() | Within():
                sides = self.trace.operands(statement)[:1]
            case EveryOver(condition=condition) | AnyOver(condition=condition):
                records = tuple(
                    each.record
                    for each in self.trace.operands(statement)
                    if each.expression == condition and each.value == statement.value
                )
            case _:
                pass
        return self.with_parts(
            Reason(
                kind,
                outcome,
                statement,
                statement,
                sides=sides,
                records=records,
                headroom=_headroom(statement.expression, sides),
                failure=failure_of(statement.value),
            ),
            statement,
        )

    def with_parts(self, reason: Reason, *steps: Step) -> Reason:
        parts: list[Reason] = []
        used: list[FigureUsed] = []
        for step in steps:
            self.gather(step, parts, used)
        return evolve(
            reason,
            figures=(*reason.figures, *used),
            parts=(*reason.parts, *parts[:PARTS]),
            omitted=max(0, len(parts) - PARTS),
        )

    def gather(self, step: Step, parts: list[Reason], used: list[FigureUsed]) -> None:
        """Add what a step rests on: its figures, and its facts and definitions as reasons."""
        match step.expression:
            case FactUse(entity=entity, name=name):
                at = evolve(step, record=step.record.above(entity))
                parts.append(Reason(Kind.FACT, Outcome.GIVES, at, at, name))
            case Recorded(key=key):
                parts.append(Reason(Kind.FACT, Outcome.GIVES, step, step, key))
            case Use(key=key) if self.program.definition[key].role not in _STEPS:
                parts.append(Reason(Kind.DECISION, Outcome.GIVES, step, step, key))
            case Use(key=key):
                if key not in self.above and len(self.above) < DEPTH:
                    parts.append(self.definition(step, key))
            case Figure() as figure:
                asked = (figure.on, *(each for column in figure.keys for each in column))
                keys = tuple(each for each in self.trace.operands(step) if each.expression in asked)
                used.append(_figure(self.program.parameter[figure.parameter], step, figure, keys))
                for operand in keys:
                    self.gather(operand, parts, used)
            case EveryOver(condition=condition) | AnyOver(condition=condition):
                wanted = step.value if isinstance(step.value, bool) else None
                for operand in self.trace.operands(step):
                    if operand.expression != condition or wanted in (None, operand.value):
                        self.gather(operand, parts, used)
            case Round() | Extreme() if _is_line(step.expression):
                inner, lines = self.shaped(step)
                self.gather(inner, parts, used)
                parts.extend(lines)
            case _:
                for operand in self.trace.operands(step):
                    self.gather(operand, parts, used)

    # -------------------------------------------------------------- values

    def definition(self, step: Step, key: str) -> Reason:
        """Return the reason of a named step: its value, and how it came about."""
        deeper = evolve(self, above=self.above | {key})
        definition = self.program.definition[key]
        body = self.body(step, key)
        found = Reason(
            Kind.STEP,
            Outcome.ERROR if isinstance(step.value, Failure) else Outcome.GIVES,
            step,
            step,
            key,
            citations=definition.citations,
            failure=failure_of(step.value),
        )
        return found if body is None else deeper.value(found, body)

    def value(self, found: Reason, step: Step) -> Reason:
        """Return a reason with the calculation of a value: case, formula, limits, rounding."""
        inner, lines = self.shaped(step)
        formula, cases = self.chosen(inner)
        more, inside = self.shaped(formula)
        found = evolve(
            found,
            statement=more,
            cases=cases,
            sides=self.inputs(more),
            worked=self.worked(more),
            citations=more.expression.cites or found.citations,
        )
        found = self.with_parts(found, *cases, more)
        return evolve(found, parts=(*found.parts, *inside, *lines))

    def inputs(self, step: Step) -> tuple[Step, ...]:
        """Return the inputs of a table, evaluated; nothing for anything else."""
        match step.expression:
            case Table(inputs=inputs):
                return tuple(
                    each for each in self.trace.operands(step) if each.expression in inputs
                )
            case _:
                return ()

    def worked(self, step: Step) -> Expr | None:
        """Return a formula with values in place of names; None if it is no formula of numbers."""
        if not isinstance(step.expression, Arithmetic) or isinstance(step.value, Possible):
            return None
        return self.filled(step)

    def filled(self, step: Step) -> Expr | None:
        match step.expression:
            case Arithmetic() as expr:
                operands = self.trace.operands(step)
                filled = [self.filled(each) for each in operands]
                match filled:
                    case [left, right] if left is not None and right is not None:
                        return evolve(expr, left=left, right=right)
                    case _:
                        return None
            case expr:
                match step.value:
                    case int() | Fraction():
                        return Constant(step.value, type=NUMBER, span=expr.span)
                    case _:
                        return None

    def amount(self, amount: Expr, grant: Grant, outcome: Outcome) -> tuple[Reason, ...]:
        """Return the reason of an amount, and behind it those of its limits and rounding."""
        step = self.step(amount)
        payable = self.payable(grant, amount)
        if isinstance(payable.value, Failure):
            outcome = Outcome.ERROR
        inner, lines = self.shaped(step)
        formula, cases = self.chosen(inner)
        more, inside = self.shaped(formula)
        found = Reason(
            Kind.AMOUNT,
            outcome,
            step,
            more,
            grant.key,
            cases=cases,
            sides=self.inputs(more),
            worked=self.worked(more),
            citations=more.expression.cites or grant.citations,
            failure=failure_of(payable.value),
        )
        return (self.with_parts(found, *cases, more), *inside, *lines)

    def shaped(self, step: Step) -> tuple[Step, tuple[Reason, ...]]:
        """Return what limits and rounding were applied to, and the reasons of these lines."""
        lines: list[Reason] = []
        while _is_line(step.expression):
            operands = self.trace.operands(step)
            if not operands:
                break
            before, *limits = operands
            kind = Kind.ROUNDING if isinstance(step.expression, Round) else Kind.LIMIT
            found = Reason(
                kind,
                Outcome.GIVES,
                step,
                step,
                sides=(before, step, *limits),
                citations=step.expression.cites,
            )
            lines.append(self.with_parts(found, *limits))
            step = before
        return step, tuple(reversed(lines))

    def chosen(self, step: Step) -> tuple[Step, tuple[Step, ...]]:
        """Return the result of the case that was taken, and the conditions of the cases."""
        cases: list[Step] = []
        while isinstance(step.expression, Cases) and not isinstance(step.value, Possible):
            operands = self.trace.operands(step)
            results = [
                *(branch.result for branch in step.expression.branches),
                step.expression.otherwise,
            ]
            if not operands or not any(operands[-1].expression == each for each in results):
                break
            held = [each for each in operands[:-1] if each.value is True]
            cases.extend(held[-1:])
            step = operands[-1]
        return step, tuple(cases)

    # -------------------------------------------------------------- rivals

    def competition(self, grant: Grant, wanted: set[Outcome]) -> tuple[Reason, ...]:
        """Return what exclusions and rations say, where the outcome is one of those wanted."""
        found: list[Reason] = []
        for rule in self.program.exclusions:
            if grant.key in rule.grants:
                found.extend(self.exclusion(grant, rule))
        for ration in self.program.rations:
            if ration.grant == grant.key:
                place = Place(ration.key, type=TRUTH, span=ration.span)
                step = self.own(grant, place)
                reason = Reason(Kind.RATION, _outcome(step.value), step, step, ration.key)
                found.append(
                    evolve(reason, citations=ration.citations, failure=failure_of(step.value))
                )
        return tuple(reason for reason in found if reason.outcome in wanted)

    def exclusion(self, grant: Grant, rule: Exclusion) -> Iterator[Reason]:
        span, entity = rule.span, grant.entity
        at = rule.grants.index(grant.key)
        match rule.how:
            case "choice":
                if rule.choice is None:
                    return
                name = Constant(grant.name, type=core(rule.choice.type), span=span)
                says = Compare("=", rule.choice, name, type=TRUTH, span=span)
                found = self.reason(Kind.CHOICE, Outcome.HOLDS, self.own(grant, says))
                outcome = _outcome(found.statement.value)
                yield evolve(found, outcome=outcome, citations=rule.citations)
            case "order" | "highest":
                rivals = rule.grants[:at] if rule.how == "order" else rule.grants
                kind = Kind.PRECEDENCE if rule.how == "order" else Kind.HIGHER
                for key in rivals:
                    if key == grant.key:
                        continue
                    step = self.own(grant, Use(entity, f"{key}/eligible", type=TRUTH, span=span))
                    sides: tuple[Step, ...] = ()
                    stands = step.value
                    if rule.how == "highest":
                        op = ">=" if rule.grants.index(key) < at else ">"
                        sides, stands = self.beaten(grant, key, op, step)
                    yield Reason(
                        kind,
                        _outcome(_negated(stands)),
                        step,
                        step,
                        key,
                        sides=sides,
                        citations=rule.citations,
                        failure=failure_of(stands),
                    )
            case _:
                assert_never(rule.how)

    def beaten(
        self, grant: Grant, key: str, op: str, eligible: Step
    ) -> tuple[tuple[Step, ...], Value]:
        """Return both amounts, and whether a rival with the higher one stands before a grant."""
        span, entity = grant.span, grant.entity
        type_ = self.program.definition[grant.payment].type
        ours = Use(entity, grant.payment, type=type_, span=span)
        theirs = Use(entity, f"{key}/amount", type=type_, span=span)
        more = Compare(">=" if op == ">=" else ">", theirs, ours, type=TRUTH, span=span)
        both = And((eligible.expression, more), type=TRUTH, span=span)
        return (self.own(grant, theirs), self.own(grant, ours)), self.own(grant, both).value


_STATEMENTS = Compare | And | Or | Not | EveryOver | AnyOver | Use
_STEPS = frozenset((Role.DEFINE, Role.GROUP))


def _parts(nodes: Iterable[Expr]) -> Iterator[Expr]:
    """Yield conditions, and those that they are made of."""
    for node in nodes:
        yield node
        match node:
            case And(items=items) | Or(items=items):
                yield from _parts(items)
            case Not(value=value):
                yield from _parts((value,))
            case Compare(left=left, right=right):
                yield from (left, right)
            case _:
                pass


def _kind(line: Line, grant: Grant) -> Kind:
    match line.condition:
        case Or(items=(Not(value=Recorded(key=key, part="receives")), _)) if (
            key == grant.key and grant.at_most is not None
        ):
            return Kind.DURATION
        case _ if line.condition.span == grant.span:
            return Kind.FORCE
        case _:
            return Kind.EXCEPTION if line.is_exception else Kind.CONDITION


def _amendment(condition: Expr) -> tuple[Expr, Expr] | None:
    """Return where an amendment's line does not hold, and the line; None if it is not one."""
    match condition:
        case Or(items=(Not() as elsewhere, inner)) if elsewhere.span == inner.span:
            return elsewhere, inner
        case _:
            return None


def _is_line(expr: Expr) -> bool:
    """Whether an expression is a line that limits or rounds what stands before it."""
    match expr:
        case Round(value=value) | Extreme(items=(value, _)):
            return value.span.start < expr.span.start or value.span.source != expr.span.source
        case _:
            return False


def _outcome(value: Value) -> Outcome:
    match value:
        case True:
            return Outcome.HOLDS
        case False:
            return Outcome.FAILS
        case Failure():
            return Outcome.ERROR
        case _:
            return Outcome.UNDECIDED


def _negated(value: Value) -> Value:
    match value:
        case bool():
            return not value
        case _:
            return value


def _headroom(expr: Expr, sides: tuple[Step, ...]) -> Value | None:
    """Return how far a comparison of numbers is from failing: below 0 if it fails."""
    match expr, sides:
        case Compare(op="<" | "<="), (left, right):
            low, high = left, right
        case Compare(op=">" | ">="), (left, right):
            low, high = right, left
        case _:
            return None
    if not isinstance(core(low.expression.type), Quantity):
        return None
    least, most = bounds(low.value), bounds(high.value)
    if least is None or most is None:
        return None
    return settle(Interval(_difference(most[0], least[1]), _difference(most[1], least[0])))


def _difference(one: Number, other: Number) -> Number:
    match one, other:
        case Infinite(), _:
            return one
        case _, Infinite():
            return -other
        case int() | Fraction(), int() | Fraction():
            return one - other
        case _:
            message = f"no numbers: {one}, {other}"
            raise TypeError(message)


# ---------------------------------------------------------------- figures


def _figure(parameter: Parameter, step: Step, figure: Figure, keys: tuple[Step, ...]) -> FigureUsed:
    """Return a figure with the cell that gave it, if one did."""
    values = tuple(key.value for key in keys if key.expression != figure.on)
    days = [key.value for key in keys if key.expression == figure.on]
    day = days[0] if days else step.today
    found = _version(parameter, values, day, step.value) if isinstance(day, int) else None
    return FigureUsed(parameter, values, step.value, found)


def _version(
    parameter: Parameter, keys: tuple[Value, ...], day: int, value: Value
) -> FigureValue | None:
    rows = sorted(parameter.rows, key=lambda row: -_fit(row, keys))
    for row in rows:
        for version in row.values:
            begun = version.first is None or version.first <= day
            ended = version.last is not None and version.last < day
            if begun and not ended and version.value is not None and version.value == value:
                return version
    return None


def _fit(row: FigureRow, keys: tuple[Value, ...]) -> int:
    """Return how many cells of a row are met by a key that was tried."""
    return sum(any(_meets(cell, key) for key in keys) for cell in row.cells)


def _meets(cell: Match, key: Value) -> bool:
    match cell:
        case AnyMatch():
            return True
        case ValueMatch(value=value):
            return value == key
        case RangeMatch(low=low, high=high):
            return isinstance(key, int | Fraction) and not (key < low or key > high)
        case _:
            assert_never(cell)
