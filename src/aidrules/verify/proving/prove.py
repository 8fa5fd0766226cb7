"""Properties to verdicts: settled by Z3 over all households of a size, and replayed before told.

What is proved holds of every household of up to so many records of each kind, with all facts known
and in their declared ranges, on the date asked for. What is refuted comes with a household for
which the interpreter says so too, made as small and plain as it gets.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import assert_never

import z3
from attrs import define, evolve, field, frozen

from aidrules.backends.interpreter import emit
from aidrules.backends.smt.household import FIGURE, Household
from aidrules.backends.smt.lower import Lowerer
from aidrules.backends.smt.terms import Bit, Unfit, below, exact, same, variables
from aidrules.backends.smt.values import Num, number
from aidrules.pipeline import load
from aidrules.program import Check, Expr, Figure, MovesWith, Program, SameAs, UnchangedBy, Use
from aidrules.source import Span
from aidrules.types import TRUTH
from aidrules.values import Exact
from aidrules.verify.households.second import with_figures
from aidrules.verify.proving.attempts import (
    Refutable,
    TooFewError,
    attempt,
    first,
    met_cases,
    received,
    spot_of,
    valued,
)
from aidrules.verify.proving.clock import now
from aidrules.verify.proving.meaning import meaning
from aidrules.verify.proving.proofs import Proofs
from aidrules.verify.proving.properties import (
    AtMost,
    Complete,
    Defined,
    DrawnAlike,
    NeverNegative,
    OneAlone,
    OrderFree,
    Possible,
    Property,
    Reachable,
    Reached,
    Separate,
    Stated,
    is_by_form,
    properties,
)
from aidrules.verify.proving.replay import Replay
from aidrules.verify.proving.sizes import MANY, MEMBERS, SECONDS, root_of, sizes_of, usual_day
from aidrules.verify.proving.tested import try_out
from aidrules.verify.proving.trial import REFUTABLE, SEED, TRIES
from aidrules.verify.proving.verdicts import (
    Apart,
    Cliff,
    Counterexample,
    NotCovered,
    Proved,
    Refuted,
    Same,
    Settled,
    Unreached,
    Unsettled,
    Verdict,
)
from aidrules.verify.proving.witness import cliff, step_of, witness


class TimeIsUpError(Exception):
    """Z3 did not answer in time."""


def prove(
    program: Program,
    name: str,
    digest: str,
    on: date | None,
    members: int = MEMBERS,
    seconds: Exact = SECONDS,
    only: str | None = None,
) -> Proofs:
    """Return the verdict on each property of a policy; see `Policy.prove`."""
    day = date.fromordinal(usual_day(program)) if on is None else on
    prover = Prover(program, root_of(program), day.toordinal(), members, seconds)
    wanted = [each for each in properties(program) if only is None or each.subject == only]
    return Proofs(name, digest, day, tuple(map(prover.settle, wanted)), program)


@define(eq=False)
class Prover:
    """What settles properties of a policy on a date.

    Attributes:
        root: The kind of a household's record.
        today: As an ordinal.
        members: How many records of a kind a household has at most.
        seconds: How long Z3 may take for one property.
    """

    program: Program
    root: str
    today: int
    members: int = MEMBERS
    seconds: Exact = SECONDS
    _worlds: dict[tuple[str, int | None, tuple[str, ...]], Lowerer] = field(
        factory=dict, init=False
    )
    _varied: tuple[str, ...] = field(default=(), init=False)
    _deadline: int = field(default=0, init=False)

    def settle(self, wanted: Property) -> Settled:
        """Return the verdict on a property."""
        started = now()
        self._deadline = started + int(self.seconds * 1000)
        self._varied = _varied(wanted, self.program)
        root = self._root_for(wanted)
        try:
            answer = self._answer(wanted, root)
        except Unfit as unfit:
            answer = _Answer(NotCovered(unfit.why), self.members)
        except TimeIsUpError:
            answer = _Answer(NotCovered("time"), self.members)
        answer = self._or_tested(wanted, answer)
        is_of_any = isinstance(answer.verdict, Proved) and answer.verdict.reach != "sizes"
        sizes = {} if is_of_any else sizes_of(self.program, root, answer.members)
        open_figures = sorted(
            self.program.parameter[key].name
            for world in self._worlds.values()
            for key in world.household.figures
            if key not in world.varied
        )
        return Settled(
            wanted,
            answer.verdict,
            sizes,
            tuple(dict.fromkeys(open_figures)),
            answer.is_where_set,
            now() - started,
        )

    def _or_tested(self, wanted: Property, answer: "_Answer") -> "_Answer":
        """Try out what was not settled, unless figures are missing that it may need."""
        worlds = self._worlds.values()
        is_open = any(set(each.household.figures) - set(each.varied) for each in worlds)
        if is_open or not isinstance(answer.verdict, NotCovered):
            return answer
        if not isinstance(wanted.claim, REFUTABLE):
            return answer
        return evolve(answer, verdict=try_out(self.program, wanted, SEED, self.today, TRIES))

    def _answer(self, wanted: Property, root: str) -> "_Answer":
        claim = wanted.claim
        if is_by_form(claim, self.program):
            return _Answer(Proved(reach="form"), self.members)
        match claim:
            case Reachable(key=key):
                grant = self.program.grant[key]
                use = Use(grant.entity, grant.receives, type=TRUTH, span=grant.span)
                return self._somebody(claim, (use,), grant.entity, root)
            case Reached():
                return self._reached(claim, root)
            case AtMost(key=key):
                return self._at_most(key, root)
            case Possible(entity=entity, conditions=conditions):
                return self._somebody(claim, conditions, entity, root)
            case OrderFree() | DrawnAlike():
                return self._refute(claim, root, self.members)
            case Stated(check=Check(property=SameAs() as same)):
                return self._same_as(same)
            case Defined() | Complete() | NeverNegative() | OneAlone() | Separate() | Stated():
                return self._settle(claim, root)
            case _:
                assert_never(claim)

    # ------------------------------------------------------------ households

    def _entity(self, wanted: Property) -> str | None:
        """Return the kind of record that a property is about."""
        match wanted.claim:
            case Stated(check=check):
                stated = check.property
                return None if isinstance(stated, SameAs) else stated.entity
            case Possible(entity=entity):
                return entity
            case DrawnAlike(first=(key, _)):
                return self.program.definition[key].entity
            case OneAlone(exclusion=exclusion):
                return self.program.grant[exclusion.grants[0]].entity
            case (
                Defined(key=key)
                | Complete(key=key)
                | Reachable(key=key)
                | NeverNegative(key=key)
                | AtMost(key=key)
                | Reached(key=key)
                | Separate(key=key)
                | OrderFree(key=key)
            ):
                return self.program.definition[key].entity
            case _:
                assert_never(wanted.claim)

    def _root_for(self, wanted: Property) -> str:
        """Return the kind of document: the household, or the record above it that is spoken of."""
        entity = self._entity(wanted)
        is_above = entity in tuple(self.program.ancestry(self.root))[1:]
        return entity if is_above and entity is not None else self.root

    def _world(self, root: str, members: int | None) -> Lowerer:
        """Return the terms over a household of up to so many members; None: of any size."""
        key = root, members, self._varied
        if key not in self._worlds:
            sizes = sizes_of(self.program, root, 1 if members is None else members)
            household = Household.of(
                self.program, root, self.today, sizes, is_endless=members is None
            )
            self._worlds[key] = Lowerer(household, opens=True, varied=self._varied)
        return self._worlds[key]

    def _left(self) -> int:
        """Return how many milliseconds are left for the property.

        Raises:
            TimeIsUpError: If none are.
        """
        left = self._deadline - now()
        if left <= 0:
            raise TimeIsUpError
        return left

    def _solver(self, world: Lowerer, *conditions: Bit) -> z3.Solver:
        solver = z3.Solver()
        solver.set("timeout", self._left())
        solver.add(*world.household.assumed)
        solver.add(*(z3.BoolVal(each) if isinstance(each, bool) else each for each in conditions))
        return solver

    def _model(self, world: Lowerer, *conditions: Bit) -> z3.ModelRef | None:
        """Return a household for which all conditions hold; None if there is none.

        Raises:
            TimeIsUpError: If it is not known in time.
        """
        if any(each is False for each in conditions):
            return None
        solver = self._solver(world, *conditions)
        answer = solver.check()
        if answer == z3.unknown:
            raise TimeIsUpError
        return solver.model() if answer == z3.sat else None

    def _supposed(self, world: Lowerer, *conditions: Bit) -> z3.ModelRef | None:
        """Return such a household for figures that are as figures mostly are, if one is found."""
        supposed = world.household.supposed()
        if not supposed or any(each is False for each in conditions):
            return None
        pairs = [(number, z3.IntVal(value)) for number, value in supposed]
        narrowed = [z3.substitute(each, *pairs) for each in conditions if each is not True]
        solver = self._solver(world, *narrowed, *(number == value for number, value in pairs))
        solver.set("timeout", self._left() // 3)
        return solver.model() if solver.check() == z3.sat else None

    # ------------------------------------------------------------ refuting

    def _settle(self, claim: Refutable, root: str) -> "_Answer":
        """Return that a property holds of households of any size, else what holds of some."""
        try:
            made = attempt(claim, self._world(root, None))
            here = made.place.present
            holds = self._is_none(root, here, made.bad)
            is_wanting = holds and not self._is_none(root, here, made.wanting)
        except (Unfit, TooFewError):
            holds = is_wanting = False
        if not holds:
            return self._refute(claim, root, self.members)
        answer = self._spoken_of(claim, root, self.members)
        if not isinstance(answer.verdict, Proved):
            return answer
        return _Answer(Proved(reach="any"), self.members, is_wanting)

    def _is_none(self, root: str, *conditions: Bit) -> bool:
        """Return whether it is known that conditions hold for no household of any size."""
        if any(each is False for each in conditions):
            return True
        solver = self._solver(self._world(root, None), *conditions)
        solver.set("timeout", self._left() // 3)
        return bool(solver.check() == z3.unsat)

    def _refute(self, claim: Refutable, root: str, most: int) -> "_Answer":
        """Look for a household for which a property fails, the smallest first."""
        proved = 0
        why = "time"
        for members in range(1, most + 1):
            try:
                verdict = self._failing(claim, root, members)
            except TooFewError:
                why = "too-few"
                continue
            except TimeIsUpError:
                break
            if isinstance(verdict, Refuted):
                worst = self._worst(claim, root, verdict.example)
                return _Answer(Refuted(verdict.example, worst), members)
            if verdict is not None:
                return _Answer(verdict, members)
            proved = members
        if not proved:
            return _Answer(NotCovered(why), most)
        return self._spoken_of(claim, root, proved)

    def _failing(self, claim: Refutable, root: str, members: int) -> Verdict | None:
        """Return a household for which a property fails; None if there is none."""
        world = self._world(root, members)
        made = attempt(claim, world)
        here = made.place.present
        model = self._supposed(world, here, made.bad)
        if model is None:
            model = self._model(world, here, made.bad)
        if model is None:
            return None
        found = witness(claim, world, made, model)
        return Refuted(found) if isinstance(found, Counterexample) else NotCovered(found)

    def _worst(self, claim: Refutable, root: str, example: Counterexample) -> Cliff | None:
        """Look for the most by which a value moves, where its cause changes by one step."""
        match claim:
            case Stated(check=Check(property=MovesWith() as stated)):
                pass
            case _:
                return None
        world = self._world(root, self.members)
        made = attempt(claim, world)
        if made.moved is None or made.change is None:
            return None
        best = z3.Optimize()
        best.set("timeout", max(1000, (self._deadline - now()) // 2))
        conditions = (made.place.present, made.bad)
        best.add(*world.household.assumed, *(each for each in conditions if each is not True))
        one_step = same(made.change, exact(step_of(stated.cause, self.program)))
        best.add(one_step)
        best.maximize(made.moved.whole)
        if best.check() != z3.sat:
            return None
        return cliff(stated, world, made, best.model(), example)

    def _spoken_of(self, claim: Refutable, root: str, proved: int) -> "_Answer":
        """Return that a property is proved, if it says something of some household at all."""
        self._deadline = max(self._deadline, now() + int(self.seconds * 250))
        is_asked = is_wanting = False
        for members in range(1, proved + 1):
            world = self._world(root, members)
            try:
                made = attempt(claim, world)
            except TooFewError:
                continue
            here = made.place.present
            is_asked = is_asked or self._model(world, here, made.asked) is not None
            is_wanting = is_wanting or self._model(world, here, made.wanting) is not None
            if is_asked and is_wanting:  # a larger household may want a figure that none here does
                break
        if not is_asked:
            return _Answer(NotCovered("nothing-asked"), proved)
        return _Answer(Proved(), proved, is_wanting)

    def _same_as(self, same: SameAs) -> "_Answer":
        """Compare each grant with the one of its name in another policy."""
        try:
            other = load(same.policy).program
        except FileNotFoundError:
            other = None
        if other is None:
            return _Answer(NotCovered("other-policy"), self.members)
        theirs = {grant.name: grant for grant in other.grants}
        pairs = [(mine, theirs[mine.name]) for mine in self.program.grants if mine.name in theirs]
        if not pairs:
            return _Answer(NotCovered("nothing-asked"), self.members)
        for pair in pairs:
            found = meaning(
                self.program,
                other,
                pair,
                self.today,
                self.members,
                Fraction(self._left(), 1000),
                same.exception,
            )
            match found:
                case Apart(case=case, record=record):
                    return _Answer(Refuted(Counterexample(case, record)), self.members)
                case Unsettled(why=why):
                    return _Answer(NotCovered(why), self.members)
                case Same():
                    pass
                case _:
                    assert_never(found)
        return _Answer(Proved(), self.members)

    # ------------------------------------------------------------ reaching

    def _somebody(
        self, claim: Reachable | Possible, conditions: Sequence[Expr], entity: str, root: str
    ) -> "_Answer":
        """Look for a household of which some record meets all conditions."""
        for members in (*range(1, self.members + 1), MANY):
            world = self._world(root, members)
            try:
                place = first(world, entity)
            except TooFewError:
                continue
            held = [received(world.truth(each, spot_of(place, world))) for each in conditions]
            model = self._supposed(world, place.present, *held)
            if model is None:
                model = self._model(world, place.present, *held)
            if model is None:
                continue
            household = world.household
            figures = {key: household.value(model, term) for key, term in household.figures.items()}
            replay = Replay(emit(with_figures(self.program, figures)), self.today)
            if replay.fails(claim, household.case(model), (place.entity, place.id)):
                return _Answer(NotCovered("place" if world.chances else "replay"), members)
            return _Answer(Proved(), members)
        return _Answer(Unreached(tuple(each.span for each in conditions)), MANY)

    def _reached(self, claim: Reached, root: str) -> "_Answer":
        """Look for a household for each case."""
        dead: list[Span] = []
        for members in (self.members, MANY):
            world = self._world(root, members)
            place = first(world, self.program.definition[claim.key].entity)
            solver = self._solver(world, place.present)
            dead = []
            for node in claim.nodes:
                for bit, span in met_cases(node, world, spot_of(place, world)):
                    answer = z3.sat if bit is True else z3.unsat
                    if not isinstance(bit, bool):
                        answer = solver.check(bit)
                    if answer == z3.unknown:
                        raise TimeIsUpError
                    if answer == z3.unsat:
                        dead.append(span)
            if not dead:
                return _Answer(Proved(), members)
        return _Answer(Unreached(tuple(dead)), MANY)

    def _at_most(self, key: str, root: str) -> "_Answer":
        """Look for the highest amount."""
        answer = _Answer(NotCovered("time"), self.members)
        for members in range(1, self.members + 1):
            try:
                answer = _Answer(self._highest(key, root, members), members)
            except TimeIsUpError:
                break
        match answer.verdict:
            case Proved(highest=highest) if highest is not None and self._caps(key, root, highest):
                return _Answer(Proved(highest, reach="any"), answer.members)
            case _:
                return answer

    def _caps(self, key: str, root: str, highest: Exact) -> bool:
        """Return whether an amount is above the highest one for no household of any size."""
        try:
            world = self._world(root, None)
            place, value = valued(key, world)
        except Unfit:
            return False
        is_above = below(exact(highest), number(value))
        self._deadline = max(self._deadline, now() + int(self.seconds * 250))
        return self._is_none(root, place.present, value.here, is_above)

    def _highest(self, key: str, root: str, members: int) -> Verdict:
        world = self._world(root, members)
        place, value = valued(key, world)
        if not isinstance(value, Num):
            raise TypeError(value)
        number = value.exact
        if self._model(world, place.present, value.here) is None:
            return NotCovered("nothing-asked")
        if number.constant is not None:
            return Proved(number.constant)
        if any(str(each).startswith(FIGURE) for each in variables(number.whole)):
            return NotCovered("open-figure")
        best = z3.Optimize()
        best.set("timeout", self._left())
        best.add(*world.household.assumed)
        best.add(*(each for each in (place.present, value.here) if each is not True))
        aim = best.maximize(number.whole)
        if best.check() != z3.sat:
            raise TimeIsUpError
        upper = best.upper(aim)
        if not z3.is_int_value(upper):
            return NotCovered("no-end")
        return Proved(Fraction(upper.as_long(), number.scale))


@frozen
class _Answer:
    """A verdict, how many records it speaks of, and whether only those that have their figures."""

    verdict: Verdict
    members: int
    is_where_set: bool = False


def _varied(wanted: Property, program: Program) -> tuple[str, ...]:
    """Return the keys of the figure that a property lets vary, and of what amends it."""
    match wanted.claim:
        case Stated(check=Check(property=MovesWith(cause=cause) | UnchangedBy(cause=cause))):
            return program.with_amendments(cause.parameter) if isinstance(cause, Figure) else ()
        case _:
            return ()
