"""What an evaluation shows of itself, on demand: steps, and the operands of a step."""

from typing import Protocol

from attrs import field, frozen

from aidrules.case import Record
from aidrules.program import Expr
from aidrules.values import Value


@frozen
class Step:
    """An expression, evaluated.

    Attributes:
        record: On which it was evaluated.
        today: The date for which it was, as an ordinal.
    """

    expression: Expr
    value: Value
    record: Record = field(eq=False)
    today: int


class Trace(Protocol):
    """An evaluation that can be looked into."""

    @property
    def today(self) -> int:
        """The date asked for, as an ordinal."""
        ...

    @property
    def prepared(self) -> dict[object, object]:
        """What was prepared of the program: who reads its next evaluation finds it here."""
        ...

    @property
    def readings(self) -> dict[object, object]:
        """What was read of it: who reads it again for another outcome finds it here."""
        ...

    def step(self, expression: Expr, record: Record) -> Step:
        """Evaluate an expression on a record."""
        ...

    def operands(self, step: Step) -> tuple[Step, ...]:
        """Return the operands of a step that took part, in order of evaluation.

        One that a guard kept from being evaluated is not among them. The operand of a `Use` is the
        body of its definition; those of an aggregate are its filter and value on each record.
        """
        ...

    def beneath(self, step: Step) -> tuple[Step, ...]:
        """Return the operands of a step, and of its operators in place of the operators.

        What is written out is left out; what asks for its operands one by one stays a step.
        """
        ...

    def terms(self, step: Step) -> tuple[Value, ...]:
        """Return the values of the terms of a formula, as they are written (`traverse.terms`)."""
        ...
