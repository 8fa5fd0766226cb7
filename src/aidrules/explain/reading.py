"""An evaluation to single reasons: lines, steps, amounts, and the steps that each rests on."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import cast

from attrs import evolve, frozen

from aidrules.case import Record
from aidrules.explain.reasons import CaseTaken, Kind, Outcome, Reason, RowTaken, Taken, VersionTaken
from aidrules.program import (
    And,
    AnyOver,
    Arithmetic,
    Branch,
    Cases,
    Citation,
    Compare,
    Constant,
    EveryOver,
    Expr,
    Extreme,
    Fail,
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
    Requirement,
    Role,
    Round,
    Table,
    Today,
    Use,
    Within,
)
from aidrules.trace import Step, Trace
from aidrules.traverse import walk
from aidrules.types import TRUTH, Quantity, core, is_ordered
from aidrules.values import (
    Exact,
    Failure,
    Infinite,
    Interval,
    Number,
    Possible,
    Value,
    bounds,
    failure_of,
    is_decided,
    settle,
)


@frozen
class Chosen:
    """The result of the case, version or row that was taken.

    Attributes:
        cases: Which it is, the outermost first.
        tried: Why it was taken, and why those before it were not.
        rests: What else it rests on.
        is_open: Whether several may still be taken: then these are the result.
    """

    step: Step
    cases: tuple[Taken, ...] = ()
    tried: tuple[Reason, ...] = ()
    rests: tuple[Step, ...] = ()
    is_open: bool = False


@frozen
class Form:
    """What a line of a grant or requirement says, whatever the facts; prepared once.

    Attributes:
        kind: What its reasons speak of; an obligation unless it is of a grant.
        whole: The line.
        condition: What must hold; of an exception, what must not.
        elsewhere: Where the amendment that it is of does not hold; None if it is of none.
        is_exception: Whether the condition must not hold.
        is_split: Whether the parts that must all hold are reasons of their own.
        citations: Of the line, or else of its condition.
    """

    kind: Kind
    whole: Expr
    condition: Expr
    elsewhere: Expr | None
    is_exception: bool
    is_split: bool
    citations: tuple[Citation, ...]


@frozen
class Reader:
    """Reads one evaluation: its reasons say what they rest on, and have no parts yet.

    Attributes:
        record: On which the decision was made.
    """

    program: Program
    trace: Trace
    record: Record

    def step(self, expr: Expr) -> Step:
        """Evaluate an expression on the record of the decision."""
        return self.trace.step(expr, self.record)

    def kept(self, made: Expr) -> Expr:
        """Return the node like one that was made for a reason, the same for all evaluations.

        Engines remember what they were asked, node by node: what is made anew each time adds up.
        """
        mark = "made", made, made.span
        return cast("Expr", self.trace.prepared.setdefault(mark, made))

    def own(self, grant: Grant, wanted: Expr) -> Step:
        """Evaluate a part of a grant's definitions, found there by equality."""
        keys = (grant.eligible, f"{grant.key}/claims", grant.receives)
        bodies = [
            self.program.definition[key].body for key in keys if key in self.program.definition
        ]
        own = next((node for node in _parts(bodies) if node == wanted), None)
        return self.step(self.kept(wanted) if own is None else own)

    def payable(self, grant: Grant, amount: Expr) -> Step:
        """Evaluate whether an amount is something to pay, as the decision did."""
        mark = "payable", grant.key
        asked = self.trace.prepared.get(mark)
        if not isinstance(asked, Payable):
            parts = _parts([self.program.definition[grant.eligible].body])
            own = Payable(amount, type=TRUTH, span=amount.span)
            asked = next((node for node in parts if isinstance(node, Payable)), own)
            self.trace.prepared[mark] = asked
        return self.step(asked)

    def body(self, step: Step) -> Step:
        """Return the body of the definition that a step uses."""
        return self.trace.operands(step)[0]

    # -------------------------------------------------------------- lines

    def conditions(self, grant: Grant) -> tuple[Reason, ...]:
        """Return the reasons of each line, up to one that guards the rest from being asked.

        They are read once for a record: other outcomes may rest on the same lines.
        """
        mark = "conditions", grant.key, self.record
        found = self.trace.readings.get(mark)
        if not isinstance(found, tuple):
            found = self.trace.readings[mark] = tuple(self._conditions(grant))
        return found

    def _conditions(self, grant: Grant) -> Iterator[Reason]:
        for form in self.forms(grant):
            found = self.line(form, grant)
            if (
                form.elsewhere is not None
                and found[0].outcome is Outcome.HOLDS
                and self.step(form.elsewhere).value is True
            ):
                continue  # of an amendment that does not hold for this record and date
            yield from found
            for reason in found:
                if reason.outcome is Outcome.FAILS:
                    return

    def forms(self, subject: Grant | Requirement) -> tuple[Form, ...]:
        """Return what each line of a grant or requirement says."""
        mark = "lines", subject.key
        found = self.trace.prepared.get(mark)
        if not isinstance(found, tuple):
            found = self.trace.prepared[mark] = tuple(
                _form(each, subject) for each in subject.lines
            )
        return found

    def line(self, form: Form, subject: Grant | Requirement) -> tuple[Reason, ...]:
        """Return the reasons of a line: one, or one for each of the parts that must all hold."""
        whole = self.step(form.whole)
        must = whole if form.condition is form.whole else self.step(form.condition)
        if form.is_split:
            parts = self.parts(must, wanted=not form.is_exception)
        else:
            parts = iter(((must, ()),))
        found: list[Reason] = []
        for statement, named in parts:
            cited = form.citations or self.cited(named)
            if not cited and form.kind is not Kind.FORCE:
                cited = subject.citations
            value = negated(statement.value) if form.is_exception else statement.value
            found.append(
                self.reason(
                    form.kind,
                    outcome_of(value),
                    statement,
                    whole=whole,
                    about=subject.key,
                    named=named,
                    citations=cited,
                )
            )
        return tuple(found)

    def cited(self, named: tuple[str, ...]) -> tuple[Citation, ...]:
        """Return what the steps cite by which a line named its condition."""
        steps = [self.program.definition[key] for key in named]
        return tuple([each for step in steps for each in step.body.cites or step.citations])

    def tried(self, condition: Step) -> Iterator[Reason]:
        """Yield the reasons why a case was taken, or was not."""
        for statement, named in self.parts(condition, wanted=condition.value is True):
            cited = statement.expression.cites
            outcome = outcome_of(statement.value)
            yield self.reason(Kind.CASE, outcome, statement, named=named, citations=cited)

    def parts(self, step: Step, *, wanted: bool) -> Iterator[tuple[Step, tuple[str, ...]]]:
        """Yield what must all hold (if not wanted: must all fail), and how each was named."""
        if not isinstance(step.expression, _DIVISIBLE):
            yield step, ()
            return
        statement, named = self.narrowed(step, wanted=wanted)
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

    def narrowed(self, step: Step, *, wanted: bool) -> tuple[Step, tuple[str, ...]]:
        """Return what decides a condition, and the steps by which it was named on the way."""
        named: list[str] = []
        while True:
            inner = self.decisive(step, wanted=wanted)
            if inner is None:
                return step, tuple(named)
            if isinstance(step.expression, Use):
                named.append(step.expression.key)
            step = inner

    def decisive(self, step: Step, *, wanted: bool) -> Step | None:
        """Return the one operand that says the same as its step, if there is one.

        What is open is shown as it was written, unless its parts become lines of their own: why
        the open part matters, only the rest says.
        """
        is_open = step.value not in (True, False)
        match step.expression:
            case Use(key=key) if self.program.definition[key].role in STEPS:
                body = self.body(step)
                return body if isinstance(body.expression, _STATEMENTS) else None
            case And() if wanted or not is_open:
                chosen = [each for each in self.trace.operands(step) if each.value is not True]
            case Or() if not wanted or not is_open:
                chosen = [each for each in self.trace.operands(step) if each.value is not False]
            case _:
                return None
        if not is_open and len(chosen) > 1:
            chosen = [each for each in chosen if each.value == step.value][:1]
        return chosen[0] if len(chosen) == 1 and chosen[0].value == step.value else None

    def reason(
        self,
        kind: Kind,
        outcome: Outcome,
        statement: Step,
        *,
        whole: Step | None = None,
        about: str | None = None,
        named: tuple[str, ...] = (),
        citations: tuple[Citation, ...] = (),
    ) -> Reason:
        """Return a reason with its sides."""
        sides: tuple[Step, ...] = ()
        records: tuple[Record, ...] = ()
        headroom: Value | None = None
        match statement.expression:
            case Compare() as comparison:
                sides = self.trace.operands(statement)
                headroom = _headroom(comparison, sides)
            case OneOf() | Includes() | IsNone() | Within():
                sides = self.trace.operands(statement)[:1]
            case EveryOver() if statement.value is False:
                records = self.deciding(statement, statement.expression.condition)
            case AnyOver() if statement.value is True:
                records = self.deciding(statement, statement.expression.condition)
            case _:
                pass
        return Reason(
            kind,
            outcome,
            statement if whole is None else whole,
            statement,
            about,
            named,
            sides=sides,
            records=records,
            headroom=headroom,
            citations=citations,
            rests=(statement,),
            failure=failure_of(statement.value),
        )

    def deciding(self, step: Step, condition: Expr) -> tuple[Record, ...]:
        """Return the records on which a condition came out as the whole did."""
        return tuple(
            each.record
            for each in self.trace.operands(step)
            if each.expression == condition and each.value == step.value
        )

    # -------------------------------------------------------------- values

    def definition(self, step: Step, key: str) -> Reason:
        """Return the reason of a named step: its value, and how it came about; read once.

        It is the same for every outcome, whichever use of the step was read first: what it rests
        on is not listed yet.
        """
        mark = key, step.record, step.today
        known = self.trace.readings.get(mark)
        if isinstance(known, Reason):
            return known
        outcome = Outcome.ERROR if isinstance(step.value, Failure) else Outcome.GIVES
        cited = self.program.definition[key].citations
        failure = failure_of(step.value)
        found, *lines = self.value(
            self.body(step), Kind.STEP, outcome, step, key, cited=cited, failure=failure
        )
        if lines:
            found = evolve(found, parts=(*found.parts, *lines))
        self.trace.readings[mark] = found
        return found

    def value(
        self,
        step: Step,
        kind: Kind,
        outcome: Outcome,
        whole: Step,
        about: str,
        *,
        cited: tuple[Citation, ...],
        failure: Failure | None,
    ) -> tuple[Reason, ...]:
        """Return the reason of a value: its case and formula; and behind it limits and rounding."""
        more, lines = self.shaped(step)
        cases: tuple[Taken, ...] = ()
        tried: tuple[Reason, ...] = ()
        rests: tuple[Step, ...] = ()
        inside: tuple[Reason, ...] = ()
        if isinstance(more.expression, _CHOICES):
            chosen = self.chosen(more)
            cases, tried, rests = chosen.cases, chosen.tried, chosen.rests
            more, inside = self.shaped(chosen.step)
        found = Reason(
            kind,
            outcome,
            whole,
            more,
            about,
            cases=cases,
            sides=self.inputs(more),
            terms=self.terms(more),
            citations=more.expression.cites or cited,
            rests=(*rests, more),
            parts=tried,
            failure=failure,
        )
        return (found, *inside, *lines)

    def inputs(self, step: Step) -> tuple[Step, ...]:
        """Return the inputs of a table, evaluated; nothing for anything else."""
        match step.expression:
            case Table(inputs=inputs):
                return tuple(
                    each for each in self.trace.operands(step) if each.expression in inputs
                )
            case _:
                return ()

    def terms(self, step: Step) -> tuple[Exact, ...]:
        """Return the values of the terms of a formula; none if it is not one of certain numbers."""
        if not isinstance(step.expression, Arithmetic) or isinstance(step.value, Possible):
            return ()
        found = self.trace.terms(step)
        numbers = tuple([value for value in found if isinstance(value, int | Fraction)])
        return numbers if len(numbers) == len(found) else ()

    def amount(self, amount: Expr, grant: Grant, outcome: Outcome) -> tuple[Reason, ...]:
        """Return the reason of an amount, and behind it those of its limits and rounding."""
        step = self.step(amount)
        payable = self.payable(grant, amount)
        if isinstance(payable.value, Failure):
            outcome = Outcome.ERROR
        elif outcome is Outcome.GIVES and isinstance(step.value, Possible):
            outcome = Outcome.UNDECIDED
        cited, failure = grant.citations, failure_of(payable.value)
        return self.value(step, Kind.AMOUNT, outcome, step, grant.key, cited=cited, failure=failure)

    def shaped(self, step: Step) -> tuple[Step, tuple[Reason, ...]]:
        """Return what limits and rounding were applied to, and the reasons of these lines."""
        lines: list[Reason] = []
        while is_line(step.expression):
            operands = self.trace.operands(step)
            if not operands:
                break
            before, *limits = operands
            kind = Kind.ROUNDING if isinstance(step.expression, Round) else Kind.LIMIT
            lines.append(
                Reason(
                    kind,
                    Outcome.GIVES,
                    step,
                    step,
                    sides=(before, step, *limits),
                    citations=step.expression.cites,
                    rests=tuple(limits),
                )
            )
            step = before
        return step, tuple(reversed(lines))

    def chosen(self, step: Step) -> Chosen:
        """Return the result of the case taken; of several that may be, those without the rest."""
        found = Chosen(step)
        while not found.is_open:
            match found.step.expression:
                case Cases() as expr:
                    deeper = self.case(found, expr)
                case Table() as expr:
                    deeper = self.row(found, expr)
                case _:
                    deeper = None
            if deeper is None:
                break
            found = deeper
        return found

    def case(self, found: Chosen, expr: Cases) -> Chosen | None:
        """Return the result of the case that was taken; None if there is none."""
        conditions, results = self.reached(found.step, expr)
        is_dated = isinstance(expr.otherwise, Fail) and expr.otherwise.code == "no-version"
        asked = [] if is_dated else [self.unguarded(each, expr) for each in conditions]
        steps = [each for each in asked if each is not None]
        if not results or any(isinstance(each.value, Failure) for each in conditions):
            return None
        tried = tuple(reason for each in steps for reason in self.tried(each))
        if len(results) > 1:
            step = evolve(found.step, expression=self.kept(_possible(expr, results)))
            return evolve(found, step=step, tried=(*found.tried, *tried), is_open=True)
        ((branch, result),) = results
        taken: tuple[Taken, ...] = ()
        rests: tuple[Step, ...] = ()
        if branch is None:
            if any(each.guard is None for each in expr.branches):
                taken = (CaseTaken(None),)
        elif is_dated:
            taken = (_version(branch.condition),)
        elif asked[-1] is not None:
            taken = (CaseTaken(asked[-1]),)
            if len(steps) == 1 and not _says_more(tried):
                tried, rests = (), (asked[-1],)  # the case itself says it
        return Chosen(
            result, (*found.cases, *taken), (*found.tried, *tried), (*found.rests, *rests)
        )

    def row(self, found: Chosen, expr: Table) -> Chosen | None:
        """Return the rule of the row of a table that was taken; None if it is no rule."""
        operands = self.trace.operands(found.step)
        inputs, results = operands[: len(expr.inputs)], operands[len(expr.inputs) :]
        match results:
            case (result,) if _is_rule(result.expression) and all(
                is_decided(each.value) for each in inputs
            ):
                return Chosen(
                    result,
                    (*found.cases, RowTaken(inputs)),
                    found.tried,
                    (*found.rests, *inputs),
                )
            case _:
                return None

    def unguarded(self, condition: Step, expr: Cases) -> Step | None:
        """Return a condition without the part that says where an amendment holds.

        None if nothing else is asked, or if the amendment is sure not to hold.
        """
        branch = next(each for each in expr.branches if each.condition is condition.expression)
        if branch.guard is None:
            return condition
        operands = self.trace.operands(condition)
        if branch.condition is branch.guard or len(operands) == 1:
            return None if isinstance(condition.value, bool) else condition
        return operands[-1]

    def reached(
        self, step: Step, expr: Cases
    ) -> tuple[list[Step], list[tuple[Branch | None, Step]]]:
        """Return the conditions of cases that were asked for, and the results that may come."""
        waiting = list(self.trace.operands(step))
        conditions: list[Step] = []
        results: list[tuple[Branch | None, Step]] = []
        for branch in expr.branches:
            if waiting and waiting[0].expression is branch.condition:
                conditions.append(waiting.pop(0))
            if waiting and waiting[0].expression is branch.result:
                results.append((branch, waiting.pop(0)))
        results.extend((None, each) for each in waiting)
        return conditions, results


