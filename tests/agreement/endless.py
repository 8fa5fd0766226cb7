"""Households with more records than places: each must be among those of which proofs speak.

What the rest of a list comes to is open within bounds. The first records of each list of a case are
put into the places; then what the interpreter says of each must be possible, all of it at once.
"""

from collections.abc import Iterator, Mapping
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

import z3
from attrs import define, field

from aidrules.backends.interpreter import Evaluation, emit
from aidrules.backends.smt.context import Spot
from aidrules.backends.smt.household import Household, Place
from aidrules.backends.smt.lower import Lowerer
from aidrules.backends.smt.terms import Bit, Unfit, anyhow
from aidrules.backends.smt.values import Term, alike
from aidrules.case import Case, Record, Series
from aidrules.program import Program
from aidrules.values import Failure, Possible, Value

from .smt import POLICIES, Lot, named, random_lots, shipped_lot, stated

LISTS = Path(__file__).with_name("lists.aid")
"""A policy that asks the same lists for all that may be asked of one."""


@define
class Compared:
    """What was compared.

    Attributes:
        cases: How many.
        longer: How many of them had more records than places.
        outside: How many more have facts that no term stands for.
        answers: How many.
        impossible: What is so, and is not possible.
    """

    cases: int = 0
    longer: int = 0
    outside: int = 0
    answers: int = 0
    impossible: list[tuple[str, str, object]] = field(factory=list)

    def add(self, other: "Compared") -> None:
        """Count what else was compared."""
        self.cases += other.cases
        self.longer += other.longer
        self.outside += other.outside
        self.answers += other.answers
        self.impossible += other.impossible


def compare(lot: Lot, size: int) -> Compared:
    """Compare every definition on every record with a place."""
    found = Compared()
    program, today = lot.program, lot.today
    sizes = {entity.name: size for entity in program.entities}
    household = Household.of(program, lot.cases[0].root.entity, today, sizes, is_endless=True)
    lowerer = Lowerer(household)
    terms = dict(_translated(lowerer))
    engine = emit(program)
    for case in lot.cases:
        places, counts = _placed(household, case)
        solver = stated(lowerer, case, places)
        if solver is None or not all(_is_known(program, each) for each in case.records.values()):
            found.outside += 1
            continue
        solver.add(*(count == number for count, number in counts))
        if solver.check() != z3.sat:
            found.outside += 1
            continue
        found.cases += 1
        found.longer += any(number for _, number in counts)
        evaluation = engine.open(case, today)
        said = dict(_said(lowerer, terms, places, evaluation))
        found.answers += len(said)
        if solver.check(*(bit for bit, _ in said.values() if bit is not True)) == z3.unsat:
            wrong = [
                (f"{lot.policy} {name}", value)
                for name, (bit, value) in said.items()
                if solver.check(bit) == z3.unsat
            ]
            facts = repr([(key, record.facts) for key, record in case.records.items()])
            found.impossible.append((lot.policy, repr(wrong), facts))
    return found


def _is_known(program: Program, record: Record) -> bool:
    """Return whether all facts of a record were told, each with one value."""
    told = (record.facts.get(fact.name) for fact in program.facts if fact.entity == record.entity)
    return not any(value is None or isinstance(value, Possible | Series) for value in told)


def _translated(lowerer: Lowerer) -> Iterator[tuple[tuple[str, str], Term]]:
    for definition in lowerer.program.definitions:
        for place in lowerer.household.places():
            if place.entity == definition.entity:
                try:
                    spot = Spot(place, lowerer.household.today)
                    yield (definition.key, place.id), lowerer.definition(definition.key, spot)
                except Unfit:
                    pass


def _placed(
    household: Household, case: Case
) -> tuple[Mapping[str, Record], list[tuple[z3.ExprRef, int]]]:
    """Return the record of each place, and how many records of each list have none."""
    found: dict[str, Record] = {}
    counts: list[tuple[z3.ExprRef, int]] = []

    def fill(place: Place, record: Record) -> None:
        found[place.id] = record
        for kind, places in place.children.items():
            children = record.children.get(kind, [])
            rest = household.rests.get((place.id, kind))
            if rest is not None:
                counts.append((rest.count, max(0, len(children) - len(places))))
            for below, child in zip(places, children, strict=False):
                fill(below, child)

    fill(household.root, case.root)
    place, above = household.root.parent, case.root.parent
    while place is not None and above is not None:
        found[place.id] = above
        place, above = place.parent, above.parent
    return found, counts


def _said(
    lowerer: Lowerer,
    terms: Mapping[tuple[str, str], Term],
    places: Mapping[str, Record],
    evaluation: Evaluation,
) -> Iterator[tuple[tuple[str, str], tuple[Bit, Value]]]:
    """Yield what the interpreter says of each definition, as a condition."""
    for (key, place_id), term in terms.items():
        if place_id not in places:
            continue
        value = evaluation.value(key, places[place_id])
        match value:
            case Possible():
                continue
            case Failure():
                yield (key, place_id), (anyhow(term.error), value)
            case _:
                type_ = lowerer.program.definition[key].type
                wanted = lowerer.constant(named(value, lowerer.household), type_)
                yield (key, place_id), (alike(term, wanted), value)


def random_run(seeds: range, cases: int = 8) -> Compared:
    """Compare the programs of some seeds, each on some random cases of which all is known."""
    total = Compared()
    for seed in seeds:
        for lot in random_lots(seed, cases):
            total.add(compare(lot, seed % 2))
    return total


def shipped_run(path: str, cases: int, seed: int) -> Compared:
    """Compare a policy file on cases at the boundaries of its rules, figures left open given."""
    return compare(shipped_lot(path, cases, seed), 1)


def run(seeds: int, cases: int, first_seed: int = 1) -> Compared:
    """Compare random programs and all shipped policies, on every core."""
    total = Compared()
    with get_context("spawn").Pool(cpu_count()) as pool:
        spans = [range(at, at + 20) for at in range(first_seed, first_seed + seeds, 20)]
        files = [str(path) for path in (LISTS, *sorted(POLICIES.rglob("*.aid.md")))]
        jobs = [pool.apply_async(random_run, (span,)) for span in spans]
        jobs += [
            pool.apply_async(shipped_run, (file, cases, first_seed + at))
            for at, file in enumerate(files)
        ]
        for job in jobs:
            total.add(job.get())
    return total


def report(found: Compared) -> str:
    """Return what was compared, and what is so but not possible, in lines."""
    return "\n".join(
        [
            f"{found.cases} cases, {found.longer} longer than their places",
            f"{found.answers} answers",
            f"{found.outside} cases outside",
            f"{len(found.impossible)} cases of which what is so is not possible",
            *map(str, found.impossible[:3]),
        ]
    )
