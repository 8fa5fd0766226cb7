"""Two policies to where they decide a grant otherwise: by Z3, over all households of a size."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from time import monotonic_ns

import z3
from attrs import define, field, frozen

from aidrules.backends.smt.context import Spot
from aidrules.backends.smt.household import Household, Place
from aidrules.backends.smt.lower import Lowerer
from aidrules.backends.smt.terms import Bit, Unfit, Why, below, both, either, negation
from aidrules.backends.smt.values import List, Num, Term, Truth, Word, alike, plain
from aidrules.backends.smt.words import OTHERS, Words
from aidrules.case import Case
from aidrules.program import Program
from aidrules.types import Choice, core
from aidrules.values import Exact
from aidrules.verify.comparing.differing import smallest
from aidrules.verify.comparing.extents import Extent, Value
from aidrules.verify.comparing.sides import Nobody, Side, Way, way
from aidrules.verify.proving.attempts import TooFewError, first, received
from aidrules.verify.proving.sizes import common_sizes, root_of
from aidrules.verify.proving.verdicts import Unsettled
from aidrules.verify.proving.worlds import Pair, joined


class TimeIsUpError(Exception):
    """Z3 did not answer in time."""


@frozen
class Both:
    """Two policies over one household of open facts.

    Attributes:
        worlds: The terms of each.
        place: Of the record on which the grant is.
        where: In which households it is decided otherwise, and in which way.
    """

    worlds: tuple[Lowerer, Lowerer]
    place: Place
    where: Mapping[Way, Bit]

    @staticmethod
    def of(pair: Pair, programs: tuple[Program, Program], sizes: Mapping[str, int]) -> "Both":
        """Return both over a household.

        Args:
            pair: The grant.
            programs: With the facts of both; see `worlds.agreed`.
            sizes: How many records of each kind.

        Raises:
            Unfit: If the grant has no translation.
            TooFewError: If there is no place for its record.
        """
        words = Words.of(*programs)
        root = root_of(programs[0])
        one, other = (
            Lowerer(Household.of(program, root, pair.today, sizes, words)) for program in programs
        )
        grants = pair.grants
        found = [
            tuple(plain(world.definition(key, spot)) for key in (grant.receives, grant.key))
            for world, grant in zip((one, other), grants, strict=True)
            for spot in [Spot(first(world, grant.entity), pair.today)]
        ]
        return Both((one, other), first(one, grants[0].entity), _ways(found[0], found[1]))

    @property
    def is_by_chance(self) -> bool:
        """Whether it depends on who else claims limited funds or places."""
        return any(world.chances for world in self.worlds)

    def conditions(self, wanted: Bit) -> list[Bit]:
        """Return what holds of every household, and what is wanted."""
        assumed = [bit for world in self.worlds for bit in world.household.assumed]
        found = [*assumed, self.place.present, wanted]
        return [z3.BoolVal(each) if isinstance(each, bool) else each for each in found]

    def model(self, wanted: Bit, seconds: Exact) -> z3.ModelRef | None:
        """Return a household for which something holds; None if there is none.

        Raises:
            TimeIsUpError: If it is not known in time.
        """
        if wanted is False:
            return None
        solver = z3.Solver()
        solver.set("timeout", _milliseconds(seconds))
        solver.add(*self.conditions(wanted))
        answer = solver.check()
        if answer == z3.unknown:
            raise TimeIsUpError
        return solver.model() if answer == z3.sat else None

    def case(self, model: z3.ModelRef) -> Case:
        """Return the household of a model."""
        one, other = (world.household.case(model) for world in self.worlds)
        return joined(one, other)


def _ways(before: tuple[Term, ...], after: tuple[Term, ...]) -> dict[Way, Bit]:
    (receives, value), (receives_after, value_after) = before, after
    granted, granted_after = received(receives), received(receives_after)
    refused, refused_after = (
        both(each.here, negation(received(each))) for each in (receives, receives_after)
    )
    still = both(granted, granted_after)
    gains = either(both(refused, granted_after), both(still, _less(value, value_after)))
    loses = either(both(granted, refused_after), both(still, _less(value_after, value)))
    differs = either(
        negation(alike(receives, receives_after)), both(still, negation(alike(value, value_after)))
    )
    otherwise = both(differs, negation(gains), negation(loses))
    return {"gains": gains, "loses": loses, "otherwise": otherwise}


def _less(one: Term, other: Term) -> Bit:
    """Return where an amount is less than another, or a list of services is part of another."""
    here = both(one.here, other.here)
    match one, other:
        case Num(exact=less), Num(exact=more):
            return both(here, below(less, more))
        case List(marks=few), List(marks=many):
            return both(
                here,
                *(either(negation(bit), many.get(name, False)) for name, bit in few.items()),
                either(*(both(bit, negation(few.get(name, False))) for name, bit in many.items())),
            )
        case _:
            return False


@define(eq=False)
class Search:
    """What looks for households that two policies decide otherwise.

    Attributes:
        pair: The grant.
        programs: With the facts of both.
        members: How many records of a kind a household has at most.
        seconds: How long each question may take.
    """

    pair: Pair
    programs: tuple[Program, Program]
    members: int
    seconds: Exact
    _made: dict[int, Both] = field(factory=dict, init=False)
    _deadline: int = field(default=0, init=False)

    def side(self, wanted: Way) -> Side:
        """Return a household to which something happens, the smallest first, or that none is."""
        self._deadline = monotonic_ns() + int(self.seconds * 10**9)
        proved, why = 0, "time"
        for members in range(1, self.members + 1):
            try:
                here = self._both(members)
                model = here.model(here.where[wanted], self._left())
            except Unfit as unfit:
                return Unsettled(unfit.why)
            except TooFewError:
                why = "too-few"
                continue
            except TimeIsUpError:
                break
            if model is not None:
                case, record = here.case(model), (here.place.entity, here.place.id)
                if way(*self.pair.decided(case, record)) != wanted:
                    return Unsettled("place" if here.is_by_chance else "replay")
                return smallest(self.pair, self.programs, case, record, wanted)
            proved = members
        return Nobody(common_sizes(self.programs, proved)) if proved else Unsettled(why)

    def extents(self, values: Sequence[Value]) -> Iterator[Extent]:
        """Yield between which values some things lie wherever the grant is decided otherwise."""
        for value in values:
            self._deadline = monotonic_ns() + int(self.seconds * 10**9)
            try:
                here = self._both(self.members)
                found = self._extent(here, value)
            except (Unfit, TooFewError, TimeIsUpError):
                continue
            if found != Extent(value):
                yield found

    # ------------------------------------------------------------ households

    def _both(self, members: int) -> Both:
        if members not in self._made:
            made = Both.of(self.pair, self.programs, common_sizes(self.programs, members))
            if made.model(True, self._left()) is None:  # no household lies in the ranges of both
                raise Unfit(Why.OTHER_POLICY)
            self._made[members] = made
        return self._made[members]

    def _left(self) -> Fraction:
        """Return how many seconds are left."""
        return Fraction(self._deadline - monotonic_ns(), 10**9)

    # ------------------------------------------------------------ extents

    def _extent(self, here: Both, value: Value) -> Extent:
        world, words = here.worlds[1], here.worlds[1].household.words
        term = plain(world.lower(value, Spot(here.place, self.pair.today)))
        differs = both(term.here, either(*here.where.values()))
        match term:
            case Num(exact=number) if number.constant is None:
                low, high = (
                    self._narrower_end(here, term, differs, is_high=is_high)
                    for is_high in (False, True)
                )
                return Extent(value, low, high)
            case Word(code=code):
                kind = core(value.type)
                names = kind.values if isinstance(kind, Choice) else words.texts
                numbers = {name: code == words.number(name) for name in names}
                if here.model(both(differs, code >= OTHERS), self._left()) is not None:
                    return Extent(value)
                return Extent(value, among=self._among(here, differs, numbers))
            case Truth(yes=yes):
                answers = {True: yes, False: negation(yes)}
                return Extent(value, among=self._among(here, differs, answers))
            case _:
                return Extent(value)

    def _among(
        self, here: Both, differs: Bit, values: Mapping[str, Bit] | Mapping[bool, Bit]
    ) -> tuple[str | bool, ...] | None:
        """Return which values something has where the grant differs; None if any of them."""
        found = tuple(
            each
            for each, bit in values.items()
            if here.model(both(differs, bit), self._left()) is not None
        )
        return None if len(found) in (0, len(values)) else found

    def _narrower_end(
        self, here: Both, term: Num, wanted: Bit, *, is_high: bool
    ) -> Fraction | None:
        """Return an end of a number where something holds, unless all households have the same."""
        found = self._end(here, term, wanted, is_high=is_high)
        return None if found == self._end(here, term, term.here, is_high=is_high) else found

    def _end(self, here: Both, term: Num, wanted: Bit, *, is_high: bool) -> Fraction | None:
        """Return the greatest or least that a number is where something holds, if there is one."""
        best = z3.Optimize()
        best.set("timeout", _milliseconds(self._left()))
        best.add(*here.conditions(wanted))
        whole = term.exact.whole
        aim = best.maximize(whole) if is_high else best.minimize(whole)
        if best.check() != z3.sat:
            raise TimeIsUpError
        end = best.upper(aim) if is_high else best.lower(aim)
        return Fraction(end.as_long(), term.exact.scale) if z3.is_int_value(end) else None


def _milliseconds(seconds: Exact) -> int:
    """Return how long Z3 may take.

    Raises:
        TimeIsUpError: If no time is left.
    """
    found = int(seconds * 1000)
    if found <= 0:
        raise TimeIsUpError
    return found
