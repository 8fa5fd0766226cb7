"""The kernel against the interpreter: every definition of random programs, on random cases.

A definition becomes a grant that everybody receives, whose amount it is, so that what is worked out
on the way is compared and not only what is decided in the end.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from attrs import define, evolve, field, frozen

from aidrules import load, types
from aidrules.accounts import applying, day
from aidrules.backends.interpreter import Evaluation
from aidrules.backends.interpreter import emit as emit_engine
from aidrules.backends.kernel import Answers, Code, Kernel, Layout, Results
from aidrules.backends.kernel import emit as emit_kernel
from aidrules.backends.kernel.layout import LAST_DAY, stored
from aidrules.case import Case, Record
from aidrules.population.cases import batch_of
from aidrules.program import And, Constant, Definition, Grant, Program, Role, Use, Word
from aidrules.values import Failure, Infinite, Interval, Value, is_decided, may_be, parts

from .boundary import Maker
from .cases import Household, complete, make_case
from .figures import filled
from .kinds import TODAYS
from .programs import make_program

Told = dict[str, Any]

POLICIES = Path(__file__).parents[2] / "docs" / "policies"
FIRST_TRIED, DAYS_TRIED = date(2025, 1, 1).toordinal(), 700

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

    policy: str
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
        machine: Policy and name of what machine code makes otherwise than the text as it is.
    """

    answers: int = 0
    documents: int = 0
    deferred: int = 0
    unfit: Counter[str] = field(factory=Counter)
    stale: list[tuple[int, str, int]] = field(factory=list)
    machine: list[tuple[str, str]] = field(factory=list)
    differences: list[Difference] = field(factory=list)

    def add(self, other: "Compared") -> None:
        """Count what else was compared."""
        self.answers += other.answers
        self.documents += other.documents
        self.deferred += other.deferred
        self.unfit += other.unfit
        self.stale += other.stale
        self.machine += other.machine
        self.differences += other.differences


def compare(
    program: Program,
    cases: Sequence[Case],
    today: int,
    *,
    machine: bool = False,
    full: bool = True,
    policy: str = "",
) -> Compared:
    """Compare all answers on cases whose documents are of one kind.

    Args:
        program: As it was checked.
        cases: At least one.
        today: The date asked for, as an ordinal.
        machine: Whether the kernel is compiled, too, and that held to the text as it is.
        full: Whether every definition is compared, not only what is decided.
        policy: Its name, for what is found.
    """
    asked = shown(program) if full else program
    layout = Layout.of(asked, cases[0].root.entity)
    kernel = emit_kernel(asked, layout)
    results = kernel.run(batch_of(cases, layout), today, compiled=False, partial=True)
    found = Compared(documents=len(cases), deferred=int(results.deferred.sum()))
    if machine:
        again = kernel.run(batch_of(cases, layout), today, compiled=True, partial=True)
        found.machine = [(policy, name) for name in _otherwise(results, again)]
    for name, unfit in kernel.unfit(today).items():
        found.unfit[f"{unfit.why}: {name}"] += 1
    found.stale = _stale(kernel, cases, results, today)
    engine = emit_engine(kernel.program)
    for at, case in enumerate(cases):
        if results.deferred[at]:
            continue
        evaluation = engine.open(case, today)
        for answers in results.answers:
            grant = asked.grant.get(answers.key)
            for row, record in _rows(cases, at, answers.entity):
                amount = evaluation.value(answers.key, record)
                if grant is None:
                    expected = {"status": _status(amount, is_known=True)}
                else:
                    receives = evaluation.value(grant.receives, record)
                    expected = _expected(receives, amount, answers, layout, grant)
                    expected |= _beside(grant, answers, evaluation, record)
                given = _given(expected, answers, row)
                found.answers += 1
                if expected != given:
                    found.differences.append(
                        Difference(policy, answers.key, record.id, at, given, expected)
                    )
    return found


