"""Where an expression stands in the loops of the kernel, and what the kernel is handed."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from attrs import define, evolve, field, frozen

from aidrules.backends.kernel.layout import Layout
from aidrules.backends.kernel.sets import Set
from aidrules.backends.kernel.terms import Bit, Int, Writer
from aidrules.program import Compare, Expr, Figure, Program

Part = Literal["values", "states", "low", "high", "flags"]
"""Of a column: the plain kernel reads values and states, the bounded one both ends and flags."""


Knowledge = Literal["known", "missing", "bounds"]
"""Of a column: every value, all but some values, or of some only the bounds."""


@frozen
class FactArray:
    """A part of the column of a fact."""

    entity: str
    name: str
    part: Part


@frozen
class HistoryArray:
    """A part of the column of what was decided before."""

    key: str
    recorded: str
    part: Part


@frozen
class OffsetArray:
    """Where the records of a kind below each record above begin."""

    entity: str


@frozen
class AboveArray:
    """The row of the record of a kind above the root, for each record of the kind below it."""

    entity: str


@frozen
class FigureArray:
    """The values of a figure in force on the date asked for, by the combined class of its keys."""

    parameter: str
    part: Literal["values", "known"]
    rows: Literal["named", "otherwise"]


@frozen
class CalendarArray:
    """Which days are worked, from the first day of the first year that the calendar knows."""

    calendar: str


@frozen
class OutputArray:
    """What comes out: a part of the answers for a key, or what is said of whole documents.

    Attributes:
        bits: How many binary digits its elements have.
    """

    key: str
    part: str
    bits: int = 64


Array = (
    FactArray | HistoryArray | OffsetArray | AboveArray | FigureArray | CalendarArray | OutputArray
)


@define
class Arrays:
    """The arrays that the kernel is handed, by their names in its text."""

    names: dict[Array, str] = field(factory=dict)

    def name(self, array: Array) -> str:
        """Return the name of an array, which is handed over from now on."""
        if array not in self.names:
            kind = type(array).__name__.removesuffix("Array").lower()
            self.names[array] = f"{kind}_{len(self.names)}"
        return self.names[array]


@frozen
class Spot:
    """Where an expression stands.

    Attributes:
        entity: The kind of record; None for the policy as a whole.
        rows: The row of the record of each kind, from this one up.
        today: The date.
        is_now: Whether that is the date asked for.
    """

    entity: str | None
    rows: Mapping[str, Int]
    today: Int
    is_now: bool = True

    @property
    def level(self) -> int:
        """The loop in which all of it is known."""
        row = 0 if self.entity is None else self.rows[self.entity].level
        return max(row, self.today.level)

    @property
    def identity(self) -> tuple[str, str]:
        """What tells it from others of its kind."""
        row = "" if self.entity is None else self.rows[self.entity].text
        return row, self.today.text

    def up(self, entity: str | None) -> "Spot":
        """Return the spot of the record above that is of a kind."""
        return self if entity == self.entity else evolve(self, entity=entity)

    def down(self, entity: str, row: Int) -> "Spot":
        """Return the spot of a record below."""
        return evolve(self, entity=entity, rows={**self.rows, entity: row})


class Lowering(Protocol):
    """What turns the parts of an expression into terms."""

    @property
    def program(self) -> Program:
        """The policy."""

    @property
    def layout(self) -> Layout:
        """How its facts lie in arrays."""

    @property
    def write(self) -> Writer:
        """Where lines are written."""

    @property
    def arrays(self) -> Arrays:
        """What the kernel is handed."""

    def knowledge(self, array: FactArray | HistoryArray) -> Knowledge:
        """Return what is known of a fact, or of what was decided before, on every record."""

    @property
    def complete(self) -> frozenset[str]:
        """The figures that have a value for all keys on the date asked for."""

    @property
    def known_days(self) -> Mapping[Compare, bool]:
        """How today compares with days that the policy writes: the same on every document."""

    def lower(self, node: Expr, spot: Spot) -> Set:
        """Return the set of what an expression may be."""

    def defer(self, condition: Bit) -> None:
        """Leave a document to the interpreter where that holds."""

    def expect_change(self, days: Int, condition: Bit) -> None:
        """Keep in how many days time alone may change an answer, where that holds."""

    def table_of(self, node: Figure) -> Any:
        """Return how a figure lies in arrays."""
