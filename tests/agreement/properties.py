"""A program, a household and what is learnt of it to what an engine gets wrong.

One household is asked about again and again: as it was, when more is known, when all is known.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from traceback import extract_tb
from typing import Protocol, assert_never

from attrs import define, field, frozen

from aidrules.case import Case, Record
from aidrules.program import Definition, Program, Role
from aidrules.types import (
    Choice,
    Date,
    Optional,
    Quantity,
    Reference,
    Selection,
    Text,
    Truth,
    Undetermined,
    core,
)
from aidrules.values import (
    Failure,
    Interval,
    Options,
    Selections,
    Value,
    failure_of,
    is_decided,
    parts,
    settle,
)

from .cases import Household, complete, ids_of, is_proper, learn, make_case, shuffled, within
from .kinds import TODAYS
from .oracle import Oracle


class Evaluation(Protocol):
    """A case that can be asked."""

    def value(self, key: str, record: Record) -> Value:
        """Return the value of a definition on a record."""
        ...


class Engine(Protocol):
    """A program that can be given cases."""

    def open(self, case: Case, today: int) -> Evaluation:
        """Return a case that can be asked."""
        ...


class Emit(Protocol):
    """What makes an engine of a program."""

    def __call__(self, program: Program, *, plain: bool = True) -> Engine:
        """Return the engine; without its shorter way for what is certain, if not `plain`."""
        ...


@frozen
class Kit:
    """The parts that are held to their meaning: the engine, and the sharpening of programs."""

    emit: Emit
    sharpen: Callable[[Program], Program]


Place = tuple[str, str]
"""A definition and a record."""

PROPERTIES = (
    "evaluation never raises",
    "a value has one form and the type of its definition",
    "learning never widens",
    "every plain answer lies inside",
    "certain facts give the plain answer",
    "the order of records does not matter",
    "asking twice gives the same",
    "the shorter way gives the same",
    "the sharper program leaves no more open",
)
RAISES, FORM, LEARNING, INSIDE, PLAIN, ORDER, TWICE, SHORT, SHARPER = PROPERTIES


@frozen
class Story:
    """A case, and the same with more and more known; the last one knows all."""

    cases: tuple[Case, ...] = field(repr=False)
    today: int


@frozen
class Finding:
    """One thing that an engine got wrong, with all that shows it again.

    Attributes:
        at: In which case of the story.
        is_sharp: Whether the sharper program was asked.
    """

    claim: str
    program: Program = field(repr=False)
    story: Story = field(repr=False)
    at: int
    key: str
    record: str
    expected: object
    actual: object
    is_sharp: bool


@define
class Tally:
    """What was tried."""

    programs: int = 0
    triples: int = 0
    values: int = 0
    decided: int = 0
    failed: int = 0
    compared: int = 0
    unsaid: int = 0
    used: Counter[type] = field(factory=Counter)
    findings: list[Finding] = field(factory=list)

    def add(self, other: "Tally") -> None:
        """Add what was tried elsewhere."""
        self.programs += other.programs
        self.triples += other.triples
        self.values += other.values
        self.decided += other.decided
        self.failed += other.failed
        self.compared += other.compared
        self.unsaid += other.unsaid
        self.used += other.used
        self.findings += other.findings


def questions(program: Program, case: Case) -> Iterator[tuple[Definition, Record]]:
    """Yield every definition with every record on which it may be asked."""
    for definition in program.definitions:
        if definition.entity is None:
            yield definition, case.root
        else:
            for (entity, _), record in case.records.items():
                if entity == definition.entity:
                    yield definition, record


def is_typed(value: Value, definition: Definition) -> bool:
    """Whether a value is of the type of its definition."""
    body, absent, _ = parts(value)
    if absent and not isinstance(definition.type, Optional):
        return False
    if body is None:
        return True
    match core(definition.type):
        case Quantity() | Date():
            return isinstance(body, Interval)
        case Truth():
            return isinstance(body, Options) and all(isinstance(one, bool) for one in body.values)
        case Choice() | Text() | Reference():
            return isinstance(body, Options) and all(isinstance(one, str) for one in body.values)
        case Selection():
            return isinstance(body, Selections)
        case Undetermined():
            return False
        case never:
            assert_never(never)


def same(one: Value, other: Value) -> bool:
    """Whether two values are equal, yes not being 1."""
    return parts(one) == parts(other)


@define
class Trial:
    """A program in two engines, the households tried on it, and what was found.

    Attributes:
        is_sharp: Whether the engines are of the sharper program. Then an amount means something
            only if the grant is surely given.
    """

    kit: Kit
    program: Program
    is_sharp: bool = False
    tally: Tally = field(factory=Tally)
    _engines: dict[bool, Engine] = field(factory=dict)

    def engine(self, *, plain: bool = True) -> Engine:
        """Return the engine, made once."""
        if plain not in self._engines:
            program = self.kit.sharpen(self.program) if self.is_sharp else self.program
            self._engines[plain] = self.kit.emit(program, plain=plain)
        return self._engines[plain]

    def run(
        self, story: Story, rng: Random, *, every: bool = False
    ) -> Sequence[Mapping[Place, Value]]:
        """Hold the engine to every property on one household, and return its answers.

        Order, repetition and the longer way are tried on one of the cases now and then, or on
        every one.
        """
        chosen = rng.randrange(2 * len(story.cases))
        answers: list[Mapping[Place, Value]] = []
        for at in range(len(story.cases)):
            asked = _Asked(self, story, at)
            try:
                answers.append(asked.answers())
                if every or at == chosen:
                    asked.again(answers[-1], rng)
            except Exception as error:  # noqa: BLE001 - that nothing is raised is the claim
                asked.report(RAISES, ("", ""), None, raised(error))
                return answers
        self.learning(story, answers)
        self.plain(story, rng, answers)
        self.tally.triples += len(story.cases) - 1
        return answers

    def sharper(self, story: Story, wider: Sequence[Mapping[Place, Value]], rng: Random) -> None:
        """What is possible in this engine is possible in the engine of the program as written.

        Not so where that one may end in an error: a quotient that is multiplied out has none, and
        has an answer in its place. Nor under a ration, where the amount of a claim in error counts.
        """
        answers = self.run(story, rng)
        if self.program.rations:
            return
        for at, found in enumerate(answers[: len(wider)]):
            ids = ids_of(story.cases[at])
            for place, value in found.items():
                before = wider[at].get(place)
                if before is None or not self.means_something(place, wider[at].get):
                    continue
                if failure_of(before) is not None and not is_decided(before):
                    continue
                if not within(value, before, ids):
                    _Asked(self, story, at).report(SHARPER, place, before, value)

    def means_something(self, place: Place, answer: Callable[[Place], object]) -> bool:
        """Whether an answer is more than the amount of what is not surely given."""
        key, record = place
        if not self.is_sharp or self.program.definition[key].role is not Role.AMOUNT:
            return True
        return answer((key.removesuffix("/amount") + "/eligible", record)) is True

    def learning(self, story: Story, answers: Sequence[Mapping[Place, Value]]) -> None:
        """What is possible when more is known was possible before."""
        for at in range(1, len(answers)):
            ids = ids_of(story.cases[at - 1])
            for place, before in answers[at - 1].items():
                after = answers[at].get(place)
                if after is not None and not within(after, before, ids):
                    _Asked(self, story, at).report(LEARNING, place, before, after)

    def plain(self, story: Story, rng: Random, answers: Sequence[Mapping[Place, Value]]) -> None:
        """What comes out when all is known was possible, and then is certain."""
        oracle = Oracle(self.program, story.cases[-1], rng, self.tally.used)
        last = len(answers) - 1
        for definition, record in questions(self.program, story.cases[-1]):
            answer = oracle.answer(definition.key, record, story.today)
            place = (definition.key, record.id)
            if answer is None:
                self.tally.unsaid += 1
                continue
            if not self.means_something(place, answers[-1].get):
                continue
            for at, found in enumerate(answers):
                possible = found.get(place)
                if possible is None:
                    continue
                if at == last and not answer.drawn:
                    self.tally.compared += 1
                    if not same(answer.value, possible):
                        _Asked(self, story, at).report(PLAIN, place, answer.value, possible)
                elif not within(answer.value, possible, ids_of(story.cases[at])):
                    _Asked(self, story, at).report(INSIDE, place, answer.value, possible)


@define
class _Asked:
    """One case of a story, asked everything."""

    trial: Trial
    story: Story
    at: int

    def report(self, claim: str, place: Place, expected: object, actual: object) -> None:
        """Add a finding."""
        trial = self.trial
        sharp = trial.is_sharp
        trial.tally.findings.append(
            Finding(claim, trial.program, self.story, self.at, *place, expected, actual, sharp)
        )

    def ask(
        self, engine: Engine, case: Case, *, backward: bool = False
    ) -> Iterator[tuple[Definition, Record, Value]]:
        """Yield every value of a case; whatever an engine raises is a finding."""
        evaluation = engine.open(case, self.story.today)
        order = list(questions(self.trial.program, case))
        for definition, record in reversed(order) if backward else order:
            try:
                yield definition, record, evaluation.value(definition.key, record)
            except Exception as error:  # noqa: BLE001 - that nothing is raised is the claim
                self.report(RAISES, (definition.key, record.id), None, raised(error))

    def answers(self) -> Mapping[Place, Value]:
        """Return every value of the case."""
        tally = self.trial.tally
        found: dict[Place, Value] = {}
        for definition, record, value in self.ask(self.trial.engine(), self.story.cases[self.at]):
            found[definition.key, record.id] = value
            tally.values += 1
            tally.decided += is_decided(value)
            tally.failed += isinstance(value, Failure)
            if not is_proper(value) or not is_typed(value, definition):
                self.report(FORM, (definition.key, record.id), settle(*parts(value)), value)
        return found

    def again(self, before: Mapping[Place, Value], rng: Random) -> None:
        """Ask again: from the last to the first, with records in another order, the longer way."""
        case = self.story.cases[self.at]
        quick, longer = self.trial.engine(), self.trial.engine(plain=False)
        for claim, asked in (
            (TWICE, self.ask(quick, case, backward=True)),
            (ORDER, self.ask(quick, shuffled(case, rng))),
            (SHORT, self.ask(longer, case)),
        ):
            for definition, record, value in asked:
                place = (definition.key, record.id)
                if place in before and not same(before[place], value):
                    self.report(claim, place, before[place], value)


def stories(household: Household, rng: Random, count: int) -> Iterator[Story]:
    """Yield households of which more and more is known."""
    for _ in range(count):
        cases = [make_case(household, rng)]
        cases.append(learn(household, cases[0], rng))
        if rng.random() < 0.5:
            cases.append(learn(household, cases[1], rng))
        cases.append(complete(household, cases[-1], rng))
        yield Story(tuple(cases), rng.choice(TODAYS))


def raised(error: Exception) -> str:
    """Return what was raised, and where."""
    where = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({where.filename}:{where.lineno})"
