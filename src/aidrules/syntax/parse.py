"""Text to tree: each item on its own, so that a slip spoils one item alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from unicodedata import name as character_name

import lark
from attrs import fields, frozen
from lark.lexer import PatternStr

from aidrules import grammar
from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.source import Source, Span
from aidrules.syntax import ast, literate, slips
from aidrules.syntax.build import Refusal, builders
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
    starts = parser.parse_interactive().accepts()
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
    read = [_read(language, item) for item in _split(tokens, language.scanner.starts)]
    found = [*findings, *_hidden(source, text), *(x for one in read for x in one.findings)]
    found.sort(key=lambda finding: finding.span.start if finding.span else 0)
    items = (one.item for one in read if one.item is not None)
    return _file(source, items, (name for one in read for name in one.unread)), tuple(found)


def _file(source: Source, items: Iterable[ast.Item], unread: Iterable[str]) -> ast.File:
    whole = Span(source, 0, len(source.text))
    return ast.File(tuple(items), frozenset(unread), span=whole)


def _start(source: Source) -> Span:
    return Span(source, 0, 0)


def _hidden(source: Source, text: str) -> Iterator[Diagnostic]:
    """Report characters that cannot be seen, in texts and comments too: they change what one reads."""
    for match in HIDDEN.finditer(text):
        name = character_name(match[0], f"U+{ord(match[0]):04X}")
        yield catalogue.hidden_character(Span(source, *match.span()), name)


# ---------------------------------------------------------------- items


def _split(tokens: Sequence[Token], starts: frozenset[str]) -> Iterator[Sequence[Token]]:
    """Return the tokens of each item: it begins where a line begins with a word that begins items."""
    begins = [0] + [
        at
        for at, (before, token) in enumerate(pairwise(tokens), start=1)
        if before.type == "_NL" and token.type in starts
    ]
    for start, end in pairwise([*begins, len(tokens)]):
        yield tokens[start:end]


@frozen
class _Read:
    """What came of the tokens of an item."""

    item: ast.Item | None = None
    findings: tuple[Diagnostic, ...] = ()
    unread: frozenset[str] = frozenset()


def _read(language: _Language, tokens: Sequence[Token]) -> _Read:
    state = language.parser.parse_interactive()
    at = 0
    try:
        for at, token in enumerate(tokens):  # noqa: B007 - where it stopped is asked below
            state.feed_token(token)
        item: ast.Item = state.feed_eof()
    except Refusal as refusal:
        return _Read(None, (refusal.finding,), _names(tokens))
    except lark.UnexpectedToken:
        return _stopped(language, tokens, at)
    too_deep = _too_deep(item) if len(tokens) > MAX_DEPTH else None
    if too_deep:
        return _Read(None, (catalogue.too_deep(too_deep, MAX_DEPTH),), _names(tokens))
    return _Read(item)


def _stopped(language: _Language, tokens: Sequence[Token], at: int) -> _Read:
    """Return what is wrong where an item went wrong.

    A line that seems meant to begin an item, with its first word misspelt, spoils only itself.
    """
    line = next(i for i in range(at, -1, -1) if i == 0 or tokens[i - 1].type == "_NL")
    stop = _stop(language, tokens, line)
    starts = {language.spelling[kind] for kind in language.scanner.starts}
    here = {language.spelling[kind] for kind in stop.accepted & set(language.spelling)}
    first = tokens[line]
    near = slips.nearest(first, sorted(starts | here)) if first.type == "NAME" else None
    begins = near in starts or (near is None and first.type == "NAME" and first.span.column == 1)
    if line == 0 and first.type not in language.scanner.starts:
        finding = slips.slip(stop) if first.type not in {"NAME", *language.spelling} else None
        finding = finding or catalogue.unknown_item(first.span, first.span.text, near)
        return _Read(None, _said(finding, first), _names(tokens))
    if line and begins and tokens[line + 1].type != "_NL":
        before = _read(language, tokens[:line])
        finding = catalogue.unknown_item(first.span, first.span.text, near)
        unread = before.unread | _names(tokens[line:])
        return _Read(before.item, (*before.findings, finding), unread)
    finding = slips.slip(_stop(language, tokens, at))
    return _Read(None, _said(finding, tokens[at]), _names(tokens))


def _said(finding: Diagnostic | None, token: Token) -> tuple[Diagnostic, ...]:
    return (finding,) if finding and token.type != "HIDDEN" else ()


def _stop(language: _Language, tokens: Sequence[Token], at: int) -> Stop:
    """Return what the parser would have accepted instead of a token."""
    state = language.parser.parse_interactive()
    for token in tokens[:at]:
        state.feed_token(token)
    return Stop(tokens, at, frozenset(state.accepts()), language.spelling)


def _names(tokens: Sequence[Token]) -> frozenset[str]:
    """Return the names that an item would have declared: its own, and the values of a choice."""
    if len(tokens) < 2 or not tokens[1].isidentifier():
        return frozenset()
    values = tokens[2:] if tokens[0].type in {"FACT", "JUDGEMENT", "TYPE"} else ()
    return frozenset(str(token) for token in (tokens[1], *values) if token.type == "NAME") | {
        str(tokens[1])
    }


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
            left.extend((getattr(node, name), depth + 1) for name in _field_names(type(node)))
    return None


@cache
def _field_names(cls: type[ast.Node]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))
