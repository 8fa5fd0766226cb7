"""Program to engine, and a case to what can be asked of it."""

from collections.abc import Mapping

from attrs import field, frozen

from aidrules import traverse
from aidrules.backends.interpreter import missing as gaps
from aidrules.backends.interpreter.closures import closure_of
from aidrules.backends.interpreter.frames import NOTHING, Closure, Frame, Learnt, World
from aidrules.backends.interpreter.operands import Look, always, look_of
from aidrules.backends.interpreter.scope import Scope
from aidrules.case import Case, Record
from aidrules.program import Expr, Fact, FactUse, Program, Use, ValueMatch
from aidrules.trace import Step
from aidrules.traverse import ALWAYS_ASKED
from aidrules.values import Value


@frozen
class Engine:
    """A program, ready to be worked out on any case.

    Attributes:
        is_plain: Whether certain values take the short way; without it every node goes by the
            rules of bounds.
        slots: Where in its frame a definition is remembered.
        sizes: How many definitions each kind of record has.
        texts: Every text that the policy names.
        definitions: The kind of record and the closure of each, made when first asked for.
        prepared: What the readers of its evaluations prepared of the program.
    """

    program: Program
    is_plain: bool
    slots: Mapping[str, int]
    sizes: Mapping[str | None, int]
    texts: frozenset[str]
    _compiled: dict[tuple[int, str | None], tuple[Expr, Closure]] = field(factory=dict, repr=False)
    _scopes: dict[str | None, Scope] = field(factory=dict, repr=False)
    definitions: dict[str, tuple[str | None, Closure]] = field(factory=dict, repr=False)
    prepared: dict[object, object] = field(factory=dict, repr=False)
    _looks: dict[tuple[int, str, bool], tuple[Expr, Look]] = field(factory=dict, repr=False)
    _terms: dict[tuple[int, str], tuple[Expr, tuple[Closure, ...]]] = field(
        factory=dict, repr=False
    )

    def open(self, case: Case, today: int, learnt: Learnt = NOTHING) -> "Evaluation":
        """Return what can be asked of a case at a date.

        Args:
            case: The facts.
            today: The date asked for, as an ordinal.
            learnt: What is supposed to be known besides.
        """
        return Evaluation(self, World(self.program, case, today, self.sizes, learnt))

    def scope(self, entity: str | None) -> Scope:
        """Return the scope of the records of a kind."""
        found = self._scopes.get(entity)
        if found is None:
            found = self._scopes[entity] = Scope(
                self.program, entity, self.is_plain, self.texts, self.closure, self.definition
            )
        return found

    def closure(self, expression: Expr, entity: str | None) -> Closure:
        """Return the closure of an expression on records of a kind, made once."""
        key = id(expression), entity
        found = self._compiled.get(key)
        if found is None:
            # The expression is kept beside its closure, so that nothing else takes its identity.
            found = expression, closure_of(expression, self.scope(entity))
            self._compiled[key] = found
        return found[1]

    def look(self, expression: Expr, entity: str, *, beneath: bool) -> Look:
        """Return what looks into an expression on records of a kind, made once.

        Args:
            expression: The expression.
            entity: The kind of its record.
            beneath: Whether to go through operators (see `traverse.beneath`).
        """
        key = id(expression), entity, beneath
        found = self._looks.get(key)
        if found is None:
            if not beneath:
                look = look_of(expression, self.scope(entity))
            elif isinstance(expression, ALWAYS_ASKED):
                look = always(traverse.beneath(expression), self.scope(entity))
            else:
                look = self.look(expression, entity, beneath=False)
            found = self._looks[key] = expression, look
        return found[1]

    def terms(self, formula: Expr, entity: str) -> tuple[Closure, ...]:
        """Return the closures of the terms of a formula on records of a kind, made once."""
        key = id(formula), entity
        found = self._terms.get(key)
        if found is None:
            closures = tuple([self.closure(each, entity) for each in traverse.terms(formula)])
            found = self._terms[key] = formula, closures
        return found[1]

    def definition(self, key: str) -> Closure:
        """Return the closure of a definition on records of its kind, which remembers its value."""
        found = self.definitions.get(key)
        if found is None:
            definition = self.program.definition[key]
            slot = self.slots[key]
            body = self.closure(definition.body, definition.entity)

            def remembered(frame: Frame) -> Value:
                value = frame.memo[slot]
                if value is None:
                    value = frame.memo[slot] = body(frame)
                return value

            found = self.definitions[key] = definition.entity, remembered
        return found[1]


