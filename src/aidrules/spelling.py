"""A word to the known word that is spelled most like it."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property

from attrs import field, frozen

MOST_COMPARED = 200
LONGEST = 60


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


@frozen(slots=False)
class Words:
    """Known words, by length and end, so that thousands of slips are still answered at once."""

    known: tuple[str, ...] = field(converter=_unique)

    @cached_property
    def _by_end(self) -> dict[tuple[int, str, bool], list[str]]:
        found: dict[tuple[int, str, bool], list[str]] = {}
        for word in self.known:
            if word:
                found.setdefault((len(word), word[0], True), []).append(word)
                found.setdefault((len(word), word[-1], False), []).append(word)
        return found

    def nearest(self, word: str, cutoff: float = 0.6) -> str | None:
        """Return the known word that is spelled most like another, if one is near.

        Args:
            cutoff: How alike they must be, from 0 to 1.
        """
        word = word[:LONGEST]
        if not word:
            return None
        if len(self.known) <= MOST_COMPARED:
            alike = list(self.known)
        else:
            slack = max(2, len(word) // 3)
            keys = [
                (length, letter, is_first)
                for length in range(len(word) - slack, len(word) + slack + 1)
                for letter, is_first in ((word[0], True), (word[-1], False))
            ]
            alike = [each for key in keys for each in self._by_end.get(key, ())[:MOST_COMPARED]]
        near = get_close_matches(word, alike[:MOST_COMPARED], n=1, cutoff=cutoff)
        return near[0] if near else None


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known word that is spelled most like another, if one is near."""
    return Words(known).nearest(word, cutoff)
