"""A decision to the letter that its applicant gets (告知书), in English or Chinese."""

from collections.abc import Iterator

from attrs import frozen

from aidrules.explain.account import Account, Explanation, Missing
from aidrules.explain.reasons import FigureUsed, Kind, Outcome, Reason, figures
from aidrules.explain.report import (
    amount,
    disputes,
    follow_up,
    is_disputed,
    list_key,
    says,
    speaker_of,
    unverified,
)
from aidrules.explain.sentences import Speaker, spoken
from aidrules.program import Constant, Grant, Requirement
from aidrules.values import Possible

_LINES = frozenset((Kind.CONDITION, Kind.EXCEPTION, Kind.OBLIGATION))
_AMOUNTS = frozenset((Kind.AMOUNT, Kind.LIMIT, Kind.ROUNDING))


def letter(explanation: Explanation, language: str) -> str:
    """Return the letter: what was decided and why, on what it rests, and what can be done."""
    account = explanation.account
    writer = _Writer(explanation, speaker_of(account, language, is_letter=True))
    paragraphs = (
        writer.title(),
        writer.fill("to", record=writer.speaker.record_name(account.record)),
        writer.joined((*writer.body(), writer.decision())),
        writer.joined(writer.missing()),
        writer.joined(writer.basis()),
        writer.joined(follow_up(explanation, writer.speaker)),
        writer.signature(),
    )
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