def _stale(
    kernel: Kernel, cases: Sequence[Case], results: Results, today: int
) -> list[tuple[int, str, int]]:
    """Return where time alone changed an answer before the day that was told.

    Returns:
        The case, the key and the day.
    """
    horizons = [
        int(day) for day, out in zip(results.horizon, results.deferred, strict=True) if not out
    ]
    last = min(max(horizons, default=today + 1), LAST_DAY) - 1
    if last <= today:
        return []
    day = Random(today + len(cases)).randint(today + 1, min(last, today + 3_000))
    later = kernel.run(batch_of(cases, kernel.layout), day, compiled=False, partial=True)
    lasting = [
        at
        for at in range(len(cases))
        if results.horizon[at] > day and not (results.deferred[at] or later.deferred[at])
    ]
    after = {answers.key: answers for answers in later.answers}
    return [
        (at, answers.key, day)
        for answers in results.answers
        if answers.key in after
        for at in lasting
        for row, _ in _rows(cases, at, answers.entity)
        if _plain(answers, row) != _plain(after[answers.key], row)
    ]


def same_answers(left: Results, right: Results) -> bool:
    """Whether two runs over one batch gave the same, whatever stands in rows that mean nothing."""
    same = np.array_equal(left.deferred, right.deferred)
    told = ~left.deferred
    same = same and np.array_equal(left.horizon[told], right.horizon[told])
    return bool(same) and all(
        one.key == other.key and _columns_same(one, other)
        for one, other in zip(left.answers, right.answers, strict=True)
    )


def _columns_same(one: Answers, other: Answers) -> bool:
    return all(
        [_plain(one, row), int(one.reason[row]), _due(one, row)]
        == [_plain(other, row), int(other.reason[row]), _due(other, row)]
        for row in range(len(one.status))
    )


def _due(answers: Answers, row: int) -> int | None:
    return None if answers.deadline is None else int(answers.deadline[row])


def _plain(answers: Answers, row: int) -> tuple[object, ...]:
    ends = 0 if answers.ends is None else int(answers.ends[row])
    told: list[object] = [int(answers.status[row]), ends]
    by = answers.scale * (1 if answers.divisor is None else int(answers.divisor[row]))
    for values, is_open in ((answers.low, ends & 5), (answers.high, ends & 6)):
        told.append(None if values is None or is_open else Fraction(int(values[row]), by))
    granted = answers.status[row] == Code.GRANTED
    told.append(None if answers.chosen is None or not granted else int(answers.chosen[row]))
    return tuple(told)


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


def _expected(
    receives: Value, amount: Value, answers: Answers, layout: Layout, grant: Grant
) -> Told:
    status = _status(receives, is_known=is_decided(amount))
    told: Told = {"status": status}
    body, absent, failure = parts(amount)
    if isinstance(body, Interval) and answers.low is not None:
        if answers.ends is not None or not (absent or failure):
            told["low"] = None if isinstance(body.low, Infinite) else Fraction(body.low)
            told["high"] = None if isinstance(body.high, Infinite) else Fraction(body.high)
    elif answers.chosen is not None and status is Code.GRANTED and body is not None:
        told["chosen"] = _chosen(amount, layout, grant)
    return told


def _beside(grant: Grant, answers: Answers, evaluation: Evaluation, record: Record) -> Told:
    """Return what is told beside whether and how much: the day that is due, why it is refused."""
    told: Told = {}
    if answers.deadline is not None:
        rule = applying(grant.deadlines, evaluation, record)
        told["deadline"] = day(None if rule is None else rule.due, evaluation, record) or 0
    if grant.key.endswith(SHOWN) or evaluation.value(grant.receives, record) is not False:
        return told
    body = evaluation.program.definition[grant.eligible].body
    for at, item in enumerate(body.items if isinstance(body, And) else (body,)):
        value = evaluation.evaluate(item, record)
        if value is False:
            return told | {"reason": at + 1}
        if isinstance(value, Failure):
            return told  # what comes behind an error is told only if something else is unknown
    is_excluded = may_be(evaluation.value(grant.eligible, record), True)
    return told | {"reason": -1 if is_excluded else 0}


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
    if "reason" in expected:
        told["reason"] = int(answers.reason[row])
    if "deadline" in expected:
        told["deadline"] = _due(answers, row)
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


