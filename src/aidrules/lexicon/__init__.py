"""Words: the lexicon of a language, and patterns with their holes filled.

A pattern is text with named holes in braces. Tables: `message` and `help` of the findings, `label`
of the other places they point at, `word`, `unit` (alone, `unit-one` after 1, `unit-many` after any
other number), `expression`, `reason` and `letter`. Every language has the same keys and holes.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from importlib.resources import files
from string import Formatter
from tomllib import loads

from attrs import field, frozen

LANGUAGES = ("en", "zh")


@frozen
class Lexicon:
    """The words of a language.

    Attributes:
        language: `en` or `zh`.
        tables: Patterns by table and key.
    """

    language: str
    tables: Mapping[str, Mapping[str, str]] = field(repr=False, eq=False)

    def get(self, table: str, key: str) -> str | None:
        """Return a pattern, or None if there is none."""
        return self.tables[table].get(key)

    def pattern(self, table: str, key: str) -> str:
        """Return a pattern.

        Raises:
            KeyError: If there is none.
        """
        return self.tables[table][key]

    def fill(self, table: str, key: str, /, **words: str) -> str:
        """Return a pattern with its holes filled.

        Raises:
            KeyError: If there is no such pattern, or a hole that nothing fills.
        """
        return self.pattern(table, key).format(**words)

    def join(self, items: Iterable[str], key: str = "comma") -> str:
        """Return items as a list, with what stands under `key` in the table `word` between."""
        return self.pattern("word", key).join(items)


@cache
def words(language: str) -> Lexicon:
    """Return the lexicon of a language.

    Raises:
        ValueError: If there is none.
    """
    if language not in LANGUAGES:
        message = f"no lexicon for `{language}`; there are {', '.join(LANGUAGES)}"
        raise ValueError(message)
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return Lexicon(language, loads(text))


def holes(pattern: str) -> frozenset[str]:
    """Return the names of the holes of a pattern."""
    return frozenset(name for _, name, _, _ in Formatter().parse(pattern) if name is not None)


def exact(number: Fraction | int) -> str:
    """Return a number in digits: a decimal if that is exact, else `a/b`."""
    number = Fraction(number)
    denominator, twos, fives = number.denominator, 0, 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    if denominator != 1:
        return f"{number.numerator}/{number.denominator}"
    places = max(twos, fives)
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    sign = "-" if number < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"
