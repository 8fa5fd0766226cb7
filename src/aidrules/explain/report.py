"""An explanation to text and Markdown: the case file's account of one decision."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from attrs import frozen

from aidrules import dates, wording
from aidrules.case import Record
from aidrules.explain.account import Account, Applied, Explanation, Missing
from aidrules.explain.reasons import Kind, Reason, citations, facts_read, figures
from aidrules.explain.sentences import Speaker
from aidrules.lexicon import words
from aidrules.program import (
    Citation,
    Compare,
    Constant,
    Deadline,
    Expr,
    Grant,
    LegalText,
    Not,
    Office,
    Or,
    Recorded,
    Requirement,
    Shift,
    Word,
)
from aidrules.values import Interval, Value, parts, settle


@frozen
class _Section:
    """A heading and lines below it, each with how deep it stands."""

    heading: str
    lines: tuple[tuple[int, str], ...]


def text(explanations: Sequence[Explanation], language: str) -> str:
    """Return explanations as plain text, private facts included: it is the case file."""
    colon = words(language).pattern("word", "colon").rstrip()

    def block(section: _Section) -> Iterator[str]:
        yield f"{section.heading}{colon}"
        yield from (f"{'  ' * (depth + 1)}{line}" for depth, line in section.lines)

    whole: list[list[str]] = []
    for each in explanations:
        lines = (line for section in _sections(each, language) for line in block(section))
        whole.append([heading(each, language), *lines])
    whole.extend([*block(section)] for section in _closing(explanations, language))
    return "\n\n".join("\n".join(lines) for lines in whole) + "\n"


def markdown(explanations: Sequence[Explanation], language: str) -> str:
    """Return explanations as Markdown, private facts included: it is the case file."""

    def block(section: _Section) -> Iterator[str]:
        yield f"### {section.heading}\n"
        lines = (f"{'  ' * depth}- {_escaped(line)}" for depth, line in section.lines)
        yield "\n".join(lines) + "\n"

    blocks: list[str] = []
    for each in explanations:
        blocks.append(f"## {_escaped(heading(each, language))}\n")
        blocks.extend(line for section in _sections(each, language) for line in block(section))
    blocks.extend(line for section in _closing(explanations, language) for line in block(section))
    return "\n".join(blocks)


def speaker_of(account: Account, language: str, *, is_letter: bool = False) -> Speaker:
    """Return who words an account in a language."""
    return Speaker(account.program, language, account.record, account.trace.today, is_letter)


def heading(explanation: Explanation, language: str) -> str:
    """Return what was decided, in one line."""
    account = explanation.account
    speaker = speaker_of(account, language)
    holes = {
        "name": speaker.name(account.subject.name),
        "record": speaker.record_name(account.record),
        "date": speaker.date(account.trace.today),
        "status": speaker.fill(f"status-{account.status}"),
    }
    shown = amount(account, language)
    if shown is None or account.status not in {"granted", "undecided"}:
        return speaker.fill("heading", **holes)
    key = "heading-amount" if account.status == "granted" else "heading-open"
    return speaker.fill(key, **holes, amount=shown)


def amount(account: Account, language: str) -> str | None:
    """Return the amount, or what it may be; None if there is none."""
    match account.subject:
        case Grant(type=type_, amount=expr) if type_ is not None and account.amount is not None:
            shown: Value | None = account.amount
            if account.status == "undecided" and expr is not None:
                shown = _if_granted(account.trace.step(expr, account.record).value)
            return None if shown is None else speaker_of(account, language).value(shown, type_)
        case _:
            return None


def _if_granted(value: Value) -> Value | None:
    """Return what an amount may be where something is granted: above 0, and without error."""
    body, _, _ = parts(value)
    match body:
        case None:
            return None
        case Interval(low=low, high=high) if high < 0:
            return None
        case Interval(low=low, high=high) if low < 0:
            return settle(Interval(0, high))
        case _:
            return settle(body)


def unverified(explanation: Explanation) -> Iterator[LegalText]:
    """Yield the legal texts cited in the reasons that are to be checked, each once."""
    cited = (*citations(explanation.all_reasons), *explanation.account.subject.citations)
    for legal in dict.fromkeys(each.text for each in cited):
        if legal.unverified is not None:
            yield legal


def disputes(account: Account) -> Iterator[tuple[Missing, tuple[tuple[str, Value], ...]]]:
    """Yield the missing facts about which their holders differ, and what each says."""
    for missing in account.missing:
        if is_disputed(missing):
            yield missing, missing.record.given[missing.name].disputed


# ---------------------------------------------------------------- sections


def _closing(explanations: Sequence[Explanation], language: str) -> Iterator[_Section]:
    """Yield what is said once for all the explanations: the legal texts that are to be checked."""
    cited = dict.fromkeys(legal for each in explanations for legal in unverified(each))
    if cited:
        speaker = speaker_of(explanations[0].account, language)
        lines = tuple(
            (
                0,
                speaker.fill(
                    "text-unverified",
                    title=speaker.title(legal),
                    why=speaker.name(legal.unverified or ""),
                ),
            )
            for legal in cited
        )
        yield _Section(speaker.fill("section-texts"), lines)


def _sections(explanation: Explanation, language: str) -> Iterator[_Section]:
    account = explanation.account
    speaker = speaker_of(account, language)
    program = account.program
    found: dict[str, Sequence[tuple[int, str]]] = {
        "reasons": tuple(_reasons(explanation.reasons, speaker, 0)),
        "missing": [(0, missing_line(each, speaker)) for each in account.missing],
        "disputed": [
            (0, _disputed(missing, says, account, speaker)) for missing, says in disputes(account)
        ],
        "aside": [(0, line) for line in _set_aside(explanation, speaker)],
        "assumed": [
            (
                0,
                speaker.fill(
                    "assumed",
                    name=speaker.name(fact.name),
                    record=speaker.record_name(record),
                    value=wording.bounds(value, fact.type, language, program),
                ),
            )
            for record, fact, value in account.assumed
        ],
        "figures": [(0, speaker.figure(each)) for each in figures(explanation.all_reasons)],
        "what": tuple(_follow_up(explanation, speaker)),
    }
    for key, lines in found.items():
        if lines:
            yield _Section(speaker.fill(f"section-{key}"), tuple(lines))


def _reasons(found: Sequence[Reason], speaker: Speaker, depth: int) -> Iterator[tuple[int, str]]:
    for reason in found:
        yield depth, speaker.sentence(reason)
        yield from _reasons(reason.parts, speaker.within(reason), depth + 1)
        if reason.omitted:
            yield depth + 1, speaker.fill("omitted", count=str(reason.omitted))


def missing_line(missing: Missing, speaker: Speaker) -> str:
    """Return what is missing, who has it, and what it would decide."""
    record = speaker.record_name(missing.record)
    key = "missing-history" if missing.is_history else "missing-fact"
    key = list_key(missing) if missing.is_list else key
    what = speaker.fill(key, name=speaker.name(missing.name), record=record)
    if missing.office is not None:
        what = speaker.fill("missing-office", what=what, office=speaker.name(missing.office))
    elif missing.holders:
        what = speaker.fill("missing-held", what=what, holders=held_by(missing, speaker))
    if missing.score is not None:
        what = speaker.fill(
            "missing-scored", what=what, decides=speaker.fill(_effect(missing.score))
        )
    if is_disputed(missing):
        what = speaker.fill("missing-disputed", what=what)
    elif missing.question is not None:
        question = speaker.name(missing.question)
        what = speaker.fill("missing-asked", what=what, question=question)
    return what


def is_disputed(missing: Missing) -> bool:
    """Whether it was given, and its holders differ: then it is to be verified, not asked for."""
    given = missing.record.given.get(missing.name)
    return given is not None and bool(given.disputed)


def list_key(missing: Missing) -> str:
    """Return the pattern for a list of records that may be longer, or of which none is listed."""
    is_listed = missing.record.children.get(missing.name)
    return "missing-list" if is_listed else "missing-list-all"


def held_by(missing: Missing, speaker: Speaker) -> str:
    """Return who has a fact, the first before the others."""
    named = (speaker.name(each) for each in missing.holders)
    return speaker.fill("held-otherwise").join(named)


def _effect(score: Fraction) -> str:
    if score == 1:
        return "settles"
    return "may-settle" if score > 0 else "with-others"


def says(
    missing: Missing, statements: tuple[tuple[str, Value], ...], account: Account, speaker: Speaker
) -> str:
    """Return what each holder of a disputed fact says."""
    type_ = account.program.fact[missing.record.entity, missing.name].type
    return speaker.lexicon.join(
        speaker.fill("says", origin=speaker.name(origin), value=speaker.value(value, type_))
        for origin, value in statements
    )


def _set_aside(explanation: Explanation, speaker: Speaker) -> Iterator[str]:
    """Yield what holders that rank behind say of the facts that were read."""
    seen: set[tuple[Record, str]] = set()
    for record, fact, value in facts_read(explanation.all_reasons, speaker.program):
        given = record.given.get(fact.name)
        if given is None or (record, fact.name) in seen:
            continue
        seen.add((record, fact.name))
        for origin, day, other in given.set_aside:
            if other == value:
                continue
            said = speaker.lexicon.join(
                [*([speaker.name(origin)] if origin else []), *([speaker.date(day)] if day else [])]
            )
            other_value = speaker.value(other, fact.type)
            if said:
                other_value = speaker.fill("with-value", name=other_value, value=said)
            yield speaker.fill(
                "set-aside",
                name=speaker.name(fact.name),
                record=speaker.record_name(record),
                value=other_value,
                counts=speaker.value(value, fact.type),
            )


def _disputed(
    missing: Missing, statements: tuple[tuple[str, Value], ...], account: Account, speaker: Speaker
) -> str:
    what = speaker.fill(
        "missing-fact",
        name=speaker.name(missing.name),
        record=speaker.record_name(missing.record),
    )
    return speaker.fill("labelled", label=what, line=says(missing, statements, account, speaker))


def follow_up(explanation: Explanation, speaker: Speaker) -> Iterator[str]:
    """Yield what follows from a decision: office, deadline, payment, appeal."""
    for line, _ in _what_follows(explanation, speaker):
        yield line


def _follow_up(explanation: Explanation, speaker: Speaker) -> Iterator[tuple[int, str]]:
    """Yield what follows, each line with the reasons below it, and what the grant tells."""
    for line, found in _what_follows(explanation, speaker):
        yield 0, line
        yield from _reasons([each for each in found if not _is_bare_step(each)], speaker, 1)
    account = explanation.account
    if isinstance(account.subject, Grant) and account.status == "granted":
        for note in account.subject.notes:
            yield 0, speaker.name(note)


def _is_bare_step(reason: Reason) -> bool:
    """Whether a reason says no more than the value of a length of time, which stands above."""
    return reason.kind is Kind.STEP and not reason.parts


def _what_follows(
    explanation: Explanation, speaker: Speaker
) -> Iterator[tuple[str, tuple[Reason, ...]]]:
    account = explanation.account
    grant = account.subject
    if isinstance(grant, Requirement):
        return

    def fill(key: str, **holes: str) -> str:
        return speaker.lexicon.fill("letter" if speaker.is_letter else "reason", key, **holes)

    if explanation.office is not None and not speaker.is_letter:
        yield _office(explanation.office, grant, speaker), explanation.office.reasons
    # a letter on a benefit is the decision whose deadline it is
    is_over = speaker.is_letter and grant.word is Word.BENEFIT and account.status != "undecided"
    if explanation.deadline is not None and not is_over:
        for line in _deadline(explanation.deadline, account, speaker, fill):
            yield line, explanation.deadline.reasons
    if grant.is_urgent and account.status != "refused":
        yield fill("urgent"), ()
    if account.status in {"granted", "undecided"}:
        if account.paid_from is not None:
            line = fill("paid-from", start=speaker.date(account.paid_from))
            yield (
                _cited(line, () if grant.paid_from is None else grant.paid_from.cites, speaker),
                (),
            )
        elif grant.paid_from is not None:
            line = fill("paid-from", start=speaker.expression(grant.paid_from))
            yield _cited(line, grant.paid_from.cites, speaker), ()
        if grant.at_most is not None:
            yield _at_most(grant.at_most, account, speaker, fill), ()
    if grant.appeal is not None and account.status in {"granted", "refused"}:
        appeal, office = grant.appeal, speaker.name(grant.appeal.office)
        if account.appeal_until is not None:
            until = speaker.date(account.appeal_until)
            yield fill("appeal", office=office, date=until), ()
        else:
            period, start = speaker.expression(appeal.period), speaker.expression(appeal.start)
            yield fill("appeal-from", office=office, period=period, start=start), ()


def _office(applied: Applied, grant: Grant, speaker: Speaker) -> str:
    named = [speaker.name(each.name) for each in applied.rules if isinstance(each, Office)]
    if len(named) > 1:
        return speaker.fill("decided-by-open", offices=speaker.lexicon.join(named, "or"))
    key = "decided-by" if grant.word is Word.BENEFIT else "handled-by"
    line = speaker.fill(key, office="".join(named))
    return _cited(line, applied.rules[0].citations, speaker)


def _cited(line: str, cited: tuple[Citation, ...], speaker: Speaker) -> str:
    shown = "" if speaker.is_letter else speaker.citations(cited)
    return speaker.fill("cited", line=line, citations=shown) if shown else line


def _deadline(
    applied: Applied, account: Account, speaker: Speaker, fill: Callable[..., str]
) -> Iterator[str]:
    match applied.rules:
        case (Deadline() as rule,):
            pass
        case rules:
            yield _open_deadline(
                [r for r in rules if isinstance(r, Deadline)], account, speaker, fill
            )
            return
    start = speaker.expression(rule.start)
    is_same_day = isinstance(rule.period, Constant) and rule.period.value == 0
    if account.deadline is not None and is_same_day:
        line = fill("deadline-on", date=speaker.date(account.deadline))
    elif account.deadline is not None:
        begun = account.trace.step(rule.start, account.record)
        line = fill(
            "deadline",
            date=speaker.date(account.deadline),
            period=_period(rule.period, account, speaker),
            start=speaker.fill(
                "with-value", name=start, value=speaker.value(begun.value, begun.expression.type)
            ),
        )
    elif is_same_day:
        line = fill("deadline-day", start=start)
    else:
        line = fill("deadline-from", period=_period(rule.period, account, speaker), start=start)
    yield _cited(line, rule.citations, speaker)


def _period(period: Expr, account: Account, speaker: Speaker) -> str:
    """Return a length of time, with its name if it is not written out."""
    name = speaker.expression(period)
    if isinstance(period, Constant):
        return name
    value = account.trace.step(period, account.record).value
    return speaker.fill("with-value", name=speaker.value(value, period.type), value=name)


def _open_deadline(
    rules: list[Deadline], account: Account, speaker: Speaker, fill: Callable[..., str]
) -> str:
    """Return by when, where it is open which deadline applies: the days, or what they are."""
    days = [account.trace.step(rule.due, account.record).value for rule in rules]
    known = sorted({day for day in days if isinstance(day, int)})
    if all(isinstance(day, int) for day in days):
        dates_shown = speaker.lexicon.join([speaker.date(day) for day in known], "or")
        return fill("deadline-open", dates=dates_shown)
    each = [
        fill(
            "deadline-from",
            period=_period(rule.period, account, speaker),
            start=speaker.expression(rule.start),
        )
        for rule in rules
    ]
    return speaker.lexicon.join(each, "or")


def _at_most(longest: Expr, account: Account, speaker: Speaker, fill: Callable[..., str]) -> str:
    period = speaker.expression(longest)
    last = _last_day(account)
    if last is None:
        return fill("at-most", period=period)
    return fill("at-most-until", period=period, last=speaker.date(last))


def _last_day(account: Account) -> int | None:
    """Return the last day on which a grant may be paid, if its first one is known."""
    for line in account.subject.lines:
        match line.condition:
            case Or(items=(Not(value=Recorded() as ran), Compare(right=Shift() as over))):
                pass
            case _:
                continue
        end: Value | None = None
        has_run = account.trace.step(ran, account.record).value
        if has_run is True:
            end = account.trace.step(over, account.record).value
        elif has_run is False:
            end = _later(account.paid_from, over)
        return end - 1 if isinstance(end, int) else None
    return None


def _later(day: int | None, shift: Shift) -> int | None:
    match shift:
        case Shift(
            period=Constant(value=int() as count), unit="day" | "week" | "month" | "year" as unit
        ):
            return None if day is None else dates.add_periods(day, count, unit, shift.calendar.mode)
        case _:
            return None


def _escaped(line: str) -> str:
    """Return a line whose signs Markdown takes for text."""
    return "".join(f"\\{sign}" if sign in "\\`*_<>[]|#" else sign for sign in line)
