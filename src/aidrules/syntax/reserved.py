"""Tokens to the words of the language that they declare as names, each with another proposed."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from attrs import frozen

from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.syntax.tokens import Scanner, Token, kinds

_DECLARES = kinds(
    "FACT JUDGEMENT PARAMETER DEFINE ENTITY GROUP TYPE UNIT SOURCE CURRENCY REQUIRE "
    "BENEFIT SERVICE REFERRAL TASK"
)
_DECLARES_VALUES = kinds("FACT JUDGEMENT TYPE")
_AFTER_NAME = kinds("OF FOR COLON BY IN AT TO STRING _NL")
_IN_LIST = kinds("LPAR COMMA RPAR")


@frozen
class Refused:
    """The words of the language that a file declares as names.

    Attributes:
        words: As they are spelled.
        findings: One for each place.
    """

    words: frozenset[str]
    findings: tuple[Diagnostic, ...]


def declared(tokens: Sequence[Token], scanner: Scanner) -> Refused:
    """Return the words of the language that stand where an item declares a name or a value."""
    starts = [0]
    starts += [
        at for at, (before, _) in enumerate(pairwise(tokens), start=1) if before.type == "_NL"
    ]
    found = []
    for at in starts:
        if tokens[at].type in _DECLARES:
            found += [
                (token, proposal)
                for token, proposal in _declared(tokens, at)
                if token in scanner.words and token.type not in {"NAME", "NONE"}
            ]
    return Refused(
        frozenset(str(token) for token, _ in found),
        tuple(catalogue.reserved_word(token.span, str(token), name) for token, name in found),
    )


def _declared(tokens: Sequence[Token], at: int) -> Iterator[tuple[Token, str]]:
    """Yield what an item declares, and another name for each."""
    name, *behind = tokens[at + 1 : at + 4]
    if not behind or behind[0].type not in _AFTER_NAME:
        return
    kind = behind[1] if behind[0].type in {"OF", "FOR"} and len(behind) > 1 else ""
    yield name, f"{kind or 'the'}_{name}"
    if tokens[at].type in _DECLARES_VALUES:
        noun = name.rpartition("_")[2]
        yield from ((value, f"{value}_{noun}") for value in _values(tokens, at))


def _values(tokens: Sequence[Token], at: int) -> Iterator[Token]:
    """Yield the values of the choice that an item declares in its line."""
    is_open = False
    for end in range(at + 2, len(tokens) - 1):
        before, token, after = tokens[end - 1 : end + 2]
        if token.type == "_NL" or before.type == "RPAR":
            return
        is_open = is_open or (before.type == "OF" and token.type == "LPAR")
        if is_open and before.type in _IN_LIST and after.type in _IN_LIST:
            yield token
