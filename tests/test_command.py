"""The real command, as a person runs it."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WUFENG = ROOT / "docs" / "demo" / "wufeng.json"

POLICY = """policy heating
source notice "Notice" number "1" rank county
currency yuan to 0.01
entity household
entity person in household at most 9
fact income of person: money per month  between 0 and 100_000  ask "What comes in?"
fact has_stove of household: yes or no  ask "Is there a stove?"
define total of household: money per month = sum of income over person  cite notice 1
benefit heating for household: money per month
  cite notice 2
  unless has_stove
  when total < 900 yuan per month
  amount 100
example "One" on 2024-01-01
  household h
    has_stove no
  person a
    income 899.99
  expect heating of h = 100 yuan per month
"""


def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(  # noqa: S603 - the command under test
        [sys.executable, "-m", "aidrules", *arguments],
        check=False,
        capture_output=True,
        text=True,
        input=given,
        encoding="utf-8",
    )


def test_a_right_policy_is_checked_and_tested(tmp_path: Path) -> None:
    policy = tmp_path / "heating.aid"
    policy.write_text(POLICY, "utf-8")
    checked, tested = run("check", str(policy)), run("test", str(policy))

    assert (0, "nothing is wrong\n") == (checked.returncode, checked.stdout)
    assert 0 == tested.returncode
    assert "1 passed, 0 failed" in tested.stdout


def test_a_wrong_policy_is_said_in_the_language_asked_for_and_exits_with_1(tmp_path: Path) -> None:
    policy = tmp_path / "heating.aid"
    policy.write_text(POLICY.replace("when total", "when totl"), "utf-8")
    english, chinese = run("check", str(policy)), run("check", str(policy), "--language", "zh")
    found = json.loads(run("check", str(policy), "--json").stdout)

    assert (1, 1) == (english.returncode, chinese.returncode)
    assert "error[unknown-name]: nothing is called `totl` here" in english.stdout
    assert "did you mean `total`?" in english.stdout
    assert "错误[unknown-name]" in chinese.stdout
    assert ["unknown-name"] == [finding["code"] for finding in found]
    assert "Traceback" not in english.stderr


def test_wrong_usage_exits_with_2() -> None:
    assert 2 == run("check", "no/such/file.aid").returncode
    assert 2 == run("evaluate", "cn.minimum_living", str(WUFENG)).returncode
    assert 2 == run("frobnicate").returncode
    assert 2 == run("evaluate", "cn.minimum_living", str(WUFENG), "--on", "2024-02-30").returncode


def test_wrong_facts_exit_with_1_and_name_their_place(tmp_path: Path) -> None:
    policy = tmp_path / "heating.aid"
    policy.write_text(POLICY, "utf-8")
    facts = '{"has_stov": true, "person": []}'
    done = run("evaluate", str(policy), "-", "--on", "2024-01-01", given=facts)

    assert 1 == done.returncode
    assert "unknown-key" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_decision_as_json_is_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    policy = tmp_path / "heating.aid"
    policy.write_text(POLICY, "utf-8")
    outputs = set()
    for seed in ("0", "1", "2"):
        done = subprocess.run(  # noqa: S603 - the command under test
            [
                *(sys.executable, "-m", "aidrules", "evaluate", str(policy), "-"),
                *("--on", "2024-01-01", "--json"),
            ],
            check=True,
            capture_output=True,
            input=b'{"id": "h", "person": [{"id": "a"}, {"id": "b", "income": "12.50"}]}',
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        )
        outputs.add(done.stdout)
    (only,) = outputs
    decision = json.loads(only)

    assert {"policy", "hash", "language_version", "on", "facts_hash", "decisions"} <= set(decision)
    assert "undecided" == decision["decisions"][0]["status"]


def test_an_interview_asks_only_what_can_still_change_the_answer(tmp_path: Path) -> None:
    policy = tmp_path / "heating.aid"
    policy.write_text(POLICY, "utf-8")
    rich = run("ask", str(policy), "--on", "2024-01-01", given="1\n2000\n")
    poor = run("ask", str(policy), "--on", "2024-01-01", given="1\n100\nno\n")

    assert 0 == rich.returncode == poor.returncode
    assert "stove?" not in rich.stdout
    assert "refused" in rich.stdout
    assert "Is there a stove?" in poor.stdout
    assert "granted, 100 yuan per month" in poor.stdout
