"""The terms of Z3 against the interpreter: every definition, on cases put into the terms."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from random import Random
from typing import Any

import z3
from attrs import define, field, frozen

from aidrules import load
from aidrules.backends.interpreter import Evaluation, emit
from aidrules.backends.kernel import Layout
from aidrules.backends.smt.context import Spot
from aidrules.backends.smt.household import Household, Place
from aidrules.backends.smt.lower import Lowerer
from aidrules.backends.smt.terms import Unfit
from aidrules.backends.smt.values import Term, alike, plain
from aidrules.backends.smt.words import OTHERS
from aidrules.case import Case, Past, Record, Series
from aidrules.program import Program
from aidrules.types import DATE, TRUTH, Type
from aidrules.values import ABSENT, OTHER, Failure, Possible, Value

from . import cases as random_cases
from .boundary import Maker
from .figures import filled
from .kinds import TODAYS
from .programs import make_program

POLICIES = Path(__file__).parents[2] / "docs" / "policies"
FIRST_TRIED, DAYS_TRIED = date(2025, 1, 1).toordinal(), 700
MOST_RECORDS = 3
NEVER = Past(False, ABSENT, ABSENT)


@frozen
class Lot:
    """Cases of one kind to be looked at together, on one day."""

    policy: str
    program: Program
    cases: Sequence[Case]
    today: int


@frozen
class Difference:
    """Where the two say different things."""

    policy: str
    key: str
    record: str
    case: int
    term: object
    interpreter: object


@define
class Compared:
    """What was compared.

    Attributes:
        cases: How many.
        outside: How many more have facts that no term stands for.
        answers: How many.
        unfit: Definitions without a translation, and why.
    """

    cases: int = 0
    outside: int = 0
    answers: int = 0
    translated: int = 0
    unfit: Counter[str] = field(factory=Counter)
    differences: list[Difference] = field(factory=list)

    def add(self, other: "Compared") -> None:
        """Count what else was compared."""
        self.cases += other.cases
        self.outside += other.outside
        self.answers += other.answers
        self.translated += other.translated
        self.unfit += other.unfit
        self.differences += other.differences


def compare(lot: Lot, size: int = MOST_RECORDS) -> Compared:
    """Compare every definition on every record of some cases."""
    found = Compared()
    sizes = {entity.name: size for entity in lot.program.entities}
    household = Household.of(lot.program, lot.cases[0].root.entity, lot.today, sizes)
    lowerer = Lowerer(household)
    terms = dict(_translated(lowerer, found))
    engine = emit(lot.program)
    for at, case in enumerate(lot.cases):
        places = _placed(household, case)
        evaluation = engine.open(case, lot.today)
        models = [] if places is None else list(_models(lowerer, case, places, evaluation))
        if places is None or not models:
            found.outside += 1
            continue
        found.cases += 1
        expected = {
            (key, place_id): evaluation.value(key, places[place_id])
            for key, place_id in terms
            if place_id in places
        }
        found.answers += len(expected)
        ids = {place_id: record.id for place_id, record in places.items()}
        differences: list[list[Difference]] = [
            [
                Difference(lot.policy, key, ids[place_id], at, *pair)
                for (key, place_id), value in expected.items()
                for pair in [_answers(household, model, terms[key, place_id], value)]
                if not _agree(*pair)
            ]
            for model in models
        ]
        least = min(differences, key=len)
        found.differences += least
    return found


def _answers(
    household: Household, model: z3.ModelRef, term: Term, expected: Value
) -> tuple[Any, Value]:
    """Return what a term is, and what it is to be."""
    given = household.value(model, plain(term))
    if given == household.words.text(OTHERS):
        return OTHER, named(expected, household)
    return given, expected


def _agree(given: Any, expected: Value) -> bool:
    if isinstance(expected, Possible):  # for want of who else claims
        value = Failure("any") if given is None else given
        return random_cases.within(value, expected, frozenset())
    if isinstance(expected, Failure):
        return given is None
    if isinstance(expected, frozenset) and isinstance(given, frozenset):
        return given == expected
    if isinstance(expected, bool) or isinstance(given, bool):
        return given is expected
    return bool(given == expected)


def _translated(lowerer: Lowerer, found: Compared) -> Iterator[tuple[tuple[str, str], Term]]:
    household = lowerer.household
    for definition in household.program.definitions:
        if definition.entity is None:
            continue
        for place in household.places():
            if place.entity != definition.entity:
                continue
            try:
                yield (
                    (definition.key, place.id),
                    lowerer.definition(definition.key, Spot(place, household.today)),
                )
                found.translated += 1
            except Unfit as unfit:
                found.unfit[unfit.why] += 1


def _placed(household: Household, case: Case) -> Mapping[str, Record] | None:
    """Return the record of each place, or None if there are not places enough."""
    found: dict[str, Record] = {}

    def fill(place: Place, record: Record) -> bool:
        found[place.id] = record
        for kind, children in record.children.items():
            places = place.children.get(kind, [])
            if len(children) > len(places):
                return False
            if not all(map(fill, places, children)):
                return False
        return True

    place, record = household.root.parent, case.root.parent
    while place is not None:
        if record is None:
            return None
        found[place.id] = record
        place, record = place.parent, record.parent
    return found if fill(household.root, case.root) else None


def _models(
    lowerer: Lowerer, case: Case, places: Mapping[str, Record], evaluation: Evaluation
) -> Iterator[z3.ModelRef]:
    """Yield the facts of a case as a model; whether its claims have a place is not theirs to say.

    There is none if no term stands for some of the facts.
    """
    solver = stated(lowerer, case, places)
    if solver is None:
        return
    claims = {id(place): places.get(place.id) for place in lowerer.household.places()}
    fixed = []
    for (ration, place), chance in lowerer.chances.items():
        record = claims.get(place)
        grant = lowerer.program.grant[lowerer.program.ration[ration].grant]
        receives = None if record is None else evaluation.value(grant.receives, record)
        if isinstance(receives, bool):
            fixed.append(chance == receives)
    if solver.check(*fixed) == z3.sat:
        yield solver.model()


def stated(lowerer: Lowerer, case: Case, places: Mapping[str, Record]) -> z3.Solver | None:
    """Return the facts of a case as conditions; None if no term stands for some of them."""
    household = lowerer.household
    solver = z3.Solver()
    solver.add(*household.assumed)
    for place in household.places():
        record = places.get(place.id)
        if place.present is not True:
            solver.add(place.present == (record is not None))
        if record is None:
            continue
        facts = {fact.name: fact for fact in household.program.facts if fact.entity == place.entity}
        for name, term in place.facts.items():
            value = record.facts.get(name)
            default = facts[name].default
            if value is None and default is not None:
                try:
                    assumed = lowerer.lower(default, Spot(place, household.today))
                except Unfit:
                    return None
                solver.add(alike(term, assumed))
            elif value is None or isinstance(value, Possible | Series):
                return None
            else:
                wanted = lowerer.constant(named(value, household), facts[name].type)
                solver.add(alike(term, wanted))
        if place.past and case.history is None:
            return None
        for (key, part), term in place.past.items():
            past = case.history.past.get((place.entity, record.id, key), NEVER)  # type: ignore[union-attr] # one was given
            value = getattr(past, part)
            types: dict[str, Type] = {"receives": TRUTH, "run_from": DATE}
            type_ = types.get(part, household.program.definition[key].type)
            solver.add(alike(term, lowerer.constant(named(value, household), type_)))
    return solver


def named(value: Any, household: Household) -> Any:
    """Return a fact as a term is made of it; a text that no rule names is any other text."""
    return value if not isinstance(value, str) or value in household.words.numbers else OTHER


def random_lots(seed: int, cases: int) -> Iterator[Lot]:
    """Yield random cases of the program of a seed, of which all is known."""
    program = make_program(seed)
    rng = Random(seed)
    household = random_cases.Household.of(program)
    made = [
        random_cases.complete(household, random_cases.make_case(household, rng), rng)
        for _ in range(cases)
    ]
    for root in sorted({case.root.entity for case in made}):
        mine = [case for case in made if case.root.entity == root]
        yield Lot(str(seed), program, mine, rng.choice(TODAYS))


def shipped_lot(path: str, cases: int, seed: int) -> Lot:
    """Return cases at the boundaries of a policy file's rules.

    With an even seed the figures that it leaves open have values.
    """
    program = load(path).program
    rng = Random(seed)
    today = FIRST_TRIED + rng.randrange(DAYS_TRIED)
    if seed % 2 == 0:
        program = filled(program, rng, today)
    maker = Maker(program, Layout.of(program).root, today, rng, 0.0)
    return Lot(path, program, [maker.case() for _ in range(cases)], today)


def random_run(seeds: range, cases: int = 8) -> Compared:
    """Compare the programs of some seeds, each on some random cases of which all is known."""
    total = Compared()
    for seed in seeds:
        for lot in random_lots(seed, cases):
            total.add(compare(lot))
    return total


def shipped_run(path: str, cases: int, seed: int, size: int = MOST_RECORDS) -> Compared:
    """Compare a policy file on cases at the boundaries of its rules."""
    return compare(shipped_lot(path, cases, seed), size)


def run(seeds: int, cases: int, first_seed: int = 1) -> Compared:
    """Compare random programs and all shipped policies, on every core."""
    total = Compared()
    with get_context("spawn").Pool(cpu_count()) as pool:
        spans = [range(at, at + 20) for at in range(first_seed, first_seed + seeds, 20)]
        for found in pool.imap_unordered(random_run, spans):
            total.add(found)
        files = [str(path) for path in sorted(POLICIES.rglob("*.aid.md"))]
        jobs = [
            pool.apply_async(shipped_run, (file, -(-cases // 2), first_seed + at))
            for file in files
            for at in range(2)
        ]
        for job in jobs:
            total.add(job.get())
    return total


def report(found: Compared) -> str:
    """Return what was compared, and what differed, in lines."""
    lines = [
        f"{found.cases} cases, {found.answers} answers compared; {found.outside} cases outside",
        f"{found.translated} terms, {dict(found.unfit)} without one",
        f"{len(found.differences)} answers differ",
        *map(str, found.differences[:10]),
    ]
    return "\n".join(lines)