@frozen
class _Writer:
    explanation: Explanation
    speaker: Speaker

    @property
    def account(self) -> Account:
        return self.explanation.account

    def fill(self, key: str, **holes: str) -> str:
        return self.speaker.lexicon.fill("letter", key, **holes)

    def joined(self, sentences: Iterator[str] | tuple[str, ...]) -> str:
        """Return sentences as one paragraph."""
        return self.speaker.lexicon.join((each for each in sentences if each), "sentence")

    @property
    def name(self) -> str:
        """The grant's name as it is spoken."""
        return self.spoken(self.account.subject.name)

    def spoken(self, name: str) -> str:
        return spoken(self.speaker.name(name))

    def title(self) -> str:
        is_grant = isinstance(self.account.subject, Grant)
        title = self.fill("title" if is_grant else "title-requirement")
        return self.fill("status-title", title=title, name=self.name)

    # -------------------------------------------------------------- reasons

    def body(self) -> Iterator[str]:
        found = self.explanation.reasons
        for reason in found:
            yield self.reason(reason)
            if reason.kind is Kind.EVERY_CASE:
                for part in reason.parts:
                    yield self.reason(part)
        amounts = [each for each in found if each.kind in _AMOUNTS]
        is_plain = amounts and isinstance(amounts[0].statement.expression, Constant)
        if amounts and amounts[0].outcome is Outcome.GIVES and not (is_plain and amounts[1:] == []):
            steps = (self.speaker.sentence(each) for each in amounts if _changes(each))
            yield self.fill("calculation", line=self.speaker.lexicon.join(steps, "semicolon"))
        if amounts and amounts[0].outcome is Outcome.FAILS:
            inner = [self.speaker.sentence(each) for each in amounts[0].parts if each.worked]
            if inner:
                yield self.fill("calculation", line=self.speaker.lexicon.join(inner, "semicolon"))

    def reason(self, reason: Reason) -> str:
        """Return a sentence for a reason; "" for one that says nothing to the applicant."""
        match reason.kind, reason.outcome:
            case _, Outcome.ERROR:
                return ""
            case Kind.FORCE | Kind.DURATION, Outcome.HOLDS:
                return ""
            case kind, Outcome.GIVES | Outcome.UNDECIDED if kind in _AMOUNTS:
                return ""
            case kind, _ if kind in _LINES:
                return self.line(reason)
            case _:
                return self.fill("plain", line=self.speaker.sentence(reason))

    def line(self, reason: Reason) -> str:
        key = {Outcome.HOLDS: "met", Outcome.FAILS: "not-met"}.get(reason.outcome, "open")
        if reason.kind is Kind.EXCEPTION:
            key = f"exception-{key}"
        condition = self.speaker.expression(reason.statement.expression)
        values = self.values(reason)
        if values:
            condition = self.speaker.fill("with-value", name=condition, value=values)
        line = self.fill(key, condition=condition)
        cited = self.speaker.citations(reason.citations)
        return self.fill("under", citations=cited, line=line) if cited else _capital(line)

    def values(self, reason: Reason) -> str:
        match reason.sides:
            case (left, right) if reason.headroom is not None:
                value = self.speaker.value(left.value, left.expression.type)
                limit = self.speaker.value(right.value, right.expression.type)
                if isinstance(left.value, Possible):  # what nobody gave has no value to tell
                    return self.fill("limit", limit=limit)
                return self.fill("actual", value=value, limit=limit)
            case _ if reason.outcome is Outcome.UNDECIDED:
                return ""
            case _:
                return self.speaker.values(reason)

    def decision(self) -> str:
        account = self.account
        status = account.status
        shown = amount(account, self.speaker.language)
        match status:
            case "granted" if shown is not None:
                return self.fill("granted-amount", name=self.name, amount=shown)
            case "undecided" if shown is not None:
                return self.fill("undecided-between", name=self.name, amount=shown)
            case "error":
                failure = next((each.failure for each in self.explanation.reasons), None)
                message = self.speaker.error(failure)
                return self.fill("error", name=self.name, message=message)
            case _:
                return self.fill(status, name=self.name)

    # -------------------------------------------------------------- what is missing and assumed

    def missing(self) -> Iterator[str]:
        account, speaker = self.account, self.speaker
        disputed = dict(disputes(account))
        for missing in account.missing:
            if missing in disputed:
                stated = says(missing, disputed[missing], account, speaker)
                yield self.fill("disputed", fact=self.fact(missing), statements=stated)
            else:
                yield self.missing_fact(missing)
            if missing.question is not None and self.asks(missing):
                yield self.fill("question", question=speaker.name(missing.question))
        for record, fact, value in account.assumed:
            named = speaker.fill(
                "missing-fact", name=self.spoken(fact.name), record=speaker.record_name(record)
            )
            yield self.fill("assumed", fact=_capital(named), value=speaker.value(value, fact.type))

    def fact(self, missing: Missing) -> str:
        record = self.speaker.record_name(missing.record)
        name = self.spoken(missing.name)
        return _capital(self.speaker.fill("missing-fact", name=name, record=record))

    def asks(self, missing: Missing) -> bool:
        """Whether the family is asked: not for what others have first, nor for it twice."""
        is_first = len(missing.holders) <= 1
        return missing.question is not None and is_first and not is_disputed(missing)

    def missing_fact(self, missing: Missing) -> str:
        if missing.is_history:
            record = self.speaker.record_name(missing.record)
            return self.fill("missing-history", record=record)
        if missing.is_list:
            record = self.speaker.record_name(missing.record)
            return self.fill(list_key(missing), name=self.spoken(missing.name), record=record)
        if missing.office is not None:
            office = self.speaker.name(missing.office)
            return self.fill("missing-office", fact=self.fact(missing), office=office)
        if missing.holders and not self.asks(missing):
            holder = self.speaker.name(missing.holders[0])
            return self.fill("missing-held", fact=self.fact(missing), holder=holder)
        return self.fill("missing", fact=self.fact(missing))

    # -------------------------------------------------------------- basis and signature

    def basis(self) -> Iterator[str]:
        account, speaker = self.account, self.speaker
        yield self.fill("as-of", date=speaker.date(account.trace.today))
        used: list[FigureUsed] = list(figures(self.explanation.all_reasons))
        named = {each.parameter.key: each.parameter for each in used}.values()
        synthetic = [self.spoken(each.name) for each in named if each.is_synthetic]
        if synthetic:
            yield self.fill("synthetic", names=speaker.lexicon.join(synthetic))
        for parameter in named:
            if parameter.unverified is not None:
                name = self.spoken(parameter.name)
                yield self.fill(
                    "unverified-figure", name=name, why=speaker.name(parameter.unverified)
                )
        for legal in unverified(self.explanation):
            why = speaker.name(legal.unverified or "")
            yield self.fill("unverified-text", title=speaker.title(legal), why=why)
        if not isinstance(account.subject, Requirement):
            yield from (speaker.name(note) for note in account.subject.notes)

    def signature(self) -> str:
        date = self.speaker.date(self.account.trace.today)
        if self.account.office is None:
            return self.fill("dated", date=date)
        return self.fill("signed", office=self.speaker.name(self.account.office), date=date)


def _changes(reason: Reason) -> bool:
    """Whether a limit or rounding changed the amount; true of the amount itself."""
    if reason.kind is Kind.AMOUNT:
        return True
    before, after, *_ = reason.sides
    return before.value != after.value


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
