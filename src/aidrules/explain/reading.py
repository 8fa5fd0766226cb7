"""An evaluation to single reasons: lines, steps, amounts, facts."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from attrs import evolve, frozen

from aidrules.case import Record
from aidrules.explain.lookups import figure_used
from aidrules.explain.reasons import FigureUsed, Kind, Outcome, Reason
from aidrules.program import (
    And,
    AnyOver,
    Arithmetic,
    Cases,
    Citation,
    Compare,
    Constant,
    EveryOver,
    Expr,
    Extreme,
    FactUse,
    Figure,
    Grant,
    Includes,
    IsNone,
    Line,
    Not,
    OneOf,
    Or,
    Payable,
    Program,
    Recorded,
    Role,
    Round,
    Table,
    Use,
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


@frozen
class Reader:
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
        """Evaluate an expression on the record of the decision."""
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
        """Evaluate whether an amount is something to pay, as the decision did."""
        parts = _parts([self.program.definition[grant.eligible].body])
        asked = next((node for node in parts if isinstance(node, Payable)), None)
        return self.step(asked or Payable(amount, type=TRUTH, span=amount.span))

    def body(self, step: Step, key: str) -> Step:
        """Return the body of the definition that a step of today uses."""
        definition = self.program.definition[key]
        entity = definition.entity
        at = step.record if entity is None else step.record.above(entity)
        return self.trace.step(definition.body, at)

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
        for statement, named in (
            self.parts(must, wanted=not is_exception) if split else [(must, ())]
        ):
            named_in = [self.program.definition[key] for key in named]
            own = tuple(each for step in named_in for each in step.body.cites or step.citations)
            cited = line.citations or condition.cites or own
            value = negated(statement.value) if is_exception else statement.value
            reason = self.reason(kind, outcome_of(value), statement)
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
                return body if isinstance(body.expression, _STATEMENTS) else None
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
            case EveryOver() if statement.value is False:
                records = self.deciding(statement, statement.expression.condition)
            case AnyOver() if statement.value is True:
                records = self.deciding(statement, statement.expression.condition)
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

    def deciding(self, step: Step, condition: Expr) -> tuple[Record, ...]:
        """Return the records on which a condition came out as the whole did."""
        return tuple(
            each.record
            for each in self.trace.operands(step)
            if each.expression == condition and each.value == step.value
        )

    def with_parts(self, reason: Reason, *steps: Step) -> Reason:
        """Return a reason with what steps rest on: figures, and parts up to a number."""
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
                used.append(
                    figure_used(self.program.parameter[figure.parameter], step, figure, keys)
                )
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
        # of another day, as in a sum over months, only the value is told
        body = self.body(step, key) if step.today == self.trace.today else None
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
        """Return an expression with values in place of names; None if a part is no number."""
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
        elif outcome is Outcome.GIVES and isinstance(step.value, Possible):
            outcome = Outcome.UNDECIDED
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
        case Or(items=(Not(value=Recorded()), _)):
            return None  # a longest time of payment
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


def outcome_of(value: Value) -> Outcome:
    """Return what came of a yes or no."""
    match value:
        case True:
            return Outcome.HOLDS
        case False:
            return Outcome.FAILS
        case Failure():
            return Outcome.ERROR
        case _:
            return Outcome.UNDECIDED


def negated(value: Value) -> Value:
    """Return no for yes and yes for no; what is open stays open."""
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
