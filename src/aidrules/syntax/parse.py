"""Text to tree: each item on its own, so that a slip spoils one item alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from unicodedata import name as character_name

import lark
from attrs import evolve, fields, frozen
from lark.lexer import PatternStr
from lark.parsers.lalr_interactive_parser import InteractiveParser

from aidrules import grammar
from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.source import Source, Span
from aidrules.syntax import ast, literate, reserved, slips
from aidrules.syntax.build import RefusedError, builders
from aidrules.syntax.slips import Stop, Words
from aidrules.syntax.tokens import HIDDEN, MAX_TOKENS, Scanner, Token, scan, scanner

MAX_BYTES = 2_000_000
MAX_DEPTH = 100


@frozen
class _Language:
    """The parser of a language's face and what it knows of its words."""

    parser: lark.Lark
    scanner: Scanner
    spelling: Mapping[str, str]


@cache
def _language() -> _Language:
    parser = grammar.parser(builders())
    starts = _accepted(parser.parse_interactive())
    spelling = {
        terminal.name: terminal.pattern.value
        for terminal in parser.terminals
        if isinstance(terminal.pattern, PatternStr)
    }
    return _Language(parser, scanner(parser.terminals, starts), spelling)


def check_size(name: str, size: int) -> Diagnostic | None:
    """Return a finding if a file has more bytes than are read."""
    if size <= MAX_BYTES:
        return None
    return catalogue.file_too_large(_start(Source(name, "")), size, MAX_BYTES)


def read_text(name: str, data: bytes) -> tuple[Source | None, tuple[Diagnostic, ...]]:
    """Return the bytes of a file as a source, or None and what is wrong with them."""
    too_large = check_size(name, len(data))
    if too_large:
        return None, (too_large,)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, (catalogue.not_text(_start(Source(name, "")), error.start + 1),)
    if "\0" in text:
        offset = data.index(0) + 1
        return None, (catalogue.not_text(_start(Source(name, "")), offset),)
    return Source(name, text), ()


def parse(source: Source) -> tuple[ast.File, tuple[Diagnostic, ...]]:
    """Return the tree of all that can be read, and what is wrong with the rest."""
    if len(source.text) > MAX_BYTES:
        too_large = catalogue.file_too_large(_start(source), len(source.text), MAX_BYTES)
        return _file(source, (), ()), (too_large,)
    text, is_literate = source.text, source.name.endswith(literate.SUFFIX)
    findings: tuple[Diagnostic, ...] = ()
    if is_literate:
        text, findings = literate.program(source)
    if text.startswith("\ufeff"):
        text = " " + text[1:]
    language = _language()
    tokens = scan(source, text, language.scanner)
    if len(tokens) > MAX_TOKENS:
        return _file(source, (), ()), (catalogue.too_many_tokens(tokens[-1].span, MAX_TOKENS),)
    if not tokens:
        where = Words("empty-literate" if is_literate else "empty-policy")
        return _file(source, (), ()), (*findings, catalogue.empty_file(_start(source), where))
    refused = reserved.declared(tokens, language.scanner)
    read = list(_read_all(language, tokens, frozenset(refused.words)))
    found = [*findings, *_hidden(source, text), *refused.findings]
    found += [x for one in read for x in one.findings]
    found.sort(key=lambda finding: finding.span.start if finding.span else 0)
    items = (one.item for one in read if one.item is not None)
    return _file(source, items, (name for one in read for name in one.unread)), tuple(found)


def _file(source: Source, items: Iterable[ast.Item], unread: Iterable[str]) -> ast.File:
    whole = Span(source, 0, len(source.text))
    return ast.File(tuple(items), frozenset(unread), span=whole)


def _start(source: Source) -> Span:
    return Span(source, 0, 0)


def _hidden(source: Source, text: str) -> Iterator[Diagnostic]:
    """Report characters that cannot be seen, in texts and comments too: all mislead a reader."""
    for match in HIDDEN.finditer(text):
        name = character_name(match[0], f"U+{ord(match[0]):04X}")
        yield catalogue.hidden_character(Span(source, *match.span()), name)


# ---------------------------------------------------------------- items


def _split(
    language: _Language, tokens: Sequence[Token], refused: frozenset[str]
) -> Iterator[list[Token]]:
    """Return the tokens of each item; it begins where a line begins with a word for items.

    If such a word was refused as a name, only where what follows fits an item.
    """
    begins = [0] + [
        at
        for at, (before, token) in enumerate(pairwise(tokens), start=1)
        if before.type == "_NL"
        and token.type in language.scanner.starts
        and (token not in refused or _fits(language, tokens[at : at + 3]))
    ]
    for start, end in pairwise([*begins, len(tokens)]):
        yield list(tokens[start:end])


def _fits(language: _Language, tokens: Sequence[Token]) -> bool:
    """Return whether an item may begin with some tokens."""
    state = language.parser.parse_interactive()
    try:
        for token in tokens:
            state.feed_token(token)
    except lark.UnexpectedToken:
        return False
    return True


@frozen
class _Read:
    """What came of some tokens.

    Attributes:
        end: Where those begin that seem to be of another item.
    """

    end: int
    item: ast.Item | None = None
    findings: tuple[Diagnostic, ...] = ()
    unread: frozenset[str] = frozenset()


