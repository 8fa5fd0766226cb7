"""What two policies decide of one household to who gains: more, less, or something else."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, Literal, get_args

from attrs import field, frozen

from aidrules.case import Case
from aidrules.values import Possible
from aidrules.verify.proving.verdicts import Unsettled
from aidrules.verify.proving.worlds import Received

Way = Literal["gains", "loses", "otherwise"]

WAYS: Final[tuple[Way, ...]] = get_args(Way)


@frozen
class Found:
    """A household, small and plain; both policies were asked.

    Attributes:
        record: Kind and id of the record on which the grant is.
        before: What the old policy decides.
        after: What the new one decides.
    """

    case: Case = field(repr=False)
    record: tuple[str, str]
    before: Received
    after: Received


@frozen
class Nobody:
    """It is proved that there is none.

    Attributes:
        sizes: Of up to so many records of each kind; None: of any size, by the form of the rules.
    """

    sizes: Mapping[str, int] | None = None


@frozen
class Tried:
    """It is not proved, and there was none among so many households that were tried."""

    households: int


Side = Found | Nobody | Tried | Unsettled


def way(before: Received, after: Received) -> Way | None:
    """Return whether a household gains or loses, or is decided otherwise.

    Returns:
        None if both decide alike, or if one does not know.
    """
    if before == after or any(
        isinstance(each, Possible)
        for received in (before, after)
        for each in (received.receives, received.value)
    ):
        return None
    match before.receives, after.receives:
        case False, False:
            return None
        case False, True:
            return "gains"
        case True, False:
            return "loses"
        case True, True:
            return _of_values(before.value, after.value)
        case _:
            return "otherwise"


def _of_values(before: object, after: object) -> Way:
    """Return it of two amounts, or two lists of services, that are not the same."""
    match before, after:
        case bool(), bool():
            return "otherwise"
        case (int() | Fraction()) as less, (int() | Fraction()) as more:
            return "gains" if less < more else "loses"
        case frozenset(), frozenset():
            if before < after:
                return "gains"
            return "loses" if after < before else "otherwise"
        case _:
            return "otherwise"
