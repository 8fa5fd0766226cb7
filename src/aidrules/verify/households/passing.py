"""The examples of a policy to those that pass: each with its household and what it asks for."""

from collections.abc import Iterator, Sequence

from attrs import field, frozen

from aidrules.backends.interpreter import emit
from aidrules.case import Case
from aidrules.examples import judge
from aidrules.household import Reader
from aidrules.program import (
    Branch,
    Cases,
    Constant,
    Example,
    ExpectedDetail,
    ExpectedStatus,
    ExpectedTruth,
    Expr,
    Program,
    Use,
)
from aidrules.source import Span
from aidrules.types import TEXT, TRUTH


@frozen
class Passing:
    """An example as expected, read once.

    Attributes:
        case: Its household.
    """

    example: Example
    case: Case = field(repr=False, eq=False)


@frozen
class Question:
    """What an expectation asks for.

    Attributes:
        record: Kind and id of the record on which; None: that of the example as a whole.
    """

    expression: Expr
    record: tuple[str, str] | None


def passing(program: Program) -> tuple[tuple[Passing, ...], tuple[str, ...]]:
    """Return the examples that pass, and the titles of those that fail."""
    reader, engine = Reader.of(program), emit(program)
    found: list[Passing] = []
    failing: list[str] = []
    for example in program.examples:
        case, _ = reader.read(example.document)
        if case is None or any(judge(example, engine.open(case, example.date))):
            failing.append(example.title)
        else:
            found.append(Passing(example, case))
    return tuple(found), tuple(failing)


def questions(program: Program, example: Example) -> Iterator[Question]:
    """Yield what the expectations of an example ask for."""
    for expected in example.expectations:
        match expected:
            case ExpectedTruth(condition=condition):
                yield Question(condition, None)
            case (
                ExpectedStatus(entity=entity, record=record)
                | ExpectedDetail(entity=entity, record=record)
            ):
                for expression in _asked(program, expected):
                    yield Question(expression, (entity, record))


def _asked(program: Program, expected: ExpectedStatus | ExpectedDetail) -> Iterator[Expr]:
    match expected:
        case ExpectedStatus(value=None, name=name) if name in program.grant:
            grant = program.grant[name]
            for key in (grant.receives, grant.key):
                yield Use(grant.entity, key, type=TRUTH, span=expected.span)
        case ExpectedStatus(value=None, name=name, entity=entity):
            yield Use(entity, name, type=TRUTH, span=expected.span)
        case ExpectedStatus(value=value):
            yield from () if value is None else (value,)
        case ExpectedDetail(name=name, part="deadline"):
            cases = [(each.condition, each.due) for each in program.grant[name].deadlines]
            yield from _first(cases, expected.span)
        case ExpectedDetail(name=name, part="office"):
            offices = program.grant[name].offices
            named = [Constant(each.name, type=TEXT, span=expected.span) for each in offices]
            cases = [(each.condition, name_) for each, name_ in zip(offices, named, strict=True)]
            yield from _first(cases, expected.span)
        case ExpectedDetail(name=name):
            first = program.grant[name].paid_from
            yield from () if first is None else (first,)


def _first(cases: Sequence[tuple[Expr | None, Expr]], span: Span) -> Iterator[Expr]:
    """Yield the first result whose condition holds, of a deadline or an office, as cases."""
    always = Constant(value=True, type=TRUTH, span=span)
    branches = tuple(Branch(condition or always, result) for condition, result in cases)
    if branches:
        yield Cases(branches, None, complete=True, type=branches[0].result.type, span=span)
