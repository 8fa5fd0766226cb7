"""Where an expression stands, and what its rule may ask for."""

from collections.abc import Sequence
from typing import Protocol

from attrs import frozen

from aidrules.backends.smt.household import Household, Place
from aidrules.backends.smt.terms import Bit, Unfit, Why
from aidrules.backends.smt.values import Term, Truth
from aidrules.program import Expr, Program
from aidrules.types import Type
from aidrules.values import Scalar


@frozen
class Spot:
    """Where an expression is worked out.

    Attributes:
        place: Of the record; None for the policy as a whole.
        today: As an ordinal.
    """

    place: Place | None
    today: int

    def up(self, entity: str | None) -> "Spot":
        """Return the spot on the record of a kind, above or here."""
        if entity is None:
            return Spot(None, self.today)
        if self.place is None:
            raise Unfit(Why.RECORD)
        return Spot(self.place.above(entity), self.today)


class Lowering(Protocol):
    """What turns expressions into terms; see `lower.Lowerer`."""

    @property
    def household(self) -> Household:
        """The household of open facts."""

    @property
    def opens(self) -> bool:
        """Whether a figure that has no value at all on the day is taken to have any."""

    @property
    def varied(self) -> tuple[str, ...]:
        """The keys of a figure, and of what amends it, that is taken to have any value."""

    @property
    def program(self) -> Program:
        """The policy."""

    def lower(self, node: Expr, spot: Spot) -> Term:
        """Return an expression as a term."""

    def truth(self, node: Expr, spot: Spot) -> Truth:
        """Return a condition as a term."""

    def constant(self, value: Scalar, type_: Type) -> Term:
        """Return a certain value."""

    def blank(self, type_: Type) -> Term:
        """Return some value of a type, of which only the conditions will count."""

    def chain(self, parts: Sequence[tuple[Bit, Term]], error: Bit, type_: Type) -> Term:
        """Return the value whose condition holds, or an error; one of all these does."""
