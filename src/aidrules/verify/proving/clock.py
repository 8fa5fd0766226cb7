"""How long a solver may take: for one question, and for all of them."""

from fractions import Fraction
from time import monotonic_ns

from attrs import define, field

from aidrules.values import Exact


@define
class Clock:
    """How long Z3 may still take.

    Attributes:
        seconds: For one question.
        total: For all of them, what is used up taken off; None: as long as it takes.
    """

    seconds: Exact
    total: Fraction | None
    _until: int = field(default=0, init=False)
    _started: int = field(default=0, init=False)

    def start(self) -> None:
        """Begin with a question."""
        self._started = now()
        most = Fraction(self.seconds) if self.total is None else min(self.seconds, self.total)
        self._until = self._started + int(most * 1000)

    def stop(self) -> None:
        """End with a question, and take off what it took."""
        if self.total is not None:
            self.total = max(Fraction(0), self.total - Fraction(now() - self._started, 1000))

    @property
    def left(self) -> Fraction:
        """The seconds that the question has left."""
        return Fraction(max(0, self._until - now()), 1000)


def now() -> int:
    """Return a time in milliseconds: how long a solver takes is all that is measured."""
    return monotonic_ns() // 1_000_000
