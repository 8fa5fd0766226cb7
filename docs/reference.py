"""Lessons to the reference of the language: chapters, an index of constructs, one of messages."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs
from attrs import frozen

from aidrules.source import Source
from aidrules.syntax import ast
from aidrules.syntax.parse import parse

CHAPTERS: Mapping[str, Sequence[int]] = {
    "Facts, figures and a first grant": (1, 106, 107, 109, 108, 121, 4),
    "Whom and what is counted": (101, 116, 104, 120, 117, 118, 132),
    "Dates and lengths of time": (105, 111, 102, 103, 127, 126, 128, 130),
    "Grants beside one another": (112, 114, 119, 113, 141),
    "What was decided before": (124, 125, 139, 142),
    "Services, vouchers and tasks": (123, 122, 140, 129, 131),
    "Limited funds, and duties of an office": (135, 136, 133, 134),
    "Texts beside texts": (2, 110, 115),
    "What is not known": (137, 138),
    "Examples, and what holds of all families": (3, 5),
}
"""The lessons in the order in which to read them, by their numbers."""

SECTIONS: Mapping[str, str] = {
    "Name": "Words and numbers",
    "TruthType": "Types",
    "NameUse": "Values and conditions",
    "UnknownResult": "Results",
    "AnyCell": "Cells of tables",
    "InForce": "The head of a file",
    "Numbered": "Sources",
    "RangeOf": "Facts",
    "KeyColumn": "Figures",
    "Version": "Results and their limits",
    "When": "Lines of a grant",
    "Order": "Limited funds",
    "Policy": "Declarations",
    "Always": "Checks",
    "Like": "Examples and glossaries",
}
"""The sections of the index of constructs, by the construct with which each begins."""

READING = (
    "Each lesson is a rule as the law says it, households at its boundary, and what a wrong",
    "version is told. Every block runs as a test. The order is that of learning; beside it",
    "stand the [rules of units, dates and unknowns](../meaning.md), the",
    "[index of constructs](constructs.md) and the [messages](../errors/index.md).",
)

SHOWN = 4
"""How many lessons an index names for one entry."""

_FENCE = re.compile(r"^```aid(?P<kind>[^\n]*)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^(?:error|warning|note)\\?\[(?P<code>[a-z][a-z-]*)\]", re.MULTILINE)


@frozen
class Lesson:
    """A lesson, as a page of the site.

    Attributes:
        number: By which the lessons are filed.
        title: Its heading.
        page: The name of its page.
        said: The constructs in it, each with the line in which it is met first.
        codes: The messages that its wrong versions get.
    """

    number: int
    title: str
    page: str
    said: Mapping[str, str]
    codes: frozenset[str]

    @staticmethod
    def of(path: Path) -> "Lesson":
        """Return the lesson of a file."""
        text = path.read_text("utf-8")
        said: dict[str, str] = {}
        for found in sorted(_FENCE.finditer(text), key=lambda each: "wrong" in each["kind"]):
            body = found["body"]
            for node in _nodes(parse(Source(path.name, body))[0].items):
                said.setdefault(type(node).__name__, _line(body, node.span.start))
        codes = frozenset(found["code"] for found in _CODE.finditer(text))
        title = text.partition("\n")[0].removeprefix("# ").strip()
        return Lesson(int(path.stem.partition("_")[0]), title, path.name, said, codes)


def lessons(folder: Path) -> list[Lesson]:
    """Return the lessons of a folder in the order of the chapters.

    Raises:
        LookupError: If a lesson stands in no chapter or in two, or a chapter names one that is not.
    """
    found = {each.number: each for each in map(Lesson.of, sorted(folder.glob("*.md")))}
    order = [number for numbers in CHAPTERS.values() for number in numbers]
    if sorted(order) != sorted(found):
        odd = sorted({each for each in order if order.count(each) > 1} | set(order) ^ set(found))
        message = f"these lessons are not in one chapter each: {odd}"
        raise LookupError(message)
    return [found[number] for number in order]


def chapters(found: Sequence[Lesson]) -> str:
    """Return the page that lists the lessons by chapter."""
    by_number = {each.number: each for each in found}
    lines = ["# The language, lesson by lesson", "", *READING]
    for title, numbers in CHAPTERS.items():
        lines += ["", f"## {title}", ""]
        lines += [f"- [{by_number[each].title}]({by_number[each].page})" for each in numbers]
    return "\n".join(lines) + "\n"


def constructs(found: Sequence[Lesson]) -> str:
    """Return the page that lists each construct: its meaning, a line with it, its lessons."""
    lines = [
        "# Constructs",
        "",
        "Each with its meaning, a line in which it is met, and its lessons.",
    ]
    for name, value in vars(ast).items():
        if not (isinstance(value, type) and issubclass(value, ast.Node)) or value is ast.Node:
            continue
        if name in SECTIONS:
            lines += [
                "",
                f"## {SECTIONS[name]}",
                "",
                "| construct | as in | lessons |",
                "|---|---|---|",
            ]
        taught = [each for each in found if name in each.said]
        if not taught:
            continue
        meaning = (value.__doc__ or "").partition("\n")[0]
        shown = _cell(f"`` {taught[0].said[name]} ``")
        lines.append(f"| {_cell(meaning)} | {shown} | {_links(taught, '')} |")
    return "\n".join(lines) + "\n"


def messages(pages: Sequence[Path], found: Sequence[Lesson]) -> str:
    """Return the page that lists the messages, with the lessons in which each is met."""
    lines = [
        "# Messages",
        "",
        "Every message has a page: what is wrong, why it matters, a wrong version and its repair.",
        "",
        "| message | what is wrong | lessons that meet it |",
        "|---|---|---|",
    ]
    for page in pages:
        met = [each for each in found if page.stem in each.codes]
        wrong = _first_sentence(page.read_text("utf-8"))
        lines.append(f"| [`{page.stem}`]({page.name}) | {wrong} | {_links(met, '../language/')} |")
    return "\n".join(lines) + "\n"


def _nodes(node: object) -> Iterator[ast.Node]:
    if isinstance(node, tuple):
        for part in node:
            yield from _nodes(part)
    elif isinstance(node, ast.Node):
        yield node
        for field in attrs.fields(type(node)):
            yield from _nodes(getattr(node, field.name))


def _first_sentence(page: str) -> str:
    body = page.partition("\n\n")[2].lstrip().partition("\n")[0]
    return _cell(body)


def _line(text: str, at: int) -> str:
    begin = text.rfind("\n", 0, at) + 1
    return text[begin:].partition("\n")[0].strip()[:90]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _links(found: Sequence[Lesson], folder: str) -> str:
    links = [f"[{each.title}]({folder}{each.page})" for each in found[:SHOWN]]
    more = len(found) - SHOWN
    return ", ".join(links) + (f" and {more} more" if more > 0 else "")
