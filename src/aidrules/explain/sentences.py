"""A reason to one line of words, in English or Chinese."""

from collections.abc import Iterable
from fractions import Fraction
from math import ceil, floor
from typing import assert_never

from attrs import evolve, frozen

from aidrules import wording
from aidrules.case import Given, Record
from aidrules.diagnostics import catalogue, render
from aidrules.explain.reasons import (
    CaseTaken,
    FigureUsed,
    Kind,
    Outcome,
    Reason,
    RowTaken,
    VersionTaken,
)
from aidrules.lexicon import Lexicon, exact, words
from aidrules.program import (
    Citation,
    Compare,
    Constant,
    Expr,
    Extreme,
    FactUse,
    LegalText,
    Program,
    Recorded,
    Round,
    Table,
    UnknownValue,
    Use,
)
from aidrules.trace import Step
from aidrules.types import Quantity, Type, core, is_ordered
from aidrules.values import (
    Failure,
    Infinite,
    Interval,
    Number,
    Possible,
    Value,
    bounds,
    is_decided,
    settle,
)

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}


@frozen
class Speaker:
    """Words reasons of one program in one language.

    Attributes:
        record: That of the decision: a step on another record says on which.
        today: That of the decision, as an ordinal: a step of another day says of which.
        is_letter: Whether a number that no decimal shows exactly is shown only about.
    """

    program: Program
    language: str
    record: Record
    today: int
    is_letter: bool = False

    @property
    def lexicon(self) -> Lexicon:
        """The lexicon of the language."""
        return words(self.language)

    def fill(self, key: str, **holes: str) -> str:
        """Return a pattern of the table `reason`, filled."""
        return self.lexicon.fill("reason", key, **holes)

    def name(self, spelling: str) -> str:
        """Return a name in the language."""
        return wording.name(self.program, spelling, self.language)

    def key(self, key: str) -> str:
        """Return the name of what a key stands for."""
        named = wording.of_key(self.program, key, self.language)
        return spoken(named) if self.is_letter else named

    def expression(self, expr: Expr, *, bare: bool = False) -> str:
        """Return an expression in the language, its numbers with units or without."""
        return wording.expression(expr, self.program, self.language, bare=bare)

    def within(self, reason: Reason) -> "Speaker":
        """Return who words the parts of a reason: its day goes without saying there."""
        day = reason.whole.today
        return self if day == self.today else evolve(self, today=day)

    def value(self, value: Value, type_: Type) -> str:
        """Return a value, or what may come out; beside `a/b`, about how much that is."""
        if isinstance(value, Possible) and isinstance(value.body, Interval):
            value = evolve(value, body=_outward(value.body))
        shown = wording.bounds(value, type_, self.language, self.program)
        if not isinstance(value, Fraction) or "/" not in exact(value):
            return shown
        about = _about(value)
        if not self.is_letter:
            return self.fill("with-about", value=shown, about=self.digits(about, type_))
        return self.fill("about", value=wording.value(about, type_, self.language, self.program))

    def digits(self, value: int | Fraction, type_: Type) -> str:
        """Return a number without its unit; about how much it is, where no decimal says it."""
        quantity = core(type_)
        is_plain = not isinstance(quantity, Quantity) or quantity.unit.is_plain
        shown = wording.digits(value, self.language, is_plain=is_plain)
        if not isinstance(value, Fraction) or "/" not in shown:
            return shown
        about = wording.digits(_about(value), self.language, is_plain=is_plain)
        key = "about" if self.is_letter else "with-about"
        return self.fill(key, value=about if self.is_letter else shown, about=about)

    def date(self, ordinal: int) -> str:
        """Return a day."""
        return wording.date(ordinal, self.language)

    def record_name(self, record: Record) -> str:
        """Return kind and id of a record."""
        if record.is_unlisted:
            return self.fill("record-unlisted", entity=self.name(record.entity))
        return self.fill("record", entity=self.name(record.entity), id=record.id)

    def title(self, legal: LegalText) -> str:
        """Return the title of a legal text."""
        return self.lexicon.fill("word", "title", title=self.name(legal.title))

    def citations(self, cited: Iterable[Citation]) -> str:
        """Return citations, each once, joined."""
        shown = dict.fromkeys(wording.citation(each, self.language, self.program) for each in cited)
        return self.lexicon.join(shown)

    # -------------------------------------------------------------- reasons

    def sentence(self, reason: Reason) -> str:
        """Return a reason as one line: what is stated, both its values, outcome, articles."""
        line = self._error(reason) if reason.outcome is Outcome.ERROR else self._plain(reason)
        cited = self.citations(reason.citations)
        return self.fill("cited", line=line, citations=cited) if cited else line

    def _plain(self, reason: Reason) -> str:
        match reason.kind:
            case Kind.CONDITION | Kind.EXCEPTION | Kind.OBLIGATION | Kind.CASE:
                return self._line(reason)
            case Kind.CHOICE:
                return self._choice(reason)
            case Kind.UNLISTED:
                return self._unlisted(reason.whole.record)
            case Kind.FORCE:
                day = self.date(reason.statement.today)
                return self.fill(f"force-{reason.outcome}", date=day)
            case Kind.DURATION:
                return self._duration(reason)
            case Kind.EVERY_CASE:
                return self.fill("every-case")
            case Kind.AMOUNT:
                return self._amount(reason)
            case Kind.LIMIT | Kind.ROUNDING:
                return self._shaping(reason)
            case Kind.PRECEDENCE | Kind.HIGHER:
                return self._rival(reason)
            case Kind.RATION:
                return self._ration(reason)
            case Kind.STEP:
                return self._calculated(self._on(reason), reason)
            case Kind.FACT:
                return self._fact(reason)
            case Kind.DECISION:
                value = self.value(reason.statement.value, reason.statement.expression.type)
                return self.fill("decision", label=self._on(reason), line=value)
            case _:
                assert_never(reason.kind)

    def statement(self, reason: Reason) -> str:
        """Return what a line states, with the name of the step that it used for it."""
        shown = self.expression(reason.statement.expression)
        if reason.named:
            shown = self.fill("named", name=self.key(reason.named[0]), statement=shown)
        return self.fill("exception", statement=shown) if reason.kind is Kind.EXCEPTION else shown

    def outcome(self, reason: Reason) -> str:
        """Return the outcome in words, with the records that made it."""
        match reason.kind:
            case Kind.EXCEPTION | Kind.CASE:
                shown = self.fill(f"outcome-{reason.kind}-{reason.outcome}")
            case _:
                shown = self.fill(f"outcome-{reason.outcome}")
        if not reason.records:
            return shown
        records = self.lexicon.join(self.record_name(each) for each in reason.records)
        return self.fill("outcome-for", outcome=shown, records=records)

    def values(self, reason: Reason) -> str:
        """Return the values of a line: both sides of a comparison as they truly stand."""
        match reason.sides:
            case (left, right) if self._is_scale(left):
                return self._compared(reason, left, right)
            case (left, *_):
                return self.value(left.value, left.expression.type)
            case _:
                shown = self.value(reason.statement.value, reason.statement.expression.type)
                note = "" if self.is_letter else self._note(reason.statement)
                if note == self.fill("not-given"):
                    return note
                return self.fill("with-value", name=shown, value=note) if note else shown

    def _note(self, step: Step) -> str:
        """Return who says a fact; "" of anything else, and if nobody is said."""
        match step.expression:
            case FactUse(entity=entity, name=name):
                record = step.record.above(entity)
            case Recorded(entity=entity, key=name):
                record = step.record.above(entity)
            case _:
                return ""
        given = record.given.get(name)
        if given is not None:
            return self._given(given)
        is_open = name not in record.facts and isinstance(step.value, Possible)
        return self.fill("not-given") if is_open else ""

    def _line(self, reason: Reason) -> str:
        values = self.values(reason)
        if reason.kind is Kind.OBLIGATION and reason.headroom is not None:
            room = self._headroom(reason.headroom, reason)
            values = self.lexicon.join((values, room), "semicolon")
        return self.fill(
            "line",
            statement=self.statement(reason),
            values=values,
            outcome=self.outcome(reason),
        )

    def _headroom(self, headroom: Value, reason: Reason) -> str:
        """Return by how much a line is kept or missed, or between what bounds that is."""
        expr, type_ = reason.statement.expression, reason.sides[0].expression.type
        is_limit = isinstance(expr, Compare) and expr.op in {"<", "<="}
        missed = "room-over" if is_limit else "room-missing"

        def end(number: Number, word: str = "") -> str:
            if isinstance(number, Infinite):
                return self.fill("room-open")
            key = "room-left" if number > 0 else missed + word if number < 0 else "room-none"
            return self.fill(key, value=self.value(abs(number), type_))

        ends = bounds(headroom)
        if ends is None:
            return ""
        low, high = ends
        if low == high:
            return end(low)
        if not isinstance(low, Infinite) and not isinstance(high, Infinite):
            if low > 0:
                return self.fill("room-left", value=self.value(settle(Interval(low, high)), type_))
            if high < 0:
                return self.fill(missed, value=self.value(settle(Interval(-high, -low)), type_))
        return self.fill("room-between", low=end(low, "-end"), high=end(high))

    def _choice(self, reason: Reason) -> str:
        """Return which of several grants was chosen."""
        (chosen, *_) = reason.sides
        value = self.value(chosen.value, chosen.expression.type)
        fact = self.expression(chosen.expression)
        key = f"choice-{reason.outcome}"
        return self.fill(key, chosen=value, fact=fact, name=self.key(reason.about or ""))

    def _ration(self, reason: Reason) -> str:
        """Return whether a claim has a place, and which; nothing of the other claims by name."""
        grant = self.program.grant[self.program.ration[reason.about or ""].grant]
        line = self.fill(f"ration-{reason.outcome}", name=self.key(grant.key))
        rank = reason.rank
        if rank is None:
            return line
        type_ = rank.fund.expression.type
        at = self.fill(
            "ration-place",
            place=str(rank.place),
            count=str(rank.claims),
            keys=self._inputs(rank.keys),
            taken=self.value(rank.taken, type_),
            fund=self.value(rank.fund.value, type_),
        )
        return self.fill("labelled", label=line, line=at)

    def _unlisted(self, record: Record) -> str:
        """Return how many more records there may be, of which nobody told."""
        above = record.parent or record
        limit = self.program.entity[record.entity].limit
        listed = len(above.children.get(record.entity, ()))
        count = above.unlisted.get(record.entity, limit - listed)
        return self.fill(
            "records-unlisted",
            entity=self.name(record.entity),
            record=self.record_name(above),
            count=str(count),
        )

    def _is_scale(self, step: Step) -> bool:
        return is_ordered(core(step.expression.type))

    def _compared(self, reason: Reason, left: Step, right: Step) -> str:
        shown = (
            self.value(left.value, left.expression.type),
            self.value(right.value, right.expression.type),
        )
        expr = reason.statement.expression
        truth = reason.statement.value
        if not isinstance(expr, Compare) or not isinstance(truth, bool):
            return self.fill("against", left=shown[0], right=shown[1])
        if not (is_decided(left.value) and is_decided(right.value)):
            return self.fill("against", left=shown[0], right=shown[1])
        first = shown[0]
        if self.language == "en" and isinstance(left.value, int | Fraction):
            quantity = isinstance(core(left.expression.type), Quantity)
            if quantity:  # the unit once
                first = self.digits(left.value, left.expression.type)
        op = expr.op if truth else _OPPOSITE[expr.op]
        return wording.comparison(op, core(left.expression.type), first, shown[1], self.language)

    def _duration(self, reason: Reason) -> str:
        grant = self.program.grant[reason.about or ""]
        period = "" if grant.at_most is None else self.expression(grant.at_most)
        return self.fill(f"duration-{reason.outcome}", period=period)

    # -------------------------------------------------------------- amounts

    def _amount(self, reason: Reason) -> str:
        label = {Outcome.FAILS: "nothing-payable"}.get(reason.outcome, "amount")
        if self.is_letter and reason.outcome is Outcome.GIVES:
            return self._calculated(None, reason)
        return self._calculated(self.fill(label), reason)

    def _calculated(self, label: str | None, reason: Reason) -> str:
        """Return `label: formula = numbers = value`, as far as each says more than the last."""
        if reason.kind is Kind.STEP and reason.statement is reason.whole:
            value = self.value(reason.whole.value, reason.whole.expression.type)
            return self.fill("labelled", label=label or "", line=value)
        formula = self._formula(reason)
        label = self._versions(label, reason)
        value = self.value(reason.statement.value, reason.statement.expression.type)
        shown = [] if isinstance(reason.statement.expression, Constant) else [formula]
        if reason.worked is not None:
            worked = self.expression(reason.worked, bare=True)
            shown.extend([worked] if worked != formula else [])
        if isinstance(reason.statement.expression, UnknownValue):
            line = self.fill("not-known")
        elif not is_decided(reason.statement.value):
            line = self.fill("between", formula=formula, value=value)
        else:
            line = " = ".join([*shown, value])
        for case in reversed(reason.cases):
            match case:
                case CaseTaken(condition=None) if not self.is_letter:
                    line = self.fill("otherwise", line=line)
                case CaseTaken(condition=Step(expression=condition)):
                    line = self.fill("case", condition=self.expression(condition), line=line)
                case RowTaken(inputs=inputs):
                    line = self.fill("row", inputs=self._inputs(inputs), line=line)
                case _:
                    pass
        return line if label is None else self.fill("labelled", label=label, line=line)

    def _versions(self, label: str | None, reason: Reason) -> str | None:
        """Return a label with the days between which the version holds that was taken."""
        for case in reason.cases:
            match case:
                case VersionTaken(first=int() as first, last=int() as last) if label is not None:
                    days = {"first": self.date(first), "last": self.date(last)}
                    label = self.fill("version-between", label=label, **days)
                case VersionTaken(first=int() as first, last=None) if label is not None:
                    label = self.fill("version-since", label=label, first=self.date(first))
                case VersionTaken(first=None, last=int() as last) if label is not None:
                    label = self.fill("version-until", label=label, last=self.date(last))
                case _:
                    pass
        return label

    def _formula(self, reason: Reason) -> str:
        if not isinstance(reason.statement.expression, Table):
            return self.expression(reason.statement.expression)
        return self.lexicon.fill("expression", "table", inputs=self._inputs(reason.sides))

    def _inputs(self, inputs: Iterable[Step]) -> str:
        return self.lexicon.join(
            self.fill(
                "with-value",
                name=self.expression(each.expression),
                value=self.value(each.value, each.expression.type),
            )
            for each in inputs
        )

    def _shaping(self, reason: Reason) -> str:
        before, after, *limits = reason.sides
        type_ = reason.statement.expression.type
        match reason.statement.expression:
            case Round(mode=mode, quantum=quantum):
                amount = self.value(quantum, type_)
                label = self.fill(f"round-{mode.replace(' ', '-')}", quantum=amount)
            case Extreme(word=word, items=items):
                limit = self.expression(items[-1])
                if limits and not isinstance(items[-1], Constant):
                    given = self.value(limits[-1].value, type_)
                    limit = self.fill("with-value", name=limit, value=given)
                label = self.fill("at-least" if word == "highest" else "up-to", limit=limit)
            case expr:
                label = self.expression(expr)
        if before.value == after.value:
            return self.fill("unchanged", label=label)
        shown = {"before": before, "after": after}
        values = {hole: self.value(step.value, type_) for hole, step in shown.items()}
        return self.fill("changed", label=label, **values)

    def _rival(self, reason: Reason) -> str:
        name = self.key(reason.about or "")
        match reason.sides:
            case (theirs, ours):
                return self.fill(
                    f"higher-{reason.outcome}",
                    name=name,
                    theirs=self.value(theirs.value, theirs.expression.type),
                    ours=self.value(ours.value, ours.expression.type),
                )
            case _:
                return self.fill(f"precedence-{reason.outcome}", name=name)

    # -------------------------------------------------------------- parts

    def _on(self, reason: Reason) -> str:
        """Return the name of a step or fact, with the record if it is not that of the decision."""
        at = reason.whole.record
        shown = self.expression(reason.whole.expression)
        of_policy = (
            isinstance(reason.whole.expression, Use) and reason.whole.expression.entity is None
        )
        if at is not self.record and not of_policy:
            named = self.record_name(at)
            shown = self.lexicon.fill("word", "name-of", name=shown, record=named)
        if reason.until is not None:
            return self._in_months(shown, reason.whole.today, reason.until)
        if reason.whole.today == self.today:
            return shown
        return self.fill("on-date", label=shown, date=self.date(reason.whole.today))

    def _in_months(self, label: str, first: int, last: int) -> str:
        if first == last:
            return self.fill("in-month", label=label, month=wording.month(first, self.language))
        months = {"first": first, "last": last}
        named = {hole: wording.month(day, self.language) for hole, day in months.items()}
        return self.fill("in-months", label=label, **named)

    def _fact(self, reason: Reason) -> str:
        step = reason.statement
        shown = self.value(step.value, step.expression.type)
        note = self._note(step)
        if note:
            shown = self.fill("with-value", name=shown, value=note)
        return self.fill("labelled", label=self._on(reason), line=shown)

    def _given(self, given: Given) -> str:
        if given.disputed:
            return self.fill("is-disputed")
        day = () if given.as_of is None else (self.date(given.as_of),)
        origin = () if given.origin is None else (self.name(given.origin),)
        stated = self.lexicon.join((*origin, *day))
        if given.grounds is None:
            return stated
        return self.fill("grounds", stated=stated, grounds=given.grounds)

    def _error(self, reason: Reason) -> str:
        label = self.statement(reason)
        if reason.kind is Kind.AMOUNT:
            label = self.fill("amount")
        elif reason.kind in {Kind.STEP, Kind.FACT}:
            label = self._on(reason)
        return self.fill("labelled", label=label, line=self.error(reason.failure))

    def error(self, failure: Failure | None) -> str:
        """Return what cannot be computed, and where in the policy."""
        if failure is None:
            return self.fill("outcome-error")
        facts = tuple(
            (hole, self.name(fact) if isinstance(fact, str) else fact)
            for hole, fact in failure.facts
        )
        finding = catalogue.of_failure(failure.code, failure.span, facts)
        what = render.message(finding, self.language)
        if self.is_letter:
            return what
        advice = render.help_text(finding, self.language)
        if advice is not None:
            what = self.lexicon.join((what, advice), "semicolon")
        if failure.span is None:
            return self.fill("error", message=what)
        place = f"{failure.span.source.name}:{failure.span.line}"
        return self.fill("error-at", message=what, place=place)

    # -------------------------------------------------------------- figures

    def figure(self, figure: FigureUsed) -> str:
        """Return a figure of the law with its day, its articles, and whether it is made up."""
        name = self.name(figure.parameter.name)
        if figure.keys:
            types = figure.parameter.key_types
            keys = (self.value(key, type_) for key, type_ in zip(figure.keys, types, strict=False))
            name = self.fill("with-value", name=name, value=self.lexicon.join(keys))
        if figure.version is None and figure.day not in {None, self.today}:
            name = self.fill("on-date", label=name, date=self.date(figure.day or 0))
        value = self.value(figure.value, figure.parameter.type)
        version = figure.version
        if version is not None:
            if isinstance(figure.value, int | Fraction) and version.span.text.endswith("%"):
                value = self.lexicon.fill("word", "share", number=exact(figure.value * 100))
            if version.first is not None:
                value = self.fill("since", value=value, date=self.date(version.first))
        notes = []
        if figure.passed:
            texts = (self.value(key, figure.parameter.key_types[0]) for key in figure.passed)
            notes.append(self.fill("no-row", keys=self.lexicon.join(texts)))
        if figure.parameter.is_synthetic:
            notes.append(self.fill("synthetic"))
        if figure.parameter.unverified is not None:
            notes.append(self.fill("unverified", why=self.name(figure.parameter.unverified)))
        line = self.fill("labelled", label=name, line=value)
        for note in notes:
            line = self.fill("noted", line=line, note=note)
        cited = self.citations(figure.citations)
        return self.fill("cited", line=line, citations=cited) if cited else line


def spoken(name: str) -> str:
    """Return a name as it is spoken: without the marks that join its words."""
    return name.replace("_", " ")


def _outward(body: Interval) -> Interval:
    """Return an interval whose ends are decimals, not narrower than it was."""
    low, high = body.low, body.high
    if isinstance(low, Fraction) and "/" in exact(low):
        low = Fraction(floor(low * 100), 100)
    if isinstance(high, Fraction) and "/" in exact(high):
        high = Fraction(ceil(high * 100), 100)
    return Interval(low, high)


def _about(value: Fraction) -> Fraction:
    """Return a number to two places, or to as many as show that it is not whole."""
    for places in range(2, 20):
        shown = round(value, places)
        if shown != round(value):
            return shown
    return value
