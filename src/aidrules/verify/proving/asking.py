"""Conditions over a household of open facts to an answer of Z3, within the time of a question."""

import z3
from attrs import define, field, frozen

from aidrules.backends.smt.household import Household
from aidrules.backends.smt.lower import Lowerer
from aidrules.backends.smt.terms import Bit, Exactly
from aidrules.program import Program
from aidrules.values import Exact
from aidrules.verify.proving.clock import now
from aidrules.verify.proving.sizes import sizes_of


class TimeIsUpError(Exception):
    """Z3 did not answer in time."""


@define(eq=False)
class Asking:
    """What asks Z3 about the households of a policy on a date.

    Attributes:
        program: The policy.
        today: As an ordinal.
        seconds: How long Z3 may take for one question.
        worlds: The terms made so far: by the kind of a household's record, how many records of a
            kind it has at most, and the figures that vary.
    """

    program: Program
    today: int
    seconds: Exact
    worlds: dict[tuple[str, int | None, tuple[str, ...]], Lowerer] = field(factory=dict, init=False)
    _varied: tuple[str, ...] = field(default=(), init=False)
    _deadline: int = field(default=0, init=False)

    def begin(self, varied: tuple[str, ...]) -> None:
        """Begin with a question, in which some figures may have any value."""
        self._deadline = now() + int(self.seconds * 1000)
        self._varied = varied

    def prolong(self) -> None:
        """Leave the question at least a quarter of its time from now on."""
        self._deadline = max(self._deadline, now() + int(self.seconds * 250))

    def left(self) -> int:
        """Return how many milliseconds are left for the question.

        Raises:
            TimeIsUpError: If none are.
        """
        left = self._deadline - now()
        if left <= 0:
            raise TimeIsUpError
        return left

    def world(self, root: str, members: int | None) -> Lowerer:
        """Return the terms over a household of up to so many members; None: of any size."""
        key = root, members, self._varied
        if key not in self.worlds:
            sizes = sizes_of(self.program, root, 1 if members is None else members)
            household = Household.of(
                self.program, root, self.today, sizes, is_endless=members is None
            )
            self.worlds[key] = Lowerer(household, opens=True, varied=self._varied)
        return self.worlds[key]

    def solver(self, world: Lowerer, *conditions: Bit) -> z3.Solver:
        """Return a solver of some conditions, beside what holds of every household."""
        solver = z3.Solver()
        solver.set("timeout", self.left())
        solver.add(*_stated(world, conditions))
        return solver

    def model(self, world: Lowerer, *conditions: Bit) -> z3.ModelRef | None:
        """Return a household for which all conditions hold; None if there is none.

        Raises:
            TimeIsUpError: If it is not known in time.
        """
        if _is_refuted(conditions):
            return None
        solver = self.solver(world, *conditions)
        answer = solver.check()
        if answer == z3.unknown:
            raise TimeIsUpError
        return solver.model() if answer == z3.sat else None

    def usual_model(self, world: Lowerer, *conditions: Bit) -> z3.ModelRef | None:
        """Return such a household: one with figures as they mostly are, if that is found.

        Raises:
            TimeIsUpError: If it is not known in time.
        """
        usual = self._supposed(world, *conditions)
        return self.model(world, *conditions) if usual is None else usual

    def _supposed(self, world: Lowerer, *conditions: Bit) -> z3.ModelRef | None:
        supposed = world.household.supposed()
        if not supposed or _is_refuted(conditions):
            return None
        pairs = [(number, z3.IntVal(value)) for number, value in supposed]
        narrowed = [z3.substitute(each, *pairs) for each in conditions if each is not True]
        solver = self.solver(world, *narrowed, *(number == value for number, value in pairs))
        solver.set("timeout", self.left() // 3)
        return solver.model() if solver.check() == z3.sat else None

    def is_none(self, world: Lowerer, *conditions: Bit) -> bool:
        """Return whether it is known that conditions hold for no household."""
        if _is_refuted(conditions):
            return True
        solver = self.solver(world, *conditions)
        solver.set("timeout", self.left() // 3)
        return bool(solver.check() == z3.unsat)

    def greatest(
        self, number: Exactly, world: Lowerer, *conditions: Bit, is_extra: bool = False
    ) -> "Greatest | None":
        """Return how great a number can be where conditions hold; None if it is not known in time.

        Args:
            number: Looked at.
            world: The terms.
            conditions: All of which hold.
            is_extra: Whether the question is answered, so that half of what is left is enough,
                and a second where less is.
        """
        best = z3.Optimize()
        best.set("timeout", max(1000, (self._deadline - now()) // 2) if is_extra else self.left())
        best.add(*_stated(world, conditions))
        aim = best.maximize(number.whole)
        if best.check() != z3.sat:
            return None
        return Greatest(best.model(), best.upper(aim))


@frozen(eq=False)
class Greatest:
    """How great a number can be.

    Attributes:
        model: A household for which it is.
        upper: The greatest, in parts of a unit; no whole number where there is no end.
    """

    model: z3.ModelRef
    upper: z3.ExprRef


def _is_refuted(conditions: tuple[Bit, ...]) -> bool:
    return any(each is False for each in conditions)


def _stated(world: Lowerer, conditions: tuple[Bit, ...]) -> list[Bit]:
    wanted = [z3.BoolVal(each) if isinstance(each, bool) else each for each in conditions]
    return [*world.household.assumed, *wanted]
