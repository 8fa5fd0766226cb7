"""Characters to tokens, with the line ends that count.

A word is looked up whole, so tokens do not depend on what the parser expects. What is no token of
the language becomes one all the same, of a kind that the grammar does not know: the parser stops
at it, and `aidrules.syntax.slips` says what is wrong.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Self
from unicodedata import normalize

import lark
from attrs import field, frozen
from lark.lexer import PatternStr, TerminalDef

from aidrules.source import Source, Span

MAX_TOKENS = 100_000
MAX_BRACKETS = 1_000
MAX_DIGITS = 40
"""How many digits a number may have before its point, and behind it, as in a document of facts."""

# What is no token, tried before the language's own where it begins alike.
_SLIPS_FIRST = {
    "WIDE_NUMBER": r"(?=\d)[0-9_.]*(?![0-9])\d[\d_.．]*",
    "GROUPED_NUMBER": r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?",
    "WRONG_DATE": (
        r"(?![0-9]{4}-[0-9]{2}-[0-9]{2})[0-9]{4}(?P<mark>[-/.])[0-9]{1,2}(?P=mark)[0-9]{1,2}(?![0-9])"
        r"|[0-9]{1,2}(?P<sign>[/.])[0-9]{1,2}(?P=sign)[0-9]{4}(?![0-9])"
        r"|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}[日号]"
    ),
    "WRONG_OPERATOR": r"==|<>|&&|=<|=>|\*\*|//|!(?!=)",
}
_SLIPS_LAST = {
    "OTHER_QUOTES": r"“[^”\n]*”|「[^」\n]*」|‘[^’\n]*’|'[^'\n]*'",
    "UNCLOSED_STRING": r'"[^"\n]*',
    "SEMICOLON": ";",
    "HIDDEN": "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]",
    "STRANGE": r"[^\n]",
}
HIDDEN = re.compile(_SLIPS_LAST["HIDDEN"])

_BLANK = "(?:[ \\t\\r\u00a0\u3000]+|#[^\\n]*)*+"
_WIDE = dict(zip("（），：；。＜＞＝＋－｜％／", "(),:;.<>=+-|%/", strict=True))
_WIDE_SIGN = re.compile(f"[{''.join(_WIDE)}]")
_WIDE_SIGN_OR_TEXT = re.compile(rf'"[^"\n]*"?|#[^\n]*|[{"".join(_WIDE)}]')


def kinds(names: str) -> frozenset[str]:
    """Return the kinds of token, or rules, that a line of names lists."""
    return frozenset(names.split())


_OPERATORS = kinds(
    "PLUS MINUS TIMES DIVIDE LESS LESS_EQUAL GREATER GREATER_EQUAL NOT_EQUAL AND OR WHERE OVER HAS "
    "ELSE IS INCLUDES"
)
# A line that begins with `=` is a version of its own: `= 0 otherwise`.
_GOES_ON_AFTER = _OPERATORS | {"EQUAL", "NOT", "COMMA"}
_GOES_ON_BEFORE = _OPERATORS


class Token(lark.Token):
    """A token with its place; as text, what is meant (`（` is `(`)."""

    __slots__ = ("span",)
    span: Span

    @classmethod
    def of(cls, kind: str, text: str, span: Span) -> Self:
        """Return a token of a kind, as the grammar names it."""
        token = str.__new__(cls, text)
        token.type = kind
        token.span = span
        return token

    def as_name(self) -> Self:
        """Return the same word as a name."""
        return self.of("NAME", self, self.span)


@frozen
class Scanner:
    """How to cut text of a grammar.

    Attributes:
        pattern: Blanks and comments, then one token in the group of its kind.
        words: The kind of each reserved word.
        starts: The kinds of word that begin an item, if a line begins with them.
    """

    pattern: re.Pattern[str] = field(repr=False)
    words: Mapping[str, str] = field(repr=False)
    starts: frozenset[str]


def scanner(terminals: Iterable[TerminalDef], starts: Iterable[str]) -> Scanner:
    """Return the scanner of a grammar's terminals."""
    words: dict[str, str] = {}
    own: list[TerminalDef] = []
    for terminal in terminals:
        if isinstance(terminal.pattern, PatternStr) and terminal.pattern.value.isidentifier():
            words[terminal.pattern.value] = terminal.name
        else:
            own.append(terminal)
    own.sort(key=lambda x: (-x.priority, -x.pattern.max_width, -len(x.pattern.value), x.name))
    kinds = (
        _SLIPS_FIRST
        | {terminal.name: terminal.pattern.to_regexp() for terminal in own}
        | _SLIPS_LAST
    )
    choices = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds.items())
    return Scanner(re.compile(f"{_BLANK}(?:{choices})"), words, frozenset(starts))


def scan(source: Source, text: str, scanner: Scanner) -> list[Token]:
    """Cut a text into tokens; one more than `MAX_TOKENS` if there are too many.

    Args:
        source: What the tokens' places refer to.
        text: Character for character as long as the source's: what is not of the program is blank.
        scanner: How to cut.
    """
    tokens: list[Token] = []
    brackets = 0
    at_line_start = True
    # A line end behind the last blanks: else each of them would be looked at from each.
    for match in scanner.pattern.finditer(_narrow(text) + "\n"):
        kind = match.lastgroup or ""
        if kind == "_NL":
            at_line_start = True
            continue
        start, end = match.span(kind)
        kind, word = _understood(kind, match[kind], scanner.words)
        if at_line_start and tokens:
            _drop_stop(tokens)
            if kind in scanner.starts:
                brackets = 0
                tokens.append(_line_end(tokens[-1].span))
            elif not (brackets or kind in _GOES_ON_BEFORE or tokens[-1].type in _GOES_ON_AFTER):
                tokens.append(_line_end(tokens[-1].span))
        at_line_start = False
        if kind == "LPAR":
            brackets += 1
            if brackets > MAX_BRACKETS:
                kind = "TOO_DEEP"
        elif kind == "RPAR":
            brackets = max(0, brackets - 1)
        tokens.append(Token.of(kind, word, Span(source, start, end)))
        if len(tokens) > MAX_TOKENS:
            return tokens
    if tokens:
        _drop_stop(tokens)
        tokens.append(_line_end(tokens[-1].span))
    return tokens


def _line_end(before: Span) -> Token:
    return Token.of("_NL", "", Span(before.source, before.end, before.end))


def _drop_stop(tokens: list[Token]) -> None:
    """Drop `;` or `。` at the end of a line, where prose has it."""
    if len(tokens) > 1 and tokens[-1].type in {"SEMICOLON", "DOT"}:
        tokens.pop()


def _understood(kind: str, word: str, words: Mapping[str, str]) -> tuple[str, str]:
    """Return the kind of a token and its text in one spelling."""
    match kind:
        case "NAME":
            if not word.isascii():
                word = normalize("NFKC", word)
                if not word.isidentifier():  # `①` would be the name 1
                    return "STRANGE", word
            return words.get(word, kind), word
        case "NUMBER":
            whole, _, decimals = word.replace("_", "").partition(".")
            if max(len(whole), len(decimals)) > MAX_DIGITS:
                return "LONG_NUMBER", word
        case "DATE":
            try:
                date.fromisoformat(word)
            except ValueError:
                return "WRONG_DATE", word
    return kind, word


def _narrow(text: str) -> str:
    """Put ASCII in place of full-width signs, outside strings and comments, sign by sign."""
    if not _WIDE_SIGN.search(text):
        return text
    return _WIDE_SIGN_OR_TEXT.sub(lambda match: _WIDE.get(match[0], match[0]), text)