def _read_all(
    language: _Language, tokens: Sequence[Token], refused: frozenset[str]
) -> Iterator[_Read]:
    for item in _split(language, tokens, refused):
        start = 0
        while start < len(item):
            one = _read(language, item, start, refused)
            yield one
            start = one.end


def _read(language: _Language, tokens: list[Token], start: int, refused: frozenset[str]) -> _Read:
    """Return what comes of the tokens from a place.

    A word of the language that was refused as a name is made that name where it does not fit
    otherwise: it has been said once.
    """
    state = language.parser.parse_interactive()
    at, end = start, len(tokens)
    try:
        while at < end:
            try:
                state.feed_token(tokens[at])
            except lark.UnexpectedToken:
                if tokens[at].type == "NAME" or tokens[at] not in refused:
                    raise
                tokens[at] = tokens[at].as_name()
            else:
                at += 1
        item: ast.Item = state.feed_token(_end(tokens))
    except RefusedError as refusal:
        return _Read(end, None, (refusal.finding,), _names(tokens[start:]))
    except lark.UnexpectedToken:
        end = _misspelt_item(language, tokens, at + 1)
        return _stopped(language, tokens[start:end], start, at - start, refused)
    too_deep = _too_deep(item) if end - start > MAX_DEPTH else None
    if too_deep:
        finding = catalogue.too_deep(too_deep, MAX_DEPTH)
        return _Read(end, None, (finding,), _names(tokens[start:]))
    return _Read(end, item)


def _stopped(
    language: _Language, tokens: list[Token], start: int, at: int, refused: frozenset[str]
) -> _Read:
    """Return what is wrong where an item went wrong.

    A line that seems meant to begin an item, its first word misspelt, is left as an item itself.

    Args:
        language: The language.
        tokens: Of the item.
        start: Where they begin among all those that were to be read.
        at: The one that did not fit.
        refused: The words that were refused as names.
    """
    end = start + len(tokens)
    if any(token.type == "HIDDEN" for token in tokens) or (at and tokens[at - 1] in refused):
        return _Read(end, None, (), _names(tokens))  # it has been said
    if at == 0:
        near = _near(language, tokens[0], language.scanner.starts)
        return _Read(end, None, (_no_item(tokens[0], near),), _names(tokens))
    if at == len(tokens):
        tokens = [*tokens, _end(tokens)]
    line = next(i for i in range(at, -1, -1) if i == 0 or tokens[i - 1].type == "_NL")
    first = tokens[line]
    if line and first.type == "NAME" and tokens[line + 1].type != "_NL":
        starts = language.scanner.starts
        near = _near(language, first, starts | _stop(language, tokens, line).accepted)
        is_at_margin = line == at and first.span.column == 1
        if near in map(language.spelling.get, starts) or (near is None and is_at_margin):
            return evolve(_read(language, tokens[:line], 0, refused), end=start + line)
    finding = slips.slip(_stop(language, tokens, at))
    return _Read(end, None, (finding,), _names(tokens))


def _near(language: _Language, token: Token, accepted: frozenset[str]) -> str | None:
    """Return the accepted word that a name may be meant to be."""
    if token.type != "NAME":
        return None
    words = [language.spelling[kind] for kind in accepted if kind in language.spelling]
    return slips.nearest(token, words)


def _misspelt_item(language: _Language, tokens: Sequence[Token], start: int) -> int:
    """Return where the next line at the margin begins that seems meant to begin an item."""
    for at in range(start + 1, len(tokens)):
        if (
            tokens[at - 1].type == "_NL"
            and tokens[at].span.column == 1
            and _near(language, tokens[at], language.scanner.starts)
        ):
            return at
    return len(tokens)


def _no_item(first: Token, near: str | None) -> Diagnostic:
    return slips.no_token(first) or catalogue.unknown_item(first.span, first.span.text, near)


def _stop(language: _Language, tokens: Sequence[Token], at: int) -> Stop:
    """Return what the parser would have accepted instead of a token."""
    state = language.parser.parse_interactive()
    for token in tokens[:at]:
        state.feed_token(token)
    return Stop(tokens, at, _accepted(state), language.spelling)


def _accepted(state: InteractiveParser) -> frozenset[str]:
    return frozenset(state.accepts())  # type: ignore[no-untyped-call]


def _end(tokens: Sequence[Token]) -> Token:
    return Token.of("$END", "", tokens[-1].span)


def _names(tokens: Sequence[Token]) -> frozenset[str]:
    """Return what an item would have declared: its name or title, and the values of a choice."""
    first, *rest = tokens
    if rest and rest[0].type == "STRING":
        return frozenset((rest[0].span.text.strip('"'),))
    declared = [token for token in rest[:1] if token.isidentifier()]
    if first.type in {"FACT", "JUDGEMENT", "TYPE"}:
        declared += [token for token in rest if token.type == "NAME"]
    money = ("money",) if first.type == "CURRENCY" else ()
    return frozenset((*map(str, declared), *money))


# ---------------------------------------------------------------- limits


def _too_deep(item: ast.Node) -> Span | None:
    """Return the place of a node that stands too deep in the tree, or None; without recursion."""
    left: list[tuple[object, int]] = [(item, 0)]
    while left:
        node, depth = left.pop()
        if isinstance(node, tuple):
            left.extend((part, depth) for part in node)
        elif isinstance(node, ast.Node):
            if depth > MAX_DEPTH:
                return node.span
            own = fields(type(node))
            left.extend((getattr(node, field.name), depth + 1) for field in own)
    return None
