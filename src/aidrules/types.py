"""The one place for types: kinds of value, units, and what may be done with them."""

from collections.abc import Mapping
from typing import assert_never

from attrs import field, frozen

MONTH, YEAR, DAY, WEEK, WORKING_DAY = "month", "year", "day", "week", "working day"
PERIODS = (DAY, WEEK, MONTH, YEAR)
TIME_UNITS = frozenset((MONTH, YEAR, DAY, WEEK, WORKING_DAY))

CONVERSIONS: Mapping[tuple[str, str], tuple[int, int]] = {
    (YEAR, MONTH): (1, 12),
    (MONTH, YEAR): (12, 1),
    (WEEK, DAY): (1, 7),
    (DAY, WEEK): (7, 1),
}
"""What an amount per the first period is multiplied by, to be one per the second."""


@frozen
class Unit:
    """A product of powers of base units, such as yuan·month⁻¹; no powers: a plain number.

    Attributes:
        powers: Name and power of each base unit, by name; never a power of 0.
    """

    powers: tuple[tuple[str, int], ...] = ()

    @staticmethod
    def of(name: str) -> "Unit":
        """Return the unit of that name alone."""
        return Unit(((name, 1),))

    def times(self, other: "Unit", sign: int = 1) -> "Unit":
        """Return the product with another unit (the quotient, if the sign is -1)."""
        powers = dict(self.powers)
        for name, power in other.powers:
            powers[name] = powers.get(name, 0) + sign * power
        return Unit(tuple(sorted((name, power) for name, power in powers.items() if power)))

    def per(self, other: "Unit") -> "Unit":
        """Return the quotient by another unit."""
        return self.times(other, -1)

    @property
    def is_plain(self) -> bool:
        """Whether it is that of a number without a unit."""
        return not self.powers

    @property
    def duration(self) -> str | None:
        """The period, if this unit measures a length of time."""
        match self.powers:
            case ((name, 1),) if name in TIME_UNITS:
                return name
            case _:
                return None

    @property
    def rate_period(self) -> str | None:
        """The period by which this unit counts (`month` of yuan per month), if there is one."""
        periods = [name for name, power in self.powers if name in TIME_UNITS and power == -1]
        return periods[0] if len(periods) == 1 else None

    def __str__(self) -> str:
        """Return it as a policy writes it: `yuan per month`."""
        over = " ".join(name for name, power in self.powers for _ in range(power))
        under = "".join(f" per {name}" for name, power in self.powers for _ in range(-power))
        return f"{over}{under}".strip() or "number"

    def words(self) -> tuple[str, Mapping[str, object]]:
        """Return the lexicon's key and what fills it: smaller units, down to a name alone."""
        bases = [Unit.of(name) for name, power in self.powers for _ in range(power)]
        divisor = Unit(tuple((name, -power) for name, power in self.powers if power < 0))
        if divisor.is_plain:
            match bases:
                case []:
                    return "unit-plain", {}
                case [Unit(powers=((name, _),))]:
                    return name, {}
                case [first, *_]:
                    return "unit-times", {"first": first, "rest": self.per(first)}
        if not bases:
            return "unit-only-per", {"per": divisor}
        return "unit-per", {"unit": self.times(divisor), "per": divisor}


PLAIN = Unit()


@frozen
class Quantity:
    """An exact number with its unit; plain numbers and durations too.

    Attributes:
        unit: Its unit; `PLAIN` for a number.
        whole: Whether it is proved to be a whole number (counts, years between dates).
    """

    unit: Unit = PLAIN
    whole: bool = field(default=False, eq=False)


@frozen
class Truth:
    """Yes or no."""


@frozen
class Date:
    """A day."""


@frozen
class Text:
    """A text, compared as it is written."""


@frozen
class Choice:
    """One of some values.

    Attributes:
        values: The values, in the order written.
        is_open: Whether there may be others (`...`); a table over it needs `otherwise`.
        name: The name that a `type` line gave it.
    """

    values: tuple[str, ...]
    is_open: bool = False
    name: str | None = field(default=None, eq=False)


@frozen
class Selection:
    """Some of the values of a choice: a list of services."""

    choice: Choice


@frozen
class Reference:
    """A record of an entity."""

    entity: str


@frozen
class Optional:
    """A value, or `none`."""

    type: "Plain"


@frozen
class Undetermined:
    """The type of what was already reported: agrees with all, so one slip is one message."""


Plain = Quantity | Truth | Date | Text | Choice | Selection | Reference | Undetermined
Type = Plain | Optional

NUMBER = Quantity()
COUNT = Quantity(whole=True)
TRUTH = Truth()
DATE = Date()
TEXT = Text()
UNDETERMINED = Undetermined()


def core(type_: Type) -> Plain:
    """Return the type without `or none`."""
    return type_.type if isinstance(type_, Optional) else type_


def agree(one: Type, other: Type) -> bool:
    """Whether two types are the same, an undetermined one agreeing with all."""
    if UNDETERMINED in (one, other, core(one), core(other)):
        return True
    match one, other:
        case Optional(), Optional():
            return agree(one.type, other.type)
        case Selection(), Selection():
            return selection_fits(one, other) or selection_fits(other, one)
        case _:
            return one == other


def selection_fits(part: Selection, whole: Selection) -> bool:
    """Whether every value of one list may stand in another."""
    return whole.choice.is_open or set(part.choice.values) <= set(whole.choice.values)


def is_ordered(type_: Plain) -> bool:
    """Whether `<` has a meaning for it."""
    return isinstance(type_, Quantity | Date | Undetermined)


def describe(type_: Type) -> tuple[str, Mapping[str, object]]:
    """Return the lexicon's key for the name of a type, and what fills it."""
    match type_:
        case Quantity(unit=unit):
            return ("type-number", {}) if unit.is_plain else ("type-quantity", {"unit": unit})
        case Truth():
            return "type-truth", {}
        case Date():
            return "type-date", {}
        case Text():
            return "type-text", {}
        case Choice(values=values, is_open=is_open):
            return "type-choice-open" if is_open else "type-choice", {"values": values}
        case Selection(choice=choice):
            return "type-selection", {"values": choice.values}
        case Reference(entity=entity):
            return "type-reference", {"entity": entity}
        case Optional(type=inner):
            return "type-optional", {"type": Described(inner)}
        case Undetermined():
            return "type-undetermined", {}
        case _:
            assert_never(type_)


@frozen
class Described:
    """A type as a fact of a message."""

    type: Type

    def words(self) -> tuple[str, Mapping[str, object]]:
        """Return the lexicon's key and what fills it."""
        return describe(self.type)
