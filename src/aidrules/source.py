"""Where text stands: a source and a span of it."""

from bisect import bisect_right
from functools import cached_property
from hashlib import sha256

from attrs import field, frozen


@frozen(slots=False)
class Source:
    """One policy file as it was read.

    Attributes:
        name: Shown in messages; a path as the caller gave it.
        text: The characters, without a byte order mark.
    """

    name: str
    text: str = field(repr=False)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        starts.extend(at + 1 for at, character in enumerate(self.text) if character == "\n")
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, both counted from 1, in characters."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of a line, counted from 1, without its end."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the text, in hexadecimal."""
        return sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


@frozen
class Span:
    """A piece of a source, from one offset up to another."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters of the span."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """The line on which the span begins, counted from 1."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """The column at which the span begins, counted from 1, in characters."""
        return self.source.position(self.start)[1]

    def to(self, other: "Span") -> "Span":
        """Return the span from the start of this one to the end of another."""
        return Span(self.source, self.start, other.end)
