"""Findings to text for a terminal, and to JSON, in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from unicodedata import category, east_asian_width

from aidrules.diagnostics import Diagnostic, Label, Severity, Worded
from aidrules.lexicon import Lexicon, exact, holes, words
from aidrules.source import Source, Span

_COLORS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m"}
_RESET = "\x1b[0m"
_UNSAFE = frozenset(("Cc", "Cf", "Cs"))


def text(diagnostics: Iterable[Diagnostic], language: str, *, color: bool = False) -> str:
    """Return findings with the lines they speak of, and a count at the end; "" for none.

    Raises:
        ValueError: If there is no lexicon for the language.
    """
    lexicon = words(language)
    findings = tuple(diagnostics)
    if not findings:
        return ""
    blocks = [_block(finding, lexicon, color=color) for finding in findings]
    return "\n\n".join([*blocks, _count(findings, lexicon)]) + "\n"


def as_json(diagnostics: Iterable[Diagnostic], language: str) -> list[dict[str, object]]:
    """Return findings as plain data: lines and columns from 1, an end column after the last one.

    Raises:
        ValueError: If there is no lexicon for the language.
    """
    lexicon = words(language)
    return [
        {
            "code": finding.code,
            "severity": str(finding.severity),
            "message": _message(finding, lexicon),
            "help": _help(finding, lexicon),
            **_place(finding.span),
            "path": finding.path or None,
            "labels": [
                {"message": lexicon.pattern("label", label.key), **_place(label.span)}
                for label in finding.labels
            ],
            "fix": {**_place(finding.fix.span), "text": finding.fix.text} if finding.fix else None,
        }
        for finding in diagnostics
    ]


def message(diagnostic: Diagnostic, language: str) -> str:
    """Return what is wrong, in one line, without place and code."""
    return _message(diagnostic, words(language))


def help_text(diagnostic: Diagnostic, language: str) -> str | None:
    """Return what to do, or None if there is nothing sure to say."""
    return _help(diagnostic, words(language))


def sentence(key: str, facts: Mapping[str, object], language: str) -> str:
    """Return a pattern of the table `word` with facts in its holes."""
    lexicon = words(language)
    return lexicon.fill("word", key, **_filled(facts, lexicon))


# ---------------------------------------------------------------- words


def _message(finding: Diagnostic, lexicon: Lexicon) -> str:
    return lexicon.fill("message", finding.code, **_filled(finding.facts, lexicon))


def _help(finding: Diagnostic, lexicon: Lexicon) -> str | None:
    pattern = lexicon.get("help", finding.code)
    if pattern is None or any(finding.facts.get(hole) is None for hole in holes(pattern)):
        return None
    return pattern.format(**_filled(finding.facts, lexicon))


def _filled(facts: Mapping[str, object], lexicon: Lexicon) -> dict[str, str]:
    return {hole: _fact(fact, lexicon) for hole, fact in facts.items()}


def _fact(fact: object, lexicon: Lexicon) -> str:
    match fact:
        case None:
            return lexicon.pattern("word", "nothing")
        case bool():
            return lexicon.pattern("word", "yes" if fact else "no")
        case str():
            return _visible(fact)
        case int() | Fraction():
            return exact(fact)
        case date():
            return lexicon.fill(
                "word", "date", year=str(fact.year), month=str(fact.month), day=str(fact.day)
            )
        case tuple() | list():
            return lexicon.join(_fact(item, lexicon) for item in fact)
        case _:
            return _worded(fact, lexicon)


def _worded(fact: object, lexicon: Lexicon) -> str:
    # INVARIANT: the facts of a finding are those that `Diagnostic.facts` names, or `Worded`.
    worded: Worded = fact  # type: ignore[assignment]
    key, facts = worded.words()
    pattern = lexicon.get("word", key) or lexicon.get("unit", key)
    # a key that no lexicon has is a name that the policy gave, such as that of a unit
    return key if pattern is None else pattern.format(**_filled(facts, lexicon))


def _count(findings: Sequence[Diagnostic], lexicon: Lexicon) -> str:
    errors = sum(finding.is_error for finding in findings)
    counts = (("errors", errors), ("warnings", len(findings) - errors))
    return lexicon.join(
        lexicon.pattern("word", f"{key}-one")
        if count == 1
        else lexicon.fill("word", key, count=str(count))
        for key, count in counts
        if count
    )


# ---------------------------------------------------------------- places


def _block(finding: Diagnostic, lexicon: Lexicon, *, color: bool) -> str:
    severity = f"{lexicon.pattern('word', finding.severity)}[{finding.code}]"
    if color:
        severity = f"{_COLORS[finding.severity]}{severity}{_RESET}"
    lines = [f"{severity}: {_message(finding, lexicon)}"]
    if finding.path:
        lines.append(f" --> {_visible(finding.path)}")
    margin = max(
        (len(str(span.line)) for span in (finding.span, *(x.span for x in finding.labels)) if span),
        default=0,
    )
    if finding.span is not None:
        lines.extend(_snippet(finding.span, "^", "", margin))
    for label in finding.labels:
        lines.extend(_label(label, finding.span, margin, lexicon))
    advice = _help(finding, lexicon)
    if advice is not None:
        lines.append(f"{lexicon.pattern('word', 'help')}: {advice}")
    return "\n".join(lines)


def _label(label: Label, main: Span | None, margin: int, lexicon: Lexicon) -> Iterable[str]:
    note = " " + lexicon.pattern("label", label.key)
    snippet = _snippet(label.span, "-", note, margin)
    if main and (main.source, main.line) == (label.span.source, label.span.line):
        return snippet[2:]  # the line itself stands there already
    return snippet


def _snippet(span: Span, mark: str, note: str, margin: int) -> list[str]:
    """Return place, line, and the span underlined in it, up to the end of its first line."""
    source, number = span.source, span.line
    line = source.line(number)
    before, marked = line[: span.column - 1], line[span.column - 1 :][: span.end - span.start]
    return [
        f"{'':{margin}}--> {_visible(source.name)}:{number}:{span.column}",
        f"{number:>{margin}} | {_visible(line)}".rstrip(),
        f"{'':{margin}} | {' ' * _width(before)}{mark * max(1, _width(marked))}{note}",
    ]


def _place(span: Span | None) -> dict[str, object]:
    if span is None:
        return dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    source: Source = span.source
    end_line, end_column = source.position(span.end)
    return {
        "file": source.name,
        "line": span.line,
        "column": span.column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _visible(raw: str) -> str:
    """Return text that cannot move the cursor or colour a terminal: one column for a tab."""
    return "".join(
        " " if sign == "\t" else "\N{REPLACEMENT CHARACTER}" if category(sign) in _UNSAFE else sign
        for sign in raw
    )


def _width(shown: str) -> int:
    """Return how many columns text takes: East Asian wide signs two, combining ones none."""
    return sum(
        0 if category(sign) in {"Mn", "Me"} else 2 if east_asian_width(sign) in "WF" else 1
        for sign in shown
    )
