"""An explanation to text and Markdown: the case file's account of one decision."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from attrs import frozen

from aidrules import wording
from aidrules.explain.account import Account, Explanation, Missing
from aidrules.explain.reasons import Reason, citations, figures
from aidrules.explain.sentences import Speaker
from aidrules.program import Constant, Grant, LegalText, Requirement, Word
from aidrules.values import Value


@frozen
class _Section:
    """A heading and lines below it, each with how deep it stands."""

    heading: str
    lines: tuple[tuple[int, str], ...]


def text(explanation: Explanation, language: str) -> str:
    """Return an explanation as plain text, private facts included: it is the case file."""
    speaker = speaker_of(explanation.account, language)
    blocks = [heading(explanation, language)]
    for section in _sections(explanation, speaker):
        blocks.append(f"{section.heading}{speaker.lexicon.pattern('word', 'colon').rstrip()}")
        blocks.extend(f"{'  ' * (depth + 1)}{line}" for depth, line in section.lines)
    return "\n".join(blocks) + "\n"


def markdown(explanation: Explanation, language: str) -> str:
    """Return an explanation as Markdown, private facts included: it is the case file."""
    speaker = speaker_of(explanation.account, language)
    blocks = [f"## {_escaped(heading(explanation, language))}\n"]
    for section in _sections(explanation, speaker):
        blocks.append(f"### {section.heading}\n")
        lines = (f"{'  ' * depth}- {_escaped(line)}" for depth, line in section.lines)
        blocks.append("\n".join(lines) + "\n")
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
        case Grant(type=type_) if type_ is not None and account.amount is not None:
            return wording.bounds(account.amount, type_, language, account.program)
        case _:
            return None


def unverified(explanation: Explanation) -> Iterator[LegalText]:
    """Yield the legal texts cited in the reasons that are to be checked, each once."""
    cited = (*citations(explanation.reasons), *explanation.account.subject.citations)
    for legal in dict.fromkeys(each.text for each in cited):
        if legal.unverified is not None:
            yield legal


def disputes(account: Account) -> Iterator[tuple[Missing, tuple[tuple[str, Value], ...]]]:
    """Yield the missing facts about which their holders differ, and what each says."""
    for missing in account.missing:
        given = missing.record.given.get(missing.name)
        if given is not None and given.disputed:
            yield missing, given.disputed


# ---------------------------------------------------------------- sections


def _sections(explanation: Explanation, speaker: Speaker) -> Iterator[_Section]:
    account = explanation.account
    program, language = account.program, speaker.language
    found: dict[str, Sequence[tuple[int, str]]] = {
        "reasons": tuple(_reasons(explanation.reasons, speaker, 0)),
        "missing": [(0, missing_line(each, speaker)) for each in account.missing],
        "disputed": [
            (0, _disputed(missing, says, account, speaker)) for missing, says in disputes(account)
        ],
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
        "figures": [(0, speaker.figure(each)) for each in figures(explanation.reasons)],
        "texts": [
            (
                0,
                speaker.fill(
                    "text-unverified",
                    title=speaker.lexicon.fill("word", "title", title=legal.title),
                    why=legal.unverified or "",
                ),
            )
            for legal in unverified(explanation)
        ],
        "what": [(0, line) for line in follow_up(account, speaker)],
    }
    for key, lines in found.items():
        if lines:
            yield _Section(speaker.fill(f"section-{key}"), tuple(lines))


def _reasons(found: Sequence[Reason], speaker: Speaker, depth: int) -> Iterator[tuple[int, str]]:
    for reason in found:
        yield depth, speaker.sentence(reason)
        yield from _reasons(reason.parts, speaker, depth + 1)
        if reason.omitted:
            yield depth + 1, speaker.fill("omitted", count=str(reason.omitted))


def missing_line(missing: Missing, speaker: Speaker) -> str:
    """Return what is missing, who has it, and what it would decide."""
    record = speaker.record_name(missing.record)
    key = "missing-list" if missing.is_list else "missing-fact"
    what = speaker.fill(key, name=speaker.name(missing.name), record=record)
    if missing.office is not None:
        what = speaker.fill("missing-office", what=what, office=missing.office)
    elif missing.holders:
        holders = speaker.lexicon.join(missing.holders)
        what = speaker.fill("missing-held", what=what, holders=holders)
    if missing.score is not None:
        what = speaker.fill(
            "missing-scored", what=what, decides=speaker.fill(_effect(missing.score))
        )
    if missing.question is not None:
        what = speaker.fill("missing-asked", what=what, question=missing.question)
    return what


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
        speaker.fill("says", origin=origin, value=speaker.value(value, type_))
        for origin, value in statements
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


def follow_up(account: Account, speaker: Speaker) -> Iterator[str]:
    """Yield what follows from a decision: office, deadline, payment, appeal."""
    grant = account.subject
    if isinstance(grant, Requirement):
        return
    table = "letter" if speaker.is_letter else "reason"

    def fill(key: str, **holes: str) -> str:
        return speaker.lexicon.fill(table, key, **holes)

    if account.office is not None and not speaker.is_letter:
        yield fill("decided-by", office=account.office)
    # a letter on a benefit is the decision whose deadline it is
    is_over = speaker.is_letter and grant.word is Word.BENEFIT and account.status != "undecided"
    if account.status != "refused" and not is_over:
        yield from _deadline(account, speaker, fill)
    if grant.is_urgent and account.status != "refused":
        yield fill("urgent")
    if account.status in {"granted", "undecided"}:
        if account.paid_from is not None:
            yield fill("paid-from", start=speaker.date(account.paid_from))
        elif grant.paid_from is not None:
            yield fill("paid-from", start=speaker.expression(grant.paid_from))
        if grant.at_most is not None:
            yield fill("at-most", period=speaker.expression(grant.at_most))
    if grant.appeal is not None and account.status in {"granted", "refused"}:
        appeal = grant.appeal
        if account.appeal_until is not None:
            until = speaker.date(account.appeal_until)
            yield fill("appeal", office=appeal.office, date=until)
        else:
            period, start = speaker.expression(appeal.period), speaker.expression(appeal.start)
            yield fill("appeal-from", office=appeal.office, period=period, start=start)


def _deadline(account: Account, speaker: Speaker, fill: Callable[..., str]) -> Iterator[str]:
    rule = account.deadline_rule
    if account.deadline is not None:
        yield fill("deadline", date=speaker.date(account.deadline))
    elif rule is not None:
        start = speaker.expression(rule.start)
        match rule.period:
            case Constant(value=0):
                yield fill("deadline-day", start=start)
            case period:
                yield fill("deadline-from", period=speaker.expression(period), start=start)


def _escaped(line: str) -> str:
    """Return a line whose signs Markdown takes for text."""
    return "".join(f"\\{sign}" if sign in "\\`*_<>[]|#" else sign for sign in line)
