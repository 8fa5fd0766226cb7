"""Documents one by one through the interpreter: what the kernel leaves to it, in the same shape."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from attrs import frozen

from aidrules import accounts
from aidrules.backends.interpreter import Evaluation
from aidrules.backends.kernel import Code
from aidrules.case import Record
from aidrules.program import And, Expr, Grant, Program, Requirement
from aidrules.values import Failure, Infinite, Interval, Number, Value, is_decided, parts

Subject = Grant | Requirement


@frozen
class Answer:
    """What is decided of a grant or requirement on one record.

    Attributes:
        status: Granted, also for a requirement that holds.
        reason: Of a refusal: see `Answers.reason` of the kernel.
        low: The least amount possible, exact; None if it is unbounded, or no number.
        high: The greatest.
        chosen: The services or the value, where it is granted and no number.
        deadline: As an ordinal, or None.
    """

    status: Code
    reason: int
    low: int | Fraction | None
    high: int | Fraction | None
    chosen: frozenset[str] | None
    deadline: int | None


def answer(evaluation: Evaluation, subject: Subject, record: Record) -> Answer:
    """Return what is decided of a grant or requirement on a record."""
    match subject:
        case Grant():
            receives = evaluation.value(subject.receives, record)
            amount = evaluation.value(subject.key, record)
            status = _status(receives, is_known=is_decided(amount))
            rule = accounts.applying(subject.deadlines, evaluation, record)
            due = accounts.day(None if rule is None else rule.due, evaluation, record)
            low, high = _ends(amount)
            chosen = _chosen(amount) if status is Code.GRANTED and subject.type else None
            key = subject.eligible
        case Requirement():
            status = _status(evaluation.value(subject.key, record), is_known=True)
            low = high = chosen = due = None
            key = subject.key
    reason = _reason(evaluation, subject, key, record) if status is Code.REFUSED else 0
    return Answer(status, reason, low, high, chosen, due)


def _status(holds: Value, *, is_known: bool) -> Code:
    match holds:
        case True if is_known:
            return Code.GRANTED
        case False:
            return Code.REFUSED
        case Failure():
            return Code.ERROR
        case _:
            return Code.UNDECIDED


def _ends(amount: Value) -> tuple[int | Fraction | None, int | Fraction | None]:
    body = parts(amount)[0]
    if not isinstance(body, Interval):
        return None, None
    return _finite(body.low), _finite(body.high)


def _finite(number: Number) -> int | Fraction | None:
    return None if isinstance(number, Infinite) else number


def _chosen(amount: Value) -> frozenset[str] | None:
    match amount:
        case bool():
            return frozenset(("yes" if amount else "no",))
        case str():
            return frozenset((amount,))
        case frozenset():
            return amount
        case _:
            return None


def _reason(evaluation: Evaluation, subject: Subject, key: str, record: Record) -> int:
    """Return the first line that surely fails, counted from 1."""
    body = evaluation.program.definition[key].body
    for at, item in enumerate(_lines(body), 1):
        if evaluation.evaluate(item, record) is False:
            return at
    is_eligible = evaluation.value(key, record) is True
    return -1 if isinstance(subject, Grant) and is_eligible else 0


def _lines(body: Expr) -> Sequence[Expr]:
    return body.items if isinstance(body, And) else (body,)


def subjects(program: Program, kinds: Sequence[str]) -> Iterator[Subject]:
    """Yield the grants and requirements on some kinds of record, in order."""
    for grant in program.grants:
        if grant.entity in kinds:
            yield grant
    for requirement in program.requirements:
        if requirement.entity in kinds:
            yield requirement
