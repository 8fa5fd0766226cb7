"""Program and layout to the text of a kernel: one function that loops over documents.

The lines of a document come first, then loops over the records below it, and in the end a loop for
each kind on which something is decided, where the answers are written.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from attrs import define, evolve, field, frozen

from aidrules.backends.kernel import numbers
from aidrules.backends.kernel.context import AboveArray, Array, OutputArray, Spot
from aidrules.backends.kernel.figures import FigureTable
from aidrules.backends.kernel.inputs import YES_BIT
from aidrules.backends.kernel.layout import FIRST_DAY, LAST_DAY, Code, Layout
from aidrules.backends.kernel.loops import each_below
from aidrules.backends.kernel.lower import Lowerer, shared_aggregates
from aidrules.backends.kernel.sets import Codes, Marks, Num, Set, Truth, decided, mask_of
from aidrules.backends.kernel.terms import NO, YES, ZERO, Bit, Int, Unfit, Why, Writer, number
from aidrules.program import (
    And,
    Compare,
    Definition,
    Expr,
    Grant,
    Program,
    Requirement,
    Use,
)
from aidrules.traverse import walk


@frozen
class Answered:
    """How the answers on a grant or requirement come out.

    Attributes:
        scale: Of its amounts.
        has_amount: Whether there are amounts in numbers.
        has_divisor: Whether each is to be divided by a number of its own besides.
        has_high: Whether the greatest amount is another array than the least.
        has_ends: Whether an amount may be without bound.
        has_services: Whether services come out.
        has_deadline: Whether a deadline does.
    """

    key: str
    entity: str
    scale: int = 1
    has_amount: bool = False
    has_divisor: bool = False
    has_high: bool = False
    has_ends: bool = False
    has_services: bool = False
    has_deadline: bool = False


@frozen
class Text:
    """A kernel, as text.

    Attributes:
        source: Of the function; the prelude stands in front of it.
        arrays: What the function is handed after `first`, `last`, `today` and `next_change`.
        asked: What the rules ask for, even where it changes nothing: `x - x` asks for x, and is
            open where x is.
        answers: What comes out, in order.
        tables: The figures that are handed over.
        unfit: Of each grant or requirement that cannot be written: why, and in which definition.
    """

    source: str
    arrays: tuple[Array, ...]
    asked: tuple[Array, ...]
    answers: tuple[Answered, ...]
    tables: Mapping[str, FigureTable] = field(repr=False)
    unfit: Mapping[str, Unfit] = field(repr=False)


def emit_text(
    program: Program,
    layout: Layout,
    *,
    uncertain: frozenset[Array] | None = frozenset(),
    complete: frozenset[str] = frozenset(),
    known_days: Mapping[Compare, bool] | None = None,
) -> Text:
    """Return the text of the kernel of a program.

    Args:
        program: Sharpened.
        layout: Of its documents.
        uncertain: What may be unknown of some record; see `Lowerer`.
        complete: The figures that have a value for all keys on the date asked for.
        known_days: How today compares with days that the policy writes.
    """
    with _deep():
        shared = shared_aggregates(_needed(program, _subjects(program, layout)))
        lower = Lowerer(program, layout, uncertain, complete, known_days or {}, shared)
        return _Emitter(program, layout, lower).emit()


@contextmanager
def _deep() -> Iterator[None]:
    """Let definitions call one another as deep as the checker allows."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


DEEPEST: Final = 20_000
"""Calls of Python for 600 calls of definitions."""


@define
class _Emitter:
    program: Program
    layout: Layout
    lower: Lowerer
    answers: list[Answered] = field(factory=list)
    unfit: dict[str, Unfit] = field(factory=dict)

    @property
    def write(self) -> Writer:
        return self.lower.write

    def emit(self) -> Text:
        write = self.write
        today = Int("today", FIRST_DAY, LAST_DAY, 0)
        with write.loop("for h in range(first, last):") as level:
            write.line("deferred = all_deferred")
            write.line("change = first_change")
            spot = self._root(today, level)
            subjects = _subjects(self.program, self.layout)
            self._answer(subjects, spot)
            self._below(subjects, spot, self.layout.root)
            self._whole_documents("h", level, is_each=True)
        self._whole_documents("0", 0, is_each=False)
        body = live(write.blocks[0].lines)
        read = set(_WORD.findall("\n".join(body)))
        names = {array: name for array, name in self.lower.arrays.names.items() if name in read}
        parameters = ", ".join(("first", "last", "today", "next_change", *names.values()))
        lines = [
            *(f"# {name}: {array}" for array, name in names.items()),
            "",
            "",
            f"def kernel({parameters}):",
            "    all_deferred = False",
            "    first_change = next_change - today",
            *(f"    {line}" for line in body),
            "",
        ]
        return Text(
            "\n".join(lines),
            tuple(names),
            tuple(self.lower.arrays.names),
            tuple(self.answers),
            dict(self.lower.tables),
            dict(self.unfit),
        )

    def _whole_documents(self, row: str, level: int, *, is_each: bool) -> None:
        """Write what is said of each document, or once if it is the same of all."""
        for part, start, differs in (
            ("deferred", "all_deferred", self.lower.defers_some),
            ("change", "first_change", self.lower.changes_some),
        ):
            if differs == is_each:
                array = self.lower.arrays.name(OutputArray("", part if is_each else start))
                self.write.line(f"{array}[place({row})] = {part if is_each else start}", level)

    def _root(self, today: Int, level: int) -> Spot:
        rows = {self.layout.root: Int("h", 0, 1 << 40, level)}
        row = rows[self.layout.root]
        for kind in self.layout.above:
            array = self.lower.arrays.name(AboveArray(kind))
            rows[kind] = row = self.write.load(array, row, 0, 1 << 40)
        return Spot(self.layout.root, rows, today)

    def _below(self, subjects: Sequence[Grant | Requirement], spot: Spot, kind: str) -> None:
        """Write the answers on the records below one."""
        for child in self.program.children(kind):
            ancestry = {each.entity for each in subjects}
            is_asked = any(child in self.program.ancestry(entity) for entity in ancestry)
            if not is_asked:
                continue
            with self.write.at(spot.level), each_below(child, spot, self.lower) as below:
                self._answer(subjects, below)
                self._below(subjects, below, child)

    def _answer(self, subjects: Sequence[Grant | Requirement], spot: Spot) -> None:
        for subject in subjects:
            if subject.entity != spot.entity:
                continue
            try:
                answered = _Answer(self.lower, spot, subject).write()
            except Unfit as unfit:
                self.unfit[subject.key] = unfit
                continue
            self.answers.append(answered)


