"""Whole numbers and truths as the text of the kernel, each with its proved range and its place.

A term is a name or a literal. What is worked out from terms becomes a line of its own in the
outermost loop in which all of them are known, once: what does not change inside a loop stands
before it. Every number has the least and greatest value that it can have, proved from the declared
ranges; one that might not fit into 63 bits is refused here, so that nothing wraps.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, Final

from attrs import define, field, frozen

LIMIT: Final = (1 << 63) - 1


class Why(StrEnum):
    """Why a part of a program cannot be written as a kernel."""

    RANGE = "range"  # a number might pass 63 bits
    ABOVE = "above"
    BEST = "best"
    BRACKETS = "brackets"
    CODES = "codes"
    COMPARE = "compare"
    CONSTANT = "constant"
    DAY = "day"
    DIVISOR = "divisor"
    FIGURE = "figure"
    FILTER = "filter"
    INCLUDES = "includes"
    KEY = "key"
    KEYS = "keys"
    NOTHING = "nothing"
    RATION = "ration"
    RECORD = "record"
    REFERENCE = "reference"
    SUM = "sum"
    TYPE = "type"


class Unfit(Exception):  # noqa: N818 - it says what it holds
    """A program, or a part of it, that cannot be written as a kernel.

    Attributes:
        why: What it is about it.
        name: Of the definition in which it stands.
    """

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why
        self.name = ""


@frozen
class Int:
    """A whole number: its text, the range in which it lies, and the loop in which it is known."""

    text: str
    low: int
    high: int
    level: int = 0

    @property
    def constant(self) -> int | None:
        """The number, if there is only one that it can be."""
        return self.low if self.low == self.high else None


@frozen
class Bit:
    """A truth: its text, and the loop in which it is known."""

    text: str
    level: int = 0


NO: Final = Bit("False")
YES: Final = Bit("True")


def number(value: int) -> Int:
    """Return a literal."""
    return Int(str(value) if value >= 0 else f"({value})", value, value)


ZERO: Final = number(0)
ONE: Final = number(1)


@define
class Block:
    """A loop that is being written, or what stands before all loops.

    Attributes:
        lines: What was written in it, loops inside included.
        names: Each text that was worked out in it, by its name.
        memo: What was worked out in it of the program.
    """

    lines: list[str] = field(factory=list)
    names: dict[str, str] = field(factory=dict)
    memo: dict[Any, Any] = field(factory=dict)


@define
class Writer:
    """Terms to lines.

    Attributes:
        blocks: The loops that are open, from what stands before all of them inward.
    """

    blocks: list[Block] = field(factory=lambda: [Block()])
    _opposites: dict[Bit, Bit] = field(factory=dict)
    _count: int = 0

    # ------------------------------------------------------------ lines

    def fresh(self, prefix: str = "t") -> str:
        """Return a name that is not in use."""
        self._count += 1
        return f"{prefix}{self._count}"

    def line(self, text: str, level: int | None = None) -> None:
        """Write a line in the loop of a level, the innermost if none is given."""
        self.blocks[-1 if level is None else level].lines.append(text)

    def once(self, text: str, level: int) -> None:
        """Write a line in the loop of a level that does nothing when it is written again."""
        if ("line", text) not in self.blocks[level].memo:
            self.blocks[level].memo["line", text] = True
            self.line(text, level)

    def _named(self, text: str, level: int) -> str:
        block = self.blocks[level]
        name = block.names.get(text)
        if name is None:
            name = block.names[text] = self.fresh()
            block.lines.append(f"{name} = {text}")
        return name

    @contextmanager
    def at(self, level: int) -> Iterator[None]:
        """Write as if loops inside that of a level were not open."""
        inner = self.blocks[level + 1 :]
        del self.blocks[level + 1 :]
        try:
            yield
        finally:
            self.blocks.extend(inner)

    @contextmanager
    def loop(self, header: str) -> Iterator[int]:
        """Open a loop inside the innermost one, and write it when it is left; yields its level."""
        block = Block()
        self.blocks.append(block)
        try:
            yield len(self.blocks) - 1
        finally:
            del self.blocks[-1]
        if block.lines:
            self.line(header)
            self.blocks[-1].lines.extend(f"    {line}" for line in block.lines)

    # ------------------------------------------------------------ numbers

    def whole(self, text: str, low: int, high: int, level: int) -> Int:
        """Return what a text works out to.

        Raises:
            Unfit: If it might not fit into 63 bits.
        """
        if low < -LIMIT or high > LIMIT:
            raise Unfit(Why.RANGE)
        if low == high:
            return number(low)
        return Int(self._named(text, level), low, high, level)

    def load(self, array: str, row: Int, low: int, high: int) -> Int:
        """Return the number in a row of an array."""
        return Int(self._named(f"{array}[place({row.text})]", row.level), low, high, row.level)

    def add(self, left: Int, right: Int) -> Int:
        """Return the sum."""
        if left.constant == 0:
            return right
        if right.constant == 0:
            return left
        low, high = left.low + right.low, left.high + right.high
        return self.whole(f"{left.text} + {right.text}", low, high, _level(left, right))

    def subtract(self, left: Int, right: Int) -> Int:
        """Return the difference."""
        if right.constant == 0:
            return left
        if left == right:
            return ZERO
        low, high = left.low - right.high, left.high - right.low
        return self.whole(f"{left.text} - {right.text}", low, high, _level(left, right))

    def negate(self, value: Int) -> Int:
        """Return the number with the other sign."""
        return self.subtract(ZERO, value)

    def multiply(self, left: Int, right: Int) -> Int:
        """Return the product."""
        if left.constant == 1:
            return right
        if right.constant == 1:
            return left
        if 0 in (left.constant, right.constant):
            return ZERO
        ends = [one * other for one in (left.low, left.high) for other in (right.low, right.high)]
        text = f"{left.text} * {right.text}"
        return self.whole(text, min(ends), max(ends), _level(left, right))

    def divide(self, left: Int, right: Int) -> Int:
        """Return the quotient by a number that is proved above 0, rounded down."""
        if right.low < 1:
            raise ValueError(right)
        if right.constant == 1:
            return left
        ends = [one // other for one in (left.low, left.high) for other in (right.low, right.high)]
        text = f"{left.text} // {right.text}"
        if left.low >= 0:
            text = f"quotient({left.text}, {right.text})"
        return self.whole(text, min(ends), max(ends), _level(left, right))

    def minimum(self, left: Int, right: Int) -> Int:
        """Return the smaller number."""
        if left.high <= right.low or left == right:
            return left
        if right.high <= left.low:
            return right
        low, high = min(left.low, right.low), min(left.high, right.high)
        return self.whole(f"least({left.text}, {right.text})", low, high, _level(left, right))

    def maximum(self, left: Int, right: Int) -> Int:
        """Return the greater number."""
        if left.low >= right.high or left == right:
            return left
        if right.low >= left.high:
            return right
        low, high = max(left.low, right.low), max(left.high, right.high)
        return self.whole(f"most({left.text}, {right.text})", low, high, _level(left, right))

    def select(self, condition: Bit, yes: Int, no: Int) -> Int:
        """Return one number or the other; both are worked out."""
        if condition == YES or yes == no:
            return yes
        if condition == NO:
            return no
        low, high = min(yes.low, no.low), max(yes.high, no.high)
        text = f"select({condition.text}, {yes.text}, {no.text})"
        return self.whole(text, low, high, _level(condition, yes, no))

    def call(self, function: str, operands: Sequence[Int], low: int, high: int) -> Int:
        """Return what a function of the prelude gives."""
        text = f"{function}({', '.join(each.text for each in operands)})"
        return self.whole(text, low, high, _level(*operands))

    def narrowed(self, value: Int, low: int, high: int) -> Int:
        """Return a number that is cut off at the ends of a range."""
        return self.maximum(self.minimum(value, number(high)), number(low))

    def flag(self, bit: Bit) -> Int:
        """Return 1 for a truth that holds, 0 for one that does not."""
        if bit in (YES, NO):
            return ONE if bit == YES else ZERO
        return self.whole(f"flag({bit.text})", 0, 1, bit.level)

    # ------------------------------------------------------------ truths

    def bit(self, text: str, level: int) -> Bit:
        """Return what a text works out to."""
        return Bit(self._named(text, level), level)

    def below(self, left: Int, right: Int) -> Bit:
        """Return whether one number is below another."""
        if left.high < right.low:
            return YES
        if left.low >= right.high:
            return NO
        return self.bit(f"{left.text} < {right.text}", _level(left, right))

    def at_most(self, left: Int, right: Int) -> Bit:
        """Return whether one number is not above another."""
        if left.high <= right.low:
            return YES
        if left.low > right.high:
            return NO
        return self.bit(f"{left.text} <= {right.text}", _level(left, right))

    def same(self, left: Int, right: Int) -> Bit:
        """Return whether two numbers are the same."""
        if left.high < right.low or left.low > right.high:
            return NO
        if left == right:
            return YES
        return self.bit(f"{left.text} == {right.text}", _level(left, right))

    def has(self, mask: Int, bits: int) -> Bit:
        """Return whether a number has any of some binary digits."""
        constant = mask.constant
        if constant is not None:
            return YES if constant & bits else NO
        if not bits:
            return NO
        return self.bit(f"({mask.text} & {bits}) != 0", mask.level)

    def both(self, *bits: Bit) -> Bit:
        """Return whether all hold."""
        result = YES
        for bit in bits:
            if NO in (bit, result) or self._opposites.get(bit) == result:
                return NO
            if bit in (YES, result):
                continue
            result = (
                bit
                if result == YES
                else self.bit(f"{result.text} & {bit.text}", _level(result, bit))
            )
        return result

    def either(self, *bits: Bit) -> Bit:
        """Return whether any holds."""
        result = NO
        for bit in bits:
            if YES in (bit, result) or self._opposites.get(bit) == result:
                return YES
            if bit in (NO, result):
                continue
            result = (
                bit
                if result == NO
                else self.bit(f"{result.text} | {bit.text}", _level(result, bit))
            )
        return result

    def negation(self, bit: Bit) -> Bit:
        """Return whether it does not hold."""
        if bit in (YES, NO):
            return NO if bit == YES else YES
        if bit not in self._opposites:
            opposite = self.bit(f"not {bit.text}", bit.level)
            self._opposites[bit], self._opposites[opposite] = opposite, bit
        return self._opposites[bit]

    def choose(self, condition: Bit, yes: Bit, no: Bit) -> Bit:
        """Return one truth or the other."""
        if yes == no:
            return yes
        return self.either(self.both(condition, yes), self.both(self.negation(condition), no))


def _level(*terms: Int | Bit) -> int:
    return max(term.level for term in terms)