def _otherwise(one: Results, other: Results) -> Iterator[str]:
    """Yield the names of the arrays that differ."""
    if not np.array_equal(one.deferred, other.deferred):
        yield "deferred"
    if not np.array_equal(one.horizon, other.horizon):
        yield "horizon"
    for mine, theirs in zip(one.answers, other.answers, strict=True):
        for part in ("status", "reason", "low", "high", "ends", "divisor", "chosen", "deadline"):
            if not np.array_equal(getattr(mine, part), getattr(theirs, part)):
                yield f"{mine.key} {part}"


def random_run(seeds: range, *, cases: int = 12, each: int = 4) -> Compared:
    """Compare the programs of some seeds, each on some random cases.

    Args:
        seeds: Of the programs.
        cases: How many households of each.
        each: The kernel of every so-manieth seed is compiled, too.
    """
    total = Compared()
    for seed in seeds:
        program = make_program(seed)
        rng = Random(seed)
        household = Household.of(program)
        made: list[Case] = []
        for _ in range(cases):
            case = make_case(household, rng)
            made += [case, complete(household, case, rng)]
        for root in sorted({case.root.entity for case in made}):
            mine = [case for case in made if case.root.entity == root]
            day = rng.choice(TODAYS)
            machine = seed % each == 0
            total.add(compare(program, mine, day, machine=machine, policy=str(seed)))
    return total


def shipped_run(path: str, cases: int, seed: int, *, machine: bool = True) -> Compared:
    """Compare a policy file on cases at the boundaries of its rules, half of them with unknowns.

    With an even seed the figures that it leaves open have values.

    Args:
        path: Of the file.
        cases: How many households.
        seed: The same gives the same.
        machine: Whether the kernel is compiled, too.
    """
    program = load(path).program
    total = Compared()
    rng = Random(seed)
    for unknown in (0.0, 0.04):
        today = FIRST_TRIED + rng.randrange(DAYS_TRIED)
        if seed % 2 == 0:
            program = filled(program, rng, today)
        maker = Maker(program, Layout.of(program).root, today, rng, unknown)
        made = [maker.case() for _ in range(cases // 2)]
        total.add(compare(program, made, today, machine=machine, full=False, policy=path))
    return total


def run(seeds: int, cases: int, first_seed: int = 1) -> Compared:
    """Compare random programs and all shipped policies, on every core."""
    total = Compared()
    with get_context("spawn").Pool(cpu_count()) as pool:
        spans = [range(at, at + 20) for at in range(first_seed, first_seed + seeds, 20)]
        for found in pool.imap_unordered(random_run, spans):
            total.add(found)
        files = [str(path) for path in sorted(POLICIES.rglob("*.aid.md"))]
        jobs = [
            pool.apply_async(
                shipped_run,
                (path, min(100, cases - at), first_seed + at // 100),
                {"machine": not at},
            )
            for path in files
            for at in range(0, cases, 100)
        ]
        for job in jobs:
            total.add(job.get())
    return total


def report(found: Compared) -> str:
    """Return what was compared, and what differed, in lines."""
    lines = [
        f"{found.documents} documents, {found.answers} answers compared",
        f"{found.deferred} documents left to the interpreter",
        f"{len(found.differences)} answers differ",
        f"{len(found.machine)} arrays of machine code differ",
        f"{len(found.stale)} answers changed before the day that was told",
        *map(str, found.differences[:10]),
        *map(str, found.machine[:10]),
        *map(str, found.stale[:10]),
    ]
    return "\n".join(lines)