def _subjects(program: Program, layout: Layout) -> list[Grant | Requirement]:
    kinds = {layout.root, *layout.below}
    return [each for each in subjects_of(program) if each.entity in kinds]


def subjects_of(program: Program) -> tuple[Grant | Requirement, ...]:
    """Return all on which something is decided."""
    return (*program.grants, *program.requirements)


def _needed(program: Program, subjects: Sequence[Grant | Requirement]) -> list[Definition]:
    """Return the definitions that the answers need."""
    waiting = [key for subject in subjects for key in _keys(subject)]
    found: dict[str, Definition] = {}
    while waiting:
        key = waiting.pop()
        if key in found or key not in program.definition:
            continue
        found[key] = definition = program.definition[key]
        waiting.extend(node.key for node in walk(definition.body) if isinstance(node, Use))
    return list(found.values())


def _keys(subject: Grant | Requirement) -> Iterator[str]:
    yield subject.key
    if isinstance(subject, Grant):
        yield subject.eligible
        yield subject.receives


def only(write: Writer, value: Truth, bit: Bit) -> Bit:
    """Return whether one thing, such as "no", is possible of a truth, and nothing else."""
    if value.single:
        return bit
    others = [value.yes, value.no, value.absent, value.error]
    others.remove(bit)
    return write.both(bit, *(write.negation(other) for other in others))


_WORD: Final = re.compile(r"\w+")
_TERM: Final = re.compile(r"\s*(t\d+) = ")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def live(lines: Sequence[str]) -> list[str]:
    """Return the lines without the terms that nothing reads, and loops that do nothing."""
    read: set[str] = set()
    kept: list[str] = []
    for line in reversed(lines):
        named = _TERM.match(line)
        is_empty = line.lstrip().startswith("for ") and not (
            kept and _indent(kept[-1]) > _indent(line)
        )
        if is_empty or (named and named[1] not in read):
            continue
        read.update(_WORD.findall(line[named.end() :] if named else line))
        kept.append(line)
    return kept[::-1]


