"""A case to the document that reads back as it, in the shape of JSON."""

from datetime import date
from fractions import Fraction
from typing import Any, Final

from aidrules.case import Case, Past, Record
from aidrules.lexicon import exact
from aidrules.program import Program
from aidrules.types import Date, Type, core
from aidrules.values import ABSENT, Absent

Document = dict[str, Any]

GROUNDS: Final = "-"
"""Of a judgement of which none were recorded."""


def as_document(program: Program, case: Case) -> Document:
    """Return a household as a document: numbers and days as text, lists that are not whole absent.

    Args:
        program: The policy.
        case: All of its facts are certain or missing.
    """
    document = _record(program, case.root)
    above = case.root.parent
    place = document
    while above is not None:
        place[above.entity] = _facts(program, above)
        place, above = place[above.entity], above.parent
    if case.history is not None:
        on = case.history.on
        document["previously"] = {
            "on": None if on is None else date.fromordinal(on).isoformat(),
            "decisions": [
                _past(program, entity, record, key, past)
                for (entity, record, key), past in case.history.past.items()
            ],
        }
    return document


def _record(program: Program, record: Record) -> Document:
    found = _facts(program, record)
    for kind, children in record.children.items():
        if not record.unlisted.get(kind, 0):
            found[kind] = [_record(program, child) for child in children]
    return found


def _facts(program: Program, record: Record) -> Document:
    found: Document = {"id": record.id}
    for name, value in record.facts.items():
        fact = program.fact[record.entity, name]
        told = plain(fact.type, value)
        given = record.given.get(name)
        if fact.office is not None:
            grounds = GROUNDS if given is None or given.grounds is None else given.grounds
            told = {"value": told, "from": fact.office, "grounds": grounds}
        found[name] = told
    return found


def plain(type_: Type, value: object) -> Any:
    """Return a certain value as JSON has it.

    Raises:
        TypeError: If it is not certain.
    """
    match value:
        case bool():
            return value
        case Absent():
            return "none"
        case int() if isinstance(core(type_), Date):
            return date.fromordinal(value).isoformat()
        case int() | Fraction():
            return exact(value)
        case str():
            return value
        case frozenset():
            return sorted(value)
        case _:
            raise TypeError(value)


def _past(program: Program, entity: str, record: str, key: str, past: Past) -> Document:
    """Return what was decided before."""
    found: Document = {"entity": entity, "record": record, "name": key}
    type_ = program.definition[key].type
    if key not in program.grant:
        value = None if past.value is ABSENT else plain(type_, past.value)
        return found | {"value": value}
    if past.receives is not True:
        return found | {"status": "refused"}
    found["status"] = "granted"
    if isinstance(past.value, int | Fraction) and not isinstance(past.value, bool):
        found["amount"] = exact(past.value)
    if isinstance(past.run_from, int):
        found["run_from"] = date.fromordinal(past.run_from).isoformat()
    return found
