"""The examples of a policy to what came of them."""

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import assert_never

from attrs import evolve, frozen

from aidrules import accounts
from aidrules.backends.interpreter import Engine, Evaluation
from aidrules.diagnostics import Diagnostic, Term, catalogue
from aidrules.household import read
from aidrules.program import (
    Compare,
    Example,
    ExpectedDetail,
    ExpectedStatus,
    ExpectedTruth,
    Expr,
    OnRecord,
    Program,
)
from aidrules.source import Span
from aidrules.types import Date, Quantity, Type, Unit, core
from aidrules.values import Absent, Failure, Possible, Value, is_decided


@frozen
class ExampleResult:
    """What came of one example.

    Attributes:
        title: As the author wrote it.
        span: Where it stands.
        diagnostics: What is otherwise than expected; empty if it passed.
    """

    title: str
    span: Span
    diagnostics: tuple[Diagnostic, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is as expected."""
        return not self.diagnostics


def run(program: Program, engine: Engine) -> Iterator[ExampleResult]:
    """Yield what came of each example, in the order of the files."""
    for example in program.examples:
        yield ExampleResult(example.title, example.span, tuple(_run(example, program, engine)))


def _run(example: Example, program: Program, engine: Engine) -> Iterator[Diagnostic]:
    case, findings = read(program, example.document)
    if case is None:
        for finding in findings:
            yield evolve(finding, span=example.span)
        return
    yield from judge(example, engine.open(case, example.date))


def judge(example: Example, evaluation: Evaluation) -> Iterator[Diagnostic]:
    """Yield what is otherwise than an example expects.

    Args:
        example: The example.
        evaluation: Of its household on its date, by whatever program is judged.
    """
    for expected in example.expectations:
        match expected:
            case ExpectedStatus():
                yield from _status(expected, evaluation)
            case ExpectedDetail():
                yield from _detail(expected, evaluation)
            case ExpectedTruth():
                yield from _truth(expected, evaluation)


def _status(expected: ExpectedStatus, evaluation: Evaluation) -> Iterator[Diagnostic]:
    record = evaluation.case.records[expected.entity, expected.record]
    program = evaluation.program
    if expected.value is not None:
        value = evaluation.evaluate(expected.value, record)
        if expected.status == "error":
            if not isinstance(value, Failure):
                shown = _shown(value, expected.value.type)
                yield catalogue.expected_error(expected.span, shown)
        elif is_decided(value):
            shown = _shown(value, expected.value.type)
            yield catalogue.expected_unknown(expected.span, shown)
        return
    grant = program.grant.get(expected.name)
    key = expected.name if grant is None else grant.receives
    receives = evaluation.value(key, record)
    if grant is not None and receives is True:
        is_open = not is_decided(evaluation.value(grant.key, record))
    else:
        is_open = isinstance(receives, Possible)
    found = _word(receives, is_open=is_open, is_grant=grant is not None)
    written = {"unknown": "undecided", "error": "in-error"}
    wanted = written.get(expected.status, expected.status)
    if found != wanted:
        is_grant = grant is not None
        report = catalogue.expected_status if is_grant else catalogue.expected_requirement
        yield report(expected.span, Term(wanted), Term(found))
        if isinstance(receives, Failure):
            yield catalogue.of_failure(receives.code, receives.span, receives.facts)


def _detail(expected: ExpectedDetail, evaluation: Evaluation) -> Iterator[Diagnostic]:
    record = evaluation.case.records[expected.entity, expected.record]
    grant = evaluation.program.grant[expected.name]
    found: int | str | None
    match expected.part:
        case "deadline":
            rule = accounts.applying(grant.deadlines, evaluation, record)
            found = accounts.day(None if rule is None else rule.due, evaluation, record)
        case "paid_from":
            found = accounts.day(grant.paid_from, evaluation, record)
        case "office":
            office = accounts.applying(grant.offices, evaluation, record)
            found = None if office is None else office.name
        case _:
            assert_never(expected.part)
    if found != expected.wanted:
        shown = [_day_or_name(each) for each in (found, expected.wanted)]
        yield catalogue.expected_value(expected.span, *shown)


def _day_or_name(value: int | str | None) -> object:
    match value:
        case None:
            return Term("unknown")
        case int():
            return date.fromordinal(value)
        case str():
            return value


def _word(receives: Value, *, is_open: bool, is_grant: bool) -> str:
    if is_open:
        return "undecided"
    if isinstance(receives, Failure):
        return "in-error"
    if receives is True:
        return "granted" if is_grant else "holds"
    return "refused" if is_grant else "fails"


def _truth(expected: ExpectedTruth, evaluation: Evaluation) -> Iterator[Diagnostic]:
    root = evaluation.case.root
    value = evaluation.evaluate(expected.condition, root)
    if value is True:
        return
    if isinstance(value, Failure):
        yield catalogue.expected_computable(expected.span)
        yield catalogue.of_failure(value.code, value.span, value.facts)
        return
    sides = _sides(expected.condition)
    if sides is None:
        yield catalogue.expected_truth(expected.span, _shown(value, expected.condition.type))
        return
    on, left, right = sides
    record = root if on is None else evaluation.case.records[on.entity, on.record]
    found = evaluation.evaluate(left, record)
    wanted = evaluation.evaluate(right, record)
    yield catalogue.expected_value(
        expected.span, _shown(found, left.type), _shown(wanted, right.type)
    )


@frozen
class Measured:
    """An exact number with its unit, as a fact of a message."""

    number: int | Fraction
    unit: Unit

    def words(self) -> tuple[str, Mapping[str, object]]:
        """Return the lexicon's key and what fills it."""
        return "quantity", {"number": self.number, "unit": self.unit}


def _shown(value: Value, type_: Type) -> object:
    """Return a value as a fact of a message."""
    match value:
        case bool():
            return Term("yes" if value else "no")
        case int() if isinstance(core(type_), Date):
            return date.fromordinal(value)
        case int() | Fraction():
            plain = core(type_)
            unit = plain.unit if isinstance(plain, Quantity) else Unit()
            return value if unit.is_plain else Measured(value, unit)
        case str():
            return value
        case frozenset():
            return tuple(sorted(value)) or Term("all-empty")
        case Failure():
            return Term("failed")
        case Possible():
            return Term("unknown")
        case Absent.ABSENT:
            return Term("none")


def _sides(condition: Expr) -> tuple[OnRecord | None, Expr, Expr] | None:
    match condition:
        case Compare(left=left, right=right):
            return None, left, right
        case OnRecord(body=Compare(left=left, right=right)):
            return condition, left, right
        case _:
            return None
