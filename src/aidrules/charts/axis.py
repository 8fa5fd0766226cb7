"""Words such as `income of a` to the fact that is varied, and the steps in which it is."""

from collections.abc import Iterator
from fractions import Fraction

from attrs import field, frozen

from aidrules.case import Case, Record
from aidrules.program import Fact, Program
from aidrules.types import Quantity, Unit, core
from aidrules.values import Exact, Possible


class AxisError(LookupError):
    """No one fact was named.

    Attributes:
        choices: What may be named in this household.
    """

    def __init__(self, named: str | None, choices: tuple[str, ...]) -> None:
        super().__init__(f"{named!r} names no one number; there are {', '.join(choices)}")
        self.choices = choices


@frozen
class Axis:
    """A number of a record that is varied.

    Attributes:
        step: The smallest difference that is looked at, in the unit of the fact.
    """

    fact: Fact
    record: Record = field(repr=False)
    step: Fraction

    @property
    def unit(self) -> Unit:
        """The unit of the fact."""
        kind = core(self.fact.type)
        return kind.unit if isinstance(kind, Quantity) else Unit()

    @property
    def now(self) -> Exact | None:
        """What the household says of it; None if it does not, or not for certain."""
        told = self.record.facts.get(self.fact.name)
        certain = isinstance(told, int | Fraction) and not isinstance(told, bool | Possible)
        return told if certain else None  # type: ignore[return-value] # it is one of these


def axis_of(program: Program, case: Case, named: str | None) -> Axis:
    """Return the fact that is named.

    Args:
        program: The policy.
        case: The household.
        named: `FACT of RECORD`, or `FACT` where one record has it, in any language of the
            glossary; None: the only amount of money per period.

    Raises:
        AxisError: If none is named so, or more than one.
    """
    numbers = tuple(_numbers(program, case))
    if named is None:
        found = [axis for axis in numbers if axis.unit.rate_period and len(axis.unit.powers) > 1]
    else:
        wanted, _, whose = (part.strip() for part in named.partition(" of "))
        spelt = {other: spelling for (_, spelling), other in program.glossary.items()}
        wanted = spelt.get(wanted, wanted)
        found = [
            axis
            for axis in numbers
            if axis.fact.name == wanted and whose in {"", axis.record.id, axis.record.entity}
        ]
    if len(found) != 1:
        choices = tuple(f"{axis.fact.name} of {axis.record.id}" for axis in numbers)
        raise AxisError(named, choices)
    return found[0]


def _numbers(program: Program, case: Case) -> Iterator[Axis]:
    for record in case.records.values():
        for fact in program.facts:
            kind = core(fact.type)
            if fact.entity == record.entity and isinstance(kind, Quantity):
                yield Axis(fact, record, fact.step or _step(kind.unit, program))


def _step(unit: Unit, program: Program) -> Fraction:
    """Return the step of a fact that states none: that of its currency, else 1."""
    known = program.currency_steps
    steps = [known[name] for name, _ in unit.powers if name in known]
    return min(steps, default=Fraction(1))
