"""Typed program to the JSON Schema (2020-12) of its documents of facts.

Whatever `household.read` accepts is valid; the schema is coarser than the reader, which also knows
unique ids, references, calendars, and ends of a range that are no whole numbers (`x-minimum`).
Titles and descriptions are in the words of the policy and its glossary.
"""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import TypeAlias, assert_never
from urllib.parse import quote

from attrs import field, frozen

from aidrules import wording
from aidrules.household.document import DAY, DECIMAL
from aidrules.household.facts import GROUNDS_KEY, NONE, OPTIONS_KEY, RANGE_KEYS, STATEMENT_KEYS
from aidrules.household.history import DECISION_KEYS, HISTORY_KEYS, STATUSES
from aidrules.household.records import ENTITY, ID, PREVIOUSLY
from aidrules.lexicon import exact
from aidrules.program import Constant, Entity, Fact, Program
from aidrules.types import (
    Choice,
    Date,
    Optional,
    Plain,
    Quantity,
    Reference,
    Selection,
    Text,
    Truth,
    Undetermined,
    core,
)
from aidrules.values import Absent, Exact, Scalar

Schema: TypeAlias = dict[str, object]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_HOUSEHOLD = "household"
_NULL: Schema = {"type": "null"}
_ID: Schema = {"type": "string", "minLength": 1}
_DAY: Schema = {"type": "string", "format": "date", "pattern": f"^{DAY}$"}


def json_schema(program: Program, root: str | None = None, language: str = "en") -> Schema:
    """Return the JSON Schema of a document.

    Args:
        program: The policy whose facts these are.
        root: The kind of the document's own record; None: the household, if there is one under
            that name in the policy or its glossary, else the kind above all others.
        language: Of titles and units, `en` or `zh`.

    Raises:
        LookupError: If the policy has no kind of record of that name.
        ValueError: If there is no lexicon for the language.
    """
    kind = _root(program) if root is None else root
    if kind not in program.entity:
        raise LookupError(kind)
    return _Writer(program, language).document(program.entity[kind])


def _root(program: Program) -> str:
    for entity in program.entities:
        if _HOUSEHOLD in (entity.name, program.glossary.get(("en", entity.name))):
            return entity.name
    return program.entities[0].name


@frozen
class _Writer:
    program: Program
    language: str
    definitions: dict[str, object] = field(factory=dict)

    def document(self, entity: Entity) -> Schema:
        above = [each for each in self.program.ancestry(entity.name) if each != entity.name]
        record = self.record(
            entity.name,
            {
                ID: _or_null(_ID),
                ENTITY: _or_null({"const": entity.name}),
                **{each: _or_null(self.reference(self.above(each))) for each in reversed(above)},
            },
            has_children=True,
        )
        properties = record["properties"]
        if isinstance(properties, dict):
            properties[PREVIOUSLY] = self.reference(self.history())
        return {"$schema": DIALECT, **record, "$defs": self.definitions}

    # ------------------------------------------------------------ records

    def record(self, entity: str, first: Schema, *, has_children: bool) -> Schema:
        facts = [fact for fact in self.program.facts if fact.entity == entity]
        properties = first | {fact.name: self.fact(fact) for fact in facts}
        for kind in self.program.children(entity) if has_children else ():
            properties[kind] = {
                "title": self.name(kind),
                "type": ["array", "null"],
                "items": self.reference(self.below(kind)),
                "maxItems": self.program.entity[kind].limit,
            }
        return {
            "title": self.name(entity),
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
        }

    def below(self, entity: str) -> str:
        record = self.record(entity, {ID: _ID}, has_children=True)
        return self.define(entity, record | {"required": [ID]})

    def above(self, entity: str) -> str:
        record = self.record(entity, {ID: _or_null(_ID)}, has_children=False)
        return self.define(entity, record)

    # ------------------------------------------------------------ facts

    def fact(self, fact: Fact) -> Schema:
        """Return a fact's schema: what it says of itself, and every way to give it."""
        value = self.reference(self.define(f"{fact.entity}.{fact.name}", self.values(fact)))
        text: Schema = {"type": ["string", "null"]}
        said: Schema = {"value": _or_null(value), "from": text, "as_of": _or_null(_DAY)}
        if fact.office is not None:
            said[GROUNDS_KEY] = text
        statement = _closed(said, STATEMENT_KEYS[:1])
        several = {"type": "array", "items": statement, "minItems": 1}
        return self.about(fact) | {"anyOf": [value, statement, several, _NULL]}

    def about(self, fact: Fact) -> Schema:
        schema: Schema = {"title": self.name(fact.name)}
        unit = self.unit(core(fact.type))
        details = "; ".join(part for part in (unit, *fact.holders) if part)
        question = fact.ask or ""
        description = f"{question} ({details})".strip() if details else question
        if description:
            schema["description"] = description
        if isinstance(fact.default, Constant):
            schema["default"] = _as_json(fact.default.value, core(fact.type))
        if unit:
            schema["x-unit"] = unit
        if fact.holders:
            schema["x-held-by"] = list(fact.holders)
        if fact.office is not None:
            schema["x-decided-by"] = fact.office
        if fact.is_private:
            schema["x-private"] = True
        return schema

    def values(self, fact: Fact) -> Schema:
        """Return the schema of a certain value, or of one known within bounds."""
        certain = _certain(fact, core(fact.type))
        values = [certain]
        if isinstance(fact.type, Optional):
            values.append({"const": NONE})
        match core(fact.type):
            case Quantity() | Date():
                values.append(_closed(dict.fromkeys(RANGE_KEYS, certain), RANGE_KEYS))
            case Truth() | Choice() | Text() | Reference():
                items = {"anyOf": values[:]}
                among = {"type": "array", "items": items, "minItems": 1}
                values.append(_closed({OPTIONS_KEY: among}, (OPTIONS_KEY,)))
            case _:
                pass
        return {"anyOf": values}

    def unit(self, type_: Plain) -> str | None:
        match type_:
            case Quantity(unit=unit) if not unit.is_plain:
                return wording.unit(unit, self.language, self.program)
            case _:
                return None

    # ------------------------------------------------------------ earlier decisions

    def history(self) -> str:
        decision: Schema = {
            "type": "object",
            "properties": dict.fromkeys(DECISION_KEYS, True)
            | {
                "entity": {"enum": [entity.name for entity in self.program.entities]},
                "record": _ID,
                "name": {"type": "string"},
                "status": {"enum": [*STATUSES, None]},
                "run_from": _or_null(_DAY),
            },
            "required": ["entity", "record", "name"],
            "additionalProperties": False,
        }
        decisions: Schema = {"type": ["array", "null"], "items": decision}
        properties: Schema = dict.fromkeys(HISTORY_KEYS, True) | {
            "on": _or_null(_DAY),
            "decisions": decisions,
            "recorded": decisions,
        }
        return self.define(PREVIOUSLY, _or_null(_closed(properties, ())))

    # ------------------------------------------------------------ words and places

    def name(self, spelling: str) -> str:
        return wording.name(self.program, spelling, self.language)

    def define(self, key: str, schema: Schema) -> str:
        self.definitions[key] = schema
        return key

    def reference(self, key: str) -> Schema:
        return {"$ref": f"#/$defs/{quote(key)}"}


