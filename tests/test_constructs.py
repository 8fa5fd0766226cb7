"""Every construct of the language has a lesson: each class of the tree is met in one."""

from pathlib import Path

import attrs

from aidrules.source import Source
from aidrules.syntax import ast
from aidrules.syntax.parse import parse
from lessons import blocks

CASES = Path(__file__).parent / "cases"
UNTAUGHT = {"LanguageOf", "SameAs"}
"""A file's other language, and a comparison of two policies: each waits for what carries it out."""


def met(node: object) -> set[str]:
    """Return the names of the classes in a tree."""
    if isinstance(node, tuple):
        return {name for part in node for name in met(part)}
    if not isinstance(node, ast.Node):
        return set()
    inside = (getattr(node, field.name) for field in attrs.fields(type(node)))
    return {type(node).__name__} | {name for part in inside for name in met(part)}


def test_construct_has_a_lesson() -> None:
    constructs = {
        name
        for name, value in vars(ast).items()
        if isinstance(value, type) and issubclass(value, ast.Node) and value is not ast.Node
    }
    taught: set[str] = set()
    for path in CASES.glob("*.md"):
        for block in blocks(path.read_text("utf-8")):
            if block.info[:1] == ("aid",):
                taught |= met(parse(Source(path.name, block.body))[0].items)

    assert {"File"} | UNTAUGHT == constructs - taught
