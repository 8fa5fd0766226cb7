"""Every block of every lesson runs and says what the lesson says."""

import os
from pathlib import Path

import pytest

from lessons import NOTHING_ASKED, run

ROOT = Path(__file__).resolve().parents[1]
CASES = [*sorted((ROOT / "tests/cases").glob("*.md")), *sorted((ROOT / "docs/errors").glob("*.md"))]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_lesson_is_true(path: Path) -> None:
    text = path.read_text("utf-8")
    found = list(run(text))
    if os.environ.get("AIDRULES_REGENERATE"):
        for finding in reversed(found):
            if finding.block.info[:1] == ("text",) and finding.actual != NOTHING_ASKED:
                block = finding.block
                text = text[: block.start] + finding.actual + text[block.end :]
        path.write_text(text, "utf-8")
        found = list(run(text))
    shown = [
        f"{path.name}:{f.block.line}: expected\n{f.expected}\nbut it is\n{f.actual}" for f in found
    ]

    assert [] == shown, "\n\n".join(shown)
