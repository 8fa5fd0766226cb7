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
from aidrules.backends.smt.household import FIGURE
from aidrules.backends.smt.terms import Unfit, below, exact, same, variables
from aidrules.backends.smt.values import Num, number
from aidrules.pipeline import load
from aidrules.program import Check, Expr, Figure, MovesWith, Program, SameAs, UnchangedBy, Use
from aidrules.source import Span
from aidrules.types import TRUTH
from aidrules.values import Exact
from aidrules.verify.households.second import with_figures
from aidrules.verify.proving.asking import Asking, TimeIsUpError
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
    _asking: Asking = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._asking = Asking(self.program, self.today, self.seconds)

    def settle(self, wanted: Property) -> Settled:
        """Return the verdict on a property."""
        started = now()
        self._asking.begin(_varied(wanted, self.program))
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
            for world in self._asking.worlds.values()
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
        worlds = self._asking.worlds.values()
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

    # ------------------------------------------------------------ refuting

    def _settle(self, claim: Refutable, root: str) -> "_Answer":
        """Return that a property holds of households of any size, else what holds of some."""
        try:
            world = self._asking.world(root, None)
            made = attempt(claim, world)
            here = made.place.present
            holds = self._asking.is_none(world, here, made.bad)
            is_wanting = holds and not self._asking.is_none(world, here, made.wanting)
        except (Unfit, TooFewError):
            holds = is_wanting = False
        if not holds:
            return self._refute(claim, root, self.members)
        answer = self._spoken_of(claim, root, self.members)
        if not isinstance(answer.verdict, Proved):
            return answer
        return _Answer(Proved(reach="any"), self.members, is_wanting)

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
        world = self._asking.world(root, members)
        made = attempt(claim, world)
        here = made.place.present
        model = self._asking.usual_model(world, here, made.bad)
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
        world = self._asking.world(root, self.members)
        made = attempt(claim, world)
        if made.moved is None or made.change is None:
            return None
        one_step = same(made.change, exact(step_of(stated.cause, self.program)))
        conditions = (made.place.present, made.bad, one_step)
        best = self._asking.greatest(made.moved, world, *conditions, is_extra=True)
        return None if best is None else cliff(stated, world, made, best.model, example)

    def _spoken_of(self, claim: Refutable, root: str, proved: int) -> "_Answer":
        """Return that a property is proved, if it says something of some household at all."""
        self._asking.prolong()
        is_asked = is_wanting = False
        for members in range(1, proved + 1):
            world = self._asking.world(root, members)
            try:
                made = attempt(claim, world)
            except TooFewError:
                continue
            here = made.place.present
            is_asked = is_asked or self._asking.model(world, here, made.asked) is not None
            is_wanting = is_wanting or self._asking.model(world, here, made.wanting) is not None
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
                Fraction(self._asking.left(), 1000),
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
            world = self._asking.world(root, members)
            try:
                place = first(world, entity)
            except TooFewError:
                continue
            held = [received(world.truth(each, spot_of(place, world))) for each in conditions]
            model = self._asking.usual_model(world, place.present, *held)
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
            world = self._asking.world(root, members)
            place = first(world, self.program.definition[claim.key].entity)
            solver = self._asking.solver(world, place.present)
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
            case Proved(highest=highest) if highest is not None:
                return evolve(answer, verdict=self._of_any_size(key, root, highest))
            case _:
                return answer

    def _of_any_size(self, key: str, root: str, highest: Exact) -> Proved:
        """Return what is highest in the sizes looked at, and what no household is above."""
        try:
            world = self._asking.world(root, None)
            place, value = valued(key, world)
        except Unfit:
            return Proved(highest)
        amount, here = number(value), (place.present, value.here)

        def is_none_above(limit: Exact) -> bool:
            self._asking.prolong()
            return self._asking.is_none(world, *here, below(exact(limit), amount))

        if is_none_above(highest):
            return Proved(highest, reach="any")
        best = self._asking.greatest(amount, world, *here, is_extra=True)
        if best is None or not z3.is_int_value(best.upper):
            return Proved(highest)
        limit = Fraction(best.upper.as_long(), amount.scale)
        return Proved(highest, limit if is_none_above(limit) else None)

    def _highest(self, key: str, root: str, members: int) -> Verdict:
        world = self._asking.world(root, members)
        place, value = valued(key, world)
        if not isinstance(value, Num):
            raise TypeError(value)
        number = value.exact
        if self._asking.model(world, place.present, value.here) is None:
            return NotCovered("nothing-asked")
        if number.constant is not None:
            return Proved(number.constant)
        if any(str(each).startswith(FIGURE) for each in variables(number.whole)):
            return NotCovered("open-figure")
        best = self._asking.greatest(number, world, place.present, value.here)
        if best is None:
            raise TimeIsUpError
        if not z3.is_int_value(best.upper):
            return NotCovered("no-end")
        return Proved(Fraction(best.upper.as_long(), number.scale))


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