@define
class _Answer:
    """The lines that write what comes of one grant or requirement on one record."""

    lower: Lowerer
    spot: Spot
    subject: Grant | Requirement

    def write(self) -> Answered:
        """Write them."""
        match self.subject:
            case Grant():
                return self._granted(self.subject)
            case Requirement():
                return self._required(self.subject)

    def _out(self, part: str, value: Int) -> None:
        """Write a number into what comes out, in as few bytes as its range needs."""
        digits = max(value.high.bit_length(), (-value.low).bit_length()) + 1
        bits = next(each for each in (8, 16, 32, 64) if digits <= each)
        array = self.lower.arrays.name(OutputArray(self.subject.key, part, bits))
        row = self.spot.rows[self.subject.entity].text
        self.lower.write.line(f"{array}[place({row})] = {value.text}", self.spot.level)

    def _truth(self, key: str) -> Truth:
        found = self.lower.definition(key, self.spot)
        if not isinstance(found, Truth):
            raise Unfit(Why.TYPE)
        return found

    def _required(self, requirement: Requirement) -> Answered:
        holds = self._truth(requirement.key)
        body = self.lower.program.definition[requirement.key].body
        self._status(holds, YES, body)
        return Answered(requirement.key, requirement.entity)

    def _granted(self, grant: Grant) -> Answered:
        receives = self._truth(grant.receives)
        value = self.lower.definition(grant.key, self.spot)
        body = self.lower.program.definition[grant.eligible].body
        answered = self._amount(grant, value)
        has_deadline = self._deadline(grant)
        self._status(receives, decided(self.lower.write, value), body)
        return evolve(answered, has_deadline=has_deadline)

    def _status(self, holds: Truth, is_known: Bit, body: Expr) -> None:
        write = self.lower.write
        refused = only(write, holds, holds.no)
        granted = write.both(only(write, holds, holds.yes), is_known)
        lost = only(write, holds, holds.error)
        is_open = holds.absent if holds.single and is_known == YES else None
        if is_open is None:
            is_open = write.negation(write.either(granted, refused, lost))
        status = ZERO
        for bit, code in (
            (granted, Code.GRANTED),
            (is_open, Code.UNDECIDED),
            (lost, Code.ERROR),
        ):
            status = write.add(status, write.multiply(write.flag(bit), number(code)))
        self._out("status", status)
        self._out("reason", self._reason(body, refused))

    def _reason(self, body: Expr, refused: Bit) -> Int:
        """Return the line that surely fails, counted from 1; see `Answers.reason`."""
        items = body.items if isinstance(body, And) else (body,)
        held = [self._held(item) for item in items]
        if all(each.single for each in held):
            return self._failing_line(held, refused)
        write = self.lower.write
        reason = number(-1) if isinstance(self.subject, Grant) else ZERO
        for at, each in reversed(list(enumerate(held))):
            reason = write.select(only(write, each, each.no), number(at + 1), reason)
        if isinstance(self.subject, Grant):
            # What fails in every case, though no one line of it does, has no number.
            eligible = self._truth(self.subject.eligible)
            is_open = write.both(write.same(reason, number(-1)), write.negation(eligible.yes))
            reason = write.select(is_open, ZERO, reason)
        return write.select(refused, reason, ZERO)

    def _failing_line(self, held: Sequence[Truth], refused: Bit) -> Int:
        """Return the line that fails where nothing is unknown: the first, and it alone."""
        write = self.lower.write
        reason, reach = ZERO, YES
        for at, each in enumerate(held):
            fails = write.flag(write.both(reach, each.no))
            reason = write.add(reason, write.multiply(fails, number(at + 1)))
            reach = write.both(reach, each.yes)
        return write.subtract(reason, write.flag(write.both(refused, reach)))

    def _held(self, item: Expr) -> Truth:
        found = self.lower.lower(item, self.spot)
        if not isinstance(found, Truth):
            raise Unfit(Why.TYPE)
        return found

    def _amount(self, grant: Grant, value: Set) -> Answered:
        answered = Answered(grant.key, grant.entity)
        write = self.lower.write
        if grant.type is None:
            return answered
        match value:
            case Num():
                return self._number(answered, value)
            case Marks(sure=sure):
                self._out("chosen", sure)
            case Codes(mask=mask, codes=codes):
                if mask is not None:
                    # It may be one value that the policy does not name, or any of these.
                    others = write.same(mask, number(1 << len(codes)))
                    self.lower.defer(write.both(value.here, others))
                self._out("chosen", mask_of(write, value))
            case Truth(yes=yes, no=no):
                both = write.multiply(write.flag(yes), number(YES_BIT))
                self._out("chosen", write.add(write.flag(no), both))
            case _:
                raise Unfit(Why.TYPE)
        return evolve(answered, has_services=True)

    def _number(self, answered: Answered, value: Num) -> Answered:
        write = self.lower.write
        if value.lead is not None:
            self.lower.expect_change(ZERO, YES)
        is_one = value.low is value.high
        low, high = numbers.level_with(write, value.low, value.high)
        self._out("low", low.whole)
        if not is_one:
            self._out("high", high.whole)
        if low.divisor is not None:
            self._out("divisor", low.divisor)
        none = NO if value.single else write.negation(value.here)
        has_ends = (value.no_low, value.no_high, none) != (NO, NO, NO)
        if has_ends:
            ends = ZERO
            for at, bit in enumerate((value.no_low, value.no_high, none)):
                ends = write.add(ends, write.select(bit, number(1 << at), ZERO))
            self._out("ends", ends)
        return Answered(
            answered.key,
            answered.entity,
            scale=low.scale,
            has_amount=True,
            has_divisor=low.divisor is not None,
            has_high=not is_one,
            has_ends=has_ends,
        )

    def _deadline(self, grant: Grant) -> bool:
        """Write the last day for the decision, 0 if there is none or it is open."""
        if not grant.deadlines:
            return False
        write = self.lower.write
        day = ZERO
        for rule in reversed(grant.deadlines):
            holds = Truth(yes=YES, no=NO)
            if rule.condition is not None:
                found = self.lower.lower(rule.condition, self.spot)
                if not isinstance(found, Truth):
                    raise Unfit(Why.TYPE)
                holds = found
            due = self.lower.lower(rule.due, self.spot)
            if not isinstance(due, Num):
                raise Unfit(Why.TYPE)
            is_day = write.both(due.here, decided(write, due))
            this = write.select(is_day, due.low.whole, ZERO)
            sure = write.both(decided(write, holds), write.negation(holds.error))
            rest = write.select(write.both(sure, holds.no), day, ZERO)
            day = write.select(write.both(sure, holds.yes), this, rest)
        self._out("deadline", day)
        return True
