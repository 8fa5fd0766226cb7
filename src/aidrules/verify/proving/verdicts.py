"""What became of a property: proved, refuted, tested, or not covered."""

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

from aidrules.case import Case
from aidrules.source import Span
from aidrules.values import Exact, Failure, Value
from aidrules.verify.households.second import Second, other_case
from aidrules.verify.proving.properties import Property


@frozen
class Proved:
    """It holds of every household of the sizes looked at.

    Attributes:
        highest: The highest value, exact, in the unit of the amount, where that was asked for.
        limit: What no household of any size is above, in the same unit, where `highest` is that of
            the sizes looked at; None where it is not known.
        reach: Of which households it holds: of those of the sizes looked at, of any size that the
            policy allows, or of any size by the form of the rules, without a solver.
    """

    highest: Exact | None = None
    limit: Exact | None = None
    reach: Literal["sizes", "any", "form"] = "sizes"


@frozen
class Counterexample:
    """A household for which a property fails; the interpreter says so too.

    Attributes:
        record: Kind and id of the record on which it fails.
        second: Of a property that compares two households: how the second differs.
        failure: The error, if the property is that there is none.
        figures: The values that figures without one were taken to have, by key.
    """

    case: Case = field(repr=False)
    record: tuple[str, str]
    second: Second | None = None
    failure: Failure | None = None
    figures: Mapping[str, Value] = field(factory=dict)

    @property
    def other(self) -> Case | None:
        """The second household, of a property that compares two."""
        return None if self.second is None else other_case(self.case, self.second)


@frozen
class Cliff:
    """The most by which a value moves as it should not, where its cause changes by one step.

    Attributes:
        amount: In the unit of the value, exact; the interpreter says so too.
    """

    amount: Exact
    example: Counterexample


@frozen
class Refuted:
    """It fails for a household.

    Attributes:
        worst: Of households of up to so many records, the worst at one step, if that was found.
    """

    example: Counterexample
    worst: Cliff | None = None


@frozen
class Unreached:
    """No household of the sizes looked at gets there.

    Attributes:
        spans: The cases, or the grant.
    """

    spans: tuple[Span, ...]


@frozen
class Tested:
    """It was not proved, and held of so many households that were tried."""

    households: int


@frozen
class NotCovered:
    """It was not settled.

    Attributes:
        why: What stands in the way: a key of the lexicon, behind `not-covered-`.
    """

    why: str


Verdict = Proved | Refuted | Unreached | Tested | NotCovered


@frozen
class Settled:
    """A property and its verdict.

    Attributes:
        wanted: The property.
        sizes: How many records of each kind were looked at, below one record above; of what is
            proved for any size: none.
        figures: Names of figures without a value on the day: it holds whatever they are.
        is_where_set: Whether it was looked at only where every figure asked for has a value.
        milliseconds: How long it took.
    """

    wanted: Property
    verdict: Verdict
    sizes: Mapping[str, int]
    figures: tuple[str, ...]
    is_where_set: bool
    milliseconds: int = field(eq=False)

    @property
    def is_as_stated(self) -> bool:
        """Whether it holds, as far as is known; known to fail, whether it fails."""
        fails = isinstance(self.verdict, Refuted | Unreached)
        return fails == (self.wanted.known_to_fail is not None)


# ---------------------------------------------------------------- two policies


@frozen
class Same:
    """Both decide alike, for every household of up to so many records of each kind."""

    sizes: Mapping[str, int]


@frozen
class Apart:
    """A household for which they decide otherwise; the interpreter says so too."""

    case: Case
    record: tuple[str, str]


@frozen
class Unsettled:
    """It is not known.

    Attributes:
        why: A key of the lexicon, behind `not-covered-`.
    """

    why: str
