"""What reasons rest on to their parts: figures, steps and facts, each once in an explanation."""

from collections.abc import Iterable, Iterator

from attrs import evolve, field, frozen

from aidrules.case import Record, Series
from aidrules.explain.lookups import figure_used
from aidrules.explain.reading import STEPS, Reader, is_line
from aidrules.explain.reasons import FigureUsed, Kind, Outcome, Reason, completed
from aidrules.explain.rivals import competition
from aidrules.program import (
    And,
    AnyOver,
    Arithmetic,
    Branch,
    Cases,
    Compare,
    Constant,
    EveryOver,
    Extreme,
    FactUse,
    Figure,
    MonthSum,
    Or,
    Recorded,
    Round,
    Today,
    Use,
)
from aidrules.trace import Step
from aidrules.types import Date, core
from aidrules.values import is_decided

DEPTH = 6
"""How many definitions deep the reasons of a reason go."""

PARTS = 40
"""How many parts of one reason are listed."""

_Mark = tuple[object, ...]

_LINES = frozenset((Kind.CONDITION, Kind.EXCEPTION, Kind.OBLIGATION, Kind.CASE))


def finished(reader: Reader, found: Iterable[Reason], own: str | None = None) -> tuple[Reason, ...]:
    """Return reasons with their parts: each step and each fact once, where it is met first.

    Args:
        reader: The one that read them.
        found: Reasons without parts.
        own: The key of the grant that is decided, if these reasons look back at its outcome.
    """
    finisher = _Finisher(reader, own)
    return tuple([finisher.finish(reason, DEPTH) for reason in found])


@frozen
class _Finisher:
    """Finishes the reasons of one explanation.

    Attributes:
        own: The key of a grant whose outcome is no part: it stands above these reasons.
        seen: The steps and facts that were said.
    """

    reader: Reader
    own: str | None = None
    seen: set[_Mark] = field(factory=set)

    def finish(self, reason: Reason, depth: int, use: Step | None = None) -> Reason:
        """Return a reason with its parts, so many definitions deep; that of a step for this use."""
        parts = [self.finish(each, depth) for each in reason.parts if each.kind is Kind.CASE]
        used: list[FigureUsed] = []
        if reason.rests:
            gatherer = _Gatherer(self, reason, depth, parts, used)
            for step in reason.rests:
                gatherer.gather(step)
        parts += [self.finish(each, depth) for each in reason.parts if each.kind is not Kind.CASE]
        if not (parts or used or reason.rests):
            return reason
        figures, listed, more = (*reason.figures, *used), tuple(parts[:PARTS]), len(parts) - PARTS
        return completed(reason, use or reason.whole, figures, listed, more)

    def is_new(self, *mark: object) -> bool:
        """Whether something is said for the first time."""
        count = len(self.seen)
        self.seen.add(mark)
        return len(self.seen) > count