_CHOICES = (Cases, Table)
_DIVISIBLE = (Use, And, Or)
_STATEMENTS = Compare | And | Or | Not | EveryOver | AnyOver | Use
STEPS = frozenset((Role.DEFINE, Role.GROUP))
"""What a definition is that its author wrote as a step, and no part of a grant."""


def _possible(expr: Cases, results: list[tuple[Branch | None, Step]]) -> Cases:
    """Return cases without those that cannot be taken any more."""
    branches = tuple(branch for branch, _ in results if branch is not None)
    is_last = any(branch is None for branch, _ in results)
    return evolve(expr, branches=branches, otherwise=expr.otherwise if is_last else None)


def _says_more(tried: tuple[Reason, ...]) -> bool:
    """Whether the reasons of a case show more than the words of its condition do."""
    match tried:
        case (Reason(statement=Step(expression=Compare(left=left)), named=()),):
            return is_ordered(core(left.type))
        case (Reason(named=()),):
            return False
        case _:
            return True


def _is_rule(expr: Expr) -> bool:
    """Whether an expression reads anything, and is no written-out number."""
    return any(not isinstance(each, Constant | Arithmetic) for each in walk(expr))


def _version(condition: Expr) -> VersionTaken:
    """Return the days between which a version holds, from its condition on today."""
    first = last = None
    for part in condition.items if isinstance(condition, And) else (condition,):
        match part:
            case Compare(op=">=", left=Today(), right=Constant(value=int() as day)):
                first = day
            case Compare(op="<=", left=Today(), right=Constant(value=int() as day)):
                last = day
            case _:
                pass
    return VersionTaken(first, last)


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


def _form(line: Line, subject: Grant | Requirement) -> Form:
    kind = _kind(line, subject) if isinstance(subject, Grant) else Kind.OBLIGATION
    is_split = kind not in {Kind.FORCE, Kind.DURATION}
    amendment = _amendment(line.condition)
    elsewhere, condition = (None, line.condition) if amendment is None else amendment
    is_exception = line.is_exception and isinstance(condition, Not)
    if isinstance(condition, Not) and is_exception:
        condition = condition.value
    citations = line.citations or condition.cites
    if not is_split:
        condition = line.condition
    return Form(kind, line.condition, condition, elsewhere, is_exception, is_split, citations)


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


def is_line(expr: Expr) -> bool:
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


def _headroom(expr: Compare, sides: tuple[Step, ...]) -> Value | None:
    """Return how far a comparison of numbers is from failing: below 0 if it fails."""
    left, right = sides
    match expr.op:
        case "<" | "<=":
            low, high = left, right
        case ">" | ">=":
            low, high = right, left
        case _:
            return None
    if not isinstance(core(low.expression.type), Quantity):
        return None
    match low.value, high.value:
        case int() | Fraction() as less, int() | Fraction() as more:
            return more - less
        case _:
            pass
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
