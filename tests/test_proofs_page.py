"""The page on proofs: its command prints what the page says."""

import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("z3", reason="proofs need the extra [prove]")

from aidrules.cli import main

PAGE = (Path(__file__).parents[1] / "docs" / "proofs.md").read_text("utf-8")


def test_the_command_prints_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (policy,) = re.findall(r"```aid\n(.*?)```", PAGE, re.DOTALL)
    (block,) = re.findall(r"```console\n\$ aidrules (.*?)\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "two_aids.aid").write_text(policy, "utf-8")
    monkeypatch.chdir(tmp_path)

    assert main(shlex.split(block[0])) == 1
    assert capsys.readouterr().out == block[1]
