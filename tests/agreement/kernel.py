"""The kernel against the interpreter: every definition of random programs, on random cases.

A definition becomes a grant that everybody receives, whose amount it is, so that what is worked out
on the way is compared and not only what is decided in the end.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from random import Random
from typing import Any

from attrs import define, evolve, field, frozen

from aidrules import types
from aidrules.backends.interpreter import emit as emit_engine
from aidrules.backends.kernel import Answers, Code, Layout
from aidrules.backends.kernel import emit as emit_kernel
from aidrules.backends.kernel.layout import stored
from aidrules.case import Case, Record
from aidrules.population.cases import batch_of
from aidrules.program import Constant, Definition, Grant, Program, Role, Use, Word
from aidrules.values import Failure, Infinite, Interval, Value, is_decided, parts

from .cases import Household, complete, make_case
from .kinds import TODAYS
from .programs import make_program

Told = dict[str, Any]

SHOWN = "~"
"""What stands behind the name of a grant that shows a definition."""


def shown(program: Program) -> Program:
    """Return the program with a grant for each definition, that everybody receives."""
    definitions: list[Definition] = []
    grants: list[Grant] = list(program.grants)
    for each in program.definitions:
        definitions.append(each)
        if each.entity is None or each.role not in (Role.DEFINE, Role.GROUP):
            continue
        key = f"{each.key}{SHOWN}"
        body = Use(each.entity, each.key, type=each.type, span=each.span)
        yes = Constant(True, type=types.TRUTH, span=each.span)
        definitions += (
            evolve(each, key=f"{key}/eligible", type=types.TRUTH, body=yes, role=Role.ELIGIBLE),
            evolve(each, key=f"{key}/receives", type=types.TRUTH, body=yes, role=Role.RECEIVES),
            evolve(each, key=key, body=body, role=Role.VALUE),
        )
        grants.append(_grant(each, key))
    return evolve(program, definitions=tuple(definitions), grants=tuple(grants))


def _grant(definition: Definition, key: str) -> Grant:
    if definition.entity is None:
        raise LookupError(key)
    return Grant(
        key=key,
        name=key,
        module=definition.module,
        word=Word.BENEFIT,
        entity=definition.entity,
        type=definition.type,
        lines=(),
        amount=None,
        deadlines=(),
        offices=(),
        paid_from=None,
        at_most=None,
        is_urgent=False,
        appeal=None,
        notes=(),
        citations=(),
        span=definition.span,
    )


@frozen
class Difference:
    """Where the two say different things."""

    key: str
    record: str
    case: int
    kernel: object
    interpreter: object


@define
class Compared:
    """What was compared.

    Attributes:
        answers: How many.
        deferred: How many documents were left to the interpreter.
        unfit: What could not be written as a kernel, and why.
    """

    answers: int = 0
    documents: int = 0
    deferred: int = 0
    unfit: Counter[str] = field(factory=Counter)
    differences: list[Difference] = field(factory=list)

    def add(self, other: "Compared") -> None:
        """Count what else was compared."""
        self.answers += other.answers
        self.documents += other.documents
        self.deferred += other.deferred
        self.unfit += other.unfit
        self.differences += other.differences


def compare(
    program: Program,
    cases: Sequence[Case],
    today: int,
    *,
    compiled: bool = False,
    full: bool = True,
) -> Compared:
    """Compare all answers on cases whose documents are of one kind.

    Args:
        program: As it was checked.
        cases: At least one.
        today: The date asked for, as an ordinal.
        compiled: Whether the kernel is compiled.
        full: Whether every definition is compared, not only what is decided.
    """
    asked = shown(program) if full else program
    layout = Layout.of(asked, cases[0].root.entity)
    kernel = emit_kernel(asked, layout)
    results = kernel.run(batch_of(cases, layout), today, compiled=compiled, partial=True)
    found = Compared(documents=len(cases), deferred=int(results.deferred.sum()))
    for name, unfit in kernel.unfit(today).items():
        found.unfit[f"{unfit.why}: {name}"] += 1
    engine = emit_engine(kernel.program)
    for at, case in enumerate(cases):
        if results.deferred[at]:
            continue
        evaluation = engine.open(case, today)
        for answers in results.answers:
            grant = asked.grant[answers.key]
            for row, record in _rows(cases, at, answers.entity):
                receives = evaluation.value(f"{answers.key}/receives", record)
                amount = evaluation.value(answers.key, record)
                expected = _expected(receives, amount, answers, layout, grant)
                given = _given(expected, answers, row)
                found.answers += 1
                if expected != given:
                    found.differences.append(
                        Difference(answers.key, record.id, at, given, expected)
                    )
    return found


def _rows(cases: Sequence[Case], at: int, entity: str) -> Iterator[tuple[int, Record]]:
    """Yield the records of a kind in a case, with their rows."""
    before = sum(1 for case in cases[:at] for _ in _below(case.root, entity))
    for number, record in enumerate(_below(cases[at].root, entity)):
        yield before + number, record


def _below(record: Record, entity: str) -> Iterator[Record]:
    if record.entity == entity:
        yield record
        return
    for children in record.children.values():
        for child in children:
            yield from _below(child, entity)


def _expected(
    receives: Value, amount: Value, answers: Answers, layout: Layout, grant: Grant
) -> Told:
    match receives:
        case True if is_decided(amount):
            status = Code.GRANTED
        case False:
            status = Code.REFUSED
        case Failure():
            status = Code.ERROR
        case _:
            status = Code.UNDECIDED
    told: Told = {"status": status}
    body, absent, failure = parts(amount)
    if isinstance(body, Interval) and answers.low is not None:
        if answers.ends is not None or not (absent or failure):
            told["low"] = None if isinstance(body.low, Infinite) else Fraction(body.low)
            told["high"] = None if isinstance(body.high, Infinite) else Fraction(body.high)
    elif answers.chosen is not None and status is Code.GRANTED and body is not None:
        told["chosen"] = _chosen(amount, layout, grant)
    return told


def _chosen(amount: Value, layout: Layout, grant: Grant) -> int:
    storage = stored(grant.type, layout.texts) if grant.type is not None else None
    codes = () if storage is None else storage.codes

    def place(value: str) -> int:
        return 1 << (codes.index(value) if value in codes else len(codes))

    match amount:
        case bool():
            return 2 if amount else 1
        case str():
            return place(amount)
        case frozenset():
            return sum(map(place, amount))
        case _:
            raise TypeError(amount)


def _given(expected: Told, answers: Answers, row: int) -> Told:
    told: Told = {"status": Code(int(answers.status[row]))}
    if "chosen" in expected and answers.chosen is not None:
        told["chosen"] = int(answers.chosen[row])
    if "low" in expected and answers.low is not None:
        ends = 0 if answers.ends is None else int(answers.ends[row])
        scale = answers.scale * (1 if answers.divisor is None else int(answers.divisor[row]))
        high = answers.low if answers.high is None else answers.high
        told["low"] = None if ends & 1 else Fraction(int(answers.low[row]), scale)
        told["high"] = None if ends & 2 else Fraction(int(high[row]), scale)
        if ends & 4:
            told["low"] = told["high"] = "none"
    return told


def random_run(seeds: range, *, cases: int = 12, compiled: bool = False) -> Compared:
    """Compare the programs of some seeds, each on some random cases."""
    total = Compared()
    for seed in seeds:
        program = make_program(seed)
        rng = Random(seed)  # noqa: S311 - chance for tests, not for secrets
        household = Household.of(program)
        made: list[Case] = []
        for _ in range(cases):
            case = make_case(household, rng)
            made += [case, complete(household, case, rng)]
        for root in sorted({case.root.entity for case in made}):
            mine = [case for case in made if case.root.entity == root]
            total.add(compare(program, mine, rng.choice(TODAYS), compiled=compiled))
    return total
