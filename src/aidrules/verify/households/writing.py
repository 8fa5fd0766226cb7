"""A household to an example in the language of policies, ready to be pasted."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Final, assert_never

from aidrules.case import Case, Past, Record, Series
from aidrules.program import Fact, Program
from aidrules.types import (
    Choice,
    Date,
    Quantity,
    Reference,
    Selection,
    Text,
    Truth,
    Type,
    Undetermined,
    core,
)
from aidrules.values import OTHER, Absent, Interval, Options, Possible, Selections, Value, parts

_NAME: Final = re.compile(r"[^\W\d]\w*")
_THOUSANDS: Final = 10_000


def as_example(
    program: Program, case: Case, today: int, title: str, expectations: Sequence[str] = ()
) -> str:
    """Return a household as an example of the policy.

    Args:
        program: The policy.
        case: The household.
        today: The date asked for, as an ordinal.
        title: Of the example.
        expectations: What is expected, each without the word `expect`.
    """
    lines = [f'example "{title}" on {date.fromordinal(today)}']
    above: list[Record] = []
    record = case.root.parent
    while record is not None:
        above.append(record)
        record = record.parent
    depth = 1
    for each in reversed(above):
        lines += _record(each, program, case, depth)
    lines += _tree(case.root, program, case, depth)
    lines += [f"  expect {each}" for each in expectations]
    return "\n".join(lines) + "\n"


def _tree(record: Record, program: Program, case: Case, depth: int) -> Iterator[str]:
    yield from _record(record, program, case, depth)
    for kind in program.children(record.entity):
        listed = record.children.get(kind)
        if listed is None:
            continue
        if not listed:
            yield f"{'  ' * (depth + 1)}no {kind}"
        for child in listed:
            yield from _tree(child, program, case, depth + 1)


def _record(record: Record, program: Program, case: Case, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield f"{indent}{record.entity} {named(record.id)}"
    for fact in program.facts:
        value = record.facts.get(fact.name)
        if fact.entity == record.entity and value is not None:
            yield f"{indent}  {fact.name} {_fact(fact, value)}"
    if case.history is not None:
        for (entity, id_, key), past in case.history.past.items():
            if (entity, id_) == (record.entity, record.id):
                yield from (f"{indent}  {line}" for line in _previously(key, past, program))


def _previously(key: str, past: Past, program: Program) -> Iterator[str]:
    """Yield what was decided before; what was refused is not told."""
    type_ = program.definition[key].type
    name = program.definition[key].name
    since = ""
    if isinstance(past.run_from, int):
        since = f" since {date.fromordinal(past.run_from)}"
    if key not in program.grant:
        if not isinstance(past.value, Absent):
            yield f"previously {name} {written(past.value, type_)}"
    elif past.receives is True:
        amount = "" if isinstance(past.value, Absent) else f" {written(past.value, type_)}"
        yield f"previously {name}{amount}{since}"


def named(text: str) -> str:
    """Return an id or a choice as a policy writes it: in quotes, unless it is a name."""
    return text if _NAME.fullmatch(text) else f'"{text}"'


def _fact(fact: Fact, value: Value | Series) -> str:
    if isinstance(value, Series):
        (_, last) = value.points[-1]
        return _fact(fact, last)
    if isinstance(value, Possible):
        return _possible(value, fact.type)
    return written(value, fact.type, is_unit_known=True)


def _possible(value: Possible, type_: Type) -> str:
    """Return what may be as a range or a list of options; unknown where it is neither."""
    body, absent, failure = parts(value)
    if absent or failure is not None:
        return "unknown"
    match body:
        case Interval(low=int() | Fraction() as low, high=int() | Fraction() as high):
            ends = (written(end, type_, is_unit_known=True) for end in (low, high))
            return " to ".join(ends)
        case Options(values=values) if OTHER not in values:
            return f"among ({', '.join(named(str(each)) for each in sorted(values, key=str))})"
        case Interval() | Options() | Selections() | None:
            return "unknown"
        case _:
            assert_never(body)


def written(value: Value, type_: Type, *, is_unit_known: bool = False) -> str:
    """Return a certain value as a policy writes it.

    Args:
        value: The value.
        type_: Its type.
        is_unit_known: Whether it stands where its unit is declared.
    """
    match value, core(type_):
        case Absent(), _:
            return "none"
        case bool(), _:
            return "yes" if value else "no"
        case int(), Date():
            return str(date.fromordinal(value))
        case ((int() | Fraction()), Quantity(unit=unit)):
            number = _number(Fraction(value))
            return number if is_unit_known or unit.is_plain else f"{number} {unit}"
        case str(), Text():
            return f'"{value}"'
        case str(), Choice() | Reference():
            return named(value)
        case frozenset(), Selection():
            return ", ".join(named(each) for each in sorted(value)) or "none"
        case _, Truth() | Undetermined():
            return str(value)
        case _:
            return str(value)


def _number(number: Fraction) -> str:
    """Return a decimal number with its digits in groups; a ratio where it is none."""
    sign = "-" if number < 0 else ""
    whole, rest = divmod(abs(number), 1)
    grouped = f"{whole:_}" if whole >= _THOUSANDS else str(whole)
    digits = ""
    while rest:
        digit, rest = divmod(rest * 10, 1)
        digits += str(digit)
        if len(digits) > 20:  # noqa: PLR2004 - no decimal number of a policy is as long
            return f"{sign}{abs(number).numerator}/{number.denominator}"
    return f"{sign}{grouped}.{digits}" if digits else f"{sign}{grouped}"
