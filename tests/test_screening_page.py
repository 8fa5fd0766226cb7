"""The page on screening: each command on it prints what the page says."""

import json
import re
import shlex
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from aidrules.cli import main

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "screening.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def printed(folder: Path) -> list[str]:
    """Return the blocks of the page with what their commands print."""
    shutil.copy(ROOT / "benchmarks" / "nine_rules.aid", folder)
    person = {"wage": "1200", "other_income": 0, "age": 40, "disability": "not_disabled"}
    people = [{**person, "id": "a"}, {**person, "id": "b", "wage": 0}]
    household = {"id": "h", "county": "c0", "assets": "1000", "person": people}
    (folder / "then.json").write_text(json.dumps(household), "utf-8")
    wages = [{"value": "1200", "as_of": "2024-01-01"}, {"value": "700", "as_of": "2024-07-01"}]
    people[0]["wage"] = wages
    (folder / "now.json").write_text(json.dumps(household), "utf-8")
    found = []
    for block in BLOCK.findall(PAGE.read_text("utf-8")):
        lines = []
        for line in block.splitlines():
            if not line.startswith("$ aidrules "):
                continue
            command, _, target = line.removeprefix("$ aidrules ").partition(" > ")
            with redirect_stdout(StringIO()) as output:
                main(shlex.split(command))
            if target:
                (folder / target).write_text(output.getvalue(), "utf-8")
            lines.append(f"{line}\n{'' if target else output.getvalue()}")
        found.append("".join(lines))
    return found


def test_every_command_prints_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert BLOCK.findall(PAGE.read_text("utf-8")) == printed(tmp_path)
