"""Questions to a person, one at a time: only what can still change an answer and nobody holds."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TextIO

from attrs import define, field

from aidrules.decision import Decision, Language
from aidrules.diagnostics import render
from aidrules.explain import Missing
from aidrules.lexicon import words
from aidrules.policy import Policy
from aidrules.program import Fact
from aidrules.types import Choice, Date, Optional, Quantity, Selection, Truth, core
from aidrules.wording import name as name_words
from aidrules.wording import unit as unit_words


@define
class Session:
    """An interview as far as it has come.

    Attributes:
        document: The facts given so far.
        declined: What the person does not know: entity, record and name.
    """

    policy: Policy
    on: date
    document: dict[str, object]
    decision: Decision
    declined: set[tuple[str, str, str]] = field(factory=set)


def begin(policy: Policy, facts: bytes, on: date) -> Session:
    """Return an interview that starts from what is known already."""
    try:
        plain = json.loads(facts, parse_float=Decimal)
    except (ValueError, RecursionError):
        return Session(policy, on, {}, policy.evaluate(facts, on))
    if plain == {}:
        kinds = [entity.name for entity in policy.program.entities]
        root = "household" if "household" in kinds else kinds[0]
        plain = {"entity": root, "id": "1"}
    document = plain if isinstance(plain, dict) else {}
    return Session(policy, on, document, policy.evaluate(plain, on))


def run(session: Session, language: Language, answers: TextIO, out: TextIO) -> Decision:
    """Ask until nothing that a person can tell would change an answer, and return the decision.

    Args:
        session: The interview; the facts given are put into its document.
        language: Of questions and hints.
        answers: A line an answer; an empty line: not known. Its end ends the interview.
        out: Where the questions go.
    """
    lexicon = words(language)
    while True:
        question = next(questions(session), None)
        if question is None:
            return session.decision
        out.write(_worded(question, session, language) + " ")
        out.flush()
        line = answers.readline()
        if not line:
            out.write("\n")
            return session.decision
        key = (question.record.entity, question.record.id, question.name)
        text = line.strip()
        if not text:
            session.declined.add(key)
            continue
        value = _read(text, question, session)
        place = _find(session.document, question, session)
        if value is None or place is None:
            out.write(lexicon.pattern("word", "answer-not-understood") + "\n")
            if place is None:
                session.declined.add(key)
            continue
        before = place.get(question.name)
        place[question.name] = value
        decision = session.policy.evaluate(session.document, session.on)
        if decision.is_rejected:
            place[question.name] = before
            out.writelines(
                render.message(finding, language) + "\n" for finding in decision.diagnostics
            )
            continue
        session.decision = decision


def questions(session: Session) -> Iterator[Missing]:
    """Yield what to ask next, most decisive first: nobody holds it, and it has not been asked."""
    seen: set[tuple[str, str, str]] = set(session.declined)
    found: list[Missing] = []
    for outcome in session.decision.outcomes:
        for missing in outcome.missing:
            key = (missing.record.entity, missing.record.id, missing.name)
            if key in seen or missing.record.is_unlisted or missing.office or missing.is_history:
                continue
            seen.add(key)
            if missing.is_list or (missing.question is not None and not missing.holders):
                found.append(missing)
    # A list comes first: the facts of its records can only be asked once they are there.
    found.sort(key=lambda missing: (not missing.is_list, -(missing.score or 0)))
    yield from found


def _worded(missing: Missing, session: Session, language: Language) -> str:
    lexicon = words(language)
    program = session.policy.program
    if missing.is_list:
        kind = name_words(program, missing.name, language)
        return _who(missing, session, language) + lexicon.fill("word", "how-many", name=kind)
    fact = program.fact[missing.record.entity, missing.name]
    question = name_words(program, missing.question or missing.name, language)
    who = _who(missing, session, language)
    return f"{who}{question} ({_hint(fact, session, language)})"


def _who(missing: Missing, session: Session, language: Language) -> str:
    """Return which record a question is about, where there are several of its kind."""
    entity = missing.record.entity
    if len(session.decision.records(entity)) <= 1:
        return ""
    return f"[{name_words(session.policy.program, entity, language)} {missing.record.id}] "


def _hint(fact: Fact, session: Session, language: Language) -> str:
    lexicon = words(language)
    program = session.policy.program
    match core(fact.type):
        case Truth():
            return lexicon.pattern("word", "hint-truth")
        case Choice(values=values) | Selection(choice=Choice(values=values)):
            return " / ".join(name_words(program, value, language) for value in values)
        case Date():
            return lexicon.pattern("word", "hint-date")
        case Quantity(unit=unit) if not unit.is_plain:
            return unit_words(unit, language, program)
        case _:
            return lexicon.pattern("word", "hint-any")


_YES = {"yes", "y", "是", "有", "对"}
_NO = {"no", "n", "否", "没有", "无", "不"}


def _read(text: str, missing: Missing, session: Session) -> object | None:
    """Return an answer as it stands in a document; None if it cannot be one."""
    if missing.is_list:
        limit = session.policy.program.entity[missing.name].limit
        if not text.isdecimal() or int(text) > limit:
            return None
        is_at_root = missing.record.entity == session.decision.root
        above = "" if is_at_root else f"{missing.record.id}."
        return [{"id": f"{above}{n}"} for n in range(1, int(text) + 1)]
    fact = session.policy.program.fact[missing.record.entity, missing.name]
    if isinstance(fact.type, Optional) and text.lower() in {"none", "无"}:
        return "none"
    match core(fact.type):
        case Truth():
            low = text.lower()
            return True if low in _YES else False if low in _NO else None
        case Choice(values=values):
            return _value_of(text, values, session)
        case Selection(choice=Choice(values=values)):
            parts = text.replace("，", ",").replace("、", ",").split(",")
            return [_value_of(part.strip(), values, session) or part.strip() for part in parts]
        case Quantity():
            try:
                return Decimal(text.replace(",", "").replace("_", ""))
            except InvalidOperation:
                return None
        case _:
            return text


def _value_of(text: str, values: tuple[str, ...], session: Session) -> str | None:
    program = session.policy.program
    for value in values:
        if text in {value, name_words(program, value, "zh")}:
            return value
    return None


def _find(
    document: dict[str, object], missing: Missing, session: Session
) -> dict[str, object] | None:
    """Return the part of a document that tells of a record; those above it are begun if need be."""
    program = session.policy.program
    root = str(document.get("entity") or _root(session))
    entity, id_ = missing.record.entity, missing.record.id
    above = [kind for kind in program.ancestry(root) if kind != root]
    if entity in above:
        place = document.setdefault(entity, {"id": id_})
        return place if isinstance(place, dict) else None
    waiting: list[tuple[str, dict[str, object]]] = [(root, document)]
    while waiting:
        kind, place = waiting.pop()
        if kind == entity and place.get("id", kind) == id_:
            return place
        for child in program.children(kind):
            listed = place.get(child)
            if isinstance(listed, list):
                waiting.extend((child, each) for each in listed if isinstance(each, dict))
    return None


def _root(session: Session) -> str:
    return session.decision.root or ""
