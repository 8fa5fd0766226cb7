"""Every code has words in both languages, and a page that shows it wrong and repaired."""

from pathlib import Path

import pytest

from aidrules.lexicon import words
from lessons import blocks

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "errors"

NEVER_SHOWN = {"not-checked", "none-here", "months-unknown"}
"""What was already reported; what a condition before it keeps from being asked; what is only ever
possible beside a value, and so never the answer."""


def codes() -> list[str]:
    """Return the codes of findings and of what cannot be computed: all that have a message."""
    return sorted({*words("en").tables["message"]} - NEVER_SHOWN)


@pytest.mark.parametrize("code", codes())
def test_code_has_a_page_that_shows_it(code: str) -> None:
    text = (PAGES / f"{code}.md").read_text("utf-8")
    shown = "".join(block.body for block in blocks(text) if block.info[:1] == ("text",))

    assert text.startswith(f"# {code}\n")
    assert f"[{code}]" in shown


def test_page_is_of_a_code() -> None:
    assert [] == sorted({page.stem for page in PAGES.glob("*.md")} - {*codes()})
