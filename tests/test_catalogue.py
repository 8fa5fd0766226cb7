"""Every code has words in both languages, and a page that shows it wrong and repaired."""

import ast
from pathlib import Path

import pytest
from lessons import blocks

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "errors"


def codes() -> list[str]:
    """Return the codes that the catalogue can report."""
    tree = ast.parse((ROOT / "src/aidrules/diagnostics/catalogue.py").read_text("utf-8"))
    found = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"_error", "_warning"}
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }
    return sorted(found)


@pytest.mark.parametrize("code", codes())
def test_code_has_a_page_that_shows_it(code: str) -> None:
    text = (PAGES / f"{code}.md").read_text("utf-8")
    shown = "".join(block.body for block in blocks(text) if block.info[:1] == ("text",))

    assert text.startswith(f"# {code}\n")
    assert f"[{code}]" in shown


def test_page_is_of_a_code() -> None:
    assert [] == sorted({page.stem for page in PAGES.glob("*.md")} - {*codes()})