def _certain(fact: Fact, type_: Plain) -> Schema:
    match type_:
        case Quantity(whole=whole):
            return _number(fact, whole=whole)
        case Truth():
            return {"type": "boolean"}
        case Date():
            ends = {"x-minimum": fact.low, "x-maximum": fact.high}
            return _DAY | {
                end: date.fromordinal(int(day)).isoformat()
                for end, day in ends.items()
                if day is not None
            }
        case Text():
            return {"type": "string", "not": {"const": NONE}}
        case Choice():
            return _choice(type_)
        case Selection(choice=choice):
            return {"type": "array", "items": _choice(choice)}
        case Reference(entity=entity):
            return _ID | {"not": {"const": NONE}, "x-refers-to": entity}
        case Undetermined():
            return {}
        case _:
            assert_never(type_)


def _choice(choice: Choice) -> Schema:
    if choice.is_open:
        return {"type": "string", "not": {"const": NONE}, "examples": list(choice.values)}
    return {"enum": list(choice.values)}


def _number(fact: Fact, *, whole: bool) -> Schema:
    """Return the schema of a number, or the same as text.

    Ends that are no whole numbers would be binary floats to most who read JSON, so they are
    widened here and stand exactly beside.
    """
    step = fact.step or (Fraction(1) if whole else None)
    is_whole = step is not None and step.denominator == 1
    number: Schema = {"type": "integer" if is_whole else "number"}
    text: Schema = {"type": "string", "pattern": f"^{DECIMAL}$"}
    ends: Iterable[tuple[str, Exact | None, int]] = (
        ("minimum", fact.low, 0 if fact.low is None else floor(fact.low)),
        ("maximum", fact.high, 0 if fact.high is None else ceil(fact.high)),
    )
    for end, exactly, widened in ends:
        if exactly is not None:
            number[end] = widened
            text[f"x-{end}"] = exact(exactly)
            if widened != exactly:
                number[f"x-{end}"] = exact(exactly)
    if step is not None:
        number["x-step"] = text["x-step"] = exact(step)
    return {"anyOf": [number, text]}


def _as_json(value: Scalar, type_: Plain) -> object:
    match value:
        case Absent.ABSENT:
            return NONE
        case bool() | str():
            return value
        case int() | Fraction() if isinstance(type_, Date):
            return date.fromordinal(int(value)).isoformat()
        case int() | Fraction():
            return exact(value)
        case frozenset():
            return sorted(value)
        case _:
            assert_never(value)


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, _NULL]}


def _closed(properties: Schema, required: Iterable[str]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
