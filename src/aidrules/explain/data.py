"""An explanation to plain data for JSON: exact values as text, and each sentence."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from aidrules import wording
from aidrules.explain.account import Explanation, Missing
from aidrules.explain.reasons import CaseTaken, FigureUsed, Reason, figures
from aidrules.explain.report import disputes, heading, speaker_of, unverified
from aidrules.explain.sentences import Speaker
from aidrules.lexicon import exact
from aidrules.program import Citation, Grant
from aidrules.trace import Step
from aidrules.types import Date, Quantity, Type, core
from aidrules.values import (
    OTHER,
    UNLISTED,
    Absent,
    Failure,
    Infinite,
    Interval,
    Number,
    Options,
    Possible,
    Selections,
    Value,
)


def as_json(explanation: Explanation, language: str) -> dict[str, object]:
    """Return an explanation as plain data, private facts included: it is the case file.

    Numbers are decimal text, or `a/b` where no decimal is exact; days are ISO text; bounds are
    objects with `low` and `high` (null without end) or `among`; `"none"` is what is absent. Units
    are as the language writes them; the sentences alone are in the language asked for.
    """
    account = explanation.account
    speaker = speaker_of(account, language)
    subject = account.subject
    type_ = subject.type if isinstance(subject, Grant) else None
    truth = plain(account.receives, None), plain(account.eligible, None)
    return {
        "name": subject.name,
        "label": speaker.name(subject.name),
        "module": subject.module,
        "entity": account.record.entity,
        "record": account.record.id,
        "on": _day(account.trace.today),
        "language": language,
        "status": account.status,
        "sentence": heading(explanation, language),
        "receives": truth[0],
        "eligible": truth[1],
        "amount": None if account.amount is None else plain(account.amount, type_),
        "unit": None if type_ is None else _unit(type_),
        "reasons": [_reason(each, speaker) for each in explanation.reasons],
        "figures": [_figure(each, speaker) for each in figures(explanation.all_reasons)],
        "unverified_texts": [
            {"title": legal.title, "number": legal.number, "why": legal.unverified}
            for legal in unverified(explanation)
        ],
        "missing": [_missing(each) for each in account.missing],
        "disputed": [
            {
                "entity": each.record.entity,
                "record": each.record.id,
                "fact": each.name,
                "statements": [
                    {
                        "from": origin,
                        "value": plain(
                            value, account.program.fact[each.record.entity, each.name].type
                        ),
                    }
                    for origin, value in stated
                ],
            }
            for each, stated in disputes(account)
        ],
        "assumed": [
            {
                "entity": record.entity,
                "record": record.id,
                "fact": fact.name,
                "value": plain(value, fact.type),
            }
            for record, fact, value in account.assumed
        ],
        "deadline": _day(account.deadline),
        "office": account.office,
        "paid_from": _day(account.paid_from),
        "appeal": subject.appeal.office
        if isinstance(subject, Grant) and subject.appeal is not None
        else None,
        "appeal_until": _day(account.appeal_until),
    }


def plain(value: Value, type_: Type | None) -> object:
    """Return a value, or what may come out, as plain data."""
    match value:
        case Failure(code=code):
            return {"error": code}
        case Absent.ABSENT:
            return "none"
        case bool() | str():
            return value
        case int() | Fraction():
            return _end(value, type_)
        case frozenset():
            return sorted(value)
        case Possible(body=body, absent=absent, failure=failure):
            shown: dict[str, object] = {}
            match body:
                case None:
                    pass
                case Interval(low=low, high=high):
                    shown = {"low": _end(low, type_), "high": _end(high, type_)}
                case Options(values=values):
                    shown = {"among": _among(values)}
                case Selections(sure=sure, possible=possible):
                    shown = {"sure": _among(sure), "possible": _among(possible)}
            if absent:
                shown["none"] = True
            if failure is not None:
                shown["error"] = failure.code
            return shown


def _among(values: Iterable[bool] | Iterable[str]) -> list[object]:
    named = sorted(str(each) for each in values if isinstance(each, str))
    hidden = {OTHER: "other", UNLISTED: "unlisted"}
    truths = sorted(each for each in values if isinstance(each, bool))
    return [*truths, *(hidden.get(each, each) for each in named)]


def _end(number: Number, type_: Type | None) -> str | None:
    match number:
        case Infinite():
            return None
        case _:
            is_day = type_ is not None and isinstance(core(type_), Date)
            return _day(int(number)) if is_day else exact(number)


def _day(ordinal: int | None) -> str | None:
    return None if ordinal is None else date.fromordinal(ordinal).isoformat()


def _unit(type_: Type) -> str | None:
    match core(type_):
        case Quantity(unit=unit) if not unit.is_plain:
            return wording.unit(unit, "en")
        case _:
            return None


def _step(step: Step, speaker: Speaker) -> dict[str, object]:
    type_ = step.expression.type
    return {
        "expression": speaker.expression(step.expression),
        "value": plain(step.value, type_),
        "unit": _unit(type_),
    }


def _reason(reason: Reason, speaker: Speaker) -> dict[str, object]:
    span = reason.whole.expression.span
    return {
        "kind": str(reason.kind),
        "outcome": str(reason.outcome),
        "sentence": speaker.sentence(reason),
        "about": reason.about,
        "entity": reason.whole.record.entity,
        "record": reason.whole.record.id,
        "statement": _step(reason.statement, speaker),
        "value": plain(reason.whole.value, reason.whole.expression.type),
        "sides": [_step(each, speaker) for each in reason.sides],
        "headroom": None
        if reason.headroom is None
        else plain(reason.headroom, reason.sides[0].expression.type),
        "when": [
            _step(each.condition, speaker)
            for each in reason.cases
            if isinstance(each, CaseTaken) and each.condition is not None
        ],
        "otherwise": CaseTaken(None) in reason.cases,
        "on": _day(reason.whole.today),
        "until": _day(reason.until),
        "citations": [_citation(each, speaker) for each in reason.citations],
        "error": None if reason.failure is None else reason.failure.code,
        "place": {"file": span.source.name, "line": span.line, "column": span.column},
        "parts": [_reason(each, speaker.within(reason)) for each in reason.parts],
        "omitted": reason.omitted,
    }


def _citation(cited: Citation, speaker: Speaker) -> dict[str, object]:
    return {
        "title": cited.text.title,
        "number": cited.text.number,
        "article": list(cited.article),
        "words": cited.words,
        "sentence": wording.citation(cited, speaker.language, speaker.program, number=True),
    }


def _figure(figure: FigureUsed, speaker: Speaker) -> dict[str, object]:
    parameter = figure.parameter
    types = parameter.key_types
    return {
        "name": parameter.name,
        "keys": [plain(key, type_) for key, type_ in zip(figure.keys, types, strict=False)],
        "value": plain(figure.value, parameter.type),
        "unit": _unit(parameter.type),
        "since": _day(figure.version.first if figure.version else None),
        "synthetic": parameter.is_synthetic,
        "unverified": parameter.unverified,
        "citations": [_citation(each, speaker) for each in figure.citations],
        "sentence": speaker.figure(figure),
    }


def _missing(missing: Missing) -> dict[str, object]:
    return {
        "entity": missing.record.entity,
        "record": missing.record.id,
        "name": missing.name,
        "is_list": missing.is_list,
        "score": None if missing.score is None else exact(missing.score),
        "holders": list(missing.holders),
        "office": missing.office,
        "question": missing.question,
    }
