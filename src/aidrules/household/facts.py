"""What a document says of a fact to its value, and how it was given.

Several holders: the statements of the one that ranks first are read as if they were the only ones,
whatever their dates, so that a holder of lower rank never changes an answer. Those whom the fact
does not name rank behind, level with one another: what they agree on counts, and if they differ,
the fact is unknown and disputed. Statements of one holder: with several dates they are a series;
with one value they are that value; with several values for one day, or for no day, disputed.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, assert_never

from attrs import evolve, field, frozen

from aidrules.bounds import hull
from aidrules.case import Given, Series
from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.household.document import DAY, DECIMAL, Json, Wrong, inside, legible
from aidrules.lexicon import exact
from aidrules.program import Fact
from aidrules.spelling import nearest
from aidrules.types import (
    Choice,
    Date,
    Described,
    Optional,
    Quantity,
    Reference,
    Selection,
    Text,
    Truth,
    Undetermined,
    core,
)
from aidrules.values import ABSENT, Interval, Options, Scalar, Value, settle

FIRST_DAY: Final = date(1900, 1, 1).toordinal()
LAST_DAY: Final = date(2100, 12, 31).toordinal()
STATEMENT_KEYS: Final = ("value", "from", "as_of")
GROUNDS_KEY: Final = "grounds"
"""Why a judgement was made: in a statement of a judgement alone."""
RANGE_KEYS: Final = ("low", "high")
OPTIONS_KEY: Final = "among"
NONE: Final = "none"


_DECIMAL: Final = re.compile(DECIMAL)
_DAY: Final = re.compile(DAY)


@frozen
class Mention:
    """A record that a fact names, to be looked for when all records are read."""

    fact: Fact
    id: str
    path: str


@frozen
class Notes:
    """What is collected while a document is read."""

    findings: list[Diagnostic] = field(factory=list)
    mentions: list[Mention] = field(factory=list)


@frozen
class _Statement:
    value: Value
    origin: str = ""
    as_of: int | None = None
    grounds: str | None = None


def read_fact(
    fact: Fact, raw: Json, path: str, notes: Notes
) -> tuple[Value | Series | None, Given | None]:
    """Return what a fact is, None if nobody knows, and how it was given."""
    if isinstance(raw, list | dict):
        statements = list(_statements(fact, raw, path, notes))
        return _settle(fact, statements) if statements else (None, None)
    value = _certain(fact, raw, path, notes)
    if value is not None and fact.office is not None:
        notes.findings.append(catalogue.judgement_without_grounds(path, fact.name))
    return value, None


# ---------------------------------------------------------------- statements


def _statements(
    fact: Fact, raw: list[Json] | dict[str, Json], path: str, notes: Notes
) -> Iterator[_Statement]:
    match raw:
        case list() if not _is_selected(fact, raw):
            if not raw:
                notes.findings.append(catalogue.statement_malformed(path, fact.name))
            for at, item in enumerate(raw):
                yield from _statement(fact, item, f"{path}[{at}]", notes)
        case dict() if "value" in raw:
            yield from _statement(fact, raw, path, notes)
        case _:
            value = read_value(fact, raw, path, notes)
            if value is not None:
                yield _stated(fact, _Statement(value), path, notes)


def _is_selected(fact: Fact, raw: list[Json]) -> bool:
    """Whether a list is one value, not a list of statements."""
    is_selection = isinstance(core(fact.type), Selection)
    return is_selection and not any(isinstance(item, dict) for item in raw)


def _statement(fact: Fact, raw: Json, path: str, notes: Notes) -> Iterator[_Statement]:
    if isinstance(raw, Wrong):
        return
    known = STATEMENT_KEYS if fact.office is None else (*STATEMENT_KEYS, GROUNDS_KEY)
    if not isinstance(raw, dict) or "value" not in raw or not set(raw) <= set(known):
        notes.findings.append(catalogue.statement_malformed(path, fact.name))
        return
    value = read_value(fact, raw["value"], inside(path, "value"), notes)
    origin = _text(fact, raw, "from", path, notes)
    grounds = _text(fact, raw, GROUNDS_KEY, path, notes)
    as_of = read_day(fact, raw.get("as_of"), inside(path, "as_of"), notes, (FIRST_DAY, LAST_DAY))
    if value is not None:
        yield _stated(fact, _Statement(value, origin, as_of, grounds or None), path, notes)


def _text(fact: Fact, raw: dict[str, Json], key: str, path: str, notes: Notes) -> str:
    match raw.get(key):
        case str() as text:
            return text
        case Wrong() | None:
            return ""
        case _:
            notes.findings.append(catalogue.statement_malformed(inside(path, key), fact.name))
            return ""


def _stated(fact: Fact, statement: _Statement, path: str, notes: Notes) -> _Statement:
    """Return a statement; a judgement of which nobody can be asked why is reported."""
    is_answered_for = statement.origin.strip() and (statement.grounds or "").strip()
    if fact.office is not None and not is_answered_for:
        notes.findings.append(catalogue.judgement_without_grounds(path, fact.name))
    return statement


def _settle(fact: Fact, statements: list[_Statement]) -> tuple[Value | Series | None, Given | None]:
    ranks = {holder: rank for rank, holder in enumerate(fact.holders)}
    behind = len(ranks)
    first = min(ranks.get(each.origin, behind) for each in statements)
    counted = [each for each in statements if ranks.get(each.origin, behind) == first]
    origins = dict.fromkeys(each.origin for each in counted)
    readings = [
        _of_one_holder([each for each in counted if each.origin == origin]) for origin in origins
    ]
    value = readings[0]
    if value is None or any(other != value for other in readings):
        disputed = dict.fromkeys((each.origin, each.value) for each in counted)
        return None, Given(None, None, tuple(disputed))
    given = Given(
        next(filter(None, origins), None),
        max((each.as_of for each in counted if each.as_of is not None), default=None),
        grounds=max(counted, key=lambda each: (each.as_of or 0, each.grounds is not None)).grounds,
        set_aside=tuple(
            (each.origin, each.as_of, each.value)
            for each in statements
            if ranks.get(each.origin, behind) > first and _says_otherwise(each, value)
        ),
    )
    return value, None if given == Given(None, None) else given


def _of_one_holder(statements: list[_Statement]) -> Value | Series | None:
    """Return what one holder says; None if that contradicts itself."""
    if len(statements) == 1:
        return statements[0].value
    points = {each.as_of: each.value for each in statements}
    if any(each.value != points[each.as_of] for each in statements):
        return None
    if len(points) == 1:
        return statements[0].value
    dated = {day: value for day, value in points.items() if day is not None}
    if len(dated) == len(points):
        return Series(tuple(sorted(dated.items(), key=lambda point: point[0])))
    value = statements[0].value
    return value if all(each.value == value for each in statements) else None


def _says_otherwise(statement: _Statement, counted: Value | Series) -> bool:
    """Return whether a statement and what counts on its day cannot both be so."""
    if isinstance(counted, Series):
        days = [day for day, _ in counted.points if day <= (statement.as_of or LAST_DAY)]
        counted = dict(counted.points)[days[-1] if days else counted.points[0][0]]
    both = hull((counted, statement.value))
    return both not in (counted, statement.value)


# ---------------------------------------------------------------- values


def read_value(fact: Fact, raw: Json, path: str, notes: Notes) -> Value | None:
    """Return a certain value of a fact or its bounds; None if it is missing or wrong."""
    match raw:
        case dict() if set(RANGE_KEYS) & set(raw):
            return _range(fact, raw, path, notes)
        case dict() if OPTIONS_KEY in raw:
            return _options(fact, raw, path, notes)
        case dict():
            notes.findings.append(catalogue.statement_malformed(path, fact.name))
            return None
        case _:
            return _certain(fact, raw, path, notes)


def _range(fact: Fact, raw: dict[str, Json], path: str, notes: Notes) -> Value | None:
    if not isinstance(core(fact.type), Quantity | Date):
        kind = Described(fact.type)
        notes.findings.append(catalogue.range_not_ordered(path, fact.name, kind))
        return None
    if set(raw) != set(RANGE_KEYS) or None in raw.values():
        notes.findings.append(catalogue.range_malformed(path, fact.name))
        return None
    bare = evolve(fact, type=core(fact.type))
    low, high = (_certain(bare, raw[end], inside(path, end), notes) for end in RANGE_KEYS)
    match low, high:
        case ((int() | Fraction()), (int() | Fraction())):
            if low <= high:
                return settle(Interval(low, high))
            notes.findings.append(catalogue.range_crossed(path, fact.name))
    return None


def _options(fact: Fact, raw: dict[str, Json], path: str, notes: Notes) -> Value | None:
    if not isinstance(core(fact.type), Truth | Choice | Text | Reference):
        kind = Described(fact.type)
        notes.findings.append(catalogue.options_not_listed(path, fact.name, kind))
        return None
    items = raw[OPTIONS_KEY]
    if not isinstance(items, list) or not items or None in items or len(raw) > 1:
        if items is not Wrong.REPORTED:
            notes.findings.append(catalogue.options_malformed(path, fact.name))
        return None
    among = inside(path, OPTIONS_KEY)
    values = [_certain(fact, item, f"{among}[{at}]", notes) for at, item in enumerate(items)]
    truths = frozenset(value for value in values if isinstance(value, bool))
    texts = frozenset(value for value in values if isinstance(value, str))
    if None in values:
        return None
    options = Options(truths or texts) if truths or texts else None
    return settle(options, ABSENT in values)


def _certain(fact: Fact, raw: Json, path: str, notes: Notes) -> Scalar | None:
    if raw is None or isinstance(raw, Wrong):
        return None
    if raw == NONE:
        if isinstance(fact.type, Optional):
            return ABSENT
        notes.findings.append(catalogue.never_none(path, fact.name))
        return None
    match core(fact.type):
        case Quantity(whole=whole):
            return _number(fact, raw, path, notes, whole=whole)
        case Truth():
            if isinstance(raw, bool):
                return raw
            notes.findings.append(catalogue.truth_not_boolean(path, fact.name))
            return None
        case Date():
            return read_day(fact, raw, path, notes, _days(fact))
        case Text():
            if isinstance(raw, str):
                return raw
            _wrong(fact, raw, path, notes)
            return None
        case Choice() as choice:
            return _choice(fact, choice, raw, path, notes)
        case Selection(choice=choice):
            return _selection(fact, choice, raw, path, notes)
        case Reference():
            if not isinstance(raw, str):
                _wrong(fact, raw, path, notes)
                return None
            notes.mentions.append(Mention(fact, raw, path))
            return raw
        case Undetermined():
            # INVARIANT: only a policy with an error has such a fact, and it decides nothing
            return None
        case _ as never:
            assert_never(never)


def _number(
    fact: Fact, raw: Json, path: str, notes: Notes, *, whole: bool
) -> int | Fraction | None:
    match raw:
        case int() | Fraction() if not isinstance(raw, bool):
            number: int | Fraction = raw
        case str() if found := _DECIMAL.fullmatch(raw):
            number = Fraction(Decimal(raw)) if found[1] else int(raw)
        case str():
            shown = given(fact, raw)
            notes.findings.append(catalogue.number_not_decimal(path, fact.name, shown))
            return None
        case _:
            _wrong(fact, raw, path, notes)
            return None
    if (fact.low is not None and _is_less(number, fact.low)) or (
        fact.high is not None and _is_less(fact.high, number)
    ):
        shown = given(fact, raw)
        finding = catalogue.value_out_of_range(path, fact.name, fact.low, fact.high, shown)
        notes.findings.append(finding)
        return None
    step = fact.step or (1 if whole else None)
    if step is not None and not _is_multiple(number, step):
        notes.findings.append(catalogue.value_too_fine(path, fact.name, step, given(fact, raw)))
        return None
    return number.numerator if number.denominator == 1 else number


# In whole numbers, many times as fast as in fractions.


def _is_less(one: int | Fraction, other: int | Fraction) -> bool:
    return one.numerator * other.denominator < other.numerator * one.denominator


def _is_multiple(number: int | Fraction, step: int | Fraction) -> bool:
    return number.numerator * step.denominator % (number.denominator * step.numerator) == 0


def read_day(fact: Fact, raw: Json, path: str, notes: Notes, days: tuple[int, int]) -> int | None:
    """Return a date within some days as an ordinal; None if it is missing or wrong."""
    if raw is None or isinstance(raw, Wrong):
        return None
    if not isinstance(raw, str) or not _DAY.fullmatch(raw):
        notes.findings.append(catalogue.date_not_iso(path, fact.name, given(fact, raw)))
        return None
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        notes.findings.append(catalogue.impossible_date(path, fact.name, given(fact, raw)))
        return None
    low, high = days
    if low <= day.toordinal() <= high:
        return day.toordinal()
    ends = date.fromordinal(low), date.fromordinal(high)
    notes.findings.append(catalogue.value_out_of_range(path, fact.name, *ends, given(fact, raw)))
    return None


def _days(fact: Fact) -> tuple[int, int]:
    low = FIRST_DAY if fact.low is None else int(fact.low)
    return low, LAST_DAY if fact.high is None else int(fact.high)


def _choice(fact: Fact, choice: Choice, raw: Json, path: str, notes: Notes) -> str | None:
    if isinstance(raw, Wrong):
        return None
    if not isinstance(raw, str):
        _wrong(fact, raw, path, notes)
        return None
    if raw == NONE:
        notes.findings.append(catalogue.never_none(path, fact.name))
        return None
    if raw in choice.values or choice.is_open:
        return raw
    near = None if fact.is_private else nearest(raw, choice.values)
    finding = catalogue.unknown_value(path, fact.name, choice.values, near, given(fact, raw))
    notes.findings.append(finding)
    return None


def _selection(
    fact: Fact, choice: Choice, raw: Json, path: str, notes: Notes
) -> frozenset[str] | None:
    if not isinstance(raw, list):
        _wrong(fact, raw, path, notes)
        return None
    values = [_choice(fact, choice, item, f"{path}[{at}]", notes) for at, item in enumerate(raw)]
    chosen = frozenset(value for value in values if value is not None)
    return None if None in values else chosen


def _wrong(fact: Fact, raw: Json, path: str, notes: Notes) -> None:
    kind = Described(fact.type)
    notes.findings.append(catalogue.wrong_value(path, fact.name, kind, given(fact, raw)))


def given(fact: Fact, raw: Json) -> str | None:
    """Return a value as a message may show it; None if the fact is private or it has no word."""
    match raw:
        case _ if fact.is_private:
            return None
        case bool():
            return "true" if raw else "false"
        case int() | Fraction():
            return exact(raw)
        case str():
            return legible(raw)
        case _:
            return None
