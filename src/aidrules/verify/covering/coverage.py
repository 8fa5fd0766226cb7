"""The examples of a policy to which points of it they reach: rows, cases, figures, outcomes."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import assert_never

from attrs import field, frozen

from aidrules.backends.interpreter import Evaluation, emit
from aidrules.backends.interpreter.lookups import FigureTable, Versions
from aidrules.program import (
    Brackets,
    Cases,
    Expr,
    Figure,
    FigureValue,
    Program,
    Table,
    Use,
)
from aidrules.sharpen import as_written
from aidrules.trace import Step
from aidrules.values import Exact, Failure, Possible, Value
from aidrules.verify.covering.articles import Articles, articles
from aidrules.verify.covering.points import Point, Points, points
from aidrules.verify.households.passing import passing, questions


@frozen
class Covered:
    """A point of a policy, and the title of the first example that reaches it, or None."""

    point: Point
    reached_by: str | None


@frozen
class Coverage:
    """What of a policy its examples reach, and which articles its rules come from.

    Attributes:
        policy: Its name.
        points: In order of file and place.
        failing: The titles of examples that fail; they reach nothing.
        articles: Of the legal texts that it declares.
    """

    policy: str
    points: tuple[Covered, ...]
    failing: tuple[str, ...]
    articles: Articles
    program: Program = field(repr=False, eq=False)

    @property
    def reached(self) -> int:
        """How many points an example reaches."""
        return sum(each.reached_by is not None for each in self.points)

    @property
    def share(self) -> Fraction | None:
        """The share of points that an example reaches, exact; None if there are none."""
        return Fraction(self.reached, len(self.points)) if self.points else None


def coverage(program: Program, name: str, within: str | None = None) -> Coverage:
    """Return what of a policy its examples reach, and which articles its rules come from.

    A point is reached if what an example expects rests on it for sure: what only may be met,
    because a fact is unknown, is not.

    Args:
        program: The policy.
        name: Of the policy.
        within: The module whose points and rules are looked at; None: those of every file.
    """
    written = as_written(program)
    found, engine = points(written), emit(written)
    figures = {key: FigureTable.of(each) for key, each in written.parameter.items()}
    passed, failing = passing(program)
    first: dict[int, str] = {}
    for each in passed:
        case, example = each.case, each.example
        evaluation = engine.open(case, example.date)
        steps = [
            evaluation.step(
                asked.expression, case.root if asked.record is None else case.records[asked.record]
            )
            for asked in questions(program, example)
        ]
        for place in _Walk(found, figures, evaluation).met(steps):
            first.setdefault(place, example.title)
    order = {module.source.name: n for n, module in enumerate(program.modules)}
    covered = [
        Covered(point, first.get(place))
        for place, point in enumerate(found.every)
        if within is None or point.module == within
    ]
    covered.sort(
        key=lambda each: (
            order.get(each.point.span.source.name, -1),
            each.point.span.start,
            each.point.span.end,
        )
    )
    return Coverage(name, tuple(covered), failing, articles(program, within), program)


@frozen
class _Walk:
    """Goes from what was asked of an example to all that the answers rest on.

    Attributes:
        figures: By key, ready to be looked up.
    """

    found: Points
    figures: Mapping[str, FigureTable]
    evaluation: Evaluation

    def met(self, steps: Iterable[Step]) -> Iterator[int]:
        """Yield the places of the points that some steps rest on, often the same one again."""
        seen: set[tuple[int, int, int]] = set()
        waiting = list(steps)
        while waiting:
            step = waiting.pop()
            key = id(step.expression), id(step.record), step.today
            if key in seen:
                continue
            seen.add(key)
            operands = self.evaluation.operands(step)
            yield from self._outcomes(step)
            match step.expression:
                case Cases() | Table() as node:
                    at, operands = _taken(node, operands)
                    yield from () if at is None else self._choice(node, at)
                case Brackets(thresholds=thresholds) as node:
                    value = operands[0].value
                    for at, low in enumerate(thresholds):
                        if isinstance(value, Exact) and value > low:
                            yield from self._choice(node, at)
                case Figure() as node:
                    version = self._version(node, step, operands)
                    place = self.found.figures.get(id(version))
                    yield from () if place is None else (place,)
                case _:
                    pass
            waiting.extend(operands)

    def _outcomes(self, step: Step) -> Iterator[int]:
        """Yield the places of the outcome of a condition, a grant or a requirement."""
        node = step.expression
        decided = self.found.decided.get(node.key) if isinstance(node, Use) else None
        for places in (decided, self.found.truths.get(id(node))):
            if places is not None and isinstance(step.value, bool):
                yield places[0] if step.value else places[1]

    def _choice(self, node: Cases | Table | Brackets, at: int) -> Iterator[int]:
        places = self.found.choices.get(id(node), ())
        place = places[at] if at < len(places) else None
        yield from () if place is None else (place,)

    def _version(self, node: Figure, step: Step, operands: tuple[Step, ...]) -> FigureValue | None:
        """Return the dated value of a figure that counts for sure; None if it has no value."""
        if isinstance(step.value, Failure | Possible):
            return None
        values = {id(each.expression): each.value for each in operands}
        table = self.figures[node.parameter]
        day = step.today if node.on is None else values.get(id(node.on))
        versions: Versions | None = None
        wanted: tuple[Value | None, ...] = ()
        for keys in product(*node.keys):
            wanted = tuple(values.get(id(key)) for key in keys)
            row = table.rows.find(wanted)
            if row is not None:
                versions = table.versions[row]
                break
        else:
            row = table.others.find(wanted)
            versions = None if row is None else table.other_versions[row]
        if versions is None or not isinstance(day, int):
            return None
        return versions.version(day)


def _taken(node: Cases | Table, operands: tuple[Step, ...]) -> tuple[int | None, tuple[Step, ...]]:
    """Return which branch or row counts for sure, and the steps that it rests on."""
    match node:
        case Cases(branches=branches):
            asked: tuple[Expr, ...] = tuple(branch.condition for branch in branches)
            results = [branch.result for branch in branches]
        case Table(inputs=asked, rows=rows):
            results = [row.result for row in rows]
        case _:
            assert_never(node)
    known = {id(each) for each in asked}
    inputs = tuple(step for step in operands if id(step.expression) in known)
    answers = [step for step in operands if id(step.expression) not in known]
    if len(answers) != 1 or any(isinstance(i.value, Failure | Possible) for i in inputs):
        return None, inputs
    (answer,) = answers
    taken = (n for n, each in enumerate(results) if each is answer.expression)
    return next(taken, len(results)), operands