@frozen
class _Gatherer:
    """Reads what one reason rests on.

    Attributes:
        parts: What was found, added to.
        used: The figures that were found, added to.
    """

    finisher: _Finisher
    reason: Reason
    depth: int
    parts: list[Reason]
    used: list[FigureUsed]

    def gather(self, step: Step) -> None:
        """Add what a step rests on: its figures, and its facts and definitions as reasons."""
        reader = self.finisher.reader
        match step.expression:
            case Constant() | Today():
                pass
            case Arithmetic() | Compare() | And() | Or():  # most of all, so they come first
                self.beneath(step)
            case FactUse(entity=entity, name=name):
                self.fact(step, step.record.above(entity), name)
            case Recorded(entity=entity, key=key):
                at = step.record.above(entity)
                if self.finisher.is_new(step.expression, at) and not self.is_stated(step):
                    self.parts.append(Reason(Kind.FACT, Outcome.GIVES, step, step, key))
            case Use(key=key):
                self.use(step, key)
            case Figure() as figure:
                asked = (figure.on, *(each for column in figure.keys for each in column))
                operands = reader.trace.operands(step)
                keys = tuple(each for each in operands if each.expression in asked)
                parameter = reader.program.parameter[figure.parameter]
                self.used.append(figure_used(parameter, step, figure, keys))
                for operand in keys:
                    self.gather(operand)
            case EveryOver(condition=condition) | AnyOver(condition=condition):
                wanted = step.value if isinstance(step.value, bool) else None
                for operand in reader.trace.operands(step):
                    is_condition = operand.expression is condition
                    if not is_condition or wanted in (None, operand.value):
                        self.below(operand, step.record)
            case MonthSum(value=value):
                operands = reader.trace.operands(step)
                for operand in operands:
                    if operand.expression is not value:
                        self.gather(operand)
                self.months([each for each in operands if each.expression is value])
            case Cases(branches=branches) if any(each.guard is not None for each in branches):
                for operand in reader.trace.operands(step):
                    if not (isinstance(operand.value, bool) and _is_guard(operand, branches)):
                        self.gather(operand)
            case Round() | Extreme() if is_line(step.expression):
                inner, lines = reader.shaped(step)
                self.gather(inner)
                self.parts.extend(self.finisher.finish(line, self.depth) for line in lines)
            case _:
                self.beneath(step)

    def beneath(self, step: Step) -> None:
        """Add what the operands of a step rest on, through operators."""
        for operand in self.finisher.reader.trace.beneath(step):
            self.below(operand, step.record)

    def below(self, step: Step, above: Record) -> None:
        """Add what an operand rests on; records that nobody listed are told of in one line."""
        record = step.record
        if record is above or not record.is_unlisted:
            self.gather(step)
        elif (
            record.parent is not None
            and not record.parent.is_unlisted
            and self.finisher.is_new("unlisted", record.entity, record.parent)
        ):
            self.parts.append(Reason(Kind.UNLISTED, Outcome.UNDECIDED, step, step))

    def is_stated(self, step: Step) -> bool:
        """Whether a step is what the reason states itself, or a value that its case shows."""
        reason = self.reason
        if step.expression == reason.statement.expression:
            return True
        return reason.kind is Kind.CASE and any(
            step.expression == e.expression for e in reason.sides
        )

    def fact(self, step: Step, at: Record, name: str) -> None:
        day = step.today if isinstance(at.facts.get(name), Series) else None
        is_new = self.finisher.is_new("fact", name, at, day)
        if is_new and not self.is_told(step, at, name):
            owned = _on(at, step)
            self.parts.append(Reason(Kind.FACT, Outcome.GIVES, owned, owned, name))
        reader = self.finisher.reader
        if reader.program.fact[at.entity, name].default is not None:
            for default in reader.trace.operands(step):
                self.gather(default)

    def is_told(self, step: Step, at: Record, name: str) -> bool:
        """Whether the reason states a fact itself, and who says so if there is anybody."""
        if name not in at.given:
            return self.is_stated(step)
        reason = self.reason
        is_alone = reason.kind in _LINES and step.expression == reason.statement.expression
        return is_alone and at is reason.whole.record

    def use(self, step: Step, key: str) -> None:
        reader = self.finisher.reader
        definition = reader.program.definition[key]
        at = step.record if definition.entity is None else step.record.above(definition.entity)
        if not self.finisher.is_new("step", key, at, step.today):
            return
        owned = _on(at, step)
        if definition.role in STEPS:
            if self.depth > 0:
                found = reader.definition(owned, key)
                self.parts.append(self.finisher.finish(found, self.depth - 1, owned))
            return
        if key.partition("/")[0] == self.finisher.own and at is reader.record:
            return
        lines = self.deciding(owned, key) if self.depth > 0 else ()
        if self.is_stated(step):
            self.parts.extend(lines)
        else:
            self.parts.append(Reason(Kind.DECISION, Outcome.GIVES, owned, owned, key, parts=lines))

    def deciding(self, step: Step, key: str) -> tuple[Reason, ...]:
        """Return the lines that decide another grant, shortly: without what they rest on."""
        program = self.finisher.reader.program
        grant_key, _, part = key.partition("/")
        grant = program.grant[grant_key]
        reader = Reader(program, self.finisher.reader.trace, step.record)
        is_paid = part == "amount" or (
            not part and is_decided(step.value) and step.value not in (0, False)
        )
        if is_paid and grant.amount is not None:
            amounts = reader.amount(grant.amount, grant, Outcome.GIVES)
            return tuple(self.short(each) for each in amounts if each.kind is not Kind.ROUNDING)
        lines = [each for each in reader.conditions(grant) if each.kind is not Kind.FORCE]
        failing = [each for each in lines if each.outcome is Outcome.FAILS]
        if failing or any(each.outcome is not Outcome.HOLDS for each in lines):
            lines = failing or [each for each in lines if each.outcome is not Outcome.HOLDS]
        elif part != "eligible":
            wanted = {Outcome.FAILS, Outcome.UNDECIDED, Outcome.ERROR}
            lines = [*competition(reader, grant, wanted)] or lines
        return tuple(self.short(each) for each in lines)

    def short(self, line: Reason) -> Reason:
        """Return a reason with the figures that it rests on, and nothing else."""
        used: list[FigureUsed] = []
        # no definition deep: the parts are not kept
        gatherer = _Gatherer(_Finisher(self.finisher.reader), line, 0, [], used)
        for step in line.rests:
            gatherer.gather(step)
        return completed(line, line.whole, (*line.figures, *used), (), line.omitted)

    def months(self, steps: list[Step]) -> None:
        """Add the value of each month; months in a row that are alike are told of together."""
        runs: list[tuple[object, list[Step]]] = []
        for step in steps:
            likeness = (step.value, frozenset(self.leaves(step)))
            if runs and runs[-1][0] == likeness:
                runs[-1][1].append(step)
            else:
                runs.append((likeness, [step]))
        for _, run in runs:
            first = run[0]
            match first.expression:
                case Use(key=key) if self.finisher.reader.program.definition[key].role in STEPS:
                    found = self.finisher.reader.definition(first, key)
                case _:
                    found = Reason(Kind.STEP, Outcome.GIVES, first, first, rests=(first,))
            finished = self.finisher.finish(found, self.depth - 1, first)
            self.parts.append(evolve(finished, until=run[-1].today))

    def leaves(self, step: Step) -> Iterator[object]:
        """Yield what tells one month from another: facts, figures, and steps that are no days."""
        match step.expression:
            case FactUse() | Figure():
                yield step.expression, step.record, step.value
            case Use(key=key) if not isinstance(core(step.expression.type), Date):
                yield key, step.record, step.value
            case _:
                pass
        for operand in self.finisher.reader.trace.operands(step):
            yield from self.leaves(operand)


def _on(record: Record, step: Step) -> Step:
    """Return a step as one on the record above that it is of."""
    if record is step.record:
        return step
    return Step(step.expression, step.value, record, step.today)


def _is_guard(step: Step, branches: tuple[Branch, ...]) -> bool:
    """Whether a step says no more than where and when an amendment holds."""
    return any(
        each.guard is step.expression and each.condition is step.expression for each in branches
    )