def emit(program: Program, *, plain: bool = True) -> Engine:
    """Return the engine of a program.

    Args:
        program: Checked: names resolved, no cycles.
        plain: Whether certain values take the short way.
    """
    slots: dict[str, int] = {}
    sizes: dict[str | None, int] = {entity.name: 0 for entity in program.entities}
    sizes[None] = 0
    for definition in program.definitions:
        slots[definition.key] = sizes[definition.entity]
        sizes[definition.entity] += 1
    engine = Engine(program, plain, slots, sizes, program.texts | _texts(program))
    for definition in program.definitions:
        engine.definition(definition.key)
    return engine


def _texts(program: Program) -> frozenset[str]:
    """Return the texts by which figures are looked up."""
    return frozenset(
        cell.value
        for parameter in program.parameters
        for row in parameter.rows
        for cell in row.cells
        if isinstance(cell, ValueMatch) and isinstance(cell.value, str)
    )


@frozen
class Evaluation:
    """A case at a date, worked out as far as it is asked; it is its own trace.

    Attributes:
        looked_into: The operands of each step that was looked into.
        readings: What was read of it, for its readers.
    """

    engine: Engine
    world: World
    _looked_into: dict[tuple[Look, Record, int], tuple[Step, ...]] = field(
        factory=dict, init=False, repr=False, eq=False
    )
    readings: dict[object, object] = field(factory=dict, init=False, repr=False, eq=False)

    @property
    def today(self) -> int:
        """The date asked for, as an ordinal."""
        return self.world.today

    @property
    def prepared(self) -> dict[object, object]:
        """What readers prepared of the program."""
        return self.engine.prepared

    @property
    def case(self) -> Case:
        """The facts."""
        return self.world.case

    def value(self, key: str, record: Record) -> Value:
        """Return the value of a definition on a record, or on the one above it that it is of."""
        entity, remembered = self.engine.definitions[key]
        world = self.world
        if entity is None:
            return remembered(world.policy(world.today))
        if record.entity != entity:
            record = record.above(entity)
        return remembered(world.frame(record, world.today))

    def evaluate(self, expression: Expr, record: Record) -> Value:
        """Return the value of an expression on a record."""
        frame = self.world.frame(record, self.today)
        return self.engine.closure(expression, record.entity)(frame)

    def fact(self, entity: str, name: str, record: Record) -> Value:
        """Return what is known of a fact of a record, or of the one above it."""
        above = record.above(entity)
        fact = self.engine.program.fact[entity, name]
        use = FactUse(entity, name, type=fact.type, span=fact.span)
        return closure_of(use, self.engine.scope(entity))(self.world.frame(above, self.today))

    @property
    def program(self) -> Program:
        """The policy."""
        return self.engine.program

    def suppose(self, learnt: Learnt) -> "Evaluation":
        """Return the evaluation with that known in place of what was supposed before."""
        return self.engine.open(self.case, self.today, learnt)

    def assumed(self, key: str, record: Record) -> tuple[tuple[Record, Fact, Value], ...]:
        """Return the defaults that a definition read: its answer holds only if they do."""
        return gaps.assumed(self, key, record)

    def missing(self, key: str, record: Record) -> tuple[gaps.MissingFact, ...]:
        """Return what could still decide a definition, the most decisive first."""
        return gaps.missing(self, key, record)

    def step(self, expression: Expr, record: Record) -> Step:
        """Evaluate an expression on a record."""
        today = self.world.today
        frame = self.world.frame(record, today)
        value = self.engine.closure(expression, record.entity)(frame)
        return Step(expression, value, record, today)

    def operands(self, step: Step) -> tuple[Step, ...]:
        """Return the operands of a step that took part, in order of evaluation."""
        return self._asked(step, beneath=False)

    def beneath(self, step: Step) -> tuple[Step, ...]:
        """Return the operands of a step, and of its operators in place of the operators."""
        return self._asked(step, beneath=True)

    def terms(self, step: Step) -> tuple[Value, ...]:
        """Return the values of the terms of a formula, as they are written."""
        record = step.record
        frame = self.world.frame(record, step.today)
        return tuple([term(frame) for term in self.engine.terms(step.expression, record.entity)])

    def _asked(self, step: Step, *, beneath: bool) -> tuple[Step, ...]:
        expression, record, today = step.expression, step.record, step.today
        if isinstance(expression, Use):
            entity, body = expression.entity, self.program.definition[expression.key].body
            home = self.case.root if entity is None else record.above(entity)
            return (Step(body, step.value, home, today),)
        look = self.engine.look(expression, record.entity, beneath=beneath)
        key = look, record, today
        found = self._looked_into.get(key)
        if found is None:
            found = self._looked_into[key] = look(self.world.frame(record, today))
        return found
