"""The project's pages to the folder that MkDocs reads: lessons, policies, messages, design.

Lessons live where they run as tests, policies where they are loaded from; the site shows both.
"""

import re
import shlex
import shutil
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import reference

from aidrules.cli import main as main_of_aidrules

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "docs"


def main() -> None:
    """Write the folder anew."""
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    shutil.copy(ROOT / "README.md", TARGET / "index.md")
    shutil.copy(ROOT / "CHANGELOG.md", TARGET / "changelog.md")
    for page in sorted((ROOT / "docs").glob("*.md")):
        (TARGET / page.name).write_text(_linked(page.read_text("utf-8")), "utf-8")
    _charted(TARGET / "charts")
    cases = ROOT / "tests" / "cases"
    _copied(cases, TARGET / "language", "*.md")
    found = reference.lessons(cases)
    (TARGET / "language" / "index.md").write_text(reference.chapters(found), "utf-8")
    (TARGET / "language" / "constructs.md").write_text(reference.constructs(found), "utf-8")
    policies = _copied(ROOT / "docs" / "policies", TARGET / "policies", "*.aid.md")
    _index(TARGET / "policies", "Policies that run", policies)
    errors = _copied(ROOT / "docs" / "errors", TARGET / "errors", "*.md")
    (TARGET / "errors" / "index.md").write_text(reference.messages(errors, found), "utf-8")


def _copied(source: Path, target: Path, pattern: str) -> list[Path]:
    """Copy pages, and return where they went, in order."""
    target.mkdir(parents=True, exist_ok=True)
    pages: list[Path] = []
    for page in sorted(source.rglob(pattern)):
        place = target / page.relative_to(source).with_name(page.name.replace(".aid.md", ".md"))
        place.parent.mkdir(parents=True, exist_ok=True)
        text = page.read_text("utf-8")
        place.write_text(_fenced(_linked(text)), "utf-8")
        pages.append(place)
    return pages


def _charted(target: Path) -> None:
    """Draw what the page on charts shows, from the policy and the household that it shows."""
    page = (ROOT / "docs" / "charts.md").read_text("utf-8")
    policy, facts = (
        re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)[0] for kind in ("aid", "json")
    )
    (line,) = re.findall(r"\$ aidrules (chart .*)", page)
    with TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "heating.aid").write_text(policy, "utf-8")
        (folder / "zhang.json").write_text(facts, "utf-8")
        with chdir(folder), redirect_stdout(StringIO()):
            main_of_aidrules(shlex.split(line))
        target.mkdir()
        shutil.copy(folder / "zhang.svg", target)


def _linked(text: str) -> str:
    """Let links to policies lead to their pages on the site."""
    return re.sub(r"\]\(([^)#]+)\.aid\.md", r"](\1.md", text)


CAPTIONS = {
    "aid wrong": "**A wrong version**",
    "aid also": "**Another right version**",
    "python wrong": "**A wrong version**, written by a line of Python",
    "python": "**Facts, as Python data**",
    "json": "**A household**",
    "csv": "**A file beside the policy**",
    "text zh": "**In Chinese**",
}
"""What a block of a lesson is, by the words behind its fence; the longest that fits."""


def _fenced(text: str) -> str:
    """Say in words what a lesson says behind a fence: Markdown takes one word there."""

    def fence(found: re.Match[str]) -> str:
        words = found["info"].split()
        caption = CAPTIONS.get(" ".join(words[:2])) or CAPTIONS.get(words[0])
        if len(words) == 1 or caption is None:
            return f"```{words[0]}"
        rest = " ".join(words[1:]) if words[0] in {"json", "csv"} else ""
        return f"{caption}{f' ({rest})' if rest else ''}\n\n```{words[0]}"

    return re.sub(r"^```(?P<info>\w[^\n`]*)$", fence, text, flags=re.MULTILINE)


def _index(folder: Path, title: str, pages: list[Path]) -> None:
    """Write the list of a folder's pages under their own titles."""
    lines = [f"# {title}", ""]
    for page in pages:
        heading = re.search(r"^# (.+)$", page.read_text("utf-8"), re.MULTILINE)
        name = heading.group(1) if heading else page.stem
        lines.append(f"- [{name}]({page.relative_to(folder)})")
    (folder / "index.md").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
