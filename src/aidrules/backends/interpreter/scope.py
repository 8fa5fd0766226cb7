"""Where an expression stands: what its parts are compiled for, and how far up its names reach."""

from collections.abc import Callable

from attrs import evolve, field, frozen

from aidrules.backends.interpreter.frames import Closure, path_between
from aidrules.bounds import Days
from aidrules.program import DateRules, Expr, Program
from aidrules.source import Span


@frozen
class Scope:
    """The kind of record that an expression is worked out on, and its program.

    Attributes:
        entity: The kind; None for the policy as a whole.
        is_plain: Whether certain values may take the short way.
        texts: Every text that the policy names, those of its figures included.
        compile: Makes the closure of an expression for records of a kind, once.
        definition: Makes the closure of a definition for records of its own kind, once.
    """

    program: Program
    entity: str | None
    is_plain: bool
    texts: frozenset[str]
    compile: Callable[[Expr, str | None], Closure] = field(repr=False)
    definition: Callable[[str], Closure] = field(repr=False)

    def closure(self, expression: Expr) -> Closure:
        """Return the closure of a part that stands where this stands."""
        return self.compile(expression, self.entity)

    def on(self, entity: str | None) -> "Scope":
        """Return the scope of records of another kind."""
        return evolve(self, entity=entity)

    def distance(self, entity: str | None) -> int:
        """Return how many steps up the record of a kind stands.

        Raises:
            LookupError: If it does not stand above.
        """
        above = [*self.program.ancestry(self.entity), None]
        if entity not in above:
            raise LookupError(entity)
        return above.index(entity)

    def below(self, entity: str) -> tuple[str, ...]:
        """Return the kinds from below this one down to another."""
        above = self.entity
        if above is None:
            raise LookupError(entity)
        return path_between(self.program, above, entity)

    def days(self, rules: DateRules, span: Span) -> Days:
        """Return how days are counted by the rules of a module."""
        calendar = None if rules.calendar is None else self.program.calendars[rules.calendar]
        return Days(rules.mode, calendar, span)


def climb(closure: Closure, distance: int) -> Closure:
    """Return a closure that works another out so many records above."""
    match distance:
        case 0:
            return closure
        case 1:
            return lambda frame: closure(frame.parent)  # type: ignore[arg-type]  # distance counted
        case 2:
            return lambda frame: closure(frame.parent.parent)  # type: ignore[union-attr, arg-type]  # the same
        case _:
            nearer = climb(closure, distance - 1)
            return lambda frame: nearer(frame.parent)  # type: ignore[arg-type]  # the same
