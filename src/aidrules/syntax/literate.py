"""Markdown to the program within it: its `aid` blocks stay where they are, the prose is blanked."""

import re

from aidrules.diagnostics import Diagnostic, catalogue
from aidrules.source import Source, Span

SUFFIX = ".aid.md"

_LINE = re.compile(r"[^\n]*\n?")
_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})[ \t]*(?P<info>[^\r\n]*?)[ \t\r]*\n?")
_INK = re.compile(r"[^\n]")


def program(source: Source) -> tuple[str, tuple[Diagnostic, ...]]:
    """Return the text of a literate file with blanks for all that is not in a block marked `aid`.

    It is character for character as long as the source's, so that every place stays.
    """
    kept: list[str] = []
    fence: re.Match[str] | None = None
    start = 0
    for line in _LINE.finditer(source.text):
        mark = _FENCE.fullmatch(line[0])
        if fence is None:
            if mark and _opens(mark):
                fence, start = mark, line.start()
            kept.append(_INK.sub(" ", line[0]))
        elif mark and _closes(mark, fence):
            fence = None
            kept.append(_INK.sub(" ", line[0]))
        else:
            kept.append(line[0] if _is_program(fence) else _INK.sub(" ", line[0]))
    findings: tuple[Diagnostic, ...] = ()
    if fence is not None and _is_program(fence):
        findings = (catalogue.unclosed_fence(Span(source, start, start + fence.end("info"))),)
    return "".join(kept), findings


def _opens(mark: re.Match[str]) -> bool:
    return not (mark["marks"][0] == "`" and "`" in mark["info"])


def _closes(mark: re.Match[str], fence: re.Match[str]) -> bool:
    return not mark["info"] and mark["marks"].startswith(fence["marks"])


def _is_program(fence: re.Match[str]) -> bool:
    return fence["info"].split()[:1] == ["aid"]
