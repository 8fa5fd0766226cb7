"""The page on testing a policy: its commands print what the page says."""

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest

from aidrules.cli import main
from aidrules.pipeline import shipped

PAGE = (Path(__file__).parents[1] / "docs" / "testing-a-policy.md").read_text("utf-8")
RUNS = re.findall(r"```console\n\$ aidrules (.*?)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("command", "shown"), RUNS, ids=[command for command, _ in RUNS])
def test_the_command_prints_what_the_page_says(
    command: str,
    shown: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if command.startswith("mutate") and find_spec("z3") is None:
        pytest.skip("proofs need the extra [prove]")
    (policy,) = re.findall(r"```aid\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "heating.aid").write_text(policy, "utf-8")
    monkeypatch.chdir(tmp_path)

    main(shlex.split(command))
    assert capsys.readouterr().out.replace(f"{shipped()}/", "") == shown
