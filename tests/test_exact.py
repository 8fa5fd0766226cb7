"""There are no binary floats in the meaning: not in the program, the facts, or the backends."""

import ast
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[1] / "src" / "aidrules"
MEANING = sorted(
    path
    for path in SOURCES.rglob("*.py")
    # How alike two words are spelled is no part of what a policy means, nor is where ink goes.
    if path.name not in {"tables.py", "spelling.py", "slips.py", "drawing.py", "gains.py"}
)
REFUSES_THEM = {"household/document.py"}
"""Where a float is named in order to be refused."""
FLOATS = {"float", "inf", "nan", "sqrt"}


@pytest.mark.parametrize("path", MEANING, ids=lambda path: str(path.relative_to(SOURCES)))
def test_source_of_the_meaning_has_no_floats(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    literals = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    uses = [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in FLOATS)
        or (isinstance(node, ast.Attribute) and node.attr in FLOATS)
    ]

    assert not literals, f"float literals on lines {literals}"
    if str(path.relative_to(SOURCES)) in REFUSES_THEM:
        uses = []

    assert not uses, f"floats used on lines {uses}"
